/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The run of a machine: a thread for each vCPU but the first, and what their exits mean.
 *
 * A vCPU is taken out of KVM_RUN by setting immediate_exit and sending its thread a signal, in that order:
 * the flag catches a thread that is about to enter, the signal one that is inside. It then leaves for good,
 * or waits until it may enter again, which is when it takes the flag back.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include "hw/machine.h"

#define KICK_SIGNAL SIGUSR1

static MachineExit exit_error(Error *error)
{
    return (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = error };
}

static MachineExit exit_no_engine(const KvmDoor *door)
{
    g_autofree char *why = kvm_door_why_not(door);
    Error *error =
        error_new(CGVM_ERROR_UNSUPPORTED, 0,
                  "the guest is launched, but nothing on this host can run it%s%s; run=off of -accel "
                  "stops here without this message",
                  why ? ": " : "", why ? why : "");

    return (MachineExit){ .kind = MACHINE_EXIT_NO_ENGINE, .error = error };
}

/* ---- a single exit ---- */

static const char *exit_name(uint32_t reason)
{
    switch (reason) {
    case KVMEXIT_UNKNOWN:
        return "an exit unknown to KVM";
    case KVMEXIT_EXCEPTION:
        return "an exception";
    case KVMEXIT_HYPERCALL:
        return "a hypercall";
    case KVMEXIT_DEBUG:
        return "a debug event";
    case KVMEXIT_HLT:
        return "a halt that nothing can end";
    case KVMEXIT_SHUTDOWN:
        return "a triple fault";
    case KVMEXIT_FAIL_ENTRY:
        return "a failed entry into the guest";
    case KVMEXIT_INTERNAL_ERROR:
        return "an internal error of KVM";
    case KVMEXIT_PAPR_HCALL:
        return "a hypercall of PAPR";
    case KVMEXIT_SYSTEM_EVENT:
        return "a system event";
    case KVMEXIT_MEMORY_FAULT:
        return "a memory fault";
    default:
        return "an exit that cgvm does not know";
    }
}

static void append_details(const KvmRun *run, GString *text)
{
    switch (run->exit_reason) {
    case KVMEXIT_UNKNOWN:
        g_string_append_printf(text, ", hardware reason 0x%" PRIx64, run->hw.hardware_exit_reason);
        break;
    case KVMEXIT_HYPERCALL:
        g_string_append_printf(text, ", number %" PRIu64 ", arguments 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64,
                               run->hypercall.nr, run->hypercall.args[0], run->hypercall.args[1],
                               run->hypercall.args[2]);
        break;
    case KVMEXIT_FAIL_ENTRY:
        g_string_append_printf(text, ", hardware reason 0x%" PRIx64,
                               run->fail_entry.hardware_entry_failure_reason);
        break;
    case KVMEXIT_INTERNAL_ERROR:
        g_string_append_printf(text, ", suberror %u", run->internal.suberror);
        for (uint32_t i = 0; i < MIN(run->internal.ndata, G_N_ELEMENTS(run->internal.data)); i++) {
            g_string_append_printf(text, " 0x%" PRIx64, run->internal.data[i]);
        }
        break;
    case KVMEXIT_SYSTEM_EVENT:
        g_string_append_printf(text, ", type %u", run->system_event.type);
        for (uint32_t i = 0; i < MIN(run->system_event.ndata, G_N_ELEMENTS(run->system_event.data)); i++) {
            g_string_append_printf(text, " 0x%" PRIx64, run->system_event.data[i]);
        }
        break;
    case KVMEXIT_MEMORY_FAULT:
        g_string_append_printf(text, ", %s access to 0x%" PRIx64 "+0x%" PRIx64,
                               run->memory_fault.flags & KVM_MEMORY_FAULT_PRIVATE ? "private" : "shared",
                               run->memory_fault.gpa, run->memory_fault.size);
        break;
    default:
        break;
    }
}

/* What to do about it, behind a semicolon. */
static const char *exit_advice(uint32_t reason)
{
    switch (reason) {
    case KVMEXIT_SHUTDOWN:
        return "; the guest's firmware or kernel has crashed with nothing left to handle it: see the end of "
               "its console";
    case KVMEXIT_INTERNAL_ERROR:
        return "; this host's KVM had to emulate what the guest did, and could not: a KVM that runs inside "
               "another one often cannot run firmware, so try a kernel without -bios, or another host";
    default:
        return "";
    }
}

