/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgctl idblock: ID blocks, by which the owner of an SEV-SNP guest says what may be launched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/id-block.h"
#include "tools/cgctl.h"
#include "tools/file.h"

#define KEY_LIMIT  (64u << 10)
#define TEXT_LIMIT (64u << 10)
#define BLOB_LIMIT (16u << 10)

/* ---- input ---- */

/* The ID block in the files of --block and --auth. */
static CgvmIdBlock *read_parts(const CgctlLine *line, CgvmError **error)
{
    CgvmIdBlock *id = NULL;
    File block, auth;

    if (!file_read(&block, cgctl_value(line, "block"), BLOB_LIMIT, FILE_PUBLIC)) {
        return NULL;
    }
    if (file_read(&auth, cgctl_value(line, "auth"), BLOB_LIMIT, FILE_PUBLIC)) {
        id = cgvm_id_block_new(file_bytes(&block), file_bytes(&auth), cgctl_value(line, "author"), error);
        file_clear(&auth);
    }
    file_clear(&block);
    return id;
}

/* The ID block in the file that is the operand, as options. */
static CgvmIdBlock *read_options(const CgctlLine *line, CgvmError **error)
{
    CgvmIdBlock *id;
    File file;

    if (!file_read(&file, line->operand, TEXT_LIMIT, FILE_PUBLIC)) {
        return NULL;
    }
    id = cgvm_id_block_parse((const char *)file.data, error);
    file_clear(&file);
    return id;
}

/* The ID block that the command line names; NULL, which is said, and the status. */
static CgvmIdBlock *read_id_block(const CgctlLine *line, CgctlStatus *ret_status)
{
    bool has_block = cgctl_value(line, "block"), has_auth = cgctl_value(line, "auth");
    CgvmError *error = NULL;
    CgvmIdBlock *id;

    if (has_block != has_auth || has_block == (line->operand != NULL)) {
        *ret_status = cgctl_usage(line, "an ID block is named as FILE, or with both --block and --auth");
        return NULL;
    }
    id = has_block ? read_parts(line, &error) : read_options(line, &error);
    *ret_status = error ? cgctl_fail(error) : CGCTL_REFUSED;
    return id;
}

/* ---- create ---- */

static bool write_parts(const CgctlLine *line, const CgvmIdBlock *id)
{
    char *block = cgvm_base64(cgvm_id_block_bytes(id)), *auth = cgvm_base64(cgvm_id_block_auth(id));
    FileOutput outputs[] = {
        { .path = cgctl_value(line, "block"), .bytes = { block, strlen(block) } },
        { .path = cgctl_value(line, "auth"), .bytes = { auth, strlen(auth) } },
    };
    bool done = files_write(outputs, sizeof(outputs) / sizeof(outputs[0]), cgctl_value(line, "force"));

    cgvm_string_free(block);
    cgvm_string_free(auth);
    return done;
}

static void print_block(const CgctlLine *line, const CgvmIdBlock *id)
{
    bool as_json = cgctl_value(line, "json");
    char *text = cgvm_id_block_describe(id, as_json ? CGVM_FORMAT_JSON : CGVM_FORMAT_OPTIONS);

    printf(as_json ? "%s" : "%s\n", text);
    cgvm_string_free(text);
}

static void say_key_digest(const CgvmIdBlock *id, bool of_author)
{
    char *digest = cgvm_id_block_key_digest(id, of_author);

    if (digest) {
        cgctl_say("digest of the %s: %s", of_author ? "author key" : "ID key", digest);
    }
    cgvm_string_free(digest);
}

static CgctlStatus sign(const CgctlLine *line, const File *id_key, const File *author_key)
{
    static const char *const names[] = { "digest", "policy", "svn", "family-id", "image-id", NULL };
    char *options = cgctl_join(line, names);
    CgctlStatus status = CGCTL_DONE;
    CgvmError *error = NULL;
    CgvmIdBlock *id = cgvm_id_block_create(options, file_bytes(id_key), file_bytes(author_key), &error);

    free(options);
    if (!id) {
        return cgctl_fail(error);
    }
    if (write_parts(line, id)) {
        print_block(line, id);
        say_key_digest(id, false);
        say_key_digest(id, true);
    } else {
        status = CGCTL_REFUSED;
    }
    cgvm_id_block_free(id);
    return status;
}

/* Reads the key that the option @name names, if it is given. An empty file must not pass for no key. */
static bool read_key(const CgctlLine *line, const char *name, File *file)
{
    const char *path = cgctl_value(line, name);

    *file = (File){ .data = NULL };
    if (!path) {
        return true;
    }
    if (!file_read(file, path, KEY_LIMIT, FILE_PRIVATE)) {
        return false;
    }
    if (!file->size) {
        cgctl_say("'%s' is empty; it should hold the private key for --%s", path, name);
        file_clear(file);
        return false;
    }
    return true;
}

static CgctlStatus create(const CgctlLine *line)
{
    CgctlStatus status = CGCTL_REFUSED;
    File id_key, author_key;

    if (!cgctl_value(line, "id-key") == !cgctl_value(line, "anonymous")) {
        return cgctl_usage(line, "one of --id-key FILE and --anonymous is needed");
    }
    if (!read_key(line, "id-key", &id_key)) {
        return CGCTL_REFUSED;
    }
    if (read_key(line, "author-key", &author_key)) {
        status = sign(line, &id_key, &author_key);
        file_clear(&author_key);
    }
    file_clear(&id_key);
    return status;
}

