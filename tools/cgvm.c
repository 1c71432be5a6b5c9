/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgvm: the command line. It sees only include/cgvm/, so whatever it can do, the library can.
 *
 * stdout gets what was asked for (plan, help) and the guest's console; stderr everything else. Exit status: 0
 * done; 1 refused or failed; 2 launched, but nothing here can run the guest; (value << 1) | 1 from the
 * guest's debug exit.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/monitor.h"
#include "tools/debug-output.h"
#include "tools/options.h"
#include "tools/process.h"
#include "tools/progress-line.h"

enum { EXIT_NO_ENGINE = 2 };

static const char usage[] =
    "usage: cgvm [options]\n"
    "\n"
    "  -machine [type=]NAME[,PROPERTY=VALUE...]   the machine; -machine help lists them\n"
    "  -object TYPE,id=ID[,PROPERTY=VALUE...]     an object; -object help, -object TYPE,help\n"
    "  -accel kvm|sim[,PROPERTY=VALUE...]         the host: this kernel's KVM (default), or a simulated one\n"
    "  -cpu MODEL                                 the vCPUs; -cpu help lists the models\n"
    "  -smp N[,cores=N,threads=N...]              number of vCPUs (default 1)\n"
    "  -m SIZE                                    guest memory, in MiB or with a suffix (default 128M)\n"
    "  -bios FILE                                 the firmware image\n"
    "  -kernel FILE, -initrd FILE, -append TEXT   what the firmware starts; without -bios, what starts\n"
    "  -plan text|json                            print what a launch would do and measure, and stop\n"
    "  -serial stdio|null                         the guest's console (default stdout alone)\n"
    "  -name NAME, -uuid UUID                     the guest's name for messages; its UUID\n"
    "  -msg timestamp=on,guest-name=on            what messages begin with\n"
    "  -pidfile FILE                              holds the process number while the guest lives\n"
    "  -daemonize                                 goes into the background when the guest is launched\n"
    "  -no-reboot                                 ends when the guest asks for a reset\n"
    "  -qmp stdio|unix:PATH,server=on,wait=off    a monitor for programs; also -chardev socket and -mon\n"
    "  -S                                         does not start the guest before the monitor's cont\n"
    "  -no-shutdown                               the monitor stays when the guest has ended\n"
    "  -version, -help\n"
    "\n"
    "Other options of QEMU have no effect, if they ask for nothing that is not there, or are\n"
    "refused with the reason and a way out.\n"
    "\n"
    "A confidential guest, launched on a simulated host:\n"
    "  cgvm -accel sim -cpu EPYC-Milan -bios /usr/share/ovmf/OVMF.fd \\\n"
    "       -object sev-snp-guest,id=sev0 -machine confidential-guest-support=sev0\n";

typedef struct CommandLine {
    CgvmVm *vm;
    CgvmMonitor *monitor;
    Process process;
    DebugOutput debug;
    ProgressLine progress;
    const char *plan;          /* NULL, "text" or "json" */
    bool is_paused, keeps_end; /* -S, -no-shutdown */
    char **option_names;       /* once the monitor is open */
    const char **chardevs;     /* values of -chardev */
    size_t n_chardevs;
    char *help; /* a topic of cgvm_help(), or NULL */
} CommandLine;

static int fail(const CommandLine *line, CgvmError *error)
{
    process_say(&line->process, "%s", cgvm_error_message(error));
    cgvm_error_free(error);
    return EXIT_FAILURE;
}

/* What an option that is written wrong gets; `format` shows the argument. */
static int fail_usage(const CommandLine *line, const char *format, const char *argument)
{
    char *text = NULL;

    if (asprintf(&text, format, argument) < 0) {
        abort();
    }
    process_say(&line->process, "%s; cgvm -help lists the options", text);
    free(text);
    return EXIT_FAILURE;
}

/* ---- options ---- */

