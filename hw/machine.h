/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Machines: what -machine makes, and the order in which a machine comes to life.
 *
 * A machine knows nothing of confidential guests. Whoever protects it gives it MachineGuardOps, whose hooks
 * are called at fixed points of its life; without them the machine starts as a plain guest.
 */
#ifndef HW_MACHINE_H
#define HW_MACHINE_H

#include "hw/accel.h"
#include "hw/core-file.h"
#include "hw/io-bus.h"
#include "hw/memory-backend.h"
#include "hw/progress.h"
#include "hw/ram.h"
#include "hw/serial.h"
#include "hw/smp.h"
#include "hw/vcpu.h"

#define TYPE_MACHINE   "machine"
#define MACHINE_SUFFIX "-machine"

typedef struct MachineState MachineState;

/**
 * Takes bytes that the guest has printed, on the thread of a vCPU, and returns how many it has taken. The
 * vCPU does not run before all are. It may wait until it can take some, but not much longer than 50 ms: a
 * vCPU that waits cannot be paused or stopped.
 */
typedef size_t ConsoleWriter(void *opaque, const void *bytes, size_t size);

/** What a protected machine does differently. Every hook is given. */
typedef struct MachineGuardOps {
    /** KVM is open: the argument of KVM_CREATE_VM, if this host offers it. */
    bool (*vm_type)(Object *guard, MachineState *machine, uint32_t *ret_type, Error **errp);
    /** The VM exists, and nothing in it: ask the host, plan and begin. */
    bool (*open)(Object *guard, MachineState *machine, Error **errp);
    /** Guest memory is allocated, and not yet given to the VM: prepare it. */
    bool (*memory_added)(Object *guard, MachineState *machine, Error **errp);
    /** Memory and vCPUs are complete: fill memory, and whatever else comes before `finish`. */
    bool (*launch)(Object *guard, MachineState *machine, Error **errp);
    /** Let the guest run from now on. */
    bool (*finish)(Object *guard, MachineState *machine, Error **errp);
    /**
     * A vCPU has left KVM_RUN for a reason that the machine has no answer to, or because of a memory fault.
     * Whether that was dealt with: the vCPU runs on, unless the hook has called machine_request_exit().
     * Called from the thread of @p vcpu, from several at a time.
     */
    bool (*exit)(Object *guard, MachineState *machine, Vcpu *vcpu);
    /** The guest is about to be reset, and no vCPU is in KVM_RUN: end what it has made of itself. */
    bool (*reset)(Object *guard, MachineState *machine, Error **errp);
    /** The machine stops, or is reset: close what `open` has opened on the host. */
    void (*close)(Object *guard, MachineState *machine);
} MachineGuardOps;

/** Takes a line for people about what the guest does while it runs. From the threads of vCPUs. */
typedef struct NoteSink {
    void (*note)(void *opaque, const char *text); /* NULL: nobody listens */
    void *opaque;
} NoteSink;

/** How a machine's run ended. */
typedef struct MachineExit {
    enum {
        MACHINE_EXIT_DEBUG,       /* the guest wrote to the debug exit */
        MACHINE_EXIT_RESET,       /* the guest asked for a reset: machine_reset(), then it can run again */
        MACHINE_EXIT_POWERED_OFF, /* the guest turned the machine off */
        MACHINE_EXIT_NO_ENGINE,   /* nothing on this host can run guest code; the error says why */
        MACHINE_EXIT_STOPPED,     /* whoever runs the machine has asked for it */
        MACHINE_EXIT_ERROR,       /* `error` says what went wrong */
    } kind;
    uint8_t value; /* MACHINE_EXIT_DEBUG: what was written */
    Error *error;
} MachineExit;

struct MachineState {
    Object parent;
    MachineProperties props;

    Object *guard; /* a link that whoever protects machines has added to the class */

    MemoryBackend *memory_backend; /* a link: where the RAM comes from; NULL for memory of its own */

    bool frozen; /* its properties are what its owner wants; they stay that way between launches, too */

    /* From machine_load() on. */
    bool loaded;
    SmpTopology smp;
    uint64_t memory_size;
    GBytes *firmware;
    uint64_t firmware_gpa;
    GuestRam ram;
    IoBus io;
    Serial serial;

    /* From machine_prepare() on. */
    Accel *accel;
    KvmDoor *door;
    Kvm *kvm;
    GPtrArray *vcpus; /* Vcpu * */
    bool rebuilding;  /* machine_reset() is making the same machine once more */
    bool vm_is_spent; /* the VM can run no guest any more: a reset makes a new one, whatever `reset_vm` */

