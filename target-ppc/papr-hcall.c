/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/papr-hcall.h"
#include <string.h>
#include "target-ppc/kvm-ppc-abi.h"
#include "target-ppc/papr-rtas.h"

/* A table is 2^(12 + its size) bytes long, and this is the largest size. */
#define PROC_TABLE_MAX_SIZE 24

#define ADDR_TRANS_OFF      0
#define ADDR_TRANS_ON       3

typedef int64_t Hcall(PseriesMachineState *machine, Vcpu *vcpu, uint64_t *args);

/* ---- the console ---- */

static bool is_terminal(uint64_t unit)
{
    return unit == PAPR_TERM_UNIT || unit == 0; /* 0 is the first there is */
}

/* Two registers hold 16 characters, the first in the uppermost byte. */
static void unpack(const uint64_t *registers, uint8_t bytes[PAPR_TERM_OUTPUT])
{
    for (unsigned i = 0; i < PAPR_TERM_OUTPUT; i++) {
        bytes[i] = (uint8_t)(registers[i / 8] >> (56 - 8 * (i % 8)));
    }
}

static void pack(const uint8_t bytes[PAPR_TERM_OUTPUT], uint64_t *registers)
{
    registers[0] = registers[1] = 0;
    for (unsigned i = 0; i < PAPR_TERM_OUTPUT; i++) {
        registers[i / 8] |= (uint64_t)bytes[i] << (56 - 8 * (i % 8));
    }
}

static int64_t put_term_char(PseriesMachineState *machine, Vcpu *vcpu G_GNUC_UNUSED, uint64_t *args)
{
    uint8_t bytes[PAPR_TERM_OUTPUT];

    if (!is_terminal(args[0]) || args[1] > sizeof(bytes)) {
        return H_PARAMETER;
    }
    unpack(&args[2], bytes);
    papr_vty_put(&machine->vty, bytes, args[1]);
    return H_SUCCESS;
}

static int64_t get_term_char(PseriesMachineState *machine, Vcpu *vcpu G_GNUC_UNUSED, uint64_t *args)
{
    uint8_t bytes[PAPR_TERM_OUTPUT] = { 0 };

    if (!is_terminal(args[0])) {
        return H_PARAMETER;
    }
    args[0] = papr_vty_get(&machine->vty, bytes, sizeof(bytes));
    pack(bytes, &args[1]);
    return H_SUCCESS;
}

/* ---- translation and interrupts ---- */

static int64_t register_proc_tbl(PseriesMachineState *machine, Vcpu *vcpu G_GNUC_UNUSED, uint64_t *args)
{
    const Kvm *kvm = machine->parent.kvm;
    uint64_t flags = args[0], base = args[1], page_size = args[2], table_size = args[3];
    KvmMmuV3 configuration = {
        .flags = KVM_MMU_V3_RADIX | (flags & PROC_TABLE_GTSE ? KVM_MMU_V3_GTSE : 0),
        .process_table = PROCESS_TABLE_RADIX,
    };

    if (flags & ~(uint64_t)(PROC_TABLE_OP | PROC_TABLE_TYPE | PROC_TABLE_GTSE)) {
        return H_PARAMETER;
    }
    if ((flags & PROC_TABLE_OP) == PROC_TABLE_OP_NEW) {
        if ((flags & PROC_TABLE_TYPE) != PROC_TABLE_RADIX) {
            return H_PARAMETER; /* there is nothing else than radix trees */
        }
        if (base % 0x1000 || base >> 60 || base >= machine->parent.memory_size) {
            return H_P2;
        }
        if (page_size) {
            return H_P3;
        }
        if (table_size > PROC_TABLE_MAX_SIZE) {
            return H_P4;
        }
        configuration.process_table |= base | table_size;
    } else if ((flags & PROC_TABLE_OP) != PROC_TABLE_OP_CLEAR) {
        return H_PARAMETER;
    }
    return kvm_try(kvm, kvm->vm_fd, KVMIO_PPC_CONFIGURE_V3_MMU, &configuration) < 0 ? H_HARDWARE : H_SUCCESS;
}

