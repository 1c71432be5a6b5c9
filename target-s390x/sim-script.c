/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/sim-script.h"
#include <string.h>
#include "hw/sim-steps.h"
#include "hw/sim-target.h"
#include "qapi/near-miss.h"
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

/* Says which step is wrong, and ends with what is wrong with it. Returns false. */
static bool refuse(const S390Step *step, Error **errp, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool refuse(const S390Step *step, Error **errp, const char *format, ...)
{
    va_list args;
    bool refused;

    va_start(args, format);
    refused = sim_step_refuse(step->text, step->place, errp, format, args);
    va_end(args);
    return refused;
}

static bool parse_number(const S390Step *step, const char *name, const char *word, uint64_t max,
                         uint64_t *value, Error **errp)
{
    return sim_step_number(word, max, value) ||
           refuse(step, errp, "%s is '%s', not a number from 0 to 0x%" G_GINT64_MODIFIER "x", name, word,
                  max);
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

/* Of pairs of digits. */
static GBytes *parse_hex(const char *digits, size_t length)
{
    g_autofree uint8_t *bytes = g_malloc(length / 2 + 1);

    for (size_t i = 0; i < length; i++) {
        int digit = g_ascii_xdigit_value(digits[i]);

        if (digit < 0) {
            return NULL;
        }
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] << 4 | digit : digit);
    }
    return length == 0 || length % 2 ? NULL : g_bytes_new(bytes, length / 2);
}

static bool parse_bytes(S390Step *step, const char *word, Error **errp)
{
    const char *star = strchr(word, '*');
    size_t length = star ? (size_t)(star - word) : strlen(word);
    uint64_t count = 1, size;

    if (star && !parse_number(step, "COUNT", star + 1, S390_SCRIPT_MAX_BYTES, &count, errp)) {
        return false;
    }
    size = length / 2 * count;
    if (length > 2 * S390_SCRIPT_MAX_BYTES || size > S390_SCRIPT_MAX_BYTES) {
        return refuse(step, errp, "these are more than %d bytes; use several steps", S390_SCRIPT_MAX_BYTES);
    }
    step->pattern = parse_hex(word, length);
    if (!step->pattern || size == 0) {
        return refuse(step, errp, "BYTES are pairs of hexadecimal digits, and *COUNT to repeat them");
    }
    if (step->gpa + size - 1 < step->gpa) {
        return refuse(step, errp, "the access would go beyond the end of the address space");
    }
    step->size = (uint32_t)size;
    return true;
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

/** A kind of step. The parts behind its name come to @parse as a vector that ends with NULL. */
typedef struct StepRow {
    const char *name;
    const char *usage; /* the parts behind the name */
    unsigned min, max; /* how many of them there are */
    S390StepKind kind;
    bool (*parse)(S390Step *step, char **words, Error **errp);
} StepRow;

static const StepRow rows[] = {
    { "diag308", ":SUBCODE[:ADDRESS[:ANSWER]]", 1, 3, S390_STEP_DIAG308, parse_diag308 },
    { "write", ":GPA:private|shared:BYTES", 3, 3, S390_STEP_WRITE, parse_access },
    { "check", ":GPA:private|shared:BYTES", 3, 3, S390_STEP_CHECK, parse_access },
    { "share", ":GPA[:PAGES]", 1, 2, S390_STEP_SHARE, parse_share },
    { "unshare", ":GPA[:PAGES]", 1, 2, S390_STEP_UNSHARE, parse_share },
    { "sclp", ":TEXT", 1, G_MAXUINT, S390_STEP_SCLP, parse_sclp },
    { "intercept", ":CODE:IPA:IPB", 3, 3, S390_STEP_INTERCEPT, parse_intercept },
    { "halt", "", 0, 0, S390_STEP_HALT, parse_nothing },
    { "wait", ":ADDRESS", 1, 1, S390_STEP_WAIT, parse_wait },
    { "shutdown", "", 0, 0, S390_STEP_WAIT, parse_shutdown },
    { "stop", "", 0, 0, S390_STEP_STOP, parse_nothing },
};

/* Not a step of its own. */
#define STAGE3A "stage3a"

static const StepRow *find_row(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool refuse_name(const S390Step *step, const char *name, Error **errp)
{
    g_autoptr(GString) names = g_string_new("; there are " STAGE3A);
    g_autofree char *suggestion = NULL;
    NearMiss search = { .word = name };

    near_miss_consider(&search, STAGE3A);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        near_miss_consider(&search, rows[i].name);
        g_string_append_printf(names, ", %s", rows[i].name);
    }
    suggestion = near_miss_text(&search);
    return refuse(step, errp, "there is no such step%s", *suggestion ? suggestion : names->str);
}

static bool parse_step(S390Step *step, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(step->text, ":", -1);
    unsigned n_words = g_strv_length(words);
    const StepRow *row = find_row(n_words ? words[0] : "");

    if (!row) {
        return refuse_name(step, n_words ? words[0] : "", errp);
    }
    if (n_words - 1 < row->min || n_words - 1 > row->max) {
        return refuse(step, errp, "write it as %s%s", row->name, row->usage);
    }
    step->kind = row->kind;
    return row->parse(step, words + 1, errp);
}

/* ---- scripts ---- */

static S390Step *step_new(const char *text, const char *place)
{
    S390Step *step = g_new0(S390Step, 1);

    step->text = g_strdup(text);
    step->place = g_strdup(place);
    return step;
}

/* The two that the loader of an image executes, which are called by the name that was written. */
static bool add_stage3a(S390Script *script, const char *text, const char *place, Error **errp)
{
    g_autoptr(S390Step) set = step_new(text, place);
    g_autoptr(S390Step) start = step_new(text, place);
    g_auto(GStrv) words = g_strsplit(text, ":", -1);

    if (g_strv_length(words) > 2) {
        return refuse(set, errp, "write it as " STAGE3A "[:ADDRESS]");
    }
    if (words[1] && !parse_number(set, "ADDRESS", words[1], UINT64_MAX, &set->gpa, errp)) {
        return false;
    }
    set->is_in_image = !words[1];
    set->kind = start->kind = S390_STEP_DIAG308;
    set->answer = start->answer = RC_OK;
    set->subcode = DIAG308_PV_SET;
    start->subcode = DIAG308_PV_START;
    g_ptr_array_add(script->steps, g_steal_pointer(&set));
    g_ptr_array_add(script->steps, g_steal_pointer(&start));
    return true;
}

static bool add_step(void *opaque, const char *text, const char *place, Error **errp)
{
    S390Script *script = opaque;
    g_autoptr(S390Step) step = NULL;

    if (strcmp(text, STAGE3A) == 0 || g_str_has_prefix(text, STAGE3A ":")) {
        return add_stage3a(script, text, place, errp);
    }
    step = step_new(text, place);
    if (!parse_step(step, errp)) {
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
