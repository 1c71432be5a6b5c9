/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/vm-run.h"

/** What is to be done when the vCPUs have come out. */
typedef enum AfterRun {
    AFTER_RUN_LOOK,  /* at why they have: the guest did it */
    AFTER_RUN_RESET, /* reset the machine */
    AFTER_RUN_QUIT,
} AfterRun;

struct VmRun {
    CgvmVm *vm;
    GMainContext *context;
    const VmRunHooks *hooks;
    void *opaque;
    VmRunOptions options;
    RunState state;

    const char *busy;
    Step *step;
    void (*step_finished)(VmRun *run, Error *error);
    StepDone *done; /* who waits for the step, or NULL */
    void *done_opaque;
    ShutdownCause reset_cause;
    bool runs_after; /* the step */
    bool was_paused; /* for the step, and is to run on when that has ended */

    Step *vcpus; /* machine_run() */
    MachineExit exit;
    bool has_exit; /* and it is to be looked at when the step has ended */
    AfterRun after;

    VmGuestStates *guest_states;

    bool has_begun, is_ending, has_ended;
    VmRunEnd end;
};

/* ---- steps ---- */

static void look_at_vcpus(VmRun *run);

static void step_ended(void *opaque, Error *error)
{
    VmRun *run = opaque;

    run->step = NULL;
    run->busy = NULL;
    run->step_finished(run, error);
    if (run->has_exit) {
        look_at_vcpus(run);
    }
}

static void begin_step(VmRun *run, const char *busy, StepWork *work, void *work_opaque,
                       void (*finished)(VmRun *run, Error *error))
{
    run->busy = busy;
    run->step_finished = finished;
    run->step = step_start(run->context, "cgvm-step", work, work_opaque, step_ended, run);
}

/* Tells who waits for the step, if anybody does, how it has ended; @error is handed over. */
static void answer(VmRun *run, Error *error)
{
    StepDone *done = g_steal_pointer(&run->done);

    if (done) {
        done(run->done_opaque, error);
    } else {
        g_clear_pointer(&error, cgvm_error_free);
    }
}

/* The same where it does not come to that any more. */
static void answer_ended(VmRun *run)
{
    answer(run, error_new(CGVM_ERROR_STATE, 0, "the machine has come to its end before that was done"));
}

/* ---- the vCPUs ---- */

static void vcpus_ended(void *opaque, Error *error);

static bool run_vcpus(void *opaque, Error **errp G_GNUC_UNUSED)
{
    VmRun *run = opaque;

    machine_run(run->vm->machine, &run->exit);
    return true;
}

/* The machine can run. It does, unless it has nothing to run, or -accel run=off keeps it from that. */
static void start_vcpus(VmRun *run)
{
    if (!machine_can_start(run->vm->machine)) {
        run->state = RUN_STATE_RUNNING;
    } else if (run->vm->accel->props.run) {
        run->state = RUN_STATE_RUNNING;
        run->after = AFTER_RUN_LOOK;
        run->vm->has_run = true;
        run->vcpus = step_start(run->context, "cgvm-vcpu0", run_vcpus, run, vcpus_ended, run);
    } else {
        run->state = RUN_STATE_PAUSED;
    }
}

static void end_with(VmRun *run, CgvmRunResult result, Error *error)
{
    run->end.result = result;
    run->end.error = error;
    run->is_ending = run->has_ended = true;
    answer_ended(run);
}

/* The guest wants no more. */
static void guest_ended(VmRun *run, ShutdownCause cause, CgvmRunResult result)
{
    run->end.value = run->exit.value;
    run->hooks->shut_down(run->opaque, cause);
    if (!run->options.no_shutdown) {
        end_with(run, result, NULL);
        return;
    }
    run->state = RUN_STATE_SHUTDOWN;
    run->hooks->stopped(run->opaque);
}

/* It cannot go on because of @error, which is handed over. */
static void guest_failed(VmRun *run, CgvmRunResult result, Error *error)
{
    g_autoptr(Error) owned = error;

    run->hooks->failed(run->opaque, error);
    if (!run->options.stays) {
        end_with(run, result, g_steal_pointer(&owned));
        return;
    }
    run->state = RUN_STATE_INTERNAL_ERROR;
    run->hooks->stopped(run->opaque);
}

