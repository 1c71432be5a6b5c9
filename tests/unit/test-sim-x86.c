/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The x86 side of the simulated host besides the commands of a launch: models and their CPUID, the registers
 * of a vCPU and the VMSA that becomes of them, the interrupt controller, /dev/sev. The digests come from a
 * script that shares no code with this tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sim-x86.h"

#define PAGE   UINT64_C(4096)
#define BAD    0x10 /* an address that nobody has */

#define POLICY (SNP_POLICY_ONE | SNP_POLICY_SMT)

/* A NORMAL page of zeros at 0, a ZERO page at 0x1000, then one VMSA: */
#define DIGEST_QEMU /* with the state after reset that QEMU gives a Milan */                                 \
    "d8836b4303cb70bfcaa62e781e0fce48ebf46588b39750fdde4c9c6bb3007d60c7348ffd7275eb5a1a62526b32857ca4"
#define DIGEST_QEMU_TWICE /* two of these */                                                                 \
    "360de5bd55ba25e9645250841f0096801f4fb8f4c47a6289596810752b7c900be21b99ee1c6c792bad2c752ddba1c428"
#define DIGEST_DEBUG_SWAP /* the same as the first, with that feature */                                     \
    "9a10a9eb8f1065b5bdcf2d4f8e59f566648802c063c03db78bd74ffee127354413e42ebb5a252289541894847287b2c4"
#define DIGEST_ROUND_TRIP /* KVM's state after reset, read and written back */                               \
    "1021afe7d39bdad2add7f4c294aa8d4bdc75699a09ef09f929b77e36e4e2f246962cb56a488958d7edc24d6b4b11af7d"
#define DIGEST_FULL /* a different value in every register */                                                \
    "6b13653d3d641a24c8a6c9658c4a5b319ea46cec8f301c06599f331da48f8b8fa85eee5108ce6b5d9e4a82fc425abdd9"

typedef struct Fixture {
    KvmDoor *door;
    int kvm, sev, vm;
    uint8_t *pages; /* two, of zeros */
} Fixture;

/** KvmCpuid with room. */
typedef struct CpuidList {
    uint32_t nent, padding;
    KvmCpuidEntry entries[256];
} CpuidList;

/** KvmMsrs with room. */
typedef struct MsrList {
    uint32_t nmsrs, pad;
    KvmMsrEntry entries[4];
} MsrList;

static int call(Fixture *fixture, int fd, unsigned long request, unsigned long arg)
{
    return fixture->door->ops->ioctl(fixture->door->host, fd, request, arg);
}

static int call_with(Fixture *fixture, int fd, unsigned long request, const void *arg)
{
    return call(fixture, fd, request, (uintptr_t)arg);
}

static void set_up(Fixture *fixture, gconstpointer model)
{
    const SimHostOptions options = { .model = model };

    fixture->door = simhost_door_new(&x86_sim_target, &options, NULL);
    g_assert_nonnull(fixture->door);
    fixture->kvm = fixture->door->ops->open(fixture->door->host, "/dev/kvm", O_RDWR);
    fixture->sev = fixture->door->ops->open(fixture->door->host, "/dev/sev", O_RDWR);
    fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
    fixture->pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    munmap(fixture->pages, 2 * PAGE);
    kvm_door_free(fixture->door);
}

static void get_cpuid(Fixture *fixture, CpuidList *list)
{
    memset(list, 0, sizeof(*list));
    list->nent = G_N_ELEMENTS(list->entries);
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_GET_SUPPORTED_CPUID, list), ==, 0);
}

static const KvmCpuidEntry *find_cpuid(const CpuidList *list, uint32_t function, uint32_t index)
{
    for (uint32_t i = 0; i < list->nent; i++) {
        if (list->entries[i].function == function && list->entries[i].index == index) {
            return &list->entries[i];
        }
    }
    g_error("no leaf 0x%x, 0x%x", function, index);
}

typedef struct ModelRow {
    const char *name;
    uint32_t signature;
    uint32_t sev_features;
    uint8_t cbit;
    int vm_types;
    uint32_t xcr0;
    uint8_t api_major, api_minor;
} ModelRow;

