/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A secure guest whose vCPU is stopped right behind the switch, and runs on later.
 */
#ifndef TESTS_S390X_LIVE_GUEST_H
#define TESTS_S390X_LIVE_GUEST_H

#include "tests/s390x/pv-guest.h"

/* Lines that the guest prints behind the switch, where it is stopped. */
#define LIVE_LINES 20

typedef struct LiveGuest {
    PvGuest guest;
    GThread *thread; /* machine_run() */
    MachineExit exit;
    GMutex lock;
    GCond changed;
    bool is_secure;
} LiveGuest;

/* The script of such a guest. To be freed. */
static inline char *live_script(GBytes *image)
{
    GString *rest = g_string_new(NULL);
    g_autofree char *text = NULL;

    for (unsigned i = 0; i < LIVE_LINES; i++) {
        g_string_append(rest, "sclp:x+");
    }
    g_string_append(rest, "shutdown");
    text = g_string_free(rest, FALSE);
    return script_for(image, text);
}

static bool is_paused(MachineState *machine)
{
    bool paused;

    g_mutex_lock(&machine->lock);
    paused = machine->paused;
    g_mutex_unlock(&machine->lock);
    return paused;
}

/* The vCPU waits here, behind the switch, until somebody stops it. */
static void live_note(void *opaque, const char *text)
{
    LiveGuest *live = opaque;
    const bool is_switch = strstr(text, "has become a secure one") != NULL;

    g_mutex_lock(&live->lock);
    take_note(live->guest.notes, text);
    live->is_secure = live->is_secure || is_switch;
    g_cond_broadcast(&live->changed);
    g_mutex_unlock(&live->lock);
    while (is_switch && live->thread && !is_paused(MACHINE(live->guest.machine))) {
        g_usleep(100);
    }
}

static void *live_run(void *opaque)
{
    LiveGuest *live = opaque;

    machine_run(MACHINE(live->guest.machine), &live->exit);
    return NULL;
}

/* Runs @live, of guest_init(), until it is secure, and stops it. */
static inline void live_begin(LiveGuest *live)
{
    MACHINE(live->guest.machine)->notes = (NoteSink){ live_note, live };
    guest_start(&live->guest);
    g_mutex_lock(&live->lock);
    live->thread = g_thread_new("run", live_run, live);
    while (!live->is_secure) {
        g_cond_wait(&live->changed, &live->lock);
    }
    g_mutex_unlock(&live->lock);
    machine_pause(MACHINE(live->guest.machine));
    g_assert_true(s390_pv_is_secure(&S390_MACHINE(live->guest.machine)->pv));
    g_assert_cmpuint(live->guest.console->len, ==, 0);
}

/* Lets it run to its end, whose kind is returned; an error is put into the notes. */
static inline int live_end(LiveGuest *live)
{
    machine_resume(MACHINE(live->guest.machine));
    g_thread_join(g_steal_pointer(&live->thread));
    if (live->exit.error) {
        g_string_append_printf(live->guest.notes, "%s\n", cgvm_error_message(live->exit.error));
        g_clear_pointer(&live->exit.error, cgvm_error_free);
    }
    return live->exit.kind;
}

/* It has come to its end as if nothing had been. */
static inline void live_end_well(LiveGuest *live)
{
    g_assert_cmpint(live_end(live), ==, MACHINE_EXIT_POWERED_OFF);
    g_assert_cmpuint(live->guest.console->len, ==, 2 * LIVE_LINES);
}

#endif
