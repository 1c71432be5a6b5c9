/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of objects: how they come and go, and the tree that they make.
 */
#include <string.h>
#include "qom/object.h"

/* Each hook of a node or a leaf appends what it is about to the diary. */
static GString *diary;

typedef struct NodeProperties {
    uint32_t size;
} NodeProperties;

typedef struct LeafProperties {
    char *colour;
} LeafProperties;

typedef struct Node {
    Object parent;
    NodeProperties props;
    Object *friend; /* a link */
    Object *victim; /* unparented when this one is finalized */
    uint8_t untouched[64];
} Node;

typedef struct Leaf {
    Node parent;
    LeafProperties props;
} Leaf;

#define NODE(obj) OBJECT_CHECK(Node, obj, "node")
#define LEAF(obj) OBJECT_CHECK(Leaf, obj, "leaf")

static const Field node_members[] = {
    { .name = "size",
      .type = "uint32",
      .kind = FIELD_UINT32,
      .offset = offsetof(NodeProperties, size),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET,
      .max = UINT32_MAX,
      .default_text = "7" },
};
static const FieldTable node_fields = { "node", sizeof(NodeProperties), node_members, 1 };

static const Field leaf_members[] = {
    { .name = "colour",
      .type = "str",
      .kind = FIELD_STR,
      .offset = offsetof(LeafProperties, colour),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET,
      .default_text = "green" },
};
static const FieldTable leaf_fields = { "leaf", sizeof(LeafProperties), leaf_members, 1 };

/* The colour of a leaf, which the hooks of its parent type can see, too; "-" of others. */
static const char *colour(Object *obj)
{
    return object_dynamic_cast(obj, "leaf") ? LEAF(obj)->props.colour : "-";
}

static void node_init(Object *obj)
{
    g_string_append_printf(diary, "node+ %u %s, ", NODE(obj)->props.size, colour(obj));
}

static void node_finalize(Object *obj)
{
    g_string_append_printf(diary, "node- %u %s, ", NODE(obj)->props.size, colour(obj));
    if (NODE(obj)->victim) {
        object_unparent(obj);
        object_unparent(NODE(obj)->victim);
    }
}

static void leaf_init(Object *obj)
{
    g_string_append_printf(diary, "leaf+ %u %s, ", NODE(obj)->props.size, colour(obj));
}

static void leaf_finalize(Object *obj)
{
    g_string_append_printf(diary, "leaf- %u %s, ", NODE(obj)->props.size, colour(obj));
}

static void node_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_add_fields(oc, &node_fields, offsetof(Node, props));
    object_class_property_add_link(oc, "friend", "node", offsetof(Node, friend),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "friend", "another node");
}

static void leaf_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_add_fields(oc, &leaf_fields, offsetof(Leaf, props));
}

extern const TypeInfo container_type;

static const TypeInfo node_type = {
    .name = "node",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Node),
    .instance_init = node_init,
    .instance_finalize = node_finalize,
    .class_init = node_class_init,
};
static const TypeInfo leaf_type = {
    .name = "leaf",
    .parent = "node",
    .instance_size = sizeof(Leaf),
    .instance_init = leaf_init,
    .instance_finalize = leaf_finalize,
    .class_init = leaf_class_init,
};
static const TypeInfo ghost_type = {
    .name = "ghost",
    .parent = "node",
    .abstract = true,
};

/* What the diary says since the last call. */
static void assert_diary(const char *expected)
{
    g_assert_cmpstr(diary->str, ==, expected);
    g_string_truncate(diary, 0);
}

static Object *new_node(void)
{
    Object *obj = object_new("node");

    g_string_truncate(diary, 0);
    return obj;
}

/* A new node below @p parent, which has the only reference to it. */
static Object *add_node(Object *parent, const char *name)
{
    g_autoptr(Object) child = new_node();
    bool added = object_property_try_add_child(parent, name, child, NULL);

    g_assert_true(added);
    return child;
}

static void assert_path(const Object *obj, const char *expected)
{
    g_autofree char *path = object_get_canonical_path(obj);

    g_assert_cmpstr(path, ==, expected);
}

/* ---- life ---- */

