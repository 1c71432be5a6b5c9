/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The contract of a mechanism for confidential guests.
 *
 * A mechanism is a class derived from confidential-guest-support that fills in hooks, all optional but
 * vm_type and plan, listed here in the order in which they are called. The base class owns the state
 * of the launch and calls the hooks only when they are due, so no mechanism checks states.
 * docs/add-a-mechanism.md shows one from start to end.
 */
#ifndef CONFIDENTIAL_CONFIDENTIAL_GUEST_SUPPORT_H
#define CONFIDENTIAL_CONFIDENTIAL_GUEST_SUPPORT_H

#include "confidential/plan.h"
#include "hw/machine.h"
#include "qom/object.h"

#define TYPE_CONFIDENTIAL_GUEST_SUPPORT "confidential-guest-support"

/**
 * What the guest's owner has sealed for this launch, for the firmware to open and to put into guest memory.
 * The host cannot read it.
 */
typedef struct LaunchSecret {
    GBytes *header; /* how it is sealed */
    GBytes *packet; /* the sealed bytes */
    bool has_gpa;   /* else it goes where the guest's firmware wants it */
    uint64_t gpa;
} LaunchSecret;

typedef struct ConfidentialGuestSupport ConfidentialGuestSupport;

/** Who is told that the state of a launch is another one: on the thread that launches. */
typedef struct LaunchStateSink {
    void (*changed)(void *opaque, const ConfidentialGuestSupport *cgs); /* NULL: nobody */
    void *opaque;
} LaunchStateSink;

struct ConfidentialGuestSupport {
    Object parent;
    LaunchState state;
    LaunchPlan *plan; /* from LAUNCH_STATE_PLANNED on */
    LaunchStateSink state_sink;
};

typedef struct ConfidentialGuestSupportClass {
    ObjectClass parent_class;

    /** The type of machine that it can protect, and the name of the one that is made if the user names none.
     */
    const char *machine_type;
    const char *default_machine;
    /** The one that is made if a firmware is given; NULL: the same. */
    const char *default_firmware_machine;
    /** The feature that the descriptor of a firmware for this guest names; see hw/firmware-descriptor.h.
     * NULL: nobody has given it a name. */
    const char *(*firmware_feature)(const ConfidentialGuestSupport *cgs);
    /** Whether guest memory gets a private side (guest_memfd). */
    bool private_memory;
    /** What address and size of a launched range are multiples of; GUEST_PAGE_SIZE unless it is set. */
    uint64_t granule;

    /**
     * Why a guest of this kind cannot be started in a kernel, without a firmware, and what to do, for the
     * message about that. NULL, unless it is set: it can; MachineState.firmware may be NULL then, and else
     * never is.
     */
    const char *needs_firmware;

    /**
     * Whether the properties fit each other and the machine, which is loaded. Nothing of the host is known
     * yet.
     */
    bool (*check)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /** Sets the argument of KVM_CREATE_VM. With @p kvm not NULL: whether that host offers it. */
    bool (*vm_type)(ConfidentialGuestSupport *cgs, const Kvm *kvm, uint32_t *ret_type, Error **errp);
    /** The VM exists: learn what the plan depends on from the host. Not called when only planning. */
    bool (*probe)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /**
     * Adds parameters, ranges, vCPUs and what had to be assumed to @p plan, which has everything else but the
     * digest. May tell the machine what its vCPUs must know. Called without a host first, even when
     * launching, so that a guest that cannot be launched anywhere is refused before the host is opened.
     */
    bool (*plan)(ConfidentialGuestSupport *cgs, MachineState *machine, LaunchPlan *plan, Error **errp);
    /** Fills in digest, measured-pages and firmware-time-ms of a plan that passed launch_plan_check(). NULL:
     * the launch is not measured. */
    void (*digest)(ConfidentialGuestSupport *cgs, LaunchPlan *plan);
    /** Whether the firmware can accept the finished plan: refusals that would otherwise come late. */
    bool (*check_plan)(ConfidentialGuestSupport *cgs, const LaunchPlan *plan, Error **errp);

    /** Begins the launch: the VM has neither memory nor vCPUs. */
    bool (*open)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /** Memory is allocated, with its private side if there is one; the VM does not have it yet. */
    bool (*memory_added)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /** Launches one range of the plan. Called in the plan's order, after memory and vCPUs are complete. */
    bool (*launch_range)(ConfidentialGuestSupport *cgs, MachineState *machine, const LaunchRange *range,
                         Error **errp);
    /** Launches the registers of all vCPUs, after the last range. They cannot be changed afterwards. */
    bool (*launch_vcpus)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /** Everything that is measured has been launched: ask the firmware for its measurement. */
    bool (*measure)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /** What `measure` has got, as the guest's owner expects it. Called in LAUNCH_STATE_PAUSED and later. */
    GBytes *(*launch_measurement)(ConfidentialGuestSupport *cgs);
    /** Has the firmware put @p secret into guest memory. Called any number of times, but only between
     * `measure` and `finish`. */
    bool (*inject_secret)(ConfidentialGuestSupport *cgs, MachineState *machine, const LaunchSecret *secret,
                          Error **errp);
    /** Ends the launch; the guest can run afterwards. */
    bool (*finish)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /** What the firmware says about the guest, with @p nonce (16 bytes) in it, signed. Called in
     * LAUNCH_STATE_PAUSED and LAUNCH_STATE_RUNNING. */
    GBytes *(*attestation_report)(ConfidentialGuestSupport *cgs, MachineState *machine, GBytes *nonce,
                                  Error **errp);
    /** Whether the guest's owner has allowed a debugger to read memory. Without it nobody has. */
    bool (*check_debug)(ConfidentialGuestSupport *cgs, Error **errp);
    /** Has @p size bytes of guest memory at @p memory decrypted into @p buffer. After check_debug. */
    bool (*read_memory)(ConfidentialGuestSupport *cgs, MachineState *machine, const uint8_t *memory,
                        size_t size, uint8_t *buffer, Error **errp);
    /**
     * A vCPU of the finished guest has left KVM_RUN for a reason that the machine has no answer to, or
     * because of a memory fault. Whether that was dealt with: the vCPU runs on, unless the hook has called
     * machine_request_exit(). Called from the vCPU's thread, from several at a time.
     */
    bool (*exit)(ConfidentialGuestSupport *cgs, MachineState *machine, Vcpu *vcpu);
    /** The guest is about to be reset, and no vCPU is in KVM_RUN: end what it has made of itself. Afterwards
     * the VM goes away, and the guest is launched anew. Called in LAUNCH_STATE_PAUSED and
     * LAUNCH_STATE_RUNNING. */
    bool (*reset)(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);
    /** The VM goes away, launched or not: close what `probe` and `open` have opened through the door. */
    void (*close)(ConfidentialGuestSupport *cgs, const Kvm *kvm);
} ConfidentialGuestSupportClass;

