/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sev-snp-guest: AMD SEV-SNP guests.
 *
 * The launch: INIT2 makes the VM an SNP guest; SNP_LAUNCH_START gives it a context in the firmware; each
 * range of the plan goes through SNP_LAUNCH_UPDATE, which copies the pages into guest_memfd, encrypts and
 * measures them; SNP_LAUNCH_FINISH adds a VMSA for every vCPU and checks the ID block. (Linux,
 * Documentation/virt/kvm/x86/amd-memory-encryption.rst; AMD publication 56860.)
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/kernel-hashes.h"
#include "target-i386/sev-common.h"
#include "target-i386/sev-exits.h"
#include "target-i386/snp-cpuid.h"
#include "target-i386/snp-digest.h"
#include "target-i386/snp-id-block.h"
#include "target-i386/snp-sections.h"
#include "target-i386/snp-start.h"

#define TYPE_SEV_SNP_GUEST "sev-snp-guest"

typedef struct SevSnpGuest {
    SevCommon parent;
    SevSnpGuestProperties props;
    SnpLaunchParameters launch; /* what the plan says, as C */
} SevSnpGuest;

#define SEV_SNP_GUEST(obj) OBJECT_CHECK(SevSnpGuest, obj, TYPE_SEV_SNP_GUEST)

/* ---- properties ---- */

static bool check_tsc(const SevSnpGuestProperties *props, Error **errp)
{
    if (props->has_tsc_frequency && !props->secure_tsc) {
        return error_setg(errp, "'tsc-frequency' only has a meaning with 'secure-tsc'; turn that on");
    }
    if (props->has_tsc_frequency && (props->tsc_frequency % 1000 || !props->tsc_frequency)) {
        return error_setg(errp,
                          "'tsc-frequency' is %u Hz; KVM takes whole kHz, so it must be a multiple of 1000",
                          props->tsc_frequency);
    }
    return true;
}

static bool snp_check(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    const SevSnpGuest *snp = SEV_SNP_GUEST(cgs);
    const SevSnpGuestProperties *props = &snp->props;
    FirmwareImage firmware;

    if (!snp_policy_check(props->policy, errp) || !check_tsc(props, errp) ||
        !snp_id_check(props->id_block.data, props->id_auth.data, props->author_key_enabled, props->policy,
                      errp)) {
        return false;
    }
    if (!machine->firmware) {
        return sev_check_direct(&snp->parent, errp);
    }
    firmware = x86_machine_firmware(machine);
    return kernel_hashes_check(snp->parent.props.kernel_hashes, machine, 1, errp) &&
           firmware_fit_start(&firmware, errp) && firmware_fit_snp(&firmware, errp) &&
           kernel_hashes_check_page(snp->parent.props.kernel_hashes, machine, errp) &&
           firmware_fit_vcpus(&firmware, machine->smp.cpus, errp);
}

static bool snp_vm_type(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, const Kvm *kvm, uint32_t *ret_type,
                        Error **errp)
{
    *ret_type = KVM_VM_TYPE_SNP;
    return !kvm || sev_check_vm_type(kvm, KVM_VM_TYPE_SNP, "SEV-SNP", "6.11", errp);
}

/* ---- the plan ---- */

static void copy_blob(Blob *to, const Blob *from)
{
    to->data = from->data ? g_memdup2(from->data, from->size) : NULL;
    to->size = from->size;
}

