/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * KVM_PV_DUMP: what KVM and the ultravisor give for a dump of a secure guest, in the order in which they give
 * it (Linux, Documentation/virt/kvm/s390/s390-pv-dump.rst and api.rst, 4.125 and 4.136). All of it is
 * encrypted for who has the guest's communication key.
 *
 * Memory itself is the guest's memory as the host sees it. It is read before the states of its pages are
 * asked for, as a page gets its tweak when the host comes to it.
 *
 * A dump that was begun must be completed: until then KVM lets no vCPU run, not even after the guest has
 * become a plain one. There is no other end than s390_pv_dump_complete(), after a failure, too.
 */
#ifndef TARGET_S390X_S390_PV_DUMP_H
#define TARGET_S390X_S390_PV_DUMP_H

#include "hw/vcpu.h"
#include "target-s390x/s390-pv.h"

/* What the sizes that KVM tells may be: far more than any machine has. A page has 16 bytes of state on a
 * z16, and data of a CPU and of the end fit a page. */
#define S390_PV_DUMP_LARGEST_CPU     0x10000
#define S390_PV_DUMP_LARGEST_STORAGE 0x10000 /* for a MiB of guest memory */
#define S390_PV_DUMP_LARGEST_END     0x10000

#define S390_PV_DUMP_MIB             UINT64_C(0x100000)

/**
 * Begins a dump of a secure guest none of whose vCPUs is in KVM_RUN. Nothing is asked of KVM, and @p errp is
 * CGVM_ERROR_UNSUPPORTED, if the host cannot dump secure guests, the image does not allow it, or KVM has told
 * sizes that cannot be.
 */
bool s390_pv_dump_begin(S390Pv *pv, const Kvm *kvm, Error **errp);

/** Writes `cpu_size` bytes about @p vcpu to @p buffer. */
bool s390_pv_dump_cpu(const S390Pv *pv, const Vcpu *vcpu, uint8_t *buffer, Error **errp);

/** Writes the states of the pages of @p size bytes of memory at @p gpa, both multiples of a MiB, to @p
 * buffer: `storage_size` bytes for each MiB. */
bool s390_pv_dump_storage(const S390Pv *pv, const Kvm *kvm, uint64_t gpa, uint64_t size, uint8_t *buffer,
                          Error **errp);

/** Ends the dump, if that succeeds, and writes `end_size` bytes to @p buffer. */
bool s390_pv_dump_complete(S390Pv *pv, const Kvm *kvm, uint8_t *buffer, Error **errp);

/** Ends a dump of which something has failed, so that the guest can run on. Nothing happens if there is
 * none. */
bool s390_pv_dump_abandon(S390Pv *pv, const Kvm *kvm, Error **errp);

#endif
