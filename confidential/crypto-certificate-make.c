/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * X.509 certificates of simulated hosts with OpenSSL's libcrypto.
 */
#include "confidential/crypto-certificate-make.h"
#include <glib.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include "confidential/crypto.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ASN1_INTEGER, ASN1_INTEGER_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_EXTENSION, X509_EXTENSION_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_NAME, X509_NAME_free)

#define ORGANIZATION "cgvm simulated host"
#define VERSION_3    2

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to make a certificate");
    }
}

static X509_NAME *make_name(const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    const unsigned char *organization = (const unsigned char *)ORGANIZATION;

    expect(
        name && X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, organization, -1, -1, 0) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0));
    return name;
}

/* A number that follows from the key, as everything of a simulated host does. */
static void set_serial(X509 *certificate, const CryptoParty *subject)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    uint64_t number;

    crypto_sha256(subject->point, sizeof(*subject->point), digest);
    memcpy(&number, digest, sizeof(number));
    expect(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), GUINT64_FROM_BE(number) >> 1 | 1));
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    g_autoptr(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    expect(extension && X509_add_ext(certificate, extension, -1));
}

char *crypto_certificate_make(const CryptoParty *subject, const CryptoParty *issuer, bool is_authority)
{
    g_autoptr(X509) certificate = X509_new();
    g_autoptr(EVP_PKEY) key = crypto_p521_public_key(subject->point);
    g_autoptr(EVP_PKEY) issuer_key = crypto_p521_private_key(issuer->key);
    g_autoptr(X509_NAME) subject_name = make_name(subject->name);
    g_autoptr(X509_NAME) issuer_name = make_name(issuer->name);
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    char *pem;
    long size;

    expect(certificate && bio && key && X509_set_version(certificate, VERSION_3) &&
           ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "20200101000000Z") &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "20991231235959Z") &&
           X509_set_subject_name(certificate, subject_name) &&
           X509_set_issuer_name(certificate, issuer_name) && X509_set_pubkey(certificate, key));
    set_serial(certificate, subject);
    add_extension(certificate, NID_basic_constraints,
                  is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(certificate, NID_key_usage,
                  is_authority ? "critical,keyCertSign,cRLSign"
                               : "critical,digitalSignature,keyAgreement,cRLSign");
    expect(X509_sign(certificate, issuer_key, EVP_sha512()) > 0 && PEM_write_bio_X509(bio, certificate));
    size = BIO_get_mem_data(bio, &pem);
    return g_strndup(pem, (size_t)size);
}
