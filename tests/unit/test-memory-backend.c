/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of memory backends: what memory they make, who shares it, and a machine whose RAM lies there.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hw/machine.h"
#include "lib/builtins.h"
#include "qom/user-creatable.h"
#include "tests/unit/emulated.h"
#include "tests/unit/objects.h"

#define SIZE (UINT64_C(64) * GUEST_PAGE_SIZE)

/* A tree, and a place for files. */
typedef struct Host {
    Object *root;
    char *directory;
    char *path; /* of a file that does not exist yet */
} Host;

static void host_init(Host *host, G_GNUC_UNUSED const void *data)
{
    host->root = object_new(TYPE_CONTAINER);
    host->directory = g_dir_make_tmp("cgvm-backend-XXXXXX", NULL);
    g_assert_nonnull(host->directory);
    host->path = g_build_filename(host->directory, "memory", NULL);
}

static void host_clear(Host *host, G_GNUC_UNUSED const void *data)
{
    object_unref(host->root);
    g_unlink(host->path);
    g_assert_cmpint(g_rmdir(host->directory), ==, 0);
    g_free(host->directory);
    g_free(host->path);
}

/* A backend called "m" of SIZE bytes with further properties: "share", "on", ..., NULL. */
static MemoryBackend *backend_new(Host *host, const char *type, ...)
{
    g_autoptr(json_object) props = json_object_new_object();
    g_autoptr(Error) error = NULL;
    const char *name;
    Object *backend;
    va_list vargs;

    json_object_object_add(props, "size", json_object_new_string("256K"));
    va_start(vargs, type);
    while ((name = va_arg(vargs, const char *))) {
        json_object_object_add(props, name, json_object_new_string(va_arg(vargs, const char *)));
    }
    va_end(vargs);
    backend = user_creatable_add(host->root, type, "m", props, false, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    return MEMORY_BACKEND(backend);
}

static uint8_t *map(MemoryBackend *backend)
{
    g_autoptr(Error) error = NULL;
    uint8_t *memory = memory_backend_map(backend, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_nonnull(memory);
    return memory;
}

/* ---- what all have in common ---- */

static void assert_works(Host *host, const char *type)
{
    MemoryBackend *backend =
        backend_new(host, type, strstr(type, "file") ? "mem-path" : NULL, host->path, NULL);
    uint8_t *memory = map(backend);

    for (uint64_t i = 0; i < SIZE; i++) {
        g_assert_cmpuint(memory[i], ==, 0);
    }
    memset(memory, 0xaa, SIZE);
    g_assert_true(map(backend) == memory);
    g_assert_cmpuint(memory[SIZE - 1], ==, 0xaa);
}

static void test_ram(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_works(host, "memory-backend-ram");
}

static void test_memfd(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_works(host, "memory-backend-memfd");
}

static void test_file(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_works(host, "memory-backend-file");
}

/* What is shared with others is taken from them as well, only then do the pages go. */
static void test_reclaim(Host *host, G_GNUC_UNUSED const void *data)
{
    static const struct {
        const char *type, *share;
        RamReclaim reclaim;
    } cases[] = {
        { "memory-backend-ram", "off", RAM_RECLAIM_DROP },
        { "memory-backend-ram", "on", RAM_RECLAIM_REMOVE },
        { "memory-backend-memfd", "off", RAM_RECLAIM_DROP },
        { "memory-backend-memfd", "on", RAM_RECLAIM_REMOVE },
        { "memory-backend-file", "off", RAM_RECLAIM_DROP },
        { "memory-backend-file", "on", RAM_RECLAIM_REMOVE },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MemoryBackend *backend =
            backend_new(host, cases[i].type, "share", cases[i].share,
                        strstr(cases[i].type, "file") ? "mem-path" : NULL, host->path, NULL);
        uint8_t *memory = map(backend);
        int advice = cases[i].reclaim == RAM_RECLAIM_REMOVE ? MADV_REMOVE : MADV_DONTNEED;

        memory[0] = 0x5a;
        g_assert_cmpint(memory_backend_reclaim(backend), ==, cases[i].reclaim);
        g_assert_cmpint(madvise(memory, GUEST_PAGE_SIZE, advice), ==, 0);
        if (!skip_emulated("QEMU keeps a file's pages that are given back")) {
            g_assert_cmpuint(memory[0], ==, 0);
        }
        g_assert_true(user_creatable_del(host->root, "m", NULL));
    }
}

static void assert_refused(Host *host, const char *json, const char *message)
{
    g_autoptr(json_object) options = parse(json);
    g_autoptr(Error) error = NULL;

    g_assert_null(user_creatable_add_options(host->root, options, true, &error));
    assert_error(error, CGVM_ERROR_INVALID, message);
    g_assert_null(object_resolve_path_component(object_get_objects_root(host->root), "m"));
}

static void test_wrong_size(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_refused(host, "{ \"qom-type\": \"memory-backend-ram\", \"id\": \"m\", \"size\": 4097 }",
                   "memory-backend-ram 'm': 'size' must be a multiple of 4 KiB, not 4097 bytes");
    assert_refused(host, "{ \"qom-type\": \"memory-backend-ram\", \"id\": \"m\", \"size\": 0 }",
                   "memory-backend-ram 'm': 'size' must be from 4096 to 18446744073709551615, not 0");
    assert_refused(host, "{ \"qom-type\": \"memory-backend-ram\", \"id\": \"m\" }",
                   "memory-backend-ram needs its property 'size' (bytes, a multiple of 4 KiB)");
}

static void test_no_path(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_refused(host, "{ \"qom-type\": \"memory-backend-file\", \"id\": \"m\", \"size\": 4096 }",
                   "memory-backend-file needs its property 'mem-path' (the file)");
}

static void test_more_than_there_is(Host *host, G_GNUC_UNUSED const void *data)
{
    MemoryBackend *backend = backend_new(host, "memory-backend-ram", "size", "8388608T", NULL);
    g_autoptr(Error) error = NULL;

    g_assert_null(memory_backend_map(backend, &error));
    assert_error(error, CGVM_ERROR_IO,
                 "memory-backend-ram 'm': cannot map 8796093022208 MiB: Cannot allocate memory");
}

/* Whoever has looked at the size must be able to rely on it. */
static void test_frozen(Host *host, G_GNUC_UNUSED const void *data)
{
    Object *backend = OBJECT(backend_new(host, "memory-backend-ram", NULL));

    assert_text_refused(
        backend, "size", "1M", CGVM_ERROR_STATE,
        "memory-backend-ram 'm': 'size' is given when the memory is made and cannot be changed");
    assert_text_refused(
        backend, "share", "on", CGVM_ERROR_STATE,
        "memory-backend-ram 'm': 'share' is given when the memory is made and cannot be changed");
    assert_print(backend, "size", "262144");
}

static size_t resident_pages(const MemoryBackend *backend)
{
    unsigned char pages[SIZE / GUEST_PAGE_SIZE];
    size_t count = 0;

    g_assert_cmpint(mincore(backend->host, SIZE, pages), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        count += pages[i] & 1;
    }
    return count;
}

static void assert_prealloc(Host *host, const char *type)
{
    MemoryBackend *backend = backend_new(host, type, "prealloc", "on", NULL);

    map(backend);
    if (!skip_emulated("QEMU does nothing for MADV_POPULATE_WRITE")) {
        g_assert_cmpuint(resident_pages(backend), ==, SIZE / GUEST_PAGE_SIZE);
    }
}

static void test_prealloc(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_prealloc(host, "memory-backend-ram");
}

static void test_prealloc_of_memfd(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_prealloc(host, "memory-backend-memfd");
}

static void test_no_prealloc(Host *host, G_GNUC_UNUSED const void *data)
{
    MemoryBackend *backend = backend_new(host, "memory-backend-memfd", NULL);

    map(backend);
    g_assert_cmpuint(resident_pages(backend), ==, 0);
}

/* Whether this process has memory of a memfd backend. */
static bool memfd_is_mapped(void)
{
    g_autofree char *maps = NULL;

    g_assert_true(g_file_get_contents("/proc/self/maps", &maps, NULL, NULL));
    return strstr(maps, "/memfd:cgvm-ram");
}

static void test_freed(Host *host, G_GNUC_UNUSED const void *data)
{
    map(backend_new(host, "memory-backend-memfd", NULL));
    g_assert_true(memfd_is_mapped());
    g_assert_true(user_creatable_del(host->root, "m", NULL));
    g_assert_false(memfd_is_mapped());
}

/* Nothing is made before somebody needs it. */
static void test_never_mapped(Host *host, G_GNUC_UNUSED const void *data)
{
    backend_new(host, "memory-backend-file", "mem-path", host->path, NULL);
    g_assert_true(user_creatable_del(host->root, "m", NULL));
    g_assert_false(g_file_test(host->path, G_FILE_TEST_EXISTS));
}

static void test_no_descriptor_stays(Host *host, G_GNUC_UNUSED const void *data)
{
    int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;

    close(before);
    map(backend_new(host, "memory-backend-memfd", NULL));
    after = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(after);
    g_assert_cmpint(after, ==, before);
}

/* ---- sharing ---- */

/* Whether this process sees what a child of it writes. */
static bool child_shares(MemoryBackend *backend)
{
    uint8_t *memory = map(backend);
    pid_t child;
    int status;

    child = fork();
    if (child == 0) {
        memory[7] = 42;
        _exit(0);
    }
    g_assert_cmpint(child, >, 0);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    return memory[7] == 42;
}

static void test_ram_is_private(Host *host, G_GNUC_UNUSED const void *data)
{
    g_assert_false(child_shares(backend_new(host, "memory-backend-ram", NULL)));
}

static void test_ram_can_be_shared(Host *host, G_GNUC_UNUSED const void *data)
{
    g_assert_true(child_shares(backend_new(host, "memory-backend-ram", "share", "on", NULL)));
}

static void test_memfd_is_shared(Host *host, G_GNUC_UNUSED const void *data)
{
    g_assert_true(child_shares(backend_new(host, "memory-backend-memfd", NULL)));
}

static void test_memfd_can_be_private(Host *host, G_GNUC_UNUSED const void *data)
{
    g_assert_false(child_shares(backend_new(host, "memory-backend-memfd", "share", "off", NULL)));
}

static void assert_first_byte_of_file(const Host *host, uint8_t expected)
{
    g_autofree char *contents = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(host->path, &contents, &size, NULL));
    g_assert_cmpuint(size, ==, SIZE);
    g_assert_cmpuint((uint8_t)contents[0], ==, expected);
}

static void test_file_is_private(Host *host, G_GNUC_UNUSED const void *data)
{
    *map(backend_new(host, "memory-backend-file", "mem-path", host->path, NULL)) = 42;
    assert_first_byte_of_file(host, 0);
}

static void test_file_can_be_shared(Host *host, G_GNUC_UNUSED const void *data)
{
    *map(backend_new(host, "memory-backend-file", "mem-path", host->path, "share", "on", NULL)) = 42;
    assert_first_byte_of_file(host, 42);
}

/* ---- files ---- */

static void assert_path_refused(Host *host, const char *path, CgvmErrorCode code, const char *format)
{
    MemoryBackend *backend = backend_new(host, "memory-backend-file", "mem-path", path, NULL);
    g_autofree char *message = g_strdup_printf(format, path);
    g_autoptr(Error) error = NULL;

    g_assert_null(memory_backend_map(backend, &error));
    assert_error(error, code, message);
    g_assert_null(memory_backend_map(backend, NULL));
}

static void test_path_in_no_directory(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_path_refused(host, "/nonexistent/memory", CGVM_ERROR_IO,
                        "cannot open 'mem-path' '%s': No such file or directory");
}

static void test_path_is_a_directory(Host *host, G_GNUC_UNUSED const void *data)
{
    assert_path_refused(host, host->directory, CGVM_ERROR_IO, "cannot open 'mem-path' '%s': Is a directory");
}

static void test_path_is_a_pipe(Host *host, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpint(mkfifo(host->path, 0600), ==, 0);
    assert_path_refused(host, host->path, CGVM_ERROR_INVALID, "'mem-path' '%s' is not a regular file");
}

static void test_file_is_grown(Host *host, G_GNUC_UNUSED const void *data)
{
    uint8_t *memory;

    g_assert_true(g_file_set_contents(host->path, "abc", 3, NULL));
    memory = map(backend_new(host, "memory-backend-file", "mem-path", host->path, NULL));
    g_assert_cmpmem(memory, 4, "abc", 4);
    g_assert_cmpuint(memory[SIZE - 1], ==, 0);
    assert_first_byte_of_file(host, 'a');
}

static void test_file_is_not_cut(Host *host, G_GNUC_UNUSED const void *data)
{
    g_autofree char *contents = g_strnfill(SIZE + 5, 'x');
    struct stat st;

    g_assert_true(g_file_set_contents(host->path, contents, SIZE + 5, NULL));
    g_assert_cmpuint(map(backend_new(host, "memory-backend-file", "mem-path", host->path, NULL))[0], ==, 'x');
    g_assert_cmpint(stat(host->path, &st), ==, 0);
    g_assert_cmpuint(st.st_size, ==, SIZE + 5);
}

static void test_file_is_ones_own(Host *host, G_GNUC_UNUSED const void *data)
{
    struct stat st;

    map(backend_new(host, "memory-backend-file", "mem-path", host->path, NULL));
    g_assert_cmpint(stat(host->path, &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 0077, ==, 0);
}

/* ---- a machine with a backend ---- */

static MachineState *machine_new(Host *host)
{
    Object *machine = add(host->root, "microvm-machine", "machine");
    g_autofree char *image = g_strnfill(65536, '\xf4');

    g_assert_true(g_file_set_contents(host->path, image, 65536, NULL));
    set_text(machine, "firmware", host->path);
    return MACHINE(machine);
}

static void test_link(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);
    MemoryBackend *backend = backend_new(host, "memory-backend-ram", NULL);

    set_text(OBJECT(machine), "memory-backend", "m");
    g_assert_true(machine->memory_backend == backend);
    assert_print(OBJECT(machine), "memory-backend", "/objects/m");
}

static void test_link_to_something_else(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);

    assert_text_refused(OBJECT(machine), "memory-backend", "/machine", CGVM_ERROR_INVALID,
                        "microvm-machine 'machine': 'memory-backend' needs an object of type memory-backend, "
                        "but 'machine' is a microvm-machine");
}

