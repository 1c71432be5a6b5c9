/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * From options to objects, a machine and an accelerator.
 */
#include <string.h>
#include "lib/fixed-properties.h"
#include "lib/vm.h"
#include "qom/user-creatable.h"

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

/* The link to the protecting object. */
#define LINK       "confidential-guest-support"
#define OLDER_LINK "memory-encryption"

/* The id that the link to the protecting object is given, by its name or its older one; NULL if it is not. */
static const char *guard_id(const CgvmVm *vm)
{
    const char *id = option_get(vm->options.machine, LINK);

    return id ? id : option_get(vm->options.machine, OLDER_LINK);
}

static bool check_guard_id(const CgvmVm *vm, Error **errp)
{
    const char *id = guard_id(vm), *older = option_get(vm->options.machine, OLDER_LINK);

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
        } else if (*id && !strchr(id, '/') && !object_resolve_path(vm->root, id, NULL)) {
            /* Before a machine is chosen that nobody has named. */
            return error_set_null(errp, CGVM_ERROR_NOT_FOUND,
                                  "-machine: '%s' names an object '%s' that does not exist; create it with "
                                  "-object TYPE,id=%s",
                                  option_get(vm->options.machine, LINK) ? LINK : OLDER_LINK, id, id);
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
        Object *object =
            object_resolve_path_component(object_get_objects_root(vm->root), option_get(option->props, "id"));

        if (object != vm->machine->guard && object_dynamic_cast(object, TYPE_CONFIDENTIAL_GUEST_SUPPORT)) {
            return refuse_unlinked(vm, object, errp);
        }
    }
    return true;
}

void vm_drop_objects(CgvmVm *vm)
{
    if (vm->machine) {
        machine_stop(vm->machine);
    }
    g_clear_pointer(&vm->root, object_unref);
    vm->machine = NULL;
    vm->accel = NULL;
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
