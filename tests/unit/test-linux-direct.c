/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of a kernel's start without a firmware: where everything goes, that the page tables map what they
 * should, and what does not fit.
 */
#include "target-i386/linux-direct.h"
#include "qapi-builtins.h"
#include "target-i386/acpi-tables.h"
#include "target-i386/es-start.h"
#include "target-i386/snp-start.h"
#include "target-i386/vmsa.h"
#include "tests/unit/linux-file-64.h"

#define MEMORY (64u << 20)

typedef struct Fixture {
    LinuxBoot boot;
    GuestRam ram;
    LinuxDirect direct;
} Fixture;

static const SmpTopology one = {
    .cpus = 1, .max_cpus = 1, .sockets = 1, .dies = 1, .cores = 1, .threads = 1
};

static void fixture_fill(Fixture *f, uint64_t memory, gsize initrd_size)
{
    *f = (Fixture){ .boot = linux_boot_64("console=ttyS0", initrd_size) };
    guest_ram_init(&f->ram);
    g_assert_nonnull(guest_ram_add_main(&f->ram, "RAM", 0, memory, NULL));
}

static void fixture_clear(Fixture *f)
{
    linux_direct_clear(&f->direct);
    guest_ram_clear(&f->ram, NULL);
    linux_boot_clear(&f->boot);
}

static const LinuxPart *find(const Fixture *f, const char *name)
{
    for (unsigned i = 0; i < f->direct.n_parts; i++) {
        if (g_str_equal(f->direct.parts[i].name, name)) {
            return &f->direct.parts[i];
        }
    }
    return NULL;
}

static uint64_t load(const Fixture *f, uint64_t gpa, unsigned size)
{
    return linux_file_get(guest_ram_pointer(&f->ram, gpa, size, NULL), size);
}

#define ADDRESS UINT64_C(0xffffffffff000)

/* What the processor finds for @address: physical address, for 4 levels, with bit @cbitpos if there is one
 * and it is set in all entries on the way. */
static uint64_t walk(const Fixture *f, uint64_t cr3, uint64_t address, unsigned cbitpos)
{
    const uint64_t cbit = cbitpos ? UINT64_C(1) << cbitpos : 0;
    uint64_t entry = cr3, size;

    for (unsigned shift = 39; shift >= 12; shift -= 9) {
        /* Tables themselves are encrypted. */
        g_assert_cmphex(entry & cbit, ==, cbit);
        entry = load(f, (entry & ADDRESS & ~cbit) + 8 * (address >> shift & 511), 8);
        g_assert_cmphex(entry & 3, ==, 3);
        size = UINT64_C(1) << shift;
        if (shift == 12 || entry >> 7 & 1) {
            g_assert_cmphex(entry & ~ADDRESS & ~cbit, ==, shift == 12 ? 3 : 0x83);
            return (entry & ADDRESS & ~(size - 1)) | (address & (size - 1));
        }
        g_assert_cmphex(entry & ~ADDRESS & ~cbit, ==, 3);
    }
    g_assert_not_reached();
}