static void test_in_use(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);
    g_autoptr(Error) error = NULL;

    backend_new(host, "memory-backend-ram", NULL);
    set_text(OBJECT(machine), "memory-backend", "m");
    g_assert_false(user_creatable_del(host->root, "m", &error));
    assert_error(error, CGVM_ERROR_STATE, "'m' is in use by the machine's memory-backend");
    set_text(OBJECT(machine), "memory-backend", "");
    g_assert_true(user_creatable_del(host->root, "m", NULL));
}

static void test_size_is_the_backends(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);
    g_autoptr(Error) error = NULL;
    bool loaded;

    backend_new(host, "memory-backend-ram", NULL);
    set_text(OBJECT(machine), "memory-backend", "m");
    loaded = machine_load(machine, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(loaded);
    g_assert_cmpuint(machine->memory_size, ==, SIZE);
}

static void test_size_differs(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);
    g_autoptr(Error) error = NULL;

    backend_new(host, "memory-backend-ram", NULL);
    set_text(OBJECT(machine), "memory-backend", "m");
    set_json(OBJECT(machine), "memory", "{ \"size\": 1048576 }");
    g_assert_false(machine_load(machine, &error));
    assert_error(error, CGVM_ERROR_INVALID,
                 "the guest's memory (-m) is 1048576 bytes, but 'memory-backend' provides 262144; make them "
                 "equal or leave -m out");
    set_json(OBJECT(machine), "memory", "{ \"size\": 262144 }");
    g_assert_true(machine_load(machine, NULL));
}

