/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of links and aliases: whom they keep alive, what they are set by, and what lies behind an alias.
 */
#include "tests/unit/objects.h"

/* A dog on leads: every kind of link that a class can have. Its owners and friends are people. */

typedef struct PersonProperties {
    uint32_t age;
    char *name;
} PersonProperties;

typedef struct Person {
    Object parent;
    PersonProperties props;
    Object *boss; /* a weak link of the class */
} Person;

typedef struct Dog {
    Object parent;
    Object *owner;  /* strong */
    Object *friend; /* weak */
    Object *chip;   /* read-only */
    Object *picky;  /* strong, with a check */
    Object *mine;   /* for links of one object alone */
} Dog;

#define PERSON(obj) OBJECT_CHECK(Person, obj, "person")
#define DOG(obj)    OBJECT_CHECK(Dog, obj, "dog")

static const Field person_members[] = {
    { .name = "age",
      .type = "uint32",
      .description = "in years",
      .kind = FIELD_UINT32,
      .offset = offsetof(PersonProperties, age),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET,
      .max = 120,
      .default_text = "30" },
    { .name = "name",
      .type = "str",
      .kind = FIELD_STR,
      .offset = offsetof(PersonProperties, name),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET },
};
static const FieldTable person_fields = { "person", sizeof(PersonProperties), person_members, 2 };

static unsigned people, dogs;

static void person_init(G_GNUC_UNUSED Object *obj)
{
    people++;
}

static void person_finalize(G_GNUC_UNUSED Object *obj)
{
    people--;
}

static void person_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_add_fields(oc, &person_fields, offsetof(Person, props));
    object_class_property_add_link(oc, "boss", "person", offsetof(Person, boss),
                                   object_property_allow_set_link, OBJ_PROP_LINK_WEAK);
}

static void dog_init(G_GNUC_UNUSED Object *obj)
{
    dogs++;
}

static void dog_finalize(G_GNUC_UNUSED Object *obj)
{
    dogs--;
}

static bool check_age(Object *obj, const char *name, Object *target, Error **errp)
{
    g_assert_true(object_dynamic_cast(obj, "dog") == obj);
    g_assert_cmpstr(name, ==, "picky");
    return PERSON(target)->props.age >= 18 || error_set(errp, CGVM_ERROR_UNSUPPORTED, "'picky': too young");
}

static void dog_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_property_add_link(oc, "owner", "person", offsetof(Dog, owner),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    object_class_property_add_link(oc, "friend", "person", offsetof(Dog, friend),
                                   object_property_allow_set_link, OBJ_PROP_LINK_WEAK);
    object_class_property_add_link(oc, "chip", "container", offsetof(Dog, chip), NULL, OBJ_PROP_LINK_STRONG);
    object_class_property_add_link(oc, "picky", "person", offsetof(Dog, picky), check_age,
                                   OBJ_PROP_LINK_STRONG);
}

static const TypeInfo person_type = {
    .name = "person",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Person),
    .instance_init = person_init,
    .instance_finalize = person_finalize,
    .class_init = person_class_init,
};
static const TypeInfo child_type = { .name = "child", .parent = "person" };
static const TypeInfo dog_type = {
    .name = "dog",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Dog),
    .instance_init = dog_init,
    .instance_finalize = dog_finalize,
    .class_init = dog_class_init,
};

/* The tree of each test. */
typedef struct Town {
    Object *root;
    Object *dog;            /* /dog */
    Object *ann, *bob;      /* /objects/ann, a child; /objects/bob */
    Object *street, *other; /* /street and /other, each with a /carl, and /street with /dora */
} Town;

static void town_init(Town *town, G_GNUC_UNUSED const void *data)
{
    town->root = object_new(TYPE_CONTAINER);
    town->dog = add(town->root, "dog", "dog");
    town->ann = add(object_get_objects_root(town->root), "child", "ann");
    town->bob = add(object_get_objects_root(town->root), "person", "bob");
    town->street = object_property_add_new_container(town->root, "street");
    town->other = object_property_add_new_container(town->root, "other");
    add(town->street, "person", "carl");
    add(town->other, "person", "carl");
    add(town->street, "person", "dora");
    g_assert_cmpuint(people, ==, 5);
}

