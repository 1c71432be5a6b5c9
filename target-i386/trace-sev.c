/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How a trace writes the commands of AMD SEV: those of KVM_MEMORY_ENCRYPT_OP and those of /dev/sev.
 */
#include <inttypes.h>
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "target-i386/trace-x86.h"

static const void *pointer(uint64_t address)
{
    return (const void *)(uintptr_t)address;
}

static void append_hex(GString *text, const char *name, const uint8_t *bytes, size_t length)
{
    g_string_append_printf(text, " %s=", name);
    for (size_t i = 0; i < length; i++) {
        g_string_append_printf(text, "%02x", bytes[i]);
    }
}

static void append_flags(GString *text, uint32_t flags)
{
    if (flags) {
        g_string_append_printf(text, " flags=%#" PRIx32, flags);
    }
}

/* KVM_MEMORY_ENCRYPT_OP: each function gets the structure of its command and starts with a space. */

static void append_init2(GString *text, const void *data)
{
    const SevInit2 *init = data;

    g_string_append_printf(text, " vmsa_features=%#" PRIx64 " flags=%#" PRIx32 " ghcb_version=%u",
                           init->vmsa_features, init->flags, init->ghcb_version);
}

static void append_launch_start(GString *text, const void *data)
{
    const SevLaunchStart *start = data;

    g_string_append_printf(text, " handle=%" PRIu32 " policy=%#" PRIx32, start->handle, start->policy);
    if (start->dh_uaddr || start->session_uaddr) {
        g_string_append_printf(text, " dh_len=%" PRIu32 " session_len=%" PRIu32, start->dh_len,
                               start->session_len);
    }
}

static void append_launch_update_data(GString *text, const void *data)
{
    const SevLaunchUpdateData *update = data;

    g_string_append_printf(text, " len=%#" PRIx32, update->len);
}

static void append_launch_measure(GString *text, const void *data)
{
    const SevLaunchMeasure *measure = data;

    g_string_append_printf(text, " len=%" PRIu32, measure->len);
}

static void append_launch_secret(GString *text, const void *data)
{
    const SevLaunchSecret *secret = data;

    g_string_append_printf(text, " hdr_len=%" PRIu32 " guest_len=%" PRIu32 " trans_len=%" PRIu32,
                           secret->hdr_len, secret->guest_len, secret->trans_len);
}

static void append_snp_launch_start(GString *text, const void *data)
{
    const SnpLaunchStart *start = data;

    g_string_append_printf(text, " policy=%#" PRIx64, start->policy);
    append_hex(text, "gosvw", start->gosvw, sizeof(start->gosvw));
    g_string_append_printf(text, " flags=%#x", start->flags);
}

static void append_snp_launch_update(GString *text, const void *data)
{
    static const char *const types[] = {
        [SNP_PAGE_TYPE_NORMAL] = "NORMAL",   [SNP_PAGE_TYPE_VMSA] = "VMSA",
        [SNP_PAGE_TYPE_ZERO] = "ZERO",       [SNP_PAGE_TYPE_UNMEASURED] = "UNMEASURED",
        [SNP_PAGE_TYPE_SECRETS] = "SECRETS", [SNP_PAGE_TYPE_CPUID] = "CPUID",
    };
    const SnpLaunchUpdate *update = data;

    g_string_append_printf(text, " gfn=%#" PRIx64 " len=%#" PRIx64 " type=", update->gfn_start, update->len);
    if (update->type < G_N_ELEMENTS(types) && types[update->type]) {
        g_string_append(text, types[update->type]);
    } else {
        g_string_append_printf(text, "%u", update->type);
    }
    append_flags(text, update->flags);
}

static void append_snp_launch_finish(GString *text, const void *data)
{
    const SnpLaunchFinish *finish = data;

    g_string_append_printf(text, " id_block=%u auth_key=%u vcek_disabled=%u", finish->id_block_en,
                           finish->auth_key_en, finish->vcek_disabled);
    append_hex(text, "host_data", finish->host_data, sizeof(finish->host_data));
    append_flags(text, finish->flags);
}

typedef struct CommandDecoder {
    uint32_t id;
    const char *name;
    void (*data)(GString *text, const void *data); /* NULL: it has none that is known */
} CommandDecoder;

static const CommandDecoder commands[] = {
    { SEVCMD_INIT, "INIT", NULL },
    { SEVCMD_ES_INIT, "ES_INIT", NULL },
    { SEVCMD_LAUNCH_START, "LAUNCH_START", append_launch_start },
    { SEVCMD_LAUNCH_UPDATE_DATA, "LAUNCH_UPDATE_DATA", append_launch_update_data },
    { SEVCMD_LAUNCH_UPDATE_VMSA, "LAUNCH_UPDATE_VMSA", NULL },
    { SEVCMD_LAUNCH_SECRET, "LAUNCH_SECRET", append_launch_secret },
    { SEVCMD_LAUNCH_MEASURE, "LAUNCH_MEASURE", append_launch_measure },
    { SEVCMD_LAUNCH_FINISH, "LAUNCH_FINISH", NULL },
    { SEVCMD_GUEST_STATUS, "GUEST_STATUS", NULL },
    { SEVCMD_INIT2, "INIT2", append_init2 },
    { SEVCMD_SNP_LAUNCH_START, "SNP_LAUNCH_START", append_snp_launch_start },
    { SEVCMD_SNP_LAUNCH_UPDATE, "SNP_LAUNCH_UPDATE", append_snp_launch_update },
    { SEVCMD_SNP_LAUNCH_FINISH, "SNP_LAUNCH_FINISH", append_snp_launch_finish },
};

