/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Measured direct boot: the table of digests of kernel, initrd and command line, and its place in a launch.
 *
 * The launch measures the firmware and this table; the firmware, if it is one that looks for the table,
 * starts nothing whose digest is not in it. So kernel, initrd and command line are a part of the launch
 * digest, although they reach the guest later and through the host.
 *
 * A guest that is not protected can have the table, too: nothing measures it, but the firmware's part works,
 * and such a firmware starts no kernel without it.
 *
 * The table lies where the firmware has an area for it. SEV and SEV-ES launch just its bytes; SEV-SNP the
 * page around it, for which the firmware's metadata has a section. (AMD specifies none of that: it is between
 * QEMU and OVMF's AmdSev build.)
 */
#ifndef TARGET_I386_KERNEL_HASHES_H
#define TARGET_I386_KERNEL_HASHES_H

#include "confidential/plan.h"
#include "target-i386/x86-machine.h"

/** Size of the table, a multiple of what LAUNCH_UPDATE_DATA can encrypt. */
#define KERNEL_HASHES_SIZE FIRMWARE_HASHES_SIZE

/** Writes the table with @p digests. */
void kernel_hashes_table(const LinuxDigests *digests, uint8_t table[KERNEL_HASHES_SIZE]);

/**
 * For the hook `check` of a mechanism whose property kernel-hashes is @p enabled: whether there is a kernel,
 * and whether the firmware has an area for the table, at a multiple of @p alignment, in RAM and outside the
 * firmware. Always true if it is not enabled.
 */
bool kernel_hashes_check(bool enabled, const MachineState *machine, uint32_t alignment, Error **errp);

/** After it, for SEV-SNP: whether the firmware's metadata has one page, and just one, for the table. */
bool kernel_hashes_check_page(bool enabled, const MachineState *machine, Error **errp);

/**
 * For the hook `plan`: fills in @p hashes, which is zeroed, of a machine with a kernel. Everything is hashed
 * when that is called first. To be cleared with the structure that it is a member of.
 */
void kernel_hashes_describe(X86MachineState *x86, KernelHashes *hashes);

/** Adds the bytes of the table to @p plan, after kernel_hashes_check(). */
void kernel_hashes_plan_table(X86MachineState *x86, LaunchPlan *plan);

/** Adds the page with the table, @p section, to @p plan, after kernel_hashes_check_page(). */
void kernel_hashes_plan_page(X86MachineState *x86, const OvmfSection *section, LaunchPlan *plan);

/**
 * For a machine that has loaded firmware and kernel: whether its property kernel-hashes can be what it is.
 * "on" fails with the reason if a mechanism protects the guest, which decides that then, or if there is no
 * kernel or no area.
 */
bool kernel_hashes_check_plain(const MachineState *machine, Error **errp);

/** After it: writes the table into the memory, which is allocated, of a machine that is to have one and that
 * nobody protects. */
bool kernel_hashes_fill(MachineState *machine, Error **errp);

/** Notes in @p plan that the machine's kernel, if it has one, is not measured. */
void kernel_hashes_note_absence(const X86MachineState *x86, LaunchPlan *plan);

#endif
