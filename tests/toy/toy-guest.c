/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * toy-guest: a mechanism that protects nothing, to show how one is made. docs/add-a-mechanism.md walks
 * through this file.
 *
 * The launch: each range of the plan is copied into the memory of a plain VM. The launch digest is a chain of
 * SHA-256: a step hashes the digest so far, the address of a page, and the page.
 */
#include <string.h>
#include "confidential/confidential-guest-support.h"
#include "confidential/crypto.h"
#include "qom/user-creatable.h"
#include "toy-builtins.h"
#include "toy-types.h"

#define TYPE_TOY_GUEST "toy-guest"

#define PLAIN_VM       0      /* argument of KVM_CREATE_VM */
#define NOTE_GPA       0x1000 /* where the guest finds its note */

typedef struct ToyGuest {
    ConfidentialGuestSupport parent;
    ToyGuestProperties props;
} ToyGuest;

#define TOY_GUEST(obj) OBJECT_CHECK(ToyGuest, obj, TYPE_TOY_GUEST)

static bool toy_check(ConfidentialGuestSupport *cgs, MachineState *machine G_GNUC_UNUSED, Error **errp)
{
    const char *note = TOY_GUEST(cgs)->props.note;

    if (note && strlen(note) >= GUEST_PAGE_SIZE) {
        return error_setg(errp, "'note' is %zu bytes long, but has to fit one page; shorten it to 4095",
                          strlen(note));
    }
    return true;
}

static bool toy_vm_type(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, const Kvm *kvm G_GNUC_UNUSED,
                        uint32_t *ret_type, Error **errp G_GNUC_UNUSED)
{
    *ret_type = PLAIN_VM;
    return true;
}

static bool toy_plan(ConfidentialGuestSupport *cgs, MachineState *machine, LaunchPlan *plan,
                     Error **errp G_GNUC_UNUSED)
{
    const ToyGuestProperties *props = &TOY_GUEST(cgs)->props;

    plan->parameters = fields_to_json(&toy_guest_fields, props);
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, machine->firmware_gpa,
                          g_bytes_get_size(machine->firmware), machine->firmware, "firmware+0x0");
    if (props->note) {
        uint8_t *page = g_malloc0(GUEST_PAGE_SIZE);
        g_autoptr(GBytes) bytes = g_bytes_new_take(page, GUEST_PAGE_SIZE);

        memcpy(page, props->note, strlen(props->note));
        launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, NOTE_GPA, GUEST_PAGE_SIZE, bytes, "note");
    }
    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        launch_plan_add_vcpu(plan, "reset vector", json_object_new_object(), NULL);
    }
    return true;
}

static void toy_digest(ConfidentialGuestSupport *cgs, LaunchPlan *plan)
{
    uint64_t seed = GUINT64_TO_LE(TOY_GUEST(cgs)->props.seed);
    uint8_t digest[CRYPTO_SHA256_SIZE] = { 0 };
    struct {
        uint8_t digest[CRYPTO_SHA256_SIZE];
        uint64_t gpa;
        uint8_t page[GUEST_PAGE_SIZE];
    } step;

    memcpy(digest, &seed, sizeof(seed));
    for (size_t i = 0; i < plan->n_ranges; i++) {
        const LaunchRange *range = &plan->ranges[i];
        const uint8_t *contents = g_bytes_get_data(range->contents, NULL);
        for (uint64_t offset = 0; offset < range->size; offset += GUEST_PAGE_SIZE) {
            memcpy(step.digest, digest, sizeof(digest));
            step.gpa = GUINT64_TO_LE(range->gpa + offset);
            memcpy(step.page, contents + offset, GUEST_PAGE_SIZE);
            crypto_sha256(&step, sizeof(step), digest);
            plan->measured_pages++;
        }
    }
    plan->digest = crypto_hex(digest, sizeof(digest));
}

static bool toy_launch_range(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine,
                             const LaunchRange *range, Error **errp)
{
    uint8_t *memory = guest_ram_pointer(&machine->ram, range->gpa, range->size, errp);

    if (!memory) {
        return false;
    }
    memcpy(memory, g_bytes_get_data(range->contents, NULL), range->size);
    return true;
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc);

    object_class_add_fields(oc, &toy_guest_fields, offsetof(ToyGuest, props));
    confidential_guest_class_init_user(oc);
    cc->machine_type = TYPE_MACHINE;
    cc->default_machine = "microvm";
    cc->needs_firmware = "a toy guest starts in a firmware; name one";
    cc->check = toy_check;
    cc->vm_type = toy_vm_type;
    cc->plan = toy_plan;
    cc->digest = toy_digest;
    cc->launch_range = toy_launch_range;
}

const TypeInfo toy_guest_type = {
    .name = TYPE_TOY_GUEST,
    .parent = TYPE_CONFIDENTIAL_GUEST_SUPPORT,
    .instance_size = sizeof(ToyGuest),
    .class_init = class_init,
    .interfaces = user_creatable_interfaces,
};
