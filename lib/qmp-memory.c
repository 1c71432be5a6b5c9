/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: reading guest memory, in plaintext or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lib/qmp-context.h"
#include "qapi-commands.h"

/* What is read at a time. */
#define SAVE_CHUNK (64 * 1024)

/** A pmemsave that is under way. */
typedef struct Save {
    QmpCall *call;
    MachineState *machine;
    ConfidentialGuestSupport *cgs; /* NULL: a plain guest */
    uint64_t gpa, size;
    char *path;
    FILE *file;
} Save;

static void save_free(Save *save)
{
    if (save->file) {
        fclose(save->file);
    }
    g_free(save->path);
    g_free(save);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Save, save_free)

static bool write_failed(const Save *save, int code, Error **errp)
{
    g_autofree char *shown = text_shown(save->path);

    return error_set_errno(errp, CGVM_ERROR_IO, code, "cannot write '%s': %s", shown, g_strerror(code));
}

static bool read_plain(const Save *save, uint64_t gpa, size_t size, uint8_t *buffer, Error **errp)
{
    const uint8_t *memory = guest_ram_pointer(&save->machine->ram, gpa, size, errp);

    if (memory) {
        memcpy(buffer, memory, size);
    }
    return memory != NULL;
}

static bool save_chunk(const Save *save, uint64_t gpa, size_t size, Error **errp)
{
    g_autofree uint8_t *buffer = g_malloc(size);

    if (save->cgs ? !confidential_guest_read_memory(save->cgs, save->machine, gpa, size, buffer, errp)
                  : !read_plain(save, gpa, size, buffer, errp)) {
        return false;
    }
    return fwrite(buffer, 1, size, save->file) == size || write_failed(save, errno, errp);
}

static bool save_all(void *opaque, Error **errp)
{
    Save *save = opaque;

    for (uint64_t done = 0; done < save->size;) {
        const uint64_t gpa = save->gpa + done;
        const size_t size = MIN(save->size - done, SAVE_CHUNK);

        if (!save_chunk(save, gpa, size, errp)) {
            return false;
        }
        done += size;
    }
    return fclose(g_steal_pointer(&save->file)) == 0 || write_failed(save, errno, errp);
}

static void saved(void *opaque, Error *error)
{
    Save *save = opaque;

    if (error) {
        unlink(save->path);
    }
    qmp_call_complete(save->call, NULL, error);
    save_free(save);
}

/* It is the guest's memory, so nobody else may read the file; and whoever waits at a pipe is not waited for.
 */
static bool save_open(Save *save, Error **errp)
{
    const int fd = open(save->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0600);

    save->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!save->file) {
        const int code = errno;

        if (fd >= 0) {
            close(fd);
        }
        return write_failed(save, code, errp);
    }
    return true;
}

/* Whether all of it can be read: nothing is begun otherwise. */
static bool save_check(const Save *save, bool is_prepared, Error **errp)
{
    uint8_t byte;

    if (!is_prepared) {
        return error_set(errp, CGVM_ERROR_STATE, "the machine is not on its host, so it has no memory");
    }
    if (!guest_ram_covers(&save->machine->ram, save->gpa, MAX(save->size, 1))) {
        return error_setg(errp,
                          "not all of the %" G_GUINT64_FORMAT " bytes at 0x%" G_GINT64_MODIFIER
                          "x are in one block of guest memory",
                          save->size, save->gpa);
    }
    return !save->cgs || confidential_guest_read_memory(save->cgs, save->machine, save->gpa, 1, &byte, errp);
}

bool qmp_pmemsave(QmpCall *call, const void *arguments, Error **errp)
{
    const PmemsaveArguments *args = arguments;
    const QmpContext *context = qmp_idle_context(call, errp);
    g_autoptr(Save) save = NULL;

    if (!context) {
        return false;
    }
    save = g_new0(Save, 1);
    *save = (Save){
        .call = call,
        .machine = context->vm->machine,
        .cgs = vm_guard(context->vm),
        .gpa = args->val,
        .size = args->size,
        .path = g_strdup(args->filename),
    };
    if (!save_check(save, context->vm->prepared, errp) || !save_open(save, errp) ||
        !vm_run_work(context->run, "guest memory is being saved", save_all, save, saved, save, errp)) {
        return false;
    }
    save = NULL; /* it is saved()'s now */
    return qmp_call_defer(call);
}

bool qmp_memsave(QmpCall *call G_GNUC_UNUSED, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    return error_set(
        errp, CGVM_ERROR_UNSUPPORTED,
        "a virtual address takes the registers and page tables of a vCPU, which nobody here reads; "
        "use 'pmemsave' with a physical one");
}
