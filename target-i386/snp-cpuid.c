/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/snp-cpuid.h"
#include <inttypes.h>
#include <string.h>
#include "target-i386/x86-cpu.h"
#include "target-i386/x86-cpuid.h"

/* How many registers are explained; of more, only the number is said. */
#define MOST_EXPLAINED 4

#define RESET_XCR0     1u     /* x87 */
#define RESET_XSAVE    0x240u /* the area that it takes */

static const X86Feature hyperthreading = { X86_WORD_1_EDX, 28 };

X86Features snp_cpuid_hidden_features(void)
{
    X86Features hidden = { { 0 } };

    x86_features_change(&hidden, "tsc-deadline tsc-adjust spec-ctrl stibp flush-l1d arch-capabilities "
                                 "core-capability ssbd virt-ssbd");
    return hidden;
}

/* @page from the host's byte order to the guest's, which is little-endian, or back. */
static SnpCpuidPage reordered(const SnpCpuidPage *page)
{
    SnpCpuidPage result = {
        .count = GUINT32_TO_LE(page->count),
        .reserved1 = GUINT32_TO_LE(page->reserved1),
        .reserved2 = GUINT64_TO_LE(page->reserved2),
    };

    for (uint32_t i = 0; i < SNP_CPUID_ENTRIES; i++) {
        const SnpCpuidEntry *entry = &page->entries[i];

        result.entries[i] = (SnpCpuidEntry){
            .eax_in = GUINT32_TO_LE(entry->eax_in),
            .ecx_in = GUINT32_TO_LE(entry->ecx_in),
            .xcr0_in = GUINT64_TO_LE(entry->xcr0_in),
            .xss_in = GUINT64_TO_LE(entry->xss_in),
            .eax = GUINT32_TO_LE(entry->eax),
            .ebx = GUINT32_TO_LE(entry->ebx),
            .ecx = GUINT32_TO_LE(entry->ecx),
            .edx = GUINT32_TO_LE(entry->edx),
            .reserved = GUINT64_TO_LE(entry->reserved),
        };
    }
    return result;
}

/* ---- building ---- */

bool snp_cpuid_build(const KvmCpuid *cpuid, SnpCpuidPage *page, Error **errp)
{
    SnpCpuidPage table = { .count = cpuid->nent };

    if (cpuid->nent > SNP_CPUID_ENTRIES) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "the vCPUs have %u CPUID entries, but the CPUID page has room for %u; use a CPU model with fewer",
            cpuid->nent, SNP_CPUID_ENTRIES);
    }
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        const KvmCpuidEntry *from = &cpuid->entries[i];
        SnpCpuidEntry *to = &table.entries[i];

        *to = (SnpCpuidEntry){
            .eax_in = from->function,
            .ecx_in = from->flags & KVM_CPUID_SIGNIFICANT_INDEX ? from->index : 0,
            .eax = from->eax,
            .ebx = from->ebx,
            .ecx = from->ecx,
            .edx = from->edx,
        };
        /* The firmware checks the size of the XSAVE area for the state that is enabled, here as after a
         * reset. Guests find the size for another state with the entries of the components. */
        if (from->function == CPUID_LEAF_XSAVE && from->index <= 1) {
            to->xcr0_in = RESET_XCR0;
            to->ebx = RESET_XSAVE;
        }
    }
    *page = reordered(&table);
    return true;
}

/* ---- explaining ---- */

/** What is in a register that holds no features. */
typedef struct Meaning {
    uint32_t function;
    const char *registers; /* of 'a' to 'd' */
    const char *text;
} Meaning;

