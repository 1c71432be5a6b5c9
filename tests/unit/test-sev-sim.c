/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's rules for SEV and SEV-ES: every command in every state, its preconditions, what the
 * firmware's statuses become, registers after the launch. Errnos and statuses are those of Linux 6.12;
 * digests come from a script that shares no code with this tree.
 */
#include <glib/gstdio.h>
#include "tests/unit/guest-owner.h"
#include "tests/unit/sim-sev-guest.h"

/* A page of zeros and 32 bytes. */
#define DIGEST_SEV "2e534ef0107d592d1706ac38ad58596b85ef3375d360a6d669f974792df5cb5a"
/* A page of zeros, then two VMSAs with KVM's state after reset; the second without an FPU. */
#define DIGEST_SEV_ES  "6557ab0022f58ed44f603aabd9e352c432c931b9083aa36bdebc8df81f6578fa"
#define DIGEST_ES_INIT "160aee8067b4c950fadb88eead7d91c5834326454bed68cc1383313d3c4c5566"

#define STATE          SEV_STATUS_INVALID_GUEST_STATE

static const GuestKind kind_sev = { KIND_SEV };
static const GuestKind kind_es = { KIND_SEV_ES };
static const GuestKind kind_init = { KIND_INIT };
static const GuestKind kind_es_init = { KIND_ES_INIT };
static const GuestKind kind_naples = { { .model = "EPYC-Naples" }, KIND_INIT };
static const GuestKind kind_policy = { KIND_SEV, .policy = SEV_POLICY_ES };
static const GuestKind kind_es_policy = { .type = KVM_VM_TYPE_SEV_ES, .init = SEVCMD_INIT2 };

static uint32_t get_state(Fixture *fixture)
{
    SevGuestStatus status = { .state = 99 };

    check(fixture, sev_command(fixture, SEVCMD_GUEST_STATUS, &status, -1), 0, 0);
    g_assert_cmpuint(status.handle, !=, 0);
    return status.state;
}

/* Every command but those that begin a launch, and what it says. */
static void check_all(Fixture *fixture, int result, uint32_t error)
{
    SevDbg debug = { .len = 16, .src_uaddr = (uintptr_t)fixture->memory };
    SevLaunchSecret secret = {
        .guest_len = 16, .trans_len = 16, .hdr_len = 52, .guest_uaddr = (uintptr_t)fixture->memory
    };
    SevGuestStatus status;
    SevAttestationReport report = { .len = 0 };
    uint32_t length = 0;

    secret.hdr_uaddr = secret.trans_uaddr = (uintptr_t)fixture->source;
    debug.dst_uaddr = (uintptr_t)fixture->source;
    check(fixture, sev_update(fixture, fixture->memory, PAGE), result, error);
    check(fixture, sev_measure(fixture, NULL, &length), result, error);
    check_measure(fixture, result, error);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_SECRET, &secret, -1), result, error);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_FINISH), result, error);
    check(fixture, sev_command(fixture, SEVCMD_GUEST_STATUS, &status, -1), result, error);
    check(fixture, sev_command(fixture, SEVCMD_DBG_DECRYPT, &debug, -1), result, error);
    check(fixture, sev_command(fixture, SEVCMD_DBG_ENCRYPT, &debug, -1), result, error);
    check(fixture, sev_command(fixture, SEVCMD_GET_ATTESTATION_REPORT, &report, -1), result, error);
}