/* Whether `text` asks for help as QEMU's options do: "help", "?" or "TYPE,help". Sets the topic if so. */
static bool wants_help(const char *option, const char *text, char **ret_topic)
{
    static const char *const topics[][2] = {
        { "object", "object" }, { "machine", "machine" }, { "M", "machine" },
        { "accel", "accel" },   { "cpu", "cpu" },
    };
    const char *topic = NULL, *comma = strrchr(text, ',');
    const char *word = comma ? comma + 1 : text;
    int type = comma ? comma - text : 0;

    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        if (strcmp(option, topics[i][0]) == 0) {
            topic = topics[i][1];
        }
    }
    if (!topic || (strcmp(word, "help") != 0 && strcmp(word, "?") != 0) ||
        (comma && (strcmp(topic, "cpu") == 0 || !type || memchr(text, ',', type)))) {
        return false;
    }
    if (asprintf(ret_topic, type ? "%s %.*s" : "%s", topic, type, text) < 0) {
        abort();
    }
    return true;
}

static int print_help(const CommandLine *line)
{
    CgvmError *error = NULL;
    char *text = cgvm_help(line->help, &error);

    if (!text) {
        return fail(line, error);
    }
    fputs(text, stdout);
    cgvm_string_free(text);
    return EXIT_SUCCESS;
}

static int fail_unknown(const CommandLine *line, const char *name)
{
    char *near = option_near_miss(name);
    int status = EXIT_FAILURE;

    if (near) {
        process_say(&line->process, "there is no option '%s'; did you mean '%s'?", name, near);
    } else {
        status = fail_usage(line, "there is no option '%s'", name);
    }
    free(near);
    return status;
}

