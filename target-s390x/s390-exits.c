/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a vCPU of IBM Z leaves KVM_RUN for: instructions that the VMM carries out (service calls, diagnoses,
 * orders to other vCPUs), waits that nothing ends, and resets (Linux, Documentation/virt/kvm/api.rst,
 * KVM_EXIT_S390_*; z/Architecture Principles of Operation).
 */
#include <inttypes.h>
#include <string.h>
#include "target-s390x/s390-machine.h"

#define INSTRUCTION_SERVC  0xb220
#define OPCODE_DIAG        0x83
#define OPCODE_SIGP        0xae

#define DIAG_IPL           0x308
#define DIAG_VIRTIO        0x500

#define SIGP_START         0x04
#define SIGP_RESTART       0x06
#define SIGP_INITIAL_RESET 0x0b
#define SIGP_RESET         0x0c
#define SIGP_CC_ACCEPTED   0
#define SIGP_CC_STATUS     1
#define SIGP_CC_NOT_THERE  3
#define SIGP_INVALID_ORDER 2

#define PSW_CC_SHIFT       44
#define PSW_CC             (UINT64_C(3) << PSW_CC_SHIFT)
#define WAIT_SHUT_DOWN     UINT64_C(0xfff) /* the address of a wait that means that all is done */

/* What an SCCB's address may be: below 2 GiB, a multiple of 8, and not in the pages of the prefix. */
#define SCCB_ADDRESS_BITS UINT64_C(0x7ffffff8)
#define PREFIX_AREA_MASK  (~UINT64_C(0x1fff))
#define SECURE_SCCB       0x4000 /* what a secure guest's service interrupt names instead */

/* ---- helpers ---- */

static bool is_secure(const MachineState *machine)
{
    return s390_pv_is_secure(&S390_MACHINE(machine)->pv);
}

void s390_machine_fail(MachineState *machine, Vcpu *vcpu, Error *error)
{
    Error *own = error;
    bool failed = error_prepend(&own, "vCPU %u: ", vcpu->index);

    machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = own });
    (void)failed;
}

void s390_machine_program_check(MachineState *machine, Vcpu *vcpu, uint16_t code)
{
    const KvmS390Interrupt interrupt = { .type = KVM_S390_IRQ_PROGRAM, .parm = code };
    Error *error = NULL;

    /* KVM would take any, and fail to enter the guest with it. */
    if (is_secure(machine) && code != S390_PGM_SPECIFICATION) {
        s390_machine_fail(machine, vcpu,
                          error_new(CGVM_ERROR_KERNEL, 0,
                                    "the secure guest asks for something that cannot be done, and KVM cannot "
                                    "give it the program interruption 0x%04x for that",
                                    code));
        return;
    }
    if (VCPU_CALL(vcpu, S390_INTERRUPT, &interrupt, &error) < 0) {
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = error });
    }
}

static void set_cc(Vcpu *vcpu, unsigned cc)
{
    KvmS390Run *run = s390_run(vcpu);

    run->psw_mask = (run->psw_mask & ~PSW_CC) | (uint64_t)cc << PSW_CC_SHIFT;
}

static bool access_sida(Vcpu *vcpu, uint32_t op, uint64_t gpa, const void *buffer, uint32_t size)
{
    KvmS390MemOp operation = { .size = size, .op = op, .buf = (uintptr_t)buffer };

    operation.sida_offset = (uint32_t)(gpa % KVM_S390_SIDA_SIZE);
    return size <= KVM_S390_SIDA_SIZE - operation.sida_offset &&
           kvm_try(vcpu->kvm, vcpu->fd, KVMIO_S390_MEM_OP, &operation) >= 0;
}

bool s390_machine_read(MachineState *machine, Vcpu *vcpu, uint64_t gpa, void *buffer, uint32_t size)
{
    const uint8_t *memory;

    if (is_secure(machine)) {
        return access_sida(vcpu, KVM_S390_MEMOP_OP_SIDA_READ, gpa, buffer, size);
    }
    memory = guest_ram_pointer(&machine->ram, gpa, size, NULL);
    if (memory) {
        memcpy(buffer, memory, size);
    }
    return memory != NULL;
}

