/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of types: what a class inherits, the order in which classes are made, and interfaces.
 */
#include <string.h>
#include "qom/object.h"

/* A zoo. Each class_init appends its type to the diary. */
static GString *diary;

typedef struct AnimalClass {
    ObjectClass parent_class;
    unsigned legs;
    const char *sound;
} AnimalClass;

typedef struct PuppyClass {
    AnimalClass parent_class;
    unsigned age;
} PuppyClass;

typedef struct SwimmerClass {
    InterfaceClass parent_class;
    unsigned depth;
} SwimmerClass;

typedef struct DiverClass {
    SwimmerClass parent_class;
    unsigned minutes;
} DiverClass;

static AnimalClass *animal(const char *type)
{
    return OBJECT_CLASS_CHECK(AnimalClass, object_class_by_name(type), "animal");
}

static SwimmerClass *swimmer(const char *type)
{
    return OBJECT_CLASS_CHECK(SwimmerClass, object_class_by_name(type), "swimmer");
}

static void note(const ObjectClass *oc)
{
    g_string_append_printf(diary, "%s ", object_class_get_name(oc));
}

static void animal_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    note(oc);
    OBJECT_CLASS_CHECK(AnimalClass, oc, "animal")->legs = 4;
}

static void sound_class_init(ObjectClass *oc, const void *data)
{
    note(oc);
    OBJECT_CLASS_CHECK(AnimalClass, oc, "animal")->sound = data;
}

static void swimmer_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    note(oc);
    ((SwimmerClass *)oc)->depth = 1;
}

static void depth_class_init(ObjectClass *oc, const void *data)
{
    note(oc);
    OBJECT_CLASS_CHECK(SwimmerClass, oc, "swimmer")->depth = GPOINTER_TO_UINT(data);
}

static const InterfaceInfo swims[] = { { "swimmer" }, { NULL } };
static const InterfaceInfo dives[] = { { "diver" }, { NULL } };
static const InterfaceInfo swims_and_talks[] = { { "swimmer" }, { "talker" }, { NULL } };

static const TypeInfo swimmer_type = {
    .name = "swimmer",
    .parent = TYPE_INTERFACE,
    .abstract = true,
    .class_size = sizeof(SwimmerClass),
    .class_init = swimmer_class_init,
};
static const TypeInfo diver_type = {
    .name = "diver",
    .parent = "swimmer",
    .abstract = true,
    .class_size = sizeof(DiverClass),
};
static const TypeInfo talker_type = {
    .name = "talker",
    .parent = TYPE_INTERFACE,
    .abstract = true,
};
static const TypeInfo animal_type = {
    .name = "animal",
    .parent = TYPE_OBJECT,
    .abstract = true,
    .class_size = sizeof(AnimalClass),
    .class_init = animal_class_init,
};
static const TypeInfo dog_type = {
    .name = "dog",
    .parent = "animal",
    .class_init = sound_class_init,
    .class_data = "woof",
};
static const TypeInfo puppy_type = {
    .name = "puppy",
    .parent = "dog",
    .class_size = sizeof(PuppyClass),
};
static const TypeInfo cat_type = {
    .name = "cat",
    .parent = "animal",
    .class_init = sound_class_init,
    .class_data = "meow",
};
static const TypeInfo duck_type = {
    .name = "duck",
    .parent = "animal",
    .interfaces = swims,
    .class_init = depth_class_init,
    .class_data = GUINT_TO_POINTER(2),
};
/* What it inherits is its own to change. */
static const TypeInfo mallard_type = {
    .name = "mallard",
    .parent = "duck",
    .class_init = depth_class_init,
    .class_data = GUINT_TO_POINTER(3),
};
static const TypeInfo goose_type = {
    .name = "goose",
    .parent = "duck",
    .interfaces = swims_and_talks,
};
static const TypeInfo penguin_type = {
    .name = "penguin",
    .parent = "animal",
    .interfaces = dives,
};

static const TypeInfo *const zoo[] = {
    &swimmer_type, &diver_type, &talker_type,  &animal_type, &dog_type,     &puppy_type,
    &cat_type,     &duck_type,  &mallard_type, &goose_type,  &penguin_type,
};

/* ---- registration ---- */

static void test_registered_once(void)
{
    static const TypeInfo late = { .name = "late", .parent = TYPE_OBJECT };
    const TypeInfo *types[] = { &late };

    g_assert_false(type_register_all(types, G_N_ELEMENTS(types)));
    g_assert_null(object_class_by_name("late"));
}

