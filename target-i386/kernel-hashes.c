/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/kernel-hashes.h"
#include <inttypes.h>
#include <string.h>
#include "target-i386/guid.h"

/* The table: a header and an entry for each digest, all alike, then zeros. Lengths count the GUID. */
typedef struct __attribute__((packed)) HashEntry {
    uint8_t guid[GUID_SIZE];
    uint16_t length;
    uint8_t digest[CRYPTO_SHA256_SIZE];
} HashEntry;

typedef struct __attribute__((packed)) HashTable {
    uint8_t guid[GUID_SIZE];
    uint16_t length;
    HashEntry cmdline, initrd, kernel;
    uint8_t padding[8];
} HashTable;
_Static_assert(sizeof(HashTable) == KERNEL_HASHES_SIZE, "the table has the size that firmware expects");

static const uint8_t table_guid[GUID_SIZE] =
    GUID(0x9438d606, 0x4f22, 0x4cc9, 0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21);
static const uint8_t cmdline_guid[GUID_SIZE] =
    GUID(0x97d02dd8, 0xbd20, 0x4c94, 0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a);
static const uint8_t initrd_guid[GUID_SIZE] =
    GUID(0x44baf731, 0x3a2f, 0x4bd7, 0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d);
static const uint8_t kernel_guid[GUID_SIZE] =
    GUID(0x4de79437, 0xabd2, 0x427f, 0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b);

static void fill_entry(HashEntry *entry, const uint8_t guid[GUID_SIZE],
                       const uint8_t digest[CRYPTO_SHA256_SIZE])
{
    memcpy(entry->guid, guid, GUID_SIZE);
    entry->length = GUINT16_TO_LE(sizeof(*entry));
    memcpy(entry->digest, digest, CRYPTO_SHA256_SIZE);
}

void kernel_hashes_table(const LinuxDigests *digests, uint8_t table[KERNEL_HASHES_SIZE])
{
    HashTable contents = { .length = GUINT16_TO_LE(offsetof(HashTable, padding)) };

    memcpy(contents.guid, table_guid, GUID_SIZE);
    fill_entry(&contents.cmdline, cmdline_guid, digests->cmdline);
    fill_entry(&contents.initrd, initrd_guid, digests->initrd);
    fill_entry(&contents.kernel, kernel_guid, digests->kernel);
    memcpy(table, &contents, sizeof(contents));
}

/* ---- check ---- */

static bool check_memory(const X86MachineState *x86, Error **errp)
{
    const OvmfArea *area = &x86->firmware_info.hashes;

    return guest_ram_covers(&x86->parent.ram, area->gpa, area->size) ||
           error_setg(
               errp,
               "the guest has no memory for the area that the firmware '%s' has for kernel hashes, 0x%x "
               "bytes at 0x%x; give it more with -m",
               x86->firmware_name, area->size, area->gpa);
}

/* The firmware's part of it is its own, whoever asks. */
static bool say_whose(Error **errp)
{
    return error_prepend(errp, "'kernel-hashes' is on, but ");
}

bool kernel_hashes_check(bool enabled, const MachineState *machine, uint32_t alignment, Error **errp)
{
    const X86MachineState *x86 = X86_MACHINE(machine);
    const FirmwareImage firmware = x86_machine_firmware(machine);

    if (!enabled) {
        return true;
    }
    if (!x86->boot.kernel) {
        return error_setg(errp, "'kernel-hashes' is on, but there is no kernel to hash; name one with "
                                "-kernel, or turn it off");
    }
    return (firmware_fit_hashes(&firmware, alignment, errp) && check_memory(x86, errp)) || say_whose(errp);
}

bool kernel_hashes_check_page(bool enabled, const MachineState *machine, Error **errp)
{
    const FirmwareImage firmware = x86_machine_firmware(machine);

    return !enabled || firmware_fit_hashes_page(&firmware, errp) || say_whose(errp);
}

/* ---- without protection ---- */

