/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the scripts of simulated guests: each step, and all that is refused.
 */
#include "target-i386/sim-script.h"
#include <glib/gstdio.h>
#include <string.h>
#include "hw/kvm-abi.h"

static SimScript *parse(const char *text)
{
    g_autoptr(Error) error = NULL;
    SimScript *script = sim_script_parse(text, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_nonnull(script);
    return script;
}

static const SimStep *get_step(const SimScript *script, unsigned i)
{
    g_assert_cmpuint(i, <, script->steps->len);
    return g_ptr_array_index(script->steps, i);
}

static void assert_refused(const char *text, const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(sim_script_parse(text, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
}

static void test_requests(void)
{
    g_autoptr(SimScript) script = parse("map:0x1000:8192:private+map:4096:0x1000:shared:fail+"
                                        "request:0xffffffffffffffff:18446744073709551615:0x3f:ok");
    const SimStep *map = get_step(script, 0), *fail = get_step(script, 1), *request = get_step(script, 2);

    g_assert_cmpuint(script->steps->len, ==, 3);
    g_assert_cmpint(map->kind, ==, SIM_STEP_REQUEST);
    g_assert_cmphex(map->gpa, ==, 0x1000);
    g_assert_cmpuint(map->n_pages, ==, 2);
    g_assert_cmphex(map->attributes, ==, 0x10);
    g_assert_false(map->must_fail);
    g_assert_cmpstr(map->place, ==, "step 1");
    g_assert_cmpstr(map->text, ==, "map:0x1000:8192:private");
    g_assert_cmphex(fail->gpa, ==, 0x1000);
    g_assert_cmphex(fail->attributes, ==, 0);
    g_assert_true(fail->must_fail);
    g_assert_cmphex(request->gpa, ==, UINT64_MAX);
    g_assert_cmphex(request->n_pages, ==, UINT64_MAX);
    g_assert_cmphex(request->attributes, ==, 0x3f);
    g_assert_false(request->must_fail);
}

static void test_faults(void)
{
    g_autoptr(SimScript) script = parse("fault:0:private+fault:0x2000:shared+fault:0x3000:0x18");

    g_assert_cmpint(get_step(script, 0)->kind, ==, SIM_STEP_FAULT);
    g_assert_cmphex(get_step(script, 0)->flags, ==, KVM_MEMORY_FAULT_PRIVATE);
    g_assert_cmphex(get_step(script, 1)->flags, ==, 0);
    g_assert_cmphex(get_step(script, 1)->gpa, ==, 0x2000);
    g_assert_cmphex(get_step(script, 2)->flags, ==, 0x18);
}

static void assert_pattern(const SimStep *step, const char *pattern, size_t length, uint32_t size)
{
    gsize actual_length;
    const void *actual = g_bytes_get_data(step->pattern, &actual_length);

    g_assert_cmpmem(actual, actual_length, pattern, length);
    g_assert_cmpuint(step->size, ==, size);
}

static void test_accesses(void)
{
    g_autoptr(SimScript) script =
        parse("write:0x1fff:private:00fFA5+check:0:shared:5a*4096+check:7:shared:0102*3+"
              "write:0xffffffffffffffff:shared:ff");

    g_assert_cmpint(get_step(script, 0)->kind, ==, SIM_STEP_WRITE);
    g_assert_cmphex(get_step(script, 0)->gpa, ==, 0x1fff);
    g_assert_true(get_step(script, 0)->is_private);
    assert_pattern(get_step(script, 0), "\x00\xff\xa5", 3, 3);
    g_assert_cmpint(get_step(script, 1)->kind, ==, SIM_STEP_CHECK);
    g_assert_false(get_step(script, 1)->is_private);
    assert_pattern(get_step(script, 1), "\x5a", 1, 4096);
    assert_pattern(get_step(script, 2), "\x01\x02", 2, 6);
    assert_pattern(get_step(script, 3), "\xff", 1, 1);
}

static void test_others(void)
{
    g_autoptr(SimScript) script = parse("out:0x3f8:65+sevterm:15:0xff+shutdown+fail-entry");

    g_assert_cmpint(get_step(script, 0)->kind, ==, SIM_STEP_OUT);
    g_assert_cmphex(get_step(script, 0)->port, ==, 0x3f8);
    g_assert_cmphex(get_step(script, 0)->value, ==, 65);
    g_assert_cmpint(get_step(script, 1)->kind, ==, SIM_STEP_SEVTERM);
    g_assert_cmpuint(get_step(script, 1)->set, ==, 15);
    g_assert_cmpuint(get_step(script, 1)->code, ==, 255);
    g_assert_cmpint(get_step(script, 2)->kind, ==, SIM_STEP_SHUTDOWN);
    g_assert_cmpint(get_step(script, 3)->kind, ==, SIM_STEP_FAIL_ENTRY);
}

/* ---- refused ---- */

#define NAMES "map, request, fault, write, check, out, halt, sevterm, shutdown, fail-entry"

static const struct {
    const char *script, *message;
} refused[] = {
    { "", "the script is empty; give steps that are joined with '+', or @FILE" },
    { "+", "script, step 1 '': there is no such step; there are " NAMES },
    { "shutdown+", "script, step 2 '': there is no such step; there are " NAMES },
    { "shutdown+exit", "script, step 2 'exit': there is no such step; there are " NAMES },
    { "chek:0:private:00",
      "script, step 1 'chek:0:private:00': there is no such step; did you mean 'check'?" },
    { "shut-down", "script, step 1 'shut-down': there is no such step; did you mean 'shutdown'?" },
    { "MAP:0:4096:private",
      "script, step 1 'MAP:0:4096:private': there is no such step; did you mean 'map'?" },
    { " shutdown", "script, step 1 ' shutdown': there is no such step; did you mean 'shutdown'?" },
    { "map", "script, step 1 'map': write it as map:GPA:SIZE:private|shared[:ok|fail]" },
    { "map:0:4096:private:ok:1",
      "script, step 1 'map:0:4096:private:ok:1': write it as map:GPA:SIZE:private|shared[:ok|fail]" },
    { "shutdown:1", "script, step 1 'shutdown:1': write it as shutdown" },
    { "map:-1:4096:private",
      "script, step 1 'map:-1:4096:private': GPA is '-1', not a number from 0 to 0xffffffffffffffff" },
    { "map:0x10000000000000000:4096:private", "script, step 1 'map:0x10000000000000000:4096:private': GPA is "
                                              "'0x10000000000000000', not a number from 0 "
                                              "to 0xffffffffffffffff" },
    { "map:1000h:4096:private",
      "script, step 1 'map:1000h:4096:private': GPA is '1000h', not a number from 0 to 0xffffffffffffffff" },
    { "map:0:4K:private",
      "script, step 1 'map:0:4K:private': SIZE is '4K', not a number from 0 to 0xffffffffffffffff" },
    { "map:0:4096:secret", "script, step 1 'map:0:4096:secret': 'secret' is neither private nor shared" },
    { "map:0:4096:private:maybe",
      "script, step 1 'map:0:4096:private:maybe': the answer that is expected is ok or fail, not 'maybe'" },
    { "map:0:0:private", "script, step 1 'map:0:0:private': only whole pages can be mapped; a request step "
                         "can ask for anything" },
    { "map:1:4096:private",
      "script, step 1 'map:1:4096:private': only whole pages can be mapped; a request step can ask for "
      "anything" },
    { "request:0:x:0", "script, step 1 'request:0:x:0': PAGES is 'x', not a number from 0 to "
                       "0xffffffffffffffff" },
    { "request:0:1:y", "script, step 1 'request:0:1:y': ATTRIBUTES is 'y', not a number from 0 to "
                       "0xffffffffffffffff" },
    { "fault:0x10:private",
      "script, step 1 'fault:0x10:private': KVM reports the page of a fault, which is a "
      "multiple of 4096" },
    { "fault:0:", "script, step 1 'fault:0:': '' is neither private nor shared" },
    { "write:0:private:",
      "script, step 1 'write:0:private:': BYTES are pairs of hexadecimal digits, and *COUNT to repeat them" },
    { "write:0:private:0", "script, step 1 'write:0:private:0': BYTES are pairs of hexadecimal digits, and "
                           "*COUNT to repeat them" },
    { "write:0:private:0x01",
      "script, step 1 'write:0:private:0x01': BYTES are pairs of hexadecimal digits, and *COUNT to repeat "
      "them" },
    { "write:0:private:00*0",
      "script, step 1 'write:0:private:00*0': BYTES are pairs of hexadecimal digits, and *COUNT to repeat "
      "them" },
    { "write:0:private:00*65537",
      "script, step 1 'write:0:private:00*65537': COUNT is '65537', not a number from 0 to 0x10000" },
    { "write:0:private:0001*65536",
      "script, step 1 'write:0:private:0001*65536': these are more than 65536 bytes; use several steps" },
    { "check:0xffffffffffffffff:shared:0000", "script, step 1 'check:0xffffffffffffffff:shared:0000': the "
                                              "access would go beyond the end of the address "
                                              "space" },
    { "out:65536:0", "script, step 1 'out:65536:0': PORT is '65536', not a number from 0 to 0xffff" },
    { "out:0:256", "script, step 1 'out:0:256': VALUE is '256', not a number from 0 to 0xff" },
    { "sevterm:16:0", "script, step 1 'sevterm:16:0': SET is '16', not a number from 0 to 0xf" },
    { "sevterm:0:256", "script, step 1 'sevterm:0:256': CODE is '256', not a number from 0 to 0xff" },
    { "check:0:shared:00112233445566778899aabbccddeeff0011223344556677889",
      "script, step 1 'check:0:shared:00112233445566778899aabbccddeeff00112233445566778...': BYTES are pairs "
      "of "
      "hexadecimal digits, and *COUNT to repeat them" },
};

static void test_refused(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        assert_refused(refused[i].script, refused[i].message);
    }
}

/* ---- files ---- */

static char *write_file(const char *contents, gssize length)
{
    char *path = NULL;
    int fd = g_file_open_tmp("script-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, contents, length, NULL));
    return path;
}

static void test_file(void)
{
    g_autofree char *path = write_file("# a comment\n\n  out:1:2  \r\nshutdown+1\n", -1);
    g_autofree char *good = write_file("out:1:2\n#x\n\nshutdown", -1);
    g_autofree char *at = g_strconcat("@", path, NULL), *at_good = g_strconcat("@", good, NULL);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *message =
        g_strdup_printf("script, %s:4 'shutdown+1': there is no such step; did you mean 'shutdown'?", name);
    g_autoptr(SimScript) script = parse(at_good);

    g_assert_cmpuint(script->steps->len, ==, 2);
    g_assert_true(g_str_has_suffix(get_step(script, 1)->place, ":4"));
    assert_refused(at, message);
    g_unlink(path);
    g_unlink(good);
}

static void test_empty_file(void)
{
    g_autofree char *path = write_file("# nothing\n", -1);
    g_autofree char *at = g_strconcat("@", path, NULL);
    g_autofree char *message = g_strdup_printf("the script '%s' has no step; write one on each line", path);

    assert_refused(at, message);
    g_unlink(path);
}

static void assert_file_refused(const char *contents, gssize length)
{
    g_autofree char *path = write_file(contents, length);
    g_autofree char *at = g_strconcat("@", path, NULL);
    g_autofree char *message =
        g_strdup_printf("the script '%s' is not plain text; write a step on each line", path);

    assert_refused(at, message);
    g_unlink(path);
}

static void test_bad_files(void)
{
    g_autoptr(Error) error = NULL;

    assert_file_refused("shutdown\0out:1:2", 16);
    assert_file_refused("shutdown\xff\n", 10);
    assert_refused("@/", "the script '/' is not a regular file of at most 64 MiB");
    assert_refused("@/dev/zero", "the script '/dev/zero' is not a regular file of at most 64 MiB");
    g_assert_null(sim_script_parse("@/does/not/exist", &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "cannot open the script '/does/not/exist': No such file or directory");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_IO);
    sim_script_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim-script/requests", test_requests);
    g_test_add_func("/sim-script/faults", test_faults);
    g_test_add_func("/sim-script/accesses", test_accesses);
    g_test_add_func("/sim-script/others", test_others);
    g_test_add_func("/sim-script/refused", test_refused);
    g_test_add_func("/sim-script/file", test_file);
    g_test_add_func("/sim-script/file/empty", test_empty_file);
    g_test_add_func("/sim-script/file/bad", test_bad_files);
    return g_test_run();
}