static const CgctlOption create_options[] = {
    { .name = "digest",
      .argument = "DIGEST",
      .help = "launch digest, hexadecimal or base64",
      .required = true },
    { .name = "id-key", .argument = "FILE", .help = "private key that signs the ID block, in PEM" },
    { .name = "anonymous", .help = "sign with a new key that is forgotten afterwards" },
    { .name = "author-key", .argument = "FILE", .help = "private key that signs the ID key, in PEM" },
    { .name = "policy", .argument = "POLICY", .help = "policy of the guest (default 0x30000)" },
    { .name = "svn", .argument = "N", .help = "security version number (default 0)" },
    { .name = "family-id", .argument = "ID", .help = "32 hexadecimal digits, or text of at most 16 bytes" },
    { .name = "image-id", .argument = "ID", .help = "the same for the image" },
    { .name = "json", .help = "print JSON, the schema's SnpIdBlockInfo" },
    { .name = "block", .argument = "FILE", .help = "write the ID block to FILE, in base64" },
    { .name = "auth", .argument = "FILE", .help = "write what authenticates it to FILE, in base64" },
    { .name = "force", .help = "overwrite files that exist" },
    { .name = NULL },
};

const CgctlCommand cgctl_idblock_create = {
    .group = "idblock",
    .name = "create",
    .summary = "makes and signs an ID block",
    .text = "What is printed are properties for -object sev-snp-guest, in cgvm and in QEMU.\n"
            "POLICY is a number or names joined with '+', as in -object sev-snp-guest,help. Keys\n"
            "are ECDSA keys on P-384 in PEM (PKCS#8 or SEC 1), in files that nobody else may read.\n"
            "A key that a passphrase protects comes through a pipe, as in\n"
            "<(openssl pkey -in FILE).\n",
    .options = create_options,
    .run = create,
};

/* ---- inspect ---- */

static CgctlStatus inspect(const CgctlLine *line)
{
    CgctlStatus status;
    CgvmIdBlock *id = read_id_block(line, &status);
    char *text;

    if (!id) {
        return status;
    }
    text = cgvm_id_block_describe(id, cgctl_value(line, "json") ? CGVM_FORMAT_JSON : CGVM_FORMAT_TEXT);
    fputs(text, stdout);
    cgvm_string_free(text);
    cgvm_id_block_free(id);
    return CGCTL_DONE;
}

#define INPUT_OPTIONS                                                                                        \
    { .name = "block", .argument = "FILE", .help = "the ID block, its 96 bytes or their base64" },           \
        { .name = "auth", .argument = "FILE", .help = "what authenticates it, 4096 bytes or base64" },       \
    {                                                                                                        \
        .name = "author", .help = "with --block and --auth: an author has signed the ID key"                 \
    }

static const CgctlOption inspect_options[] = {
    INPUT_OPTIONS,
    { .name = "json", .help = "as JSON, the schema's SnpIdBlockInfo" },
    { .name = NULL },
};

const CgctlCommand cgctl_idblock_inspect = {
    .group = "idblock",
    .name = "inspect",
    .summary = "shows the fields of an ID block and the digests of its keys",
    .text = "FILE, - for stdin, holds what `cgctl idblock create` has printed. Nothing is verified.\n",
    .operand = "FILE",
    .operand_optional = true,
    .options = inspect_options,
    .run = inspect,
};

/* ---- verify ---- */

/* First without expectations: what is wrong then is wrong with the ID block, whatever kind of error it is. */
static CgctlStatus verify_block(const CgvmIdBlock *id, const char *expected)
{
    CgvmError *error = NULL;

    if (!cgvm_id_block_verify(id, NULL, &error)) {
        cgctl_fail(error);
        return CGCTL_MISMATCH;
    }
    return cgvm_id_block_verify(id, expected, &error) ? CGCTL_DONE : cgctl_fail(error);
}

static CgctlStatus verify(const CgctlLine *line)
{
    static const char *const names[] = {
        "digest", "policy", "svn", "family-id", "image-id", "id-key-digest", "author-key-digest", NULL,
    };
    char *expected = cgctl_join(line, names);
    CgctlStatus status;
    CgvmIdBlock *id = read_id_block(line, &status);

    if (id) {
        status = verify_block(id, expected);
        cgvm_id_block_free(id);
    }
    free(expected);
    return status;
}

static const CgctlOption verify_options[] = {
    INPUT_OPTIONS,
    { .name = "digest", .argument = "DIGEST", .help = "expected launch digest" },
    { .name = "policy", .argument = "POLICY", .help = "expected policy" },
    { .name = "svn", .argument = "N", .help = "expected security version number" },
    { .name = "family-id", .argument = "ID", .help = "expected family id" },
    { .name = "image-id", .argument = "ID", .help = "expected image id" },
    { .name = "id-key-digest", .argument = "DIGEST", .help = "expected digest of the ID key" },
    { .name = "author-key-digest", .argument = "DIGEST", .help = "an author with this key must have signed" },
    { .name = NULL },
};

const CgctlCommand cgctl_idblock_verify = {
    .group = "idblock",
    .name = "verify",
    .summary = "verifies an ID block: its form, its signatures, and what it says",
    .text = "FILE, - for stdin, holds what `cgctl idblock create` has printed. The status is 3 if\n"
            "the firmware would refuse the ID block, or if it is not as expected.\n",
    .operand = "FILE",
    .operand_optional = true,
    .options = verify_options,
    .run = verify,
};