static void test_start(void)
{
    const uint64_t addresses[] = { 0, 0x1fffff, LINUX_FILE_GPA, 0x3fffffff, 0x40000000, 0xffffffff };
    X86Registers registers;
    Fixture f;

    fixture_fill(&f, MEMORY, 100000);
    g_assert_true(linux_direct_prepare(&f.direct, &f.boot, &f.ram, &one, NULL));
    g_assert_true(guest_ram_allocate(&f.ram, NULL, NULL));
    g_assert_true(linux_direct_fill(&f.direct, &f.ram, NULL));
    x86_reset_registers(&registers, 0, X86_RESET_ADDRESS);
    linux_direct_registers(&f.direct, &registers);
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_assert_cmphex(walk(&f, registers.cr3, addresses[i], 0), ==, addresses[i]);
    }
    g_assert_cmphex(registers.rip, ==, LINUX_FILE_GPA + 0x200);
    g_assert_cmphex(registers.cr0, ==, 0x80000011);
    g_assert_cmphex(registers.efer, ==, 0x500);
    g_assert_cmphex(registers.cr4, ==, 0x20);
    g_assert_cmphex(registers.rflags, ==, 2);
    /* The segments are what their selectors mean. */
    g_assert_cmphex(registers.cs.selector, ==, 0x10);
    g_assert_cmphex(registers.ss.selector, ==, 0x18);
    g_assert_cmphex(load(&f, registers.gdtr.base + 0x10, 8), ==, 0x00af9b000000ffff);
    g_assert_cmphex(load(&f, registers.gdtr.base + 0x18, 8), ==, 0x00cf93000000ffff);
    g_assert_cmphex(registers.gdtr.limit, ==, 0x1f);
    /* So are the parts. */
    g_assert_cmphex(load(&f, registers.rsi + 0x202, 4), ==, 0x53726448);
    g_assert_cmpstr((char *)guest_ram_pointer(&f.ram, load(&f, registers.rsi + 0x228, 4), 14, NULL), ==,
                    "console=ttyS0");
    g_assert_cmphex(load(&f, registers.rsi + 0x218, 4), ==, find(&f, "initrd")->gpa);
    g_assert_cmphex(find(&f, "initrd")->gpa, ==, (MEMORY - 100000) & ~0xfffu);
    g_assert_cmpmem(guest_ram_pointer(&f.ram, load(&f, registers.rsi + 0x70, 8), 8, NULL), 8, "RSD PTR ", 8);
    g_assert_cmpmem(guest_ram_pointer(&f.ram, LINUX_FILE_GPA, LINUX_FILE_SIZE, NULL), LINUX_FILE_SIZE,
                    linux_boot_bytes(&f.boot) + f.boot.image.setup_size, LINUX_FILE_SIZE);
    fixture_clear(&f);
}

/* The same with encrypted memory, the C-bit of which is at @cbitpos. */
static void check_encrypted(Fixture *f, unsigned cbitpos, bool has_jump_table)
{
    const uint64_t cbit = UINT64_C(1) << cbitpos, step = has_jump_table ? 0x1000 : 0x200000;
    X86Registers registers;

    linux_direct_encrypt(&f->direct, cbitpos, has_jump_table ? LINUX_START_JUMP_TABLE : LINUX_START_KERNEL);
    g_assert_true(linux_direct_fill(&f->direct, &f->ram, NULL));
    x86_reset_registers(&registers, 0, X86_RESET_ADDRESS);
    linux_direct_registers(&f->direct, &registers);
    g_assert_cmphex(registers.cr3, ==, 0x2000 | cbit);
    g_assert_cmphex(registers.rip, ==, has_jump_table ? ES_START_BSP : LINUX_FILE_GPA + 0x200);
    for (uint64_t address = 0; address < UINT64_C(1) << 32; address += address < 0x400000 ? step : 0x200000) {
        bool is_shared = has_jump_table && address == ES_START_GHCB_GPA;

        g_assert_cmphex(walk(f, registers.cr3, address, cbitpos), ==, address | (is_shared ? 0 : cbit));
    }
}

static void test_encrypted(void)
{
    const LinuxPart *start;
    Fixture f;

    fixture_fill(&f, MEMORY, 4097);
    g_assert_true(linux_direct_prepare(&f.direct, &f.boot, &f.ram, &one, NULL));
    g_assert_true(guest_ram_allocate(&f.ram, NULL, NULL));
    check_encrypted(&f, 47, false);
    g_assert_null(find(&f, "start of the vCPUs"));
    check_encrypted(&f, 51, false);
    check_encrypted(&f, 32, false);
    /* A launch makes its plan twice, before it knows the host and with what that has said. */
    check_encrypted(&f, 51, true);
    check_encrypted(&f, 47, true);
    start = find(&f, "start of the vCPUs");
    g_assert_cmphex(start->gpa, ==, ES_START_GPA);
    g_assert_cmphex(start->gpa, >=, LINUX_ACPI_GPA + ACPI_TABLES_LARGEST);
    fixture_clear(&f);
}

