/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of properties: those made of fields, walks over them, who may set them when, and what refusals say.
 */
#include <string.h>
#include "qom/object.h"

/* A lamp, which a plug links to a socket. */

typedef enum Shade { SHADE_RED, SHADE_BLUE } Shade;

typedef struct DeviceProperties {
    uint32_t power;
    char *label;
} DeviceProperties;

typedef struct LampProperties {
    Shade shade;
    bool has_lit;
    bool lit;
    Blob serial;
} LampProperties;

typedef struct Device {
    Object parent;
    DeviceProperties props;
    bool frozen;
    Object *plug;
} Device;

typedef struct Lamp {
    Device parent;
    LampProperties props;
} Lamp;

typedef struct Socket {
    Object parent;
} Socket;

#define DEVICE(obj) OBJECT_CHECK(Device, obj, "device")
#define LAMP(obj)   OBJECT_CHECK(Lamp, obj, "lamp")
#define SOCKET(obj) OBJECT_CHECK(Socket, obj, "socket")

static const char *const shade_names[] = { "red", "blue" };
static const EnumLookup shade_lookup = { "Shade", shade_names, 2 };

#define MEMBER(type, member, text, k, ...)                                                                   \
    {                                                                                                        \
        .name = text, .kind = FIELD_##k, .offset = offsetof(type, member), .has_offset = FIELD_NO_OFFSET,    \
        .count_offset = FIELD_NO_OFFSET, __VA_ARGS__                                                         \
    }

static const Field device_members[] = {
    MEMBER(DeviceProperties, power, "power", UINT32, .type = "uint32", .description = "in watts", .min = 1,
           .max = 100, .default_text = "40"),
    MEMBER(DeviceProperties, label, "label", STR, .type = "str"),
};
static const FieldTable device_fields = { "device", sizeof(DeviceProperties), device_members, 2 };

static const Field lamp_members[] = {
    MEMBER(LampProperties, shade, "shade", ENUM, .type = "Shade", .enumeration = &shade_lookup,
           .default_text = "blue"),
    { .name = "lit",
      .type = "bool",
      .kind = FIELD_BOOL,
      .offset = offsetof(LampProperties, lit),
      .has_offset = offsetof(LampProperties, has_lit),
      .count_offset = FIELD_NO_OFFSET },
    MEMBER(LampProperties, serial, "serial-number", BLOB, .type = "blob of 3 bytes", .blob_size = 3),
};
static const FieldTable lamp_fields = { "lamp", sizeof(LampProperties), lamp_members, 3 };

static unsigned sockets_alive;

static bool check_power(Object *obj, json_object *value, Error **errp)
{
    g_assert_true(object_dynamic_cast(obj, "device") == obj);
    if (json_object_get_int(value) == 13) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'power' must not be 13");
    }
    return true;
}

static bool power_from_names(const char *name, const char *text, uint64_t *ret_number, Error **errp)
{
    static const struct {
        const char *name;
        uint64_t power;
    } names[] = { { "dim", 5 }, { "unlucky", 13 }, { "blinding", 1000 } };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].name, text) == 0) {
            *ret_number = names[i].power;
            return true;
        }
    }
    return error_setg(errp, "'%s' is never '%s'", name, text);
}

static bool device_may_set(Object *obj, const char *name, Error **errp)
{
    return !DEVICE(obj)->frozen || error_set(errp, CGVM_ERROR_STATE, "'%s' is frozen", name);
}

static void device_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_add_fields(oc, &device_fields, offsetof(Device, props));
    object_class_property_set_check(oc, "power", check_power);
    object_class_property_set_names(oc, "power", power_from_names);
    object_class_property_add_link(oc, "plug", "socket", offsetof(Device, plug),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "plug", "where it is plugged");
    oc->may_set = device_may_set;
}

static void lamp_class_init(ObjectClass *oc, G_GNUC_UNUSED const void *data)
{
    object_class_add_fields(oc, &lamp_fields, offsetof(Lamp, props));
}

static void socket_init(G_GNUC_UNUSED Object *obj)
{
    sockets_alive++;
}

static void socket_finalize(G_GNUC_UNUSED Object *obj)
{
    sockets_alive--;
}

extern const TypeInfo container_type;