    SerialSink *console; /* where devices print: machine_print_byte(), and its argument */
    void *console_opaque;
    ConsoleWriter *console_write; /* who reads that; NULL: nobody */
    void *console_write_opaque;
    GMutex output_lock;
    GByteArray *output; /* printed and not yet taken; under output_lock */
    gint has_output;    /* whether it has bytes; atomic */
    SerialSink *debug;  /* where what a firmware says of itself goes, on a machine with a port for that */
    void *debug_opaque;
    GMutex outside_lock;   /* of the next */
    bool is_reachable;     /* the VM lives: machine_send_console() and machine_power_down() reach the guest */
    ProgressSink progress; /* of loading and launching */
    NoteSink notes;        /* of what the guest does */

    /* While it runs. */
    GMutex lock;
    GCond changed;      /* of what follows */
    bool stopping;      /* vCPUs leave machine_run() */
    bool paused;        /* vCPUs wait outside of KVM_RUN */
    unsigned n_running; /* vCPUs in machine_run() */
    unsigned n_parked;  /* those of them that wait because of `paused`, or because they are halted */
    const Vcpu *alone;  /* it waits in machine_halt_others() */
    MachineExit exit;
};

typedef struct MachineClass {
    ObjectClass parent_class;
    const char *name; /* as users call it: "microvm" */
    const TargetInfo *target;
    const char *description; /* for -machine help */
    unsigned max_cpus;
    uint64_t default_memory;          /* bytes of RAM that there are without -m; 0: 128 MiB */
    const MachineGuardOps *guard_ops; /* how to talk to MachineState.guard; set by whoever adds that link */
    /** Prints the CPU models: -cpu help. */
    char *(*cpu_help)(void);
    /** Checks properties, reads files, lays out memory and devices. Nothing of the host is touched yet. NULL,
     * with all hooks below: a machine that cannot be started. */
    bool (*load)(MachineState *machine, Error **errp);
    /** KVM is open: learn what the host offers. */
    bool (*probe)(MachineState *machine, Error **errp);
    /** The VM exists: interrupt controller and whatever must come before vCPUs. */
    bool (*init_vm)(MachineState *machine, Error **errp);
    /** The number by which KVM knows vCPU @p index; NULL: its index. */
    unsigned (*vcpu_id)(const MachineState *machine, unsigned index);
    /** A vCPU exists: what it is (CPUID). */
    bool (*init_vcpu)(MachineState *machine, Vcpu *vcpu, Error **errp);
    /** Memory is there and not protected: put the firmware into it. Not called for a guarded machine. */
    bool (*fill_memory)(MachineState *machine, Error **errp);
    /** Sets all registers of a vCPU to their reset state. */
    bool (*reset_vcpu)(MachineState *machine, Vcpu *vcpu, Error **errp);
    /** A vCPU has left KVM_RUN for a reason of its architecture's. Whether that was dealt with. Called from
     * the thread of @p vcpu, from several at a time. NULL: there are none. */
    bool (*exit)(MachineState *machine, Vcpu *vcpu);
    /** Sends the guest's console up to @p size bytes, from any thread. Returns how many it had room for.
     * NULL: to the serial port. */
    size_t (*receive_console)(MachineState *machine, const uint8_t *bytes, size_t size);
    /** Tells the guest that somebody wants it to end, from any thread. Fails with CGVM_ERROR_STATE if it does
     * not listen, and with CGVM_ERROR_UNSUPPORTED if this machine cannot tell it. NULL: none like it can. */
    bool (*power_down)(MachineState *machine, Error **errp);
    /** The VM is about to be closed, and its vCPUs are: close what `init_vm` has opened on the host. NULL:
     * nothing.
     */
    void (*close_vm)(MachineState *machine);
    /** Puts all devices into their reset state. */
    void (*reset_devices)(MachineState *machine);
    /** Brings the VM, whose vCPUs do not run, back to where nothing of the guest is in it; vCPUs and memory
     * stay. NULL: a new VM takes its place. */
    bool (*reset_vm)(MachineState *machine, Error **errp);
    /** The VM goes away: the last calls while it has its vCPUs and its memory. NULL: there are none. */
    void (*leave_vm)(MachineState *machine);
    /** Writes what a debugger needs of the guest, memory and registers, to @p file. No vCPU is in KVM_RUN,
     * and none enters it meanwhile; on any thread. Reports to `progress`. NULL: nobody reads the registers of
     * this machine. */
    bool (*dump)(MachineState *machine, CoreFile *file, Error **errp);
    /** What the firmware has said of itself last; to be freed. NULL, also for the hook: nothing. */
    char *(*last_words)(const MachineState *machine);
    /** Frees what `load` and the hooks after it have made. Called on every machine_stop(). */
    void (*stopped)(MachineState *machine);
} MachineClass;

#define MACHINE(obj)           OBJECT_CHECK(MachineState, obj, TYPE_MACHINE)
#define MACHINE_CLASS(oc)      OBJECT_CLASS_CHECK(MachineClass, oc, TYPE_MACHINE)
#define MACHINE_GET_CLASS(obj) OBJECT_GET_CLASS(MachineClass, obj, TYPE_MACHINE)

