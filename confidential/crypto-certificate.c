/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * X.509 with OpenSSL's libcrypto.
 */
#include "confidential/crypto-certificate.h"
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE, X509_STORE_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE_CTX, X509_STORE_CTX_free)

/* What these structures are, is the library's business. */
static X509 *x509(const CryptoCertificate *certificate)
{
    return (X509 *)certificate;
}

static X509_CRL *x509_crl(const CryptoCrl *crl)
{
    return (X509_CRL *)crl;
}

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to verify a certificate");
    }
}

/* ---- reading ---- */

static void free_certificate(void *certificate)
{
    crypto_certificate_free(certificate);
}

/* All that are in there, as PEM or as DER. */
static void read_all(GPtrArray *certificates, const void *data, size_t size)
{
    g_autoptr(BIO) bio = size <= INT_MAX ? BIO_new_mem_buf(data, (int)size) : NULL;
    const unsigned char *start = data;
    X509 *certificate;

    ERR_set_mark();
    while (bio && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        g_ptr_array_add(certificates, certificate);
    }
    if (!certificates->len && size <= INT_MAX && (certificate = d2i_X509(NULL, &start, (long)size)) != NULL) {
        g_ptr_array_add(certificates, certificate);
    }
    ERR_pop_to_mark();
}

bool crypto_certificates_read(GPtrArray *certificates, const void *data, size_t size, Error **errp)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_certificate);

    read_all(found, data, size);
    if (!found->len) {
        return error_setg(errp, "holds no X.509 certificate, neither in PEM nor in DER");
    }
    g_ptr_array_extend_and_steal(certificates, g_steal_pointer(&found));
    return true;
}

CryptoCertificate *crypto_certificate_read(const void *data, size_t size, Error **errp)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_certificate);

    if (!crypto_certificates_read(found, data, size, errp)) {
        return NULL;
    }
    if (found->len > 1) {
        return error_setg_null(errp, "holds %u X.509 certificates, where one is expected", found->len);
    }
    return g_ptr_array_steal_index(found, 0);
}

void crypto_certificate_free(CryptoCertificate *certificate)
{
    X509_free(x509(certificate));
}

CryptoCrl *crypto_crl_read(const void *data, size_t size, Error **errp)
{
    g_autoptr(BIO) bio = size <= INT_MAX ? BIO_new_mem_buf(data, (int)size) : NULL;
    const unsigned char *start = data;
    X509_CRL *crl = NULL;

    if (bio) {
        ERR_set_mark();
        crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
        crl = crl ? crl : d2i_X509_CRL(NULL, &start, (long)size);
        ERR_pop_to_mark();
    }
    return crl ? (CryptoCrl *)crl
               : error_setg_null(errp, "holds no list of revoked certificates, neither in PEM nor in DER");
}

void crypto_crl_free(CryptoCrl *crl)
{
    X509_CRL_free(x509_crl(crl));
}

/* ---- what it says ---- */

static char *name_text(const X509_NAME *name)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    char *text;
    long size;

    expect(bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0);
    size = BIO_get_mem_data(bio, &text);
    return g_strndup(text, (size_t)size);
}

char *crypto_certificate_subject(const CryptoCertificate *certificate)
{
    return name_text(X509_get_subject_name(x509(certificate)));
}

char *crypto_certificate_issuer(const CryptoCertificate *certificate)
{
    return name_text(X509_get_issuer_name(x509(certificate)));
}

static void get_coordinate(EVP_PKEY *key, const char *name, uint8_t field[CRYPTO_P521_FIELD_SIZE])
{
    BIGNUM *value = NULL;

    expect(EVP_PKEY_get_bn_param(key, name, &value) &&
           BN_bn2binpad(value, field, CRYPTO_P521_FIELD_SIZE) > 0);
    BN_free(value);
}

bool crypto_certificate_p521(const CryptoCertificate *certificate, CryptoP521Point *point, Error **errp)
{
    EVP_PKEY *key;
    char curve[40] = "";

    /* The library refuses to decode a point that is not on its curve. */
    ERR_set_mark();
    key = X509_get0_pubkey(x509(certificate));
    if (key) {
        EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL);
    }
    ERR_pop_to_mark();
    if (!key || !EVP_PKEY_is_a(key, "EC") || strcmp(curve, SN_secp521r1) != 0) {
        return error_setg(errp, "certifies a key %s%s, not one on the curve P-521",
                          !key     ? "that cannot be decoded"
                          : *curve ? "on the curve "
                                   : "of another kind",
                          curve);
    }
    get_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, point->x);
    get_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, point->y);
    return true;
}

/* ---- verifying ---- */

static bool is_self_signed(X509 *certificate)
{
    return X509_self_signed(certificate, 1) == 1;
}

static bool is_signed_by(X509 *certificate, X509 *signer)
{
    EVP_PKEY *key = X509_get0_pubkey(signer);

    return X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(signer)) == 0 && key &&
           X509_verify(certificate, key) == 1;
}

