/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The secure processor and guests of SEV and SEV-ES without a kernel: every command in every state, ASIDs,
 * what becomes of memory, debugging, shared keys, faults.
 */
#include <glib.h>
#include <string.h>
#include "cgvm/error.h"
#include "target-i386/psp.h"
#include "tests/unit/hex.h"

#define PAGE     4096
#define ES_ASID  7
#define SEV_ASID 100 /* the first of the model */

typedef struct Fixture {
    Psp *psp;
    uint8_t *pages; /* two */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer fault)
{
    fixture->psp = psp_new(sim_model_find(NULL), fault, NULL);
    g_assert_nonnull(fixture->psp);
    fixture->pages = g_aligned_alloc0(2, PAGE, PAGE);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    psp_free(fixture->psp);
    g_aligned_free(fixture->pages);
}

static uint32_t start(Fixture *fixture, uint32_t policy, uint32_t *handle)
{
    PspSevStart request = { .handle = *handle, .policy = policy };
    uint32_t status = psp_command(fixture->psp, PSP_LAUNCH_START, &request);

    *handle = request.handle;
    return status;
}

static uint32_t activate(Fixture *fixture, uint32_t handle, uint32_t asid)
{
    PspSevActivate request = { handle, asid };

    return psp_command(fixture->psp, PSP_ACTIVATE, &request);
}

static uint32_t named(Fixture *fixture, PspCommand command, uint32_t handle)
{
    PspSevHandle request = { handle };

    return psp_command(fixture->psp, command, &request);
}

static uint32_t update(Fixture *fixture, PspCommand command, uint32_t handle, size_t offset, uint32_t length)
{
    PspSevMemory request = { handle, (uintptr_t)fixture->pages + offset, length };

    return psp_command(fixture->psp, command, &request);
}

static uint32_t measure(Fixture *fixture, PspCommand command, uint32_t handle)
{
    uint8_t room[256];
    PspSevMeasure request = { .handle = handle, .result = { room, sizeof(room) } };

    return psp_command(fixture->psp, command, &request);
}

static uint32_t debug(Fixture *fixture, PspCommand command, uint32_t handle, size_t from, size_t to,
                      uint32_t length)
{
    PspSevDbg request = {
        .handle = handle,
        .source = (uintptr_t)fixture->pages + from,
        .destination = (uintptr_t)fixture->pages + to,
        .length = length,
    };

    return psp_command(fixture->psp, command, &request);
}

static uint32_t get_state(Fixture *fixture, uint32_t handle)
{
    PspSevStatus request = { .handle = handle };

    g_assert_cmphex(psp_command(fixture->psp, PSP_GUEST_STATUS, &request), ==, SEV_STATUS_SUCCESS);
    return request.state;
}

