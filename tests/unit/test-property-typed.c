/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of properties with a C type: made of functions or of numbers in memory, and used through C values.
 */
#include "tests/unit/objects.h"

/* A radio, whose class has a property of every kind that functions make. */

typedef enum Band { BAND_AM, BAND_FM } Band;

static const char *const band_names[] = { "am", "fm" };
static const EnumLookup band_lookup = { "Band", band_names, 2 };

typedef struct Radio {
    Object parent;
    bool on;
    char *station;
    Band band;
    uint64_t volume;
    bool broken; /* all functions fail */
} Radio;

#define RADIO(obj) OBJECT_CHECK(Radio, obj, "radio")

static bool works(Object *obj, Error **errp)
{
    return !RADIO(obj)->broken || error_set(errp, CGVM_ERROR_STATE, "the radio is broken");
}

static bool radio_get_on(Object *obj, Error **errp)
{
    return works(obj, errp) && RADIO(obj)->on;
}

static void radio_set_on(Object *obj, bool value, Error **errp)
{
    if (works(obj, errp)) {
        RADIO(obj)->on = value;
    }
}

static char *radio_get_station(Object *obj, Error **errp)
{
    return works(obj, errp) ? g_strdup(RADIO(obj)->station) : NULL;
}

static void radio_set_station(Object *obj, const char *value, Error **errp)
{
    if (works(obj, errp)) {
        g_free(RADIO(obj)->station);
        RADIO(obj)->station = g_strdup(value);
    }
}

static int radio_get_band(Object *obj, Error **errp)
{
    return works(obj, errp) ? (int)RADIO(obj)->band : -1;
}

static void radio_set_band(Object *obj, int value, Error **errp)
{
    if (works(obj, errp)) {
        RADIO(obj)->band = value;
    }
}

static bool volume_get(Object *obj, G_GNUC_UNUSED const ObjectProperty *prop, json_object **ret_value,
                       G_GNUC_UNUSED Error **errp)
{
    *ret_value = json_object_new_uint64(RADIO(obj)->volume);
    return true;
}

static bool volume_set(Object *obj, G_GNUC_UNUSED const ObjectProperty *prop, json_object *value,
                       G_GNUC_UNUSED Error **errp)
{
    RADIO(obj)->volume = json_object_get_uint64(value);
    return true;
}

static void radio_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    ObjectProperty *volume = object_class_property_add(oc, "volume", "uint64");

    volume->get = volume_get;
    volume->set = volume_set;
    object_property_set_default_uint(volume, 11);
    object_property_set_default_bool(object_class_property_add_bool(oc, "on", radio_get_on, radio_set_on),
                                     true);
    object_property_set_default_str(
        object_class_property_add_str(oc, "station", radio_get_station, radio_set_station), "news");
    object_property_set_default_str(
        object_class_property_add_enum(oc, "band", "Band", &band_lookup, radio_get_band, radio_set_band),
        "fm");
    object_class_property_add_bool(oc, "on-ro", radio_get_on, NULL);
    object_class_property_add_str(oc, "station-ro", radio_get_station, NULL);
    object_class_property_add_enum(oc, "band-ro", "Band", &band_lookup, radio_get_band, NULL);
    object_class_property_add_bool(oc, "on-wo", NULL, radio_set_on);
    object_class_property_add_str(oc, "station-wo", NULL, radio_set_station);
    object_class_property_add_enum(oc, "band-wo", "Band", &band_lookup, NULL, radio_set_band);
}

static void radio_finalize(Object *obj)
{
    g_free(RADIO(obj)->station);
}

static const TypeInfo radio_type = {
    .name = "radio",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Radio),
    .instance_finalize = radio_finalize,
    .class_init = radio_class_init,
};
/* One without anything in its class. */
static const TypeInfo box_type = { .name = "box", .parent = "container" };

static Object *broken_radio(void)
{
    Object *radio = object_new("radio");

    RADIO(radio)->broken = true;
    return radio;
}

/* ---- on a class ---- */

static void test_defaults(void)
{
    g_autoptr(Object) radio = object_new("radio");

    g_assert_true(RADIO(radio)->on);
    g_assert_cmpstr(RADIO(radio)->station, ==, "news");
    g_assert_cmpint(RADIO(radio)->band, ==, BAND_FM);
    g_assert_cmpuint(RADIO(radio)->volume, ==, 11);
}

