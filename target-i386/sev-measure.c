/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sev-measure.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include "confidential/crypto.h"
#include "hw/input-file.h"
#include "qapi-builtins.h"
#include "qapi/bytes-text.h"
#include "target-i386/cpu-models.h"
#include "target-i386/kernel-hashes.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-digest.h"
#include "target-i386/snp-digest.h"
#include "target-i386/snp-sections.h"
#include "target-i386/vmm-registers.h"
#include "target-i386/vmsa.h"

#define SEV_BLOCK  16
#define ALL_MEMORY (INT64_C(1) << 40) /* of the machine that holds the files: more than any could ask for */

static bool is_snp(MeasureMode mode)
{
    return mode != MEASURE_MODE_SEV && mode != MEASURE_MODE_SEVES;
}

bool sev_measure_has_vcpus(MeasureMode mode)
{
    return mode != MEASURE_MODE_SEV && mode != MEASURE_MODE_SNP_OVMF_HASH;
}

static bool has_signature(MeasureVmm vmm)
{
    return vmm == MEASURE_VMM_QEMU || vmm == MEASURE_VMM_CGVM;
}

/* ---- options ---- */

static bool check_svsm(const MeasureOptions *options, Error **errp)
{
    bool has_vars = options->has_vars_size || options->vars_file;

    if (options->mode != MEASURE_MODE_SNP_SVSM) {
        return (!options->svsm && !has_vars) ||
               error_setg(errp, "'svsm', 'vars-size' and 'vars-file' are of mode snp-svsm alone");
    }
    if (!options->svsm || !has_vars || (options->has_vars_size && options->vars_file)) {
        return error_setg(errp, "mode snp-svsm takes 'svsm', and 'vars-size' or 'vars-file'");
    }
    if (options->kernel) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "'kernel' cannot be given with an SVSM, which has no place for its hash");
    }
    return options->vmm_type == MEASURE_VMM_QEMU || options->vmm_type == MEASURE_VMM_CGVM ||
           error_set(errp, CGVM_ERROR_UNSUPPORTED, "'vmm-type' is '%s', which launches no SVSM; use qemu",
                     enum_name(&MeasureVmm_lookup, options->vmm_type));
}

static bool check_features(const MeasureOptions *options, Error **errp)
{
    if (!is_snp(options->mode) || options->guest_features & SEV_FEATURE_SNP_ACTIVE) {
        return true;
    }
    return error_setg(errp,
                      "'guest-features' is 0x%" PRIx64
                      ", but bit 0 (SNPActive) is set in every SEV-SNP guest; "
                      "use 0x%" PRIx64,
                      options->guest_features, options->guest_features | SEV_FEATURE_SNP_ACTIVE);
}

static bool check_options(const MeasureOptions *options, Error **errp)
{
    if (sev_measure_has_vcpus(options->mode) && !options->has_vcpus) {
        return error_setg(errp, "'vcpus' is missing: the registers of every vCPU are measured");
    }
    if (options->snp_ovmf_hash && options->mode != MEASURE_MODE_SNP) {
        return error_setg(errp, "'snp-ovmf-hash' is of mode snp alone");
    }
    if (options->legacy_vm_type && options->mode != MEASURE_MODE_SEVES) {
        return error_setg(
            errp, "'legacy-vm-type' is of mode seves alone: what others measure does not depend on it");
    }
    if (options->has_vcpu_family != options->has_vcpu_model ||
        options->has_vcpu_family != options->has_vcpu_stepping) {
        return error_setg(
            errp, "'vcpu-family', 'vcpu-model' and 'vcpu-stepping' make a signature together; give all "
                  "three");
    }
    return check_svsm(options, errp) && check_features(options, errp);
}