static void test_init_order(void)
{
    g_autoptr(Object) leaf = NULL;

    g_string_truncate(diary, 0);
    leaf = object_new("leaf");
    assert_diary("node+ 7 green, leaf+ 7 green, ");
}

static void test_finalize_order(void)
{
    Object *leaf = object_new("leaf");

    g_string_truncate(diary, 0);
    object_unref(leaf);
    assert_diary("leaf- 7 green, node- 7 green, ");
}

static void test_new_object_is_zeroed(void)
{
    static const uint8_t zeros[sizeof(((Node *)NULL)->untouched)];
    g_autoptr(Object) node = new_node();

    g_assert_cmpmem(NODE(node)->untouched, sizeof(zeros), zeros, sizeof(zeros));
    g_assert_null(NODE(node)->friend);
}

static void test_class_of_an_object(void)
{
    g_autoptr(Object) leaf = object_new_with_class(object_class_by_name("leaf"));

    g_assert_true(object_get_class(leaf) == object_class_by_name("leaf"));
    g_assert_cmpstr(object_get_typename(leaf), ==, "leaf");
}

static void test_abstract_type_ends_the_process(void)
{
    if (g_test_subprocess()) {
        object_new("ghost");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*abstract*");
}

static void test_refs(void)
{
    Object *node = new_node();

    g_assert_true(object_ref(node) == node);
    object_unref(node);
    assert_diary("");
    object_unref(node);
    assert_diary("node- 7 -, ");
}

static void test_unref_of_nothing(void)
{
    object_unref(NULL);
}

static gpointer ref_often(gpointer obj)
{
    for (int i = 0; i < 20000; i++) {
        object_ref(obj);
        object_unref(obj);
    }
    return NULL;
}

static void test_refs_from_threads(void)
{
    Object *node = new_node();
    GThread *threads[3];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("ref", ref_often, node);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    assert_diary("");
    object_unref(node);
    assert_diary("node- 7 -, ");
}

static void test_cast(void)
{
    g_autoptr(Object) node = new_node();

    g_assert_true(object_dynamic_cast(node, "node") == node);
    g_assert_true(object_dynamic_cast(node, TYPE_OBJECT) == node);
    g_assert_null(object_dynamic_cast(node, "leaf"));
    g_assert_null(object_dynamic_cast(NULL, "node"));
    g_assert_true(object_dynamic_cast_assert(node, "node") == node);
}

static void test_wrong_cast_ends_the_process(void)
{
    if (g_test_subprocess()) {
        object_dynamic_cast_assert(object_new("node"), "leaf");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*object of type node is not a leaf*");
}

/* ---- children ---- */

static void test_parent_keeps_the_child(void)
{
    Object *root = new_node();

    add_node(root, "a");
    assert_diary("");
    object_unref(root);
    assert_diary("node- 7 -, node- 7 -, ");
}

static void test_child_outlives_the_parent(void)
{
    Object *root = new_node();
    g_autoptr(Object) child = object_ref(add_node(root, "a"));

    object_unref(root);
    assert_diary("node- 7 -, ");
    g_assert_null(object_get_canonical_path_component(child));
    g_assert_true(object_get_root(child) == child);
}

static void test_name_is_taken(void)
{
    g_autoptr(Object) root = new_node();
    g_autoptr(Object) second = new_node();
    g_autoptr(Error) error = NULL;
    Object *first = add_node(root, "a");

    g_assert_false(object_property_try_add_child(root, "a", second, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "'/' already has something called 'a'; choose another name");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_true(object_resolve_path(root, "/a", NULL) == first);
    g_assert_null(object_get_canonical_path_component(second));
}

static void test_name_is_a_property(void)
{
    g_autoptr(Object) root = new_node();
    g_autoptr(Object) child = new_node();

    g_assert_false(object_property_try_add_child(root, "size", child, NULL));
    g_assert_false(object_property_try_add_child(root, "friend", child, NULL));
}

static void test_unparent(void)
{
    g_autoptr(Object) root = new_node();
    Object *child = add_node(root, "a");

    object_unparent(child);
    assert_diary("node- 7 -, ");
    g_assert_null(object_resolve_path(root, "/a", NULL));
}

static void test_unparent_without_a_parent(void)
{
    g_autoptr(Object) root = new_node();

    object_unparent(root);
    assert_diary("");
}

static void test_unparented_child_can_move(void)
{
    g_autoptr(Object) root = new_node();
    Object *a = add_node(root, "a");
    Object *b = add_node(root, "b");

    object_ref(b);
    object_unparent(b);
    g_assert_true(object_property_try_add_child(a, "c", b, NULL));
    object_unref(b);
    assert_path(b, "/a/c");
}

/* A child that is finalized with its parent takes a brother along, whatever comes first in the parent. */
static void test_unparent_while_finalizing(void)
{
    Object *root = new_node();
    Object *nodes[8];

    for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++) {
        g_autofree char *name = g_strdup_printf("n%zu", i);
        nodes[i] = add_node(root, name);
    }
    NODE(nodes[5])->victim = object_ref(nodes[2]);
    object_unref(root);
    /* The root and all but the one that is still held here, in whatever order. */
    g_assert_cmpuint(strlen(diary->str), ==, 8 * strlen("node- 7 -, "));
    g_string_truncate(diary, 0);
    g_assert_true(object_get_root(nodes[2]) == nodes[2]);
    object_unref(nodes[2]);
    assert_diary("node- 7 -, ");
}

static int count_children(Object *child, void *opaque)
{
    g_assert_nonnull(object_get_canonical_path_component(child));
    return ++*(int *)opaque == 2 ? 42 : 0;
}

static void test_child_foreach(void)
{
    g_autoptr(Object) root = new_node();
    int count = 0;

    g_assert_cmpint(object_child_foreach(root, count_children, &count), ==, 0);
    g_assert_cmpint(count, ==, 0);
    add_node(root, "a");
    g_assert_cmpint(object_child_foreach(root, count_children, &count), ==, 0);
    g_assert_cmpint(count, ==, 1);
}

static void test_child_foreach_stops(void)
{
    g_autoptr(Object) root = new_node();
    int count = 0;

    add_node(root, "a");
    add_node(root, "b");
    add_node(root, "c");
    g_assert_cmpint(object_child_foreach(root, count_children, &count), ==, 42);
    g_assert_cmpint(count, ==, 2);
}

/* ---- paths and labels ---- */

static void test_paths(void)
{
    g_autoptr(Object) root = new_node();
    Object *a = add_node(root, "a");
    Object *b = add_node(a, "b");

    assert_path(root, "/");
    assert_path(a, "/a");
    assert_path(b, "/a/b");
    g_assert_null(object_get_canonical_path_component(root));
    g_assert_cmpstr(object_get_canonical_path_component(b), ==, "b");
}

static void test_root(void)
{
    g_autoptr(Object) root = new_node();
    Object *a = add_node(root, "a");
    Object *b = add_node(a, "b");

    g_assert_true(object_get_root(b) == root);
    g_assert_true(object_get_root(root) == root);
}

static void test_label(void)
{
    g_autoptr(Object) root = object_new("leaf");
    Object *a = add_node(root, "a");
    g_autofree char *of_root = object_label(root);
    g_autofree char *of_child = object_label(a);

    g_assert_cmpstr(of_root, ==, "leaf");
    g_assert_cmpstr(of_child, ==, "node 'a'");
}

static void test_resolve(void)
{
    g_autoptr(Object) root = new_node();
    Object *a = add_node(root, "a");
    Object *b = add_node(a, "b");

    g_assert_true(object_resolve_path(root, "/", NULL) == root);
    g_assert_true(object_resolve_path(root, "/a", NULL) == a);
    g_assert_true(object_resolve_path(root, "/a/b", NULL) == b);
    g_assert_true(object_resolve_path(root, "//a///b/", NULL) == b);
}

static void test_resolve_nothing(void)
{
    g_autoptr(Object) root = new_node();

    add_node(root, "a");
    g_assert_null(object_resolve_path(root, "", NULL));
    g_assert_null(object_resolve_path(root, "b", NULL));
    g_assert_null(object_resolve_path(root, "/b", NULL));
    g_assert_null(object_resolve_path(root, "/a/b/c", NULL));
    g_assert_null(object_resolve_path(root, "/size", NULL));
}

static void test_resolve_through_a_link(void)
{
    g_autoptr(Object) root = new_node();
    Object *a = add_node(root, "a");
    Object *b = add_node(root, "b");
    Object *c = add_node(b, "c");

    g_assert_null(object_resolve_path(root, "/a/friend", NULL));
    g_assert_true(object_property_parse(a, "friend", "/b", NULL));
    g_assert_true(object_resolve_path(root, "/a/friend", NULL) == b);
    g_assert_true(object_resolve_path(root, "/a/friend/c", NULL) == c);
}

static void test_child_as_a_property(void)
{
    g_autoptr(Object) root = new_node();
    g_autoptr(json_object) path = NULL;
    g_autoptr(Error) error = NULL;
    Object *a = add_node(root, "a");

    add_node(a, "b");
    g_assert_true(object_property_get(a, "b", &path, NULL));
    g_assert_cmpstr(json_object_get_string(path), ==, "/a/b");
    g_assert_false(object_property_parse(a, "b", "/a", &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "node 'a': 'b' can only be read");
}

static void test_objects_root(void)
{
    g_autoptr(Object) root = new_node();
    Object *objects = object_get_objects_root(root);

    assert_path(objects, "/objects");
    g_assert_cmpstr(object_get_typename(objects), ==, TYPE_CONTAINER);
    g_assert_true(object_get_objects_root(root) == objects);
}

static void test_two_roots(void)
{
    g_autoptr(Object) one = new_node();
    g_autoptr(Object) other = new_node();

    add_node(object_get_objects_root(one), "a");
    g_assert_nonnull(object_resolve_path(one, "/objects/a", NULL));
    g_assert_null(object_resolve_path(other, "/objects/a", NULL));
}

int main(int argc, char **argv)
{
    const TypeInfo *const types[] = { &container_type, &node_type, &leaf_type, &ghost_type };

    diary = g_string_new(NULL);
    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));

    g_test_add_func("/object/init-order", test_init_order);
    g_test_add_func("/object/finalize-order", test_finalize_order);
    g_test_add_func("/object/zeroed", test_new_object_is_zeroed);
    g_test_add_func("/object/class", test_class_of_an_object);
    g_test_add_func("/object/abstract", test_abstract_type_ends_the_process);
    g_test_add_func("/object/refs", test_refs);
    g_test_add_func("/object/unref-of-nothing", test_unref_of_nothing);
    g_test_add_func("/object/refs-from-threads", test_refs_from_threads);
    g_test_add_func("/object/cast", test_cast);
    g_test_add_func("/object/wrong-cast", test_wrong_cast_ends_the_process);
    g_test_add_func("/object/child/kept", test_parent_keeps_the_child);
    g_test_add_func("/object/child/outlives", test_child_outlives_the_parent);
    g_test_add_func("/object/child/name-is-taken", test_name_is_taken);
    g_test_add_func("/object/child/name-is-a-property", test_name_is_a_property);
    g_test_add_func("/object/child/unparent", test_unparent);
    g_test_add_func("/object/child/unparent-without", test_unparent_without_a_parent);
    g_test_add_func("/object/child/moves", test_unparented_child_can_move);
    g_test_add_func("/object/child/unparent-while-finalizing", test_unparent_while_finalizing);
    g_test_add_func("/object/child/foreach", test_child_foreach);
    g_test_add_func("/object/child/foreach-stops", test_child_foreach_stops);
    g_test_add_func("/object/paths", test_paths);
    g_test_add_func("/object/root", test_root);
    g_test_add_func("/object/label", test_label);
    g_test_add_func("/object/resolve/path", test_resolve);
    g_test_add_func("/object/resolve/nothing", test_resolve_nothing);
    g_test_add_func("/object/resolve/link", test_resolve_through_a_link);
    g_test_add_func("/object/child/property", test_child_as_a_property);
    g_test_add_func("/object/objects-root", test_objects_root);
    g_test_add_func("/object/two-roots", test_two_roots);
    return g_test_run();
}
