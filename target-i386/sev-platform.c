/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sev-platform.h"
#include <errno.h>
#include "qapi-builtins.h"
#include "hw/kvm.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-common.h"
#include "target-i386/sev-errors.h"

#define SEV_DEVICE "/dev/sev"

/* Of certificates and numbers none is larger; so much is believed of a length that the driver tells. */
#define LARGEST_BLOB 65536

/** The door, and what is open behind it. */
typedef struct Platform {
    KvmDoor *door;
    Kvm *kvm;
    int sev_fd;
} Platform;

static void platform_close(Platform *platform)
{
    if (platform->sev_fd >= 0) {
        platform->door->ops->close(platform->door->host, platform->sev_fd);
    }
    kvm_close(platform->kvm);
    g_clear_pointer(&platform->door, kvm_door_free);
}

static bool platform_open(Platform *platform, const Accel *accel, Error **errp)
{
    platform->door = accel_open_side_door(accel, &x86_target, errp);
    platform->kvm = platform->door ? kvm_open(platform->door, accel_device(accel), errp) : NULL;
    if (!platform->kvm) {
        return false;
    }
    platform->sev_fd = sev_open_device(platform->kvm, SEV_DEVICE, errp);
    return platform->sev_fd >= 0;
}

/* Issues @command, called @name. Without @is_question, a refusal because of a length is one; with it, that is
 * the answer. */
static bool issue(const Platform *platform, uint32_t command, const char *name, void *data, bool is_question,
                  Error **errp)
{
    SevIssueCommand argument = { .cmd = command, .data = (uintptr_t)data };
    int result = kvm_try(platform->kvm, platform->sev_fd, SEV_ISSUE_CMD_IOCTL, &argument);

    if (result >= 0 || (is_question && result == -EIO && argument.error == SEV_STATUS_INVALID_LEN)) {
        return true;
    }
    return sev_set_platform_error(errp, name, SEV_DEVICE, -result, argument.error);
}

static bool blob_allocate(Blob *blob, uint32_t length, const char *name, Error **errp)
{
    if (!length || length > LARGEST_BLOB) {
        return error_set(errp, CGVM_ERROR_KERNEL,
                         "%s of '%s' has a result of %u bytes; see the kernel's log of ccp", name, SEV_DEVICE,
                         length);
    }
    blob->data = g_malloc0(length);
    blob->size = length;
    return true;
}

static bool read_certificates(const Platform *platform, SevCapability *ret, Error **errp)
{
    static const char name[] = "PDH_CERT_EXPORT";
    SevPdhCertExport export = { .pdh_cert_len = 0 };

    if (!issue(platform, SEV_PDH_CERT_EXPORT, name, &export, true, errp) ||
        !blob_allocate(&ret->pdh, export.pdh_cert_len, name, errp) ||
        !blob_allocate(&ret->cert_chain, export.cert_chain_len, name, errp)) {
        return false;
    }
    export.pdh_cert_address = (uintptr_t)ret->pdh.data;
    export.cert_chain_address = (uintptr_t)ret->cert_chain.data;
    return issue(platform, SEV_PDH_CERT_EXPORT, name, &export, false, errp);
}

static bool read_id(const Platform *platform, SevCapability *ret, Error **errp)
{
    static const char name[] = "GET_ID2";
    SevGetId2 id = { .length = 0 };

    if (!issue(platform, SEV_GET_ID2, name, &id, true, errp) ||
        !blob_allocate(&ret->cpu0_id, id.length, name, errp)) {
        return false;
    }
    id.address = (uintptr_t)ret->cpu0_id.data;
    return issue(platform, SEV_GET_ID2, name, &id, false, errp);
}

static bool read_cbit(const Platform *platform, SevCapability *ret, Error **errp)
{
    g_autofree KvmCpuid *supported = x86_cpuid_supported(platform->kvm, errp);

    ret->reduced_phys_bits = 1;
    return supported && sev_cbitpos(supported, &ret->cbitpos, errp);
}

bool sev_platform_capabilities(const Accel *accel, SevCapability *ret, Error **errp)
{
    Platform platform = { .sev_fd = -1 };
    bool done;

    *ret = (SevCapability){ .cbitpos = 0 };
    done = platform_open(&platform, accel, errp) && read_cbit(&platform, ret, errp) &&
           read_certificates(&platform, ret, errp) && read_id(&platform, ret, errp);
    platform_close(&platform);
    if (!done) {
        fields_clear(&SevCapability_fields, ret);
    }
    return done;
}