/* The states of a launch, for all kinds of guests. */
static void test_states(Fixture *fixture, gconstpointer data)
{
    const GuestKind *kind = data;
    int es = kind->policy & SEV_POLICY_ES ? 0 : -ENOTTY;
    uint32_t length = 0;
    SevMeasurement measurement;

    check_all(fixture, -ENOTTY, UNTOUCHED);
    check(fixture, sev_start(fixture, kind->policy), -ENOTTY, UNTOUCHED);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), -ENOTTY, UNTOUCHED);
    check(fixture, sev_init(fixture, kind), 0, UNTOUCHED);
    check(fixture, sev_init(fixture, kind), -EINVAL, UNTOUCHED);
    /* Before LAUNCH_START the descriptor is 0, which is none of /dev/sev. */
    check_all(fixture, -EBADF, UNTOUCHED);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), es, UNTOUCHED);
    check(fixture, sev_start(fixture, kind->policy), 0, 0);
    g_assert_cmpuint(get_state(fixture), ==, SEV_GUEST_LAUNCH_UPDATE);
    check(fixture, sev_start(fixture, kind->policy), -EIO, SEV_STATUS_ASID_OWNED);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_FINISH), -EIO, STATE);
    check(fixture, sev_update(fixture, fixture->memory, PAGE), 0, 0);
    check(fixture, sev_measure(fixture, NULL, &length), -EIO, SEV_STATUS_INVALID_LEN);
    g_assert_cmpuint(length, ==, sizeof(measurement));
    length = 256;
    check(fixture, sev_measure(fixture, fixture->source, &length), 0, 0);
    g_assert_cmpuint(length, ==, sizeof(measurement));
    g_assert_cmpuint(get_state(fixture), ==, SEV_GUEST_LAUNCH_SECRET);
    check(fixture, sev_start(fixture, kind->policy), -EIO, SEV_STATUS_ASID_OWNED);
    check(fixture, sev_update(fixture, fixture->memory, PAGE), -EIO, STATE);
    check_measure(fixture, -EIO, STATE);
    length = 0;
    check(fixture, sev_measure(fixture, NULL, &length), -EIO, SEV_STATUS_INVALID_LEN);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_FINISH), 0, 0);
    g_assert_cmpuint(get_state(fixture), ==, SEV_GUEST_RUNNING);
    check(fixture, sev_update(fixture, fixture->memory, PAGE), -EIO, STATE);
    check_measure(fixture, -EIO, STATE);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_FINISH), -EIO, STATE);
    close_fd(fixture, &fixture->sev);
    check_all(fixture, -EBADF, UNTOUCHED);
}

static void test_init_after_vcpu(Fixture *fixture, gconstpointer data)
{
    int vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);

    check(fixture, sev_init(fixture, data), -EINVAL, UNTOUCHED);
    close_fd(fixture, &vcpu);
}

static const SevInit2 bad_inits[] = {
    { .flags = 1 },
    { .vmsa_features = SEV_FEATURE_DEBUG_SWAP },
    { .ghcb_version = 1 },
};

/* What SEV-ES may have and SEV may not. */
static void test_inits(Fixture *fixture, gconstpointer data)
{
    const SevInit2 es_init = { .vmsa_features = SEV_FEATURE_DEBUG_SWAP, .ghcb_version = 2, .pad1 = 1 };
    int sev = fixture->vm;

    (void)data;
    check(fixture, sev_plain(fixture, SEVCMD_INIT), -EINVAL, UNTOUCHED);
    check(fixture, sev_plain(fixture, SEVCMD_INIT2), -EFAULT, UNTOUCHED);
    for (size_t i = 0; i < G_N_ELEMENTS(bad_inits); i++) {
        check(fixture, sev_command(fixture, SEVCMD_INIT2, &bad_inits[i], -1), -EINVAL, UNTOUCHED);
    }
    fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SEV_ES);
    check(fixture, sev_plain(fixture, SEVCMD_ES_INIT), -EINVAL, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_INIT2, &bad_inits[0], -1), -EINVAL, UNTOUCHED);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CHECK_EXTENSION, KVMCAP_X86_SMM), ==, 1);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CHECK_EXTENSION, KVMCAP_READONLY_MEM), ==, 0);
    check(fixture, sev_command(fixture, SEVCMD_INIT2, &es_init, -1), 0, UNTOUCHED);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CHECK_EXTENSION, KVMCAP_X86_SMM), ==, 0);
    close_fd(fixture, &fixture->vm);
    fixture->vm = sev;
}

