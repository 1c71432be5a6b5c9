/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * ELF core files of guests of IBM Z, big-endian on every host, as QEMU writes them (dump/dump.c and
 * target/s390x/arch_dump.c of QEMU 10) and zgetdump of s390-tools, crash and gdb read them:
 *
 * | what                | of a secure guest only                                                    |
 * | ------------------- | ------------------------------------------------------------------------- |
 * | ELF header          |                                                                           |
 * | section headers     | `pv_mem_meta`: states and tweaks of all pages; `pv_compl`: how the owner   |
 * |                     | gets the key. Their names have no dot                                     |
 * | program headers     |                                                                           |
 * | notes, for each CPU | NT_S390_PV_CPU_DATA: the registers, encrypted                             |
 * | guest memory        | it is ciphertext, but for pages that the guest has shared                 |
 * | sections            |                                                                           |
 * | names of sections   |                                                                           |
 */
#ifndef TARGET_S390X_S390_CORE_H
#define TARGET_S390X_S390_CORE_H

#include <glib.h>
#include <stdint.h>
#include "target-s390x/kvm-s390-abi.h"

/* ---- notes ---- */

/* Types, by the name of who has defined them. */
#define S390_NOTE_CORE        "CORE"
#define S390_NOTE_PRSTATUS    1
#define S390_NOTE_FPREGSET    2
#define S390_NOTE_LINUX       "LINUX"
#define S390_NOTE_TIMER       0x301
#define S390_NOTE_TODCMP      0x302
#define S390_NOTE_TODPREG     0x303
#define S390_NOTE_CTRS        0x304
#define S390_NOTE_PREFIX      0x305
#define S390_NOTE_VXRS_LOW    0x309
#define S390_NOTE_VXRS_HIGH   0x30a
#define S390_NOTE_GS_CB       0x30b
#define S390_NOTE_PV_CPU_DATA 0x30e

/** Puts a note behind @p notes: @p size bytes, less than 4 GiB, that are in their order already. */
void s390_core_add_note(GByteArray *notes, const char *name, uint32_t type, const void *data, size_t size);

/**
 * Puts the registers that @p run shows behind @p notes, as a note for each kind, those of CPU @p index first.
 * A kind that KVM does not share has no note: nobody shall take zeros for it. Of a secure guest it is what an
 * instruction that KVM carries out has shown.
 */
void s390_core_add_registers(GByteArray *notes, const KvmS390Run *run, unsigned index);

/* ---- the file ---- */

/** A run of guest memory. */
typedef struct S390CoreSegment {
    uint64_t gpa, size;
} S390CoreSegment;

/** Bytes with a name. */
typedef struct S390CoreSection {
    const char *name;
    uint64_t size;
} S390CoreSection;

/** What a file is made of; all borrowed. */
typedef struct S390CoreLayout {
    size_t notes_size;
    const S390CoreSegment *segments; /* in the file's order; at most 65533 */
    size_t n_segments;
    const S390CoreSection *sections; /* the same; besides them there is one for names */
    size_t n_sections;
} S390CoreLayout;

/** What comes before the notes: all headers. A reference of the caller's. */
GByteArray *s390_core_head(const S390CoreLayout *layout);

/** What comes behind the last section: names. A reference of the caller's. */
GByteArray *s390_core_names(const S390CoreLayout *layout);

#endif
