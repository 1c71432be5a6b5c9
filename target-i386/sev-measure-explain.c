/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sev-measure-explain.h"
#include <inttypes.h>
#include <string.h>
#include "confidential/crypto.h"
#include "qapi/bytes-text.h"
#include "target-i386/cpu-models.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-digest.h"
#include "target-i386/snp-digest.h"
#include "target-i386/vmsa.h"

/* Of a folder; it is no catalogue. */
#define MOST_IMAGES 64

typedef struct Search {
    const SevMeasure *given;
    uint8_t wanted[CRYPTO_SHA384_SIZE];
    size_t size;
    unsigned least_changes; /* of what was found */
    char *found;            /* NULL: nothing yet */
    unsigned tried;
} Search;

/* What is changed, as options and as text. */
typedef struct Variant {
    const SevMeasure *measure;
    const char *changes[4];
} Variant;

static bool is_snp(const SevMeasure *measure)
{
    return measure->options.mode != MEASURE_MODE_SEV && measure->options.mode != MEASURE_MODE_SEVES;
}

static void consider(Search *search, const uint8_t *digest, const Variant *variant, uint32_t vcpus)
{
    g_autoptr(GString) text = NULL;
    unsigned changes = 0;

    search->tried++;
    if (memcmp(digest, search->wanted, search->size) != 0) {
        return;
    }
    text = g_string_new(NULL);
    if (vcpus && vcpus != search->given->options.vcpus) {
        g_string_append_printf(text, "vcpus is %u instead of %u", vcpus, search->given->options.vcpus);
        changes++;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(variant->changes); i++) {
        if (variant->changes[i]) {
            g_string_append_printf(text, "%s%s", changes++ ? "; " : "", variant->changes[i]);
        }
    }
    if (!search->found || changes < search->least_changes) {
        g_free(search->found);
        search->found = g_strdup(text->str);
        search->least_changes = changes;
    }
}

/* ---- vCPUs ---- */

/* The digest of what is launched before the vCPUs. */
typedef struct Base {
    SnpDigest snp;
    CryptoSha256 *sev;
} Base;

static void try_snp_counts(Search *search, const Base *base, const Variant *variant, uint32_t most)
{
    uint8_t page[VMSA_SIZE], bsp[CRYPTO_SHA384_SIZE], ap[CRYPTO_SHA384_SIZE];
    SnpDigest digest = base->snp;
    X86Registers registers;

    sev_measure_vcpu_page(variant->measure, false, &registers, page);
    crypto_sha384(page, sizeof(page), bsp);
    sev_measure_vcpu_page(variant->measure, true, &registers, page);
    crypto_sha384(page, sizeof(page), ap);
    for (uint32_t i = 0; i < most; i++) {
        snp_digest_add(&digest, LAUNCH_PAGE_TYPE_VMSA, SNP_VMSA_GPA, i ? ap : bsp);
        consider(search, digest.value, variant, i + 1);
    }
}

static void try_es_counts(Search *search, const Base *base, const Variant *variant, uint32_t most)
{
    CryptoSha256 *state = crypto_sha256_copy(base->sev);
    uint8_t digest[CRYPTO_SHA256_SIZE];
    X86Registers registers;

    for (uint32_t i = 0; i < most; i++) {
        uint8_t page[VMSA_SIZE];
        CryptoSha256 *whole;

        sev_measure_vcpu_page(variant->measure, i > 0, &registers, page);
        crypto_sha256_update(state, page, sizeof(page));
        whole = crypto_sha256_copy(state);
        crypto_sha256_finish(whole, digest);
        crypto_sha256_free(whole);
        consider(search, digest, variant, i + 1);
    }
    crypto_sha256_free(state);
}

static void try_counts(Search *search, const Base *base, const Variant *variant)
{
    const X86MachineState *x86 = X86_MACHINE(variant->measure->machine);
    bool has_aps = x86->firmware_info.has_reset_address || variant->measure->svsm;
    uint32_t most = has_aps ? MAX(SEV_MEASURE_TRIED_VCPUS, search->given->options.vcpus) : 1;

    (is_snp(search->given) ? try_snp_counts : try_es_counts)(search, base, variant, most);
}

static void try_profiles(Search *search, const Base *base, const Variant *variant)
{
    static const uint64_t features[] = {
        SEV_FEATURE_SNP_ACTIVE,
        SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_DEBUG_SWAP,
        SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_SECURE_TSC,
        SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_DEBUG_SWAP | SEV_FEATURE_SECURE_TSC,
    };
    SevMeasure changed = *variant->measure;
    Variant with = *variant;

    with.measure = &changed;
    try_counts(search, base, variant);
    if (!is_snp(search->given)) {
        changed.options.legacy_vm_type = !changed.options.legacy_vm_type;
        with.changes[3] = changed.options.legacy_vm_type ? "legacy-vm-type is on" : "legacy-vm-type is off";
        try_counts(search, base, &with);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(features); i++) {
        g_autofree char *change = g_strdup_printf("guest-features is 0x%" PRIx64, features[i]);

        if (features[i] != variant->measure->options.guest_features) {
            changed.options.guest_features = features[i];
            with.changes[3] = change;
            try_counts(search, base, &with);
        }
    }
}

