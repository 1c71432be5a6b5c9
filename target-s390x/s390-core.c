/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-core.h"
#include <elf.h>
#include <stdbool.h>
#include <string.h>

#define NAMES ".shstrtab"

/* ---- notes ---- */

static void add_zeros(GByteArray *bytes, size_t count)
{
    const guint size = bytes->len;

    g_byte_array_set_size(bytes, (guint)(size + count));
    memset(bytes->data + size, 0, count);
}

static void add_padded(GByteArray *bytes, const void *data, size_t size)
{
    g_byte_array_append(bytes, data, (guint)size);
    add_zeros(bytes, -size % 4);
}

void s390_core_add_note(GByteArray *notes, const char *name, uint32_t type, const void *data, size_t size)
{
    const Elf64_Nhdr header = {
        .n_namesz = GUINT32_TO_BE((uint32_t)strlen(name) + 1),
        .n_descsz = GUINT32_TO_BE((uint32_t)size),
        .n_type = GUINT32_TO_BE(type),
    };

    g_byte_array_append(notes, (const guint8 *)&header, sizeof(header));
    add_padded(notes, name, strlen(name) + 1);
    add_padded(notes, data, size);
}

static void put_32(GByteArray *bytes, uint32_t value)
{
    value = GUINT32_TO_BE(value);
    g_byte_array_append(bytes, (const guint8 *)&value, sizeof(value));
}

static void put_64(GByteArray *bytes, uint64_t value)
{
    value = GUINT64_TO_BE(value);
    g_byte_array_append(bytes, (const guint8 *)&value, sizeof(value));
}

static void add_linux_note(GByteArray *notes, uint32_t type, const GByteArray *data)
{
    s390_core_add_note(notes, S390_NOTE_LINUX, type, data->data, data->len);
}

/* struct elf_prstatus of 64-bit programs: PSW, general and access registers, with the number of the CPU for
 * that of a process. */
static void add_status(GByteArray *notes, const KvmS390Run *run, unsigned index)
{
    g_autoptr(GByteArray) status = g_byte_array_new();

    add_zeros(status, 32);
    put_32(status, index + 1);
    add_zeros(status, 76);
    put_64(status, run->psw_mask);
    put_64(status, run->psw_addr);
    for (size_t i = 0; i < G_N_ELEMENTS(run->regs.gprs); i++) {
        put_64(status, run->regs.gprs[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(run->regs.acrs); i++) {
        put_32(status, run->regs.acrs[i]);
    }
    add_zeros(status, 16);
    s390_core_add_note(notes, S390_NOTE_CORE, S390_NOTE_PRSTATUS, status->data, status->len);
}

static void add_floating_point(GByteArray *notes, const KvmS390Run *run)
{
    g_autoptr(GByteArray) floats = g_byte_array_new();
    const bool has_vectors = run->valid_regs & KVM_S390_SYNC_VRS;

    put_32(floats, run->regs.fpc);
    put_32(floats, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(run->regs.fprs); i++) {
        put_64(floats, has_vectors ? run->regs.vrs[i][0] : run->regs.fprs[i]);
    }
    s390_core_add_note(notes, S390_NOTE_CORE, S390_NOTE_FPREGSET, floats->data, floats->len);
}

static void add_control(GByteArray *notes, const KvmS390Run *run)
{
    g_autoptr(GByteArray) prefix = g_byte_array_new(), control = g_byte_array_new();

    put_32(prefix, (uint32_t)run->regs.prefix);
    add_linux_note(notes, S390_NOTE_PREFIX, prefix);
    for (size_t i = 0; i < G_N_ELEMENTS(run->regs.crs); i++) {
        put_64(control, run->regs.crs[i]);
    }
    add_linux_note(notes, S390_NOTE_CTRS, control);
}

static void add_clock(GByteArray *notes, const KvmS390Run *run)
{
    g_autoptr(GByteArray) timer = g_byte_array_new(), comparator = g_byte_array_new(),
                          programmable = g_byte_array_new();

    put_64(timer, run->regs.cputm);
    add_linux_note(notes, S390_NOTE_TIMER, timer);
    put_64(comparator, run->regs.ckc);
    add_linux_note(notes, S390_NOTE_TODCMP, comparator);
    put_32(programmable, (uint32_t)run->regs.todpr);
    add_linux_note(notes, S390_NOTE_TODPREG, programmable);
}

/* What the floating point registers do not have. */
static void add_vectors(GByteArray *notes, const KvmS390Run *run)
{
    g_autoptr(GByteArray) low = g_byte_array_new(), high = g_byte_array_new();

    for (size_t i = 0; i < 16; i++) {
        put_64(low, run->regs.vrs[i][1]);
        put_64(high, run->regs.vrs[i + 16][0]);
        put_64(high, run->regs.vrs[i + 16][1]);
    }
    add_linux_note(notes, S390_NOTE_VXRS_LOW, low);
    add_linux_note(notes, S390_NOTE_VXRS_HIGH, high);
}

static void add_guarded_storage(GByteArray *notes, const KvmS390Run *run)
{
    g_autoptr(GByteArray) block = g_byte_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(run->regs.gscb); i++) {
        put_64(block, run->regs.gscb[i]);
    }
    add_linux_note(notes, S390_NOTE_GS_CB, block);
}

void s390_core_add_registers(GByteArray *notes, const KvmS390Run *run, unsigned index)
{
    const uint64_t valid = run->valid_regs;

    /* The machine needs these: without them KVM is refused before. */
    add_status(notes, run, index);
    if (valid & (KVM_S390_SYNC_VRS | KVM_S390_SYNC_FPRS)) {
        add_floating_point(notes, run);
    }
    add_control(notes, run);
    if (valid & KVM_S390_SYNC_ARCH0) {
        add_clock(notes, run);
    }
    if (valid & KVM_S390_SYNC_VRS) {
        add_vectors(notes, run);
    }
    if (valid & KVM_S390_SYNC_GSCB) {
        add_guarded_storage(notes, run);
    }
}

/* ---- the file ---- */

GByteArray *s390_core_names(const S390CoreLayout *layout)
{
    GByteArray *names = g_byte_array_new();

    add_zeros(names, 1); /* the name of the section that is none */
    for (size_t i = 0; i < layout->n_sections; i++) {
        const char *name = layout->sections[i].name;

        g_byte_array_append(names, (const guint8 *)name, (guint)strlen(name) + 1);
    }
    g_byte_array_append(names, (const guint8 *)NAMES, sizeof(NAMES));
    return names;
}

/** Where the parts are. */
typedef struct Offsets {
    uint64_t programs, notes, memory, sections;
} Offsets;

/* Besides those of the layout there are section 0, which says nothing, and the names. */
static size_t count_sections(const S390CoreLayout *layout)
{
    return layout->n_sections + 2;
}

static Offsets find_offsets(const S390CoreLayout *layout)
{
    Offsets at = { .programs = sizeof(Elf64_Ehdr) + count_sections(layout) * sizeof(Elf64_Shdr) };

    at.notes = at.programs + (layout->n_segments + 1) * sizeof(Elf64_Phdr);
    at.memory = at.notes + layout->notes_size;
    at.sections = at.memory;
    for (size_t i = 0; i < layout->n_segments; i++) {
        at.sections += layout->segments[i].size;
    }
    return at;
}

static void add_header(GByteArray *head, const S390CoreLayout *layout, const Offsets *at)
{
    const uint16_t n_sections = (uint16_t)count_sections(layout);
    const Elf64_Ehdr header = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2MSB, EV_CURRENT },
        .e_type = GUINT16_TO_BE(ET_CORE),
        .e_machine = GUINT16_TO_BE(EM_S390),
        .e_version = GUINT32_TO_BE(EV_CURRENT),
        .e_phoff = GUINT64_TO_BE(at->programs),
        .e_shoff = GUINT64_TO_BE(sizeof(header)),
        .e_ehsize = GUINT16_TO_BE(sizeof(header)),
        .e_phentsize = GUINT16_TO_BE(sizeof(Elf64_Phdr)),
        .e_phnum = GUINT16_TO_BE((uint16_t)(layout->n_segments + 1)),
        .e_shentsize = GUINT16_TO_BE(sizeof(Elf64_Shdr)),
        .e_shnum = GUINT16_TO_BE(n_sections),
        .e_shstrndx = GUINT16_TO_BE((uint16_t)(n_sections - 1)),
    };

    g_byte_array_append(head, (const guint8 *)&header, sizeof(header));
}

