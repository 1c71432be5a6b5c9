/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How a trace writes the ioctls of x86.
 *
 * Of registers it writes those that tell one launch from another: in a set of mostly zeros, those that are
 * not.
 */
#include <inttypes.h>
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/trace-x86.h"

/* Appends a field to text that may have some already. */
static void append_field(GString *text, const char *name, uint64_t value)
{
    g_string_append_printf(text, "%s%s=%#" PRIx64, text->len ? " " : "", name, value);
}

static void append_field_unless_zero(GString *text, const char *name, uint64_t value)
{
    if (value) {
        append_field(text, name, value);
    }
}

/* Capabilities and attributes. */

static void cap_argument(const TraceContext *context, unsigned long arg, GString *text)
{
    switch (arg) {
    case KVMCAP_SET_TSS_ADDR:
        g_string_append(text, "SET_TSS_ADDR");
        return;
    case KVMCAP_EXT_CPUID:
        g_string_append(text, "EXT_CPUID");
        return;
    case KVMCAP_SET_IDENTITY_MAP_ADDR:
        g_string_append(text, "SET_IDENTITY_MAP_ADDR");
        return;
    case KVMCAP_XCRS:
        g_string_append(text, "XCRS");
        return;
    case KVMCAP_TSC_CONTROL:
        g_string_append(text, "TSC_CONTROL");
        return;
    case KVMCAP_TSC_DEADLINE_TIMER:
        g_string_append(text, "TSC_DEADLINE_TIMER");
        return;
    case KVMCAP_X86_SMM:
        g_string_append(text, "X86_SMM");
        return;
    case KVMCAP_VM_TSC_CONTROL:
        g_string_append(text, "VM_TSC_CONTROL");
        return;
    default:
        break;
    }
    for (size_t i = 0; i < kvm_trace_table.n_ioctls; i++) {
        if (kvm_trace_table.ioctls[i].request == KVMIO_CHECK_EXTENSION) {
            kvm_trace_table.ioctls[i].argument(context, arg, text);
        }
    }
}

static bool is_vmsa_features(const KvmDeviceAttr *attr)
{
    return attr->group == KVM_ATTR_GROUP_SEV && attr->attr == KVM_ATTR_SEV_VMSA_FEATURES;
}

static void attr_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmDeviceAttr *attr = (const KvmDeviceAttr *)arg;

    if (!attr) {
        return;
    }
    if (is_vmsa_features(attr)) {
        g_string_append(text, "SEV_VMSA_FEATURES");
    } else {
        g_string_append_printf(text, "group=%" PRIu32 " attr=%" PRIu64, attr->group, attr->attr);
    }
}

static void attr_outcome(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, int result,
                         GString *text)
{
    const KvmDeviceAttr *attr = (const KvmDeviceAttr *)arg;

    /* Of other attributes nothing tells how long they are. */
    if (result >= 0 && attr && is_vmsa_features(attr) && attr->addr) {
        append_field(text, "features", *(const uint64_t *)(uintptr_t)attr->addr);
    }
}

/* Addresses and numbers. */

static void address_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    append_field(text, "address", arg);
}

static void pointer_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const uint64_t *address = (const uint64_t *)arg;

    if (address) {
        append_field(text, "address", *address);
    }
}

static void pit_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmPitConfig *config = (const KvmPitConfig *)arg;

    if (config) {
        g_string_append_printf(text, "flags=%u", config->flags);
    }
}

static void khz_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    g_string_append_printf(text, "khz=%lu", arg);
}

/* Registers. */