static void town_clear(Town *town, G_GNUC_UNUSED const void *data)
{
    object_unref(town->root);
    g_assert_cmpuint(people + dogs, ==, 0);
}

/* ---- links ---- */

static void test_strong(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "owner", "bob");
    object_unparent(town->bob);
    g_assert_cmpuint(people, ==, 5);
    g_assert_true(DOG(town->dog)->owner == town->bob);
    set_text(town->dog, "owner", "");
    g_assert_cmpuint(people, ==, 4);
    g_assert_null(DOG(town->dog)->owner);
}

static void test_strong_set_again(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "owner", "bob");
    set_text(town->dog, "owner", "bob");
    object_unparent(town->bob);
    g_assert_cmpuint(people, ==, 5);
    set_text(town->dog, "owner", "ann");
    g_assert_cmpuint(people, ==, 4);
    g_assert_true(DOG(town->dog)->owner == town->ann);
}

static void test_strong_goes_with_its_owner(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "owner", "bob");
    object_unparent(town->bob);
    object_unparent(town->dog);
    g_assert_cmpuint(people, ==, 4);
}

static void test_weak(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "friend", "bob");
    assert_print(town->dog, "friend", "/objects/bob");
    object_unparent(town->bob);
    g_assert_cmpuint(people, ==, 4);
    g_assert_null(DOG(town->dog)->friend);
    assert_print(town->dog, "friend", "");
}

static void test_weak_set_again(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "friend", "bob");
    set_text(town->dog, "friend", "bob");
    set_text(town->dog, "friend", "ann");
    object_unparent(town->bob);
    g_assert_true(DOG(town->dog)->friend == town->ann);
    object_unparent(town->ann);
    g_assert_null(DOG(town->dog)->friend);
}

static void test_weak_links_from_many(Town *town, G_GNUC_UNUSED const void *data)
{
    Object *second = add(town->root, "dog", "second");

    set_text(town->dog, "friend", "bob");
    set_text(second, "friend", "bob");
    set_text(town->ann, "boss", "bob");
    object_unparent(town->dog);
    object_unparent(town->bob);
    g_assert_null(DOG(second)->friend);
    g_assert_null(PERSON(town->ann)->boss);
}

static void test_weak_to_itself(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->bob, "boss", "bob");
    object_unparent(town->bob);
    g_assert_cmpuint(people, ==, 4);
}

/* The owner goes first: the target must not remember it. */
static void test_weak_goes_with_its_owner(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "friend", "bob");
    object_unparent(town->dog);
    g_assert_null(town->bob->weak_links);
}

static void test_of_an_object(Town *town, G_GNUC_UNUSED const void *data)
{
    object_property_add_link(town->dog, "mine", "person", &DOG(town->dog)->mine,
                             object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    set_text(town->dog, "mine", "bob");
    g_assert_true(DOG(town->dog)->mine == town->bob);
    object_unparent(town->bob);
    g_assert_cmpuint(people, ==, 5);
    object_property_del(town->dog, "mine");
    g_assert_cmpuint(people, ==, 4);
    g_assert_null(DOG(town->dog)->mine);
}

static void test_weak_of_an_object(Town *town, G_GNUC_UNUSED const void *data)
{
    object_property_add_link(town->dog, "mine", "person", &DOG(town->dog)->mine,
                             object_property_allow_set_link, OBJ_PROP_LINK_WEAK);
    set_text(town->dog, "mine", "bob");
    object_unparent(town->bob);
    g_assert_null(DOG(town->dog)->mine);
    set_text(town->dog, "mine", "ann");
    object_property_del(town->dog, "mine");
    g_assert_null(town->ann->weak_links);
    g_assert_true(DOG(town->dog)->mine == town->ann);
    DOG(town->dog)->mine = NULL;
}

/* One that was set before it became a property. */
static void test_of_an_object_already_set(Town *town, G_GNUC_UNUSED const void *data)
{
    DOG(town->dog)->mine = object_ref(town->bob);
    object_property_add_link(town->dog, "mine", "person", &DOG(town->dog)->mine,
                             object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    assert_print(town->dog, "mine", "/objects/bob");
    object_unparent(town->bob);
    g_assert_cmpuint(people, ==, 5);
    object_unparent(town->dog);
    g_assert_cmpuint(people, ==, 4);
}

static void test_check(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->ann, "age", "7");
    set_text(town->dog, "picky", "bob");
    assert_text_refused(town->dog, "picky", "ann", CGVM_ERROR_UNSUPPORTED, "dog 'dog': 'picky': too young");
    g_assert_true(DOG(town->dog)->picky == town->bob);
    set_text(town->dog, "picky", "");
}

static void test_derived_type(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "owner", "ann");
    g_assert_true(DOG(town->dog)->owner == town->ann);
}

