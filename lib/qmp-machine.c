/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: what the machine is, and which ones there are.
 */
#include <string.h>
#include "lib/qmp-context.h"
#include "qapi-commands.h"

bool qmp_query_name(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    const QmpContext *context = qmp_call_context(call);
    const NameInfo info = { .name = (char *)context->name };

    return qmp_call_return_fields(call, &NameInfo_fields, &info);
}

bool qmp_query_uuid(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    const QmpContext *context = qmp_call_context(call);
    g_autofree char *text =
        g_ascii_strdown(context->uuid ? context->uuid : "00000000-0000-0000-0000-000000000000", -1);
    const UuidInfo info = { .UUID = text };

    return qmp_call_return_fields(call, &UuidInfo_fields, &info);
}

/* A machine that was started has its KVM; for any other, the accelerator's is tried. */
static bool has_kvm(const QmpContext *context)
{
    const CgvmVm *vm = context->vm;
    KvmDoor *door;
    Kvm *kvm;

    if (vm->prepared) {
        return true;
    }
    door = accel_open_side_door(vm->accel, MACHINE_GET_CLASS(vm->machine)->target, NULL);
    kvm = door ? kvm_open(door, accel_device(vm->accel), NULL) : NULL;
    kvm_close(kvm);
    g_clear_pointer(&door, kvm_door_free);
    return kvm != NULL;
}

bool qmp_query_kvm(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    const KvmInfo info = { .present = true, .enabled = context && has_kvm(context) };

    return context && qmp_call_return_fields(call, &KvmInfo_fields, &info);
}

/* ---- types of machines ---- */

static void add_machine(ObjectClass *oc, void *opaque)
{
    const MachineClass *mc = MACHINE_CLASS(oc);
    const bool is_default = strcmp(mc->name, "microvm") == 0;
    const MachineInfo info = {
        .name = (char *)mc->name,
        .has_is_default = is_default,
        .is_default = is_default,
        .cpu_max = mc->max_cpus,
    };

    json_object_array_add(opaque, fields_to_json(&MachineInfo_fields, &info));
}

bool qmp_query_machines(QmpCall *call, const void *arguments, Error **errp)
{
    const QueryMachinesArguments *args = arguments;
    json_object *machines;

    if (args->compat_props) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "machines have no properties for old versions; leave 'compat-props' out");
    }
    machines = json_object_new_array();
    object_class_foreach(add_machine, TYPE_MACHINE, false, machines);
    return qmp_call_return(call, machines);
}

/* ---- vCPUs ---- */

static json_object *vcpu_info(const QmpContext *context, unsigned index)
{
    const SmpTopology *smp = &context->vm->machine->smp;
    const Vcpu *vcpu = g_ptr_array_index(context->vm->machine->vcpus, index);
    const int tid = g_atomic_int_get(&vcpu->tid);
    const unsigned core = index / smp->threads, die = core / smp->cores;
    g_autofree char *path = g_strdup_printf("/machine/unattached/cpu[%u]", index);
    const CpuInfoFast info = {
        .cpu_index = index,
        .qom_path = path,
        .props = { .thread_id = index % smp->threads,
                   .core_id = core % smp->cores,
                   .die_id = die % smp->dies,
                   .socket_id = die / smp->dies },
        .target = (char *)context->arch,
        .has_thread_id = tid != 0,
        .thread_id = (uint32_t)tid,
    };

    return fields_to_json(&CpuInfoFast_fields, &info);
}

bool qmp_query_cpus_fast(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    json_object *vcpus;

    if (!context) {
        return false;
    }
    vcpus = json_object_new_array();
    for (unsigned i = 0; context->vm->prepared && i < context->vm->machine->smp.cpus; i++) {
        json_object_array_add(vcpus, vcpu_info(context, i));
    }
    return qmp_call_return(call, vcpus);
}

/* ---- memory ---- */

static int add_backend(Object *child, void *opaque)
{
    const MemoryBackend *backend = (MemoryBackend *)object_dynamic_cast(child, TYPE_MEMORY_BACKEND);

    if (backend) {
        const Memdev info = {
            .id = (char *)object_get_canonical_path_component(child),
            .size = backend->props.size,
            .merge = true,
            .dump = true,
            .prealloc = backend->props.prealloc,
            .share = backend->props.has_share
                         ? backend->props.share
                         : strcmp(object_get_typename(child), "memory-backend-memfd") == 0,
            .policy = (char *)"default",
        };
        json_object_array_add(opaque, fields_to_json(&Memdev_fields, &info));
    }
    return 0;
}

bool qmp_query_memory_backends(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    json_object *backends;

    if (!context) {
        return false;
    }
    backends = json_object_new_array();
    object_child_foreach(object_get_objects_root(context->vm->root), add_backend, backends);
    return qmp_call_return(call, backends);
}

/* ---- options ---- */

/** An option whose value has parts, and QEMU's name for them. */
typedef struct OptionParts {
    const char *option;
    const char *name;
    const FieldTable *table;
} OptionParts;

static const char *parameter_type(const Field *field)
{
    switch (field->kind) {
    case FIELD_BOOL:
        return "boolean";
    case FIELD_SIZE:
        return "size";
    case FIELD_UINT8:
    case FIELD_UINT16:
    case FIELD_UINT32:
    case FIELD_UINT64:
        return "number";
    default:
        return "string";
    }
}

static json_object *option_info(const char *name, const FieldTable *table)
{
    json_object *info = json_object_new_object(), *parameters = json_object_new_array();

    for (size_t i = 0; table && i < table->n_fields; i++) {
        const Field *field = &table->fields[i];
        const CommandLineParameterInfo parameter = {
            .name = (char *)field->name,
            .type = (char *)parameter_type(field),
            .help = (char *)field->description,
        };
        json_object_array_add(parameters, fields_to_json(&CommandLineParameterInfo_fields, &parameter));
    }
    json_object_object_add(info, "option", json_object_new_string(name));
    json_object_object_add(info, "parameters", parameters);
    return info;
}

bool qmp_query_command_line_options(QmpCall *call, const void *arguments, Error **errp)
{
    static const OptionParts parts[] = {
        { "smp", "smp-opts", &SmpConfiguration_fields },
        { "m", "memory", &MemoryConfiguration_fields },
        { "machine", "machine", &machine_fields },
        { "accel", "accel", &accel_fields },
    };
    const QmpContext *context = qmp_call_context(call);
    const QueryCommandLineOptionsArguments *args = arguments;
    json_object *options = json_object_new_array();

    for (const char *const *option = context->options; option && *option; option++) {
        const OptionParts *found = NULL;
        const char *name;

        for (size_t i = 0; i < G_N_ELEMENTS(parts) && !found; i++) {
            found = strcmp(*option, parts[i].option) == 0 ? &parts[i] : NULL;
        }
        name = found ? found->name : *option;
        if (!args->option || strcmp(args->option, name) == 0) {
            json_object_array_add(options, option_info(name, found ? found->table : NULL));
        }
    }
    if (args->option && !json_object_array_length(options)) {
        json_object_put(options);
        return error_set(errp, CGVM_ERROR_NOT_FOUND,
                         "there is no option '%.60s'; leave 'option' out to see all", args->option);
    }
    return qmp_call_return(call, options);
}
