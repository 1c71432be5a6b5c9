/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The requests that an SEV-ES guest puts into a page, its GHCB (AMD publication 56421, sections 2.6 and 4;
 * sev_handle_vmgexit() of arch/x86/kvm/svm/sev.c in Linux 6.12).
 *
 * What a guest of hardware can only have by such a request works here without one, too: no #VC is raised.
 *
 * Limits: a vCPU of an SEV-ES guest that asks to be held until it is started again starts where
 * the interrupt says, not behind its request.
 */
#include <string.h>
#include "target-i386/sim-engine-request.h"

#define EXIT_IOIO             0x7b
#define EXIT_MSR              0x7c
#define EXIT_CPUID            0x72
#define EXIT_INVD             0x76
#define EXIT_HLT              0x78
#define EXIT_VMMCALL          0x81
#define EXIT_WBINVD           0x89
#define EXIT_MMIO_READ        0x80000001
#define EXIT_MMIO_WRITE       0x80000002
#define EXIT_NMI_COMPLETE     0x80000003
#define EXIT_RESET_HOLD       0x80000004
#define EXIT_JUMP_TABLE       0x80000005
#define EXIT_PSC              0x80000010
#define EXIT_MESSAGE          0x80000011
#define EXIT_EXTENDED_MESSAGE 0x80000012
#define EXIT_CREATE_VCPU      0x80000013
#define EXIT_FEATURES         0x8000fffd

#define HAS_EXCEPTION         1 /* SW_EXITINFO1; SW_EXITINFO2 is an exception to take */
#define GENERAL_PROTECTION    UINT64_C(0x80000b0d)

#define IO_IN                 (1u << 0)
#define IO_STRING             (1u << 2)
#define IO_SIZE               4 /* the size, as bits for 1, 2 and 4 bytes */
#define IO_PORT               16

#define HYPERCALL_UNKNOWN     ((uint64_t)-1000)
#define FEATURES              UINT64_C(0x3)

#define PIO_PAGE              UINT64_C(4096)
#define MOST_MMIO             8

static bool copy_scratch(SimVcpu *vcpu, void *bytes, size_t size, bool write)
{
    const SimX86Vcpu *state = vcpu->arch;

    return write ? sim_request_write(vcpu, state->ghcb.scratch, bytes, size)
                 : sim_request_read(vcpu, state->ghcb.scratch, bytes, size);
}

/* ---- what the VMM carries out ---- */

/* The data of strings is in the scratch area; else it is in RAX. Whether there is nothing for the VMM to do.
 */
static bool port_io(SimVcpu *vcpu, SimRequest *request)
{
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;
    uint64_t info = request->info1, count = request->info2;
    unsigned size = info >> IO_SIZE & 7;
    uint8_t *data = (uint8_t *)run + PIO_PAGE;

    if (size != 1 && size != 2 && size != 4) {
        sim_request_fail(request, SIM_REQUEST_INVALID_INPUT);
        return true;
    }
    count = info & IO_STRING ? count : 1;
    if (count == 0 || count > SIM_PAGE_SIZE / size) {
        sim_request_fail(request, SIM_REQUEST_INVALID_INPUT);
        return true;
    }
    state->ghcb.scratch = info & IO_STRING ? request->fields[SAVE_SCRATCH] : 0;
    if (info & IO_STRING && (!sim_request_has(request, SAVE_SCRATCH) || !state->ghcb.scratch)) {
        sim_request_fail(request, SIM_REQUEST_INVALID_SCRATCH);
        return true;
    }
    if (info & IO_STRING && !(info & IO_IN) && !copy_scratch(vcpu, data, size * count, false)) {
        sim_request_fail(request, SIM_REQUEST_INVALID_SCRATCH);
        return true;
    }
    if (!(info & (IO_STRING | IO_IN))) {
        memcpy(data, &request->fields[SAVE_RAX], size);
    }
    run->exit_reason = KVMEXIT_IO;
    run->io.direction = info & IO_IN ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
    run->io.size = (uint8_t)size;
    run->io.port = (uint16_t)(info >> IO_PORT);
    run->io.count = (uint32_t)count;
    run->io.data_offset = PIO_PAGE;
    state->ghcb.io = SIM_GHCB_IO_PORT;
    state->ghcb.io_size = info & IO_IN ? (uint32_t)(size * count) : 0;
    return false;
}

