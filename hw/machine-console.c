/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guest prints, on its way from a device to whoever reads it. A device hands over bytes while its
 * bus is locked; they are passed on afterwards, without a lock that anybody else needs, before the vCPU that
 * sent them enters the guest again. So a reader that is slow slows the guest down, nothing is lost, and no
 * more is kept than one exit of each vCPU has sent.
 */
#include <string.h>
#include "hw/machine.h"

void machine_print_byte(void *machine, uint8_t byte)
{
    MachineState *m = MACHINE(machine);

    if (m->console_write) {
        g_mutex_lock(&m->output_lock);
        g_byte_array_append(m->output, &byte, 1);
        g_atomic_int_set(&m->has_output, true);
        g_mutex_unlock(&m->output_lock);
    }
}

/* Passes on what there is. Whether that was all. */
static bool pass_on(MachineState *machine)
{
    bool is_all;

    g_mutex_lock(&machine->output_lock);
    if (machine->output->len) {
        size_t done = machine->console_write(machine->console_write_opaque, machine->output->data,
                                             machine->output->len);
        g_byte_array_remove_range(machine->output, 0, (guint)MIN(done, machine->output->len));
    }
    is_all = !machine->output->len;
    g_atomic_int_set(&machine->has_output, !is_all);
    g_mutex_unlock(&machine->output_lock);
    return is_all;
}

bool machine_flush_console(MachineState *machine)
{
    return !g_atomic_int_get(&machine->has_output) || pass_on(machine);
}
