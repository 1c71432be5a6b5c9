/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What other parts of the library see of an owner's session.
 */
#ifndef LIB_SESSION_H
#define LIB_SESSION_H

#include "cgvm/session.h"
#include "target-i386/sev-owner.h"

/** The owner's secrets; borrowed. */
const SevOwner *session_owner(const CgvmSession *session);

/** Reads the 48 bytes of a measurement, as they are or in base64. Fails with CGVM_ERROR_INVALID. */
bool session_read_measurement(CgvmBytes input, SevMeasurement *measurement, Error **errp);

#endif
