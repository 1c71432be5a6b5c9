/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/debug-output.h"
#include <errno.h>
#include <string.h>

/* The path of file:PATH, or NULL. */
static const char *path_of(const char *text)
{
    static const char file[] = "file:";

    return strncmp(text, file, strlen(file)) == 0 && text[strlen(file)] ? text + strlen(file) : NULL;
}

bool debug_output_add(DebugOutput *output, const Process *process, const char *text)
{
    if (output->text) {
        process_say(process, "-debugcon %s: the machine has one debug port, and it was given; leave this out",
                    text);
        return false;
    }
    if (strcmp(text, "stdio") != 0 && strcmp(text, "null") != 0 && !path_of(text)) {
        process_say(process, "-debugcon: '%s' is not supported; use file:PATH, stdio or null", text);
        return false;
    }
    output->text = text;
    return true;
}

bool debug_output_is_stdio(const DebugOutput *output)
{
    return output->text && strcmp(output->text, "stdio") == 0;
}

/* Firmware says much, but who looks at it while it runs wants whole lines at once. */
static void print_byte(void *opaque, uint8_t byte)
{
    FILE *file = opaque;

    putc(byte, file);
    if (byte == '\n') {
        fflush(file);
    }
}

bool debug_output_connect(DebugOutput *output, const Process *process, CgvmVm *vm)
{
    if (!output->text || strcmp(output->text, "null") == 0) {
        return true;
    }
    if (debug_output_is_stdio(output)) {
        if (process->daemonize) {
            process_say(process,
                        "-daemonize: stdout does not stay open for '-debugcon stdio'; use file:PATH");
            return false;
        }
        cgvm_vm_set_debug_console(vm, print_byte, stdout);
        return true;
    }
    output->file = fopen(path_of(output->text), "we");
    if (!output->file) {
        process_say(process, "-debugcon: cannot open '%s': %s", path_of(output->text), strerror(errno));
        return false;
    }
    cgvm_vm_set_debug_console(vm, print_byte, output->file);
    return true;
}

bool debug_output_close(DebugOutput *output, const Process *process)
{
    bool failed;

    if (!output->file) {
        return true;
    }
    failed = ferror(output->file) != 0;
    failed |= fclose(output->file) != 0;
    output->file = NULL;
    if (failed) {
        process_say(process, "-debugcon: not all could be written to '%s'", path_of(output->text));
    }
    return !failed;
}
