/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Mirrors of the caller's memory: what the same page holds in another's eyes.
 *
 * The start of a mirror consists of private mappings of one small file of garbage, over and over, so that the
 * first write to a page makes a copy of it. The rest is anonymous memory, of which the kernel may make huge
 * pages, aligned as the memory that it mirrors. Pages that are never written take no room in either.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hw/simhost-engine.h"
#include "hw/simhost-file.h"

#define HUGE_PAGE  (UINT64_C(2) << 20)
#define MOST_TILES 256

/** Mirrors [address, address + size), page for page. */
typedef struct Mirror {
    uint64_t address, size;
    uint8_t *bytes;
} Mirror;

struct SimMirrors {
    GArray *mirrors; /* of Mirror, sorted and disjoint */
    int fd;          /* of the garbage */
    uint64_t tile;   /* its size, whole pages */
};

/* How much of a mirror is garbage. */
static uint64_t garbage_size(const SimMirrors *mirrors, uint64_t size)
{
    return MIN(size, MIN(SIM_MIRROR_GARBAGE, mirrors->tile * MOST_TILES));
}

SimMirrors *sim_mirrors_new(const uint8_t *garbage, size_t size, Error **errp)
{
    SimMirrors *mirrors = g_new0(SimMirrors, 1);

    mirrors->mirrors = g_array_new(false, false, sizeof(Mirror));
    mirrors->fd = sim_descriptor_new("garbage (simulated)", 0, O_CLOEXEC);
    mirrors->tile = size;
    if (mirrors->fd < 0 || pwrite(mirrors->fd, garbage, size, 0) != (ssize_t)size) {
        int os_error = mirrors->fd < 0 ? -mirrors->fd : errno;

        sim_mirrors_free(mirrors);
        return error_set_errno_null(errp, CGVM_ERROR_IO, os_error,
                                    "there is no room for the guest's private memory: %s",
                                    g_strerror(os_error));
    }
    return mirrors;
}

void sim_mirrors_free(SimMirrors *mirrors)
{
    if (!mirrors) {
        return;
    }
    for (guint i = 0; i < mirrors->mirrors->len; i++) {
        const Mirror *mirror = &g_array_index(mirrors->mirrors, Mirror, i);

        munmap(mirror->bytes, mirror->size);
    }
    if (mirrors->fd >= 0) {
        close(mirrors->fd);
    }
    g_array_unref(mirrors->mirrors);
    g_free(mirrors);
}

/* Fills [bytes, bytes + size) with mappings of the file. */
static bool map_tiles(const SimMirrors *mirrors, uint8_t *bytes, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += mirrors->tile) {
        uint64_t length = MIN(mirrors->tile, size - done);

        if (mmap(bytes + done, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
                 mirrors->fd, 0) == MAP_FAILED) {
            return false;
        }
    }
    return true;
}

/* Memory whose place in a huge page is that of @address. NULL if there is none. */
static uint8_t *allocate(uint64_t address, uint64_t size)
{
    uint64_t largest = size + HUGE_PAGE, before;
    uint8_t *bytes =
        mmap(NULL, largest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (bytes == MAP_FAILED) {
        return NULL;
    }
    before = (address - (uintptr_t)bytes) % HUGE_PAGE;
    if (before) {
        munmap(bytes, before);
    }
    munmap(bytes + before + size, HUGE_PAGE - before);
    madvise(bytes + before, size, MADV_HUGEPAGE);
    return bytes + before;
}

static bool add_mirror(SimMirrors *mirrors, guint index, uint64_t address, uint64_t size, Error **errp)
{
    Mirror mirror = { .address = address, .size = size, .bytes = allocate(address, size) };

    if (!mirror.bytes || !map_tiles(mirrors, mirror.bytes, garbage_size(mirrors, size))) {
        int os_error = errno;

        if (mirror.bytes) {
            munmap(mirror.bytes, size);
        }
        return error_set_errno(errp, CGVM_ERROR_IO, os_error,
                               "there is no room for %" G_GINT64_MODIFIER
                               "u MiB of the guest's private memory: %s",
                               size >> 20, g_strerror(os_error));
    }
    g_array_insert_val(mirrors->mirrors, index, mirror);
    return true;
}

bool sim_mirrors_cover(SimMirrors *mirrors, uint64_t address, uint64_t size, Error **errp)
{
    uint64_t end = address + size;

    for (guint i = 0; address < end; i++) {
        const Mirror *mirror = i < mirrors->mirrors->len ? &g_array_index(mirrors->mirrors, Mirror, i) : NULL;
        uint64_t start = mirror ? mirror->address : UINT64_MAX;

        if (mirror && start + mirror->size <= address) {
            continue;
        }
        if (address < start) {
            if (!add_mirror(mirrors, i, address, MIN(end, start) - address, errp)) {
                return false;
            }
            mirror = &g_array_index(mirrors->mirrors, Mirror, i);
        }
        address = mirror->address + mirror->size;
    }
    return true;
}

uint8_t *sim_mirrors_find(const SimMirrors *mirrors, uint64_t address, uint64_t *ret_size)
{
    for (guint i = 0; i < mirrors->mirrors->len; i++) {
        const Mirror *mirror = &g_array_index(mirrors->mirrors, Mirror, i);

        if (address >= mirror->address && address - mirror->address < mirror->size) {
            *ret_size = mirror->size - (address - mirror->address);
            return mirror->bytes + (address - mirror->address);
        }
    }
    return NULL;
}

bool sim_mirrors_is_written(const SimMirrors *mirrors, uint64_t address)
{
    for (guint i = 0; i < mirrors->mirrors->len; i++) {
        const Mirror *mirror = &g_array_index(mirrors->mirrors, Mirror, i);

        if (address >= mirror->address && address - mirror->address < mirror->size) {
            uint64_t offset = address - mirror->address;
            uint8_t before[SIM_PAGE_SIZE] = { 0 };

            if (offset < garbage_size(mirrors, mirror->size) &&
                pread(mirrors->fd, before, sizeof(before), (off_t)(offset % mirrors->tile)) !=
                    (ssize_t)sizeof(before)) {
                return true;
            }
            return memcmp(mirror->bytes + offset, before, sizeof(before)) != 0;
        }
    }
    return false;
}
