/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sev-exits.h"
#include <errno.h>
#include <inttypes.h>
#include "target-i386/sev-term.h"

/* Attributes of MAP_GPA_RANGE (Documentation/virt/kvm/x86/hypercalls.rst): the size of page that the guest
 * has in mind, which changes nothing, and what the pages become. */
#define MAP_PAGE_SIZE UINT64_C(0xf)
#define MAP_PAGE_1G   2
#define MAP_ENCRYPTED UINT64_C(0x10)

/* The machine ends with @error, which this takes over. */
static bool end_with(ConfidentialGuestSupport *cgs, MachineState *machine, const Vcpu *vcpu, Error *error)
{
    g_autofree char *label = object_label(OBJECT(cgs));
    bool prepended = error_prepend(&error, "%s: vCPU %u: ", label, vcpu->index);

    machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = error });
    return !prepended;
}

/* ---- conversions ---- */

static bool is_map_valid(uint64_t gpa, uint64_t n_pages, uint64_t attributes)
{
    return gpa % GUEST_PAGE_SIZE == 0 && n_pages > 0 && n_pages <= UINT64_MAX / GUEST_PAGE_SIZE &&
           gpa + n_pages * GUEST_PAGE_SIZE - 1 >= gpa && !(attributes & ~(MAP_PAGE_SIZE | MAP_ENCRYPTED)) &&
           (attributes & MAP_PAGE_SIZE) <= MAP_PAGE_1G;
}

/* What the guest asks for is its own business: a bad request fails for the guest, and only there. */
static bool map_gpa_range(ConfidentialGuestSupport *cgs, MachineState *machine, const Vcpu *vcpu)
{
    KvmRun *run = vcpu->run;
    uint64_t gpa = run->hypercall.args[0], n_pages = run->hypercall.args[1];
    uint64_t attributes = run->hypercall.args[2];
    g_autoptr(Error) error = NULL;

    if (!is_map_valid(gpa, n_pages, attributes)) {
        run->hypercall.ret = EINVAL;
        return true;
    }
    if (guest_ram_convert(&machine->ram, machine->kvm, gpa, n_pages * GUEST_PAGE_SIZE,
                          attributes & MAP_ENCRYPTED, &error)) {
        run->hypercall.ret = 0;
        return true;
    }
    run->hypercall.ret = EINVAL;
    if (cgvm_error_code(error) != CGVM_ERROR_INVALID) {
        return end_with(cgs, machine, vcpu, g_steal_pointer(&error));
    }
    return true;
}

static Error *unknown_fault(const KvmRun *run)
{
    return error_new(CGVM_ERROR_UNSUPPORTED, 0,
                     "a memory fault at 0x%" PRIx64 " has the flags 0x%" PRIx64 ", of which only 0x%" PRIx64
                     " is known; use a newer cgvm for this kernel",
                     run->memory_fault.gpa, run->memory_fault.flags, KVM_MEMORY_FAULT_PRIVATE);
}

static Error *endless_fault(const KvmRun *run)
{
    bool private = run->memory_fault.flags & KVM_MEMORY_FAULT_PRIVATE;

    return error_new(CGVM_ERROR_KERNEL, EFAULT,
                     "the guest's %s access to 0x%" PRIx64
                     " still faults after %u conversions of the page to "
                     "%s; either vCPUs of the guest disagree about it without end, or the host has no memory "
                     "for it",
                     private ? "private" : "shared", run->memory_fault.gpa, SEV_MAX_EQUAL_FAULTS,
                     private ? "private" : "shared");
}

