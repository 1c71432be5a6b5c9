/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgvm/measure.h"
#include "confidential/crypto.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/option-fields.h"
#include "qapi/bytes-text.h"
#include "qapi/json.h"
#include "target-i386/sev-measure-explain.h"

struct CgvmMeasure {
    SevMeasure *inputs;
    LaunchPlan *plan;
    uint8_t digest[CRYPTO_SHA384_SIZE];
    size_t digest_size;
};

static CgvmMeasure *new_from_inputs(SevMeasure *inputs, Error **errp)
{
    CgvmMeasure *measure;
    LaunchPlan *plan = sev_measure_plan(inputs, errp);

    if (!plan) {
        sev_measure_free(inputs);
        return NULL;
    }
    measure = g_new0(CgvmMeasure, 1);
    measure->inputs = inputs;
    measure->plan = plan;
    measure->digest_size = strlen(plan->digest) / 2;
    if (!bytes_from_text("digest", plan->digest, measure->digest, measure->digest_size, NULL)) {
        g_assert_not_reached();
    }
    return measure;
}

CgvmMeasure *cgvm_measure_new(const char *options, CgvmError **error)
{
    MeasureOptions parsed;
    SevMeasure *inputs;

    builtins_init();
    if (!option_fields_parse(&MeasureOptions_fields, &parsed, options, error)) {
        return NULL;
    }
    inputs = sev_measure_new(&parsed, error);
    fields_clear(&MeasureOptions_fields, &parsed);
    return inputs ? new_from_inputs(inputs, error) : NULL;
}

void cgvm_measure_free(CgvmMeasure *measure)
{
    if (measure) {
        sev_measure_free(measure->inputs);
        launch_plan_free(measure->plan);
    }
    g_free(measure);
}

CgvmBytes cgvm_measure_digest(const CgvmMeasure *measure)
{
    return (CgvmBytes){ .data = measure->digest, .size = measure->digest_size };
}

const char *cgvm_measure_digest_hex(const CgvmMeasure *measure)
{
    return measure->plan->digest;
}

static char *to_json(const CgvmMeasure *measure)
{
    const MeasureResult result = {
        .digest = measure->plan->digest,
        .mode = measure->inputs->options.mode,
        .vmm_type = measure->inputs->options.vmm_type,
        .measured_pages = measure->plan->measured_pages,
        .plan = *measure->plan,
    };
    g_autoptr(json_object) json = fields_to_json(&MeasureResult_fields, &result);

    return json_to_lines(json);
}

char *cgvm_measure_describe(const CgvmMeasure *measure, CgvmFormat format)
{
    switch (format) {
    case CGVM_FORMAT_TEXT:
        return launch_plan_to_text(measure->plan);
    case CGVM_FORMAT_JSON:
        return to_json(measure);
    default:
        return NULL;
    }
}

CgvmBytes cgvm_measure_vcpu_page(const CgvmMeasure *measure, unsigned index)
{
    CgvmBytes bytes = { .data = NULL };

    if (index < measure->plan->n_vcpus && measure->plan->vcpus[index].page) {
        bytes.data = g_bytes_get_data(measure->plan->vcpus[index].page, &bytes.size);
    }
    return bytes;
}

char *cgvm_measure_explain(const CgvmMeasure *measure, const char *digest, CgvmError **error)
{
    return argument_given(digest, "digest", error) ? sev_measure_explain(measure->inputs, digest, error)
                                                   : NULL;
}