static void regs_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmRegs *regs = (const KvmRegs *)arg;

    if (!regs) {
        return;
    }
    append_field(text, "rip", regs->rip);
    append_field_unless_zero(text, "rax", regs->rax);
    append_field_unless_zero(text, "rbx", regs->rbx);
    append_field_unless_zero(text, "rcx", regs->rcx);
    append_field_unless_zero(text, "rdx", regs->rdx);
    append_field_unless_zero(text, "rsi", regs->rsi);
    append_field_unless_zero(text, "rdi", regs->rdi);
    append_field_unless_zero(text, "rsp", regs->rsp);
    append_field_unless_zero(text, "rbp", regs->rbp);
    append_field_unless_zero(text, "r8", regs->r8);
    append_field_unless_zero(text, "r9", regs->r9);
    append_field_unless_zero(text, "r10", regs->r10);
    append_field_unless_zero(text, "r11", regs->r11);
    append_field_unless_zero(text, "r12", regs->r12);
    append_field_unless_zero(text, "r13", regs->r13);
    append_field_unless_zero(text, "r14", regs->r14);
    append_field_unless_zero(text, "r15", regs->r15);
    append_field(text, "rflags", regs->rflags);
}

static void append_segment(GString *text, const char *name, const KvmSegment *segment)
{
    if (segment->selector || segment->base) {
        g_string_append_printf(text, " %s=%04x:%" PRIx64, name, segment->selector, segment->base);
    }
}

static void append_table(GString *text, const char *name, const KvmDescriptorTable *table)
{
    if (table->base || table->limit) {
        g_string_append_printf(text, " %s=%" PRIx64 "+%x", name, table->base, table->limit);
    }
}

static void sregs_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmSregs *sregs = (const KvmSregs *)arg;

    if (!sregs) {
        return;
    }
    g_string_append_printf(text, "cs=%04x:%" PRIx64, sregs->cs.selector, sregs->cs.base);
    append_segment(text, "ds", &sregs->ds);
    append_segment(text, "es", &sregs->es);
    append_segment(text, "fs", &sregs->fs);
    append_segment(text, "gs", &sregs->gs);
    append_segment(text, "ss", &sregs->ss);
    append_segment(text, "tr", &sregs->tr);
    append_segment(text, "ldt", &sregs->ldt);
    append_table(text, "gdt", &sregs->gdt);
    append_table(text, "idt", &sregs->idt);
    append_field(text, "cr0", sregs->cr0);
    append_field_unless_zero(text, "cr2", sregs->cr2);
    append_field_unless_zero(text, "cr3", sregs->cr3);
    append_field_unless_zero(text, "cr4", sregs->cr4);
    append_field_unless_zero(text, "cr8", sregs->cr8);
    append_field_unless_zero(text, "efer", sregs->efer);
    append_field_unless_zero(text, "apic_base", sregs->apic_base);
}

static void fpu_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmFpu *fpu = (const KvmFpu *)arg;

    if (fpu) {
        append_field(text, "fcw", fpu->fcw);
        append_field(text, "mxcsr", fpu->mxcsr);
    }
}

static void xcrs_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmXcrs *xcrs = (const KvmXcrs *)arg;

    for (size_t i = 0; xcrs && i < xcrs->nr_xcrs && i < G_N_ELEMENTS(xcrs->xcrs); i++) {
        g_string_append_printf(text, "%sxcr%" PRIu32 "=%#" PRIx64, i ? " " : "", xcrs->xcrs[i].xcr,
                               xcrs->xcrs[i].value);
    }
}

static void append_msr_name(GString *text, uint32_t index)
{
    if (text->len) {
        g_string_append_c(text, ' ');
    }
    if (index == MSR_PAT) {
        g_string_append(text, "PAT");
    } else if (index == MSR_MTRR_DEF_TYPE) {
        g_string_append(text, "MTRR_DEF_TYPE");
    } else {
        g_string_append_printf(text, "%#" PRIx32, index);
    }
}

static void append_msrs(GString *text, unsigned long arg, uint32_t n)
{
    const KvmMsrs *msrs = (const KvmMsrs *)arg;

    for (uint32_t i = 0; msrs && i < n && i < msrs->nmsrs; i++) {
        append_msr_name(text, msrs->entries[i].index);
        g_string_append_printf(text, "=%#" PRIx64, msrs->entries[i].data);
    }
}

static void get_regs_outcome(const TraceContext *context, unsigned long arg, int result, GString *text)
{
    if (result >= 0) {
        regs_argument(context, arg, text);
    }
}

static void get_sregs_outcome(const TraceContext *context, unsigned long arg, int result, GString *text)
{
    if (result >= 0) {
        sregs_argument(context, arg, text);
    }
}