static const Meaning meanings[] = {
    { 0x00000000, "a", "highest function" },
    { 0x00000000, "bcd", "vendor" },
    { 0x00000001, "a", "signature" },
    { 0x00000001, "b", "APIC id and number of threads" },
    { 0x00000007, "a", "highest index" },
    { 0x0000000b, "abcd", "topology" },
    { 0x0000000d, "ad", "components of the XSAVE area" },
    { 0x0000000d, "bc", "size of the XSAVE area" },
    { 0x80000000, "a", "highest function" },
    { 0x80000000, "bcd", "vendor" },
    { 0x80000001, "a", "signature" },
    { 0x80000002, "abcd", "brand string" },
    { 0x80000003, "abcd", "brand string" },
    { 0x80000004, "abcd", "brand string" },
    { 0x80000005, "abcd", "caches" },
    { 0x80000006, "abcd", "caches" },
    { 0x80000008, "a", "address widths" },
    { 0x80000008, "c", "number of threads" },
    { 0x8000001d, "abcd", "caches" },
    { 0x8000001e, "abcd", "topology" },
    { 0x8000001f, "a", "kinds of encryption" },
    { 0x8000001f, "b", "C-bit and physical address bits" },
};

/** An explanation in the making. */
typedef struct Explanation {
    GString *text;
    unsigned count;      /* of differences */
    X86Features on, off; /* what -cpu has to change */
    bool has_others;     /* differences that no flag of -cpu removes */
} Explanation;

static void G_GNUC_PRINTF(2, 3) add_difference(Explanation *explanation, const char *format, ...)
{
    va_list arguments;

    if (explanation->count++ < MOST_EXPLAINED) {
        g_string_append(explanation->text, explanation->count > 1 ? "; " : "");
        va_start(arguments, format);
        g_string_append_vprintf(explanation->text, format, arguments);
        va_end(arguments);
    }
}

static const char *meaning_of(uint32_t function, char name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(meanings); i++) {
        if (meanings[i].function == function && strchr(meanings[i].registers, name)) {
            return meanings[i].text;
        }
    }
    return NULL;
}

/* "bit 1 (tsc-adjust), bit 7 must be off". Notes what -cpu can do about it. */
static char *explain_bits(Explanation *explanation, X86FeatureWord word, uint32_t bits, bool on)
{
    GString *text = g_string_new(NULL);

    for (unsigned bit = 0; bit < 32; bit++) {
        const char *name = x86_feature_name(word, bit);
        bool is_topology = word == hyperthreading.word && bit == hyperthreading.bit;

        if (!(bits >> bit & 1)) {
            continue;
        }
        g_string_append_printf(text, "%sbit %u", text->len ? ", " : "", bit);
        if (name) {
            g_string_append_printf(text, " (%s)", name);
        }
        if (name && !is_topology) {
            x86_features_set(on ? &explanation->on : &explanation->off, (X86Feature){ word, bit }, true);
        } else {
            explanation->has_others = true;
        }
    }
    g_string_append_printf(text, " must be %s", on ? "on" : "off");
    return g_string_free(text, FALSE);
}

static void explain_features(Explanation *explanation, X86FeatureWord word, const char *place, uint32_t given,
                             uint32_t expected)
{
    uint32_t extra = given & ~expected, lacking = expected & ~given;
    g_autofree char *off = extra ? explain_bits(explanation, word, extra, false) : g_strdup("");
    g_autofree char *on = lacking ? explain_bits(explanation, word, lacking, true) : g_strdup("");

    add_difference(explanation, "%s is 0x%08x instead of 0x%08x: %s%s%s", place, given, expected, off,
                   extra && lacking ? ", " : "", on);
}

static void explain_register(Explanation *explanation, const SnpCpuidEntry *entry, char name, uint32_t given,
                             uint32_t expected)
{
    X86FeatureRegister where = { .function = entry->eax_in, .index = entry->ecx_in, .name = name };
    g_autofree char *place = NULL;
    const char *meaning = meaning_of(entry->eax_in, name);
    X86FeatureWord word;

    if (given == expected) {
        return;
    }
    if (x86_feature_word_find(entry->eax_in, entry->ecx_in, name, &word)) {
        place = x86_feature_register_text(x86_feature_register(word));
        explain_features(explanation, word, place, given, expected);
        return;
    }
    where.has_index =
        entry->ecx_in != 0 || entry->eax_in == CPUID_LEAF_XSAVE || entry->eax_in == CPUID_LEAF_TOPOLOGY;
    place = x86_feature_register_text(&where);
    explanation->has_others = true;
    add_difference(explanation, "%s%s%s%s is 0x%08x instead of 0x%08x", place, meaning ? " (" : "",
                   meaning ? meaning : "", meaning ? ")" : "", given, expected);
}

