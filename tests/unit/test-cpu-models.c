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

/* The registers of the features, in the order of the numbers below. Nothing is in the others. */
static const X86FeatureWord feature_words[] = {
    X86_WORD_1_ECX,        X86_WORD_1_EDX,        X86_WORD_6_EAX,        X86_WORD_7_0_EBX,
    X86_WORD_7_0_ECX,      X86_WORD_7_0_EDX,      X86_WORD_7_1_EAX,      X86_WORD_D_1_EAX,
    X86_WORD_80000001_ECX, X86_WORD_80000001_EDX, X86_WORD_80000007_EBX, X86_WORD_80000008_EBX,
    X86_WORD_8000000A_EDX, X86_WORD_80000021_EAX, X86_WORD_80000022_EAX,
};

/* Worked out from QEMU's definitions. */
static const struct {
    const char *name;
    uint32_t words[G_N_ELEMENTS(feature_words)];
} expected_features[] = {
    { "EPYC-v1",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x209c01a9, 0x00000000, 0x00000000, 0x00000000, 0x00000007,
        0x004003f5, 0x2fd3fbff, 0x00000000, 0x00000000, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-v2",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x209c01a9, 0x00000000, 0x00000000, 0x00000000, 0x00000007,
        0x004003f5, 0x2fd3fbff, 0x00000000, 0x00001000, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-v3",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x209c01a9, 0x00000000, 0x00000000, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x00001005, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-v4",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x209c01a9, 0x00000000, 0x00000000, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x00001005, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-v5",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x209c01a9, 0x00000000, 0x00000000, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000003, 0x00001005, 0x0001947b, 0x00000000, 0x00000000 } },
    { "EPYC-Rome-v1",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x219c01a9, 0x00400004, 0x00000000, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x00009205, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-Rome-v2",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x219c01a9, 0x00400004, 0x00000000, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x0100d205, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-Rome-v3",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x219c01a9, 0x00400004, 0x00000000, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x0100d205, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-Rome-v4",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x219c01a9, 0x00400004, 0x00000000, 0x00000000, 0x00000007,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x0100d205, 0x00000009, 0x00000000, 0x00000000 } },
    { "EPYC-Rome-v5",
      { 0x76d8320b, 0x078bfbff, 0x00000004, 0x219c01a9, 0x00400004, 0x00000000, 0x00000000, 0x00000007,
        0x00c003f5, 0x2fd3fbff, 0x00000003, 0x0100d205, 0x0001947b, 0x00000000, 0x00000000 } },
    { "EPYC-Milan-v1",
      { 0x76da320b, 0x078bfbff, 0x00000004, 0x219c07a9, 0x0040000c, 0x00000010, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x0100d205, 0x10000009, 0x00000000, 0x00000000 } },
    { "EPYC-Milan-v2",
      { 0x76da320b, 0x078bfbff, 0x00000004, 0x219c07a9, 0x0040060c, 0x00000010, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x1102d205, 0x10000009, 0x00000045, 0x00000000 } },
    { "EPYC-Milan-v3",
      { 0x76da320b, 0x078bfbff, 0x00000004, 0x219c07a9, 0x0040060c, 0x00000010, 0x00000000, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000003, 0x1102d205, 0x1001947b, 0x00000045, 0x00000000 } },
    { "EPYC-Genoa-v1",
      { 0x76da320b, 0x078bfbff, 0x00000004, 0xf1bf07a9, 0x00415f4e, 0x00000010, 0x00000020, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000000, 0x1102d205, 0x12000009, 0x00000145, 0x00000000 } },
    { "EPYC-Genoa-v2",
      { 0x76da320b, 0x078bfbff, 0x00000004, 0xf1bf07a9, 0x00415f4e, 0x00000010, 0x00000020, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000003, 0x1102d205, 0x1201947b, 0x00000147, 0x00000001 } },
    { "EPYC-Turin-v1",
      { 0x76da320b, 0x078bfbff, 0x00000004, 0xf1bf07a9, 0x18415f4e, 0x00000110, 0x00000030, 0x0000000f,
        0x00c003f5, 0x2fd3fbff, 0x00000003, 0x1102d205, 0x1201947b, 0x58100147, 0x00000001 } },
};

static void test_features(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(expected_features); i++) {
        X86Features features = x86_cpu_model_features(expected_features[i].name), expected = { { 0 } };

        for (size_t j = 0; j < G_N_ELEMENTS(feature_words); j++) {
            expected.words[feature_words[j]] = expected_features[i].words[j];
        }
        g_test_message("%s", expected_features[i].name);
        for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
            g_assert_cmphex(features.words[word], ==, expected.words[word]);
        }
    }
}

static void assert_same(const char *name, const char *other)
{
    X86Features features = x86_cpu_model_features(name), others = x86_cpu_model_features(other);

    g_assert_cmpmem(&features, sizeof(features), &others, sizeof(others));
}

/* A name without a version is the newest; a name of its own is the version it stands for. */
static void test_default_versions(void)
{
    assert_same("EPYC", "EPYC-v5");
    assert_same("EPYC-IBPB", "EPYC-v2");
    assert_same("EPYC-Rome", "EPYC-Rome-v5");
    assert_same("EPYC-Milan", "EPYC-Milan-v3");
    assert_same("EPYC-Genoa", "EPYC-Genoa-v2");
    assert_same("EPYC-Turin", "EPYC-Turin-v1");
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
    g_test_add_func("/cpu-models/features", test_features);
    g_test_add_func("/cpu-models/default-versions", test_default_versions);
    g_test_add_func("/cpu-models/signatures", test_signatures);
    return g_test_run();
}