bool s390_machine_write(MachineState *machine, Vcpu *vcpu, uint64_t gpa, const void *buffer, uint32_t size)
{
    uint8_t *memory;

    if (is_secure(machine)) {
        return access_sida(vcpu, KVM_S390_MEMOP_OP_SIDA_WRITE, gpa, buffer, size);
    }
    memory = guest_ram_pointer(&machine->ram, gpa, size, NULL);
    if (memory) {
        memcpy(memory, buffer, size);
    }
    return memory != NULL;
}

/* ---- service calls ---- */

/* The code of the program interruption that the address of a plain guest's block causes, or 0. */
static uint16_t check_sccb_address(const Vcpu *vcpu, uint64_t sccb)
{
    const uint64_t area = sccb & PREFIX_AREA_MASK;

    return !area || area == s390_run(vcpu)->regs.prefix || sccb & ~SCCB_ADDRESS_BITS ? S390_PGM_SPECIFICATION
                                                                                     : 0;
}

static void interrupt_guest(MachineState *machine, Vcpu *vcpu, uint64_t sccb)
{
    KvmS390Interrupt interrupt = {
        .type = KVM_S390_IRQ_SERVICE,
        .parm = (uint32_t)(sccb & ~UINT64_C(3)) | sclp_has_event(&S390_MACHINE(machine)->sclp),
    };
    Error *error = NULL;

    if (KVM_CALL(machine->kvm, machine->kvm->vm_fd, S390_INTERRUPT, &interrupt, &error) < 0) {
        s390_machine_fail(machine, vcpu, error);
    }
}

/* A copy of the block is taken in two steps, as its header says how long it is; the length is that of the
 * first. Returns 0 or the code of a program interruption. */
static uint16_t call_sclp(MachineState *machine, Vcpu *vcpu, uint64_t sccb, uint32_t command)
{
    uint8_t block[SCLP_SCCB_LARGEST];
    uint16_t size;

    if (!s390_machine_read(machine, vcpu, sccb, block, SCLP_HEADER_SIZE)) {
        return S390_PGM_ADDRESSING;
    }
    size = (uint16_t)(block[0] << 8 | block[1]);
    if (size < SCLP_HEADER_SIZE) {
        return S390_PGM_SPECIFICATION;
    }
    if (size > SCLP_SCCB_LARGEST - sccb % SCLP_SCCB_LARGEST) {
        sclp_refuse(block, SCLP_RC_BOUNDARY);
        return s390_machine_write(machine, vcpu, sccb, block, SCLP_HEADER_SIZE) ? 0 : S390_PGM_ADDRESSING;
    }
    if (!s390_machine_read(machine, vcpu, sccb + SCLP_HEADER_SIZE, block + SCLP_HEADER_SIZE,
                           size - SCLP_HEADER_SIZE)) {
        return S390_PGM_ADDRESSING;
    }
    sclp_execute(&S390_MACHINE(machine)->sclp, command, block, size);
    return s390_machine_write(machine, vcpu, sccb, block, size) ? 0 : S390_PGM_ADDRESSING;
}

static void service_call(MachineState *machine, Vcpu *vcpu, uint32_t ipb)
{
    const uint64_t *gprs = s390_run(vcpu)->regs.gprs;
    const uint32_t command = (uint32_t)gprs[ipb >> 20 & 15];
    /* Of a secure guest only the data is shown, from the start of a page on. */
    const uint64_t sccb = is_secure(machine) ? 0 : gprs[ipb >> 16 & 15];
    uint16_t code = is_secure(machine) ? 0 : check_sccb_address(vcpu, sccb);

    code = code ? code : call_sclp(machine, vcpu, sccb, command);
    if (code) {
        s390_machine_program_check(machine, vcpu, code);
        return;
    }
    if (!is_secure(machine)) {
        set_cc(vcpu, 0); /* the ultravisor does that itself */
    }
    interrupt_guest(machine, vcpu, is_secure(machine) ? SECURE_SCCB : sccb);
}

