/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Instructions of encrypted guests that the processor underneath does not have, or means something else by:
 * each is replaced by an access to a port, in the guest's private memory, which is then an exit.
 *
 * They are looked for near where a guest starts, and near where it reads SEV_STATUS or writes the GHCB's MSR:
 * who does that is about to use them. An SNP guest may use them before. If it was launched with a kernel, the
 * boot parameters tell where that is; when the kernel has unpacked itself, it is searched again. What was
 * launched besides, such as an initrd, stays as it is.
 *
 * Limits: an instruction that crosses the end of a page is not found. A guest that hashes or copies its own
 * code sees the replacement.
 */
#include <string.h>
#include "target-i386/sim-engine.h"

/* How far is looked, on either side. */
#define WINDOW        UINT64_C(0x8000)
#define SNP_WINDOW    UINT64_C(0x40000)
#define KERNEL_WINDOW UINT64_C(0x4000000)

#define MOST_BYTES    5
#define ACCESS_SIZE   2 /* of what replaces an instruction, without what fills it up */
#define NOP           0x90
#define OUT           0xe6 /* of AL to a port */

/* Parameters of a kernel (Linux, Documentation/arch/x86/boot.rst), to which RSI points when it starts. */
#define PARAMS_MAGIC          0x202
#define PARAMS_CODE32_START   0x214
#define PARAMS_PAYLOAD_OFFSET 0x248
#define PARAMS_PAYLOAD_LENGTH 0x24c
#define PARAMS_SIZE           0x268

typedef struct Replaced {
    uint8_t bytes[MOST_BYTES];
    uint8_t size;
    uint8_t port;
    SimInsn kind;
} Replaced;

static const Replaced table[] = {
    { { 0xf3, 0x0f, 0x01, 0xd9 }, 4, 0xe6, SIM_INSN_VMGEXIT }, /* rep vmmcall */
    { { 0xf2, 0x0f, 0x01, 0xff }, 4, 0xe4, SIM_INSN_PVALIDATE },
    { { 0xf3, 0x0f, 0x01, 0xfe }, 4, 0xe5, SIM_INSN_RMPADJUST },
    /* mov %r15, %rsi; jmp *%rax: the end of what unpacks Linux */
    { { 0x4c, 0x89, 0xfe, 0xff, 0xe0 }, 5, 0xe7, SIM_INSN_ENTER_KERNEL },
};

/* Those that guests without SEV-SNP have come first. */
static size_t table_size(SimVm *vm)
{
    return sim_sev_guest(vm)->snp_active ? G_N_ELEMENTS(table) : 1;
}

static void make_access(const Replaced *row, uint8_t access[MOST_BYTES])
{
    memset(access, NOP, MOST_BYTES);
    access[0] = OUT;
    access[1] = row->port;
}

static bool is_access(const Replaced *row, const uint8_t *bytes)
{
    uint8_t access[MOST_BYTES];

    make_access(row, access);
    return memcmp(bytes, access, row->size) == 0;
}

/* Replaces what is there in place of @bytes, at @gpa. Returns whether it is or was an instruction of @row. */
static bool replace(SimVm *vm, const Replaced *row, uint64_t gpa, const uint8_t *bytes)
{
    uint8_t access[MOST_BYTES];

    make_access(row, access);
    return is_access(row, bytes) || (memcmp(bytes, row->bytes, row->size) == 0 &&
                                     sim_engine_write(vm, SIM_VIEW_PRIVATE, gpa, access, row->size));
}

/* In [start, end) of a page. Returns in how many places VMGEXIT is or was. */
static unsigned replace_in(SimVm *vm, uint64_t gpa, uint64_t start, uint64_t end)
{
    size_t n_rows = table_size(vm);
    uint8_t bytes[SIM_PAGE_SIZE];
    unsigned n = 0;

    if (!sim_engine_read(vm, SIM_VIEW_PRIVATE, gpa, bytes, sizeof(bytes))) {
        return 0;
    }
    for (uint64_t i = start; i < end; i++) {
        for (size_t row = 0; row < n_rows; row++) {
            if (i + table[row].size <= end && replace(vm, &table[row], gpa + i, bytes + i) &&
                table[row].kind == SIM_INSN_VMGEXIT) {
                n++;
            }
        }
    }
    return n;
}