static void explain_entry(Explanation *explanation, uint32_t number, const SnpCpuidEntry *given,
                          const SnpCpuidEntry *expected)
{
    if (given->eax_in != expected->eax_in || given->ecx_in != expected->ecx_in ||
        given->xcr0_in != expected->xcr0_in || given->xss_in != expected->xss_in) {
        explanation->has_others = true;
        add_difference(explanation,
                       "entry %u is for CPUID 0x%x index %u, XCR0 0x%" PRIx64 ", XSS 0x%" PRIx64
                       " instead of 0x%x index %u, XCR0 0x%" PRIx64 ", XSS 0x%" PRIx64,
                       number, given->eax_in, given->ecx_in, given->xcr0_in, given->xss_in, expected->eax_in,
                       expected->ecx_in, expected->xcr0_in, expected->xss_in);
        return;
    }
    explain_register(explanation, given, 'a', given->eax, expected->eax);
    explain_register(explanation, given, 'b', given->ebx, expected->ebx);
    explain_register(explanation, given, 'c', given->ecx, expected->ecx);
    explain_register(explanation, given, 'd', given->edx, expected->edx);
    if (given->reserved != expected->reserved) {
        explanation->has_others = true;
        add_difference(explanation, "the reserved field of entry %u is 0x%" PRIx64 " instead of 0x%" PRIx64,
                       number, given->reserved, expected->reserved);
    }
}

static void explain_header(Explanation *explanation, const SnpCpuidPage *given, const SnpCpuidPage *expected)
{
    if (given->count != expected->count) {
        explanation->has_others = true;
        add_difference(explanation, "the page has %u entries instead of %u", given->count, expected->count);
    }
    if (given->reserved1 != expected->reserved1 || given->reserved2 != expected->reserved2) {
        explanation->has_others = true;
        add_difference(explanation,
                       "the reserved fields of its header are 0x%x and 0x%" PRIx64
                       " instead of 0x%x and 0x%" PRIx64,
                       given->reserved1, given->reserved2, expected->reserved1, expected->reserved2);
    }
}

static void add_advice(Explanation *explanation, const char *cpu)
{
    bool has_flags = !x86_features_empty(&explanation->on) || !x86_features_empty(&explanation->off);

    if (explanation->count > MOST_EXPLAINED) {
        g_string_append_printf(explanation->text, "; and %u more", explanation->count - MOST_EXPLAINED);
    }
    if (has_flags) {
        g_autofree char *changed = x86_cpu_text_changed(cpu, &explanation->on, &explanation->off);
        g_string_append_printf(explanation->text, "; use -cpu %s", changed);
    }
    if (explanation->has_others) {
        g_string_append_printf(explanation->text, "; no flag of -cpu changes %s",
                               has_flags ? "the others" : "that");
    }
}

char *snp_cpuid_explain(const SnpCpuidPage *given, const SnpCpuidPage *expected, const char *cpu)
{
    const SnpCpuidPage from = reordered(given), to = reordered(expected);
    Explanation explanation = { .text = g_string_new(NULL) };

    explain_header(&explanation, &from, &to);
    for (uint32_t i = 0; i < MIN(from.count, SNP_CPUID_ENTRIES); i++) {
        explain_entry(&explanation, i, &from.entries[i], &to.entries[i]);
    }
    if (explanation.count == 0) {
        g_string_free(explanation.text, TRUE);
        return NULL;
    }
    add_advice(&explanation, cpu);
    return g_string_free(explanation.text, FALSE);
}