static void try_cpus(Search *search, const Base *base, const Variant *variant)
{
    SevMeasure changed = *variant->measure;
    Variant with = *variant;
    size_t count;
    const X86CpuModel *models = x86_cpu_models(&count);

    with.measure = &changed;
    try_profiles(search, base, variant);
    for (size_t i = 0; i < count && changed.signature; i++) {
        g_autofree char *change = g_strdup_printf("vcpu-type is %s", models[i].name);

        changed.signature = x86_cpu_signature(models[i].family, models[i].model, models[i].stepping);
        if (changed.signature != variant->measure->signature) {
            with.changes[2] = change;
            try_profiles(search, base, &with);
        }
    }
}

/* ---- memory ---- */

/* A launch that would be refused has no digest. */
static void try_measure(Search *search, const Variant *variant)
{
    g_autoptr(LaunchPlan) memory = sev_measure_memory(variant->measure, NULL);
    uint8_t digest[CRYPTO_SHA256_SIZE];
    Base base = { .sev = NULL };

    if (!memory) {
        return;
    }
    if (is_snp(search->given)) {
        snp_digest_plan(&base.snp, memory);
    } else {
        base.sev = crypto_sha256_new();
        sev_digest_add(memory, base.sev);
    }
    if (sev_measure_has_vcpus(search->given->options.mode)) {
        try_cpus(search, &base, variant);
    } else if (is_snp(search->given)) {
        consider(search, base.snp.value, variant, 0);
    } else {
        crypto_sha256_finish(base.sev, digest);
        consider(search, digest, variant, 0);
    }
    crypto_sha256_free(base.sev);
}

static void try_options(Search *search, const MeasureOptions *options, const char *memory, const char *vmm)
{
    g_autoptr(SevMeasure) measure = sev_measure_new(options, NULL);
    const Variant variant = { .measure = measure, .changes = { memory, vmm } };

    if (measure) {
        try_measure(search, &variant);
    }
}

/* @options with one member of memory changed, under each VMM that launches it in its own way. */
static void try_vmms(Search *search, const MeasureOptions *options, const char *memory)
{
    static const MeasureVmm vmms[] = { MEASURE_VMM_QEMU, MEASURE_VMM_EC2, MEASURE_VMM_GCE };
    MeasureOptions changed = *options;

    try_options(search, options, memory, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(vmms) && sev_measure_has_vcpus(options->mode); i++) {
        g_autofree char *change = g_strdup_printf("vmm-type is %s", enum_name(&MeasureVmm_lookup, vmms[i]));

        if (vmms[i] != options->vmm_type &&
            !(vmms[i] == MEASURE_VMM_QEMU && options->vmm_type == MEASURE_VMM_CGVM)) {
            changed.vmm_type = vmms[i];
            try_options(search, &changed, memory, change);
        }
    }
}

static void try_kernels(Search *search)
{
    const MeasureOptions *given = &search->given->options;
    MeasureOptions changed = *given;
    g_autofree char *append = NULL;
    bool has_newline = given->append && g_str_has_suffix(given->append, "\n");

    if (!given->kernel) {
        return;
    }
    append = has_newline ? g_strndup(given->append, strlen(given->append) - 1)
                         : g_strconcat(given->append ? given->append : "", "\n", NULL);
    changed.append = append;
    try_vmms(search, &changed, has_newline ? "append has no newline at its end" : "append ends in a newline");
    if (given->append) {
        changed.append = NULL;
        try_vmms(search, &changed, "there is no append");
    }
    changed.append = given->append;
    if (given->initrd) {
        changed.initrd = NULL;
        try_vmms(search, &changed, "there is no initrd");
    }
    changed.kernel = changed.initrd = changed.append = NULL;
    try_vmms(search, &changed, "kernel hashes are off");
}

static void try_images(Search *search)
{
    const MeasureOptions *given = &search->given->options;
    g_autofree char *folder = g_path_get_dirname(given->ovmf), *own = g_path_get_basename(given->ovmf);
    GDir *dir = g_dir_open(folder, 0, NULL);
    MeasureOptions changed = *given;
    const char *name;

    for (unsigned i = 0; dir && i < MOST_IMAGES && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *change = g_strdup_printf("ovmf is %s", path);

        if (g_str_has_suffix(name, ".fd") && strcmp(name, own) != 0) {
            changed.ovmf = path;
            try_vmms(search, &changed, change);
            i++;
        }
    }
    if (dir) {
        g_dir_close(dir);
    }
}

char *sev_measure_explain(const SevMeasure *measure, const char *digest, Error **errp)
{
    Search search = {
        .given = measure,
        .size = is_snp(measure) ? CRYPTO_SHA384_SIZE : CRYPTO_SHA256_SIZE,
    };

    if (measure->options.snp_ovmf_hash) {
        return error_setg_null(errp, "a digest cannot be explained without the firmware image; leave "
                                     "'snp-ovmf-hash' out");
    }
    if (!bytes_from_text("digest", digest, search.wanted, search.size, errp)) {
        return NULL;
    }
    try_vmms(&search, &measure->options, NULL);
    if (!search.found || search.least_changes > 1) {
        try_kernels(&search);
        try_images(&search);
    }
    return search.found ? search.found
                        : error_set_null(errp, CGVM_ERROR_MISMATCH,
                                         "none of %u variants has this digest; compare versions of firmware, "
                                         "kernel and initrd, and the command line, letter by letter",
                                         search.tried);
}