/* A guest that is active. */
static uint32_t begin(Fixture *fixture, uint32_t policy)
{
    uint32_t handle = 0;

    g_assert_cmphex(psp_command(fixture->psp, PSP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(start(fixture, policy, &handle), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(activate(fixture, handle, policy & SEV_POLICY_ES ? ES_ASID : SEV_ASID), ==,
                    SEV_STATUS_SUCCESS);
    return handle;
}

static uint32_t run(Fixture *fixture, PspCommand command, uint32_t handle)
{
    PspSevSecret secret = { .handle = handle, .guest_address = (uintptr_t)fixture->pages };

    switch (command) {
    case PSP_LAUNCH_UPDATE_DATA:
    case PSP_LAUNCH_UPDATE_VMSA:
        return update(fixture, command, handle, 0, PAGE);
    case PSP_LAUNCH_MEASURE:
    case PSP_ATTESTATION:
        return measure(fixture, command, handle);
    case PSP_LAUNCH_UPDATE_SECRET:
        return psp_command(fixture->psp, command, &secret);
    case PSP_DBG_DECRYPT:
    case PSP_DBG_ENCRYPT:
        return debug(fixture, command, handle, 0, PAGE, 16);
    default:
        return named(fixture, command, handle);
    }
}

/** What a command returns in the three states of a launch, none of which it may change. */
typedef struct StateRow {
    PspCommand command;
    uint32_t in_update, in_secret, in_running;
} StateRow;

#define OK    SEV_STATUS_SUCCESS
#define STATE SEV_STATUS_INVALID_GUEST_STATE

static const StateRow state_rows[] = {
    { PSP_LAUNCH_UPDATE_DATA, OK, STATE, STATE },
    { PSP_LAUNCH_UPDATE_VMSA, OK, STATE, STATE },
    { PSP_LAUNCH_UPDATE_SECRET, STATE, SEV_STATUS_INVALID_LEN, STATE },
    { PSP_ATTESTATION, STATE, OK, OK },
    { PSP_DBG_DECRYPT, OK, OK, OK },
    { PSP_DBG_ENCRYPT, OK, OK, OK },
    { PSP_DECOMMISSION, SEV_STATUS_ACTIVE, SEV_STATUS_ACTIVE, SEV_STATUS_ACTIVE },
};

static void check_state(Fixture *fixture, uint32_t handle, uint32_t state)
{
    g_assert_cmpuint(get_state(fixture, handle), ==, state);
    for (size_t i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        const StateRow *row = &state_rows[i];
        uint32_t expected = state == SEV_GUEST_LAUNCH_UPDATE   ? row->in_update
                            : state == SEV_GUEST_LAUNCH_SECRET ? row->in_secret
                                                               : row->in_running;

        g_assert_cmphex(run(fixture, row->command, handle), ==, expected);
    }
    g_assert_cmpuint(get_state(fixture, handle), ==, state);
}

static void test_states(Fixture *fixture, gconstpointer data)
{
    uint32_t handle = 0;

    (void)data;
    g_assert_cmphex(start(fixture, 0, &handle), ==, SEV_STATUS_INVALID_PLATFORM_STATE);
    g_assert_cmphex(psp_command(fixture->psp, PSP_DF_FLUSH, NULL), ==, SEV_STATUS_INVALID_PLATFORM_STATE);
    handle = begin(fixture, SEV_POLICY_ES);
    check_state(fixture, handle, SEV_GUEST_LAUNCH_UPDATE);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_FINISH, handle), ==, STATE);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_MEASURE, handle), ==, OK);
    check_state(fixture, handle, SEV_GUEST_LAUNCH_SECRET);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_MEASURE, handle), ==, STATE);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_FINISH, handle), ==, OK);
    check_state(fixture, handle, SEV_GUEST_RUNNING);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_FINISH, handle), ==, STATE);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_MEASURE, handle), ==, STATE);
    g_assert_cmphex(run(fixture, PSP_DEACTIVATE, handle), ==, OK);
    g_assert_cmphex(run(fixture, PSP_DBG_DECRYPT, handle), ==, SEV_STATUS_INACTIVE);
    g_assert_cmphex(run(fixture, PSP_DECOMMISSION, handle), ==, OK);
    for (size_t i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        g_assert_cmphex(run(fixture, state_rows[i].command, handle), ==, SEV_STATUS_INVALID_GUEST);
    }
}

static void test_inactive(Fixture *fixture, gconstpointer data)
{
    uint32_t handle = begin(fixture, SEV_POLICY_ES);

    (void)data;
    g_assert_cmphex(named(fixture, PSP_DEACTIVATE, handle), ==, OK);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_UPDATE_DATA, handle), ==, SEV_STATUS_INACTIVE);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_UPDATE_VMSA, handle), ==, SEV_STATUS_INACTIVE);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_MEASURE, handle), ==, OK);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_UPDATE_SECRET, handle), ==, SEV_STATUS_INACTIVE);
}

static void test_asids(Fixture *fixture, gconstpointer data)
{
    uint32_t sev = begin(fixture, 0), es = 0, other = 0;

    (void)data;
    g_assert_cmphex(start(fixture, SEV_POLICY_ES, &es), ==, OK);
    g_assert_cmphex(start(fixture, 0, &other), ==, OK);
    g_assert_cmphex(activate(fixture, sev, SEV_ASID + 1), ==, SEV_STATUS_ACTIVE);
    g_assert_cmphex(activate(fixture, es, 0), ==, SEV_STATUS_INVALID_ASID);
    g_assert_cmphex(activate(fixture, es, SEV_ASID), ==, SEV_STATUS_INVALID_ASID);
    g_assert_cmphex(activate(fixture, other, SEV_ASID - 1), ==, SEV_STATUS_INVALID_ASID);
    g_assert_cmphex(activate(fixture, other, 510), ==, SEV_STATUS_INVALID_ASID);
    g_assert_cmphex(activate(fixture, other, SEV_ASID), ==, SEV_STATUS_ASID_OWNED);
    g_assert_cmphex(activate(fixture, 99, SEV_ASID), ==, SEV_STATUS_INVALID_GUEST);
    g_assert_cmphex(named(fixture, PSP_DEACTIVATE, sev), ==, OK);
    g_assert_cmphex(activate(fixture, other, SEV_ASID), ==, SEV_STATUS_DFFLUSH_REQUIRED);
    g_assert_cmphex(psp_command(fixture->psp, PSP_DF_FLUSH, NULL), ==, OK);
    g_assert_cmphex(activate(fixture, other, SEV_ASID), ==, OK);
    g_assert_cmphex(activate(fixture, es, SEV_ASID - 1), ==, OK);
}

