/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Models of the simulated host. The values are those of processors of that name, except for the brand string,
 * which says what this is.
 */
#include <glib.h>
#include <string.h>
#include "target-i386/sim-model.h"

#define VENDOR_EBX  0x68747541 /* "AuthenticAMD" in EBX, EDX, ECX */
#define VENDOR_EDX  0x69746e65
#define VENDOR_ECX  0x444d4163

#define BRAND_SIZE  48

#define XCR0_AVX    UINT64_C(0x007)
#define XCR0_PKRU   UINT64_C(0x200)
#define XCR0_AVX512 UINT64_C(0x0e0)

static const SimCpuidFunction cpuid_functions[] = {
    { 0x00000000, 0 }, { 0x00000001, 0 },  { 0x00000005, 0 }, { 0x00000006, 0 }, { 0x00000007, 2 },
    { 0x0000000b, 2 }, { 0x0000000d, 64 }, { 0x80000000, 0 }, { 0x80000001, 0 }, { 0x80000002, 0 },
    { 0x80000003, 0 }, { 0x80000004, 0 },  { 0x80000005, 0 }, { 0x80000006, 0 }, { 0x80000007, 0 },
    { 0x80000008, 0 }, { 0x8000001d, 5 },  { 0x8000001e, 0 }, { 0x8000001f, 0 }, { 0x80000021, 0 },
};

static const SimCpuidLeaf common_leaves[] = {
    { 0x00000005, 0, 0x00000040, 0x00000040, 0x00000003, 0x00000011 },
    { 0x00000006, 0, 0x00000004, 0x00000000, 0x00000001, 0x00000000 },
    { 0x0000000b, 0, 0x00000001, 0x00000002, 0x00000100, 0x00000000 },
    { 0x0000000b, 1, 0x00000006, 0x00000040, 0x00000201, 0x00000000 },
    { 0x80000005, 0, 0xff40ff40, 0xff40ff40, 0x20080140, 0x20080140 },
    { 0x80000006, 0, 0x48006400, 0x68006400, 0x02006140, 0x08009140 },
    { 0x80000007, 0, 0x00000000, 0x0000003b, 0x00000000, 0x00006799 },
    { 0x8000001d, 0, 0x00004121, 0x01c0003f, 0x0000003f, 0x00000000 },
    { 0x8000001d, 1, 0x00004122, 0x01c0003f, 0x0000003f, 0x00000000 },
    { 0x8000001d, 2, 0x00004143, 0x01c0003f, 0x000003ff, 0x00000002 },
    { 0x8000001d, 3, 0x0003c163, 0x03c0003f, 0x00007fff, 0x00000001 },
    { 0x8000001d, 4, 0x00000000, 0x00000000, 0x00000000, 0x00000000 },
    { 0x8000001e, 0, 0x00000000, 0x00000100, 0x00000300, 0x00000000 },
};

static const SimCpuidLeaf naples_leaves[] = {
    { 0x00000001, 0, 0, 0x00200800, 0x7ed8320b, 0x178bfbff },
    { 0x00000007, 0, 0, 0x209c01a9, 0x00000000, 0x00000000 },
    { 0x80000001, 0, 0, 0x40000000, 0x35c233ff, 0x2fd3fbff },
    { 0x80000008, 0, 0, 0x00001007, 0x0000603f, 0x00000000 },
};

static const SimCpuidLeaf rome_leaves[] = {
    { 0x00000001, 0, 0, 0x00200800, 0x7ed8320b, 0x178bfbff },
    { 0x00000007, 0, 0, 0x219c91a9, 0x00400004, 0x00000000 },
    { 0x80000001, 0, 0, 0x40000000, 0x75c237ff, 0x2fd3fbff },
    { 0x80000008, 0, 0, 0x108ed257, 0x0000707f, 0x00000000 },
};

static const SimCpuidLeaf milan_leaves[] = {
    { 0x00000001, 0, 0, 0x00200800, 0x7efa320b, 0x178bfbff },
    { 0x00000007, 0, 0, 0x219c97a9, 0x0040069c, 0x00000010 },
    { 0x80000001, 0, 0, 0x40000000, 0x75c237ff, 0x2fd3fbff },
    { 0x80000008, 0, 0, 0x111ef257, 0x0000707f, 0x00010000 },
    { 0x80000021, 0, 0x0000004d, 0, 0, 0 },
};