/* Whether the firmware has launched the page. */
static bool is_launched(const SevVm *sev, uint64_t gpa)
{
    for (guint i = 0; sev->launched && i < sev->launched->len; i++) {
        const KvmEncRegion *region = &g_array_index(sev->launched, KvmEncRegion, i);

        if (gpa >= region->addr && gpa - region->addr < region->size) {
            return true;
        }
    }
    return false;
}

static bool has(const SimRange *range, uint64_t gpa)
{
    return gpa >= range->start && gpa < range->end;
}

/* The end of what was launched around @gpa in one piece. */
static uint64_t launched_end(const SevVm *sev, uint64_t gpa)
{
    while (is_launched(sev, gpa)) {
        gpa += SIM_PAGE_SIZE;
    }
    return gpa;
}

static uint32_t load32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

/* Whether @gpa has the parameters of a Linux kernel that was launched, with the kernel and its payload. */
static bool find_kernel(SimVm *vm, uint64_t gpa, SimRange *kernel, SimRange *payload)
{
    uint8_t params[PARAMS_SIZE];
    uint64_t start;

    if (!sim_engine_read(vm, SIM_VIEW_PRIVATE, gpa, params, sizeof(params)) ||
        memcmp(params + PARAMS_MAGIC, "HdrS", 4) != 0) {
        return false;
    }
    start = load32(params + PARAMS_CODE32_START);
    *kernel = (SimRange){ start, launched_end(sim_sev_guest(vm), start) };
    payload->start = start + load32(params + PARAMS_PAYLOAD_OFFSET);
    payload->end = payload->start + load32(params + PARAMS_PAYLOAD_LENGTH);
    return true;
}

/* In all but the payload, which is not code yet. */
static void replace_in_kernel(SimVm *vm, const SimRange *kernel, const SimRange *payload)
{
    for (uint64_t page = kernel->start; page < kernel->end; page += SIM_PAGE_SIZE) {
        uint64_t start = page, end = page + SIM_PAGE_SIZE;

        if (payload->start < end && start < payload->end) {
            start = MIN(MAX(payload->end, start), end);
            (void)replace_in(vm, page, 0, MAX(payload->start, page) - page);
        }
        (void)replace_in(vm, page, start - page, SIM_PAGE_SIZE);
    }
}

void sim_engine_replace_first_insns(SimVcpu *vcpu)
{
    SimX86Vm *x86_vm = vcpu->vm->arch;
    KvmRegs regs = { .rip = 0 };
    SimRange kernel, payload;

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs) < 0) {
        return;
    }
    sim_vcpu_lock_vm(vcpu);
    if (find_kernel(vcpu->vm, regs.rsi, &kernel, &payload)) {
        x86_vm->engine.kernel = kernel;
        replace_in_kernel(vcpu->vm, &kernel, &payload);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    (void)sim_engine_replace_insns(vcpu);
}

/* Where code of an SNP guest is searched that runs at @gpa. A kernel begins with what speaks to the
 * hypervisor first. */
static SimRange find_code(SimVm *vm, uint64_t gpa)
{
    SimX86Vm *x86_vm = vm->arch;
    SimRange *known = &x86_vm->engine.code;
    SimRange code = { gpa > SNP_WINDOW ? gpa - SNP_WINDOW : 0, gpa + SNP_WINDOW };

    if (has(&x86_vm->engine.kernel, gpa) || has(known, gpa)) {
        return (SimRange){ 0, 0 };
    }
    if (is_launched(&x86_vm->sev, gpa)) {
        return code;
    }
    code.end = gpa + KERNEL_WINDOW;
    *known = code;
    return code;
}

/* Pages that were launched, but not around @gpa, are other things. */
static unsigned replace_snp(SimVm *vm, uint64_t gpa)
{
    const SevVm *sev = sim_sev_guest(vm);
    bool is_first_image = is_launched(sev, gpa);
    SimRange code = find_code(vm, gpa & ~(SIM_PAGE_SIZE - 1));
    unsigned n = 0;

    for (uint64_t page = code.start; page < code.end; page += SIM_PAGE_SIZE) {
        if (is_first_image || !is_launched(sev, page)) {
            n += replace_in(vm, page, 0, SIM_PAGE_SIZE);
        }
    }
    return n;
}

