/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Model-specific registers of a simulated vCPU; KVM_GET_MSRS and KVM_SET_MSRS.
 *
 * Those that a VMM restores or that end up in a VMSA exist; the first unknown one ends the call, as in KVM.
 */
#include <errno.h>
#include <string.h>
#include "target-i386/sim-state.h"

#define MAX_IO_MSRS   256

#define MSR_APIC_BASE 0x0000001b
#define MSR_EFER      0xc0000080
#define MSR_FS_BASE   0xc0000100
#define MSR_GS_BASE   0xc0000101

#define EFER_VALID    UINT64_C(0x204d01) /* SCE, LME, LMA, NX, FFXSR, AUTOIBRS */

#define NOT_IN_VMSA   0

/** An MSR that is nothing but a value. */
typedef struct MsrRow {
    uint32_t index;
    uint16_t vmsa_offset; /* of its 8 bytes; those of guests with encrypted state are theirs alone */
    uint64_t reset;
} MsrRow;

static const MsrRow msr_rows[] = {
    { 0x00000010, NOT_IN_VMSA, 0 },          /* TSC */
    { 0x00000011, NOT_IN_VMSA, 0 },          /* KVM wall clock */
    { 0x00000012, NOT_IN_VMSA, 0 },          /* KVM system time */
    { 0x0000003b, NOT_IN_VMSA, 0 },          /* TSC_ADJUST */
    { 0x00000048, 0x2e0, 0 },                /* SPEC_CTRL */
    { 0x00000174, 0x228, 0 },                /* SYSENTER_CS */
    { 0x00000175, 0x230, 0 },                /* SYSENTER_ESP */
    { 0x00000176, 0x238, 0 },                /* SYSENTER_EIP */
    { 0x0000017a, NOT_IN_VMSA, 0 },          /* MCG_STATUS */
    { 0x0000017b, NOT_IN_VMSA, UINT64_MAX }, /* MCG_CTL */
    { 0x000001a0, NOT_IN_VMSA, 0x1 },        /* MISC_ENABLE */
    { 0x00000200, NOT_IN_VMSA, 0 },          /* variable MTRRs */
    { 0x00000201, NOT_IN_VMSA, 0 },
    { 0x00000202, NOT_IN_VMSA, 0 },
    { 0x00000203, NOT_IN_VMSA, 0 },
    { 0x00000204, NOT_IN_VMSA, 0 },
    { 0x00000205, NOT_IN_VMSA, 0 },
    { 0x00000206, NOT_IN_VMSA, 0 },
    { 0x00000207, NOT_IN_VMSA, 0 },
    { 0x00000208, NOT_IN_VMSA, 0 },
    { 0x00000209, NOT_IN_VMSA, 0 },
    { 0x0000020a, NOT_IN_VMSA, 0 },
    { 0x0000020b, NOT_IN_VMSA, 0 },
    { 0x0000020c, NOT_IN_VMSA, 0 },
    { 0x0000020d, NOT_IN_VMSA, 0 },
    { 0x0000020e, NOT_IN_VMSA, 0 },
    { 0x0000020f, NOT_IN_VMSA, 0 },
    { 0x00000250, NOT_IN_VMSA, 0 }, /* fixed MTRRs */
    { 0x00000258, NOT_IN_VMSA, 0 },
    { 0x00000259, NOT_IN_VMSA, 0 },
    { 0x00000268, NOT_IN_VMSA, 0 },
    { MSR_PAT, 0x268, UINT64_C(0x0007040600070406) },
    { 0x000002ff, NOT_IN_VMSA, 0 }, /* default MTRR type */
    { 0x00000da0, 0x140, 0 },       /* XSS */
    { 0x4b564d00, NOT_IN_VMSA, 0 }, /* KVM's own */
    { 0x4b564d01, NOT_IN_VMSA, 0 },
    { 0x4b564d02, NOT_IN_VMSA, 0 },
    { 0x4b564d03, NOT_IN_VMSA, 0 },
    { 0x4b564d04, NOT_IN_VMSA, 0 },
    { 0x4b564d05, NOT_IN_VMSA, 0x1 },
    { 0xc0000081, 0x200, 0 },       /* STAR */
    { 0xc0000082, 0x208, 0 },       /* LSTAR */
    { 0xc0000083, 0x210, 0 },       /* CSTAR */
    { 0xc0000084, 0x218, 0 },       /* SFMASK */
    { 0xc0000102, 0x220, 0 },       /* KERNEL_GS_BASE */
    { 0xc0000103, NOT_IN_VMSA, 0 }, /* TSC_AUX, which KVM leaves out of the VMSA */
    { 0xc0010015, NOT_IN_VMSA, 0 }, /* HWCR */
    { 0xc0010117, NOT_IN_VMSA, 0 }, /* VM_HSAVE_PA */
};

_Static_assert(G_N_ELEMENTS(msr_rows) == SIM_N_MSRS, "a value for each row");

void sim_msrs_reset(SimX86Vcpu *state)
{
    for (size_t i = 0; i < SIM_N_MSRS; i++) {
        state->msrs[i] = msr_rows[i].reset;
    }
}