static bool plan_parameters(SevSnpGuest *snp, X86MachineState *x86, LaunchPlan *plan, Error **errp)
{
    const SevSnpGuestProperties *props = &snp->props;
    const SevCommonProperties *common = &snp->parent.props;
    SnpLaunchParameters *launch = &snp->launch;
    g_autofree char *policy = snp_policy_words(props->policy);
    uint64_t chosen =
        (common->debug_swap ? SEV_FEATURE_DEBUG_SWAP : 0) | (props->secure_tsc ? SEV_FEATURE_SECURE_TSC : 0);

    fields_clear(&SnpLaunchParameters_fields, launch);
    if (!sev_resolve_cbitpos(&snp->parent, snp->parent.starts_kernel, plan, &launch->has_cbitpos, errp) ||
        !sev_check_features(&snp->parent, chosen, plan, errp) ||
        !sev_check_api(&snp->parent, snp_policy_api(props->policy), plan, errp)) {
        return false;
    }
    launch->policy = props->policy;
    launch->sev_features = SEV_FEATURE_SNP_ACTIVE | chosen;
    launch->cbitpos = snp->parent.cbitpos;
    launch->reduced_phys_bits = common->reduced_phys_bits;
    launch->has_tsc_khz = props->has_tsc_frequency;
    launch->tsc_khz = props->tsc_frequency / 1000;
    launch->author_key_enabled = props->author_key_enabled;
    launch->vcek_disabled = props->vcek_disabled;
    copy_blob(&launch->guest_visible_workarounds, &props->guest_visible_workarounds);
    copy_blob(&launch->id_block, &props->id_block);
    copy_blob(&launch->id_auth, &props->id_auth);
    copy_blob(&launch->host_data, &props->host_data);
    launch->append = snp->parent.starts_kernel ? g_strdup(g_bytes_get_data(x86->boot.cmdline, NULL)) : NULL;
    launch->has_kernel_hashes = common->kernel_hashes;
    if (launch->has_kernel_hashes) {
        kernel_hashes_describe(x86, &launch->kernel_hashes);
    }
    plan->parameters = fields_to_json(&SnpLaunchParameters_fields, launch);
    launch_plan_explain(plan, "policy", policy);
    return true;
}

static void plan_firmware(const SevSnpGuest *snp, MachineState *machine, LaunchPlan *plan)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    const SnpSections sections = {
        .name = x86->firmware_name,
        .info = &x86->firmware_info,
        .vmm = MEASURE_VMM_CGVM,
        .hashes = snp->parent.props.kernel_hashes ? x86 : NULL,
    };

    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, machine->firmware_gpa,
                          g_bytes_get_size(machine->firmware), machine->firmware, "%s+0x0",
                          x86->firmware_name);
    snp_sections_plan(&sections, plan);
    if (!snp->parent.props.kernel_hashes) {
        kernel_hashes_note_absence(x86, plan);
    }
}

static bool plan_memory(const SevSnpGuest *snp, MachineState *machine, LaunchPlan *plan, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);

    if (snp->parent.starts_kernel) {
        return snp_start_plan(&x86->direct, &machine->ram, snp->parent.cbitpos, plan, errp);
    }
    plan_firmware(snp, machine, plan);
    return true;
}

static void adjust_cpuid(Object *guard, KvmCpuid *cpuid)
{
    sev_adjust_cpuid(SEV_COMMON(guard), ENCRYPTION_SEV | ENCRYPTION_ES | ENCRYPTION_SNP, cpuid);
}

static bool snp_plan(ConfidentialGuestSupport *cgs, MachineState *machine, LaunchPlan *plan, Error **errp)
{
    SevSnpGuest *snp = SEV_SNP_GUEST(cgs);
    X86MachineState *x86 = X86_MACHINE(machine);
    VmsaProfile profile = { .has_fpu = true };

    x86->has_ap_entry = x86->firmware_info.has_reset_address;
    x86->ap_entry = x86->firmware_info.reset_address;
    x86->adjust_cpuid = adjust_cpuid;
    x86->hidden = snp_cpuid_hidden_features();
    snp->parent.starts_kernel = !machine->firmware;
    if (!plan_parameters(snp, x86, plan, errp) || !plan_memory(snp, machine, plan, errp)) {
        return false;
    }
    profile.sev_features = snp->launch.sev_features;
    sev_plan_vcpus(&snp->parent, machine, &profile, plan);
    return true;
}

static void snp_digest(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, LaunchPlan *plan)
{
    SnpDigest digest = { .pages = 0 };

    snp_digest_plan(&digest, plan);
    plan->digest = crypto_hex(digest.value, sizeof(digest.value));
    plan->measured_pages = plan->firmware_time_ms = digest.pages;
}

static bool snp_check_plan(ConfidentialGuestSupport *cgs, const LaunchPlan *plan, Error **errp)
{
    const SevSnpGuest *snp = SEV_SNP_GUEST(cgs);
    const uint8_t *id_block = snp->launch.id_block.data;

    return sev_check_cpu_known(&snp->parent, errp) && sev_check_expected_digest(&snp->parent, plan, errp) &&
           (!id_block || snp_id_check_digest(id_block, plan->digest, errp));
}

/* ---- the launch ---- */

