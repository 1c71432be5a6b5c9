/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The launch plan: everything a confidential launch will ask of the kernel and the firmware, as data.
 *
 * A mechanism fills it (confidential-guest-support.h); the readers here and the mechanism's launch hooks take
 * it from there. LaunchPlan itself is a schema type (qapi/confidential.json). Nothing else above the door
 * builds pages, register pages or digests.
 */
#ifndef CONFIDENTIAL_PLAN_H
#define CONFIDENTIAL_PLAN_H

#include "hw/ram.h"
#include "qapi-types.h"

/** An empty plan, to be freed with launch_plan_free(). */
LaunchPlan *launch_plan_new(void);
void launch_plan_free(LaunchPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LaunchPlan, launch_plan_free)

/* ---- building ---- */

/**
 * Appends @p size bytes at @p gpa. @p contents (a reference is taken) is exactly that long, or NULL if the
 * firmware or the launch provides them. The rest is the range's origin, for people: `OVMF.fd+0x1000, SEV
 * metadata: CPUID page`.
 */
void launch_plan_add_range(LaunchPlan *plan, LaunchPageType type, uint64_t gpa, uint64_t size,
                           GBytes *contents, const char *origin, ...) G_GNUC_PRINTF(6, 7);

/** Appends a vCPU. Takes @p registers over, and a reference to its measured register page @p page, which may
 * be NULL. */
void launch_plan_add_vcpu(LaunchPlan *plan, const char *origin, json_object *registers, GBytes *page);

/** Says in words what the number of @p parameter means. */
void launch_plan_explain(LaunchPlan *plan, const char *parameter, const char *words);

/** Appends something that was taken for granted. */
void launch_plan_assume(LaunchPlan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Appends something that reaches the guest although no digest covers it. */
void launch_plan_leave_out(LaunchPlan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- readers ---- */

/**
 * check: whether address and size of every range are multiples of @p granule, and it is not empty, inside one
 * block of @p ram, and apart from all others. Fails with CGVM_ERROR_INVALID naming range, origin and what it
 * collides with.
 */
bool launch_plan_check(const LaunchPlan *plan, const GuestRam *ram, uint64_t granule, Error **errp);

/** describe: the plan for people. To be freed. */
char *launch_plan_to_text(LaunchPlan *plan);

/** describe: the plan as JSON, indented, ending in a newline. To be freed. */
char *launch_plan_to_json(LaunchPlan *plan);

/** `0xffe00000-0xffffffff (OVMF.fd+0x0)`: how messages call a range. To be freed. */
char *launch_range_label(const LaunchRange *range);

#endif
