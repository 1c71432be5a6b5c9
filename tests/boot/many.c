/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many guests in one process: one after the other, then several at once, and neither descriptors nor
 * mappings nor memory grow.
 *
 *     many IMAGE GUESTS THREADS VCPUS [OPTION VALUE]...
 *
 * IMAGE says "hello" and leaves by the debug exit. Prints what was counted. Exit status: 0 all is well; 1 it
 * is not; 77 no guest can run here. It sees only include/cgvm/, like any program that embeds the library.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/vm.h"

#define WELL          0x2a
#define STATUS_SKIP   77
#define WARM_UP       16 /* guests, after which allocators have what they keep */
#define GROWTH_KIB    512
#define MAPPING_SLACK 4 /* an arena of the allocator for a thread comes in two */

/* The address sanitizer has memory of its own, which grows; but it finds what nobody has freed. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_MEMORY_OURS 0
#else
#define IS_MEMORY_OURS 1
#endif

static const char hello[] = "cgvm: hello from the guest\r\n";

typedef struct Guests {
    const char *image, *vcpus;
    char **options; /* more of them, each followed by its value; NULL-terminated */
    unsigned count;
    bool failed;
} Guests;

typedef struct Text {
    char bytes[64];
    size_t size;
} Text;

static size_t collect(void *opaque, const void *bytes, size_t size)
{
    Text *text = opaque;

    if (size <= sizeof(text->bytes) - text->size) {
        memcpy(text->bytes + text->size, bytes, size);
    }
    text->size += size;
    return size;
}

static bool fail(const char *what, CgvmError *error)
{
    fprintf(stderr, "many: %s: %s\n", what, error ? cgvm_error_message(error) : "not what was expected");
    cgvm_error_free(error);
    return false;
}

static bool launch(CgvmVm *vm, const Guests *guests)
{
    CgvmError *error = NULL;

    for (char **option = guests->options; *option; option += 2) {
        if (!cgvm_vm_add_option(vm, option[0], option[1], &error)) {
            return fail("launch", error);
        }
    }
    return (cgvm_vm_add_option(vm, "bios", guests->image, &error) &&
            cgvm_vm_add_option(vm, "smp", guests->vcpus, &error) &&
            cgvm_vm_add_option(vm, "m", "1", &error) && cgvm_vm_launch(vm, &error)) ||
           fail("launch", error);
}

static bool run(CgvmVm *vm, const Text *text)
{
    CgvmError *error = NULL;
    uint8_t value = 0;

    if (cgvm_vm_run(vm, &value, &error) != CGVM_RUN_EXITED || value != WELL) {
        return fail("run", error);
    }
    return (text->size == sizeof(hello) - 1 && memcmp(text->bytes, hello, text->size) == 0) ||
           fail("its console", NULL);
}

static void *run_guests(void *opaque)
{
    Guests *guests = opaque;

    for (unsigned i = 0; i < guests->count && !guests->failed; i++) {
        CgvmVm *vm = cgvm_vm_new();
        Text text = { .size = 0 };

        cgvm_vm_set_console(vm, collect, &text);
        guests->failed = !launch(vm, guests) || !run(vm, &text);
        cgvm_vm_free(vm);
    }
    return NULL;
}

/* Shares @count guests among @threads. Whether all of them did what they should. */
static bool run_all(const Guests *guests, unsigned threads)
{
    pthread_t *ids = calloc(threads, sizeof(*ids));
    Guests *parts = calloc(threads, sizeof(*parts));
    bool failed = !ids || !parts;
    unsigned started = 0;

    for (; !failed && started < threads; started++) {
        parts[started] = *guests;
        parts[started].count = guests->count / threads;
        if (pthread_create(&ids[started], NULL, run_guests, &parts[started]) != 0) {
            failed = true;
            break;
        }
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(ids[i], NULL);
        failed |= parts[i].failed;
    }
    free(ids);
    free(parts);
    return !failed;
}

/* ---- what must not grow ---- */

typedef struct Counts {
    unsigned descriptors, mappings;
    unsigned long kib;
} Counts;

static Counts count(void)
{
    Counts counts = { 0 };
    DIR *folder = opendir("/proc/self/fd");
    FILE *maps = fopen("/proc/self/maps", "re"), *status = fopen("/proc/self/status", "re");
    char line[512];

    while (folder && readdir(folder)) {
        counts.descriptors++;
    }
    while (maps && fgets(line, sizeof(line), maps)) {
        counts.mappings += strchr(line, '\n') != NULL;
    }
    while (status && fgets(line, sizeof(line), status)) {
        /* Not that of files: code is mapped as it is first needed, and is nobody's to free. */
        if (strncmp(line, "RssAnon:", 8) == 0) {
            counts.kib = strtoul(line + 8, NULL, 10);
        }
    }
    if (!folder || !maps || !status) {
        perror("many: /proc");
        exit(EXIT_FAILURE);
    }
    closedir(folder);
    fclose(maps);
    fclose(status);
    return counts;
}

static bool same(const char *what, const Counts *before, const Counts *after)
{
    printf("%s: %u descriptors, then %u; %u mappings, then %u; %lu KiB, then %lu\n", what,
           before->descriptors, after->descriptors, before->mappings, after->mappings, before->kib,
           after->kib);
    return after->descriptors == before->descriptors &&
           (!IS_MEMORY_OURS ||
            (after->mappings <= before->mappings + MAPPING_SLACK && after->kib <= before->kib + GROWTH_KIB));
}

/* The first round fills what the allocators keep for each thread. */
static bool check(const char *what, Guests guests, unsigned threads)
{
    unsigned all = guests.count;
    Counts before, after;

    guests.count = all < WARM_UP ? all : WARM_UP;
    if (!run_all(&guests, threads)) {
        return false;
    }
    before = count();
    guests.count = all;
    if (!run_all(&guests, threads)) {
        return false;
    }
    after = count();
    return same(what, &before, &after);
}

int main(int argc, char **argv)
{
    Guests guests = { .image = argc > 1 ? argv[1] : NULL };
    FILE *kvm = fopen("/dev/kvm", "r+e");
    unsigned threads;

    if (argc < 5 || argc % 2 != 1) {
        fprintf(stderr, "usage: many IMAGE GUESTS THREADS VCPUS [OPTION VALUE]...\n");
        return EXIT_FAILURE;
    }
    if (!kvm) {
        perror("many: skipped, cannot open /dev/kvm");
        return STATUS_SKIP;
    }
    fclose(kvm);
    guests.count = (unsigned)strtoul(argv[2], NULL, 10);
    threads = (unsigned)strtoul(argv[3], NULL, 10);
    guests.vcpus = argv[4];
    guests.options = argv + 5;
    if (!check("one after the other", guests, 1) || !check("at once", guests, threads)) {
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
