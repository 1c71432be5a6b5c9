/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* target-i386/trace-x86.c and trace-sev.c. */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "target-i386/trace-x86.h"

#define SEV_FD 11

static const char *descriptor_name(G_GNUC_UNUSED const TraceContext *context, int fd)
{
    return fd == SEV_FD ? "sev" : "fd?";
}

static const TraceContext context = { descriptor_name };

static const TraceIoctl *find_ioctl(unsigned long request)
{
    static const TraceTable *const tables[] = { &x86_trace_table, &sev_trace_table };

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        for (size_t j = 0; j < tables[i]->n_ioctls; j++) {
            if (tables[i]->ioctls[j].request == request) {
                return &tables[i]->ioctls[j];
            }
        }
    }
    g_assert_not_reached();
}

static void check_value(unsigned long request, unsigned long arg, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    find_ioctl(request)->argument(&context, arg, text);
    g_assert_cmpstr(text->str, ==, expected);
}

static void check_argument(unsigned long request, const void *arg, const char *expected)
{
    check_value(request, (unsigned long)arg, expected);
}

static void check_outcome(unsigned long request, const void *arg, int result, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    find_ioctl(request)->outcome(&context, (unsigned long)arg, result, text);
    g_assert_cmpstr(text->str, ==, expected);
}

static void check_nothing_for_null(const TraceTable *table)
{
    static const int results[] = { 0, 3, -EFAULT };

    for (size_t i = 0; i < table->n_ioctls; i++) {
        const TraceIoctl *ioctl = &table->ioctls[i];
        if (ioctl->argument && ioctl->request & 0x40000000) {
            check_argument(ioctl->request, NULL, "");
        }
        for (size_t j = 0; ioctl->outcome && j < G_N_ELEMENTS(results); j++) {
            check_outcome(ioctl->request, NULL, results[j], "");
        }
    }
}

static void test_null_is_nothing(void)
{
    check_nothing_for_null(&x86_trace_table);
    check_nothing_for_null(&sev_trace_table);
}

/* The ioctls of x86. */

static void test_capabilities_of_x86_are_named(void)
{
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_SET_TSS_ADDR, "SET_TSS_ADDR");
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_EXT_CPUID, "EXT_CPUID");
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_SET_IDENTITY_MAP_ADDR, "SET_IDENTITY_MAP_ADDR");
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_XCRS, "XCRS");
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_TSC_CONTROL, "TSC_CONTROL");
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_X86_SMM, "X86_SMM");
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_VM_TSC_CONTROL, "VM_TSC_CONTROL");
}

static void test_general_capabilities_are_named(void)
{
    check_value(KVMIO_CHECK_EXTENSION, KVMCAP_NR_VCPUS, "NR_VCPUS");
}

static void test_unknown_capability_is_a_number(void)
{
    check_value(KVMIO_CHECK_EXTENSION, 9999, "9999");
}

static void test_vmsa_features(void)
{
    uint64_t features = SEV_FEATURE_DEBUG_SWAP;
    KvmDeviceAttr attr = { .group = KVM_ATTR_GROUP_SEV,
                           .attr = KVM_ATTR_SEV_VMSA_FEATURES,
                           .addr = (uintptr_t)&features };

    check_argument(KVMIO_HAS_DEVICE_ATTR, &attr, "SEV_VMSA_FEATURES");
    check_argument(KVMIO_GET_DEVICE_ATTR, &attr, "SEV_VMSA_FEATURES");
    check_outcome(KVMIO_GET_DEVICE_ATTR, &attr, 0, "features=0x20");
    check_outcome(KVMIO_GET_DEVICE_ATTR, &attr, -ENXIO, "");
}

static void test_other_attribute_is_a_number(void)
{
    KvmDeviceAttr attr = { .group = 1, .attr = 7, .addr = 1 };

    check_argument(KVMIO_GET_DEVICE_ATTR, &attr, "group=1 attr=7");
    check_outcome(KVMIO_GET_DEVICE_ATTR, &attr, 0, "");
}

static void test_cpuid(void)
{
    KvmCpuid cpuid = { .nent = 40 };

    check_argument(KVMIO_SET_CPUID2, &cpuid, "nent=40");
    check_argument(KVMIO_GET_SUPPORTED_CPUID, &cpuid, "nent=40");
    check_outcome(KVMIO_GET_SUPPORTED_CPUID, &cpuid, 0, "nent=40");
    check_outcome(KVMIO_GET_SUPPORTED_CPUID, &cpuid, -E2BIG, "");
    check_outcome(KVMIO_GET_CPUID2, &cpuid, 0, "nent=40");
}

