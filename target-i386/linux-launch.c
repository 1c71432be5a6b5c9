/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/linux-launch.h"
#include <inttypes.h>
#include <string.h>

/* Where the bytes of @part from @offset on come from. To be freed. */
static char *part_origin(const LinuxDirect *direct, const LinuxPart *part, uint64_t offset)
{
    if (part->file) {
        return g_strdup_printf("%s+0x%" PRIx64 ", %s", part->file, part->file_offset + offset, part->name);
    }
    return part->gpa == LINUX_PAGE_TABLES_GPA
               ? g_strdup_printf("%s with the C-bit at %u", part->name, direct->cbitpos)
               : g_strdup(part->name);
}

/* The whole pages of it are the file's memory; only the rest is copied. */
static void plan_part(const LinuxDirect *direct, const LinuxPart *part, LaunchPlan *plan)
{
    gsize size, whole, rest;
    const uint8_t *data = g_bytes_get_data(part->bytes, &size);

    whole = size & ~(gsize)(GUEST_PAGE_SIZE - 1);
    rest = size - whole;
    if (whole) {
        g_autofree char *origin = part_origin(direct, part, 0);
        g_autoptr(GBytes) pages = g_bytes_new_from_bytes(part->bytes, 0, whole);

        launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, part->gpa, whole, pages, "%s", origin);
    }
    if (rest) {
        g_autofree char *origin = part_origin(direct, part, whole);
        uint8_t *page = g_malloc0(GUEST_PAGE_SIZE);
        g_autoptr(GBytes) bytes = g_bytes_new_take(page, GUEST_PAGE_SIZE);

        memcpy(page, data + whole, rest);
        launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, part->gpa + whole, GUEST_PAGE_SIZE, bytes,
                              "%s%s", origin, part->file ? " up to its end" : "");
    }
}

void linux_launch_plan(const LinuxDirect *direct, LaunchPlan *plan)
{
    g_autoptr(GBytes) zeros = g_bytes_new_take(g_malloc0(GUEST_PAGE_SIZE), GUEST_PAGE_SIZE);

    g_assert(direct->cbitpos);
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, LINUX_BIOS_DATA_GPA, GUEST_PAGE_SIZE, zeros,
                          "BIOS data area, zeros");
    for (unsigned i = 0; i < direct->n_parts; i++) {
        plan_part(direct, &direct->parts[i], plan);
    }
}
