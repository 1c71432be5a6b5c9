/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Commands of the secure processor that fail because a test wants them to: `COMMAND[/TYPE][:NTH]=STATUS`,
 * joined with
 * `+`.
 */
#include <string.h>
#include "target-i386/psp-state.h"

/** A word of the syntax, and what it stands for. */
typedef struct NamedValue {
    const char *name;
    uint32_t value;
} NamedValue;

static const NamedValue command_names[] = {
    { "INIT", PSP_INIT },
    { "PLATFORM_STATUS", PSP_PLATFORM_STATUS },
    { "PDH_CERT_EXPORT", PSP_PDH_CERT_EXPORT },
    { "DF_FLUSH", PSP_DF_FLUSH },
    { "GET_ID", PSP_GET_ID },
    { "DECOMMISSION", PSP_DECOMMISSION },
    { "ACTIVATE", PSP_ACTIVATE },
    { "DEACTIVATE", PSP_DEACTIVATE },
    { "GUEST_STATUS", PSP_GUEST_STATUS },
    { "LAUNCH_START", PSP_LAUNCH_START },
    { "LAUNCH_UPDATE_DATA", PSP_LAUNCH_UPDATE_DATA },
    { "LAUNCH_UPDATE_VMSA", PSP_LAUNCH_UPDATE_VMSA },
    { "LAUNCH_MEASURE", PSP_LAUNCH_MEASURE },
    { "LAUNCH_UPDATE_SECRET", PSP_LAUNCH_UPDATE_SECRET },
    { "LAUNCH_FINISH", PSP_LAUNCH_FINISH },
    { "ATTESTATION", PSP_ATTESTATION },
    { "DBG_DECRYPT", PSP_DBG_DECRYPT },
    { "DBG_ENCRYPT", PSP_DBG_ENCRYPT },
    { "SNP_INIT", PSP_SNP_INIT },
    { "SNP_PLATFORM_STATUS", PSP_SNP_PLATFORM_STATUS },
    { "SNP_DF_FLUSH", PSP_SNP_DF_FLUSH },
    { "SNP_DECOMMISSION", PSP_SNP_DECOMMISSION },
    { "SNP_ACTIVATE", PSP_SNP_ACTIVATE },
    { "GCTX_CREATE", PSP_GCTX_CREATE },
    { "SNP_LAUNCH_START", PSP_SNP_LAUNCH_START },
    { "SNP_LAUNCH_UPDATE", PSP_SNP_LAUNCH_UPDATE },
    { "SNP_LAUNCH_FINISH", PSP_SNP_LAUNCH_FINISH },
    { "SNP_GUEST_REQUEST", PSP_SNP_GUEST_REQUEST },
    { "SNP_PAGE_RECLAIM", PSP_SNP_PAGE_RECLAIM },
    { NULL, 0 },
};

static const NamedValue page_type_names[] = {
    { "NORMAL", SNP_PAGE_TYPE_NORMAL },
    { "VMSA", SNP_PAGE_TYPE_VMSA },
    { "ZERO", SNP_PAGE_TYPE_ZERO },
    { "UNMEASURED", SNP_PAGE_TYPE_UNMEASURED },
    { "SECRETS", SNP_PAGE_TYPE_SECRETS },
    { "CPUID", SNP_PAGE_TYPE_CPUID },
    { NULL, 0 },
};

#define STATUS(word) .name = #word, .value = SEV_STATUS_##word

static const NamedValue status_names[] = {
    { STATUS(INVALID_PLATFORM_STATE) },
    { STATUS(INVALID_GUEST_STATE) },
    { STATUS(INVALID_CONFIG) },
    { STATUS(INVALID_LEN) },
    { STATUS(ALREADY_OWNED) },
    { STATUS(INVALID_CERTIFICATE) },
    { STATUS(POLICY_FAILURE) },
    { STATUS(INACTIVE) },
    { STATUS(INVALID_ADDRESS) },
    { STATUS(BAD_SIGNATURE) },
    { STATUS(BAD_MEASUREMENT) },
    { STATUS(ASID_OWNED) },
    { STATUS(INVALID_ASID) },
    { STATUS(WBINVD_REQUIRED) },
    { STATUS(DFFLUSH_REQUIRED) },
    { STATUS(INVALID_GUEST) },
    { STATUS(INVALID_COMMAND) },
    { STATUS(ACTIVE) },
    { STATUS(HWERROR_PLATFORM) },
    { STATUS(HWERROR_UNSAFE) },
    { STATUS(UNSUPPORTED) },
    { STATUS(INVALID_PARAM) },
    { STATUS(RESOURCE_LIMIT) },
    { STATUS(SECURE_DATA_INVALID) },
    { STATUS(INVALID_PAGE_SIZE) },
    { STATUS(INVALID_PAGE_STATE) },
    { STATUS(INVALID_MDATA_ENTRY) },
    { STATUS(INVALID_PAGE_OWNER) },
    { "AEAD_OFLOW", SEV_STATUS_AEAD_OVERFLOW }, /* as the specification and messages have it */
    { STATUS(AEAD_OVERFLOW) },
    { STATUS(EXIT_RING_BUFFER) },
    { STATUS(RMP_INIT_REQUIRED) },
    { STATUS(BAD_SVN) },
    { STATUS(BAD_VERSION) },
    { STATUS(SHUTDOWN_REQUIRED) },
    { STATUS(UPDATE_FAILED) },
    { STATUS(RESTORE_REQUIRED) },
    { STATUS(RMP_INITIALIZATION_FAILED) },
    { STATUS(INVALID_KEY) },
    { NULL, 0 },
};

