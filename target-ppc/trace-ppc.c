/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/trace-ppc.h"
#include <inttypes.h>
#include "target-ppc/kvm-ppc-abi.h"

/* ---- capabilities ---- */

static const struct {
    uint32_t cap;
    const char *name;
} caps[] = {
    { KVMCAP_PPC_GET_PVINFO, "PPC_GET_PVINFO" },
    { KVMCAP_PPC_PAPR, "PPC_PAPR" },
    { KVMCAP_ONE_REG, "ONE_REG" },
    { KVMCAP_PPC_RTAS, "PPC_RTAS" },
    { KVMCAP_IRQ_XICS, "IRQ_XICS" },
    { KVMCAP_PPC_ENABLE_HCALL, "PPC_ENABLE_HCALL" },
    { KVMCAP_PPC_MMU_RADIX, "PPC_MMU_RADIX" },
    { KVMCAP_PPC_MMU_HASH_V3, "PPC_MMU_HASH_V3" },
    { KVMCAP_PPC_SECURE_GUEST, "PPC_SECURE_GUEST" },
};

static const char *cap_name(uint64_t cap)
{
    for (size_t i = 0; i < G_N_ELEMENTS(caps); i++) {
        if (caps[i].cap == cap) {
            return caps[i].name;
        }
    }
    return NULL;
}

/* What the table of all architectures writes. */
static void general_argument(unsigned long request, const TraceContext *context, unsigned long arg,
                             GString *text)
{
    for (size_t i = 0; i < kvm_trace_table.n_ioctls; i++) {
        if (kvm_trace_table.ioctls[i].request == request) {
            kvm_trace_table.ioctls[i].argument(context, arg, text);
        }
    }
}

static void check_extension_argument(const TraceContext *context, unsigned long arg, GString *text)
{
    const char *name = cap_name(arg);

    if (name) {
        g_string_append(text, name);
    } else {
        general_argument(KVMIO_CHECK_EXTENSION, context, arg, text);
    }
}

static void enable_cap_argument(const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmEnableCap *enable = (const KvmEnableCap *)arg;
    const char *name = enable ? cap_name(enable->cap) : NULL;

    if (!name) {
        general_argument(KVMIO_ENABLE_CAP, context, arg, text);
        return;
    }
    g_string_append(text, name);
    if (enable->flags) {
        g_string_append_printf(text, " flags=%#" PRIx32, enable->flags);
    }
    switch (enable->cap) {
    case KVMCAP_IRQ_XICS:
        g_string_append_printf(text, " %s server=%" PRIu64,
                               context->descriptor_name(context, (int)enable->args[0]), enable->args[1]);
        break;
    case KVMCAP_PPC_ENABLE_HCALL:
        g_string_append_printf(text, " hcall=%#" PRIx64 " %s", enable->args[0],
                               enable->args[1] ? "on" : "off");
        break;
    case KVMCAP_PPC_SECURE_GUEST:
        g_string_append_printf(text, " %" PRIu64, enable->args[0]);
        break;
    default:
        break;
    }
}

/* ---- registers ---- */

static void regs_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmPpcRegs *regs = (const KvmPpcRegs *)arg;

    if (!regs) {
        return;
    }
    g_string_append_printf(text, "pc=%#" PRIx64 " msr=%#" PRIx64, regs->pc, regs->msr);
    for (unsigned i = 0; i < G_N_ELEMENTS(regs->gpr); i++) {
        if (regs->gpr[i]) {
            g_string_append_printf(text, " r%u=%#" PRIx64, i, regs->gpr[i]);
        }
    }
}

static void get_sregs_outcome(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, int result,
                              GString *text)
{
    const KvmPpcSregs *sregs = (const KvmPpcSregs *)arg;

    if (result >= 0 && sregs) {
        g_string_append_printf(text, "pvr=%#" PRIx32, sregs->pvr);
    }
}

static void append_value(const KvmOneReg *reg, GString *text)
{
    if (!reg->addr) {
        return;
    }
    if (reg->id == KVM_REG_PPC_LPCR) {
        g_string_append_printf(text, "=%#" PRIx64, *(const uint64_t *)(uintptr_t)reg->addr);
    } else if (reg->id == KVM_REG_PPC_ARCH_COMPAT) {
        g_string_append_printf(text, "=%#" PRIx32, *(const uint32_t *)(uintptr_t)reg->addr);
    }
}

static void append_reg(const KvmOneReg *reg, GString *text)
{
    if (reg->id == KVM_REG_PPC_LPCR) {
        g_string_append(text, "LPCR");
    } else if (reg->id == KVM_REG_PPC_ARCH_COMPAT) {
        g_string_append(text, "ARCH_COMPAT");
    } else {
        g_string_append_printf(text, "%#" PRIx64, reg->id);
    }
}

static void get_one_reg_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmOneReg *reg = (const KvmOneReg *)arg;

    if (reg) {
        append_reg(reg, text);
    }
}

static void set_one_reg_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmOneReg *reg = (const KvmOneReg *)arg;

    if (reg) {
        append_reg(reg, text);
        append_value(reg, text);
    }
}

/* ---- the VM ---- */

static void rtas_token_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmRtasToken *define = (const KvmRtasToken *)arg;

    if (define) {
        g_string_append_printf(text, "%.*s token=%#" PRIx64, (int)sizeof(define->name), define->name,
                               define->token);
    }
}

static void mmu_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmMmuV3 *configuration = (const KvmMmuV3 *)arg;

    if (configuration) {
        g_string_append_printf(
            text, "%s%s process_table=%#" PRIx64, configuration->flags & KVM_MMU_V3_RADIX ? "RADIX" : "HASH",
            configuration->flags & KVM_MMU_V3_GTSE ? "|GTSE" : "", configuration->process_table);
    }
}

static const TraceIoctl ioctls[] = {
    { KVMIO_CHECK_EXTENSION, "KVM_CHECK_EXTENSION", NULL, check_extension_argument, NULL },
    { KVMIO_ENABLE_CAP, "KVM_ENABLE_CAP", NULL, enable_cap_argument, NULL },
    { KVMIO_GET_REGS, "KVM_GET_REGS", NULL, NULL, NULL },
    { KVMIO_SET_REGS, "KVM_SET_REGS", NULL, regs_argument, NULL },
    { KVMIO_GET_SREGS, "KVM_GET_SREGS", NULL, NULL, get_sregs_outcome },
    { KVMIO_SET_SREGS, "KVM_SET_SREGS", NULL, NULL, NULL },
    { KVMIO_GET_ONE_REG, "KVM_GET_ONE_REG", NULL, get_one_reg_argument, NULL },
    { KVMIO_SET_ONE_REG, "KVM_SET_ONE_REG", NULL, set_one_reg_argument, NULL },
    { KVMIO_PPC_RTAS_DEFINE_TOKEN, "KVM_PPC_RTAS_DEFINE_TOKEN", NULL, rtas_token_argument, NULL },
    { KVMIO_PPC_CONFIGURE_V3_MMU, "KVM_PPC_CONFIGURE_V3_MMU", NULL, mmu_argument, NULL },
    { KVMIO_PPC_SVM_OFF, "KVM_PPC_SVM_OFF", NULL, NULL, NULL },
};

const TraceTable ppc_trace_table = { ioctls, G_N_ELEMENTS(ioctls) };
