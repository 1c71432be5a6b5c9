/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confidential/plan.h"
#include <inttypes.h>

LaunchPlan *launch_plan_new(void)
{
    LaunchPlan *plan = g_new0(LaunchPlan, 1);

    fields_init(&LaunchPlan_fields, plan);
    return plan;
}

void launch_plan_free(LaunchPlan *plan)
{
    if (plan) {
        fields_clear(&LaunchPlan_fields, plan);
        g_free(plan);
    }
}

void launch_plan_add_range(LaunchPlan *plan, LaunchPageType type, uint64_t gpa, uint64_t size,
                           GBytes *contents, const char *origin, ...)
{
    LaunchRange *range;
    va_list ap;

    g_assert(!contents || g_bytes_get_size(contents) == size);
    plan->ranges = g_renew(LaunchRange, plan->ranges, plan->n_ranges + 1);
    range = &plan->ranges[plan->n_ranges++];
    va_start(ap, origin);
    *range = (LaunchRange){
        .gpa = gpa,
        .size = size,
        .page_type = type,
        .origin = g_strdup_vprintf(origin, ap),
        .contents = contents ? g_bytes_ref(contents) : NULL,
    };
    va_end(ap);
}

void launch_plan_add_vcpu(LaunchPlan *plan, const char *origin, json_object *registers, GBytes *page)
{
    plan->vcpus = g_renew(LaunchVcpu, plan->vcpus, plan->n_vcpus + 1);
    plan->vcpus[plan->n_vcpus] = (LaunchVcpu){
        .index = plan->n_vcpus,
        .origin = g_strdup(origin),
        .registers = registers,
        .page = page ? g_bytes_ref(page) : NULL,
    };
    plan->n_vcpus++;
}

void launch_plan_assume(LaunchPlan *plan, const char *format, ...)
{
    va_list ap;

    plan->assumes = g_renew(char *, plan->assumes, plan->n_assumes + 1);
    va_start(ap, format);
    plan->assumes[plan->n_assumes++] = g_strdup_vprintf(format, ap);
    va_end(ap);
}

void launch_plan_explain(LaunchPlan *plan, const char *parameter, const char *words)
{
    if (!plan->meanings) {
        plan->meanings = json_object_new_object();
    }
    json_object_object_add(plan->meanings, parameter, json_object_new_string(words));
}

void launch_plan_leave_out(LaunchPlan *plan, const char *format, ...)
{
    va_list ap;

    plan->unmeasured = g_renew(char *, plan->unmeasured, plan->n_unmeasured + 1);
    va_start(ap, format);
    plan->unmeasured[plan->n_unmeasured++] = g_strdup_vprintf(format, ap);
    va_end(ap);
}

static uint64_t range_last(const LaunchRange *range)
{
    return range->gpa + range->size - 1;
}

char *launch_range_label(const LaunchRange *range)
{
    return g_strdup_printf("0x%" PRIx64 "-0x%" PRIx64 " (%s)", range->gpa, range_last(range), range->origin);
}

static bool range_check(const LaunchRange *range, const GuestRam *ram, uint64_t granule, Error **errp)
{
    if (!range->size || range->size % granule || range->gpa % granule) {
        return error_setg(
            errp, "%" PRIu64 " bytes at 0x%" PRIx64 " (%s) are not whole %s of %" PRIu64 " bytes",
            range->size, range->gpa, range->origin, granule == GUEST_PAGE_SIZE ? "pages" : "blocks", granule);
    }
    if (!guest_ram_covers(ram, range->gpa, range->size)) {
        g_autofree char *label = launch_range_label(range);
        return error_setg(errp, "the guest has no memory for %s; give it more with -m", label);
    }
    return true;
}

static int compare_ranges(const void *a, const void *b)
{
    const LaunchRange *const *left = a, *const *right = b;

    return (*left)->gpa < (*right)->gpa ? -1 : (*left)->gpa > (*right)->gpa;
}

bool launch_plan_check(const LaunchPlan *plan, const GuestRam *ram, uint64_t granule, Error **errp)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    for (size_t i = 0; i < plan->n_ranges; i++) {
        if (!range_check(&plan->ranges[i], ram, granule, errp)) {
            return false;
        }
        g_ptr_array_add(sorted, &plan->ranges[i]);
    }
    g_ptr_array_sort(sorted, compare_ranges);
    for (guint i = 1; i < sorted->len; i++) {
        const LaunchRange *before = g_ptr_array_index(sorted, i - 1), *range = g_ptr_array_index(sorted, i);
        if (range->gpa <= range_last(before)) {
            g_autofree char *one = launch_range_label(before), *other = launch_range_label(range);
            return error_setg(errp, "%s overlaps %s; each page can be launched only once", other, one);
        }
    }
    return true;
}
