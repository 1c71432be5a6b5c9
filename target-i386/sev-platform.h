/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a host with AMD SEV offers to the owners of guests, asked without a guest: the certificates for
 * sessions, the number of its chip, and the C-bit.
 */
#ifndef TARGET_I386_SEV_PLATFORM_H
#define TARGET_I386_SEV_PLATFORM_H

#include "hw/accel.h"

/**
 * Asks the host of @p accel through a door of its own. @p ret is overwritten; after success it is to be
 * cleared with fields_clear(). Fails with CGVM_ERROR_KERNEL if there is no KVM or no device of the secure
 * processor that can be used, CGVM_ERROR_FIRMWARE as that refuses, CGVM_ERROR_UNSUPPORTED without SEV.
 */
bool sev_platform_capabilities(const Accel *accel, SevCapability *ret, Error **errp);

#endif
