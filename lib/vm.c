/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/vm.h"
#include <string.h>
#include "lib/argument.h"
#include "lib/builtins.h"
#include "qapi/bytes-text.h"

const char *cgvm_version(void)
{
    return CGVM_VERSION;
}

CgvmVm *cgvm_vm_new(void)
{
    CgvmVm *vm = g_new0(CgvmVm, 1);

    builtins_init();
    vm_options_init(&vm->options);
    return vm;
}

void cgvm_vm_free(CgvmVm *vm)
{
    if (!vm) {
        return;
    }
    vm_drop_objects(vm);
    vm_options_clear(&vm->options);
    g_free(vm->planned_digest);
    g_free(vm);
}

bool cgvm_vm_add_option(CgvmVm *vm, const char *name, const char *text, CgvmError **error)
{
    if (!argument_given(vm, "vm", error) || !argument_given(name, "name", error)) {
        return false;
    }
    if (!argument_given(text, "text", error)) {
        return error_prepend(error, "-%s: ", name);
    }
    if (vm->root) {
        return error_set(error, CGVM_ERROR_STATE, "-%s comes too late, the machine was made already", name);
    }
    return vm_options_add(&vm->options, name, text, error);
}

void cgvm_vm_set_console(CgvmVm *vm, CgvmConsole *console, void *opaque)
{
    vm->console = console;
    vm->console_opaque = opaque;
    if (vm->machine) {
        vm->machine->console_write = console;
        vm->machine->console_write_opaque = opaque;
    }
}

void cgvm_vm_set_notes(CgvmVm *vm, CgvmNote *note, void *opaque)
{
    vm->notes = (NoteSink){ .note = note, .opaque = opaque };
    if (vm->machine) {
        vm->machine->notes = vm->notes;
    }
}

void cgvm_vm_set_debug_console(CgvmVm *vm, CgvmDebugConsole *console, void *opaque)
{
    vm->debug = console;
    vm->debug_opaque = opaque;
    if (vm->machine) {
        vm->machine->debug = console;
        vm->machine->debug_opaque = opaque;
    }
}

size_t cgvm_vm_send_console(CgvmVm *vm, const void *bytes, size_t size)
{
    return vm->machine ? machine_send_console(vm->machine, bytes, size) : 0;
}

void cgvm_vm_set_progress(CgvmVm *vm, CgvmProgress *progress, void *opaque)
{
    vm->progress = (ProgressSink){ .report = progress, .opaque = opaque };
    if (vm->machine) {
        vm->machine->progress = vm->progress;
    }
}

/* ---- plan, launch, run ---- */

/* A machine that is on its host keeps the plan that it was launched with. */
static LaunchPlan *get_plan(CgvmVm *vm, Error **errp)
{
    ConfidentialGuestSupport *cgs = CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard);

    return vm->prepared ? cgs->plan : confidential_guest_plan(cgs, vm->machine, errp);
}

static LaunchPlan *make_plan(CgvmVm *vm, Error **errp)
{
    if (!vm_make(vm, errp)) {
        return NULL;
    }
    if (!vm->machine->guard) {
        return error_setg_null(
            errp, "there is nothing to plan: the guest is not a confidential one; add -object TYPE,id=ID "
                  "and -machine confidential-guest-support=ID");
    }
    return get_plan(vm, errp);
}

char *cgvm_vm_plan(CgvmVm *vm, CgvmPlanFormat format, CgvmError **error)
{
    LaunchPlan *plan = make_plan(vm, error);

    if (!plan) {
        return NULL;
    }
    return format == CGVM_PLAN_JSON ? launch_plan_to_json(plan) : launch_plan_to_text(plan);
}

const char *cgvm_vm_planned_digest(CgvmVm *vm, CgvmBytes *ret_digest, CgvmError **error)
{
    const LaunchPlan *plan = make_plan(vm, error);
    size_t size;

    if (!plan) {
        return NULL;
    }
    if (!plan->digest) {
        return error_set_null(error, CGVM_ERROR_UNSUPPORTED,
                              "the launch of a %s is not measured, so it has no digest", plan->mechanism);
    }
    size = strlen(plan->digest) / 2;
    g_free(vm->planned_digest);
    vm->planned_digest = g_malloc0(size);
    if (!bytes_from_text("digest", plan->digest, vm->planned_digest, size, NULL)) {
        g_assert_not_reached();
    }
    if (ret_digest) {
        *ret_digest = (CgvmBytes){ .data = vm->planned_digest, .size = size };
    }
    return plan->digest;
}

/* Whatever is wrong with the guest itself shows before the host is touched. */
static bool check_guest(CgvmVm *vm, Error **errp)
{
    return !vm->machine->guard ||
           confidential_guest_check(CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard), vm->machine, errp);
}

static bool refuse_launched(const CgvmVm *vm, Error **errp)
{
    return error_set(errp, CGVM_ERROR_STATE, "the machine was %s already",
                     vm->launched ? "launched" : "prepared");
}

bool cgvm_vm_prepare(CgvmVm *vm, CgvmError **error)
{
    if (vm->prepared) {
        return refuse_launched(vm, error);
    }
    vm->prepared =
        vm_make(vm, error) && check_guest(vm, error) && machine_prepare(vm->machine, vm->accel, error);
    return vm->prepared;
}

