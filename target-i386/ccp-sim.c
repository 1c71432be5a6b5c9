/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's driver of the secure processor, and /dev/sev; drivers/crypto/ccp/sev-dev.c of
 * Linux 6.12.
 *
 * Of /dev/sev only the two status commands are simulated; all others return -EINVAL.
 */
#include <errno.h>
#include "target-i386/sim-state.h"

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
    if (x86->model->has_snp) {
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

    if (!x86->model->has_snp || data == 0) {
        return -EINVAL;
    }
    ret = sim_ccp_do(x86, PSP_SNP_PLATFORM_STATUS, &status, error);
    return ret < 0 ? ret : sim_copy_to_user(data, &status, sizeof(status));
}

int sim_ccp_ioctl(void *target_host, int open_flags, unsigned long request, unsigned long arg)
{
    SevIssueCommand issue;
    uint32_t error;
    int ret;

    (void)open_flags;
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
    } else if (issue.cmd == SEV_SNP_PLATFORM_STATUS) {
        ret = snp_platform_status(target_host, issue.data, &error);
    } else {
        return -EINVAL;
    }
    issue.error = error;
    return sim_copy_to_user(arg, &issue, sizeof(issue)) < 0 ? -EFAULT : ret;
}
