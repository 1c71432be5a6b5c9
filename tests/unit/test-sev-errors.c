/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of what failed SEV commands are turned into: names, meanings, causes and the shape of the messages.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include "target-i386/sev-abi.h"
#include "target-i386/sev-errors.h"

#define RESERVED_STATUS  0x1e
#define LAST_STATUS      0x27
#define NO_FIRMWARE_CALL UINT32_MAX

static void test_status_names(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (uint32_t status = 0; status <= LAST_STATUS; status++) {
        const char *name = sev_status_name(status);

        if (status == RESERVED_STATUS) {
            g_assert_cmpstr(name, ==, "unknown status");
            continue;
        }
        g_assert_cmpuint(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), ==, strlen(name));
        g_assert_true(g_hash_table_add(seen, (gpointer)name));
    }
    g_assert_cmpstr(sev_status_name(0x00), ==, "SUCCESS");
    g_assert_cmpstr(sev_status_name(0x03), ==, "INVALID_CONFIG");
    g_assert_cmpstr(sev_status_name(0x16), ==, "INVALID_PARAM");
    g_assert_cmpstr(sev_status_name(0x1a), ==, "INVALID_PAGE_STATE");
    g_assert_cmpstr(sev_status_name(0x1d), ==, "AEAD_OFLOW");
    g_assert_cmpstr(sev_status_name(0x1f), ==, "EXIT_RING_BUFFER");
    g_assert_cmpstr(sev_status_name(0x27), ==, "INVALID_KEY");
    g_assert_cmpstr(sev_status_name(0x28), ==, "unknown status");
    g_assert_cmpstr(sev_status_name(0xfffffffe), ==, "unknown status");
}

/* A phrase as qapi/error.h wants it. */
static void assert_phrase(const char *text)
{
    g_assert_nonnull(text);
    g_assert_cmpuint(strlen(text), >=, 15);
    g_assert_false(g_str_has_suffix(text, "."));
    g_assert_null(strchr(text, '\n'));
    g_assert_null(strstr(text, "  "));
    g_assert_false(g_ascii_isupper(text[0]) && g_ascii_islower(text[1]));
}

static void test_status_meanings(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (uint32_t status = 0; status <= LAST_STATUS; status++) {
        assert_phrase(sev_status_meaning(status));
        g_assert_true(g_hash_table_add(seen, (gpointer)sev_status_meaning(status)));
    }
    g_assert_cmpstr(sev_status_meaning(0x28), ==, sev_status_meaning(RESERVED_STATUS));
    g_assert_cmpstr(sev_status_meaning(0x10000), ==, sev_status_meaning(RESERVED_STATUS));
    assert_phrase(sev_status_meaning(NO_FIRMWARE_CALL));
}

static void test_command_names(void)
{
    g_assert_cmpstr(sev_command_name(SEVCMD_INIT), ==, "INIT");
    g_assert_cmpstr(sev_command_name(SEVCMD_ES_INIT), ==, "ES_INIT");
    g_assert_cmpstr(sev_command_name(SEVCMD_LAUNCH_START), ==, "LAUNCH_START");
    g_assert_cmpstr(sev_command_name(21), ==, "SEND_CANCEL");
    g_assert_cmpstr(sev_command_name(SEVCMD_INIT2), ==, "INIT2");
    g_assert_cmpstr(sev_command_name(SEVCMD_SNP_LAUNCH_START), ==, "SNP_LAUNCH_START");
    g_assert_cmpstr(sev_command_name(SEVCMD_SNP_LAUNCH_UPDATE), ==, "SNP_LAUNCH_UPDATE");
    g_assert_cmpstr(sev_command_name(SEVCMD_SNP_LAUNCH_FINISH), ==, "SNP_LAUNCH_FINISH");
    g_assert_null(sev_command_name(23));
    g_assert_null(sev_command_name(99));
    g_assert_null(sev_command_name(103));
    g_assert_null(sev_command_name(UINT32_MAX));
}

