/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/vm-guest-states.h"

struct VmGuestStates {
    GMainContext *context;
    GThread *home;
    VmGuestStateTaken *taken;
    void *opaque;
    VmGuestState current;
    GAsyncQueue *coming; /* VmGuestState * */
};

static void state_free(void *opaque)
{
    VmGuestState *state = opaque;

    if (state) {
        g_free(state->digest);
    }
    g_free(state);
}

static gboolean take(void *opaque)
{
    VmGuestStates *states = opaque;
    VmGuestState *state = g_async_queue_try_pop(states->coming);

    if (state) {
        g_free(states->current.digest);
        states->current = *state;
        g_free(state);
        states->taken(states->opaque, &states->current);
    }
    return G_SOURCE_REMOVE;
}

void vm_guest_states_changed(void *opaque, const ConfidentialGuestSupport *cgs)
{
    VmGuestStates *states = opaque;
    VmGuestState *state = g_new0(VmGuestState, 1);

    state->state = cgs->state;
    state->digest = cgs->plan && cgs->state != LAUNCH_STATE_NEW ? g_strdup(cgs->plan->digest) : NULL;
    g_async_queue_push(states->coming, state);
    if (g_thread_self() == states->home) {
        take(states);
    } else {
        g_autoptr(GSource) source = g_idle_source_new();

        g_source_set_priority(source, G_PRIORITY_DEFAULT);
        g_source_set_callback(source, take, states, NULL);
        g_source_attach(source, states->context);
    }
}

const VmGuestState *vm_guest_states_current(const VmGuestStates *states)
{
    return &states->current;
}

VmGuestStates *vm_guest_states_new(GMainContext *context, VmGuestStateTaken *taken, void *opaque)
{
    VmGuestStates *states = g_new0(VmGuestStates, 1);

    states->context = context;
    states->home = g_thread_self();
    states->taken = taken;
    states->opaque = opaque;
    states->coming = g_async_queue_new_full(state_free);
    return states;
}

void vm_guest_states_free(VmGuestStates *states)
{
    GSource *source;

    while ((source = g_main_context_find_source_by_user_data(states->context, states))) {
        g_source_destroy(source);
    }
    g_async_queue_unref(states->coming);
    g_free(states->current.digest);
    g_free(states);
}
