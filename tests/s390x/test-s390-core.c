/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the layout of core files: every note and header, byte by byte, whatever KVM shares of a vCPU.
 */
#include <elf.h>
#include <string.h>
#include "target-s390x/s390-core.h"

#define ALL_REGISTERS                                                                                        \
    (KVM_S390_SYNC_PREFIX | KVM_S390_SYNC_GPRS | KVM_S390_SYNC_ACRS | KVM_S390_SYNC_CRS |                    \
     KVM_S390_SYNC_ARCH0 | KVM_S390_SYNC_VRS | KVM_S390_SYNC_GSCB)

/* ---- reading ---- */

static uint64_t get(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/** A note as it was read. */
typedef struct Note {
    const char *name;
    uint32_t type;
    const uint8_t *data;
    size_t size;
} Note;

/* The note at *@at, behind which *@at is then. */
static Note next_note(const GByteArray *notes, size_t *at)
{
    const uint8_t *header = notes->data + *at;
    const size_t name_size = get(header, 4), size = get(header + 4, 4);
    const Note note = { (const char *)header + 12, (uint32_t)get(header + 8, 4),
                        header + 12 + (name_size + 3) / 4 * 4, size };

    g_assert_cmpuint(*at + 12, <=, notes->len);
    *at += 12 + (name_size + 3) / 4 * 4 + (size + 3) / 4 * 4;
    g_assert_cmpuint(*at, <=, notes->len);
    g_assert_cmpuint(strlen(note.name) + 1, ==, name_size);
    return note;
}

/* The only note of @type. */
static Note find_note(const GByteArray *notes, uint32_t type, const char *name, size_t size)
{
    Note found = { .name = NULL };

    for (size_t at = 0; at < notes->len;) {
        const Note note = next_note(notes, &at);

        if (note.type == type) {
            g_assert_null(found.name);
            found = note;
        }
    }
    g_assert_cmpstr(found.name, ==, name);
    g_assert_cmpuint(found.size, ==, size);
    return found;
}

/* The types in their order. */
static char *list_types(const GByteArray *notes)
{
    GString *types = g_string_new(NULL);

    for (size_t at = 0; at < notes->len;) {
        g_string_append_printf(types, "%s%x", types->len ? " " : "", next_note(notes, &at).type);
    }
    return g_string_free(types, FALSE);
}

/* ---- registers ---- */

static void fill_registers(KvmS390Run *run, uint64_t valid)
{
    *run =
        (KvmS390Run){ .psw_mask = 0x0705c00180000000, .psw_addr = 0x123456789abcdef0, .valid_regs = valid };
    run->regs.prefix = 0x7fffe000;
    for (size_t i = 0; i < 16; i++) {
        run->regs.gprs[i] = 0x1000000000000000 + i;
        run->regs.acrs[i] = 0x20000000 + (uint32_t)i;
        run->regs.crs[i] = 0x3000000000000000 + i;
    }
    for (size_t i = 0; i < 32; i++) {
        run->regs.vrs[i][0] = 0x4000000000000000 + i;
        run->regs.vrs[i][1] = 0x5000000000000000 + i;
    }
    for (size_t i = 0; i < 4; i++) {
        run->regs.gscb[i] = 0x6000000000000000 + i;
    }
    run->regs.fpc = 0x00880000;
    run->regs.todpr = 0xabcd1234;
    run->regs.cputm = 0x7000000000000001;
    run->regs.ckc = 0x7000000000000002;
}

static void check_status(const GByteArray *notes)
{
    const Note note = find_note(notes, S390_NOTE_PRSTATUS, "CORE", 336);

    g_assert_cmpuint(get(note.data + 32, 4), ==, 3);
    g_assert_cmphex(get(note.data + 112, 8), ==, 0x0705c00180000000);
    g_assert_cmphex(get(note.data + 120, 8), ==, 0x123456789abcdef0);
    for (size_t i = 0; i < 16; i++) {
        g_assert_cmphex(get(note.data + 128 + 8 * i, 8), ==, 0x1000000000000000 + i);
        g_assert_cmphex(get(note.data + 256 + 4 * i, 4), ==, 0x20000000 + i);
    }
}

static void check_vectors(const GByteArray *notes)
{
    const Note floats = find_note(notes, S390_NOTE_FPREGSET, "CORE", 136);
    const Note low = find_note(notes, S390_NOTE_VXRS_LOW, "LINUX", 128);
    const Note high = find_note(notes, S390_NOTE_VXRS_HIGH, "LINUX", 256);

    g_assert_cmphex(get(floats.data, 4), ==, 0x00880000);
    for (size_t i = 0; i < 16; i++) {
        g_assert_cmphex(get(floats.data + 8 + 8 * i, 8), ==, 0x4000000000000000 + i);
        g_assert_cmphex(get(low.data + 8 * i, 8), ==, 0x5000000000000000 + i);
        g_assert_cmphex(get(high.data + 16 * i, 8), ==, 0x4000000000000010 + i);
        g_assert_cmphex(get(high.data + 16 * i + 8, 8), ==, 0x5000000000000010 + i);
    }
}

static void check_others(const GByteArray *notes)
{
    const Note control = find_note(notes, S390_NOTE_CTRS, "LINUX", 128);
    const Note guarded = find_note(notes, S390_NOTE_GS_CB, "LINUX", 32);

    for (size_t i = 0; i < 16; i++) {
        g_assert_cmphex(get(control.data + 8 * i, 8), ==, 0x3000000000000000 + i);
    }
    for (size_t i = 0; i < 4; i++) {
        g_assert_cmphex(get(guarded.data + 8 * i, 8), ==, 0x6000000000000000 + i);
    }
    g_assert_cmphex(get(find_note(notes, S390_NOTE_PREFIX, "LINUX", 4).data, 4), ==, 0x7fffe000);
    g_assert_cmphex(get(find_note(notes, S390_NOTE_TIMER, "LINUX", 8).data, 8), ==, 0x7000000000000001);
    g_assert_cmphex(get(find_note(notes, S390_NOTE_TODCMP, "LINUX", 8).data, 8), ==, 0x7000000000000002);
    g_assert_cmphex(get(find_note(notes, S390_NOTE_TODPREG, "LINUX", 4).data, 4), ==, 0xabcd1234);
}

static void test_registers(void)
{
    g_autoptr(GByteArray) notes = g_byte_array_new();
    g_autofree KvmS390Run *run = g_new0(KvmS390Run, 1);
    g_autofree char *types = NULL;

    fill_registers(run, ALL_REGISTERS);
    s390_core_add_registers(notes, run, 2);
    types = list_types(notes);
    g_assert_cmpstr(types, ==, "1 2 305 304 301 302 303 309 30a 30b");
    check_status(notes);
    check_vectors(notes);
    check_others(notes);
}

/* What KVM does not share is not made up. */
static void test_fewer_registers(void)
{
    static const struct {
        uint64_t without, with;
        const char *types;
    } cases[] = {
        { KVM_S390_SYNC_GSCB, 0, "1 2 305 304 301 302 303 309 30a" },
        { KVM_S390_SYNC_ARCH0, 0, "1 2 305 304 309 30a 30b" },
        { KVM_S390_SYNC_VRS, 0, "1 305 304 301 302 303 30b" },
        { KVM_S390_SYNC_VRS, KVM_S390_SYNC_FPRS, "1 2 305 304 301 302 303 30b" },
    };
    g_autofree KvmS390Run *run = g_new0(KvmS390Run, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) notes = g_byte_array_new();
        g_autofree char *types = NULL;

        fill_registers(run, (ALL_REGISTERS & ~cases[i].without) | cases[i].with);
        s390_core_add_registers(notes, run, 0);
        types = list_types(notes);
        g_assert_cmpstr(types, ==, cases[i].types);
        if (cases[i].with) {
            const Note floats = find_note(notes, S390_NOTE_FPREGSET, "CORE", 136);

            /* They are where the vector registers would be, one behind the other. */
            g_assert_cmphex(get(floats.data + 8, 8), ==, 0x4000000000000000);
            g_assert_cmphex(get(floats.data + 16, 8), ==, 0x5000000000000000);
        }
    }
}