/* How often the page at @gpa is launched, or validated by the code that is. */
static unsigned count_page(const LaunchPlan *plan, const uint8_t *code, uint64_t gpa)
{
    const uint8_t *table = code + 0x100;
    unsigned n = 0;
    uint64_t range[2];

    for (unsigned i = 0; i < plan->n_ranges; i++) {
        n += gpa >= plan->ranges[i].gpa && gpa - plan->ranges[i].gpa < plan->ranges[i].size;
    }
    for (memcpy(range, table, sizeof(range)); range[1]; memcpy(range, table, sizeof(range))) {
        n += gpa >= GUINT64_FROM_LE(range[0]) && gpa < GUINT64_FROM_LE(range[1]);
        table += sizeof(range);
    }
    return n;
}

static void test_validated(void)
{
    g_autoptr(LaunchPlan) first = launch_plan_new();
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    const uint64_t cbit = UINT64_C(1) << 51;
    X86Registers registers;
    const uint8_t *code;
    Fixture f;

    fixture_fill(&f, MEMORY, 4097);
    g_assert_true(linux_direct_prepare(&f.direct, &f.boot, &f.ram, &one, NULL));
    /* Planned twice, as a launch does. */
    g_assert_true(snp_start_plan(&f.direct, &f.ram, 47, first, NULL));
    g_assert_true(snp_start_plan(&f.direct, &f.ram, 51, plan, NULL));
    g_assert_true(guest_ram_allocate(&f.ram, NULL, NULL));
    g_assert_true(linux_direct_fill(&f.direct, &f.ram, NULL));
    code = g_bytes_get_data(find(&f, "validation of memory")->bytes, NULL);
    for (uint64_t gpa = 0; gpa < MEMORY; gpa += GUEST_PAGE_SIZE) {
        g_assert_cmpuint(count_page(plan, code, gpa), ==, 1);
    }
    g_assert_cmpuint(count_page(plan, code, MEMORY), ==, 0);
    x86_reset_registers(&registers, 0, X86_RESET_ADDRESS);
    linux_direct_registers(&f.direct, &registers);
    g_assert_cmphex(registers.rip, ==, SNP_START_GPA);
    g_assert_cmphex(load(&f, registers.rsi + 0x250, 8), ==, SNP_BLOB_GPA);
    g_assert_cmphex(load(&f, SNP_BLOB_GPA + 8, 4), ==, 7);
    for (uint64_t gpa = 0; gpa < UINT64_C(1) << 32; gpa += UINT64_C(0x200000)) {
        g_assert_cmphex(walk(&f, registers.cr3, gpa, 51), ==, gpa | cbit);
    }
    g_assert_cmphex(load(&f, 0x3000 + 511 * 8, 8), ==, UINT64_C(511) << 30 | 0x83 | cbit);
    fixture_clear(&f);
}

static void test_too_much_to_validate(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    g_autoptr(Error) error = NULL;
    Fixture f;

    fixture_fill(&f, MEMORY, 4097);
    g_assert_true(guest_ram_add(&f.ram, "high", UINT64_C(1) << 32, (UINT64_C(508) << 30) + 4096, true, NULL));
    g_assert_true(linux_direct_prepare(&f.direct, &f.boot, &f.ram, &one, NULL));
    g_assert_false(snp_start_plan(&f.direct, &f.ram, 51, plan, &error));
    g_assert_cmpstr(
        cgvm_error_message(error), ==,
        "the guest has memory up to 0x8000001000, and without a firmware a kernel can be started with 512 "
        "GiB of address space at most; give it less (-m), or a firmware (-bios)");
    fixture_clear(&f);
}

static void test_parts_do_not_overlap(void)
{
    g_autoptr(LaunchPlan) plan = NULL;
    Fixture f;

    /* The smallest memory in which they fit. */
    fixture_fill(&f, LINUX_FILE_GPA + LINUX_FILE_INIT_SIZE + 3 * 4096, 4097);
    g_assert_true(linux_direct_prepare(&f.direct, &f.boot, &f.ram, &one, NULL));
    plan = launch_plan_new();
    g_assert_true(snp_start_plan(&f.direct, &f.ram, 51, plan, NULL));
    g_assert_cmpuint(f.direct.n_parts, ==, LINUX_PARTS);
    for (unsigned i = 0; i < f.direct.n_parts; i++) {
        for (unsigned j = 0; j < i; j++) {
            const LinuxPart *a = &f.direct.parts[i], *b = &f.direct.parts[j];
            g_assert_true(a->gpa + g_bytes_get_size(a->bytes) <= b->gpa ||
                          b->gpa + g_bytes_get_size(b->bytes) <= a->gpa);
        }
    }
    g_assert_cmphex(find(&f, "initrd")->gpa, >=, LINUX_FILE_GPA + LINUX_FILE_INIT_SIZE);
    fixture_clear(&f);
}

