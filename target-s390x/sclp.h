/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The service-call logical processor: how a guest asks what machine it is on, its console, and how it is
 * asked to end.
 *
 * A guest names a block of its memory (SCCB) and a command. What is here works on a copy of that block, so
 * every byte of it may be anything and nothing changes while it is looked at. Numbers in it are big-endian
 * (Linux, drivers/s390/char/sclp.h and sclp_early.c; QEMU's names for the response codes).
 */
#ifndef TARGET_S390X_SCLP_H
#define TARGET_S390X_SCLP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "hw/serial.h"

#define SCLP_SCCB_LARGEST         4096
#define SCLP_HEADER_SIZE          8

#define SCLP_READ_CPU_INFO        0x00010001u
#define SCLP_READ_SCP_INFO        0x00020001u
#define SCLP_READ_SCP_INFO_FORCED 0x00120001u
#define SCLP_WRITE_EVENT_DATA     0x00760005u
#define SCLP_READ_EVENT_DATA      0x00770005u
#define SCLP_WRITE_EVENT_MASK     0x00780005u

#define SCLP_RC_READ              0x0010u
#define SCLP_RC_DONE              0x0020u
#define SCLP_RC_BOUNDARY          0x0100u
#define SCLP_RC_INVALID_COMMAND   0x01f0u
#define SCLP_RC_TOO_SHORT         0x0300u
#define SCLP_RC_INVALID_FUNCTION  0x40f0u
#define SCLP_RC_NO_EVENT          0x60f0u
#define SCLP_RC_INCONSISTENT      0x72f0u
#define SCLP_RC_EVENT_SYNTAX      0x73f0u
#define SCLP_RC_MASK_LENGTH       0x74f0u

/** What a guest sees in its SCCBs, and the console. Locks itself. */
typedef struct Sclp {
    GMutex lock;
    SerialSink *sink;
    void *opaque;
    unsigned n_cpus;      /* that exist; their addresses are 0 to n_cpus - 1 */
    unsigned highest_cpu; /* that could exist */
    uint64_t memory_size; /* a multiple of 1 MiB */
    uint32_t wanted; /* types of events that the guest takes, from the most significant bit (type 1) on */
    uint8_t input[1024];
    size_t n_input;
    bool is_quiesce_pending; /* the guest is to be asked to end */
} Sclp;

/** @p sink may be NULL: output is dropped. */
void sclp_init(Sclp *sclp, SerialSink *sink, void *opaque);
void sclp_clear(Sclp *sclp);

/** As after a reset: what was received is lost, nobody is asked to end, and the guest takes no events. */
void sclp_reset(Sclp *sclp);

/**
 * Carries out @p command on the copy of a block of @p size bytes, SCLP_HEADER_SIZE to SCLP_SCCB_LARGEST,
 * which its header says too. The response code is always set, and nothing behind the block is touched. Output
 * goes to the sink on this thread.
 */
void sclp_execute(Sclp *sclp, uint32_t command, uint8_t *sccb, size_t size);

/** Sets the response code of a block that cannot be looked at. */
void sclp_refuse(uint8_t sccb[SCLP_HEADER_SIZE], uint16_t code);

/** Whether there is an event that the guest takes: a service interrupt tells it. */
bool sclp_has_event(Sclp *sclp);

/**
 * Asks the guest to end (the event "signal quiesce"). False if it does not take that event, and then nothing
 * has happened.
 */
bool sclp_quiesce(Sclp *sclp);

/** Sends the guest up to @p size bytes. Returns how many there was room for: none if it takes no input. */
size_t sclp_receive(Sclp *sclp, const uint8_t *bytes, size_t size);

#endif