/* Naples has no SEV-ES, neither of the new kind nor of the old, and 15 guests. */
static void test_naples(Fixture *fixture, gconstpointer data)
{
    int vms[15], vm = fixture->vm;

    check(fixture, sev_plain(fixture, SEVCMD_ES_INIT), -ENOTTY, UNTOUCHED);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SEV_ES), ==, -EINVAL);
    for (size_t i = 0; i < G_N_ELEMENTS(vms); i++) {
        fixture->vm = vms[i] = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_DEFAULT);
        check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
        check(fixture, sev_start(fixture, 0), 0, 0);
    }
    fixture->vm = vm;
    check(fixture, sev_init(fixture, data), -EBUSY, UNTOUCHED);
    for (size_t i = 0; i < G_N_ELEMENTS(vms); i++) {
        close_fd(fixture, &vms[i]);
    }
    /* What has been freed is usable after a flush. */
    check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
    check(fixture, sev_start(fixture, 0), 0, 0);
}

static void test_policy(Fixture *fixture, gconstpointer data)
{
    const GuestKind *kind = data;

    check(fixture, sev_init(fixture, kind), 0, UNTOUCHED);
    check(fixture, sev_start(fixture, kind->policy), -EIO, SEV_STATUS_INVALID_ASID);
    check(fixture, sev_start(fixture, kind->policy ^ SEV_POLICY_ES), 0, 0);
}

/* Blobs have an address and a length; without /dev/sev there is no launch. */
static void test_start(Fixture *fixture, gconstpointer data)
{
    SevLaunchStart start = { .dh_uaddr = (uintptr_t)fixture->source };

    check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, NULL, fixture->sev), -EFAULT, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev), -EINVAL, UNTOUCHED);
    start.dh_len = 0x4001;
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev), -EINVAL, UNTOUCHED);
    start.dh_len = SEV_CERT_SIZE;
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev), -EIO,
          SEV_STATUS_INVALID_LEN);
    start.session_uaddr = BAD;
    start.session_len = sizeof(SevSession);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev), -EFAULT, UNTOUCHED);
    start.session_uaddr = start.dh_uaddr;
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->vm), -EBADF, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev), -EIO,
          SEV_STATUS_INVALID_CERTIFICATE);
    check(fixture, sev_start(fixture, 99u << SEV_POLICY_API_MAJOR_SHIFT), -EIO, SEV_STATUS_POLICY_FAILURE);
    start = (SevLaunchStart){ .policy = SEV_POLICY_NODBG };
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev), 0, 0);
    g_assert_cmpuint(start.handle, !=, 0);
}

static void test_update(Fixture *fixture, gconstpointer data)
{
    uint8_t *memory = fixture->memory;
    const uint8_t zeros[48] = { 0 };

    check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
    check(fixture, sev_start(fixture, 0), 0, 0);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_DATA), -EFAULT, UNTOUCHED);
    check(fixture, sev_update(fixture, memory, 0), -EINVAL, UNTOUCHED);
    check(fixture, sev_update(fixture, GUINT_TO_POINTER(BAD), PAGE), -ENOMEM, UNTOUCHED);
    g_assert_cmpint(mprotect(memory + PAGE, PAGE, PROT_READ), ==, 0);
    check(fixture, sev_update(fixture, memory, 2 * PAGE), -ENOMEM, UNTOUCHED);
    check(fixture, sev_update(fixture, memory + 8, 16), -EIO, SEV_STATUS_INVALID_ADDRESS);
    check(fixture, sev_update(fixture, memory, 8), -EIO, SEV_STATUS_INVALID_LEN);
    g_assert_cmpmem(memory, 48, zeros, 48);
    check(fixture, sev_update(fixture, memory, PAGE), 0, 0);
    check(fixture, sev_update(fixture, memory + 3 * PAGE + 16, 32), 0, 0);
    g_assert_cmpint(memcmp(memory, memory + 16, 16), !=, 0);
    g_assert_cmpmem(memory + 3 * PAGE, 16, zeros, 16);
    g_assert_cmpint(memcmp(memory + 3 * PAGE + 16, zeros, 32), !=, 0);
    g_assert_cmpmem(memory + 3 * PAGE + 48, 48, zeros, 48);
    check_measure(fixture, 0, 0);
    check_sev_digest(fixture, DIGEST_SEV);
}

