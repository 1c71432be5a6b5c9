/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The MSRs by which an encrypted guest learns what it is and speaks to its hypervisor: SEV_STATUS, and for
 * SEV-ES the GHCB's (AMD publication 56421, section 2.3; sev_handle_vmgexit_msr_protocol() of
 * arch/x86/kvm/svm/sev.c in Linux 6.12).
 *
 * A guest writes a request to the MSR and executes VMGEXIT. That is VMMCALL to the KVM underneath, which does
 * not hand it out. So requests that the MSR holds are answered when they are written; nothing can tell.
 * Requests in a page need the moment of the VMGEXIT, as a guest may write the address of its page once and
 * for all. What executes VMGEXIT is found near where the MSR is written, and is replaced by an access to a
 * port, in the guest's private memory. Where none is found, such a request is carried out when the MSR is
 * written.
 */
#include <string.h>
#include "target-i386/sim-engine.h"

#define MSR_GHCB           0xc0010130
#define MSR_SEV_STATUS     0xc0010131

#define STATUS_SEV         UINT64_C(1)
#define STATUS_SEV_ES      UINT64_C(2)

#define INFO_MASK          UINT64_C(0xfff) /* what of the MSR says which request it is; 0 is that of a page */

#define SEV_INFO_RESPONSE  UINT64_C(0x001)
#define SEV_INFO_REQUEST   UINT64_C(0x002)
#define CPUID_REQUEST      UINT64_C(0x004)
#define CPUID_RESPONSE     UINT64_C(0x005)
#define RESET_HOLD_REQUEST UINT64_C(0x006)
#define PREFERRED_REQUEST  UINT64_C(0x010)
#define REGISTER_REQUEST   UINT64_C(0x012)
#define PSC_REQUEST        UINT64_C(0x014)
#define FEATURES_REQUEST   UINT64_C(0x080)
#define FEATURES_RESPONSE  UINT64_C(0x081)
#define TERMINATE_REQUEST  UINT64_C(0x100)

#define VERSION_MIN        UINT64_C(1)
#define FEATURES           UINT64_C(0x3) /* SEV-SNP, AP creation: KVM tells them to all kinds of guests */

/* Where VMGEXIT is looked for, on either side of the instruction that writes the MSR. */
#define WINDOW        UINT64_C(0x8000)

#define ACCESS_LENGTH 2 /* of the instruction that takes its place, without what fills it up */

static const uint8_t vmgexit[] = { 0xf3, 0x0f, 0x01, 0xd9 };                 /* rep vmmcall */
static const uint8_t access_port[] = { 0xe6, SIM_VMGEXIT_PORT, 0x90, 0x90 }; /* out %al; nop; nop */

/* ---- the instruction ---- */

/* Replaces it wherever it is in [start, end) of a page. Returns in how many places it is or was. */
static unsigned replace_in(SimVm *vm, uint64_t gpa, uint64_t start, uint64_t end)
{
    uint8_t bytes[SIM_PAGE_SIZE];
    unsigned n = 0;

    if (!sim_engine_read(vm, SIM_VIEW_PRIVATE, gpa, bytes, sizeof(bytes))) {
        return 0;
    }
    for (uint64_t i = start; i + sizeof(vmgexit) <= end; i++) {
        if (memcmp(bytes + i, access_port, sizeof(access_port)) == 0) {
            n++;
        } else if (memcmp(bytes + i, vmgexit, sizeof(vmgexit)) == 0 &&
                   sim_engine_write(vm, SIM_VIEW_PRIVATE, gpa + i, access_port, sizeof(access_port))) {
            n++;
        }
    }
    return n;
}

/* One that crosses the end of a page stays as it is. */
static unsigned replace_vmgexit(SimVcpu *vcpu)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    KvmSregs sregs = { .cr0 = 0 };
    KvmRegs regs = { .rip = 0 };
    uint64_t start, end;
    unsigned n = 0;

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0 ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs) < 0) {
        return 0;
    }
    start = regs.rip + sregs.cs.base;
    end = start < UINT64_MAX - WINDOW ? start + WINDOW : UINT64_MAX;
    start = start > WINDOW ? start - WINDOW : 0;
    sim_vcpu_lock_vm(vcpu);
    while (start < end) {
        uint64_t offset = start % SIM_PAGE_SIZE, size = MIN(SIM_PAGE_SIZE - offset, end - start);
        KvmTranslation where = { .linear_address = start - offset };

        if (sim_engine_vcpu_ioctl(vcpu, KVMIO_TRANSLATE, &where) == 0 && where.valid) {
            uint64_t gpa = where.physical_address & ~(UINT64_C(1) << x86->model.cbit);

            n += replace_in(vcpu->vm, gpa & ~(SIM_PAGE_SIZE - 1), offset, offset + size);
        }
        start += size;
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return n;
}

