/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * "Did you mean …?": the best of several names for one that was mistyped.
 */
#ifndef QAPI_NEAR_MISS_H
#define QAPI_NEAR_MISS_H

#include <stddef.h>

/** A search under way. Start with `{ .word = WORD }`; `best` is NULL until something is near enough. */
typedef struct NearMiss {
    const char *word;
    const char *best; /* borrowed from the caller of near_miss_consider() */
    size_t distance;
} NearMiss;

/**
 * Considers @p candidate, whose memory must outlive the search: near enough is a third of the word's length
 * in edits: a letter is missing, is one too many or another one, or two are swapped. `_` and `-` count as the
 * same letter, and a word that occurs in a candidate, or the other way round, is near.
 */
void near_miss_consider(NearMiss *search, const char *candidate);

/** The text `; did you mean 'BEST'?`, or an empty string. To be freed. */
char *near_miss_text(const NearMiss *search);

#endif