static void test_measure(Fixture *fixture, gconstpointer data)
{
    uint32_t length = 16;

    check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
    check(fixture, sev_start(fixture, 0), 0, 0);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_MEASURE), -EFAULT, UNTOUCHED);
    check(fixture, sev_measure(fixture, fixture->source, &length), -EIO, SEV_STATUS_INVALID_LEN);
    g_assert_cmpuint(length, ==, 16);
    length = 0x4001;
    check(fixture, sev_measure(fixture, fixture->source, &length), -EINVAL, UNTOUCHED);
    length = 48;
    check(fixture, sev_measure(fixture, NULL, &length), -EIO, SEV_STATUS_INVALID_LEN);
    check(fixture, sev_measure(fixture, GUINT_TO_POINTER(BAD), &length), -EFAULT, 0);
    /* It has been measured all the same. */
    g_assert_cmpuint(get_state(fixture), ==, SEV_GUEST_LAUNCH_SECRET);
}

static void test_regions(Fixture *fixture, gconstpointer data)
{
    KvmEncRegion region = { .addr = (uintptr_t)fixture->memory, .size = RAM }, other = region;

    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_REG_REGION, BAD), ==, -EFAULT);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_REG_REGION, &region), ==, -ENOTTY);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_UNREG_REGION, &region), ==, -ENOTTY);
    check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_UNREG_REGION, &region), ==, -EINVAL);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_REG_REGION, &region), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_REG_REGION, &region), ==, 0);
    other.size -= PAGE;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_UNREG_REGION, &other), ==, -EINVAL);
    other.size = 0;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_REG_REGION, &other), ==, -EINVAL);
    other = (KvmEncRegion){ .addr = BAD, .size = PAGE };
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_REG_REGION, &other), ==, -ENOMEM);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_UNREG_REGION, &region), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_UNREG_REGION, &region), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_UNREG_REGION, &region), ==, -EINVAL);
    /* What can be read may be registered, and it stays so until the VM goes. */
    g_assert_cmpint(mprotect(fixture->memory, PAGE, PROT_READ), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_REG_REGION, &region), ==, 0);
}

static int debug(Fixture *fixture, uint32_t id, const void *from, const void *to, uint32_t length)
{
    SevDbg request = { .src_uaddr = (uintptr_t)from, .dst_uaddr = (uintptr_t)to, .len = length };

    return sev_command(fixture, id, &request, -1);
}

static void test_debugging(Fixture *fixture, gconstpointer data)
{
    uint8_t *memory = fixture->memory, *plain = fixture->source;
    const char text[] = "written by a debugger, from an odd address to another";

    check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
    check(fixture, sev_start(fixture, 0), 0, 0);
    check(fixture, sev_update(fixture, memory, 3 * PAGE), 0, 0);
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, memory, plain, 0), -EINVAL, UNTOUCHED);
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, memory, NULL, 16), -EINVAL, UNTOUCHED);
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, (void *)UINTPTR_MAX, plain, 16), -EINVAL, UNTOUCHED);
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, memory, (void *)BAD, 16), -ENOMEM, UNTOUCHED);
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, (void *)BAD, plain, 16), -ENOMEM, UNTOUCHED);
    memcpy(plain + 5, text, sizeof(text));
    check(fixture, debug(fixture, SEVCMD_DBG_ENCRYPT, plain + 5, memory + PAGE - 19, sizeof(text)), 0, 0);
    memset(plain, 0xff, 3 * PAGE);
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, memory, plain, 3 * PAGE), 0, 0);
    g_assert_cmpmem(plain + PAGE - 19, sizeof(text), text, sizeof(text));
    for (size_t i = 0; i < 3 * PAGE; i++) {
        g_assert_true(plain[i] == 0 || (i >= PAGE - 19 && i < PAGE - 19 + sizeof(text)));
    }
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, memory + PAGE - 19, plain + 3, 7), 0, 0);
    g_assert_cmpmem(plain + 3, 7, text, 7);
}

