/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a PC keeps in its CMOS memory for its firmware: how much memory it has, in the places that firmwares
 * know (OVMF, OvmfPkg/Library/PlatformInitLib/MemDetect.c).
 */
#ifndef TARGET_I386_X86_CMOS_H
#define TARGET_I386_X86_CMOS_H

#include "hw/cmos.h"
#include "qapi-types.h"

/** Bytes of memory, from 0 and from 4 GiB. */
typedef struct X86MemorySizes {
    uint64_t below_4g;
    uint64_t above_4g;
} X86MemorySizes;

/**
 * Starts @p cmos on @p bus for a machine with so much memory. The clock begins as @p clock says. Fails with
 * CGVM_ERROR_INVALID for a date that is none.
 */
bool x86_cmos_init(Cmos *cmos, IoBus *bus, const RtcConfiguration *clock, X86MemorySizes memory,
                   Error **errp);

#endif