static bool find_value(const NamedValue *values, const char *name, uint32_t *value)
{
    for (; values->name; values++) {
        if (strcmp(values->name, name) == 0) {
            *value = values->value;
            return true;
        }
    }
    return false;
}

static char *all_names(const NamedValue *values)
{
    GString *names = g_string_new(values->name);

    while ((++values)->name) {
        g_string_append_printf(names, ", %s", values->name);
    }
    return g_string_free(names, false);
}

static bool refuse(const char *item, const char *what, const char *word, const NamedValue *values,
                   Error **errp)
{
    g_autofree char *names = all_names(values);

    return error_setg(errp, "fault '%s': no %s is called '%s'; there are %s", item, what, word, names);
}

static bool parse_status(const char *item, const char *word, uint32_t *status, Error **errp)
{
    g_autofree char *names = NULL;
    guint64 number;

    if (find_value(status_names, word, status)) {
        return true;
    }
    if (g_str_has_prefix(word, "0x") ? g_ascii_string_to_unsigned(word + 2, 16, 1, 0xffff, &number, NULL)
                                     : g_ascii_string_to_unsigned(word, 10, 1, 0xffff, &number, NULL)) {
        *status = (uint32_t)number;
        return true;
    }
    names = all_names(status_names);
    return error_setg(errp, "fault '%s': '%s' is no status; it is a number from 1 to 0xffff or one of %s",
                      item, word, names);
}

/* @words are the parts of @item: COMMAND, TYPE, NTH and STATUS, where TYPE and NTH may be NULL. */
static bool parse_words(const char *item, char *words[4], PspFault *fault, Error **errp)
{
    uint32_t command, page_type = 0;
    guint64 nth = 0;

    if (!find_value(command_names, words[0], &command)) {
        return refuse(item, "firmware command", words[0], command_names, errp);
    }
    if (words[1] && command != PSP_SNP_LAUNCH_UPDATE) {
        return error_setg(errp, "fault '%s': only SNP_LAUNCH_UPDATE has a page type", item);
    }
    if (words[1] && !find_value(page_type_names, words[1], &page_type)) {
        return refuse(item, "page type", words[1], page_type_names, errp);
    }
    if (words[2] && !g_ascii_string_to_unsigned(words[2], 10, 1, G_MAXUINT, &nth, NULL)) {
        return error_setg(errp,
                          "fault '%s': '%s' says which of the commands is to fail; it is a number from 1",
                          item, words[2]);
    }
    fault->command = command;
    fault->page_type = (uint8_t)page_type;
    fault->nth = (unsigned)nth;
    return parse_status(item, words[3], &fault->status, errp);
}

/* Cuts @text at the last @separator. Returns what is behind it, or NULL. */
static char *cut(char *text, char separator)
{
    char *found = strrchr(text, separator);

    if (!found) {
        return NULL;
    }
    *found = '\0';
    return found + 1;
}

static bool parse_item(const char *item, PspFault *fault, Error **errp)
{
    g_autofree char *copy = g_strdup(item);
    char *words[4] = { copy };

    words[3] = cut(copy, '=');
    words[2] = cut(copy, ':');
    words[1] = cut(copy, '/');
    if (!words[3]) {
        g_autofree char *names = all_names(command_names);

        return error_setg(
            errp,
            "fault '%s' is not COMMAND[/TYPE][:NTH]=STATUS, such as SNP_LAUNCH_UPDATE/CPUID:1=0x16; "
            "COMMAND is one of %s; several are joined with '+'",
            item, names);
    }
    return parse_words(item, words, fault, errp);
}

GArray *psp_faults_parse(const char *text, Error **errp)
{
    g_autoptr(GArray) faults = g_array_new(false, false, sizeof(PspFault));
    g_auto(GStrv) items = text ? g_strsplit(text, "+", -1) : NULL;
    PspFault none;

    if (text && !*text && !parse_item(text, &none, errp)) {
        return NULL;
    }
    for (char **item = items; item && *item; item++) {
        PspFault fault = { .nth = 0 };

        if (!parse_item(*item, &fault, errp)) {
            return NULL;
        }
        g_array_append_val(faults, fault);
    }
    return g_steal_pointer(&faults);
}

uint32_t psp_faults_next(GArray *faults, PspCommand command, const void *data)
{
    uint32_t status = SEV_STATUS_SUCCESS;

    for (unsigned i = 0; i < faults->len; i++) {
        PspFault *fault = &g_array_index(faults, PspFault, i);

        if (fault->command != command) {
            continue;
        }
        if (fault->page_type && ((const PspLaunchUpdate *)data)->page_type != fault->page_type) {
            continue;
        }
        fault->seen++;
        if (status == SEV_STATUS_SUCCESS && (fault->nth == 0 || fault->nth == fault->seen)) {
            status = fault->status;
        }
    }
    return status;
}
