/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * s390-pv-guest: guests of IBM Z that the ultravisor protects (protected virtualization, Secure Execution for
 * Linux).
 *
 * No host launches them. The guest starts as any other, from a Secure Execution image; the loader in that
 * asks by diagnose 308 to be switched, and the machine does so (s390-ipl.c, s390-pv.c), whether it has such
 * an object or not. What the object adds: a plan made of the image, refusals before anything is started, a
 * host that is known to be able to, and a word if the guest asks for something else than was planned.
 */
#include <inttypes.h>
#include <string.h>
#include "confidential/confidential-guest-support.h"
#include "confidential/crypto.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-s390x/pv-image-info.h"
#include "target-s390x/s390-kernel.h"
#include "target-s390x/s390-machine.h"

#define TYPE_S390_PV_GUEST "s390-pv-guest"

#define PLAIN_VM           0 /* argument of KVM_CREATE_VM: what a VM becomes is decided later */

/* Entries of the SCLP's list of vCPUs that fit a page, which is all that it may have of a secure guest. */
#define MAX_SECURE_CPUS 247

static bool refuse_plain_kernel(const S390Boot *boot, Error **errp)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(boot->kernel, &size);
    g_autoptr(Error) why = NULL;

    if (s390_kernel_check(data, size, &why)) {
        return error_setg(errp,
                          "'%s' is no Secure Execution image, so the guest would start and stay a plain one; "
                          "make one of it with 'cgctl pvimage create'",
                          boot->name);
    }
    return error_setg(errp, "'%s' is no Secure Execution image, and none can be made of it: %s", boot->name,
                      cgvm_error_message(why));
}

static bool pv_check(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine, Error **errp)
{
    const S390MachineState *s390 = S390_MACHINE(machine);

    if (s390->cpu.unpack == ON_OFF_AUTO_OFF) {
        return error_setg(errp,
                          "-cpu has unpack=off, without which a guest cannot become a secure one; leave it "
                          "out");
    }
    if (machine->smp.max_cpus > MAX_SECURE_CPUS) {
        return error_setg(errp, "a secure guest has at most %d vCPUs, not %u; use a smaller -smp",
                          MAX_SECURE_CPUS, machine->smp.max_cpus);
    }
    return s390->boot.is_secure || refuse_plain_kernel(&s390->boot, errp);
}

static bool pv_vm_type(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, const Kvm *kvm G_GNUC_UNUSED,
                       uint32_t *ret_type, Error **errp G_GNUC_UNUSED)
{
    *ret_type = PLAIN_VM;
    return true;
}

static bool pv_probe(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine, Error **errp)
{
    return S390_MACHINE(machine)->has_unpack || error_set(errp, CGVM_ERROR_UNSUPPORTED, S390_NO_PROTECTED);
}

/* ---- the plan ---- */

static void plan_components(const S390Boot *boot, LaunchPlan *plan)
{
    const PvImage *image = &boot->image;

    for (size_t i = 0; i < image->block.n_components; i++) {
        const PvComponent *component = &image->block.components[i];
        g_autoptr(GBytes) bytes = g_bytes_new_from_bytes(image->file, component->gpa, component->size);

        launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_ENCRYPTED, component->gpa, component->size, bytes,
                              "%s+0x%" PRIx64 ", %s, tweak 0x%016" PRIx64, boot->name, component->gpa,
                              pv_component_kind(component), component->tweak);
    }
}

static void plan_vcpus(const MachineState *machine, const S390Boot *boot, LaunchPlan *plan)
{
    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        json_object *registers = json_object_new_object();

        if (i == 0) {
            json_object_object_add(registers, "psw-mask", json_object_new_uint64(PV_PSW_MASK));
            json_object_object_add(registers, "psw-addr", json_object_new_uint64(boot->entry));
        }
        launch_plan_add_vcpu(plan, i ? "stopped" : "loader in the image, until the switch", registers, NULL);
    }
}

static void check_request(Object *guard, MachineState *machine, const PvBlock *block, GBytes *header);