/* The guest has taken a page for what it is not, and so says what it wants it to be. */
static bool memory_fault(ConfidentialGuestSupport *cgs, MachineState *machine, const Vcpu *vcpu)
{
    const KvmRun *run = vcpu->run;
    bool private = run->memory_fault.flags & KVM_MEMORY_FAULT_PRIVATE;
    g_autoptr(Error) error = NULL;
    bool prepended;

    if (run->memory_fault.flags & ~KVM_MEMORY_FAULT_PRIVATE) {
        return end_with(cgs, machine, vcpu, unknown_fault(run));
    }
    if (vcpu->faults.count > SEV_MAX_EQUAL_FAULTS) {
        return end_with(cgs, machine, vcpu, endless_fault(run));
    }
    if (guest_ram_convert(&machine->ram, machine->kvm, run->memory_fault.gpa, run->memory_fault.size, private,
                          &error)) {
        return true;
    }
    prepended = error_prepend(&error, "after a %s access to 0x%" PRIx64 ": ", private ? "private" : "shared",
                              run->memory_fault.gpa);
    return !prepended && end_with(cgs, machine, vcpu, g_steal_pointer(&error));
}

/* ---- ends ---- */

static bool terminated(ConfidentialGuestSupport *cgs, MachineState *machine, const Vcpu *vcpu)
{
    const KvmRun *run = vcpu->run;
    g_autofree char *reason = NULL;

    if (run->system_event.ndata < 1) {
        return end_with(cgs, machine, vcpu,
                        error_new(CGVM_ERROR_GUEST, 0,
                                  "the guest asked to be terminated, but KVM does not say why; see the "
                                  "end of its console"));
    }
    reason = sev_term_describe(run->system_event.data[0]);
    return end_with(cgs, machine, vcpu,
                    error_new(CGVM_ERROR_GUEST, 0, "the guest asked to be terminated with %s", reason));
}

static bool shut_down(ConfidentialGuestSupport *cgs, MachineState *machine, const Vcpu *vcpu)
{
    return end_with(cgs, machine, vcpu,
                    error_new(CGVM_ERROR_GUEST, 0,
                              "the guest shut itself down, which a triple fault does; its registers are "
                              "encrypted and cannot tell where, so see the end of its console, and "
                              "whether firmware or kernel was built for this kind of guest"));
}

static bool entry_failed(ConfidentialGuestSupport *cgs, MachineState *machine, const Vcpu *vcpu)
{
    return end_with(
        cgs, machine, vcpu,
        error_new(CGVM_ERROR_KERNEL, 0,
                  "the processor refused to enter the guest (hardware reason 0x%" PRIx64
                  "); most likely its register page (VMSA) was not launched, because the vCPU was "
                  "created after the launch or the launch was not finished",
                  vcpu->run->fail_entry.hardware_entry_failure_reason));
}

/* ---- all of them ---- */

/* Only then the firmware has measured pages of registers. */
static bool has_encrypted_registers(const ConfidentialGuestSupport *cgs)
{
    return cgs->plan->n_vcpus && cgs->plan->vcpus[0].page;
}

bool sev_exit(ConfidentialGuestSupport *cgs, MachineState *machine, Vcpu *vcpu)
{
    bool has_private_memory = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs)->private_memory;
    const KvmRun *run = vcpu->run;

    switch (run->exit_reason) {
    case KVMEXIT_HYPERCALL:
        return has_private_memory && run->hypercall.nr == KVM_HYPERCALL_MAP_GPA_RANGE &&
               map_gpa_range(cgs, machine, vcpu);
    case KVMEXIT_MEMORY_FAULT:
        return has_private_memory && memory_fault(cgs, machine, vcpu);
    case KVMEXIT_SYSTEM_EVENT:
        return run->system_event.type == KVM_SYSTEM_EVENT_TYPE_SEV_TERM && has_encrypted_registers(cgs) &&
               terminated(cgs, machine, vcpu);
    case KVMEXIT_SHUTDOWN:
        return has_encrypted_registers(cgs) && shut_down(cgs, machine, vcpu);
    case KVMEXIT_FAIL_ENTRY:
        return entry_failed(cgs, machine, vcpu);
    default:
        return false;
    }
}
