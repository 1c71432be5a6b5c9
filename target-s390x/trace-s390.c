/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How a trace writes the ioctls of s390x: registers, interrupts, attributes, and protected virtualization.
 */
#include "target-s390x/trace-s390.h"
#include <inttypes.h>
#include <string.h>
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/s390-pv-errors.h"

static const void *pointer(uint64_t address)
{
    return (const void *)(uintptr_t)address;
}

static void cap_argument(const TraceContext *context, unsigned long arg, GString *text)
{
    static const struct {
        unsigned long cap;
        const char *name;
    } caps[] = {
        { KVMCAP_SYNC_REGS, "SYNC_REGS" },
        { KVMCAP_S390_VCPU_RESETS, "S390_VCPU_RESETS" },
        { KVMCAP_S390_PROTECTED, "S390_PROTECTED" },
        { KVMCAP_S390_PROTECTED_DUMP, "S390_PROTECTED_DUMP" },
        { KVMCAP_S390_PROTECTED_ASYNC_DISABLE, "S390_PROTECTED_ASYNC_DISABLE" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(caps); i++) {
        if (caps[i].cap == arg) {
            g_string_append(text, caps[i].name);
            return;
        }
    }
    for (size_t i = 0; i < kvm_trace_table.n_ioctls; i++) {
        if (kvm_trace_table.ioctls[i].request == KVMIO_CHECK_EXTENSION) {
            kvm_trace_table.ioctls[i].argument(context, arg, text);
        }
    }
}

static bool has_unpack(const uint64_t *facilities)
{
    return facilities[KVM_S390_FACILITY_UNPACK / 64] >> (63 - KVM_S390_FACILITY_UNPACK % 64) & 1;
}

static void append_unpack(GString *text, const KvmDeviceAttr *attr)
{
    const KvmS390Processor *processor = pointer(attr->addr);

    if (processor && attr->group == KVM_S390_GROUP_CPU_MODEL && attr->attr == KVM_S390_CPU_PROCESSOR) {
        g_string_append_printf(text, " unpack=%d", has_unpack(processor->fac_list));
    }
}

static void attr_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    static const char *const models[] = { "PROCESSOR", "MACHINE" };
    const KvmDeviceAttr *attr = (const KvmDeviceAttr *)arg;

    if (!attr) {
        return;
    }
    if (attr->group == KVM_S390_GROUP_CPU_MODEL && attr->attr < G_N_ELEMENTS(models)) {
        g_string_append_printf(text, "CPU_MODEL %s", models[attr->attr]);
    } else if (attr->group == KVM_S390_GROUP_MEMORY && attr->attr == KVM_S390_MEMORY_LIMIT) {
        g_string_append(text, "MEM_CTRL LIMIT_SIZE");
    } else {
        g_string_append_printf(text, "group=%" PRIu32 " attr=%" PRIu64, attr->group, attr->attr);
    }
}

static void set_attr_argument(const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmDeviceAttr *attr = (const KvmDeviceAttr *)arg;
    const uint64_t *value;

    attr_argument(context, arg, text);
    if (!attr) {
        return;
    }
    value = pointer(attr->addr);
    append_unpack(text, attr);
    if (value && attr->group == KVM_S390_GROUP_MEMORY && attr->attr == KVM_S390_MEMORY_LIMIT) {
        g_string_append_printf(text, " limit=%#" PRIx64, *value);
    }
}

static void get_attr_outcome(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, int result,
                             GString *text)
{
    if (result >= 0 && arg) {
        append_unpack(text, (const KvmDeviceAttr *)arg);
    }
}

/* ---- vCPUs ---- */

static void mp_state_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    static const char *const names[] = {
        [KVM_MP_STATE_STOPPED_S390] = "STOPPED",
        [KVM_MP_STATE_CHECK_STOP] = "CHECK_STOP",
        [KVM_MP_STATE_OPERATING_S390] = "OPERATING",
        [KVM_MP_STATE_LOAD_S390] = "LOAD",
    };
    const KvmMpState *state = (const KvmMpState *)arg;

    if (state && state->mp_state < G_N_ELEMENTS(names) && names[state->mp_state]) {
        g_string_append(text, names[state->mp_state]);
    } else if (state) {
        g_string_append_printf(text, "%u", state->mp_state);
    }
}

static void interrupt_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmS390Interrupt *interrupt = (const KvmS390Interrupt *)arg;

    if (!interrupt) {
        return;
    }
    switch (interrupt->type) {
    case KVM_S390_IRQ_PROGRAM:
        g_string_append_printf(text, "PROGRAM code=%#x", interrupt->parm);
        break;
    case KVM_S390_IRQ_SERVICE:
        g_string_append_printf(text, "SERVICE parm=%#x", interrupt->parm);
        break;
    case KVM_S390_IRQ_RESTART:
        g_string_append(text, "RESTART");
        break;
    default:
        g_string_append_printf(text, "type=%#x parm=%#x", interrupt->type, interrupt->parm);
    }
}

