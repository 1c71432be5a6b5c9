/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/machine.h"
#include <string.h>
#include "qapi-builtins.h"
#include "qapi/near-miss.h"

#define DEFAULT_MEMORY (UINT64_C(128) << 20)

static uint64_t default_memory(const MachineState *machine)
{
    uint64_t size = MACHINE_GET_CLASS(machine)->default_memory;

    return size ? size : DEFAULT_MEMORY;
}

static bool machine_resolve_cpus(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    if (!smp_resolve(&machine->props.smp, &machine->smp, errp)) {
        return false;
    }
    if (machine->smp.max_cpus > mc->max_cpus) {
        return error_setg(errp, "machine '%s' has at most %u vCPUs, not %u; use a smaller -smp",
                          machine_name(machine), mc->max_cpus, machine->smp.max_cpus);
    }
    return true;
}

static bool machine_resolve_memory(MachineState *machine, Error **errp)
{
    const MemoryConfiguration *memory = &machine->props.memory;
    const MemoryBackend *backend = machine->memory_backend;
    uint64_t size = memory->has_size ? memory->size : backend ? backend->props.size : default_memory(machine);

    if (size % GUEST_PAGE_SIZE) {
        return error_setg(
            errp, "the guest's memory (-m) must be a multiple of 4 KiB, not %" G_GUINT64_FORMAT " bytes",
            size);
    }
    if ((memory->has_slots && memory->slots) || (memory->has_max_size && memory->max_size != size)) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "there is no memory hot-plug; leave 'slots' and 'maxmem' of -m out, or make maxmem the size");
    }
    if (backend && backend->props.size != size) {
        return error_setg(errp,
                          "the guest's memory (-m) is %" G_GUINT64_FORMAT
                          " bytes, but 'memory-backend' provides %" G_GUINT64_FORMAT
                          "; make them equal or leave -m out",
                          size, backend->props.size);
    }
    machine->memory_size = size;
    return true;
}

static bool machine_check_boot(const MachineState *machine, Error **errp)
{
    const MachineProperties *props = &machine->props;

    if (!props->kernel && (props->initrd || props->append)) {
        return error_setg(errp, "-%s is given without -kernel, which it is for; give both, or leave it out",
                          props->initrd ? "initrd" : "append");
    }
    return true;
}

bool machine_can_start(const MachineState *machine)
{
    return MACHINE_GET_CLASS(machine)->load != NULL;
}

bool machine_load(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    if (machine->loaded) {
        return true;
    }
    if (!machine_can_start(machine)) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the machine '%s' has nothing to start; it is for programs that ask questions "
                         "through a monitor: add -qmp, or use another one",
                         machine_name(machine));
    }
    if (!machine_resolve_cpus(machine, errp) || !machine_resolve_memory(machine, errp) ||
        !machine_check_boot(machine, errp)) {
        return false;
    }
    guest_ram_init(&machine->ram);
    io_bus_init(&machine->io);
    if (!mc->load(machine, errp)) {
        machine_stop(machine);
        return false;
    }
    machine->loaded = true;
    return true;
}

static bool machine_make_vcpus(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        Vcpu *vcpu = vcpu_new(machine->kvm, i, mc->vcpu_id ? mc->vcpu_id(machine, i) : i, errp);
        if (!vcpu) {
            return false;
        }
        g_ptr_array_add(machine->vcpus, vcpu);
        if (!mc->init_vcpu(machine, vcpu, errp)) {
            return false;
        }
    }
    return true;
}

static bool machine_reset_vcpus(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    for (guint i = 0; i < machine->vcpus->len; i++) {
        if (!mc->reset_vcpu(machine, g_ptr_array_index(machine->vcpus, i), errp)) {
            return false;
        }
    }
    return true;
}

static bool machine_allocate(MachineState *machine, Error **errp)
{
    uint8_t *main = NULL;

    if (machine->memory_backend) {
        main = memory_backend_map(machine->memory_backend, errp);
        if (!main) {
            return false;
        }
        machine->ram.main_reclaim = memory_backend_reclaim(machine->memory_backend);
    }
    return guest_ram_allocate(&machine->ram, main, errp);
}

/*
 * Memory comes first: some kernels (seen with Linux 6.18) let a change of memory wait for a grace period, 10
 * ms and more, after a device was put on KVM's own I/O bus.
 */
static bool machine_start_plain(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    return machine_allocate(machine, errp) && mc->fill_memory(machine, errp) &&
           guest_ram_map(&machine->ram, machine->kvm, errp) && mc->init_vm(machine, errp) &&
           machine_make_vcpus(machine, errp) && machine_reset_vcpus(machine, errp);
}

