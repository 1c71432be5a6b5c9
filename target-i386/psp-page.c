/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the firmware does with the contents of a launched page: the launch digest, the secrets page, the CPUID
 * page.
 */
#include <glib.h>
#include <string.h>
#include "confidential/crypto.h"
#include "target-i386/psp-state.h"

/* PAGE_INFO (AMD 56860): the structure whose hash is the next launch digest. Little-endian; all else in it is
 * 0. */
#define PAGE_INFO_SIZE     112
#define PAGE_INFO_CONTENTS 0x30
#define PAGE_INFO_LENGTH   0x60
#define PAGE_INFO_TYPE     0x62
#define PAGE_INFO_GPA      0x68

void psp_page_measure(PspGuest *guest, uint8_t page_type, uint64_t gpa, const uint8_t *page)
{
    uint8_t info[PAGE_INFO_SIZE] = { 0 };
    uint16_t length = GUINT16_TO_LE(PAGE_INFO_SIZE);
    uint64_t address = GUINT64_TO_LE(gpa);

    memcpy(info, guest->digest, PSP_DIGEST_SIZE);
    if (page_type == SNP_PAGE_TYPE_NORMAL || page_type == SNP_PAGE_TYPE_VMSA) {
        crypto_sha384(page, PSP_PAGE_SIZE, info + PAGE_INFO_CONTENTS);
    }
    memcpy(info + PAGE_INFO_LENGTH, &length, sizeof(length));
    info[PAGE_INFO_TYPE] = page_type;
    memcpy(info + PAGE_INFO_GPA, &address, sizeof(address));
    crypto_sha384(info, sizeof(info), guest->digest);
}

/* The secrets page, version 3 (struct snp_secrets_page in arch/x86/include/asm/sev.h). */
#define SECRETS_VERSION 3
#define SECRETS_FMS     0x08
#define SECRETS_GOSVW   0x10
#define SECRETS_VMPCK   0x20

/*
 * The keys of the guest's messages are made from what nobody outside knows on a real machine. Here they
 * follow from the number of the guest, so that two runs are alike.
 */
void psp_page_vmpck(const PspGuest *guest, unsigned vmpl, uint8_t key[PSP_VMPCK_SIZE])
{
    g_autofree char *seed =
        g_strdup_printf("simulated VMPCK%u of guest %" G_GUINT64_FORMAT, vmpl, guest->number);

    crypto_sha256(seed, strlen(seed), key);
}

void psp_page_fill_secrets(const PspGuest *guest, uint32_t signature, uint8_t *page)
{
    uint32_t version = GUINT32_TO_LE(SECRETS_VERSION), fms = GUINT32_TO_LE(signature);

    memset(page, 0, PSP_PAGE_SIZE);
    memcpy(page, &version, sizeof(version));
    memcpy(page + SECRETS_FMS, &fms, sizeof(fms));
    memcpy(page + SECRETS_GOSVW, guest->gosvw, sizeof(guest->gosvw));
    for (unsigned i = 0; i < PSP_VMPCKS; i++) {
        psp_page_vmpck(guest, i, page + SECRETS_VMPCK + i * PSP_VMPCK_SIZE);
    }
}

/** A register of feature bits: the guest may see no bit that the processor has not, except those of `free`.
 */
typedef struct FeatureRegister {
    uint32_t function, index;
    char name; /* 'a' to 'd' */
    uint32_t free;
} FeatureRegister;

/* The free ones: hypervisor, and what reflects the state of CR4 or the number of threads. */
static const FeatureRegister feature_registers[] = {
    { 0x00000001, 0, 'c', 0x88000000 }, { 0x00000001, 0, 'd', 0x10000000 }, { 0x00000007, 0, 'b', 0 },
    { 0x00000007, 0, 'c', 0x00000010 }, { 0x00000007, 0, 'd', 0 },          { 0x00000007, 1, 'a', 0 },
    { 0x0000000d, 1, 'a', 0 },          { 0x80000001, 0, 'c', 0x00000002 }, { 0x80000001, 0, 'd', 0 },
    { 0x80000007, 0, 'd', 0 },          { 0x80000008, 0, 'b', 0 },          { 0x8000001f, 0, 'a', 0 },
    { 0x80000021, 0, 'a', 0 },
};