static void test_by_name(void)
{
    g_assert_cmpstr(object_class_get_name(object_class_by_name("dog")), ==, "dog");
    g_assert_null(object_class_by_name("unicorn"));
    g_assert_null(object_class_by_name(""));
}

static void test_own_types_are_there(void)
{
    g_assert_nonnull(object_class_by_name(TYPE_OBJECT));
    g_assert_nonnull(object_class_by_name(TYPE_INTERFACE));
    g_assert_nonnull(object_class_by_name("user-creatable"));
}

static void test_parent(void)
{
    ObjectClass *parent = object_class_get_parent(object_class_by_name("puppy"));

    g_assert_true(parent == object_class_by_name("dog"));
    g_assert_null(object_class_get_parent(object_class_by_name(TYPE_OBJECT)));
}

static void test_abstract(void)
{
    g_assert_true(object_class_is_abstract(object_class_by_name("animal")));
    g_assert_true(object_class_is_abstract(object_class_by_name("swimmer")));
    g_assert_true(object_class_is_abstract(object_class_by_name(TYPE_OBJECT)));
    g_assert_false(object_class_is_abstract(object_class_by_name("dog")));
}

static void test_abstract_is_not_inherited(void)
{
    g_assert_false(object_class_is_abstract(object_class_by_name("duck")));
}

static void test_class_init_order(void)
{
    g_assert_cmpstr(diary->str, ==, "swimmer animal dog cat duck mallard ");
}

/* ---- class members ---- */

static void test_member_is_inherited(void)
{
    g_assert_cmpuint(animal("dog")->legs, ==, 4);
    g_assert_cmpuint(animal("puppy")->legs, ==, 4);
    g_assert_cmpstr(animal("puppy")->sound, ==, "woof");
}

static void test_member_is_overridden(void)
{
    g_assert_null(animal("animal")->sound);
    g_assert_cmpstr(animal("dog")->sound, ==, "woof");
    g_assert_cmpstr(animal("cat")->sound, ==, "meow");
}

static void test_new_member_is_zero(void)
{
    g_assert_cmpuint(((PuppyClass *)object_class_by_name("puppy"))->age, ==, 0);
}

/* ---- casts ---- */

static void test_cast_to_ancestors(void)
{
    ObjectClass *oc = object_class_by_name("puppy");

    g_assert_true(object_class_dynamic_cast(oc, "puppy") == oc);
    g_assert_true(object_class_dynamic_cast(oc, "dog") == oc);
    g_assert_true(object_class_dynamic_cast(oc, "animal") == oc);
    g_assert_true(object_class_dynamic_cast(oc, TYPE_OBJECT) == oc);
}

static void test_cast_to_others(void)
{
    ObjectClass *oc = object_class_by_name("dog");

    g_assert_null(object_class_dynamic_cast(oc, "puppy"));
    g_assert_null(object_class_dynamic_cast(oc, "cat"));
    g_assert_null(object_class_dynamic_cast(oc, "unicorn"));
    g_assert_null(object_class_dynamic_cast(oc, "swimmer"));
    g_assert_null(object_class_dynamic_cast(NULL, "dog"));
}

