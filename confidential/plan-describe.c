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
    return g_strconcat(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY |
                                                                JSON_C_TO_STRING_SPACED |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE),
                       "\n", NULL);
}

/* " (WORDS)" if somebody has said what @p parameter means. */
static void append_meaning(const LaunchPlan *plan, const char *parameter, GString *text)
{
    json_object *words;

    if (plan->meanings && json_object_object_get_ex(plan->meanings, parameter, &words)) {
        g_string_append_printf(text, " (%s)", json_object_get_string(words));
    }
}

static void append_parameters(const LaunchPlan *plan, GString *text)
{
    if (!plan->parameters) {
        return;
    }
    json_object_object_foreach (plan->parameters, name, value) {
        if (json_object_is_type(value, json_type_int)) {
            g_string_append_printf(text, "  %-26s 0x%" PRIx64, name, json_object_get_uint64(value));
            append_meaning(plan, name, text);
            g_string_append_c(text, '\n');
        } else {
            const char *shown = json_object_is_type(value, json_type_string)
                                    ? json_object_get_string(value)
                                    : json_object_to_json_string(value);
            g_string_append_printf(text, "  %-26s %s\n", name, shown);
        }
    }
}

char *launch_plan_to_text(LaunchPlan *plan)
{
    GString *text = g_string_new(NULL);

    add_content_digests(plan);
    g_string_append_printf(text, "%s '%s' on machine %s, VM type %u\n\nparameters\n", plan->mechanism,
                           plan->id, plan->machine, plan->vm_type);
    append_parameters(plan, text);
    g_string_append(text, "\nmemory, in launch order\n");
    for (size_t i = 0; i < plan->n_ranges; i++) {
        const LaunchRange *range = &plan->ranges[i];
        g_string_append_printf(text, "  0x%09" PRIx64 "-0x%09" PRIx64 "  %-10s  %s\n", range->gpa,
                               range->gpa + range->size - 1,
                               enum_name(&LaunchPageType_lookup, range->page_type), range->origin);
    }
    g_string_append(text, "\nvCPUs, in launch order\n");
    for (size_t i = 0; i < plan->n_vcpus; i++) {
        const LaunchVcpu *vcpu = &plan->vcpus[i];
        g_string_append_printf(text, "  %-4u %s%s%s\n", vcpu->index, vcpu->origin,
                               vcpu->sha256 ? ", register page sha256 " : "",
                               vcpu->sha256 ? vcpu->sha256 : "");
    }
    g_string_append_printf(
        text, "\n%" PRIu64 " pages measured, about %" PRIu64 " ms of a security processor's time\n",
        plan->measured_pages, plan->firmware_time_ms);
    for (size_t i = 0; i < plan->n_assumes; i++) {
        g_string_append_printf(text, "assumed: %s\n", plan->assumes[i]);
    }
    if (plan->digest) {
        g_string_append_printf(text, "launch digest %s\n", plan->digest);
    }
    return g_string_free(text, FALSE);
}