/* ---- diagnoses ---- */

static uint64_t base_displacement(const Vcpu *vcpu, uint32_t ipb)
{
    const unsigned base = ipb >> 28;

    return (base ? s390_run(vcpu)->regs.gprs[base] : 0) + (ipb >> 16 & 0xfff);
}

static void diagnose(MachineState *machine, Vcpu *vcpu, uint16_t ipa, uint32_t ipb)
{
    KvmS390Run *run = s390_run(vcpu);

    switch (base_displacement(vcpu, ipb) & 0xffff) {
    case DIAG_IPL:
        s390_machine_diag308(machine, vcpu, ipa >> 4 & 15, ipa & 15);
        break;
    case DIAG_VIRTIO:
        run->regs.gprs[2] = (uint64_t)-22; /* -EINVAL: there is no such device */
        run->dirty_regs |= KVM_S390_SYNC_GPRS;
        break;
    default:
        s390_machine_program_check(machine, vcpu, S390_PGM_SPECIFICATION);
    }
}

/* ---- orders to other vCPUs ---- */

/* KVM itself carries out those that change nothing about whether a vCPU runs. Sets *@status with cc 1. */
static unsigned order_vcpu(MachineState *machine, Vcpu *target, unsigned order, uint64_t *status,
                           Error **errp)
{
    const KvmS390Interrupt restart = { .type = KVM_S390_IRQ_RESTART };
    bool is_done = true;

    switch (order) {
    case SIGP_START:
        is_done = s390_machine_set_state(machine, target, KVM_MP_STATE_OPERATING_S390, errp);
        break;
    case SIGP_RESTART:
        is_done = VCPU_CALL(target, S390_INTERRUPT, &restart, errp) >= 0 &&
                  s390_machine_set_state(machine, target, KVM_MP_STATE_OPERATING_S390, errp);
        break;
    case SIGP_INITIAL_RESET:
    case SIGP_RESET:
        if (!machine_is_halted(machine, target)) {
            *status = SIGP_INVALID_ORDER; /* stop it first */
            return SIGP_CC_STATUS;
        }
        is_done = (order == SIGP_RESET ? VCPU_CALL(target, S390_NORMAL_RESET, NULL, errp)
                                       : VCPU_CALL(target, S390_INITIAL_RESET, NULL, errp)) >= 0;
        break;
    default:
        *status = SIGP_INVALID_ORDER;
        return SIGP_CC_STATUS;
    }
    return is_done ? SIGP_CC_ACCEPTED : SIGP_CC_NOT_THERE;
}

static void signal_processor(MachineState *machine, Vcpu *vcpu, uint16_t ipa, uint32_t ipb)
{
    KvmS390Run *run = s390_run(vcpu);
    const unsigned r1 = ipa >> 4 & 15;
    const uint64_t address = run->regs.gprs[ipa & 15] & 0xffff;
    uint64_t status = 0;
    Error *error = NULL;
    unsigned cc = SIGP_CC_NOT_THERE;

    if (address < machine->vcpus->len) {
        cc = order_vcpu(machine, g_ptr_array_index(machine->vcpus, address),
                        base_displacement(vcpu, ipb) & 0xff, &status, &error);
    }
    if (error) {
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = error });
        return;
    }
    if (cc == SIGP_CC_STATUS) {
        run->regs.gprs[r1] = (run->regs.gprs[r1] & ~UINT64_C(0xffffffff)) | status;
        run->dirty_regs |= KVM_S390_SYNC_GPRS;
    }
    set_cc(vcpu, cc);
}

/* ---- exits ---- */

static void instruction(MachineState *machine, Vcpu *vcpu, uint16_t ipa, uint32_t ipb)
{
    if (ipa == INSTRUCTION_SERVC) {
        service_call(machine, vcpu, ipb);
    } else if (ipa >> 8 == OPCODE_DIAG) {
        diagnose(machine, vcpu, ipa, ipb);
    } else if (ipa >> 8 == OPCODE_SIGP) {
        signal_processor(machine, vcpu, ipa, ipb);
    } else {
        s390_machine_program_check(machine, vcpu, S390_PGM_OPERATION);
    }
}

