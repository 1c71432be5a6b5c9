/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * As of 2025 the codes of Linux are in arch/x86/include/asm/sev-common.h, those of OVMF's reset vector in
 * OvmfPkg/ResetVector/Ia32/AmdSev.nasm.inc. What OVMF runs later asks with set 0 (MdePkg,
 * Register/Amd/Ghcb.h).
 */
#include "target-i386/sev-term.h"
#include <glib.h>
#include <inttypes.h>

#define SET_GHCB     0
#define SET_SOFTWARE 1

#define LINUX        "Linux"
#define RESET_VECTOR "OVMF's reset vector"

static const SevTermReason reasons[] = {
    { SET_GHCB, 0, "GENERAL", "the firmware or Linux", "it gave up without saying why",
      "see the end of its console; OVMF ends so when the host does not do what it asked for, such as the "
      "conversion of a page" },
    { SET_GHCB, 1, "PROTOCOL", "the firmware or Linux",
      "it and KVM have no version of the GHCB protocol in common",
      "use a newer kernel on the host, or a guest of its age" },
    { SET_GHCB, 2, "SNP_FEATURES", "the firmware or Linux",
      "the guest is not an SEV-SNP guest where it must be one, or a feature is active that it does not know",
      "compare the features of the launch (sev-features in -plan text) with what the guest's kernel "
      "supports" },
    { SET_SOFTWARE, 0, "REGISTER", LINUX, "KVM refused the address of its GHCB",
      "use a newer kernel on the host" },
    { SET_SOFTWARE, 1, "PSC", LINUX, "a page was not converted between private and shared",
      "see whether the host has reported a conversion that failed" },
    { SET_SOFTWARE, 1, "NOT_CPUID", RESET_VECTOR,
      "something other than CPUID was intercepted before it can handle that",
      "use firmware that was built for this kind of guest" },
    { SET_SOFTWARE, 2, "PVALIDATE", LINUX, "a page could not be validated",
      "use a newer kernel in the guest; a host that remaps private memory looks the same" },
    { SET_SOFTWARE, 2, "UNEXPECTED_RESPONSE", RESET_VECTOR,
      "KVM did not answer a request as the GHCB protocol says", "use a newer kernel on the host" },
    { SET_SOFTWARE, 3, "NOT_VMPL0", LINUX, "it does not run at VMPL 0, and there is no SVSM",
      "launch it without an SVSM image in the firmware's place, or use a kernel that knows SVSM" },
    { SET_SOFTWARE, 4, "CPUID", LINUX, "the CPUID page is missing or wrong",
      "use firmware whose SEV metadata has a CPUID page" },
    { SET_SOFTWARE, 5, "CPUID_HV", LINUX, "KVM did not answer a request for CPUID",
      "use a newer kernel on the host" },
    { SET_SOFTWARE, 6, "SECRETS_PAGE", LINUX, "the secrets page is missing or wrong",
      "use firmware whose SEV metadata has a secrets page" },
    { SET_SOFTWARE, 7, "NO_SVSM", LINUX, "it runs below VMPL 0, but the secrets page names no SVSM",
      "use an SVSM that the guest's kernel knows" },
    { SET_SOFTWARE, 8, "SVSM_VMPL0", LINUX, "the SVSM gave it VMPL 0, which is the SVSM's own",
      "use an SVSM that the guest's kernel knows" },
    { SET_SOFTWARE, 9, "SVSM_CAA", LINUX, "the calling area of the SVSM is not a whole page",
      "use an SVSM that the guest's kernel knows" },
    { SET_SOFTWARE, 10, "SECURE_TSC", LINUX, "the secure processor did not tell it about the Secure TSC",
      "launch it without secure-tsc, or use a newer kernel on the host" },
    { SET_SOFTWARE, 11, "SVSM_CA_REMAP", LINUX, "the SVSM did not accept another calling area",
      "use an SVSM that the guest's kernel knows" },
    { SET_SOFTWARE, 12, "SAVIC", LINUX, "Secure AVIC could not be used", "launch it without Secure AVIC" },
};

const SevTermReason *sev_term_reasons(size_t *ret_count)
{
    *ret_count = G_N_ELEMENTS(reasons);
    return reasons;
}

const SevTermReason *sev_term_reason_find(uint8_t set, uint8_t code, unsigned nth)
{
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        if (reasons[i].set == set && reasons[i].code == code && nth-- == 0) {
            return &reasons[i];
        }
    }
    return NULL;
}

uint8_t sev_term_set(uint64_t msr)
{
    return msr >> 12 & 0xf;
}

uint8_t sev_term_code(uint64_t msr)
{
    return msr >> 16 & 0xff;
}

char *sev_term_describe(uint64_t msr)
{
    GString *text = g_string_new(NULL);
    uint8_t set = sev_term_set(msr), code = sev_term_code(msr);
    const SevTermReason *reason;

    g_string_append_printf(text, "code %u of set %u (GHCB MSR 0x%" PRIx64 ")", code, set, msr);
    for (unsigned i = 0; (reason = sev_term_reason_find(set, code, i)); i++) {
        g_string_append_printf(text, "%s %s, asked for by %s: %s; %s", i ? "; or" : ",", reason->name,
                               reason->who, reason->meaning, reason->advice);
    }
    if (!sev_term_reason_find(set, code, 0)) {
        g_string_append(text, ", which only the software in the guest knows; see the end of its console");
    }
    return g_string_free(text, FALSE);
}
