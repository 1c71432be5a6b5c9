/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/fixed-properties.h"
#include <string.h>

typedef struct FixedProperty {
    const char *name;
    const char *value;  /* NULL: there is no right one */
    const char *reason; /* why no other */
} FixedProperty;

#define NO_FLASH                                                                                             \
    "flash is not measured and cannot hold the firmware of a confidential guest; give the image with -bios"

static const FixedProperty fixed[] = {
    { "acpi", "off", "the guest would look for tables that are not there" },
    { "dump-guest-core", "on",
      "guest memory would still be in core files; use 'ulimit -c 0' or the like instead" },
    { "graphics", "off", "there is no display" },
    { "hmat", "off", "there are no tables to describe memory with" },
    { "igvm-cfg", NULL, "IGVM files cannot be loaded; give the firmware with -bios" },
    { "ioapic2", "off", "there is one IOAPIC" },
    { "isa-serial", "on", "COM1 is always there" },
    { "kernel-irqchip", "on",
      "the kernel has the whole interrupt controller, as SEV-ES and SEV-SNP need it" },
    { "mem-merge", "off", "memory is not offered for merging" },
    { "nvdimm", "off", "there is no persistent memory" },
    { "pcie", "off", "there is no PCI bus" },
    { "pflash0", NULL, NO_FLASH },
    { "pflash1", NULL, NO_FLASH },
    { "pic", "on", "the kernel's interrupt controller has one" },
    { "pit", "off", "there is no interval timer" },
    { "rtc", "on", "the real-time clock is always there" },
    { "smm", "off", "there is no system management mode" },
    { "usb", "off", "there is no USB" },
    { "vmport", "off", "there is no VMware port" },
    { "x-option-roms", "off", "there are no option ROMs" },
};

static const FixedProperty *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++) {
        if (strcmp(name, fixed[i].name) == 0) {
            return &fixed[i];
        }
    }
    return NULL;
}

bool fixed_property_exists(const char *name)
{
    return find(name) != NULL;
}

bool fixed_property_check(const char *name, const char *value, Error **errp)
{
    const FixedProperty *property = find(name);

    if (!property->value) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' is not supported: %s", name, property->reason);
    }
    if (!value || strcmp(value, property->value) != 0) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' can only be '%s', not '%s': %s; leave it out",
                         name, property->value, value ? value : "a list", property->reason);
    }
    return true;
}