static const ModelRow model_rows[] = {
    { "EPYC-Naples", 0x00800f12, 0x02, 47, 0x05, 0x007, 0, 17 },
    { "EPYC-Rome", 0x00830f10, 0x0a, 47, 0x0d, 0x007, 0, 24 },
    { "EPYC-Milan", 0x00a00f11, 0x41a, 51, 0x1d, 0x207, 1, 55 },
    { "EPYC-Genoa", 0x00a10f10, 0x41a, 51, 0x1d, 0x2e7, 1, 55 },
    { "EPYC-Turin", 0x00b00f00, 0x41a, 51, 0x1d, 0x2e7, 1, 58 },
};

static void test_model(gconstpointer data)
{
    const ModelRow *row = data;
    SevPlatformStatus status;
    SevIssueCommand issue = { .cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)&status, .error = 5 };
    g_autofree CpuidList *list = g_new0(CpuidList, 1);
    Fixture fixture = { .door = NULL };

    set_up(&fixture, row->name);
    get_cpuid(&fixture, list);
    g_assert_cmphex(find_cpuid(list, 0, 0)->ebx, ==, 0x68747541);
    g_assert_cmphex(find_cpuid(list, 1, 0)->eax, ==, row->signature);
    g_assert_cmphex(find_cpuid(list, 0x80000001, 0)->eax, ==, row->signature);
    g_assert_cmphex(find_cpuid(list, 0xd, 0)->eax, ==, row->xcr0);
    g_assert_cmphex(find_cpuid(list, 0x8000001f, 0)->eax, ==, row->sev_features);
    /* Nothing but the C-bit: KVM hides the reduction of the address width. */
    g_assert_cmphex(find_cpuid(list, 0x8000001f, 0)->ebx, ==, row->cbit);
    g_assert_cmphex(find_cpuid(list, 0x40000000, 0)->ebx, ==, 0x4b4d564b);
    g_assert_cmpint(call(&fixture, fixture.kvm, KVMIO_CHECK_EXTENSION, KVMCAP_VM_TYPES), ==, row->vm_types);
    g_assert_true((fixture.vm >= 0) == (row->vm_types >> KVM_VM_TYPE_SNP & 1));
    g_assert_cmpint(call_with(&fixture, fixture.sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, 0);
    g_assert_cmpint(issue.error, ==, 0);
    g_assert_cmpint(status.api_major, ==, row->api_major);
    g_assert_cmpint(status.api_minor, ==, row->api_minor);
    g_assert_cmpint(status.state, ==, 1);
    tear_down(&fixture, NULL);
}

static void test_supported_cpuid(Fixture *fixture, gconstpointer data)
{
    g_autofree CpuidList *list = g_new0(CpuidList, 1);
    uint32_t n;

    (void)data;
    get_cpuid(fixture, list);
    n = list->nent;
    for (uint32_t i = 0; i + 1 < n; i++) {
        const KvmCpuidEntry *entry = &list->entries[i];

        g_assert_true(entry->function != entry[1].function || entry->index < entry[1].index);
    }
    list->nent = n;
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_GET_SUPPORTED_CPUID, list), ==, 0);
    list->nent = n - 1;
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_GET_SUPPORTED_CPUID, list), ==, -E2BIG);
    g_assert_cmpint(list->nent, ==, n - 1);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_GET_SUPPORTED_CPUID, 0), ==, -EFAULT);
}

static void test_vcpu_cpuid(Fixture *fixture, gconstpointer data)
{
    g_autofree CpuidList *list = g_new0(CpuidList, 1);
    g_autofree CpuidList *back = g_new0(CpuidList, 1);
    int vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    KvmXcrs xcrs = { .nr_xcrs = 1, .xcrs = { { .value = 7 } } };

    (void)data;
    /* XCR0 follows CPUID. */
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_XCRS, &xcrs), ==, -EINVAL);
    get_cpuid(fixture, list);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_CPUID2, list), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_XCRS, &xcrs), ==, 0);
    back->nent = list->nent - 1;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_CPUID2, back), ==, -E2BIG);
    back->nent = G_N_ELEMENTS(back->entries);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_CPUID2, back), ==, 0);
    g_assert_cmpmem(back, sizeof(*back), list, sizeof(*list));
    list->nent = 257;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_CPUID2, list), ==, -E2BIG);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_SET_CPUID2, 0), ==, -EFAULT);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_GET_CPUID2, BAD), ==, -EFAULT);
}

