/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the AMD security firmware and KVM mean by their codes.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>
#include "target-i386/sev-abi.h"
#include "target-i386/sev-errors.h"

/* Set by the kernel's ccp driver, not by the firmware: it gave up before it called it. */
#define STATUS_NO_FIRMWARE_CALL UINT32_MAX

/* Linux has no errno from here on. */
#define ERRNO_LIMIT 134

static const char *const status_names[] = {
    [SEV_STATUS_SUCCESS] = "SUCCESS",
    [SEV_STATUS_INVALID_PLATFORM_STATE] = "INVALID_PLATFORM_STATE",
    [SEV_STATUS_INVALID_GUEST_STATE] = "INVALID_GUEST_STATE",
    [SEV_STATUS_INVALID_CONFIG] = "INVALID_CONFIG",
    [SEV_STATUS_INVALID_LEN] = "INVALID_LEN",
    [SEV_STATUS_ALREADY_OWNED] = "ALREADY_OWNED",
    [SEV_STATUS_INVALID_CERTIFICATE] = "INVALID_CERTIFICATE",
    [SEV_STATUS_POLICY_FAILURE] = "POLICY_FAILURE",
    [SEV_STATUS_INACTIVE] = "INACTIVE",
    [SEV_STATUS_INVALID_ADDRESS] = "INVALID_ADDRESS",
    [SEV_STATUS_BAD_SIGNATURE] = "BAD_SIGNATURE",
    [SEV_STATUS_BAD_MEASUREMENT] = "BAD_MEASUREMENT",
    [SEV_STATUS_ASID_OWNED] = "ASID_OWNED",
    [SEV_STATUS_INVALID_ASID] = "INVALID_ASID",
    [SEV_STATUS_WBINVD_REQUIRED] = "WBINVD_REQUIRED",
    [SEV_STATUS_DFFLUSH_REQUIRED] = "DFFLUSH_REQUIRED",
    [SEV_STATUS_INVALID_GUEST] = "INVALID_GUEST",
    [SEV_STATUS_INVALID_COMMAND] = "INVALID_COMMAND",
    [SEV_STATUS_ACTIVE] = "ACTIVE",
    [SEV_STATUS_HWERROR_PLATFORM] = "HWERROR_PLATFORM",
    [SEV_STATUS_HWERROR_UNSAFE] = "HWERROR_UNSAFE",
    [SEV_STATUS_UNSUPPORTED] = "UNSUPPORTED",
    [SEV_STATUS_INVALID_PARAM] = "INVALID_PARAM",
    [SEV_STATUS_RESOURCE_LIMIT] = "RESOURCE_LIMIT",
    [SEV_STATUS_SECURE_DATA_INVALID] = "SECURE_DATA_INVALID",
    [SEV_STATUS_INVALID_PAGE_SIZE] = "INVALID_PAGE_SIZE",
    [SEV_STATUS_INVALID_PAGE_STATE] = "INVALID_PAGE_STATE",
    [SEV_STATUS_INVALID_MDATA_ENTRY] = "INVALID_MDATA_ENTRY",
    [SEV_STATUS_INVALID_PAGE_OWNER] = "INVALID_PAGE_OWNER",
    [SEV_STATUS_AEAD_OVERFLOW] = "AEAD_OFLOW",
    [SEV_STATUS_EXIT_RING_BUFFER] = "EXIT_RING_BUFFER",
    [SEV_STATUS_RMP_INIT_REQUIRED] = "RMP_INIT_REQUIRED",
    [SEV_STATUS_BAD_SVN] = "BAD_SVN",
    [SEV_STATUS_BAD_VERSION] = "BAD_VERSION",
    [SEV_STATUS_SHUTDOWN_REQUIRED] = "SHUTDOWN_REQUIRED",
    [SEV_STATUS_UPDATE_FAILED] = "UPDATE_FAILED",
    [SEV_STATUS_RESTORE_REQUIRED] = "RESTORE_REQUIRED",
    [SEV_STATUS_RMP_INITIALIZATION_FAILED] = "RMP_INITIALIZATION_FAILED",
    [SEV_STATUS_INVALID_KEY] = "INVALID_KEY",
};

