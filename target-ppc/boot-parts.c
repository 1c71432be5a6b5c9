/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/boot-parts.h"
#include <inttypes.h>
#include <string.h>
#include "hw/input-file.h"

/* The largest page of a guest kernel that has no say in where things lie. */
#define GRANULE UINT64_C(0x10000)

/* RTAS is entered with 32-bit addresses. */
#define RTAS_LIMIT (UINT64_C(1) << 32)

/* Linux calls its own addresses 0xc000000000000000 and up, and in some of its files the physical ones, too.
 * The processor ignores the upper four bits of a real address. */
#define REAL_ADDRESS UINT64_C(0x0fffffffffffffff)

/* The guest calls it like a C function with the address of its arguments in r3. It passes them to the
 * hypervisor as an argument of H_RTAS:  mr r4,r3; lis r3,0; ori r3,r3,0xf000; sc 1; blr  (big endian, as RTAS
 * always is). */
static const uint8_t rtas_code[PAPR_RTAS_SIZE] = {
    0x7c, 0x64, 0x1b, 0x78, 0x3c, 0x60, 0x00, 0x00, 0x60, 0x63,
    0xf0, 0x00, 0x44, 0x00, 0x00, 0x22, 0x4e, 0x80, 0x00, 0x20,
};

static const InputFileKind kernel_kind = {
    .name = "kernel",
    .smallest = 1,
    .largest = UINT64_C(1) << 30,
    .granule = 1,
    .expects = "a vmlinux has from 1 byte to 1 GiB",
};

static const InputFileKind initrd_kind = {
    .name = "initrd",
    .smallest = 1,
    .largest = UINT64_C(1) << 40,
    .granule = 1,
    .expects = "give one that is not empty, or leave -initrd out",
};

static uint64_t align_up(uint64_t address)
{
    return (address + GRANULE - 1) / GRANULE * GRANULE;
}

/* ---- the kernel ---- */

static bool check_kernel(const BootParts *boot, Error **errp)
{
    const ElfImage *image = &boot->image;
    g_autofree char *what = elf_image_describe(image);

    return (image->is_64 && image->machine == ELF_MACHINE_PPC64) ||
           error_set(
               errp, CGVM_ERROR_UNSUPPORTED,
               "the kernel '%s' is a %s, and a pseries machine starts 64-bit ones for machine %u (PowerPC64)",
               boot->kernel_name, what, ELF_MACHINE_PPC64);
}

/* The real addresses of all segments. */
static void make_real(ElfImage *image)
{
    for (unsigned i = 0; i < image->n_segments; i++) {
        image->segments[i].physical_address &= REAL_ADDRESS;
    }
}

static bool place_kernel(BootParts *boot, const MachineState *machine, Error **errp)
{
    uint64_t start;

    make_real(&boot->image);
    elf_image_extent(&boot->image, &start, &boot->kernel_end);
    if (boot->kernel_end > machine->memory_size) {
        return error_setg(errp,
                          "the kernel '%s' lies from 0x%" PRIx64 " to 0x%" PRIx64
                          ", and the guest's memory ends at 0x%" PRIx64 "; give it more with -m",
                          boot->kernel_name, start, boot->kernel_end - 1, machine->memory_size);
    }
    if (!elf_image_to_physical(&boot->image, boot->image.entry, &boot->entry) || boot->entry % 4) {
        return error_setg(errp, "the kernel '%s' starts at 0x%" PRIx64 ", where it has no code",
                          boot->kernel_name, boot->image.entry);
    }
    return true;
}

static bool load_kernel(BootParts *boot, MachineState *machine, Error **errp)
{
    const char *path = machine->props.kernel;
    size_t size;
    const void *data;

    if (machine->props.firmware) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "-bios is given, but a pseries machine starts its kernel without a firmware; give the "
            "kernel with -kernel, and leave -bios out");
    }
    if (!path) {
        return error_setg(errp, "no kernel is given; name a vmlinux with -kernel, for example "
                                "/boot/vmlinux of Debian's package linux-image-powerpc64le");
    }
    boot->kernel = input_file_read(path, &kernel_kind, &machine->progress, errp);
    if (!boot->kernel) {
        return false;
    }
    boot->kernel_name = g_path_get_basename(path);
    data = g_bytes_get_data(boot->kernel, &size);
    return elf_image_parse(data, size, boot->kernel_name, &boot->image, errp) && check_kernel(boot, errp) &&
           place_kernel(boot, machine, errp);
}

/* ---- the others ---- */

