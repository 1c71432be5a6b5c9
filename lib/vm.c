/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/vm.h"
#include <string.h>
#include "lib/builtins.h"
#include "lib/fixed-properties.h"
#include "qapi/bytes-text.h"
#include "qom/user-creatable.h"

const char *cgvm_version(void)
{
    return CGVM_VERSION;
}

CgvmVm *cgvm_vm_new(void)
{
    CgvmVm *vm = g_new0(CgvmVm, 1);

    builtins_init();
    vm_options_init(&vm->options);
    return vm;
}

static void vm_drop_objects(CgvmVm *vm)
{
    if (vm->machine) {
        machine_stop(vm->machine);
    }
    g_clear_pointer(&vm->root, object_unref);
    vm->machine = NULL;
    vm->accel = NULL;
}

void cgvm_vm_free(CgvmVm *vm)
{
    if (!vm) {
        return;
    }
    vm_drop_objects(vm);
    vm_options_clear(&vm->options);
    g_free(vm->planned_digest);
    g_free(vm);
}

bool cgvm_vm_add_option(CgvmVm *vm, const char *name, const char *text, CgvmError **error)
{
    if (vm->root) {
        return error_set(error, CGVM_ERROR_STATE, "-%s comes too late, the machine was made already", name);
    }
    return vm_options_add(&vm->options, name, text, error);
}

void cgvm_vm_set_console(CgvmVm *vm, CgvmConsole *console, void *opaque)
{
    vm->console = console;
    vm->console_opaque = opaque;
    if (vm->machine) {
        vm->machine->console_write = console;
        vm->machine->console_write_opaque = opaque;
    }
}

void cgvm_vm_set_notes(CgvmVm *vm, CgvmNote *note, void *opaque)
{
    vm->notes = (NoteSink){ .note = note, .opaque = opaque };
    if (vm->machine) {
        vm->machine->notes = vm->notes;
    }
}

void cgvm_vm_set_debug_console(CgvmVm *vm, CgvmDebugConsole *console, void *opaque)
{
    vm->debug = console;
    vm->debug_opaque = opaque;
    if (vm->machine) {
        vm->machine->debug = console;
        vm->machine->debug_opaque = opaque;
    }
}

size_t cgvm_vm_send_console(CgvmVm *vm, const void *bytes, size_t size)
{
    return vm->machine ? machine_send_console(vm->machine, bytes, size) : 0;
}

void cgvm_vm_set_progress(CgvmVm *vm, CgvmProgress *progress, void *opaque)
{
    vm->progress = (ProgressSink){ .report = progress, .opaque = opaque };
    if (vm->machine) {
        vm->machine->progress = vm->progress;
    }
}

/* ---- making the machine ---- */

/* The string at @p key of a keyval, which may be NULL, or NULL. */
static const char *option_get(json_object *keyval, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(keyval, key, &value) ? json_object_get_string(value) : NULL;
}

static json_object *keyval_without(json_object *keyval, const char *key)
{
    json_object *copy = json_object_new_object();

    json_object_object_foreach (keyval, name, value) {
        if (strcmp(name, key) != 0) {
            json_object_object_add(copy, name, json_object_get(value));
        }
    }
    return copy;
}

static bool add_to_root(CgvmVm *vm, const char *name, Object *obj, Error **errp)
{
    bool added = object_property_try_add_child(vm->root, name, obj, errp);

    object_unref(obj);
    return added;
}

/* Sets the properties that @p option has given, or another one that is short for it as @p given_by says. */
static bool set_from_keyval(Object *obj, json_object *keyval, const char *option, json_object *given_by,
                            Error **errp)
{
    json_object_object_foreach (keyval, name, value) {
        g_autoptr(json_object) one = json_object_new_object();

        json_object_object_add(one, name, json_object_get(value));
        if (!object_set_properties_from_keyval(obj, one, false, errp)) {
            const char *shorthand = option_get(given_by, name);
            return error_prepend(errp, "-%s: ", shorthand ? shorthand : option);
        }
    }
    return true;
}

static bool make_objects(CgvmVm *vm, Error **errp)
{
    for (guint i = 0; i < vm->options.objects->len; i++) {
        const ObjectOption *option = g_ptr_array_index(vm->options.objects, i);
        if (!user_creatable_add_options(vm->root, option->props, option->from_json, errp)) {
            return false;
        }
    }
    return true;
}

/* The id that the link to the protecting object is given, by its name or its older one; NULL if it is not. */
static const char *guard_id(const CgvmVm *vm)
{
    const char *id = option_get(vm->options.machine, "confidential-guest-support");

    return id ? id : option_get(vm->options.machine, "memory-encryption");
}

