/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sev-guest: AMD SEV guests and, with a bit of their policy, SEV-ES guests.
 *
 * The launch: INIT, ES_INIT or INIT2 makes the VM an SEV guest; LAUNCH_START gives it a key, and a context in
 * the firmware; each range of the plan is copied into guest memory, where LAUNCH_UPDATE_DATA encrypts and
 * measures it; with SEV-ES LAUNCH_UPDATE_VMSA does the same for the registers of all vCPUs; LAUNCH_MEASURE
 * returns the measurement for the guest's owner; LAUNCH_FINISH ends it. What is launched is the firmware, or
 * without one a kernel with all that it starts with. (Linux,
 * Documentation/virt/kvm/x86/amd-memory-encryption.rst; AMD publication 55766.)
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "hw/input-file.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/es-start.h"
#include "target-i386/kernel-hashes.h"
#include "target-i386/linux-launch.h"
#include "target-i386/sev-common.h"
#include "target-i386/sev-digest.h"
#include "target-i386/sev-errors.h"
#include "target-i386/sev-exits.h"
#include "target-i386/sev-guest.h"
#include "target-i386/sev-secret.h"

#define SEV_BLOCK_SIZE 16 /* what LAUNCH_UPDATE_DATA encrypts at once */

/* Bits of a page-table entry that belong to its address, and that no address in memory below 4 GiB has. */

#define PLATFORM_UNINIT    0      /* SevPlatformStatus.state */
#define PLATFORM_STATUS_ES 0x100u /* SevPlatformStatus.flags: SEV-ES is configured */

/* In base64, and with line breaks, the larger one of the two blobs has 2800 bytes or so. */
#define LARGEST_BLOB_FILE 16384

/* Of attestation reports none is larger; so much is believed of a length that the firmware tells. */
#define LARGEST_REPORT 4096

typedef struct SevGuest {
    SevCommon parent;
    SevGuestProperties props;
    SevLaunchParameters launch; /* what the plan says, as C */
    uint32_t handle;            /* by which the firmware knows the guest, from LAUNCH_START on */
    SevMeasurement measurement; /* by LAUNCH_MEASURE, from then on */
} SevGuest;

#define SEV_GUEST(obj) OBJECT_CHECK(SevGuest, obj, TYPE_SEV_GUEST)

/* ---- properties ---- */

static bool is_es(const SevGuest *sev)
{
    return sev->props.policy & SEV_POLICY_ES;
}

/* As `auto` may be read in two ways: only debug-swap needs what the legacy type cannot give. */
static bool is_legacy(const SevGuest *sev)
{
    switch (sev->props.legacy_vm_type) {
    case ON_OFF_AUTO_ON:
        return true;
    case ON_OFF_AUTO_OFF:
        return false;
    default:
        return !sev->parent.props.debug_swap;
    }
}

static const char *kind(const SevGuest *sev)
{
    return is_es(sev) ? "SEV-ES" : "SEV";
}

static bool check_session(const SevGuestProperties *props, Error **errp)
{
    if (props->dh_cert_file && !props->session_file) {
        return error_setg(errp, "'dh-cert-file' is given without 'session-file', whose keys it serves to "
                                "unwrap; give both");
    }
    if (props->session_file && !props->dh_cert_file) {
        return error_setg(errp, "'session-file' is given without 'dh-cert-file', without which the firmware "
                                "cannot unwrap its keys; give both");
    }
    return true;
}

static bool check_debug_swap(const SevGuest *sev, Error **errp)
{
    if (!sev->parent.props.debug_swap) {
        return true;
    }
    if (!is_es(sev)) {
        return error_setg(errp,
                          "'debug-swap' is on, but without SEV-ES KVM swaps the debug registers of every "
                          "guest; turn it off, or set bit 2 of 'policy' (0x%x)",
                          sev->props.policy | SEV_POLICY_ES);
    }
    return !is_legacy(sev) ||
           error_setg(errp, "'debug-swap' is on, but KVM has no such choice for the legacy VM type; turn it "
                            "off, or leave 'legacy-vm-type' out");
}

static bool sev_guest_check(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    const SevGuest *sev = SEV_GUEST(cgs);
    FirmwareImage firmware;

    if (!sev_policy_check(sev->props.policy, errp) || !check_session(&sev->props, errp) ||
        !check_debug_swap(sev, errp)) {
        return false;
    }
    if (!machine->firmware) {
        return sev_check_direct(&sev->parent, errp);
    }
    firmware = x86_machine_firmware(machine);
    return kernel_hashes_check(sev->parent.props.kernel_hashes, machine, SEV_BLOCK_SIZE, errp) &&
           firmware_fit_start(&firmware, errp) &&
           firmware_fit_vcpus(&firmware, is_es(sev) ? machine->smp.cpus : 1, errp);
}

