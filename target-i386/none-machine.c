/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The machine "none": nothing to start, but a place in the tree of objects, and an architecture for which an
 * accelerator opens its door to whoever asks what the host offers.
 */
#include "qapi-builtins.h"
#include "target-i386/x86-machine.h"

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->name = "none";
    mc->description = "nothing: for programs that ask questions through a monitor";
    mc->target = &x86_target;
    mc->max_cpus = 1;
}

const TypeInfo none_machine_type = {
    .name = "none-machine",
    .parent = TYPE_MACHINE,
    .class_init = class_init,
};