/* Whether all others have stopped, too. */
static bool is_last(MachineState *machine, const Vcpu *vcpu)
{
    for (guint i = 0; i < machine->vcpus->len; i++) {
        const Vcpu *other = g_ptr_array_index(machine->vcpus, i);
        if (other != vcpu && !machine_is_halted(machine, other)) {
            return false;
        }
    }
    return true;
}

/* The vCPU waits with all interruptions disabled, so nothing can end that. */
static void disabled_wait(MachineState *machine, Vcpu *vcpu)
{
    const KvmS390Run *run = s390_run(vcpu);

    if (!is_last(machine, vcpu)) {
        machine_set_halted(machine, vcpu, true);
    } else if (run->psw_addr == WAIT_SHUT_DOWN) {
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_POWERED_OFF });
    } else {
        s390_machine_fail(
            machine, vcpu,
            error_new(CGVM_ERROR_GUEST, 0,
                      "the guest has given up: it waits for nothing, with a program status word "
                      "that has mask 0x%016" PRIx64 " and address 0x%" PRIx64,
                      run->psw_mask, run->psw_addr));
    }
}

static void stop(MachineState *machine, Vcpu *vcpu)
{
    Error *error = NULL;

    if (is_last(machine, vcpu)) {
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_POWERED_OFF });
    } else if (!s390_machine_set_state(machine, vcpu, KVM_MP_STATE_STOPPED_S390, &error)) {
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = error });
    }
}

static void fail_with(MachineState *machine, Vcpu *vcpu, const char *what, uint64_t value)
{
    s390_machine_fail(machine, vcpu,
                      error_new(CGVM_ERROR_KERNEL, 0, "KVM has stopped it: %s 0x%" PRIx64, what, value));
}

static void intercept(MachineState *machine, Vcpu *vcpu)
{
    /* A copy: the guest cannot change it, but the next look would be another one. */
    const uint8_t code = s390_run(vcpu)->sieic.icptcode;
    const uint16_t ipa = s390_run(vcpu)->sieic.ipa;
    const uint32_t ipb = s390_run(vcpu)->sieic.ipb;

    switch (code) {
    case KVM_S390_ICPT_INSTRUCTION:
    case KVM_S390_ICPT_PV_INSTR:
        instruction(machine, vcpu, ipa, ipb);
        break;
    case KVM_S390_ICPT_PV_NOTIFY:
        /* It was carried out, and KVM has had to know; but for orders to vCPUs, which are still to be given
         * (handle_pv_notification() in arch/s390/kvm/intercept.c). */
        if (ipa >> 8 == OPCODE_SIGP) {
            signal_processor(machine, vcpu, ipa, ipb);
        }
        break;
    case KVM_S390_ICPT_WAIT:
        disabled_wait(machine, vcpu);
        break;
    case KVM_S390_ICPT_STOP:
        stop(machine, vcpu);
        break;
    default:
        fail_with(machine, vcpu, "an intercept that cgvm does not know,", code);
    }
}

bool s390_machine_exit(MachineState *machine, Vcpu *vcpu)
{
    const KvmS390Run *run = s390_run(vcpu);

    switch (run->exit_reason) {
    case KVMEXIT_S390_SIEIC:
        intercept(machine, vcpu);
        break;
    case KVMEXIT_S390_RESET:
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_RESET });
        break;
    case KVMEXIT_UNKNOWN:
        fail_with(machine, vcpu, "an exit unknown to KVM, hardware reason", run->hw.hardware_exit_reason);
        break;
    case KVMEXIT_FAIL_ENTRY:
        fail_with(machine, vcpu, "a failed entry into the guest, hardware reason",
                  run->fail_entry.hardware_entry_failure_reason);
        break;
    case KVMEXIT_INTERNAL_ERROR:
        fail_with(machine, vcpu, "an internal error, suberror", run->internal.suberror);
        break;
    default:
        fail_with(machine, vcpu, "an exit that cgvm does not know, reason", run->exit_reason);
    }
    return true;
}