static void test_vmsas(Fixture *fixture, gconstpointer data)
{
    const GuestKind *kind = data;
    int vcpus[3];
    g_autofree KvmRegs *regs = g_new0(KvmRegs, 1);
    KvmRun *run;

    check(fixture, sev_init(fixture, kind), 0, UNTOUCHED);
    vcpus[0] = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    vcpus[1] = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 1);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), -EBADF, UNTOUCHED);
    check(fixture, sev_start(fixture, kind->policy), 0, 0);
    check(fixture, sev_update(fixture, fixture->memory, PAGE), 0, 0);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), 0, 0);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), -EINVAL, UNTOUCHED);
    check_measure(fixture, 0, 0);
    check_sev_digest(fixture, kind->type == KVM_VM_TYPE_DEFAULT ? DIGEST_ES_INIT : DIGEST_SEV_ES);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_FINISH), 0, 0);
    /* A vCPU that comes later has no state that could be entered. */
    vcpus[2] = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 2);
    run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vcpus[2], 0);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), -EINVAL, UNTOUCHED);
    g_assert_cmpint(call_with(fixture, vcpus[2], KVMIO_GET_REGS, regs), ==, 0);
    g_assert_cmpint(call(fixture, vcpus[2], KVMIO_RUN, 0), ==, 0);
    g_assert_cmpuint(run->exit_reason, ==, KVMEXIT_FAIL_ENTRY);
    munmap(run, RUN_SIZE);
    for (size_t i = 0; i < G_N_ELEMENTS(vcpus); i++) {
        close_fd(fixture, &vcpus[i]);
    }
}

/** KvmMsrs with room for one. */
typedef struct OneMsr {
    uint32_t nmsrs, pad;
    KvmMsrEntry entry;
} OneMsr;

/* Where the VM's type has protected state, registers are locked; else KVM has nothing more to say of them. */
static void test_registers(Fixture *fixture, gconstpointer data)
{
    const GuestKind *kind = data;
    int locked = kind->type == KVM_VM_TYPE_SEV_ES ? -EINVAL : 0, vcpu;
    OneMsr msr = { .nmsrs = 1, .entry = { .index = MSR_PAT, .data = 5 } };
    KvmRegs regs = { .rax = 0 };
    KvmSregs sregs = { .cr0 = 0 };
    KvmFpu fpu = { .fcw = 5 };

    check(fixture, sev_init(fixture, kind), 0, UNTOUCHED);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    check(fixture, sev_start(fixture, kind->policy), 0, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_SREGS, &sregs), ==, 0);
    g_assert_cmphex(sregs.cs.base, ==, 0xffff0000);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), 0, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_REGS, &regs), ==, locked);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_REGS, &regs), ==, locked);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_SREGS, &sregs), ==, locked);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_SREGS, &sregs), ==, locked);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_FPU, &fpu), ==, locked);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_FPU, &fpu), ==, locked);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_MSRS, &msr), ==, locked ? 0 : 1);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_MSRS, &msr), ==, locked ? 0 : 1);
    if (!locked) {
        g_assert_cmphex(regs.rip, ==, 0xfff0);
        g_assert_cmphex(sregs.cs.base, ==, 0);
        g_assert_cmphex(sregs.cr0, ==, 0x60000010);
        g_assert_cmpuint(fpu.fcw, ==, 0);
        g_assert_cmphex(msr.entry.data, ==, 0);
    }
    close_fd(fixture, &vcpu);
}

/* Up to where a vCPU could run; SEV has no VMSAs. */
static void test_run(Fixture *fixture, gconstpointer data)
{
    const GuestKind *kind = data;
    int vcpu;
    KvmRun *run;

    check(fixture, sev_init(fixture, kind), 0, UNTOUCHED);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    check(fixture, sev_start(fixture, kind->policy), 0, 0);
    check_measure(fixture, 0, 0);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, 0);
    g_assert_cmpuint(run->exit_reason, ==, KVMEXIT_FAIL_ENTRY);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_FINISH), 0, 0);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, -ENOSYS);
    munmap(run, RUN_SIZE);
    close_fd(fixture, &vcpu);
}