static const char *const status_meanings[] = {
    [SEV_STATUS_SUCCESS] = "the command was carried out",
    [SEV_STATUS_INVALID_PLATFORM_STATE] = "the platform is not in the state that this command needs; 'dmesg "
                                          "| grep -i sev' tells whether SEV and SEV-SNP were initialised",
    [SEV_STATUS_INVALID_GUEST_STATE] =
        "the guest is not in the state that this command needs: a launch has to be started before it is "
        "updated, and nothing can be added once it is finished",
    [SEV_STATUS_INVALID_CONFIG] =
        "the platform is configured in a way that forbids this command; check the BIOS settings for SEV",
    [SEV_STATUS_INVALID_LEN] = "a buffer is too small or a length is not one that the command takes",
    [SEV_STATUS_ALREADY_OWNED] =
        "the platform has an owner already; reset it to its factory state to become the owner",
    [SEV_STATUS_INVALID_CERTIFICATE] = "a certificate is malformed or does not belong to this platform; "
                                       "fetch the platform's certificates anew",
    [SEV_STATUS_POLICY_FAILURE] = "the guest's policy forbids this, or demands what the platform does not "
                                  "give, such as a newer firmware ABI (bits 15:0), a single socket or SMT "
                                  "turned off; relax the policy or update the firmware",
    [SEV_STATUS_INACTIVE] = "the guest has no active ASID",
    [SEV_STATUS_INVALID_ADDRESS] = "an address is not aligned or not one that the command may use",
    [SEV_STATUS_BAD_SIGNATURE] =
        "a signature does not verify; of a launch that is one in the ID authentication: sign the ID block "
        "again, and pass id-block and id-auth from the same signing",
    [SEV_STATUS_BAD_MEASUREMENT] =
        "what arrived is not what was meant: at the end of a launch, the launch digest differs from the one "
        "in the ID block, so compare both with the launch plan; at its start, or of a secret, the owner's "
        "MAC "
        "does not verify, so make session or secret anew for this platform, policy and measurement",
    [SEV_STATUS_ASID_OWNED] = "the ASID belongs to another guest",
    [SEV_STATUS_INVALID_ASID] =
        "the ASID is not one that this kind of guest may have; check the SEV-ES ASID limit in the BIOS",
    [SEV_STATUS_WBINVD_REQUIRED] =
        "the kernel has to write back the caches of all processors (WBINVD) first; try again",
    [SEV_STATUS_DFFLUSH_REQUIRED] =
        "the kernel has to flush the data fabric (DF_FLUSH) before an ASID is used again; try again",
    [SEV_STATUS_INVALID_GUEST] =
        "there is no guest with this handle or context; it may have been decommissioned meanwhile",
    [SEV_STATUS_INVALID_COMMAND] = "the firmware does not know this command; update it",
    [SEV_STATUS_ACTIVE] = "the guest is active and has to be deactivated first",
    [SEV_STATUS_HWERROR_PLATFORM] = "a hardware error; no buffer of the command was changed; see 'dmesg', "
                                    "and reset the machine if it stays",
    [SEV_STATUS_HWERROR_UNSAFE] = "a hardware error that may have changed buffers of the command; see "
                                  "'dmesg', and reset the machine if it stays",
    [SEV_STATUS_UNSUPPORTED] =
        "the processor or its firmware does not support this; update the firmware or turn the feature off",
    [SEV_STATUS_INVALID_PARAM] = "a parameter has a value that the firmware does not take",
    [SEV_STATUS_RESOURCE_LIMIT] =
        "the firmware has run out of memory or of another resource; end another confidential guest",
    [SEV_STATUS_SECURE_DATA_INVALID] = "the firmware's own stored data failed its integrity check; "
                                       "initialise the platform once more, which replaces its keys",
    [SEV_STATUS_INVALID_PAGE_SIZE] =
        "the reverse map (RMP) has a page in another size, 4 KiB or 2 MiB, than the command needs",
    [SEV_STATUS_INVALID_PAGE_STATE] = "the reverse map (RMP) has a page in another state than the command "
                                      "needs: a page must be private and can be launched only once",
    [SEV_STATUS_INVALID_MDATA_ENTRY] = "the metadata entry of a swapped page is not valid",
    [SEV_STATUS_INVALID_PAGE_OWNER] = "the reverse map (RMP) gives a page to another guest or to the host",
    [SEV_STATUS_AEAD_OVERFLOW] =
        "a message counter has reached its end; the guest has to be launched anew for fresh keys",
    [SEV_STATUS_EXIT_RING_BUFFER] =
        "the firmware has left the mode in which it takes commands from a ring buffer",
    [SEV_STATUS_RMP_INIT_REQUIRED] =
        "the reverse map (RMP) has to be initialised first; 'dmesg | grep -i sev-snp' tells why it was not",
    [SEV_STATUS_BAD_SVN] =
        "the firmware's security version is older than the one that was committed; install a newer one",
    [SEV_STATUS_BAD_VERSION] =
        "the firmware's version is older than the one that was committed; install a newer one",
    [SEV_STATUS_SHUTDOWN_REQUIRED] =
        "the firmware has to be shut down first; end all confidential guests and load the ccp driver again",
    [SEV_STATUS_UPDATE_FAILED] = "the update of the firmware failed; the former one is still in use",
    [SEV_STATUS_RESTORE_REQUIRED] = "an update of the firmware failed half-way and the committed one has to "
                                    "be restored; reset the machine",
    [SEV_STATUS_RMP_INITIALIZATION_FAILED] =
        "the reverse map (RMP) could not be initialised; check that the BIOS reserves enough memory for it",
    [SEV_STATUS_INVALID_KEY] = "the key that was asked for does not exist or is not valid, such as a VLEK on "
                               "a host that has loaded none",
};

