/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The commands of cgctl as data: what each is called, which options it takes, and what it does.
 *
 * A command prints what was asked for to stdout and everything else to stderr, one line for each message,
 * with cgctl_say(). It returns an exit status, a CgctlStatus.
 */
#ifndef TOOLS_CGCTL_H
#define TOOLS_CGCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "cgvm/error.h"

/** How cgctl ends. */
typedef enum CgctlStatus {
    CGCTL_DONE = 0,
    CGCTL_REFUSED = 1,  /* what was asked for cannot be done; stderr says why */
    CGCTL_USAGE = 2,    /* the command line is wrong */
    CGCTL_MISMATCH = 3, /* a verification has failed */
} CgctlStatus;

/** An option, written with one dash or two. */
typedef struct CgctlOption {
    const char *name;     /* without dashes */
    const char *argument; /* what help calls its value; NULL: it has none */
    const char *help;     /* one line */
    bool repeated;        /* may be given several times */
    bool required;        /* must be given */
} CgctlOption;

typedef struct CgctlLine CgctlLine;

/** A command: `cgctl GROUP NAME`, or `cgctl GROUP`. */
typedef struct CgctlCommand {
    const char *group, *name; /* the name is NULL if the group is a command */
    const char *summary;      /* one line, for the list of all commands */
    const char *text;         /* the rest of its help: whole lines, or NULL */
    const char *operand;      /* what help calls the one operand that it takes; NULL: it takes none */
    bool operand_optional;
    bool takes_rest;            /* `--` may follow, and whatever the command makes of the rest */
    const CgctlOption *options; /* up to one without a name */
    CgctlStatus (*run)(const CgctlLine *line);
} CgctlCommand;

/** What a command line asks for. All is borrowed from it. */
struct CgctlLine {
    const CgctlCommand *command;
    const char *operand; /* or NULL */
    char **arguments;
    int n_arguments;
    char **rest; /* behind `--`; NULL: there was none */
    int n_rest;
};

extern const CgctlCommand cgctl_firmware_inspect;
extern const CgctlCommand cgctl_measure;
extern const CgctlCommand cgctl_idblock_create, cgctl_idblock_inspect, cgctl_idblock_verify;
extern const CgctlCommand cgctl_secret_session, cgctl_secret_verify;
extern const CgctlCommand cgctl_secret_build, cgctl_secret_inspect;
extern const CgctlCommand cgctl_pvimage_info, cgctl_pvimage_create, cgctl_pvimage_host_key;
extern const CgctlCommand cgctl_pvimage_simulated_host;

/** The value of the option @p name, which the command has; "" if it takes none, NULL if it is not given. */
const char *cgctl_value(const CgctlLine *line, const char *name);

/** Value number @p index of an option that can be repeated, or NULL. */
const char *cgctl_value_at(const CgctlLine *line, const char *name, size_t index);

/**
 * Those of the options @p names (up to a NULL) that are given, as the library takes options: "NAME=VALUE,…".
 * To be freed with free().
 */
char *cgctl_join(const CgctlLine *line, const char *const *names);

/** Writes @p value as a value among options has it: a comma twice. */
void cgctl_put_value(FILE *stream, const char *value);

/**
 * Reads the arguments of @p command (without the words that name it) into @p line. False if they are wrong,
 * which is said. Sets *@p ret_help instead if they ask for help.
 */
bool cgctl_line_parse(CgctlLine *line, const CgctlCommand *command, int argc, char **argv, bool *ret_help);

/** Prints the help of @p command to stdout. */
void cgctl_print_help(const CgctlCommand *command);

/** Prints "cgctl: " and a message to stderr, with control characters as '?'. */
void cgctl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Says what is wrong with how @p line, or with NULL cgctl itself, was called. Returns CGCTL_USAGE. */
CgctlStatus cgctl_usage(const CgctlLine *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Says and frees @p error. Returns the status for its kind. */
CgctlStatus cgctl_fail(CgvmError *error);

#endif
