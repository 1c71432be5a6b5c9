/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The options of a machine before it is made: text, checked for form alone.
 */
#ifndef LIB_OPTIONS_H
#define LIB_OPTIONS_H

#include "qapi/error.h"
#include "qapi/json.h"

/** An object to be made: its properties with `qom-type` and `id`, from JSON or from what a user typed as
 * keys. */
typedef struct ObjectOption {
    json_object *props;
    bool from_json;
} ObjectOption;

typedef struct VmOptions {
    GPtrArray *objects;    /* ObjectOption *, in order */
    json_object *machine;  /* keyval of all -machine together, and of the options that are short for one */
    json_object *fixed;    /* what -machine says of properties that cannot be chosen: keyval of text */
    json_object *given_by; /* of each of the machine's keys: the option that has set it last */
    json_object *accel;    /* keyval of -accel, or NULL */
} VmOptions;

void vm_options_init(VmOptions *options);
void vm_options_clear(VmOptions *options);

/** See cgvm_vm_add_option(). */
bool vm_options_add(VmOptions *options, const char *name, const char *text, Error **errp);

#endif
