/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/near-miss.h"
#include <glib.h>
#include <string.h>

#define LONGEST 64

static char fold(char c)
{
    return c == '_' ? '-' : g_ascii_tolower(c);
}

/* Levenshtein's distance, one row at a time. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], length = strlen(b);

    for (size_t j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];
            size_t replaced = diagonal + (fold(a[i]) != fold(b[j - 1]));

            row[j] = MIN(replaced, MIN(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[length];
}

void near_miss_consider(NearMiss *search, const char *candidate)
{
    size_t word = strlen(search->word), length = strlen(candidate);
    size_t distance, allowed = MAX(word / 3, 1);

    if (word < 2 || word > LONGEST || length > LONGEST) {
        return;
    }
    distance = edit_distance(search->word, candidate);
    if (distance > allowed && word >= 4 && length >= 4 &&
        (strstr(candidate, search->word) || strstr(search->word, candidate))) {
        distance = allowed;
    }
    if (distance <= allowed && (!search->best || distance < search->distance)) {
        search->best = candidate;
        search->distance = distance;
    }
}

char *near_miss_text(const NearMiss *search)
{
    return search->best ? g_strdup_printf("; did you mean '%s'?", search->best) : g_strdup("");
}