static void test_link_is_frozen(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);

    backend_new(host, "memory-backend-ram", NULL);
    g_assert_true(machine_load(machine, NULL));
    assert_text_refused(
        OBJECT(machine), "memory-backend", "m", CGVM_ERROR_STATE,
        "microvm-machine 'machine': 'memory-backend' cannot be changed any more, the machine is "
        "built from it");
}

/* The parts of the RAM follow each other in the backend, whatever lies between their addresses. */
static void test_ram_lies_in_the_backend(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);
    MemoryBackend *backend = backend_new(host, "memory-backend-ram", "size", "4G", NULL);
    g_autoptr(Object) accel = object_new("sim-accel");
    g_autoptr(Error) error = NULL;
    uint64_t offset = 0;
    unsigned parts = 0;
    bool started;

    set_text(OBJECT(machine), "memory-backend", "m");
    started = machine_start(machine, ACCEL(accel), &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(started);
    for (guint i = 0; i < machine->ram.blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(machine->ram.blocks, i);
        if (block->main) {
            g_assert_true(block->host == backend->host + offset);
            offset += block->size;
            parts++;
        }
    }
    g_assert_cmpuint(parts, >=, 2);
    g_assert_cmpuint(offset, <=, UINT64_C(4) << 30);
    machine_stop(machine);
    g_assert_nonnull(backend->host);
}

