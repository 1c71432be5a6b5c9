/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * json-c, with g_autoptr(json_object).
 */
#ifndef QAPI_JSON_H
#define QAPI_JSON_H

#include <glib.h>
#include <json-c/json.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

#endif
