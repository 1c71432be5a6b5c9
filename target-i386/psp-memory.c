/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The memory of SEV and SEV-ES guests: LAUNCH_UPDATE_DATA, LAUNCH_UPDATE_VMSA, DBG_DECRYPT and DBG_ENCRYPT of
 * AMD publication 55766, and the encryption of the memory controller. The lock of the secure processor is
 * held.
 *
 * Each block of 16 bytes is encrypted with AES-128 between two additions of a value that depends on its
 * address, so that equal blocks look different and a block that is moved becomes garbage. That is how the
 * hardware does it; its exact function of the address is not public.
 */
#include <string.h>
#include "target-i386/psp-state.h"

#define BLOCK       CRYPTO_AES_BLOCK_SIZE
#define CHUNK       UINT64_C(65536)
#define CHUNK_WORDS (CHUNK / sizeof(uint64_t))

static void add_words(uint8_t *data, const uint64_t *words, size_t length)
{
    for (size_t i = 0; i < length / sizeof(uint64_t); i++) {
        uint64_t word;

        memcpy(&word, data + i * sizeof(word), sizeof(word));
        word ^= words[i];
        memcpy(data + i * sizeof(word), &word, sizeof(word));
    }
}

void psp_memory_crypt(const PspMemoryKey *key, bool encrypt, uint64_t address, void *data, size_t length)
{
    g_autofree uint64_t *tweaks = g_new0(uint64_t, CHUNK_WORDS);
    uint8_t *bytes = data;

    for (size_t done = 0; done < length; done += CHUNK) {
        size_t step = MIN(length - done, CHUNK);

        for (size_t i = 0; i < step / BLOCK; i++) {
            tweaks[2 * i] = GUINT64_TO_LE(address + done + i * BLOCK);
            tweaks[2 * i + 1] = 0;
        }
        crypto_aes128_blocks(key->tweak, true, tweaks, step);
        add_words(bytes + done, tweaks, step);
        crypto_aes128_blocks(key->data, encrypt, bytes + done, step);
        add_words(bytes + done, tweaks, step);
    }
}

uint32_t psp_memory_check(uint64_t address, uint32_t length)
{
    if (address % BLOCK) {
        return SEV_STATUS_INVALID_ADDRESS;
    }
    return length == 0 || length % BLOCK ? SEV_STATUS_INVALID_LEN : SEV_STATUS_SUCCESS;
}

static uint32_t update(Psp *psp, const PspSevMemory *memory, bool is_vmsa)
{
    uint8_t *bytes = (uint8_t *)(uintptr_t)memory->address;
    PspSevGuest *guest;
    uint32_t status = psp_sev_find(psp, memory->handle, SEV_GUEST_LAUNCH_UPDATE, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (!guest->asid) {
        return SEV_STATUS_INACTIVE;
    }
    if (is_vmsa && !(guest->policy & SEV_POLICY_ES)) {
        return SEV_STATUS_POLICY_FAILURE;
    }
    status = psp_memory_check(memory->address, memory->length);
    if (status == SEV_STATUS_SUCCESS && is_vmsa && memory->length != PSP_PAGE_SIZE) {
        status = SEV_STATUS_INVALID_LEN;
    }
    if (status == SEV_STATUS_SUCCESS) {
        crypto_sha256_update(guest->digest_state, bytes, memory->length);
        psp_memory_crypt(&guest->memory_key, true, memory->address, bytes, memory->length);
    }
    return status;
}

uint32_t psp_sev_update_data(Psp *psp, void *data)
{
    return update(psp, data, false);
}

uint32_t psp_sev_update_vmsa(Psp *psp, void *data)
{
    return update(psp, data, true);
}

/* @guest_address is that of the guest's memory: the source's or the destination's. */
static uint32_t debug(Psp *psp, const PspSevDbg *dbg, bool encrypt, uint64_t guest_address)
{
    PspSevGuest *guest;
    uint32_t status = psp_sev_find(psp, dbg->handle, -1, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (!guest->asid) {
        return SEV_STATUS_INACTIVE;
    }
    if (guest->policy & SEV_POLICY_NODBG) {
        return SEV_STATUS_POLICY_FAILURE;
    }
    status = psp_memory_check(dbg->source | dbg->destination, dbg->length);
    if (status == SEV_STATUS_SUCCESS) {
        void *destination = (void *)(uintptr_t)dbg->destination;

        memmove(destination, (const void *)(uintptr_t)dbg->source, dbg->length);
        psp_memory_crypt(&guest->memory_key, encrypt, guest_address, destination, dbg->length);
    }
    return status;
}

uint32_t psp_sev_dbg_decrypt(Psp *psp, void *data)
{
    const PspSevDbg *dbg = data;

    return debug(psp, dbg, false, dbg->source);
}

uint32_t psp_sev_dbg_encrypt(Psp *psp, void *data)
{
    const PspSevDbg *dbg = data;

    return debug(psp, dbg, true, dbg->destination);
}

bool psp_sev_crypt(Psp *psp, uint32_t handle, bool encrypt, uint64_t address, void *data, size_t length)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    const PspSevGuest *guest = g_hash_table_lookup(psp->sev_guests, GUINT_TO_POINTER(handle));

    if (!guest) {
        return false;
    }
    psp_memory_crypt(&guest->memory_key, encrypt, address, data, length);
    return true;
}
