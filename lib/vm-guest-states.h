/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The states of a launch, on their way from whatever thread launches to the one that serves a main context.
 */
#ifndef LIB_VM_GUEST_STATES_H
#define LIB_VM_GUEST_STATES_H

#include "confidential/confidential-guest-support.h"

/** Where the launch of a confidential guest stands; kept for questions that come while it goes on. */
typedef struct VmGuestState {
    LaunchState state;
    char *digest; /* in hexadecimal, or NULL before there is a plan */
} VmGuestState;

typedef struct VmGuestStates VmGuestStates;

/** Called in the home thread with each state in turn, which is the current one from then on. */
typedef void VmGuestStateTaken(void *opaque, const VmGuestState *state);

/** The calling thread becomes the home, which serves @p context, borrowed. Free with vm_guest_states_free().
 */
VmGuestStates *vm_guest_states_new(GMainContext *context, VmGuestStateTaken *taken, void *opaque);

/** Frees them, with those that are on their way, in the home thread. Nothing changes any more. */
void vm_guest_states_free(VmGuestStates *states);

/** A LaunchStateSink.changed, of the VmGuestStates @p opaque: from any thread. */
void vm_guest_states_changed(void *opaque, const ConfidentialGuestSupport *cgs);

/** The current one, borrowed until the next is taken: in the home thread. */
const VmGuestState *vm_guest_states_current(const VmGuestStates *states);

#endif