static const char *const commands[] = {
    [SEVCMD_INIT] = "INIT",
    [SEVCMD_ES_INIT] = "ES_INIT",
    [SEVCMD_LAUNCH_START] = "LAUNCH_START",
    [SEVCMD_LAUNCH_UPDATE_DATA] = "LAUNCH_UPDATE_DATA",
    [SEVCMD_LAUNCH_UPDATE_VMSA] = "LAUNCH_UPDATE_VMSA",
    [SEVCMD_LAUNCH_SECRET] = "LAUNCH_SECRET",
    [SEVCMD_LAUNCH_MEASURE] = "LAUNCH_MEASURE",
    [SEVCMD_LAUNCH_FINISH] = "LAUNCH_FINISH",
    [8] = "SEND_START",
    [9] = "SEND_UPDATE_DATA",
    [10] = "SEND_UPDATE_VMSA",
    [11] = "SEND_FINISH",
    [12] = "RECEIVE_START",
    [13] = "RECEIVE_UPDATE_DATA",
    [14] = "RECEIVE_UPDATE_VMSA",
    [15] = "RECEIVE_FINISH",
    [SEVCMD_GUEST_STATUS] = "GUEST_STATUS",
    [SEVCMD_DBG_DECRYPT] = "DBG_DECRYPT",
    [SEVCMD_DBG_ENCRYPT] = "DBG_ENCRYPT",
    [19] = "CERT_EXPORT",
    [SEVCMD_GET_ATTESTATION_REPORT] = "GET_ATTESTATION_REPORT",
    [21] = "SEND_CANCEL",
    [SEVCMD_INIT2] = "INIT2",
    [SEVCMD_SNP_LAUNCH_START] = "SNP_LAUNCH_START",
    [SEVCMD_SNP_LAUNCH_UPDATE] = "SNP_LAUNCH_UPDATE",
    [SEVCMD_SNP_LAUNCH_FINISH] = "SNP_LAUNCH_FINISH",
};

#define NO_GUESTS_OF_THIS_KIND                                                                               \
    "KVM offers no guests of this kind: they are off in the BIOS or in kvm_amd, or the BIOS has left them "  \
    "no ASIDs; check the parameters sev, sev_es and sev_snp in /sys/module/kvm_amd/parameters, 'dmesg | "    \
    "grep -i sev', and SMEE, SEV-SNP and the SEV-ES ASID limit in the BIOS"
#define NO_FREE_ASID                                                                                         \
    "no ASID is free, or the cgroup's limit of them is reached; end another confidential guest, or raise "   \
    "'sev' and 'sev_es' in misc.max of the cgroup"
#define NO_SECURE_PROCESSOR                                                                                  \
    "the kernel could not initialise the AMD secure processor; 'dmesg | grep -i ccp' tells why"
#define NOT_STARTED                                                                                          \
    "the launch was not started, or sev-device is closed or is not the AMD secure processor's; start the "   \
    "launch first, and keep /dev/sev open during it"
#define TOO_MUCH_LOCKED                                                                                      \
    "the memory is not mapped and writable, or with it this process would lock more than it may; raise the " \
    "limit of locked memory ('ulimit -l') to the guest's memory and twice its firmware, or give the "        \
    "process CAP_IPC_LOCK"