static bool sev_guest_vm_type(ConfidentialGuestSupport *cgs, const Kvm *kvm, uint32_t *ret_type, Error **errp)
{
    const SevGuest *sev = SEV_GUEST(cgs);

    if (is_legacy(sev)) {
        *ret_type = KVM_VM_TYPE_DEFAULT;
        return true;
    }
    *ret_type = is_es(sev) ? KVM_VM_TYPE_SEV_ES : KVM_VM_TYPE_SEV;
    return !kvm ||
           sev_check_vm_type(kvm, *ret_type, kind(sev), "6.10 (an older one with legacy-vm-type=on)", errp);
}

static bool sev_guest_probe(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    const SevGuest *sev = SEV_GUEST(cgs);
    const SevPlatformStatus *platform = &sev->parent.facts.platform;

    if (!sev_probe(cgs, machine, errp)) {
        return false;
    }
    /* A platform that the first guest initialises does not know yet; then the kernel will tell. */
    return !is_es(sev) || platform->state == PLATFORM_UNINIT || platform->flags & PLATFORM_STATUS_ES ||
           error_set(errp, CGVM_ERROR_UNSUPPORTED,
                     "bit 2 of 'policy' asks for SEV-ES, but this host's firmware is not configured for it "
                     "(PLATFORM_STATUS has flags 0x%x); set the SEV-ES ASID limit in the BIOS and kvm_amd's "
                     "parameter sev_es, or leave the bit out",
                     platform->flags);
}

/* ---- the plan ---- */

/* The text in the file @path. To be freed. */
static char *read_text(const char *path, Error **errp)
{
    static const InputFileKind kind = {
        .name = "file",
        .smallest = 1,
        .largest = LARGEST_BLOB_FILE,
        .granule = 1,
        .expects = "name one that holds base64, at most 16 KiB",
    };
    g_autoptr(GBytes) bytes = input_file_read(path, &kind, NULL, errp);
    const char *text;
    gsize size;

    if (!bytes) {
        return NULL;
    }
    text = g_bytes_get_data(bytes, &size);
    if (memchr(text, '\0', size)) {
        return error_setg_null(errp, "the file '%s' is not text; name one that holds base64", path);
    }
    return g_strndup(text, size);
}

/* The file @path, if there is one, becomes the blob @name of what is launched, which checks its size. */
static bool read_blob(SevLaunchParameters *launch, const char *name, const char *path, Error **errp)
{
    g_autofree char *text = NULL;
    g_autoptr(json_object) value = NULL;

    if (!path) {
        return true;
    }
    text = read_text(path, errp);
    if (!text) {
        return error_prepend(errp, "'%s-file': ", name);
    }
    value = json_object_new_string(text);
    return field_set(field_table_find(&SevLaunchParameters_fields, name), launch, value, errp) ||
           error_prepend(errp, "'%s-file': '%s': ", name, path);
}

static bool plan_parameters(SevGuest *sev, X86MachineState *x86, LaunchPlan *plan, Error **errp)
{
    SevLaunchParameters *launch = &sev->launch;
    g_autofree char *policy = sev_policy_words(sev->props.policy);

    fields_clear(&SevLaunchParameters_fields, launch);
    launch->policy = sev->props.policy;
    launch->handle = sev->props.handle;
    launch->has_sev_features = is_es(sev);
    launch->sev_features = sev->parent.props.debug_swap ? SEV_FEATURE_DEBUG_SWAP : 0;
    launch->reduced_phys_bits = sev->parent.props.reduced_phys_bits;
    if (!read_blob(launch, "dh-cert", sev->props.dh_cert_file, errp) ||
        !read_blob(launch, "session", sev->props.session_file, errp) ||
        !sev_resolve_cbitpos(&sev->parent, sev->parent.starts_kernel, plan, &launch->has_cbitpos, errp) ||
        !sev_check_features(&sev->parent, launch->sev_features, plan, errp) ||
        !sev_check_api(&sev->parent, sev_policy_api(launch->policy), plan, errp)) {
        return false;
    }
    launch->cbitpos = sev->parent.cbitpos;
    launch->append = sev->parent.starts_kernel ? g_strdup(g_bytes_get_data(x86->boot.cmdline, NULL)) : NULL;
    launch->has_kernel_hashes = sev->parent.props.kernel_hashes;
    if (launch->has_kernel_hashes) {
        kernel_hashes_describe(x86, &launch->kernel_hashes);
    }
    plan->parameters = fields_to_json(&SevLaunchParameters_fields, launch);
    launch_plan_explain(plan, "policy", policy);
    return true;
}

