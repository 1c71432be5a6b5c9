/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The requests that an SEV-ES guest puts into a page, its GHCB (AMD publication 56421, sections 2.6 and 4;
 * sev_handle_vmgexit() of arch/x86/kvm/svm/sev.c in Linux 6.12).
 *
 * What a guest of hardware can only have by such a request works here without one, too: no #VC is raised.
 *
 * Limits: no requests of SEV-SNP guests. A vCPU that asks to be held until it is started again starts where
 * the interrupt says, not behind its request.
 */
#include <string.h>
#include "target-i386/sim-engine.h"

#define EXIT_IOIO          0x7b
#define EXIT_MSR           0x7c
#define EXIT_CPUID         0x72
#define EXIT_INVD          0x76
#define EXIT_HLT           0x78
#define EXIT_VMMCALL       0x81
#define EXIT_WBINVD        0x89
#define EXIT_MMIO_READ     0x80000001
#define EXIT_MMIO_WRITE    0x80000002
#define EXIT_NMI_COMPLETE  0x80000003
#define EXIT_RESET_HOLD    0x80000004
#define EXIT_JUMP_TABLE    0x80000005
#define EXIT_FEATURES      0x8000fffd

#define HAS_FAILED         2 /* SW_EXITINFO1; SW_EXITINFO2 says why */
#define INVALID_USAGE      2
#define INVALID_SCRATCH    3
#define MISSING_INPUT      4
#define INVALID_INPUT      5
#define INVALID_EVENT      6

#define HAS_EXCEPTION      1 /* SW_EXITINFO1; SW_EXITINFO2 is an exception to take */
#define GENERAL_PROTECTION UINT64_C(0x80000b0d)

#define IO_IN              (1u << 0)
#define IO_STRING          (1u << 2)
#define IO_SIZE            4 /* the size, as bits for 1, 2 and 4 bytes */
#define IO_PORT            16

#define HYPERCALL_UNKNOWN  ((uint64_t)-1000)
#define FEATURES           UINT64_C(0x3)

#define PIO_PAGE           UINT64_C(4096)
#define MOST_MMIO          8

/* Fields of the page: 8 bytes each, by number from its start. */
#define SAVE_RAX         (0x1f8 / 8)
#define SAVE_RCX         (0x308 / 8)
#define SAVE_RDX         (0x310 / 8)
#define SAVE_RBX         (0x318 / 8)
#define SAVE_EXIT_CODE   (0x390 / 8)
#define SAVE_EXIT_INFO_1 (0x398 / 8)
#define SAVE_EXIT_INFO_2 (0x3a0 / 8)
#define SAVE_SCRATCH     (0x3a8 / 8)
#define SAVE_VALID       (0x3f0 / 8) /* a bit for each field before it */
#define SAVE_WORDS       (SAVE_VALID + 2)

#define GHCB_USAGE       0xffc

/** A request: the part of its page that has fields. */
typedef struct Request {
    uint64_t gpa;
    uint64_t valid[2]; /* which fields the guest has filled in */
    uint64_t info1, info2;
    uint64_t fields[SAVE_WORDS];
} Request;

static bool has(const Request *request, unsigned field)
{
    return request->valid[field / 64] >> (field % 64) & 1;
}

static void reply(Request *request, unsigned field, uint64_t value)
{
    request->fields[field] = value;
    request->fields[SAVE_VALID + field / 64] |= UINT64_C(1) << (field % 64);
}

/* Nothing is valid but what is answered, and nothing has failed yet. */
static void accept_request(Request *request)
{
    memcpy(request->valid, request->fields + SAVE_VALID, sizeof(request->valid));
    request->info1 = request->fields[SAVE_EXIT_INFO_1];
    request->info2 = request->fields[SAVE_EXIT_INFO_2];
    memset(request->fields + SAVE_VALID, 0, sizeof(request->valid));
    reply(request, SAVE_EXIT_INFO_1, 0);
    reply(request, SAVE_EXIT_INFO_2, 0);
}

static void fail(Request *request, uint64_t why)
{
    reply(request, SAVE_EXIT_INFO_1, HAS_FAILED);
    reply(request, SAVE_EXIT_INFO_2, why);
}

