/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/options.h"
#include <string.h>
#include "qapi/keyval.h"
#include "qapi/near-miss.h"

static void put(void *json)
{
    json_object_put(json);
}

void vm_options_init(VmOptions *options)
{
    options->objects = g_ptr_array_new_with_free_func(put);
    options->machine = json_object_new_object();
    options->given_by = json_object_new_object();
    options->accel = NULL;
}

void vm_options_clear(VmOptions *options)
{
    g_ptr_array_unref(options->objects);
    json_object_put(options->machine);
    json_object_put(options->given_by);
    json_object_put(options->accel);
}

static bool add_object(VmOptions *options, const char *text, Error **errp)
{
    json_object *keyval;

    if (*text == '{') {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "JSON is not supported; write TYPE,id=ID,PROPERTY=VALUE,...");
    }
    keyval = keyval_parse(text, "qom-type", NULL, errp);
    if (keyval) {
        g_ptr_array_add(options->objects, keyval);
    }
    return keyval != NULL;
}

/* QEMU takes `confidential_guest_support` for `confidential-guest-support`, for machines alone. */
static char *machine_key(const char *key)
{
    return g_strdelimit(g_strdup(key), "_", '-');
}

static bool add_machine(VmOptions *options, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = keyval_parse(text, "type", NULL, errp);

    if (!keyval) {
        return false;
    }
    json_object_object_foreach (keyval, key, value) {
        g_autofree char *folded = machine_key(key);
        json_object_object_add(options->machine, folded, json_object_get(value));
        json_object_object_del(options->given_by, folded);
    }
    return true;
}

static bool add_accel(VmOptions *options, const char *text, Error **errp)
{
    json_object *keyval = keyval_parse(text, "accel", NULL, errp);

    if (!keyval) {
        return false;
    }
    json_object_put(options->accel);
    options->accel = keyval;
    return true;
}

/* Options that are short for a property of the machine. */
static const struct {
    const char *option;
    const char *property;
    const char *implied; /* key of a bare value, NULL if the text is no keyval */
    const char *key;     /* the one key that is taken */
} shorthands[] = {
    { "cpu", "cpu-type", NULL, NULL },
    { "bios", "firmware", NULL, NULL },
    { "smp", "smp", "cpus", "cpus" },
    { "m", "memory", "size", "size" },
};

/* -m counts in MiB where no unit is given, as QEMU's does. */
static json_object *shorthand_value(const char *option, const char *text)
{
    bool bare = *text && text[strspn(text, "0123456789")] == '\0';
    g_autofree char *value = g_strconcat(text, bare && strcmp(option, "m") == 0 ? "M" : "", NULL);

    return json_object_new_string(value);
}

static void set_shorthand(VmOptions *options, size_t which, json_object *value)
{
    const char *property = shorthands[which].property;

    json_object_object_add(options->machine, property, value);
    json_object_object_add(options->given_by, property, json_object_new_string(shorthands[which].option));
}

static bool add_shorthand(VmOptions *options, size_t which, const char *text, Error **errp)
{
    const char *wanted = shorthands[which].key;
    g_autoptr(json_object) keyval = NULL;
    json_object *given;

    if (!wanted) {
        set_shorthand(options, which, json_object_new_string(text));
        return true;
    }
    keyval = keyval_parse(text, shorthands[which].implied, NULL, errp);
    if (!keyval) {
        return false;
    }
    json_object_object_foreach (keyval, key, value) {
        if (strcmp(key, wanted) != 0) {
            return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' is not supported; give '%s' alone", key,
                             wanted);
        }
    }
    if (json_object_object_get_ex(keyval, wanted, &given)) {
        set_shorthand(options, which,
                      shorthand_value(shorthands[which].option, json_object_get_string(given)));
    }
    return true;
}

static bool refuse_unknown(const char *name, Error **errp)
{
    static const char *const others[] = { "object", "machine", "accel" };
    g_autofree char *suggestion = NULL;
    NearMiss search = { .word = name };

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        near_miss_consider(&search, others[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(shorthands); i++) {
        near_miss_consider(&search, shorthands[i].option);
    }
    suggestion = near_miss_text(&search);
    return error_set(errp, CGVM_ERROR_NOT_FOUND, "there is no option '%s'%s", name, suggestion);
}

bool vm_options_add(VmOptions *options, const char *name, const char *text, Error **errp)
{
    bool (*add)(VmOptions *, const char *, Error **) = NULL;
    bool done;

    if (!*text) {
        return error_setg(errp, "-%s: the value is empty", name);
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        return error_setg(errp, "-%s: the value is not valid UTF-8", name);
    }
    add = strcmp(name, "object") == 0    ? add_object
          : strcmp(name, "machine") == 0 ? add_machine
          : strcmp(name, "accel") == 0   ? add_accel
                                         : NULL;
    if (add) {
        done = add(options, text, errp);
        return done || error_prepend(errp, "-%s: ", name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(shorthands); i++) {
        if (strcmp(name, shorthands[i].option) == 0) {
            done = add_shorthand(options, i, text, errp);
            return done || error_prepend(errp, "-%s: ", name);
        }
    }
    return refuse_unknown(name, errp);
}
