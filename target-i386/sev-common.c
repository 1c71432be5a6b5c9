/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sev-common.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "qapi-builtins.h"
#include "target-i386/sev-errors.h"

/* ---- the host ---- */

bool sev_check_vm_type(const Kvm *kvm, uint32_t type, const char *what, const char *since, Error **errp)
{
    int types = kvm_check_extension(kvm, KVMCAP_VM_TYPES);

    if (types >> type & 1) {
        return true;
    }
    return error_set(
        errp, CGVM_ERROR_UNSUPPORTED,
        "this host's KVM offers no %s guests (KVM_CAP_VM_TYPES is 0x%x); it takes an AMD EPYC processor with "
        "SEV enabled in the firmware and Linux %s with the matching kvm_amd module parameter, or %s",
        what, types, since, kvm->door->instead);
}

static const char *device_advice(int os_error)
{
    switch (os_error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return "the module ccp provides it on hosts with an AMD secure processor";
    case EACCES:
    case EPERM:
        return "give this user the right to read and write it (its mode is 0600, its owner root)";
    default:
        return "see whether the module ccp is loaded";
    }
}

int sev_open_device(const Kvm *kvm, const char *path, Error **errp)
{
    int fd = kvm_open_device(kvm->door, path);

    if (fd < 0) {
        return error_set_errno_fd(errp, CGVM_ERROR_KERNEL, -fd, "cannot open sev-device '%s': %s; %s", path,
                                  g_strerror(-fd), device_advice(-fd));
    }
    return fd;
}

static bool read_platform_status(SevCommon *sev, const Kvm *kvm, Error **errp)
{
    SevIssueCommand command = {
        .cmd = SEV_PLATFORM_STATUS,
        .data = (uintptr_t)&sev->facts.platform,
    };
    int result = kvm_try(kvm, sev->sev_fd, SEV_ISSUE_CMD_IOCTL, &command);

    if (result >= 0) {
        return true;
    }
    return sev_set_platform_error(errp, "PLATFORM_STATUS", sev->props.sev_device, -result, command.error);
}

/* A kernel without this attribute lets a VMM choose none. */
static uint64_t read_vmsa_features(const Kvm *kvm)
{
    uint64_t features = 0;
    KvmDeviceAttr attr = {
        .group = KVM_ATTR_GROUP_SEV,
        .attr = KVM_ATTR_SEV_VMSA_FEATURES,
        .addr = (uintptr_t)&features,
    };

    if (kvm_try(kvm, kvm->fd, KVMIO_HAS_DEVICE_ATTR, &attr) < 0 ||
        kvm_try(kvm, kvm->fd, KVMIO_GET_DEVICE_ATTR, &attr) < 0) {
        return 0;
    }
    return features;
}

bool sev_cbitpos(KvmCpuid *supported, uint32_t *ret_cbitpos, Error **errp)
{
    const KvmCpuidEntry *entry = x86_cpuid_find(supported, CPUID_LEAF_ENCRYPTION, 0);

    if (!entry || !(entry->ebx & 0x3f)) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "KVM does not tell the position of the C-bit (CPUID 0x8000001f); SEV is not enabled "
                         "on this host");
    }
    *ret_cbitpos = entry->ebx & 0x3f;
    return true;
}

bool sev_probe(ConfidentialGuestSupport *cgs, MachineState *machine, Error **errp)
{
    SevCommon *sev = SEV_COMMON(cgs);
    const Kvm *kvm = machine->kvm;

    sev->facts = (SevHostFacts){ .known = false };
    sev->sev_fd = sev_open_device(kvm, sev->props.sev_device, errp);
    if (sev->sev_fd < 0 || !read_platform_status(sev, kvm, errp) ||
        !sev_cbitpos(X86_MACHINE(machine)->supported, &sev->facts.cbitpos, errp)) {
        return false;
    }
    sev->facts.vmsa_features = read_vmsa_features(kvm);
    sev->facts.known = true;
    return true;
}

void sev_close(ConfidentialGuestSupport *cgs, const Kvm *kvm)
{
    SevCommon *sev = SEV_COMMON(cgs);

    if (sev->sev_fd >= 0) {
        kvm->door->ops->close(kvm->door->host, sev->sev_fd);
    }
    sev->sev_fd = -1;
    sev->facts.known = false;
}

#define CBITPOS_MIN 32u
#define CBITPOS_MAX 51u