static void test_wrong_type(Town *town, G_GNUC_UNUSED const void *data)
{
    assert_text_refused(town->dog, "owner", "/dog", CGVM_ERROR_INVALID,
                        "dog 'dog': 'owner' needs an object of type person, but 'dog' is a dog");
    assert_text_refused(town->dog, "owner", "/", CGVM_ERROR_INVALID,
                        "dog 'dog': 'owner' needs an object of type person, but 'it' is a container");
}

static void test_not_a_string(Town *town, G_GNUC_UNUSED const void *data)
{
    assert_json_refused(town->dog, "owner", "true", CGVM_ERROR_INVALID,
                        "dog 'dog': 'owner' expects the id or the path of an object, not true");
    assert_json_refused(town->dog, "owner", "null", CGVM_ERROR_INVALID,
                        "dog 'dog': 'owner' expects the id or the path of an object, not null");
}

static void test_nothing_there(Town *town, G_GNUC_UNUSED const void *data)
{
    assert_text_refused(
        town->dog, "owner", "eve", CGVM_ERROR_NOT_FOUND,
        "dog 'dog': 'owner' names an object 'eve' that does not exist; create it with -object "
        "TYPE,id=eve");
}

/* ---- what names a target ---- */

static void test_id_before_path(Town *town, G_GNUC_UNUSED const void *data)
{
    Object *dora = add(object_get_objects_root(town->root), "person", "dora");

    set_text(town->dog, "owner", "dora");
    g_assert_true(DOG(town->dog)->owner == dora);
}

static void test_absolute_path(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "owner", "/street/carl");
    assert_print(town->dog, "owner", "/street/carl");
}

static void test_partial_path(Town *town, G_GNUC_UNUSED const void *data)
{
    set_text(town->dog, "owner", "dora");
    assert_print(town->dog, "owner", "/street/dora");
    set_text(town->dog, "owner", "other/carl");
    assert_print(town->dog, "owner", "/other/carl");
}

static void test_ambiguous(Town *town, G_GNUC_UNUSED const void *data)
{
    assert_text_refused(town->dog, "owner", "carl", CGVM_ERROR_INVALID,
                        "dog 'dog': 'owner' names several objects with 'carl'; give the whole path");
}

/* Another object of that name does not count if it is of another type. */
static void test_partial_path_by_type(Town *town, G_GNUC_UNUSED const void *data)
{
    add(town->other, "dog", "dora");
    set_text(town->dog, "owner", "dora");
    assert_print(town->dog, "owner", "/street/dora");
}

/* Looking for a target makes nothing. */
static void test_search_without_a_tree(Town *town G_GNUC_UNUSED, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Object) lonely = object_new("dog");

    g_assert_false(object_property_parse(lonely, "owner", "bob", NULL));
    g_assert_null(object_resolve_path_component(lonely, "objects"));
}

/* ---- through pointers ---- */

static void test_read_only(Town *town, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    DOG(town->dog)->chip = object_ref(town->street);
    assert_print(town->dog, "chip", "/street");
    assert_text_refused(town->dog, "chip", "/other", CGVM_ERROR_INVALID,
                        "dog 'dog': 'chip' can only be read");
    g_assert_false(object_property_set_link(town->dog, "chip", NULL, &error));
    assert_error(error, CGVM_ERROR_INVALID, "dog 'dog': 'chip' can only be read");
    g_assert_true(object_property_get_link(town->dog, "chip", NULL) == town->street);
}

