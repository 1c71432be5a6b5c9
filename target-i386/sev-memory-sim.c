/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's rules for the memory of SEV and SEV-ES guests besides the launch: regions that stay
 * where they are, and a debugger's access; sev_mem_enc_register_region() and sev_dbg_crypt() of
 * arch/x86/kvm/svm/sev.c in Linux 6.12 with its stable backports.
 */
#include <errno.h>
#include <string.h>
#include "target-i386/sim-state.h"

#define BLOCK UINT64_C(16)

static bool is_aligned(uint64_t address, uint64_t size)
{
    return (address | size) % BLOCK == 0;
}

/* What is not in whole blocks goes through memory of the kernel's, which holds a page and what surrounds it.
 */
typedef struct Bounce {
    _Alignas(16) uint8_t bytes[SIM_PAGE_SIZE];
} Bounce;

/*
 * A guest that runs has its memory elsewhere. What it has there at @address is encrypted as it would be, into
 * @bounce. False if its memory is where it was launched.
 */
static bool read_running(SimVm *vm, uint64_t address, uint64_t size, Bounce *bounce)
{
    const SimX86 *x86 = vm->target_host;
    const SimX86Vm *x86_vm = vm->arch;
    uint64_t left;
    const uint8_t *mirror =
        x86_vm->engine.mirrors ? sim_mirrors_find(x86_vm->engine.mirrors, address, &left) : NULL;

    if (!mirror || left < size || size > sizeof(bounce->bytes)) {
        return false;
    }
    memcpy(bounce->bytes, mirror, size);
    return psp_sev_crypt(x86->psp, x86_vm->sev.handle, true, (uintptr_t)bounce->bytes, bounce->bytes, size);
}

/* What a debugger has encrypted at @address is the guest's now. */
static void write_running(SimVm *vm, uint64_t address, uint64_t size)
{
    const SimX86 *x86 = vm->target_host;
    const SimX86Vm *x86_vm = vm->arch;
    uint64_t left;
    uint8_t *mirror =
        x86_vm->engine.mirrors ? sim_mirrors_find(x86_vm->engine.mirrors, address, &left) : NULL;

    if (!mirror) {
        sim_sev_note_launched(vm, address, size);
    } else if (left >= size && sim_copy_from_user(mirror, address, size) == 0) {
        psp_sev_crypt(x86->psp, x86_vm->sev.handle, false, address, mirror, size);
    }
}

static int issue(SimVm *vm, SevCommand *command, bool decrypt, uint64_t source, uint64_t destination,
                 uint64_t size)
{
    PspSevDbg dbg = {
        .handle = sim_sev_guest(vm)->handle,
        .source = source,
        .destination = destination,
        .length = (uint32_t)size,
    };
    Bounce bounce;
    int ret;

    if (decrypt && read_running(vm, source, size, &bounce)) {
        dbg.source = (uintptr_t)bounce.bytes;
    }
    ret = sim_sev_issue(vm, decrypt ? PSP_DBG_DECRYPT : PSP_DBG_ENCRYPT, &dbg, command);
    if (ret == 0 && !decrypt) {
        write_running(vm, destination, size);
    }
    return ret;
}

/* The blocks around @size bytes of the guest's memory at @address, in plaintext. */
static int decrypt_around(SimVm *vm, SevCommand *command, uint64_t address, uint64_t size, Bounce *bounce)
{
    uint64_t start = address & ~(BLOCK - 1);
    uint64_t end = (address + size + BLOCK - 1) & ~(BLOCK - 1);

    return issue(vm, command, true, start, (uintptr_t)bounce->bytes, end - start);
}

static int decrypt(SimVm *vm, SevCommand *command, uint64_t source, uint64_t destination, uint64_t size)
{
    Bounce bounce;
    int ret;

    if (is_aligned(source | destination, size)) {
        return issue(vm, command, true, source, destination, size);
    }
    ret = decrypt_around(vm, command, source, size, &bounce);
    return ret < 0 ? ret : sim_copy_to_user(destination, bounce.bytes + source % BLOCK, size);
}

/* Blocks of which only a part is written are read before. */
static int encrypt(SimVm *vm, SevCommand *command, uint64_t source, uint64_t destination, uint64_t size)
{
    uint64_t start = destination & ~(BLOCK - 1);
    uint64_t end = (destination + size + BLOCK - 1) & ~(BLOCK - 1);
    Bounce bounce;
    int ret = 0;

    if (is_aligned(source | destination, size)) {
        return issue(vm, command, false, source, destination, size);
    }
    if (!is_aligned(destination, size)) {
        ret = decrypt_around(vm, command, destination, size, &bounce);
    }
    if (ret == 0) {
        ret = sim_copy_from_user(bounce.bytes + destination % BLOCK, source, size);
    }
    return ret < 0 ? ret : issue(vm, command, false, (uintptr_t)bounce.bytes, start, end - start);
}

static uint64_t left_of_page(uint64_t address)
{
    return SIM_PAGE_SIZE - address % SIM_PAGE_SIZE;
}

/* A step stays within a page on either side. */
int sim_sev_dbg(SimVm *vm, SevCommand *command)
{
    bool is_decrypt = command->id == SEVCMD_DBG_DECRYPT;
    SevDbg params;
    int ret;

    if (!sim_sev_guest(vm)) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret < 0) {
        return ret;
    }
    if (params.len == 0 || params.src_uaddr + params.len < params.src_uaddr || params.dst_uaddr == 0) {
        return -EINVAL;
    }
    for (uint64_t done = 0; done < params.len && ret == 0;) {
        uint64_t source = params.src_uaddr + done, destination = params.dst_uaddr + done;
        uint64_t size = MIN(MIN(left_of_page(source), left_of_page(destination)), params.len - done);

        ret = sim_pin_user(source, size, false);
        if (ret == 0) {
            ret = sim_pin_user(destination, size, true);
        }
        if (ret == 0) {
            ret = is_decrypt ? decrypt(vm, command, source, destination, size)
                             : encrypt(vm, command, source, destination, size);
        }
        done += size;
    }
    return ret;
}

int sim_sev_register_region(SimVm *vm, unsigned long arg)
{
    SevVm *sev = sim_sev_guest(vm);
    KvmEncRegion region;
    int ret = sim_copy_from_user(&region, arg, sizeof(region));

    if (ret < 0) {
        return ret;
    }
    if (!sev) {
        return -ENOTTY;
    }
    ret = sim_pin_user(region.addr, region.size, false);
    if (ret < 0) {
        return ret;
    }
    if (!sev->regions) {
        sev->regions = g_array_new(false, false, sizeof(KvmEncRegion));
    }
    g_array_append_val(sev->regions, region);
    return 0;
}

int sim_sev_unregister_region(SimVm *vm, unsigned long arg)
{
    SevVm *sev = sim_sev_guest(vm);
    KvmEncRegion region;
    int ret = sim_copy_from_user(&region, arg, sizeof(region));

    if (ret < 0) {
        return ret;
    }
    if (!sev) {
        return -ENOTTY;
    }
    for (unsigned i = 0; sev->regions && i < sev->regions->len; i++) {
        const KvmEncRegion *known = &g_array_index(sev->regions, KvmEncRegion, i);

        if (known->addr == region.addr && known->size == region.size) {
            g_array_remove_index(sev->regions, i);
            return 0;
        }
    }
    return -EINVAL;
}