static const CommandDecoder *find_command(uint32_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (commands[i].id == id) {
            return &commands[i];
        }
    }
    return NULL;
}

static void encrypt_op_argument(const TraceContext *context, unsigned long arg, GString *text)
{
    const SevCommand *command = (const SevCommand *)arg;
    const CommandDecoder *decoder = command ? find_command(command->id) : NULL;

    if (!command) {
        return;
    }
    if (decoder) {
        g_string_append(text, decoder->name);
    } else {
        g_string_append_printf(text, "%" PRIu32, command->id);
    }
    if (decoder && decoder->data && command->data) {
        decoder->data(text, pointer(command->data));
    }
    g_string_append_printf(text, " fd=%s", context->descriptor_name(context, (int)command->sev_fd));
}

/* What a command that succeeded has written. */
static void append_answer(GString *text, uint32_t id, const void *data)
{
    const SnpLaunchUpdate *update = data;
    const SevGuestStatus *status = data;

    switch (id) {
    case SEVCMD_LAUNCH_START:
        g_string_append_printf(text, "handle=%" PRIu32, ((const SevLaunchStart *)data)->handle);
        break;
    case SEVCMD_GUEST_STATUS:
        g_string_append_printf(text, "handle=%" PRIu32 " policy=%#" PRIx32 " state=%" PRIu32, status->handle,
                               status->policy, status->state);
        break;
    case SEVCMD_SNP_LAUNCH_UPDATE:
        if (update->len) {
            g_string_append_printf(text, "remaining gfn=%#" PRIx64 " len=%#" PRIx64, update->gfn_start,
                                   update->len);
        }
        break;
    default:
        break;
    }
}

static void encrypt_op_outcome(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, int result,
                               GString *text)
{
    const SevCommand *command = (const SevCommand *)arg;

    if (!command) {
        return;
    }
    if (result < 0) {
        if (command->error) {
            g_string_append_printf(text, "error=%#" PRIx32, command->error);
        }
    } else if (command->data) {
        append_answer(text, command->id, pointer(command->data));
    }
    if (command->id == SEVCMD_LAUNCH_MEASURE && command->data) {
        const SevLaunchMeasure *measure = pointer(command->data);
        g_string_append_printf(text, "%slen=%" PRIu32, text->len ? " " : "", measure->len);
    }
}

static void region_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmEncRegion *region = (const KvmEncRegion *)arg;

    if (region) {
        g_string_append_printf(text, "size=%#" PRIx64, region->size);
    }
}

/* SEV_ISSUE_CMD. */

static void issue_cmd_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const SevIssueCommand *command = (const SevIssueCommand *)arg;

    if (!command) {
        return;
    }
    switch (command->cmd) {
    case SEV_PLATFORM_STATUS:
        g_string_append(text, "PLATFORM_STATUS");
        break;
    case SEV_SNP_PLATFORM_STATUS:
        g_string_append(text, "SNP_PLATFORM_STATUS");
        break;
    default:
        g_string_append_printf(text, "%" PRIu32, command->cmd);
        break;
    }
}

static void append_platform_status(GString *text, const SevPlatformStatus *status)
{
    g_string_append_printf(text, "api=%u.%u build=%u state=%u", status->api_major, status->api_minor,
                           status->build, status->state);
    append_flags(text, status->flags);
}

static void append_snp_platform_status(GString *text, const SnpPlatformStatus *status)
{
    g_string_append_printf(text, "api=%u.%u build=%" PRIu32 " state=%u tcb=%#" PRIx64, status->api_major,
                           status->api_minor, status->build_id, status->state, status->reported_tcb);
}

static void issue_cmd_outcome(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, int result,
                              GString *text)
{
    const SevIssueCommand *command = (const SevIssueCommand *)arg;

    if (!command) {
        return;
    }
    if (result < 0) {
        if (command->error) {
            g_string_append_printf(text, "error=%#" PRIx32, command->error);
        }
    } else if (command->data && command->cmd == SEV_PLATFORM_STATUS) {
        append_platform_status(text, pointer(command->data));
    } else if (command->data && command->cmd == SEV_SNP_PLATFORM_STATUS) {
        append_snp_platform_status(text, pointer(command->data));
    }
}

static const TraceIoctl sev_ioctls[] = {
    { KVMIO_MEMORY_ENCRYPT_OP, "KVM_MEMORY_ENCRYPT_OP", NULL, encrypt_op_argument, encrypt_op_outcome },
    { KVMIO_MEMORY_ENCRYPT_REG_REGION, "KVM_MEMORY_ENCRYPT_REG_REGION", NULL, region_argument, NULL },
    { SEV_ISSUE_CMD_IOCTL, "SEV_ISSUE_CMD", NULL, issue_cmd_argument, issue_cmd_outcome },
};

const TraceTable sev_trace_table = { sev_ioctls, G_N_ELEMENTS(sev_ioctls) };
