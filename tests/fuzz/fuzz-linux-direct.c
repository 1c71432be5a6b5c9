/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the direct start of Linux kernels: the first byte is the guest's memory in units of 2 MiB, the next
 * one the size of the initrd in pages, and the rest is the kernel. What is prepared fits the memory, and
 * nothing overlaps, nor does it in a launch plan.
 */
#include "target-i386/linux-launch.h"

#define UNIT (UINT64_C(2) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(const LinuxDirect *direct, const GuestRam *ram)
{
    for (unsigned i = 0; i < direct->n_parts; i++) {
        const LinuxPart *part = &direct->parts[i];
        uint64_t end = part->gpa + g_bytes_get_size(part->bytes);

        g_assert_true(guest_ram_covers(ram, part->gpa, g_bytes_get_size(part->bytes)));
        for (unsigned j = 0; j < i; j++) {
            const LinuxPart *other = &direct->parts[j];
            g_assert_true(end <= other->gpa || other->gpa + g_bytes_get_size(other->bytes) <= part->gpa);
        }
    }
}

/* Every byte of the parts is launched. */
static void check_launch(LinuxDirect *direct, const GuestRam *ram, bool has_jump_table)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    uint64_t launched = 0, bytes = GUEST_PAGE_SIZE;

    linux_direct_encrypt(direct, 51, has_jump_table);
    linux_launch_plan(direct, plan);
    check_parts(direct, ram);
    g_assert_true(launch_plan_check(plan, ram, GUEST_PAGE_SIZE, NULL));
    for (size_t i = 0; i < plan->n_ranges; i++) {
        launched += plan->ranges[i].size;
    }
    for (unsigned i = 0; i < direct->n_parts; i++) {
        bytes += (g_bytes_get_size(direct->parts[i].bytes) + GUEST_PAGE_SIZE - 1) & -(gsize)GUEST_PAGE_SIZE;
    }
    g_assert_cmpuint(launched, ==, bytes);
}

static void start(LinuxBoot *boot, uint64_t memory)
{
    const SmpTopology smp = { .cpus = 1, .max_cpus = 1, .sockets = 1, .dies = 1, .cores = 1, .threads = 1 };
    g_autoptr(Error) error = NULL;
    LinuxDirect direct = { .n_parts = 0 };
    GuestRam ram;

    guest_ram_init(&ram);
    g_assert_nonnull(guest_ram_add_main(&ram, "RAM", 0, memory, NULL));
    if (linux_direct_prepare(&direct, boot, &ram, &smp, &error)) {
        check_parts(&direct, &ram);
        check_launch(&direct, &ram, false);
        check_launch(&direct, &ram, true);
    } else {
        g_assert_nonnull(error);
    }
    linux_direct_clear(&direct);
    guest_ram_clear(&ram, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LinuxBoot boot = { .kernel = NULL };

    if (size < 2) {
        return 0;
    }
    if (linux_image_parse(data + 2, size - 2, "file", &boot.image, NULL)) {
        gsize initrd_size = (gsize)data[1] * GUEST_PAGE_SIZE;

        boot.kernel = g_bytes_new(data + 2, size - 2);
        boot.cmdline = g_bytes_new("quiet", 6);
        boot.initrd = initrd_size ? g_bytes_new_take(g_malloc0(initrd_size), initrd_size) : NULL;
        boot.kernel_name = g_strdup("file");
        boot.initrd_name = g_strdup("initrd");
        start(&boot, MAX(data[0], 1) * UNIT);
        linux_boot_clear(&boot);
    }
    return 0;
}