static void test_wrong_cast_ends_the_process(void)
{
    if (g_test_subprocess()) {
        object_class_dynamic_cast_assert(object_class_by_name("dog"), "cat");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*class dog is not a cat*");
}

static void test_cast_of_nothing_ends_the_process(void)
{
    if (g_test_subprocess()) {
        object_class_dynamic_cast_assert(NULL, "cat");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*class NULL is not a cat*");
}

/* ---- interfaces ---- */

static void test_interface_class(void)
{
    SwimmerClass *sc = swimmer("duck");

    g_assert_true(sc->parent_class.concrete_class == object_class_by_name("duck"));
    g_assert_cmpstr(object_class_get_name(OBJECT_CLASS(sc)), ==, "swimmer");
}

static void test_interface_has_defaults(void)
{
    g_assert_cmpuint(swimmer("penguin")->depth, ==, 1);
    g_assert_cmpuint(((SwimmerClass *)object_class_by_name("swimmer"))->depth, ==, 1);
}

static void test_interface_is_the_classes_own(void)
{
    g_assert_cmpuint(swimmer("duck")->depth, ==, 2);
    g_assert_cmpuint(swimmer("mallard")->depth, ==, 3);
}

static void test_interface_is_inherited(void)
{
    g_assert_cmpuint(swimmer("goose")->depth, ==, 2);
    g_assert_true(swimmer("goose")->parent_class.concrete_class == object_class_by_name("goose"));
}

static void test_interface_named_again_keeps_what_it_inherits(void)
{
    g_assert_cmpuint(swimmer("goose")->depth, ==, 2);
    g_assert_cmpuint(g_slist_length(object_class_by_name("goose")->interfaces), ==, 2);
    g_assert_nonnull(object_class_dynamic_cast(object_class_by_name("goose"), "talker"));
    g_assert_null(object_class_dynamic_cast(object_class_by_name("duck"), "talker"));
}

static void test_interface_derived(void)
{
    ObjectClass *oc = object_class_by_name("penguin");
    ObjectClass *diver = object_class_dynamic_cast(oc, "diver");

    g_assert_nonnull(diver);
    g_assert_true(object_class_dynamic_cast(oc, "swimmer") == diver);
    g_assert_null(object_class_dynamic_cast(object_class_by_name("duck"), "diver"));
}

/* ---- foreach ---- */

static void append_name(ObjectClass *oc, void *opaque)
{
    g_string_append_printf(opaque, "%s ", object_class_get_name(oc));
}

static void assert_foreach(const char *implements, bool include_abstract, const char *expected)
{
    g_autoptr(GString) names = g_string_new(NULL);

    object_class_foreach(append_name, implements, include_abstract, names);
    g_assert_cmpstr(names->str, ==, expected);
}

static void test_foreach_is_sorted(void)
{
    assert_foreach(NULL, false, "cat dog duck goose mallard penguin puppy ");
}

static void test_foreach_abstract(void)
{
    assert_foreach("animal", true, "animal cat dog duck goose mallard penguin puppy ");
    assert_foreach("animal", false, "cat dog duck goose mallard penguin puppy ");
}

static void test_foreach_of_a_type(void)
{
    assert_foreach("dog", true, "dog puppy ");
    assert_foreach("unicorn", true, "");
}

static void test_foreach_of_an_interface(void)
{
    assert_foreach("swimmer", false, "duck goose mallard penguin ");
    assert_foreach("diver", false, "penguin ");
    assert_foreach("swimmer", true, "diver duck goose mallard penguin swimmer ");
}

int main(int argc, char **argv)
{
    diary = g_string_new(NULL);
    g_test_init(&argc, &argv, NULL);
    g_assert_null(object_class_by_name("dog"));
    g_assert_true(type_register_all(zoo, G_N_ELEMENTS(zoo)));

    g_test_add_func("/type/registered-once", test_registered_once);
    g_test_add_func("/type/by-name", test_by_name);
    g_test_add_func("/type/own-types", test_own_types_are_there);
    g_test_add_func("/type/parent", test_parent);
    g_test_add_func("/type/abstract", test_abstract);
    g_test_add_func("/type/abstract-is-not-inherited", test_abstract_is_not_inherited);
    g_test_add_func("/type/class-init-order", test_class_init_order);
    g_test_add_func("/type/member/inherited", test_member_is_inherited);
    g_test_add_func("/type/member/overridden", test_member_is_overridden);
    g_test_add_func("/type/member/zero", test_new_member_is_zero);
    g_test_add_func("/type/cast/ancestors", test_cast_to_ancestors);
    g_test_add_func("/type/cast/others", test_cast_to_others);
    g_test_add_func("/type/cast/wrong", test_wrong_cast_ends_the_process);
    g_test_add_func("/type/cast/nothing", test_cast_of_nothing_ends_the_process);
    g_test_add_func("/type/interface/class", test_interface_class);
    g_test_add_func("/type/interface/defaults", test_interface_has_defaults);
    g_test_add_func("/type/interface/own", test_interface_is_the_classes_own);
    g_test_add_func("/type/interface/inherited", test_interface_is_inherited);
    g_test_add_func("/type/interface/named-again", test_interface_named_again_keeps_what_it_inherits);
    g_test_add_func("/type/interface/derived", test_interface_derived);
    g_test_add_func("/type/foreach/sorted", test_foreach_is_sorted);
    g_test_add_func("/type/foreach/abstract", test_foreach_abstract);
    g_test_add_func("/type/foreach/type", test_foreach_of_a_type);
    g_test_add_func("/type/foreach/interface", test_foreach_of_an_interface);
    return g_test_run();
}
