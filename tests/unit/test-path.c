/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the tree of objects: paths of every kind, walks, and what happens when a part of it goes away.
 */
#include "tests/unit/objects.h"

/* Each hook of a node appends the path that it sees to the diary. */
static GString *diary;

typedef struct Node {
    Object parent;
    char *takes_along; /* property of the parent that goes away with this one */
} Node;

#define NODE(obj) OBJECT_CHECK(Node, obj, "node")

static void note(const char *what, Object *obj)
{
    g_autofree char *path = object_get_canonical_path(obj);

    g_string_append_printf(diary, "%s %s, ", what, path);
}

static void node_unparent(Object *obj)
{
    note("unparent", obj);
    g_assert_nonnull(obj->parent);
    g_assert_null(object_resolve_path_component(obj->parent, object_get_canonical_path_component(obj)));
    if (NODE(obj)->takes_along) {
        object_property_del(obj->parent, NODE(obj)->takes_along);
    }
}

static void node_finalize(Object *obj)
{
    note("finalize", obj);
    g_free(NODE(obj)->takes_along);
}

static void node_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    oc->unparent = node_unparent;
}

static const TypeInfo node_type = {
    .name = "node",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Node),
    .instance_finalize = node_finalize,
    .class_init = node_class_init,
};
static const TypeInfo leaf_type = { .name = "leaf", .parent = "node" };

/* /a, /a/b, /a/b/c and /d/b, all nodes but /d/b, a leaf. */
typedef struct Tree {
    Object *root, *a, *a_b, *a_b_c, *d, *d_b;
} Tree;

static void tree_init(Tree *tree, G_GNUC_UNUSED const void *data)
{
    tree->root = object_new(TYPE_CONTAINER);
    tree->a = add(tree->root, "node", "a");
    tree->a_b = add(tree->a, "node", "b");
    tree->a_b_c = add(tree->a_b, "node", "c");
    tree->d = add(tree->root, "node", "d");
    tree->d_b = add(tree->d, "leaf", "b");
    g_string_truncate(diary, 0);
}

static void tree_clear(Tree *tree, G_GNUC_UNUSED const void *data)
{
    object_unref(tree->root);
}

/* What the diary says since the last call. */
static void assert_diary(const char *expected)
{
    g_assert_cmpstr(diary->str, ==, expected);
    g_string_truncate(diary, 0);
}

/* ---- paths ---- */

static void test_canonical(Tree *tree, G_GNUC_UNUSED const void *data)
{
    assert_path(tree->root, "/");
    assert_path(tree->a, "/a");
    assert_path(tree->a_b_c, "/a/b/c");
    assert_path(tree->d_b, "/d/b");
}

static void test_canonical_component(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpstr(object_get_canonical_path_component(tree->a_b_c), ==, "c");
    g_assert_null(object_get_canonical_path_component(tree->root));
}

static void test_absolute(Tree *tree, G_GNUC_UNUSED const void *data)
{
    bool ambiguous = true;

    g_assert_true(object_resolve_path(tree->root, "/a/b/c", &ambiguous) == tree->a_b_c);
    g_assert_false(ambiguous);
    g_assert_true(object_resolve_path(tree->root, "/", NULL) == tree->root);
    g_assert_true(object_resolve_path(tree->root, "//a//b/", NULL) == tree->a_b);
    g_assert_null(object_resolve_path(tree->root, "/b", NULL));
    g_assert_null(object_resolve_path(tree->root, "/a/b/type", NULL));
}

static void test_at(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_assert_true(object_resolve_path_at(tree->a, "b/c") == tree->a_b_c);
    g_assert_true(object_resolve_path_at(tree->a, "/b/c") == tree->a_b_c);
    g_assert_true(object_resolve_path_at(tree->a, "") == tree->a);
    g_assert_null(object_resolve_path_at(tree->a, "c"));
}

static void test_component(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_assert_true(object_resolve_path_component(tree->a, "b") == tree->a_b);
    g_assert_null(object_resolve_path_component(tree->a, "c"));
    g_assert_null(object_resolve_path_component(tree->a, "type"));
}

