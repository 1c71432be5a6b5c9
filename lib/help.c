/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "cgvm/vm.h"
#include "hw/machine.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "qapi/near-miss.h"
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

/** What was printed so far, and by which functions: machines of an architecture have one. */
typedef struct CpuHelp {
    GString *text;
    GPtrArray *functions;
} CpuHelp;

static void append_cpu_help(ObjectClass *oc, void *opaque)
{
    CpuHelp *help = opaque;
    char *(*function)(void) = MACHINE_CLASS(oc)->cpu_help;
    g_autofree char *text = NULL;

    if (!function || g_ptr_array_find(help->functions, (const void *)function, NULL)) {
        return;
    }
    g_ptr_array_add(help->functions, (void *)function);
    text = function();
    g_string_append_printf(help->text, "%s%s", help->text->len ? "\n" : "", text);
}

static char *cpu_help(void)
{
    g_autoptr(GPtrArray) functions = g_ptr_array_new();
    CpuHelp help = { .text = g_string_new(NULL), .functions = functions };

    object_class_foreach(append_cpu_help, TYPE_MACHINE, false, &help);
    return g_string_free(help.text, FALSE);
}

/* The properties of the one thing that @p topic names behind its kind; "object" alone has none. */
static char *property_help(const char *kind, const char *name, CgvmError **error)
{
    ObjectClass *oc = NULL;

    if (strcmp(kind, "object") == 0) {
        oc = user_creatable_class(name, error);
    } else if (strcmp(kind, "machine") == 0) {
        oc = (ObjectClass *)machine_class_find(name, error);
    } else {
        g_autofree char *type = g_strconcat(name, "-accel", NULL);
        oc = object_class_dynamic_cast(object_class_by_name(type), TYPE_ACCEL);
        if (!oc) {
            return error_set_null(error, CGVM_ERROR_NOT_FOUND,
                                  "there is no accelerator '%s'; '-accel help' lists them", name);
        }
    }
    return oc ? user_creatable_class_help(oc) : NULL;
}

char *cgvm_help(const char *topic, CgvmError **error)
{
    g_auto(GStrv) words = g_strsplit(topic ? topic : "", " ", 2);
    static const struct {
        const char *kind;
        char *(*list)(void);
        bool has_properties;
    } topics[] = {
        { "object", user_creatable_list_help, true },
        { "machine", machine_list_help, true },
        { "accel", accel_help, true },
        { "cpu", cpu_help, false },
    };

    if (!argument_given(topic, "topic", error)) {
        return NULL;
    }
    builtins_init();
    for (size_t i = 0; i < G_N_ELEMENTS(topics) && words[0]; i++) {
        if (strcmp(words[0], topics[i].kind) == 0 && !words[1]) {
            return topics[i].list();
        }
        if (strcmp(words[0], topics[i].kind) == 0 && topics[i].has_properties) {
            return property_help(words[0], words[1], error);
        }
    }
    return error_set_null(error, CGVM_ERROR_NOT_FOUND, "there is no help for '%s'", topic);
}

const char *cgvm_near_miss(const char *word, const char *const *names)
{
    NearMiss search = { .word = word };

    for (; *names; names++) {
        near_miss_consider(&search, *names);
    }
    return search.best;
}