/* What tools of the field do where several are given: the numbers win over the name. */
static bool resolve_signature(SevMeasure *measure, Error **errp)
{
    const MeasureOptions *options = &measure->options;
    const X86CpuModel *model;

    if (!sev_measure_has_vcpus(options->mode) || !has_signature(options->vmm_type)) {
        return true;
    }
    if (options->has_vcpu_family) {
        measure->signature =
            x86_cpu_signature(options->vcpu_family, options->vcpu_model, options->vcpu_stepping);
        return true;
    }
    if (options->has_vcpu_sig) {
        measure->signature = options->vcpu_sig;
        return true;
    }
    if (!options->vcpu_type) {
        return error_setg(errp,
                          "the CPU is missing, whose signature is measured; name it with 'vcpu-type', or "
                          "give 'vcpu-sig', or 'vcpu-family', 'vcpu-model' and 'vcpu-stepping'");
    }
    model = x86_cpu_model_find(options->vcpu_type);
    if (!model) {
        g_autofree char *suggestion = x86_cpu_model_near_miss(options->vcpu_type);

        return error_set(errp, CGVM_ERROR_NOT_FOUND,
                         "there is no CPU model '%s' with a signature that is known%s", options->vcpu_type,
                         *suggestion ? suggestion : "; give 'vcpu-sig'");
    }
    measure->signature = x86_cpu_signature(model->family, model->model, model->stepping);
    return true;
}

/* ---- files ---- */

static bool set(Object *obj, const char *name, const char *value, Error **errp)
{
    json_object *json = value ? json_object_new_string(value) : NULL;
    bool done = !json || object_property_set(obj, name, json, errp);

    json_object_put(json);
    return done;
}

/* What a machine reads and checks is what a launch is made of. */
static bool load_machine(SevMeasure *measure, Error **errp)
{
    const MeasureOptions *options = &measure->options;
    Object *machine = object_new("microvm-machine");
    g_autoptr(json_object) memory = json_object_new_object();

    measure->machine = MACHINE(machine);
    json_object_object_add(memory, "size", json_object_new_int64(ALL_MEMORY));
    return object_property_set(machine, "memory", memory, errp) &&
           set(machine, "firmware", options->ovmf, errp) && set(machine, "kernel", options->kernel, errp) &&
           set(machine, "initrd", options->initrd, errp) && set(machine, "append", options->append, errp) &&
           machine_load(measure->machine, errp);
}

static const InputFileKind svsm_kind = {
    .name = "SVSM image",
    .smallest = GUEST_PAGE_SIZE,
    .largest = FIRMWARE_LARGEST,
    .granule = GUEST_PAGE_SIZE,
    .expects = FIRMWARE_SIZES,
};

static bool find_vars_size(const MeasureOptions *options, uint64_t *ret_size, Error **errp)
{
    struct stat st;

    *ret_size = options->vars_size;
    if (options->vars_file) {
        if (stat(options->vars_file, &st) < 0) {
            return error_set_errno(errp, CGVM_ERROR_IO, errno, "cannot look at 'vars-file' '%s': %s",
                                   options->vars_file, g_strerror(errno));
        }
        *ret_size = st.st_size;
    }
    return (*ret_size % GUEST_PAGE_SIZE == 0 && *ret_size <= FIRMWARE_LARGEST) ||
           error_setg(errp,
                      "the variable store has %" PRIu64 " bytes; it has a multiple of 4096, at most 16 MiB",
                      *ret_size);
}

/* From 4 GiB down: the firmware, its variable store, the SVSM. */
static bool load_svsm(SevMeasure *measure, Error **errp)
{
    const char *path = measure->options.svsm;
    FirmwareImage image;
    uint64_t vars;

    if (!path) {
        return true;
    }
    if (!find_vars_size(&measure->options, &vars, errp)) {
        return false;
    }
    measure->svsm = input_file_read(path, &svsm_kind, NULL, errp);
    if (!measure->svsm) {
        return false;
    }
    measure->svsm_name = g_path_get_basename(path);
    image = (FirmwareImage){
        .name = measure->svsm_name,
        .data = g_bytes_get_data(measure->svsm, NULL),
        .size = g_bytes_get_size(measure->svsm),
        .info = &measure->svsm_info,
    };
    measure->svsm_gpa = measure->machine->firmware_gpa - vars - image.size;
    if (!ovmf_parse(image.data, image.size, image.name, &measure->svsm_info, errp) ||
        !firmware_fit_snp(&image, errp)) {
        return error_prepend(errp, "the SVSM image: ");
    }
    return (measure->svsm_info.has_svsm_entry && measure->svsm_info.svsm_entry < image.size) ||
           error_setg(errp, "'%s' is no SVSM image: its table does not say where it is entered", image.name);
}

