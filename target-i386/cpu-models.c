/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The table of CPU models. Each is what it adds to the one before, as the processors were.
 */
#include <string.h>
#include "qapi/near-miss.h"
#include "target-i386/cpu-models.h"

#define BASIC                                                                                                \
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 "     \
    "pni pclmulqdq monitor ssse3 fma cx16 sse4.1 sse4.2 movbe popcnt aes xsave avx f16c rdrand "             \
    "syscall nx mmxext fxsr-opt pdpe1gb rdtscp lm "                                                          \
    "lahf-lm svm cr8legacy abm sse4a misalignsse 3dnowprefetch osvw topoext "                                \
    "fsgsbase bmi1 avx2 smep bmi2 rdseed adx smap clflushopt sha-ni "                                        \
    "xsaveopt xsavec xgetbv1 arat npt nrip-save"

/* What one version of every model adds: recovery from machine checks, and virtualization in the guest. */
#define RECOVERY_AND_SVM                                                                                     \
    "overflow-recov succor lbrv tsc-scale vmcb-clean flushbyasid pause-filter pfthreshold v-vmsave-vmload "  \
    "vgif"

static const X86CpuModel models[] = {
    {
        .name = "EPYC",
        .description = "AMD EPYC 7001 (Naples)",
        .family = 23,
        .model = 1,
        .stepping = 2,
        .versions = 5,
        .changes = { BASIC, "ibpb", "perfctr-core clzero xsaveerptr xsaves", NULL, RECOVERY_AND_SVM },
    },
    {
        .name = "EPYC-IBPB",
        .description = "another name of EPYC-v2",
        .family = 23,
        .model = 1,
        .stepping = 2,
        .base = "EPYC-v2",
    },
    {
        .name = "EPYC-Rome",
        .description = "AMD EPYC 7002 (Rome)",
        .family = 23,
        .model = 49,
        .stepping = 0,
        .versions = 5,
        .base = "EPYC-v3",
        .changes = { "wbnoinvd amd-stibp clwb umip rdpid", "ibrs amd-ssbd", NULL, "-xsaves",
                     RECOVERY_AND_SVM },
    },
    {
        .name = "EPYC-Milan",
        .description = "AMD EPYC 7003 (Milan)",
        .family = 25,
        .model = 1,
        .stepping = 1,
        .versions = 3,
        .base = "EPYC-Rome-v2",
        .changes = { "pcid erms invpcid pku fsrm svme-addr-chk",
                     "vaes vpclmulqdq stibp-always-on amd-psfd no-nested-data-bp lfence-always-serializing "
                     "null-sel-clr-base",
                     RECOVERY_AND_SVM },
    },
    {
        .name = "EPYC-Genoa",
        .description = "AMD EPYC 9004 (Genoa)",
        .family = 25,
        .model = 17,
        .stepping = 0,
        .versions = 2,
        .base = "EPYC-Milan-v2",
        .changes = { "avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni "
                     "avx512vnni avx512bitalg avx512-vpopcntdq avx512-bf16 la57 auto-ibrs vnmi",
                     RECOVERY_AND_SVM " fs-gs-base-ns perfmon-v2" },
    },
    {
        .name = "EPYC-Turin",
        .description = "AMD EPYC 9005 (Turin)",
        .family = 26,
        .model = 0,
        .stepping = 0,
        .versions = 1,
        .base = "EPYC-Genoa-v2",
        .changes = { "movdiri movdir64b avx512-vp2intersect avx-vnni prefetchi sbpb ibpb-brtype "
                     "srso-user-kernel-no" },
    },
};

const X86CpuModel *x86_cpu_models(size_t *count)
{
    *count = sizeof(models) / sizeof(models[0]);
    return models;
}

/* Whether @p suffix is "-v1" to "-v@p versions". No model has ten versions. */
static bool is_version(const char *suffix, unsigned versions)
{
    return strncmp(suffix, "-v", 2) == 0 && suffix[2] >= '1' && suffix[2] <= '9' && suffix[3] == '\0' &&
           (unsigned)(suffix[2] - '0') <= versions;
}

const X86CpuModel *x86_cpu_model_find(const char *name)
{
    size_t count;
    const X86CpuModel *all = x86_cpu_models(&count);

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(all[i].name);

        if (strncmp(name, all[i].name, length) == 0 &&
            (name[length] == '\0' || is_version(name + length, all[i].versions))) {
            return &all[i];
        }
    }
    return NULL;
}

char *x86_cpu_model_near_miss(const char *name)
{
    NearMiss search = { .word = name };
    size_t count;
    const X86CpuModel *all = x86_cpu_models(&count);

    for (size_t i = 0; i < count; i++) {
        near_miss_consider(&search, all[i].name);
    }
    return near_miss_text(&search);
}

unsigned x86_cpu_model_version(const X86CpuModel *model, const char *name)
{
    const char *suffix = name + strlen(model->name);

    return *suffix ? (unsigned)(suffix[2] - '0') : model->versions;
}

X86Features x86_cpu_model_features(const char *name)
{
    const X86CpuModel *model = x86_cpu_model_find(name);
    X86Features features = { { 0 } };

    g_assert(model);
    if (model->base) {
        features = x86_cpu_model_features(model->base);
    }
    for (unsigned i = 0; i < x86_cpu_model_version(model, name); i++) {
        if (model->changes[i]) {
            x86_features_change(&features, model->changes[i]);
        }
    }
    x86_features_repeat(&features);
    return features;
}

uint32_t x86_cpu_signature(unsigned family, unsigned model, unsigned stepping)
{
    unsigned extended_family = family > 15 ? (family - 15) & 0xff : 0;
    unsigned base_family = family > 15 ? 15 : family;

    return extended_family << 20 | (model >> 4 & 0xf) << 16 | base_family << 8 | (model & 0xf) << 4 |
           (stepping & 0xf);
}