static const SimCpuidLeaf genoa_leaves[] = {
    { 0x00000001, 0, 0, 0x00200800, 0x7efa320b, 0x178bfbff },
    { 0x00000007, 0, 1, 0xf1bf97a9, 0x00415fce, 0x10000010 },
    { 0x00000007, 1, 0x00000020, 0, 0, 0 },
    { 0x80000001, 0, 0, 0x40000000, 0x75c237ff, 0x2fd3fbff },
    { 0x80000008, 0, 0, 0x191ef257, 0x0000707f, 0x00010000 },
    { 0x80000021, 0, 0x0000014d, 0, 0, 0 },
};

static const SimCpuidLeaf turin_leaves[] = {
    { 0x00000001, 0, 0, 0x00200800, 0x7efa320b, 0x178bfbff },
    { 0x00000007, 0, 1, 0xf1bf97a9, 0x18415fce, 0x10000110 },
    { 0x00000007, 1, 0x00000030, 0, 0, 0 },
    { 0x80000001, 0, 0, 0x40000000, 0x75c237ff, 0x2fd3fbff },
    { 0x80000008, 0, 0, 0x191ef257, 0x0000707f, 0x00010000 },
    { 0x80000021, 0, 0x0000014d, 0, 0, 0 },
};

/** A component of the state that XSAVE saves: size and offset, in the standard format. */
typedef struct XsaveComponent {
    uint32_t index, size, offset;
} XsaveComponent;

static const XsaveComponent xsave_components[] = {
    { 2, 0x100, 0x240 }, { 5, 0x040, 0x340 }, { 6, 0x200, 0x380 }, { 7, 0x400, 0x580 }, { 9, 0x008, 0x980 },
};

static const SimModel models[] = {
    {
        .name = "EPYC-Milan",
        .signature = 0x00a00f11,
        .has_sev_es = true,
        .has_snp = true,
        .cbit = 51,
        .physical_bits = 48,
        .linear_bits = 48,
        .asids = 509,
        .min_sev_asid = 100,
        .sev_api = { 1, 55, 21 },
        .snp_api = { 1, 55, 21 },
        .tcb = UINT64_C(0xd218000000000004),
        .xcr0 = XCR0_AVX | XCR0_PKRU,
        .leaves = milan_leaves,
        .n_leaves = G_N_ELEMENTS(milan_leaves),
    },
    {
        .name = "EPYC-Genoa",
        .signature = 0x00a10f10,
        .has_sev_es = true,
        .has_snp = true,
        .cbit = 51,
        .physical_bits = 52,
        .linear_bits = 57,
        .asids = 1006,
        .min_sev_asid = 100,
        .sev_api = { 1, 55, 37 },
        .snp_api = { 1, 55, 37 },
        .tcb = UINT64_C(0x481700000000000a),
        .xcr0 = XCR0_AVX | XCR0_PKRU | XCR0_AVX512,
        .leaves = genoa_leaves,
        .n_leaves = G_N_ELEMENTS(genoa_leaves),
    },
    {
        .name = "EPYC-Turin",
        .signature = 0x00b00f00,
        .has_sev_es = true,
        .has_snp = true,
        .cbit = 51,
        .physical_bits = 52,
        .linear_bits = 57,
        .asids = 1006,
        .min_sev_asid = 100,
        .sev_api = { 1, 58, 1 },
        .snp_api = { 1, 58, 1 },
        .tcb = UINT64_C(0x4b00000004010101),
        .xcr0 = XCR0_AVX | XCR0_PKRU | XCR0_AVX512,
        .leaves = turin_leaves,
        .n_leaves = G_N_ELEMENTS(turin_leaves),
    },
    {
        .name = "EPYC-Rome",
        .signature = 0x00830f10,
        .has_sev_es = true,
        .cbit = 47,
        .physical_bits = 48,
        .linear_bits = 48,
        .asids = 509,
        .min_sev_asid = 100,
        .sev_api = { 0, 24, 15 },
        .xcr0 = XCR0_AVX,
        .leaves = rome_leaves,
        .n_leaves = G_N_ELEMENTS(rome_leaves),
    },
    {
        .name = "EPYC-Naples",
        .signature = 0x00800f12,
        .cbit = 47,
        .physical_bits = 48,
        .linear_bits = 48,
        .asids = 15,
        .min_sev_asid = 1,
        .sev_api = { 0, 17, 48 },
        .xcr0 = XCR0_AVX,
        .leaves = naples_leaves,
        .n_leaves = G_N_ELEMENTS(naples_leaves),
    },
};

const SimModel *sim_model_find(const char *name)
{
    if (!name) {
        return &models[0];
    }
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        if (strcmp(models[i].name, name) == 0) {
            return &models[i];
        }
    }
    return NULL;
}

char *sim_model_names(void)
{
    GString *names = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        g_string_append_printf(names, "%s%s", i ? ", " : "", models[i].name);
    }
    return g_string_free(names, false);
}