static uint32_t *entry_register(SnpCpuidEntry *entry, char name)
{
    switch (name) {
    case 'a':
        return &entry->eax;
    case 'b':
        return &entry->ebx;
    case 'c':
        return &entry->ecx;
    default:
        return &entry->edx;
    }
}

static uint32_t leaf_register(const SimCpuidLeaf *leaf, char name)
{
    switch (name) {
    case 'a':
        return leaf->eax;
    case 'b':
        return leaf->ebx;
    case 'c':
        return leaf->ecx;
    default:
        return leaf->edx;
    }
}

static bool correct_features(const SimModel *model, SnpCpuidEntry *entry, uint32_t function, uint32_t index)
{
    bool is_right = true;

    for (size_t i = 0; i < G_N_ELEMENTS(feature_registers); i++) {
        const FeatureRegister *feature = &feature_registers[i];
        SimCpuidLeaf leaf;

        if (feature->function == function && feature->index == index) {
            uint32_t *value = entry_register(entry, feature->name);
            uint32_t allowed;

            sim_model_cpuid(model, function, index, &leaf);
            allowed = GUINT32_TO_LE(leaf_register(&leaf, feature->name) | feature->free);
            is_right = is_right && (*value & ~allowed) == 0;
            *value &= allowed;
        }
    }
    return is_right;
}

/* The size of the XSAVE area with the components @enabled, in the standard or the compacted format. */
static uint32_t xsave_area(const SimModel *model, uint64_t enabled, bool is_compacted)
{
    uint32_t size = 0x240;

    for (uint32_t i = 2; i < 63; i++) {
        SimCpuidLeaf leaf;

        if (enabled >> i & 1 && sim_model_cpuid(model, 0xd, i, &leaf)) {
            size = is_compacted ? size + leaf.eax : MAX(size, leaf.ebx + leaf.eax);
        }
    }
    return size;
}

/* A guest that believed in too small an area would have its memory overwritten. */
static bool correct_xsave(const SimModel *model, SnpCpuidEntry *entry, uint32_t index)
{
    uint64_t xcr0 = GUINT64_FROM_LE(entry->xcr0_in), xss = GUINT64_FROM_LE(entry->xss_in);
    uint32_t given = entry->ebx;

    entry->ebx =
        GUINT32_TO_LE(index == 0 ? xsave_area(model, xcr0, false) : xsave_area(model, xcr0 | xss, true));
    return entry->ebx == given;
}

/* Corrects @entry, which is in the guest's byte order. Returns whether it was right. */
static bool correct_entry(const SimModel *model, SnpCpuidEntry *entry)
{
    uint32_t function = GUINT32_FROM_LE(entry->eax_in), index = GUINT32_FROM_LE(entry->ecx_in);
    bool is_right = entry->reserved == 0;

    entry->reserved = 0;
    if (function == 0xd && index <= 1) {
        is_right = correct_xsave(model, entry, index) && is_right;
    }
    return correct_features(model, entry, function, index) && is_right;
}

uint32_t psp_page_check_cpuid(const SimModel *model, uint8_t *page)
{
    SnpCpuidPage table;
    uint32_t count;
    bool is_right;

    memcpy(&table, page, sizeof(table));
    count = GUINT32_FROM_LE(table.count);
    is_right = table.reserved1 == 0 && table.reserved2 == 0 && count <= SNP_CPUID_ENTRIES;
    if (count <= SNP_CPUID_ENTRIES) {
        for (uint32_t i = 0; i < count; i++) {
            is_right = correct_entry(model, &table.entries[i]) && is_right;
        }
    }
    table.reserved1 = 0;
    table.reserved2 = 0;
    memcpy(page, &table, sizeof(table));
    return is_right ? SEV_STATUS_SUCCESS : SEV_STATUS_INVALID_PARAM;
}