static void test_default_is_known(void)
{
    const ObjectProperty *on = object_class_property_find(object_class_by_name("radio"), "on");
    const ObjectProperty *read_only = object_class_property_find(object_class_by_name("radio"), "on-ro");

    g_assert_true(json_object_get_boolean(on->default_value));
    g_assert_null(read_only->default_value);
}

static void test_bool(void)
{
    g_autoptr(Object) radio = object_new("radio");

    g_assert_true(object_property_set_bool(radio, "on", false, NULL));
    g_assert_false(RADIO(radio)->on);
    g_assert_false(object_property_get_bool(radio, "on", NULL));
    set_text(radio, "on", "yes");
    g_assert_true(object_property_get_bool(radio, "on", NULL));
    assert_json_refused(radio, "on", "\"true\"", CGVM_ERROR_INVALID,
                        "'on' expects true or false, not \"true\"");
    assert_json_refused(radio, "on", "null", CGVM_ERROR_INVALID, "'on' expects true or false, not null");
    g_assert_true(RADIO(radio)->on);
}

static void test_str(void)
{
    g_autoptr(Object) radio = object_new("radio");
    g_autofree char *value = NULL;

    g_assert_true(object_property_set_str(radio, "station", "jazz", NULL));
    g_assert_cmpstr(RADIO(radio)->station, ==, "jazz");
    value = object_property_get_str(radio, "station", NULL);
    g_assert_cmpstr(value, ==, "jazz");
    set_text(radio, "station", "12");
    g_assert_cmpstr(RADIO(radio)->station, ==, "12");
    assert_json_refused(radio, "station", "12", CGVM_ERROR_INVALID, "'station' expects a string, not 12");
}

static void test_str_of_nothing(void)
{
    g_autoptr(Object) radio = object_new("radio");
    g_autofree char *value = NULL;

    g_assert_true(object_property_set_str(radio, "station", NULL, NULL));
    g_assert_cmpstr(RADIO(radio)->station, ==, "");
    g_clear_pointer(&RADIO(radio)->station, g_free);
    value = object_property_get_str(radio, "station", NULL);
    g_assert_cmpstr(value, ==, "");
}

static void test_enum(void)
{
    g_autoptr(Object) radio = object_new("radio");

    g_assert_true(object_property_set_str(radio, "band", "am", NULL));
    g_assert_cmpint(RADIO(radio)->band, ==, BAND_AM);
    g_assert_cmpint(object_property_get_enum(radio, "band", "Band", NULL), ==, BAND_AM);
    set_text(radio, "band", "fm");
    assert_print(radio, "band", "fm");
}

/* QEMU's words, which its own tests compare. */
static void test_enum_wrong(void)
{
    g_autoptr(Object) radio = object_new("radio");

    assert_json_refused(radio, "band", "\"lw\"", CGVM_ERROR_INVALID,
                        "Parameter 'band' does not accept value 'lw'");
    assert_json_refused(radio, "band", "1", CGVM_ERROR_INVALID,
                        "Invalid parameter type for 'band', expected: string");
    g_assert_cmpint(RADIO(radio)->band, ==, BAND_FM);
}

static void test_read_only(void)
{
    g_autoptr(Object) radio = object_new("radio");

    assert_json_refused(radio, "on-ro", "false", CGVM_ERROR_INVALID, "'on-ro' can only be read");
    assert_json_refused(radio, "station-ro", "\"a\"", CGVM_ERROR_INVALID, "'station-ro' can only be read");
    assert_json_refused(radio, "band-ro", "\"am\"", CGVM_ERROR_INVALID, "'band-ro' can only be read");
    assert_print(radio, "on-ro", "true");
    assert_print(radio, "station-ro", "news");
    assert_print(radio, "band-ro", "fm");
}

static void assert_no_get(Object *obj, const char *name, CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL, printing = NULL;
    json_object *value = NULL;

    g_assert_false(object_property_get(obj, name, &value, &error));
    assert_error(error, code, message);
    g_assert_null(value);
    g_assert_null(object_property_print(obj, name, &printing));
    assert_error(printing, code, message);
    g_assert_null(object_property_print(obj, name, NULL));
}

