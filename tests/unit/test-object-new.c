/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of objects that programs make with their properties: what is set, completed, and left after a
 * failure.
 */
#include "qom/user-creatable.h"
#include "tests/unit/objects.h"

typedef struct CarProperties {
    uint32_t doors;
    bool electric;
    char *colour;
} CarProperties;

typedef struct Car {
    Object parent;
    CarProperties props;
    Object *trailer;
    unsigned completed;
} Car;

#define CAR(obj) OBJECT_CHECK(Car, obj, "car")

#define MEMBER(member, k, ...)                                                                               \
    {                                                                                                        \
        .name = #member, .kind = FIELD_##k, .offset = offsetof(CarProperties, member),                       \
        .has_offset = FIELD_NO_OFFSET, .count_offset = FIELD_NO_OFFSET, __VA_ARGS__                          \
    }

static const Field car_members[] = {
    MEMBER(doors, UINT32, .type = "uint32", .max = 5, .default_text = "4"),
    MEMBER(electric, BOOL, .type = "bool", .default_text = "off"),
    MEMBER(colour, STR, .type = "str"),
};
static const FieldTable car_fields = { "car", sizeof(CarProperties), car_members, G_N_ELEMENTS(car_members) };

static unsigned cars;

static bool car_complete(Object *obj, Error **errp)
{
    CAR(obj)->completed++;
    return CAR(obj)->props.doors || error_set(errp, CGVM_ERROR_UNSUPPORTED, "nobody can get in");
}

static void car_init(G_GNUC_UNUSED Object *obj)
{
    cars++;
}

static void car_finalize(G_GNUC_UNUSED Object *obj)
{
    cars--;
}

static void car_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_add_fields(oc, &car_fields, offsetof(Car, props));
    object_class_property_add_link(oc, "trailer", "trailer", offsetof(Car, trailer),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    USER_CREATABLE_CLASS(oc)->complete = car_complete;
}

static const TypeInfo vehicle_type = { .name = "vehicle", .parent = TYPE_OBJECT, .abstract = true };
static const TypeInfo car_type = {
    .name = "car",
    .parent = "vehicle",
    .instance_size = sizeof(Car),
    .instance_init = car_init,
    .instance_finalize = car_finalize,
    .class_init = car_class_init,
    .interfaces = user_creatable_interfaces,
};
/* Users cannot make it, so there is nothing to complete. */
static const TypeInfo trailer_type = { .name = "trailer", .parent = "vehicle" };

static int refuse_child(Object *child, G_GNUC_UNUSED void *opaque)
{
    g_test_message("%s was left behind", object_get_canonical_path_component(child));
    return 1;
}

static void assert_nothing_left(Object *root)
{
    g_assert_cmpint(object_child_foreach(root, refuse_child, NULL), ==, 0);
    g_assert_cmpuint(cars, ==, 0);
}

/* ---- object_new_with_props ---- */

static void test_child(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    Object *car = object_new_with_props("car", root, "mine", NULL, "doors", "2", "electric", "on", "colour",
                                        "12", NULL);

    g_assert_nonnull(car);
    assert_path(car, "/mine");
    g_assert_cmpuint(CAR(car)->props.doors, ==, 2);
    g_assert_true(CAR(car)->props.electric);
    g_assert_cmpstr(CAR(car)->props.colour, ==, "12");
    g_assert_cmpint(car->ref, ==, 1);
    object_unparent(car);
    g_assert_cmpuint(cars, ==, 0);
}

static void test_without_a_parent(void)
{
    Object *car = object_new_with_props("car", NULL, NULL, NULL, "doors", "3", NULL);

    g_assert_nonnull(car);
    g_assert_null(car->parent);
    g_assert_cmpuint(CAR(car)->props.doors, ==, 3);
    object_unref(car);
    g_assert_cmpuint(cars, ==, 0);
}

static void test_without_properties(void)
{
    g_autoptr(Object) car = object_new_with_props("car", NULL, NULL, NULL, NULL);

    g_assert_nonnull(car);
    g_assert_cmpuint(CAR(car)->props.doors, ==, 4);
}

static Object *new_by_list(Object *parent, const char *id, Error **errp, ...)
{
    va_list vargs;
    Object *obj;

    va_start(vargs, errp);
    obj = object_new_with_propv("car", parent, id, errp, vargs);
    va_end(vargs);
    return obj;
}

static void test_propv(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    Object *car = new_by_list(root, "mine", NULL, "doors", "5", NULL);

    g_assert_nonnull(car);
    g_assert_cmpuint(CAR(car)->props.doors, ==, 5);
}

static void test_completed(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    Object *child = object_new_with_props("car", root, "mine", NULL, NULL);
    g_autoptr(Object) alone = object_new_with_props("car", NULL, NULL, NULL, NULL);

    g_assert_cmpuint(CAR(child)->completed, ==, 1);
    g_assert_cmpuint(CAR(alone)->completed, ==, 1);
}

static void test_nothing_to_complete(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);

    g_assert_nonnull(object_new_with_props("trailer", root, "t", NULL, NULL));
}

