/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgctl: for the owners of confidential guests, on a machine of their own. It sees only include/cgvm/, so
 * whatever it can do, the library can.
 *
 * Exit status: 0 done, 1 refused, 2 the command line is wrong, 3 a verification has failed.
 */
#include <stdio.h>
#include <string.h>
#include "cgvm/vm.h"
#include "tools/cgctl.h"

static const CgctlCommand *const commands[] = {
    &cgctl_measure,
    &cgctl_firmware_inspect,
    &cgctl_idblock_create,
    &cgctl_idblock_inspect,
    &cgctl_idblock_verify,
    &cgctl_secret_session,
    &cgctl_secret_verify,
    &cgctl_secret_build,
    &cgctl_secret_inspect,
    &cgctl_pvimage_info,
    &cgctl_pvimage_create,
    &cgctl_pvimage_host_key,
    &cgctl_pvimage_simulated_host,
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static bool is_word(const char *argument, const char *word)
{
    return strcmp(argument + strspn(argument, "-"), word) == 0 && argument[0] == '-';
}

static bool wants_help(const char *argument)
{
    return is_word(argument, "help") || is_word(argument, "h");
}

/* The commands of @group, or of all with NULL. Returns how many there are. */
static int print_commands(const char *group)
{
    int n = 0;

    for (int i = 0; i < N_COMMANDS; i++) {
        if (!group || strcmp(commands[i]->group, group) == 0) {
            char name[40];

            snprintf(name, sizeof(name), "%s%s%s", commands[i]->group, commands[i]->name ? " " : "",
                     commands[i]->name ? commands[i]->name : "");
            printf("  %-20s %s\n", name, commands[i]->summary);
            n++;
        }
    }
    return n;
}

static CgctlStatus print_usage(void)
{
    printf("usage: cgctl COMMAND [options]\n\n");
    print_commands(NULL);
    printf("\n"
           "cgctl COMMAND -help shows the options of a command, -version the version. The exit\n"
           "status is 0 if it is done, 1 if it was refused, 2 if the command line is wrong, and 3\n"
           "if a verification has failed.\n");
    return CGCTL_DONE;
}

/* Says that there is no command @name of @group, or with NULL no group @name. */
static CgctlStatus refuse_command(const char *group, const char *name)
{
    const char *names[N_COMMANDS + 1] = { NULL }, *before = group ? group : "", *space = group ? " " : "",
                                   *near;
    int n = 0;

    for (int i = 0; i < N_COMMANDS; i++) {
        if (!group || strcmp(commands[i]->group, group) == 0) {
            names[n++] = group ? commands[i]->name : commands[i]->group;
        }
    }
    near = cgvm_near_miss(name, names);
    if (near) {
        return cgctl_usage(NULL, "there is no command '%s%s%s'; did you mean '%s%s%s'?", before, space, name,
                           before, space, near);
    }
    return cgctl_usage(NULL, "there is no command '%s%s%s'", before, space, name);
}

static bool has_group(const char *group)
{
    for (int i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->group, group) == 0) {
            return true;
        }
    }
    return false;
}

static CgctlStatus run_command(const CgctlCommand *command, int argc, char **argv)
{
    CgctlLine line;
    bool help;

    if (!cgctl_line_parse(&line, command, argc, argv, &help)) {
        return CGCTL_USAGE;
    }
    if (help) {
        cgctl_print_help(command);
        return CGCTL_DONE;
    }
    return command->run(&line);
}

/* @argv starts with the name of a group. */
static CgctlStatus run_group(int argc, char **argv)
{
    const char *group = argv[0], *name = argc > 1 ? argv[1] : NULL;

    for (int i = 0; i < N_COMMANDS; i++) {
        const CgctlCommand *command = commands[i];

        if (strcmp(command->group, group) != 0) {
            continue;
        }
        if (!command->name) {
            return run_command(command, argc - 1, argv + 1);
        }
        if (name && strcmp(command->name, name) == 0) {
            return run_command(command, argc - 2, argv + 2);
        }
    }
    if (name && wants_help(name)) {
        printf("usage: cgctl %s COMMAND [options]\n\n", group);
        print_commands(group);
        return CGCTL_DONE;
    }
    if (!name) {
        return cgctl_usage(NULL, "%s what?", group);
    }
    return refuse_command(group, name);
}

static CgctlStatus go(int argc, char **argv)
{
    if (argc < 2) {
        return cgctl_usage(NULL, "a command is missing");
    }
    if (wants_help(argv[1])) {
        return print_usage();
    }
    if (is_word(argv[1], "version")) {
        printf("cgctl %s\n", cgvm_version());
        return CGCTL_DONE;
    }
    if (!has_group(argv[1])) {
        return refuse_command(NULL, argv[1]);
    }
    return run_group(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    CgctlStatus status = go(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("cgctl: cannot write to stdout");
        return CGCTL_REFUSED;
    }
    return status;
}
