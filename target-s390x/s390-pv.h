/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The secure mode of a guest: KVM_S390_PV_COMMAND in the order in which a guest enters, resets and leaves it
 * (Linux, Documentation/virt/kvm/s390/s390-pv-boot.rst and api.rst, 4.125). It is the machine's business: a
 * guest may enter it that no object has announced.
 */
#ifndef TARGET_S390X_S390_PV_H
#define TARGET_S390X_S390_PV_H

#include "hw/machine.h"
#include "target-s390x/pv-ipib.h"

/** What a guest is told when it cannot be switched: register r1+1 of diagnose 308. All zero if the ultravisor
 * was not asked. */
typedef struct S390PvResponse {
    uint16_t command;
    uint16_t rrc;
    uint16_t rc;
    bool is_stuck; /* nor could what was begun be undone: the guest cannot go on */
} S390PvResponse;

/** What is known about dumps of a guest since it became a secure one: s390-pv-dump.h. */
typedef struct S390PvDump {
    bool is_offered;                           /* the host dumps secure guests, and has told the sizes: */
    uint64_t cpu_size, storage_size, end_size; /* bytes; the second for a MiB of memory. Not checked */
    bool is_allowed;                           /* the header of the image has the flag for it */
    bool is_begun;                             /* a dump was begun and not completed, in whatever mode */
} S390PvDump;

typedef struct S390Pv {
    gint is_secure;   /* atomic: read from the threads of vCPUs */
    GThread *cleanup; /* gives back the memory of a former secure guest, or NULL */
    S390PvDump dump;
} S390Pv;

bool s390_pv_is_secure(const S390Pv *pv);

/**
 * Makes the guest a secure one: what @p block names is unpacked and verified. @p header is its header, copied
 * from guest memory. No vCPU is in KVM_RUN. On failure the guest is a plain one again, its pages may have
 * been decrypted or destroyed, and @p response says what to tell it; the error names the step, and the
 * ultravisor's codes with their meaning.
 */
bool s390_pv_enter(S390Pv *pv, const Kvm *kvm, const PvBlock *block, GBytes *header, S390PvResponse *response,
                   Error **errp);

/** Prepares a secure guest for a reset in which it stays one: nothing is shared with the host any more. */
bool s390_pv_prepare_reset(const S390Pv *pv, const Kvm *kvm, Error **errp);

/**
 * Makes a secure guest a plain one, whose memory is lost. Above 2 GiB of it the pages are given back in the
 * background, if the kernel can: s390_pv_wait() waits for that. Nothing happens to a plain guest. On failure
 * the guest cannot go on.
 */
bool s390_pv_leave(S390Pv *pv, const Kvm *kvm, uint64_t memory_size, Error **errp);

/** Waits for the end of a clean-up. The VM still exists. */
void s390_pv_wait(S390Pv *pv);

#endif
