/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgctl secret session, verify: the owner's session with the platform that launches an SEV guest.
 */
#include "tools/cgctl-session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/file.h"

#define STATE_LIMIT 4096u
#define CERT_LIMIT  (64u << 10)

/* ---- for others ---- */

CgvmSession *cgctl_read_session(const CgctlLine *line, CgctlStatus *ret_status)
{
    CgvmSession *session = NULL;
    CgvmError *error = NULL;
    File file;

    *ret_status = CGCTL_REFUSED;
    if (file_read(&file, cgctl_value(line, "state"), STATE_LIMIT, FILE_PRIVATE)) {
        session = cgvm_session_load(file_bytes(&file), &error);
        file_clear(&file);
    }
    if (error) {
        *ret_status = cgctl_fail(error);
    }
    return session;
}

CgvmBytes cgctl_measurement(const CgctlLine *line)
{
    const char *text = cgctl_value(line, "measurement");

    return (CgvmBytes){ .data = text, .size = text ? strlen(text) : 0 };
}

CgctlStatus cgctl_verify(const CgctlLine *line, const CgvmSession *session)
{
    static const char *const names[] = { "digest", "api", "build", NULL };
    char *expected = cgctl_join(line, names);
    CgvmError *error = NULL;
    CgctlStatus status = CGCTL_DONE;

    if (!cgvm_session_verify(session, cgctl_measurement(line), expected, &error)) {
        status = cgctl_fail(error);
    }
    free(expected);
    return status;
}

/* ---- session ---- */

/* NAME with @suffix, to be freed. */
static char *output_path(const CgctlLine *line, const char *suffix)
{
    char *path;

    if (asprintf(&path, "%s%s", cgctl_value(line, "name"), suffix) < 0) {
        abort();
    }
    return path;
}

static bool write_session(const CgctlLine *line, const CgvmSession *session, char *const *paths)
{
    char *cert = cgvm_base64(cgvm_session_dh_cert(session)), *blob = cgvm_base64(cgvm_session_blob(session));
    FileOutput outputs[] = {
        { .path = paths[0], .bytes = { cert, strlen(cert) } },
        { .path = paths[1], .bytes = { blob, strlen(blob) } },
        { .path = paths[2], .bytes = cgvm_session_state(session), .privacy = FILE_PRIVATE },
    };
    bool done = files_write(outputs, sizeof(outputs) / sizeof(outputs[0]), cgctl_value(line, "force"));

    cgvm_string_free(cert);
    cgvm_string_free(blob);
    return done;
}

static CgctlStatus finish_session(const CgctlLine *line, const CgvmSession *session)
{
    char *paths[] = {
        output_path(line, ".dh-cert"),
        output_path(line, ".session"),
        output_path(line, ".state"),
    };
    bool done = write_session(line, session, paths);

    if (done) {
        printf("policy=0x%x,dh-cert-file=", cgvm_session_policy(session));
        cgctl_put_value(stdout, paths[0]);
        printf(",session-file=");
        cgctl_put_value(stdout, paths[1]);
        printf("\n");
        cgctl_say(cgctl_value(line, "cert-chain")
                      ? "the certificates are right up to the CEK; that AMD has made the CEK was not verified"
                      : "whose the PDH is was not verified; --cert-chain does that, up to the CEK");
    }
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        free(paths[i]);
    }
    return done ? CGCTL_DONE : CGCTL_REFUSED;
}

static CgctlStatus open_session(const CgctlLine *line, const File *pdh, const File *chain)
{
    static const char *const names[] = { "policy", NULL };
    char *options = cgctl_join(line, names);
    CgvmError *error = NULL;
    CgvmSession *session = cgvm_session_new(options, file_bytes(pdh), file_bytes(chain), &error);
    CgctlStatus status;

    free(options);
    if (!session) {
        return cgctl_fail(error);
    }
    status = finish_session(line, session);
    cgvm_session_free(session);
    return status;
}

/* An empty file must not pass for none. */
static bool read_chain(const CgctlLine *line, File *file)
{
    const char *path = cgctl_value(line, "cert-chain");

    *file = (File){ .data = NULL };
    if (path && file_read(file, path, CERT_LIMIT, FILE_PUBLIC) && !file->size) {
        cgctl_say("'%s' is empty; it should hold the certificates PEK, OCA and CEK", path);
        file_clear(file);
    }
    return !path || file->data;
}

static CgctlStatus session(const CgctlLine *line)
{
    CgctlStatus status = CGCTL_REFUSED;
    File pdh, chain;

    if (!file_read(&pdh, cgctl_value(line, "pdh"), CERT_LIMIT, FILE_PUBLIC)) {
        return CGCTL_REFUSED;
    }
    if (read_chain(line, &chain)) {
        status = open_session(line, &pdh, &chain);
        file_clear(&chain);
    }
    file_clear(&pdh);
    return status;
}

static const CgctlOption session_options[] = {
    { .name = "pdh", .argument = "FILE", .help = "the platform's PDH certificate", .required = true },
    { .name = "cert-chain", .argument = "FILE", .help = "its PEK, OCA and CEK, which are verified" },
    { .name = "policy", .argument = "POLICY", .help = "policy of the guest (default 0x1)" },
    { .name = "name", .argument = "NAME", .help = "what the files are called", .required = true },
    { .name = "force", .help = "overwrite files that exist" },
    { .name = NULL },
};

const CgctlCommand cgctl_secret_session = {
    .group = "secret",
    .name = "session",
    .summary = "opens a session with the platform that is to launch an SEV guest",
    .text = "Certificates are binary or base64, as QMP's query-sev-capabilities has them. Written are\n"
            "NAME.dh-cert and NAME.session for the host, and NAME.state with the owner's keys, which\n"
            "nobody else may read. What is printed are properties for -object sev-guest.\n",
    .options = session_options,
    .run = session,
};

/* ---- verify ---- */

static CgctlStatus verify(const CgctlLine *line)
{
    CgctlStatus status;
    CgvmSession *found = cgctl_read_session(line, &status);

    if (found) {
        status = cgctl_verify(line, found);
        cgvm_session_free(found);
    }
    return status;
}

static const CgctlOption verify_options[] = {
    { .name = "state",
      .argument = "FILE",
      .help = "the owner's keys, from secret session",
      .required = true },
    { .name = "measurement", .argument = "BASE64", .help = "what the platform measured", .required = true },
    CGCTL_EXPECTATIONS(true),
    { .name = NULL },
};

const CgctlCommand cgctl_secret_verify = {
    .group = "secret",
    .name = "verify",
    .summary = "verifies the launch measurement of an SEV guest",
    .text = "The measurement is that of QMP's query-sev-launch-measure; api and build are those of\n"
            "query-sev. The status is 3 if another guest was launched, or by somebody else.\n",
    .options = verify_options,
    .run = verify,
};