static void test_irqchip(Fixture *fixture, gconstpointer data)
{
    uint64_t address = 0xfeffc000;
    KvmPitConfig pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
    KvmIrqLevel line = { .irq = 4, .level = 1 };
    int plain = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_DEFAULT);

    (void)data;
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_TSS_ADDR, 0xfffbd000), ==, 0);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_TSS_ADDR, 0xffffd000), ==, 0);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_TSS_ADDR, 0xffffd001), ==, -EINVAL);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_IDENTITY_MAP_ADDR, &address), ==, 0);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_IDENTITY_MAP_ADDR, 0), ==, -EFAULT);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_TSC_KHZ, 2000000), ==, 0);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_TSC_KHZ, 0x7fffffff), ==, -EINVAL);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_CREATE_PIT2, &pit), ==, -ENOENT);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_IRQ_LINE, &line), ==, -ENXIO);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CREATE_IRQCHIP, 0), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_CREATE_PIT2, &pit), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_CREATE_PIT2, &pit), ==, -EEXIST);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CREATE_PIT2, 0), ==, -EFAULT);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_IRQ_LINE, &line), ==, 0);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_IRQ_LINE, 0), ==, -EFAULT);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CREATE_IRQCHIP, 0), ==, -EEXIST);
    g_assert_cmpint(call(fixture, plain, KVMIO_CREATE_VCPU, 0), >=, 0);
    g_assert_cmpint(call(fixture, plain, KVMIO_CREATE_IRQCHIP, 0), ==, -EINVAL);
    g_assert_cmpint(call_with(fixture, plain, KVMIO_SET_IDENTITY_MAP_ADDR, &address), ==, -EINVAL);
}

static void test_reset_state(Fixture *fixture, gconstpointer data)
{
    int boot = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    int other = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 1);
    KvmSregs sregs;
    KvmRegs regs;
    KvmFpu fpu;
    KvmXcrs xcrs;

    (void)data;
    g_assert_cmpint(call_with(fixture, boot, KVMIO_GET_SREGS, &sregs), ==, 0);
    g_assert_cmphex(sregs.cs.base, ==, 0xffff0000);
    g_assert_cmphex(sregs.cs.type, ==, 0xa);
    g_assert_cmphex(sregs.ds.type, ==, 0x3);
    g_assert_cmphex(sregs.ss.type, ==, 0x2);
    g_assert_cmphex(sregs.tr.type, ==, 0x3);
    g_assert_cmphex(sregs.cr0, ==, 0x60000010);
    g_assert_cmphex(sregs.apic_base, ==, 0xfee00900);
    g_assert_cmpint(call_with(fixture, other, KVMIO_GET_SREGS, &sregs), ==, 0);
    g_assert_cmphex(sregs.apic_base, ==, 0xfee00800);
    g_assert_cmpint(call_with(fixture, boot, KVMIO_GET_REGS, &regs), ==, 0);
    g_assert_cmphex(regs.rip, ==, 0xfff0);
    g_assert_cmphex(regs.rdx, ==, 0x600);
    g_assert_cmphex(regs.rflags, ==, 2);
    g_assert_cmpint(call_with(fixture, boot, KVMIO_GET_FPU, &fpu), ==, 0);
    g_assert_cmphex(fpu.fcw, ==, 0x37f);
    g_assert_cmphex(fpu.mxcsr, ==, 0);
    g_assert_cmpint(call_with(fixture, boot, KVMIO_GET_XCRS, &xcrs), ==, 0);
    g_assert_cmphex(xcrs.xcrs[0].value, ==, 1);
}

/** A change of KVM's reset state that KVM_SET_SREGS refuses. */
static const struct {
    uint64_t cr0, cr4, efer, apic_base;
    bool cs_is_64_bit;
} bad_sregs[] = {
    { .cr0 = 0x100000010, .apic_base = 0xfee00900 },
    { .cr0 = 0x80000010, .apic_base = 0xfee00900 },
    { .cr0 = 0x20000010, .apic_base = 0xfee00900 },
    { .cr0 = 0x10, .cr4 = 1 << 13, .apic_base = 0xfee00900 },
    { .cr0 = 0x10, .cr4 = UINT64_C(1) << 40, .apic_base = 0xfee00900 },
    { .cr0 = 0x10, .efer = 0x400, .apic_base = 0xfee00900 },
    { .cr0 = 0x10, .cs_is_64_bit = true, .apic_base = 0xfee00900 },
    { .cr0 = 0x80000011, .efer = 0x500, .apic_base = 0xfee00900 },
    { .cr0 = 0x80000011, .efer = 0x100, .cr4 = 0x20, .apic_base = 0xfee00900 },
    { .cr0 = 0x10, .apic_base = 0xfee00901 },
    { .cr0 = 0x10, .apic_base = UINT64_C(1) << 60 },
};

