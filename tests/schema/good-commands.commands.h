/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_COMMANDS_H
#define QAPI_COMMANDS_H

#include "qapi/qmp-command.h"
#include "qapi-types.h"

/** Neither takes nor returns anything. */
QmpHandler qmp_query_nothing;

/** An argument of each kind, inline, and a struct in return. */
QmpHandler qmp_query_one;

/** The members of a struct as arguments, a list in return. */
QmpHandler qmp_query_things;

/** An enum in return. */
QmpHandler qmp_query_color;

/** A list of a built-in type in return. */
QmpHandler qmp_query_sizes;

/** Anything in return. */
QmpHandler qmp_query_any;

/** Takes the properties of a type, too. */
QmpHandler qmp_make;

/** Where each event is in qapi_events. */
enum {
    QAPI_EVENT_CHANGED, /* An event without data. */
    QAPI_EVENT_COLOR_CHANGED, /* An event with data of its own. */
    QAPI_EVENT_THING_2_CHANGED, /* An event with a struct. */
};

#define QAPI_EVENT__COUNT 3

extern const QmpEvent qapi_events[QAPI_EVENT__COUNT];

/** All commands and events, and what they say about themselves. */
extern const QmpSchema qapi_schema;

#endif
