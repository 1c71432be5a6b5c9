/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/sim-ppc-script.h"
#include <string.h>
#include "hw/sim-steps.h"
#include "target-ppc/kvm-ppc-abi.h"

static void step_free(void *data)
{
    SimPpcStep *step = data;

    g_clear_pointer(&step->bytes, g_bytes_unref);
    g_free(step->name);
    g_free(step->text);
    g_free(step->place);
    g_free(step);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimPpcStep, step_free)

/* ---- the parts of a step ---- */

#define refuse(step, errp, ...) sim_step_refuse((step)->text, (step)->place, (errp), __VA_ARGS__)

static bool parse_number(const SimPpcStep *step, const char *name, const char *word, uint64_t *value,
                         Error **errp)
{
    return sim_step_number(word, UINT64_MAX, value) ||
           refuse(step, errp, "%s is '%s', not a number", name, word);
}

/* A number that may be negative, as 64 bits. */
static bool parse_signed(const SimPpcStep *step, const char *name, const char *word, uint64_t *value,
                         Error **errp)
{
    if (*word == '-') {
        if (!parse_number(step, name, word + 1, value, errp)) {
            return false;
        }
        *value = -*value;
        return true;
    }
    return parse_number(step, name, word, value, errp);
}

/* The two digits at @digits, or -1. */
static int parse_byte(const char *digits)
{
    int high = g_ascii_xdigit_value(digits[0]), low = high < 0 ? -1 : g_ascii_xdigit_value(digits[1]);

    return low < 0 ? -1 : high << 4 | low;
}

/* ---- the kinds of steps ---- */

static bool parse_text(SimPpcStep *step, char **words, Error **errp)
{
    g_autofree char *word = g_strjoinv(":", words);
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    for (const char *at = word; *at; at++) {
        uint8_t byte = (uint8_t)*at;

        if (*at == '\\') {
            int value = at[1] == 'n' ? '\n' : at[1] == 'x' ? parse_byte(at + 2) : -1;

            if (value < 0) {
                return refuse(step, errp, "in TEXT, a backslash starts \\n or \\xNN");
            }
            byte = (uint8_t)value;
            at += at[1] == 'n' ? 1 : 3;
        }
        g_byte_array_append(bytes, &byte, 1);
    }
    if (!bytes->len || bytes->len > SIM_PPC_MAX_BYTES) {
        return refuse(step, errp, "TEXT has from 1 to %d bytes", SIM_PPC_MAX_BYTES);
    }
    step->bytes = g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
    return true;
}

/* Takes `=CODE` from the last word. */
static bool parse_expected(SimPpcStep *step, char **words, Error **errp)
{
    unsigned last = g_strv_length(words) - 1;
    char *sign = strrchr(words[last], '=');
    uint64_t value = 0;

    if (!sign) {
        return true;
    }
    *sign = '\0';
    if (!parse_signed(step, "what is expected", sign + 1, &value, errp)) {
        return false;
    }
    step->expected = (int64_t)value;
    return true;
}

static bool parse_args(SimPpcStep *step, char **words, Error **errp)
{
    for (; words[step->n_args]; step->n_args++) {
        if (!parse_signed(step, "ARG", words[step->n_args], &step->args[step->n_args], errp)) {
            return false;
        }
    }
    return true;
}

/* KVM answers these itself, and no guest of a script is there to notice. */
static bool is_of_kvm(uint64_t number)
{
    static const uint16_t numbers[] = { 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c,
                                        0x64, 0x68, 0x6c, 0x70, 0x74, 0xdc, 0xe0, 0xe4, 0xe8, 0x2fc };

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (numbers[i] == number) {
            return true;
        }
    }
    return false;
}

static bool parse_hcall(SimPpcStep *step, char **words, Error **errp)
{
    if (!parse_expected(step, words, errp) || !parse_number(step, "NR", words[0], &step->number, errp) ||
        !parse_args(step, words + 1, errp)) {
        return false;
    }
    if (step->number == H_RTAS) {
        return refuse(step, errp, "use rtas: for RTAS calls");
    }
    return !is_of_kvm(step->number) ||
           refuse(step, errp, "KVM answers this hypercall itself, and nothing of it reaches the VMM");
}

static bool parse_rtas(SimPpcStep *step, char **words, Error **errp)
{
    if (!parse_expected(step, words, errp) || !parse_args(step, words + 1, errp)) {
        return false;
    }
    step->name = g_strdup(words[0]);
    return true;
}

