/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many guests, one after the other, in one process: neither memory nor descriptors grow. And one machine that
 * is reset more often than its host has ASIDs.
 */
#include <stdio.h>
#include <unistd.h>
#include "tests/unit/emulated.h"
#include "tests/unit/toy-vm.h"

#define GUESTS       1000
#define WARM_UP      200
#define RESETS       600 /* EPYC-Milan has 509 ASIDs */
#define GROWTH_BYTES (UINT64_C(512) << 10)

/* The address sanitizer has memory of its own, which grows; but it finds what nobody has freed. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_MEMORY_OURS false
#else
#define IS_MEMORY_OURS true
#endif

static uint64_t resident_bytes(void)
{
    g_autofree char *text = NULL;
    unsigned long size, resident;

    g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%lu %lu", &size, &resident), ==, 2);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static CgvmVm *launch(const char *object)
{
    g_autoptr(CgvmError) error = NULL;
    CgvmVm *vm = cgvm_vm_new();
    bool launched;

    add(vm, "object", object);
    add(vm, "machine", "confidential-guest-support=sev0");
    add(vm, "cpu", "EPYC-Milan");
    add(vm, "bios", toy_firmware);
    add(vm, "accel", "sim,run=off");
    launched = cgvm_vm_launch(vm, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(launched);
    return vm;
}

static void test_guests(const void *object)
{
    unsigned descriptors = count_descriptors();
    uint64_t warm = 0, end;

    for (unsigned i = 0; i < GUESTS; i++) {
        if (i == WARM_UP) {
            warm = resident_bytes();
        }
        cgvm_vm_free(launch(object));
    }
    end = resident_bytes();
    g_test_message("%" G_GUINT64_FORMAT " bytes after %u guests, %" G_GUINT64_FORMAT " after %u", warm,
                   WARM_UP, end, GUESTS);
    g_assert_cmpuint(count_descriptors(), ==, descriptors);
    if (!skip_emulated("how much memory the process has is QEMU's")) {
        g_assert_true(!IS_MEMORY_OURS || end < warm + GROWTH_BYTES);
    }
}

static void test_resets(const void *object)
{
    CgvmVm *vm = launch(object);
    g_autofree char *digest = g_strdup(cgvm_vm_measurement(vm));
    unsigned descriptors = count_descriptors();

    for (unsigned i = 0; i < RESETS; i++) {
        g_autoptr(CgvmError) error = NULL;
        bool done = cgvm_vm_reset(vm, &error);

        g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
        g_assert_true(done);
        g_assert_cmpstr(cgvm_vm_measurement(vm), ==, digest);
    }
    g_assert_cmpuint(count_descriptors(), ==, descriptors);
    cgvm_vm_free(vm);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name, *object;
    } kinds[] = {
        { "sev", "sev-guest,id=sev0" },
        { "sev-es", "sev-guest,id=sev0,policy=5" },
        { "sev-snp", "sev-snp-guest,id=sev0" },
    };

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *guests = g_strdup_printf("/many/guests/%s", kinds[i].name);
        g_autofree char *resets = g_strdup_printf("/many/resets/%s", kinds[i].name);

        g_test_add_data_func(guests, kinds[i].object, test_guests);
        g_test_add_data_func(resets, kinds[i].object, test_resets);
    }
    return toy_run_tests();
}
