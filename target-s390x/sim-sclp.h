/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a simulated guest of IBM Z asks its service-call logical processor (SCLP): one line to the ASCII
 * console, and to be told when it should end.
 */
#ifndef TARGET_S390X_SIM_SCLP_H
#define TARGET_S390X_SIM_SCLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_SCLP_SIZE   4096 /* of a service-call control block (SCCB), at most */
#define SIM_SCLP_HEADER 8

/* Commands, and the response to each. */
#define SIM_SCLP_WRITE_EVENT_DATA 0x00760005
#define SIM_SCLP_READ_EVENT_DATA  0x00770005
#define SIM_SCLP_WRITE_EVENT_MASK 0x00780005
#define SIM_SCLP_DONE             0x0020

/** Makes the block that writes @p text and a line feed. Returns its size; text that is too long is cut. */
size_t sim_sclp_write(const char *text, uint8_t sccb[SIM_SCLP_SIZE]);

/** Makes the block that takes the event by which a guest is asked to end, and no other. Returns its size. */
size_t sim_sclp_take_quiesce(uint8_t sccb[SIM_SCLP_SIZE]);

/** Whether the host has such an event, as it has answered to that. */
bool sim_sclp_has_quiesce(const uint8_t sccb[SIM_SCLP_SIZE]);

/** Makes the block that reads an event. Returns its size. */
size_t sim_sclp_read(uint8_t sccb[SIM_SCLP_SIZE]);

/** Whether the event that was read, and nothing else, is the one by which a guest is asked to end. */
bool sim_sclp_is_quiesce(const uint8_t sccb[SIM_SCLP_SIZE]);

/** The response code in the header of a block. */
uint16_t sim_sclp_response(const uint8_t header[SIM_SCLP_HEADER]);

#endif
