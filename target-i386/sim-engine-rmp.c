/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The instructions by which an SNP guest changes the RMP: PVALIDATE takes its private pages into use and out
 * of it, RMPADJUST makes them VMSAs (AMD publication 24594). What a guest has not validated it cannot access:
 * memory out of its reach stands for the exception of hardware (#VC with PAGE_NOT_VALIDATED).
 *
 * A large page is one as long as none of it was used or all of it is in the same state; else PVALIDATE says
 * that the size is wrong, as it does for pages that KVM has of its own size.
 *
 * Limits: only VMPL 0; RMPADJUST keeps no permissions.
 */
#include <errno.h>
#include "target-i386/sim-engine.h"

/* EAX */
#define SUCCESS       0
#define FAIL_INPUT    1
#define FAIL_MISMATCH 6

#define RFLAGS_CF     UINT64_C(0x001)
#define RFLAGS_ZF     UINT64_C(0x040)
#define RFLAGS_STATUS UINT64_C(0x8d5) /* OF, SF, ZF, AF, PF, CF */

#define LARGE_PAGE    (UINT64_C(2) << 20)
#define RMP_IS_VMSA   (UINT64_C(1) << 16)

/* Where the guest's private memory at the address @linear is: without the C-bit, and false if that is not
 * set or nothing is mapped. */
static bool translate(SimVcpu *vcpu, uint64_t linear, uint64_t *ret_gpa)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    uint64_t cbit = UINT64_C(1) << x86->model.cbit;
    KvmTranslation where = { .linear_address = linear };

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_TRANSLATE, &where) < 0 || !where.valid ||
        !(where.physical_address & cbit)) {
        return false;
    }
    *ret_gpa = where.physical_address & ~cbit & ~(SIM_PAGE_SIZE - 1);
    return true;
}

static bool finish(SimVcpu *vcpu, KvmRegs *regs, uint32_t result, bool is_unchanged)
{
    regs->rax = result;
    regs->rflags =
        (regs->rflags & ~RFLAGS_STATUS) | (result ? 0 : RFLAGS_ZF) | (is_unchanged ? RFLAGS_CF : 0);
    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_REGS, regs);
    return true;
}

/* ---- what can be reached ---- */

/** A run of private pages in one slot. */
typedef struct Pages {
    SimVm *vm;
    const SimSlot *slot;
    uint64_t gpa, size;
} Pages;

void sim_engine_close_memory(SimVm *vm)
{
    SimX86Vm *x86_vm = vm->arch;
    SimRange *range = &x86_vm->engine.closing;
    const SimSlot *slot = range->start < range->end ? sim_vm_find_slot(vm, range->start) : NULL;

    if (slot) {
        sim_gmem_set_open(slot, range->start, (range->end - range->start) / SIM_PAGE_SIZE, false);
    }
    *range = (SimRange){ 0, 0 };
}

/* Guests give memory up page by page, and it is closed in runs. The KVM underneath may look into what is
 * opened at once. */
static bool set_open(const Pages *pages, bool open)
{
    SimX86Vm *x86_vm = pages->vm->arch;
    SimRange *range = &x86_vm->engine.closing;

    if (open || range->end != pages->gpa || range->start < pages->slot->gpa) {
        sim_engine_close_memory(pages->vm);
    }
    if (open) {
        return sim_gmem_set_open(pages->slot, pages->gpa, pages->size / SIM_PAGE_SIZE, true);
    }
    if (range->start == range->end) {
        range->start = pages->gpa;
    }
    range->end = pages->gpa + pages->size;
    return true;
}

/* ---- PVALIDATE ---- */

static uintptr_t memory_of(const Pages *pages, uint64_t gpa)
{
    return (uintptr_t)sim_gmem_memory(pages->slot) + (gpa - pages->slot->gpa);
}

/* Whether they could be one page of that size: all are unused, or all are as the first one is. */
static bool is_uniform(const Pages *pages)
{
    const SimX86 *x86 = pages->vm->target_host;
    bool is_used = sim_gmem_is_used(pages->slot, pages->gpa);
    bool is_valid = psp_rmp_is_valid(x86->psp, memory_of(pages, pages->gpa), false);

    for (uint64_t gpa = pages->gpa; gpa < pages->gpa + pages->size; gpa += SIM_PAGE_SIZE) {
        if (sim_gmem_is_used(pages->slot, gpa) != is_used ||
            psp_rmp_is_valid(x86->psp, memory_of(pages, gpa), false) != is_valid) {
            return false;
        }
    }
    return true;
}

