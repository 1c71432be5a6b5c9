/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the objects for AMD SEV have in common: the secure processor's device, the C-bit, and KVM's commands.
 */
#ifndef TARGET_I386_SEV_COMMON_H
#define TARGET_I386_SEV_COMMON_H

#include "confidential/confidential-guest-support.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-policy.h"
#include "target-i386/vmsa.h"
#include "target-i386/x86-machine.h"

#define TYPE_SEV_COMMON "sev-common"

/* CPUID 0x8000001f, EAX: what is active. */
#define ENCRYPTION_SEV (1u << 1)
#define ENCRYPTION_ES  (1u << 3)
#define ENCRYPTION_SNP (1u << 4)

/** What was learnt from the host. */
typedef struct SevHostFacts {
    bool known;             /* false when only planning */
    uint32_t cbitpos;       /* position of the C-bit */
    uint64_t vmsa_features; /* SEV_FEATURES bits that KVM lets a VMM choose */
    SevPlatformStatus platform;
} SevHostFacts;

typedef struct SevCommon {
    ConfidentialGuestSupport parent;
    SevCommonProperties props;
    SevHostFacts facts;
    uint32_t cbitpos; /* that the guest is told; only valid in a plan made with facts or with the property */
    bool starts_kernel; /* without a firmware */
    bool cpu_known;     /* whether the vCPUs of the plan have their real signature */
    int sev_fd;         /* of the secure processor's device; -1 while the VM does not exist */
} SevCommon;

#define SEV_COMMON(obj) OBJECT_CHECK(SevCommon, obj, TYPE_SEV_COMMON)

/**
 * Whether @p kvm offers VMs of type @p type, which is called @p what ("SEV-SNP") for users; @p since
 * says which version of Linux has them.
 */
bool sev_check_vm_type(const Kvm *kvm, uint32_t type, const char *what, const char *since, Error **errp);

/** Opens the secure processor's device @p path. Returns a descriptor behind the door, or -1 with an error
 * that says what to do about it. */
int sev_open_device(const Kvm *kvm, const char *path, Error **errp);

/** The position of the C-bit, from what KVM supports; CGVM_ERROR_UNSUPPORTED if there is none. */
bool sev_cbitpos(KvmCpuid *supported, uint32_t *ret_cbitpos, Error **errp);

/** For the hook `probe`: opens sev-device and fills in the facts. */
bool sev_probe(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);

/** For the hook `check`, without a firmware: whether a kernel can be launched itself with these properties.
 */
bool sev_check_direct(const SevCommon *sev, Error **errp);

/** For the hook `close`. */
void sev_close(ConfidentialGuestSupport *cgs, const Kvm *kvm);

/** Where the C-bit is on all processors from EPYC 7003 on. Those before have it at 47. */
#define SEV_USUAL_CBITPOS 51u

/**
 * The C-bit's position for @p plan: the property, which must be the host's if that is known, else the host's.
 * Notes in the plan what had to be assumed. False in *ret_known if it is unknown, which is fine as long as
 * nothing is launched; but if it @p is_measured, it is never unknown, since without host and property it is
 * SEV_USUAL_CBITPOS.
 */
bool sev_resolve_cbitpos(SevCommon *sev, bool is_measured, LaunchPlan *plan, bool *ret_known, Error **errp);

/** Whether the host lets a VMM choose the SEV_FEATURES bits @p features; notes in @p plan if that is unknown.
 */
bool sev_check_features(SevCommon *sev, uint64_t features, LaunchPlan *plan, Error **errp);

/**
 * Whether the host's firmware has at least version @p least of its interface, which is what 'policy' asks
 * for; notes in @p plan if that is unknown. There is one firmware: PLATFORM_STATUS tells its version for
 * SEV-SNP too. Fails with CGVM_ERROR_UNSUPPORTED.
 */
bool sev_check_api(SevCommon *sev, SevApiVersion least, LaunchPlan *plan, Error **errp);

/** Adds the vCPUs to @p plan, with measured register pages if @p profile is not NULL. */
void sev_plan_vcpus(SevCommon *sev, MachineState *machine, const VmsaProfile *profile, LaunchPlan *plan);

/** Whether the register pages of the plan are right: without a host, only for a CPU model with a name. */
bool sev_check_cpu_known(const SevCommon *sev, Error **errp);

/**
 * For X86MachineState.adjust_cpuid: tells the guest of the C-bit and of @p active (ENCRYPTION_*).
 */
void sev_adjust_cpuid(const SevCommon *sev, uint32_t active, KvmCpuid *cpuid);

/** Compares expect-digest, if it is given, with the digest of @p plan. */
bool sev_check_expected_digest(const SevCommon *sev, const LaunchPlan *plan, Error **errp);

/**
 * KVM_MEMORY_ENCRYPT_OP with command @p id and its structure @p data (or NULL). @p what says what is being
 * done, for the message. On failure the error tells a refusal by the firmware from one by the kernel.
 */
bool sev_command(SevCommon *sev, const Kvm *kvm, uint32_t id, void *data, const char *what, Error **errp);

/**
 * The same for a command whose refusal is an answer. Returns 0 or a negative errno; *ret_status is the
 * firmware's status, or 0 if it was not reached.
 */
int sev_try_command(const SevCommon *sev, const Kvm *kvm, uint32_t id, void *data, uint32_t *ret_status);

#endif