static bool memory_io(SimVcpu *vcpu, SimRequest *request, bool is_write)
{
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;
    uint64_t size = request->info2;
    uint8_t data[MOST_MMIO] = { 0 };

    if (size == 0 || size > sizeof(data)) {
        sim_request_fail(request, SIM_REQUEST_INVALID_INPUT);
        return true;
    }
    state->ghcb.scratch = request->fields[SAVE_SCRATCH];
    if (!sim_request_has(request, SAVE_SCRATCH) || !state->ghcb.scratch ||
        !copy_scratch(vcpu, data, size, false)) {
        sim_request_fail(request, SIM_REQUEST_INVALID_SCRATCH);
        return true;
    }
    run->exit_reason = KVMEXIT_MMIO;
    run->mmio.phys_addr = request->info1;
    memcpy(run->mmio.data, data, sizeof(data));
    run->mmio.len = (uint32_t)size;
    run->mmio.is_write = is_write;
    state->ghcb.io = SIM_GHCB_IO_MEMORY;
    state->ghcb.io_size = is_write ? 0 : (uint32_t)size;
    return false;
}

/* What the VMM has read goes to the guest. */
static void take_result(SimVcpu *vcpu, SimRequest *request)
{
    const SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;
    uint8_t *data = state->ghcb.io == SIM_GHCB_IO_MEMORY ? run->mmio.data : (uint8_t *)run + PIO_PAGE;
    uint64_t value = 0;

    if (!state->ghcb.io_size) {
        return;
    }
    if (!state->ghcb.scratch) {
        memcpy(&value, data, state->ghcb.io_size);
        sim_request_reply(request, SAVE_RAX, value);
    } else if (!copy_scratch(vcpu, data, state->ghcb.io_size, true)) {
        sim_request_fail(request, SIM_REQUEST_INVALID_SCRATCH);
    }
}

/* ---- what the kernel carries out ---- */

static void get_cpuid(SimVcpu *vcpu, SimRequest *request)
{
    KvmCpuidEntry entry;

    if (!sim_request_has(request, SAVE_RAX) || !sim_request_has(request, SAVE_RCX)) {
        sim_request_fail(request, SIM_REQUEST_MISSING_INPUT);
        return;
    }
    sim_engine_cpuid(vcpu, (uint32_t)request->fields[SAVE_RAX], (uint32_t)request->fields[SAVE_RCX], &entry);
    sim_request_reply(request, SAVE_RAX, entry.eax);
    sim_request_reply(request, SAVE_RBX, entry.ebx);
    sim_request_reply(request, SAVE_RCX, entry.ecx);
    sim_request_reply(request, SAVE_RDX, entry.edx);
}

static void access_msr(const SimVcpu *vcpu, SimRequest *request)
{
    g_autofree KvmMsrs *msr = g_malloc0(sizeof(*msr) + sizeof(KvmMsrEntry));
    bool is_write = request->info1 & 1;

    if (!sim_request_has(request, SAVE_RCX) ||
        (is_write && (!sim_request_has(request, SAVE_RAX) || !sim_request_has(request, SAVE_RDX)))) {
        sim_request_fail(request, SIM_REQUEST_MISSING_INPUT);
        return;
    }
    msr->nmsrs = 1;
    msr->entries[0].index = (uint32_t)request->fields[SAVE_RCX];
    msr->entries[0].data = request->fields[SAVE_RDX] << 32 | (uint32_t)request->fields[SAVE_RAX];
    if (sim_engine_vcpu_ioctl(vcpu, is_write ? KVMIO_SET_MSRS : KVMIO_GET_MSRS, msr) != 1) {
        sim_request_reply(request, SAVE_EXIT_INFO_1, HAS_EXCEPTION);
        sim_request_reply(request, SAVE_EXIT_INFO_2, GENERAL_PROTECTION);
    } else if (!is_write) {
        sim_request_reply(request, SAVE_RAX, (uint32_t)msr->entries[0].data);
        sim_request_reply(request, SAVE_RDX, msr->entries[0].data >> 32);
    }
}

static void access_jump_table(SimVcpu *vcpu, SimRequest *request)
{
    SimX86Vm *x86_vm = vcpu->vm->arch;

    switch (request->info1) {
    case 0:
        __atomic_store_n(&x86_vm->engine.jump_table, request->info2, __ATOMIC_SEQ_CST);
        break;
    case 1:
        sim_request_reply(request, SAVE_EXIT_INFO_2,
                          __atomic_load_n(&x86_vm->engine.jump_table, __ATOMIC_SEQ_CST));
        break;
    default:
        sim_request_fail(request, SIM_REQUEST_INVALID_INPUT);
        break;
    }
}

void sim_engine_hold(SimVcpu *vcpu)
{
    const KvmMpState state = { .mp_state = KVM_MP_STATE_INIT_RECEIVED };
    SimX86Vcpu *x86_vcpu = vcpu->arch;

    if (sim_sev_guest(vcpu->vm)->snp_active) {
        sim_vcpu_lock_vm(vcpu);
        x86_vcpu->start.is_held = true;
        g_mutex_unlock(&vcpu->vm->lock);
        return;
    }
    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_MP_STATE, &state);
}

static void halt(SimVcpu *vcpu)
{
    const KvmMpState state = { .mp_state = KVM_MP_STATE_HALTED };

    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_MP_STATE, &state);
}