static void adjust_cpuid(Object *guard, KvmCpuid *cpuid)
{
    sev_adjust_cpuid(SEV_COMMON(guard), ENCRYPTION_SEV | (is_es(SEV_GUEST(guard)) ? ENCRYPTION_ES : 0),
                     cpuid);
}

static void plan_firmware(const SevGuest *sev, MachineState *machine, LaunchPlan *plan)
{
    X86MachineState *x86 = X86_MACHINE(machine);

    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, machine->firmware_gpa,
                          g_bytes_get_size(machine->firmware), machine->firmware, "%s+0x0",
                          x86->firmware_name);
    if (sev->parent.props.kernel_hashes) {
        kernel_hashes_plan_table(x86, plan);
    } else {
        kernel_hashes_note_absence(x86, plan);
    }
}

/* With encrypted registers, the first vCPU can only start others that know where. */
static void plan_kernel(const SevGuest *sev, MachineState *machine, LaunchPlan *plan)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    bool has_jump_table = is_es(sev) && machine->smp.cpus > 1;

    if (has_jump_table) {
        x86->has_ap_entry = true;
        x86->ap_entry = ES_START_AP;
    }
    linux_direct_encrypt(&x86->direct, sev->parent.cbitpos,
                         has_jump_table ? LINUX_START_JUMP_TABLE : LINUX_START_KERNEL);
    linux_launch_plan(&x86->direct, plan);
}

static bool sev_guest_plan(ConfidentialGuestSupport *cgs, MachineState *machine, LaunchPlan *plan,
                           Error **errp)
{
    SevGuest *sev = SEV_GUEST(cgs);
    X86MachineState *x86 = X86_MACHINE(machine);
    /* ES_INIT keeps to what KVM did when SEV-ES was new, so that measurements stay as they were. */
    VmsaProfile profile = { .has_fpu = !is_legacy(sev) };

    /* Without SEV-ES the first vCPU starts the others by interrupts, and they start where PCs do. */
    x86->has_ap_entry = is_es(sev) && x86->firmware_info.has_reset_address;
    x86->ap_entry = x86->firmware_info.reset_address;
    x86->adjust_cpuid = adjust_cpuid;
    sev->parent.starts_kernel = !machine->firmware;
    if (!plan_parameters(sev, x86, plan, errp)) {
        return false;
    }
    if (sev->parent.starts_kernel) {
        plan_kernel(sev, machine, plan);
    } else {
        plan_firmware(sev, machine, plan);
    }
    profile.sev_features = sev->launch.sev_features;
    sev_plan_vcpus(&sev->parent, machine, is_es(sev) ? &profile : NULL, plan);
    return true;
}

static void sev_guest_digest(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, LaunchPlan *plan)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];

    plan->measured_pages = plan->firmware_time_ms = sev_digest(plan, digest);
    plan->digest = crypto_hex(digest, sizeof(digest));
}

static bool sev_guest_check_plan(ConfidentialGuestSupport *cgs, const LaunchPlan *plan, Error **errp)
{
    const SevGuest *sev = SEV_GUEST(cgs);

    return (!is_es(sev) || sev_check_cpu_known(&sev->parent, errp)) &&
           sev_check_expected_digest(&sev->parent, plan, errp);
}

/* ---- the launch ---- */

static bool init_vm(SevGuest *sev, const Kvm *kvm, Error **errp)
{
    SevInit2 init = { .vmsa_features = sev->launch.sev_features };
    g_autofree char *what = g_strdup_printf("preparing the VM for %s", kind(sev));

    if (!is_legacy(sev)) {
        return sev_command(&sev->parent, kvm, SEVCMD_INIT2, &init, what, errp);
    }
    return sev_command(&sev->parent, kvm, is_es(sev) ? SEVCMD_ES_INIT : SEVCMD_INIT, NULL, what, errp);
}