static void test_policies(Fixture *fixture, gconstpointer data)
{
    uint32_t handle = begin(fixture, 1u << SEV_POLICY_API_MAJOR_SHIFT | 55u << SEV_POLICY_API_MINOR_SHIFT);
    uint32_t other = 0, none = 0, old = 0;
    Psp *naples = psp_new(sim_model_find("EPYC-Naples"), NULL, NULL);
    PspSevStart request = { .policy = SEV_POLICY_ES };

    (void)data;
    g_assert_cmphex(
        start(fixture, 1u << SEV_POLICY_API_MAJOR_SHIFT | 56u << SEV_POLICY_API_MINOR_SHIFT, &other), ==,
        SEV_STATUS_POLICY_FAILURE);
    g_assert_cmphex(start(fixture, 99u << SEV_POLICY_API_MINOR_SHIFT, &old), ==, OK);
    /* No registers of a guest without SEV-ES. */
    g_assert_cmphex(run(fixture, PSP_LAUNCH_UPDATE_VMSA, handle), ==, SEV_STATUS_POLICY_FAILURE);
    other = handle;
    g_assert_cmphex(start(fixture, SEV_POLICY_NOKS, &other), ==, OK);
    g_assert_cmphex(start(fixture, 0, &other), ==, SEV_STATUS_POLICY_FAILURE);
    none = 99;
    g_assert_cmphex(start(fixture, 0, &none), ==, SEV_STATUS_INVALID_GUEST);
    g_assert_cmphex(psp_command(naples, PSP_INIT, NULL), ==, OK);
    g_assert_cmphex(psp_command(naples, PSP_LAUNCH_START, &request), ==, SEV_STATUS_POLICY_FAILURE);
    psp_free(naples);
}