void sim_msrs_store(const SimX86Vcpu *state, uint8_t *vmsa)
{
    for (size_t i = 0; i < SIM_N_MSRS; i++) {
        uint64_t value = GUINT64_TO_LE(state->msrs[i]);

        if (msr_rows[i].vmsa_offset != NOT_IN_VMSA) {
            memcpy(vmsa + msr_rows[i].vmsa_offset, &value, sizeof(value));
        }
    }
}

void sim_msrs_load(SimX86Vcpu *state, const uint8_t *vmsa)
{
    for (size_t i = 0; i < SIM_N_MSRS; i++) {
        uint64_t value;

        if (msr_rows[i].vmsa_offset != NOT_IN_VMSA) {
            memcpy(&value, vmsa + msr_rows[i].vmsa_offset, sizeof(value));
            state->msrs[i] = GUINT64_FROM_LE(value);
        }
    }
}

uint32_t sim_msrs_changed(const SimX86Vcpu *state, KvmMsrEntry *entries)
{
    uint32_t n = 0;

    for (size_t i = 0; i < SIM_N_MSRS; i++) {
        if (state->msrs[i] != msr_rows[i].reset) {
            entries[n++] = (KvmMsrEntry){ .index = msr_rows[i].index, .data = state->msrs[i] };
        }
    }
    return n;
}

/* Each of the eight entries is one of the memory types UC, WC, WT, WP, WB, UC-. */
static bool pat_is_valid(uint64_t pat)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint8_t type = pat >> shift & 0xff;

        if (type > 7 || type == 2 || type == 3) {
            return false;
        }
    }
    return true;
}

/* Where the value of an MSR is that is also another register. NULL if it is not one of them. */
static uint64_t *find_alias(SimX86Vcpu *state, uint32_t index)
{
    switch (index) {
    case MSR_APIC_BASE:
        return &state->apic_base;
    case MSR_EFER:
        return &state->efer;
    case MSR_FS_BASE:
        return &state->fs.base;
    case MSR_GS_BASE:
        return &state->gs.base;
    default:
        return NULL;
    }
}

/* Where the value of an MSR is, or NULL if there is none or it is locked. */
static uint64_t *find_msr(SimX86Vcpu *state, uint32_t index, bool *is_guests)
{
    uint64_t *alias = find_alias(state, index);

    *is_guests = alias && index != MSR_APIC_BASE;
    if (alias) {
        return alias;
    }
    for (size_t i = 0; i < SIM_N_MSRS; i++) {
        if (msr_rows[i].index == index) {
            *is_guests = msr_rows[i].vmsa_offset != NOT_IN_VMSA;
            return &state->msrs[i];
        }
    }
    return NULL;
}

static bool value_is_valid(uint32_t index, uint64_t value)
{
    if (index == MSR_PAT) {
        return pat_is_valid(value);
    }
    return index != MSR_EFER || !(value & ~EFER_VALID);
}

/* Copies the argument. Returns how many entries it has, or a negative errno. */
static int copy_entries(unsigned long arg, KvmMsrEntry **entries)
{
    KvmMsrs header;
    int ret = sim_copy_from_user(&header, arg, sizeof(header));

    if (ret < 0) {
        return ret;
    }
    if (header.nmsrs >= MAX_IO_MSRS) {
        return -E2BIG;
    }
    *entries = g_new0(KvmMsrEntry, header.nmsrs + 1);
    ret = sim_copy_from_user(*entries, arg + sizeof(header), header.nmsrs * sizeof(KvmMsrEntry));
    return ret < 0 ? ret : (int)header.nmsrs;
}

int sim_msrs_get(SimX86Vcpu *state, SimAccess access, unsigned long arg)
{
    g_autofree KvmMsrEntry *entries = NULL;
    int n = copy_entries(arg, &entries), done = 0;

    while (done < n) {
        bool is_guests;
        const uint64_t *value = find_msr(state, entries[done].index, &is_guests);

        if (!value || (is_guests && access == SIM_ACCESS_LOCKED)) {
            break;
        }
        entries[done++].data = is_guests && access == SIM_ACCESS_STALE ? 0 : *value;
    }
    if (n < 0 || sim_copy_to_user(arg + sizeof(KvmMsrs), entries, (size_t)n * sizeof(*entries)) < 0) {
        return n < 0 ? n : -EFAULT;
    }
    return done;
}

int sim_msrs_set(SimX86Vcpu *state, SimAccess access, unsigned long arg)
{
    g_autofree KvmMsrEntry *entries = NULL;
    int n = copy_entries(arg, &entries), done = 0;

    while (done < n) {
        bool is_guests;
        uint64_t *value = find_msr(state, entries[done].index, &is_guests);

        if (!value || (is_guests && access == SIM_ACCESS_LOCKED) ||
            !value_is_valid(entries[done].index, entries[done].data)) {
            break;
        }
        if (!is_guests || access == SIM_ACCESS_FULL) {
            *value = entries[done].data;
        }
        done++;
    }
    return n < 0 ? n : done;
}