static void test_refused_registers(Fixture *fixture, gconstpointer data)
{
    int vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    KvmXcrs xcrs = { .nr_xcrs = 17 };
    KvmSregs sregs = { .cr0 = 0 };

    (void)data;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_SREGS, &sregs), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(bad_sregs); i++) {
        KvmSregs bad = sregs;

        bad.cr0 = bad_sregs[i].cr0;
        bad.cr4 = bad_sregs[i].cr4;
        bad.efer = bad_sregs[i].efer;
        bad.apic_base = bad_sregs[i].apic_base;
        bad.cs.l = bad_sregs[i].cs_is_64_bit;
        g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_SREGS, &bad), ==, -EINVAL);
    }
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_XCRS, &xcrs), ==, -EINVAL);
    xcrs = (KvmXcrs){ .flags = 1 };
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_XCRS, &xcrs), ==, -EINVAL);
    xcrs = (KvmXcrs){ .nr_xcrs = 1 };
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_XCRS, &xcrs), ==, -EINVAL);
    xcrs = (KvmXcrs){ .nr_xcrs = 1, .xcrs = { { .xcr = 1 } } };
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_XCRS, &xcrs), ==, 0);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_SET_REGS, BAD), ==, -EFAULT);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_SET_SREGS, 0), ==, -EFAULT);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_GET_FPU, BAD), ==, -EFAULT);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_SET_MSRS, BAD), ==, -EFAULT);
}

static void test_msrs(Fixture *fixture, gconstpointer data)
{
    int vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    MsrList list = { .nmsrs = 3, .entries = { { MSR_PAT, 0, 0 }, { 0xc0000080, 0, 1 }, { 0x999, 0, 1 } } };

    (void)data;
    /* They count as far as they go. */
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_MSRS, &list), ==, 2);
    g_assert_cmphex(list.entries[0].data, ==, 0x0007040600070406);
    g_assert_cmphex(list.entries[1].data, ==, 0);
    list.entries[1].data = 1;
    list.entries[0].data = 2;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_MSRS, &list), ==, 0);
    list.entries[0].data = 0x0606060606060606;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_MSRS, &list), ==, 2);
    list.nmsrs = 256;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_MSRS, &list), ==, -E2BIG);
}

static int sev_command(Fixture *fixture, uint32_t id, const void *data)
{
    SevCommand command = { .id = id, .data = (uintptr_t)data, .sev_fd = (uint32_t)fixture->sev };

    return call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_OP, &command);
}

/* A launch of the two pages; `vcpus` are created and prepared in between. */
static void begin_launch(Fixture *fixture, uint64_t features)
{
    KvmCreateGuestMemfd create = { .size = 2 * PAGE };
    KvmRegion2 region = { .flags = KVM_REGION_GUEST_MEMFD, .memory_size = 2 * PAGE };
    KvmMemoryAttributes attributes = { .size = 2 * PAGE, .attributes = KVM_ATTRIBUTE_PRIVATE };
    SevInit2 init = { .vmsa_features = features };
    SnpLaunchStart start = { .policy = POLICY };
    SnpLaunchUpdate normal = { .len = PAGE, .type = SNP_PAGE_TYPE_NORMAL };
    SnpLaunchUpdate zero = { .gfn_start = 1, .len = PAGE, .type = SNP_PAGE_TYPE_ZERO };

    region.guest_memfd = (uint32_t)call_with(fixture, fixture->vm, KVMIO_CREATE_GUEST_MEMFD, &create);
    region.userspace_addr = (uintptr_t)fixture->pages;
    normal.uaddr = (uintptr_t)fixture->pages;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_MEMORY_ATTRIBUTES, &attributes), ==, 0);
    g_assert_cmpint(sev_command(fixture, SEVCMD_INIT2, &init), ==, 0);
    g_assert_cmpint(sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &start), ==, 0);
    g_assert_cmpint(sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &normal), ==, 0);
    g_assert_cmpint(sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &zero), ==, 0);
}

static void finish_launch(Fixture *fixture, const char *expected)
{
    SnpLaunchFinish finish = { .flags = 0 };
    g_autoptr(GString) text = g_string_new(NULL);
    uint8_t digest[48];

    g_assert_cmpint(sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish), ==, 0);
    g_assert_true(sim_x86_launch_digest(fixture->door, fixture->vm, digest));
    for (size_t i = 0; i < sizeof(digest); i++) {
        g_string_append_printf(text, "%02x", digest[i]);
    }
    g_assert_cmpstr(text->str, ==, expected);
}

