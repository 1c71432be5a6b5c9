/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside the POWER side of the simulated host: what its kernel keeps for a host, a VM and a vCPU, and what
 * its files are to each other.
 */
#ifndef TARGET_PPC_SIM_PPC_STATE_H
#define TARGET_PPC_SIM_PPC_STATE_H

#include "hw/sim-target.h"
#include "target-ppc/kvm-ppc-abi.h"
#include "target-ppc/sim-ppc-model.h"
#include "target-ppc/sim-ppc-script.h"
#include "target-ppc/ppc-uv.h"

/** The machine: SimVm.target_host. */
typedef struct SimPpc {
    const SimPpcModel *model;
    PpcUv *uv;            /* NULL: there is none */
    SimPpcScript *script; /* what guests do, or NULL */
    gint script_next;     /* where the guest that ran last is in it: a new one goes on from there */
    gint next_lpid;
} SimPpc;

/** An RTAS call that KVM answers. */
typedef struct SimRtasToken {
    const char *name;
    uint64_t token; /* 0: not defined */
} SimRtasToken;

#define SIM_RTAS_TOKENS 4

/** An interrupt of the controller. */
typedef struct SimXicsSource {
    uint32_t number;
    uint32_t server;
    uint8_t priority; /* SIM_XICS_MASKED: it is masked */
    bool is_masked;
    bool is_pending;
} SimXicsSource;

#define SIM_XICS_MASKED 0xff

/** SimVm.arch; struct kvm_arch in arch/powerpc/include/asm/kvm_host.h. */
typedef struct SimPpcVm {
    bool is_hv;
    bool has_xics;
    bool is_radix;
    bool set_mode_enabled;
    uint64_t process_table;
    uint64_t lpcr; /* what its vCPUs start with */
    SimRtasToken rtas[SIM_RTAS_TOKENS];
    SimXicsSource sources[16];
    unsigned n_sources;
    uint32_t lpid;
    gint vcpus_running;
    /* Secure guests; book3s_hv_uvmem.c. */
    bool svm_enabled;
    bool init_started, init_done;
} SimPpcVm;

/** Where a simulated guest is in its script. */
typedef struct SimPpcGuest {
    unsigned next;    /* step */
    uint32_t done;    /* of the step: bytes that were written or read */
    bool is_awaited;  /* a hypercall is under way */
    bool has_crashed; /* it has said why, and only waits */
    GBytes *tree;     /* the device tree, as it was when the guest started */
    char *complaint;  /* what it is about to crash with */
} SimPpcGuest;

/** SimVcpu.arch */
typedef struct SimPpcVcpu {
    KvmPpcRegs regs;
    uint64_t lpcr;
    uint32_t arch_compat;
    bool is_papr;
    bool has_interrupts;
    SimPpcGuest guest;
} SimPpcVcpu;

/* sim-ppc-vcpu.c: SimTarget.vcpu_* */

int sim_ppc_vcpu_create(SimVcpu *vcpu);
void sim_ppc_vcpu_free(SimVcpu *vcpu);
int sim_ppc_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg);
int sim_ppc_vcpu_run(SimVcpu *vcpu);

/* sim-ppc-guest.c */

/** KVM_RUN of a vCPU that can run: carries on with the script of the host, if there is one. */
int sim_ppc_guest_run(SimVcpu *vcpu);
void sim_ppc_guest_clear(SimPpcGuest *guest);

/* sim-ppc-xics.c, all with the VM's lock held */

/** SimTarget.device_create */
int sim_xics_create(SimVm *vm, uint32_t type, bool test);
/** SimTarget.device_attr */
int sim_xics_attr(SimVm *vm, uint32_t type, unsigned long request, const KvmDeviceAttr *attr);
/** KVM_IRQ_LINE */
int sim_xics_set_line(SimVm *vm, unsigned long arg);
/** Carries out an RTAS call of the guest's, with its status. False if it is not KVM's, but the VMM's. */
bool sim_xics_rtas(SimVm *vm, const char *name, const uint64_t *args, unsigned n_args, int32_t *ret_status);
/** Whether the guest takes the interrupt @p number now: there is one, and it is not masked. */
bool sim_xics_take(SimVm *vm, uint64_t number);

/* pef-sim.c, all with the VM's lock held */

/** Whether guests of this host can become secure: kvmppc_uvmem_available(). */
bool sim_pef_is_available(const SimPpc *ppc);
/** KVM_CAP_PPC_SECURE_GUEST. */
int sim_pef_enable(SimVm *vm);
/** KVM_PPC_SVM_OFF. */
int sim_pef_svm_off(SimVm *vm);
/** The VM is destroyed. */
void sim_pef_destroy(SimVm *vm);
/** UV_ESM, and what the ultravisor and KVM make of it. Returns what the guest gets. @p is_genuine says
 * whether the image is the one that its ESM blob is about. */
int64_t sim_pef_esm(SimVm *vm, bool is_genuine);
/** UV_SHARE_PAGE and UV_UNSHARE_PAGE for the page at @p gpa. */
int64_t sim_pef_share(SimVm *vm, uint64_t gpa);
int64_t sim_pef_unshare(SimVm *vm, uint64_t gpa);

#endif