static void test_no_initrd(void)
{
    Fixture f;

    fixture_fill(&f, MEMORY, 0);
    g_assert_true(linux_direct_prepare(&f.direct, &f.boot, &f.ram, &one, NULL));
    g_assert_null(find(&f, "initrd"));
    g_assert_cmphex(
        linux_file_get((const uint8_t *)g_bytes_get_data(find(&f, "boot parameters")->bytes, NULL) + 0x218,
                       8),
        ==, 0);
    fixture_clear(&f);
}

static void test_initrd_below_its_limit(void)
{
    Fixture f;

    fixture_fill(&f, MEMORY, 8192);
    linux_file_put(linux_boot_bytes(&f.boot), 0x22c, 0x1ffffff, 4);
    g_assert_true(linux_direct_prepare(&f.direct, &f.boot, &f.ram, &one, NULL));
    g_assert_cmphex(find(&f, "initrd")->gpa, ==, 0x1ffe000);
    fixture_clear(&f);
}

static void assert_refused(Fixture *f, const char *start)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(linux_direct_prepare(&f->direct, &f->boot, &f->ram, &one, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    if (!g_str_has_prefix(cgvm_error_message(error), start)) {
        g_error("the message is: %s", cgvm_error_message(error));
    }
    fixture_clear(f);
}

static void test_refusals(void)
{
    g_autofree char *longest = g_strnfill(2048, 'x');
    Fixture f;

    fixture_fill(&f, 16 << 20, 0);
    assert_refused(&f,
                   "the kernel 'bzImage' needs memory from 0x1000000 to 0x1300000, but the guest's ends at "
                   "0x1000000; give it more (-m)");
    fixture_fill(&f, LINUX_FILE_GPA + LINUX_FILE_INIT_SIZE + 4096, 4097);
    assert_refused(&f,
                   "the initrd 'initrd.img' has 4097 bytes, and there is no room for it between the end of "
                   "the kernel at 0x1300000 and 0x1301000");
    fixture_fill(&f, MEMORY, 4096);
    linux_file_put(linux_boot_bytes(&f.boot), 0x22c, 0, 4);
    assert_refused(&f, "the initrd 'initrd.img' has 4096 bytes, and there is no room");
    fixture_fill(&f, MEMORY, 0);
    g_bytes_unref(f.boot.cmdline);
    f.boot.cmdline = g_bytes_new(longest, 2049);
    assert_refused(&f,
                   "-append has 2048 bytes, and the kernel 'bzImage' takes at most 2047; make it shorter");
    for (size_t i = 0; i < 4; i++) {
        const uint64_t wrong[] = { 0, 0xff000, 0x1000001, UINT64_C(0xfffffffffffff000) };
        fixture_fill(&f, MEMORY, 0);
        linux_file_put(linux_boot_bytes(&f.boot), 0x258, wrong[i], 8);
        assert_refused(&f, "the header of the kernel 'bzImage' wants it to be loaded at 0x");
    }
    fixture_fill(&f, MEMORY, 0);
    linux_file_put(linux_boot_bytes(&f.boot), 0x260, 0xffffffff, 4);
    assert_refused(&f, "the kernel 'bzImage' needs memory from 0x1000000 to 0x100ffffff, but");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux-direct/start", test_start);
    g_test_add_func("/linux-direct/encrypted", test_encrypted);
    g_test_add_func("/linux-direct/overlap", test_parts_do_not_overlap);
    g_test_add_func("/linux-direct/no-initrd", test_no_initrd);
    g_test_add_func("/linux-direct/initrd-limit", test_initrd_below_its_limit);
    g_test_add_func("/linux-direct/refusals", test_refusals);
    g_test_add_func("/linux-direct/validated", test_validated);
    g_test_add_func("/linux-direct/validated/too-much", test_too_much_to_validate);
    return g_test_run();
}