static bool check_guard_id(const CgvmVm *vm, Error **errp)
{
    const char *id = guard_id(vm), *older = option_get(vm->options.machine, "memory-encryption");

    if (id && older && strcmp(id, older) != 0) {
        return error_setg(
            errp,
            "-machine: 'confidential-guest-support' is '%s', but its older name 'memory-encryption' is "
            "'%s'; give one of them",
            id, older);
    }
    return true;
}

/* What a guest without any wish is: one that the KVM of this processor can run. */
#ifdef __powerpc64__
#define HOST_MACHINE "pseries"
#else
#define HOST_MACHINE "microvm"
#endif

static const char *default_machine(const ConfidentialGuestSupportClass *cc, const char *firmware)
{
    return firmware && cc->default_firmware_machine ? cc->default_firmware_machine : cc->default_machine;
}

/* The machine that the user names, else the one that the protecting object needs, else the host's. */
static MachineClass *choose_machine(CgvmVm *vm, Error **errp)
{
    const char *name = option_get(vm->options.machine, "type"), *id = guard_id(vm);
    Object *guard;

    if (!name && id) {
        guard = object_resolve_path_type(vm->root, id, TYPE_CONFIDENTIAL_GUEST_SUPPORT, NULL);
        if (guard) {
            name = default_machine(CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(guard),
                                   option_get(vm->options.machine, "firmware"));
        }
    }
    return machine_class_find(name ? name : HOST_MACHINE, errp);
}

static bool check_fixed(const CgvmVm *vm, const MachineClass *mc, Error **errp)
{
    json_object_object_foreach (vm->options.fixed, name, value) {
        if (!fixed_property_check_on(mc->name, name, json_object_get_string(value), errp)) {
            return error_prepend(errp, "-machine: ");
        }
    }
    return true;
}

static bool make_machine(CgvmVm *vm, Error **errp)
{
    MachineClass *mc = check_guard_id(vm, errp) ? choose_machine(vm, errp) : NULL;
    g_autoptr(json_object) properties = NULL;

    if (!mc || !check_fixed(vm, mc, errp)) {
        return false;
    }
    vm->machine = MACHINE(object_new_with_class(OBJECT_CLASS(mc)));
    vm->machine->console_write = vm->console;
    vm->machine->console_write_opaque = vm->console_opaque;
    vm->machine->debug = vm->debug;
    vm->machine->debug_opaque = vm->debug_opaque;
    vm->machine->progress = vm->progress;
    vm->machine->notes = vm->notes;
    if (!add_to_root(vm, "machine", OBJECT(vm->machine), errp)) {
        return false;
    }
    properties = keyval_without(vm->options.machine, "type");
    json_object_object_del(properties, "accel"); /* -machine accel= is older than -accel, and the same */
    return set_from_keyval(OBJECT(vm->machine), properties, "machine", vm->options.given_by, errp);
}

static const char *accel_name(const CgvmVm *vm)
{
    const char *name =
        vm->options.accel ? option_get(vm->options.accel, "accel") : option_get(vm->options.machine, "accel");

    return name ? name : "kvm";
}

static ObjectClass *find_accel(const char *name)
{
    g_autofree char *type = g_strconcat(name, "-accel", NULL);
    ObjectClass *oc = object_class_dynamic_cast(object_class_by_name(type), TYPE_ACCEL);

    return oc && !object_class_is_abstract(oc) ? oc : NULL;
}

/* -machine accel=kvm:tcg, as libvirt probes: the first one of several that is known. */
static ObjectClass *choose_accel(const char *names)
{
    g_auto(GStrv) list = g_strsplit(names, ":", -1);
    ObjectClass *oc = NULL;

    for (char **name = list; *name && !oc; name++) {
        oc = find_accel(*name);
    }
    return oc;
}

static bool make_accel(CgvmVm *vm, Error **errp)
{
    ObjectClass *oc = choose_accel(accel_name(vm));
    g_autoptr(json_object) properties = NULL;

    if (!oc) {
        return error_set(errp, CGVM_ERROR_NOT_FOUND,
                         "there is no accelerator '%s'; use kvm, or sim to simulate a confidential host",
                         accel_name(vm));
    }
    vm->accel = ACCEL(object_new_with_class(oc));
    if (!add_to_root(vm, "accel", OBJECT(vm->accel), errp)) {
        return false;
    }
    if (!vm->options.accel) {
        return true;
    }
    properties = keyval_without(vm->options.accel, "accel");
    return set_from_keyval(OBJECT(vm->accel), properties, "accel", NULL, errp);
}

