/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The table of CPU features. The places are those of the AMD APM volume 3, appendix E, and of the Intel SDM
 * for what is only there; the names are QEMU's.
 */
#include "target-i386/cpu-features.h"
#include <string.h>
#include "qapi/near-miss.h"

#define WORD_BITS 32

/*
 * Bits that follow the state of the vCPU have no name, because nobody can choose them: OSXSAVE (1 ECX bit 27)
 * and OSPKE (7 ECX bit 4). Nor have those of 0x80000001 EDX that repeat 1 EDX.
 */
static const char *const names[X86_WORD__COUNT][WORD_BITS] = {
    [X86_WORD_1_ECX] = {
        [0] = "pni", [1] = "pclmulqdq", [2] = "dtes64", [3] = "monitor", [4] = "ds-cpl", [5] = "vmx",
        [6] = "smx", [7] = "est", [8] = "tm2", [9] = "ssse3", [10] = "cid", [12] = "fma", [13] = "cx16",
        [14] = "xtpr", [15] = "pdcm", [17] = "pcid", [18] = "dca", [19] = "sse4.1", [20] = "sse4.2",
        [21] = "x2apic", [22] = "movbe", [23] = "popcnt", [24] = "tsc-deadline", [25] = "aes",
        [26] = "xsave", [28] = "avx", [29] = "f16c", [30] = "rdrand", [31] = "hypervisor",
    },
    [X86_WORD_1_EDX] = {
        [0] = "fpu", [1] = "vme", [2] = "de", [3] = "pse", [4] = "tsc", [5] = "msr", [6] = "pae",
        [7] = "mce", [8] = "cx8", [9] = "apic", [11] = "sep", [12] = "mtrr", [13] = "pge", [14] = "mca",
        [15] = "cmov", [16] = "pat", [17] = "pse36", [18] = "pn", [19] = "clflush", [21] = "ds",
        [22] = "acpi", [23] = "mmx", [24] = "fxsr", [25] = "sse", [26] = "sse2", [27] = "ss", [28] = "ht",
        [29] = "tm", [30] = "ia64", [31] = "pbe",
    },
    [X86_WORD_6_EAX] = { [2] = "arat" },
    [X86_WORD_7_0_EBX] = {
        [0] = "fsgsbase", [1] = "tsc-adjust", [2] = "sgx", [3] = "bmi1", [4] = "hle", [5] = "avx2",
        [6] = "fdp-excptn-only", [7] = "smep", [8] = "bmi2", [9] = "erms", [10] = "invpcid", [11] = "rtm",
        [13] = "zero-fcs-fds", [14] = "mpx", [16] = "avx512f", [17] = "avx512dq", [18] = "rdseed",
        [19] = "adx", [20] = "smap", [21] = "avx512ifma", [22] = "pcommit", [23] = "clflushopt",
        [24] = "clwb", [25] = "intel-pt", [26] = "avx512pf", [27] = "avx512er", [28] = "avx512cd",
        [29] = "sha-ni", [30] = "avx512bw", [31] = "avx512vl",
    },
    [X86_WORD_7_0_ECX] = {
        [1] = "avx512vbmi", [2] = "umip", [3] = "pku", [5] = "waitpkg", [6] = "avx512vbmi2", [7] = "shstk",
        [8] = "gfni", [9] = "vaes", [10] = "vpclmulqdq", [11] = "avx512vnni", [12] = "avx512bitalg",
        [14] = "avx512-vpopcntdq", [16] = "la57", [22] = "rdpid", [24] = "bus-lock-detect",
        [25] = "cldemote", [27] = "movdiri", [28] = "movdir64b", [30] = "sgxlc", [31] = "pks",
    },
    [X86_WORD_7_0_EDX] = {
        [2] = "avx512-4vnniw", [3] = "avx512-4fmaps", [4] = "fsrm", [8] = "avx512-vp2intersect",
        [10] = "md-clear", [14] = "serialize", [16] = "tsx-ldtrk", [19] = "arch-lbr", [20] = "ibt",
        [22] = "amx-bf16", [23] = "avx512-fp16", [24] = "amx-tile", [25] = "amx-int8", [26] = "spec-ctrl",
        [27] = "stibp", [28] = "flush-l1d", [29] = "arch-capabilities", [30] = "core-capability",
        [31] = "ssbd",
    },
    [X86_WORD_7_1_EAX] = {
        [0] = "sha512", [1] = "sm3", [2] = "sm4", [4] = "avx-vnni", [5] = "avx512-bf16", [7] = "cmpccxadd",
        [10] = "fzrm", [11] = "fsrs", [12] = "fsrc", [17] = "fred", [18] = "lkgs", [19] = "wrmsrns",
        [21] = "amx-fp16", [23] = "avx-ifma", [26] = "lam",
    },
    [X86_WORD_7_1_EDX] = {
        [4] = "avx-vnni-int8", [5] = "avx-ne-convert", [8] = "amx-complex", [10] = "avx-vnni-int16",
        [14] = "prefetchiti", [19] = "avx10",
    },
    [X86_WORD_7_2_EDX] = {
        [0] = "intel-psfd", [1] = "ipred-ctrl", [2] = "rrsba-ctrl", [3] = "ddpd-u", [4] = "bhi-ctrl",
        [5] = "mcdt-no",
    },
    [X86_WORD_D_1_EAX] = {
        [0] = "xsaveopt", [1] = "xsavec", [2] = "xgetbv1", [3] = "xsaves", [4] = "xfd",
    },
    [X86_WORD_80000001_ECX] = {
        [0] = "lahf-lm", [1] = "cmp-legacy", [2] = "svm", [3] = "extapic", [4] = "cr8legacy", [5] = "abm",
        [6] = "sse4a", [7] = "misalignsse", [8] = "3dnowprefetch", [9] = "osvw", [10] = "ibs",
        [11] = "xop", [12] = "skinit", [13] = "wdt", [15] = "lwp", [16] = "fma4", [17] = "tce",
        [19] = "nodeid-msr", [21] = "tbm", [22] = "topoext", [23] = "perfctr-core", [24] = "perfctr-nb",
    },
    [X86_WORD_80000001_EDX] = {
        [11] = "syscall", [20] = "nx", [22] = "mmxext", [25] = "fxsr-opt", [26] = "pdpe1gb",
        [27] = "rdtscp", [29] = "lm", [30] = "3dnowext", [31] = "3dnow",
    },
    [X86_WORD_80000007_EBX] = { [0] = "overflow-recov", [1] = "succor" },
    [X86_WORD_80000007_EDX] = { [8] = "invtsc" },
    [X86_WORD_80000008_EBX] = {
        [0] = "clzero", [2] = "xsaveerptr", [9] = "wbnoinvd", [12] = "ibpb", [14] = "ibrs",
        [15] = "amd-stibp", [17] = "stibp-always-on", [24] = "amd-ssbd", [25] = "virt-ssbd",
        [26] = "amd-no-ssb", [28] = "amd-psfd",
    },
    [X86_WORD_8000000A_EDX] = {
        [0] = "npt", [1] = "lbrv", [2] = "svm-lock", [3] = "nrip-save", [4] = "tsc-scale",
        [5] = "vmcb-clean", [6] = "flushbyasid", [7] = "decodeassists", [10] = "pause-filter",
        [12] = "pfthreshold", [13] = "avic", [15] = "v-vmsave-vmload", [16] = "vgif", [25] = "vnmi",
        [28] = "svme-addr-chk",
    },
    [X86_WORD_80000021_EAX] = {
        [0] = "no-nested-data-bp", [1] = "fs-gs-base-ns", [2] = "lfence-always-serializing",
        [5] = "verw-clear", [6] = "null-sel-clr-base", [8] = "auto-ibrs", [20] = "prefetchi",
        [24] = "eraps", [27] = "sbpb", [28] = "ibpb-brtype", [29] = "srso-no",
        [30] = "srso-user-kernel-no",
    },
    [X86_WORD_80000022_EAX] = { [0] = "perfmon-v2" },
};

