/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the start of kernels that are ELF files: the first byte is the guest's memory in units of 2 MiB, the
 * next one the size of the initrd in pages, and the rest is the kernel. What is prepared fits the memory,
 * nothing overlaps, and the entry is in a segment.
 */
#include "target-i386/pvh-boot.h"

#define UNIT (UINT64_C(2) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const PvhBoot *pvh, const GuestRam *ram)
{
    bool has_entry = false;

    for (unsigned i = 0; i < pvh->n_parts; i++) {
        const PvhPart *part = &pvh->parts[i];
        uint64_t end = part->gpa + part->memory_size;

        g_assert_cmpuint(g_bytes_get_size(part->bytes), <=, part->memory_size);
        g_assert_true(guest_ram_covers(ram, part->gpa, part->memory_size));
        has_entry |= pvh->entry >= part->gpa && pvh->entry < end;
        for (unsigned j = 0; j < i; j++) {
            const PvhPart *other = &pvh->parts[j];
            g_assert_true(end <= other->gpa || other->gpa + other->memory_size <= part->gpa);
        }
    }
    g_assert_true(has_entry);
}

static void start(LinuxBoot *boot, uint64_t memory)
{
    const SmpTopology smp = { .cpus = 1, .max_cpus = 1, .sockets = 1, .dies = 1, .cores = 1, .threads = 1 };
    g_autoptr(Error) error = NULL;
    PvhBoot pvh = { .n_parts = 0 };
    GuestRam ram;

    guest_ram_init(&ram);
    g_assert_nonnull(guest_ram_add_main(&ram, "RAM", 0, memory, NULL));
    if (pvh_boot_prepare(&pvh, boot, &ram, &smp, &error)) {
        check(&pvh, &ram);
    } else {
        g_assert_nonnull(error);
    }
    pvh_boot_clear(&pvh);
    guest_ram_clear(&ram, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LinuxBoot boot = { .kernel = NULL };
    ElfImage elf;

    if (size < 3 || data[0] == 0 || !elf_image_parse(data + 2, size - 2, "kernel", &elf, NULL)) {
        return 0;
    }
    boot.elf = g_memdup2(&elf, sizeof(elf));
    boot.kernel = g_bytes_new(data + 2, size - 2);
    boot.kernel_name = g_strdup("kernel");
    boot.cmdline = g_bytes_new("", 1);
    boot.initrd = g_bytes_new_take(g_malloc0(data[1] * GUEST_PAGE_SIZE + 1), data[1] * GUEST_PAGE_SIZE);
    boot.initrd_name = g_strdup("initrd");
    start(&boot, data[0] * UNIT);
    linux_boot_clear(&boot);
    return 0;
}