static bool refuse_unlinked(const CgvmVm *vm, Object *object, Error **errp)
{
    const char *id = object_get_canonical_path_component(object);
    g_autofree char *label = object_label(object);
    g_autofree char *linked = vm->machine->guard ? object_label(vm->machine->guard) : NULL;

    return linked ? error_setg(errp,
                               "%s protects no guest, as the machine is linked to %s; leave one of the two "
                               "out, or link %s with -machine confidential-guest-support=%s",
                               label, linked, id, id)
                  : error_setg(errp,
                               "%s protects no guest; add -machine confidential-guest-support=%s, or leave "
                               "it out",
                               label, id);
}

/* A guest that was meant to be confidential must not start in the clear because of a forgotten link, nor with
 * less protection than another object asks for. */
static bool check_links(CgvmVm *vm, Error **errp)
{
    if (!machine_can_start(vm->machine)) {
        return true;
    }
    for (guint i = 0; i < vm->options.objects->len; i++) {
        const ObjectOption *option = g_ptr_array_index(vm->options.objects, i);
        Object *object = object_resolve_path_component(object_get_objects_root(vm->root),
                                                       option_get(option->props, "id"));

        if (object != vm->machine->guard &&
            object_dynamic_cast(object, TYPE_CONFIDENTIAL_GUEST_SUPPORT)) {
            return refuse_unlinked(vm, object, errp);
        }
    }
    return true;
}

bool vm_make(CgvmVm *vm, Error **errp)
{
    if (vm->root) {
        return true;
    }
    vm->root = object_new(TYPE_CONTAINER);
    if (!make_objects(vm, errp) || !make_machine(vm, errp) || !check_links(vm, errp) ||
        !make_accel(vm, errp)) {
        vm_drop_objects(vm);
        return false;
    }
    vm->machine->frozen = true;
    return true;
}

ConfidentialGuestSupport *vm_guard(const CgvmVm *vm)
{
    return vm->machine->guard ? CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard) : NULL;
}

/* ---- plan, launch, run ---- */

/* A machine that is on its host keeps the plan that it was launched with. */
static LaunchPlan *get_plan(CgvmVm *vm, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard);

    return vm->prepared ? cgs->plan : confidential_guest_plan(cgs, vm->machine, errp);
}

static LaunchPlan *make_plan(CgvmVm *vm, Error **errp)
{
    if (!vm_make(vm, errp)) {
        return NULL;
    }
    if (!vm->machine->guard) {
        return error_setg_null(
            errp, "there is nothing to plan: the guest is not a confidential one; add -object TYPE,id=ID "
                  "and -machine confidential-guest-support=ID");
    }
    return get_plan(vm, errp);
}

char *cgvm_vm_plan(CgvmVm *vm, CgvmPlanFormat format, CgvmError **error)
{
    LaunchPlan *plan = make_plan(vm, error);

    if (!plan) {
        return NULL;
    }
    return format == CGVM_PLAN_JSON ? launch_plan_to_json(plan) : launch_plan_to_text(plan);
}

const char *cgvm_vm_planned_digest(CgvmVm *vm, CgvmBytes *ret_digest, CgvmError **error)
{
    const LaunchPlan *plan = make_plan(vm, error);
    size_t size;

    if (!plan) {
        return NULL;
    }
    if (!plan->digest) {
        return error_set_null(error, CGVM_ERROR_UNSUPPORTED,
                              "the launch of a %s is not measured, so it has no digest", plan->mechanism);
    }
    size = strlen(plan->digest) / 2;
    g_free(vm->planned_digest);
    vm->planned_digest = g_malloc0(size);
    if (!bytes_from_text("digest", plan->digest, vm->planned_digest, size, NULL)) {
        g_assert_not_reached();
    }
    if (ret_digest) {
        *ret_digest = (CgvmBytes){ .data = vm->planned_digest, .size = size };
    }
    return plan->digest;
}

/* Whatever is wrong with the guest itself shows before the host is touched. */
static bool check_guest(CgvmVm *vm, Error **errp)
{
    return !vm->machine->guard ||
           confidential_guest_check(CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard), vm->machine, errp);
}

static bool refuse_launched(const CgvmVm *vm, Error **errp)
{
    return error_set(errp, CGVM_ERROR_STATE, "the machine was %s already",
                     vm->launched ? "launched" : "prepared");
}

bool cgvm_vm_prepare(CgvmVm *vm, CgvmError **error)
{
    if (vm->prepared) {
        return refuse_launched(vm, error);
    }
    vm->prepared =
        vm_make(vm, error) && check_guest(vm, error) && machine_prepare(vm->machine, vm->accel, error);
    return vm->prepared;
}

bool cgvm_vm_launch(CgvmVm *vm, CgvmError **error)
{
    if (vm->launched) {
        return refuse_launched(vm, error);
    }
    vm->launched = (vm->prepared || cgvm_vm_prepare(vm, error)) && machine_finish(vm->machine, error);
    vm->prepared = vm->launched;
    return vm->launched;
}