static void test_padding(void)
{
    g_autoptr(GByteArray) notes = g_byte_array_new();
    size_t at = 0;

    for (size_t size = 0; size < 9; size++) {
        s390_core_add_note(notes, "LINUX", 0x30e, "12345678", size);
    }
    for (size_t size = 0; size < 9; size++) {
        const Note note = next_note(notes, &at);

        g_assert_cmpmem(note.data, note.size, "12345678", size);
        g_assert_cmpuint(at % 4, ==, 0);
    }
    g_assert_cmpuint(at, ==, notes->len);
}

/* ---- headers ---- */

static void check_program(const uint8_t *head, unsigned number, uint32_t type, uint64_t gpa, uint64_t offset,
                          uint64_t size)
{
    const uint8_t *program = head + get(head + 32, 8) + (size_t)number * 56;

    g_assert_cmpuint(get(program, 4), ==, type);
    g_assert_cmphex(get(program + 8, 8), ==, offset);
    g_assert_cmphex(get(program + 16, 8), ==, gpa);
    g_assert_cmphex(get(program + 24, 8), ==, gpa);
    g_assert_cmphex(get(program + 32, 8), ==, size);
    g_assert_cmphex(get(program + 40, 8), ==, size);
}

static void check_section(const uint8_t *head, const GByteArray *names, unsigned number, const char *name,
                          uint64_t offset, uint64_t size)
{
    const uint8_t *section = head + get(head + 40, 8) + (size_t)number * 64;

    g_assert_cmpstr((const char *)names->data + get(section, 4), ==, name);
    g_assert_cmphex(get(section + 24, 8), ==, offset);
    g_assert_cmphex(get(section + 32, 8), ==, size);
}

