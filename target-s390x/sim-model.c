/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/sim-model.h"
#include <glib.h>
#include <string.h>

#define BIT(n)        (UINT64_C(1) << (63 - (n)))

#define CALL_BITS(to) (~UINT64_C(0) << (63 - (to)))

/* The calls of a z15: all that are in arch/s390/include/asm/uv.h up to UNPIN_PAGE_SHARED. */
#define CALLS_Z15 (CALL_BITS(22) & ~BIT(10) & ~BIT(12))
#define CALLS_Z16 (CALL_BITS(31) & ~BIT(10) & ~BIT(12))

#define FLAGS_Z15 (PV_FLAG_NO_ENCRYPTION | PV_FLAG_PCKMO_DEA | PV_FLAG_PCKMO_AES | PV_FLAG_PCKMO_ECC)
#define FLAGS_Z16 (FLAGS_Z15 | PV_FLAG_ALLOW_DUMP | PV_FLAG_PCKMO_HMAC)

#define LARGEST   ((UINT64_C(1) << 44) - 1)

/* The first is the default. */
static const S390Model models[] = {
    {
        .name = "z16",
        .machine = 3931,
        .ibc = 0x03100310,
        .has_uv = true,
        .uv = { .calls = { CALLS_Z16 },
                .features = UV_FEATURE_MISC | UV_FEATURE_AIV,
                .header_flags = FLAGS_Z16,
                .largest_address = LARGEST,
                .most_guests = 1024,
                .largest_cpu_number = 247,
                .cpu_storage_length = 0x1000,
                .dump_storage_length = 0x1000,
                .dump_complete_length = 0x1000 },
    },
    {
        .name = "z15",
        .machine = 8561,
        .ibc = 0x02c00301,
        .has_uv = true,
        .uv = { .calls = { CALLS_Z15 },
                .features = UV_FEATURE_MISC,
                .header_flags = FLAGS_Z15,
                .largest_address = LARGEST,
                .most_guests = 1024,
                .largest_cpu_number = 247,
                .cpu_storage_length = 0x1000 },
    },
    {
        .name = "z14",
        .machine = 3906,
        .ibc = 0x02700241,
    },
};

const S390Model *s390_model_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        if (!name || strcmp(models[i].name, name) == 0) {
            return &models[i];
        }
    }
    return NULL;
}

char *s390_model_names(void)
{
    GString *names = g_string_new(models[0].name);

    for (size_t i = 1; i < G_N_ELEMENTS(models); i++) {
        g_string_append_printf(names, ", %s", models[i].name);
    }
    return g_string_free(names, false);
}

/* ---- facilities ---- */

/** Facilities that came with a machine. */
typedef struct FacilityRow {
    uint16_t machine; /* and that later ones have */
    uint8_t first, last;
} FacilityRow;

static const FacilityRow facility_rows[] = {
    { 3906, 0, 14 },    { 3906, 16, 28 },   { 3906, 30, 35 },   { 3906, 37, 37 },   { 3906, 40, 45 },
    { 3906, 47, 54 },   { 3906, 57, 60 },   { 3906, 64, 68 },   { 3906, 73, 78 },   { 3906, 80, 82 },
    { 3906, 129, 131 }, { 3906, 133, 135 }, { 3906, 139, 139 }, { 3906, 146, 147 }, { 8561, 15, 15 },
    { 8561, 61, 61 },   { 8561, 148, 148 }, { 8561, 150, 152 }, { 8561, 155, 156 }, { 8561, 158, 158 },
    { 3931, 165, 165 }, { 3931, 192, 194 }, { 3931, 196, 197 },
};

/* FACILITIES_KVM of arch/s390/tools/gen_facilities.c, ... */
static const uint8_t kvm_facilities[] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 73, 75, 76, 77, 78, 130, 131, 139, 146, 150, 151, 155,
};

/* ... FACILITIES_KVM_CPUMODEL, ... */
static const uint8_t model_facilities[] = { 12, 15, 156, 165, 193, 194, 196, 197 };

/* ... and what KVM emulates: z/Architecture only, and STHYI. */
static const uint8_t emulated_facilities[] = { 74, 138 };

/* Those that are of no concern to a hypervisor: nonhyp_mask() of arch/s390/kvm/kvm-s390.c. */
#define NO_CONCERN UINT64_C(0x0000ffffffffffff)

/* In order of age: 3906, 8561, 3931. */
static unsigned age(uint16_t machine)
{
    return machine == 3906 ? 0 : machine == 8561 ? 1 : 2;
}

static void set_facility(uint64_t *list, unsigned facility)
{
    list[facility / 64] |= BIT(facility % 64);
}

void s390_model_facilities(const S390Model *model, uint64_t list[KVM_S390_FACILITY_WORDS])
{
    memset(list, 0, KVM_S390_FACILITY_WORDS * sizeof(*list));
    for (size_t i = 0; i < G_N_ELEMENTS(facility_rows); i++) {
        const FacilityRow *row = &facility_rows[i];

        for (unsigned n = row->first; age(row->machine) <= age(model->machine) && n <= row->last; n++) {
            set_facility(list, n);
        }
    }
}

static void keep(uint64_t *list, const S390Model *model, bool with_model_facilities)
{
    uint64_t host[KVM_S390_FACILITY_WORDS], known[KVM_S390_FACILITY_WORDS] = { 0 };

    s390_model_facilities(model, host);
    for (size_t i = 0; i < G_N_ELEMENTS(kvm_facilities); i++) {
        set_facility(known, kvm_facilities[i]);
    }
    for (size_t i = 0; with_model_facilities && i < G_N_ELEMENTS(model_facilities); i++) {
        set_facility(known, model_facilities[i]);
    }
    for (size_t i = 0; i < KVM_S390_FACILITY_WORDS; i++) {
        list[i] = host[i] & (known[i] | NO_CONCERN);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(emulated_facilities); i++) {
        set_facility(list, emulated_facilities[i]);
    }
}

void s390_model_facility_mask(const S390Model *model, uint64_t mask[KVM_S390_FACILITY_WORDS])
{
    keep(mask, model, true);
}

void s390_model_facility_base(const S390Model *model, uint64_t list[KVM_S390_FACILITY_WORDS])
{
    keep(list, model, false);
}

uint64_t s390_model_cpuid(const S390Model *model)
{
    /* The number in the middle is that of the CPU; there is no machine with this one. */
    const uint64_t version = 0xff, number = 0x0c691d;
    uint64_t machine = (uint64_t)(model->machine / 1000 % 10) << 12 |
                       (uint64_t)(model->machine / 100 % 10) << 8 |
                       (uint64_t)(model->machine / 10 % 10) << 4 | (uint64_t)(model->machine % 10);

    return version << 56 | number << 32 | machine << 16;
}