static const TypeInfo device_type = {
    .name = "device",
    .parent = TYPE_OBJECT,
    .abstract = true,
    .instance_size = sizeof(Device),
    .class_init = device_class_init,
};
static const TypeInfo lamp_type = {
    .name = "lamp",
    .parent = "device",
    .instance_size = sizeof(Lamp),
    .class_init = lamp_class_init,
};
static const TypeInfo socket_type = {
    .name = "socket",
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Socket),
    .instance_init = socket_init,
    .instance_finalize = socket_finalize,
};
static const TypeInfo safe_socket_type = {
    .name = "safe-socket",
    .parent = "socket",
};

/* The tree of each test: a lamp at /lamp, and sockets below /objects. */
typedef struct Room {
    Object *root;
    Object *lamp;
} Room;

static Object *room_add(Object *parent, const char *type, const char *name)
{
    g_autoptr(Object) obj = object_new(type);
    bool added = object_property_try_add_child(parent, name, obj, NULL);

    g_assert_true(added);
    return obj;
}

static void room_init(Room *room, G_GNUC_UNUSED const void *data)
{
    room->root = object_new(TYPE_CONTAINER);
    room->lamp = room_add(room->root, "lamp", "lamp");
    room_add(object_get_objects_root(room->root), "socket", "left");
    room_add(object_get_objects_root(room->root), "safe-socket", "right");
}

static void room_clear(Room *room, G_GNUC_UNUSED const void *data)
{
    object_unref(room->root);
    g_assert_cmpuint(sockets_alive, ==, 0);
}

static Object *room_find(const Room *room, const char *path)
{
    Object *obj = object_resolve_path(room->root, path, NULL);

    g_assert_nonnull(obj);
    return obj;
}

static json_object *parse(const char *json)
{
    enum json_tokener_error error;
    json_object *value = json_tokener_parse_verbose(json, &error);

    g_assert_cmpint(error, ==, json_tokener_success);
    return value;
}

static bool set(Object *obj, const char *name, const char *json, Error **errp)
{
    g_autoptr(json_object) value = parse(json);

    return object_property_set(obj, name, value, errp);
}

