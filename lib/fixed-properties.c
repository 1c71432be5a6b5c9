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
    { "acpi", "off", "whether there are tables does not depend on it" },
    { "default-bus-bypass-iommu", "off", "there is no IOMMU" },
    { "dump-guest-core", "on",
      "guest memory would still be in core files; use 'ulimit -c 0' or the like instead" },
    { "fd-bootchk", "on", "there is no floppy disk" },
    { "graphics", "off", "there is no display" },
    { "hmat", "off", "there are no tables to describe memory with" },
    { "hpet", "off", "there is no HPET; the guest has the timers of KVM" },
    { "i8042", "off", "there is no keyboard controller" },
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
    { "pit", "off", "whether there is an interval timer does not depend on it" },
    { "rtc", "on", "the real-time clock is always there" },
    { "sata", "off", "there are no disks" },
    { "smbus", "off", "there is no SMBus" },
    { "smm", "off", "there is no system management mode" },
    { "usb", "off", "there is no USB" },
    { "vmport", "off", "there is no VMware port" },
    { "x-option-roms", "off", "there are no option ROMs" },
};

/* What is another way on a q35. */
static const struct {
    const char *name;
    const char *value;
} on_q35[] = { { "acpi", "on" }, { "pit", "on" } };

static const char *value_on_q35(const FixedProperty *property)
{
    for (size_t i = 0; i < G_N_ELEMENTS(on_q35); i++) {
        if (strcmp(property->name, on_q35[i].name) == 0) {
            return on_q35[i].value;
        }
    }
    return property->value;
}

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

static bool is_value(const char *value, const char *right)
{
    return value && right && strcmp(value, right) == 0;
}

static bool refuse_value(const FixedProperty *property, const char *right, const char *value, Error **errp)
{
    return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' can only be '%s', not '%s': %s; leave it out",
                     property->name, right, value ? value : "a list", property->reason);
}

bool fixed_property_check(const char *name, const char *value, Error **errp)
{
    const FixedProperty *property = find(name);

    if (!property->value) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' is not supported: %s", name, property->reason);
    }
    return is_value(value, property->value) || is_value(value, value_on_q35(property)) ||
           refuse_value(property, property->value, value, errp);
}

bool fixed_property_check_on(const char *machine, const char *name, const char *value, Error **errp)
{
    const FixedProperty *property = find(name);
    const char *right = strcmp(machine, "q35") == 0 ? value_on_q35(property) : property->value;

    return is_value(value, right) || refuse_value(property, right, value, errp);
}