static void add_section(GByteArray *head, uint32_t name, uint32_t type, uint64_t offset, uint64_t size)
{
    const Elf64_Shdr section = {
        .sh_name = GUINT32_TO_BE(name),
        .sh_type = GUINT32_TO_BE(type),
        .sh_offset = GUINT64_TO_BE(offset),
        .sh_size = GUINT64_TO_BE(size),
    };

    g_byte_array_append(head, (const guint8 *)&section, sizeof(section));
}

static void add_sections(GByteArray *head, const S390CoreLayout *layout, uint64_t offset)
{
    g_autoptr(GByteArray) names = s390_core_names(layout);
    uint32_t name = 1;

    add_section(head, 0, SHT_NULL, 0, 0);
    for (size_t i = 0; i < layout->n_sections; i++) {
        const S390CoreSection *section = &layout->sections[i];

        add_section(head, name, SHT_PROGBITS, offset, section->size);
        name += (uint32_t)strlen(section->name) + 1;
        offset += section->size;
    }
    add_section(head, name, SHT_STRTAB, offset, names->len);
}

static void add_program(GByteArray *head, uint32_t type, uint64_t gpa, uint64_t offset, uint64_t size)
{
    const Elf64_Phdr program = {
        .p_type = GUINT32_TO_BE(type),
        .p_offset = GUINT64_TO_BE(offset),
        .p_vaddr = GUINT64_TO_BE(gpa),
        .p_paddr = GUINT64_TO_BE(gpa),
        .p_filesz = GUINT64_TO_BE(size),
        .p_memsz = GUINT64_TO_BE(size),
    };

    g_byte_array_append(head, (const guint8 *)&program, sizeof(program));
}

GByteArray *s390_core_head(const S390CoreLayout *layout)
{
    GByteArray *head = g_byte_array_new();
    const Offsets at = find_offsets(layout);
    uint64_t offset = at.memory;

    g_assert(layout->n_segments < PN_XNUM - 1);
    add_header(head, layout, &at);
    add_sections(head, layout, at.sections);
    add_program(head, PT_NOTE, 0, at.notes, layout->notes_size);
    for (size_t i = 0; i < layout->n_segments; i++) {
        add_program(head, PT_LOAD, layout->segments[i].gpa, offset, layout->segments[i].size);
        offset += layout->segments[i].size;
    }
    return head;
}
