/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How the vCPUs of an SEV-ES guest with a kernel and no firmware find each other: a page of code that does
 * what the firmware would do for the kernel.
 *
 * An interrupt cannot say where a vCPU of such a guest starts, since that is in its encrypted registers. So a
 * firmware tells the hypervisor where its AP jump table is (AMD 56421, GHCB specification, 4.1.4 "AP jump
 * table"); the kernel asks the hypervisor for the address, and writes to the table where the other vCPUs
 * shall go on; then it starts them as always, they begin where their measured registers say, and jump through
 * the table. (Linux, sev_es_setup_ap_jump_table in arch/x86/kernel/sev.c, sev_vcpu_deliver_sipi_vector in
 * arch/x86/kvm/svm/sev.c.)
 *
 * The page lies in memory that the map calls reserved, where kernels look for the table. It has
 *
 *   +0x000  the table: IP and CS, at first of a loop that halts
 *   +0x010  where other vCPUs start, in real mode: a jump through the table
 *   +0x020  the loop
 *   +0x040  where the first vCPU starts, in 64-bit mode: it announces the table by a GHCB, and enters the
 * kernel; if the hypervisor refuses, it asks to be terminated (set 0, reason 0)
 *
 * The GHCB is the page behind it, which must be mapped without the C-bit, and is not launched.
 */
#ifndef TARGET_I386_ES_START_H
#define TARGET_I386_ES_START_H

#include <glib.h>
#include <stdint.h>

#define ES_START_GPA      UINT64_C(0xe2000)
#define ES_START_GHCB_GPA UINT64_C(0xe3000)

/** Where vCPUs start. */
#define ES_START_AP  (ES_START_GPA + 0x10)
#define ES_START_BSP (ES_START_GPA + 0x40)

/** The page, for a kernel whose 64-bit entry is at @p kernel_entry, below 4 GiB. It takes RSI along. */
GBytes *es_start_new(uint32_t kernel_entry);

#endif
