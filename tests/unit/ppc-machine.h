/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A pseries machine with a small kernel, for tests: on the simulated host, with a pef-guest or without.
 */
#ifndef TESTS_UNIT_PPC_MACHINE_H
#define TESTS_UNIT_PPC_MACHINE_H

#include <glib/gstdio.h>
#include <unistd.h>
#include "confidential/confidential-guest-support.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-ppc/pseries.h"
#include "tests/unit/elf-file.h"

#define PPC_KERNEL_VIRTUAL UINT64_C(0xc000000000000000)
#define PPC_KERNEL_SIZE    0x100
#define PPC_KERNEL_END     0x20000 /* of its zeroed data */

typedef struct PpcGuest {
    Object *root;
    MachineState *machine;
    Accel *accel;
    char *kernel;
} PpcGuest;

/* The path of a kernel that branches to itself. */
static inline char *ppc_kernel_new(bool is_big)
{
    g_auto(ElfFile) file = elf_file_new(true, is_big, 21, PPC_KERNEL_VIRTUAL);
    uint8_t code[PPC_KERNEL_SIZE] = { 0 };
    char *path = NULL;
    int fd = g_file_open_tmp("cgvm-vmlinux-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    for (unsigned i = 0; i < sizeof(code); i += 4) {
        code[i + (is_big ? 0 : 3)] = 0x48;
    }
    elf_file_add_segment(&file, 0x1000, PPC_KERNEL_VIRTUAL, 0, code, sizeof(code),
                         PPC_KERNEL_END - sizeof(code));
    g_assert_true(g_file_set_contents(path, (const char *)file.bytes->data, file.bytes->len, NULL));
    return path;
}

static inline void ppc_types_register(void)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES };

    type_register_all(types, G_N_ELEMENTS(types));
    confidential_guest_extend_machines();
}

static inline void ppc_set(void *object, const char *name, const char *value)
{
    g_autoptr(Error) error = NULL;
    bool done = object_property_parse(OBJECT(object), name, value, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

/* A machine with a kernel; a pef-guest protects it if @is_secure. What else is to be set is set before it
 * starts. */
static inline PpcGuest ppc_guest_new(bool is_secure)
{
    PpcGuest guest = {
        .root = object_new(TYPE_CONTAINER),
        .machine = MACHINE(object_new(TYPE_PSERIES_MACHINE)),
        .accel = ACCEL(object_new("sim-accel")),
        .kernel = ppc_kernel_new(false),
    };
    g_autoptr(json_object) nothing = json_object_new_object();

    object_property_add_child(guest.root, "machine", OBJECT(guest.machine));
    object_property_add_child(guest.root, "accel", OBJECT(guest.accel));
    if (is_secure) {
        g_assert_nonnull(user_creatable_add(guest.root, "pef-guest", "pef0", nothing, true, NULL));
        ppc_set(guest.machine, "confidential-guest-support", "pef0");
    }
    ppc_set(guest.machine, "kernel", guest.kernel);
    return guest;
}

static inline void ppc_guest_set_cpus(PpcGuest *guest, const char *cpus)
{
    g_autofree char *json = g_strdup_printf("{ \"smp\": { \"cpus\": \"%s\" } }", cpus);
    g_autoptr(json_object) keyval = json_tokener_parse(json);

    g_assert_true(object_set_properties_from_keyval(OBJECT(guest->machine), keyval, false, NULL));
}

static inline void ppc_guest_start(PpcGuest *guest)
{
    g_autoptr(Error) error = NULL;
    bool done = machine_start(guest->machine, guest->accel, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static inline void ppc_guest_clear(PpcGuest *guest)
{
    machine_stop(guest->machine);
    object_unref(OBJECT(guest->machine));
    object_unref(OBJECT(guest->accel));
    object_unref(guest->root);
    g_unlink(guest->kernel);
    g_free(guest->kernel);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PpcGuest, ppc_guest_clear)

#endif
