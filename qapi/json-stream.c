/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Finds where a value ends, byte by byte, and leaves it to json_parse_within() whether it is one.
 */
#include "qapi/json-stream.h"
#include <string.h>

#define KEPT_LENGTH (64 * 1024)

typedef enum State {
    BETWEEN, /* before a value, or between the tokens of one */
    WORD,    /* in a number or a name */
    STRING,
    ESCAPE, /* behind the backslash in a string */
    LOST,   /* after a byte that has no place in JSON */
} State;

struct JsonStream {
    State state;
    GString *text;     /* what has arrived of the value, with all quotation marks double */
    GString *open;     /* the brackets that are open, outermost first */
    size_t skipped;    /* brackets that are open in what is skipped */
    size_t n_values;   /* strings, words, lists and objects in @text */
    char quote;        /* which one ends the string */
    bool is_too_large; /* the value was refused and is read to its end only */
};

JsonStream *json_stream_new(void)
{
    JsonStream *stream = g_new0(JsonStream, 1);

    stream->text = g_string_new(NULL);
    stream->open = g_string_new(NULL);
    return stream;
}

/* Forgets what was begun; the text may have held a secret. Room for a large value is not kept for the small
 * ones. */
static void reset(JsonStream *stream, State state)
{
    explicit_bzero(stream->text->str, stream->text->len);
    g_string_truncate(stream->text, 0);
    if (stream->text->allocated_len > KEPT_LENGTH) {
        g_string_free(stream->text, TRUE);
        stream->text = g_string_new(NULL);
    }
    g_string_truncate(stream->open, 0);
    stream->skipped = 0;
    stream->n_values = 0;
    stream->is_too_large = false;
    stream->state = state;
}

void json_stream_free(JsonStream *stream)
{
    if (!stream) {
        return;
    }
    reset(stream, BETWEEN);
    g_string_free(stream->text, TRUE);
    g_string_free(stream->open, TRUE);
    g_free(stream);
}