bool cgvm_vm_launch(CgvmVm *vm, CgvmError **error)
{
    if (vm->launched) {
        return refuse_launched(vm, error);
    }
    vm->launched = (vm->prepared || cgvm_vm_prepare(vm, error)) && machine_finish(vm->machine, error);
    vm->prepared = vm->launched;
    return vm->launched;
}

bool vm_rebuild(CgvmVm *vm, Error **errp)
{
    if (!vm->prepared) {
        return cgvm_vm_prepare(vm, errp);
    }
    vm->launched = vm->has_run = false;
    vm->prepared = machine_rebuild(vm->machine, errp);
    return vm->prepared;
}

bool cgvm_vm_reset(CgvmVm *vm, CgvmError **error)
{
    if (!vm->launched) {
        return error_set(error, CGVM_ERROR_STATE, "the machine must be launched before it can be reset");
    }
    return vm_rebuild(vm, error) && cgvm_vm_launch(vm, error);
}

/* ---- the guest's owner ---- */

/* The object that protects a machine on its host, or NULL with an error. */
static ConfidentialGuestSupport *get_guard(const CgvmVm *vm, Error **errp)
{
    if (!vm->prepared) {
        return error_set_null(errp, CGVM_ERROR_STATE,
                              "the machine is not on a host yet; prepare or launch it first");
    }
    if (!vm->machine->guard) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "the guest is not a confidential one: nothing measures it");
    }
    return CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard);
}

uint8_t *cgvm_vm_launch_measurement(CgvmVm *vm, size_t *ret_size, CgvmError **error)
{
    ConfidentialGuestSupport *cgs = get_guard(vm, error);
    GBytes *bytes = cgs ? confidential_guest_launch_measurement(cgs, error) : NULL;

    return bytes ? g_bytes_unref_to_data(bytes, ret_size) : NULL;
}

bool cgvm_vm_inject_secret(CgvmVm *vm, CgvmBytes header, CgvmBytes packet, const uint64_t *gpa,
                           CgvmError **error)
{
    ConfidentialGuestSupport *cgs = get_guard(vm, error);
    g_autoptr(GBytes) header_bytes = g_bytes_new(header.data, header.size);
    g_autoptr(GBytes) packet_bytes = g_bytes_new(packet.data, packet.size);
    const LaunchSecret secret = {
        .header = header_bytes,
        .packet = packet_bytes,
        .has_gpa = gpa != NULL,
        .gpa = gpa ? *gpa : 0,
    };

    return cgs && confidential_guest_inject_secret(cgs, vm->machine, &secret, error);
}

bool cgvm_vm_close(CgvmVm *vm, CgvmError **error)
{
    vm->prepared = vm->launched = vm->has_run = false;
    return !vm->machine || machine_close(vm->machine, error);
}

/* ---- what was launched ---- */

const char *cgvm_vm_guest_id(const CgvmVm *vm)
{
    return vm->launched && vm->machine->guard ? object_get_canonical_path_component(vm->machine->guard)
                                              : NULL;
}

const char *cgvm_vm_measurement(const CgvmVm *vm)
{
    return cgvm_vm_guest_id(vm)
               ? confidential_guest_measurement(CONFIDENTIAL_GUEST_SUPPORT(vm->machine->guard))
               : NULL;
}

bool cgvm_vm_is_simulated(const CgvmVm *vm)
{
    return vm->launched && vm->machine->door->simulated;
}

bool cgvm_vm_wants_run(const CgvmVm *vm)
{
    return vm->accel && vm->accel->props.run;
}

CgvmRunResult cgvm_vm_run(CgvmVm *vm, uint8_t *exit_value, CgvmError **error)
{
    MachineExit exit;
    bool failed;

    if (!vm->launched) {
        failed = error_set(error, CGVM_ERROR_STATE, "the machine must be launched before it can run");
        return failed ? CGVM_RUN_EXITED : CGVM_RUN_FAILED;
    }
    if (vm->has_run) {
        failed = error_set(error, CGVM_ERROR_STATE,
                           "the machine has run already; reset it, or make and launch another one");
        return failed ? CGVM_RUN_EXITED : CGVM_RUN_FAILED;
    }
    vm->has_run = true;
    machine_run(vm->machine, &exit);
    switch (exit.kind) {
    case MACHINE_EXIT_DEBUG:
        if (exit_value) {
            *exit_value = exit.value;
        }
        return CGVM_RUN_EXITED;
    case MACHINE_EXIT_RESET:
        return CGVM_RUN_RESET;
    case MACHINE_EXIT_POWERED_OFF:
        return CGVM_RUN_POWERED_OFF;
    case MACHINE_EXIT_NO_ENGINE:
        failed = error_propagate(error, exit.error);
        return failed ? CGVM_RUN_EXITED : CGVM_RUN_NO_ENGINE;
    case MACHINE_EXIT_STOPPED:
        return CGVM_RUN_STOPPED;
    case MACHINE_EXIT_ERROR:
        break;
    }
    failed = error_propagate(error, exit.error);
    return failed ? CGVM_RUN_EXITED : CGVM_RUN_FAILED;
}

void cgvm_vm_stop(CgvmVm *vm)
{
    if (vm->launched) {
        machine_request_exit(vm->machine, (MachineExit){ .kind = MACHINE_EXIT_STOPPED });
    }
}

void cgvm_vm_pause(CgvmVm *vm)
{
    if (vm->launched) {
        machine_pause(vm->machine);
    }
}

void cgvm_vm_resume(CgvmVm *vm)
{
    if (vm->launched) {
        machine_resume(vm->machine);
    }
}