/* Once: the file was read for good. */
static bool verify_image(MachineState *machine, Error **errp)
{
    S390Boot *boot = &S390_MACHINE(machine)->boot;

    if (!boot->is_verified && !pv_image_verify(&boot->image, &machine->progress, errp)) {
        return error_prepend(errp, "'%s': ", boot->name);
    }
    boot->is_verified = true;
    return true;
}

static bool pv_plan(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine, LaunchPlan *plan,
                    Error **errp)
{
    S390MachineState *s390 = S390_MACHINE(machine);
    const S390Boot *boot = &s390->boot;
    g_autofree char *flags = pv_flags_text(boot->image.header.plaintext_flags);
    PvImageInfo info;

    if (!verify_image(machine, errp)) {
        return false;
    }
    s390->check_request = check_request;
    pv_image_describe(&boot->image, boot->entry, &info);
    plan->parameters = fields_to_json(&PvImageInfo_fields, &info);
    pv_image_info_clear(&info);
    /* They are the ranges of the plan. */
    json_object_object_del(plan->parameters, "components");
    launch_plan_explain(plan, "flags", flags);
    plan_components(boot, plan);
    plan_vcpus(machine, boot, plan);
    if (!machine->kvm) {
        launch_plan_assume(plan, "the guest's loader asks for what its image has at 0x%" PRIx64,
                           boot->image.ipib_gpa);
        launch_plan_assume(plan, "the host has one of the host keys, and its ultravisor knows the flags");
    }
    return true;
}

/* Nothing is measured that the host could compute: the header's tag is what an attestation shows. */
static void pv_digest(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, LaunchPlan *plan)
{
    for (size_t i = 0; i < plan->n_ranges; i++) {
        plan->measured_pages += plan->ranges[i].size / PV_PAGE_SIZE;
    }
}

/* ---- on the host ---- */

static bool pv_memory_added(ConfidentialGuestSupport *cgs G_GNUC_UNUSED, MachineState *machine, Error **errp)
{
    if (machine->memory_backend && machine->ram.main_reclaim == RAM_RECLAIM_NEVER) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "'memory-backend' has huge pages, and the memory of a secure guest cannot be backed by "
            "them; use memory-backend-ram or -memfd");
    }
    return s390_machine_fill_memory(machine, errp);
}

/* What the guest asks for against what was planned. It may: another image can be in charge by now. */
static void check_request(Object *guard, MachineState *machine, const PvBlock *block, GBytes *header)
{
    const PvImage *image = &S390_MACHINE(machine)->boot.image;
    g_autofree char *label = object_label(guard);
    const char *difference = NULL;

    if (g_bytes_get_size(header) != image->header.size ||
        memcmp(g_bytes_get_data(header, NULL), image->header.bytes, image->header.size) != 0) {
        difference = "another header";
    } else if (block->n_components != image->block.n_components) {
        difference = "another number of components";
    } else if (memcmp(block->components, image->block.components,
                      block->n_components * sizeof(block->components[0])) != 0) {
        difference = "other addresses, sizes or tweaks of components";
    }
    if (difference) {
        machine_note(machine, "%s: the guest asks to be started as something else than was planned: %s",
                     label, difference);
    }
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    ConfidentialGuestSupportClass *cc = CONFIDENTIAL_GUEST_SUPPORT_CLASS(oc);

    confidential_guest_class_init_user(oc);
    cc->machine_type = TYPE_S390_MACHINE;
    cc->default_machine = "s390-ccw-virtio";
    cc->check = pv_check;
    cc->vm_type = pv_vm_type;
    cc->probe = pv_probe;
    cc->plan = pv_plan;
    cc->digest = pv_digest;
    cc->memory_added = pv_memory_added;
}

const TypeInfo s390_pv_guest_type = {
    .name = TYPE_S390_PV_GUEST,
    .parent = TYPE_CONFIDENTIAL_GUEST_SUPPORT,
    .instance_size = sizeof(ConfidentialGuestSupport),
    .class_init = class_init,
    .interfaces = user_creatable_interfaces,
};