/* Whether the guest has at @address what replaces the instruction. It never crosses the end of a page. */
static bool is_replaced_at(SimVcpu *vcpu, uint64_t address)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    KvmTranslation where = { .linear_address = address };
    uint8_t bytes[sizeof(access_port)];
    bool done;

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_TRANSLATE, &where) < 0 || !where.valid) {
        return false;
    }
    sim_vcpu_lock_vm(vcpu);
    done = sim_engine_read(vcpu->vm, SIM_VIEW_PRIVATE,
                           where.physical_address & ~(UINT64_C(1) << x86->model.cbit), bytes, sizeof(bytes));
    g_mutex_unlock(&vcpu->vm->lock);
    return done && memcmp(bytes, access_port, sizeof(bytes)) == 0;
}

/* Some KVMs have gone past the instruction when they hand it out, and others do so when the guest goes on. */
bool sim_engine_is_vmgexit(SimVcpu *vcpu)
{
    const KvmRun *run = vcpu->run;
    KvmSregs sregs = { .cr0 = 0 };
    KvmRegs regs = { .rip = 0 };

    if (run->exit_reason != KVMEXIT_IO || run->io.port != SIM_VMGEXIT_PORT ||
        run->io.direction != KVM_EXIT_IO_OUT || !sim_sev_guest(vcpu->vm)->es_active ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0 ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs) < 0) {
        return false;
    }
    return is_replaced_at(vcpu, regs.rip + sregs.cs.base) ||
           is_replaced_at(vcpu, regs.rip + sregs.cs.base - ACCESS_LENGTH);
}

/* ---- requests in the MSR ---- */

static uint64_t sev_info(const SimVcpu *vcpu)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SevVm *sev = sim_sev_guest(vcpu->vm);

    return (uint64_t)sev->ghcb_version << 48 | VERSION_MIN << 32 | (uint64_t)x86->model.cbit << 24 |
           SEV_INFO_RESPONSE;
}

static uint64_t cpuid(SimVcpu *vcpu, uint64_t request)
{
    uint32_t which = request >> 30 & 3;
    KvmCpuidEntry entry;
    uint32_t values[4];

    sim_engine_cpuid(vcpu, (uint32_t)(request >> 32), 0, &entry);
    memcpy(values, (uint32_t[]){ entry.eax, entry.ebx, entry.ecx, entry.edx }, sizeof(values));
    return (uint64_t)values[which] << 32 | (uint64_t)which << 30 | CPUID_RESPONSE;
}

bool sim_engine_terminate(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;

    state->ghcb.is_over = true;
    run->exit_reason = KVMEXIT_SYSTEM_EVENT;
    run->system_event.type = KVM_SYSTEM_EVENT_TYPE_SEV_TERM;
    run->system_event.ndata = 1;
    run->system_event.data[0] = state->ghcb.msr;
    return false;
}

/* Requests of SEV-SNP guests end others; what is unknown stays in the MSR. Whether the guest goes on. */
static bool answer(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    uint64_t request = state->ghcb.msr;

    switch (request & INFO_MASK) {
    case SEV_INFO_REQUEST:
        state->ghcb.msr = sev_info(vcpu);
        return true;
    case CPUID_REQUEST:
        state->ghcb.msr = cpuid(vcpu, request);
        return true;
    case RESET_HOLD_REQUEST:
        sim_engine_hold(vcpu);
        return true;
    case FEATURES_REQUEST:
        state->ghcb.msr = FEATURES << 12 | FEATURES_RESPONSE;
        return true;
    case PREFERRED_REQUEST:
    case REGISTER_REQUEST:
    case PSC_REQUEST:
    case TERMINATE_REQUEST:
        return sim_engine_terminate(vcpu);
    default:
        return true;
    }
}

/* ---- the MSRs ---- */

bool sim_engine_read_msr(SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;
    bool is_es = sim_sev_guest(vcpu->vm)->es_active;
    KvmRun *run = vcpu->run;

    run->msr.error = 0;
    if (run->msr.index == MSR_SEV_STATUS) {
        run->msr.data = STATUS_SEV | (is_es ? STATUS_SEV_ES : 0);
    } else if (run->msr.index == MSR_GHCB && is_es) {
        run->msr.data = state->ghcb.msr;
    } else {
        run->msr.error = 1;
    }
    return true;
}

bool sim_engine_write_msr(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;
    bool is_replaced;

    run->msr.error = run->msr.index != MSR_GHCB || !sim_sev_guest(vcpu->vm)->es_active;
    if (run->msr.error) {
        return true;
    }
    state->ghcb.msr = run->msr.data;
    is_replaced = replace_vmgexit(vcpu) > 0;
    if (state->ghcb.msr & INFO_MASK) {
        return answer(vcpu);
    }
    state->ghcb.page = state->ghcb.msr;
    if (is_replaced) {
        return true;
    }
    state->ghcb.is_wrmsr_pending = true;
    return sim_engine_vmgexit(vcpu);
}
