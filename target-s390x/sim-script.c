/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/sim-script.h"
#include <string.h>
#include "hw/sim-steps.h"
#include "hw/sim-target.h"
#include "target-s390x/pv-header-abi.h"

#define RC_OK DIAG308_RC_OK

static void step_free(void *data)
{
    S390Step *step = data;

    g_clear_pointer(&step->pattern, g_bytes_unref);
    g_free(step->line);
    g_free(step->text);
    g_free(step->place);
    g_free(step);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(S390Step, step_free)

/* ---- the parts of a step ---- */

#define refuse(step, errp, ...) sim_step_refuse((step)->text, (step)->place, (errp), __VA_ARGS__)

static bool parse_number(const S390Step *step, const char *name, const char *word, uint64_t max,
                         uint64_t *value, Error **errp)
{
    return sim_step_part(step->text, step->place, name, word, max, value, errp);
}

static bool parse_gpa(S390Step *step, const char *word, Error **errp)
{
    return parse_number(step, "GPA", word, UINT64_MAX, &step->gpa, errp);
}

static bool parse_side(S390Step *step, const char *word, Error **errp)
{
    step->is_private = strcmp(word, "private") == 0;
    return step->is_private || strcmp(word, "shared") == 0 ||
           refuse(step, errp, "'%s' is neither private nor shared", word);
}

static bool parse_bytes(S390Step *step, const char *word, Error **errp)
{
    step->pattern =
        sim_step_bytes(step->text, step->place, word, step->gpa, S390_SCRIPT_MAX_BYTES, &step->size, errp);
    return step->pattern != NULL;
}

/* ---- the kinds of steps ---- */

static bool parse_answer(S390Step *step, const char *word, Error **errp)
{
    uint64_t answer = 0;

    step->is_program = g_str_has_prefix(word, "pgm");
    if (!parse_number(step, "ANSWER", word + (step->is_program ? strlen("pgm") : 0), UINT16_MAX, &answer,
                      errp)) {
        return false;
    }
    step->answer = (uint32_t)answer;
    return true;
}

static bool parse_diag308(S390Step *step, char **words, Error **errp)
{
    uint64_t subcode = 0;

    step->answer = RC_OK;
    if (!parse_number(step, "SUBCODE", words[0], UINT16_MAX, &subcode, errp)) {
        return false;
    }
    step->subcode = (uint16_t)subcode;
    return !words[1] || (parse_number(step, "ADDRESS", words[1], UINT64_MAX, &step->gpa, errp) &&
                         (!words[2] || parse_answer(step, words[2], errp)));
}

static bool parse_access(S390Step *step, char **words, Error **errp)
{
    return parse_gpa(step, words[0], errp) && parse_side(step, words[1], errp) &&
           parse_bytes(step, words[2], errp);
}

static bool parse_share(S390Step *step, char **words, Error **errp)
{
    step->n_pages = 1;
    if (!parse_gpa(step, words[0], errp) ||
        (words[1] && !parse_number(step, "PAGES", words[1], UINT32_MAX, &step->n_pages, errp))) {
        return false;
    }
    return step->gpa % SIM_PAGE_SIZE == 0 ||
           refuse(step, errp, "only whole pages can be shared; GPA is a multiple of 4096");
}

static bool parse_sigp(S390Step *step, char **words, Error **errp)
{
    uint64_t order = 0, cpu = 0, cc = 0;

    if (!parse_number(step, "ORDER", words[0], UINT8_MAX, &order, errp) ||
        !parse_number(step, "CPU", words[1], UINT16_MAX, &cpu, errp) ||
        (words[2] && !parse_number(step, "CC", words[2], 3, &cc, errp))) {
        return false;
    }
    step->order = (uint8_t)order;
    step->cpu = (uint16_t)cpu;
    step->cc = (uint8_t)cc;
    return true;
}

static bool parse_intercept(S390Step *step, char **words, Error **errp)
{
    uint64_t code = 0, ipa = 0, ipb = 0;

    if (!parse_number(step, "CODE", words[0], UINT8_MAX, &code, errp) ||
        !parse_number(step, "IPA", words[1], UINT16_MAX, &ipa, errp) ||
        !parse_number(step, "IPB", words[2], UINT32_MAX, &ipb, errp)) {
        return false;
    }
    step->code = (uint8_t)code;
    step->ipa = (uint16_t)ipa;
    step->ipb = (uint32_t)ipb;
    return true;
}

/* What is behind the name is text, with whatever was taken for a separator. */
static bool parse_sclp(S390Step *step, char **words, Error **errp)
{
    step->line = g_strjoinv(":", words);
    return strlen(step->line) <= S390_SCRIPT_MAX_TEXT ||
           refuse(step, errp, "TEXT is longer than %d characters", S390_SCRIPT_MAX_TEXT);
}

static bool parse_wait(S390Step *step, char **words, Error **errp)
{
    return parse_number(step, "ADDRESS", words[0], UINT64_MAX, &step->gpa, errp);
}

static bool parse_shutdown(S390Step *step, char **words, Error **errp)
{
    (void)words;
    (void)errp;
    step->gpa = 0xfff;
    return true;
}

static bool parse_nothing(S390Step *step, char **words, Error **errp)
{
    (void)step;
    (void)words;
    (void)errp;
    return true;
}

static S390Step *step_new(const char *text, const char *place)
{
    S390Step *step = g_new0(S390Step, 1);

    step->text = g_strdup(text);
    step->place = g_strdup(place);
    return step;
}

/* The two that the loader of an image executes, which are called by the name that was written. */
static bool add_stage3a(S390Script *script, const char *text, const char *place, char **parts, Error **errp)
{
    g_autoptr(S390Step) set = step_new(text, place);
    g_autoptr(S390Step) start = step_new(text, place);

    if (parts[0] && !parse_number(set, "ADDRESS", parts[0], UINT64_MAX, &set->gpa, errp)) {
        return false;
    }
    set->is_in_image = !parts[0];
    set->kind = start->kind = S390_STEP_DIAG308;
    set->answer = start->answer = RC_OK;
    set->subcode = DIAG308_PV_SET;
    start->subcode = DIAG308_PV_START;
    g_ptr_array_add(script->steps, g_steal_pointer(&set));
    g_ptr_array_add(script->steps, g_steal_pointer(&start));
    return true;
}

static bool add_quiesce(S390Script *script, const char *text, const char *place, char **parts G_GNUC_UNUSED,
                        Error **errp G_GNUC_UNUSED)
{
    static const S390StepKind kinds[] = { S390_STEP_TAKE_QUIESCE, S390_STEP_AWAIT, S390_STEP_READ_QUIESCE };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        S390Step *step = step_new(text, place);

        step->kind = kinds[i];
        g_ptr_array_add(script->steps, step);
    }
    return true;
}

