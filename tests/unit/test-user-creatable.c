/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of objects that users create: ids, types, what a failure leaves behind, deletion and help.
 */
#include <string.h>
#include "qom/user-creatable.h"

typedef struct PetProperties {
    uint32_t age;
    char *name;
    char *owner;
} PetProperties;

typedef struct Pet {
    Object parent;
    PetProperties props;
    Object *friend;
    bool complete; /* the hook has seen it */
} Pet;

#define PET(obj) OBJECT_CHECK(Pet, obj, "pet")

#define MEMBER(member, k, ...)                                                                               \
    {                                                                                                        \
        .name = #member, .kind = FIELD_##k, .offset = offsetof(PetProperties, member),                       \
        .has_offset = FIELD_NO_OFFSET, .count_offset = FIELD_NO_OFFSET, __VA_ARGS__                          \
    }

static const Field pet_members[] = {
    MEMBER(age, UINT32, .type = "uint32", .description = "in years", .max = 99, .default_text = "3"),
    MEMBER(name, STR, .type = "str", .description = "what it listens to", .mandatory = true),
    MEMBER(owner, STR, .type = "str", .description = "who feeds it"),
};
static const FieldTable pet_fields = { "pet", sizeof(PetProperties), pet_members, G_N_ELEMENTS(pet_members) };

static unsigned pets_alive;
static bool pets_are_needed;

/* Everything about the object is there: properties, links and its place in the tree. */
static bool pet_complete(Object *obj, Error **errp)
{
    g_autofree char *path = object_get_canonical_path(obj);
    g_autofree char *expected = NULL;

    expected = g_strdup_printf("/objects/%s", object_get_canonical_path_component(obj));
    g_assert_cmpstr(path, ==, expected);
    g_assert_nonnull(PET(obj)->props.name);
    PET(obj)->complete = true;
    return PET(obj)->props.age < 50 || error_set(errp, CGVM_ERROR_UNSUPPORTED, "no pet lives that long");
}

static bool pet_can_be_deleted(Object *obj, Error **errp)
{
    g_autofree char *label = object_label(obj);

    return !pets_are_needed || error_set(errp, CGVM_ERROR_STATE, "%s is needed", label);
}

static void pet_init(G_GNUC_UNUSED Object *obj)
{
    pets_alive++;
}

static void pet_finalize(G_GNUC_UNUSED Object *obj)
{
    pets_alive--;
}

static void pet_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_add_fields(oc, &pet_fields, offsetof(Pet, props));
    object_class_property_add_link(oc, "friend", "pet", offsetof(Pet, friend), object_property_allow_set_link,
                                   OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "friend", "another pet");
    USER_CREATABLE_CLASS(oc)->complete = pet_complete;
    USER_CREATABLE_CLASS(oc)->can_be_deleted = pet_can_be_deleted;
}

extern const TypeInfo container_type;

static const TypeInfo pet_type = {
    .name = "pet",
    .parent = TYPE_OBJECT,
    .abstract = true,
    .instance_size = sizeof(Pet),
    .instance_init = pet_init,
    .instance_finalize = pet_finalize,
    .class_init = pet_class_init,
    .interfaces = user_creatable_interfaces,
};
static const TypeInfo hamster_type = { .name = "hamster", .parent = "pet" };
static const TypeInfo parrot_type = { .name = "parrot", .parent = "pet" };
/* Has no hook, and no property that must be given. */
static const TypeInfo stone_type = {
    .name = "stone",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Object),
    .interfaces = user_creatable_interfaces,
};

typedef struct World {
    Object *root;
} World;

static void world_init(World *world)
{
    pets_are_needed = false;
    world->root = object_new(TYPE_CONTAINER);
}

