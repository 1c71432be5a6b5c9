/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A virtual CPU: its descriptor and the page that KVM shares with us about it.
 */
#ifndef HW_VCPU_H
#define HW_VCPU_H

#include <pthread.h>
#include "hw/kvm-abi.h"
#include "hw/kvm.h"

typedef struct Vcpu {
    const Kvm *kvm;
    unsigned index;
    int fd;
    KvmRun *run; /* of kvm->run_size bytes */

    bool halted; /* it waits outside of KVM_RUN until somebody starts it: machine_set_halted() */

    /* While it runs. */
    bool running;
    pthread_t thread;
    int tid; /* the kernel's number of that thread, or 0; atomic */
    void *machine;
    /* The memory faults that came one after the other, with no other exit between them, and were alike. */
    struct {
        unsigned count; /* 0: the last exit was none */
        uint64_t flags, gpa;
    } faults;
} Vcpu;

/** Makes vCPU number @p index of the VM, which KVM knows as @p id. Errors name the vCPU and the call. */
Vcpu *vcpu_new(const Kvm *kvm, unsigned index, unsigned id, Error **errp);

/** Closes it; it must not run. NULL is allowed. */
void vcpu_free(Vcpu *vcpu);

/** kvm_call() on a vCPU, with its number before the message. Returns the result, or -1. */
int vcpu_call(const Vcpu *vcpu, unsigned long request, const char *name, const void *arg, Error **errp);

#define VCPU_CALL(vcpu, request, arg, errp)                                                                  \
    vcpu_call((vcpu), KVMIO_##request, "KVM_" #request, (const void *)(arg), (errp))

#endif
