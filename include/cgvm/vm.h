/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Virtual machines made of options, as on the command line of cgvm.
 *
 * A CgvmVm collects options and is then planned or launched:
 *
 *     CgvmVm *vm = cgvm_vm_new();
 *     if (!cgvm_vm_add_option(vm, "object", "sev-snp-guest,id=sev0", &error) ||
 *         !cgvm_vm_add_option(vm, "machine", "confidential-guest-support=sev0", &error) ||
 *         !cgvm_vm_add_option(vm, "bios", "OVMF.fd", &error) || !cgvm_vm_launch(vm, &error)) …
 *
 * Nothing here prints, ends the process or starts a thread, but for cgvm_vm_run(), which runs each vCPU on a
 * thread. A process may have any number of machines; each belongs to one thread at a time. Strings are UTF-8.
 */
#ifndef CGVM_VM_H
#define CGVM_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cgvm/bytes.h"
#include "cgvm/error.h"
#include "cgvm/version.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** A virtual machine, from its options to its end. Opaque. */
typedef struct CgvmVm CgvmVm;

/** A machine without options. Free it with cgvm_vm_free(). */
CgvmVm *cgvm_vm_new(void);

/** Stops the machine and frees it and all that it has opened; NULL is allowed. */
void cgvm_vm_free(CgvmVm *vm);

/**
 * Adds the option @p name (without a dash) with its value @p text: machine or M, accel, cpu, smp, m, bios,
 * kernel, initrd, append, name, uuid, rtc, object, and enable-kvm, whose value is "on". `object` may be given
 * several times, `machine`, `smp`, `rtc` and `m` too, whose properties add up; of all others the last one
 * counts. Only the text is checked here, objects are made when the machine is planned or launched. Fails with
 * CGVM_ERROR_NOT_FOUND for an unknown option, CGVM_ERROR_INVALID for malformed text or options that
 * contradict each other, CGVM_ERROR_UNSUPPORTED for what the machine cannot be, and CGVM_ERROR_STATE when the
 * machine was made already.
 */
bool cgvm_vm_add_option(CgvmVm *vm, const char *name, const char *text, CgvmError **error);

/** How cgvm_vm_plan() describes a plan. */
typedef enum CgvmPlanFormat {
    CGVM_PLAN_TEXT, /**< for people */
    CGVM_PLAN_JSON, /**< the schema type LaunchPlan */
} CgvmPlanFormat;

/**
 * Plans the launch without a host and describes it: what would be asked of the kernel and the firmware, and
 * the digest that this gives. The text is freed with cgvm_string_free(). NULL with an error if the machine
 * cannot be made, is not a confidential guest, or its launch would be refused.
 */
char *cgvm_vm_plan(CgvmVm *vm, CgvmPlanFormat format, CgvmError **error);

/**
 * The digest that the plan gives, in hexadecimal and, in @p ret_digest unless that is NULL, as bytes: both
 * are owned by @p vm until it is planned again. NULL with an error as cgvm_vm_plan().
 */
const char *cgvm_vm_planned_digest(CgvmVm *vm, CgvmBytes *ret_digest, CgvmError **error);

/**
 * Makes the machine and launches it but for the last step: everything is loaded and measured, and the guest
 * cannot run yet. Its owner can verify the measurement and hand in secrets; cgvm_vm_launch() then goes on. A
 * failure leaves nothing of the machine on the host. May be called once, and need not be called.
 */
bool cgvm_vm_prepare(CgvmVm *vm, CgvmError **error);

/**
 * Makes the machine and launches it, or ends what cgvm_vm_prepare() has begun: afterwards its vCPUs can run.
 * A failure leaves nothing of it on the host. May be called once.
 */
bool cgvm_vm_launch(CgvmVm *vm, CgvmError **error);

/**
 * The measurement that the firmware has made of a prepared or launched machine, for the guest's owner. For
 * SEV and SEV-ES these are 48 bytes: a MAC under the owner's TIK, and the firmware's nonce (AMD publication
 * 55766, LAUNCH_MEASURE). @p ret_size is set to their number; to be freed with cgvm_bytes_free(). NULL with
 * CGVM_ERROR_STATE before cgvm_vm_prepare(), and with CGVM_ERROR_UNSUPPORTED for a plain guest or one whose
 * firmware returns none.
 */
