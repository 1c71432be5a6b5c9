/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confidential/confidential-guest-support.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"

static void set_state(ConfidentialGuestSupport *cgs, LaunchState state)
{
    const LaunchStateSink *sink = &cgs->state_sink;
    const bool is_new = cgs->state != state;

    cgs->state = state;
    if (is_new && sink->changed) {
        sink->changed(sink->opaque, cgs);
    }
}

/* ---- the plan ---- */

/* Whether it can protect what the machine, which is loaded, starts. */
static bool check(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    if (cc->needs_firmware && !machine->firmware) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "-kernel is given without -bios, but %s",
                         cc->needs_firmware);
    }
    return !cc->check || cc->check(cgs, machine, errp);
}

/* The plan but for its digest. The machine is loaded. */
static LaunchPlan *draft_plan(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);
    g_autoptr(LaunchPlan) plan = launch_plan_new();

    plan->mechanism = g_strdup(object_get_typename(OBJECT(cgs)));
    plan->id = g_strdup(object_get_canonical_path_component(OBJECT(cgs)));
    plan->machine = g_strdup(machine_name(machine));
    if (!check(cgs, machine, errp) || !cc->vm_type(cgs, NULL, &plan->vm_type, errp) ||
        !cc->plan(cgs, machine, plan, errp) || !launch_plan_check(plan, &machine->ram, cc->granule, errp)) {
        return NULL;
    }
    return g_steal_pointer(&plan);
}

/* A reset must not give the guest's owner another guest than the one that was verified. */
static bool check_rebuilt(const LaunchPlan *before, const LaunchPlan *plan, Error **errp)
{
    return g_strcmp0(before->digest, plan->digest) == 0 ||
           error_set(errp, CGVM_ERROR_MISMATCH,
                     "after its reset the guest would be measured as %s, but it was launched as %s; the host "
                     "has changed meanwhile: launch the guest anew",
                     plan->digest, before->digest);
}

static bool make_plan(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);
    g_autoptr(LaunchPlan) plan = draft_plan(cgs, machine, errp);

    if (!plan) {
        return false;
    }
    if (cc->digest) {
        cc->digest(cgs, plan);
    }
    if (cc->check_plan && !cc->check_plan(cgs, plan, errp)) {
        return false;
    }
    if (machine->rebuilding && !check_rebuilt(cgs->plan, plan, errp)) {
        return false;
    }
    launch_plan_free(cgs->plan);
    cgs->plan = g_steal_pointer(&plan);
    set_state(cgs, LAUNCH_STATE_PLANNED);
    return true;
}

/* Says whose launch it was that failed. */
static bool prepend_label(ConfidentialGuestSupport *cgs, Error **errp)
{
    g_autofree char *label = object_label(OBJECT(cgs));

    return error_prepend(errp, "%s: ", label);
}

bool confidential_guest_check(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    g_autoptr(LaunchPlan) draft = NULL;

    if (!machine_load(machine, errp)) {
        return false;
    }
    draft = draft_plan(cgs, machine, errp);
    return draft || prepend_label(cgs, errp);
}

LaunchPlan *confidential_guest_plan(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    if (!machine_load(machine, errp)) {
        return NULL;
    }
    if (!make_plan(cgs, machine, errp)) {
        g_autofree char *label = object_label(OBJECT(cgs));
        return error_prepend_null(errp, "%s: ", label);
    }
    return cgs->plan;
}

const char *confidential_guest_measurement(const ConfidentialGuestSupport *cgs)
{
    return cgs->state == LAUNCH_STATE_RUNNING ? cgs->plan->digest : NULL;
}

/* ---- the guest's owner ---- */

GBytes *confidential_guest_launch_measurement(ConfidentialGuestSupport *cgs, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);
    g_autofree char *label = object_label(OBJECT(cgs));

    if (!cc->launch_measurement) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "%s: the firmware returns no measurement of its launch; verify an attestation "
                              "report of the running guest instead",
                              label);
    }
    if (cgs->state != LAUNCH_STATE_PAUSED && cgs->state != LAUNCH_STATE_RUNNING) {
        return error_set_null(errp, CGVM_ERROR_STATE,
                              "%s: there is no measurement before the guest is launched; launch it first",
                              label);
    }
    return cc->launch_measurement(cgs);
}

bool confidential_guest_inject_secret(ConfidentialGuestSupport *cgs, MachineState *machine,
                                      const LaunchSecret *secret, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);
    g_autofree char *label = object_label(OBJECT(cgs));

    if (!cc->inject_secret) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "%s: a launch of this kind takes no secrets; hand them to the running guest after an "
            "attestation",
            label);
    }
    if (cgs->state != LAUNCH_STATE_PAUSED) {
        return error_set(errp, CGVM_ERROR_STATE,
                         "%s: a secret can only be injected while the launch is paused, after it is measured "
                         "and before the guest runs; %s",
                         label,
                         cgs->state == LAUNCH_STATE_RUNNING ? "launch the guest anew, paused"
                                                            : "launch it, paused, first");
    }
    return cc->inject_secret(cgs, machine, secret, errp) || error_prepend(errp, "%s: ", label);
}