static bool is_valid_at(const ASN1_TIME *before, const ASN1_TIME *after, time_t when)
{
    return X509_cmp_time(before, &when) < 0 && (!after || X509_cmp_time(after, &when) > 0);
}

static X509 *find_signer(X509 *certificate, const CryptoTrust *trust)
{
    for (guint i = 0; i < trust->certificates->len; i++) {
        X509 *signer = g_ptr_array_index(trust->certificates, i);
        if (signer != certificate && is_signed_by(certificate, signer)) {
            return signer;
        }
    }
    return NULL;
}

/* Whether @signer leads to @root, valid at @when; else *@reason says why not. */
static bool leads_to(X509 *signer, X509 *root, STACK_OF(X509) * between, time_t when, int *reason)
{
    g_autoptr(X509_STORE) roots = X509_STORE_new();
    g_autoptr(X509_STORE_CTX) context = X509_STORE_CTX_new();
    bool is_right;

    expect(roots && context && X509_STORE_add_cert(roots, root) > 0 &&
           X509_STORE_CTX_init(context, roots, signer, between) > 0);
    X509_STORE_CTX_set_time(context, 0, when);
    is_right = X509_verify_cert(context) > 0;
    *reason = X509_STORE_CTX_get_error(context);
    return is_right;
}

/* The same for any root among @trust's certificates. Each is tried by itself: two may have the same name. */
static bool check_chain(X509 *signer, const CryptoTrust *trust, time_t when, Error **errp)
{
    g_autofree char *subject = name_text(X509_get_subject_name(signer));
    STACK_OF(X509) *between = sk_X509_new_null();
    int reason = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    bool is_right = false, has_root = false;

    expect(between != NULL);
    for (guint i = 0; i < trust->certificates->len; i++) {
        X509 *certificate = g_ptr_array_index(trust->certificates, i);
        expect(is_self_signed(certificate) || sk_X509_push(between, certificate) > 0);
    }
    for (guint i = 0; i < trust->certificates->len && !is_right; i++) {
        X509 *certificate = g_ptr_array_index(trust->certificates, i);
        if (is_self_signed(certificate)) {
            has_root = true;
            is_right = leads_to(signer, certificate, between, when, &reason);
        }
    }
    sk_X509_free(between);
    return is_right ||
           error_set(errp, CGVM_ERROR_MISMATCH, "its signer '%s' does not lead to a trusted root: %s%s",
                     subject, X509_verify_cert_error_string(reason),
                     has_root ? "; give all certificates in between with --ca"
                              : "; give the root's certificate, which is signed by itself, with --ca");
}

static bool check_revoked(X509 *certificate, X509 *signer, const CryptoTrust *trust, time_t when,
                          Error **errp)
{
    g_autofree char *issuer = name_text(X509_get_subject_name(signer));
    bool is_listed = false;

    for (guint i = 0; i < trust->crls->len; i++) {
        X509_CRL *crl = g_ptr_array_index(trust->crls, i);
        X509_REVOKED *entry = NULL;

        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(signer)) != 0 ||
            X509_CRL_verify(crl, X509_get0_pubkey(signer)) != 1) {
            continue;
        }
        if (!is_valid_at(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl), when)) {
            return error_set(errp, CGVM_ERROR_MISMATCH,
                             "the list of certificates that '%s' has revoked is not of this time; give the "
                             "current one with --crl",
                             issuer);
        }
        if (X509_CRL_get0_by_cert(crl, &entry, certificate) == 1) {
            return error_set(errp, CGVM_ERROR_MISMATCH, "it was revoked by '%s'; get another one", issuer);
        }
        is_listed = true;
    }
    return is_listed || error_set(errp, CGVM_ERROR_MISMATCH,
                                  "none of the lists of revoked certificates is by '%s', who has signed it; "
                                  "give that one with --crl",
                                  issuer);
}

static bool verify(X509 *certificate, const CryptoTrust *trust, Error **errp)
{
    time_t when = trust->time ? (time_t)trust->time : time(NULL);
    X509 *signer = find_signer(certificate, trust);

    if (!signer) {
        g_autofree char *issuer = name_text(X509_get_issuer_name(certificate));
        return error_set(errp, CGVM_ERROR_MISMATCH,
                         "it is not signed by the key of any certificate that was given; give that of its "
                         "issuer '%s' with --ca",
                         issuer);
    }
    if (!is_valid_at(X509_get0_notBefore(certificate), X509_get0_notAfter(certificate), when)) {
        return error_set(errp, CGVM_ERROR_MISMATCH, "it is not valid now; get a current one");
    }
    return check_chain(signer, trust, when, errp) &&
           (!trust->crls || !trust->crls->len || check_revoked(certificate, signer, trust, when, errp));
}

bool crypto_certificate_verify(const CryptoCertificate *certificate, const CryptoTrust *trust, Error **errp)
{
    bool is_right;

    /* OpenSSL's record of what it has tried would be found by whoever asks it next. */
    ERR_set_mark();
    is_right = verify(x509(certificate), trust, errp);
    ERR_pop_to_mark();
    return is_right;
}
