/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * JSON text to json-c's objects.
 *
 * json-c takes some texts that are not JSON, and some values for others, without a word. So the text is read
 * twice: here word by word, for all that json-c does not mind, and then by json-c, which knows how words make
 * values.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "qapi/json.h"

#define SHOWN_MAX 60

/* Of one reading of a text, which is valid UTF-8. */
typedef struct Scan {
    const char *text;
    GPtrArray *names; /* a set of names for every object and list that is open, empty for a list */
    guint max_depth;
    guint *deepest; /* how deep it got */
    Error **errp;
} Scan;

static void *error_at(const Scan *scan, const char *at, const char *format, ...)
    G_GNUC_PRINTF(3, 4) G_GNUC_WARN_UNUSED_RESULT;
/* Returns NULL. */
static void *error_at(const Scan *scan, const char *at, const char *format, ...)
{
    const char *line = scan->text;
    size_t number = 1;
    g_autofree char *what = NULL;
    va_list ap;

    for (const char *p = scan->text; p < at; p++) {
        if (*p == '\n') {
            line = p + 1;
            number++;
        }
    }
    va_start(ap, format);
    what = g_strdup_vprintf(format, ap);
    va_end(ap);
    return error_setg_null(scan->errp, "JSON, line %zu, column %ld: %s", number,
                           g_utf8_pointer_to_offset(line, at) + 1, what);
}

/* The @p length bytes at @p start, cut to what fits into a message. */
static char *shown(const char *start, size_t length)
{
    g_autofree char *text = g_strndup(start, length);
    g_autofree char *cut = NULL;

    if (g_utf8_strlen(text, -1) <= SHOWN_MAX) {
        return g_steal_pointer(&text);
    }
    cut = g_utf8_substring(text, 0, SHOWN_MAX);
    return g_strconcat(cut, "...", NULL);
}

static const char *space_skip(const char *p)
{
    return p + strspn(p, " \t\n\r");
}

/* The number that the four digits after `\u` at @p p are; -1 if it is not that. */
static int unicode_escape(const char *p)
{
    int code = 0;

    if (p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    for (int i = 2; i < 6; i++) {
        if (!g_ascii_isxdigit(p[i])) {
            return -1;
        }
        code = code * 16 + g_ascii_xdigit_value(p[i]);
    }
    return code;
}

/* Returns what follows the escape at @p p; whether there is such an escape is for json-c to say. */
static const char *escape_scan(const Scan *scan, const char *p)
{
    const int code = unicode_escape(p);

    if (code < 0) {
        return p[1] ? g_utf8_next_char(p + 1) : p + 1;
    }
    if (code == 0) {
        return error_at(scan, p, "the character \\u0000 is not supported");
    }
    if (code < 0xd800 || code > 0xdfff) {
        return p + 6;
    }
    if (code > 0xdbff || unicode_escape(p + 6) < 0xdc00 || unicode_escape(p + 6) > 0xdfff) {
        return error_at(scan, p, "'%.6s' is half of a pair whose other half is missing", p);
    }
    return p + 12;
}

/* The string, unescaped, between the quotation marks at @p start and before @p end; NULL if it has an escape
 * that json-c does not know. */
static char *string_unescape(const char *start, const char *end)
{
    g_autofree char *token = g_strndup(start, end - start);
    g_autoptr(json_object) string = json_tokener_parse(token);

    return string ? g_strdup(json_object_get_string(string)) : NULL;
}

/* Takes down the name from @p start to @p end, which it returns. */
static const char *name_scan(const Scan *scan, const char *start, const char *end)
{
    g_autofree char *name = string_unescape(start, end);
    g_autofree char *written = NULL;

    if (!name || scan->names->len == 0 ||
        g_hash_table_add(scan->names->pdata[scan->names->len - 1], g_steal_pointer(&name))) {
        return end;
    }
    written = shown(start + 1, end - start - 2);
    return error_at(scan, start, "the member '%s' is given twice", written);
}

static const char *string_scan(const Scan *scan, const char *start)
{
    const char *p = start + 1;

    while (*p && *p != '"') {
        if ((unsigned char)*p < ' ') {
            return error_at(scan, p, "a string has a control character, which is to be written as an escape");
        }
        p = *p == '\\' ? escape_scan(scan, p) : g_utf8_next_char(p);
        if (!p) {
            return NULL;
        }
    }
    if (!*p) {
        return error_at(scan, start, "the string has no end");
    }
    p++;
    return *space_skip(p) == ':' ? name_scan(scan, start, p) : p;
}

/* Whether the @p length bytes at @p p are a number as RFC 8259 has it. */
static bool is_number(const char *p, size_t length)
{
    const char *const end = p + length;

    p += *p == '-';
    if (!g_ascii_isdigit(*p)) {
        return false;
    }
    p += *p == '0' ? 1 : strspn(p, G_CSET_DIGITS);
    if (*p == '.') {
        if (!g_ascii_isdigit(*++p)) {
            return false;
        }
        p += strspn(p, G_CSET_DIGITS);
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        if (!g_ascii_isdigit(*p)) {
            return false;
        }
        p += strspn(p, G_CSET_DIGITS);
    }
    return p == end;
}

static bool is_integer_in_range(const char *p)
{
    errno = 0;
    if (*p == '-') {
        g_ascii_strtoll(p, NULL, 10);
    } else {
        g_ascii_strtoull(p, NULL, 10);
    }
    return errno == 0;
}

/* Returns what follows the number from @p start to @p end. */
static const char *number_scan(const Scan *scan, const char *start, const char *end)
{
    const size_t length = end - start;
    g_autofree char *number = shown(start, length);

    if (!is_number(start, length)) {
        return error_at(scan, start, "'%s' is not a number", number);
    }
    if (strcspn(start, ".eE") < length) {
        return isfinite(g_ascii_strtod(start, NULL)) ? end : error_at(scan, start, "%s is too large", number);
    }
    return is_integer_in_range(start)
               ? end
               : error_at(scan, start, "%s is out of the range of 64-bit integers", number);
}

/* A word is a number or one of the three names that JSON has. Returns what follows it. */
static const char *word_scan(const Scan *scan, const char *start)
{
    const char *end = start + strspn(start, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+-._");
    g_autofree char *word = NULL;

    if (end == start) {
        word = shown(start, g_utf8_next_char(start) - start);
        return error_at(scan, start, "'%s' is out of place", word);
    }
    if (g_ascii_isdigit(*start) || strchr("+-.", *start)) {
        return number_scan(scan, start, end);
    }
    word = shown(start, end - start);
    if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0 && strcmp(word, "null") != 0) {
        return error_at(scan, start, "'%s' is not a value; strings and names stand in quotation marks", word);
    }
    return end;
}

/* Returns what follows the bracket at @p p. */
static const char *bracket_scan(const Scan *scan, const char *p)
{
    if (*p == ']' || *p == '}') {
        if (scan->names->len) {
            g_ptr_array_set_size(scan->names, scan->names->len - 1);
        }
        return p + 1;
    }
    if (scan->names->len == scan->max_depth) {
        return error_at(scan, p, "values are nested deeper than %u levels", scan->max_depth);
    }
    g_ptr_array_add(scan->names, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL));
    *scan->deepest = MAX(*scan->deepest, scan->names->len);
    return p + 1;
}

