/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Policies of SEV and SEV-SNP guests, as names, as numbers and in words.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "qapi/fields.h"
#include "qapi/near-miss.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-errors.h"
#include "target-i386/sev-policy.h"

#define ABI          "abi"
#define SEV_RESERVED 0xffc0u
#define SNP_RESERVED (~UINT64_C(0) << 26)
/* What SNP_LAUNCH_START of Linux 6.12 takes: the version, SMT and bit 17, which must be one, and DEBUG. */
#define LINUX_6_12_ONE (SNP_POLICY_SMT | SNP_POLICY_ONE)
#define LINUX_6_12_ANY (UINT64_C(0xffff) | SNP_POLICY_DEBUG)

/** A kind of policy: the names of its bits, and where it has the version. */
typedef struct Kind {
    const char *names[64];
    uint64_t always; /* bits that are one in every policy, and have no name */
    unsigned major_shift, minor_shift;
    const char *without_first; /* what it means that bit 0 is not set, if people should know */
} Kind;

static const Kind sev = {
    .names = { [0] = "nodbg", [1] = "noks", [2] = "es", [3] = "nosend", [4] = "domain", [5] = "sev" },
    .major_shift = SEV_POLICY_API_MAJOR_SHIFT,
    .minor_shift = SEV_POLICY_API_MINOR_SHIFT,
    .without_first = "host may read its memory",
};

static const Kind snp = {
    .names = {
        [16] = "smt",
        [18] = "migrate-ma",
        [19] = "debug",
        [20] = "single-socket",
        [21] = "cxl-allow",
        [22] = "mem-aes-256-xts",
        [23] = "rapl-dis",
        [24] = "ciphertext-hiding",
        [25] = "page-swap-disable",
    },
    .always = SNP_POLICY_ONE,
    .major_shift = 8,
    .minor_shift = 0,
};

static SevApiVersion get_api(const Kind *kind, uint64_t policy)
{
    return (SevApiVersion){
        .major = policy >> kind->major_shift & 0xff,
        .minor = policy >> kind->minor_shift & 0xff,
    };
}

SevApiVersion sev_policy_api(uint32_t policy)
{
    return get_api(&sev, policy);
}

SevApiVersion snp_policy_api(uint64_t policy)
{
    return get_api(&snp, policy);
}

/* ---- names to a number ---- */

static bool unknown_name(const Kind *kind, const char *property, const char *name, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);
    g_autofree char *shown = text_shown(name);
    g_autofree char *word = g_strndup(name, strcspn(name, "="));
    g_autofree char *suggestion = NULL;
    NearMiss search = { .word = word };

    for (size_t bit = 0; bit < G_N_ELEMENTS(kind->names); bit++) {
        if (kind->names[bit]) {
            near_miss_consider(&search, kind->names[bit]);
            g_string_append_printf(known, "%s, ", kind->names[bit]);
        }
    }
    near_miss_consider(&search, ABI);
    suggestion = near_miss_text(&search);
    return error_setg(errp, "'%s' has no flag '%s'; its flags are %sand abi=MAJOR.MINOR%s", property, shown,
                      known->str, suggestion);
}

static bool given_twice(const char *property, const char *name, Error **errp)
{
    return error_setg(errp, "'%s' has '%s' twice; name it once", property, name);
}

/* A number from 0 to 255 at the start of @text, without a sign or leading zeros; NULL if there is none, else
 * what follows it. */
static const char *parse_byte(const char *text, uint8_t *ret_value)
{
    unsigned value = 0;
    const char *end = text;

    for (; g_ascii_isdigit(*end) && value <= UINT8_MAX; end++) {
        value = 10 * value + (unsigned)g_ascii_digit_value(*end);
    }
    *ret_value = (uint8_t)value;
    return end == text || value > UINT8_MAX || (*text == '0' && end > text + 1) ? NULL : end;
}

static bool parse_api(const char *property, const char *text, SevApiVersion *api, Error **errp)
{
    const char *end = parse_byte(text, &api->major);
    g_autofree char *shown = text_shown(text);

    end = end && *end == '.' ? parse_byte(end + 1, &api->minor) : NULL;
    return (end && !*end) ||
           error_setg(
               errp,
               "'%s' has abi=%s; a version of the firmware's interface is written abi=MAJOR.MINOR, each "
               "from 0 to 255, like abi=1.51",
               property, shown);
}

/* The bit that is called @name, or -1. */
static int find_bit(const Kind *kind, const char *name)
{
    for (size_t bit = 0; bit < G_N_ELEMENTS(kind->names); bit++) {
        if (g_strcmp0(kind->names[bit], name) == 0) {
            return (int)bit;
        }
    }
    return -1;
}

static bool add_flag(const Kind *kind, const char *property, const char *name, uint64_t *policy, Error **errp)
{
    int bit = find_bit(kind, name);

    if (bit < 0) {
        return unknown_name(kind, property, name, errp);
    }
    if (*policy >> bit & 1) {
        return given_twice(property, name, errp);
    }
    *policy |= UINT64_C(1) << bit;
    return true;
}

static bool add_api(const Kind *kind, const char *property, const char *text, uint64_t *policy, Error **errp)
{
    SevApiVersion api = { 0, 0 };

    if (!parse_api(property, text, &api, errp)) {
        return false;
    }
    *policy |= (uint64_t)api.major << kind->major_shift | (uint64_t)api.minor << kind->minor_shift;
    return true;
}

