/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What KVM and the ultravisor mean when they refuse a command of protected virtualization: for messages, and
 * for docs/troubleshooting.md, which is made of these tables.
 */
#ifndef TARGET_S390X_S390_PV_ERRORS_H
#define TARGET_S390X_S390_PV_ERRORS_H

#include <stddef.h>
#include "target-s390x/kvm-s390-abi.h"
#include "qapi/error.h"

/** Any reason: of S390PvMeaning.rrc. */
#define S390_PV_ANY_RRC 0x10000u

/** A row of the table. */
typedef struct S390PvMeaning {
    uint16_t rc;
    uint32_t rrc; /* or S390_PV_ANY_RRC */
    const char *text;
} S390PvMeaning;

extern const S390PvMeaning s390_pv_meanings[];
extern const size_t s390_pv_n_meanings;

/** "KVM_PV_UNPACK"; a number that is none gives "KVM_PV_COMMAND". */
const char *s390_pv_command_name(uint32_t command);

/** The same for @p command, of which KVM_S390_PV_DUMP has names of its own for what it is to do: its data is
 * read. */
const char *s390_pv_call_name(const KvmS390PvCommand *command);

/** What @p rc with @p rrc of @p command means and what to do, or NULL if nobody has told. */
const char *s390_pv_meaning(uint32_t command, uint16_t rc, uint16_t rrc);

/** What errno @p os_error of @p command means where the ultravisor was not asked, or NULL. */
const char *s390_pv_errno_meaning(uint32_t command, int os_error);

/**
 * Sets the error of @p command, which was refused with @p os_error and what the kernel has written back,
 * while
 * @p what was done ("unpacking component 0 (kernel)"). Of the kind CGVM_ERROR_FIRMWARE if the ultravisor has
 * refused, else CGVM_ERROR_KERNEL. Returns false.
 */
bool s390_pv_set_error(Error **errp, const KvmS390PvCommand *command, int os_error, const char *what);

#endif
