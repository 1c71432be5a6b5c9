/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An SEV-SNP guest that converts its pages 10 000 times at random, explicitly and by faults, and looks after
 * each time whether its bytes are where they belong.
 *
 * A script is drawn together with a model: each page of a window that crosses the end of low memory is
 * private or shared, and holds bytes on that side; the other side is empty, always. So what the guest must
 * find follows from the model, what the host must see as well, and so does how much memory the guest may
 * cost. Requests that must fail are mixed in, and must change nothing.
 */
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "confidential/confidential-guest-support.h"
#include "lib/builtins.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "tests/unit/emulated.h"
#include "tests/unit/toy-vm.h"

#define PAGE       UINT64_C(4096)
#define MIB        (UINT64_C(1) << 20)
#define GIB        (UINT64_C(1) << 30)

#define MANY       10000 /* conversions */
#define FEW        1000

#define N_PAGES    2048 /* of the window: half of them end at 3 GiB, the others start at 4 GiB */
#define LOW_PAGES  (N_PAGES / 2)
#define LOW_START  (3 * GIB - LOW_PAGES * PAGE)
#define HIGH_START (4 * GIB)

#define DONE       42 /* what the guest writes to the debug exit at the end */

/* ---- the model ---- */

typedef struct Model {
    GRand *rand;
    GString *script;
    bool is_private[N_PAGES];
    uint8_t *bytes; /* of the side that is in use */
    unsigned n_conversions;
} Model;

static uint64_t gpa_of(unsigned page)
{
    return page < LOW_PAGES ? LOW_START + page * PAGE : HIGH_START + (page - LOW_PAGES) * PAGE;
}

static unsigned draw(Model *model, unsigned end)
{
    return (unsigned)g_rand_int_range(model->rand, 0, (gint32)end);
}

/* @n pages from @page that do not cross the hole. */
static unsigned clip(unsigned page, unsigned n)
{
    unsigned end = page < LOW_PAGES ? LOW_PAGES : N_PAGES;

    return MIN(n, end - page);
}

static const char *side(bool private)
{
    return private ? "private" : "shared";
}

static void convert(Model *model, unsigned page, bool private)
{
    if (model->is_private[page] != private) {
        model->is_private[page] = private;
        memset(model->bytes + page * PAGE, 0, PAGE);
    }
}

/* ---- steps ---- */

static void draw_map(Model *model)
{
    unsigned page = draw(model, N_PAGES);
    unsigned n = clip(page, draw(model, 8) ? 1 + draw(model, 4) : 1 + draw(model, 128));
    bool private = draw(model, 2);

    g_string_append_printf(model->script, "map:0x%" G_GINT64_MODIFIER "x:0x%" G_GINT64_MODIFIER "x:%s\n",
                           gpa_of(page), n * PAGE, side(private));
    for (unsigned i = 0; i < n; i++) {
        convert(model, page + i, private);
    }
    model->n_conversions++;
}

/* To shared, a range may have a hole, and memory of other blocks. */
static void draw_map_across_the_hole(Model *model)
{
    unsigned page = LOW_PAGES - 1 - draw(model, 4), last = LOW_PAGES + draw(model, 4);
    uint64_t size = gpa_of(last) + PAGE - gpa_of(page);

    g_string_append_printf(model->script,
                           "map:0x%" G_GINT64_MODIFIER "x:0x%" G_GINT64_MODIFIER "x:private:fail\n",
                           gpa_of(page), size);
    g_string_append_printf(model->script, "map:0x%" G_GINT64_MODIFIER "x:0x%" G_GINT64_MODIFIER "x:shared\n",
                           gpa_of(page), size);
    for (; page <= last; page++) {
        convert(model, page, false);
    }
    model->n_conversions++;
}

static void draw_fault(Model *model)
{
    unsigned page = draw(model, N_PAGES);
    bool private = draw(model, 2);

    g_string_append_printf(model->script, "fault:0x%" G_GINT64_MODIFIER "x:%s\n", gpa_of(page),
                           side(private));
    convert(model, page, private);
    model->n_conversions++;
}