static bool snp_open(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    SevSnpGuest *snp = SEV_SNP_GUEST(cgs);
    const SnpLaunchParameters *launch = &snp->launch;
    SevInit2 init = { .vmsa_features = launch->sev_features & ~SEV_FEATURE_SNP_ACTIVE };
    SnpLaunchStart start = { .policy = launch->policy };
    const Kvm *kvm = machine->kvm;
    uint32_t status;
    int result;

    if (!sev_command(&snp->parent, kvm, SEVCMD_INIT2, &init, "preparing the VM for SEV-SNP", errp) ||
        !kvm_enable_cap(kvm, KVMCAP_EXIT_HYPERCALL, "exits for page conversion (KVM_CAP_EXIT_HYPERCALL)",
                        UINT64_C(1) << KVM_HYPERCALL_MAP_GPA_RANGE, errp)) {
        return false;
    }
    if (launch->has_tsc_khz && KVM_CALL(kvm, kvm->vm_fd, SET_TSC_KHZ, (uintptr_t)launch->tsc_khz, errp) < 0) {
        return error_prepend(errp, "cannot set the Secure TSC to %u kHz: ", launch->tsc_khz);
    }
    if (launch->guest_visible_workarounds.data) {
        memcpy(start.gosvw, launch->guest_visible_workarounds.data, sizeof(start.gosvw));
    }
    result = sev_try_command(&snp->parent, kvm, SEVCMD_SNP_LAUNCH_START, &start, &status);
    return result == 0 ||
           snp_policy_set_start_error(errp, launch->policy, -result, status, "starting the launch");
}

static uint8_t abi_page_type(LaunchPageType type)
{
    static const uint8_t types[LAUNCH_PAGE_TYPE__COUNT] = {
        [LAUNCH_PAGE_TYPE_NORMAL] = SNP_PAGE_TYPE_NORMAL,
        [LAUNCH_PAGE_TYPE_VMSA] = SNP_PAGE_TYPE_VMSA,
        [LAUNCH_PAGE_TYPE_ZERO] = SNP_PAGE_TYPE_ZERO,
        [LAUNCH_PAGE_TYPE_UNMEASURED] = SNP_PAGE_TYPE_UNMEASURED,
        [LAUNCH_PAGE_TYPE_SECRETS] = SNP_PAGE_TYPE_SECRETS,
        [LAUNCH_PAGE_TYPE_CPUID] = SNP_PAGE_TYPE_CPUID,
    };

    return types[type];
}

static bool make_private(MachineState *machine, const LaunchRange *range, Error **errp)
{
    return guest_ram_set_private(&machine->ram, machine->kvm, range->gpa, range->size, true, errp);
}

static bool launch_pages(SevSnpGuest *snp, MachineState *machine, const LaunchRange *range,
                         const void *contents, Error **errp)
{
    g_autofree char *label = launch_range_label(range);
    g_autofree char *what = g_strdup_printf("launching %s as %s pages", label,
                                            enum_name(&LaunchPageType_lookup, range->page_type));
    SnpLaunchUpdate update = {
        .gfn_start = range->gpa / GUEST_PAGE_SIZE,
        .uaddr = (uintptr_t)contents,
        .len = range->size,
        .type = abi_page_type(range->page_type),
    };

    /* KVM may do a part and say so by advancing the structure. */
    while (update.len) {
        uint64_t before = update.len;

        if (!sev_command(&snp->parent, machine->kvm, SEVCMD_SNP_LAUNCH_UPDATE, &update, what, errp)) {
            return false;
        }
        if (update.len >= before) {
            return error_set(errp, CGVM_ERROR_KERNEL,
                             "SNP_LAUNCH_UPDATE made no progress while %s, at page 0x%" PRIx64, what,
                             update.gfn_start * GUEST_PAGE_SIZE);
        }
    }
    return true;
}

/* What to add to a refusal of the CPUID page. */
static const char *fixup_advice(const SevSnpGuest *snp, bool is_corrected)
{
    if (is_corrected) {
        return "; the page was as the firmware had corrected it before";
    }
    return snp->props.cpuid_fixup == SNP_CPUID_FIXUP_REFUSE
               ? "; or let cpuid-fixup=firmware adopt what the firmware expects"
               : "";
}

/*
 * A page that the firmware refuses is taken out of the guest by KVM, which hands back what the firmware would
 * accept. The range stays private, so that the corrected page can be launched there at once.
 */
