/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pef-guest: guests of POWER's Protected Execution Facility.
 *
 * The host launches nothing and measures nothing. It allows the guest to become secure
 * (KVM_CAP_PPC_SECURE_GUEST); then the guest's kernel asks the ultravisor (UV_ESM), which verifies what the
 * guest's owner has put into the image, the ESM blob, takes the guest's pages out of the hypervisor's reach
 * with KVM's help, and measures them itself. At a reset the host ends that (KVM_PPC_SVM_OFF), and the guest
 * starts again as an ordinary one. (Linux, Documentation/arch/powerpc/ultravisor.rst and
 * Documentation/virt/kvm/api.rst.)
 */
#include <errno.h>
#include <string.h>
#include "confidential/confidential-guest-support.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-ppc/kvm-ppc-abi.h"
#include "target-ppc/pseries.h"

#define TYPE_PEF_GUEST "pef-guest"

/* KVM-PR emulates the guest's kernel, which could keep no secret from it: the VM must be one of KVM-HV. */
static bool pef_vm_type(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, const Kvm *kvm G_GNUC_UNUSED,
                        uint32_t *ret_type, Error **errp G_GNUC_UNUSED)
{
    *ret_type = KVM_VM_TYPE_PPC_HV;
    return true;
}

/* ---- the plan ---- */

static void plan_parameters(LaunchPlan *plan)
{
    const PefLaunchParameters parameters = { .capability = KVMCAP_PPC_SECURE_GUEST, .allowed = true };

    plan->parameters = fields_to_json(&PefLaunchParameters_fields, &parameters);
    launch_plan_explain(plan, "capability", "KVM_CAP_PPC_SECURE_GUEST: the guest may become secure");
}

static bool pef_plan(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine, LaunchPlan *plan,
                     Error **errp G_GNUC_UNUSED)
{
    const PseriesMachineState *pseries = PSERIES_MACHINE(machine);
    const BootParts *boot = &pseries->boot;

    plan_parameters(plan);
    for (guint i = 0; i < boot->parts->len; i++) {
        const BootPart *part = &g_array_index(boot->parts, BootPart, i);

        launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_UNMEASURED, part->gpa, g_bytes_get_size(part->contents),
                              part->contents, "%s", part->origin);
    }
    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        launch_plan_add_vcpu(plan, i ? "stopped until RTAS starts it" : "kernel",
                             pseries_registers(pseries, i), NULL);
    }
    if (!machine->kvm) {
        launch_plan_assume(plan, "the host has KVM-HV under an ultravisor");
    }
    launch_plan_leave_out(
        plan, "everything above: the host measures nothing, the ultravisor does when the guest asks "
              "to become secure, and compares with the ESM blob in the guest's image");
    return true;
}

/* ---- the launch ---- */

static bool refuse_host(const Kvm *kvm, Error **errp)
{
    if (kvm_vm_check_extension(kvm, KVMCAP_PPC_GET_PVINFO)) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "the VM is one of KVM-PR, and only those of KVM-HV can become secure; load kvm_hv on a POWER9 "
            "or newer machine that is not a guest itself");
    }
    return error_set(
        errp, CGVM_ERROR_UNSUPPORTED,
        "this host has no ultravisor that KVM-HV could hand a secure guest to "
        "(KVM_CAP_PPC_SECURE_GUEST is 0). It takes a POWER9 machine whose firmware has the Protected "
        "Execution Facility turned on and started the ultravisor (/proc/device-tree/ibm,ultravisor), "
        "and a host kernel with CONFIG_PPC_UV, which distributions leave out");
}

/* Whether guests may become secure is a property of a VM: KVM knows then if it is one of KVM-HV. */
static bool pef_open(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine, Error **errp)
{
    if (!kvm_vm_check_extension(machine->kvm, KVMCAP_PPC_SECURE_GUEST)) {
        return refuse_host(machine->kvm, errp);
    }
    return kvm_enable_cap(
        machine->kvm, KVMCAP_PPC_SECURE_GUEST,
        "secure guests (KVM_CAP_PPC_SECURE_GUEST, which the host has said it has; its dmesg may tell "
        "what became of the ultravisor)",
        1, errp);
}

static bool pef_launch_range(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine,
                             const LaunchRange *range, Error **errp)
{
    uint8_t *memory = guest_ram_pointer(&machine->ram, range->gpa, range->size, errp);

    if (!memory) {
        return false;
    }
    memcpy(memory, g_bytes_get_data(range->contents, NULL), range->size);
    return true;
}

/* ---- the reset ---- */

static const char *svm_off_cause(int os_error)
{
    switch (os_error) {
    case EBUSY:
        return "; a vCPU still runs: stop the guest before it is reset";
    case EINVAL:
        return "; the ultravisor refused to end the secure guest, whose memory stays taken until the host is "
               "restarted: see the host's dmesg";
    case ENOMEM:
        return "; the host has no memory for the pages that the guest leaves: free some, and try again";
    default:
        return "";
    }
}

/*
 * An ordinary guest is left alone by this call. A kernel that does not know it has no secure guests, or ends
 * them with their VM, which comes next anyway.
 */
static bool pef_reset(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine, Error **errp)
{
    int result = kvm_try(machine->kvm, machine->kvm->vm_fd, KVMIO_PPC_SVM_OFF, NULL);

    if (result >= 0 || result == -ENOTTY) {
        return true;
    }
    return error_set_errno(errp, CGVM_ERROR_KERNEL, -result,
                           "cannot take the guest out of secure mode: KVM_PPC_SVM_OFF failed: %s%s",
                           g_strerror(-result), svm_off_cause(-result));
}

/* ---- type ---- */

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc);

    confidential_guest_class_init_user(oc);
    cc->machine_type = TYPE_PSERIES_MACHINE;
    cc->default_machine = "pseries";
    cc->granule = 1; /* the host writes plain bytes */
    cc->vm_type = pef_vm_type;
    cc->plan = pef_plan;
    cc->open = pef_open;
    cc->launch_range = pef_launch_range;
    cc->reset = pef_reset;
}

const TypeInfo pef_guest_type = {
    .name = TYPE_PEF_GUEST,
    .parent = TYPE_CONFIDENTIAL_GUEST_SUPPORT,
    .instance_size = sizeof(ConfidentialGuestSupport),
    .class_init = class_init,
    .interfaces = user_creatable_interfaces,
};
