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

/* What is wrong with the firmware, and what to do about it. */
static bool refuse(const X86MachineState *x86, Error **errp, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool refuse(const X86MachineState *x86, Error **errp, const char *format, ...)
{
    g_autofree char *problem = NULL;
    va_list ap;

    va_start(ap, format);
    problem = g_strdup_vprintf(format, ap);
    va_end(ap);
    return error_setg(
        errp,
        "'kernel-hashes' is on, but the firmware '%s' %s; use an AmdSev build of OVMF (Debian's "
        "package ovmf-amdsev), or turn it off",
        x86->firmware_name, problem);
}

static bool check_area(const X86MachineState *x86, uint32_t alignment, Error **errp)
{
    const MachineState *machine = &x86->parent;
    const OvmfArea *area = &x86->firmware_info.hashes;
    uint64_t end = (uint64_t)area->gpa + area->size;

    if (!x86->firmware_info.has_hashes) {
        return refuse(x86, errp, "has no area for them in its table");
    }
    if (!area->gpa || area->size < KERNEL_HASHES_SIZE) {
        return refuse(x86, errp, "has an area of 0x%x bytes at 0x%x for them; their table takes 0x%x",
                      area->size, area->gpa, KERNEL_HASHES_SIZE);
    }
    if (area->gpa % alignment) {
        return refuse(x86, errp, "has its area for them at 0x%x, which is no multiple of %u", area->gpa,
                      alignment);
    }
    if (end > machine->firmware_gpa) {
        return refuse(x86, errp,
                      "has its area for them, 0x%x bytes at 0x%x, not below itself (0x%" PRIx64 ")",
                      area->size, area->gpa, machine->firmware_gpa);
    }
    if (!guest_ram_covers(&machine->ram, area->gpa, area->size)) {
        return error_setg(errp,
                          "'kernel-hashes' is on, but the guest has no memory for the area that the firmware "
                          "'%s' has for them, 0x%x bytes at 0x%x; give it more with -m",
                          x86->firmware_name, area->size, area->gpa);
    }
    return true;
}

bool kernel_hashes_check(bool enabled, const MachineState *machine, uint32_t alignment, Error **errp)
{
    const X86MachineState *x86 = X86_MACHINE(machine);

    if (!enabled) {
        return true;
    }
    if (!x86->boot.kernel) {
        return error_setg(errp, "'kernel-hashes' is on, but there is no kernel to hash; name one with "
                                "-kernel, or turn it off");
    }
    return check_area(x86, alignment, errp);
}

bool kernel_hashes_check_page(bool enabled, const MachineState *machine, Error **errp)
{
    const X86MachineState *x86 = X86_MACHINE(machine);
    const OvmfInfo *firmware = &x86->firmware_info;
    const OvmfSection *section = NULL;
    uint64_t offset;

    if (!enabled) {
        return true;
    }
    for (size_t i = 0; i < firmware->n_sections; i++) {
        if (firmware->sections[i].type == OVMF_SECTION_KERNEL_HASHES && section) {
            return refuse(x86, errp, "has two pages for them, at 0x%x and 0x%x", section->gpa,
                          firmware->sections[i].gpa);
        }
        if (firmware->sections[i].type == OVMF_SECTION_KERNEL_HASHES) {
            section = &firmware->sections[i];
        }
    }
    if (!section) {
        return refuse(x86, errp, "has no page for them in its SEV metadata (a section of type 16)");
    }
    if (section->size != GUEST_PAGE_SIZE) {
        return refuse(x86, errp, "has a section of 0x%x bytes at 0x%x for them instead of a page",
                      section->size, section->gpa);
    }
    offset = (uint64_t)firmware->hashes.gpa - section->gpa;
    if (offset > GUEST_PAGE_SIZE - KERNEL_HASHES_SIZE) {
        return refuse(x86, errp,
                      "has its area for them at 0x%x, and their table does not fit the page at 0x%x",
                      firmware->hashes.gpa, section->gpa);
    }
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
