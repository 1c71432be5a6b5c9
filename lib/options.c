/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/options.h"
#include <string.h>
#include "lib/fixed-properties.h"
#include "qapi/keyval.h"
#include "qapi/near-miss.h"

static void object_option_free(void *opaque)
{
    ObjectOption *option = opaque;

    json_object_put(option->props);
    g_free(option);
}

void vm_options_init(VmOptions *options)
{
    options->objects = g_ptr_array_new_with_free_func(object_option_free);
    options->machine = json_object_new_object();
    options->fixed = json_object_new_object();
    options->given_by = json_object_new_object();
    options->accel = NULL;
}

void vm_options_clear(VmOptions *options)
{
    g_ptr_array_unref(options->objects);
    json_object_put(options->machine);
    json_object_put(options->fixed);
    json_object_put(options->given_by);
    json_object_put(options->accel);
}

static bool add_object(VmOptions *options, const char *text, Error **errp)
{
    bool from_json = *text == '{';
    json_object *props = from_json ? json_parse(text, errp) : keyval_parse(text, "qom-type", NULL, errp);
    ObjectOption *option;

    if (!props) {
        return false;
    }
    option = g_new0(ObjectOption, 1);
    option->props = props;
    option->from_json = from_json;
    g_ptr_array_add(options->objects, option);
    return true;
}

/* ---- the accelerator ---- */

static const char *text_at(json_object *keyval, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(keyval, key, &value) ? json_object_get_string(value) : NULL;
}

/* -accel and another option may both name the accelerator, as long as it is the same one. */
static bool check_accel(const char *name, const char *other, const char *option, Error **errp)
{
    if (other && strcmp(name, other) != 0) {
        return error_setg(errp, "the accelerator is '%s' here, but '%s' with -%s; give it once", name, other,
                          option);
    }
    return true;
}

static const char *default_accel(const char *name)
{
    return name ? name : "kvm";
}

static bool add_accel(VmOptions *options, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = keyval_parse(text, "accel", NULL, errp);

    if (!keyval || !check_accel(default_accel(text_at(keyval, "accel")), text_at(options->machine, "accel"),
                                text_at(options->given_by, "accel"), errp)) {
        return false;
    }
    json_object_put(options->accel);
    options->accel = g_steal_pointer(&keyval);
    return true;
}

/* What -machine accel= or an option that is short for it has named. */
static bool check_machine_accel(const VmOptions *options, const char *name, const char *option, Error **errp)
{
    const char *given_by = text_at(options->given_by, "accel");

    if (options->accel &&
        !check_accel(name, default_accel(text_at(options->accel, "accel")), "accel", errp)) {
        return false;
    }
    return !given_by || strcmp(given_by, option) == 0 ||
           check_accel(name, text_at(options->machine, "accel"), given_by, errp);
}

/* ---- the machine ---- */

static bool machine_merge(VmOptions *options, json_object *keyval, const char *option, Error **errp)
{
    if (!keyval_merge(options->machine, keyval, errp)) {
        return false;
    }
    json_object_object_foreach (keyval, key, value) {
        (void)value;
        json_object_object_add(options->given_by, key, json_object_new_string(option));
    }
    return true;
}

static bool add_machine(VmOptions *options, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = keyval_parse(text, "type", NULL, errp), folded = NULL;

    if (!keyval) {
        return false;
    }
    folded = json_object_new_object();
    json_object_object_foreach (keyval, key, value) {
        /* QEMU takes `confidential_guest_support` for `confidential-guest-support`, for machines alone. */
        g_autofree char *name = g_strdelimit(g_strdup(key), "_", '-');

        const char *word =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

        if (fixed_property_exists(name)) {
            if (!fixed_property_check(name, word, errp)) {
                return false;
            }
            json_object_object_add(options->fixed, name, json_object_new_string(word));
            continue;
        }
        if (strcmp(name, "accel") == 0 &&
            !check_machine_accel(options, json_object_get_string(value), "machine", errp)) {
            return false;
        }
        json_object_object_add(folded, name, json_object_get(value));
    }
    return machine_merge(options, folded, "machine", errp);
}

static bool add_enable_kvm(VmOptions *options, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = NULL;

    if (strcmp(text, "on") != 0) {
        return error_setg(errp, "it is an option without a value");
    }
    if (!check_machine_accel(options, "kvm", "enable-kvm", errp)) {
        return false;
    }
    keyval = json_object_new_object();
    json_object_object_add(keyval, "accel", json_object_new_string("kvm"));
    return machine_merge(options, keyval, "enable-kvm", errp);
}

