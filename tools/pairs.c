/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/pairs.h"
#include <stddef.h>
#include <string.h>

char *pairs_cut(char **rest)
{
    char *start = *rest, *to = start, *from = start;

    if (!start || !*start) {
        return NULL;
    }
    while (*from && (from[0] != ',' || from[1] == ',')) {
        from += *from == ',';
        *to++ = *from++;
    }
    *rest = *from ? from + 1 : NULL;
    *to = '\0';
    return start;
}

const char *pair_value(const char *pair, const char *key)
{
    size_t length = strlen(key);

    return strncmp(pair, key, length) == 0 && pair[length] == '=' ? pair + length + 1 : NULL;
}