/* Where the vCPU's memory at @linear is, without the C-bit. False if nothing is mapped there. */
static bool translate(const SimVcpu *vcpu, uint64_t linear, uint64_t *ret_gpa)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    KvmTranslation where = { .linear_address = linear };

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_TRANSLATE, &where) < 0 || !where.valid) {
        return false;
    }
    *ret_gpa = where.physical_address & ~(UINT64_C(1) << x86->model.cbit);
    return true;
}

/* Other guests' code is where it is mapped. */
static unsigned replace_around(SimVcpu *vcpu, uint64_t rip)
{
    uint64_t end = rip < UINT64_MAX - WINDOW ? rip + WINDOW : UINT64_MAX;
    uint64_t start = rip > WINDOW ? rip - WINDOW : 0, gpa;
    unsigned n = 0;

    while (start < end) {
        uint64_t offset = start % SIM_PAGE_SIZE, size = MIN(SIM_PAGE_SIZE - offset, end - start);

        if (translate(vcpu, start - offset, &gpa)) {
            n += replace_in(vcpu->vm, gpa & ~(SIM_PAGE_SIZE - 1), offset, offset + size);
        }
        start += size;
    }
    return n;
}

unsigned sim_engine_replace_insns(SimVcpu *vcpu)
{
    SimX86Vm *x86_vm = vcpu->vm->arch;
    KvmSregs sregs = { .cr0 = 0 };
    KvmRegs regs = { .rip = 0 };
    uint64_t rip, gpa;
    unsigned n = 0;

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0 ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs) < 0) {
        return 0;
    }
    rip = regs.rip + sregs.cs.base;
    sim_vcpu_lock_vm(vcpu);
    if (!x86_vm->sev.snp_active) {
        n = replace_around(vcpu, rip);
    } else if (translate(vcpu, rip, &gpa)) {
        n = replace_snp(vcpu->vm, gpa);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return n;
}

bool sim_engine_enter_kernel(SimVcpu *vcpu)
{
    KvmRegs regs = { .rip = 0 };
    uint64_t gpa;

    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs);
    sim_vcpu_lock_vm(vcpu);
    if (translate(vcpu, regs.rax, &gpa)) {
        (void)replace_snp(vcpu->vm, gpa);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    regs.rsi = regs.r15;
    regs.rip = regs.rax;
    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_REGS, &regs);
    return true;
}

/* What of @row the guest has at @address. It never crosses the end of a page. */
static bool is_at(SimVcpu *vcpu, const Replaced *row, uint64_t address)
{
    uint8_t bytes[MOST_BYTES];
    uint64_t gpa;
    bool done;

    if (!translate(vcpu, address, &gpa)) {
        return false;
    }
    sim_vcpu_lock_vm(vcpu);
    done = sim_engine_read(vcpu->vm, SIM_VIEW_PRIVATE, gpa, bytes, row->size);
    g_mutex_unlock(&vcpu->vm->lock);
    return done && is_access(row, bytes);
}

/* Some KVMs have gone past the access when they hand it out, and others do so when the guest goes on. */
static bool is_executed(SimVcpu *vcpu, const Replaced *row)
{
    KvmSregs sregs = { .cr0 = 0 };
    KvmRegs regs = { .rip = 0 };
    uint64_t address;

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0 ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs) < 0) {
        return false;
    }
    address = regs.rip + sregs.cs.base;
    return is_at(vcpu, row, address) || is_at(vcpu, row, address - ACCESS_SIZE);
}

SimInsn sim_engine_insn(SimVcpu *vcpu)
{
    const KvmRun *run = vcpu->run;
    size_t n_rows = table_size(vcpu->vm);

    if (run->exit_reason != KVMEXIT_IO || run->io.direction != KVM_EXIT_IO_OUT || run->io.size != 1 ||
        !sim_sev_guest(vcpu->vm)->es_active) {
        return SIM_INSN_NONE;
    }
    for (size_t row = 0; row < n_rows; row++) {
        if (run->io.port == table[row].port && is_executed(vcpu, &table[row])) {
            return table[row].kind;
        }
    }
    return SIM_INSN_NONE;
}
