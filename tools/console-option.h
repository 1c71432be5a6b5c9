/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What -serial says: where the guest's console goes, as text. QEMU's syntax.
 */
#ifndef TOOLS_CONSOLE_OPTION_H
#define TOOLS_CONSOLE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ConsoleKind {
    CONSOLE_STDOUT, /* alone: without -serial */
    CONSOLE_STDIO,
    CONSOLE_NULL,
    CONSOLE_FILE,
    CONSOLE_UNIX,
    CONSOLE_PTY,
} ConsoleKind;

/** Zeroed: what is without -serial. */
typedef struct ConsoleOption {
    bool is_given;
    const char *text; /* as it was given; borrowed */
    ConsoleKind kind;
    char *path;       /* of a file or socket */
    bool has_escapes; /* mon:stdio */
    bool appends;     /* to a file */
    bool is_server, waits;
    const char *chardev; /* the id of the -chardev that says all this; in `text` */
} ConsoleOption;

/**
 * Reads the value @p text of -serial, which must live as long as @p option. On failure returns false with the
 * reason and what to do in @p message. With `chardev` set, console_option_set_chardev() has to follow.
 */
bool console_option_parse(ConsoleOption *option, const char *text, char *message, size_t size);

/** Whether @p text, a value of -chardev, has the id @p id. */
bool console_option_is_chardev(const char *text, const char *id);

/** Reads @p text, the value of the -chardev that @p option names. */
bool console_option_set_chardev(ConsoleOption *option, const char *text, char *message, size_t size);

void console_option_clear(ConsoleOption *option);

#endif
