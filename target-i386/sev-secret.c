/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sev-secret.h"
#include <inttypes.h>

#define SECRET_ALIGNMENT 16

static bool check_packet(const LaunchSecret *secret, Error **errp)
{
    gsize header = g_bytes_get_size(secret->header), packet = g_bytes_get_size(secret->packet);

    if (header != sizeof(SevSecretHeader)) {
        return error_setg(errp,
                          "the secret's header has %zu bytes, not %zu; pass header and packet as the guest's "
                          "owner has made them",
                          header, sizeof(SevSecretHeader));
    }
    if (!packet || packet % SECRET_ALIGNMENT || packet > SEV_SECRET_MAX) {
        return error_setg(errp,
                          "the secret's packet has %zu bytes; the firmware takes a multiple of %d up to %d: "
                          "have the guest's owner pad or split the secret",
                          packet, SECRET_ALIGNMENT, SEV_SECRET_MAX);
    }
    return true;
}

/* The place that the guest's firmware looks at. */
static bool find_area(const X86MachineState *x86, uint64_t size, uint64_t *ret_gpa, Error **errp)
{
    const OvmfArea *area = &x86->firmware_info.secret;

    if (!x86->firmware_name) {
        return error_setg(errp, "there is no firmware with an area for a launch secret; say where it goes in "
                                "guest memory");
    }
    if (!area->gpa || !area->size) {
        return error_setg(errp,
                          "the firmware '%s' has no area for a launch secret; say where it goes in guest "
                          "memory, or use an image with one (an AmdSev build of OVMF)",
                          x86->firmware_name);
    }
    if (size > area->size) {
        return error_setg(errp,
                          "the secret's packet has %" PRIu64 " bytes, but the secret area of the firmware "
                          "'%s' at 0x%x has %u; make the secret smaller",
                          size, x86->firmware_name, area->gpa, area->size);
    }
    *ret_gpa = area->gpa;
    return true;
}

static bool check_unmeasured(const LaunchPlan *plan, uint64_t gpa, uint64_t size, Error **errp)
{
    for (size_t i = 0; i < plan->n_ranges; i++) {
        const LaunchRange *range = &plan->ranges[i];

        if (gpa < range->gpa + range->size && range->gpa < gpa + size) {
            g_autofree char *label = launch_range_label(range);
            return error_setg(errp,
                              "the secret at 0x%" PRIx64 "-0x%" PRIx64 " would overwrite %s, which is "
                              "measured; choose another place",
                              gpa, gpa + size - 1, label);
        }
    }
    return true;
}

static uint8_t *find_place(SevCommon *sev, MachineState *machine, const LaunchSecret *secret,
                           uint64_t *ret_gpa, Error **errp)
{
    gsize size = g_bytes_get_size(secret->packet);
    uint8_t *memory;

    *ret_gpa = secret->gpa;
    if (!secret->has_gpa && !find_area(X86_MACHINE(machine), size, ret_gpa, errp)) {
        return NULL;
    }
    if (*ret_gpa % SECRET_ALIGNMENT) {
        return error_setg_null(errp,
                               "the secret cannot go to 0x%" PRIx64
                               "; the firmware takes an address that is a "
                               "multiple of %d",
                               *ret_gpa, SECRET_ALIGNMENT);
    }
    memory = guest_ram_pointer(&machine->ram, *ret_gpa, size, errp);
    if (!memory) {
        return error_prepend_null(errp, "the secret has no place: ");
    }
    return check_unmeasured(CONFIDENTIAL_GUEST_SUPPORT(sev)->plan, *ret_gpa, size, errp) ? memory : NULL;
}

bool sev_secret_inject(SevCommon *sev, MachineState *machine, const LaunchSecret *secret, Error **errp)
{
    gsize header_size, packet_size;
    const void *header = g_bytes_get_data(secret->header, &header_size);
    const void *packet = g_bytes_get_data(secret->packet, &packet_size);
    g_autofree char *what = NULL;
    SevLaunchSecret params;
    uint8_t *memory;
    uint64_t gpa;

    if (!check_packet(secret, errp)) {
        return false;
    }
    memory = find_place(sev, machine, secret, &gpa, errp);
    if (!memory) {
        return false;
    }
    params = (SevLaunchSecret){
        .hdr_uaddr = (uintptr_t)header,
        .hdr_len = header_size,
        .guest_uaddr = (uintptr_t)memory,
        .guest_len = packet_size,
        .trans_uaddr = (uintptr_t)packet,
        .trans_len = packet_size,
    };
    what = g_strdup_printf("injecting a secret of %zu bytes at 0x%" PRIx64, packet_size, gpa);
    return sev_command(sev, machine->kvm, SEVCMD_LAUNCH_SECRET, &params, what, errp);
}