static void world_clear(World *world)
{
    object_unref(world->root);
    g_assert_cmpuint(pets_alive, ==, 0);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static json_object *parse(const char *json)
{
    enum json_tokener_error error;
    json_object *value = json_tokener_parse_verbose(json, &error);

    g_assert_cmpint(error, ==, json_tokener_success);
    return value;
}

static Object *add(const World *world, const char *type, const char *id, const char *json, Error **errp)
{
    g_autoptr(json_object) props = json ? parse(json) : NULL;

    return user_creatable_add(world->root, type, id, props, true, errp);
}

static Object *add_text(const World *world, const char *json, Error **errp)
{
    g_autoptr(json_object) options = parse(json);

    return user_creatable_add_options(world->root, options, false, errp);
}

static int refuse_child(Object *child, G_GNUC_UNUSED void *opaque)
{
    g_test_message("%s was left behind", object_get_canonical_path_component(child));
    return 1;
}

static void assert_nothing_left(const World *world)
{
    g_assert_cmpint(object_child_foreach(object_get_objects_root(world->root), refuse_child, NULL), ==, 0);
    g_assert_cmpuint(pets_alive, ==, 0);
}

static void assert_refused(const char *type, const char *id, const char *json, CgvmErrorCode code,
                           const char *message)
{
    g_auto(World) world = { 0 };
    g_autoptr(Error) error = NULL;

    world_init(&world);
    g_assert_null(add(&world, type, id, json, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_null(add(&world, type, id, json, NULL));
    assert_nothing_left(&world);
}

static void assert_text_refused(const char *json, const char *message)
{
    g_auto(World) world = { 0 };
    g_autoptr(Error) error = NULL;

    world_init(&world);
    g_assert_null(add_text(&world, json, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    assert_nothing_left(&world);
}

/* ---- ids ---- */

static void test_good_ids(void)
{
    g_autofree char *longest = g_strnfill(127, 'a');

    g_assert_true(id_wellformed("a"));
    g_assert_true(id_wellformed("sev0"));
    g_assert_true(id_wellformed("A-b.c_9"));
    g_assert_true(id_wellformed(longest));
}

static void test_bad_ids(void)
{
    g_autofree char *too_long = g_strnfill(128, 'a');

    g_assert_false(id_wellformed(""));
    g_assert_false(id_wellformed("0sev"));
    g_assert_false(id_wellformed("-sev"));
    g_assert_false(id_wellformed("_sev"));
    g_assert_false(id_wellformed("a/b"));
    g_assert_false(id_wellformed("a b"));
    g_assert_false(id_wellformed("a=b"));
    g_assert_false(id_wellformed("\xc3\xa4"));
    g_assert_false(id_wellformed(too_long));
}

static void test_bad_id_is_refused(void)
{
    assert_refused(
        "stone", "1", NULL, CGVM_ERROR_INVALID,
        "'1' cannot be the id of an object; use letters, digits, '-', '.' and '_', starting with a "
        "letter");
}

static void test_id_is_taken(void)
{
    g_auto(World) world = { 0 };
    g_autoptr(Error) error = NULL;
    Object *first;

    world_init(&world);
    first = add(&world, "hamster", "a", "{ \"name\": \"Kim\" }", NULL);
    g_assert_nonnull(first);
    g_assert_null(add(&world, "parrot", "a", "{ \"name\": \"Lou\" }", &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "there already is an object with the id 'a'; ids must be unique");
    g_assert_true(object_resolve_path(world.root, "/objects/a", NULL) == first);
    g_assert_cmpuint(pets_alive, ==, 1);
}

/* ---- types ---- */

static void test_class(void)
{
    g_assert_true(user_creatable_class("hamster", NULL) == object_class_by_name("hamster"));
}

static void test_unknown_type(void)
{
    assert_refused("dinosaur", "a", NULL, CGVM_ERROR_NOT_FOUND,
                   "there is no object type 'dinosaur'; '-object help' lists the types to choose from");
}

static void test_mistyped_type(void)
{
    assert_refused("hampster", "a", NULL, CGVM_ERROR_NOT_FOUND,
                   "there is no object type 'hampster'; did you mean 'hamster'?");
}

static void test_abstract_type(void)
{
    assert_refused("pet", "a", NULL, CGVM_ERROR_INVALID,
                   "object type 'pet' is abstract; '-object help' lists the types to choose from");
}

static void test_type_that_is_not_for_users(void)
{
    assert_refused("container", "a", NULL, CGVM_ERROR_INVALID,
                   "objects of type 'container' are made by cgvm itself, not with -object");
}

/* ---- creating ---- */

static void test_add(void)
{
    g_auto(World) world = { 0 };
    Object *obj;

    world_init(&world);
    obj = add(&world, "hamster", "a", "{ \"name\": \"Kim\", \"age\": 2 }", NULL);
    g_assert_nonnull(obj);
    g_assert_cmpstr(object_get_typename(obj), ==, "hamster");
    g_assert_true(object_resolve_path(world.root, "/objects/a", NULL) == obj);
    g_assert_cmpstr(PET(obj)->props.name, ==, "Kim");
    g_assert_cmpuint(PET(obj)->props.age, ==, 2);
    g_assert_true(PET(obj)->complete);
}

static void test_add_without_properties(void)
{
    g_auto(World) world = { 0 };

    world_init(&world);
    g_assert_nonnull(add(&world, "stone", "a", NULL, NULL));
    g_assert_nonnull(add(&world, "stone", "b", "{}", NULL));
}

static void test_link_to_an_earlier_object(void)
{
    g_auto(World) world = { 0 };
    Object *first, *second;

    world_init(&world);
    first = add(&world, "hamster", "a", "{ \"name\": \"Kim\" }", NULL);
    second = add(&world, "parrot", "b", "{ \"name\": \"Lou\", \"friend\": \"a\" }", NULL);
    g_assert_nonnull(second);
    g_assert_true(PET(second)->friend == first);
}

static void test_mandatory(void)
{
    assert_refused("hamster", "a", "{ \"age\": 2 }", CGVM_ERROR_INVALID,
                   "hamster needs its property 'name' (what it listens to)");
    assert_refused("hamster", "a", NULL, CGVM_ERROR_INVALID,
                   "hamster needs its property 'name' (what it listens to)");
}

static void test_wrong_property_leaves_nothing(void)
{
    assert_refused("hamster", "a", "{ \"name\": \"Kim\", \"age\": 100 }", CGVM_ERROR_INVALID,
                   "hamster 'a': 'age' must be from 0 to 99, not 100");
    assert_refused("hamster", "a", "{ \"name\": \"Kim\", \"ag\": 1 }", CGVM_ERROR_NOT_FOUND,
                   "hamster 'a' has no property 'ag'; did you mean 'age'?");
}

static void test_failing_complete_leaves_nothing(void)
{
    assert_refused("hamster", "a", "{ \"name\": \"Kim\", \"age\": 50 }", CGVM_ERROR_UNSUPPORTED,
                   "no pet lives that long");
}

static void test_id_is_free_after_a_failure(void)
{
    g_auto(World) world = { 0 };

    world_init(&world);
    g_assert_null(add(&world, "hamster", "a", "{ \"name\": \"Kim\", \"age\": 50 }", NULL));
    g_assert_nonnull(add(&world, "hamster", "a", "{ \"name\": \"Kim\", \"age\": 5 }", NULL));
}

static void test_add_text(void)
{
    g_auto(World) world = { 0 };
    Object *obj;

    world_init(&world);
    obj = add_text(&world, "{ \"qom-type\": \"parrot\", \"age\": \"0x10\", \"id\": \"a\", \"name\": \"12\" }",
                   NULL);
    g_assert_nonnull(obj);
    g_assert_cmpstr(object_get_typename(obj), ==, "parrot");
    g_assert_cmpuint(PET(obj)->props.age, ==, 16);
    g_assert_cmpstr(PET(obj)->props.name, ==, "12");
}

static void test_text_keeps_the_options(void)
{
    g_auto(World) world = { 0 };
    g_autoptr(json_object) options = parse("{ \"qom-type\": \"stone\", \"id\": \"a\" }");

    world_init(&world);
    g_assert_nonnull(user_creatable_add_options(world.root, options, false, NULL));
    g_assert_cmpint(json_object_object_length(options), ==, 2);
}

static void test_text_without_type(void)
{
    assert_text_refused("{ \"id\": \"a\" }", "an object needs a type, as in -object sev-snp-guest,id=sev0");
}

static void test_text_without_id(void)
{
    assert_text_refused("{ \"qom-type\": \"stone\" }",
                        "an object needs an id, as in -object sev-snp-guest,id=sev0");
}

static void test_text_with_a_wrong_value(void)
{
    assert_text_refused("{ \"qom-type\": \"hamster\", \"id\": \"a\", \"name\": \"Kim\", \"age\": \"old\" }",
                        "hamster 'a': 'age' expects an integer from 0 to 99, not \"old\"");
}

static void test_text_with_an_unknown_property(void)
{
    assert_text_refused("{ \"qom-type\": \"hamster\", \"id\": \"a\", \"name\": \"Kim\", \"nam\": \"K\" }",
                        "hamster 'a' has no property 'nam'; did you mean 'name'?");
}

/* ---- deleting ---- */

static void test_delete(void)
{
    g_auto(World) world = { 0 };

    world_init(&world);
    add(&world, "hamster", "a", "{ \"name\": \"Kim\" }", NULL);
    g_assert_true(user_creatable_del(world.root, "a", NULL));
    assert_nothing_left(&world);
}

static void test_delete_without_a_hook(void)
{
    g_auto(World) world = { 0 };

    world_init(&world);
    add(&world, "stone", "a", NULL, NULL);
    g_assert_true(user_creatable_del(world.root, "a", NULL));
    assert_nothing_left(&world);
}

static void test_delete_nothing(void)
{
    g_auto(World) world = { 0 };
    g_autoptr(Error) error = NULL;

    world_init(&world);
    g_assert_false(user_creatable_del(world.root, "a", &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "there is no object with the id 'a'");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_NOT_FOUND);
}

static void test_delete_in_use(void)
{
    g_auto(World) world = { 0 };
    g_autoptr(Error) error = NULL;
    Object *obj;

    world_init(&world);
    obj = add(&world, "hamster", "a", "{ \"name\": \"Kim\" }", NULL);
    pets_are_needed = true;
    g_assert_false(user_creatable_del(world.root, "a", &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "hamster 'a' is needed");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_STATE);
    g_assert_true(object_resolve_path(world.root, "/objects/a", NULL) == obj);
    pets_are_needed = false;
    g_assert_true(user_creatable_del(world.root, "a", NULL));
}

/* ---- help ---- */

static void test_list_help(void)
{
    g_autofree char *help = user_creatable_list_help();

    g_assert_cmpstr(help, ==,
                    "List of user creatable objects:\n"
                    "  hamster\n"
                    "  parrot\n"
                    "  stone\n");
}

static void test_class_help(void)
{
    g_autofree char *help = user_creatable_class_help(object_class_by_name("hamster"));

    g_assert_cmpstr(help, ==,
                    "hamster options:\n"
                    "  age=<uint32>                             - in years (default: 3; 0 to 99)\n"
                    "  friend=<link<pet>>                       - another pet\n"
                    "  name=<str>                               - what it listens to (must be given)\n"
                    "  owner=<str>                              - who feeds it\n");
}

int main(int argc, char **argv)
{
    const TypeInfo *const types[] = { &container_type, &pet_type, &hamster_type, &parrot_type, &stone_type };

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));

    g_test_add_func("/user-creatable/id/good", test_good_ids);
    g_test_add_func("/user-creatable/id/bad", test_bad_ids);
    g_test_add_func("/user-creatable/id/refused", test_bad_id_is_refused);
    g_test_add_func("/user-creatable/id/taken", test_id_is_taken);
    g_test_add_func("/user-creatable/type/class", test_class);
    g_test_add_func("/user-creatable/type/unknown", test_unknown_type);
    g_test_add_func("/user-creatable/type/mistyped", test_mistyped_type);
    g_test_add_func("/user-creatable/type/abstract", test_abstract_type);
    g_test_add_func("/user-creatable/type/not-for-users", test_type_that_is_not_for_users);
    g_test_add_func("/user-creatable/add", test_add);
    g_test_add_func("/user-creatable/without-properties", test_add_without_properties);
    g_test_add_func("/user-creatable/link", test_link_to_an_earlier_object);
    g_test_add_func("/user-creatable/mandatory", test_mandatory);
    g_test_add_func("/user-creatable/wrong-property", test_wrong_property_leaves_nothing);
    g_test_add_func("/user-creatable/failing-complete", test_failing_complete_leaves_nothing);
    g_test_add_func("/user-creatable/id-is-free-after-a-failure", test_id_is_free_after_a_failure);
    g_test_add_func("/user-creatable/text/add", test_add_text);
    g_test_add_func("/user-creatable/text/keeps-the-options", test_text_keeps_the_options);
    g_test_add_func("/user-creatable/text/no-type", test_text_without_type);
    g_test_add_func("/user-creatable/text/no-id", test_text_without_id);
    g_test_add_func("/user-creatable/text/wrong-value", test_text_with_a_wrong_value);
    g_test_add_func("/user-creatable/text/unknown-property", test_text_with_an_unknown_property);
    g_test_add_func("/user-creatable/delete", test_delete);
    g_test_add_func("/user-creatable/delete/without-hook", test_delete_without_a_hook);
    g_test_add_func("/user-creatable/delete/nothing", test_delete_nothing);
    g_test_add_func("/user-creatable/delete/in-use", test_delete_in_use);
    g_test_add_func("/user-creatable/help/list", test_list_help);
    g_test_add_func("/user-creatable/help/class", test_class_help);
    return g_test_run();
}