static Error *exit_to_error(const MachineState *machine, const Vcpu *vcpu)
{
    const uint32_t reason = vcpu->run->exit_reason;
    g_autofree char *label = machine->guard ? object_label(machine->guard) : NULL;
    g_autoptr(GString) details = g_string_new(NULL);

    append_details(vcpu->run, details);
    return error_new(reason == KVMEXIT_SHUTDOWN ? CGVM_ERROR_GUEST : CGVM_ERROR_KERNEL, 0,
                     "%s%svCPU %u stopped with %s (exit reason %u%s)%s", label ? label : "",
                     label ? ": " : "", vcpu->index, exit_name(reason), reason, details->str,
                     exit_advice(reason));
}

/* KVM is trusted, but a door may be anything. */
static void refuse_access(MachineState *machine, const Vcpu *vcpu, const char *what)
{
    machine_request_exit(machine, exit_error(error_new(CGVM_ERROR_KERNEL, 0,
                                                       "vCPU %u stopped with an access to %s whose size KVM "
                                                       "cannot mean (exit reason %u)",
                                                       vcpu->index, what, vcpu->run->exit_reason)));
}

static void handle_io(MachineState *machine, Vcpu *vcpu)
{
    const size_t run_size = machine->kvm->run_size;
    KvmRun *run = vcpu->run;
    unsigned size = run->io.size;

    if (size > 4 || run->io.data_offset >= run_size ||
        (uint64_t)size * run->io.count > run_size - run->io.data_offset) {
        refuse_access(machine, vcpu, "a port");
        return;
    }
    for (uint32_t i = 0; i < run->io.count; i++) {
        uint8_t *data = (uint8_t *)run + run->io.data_offset + i * size;
        if (run->io.direction == KVM_EXIT_IO_OUT) {
            io_bus_write(&machine->io, run->io.port, data, size);
        } else {
            io_bus_read(&machine->io, run->io.port, data, size);
        }
    }
}

static void handle_mmio(MachineState *machine, Vcpu *vcpu)
{
    KvmRun *run = vcpu->run;
    unsigned size = run->mmio.len;

    if (!size || size > sizeof(run->mmio.data)) {
        refuse_access(machine, vcpu, "memory");
        return;
    }
    if (run->mmio.is_write) {
        io_bus_write_memory(&machine->io, run->mmio.phys_addr, run->mmio.data, size);
    } else {
        io_bus_read_memory(&machine->io, run->mmio.phys_addr, run->mmio.data, size);
    }
}

/* The machine may know what an exit means, or whoever protects it; else it is the end. */
static void handle_other_exit(MachineState *machine, Vcpu *vcpu)
{
    const MachineClass *mc = MACHINE_GET_CLASS(machine);
    const MachineGuardOps *guard_ops = mc->guard_ops;

    if (mc->exit && mc->exit(machine, vcpu)) {
        return;
    }
    if (!machine->guard || !guard_ops->exit(machine->guard, machine, vcpu)) {
        machine_request_exit(machine, exit_error(exit_to_error(machine, vcpu)));
    }
}

static void handle_exit(MachineState *machine, Vcpu *vcpu)
{
    switch (vcpu->run->exit_reason) {
    case KVMEXIT_IO:
        handle_io(machine, vcpu);
        break;
    case KVMEXIT_MMIO:
        handle_mmio(machine, vcpu);
        break;
    case KVMEXIT_INTR:
        break;
    default:
        handle_other_exit(machine, vcpu);
    }
}

/* KVM_RUN fails with EFAULT then, and the reason is set; with EHWPOISON the page is broken. */
static void handle_memory_fault(MachineState *machine, Vcpu *vcpu)
{
    uint64_t flags = vcpu->run->memory_fault.flags, gpa = vcpu->run->memory_fault.gpa;

    if (vcpu->faults.count && (vcpu->faults.flags != flags || vcpu->faults.gpa != gpa)) {
        vcpu->faults.count = 0;
    }
    vcpu->faults.count++;
    vcpu->faults.flags = flags;
    vcpu->faults.gpa = gpa;
    handle_other_exit(machine, vcpu);
}

/* ---- the threads ---- */

static bool must_wait(const MachineState *machine, const Vcpu *vcpu)
{
    return (machine->paused || vcpu->halted) && !machine->stopping;
}