static const X86FeatureRegister registers[X86_WORD__COUNT] = {
    [X86_WORD_1_ECX] = { 0x00000001, false, 0, 'c' },
    [X86_WORD_1_EDX] = { 0x00000001, false, 0, 'd' },
    [X86_WORD_6_EAX] = { 0x00000006, false, 0, 'a' },
    [X86_WORD_7_0_EBX] = { 0x00000007, true, 0, 'b' },
    [X86_WORD_7_0_ECX] = { 0x00000007, true, 0, 'c' },
    [X86_WORD_7_0_EDX] = { 0x00000007, true, 0, 'd' },
    [X86_WORD_7_1_EAX] = { 0x00000007, true, 1, 'a' },
    [X86_WORD_7_1_EDX] = { 0x00000007, true, 1, 'd' },
    [X86_WORD_7_2_EDX] = { 0x00000007, true, 2, 'd' },
    [X86_WORD_D_1_EAX] = { 0x0000000d, true, 1, 'a' },
    [X86_WORD_80000001_ECX] = { 0x80000001, false, 0, 'c' },
    [X86_WORD_80000001_EDX] = { 0x80000001, false, 0, 'd' },
    [X86_WORD_80000007_EBX] = { 0x80000007, false, 0, 'b' },
    [X86_WORD_80000007_EDX] = { 0x80000007, false, 0, 'd' },
    [X86_WORD_80000008_EBX] = { 0x80000008, false, 0, 'b' },
    [X86_WORD_8000000A_EDX] = { 0x8000000a, false, 0, 'd' },
    [X86_WORD_80000021_EAX] = { 0x80000021, false, 0, 'a' },
    [X86_WORD_80000022_EAX] = { 0x80000022, false, 0, 'a' },
};