/* By errno. */
static const char *const init_refusals[ERRNO_LIMIT] = {
    [ENOTTY] = NO_GUESTS_OF_THIS_KIND,
    [EINVAL] = "the VM is not a plain one, is initialised already or has a vCPU; create a new VM, of type 0",
    [EBUSY] = NO_FREE_ASID,
    [EIO] = NO_SECURE_PROCESSOR,
};

static const char *const launch_start_refusals[ERRNO_LIMIT] = {
    [ENOTTY] = "the VM is not an SEV guest; it has to be initialised as one first",
    [EINVAL] = "the certificate or the session has no bytes, or more than 16384; pass both as they came from "
               "the guest's owner",
    [EBADF] = "the descriptor of sev-device is closed or is not one of the AMD secure processor; check that "
              "sev-device is /dev/sev and that this process may open it, and keep it open during the launch",
};

static const char *const launch_update_data_refusals[ERRNO_LIMIT] = {
    [EINVAL] = "the range is empty or wraps around; launch whole pages of the guest's memory",
    [EBADF] = NOT_STARTED,
    [ENOMEM] = TOO_MUCH_LOCKED,
};

static const char *const launch_update_vmsa_refusals[ERRNO_LIMIT] = {
    [ENOTTY] = "the VM is not an SEV-ES guest, which alone has encrypted registers; set bit 2 of the policy",
    [EINVAL] = "a vCPU was encrypted before or is being debugged; launch the registers once, and attach no "
               "debugger before",
    [EBUSY] = "a vCPU is being created at the same time; create all vCPUs before",
    [EBADF] = NOT_STARTED,
};

static const char *const launch_measure_refusals[ERRNO_LIMIT] = {
    [EINVAL] = "the buffer for the measurement is larger than 16384 bytes; 48 are enough",
    [EBADF] = NOT_STARTED,
};

static const char *const launch_secret_refusals[ERRNO_LIMIT] = {
    [EINVAL] = "header or packet have no bytes, or more than 16384, or the place in guest memory spans pages "
               "that do not follow each other on the host; use a place within one page",
    [EBADF] = NOT_STARTED,
    [ENOMEM] = TOO_MUCH_LOCKED,
};

static const char *const launch_finish_refusals[ERRNO_LIMIT] = {
    [EBADF] = NOT_STARTED,
};

static const char *const register_refusals[ERRNO_LIMIT] = {
    [ENOTTY] = "the VM is not an SEV guest, or KVM offers none; initialise it as one first",
    [EINVAL] = "the range is empty or wraps around, or the VM mirrors another one; register memory of the VM "
               "that was launched",
    [EFAULT] = "the kernel could not read the parameter; keep it mapped during the call",
    [ENOMEM] = "the host has not enough free memory that can be pinned; give the guest less with -m",
    [EIO] = "another process than this one created the VM, or KVM has given it up; start with a new VM",
};

static const char *const init2_refusals[ERRNO_LIMIT] = {
    [ENOTTY] = NO_GUESTS_OF_THIS_KIND,
    [EINVAL] =
        "the kernel does not know INIT2 (Linux 6.10; 6.11 for SEV-SNP), the VM is not of an SEV type, is "
        "initialised already or has a vCPU, or KVM does not offer one of the VMSA features; update the "
        "kernel, or turn off debug-swap (which needs kvm_amd's parameter debug_swap) and secure-tsc",
    [EBUSY] = NO_FREE_ASID,
    [EPERM] = "the VM is initialised as an SEV-SNP guest already; create a new VM",
    [EIO] = NO_SECURE_PROCESSOR,
};

static const char *const snp_launch_start_refusals[ERRNO_LIMIT] = {
    [ENOTTY] =
        "KVM could not create a context for the guest: the descriptor of sev-device is not one of the AMD "
        "secure processor, SEV-SNP is not initialised on this host, or the VM is not an SEV-SNP guest; check "
        "that sev-device is /dev/sev and that /sys/module/kvm_amd/parameters/sev_snp says Y",
    [EINVAL] = "KVM refuses bits of the policy, or the launch was started before; bits 16 (SMT) and 17 must "
               "be 1, bits 18 (migration agent) and 20 (single socket) 0, and bits from 21 on need a kernel "
               "after Linux 6.12: correct the policy",
};

