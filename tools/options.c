/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/options.h"
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/vm.h"

static const Option options[] = {
#define ALONE false
#define VALUE true
#define SECTION(title)
#define OPTION(names, argument, values, verdict, text) { names, argument, values, OPTION_##verdict, text },
#include "tools/options.def"
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

/* Whether the `length` bytes at `text` match one of `patterns`, which are joined with |. */
static bool match_one(const char *patterns, const char *text, size_t length)
{
    char *word = strndup(text, length), *list = strdup(patterns);
    bool found = false;

    if (!word || !list) {
        abort();
    }
    for (char *rest = list, *pattern = strsep(&rest, "|"); pattern && !found; pattern = strsep(&rest, "|")) {
        found = fnmatch(pattern, word, FNM_NOESCAPE) == 0;
    }
    free(word);
    free(list);
    return found;
}

static bool match_all_parts(const char *patterns, const char *value)
{
    for (;;) {
        size_t length = strcspn(value, ",");
        if (!match_one(patterns, value, length)) {
            return false;
        }
        if (!value[length]) {
            return true;
        }
        value += length + 1;
    }
}

const Option *option_find(const char *name)
{
    for (int i = 0; i < N_OPTIONS; i++) {
        if (match_one(options[i].names, name, strlen(name))) {
            return &options[i];
        }
    }
    return NULL;
}

const Option *option_decide(const char *name, const char *value)
{
    for (int i = 0; i < N_OPTIONS; i++) {
        if (match_one(options[i].names, name, strlen(name)) &&
            (match_one(options[i].values, value, strlen(value)) ||
             match_all_parts(options[i].values, value))) {
            return &options[i];
        }
    }
    abort(); /* the last row of each option matches all values */
}

static bool is_listed(char **names, const char *name, size_t length)
{
    for (; *names; names++) {
        if (strlen(*names) == length && strncmp(*names, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The first names of those options of which some value has a verdict up to @last. */
static char **list_names(OptionVerdict last)
{
    char **names = calloc(N_OPTIONS + 1, sizeof(*names));

    for (int i = 0, n = 0; names && i < N_OPTIONS; i++) {
        size_t length = strcspn(options[i].names, "|");
        if (options[i].verdict <= last && !is_listed(names, options[i].names, length)) {
            names[n++] = strndup(options[i].names, length);
        }
    }
    if (!names) {
        abort();
    }
    return names;
}

char **option_names_new(void)
{
    return list_names(OPTION_WORKS);
}

void option_names_free(char **names)
{
    for (char **name = names; name && *name; name++) {
        free(*name);
    }
    free(names);
}

char *option_near_miss(const char *name)
{
    char **names = list_names(OPTION_ACCEPTED);
    const char *near = cgvm_near_miss(name, (const char *const *)names);
    char *text = near ? strdup(near) : NULL;

    if (near && !text) {
        abort();
    }
    option_names_free(names);
    return text;
}

const char *option_show(char *buffer, size_t size, const char *name, const char *value)
{
    int length =
        snprintf(buffer, size, *value ? "-%s %.60s%s" : "-%s", name, value, strlen(value) > 60 ? "..." : "");

    for (int i = 0; i < length && buffer[i]; i++) {
        unsigned char byte = buffer[i];
        if (byte < ' ' || byte >= 0x7f) {
            buffer[i] = '?';
        }
    }
    return buffer;
}
