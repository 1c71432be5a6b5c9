/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgvm/bytes.h"
#include <glib.h>

char *cgvm_base64(CgvmBytes bytes)
{
    return g_base64_encode(bytes.data, bytes.size);
}

void cgvm_string_free(char *string)
{
    g_free(string);
}

void cgvm_bytes_free(uint8_t *bytes)
{
    g_free(bytes);
}
