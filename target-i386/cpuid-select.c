/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/cpuid-select.h"
#include "target-i386/x86-cpuid.h"

#define XSAVE_LEGACY_SIZE 0x240u /* x87 and SSE, and the header */
#define XSAVE_LEGACY      UINT64_C(3)
#define XSAVE_ALIGNED     (1u << 1) /* 0xd ECX: in the compacted format it starts at a multiple of 64 */
#define LEAF_STRUCTURED   0x00000007

static const X86Feature xsave = { X86_WORD_1_ECX, 26 };

/* Components of the XSAVE area, as bits of XCR0 and XSS, and the feature that they are the state of. */
static const struct {
    uint64_t components;
    X86Feature feature;
} xsave_components[] = {
    { UINT64_C(1) << 2, { X86_WORD_1_ECX, 28 } },    /* avx */
    { UINT64_C(3) << 3, { X86_WORD_7_0_EBX, 14 } },  /* mpx */
    { UINT64_C(7) << 5, { X86_WORD_7_0_EBX, 16 } },  /* avx512f */
    { UINT64_C(1) << 8, { X86_WORD_7_0_EBX, 25 } },  /* intel-pt */
    { UINT64_C(1) << 9, { X86_WORD_7_0_ECX, 3 } },   /* pku */
    { UINT64_C(3) << 11, { X86_WORD_7_0_ECX, 7 } },  /* shstk */
    { UINT64_C(1) << 15, { X86_WORD_7_0_EDX, 19 } }, /* arch-lbr */
    { UINT64_C(3) << 17, { X86_WORD_7_0_EDX, 24 } }, /* amx-tile */
};

/* Functions that describe one feature. */
static const struct {
    uint32_t function;
    X86Feature feature;
} details[] = {
    { CPUID_LEAF_XSAVE, { X86_WORD_1_ECX, 26 } },               /* xsave */
    { 0x00000012, { X86_WORD_7_0_EBX, 2 } },                    /* sgx */
    { 0x00000014, { X86_WORD_7_0_EBX, 25 } },                   /* intel-pt */
    { 0x0000001c, { X86_WORD_7_0_EDX, 19 } },                   /* arch-lbr */
    { 0x0000001d, { X86_WORD_7_0_EDX, 24 } },                   /* amx-tile */
    { 0x0000001e, { X86_WORD_7_0_EDX, 24 } },                   /* amx-tile */
    { 0x8000000a, { X86_WORD_80000001_ECX, 2 } },               /* svm */
    { 0x8000001d, { X86_WORD_80000001_ECX, 22 } },              /* topoext */
    { CPUID_LEAF_AMD_TOPOLOGY, { X86_WORD_80000001_ECX, 22 } }, /* topoext */
    { 0x80000022, { X86_WORD_80000022_EAX, 0 } },               /* perfmon-v2 */
};

uint32_t *x86_cpuid_register(KvmCpuidEntry *entry, char name)
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

static bool holds_word(const KvmCpuidEntry *entry, X86FeatureWord word)
{
    const X86FeatureRegister *place = x86_feature_register(word);

    return entry->function == place->function && (!place->has_index || entry->index == place->index);
}

X86Features x86_cpuid_features(const KvmCpuid *cpuid)
{
    X86Features features = { { 0 } };

    for (uint32_t i = 0; i < cpuid->nent; i++) {
        KvmCpuidEntry entry = cpuid->entries[i];

        for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
            if (holds_word(&entry, word)) {
                features.words[word] = *x86_cpuid_register(&entry, x86_feature_register(word)->name);
            }
        }
    }
    return features;
}

static void show_features(KvmCpuidEntry *entry, const X86Features *features)
{
    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        if (holds_word(entry, word)) {
            *x86_cpuid_register(entry, x86_feature_register(word)->name) = features->words[word];
        }
    }
}

static uint64_t allowed_components(const X86Features *features)
{
    uint64_t allowed = XSAVE_LEGACY;

    for (size_t i = 0; i < G_N_ELEMENTS(xsave_components); i++) {
        if (x86_features_have(features, xsave_components[i].feature)) {
            allowed |= xsave_components[i].components;
        }
    }
    return allowed;
}

