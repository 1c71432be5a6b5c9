/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object model beside GObject: make an object, set and get a number, a string and a boolean by name,
 * destroy it. Prints one line for each, and the ratio. Asserts no times.
 */
#include <glib-object.h>
#include <stdio.h>
#include "qapi-builtins.h"
#include "qom/object.h"

#define ROUNDS  100000
#define REPEATS 5

/* ---- GObject ---- */

typedef struct PeerObject {
    GObject parent;
    gboolean flag;
    guint number;
    char *text;
} PeerObject;

typedef struct PeerObjectClass {
    GObjectClass parent;
} PeerObjectClass;

GType peer_object_get_type(void);
G_DEFINE_TYPE(PeerObject, peer_object, G_TYPE_OBJECT)

enum { PROP_FLAG = 1, PROP_NUMBER, PROP_TEXT };

static void peer_set(GObject *obj, guint id, const GValue *value, GParamSpec *spec G_GNUC_UNUSED)
{
    PeerObject *peer = (PeerObject *)obj;

    switch (id) {
    case PROP_FLAG:
        peer->flag = g_value_get_boolean(value);
        break;
    case PROP_NUMBER:
        peer->number = g_value_get_uint(value);
        break;
    default:
        g_free(peer->text);
        peer->text = g_value_dup_string(value);
    }
}

static void peer_get(GObject *obj, guint id, GValue *value, GParamSpec *spec G_GNUC_UNUSED)
{
    PeerObject *peer = (PeerObject *)obj;

    switch (id) {
    case PROP_FLAG:
        g_value_set_boolean(value, peer->flag);
        break;
    case PROP_NUMBER:
        g_value_set_uint(value, peer->number);
        break;
    default:
        g_value_set_string(value, peer->text);
    }
}

static void peer_finalize(GObject *obj)
{
    g_free(((PeerObject *)obj)->text);
    G_OBJECT_CLASS(peer_object_parent_class)->finalize(obj);
}

static void peer_object_class_init(PeerObjectClass *klass)
{
    GObjectClass *oc = G_OBJECT_CLASS(klass);

    oc->set_property = peer_set;
    oc->get_property = peer_get;
    oc->finalize = peer_finalize;
    g_object_class_install_property(oc, PROP_FLAG,
                                    g_param_spec_boolean("flag", "", "", FALSE, G_PARAM_READWRITE));
    g_object_class_install_property(oc, PROP_NUMBER,
                                    g_param_spec_uint("number", "", "", 0, 1000000, 1, G_PARAM_READWRITE));
    g_object_class_install_property(oc, PROP_TEXT,
                                    g_param_spec_string("text", "", "", "", G_PARAM_READWRITE));
}

static void peer_object_init(PeerObject *peer G_GNUC_UNUSED)
{
}

static void peer_round(guint i)
{
    GObject *obj = g_object_new(peer_object_get_type(), NULL);
    gboolean flag;
    guint number;
    char *text;

    g_object_set(obj, "flag", TRUE, "number", i, "text", "some text", NULL);
    g_object_get(obj, "flag", &flag, "number", &number, "text", &text, NULL);
    g_assert_true(flag && number == i);
    g_free(text);
    g_object_unref(obj);
}

/* ---- ours ---- */

typedef struct BenchProperties {
    bool flag;
    uint32_t number;
    char *text;
} BenchProperties;

typedef struct Bench {
    Object parent;
    BenchProperties props;
} Bench;

static const Field bench_members[] = {
    { .name = "flag",
      .type = "bool",
      .kind = FIELD_BOOL,
      .offset = offsetof(BenchProperties, flag),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET,
      .default_text = "off" },
    { .name = "number",
      .type = "uint32",
      .kind = FIELD_UINT32,
      .offset = offsetof(BenchProperties, number),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET,
      .max = 1000000,
      .default_text = "1" },
    { .name = "text",
      .type = "str",
      .kind = FIELD_STR,
      .offset = offsetof(BenchProperties, text),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET },
};

static const FieldTable bench_fields = {
    .name = "bench",
    .struct_size = sizeof(BenchProperties),
    .fields = bench_members,
    .n_fields = G_N_ELEMENTS(bench_members),
};

static void bench_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    object_class_add_fields(oc, &bench_fields, offsetof(Bench, props));
}

static const TypeInfo bench_type = {
    .name = "bench",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Bench),
    .class_init = bench_class_init,
};

static void our_round(guint i)
{
    Object *obj = object_new("bench");
    char *text;

    object_property_set_bool(obj, "flag", true, NULL);
    object_property_set_uint(obj, "number", i, NULL);
    object_property_set_str(obj, "text", "some text", NULL);
    g_assert_true(object_property_get_bool(obj, "flag", NULL));
    g_assert_cmpuint(object_property_get_uint(obj, "number", NULL), ==, i);
    text = object_property_get_str(obj, "text", NULL);
    g_free(text);
    object_unref(obj);
}

/* The best of several runs, in rounds per second. */
static double measure(void (*run)(guint))
{
    double best = 0;

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        gint64 start = g_get_monotonic_time();
        for (guint i = 0; i < ROUNDS; i++) {
            run(i);
        }
        best = MAX(best, ROUNDS * 1e6 / (g_get_monotonic_time() - start));
    }
    return best;
}

int main(void)
{
    double peer, ours;

    type_register_static(&bench_type);
    peer = measure(peer_round);
    ours = measure(our_round);
    printf("GObject %10.0f objects a second\ncgvm    %10.0f objects a second\nratio   %10.2f (aim: not below "
           "1)\n",
           peer, ours, ours / peer);
    return 0;
}
