/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/progress-line.h"
#include <time.h>
#include <unistd.h>

#define SLOW    0.5 /* seconds */
#define LONGEST 60  /* bytes that are shown of a step, to stay on one line */
#define ERASE   "\r\x1b[K"

void progress_line_init(ProgressLine *line, FILE *stream)
{
    *line = (ProgressLine){ .terminal = isatty(fileno(stream)) ? stream : NULL };
}

void progress_line_erase(ProgressLine *line)
{
    if (line->is_visible) {
        fputs(ERASE, line->terminal);
        fflush(line->terminal);
        line->is_visible = false;
    }
}

/* Names of files are in `what`, and must not be able to steer the terminal. */
static void show(ProgressLine *line, const char *what, uint64_t done, uint64_t total)
{
    char shown[LONGEST + 1];
    int length = snprintf(shown, sizeof(shown), "%s", what);

    for (int i = 0; i < length && shown[i]; i++) {
        unsigned char byte = shown[i];
        if (byte < ' ' || byte >= 0x7f) {
            shown[i] = '?';
        }
    }
    fprintf(line->terminal, ERASE "cgvm: %s: %u %%", shown, (unsigned)(100.0 * done / total));
    fflush(line->terminal);
    line->is_visible = true;
}

void progress_line_report_at(ProgressLine *line, double now, const char *what, uint64_t done, uint64_t total)
{
    if (!line->terminal) {
        return;
    }
    if (done == 0) {
        line->begun = now;
    }
    if (done == 0 || done >= total) {
        progress_line_erase(line);
    } else if (now - line->begun >= SLOW) {
        show(line, what, done, total);
    }
}

void progress_line_report(void *opaque, const char *what, uint64_t done, uint64_t total)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    progress_line_report_at(opaque, now.tv_sec + now.tv_nsec / 1e9, what, done, total);
}