static void test_tss_address_is_the_argument(void)
{
    check_value(KVMIO_SET_TSS_ADDR, 0xfeffd000, "address=0xfeffd000");
}

static void test_identity_map_address_is_behind_the_argument(void)
{
    check_argument(KVMIO_SET_IDENTITY_MAP_ADDR, &(uint64_t){ 0xfeffc000 }, "address=0xfeffc000");
}

static void test_timer(void)
{
    check_argument(KVMIO_CREATE_PIT2, &(KvmPitConfig){ .flags = KVM_PIT_SPEAKER_DUMMY }, "flags=1");
}

static void test_tsc_khz(void)
{
    check_value(KVMIO_SET_TSC_KHZ, 2000000, "khz=2000000");
}

static void test_regs(void)
{
    KvmRegs regs = { .rip = 0xfff0, .rdx = 0x800f12, .rflags = 2 };

    check_argument(KVMIO_SET_REGS, &regs, "rip=0xfff0 rdx=0x800f12 rflags=0x2");
    check_outcome(KVMIO_GET_REGS, &regs, 0, "rip=0xfff0 rdx=0x800f12 rflags=0x2");
    check_outcome(KVMIO_GET_REGS, &regs, -EINVAL, "");
}

static void test_all_regs(void)
{
    KvmRegs regs = { .rax = 1,
                     .rbx = 2,
                     .rcx = 3,
                     .rdx = 4,
                     .rsi = 5,
                     .rdi = 6,
                     .rsp = 7,
                     .rbp = 8,
                     .r8 = 9,
                     .r9 = 10,
                     .r10 = 11,
                     .r11 = 12,
                     .r12 = 13,
                     .r13 = 14,
                     .r14 = 15,
                     .r15 = 16,
                     .rip = 17,
                     .rflags = 18 };

    check_argument(KVMIO_SET_REGS, &regs,
                   "rip=0x11 rax=0x1 rbx=0x2 rcx=0x3 rdx=0x4 rsi=0x5 rdi=0x6 rsp=0x7 rbp=0x8 r8=0x9 r9=0xa "
                   "r10=0xb r11=0xc r12=0xd r13=0xe r14=0xf r15=0x10 rflags=0x12");
}

static void test_sregs(void)
{
    KvmSregs sregs = { .cs = { .selector = 0xf000, .base = 0xffff0000, .limit = 0xffff },
                       .tr = { .selector = 8 },
                       .gdt = { .base = 0x1000, .limit = 0xff },
                       .cr0 = 0x10,
                       .efer = 0x1000 };

    check_argument(KVMIO_SET_SREGS, &sregs, "cs=f000:ffff0000 tr=0008:0 gdt=1000+ff cr0=0x10 efer=0x1000");
    check_outcome(KVMIO_GET_SREGS, &sregs, 0, "cs=f000:ffff0000 tr=0008:0 gdt=1000+ff cr0=0x10 efer=0x1000");
    check_outcome(KVMIO_GET_SREGS, &sregs, -EINVAL, "");
}

static void test_sregs_that_are_zero(void)
{
    check_argument(KVMIO_SET_SREGS, &(KvmSregs){ .cr0 = 0 }, "cs=0000:0 cr0=0");
}

static void test_fpu(void)
{
    KvmFpu fpu = { .fcw = 0x37f, .mxcsr = 0x1f80 };

    check_argument(KVMIO_SET_FPU, &fpu, "fcw=0x37f mxcsr=0x1f80");
    check_outcome(KVMIO_GET_FPU, &fpu, 0, "fcw=0x37f mxcsr=0x1f80");
    check_outcome(KVMIO_GET_FPU, &fpu, -EINVAL, "");
}

static void test_xcrs(void)
{
    KvmXcrs xcrs = { .nr_xcrs = 2, .xcrs = { { .xcr = 0, .value = 7 }, { .xcr = 1, .value = 0 } } };

    check_argument(KVMIO_SET_XCRS, &xcrs, "xcr0=0x7 xcr1=0");
    check_outcome(KVMIO_GET_XCRS, &xcrs, 0, "xcr0=0x7 xcr1=0");
    check_outcome(KVMIO_GET_XCRS, &xcrs, -EINVAL, "");
}

