/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confidential/plan.h"
#include <inttypes.h>
#include "confidential/crypto.h"

static char *sha256_hex(GBytes *bytes)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];

    crypto_sha256(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), digest);
    return crypto_hex(digest, sizeof(digest));
}

/* Digests of contents serve readers of the description only, so they are made when one is asked for. */
static void add_content_digests(LaunchPlan *plan)
{
    for (size_t i = 0; i < plan->n_ranges; i++) {
        LaunchRange *range = &plan->ranges[i];
        if (range->contents && !range->sha256) {
            range->sha256 = sha256_hex(range->contents);
        }
    }
    for (size_t i = 0; i < plan->n_vcpus; i++) {
        LaunchVcpu *vcpu = &plan->vcpus[i];
        if (vcpu->page && !vcpu->sha256) {
            vcpu->sha256 = sha256_hex(vcpu->page);
        }
    }
}

char *launch_plan_to_json(LaunchPlan *plan)
{
    g_autoptr(json_object) json = NULL;

    add_content_digests(plan);
    json = fields_to_json(&LaunchPlan_fields, plan);
    return json_to_lines(json);
}

/* ---- for people ---- */

/* Names of files and command lines are in there, and must not be able to add lines or to steer a terminal. */
static void append_line(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void append_line(GString *text, const char *format, ...)
{
    g_autofree char *raw = NULL, *line = NULL;
    va_list ap;

    va_start(ap, format);
    raw = g_strdup_vprintf(format, ap);
    va_end(ap);
    line = g_utf8_make_valid(raw, -1);
    for (const char *p = line; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(text, g_unichar_iscntrl(c) ? ' ' : c);
    }
    g_string_append_c(text, '\n');
}

/* " (WORDS)" if @meanings, which may be NULL, say what the number @parameter means, else "". */
static char *meaning_of(json_object *meanings, const char *parameter)
{
    json_object *words;

    return meanings && json_object_object_get_ex(meanings, parameter, &words)
               ? g_strdup_printf(" (%s)", json_object_get_string(words))
               : g_strdup("");
}

/* Members of members stand below them, further to the right. */
static void append_parameters(json_object *parameters, json_object *meanings, int indent, GString *text)
{
    json_object_object_foreach (parameters, name, value) {
        if (json_object_is_type(value, json_type_object)) {
            append_line(text, "%*s%s", indent, "", name);
            append_parameters(value, NULL, indent + 2, text);
        } else if (json_object_is_type(value, json_type_int)) {
            g_autofree char *meaning = meaning_of(meanings, name);
            append_line(text, "%*s%-26s 0x%" PRIx64 "%s", indent, "", name, json_object_get_uint64(value),
                        meaning);
        } else {
            const char *shown = json_object_is_type(value, json_type_string)
                                    ? json_object_get_string(value)
                                    : json_object_to_json_string(value);
            append_line(text, "%*s%-26s %s", indent, "", name, shown);
        }
    }
}

static void append_ranges(const LaunchPlan *plan, GString *text)
{
    for (size_t i = 0; i < plan->n_ranges; i++) {
        const LaunchRange *range = &plan->ranges[i];
        append_line(text, "  0x%09" PRIx64 "-0x%09" PRIx64 "  %-10s  %s", range->gpa,
                    range->gpa + range->size - 1, enum_name(&LaunchPageType_lookup, range->page_type),
                    range->origin);
    }
}

static void append_vcpus(const LaunchPlan *plan, GString *text)
{
    for (size_t i = 0; i < plan->n_vcpus; i++) {
        const LaunchVcpu *vcpu = &plan->vcpus[i];
        append_line(text, "  %-4u %s%s%s", vcpu->index, vcpu->origin,
                    vcpu->sha256 ? ", register page sha256 " : "", vcpu->sha256 ? vcpu->sha256 : "");
    }
}

char *launch_plan_to_text(LaunchPlan *plan)
{
    GString *text = g_string_new(NULL);

    add_content_digests(plan);
    append_line(text, "%s '%s' on machine %s, VM type %u", plan->mechanism, plan->id, plan->machine,
                plan->vm_type);
    g_string_append(text, "\nparameters\n");
    if (plan->parameters) {
        append_parameters(plan->parameters, plan->meanings, 2, text);
    }
    g_string_append(text, "\nmemory, in launch order\n");
    append_ranges(plan, text);
    g_string_append(text, "\nvCPUs, in launch order\n");
    append_vcpus(plan, text);
    g_string_append_c(text, '\n');
    if (plan->digest) {
        append_line(text, "%" PRIu64 " pages measured, about %" PRIu64 " ms of a security processor's time",
                    plan->measured_pages, plan->firmware_time_ms);
    } else {
        append_line(text, "no launch digest: the host measures nothing");
    }
    for (size_t i = 0; i < plan->n_assumes; i++) {
        append_line(text, "assumed: %s", plan->assumes[i]);
    }
    for (size_t i = 0; i < plan->n_unmeasured; i++) {
        append_line(text, "not measured: %s", plan->unmeasured[i]);
    }
    if (plan->digest) {
        append_line(text, "launch digest %s", plan->digest);
    }
    return g_string_free(text, FALSE);
}