bool sev_check_direct(const SevCommon *sev, Error **errp)
{
    const SevCommonProperties *props = &sev->props;

    if (props->kernel_hashes) {
        return error_setg(errp,
                          "'kernel-hashes' is on, but there is no firmware (-bios) that would read them; "
                          "without one kernel, initrd and command line are measured themselves: turn "
                          "it off");
    }
    return !props->has_cbitpos || (props->cbitpos >= CBITPOS_MIN && props->cbitpos <= CBITPOS_MAX) ||
           error_setg(errp,
                      "'cbitpos' is %u, which is no bit of page-table entries that a kernel could be started "
                      "with; give one from %u to %u, or leave it out",
                      props->cbitpos, CBITPOS_MIN, CBITPOS_MAX);
}

/* ---- the plan ---- */

static uint32_t assume_cbitpos(const SevCommon *sev, bool is_measured, LaunchPlan *plan)
{
    if (sev->props.has_cbitpos) {
        launch_plan_assume(plan, "the host's C-bit is at 'cbitpos'");
        return sev->props.cbitpos;
    }
    if (is_measured) {
        launch_plan_assume(plan,
                           "the host's C-bit is at %u, as on EPYC 7003 and later; it is in page tables that "
                           "are measured, so give 'cbitpos' for other hosts",
                           SEV_USUAL_CBITPOS);
        return SEV_USUAL_CBITPOS;
    }
    launch_plan_assume(plan, "the C-bit is wherever the host has it");
    return 0;
}

bool sev_resolve_cbitpos(SevCommon *sev, bool is_measured, LaunchPlan *plan, bool *ret_known, Error **errp)
{
    *ret_known = is_measured || sev->facts.known || sev->props.has_cbitpos;
    if (sev->facts.known && sev->props.has_cbitpos && sev->props.cbitpos != sev->facts.cbitpos) {
        return error_setg(
            errp, "'cbitpos' is %u, but this host's C-bit is at %u; leave the property out or set it to %u",
            sev->props.cbitpos, sev->facts.cbitpos, sev->facts.cbitpos);
    }
    sev->cbitpos = sev->facts.known ? sev->facts.cbitpos : assume_cbitpos(sev, is_measured, plan);
    return true;
}

bool sev_check_features(SevCommon *sev, uint64_t features, LaunchPlan *plan, Error **errp)
{
    if (!sev->facts.known) {
        if (features) {
            launch_plan_assume(plan, "the host offers the VMSA features 0x%" PRIx64, features);
        }
        return true;
    }
    if (features & ~sev->facts.vmsa_features) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "this host does not offer the VMSA features 0x%" PRIx64 " (it offers 0x%" PRIx64 "); turn off %s",
            features & ~sev->facts.vmsa_features, sev->facts.vmsa_features,
            features & ~sev->facts.vmsa_features & SEV_FEATURE_DEBUG_SWAP ? "debug-swap" : "secure-tsc");
    }
    return true;
}

bool sev_check_api(SevCommon *sev, SevApiVersion least, LaunchPlan *plan, Error **errp)
{
    const SevPlatformStatus *host = &sev->facts.platform;

    if (!sev->facts.known) {
        if (least.major || least.minor) {
            launch_plan_assume(plan, "the host's firmware is at least %u.%u", least.major, least.minor);
        }
        return true;
    }
    if (host->api_major < least.major || (host->api_major == least.major && host->api_minor < least.minor)) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "this host's firmware is %u.%u, but 'policy' asks for at least %u.%u; update the "
                         "firmware, or ask for less",
                         host->api_major, host->api_minor, least.major, least.minor);
    }
    return true;
}

/* What decides where vCPU @index starts. To be freed. */
static char *vcpu_origin(const X86MachineState *x86, unsigned index)
{
    if (x86->direct.start == LINUX_START_JUMP_TABLE) {
        return g_strdup_printf("%s, start of the vCPUs", index ? "AP" : "BSP");
    }
    if (!index && x86->direct.start == LINUX_START_VALIDATION) {
        return g_strdup("BSP, validation of memory");
    }
    if (index && x86->has_ap_entry) {
        return g_strdup_printf("AP, SEV-ES reset block of %s: 0x%x", x86->firmware_name, x86->ap_entry);
    }
    if (!index && x86->direct.n_parts) {
        return g_strdup_printf("BSP, 64-bit entry of %s", x86->boot.kernel_name);
    }
    return g_strdup_printf("%s, reset vector", index ? "AP" : "BSP");
}

