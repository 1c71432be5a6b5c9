/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sim-engine-request.h"
#include <string.h>

#define GHCB_USAGE 0xffc
#define HAS_FAILED 2 /* SW_EXITINFO1; SW_EXITINFO2 says why */

bool sim_request_has(const SimRequest *request, unsigned field)
{
    return request->valid[field / 64] >> (field % 64) & 1;
}

void sim_request_reply(SimRequest *request, unsigned field, uint64_t value)
{
    request->fields[field] = value;
    request->fields[SAVE_VALID + field / 64] |= UINT64_C(1) << (field % 64);
}

void sim_request_accept(SimRequest *request)
{
    memcpy(request->valid, request->fields + SAVE_VALID, sizeof(request->valid));
    request->info1 = request->fields[SAVE_EXIT_INFO_1];
    request->info2 = request->fields[SAVE_EXIT_INFO_2];
    memset(request->fields + SAVE_VALID, 0, sizeof(request->valid));
    sim_request_reply(request, SAVE_EXIT_INFO_1, 0);
    sim_request_reply(request, SAVE_EXIT_INFO_2, 0);
}

void sim_request_fail(SimRequest *request, SimRequestError why)
{
    sim_request_reply(request, SAVE_EXIT_INFO_1, HAS_FAILED);
    sim_request_reply(request, SAVE_EXIT_INFO_2, why);
}

bool sim_request_read(SimVcpu *vcpu, uint64_t gpa, void *bytes, size_t size)
{
    bool done;

    sim_vcpu_lock_vm(vcpu);
    done = sim_engine_read(vcpu->vm, SIM_VIEW_SHARED, gpa, bytes, size);
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}

bool sim_request_write(SimVcpu *vcpu, uint64_t gpa, const void *bytes, size_t size)
{
    bool done;

    sim_vcpu_lock_vm(vcpu);
    done = sim_engine_write(vcpu->vm, SIM_VIEW_SHARED, gpa, bytes, size);
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}

/* Fields are in the byte order of both sides, which are the same processor. */
bool sim_request_load(SimVcpu *vcpu, SimRequest *request, uint32_t *usage)
{
    const SimX86Vcpu *state = vcpu->arch;

    request->gpa = state->ghcb.page;
    return sim_request_read(vcpu, request->gpa, request->fields, sizeof(request->fields)) &&
           sim_request_read(vcpu, request->gpa + GHCB_USAGE, usage, sizeof(*usage));
}

void sim_request_store(SimVcpu *vcpu, const SimRequest *request)
{
    (void)sim_request_write(vcpu, request->gpa, request->fields, sizeof(request->fields));
}