static bool sev_guest_open(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    SevGuest *sev = SEV_GUEST(cgs);
    const SevLaunchParameters *launch = &sev->launch;
    SevLaunchStart start = {
        .handle = launch->handle,
        .policy = launch->policy,
        .dh_uaddr = (uintptr_t)launch->dh_cert.data,
        .dh_len = launch->dh_cert.size,
        .session_uaddr = (uintptr_t)launch->session.data,
        .session_len = launch->session.size,
    };

    if (!init_vm(sev, machine->kvm, errp) ||
        !sev_command(&sev->parent, machine->kvm, SEVCMD_LAUNCH_START, &start, "starting the launch", errp)) {
        return false;
    }
    sev->handle = start.handle;
    return true;
}

/* So that the kernel leaves the pages where they are: their contents only make sense there. */
static bool register_blocks(const MachineState *machine, bool main, uint64_t *locked, Error **errp)
{
    const Kvm *kvm = machine->kvm;

    for (guint i = 0; i < machine->ram.blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(machine->ram.blocks, i);
        KvmEncRegion region = { .addr = (uintptr_t)block->host, .size = block->size };
        int result;

        if (block->main != main) {
            continue;
        }
        *locked += block->size;
        result = kvm_try(kvm, kvm->vm_fd, KVMIO_MEMORY_ENCRYPT_REG_REGION, &region);
        if (result < 0) {
            return sev_set_region_error(errp, -result, block->name, *locked);
        }
    }
    return true;
}

static bool sev_guest_memory_added(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine,
                                   Error **errp)
{
    uint64_t locked = 0;

    /* RAM first, as QEMU does. */
    return register_blocks(machine, true, &locked, errp) && register_blocks(machine, false, &locked, errp);
}

static bool sev_guest_launch_range(ConfidentialGuestSupport *cgs, MachineState *machine,
                                   const LaunchRange *range, Error **errp)
{
    g_autofree char *label = launch_range_label(range);
    g_autofree char *what = g_strdup_printf("launching %s", label);
    uint8_t *memory = guest_ram_pointer(&machine->ram, range->gpa, range->size, errp);
    SevLaunchUpdateData update = { .uaddr = (uintptr_t)memory, .len = range->size };

    if (!memory) {
        return false;
    }
    memcpy(memory, g_bytes_get_data(range->contents, NULL), range->size);
    return sev_command(SEV_COMMON(cgs), machine->kvm, SEVCMD_LAUNCH_UPDATE_DATA, &update, what, errp);
}

static bool sev_guest_launch_vcpus(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    return !is_es(SEV_GUEST(cgs)) || sev_command(SEV_COMMON(cgs), machine->kvm, SEVCMD_LAUNCH_UPDATE_VMSA,
                                                 NULL, "launching the registers of the vCPUs", errp);
}

static bool sev_guest_measure(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    static const char what[] = "asking for the measurement";
    SevGuest *sev = SEV_GUEST(cgs);
    SevLaunchMeasure measure = { .len = 0 };
    uint32_t status;
    int result = sev_try_command(&sev->parent, machine->kvm, SEVCMD_LAUNCH_MEASURE, &measure, &status);

    /* Without a buffer, the answer is a refusal with the length. */
    if (status != SEV_STATUS_INVALID_LEN && result < 0) {
        return sev_set_error(errp, SEVCMD_LAUNCH_MEASURE, -result, status, what);
    }
    if (measure.len != sizeof(sev->measurement)) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "LAUNCH_MEASURE has a measurement of %u bytes, not of %zu; the firmware is not one "
                         "that cgvm knows",
                         measure.len, sizeof(sev->measurement));
    }
    measure.uaddr = (uintptr_t)&sev->measurement;
    return sev_command(&sev->parent, machine->kvm, SEVCMD_LAUNCH_MEASURE, &measure, what, errp);
}

static GBytes *sev_guest_launch_measurement(ConfidentialGuestSupport *cgs)
{
    const SevGuest *sev = SEV_GUEST(cgs);

    return g_bytes_new(&sev->measurement, sizeof(sev->measurement));
}

static bool sev_guest_inject_secret(ConfidentialGuestSupport *cgs, MachineState *machine,
                                    const LaunchSecret *secret, Error **errp)
{
    return sev_secret_inject(SEV_COMMON(cgs), machine, secret, errp);
}

static bool sev_guest_finish(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    return sev_command(SEV_COMMON(cgs), machine->kvm, SEVCMD_LAUNCH_FINISH, NULL, "finishing the launch",
                       errp);
}

/* ---- questions about the guest ---- */

uint32_t sev_guest_handle(ConfidentialGuestSupport *cgs)
{
    return SEV_GUEST(cgs)->handle;
}

