/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#include "qapi-commands.h"

static const QmpCommand qapi_commands[] = {
    {
        .name = "query-nothing",
        .handler = qmp_query_nothing,
    },
    {
        .name = "query_one",
        .arguments = &QueryOneArguments_fields,
        .handler = qmp_query_one,
    },
    {
        .name = "query-things",
        .arguments = &Thing_fields,
        .handler = qmp_query_things,
    },
    {
        .name = "query-color",
        .handler = qmp_query_color,
    },
    {
        .name = "query-sizes",
        .handler = qmp_query_sizes,
    },
    {
        .name = "query-any",
        .handler = qmp_query_any,
    },
    {
        .name = "make",
        .arguments = &MakeArguments_fields,
        .open = true,
        .handler = qmp_make,
    },
};

const QmpEvent qapi_events[QAPI_EVENT__COUNT] = {
    [QAPI_EVENT_CHANGED] = {
        .name = "CHANGED",
    },
    [QAPI_EVENT_COLOR_CHANGED] = {
        .name = "COLOR_CHANGED",
        .data = &ColorChangedData_fields,
    },
    [QAPI_EVENT_THING_2_CHANGED] = {
        .name = "THING_2_CHANGED",
        .data = &Thing_fields,
    },
};

static const char qapi_introspection[] =
    "["
    "{\"name\": \"query-nothing\", \"meta-type\": \"command\", \"arg-type\": \"0\", \"ret-type\": \"0\"},"
    "{\"name\": \"query_one\", \"meta-type\": \"command\", \"arg-type\": \"1\", \"ret-type\": \"2\"},"
    "{\"name\": \"query-things\", \"meta-type\": \"command\", \"arg-type\": \"2\", \"ret-type\": \"[2]\"},"
    "{\"name\": \"query-color\", \"meta-type\": \"command\", \"arg-type\": \"0\", \"ret-type\": \"3\"},"
    "{\"name\": \"query-sizes\", \"meta-type\": \"command\", \"arg-type\": \"0\", \"ret-type\": \"[int]\"},"
    "{\"name\": \"query-any\", \"meta-type\": \"command\", \"arg-type\": \"0\", \"ret-type\": \"any\"},"
    "{\"name\": \"make\", \"meta-type\": \"command\", \"arg-type\": \"4\", \"ret-type\": \"0\"},"
    "{\"name\": \"CHANGED\", \"meta-type\": \"event\", \"arg-type\": \"0\"},"
    "{\"name\": \"COLOR_CHANGED\", \"meta-type\": \"event\", \"arg-type\": \"8\"},"
    "{\"name\": \"THING_2_CHANGED\", \"meta-type\": \"event\", \"arg-type\": \"2\"},"
    "{\"name\": \"0\", \"meta-type\": \"object\", \"members\": []},"
    "{\"name\": \"1\", \"meta-type\": \"object\", \"members\": [{\"name\": \"name\", \"type\": \"str\"}, {\"name\": \"maybe\", \"type\": \"bool\", \"default\": null}, {\"name\": \"many\", \"type\": \"[2]\"}, {\"name\": \"number\", \"type\": \"int\", \"default\": null}, {\"name\": \"seal\", \"type\": \"str\", \"default\": null}]},"
    "{\"name\": \"str\", \"meta-type\": \"builtin\", \"json-type\": \"string\"},"
    "{\"name\": \"bool\", \"meta-type\": \"builtin\", \"json-type\": \"boolean\"},"
    "{\"name\": \"2\", \"meta-type\": \"object\", \"members\": [{\"name\": \"colors\", \"type\": \"[3]\"}, {\"name\": \"extra\", \"type\": \"any\", \"default\": null}]},"
    "{\"name\": \"3\", \"meta-type\": \"enum\", \"members\": [{\"name\": \"red\"}, {\"name\": \"green\"}], \"values\": [\"red\", \"green\"]},"
    "{\"name\": \"[3]\", \"meta-type\": \"array\", \"element-type\": \"3\"},"
    "{\"name\": \"any\", \"meta-type\": \"builtin\", \"json-type\": \"value\"},"
    "{\"name\": \"[2]\", \"meta-type\": \"array\", \"element-type\": \"2\"},"
    "{\"name\": \"int\", \"meta-type\": \"builtin\", \"json-type\": \"int\"},"
    "{\"name\": \"[int]\", \"meta-type\": \"array\", \"element-type\": \"int\"},"
    "{\"name\": \"4\", \"meta-type\": \"object\", \"members\": [{\"name\": \"type\", \"type\": \"5\"}, {\"name\": \"name\", \"type\": \"str\"}], \"tag\": \"type\", \"variants\": [{\"case\": \"round-widget\", \"type\": \"6\"}, {\"case\": \"plain-widget\", \"type\": \"7\"}, {\"case\": \"bare\", \"type\": \"0\"}]},"
    "{\"name\": \"5\", \"meta-type\": \"enum\", \"members\": [{\"name\": \"round-widget\"}, {\"name\": \"plain-widget\"}, {\"name\": \"bare\"}], \"values\": [\"round-widget\", \"plain-widget\", \"bare\"]},"
    "{\"name\": \"6\", \"meta-type\": \"object\", \"members\": [{\"name\": \"color\", \"type\": \"3\", \"default\": null}, {\"name\": \"radius\", \"type\": \"int\"}]},"
    "{\"name\": \"7\", \"meta-type\": \"object\", \"members\": [{\"name\": \"color\", \"type\": \"3\", \"default\": null}]},"
    "{\"name\": \"8\", \"meta-type\": \"object\", \"members\": [{\"name\": \"color\", \"type\": \"3\"}]}]";

const QmpSchema qapi_schema = {
    .commands = qapi_commands,
    .n_commands = 7,
    .events = qapi_events,
    .n_events = 3,
    .introspection = qapi_introspection,
};
