/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * keyval: the `key=value,key=value` text of command-line options.
 *
 * QEMU's syntax: pairs are separated by commas, a comma inside a value is written twice, and the first pair
 * may be a bare value if the option has an implied key (`-object sev-snp-guest,id=sev0`). Keys are letters,
 * digits, `-`, `_` and `.`; `_` and `-` are told apart. A key may appear once. `help` or `?` as a bare word
 * asks for help.
 */
#ifndef QAPI_KEYVAL_H
#define QAPI_KEYVAL_H

#include "qapi/error.h"
#include "qapi/json.h"

/** The longest text, in bytes, and the largest number of pairs that are accepted. */
#define KEYVAL_MAX_LENGTH (64 * 1024)
#define KEYVAL_MAX_PAIRS  256

/**
 * Parses @p text into a new JSON object whose values are all strings, in the order of the text.
 *
 * @p implied_key is the key of a bare first value, or NULL if there is none. @p want_help is set to whether
 * help was asked for; NULL refuses `help` like any other bare word. Fails with CGVM_ERROR_INVALID: an empty
 * or malformed key, a bare word, a key given twice, text that is too long or not UTF-8.
 */
json_object *keyval_parse(const char *text, const char *implied_key, bool *want_help, Error **errp);

#endif