/* What QEMU does at reset. */
static void reset_like_qemu(Fixture *fixture, int vcpu)
{
    const KvmSegment data = { .limit = 0xffff, .type = 3, .present = 1, .s = 1 };
    KvmRegs regs = { .rip = 0xfff0, .rflags = 2, .rdx = 0xa00f11 };
    KvmSregs sregs = { .cr0 = 0x60000010, .apic_base = 0xfee00900 };

    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
    sregs.cs =
        (KvmSegment){ .base = 0xffff0000, .selector = 0xf000, .limit = 0xffff, .type = 0xb, .present = 1 };
    sregs.cs.s = 1;
    sregs.ldt = (KvmSegment){ .limit = 0xffff, .type = 2, .present = 1 };
    sregs.tr = (KvmSegment){ .limit = 0xffff, .type = 0xb, .present = 1 };
    sregs.gdt.limit = sregs.idt.limit = 0xffff;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_SREGS, &sregs), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_REGS, &regs), ==, 0);
}

static void test_vmsa_of_qemu(Fixture *fixture, gconstpointer data)
{
    (void)data;
    begin_launch(fixture, 0);
    reset_like_qemu(fixture, call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0));
    finish_launch(fixture, DIGEST_QEMU);
}

/* In the order of their creation, whatever their numbers. */
static void test_vmsas(Fixture *fixture, gconstpointer data)
{
    (void)data;
    begin_launch(fixture, 0);
    reset_like_qemu(fixture, call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 5));
    reset_like_qemu(fixture, call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0));
    finish_launch(fixture, DIGEST_QEMU_TWICE);
}

static void test_vmsa_features(Fixture *fixture, gconstpointer data)
{
    (void)data;
    begin_launch(fixture, SEV_FEATURE_DEBUG_SWAP);
    reset_like_qemu(fixture, call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0));
    finish_launch(fixture, DIGEST_DEBUG_SWAP);
}

static void test_vmsa_round_trip(Fixture *fixture, gconstpointer data)
{
    KvmSregs sregs = { .cr0 = 0 };
    KvmFpu fpu = { .fcw = 0 };
    int vcpu;

    (void)data;
    begin_launch(fixture, 0);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_SREGS, &sregs), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_SREGS, &sregs), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_FPU, &fpu), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_FPU, &fpu), ==, 0);
    finish_launch(fixture, DIGEST_ROUND_TRIP);
}

static void set_every_register(Fixture *fixture, int vcpu)
{
    const uint64_t value = UINT64_C(0x1111111111111100);
    KvmRegs regs = { value,      value + 1,  value + 2,  value + 3,  value + 4,      value + 5,
                     value + 6,  value + 7,  value + 8,  value + 9,  value + 10,     value + 11,
                     value + 12, value + 13, value + 14, value + 15, 0x123456789abc, 0x244 };
    KvmFpu fpu = { .fcw = 0x27f, .fsw = 0x66, .ftwx = 0x55, .last_opcode = 0x123, .last_ip = 0x8888 };
    MsrList msrs = { .nmsrs = 3 };
    KvmXcrs xcrs = { .nr_xcrs = 1, .xcrs = { { .value = 7 } } };
    g_autofree CpuidList *list = g_new0(CpuidList, 1);
    KvmSregs sregs;

    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_REGS, &regs), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_SREGS, &sregs), ==, 0);
    sregs.cs =
        (KvmSegment){ .selector = 8, .limit = 0xffffffff, .type = 0xb, .present = 1, .s = 1, .l = 1, .g = 1 };
    sregs.ss = (KvmSegment){ 0x7000, 0xffffffff, 0x10, 3, .present = 1, .dpl = 3, .db = 1, .s = 1, .g = 1 };
    sregs.tr.type = 0xb;
    sregs.cr0 = 0x80000011;
    sregs.cr2 = 0x6000;
    sregs.cr3 = 0x5000;
    sregs.cr4 = 0x20;
    sregs.efer = 0x500;
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_SREGS, &sregs), ==, 0);
    fpu.last_dp = 0x7777;
    for (uint8_t i = 0; i < 8; i++) {
        memset(fpu.fpr[i], 0xa0 + i, 10);
    }
    for (unsigned i = 0; i < sizeof(fpu.xmm); i++) {
        fpu.xmm[i / 16][i % 16] = (uint8_t)i;
    }
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_FPU, &fpu), ==, 0);
    msrs.entries[0] = (KvmMsrEntry){ .index = MSR_PAT, .data = 0x0606060606060606 };
    msrs.entries[1] = (KvmMsrEntry){ .index = 0xc0000082, .data = 0xffffffff81000000 };
    msrs.entries[2] = (KvmMsrEntry){ .index = 0x48, .data = 1 };
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_MSRS, &msrs), ==, 3);
    get_cpuid(fixture, list);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_CPUID2, list), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_XCRS, &xcrs), ==, 0);
}