static void test_more_xcrs_than_fit(void)
{
    KvmXcrs xcrs = { .nr_xcrs = 1000 };
    g_autoptr(GString) text = g_string_new(NULL);

    find_ioctl(KVMIO_SET_XCRS)->argument(&context, (unsigned long)&xcrs, text);
    g_assert_cmpuint(text->len, ==, 16 * strlen("xcr0=0 ") - 1);
}

static KvmMsrs *make_msrs(void)
{
    KvmMsrs *msrs = g_malloc0(sizeof(KvmMsrs) + 2 * sizeof(KvmMsrEntry));

    msrs->nmsrs = 2;
    msrs->entries[0] = (KvmMsrEntry){ .index = MSR_PAT, .data = 0x7040600070406 };
    msrs->entries[1] = (KvmMsrEntry){ .index = 0x10, .data = 0 };
    return msrs;
}

static void test_set_msrs(void)
{
    g_autofree KvmMsrs *msrs = make_msrs();

    check_argument(KVMIO_SET_MSRS, msrs, "PAT=0x7040600070406 0x10=0");
}

static void test_get_msrs(void)
{
    g_autofree KvmMsrs *msrs = make_msrs();

    check_argument(KVMIO_GET_MSRS, msrs, "PAT 0x10");
    check_outcome(KVMIO_GET_MSRS, msrs, 2, "PAT=0x7040600070406 0x10=0");
    check_outcome(KVMIO_GET_MSRS, msrs, -EINVAL, "");
}

static void test_get_msrs_in_part(void)
{
    g_autofree KvmMsrs *msrs = make_msrs();

    check_outcome(KVMIO_GET_MSRS, msrs, 1, "PAT=0x7040600070406");
}

/* The commands of SEV. */

static SevCommand sev_command(uint32_t id, void *data)
{
    return (SevCommand){ .id = id, .data = (uintptr_t)data, .sev_fd = SEV_FD };
}

static void test_init2(void)
{
    SevInit2 init = { .vmsa_features = SEV_FEATURE_DEBUG_SWAP };
    SevCommand command = sev_command(SEVCMD_INIT2, &init);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command,
                   "INIT2 vmsa_features=0x20 flags=0 ghcb_version=0 fd=sev");
}

static void test_launch_start(void)
{
    SevLaunchStart start = { .handle = 3, .policy = 0x5 };
    SevCommand command = sev_command(SEVCMD_LAUNCH_START, &start);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, "LAUNCH_START handle=3 policy=0x5 fd=sev");
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, 0, "handle=3");
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, -EINVAL, "");
    start = (SevLaunchStart){ .dh_uaddr = 1, .dh_len = 2084, .session_uaddr = 2, .session_len = 128 };
    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command,
                   "LAUNCH_START handle=0 policy=0 dh_len=2084 session_len=128 fd=sev");
}

static void test_launch_update(void)
{
    SevLaunchUpdateData update = { .uaddr = 1, .len = 0x200000 };
    SevCommand data = sev_command(SEVCMD_LAUNCH_UPDATE_DATA, &update);
    SevCommand vmsa = sev_command(SEVCMD_LAUNCH_UPDATE_VMSA, NULL);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &data, "LAUNCH_UPDATE_DATA len=0x200000 fd=sev");
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &data, 0, "");
    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &vmsa, "LAUNCH_UPDATE_VMSA fd=sev");
}

/* The length is an answer even where the call fails. */
static void test_launch_measure(void)
{
    SevLaunchMeasure measure = { .len = 48 };
    SevCommand command = sev_command(SEVCMD_LAUNCH_MEASURE, &measure);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, "LAUNCH_MEASURE len=48 fd=sev");
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, 0, "len=48");
    command.error = SEV_STATUS_INVALID_LEN;
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, -EIO, "error=0x4 len=48");
}

static void test_launch_secret(void)
{
    SevLaunchSecret secret = { .hdr_len = 52, .guest_len = 64, .trans_len = 80 };
    SevCommand command = sev_command(SEVCMD_LAUNCH_SECRET, &secret);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command,
                   "LAUNCH_SECRET hdr_len=52 guest_len=64 trans_len=80 fd=sev");
}

static void test_guest_status(void)
{
    SevGuestStatus status = { .handle = 7, .policy = 0x1, .state = SEV_GUEST_RUNNING };
    SevCommand command = sev_command(SEVCMD_GUEST_STATUS, &status);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, "GUEST_STATUS fd=sev");
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, 0, "handle=7 policy=0x1 state=3");
}

static void test_region(void)
{
    KvmEncRegion region = { .addr = 1, .size = 0x8000000 };

    check_argument(KVMIO_MEMORY_ENCRYPT_REG_REGION, &region, "size=0x8000000");
}

