/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The MSRs by which an encrypted guest learns what it is and speaks to its hypervisor.
 */
#include "target-i386/sim-engine.h"

#define MSR_SEV_STATUS 0xc0010131

#define STATUS_SEV     UINT64_C(1)
#define STATUS_SEV_ES  UINT64_C(2)

bool sim_engine_read_msr(SimVcpu *vcpu)
{
    const SevVm *sev = sim_sev_guest(vcpu->vm);
    KvmRun *run = vcpu->run;

    run->msr.error = run->msr.index != MSR_SEV_STATUS;
    run->msr.data = STATUS_SEV | (sev->es_active ? STATUS_SEV_ES : 0);
    return true;
}

bool sim_engine_write_msr(SimVcpu *vcpu)
{
    vcpu->run->msr.error = 1;
    return true;
}