/** Lays the machine out from its properties. Done once; machine_prepare() does it if nobody has. Fails with
 * CGVM_ERROR_UNSUPPORTED for a machine that cannot be started. */
bool machine_load(MachineState *machine, Error **errp);

/**
 * Brings the machine to the point where only machine_finish() is missing, on the host that @p accel gives:
 *
 *   plain:   load, open KVM, probe it, create the VM, memory, VM devices, vCPUs, registers
 *   guarded: load, open KVM, probe it, create the VM, guard: open, VM devices, guard: memory added, vCPUs,
 *            memory, registers, guard: launch
 *
 * On failure the machine is stopped again.
 */
bool machine_prepare(MachineState *machine, Accel *accel, Error **errp);

/** Lets the vCPUs of a prepared machine run from now on. On failure the machine is stopped. */
bool machine_finish(MachineState *machine, Error **errp);

/** machine_prepare() and machine_finish(). */
bool machine_start(MachineState *machine, Accel *accel, Error **errp);

/** Whether there is anything to start: QEMU's machine "none" has neither memory nor vCPUs. */
bool machine_can_start(const MachineState *machine);

/**
 * Brings a machine that is prepared or started and does not run back to the point where only machine_finish()
 * is missing: a new VM, on the same host and from the same files as they were
 * read before the first start, takes the place of the old one, or the old one is made like new. Memory that
 * the machine has allocated itself is empty afterwards; that of a memory backend keeps what it held, but for
 * what is loaded. On failure the machine is stopped.
 */
bool machine_rebuild(MachineState *machine, Error **errp);

/** machine_rebuild() and machine_finish(). */
bool machine_reset(MachineState *machine, Error **errp);

/** Runs the vCPUs, the first on this thread, until the machine exits; @p exit is then set, its error is the
 * caller's. */
void machine_run(MachineState *machine, MachineExit *exit);

/** Asks a running machine to exit; from any thread. The first caller wins; takes @p exit's error. */
void machine_request_exit(MachineState *machine, MachineExit exit);

/**
 * Takes all vCPUs of a started machine out of KVM_RUN, and returns when none is in there; those that enter
 * machine_run() later wait, too. Their registers are neither read nor written. Not from a vCPU's thread.
 */
void machine_pause(MachineState *machine);
/** Lets them run on. */
void machine_resume(MachineState *machine);

/**
 * Makes @p vcpu, of a machine that is started, wait outside of KVM_RUN (@p halted), or lets it run. A vCPU
 * halts itself, on its own thread; another one starts it, before which it may set the registers of the halted
 * one. Returns whether it was halted before.
 */
bool machine_set_halted(MachineState *machine, Vcpu *vcpu, bool halted);

/**
 * Halts all vCPUs but @p vcpu, whose thread calls this, and returns when none of them is in KVM_RUN: their
 * registers and the VM may then be changed. False if the machine is stopping, or another vCPU was first,
 * which has halted this one: then nothing may be changed any more.
 */
bool machine_halt_others(MachineState *machine, Vcpu *vcpu);

/** Tells people, if anybody listens, what the guest does: a phrase that names who or what it is about. */
void machine_note(const MachineState *machine, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Whether @p vcpu is halted. */
bool machine_is_halted(MachineState *machine, const Vcpu *vcpu);

/**
 * Sends the guest's console up to @p size bytes. From any thread, at any time. Returns how many it had room
 * for: 0 while there is no guest, or while it reads nothing.
 */
size_t machine_send_console(MachineState *machine, const void *bytes, size_t size);

/**
 * Asks the guest to end, as a power button does. From any thread, at any time. It may do so, or not. Fails
 * with CGVM_ERROR_UNSUPPORTED if this machine has nothing like a power button, and with CGVM_ERROR_STATE if
 * there is no guest or it does not listen: then it has not noticed anything.
 */
bool machine_power_down(MachineState *machine, Error **errp);

/** A SerialSink: prints @p byte on the console of the MachineState @p machine. From any thread. */
void machine_print_byte(void *machine, uint8_t byte);

/** Hands what was printed to the reader, who may take only a part of it. Whether nothing is left. */
bool machine_flush_console(MachineState *machine);

/**
 * Closes everything that machine_prepare() has opened. Nothing happens if there is nothing. False with
 * CGVM_ERROR_IO if a file that the accelerator was to write is not what it should be; all is closed then,
 * too.
 */
bool machine_close(MachineState *machine, Error **errp);

/** machine_close() where nobody reads such an error. */
void machine_stop(MachineState *machine);

/** The name of the machine without the suffix of its type: "microvm". */
const char *machine_name(const MachineState *machine);

/** The class of the machine that users call @p name. NULL with an error that lists near misses. */
MachineClass *machine_class_find(const char *name, Error **errp);

/** What `-machine help` prints. To be freed. */
char *machine_list_help(void);

#endif
