/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of cgctl: options by the tables of its commands, help, and messages.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/vm.h"
#include "tools/cgctl.h"

/* ---- messages ---- */

/* One line, whatever file names and values are in it. */
static void say(const char *format, va_list ap, const char *end)
{
    char *text = NULL;

    if (vasprintf(&text, format, ap) < 0) {
        abort();
    }
    for (char *byte = text; *byte; byte++) {
        if (iscntrl((unsigned char)*byte)) {
            *byte = '?';
        }
    }
    fprintf(stderr, "cgctl: %s%s\n", text, end);
    free(text);
}

void cgctl_say(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    say(format, ap, "");
    va_end(ap);
}

CgctlStatus cgctl_usage(const CgctlLine *line, const char *format, ...)
{
    const CgctlCommand *command = line ? line->command : NULL;
    char end[120] = "; cgctl -help lists the commands";
    va_list ap;

    if (command) {
        snprintf(end, sizeof(end), "; cgctl %s%s%s -help shows how it is called", command->group,
                 command->name ? " " : "", command->name ? command->name : "");
    }
    va_start(ap, format);
    say(format, ap, end);
    va_end(ap);
    return CGCTL_USAGE;
}

CgctlStatus cgctl_fail(CgvmError *error)
{
    CgctlStatus status = cgvm_error_code(error) == CGVM_ERROR_MISMATCH ? CGCTL_MISMATCH : CGCTL_REFUSED;

    cgctl_say("%s", cgvm_error_message(error));
    cgvm_error_free(error);
    return status;
}

/* ---- options ---- */

/* Whether @argument is the option @name; if so, *@ret_value is what stands behind '=' in it, or NULL. */
static bool is_option(const char *argument, const char *name, const char **ret_value)
{
    size_t length = strlen(name);

    if (argument[0] != '-') {
        return false;
    }
    argument += argument[1] == '-' ? 2 : 1;
    if (strncmp(argument, name, length) != 0 || (argument[length] && argument[length] != '=')) {
        return false;
    }
    *ret_value = argument[length] ? argument + length + 1 : NULL;
    return true;
}

/* The option of @command that @argument is, or NULL. */
static const CgctlOption *find_option(const CgctlCommand *command, const char *argument,
                                      const char **ret_value)
{
    for (const CgctlOption *option = command->options; option->name; option++) {
        if (is_option(argument, option->name, ret_value)) {
            return option;
        }
    }
    return NULL;
}

const char *cgctl_value_at(const CgctlLine *line, const char *name, size_t index)
{
    for (int i = 0; i < line->n_arguments; i++) {
        const char *value;
        const CgctlOption *option = find_option(line->command, line->arguments[i], &value);

        if (!option) {
            continue; /* the operand */
        }
        if (option->argument && !value) {
            value = line->arguments[++i];
        }
        if (strcmp(option->name, name) == 0 && index-- == 0) {
            return value ? value : "";
        }
    }
    return NULL;
}

const char *cgctl_value(const CgctlLine *line, const char *name)
{
    return cgctl_value_at(line, name, 0);
}

void cgctl_put_value(FILE *stream, const char *value)
{
    for (; *value; value++) {
        if (*value == ',') {
            fputc(',', stream);
        }
        fputc(*value, stream);
    }
}

char *cgctl_join(const CgctlLine *line, const char *const *names)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream) {
        abort();
    }
    for (; *names; names++) {
        const char *value = cgctl_value(line, *names);

        if (!value) {
            continue;
        }
        fprintf(stream, "%s%s=", ftell(stream) > 0 ? "," : "", *names);
        cgctl_put_value(stream, value);
    }
    if (fclose(stream) != 0) {
        abort();
    }
    return text;
}

/* Says that @argument is none of the command's options. */
static void refuse_option(const CgctlLine *line, const char *argument)
{
    const CgctlOption *options = line->command->options;
    const char *word = argument + strspn(argument, "-"), *near;
    char *name = strndup(word, strcspn(word, "="));
    const char **names;
    size_t n = 0;

    while (options[n].name) {
        n++;
    }
    names = calloc(n + 1, sizeof(*names));
    if (!name || !names) {
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = options[i].name;
    }
    near = cgvm_near_miss(name, names);
    if (near) {
        cgctl_usage(line, "there is no option '%s'; did you mean '--%s'?", argument, near);
    } else {
        cgctl_usage(line, "there is no option '%s'", argument);
    }
    free(names);
    free(name);
}

/* Looks at argument *@i, and at its value if that is the next one. */
static bool read_argument(CgctlLine *line, int *i)
{
    const char *argument = line->arguments[*i], *value = NULL;
    const CgctlOption *option = find_option(line->command, argument, &value);

    if (!option && argument[0] == '-' && argument[1]) {
        refuse_option(line, argument);
        return false;
    }
    if (!option && (line->operand || !line->command->operand)) {
        cgctl_usage(line, "'%s' is one argument too many", argument);
        return false;
    }
    if (!option) {
        line->operand = argument;
        return true;
    }
    if (!option->argument && value) {
        cgctl_usage(line, "--%s takes no value", option->name);
        return false;
    }
    if (option->argument && !value && ++*i == line->n_arguments) {
        cgctl_usage(line, "--%s needs a value, %s", option->name, option->argument);
        return false;
    }
    return true;
}

static bool check_options(const CgctlLine *line)
{
    for (const CgctlOption *option = line->command->options; option->name; option++) {
        if (option->required && !cgctl_value(line, option->name)) {
            cgctl_usage(line, "--%s %s is missing", option->name, option->argument);
            return false;
        }
        if (!option->repeated && cgctl_value_at(line, option->name, 1)) {
            cgctl_usage(line, "--%s is given twice", option->name);
            return false;
        }
    }
    if (line->command->operand && !line->command->operand_optional && !line->operand) {
        cgctl_usage(line, "%s is missing", line->command->operand);
        return false;
    }
    return true;
}

bool cgctl_line_parse(CgctlLine *line, const CgctlCommand *command, int argc, char **argv, bool *ret_help)
{
    *line = (CgctlLine){ .command = command, .arguments = argv, .n_arguments = argc };
    *ret_help = false;
    for (int i = 0; i < line->n_arguments; i++) {
        const char *value;

        if (command->takes_rest && strcmp(argv[i], "--") == 0) {
            line->rest = argv + i + 1;
            line->n_rest = argc - i - 1;
            line->n_arguments = i;
            break;
        }
        if (is_option(argv[i], "help", &value) || strcmp(argv[i], "-h") == 0) {
            *ret_help = true;
            return true;
        }
        if (!read_argument(line, &i)) {
            return false;
        }
    }
    return check_options(line);
}

/* ---- help ---- */

void cgctl_print_help(const CgctlCommand *command)
{
    printf("usage: cgctl %s%s%s [options]", command->group, command->name ? " " : "",
           command->name ? command->name : "");
    if (command->operand) {
        printf(command->operand_optional ? " [%s]" : " %s", command->operand);
    }
    printf("\n\n%s.\n", command->summary);
    if (command->text) {
        printf("\n%s", command->text);
    }
    printf("\n");
    for (const CgctlOption *option = command->options; option->name; option++) {
        char left[64];

        snprintf(left, sizeof(left), "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        printf("  %-28s %s\n", left, option->help);
    }
    printf("  %-28s %s\n", "--help", "print this");
}
