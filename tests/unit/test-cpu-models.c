/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the CPU models: every name that is accepted, its signature, and names that are not.
 */
#include <glib.h>
#include "target-i386/cpu-models.h"

typedef struct ExpectedModel {
    const char *name;
    uint32_t signature;
    unsigned versions;
} ExpectedModel;

static const ExpectedModel expected_models[] = {
    { "EPYC", 0x800f12, 5 },       { "EPYC-IBPB", 0x800f12, 0 },  { "EPYC-Rome", 0x830f10, 5 },
    { "EPYC-Milan", 0xa00f11, 3 }, { "EPYC-Genoa", 0xa10f10, 2 }, { "EPYC-Turin", 0xb00f00, 1 },
};

static uint32_t signature_of(const char *name)
{
    const X86CpuModel *model = x86_cpu_model_find(name);

    g_assert_nonnull(model);
    return x86_cpu_signature(model->family, model->model, model->stepping);
}

static void test_names(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(expected_models); i++) {
        const X86CpuModel *model = x86_cpu_model_find(expected_models[i].name);

        g_assert_nonnull(model);
        g_assert_cmpstr(model->name, ==, expected_models[i].name);
        g_assert_cmphex(signature_of(model->name), ==, expected_models[i].signature);
    }
}

static void test_versions(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(expected_models); i++) {
        const ExpectedModel *expected = &expected_models[i];

        for (unsigned version = 0; version <= 12; version++) {
            g_autofree char *name = g_strdup_printf("%s-v%u", expected->name, version);

            if (version >= 1 && version <= expected->versions) {
                g_assert_true(x86_cpu_model_find(name) == x86_cpu_model_find(expected->name));
            } else {
                g_assert_null(x86_cpu_model_find(name));
            }
        }
    }
}

static void test_unknown_names(void)
{
    static const char *const names[] = {
        "",           "host",        "max",       "epyc",         "EPY",     "EPYC-",      "EPYC-v",
        "EPYC-v01",   "EPYC-v1 ",    " EPYC",     "EPYC-v1x",     "EPYC-V1", "EPYC-v-1",   "EPYC-v1-v1",
        "EPYC-Napes", "EPYC-Milan-", "EPYCMilan", "EPYC-Milanv1", "Milan",   "EPYC-Rome,", "qemu64",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_null(x86_cpu_model_find(names[i]));
    }
}

static void test_list(void)
{
    size_t count = 0;
    const X86CpuModel *models = x86_cpu_models(&count);

    g_assert_cmpuint(count, ==, G_N_ELEMENTS(expected_models));
    for (size_t i = 0; i < count; i++) {
        g_assert_cmpstr(models[i].name, ==, expected_models[i].name);
        g_assert_cmpuint(models[i].versions, ==, expected_models[i].versions);
        g_assert_cmpint(models[i].description[0], !=, '\0');
    }
}

static void test_signatures(void)
{
    g_assert_cmphex(x86_cpu_signature(0, 0, 0), ==, 0);
    g_assert_cmphex(x86_cpu_signature(23, 1, 2), ==, 0x800f12);
    g_assert_cmphex(x86_cpu_signature(25, 0x61, 2), ==, 0xa60f12);
    /* The extended family begins above 15. */
    g_assert_cmphex(x86_cpu_signature(15, 0xff, 0xf), ==, 0x0f0fff);
    g_assert_cmphex(x86_cpu_signature(16, 0, 0), ==, 0x100f00);
    g_assert_cmphex(x86_cpu_signature(6, 0x8f, 8), ==, 0x806f8);
    /* What has no room is cut off. */
    g_assert_cmphex(x86_cpu_signature(15 + 0xff, 0xff, 0xf), ==, 0xfff0fff);
    g_assert_cmphex(x86_cpu_signature(15 + 0x100, 0x100, 0x10), ==, 0xf00);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu-models/names", test_names);
    g_test_add_func("/cpu-models/versions", test_versions);
    g_test_add_func("/cpu-models/unknown-names", test_unknown_names);
    g_test_add_func("/cpu-models/list", test_list);
    g_test_add_func("/cpu-models/signatures", test_signatures);
    return g_test_run();
}