/* What the backend holds is there when the machine starts. */
static void test_start_again(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);
    MemoryBackend *backend = backend_new(host, "memory-backend-memfd", "size", "8M", NULL);
    g_autoptr(Object) accel = object_new("sim-accel");

    set_text(OBJECT(machine), "memory-backend", "m");
    map(backend)[5] = 42;
    for (int i = 0; i < 2; i++) {
        g_assert_true(machine_start(machine, ACCEL(accel), NULL));
        g_assert_cmpuint(*guest_ram_pointer(&machine->ram, 5, 1, NULL), ==, 42);
        machine_stop(machine);
    }
}

static void test_machine_without_memory(Host *host, G_GNUC_UNUSED const void *data)
{
    MachineState *machine = machine_new(host);
    g_autoptr(Object) accel = object_new("sim-accel");
    g_autoptr(Error) error = NULL;

    backend_new(host, "memory-backend-file", "mem-path", "/nonexistent/memory", NULL);
    set_text(OBJECT(machine), "memory-backend", "m");
    g_assert_false(machine_start(machine, ACCEL(accel), &error));
    assert_error(error, CGVM_ERROR_IO,
                 "cannot open 'mem-path' '/nonexistent/memory': No such file or directory");
    g_assert_false(machine->loaded);
}

static void add_host_test(const char *path, void (*test)(Host *host, const void *data))
{
    g_test_add(path, Host, NULL, host_init, test, host_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    builtins_init();

    add_host_test("/memory-backend/ram", test_ram);
    add_host_test("/memory-backend/memfd", test_memfd);
    add_host_test("/memory-backend/file", test_file);
    add_host_test("/memory-backend/reclaim", test_reclaim);
    add_host_test("/memory-backend/wrong-size", test_wrong_size);
    add_host_test("/memory-backend/no-path", test_no_path);
    add_host_test("/memory-backend/too-much", test_more_than_there_is);
    add_host_test("/memory-backend/frozen", test_frozen);
    add_host_test("/memory-backend/prealloc/ram", test_prealloc);
    add_host_test("/memory-backend/prealloc/memfd", test_prealloc_of_memfd);
    add_host_test("/memory-backend/prealloc/off", test_no_prealloc);
    add_host_test("/memory-backend/freed", test_freed);
    add_host_test("/memory-backend/never-mapped", test_never_mapped);
    add_host_test("/memory-backend/no-descriptor-stays", test_no_descriptor_stays);
    add_host_test("/memory-backend/share/ram-off", test_ram_is_private);
    add_host_test("/memory-backend/share/ram-on", test_ram_can_be_shared);
    add_host_test("/memory-backend/share/memfd-on", test_memfd_is_shared);
    add_host_test("/memory-backend/share/memfd-off", test_memfd_can_be_private);
    add_host_test("/memory-backend/share/file-off", test_file_is_private);
    add_host_test("/memory-backend/share/file-on", test_file_can_be_shared);
    add_host_test("/memory-backend/path/no-directory", test_path_in_no_directory);
    add_host_test("/memory-backend/path/directory", test_path_is_a_directory);
    add_host_test("/memory-backend/path/pipe", test_path_is_a_pipe);
    add_host_test("/memory-backend/path/grown", test_file_is_grown);
    add_host_test("/memory-backend/path/not-cut", test_file_is_not_cut);
    add_host_test("/memory-backend/path/own", test_file_is_ones_own);
    add_host_test("/memory-backend/machine/link", test_link);
    add_host_test("/memory-backend/machine/wrong-link", test_link_to_something_else);
    add_host_test("/memory-backend/machine/in-use", test_in_use);
    add_host_test("/memory-backend/machine/size", test_size_is_the_backends);
    add_host_test("/memory-backend/machine/size-differs", test_size_differs);
    add_host_test("/memory-backend/machine/frozen", test_link_is_frozen);
    add_host_test("/memory-backend/machine/ram", test_ram_lies_in_the_backend);
    add_host_test("/memory-backend/machine/again", test_start_again);
    add_host_test("/memory-backend/machine/no-memory", test_machine_without_memory);
    return g_test_run();
}