#define CONFIDENTIAL_GUEST_SUPPORT(obj)                                                                      \
    OBJECT_CHECK(ConfidentialGuestSupport, obj, TYPE_CONFIDENTIAL_GUEST_SUPPORT)
#define CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc)                                                                 \
    OBJECT_CLASS_CHECK(ConfidentialGuestSupportClass, oc, TYPE_CONFIDENTIAL_GUEST_SUPPORT)
#define CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(obj)                                                            \
    OBJECT_GET_CLASS(ConfidentialGuestSupportClass, obj, TYPE_CONFIDENTIAL_GUEST_SUPPORT)

/**
 * Gives every machine class the link `confidential-guest-support`. Called once, after type_register_all().
 */
void confidential_guest_extend_machines(void);

/**
 * Whether a launch of @p machine could be planned, as far as that can be told without a host. Loads the
 * machine.
 */
bool confidential_guest_check(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);

/**
 * The plan for the launch of @p machine, made without a host if there is none yet. Loads the machine. The
 * plan belongs to
 * @p cgs.
 */
LaunchPlan *confidential_guest_plan(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp);

/** For the class_init of a mechanism that users create: an object that a machine uses cannot be deleted. */
void confidential_guest_class_init_user(ObjectClass *oc);

/** The digest of a launch that has finished, in hexadecimal; NULL before, or for a mechanism without one. */
const char *confidential_guest_measurement(const ConfidentialGuestSupport *cgs);

/**
 * The firmware's measurement of a launch that is paused or has finished, for the guest's owner to verify. A
 * reference of the caller's. NULL with CGVM_ERROR_STATE before, with CGVM_ERROR_UNSUPPORTED if the firmware
 * of this mechanism returns none.
 */
GBytes *confidential_guest_launch_measurement(ConfidentialGuestSupport *cgs, Error **errp);

/**
 * Has the firmware put @p secret into the memory of @p machine, whose launch is paused. Fails with
 * CGVM_ERROR_STATE at any other time, CGVM_ERROR_UNSUPPORTED if this mechanism takes no secrets,
 * CGVM_ERROR_INVALID if it has no place there, and as kernel and firmware refuse it.
 */
bool confidential_guest_inject_secret(ConfidentialGuestSupport *cgs, MachineState *machine,
                                      const LaunchSecret *secret, Error **errp);

/** The size of the nonce in an attestation report. */
#define ATTESTATION_NONCE_SIZE 16

/**
 * A report about the guest that @p machine is, signed by the firmware and with @p nonce in it. A reference of
 * the caller's. NULL with CGVM_ERROR_STATE before the launch, CGVM_ERROR_UNSUPPORTED if the firmware gives
 * such reports to the guest alone, CGVM_ERROR_INVALID for a nonce of another size.
 */
GBytes *confidential_guest_attestation_report(ConfidentialGuestSupport *cgs, MachineState *machine,
                                              GBytes *nonce, Error **errp);

/**
 * Copies @p size bytes of the guest's memory at @p gpa, in plaintext, into @p buffer. Fails with
 * CGVM_ERROR_UNSUPPORTED if its policy, or its kind, keeps that from the host, CGVM_ERROR_STATE while it is
 * not launched, CGVM_ERROR_INVALID for addresses without memory. Never gives ciphertext.
 */
bool confidential_guest_read_memory(ConfidentialGuestSupport *cgs, MachineState *machine, uint64_t gpa,
                                    size_t size, uint8_t *buffer, Error **errp);

#endif