static void test_command_without_data(void)
{
    SevCommand command = sev_command(SEVCMD_ES_INIT, NULL);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, "ES_INIT fd=sev");
}

static void test_command_with_data_missing(void)
{
    SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_UPDATE, NULL);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, "SNP_LAUNCH_UPDATE fd=sev");
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, 0, "");
}

static void test_unknown_command_is_a_number(void)
{
    SevCommand command = sev_command(77, NULL);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, "77 fd=sev");
}

static void test_foreign_descriptor(void)
{
    SevCommand command = { .id = SEVCMD_INIT, .sev_fd = 99 };

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, "INIT fd=fd?");
}

static void test_snp_launch_start(void)
{
    SnpLaunchStart start = { .policy = 0x30000, .gosvw = { [0] = 0x12, [15] = 0xef } };
    SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_START, &start);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command,
                   "SNP_LAUNCH_START policy=0x30000 gosvw=120000000000000000000000000000ef flags=0 fd=sev");
}

static void test_snp_launch_update(void)
{
    SnpLaunchUpdate update = { .gfn_start = 0xffe00, .len = 0x200000, .type = SNP_PAGE_TYPE_NORMAL };
    SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_UPDATE, &update);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command,
                   "SNP_LAUNCH_UPDATE gfn=0xffe00 len=0x200000 type=NORMAL fd=sev");
}

static void test_snp_launch_update_done(void)
{
    SnpLaunchUpdate update = { .gfn_start = 0x100000, .len = 0, .type = SNP_PAGE_TYPE_NORMAL };
    SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_UPDATE, &update);

    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, 0, "");
}

static void test_snp_launch_update_done_in_part(void)
{
    SnpLaunchUpdate update = { .gfn_start = 0xffe01, .len = 0x2000, .type = SNP_PAGE_TYPE_NORMAL };
    SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_UPDATE, &update);

    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, 0, "remaining gfn=0xffe01 len=0x2000");
}

static void test_snp_page_types(void)
{
    static const char *const names[] = {
        "0", "NORMAL", "VMSA", "ZERO", "UNMEASURED", "SECRETS", "CPUID", "7"
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        SnpLaunchUpdate update = { .type = (uint8_t)i, .flags = 1 };
        SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_UPDATE, &update);
        g_autofree char *expected =
            g_strdup_printf("SNP_LAUNCH_UPDATE gfn=0 len=0 type=%s flags=0x1 fd=sev", names[i]);

        check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command, expected);
    }
}

static void test_snp_launch_finish(void)
{
    SnpLaunchFinish finish = { .id_block_en = 1, .vcek_disabled = 1, .host_data = { [31] = 0xab } };
    SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_FINISH, &finish);

    check_argument(KVMIO_MEMORY_ENCRYPT_OP, &command,
                   "SNP_LAUNCH_FINISH id_block=1 auth_key=0 vcek_disabled=1 "
                   "host_data=00000000000000000000000000000000000000000000000000000000000000ab fd=sev");
}

static void test_firmware_error(void)
{
    SnpLaunchUpdate update = { .len = 0x1000 };
    SevCommand command = sev_command(SEVCMD_SNP_LAUNCH_UPDATE, &update);

    command.error = SEV_STATUS_INVALID_PARAM;
    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, -EIO, "error=0x16");
}

static void test_failure_without_firmware_error(void)
{
    SevCommand command = sev_command(SEVCMD_INIT2, NULL);

    check_outcome(KVMIO_MEMORY_ENCRYPT_OP, &command, -EINVAL, "");
}

/* /dev/sev. */

static void test_platform_status(void)
{
    SevPlatformStatus status = { .api_major = 1, .api_minor = 55, .build = 24, .state = 1, .flags = 0x100 };
    SevIssueCommand command = { .cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)&status };

    check_argument(SEV_ISSUE_CMD_IOCTL, &command, "PLATFORM_STATUS");
    check_outcome(SEV_ISSUE_CMD_IOCTL, &command, 0, "api=1.55 build=24 state=1 flags=0x100");
}

static void test_snp_platform_status(void)
{
    SnpPlatformStatus status = {
        .api_major = 1, .api_minor = 55, .build_id = 24, .state = 1, .reported_tcb = 0xd315000000000004
    };
    SevIssueCommand command = { .cmd = SEV_SNP_PLATFORM_STATUS, .data = (uintptr_t)&status };

    check_argument(SEV_ISSUE_CMD_IOCTL, &command, "SNP_PLATFORM_STATUS");
    check_outcome(SEV_ISSUE_CMD_IOCTL, &command, 0, "api=1.55 build=24 state=1 tcb=0xd315000000000004");
}