/* @size bytes at @offset of the window; the pages become what the guest takes them for. */
static void touch(Model *model, uint64_t offset, uint64_t size, bool private)
{
    for (uint64_t page = offset / PAGE; page <= (offset + size - 1) / PAGE; page++) {
        model->n_conversions += model->is_private[page] != private;
        convert(model, (unsigned)page, private);
    }
}

static void append_access(Model *model, const char *name, uint64_t offset, bool private)
{
    g_string_append_printf(model->script, "%s:0x%" G_GINT64_MODIFIER "x:%s:", name,
                           gpa_of((unsigned)(offset / PAGE)) + offset % PAGE, side(private));
}

/* Where and how much: some bytes anywhere, or a whole page and more. */
static uint64_t draw_place(Model *model, uint64_t *size)
{
    unsigned page = draw(model, N_PAGES);
    uint64_t in_page = draw(model, 3) ? draw(model, PAGE) : 0;
    uint64_t end = clip(page, 3) * PAGE;

    *size = MIN(end - in_page, in_page ? 1 + draw(model, 64) : PAGE * (1 + draw(model, 2)));
    return page * PAGE + in_page;
}

static void draw_write(Model *model)
{
    uint64_t size, offset = draw_place(model, &size);
    /* Most accesses are of the right kind, as those of a real guest are. */
    bool private = draw(model, 4) ? model->is_private[offset / PAGE] : draw(model, 2);
    uint8_t value = (uint8_t)draw(model, 256);

    touch(model, offset, size, private);
    memset(model->bytes + offset, value, size);
    append_access(model, "write", offset, private);
    g_string_append_printf(model->script, "%02x*%u\n", value, (unsigned)size);
}

/* A step for each run of equal bytes, which keeps the script short. */
static void append_check(Model *model, uint64_t offset, uint64_t size)
{
    uint64_t end = offset + size;

    while (offset < end) {
        uint64_t next = offset + 1;

        while (next < end && model->bytes[next] == model->bytes[offset]) {
            next++;
        }
        append_access(model, "check", offset, model->is_private[offset / PAGE]);
        g_string_append_printf(model->script, "%02x*%u\n", model->bytes[offset], (unsigned)(next - offset));
        offset = next;
    }
}

static void draw_check(Model *model)
{
    uint64_t size, offset = draw_place(model, &size);

    append_check(model, offset, MIN(size, PAGE - offset % PAGE));
}

static void draw_bad_request(Model *model)
{
    static const char *const requests[] = {
        "request:0xbfffff01:1:0x10:fail",
        "request:0xbffff000:0:0x10:fail",
        "request:0xbffff000:0:0:fail",
        "request:0xbffff000:2:0x10:fail",
        "request:0xbffff000:1:0x20:fail",
        "request:0xbffff000:1:0x13:fail",
        "request:0xbffff000:1:0xfffffffffffffff0:fail",
        "request:0xbffff000:0xffffffffffffffff:0x10:fail",
        "request:0x100000000:0x10000000000000:0:fail",
        "request:0x100000000:0xfffffffffffff:0:fail",
        "request:0xfffffffffffff000:1:0x10:fail",
        "request:0xfffffffffffff000:2:0:fail",
        "request:0xd0000000:0x1000:0x10:fail",
        "request:0xd0000000:0x1000:0:ok", /* there is no memory, which is shared already */
        "request:0xfffffffffffff000:1:0:ok",
    };

    g_string_append_printf(model->script, "%s\n", requests[draw(model, G_N_ELEMENTS(requests))]);
}

static void draw_step(Model *model)
{
    unsigned dice = draw(model, 100);

    if (dice < 38) {
        draw_map(model);
    } else if (dice < 42) {
        draw_fault(model);
    } else if (dice < 43) {
        draw_map_across_the_hole(model);
    } else if (dice < 70) {
        draw_write(model);
    } else if (dice < 95) {
        draw_check(model);
    } else {
        draw_bad_request(model);
    }
}

/* Random conversions, and then all that the guest has. */
static Model *draw_script(guint32 seed, unsigned n_conversions)
{
    Model *model = g_new0(Model, 1);

    model->rand = g_rand_new_with_seed(seed);
    model->script = g_string_new(NULL);
    model->bytes = g_malloc0(N_PAGES * PAGE);
    memset(model->is_private, true, sizeof(model->is_private));
    while (model->n_conversions < n_conversions) {
        draw_step(model);
    }
    for (unsigned page = 0; page < N_PAGES; page++) {
        append_check(model, page * PAGE, PAGE);
    }
    return model;
}