bool vm_rebuild(CgvmVm *vm, Error **errp)
{
    if (!vm->prepared) {
        return cgvm_vm_prepare(vm, errp);
    }
    vm->launched = vm->has_run = false;
    vm->prepared = machine_rebuild(vm->machine, errp);
    return vm->prepared;
}

bool cgvm_vm_reset(CgvmVm *vm, CgvmError **error)
{
    if (!vm->launched) {
        return error_set(error, CGVM_ERROR_STATE, "the machine must be launched before it can be reset");
    }
    return vm_rebuild(vm, error) && cgvm_vm_launch(vm, error);
}

/* ---- the guest's owner ---- */

/* The object that protects a machine on its host, or NULL with an error. */
static ConfidentialGuestSupport *get_guard(const CgvmVm *vm, Error **errp)
{
    if (!vm->prepared) {
        return error_set_null(errp, CGVM_ERROR_STATE,
                              "the machine is not on a host yet; prepare or launch it first");
    }
    if (!vm->machine->guard) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "the guest is not a confidential one: nothing measures it");
    }
    return CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard);
}

uint8_t *cgvm_vm_launch_measurement(CgvmVm *vm, size_t *ret_size, CgvmError **error)
{
    ConfidentialGuestSupport *cgs = get_guard(vm, error);
    GBytes *bytes = cgs ? confidential_guest_launch_measurement(cgs, error) : NULL;

    return bytes ? g_bytes_unref_to_data(bytes, ret_size) : NULL;
}

bool cgvm_vm_inject_secret(CgvmVm *vm, CgvmBytes header, CgvmBytes packet, const uint64_t *gpa,
                           CgvmError **error)
{
    ConfidentialGuestSupport *cgs = get_guard(vm, error);
    g_autoptr(GBytes) header_bytes = g_bytes_new(header.data, header.size);
    g_autoptr(GBytes) packet_bytes = g_bytes_new(packet.data, packet.size);
    const LaunchSecret secret = {
        .header = header_bytes,
        .packet = packet_bytes,
        .has_gpa = gpa != NULL,
        .gpa = gpa ? *gpa : 0,
    };

    return cgs && confidential_guest_inject_secret(cgs, vm->machine, &secret, error);
}

bool cgvm_vm_close(CgvmVm *vm, CgvmError **error)
{
    vm->prepared = vm->launched = vm->has_run = false;
    return !vm->machine || machine_close(vm->machine, error);
}

/* ---- what was launched ---- */

const char *cgvm_vm_guest_id(const CgvmVm *vm)
{
    return vm->launched && vm->machine->guard ? object_get_canonical_path_component(vm->machine->guard)
                                              : NULL;
}

const char *cgvm_vm_measurement(const CgvmVm *vm)
{
    return cgvm_vm_guest_id(vm)
               ? confidential_guest_measurement(CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard))
               : NULL;
}

bool cgvm_vm_is_simulated(const CgvmVm *vm)
{
    return vm->launched && vm->machine->door->simulated;
}

bool cgvm_vm_wants_run(const CgvmVm *vm)
{
    return vm->accel && vm->accel->props.run;
}

CgvmRunResult cgvm_vm_run(CgvmVm *vm, uint8_t *exit_value, CgvmError **error)
{
    MachineExit exit;
    bool failed;

    if (!vm->launched) {
        failed = error_set(error, CGVM_ERROR_STATE, "the machine must be launched before it can run");
        return failed ? CGVM_RUN_EXITED : CGVM_RUN_FAILED;
    }
    if (vm->has_run) {
        failed = error_set(error, CGVM_ERROR_STATE,
                           "the machine has run already; reset it, or make and launch another one");
        return failed ? CGVM_RUN_EXITED : CGVM_RUN_FAILED;
    }
    vm->has_run = true;
    machine_run(vm->machine, &exit);
    switch (exit.kind) {
    case MACHINE_EXIT_DEBUG:
        *exit_value = exit.value;
        return CGVM_RUN_EXITED;
    case MACHINE_EXIT_RESET:
        return CGVM_RUN_RESET;
    case MACHINE_EXIT_POWERED_OFF:
        return CGVM_RUN_POWERED_OFF;
    case MACHINE_EXIT_NO_ENGINE:
        failed = error_propagate(error, exit.error);
        return failed ? CGVM_RUN_EXITED : CGVM_RUN_NO_ENGINE;
    case MACHINE_EXIT_STOPPED:
        return CGVM_RUN_STOPPED;
    case MACHINE_EXIT_ERROR:
        break;
    }
    failed = error_propagate(error, exit.error);
    return failed ? CGVM_RUN_EXITED : CGVM_RUN_FAILED;
}
