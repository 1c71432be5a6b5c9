/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: AMD SEV, by QEMU's commands.
 */
#include "lib/qmp-context.h"
#include "qapi-commands.h"
#include "target-i386/sev-common.h"
#include "target-i386/sev-guest.h"
#include "target-i386/sev-platform.h"

/* The SEV guest that is on its host, or NULL. */
static SevCommon *find_sev(const QmpContext *context)
{
    const CgvmVm *vm = context->vm;

    return vm->prepared ? (SevCommon *)object_dynamic_cast(vm->machine->guard, TYPE_SEV_COMMON) : NULL;
}

/* The same for a command that takes one: NULL with an error. */
static ConfidentialGuestSupport *get_sev(const QmpContext *context, Error **errp)
{
    SevCommon *sev = find_sev(context);

    return sev ? CONFIDENTIAL_GUEST_SUPPORT(sev)
               : error_set_null(errp, CGVM_ERROR_STATE,
                                "there is no SEV guest on the host; start cgvm with one, and -S to see it "
                                "before it runs");
}

static SevState sev_state(const SevCommon *sev, bool is_snp)
{
    switch (sev->parent.state) {
    case LAUNCH_STATE_OPEN:
        return SEV_STATE_LAUNCH_UPDATE;
    case LAUNCH_STATE_PAUSED:
        /* SNP has nothing like it, as its measurement comes with the end of the launch. */
        return is_snp ? SEV_STATE_LAUNCH_UPDATE : SEV_STATE_LAUNCH_SECRET;
    case LAUNCH_STATE_RUNNING:
        return SEV_STATE_RUNNING;
    default:
        return SEV_STATE_UNINIT;
    }
}

/* The policy that the guest was launched with. */
static uint64_t launched_policy(const SevCommon *sev)
{
    json_object *policy = NULL;

    json_object_object_get_ex(sev->parent.plan->parameters, "policy", &policy);
    return json_object_get_uint64(policy);
}

static void describe_guest(SevCommon *sev, SevInfo *info)
{
    const bool is_snp = !object_dynamic_cast(OBJECT(sev), TYPE_SEV_GUEST);

    info->enabled = true;
    info->api_major = sev->facts.platform.api_major;
    info->api_minor = sev->facts.platform.api_minor;
    info->build_id = sev->facts.platform.build;
    info->state = sev_state(sev, is_snp);
    info->has_policy = info->has_handle = !is_snp;
    info->has_snp_policy = is_snp;
    if (is_snp) {
        info->sev_type = (char *)"sev-snp";
        info->snp_policy = launched_policy(sev);
    } else {
        info->policy = (uint32_t)launched_policy(sev);
        info->handle = sev_guest_handle(&sev->parent);
    }
}

bool qmp_query_sev(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    /* What QEMU says of no guest. */
    SevInfo info = { .sev_type = (char *)"sev", .has_policy = true, .has_handle = true };
    SevCommon *sev;

    if (!context) {
        return false;
    }
    sev = find_sev(context);
    if (sev) {
        describe_guest(sev, &info);
    }
    return qmp_call_return_fields(call, &SevInfo_fields, &info);
}

bool qmp_query_sev_capabilities(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);
    SevCapability capability;
    bool done;

    if (!sev_platform_capabilities(context->vm->accel, &capability, errp)) {
        return false;
    }
    done = qmp_call_return_fields(call, &SevCapability_fields, &capability);
    fields_clear(&SevCapability_fields, &capability);
    return done;
}

/* Returns @bytes, whose reference is handed over, as the member `data` of the structure that @table is of. */
static bool return_data(QmpCall *call, const FieldTable *table, GBytes *bytes)
{
    const Blob data = { .data = (uint8_t *)g_bytes_get_data(bytes, NULL), .size = g_bytes_get_size(bytes) };
    const bool done = qmp_call_return_fields(call, table, &data);

    g_bytes_unref(bytes);
    return done;
}

G_STATIC_ASSERT(sizeof(SevLaunchMeasureInfo) == sizeof(Blob));
G_STATIC_ASSERT(sizeof(SevAttestationReportInfo) == sizeof(Blob));

bool qmp_query_sev_launch_measure(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    ConfidentialGuestSupport *cgs = context ? get_sev(context, errp) : NULL;
    GBytes *measurement = cgs ? confidential_guest_launch_measurement(cgs, errp) : NULL;

    return measurement && return_data(call, &SevLaunchMeasureInfo_fields, measurement);
}

bool qmp_sev_inject_launch_secret(QmpCall *call, const void *arguments, Error **errp)
{
    const SevInjectLaunchSecretArguments *args = arguments;
    const QmpContext *context = qmp_idle_context(call, errp);
    ConfidentialGuestSupport *cgs = context ? get_sev(context, errp) : NULL;
    g_autoptr(GBytes) header = g_bytes_new(args->packet_header.data, args->packet_header.size);
    g_autoptr(GBytes) packet = g_bytes_new(args->secret.data, args->secret.size);
    const LaunchSecret secret = {
        .header = header,
        .packet = packet,
        .has_gpa = args->has_gpa,
        .gpa = args->gpa,
    };

    return cgs && confidential_guest_inject_secret(cgs, context->vm->machine, &secret, errp);
}

bool qmp_query_sev_attestation_report(QmpCall *call, const void *arguments, Error **errp)
{
    const QuerySevAttestationReportArguments *args = arguments;
    const QmpContext *context = qmp_idle_context(call, errp);
    ConfidentialGuestSupport *cgs = context ? get_sev(context, errp) : NULL;
    g_autoptr(GBytes) nonce = g_bytes_new(args->mnonce.data, args->mnonce.size);
    GBytes *report =
        cgs ? confidential_guest_attestation_report(cgs, context->vm->machine, nonce, errp) : NULL;

    return report && return_data(call, &SevAttestationReportInfo_fields, report);
}