static const char *const snp_launch_update_refusals[ERRNO_LIMIT] = {
    [EINVAL] =
        "the launch was not started, the range is not page-aligned, is not RAM that a guest_memfd backs, or "
        "KVM does not launch pages of this type; check that the range lies in the guest's RAM",
    [EIO] = "KVM could not add one of the pages: it is not private, was launched before or has no readable "
            "source, or sev-device was closed meanwhile; make the range private, and launch each page once",
};

static const char *const snp_launch_finish_refusals[ERRNO_LIMIT] = {
    [EINVAL] = "the launch was not started, a vCPU was encrypted by an earlier attempt or is being debugged, "
               "or the ID block or its authentication is missing; a launch that failed cannot be finished "
               "again: start with a new VM",
    [EBUSY] = "a vCPU is being created at the same time, or the AMD secure processor has stopped answering; "
              "create all vCPUs before, and see 'dmesg | grep -i ccp'",
};

static const char *const common_refusals[ERRNO_LIMIT] = {
    [ENOTTY] =
        "KVM offers no SEV on this host, or the VM is not a guest of the kind that this command is for; "
        "check the parameters of kvm_amd in /sys/module/kvm_amd/parameters, and the type of the VM",
    [EPERM] = "the VM is an SEV-SNP guest, and this command is for SEV and SEV-ES guests only; use its SNP "
              "counterpart",
    [EBADF] = "the descriptor of sev-device is closed or is not one of the AMD secure processor; check that "
              "sev-device is /dev/sev and that this process may open it (reading is enough), and keep it "
              "open during the launch",
    [EACCES] = "a security module such as SELinux forbids it; look for the denial in the audit log, and "
               "check the rights of /dev/sev",
    [ENOMEM] = "the kernel has no memory left, or may not lock as much of this process's; raise the limit of "
               "locked memory ('ulimit -l') if it is not unlimited",
    [EFAULT] = "the kernel could not read or write the memory of a parameter; keep all buffers mapped during "
               "the launch",
    [ENODEV] = "the kernel has no driver for the AMD secure processor; load the module ccp, and see 'dmesg | "
               "grep -i ccp'",
    [EBUSY] =
        "the AMD secure processor has stopped answering; see 'dmesg | grep -i ccp', and reset the machine",
    [ETIMEDOUT] = "the AMD secure processor did not answer in time; see 'dmesg | grep -i ccp', and reset the "
                  "machine if it stays",
    [EIO] = "another process than this one created the VM, KVM has given the VM up, or the kernel's driver "
            "failed; see 'dmesg | grep -i -e kvm -e ccp', and start with a new VM",
};

static const char *const *refusals_of(uint32_t command)
{
    switch (command) {
    case SEVCMD_INIT:
    case SEVCMD_ES_INIT:
        return init_refusals;
    case SEVCMD_LAUNCH_START:
        return launch_start_refusals;
    case SEVCMD_LAUNCH_UPDATE_DATA:
        return launch_update_data_refusals;
    case SEVCMD_LAUNCH_UPDATE_VMSA:
        return launch_update_vmsa_refusals;
    case SEVCMD_LAUNCH_SECRET:
        return launch_secret_refusals;
    case SEVCMD_LAUNCH_MEASURE:
        return launch_measure_refusals;
    case SEVCMD_LAUNCH_FINISH:
        return launch_finish_refusals;
    case SEVCMD_INIT2:
        return init2_refusals;
    case SEVCMD_SNP_LAUNCH_START:
        return snp_launch_start_refusals;
    case SEVCMD_SNP_LAUNCH_UPDATE:
        return snp_launch_update_refusals;
    case SEVCMD_SNP_LAUNCH_FINISH:
        return snp_launch_finish_refusals;
    default:
        return common_refusals;
    }
}

static bool is_known_status(uint32_t status)
{
    return status < G_N_ELEMENTS(status_names) && status_names[status];
}

const char *sev_status_name(uint32_t status)
{
    if (status == STATUS_NO_FIRMWARE_CALL) {
        return "NO_FW_CALL";
    }
    return is_known_status(status) ? status_names[status] : "unknown status";
}