static void test_set_link(Town *town, G_GNUC_UNUSED const void *data)
{
    g_assert_true(object_property_set_link(town->dog, "owner", town->bob, NULL));
    g_assert_true(object_property_get_link(town->dog, "owner", NULL) == town->bob);
    g_assert_true(object_property_set_link(town->dog, "owner", NULL, NULL));
    g_assert_null(object_property_get_link(town->dog, "owner", NULL));
}

static void test_set_link_refused(Town *town, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) type = NULL, check = NULL, unknown = NULL, not_a_link = NULL;

    set_text(town->ann, "age", "7");
    g_assert_false(object_property_set_link(town->dog, "owner", town->street, &type));
    assert_error(type, CGVM_ERROR_INVALID,
                 "dog 'dog': 'owner' needs an object of type person, but 'street' is a container");
    g_assert_false(object_property_set_link(town->dog, "picky", town->ann, &check));
    assert_error(check, CGVM_ERROR_UNSUPPORTED, "dog 'dog': 'picky': too young");
    g_assert_false(object_property_set_link(town->dog, "ouner", town->ann, &unknown));
    g_assert_cmpint(cgvm_error_code(unknown), ==, CGVM_ERROR_NOT_FOUND);
    g_assert_false(object_property_set_link(town->ann, "age", town->bob, &not_a_link));
    assert_error(not_a_link, CGVM_ERROR_INVALID, "'age' of child 'ann' is not a link");
}

static void test_get_link_refused(Town *town, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) unknown = NULL, not_a_link = NULL;

    g_assert_null(object_property_get_link(town->dog, "ownr", &unknown));
    assert_error(unknown, CGVM_ERROR_NOT_FOUND, "dog 'dog' has no property 'ownr'; did you mean 'owner'?");
    g_assert_null(object_property_get_link(town->ann, "age", &not_a_link));
    assert_error(not_a_link, CGVM_ERROR_INVALID, "'age' of child 'ann' is not a link");
}

/* A child is as good as a link, to those who read. */
static void test_get_link_of_a_child(Town *town, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    g_assert_true(object_property_get_link(town->root, "dog", NULL) == town->dog);
    g_assert_false(object_property_set_link(town->root, "dog", NULL, &error));
    assert_error(error, CGVM_ERROR_INVALID, "'dog' can only be read");
}

static void test_target_without_a_place(Town *town, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Object) stranger = object_new("person");

    g_assert_true(object_property_set_link(town->dog, "friend", stranger, NULL));
    g_assert_true(object_property_get_link(town->dog, "friend", NULL) == stranger);
    assert_print(town->dog, "friend", "");
}

static void test_target_is_the_root(Town *town, G_GNUC_UNUSED const void *data)
{
    DOG(town->dog)->chip = object_ref(town->root);
    assert_print(town->dog, "chip", "/");
    object_unref(g_steal_pointer(&DOG(town->dog)->chip));
}

/* ---- aliases ---- */

static void test_alias_of_a_value(Town *town, G_GNUC_UNUSED const void *data)
{
    object_property_add_alias(town->dog, "age", town->bob, "age");
    assert_print(town->dog, "age", "30");
    set_text(town->dog, "age", "0x20");
    g_assert_cmpuint(PERSON(town->bob)->props.age, ==, 32);
    set_json(town->dog, "age", "33");
    assert_print(town->dog, "age", "33");
    g_assert_null(object_resolve_path(town->root, "/dog/age", NULL));
}

static void test_alias_refused(Town *town, G_GNUC_UNUSED const void *data)
{
    object_property_add_alias(town->dog, "years", town->bob, "age");
    assert_json_refused(town->dog, "years", "121", CGVM_ERROR_INVALID,
                        "dog 'dog': person 'bob': 'age' must be from 0 to 120, not 121");
    assert_text_refused(town->dog, "years", "many", CGVM_ERROR_INVALID,
                        "dog 'dog': 'years' expects an integer from 0 to 120, not \"many\"");
}