static void mem_op_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    static const char *const names[] = { "LOGICAL_READ", "LOGICAL_WRITE", "SIDA_READ",
                                         "SIDA_WRITE",   "ABSOLUTE_READ", "ABSOLUTE_WRITE" };
    const KvmS390MemOp *operation = (const KvmS390MemOp *)arg;

    if (!operation) {
        return;
    }
    if (operation->op < G_N_ELEMENTS(names)) {
        g_string_append(text, names[operation->op]);
    } else {
        g_string_append_printf(text, "op=%u", operation->op);
    }
    if (operation->op == KVM_S390_MEMOP_OP_SIDA_READ || operation->op == KVM_S390_MEMOP_OP_SIDA_WRITE) {
        g_string_append_printf(text, " offset=%#x", operation->sida_offset);
    } else {
        g_string_append_printf(text, " gaddr=%#" PRIx64, operation->gaddr);
    }
    g_string_append_printf(text, " size=%#x", operation->size);
}

/* ---- protected virtualization ---- */

static void append_data(GString *text, const KvmS390PvCommand *command)
{
    const void *data = pointer(command->data);
    const KvmS390PvUnpack *unpack = data;
    const KvmS390PvSecParm *parameters = data;
    const KvmS390PvInfo *info = data;
    const KvmS390PvDump *dump = data;

    if (!data) {
        return;
    }
    switch (command->cmd) {
    case KVM_S390_PV_SET_SEC_PARMS:
        g_string_append_printf(text, " length=%" PRIu64, parameters->length);
        break;
    case KVM_S390_PV_UNPACK:
        /* The other bits of a tweak are random. */
        g_string_append_printf(text, " addr=%#" PRIx64 " size=%#" PRIx64 " kind=%u", unpack->addr,
                               unpack->size, (unsigned)(unpack->tweak >> 48));
        break;
    case KVM_S390_PV_INFO:
        g_string_append_printf(text, " id=%u len_max=%u", info->header.id, info->header.len_max);
        break;
    case KVM_S390_PV_DUMP:
        if (dump->subcmd > KVM_S390_PV_DUMP_CPU) {
            g_string_append_printf(text, " subcmd=%" PRIu64, dump->subcmd);
        }
        if (dump->subcmd == KVM_S390_PV_DUMP_CONFIG_STOR_STATE) {
            g_string_append_printf(text, " gaddr=%#" PRIx64, dump->gaddr);
        }
        if (dump->buff_len) {
            g_string_append_printf(text, " buff_len=%#" PRIx64, dump->buff_len);
        }
        break;
    default:
        break;
    }
}

static void pv_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmS390PvCommand *command = (const KvmS390PvCommand *)arg;

    if (command) {
        g_string_append(text, s390_pv_call_name(command) + strlen("KVM_PV_"));
        append_data(text, command);
    }
}

static void pv_outcome(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, int result G_GNUC_UNUSED,
                       GString *text)
{
    const KvmS390PvCommand *command = (const KvmS390PvCommand *)arg;

    if (command) {
        g_string_append_printf(text, "rc=%#x rrc=%#x", command->rc, command->rrc);
    }
}

static const TraceIoctl s390_ioctls[] = {
    { KVMIO_CHECK_EXTENSION, "KVM_CHECK_EXTENSION", NULL, cap_argument, NULL },
    { KVMIO_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR", NULL, attr_argument, get_attr_outcome },
    { KVMIO_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR", NULL, set_attr_argument, NULL },
    { KVMIO_SET_MP_STATE, "KVM_SET_MP_STATE", NULL, mp_state_argument, NULL },
    { KVMIO_S390_INITIAL_RESET, "KVM_S390_INITIAL_RESET", NULL, NULL, NULL },
    { KVMIO_S390_NORMAL_RESET, "KVM_S390_NORMAL_RESET", NULL, NULL, NULL },
    { KVMIO_S390_CLEAR_RESET, "KVM_S390_CLEAR_RESET", NULL, NULL, NULL },
    { KVMIO_S390_INTERRUPT, "KVM_S390_INTERRUPT", NULL, interrupt_argument, NULL },
    { KVMIO_S390_MEM_OP, "KVM_S390_MEM_OP", NULL, mem_op_argument, NULL },
    { KVMIO_S390_PV_COMMAND, "KVM_S390_PV_COMMAND", NULL, pv_argument, pv_outcome },
    { KVMIO_S390_PV_CPU_COMMAND, "KVM_S390_PV_CPU_COMMAND", NULL, pv_argument, pv_outcome },
};

const TraceTable s390_trace_table = { s390_ioctls, G_N_ELEMENTS(s390_ioctls) };