static GBytes *sev_guest_attestation_report(ConfidentialGuestSupport *cgs, MachineState *machine,
                                            GBytes *nonce, Error **errp)
{
    static const char what[] = "asking for an attestation report";
    SevCommon *sev = SEV_COMMON(cgs);
    SevAttestationReport request = { .len = 0 };
    g_autofree uint8_t *report = NULL;
    uint32_t status;
    int result;

    memcpy(request.mnonce, g_bytes_get_data(nonce, NULL), sizeof(request.mnonce));
    result = sev_try_command(sev, machine->kvm, SEVCMD_GET_ATTESTATION_REPORT, &request, &status);
    /* Without a buffer, the answer is a refusal with the length. */
    if (status != SEV_STATUS_INVALID_LEN && result < 0) {
        bool done = sev_set_error(errp, SEVCMD_GET_ATTESTATION_REPORT, -result, status, what);
        g_assert(!done);
        return NULL;
    }
    if (!request.len || request.len > LARGEST_REPORT) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "GET_ATTESTATION_REPORT has a report of %u bytes; the firmware is not one that "
                              "cgvm knows",
                              request.len);
    }
    report = g_malloc0(request.len);
    request.uaddr = (uintptr_t)report;
    if (!sev_command(sev, machine->kvm, SEVCMD_GET_ATTESTATION_REPORT, &request, what, errp)) {
        return NULL;
    }
    return g_bytes_new(report, request.len);
}

static bool sev_guest_check_debug(ConfidentialGuestSupport *cgs, Error **errp)
{
    const uint32_t policy = SEV_GUEST(cgs)->launch.policy;

    return !(policy & SEV_POLICY_NODBG) ||
           error_set(errp, CGVM_ERROR_UNSUPPORTED,
                     "bit 0 (nodbg) of its policy 0x%x keeps the guest's memory from the host; only a guest "
                     "that is launched without that bit can be read",
                     policy);
}

/* The firmware copies it out in plaintext, whatever was encrypted. */
static bool sev_guest_read_memory(ConfidentialGuestSupport *cgs, MachineState *machine, const uint8_t *memory,
                                  size_t size, uint8_t *buffer, Error **errp)
{
    SevDbg debug = {
        .src_uaddr = (uintptr_t)memory,
        .dst_uaddr = (uintptr_t)buffer,
        .len = (uint32_t)size,
    };

    return sev_command(SEV_COMMON(cgs), machine->kvm, SEVCMD_DBG_DECRYPT, &debug, "reading guest memory",
                       errp);
}

/* ---- type ---- */

static void instance_finalize(Object *obj)
{
    fields_clear(&SevLaunchParameters_fields, &SEV_GUEST(obj)->launch);
}

static const char *sev_guest_firmware_feature(const ConfidentialGuestSupport *cgs)
{
    return is_es((const SevGuest *)cgs) ? "amd-sev-es" : "amd-sev";
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc);

    object_class_add_fields(oc, &sev_guest_fields, offsetof(SevGuest, props));
    object_class_property_set_names(oc, "policy", sev_policy_from_names);
    confidential_guest_class_init_user(oc);
    cc->granule = SEV_BLOCK_SIZE;
    cc->firmware_feature = sev_guest_firmware_feature;
    cc->check = sev_guest_check;
    cc->vm_type = sev_guest_vm_type;
    cc->probe = sev_guest_probe;
    cc->plan = sev_guest_plan;
    cc->digest = sev_guest_digest;
    cc->check_plan = sev_guest_check_plan;
    cc->open = sev_guest_open;
    cc->memory_added = sev_guest_memory_added;
    cc->launch_range = sev_guest_launch_range;
    cc->launch_vcpus = sev_guest_launch_vcpus;
    cc->measure = sev_guest_measure;
    cc->launch_measurement = sev_guest_launch_measurement;
    cc->inject_secret = sev_guest_inject_secret;
    cc->attestation_report = sev_guest_attestation_report;
    cc->check_debug = sev_guest_check_debug;
    cc->read_memory = sev_guest_read_memory;
    cc->finish = sev_guest_finish;
    cc->exit = sev_exit;
}

const TypeInfo sev_guest_type = {
    .name = TYPE_SEV_GUEST,
    .parent = TYPE_SEV_COMMON,
    .instance_size = sizeof(SevGuest),
    .instance_finalize = instance_finalize,
    .class_init = class_init,
    .interfaces = user_creatable_interfaces,
};
