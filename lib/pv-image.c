/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgvm/pv-image.h"
#include "confidential/crypto-certificate.h"
#include "confidential/crypto.h"
#include "lib/option-fields.h"
#include "qapi-types.h"
#include "target-s390x/pv-image-info.h"
#include "target-s390x/pv-image-make.h"
#include "target-s390x/sim-host-key.h"

struct CgvmHostKeys {
    GPtrArray *certificates; /* CryptoCertificate *: who is trusted */
    GPtrArray *crls;         /* CryptoCrl * */
    GArray *points;          /* CryptoP521Point */
    GPtrArray *infos;        /* PvHostKeyInfo *, one for each */
};

static void free_certificate(void *certificate)
{
    crypto_certificate_free(certificate);
}

static void free_crl(void *crl)
{
    crypto_crl_free(crl);
}

static void free_info(void *info)
{
    fields_clear(&PvHostKeyInfo_fields, info);
    g_free(info);
}

CgvmHostKeys *cgvm_host_keys_new(void)
{
    CgvmHostKeys *keys = g_new0(CgvmHostKeys, 1);

    keys->certificates = g_ptr_array_new_with_free_func(free_certificate);
    keys->crls = g_ptr_array_new_with_free_func(free_crl);
    keys->points = g_array_new(FALSE, TRUE, sizeof(CryptoP521Point));
    keys->infos = g_ptr_array_new_with_free_func(free_info);
    return keys;
}

void cgvm_host_keys_free(CgvmHostKeys *keys)
{
    if (!keys) {
        return;
    }
    g_ptr_array_unref(keys->certificates);
    g_ptr_array_unref(keys->crls);
    g_array_unref(keys->points);
    g_ptr_array_unref(keys->infos);
    g_free(keys);
}

bool cgvm_host_keys_trust(CgvmHostKeys *keys, CgvmBytes certificates, CgvmError **error)
{
    return crypto_certificates_read(keys->certificates, certificates.data, certificates.size, error);
}

bool cgvm_host_keys_revoke(CgvmHostKeys *keys, CgvmBytes crl, CgvmError **error)
{
    CryptoCrl *list = crypto_crl_read(crl.data, crl.size, error);

    if (list) {
        g_ptr_array_add(keys->crls, list);
    }
    return list != NULL;
}

bool cgvm_host_keys_add(CgvmHostKeys *keys, CgvmBytes document, bool verify, CgvmError **error)
{
    const CryptoTrust trust = { .certificates = keys->certificates, .crls = keys->crls };
    g_autoptr(CryptoCertificate) certificate = crypto_certificate_read(document.data, document.size, error);
    uint8_t phkh[CRYPTO_SHA256_SIZE];
    CryptoP521Point point;
    PvHostKeyInfo *info;

    if (!certificate || !crypto_certificate_p521(certificate, &point, error) ||
        (verify && !crypto_certificate_verify(certificate, &trust, error))) {
        return false;
    }
    crypto_sha256(&point, sizeof(point), phkh);
    info = g_new0(PvHostKeyInfo, 1);
    info->phkh = crypto_hex(phkh, sizeof(phkh));
    info->subject = crypto_certificate_subject(certificate);
    info->issuer = crypto_certificate_issuer(certificate);
    info->verified = verify;
    g_array_append_val(keys->points, point);
    g_ptr_array_add(keys->infos, info);
    return true;
}

char *cgvm_host_keys_describe(const CgvmHostKeys *keys, size_t index, CgvmFormat format)
{
    g_autoptr(json_object) json = NULL;
    const PvHostKeyInfo *info;

    if (index >= keys->infos->len) {
        return NULL;
    }
    info = g_ptr_array_index(keys->infos, index);
    if (format == CGVM_FORMAT_JSON) {
        json = fields_to_json(&PvHostKeyInfo_fields, info);
        return json_to_lines(json);
    }
    return g_strdup_printf("host key %s\n  of %s\n  signed by %s (%s)\n", info->phkh, info->subject,
                           info->issuer, info->verified ? "verified" : "not verified");
}

