/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sim-script.h"
#include <string.h>
#include "hw/sim-steps.h"
#include "hw/sim-target.h"

#define MAP_ENCRYPTED UINT64_C(0x10) /* an attribute of MAP_GPA_RANGE */

static void step_free(void *data)
{
    SimStep *step = data;

    g_clear_pointer(&step->pattern, g_bytes_unref);
    g_free(step->text);
    g_free(step->place);
    g_free(step);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimStep, step_free)

/* ---- the parts of a step ---- */

#define refuse(step, errp, ...) sim_step_refuse((step)->text, (step)->place, (errp), __VA_ARGS__)

static bool parse_number(const SimStep *step, const char *name, const char *word, uint64_t max,
                         uint64_t *value, Error **errp)
{
    return sim_step_part(step->text, step->place, name, word, max, value, errp);
}

static bool parse_gpa(SimStep *step, const char *word, Error **errp)
{
    return parse_number(step, "GPA", word, UINT64_MAX, &step->gpa, errp);
}

static bool parse_side(SimStep *step, const char *word, Error **errp)
{
    step->is_private = strcmp(word, "private") == 0;
    return step->is_private || strcmp(word, "shared") == 0 ||
           refuse(step, errp, "'%s' is neither private nor shared", word);
}

/* @word is NULL if nothing was said. */
static bool parse_answer(SimStep *step, const char *word, Error **errp)
{
    step->must_fail = word && strcmp(word, "fail") == 0;
    return !word || step->must_fail || strcmp(word, "ok") == 0 ||
           refuse(step, errp, "the answer that is expected is ok or fail, not '%s'", word);
}

static bool parse_bytes(SimStep *step, const char *word, Error **errp)
{
    step->pattern =
        sim_step_bytes(step->text, step->place, word, step->gpa, SIM_SCRIPT_MAX_BYTES, &step->size, errp);
    return step->pattern != NULL;
}

/* ---- the kinds of steps ---- */

static bool parse_map(SimStep *step, char **words, Error **errp)
{
    uint64_t size = 0;

    if (!parse_gpa(step, words[0], errp) || !parse_number(step, "SIZE", words[1], UINT64_MAX, &size, errp) ||
        !parse_side(step, words[2], errp) || !parse_answer(step, words[3], errp)) {
        return false;
    }
    if (size == 0 || size % SIM_PAGE_SIZE || step->gpa % SIM_PAGE_SIZE) {
        return refuse(step, errp, "only whole pages can be mapped; a request step can ask for anything");
    }
    step->n_pages = size / SIM_PAGE_SIZE;
    step->attributes = step->is_private ? MAP_ENCRYPTED : 0;
    return true;
}

static bool parse_request(SimStep *step, char **words, Error **errp)
{
    return parse_gpa(step, words[0], errp) &&
           parse_number(step, "PAGES", words[1], UINT64_MAX, &step->n_pages, errp) &&
           parse_number(step, "ATTRIBUTES", words[2], UINT64_MAX, &step->attributes, errp) &&
           parse_answer(step, words[3], errp);
}

static bool parse_fault(SimStep *step, char **words, Error **errp)
{
    if (!parse_gpa(step, words[0], errp)) {
        return false;
    }
    if (step->gpa % SIM_PAGE_SIZE) {
        return refuse(step, errp, "KVM reports the page of a fault, which is a multiple of 4096");
    }
    if (g_ascii_isdigit(*words[1])) {
        return parse_number(step, "FLAGS", words[1], UINT64_MAX, &step->flags, errp);
    }
    if (!parse_side(step, words[1], errp)) {
        return false;
    }
    step->flags = step->is_private ? KVM_MEMORY_FAULT_PRIVATE : 0;
    return true;
}

static bool parse_access(SimStep *step, char **words, Error **errp)
{
    return parse_gpa(step, words[0], errp) && parse_side(step, words[1], errp) &&
           parse_bytes(step, words[2], errp);
}

static bool parse_out(SimStep *step, char **words, Error **errp)
{
    uint64_t port = 0, value = 0;

    if (!parse_number(step, "PORT", words[0], UINT16_MAX, &port, errp) ||
        !parse_number(step, "VALUE", words[1], UINT8_MAX, &value, errp)) {
        return false;
    }
    step->port = (uint16_t)port;
    step->value = (uint8_t)value;
    return true;
}

static bool parse_sevterm(SimStep *step, char **words, Error **errp)
{
    uint64_t set = 0, code = 0;

    if (!parse_number(step, "SET", words[0], 15, &set, errp) ||
        !parse_number(step, "CODE", words[1], UINT8_MAX, &code, errp)) {
        return false;
    }
    step->set = (uint8_t)set;
    step->code = (uint8_t)code;
    return true;
}

static bool parse_nothing(SimStep *step, char **words, Error **errp)
{
    (void)step;
    (void)words;
    (void)errp;
    return true;
}

/** A kind of step. The parts behind its name come to @parse as a vector that ends with NULL. */
typedef struct StepRow {
    SimStepForm form;
    SimStepKind kind;
    bool (*parse)(SimStep *step, char **parts, Error **errp);
} StepRow;

static const StepRow rows[] = {
    { { "map", ":GPA:SIZE:private|shared[:ok|fail]", 3, 4 }, SIM_STEP_REQUEST, parse_map },
    { { "request", ":GPA:PAGES:ATTRIBUTES[:ok|fail]", 3, 4 }, SIM_STEP_REQUEST, parse_request },
    { { "fault", ":GPA:private|shared|FLAGS", 2, 2 }, SIM_STEP_FAULT, parse_fault },
    { { "write", ":GPA:private|shared:BYTES", 3, 3 }, SIM_STEP_WRITE, parse_access },
    { { "check", ":GPA:private|shared:BYTES", 3, 3 }, SIM_STEP_CHECK, parse_access },
    { { "out", ":PORT:VALUE", 2, 2 }, SIM_STEP_OUT, parse_out },
    { { "halt", "", 0, 0 }, SIM_STEP_HALT, parse_nothing },
    { { "sevterm", ":SET:CODE", 2, 2 }, SIM_STEP_SEVTERM, parse_sevterm },
    { { "shutdown", "", 0, 0 }, SIM_STEP_SHUTDOWN, parse_nothing },
    { { "fail-entry", "", 0, 0 }, SIM_STEP_FAIL_ENTRY, parse_nothing },
};

static bool parse_step(SimStep *step, Error **errp)
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

static SimScript *script_new(void)
{
    SimScript *script = g_new0(SimScript, 1);

    script->steps = g_ptr_array_new_with_free_func(step_free);
    return script;
}

void sim_script_free(SimScript *script)
{
    if (script) {
        g_ptr_array_unref(script->steps);
        g_free(script);
    }
}

static bool add_step(void *opaque, const char *text, const char *place, Error **errp)
{
    SimScript *script = opaque;
    g_autoptr(SimStep) step = g_new0(SimStep, 1);

    step->text = g_strdup(text);
    step->place = g_strdup(place);
    if (!parse_step(step, errp)) {
        return false;
    }
    g_ptr_array_add(script->steps, g_steal_pointer(&step));
    return true;
}

SimScript *sim_script_parse(const char *text, Error **errp)
{
    g_autoptr(SimScript) script = script_new();

    return sim_steps_read(text, add_step, script, errp) ? g_steal_pointer(&script) : NULL;
}