/* All errnos that KVM of Linux 6.12 has for the commands of an SNP launch. */
static void test_kernel_refusals(void)
{
    static const struct {
        uint32_t command;
        int os_error;
        const char *mentions;
    } cases[] = {
        { SEVCMD_INIT2, ENOTTY, "/sys/module/kvm_amd/parameters" },
        { SEVCMD_INIT2, EFAULT, "buffers" },
        { SEVCMD_INIT2, EPERM, "new VM" },
        { SEVCMD_INIT2, EINVAL, "Linux 6.10" },
        { SEVCMD_INIT2, EBUSY, "misc.max" },
        { SEVCMD_INIT2, EIO, "dmesg" },
        { SEVCMD_INIT2, ENODEV, "ccp" },
        { SEVCMD_INIT2, ENOMEM, "memory" },
        { SEVCMD_SNP_LAUNCH_START, ENOTTY, "sev-device" },
        { SEVCMD_SNP_LAUNCH_START, EFAULT, "buffers" },
        { SEVCMD_SNP_LAUNCH_START, EINVAL, "policy" },
        { SEVCMD_SNP_LAUNCH_START, EBADF, "/dev/sev" },
        { SEVCMD_SNP_LAUNCH_START, EIO, "dmesg" },
        { SEVCMD_SNP_LAUNCH_START, EBUSY, "reset the machine" },
        { SEVCMD_SNP_LAUNCH_START, ETIMEDOUT, "in time" },
        { SEVCMD_SNP_LAUNCH_UPDATE, ENOTTY, "/sys/module/kvm_amd/parameters" },
        { SEVCMD_SNP_LAUNCH_UPDATE, EINVAL, "guest_memfd" },
        { SEVCMD_SNP_LAUNCH_UPDATE, EFAULT, "buffers" },
        { SEVCMD_SNP_LAUNCH_UPDATE, EIO, "private" },
        { SEVCMD_SNP_LAUNCH_UPDATE, EACCES, "rights of /dev/sev" },
        { SEVCMD_SNP_LAUNCH_FINISH, ENOTTY, "/sys/module/kvm_amd/parameters" },
        { SEVCMD_SNP_LAUNCH_FINISH, EINVAL, "ID block" },
        { SEVCMD_SNP_LAUNCH_FINISH, EFAULT, "buffers" },
        { SEVCMD_SNP_LAUNCH_FINISH, EBUSY, "vCPU" },
        { SEVCMD_SNP_LAUNCH_FINISH, EBADF, "sev-device" },
        { SEVCMD_SNP_LAUNCH_FINISH, EIO, "dmesg" },
        { SEVCMD_INIT, ENOTTY, "/sys/module/kvm_amd/parameters" },
        { SEVCMD_INIT, EINVAL, "new VM" },
        { SEVCMD_INIT, EBUSY, "misc.max" },
        { SEVCMD_INIT, EIO, "dmesg" },
        { SEVCMD_ES_INIT, ENOTTY, "sev_es" },
        { SEVCMD_ES_INIT, EINVAL, "type 0" },
        { SEVCMD_ES_INIT, EBUSY, "ASID" },
        { SEVCMD_LAUNCH_START, ENOTTY, "not an SEV guest" },
        { SEVCMD_LAUNCH_START, EINVAL, "session" },
        { SEVCMD_LAUNCH_START, EFAULT, "buffers" },
        { SEVCMD_LAUNCH_START, EBADF, "sev-device" },
        { SEVCMD_LAUNCH_UPDATE_DATA, EINVAL, "whole pages" },
        { SEVCMD_LAUNCH_UPDATE_DATA, ENOMEM, "ulimit -l" },
        { SEVCMD_LAUNCH_UPDATE_DATA, EBADF, "start the launch" },
        { SEVCMD_LAUNCH_UPDATE_VMSA, ENOTTY, "SEV-ES" },
        { SEVCMD_LAUNCH_UPDATE_VMSA, EINVAL, "debugg" },
        { SEVCMD_LAUNCH_UPDATE_VMSA, EBUSY, "vCPU" },
        { SEVCMD_LAUNCH_MEASURE, EINVAL, "48" },
        { SEVCMD_LAUNCH_MEASURE, EBADF, "start the launch" },
        { SEVCMD_LAUNCH_SECRET, EINVAL, "packet" },
        { SEVCMD_LAUNCH_SECRET, ENOMEM, "locked memory" },
        { SEVCMD_LAUNCH_FINISH, EBADF, "start the launch" },
        { SEVCMD_LAUNCH_FINISH, ENOTTY, "/sys/module/kvm_amd/parameters" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *cause = sev_kernel_refusal(cases[i].command, cases[i].os_error);

        assert_phrase(cause);
        g_assert_nonnull(strstr(cause, cases[i].mentions));
        /* First the cause, then what to do. */
        g_assert_true(strstr(cause, "; ") || strstr(cause, ": "));
    }
}

static void test_unknown_refusals(void)
{
    g_assert_null(sev_kernel_refusal(SEVCMD_INIT2, EXDEV));
    g_assert_null(sev_kernel_refusal(SEVCMD_SNP_LAUNCH_UPDATE, 0));
    g_assert_null(sev_kernel_refusal(SEVCMD_SNP_LAUNCH_UPDATE, -EINVAL));
    g_assert_null(sev_kernel_refusal(SEVCMD_SNP_LAUNCH_UPDATE, 524));
    g_assert_null(sev_kernel_refusal(SEVCMD_GUEST_STATUS, EINVAL));
    g_assert_null(sev_kernel_refusal(UINT32_MAX, EINVAL));
    g_assert_null(sev_kernel_refusal(SEVCMD_INIT2, INT_MIN));
    g_assert_null(sev_kernel_refusal(SEVCMD_INIT2, INT_MAX));
}

static void assert_error(uint32_t command, int os_error, uint32_t status, CgvmErrorCode code,
                         const char *expected)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(
        sev_set_error(&error, command, os_error, status, "launching 0xffe00000-0xffffffff (OVMF.fd)"));
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_cmpint(cgvm_error_errno(error), ==, os_error);
    g_assert_cmphex(cgvm_error_firmware_code(error), ==, code == CGVM_ERROR_FIRMWARE ? status : 0);
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_false(sev_set_error(NULL, command, os_error, status, "launching"));
}

