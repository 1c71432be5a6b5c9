/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "cgvm/vm.h"
#include "hw/machine.h"
#include "lib/builtins.h"
#include "qom/user-creatable.h"

static void append_accel(ObjectClass *oc, void *opaque)
{
    const char *type = object_class_get_name(oc);
    const AccelClass *ac = OBJECT_CLASS_CHECK(AccelClass, oc, TYPE_ACCEL);

    g_string_append_printf(opaque, "%-6.*s %s\n", (int)(strlen(type) - strlen("-accel")), type,
                           ac->description);
}

static char *accel_help(void)
{
    GString *text = g_string_new("Accelerators supported:\n");

    object_class_foreach(append_accel, TYPE_ACCEL, false, text);
    return g_string_free(text, FALSE);
}

static void append_cpu_help(ObjectClass *oc, void *opaque)
{
    char **text = opaque;

    if (!*text && MACHINE_CLASS(oc)->cpu_help) {
        *text = MACHINE_CLASS(oc)->cpu_help();
    }
}

static char *cpu_help(void)
{
    char *text = NULL;

    object_class_foreach(append_cpu_help, TYPE_MACHINE, false, &text);
    return text;
}

char *cgvm_help(const char *topic, CgvmError **error)
{
    const char *type = g_str_has_prefix(topic, "object ") ? topic + strlen("object ") : NULL;

    builtins_init();
    if (type) {
        ObjectClass *oc = user_creatable_class(type, error);
        return oc ? user_creatable_class_help(oc) : NULL;
    }
    if (strcmp(topic, "object") == 0) {
        return user_creatable_list_help();
    }
    if (strcmp(topic, "machine") == 0) {
        return machine_list_help();
    }
    if (strcmp(topic, "accel") == 0) {
        return accel_help();
    }
    if (strcmp(topic, "cpu") == 0) {
        return cpu_help();
    }
    return error_set_null(error, CGVM_ERROR_NOT_FOUND, "there is no help for '%s'", topic);
}