static void test_write_only(void)
{
    g_autoptr(Object) radio = object_new("radio");

    set_json(radio, "on-wo", "false");
    set_json(radio, "station-wo", "\"a\"");
    set_json(radio, "band-wo", "\"am\"");
    assert_no_get(radio, "on-wo", CGVM_ERROR_INVALID, "'on-wo' can only be written");
    assert_no_get(radio, "station-wo", CGVM_ERROR_INVALID, "'station-wo' can only be written");
    assert_no_get(radio, "band-wo", CGVM_ERROR_INVALID, "'band-wo' can only be written");
    assert_print(radio, "on", "false");
    assert_print(radio, "station", "a");
    assert_print(radio, "band", "am");
}

static void test_failing_setters(void)
{
    g_autoptr(Object) radio = broken_radio();

    assert_json_refused(radio, "on", "false", CGVM_ERROR_STATE, "the radio is broken");
    assert_json_refused(radio, "station", "\"a\"", CGVM_ERROR_STATE, "the radio is broken");
    assert_json_refused(radio, "band", "\"am\"", CGVM_ERROR_STATE, "the radio is broken");
}

static void test_failing_setter_in_a_tree(void)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    Object *radio = add(root, "radio", "kitchen");

    RADIO(radio)->broken = true;
    assert_json_refused(radio, "on", "false", CGVM_ERROR_STATE, "radio 'kitchen': the radio is broken");
}

static void test_failing_getters(void)
{
    g_autoptr(Object) radio = broken_radio();

    assert_no_get(radio, "on", CGVM_ERROR_STATE, "the radio is broken");
    assert_no_get(radio, "station", CGVM_ERROR_STATE, "the radio is broken");
    assert_no_get(radio, "band", CGVM_ERROR_STATE, "the radio is broken");
}

/* ---- on an object ---- */

static void test_bool_of_an_object(void)
{
    g_autoptr(Object) radio = object_new("radio"), other = object_new("radio");

    object_property_add_bool(radio, "mine", radio_get_on, radio_set_on);
    set_text(radio, "mine", "off");
    g_assert_false(RADIO(radio)->on);
    g_assert_null(object_property_find(other, "mine"));
}

static void test_str_of_an_object(void)
{
    g_autoptr(Object) radio = object_new("radio");
    const ObjectProperty *prop = object_property_add_str(radio, "mine", radio_get_station, radio_set_station);

    g_assert_cmpstr(prop->type, ==, "string");
    set_text(radio, "mine", "rock");
    assert_print(radio, "station", "rock");
}

static void test_enum_of_an_object(void)
{
    g_autoptr(Object) radio = object_new("radio");
    const ObjectProperty *prop =
        object_property_add_enum(radio, "mine", "Band", &band_lookup, radio_get_band, radio_set_band);

    g_assert_cmpstr(prop->type, ==, "Band");
    set_text(radio, "mine", "am");
    assert_print(radio, "band", "am");
}

static void test_removed(void)
{
    g_autoptr(Object) radio = object_new("radio");

    object_property_add_bool(radio, "mine", radio_get_on, radio_set_on);
    object_property_del(radio, "mine");
    g_assert_null(object_property_find(radio, "mine"));
    object_property_add_str(radio, "mine", radio_get_station, NULL);
    assert_print(radio, "mine", "news");
}

/* ---- numbers in memory ---- */

typedef struct Numbers {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
} Numbers;

static Object *box_of(Numbers *numbers, ObjectPropertyFlags flags)
{
    Object *box = object_new("box");

    object_property_add_uint8_ptr(box, "u8", &numbers->u8, flags);
    object_property_add_uint16_ptr(box, "u16", &numbers->u16, flags);
    object_property_add_uint32_ptr(box, "u32", &numbers->u32, flags);
    object_property_add_uint64_ptr(box, "u64", &numbers->u64, flags);
    return box;
}

static void test_numbers(void)
{
    Numbers numbers = { 1, 2, 3, 4 };
    g_autoptr(Object) box = box_of(&numbers, OBJ_PROP_FLAG_READWRITE);

    assert_print(box, "u8", "1");
    assert_print(box, "u16", "2");
    assert_print(box, "u32", "3");
    assert_print(box, "u64", "4");
    set_text(box, "u8", "255");
    set_text(box, "u16", "0xffff");
    set_text(box, "u32", "4294967295");
    set_text(box, "u64", "18446744073709551615");
    g_assert_cmpuint(numbers.u8, ==, UINT8_MAX);
    g_assert_cmpuint(numbers.u16, ==, UINT16_MAX);
    g_assert_cmpuint(numbers.u32, ==, UINT32_MAX);
    g_assert_cmpuint(numbers.u64, ==, UINT64_MAX);
    assert_print(box, "u64", "18446744073709551615");
}

