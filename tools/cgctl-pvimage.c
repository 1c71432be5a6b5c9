/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgctl pvimage: images for protected virtualization of IBM Z (Secure Execution), and documents of host keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/pv-image.h"
#include "tools/cgctl.h"
#include "tools/file.h"

#define DOCUMENT_LIMIT (1u << 20)
#define KEY_LIMIT      4096u
#define PART_LIMIT     ((size_t)1 << 30)

/* The name of a file before what is wrong with it. */
static CgctlStatus fail_file(const char *path, CgvmError *error)
{
    CgctlStatus status = cgvm_error_code(error) == CGVM_ERROR_MISMATCH ? CGCTL_MISMATCH : CGCTL_REFUSED;

    cgctl_say("'%s': %s", path, cgvm_error_message(error));
    cgvm_error_free(error);
    return status;
}

/* ---- info ---- */

static CgctlStatus describe(const CgctlLine *line, const File *file)
{
    CgvmFormat format = cgctl_value(line, "json") ? CGVM_FORMAT_JSON : CGVM_FORMAT_TEXT;
    CgvmError *error = NULL;
    char *text = cgvm_pv_image_describe(file_bytes(file), format, &error);

    if (!text) {
        return fail_file(line->operand, error);
    }
    fputs(text, stdout);
    cgvm_string_free(text);
    return cgvm_pv_image_verify(file_bytes(file), &error) ? CGCTL_DONE : fail_file(line->operand, error);
}

static CgctlStatus info(const CgctlLine *line)
{
    CgctlStatus status = CGCTL_REFUSED;
    File file;

    if (file_read(&file, line->operand, PART_LIMIT, FILE_PUBLIC)) {
        status = describe(line, &file);
        file_clear(&file);
    }
    return status;
}

static const CgctlOption info_options[] = {
    { .name = "json", .help = "as JSON, the schema's PvImageInfo" },
    { .name = NULL },
};

const CgctlCommand cgctl_pvimage_info = {
    .group = "pvimage",
    .name = "info",
    .summary = "what is in a Secure Execution image, and whether it is whole",
    .text = "Header and components are listed, and the pages compared with the hashes in the header:\n"
            "status 3 if they differ. Nothing is decrypted, and that the header is genuine only a\n"
            "host can tell for which the image was made.\n",
    .operand = "FILE",
    .options = info_options,
    .run = info,
};

/* ---- host keys ---- */

typedef bool TakeFile(CgvmHostKeys *keys, CgvmBytes bytes, bool verify, CgvmError **error);

static bool take_certificates(CgvmHostKeys *keys, CgvmBytes bytes, bool verify, CgvmError **error)
{
    (void)verify;
    return cgvm_host_keys_trust(keys, bytes, error);
}

static bool take_crl(CgvmHostKeys *keys, CgvmBytes bytes, bool verify, CgvmError **error)
{
    (void)verify;
    return cgvm_host_keys_revoke(keys, bytes, error);
}

static CgctlStatus take_file(const CgctlLine *line, TakeFile *take, CgvmHostKeys *keys, const char *path)
{
    CgctlStatus status = CGCTL_DONE;
    CgvmError *error = NULL;
    File file;

    if (!file_read(&file, path, DOCUMENT_LIMIT, FILE_PUBLIC)) {
        return CGCTL_REFUSED;
    }
    if (!take(keys, file_bytes(&file), !cgctl_value(line, "no-verify"), &error)) {
        status = fail_file(path, error);
    }
    file_clear(&file);
    return status;
}

static CgctlStatus take_files(const CgctlLine *line, const char *option, TakeFile *take, CgvmHostKeys *keys)
{
    CgctlStatus status = CGCTL_DONE;
    const char *path;

    for (size_t i = 0; status == CGCTL_DONE && (path = cgctl_value_at(line, option, i)); i++) {
        status = take_file(line, take, keys, path);
    }
    return status;
}

/* Whom to trust comes first, as a document is verified when it is taken. */
static CgctlStatus take_trust(const CgctlLine *line, CgvmHostKeys *keys)
{
    CgctlStatus status = take_files(line, "ca", take_certificates, keys);

    if (status == CGCTL_DONE) {
        status = take_files(line, "crl", take_crl, keys);
    }
    if (status == CGCTL_DONE && cgctl_value(line, "no-verify")) {
        cgctl_say("host key documents are not verified: whoever has made them may read the image");
    } else if (status == CGCTL_DONE && !cgctl_value_at(line, "crl", 0)) {
        cgctl_say("whether host keys were revoked is not checked; give their issuer's list with --crl");
    }
    return status;
}