bool kernel_hashes_check_plain(const MachineState *machine, Error **errp)
{
    const X86MachineState *x86 = X86_MACHINE(machine);

    if (x86->props.kernel_hashes != ON_OFF_AUTO_ON) {
        return true;
    }
    if (machine->guard) {
        g_autofree char *label = object_label(machine->guard);
        return error_setg(
            errp, "'kernel-hashes' of the machine is for guests that nobody protects; set it on %s", label);
    }
    if (!machine->firmware) {
        return error_setg(errp,
                          "'kernel-hashes' is on, but there is no firmware that would look at them; name "
                          "one with -bios, or turn it off");
    }
    return kernel_hashes_check(true, machine, 1, errp);
}

static bool is_wanted(const MachineState *machine)
{
    const X86MachineState *x86 = X86_MACHINE(machine);

    if (x86->props.kernel_hashes == ON_OFF_AUTO_AUTO) {
        return x86->boot.kernel && machine->firmware && kernel_hashes_check(true, machine, 1, NULL);
    }
    return x86->props.kernel_hashes == ON_OFF_AUTO_ON;
}

bool kernel_hashes_fill(MachineState *machine, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    uint8_t *area;

    if (!is_wanted(machine)) {
        return true;
    }
    area = guest_ram_pointer(&machine->ram, x86->firmware_info.hashes.gpa, KERNEL_HASHES_SIZE, errp);
    if (!area) {
        return error_prepend(errp, "kernel hashes: ");
    }
    kernel_hashes_table(linux_boot_digests(&x86->boot, &machine->progress), area);
    return true;
}

/* ---- plan ---- */

void kernel_hashes_describe(X86MachineState *x86, KernelHashes *hashes)
{
    LinuxBoot *boot = &x86->boot;
    const LinuxDigests *digests = linux_boot_digests(boot, &x86->parent.progress);

    *hashes = (KernelHashes){
        .kernel_file = g_strdup(boot->kernel_name),
        .kernel = crypto_hex(digests->kernel, sizeof(digests->kernel)),
        .initrd_file = g_strdup(boot->initrd_name),
        .initrd = crypto_hex(digests->initrd, sizeof(digests->initrd)),
        .append = g_strdup(g_bytes_get_data(boot->cmdline, NULL)),
        .cmdline = crypto_hex(digests->cmdline, sizeof(digests->cmdline)),
    };
}

/* @size bytes of zeros, but for the table at @offset. */
static GBytes *table_in(X86MachineState *x86, size_t size, size_t offset)
{
    uint8_t *bytes = g_malloc0(size);

    kernel_hashes_table(linux_boot_digests(&x86->boot, &x86->parent.progress), bytes + offset);
    return g_bytes_new_take(bytes, size);
}

void kernel_hashes_plan_table(X86MachineState *x86, LaunchPlan *plan)
{
    const OvmfArea *area = &x86->firmware_info.hashes;
    g_autoptr(GBytes) table = table_in(x86, KERNEL_HASHES_SIZE, 0);

    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, area->gpa, KERNEL_HASHES_SIZE, table,
                          "kernel hashes, in the area of 0x%x bytes that %s has for them", area->size,
                          x86->firmware_name);
}

void kernel_hashes_plan_page(X86MachineState *x86, const OvmfSection *section, LaunchPlan *plan)
{
    uint32_t offset = x86->firmware_info.hashes.gpa - section->gpa;
    g_autoptr(GBytes) page = table_in(x86, GUEST_PAGE_SIZE, offset);

    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, section->gpa, GUEST_PAGE_SIZE, page,
                          "%s+0x%x, SEV metadata: %s, table at +0x%x", x86->firmware_name,
                          x86->firmware_info.metadata_offset, ovmf_section_name(section->type), offset);
}

void kernel_hashes_note_absence(const X86MachineState *x86, LaunchPlan *plan)
{
    if (x86->boot.kernel) {
        launch_plan_leave_out(plan, "kernel '%s', its initrd and its command line; 'kernel-hashes' is off",
                              x86->boot.kernel_name);
    }
}