static void test_firmware_error(void)
{
    g_autofree char *known =
        g_strdup_printf("SNP_LAUNCH_UPDATE failed while launching 0xffe00000-0xffffffff (OVMF.fd): "
                        "the firmware answered INVALID_PARAM (0x16): %s",
                        sev_status_meaning(0x16));
    g_autofree char *small =
        g_strdup_printf("SNP_LAUNCH_START failed while launching 0xffe00000-0xffffffff (OVMF.fd): "
                        "the firmware answered POLICY_FAILURE (0x07): %s",
                        sev_status_meaning(0x07));
    g_autofree char *unknown =
        g_strdup_printf("SNP_LAUNCH_UPDATE failed while launching 0xffe00000-0xffffffff "
                        "(OVMF.fd): the firmware answered unknown status (0x1234): %s",
                        sev_status_meaning(0x1234));

    assert_error(SEVCMD_SNP_LAUNCH_UPDATE, EIO, 0x16, CGVM_ERROR_FIRMWARE, known);
    assert_error(SEVCMD_SNP_LAUNCH_START, EIO, 0x07, CGVM_ERROR_FIRMWARE, small);
    assert_error(SEVCMD_SNP_LAUNCH_UPDATE, EIO, 0x1234, CGVM_ERROR_FIRMWARE, unknown);
}

/* SEV's policy has no SMT and no sockets, and its ABI in other bits. */
static void test_firmware_error_of_sev(void)
{
    assert_error(
        SEVCMD_LAUNCH_START, EIO, 0x07, CGVM_ERROR_FIRMWARE,
        "LAUNCH_START failed while launching 0xffe00000-0xffffffff (OVMF.fd): the firmware answered "
        "POLICY_FAILURE (0x07): the guest's policy forbids this, or demands a newer firmware ABI than "
        "the platform has (bits 31:16); relax the policy or update the firmware");
    assert_error(SEVCMD_LAUNCH_UPDATE_DATA, EIO, 0xff, CGVM_ERROR_FIRMWARE,
                 "LAUNCH_UPDATE_DATA failed while launching 0xffe00000-0xffffffff (OVMF.fd): the firmware "
                 "answered unknown status (0xff): cgvm does not know this status; the specification of the "
                 "SEV API (AMD publication 55766) may");
    g_assert_cmpstr(sev_command_status_meaning(SEVCMD_LAUNCH_START, 0x16), ==, sev_status_meaning(0x16));
    g_assert_cmpstr(sev_command_status_meaning(SEVCMD_LAUNCH_START, NO_FIRMWARE_CALL), ==,
                    sev_status_meaning(NO_FIRMWARE_CALL));
}

