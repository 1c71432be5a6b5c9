/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The machines that the s390x side of the simulated host can be.
 */
#ifndef TARGET_S390X_SIM_MODEL_H
#define TARGET_S390X_SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/uv.h"

typedef struct S390Model {
    const char *name; /* "z16" */
    uint16_t machine; /* the type of the machine: 3931 */
    uint32_t ibc;     /* lowest and unblocked level, as the SCLP reports them */
    bool has_uv;      /* and its kernel was started with prot_virt=1 */
    UvInfo uv;
} S390Model;

/** The model called @p name, the default if that is NULL, or NULL. */
const S390Model *s390_model_find(const char *name);

/** All names, for a message. To be freed with g_free(). */
char *s390_model_names(void);

/** The facilities of @p model: those that STFLE reports to the host ... */
void s390_model_facilities(const S390Model *model, uint64_t list[KVM_S390_FACILITY_WORDS]);
/** ... that KVM can give to a guest ... */
void s390_model_facility_mask(const S390Model *model, uint64_t mask[KVM_S390_FACILITY_WORDS]);
/** ... and that it gives to one whose VMM does not choose. */
void s390_model_facility_base(const S390Model *model, uint64_t list[KVM_S390_FACILITY_WORDS]);

/** What the processor of @p model says it is; `version` is 0xff, as for every guest of KVM. */
uint64_t s390_model_cpuid(const S390Model *model);

#endif
