/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgvm/id-block.h"
#include "lib/argument.h"
#include "lib/option-fields.h"
#include "target-i386/snp-id-block.h"
#include "target-i386/snp-id-info.h"
#include "target-i386/snp-id-owner.h"

struct CgvmIdBlock {
    SnpIdBlockBlobs blobs; /* both parts are there */
};

static CgvmIdBlock *new_from_blobs(SnpIdBlockBlobs *blobs)
{
    CgvmIdBlock *id = g_new0(CgvmIdBlock, 1);

    id->blobs = *blobs;
    *blobs = (SnpIdBlockBlobs){ .author_key_enabled = false };
    return id;
}

/* The key in @pem, which is called @name in messages, or a new one if that is empty. */
static CryptoKey *read_key(const char *name, CgvmBytes pem, Error **errp)
{
    CryptoKey *key = crypto_key_from_pem(pem.data, pem.size, errp);

    return key ? key : error_prepend_null(errp, "the file with the %s ", name);
}

static bool make(const SnpIdBlockOptions *options, CgvmBytes id_pem, CgvmBytes author_pem,
                 SnpIdBlockBlobs *blobs, Error **errp)
{
    g_autoptr(CryptoKey) id_key = id_pem.size ? read_key("ID key", id_pem, errp) : crypto_key_new();
    g_autoptr(CryptoKey) author_key = NULL;

    if (id_key && author_pem.size) {
        author_key = read_key("author key", author_pem, errp);
    }
    return id_key && (author_key || !author_pem.size) &&
           snp_id_make(options, id_key, author_key, blobs, errp);
}

CgvmIdBlock *cgvm_id_block_create(const char *options, CgvmBytes id_key, CgvmBytes author_key,
                                  CgvmError **error)
{
    SnpIdBlockOptions parsed;
    SnpIdBlockBlobs blobs;
    bool done;

    if (!option_fields_parse(&SnpIdBlockOptions_fields, &parsed, options, error)) {
        return NULL;
    }
    done = make(&parsed, id_key, author_key, &blobs, error);
    fields_clear(&SnpIdBlockOptions_fields, &parsed);
    return done ? new_from_blobs(&blobs) : NULL;
}

CgvmIdBlock *cgvm_id_block_parse(const char *text, CgvmError **error)
{
    /* It may come from a file, which ends in a newline. */
    g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));
    SnpIdBlockBlobs blobs;

    return argument_given(text, "text", error) &&
                   option_fields_parse(&SnpIdBlockBlobs_fields, &blobs, stripped, error)
               ? new_from_blobs(&blobs)
               : NULL;
}

CgvmIdBlock *cgvm_id_block_new(CgvmBytes block, CgvmBytes auth, bool has_author, CgvmError **error)
{
    SnpIdBlockBlobs blobs = {
        .id_block = { option_blob_read("the ID block", block, SNP_ID_BLOCK_SIZE, error), SNP_ID_BLOCK_SIZE },
        .author_key_enabled = has_author,
    };

    if (!blobs.id_block.data) {
        return NULL;
    }
    blobs.id_auth = (Blob){
        option_blob_read("what authenticates the ID block", auth, SNP_ID_AUTH_SIZE, error),
        SNP_ID_AUTH_SIZE,
    };
    if (!blobs.id_auth.data) {
        snp_id_blobs_clear(&blobs);
        return NULL;
    }
    return new_from_blobs(&blobs);
}

void cgvm_id_block_free(CgvmIdBlock *id)
{
    if (id) {
        snp_id_blobs_clear(&id->blobs);
    }
    g_free(id);
}

CgvmBytes cgvm_id_block_bytes(const CgvmIdBlock *id)
{
    return (CgvmBytes){ .data = id->blobs.id_block.data, .size = id->blobs.id_block.size };
}

CgvmBytes cgvm_id_block_auth(const CgvmIdBlock *id)
{
    return (CgvmBytes){ .data = id->blobs.id_auth.data, .size = id->blobs.id_auth.size };
}

char *cgvm_id_block_key_digest(const CgvmIdBlock *id, bool of_author)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];

    if (of_author && !id->blobs.author_key_enabled) {
        return NULL;
    }
    (of_author ? snp_id_author_key_digest : snp_id_key_digest)(id->blobs.id_auth.data, digest);
    return crypto_hex(digest, sizeof(digest));
}

char *cgvm_id_block_describe(const CgvmIdBlock *id, CgvmFormat format)
{
    switch (format) {
    case CGVM_FORMAT_JSON:
        return snp_id_to_json(&id->blobs);
    case CGVM_FORMAT_OPTIONS:
        return snp_id_to_options(&id->blobs);
    default:
        return snp_id_to_text(&id->blobs);
    }
}

bool cgvm_id_block_verify(const CgvmIdBlock *id, const char *expected, CgvmError **error)
{
    SnpIdBlockExpectations parsed;
    bool done;

    if (!option_fields_parse(&SnpIdBlockExpectations_fields, &parsed, expected, error)) {
        return false;
    }
    done = snp_id_verify(&id->blobs, &parsed, error);
    fields_clear(&SnpIdBlockExpectations_fields, &parsed);
    return done;
}
