/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Properties of QEMU's machines that the machines here have no choice about: what they are may be said.
 */
#ifndef LIB_FIXED_PROPERTIES_H
#define LIB_FIXED_PROPERTIES_H

#include "qapi/error.h"

/** Whether @p name is such a property. */
bool fixed_property_exists(const char *name);

/** Whether @p value is what the property @p name, which exists, is on some machine anyway; NULL for anything
 * but text. */
bool fixed_property_check(const char *name, const char *value, Error **errp);

/** After it: whether that is so on the machine that users call @p machine. */
bool fixed_property_check_on(const char *machine, const char *name, const char *value, Error **errp);

#endif