static void test_alias_of_read_only(Town *town, G_GNUC_UNUSED const void *data)
{
    object_property_add_alias(town->dog, "kind", town->bob, "type");
    assert_print(town->dog, "kind", "person");
    assert_text_refused(town->dog, "kind", "x", CGVM_ERROR_INVALID, "dog 'dog': 'kind' can only be read");
}

static void test_alias_of_a_child(Town *town, G_GNUC_UNUSED const void *data)
{
    const ObjectProperty *alias = object_property_add_alias(town->dog, "neighbour", town->street, "dora");

    g_assert_cmpstr(alias->type, ==, "link<person>");
    assert_print(town->dog, "neighbour", "/street/dora");
    g_assert_true(object_resolve_path(town->root, "/dog/neighbour", NULL) ==
                  object_resolve_path(town->root, "/street/dora", NULL));
    g_assert_true(object_property_get_link(town->dog, "neighbour", NULL) ==
                  object_resolve_path(town->root, "/street/dora", NULL));
    assert_text_refused(town->dog, "neighbour", "", CGVM_ERROR_INVALID,
                        "dog 'dog': 'neighbour' can only be read");
}

static void test_alias_of_a_link(Town *town, G_GNUC_UNUSED const void *data)
{
    const ObjectProperty *alias = object_property_add_alias(town->bob, "boss-of-ann", town->ann, "boss");

    g_assert_cmpstr(alias->type, ==, "link<person>");
    set_text(town->bob, "boss-of-ann", "bob");
    g_assert_true(PERSON(town->ann)->boss == town->bob);
    g_assert_true(object_resolve_path(town->root, "/objects/bob/boss-of-ann", NULL) == town->bob);
    g_assert_true(object_property_get_link(town->bob, "boss-of-ann", NULL) == town->bob);
    g_assert_true(object_property_set_link(town->bob, "boss-of-ann", town->ann, NULL));
    g_assert_true(PERSON(town->ann)->boss == town->ann);
    object_property_del(town->bob, "boss-of-ann");
}

static void test_alias_of_a_link_refused(Town *town, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    object_property_add_alias(town->dog, "boss", town->ann, "boss");
    g_assert_false(object_property_set_link(town->dog, "boss", town->dog, &error));
    assert_error(error, CGVM_ERROR_INVALID,
                 "dog 'dog': child 'ann': 'boss' needs an object of type person, but 'dog' is a dog");
}

static void test_alias_of_an_alias(Town *town, G_GNUC_UNUSED const void *data)
{
    object_property_add_alias(town->street, "age", town->bob, "age");
    object_property_add_alias(town->dog, "age", town->street, "age");
    set_text(town->dog, "age", "0x21");
    g_assert_cmpuint(PERSON(town->bob)->props.age, ==, 33);
    object_property_add_alias(town->street, "neighbour", town->other, "carl");
    object_property_add_alias(town->dog, "neighbour", town->street, "neighbour");
    assert_print(town->dog, "neighbour", "/other/carl");
    g_assert_true(object_resolve_path(town->root, "/dog/neighbour", NULL) ==
                  object_resolve_path(town->root, "/other/carl", NULL));
}

static void test_alias_keeps_the_target(Town *town, G_GNUC_UNUSED const void *data)
{
    object_property_add_alias(town->dog, "age", town->bob, "age");
    object_unparent(town->bob);
    g_assert_cmpuint(people, ==, 5);
    assert_print(town->dog, "age", "30");
    object_property_del(town->dog, "age");
    g_assert_cmpuint(people, ==, 4);
}

static void test_alias_is_described(Town *town, G_GNUC_UNUSED const void *data)
{
    const ObjectProperty *alias = object_property_add_alias(town->dog, "years", town->bob, "age");

    g_assert_cmpstr(alias->name, ==, "years");
    g_assert_cmpstr(alias->type, ==, "uint32");
    g_assert_cmpstr(alias->description, ==, "in years");
    object_property_set_description(town->dog, "years", "of the owner");
    g_assert_cmpstr(object_property_find(town->bob, "age")->description, ==, "in years");
    g_assert_cmpstr(alias->description, ==, "of the owner");
}

