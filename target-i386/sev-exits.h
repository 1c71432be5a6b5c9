/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What an SEV guest wants from its VMM while it runs: pages converted, or an end that is told apart.
 *
 * | exit | guests | what happens |
 * | --- | --- | --- |
 * | HYPERCALL, MAP_GPA_RANGE | SEV-SNP | the pages are converted; a bad request is answered with failure |
 * | MEMORY_FAULT | SEV-SNP | the page is converted to what the guest takes it for |
 * | SYSTEM_EVENT, SEV_TERM | SEV-ES, SEV-SNP | the end, with the guest's reason (sev-term.h) |
 * | SHUTDOWN | SEV-ES, SEV-SNP | the end: a triple fault, of which nothing can be read |
 * | FAIL_ENTRY | all | the end, with the likely cause |
 *
 * Nothing here reads or writes registers: they are the guest's alone.
 */
#ifndef TARGET_I386_SEV_EXITS_H
#define TARGET_I386_SEV_EXITS_H

#include "confidential/confidential-guest-support.h"

/* How often in a row a vCPU may fault on one address in the same way, each time after the page was converted.
 * Two vCPUs that disagree about a page can make this happen a few times. */
#define SEV_MAX_EQUAL_FAULTS 1000

/** For the hook `exit` of every kind of SEV guest. */
bool sev_exit(ConfidentialGuestSupport *cgs, MachineState *machine, Vcpu *vcpu);

#endif