static void get_fpu_outcome(const TraceContext *context, unsigned long arg, int result, GString *text)
{
    if (result >= 0) {
        fpu_argument(context, arg, text);
    }
}

static void get_xcrs_outcome(const TraceContext *context, unsigned long arg, int result, GString *text)
{
    if (result >= 0) {
        xcrs_argument(context, arg, text);
    }
}

static void set_msrs_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    append_msrs(text, arg, UINT32_MAX);
}

static void get_msrs_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmMsrs *msrs = (const KvmMsrs *)arg;

    for (uint32_t i = 0; msrs && i < msrs->nmsrs; i++) {
        append_msr_name(text, msrs->entries[i].index);
    }
}

static void get_msrs_outcome(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, int result,
                             GString *text)
{
    if (result >= 0) {
        append_msrs(text, arg, (uint32_t)result);
    }
}

/* CPUID. */

static void cpuid_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmCpuid *cpuid = (const KvmCpuid *)arg;

    if (cpuid) {
        g_string_append_printf(text, "nent=%" PRIu32, cpuid->nent);
    }
}

static void get_cpuid_outcome(const TraceContext *context, unsigned long arg, int result, GString *text)
{
    if (result >= 0) {
        cpuid_argument(context, arg, text);
    }
}

static const TraceIoctl x86_ioctls[] = {
    { KVMIO_CHECK_EXTENSION, "KVM_CHECK_EXTENSION", NULL, cap_argument, NULL },
    { KVMIO_HAS_DEVICE_ATTR, "KVM_HAS_DEVICE_ATTR", NULL, attr_argument, NULL },
    { KVMIO_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR", NULL, attr_argument, attr_outcome },
    { KVMIO_GET_SUPPORTED_CPUID, "KVM_GET_SUPPORTED_CPUID", NULL, cpuid_argument, get_cpuid_outcome },
    { KVMIO_SET_TSS_ADDR, "KVM_SET_TSS_ADDR", NULL, address_argument, NULL },
    { KVMIO_SET_IDENTITY_MAP_ADDR, "KVM_SET_IDENTITY_MAP_ADDR", NULL, pointer_argument, NULL },
    { KVMIO_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP", NULL, NULL, NULL },
    { KVMIO_CREATE_PIT2, "KVM_CREATE_PIT2", NULL, pit_argument, NULL },
    { KVMIO_GET_REGS, "KVM_GET_REGS", NULL, NULL, get_regs_outcome },
    { KVMIO_SET_REGS, "KVM_SET_REGS", NULL, regs_argument, NULL },
    { KVMIO_GET_SREGS, "KVM_GET_SREGS", NULL, NULL, get_sregs_outcome },
    { KVMIO_SET_SREGS, "KVM_SET_SREGS", NULL, sregs_argument, NULL },
    { KVMIO_GET_MSRS, "KVM_GET_MSRS", NULL, get_msrs_argument, get_msrs_outcome },
    { KVMIO_SET_MSRS, "KVM_SET_MSRS", NULL, set_msrs_argument, NULL },
    { KVMIO_GET_FPU, "KVM_GET_FPU", NULL, NULL, get_fpu_outcome },
    { KVMIO_SET_FPU, "KVM_SET_FPU", NULL, fpu_argument, NULL },
    { KVMIO_SET_CPUID2, "KVM_SET_CPUID2", NULL, cpuid_argument, NULL },
    { KVMIO_GET_CPUID2, "KVM_GET_CPUID2", NULL, cpuid_argument, get_cpuid_outcome },
    { KVMIO_SET_TSC_KHZ, "KVM_SET_TSC_KHZ", NULL, khz_argument, NULL },
    { KVMIO_GET_XCRS, "KVM_GET_XCRS", NULL, NULL, get_xcrs_outcome },
    { KVMIO_SET_XCRS, "KVM_SET_XCRS", NULL, xcrs_argument, NULL },
};

const TraceTable x86_trace_table = { x86_ioctls, G_N_ELEMENTS(x86_ioctls) };
