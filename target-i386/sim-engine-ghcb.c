/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The MSRs by which an encrypted guest learns what it is and speaks to its hypervisor: SEV_STATUS, and for
 * SEV-ES the GHCB's (AMD publication 56421, section 2.3; sev_handle_vmgexit_msr_protocol() of
 * arch/x86/kvm/svm/sev.c in Linux 6.12).
 *
 * A guest writes a request to the MSR and executes VMGEXIT. That is VMMCALL to the KVM underneath, which does
 * not hand it out. So requests that the MSR holds are answered when they are written; nothing can tell.
 * Requests in a page need the moment of the VMGEXIT (sim-engine-insn.c), as a guest may write the address of
 * its page once and for all. Where none is found, such a request is carried out when the MSR is written.
 */
#include <string.h>
#include "target-i386/sim-engine.h"

#define MSR_GHCB           0xc0010130
#define MSR_SEV_STATUS     0xc0010131

#define STATUS_SEV         UINT64_C(1)
#define STATUS_SEV_ES      UINT64_C(2)
#define STATUS_FEATURES    2 /* the bit where they begin */

#define INFO_MASK          UINT64_C(0xfff) /* what of the MSR says which request it is; 0 is that of a page */

#define SEV_INFO_RESPONSE  UINT64_C(0x001)
#define SEV_INFO_REQUEST   UINT64_C(0x002)
#define CPUID_REQUEST      UINT64_C(0x004)
#define CPUID_RESPONSE     UINT64_C(0x005)
#define RESET_HOLD_REQUEST UINT64_C(0x006)
#define PREFERRED_REQUEST  UINT64_C(0x010)
#define PREFERRED_RESPONSE UINT64_C(0x011)
#define REGISTER_REQUEST   UINT64_C(0x012)
#define REGISTER_RESPONSE  UINT64_C(0x013)
#define PSC_REQUEST        UINT64_C(0x014)
#define FEATURES_REQUEST   UINT64_C(0x080)
#define FEATURES_RESPONSE  UINT64_C(0x081)
#define TERMINATE_REQUEST  UINT64_C(0x100)

#define NO_PREFERENCE      (~INFO_MASK) /* of a page for the GHCB */

#define VERSION_MIN        UINT64_C(1)
#define FEATURES           UINT64_C(0x3) /* SEV-SNP, AP creation: KVM tells them to all kinds of guests */

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

/* Requests of SEV-SNP guests, which end others. Whether the guest goes on. */
static bool answer_snp(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    uint64_t request = state->ghcb.msr, page = request & ~INFO_MASK;

    if (!sim_sev_guest(vcpu->vm)->snp_active) {
        return sim_engine_terminate(vcpu);
    }
    switch (request & INFO_MASK) {
    case PREFERRED_REQUEST:
        state->ghcb.msr = NO_PREFERENCE | PREFERRED_RESPONSE;
        return true;
    case REGISTER_REQUEST:
        state->ghcb.registered = page;
        state->ghcb.msr = page | REGISTER_RESPONSE;
        return true;
    default:
        state->ghcb.is_wrmsr_pending = true;
        return sim_engine_convert_page(vcpu, request);
    }
}

/* What is unknown stays in the MSR. Whether the guest goes on. */
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
        return answer_snp(vcpu);
    case TERMINATE_REQUEST:
        return sim_engine_terminate(vcpu);
    default:
        return true;
    }
}

/* ---- the MSRs ---- */

/* The features of the VMSA follow the two kinds of encryption; KVM shows those of SNP guests alone. */
static uint64_t sev_status(const SevVm *sev)
{
    return STATUS_SEV | (sev->es_active ? STATUS_SEV_ES : 0) |
           (sev->snp_active ? (sev->vmsa_features | SEV_FEATURE_SNP_ACTIVE) << STATUS_FEATURES : 0);
}

bool sim_engine_read_msr(SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;
    const SevVm *sev = sim_sev_guest(vcpu->vm);
    KvmRun *run = vcpu->run;

    run->msr.error = 0;
    if (run->msr.index == MSR_SEV_STATUS) {
        if (sev->snp_active) {
            sim_engine_replace_insns(vcpu);
        }
        run->msr.data = sev_status(sev);
    } else if (run->msr.index == MSR_GHCB && sev->es_active) {
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
    /* Code of SNP guests is searched once. */
    is_replaced = sim_engine_replace_insns(vcpu) > 0 || sim_sev_guest(vcpu->vm)->snp_active;
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
