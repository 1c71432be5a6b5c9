/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgctl secret build, inspect: secrets for an SEV guest whose launch was measured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/secret.h"
#include "tools/cgctl-session.h"
#include "tools/file.h"

#define SECRET_LIMIT    16384u
#define PACKET_LIMIT    (32u << 10)
#define DISK_PASSPHRASE "736869e5-84f0-4973-92ec-06879ce3da0b"

/* ---- build ---- */

static CgctlStatus add(CgvmSecret *secret, const char *guid, CgvmBytes data)
{
    CgvmError *error = NULL;

    return cgvm_secret_add(secret, guid, data, &error) ? CGCTL_DONE : cgctl_fail(error);
}

/* GUID:FILE */
static CgctlStatus add_secret(const CgctlLine *line, const char *text, CgvmSecret *secret)
{
    const char *colon = strchr(text, ':');
    CgctlStatus status;
    char *guid;
    File file;

    if (!colon) {
        return cgctl_usage(line, "--secret is a GUID and a file with a colon between them, not '%s'", text);
    }
    if (!file_read(&file, colon + 1, SECRET_LIMIT, FILE_PRIVATE)) {
        return CGCTL_REFUSED;
    }
    guid = strndup(text, (size_t)(colon - text));
    if (!guid) {
        abort();
    }
    status = add(secret, guid, file_bytes(&file));
    free(guid);
    file_clear(&file);
    return status;
}

/* GRUB wants a string, with the zero byte at its end that a File has behind its contents. */
static CgctlStatus add_passphrase(const char *path, CgvmSecret *secret)
{
    CgctlStatus status = CGCTL_REFUSED;
    File file;

    if (!file_read(&file, path, SECRET_LIMIT, FILE_PRIVATE)) {
        return CGCTL_REFUSED;
    }
    if (file.size && file.data[file.size - 1] == '\n') {
        file.data[--file.size] = '\0';
    }
    if (!file.size || memchr(file.data, '\0', file.size)) {
        cgctl_say("'%s' holds no passphrase: it must be text, and not empty", path);
    } else {
        status = add(secret, DISK_PASSPHRASE, (CgvmBytes){ file.data, file.size + 1 });
    }
    file_clear(&file);
    return status;
}

static CgctlStatus add_all(const CgctlLine *line, CgvmSecret *secret)
{
    const char *passphrase = cgctl_value(line, "disk-passphrase"), *text;
    CgctlStatus status = passphrase ? add_passphrase(passphrase, secret) : CGCTL_DONE;

    for (size_t i = 0; status == CGCTL_DONE && (text = cgctl_value_at(line, "secret", i)); i++) {
        status = add_secret(line, text, secret);
    }
    return status;
}

/* Two files, and the arguments of QMP's sev-inject-launch-secret. */
static CgctlStatus write_packet(const CgctlLine *line, const CgvmSecret *secret)
{
    char *header = cgvm_base64(cgvm_secret_header(secret)), *packet = cgvm_base64(cgvm_secret_packet(secret));
    FileOutput outputs[] = {
        { .path = cgctl_value(line, "header"), .bytes = { header, strlen(header) } },
        { .path = cgctl_value(line, "packet"), .bytes = { packet, strlen(packet) } },
    };
    bool done = files_write(outputs, sizeof(outputs) / sizeof(outputs[0]), cgctl_value(line, "force"));

    if (done) {
        printf("{ \"packet-header\": \"%s\", \"secret\": \"%s\" }\n", header, packet);
    }
    cgvm_string_free(header);
    cgvm_string_free(packet);
    return done ? CGCTL_DONE : CGCTL_REFUSED;
}

static CgctlStatus seal(const CgctlLine *line, const CgvmSession *session)
{
    CgvmSecret *secret = cgvm_secret_new();
    CgctlStatus status = add_all(line, secret);
    CgvmError *error = NULL;

    if (status == CGCTL_DONE && !cgvm_secret_seal(secret, session, cgctl_measurement(line), &error)) {
        status = cgctl_fail(error);
    }
    if (status == CGCTL_DONE) {
        status = write_packet(line, secret);
    }
    cgvm_secret_free(secret);
    return status;
}

static CgctlStatus build(const CgctlLine *line)
{
    const bool verified =
        cgctl_value(line, "digest") && cgctl_value(line, "api") && cgctl_value(line, "build");
    CgctlStatus status;
    CgvmSession *session;

    if (verified == !!cgctl_value(line, "unverified")) {
        return cgctl_usage(line, "--digest, --api and --build are needed to verify the measurement, or "
                                 "--unverified if that was done");
    }
    session = cgctl_read_session(line, &status);
    if (!session) {
        return status;
    }
    status = verified ? cgctl_verify(line, session) : CGCTL_DONE;
    if (status == CGCTL_DONE) {
        status = seal(line, session);
    }
    cgvm_session_free(session);
    return status;
}