static bool carry_out_snp(SimVcpu *vcpu, SimRequest *request)
{
    uint64_t code = request->fields[SAVE_EXIT_CODE];

    if (!sim_sev_guest(vcpu->vm)->snp_active) {
        sim_request_fail(request, SIM_REQUEST_INVALID_EVENT);
        return true;
    }
    switch (code) {
    case EXIT_PSC:
        return sim_request_convert(vcpu, request);
    case EXIT_CREATE_VCPU:
        sim_request_create_vcpu(vcpu, request);
        return true;
    default:
        sim_request_message(vcpu, request, code == EXIT_EXTENDED_MESSAGE);
        return true;
    }
}

/* Whether that was all; else the VMM is asked. */
static bool carry_out(SimVcpu *vcpu, SimRequest *request)
{
    uint64_t code = request->fields[SAVE_EXIT_CODE];

    switch (code) {
    case EXIT_IOIO:
        return port_io(vcpu, request);
    case EXIT_MMIO_READ:
    case EXIT_MMIO_WRITE:
        return memory_io(vcpu, request, code == EXIT_MMIO_WRITE);
    case EXIT_CPUID:
        get_cpuid(vcpu, request);
        return true;
    case EXIT_MSR:
        access_msr(vcpu, request);
        return true;
    case EXIT_JUMP_TABLE:
        access_jump_table(vcpu, request);
        return true;
    case EXIT_HLT:
        halt(vcpu);
        return true;
    case EXIT_RESET_HOLD:
        sim_engine_hold(vcpu);
        return true;
    case EXIT_VMMCALL:
        sim_request_reply(request, SAVE_RAX, HYPERCALL_UNKNOWN);
        return true;
    case EXIT_FEATURES:
        sim_request_reply(request, SAVE_EXIT_INFO_2, FEATURES);
        return true;
    case EXIT_PSC:
    case EXIT_MESSAGE:
    case EXIT_EXTENDED_MESSAGE:
    case EXIT_CREATE_VCPU:
        return carry_out_snp(vcpu, request);
    case EXIT_INVD:
    case EXIT_WBINVD:
    case EXIT_NMI_COMPLETE:
        return true;
    default:
        sim_request_fail(request, SIM_REQUEST_INVALID_EVENT);
        return true;
    }
}

/* KVM ends the run of an SNP guest that has not said which page it will use; here the guest hears of it. */
static bool is_registered(const SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;

    return !sim_sev_guest(vcpu->vm)->snp_active || state->ghcb.registered == state->ghcb.page;
}

bool sim_engine_vmgexit(SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;
    SimRequest request;
    uint32_t usage;
    bool done = true;

    /* Without a page, or in memory that is none, KVM does nothing but go back to the guest. */
    if (state->ghcb.msr == 0 || state->ghcb.msr != state->ghcb.page ||
        !sim_request_load(vcpu, &request, &usage)) {
        return sim_engine_finish_vmgexit(vcpu);
    }
    sim_request_accept(&request);
    if (!is_registered(vcpu)) {
        sim_request_fail(&request, SIM_REQUEST_NOT_REGISTERED);
    } else if (usage != 0) {
        sim_request_fail(&request, SIM_REQUEST_INVALID_USAGE);
    } else if (!sim_request_has(&request, SAVE_EXIT_CODE) || !sim_request_has(&request, SAVE_EXIT_INFO_1) ||
               !sim_request_has(&request, SAVE_EXIT_INFO_2)) {
        sim_request_fail(&request, SIM_REQUEST_MISSING_INPUT);
    } else {
        done = carry_out(vcpu, &request);
    }
    sim_request_store(vcpu, &request);
    return done && sim_engine_finish_vmgexit(vcpu);
}

/* Whether that was all. */
static bool take_answer(SimVcpu *vcpu, SimRequest *request)
{
    const SimX86Vcpu *state = vcpu->arch;

    if (state->ghcb.io == SIM_GHCB_IO_CONVERT) {
        return sim_request_convert_more(vcpu, request);
    }
    take_result(vcpu, request);
    return true;
}

bool sim_engine_finish_vmgexit(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    SimRequest request;
    uint32_t usage;

    if (state->ghcb.io == SIM_GHCB_IO_CONVERT_PAGE) {
        sim_engine_page_converted(vcpu);
    } else if (state->ghcb.io && sim_request_load(vcpu, &request, &usage)) {
        bool done = take_answer(vcpu, &request);

        sim_request_store(vcpu, &request);
        if (!done) {
            return false;
        }
    }
    state->ghcb.io = SIM_GHCB_IO_NONE;
    if (state->ghcb.is_wrmsr_pending) {
        /* The KVM underneath looks there for what has become of the access. */
        vcpu->run->msr.error = 0;
        state->ghcb.is_wrmsr_pending = false;
    }
    return true;
}