static void test_vmsa_full(Fixture *fixture, gconstpointer data)
{
    int vcpu;

    (void)data;
    begin_launch(fixture, 0);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    set_every_register(fixture, vcpu);
    finish_launch(fixture, DIGEST_FULL);
}

static void test_locked_registers(Fixture *fixture, gconstpointer data)
{
    static const unsigned long locked[] = {
        KVMIO_GET_REGS, KVMIO_SET_REGS, KVMIO_GET_SREGS, KVMIO_SET_SREGS, KVMIO_GET_XCRS, KVMIO_SET_XCRS,
    };
    MsrList list = { .nmsrs = 2, .entries = { { 0x10, 0, 0 }, { MSR_PAT, 0, 0 } } };
    uint8_t any[4096] = { 0 };
    int vcpu;

    (void)data;
    begin_launch(fixture, 0);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    reset_like_qemu(fixture, vcpu);
    finish_launch(fixture, DIGEST_QEMU);
    for (size_t i = 0; i < G_N_ELEMENTS(locked); i++) {
        g_assert_cmpint(call_with(fixture, vcpu, locked[i], any), ==, -EINVAL);
    }
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_MSRS, &list), ==, 1);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_MSRS, &list), ==, 1);
    /* KVM forgets these. */
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_FPU, any), ==, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_SET_FPU, any), ==, 0);
}

static void test_sev_device(Fixture *fixture, gconstpointer data)
{
    SnpPlatformStatus status;
    SevIssueCommand issue = { .cmd = SEV_SNP_PLATFORM_STATUS, .data = (uintptr_t)&status, .error = 5 };

    (void)data;
    g_assert_cmpint(call_with(fixture, fixture->sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, 0);
    g_assert_cmpint(issue.error, ==, 0);
    g_assert_cmpint(status.state, ==, 1);
    g_assert_cmpint(status.rmp_initialized, ==, 1);
    g_assert_cmpint(status.guest_count, ==, 0);
    issue.data = 0;
    g_assert_cmpint(call_with(fixture, fixture->sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, -EINVAL);
    issue.data = BAD;
    g_assert_cmpint(call_with(fixture, fixture->sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, -EFAULT);
    issue.cmd = SEV_PLATFORM_STATUS;
    g_assert_cmpint(call_with(fixture, fixture->sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, -EFAULT);
    issue.cmd = 13;
    g_assert_cmpint(call_with(fixture, fixture->sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, -EINVAL);
    g_assert_cmpint(call(fixture, fixture->sev, SEV_ISSUE_CMD_IOCTL, 0), ==, -EFAULT);
    g_assert_cmpint(call(fixture, fixture->sev, KVMIO_GET_API_VERSION, 0), ==, -EINVAL);
}

static void add(const char *path, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(model_rows); i++) {
        g_autofree char *path = g_strdup_printf("/sim-x86/model/%s", model_rows[i].name);

        g_test_add_data_func(path, &model_rows[i], test_model);
    }
    add("/sim-x86/supported-cpuid", test_supported_cpuid);
    add("/sim-x86/vcpu-cpuid", test_vcpu_cpuid);
    add("/sim-x86/irqchip", test_irqchip);
    add("/sim-x86/reset-state", test_reset_state);
    add("/sim-x86/refused-registers", test_refused_registers);
    add("/sim-x86/msrs", test_msrs);
    add("/sim-x86/vmsa-of-qemu", test_vmsa_of_qemu);
    add("/sim-x86/vmsas", test_vmsas);
    add("/sim-x86/vmsa-features", test_vmsa_features);
    add("/sim-x86/vmsa-round-trip", test_vmsa_round_trip);
    add("/sim-x86/vmsa-full", test_vmsa_full);
    add("/sim-x86/locked-registers", test_locked_registers);
    add("/sim-x86/sev-device", test_sev_device);
    return g_test_run();
}
