/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The launch secret of an SEV or SEV-ES guest (AMD publication 55766, LAUNCH_SECRET).
 */
#ifndef TARGET_I386_SEV_SECRET_H
#define TARGET_I386_SEV_SECRET_H

#include "target-i386/sev-common.h"

/** The most that the firmware takes in one packet. */
#define SEV_SECRET_MAX 16384

/**
 * Has the firmware open @p secret and put it into guest memory: where it says, else into the secret area of
 * the guest's firmware image. The host chooses that place, so what the launch has measured cannot be one.
 *
 * Fails with CGVM_ERROR_INVALID: a header that is not 52 bytes long; a packet that is empty, no multiple of
 * 16 bytes or longer than SEV_SECRET_MAX; a place that is missing, too small, not aligned to 16 bytes,
 * outside of memory or measured. And with what kernel or firmware refuse: BAD_MEASUREMENT for a packet that
 * was sealed for another launch or by somebody else. The launch can go on after a failure.
 */
bool sev_secret_inject(SevCommon *sev, MachineState *machine, const LaunchSecret *secret, Error **errp);

#endif
