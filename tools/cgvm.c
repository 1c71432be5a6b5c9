/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgvm: the command line. It sees only include/cgvm/, so whatever it can do, the library can.
 *
 * stdout gets what was asked for (plan, help) and the guest's console; stderr everything else. Exit status: 0
 * done; 1 refused or failed; 2 launched, but nothing here can run the guest; (value << 1) | 1 from the
 * guest's debug exit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/vm.h"

enum { EXIT_NO_ENGINE = 2 };

static const char usage[] =
    "usage: cgvm [options]\n"
    "\n"
    "  -machine [type=]NAME[,PROPERTY=VALUE...]   the machine; -machine help lists them\n"
    "  -object TYPE,id=ID[,PROPERTY=VALUE...]     an object; -object help, -object TYPE,help\n"
    "  -accel kvm|sim[,PROPERTY=VALUE...]         the host: this kernel's KVM (default), or a simulated one\n"
    "  -cpu MODEL                                 the vCPUs; -cpu help lists the models\n"
    "  -smp N                                     number of vCPUs (default 1)\n"
    "  -m SIZE                                    guest memory, in MiB or with a suffix (default 128M)\n"
    "  -bios FILE                                 the firmware image\n"
    "  -plan text|json                            print what a launch would do and measure, and stop\n"
    "  -version, -help\n"
    "\n"
    "A confidential guest, launched on a simulated host:\n"
    "  cgvm -accel sim -cpu EPYC-Milan -bios /usr/share/ovmf/OVMF.fd \\\n"
    "       -object sev-snp-guest,id=sev0 -machine confidential-guest-support=sev0\n";

typedef struct CommandLine {
    CgvmVm *vm;
    const char *plan; /* NULL, "text" or "json" */
    char *help;       /* a topic of cgvm_help(), or NULL */
} CommandLine;

static int fail(CgvmError *error)
{
    fprintf(stderr, "cgvm: %s\n", cgvm_error_message(error));
    cgvm_error_free(error);
    return EXIT_FAILURE;
}

static int fail_usage(const char *format, const char *argument)
{
    fputs("cgvm: ", stderr);
    fprintf(stderr, format, argument);
    fputs("; cgvm -help lists the options\n", stderr);
    return EXIT_FAILURE;
}

static int fail_option(CgvmError *error)
{
    /* Of the errors that an option gives, the one for an unknown option; it may suggest another one. */
    if (cgvm_error_code(error) == CGVM_ERROR_NOT_FOUND && !strchr(cgvm_error_message(error), '?')) {
        fail_usage("%s", cgvm_error_message(error));
        cgvm_error_free(error);
        return EXIT_FAILURE;
    }
    return fail(error);
}

static void print_console(void *opaque, uint8_t byte)
{
    (void)opaque;
    putchar(byte);
    /* A prompt has no newline, and a guest may stop at any byte. */
    fflush(stdout);
}

/* Whether `text` asks for help as QEMU's options do: "help", "?" or "TYPE,help". Sets the topic if so. */
static int wants_help(const char *option, const char *text, char **ret_topic)
{
    size_t length = strlen(text);
    size_t type = 0;

    if (strcmp(text, "help") != 0 && strcmp(text, "?") != 0) {
        if (strcmp(option, "object") != 0) {
            return 0;
        }
        if (length > 5 && strcmp(text + length - 5, ",help") == 0) {
            type = length - 5;
        } else if (length > 2 && strcmp(text + length - 2, ",?") == 0) {
            type = length - 2;
        }
        if (!type || memchr(text, ',', type)) {
            return 0;
        }
    }
    if (asprintf(ret_topic, type ? "%s %.*s" : "%s", option, (int)type, text) < 0) {
        abort();
    }
    return 1;
}

static int print_help(const char *topic)
{
    CgvmError *error = NULL;
    char *text = cgvm_help(topic, &error);

    if (!text) {
        return fail(error);
    }
    fputs(text, stdout);
    cgvm_string_free(text);
    return EXIT_SUCCESS;
}

/* Reads the options. Returns -1 to go on, or the exit status. */
static int read_options(CommandLine *line, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        CgvmError *error = NULL;

        if (option[0] != '-' || !option[1]) {
            return fail_usage("'%s' is not an option", option);
        }
        option += option[1] == '-' ? 2 : 1;
        if (strcmp(option, "help") == 0 || strcmp(option, "h") == 0) {
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        }
        if (strcmp(option, "version") == 0) {
            printf("cgvm %s\n", cgvm_version());
            return EXIT_SUCCESS;
        }
        if (i + 1 == argc) {
            return fail_usage("-%s needs a value", option);
        }
        i++;
        if (strcmp(option, "plan") == 0) {
            line->plan = argv[i];
        } else if (wants_help(option, argv[i], &line->help)) {
            return print_help(line->help);
        } else if (!cgvm_vm_add_option(line->vm, option, argv[i], &error)) {
            return fail_option(error);
        }
    }
    return -1;
}

static int plan(const CommandLine *line)
{
    CgvmPlanFormat format = strcmp(line->plan, "json") == 0 ? CGVM_PLAN_JSON : CGVM_PLAN_TEXT;
    CgvmError *error = NULL;
    char *text;

    if (format == CGVM_PLAN_TEXT && strcmp(line->plan, "text") != 0) {
        return fail_usage("-plan takes text or json, not '%s'", line->plan);
    }
    text = cgvm_vm_plan(line->vm, format, &error);
    if (!text) {
        return fail(error);
    }
    fputs(text, stdout);
    cgvm_string_free(text);
    return EXIT_SUCCESS;
}

static int launch(const CommandLine *line)
{
    CgvmVm *vm = line->vm;
    CgvmError *error = NULL;

    cgvm_vm_set_console(vm, print_console, NULL);
    if (!cgvm_vm_launch(vm, &error)) {
        return fail(error);
    }
    if (cgvm_vm_guest_id(vm)) {
        const char *measurement = cgvm_vm_measurement(vm);
        fprintf(stderr, "cgvm: launched %s: measurement %s%s\n", cgvm_vm_guest_id(vm),
                measurement ? measurement : "none", cgvm_vm_is_simulated(vm) ? " (simulated)" : "");
    }
    return EXIT_SUCCESS;
}

static int run(const CommandLine *line)
{
    CgvmError *error = NULL;
    uint8_t value = 0;

    switch (cgvm_vm_run(line->vm, &value, &error)) {
    case CGVM_RUN_EXITED:
        return (value << 1 | 1) & 0xff;
    case CGVM_RUN_NO_ENGINE:
        fputs(
            "cgvm: the guest is launched, but nothing on this host can run it; run=off of -accel stops here "
            "without this message\n",
            stderr);
        return EXIT_NO_ENGINE;
    case CGVM_RUN_FAILED:
        break;
    }
    return fail(error);
}

static int go(CommandLine *line, int argc, char **argv)
{
    int status = read_options(line, argc, argv);

    if (status >= 0) {
        return status;
    }
    if (line->plan) {
        return plan(line);
    }
    status = launch(line);
    if (status != EXIT_SUCCESS || !cgvm_vm_wants_run(line->vm)) {
        return status;
    }
    return run(line);
}

int main(int argc, char **argv)
{
    CommandLine line = { .vm = cgvm_vm_new() };
    int status = go(&line, argc, argv);

    cgvm_vm_free(line.vm);
    free(line.help);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("cgvm: cannot write to stdout");
        return EXIT_FAILURE;
    }
    return status;
}
