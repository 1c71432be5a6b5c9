/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a simulated guest of IBM Z asks its service-call logical processor (SCLP): one line to the ASCII
 * console.
 */
#ifndef TARGET_S390X_SIM_SCLP_H
#define TARGET_S390X_SIM_SCLP_H

#include <stddef.h>
#include <stdint.h>

#define SIM_SCLP_SIZE             4096 /* of a service-call control block (SCCB), at most */
#define SIM_SCLP_HEADER           8

#define SIM_SCLP_WRITE_EVENT_DATA 0x00760005 /* the command */
#define SIM_SCLP_DONE             0x0020     /* the response */

/** Makes the block that writes @p text and a line feed. Returns its size; text that is too long is cut. */
size_t sim_sclp_write(const char *text, uint8_t sccb[SIM_SCLP_SIZE]);

/** The response code in the header of a block. */
uint16_t sim_sclp_response(const uint8_t header[SIM_SCLP_HEADER]);

#endif