/* Other spellings that QEMU takes. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    { "sse3", "pni" },      { "pclmuldq", "pclmulqdq" }, { "sse4-1", "sse4.1" },
    { "sse4-2", "sse4.2" }, { "ffxsr", "fxsr-opt" },     { "xd", "nx" },
    { "i64", "lm" },
};

const X86FeatureRegister *x86_feature_register(X86FeatureWord word)
{
    return &registers[word];
}

bool x86_feature_word_find(uint32_t function, uint32_t index, char name, X86FeatureWord *ret_word)
{
    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        const X86FeatureRegister *place = &registers[word];

        if (place->function == function && place->index == index && place->name == name) {
            *ret_word = word;
            return true;
        }
    }
    return false;
}

char *x86_feature_register_text(const X86FeatureRegister *place)
{
    g_autofree char *index = place->has_index ? g_strdup_printf(" index %u", place->index) : g_strdup("");

    return g_strdup_printf("CPUID 0x%x%s E%cX", place->function, index, g_ascii_toupper(place->name));
}

const char *x86_feature_name(X86FeatureWord word, unsigned bit)
{
    return names[word][bit];
}

static const char *resolve_alias(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (strcmp(aliases[i].alias, name) == 0) {
            return aliases[i].name;
        }
    }
    return name;
}

bool x86_feature_find(const char *name, X86Feature *ret_feature)
{
    g_autofree char *dashed = g_strdelimit(g_strdup(name), "_", '-');
    const char *wanted = resolve_alias(dashed);

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        for (unsigned bit = 0; bit < WORD_BITS; bit++) {
            if (names[word][bit] && strcmp(names[word][bit], wanted) == 0) {
                *ret_feature = (X86Feature){ word, bit };
                return true;
            }
        }
    }
    return false;
}

char *x86_feature_near_miss(const char *name)
{
    NearMiss search = { .word = name };

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        for (unsigned bit = 0; bit < WORD_BITS; bit++) {
            if (names[word][bit]) {
                near_miss_consider(&search, names[word][bit]);
            }
        }
    }
    return near_miss_text(&search);
}

/* ---- sets ---- */

bool x86_features_have(const X86Features *set, X86Feature feature)
{
    return set->words[feature.word] >> feature.bit & 1;
}

void x86_features_set(X86Features *set, X86Feature feature, bool on)
{
    uint32_t bit = UINT32_C(1) << feature.bit;

    set->words[feature.word] = on ? set->words[feature.word] | bit : set->words[feature.word] & ~bit;
}

void x86_features_change(X86Features *set, const char *list)
{
    g_auto(GStrv) words = g_strsplit(list, " ", -1);

    for (size_t i = 0; words[i]; i++) {
        bool on = words[i][0] != '-';
        X86Feature feature;
        bool found = x86_feature_find(words[i] + !on, &feature);

        g_assert(found);
        x86_features_set(set, feature, on);
    }
}

void x86_features_repeat(X86Features *set)
{
    const uint32_t repeated = 0x0183f3ff;
    uint32_t *word = &set->words[X86_WORD_80000001_EDX];

    *word = (*word & ~repeated) | (set->words[X86_WORD_1_EDX] & repeated);
}

bool x86_features_empty(const X86Features *set)
{
    uint32_t any = 0;

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        any |= set->words[word];
    }
    return any == 0;
}

X86Features x86_features_without(const X86Features *set, const X86Features *other)
{
    X86Features result;

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        result.words[word] = set->words[word] & ~other->words[word];
    }
    return result;
}

X86Features x86_features_both(const X86Features *set, const X86Features *other)
{
    X86Features result;

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        result.words[word] = set->words[word] & other->words[word];
    }
    return result;
}

X86Features x86_features_either(const X86Features *set, const X86Features *other)
{
    X86Features result;

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        result.words[word] = set->words[word] | other->words[word];
    }
    return result;
}

char *x86_features_text(const X86Features *set, const char *before, const char *separator, const char *after)
{
    GString *text = g_string_new(NULL);

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        for (unsigned bit = 0; bit < WORD_BITS; bit++) {
            if (set->words[word] >> bit & 1 && names[word][bit]) {
                g_string_append_printf(text, "%s%s%s%s", text->len ? separator : "", before, names[word][bit],
                                       after);
            }
        }
    }
    return g_string_free(text, FALSE);
}
