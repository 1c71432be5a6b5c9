/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/builtins.h"
#include "confidential/confidential-guest-support.h"
#include "qapi-builtins.h"

static void *register_types(void *opaque G_GNUC_UNUSED)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES };

    /* A program that brings types of its own has registered these, too, and extended the machines. */
    if (type_register_all(types, G_N_ELEMENTS(types))) {
        confidential_guest_extend_machines();
    }
    return NULL;
}

void builtins_init(void)
{
    static GOnce once = G_ONCE_INIT;

    g_once(&once, register_types, NULL);
}
