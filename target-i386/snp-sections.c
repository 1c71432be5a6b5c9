/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/snp-sections.h"
#include "target-i386/kernel-hashes.h"

static LaunchPageType page_type(MeasureVmm vmm, uint32_t section)
{
    switch (section) {
    case OVMF_SECTION_SEC_MEMORY:
        return vmm == MEASURE_VMM_GCE ? LAUNCH_PAGE_TYPE_UNMEASURED : LAUNCH_PAGE_TYPE_ZERO;
    case OVMF_SECTION_SVSM_CAA:
    case OVMF_SECTION_KERNEL_HASHES: /* without hashes: an empty page */
        return LAUNCH_PAGE_TYPE_ZERO;
    case OVMF_SECTION_SECRETS:
        return LAUNCH_PAGE_TYPE_SECRETS;
    case OVMF_SECTION_CPUID:
        return LAUNCH_PAGE_TYPE_CPUID;
    default:
        g_assert_not_reached();
    }
}

static void plan_section(const SnpSections *sections, const OvmfSection *section, LaunchPlan *plan)
{
    if (section->type == OVMF_SECTION_KERNEL_HASHES && sections->hashes) {
        kernel_hashes_plan_page(sections->hashes, section, plan);
        return;
    }
    launch_plan_add_range(plan, page_type(sections->vmm, section->type), section->gpa, section->size, NULL,
                          "%s+0x%x, SEV metadata: %s", sections->name, sections->info->metadata_offset,
                          ovmf_section_name(section->type));
}

static void plan_where(const SnpSections *sections, bool cpuid, LaunchPlan *plan)
{
    for (size_t i = 0; i < sections->info->n_sections; i++) {
        const OvmfSection *section = &sections->info->sections[i];

        if ((section->type == OVMF_SECTION_CPUID) == cpuid) {
            plan_section(sections, section, plan);
        }
    }
}

void snp_sections_plan(const SnpSections *sections, LaunchPlan *plan)
{
    if (sections->vmm == MEASURE_VMM_EC2) {
        plan_where(sections, false, plan);
        plan_where(sections, true, plan);
        return;
    }
    for (size_t i = 0; i < sections->info->n_sections; i++) {
        plan_section(sections, &sections->info->sections[i], plan);
    }
}
