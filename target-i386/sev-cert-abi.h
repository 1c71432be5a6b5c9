/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The certificates of SEV platforms, version 1 (AMD publication 55766, "SEV certificate"). All numbers are
 * little-endian.
 */
#ifndef TARGET_I386_SEV_CERT_ABI_H
#define TARGET_I386_SEV_CERT_ABI_H

#include "confidential/crypto-p384.h"
#include "target-i386/sev-abi.h"

#define SEV_CERT_VERSION       1
#define SEV_CERT_CURVE_P384    2

#define SEV_CERT_USAGE_INVALID 0x1000
#define SEV_CERT_USAGE_OCA     0x1001
#define SEV_CERT_USAGE_PEK     0x1002
#define SEV_CERT_USAGE_PDH     0x1003
#define SEV_CERT_USAGE_CEK     0x1004

#define SEV_CERT_ECDSA_SHA256  0x002
#define SEV_CERT_ECDSA_SHA384  0x102
#define SEV_CERT_ECDH_SHA256   0x003
#define SEV_CERT_ECDH_SHA384   0x103

typedef struct SevCertSignature {
    uint32_t usage; /* of the key that signed; INVALID: none did */
    uint32_t algorithm;
    CryptoP384Signature signature;
    uint8_t reserved[512 - sizeof(CryptoP384Signature)];
} SevCertSignature;
ABI_ASSERT_SIZE(SevCertSignature, 520);

/** A certificate. What comes before the signatures is signed. */
typedef struct SevCert {
    uint32_t version;
    uint8_t api_major, api_minor;
    uint8_t reserved[2];
    uint32_t key_usage;
    uint32_t key_algorithm;
    uint32_t curve;
    CryptoP384Point point;
    uint8_t padding[1024 - sizeof(CryptoP384Point)];
    SevCertSignature signatures[2];
} SevCert;
ABI_ASSERT_SIZE(SevCert, SEV_CERT_SIZE);

#endif