uint8_t *cgvm_vm_launch_measurement(CgvmVm *vm, size_t *ret_size, CgvmError **error);

/**
 * Hands in a secret that the guest's owner has sealed for a machine that is prepared and not yet launched:
 * the packet and its header, as they came from the owner. The firmware opens it and puts it into guest
 * memory, at guest address @p gpa, or with NULL where the guest's firmware image wants it. Any number of
 * secrets can be handed in. Fails with CGVM_ERROR_STATE at any other time, CGVM_ERROR_UNSUPPORTED for a guest
 * whose launch takes none, CGVM_ERROR_INVALID for sizes and places that cannot be right, CGVM_ERROR_FIRMWARE
 * for a packet that was sealed for another launch. After a failure the launch can go on.
 */
bool cgvm_vm_inject_secret(CgvmVm *vm, CgvmBytes header, CgvmBytes packet, const uint64_t *gpa,
                           CgvmError **error);

/**
 * Resets a launched machine that does not run: it is launched once more from the same files as they were read
 * at first, and can be run again. The launch of a confidential guest is measured anew; one that would be
 * measured differently is refused (CGVM_ERROR_MISMATCH). A failure leaves nothing of it on the host.
 *
 * That is about a machine that was launched. One whose launch or reset has failed is not: the properties of
 * its objects can be set again, and the next cgvm_vm_launch(), or a monitor's system_reset, measures what
 * they are then.
 */
bool cgvm_vm_reset(CgvmVm *vm, CgvmError **error);

/**
 * Stops a machine that does not run and closes all that it has opened, as cgvm_vm_free() does, and says
 * whether all that was to be written into files beside it has been: CGVM_ERROR_IO if a trace (`-accel
 * …,trace=`) or a simulated host's report (`report=`) is not complete. It is closed then, too. A machine that
 * was not launched succeeds; one that was can be launched anew afterwards.
 */
bool cgvm_vm_close(CgvmVm *vm, CgvmError **error);

/** The id of the object that protects a machine that was launched, or NULL if it is a plain guest. Owned by
 * @p vm. */
const char *cgvm_vm_guest_id(const CgvmVm *vm);

/** The launch digest of a machine that was launched, in hexadecimal; NULL for a plain guest. Owned by @p vm.
 */
const char *cgvm_vm_measurement(const CgvmVm *vm);

/** Whether the host on which it was launched is a simulated one, whose measurements prove nothing. */
bool cgvm_vm_is_simulated(const CgvmVm *vm);

/** Whether the options ask for running the machine after its launch (`-accel …,run=off` does not). */
bool cgvm_vm_wants_run(const CgvmVm *vm);

/**
 * Takes bytes that the guest has sent to its console, and returns how many it has taken; the others are
 * offered again, and whoever sent them does not run on before. On the thread of a vCPU, one call at a time.
 * It may wait until it can take some, but not much longer than 50 ms: meanwhile the vCPU cannot be stopped.
 */
typedef size_t CgvmConsole(void *opaque, const void *bytes, size_t size);

/** Where the guest's console goes; to be set before the launch. Without one it is dropped. */
void cgvm_vm_set_console(CgvmVm *vm, CgvmConsole *console, void *opaque);

/** Takes a line of text about what the guest does, such as that it has become a secure one. On the thread of
 * the vCPU that did it. */
typedef void CgvmNote(void *opaque, const char *text);

/** Who is told what the guest does; to be set before the launch. Without one nobody is. */
void cgvm_vm_set_notes(CgvmVm *vm, CgvmNote *note, void *opaque);

/** Takes a byte that the guest has sent to its debug port. On the thread of a vCPU, one call at a time. */
typedef void CgvmDebugConsole(void *opaque, uint8_t byte);

/**
 * Where the debug port goes, to which firmware that was built for it says how far it is. The last lines are a
 * part of the error when such a guest fails, whether somebody takes the bytes or not. To be called before the
 * machine is prepared or launched.
 */