static int issue(Fixture *fixture, int fd, uint32_t id, void *data, uint32_t *error)
{
    SevIssueCommand command = { .cmd = id, .data = (uintptr_t)data };
    int ret = call_with(fixture, fd, SEV_ISSUE_CMD_IOCTL, &command);

    *error = command.error;
    return ret;
}

/* From the platform's certificate to a secret in the guest's memory. */
static void test_owner(Fixture *fixture, gconstpointer data)
{
    const uint8_t api[3] = { 1, 55, 21 };
    const char secret[16] = "a secret of 16b";
    g_autofree GuestOwner *owner = g_new0(GuestOwner, 1);
    g_autofree uint8_t *certs = g_malloc0(4 * SEV_CERT_SIZE);
    SevPdhCertExport export = { .pdh_cert_len = 0 };
    SevLaunchStart start = { .policy = SEV_POLICY_NOKS, .dh_len = SEV_CERT_SIZE, .session_len = 128 };
    SevLaunchSecret packet = { .hdr_len = 52, .guest_len = 16, .trans_len = 16 };
    SevAttestationReport report = { .mnonce = { 7 } };
    SevMeasurement measurement;
    uint8_t header[52], wrapped[16], mac[32], digest[32];
    uint32_t error, length = sizeof(measurement);

    g_assert_cmpint(issue(fixture, fixture->sev, SEV_PDH_CERT_EXPORT, &export, &error), ==, -EIO);
    g_assert_cmphex(error, ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmpuint(export.pdh_cert_len, ==, SEV_CERT_SIZE);
    g_assert_cmpuint(export.cert_chain_len, ==, 3 * SEV_CERT_SIZE);
    export.pdh_cert_address = (uintptr_t)certs;
    export.cert_chain_address = (uintptr_t)certs + SEV_CERT_SIZE;
    g_assert_cmpint(issue(fixture, fixture->sev, SEV_PDH_CERT_EXPORT, &export, &error), ==, 0);
    owner_open(owner, certs, start.policy);
    start.dh_uaddr = (uintptr_t)owner->cert;
    start.session_uaddr = (uintptr_t)&owner->session;
    check(fixture, sev_init(fixture, data), 0, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, &start, fixture->sev), 0, 0);
    check(fixture, sev_update(fixture, fixture->memory, PAGE), 0, 0);
    check(fixture, sev_measure(fixture, &measurement, &length), 0, 0);
    g_assert_true(sim_x86_sev_digest(fixture->door, fixture->vm, digest));
    owner_measure(owner, api, start.policy, digest, measurement.mnonce, mac);
    g_assert_cmpmem(measurement.measure, 32, mac, 32);
    owner_seal(owner, mac, secret, sizeof(secret), header, wrapped);
    packet.hdr_uaddr = (uintptr_t)header;
    packet.trans_uaddr = (uintptr_t)wrapped;
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_SECRET, &packet, -1), -ENOMEM, UNTOUCHED);
    packet.guest_uaddr = (uintptr_t)fixture->memory;
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_SECRET, &packet, -1), 0, 0);
    check(fixture, debug(fixture, SEVCMD_DBG_DECRYPT, fixture->memory, fixture->source, 16), 0, 0);
    g_assert_cmpmem(fixture->source, 16, secret, sizeof(secret));
    check(fixture, sev_command(fixture, SEVCMD_GET_ATTESTATION_REPORT, &report, -1), -EIO,
          SEV_STATUS_INVALID_LEN);
    g_assert_cmpuint(report.len, ==, SEV_ATTESTATION_REPORT_SIZE);
    report.uaddr = (uintptr_t)fixture->source;
    check(fixture, sev_command(fixture, SEVCMD_GET_ATTESTATION_REPORT, &report, -1), 0, 0);
    g_assert_cmpuint(fixture->source[0], ==, 7);
    g_assert_cmpmem(fixture->source + 16, 32, digest, 32);
    header[51] ^= 1;
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_SECRET, &packet, -1), -EIO, SEV_STATUS_BAD_MEASUREMENT);
}