const char *sev_status_meaning(uint32_t status)
{
    if (status == STATUS_NO_FIRMWARE_CALL) {
        return "the kernel's driver failed before it called the firmware; 'dmesg | grep -i ccp' tells why";
    }
    return is_known_status(status) ? status_meanings[status]
                                   : "cgvm does not know this status; the specification of the SEV-SNP "
                                     "firmware ABI (AMD publication 56860) may";
}

static bool is_snp_command(uint32_t command)
{
    return command >= SEVCMD_SNP_LAUNCH_START && command <= SEVCMD_SNP_LAUNCH_FINISH;
}

const char *sev_command_status_meaning(uint32_t command, uint32_t status)
{
    if (!is_snp_command(command) && status == SEV_STATUS_POLICY_FAILURE) {
        return "the guest's policy forbids this, or demands a newer firmware ABI than the platform has (bits "
               "31:16); relax the policy or update the firmware";
    }
    if (!is_snp_command(command) && !is_known_status(status) && status != STATUS_NO_FIRMWARE_CALL) {
        return "cgvm does not know this status; the specification of the SEV API (AMD publication 55766) may";
    }
    return sev_status_meaning(status);
}

const char *sev_kernel_refusal(uint32_t command, int os_error)
{
    const char *cause;

    if (os_error < 0 || os_error >= ERRNO_LIMIT) {
        return NULL;
    }
    cause = refusals_of(command)[os_error];
    return cause ? cause : common_refusals[os_error];
}

const char *sev_region_refusal(int os_error)
{
    return os_error > 0 && os_error < ERRNO_LIMIT ? register_refusals[os_error] : NULL;
}

const char *sev_command_name(uint32_t command)
{
    return command < G_N_ELEMENTS(commands) ? commands[command] : NULL;
}

bool sev_set_error(Error **errp, uint32_t command, int os_error, uint32_t status, const char *what)
{
    const char *known_name = sev_command_name(command);
    g_autofree char *name = known_name ? g_strdup(known_name) : g_strdup_printf("SEV command %u", command);
    const char *cause = sev_kernel_refusal(command, os_error);
    /* The one failure where the kernel has called the firmware and cannot say what became of it. */
    const bool timed_out = os_error == ETIMEDOUT;

    if (status != SEV_STATUS_SUCCESS && status != STATUS_NO_FIRMWARE_CALL) {
        return error_set_firmware(
            errp, os_error, status, "%s failed while %s: the firmware answered %s (0x%02x): %s", name, what,
            sev_status_name(status), status, sev_command_status_meaning(command, status));
    }
    return error_set_errno(errp, CGVM_ERROR_KERNEL, os_error, "%s failed while %s: the kernel %s (%s)%s%s%s",
                           name, what, timed_out ? "gave it up" : "refused it", g_strerror(os_error),
                           cause ? ": " : "", cause ? cause : "",
                           timed_out ? "" : "; the firmware was not reached");
}

bool sev_set_region_error(Error **errp, int os_error, const char *name, uint64_t locked)
{
    const char *cause = sev_region_refusal(os_error);
    struct rlimit limit;

    if (os_error == ENOMEM && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < locked) {
        return error_set_errno(
            errp, CGVM_ERROR_KERNEL, os_error,
            "KVM_MEMORY_ENCRYPT_REG_REGION failed for '%s' (%s): with it %" PRIu64
            " bytes would be locked, and this process may lock %" PRIu64
            "; raise the limit ('ulimit -l', LimitMEMLOCK= of systemd) to the guest's memory and twice its "
            "firmware, or give the process CAP_IPC_LOCK",
            name, g_strerror(os_error), locked, (uint64_t)limit.rlim_cur);
    }
    return error_set_errno(errp, CGVM_ERROR_KERNEL, os_error,
                           "KVM_MEMORY_ENCRYPT_REG_REGION failed for '%s' (%s)%s%s", name,
                           g_strerror(os_error), cause ? ": " : "", cause ? cause : "");
}

bool sev_set_platform_error(Error **errp, const char *name, const char *device, int os_error, uint32_t status)
{
    if (os_error == EIO && status) {
        return error_set_firmware(errp, EIO, status,
                                  "%s of '%s' failed: the firmware answered %s (0x%02x): %s", name, device,
                                  sev_status_name(status), status, sev_status_meaning(status));
    }
    return error_set_errno(errp, CGVM_ERROR_KERNEL, os_error,
                           "%s of '%s' failed: %s; the firmware was not reached, see the kernel's log of ccp",
                           name, device, g_strerror(os_error));
}
