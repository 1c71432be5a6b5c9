/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's driver of the secure processor, and /dev/sev; drivers/crypto/ccp/sev-dev.c of
 * Linux 6.12.
 *
 * Of /dev/sev the two status commands, PDH_CERT_EXPORT and GET_ID2 are simulated; all others return -EINVAL.
 */
#include <errno.h>
#include <fcntl.h>
#include "target-i386/sim-state.h"

/* The largest piece of memory that the kernel's allocator of pages gives. */
#define ID_MAX (UINT32_C(1) << 22)

int sim_ccp_do(SimX86 *x86, PspCommand command, void *data, uint32_t *error)
{
    uint32_t status = psp_command(x86->psp, command, data);

    if (error) {
        *error = status;
    }
    return status == SEV_STATUS_SUCCESS ? 0 : -EIO;
}

int sim_ccp_issue(SimVm *vm, int fd, PspCommand command, void *data, uint32_t *error)
{
    if (!sim_host_fd_is_device(vm->host, fd, "/dev/sev")) {
        return -EBADF;
    }
    return sim_ccp_do(vm->target_host, command, data, error);
}

static bool is_initialized(SimX86 *x86)
{
    SevPlatformStatus status;

    return sim_ccp_do(x86, PSP_PLATFORM_STATUS, &status, NULL) == 0 && status.state != 0;
}

/* A failure of SNP_INIT shows at the first command of a guest; the driver goes on with SEV then. */
int sim_ccp_init(SimX86 *x86, uint32_t *error)
{
    if (is_initialized(x86)) {
        return 0;
    }
    if (x86->model.has_snp) {
        sim_ccp_do(x86, PSP_SNP_INIT, NULL, NULL);
    }
    return sim_ccp_do(x86, PSP_INIT, NULL, error);
}

bool sim_ccp_reclaim(SimX86 *x86, uint8_t *page)
{
    PspPageReclaim reclaim = { .page = (uintptr_t)page };

    return sim_ccp_do(x86, PSP_SNP_PAGE_RECLAIM, &reclaim, NULL) == 0 &&
           psp_rmp_share(x86->psp, (uintptr_t)page);
}

uint8_t *sim_ccp_firmware_page_new(SimX86 *x86)
{
    uint8_t *page = g_aligned_alloc0(1, SIM_PAGE_SIZE, SIM_PAGE_SIZE);

    if (!psp_rmp_assign(x86->psp, (uintptr_t)page, 0, 0, true)) {
        g_aligned_free(page);
        return NULL;
    }
    return page;
}

void sim_ccp_firmware_page_free(SimX86 *x86, uint8_t *page)
{
    if (!page) {
        return;
    }
    if (sim_ccp_reclaim(x86, page)) {
        g_aligned_free(page);
        return;
    }
    g_mutex_lock(&x86->lock);
    g_ptr_array_add(x86->lost_pages, page);
    g_mutex_unlock(&x86->lock);
}

static int platform_status(SimX86 *x86, uint64_t data, uint32_t *error)
{
    SevPlatformStatus status = { .api_major = 0 };
    int ret = sim_ccp_do(x86, PSP_PLATFORM_STATUS, &status, error);

    return ret < 0 ? ret : sim_copy_to_user(data, &status, sizeof(status));
}

static int snp_platform_status(SimX86 *x86, uint64_t data, uint32_t *error)
{
    SnpPlatformStatus status = { .api_major = 0 };
    int ret;

    if (!x86->model.has_snp || data == 0) {
        return -EINVAL;
    }
    ret = sim_ccp_do(x86, PSP_SNP_PLATFORM_STATUS, &status, error);
    return ret < 0 ? ret : sim_copy_to_user(data, &status, sizeof(status));
}

/* A result for which the caller has room; nothing if it has not said where. */
static PspBuffer make_room(uint64_t address, uint32_t length)
{
    bool is_wanted = address && length;

    return (PspBuffer){ .address = is_wanted ? g_malloc0(length) : NULL, .length = is_wanted ? length : 0 };
}