static void test_chip_id(Fixture *fixture, gconstpointer data)
{
    char id[64] = "";
    SevGetId2 request = { .length = 0 };
    uint32_t error;

    (void)data;
    g_assert_cmpint(issue(fixture, fixture->sev, SEV_GET_ID2, &request, &error), ==, -EIO);
    g_assert_cmphex(error, ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmpuint(request.length, ==, sizeof(id));
    request.address = (uintptr_t)id;
    g_assert_cmpint(issue(fixture, fixture->sev, SEV_GET_ID2, &request, &error), ==, 0);
    g_assert_true(g_str_has_prefix(id, "simulated"));
    g_assert_cmpint(issue(fixture, fixture->sev, SEV_GET_ID2, NULL, &error), ==, -EFAULT);
    g_assert_cmpint(issue(fixture, fixture->sev, SEV_PDH_CERT_EXPORT, NULL, &error), ==, -EFAULT);
}

static void test_faults(void)
{
    const GuestKind kind = { { .fault = "ACTIVATE:1=0x17+LAUNCH_UPDATE_DATA=0x13" }, KIND_SEV };
    Fixture fixture;

    set_up_sev(&fixture, &kind);
    check(&fixture, sev_init(&fixture, &kind), 0, UNTOUCHED);
    check(&fixture, sev_start(&fixture, 0), -EIO, SEV_STATUS_RESOURCE_LIMIT);
    check(&fixture, sev_start(&fixture, 0), 0, 0);
    check(&fixture, sev_update(&fixture, fixture.memory, PAGE), -EIO, SEV_STATUS_HWERROR_PLATFORM);
    tear_down(&fixture, NULL);
}

static void test_report(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "test-sev-sim-XXXXXX", NULL);
    g_autofree char *text = NULL;
    GuestKind kind = { { .report = path }, KIND_SEV_ES };
    Fixture fixture;

    close(g_mkstemp(path));
    set_up_sev(&fixture, &kind);
    check(&fixture, sev_init(&fixture, &kind), 0, UNTOUCHED);
    check(&fixture, sev_start(&fixture, kind.policy), 0, 0);
    check_measure(&fixture, 0, 0);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
                    "sev-es e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 simulated\n");
    g_unlink(path);
    tear_down(&fixture, NULL);
}

static void add(const char *path, const GuestKind *kind, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, kind, set_up_sev, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/sev-sim/states/sev", &kind_sev, test_states);
    add("/sev-sim/states/sev-es", &kind_es, test_states);
    add("/sev-sim/states/init", &kind_init, test_states);
    add("/sev-sim/states/es-init", &kind_es_init, test_states);
    add("/sev-sim/init-after-vcpu/sev", &kind_sev, test_init_after_vcpu);
    add("/sev-sim/init-after-vcpu/es-init", &kind_es_init, test_init_after_vcpu);
    add("/sev-sim/inits", &kind_sev, test_inits);
    add("/sev-sim/naples", &kind_naples, test_naples);
    add("/sev-sim/policy/sev", &kind_policy, test_policy);
    add("/sev-sim/policy/sev-es", &kind_es_policy, test_policy);
    add("/sev-sim/start", &kind_sev, test_start);
    add("/sev-sim/update", &kind_sev, test_update);
    add("/sev-sim/measure", &kind_sev, test_measure);
    add("/sev-sim/regions", &kind_sev, test_regions);
    add("/sev-sim/debugging", &kind_sev, test_debugging);
    add("/sev-sim/vmsas/sev-es", &kind_es, test_vmsas);
    add("/sev-sim/vmsas/es-init", &kind_es_init, test_vmsas);
    add("/sev-sim/registers/sev-es", &kind_es, test_registers);
    add("/sev-sim/registers/es-init", &kind_es_init, test_registers);
    add("/sev-sim/run", &kind_sev, test_run);
    add("/sev-sim/owner", &kind_sev, test_owner);
    add("/sev-sim/chip-id", &kind_sev, test_chip_id);
    g_test_add_func("/sev-sim/faults", test_faults);
    g_test_add_func("/sev-sim/report", test_report);
    return g_test_run();
}