static bool launch_cpuid_page(SevSnpGuest *snp, MachineState *machine, const LaunchRange *range, Error **errp)
{
    g_autofree KvmCpuid *cpuid = x86_cpuid_of_vcpu(g_ptr_array_index(machine->vcpus, 0), errp);
    g_autofree SnpCpuidPage *page = g_malloc0(range->size);

    if (!cpuid || !snp_cpuid_build(cpuid, page, errp) || !make_private(machine, range, errp)) {
        return false;
    }
    for (bool is_corrected = false;; is_corrected = true) {
        g_autoptr(Error) refusal = NULL;
        g_autofree char *why = NULL;
        SnpCpuidPage given = *page;

        if (launch_pages(snp, machine, range, page, &refusal)) {
            return true;
        }
        if (cgvm_error_firmware_code(refusal) != SEV_STATUS_INVALID_PARAM) {
            return error_propagate(errp, g_steal_pointer(&refusal));
        }
        why = snp_cpuid_explain(&given, page, machine->props.cpu_type);
        if (!why || is_corrected || snp->props.cpuid_fixup == SNP_CPUID_FIXUP_REFUSE) {
            return error_set_firmware(errp, EIO, SEV_STATUS_INVALID_PARAM, "%s: %s%s",
                                      cgvm_error_message(refusal),
                                      why ? why
                                          : "it gave the CPUID page back as it was, so what it objects "
                                            "to is not known",
                                      why || is_corrected ? fixup_advice(snp, is_corrected) : "");
        }
    }
}

static bool snp_launch_range(ConfidentialGuestSupport *cgs, MachineState *machine, const LaunchRange *range,
                             Error **errp)
{
    SevSnpGuest *snp = SEV_SNP_GUEST(cgs);
    g_autofree uint8_t *page = NULL;

    if (range->page_type == LAUNCH_PAGE_TYPE_CPUID) {
        return launch_cpuid_page(snp, machine, range, errp);
    }
    if (!make_private(machine, range, errp)) {
        return false;
    }
    if (range->contents) {
        return launch_pages(snp, machine, range, g_bytes_get_data(range->contents, NULL), errp);
    }
    if (range->page_type == LAUNCH_PAGE_TYPE_ZERO) {
        return launch_pages(snp, machine, range, NULL, errp);
    }
    page = g_malloc0(range->size);
    return launch_pages(snp, machine, range, page, errp);
}

static bool snp_finish(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    SevSnpGuest *snp = SEV_SNP_GUEST(cgs);
    const SnpLaunchParameters *launch = &snp->launch;
    SnpLaunchFinish finish = {
        .id_block_uaddr = (uintptr_t)launch->id_block.data,
        .id_auth_uaddr = (uintptr_t)launch->id_auth.data,
        .id_block_en = launch->id_block.data != NULL,
        .auth_key_en = launch->author_key_enabled,
        .vcek_disabled = launch->vcek_disabled,
    };

    if (launch->host_data.data) {
        memcpy(finish.host_data, launch->host_data.data, sizeof(finish.host_data));
    }
    return sev_command(&snp->parent, machine->kvm, SEVCMD_SNP_LAUNCH_FINISH, &finish, "finishing the launch",
                       errp);
}

/* ---- type ---- */

static void instance_finalize(Object *obj)
{
    fields_clear(&SnpLaunchParameters_fields, &SEV_SNP_GUEST(obj)->launch);
}

static const char *snp_firmware_feature(const ConfidentialGuestSupport *cgs G_GNUC_UNUSED)
{
    return "amd-sev-snp";
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc);

    object_class_add_fields(oc, &sev_snp_guest_fields, offsetof(SevSnpGuest, props));
    object_class_property_set_names(oc, "policy", snp_policy_from_names);
    confidential_guest_class_init_user(oc);
    cc->private_memory = true;
    cc->firmware_feature = snp_firmware_feature;
    cc->check = snp_check;
    cc->vm_type = snp_vm_type;
    cc->plan = snp_plan;
    cc->digest = snp_digest;
    cc->check_plan = snp_check_plan;
    cc->open = snp_open;
    cc->launch_range = snp_launch_range;
    cc->finish = snp_finish;
    cc->exit = sev_exit;
}

const TypeInfo sev_snp_guest_type = {
    .name = TYPE_SEV_SNP_GUEST,
    .parent = TYPE_SEV_COMMON,
    .instance_size = sizeof(SevSnpGuest),
    .instance_finalize = instance_finalize,
    .class_init = class_init,
    .interfaces = user_creatable_interfaces,
};