char *cgvm_simulated_host_key(const char *model, CgvmError **error)
{
    return sim_host_key_document(model, error);
}

char *cgvm_simulated_host_key_chain(void)
{
    return sim_host_key_chain();
}

/* ---- images ---- */

static uint64_t flags_of(const PvImageOptions *options)
{
    return (options->dump ? PV_FLAG_ALLOW_DUMP : 0) | (options->encryption ? 0 : PV_FLAG_NO_ENCRYPTION) |
           (options->pckmo ? PV_FLAG_PCKMO_DEA | PV_FLAG_PCKMO_AES | PV_FLAG_PCKMO_ECC : 0);
}

static GBytes *make(const CgvmHostKeys *keys, const CgvmPvImageParts *parts, const PvImageOptions *options,
                    Error **errp)
{
    g_autoptr(GBytes) kernel = g_bytes_new_static(parts->kernel.data, parts->kernel.size);
    g_autoptr(GBytes) initrd =
        parts->initrd.size ? g_bytes_new_static(parts->initrd.data, parts->initrd.size) : NULL;
    const PvImageParts from = {
        .kernel = kernel,
        .initrd = initrd,
        .append = options->append,
        .host_keys = (const CryptoP521Point *)(void *)keys->points->data,
        .n_host_keys = keys->points->len,
        .plaintext_flags = flags_of(options),
        .communication_key = parts->communication_key.size ? parts->communication_key.data : NULL,
    };

    if (parts->communication_key.size && parts->communication_key.size != PV_KEY_SIZE) {
        return error_setg_null(errp,
                               "the communication key has %zu bytes, not %d; give that many random ones",
                               parts->communication_key.size, PV_KEY_SIZE);
    }
    return pv_image_make(&from, errp);
}

uint8_t *cgvm_pv_image_create(const CgvmHostKeys *keys, const CgvmPvImageParts *parts, size_t *ret_size,
                              CgvmError **error)
{
    PvImageOptions options;
    GBytes *image;

    if (!option_fields_parse(&PvImageOptions_fields, &options, parts->options, error)) {
        return NULL;
    }
    image = make(keys, parts, &options, error);
    fields_clear(&PvImageOptions_fields, &options);
    return image ? g_bytes_unref_to_data(image, ret_size) : NULL;
}

/* The image in @bytes, which must outlive it. pv_image_clear() frees it. */
static bool read_image(CgvmBytes bytes, PvImage *image, Error **errp)
{
    /* A copy is aligned, which the caller's bytes need not be. */
    g_autoptr(GBytes) file = g_bytes_new(bytes.data, bytes.size);
    bool is_done = pv_image_parse(file, image, errp);

    if (!is_done) {
        pv_image_clear(image);
    }
    return is_done;
}

char *cgvm_pv_image_describe(CgvmBytes bytes, CgvmFormat format, CgvmError **error)
{
    PvImageInfo info;
    PvImage image;
    char *text;

    if (format != CGVM_FORMAT_TEXT && format != CGVM_FORMAT_JSON) {
        return error_setg_null(error, "an image is described as text or JSON, not in format %d", format);
    }
    if (!read_image(bytes, &image, error)) {
        return NULL;
    }
    pv_image_describe(&image, pv_image_entry(&image), &info);
    text = format == CGVM_FORMAT_JSON ? pv_image_info_to_json(&info) : pv_image_info_to_text(&info);
    pv_image_info_clear(&info);
    pv_image_clear(&image);
    return text;
}

bool cgvm_pv_image_verify(CgvmBytes bytes, CgvmError **error)
{
    PvImage image;
    bool is_right;

    if (!read_image(bytes, &image, error)) {
        return false;
    }
    is_right = pv_image_verify(&image, NULL, error);
    pv_image_clear(&image);
    return is_right;
}