/* This is QEMU's order, which traces of both show alike. */
static bool machine_start_guarded(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    const MachineGuardOps *guard = mc->guard_ops;

    if (!guard->open(machine->guard, machine, errp) || !mc->init_vm(machine, errp) ||
        !machine_allocate(machine, errp) || !guard->memory_added(machine->guard, machine, errp)) {
        return false;
    }
    return machine_make_vcpus(machine, errp) && guest_ram_map(&machine->ram, machine->kvm, errp) &&
           machine_reset_vcpus(machine, errp) && guard->launch(machine->guard, machine, errp);
}

/* The door is open. */
static bool machine_bring_up(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    uint32_t vm_type = 0;

    machine->kvm = kvm_open(machine->door, accel_device(machine->accel), errp);
    if (!machine->kvm || !mc->probe(machine, errp) ||
        (machine->guard && !mc->guard_ops->vm_type(machine->guard, machine, &vm_type, errp)) ||
        !kvm_create_vm(machine->kvm, vm_type, errp)) {
        return false;
    }
    return machine->guard ? machine_start_guarded(machine, errp) : machine_start_plain(machine, errp);
}

bool machine_prepare(MachineState *machine, Accel *accel, Error **errp)
{
    if (!machine_load(machine, errp)) {
        return false;
    }
    g_assert(!machine->kvm);
    machine->accel = accel;
    machine->door = accel_open_door(accel, MACHINE_GET_CLASS(machine)->target, errp);
    if (!machine->door || !machine_bring_up(machine, errp) || !kvm_door_written(machine->door, false, errp)) {
        machine_stop(machine);
        return false;
    }
    return true;
}

static void machine_set_reachable(MachineState *machine, bool is_reachable)
{
    g_mutex_lock(&machine->outside_lock);
    machine->is_reachable = is_reachable;
    g_mutex_unlock(&machine->outside_lock);
}

size_t machine_send_console(MachineState *machine, const void *bytes, size_t size)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    size_t done = 0;

    g_mutex_lock(&machine->outside_lock);
    if (machine->is_reachable) {
        done = mc->receive_console ? mc->receive_console(machine, bytes, size)
                                   : serial_receive(&machine->serial, bytes, size);
    }
    g_mutex_unlock(&machine->outside_lock);
    return done;
}

bool machine_power_down(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    bool done;

    if (!mc->power_down) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the machine '%s' has nothing like a power button that a guest could be told of",
                         mc->name);
    }
    g_mutex_lock(&machine->outside_lock);
    done = machine->is_reachable
               ? mc->power_down(machine, errp)
               : error_set(errp, CGVM_ERROR_STATE, "there is no guest that could be told to end");
    g_mutex_unlock(&machine->outside_lock);
    return done;
}

bool machine_finish(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    if ((machine->guard && !mc->guard_ops->finish(machine->guard, machine, errp)) ||
        !kvm_door_written(machine->door, false, errp)) {
        machine_stop(machine);
        return false;
    }
    machine_set_reachable(machine, true);
    return true;
}

bool machine_start(MachineState *machine, Accel *accel, Error **errp)
{
    return machine_prepare(machine, accel, errp) && machine_finish(machine, errp);
}

void machine_note(const MachineState *machine, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    if (!machine->notes.note) {
        return;
    }
    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    machine->notes.note(machine->notes.opaque, text);
}

/* The VM goes away, with its vCPUs and its memory; what was loaded stays. */
static void machine_drop_vm(MachineState *machine)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    machine_set_reachable(machine, false);
    if (machine->kvm && mc->leave_vm) {
        mc->leave_vm(machine);
    }
    g_ptr_array_set_size(machine->vcpus, 0);
    if (machine->kvm && mc->close_vm) {
        mc->close_vm(machine);
    }
    guest_ram_release(&machine->ram, machine->kvm);
    if (machine->kvm && machine->guard) {
        mc->guard_ops->close(machine->guard, machine);
    }
    g_clear_pointer(&machine->kvm, kvm_close);
    machine->stopping = machine->paused = machine->vm_is_spent = false;
}

/* The guest is gone from the VM: what comes after vCPUs and memory were made. */
static bool machine_start_again(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    const MachineGuardOps *guard = mc->guard_ops;

    if (!machine->guard) {
        return mc->fill_memory(machine, errp) && machine_reset_vcpus(machine, errp);
    }
    return guard->open(machine->guard, machine, errp) && guard->memory_added(machine->guard, machine, errp) &&
           machine_reset_vcpus(machine, errp) && guard->launch(machine->guard, machine, errp);
}

static bool machine_reset_in_place(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    machine_set_reachable(machine, false);
    if (machine->guard) {
        mc->guard_ops->close(machine->guard, machine);
    }
    machine->stopping = machine->paused = false;
    return mc->reset_vm(machine, errp) && machine_start_again(machine, errp);
}

static bool machine_renew_vm(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    if (machine->guard && !mc->guard_ops->reset(machine->guard, machine, errp)) {
        return false;
    }
    if (mc->reset_vm && !machine->vm_is_spent) {
        mc->reset_devices(machine);
        return machine_reset_in_place(machine, errp);
    }
    machine_drop_vm(machine);
    mc->reset_devices(machine);
    return machine_bring_up(machine, errp);
}

