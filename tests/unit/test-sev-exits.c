/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of what SEV guests want while they run: conversions, with every bad request there is, and ends.
 */
#include "tests/unit/sev-run.h"

#define PRIVATE 0x10 /* attribute of MAP_GPA_RANGE */

typedef struct Kind {
    const char *type;
    bool has_page;
} Kind;

static const Kind snp = { "sev-snp-guest", true };
static const Kind sev_es = { "sev-guest", true };
static const Kind sev = { "sev-guest", false };

static void set_up(SevRun *f, const void *data)
{
    const Kind *kind = data;

    sev_run_init(f, kind->type, kind->has_page);
}

static void tear_down(SevRun *f, G_GNUC_UNUSED const void *data)
{
    sev_run_clear(f);
}

static bool leave_with(SevRun *f, uint32_t reason)
{
    f->shared.run.exit_reason = reason;
    return sev_exit(f->cgs, f->machine, &f->vcpu);
}

/* ---- MAP_GPA_RANGE ---- */

static void test_map(SevRun *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpuint(map_gpa_range(f, 0x1000, 2, 0), ==, 0);
    fake_assert_log(&f->host, "ATTRIBUTES 0x0 0x1000+0x2000\n"
                              "fallocate 102: mode 3 0x1000+0x2000\n");
    g_assert_cmpuint(map_gpa_range(f, HIGH, 1, PRIVATE), ==, 0);
    fake_assert_log(&f->host, "ATTRIBUTES 0x8 0x20000+0x1000\n");
    assert_goes_on(f);
}

/* The size of page that the guest has in mind changes nothing. */
static void test_map_page_sizes(SevRun *f, G_GNUC_UNUSED const void *data)
{
    for (uint64_t page_size = 0; page_size <= 2; page_size++) {
        g_assert_cmpuint(map_gpa_range(f, 0, 1, PRIVATE | page_size), ==, 0);
        fake_assert_log(&f->host, "ATTRIBUTES 0x8 0x0+0x1000\n");
    }
    for (uint64_t page_size = 3; page_size <= 15; page_size++) {
        g_assert_cmpuint(map_gpa_range(f, 0, 1, PRIVATE | page_size), ==, EINVAL);
    }
    fake_assert_log(&f->host, "");
    assert_goes_on(f);
}

/* Where there is no memory, a page is shared already. */
static void test_map_no_memory(SevRun *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpuint(map_gpa_range(f, 0xfee00000, 1, 0), ==, 0);
    g_assert_cmpuint(map_gpa_range(f, 0xfee00000, 1, PRIVATE), ==, EINVAL);
    g_assert_cmpuint(map_gpa_range(f, BLOCK_SIZE - PAGE, 2, PRIVATE), ==, EINVAL);
    g_assert_cmpuint(map_gpa_range(f, 0, 0x30, PRIVATE), ==, EINVAL);
    fake_assert_log(&f->host, "");
    assert_goes_on(f);
}

