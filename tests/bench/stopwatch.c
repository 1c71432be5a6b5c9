// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * @file
 * Runs a command and says when its guest said something, and what the command itself holds in memory: for
 * places that have nothing but the C library, like the box.
 *
 *     stopwatch MODE WORDS SECONDS RAM-MIB COMMAND...
 *
 * MODE is what ends the command: `first`, the first byte of its stdout; `words`, WORDS there; `memory`, the
 * same, with a look at its memory before; `whole`, nothing but itself. After SECONDS it is killed and the
 * stopwatch fails.
 *
 * Prints one line, `stopwatch MODE first=US words=US end=US ram=KIB private=KIB anonymous=KIB exits=N`. Times
 * are microseconds from just before the fork, -1 for what was not seen. `exits` are those of all guests that
 * KVM has now, as its files in debugfs say, seen just before the command is killed in the mode `memory`; else
 * -1. Memory is 0 except in the mode `memory`: `ram` is the size of the mappings taken for the guest's RAM,
 * those of at least half of RAM-MIB; `private` is what only this process holds in all the others, `anonymous`
 * the part of it that is not pages of files.
 *
 * Exit status: 0 if it went as MODE says, and for `whole` the command's status was 0; else 1, with the end of
 * what the command printed on stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    int64_t first_us, words_us, end_us;
    unsigned long ram_kib, private_kib, anonymous_kib;
    int64_t exits;
} Result;

/** The newest output, enough to find the words across reads and to show when something fails. */
typedef struct {
    char bytes[65536];
    size_t size;
} Output;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list args;

    fputs("stopwatch: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static pid_t start(char **command, int *output)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0) {
        fail("pipe2: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child < 0) {
        fail("fork: %s", strerror(errno));
    }
    if (child == 0) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0 || dup2(null, 0) < 0 || dup2(ends[1], 1) < 0) {
            _exit(126);
        }
        execv(command[0], command);
        _exit(127);
    }
    close(ends[1]);
    *output = ends[0];
    return child;
}

/** Counts the memory of a stopped process. Fails if no mapping can be the guest's RAM. */
static void count_memory(pid_t pid, unsigned long ram_kib, Result *result)
{
    char path[64];
    char line[4096];
    bool counted = true;

    snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
    FILE *smaps = fopen(path, "r");
    if (!smaps) {
        fail("%s: %s", path, strerror(errno));
    }
    while (fgets(line, sizeof(line), smaps)) {
        unsigned long from, to, kib;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            unsigned long size_kib = (to - from) / 1024;
            counted = size_kib < ram_kib / 2;
            result->ram_kib += counted ? 0 : size_kib;
        } else if (counted && (sscanf(line, "Private_Clean: %lu", &kib) == 1 ||
                               sscanf(line, "Private_Dirty: %lu", &kib) == 1)) {
            result->private_kib += kib;
        } else if (counted && sscanf(line, "Anonymous: %lu", &kib) == 1) {
            result->anonymous_kib += kib;
        }
    }
    fclose(smaps);
    if (result->ram_kib < ram_kib / 2) {
        fail("%s: cannot tell the guest's RAM from the rest", path);
    }
}

/** What KVM has counted for the guests that there are, or -1 where debugfs is not mounted. */
static int64_t count_exits(void)
{
    long long exits = -1;
    FILE *file = fopen("/sys/kernel/debug/kvm/exits", "r");

    if (file) {
        exits = fscanf(file, "%lld", &exits) == 1 ? exits : -1;
        fclose(file);
    }
    return exits;
}

/** Appends, without the older half when it gets full. */
static ssize_t read_more(int file, Output *output)
{
    if (output->size > sizeof(output->bytes) / 2) {
        size_t kept = sizeof(output->bytes) / 4;
        memmove(output->bytes, output->bytes + output->size - kept, kept);
        output->size = kept;
    }
    ssize_t size = read(file, output->bytes + output->size, sizeof(output->bytes) - output->size);
    output->size += size > 0 ? (size_t)size : 0;
    return size;
}

/** Waits until the command has said what it is to say, or all of it; false when the time is over before. */
static bool watch(int file, const char *mode, const char *words, int64_t begin, int64_t limit_us,
                  Output *output, Result *result)
{
    for (;;) {
        struct pollfd readable = { .fd = file, .events = POLLIN };
        int64_t left_us = begin + limit_us - now_us();

        if (left_us <= 0) {
            return false;
        }
        if (poll(&readable, 1, (int)(left_us / 1000) + 1) <= 0) {
            continue;
        }
        ssize_t size = read_more(file, output);
        int64_t us = now_us() - begin;
        if (size <= 0) {
            return true;
        }
        if (result->first_us < 0) {
            result->first_us = us;
        }
        if (result->words_us < 0 && memmem(output->bytes, output->size, words, strlen(words))) {
            result->words_us = us;
        }
        if (!strcmp(mode, "first") || (strcmp(mode, "whole") && result->words_us >= 0)) {
            return true;
        }
    }
}

int main(int argc, char **argv)
{
    static Output output;
    Result result = { .first_us = -1, .words_us = -1, .end_us = -1, .exits = -1 };
    int file, status;

    if (argc < 6) {
        fail("usage: stopwatch first|words|memory|whole WORDS SECONDS RAM-MIB COMMAND...");
    }
    const char *mode = argv[1], *words = argv[2];
    bool whole = !strcmp(mode, "whole"), memory = !strcmp(mode, "memory");
    int64_t begin = now_us();
    pid_t child = start(argv + 5, &file);
    bool in_time = watch(file, mode, words, begin, strtoll(argv[3], NULL, 10) * 1000000, &output, &result);
    bool said = result.first_us >= 0 && (!strcmp(mode, "first") || result.words_us >= 0);

    if (in_time && said && memory) {
        kill(child, SIGSTOP);
        waitpid(child, &status, WUNTRACED);
        result.exits = count_exits();
        count_memory(child, strtoul(argv[4], NULL, 10) * 1024, &result);
    }
    if (!whole || !in_time) {
        kill(child, SIGKILL);
    }
    waitpid(child, &status, 0);
    result.end_us = whole ? now_us() - begin : -1;
    if (!in_time || !said || (whole && status != 0)) {
        fwrite(output.bytes, 1, output.size, stderr);
        fail("%s: %s, wait status %#x", argv[5],
             !in_time ? "not over in time"
             : !said  ? "the words were not said"
                      : "it failed",
             (unsigned)status);
    }
    printf("stopwatch %s first=%lld words=%lld end=%lld ram=%lu private=%lu anonymous=%lu exits=%lld\n", mode,
           (long long)result.first_us, (long long)result.words_us, (long long)result.end_us, result.ram_kib,
           result.private_kib, result.anonymous_kib, (long long)result.exits);
    return 0;
}
