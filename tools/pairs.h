/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * KEY=VALUE pairs with commas between them, where ",," stands for a comma, of options that are about the
 * process.
 */
#ifndef TOOLS_PAIRS_H
#define TOOLS_PAIRS_H

/** Cuts the next pair off @p rest, whose text is changed; NULL at the end. */
char *pairs_cut(char **rest);

/** The value of @p pair if its key is @p key, or NULL. */
const char *pair_value(const char *pair, const char *key);

#endif
