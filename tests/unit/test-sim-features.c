/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of simulated hosts whose BIOS or kvm_amd leaves SEV-ES or SEV-SNP off: types of VM, CPUID, firmware
 * and errnos agree.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sim-x86.h"

/** KvmCpuid with room. */
typedef struct CpuidList {
    uint32_t nent, padding;
    KvmCpuidEntry entries[256];
} CpuidList;

typedef struct OffRow {
    SimHostOptions options;
    uint32_t sev_features;
    int vm_types;
    uint32_t status_flags; /* SEV-ES of PLATFORM_STATUS */
    uint32_t min_sev_asid;
    int es_init, snp_status; /* what these calls return */
} OffRow;

static const OffRow off_rows[] = {
    { { .no_snp = false }, 0x41a, 0x1d, 0x100, 100, 0, 0 },
    { { .no_snp = true }, 0x00a, 0x0d, 0x100, 100, 0, -EINVAL },
    { { .no_es = true }, 0x002, 0x05, 0, 1, -ENOTTY, -EINVAL },
    { { .no_es = true, .no_snp = true }, 0x002, 0x05, 0, 1, -ENOTTY, -EINVAL },
    { { .model = "EPYC-Naples", .no_es = true, .no_snp = true }, 0x002, 0x05, 0, 1, -ENOTTY, -EINVAL },
};

static int call(const KvmDoor *door, int fd, unsigned long request, unsigned long arg)
{
    return door->ops->ioctl(door->host, fd, request, arg);
}

static int call_with(const KvmDoor *door, int fd, unsigned long request, const void *arg)
{
    return call(door, fd, request, (uintptr_t)arg);
}

/* The leaf about memory encryption. */
static void check_cpuid(const KvmDoor *door, int kvm, const OffRow *row)
{
    g_autofree CpuidList *list = g_new0(CpuidList, 1);
    bool has_leaf = false;

    list->nent = G_N_ELEMENTS(list->entries);
    g_assert_cmpint(call_with(door, kvm, KVMIO_GET_SUPPORTED_CPUID, list), ==, 0);
    for (uint32_t i = 0; i < list->nent; i++) {
        if (list->entries[i].function == 0x8000001f) {
            g_assert_cmphex(list->entries[i].eax, ==, row->sev_features);
            g_assert_cmpuint(list->entries[i].edx, ==, row->min_sev_asid);
            has_leaf = true;
        }
    }
    g_assert_true(has_leaf);
}

static void check_types(const KvmDoor *door, int kvm, int vm_types)
{
    g_assert_cmpint(call(door, kvm, KVMIO_CHECK_EXTENSION, KVMCAP_VM_TYPES), ==, vm_types);
    for (unsigned long type = 0; type <= KVM_VM_TYPE_SNP; type++) {
        int vm = call(door, kvm, KVMIO_CREATE_VM, type);

        if (vm_types >> type & 1) {
            g_assert_cmpint(vm, >=, 0);
        } else {
            g_assert_cmpint(vm, ==, -EINVAL);
        }
    }
}

static void check_firmware(const KvmDoor *door, int sev, const OffRow *row)
{
    SevPlatformStatus status;
    SnpPlatformStatus snp_status;
    SevIssueCommand issue = { .cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)&status };

    g_assert_cmpint(call_with(door, sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, 0);
    g_assert_cmphex(status.flags & 0x100, ==, row->status_flags);
    issue.cmd = SEV_SNP_PLATFORM_STATUS;
    issue.data = (uintptr_t)&snp_status;
    g_assert_cmpint(call_with(door, sev, SEV_ISSUE_CMD_IOCTL, &issue), ==, row->snp_status);
}

static void test_off(gconstpointer data)
{
    const OffRow *row = data;
    KvmDoor *door = simhost_door_new(&x86_sim_target, &row->options, NULL);
    int kvm = door->ops->open(door->host, "/dev/kvm", O_RDWR);
    int sev = door->ops->open(door->host, "/dev/sev", O_RDWR);
    SevCommand init = { .id = SEVCMD_ES_INIT };
    uint64_t features = 0;
    KvmDeviceAttr attr = { .group = KVM_ATTR_GROUP_SEV, .attr = KVM_ATTR_SEV_VMSA_FEATURES };
    int vm;

    check_cpuid(door, kvm, row);
    check_types(door, kvm, row->vm_types);
    check_firmware(door, sev, row);
    vm = call(door, kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_DEFAULT);
    g_assert_cmpint(call_with(door, vm, KVMIO_MEMORY_ENCRYPT_OP, &init), ==, row->es_init);
    attr.addr = (uintptr_t)&features;
    g_assert_cmpint(call_with(door, kvm, KVMIO_GET_DEVICE_ATTR, &attr), ==, 0);
    g_assert_cmphex(features, ==, row->options.no_es ? 0 : SEV_FEATURE_DEBUG_SWAP);
    kvm_door_free(door);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(off_rows); i++) {
        g_autofree char *path = g_strdup_printf("/sim-features/%zu", i);

        g_test_add_data_func(path, &off_rows[i], test_off);
    }
    return g_test_run();
}