static void begin_reset(VmRun *run, ShutdownCause cause);

static void look_at_exit(VmRun *run)
{
    Error *error = g_steal_pointer(&run->exit.error);

    switch (run->exit.kind) {
    case MACHINE_EXIT_DEBUG:
        guest_ended(run, SHUTDOWN_CAUSE_GUEST_SHUTDOWN, CGVM_RUN_EXITED);
        break;
    case MACHINE_EXIT_RESET:
        if (run->options.no_reboot) {
            guest_ended(run, SHUTDOWN_CAUSE_GUEST_RESET, CGVM_RUN_RESET);
        } else {
            begin_reset(run, SHUTDOWN_CAUSE_GUEST_RESET);
        }
        break;
    case MACHINE_EXIT_POWERED_OFF:
        guest_ended(run, SHUTDOWN_CAUSE_GUEST_SHUTDOWN, CGVM_RUN_POWERED_OFF);
        break;
    case MACHINE_EXIT_NO_ENGINE:
        guest_failed(run, CGVM_RUN_NO_ENGINE, error);
        break;
    case MACHINE_EXIT_ERROR:
        guest_failed(run, CGVM_RUN_FAILED, error);
        break;
    case MACHINE_EXIT_STOPPED:
        /* cgvm_vm_stop() */
        run->is_ending = true;
        run->hooks->shut_down(run->opaque, SHUTDOWN_CAUSE_HOST_QMP_QUIT);
        end_with(run, CGVM_RUN_STOPPED, NULL);
        break;
    }
}

static void look_at_vcpus(VmRun *run)
{
    run->has_exit = false;
    if (run->after == AFTER_RUN_LOOK && !run->is_ending) {
        look_at_exit(run);
        return;
    }
    /* Whatever the guest wanted meanwhile, somebody else was first. */
    g_clear_pointer(&run->exit.error, cgvm_error_free);
    if (run->is_ending) {
        end_with(run, CGVM_RUN_STOPPED, NULL);
    } else {
        begin_reset(run, run->reset_cause);
    }
}

static void vcpus_ended(void *opaque, Error *error G_GNUC_UNUSED)
{
    VmRun *run = opaque;

    run->vcpus = NULL;
    run->has_exit = true;
    /* One step at a time. */
    if (!run->step) {
        look_at_vcpus(run);
    }
}

/* Has the vCPUs come out, to do @after then. */
static void stop_vcpus(VmRun *run, AfterRun after)
{
    run->after = after;
    machine_request_exit(run->vm->machine, (MachineExit){ .kind = MACHINE_EXIT_STOPPED });
}

/* ---- the end of a launch ---- */

static bool finish_launch(void *opaque, Error **errp)
{
    const VmRun *run = opaque;

    return !machine_can_start(run->vm->machine) || cgvm_vm_launch(run->vm, errp);
}

static void say_launched(VmRun *run, bool again)
{
    if (machine_can_start(run->vm->machine)) {
        run->hooks->launched(run->opaque, again);
    }
}

/* If a step has ended, with @error, while the run was told to end, nothing else begins. */
static bool ends_now(VmRun *run, Error *error)
{
    if (run->is_ending) {
        answer(run, error);
        end_with(run, CGVM_RUN_STOPPED, NULL);
    }
    return run->is_ending;
}

static void launch_finished(VmRun *run, Error *error)
{
    if (ends_now(run, error)) {
        return;
    }
    if (error) {
        run->state = RUN_STATE_INTERNAL_ERROR;
        answer(run, error);
        return;
    }
    say_launched(run, false);
    start_vcpus(run);
    if (run->state == RUN_STATE_RUNNING) {
        run->hooks->resumed(run->opaque);
    }
    answer(run, NULL);
}

/* ---- reset ---- */

static const char resetting[] = "the machine is being reset";

static bool do_reset(void *opaque, Error **errp)
{
    const VmRun *run = opaque;

    return !machine_can_start(run->vm->machine) ||
           (vm_rebuild(run->vm, errp) && (!run->runs_after || cgvm_vm_launch(run->vm, errp)));
}