static void test_numbers_out_of_range(void)
{
    Numbers numbers = { 1, 2, 3, 4 };
    g_autoptr(Object) box = box_of(&numbers, OBJ_PROP_FLAG_READWRITE);

    assert_json_refused(box, "u8", "256", CGVM_ERROR_INVALID, "'u8' must be from 0 to 255, not 256");
    assert_json_refused(box, "u16", "65536", CGVM_ERROR_INVALID, "'u16' must be from 0 to 65535, not 65536");
    assert_json_refused(box, "u32", "4294967296", CGVM_ERROR_INVALID,
                        "'u32' must be from 0 to 4294967295, not 4294967296");
    g_assert_false(object_property_set_int(box, "u64", -1, NULL));
    g_assert_cmpuint(numbers.u8 + numbers.u16 + numbers.u32 + numbers.u64, ==, 10);
}

static void test_numbers_read_only(void)
{
    Numbers numbers = { 1, 2, 3, 4 };
    g_autoptr(Object) box = box_of(&numbers, OBJ_PROP_FLAG_READ);

    assert_json_refused(box, "u8", "5", CGVM_ERROR_INVALID, "'u8' can only be read");
    assert_print(box, "u8", "1");
    numbers.u8 = 9;
    assert_print(box, "u8", "9");
}

static void test_numbers_write_only(void)
{
    Numbers numbers = { 1, 2, 3, 4 };
    g_autoptr(Object) box = box_of(&numbers, OBJ_PROP_FLAG_WRITE);

    set_json(box, "u32", "5");
    g_assert_cmpuint(numbers.u32, ==, 5);
    assert_no_get(box, "u32", CGVM_ERROR_INVALID, "'u32' can only be written");
}

/* ---- through C values ---- */

static void test_int(void)
{
    Numbers numbers = { 0 };
    g_autoptr(Object) box = box_of(&numbers, OBJ_PROP_FLAG_READWRITE);

    g_assert_true(object_property_set_int(box, "u32", 7, NULL));
    g_assert_cmpint(object_property_get_int(box, "u32", NULL), ==, 7);
    g_assert_true(object_property_set_uint(box, "u64", UINT64_MAX, NULL));
    g_assert_cmpuint(object_property_get_uint(box, "u64", NULL), ==, UINT64_MAX);
}

static void test_int_too_large(void)
{
    Numbers numbers = { .u64 = UINT64_C(1) << 63 };
    g_autoptr(Object) box = box_of(&numbers, OBJ_PROP_FLAG_READ);
    g_autoptr(Error) error = NULL;

    g_assert_cmpint(object_property_get_int(box, "u64", &error), ==, -1);
    assert_error(error, CGVM_ERROR_INVALID, "'u64' is too large: 9223372036854775808");
    numbers.u64 = INT64_MAX;
    g_assert_cmpint(object_property_get_int(box, "u64", NULL), ==, INT64_MAX);
}

static void test_get_wrong_type(void)
{
    g_autoptr(Object) radio = object_new("radio");
    g_autoptr(Error) as_bool = NULL, as_str = NULL, as_int = NULL, as_uint = NULL;

    g_assert_false(object_property_get_bool(radio, "station", &as_bool));
    assert_error(as_bool, CGVM_ERROR_INVALID, "'station' is not of type bool");
    g_assert_null(object_property_get_str(radio, "on", &as_str));
    assert_error(as_str, CGVM_ERROR_INVALID, "'on' is not of type string");
    g_assert_cmpint(object_property_get_int(radio, "on", &as_int), ==, -1);
    assert_error(as_int, CGVM_ERROR_INVALID, "'on' is not of type int");
    g_assert_cmpuint(object_property_get_uint(radio, "station", &as_uint), ==, 0);
    assert_error(as_uint, CGVM_ERROR_INVALID, "'station' is not of type uint");
}

