/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * An SEV or SEV-ES VM on a simulated host, for tests of the simulated kernel. It is not initialized.
 */
#ifndef TESTS_UNIT_SIM_SEV_GUEST_H
#define TESTS_UNIT_SIM_SEV_GUEST_H

#include "tests/unit/hex.h"
#include "tests/unit/sim-guest.h"

/** A kind of guest: of which type its VM is, how it is initialized, with which policy it is launched. */
typedef struct GuestKind {
    SimHostOptions options;
    unsigned long type;
    uint32_t init;
    uint32_t policy;
} GuestKind;

#define KIND_SEV     .type = KVM_VM_TYPE_SEV, .init = SEVCMD_INIT2
#define KIND_SEV_ES  .type = KVM_VM_TYPE_SEV_ES, .init = SEVCMD_INIT2, .policy = SEV_POLICY_ES
#define KIND_INIT    .type = KVM_VM_TYPE_DEFAULT, .init = SEVCMD_INIT
#define KIND_ES_INIT .type = KVM_VM_TYPE_DEFAULT, .init = SEVCMD_ES_INIT, .policy = SEV_POLICY_ES

static inline void set_up_sev(Fixture *fixture, gconstpointer data)
{
    const GuestKind *kind = data;

    fixture->n_open = count_descriptors();
    fixture->door = simhost_door_new(&x86_sim_target, &kind->options, NULL);
    g_assert_nonnull(fixture->door);
    fixture->kvm = fixture->door->ops->open(fixture->door->host, "/dev/kvm", O_RDWR | O_CLOEXEC);
    fixture->sev = fixture->door->ops->open(fixture->door->host, "/dev/sev", O_RDWR | O_CLOEXEC);
    fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, kind->type);
    fixture->memory = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fixture->source = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fixture->gmem = -1;
    g_assert_cmpint(MIN(fixture->vm, fixture->sev), >=, 0);
}

static inline int sev_init(Fixture *fixture, const GuestKind *kind)
{
    SevInit2 init = { .vmsa_features = 0 };

    return sev_command(fixture, kind->init, kind->init == SEVCMD_INIT2 ? &init : NULL, -1);
}

static inline int sev_start(Fixture *fixture, uint32_t policy)
{
    SevLaunchStart start = { .policy = policy };

    return sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev);
}

static inline int sev_update(Fixture *fixture, const void *address, uint32_t length)
{
    SevLaunchUpdateData update = { .uaddr = (uintptr_t)address, .len = length };

    return sev_command(fixture, SEVCMD_LAUNCH_UPDATE_DATA, &update, -1);
}

static inline int sev_measure(Fixture *fixture, void *room, uint32_t *length)
{
    SevLaunchMeasure measure = { .uaddr = (uintptr_t)room, .len = *length };
    int ret = sev_command(fixture, SEVCMD_LAUNCH_MEASURE, &measure, -1);

    *length = measure.len;
    return ret;
}

static inline void check_measure(Fixture *fixture, int result, uint32_t error)
{
    SevMeasurement measurement;
    uint32_t length = sizeof(measurement);

    check(fixture, sev_measure(fixture, &measurement, &length), result, error);
}

static inline int sev_plain(Fixture *fixture, uint32_t id)
{
    return sev_command(fixture, id, NULL, -1);
}

static inline void check_sev_digest(Fixture *fixture, const char *expected)
{
    uint8_t digest[32];

    g_assert_true(sim_x86_sev_digest(fixture->door, fixture->vm, digest));
    assert_hex(digest, sizeof(digest), expected);
}

#endif
