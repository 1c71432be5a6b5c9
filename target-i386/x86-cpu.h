/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What -cpu says: a model, or the host's CPU, and changes of its features.
 *
 * `MODEL[,+FEATURE][,-FEATURE][,FEATURE=on|off][,check=on|off][,enforce[=on|off]][,family=N][,model=N]
 * [,stepping=N][,migratable=on|off]`
 */
#ifndef TARGET_I386_X86_CPU_H
#define TARGET_I386_X86_CPU_H

#include "qapi/error.h"
#include "target-i386/cpu-features.h"

/** The name of the CPU model that stands for the host's own CPU. */
#define CPU_TYPE_HOST "host"

/** A number of the signature. */
typedef struct X86CpuNumber {
    bool is_given;
    unsigned value;
} X86CpuNumber;

/** What -cpu says. All zero is an empty one. */
typedef struct X86Cpu {
    char *text;        /* as it was given */
    bool is_host;      /* all that the host has, and `model` is empty */
    X86Features model; /* what the named model has under KVM */
    X86Features on;    /* asked for explicitly */
    X86Features off;   /* likewise; nothing is in both */
    bool check;        /* QEMU's; nothing depends on it */
    bool enforce;      /* refuse a host that lacks a feature of the model */
    bool migratable;   /* with the host's CPU: without what ties a guest to one host */
    X86CpuNumber family, model_number, stepping;
    uint32_t signature; /* CPUID function 1, EAX; 0: only the host knows it */
} X86Cpu;

/**
 * Reads @p text; NULL is the host's CPU. @p cpu is overwritten; to be cleared with x86_cpu_clear() after
 * success. Errors: CGVM_ERROR_NOT_FOUND for a name that does not exist, CGVM_ERROR_UNSUPPORTED for a property
 * of QEMU that cannot be chosen here, else CGVM_ERROR_INVALID.
 */
bool x86_cpu_parse(const char *text, X86Cpu *cpu, Error **errp);

/** Frees what @p cpu owns and makes it empty. */
void x86_cpu_clear(X86Cpu *cpu);

/** The signature of @p cpu on a host whose own is @p host. */
uint32_t x86_cpu_signature_on(const X86Cpu *cpu, uint32_t host);

/**
 * The features that a guest with @p cpu gets where KVM supports @p supported. A feature of the model that is
 * not there is left out; with `enforce`, and when it was asked for by name, it is refused with
 * CGVM_ERROR_UNSUPPORTED.
 */
bool x86_cpu_offer(const X86Cpu *cpu, const X86Features *supported, X86Features *ret_features, Error **errp);

/**
 * What to give to -cpu instead of @p text (NULL: nothing was given) to have the features @p on and not to
 * have the features @p off. To be freed.
 */
char *x86_cpu_text_changed(const char *text, const X86Features *on, const X86Features *off);

/** What `-cpu help` prints. To be freed. */
char *x86_cpu_help(void);

#endif
