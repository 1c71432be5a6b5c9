/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the reset state and of the predicted VMSA: every offset that is not zero, and that all others are.
 */
#include <glib.h>
#include <string.h>
#include "target-i386/vmsa.h"

#define GENOA      0xa10f10
#define AP_ADDRESS 0x80b004

typedef struct ExpectedField {
    unsigned offset;
    unsigned size;
    uint64_t value;
} ExpectedField;

/* What QEMU's reset state becomes, but for CS.base, RIP, RDX and SEV_FEATURES. */
static const ExpectedField reset_fields[] = {
    { 0x002, 2, 0x93 },               /* ES attributes */
    { 0x004, 4, 0xffff },             /* ES limit */
    { 0x010, 2, 0xf000 },             /* CS selector */
    { 0x012, 2, 0x9b },               /* CS attributes */
    { 0x014, 4, 0xffff },             /* CS limit */
    { 0x022, 2, 0x93 },               /* SS attributes */
    { 0x024, 4, 0xffff },             /* SS limit */
    { 0x032, 2, 0x93 },               /* DS attributes */
    { 0x034, 4, 0xffff },             /* DS limit */
    { 0x042, 2, 0x93 },               /* FS attributes */
    { 0x044, 4, 0xffff },             /* FS limit */
    { 0x052, 2, 0x93 },               /* GS attributes */
    { 0x054, 4, 0xffff },             /* GS limit */
    { 0x064, 4, 0xffff },             /* GDTR limit */
    { 0x072, 2, 0x82 },               /* LDTR attributes */
    { 0x074, 4, 0xffff },             /* LDTR limit */
    { 0x084, 4, 0xffff },             /* IDTR limit */
    { 0x092, 2, 0x8b },               /* TR attributes */
    { 0x094, 4, 0xffff },             /* TR limit */
    { 0x0d0, 8, 0x1000 },             /* EFER: SVME */
    { 0x148, 8, 0x40 },               /* CR4: MCE */
    { 0x158, 8, 0x10 },               /* CR0: ET */
    { 0x160, 8, 0x400 },              /* DR7 */
    { 0x168, 8, 0xffff0ff0 },         /* DR6 */
    { 0x170, 8, 0x2 },                /* RFLAGS */
    { 0x268, 8, 0x0007040600070406 }, /* G_PAT */
    { 0x3e8, 8, 0x1 },                /* XCR0 */
    { 0x408, 4, 0x1f80 },             /* MXCSR */
    { 0x410, 2, 0x37f },              /* x87 control word */
};

