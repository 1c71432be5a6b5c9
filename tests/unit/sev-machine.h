/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of launches by a guest's owner: the certificates of the simulated platform, and what a guest
 * sees.
 */
#ifndef TESTS_UNIT_SEV_MACHINE_H
#define TESTS_UNIT_SEV_MACHINE_H

#include <glib.h>
#include "hw/machine.h"
#include "hw/simhost.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sim-x86.h"

/* The keys of the platform follow from its model, so any simulated host of that model will do. */
static inline void export_certs(uint8_t pdh[SEV_CERT_SIZE], uint8_t chain[3 * SEV_CERT_SIZE])
{
    KvmDoor *door = simhost_door_new(&x86_sim_target, NULL, NULL);
    SevPdhCertExport export = {
        .pdh_cert_address = (uintptr_t)pdh,
        .pdh_cert_len = SEV_CERT_SIZE,
        .cert_chain_address = (uintptr_t)chain,
        .cert_chain_len = 3 * SEV_CERT_SIZE,
    };
    SevIssueCommand command = { .cmd = SEV_PDH_CERT_EXPORT, .data = (uintptr_t) & export };
    int fd = door->ops->open(door->host, "/dev/sev", 2);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(door->ops->ioctl(door->host, fd, SEV_ISSUE_CMD_IOCTL, (uintptr_t)&command), ==, 0);
    g_assert_cmpint(door->ops->close(door->host, fd), ==, 0);
    kvm_door_free(door);
}

/* What the guest of @machine sees at @gpa: its policy lets the host decrypt. */
static inline void assert_guest_sees(MachineState *machine, uint64_t gpa, const void *expected, size_t size)
{
    g_autofree uint8_t *seen = g_malloc0(size);
    uint8_t *memory = guest_ram_pointer(&machine->ram, gpa, size, NULL);
    SevDbg dbg = { .src_uaddr = (uintptr_t)memory, .dst_uaddr = (uintptr_t)seen, .len = (uint32_t)size };
    SevCommand command = { .id = SEVCMD_DBG_DECRYPT, .data = (uintptr_t)&dbg };

    g_assert_cmpint(memcmp(memory, expected, size), !=, 0);
    g_assert_cmpint(kvm_try(machine->kvm, machine->kvm->vm_fd, KVMIO_MEMORY_ENCRYPT_OP, &command), ==, 0);
    g_assert_cmpmem(seen, size, expected, size);
}

#endif