static void assert_set(Object *obj, const char *name, const char *json)
{
    g_autoptr(Error) error = NULL;
    bool done = set(obj, name, json, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static void assert_get(Object *obj, const char *name, const char *expected)
{
    g_autoptr(json_object) value = NULL;

    g_assert_true(object_property_get(obj, name, &value, NULL));
    g_assert_cmpstr(json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE), ==, expected);
}

/* Refused with this message, and the property, if there is one, is as before. */
static void assert_refused(Object *obj, const char *name, const char *json, CgvmErrorCode code,
                           const char *message)
{
    g_autoptr(json_object) before = NULL;
    g_autoptr(json_object) after = NULL;
    g_autoptr(Error) error = NULL;

    object_property_get(obj, name, &before, NULL);
    g_assert_false(set(obj, name, json, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_false(set(obj, name, json, NULL));
    object_property_get(obj, name, &after, NULL);
    g_assert_true(json_object_equal(before, after));
}

/* ---- fields ---- */

static void test_defaults(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_get(room->lamp, "power", "40");
    assert_get(room->lamp, "shade", "\"blue\"");
    g_assert_cmpuint(DEVICE(room->lamp)->props.power, ==, 40);
    g_assert_cmpint(LAMP(room->lamp)->props.shade, ==, SHADE_BLUE);
}

static void test_absent_is_null(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_get(room->lamp, "label", "null");
    assert_get(room->lamp, "lit", "null");
    assert_get(room->lamp, "serial-number", "null");
}

static void test_set_and_get(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_set(room->lamp, "power", "60");
    assert_set(room->lamp, "label", "\"desk\"");
    assert_set(room->lamp, "shade", "\"red\"");
    assert_set(room->lamp, "lit", "false");
    assert_set(room->lamp, "serial-number", "\"AQID\"");
    g_assert_cmpuint(DEVICE(room->lamp)->props.power, ==, 60);
    g_assert_cmpstr(DEVICE(room->lamp)->props.label, ==, "desk");
    g_assert_true(LAMP(room->lamp)->props.has_lit);
    g_assert_cmpuint(LAMP(room->lamp)->props.serial.size, ==, 3);
    assert_get(room->lamp, "power", "60");
    assert_get(room->lamp, "lit", "false");
    assert_get(room->lamp, "serial-number", "\"AQID\"");
}

static void test_wrong_value(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_refused(room->lamp, "power", "101", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'power' must be from 1 to 100, not 101");
    assert_refused(room->lamp, "shade", "\"pink\"", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'shade' must be one of 'red', 'blue', not \"pink\"");
}

static void test_wrong_value_without_a_parent(void)
{
    g_autoptr(Object) lamp = object_new("lamp");

    assert_refused(lamp, "power", "0", CGVM_ERROR_INVALID, "'power' must be from 1 to 100, not 0");
}

static void test_check(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_refused(room->lamp, "power", "13", CGVM_ERROR_UNSUPPORTED, "lamp 'lamp': 'power' must not be 13");
    assert_set(room->lamp, "power", "12");
}

static void test_names(Room *room, G_GNUC_UNUSED const void *data)
{
    g_autoptr(json_object) keyval = parse("{ \"power\": \"dim\" }");

    assert_set(room->lamp, "power", "\"dim\"");
    assert_get(room->lamp, "power", "5");
    assert_set(room->lamp, "power", "6");
    g_assert_true(object_property_parse(room->lamp, "power", "dim", NULL));
    assert_get(room->lamp, "power", "5");
    g_assert_true(object_property_parse(room->lamp, "power", "0x6", NULL));
    assert_get(room->lamp, "power", "6");
    g_assert_true(object_set_properties_from_keyval(room->lamp, keyval, false, NULL));
    assert_get(room->lamp, "power", "5");
    object_property_add_alias(room->root, "watts", room->lamp, "power");
    assert_set(room->lamp, "power", "6");
    g_assert_true(object_property_parse(room->root, "watts", "dim", NULL));
    assert_get(room->lamp, "power", "5");
}

/* Wrong names, names of a number that is refused, and what no names look like. */
static void test_wrong_names(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_refused(room->lamp, "power", "\"dark\"", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'power' is never 'dark'");
    assert_refused(room->lamp, "power", "\"unlucky\"", CGVM_ERROR_UNSUPPORTED,
                   "lamp 'lamp': 'power' must not be 13");
    assert_refused(room->lamp, "power", "\"blinding\"", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'power' must be from 1 to 100, not 1000");
    assert_refused(room->lamp, "power", "\"5\"", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'power' expects an integer from 1 to 100, not \"5\"");
    assert_refused(room->lamp, "power", "\"\"", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'power' expects an integer from 1 to 100, not \"\"");
    assert_refused(room->lamp, "power", "\"dim\\u0000\"", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'power' expects an integer from 1 to 100, not \"dim\\u0000\"");
    assert_refused(room->lamp, "power", "null", CGVM_ERROR_INVALID,
                   "lamp 'lamp': 'power' expects an integer from 1 to 100, not null");
}

static void test_unknown(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_refused(room->lamp, "banana", "1", CGVM_ERROR_NOT_FOUND, "lamp 'lamp' has no property 'banana'");
}

static void test_near_miss(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_refused(room->lamp, "serial_number", "1", CGVM_ERROR_NOT_FOUND,
                   "lamp 'lamp' has no property 'serial_number'; did you mean 'serial-number'?");
    assert_refused(room->lamp, "powr", "1", CGVM_ERROR_NOT_FOUND,
                   "lamp 'lamp' has no property 'powr'; did you mean 'power'?");
}

static void test_get_unknown(void)
{
    g_autoptr(Object) lamp = object_new("lamp");
    g_autoptr(Error) error = NULL;
    json_object *value = NULL;

    g_assert_false(object_property_get(lamp, "shadow", &value, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "lamp has no property 'shadow'; did you mean 'shade'?");
    g_assert_null(value);
}

static void test_find(void)
{
    g_autoptr(Object) lamp = object_new("lamp");
    const ObjectProperty *power = object_property_find(lamp, "power");

    g_assert_cmpstr(power->name, ==, "power");
    g_assert_cmpstr(power->type, ==, "uint32");
    g_assert_cmpstr(power->description, ==, "in watts");
    g_assert_true(object_class_property_find(object_class_by_name("lamp"), "power") == power);
    g_assert_true(object_class_property_find(object_class_by_name("device"), "power") == power);
    g_assert_null(object_class_property_find(object_class_by_name("device"), "shade"));
    g_assert_null(object_property_find(lamp, "banana"));
}

static void append_property(const ObjectProperty *prop, void *opaque)
{
    g_string_append_printf(opaque, "%s:%s ", prop->name, prop->type);
}

static void test_foreach_is_sorted(void)
{
    g_autoptr(GString) names = g_string_new(NULL);

    object_class_property_foreach(object_class_by_name("lamp"), append_property, names);
    g_assert_cmpstr(
        names->str, ==,
        "label:str lit:bool plug:link<socket> power:uint32 serial-number:blob of 3 bytes shade:Shade "
        "type:string ");
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

/* The names of all that a walk meets, sorted, since its order is not defined. */
static char *walk(ObjectPropertyIterator *iterator)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    ObjectProperty *prop;

    while ((prop = object_property_iter_next(iterator))) {
        g_ptr_array_add(names, prop->name);
    }
    g_assert_null(object_property_iter_next(iterator));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return g_strjoinv(" ", (char **)names->pdata);
}

static void test_iterate_over_an_object(Room *room, G_GNUC_UNUSED const void *data)
{
    ObjectPropertyIterator iterator;
    g_autofree char *names = NULL;

    room_add(room->lamp, "socket", "child");
    object_property_add(room->lamp, "own", "none");
    object_property_iter_init(&iterator, room->lamp);
    names = walk(&iterator);
    g_assert_cmpstr(names, ==, "child label lit own plug power serial-number shade type");
}

static void test_iterate_over_a_class(void)
{
    ObjectPropertyIterator iterator;
    g_autofree char *lamp = NULL, *device = NULL;

    object_class_property_iter_init(&iterator, object_class_by_name("lamp"));
    lamp = walk(&iterator);
    g_assert_cmpstr(lamp, ==, "label lit plug power serial-number shade type");
    object_class_property_iter_init(&iterator, object_class_by_name("device"));
    device = walk(&iterator);
    g_assert_cmpstr(device, ==, "label plug power type");
}

/* Neither it nor its class has properties, only the parents of the class. */
static void test_iterate_over_what_has_none(void)
{
    g_autoptr(Object) empty = object_new("safe-socket");
    ObjectPropertyIterator iterator;
    g_autofree char *of_object = NULL, *of_class = NULL;

    object_property_iter_init(&iterator, empty);
    of_object = walk(&iterator);
    g_assert_cmpstr(of_object, ==, "type");
    object_class_property_iter_init(&iterator, object_class_by_name("safe-socket"));
    of_class = walk(&iterator);
    g_assert_cmpstr(of_class, ==, "type");
}

static void test_may_set(Room *room, G_GNUC_UNUSED const void *data)
{
    DEVICE(room->lamp)->frozen = true;
    assert_refused(room->lamp, "power", "60", CGVM_ERROR_STATE, "lamp 'lamp': 'power' is frozen");
    assert_refused(room->lamp, "shade", "\"red\"", CGVM_ERROR_STATE, "lamp 'lamp': 'shade' is frozen");
    assert_refused(room->lamp, "plug", "\"left\"", CGVM_ERROR_STATE, "lamp 'lamp': 'plug' is frozen");
}

static void test_set_props(void)
{
    g_autoptr(Object) lamp = object_new("lamp");
    g_autoptr(json_object) props = parse("{ \"power\": 5, \"label\": \"bed\" }");

    g_assert_true(object_set_properties_from_keyval(lamp, props, true, NULL));
    assert_get(lamp, "power", "5");
    assert_get(lamp, "label", "\"bed\"");
}

static void test_set_props_stops(void)
{
    g_autoptr(Object) lamp = object_new("lamp");
    g_autoptr(json_object) props = parse("{ \"power\": 5, \"colour\": 1, \"label\": \"bed\" }");
    g_autoptr(Error) error = NULL;

    g_assert_false(object_set_properties_from_keyval(lamp, props, true, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "lamp has no property 'colour'");
    assert_get(lamp, "power", "5");
    assert_get(lamp, "label", "null");
}

/* ---- links; test-property-link.c has more ---- */

static void test_link_by_id(Room *room, G_GNUC_UNUSED const void *data)
{
    assert_get(room->lamp, "plug", "\"\"");
    assert_set(room->lamp, "plug", "\"left\"");
    assert_get(room->lamp, "plug", "\"/objects/left\"");
    g_assert_true(DEVICE(room->lamp)->plug == room_find(room, "/objects/left"));
}

/* ---- text ---- */

static void test_set_text(Room *room, G_GNUC_UNUSED const void *data)
{
    g_assert_true(object_property_parse(room->lamp, "power", "0x10", NULL));
    g_assert_true(object_property_parse(room->lamp, "lit", "on", NULL));
    g_assert_true(object_property_parse(room->lamp, "label", "12", NULL));
    g_assert_true(object_property_parse(room->lamp, "plug", "left", NULL));
    assert_get(room->lamp, "power", "16");
    assert_get(room->lamp, "lit", "true");
    assert_get(room->lamp, "label", "\"12\"");
    assert_get(room->lamp, "plug", "\"/objects/left\"");
}

static void test_set_wrong_text(Room *room, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) form = NULL;
    g_autoptr(Error) range = NULL;
    g_autoptr(Error) unknown = NULL;

    g_assert_false(object_property_parse(room->lamp, "power", "4O", &form));
    g_assert_true(g_str_has_prefix(cgvm_error_message(form), "lamp 'lamp': 'power' expects "));
    g_assert_false(object_property_parse(room->lamp, "power", "200", &range));
    g_assert_true(g_str_has_prefix(cgvm_error_message(range), "lamp 'lamp': 'power' must be "));
    g_assert_false(object_property_parse(room->lamp, "pover", "1", &unknown));
    g_assert_cmpstr(cgvm_error_message(unknown), ==,
                    "lamp 'lamp' has no property 'pover'; did you mean 'power'?");
    assert_get(room->lamp, "power", "40");
}

static void test_props_from_text(Room *room, G_GNUC_UNUSED const void *data)
{
    g_autoptr(json_object) texts = parse("{ \"power\": \"0x10\", \"lit\": \"off\", \"label\": \"7\" }");

    g_assert_true(object_set_properties_from_keyval(room->lamp, texts, false, NULL));
    assert_get(room->lamp, "power", "16");
    assert_get(room->lamp, "lit", "false");
    assert_get(room->lamp, "label", "\"7\"");
}

static void test_props_from_wrong_text(Room *room, G_GNUC_UNUSED const void *data)
{
    g_autoptr(json_object) texts = parse("{ \"lit\": \"perhaps\" }");
    g_autoptr(Error) error = NULL;

    g_assert_false(object_set_properties_from_keyval(room->lamp, texts, false, &error));
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "lamp 'lamp': 'lit' expects "));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
}

static void add_room_test(const char *path, void (*test)(Room *room, const void *data))
{
    g_test_add(path, Room, NULL, room_init, test, room_clear);
}

int main(int argc, char **argv)
{
    const TypeInfo *const types[] = { &container_type, &device_type, &lamp_type, &socket_type,
                                      &safe_socket_type };

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));

    add_room_test("/property/field/defaults", test_defaults);
    add_room_test("/property/field/absent", test_absent_is_null);
    add_room_test("/property/field/set-and-get", test_set_and_get);
    add_room_test("/property/field/wrong-value", test_wrong_value);
    g_test_add_func("/property/field/without-a-parent", test_wrong_value_without_a_parent);
    add_room_test("/property/field/check", test_check);
    add_room_test("/property/field/names", test_names);
    add_room_test("/property/field/wrong-names", test_wrong_names);
    add_room_test("/property/unknown", test_unknown);
    add_room_test("/property/near-miss", test_near_miss);
    g_test_add_func("/property/get-unknown", test_get_unknown);
    g_test_add_func("/property/find", test_find);
    g_test_add_func("/property/foreach", test_foreach_is_sorted);
    add_room_test("/property/iterate/object", test_iterate_over_an_object);
    g_test_add_func("/property/iterate/class", test_iterate_over_a_class);
    g_test_add_func("/property/iterate/nothing", test_iterate_over_what_has_none);
    add_room_test("/property/may-set", test_may_set);
    g_test_add_func("/property/set-props/all", test_set_props);
    g_test_add_func("/property/set-props/stops", test_set_props_stops);
    add_room_test("/property/link/id", test_link_by_id);
    add_room_test("/property/text/set", test_set_text);
    add_room_test("/property/text/wrong", test_set_wrong_text);
    add_room_test("/property/text/props", test_props_from_text);
    add_room_test("/property/text/wrong-props", test_props_from_wrong_text);
    return g_test_run();
}