/* The highest index of function 7 that has a feature. */
static uint32_t highest_structured_index(const X86Features *features)
{
    if (features->words[X86_WORD_7_2_EDX]) {
        return 2;
    }
    return features->words[X86_WORD_7_1_EAX] || features->words[X86_WORD_7_1_EDX] ? 1 : 0;
}

static bool is_shown(const KvmCpuidEntry *entry, const X86Features *features)
{
    for (size_t i = 0; i < G_N_ELEMENTS(details); i++) {
        if (details[i].function == entry->function && !x86_features_have(features, details[i].feature)) {
            return false;
        }
    }
    if (entry->function == CPUID_LEAF_XSAVE && entry->index >= 2) {
        return entry->index < 64 && allowed_components(features) >> entry->index & 1;
    }
    return entry->function != LEAF_STRUCTURED || entry->index <= highest_structured_index(features);
}

/** The sizes of an XSAVE area with all its components. */
typedef struct XsaveSizes {
    uint32_t standard;  /* of those of XCR0 */
    uint32_t compacted; /* of those of XCR0 and XSS */
} XsaveSizes;

/* KVM lists the components in ascending order, in which the compacted format has them, too. */
static XsaveSizes xsave_sizes(const KvmCpuid *cpuid, uint64_t xcr0, uint64_t xss)
{
    XsaveSizes sizes = { XSAVE_LEGACY_SIZE, XSAVE_LEGACY_SIZE };

    for (uint32_t i = 0; i < cpuid->nent; i++) {
        const KvmCpuidEntry *entry = &cpuid->entries[i];

        if (entry->function != CPUID_LEAF_XSAVE || entry->index < 2) {
            continue;
        }
        if (xcr0 >> entry->index & 1) {
            sizes.standard = MAX(sizes.standard, entry->ebx + entry->eax);
        }
        if ((xcr0 | xss) >> entry->index & 1) {
            if (entry->ecx & XSAVE_ALIGNED) {
                sizes.compacted = (sizes.compacted + 63) & ~63u;
            }
            sizes.compacted += entry->eax;
        }
    }
    return sizes;
}

/* KVM itself keeps the sizes for what is enabled (EBX) up to date while the guest runs. */
static void select_xsave(KvmCpuid *cpuid, const X86Features *features)
{
    KvmCpuidEntry *main = x86_cpuid_find(cpuid, CPUID_LEAF_XSAVE, 0);
    KvmCpuidEntry *extended = x86_cpuid_find(cpuid, CPUID_LEAF_XSAVE, 1);
    const uint32_t has_compacted = 0xa; /* xsavec, xsaves */
    uint64_t allowed = allowed_components(features), xcr0, xss;
    XsaveSizes sizes;

    if (!main || !extended) {
        return;
    }
    main->eax &= (uint32_t)allowed;
    main->edx &= (uint32_t)(allowed >> 32);
    extended->ecx &= (uint32_t)allowed;
    extended->edx &= (uint32_t)(allowed >> 32);
    xcr0 = (uint64_t)main->edx << 32 | main->eax;
    xss = (uint64_t)extended->edx << 32 | extended->ecx;
    sizes = xsave_sizes(cpuid, xcr0, xss);
    main->ebx = main->ecx = sizes.standard;
    extended->ebx = extended->eax & has_compacted ? sizes.compacted : 0;
}

KvmCpuid *x86_cpuid_select(const KvmCpuid *cpuid, const X86Features *features)
{
    KvmCpuid *copy = g_malloc0(sizeof(*copy) + (cpuid->nent + 1) * sizeof(copy->entries[0]));
    KvmCpuidEntry *structured;

    for (uint32_t i = 0; i < cpuid->nent; i++) {
        if (is_shown(&cpuid->entries[i], features)) {
            KvmCpuidEntry *entry = &copy->entries[copy->nent++];

            *entry = cpuid->entries[i];
            show_features(entry, features);
        }
    }
    structured = x86_cpuid_find(copy, LEAF_STRUCTURED, 0);
    if (structured) {
        structured->eax = MIN(structured->eax, highest_structured_index(features));
    }
    if (x86_features_have(features, xsave)) {
        select_xsave(copy, features);
    }
    if (!x86_cpuid_find(copy, CPUID_LEAF_ENCRYPTION, 0)) {
        copy->entries[copy->nent++].function = CPUID_LEAF_ENCRYPTION;
    }
    return copy;
}
