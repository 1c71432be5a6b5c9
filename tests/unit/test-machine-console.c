/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of what a guest prints, on its way to a reader who takes only some of it.
 */
#include <string.h>
#include "lib/builtins.h"
#include "hw/machine.h"

typedef struct Fixture {
    MachineState *machine;
    GString *taken;
    size_t appetite; /* bytes that the reader takes at once */
    unsigned calls;
} Fixture;

static size_t take(void *opaque, const void *bytes, size_t size)
{
    Fixture *f = opaque;
    size_t done = MIN(size, f->appetite);

    g_string_append_len(f->taken, bytes, (gssize)done);
    f->calls++;
    return done;
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->machine = MACHINE(object_new("microvm-machine"));
    f->machine->console_write = take;
    f->machine->console_write_opaque = f;
    f->taken = g_string_new(NULL);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    object_unref(OBJECT(f->machine));
    g_string_free(f->taken, TRUE);
}

/* As a serial port does. */
static void print(Fixture *f, const char *text)
{
    for (; *text; text++) {
        f->machine->console(f->machine->console_opaque, (uint8_t)*text);
    }
}

static void test_at_once(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->appetite = 100;
    g_assert_true(machine_flush_console(f->machine));
    g_assert_cmpuint(f->calls, ==, 0);
    print(f, "a whole string");
    g_assert_cmpuint(f->calls, ==, 0); /* the bus may be locked */
    g_assert_true(machine_flush_console(f->machine));
    g_assert_cmpuint(f->calls, ==, 1);
    g_assert_cmpstr(f->taken->str, ==, "a whole string");
}

static void test_in_parts(Fixture *f, G_GNUC_UNUSED const void *data)
{
    print(f, "in order");
    g_assert_false(machine_flush_console(f->machine));
    f->appetite = 3;
    g_assert_false(machine_flush_console(f->machine));
    print(f, ", and all");
    while (!machine_flush_console(f->machine)) {
    }
    g_assert_cmpstr(f->taken->str, ==, "in order, and all");
    g_assert_true(machine_flush_console(f->machine));
    g_assert_cmpuint(f->calls, ==, 7);
}

static void test_nobody(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->machine->console_write = NULL;
    print(f, "dropped");
    g_assert_true(machine_flush_console(f->machine));
    g_assert_cmpuint(f->machine->output->len, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    builtins_init();
    g_test_add("/machine-console/at-once", Fixture, NULL, fixture_init, test_at_once, fixture_clear);
    g_test_add("/machine-console/in-parts", Fixture, NULL, fixture_init, test_in_parts, fixture_clear);
    g_test_add("/machine-console/nobody", Fixture, NULL, fixture_init, test_nobody, fixture_clear);
    return g_test_run();
}