static bool check_launched(const ConfidentialGuestSupport *cgs, const char *label, Error **errp)
{
    return cgs->state == LAUNCH_STATE_PAUSED || cgs->state == LAUNCH_STATE_RUNNING ||
           error_set(errp, CGVM_ERROR_STATE, "%s: there is nothing of the guest yet; launch it first", label);
}

GBytes *confidential_guest_attestation_report(ConfidentialGuestSupport *cgs, MachineState *machine,
                                              GBytes *nonce, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);
    g_autofree char *label = object_label(OBJECT(cgs));
    GBytes *report;

    if (!cc->attestation_report) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "%s: the firmware gives attestation reports to the guest alone; ask for one in "
                              "there",
                              label);
    }
    if (g_bytes_get_size(nonce) != ATTESTATION_NONCE_SIZE) {
        return error_setg_null(errp, "the nonce has %zu bytes, not %d; give that many random ones",
                               g_bytes_get_size(nonce), ATTESTATION_NONCE_SIZE);
    }
    if (!check_launched(cgs, label, errp)) {
        return NULL;
    }
    report = cc->attestation_report(cgs, machine, nonce, errp);
    return report ? report : error_prepend_null(errp, "%s: ", label);
}

bool confidential_guest_read_memory(ConfidentialGuestSupport *cgs, MachineState *machine, uint64_t gpa,
                                    size_t size, uint8_t *buffer, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);
    g_autofree char *label = object_label(OBJECT(cgs));
    const uint8_t *memory;

    if (!cc->read_memory || !cc->check_debug) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "%s: the memory of such a guest cannot be read from outside; look at it from within",
                         label);
    }
    if (!check_launched(cgs, label, errp)) {
        return false;
    }
    if (!cc->check_debug(cgs, errp)) {
        return error_prepend(errp, "%s: ", label);
    }
    memory = guest_ram_pointer(&machine->ram, gpa, size, errp);
    return memory &&
           (cc->read_memory(cgs, machine, memory, size, buffer, errp) || error_prepend(errp, "%s: ", label));
}

/* ---- what the machine calls ---- */

static bool guard_vm_type(Object *guard, MachineState *machine, uint32_t *ret_type, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    if (!check(cgs, machine, errp) || !cc->vm_type(cgs, machine->kvm, ret_type, errp)) {
        return prepend_label(cgs, errp);
    }
    return true;
}

static bool guard_open(Object *guard, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    if ((cc->probe && !cc->probe(cgs, machine, errp)) || !make_plan(cgs, machine, errp) ||
        (cc->open && !cc->open(cgs, machine, errp))) {
        set_state(cgs, LAUNCH_STATE_FAILED);
        return prepend_label(cgs, errp);
    }
    set_state(cgs, LAUNCH_STATE_OPEN);
    return true;
}

static bool guard_memory_added(Object *guard, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    if ((cc->private_memory && !guest_ram_create_memfds(&machine->ram, machine->kvm, errp)) ||
        (cc->memory_added && !cc->memory_added(cgs, machine, errp))) {
        set_state(cgs, LAUNCH_STATE_FAILED);
        return prepend_label(cgs, errp);
    }
    return true;
}

static bool launch_memory(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);
    const LaunchPlan *plan = cgs->plan;
    uint64_t total = 0;
    Progress progress;

    for (size_t i = 0; i < plan->n_ranges; i++) {
        total += plan->ranges[i].size;
    }
    progress = progress_begin(&machine->progress, "launching memory", total);
    for (size_t i = 0; i < plan->n_ranges; i++) {
        if (!cc->launch_range(cgs, machine, &plan->ranges[i], errp)) {
            return false;
        }
        progress_add(&progress, plan->ranges[i].size);
    }
    return true;
}

/* Does what the plan says. */
static bool carry_out(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    return (!cc->launch_range || launch_memory(cgs, machine, errp)) &&
           (!cc->launch_vcpus || cc->launch_vcpus(cgs, machine, errp)) &&
           (!cc->measure || cc->measure(cgs, machine, errp));
}

static bool guard_launch(Object *guard, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);

    g_assert(cgs->state == LAUNCH_STATE_OPEN);
    if (!carry_out(cgs, machine, errp)) {
        set_state(cgs, LAUNCH_STATE_FAILED);
        return prepend_label(cgs, errp);
    }
    set_state(cgs, LAUNCH_STATE_PAUSED);
    return true;
}

static bool guard_finish(Object *guard, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    g_assert(cgs->state == LAUNCH_STATE_PAUSED);
    if (cc->finish && !cc->finish(cgs, machine, errp)) {
        set_state(cgs, LAUNCH_STATE_FAILED);
        return prepend_label(cgs, errp);
    }
    set_state(cgs, LAUNCH_STATE_RUNNING);
    return true;
}

static bool guard_exit(Object *guard, MachineState *machine, Vcpu *vcpu)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    return cgs->state == LAUNCH_STATE_RUNNING && cc->exit && cc->exit(cgs, machine, vcpu);
}