static CgctlStatus check_trust(const CgctlLine *line)
{
    if (!cgctl_value_at(line, "ca", 0) == !cgctl_value(line, "no-verify")) {
        return cgctl_usage(line, "--ca FILE with what verifies host key documents is needed, or --no-verify");
    }
    return CGCTL_DONE;
}

#define TRUST_OPTIONS                                                                                        \
    { .name = "ca",                                                                                          \
      .argument = "FILE",                                                                                    \
      .help = "certificates that lead to a trusted root, and that root",                                     \
      .repeated = true },                                                                                    \
        { .name = "crl",                                                                                     \
          .argument = "FILE",                                                                                \
          .help = "list of revoked host keys, by their issuer",                                              \
          .repeated = true },                                                                                \
    {                                                                                                        \
        .name = "no-verify", .help = "believe host key documents as they are"                                \
    }

static CgctlStatus show_key(const CgctlLine *line, CgvmHostKeys *keys)
{
    CgvmFormat format = cgctl_value(line, "json") ? CGVM_FORMAT_JSON : CGVM_FORMAT_TEXT;
    CgctlStatus status = take_trust(line, keys);
    char *text;

    if (status == CGCTL_DONE) {
        status = take_file(line, cgvm_host_keys_add, keys, line->operand);
    }
    if (status == CGCTL_DONE) {
        text = cgvm_host_keys_describe(keys, 0, format);
        fputs(text, stdout);
        cgvm_string_free(text);
    }
    return status;
}

static CgctlStatus host_key(const CgctlLine *line)
{
    CgctlStatus status = check_trust(line);
    CgvmHostKeys *keys;

    if (status != CGCTL_DONE) {
        return status;
    }
    keys = cgvm_host_keys_new();
    status = show_key(line, keys);
    cgvm_host_keys_free(keys);
    return status;
}

static const CgctlOption host_key_options[] = {
    TRUST_OPTIONS,
    { .name = "json", .help = "as JSON, the schema's PvHostKeyInfo" },
    { .name = NULL },
};

const CgctlCommand cgctl_pvimage_host_key = {
    .group = "pvimage",
    .name = "host-key",
    .summary = "verifies the document of a host key, and prints the key's hash",
    .text = "FILE is the X.509 document of a machine's host key. The hash is that in the key slots\n"
            "of images and in /sys/firmware/uv/keys of the machine. The status is 3 if the document\n"
            "cannot be verified.\n",
    .operand = "FILE",
    .options = host_key_options,
    .run = host_key,
};

/* ---- the simulated host ---- */

static CgctlStatus simulated_host(const CgctlLine *line)
{
    CgvmError *error = NULL;
    char *document = cgvm_simulated_host_key(cgctl_value(line, "model"), &error);
    char *chain = cgvm_simulated_host_key_chain();
    FileOutput outputs[] = { { .path = cgctl_value(line, "host-key") }, { .path = cgctl_value(line, "ca") } };
    CgctlStatus status = CGCTL_DONE;

    if (!document) {
        status = cgctl_fail(error);
    } else {
        outputs[0].bytes = (CgvmBytes){ document, strlen(document) };
        outputs[1].bytes = (CgvmBytes){ chain, strlen(chain) };
        status = files_write(outputs, 2, cgctl_value(line, "force")) ? CGCTL_DONE : CGCTL_REFUSED;
    }
    cgvm_string_free(document);
    cgvm_string_free(chain);
    return status;
}

static const CgctlOption simulated_host_options[] = {
    { .name = "host-key",
      .argument = "FILE",
      .help = "write the document of its host key to FILE",
      .required = true },
    { .name = "ca",
      .argument = "FILE",
      .help = "write the certificates that verify it to FILE",
      .required = true },
    { .name = "model", .argument = "MODEL", .help = "the simulated machine, z16 (default) or z15" },
    { .name = "force", .help = "overwrite files that exist" },
    { .name = NULL },
};

const CgctlCommand cgctl_pvimage_simulated_host = {
    .group = "pvimage",
    .name = "simulated",
    .summary = "writes the host key document of the simulated host, to try images with it",
    .text = "Images for -accel sim are made with it. All its keys are published: they protect nothing.\n",
    .options = simulated_host_options,
    .run = simulated_host,
};

/* ---- create ---- */

/* The files of an image. An empty initrd or key must not pass for none. */
typedef struct Parts {
    File kernel, initrd, key;
} Parts;

