/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: the negotiation, and questions about the program that no guest is needed for.
 */
#include "lib/qmp-context.h"
#include "qapi-commands.h"

bool qmp_qmp_capabilities(QmpCall *call, const void *arguments, Error **errp)
{
    const QmpCapabilitiesArguments *args = arguments;

    if (args->n_enable) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the capability '%s' is not offered; leave 'enable' out", args->enable[0]);
    }
    qmp_call_negotiated(call);
    return true;
}

/* Programs decide by the version of QEMU what they can ask for: it is the one whose interface this is. */
static const VersionInfo version = {
    .qemu = { .major = 10, .minor = 0, .micro = 0 },
    .package = (char *)"cgvm " CGVM_VERSION,
};

json_object *qmp_version(void)
{
    return fields_to_json(&VersionInfo_fields, &version);
}

bool qmp_query_version(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    return qmp_call_return_fields(call, &VersionInfo_fields, &version);
}

bool qmp_query_commands(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    const QmpSchema *schema = qmp_call_schema(call);
    json_object *commands = json_object_new_array_ext(schema->n_commands);

    for (size_t i = 0; i < schema->n_commands; i++) {
        const CommandInfo info = { .name = (char *)schema->commands[i].name };
        json_object_array_add(commands, fields_to_json(&CommandInfo_fields, &info));
    }
    return qmp_call_return(call, commands);
}

bool qmp_query_qmp_schema(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    return qmp_call_return(call, json_tokener_parse(qmp_call_schema(call)->introspection));
}

bool qmp_query_target(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    const QmpContext *context = qmp_call_context(call);
    const GuestTargetInfo info = { .arch = (char *)context->arch };

    return qmp_call_return_fields(call, &GuestTargetInfo_fields, &info);
}
