/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * keyval: the `key=value,key=value` text of command-line options.
 *
 * QEMU's syntax: pairs are separated by commas, a comma inside a value is written twice, and the first pair
 * may be a bare value if the option has an implied key (`-object sev-snp-guest,id=sev0`). `help` or `?` as a
 * bare word asks for help.
 *
 * A key is one or more parts with a dot between them. A part is a name (letters, digits, `-` and `_`,
 * starting with a letter; `_` and `-` are told apart) or, from the second on, the number of a list's element,
 * in decimal without leading zeros. Dots make nested objects and numbers make lists:
 *
 *     smp.cpus=4,ports.0=80,ports.1=443   ->   { "smp": { "cpus": "4" }, "ports": [ "80", "443" ] }
 *
 * A key may appear once, and its use must agree with that of the others: a value has no members, a list has
 * no named ones, and the elements of a list are numbered from 0 without a gap, in any order.
 */
#ifndef QAPI_KEYVAL_H
#define QAPI_KEYVAL_H

#include "qapi/error.h"
#include "qapi/json.h"

/** The longest text, in bytes; the largest number of pairs, of parts of a key and of elements of a list. */
#define KEYVAL_MAX_LENGTH   (64 * 1024)
#define KEYVAL_MAX_PAIRS    256
#define KEYVAL_MAX_DEPTH    8
#define KEYVAL_MAX_ELEMENTS 256

/**
 * Parses @p text into a new JSON object in the order of the text. Its values are strings, objects and lists;
 * no object and no list in it is empty.
 *
 * @p implied_key is the key of a bare first value, or NULL if there is none. @p want_help is set to whether
 * help was asked for; NULL refuses `help` like any other bare word.
 *
 * Fails with CGVM_ERROR_INVALID: an empty or malformed key, a bare word, a key given twice, keys that
 * contradict each other, a list with a gap, more than the limits allow, text that is not UTF-8. The message
 * names the key. Fails with CGVM_ERROR_UNSUPPORTED for a bare first value that starts with `@`, which
 * elsewhere reads options from a file.
 */
json_object *keyval_parse(const char *text, const char *implied_key, bool *want_help, Error **errp);

/**
 * Merges @p from, the keyval of a later option, into @p into, that of the earlier ones: a value replaces the
 * earlier one, the members of an object are merged one by one, the elements of a list are appended. What
 * @p into takes over is copied; @p from is only read and must be another object.
 *
 * Fails with CGVM_ERROR_INVALID and leaves @p into as it was: a key that is a value, an object or a list in
 * one and something else in the other, a list that gets more than KEYVAL_MAX_ELEMENTS elements. The message
 * names the key.
 */
bool keyval_merge(json_object *into, json_object *from, Error **errp);

#endif