static void test_memory(Fixture *fixture, gconstpointer data)
{
    uint32_t handle = begin(fixture, SEV_POLICY_ES);
    const uint8_t zeros[PAGE] = { 0 };
    uint8_t *pages = fixture->pages, digest[PSP_SEV_DIGEST_SIZE], first[16];

    (void)data;
    g_assert_cmphex(update(fixture, PSP_LAUNCH_UPDATE_DATA, handle, 8, 16), ==, SEV_STATUS_INVALID_ADDRESS);
    g_assert_cmphex(update(fixture, PSP_LAUNCH_UPDATE_DATA, handle, 0, 8), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmphex(update(fixture, PSP_LAUNCH_UPDATE_DATA, handle, 0, 0), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmphex(update(fixture, PSP_LAUNCH_UPDATE_VMSA, handle, 0, 16), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmpmem(pages, PAGE, zeros, PAGE);
    g_assert_cmphex(update(fixture, PSP_LAUNCH_UPDATE_DATA, handle, 0, PAGE), ==, OK);
    /* Equal blocks look different. */
    g_assert_cmpint(memcmp(pages, zeros, 16), !=, 0);
    g_assert_cmpint(memcmp(pages, pages + 16, 16), !=, 0);
    memcpy(first, pages, sizeof(first));
    g_assert_cmphex(debug(fixture, PSP_DBG_DECRYPT, handle, 0, PAGE, PAGE), ==, OK);
    g_assert_cmpmem(pages + PAGE, PAGE, zeros, PAGE);
    g_assert_cmphex(debug(fixture, PSP_DBG_ENCRYPT, handle, PAGE, 0, 16), ==, OK);
    g_assert_cmpmem(pages, 16, first, sizeof(first));
    g_assert_cmphex(debug(fixture, PSP_DBG_ENCRYPT, handle, 8, 0, 16), ==, SEV_STATUS_INVALID_ADDRESS);
    /* A block that is moved becomes garbage. */
    memcpy(pages + 16, pages, 16);
    g_assert_cmphex(debug(fixture, PSP_DBG_DECRYPT, handle, 16, PAGE, 16), ==, OK);
    g_assert_cmpint(memcmp(pages + PAGE, zeros, 16), !=, 0);
    memset(pages + PAGE, 0, PAGE);
    g_assert_cmphex(update(fixture, PSP_LAUNCH_UPDATE_VMSA, handle, PAGE, PAGE), ==, OK);
    g_assert_false(psp_sev_digest(fixture->psp, handle, digest));
    g_assert_cmphex(measure(fixture, PSP_LAUNCH_MEASURE, handle), ==, OK);
    /* Of 8192 zeros. */
    g_assert_true(psp_sev_digest(fixture->psp, handle, digest));
    assert_hex(digest, sizeof(digest), "9f1dcbc35c350d6027f98be0f5c8b43b42ca52b7604459c0c42be3aa88913d47");
}

static void test_keys(Fixture *fixture, gconstpointer data)
{
    uint32_t first = begin(fixture, 0), second = 0, sharer = first;
    uint8_t *pages = fixture->pages;
    const uint8_t zeros[16] = { 0 };

    (void)data;
    g_assert_cmphex(start(fixture, 0, &second), ==, OK);
    g_assert_cmphex(start(fixture, 0, &sharer), ==, OK);
    g_assert_cmphex(activate(fixture, second, SEV_ASID + 1), ==, OK);
    g_assert_cmphex(activate(fixture, sharer, SEV_ASID + 2), ==, OK);
    g_assert_cmphex(update(fixture, PSP_LAUNCH_UPDATE_DATA, first, 0, 16), ==, OK);
    g_assert_cmphex(debug(fixture, PSP_DBG_DECRYPT, second, 0, PAGE, 16), ==, OK);
    g_assert_cmpint(memcmp(pages + PAGE, zeros, 16), !=, 0);
    g_assert_cmphex(debug(fixture, PSP_DBG_DECRYPT, sharer, 0, PAGE, 16), ==, OK);
    g_assert_cmpmem(pages + PAGE, 16, zeros, 16);
}

static void test_no_debugging(Fixture *fixture, gconstpointer data)
{
    uint32_t handle = begin(fixture, SEV_POLICY_NODBG);

    (void)data;
    g_assert_cmphex(run(fixture, PSP_DBG_DECRYPT, handle), ==, SEV_STATUS_POLICY_FAILURE);
    g_assert_cmphex(run(fixture, PSP_DBG_ENCRYPT, handle), ==, SEV_STATUS_POLICY_FAILURE);
}

static const char *const fault_names[] = {
    "LAUNCH_START",         "LAUNCH_UPDATE_DATA", "LAUNCH_UPDATE_VMSA", "LAUNCH_MEASURE",
    "LAUNCH_UPDATE_SECRET", "LAUNCH_FINISH",      "ACTIVATE",           "DEACTIVATE",
    "DECOMMISSION",         "GUEST_STATUS",       "DF_FLUSH",           "ATTESTATION",
    "DBG_DECRYPT",          "DBG_ENCRYPT",        "PDH_CERT_EXPORT",    "GET_ID",
};

static void test_faults(Fixture *fixture, gconstpointer data)
{
    uint32_t handle = begin(fixture, 0);

    (void)data;
    g_assert_cmphex(run(fixture, PSP_LAUNCH_UPDATE_DATA, handle), ==, OK);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_UPDATE_DATA, handle), ==, SEV_STATUS_RESOURCE_LIMIT);
    g_assert_cmphex(run(fixture, PSP_LAUNCH_MEASURE, handle), ==, 0x1234);
    g_assert_cmpuint(get_state(fixture, handle), ==, SEV_GUEST_LAUNCH_UPDATE);
    for (size_t i = 0; i < G_N_ELEMENTS(fault_names); i++) {
        g_autofree char *fault = g_strdup_printf("%s=1", fault_names[i]);
        Psp *psp = psp_new(sim_model_find(NULL), fault, NULL);

        g_assert_nonnull(psp);
        psp_free(psp);
    }
}

static void add(const char *path, const char *fault, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, fault, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/psp-sev/states", NULL, test_states);
    add("/psp-sev/inactive", NULL, test_inactive);
    add("/psp-sev/asids", NULL, test_asids);
    add("/psp-sev/policies", NULL, test_policies);
    add("/psp-sev/memory", NULL, test_memory);
    add("/psp-sev/keys", NULL, test_keys);
    add("/psp-sev/no-debugging", NULL, test_no_debugging);
    add("/psp-sev/faults", "LAUNCH_UPDATE_DATA:2=RESOURCE_LIMIT+LAUNCH_MEASURE=0x1234", test_faults);
    return g_test_run();
}