/* Two pieces of memory, of which the second is above 4 GiB. */
static void test_head(void)
{
    static const S390CoreSegment segments[] = { { 0, 0x300000 }, { UINT64_C(5) << 32, UINT64_C(1) << 33 } };
    static const S390CoreSection sections[] = { { "pv_mem_meta", 0x5000 }, { "pv_compl", 0x1000 } };
    static const uint8_t ident[16] = { 0x7f, 'E', 'L', 'F', 2, 2, 1 };
    const S390CoreLayout layout = { 0x1234, segments, 2, sections, 2 };
    g_autoptr(GByteArray) head = s390_core_head(&layout), names = s390_core_names(&layout);
    const uint64_t notes = 64 + 4 * 64 + 3 * 56, memory = notes + 0x1234;
    const uint64_t end = memory + 0x300000 + (UINT64_C(1) << 33);

    g_assert_cmpmem(head->data, 16, ident, sizeof(ident));
    g_assert_cmpuint(get(head->data + 16, 2), ==, ET_CORE);
    g_assert_cmpuint(get(head->data + 18, 2), ==, 22);
    g_assert_cmpuint(get(head->data + 56, 2), ==, 3);
    g_assert_cmpuint(get(head->data + 60, 2), ==, 4);
    g_assert_cmpuint(get(head->data + 62, 2), ==, 3);
    g_assert_cmpuint(head->len, ==, notes);
    check_program(head->data, 0, PT_NOTE, 0, notes, 0x1234);
    check_program(head->data, 1, PT_LOAD, 0, memory, 0x300000);
    check_program(head->data, 2, PT_LOAD, UINT64_C(5) << 32, memory + 0x300000, UINT64_C(1) << 33);
    check_section(head->data, names, 0, "", 0, 0);
    check_section(head->data, names, 1, "pv_mem_meta", end, 0x5000);
    check_section(head->data, names, 2, "pv_compl", end + 0x5000, 0x1000);
    check_section(head->data, names, 3, ".shstrtab", end + 0x6000, names->len);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s390-core/registers", test_registers);
    g_test_add_func("/s390-core/fewer-registers", test_fewer_registers);
    g_test_add_func("/s390-core/padding", test_padding);
    g_test_add_func("/s390-core/head", test_head);
    return g_test_run();
}