/** A kind of step. The parts behind its name come to @parse as a vector that ends with NULL; or to @add, if
 * what is written as one step is several. */
typedef struct StepRow {
    SimStepForm form;
    S390StepKind kind;
    bool (*parse)(S390Step *step, char **parts, Error **errp);
    bool (*add)(S390Script *script, const char *text, const char *place, char **parts, Error **errp);
} StepRow;

static const StepRow rows[] = {
    { .form = { "stage3a", "[:ADDRESS]", 0, 1 }, .add = add_stage3a },
    { { "diag308", ":SUBCODE[:ADDRESS[:ANSWER]]", 1, 3 }, S390_STEP_DIAG308, parse_diag308, NULL },
    { { "write", ":GPA:private|shared:BYTES", 3, 3 }, S390_STEP_WRITE, parse_access, NULL },
    { { "check", ":GPA:private|shared:BYTES", 3, 3 }, S390_STEP_CHECK, parse_access, NULL },
    { { "share", ":GPA[:PAGES]", 1, 2 }, S390_STEP_SHARE, parse_share, NULL },
    { { "unshare", ":GPA[:PAGES]", 1, 2 }, S390_STEP_UNSHARE, parse_share, NULL },
    { { "sclp", ":TEXT", 1, G_MAXUINT }, S390_STEP_SCLP, parse_sclp, NULL },
    { { "sigp", ":ORDER:CPU[:CC]", 2, 3 }, S390_STEP_SIGP, parse_sigp, NULL },
    { { "intercept", ":CODE:IPA:IPB", 3, 3 }, S390_STEP_INTERCEPT, parse_intercept, NULL },
    { .form = { "quiesce", "", 0, 0 }, .add = add_quiesce },
    { { "halt", "", 0, 0 }, S390_STEP_HALT, parse_nothing, NULL },
    { { "wait", ":ADDRESS", 1, 1 }, S390_STEP_WAIT, parse_wait, NULL },
    { { "shutdown", "", 0, 0 }, S390_STEP_WAIT, parse_shutdown, NULL },
    { { "stop", "", 0, 0 }, S390_STEP_STOP, parse_nothing, NULL },
};

/* ---- scripts ---- */

static bool add_step(void *opaque, const char *text, const char *place, Error **errp)
{
    S390Script *script = opaque;
    g_autoptr(S390Step) step = NULL;
    g_auto(GStrv) parts = NULL;
    int number = sim_step_find(text, place, rows, G_N_ELEMENTS(rows), sizeof(rows[0]), &parts, errp);

    if (number < 0) {
        return false;
    }
    if (rows[number].add) {
        return rows[number].add(script, text, place, parts, errp);
    }
    step = step_new(text, place);
    step->kind = rows[number].kind;
    if (!rows[number].parse(step, parts, errp)) {
        return false;
    }
    g_ptr_array_add(script->steps, g_steal_pointer(&step));
    return true;
}

void s390_script_free(S390Script *script)
{
    if (script) {
        g_ptr_array_unref(script->steps);
        g_free(script);
    }
}

S390Script *s390_script_parse(const char *text, Error **errp)
{
    g_autoptr(S390Script) script = g_new0(S390Script, 1);

    script->steps = g_ptr_array_new_with_free_func(step_free);
    return sim_steps_read(text, add_step, script, errp) ? g_steal_pointer(&script) : NULL;
}