static bool validate_page(const Pages *pages, uint64_t gpa, bool validate, bool *ret_changed)
{
    const SimX86 *x86 = pages->vm->target_host;
    uint8_t *page;

    return sim_gmem_get_page(pages->vm, gpa, sim_snp_prepare_page, NULL, &page) == 0 &&
           psp_rmp_validate(x86->psp, (uintptr_t)page, gpa, sim_sev_guest(pages->vm)->asid, validate,
                            ret_changed);
}

static uint32_t validate(const Pages *pages, bool validate, bool *ret_changed)
{
    if (!is_uniform(pages)) {
        return FAIL_MISMATCH;
    }
    for (uint64_t gpa = pages->gpa; gpa < pages->gpa + pages->size; gpa += SIM_PAGE_SIZE) {
        if (!validate_page(pages, gpa, validate, ret_changed)) {
            return FAIL_INPUT;
        }
    }
    return set_open(pages, validate) ? SUCCESS : FAIL_INPUT;
}

/* The guest takes for private what the VMM does not: it is asked to make it so. */
static bool ask_for_page(SimVcpu *vcpu, uint64_t gpa)
{
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;

    run->exit_reason = KVMEXIT_MEMORY_FAULT;
    run->memory_fault.flags = KVM_MEMORY_FAULT_PRIVATE;
    run->memory_fault.gpa = gpa;
    run->memory_fault.size = SIM_PAGE_SIZE;
    state->is_pvalidate_pending = true;
    return false;
}

/* The first page of them that is not private, or their end. */
static uint64_t private_end(const Pages *pages)
{
    uint64_t gpa = pages->gpa, end;

    while (gpa < pages->gpa + pages->size && sim_vm_find_private(pages->vm, gpa, &end)) {
        gpa = end;
    }
    return MIN(gpa, pages->gpa + pages->size);
}

bool sim_engine_pvalidate(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    Pages pages = { .vm = vcpu->vm };
    KvmRegs regs = { .rax = 0 };
    uint32_t result = FAIL_INPUT;
    bool changed = false, is_shared = false;

    state->is_pvalidate_pending = false;
    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs);
    pages.size = regs.rcx & 1 ? LARGE_PAGE : SIM_PAGE_SIZE;
    if (regs.rax % pages.size || !translate(vcpu, regs.rax, &pages.gpa)) {
        return finish(vcpu, &regs, FAIL_INPUT, false);
    }
    sim_vcpu_lock_vm(vcpu);
    pages.slot = sim_vm_find_slot(vcpu->vm, pages.gpa);
    if (pages.slot && sim_gmem_memory(pages.slot) &&
        pages.slot->size - (pages.gpa - pages.slot->gpa) >= pages.size) {
        is_shared = private_end(&pages) < pages.gpa + pages.size;
        result = is_shared ? FAIL_INPUT : validate(&pages, regs.rdx & 1, &changed);
    }
    if (is_shared) {
        pages.gpa = private_end(&pages);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return is_shared ? ask_for_page(vcpu, pages.gpa)
                     : finish(vcpu, &regs, result, result == SUCCESS && !changed);
}

/* ---- RMPADJUST ---- */

bool sim_engine_rmpadjust(SimVcpu *vcpu)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SimSlot *slot;
    KvmRegs regs = { .rax = 0 };
    bool done = false;
    uint64_t gpa;

    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs);
    if (regs.rax % SIM_PAGE_SIZE || regs.rcx & 1 || !translate(vcpu, regs.rax, &gpa)) {
        return finish(vcpu, &regs, FAIL_INPUT, false);
    }
    sim_vcpu_lock_vm(vcpu);
    slot = sim_vm_find_slot(vcpu->vm, gpa);
    if (slot && sim_gmem_memory(slot)) {
        done = psp_rmp_adjust(x86->psp, (uintptr_t)sim_gmem_memory(slot) + (gpa - slot->gpa), gpa,
                              sim_sev_guest(vcpu->vm)->asid, regs.rdx & RMP_IS_VMSA);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return finish(vcpu, &regs, done ? SUCCESS : FAIL_INPUT, false);
}
