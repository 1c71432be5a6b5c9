/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-boot.h"
#include <inttypes.h>
#include <string.h>
#include "hw/input-file.h"
#include "target-s390x/s390-kernel.h"

#define MIB               UINT64_C(0x100000)
#define INITRD_GPA        UINT64_C(0x800000) /* at least, as QEMU has it */
#define SHORT_PSW_ADDRESS 4
#define SHORT_PSW_ADDR    0x7fffffffu
#define SHORT_PSW_BIT     0x00080000u /* set in the first word of every short PSW */

static const InputFileKind kernel_kind = {
    .name = "kernel",
    .smallest = 16,
    .largest = S390_KERNEL_LARGEST,
    .granule = 1,
    .expects = "a kernel or an image has 16 bytes to 1 GiB",
};
static const InputFileKind initrd_kind = {
    .name = "initrd",
    .smallest = 1,
    .largest = S390_KERNEL_LARGEST,
    .granule = 1,
    .expects = "an initrd has 1 byte to 1 GiB",
};

static uint32_t read_word(const uint8_t *data)
{
    uint32_t value;

    memcpy(&value, data, sizeof(value));
    return GUINT32_FROM_BE(value);
}

/* Where something starts that is no kernel whose entry we know: its first bytes say so. */
static bool read_entry(S390Boot *boot, Error **errp)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(boot->kernel, &size);
    uint32_t entry = read_word(data + SHORT_PSW_ADDRESS) & SHORT_PSW_ADDR;

    if (s390_kernel_is_for_x86(data, size)) {
        return s390_kernel_check(data, size, errp);
    }
    if (!(read_word(data) & SHORT_PSW_BIT) || entry >= size || entry % 2) {
        g_autoptr(Error) why = NULL;
        if (s390_kernel_check(data, size, &why)) {
            g_assert_not_reached();
        }
        return error_setg(errp, "%s; nor does it start with a program status word that leads into it",
                          cgvm_error_message(why));
    }
    boot->entry = entry;
    return true;
}

/* Only a kernel takes them. */
static bool refuse_parameters(const S390Boot *boot, const char *what, Error **errp)
{
    if (boot->initrd || boot->append) {
        return error_setg(errp, "-%s has no effect: '%s' is %s", boot->initrd ? "initrd" : "append",
                          boot->name, what);
    }
    return true;
}

static bool place_initrd(S390Boot *boot, const MachineState *machine, Error **errp)
{
    const uint64_t kernel_end = g_bytes_get_size(boot->kernel) + MIB;
    const uint64_t size = boot->initrd ? g_bytes_get_size(boot->initrd) : 0;

    if (!boot->initrd) {
        return true;
    }
    boot->initrd_gpa = MAX(INITRD_GPA, (kernel_end + MIB - 1) & ~(MIB - 1));
    if (boot->initrd_gpa + size > machine->memory_size) {
        return error_setg(errp,
                          "the initrd '%s' of %" PRIu64 " MiB does not fit behind the kernel into %" PRIu64
                          " MiB of memory; give the guest more with -m",
                          machine->props.initrd, (size + MIB - 1) / MIB, machine->memory_size / MIB);
    }
    return true;
}

static bool load_kernel(S390Boot *boot, const MachineState *machine, Error **errp)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(boot->kernel, &size);

    if (pv_image_is(boot->kernel)) {
        boot->is_secure = true;
        return (pv_image_parse(boot->kernel, &boot->image, errp) ||
                error_prepend(errp, "'%s': ", boot->name)) &&
               refuse_parameters(boot,
                                 "a Secure Execution image, which has its own initrd and command line sealed "
                                 "in it; make it anew with others, or leave them out",
                                 errp) &&
               (read_entry(boot, errp) || error_prepend(errp, "'%s': ", boot->name));
    }
    if (!s390_kernel_is(data, size)) {
        return (read_entry(boot, errp) || error_prepend(errp, "'%s': ", boot->name)) &&
               refuse_parameters(boot, "no Linux kernel, which is what takes it; leave it out", errp);
    }
    boot->entry = S390_KERNEL_ENTRY;
    return (s390_kernel_check_line(data, size, boot->append, errp) || error_prepend(errp, "-append: ")) &&
           place_initrd(boot, machine, errp);
}

static bool read_files(S390Boot *boot, const MachineState *machine, Error **errp)
{
    const MachineProperties *props = &machine->props;

    if (props->firmware) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "-bios: this machine starts what -kernel names itself; leave it out");
    }
    if (!props->kernel) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "there is nothing to start: this machine has no disk to boot from yet; name a kernel, or "
            "a Secure Execution image, with -kernel");
    }
    boot->name = g_path_get_basename(props->kernel);
    boot->append = props->append;
    boot->kernel = input_file_read(props->kernel, &kernel_kind, &machine->progress, errp);
    if (boot->kernel && props->initrd) {
        boot->initrd = input_file_read(props->initrd, &initrd_kind, &machine->progress, errp);
    }
    return boot->kernel && (!props->initrd || boot->initrd);
}

bool s390_boot_load(S390Boot *boot, const MachineState *machine, Error **errp)
{
    if (!read_files(boot, machine, errp) || !load_kernel(boot, machine, errp)) {
        return false;
    }
    if (g_bytes_get_size(boot->kernel) > machine->memory_size) {
        return error_setg(errp,
                          "'%s' has %zu bytes, and the guest %" PRIu64 " MiB of memory; give it more with -m",
                          boot->name, g_bytes_get_size(boot->kernel), machine->memory_size / MIB);
    }
    return true;
}

bool s390_boot_fill(const S390Boot *boot, const GuestRam *ram, Error **errp)
{
    const uint64_t initrd_size = boot->initrd ? g_bytes_get_size(boot->initrd) : 0;
    size_t size;
    const void *data = g_bytes_get_data(boot->kernel, &size);
    uint8_t *memory = guest_ram_pointer(ram, 0, size, errp);

    if (!memory) {
        return false;
    }
    memcpy(memory, data, size);
    if (boot->initrd) {
        uint8_t *initrd = guest_ram_pointer(ram, boot->initrd_gpa, initrd_size, errp);
        if (!initrd) {
            return false;
        }
        memcpy(initrd, g_bytes_get_data(boot->initrd, NULL), initrd_size);
    }
    return (!boot->initrd && !boot->append) ||
           s390_kernel_patch(memory, size, boot->append, boot->initrd_gpa, initrd_size, errp);
}

void s390_boot_clear(S390Boot *boot)
{
    pv_image_clear(&boot->image);
    g_clear_pointer(&boot->kernel, g_bytes_unref);
    g_clear_pointer(&boot->initrd, g_bytes_unref);
    g_free(boot->name);
    *boot = (S390Boot){ .name = NULL };
}