static bool load_initrd(BootParts *boot, MachineState *machine, Error **errp)
{
    const char *path = machine->props.initrd;

    if (!path) {
        return true;
    }
    boot->initrd = input_file_read(path, &initrd_kind, &machine->progress, errp);
    if (boot->initrd) {
        boot->initrd_name = g_path_get_basename(path);
    }
    return boot->initrd != NULL;
}

static void place_others(BootParts *boot)
{
    boot->rtas_gpa = align_up(boot->kernel_end);
    boot->initrd_gpa = align_up(boot->rtas_gpa + PAPR_RTAS_SIZE);
    boot->tree_gpa =
        boot->initrd ? align_up(boot->initrd_gpa + g_bytes_get_size(boot->initrd)) : boot->initrd_gpa;
}

static bool check_places(const BootParts *boot, const MachineState *machine, uint64_t end, Error **errp)
{
    if (boot->rtas_gpa + PAPR_RTAS_SIZE > RTAS_LIMIT) {
        return error_setg(errp,
                          "the kernel '%s' ends at 0x%" PRIx64 ", which leaves no place for RTAS below 4 GiB",
                          boot->kernel_name, boot->kernel_end);
    }
    return end <= machine->memory_size ||
           error_setg(errp,
                      "kernel, RTAS%s and device tree need memory up to 0x%" PRIx64
                      ", and the guest's ends at 0x%" PRIx64 "; give it more with -m",
                      boot->initrd ? ", initrd" : "", end, machine->memory_size);
}

bool boot_parts_load(BootParts *boot, MachineState *machine, Error **errp)
{
    boot_parts_clear(boot);
    if (!load_kernel(boot, machine, errp) || !load_initrd(boot, machine, errp)) {
        return false;
    }
    place_others(boot);
    return check_places(boot, machine, boot->tree_gpa, errp);
}

/* ---- the list ---- */

static void part_clear(void *data)
{
    BootPart *part = data;

    g_bytes_unref(part->contents);
    g_free(part->origin);
}

/* Takes @contents and @origin over. */
static void add_part(BootParts *boot, uint64_t gpa, GBytes *contents, char *origin)
{
    const BootPart part = { .gpa = gpa, .contents = contents, .origin = origin };

    g_array_append_val(boot->parts, part);
}

static void add_segments(BootParts *boot)
{
    for (unsigned i = 0; i < boot->image.n_segments; i++) {
        const ElfSegment *segment = &boot->image.segments[i];

        if (segment->file_size) {
            add_part(boot, segment->physical_address,
                     g_bytes_new_from_bytes(boot->kernel, segment->file_offset, segment->file_size),
                     g_strdup_printf("%s+0x%" PRIx64 ", kernel", boot->kernel_name, segment->file_offset));
        }
    }
}

static int compare_parts(const void *a, const void *b)
{
    const BootPart *left = a, *right = b;

    return left->gpa < right->gpa ? -1 : left->gpa > right->gpa;
}

bool boot_parts_complete(BootParts *boot, const MachineState *machine, GBytes *tree, Error **errp)
{
    if (!check_places(boot, machine, boot->tree_gpa + g_bytes_get_size(tree), errp)) {
        return false;
    }
    boot->parts = g_array_new(false, false, sizeof(BootPart));
    g_array_set_clear_func(boot->parts, part_clear);
    add_segments(boot);
    add_part(boot, boot->rtas_gpa, g_bytes_new_static(rtas_code, sizeof(rtas_code)), g_strdup("RTAS"));
    if (boot->initrd) {
        add_part(boot, boot->initrd_gpa, g_bytes_ref(boot->initrd),
                 g_strdup_printf("%s+0x0, initrd", boot->initrd_name));
    }
    add_part(boot, boot->tree_gpa, g_bytes_ref(tree), g_strdup("device tree"));
    g_array_sort(boot->parts, compare_parts);
    return true;
}

bool boot_parts_fill(const BootParts *boot, const GuestRam *ram, Error **errp)
{
    for (guint i = 0; i < boot->parts->len; i++) {
        const BootPart *part = &g_array_index(boot->parts, BootPart, i);
        size_t size;
        const void *data = g_bytes_get_data(part->contents, &size);
        uint8_t *memory = guest_ram_pointer(ram, part->gpa, size, errp);

        if (!memory) {
            return false;
        }
        memcpy(memory, data, size);
    }
    return true;
}

void boot_parts_clear(BootParts *boot)
{
    g_clear_pointer(&boot->parts, g_array_unref);
    g_clear_pointer(&boot->kernel, g_bytes_unref);
    g_clear_pointer(&boot->initrd, g_bytes_unref);
    g_free(boot->kernel_name);
    g_free(boot->initrd_name);
    *boot = (BootParts){ .entry = 0 };
}
