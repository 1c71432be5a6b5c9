/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The table of options: which ones there are, whether they take a value, and what becomes of them.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum OptionVerdict {
    OPTION_WORKS,    /* does what QEMU's does */
    OPTION_ACCEPTED, /* has no effect */
    OPTION_REFUSED,
} OptionVerdict;

/** A row of options.def. */
typedef struct Option {
    const char *names;
    bool has_value;
    const char *values;
    OptionVerdict verdict;
    const char *text; /* of a refusal: the reason, and what to do instead */
} Option;

/** A row of the option called @p name, without its dashes, or NULL: it says whether a value follows. */
const Option *option_find(const char *name);

/** The row that decides what becomes of the option @p name, which exists, with @p value; "" if it takes none.
 */
const Option *option_decide(const char *name, const char *value);

/**
 * The names of all options that have an effect, without dashes; ends with NULL. Of an option with several
 * names, the first. To be freed with option_names_free().
 */
char **option_names_new(void);
/** Frees @p names; NULL is allowed. */
void option_names_free(char **names);

/** The option that was probably meant, and is not refused, by @p name, which is none, or NULL. To be freed
 * with free(). */
char *option_near_miss(const char *name);

/** Writes into @p buffer how a message shows an option with its value: on one line, and not in full length.
 */
const char *option_show(char *buffer, size_t size, const char *name, const char *value);

#endif