static void test_partial(Tree *tree, G_GNUC_UNUSED const void *data)
{
    bool ambiguous = true;

    g_assert_true(object_resolve_path(tree->root, "c", &ambiguous) == tree->a_b_c);
    g_assert_false(ambiguous);
    g_assert_true(object_resolve_path(tree->root, "b/c", NULL) == tree->a_b_c);
    g_assert_true(object_resolve_path(tree->root, "a/b", NULL) == tree->a_b);
    g_assert_true(object_resolve_path(tree->root, "d/b", NULL) == tree->d_b);
}

static void test_partial_nothing(Tree *tree, G_GNUC_UNUSED const void *data)
{
    bool ambiguous = true;

    g_assert_null(object_resolve_path(tree->root, "e", &ambiguous));
    g_assert_false(ambiguous);
    g_assert_null(object_resolve_path(tree->root, "a/c", &ambiguous));
    g_assert_false(ambiguous);
}

static void test_ambiguous(Tree *tree, G_GNUC_UNUSED const void *data)
{
    bool ambiguous = false;

    g_assert_null(object_resolve_path(tree->root, "b", &ambiguous));
    g_assert_true(ambiguous);
    g_assert_null(object_resolve_path(tree->root, "b", NULL));
}

static void test_empty_is_ambiguous(Tree *tree, G_GNUC_UNUSED const void *data)
{
    bool ambiguous = false;

    g_assert_null(object_resolve_path(tree->root, "", &ambiguous));
    g_assert_true(ambiguous);
}

/* Two ways to one object are not two objects. */
static void test_two_ways_to_one(Tree *tree, G_GNUC_UNUSED const void *data)
{
    bool ambiguous = true;

    object_property_add_alias(tree->d, "c", tree->a_b, "c");
    g_assert_true(object_resolve_path(tree->root, "c", &ambiguous) == tree->a_b_c);
    g_assert_false(ambiguous);
    assert_path(tree->a_b_c, "/a/b/c");
}

static void test_by_type(Tree *tree, G_GNUC_UNUSED const void *data)
{
    bool ambiguous = true;

    g_assert_true(object_resolve_path_type(tree->root, "b", "leaf", &ambiguous) == tree->d_b);
    g_assert_false(ambiguous);
    g_assert_null(object_resolve_path_type(tree->root, "b", "node", &ambiguous));
    g_assert_true(ambiguous);
    g_assert_true(object_resolve_path_type(tree->root, "", "leaf", &ambiguous) == tree->d_b);
    g_assert_false(ambiguous);
    g_assert_null(object_resolve_path_type(tree->root, "/a/b", "leaf", NULL));
    g_assert_true(object_resolve_path_type(tree->root, "/d/b", "node", NULL) == tree->d_b);
    g_assert_null(object_resolve_path_type(tree->root, "c", "unicorn", &ambiguous));
    g_assert_false(ambiguous);
}

static void test_root(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_assert_true(object_get_root(tree->a_b_c) == tree->root);
    g_assert_true(object_get_root(tree->root) == tree->root);
}

/* ---- making ---- */

static void test_numbering(Tree *tree, G_GNUC_UNUSED const void *data)
{
    assert_path(add(tree->d, "node", "cpu[*]"), "/d/cpu[0]");
    assert_path(add(tree->d, "node", "cpu[*]"), "/d/cpu[1]");
    assert_path(add(tree->d, "node", "cpu[2]"), "/d/cpu[2]");
    assert_path(add(tree->d, "node", "cpu[*]"), "/d/cpu[3]");
    object_unparent(object_resolve_path(tree->root, "/d/cpu[1]", NULL));
    assert_path(add(tree->d, "node", "cpu[*]"), "/d/cpu[1]");
    assert_path(add(tree->a, "node", "cpu[*]"), "/a/cpu[0]");
}

static void test_numbering_of_properties(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpstr(object_property_add(tree->d, "irq[*]", "none")->name, ==, "irq[0]");
    g_assert_cmpstr(object_property_add(tree->d, "irq[*]", "none")->name, ==, "irq[1]");
    g_assert_cmpstr(object_property_try_add(tree->d, "irq[*]", "none", NULL)->name, ==, "irq[2]");
}

static void test_name_is_taken(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Object) child = object_new("node");
    g_autoptr(Error) error = NULL, property = NULL;

    g_assert_null(object_property_try_add_child(tree->a, "b", child, &error));
    assert_error(error, CGVM_ERROR_INVALID, "'/a' already has something called 'b'; choose another name");
    g_assert_null(object_property_try_add(tree->a, "type", "none", &property));
    assert_error(property, CGVM_ERROR_INVALID,
                 "'/a' already has something called 'type'; choose another name");
    g_assert_null(child->parent);
}

