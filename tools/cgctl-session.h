/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the commands for secrets have in common: the session that they belong to.
 */
#ifndef TOOLS_CGCTL_SESSION_H
#define TOOLS_CGCTL_SESSION_H

#include "cgvm/session.h"
#include "tools/cgctl.h"

/** The options of a launch that a measurement is compared with; for the option tables. */
#define CGCTL_EXPECTATIONS(is_required)                                                                      \
    { .name = "digest",                                                                                      \
      .argument = "DIGEST",                                                                                  \
      .help = "launch digest, from cgvm -plan",                                                              \
      .required = (is_required) },                                                                           \
        { .name = "api",                                                                                     \
          .argument = "MAJOR.MINOR",                                                                         \
          .help = "interface of the platform's firmware",                                                    \
          .required = (is_required) },                                                                       \
    {                                                                                                        \
        .name = "build", .argument = "N", .help = "build of the platform's firmware",                        \
        .required = (is_required)                                                                            \
    }

/** The session in the file of --state, for the caller to free; NULL, which is said, with the status. */
CgvmSession *cgctl_read_session(const CgctlLine *line, CgctlStatus *ret_status);

/** The value of --measurement as the library takes it; empty if it is not given. */
CgvmBytes cgctl_measurement(const CgctlLine *line);

/** Verifies --measurement in @p session, as CGCTL_EXPECTATIONS say; what is wrong is said. */
CgctlStatus cgctl_verify(const CgctlLine *line, const CgvmSession *session);

#endif