static bool parse_esm(SimPpcStep *step, char **words, Error **errp)
{
    for (; *words; words++) {
        bool is_bad = strcmp(*words, "bad") == 0;

        if (!is_bad && strcmp(*words, "fail") != 0) {
            return refuse(step, errp, "'%s' is neither bad nor fail", *words);
        }
        step->is_bad |= is_bad;
        step->must_fail |= !is_bad;
    }
    return true;
}

static bool parse_address(SimPpcStep *step, char **words, Error **errp)
{
    return parse_number(step, "GPA", words[0], &step->number, errp);
}

static bool parse_irq(SimPpcStep *step, char **words, Error **errp)
{
    return parse_number(step, "NR", words[0], &step->number, errp);
}

static bool parse_access(SimPpcStep *step, char **words, Error **errp)
{
    g_autoptr(GBytes) once = NULL;
    const uint8_t *pattern;
    uint8_t *bytes;
    uint32_t size;
    size_t length;

    if (!parse_address(step, words, errp)) {
        return false;
    }
    once = sim_step_bytes(step->text, step->place, words[1], step->number, SIM_PPC_MAX_BYTES, &size, errp);
    if (!once) {
        return false;
    }
    pattern = g_bytes_get_data(once, &length);
    bytes = g_malloc(size);
    for (uint32_t i = 0; i < size; i++) {
        bytes[i] = pattern[i % length];
    }
    step->bytes = g_bytes_new_take(bytes, size);
    return true;
}

static bool parse_nothing(SimPpcStep *step G_GNUC_UNUSED, char **words G_GNUC_UNUSED,
                          Error **errp G_GNUC_UNUSED)
{
    return true;
}

/** A kind of step. The parts behind its name come to @parse as a vector that ends with NULL. */
typedef struct StepRow {
    SimStepForm form;
    SimPpcStepKind kind;
    bool (*parse)(SimPpcStep *step, char **parts, Error **errp);
} StepRow;

static const StepRow rows[] = {
    { { "term", ":TEXT", 1, UINT_MAX }, SIM_PPC_TERM, parse_text },
    { { "read", ":TEXT", 1, UINT_MAX }, SIM_PPC_READ, parse_text },
    { { "hcall", ":NR[:ARG...][=CODE]", 1, 1 + SIM_PPC_MAX_ARGS }, SIM_PPC_HCALL, parse_hcall },
    { { "rtas", ":NAME[:ARG...][=STATUS]", 1, 1 + SIM_PPC_MAX_ARGS }, SIM_PPC_RTAS, parse_rtas },
    { { "esm", "[:bad][:fail]", 0, 2 }, SIM_PPC_ESM, parse_esm },
    { { "share", ":GPA", 1, 1 }, SIM_PPC_SHARE, parse_address },
    { { "unshare", ":GPA", 1, 1 }, SIM_PPC_UNSHARE, parse_address },
    { { "write", ":GPA:BYTES", 2, 2 }, SIM_PPC_WRITE, parse_access },
    { { "check", ":GPA:BYTES", 2, 2 }, SIM_PPC_CHECK, parse_access },
    { { "irq", ":NR", 1, 1 }, SIM_PPC_IRQ, parse_irq },
    { { "halt", "", 0, 0 }, SIM_PPC_HALT, parse_nothing },
    { { "fail-entry", "", 0, 0 }, SIM_PPC_FAIL_ENTRY, parse_nothing },
};

static bool parse_step(SimPpcStep *step, Error **errp)
{
    g_auto(GStrv) parts = NULL;
    int number =
        sim_step_find(step->text, step->place, rows, G_N_ELEMENTS(rows), sizeof(rows[0]), &parts, errp);

    if (number < 0) {
        return false;
    }
    step->kind = rows[number].kind;
    return rows[number].parse(step, parts, errp);
}

/* ---- scripts ---- */

void sim_ppc_script_free(SimPpcScript *script)
{
    if (script) {
        g_ptr_array_unref(script->steps);
        g_free(script);
    }
}

static bool add_step(void *opaque, const char *text, const char *place, Error **errp)
{
    SimPpcScript *script = opaque;
    g_autoptr(SimPpcStep) step = g_new0(SimPpcStep, 1);

    step->text = g_strdup(text);
    step->place = g_strdup(place);
    if (!parse_step(step, errp)) {
        return false;
    }
    g_ptr_array_add(script->steps, g_steal_pointer(&step));
    return true;
}

SimPpcScript *sim_ppc_script_parse(const char *text, Error **errp)
{
    g_autoptr(SimPpcScript) script = g_new0(SimPpcScript, 1);

    script->steps = g_ptr_array_new_with_free_func(step_free);
    return sim_steps_read(text, add_step, script, errp) ? g_steal_pointer(&script) : NULL;
}