static void test_get_enum_of_another_type(void)
{
    g_autoptr(Object) radio = object_new("radio");
    g_autoptr(Error) other = NULL, none = NULL;

    g_assert_cmpint(object_property_get_enum(radio, "band", "Colour", &other), ==, -1);
    assert_error(other, CGVM_ERROR_INVALID, "'band' is of type Band, not Colour");
    g_assert_cmpint(object_property_get_enum(radio, "on", "Band", &none), ==, -1);
    assert_error(none, CGVM_ERROR_INVALID, "'on' is of type bool, not Band");
}

static void test_get_enum_fails(void)
{
    g_autoptr(Object) radio = broken_radio();
    g_autoptr(Error) error = NULL;

    g_assert_cmpint(object_property_get_enum(radio, "band", "Band", &error), ==, -1);
    assert_error(error, CGVM_ERROR_STATE, "the radio is broken");
}

static void test_get_unknown(void)
{
    g_autoptr(Object) radio = object_new("radio");
    g_autoptr(Error) as_bool = NULL, as_enum = NULL;

    g_assert_false(object_property_get_bool(radio, "statio", &as_bool));
    assert_error(as_bool, CGVM_ERROR_NOT_FOUND, "radio has no property 'statio'; did you mean 'station'?");
    g_assert_cmpint(object_property_get_enum(radio, "bandd", "Band", &as_enum), ==, -1);
    assert_error(as_enum, CGVM_ERROR_NOT_FOUND, "radio has no property 'bandd'; did you mean 'band'?");
}

static void test_print(void)
{
    g_autoptr(Object) radio = object_new("radio");

    assert_print(radio, "type", "radio");
    assert_print(radio, "on", "true");
    assert_print(radio, "volume", "11");
    set_text(radio, "station", "a/b \"c\"");
    assert_print(radio, "station", "a/b \"c\"");
}

/* Every class has it, and nobody can set it. */
static void test_type(void)
{
    g_autoptr(Object) box = object_new("box");

    assert_print(box, "type", "box");
    assert_json_refused(box, "type", "\"radio\"", CGVM_ERROR_INVALID, "'type' can only be read");
}

int main(int argc, char **argv)
{
    const TypeInfo *const types[] = { &container_type, &radio_type, &box_type };

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));

    g_test_add_func("/property-typed/class/defaults", test_defaults);
    g_test_add_func("/property-typed/class/default-is-known", test_default_is_known);
    g_test_add_func("/property-typed/class/bool", test_bool);
    g_test_add_func("/property-typed/class/str", test_str);
    g_test_add_func("/property-typed/class/str-of-nothing", test_str_of_nothing);
    g_test_add_func("/property-typed/class/enum", test_enum);
    g_test_add_func("/property-typed/class/enum-wrong", test_enum_wrong);
    g_test_add_func("/property-typed/class/read-only", test_read_only);
    g_test_add_func("/property-typed/class/write-only", test_write_only);
    g_test_add_func("/property-typed/class/failing-setters", test_failing_setters);
    g_test_add_func("/property-typed/class/failing-in-a-tree", test_failing_setter_in_a_tree);
    g_test_add_func("/property-typed/class/failing-getters", test_failing_getters);
    g_test_add_func("/property-typed/object/bool", test_bool_of_an_object);
    g_test_add_func("/property-typed/object/str", test_str_of_an_object);
    g_test_add_func("/property-typed/object/enum", test_enum_of_an_object);
    g_test_add_func("/property-typed/object/removed", test_removed);
    g_test_add_func("/property-typed/number/all", test_numbers);
    g_test_add_func("/property-typed/number/range", test_numbers_out_of_range);
    g_test_add_func("/property-typed/number/read-only", test_numbers_read_only);
    g_test_add_func("/property-typed/number/write-only", test_numbers_write_only);
    g_test_add_func("/property-typed/value/int", test_int);
    g_test_add_func("/property-typed/value/int-too-large", test_int_too_large);
    g_test_add_func("/property-typed/value/wrong-type", test_get_wrong_type);
    g_test_add_func("/property-typed/value/other-enum", test_get_enum_of_another_type);
    g_test_add_func("/property-typed/value/enum-fails", test_get_enum_fails);
    g_test_add_func("/property-typed/value/unknown", test_get_unknown);
    g_test_add_func("/property-typed/value/print", test_print);
    g_test_add_func("/property-typed/type", test_type);
    return g_test_run();
}
