/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What is particular to SEV and SEV-ES guests, for who tells others about them.
 */
#ifndef TARGET_I386_SEV_GUEST_H
#define TARGET_I386_SEV_GUEST_H

#include "confidential/confidential-guest-support.h"

#define TYPE_SEV_GUEST "sev-guest"

/** By which the firmware knows the guest @p cgs, a sev-guest, once its launch is open. */
uint32_t sev_guest_handle(ConfidentialGuestSupport *cgs);

#endif
