/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: a dump of the whole guest into a file.
 */
#include <string.h>
#include "lib/qmp-context.h"
#include "qapi-commands.h"

#define FILE_PROTOCOL "file:"

/** A dump-guest-memory that is under way. */
typedef struct Dump {
    QmpCall *call;
    MachineState *machine;
    CoreFile *file;
} Dump;

static void dump_free(Dump *dump)
{
    core_file_free(dump->file);
    g_free(dump);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dump, dump_free)

static bool dump_all(void *opaque, Error **errp)
{
    const Dump *dump = opaque;

    return MACHINE_GET_CLASS(dump->machine)->dump(dump->machine, dump->file, errp) &&
           core_file_commit(dump->file, errp);
}

static void dumped(void *opaque, Error *error)
{
    Dump *dump = opaque;

    /* What is left of one that has failed is gone before that is told. */
    g_clear_pointer(&dump->file, core_file_free);
    qmp_call_complete(dump->call, NULL, error);
    dump_free(dump);
}

/* The file that @args name, or NULL with an error. */
static const char *file_of(const DumpGuestMemoryArguments *args, Error **errp)
{
    if (args->paging) {
        return error_set_null(
            errp, CGVM_ERROR_UNSUPPORTED,
            "'paging' is true, but a dump has physical addresses: virtual ones take the page "
            "tables of a vCPU, which nobody here reads; leave it false");
    }
    if (!g_str_has_prefix(args->protocol, FILE_PROTOCOL) || !args->protocol[strlen(FILE_PROTOCOL)]) {
        g_autofree char *shown = text_shown(args->protocol);

        return error_setg_null(
            errp, "'protocol' is '%s', but a dump goes to 'file:PATH' alone: descriptors are not taken",
            shown);
    }
    return args->protocol + strlen(FILE_PROTOCOL);
}

static bool check_machine(const CgvmVm *vm, Error **errp)
{
    if (!MACHINE_GET_CLASS(vm->machine)->dump) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "a dump takes the registers of all vCPUs, which nobody reads of machine '%s'; use "
                         "'pmemsave' for memory alone",
                         machine_name(vm->machine));
    }
    return vm->prepared ||
           error_set(errp, CGVM_ERROR_STATE, "the machine is not on its host, so it has no memory");
}

bool qmp_dump_guest_memory(QmpCall *call, const void *arguments, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    const char *path = context ? file_of(arguments, errp) : NULL;
    g_autoptr(Dump) dump = NULL;

    if (!path || !check_machine(context->vm, errp)) {
        return false;
    }
    dump = g_new0(Dump, 1);
    *dump = (Dump){
        .call = call,
        .machine = context->vm->machine,
        .file = core_file_new(path, errp),
    };
    if (!dump->file ||
        !vm_run_work_paused(context->run, "the guest is being dumped", dump_all, dump, dumped, dump, errp)) {
        return false;
    }
    dump = NULL; /* it is dumped()'s now */
    return qmp_call_defer(call);
}