static bool check_firmware(const SevMeasure *measure, Error **errp)
{
    const MeasureOptions *options = &measure->options;
    FirmwareImage image = x86_machine_firmware(measure->machine);
    bool hashes = options->kernel != NULL;

    if (options->mode == MEASURE_MODE_SNP_SVSM || options->mode == MEASURE_MODE_SNP_OVMF_HASH) {
        return !hashes || error_setg(errp, "'kernel' is not a part of what snp-ovmf-hash computes");
    }
    if (!firmware_fit_start(&image, errp) ||
        !kernel_hashes_check(hashes, measure->machine, is_snp(options->mode) ? 1 : SEV_BLOCK, errp)) {
        return false;
    }
    if (options->mode == MEASURE_MODE_SEV) {
        return true;
    }
    return firmware_fit_vcpus(&image, options->vcpus, errp) &&
           (!is_snp(options->mode) ||
            (firmware_fit_snp(&image, errp) && kernel_hashes_check_page(hashes, measure->machine, errp)));
}

SevMeasure *sev_measure_new(const MeasureOptions *options, Error **errp)
{
    g_autoptr(SevMeasure) measure = g_new0(SevMeasure, 1);

    fields_copy(&MeasureOptions_fields, &measure->options, options);
    if (!check_options(options, errp) || !resolve_signature(measure, errp) || !load_machine(measure, errp) ||
        !check_firmware(measure, errp) || !load_svsm(measure, errp)) {
        return NULL;
    }
    return g_steal_pointer(&measure);
}

void sev_measure_free(SevMeasure *measure)
{
    if (!measure) {
        return;
    }
    if (measure->machine) {
        object_unref(OBJECT(measure->machine));
    }
    g_clear_pointer(&measure->svsm, g_bytes_unref);
    ovmf_info_clear(&measure->svsm_info);
    g_free(measure->svsm_name);
    fields_clear(&MeasureOptions_fields, &measure->options);
    g_free(measure);
}

/* ---- the plan ---- */

static void plan_image(LaunchPlan *plan, const char *name, uint64_t gpa, GBytes *image)
{
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, gpa, g_bytes_get_size(image), image, "%s+0x0", name);
}

static void plan_memory(const SevMeasure *measure, LaunchPlan *plan)
{
    const MeasureOptions *options = &measure->options;
    X86MachineState *x86 = X86_MACHINE(measure->machine);
    const SnpSections sections = {
        .name = measure->svsm ? measure->svsm_name : x86->firmware_name,
        .info = measure->svsm ? &measure->svsm_info : &x86->firmware_info,
        .vmm = options->vmm_type,
        .hashes = options->kernel ? x86 : NULL,
    };

    plan_image(plan, x86->firmware_name, measure->machine->firmware_gpa, measure->machine->firmware);
    if (measure->svsm) {
        plan_image(plan, measure->svsm_name, measure->svsm_gpa, measure->svsm);
    }
    if (is_snp(options->mode) && options->mode != MEASURE_MODE_SNP_OVMF_HASH) {
        snp_sections_plan(&sections, plan);
    } else if (options->kernel) {
        kernel_hashes_plan_table(x86, plan);
    }
}

