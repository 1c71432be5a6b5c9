/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The interrupt controller of a simulated POWER VM: its sources, which a VMM makes and pulses, and which the
 * guest routes by RTAS calls that KVM answers. The host's controller is a XIVE, and the guest sees a XICS;
 * arch/powerpc/kvm/book3s_xive.c and book3s_rtas.c of Linux 6.12. All sources are edge-triggered.
 */
#include <errno.h>
#include <string.h>
#include "target-ppc/sim-ppc-state.h"

#define FIRST_SOURCE   16u /* those below mean something */
#define END_OF_SOURCES (1u << 20)

#define RTAS_DONE      0
#define RTAS_PARAMETER (-3)

static SimXicsSource *find_source(const SimVm *vm, uint64_t number)
{
    SimPpcVm *ppc_vm = vm->arch;

    for (unsigned i = 0; i < ppc_vm->n_sources; i++) {
        if (ppc_vm->sources[i].number == number) {
            return &ppc_vm->sources[i];
        }
    }
    return NULL;
}

/* ---- the VMM ---- */

/* kvmppc_xive_create() */
int sim_xics_create(SimVm *vm, uint32_t type, bool test)
{
    SimPpcVm *ppc_vm = vm->arch;

    if (type != KVM_DEVICE_XICS) {
        return -ENODEV;
    }
    if (test) {
        return 0;
    }
    if (ppc_vm->has_xics) {
        return -EEXIST;
    }
    ppc_vm->has_xics = true;
    return 0;
}

/* xive_set_source() */
static int set_source(SimVm *vm, const KvmDeviceAttr *attr)
{
    SimPpcVm *ppc_vm = vm->arch;
    SimXicsSource *source = find_source(vm, attr->attr);
    uint64_t value;

    if (attr->attr < FIRST_SOURCE || attr->attr >= END_OF_SOURCES) {
        return -ENOENT;
    }
    if (sim_copy_from_user(&value, attr->addr, sizeof(value)) < 0) {
        return -EFAULT;
    }
    if (!source) {
        if (ppc_vm->n_sources == G_N_ELEMENTS(ppc_vm->sources)) {
            return -ENOMEM;
        }
        source = &ppc_vm->sources[ppc_vm->n_sources++];
    }
    *source = (SimXicsSource){
        .number = (uint32_t)attr->attr,
        .server = (uint32_t)value,
        .priority = (uint8_t)(value >> KVM_XICS_PRIORITY_SHIFT),
        .is_masked = value & KVM_XICS_MASKED,
        .is_pending = value & KVM_XICS_PENDING,
    };
    return 0;
}

/* xive_get_source() */
static int get_source(const SimVm *vm, const KvmDeviceAttr *attr)
{
    const SimXicsSource *source = find_source(vm, attr->attr);
    uint64_t value;

    if (!source) {
        return -ENOENT;
    }
    value = source->server | (uint64_t)source->priority << KVM_XICS_PRIORITY_SHIFT |
            (source->is_masked ? KVM_XICS_MASKED : 0) | (source->is_pending ? KVM_XICS_PENDING : 0);
    return sim_copy_to_user(attr->addr, &value, sizeof(value)) < 0 ? -EFAULT : 0;
}

/* xive_set_attr(), xive_get_attr() and xive_has_attr() */
int sim_xics_attr(SimVm *vm, uint32_t type G_GNUC_UNUSED, unsigned long request, const KvmDeviceAttr *attr)
{
    if (attr->group != KVM_XICS_SOURCES) {
        return -ENXIO;
    }
    switch (request) {
    case KVMIO_SET_DEVICE_ATTR:
        return set_source(vm, attr);
    case KVMIO_GET_DEVICE_ATTR:
        return get_source(vm, attr);
    default:
        return attr->attr >= FIRST_SOURCE && attr->attr < END_OF_SOURCES ? 0 : -ENXIO;
    }
}

/* kvmppc_xive_set_irq() */
int sim_xics_set_line(SimVm *vm, unsigned long arg)
{
    const SimPpcVm *ppc_vm = vm->arch;
    SimXicsSource *source;
    KvmIrqLevel line;

    if (sim_copy_from_user(&line, arg, sizeof(line)) < 0) {
        return -EFAULT;
    }
    source = find_source(vm, line.irq);
    if (!ppc_vm->has_xics || !source) {
        return ppc_vm->has_xics ? -EINVAL : -ENODEV;
    }
    source->is_pending |= line.level != 0;
    return 0;
}

/* ---- the guest ---- */

static int32_t set_priority(SimVm *vm, const uint64_t *args)
{
    SimXicsSource *source = find_source(vm, args[0]);

    if (!source) {
        return RTAS_PARAMETER;
    }
    source->server = (uint32_t)args[1];
    source->priority = (uint8_t)args[2];
    source->is_masked = source->priority == SIM_XICS_MASKED;
    return RTAS_DONE;
}

static int32_t set_mask(SimVm *vm, const uint64_t *args, bool is_masked)
{
    SimXicsSource *source = find_source(vm, args[0]);

    if (source) {
        source->is_masked = is_masked || source->priority == SIM_XICS_MASKED;
    }
    return source ? RTAS_DONE : RTAS_PARAMETER;
}

/* kvmppc_rtas_hcall(): only what a VMM has given a token. The results of ibm,get-xive are for nobody here. */
bool sim_xics_rtas(SimVm *vm, const char *name, const uint64_t *args, unsigned n_args, int32_t *ret_status)
{
    const SimPpcVm *ppc_vm = vm->arch;
    bool is_defined = false, is_setter = strcmp(name, "ibm,set-xive") == 0;

    for (unsigned i = 0; i < SIM_RTAS_TOKENS; i++) {
        is_defined |= ppc_vm->rtas[i].token && strcmp(ppc_vm->rtas[i].name, name) == 0;
    }
    if (!is_defined) {
        return false;
    }
    if (n_args != (is_setter ? 3 : 1)) {
        *ret_status = RTAS_PARAMETER;
    } else if (is_setter) {
        *ret_status = set_priority(vm, args);
    } else if (strcmp(name, "ibm,get-xive") == 0) {
        *ret_status = find_source(vm, args[0]) ? RTAS_DONE : RTAS_PARAMETER;
    } else {
        *ret_status = set_mask(vm, args, strcmp(name, "ibm,int-off") == 0);
    }
    return true;
}

bool sim_xics_take(SimVm *vm, uint64_t number)
{
    SimXicsSource *source = find_source(vm, number);
    bool is_taken = source && source->is_pending && !source->is_masked;

    if (is_taken) {
        source->is_pending = false;
    }
    return is_taken;
}
