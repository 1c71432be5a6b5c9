/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the platform has to tell a pseries guest: that it should end. That is an environmental and power
 * warning (EPOW), which has an interrupt; the guest reads it as an entry of an error log, by the RTAS call
 * check-exception (LoPAR; version 6 of the log is in Linux's arch/powerpc/include/asm/rtas-types.h, too).
 *
 * The lock is its owner's: that of RTAS, which is one call at a time.
 */
#ifndef TARGET_PPC_PAPR_EVENTS_H
#define TARGET_PPC_PAPR_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Classes of events that check-exception is asked for. */
#define PAPR_EVENTS_EPOW 0x40000000u

/** The sensor that says what there is to warn of, of get-sensor-state; there is one, number 0. */
#define PAPR_EPOW_SENSOR 9u

/** Bytes of an entry. */
#define PAPR_EPOW_LOG 116

typedef struct PaprEvents {
    bool is_shutdown_pending;
    uint32_t n_entries; /* that were read; entries are numbered */
} PaprEvents;

/** As after a reset: nobody is asked to end. */
void papr_events_reset(PaprEvents *events);

/** Asks the guest to end, as soon as it reads the entry. Its interrupt is the caller's to send. */
void papr_events_shut_down(PaprEvents *events);

/** What the sensor shows: 0, that all is well, or that the system should be shut down. */
uint32_t papr_events_sensor(const PaprEvents *events);

/**
 * Takes the event that there is of the classes @p mask, and makes the entry about it, as of @p seconds since
 * 1970. False if there is none.
 */
bool papr_events_take(PaprEvents *events, uint32_t mask, int64_t seconds, uint8_t entry[PAPR_EPOW_LOG]);

#endif