static void test_name_is_taken_ends_the_process(void)
{
    if (g_test_subprocess()) {
        object_property_add(object_new("node"), "type", "none");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*already has something called 'type'*");
}

static void test_container(Tree *tree, G_GNUC_UNUSED const void *data)
{
    Object *container = object_property_add_new_container(tree->a, "box");

    assert_path(container, "/a/box");
    g_assert_cmpstr(object_get_typename(container), ==, TYPE_CONTAINER);
    assert_path(add(container, "node", "x"), "/a/box/x");
}

static void test_objects_root(Tree *tree, G_GNUC_UNUSED const void *data)
{
    Object *objects = object_get_objects_root(tree->root);

    assert_path(objects, "/objects");
    g_assert_true(object_get_objects_root(tree->root) == objects);
}

/* ---- walks ---- */

static int note_child(Object *child, void *opaque)
{
    note("at", child);
    return opaque && strcmp(object_get_canonical_path_component(child), opaque) == 0 ? 7 : 0;
}

/* Whatever the order, the diary is this long. */
static void assert_diary_has(const char *const *paths)
{
    size_t length = 0;

    for (; *paths; paths++) {
        g_autofree char *line = g_strdup_printf("at %s, ", *paths);
        g_assert_nonnull(strstr(diary->str, line));
        length += strlen(line);
    }
    g_assert_cmpuint(diary->len, ==, length);
}

static void test_foreach(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpint(object_child_foreach(tree->root, note_child, NULL), ==, 0);
    assert_diary_has((const char *const[]){ "/a", "/d", NULL });
}

static void test_foreach_recursive(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpint(object_child_foreach_recursive(tree->root, note_child, NULL), ==, 0);
    assert_diary_has((const char *const[]){ "/a", "/a/b", "/a/b/c", "/d", "/d/b", NULL });
    g_assert_true(strstr(diary->str, "at /a, ") < strstr(diary->str, "at /a/b, "));
    g_assert_true(strstr(diary->str, "at /a/b, ") < strstr(diary->str, "at /a/b/c, "));
}

static void test_foreach_stops(Tree *tree, G_GNUC_UNUSED const void *data)
{
    char a[] = "a", c[] = "c";

    g_assert_cmpint(object_child_foreach(tree->root, note_child, a), ==, 7);
    g_assert_true(g_str_has_suffix(diary->str, "at /a, "));
    g_assert_cmpint(object_child_foreach(tree->root, note_child, c), ==, 0);
    g_assert_cmpint(object_child_foreach_recursive(tree->root, note_child, c), ==, 7);
    g_assert_true(g_str_has_suffix(diary->str, "at /a/b/c, "));
}

/* A link is no child, nor is an alias of one. */
static void test_foreach_children_alone(Tree *tree, G_GNUC_UNUSED const void *data)
{
    object_property_add_alias(tree->d_b, "c", tree->a_b, "c");
    g_assert_cmpint(object_child_foreach(tree->d_b, note_child, NULL), ==, 0);
    assert_diary("");
}

/* ---- going away ---- */

static void test_unparent(Tree *tree, G_GNUC_UNUSED const void *data)
{
    object_unparent(tree->a_b_c);
    assert_diary("unparent /a/b/c, finalize /, ");
    g_assert_null(object_resolve_path(tree->root, "/a/b/c", NULL));
}

/* An object is told before it is taken out, and its children when it is finalized. */
static void test_unparent_with_children(Tree *tree, G_GNUC_UNUSED const void *data)
{
    object_unparent(tree->a);
    assert_diary("unparent /a, unparent /b, unparent /c, finalize /, finalize /, finalize /, ");
}

static void test_unparent_keeps_what_is_held(Tree *tree, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Object) held = object_ref(tree->a);

    object_unparent(held);
    assert_diary("unparent /a, ");
    assert_path(tree->a_b_c, "/b/c");
    g_assert_true(object_get_root(tree->a_b_c) == held);
}