static bool guard_reset(Object *guard, MachineState *machine, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    if (cc->reset && !cc->reset(cgs, machine, errp)) {
        set_state(cgs, LAUNCH_STATE_FAILED);
        return prepend_label(cgs, errp);
    }
    return true;
}

static void guard_close(Object *guard, MachineState *machine)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(guard);
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs);

    if (cc->close) {
        cc->close(cgs, machine->kvm);
    }
    set_state(cgs, machine->rebuilding ? LAUNCH_STATE_PLANNED : LAUNCH_STATE_NEW);
}

static const MachineGuardOps guard_ops = {
    .vm_type = guard_vm_type,
    .open = guard_open,
    .memory_added = guard_memory_added,
    .launch = guard_launch,
    .finish = guard_finish,
    .exit = guard_exit,
    .reset = guard_reset,
    .close = guard_close,
};

/* ---- the machine's link ---- */

static bool link_check(Object *obj, const char *name G_GNUC_UNUSED, Object *target, Error **errp)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(target);
    const char *with_firmware = cc->default_firmware_machine;

    if (!object_dynamic_cast(obj, cc->machine_type)) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "'%s' (%s) cannot protect this machine; use -machine %s%s%s%s",
                         object_get_canonical_path_component(target), object_get_typename(target),
                         with_firmware ? with_firmware : "", with_firmware ? ", or " : "",
                         cc->default_machine, with_firmware ? " without -bios" : "");
    }
    return true;
}

/* The older name of the link, which takes an id alone, as in QEMU. */
static char *legacy_get(Object *obj, Error **errp G_GNUC_UNUSED)
{
    Object *guard = MACHINE(obj)->guard;

    return g_strdup(guard ? object_get_canonical_path_component(guard) : "");
}

static bool legacy_link(Object *obj, const char *id, Error **errp)
{
    Object *objects = object_get_objects_root(object_get_root(obj));
    Object *guard = *id ? object_resolve_path_component(objects, id) : NULL;

    if (*id && !guard) {
        return error_set(
            errp, CGVM_ERROR_NOT_FOUND,
            "'memory-encryption' names an object '%s' that does not exist; create it with -object "
            "TYPE,id=%s, and use confidential-guest-support=, its newer name",
            id, id);
    }
    return object_property_set_link(obj, "confidential-guest-support", guard, errp);
}

static void legacy_set(Object *obj, const char *id, Error **errp)
{
    bool done = legacy_link(obj, id, errp);

    (void)done; /* setters of this kind report through errp alone */
}

static void set_guard_ops(ObjectClass *oc, void *opaque G_GNUC_UNUSED)
{
    MACHINE_CLASS(oc)->guard_ops = &guard_ops;
}

void confidential_guest_extend_machines(void)
{
    ObjectClass *machine = object_class_by_name(TYPE_MACHINE);

    object_class_property_add_link(machine, "confidential-guest-support", TYPE_CONFIDENTIAL_GUEST_SUPPORT,
                                   offsetof(MachineState, guard), link_check, OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(machine, "confidential-guest-support",
                                          "id of the object that makes the guest a confidential one");
    object_class_property_add_str(machine, "memory-encryption", legacy_get, legacy_set);
    object_class_property_set_description(machine, "memory-encryption",
                                          "older name of confidential-guest-support");
    object_class_foreach(set_guard_ops, TYPE_MACHINE, true, NULL);
}

/* ---- type ---- */

static bool may_set(Object *obj, const char *name, Error **errp)
{
    if (CONFIDENTIAL_GUEST_SUPPORT(obj)->state != LAUNCH_STATE_NEW) {
        return error_set(errp, CGVM_ERROR_STATE,
                         "'%s' cannot be changed any more, the launch was planned with it", name);
    }
    return true;
}

/* The hook of user-creatable, for the mechanisms: an object that a machine is linked to stays. */
static bool can_be_deleted(Object *obj, Error **errp)
{
    Object *machine = object_resolve_path_component(object_get_root(obj), "machine");

    if (machine && MACHINE(machine)->guard == obj) {
        g_autofree char *label = object_label(obj);
        return error_set(errp, CGVM_ERROR_STATE, "%s is in use by the machine's confidential-guest-support",
                         label);
    }
    return true;
}

void confidential_guest_class_init_user(ObjectClass *oc)
{
    USER_CREATABLE_CLASS(oc)->can_be_deleted = can_be_deleted;
}

static void instance_finalize(Object *obj)
{
    launch_plan_free(CONFIDENTIAL_GUEST_SUPPORT(obj)->plan);
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    oc->may_set = may_set;
    CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc)->granule = GUEST_PAGE_SIZE;
}

const TypeInfo confidential_guest_support_type = {
    .name = TYPE_CONFIDENTIAL_GUEST_SUPPORT,
    .parent = TYPE_OBJECT,
    .abstract = true,
    .instance_size = sizeof(ConfidentialGuestSupport),
    .instance_finalize = instance_finalize,
    .class_size = sizeof(ConfidentialGuestSupportClass),
    .class_init = class_init,
};