static bool read_part(const CgctlLine *line, const char *name, size_t limit, FilePrivacy privacy, File *file)
{
    const char *path = cgctl_value(line, name);

    *file = (File){ .data = NULL };
    if (!path) {
        return true;
    }
    if (!file_read(file, path, limit, privacy)) {
        return false;
    }
    if (!file->size) {
        cgctl_say("'%s' for --%s is empty", path, name);
    }
    return file->size > 0;
}

static bool read_parts(const CgctlLine *line, Parts *parts)
{
    *parts = (Parts){ .kernel = { .data = NULL } };
    return read_part(line, "kernel", PART_LIMIT, FILE_PUBLIC, &parts->kernel) &&
           read_part(line, "initrd", PART_LIMIT, FILE_PUBLIC, &parts->initrd) &&
           read_part(line, "communication-key", KEY_LIMIT, FILE_PRIVATE, &parts->key);
}

static CgctlStatus write_image(const CgctlLine *line, uint8_t *image, size_t size)
{
    FileOutput output = { .path = cgctl_value(line, "output"), .bytes = { image, size } };

    if (!files_write(&output, 1, cgctl_value(line, "force"))) {
        return CGCTL_REFUSED;
    }
    cgctl_say("the image was not tried on a machine of IBM Z: its loader is cgvm's own, and starts where "
              "-kernel of "
              "cgvm or QEMU loads it, not from a disk");
    return CGCTL_DONE;
}

static CgctlStatus make_image(const CgctlLine *line, const CgvmHostKeys *keys, const Parts *parts)
{
    static const char *const names[] = { "append", "dump", "pckmo", "encryption", NULL };
    char *options = cgctl_join(line, names);
    const CgvmPvImageParts from = {
        .kernel = file_bytes(&parts->kernel),
        .initrd = file_bytes(&parts->initrd),
        .communication_key = file_bytes(&parts->key),
        .options = options,
    };
    CgctlStatus status;
    CgvmError *error = NULL;
    size_t size;
    uint8_t *image = cgvm_pv_image_create(keys, &from, &size, &error);

    status = image ? write_image(line, image, size) : cgctl_fail(error);
    cgvm_bytes_free(image);
    free(options);
    return status;
}

static CgctlStatus create_for(const CgctlLine *line, CgvmHostKeys *keys)
{
    CgctlStatus status = take_trust(line, keys);
    Parts parts;

    if (status == CGCTL_DONE) {
        status = take_files(line, "host-key", cgvm_host_keys_add, keys);
    }
    if (status != CGCTL_DONE) {
        return status;
    }
    status = read_parts(line, &parts) ? make_image(line, keys, &parts) : CGCTL_REFUSED;
    file_clear(&parts.kernel);
    file_clear(&parts.initrd);
    file_clear(&parts.key);
    return status;
}

static CgctlStatus create(const CgctlLine *line)
{
    CgctlStatus status = check_trust(line);
    CgvmHostKeys *keys;

    if (status != CGCTL_DONE) {
        return status;
    }
    keys = cgvm_host_keys_new();
    status = create_for(line, keys);
    cgvm_host_keys_free(keys);
    return status;
}

static const CgctlOption create_options[] = {
    { .name = "kernel", .argument = "FILE", .help = "the kernel, as it is booted", .required = true },
    { .name = "initrd", .argument = "FILE", .help = "its initial RAM disk" },
    { .name = "append", .argument = "TEXT", .help = "its command line" },
    { .name = "host-key",
      .argument = "FILE",
      .help = "document of the key of a host that may run it",
      .repeated = true,
      .required = true },
    TRUST_OPTIONS,
    { .name = "communication-key",
      .argument = "FILE",
      .help = "the owner's key of 32 bytes, for dumps and secrets" },
    { .name = "dump", .argument = "SWITCH", .help = "whether the host may dump it, encrypted (default off)" },
    { .name = "pckmo", .argument = "SWITCH", .help = "whether it may make protected keys (default on)" },
    { .name = "encryption", .argument = "SWITCH", .help = "whether it is encrypted at all (default on)" },
    { .name = "output", .argument = "FILE", .help = "write the image to FILE", .required = true },
    { .name = "force", .help = "overwrite a file that exists" },
    { .name = NULL },
};

const CgctlCommand cgctl_pvimage_create = {
    .group = "pvimage",
    .name = "create",
    .summary = "seals a kernel as a Secure Execution image for some hosts",
    .text = "Kernel, command line and initrd are encrypted with new keys, which only the named hosts\n"
            "can unwrap; SWITCH is on or off. Each --host-key is verified with --ca: the certificate of\n"
            "the key that has signed it, those in between, and the root, which is trusted.\n",
    .options = create_options,
    .run = create,
};