static void test_kernel_error(void)
{
    g_autofree char *expected =
        g_strdup_printf("SNP_LAUNCH_UPDATE failed while launching 0xffe00000-0xffffffff "
                        "(OVMF.fd): the kernel refused it (Invalid argument): %s; the firmware "
                        "was not reached",
                        sev_kernel_refusal(SEVCMD_SNP_LAUNCH_UPDATE, EINVAL));

    assert_error(SEVCMD_SNP_LAUNCH_UPDATE, EINVAL, 0, CGVM_ERROR_KERNEL, expected);
    assert_error(
        SEVCMD_SNP_LAUNCH_UPDATE, EXDEV, 0, CGVM_ERROR_KERNEL,
        "SNP_LAUNCH_UPDATE failed while launching 0xffe00000-0xffffffff (OVMF.fd): the kernel refused it "
        "(Invalid cross-device link); the firmware was not reached");
    assert_error(77, EINVAL, 0, CGVM_ERROR_KERNEL,
                 "SEV command 77 failed while launching 0xffe00000-0xffffffff (OVMF.fd): the kernel refused "
                 "it (Invalid "
                 "argument); the firmware was not reached");
}

/* What the firmware made of the command is not known. */
static void test_time_out(void)
{
    g_autofree char *expected =
        g_strdup_printf("SNP_LAUNCH_FINISH failed while launching 0xffe00000-0xffffffff "
                        "(OVMF.fd): the kernel gave it up (Connection timed out): %s",
                        sev_kernel_refusal(SEVCMD_SNP_LAUNCH_FINISH, ETIMEDOUT));

    assert_error(SEVCMD_SNP_LAUNCH_FINISH, ETIMEDOUT, 0, CGVM_ERROR_KERNEL, expected);
}

/* The kernel's driver puts this into the status where it did not call the firmware. */
static void test_no_firmware_call(void)
{
    g_autofree char *expected =
        g_strdup_printf("INIT2 failed while launching 0xffe00000-0xffffffff (OVMF.fd): the "
                        "kernel refused it (Input/output error): %s; the firmware was not "
                        "reached",
                        sev_kernel_refusal(SEVCMD_INIT2, EIO));

    g_assert_cmpstr(sev_status_name(NO_FIRMWARE_CALL), ==, "NO_FW_CALL");
    assert_error(SEVCMD_INIT2, EIO, NO_FIRMWARE_CALL, CGVM_ERROR_KERNEL, expected);
}

static void assert_region_error(int os_error, uint64_t locked, const char *mentions)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(sev_set_region_error(&error, os_error, "RAM", locked));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_KERNEL);
    g_assert_cmpint(cgvm_error_errno(error), ==, os_error);
    g_assert_true(
        g_str_has_prefix(cgvm_error_message(error), "KVM_MEMORY_ENCRYPT_REG_REGION failed for 'RAM' ("));
    g_assert_nonnull(strstr(cgvm_error_message(error), g_strerror(os_error)));
    g_assert_nonnull(strstr(cgvm_error_message(error), mentions));
}

/* Too little memory is told from too low a limit, with the numbers. */
static void test_region_error(void)
{
    const struct rlimit limit = { .rlim_cur = 65536, .rlim_max = 65536 };

    assert_region_error(ENOTTY, 4096, "not an SEV guest");
    assert_region_error(EINVAL, 4096, "empty");
    assert_region_error(EFAULT, 4096, "parameter");
    assert_region_error(EIO, 4096, "new VM");
    assert_region_error(EXDEV, 4096, "(Invalid cross-device link)");
    g_assert_cmpint(setrlimit(RLIMIT_MEMLOCK, &limit), ==, 0);
    assert_region_error(ENOMEM, 65536, "free memory");
    assert_region_error(ENOMEM, 69632, "69632 bytes would be locked, and this process may lock 65536;");
    g_assert_false(sev_set_region_error(NULL, ENOMEM, "RAM", 69632));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-errors/status-names", test_status_names);
    g_test_add_func("/sev-errors/status-meanings", test_status_meanings);
    g_test_add_func("/sev-errors/command-names", test_command_names);
    g_test_add_func("/sev-errors/kernel-refusals", test_kernel_refusals);
    g_test_add_func("/sev-errors/unknown-refusals", test_unknown_refusals);
    g_test_add_func("/sev-errors/firmware-error", test_firmware_error);
    g_test_add_func("/sev-errors/firmware-error-of-sev", test_firmware_error_of_sev);
    g_test_add_func("/sev-errors/kernel-error", test_kernel_error);
    g_test_add_func("/sev-errors/time-out", test_time_out);
    g_test_add_func("/sev-errors/no-firmware-call", test_no_firmware_call);
    g_test_add_func("/sev-errors/region-error", test_region_error);
    return g_test_run();
}