/* A link is found from the place that the object has. */
static void test_link(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    Object *objects = object_get_objects_root(root);
    Object *trailer = object_new_with_props("trailer", objects, "t", NULL, NULL);
    Object *car = object_new_with_props("car", objects, "mine", NULL, "trailer", "t", NULL);

    g_assert_nonnull(car);
    g_assert_true(CAR(car)->trailer == trailer);
}

static void test_completion_fails(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    g_autoptr(Error) error = NULL, alone = NULL;

    g_assert_null(object_new_with_props("car", root, "mine", &error, "doors", "0", NULL));
    assert_error(error, CGVM_ERROR_UNSUPPORTED, "nobody can get in");
    assert_nothing_left(root);
    g_assert_null(object_new_with_props("car", NULL, NULL, &alone, "doors", "0", NULL));
    assert_error(alone, CGVM_ERROR_UNSUPPORTED, "nobody can get in");
    assert_nothing_left(root);
}

static void test_property_fails(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    g_autoptr(Error) error = NULL, alone = NULL, unknown = NULL;

    g_assert_null(object_new_with_props("car", root, "mine", &error, "doors", "6", NULL));
    assert_error(error, CGVM_ERROR_INVALID, "'doors' must be from 0 to 5, not 6");
    g_assert_null(object_new_with_props("car", NULL, NULL, &alone, "doors", "6", NULL));
    assert_error(alone, CGVM_ERROR_INVALID, "'doors' must be from 0 to 5, not 6");
    g_assert_null(object_new_with_props("car", root, "mine", &unknown, "door", "1", NULL));
    assert_error(unknown, CGVM_ERROR_NOT_FOUND, "car 'mine' has no property 'door'; did you mean 'doors'?");
    g_assert_null(object_new_with_props("car", root, "mine", NULL, "doors", "6", NULL));
    assert_nothing_left(root);
}

static void test_name_is_taken(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    Object *first = object_new_with_props("car", root, "mine", NULL, NULL);
    g_autoptr(Error) error = NULL;

    g_assert_null(object_new_with_props("car", root, "mine", &error, NULL));
    assert_error(error, CGVM_ERROR_INVALID, "'/' already has something called 'mine'; choose another name");
    g_assert_true(object_resolve_path(root, "/mine", NULL) == first);
    g_assert_cmpuint(cars, ==, 1);
}

static void test_abstract(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(object_new_with_props("vehicle", NULL, NULL, &error, NULL));
    assert_error(error, CGVM_ERROR_INVALID, "object type 'vehicle' is abstract");
}

static void test_unknown_type(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(object_new_with_props("carr", NULL, NULL, &error, NULL));
    assert_error(error, CGVM_ERROR_NOT_FOUND, "there is no object type 'carr'");
}

/* ---- object_set_props ---- */

static void test_set_props(void)
{
    g_autoptr(Object) car = object_new("car");

    g_assert_true(object_set_props(car, NULL, "doors", "1", "colour", "red", NULL));
    g_assert_cmpuint(CAR(car)->props.doors, ==, 1);
    g_assert_cmpstr(CAR(car)->props.colour, ==, "red");
    g_assert_cmpuint(CAR(car)->completed, ==, 0);
    g_assert_true(object_set_props(car, NULL, NULL));
}

static void test_set_props_stops(void)
{
    g_autoptr(Object) car = object_new("car");
    g_autoptr(Error) error = NULL;

    g_assert_false(object_set_props(car, &error, "doors", "1", "electric", "a bit", "colour", "red", NULL));
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "'electric' expects "));
    g_assert_cmpuint(CAR(car)->props.doors, ==, 1);
    g_assert_null(CAR(car)->props.colour);
}

static bool set_by_list(Object *obj, Error **errp, ...)
{
    va_list vargs;
    bool done;

    va_start(vargs, errp);
    done = object_set_propv(obj, errp, vargs);
    va_end(vargs);
    return done;
}

static void test_set_propv(void)
{
    g_autoptr(Object) car = object_new("car");

    g_assert_true(set_by_list(car, NULL, "doors", "0x2", NULL));
    g_assert_cmpuint(CAR(car)->props.doors, ==, 2);
}

int main(int argc, char **argv)
{
    const TypeInfo *const types[] = { &container_type, &vehicle_type, &car_type, &trailer_type };

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));

    g_test_add_func("/object-new/child", test_child);
    g_test_add_func("/object-new/no-parent", test_without_a_parent);
    g_test_add_func("/object-new/no-properties", test_without_properties);
    g_test_add_func("/object-new/propv", test_propv);
    g_test_add_func("/object-new/completed", test_completed);
    g_test_add_func("/object-new/nothing-to-complete", test_nothing_to_complete);
    g_test_add_func("/object-new/link", test_link);
    g_test_add_func("/object-new/fails/completion", test_completion_fails);
    g_test_add_func("/object-new/fails/property", test_property_fails);
    g_test_add_func("/object-new/fails/name", test_name_is_taken);
    g_test_add_func("/object-new/fails/abstract", test_abstract);
    g_test_add_func("/object-new/fails/unknown", test_unknown_type);
    g_test_add_func("/object-new/set-props", test_set_props);
    g_test_add_func("/object-new/set-props/stops", test_set_props_stops);
    g_test_add_func("/object-new/set-propv", test_set_propv);
    return g_test_run();
}