/* Whether the option is the monitor's business, which runs the machine. */
static bool is_for_monitor(const char *name)
{
    static const char *const names[] = { "qmp", "mon", "S", "no-shutdown", "no-reboot", "action" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Returns -1 to go on, or the exit status. */
static int add_monitor_option(CommandLine *line, const char *name, const char *value)
{
    /* Of -action, only what is the same as -no-reboot works. */
    const bool is_action = strcmp(name, "action") == 0, is_switch = is_action || !*value;
    CgvmError *error = NULL;

    line->is_paused |= strcmp(name, "S") == 0;
    line->keeps_end |= strcmp(name, "no-shutdown") == 0;
    return cgvm_monitor_add_option(line->monitor, is_action ? "no-reboot" : name, is_switch ? "on" : value,
                                   &error)
               ? -1
               : fail(line, error);
}

/* It may be for the monitor or for the guest's console, which only the other options tell. */
static int add_chardev(CommandLine *line, const char *value)
{
    line->chardevs = realloc(line->chardevs, (line->n_chardevs + 1) * sizeof(*line->chardevs));
    if (!line->chardevs) {
        abort();
    }
    line->chardevs[line->n_chardevs++] = value;
    return -1;
}

/* Returns -1 to go on, or the exit status. */
static int add_option(CommandLine *line, const char *name, const char *value)
{
    const Option *option = option_decide(name, value);
    CgvmError *error = NULL;
    char shown[80];

    if (strcmp(name, "help") == 0 || strcmp(name, "h") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(name, "version") == 0) {
        printf("cgvm %s\n", cgvm_version());
        return EXIT_SUCCESS;
    }
    if (strcmp(name, "plan") == 0) {
        line->plan = value;
        return -1;
    }
    if (wants_help(name, value, &line->help)) {
        return print_help(line);
    }
    if (option->verdict == OPTION_REFUSED) {
        process_say(&line->process, "%s: %s", option_show(shown, sizeof(shown), name, value), option->text);
        return EXIT_FAILURE;
    }
    if (option->verdict == OPTION_WORKS && strcmp(name, "chardev") == 0) {
        return add_chardev(line, value);
    }
    if (option->verdict == OPTION_WORKS && is_for_monitor(name)) {
        return add_monitor_option(line, name, value);
    }
    if (strcmp(name, "debugcon") == 0) {
        return debug_output_add(&line->debug, &line->process, value) ? -1 : EXIT_FAILURE;
    }
    switch (process_add_option(&line->process, name, value)) {
    case PROCESS_DONE:
        return -1;
    case PROCESS_FAILED:
        return EXIT_FAILURE;
    case PROCESS_OTHER:
        break;
    }
    if (option->verdict == OPTION_WORKS &&
        !cgvm_vm_add_option(line->vm, name, option->has_value ? value : "on", &error)) {
        return fail(line, error);
    }
    return -1;
}

/* All options are known. Returns -1 to go on, or the exit status. */
static int share_chardevs(CommandLine *line)
{
    const char *of_console = NULL;

    for (size_t i = 0; i < line->n_chardevs; i++) {
        if (!of_console && process_is_chardev(&line->process, line->chardevs[i])) {
            of_console = line->chardevs[i];
        } else if (add_monitor_option(line, "chardev", line->chardevs[i]) >= 0) {
            return EXIT_FAILURE;
        }
    }
    return process_set_chardev(&line->process, of_console) ? -1 : EXIT_FAILURE;
}

/* Reads the options. Returns -1 to go on, or the exit status. */
static int read_options(CommandLine *line, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = "";
        const Option *option;
        int status;

        if (name[0] != '-' || !name[1]) {
            return fail_usage(line, "'%s' is not an option", name);
        }
        name += name[1] == '-' ? 2 : 1;
        option = option_find(name);
        if (!option) {
            return fail_unknown(line, name);
        }
        if (option->has_value) {
            if (++i == argc) {
                return fail_usage(line, "-%s needs a value", name);
            }
            value = argv[i];
        }
        status = add_option(line, name, value);
        if (status >= 0) {
            return status;
        }
    }
    if (share_chardevs(line) >= 0) {
        return EXIT_FAILURE;
    }
    return process_check(&line->process) ? -1 : EXIT_FAILURE;
}

/* ---- what they ask for ---- */

static int plan(CommandLine *line)
{
    CgvmPlanFormat format = strcmp(line->plan, "json") == 0 ? CGVM_PLAN_JSON : CGVM_PLAN_TEXT;
    CgvmError *error = NULL;
    char *text;

    if (format == CGVM_PLAN_TEXT && strcmp(line->plan, "text") != 0) {
        return fail_usage(line, "-plan takes text or json, not '%s'", line->plan);
    }
    text = cgvm_vm_plan(line->vm, format, &error);
    progress_line_erase(&line->progress);
    if (!text) {
        return fail(line, error);
    }
    fputs(text, stdout);
    cgvm_string_free(text);
    return EXIT_SUCCESS;
}

static void say_launched(void *opaque, bool again)
{
    CommandLine *line = opaque;
    const char *id = cgvm_vm_guest_id(line->vm), *measurement = cgvm_vm_measurement(line->vm);

    progress_line_erase(&line->progress);
    if (id) {
        process_say(&line->process, "%s %s: measurement %s%s", again ? "reset" : "launched", id,
                    measurement ? measurement : "none", cgvm_vm_is_simulated(line->vm) ? " (simulated)" : "");
    }
}

static void say_note(void *opaque, const char *text)
{
    CommandLine *line = opaque;

    process_say(&line->process, "%s%s", text, cgvm_vm_is_simulated(line->vm) ? " (simulated)" : "");
}

/* What only makes sense if somebody is there who can ask. Returns -1 to go on, or the exit status. */
static int check_monitor(const CommandLine *line)
{
    if (!cgvm_monitor_is_used(line->monitor) && (line->is_paused || line->keeps_end)) {
        process_say(&line->process,
                    "-%s: there is no monitor, by which somebody could %s; add -qmp, or leave it out",
                    line->is_paused ? "S" : "no-shutdown",
                    line->is_paused ? "start the guest" : "look at what is left of the guest");
        return EXIT_FAILURE;
    }
    if (cgvm_monitor_uses_stdio(line->monitor) && debug_output_is_stdio(&line->debug)) {
        process_say(&line->process,
                    "-qmp stdio: standard output is taken by -debugcon stdio; use -qmp unix:PATH");
        return EXIT_FAILURE;
    }
    if (cgvm_monitor_uses_stdio(line->monitor) &&
        (process_wants_stdio(&line->process) || line->process.daemonize)) {
        process_say(&line->process,
                    "-qmp stdio: standard input and output are taken by %s; use -qmp unix:PATH",
                    line->process.daemonize ? "-daemonize" : "-serial stdio");
        return EXIT_FAILURE;
    }
    return -1;
}

/* Who the guest is, the monitor and the guest are told, if it is known. */
static bool tell_identity(CommandLine *line, const char *option, const char *text)
{
    CgvmError *error = NULL;

    if (text && (!cgvm_monitor_add_option(line->monitor, option, text, &error) ||
                 !cgvm_vm_add_option(line->vm, option, text, &error))) {
        (void)fail(line, error);
        return false;
    }
    return true;
}

/* Returns -1 to go on, or the exit status. */
static int open_monitor(CommandLine *line)
{
    CgvmError *error = NULL;

    cgvm_monitor_set_launched(line->monitor, say_launched, line);
    line->option_names = option_names_new();
    cgvm_monitor_set_option_names(line->monitor, (const char *const *)line->option_names);
    if (!tell_identity(line, "name", line->process.name) ||
        !tell_identity(line, "uuid", line->process.uuid)) {
        return EXIT_FAILURE;
    }
    return cgvm_monitor_open(line->monitor, &error) ? check_monitor(line) : fail(line, error);
}

/* Returns -1 to go on, or the exit status. */
static int launch(CommandLine *line)
{
    CgvmError *error = NULL;
    bool launched;

    line->process.has_stdio = cgvm_monitor_uses_stdio(line->monitor);
    if (!process_connect_console(&line->process, line->vm)) {
        return EXIT_FAILURE;
    }
    if (!debug_output_connect(&line->debug, &line->process, line->vm)) {
        return EXIT_FAILURE;
    }
    cgvm_vm_set_notes(line->vm, say_note, line);
    launched = cgvm_monitor_launch(line->monitor, &error);
    progress_line_erase(&line->progress);
    if (!launched) {
        return fail(line, error);
    }
    if (!process_launched(&line->process)) {
        return EXIT_FAILURE;
    }
    return cgvm_vm_wants_run(line->vm) || cgvm_monitor_is_used(line->monitor) ? -1 : EXIT_SUCCESS;
}

static int run(CommandLine *line)
{
    CgvmError *error = NULL;
    uint8_t value = 0;
    CgvmRunResult result;

    result = cgvm_monitor_serve(line->monitor, &value, &error);
    process_hold_signals();
    progress_line_erase(&line->progress);
    switch (result) {
    case CGVM_RUN_EXITED:
        return (value << 1 | 1) & 0xff;
    case CGVM_RUN_RESET:
    case CGVM_RUN_POWERED_OFF:
    case CGVM_RUN_STOPPED:
        return EXIT_SUCCESS;
    case CGVM_RUN_NO_ENGINE:
        (void)fail(line, error);
        return EXIT_NO_ENGINE;
    case CGVM_RUN_FAILED:
        break;
    }
    return fail(line, error);
}

static int go(CommandLine *line, int argc, char **argv)
{
    int status = read_options(line, argc, argv);

    if (status >= 0) {
        return status;
    }
    cgvm_vm_set_progress(line->vm, progress_line_report, &line->progress);
    if (line->plan) {
        return plan(line);
    }
    if (!process_detach(&line->process, &status)) {
        return status;
    }
    status = open_monitor(line);
    if (status < 0) {
        status = launch(line);
    }
    if (status >= 0) {
        return status;
    }
    cgvm_monitor_end_on_signals(line->monitor);
    if (!process_start_input(&line->process, line->vm)) {
        return EXIT_FAILURE;
    }
    status = run(line);
    return process_stop_input(&line->process) ? status : EXIT_FAILURE;
}

/* Whether all files are complete that the machine was to write. */
static bool close_vm(CommandLine *line)
{
    CgvmError *error = NULL;
    const bool closed = cgvm_vm_close(line->vm, &error);

    if (!closed) {
        (void)fail(line, error);
    }
    cgvm_vm_free(line->vm);
    return closed;
}

int main(int argc, char **argv)
{
    CommandLine line = { .vm = cgvm_vm_new() };
    int status;

    line.monitor = cgvm_monitor_new(line.vm);
    process_init(&line.process);
    progress_line_init(&line.progress, stderr);
    status = go(&line, argc, argv);
    cgvm_monitor_free(line.monitor);
    if (!close_vm(&line)) {
        status = EXIT_FAILURE;
    }
    if (!debug_output_close(&line.debug, &line.process)) {
        status = EXIT_FAILURE;
    }
    process_clear(&line.process);
    free(line.help);
    free(line.chardevs);
    option_names_free(line.option_names);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("cgvm: cannot write to stdout");
        return EXIT_FAILURE;
    }
    return status;
}