static bool from_names(const Kind *kind, const char *property, const char *text, uint64_t *ret_policy,
                       Error **errp)
{
    g_auto(GStrv) names = g_strsplit(text, "+", -1);
    uint64_t policy = kind->always;
    bool has_api = false;

    for (size_t i = 0; names[i]; i++) {
        const char *version = g_str_has_prefix(names[i], ABI "=") ? names[i] + strlen(ABI "=") : NULL;

        if (!*names[i]) {
            g_autofree char *shown = text_shown(text);
            return error_setg(errp, "'%s' has an empty name in \"%s\"; write one '+' between two names",
                              property, shown);
        }
        if (strcmp(names[i], ABI) == 0) {
            version = "";
        }
        if (version && has_api) {
            return given_twice(property, ABI, errp);
        }
        has_api |= version != NULL;
        if (!(version ? add_api(kind, property, version, &policy, errp)
                      : add_flag(kind, property, names[i], &policy, errp))) {
            return false;
        }
    }
    *ret_policy = policy;
    return true;
}

bool sev_policy_from_names(const char *property, const char *text, uint64_t *ret_policy, Error **errp)
{
    return from_names(&sev, property, text, ret_policy, errp);
}

bool snp_policy_from_names(const char *property, const char *text, uint64_t *ret_policy, Error **errp)
{
    return from_names(&snp, property, text, ret_policy, errp);
}

static bool from_text(const Kind *kind, const char *property, const char *text, uint64_t max,
                      uint64_t *ret_policy, Error **errp)
{
    const Field field = { .name = property, .kind = FIELD_UINT64, .max = max };
    g_autoptr(json_object) number = NULL;

    if (g_ascii_isalpha(*text)) {
        return from_names(kind, property, text, ret_policy, errp);
    }
    number = field_from_text(&field, text, errp);
    if (!number) {
        return false;
    }
    *ret_policy = json_object_get_uint64(number);
    return *ret_policy <= max ||
           error_setg(errp, "'%s' must be from 0 to %" PRIu64 ", not %" PRIu64, property, max, *ret_policy);
}

bool sev_policy_from_text(const char *property, const char *text, uint32_t *ret_policy, Error **errp)
{
    uint64_t policy;

    if (!from_text(&sev, property, text, UINT32_MAX, &policy, errp)) {
        return false;
    }
    *ret_policy = (uint32_t)policy;
    return true;
}

bool snp_policy_from_text(const char *property, const char *text, uint64_t *ret_policy, Error **errp)
{
    return from_text(&snp, property, text, UINT64_MAX, ret_policy, errp);
}

/* ---- a number to words ---- */

static G_GNUC_PRINTF(2, 3) void append_word(GString *words, const char *format, ...)
{
    va_list ap;

    g_string_append(words, words->len ? ", " : "");
    va_start(ap, format);
    g_string_append_vprintf(words, format, ap);
    va_end(ap);
}

static char *to_words(const Kind *kind, uint64_t policy)
{
    const uint64_t versions = UINT64_C(0xff) << kind->major_shift | UINT64_C(0xff) << kind->minor_shift;
    const SevApiVersion api = get_api(kind, policy);
    GString *words = g_string_new(NULL);

    for (size_t bit = 0; bit < G_N_ELEMENTS(kind->names); bit++) {
        if (!((policy & ~versions & ~kind->always) >> bit & 1)) {
            continue;
        }
        if (kind->names[bit]) {
            append_word(words, "%s", kind->names[bit]);
        } else {
            append_word(words, "bit %zu", bit);
        }
    }
    if (api.major || api.minor) {
        append_word(words, "ABI %u.%u", api.major, api.minor);
    }
    if (kind->without_first && !(policy & 1)) {
        append_word(words, "%s", kind->without_first);
    }
    if (words->len == 0) {
        append_word(words, "none");
    }
    return g_string_free(words, FALSE);
}

char *sev_policy_words(uint32_t policy)
{
    return to_words(&sev, policy);
}

char *snp_policy_words(uint64_t policy)
{
    return to_words(&snp, policy);
}

/* ---- what cannot be right ---- */

bool sev_policy_check(uint32_t policy, Error **errp)
{
    return !(policy & SEV_RESERVED) ||
           error_setg(errp, "'policy' is 0x%x, but its bits 15:6 are reserved and must be zero", policy);
}

bool snp_policy_check(uint64_t policy, Error **errp)
{
    if (!(policy & SNP_POLICY_ONE)) {
        return error_setg(
            errp,
            "'policy' is 0x%" PRIx64 ", but bit 17 of every SNP policy must be one; use 0x%" PRIx64 "%s",
            policy, policy | LINUX_6_12_ONE,
            policy & SNP_POLICY_SMT ? "" : ", which allows SMT too, as KVM of Linux 6.12 wants it");
    }
    return !(policy & SNP_RESERVED) ||
           error_setg(errp, "'policy' is 0x%" PRIx64 ", but its bits 63:26 are reserved and must be zero",
                      policy);
}

bool snp_policy_set_start_error(Error **errp, uint64_t policy, int os_error, uint32_t status,
                                const char *what)
{
    const uint64_t refused = (policy ^ LINUX_6_12_ONE) & ~LINUX_6_12_ANY;
    g_autoptr(GString) bits = g_string_new(NULL);

    if (os_error != EINVAL || !refused) {
        return sev_set_error(errp, SEVCMD_SNP_LAUNCH_START, os_error, status, what);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        if (refused >> bit & 1) {
            append_word(bits, "bit %u (%s) %s", bit, snp.names[bit] ? snp.names[bit] : "no name",
                        policy >> bit & 1 ? "on" : "off");
        }
    }
    return error_set_errno(errp, CGVM_ERROR_KERNEL, os_error,
                           "SNP_LAUNCH_START failed while %s: the kernel refused it (%s): KVM of Linux 6.12 "
                           "takes no policy with %s, and 'policy' is 0x%" PRIx64
                           "; change it, or use a newer kernel; the firmware was not reached",
                           what, g_strerror(os_error), bits->str, policy);
}
