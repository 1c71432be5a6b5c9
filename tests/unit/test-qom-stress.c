/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ten thousand objects with children, links and aliases, made and destroyed in random order. That nothing
 * leaks, and that nothing is used after it went away, is for the sanitizers to say; that no link ever leads
 * to a dead object is checked here.
 */
#include <glib.h>
#include "qapi-builtins.h"
#include "qom/object.h"

#define TYPE_NODE "node"
#define OBJECTS   10000

typedef struct Node {
    Object parent;
    Object *strong;
    Object *weak;
    uint32_t number;
} Node;

static unsigned alive;

static void node_init(Object *obj)
{
    Node *node = (Node *)obj;

    object_property_add_uint32_ptr(obj, "number", &node->number, OBJ_PROP_FLAG_READWRITE);
    alive++;
}

static void node_finalize(Object *obj G_GNUC_UNUSED)
{
    alive--;
}

static void node_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    object_class_property_add_link(oc, "strong", TYPE_NODE, offsetof(Node, strong),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    object_class_property_add_link(oc, "weak", TYPE_NODE, offsetof(Node, weak),
                                   object_property_allow_set_link, OBJ_PROP_LINK_WEAK);
}

static const TypeInfo node_type = {
    .name = TYPE_NODE,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Node),
    .instance_init = node_init,
    .instance_finalize = node_finalize,
    .class_init = node_class_init,
};

/** The living objects: each is a child of the root or of another one. */
typedef struct Forest {
    Object *root;
    GPtrArray *nodes; /* Node *, borrowed */
    GRand *random;
    unsigned made;
} Forest;

static Object *random_node(Forest *forest)
{
    return forest->nodes->len
               ? g_ptr_array_index(forest->nodes, g_rand_int_range(forest->random, 0, forest->nodes->len))
               : NULL;
}

static bool is_below(const Object *obj, const Object *top)
{
    while (obj && obj != top) {
        obj = obj->parent;
    }
    return obj != NULL;
}

static void make(Forest *forest)
{
    Object *parent = g_rand_boolean(forest->random) ? random_node(forest) : NULL;
    g_autoptr(Object) obj = object_new(TYPE_NODE);
    g_autofree char *name = g_strdup_printf("n%u", forest->made++);

    object_property_add_child(parent ? parent : forest->root, name, obj);
    g_ptr_array_add(forest->nodes, obj);
}

/* Strong links that make a ring would keep their objects alive for ever, as in QEMU: they lead to older
 * objects alone. */
static void link_strong(Forest *forest)
{
    Object *from = random_node(forest), *to = random_node(forest);

    if (from && to && !is_below(from, to) && !is_below(to, from) &&
        g_ascii_strtoull(to->name + 1, NULL, 10) < g_ascii_strtoull(from->name + 1, NULL, 10)) {
        g_assert_true(object_property_set_link(from, "strong", to, NULL));
    }
}

static void link_weak(Forest *forest)
{
    Object *from = random_node(forest), *to = random_node(forest);

    if (from && to) {
        g_autofree char *path = object_get_canonical_path(to);
        g_assert_true(object_property_set_str(from, "weak", path, NULL));
        g_assert_true(object_property_get_link(from, "weak", NULL) == to);
    }
}

static void alias(Forest *forest)
{
    Object *of = random_node(forest);

    if (of) {
        g_autoptr(Object) owner = object_new(TYPE_NODE);

        object_property_add_alias(owner, "alias", of, "number");
        g_assert_true(object_property_set_uint(owner, "alias", 7, NULL));
        g_assert_cmpuint(object_property_get_uint(of, "number", NULL), ==, 7);
    }
}

static void forget(Forest *forest, Object *gone)
{
    for (guint i = 0; i < forest->nodes->len;) {
        if (is_below(g_ptr_array_index(forest->nodes, i), gone)) {
            g_ptr_array_remove_index_fast(forest->nodes, i);
        } else {
            i++;
        }
    }
}

static void destroy(Forest *forest)
{
    Object *obj = random_node(forest);

    if (obj) {
        forget(forest, obj);
        object_unparent(obj);
    }
}

/* Whatever a link leads to has a type, which freed memory has not under a sanitizer. */
static void check_links(Forest *forest)
{
    for (guint i = 0; i < forest->nodes->len; i++) {
        const Node *node = g_ptr_array_index(forest->nodes, i);
        g_assert_true(!node->weak || object_dynamic_cast(node->weak, TYPE_NODE));
        g_assert_true(!node->strong || object_dynamic_cast(node->strong, TYPE_NODE));
    }
}

static void test_random(void)
{
    static void (*const actions[])(Forest *) = { make,        make,      make,  make,
                                                 link_strong, link_weak, alias, destroy };
    Forest forest = {
        .root = object_new(TYPE_CONTAINER),
        .nodes = g_ptr_array_new(),
        .random = g_rand_new_with_seed(20261120),
    };

    while (forest.made < OBJECTS) {
        actions[g_rand_int_range(forest.random, 0, G_N_ELEMENTS(actions))](&forest);
        if (forest.made % 500 == 0) {
            check_links(&forest);
        }
    }
    object_unref(forest.root);
    g_ptr_array_unref(forest.nodes);
    g_rand_free(forest.random);
    g_assert_cmpuint(alive, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    type_register_static(&container_type);
    type_register_static(&node_type);
    g_test_add_func("/qom/stress/random", test_random);
    return g_test_run();
}