void sev_plan_vcpus(SevCommon *sev, MachineState *machine, const VmsaProfile *profile, LaunchPlan *plan)
{
    const X86MachineState *x86 = X86_MACHINE(machine);

    sev->cpu_known = sev->facts.known || x86->signature;
    if (!sev->cpu_known) {
        launch_plan_assume(plan, "the vCPUs are told their signature by the host");
    }
    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        g_autoptr(GBytes) page = NULL;
        g_autofree char *origin = NULL;
        X86Registers registers;

        x86_machine_registers(x86, i, &registers);
        if (profile) {
            uint8_t *vmsa = g_malloc(VMSA_SIZE);
            vmsa_predict(&registers, profile, vmsa);
            page = g_bytes_new_take(vmsa, VMSA_SIZE);
        }
        origin = vcpu_origin(x86, i);
        launch_plan_add_vcpu(plan, origin, fields_to_json(&X86Registers_fields, &registers), page);
    }
}

bool sev_check_cpu_known(const SevCommon *sev, Error **errp)
{
    return sev->cpu_known ||
           error_setg(errp,
                      "a plan without a host needs to know the CPU, which is part of the measurement; name a "
                      "model with -cpu, for example -cpu EPYC-Milan");
}

void sev_adjust_cpuid(const SevCommon *sev, uint32_t active, KvmCpuid *cpuid)
{
    *x86_cpuid_find(cpuid, CPUID_LEAF_ENCRYPTION, 0) = (KvmCpuidEntry){
        .function = CPUID_LEAF_ENCRYPTION,
        .eax = active,
        .ebx = sev->cbitpos | sev->props.reduced_phys_bits << 6,
    };
}

bool sev_check_expected_digest(const SevCommon *sev, const LaunchPlan *plan, Error **errp)
{
    const char *expected = sev->props.expect_digest;

    if (!expected || g_ascii_strcasecmp(expected, plan->digest) == 0) {
        return true;
    }
    if (strlen(expected) != strlen(plan->digest)) {
        return error_set(errp, CGVM_ERROR_MISMATCH,
                         "'expect-digest' has %zu digits, but a launch digest of %s has %zu",
                         strlen(expected), plan->mechanism, strlen(plan->digest));
    }
    return error_set(
        errp, CGVM_ERROR_MISMATCH,
        "'expect-digest' is %s, but the launch digest would be %s; compare %s, -smp, -cpu and features "
        "(-plan text shows them)",
        expected, plan->digest, sev->starts_kernel ? "kernel, -initrd, -append, -m" : "firmware file");
}

/* ---- commands ---- */

int sev_try_command(const SevCommon *sev, const Kvm *kvm, uint32_t id, void *data, uint32_t *ret_status)
{
    SevCommand command = {
        .id = id,
        .data = (uintptr_t)data,
        .sev_fd = sev->sev_fd,
    };
    int result = kvm_try(kvm, kvm->vm_fd, KVMIO_MEMORY_ENCRYPT_OP, &command);

    /* KVM leaves `error` as it was unless the firmware was reached, and the firmware's refusals come as EIO.
     */
    *ret_status = result == -EIO ? command.error : 0;
    return MIN(result, 0);
}

bool sev_command(SevCommon *sev, const Kvm *kvm, uint32_t id, void *data, const char *what, Error **errp)
{
    uint32_t status;
    int result = sev_try_command(sev, kvm, id, data, &status);

    return result == 0 || sev_set_error(errp, id, -result, status, what);
}

/* ---- type ---- */

static bool check_hex(Object *obj G_GNUC_UNUSED, json_object *value, Error **errp)
{
    const char *hex = json_object_get_string(value);
    size_t digits = hex ? strspn(hex, "0123456789abcdefABCDEF") : 0;

    if (!hex || hex[digits] || (digits != 2 * 48 && digits != 2 * 32)) {
        return error_setg(
            errp, "'expect-digest' expects a launch digest in hexadecimal: 96 digits for SEV-SNP, 64 for "
                  "SEV and SEV-ES");
    }
    return true;
}

static void instance_init(Object *obj)
{
    SEV_COMMON(obj)->sev_fd = -1;
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc);

    object_class_add_fields(oc, &sev_common_fields, offsetof(SevCommon, props));
    object_class_property_set_check(oc, "expect-digest", check_hex);
    cc->machine_type = TYPE_X86_MACHINE;
    cc->default_machine = "microvm";
    cc->default_firmware_machine = "q35";
    cc->probe = sev_probe;
    cc->close = sev_close;
}

const TypeInfo sev_common_type = {
    .name = TYPE_SEV_COMMON,
    .parent = TYPE_CONFIDENTIAL_GUEST_SUPPORT,
    .abstract = true,
    .instance_size = sizeof(SevCommon),
    .instance_init = instance_init,
    .class_init = class_init,
};
