/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-pv-errors.h"
#include <errno.h>
#include <inttypes.h>
#include "target-s390x/pv-header-abi.h"

/* What public sources tell (Linux, arch/s390/include/asm/uv.h; s390-tools, the loader of images). */
const S390PvMeaning s390_pv_meanings[] = {
    { UV_RC_INV_CMD, S390_PV_ANY_RRC,
      "the ultravisor does not know this call; update the machine's firmware" },
    { UV_RC_INV_STATE, S390_PV_ANY_RRC,
      "the guest is not in the state that this call needs: a header is set before components are unpacked, "
      "all are unpacked before they are verified, a dump is begun before anything of it is asked for, and "
      "all that is only done once" },
    { UV_RC_INV_LEN, S390_PV_ANY_RRC, "a length is not one that the call takes" },
    { UV_RC_NO_RESUME, S390_PV_ANY_RRC,
      "a call that was interrupted cannot be resumed; start the guest anew" },
    { UV_RC_VERIFY_MISMATCH, UV_RRC_ADDRESS_HASH,
      "the addresses of the pages are not those that the header was made for: a component is missing, in "
      "another "
      "order or elsewhere in memory" },
    { UV_RC_VERIFY_MISMATCH, UV_RRC_PAGE_HASH,
      "the contents of the pages are not those that the header was made for; the image was damaged or "
      "changed, "
      "so make or fetch it anew" },
    { UV_RC_VERIFY_MISMATCH, UV_RRC_TWEAK_HASH,
      "the tweaks of the pages are not those that the header was made for; the IPL parameter block was "
      "changed" },
    { UV_RC_VERIFY_MISMATCH, UV_RRC_N_PAGES,
      "there are more or fewer pages than the header was made for; a component is missing or was added" },
    { UV_RC_HEADER_VERSION, UV_RRC_HEADER_VERSION,
      "the machine's firmware does not know this version of headers; make the image with another tool, or "
      "update "
      "the firmware" },
    { UV_RC_PLAINTEXT_FLAGS, UV_RRC_PLAINTEXT_FLAGS,
      "the header has a plaintext control flag that this machine does not know; make the image without it" },
    { UV_RC_HOST_KEY, UV_RRC_HOST_KEY,
      "the image was not made for this host: no key slot is for its host key; make it with this machine's "
      "host "
      "key document" },
    { UV_RC_HOST_KEY, UV_RRC_CUSTOMER_KEY,
      "the public key of the one who has sealed the image is no point of its curve; the header was damaged" },
    { UV_RC_HOST_KEY, UV_RRC_BACKUP_HOST_KEY,
      "the image was not made for the backup host key of this machine, which its flags ask for" },
    { UV_RC_HOST_KEY, S390_PV_ANY_RRC,
      "no key slot of the image can be used on this host; make it with this machine's host key document" },
    { UV_RC_SECRET_FLAGS, S390_PV_ANY_RRC,
      "the header has a secret control flag that this machine does not know; make the image without it" },
    { UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE, "the header has another size than it says; it was damaged" },
    { UV_RC_HEADER_CORRUPT, UV_RRC_ENCRYPTED_SIZE,
      "the encrypted part of the header has a size that cannot be; it was damaged" },
    { UV_RC_HEADER_CORRUPT, UV_RRC_NO_KEY_SLOTS, "the header has no key slots; it was made for no host" },
    { UV_RC_HEADER_CORRUPT, S390_PV_ANY_RRC,
      "the header, the key slot of this host or the tag of either is not as it was made; fetch or make the "
      "image anew" },
};
const size_t s390_pv_n_meanings = G_N_ELEMENTS(s390_pv_meanings);

const char *s390_pv_command_name(uint32_t command)
{
    static const char *const names[] = {
        [KVM_S390_PV_ENABLE] = "KVM_PV_ENABLE",
        [KVM_S390_PV_DISABLE] = "KVM_PV_DISABLE",
        [KVM_S390_PV_SET_SEC_PARMS] = "KVM_PV_SET_SEC_PARMS",
        [KVM_S390_PV_UNPACK] = "KVM_PV_UNPACK",
        [KVM_S390_PV_VERIFY] = "KVM_PV_VERIFY",
        [KVM_S390_PV_PREP_RESET] = "KVM_PV_PREP_RESET",
        [KVM_S390_PV_UNSHARE_ALL] = "KVM_PV_UNSHARE_ALL",
        [KVM_S390_PV_INFO] = "KVM_PV_INFO",
        [KVM_S390_PV_DUMP] = "KVM_PV_DUMP",
        [KVM_S390_PV_ASYNC_CLEANUP_PREPARE] = "KVM_PV_ASYNC_CLEANUP_PREPARE",
        [KVM_S390_PV_ASYNC_CLEANUP_PERFORM] = "KVM_PV_ASYNC_CLEANUP_PERFORM",
    };

    return command < G_N_ELEMENTS(names) ? names[command] : "KVM_PV_COMMAND";
}