static bool is_control(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* Whether no text in UTF-8 has @p byte. */
static bool is_impossible(unsigned char byte)
{
    return byte == 0xc0 || byte == 0xc1 || byte >= 0xf5;
}

static bool is_word(unsigned char byte)
{
    return g_ascii_isalnum(byte) || (byte && strchr("+-._", byte));
}

static bool is_structural(unsigned char byte)
{
    return byte && strchr("[]{}:,", byte);
}

static JsonStreamResult fail(JsonStream *stream, State next, Error **errp, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* Of a value that was refused already, there is nothing more to say. */
static JsonStreamResult fail(JsonStream *stream, State next, Error **errp, const char *format, ...)
{
    const bool is_known = stream->is_too_large;
    g_autofree char *what = NULL;
    va_list ap;

    reset(stream, next);
    if (is_known) {
        return JSON_STREAM_MORE;
    }
    va_start(ap, format);
    what = g_strdup_vprintf(format, ap);
    va_end(ap);
    return error_setg(errp, "JSON: %s", what) ? JSON_STREAM_MORE : JSON_STREAM_ERROR;
}

static JsonStreamResult refuse_byte(JsonStream *stream, unsigned char byte, Error **errp)
{
    const char *where = stream->state == STRING || stream->state == ESCAPE ? "in a string" : "out of place";
    const char *advice = is_control(byte) ? "; it is to be written as an escape in a string" : "";

    if (byte > ' ' && byte < 0x7f) {
        return fail(stream, LOST, errp, "'%c' is %s", byte, where);
    }
    return fail(stream, LOST, errp, "the byte 0x%02x is %s%s", byte, where, advice);
}

/* Goes on in the same state, but keeps nothing until the value ends. */
static JsonStreamResult refuse_size(JsonStream *stream, Error **errp, const char *what, int limit)
{
    const State state = stream->state;
    const size_t depth = stream->open->len + stream->skipped;
    JsonStreamResult result = fail(stream, state, errp, "%s than %d; it is skipped to its end", what, limit);

    stream->is_too_large = true;
    stream->skipped = depth;
    return result;
}

static JsonStreamResult keep(JsonStream *stream, const char *bytes, Error **errp)
{
    if (stream->is_too_large) {
        return JSON_STREAM_MORE;
    }
    g_string_append(stream->text, bytes);
    if (stream->text->len > JSON_STREAM_MAX_LENGTH) {
        return refuse_size(stream, errp, "a value has more bytes", JSON_STREAM_MAX_LENGTH);
    }
    return JSON_STREAM_MORE;
}

static JsonStreamResult keep_byte(JsonStream *stream, char byte, Error **errp)
{
    return keep(stream, (const char[]){ byte, '\0' }, errp);
}

static bool is_inside(const JsonStream *stream)
{
    return stream->open->len + stream->skipped > 0;
}

/* Ends a token; with it the value, unless that is still open. */
static JsonStreamResult token_end(JsonStream *stream, json_object **ret_value, Error **errp)
{
    const bool is_known = stream->is_too_large;

    stream->state = BETWEEN;
    if (is_inside(stream)) {
        return JSON_STREAM_MORE;
    }
    *ret_value =
        is_known ? NULL
                 : json_parse_within(stream->text->str, JSON_STREAM_MAX_LENGTH, JSON_STREAM_MAX_DEPTH, errp);
    reset(stream, BETWEEN);
    return is_known ? JSON_STREAM_MORE : *ret_value ? JSON_STREAM_VALUE : JSON_STREAM_ERROR;
}

/* Keeps the last byte of a token, which ends even if that is the one too many. */
static JsonStreamResult keep_last(JsonStream *stream, char byte, json_object **ret_value, Error **errp)
{
    const JsonStreamResult kept = keep_byte(stream, byte, errp);
    const JsonStreamResult ended = token_end(stream, ret_value, errp);

    return kept == JSON_STREAM_MORE ? ended : kept;
}

/* Counts a value that starts with @p first. */
static JsonStreamResult value_start(JsonStream *stream, State state, char first, Error **errp)
{
    stream->state = state;
    if (!stream->is_too_large && ++stream->n_values > JSON_STREAM_MAX_VALUES) {
        return refuse_size(stream, errp, "a value has more values in it", JSON_STREAM_MAX_VALUES);
    }
    return keep_byte(stream, first, errp);
}

static JsonStreamResult bracket_open(JsonStream *stream, char bracket, Error **errp)
{
    if (stream->is_too_large) {
        stream->skipped++;
        return JSON_STREAM_MORE;
    }
    g_string_append_c(stream->open, bracket);
    if (stream->open->len > JSON_STREAM_MAX_DEPTH) {
        return refuse_size(stream, errp, "values are nested deeper", JSON_STREAM_MAX_DEPTH);
    }
    return value_start(stream, BETWEEN, bracket, errp);
}

static JsonStreamResult bracket_close(JsonStream *stream, char bracket, json_object **ret_value, Error **errp)
{
    const size_t depth = stream->open->len;

    if (stream->is_too_large) {
        stream->skipped -= stream->skipped > 0;
        return token_end(stream, ret_value, errp);
    }
    if (depth == 0 || stream->open->str[depth - 1] != (bracket == ']' ? '[' : '{')) {
        return fail(stream, BETWEEN, errp, "'%c' closes nothing that is open", bracket);
    }
    g_string_truncate(stream->open, depth - 1);
    return keep_last(stream, bracket, ret_value, errp);
}

static JsonStreamResult between_step(JsonStream *stream, char byte, json_object **ret_value, Error **errp)
{
    if (strchr(" \t\r\n", byte) && byte) {
        return is_inside(stream) ? keep_byte(stream, byte, errp) : JSON_STREAM_MORE;
    }
    switch (byte) {
    case '[':
    case '{':
        return bracket_open(stream, byte, errp);
    case ']':
    case '}':
        return bracket_close(stream, byte, ret_value, errp);
    case '"':
    case '\'':
        stream->quote = byte;
        return value_start(stream, STRING, '"', errp);
    case ',':
    case ':':
        return is_inside(stream) ? keep_byte(stream, byte, errp)
                                 : fail(stream, BETWEEN, errp, "'%c' is out of place", byte);
    default:
        return is_word(byte) ? value_start(stream, WORD, byte, errp) : refuse_byte(stream, byte, errp);
    }
}

static JsonStreamResult string_step(JsonStream *stream, char byte, json_object **ret_value, Error **errp)
{
    if (is_control(byte) || is_impossible(byte)) {
        return refuse_byte(stream, byte, errp);
    }
    if (byte == '\\') {
        stream->state = ESCAPE;
        return JSON_STREAM_MORE;
    }
    if (byte != stream->quote) {
        return byte == '"' ? keep(stream, "\\\"", errp) : keep_byte(stream, byte, errp);
    }
    return keep_last(stream, '"', ret_value, errp);
}

static JsonStreamResult escape_step(JsonStream *stream, char byte, Error **errp)
{
    if (is_control(byte) || is_impossible(byte)) {
        return refuse_byte(stream, byte, errp);
    }
    stream->state = STRING;
    return byte == '\'' ? keep_byte(stream, byte, errp)
                        : keep(stream, (const char[]){ '\\', byte, '\0' }, errp);
}

/* Sets @p used to whether @p byte is done with, or is to be read again in the state that now holds. */
static JsonStreamResult step(JsonStream *stream, char byte, bool *used, json_object **ret_value, Error **errp)
{
    const unsigned char value = byte;

    *used = true;
    switch (stream->state) {
    case BETWEEN:
        return between_step(stream, byte, ret_value, errp);
    case STRING:
        return string_step(stream, byte, ret_value, errp);
    case ESCAPE:
        return escape_step(stream, byte, errp);
    case WORD:
        if (is_word(byte)) {
            return keep_byte(stream, byte, errp);
        }
        *used = false;
        return token_end(stream, ret_value, errp);
    case LOST:
        if (is_control(value) || value >= 0xfe) {
            stream->state = BETWEEN;
        } else if (is_structural(value)) {
            *used = false;
            stream->state = BETWEEN;
        }
        return JSON_STREAM_MORE;
    }
    g_assert_not_reached();
}

JsonStreamResult json_stream_read(JsonStream *stream, const char **bytes, size_t *length,
                                  json_object **ret_value, Error **errp)
{
    JsonStreamResult result = JSON_STREAM_MORE;
    bool used;

    while (*length && result == JSON_STREAM_MORE) {
        result = step(stream, **bytes, &used, ret_value, errp);
        *bytes += used;
        *length -= used;
    }
    return result;
}