static int pdh_cert_export(SimX86 *x86, int open_flags, uint64_t data, uint32_t *error)
{
    SevPdhCertExport params;
    PspPdhCertExport export = { .pdh = { .length = 0 } };
    g_autofree uint8_t *pdh = NULL;
    g_autofree uint8_t *chain = NULL;
    int ret;

    if (!is_initialized(x86)) {
        ret = (open_flags & O_ACCMODE) == O_RDONLY ? -EPERM : sim_ccp_init(x86, error);
        if (ret < 0) {
            return ret;
        }
    }
    ret = sim_copy_from_user(&params, data, sizeof(params));
    if (ret < 0) {
        return ret;
    }
    if (params.pdh_cert_address && params.pdh_cert_len && params.cert_chain_address) {
        if (params.pdh_cert_len > SIM_BLOB_MAX || params.cert_chain_len > SIM_BLOB_MAX) {
            return -EFAULT;
        }
        export.pdh = make_room(params.pdh_cert_address, params.pdh_cert_len);
        export.chain = make_room(params.cert_chain_address, params.cert_chain_len);
        pdh = export.pdh.address;
        chain = export.chain.address;
    }
    ret = sim_ccp_do(x86, PSP_PDH_CERT_EXPORT, &export, error);
    params.pdh_cert_len = export.pdh.length;
    params.cert_chain_len = export.chain.length;
    if (sim_copy_to_user(data, &params, sizeof(params)) < 0) {
        return -EFAULT;
    }
    if (ret == 0 && (sim_copy_to_user(params.pdh_cert_address, pdh, params.pdh_cert_len) < 0 ||
                     sim_copy_to_user(params.cert_chain_address, chain, params.cert_chain_len) < 0)) {
        return -EFAULT;
    }
    return ret;
}

static int get_id2(SimX86 *x86, uint64_t data, uint32_t *error)
{
    SevGetId2 params;
    PspBuffer buffer;
    g_autofree uint8_t *id = NULL;
    int ret = sim_copy_from_user(&params, data, sizeof(params));

    if (ret < 0) {
        return ret;
    }
    if (params.address && params.length > ID_MAX) {
        return -ENOMEM;
    }
    buffer = make_room(params.address, params.length);
    id = buffer.address;
    ret = sim_ccp_do(x86, PSP_GET_ID, &buffer, error);
    params.length = buffer.length;
    if (sim_copy_to_user(data, &params, sizeof(params)) < 0 ||
        (ret == 0 && sim_copy_to_user(params.address, id, params.length) < 0)) {
        return -EFAULT;
    }
    return ret;
}

int sim_ccp_ioctl(void *target_host, int open_flags, unsigned long request, unsigned long arg)
{
    SevIssueCommand issue;
    uint32_t error;
    int ret;

    if (request != SEV_ISSUE_CMD_IOCTL) {
        return -EINVAL;
    }
    ret = sim_copy_from_user(&issue, arg, sizeof(issue));
    if (ret < 0) {
        return ret;
    }
    error = issue.error;
    if (issue.cmd == SEV_PLATFORM_STATUS) {
        ret = platform_status(target_host, issue.data, &error);
    } else if (issue.cmd == SEV_PDH_CERT_EXPORT) {
        ret = pdh_cert_export(target_host, open_flags, issue.data, &error);
    } else if (issue.cmd == SEV_GET_ID2) {
        ret = get_id2(target_host, issue.data, &error);
    } else if (issue.cmd == SEV_SNP_PLATFORM_STATUS) {
        ret = snp_platform_status(target_host, issue.data, &error);
    } else {
        return -EINVAL;
    }
    issue.error = error;
    return sim_copy_to_user(arg, &issue, sizeof(issue)) < 0 ? -EFAULT : ret;
}