/* ---- the page ---- */

/* Fields are in the byte order of both sides, which are the same processor. */
static bool load(SimVcpu *vcpu, Request *request, uint32_t *usage)
{
    const SimX86Vcpu *state = vcpu->arch;
    bool done;

    request->gpa = state->ghcb.page;
    sim_vcpu_lock_vm(vcpu);
    done =
        sim_engine_read(vcpu->vm, SIM_VIEW_SHARED, request->gpa, request->fields, sizeof(request->fields)) &&
        sim_engine_read(vcpu->vm, SIM_VIEW_SHARED, request->gpa + GHCB_USAGE, usage, sizeof(*usage));
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}

static void store(SimVcpu *vcpu, const Request *request)
{
    sim_vcpu_lock_vm(vcpu);
    (void)sim_engine_write(vcpu->vm, SIM_VIEW_SHARED, request->gpa, request->fields, sizeof(request->fields));
    g_mutex_unlock(&vcpu->vm->lock);
}

static bool copy_scratch(SimVcpu *vcpu, void *bytes, size_t size, bool write)
{
    const SimX86Vcpu *state = vcpu->arch;
    uint64_t gpa = state->ghcb.scratch;
    bool done;

    sim_vcpu_lock_vm(vcpu);
    done = write ? sim_engine_write(vcpu->vm, SIM_VIEW_SHARED, gpa, bytes, size)
                 : sim_engine_read(vcpu->vm, SIM_VIEW_SHARED, gpa, bytes, size);
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}

/* ---- what the VMM carries out ---- */

/* The data of strings is in the scratch area; else it is in RAX. Whether there is nothing for the VMM to do.
 */
static bool port_io(SimVcpu *vcpu, Request *request)
{
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;
    uint64_t info = request->info1, count = request->info2;
    unsigned size = info >> IO_SIZE & 7;
    uint8_t *data = (uint8_t *)run + PIO_PAGE;

    if (size != 1 && size != 2 && size != 4) {
        fail(request, INVALID_INPUT);
        return true;
    }
    count = info & IO_STRING ? count : 1;
    if (count == 0 || count > SIM_PAGE_SIZE / size) {
        fail(request, INVALID_INPUT);
        return true;
    }
    state->ghcb.scratch = info & IO_STRING ? request->fields[SAVE_SCRATCH] : 0;
    if (info & IO_STRING && (!has(request, SAVE_SCRATCH) || !state->ghcb.scratch)) {
        fail(request, INVALID_SCRATCH);
        return true;
    }
    if (info & IO_STRING && !(info & IO_IN) && !copy_scratch(vcpu, data, size * count, false)) {
        fail(request, INVALID_SCRATCH);
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

static bool memory_io(SimVcpu *vcpu, Request *request, bool is_write)
{
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;
    uint64_t size = request->info2;
    uint8_t data[MOST_MMIO] = { 0 };

    if (size == 0 || size > sizeof(data)) {
        fail(request, INVALID_INPUT);
        return true;
    }
    state->ghcb.scratch = request->fields[SAVE_SCRATCH];
    if (!has(request, SAVE_SCRATCH) || !state->ghcb.scratch || !copy_scratch(vcpu, data, size, false)) {
        fail(request, INVALID_SCRATCH);
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
static void take_result(SimVcpu *vcpu, Request *request)
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
        reply(request, SAVE_RAX, value);
    } else if (!copy_scratch(vcpu, data, state->ghcb.io_size, true)) {
        fail(request, INVALID_SCRATCH);
    }
}

/* ---- what the kernel carries out ---- */

static void get_cpuid(SimVcpu *vcpu, Request *request)
{
    KvmCpuidEntry entry;

    if (!has(request, SAVE_RAX) || !has(request, SAVE_RCX)) {
        fail(request, MISSING_INPUT);
        return;
    }
    sim_engine_cpuid(vcpu, (uint32_t)request->fields[SAVE_RAX], (uint32_t)request->fields[SAVE_RCX], &entry);
    reply(request, SAVE_RAX, entry.eax);
    reply(request, SAVE_RBX, entry.ebx);
    reply(request, SAVE_RCX, entry.ecx);
    reply(request, SAVE_RDX, entry.edx);
}

static void access_msr(const SimVcpu *vcpu, Request *request)
{
    g_autofree KvmMsrs *msr = g_malloc0(sizeof(*msr) + sizeof(KvmMsrEntry));
    bool is_write = request->info1 & 1;

    if (!has(request, SAVE_RCX) || (is_write && (!has(request, SAVE_RAX) || !has(request, SAVE_RDX)))) {
        fail(request, MISSING_INPUT);
        return;
    }
    msr->nmsrs = 1;
    msr->entries[0].index = (uint32_t)request->fields[SAVE_RCX];
    msr->entries[0].data = request->fields[SAVE_RDX] << 32 | (uint32_t)request->fields[SAVE_RAX];
    if (sim_engine_vcpu_ioctl(vcpu, is_write ? KVMIO_SET_MSRS : KVMIO_GET_MSRS, msr) != 1) {
        reply(request, SAVE_EXIT_INFO_1, HAS_EXCEPTION);
        reply(request, SAVE_EXIT_INFO_2, GENERAL_PROTECTION);
    } else if (!is_write) {
        reply(request, SAVE_RAX, (uint32_t)msr->entries[0].data);
        reply(request, SAVE_RDX, msr->entries[0].data >> 32);
    }
}

static void access_jump_table(SimVcpu *vcpu, Request *request)
{
    SimX86Vm *x86_vm = vcpu->vm->arch;

    switch (request->info1) {
    case 0:
        __atomic_store_n(&x86_vm->engine.jump_table, request->info2, __ATOMIC_SEQ_CST);
        break;
    case 1:
        reply(request, SAVE_EXIT_INFO_2, __atomic_load_n(&x86_vm->engine.jump_table, __ATOMIC_SEQ_CST));
        break;
    default:
        fail(request, INVALID_INPUT);
        break;
    }
}

void sim_engine_hold(SimVcpu *vcpu)
{
    const KvmMpState state = { .mp_state = KVM_MP_STATE_INIT_RECEIVED };

    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_MP_STATE, &state);
}

static void halt(SimVcpu *vcpu)
{
    const KvmMpState state = { .mp_state = KVM_MP_STATE_HALTED };

    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_MP_STATE, &state);
}

