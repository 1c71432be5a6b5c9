/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The run of a machine under somebody's control: its states, and what leads from one to the next.
 *
 *     prelaunch --cont--> running <--cont/stop--> paused
 *                            |
 *                            +--> shutdown (the guest ended it) or internal-error (it cannot go on)
 *
 *     any --reset--> prelaunch, or running if it was
 *
 * All functions, and all hooks, are called on one thread: that of a main context. Steps that take long, the
 * end of a launch and a whole one for a reset, run on a thread of their own; so do the vCPUs. Meanwhile
 * vm_run_busy() says what is being done, the machine and its objects must not be touched, and whatever would
 * change them is refused. What such a thread has to tell comes through the main context.
 */
#ifndef LIB_VM_RUN_H
#define LIB_VM_RUN_H

#include "lib/step.h"
#include "lib/vm-guest-states.h"
#include "lib/vm.h"
#include "qapi-types.h"

typedef struct VmRun VmRun;

/** What happens. All are given; each comes before what a request that caused it is answered with. */
typedef struct VmRunHooks {
    void (*stopped)(void *opaque);
    void (*resumed)(void *opaque);
    void (*reset)(void *opaque, ShutdownCause cause);
    void (*shut_down)(void *opaque, ShutdownCause cause);
    /** The machine cannot run on, or a reset that its guest wanted has failed. */
    void (*failed)(void *opaque, const Error *error);
    /** The machine can run from now on: after its launch, or with @p again after another one for a reset. */
    void (*launched)(void *opaque, bool again);
    /** The guest was asked to end. */
    void (*asked_to_end)(void *opaque);
    void (*guest_state)(void *opaque, const VmGuestState *state);
} VmRunHooks;

/** How a machine is run. */
typedef struct VmRunOptions {
    bool paused;      /* -S: not before vm_run_cont() */
    bool no_shutdown; /* what is left when the guest has ended stays there */
    bool no_reboot;   /* a reset that the guest asks for is its end */
    bool stays;       /* so does a machine that cannot run on: somebody may ask why */
} VmRunOptions;

/** How it has ended. */
typedef struct VmRunEnd {
    CgvmRunResult result;
    uint8_t value; /* CGVM_RUN_EXITED */
    Error *error;  /* CGVM_RUN_FAILED; owned by the run */
} VmRunEnd;

/** A run of @p vm, which is made and not launched. All is borrowed and must outlive it. */
VmRun *vm_run_new(CgvmVm *vm, GMainContext *context, const VmRunHooks *hooks, void *opaque);
/** Stops the machine and frees the run; NULL is allowed. Waits for a step that is under way. */
void vm_run_free(VmRun *run);

/**
 * Launches the machine, on this thread; with `paused` but for the last step. Once. After a failure, which
 * leaves nothing on the host, the run is only good for vm_run_free().
 */
bool vm_run_launch(VmRun *run, const VmRunOptions *options, Error **errp);
/** Lets a machine that is launched run, unless that is to wait for vm_run_cont(). Once. Before it, the
 * functions that change the state fail. */
void vm_run_begin(VmRun *run);

RunState vm_run_state(const VmRun *run);
/** What is being done that takes long, a phrase such as "the machine is being reset", or NULL. */
const char *vm_run_busy(const VmRun *run);
/** Fails with CGVM_ERROR_STATE while something is done that takes long. */
bool vm_run_check_idle(const VmRun *run, Error **errp);
/** Where the launch of the guest stands, also while one is under way. Borrowed until the next call of
 * anything here. */
const VmGuestState *vm_run_guest_state(const VmRun *run);

/**
 * Each of these fails with CGVM_ERROR_STATE where it cannot be done now, and says when it could. If
 * *ret_pending is set, it takes long, and @p done is called with @p opaque when it has ended; else that is
 * not called.
 */
bool vm_run_cont(VmRun *run, StepDone *done, void *opaque, bool *ret_pending, Error **errp);
bool vm_run_reset(VmRun *run, StepDone *done, void *opaque, bool *ret_pending, Error **errp);
bool vm_run_stop(VmRun *run, Error **errp);

/** Asks the guest to end: see machine_power_down(), whose errors these are, too. It must have been started,
 * and not have ended; else this fails with CGVM_ERROR_STATE. */
bool vm_run_power_down(VmRun *run, Error **errp);

/**
 * Does something else that takes long and needs the machine as it is: @p work runs with @p work_opaque on a
 * thread of its own, while the vCPUs do what they did. @p busy says what is being done. Fails, and nothing
 * is called, while something else is done; else @p done is called when @p work has ended.
 */
bool vm_run_work(VmRun *run, const char *busy, StepWork *work, void *work_opaque, StepDone *done,
                 void *opaque, Error **errp);

/** The same while the vCPUs wait: if they run they are stopped first, and run on before @p done is called. */
bool vm_run_work_paused(VmRun *run, const char *busy, StepWork *work, void *work_opaque, StepDone *done,
                        void *opaque, Error **errp);

/** Ends the run, whatever it is doing; a step that is under way still comes to its end. */
void vm_run_quit(VmRun *run, ShutdownCause cause);

/** How the run has ended; NULL while it has not. */
const VmRunEnd *vm_run_end(const VmRun *run);
/** The error of that, which is the caller's from now on, or NULL. */
Error *vm_run_take_error(VmRun *run);

#endif