const char *s390_pv_call_name(const KvmS390PvCommand *command)
{
    static const char *const names[] = {
        [KVM_S390_PV_DUMP_INIT] = "KVM_PV_DUMP_INIT",
        [KVM_S390_PV_DUMP_CONFIG_STOR_STATE] = "KVM_PV_DUMP_CONFIG_STOR_STATE",
        [KVM_S390_PV_DUMP_COMPLETE] = "KVM_PV_DUMP_COMPLETE",
        [KVM_S390_PV_DUMP_CPU] = "KVM_PV_DUMP_CPU",
    };
    const KvmS390PvDump *dump = (const KvmS390PvDump *)(uintptr_t)command->data;

    return command->cmd == KVM_S390_PV_DUMP && dump && dump->subcmd < G_N_ELEMENTS(names)
               ? names[dump->subcmd]
               : s390_pv_command_name(command->cmd);
}

/* Each call of the ultravisor has codes of its own from 0x100 on. */
static bool is_code_of(uint32_t command, uint16_t rc)
{
    return rc < 0x100 ||
           command == (rc == UV_RC_VERIFY_MISMATCH ? KVM_S390_PV_VERIFY : KVM_S390_PV_SET_SEC_PARMS);
}

const char *s390_pv_meaning(uint32_t command, uint16_t rc, uint16_t rrc)
{
    rc &= (uint16_t)~UV_RC_NEED_DESTROY;
    if (!is_code_of(command, rc)) {
        return NULL;
    }
    for (size_t i = 0; i < s390_pv_n_meanings; i++) {
        const S390PvMeaning *meaning = &s390_pv_meanings[i];
        if (meaning->rc == rc && (meaning->rrc == rrc || meaning->rrc == S390_PV_ANY_RRC)) {
            return meaning->text;
        }
    }
    return NULL;
}

/* EINVAL, which stands for much. */
static const char *meaning_of_invalid(uint32_t command)
{
    switch (command) {
    case KVM_S390_PV_ENABLE:
        return "the guest is a secure one already, or this host has no ultravisor (prot_virt=1)";
    case KVM_S390_PV_INFO:
        return "the kernel has another structure for it";
    case KVM_S390_PV_DUMP:
        return "KVM knows of no dump, or of one that was begun and not completed; or it wants other sizes";
    default:
        return "the guest is no secure one, or a size or address is not one that KVM takes";
    }
}

const char *s390_pv_errno_meaning(uint32_t command, int os_error)
{
    switch (os_error) {
    case EINVAL:
        return meaning_of_invalid(command);
    case ENOTTY:
        return command == KVM_S390_PV_DUMP
                   ? "this kernel's KVM does not know it, though it says that it dumps secure guests"
                   : "this kernel's KVM does not know the command; it takes Linux 5.7, or 6.2 to clean up in "
                     "the background";
    case EFAULT:
        return "guest memory is not there, or is backed by huge pages, which secure guests cannot have";
    case ENOMEM:
        return "the kernel ran out of memory that it gives to the ultravisor";
    case EIO:
        return "KVM considers the VM dead, or the ultravisor has refused it without a reason";
    default:
        return NULL;
    }
}

bool s390_pv_set_error(Error **errp, const KvmS390PvCommand *command, int os_error, const char *what)
{
    const char *name = s390_pv_call_name(command), *meaning;

    if (command->rc && command->rc != UV_RC_EXECUTED) {
        meaning = s390_pv_meaning(command->cmd, command->rc, command->rrc);
        return error_set_firmware(errp, os_error, (uint32_t)command->rc << 16 | command->rrc,
                                  "%s failed while %s: the ultravisor answered rc 0x%04x, rrc 0x%04x%s%s",
                                  name, what, command->rc, command->rrc, meaning ? ": " : "",
                                  meaning ? meaning : "");
    }
    meaning = s390_pv_errno_meaning(command->cmd, os_error);
    return error_set_errno(errp, CGVM_ERROR_KERNEL, os_error,
                           "%s failed while %s: the kernel refused it (%s)%s%s", name, what,
                           g_strerror(os_error), meaning ? ": " : "", meaning ? meaning : "");
}
