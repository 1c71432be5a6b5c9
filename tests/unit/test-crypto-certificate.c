/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of certificates: those that crypto-certificate-make.h makes, read and verified with and without what
 * it takes. Lists of revoked ones are in tests/launch/test_pvimage.py, which has another program make them.
 */
#include "confidential/crypto-certificate.h"
#include <string.h>
#include "confidential/crypto-certificate-make.h"

#define YEAR (INT64_C(365) * 24 * 60 * 60)

/* A root, a signer that is no authority, and a key. */
typedef struct Chain {
    CryptoP521Key keys[3];
    char *root, *signer, *document;
} Chain;

static void chain_init(Chain *chain, const char *seed)
{
    CryptoParty parties[3];
    static const char *const names[] = { "root", "signer", "host" };

    for (size_t i = 0; i < 3; i++) {
        g_autofree char *own = g_strdup_printf("%s %zu", seed, i);

        crypto_p521_key(own, strlen(own), &chain->keys[i]);
        parties[i] = (CryptoParty){ names[i], &chain->keys[i].point, &chain->keys[i] };
    }
    chain->root = crypto_certificate_make(&parties[0], &parties[0], true);
    chain->signer = crypto_certificate_make(&parties[1], &parties[0], false);
    chain->document = crypto_certificate_make(&parties[2], &parties[1], false);
}

static void chain_clear(Chain *chain)
{
    g_free(chain->root);
    g_free(chain->signer);
    g_free(chain->document);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Chain, chain_clear)

static void free_certificate(void *certificate)
{
    crypto_certificate_free(certificate);
}

static CryptoCertificate *read_one(const char *pem)
{
    g_autoptr(Error) error = NULL;
    CryptoCertificate *certificate = crypto_certificate_read(pem, strlen(pem), &error);

    g_assert_null(error);
    g_assert_nonnull(certificate);
    return certificate;
}

/* Verifies @document with the certificates in @trusted (which end with NULL), at @time. */
static bool verify(const char *document, const char *const *trusted, int64_t time, Error **errp)
{
    g_autoptr(CryptoCertificate) certificate = read_one(document);
    g_autoptr(GPtrArray) certificates = g_ptr_array_new_with_free_func(free_certificate);
    const CryptoTrust trust = { .certificates = certificates, .time = time };

    for (; *trusted; trusted++) {
        g_assert_true(crypto_certificates_read(certificates, *trusted, strlen(*trusted), NULL));
    }
    return crypto_certificate_verify(certificate, &trust, errp);
}

static void test_read(void)
{
    g_auto(Chain) chain;
    g_autoptr(CryptoCertificate) certificate = NULL;
    g_autofree char *subject = NULL, *issuer = NULL;
    CryptoP521Point point;

    chain_init(&chain, "one");
    certificate = read_one(chain.document);
    subject = crypto_certificate_subject(certificate);
    issuer = crypto_certificate_issuer(certificate);
    g_assert_cmpstr(subject, ==, "CN=host,O=cgvm simulated host");
    g_assert_cmpstr(issuer, ==, "CN=signer,O=cgvm simulated host");
    g_assert_true(crypto_certificate_p521(certificate, &point, NULL));
    g_assert_cmpmem(&point, sizeof(point), &chain.keys[2].point, sizeof(point));
}

static void test_not_read(void)
{
    g_auto(Chain) chain;
    g_autofree char *both = NULL;
    g_autoptr(Error) none = NULL, two = NULL;

    chain_init(&chain, "one");
    both = g_strconcat(chain.root, chain.signer, NULL);
    g_assert_null(crypto_certificate_read("rubbish", 7, &none));
    g_assert_cmpstr(cgvm_error_message(none), ==, "holds no X.509 certificate, neither in PEM nor in DER");
    g_assert_null(crypto_certificate_read(both, strlen(both), &two));
    g_assert_cmpstr(cgvm_error_message(two), ==, "holds 2 X.509 certificates, where one is expected");
    g_assert_null(crypto_certificate_read("", 0, NULL));
    g_assert_null(crypto_crl_read(both, strlen(both), NULL));
}

static void assert_refused(const char *document, const char *const *trusted, int64_t time, const char *text)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(verify(document, trusted, time, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_MISMATCH);
    if (!strstr(cgvm_error_message(error), text)) {
        g_error("'%s' does not have '%s'", cgvm_error_message(error), text);
    }
}

static void test_verify(void)
{
    g_auto(Chain) chain;
    g_auto(Chain) other;

    chain_init(&chain, "one");
    chain_init(&other, "two");
    g_assert_true(verify(chain.document, (const char *[]){ chain.signer, chain.root, NULL }, 0, NULL));
    g_assert_true(verify(chain.document,
                         (const char *[]){ other.root, chain.root, other.signer, chain.signer, NULL }, 0,
                         NULL));
    assert_refused(chain.document, (const char *[]){ NULL }, 0, "give that of its issuer 'CN=signer");
    assert_refused(chain.document, (const char *[]){ chain.root, NULL }, 0, "not signed by the key of any");
    assert_refused(chain.document, (const char *[]){ chain.signer, NULL }, 0, "give the root's certificate");
    /* The names are the same, and the keys are not. */
    assert_refused(chain.document, (const char *[]){ other.signer, other.root, NULL }, 0,
                   "not signed by the key");
    assert_refused(chain.document, (const char *[]){ chain.signer, other.root, NULL }, 0, "trusted root");
}

static void test_time(void)
{
    g_auto(Chain) chain;

    chain_init(&chain, "one");
    assert_refused(chain.document, (const char *[]){ chain.signer, chain.root, NULL }, 49 * YEAR,
                   "not valid now");
    assert_refused(chain.document, (const char *[]){ chain.signer, chain.root, NULL }, 131 * YEAR,
                   "not valid now");
    g_assert_true(
        verify(chain.document, (const char *[]){ chain.signer, chain.root, NULL }, 60 * YEAR, NULL));
}

/* A byte of it is another one. */
static void test_changed(void)
{
    g_auto(Chain) chain;
    g_autofree guchar *der = NULL;
    g_auto(GStrv) lines = NULL;
    gsize size;
    unsigned n_read = 0;

    chain_init(&chain, "one");
    lines = g_strsplit(chain.document, "-----", -1);
    der = g_base64_decode(lines[2], &size);
    for (gsize i = 0; i < size; i += 3) {
        g_autoptr(CryptoCertificate) certificate = NULL;
        g_autoptr(GPtrArray) certificates = g_ptr_array_new_with_free_func(free_certificate);
        const CryptoTrust trust = { .certificates = certificates };

        der[i] ^= 0x04;
        certificate = crypto_certificate_read(der, size, NULL);
        g_assert_true(crypto_certificates_read(certificates, chain.signer, strlen(chain.signer), NULL));
        g_assert_true(crypto_certificates_read(certificates, chain.root, strlen(chain.root), NULL));
        g_assert_true(!certificate || !crypto_certificate_verify(certificate, &trust, NULL));
        n_read += certificate != NULL;
        der[i] ^= 0x04;
    }
    g_assert_cmpuint(n_read, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-certificate/read", test_read);
    g_test_add_func("/crypto-certificate/not-read", test_not_read);
    g_test_add_func("/crypto-certificate/verify", test_verify);
    g_test_add_func("/crypto-certificate/time", test_time);
    g_test_add_func("/crypto-certificate/changed", test_changed);
    return g_test_run();
}