void cgvm_vm_set_debug_console(CgvmVm *vm, CgvmDebugConsole *console, void *opaque);

/**
 * Sends the guest's console up to @p size bytes, from any thread, once cgvm_vm_launch() has succeeded and
 * until cgvm_vm_free(). Returns how many it had room for; the others are to be sent again later. That is 0
 * while the guest reads nothing.
 */
size_t cgvm_vm_send_console(CgvmVm *vm, const void *bytes, size_t size);

/**
 * Takes how far planning, launching or resetting is: @p done of @p total bytes of the step @p what, a phrase
 * such as "hashing the initrd 'initrd.img'", which is only valid during the call. Steps are: reading a file,
 * hashing it, launching memory. A step begins with 0 done and ends, unless it fails, with all of them, which
 * may be 0 as well; in between there are at most 20 calls in a second. It must not call functions with the
 * same machine.
 */
typedef void CgvmProgress(void *opaque, const char *what, uint64_t done, uint64_t total);

/**
 * Who is told of progress, on the thread that plans, launches or resets. NULL: nobody, as without this
 * call.
 */
void cgvm_vm_set_progress(CgvmVm *vm, CgvmProgress *progress, void *opaque);

/** How a run ended. */
typedef enum CgvmRunResult {
    CGVM_RUN_FAILED,      /**< the error says why */
    CGVM_RUN_EXITED,      /**< the guest wrote a value to its debug exit */
    CGVM_RUN_RESET,       /**< the guest asked for a reset: cgvm_vm_reset(), then it can run again */
    CGVM_RUN_NO_ENGINE,   /**< launched, but nothing on this host can run it; the error says why */
    CGVM_RUN_POWERED_OFF, /**< the guest turned its machine off */
    CGVM_RUN_STOPPED,     /**< somebody else has ended it: cgvm_vm_stop(), a monitor, or a signal */
} CgvmRunResult;

/**
 * May be called once after each launch and reset. Runs a launched machine on this thread, and further vCPUs
 * on threads of their own, until the guest ends it.
 * @p exit_value, unless that is NULL, is set for CGVM_RUN_EXITED. While it runs, SIGUSR1 is used to stop
 * vCPUs.
 */
CgvmRunResult cgvm_vm_run(CgvmVm *vm, uint8_t *exit_value, CgvmError **error);

/**
 * Ends the run of a machine: cgvm_vm_run() returns CGVM_RUN_STOPPED soon, or at once if it is called later,
 * unless the guest was first. The machine stays launched and can be reset. From any thread and from the
 * functions that take the guest's console, notes and debug bytes, once cgvm_vm_launch() has succeeded and
 * until cgvm_vm_reset(), cgvm_vm_close() or cgvm_vm_free() is called. Under a monitor, it ends the machine as
 * "quit" does.
 */
void cgvm_vm_stop(CgvmVm *vm);

/**
 * Holds a machine: takes its vCPUs out of the guest and returns when none is in there. A run that begins
 * later waits as well, until cgvm_vm_resume() or cgvm_vm_stop(). Times and threads are those of
 * cgvm_vm_stop(), but for the functions that the machine itself calls, whose vCPU would wait for itself. Not
 * under a monitor, which has commands for that and would not know.
 */
void cgvm_vm_pause(CgvmVm *vm);

/** Lets a machine that is held run on; nothing happens to another one. Threads as for cgvm_vm_stop(). */
void cgvm_vm_resume(CgvmVm *vm);

/**
 * Help for @p topic: "object", "machine", "accel" and "cpu" list what there is; the first three with a space
 * and a name list the properties of that. The text is freed with cgvm_string_free(). NULL with an error for
 * an unknown topic or name.
 */
char *cgvm_help(const char *topic, CgvmError **error);

/**
 * That of @p names (up to a NULL) which @p word was probably meant to be, or NULL if none is near enough: for
 * programs whose own options stand beside those of this library, whose messages ask in the same way. It is
 * borrowed from @p names.
 */
const char *cgvm_near_miss(const char *word, const char *const *names);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
