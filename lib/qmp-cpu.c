/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: CPU models, and what the host lacks of each.
 */
#include "lib/qmp-context.h"
#include "qapi-commands.h"
#include "target-i386/cpu-models.h"
#include "target-i386/cpuid-select.h"
#include "target-i386/x86-machine.h"
#include "target-ppc/pseries.h"

/* What the accelerator's KVM supports; NULL if there is none to ask. To be freed with g_free(). */
static KvmCpuid *ask_host(const Accel *accel)
{
    KvmDoor *door = accel_open_side_door(accel, &x86_target, NULL);
    Kvm *kvm = door ? kvm_open(door, accel_device(accel), NULL) : NULL;
    KvmCpuid *supported = kvm ? x86_cpuid_supported(kvm, NULL) : NULL;

    kvm_close(kvm);
    g_clear_pointer(&door, kvm_door_free);
    return supported;
}

/** What the models are told apart by. */
typedef struct Host {
    bool known;
    X86Features supported;
} Host;

/* What the model called @name has under KVM, and the host does not offer. */
static X86Features missing_features(const Host *host, const char *name)
{
    X86Features missing;
    X86Cpu cpu;
    const bool known = x86_cpu_parse(name, &cpu, NULL);

    g_assert(known);
    missing = x86_features_without(&cpu.model, &host->supported);
    x86_cpu_clear(&cpu);
    return missing;
}

/* Adds the model called @name; @newest is the version that it stands for if it names none, or NULL. */
static void add_model(json_object *models, const Host *host, const char *name, const char *newest)
{
    const X86Features missing = missing_features(host, name);
    g_autofree char *names = x86_features_text(&missing, "", " ", "");
    g_auto(GStrv) unavailable = g_strsplit(names, " ", -1);
    g_autofree char *typename = g_strconcat(name, "-x86_64-cpu", NULL);
    const CpuDefinitionInfo info = {
        .name = (char *)name,
        .migration_safe = true,
        .unavailable_features = unavailable,
        .n_unavailable_features = host->known && *names ? g_strv_length(unavailable) : 0,
        .typename = typename,
        .alias_of = (char *)newest,
    };

    json_object_array_add(models, fields_to_json(&CpuDefinitionInfo_fields, &info));
}

static void add_versions(json_object *models, const Host *host, const X86CpuModel *model)
{
    g_autofree char *newest =
        model->versions ? g_strdup_printf("%s-v%u", model->name, model->versions) : NULL;

    add_model(models, host, model->name, newest);
    for (unsigned version = 1; version <= model->versions; version++) {
        g_autofree char *name = g_strdup_printf("%s-v%u", model->name, version);
        add_model(models, host, name, NULL);
    }
}

static void add_host(json_object *models)
{
    const CpuDefinitionInfo info = {
        .name = (char *)CPU_TYPE_HOST,
        .typename = (char *)CPU_TYPE_HOST "-x86_64-cpu",
    };

    json_object_array_add(models, fields_to_json(&CpuDefinitionInfo_fields, &info));
}

static json_object *x86_definitions(const QmpContext *context)
{
    g_autofree KvmCpuid *supported = ask_host(context->vm->accel);
    json_object *list = json_object_new_array();
    Host host = { .known = supported != NULL };
    size_t count;
    const X86CpuModel *models = x86_cpu_models(&count);

    if (supported) {
        host.supported = x86_cpuid_features(supported);
    }
    add_host(list);
    for (size_t i = 0; i < count; i++) {
        add_versions(list, &host, &models[i]);
    }
    return list;
}

/* What a POWER host lacks of a model shows when a vCPU is made. */
static json_object *ppc_definitions(void)
{
    json_object *list = json_object_new_array();
    size_t count;
    const PpcCpuModel *models = ppc_cpu_models(&count);

    for (size_t i = 0; i < count; i++) {
        g_autofree char *word = g_ascii_strdown(models[i].name, -1);
        g_autofree char *typename = g_strconcat(word, "-powerpc64-cpu", NULL);
        const CpuDefinitionInfo info = { .name = (char *)models[i].name, .typename = typename };

        json_object_array_add(list, fields_to_json(&CpuDefinitionInfo_fields, &info));
    }
    return list;
}

bool qmp_query_cpu_definitions(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    const QmpContext *context = qmp_call_context(call);
    const bool is_ppc = MACHINE_GET_CLASS(context->vm->machine)->target == &ppc_target;

    return qmp_call_return(call, is_ppc ? ppc_definitions() : x86_definitions(context));
}
