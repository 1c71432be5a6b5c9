/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgvm/secret.h"
#include <string.h>
#include "lib/argument.h"
#include "lib/option-fields.h"
#include "lib/session.h"
#include "qapi/json.h"
#include "target-i386/sev-sealed.h"

#define BLOCK        16
#define LARGEST_JSON (64u << 10)
#define MAX_DEPTH    4

struct CgvmSecret {
    SecretTable *table; /* NULL: a packet that was not opened */
    SevSealed sealed;   /* without a packet: not sealed yet */
};

CgvmSecret *cgvm_secret_new(void)
{
    CgvmSecret *secret = g_new0(CgvmSecret, 1);

    secret->table = secret_table_new();
    return secret;
}

void cgvm_secret_free(CgvmSecret *secret)
{
    if (secret) {
        secret_table_free(secret->table);
        sev_sealed_clear(&secret->sealed);
    }
    g_free(secret);
}

static bool check_unsealed(const CgvmSecret *secret, Error **errp)
{
    return !secret->sealed.packet ||
           error_set(errp, CGVM_ERROR_STATE, "the secrets are sealed already; make a new table for others");
}

bool cgvm_secret_add(CgvmSecret *secret, const char *guid, CgvmBytes data, CgvmError **error)
{
    return check_unsealed(secret, error) && argument_given(guid, "guid", error) &&
           secret_table_add(secret->table, guid, data.data, data.size, error);
}

bool cgvm_secret_seal(CgvmSecret *secret, const CgvmSession *session, CgvmBytes measurement,
                      CgvmError **error)
{
    SevMeasurement bytes;

    if (!check_unsealed(secret, error) || !session_read_measurement(measurement, &bytes, error)) {
        return false;
    }
    if (!secret_table_count(secret->table)) {
        return error_setg(error, "there is no secret to seal; add one");
    }
    sev_seal_table(session_owner(session), bytes.measure, secret->table, &secret->sealed);
    return true;
}

/* The bytes of a packet, whose size is not known beforehand, as they are or in base64. */
static uint8_t *read_packet(CgvmBytes input, size_t *ret_size, Error **errp)
{
    g_autofree char *text = g_strndup(input.size ? input.data : "", input.size);
    g_autofree uint8_t *bytes = NULL;
    size_t size = input.size;

    if (strlen(text) == input.size && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                   "0123456789+/=\r\n") == input.size) {
        bytes = g_base64_decode(text, &size);
    } else {
        bytes = g_memdup2(input.data, input.size);
    }
    if (!size || size % BLOCK || size > SECRET_TABLE_MAX) {
        return error_setg_null(errp,
                               "the packet has %zu bytes; it has a multiple of %d, up to %d, or their base64",
                               size, BLOCK, SECRET_TABLE_MAX);
    }
    *ret_size = size;
    return g_steal_pointer(&bytes);
}

static bool read_sealed(SevSealed *sealed, CgvmBytes header, CgvmBytes packet, Error **errp)
{
    g_autofree uint8_t *bytes =
        option_blob_read("the header of the packet", header, sizeof(sealed->header), errp);

    if (!bytes) {
        return false;
    }
    memcpy(&sealed->header, bytes, sizeof(sealed->header));
    sealed->packet = read_packet(packet, &sealed->size, errp);
    return sealed->packet != NULL;
}

static bool open_table(CgvmSecret *secret, const CgvmSession *session, CgvmBytes measurement, Error **errp)
{
    SevMeasurement bytes;

    if (!session) {
        return true;
    }
    if (measurement.size && !session_read_measurement(measurement, &bytes, errp)) {
        return false;
    }
    secret->table =
        sev_open(session_owner(session), measurement.size ? bytes.measure : NULL, &secret->sealed, errp);
    return secret->table != NULL;
}

CgvmSecret *cgvm_secret_open(CgvmBytes header, CgvmBytes packet, const CgvmSession *session,
                             CgvmBytes measurement, CgvmError **error)
{
    CgvmSecret *secret = g_new0(CgvmSecret, 1);

    if (!read_sealed(&secret->sealed, header, packet, error) ||
        !open_table(secret, session, measurement, error)) {
        cgvm_secret_free(secret);
        return NULL;
    }
    return secret;
}

/* The text of the member @name of @json, borrowed. */
static bool read_member(json_object *json, const char *name, CgvmBytes *ret_text, Error **errp)
{
    json_object *value = NULL;

    if (!json_object_object_get_ex(json, name, &value) || !json_object_is_type(value, json_type_string)) {
        return error_setg(errp, "there is no text '%s' in it; give the JSON of sev-inject-launch-secret",
                          name);
    }
    *ret_text = (CgvmBytes){ json_object_get_string(value), (size_t)json_object_get_string_len(value) };
    return true;
}

CgvmSecret *cgvm_secret_parse(CgvmBytes json, const CgvmSession *session, CgvmBytes measurement,
                              CgvmError **error)
{
    g_autofree char *text = g_strndup(json.size ? json.data : "", json.size);
    g_autoptr(json_object) object = NULL;
    CgvmBytes header, packet;

    if (strlen(text) != json.size) {
        return error_setg_null(error, "there is a zero byte in it; give JSON");
    }
    object = json_parse_within(text, LARGEST_JSON, MAX_DEPTH, error);
    if (!object || !read_member(object, "packet-header", &header, error) ||
        !read_member(object, "secret", &packet, error)) {
        return NULL;
    }
    return cgvm_secret_open(header, packet, session, measurement, error);
}

CgvmBytes cgvm_secret_header(const CgvmSecret *secret)
{
    return secret->sealed.packet ? (CgvmBytes){ &secret->sealed.header, sizeof(secret->sealed.header) }
                                 : (CgvmBytes){ NULL, 0 };
}

CgvmBytes cgvm_secret_packet(const CgvmSecret *secret)
{
    return (CgvmBytes){ secret->sealed.packet, secret->sealed.size };
}

char *cgvm_secret_describe(const CgvmSecret *secret, CgvmFormat format, bool show_data)
{
    if (!secret->sealed.packet) {
        return NULL;
    }
    return format == CGVM_FORMAT_JSON ? sev_sealed_to_json(&secret->sealed, secret->table, show_data)
                                      : sev_sealed_to_text(&secret->sealed, secret->table, show_data);
}