LaunchPlan *sev_measure_memory(const SevMeasure *measure, Error **errp)
{
    const MeasureOptions *options = &measure->options;
    g_autoptr(LaunchPlan) plan = launch_plan_new();

    plan->mechanism = g_strdup(is_snp(options->mode) ? "sev-snp-guest" : "sev-guest");
    plan->id = g_strdup(enum_name(&MeasureMode_lookup, options->mode));
    plan->machine = g_strdup(enum_name(&MeasureVmm_lookup, options->vmm_type));
    plan->parameters = json_object_new_object();
    plan_memory(measure, plan);
    return launch_plan_check(plan, NULL, is_snp(options->mode) ? GUEST_PAGE_SIZE : SEV_BLOCK, errp)
               ? g_steal_pointer(&plan)
               : NULL;
}

void sev_measure_vcpu_page(const SevMeasure *measure, bool is_ap, X86Registers *registers, uint8_t *page)
{
    const MeasureOptions *options = &measure->options;
    const OvmfInfo *firmware = &X86_MACHINE(measure->machine)->firmware_info;
    const VmsaProfile profile = {
        .sev_features = is_snp(options->mode) ? options->guest_features : 0,
        .has_fpu = !options->legacy_vm_type,
    };
    VmmVcpu vcpu = {
        .is_ap = is_ap,
        .signature = measure->signature,
        .entry = is_ap ? firmware->reset_address : X86_RESET_ADDRESS,
    };

    if (measure->svsm) {
        vcpu.entry = measure->svsm_gpa + measure->svsm_info.svsm_entry;
        vmm_svsm_registers(&vcpu, registers);
    } else {
        vmm_registers(options->vmm_type, &vcpu, registers);
    }
    vmsa_predict(registers, &profile, page);
}

static void plan_vcpus(const SevMeasure *measure, LaunchPlan *plan)
{
    for (uint32_t i = 0; i < measure->options.vcpus; i++) {
        uint8_t *page = g_malloc(VMSA_SIZE);
        g_autoptr(GBytes) bytes = NULL;
        X86Registers registers;

        sev_measure_vcpu_page(measure, i > 0, &registers, page);
        bytes = g_bytes_new_take(page, VMSA_SIZE);
        launch_plan_add_vcpu(plan, i ? "AP" : "BSP", fields_to_json(&X86Registers_fields, &registers), bytes);
    }
}

/* @ovmf_hash is the digest after the first range, or NULL if that is to be computed too. */
static void digest_snp(const uint8_t *ovmf_hash, LaunchPlan *plan)
{
    SnpDigest digest = { .pages = 0 };
    LaunchPlan rest = *plan;

    if (ovmf_hash) {
        memcpy(digest.value, ovmf_hash, sizeof(digest.value));
        digest.pages = plan->ranges[0].size / GUEST_PAGE_SIZE;
        rest.ranges++;
        rest.n_ranges--;
    }
    snp_digest_plan(&digest, &rest);
    plan->digest = crypto_hex(digest.value, sizeof(digest.value));
    plan->measured_pages = plan->firmware_time_ms = digest.pages;
}

LaunchPlan *sev_measure_plan(const SevMeasure *measure, Error **errp)
{
    const MeasureOptions *options = &measure->options;
    g_autoptr(LaunchPlan) plan = sev_measure_memory(measure, errp);
    uint8_t digest[CRYPTO_SHA256_SIZE], ovmf_hash[CRYPTO_SHA384_SIZE];

    if (!plan || (options->snp_ovmf_hash && !bytes_from_text("snp-ovmf-hash", options->snp_ovmf_hash,
                                                             ovmf_hash, sizeof(ovmf_hash), errp))) {
        return NULL;
    }
    if (sev_measure_has_vcpus(options->mode)) {
        plan_vcpus(measure, plan);
    }
    if (is_snp(options->mode)) {
        digest_snp(options->snp_ovmf_hash ? ovmf_hash : NULL, plan);
    } else {
        plan->measured_pages = plan->firmware_time_ms = sev_digest(plan, digest);
        plan->digest = crypto_hex(digest, sizeof(digest));
    }
    return g_steal_pointer(&plan);
}
