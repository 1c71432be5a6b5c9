/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the device tree of a pseries machine, flattened, to stdout: dump-device-tree CPUS MEMORY KERNEL
 * [INITRD]. The machine is only planned, so it may be larger than this one.
 */
#include <stdio.h>
#include "target-ppc/pseries.h"
#include "tests/unit/ppc-machine.h"

static bool dump(const PseriesMachineState *pseries)
{
    for (guint i = 0; i < pseries->boot.parts->len; i++) {
        const BootPart *part = &g_array_index(pseries->boot.parts, BootPart, i);
        size_t size;
        const void *data = g_bytes_get_data(part->contents, &size);

        if (part->gpa == pseries->boot.tree_gpa) {
            return fwrite(data, 1, size, stdout) == size && fflush(stdout) == 0;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    g_autoptr(Object) machine = NULL;
    g_autoptr(json_object) options = NULL;
    g_autoptr(Error) error = NULL;
    g_autofree char *json = NULL;

    if (argc < 4) {
        fprintf(stderr, "usage: %s CPUS MEMORY KERNEL [INITRD]\n", argv[0]);
        return 1;
    }
    ppc_types_register();
    machine = object_new(TYPE_PSERIES_MACHINE);
    json = g_strdup_printf(
        "{ \"smp\": { \"cpus\": \"%s\" }, \"memory\": { \"size\": \"%s\" }, \"kernel\": \"%s\", "
        "\"append\": \"console=hvc0 root=/dev/ram\" }",
        argv[1], argv[2], argv[3]);
    options = json_tokener_parse(json);
    if (!object_set_properties_from_keyval(OBJECT(machine), options, false, &error) ||
        (argc > 4 && !object_property_parse(OBJECT(machine), "initrd", argv[4], &error)) ||
        !machine_load(MACHINE(machine), &error)) {
        fprintf(stderr, "%s\n", cgvm_error_message(error));
        return 1;
    }
    return dump(PSERIES_MACHINE(machine)) ? 0 : 1;
}