static void test_unknown_issued_command_is_a_number(void)
{
    SevIssueCommand command = { .cmd = 2, .data = 1 };

    check_argument(SEV_ISSUE_CMD_IOCTL, &command, "2");
    check_outcome(SEV_ISSUE_CMD_IOCTL, &command, 0, "");
}

static void test_issued_command_fails(void)
{
    SevIssueCommand command = { .cmd = SEV_PLATFORM_STATUS, .error = SEV_STATUS_INVALID_PLATFORM_STATE };

    check_outcome(SEV_ISSUE_CMD_IOCTL, &command, -EIO, "error=0x1");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace-x86/null", test_null_is_nothing);
    g_test_add_func("/trace-x86/capability/x86", test_capabilities_of_x86_are_named);
    g_test_add_func("/trace-x86/capability/general", test_general_capabilities_are_named);
    g_test_add_func("/trace-x86/capability/unknown", test_unknown_capability_is_a_number);
    g_test_add_func("/trace-x86/attribute/vmsa-features", test_vmsa_features);
    g_test_add_func("/trace-x86/attribute/other", test_other_attribute_is_a_number);
    g_test_add_func("/trace-x86/cpuid", test_cpuid);
    g_test_add_func("/trace-x86/tss-address", test_tss_address_is_the_argument);
    g_test_add_func("/trace-x86/identity-map-address", test_identity_map_address_is_behind_the_argument);
    g_test_add_func("/trace-x86/tsc-khz", test_tsc_khz);
    g_test_add_func("/trace-x86/timer-and-interrupts", test_timer);
    g_test_add_func("/trace-x86/regs/reset", test_regs);
    g_test_add_func("/trace-x86/regs/all", test_all_regs);
    g_test_add_func("/trace-x86/sregs/reset", test_sregs);
    g_test_add_func("/trace-x86/sregs/zero", test_sregs_that_are_zero);
    g_test_add_func("/trace-x86/fpu", test_fpu);
    g_test_add_func("/trace-x86/xcrs/two", test_xcrs);
    g_test_add_func("/trace-x86/xcrs/too-many", test_more_xcrs_than_fit);
    g_test_add_func("/trace-x86/msrs/set", test_set_msrs);
    g_test_add_func("/trace-x86/msrs/get", test_get_msrs);
    g_test_add_func("/trace-x86/msrs/get-in-part", test_get_msrs_in_part);
    g_test_add_func("/trace-sev/init2", test_init2);
    g_test_add_func("/trace-sev/launch-start", test_launch_start);
    g_test_add_func("/trace-sev/launch-update", test_launch_update);
    g_test_add_func("/trace-sev/launch-measure", test_launch_measure);
    g_test_add_func("/trace-sev/launch-secret", test_launch_secret);
    g_test_add_func("/trace-sev/guest-status", test_guest_status);
    g_test_add_func("/trace-sev/region", test_region);
    g_test_add_func("/trace-sev/data/none", test_command_without_data);
    g_test_add_func("/trace-sev/data/missing", test_command_with_data_missing);
    g_test_add_func("/trace-sev/unknown", test_unknown_command_is_a_number);
    g_test_add_func("/trace-sev/foreign-descriptor", test_foreign_descriptor);
    g_test_add_func("/trace-sev/snp-launch-start", test_snp_launch_start);
    g_test_add_func("/trace-sev/snp-launch-update/argument", test_snp_launch_update);
    g_test_add_func("/trace-sev/snp-launch-update/done", test_snp_launch_update_done);
    g_test_add_func("/trace-sev/snp-launch-update/in-part", test_snp_launch_update_done_in_part);
    g_test_add_func("/trace-sev/snp-launch-update/types", test_snp_page_types);
    g_test_add_func("/trace-sev/snp-launch-finish", test_snp_launch_finish);
    g_test_add_func("/trace-sev/error/firmware", test_firmware_error);
    g_test_add_func("/trace-sev/error/other", test_failure_without_firmware_error);
    g_test_add_func("/trace-sev/issue/platform-status", test_platform_status);
    g_test_add_func("/trace-sev/issue/snp-platform-status", test_snp_platform_status);
    g_test_add_func("/trace-sev/issue/unknown", test_unknown_issued_command_is_a_number);
    g_test_add_func("/trace-sev/issue/error", test_issued_command_fails);
    return g_test_run();
}
