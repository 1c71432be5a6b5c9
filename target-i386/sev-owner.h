/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: what the owner of an SEV or SEV-ES guest keeps between opening a session and handing in
 * secrets, and the launch measurement that it is compared with (AMD publication 55766, "Session data",
 * LAUNCH_MEASURE).
 *
 * Firmware of interface 0.17 and later is meant; older ones measure otherwise.
 */
#ifndef TARGET_I386_SEV_OWNER_H
#define TARGET_I386_SEV_OWNER_H

#include "confidential/crypto-aes.h"
#include "qapi-types.h"
#include "target-i386/sev-cert-abi.h"
#include "qapi/error.h"

#define SEV_OWNER_STATE_SIZE 64

/** The owner's secrets for one launch. To be cleared with crypto_clear(). */
typedef struct SevOwner {
    uint32_t policy;
    uint8_t nonce[16];
    uint8_t tek[CRYPTO_AES128_KEY_SIZE]; /* encrypts what is sent to the guest */
    uint8_t tik[CRYPTO_AES128_KEY_SIZE]; /* authenticates it, and the measurement */
} SevOwner;

/**
 * Opens a session for guests with @p policy on the platform with the certificate @p pdh: new keys, which only
 * that platform can unwrap, in @p session, and the certificate of the key that was agreed with, in @p
 * dh_cert. Fails with CGVM_ERROR_INVALID if @p policy is none, or @p pdh no PDH certificate; @p owner is
 * zeroed then.
 */
bool sev_owner_open(SevOwner *owner, uint32_t policy, const SevCert *pdh, SevCert *dh_cert,
                    SevSession *session, Error **errp);

/**
 * A part of it: wraps the keys of @p owner with what follows from @p z, the @p z_size bytes that were agreed
 * on.
 */
void sev_owner_wrap(const SevOwner *owner, const void *z, size_t z_size,
                    const uint8_t iv[CRYPTO_AES_BLOCK_SIZE], SevSession *session);

/** @p owner as it is kept in a file. */
void sev_owner_save(const SevOwner *owner, uint8_t state[SEV_OWNER_STATE_SIZE]);

/** Reads that. Fails with CGVM_ERROR_INVALID for anything else. */
bool sev_owner_load(SevOwner *owner, const uint8_t *state, size_t size, Error **errp);

/** What the firmware's version is, for a measurement. */
typedef struct SevFirmwareVersion {
    uint8_t api_major, api_minor, build;
} SevFirmwareVersion;

/** The MAC that LAUNCH_MEASURE returns for a launch with @p digest, where @p mnonce is the firmware's nonce.
 */
void sev_owner_measure(const SevOwner *owner, const SevFirmwareVersion *firmware, const uint8_t digest[32],
                       const uint8_t mnonce[16], uint8_t measure[32]);

/**
 * Whether @p measurement is that of a launch as @p expected, with the owner's policy and under the owner's
 * key. Fails with CGVM_ERROR_MISMATCH if it is not, and with CGVM_ERROR_INVALID for malformed expectations.
 */
bool sev_owner_verify(const SevOwner *owner, const SevMeasurement *measurement,
                      const SevLaunchExpectations *expected, Error **errp);

#endif