static void test_map_bad_requests(SevRun *f, G_GNUC_UNUSED const void *data)
{
    static const uint64_t requests[][3] = {
        { 1, 1, 0 },
        { 0xfff, 1, PRIVATE },
        { 0x1800, 1, PRIVATE },
        { 0, 0, 0 },
        { 0, 0, PRIVATE },
        { 0, 1, 0x20 },
        { 0, 1, UINT64_C(1) << 63 | PRIVATE },
        { 0, 1, UINT64_MAX },
        { 0, UINT64_MAX, 0 },
        { 0, UINT64_MAX, PRIVATE },
        { 0, UINT64_C(1) << 52, 0 }, /* 2^64 bytes */
        { 0, (UINT64_C(1) << 52) + 1, PRIVATE },
        { 0x1000, UINT64_C(0xfffffffffffff), 1 << 5 },
        { 0x2000, UINT64_C(0xfffffffffffff), 0 },
        { 0xfffffffffffff000, 2, 0 },
        { 0xfffffffffffff000, UINT64_C(0xfffffffffffff), PRIVATE },
        { UINT64_MAX, 1, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_assert_cmpuint(map_gpa_range(f, requests[i][0], requests[i][1], requests[i][2]), ==, EINVAL);
    }
    fake_assert_log(&f->host, "");
    assert_goes_on(f);
}

static void test_map_fails_on_the_host(SevRun *f, G_GNUC_UNUSED const void *data)
{
    fake_refuse(&f->host, KVMIO_SET_MEMORY_ATTRIBUTES, 1, ENOMEM);
    g_assert_cmpuint(map_gpa_range(f, 0, 1, PRIVATE), ==, EINVAL);
    assert_ended(
        f, CGVM_ERROR_KERNEL,
        "sev-snp-guest 'sev0': vCPU 0: 'low': cannot make 0x0-0xfff private: "
        "KVM_SET_MEMORY_ATTRIBUTES failed: Cannot allocate memory; the kernel ran out of memory or of "
        "what its limits allow (RLIMIT_MEMLOCK, cgroups)");
    g_string_truncate(f->host.log, 0);
}

static void test_other_hypercall(SevRun *f, G_GNUC_UNUSED const void *data)
{
    f->shared.run.hypercall.nr = 11;
    g_assert_false(leave_with(f, KVMEXIT_HYPERCALL));
    assert_goes_on(f);
}

/* ---- memory faults ---- */

static void test_fault(SevRun *f, G_GNUC_UNUSED const void *data)
{
    memory_fault(f, HIGH + PAGE, PAGE, 0, 1);
    fake_assert_log(&f->host, "ATTRIBUTES 0x0 0x21000+0x1000\n"
                              "fallocate 103: mode 3 0x1000+0x1000\n");
    memory_fault(f, HIGH + PAGE, PAGE, KVM_MEMORY_FAULT_PRIVATE, 1);
    fake_assert_log(&f->host, "ATTRIBUTES 0x8 0x21000+0x1000\n");
    assert_goes_on(f);
}

static void test_fault_unknown_flags(SevRun *f, G_GNUC_UNUSED const void *data)
{
    memory_fault(f, 0, PAGE, KVM_MEMORY_FAULT_PRIVATE | 1, 1);
    fake_assert_log(&f->host, "");
    assert_ended(
        f, CGVM_ERROR_UNSUPPORTED,
        "sev-snp-guest 'sev0': vCPU 0: a memory fault at 0x0 has the flags 0x9, of which only 0x8 is "
        "known; use a newer cgvm for this kernel");
}

static void test_fault_without_memory(SevRun *f, G_GNUC_UNUSED const void *data)
{
    memory_fault(f, 0x10000, PAGE, KVM_MEMORY_FAULT_PRIVATE, 1);
    assert_ended(
        f, CGVM_ERROR_INVALID,
        "sev-snp-guest 'sev0': vCPU 0: after a private access to 0x10000: the guest has no memory at "
        "0x10000-0x10fff that could be private");
}

static void test_fault_without_end(SevRun *f, G_GNUC_UNUSED const void *data)
{
    memory_fault(f, 0, PAGE, KVM_MEMORY_FAULT_PRIVATE, SEV_MAX_EQUAL_FAULTS);
    fake_assert_log(&f->host, "ATTRIBUTES 0x8 0x0+0x1000\n");
    assert_goes_on(f);
    memory_fault(f, 0, PAGE, KVM_MEMORY_FAULT_PRIVATE, SEV_MAX_EQUAL_FAULTS + 1);
    fake_assert_log(&f->host, "");
    assert_ended(
        f, CGVM_ERROR_KERNEL,
        "sev-snp-guest 'sev0': vCPU 0: the guest's private access to 0x0 still faults after 1000 "
        "conversions of the page to private; either vCPUs of the guest disagree about it without end, "
        "or the host has no memory for it");
}

/* ---- ends ---- */

static void terminate(SevRun *f, uint32_t ndata, uint64_t msr)
{
    f->shared.run.system_event.type = KVM_SYSTEM_EVENT_TYPE_SEV_TERM;
    f->shared.run.system_event.ndata = ndata;
    f->shared.run.system_event.data[0] = msr;
    f->vcpu.index = 3;
    g_assert_true(leave_with(f, KVMEXIT_SYSTEM_EVENT));
}

static void test_terminated(SevRun *f, const void *data)
{
    const Kind *kind = data;
    g_autofree char *message = g_strdup_printf(
        "%s 'sev0': vCPU 3: the guest asked to be terminated with code 4 of set 1 (GHCB MSR 0x41100), CPUID, "
        "asked for by Linux: the CPUID page is missing or wrong; use firmware whose SEV metadata has a CPUID "
        "page",
        kind->type);

    terminate(f, 1, 0x41100);
    assert_ended(f, CGVM_ERROR_GUEST, message);
}

static void test_terminated_without_reason(SevRun *f, G_GNUC_UNUSED const void *data)
{
    terminate(f, 0, 0x41100);
    assert_ended(
        f, CGVM_ERROR_GUEST,
        "sev-snp-guest 'sev0': vCPU 3: the guest asked to be terminated, but KVM does not say why; see "
        "the end of its console");
}

static void test_shutdown(SevRun *f, const void *data)
{
    const Kind *kind = data;
    g_autofree char *message = g_strdup_printf(
        "%s 'sev0': vCPU 0: the guest shut itself down, which a triple fault does; its registers are "
        "encrypted and cannot tell where, so see the end of its console, and whether firmware or kernel was "
        "built "
        "for this kind of guest",
        kind->type);

    g_assert_true(leave_with(f, KVMEXIT_SHUTDOWN));
    assert_ended(f, CGVM_ERROR_GUEST, message);
}

static void test_fail_entry(SevRun *f, const void *data)
{
    const Kind *kind = data;
    g_autofree char *message = g_strdup_printf(
        "%s 'sev0': vCPU 0: the processor refused to enter the guest (hardware reason 0xffffffff); most "
        "likely "
        "its register page (VMSA) was not launched, because the vCPU was created after the launch or the "
        "launch was not finished",
        kind->type);

    f->shared.run.fail_entry.hardware_entry_failure_reason = 0xffffffff;
    g_assert_true(leave_with(f, KVMEXIT_FAIL_ENTRY));
    assert_ended(f, CGVM_ERROR_KERNEL, message);
}

/* What the machine knows better: it says what it says of any guest. */
static void test_not_ours(SevRun *f, const void *data)
{
    f->shared.run.system_event.type = 1;
    g_assert_false(leave_with(f, KVMEXIT_SYSTEM_EVENT));
    g_assert_false(leave_with(f, KVMEXIT_INTERNAL_ERROR));
    g_assert_false(leave_with(f, KVMEXIT_HLT));
    g_assert_false(leave_with(f, KVMEXIT_UNKNOWN));
    if (data != &snp) {
        f->shared.run.hypercall.nr = KVM_HYPERCALL_MAP_GPA_RANGE;
        g_assert_false(leave_with(f, KVMEXIT_HYPERCALL));
        g_assert_false(leave_with(f, KVMEXIT_MEMORY_FAULT));
    }
    if (data == &sev) {
        f->shared.run.system_event.type = KVM_SYSTEM_EVENT_TYPE_SEV_TERM;
        g_assert_false(leave_with(f, KVMEXIT_SYSTEM_EVENT));
        g_assert_false(leave_with(f, KVMEXIT_SHUTDOWN));
    }
    fake_assert_log(&f->host, "");
    assert_goes_on(f);
}

static void add(const char *path, const Kind *kind, void (*test)(SevRun *f, const void *data))
{
    g_test_add(path, SevRun, kind, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    builtins_init();
    add("/sev-exits/map", &snp, test_map);
    add("/sev-exits/map/page-sizes", &snp, test_map_page_sizes);
    add("/sev-exits/map/no-memory", &snp, test_map_no_memory);
    add("/sev-exits/map/bad-requests", &snp, test_map_bad_requests);
    add("/sev-exits/map/fails-on-the-host", &snp, test_map_fails_on_the_host);
    add("/sev-exits/map/other-hypercall", &snp, test_other_hypercall);
    add("/sev-exits/fault", &snp, test_fault);
    add("/sev-exits/fault/unknown-flags", &snp, test_fault_unknown_flags);
    add("/sev-exits/fault/without-memory", &snp, test_fault_without_memory);
    add("/sev-exits/fault/without-end", &snp, test_fault_without_end);
    add("/sev-exits/terminated/snp", &snp, test_terminated);
    add("/sev-exits/terminated/sev-es", &sev_es, test_terminated);
    add("/sev-exits/terminated/without-reason", &snp, test_terminated_without_reason);
    add("/sev-exits/shutdown/snp", &snp, test_shutdown);
    add("/sev-exits/shutdown/sev-es", &sev_es, test_shutdown);
    add("/sev-exits/fail-entry/snp", &snp, test_fail_entry);
    add("/sev-exits/fail-entry/sev", &sev, test_fail_entry);
    add("/sev-exits/not-ours/snp", &snp, test_not_ours);
    add("/sev-exits/not-ours/sev-es", &sev_es, test_not_ours);
    add("/sev-exits/not-ours/sev", &sev, test_not_ours);
    return g_test_run();
}