/* Waits while the machine is paused or the vCPU halted. Whether it may enter the guest then. */
static bool vcpu_may_enter(MachineState *machine, Vcpu *vcpu)
{
    bool may_enter;

    g_mutex_lock(&machine->lock);
    if (must_wait(machine, vcpu)) {
        machine->n_parked++;
        g_cond_broadcast(&machine->changed);
        while (must_wait(machine, vcpu)) {
            g_cond_wait(&machine->changed, &machine->lock);
        }
        machine->n_parked--;
    }
    may_enter = !machine->stopping;
    if (may_enter) {
        /* Under the lock, as it is set: whoever wants the vCPU out from now on sets it again. */
        __atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    }
    g_mutex_unlock(&machine->lock);
    return may_enter;
}

static void count_running(MachineState *machine, int change)
{
    g_mutex_lock(&machine->lock);
    machine->n_running += change;
    g_cond_broadcast(&machine->changed);
    g_mutex_unlock(&machine->lock);
}

static void handle_failed_run(MachineState *machine, Vcpu *vcpu, int os_error)
{
    g_autofree char *why = NULL;

    if (os_error == ENOSYS) {
        machine_request_exit(machine, exit_no_engine(machine->door));
        return;
    }
    if (vcpu->run->exit_reason == KVMEXIT_MEMORY_FAULT) {
        if (os_error == EFAULT) {
            handle_memory_fault(machine, vcpu);
        } else {
            machine_request_exit(machine, exit_error(exit_to_error(machine, vcpu)));
        }
        return;
    }
    why = kvm_door_why_not(machine->door);
    machine_request_exit(
        machine, exit_error(error_new(CGVM_ERROR_KERNEL, os_error, "vCPU %u: KVM_RUN failed: %s%s%s",
                                      vcpu->index, g_strerror(os_error), why ? ": " : "", why ? why : "")));
}

static void vcpu_run(MachineState *machine, Vcpu *vcpu)
{
    const KvmDoor *door = machine->door;

    g_atomic_int_set(&vcpu->tid, (gint)gettid());
    count_running(machine, 1);
    while (vcpu_may_enter(machine, vcpu)) {
        int result;

        if (!machine_flush_console(machine)) {
            continue;
        }
        /* A call that fails may leave it alone, and must not be taken for the exit before. */
        vcpu->run->exit_reason = KVMEXIT_UNKNOWN;
        result = door->ops->ioctl(door->host, vcpu->fd, KVMIO_RUN, 0);
        if (result >= 0) {
            vcpu->faults.count = 0;
            handle_exit(machine, vcpu);
        } else if (result != -EINTR && result != -EAGAIN) {
            handle_failed_run(machine, vcpu, -result);
        }
    }
    count_running(machine, -1);
    g_atomic_int_set(&vcpu->tid, 0);
}

static void *vcpu_thread(void *opaque)
{
    Vcpu *vcpu = opaque;

    vcpu_run(vcpu->machine, vcpu);
    return NULL;
}

static void kick(int signal G_GNUC_UNUSED)
{
}

/* A handler is the process's, which may run many machines: the first sets it, the last puts it back. */
static struct {
    GMutex lock;
    unsigned users;
    struct sigaction previous;
} kick_handler;

static void kick_handler_use(void)
{
    const struct sigaction action = { .sa_handler = kick };

    g_mutex_lock(&kick_handler.lock);
    if (kick_handler.users++ == 0) {
        sigaction(KICK_SIGNAL, &action, &kick_handler.previous);
    }
    g_mutex_unlock(&kick_handler.lock);
}

static void kick_handler_drop(void)
{
    g_mutex_lock(&kick_handler.lock);
    if (--kick_handler.users == 0) {
        sigaction(KICK_SIGNAL, &kick_handler.previous, NULL);
    }
    g_mutex_unlock(&kick_handler.lock);
}

static void kick_vcpus(MachineState *machine)
{
    for (guint i = 0; i < machine->vcpus->len; i++) {
        Vcpu *vcpu = g_ptr_array_index(machine->vcpus, i);

        __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
        if (vcpu->running && !pthread_equal(vcpu->thread, pthread_self())) {
            pthread_kill(vcpu->thread, KICK_SIGNAL);
        }
    }
}

void machine_request_exit(MachineState *machine, MachineExit exit)
{
    g_mutex_lock(&machine->lock);
    if (machine->stopping) {
        g_clear_pointer(&exit.error, cgvm_error_free);
    } else {
        machine->stopping = true;
        machine->exit = exit;
        kick_vcpus(machine);
        g_cond_broadcast(&machine->changed);
    }
    g_mutex_unlock(&machine->lock);
}