/** An option that is short for a property of the machine. */
typedef struct Shorthand {
    const char *option;
    const char *property;
    const char *implied; /* the key of a bare value */
    /** Keys of the option that the property has under another name. */
    const char *renamed[2];
    bool has_keys; /* as it has with `implied`; without either, the text is the value */
    bool may_be_empty;
} Shorthand;

static const Shorthand shorthands[] = {
    { .option = "cpu", .property = "cpu-type" },
    { .option = "bios", .property = "firmware" },
    { .option = "kernel", .property = "kernel" },
    { .option = "initrd", .property = "initrd" },
    { .option = "append", .property = "append", .may_be_empty = true },
    { .option = "name", .property = "guest-name", .may_be_empty = true },
    { .option = "uuid", .property = "uuid" },
    { .option = "smp", .property = "smp", .implied = "cpus" },
    { .option = "rtc", .property = "clock", .has_keys = true },
    { .option = "m", .property = "memory", .implied = "size", .renamed = { "maxmem", "max-size" } },
};

/* -m counts in MiB where no unit is given, as QEMU's does. */
static json_object *shorthand_value(const Shorthand *shorthand, const char *key, json_object *value)
{
    const char *text = json_object_get_string(value);
    bool is_size = strcmp(shorthand->option, "m") == 0 && strcmp(key, "slots") != 0;
    g_autofree char *in_mib = NULL;

    if (!json_object_is_type(value, json_type_string) || !is_size || !*text ||
        text[strspn(text, "0123456789")]) {
        return json_object_get(value);
    }
    in_mib = g_strconcat(text, "M", NULL);
    return json_object_new_string(in_mib);
}

static json_object *shorthand_parse(const Shorthand *shorthand, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = NULL, result = NULL;

    if (!shorthand->implied && !shorthand->has_keys) {
        return json_object_new_string(text);
    }
    keyval = keyval_parse(text, shorthand->implied, NULL, errp);
    if (!keyval) {
        return NULL;
    }
    result = json_object_new_object();
    json_object_object_foreach (keyval, key, value) {
        bool renamed = shorthand->renamed[0] && strcmp(key, shorthand->renamed[0]) == 0;
        json_object_object_add(result, renamed ? shorthand->renamed[1] : key,
                               shorthand_value(shorthand, key, value));
    }
    return g_steal_pointer(&result);
}

static bool add_shorthand(VmOptions *options, const Shorthand *shorthand, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = json_object_new_object();
    json_object *value = shorthand_parse(shorthand, text, errp);

    if (!value) {
        return false;
    }
    json_object_object_add(keyval, shorthand->property, value);
    return machine_merge(options, keyval, shorthand->option, errp);
}

static const Shorthand *shorthand_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(shorthands); i++) {
        if (strcmp(name, shorthands[i].option) == 0) {
            return &shorthands[i];
        }
    }
    return NULL;
}

/* ---- all of them ---- */

static const struct {
    const char *option;
    bool (*add)(VmOptions *options, const char *text, Error **errp);
} others[] = {
    { "object", add_object }, { "machine", add_machine },       { "M", add_machine },
    { "accel", add_accel },   { "enable-kvm", add_enable_kvm },
};

static bool refuse_unknown(const char *name, Error **errp)
{
    g_autofree char *suggestion = NULL;
    NearMiss search = { .word = name };

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        near_miss_consider(&search, others[i].option);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(shorthands); i++) {
        near_miss_consider(&search, shorthands[i].option);
    }
    suggestion = near_miss_text(&search);
    return error_set(errp, CGVM_ERROR_NOT_FOUND, "there is no option '%s'%s", name, suggestion);
}

static bool check_text(const char *text, bool may_be_empty, Error **errp)
{
    if (!*text && !may_be_empty) {
        return error_setg(errp, "the value is empty");
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        return error_setg(errp, "the value is not valid UTF-8");
    }
    return true;
}

bool vm_options_add(VmOptions *options, const char *name, const char *text, Error **errp)
{
    const Shorthand *shorthand = shorthand_find(name);
    bool (*add)(VmOptions *, const char *, Error **) = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(others) && !add; i++) {
        add = strcmp(name, others[i].option) == 0 ? others[i].add : NULL;
    }
    if (!shorthand && !add) {
        return refuse_unknown(name, errp);
    }
    return (check_text(text, shorthand && shorthand->may_be_empty, errp) &&
            (shorthand ? add_shorthand(options, shorthand, text, errp) : add(options, text, errp))) ||
           error_prepend(errp, "-%s: ", name);
}