/* What an alias stands for can go away before it. */
static void test_alias_of_what_is_gone(Town *town, G_GNUC_UNUSED const void *data)
{
    uint32_t number = 5;
    g_autoptr(Error) error = NULL;

    object_property_add_uint32_ptr(town->bob, "number", &number, OBJ_PROP_FLAG_READWRITE);
    object_property_add_alias(town->dog, "alias", town->bob, "number");
    set_text(town->dog, "alias", "6");
    g_assert_cmpuint(number, ==, 6);
    object_property_del(town->bob, "number");
    assert_text_refused(town->dog, "alias", "7", CGVM_ERROR_NOT_FOUND,
                        "dog 'dog': person 'bob' has no property 'number'");
    g_assert_null(object_property_print(town->dog, "alias", &error));
    assert_error(error, CGVM_ERROR_NOT_FOUND, "person 'bob' has no property 'number'");
}

static void add_town_test(const char *path, void (*test)(Town *town, const void *data))
{
    g_test_add(path, Town, NULL, town_init, test, town_clear);
}

int main(int argc, char **argv)
{
    const TypeInfo *const types[] = { &container_type, &person_type, &child_type, &dog_type };

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));

    add_town_test("/property-link/strong", test_strong);
    add_town_test("/property-link/strong/again", test_strong_set_again);
    add_town_test("/property-link/strong/owner-goes", test_strong_goes_with_its_owner);
    add_town_test("/property-link/weak", test_weak);
    add_town_test("/property-link/weak/again", test_weak_set_again);
    add_town_test("/property-link/weak/many", test_weak_links_from_many);
    add_town_test("/property-link/weak/itself", test_weak_to_itself);
    add_town_test("/property-link/weak/owner-goes", test_weak_goes_with_its_owner);
    add_town_test("/property-link/object/strong", test_of_an_object);
    add_town_test("/property-link/object/weak", test_weak_of_an_object);
    add_town_test("/property-link/object/already-set", test_of_an_object_already_set);
    add_town_test("/property-link/check", test_check);
    add_town_test("/property-link/type/derived", test_derived_type);
    add_town_test("/property-link/type/wrong", test_wrong_type);
    add_town_test("/property-link/not-a-string", test_not_a_string);
    add_town_test("/property-link/nothing-there", test_nothing_there);
    add_town_test("/property-link/name/id-first", test_id_before_path);
    add_town_test("/property-link/name/absolute", test_absolute_path);
    add_town_test("/property-link/name/partial", test_partial_path);
    add_town_test("/property-link/name/ambiguous", test_ambiguous);
    add_town_test("/property-link/name/by-type", test_partial_path_by_type);
    add_town_test("/property-link/name/no-tree", test_search_without_a_tree);
    add_town_test("/property-link/pointer/read-only", test_read_only);
    add_town_test("/property-link/pointer/set", test_set_link);
    add_town_test("/property-link/pointer/set-refused", test_set_link_refused);
    add_town_test("/property-link/pointer/get-refused", test_get_link_refused);
    add_town_test("/property-link/pointer/child", test_get_link_of_a_child);
    add_town_test("/property-link/pointer/no-place", test_target_without_a_place);
    add_town_test("/property-link/pointer/root", test_target_is_the_root);
    add_town_test("/property-link/alias/value", test_alias_of_a_value);
    add_town_test("/property-link/alias/refused", test_alias_refused);
    add_town_test("/property-link/alias/read-only", test_alias_of_read_only);
    add_town_test("/property-link/alias/child", test_alias_of_a_child);
    add_town_test("/property-link/alias/link", test_alias_of_a_link);
    add_town_test("/property-link/alias/link-refused", test_alias_of_a_link_refused);
    add_town_test("/property-link/alias/alias", test_alias_of_an_alias);
    add_town_test("/property-link/alias/keeps", test_alias_keeps_the_target);
    add_town_test("/property-link/alias/described", test_alias_is_described);
    add_town_test("/property-link/alias/gone", test_alias_of_what_is_gone);
    return g_test_run();
}