bool machine_rebuild(MachineState *machine, Error **errp)
{
    bool done;

    g_assert(machine->kvm);
    machine->rebuilding = true;
    done = machine_renew_vm(machine, errp);
    machine->rebuilding = false;
    if (!done) {
        machine_stop(machine);
    }
    return done;
}

bool machine_reset(MachineState *machine, Error **errp)
{
    return machine_rebuild(machine, errp) && machine_finish(machine, errp);
}

bool machine_close(MachineState *machine, Error **errp)
{
    bool written;

    if (!machine_can_start(machine)) {
        return true;
    }
    machine_drop_vm(machine);
    written = !machine->door || kvm_door_written(machine->door, true, errp);
    guest_ram_clear(&machine->ram, NULL);
    io_bus_clear(&machine->io);
    MACHINE_GET_CLASS(machine)->stopped(machine);
    g_clear_pointer(&machine->door, kvm_door_free);
    g_clear_pointer(&machine->firmware, g_bytes_unref);
    machine->accel = NULL;
    machine->loaded = false;
    return written;
}

void machine_stop(MachineState *machine)
{
    (void)machine_close(machine, NULL);
}

const char *machine_name(const MachineState *machine)
{
    return MACHINE_GET_CLASS(machine)->name;
}

/* ---- by name, and help ---- */

static void consider_machine(ObjectClass *oc, void *opaque)
{
    near_miss_consider(opaque, MACHINE_CLASS(oc)->name);
}

MachineClass *machine_class_find(const char *name, Error **errp)
{
    g_autofree char *type = g_strconcat(name, MACHINE_SUFFIX, NULL), *suggestion = NULL;
    ObjectClass *oc = object_class_dynamic_cast(object_class_by_name(type), TYPE_MACHINE);
    NearMiss search = { .word = name };

    if (oc && !object_class_is_abstract(oc)) {
        return MACHINE_CLASS(oc);
    }
    object_class_foreach(consider_machine, TYPE_MACHINE, false, &search);
    suggestion = near_miss_text(&search);
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND, "there is no machine '%s'%s", name,
                          *suggestion ? suggestion : "; '-machine help' lists the machines to choose from");
}

static void append_machine(ObjectClass *oc, void *opaque)
{
    g_string_append_printf(opaque, "%-20s %s\n", MACHINE_CLASS(oc)->name, MACHINE_CLASS(oc)->description);
}

char *machine_list_help(void)
{
    GString *text = g_string_new("Supported machines are:\n");

    object_class_foreach(append_machine, TYPE_MACHINE, false, text);
    return g_string_free(text, FALSE);
}

/* ---- type ---- */

static bool machine_may_set(Object *obj, const char *name, Error **errp)
{
    const MachineState *machine = MACHINE(obj);

    if (machine->loaded || machine->frozen) {
        return error_set(errp, CGVM_ERROR_STATE,
                         "'%s' cannot be changed any more, the machine is built from it", name);
    }
    return true;
}

static void free_vcpu(void *vcpu)
{
    vcpu_free(vcpu);
}

static void machine_instance_init(Object *obj)
{
    MachineState *machine = MACHINE(obj);

    machine->vcpus = g_ptr_array_new_with_free_func(free_vcpu);
    g_mutex_init(&machine->lock);
    g_cond_init(&machine->changed);
    g_mutex_init(&machine->outside_lock);
    g_mutex_init(&machine->output_lock);
    machine->output = g_byte_array_new();
    machine->console = machine_print_byte;
    machine->console_opaque = machine;
}

static void machine_instance_finalize(Object *obj)
{
    MachineState *machine = MACHINE(obj);

    machine_stop(machine);
    g_ptr_array_unref(machine->vcpus);
    g_mutex_clear(&machine->lock);
    g_cond_clear(&machine->changed);
    g_mutex_clear(&machine->outside_lock);
    g_mutex_clear(&machine->output_lock);
    g_byte_array_unref(machine->output);
}

static void machine_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    object_class_add_fields(oc, &machine_fields, offsetof(MachineState, props));
    object_class_property_add_link(oc, "memory-backend", TYPE_MEMORY_BACKEND,
                                   offsetof(MachineState, memory_backend), object_property_allow_set_link,
                                   OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "memory-backend", "id of the object that provides the RAM");
    oc->may_set = machine_may_set;
}

const TypeInfo machine_type = {
    .name = TYPE_MACHINE,
    .parent = TYPE_OBJECT,
    .abstract = true,
    .instance_size = sizeof(MachineState),
    .instance_init = machine_instance_init,
    .instance_finalize = machine_instance_finalize,
    .class_size = sizeof(MachineClass),
    .class_init = machine_class_init,
};