const SimCpuidFunction *sim_cpuid_functions(size_t *n_functions)
{
    *n_functions = G_N_ELEMENTS(cpuid_functions);
    return cpuid_functions;
}

static bool find_leaf(const SimCpuidLeaf *leaves, size_t n_leaves, SimCpuidLeaf *leaf)
{
    for (size_t i = 0; i < n_leaves; i++) {
        if (leaves[i].function == leaf->function && leaves[i].index == leaf->index) {
            *leaf = leaves[i];
            return true;
        }
    }
    return false;
}

/* The end of what XSAVE needs for the components in @xcr0, in the standard format. */
static uint32_t xsave_size(uint64_t xcr0)
{
    uint32_t size = 0x240;

    for (size_t i = 0; i < G_N_ELEMENTS(xsave_components); i++) {
        const XsaveComponent *component = &xsave_components[i];

        if (xcr0 >> component->index & 1) {
            size = MAX(size, component->offset + component->size);
        }
    }
    return size;
}

static bool xsave_leaf(const SimModel *model, SimCpuidLeaf *leaf)
{
    if (leaf->index == 0) {
        leaf->eax = (uint32_t)model->xcr0;
        leaf->ebx = xsave_size(XCR0_AVX & 3);
        leaf->ecx = xsave_size(model->xcr0);
        leaf->edx = (uint32_t)(model->xcr0 >> 32);
        return true;
    }
    if (leaf->index == 1) {
        leaf->eax = 0xf;
        leaf->ebx = xsave_size(XCR0_AVX & 3);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(xsave_components); i++) {
        if (xsave_components[i].index == leaf->index && (model->xcr0 >> leaf->index & 1)) {
            leaf->eax = xsave_components[i].size;
            leaf->ebx = xsave_components[i].offset;
            return true;
        }
    }
    return false;
}

static void brand_leaf(const SimModel *model, SimCpuidLeaf *leaf)
{
    char brand[BRAND_SIZE] = "";
    uint32_t words[4];

    g_snprintf(brand, sizeof(brand), "simulated AMD %s processor", model->name);
    memcpy(words, brand + (leaf->function - 0x80000002) * sizeof(words), sizeof(words));
    leaf->eax = GUINT32_FROM_LE(words[0]);
    leaf->ebx = GUINT32_FROM_LE(words[1]);
    leaf->ecx = GUINT32_FROM_LE(words[2]);
    leaf->edx = GUINT32_FROM_LE(words[3]);
}

/* What follows from the other members of the model. False for a function that is only in the tables. */
static bool computed_leaf(const SimModel *model, SimCpuidLeaf *leaf)
{
    switch (leaf->function) {
    case 0x00000000:
    case 0x80000000:
        leaf->eax = leaf->function == 0 ? 0x10 : 0x80000021;
        leaf->ebx = VENDOR_EBX;
        leaf->ecx = VENDOR_ECX;
        leaf->edx = VENDOR_EDX;
        return true;
    case 0x0000000d:
        return xsave_leaf(model, leaf);
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
        brand_leaf(model, leaf);
        return true;
    case 0x8000001f:
        /* SME, SEV, page flush; SEV-ES; SEV-SNP, VMPL, coherent caches, debug swap. */
        leaf->eax = 0x07 | (model->has_sev_es ? 0x08 : 0) | (model->has_snp ? 0x4430 : 0);
        leaf->ebx = (model->has_snp ? 4u << 12 : 0) | 5u << 6 | model->cbit;
        leaf->ecx = model->asids;
        leaf->edx = model->min_sev_asid;
        return true;
    default:
        return false;
    }
}

bool sim_model_cpuid(const SimModel *model, uint32_t function, uint32_t index, SimCpuidLeaf *leaf)
{
    bool has_index = false;

    for (size_t i = 0; i < G_N_ELEMENTS(cpuid_functions); i++) {
        has_index |= cpuid_functions[i].function == function && cpuid_functions[i].n_indices > 0;
    }
    *leaf = (SimCpuidLeaf){ .function = function, .index = has_index ? index : 0 };
    if (computed_leaf(model, leaf)) {
        return true;
    }
    if (!find_leaf(model->leaves, model->n_leaves, leaf) &&
        !find_leaf(common_leaves, G_N_ELEMENTS(common_leaves), leaf)) {
        return false;
    }
    if (function == 0x00000001 || function == 0x80000001) {
        leaf->eax = model->signature;
    } else if (function == 0x80000008) {
        leaf->eax = (uint32_t)model->linear_bits << 8 | model->physical_bits;
    }
    return true;
}