/* Changes bits of the LPCR of one vCPU, which is on this thread or halted. */
static bool change_lpcr(const Vcpu *vcpu, uint64_t mask, uint64_t value)
{
    uint64_t lpcr = 0;
    const KvmOneReg reg = { .id = KVM_REG_PPC_LPCR, .addr = (uintptr_t)&lpcr };

    if (kvm_try(vcpu->kvm, vcpu->fd, KVMIO_GET_ONE_REG, &reg) < 0) {
        return false;
    }
    lpcr = (lpcr & ~mask) | value;
    return kvm_try(vcpu->kvm, vcpu->fd, KVMIO_SET_ONE_REG, &reg) >= 0;
}

/*
 * The mode is that of the whole partition. Guests choose it before they start other processors, or after they
 * have stopped them; KVM would let us wait for one that runs.
 */
static int64_t change_mode(PseriesMachineState *machine, const Vcpu *vcpu, uint64_t mask, uint64_t value)
{
    MachineState *parent = &machine->parent;

    for (guint i = 0; i < parent->vcpus->len; i++) {
        const Vcpu *other = g_ptr_array_index(parent->vcpus, i);

        if (other != vcpu && !machine_is_halted(parent, other)) {
            return H_MULTI_THREADS_ACTIVE;
        }
    }
    for (guint i = 0; i < parent->vcpus->len; i++) {
        if (!change_lpcr(g_ptr_array_index(parent->vcpus, i), mask, value)) {
            return H_HARDWARE;
        }
    }
    return H_SUCCESS;
}

static int64_t set_mode(PseriesMachineState *machine, Vcpu *vcpu, uint64_t *args)
{
    uint64_t flags = args[0], resource = args[1];
    int64_t result;

    if (resource != H_SET_MODE_LE && resource != H_SET_MODE_ADDR_TRANS) {
        return H_P2;
    }
    if (args[2]) {
        return H_P3;
    }
    if (args[3]) {
        return H_P4;
    }
    g_mutex_lock(&machine->lock);
    if (resource == H_SET_MODE_LE) {
        result = flags > 1 ? H_UNSUPPORTED_FLAG : change_mode(machine, vcpu, LPCR_ILE, flags ? LPCR_ILE : 0);
    } else if (flags == ADDR_TRANS_OFF || flags == ADDR_TRANS_ON) {
        result = change_mode(machine, vcpu, LPCR_AIL, flags == ADDR_TRANS_ON ? LPCR_AIL : 0);
    } else {
        result = H_UNSUPPORTED_FLAG;
    }
    g_mutex_unlock(&machine->lock);
    return result;
}

/* ---- devices in memory, of which there are none ---- */

static bool is_device_access(const PseriesMachineState *machine, uint64_t size, uint64_t address)
{
    return (size == 1 || size == 2 || size == 4 || size == 8) && address % size == 0 &&
           address >= machine->parent.memory_size;
}

static int64_t logical_ci_load(PseriesMachineState *machine, Vcpu *vcpu G_GNUC_UNUSED, uint64_t *args)
{
    uint64_t size = args[0];

    if (!is_device_access(machine, size, args[1])) {
        return H_PARAMETER;
    }
    args[0] = UINT64_MAX >> (64 - 8 * size);
    return H_SUCCESS;
}

static int64_t logical_ci_store(PseriesMachineState *machine, Vcpu *vcpu G_GNUC_UNUSED, uint64_t *args)
{
    return is_device_access(machine, args[0], args[1]) ? H_SUCCESS : H_PARAMETER;
}

/* ---- all of them ---- */

static int64_t rtas(PseriesMachineState *machine, Vcpu *vcpu, uint64_t *args)
{
    return papr_rtas(machine, vcpu, args[0]) ? H_SUCCESS : H_PARAMETER;
}

static const struct {
    uint64_t number;
    Hcall *call;
} hcalls[] = {
    { H_LOGICAL_CI_LOAD, logical_ci_load },
    { H_LOGICAL_CI_STORE, logical_ci_store },
    { H_GET_TERM_CHAR, get_term_char },
    { H_PUT_TERM_CHAR, put_term_char },
    { H_SET_MODE, set_mode },
    { H_REGISTER_PROC_TBL, register_proc_tbl },
    { H_RTAS, rtas },
};

int64_t papr_hcall(PseriesMachineState *machine, Vcpu *vcpu, uint64_t number,
                   uint64_t args[static PAPR_HCALL_ARGS])
{
    for (size_t i = 0; i < G_N_ELEMENTS(hcalls); i++) {
        if (hcalls[i].number == number) {
            return hcalls[i].call(machine, vcpu, args);
        }
    }
    return H_FUNCTION;
}