static void reset_finished(VmRun *run, Error *error)
{
    if (ends_now(run, error)) {
        return;
    }
    if (error) {
        if (run->done) {
            run->state = RUN_STATE_INTERNAL_ERROR;
            answer(run, error);
        } else {
            guest_failed(run, CGVM_RUN_FAILED, error);
        }
        return;
    }
    run->hooks->reset(run->opaque, run->reset_cause);
    run->state = RUN_STATE_PRELAUNCH;
    if (run->runs_after) {
        say_launched(run, true);
        start_vcpus(run);
    }
    answer(run, NULL);
}

/* The vCPUs do not run any more. */
static void begin_reset(VmRun *run, ShutdownCause cause)
{
    run->reset_cause = cause;
    run->runs_after = run->state == RUN_STATE_RUNNING;
    begin_step(run, resetting, do_reset, run, reset_finished);
}

/* ---- pauses ---- */

static void pause_vcpus(VmRun *run)
{
    machine_pause(run->vm->machine);
    run->state = RUN_STATE_PAUSED;
    run->hooks->stopped(run->opaque);
}

static void resume_vcpus(VmRun *run)
{
    machine_resume(run->vm->machine);
    run->state = RUN_STATE_RUNNING;
    run->hooks->resumed(run->opaque);
}

/* ---- other work ---- */

static void work_finished(VmRun *run, Error *error)
{
    if (run->was_paused && !run->is_ending) {
        resume_vcpus(run);
    }
    run->was_paused = false;
    answer(run, error);
    if (run->is_ending && !run->vcpus && !run->has_exit) {
        end_with(run, CGVM_RUN_STOPPED, NULL);
    }
}

/* ---- what others ask for ---- */

bool vm_run_check_idle(const VmRun *run, Error **errp)
{
    if (run->is_ending) {
        return error_set(errp, CGVM_ERROR_STATE, "the machine is at its end already");
    }
    return !run->busy || error_set(errp, CGVM_ERROR_STATE, "%s; try again when that has ended", run->busy);
}

/* Who came in while the program still waits for others is too early. */
static bool check_begun(const VmRun *run, Error **errp)
{
    return (run->has_begun ||
            error_set(errp, CGVM_ERROR_STATE, "the machine is not launched yet; try again when it is")) &&
           vm_run_check_idle(run, errp);
}

static bool refuse_ended(const VmRun *run, Error **errp)
{
    return error_set(errp, CGVM_ERROR_STATE, "%s; 'system_reset' launches it anew",
                     run->state == RUN_STATE_SHUTDOWN ? "the guest has ended" : "the guest cannot run on");
}

bool vm_run_cont(VmRun *run, StepDone *done, void *opaque, bool *ret_pending, Error **errp)
{
    *ret_pending = false;
    if (!check_begun(run, errp)) {
        return false;
    }
    switch (run->state) {
    case RUN_STATE_PRELAUNCH:
        *ret_pending = true;
        run->done = done;
        run->done_opaque = opaque;
        begin_step(run, "the launch is being finished", finish_launch, run, launch_finished);
        return true;
    case RUN_STATE_PAUSED:
        if (!run->vcpus && machine_can_start(run->vm->machine)) {
            return error_set(errp, CGVM_ERROR_STATE,
                             "-accel has run=off, so the guest is launched and not run");
        }
        resume_vcpus(run);
        return true;
    case RUN_STATE_RUNNING:
        return true;
    default:
        return refuse_ended(run, errp);
    }
}

bool vm_run_stop(VmRun *run, Error **errp)
{
    if (!vm_run_check_idle(run, errp)) {
        return false;
    }
    if (run->state == RUN_STATE_RUNNING) {
        pause_vcpus(run);
    }
    return true;
}

bool vm_run_power_down(VmRun *run, Error **errp)
{
    if (!check_begun(run, errp)) {
        return false;
    }
    switch (run->state) {
    case RUN_STATE_RUNNING:
    case RUN_STATE_PAUSED:
        break;
    case RUN_STATE_PRELAUNCH:
        return error_set(errp, CGVM_ERROR_STATE,
                         "the guest has not been started, so it cannot notice; 'cont' starts it");
    default:
        return refuse_ended(run, errp);
    }
    if (!machine_power_down(run->vm->machine, errp)) {
        return false;
    }
    run->hooks->asked_to_end(run->opaque);
    return true;
}

