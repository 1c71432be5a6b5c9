/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The identity of the simulated platform: its keys, their certificates and the number of its chip;
 * PDH_CERT_EXPORT and GET_ID of AMD publication 55766. The lock of the secure processor is held.
 *
 * The platform is its own owner: the OCA signs itself, OCA and CEK sign the PEK, the PEK signs the PDH. As on
 * real platforms the CEK comes unsigned; AMD's server has the signature of a real one, and nobody that of
 * this. Where a certificate has room behind the key, and in the number of the chip, it says what it is.
 */
#include <string.h>
#include "confidential/crypto-mac.h"
#include "target-i386/psp-state.h"
#include "target-i386/sev-cert-abi.h"

#define MARK       "simulated"

#define USAGE_VCEK 0x10000 /* no certificate of SEV has it */

void psp_derive(const Psp *psp, const char *label, uint64_t number, void *bytes, size_t size)
{
    uint64_t le_number = GUINT64_TO_LE(number);

    crypto_derive_key(psp->model->name, strlen(psp->model->name), label, &le_number, sizeof(le_number), bytes,
                      size);
}

void psp_random(Psp *psp, void *bytes, size_t size)
{
    psp_derive(psp, "random", psp->n_random++, bytes, size);
}

static void make_key(const Psp *psp, uint32_t usage, CryptoP384Key *key)
{
    uint8_t seed[32];

    psp_derive(psp, "key", usage, seed, sizeof(seed));
    crypto_p384_key(seed, sizeof(seed), key);
}

const PspPlatformKeys *psp_platform_keys(Psp *psp)
{
    if (!psp->keys) {
        psp->keys = g_new0(PspPlatformKeys, 1);
        make_key(psp, SEV_CERT_USAGE_CEK, &psp->keys->cek);
        make_key(psp, SEV_CERT_USAGE_OCA, &psp->keys->oca);
        make_key(psp, SEV_CERT_USAGE_PEK, &psp->keys->pek);
        make_key(psp, SEV_CERT_USAGE_PDH, &psp->keys->pdh);
        make_key(psp, USAGE_VCEK, &psp->keys->vcek);
    }
    return psp->keys;
}

static void make_cert(const Psp *psp, uint32_t usage, const CryptoP384Key *key, SevCert *cert)
{
    bool is_for_agreement = usage == SEV_CERT_USAGE_PDH;

    *cert = (SevCert){
        .version = GUINT32_TO_LE(SEV_CERT_VERSION),
        .api_major = psp->model->sev_api.major,
        .api_minor = psp->model->sev_api.minor,
        .key_usage = GUINT32_TO_LE(usage),
        .key_algorithm = GUINT32_TO_LE(is_for_agreement ? SEV_CERT_ECDH_SHA256 : SEV_CERT_ECDSA_SHA256),
        .curve = GUINT32_TO_LE(SEV_CERT_CURVE_P384),
        .point = key->point,
    };
    memcpy(cert->padding + sizeof(cert->padding) - sizeof(MARK), MARK, sizeof(MARK));
    cert->signatures[0].usage = GUINT32_TO_LE(SEV_CERT_USAGE_INVALID);
    cert->signatures[1].usage = GUINT32_TO_LE(SEV_CERT_USAGE_INVALID);
}

static void sign_cert(SevCert *cert, size_t slot, uint32_t usage, const CryptoP384Key *key)
{
    cert->signatures[slot].usage = GUINT32_TO_LE(usage);
    cert->signatures[slot].algorithm = GUINT32_TO_LE(SEV_CERT_ECDSA_SHA256);
    crypto_p384_sign(key, cert, offsetof(SevCert, signatures), &cert->signatures[slot].signature);
}

uint32_t psp_buffer_check(PspBuffer *buffer, uint32_t size)
{
    bool fits = buffer->address && buffer->length >= size;

    buffer->length = size;
    return fits ? SEV_STATUS_SUCCESS : SEV_STATUS_INVALID_LEN;
}

uint32_t psp_sev_pdh_cert_export(Psp *psp, void *data)
{
    PspPdhCertExport *export = data;
    const PspPlatformKeys *keys;
    uint32_t pdh_status, chain_status;
    SevCert pdh, chain[3];

    if (!psp->sev_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    pdh_status = psp_buffer_check(&export->pdh, sizeof(pdh));
    chain_status = psp_buffer_check(&export->chain, sizeof(chain));
    if (pdh_status != SEV_STATUS_SUCCESS || chain_status != SEV_STATUS_SUCCESS) {
        return SEV_STATUS_INVALID_LEN;
    }
    keys = psp_platform_keys(psp);
    make_cert(psp, SEV_CERT_USAGE_PDH, &keys->pdh, &pdh);
    sign_cert(&pdh, 0, SEV_CERT_USAGE_PEK, &keys->pek);
    make_cert(psp, SEV_CERT_USAGE_PEK, &keys->pek, &chain[0]);
    sign_cert(&chain[0], 0, SEV_CERT_USAGE_CEK, &keys->cek);
    sign_cert(&chain[0], 1, SEV_CERT_USAGE_OCA, &keys->oca);
    make_cert(psp, SEV_CERT_USAGE_OCA, &keys->oca, &chain[1]);
    sign_cert(&chain[1], 0, SEV_CERT_USAGE_OCA, &keys->oca);
    make_cert(psp, SEV_CERT_USAGE_CEK, &keys->cek, &chain[2]);
    memcpy(export->pdh.address, &pdh, sizeof(pdh));
    memcpy(export->chain.address, chain, sizeof(chain));
    return SEV_STATUS_SUCCESS;
}

void psp_chip_id(const Psp *psp, uint8_t id[PSP_CHIP_ID_SIZE])
{
    char text[PSP_CHIP_ID_SIZE] = "";

    g_snprintf(text, sizeof(text), MARK " %s", psp->model->name);
    memcpy(id, text, sizeof(text));
}

uint32_t psp_sev_get_id(Psp *psp, void *data)
{
    PspBuffer *buffer = data;
    uint32_t status = psp_buffer_check(buffer, PSP_CHIP_ID_SIZE);

    if (status == SEV_STATUS_SUCCESS) {
        psp_chip_id(psp, buffer->address);
    }
    return status;
}