static void put(uint8_t *page, unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        page[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

static void assert_page(const uint8_t *page, uint64_t cs_base, uint64_t rip, uint64_t rdx,
                        uint64_t sev_features)
{
    uint8_t expected[VMSA_SIZE] = { 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(reset_fields); i++) {
        put(expected, reset_fields[i].offset, reset_fields[i].size, reset_fields[i].value);
    }
    put(expected, 0x018, 8, cs_base);
    put(expected, 0x178, 8, rip);
    put(expected, 0x310, 8, rdx);
    put(expected, 0x3b0, 8, sev_features);
    for (size_t offset = 0; offset < VMSA_SIZE; offset++) {
        if (page[offset] != expected[offset]) {
            g_error("offset 0x%03zx is 0x%02x instead of 0x%02x", offset, page[offset], expected[offset]);
        }
    }
}

static void assert_reset(uint32_t entry, uint64_t sev_features, uint64_t cs_base, uint64_t rip)
{
    const VmsaProfile profile = { .sev_features = sev_features, .has_fpu = true };
    X86Registers registers;
    uint8_t page[VMSA_SIZE];

    /* Nothing of what was there before may stay. */
    memset(&registers, 0xa5, sizeof(registers));
    memset(page, 0xa5, sizeof(page));
    x86_reset_registers(&registers, GENOA, entry);
    vmsa_predict(&registers, &profile, page);
    assert_page(page, cs_base, rip, GENOA, sev_features);
}

static void test_bsp(void)
{
    assert_reset(X86_RESET_ADDRESS, 0x1, 0xffff0000, 0xfff0);
}

static void test_ap(void)
{
    assert_reset(AP_ADDRESS, 0x1, 0x800000, 0xb004);
}

static void test_sev_features(void)
{
    assert_reset(AP_ADDRESS, 0x0, 0x800000, 0xb004);
    assert_reset(AP_ADDRESS, 0x221, 0x800000, 0xb004);
    assert_reset(AP_ADDRESS, UINT64_C(0xfedcba9876543210), 0x800000, 0xb004);
}

/* What KVM adds is not asked of it: the registers are QEMU's. */
static void test_reset_registers(void)
{
    X86Registers registers;

    x86_reset_registers(&registers, GENOA, X86_RESET_ADDRESS);
    g_assert_cmphex(registers.cr4, ==, 0);
    g_assert_cmphex(registers.efer, ==, 0);
    g_assert_cmphex(registers.cr0, ==, 0x10);
    g_assert_cmphex(registers.rip, ==, 0xfff0);
    g_assert_cmphex(registers.cs.base, ==, 0xffff0000);
    g_assert_cmphex(registers.cs.selector, ==, 0xf000);
    g_assert_cmphex(registers.rdx, ==, GENOA);
}

/* Each register in its place, with values that no reset gives it. */
static void test_every_register(void)
{
    const X86Registers registers = {
        .es = { 0x1001, 0x1002, 0x10031004, UINT64_C(0x1005100610071008) },
        .cs = { 0x1101, 0x1102, 0x11031104, UINT64_C(0x1105110611071108) },
        .ss = { 0x1201, 0x1202, 0x12031204, UINT64_C(0x1205120612071208) },
        .ds = { 0x1301, 0x1302, 0x13031304, UINT64_C(0x1305130613071308) },
        .fs = { 0x1401, 0x1402, 0x14031404, UINT64_C(0x1405140614071408) },
        .gs = { 0x1501, 0x1502, 0x15031504, UINT64_C(0x1505150615071508) },
        .gdtr = { 0x1601, 0x1602, 0x16031604, UINT64_C(0x1605160616071608) },
        .ldtr = { 0x1701, 0x1702, 0x17031704, UINT64_C(0x1705170617071708) },
        .idtr = { 0x1801, 0x1802, 0x18031804, UINT64_C(0x1805180618071808) },
        .tr = { 0x1901, 0x1902, 0x19031904, UINT64_C(0x1905190619071908) },
        .cr0 = UINT64_C(0x20012002e0032004), /* with CD and NW */
        .cr3 = UINT64_C(0x3201320232033204),
        .cr4 = UINT64_C(0x2101210221032104),
        .efer = UINT64_C(0x2201220222032204),
        .dr6 = UINT64_C(0x2301230223032304),
        .dr7 = UINT64_C(0x2401240224032404),
        .rflags = UINT64_C(0x2501250225032504),
        .rip = UINT64_C(0x2601260226032604),
        .rdx = UINT64_C(0x2701270227032704),
        .rsi = UINT64_C(0x3301330233033304),
        .pat = UINT64_C(0x2801280228032804),
        .xcr0 = UINT64_C(0x2901290229032904),
        .mxcsr = 0x30013002,
        .fcw = 0x3101,
    };
    const struct {
        unsigned offset;
        const X86Segment *segment;
    } segments[] = {
        { 0x00, &registers.es },   { 0x10, &registers.cs },   { 0x20, &registers.ss },
        { 0x30, &registers.ds },   { 0x40, &registers.fs },   { 0x50, &registers.gs },
        { 0x60, &registers.gdtr }, { 0x70, &registers.ldtr }, { 0x80, &registers.idtr },
        { 0x90, &registers.tr },
    };
    uint8_t expected[VMSA_SIZE] = { 0 };
    uint8_t page[VMSA_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(segments); i++) {
        put(expected, segments[i].offset, 2, segments[i].segment->selector);
        put(expected, segments[i].offset + 2, 2, segments[i].segment->attributes);
        put(expected, segments[i].offset + 4, 4, segments[i].segment->limit);
        put(expected, segments[i].offset + 8, 8, segments[i].segment->base);
    }
    put(expected, 0x0d0, 8, registers.efer | 0x1000);
    put(expected, 0x148, 8, registers.cr4 | 0x40);
    put(expected, 0x150, 8, registers.cr3);
    put(expected, 0x158, 8, UINT64_C(0x2001200280032004));
    put(expected, 0x160, 8, registers.dr7);
    put(expected, 0x168, 8, registers.dr6);
    put(expected, 0x170, 8, registers.rflags);
    put(expected, 0x178, 8, registers.rip);
    put(expected, 0x268, 8, registers.pat);
    put(expected, 0x310, 8, registers.rdx);
    put(expected, 0x330, 8, registers.rsi);
    put(expected, 0x3b0, 8, 0x5);
    put(expected, 0x3e8, 8, registers.xcr0);
    put(expected, 0x408, 4, registers.mxcsr);
    put(expected, 0x410, 2, registers.fcw);
    vmsa_predict(&registers, &(VmsaProfile){ .sev_features = 0x5, .has_fpu = true }, page);
    g_assert_cmpmem(page, sizeof(page), expected, sizeof(expected));
    /* Without x87 and SSE, only they are missing. */
    vmsa_predict(&registers, &(VmsaProfile){ .sev_features = 0x5 }, page);
    put(expected, 0x408, 4, 0);
    put(expected, 0x410, 2, 0);
    g_assert_cmpmem(page, sizeof(page), expected, sizeof(expected));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmsa/bsp", test_bsp);
    g_test_add_func("/vmsa/ap", test_ap);
    g_test_add_func("/vmsa/sev-features", test_sev_features);
    g_test_add_func("/vmsa/reset-registers", test_reset_registers);
    g_test_add_func("/vmsa/every-register", test_every_register);
    return g_test_run();
}