static void test_unparent_hook_deletes(Tree *tree, G_GNUC_UNUSED const void *data)
{
    NODE(tree->a)->takes_along = g_strdup("d");
    object_unparent(tree->a_b);
    g_string_truncate(diary, 0);
    object_unparent(tree->a);
    assert_diary("unparent /a, unparent /d, unparent /b, finalize /, finalize /, finalize /, ");
}

/* The same while all goes away, whichever comes first. */
static void test_finalize_hook_deletes(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    Object *first;

    first = add(root, "node", "first");
    object_property_add(root, "second", "none");
    NODE(first)->takes_along = g_strdup("second");
    g_string_truncate(diary, 0);
    object_unparent(first);
    assert_diary("unparent /first, finalize /, ");
    g_assert_null(object_property_find(root, "second"));
}

static unsigned released;

static void release_next(Object *obj, const ObjectProperty *prop)
{
    const char *next = prop->opaque;

    released++;
    if (next && object_property_find(obj, next)) {
        object_property_del(obj, next);
    }
}

static void add_releasing(Object *obj, const char *name, const char *next)
{
    ObjectProperty *prop = object_property_add(obj, name, "none");

    prop->release = release_next;
    prop->opaque = (void *)next;
}

static void test_delete_inside_release(void)
{
    g_autoptr(Object) obj = object_new("node");

    released = 0;
    add_releasing(obj, "a", "b");
    add_releasing(obj, "b", "c");
    add_releasing(obj, "c", "a");
    add_releasing(obj, "d", NULL);
    object_property_del(obj, "a");
    g_assert_cmpuint(released, ==, 3);
    g_assert_null(object_property_find(obj, "c"));
    g_assert_nonnull(object_property_find(obj, "d"));
}

static void test_delete_inside_release_while_finalizing(void)
{
    Object *obj = object_new("node");

    released = 0;
    add_releasing(obj, "a", "b");
    add_releasing(obj, "b", "c");
    add_releasing(obj, "c", "a");
    add_releasing(obj, "d", NULL);
    object_unref(obj);
    g_assert_cmpuint(released, ==, 4);
}

static void add_tree_test(const char *path, void (*test)(Tree *tree, const void *data))
{
    g_test_add(path, Tree, NULL, tree_init, test, tree_clear);
}

int main(int argc, char **argv)
{
    const TypeInfo *const types[] = { &container_type, &node_type, &leaf_type };

    diary = g_string_new(NULL);
    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));

    add_tree_test("/path/canonical", test_canonical);
    add_tree_test("/path/canonical-component", test_canonical_component);
    add_tree_test("/path/absolute", test_absolute);
    add_tree_test("/path/at", test_at);
    add_tree_test("/path/component", test_component);
    add_tree_test("/path/partial", test_partial);
    add_tree_test("/path/partial/nothing", test_partial_nothing);
    add_tree_test("/path/partial/ambiguous", test_ambiguous);
    add_tree_test("/path/partial/empty", test_empty_is_ambiguous);
    add_tree_test("/path/partial/two-ways", test_two_ways_to_one);
    add_tree_test("/path/by-type", test_by_type);
    add_tree_test("/path/root", test_root);
    add_tree_test("/path/numbering", test_numbering);
    add_tree_test("/path/numbering/properties", test_numbering_of_properties);
    add_tree_test("/path/name-is-taken", test_name_is_taken);
    g_test_add_func("/path/name-is-taken/ends", test_name_is_taken_ends_the_process);
    add_tree_test("/path/container", test_container);
    add_tree_test("/path/objects-root", test_objects_root);
    add_tree_test("/path/foreach", test_foreach);
    add_tree_test("/path/foreach/recursive", test_foreach_recursive);
    add_tree_test("/path/foreach/stops", test_foreach_stops);
    add_tree_test("/path/foreach/children-alone", test_foreach_children_alone);
    add_tree_test("/path/unparent", test_unparent);
    add_tree_test("/path/unparent/children", test_unparent_with_children);
    add_tree_test("/path/unparent/held", test_unparent_keeps_what_is_held);
    add_tree_test("/path/unparent/deletes", test_unparent_hook_deletes);
    g_test_add_func("/path/unparent/deletes-a-property", test_finalize_hook_deletes);
    g_test_add_func("/path/release/deletes", test_delete_inside_release);
    g_test_add_func("/path/release/deletes-while-finalizing", test_delete_inside_release_while_finalizing);
    return g_test_run();
}