static void model_free(Model *model)
{
    g_rand_free(model->rand);
    g_string_free(model->script, TRUE);
    g_free(model->bytes);
    g_free(model);
}

/* ---- the guest ---- */

typedef struct Guest {
    Object *root, *accel;
    MachineState *machine;
    char *script_path;
    GString *console;
} Guest;

static void append_byte(void *opaque, uint8_t byte)
{
    g_string_append_c(opaque, (char)byte);
}

static void set(Object *obj, const char *name, const char *value)
{
    g_autoptr(Error) error = NULL;
    bool done = object_property_parse(obj, name, value, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

/* @backend is the type of its memory backend, or NULL. */
static void guest_launch(Guest *guest, const GString *script, const char *backend)
{
    g_autoptr(json_object) smp = json_tokener_parse("{ \"smp\": { \"cpus\": \"2\" } }");
    g_autoptr(json_object) memory = json_tokener_parse("{ \"memory\": { \"size\": \"4G\" } }");
    g_autoptr(json_object) size = json_tokener_parse("{ \"size\": 4294967296 }");
    g_autofree char *script_option = NULL;
    g_autoptr(Error) error = NULL;

    guest->script_path = g_build_filename(toy_directory, "script", NULL);
    g_assert_true(g_file_set_contents(guest->script_path, script->str, (gssize)script->len, NULL));
    script_option = g_strconcat("@", guest->script_path, NULL);
    guest->root = object_new(TYPE_CONTAINER);
    guest->accel = object_new("sim-accel");
    guest->machine = MACHINE(object_new("microvm-machine"));
    guest->console = g_string_new(NULL);
    guest->machine->console = append_byte;
    guest->machine->console_opaque = guest->console;
    object_property_add_child(guest->root, "machine", OBJECT(guest->machine));
    g_assert_nonnull(user_creatable_add(guest->root, "sev-snp-guest", "sev0", NULL, false, NULL));
    set(OBJECT(guest->machine), "firmware", toy_firmware);
    set(OBJECT(guest->machine), "cpu-type", "EPYC-Milan");
    set(OBJECT(guest->machine), "confidential-guest-support", "sev0");
    g_assert_true(object_set_properties_from_keyval(OBJECT(guest->machine), smp, false, NULL));
    g_assert_true(object_set_properties_from_keyval(OBJECT(guest->machine), memory, false, NULL));
    if (backend) {
        g_assert_nonnull(user_creatable_add(guest->root, backend, "ram0", size, false, NULL));
        set(OBJECT(guest->machine), "memory-backend", "ram0");
    }
    set(guest->accel, "script", script_option);
    g_assert_true(machine_start(guest->machine, ACCEL(guest->accel), &error));
}

/* All that it has found was right. */
static void guest_run(Guest *guest)
{
    MachineExit exit = { .value = 0 };

    machine_run(guest->machine, &exit);
    g_assert_cmpstr(exit.error ? cgvm_error_message(exit.error) : NULL, ==, NULL);
    g_assert_cmpstr(guest->console->str, ==, "");
    g_assert_cmpint(exit.kind, ==, MACHINE_EXIT_DEBUG);
    g_assert_cmpint(exit.value, ==, DONE);
}

static void guest_clear(Guest *guest)
{
    machine_stop(guest->machine);
    object_unref(OBJECT(guest->machine));
    object_unref(guest->root);
    object_unref(guest->accel);
    g_string_free(guest->console, TRUE);
    g_unlink(guest->script_path);
    g_free(guest->script_path);
}

/* ---- tests ---- */

static uint8_t *host_page(Guest *guest, unsigned page)
{
    return guest_ram_pointer(&guest->machine->ram, gpa_of(page), PAGE, NULL);
}

static bool is_resident(const void *page)
{
    unsigned char state;

    g_assert_cmpint(mincore((void *)(uintptr_t)page, PAGE, &state), ==, 0);
    return state & 1;
}

/* The host sees what is shared, byte for byte, and of what is private not even a page. */
static void check_host_side(Guest *guest, const Model *model)
{
    unsigned n_private = 0;

    for (unsigned page = 0; page < N_PAGES; page++) {
        const uint8_t *bytes = host_page(guest, page);

        if (model->is_private[page]) {
            g_assert_false(is_resident(bytes));
            n_private++;
        } else {
            g_assert_cmpmem(bytes, PAGE, model->bytes + page * PAGE, PAGE);
        }
    }
    g_assert_cmpuint(n_private, >, N_PAGES / 4);
    g_assert_cmpuint(n_private, <, N_PAGES * 3 / 4);
}

typedef struct Case {
    guint32 seed;
    unsigned n_conversions;
    const char *backend;
} Case;

static const Case anonymous = { 1, MANY, NULL };
static const Case private_ram = { 5, FEW, "memory-backend-ram" };
static const Case shared_file = { 2, MANY, "memory-backend-memfd" };

static void test_random(const void *data)
{
    const Case *test_case = data;
    Guest guest = { .root = NULL };
    Model *model;

    if (test_case == &shared_file && skip_emulated("QEMU keeps a file's pages that are given back")) {
        return;
    }
    model = draw_script(test_case->seed, test_case->n_conversions);
    g_string_append_printf(model->script, "out:0xf4:%u\n", DONE);
    g_test_message("%u conversions", model->n_conversions);
    guest_launch(&guest, model->script, test_case->backend);
    guest_run(&guest);
    check_host_side(&guest, model);
    guest_clear(&guest);
    model_free(model);
}

/* Bytes of this process that are in memory. */
static uint64_t resident_bytes(void)
{
    g_autofree char *text = NULL;
    unsigned long long size, resident;

    g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%llu %llu", &size, &resident), ==, 2);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* How much more memory a run costs whose script empties the whole window at its end, one side after the
 * other. */
static uint64_t cost_of(guint32 seed, unsigned n_conversions, bool ends_private)
{
    Model *model = draw_script(seed, n_conversions);
    Guest guest = { .root = NULL };
    uint64_t before, after;

    for (int i = 0; i < 2; i++) {
        g_string_append_printf(model->script, "map:0x%" G_GINT64_MODIFIER "x:0x%x:%s\n", LOW_START,
                               (unsigned)(LOW_PAGES * PAGE), side(ends_private == (i == 1)));
        g_string_append_printf(model->script, "map:0x%" G_GINT64_MODIFIER "x:0x%x:%s\n", HIGH_START,
                               (unsigned)(LOW_PAGES * PAGE), side(ends_private == (i == 1)));
    }
    g_string_append_printf(model->script, "out:0xf4:%u\n", DONE);
    guest_launch(&guest, model->script, NULL);
    before = resident_bytes();
    guest_run(&guest);
    after = resident_bytes();
    for (unsigned page = 0; page < N_PAGES; page++) {
        g_assert_false(is_resident(host_page(&guest, page)));
    }
    guest_clear(&guest);
    model_free(model);
    g_test_message("%.1f MiB more after the run", ((double)after - (double)before) / (double)MIB);
    return after > before ? after - before : 0;
}

/*
 * Both sides of the window, 8 MiB, are empty at the end: pages that were kept on either of them would show.
 * The first run pays for what a process needs once.
 */
static void test_memory_is_flat(void)
{
    if (skip_emulated("how much memory the process has is QEMU's")) {
        return;
    }
    cost_of(3, FEW, true);
    g_assert_cmpuint(cost_of(3, MANY, true), <, 3 * MIB);
    g_assert_cmpuint(cost_of(4, FEW, false), <, 3 * MIB);
}

/* Memory that was freed would otherwise be kept, and counted. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1";
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    builtins_init();
    g_test_add_data_func("/conversions/random/anonymous", &anonymous, test_random);
    g_test_add_data_func("/conversions/random/private-backend", &private_ram, test_random);
    g_test_add_data_func("/conversions/random/shared-file", &shared_file, test_random);
    g_test_add_func("/conversions/memory-is-flat", test_memory_is_flat);
    return toy_run_tests();
}
