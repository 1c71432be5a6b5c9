/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Calls of the ultravisor that fail because a test wants them to: `COMMAND[:NTH]=RC[/RRC]`, joined with `+`.
 */
#include <string.h>
#include "target-s390x/uv-state.h"

typedef struct NamedCommand {
    const char *name;
    UvCommand command;
} NamedCommand;

static const NamedCommand commands[] = {
    { "CREATE_SEC_CONF", UV_CREATE_SEC_CONF },
    { "DESTROY_SEC_CONF", UV_DESTROY_SEC_CONF },
    { "DESTROY_SEC_CONF_FAST", UV_DESTROY_SEC_CONF_FAST },
    { "CREATE_SEC_CPU", UV_CREATE_SEC_CPU },
    { "DESTROY_SEC_CPU", UV_DESTROY_SEC_CPU },
    { "SET_SEC_CONF_PARAMS", UV_SET_SEC_CONF_PARAMS },
    { "UNPACK_IMG", UV_UNPACK_IMG },
    { "VERIFY_IMG", UV_VERIFY_IMG },
    { "CPU_RESET", UV_CPU_RESET },
    { "CPU_RESET_INITIAL", UV_CPU_RESET_INITIAL },
    { "PREPARE_RESET", UV_PREPARE_RESET },
    { "CPU_RESET_CLEAR", UV_CPU_RESET_CLEAR },
    { "CPU_SET_STATE", UV_CPU_SET_STATE },
    { "SET_UNSHARE_ALL", UV_SET_UNSHARE_ALL },
    { "DUMP_INIT", UV_DUMP_INIT },
    { "DUMP_CONF_STOR_STATE", UV_DUMP_CONF_STOR_STATE },
    { "DUMP_CPU", UV_DUMP_CPU },
    { "DUMP_COMPLETE", UV_DUMP_COMPLETE },
};

static char *all_names(void)
{
    GString *names = g_string_new(commands[0].name);

    for (size_t i = 1; i < G_N_ELEMENTS(commands); i++) {
        g_string_append_printf(names, ", %s", commands[i].name);
    }
    return g_string_free(names, false);
}

static bool parse_command(const char *item, const char *name, UvFault *fault, Error **errp)
{
    g_autofree char *names = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            fault->command = commands[i].command;
            return true;
        }
    }
    names = all_names();
    return error_setg(errp, "fault '%s': no call of the ultravisor is called '%s'; there are %s", item, name,
                      names);
}

static bool parse_code(const char *item, const char *what, const char *word, unsigned min, uint16_t *code,
                       Error **errp)
{
    bool is_hex = g_str_has_prefix(word, "0x");
    guint64 number;

    if (!g_ascii_string_to_unsigned(word + (is_hex ? 2 : 0), is_hex ? 16 : 10, min, UINT16_MAX, &number,
                                    NULL)) {
        return error_setg(errp, "fault '%s': the %s is '%s', not a number from %u to 0xffff", item, what,
                          word, min);
    }
    *code = (uint16_t)number;
    return true;
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

static bool refuse_form(const char *item, Error **errp)
{
    g_autofree char *names = all_names();

    return error_setg(
        errp,
        "fault '%s' is not COMMAND[:NTH]=RC[/RRC], such as UNPACK_IMG:2=0x10a; COMMAND is one of "
        "%s; several are joined with '+'",
        item, names);
}

static bool parse_item(const char *item, UvFault *fault, Error **errp)
{
    g_autofree char *copy = g_strdup(item);
    char *rc = cut(copy, '='), *nth = cut(copy, ':');
    char *rrc = rc ? cut(rc, '/') : NULL;
    guint64 number = 0;

    if (!rc) {
        return refuse_form(item, errp);
    }
    if (nth && !g_ascii_string_to_unsigned(nth, 10, 1, G_MAXUINT, &number, NULL)) {
        return error_setg(errp, "fault '%s': '%s' says which of the calls is to fail; it is a number from 1",
                          item, nth);
    }
    fault->nth = (unsigned)number;
    /* 1 is success. */
    return parse_command(item, copy, fault, errp) && parse_code(item, "RC", rc, 2, &fault->rc, errp) &&
           (!rrc || parse_code(item, "RRC", rrc, 0, &fault->rrc, errp));
}

GArray *uv_faults_parse(const char *text, Error **errp)
{
    g_autoptr(GArray) faults = g_array_new(false, false, sizeof(UvFault));
    g_auto(GStrv) items = text ? g_strsplit(text, "+", -1) : NULL;
    UvFault none;

    if (text && !*text && !parse_item(text, &none, errp)) {
        return NULL;
    }
    for (char **item = items; item && *item; item++) {
        UvFault fault = { .nth = 0 };

        if (!parse_item(*item, &fault, errp)) {
            return NULL;
        }
        g_array_append_val(faults, fault);
    }
    return g_steal_pointer(&faults);
}

bool uv_faults_next(GArray *faults, UvCommand command, UvBlock *block)
{
    const UvFault *found = NULL;

    for (unsigned i = 0; i < faults->len; i++) {
        UvFault *fault = &g_array_index(faults, UvFault, i);

        if (fault->command != command) {
            continue;
        }
        fault->seen++;
        if (!found && (fault->nth == 0 || fault->nth == fault->seen)) {
            found = fault;
        }
    }
    if (found) {
        uv_answer(block, found->rc, found->rrc);
    }
    return found != NULL;
}