void machine_pause(MachineState *machine)
{
    g_mutex_lock(&machine->lock);
    machine->paused = true;
    /* A machine that is stopping has kicked them, and some may be gone already. */
    if (!machine->stopping) {
        kick_vcpus(machine);
    }
    while (machine->n_parked < machine->n_running && !machine->stopping) {
        g_cond_wait(&machine->changed, &machine->lock);
    }
    g_mutex_unlock(&machine->lock);
}

bool machine_set_halted(MachineState *machine, Vcpu *vcpu, bool halted)
{
    bool before;

    g_mutex_lock(&machine->lock);
    before = vcpu->halted;
    vcpu->halted = halted;
    g_cond_broadcast(&machine->changed);
    g_mutex_unlock(&machine->lock);
    return before;
}

bool machine_halt_others(MachineState *machine, Vcpu *vcpu)
{
    bool is_first;

    g_mutex_lock(&machine->lock);
    is_first = !machine->alone && !vcpu->halted && !machine->stopping;
    if (is_first) {
        machine->alone = vcpu;
        for (guint i = 0; i < machine->vcpus->len; i++) {
            Vcpu *other = g_ptr_array_index(machine->vcpus, i);
            other->halted = other != vcpu;
        }
        kick_vcpus(machine);
        while (machine->n_parked + 1 < machine->n_running && !machine->stopping) {
            g_cond_wait(&machine->changed, &machine->lock);
        }
        machine->alone = NULL;
        is_first = !machine->stopping;
    }
    g_mutex_unlock(&machine->lock);
    return is_first;
}

bool machine_is_halted(MachineState *machine, const Vcpu *vcpu)
{
    bool halted;

    g_mutex_lock(&machine->lock);
    halted = vcpu->halted;
    g_mutex_unlock(&machine->lock);
    return halted;
}

void machine_resume(MachineState *machine)
{
    g_mutex_lock(&machine->lock);
    machine->paused = false;
    g_cond_broadcast(&machine->changed);
    g_mutex_unlock(&machine->lock);
}

static bool start_thread(MachineState *machine, Vcpu *vcpu)
{
    int os_error;

    /* Under the lock, so that a vCPU that exits at once knows whom to kick. */
    g_mutex_lock(&machine->lock);
    os_error = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
    vcpu->running = !os_error;
    g_mutex_unlock(&machine->lock);
    if (os_error) {
        machine_request_exit(
            machine, exit_error(error_new(CGVM_ERROR_IO, os_error, "cannot start a thread for vCPU %u: %s",
                                          vcpu->index, g_strerror(os_error))));
    }
    return vcpu->running;
}

/* A guest that dies early has no other way to say what it was about. */
static void add_last_words(const MachineState *machine, Error *error)
{
    const MachineClass *mc = MACHINE_GET_CLASS(machine);
    g_autofree char *words = mc->last_words ? mc->last_words(machine) : NULL;

    if (words) {
        error_append(error, "; the firmware's last words were: %s", words);
    }
}

void machine_run(MachineState *machine, MachineExit *exit)
{
    Vcpu *first = g_ptr_array_index(machine->vcpus, 0);

    kick_handler_use();
    g_mutex_lock(&machine->lock);
    first->thread = pthread_self();
    first->running = true;
    g_mutex_unlock(&machine->lock);
    for (guint i = 1; i < machine->vcpus->len; i++) {
        Vcpu *vcpu = g_ptr_array_index(machine->vcpus, i);
        vcpu->machine = machine;
        if (!start_thread(machine, vcpu)) {
            break;
        }
    }
    vcpu_run(machine, first);
    for (guint i = 1; i < machine->vcpus->len; i++) {
        Vcpu *vcpu = g_ptr_array_index(machine->vcpus, i);
        if (vcpu->running) {
            pthread_join(vcpu->thread, NULL);
        }
    }
    /* Whoever pauses or stops the machine before its next run must kick none of these threads. */
    g_mutex_lock(&machine->lock);
    for (guint i = 0; i < machine->vcpus->len; i++) {
        ((Vcpu *)g_ptr_array_index(machine->vcpus, i))->running = false;
    }
    g_mutex_unlock(&machine->lock);
    kick_handler_drop();
    /* A vCPU that was taken out may have left something, which nobody waits for any more. */
    machine_flush_console(machine);
    *exit = machine->exit;
    machine->exit.error = NULL;
    if (exit->kind == MACHINE_EXIT_ERROR) {
        add_last_words(machine, exit->error);
    }
}
