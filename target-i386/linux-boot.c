/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/linux-boot.h"
#include <inttypes.h>
#include <string.h>
#include "hw/input-file.h"
#include "qapi-builtins.h"

#define HASH_SIZE ((gsize)4 << 20) /* between two reports of progress */

/* ---- reading ---- */

/* The file @path, which may have up to @room bytes. */
static GBytes *read_part(const char *path, const char *name, uint64_t room, const MachineState *machine,
                         Error **errp)
{
    g_autofree char *expects =
        g_strdup_printf("kernel and initrd together must be smaller than the guest's memory, which has "
                        "%" PRIu64 " MiB (-m), and each smaller than 4 GiB",
                        machine->memory_size >> 20);
    InputFileKind kind = {
        .name = name,
        .largest = MIN(room, UINT32_MAX),
        .granule = 1,
        .expects = expects,
    };

    return input_file_read(path, &kind, &machine->progress, errp);
}

static bool parse_kernel(LinuxBoot *boot, bool takes_elf, Error **errp)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(boot->kernel, &size);

    if (!takes_elf || !elf_image_is_elf(data, size)) {
        return linux_image_parse(data, size, boot->kernel_name, &boot->image, errp);
    }
    boot->elf = g_new0(ElfImage, 1);
    return elf_image_parse(data, size, boot->kernel_name, boot->elf, errp);
}

bool linux_boot_load(LinuxBoot *boot, const MachineState *machine, bool takes_elf, Error **errp)
{
    const MachineProperties *props = &machine->props;
    const char *append = props->append ? props->append : "";
    gsize size;

    if (!props->kernel) {
        return true;
    }
    boot->kernel = read_part(props->kernel, "kernel", machine->memory_size - 1, machine, errp);
    if (!boot->kernel) {
        return false;
    }
    if (!g_bytes_get_size(boot->kernel)) {
        return error_setg(errp, "the kernel '%s' is empty; name another file", props->kernel);
    }
    boot->kernel_name = g_path_get_basename(props->kernel);
    boot->cmdline = g_bytes_new(append, strlen(append) + 1);
    if (!parse_kernel(boot, takes_elf, errp)) {
        return error_prepend(errp, "the kernel ");
    }
    if (!props->initrd) {
        return true;
    }
    size = g_bytes_get_size(boot->kernel);
    boot->initrd_name = g_path_get_basename(props->initrd);
    boot->initrd = read_part(props->initrd, "initrd", machine->memory_size - size - 1, machine, errp);
    return boot->initrd != NULL;
}

void linux_boot_clear(LinuxBoot *boot)
{
    g_bytes_unref(boot->kernel);
    g_bytes_unref(boot->initrd);
    g_bytes_unref(boot->cmdline);
    g_free(boot->kernel_name);
    g_free(boot->initrd_name);
    g_free(boot->elf);
    *boot = (LinuxBoot){ .kernel = NULL };
}

/* ---- hashing ---- */

static void hash(GBytes *bytes, const char *kind, const char *name, const ProgressSink *sink,
                 uint8_t digest[CRYPTO_SHA256_SIZE])
{
    g_autofree char *what = g_strdup_printf("hashing the %s '%s'", kind, name);
    CryptoSha256 *state = crypto_sha256_new();
    gsize size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    Progress progress = progress_begin(sink, what, size);

    for (gsize done = 0; done < size;) {
        gsize part = MIN(size - done, HASH_SIZE);

        crypto_sha256_update(state, data + done, part);
        done += part;
        progress_add(&progress, part);
    }
    crypto_sha256_finish(state, digest);
    crypto_sha256_free(state);
}

const LinuxDigests *linux_boot_digests(LinuxBoot *boot, const ProgressSink *progress)
{
    LinuxDigests *digests = &boot->digests;
    gsize size;
    const void *cmdline;

    g_assert(boot->kernel);
    if (boot->has_digests) {
        return digests;
    }
    hash(boot->kernel, "kernel", boot->kernel_name, progress, digests->kernel);
    if (boot->initrd) {
        hash(boot->initrd, "initrd", boot->initrd_name, progress, digests->initrd);
    } else {
        crypto_sha256(NULL, 0, digests->initrd);
    }
    cmdline = g_bytes_get_data(boot->cmdline, &size);
    crypto_sha256(cmdline, size, digests->cmdline);
    boot->has_digests = true;
    return digests;
}

/* ---- offering ---- */

static void offer_part(FwCfg *fw_cfg, uint16_t size_key, uint16_t data_key, GBytes *bytes)
{
    fw_cfg_add_u32(fw_cfg, size_key, (uint32_t)g_bytes_get_size(bytes));
    fw_cfg_add_bytes(fw_cfg, data_key, bytes);
}

void linux_boot_offer(const LinuxBoot *boot, FwCfg *fw_cfg)
{
    gsize size = g_bytes_get_size(boot->kernel), setup_size = boot->image.setup_size;
    g_autoptr(GBytes) setup = g_bytes_new_from_bytes(boot->kernel, 0, setup_size);
    g_autoptr(GBytes) system = g_bytes_new_from_bytes(boot->kernel, setup_size, size - setup_size);

    offer_part(fw_cfg, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA, setup);
    offer_part(fw_cfg, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, system);
    offer_part(fw_cfg, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA, boot->cmdline);
    if (boot->initrd) {
        offer_part(fw_cfg, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, boot->initrd);
    }
}
