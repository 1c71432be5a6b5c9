/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/near-miss.h"
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define LONGEST 64

static char fold(char c)
{
    return c == '_' ? '-' : g_ascii_tolower(c);
}

static bool are_swapped(const char *a, const char *b)
{
    return fold(a[0]) == fold(b[1]) && fold(a[1]) == fold(b[0]);
}

/* Levenshtein's distance, in which two neighbours that are swapped count as one edit, too. Of its table, the
 * last three rows are kept. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1], length = strlen(b), i, j;

    for (j = 0; j <= length; j++) {
        rows[0][j] = j;
    }
    for (i = 1; a[i - 1]; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        row[0] = i;
        for (j = 1; j <= length; j++) {
            row[j] = MIN(above[j - 1] + (fold(a[i - 1]) != fold(b[j - 1])), MIN(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && are_swapped(a + i - 2, b + j - 2)) {
                row[j] = MIN(row[j], before[j - 2] + 1);
            }
        }
    }
    return rows[(i - 1) % 3][length];
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