bool vm_run_reset(VmRun *run, StepDone *done, void *opaque, bool *ret_pending, Error **errp)
{
    *ret_pending = check_begun(run, errp);
    if (!*ret_pending) {
        return false;
    }
    run->done = done;
    run->done_opaque = opaque;
    run->reset_cause = SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET;
    if (run->vcpus) {
        run->busy = resetting;
        stop_vcpus(run, AFTER_RUN_RESET);
    } else {
        begin_reset(run, run->reset_cause);
    }
    return true;
}

bool vm_run_work(VmRun *run, const char *busy, StepWork *work, void *work_opaque, StepDone *done,
                 void *opaque, Error **errp)
{
    if (!vm_run_check_idle(run, errp)) {
        return false;
    }
    run->done = done;
    run->done_opaque = opaque;
    begin_step(run, busy, work, work_opaque, work_finished);
    return true;
}

bool vm_run_work_paused(VmRun *run, const char *busy, StepWork *work, void *work_opaque, StepDone *done,
                        void *opaque, Error **errp)
{
    if (!vm_run_check_idle(run, errp)) {
        return false;
    }
    run->was_paused = run->state == RUN_STATE_RUNNING;
    if (run->was_paused) {
        pause_vcpus(run);
    }
    return vm_run_work(run, busy, work, work_opaque, done, opaque, errp);
}

void vm_run_quit(VmRun *run, ShutdownCause cause)
{
    if (run->is_ending) {
        return;
    }
    run->is_ending = true;
    run->hooks->shut_down(run->opaque, cause);
    if (run->vcpus) {
        stop_vcpus(run, AFTER_RUN_QUIT);
    } else if (!run->step) {
        end_with(run, CGVM_RUN_STOPPED, NULL);
    }
}

/* ---- life ---- */

VmRun *vm_run_new(CgvmVm *vm, GMainContext *context, const VmRunHooks *hooks, void *opaque)
{
    VmRun *run = g_new0(VmRun, 1);
    ConfidentialGuestSupport *cgs = vm_guard(vm);

    run->vm = vm;
    run->context = context;
    run->hooks = hooks;
    run->opaque = opaque;
    run->state = RUN_STATE_PRELAUNCH;
    run->guest_states = vm_guest_states_new(context, hooks->guest_state, opaque);
    if (cgs) {
        cgs->state_sink =
            (LaunchStateSink){ .changed = vm_guest_states_changed, .opaque = run->guest_states };
    }
    return run;
}

bool vm_run_launch(VmRun *run, const VmRunOptions *options, Error **errp)
{
    run->options = *options;
    if (!machine_can_start(run->vm->machine) && !options->stays) {
        /* It says why. */
        return machine_load(run->vm->machine, errp);
    }
    if (options->paused) {
        return !machine_can_start(run->vm->machine) || cgvm_vm_prepare(run->vm, errp);
    }
    if (!finish_launch(run, errp)) {
        return false;
    }
    say_launched(run, false);
    return true;
}

void vm_run_begin(VmRun *run)
{
    run->has_begun = true;
    if (!run->options.paused) {
        start_vcpus(run);
    }
}

void vm_run_free(VmRun *run)
{
    ConfidentialGuestSupport *cgs;

    if (!run) {
        return;
    }
    if (run->vcpus) {
        stop_vcpus(run, AFTER_RUN_QUIT);
    }
    step_abandon(run->vcpus);
    step_abandon(run->step);
    answer_ended(run);
    cgs = vm_guard(run->vm);
    if (cgs) {
        cgs->state_sink = (LaunchStateSink){ .changed = NULL };
    }
    g_clear_pointer(&run->exit.error, cgvm_error_free);
    g_clear_pointer(&run->end.error, cgvm_error_free);
    vm_guest_states_free(run->guest_states);
    g_free(run);
}

RunState vm_run_state(const VmRun *run)
{
    return run->state;
}

const char *vm_run_busy(const VmRun *run)
{
    return run->busy;
}

const VmGuestState *vm_run_guest_state(const VmRun *run)
{
    return vm_guest_states_current(run->guest_states);
}

const VmRunEnd *vm_run_end(const VmRun *run)
{
    return run->has_ended ? &run->end : NULL;
}

Error *vm_run_take_error(VmRun *run)
{
    return g_steal_pointer(&run->end.error);
}