static void names_free(void *names)
{
    g_hash_table_unref(names);
}

static bool text_scan(const char *text, int max_depth, guint *deepest, Error **errp)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(names_free);
    const Scan scan = {
        .text = text, .names = names, .max_depth = max_depth, .deepest = deepest, .errp = errp
    };
    const char *p = space_skip(text);

    while (p && *p) {
        if (*p == '"') {
            p = string_scan(&scan, p);
        } else if (strchr("[]{}", *p)) {
            p = bracket_scan(&scan, p);
        } else if (*p == ',' || *p == ':') {
            p++;
        } else {
            p = word_scan(&scan, p);
        }
        p = p ? space_skip(p) : NULL;
    }
    return p != NULL;
}

/*
 * @text with every character that is not ASCII, all of them in strings, as an escape: json-c 0.18 takes
 * nothing else in its strict mode.
 */
static GString *to_ascii(const char *text)
{
    GString *ascii = g_string_sized_new(strlen(text));

    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        const gunichar c = g_utf8_get_char(p);

        if (c == '\\' && p[1]) {
            /* What it escapes stays as it is, for json-c to refuse if it is no escape. */
            const char *escaped = p + 1;
            g_string_append_c(ascii, '\\');
            g_string_append_len(ascii, escaped, g_utf8_next_char(escaped) - escaped);
            p = escaped;
        } else if (c < 0x80) {
            g_string_append_c(ascii, (char)c);
        } else if (c < 0x10000) {
            g_string_append_printf(ascii, "\\u%04x", c);
        } else {
            g_string_append_printf(ascii, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                                   0xdc00 + (c & 0x3ff));
        }
    }
    return ascii;
}

/* Where in @text byte @offset of to_ascii() comes from. */
static const char *from_ascii(const char *text, size_t offset)
{
    for (size_t at = 0; *text && at < offset; text = g_utf8_next_char(text)) {
        const gunichar c = g_utf8_get_char(text);
        at += c < 0x80 ? 1 : c < 0x10000 ? 6 : 12;
    }
    return text;
}

/* Sets the error with which json-c's parser has ended. Returns NULL. */
static void *tokener_error(struct json_tokener *tokener, const char *text, Error **errp)
{
    const Scan scan = { .text = text, .errp = errp };
    const enum json_tokener_error error = json_tokener_get_error(tokener);
    const char *at = from_ascii(text, json_tokener_get_parse_end(tokener));

    if (error == json_tokener_continue || error == json_tokener_error_parse_eof) {
        return error_at(&scan, at, "the text ends too early");
    }
    return error_at(&scan, at, "%s", json_tokener_error_desc(error));
}

json_object *json_parse_within(const char *text, size_t max_length, int max_depth, Error **errp)
{
    const size_t length = strnlen(text, max_length + 1);
    g_autoptr(GString) ascii = NULL;
    struct json_tokener *tokener;
    json_object *value;
    guint deepest = 0;

    if (length > max_length) {
        return error_setg_null(errp, "the JSON text is longer than %zu bytes", max_length);
    }
    if (!g_utf8_validate(text, length, NULL)) {
        return error_setg_null(errp, "the JSON text is not valid UTF-8");
    }
    if (!text_scan(text, max_depth, &deepest, errp)) {
        return NULL;
    }
    ascii = to_ascii(text);
    /* json-c counts the values in the innermost list as one more level. */
    tokener = json_tokener_new_ex((int)deepest + 1);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    /* With its NUL, so that json-c knows that the text ends here. */
    value = json_tokener_parse_ex(tokener, ascii->str, ascii->len + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success) {
        value = tokener_error(tokener, text, errp);
    } else if (!value) {
        value = error_setg_null(errp, "the JSON text is just 'null', which is not a value here");
    }
    json_tokener_free(tokener);
    return value;
}

json_object *json_parse(const char *text, Error **errp)
{
    return json_parse_within(text, JSON_MAX_LENGTH, JSON_MAX_DEPTH, errp);
}

char *json_to_lines(json_object *json)
{
    return g_strconcat(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY |
                                                                JSON_C_TO_STRING_SPACED |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE),
                       "\n", NULL);
}