/* Whether that was all; else the VMM is asked. */
static bool carry_out(SimVcpu *vcpu, Request *request)
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
        reply(request, SAVE_RAX, HYPERCALL_UNKNOWN);
        return true;
    case EXIT_FEATURES:
        reply(request, SAVE_EXIT_INFO_2, FEATURES);
        return true;
    case EXIT_INVD:
    case EXIT_WBINVD:
    case EXIT_NMI_COMPLETE:
        return true;
    default:
        fail(request, INVALID_EVENT);
        return true;
    }
}

bool sim_engine_vmgexit(SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;
    Request request;
    uint32_t usage;
    bool done = true;

    /* Without a page, or in memory that is none, KVM does nothing but go back to the guest. */
    if (state->ghcb.msr == 0 || state->ghcb.msr != state->ghcb.page || !load(vcpu, &request, &usage)) {
        return sim_engine_finish_vmgexit(vcpu);
    }
    accept_request(&request);
    if (usage != 0) {
        fail(&request, INVALID_USAGE);
    } else if (!has(&request, SAVE_EXIT_CODE) || !has(&request, SAVE_EXIT_INFO_1) ||
               !has(&request, SAVE_EXIT_INFO_2)) {
        fail(&request, MISSING_INPUT);
    } else {
        done = carry_out(vcpu, &request);
    }
    store(vcpu, &request);
    return done && sim_engine_finish_vmgexit(vcpu);
}

bool sim_engine_finish_vmgexit(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    Request request;
    uint32_t usage;

    if (state->ghcb.io && load(vcpu, &request, &usage)) {
        take_result(vcpu, &request);
        store(vcpu, &request);
    }
    state->ghcb.io = SIM_GHCB_IO_NONE;
    if (state->ghcb.is_wrmsr_pending) {
        /* The KVM underneath looks there for what has become of the access. */
        vcpu->run->msr.error = 0;
        state->ghcb.is_wrmsr_pending = false;
    }
    return true;
}