static const CgctlOption build_options[] = {
    { .name = "state",
      .argument = "FILE",
      .help = "the owner's keys, from secret session",
      .required = true },
    { .name = "measurement", .argument = "BASE64", .help = "what the platform measured", .required = true },
    CGCTL_EXPECTATIONS(false),
    { .name = "unverified", .help = "the measurement was verified before" },
    { .name = "secret", .argument = "GUID:FILE", .help = "a secret and what it is", .repeated = true },
    { .name = "disk-passphrase",
      .argument = "FILE",
      .help = "a passphrase for GRUB, without its line break" },
    { .name = "header", .argument = "FILE", .help = "write the packet's header to FILE, in base64" },
    { .name = "packet", .argument = "FILE", .help = "write the packet to FILE, in base64" },
    { .name = "force", .help = "overwrite files that exist" },
    { .name = NULL },
};

const CgctlCommand cgctl_secret_build = {
    .group = "secret",
    .name = "build",
    .summary = "seals secrets for an SEV guest whose launch was measured",
    .text = "What is printed are the arguments of QMP's sev-inject-launch-secret. The measurement is\n"
            "verified first, as secret verify does it. Files with secrets must not be readable by\n"
            "others.\n",
    .options = build_options,
    .run = build,
};

/* ---- inspect ---- */

static CgvmSecret *open_parts(const CgctlLine *line, const CgvmSession *session, CgvmError **error)
{
    CgvmSecret *secret = NULL;
    File header, packet;

    if (!file_read(&header, cgctl_value(line, "header"), PACKET_LIMIT, FILE_PUBLIC)) {
        return NULL;
    }
    if (file_read(&packet, cgctl_value(line, "packet"), PACKET_LIMIT, FILE_PUBLIC)) {
        secret = cgvm_secret_open(file_bytes(&header), file_bytes(&packet), session, cgctl_measurement(line),
                                  error);
        file_clear(&packet);
    }
    file_clear(&header);
    return secret;
}

static CgvmSecret *open_json(const CgctlLine *line, const CgvmSession *session, CgvmError **error)
{
    CgvmSecret *secret;
    File file;

    if (!file_read(&file, line->operand, PACKET_LIMIT, FILE_PUBLIC)) {
        return NULL;
    }
    secret = cgvm_secret_parse(file_bytes(&file), session, cgctl_measurement(line), error);
    file_clear(&file);
    return secret;
}

static CgctlStatus show(const CgctlLine *line, const CgvmSession *session)
{
    const CgvmFormat format = cgctl_value(line, "json") ? CGVM_FORMAT_JSON : CGVM_FORMAT_TEXT;
    CgvmError *error = NULL;
    CgvmSecret *secret = (line->operand ? open_json : open_parts)(line, session, &error);
    char *text;

    if (!secret) {
        return error ? cgctl_fail(error) : CGCTL_REFUSED;
    }
    text = cgvm_secret_describe(secret, format, cgctl_value(line, "show-secrets"));
    fputs(text, stdout);
    explicit_bzero(text, strlen(text));
    cgvm_string_free(text);
    cgvm_secret_free(secret);
    return CGCTL_DONE;
}

static CgctlStatus inspect(const CgctlLine *line)
{
    bool has_header = cgctl_value(line, "header"), has_packet = cgctl_value(line, "packet");
    CgvmSession *session = NULL;
    CgctlStatus status;

    if (has_header != has_packet || has_header == (line->operand != NULL)) {
        return cgctl_usage(line, "a packet is named as FILE, or with both --header and --packet");
    }
    if (!cgctl_value(line, "state") &&
        (cgctl_value(line, "measurement") || cgctl_value(line, "show-secrets"))) {
        return cgctl_usage(line, "--measurement and --show-secrets need --state FILE");
    }
    if (cgctl_value(line, "state")) {
        session = cgctl_read_session(line, &status);
        if (!session) {
            return status;
        }
    }
    status = show(line, session);
    cgvm_session_free(session);
    return status;
}

static const CgctlOption inspect_options[] = {
    { .name = "header", .argument = "FILE", .help = "the packet's header, binary or base64" },
    { .name = "packet", .argument = "FILE", .help = "the packet, binary or base64" },
    { .name = "state", .argument = "FILE", .help = "the owner's keys, to open it" },
    { .name = "measurement", .argument = "BASE64", .help = "the launch that it must be sealed for" },
    { .name = "show-secrets", .help = "print the secrets, in base64" },
    { .name = "json", .help = "as JSON, the schema's SevSecretInfo" },
    { .name = NULL },
};

const CgctlCommand cgctl_secret_inspect = {
    .group = "secret",
    .name = "inspect",
    .summary = "shows a sealed packet, and with the owner's keys what is in it",
    .text = "FILE, - for stdin, holds what `cgctl secret build` has printed. Without --measurement the\n"
            "MAC of the packet is not verified.\n",
    .operand = "FILE",
    .operand_optional = true,
    .options = inspect_options,
    .run = inspect,
};
