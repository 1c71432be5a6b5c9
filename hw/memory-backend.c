/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/memory-backend.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "hw/machine.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"

/* Linux 5.14; older headers lack it. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define HUGE_PAGE ((size_t)2 << 20)

static bool backend_shares(MemoryBackend *backend)
{
    const MemoryBackendClass *mbc = OBJECT_GET_CLASS(MemoryBackendClass, backend, TYPE_MEMORY_BACKEND);

    return backend->props.has_share ? backend->props.share : mbc->shares;
}

/* Allocates what is mapped. A kernel before 5.14 cannot be asked, and allocates at the first use. */
static int populate(void *host, uint64_t size, int fd)
{
    int os_error = fd >= 0 ? posix_fallocate(fd, 0, size) : 0;

    if (!os_error && madvise(host, size, MADV_POPULATE_WRITE) < 0 && errno != EINVAL) {
        os_error = errno;
    }
    return os_error;
}

/* Whether @fd is of a file system with huge pages, which is also where a memfd with them lives. */
static bool has_huge_pages(int fd)
{
    struct statfs fs;

    return fd >= 0 && fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == HUGETLBFS_MAGIC;
}

/*
 * Machines may need memory at a multiple of more than a page, as IBM Z's 1 MiB, and huge pages lie at
 * multiples of 2 MiB: so does what is mapped here. Files with huge pages have places of their own.
 */
static void *map_aligned(size_t size, int flags, int fd)
{
    const int protection = PROT_READ | PROT_WRITE;
    uint8_t *whole, *start;
    void *host;
    int os_error;

    if (size < HUGE_PAGE || size > SIZE_MAX - HUGE_PAGE || has_huge_pages(fd)) {
        return mmap(NULL, size, protection, flags, fd, 0);
    }
    whole = mmap(NULL, size + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (whole == MAP_FAILED) {
        return MAP_FAILED;
    }
    start = whole + (HUGE_PAGE - (uintptr_t)whole % HUGE_PAGE) % HUGE_PAGE;
    host = mmap(start, size, protection, flags | MAP_FIXED, fd, 0);
    os_error = errno;
    if (start > whole) {
        munmap(whole, (size_t)(start - whole));
    }
    if (host == MAP_FAILED) {
        munmap(start, size);
    }
    munmap(start + size, (size_t)(whole + HUGE_PAGE - start));
    errno = os_error;
    return host;
}

static int map_descriptor(MemoryBackend *backend, int fd)
{
    int flags =
        (backend_shares(backend) ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0) | MAP_NORESERVE;
    void *host = map_aligned(backend->props.size, flags, fd);
    int os_error = host == MAP_FAILED ? errno : 0;

    if (!os_error && backend->props.prealloc) {
        os_error = populate(host, backend->props.size, fd);
        if (os_error) {
            munmap(host, backend->props.size);
        }
    }
    backend->host = os_error ? NULL : host;
    backend->reclaim = has_huge_pages(fd)        ? RAM_RECLAIM_NEVER
                       : backend_shares(backend) ? RAM_RECLAIM_REMOVE
                                                 : RAM_RECLAIM_DROP;
    return os_error;
}

uint8_t *memory_backend_map(MemoryBackend *backend, Error **errp)
{
    const MemoryBackendClass *mbc = OBJECT_GET_CLASS(MemoryBackendClass, backend, TYPE_MEMORY_BACKEND);
    int fd = -1, os_error;

    if (backend->host) {
        return backend->host;
    }
    if (mbc->open) {
        fd = mbc->open(backend, errp);
        if (fd < 0) {
            return NULL;
        }
    }
    os_error = map_descriptor(backend, fd);
    if (fd >= 0) {
        close(fd);
    }
    if (os_error) {
        g_autofree char *label = object_label(OBJECT(backend));
        return error_set_errno_null(errp, CGVM_ERROR_IO, os_error, "%s: cannot %s %" PRIu64 " MiB: %s", label,
                                    backend->props.prealloc ? "allocate" : "map", backend->props.size >> 20,
                                    g_strerror(os_error));
    }
    return backend->host;
}

RamReclaim memory_backend_reclaim(const MemoryBackend *backend)
{
    return backend->reclaim;
}

static bool check_size(Object *obj G_GNUC_UNUSED, json_object *value, Error **errp)
{
    if (json_object_get_uint64(value) % GUEST_PAGE_SIZE) {
        return error_setg(errp, "'size' must be a multiple of 4 KiB, not %" PRIu64 " bytes",
                          json_object_get_uint64(value));
    }
    return true;
}

/* Whoever uses the memory has looked at its size. */
static bool may_set(Object *obj, const char *name, Error **errp)
{
    if (MEMORY_BACKEND(obj)->complete) {
        return error_set(errp, CGVM_ERROR_STATE,
                         "'%s' is given when the memory is made and cannot be changed", name);
    }
    return true;
}

static bool complete(Object *obj, Error **errp G_GNUC_UNUSED)
{
    MEMORY_BACKEND(obj)->complete = true;
    return true;
}

static bool can_be_deleted(Object *obj, Error **errp)
{
    Object *machine = object_resolve_path_component(object_get_root(obj), "machine");

    if (machine && (Object *)MACHINE(machine)->memory_backend == obj) {
        return error_set(errp, CGVM_ERROR_STATE, "'%s' is in use by the machine's memory-backend",
                         object_get_canonical_path_component(obj));
    }
    return true;
}

static void instance_finalize(Object *obj)
{
    MemoryBackend *backend = MEMORY_BACKEND(obj);

    if (backend->host) {
        munmap(backend->host, backend->props.size);
    }
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    object_class_add_fields(oc, &memory_backend_fields, offsetof(MemoryBackend, props));
    object_class_property_set_check(oc, "size", check_size);
    oc->may_set = may_set;
}

const TypeInfo memory_backend_type = {
    .name = TYPE_MEMORY_BACKEND,
    .parent = TYPE_OBJECT,
    .abstract = true,
    .instance_size = sizeof(MemoryBackend),
    .instance_finalize = instance_finalize,
    .class_size = sizeof(MemoryBackendClass),
    .class_init = class_init,
};

/* ---- memory-backend-ram ---- */

static void ram_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    USER_CREATABLE_CLASS(oc)->complete = complete;
    USER_CREATABLE_CLASS(oc)->can_be_deleted = can_be_deleted;
}

const TypeInfo memory_backend_ram_type = {
    .name = "memory-backend-ram",
    .parent = TYPE_MEMORY_BACKEND,
    .class_init = ram_class_init,
    .interfaces = user_creatable_interfaces,
};

/* ---- memory-backend-memfd ---- */

static int set_size(MemoryBackend *backend, int fd, const char *what, Error **errp)
{
    int os_error;

    if (ftruncate(fd, backend->props.size) == 0) {
        return fd;
    }
    os_error = errno;
    close(fd);
    return error_set_errno_fd(errp, CGVM_ERROR_IO, os_error, "cannot give '%s' %" PRIu64 " bytes: %s", what,
                              backend->props.size, g_strerror(os_error));
}

static int memfd_open(MemoryBackend *backend, Error **errp)
{
    const char *id = object_get_canonical_path_component(OBJECT(backend));
    int fd = memfd_create("cgvm-ram", MFD_CLOEXEC);

    if (fd < 0) {
        return error_set_errno_fd(errp, CGVM_ERROR_IO, errno, "cannot make memory for '%s': %s", id,
                                  g_strerror(errno));
    }
    return set_size(backend, fd, id, errp);
}

static void memfd_class_init(ObjectClass *oc, const void *data)
{
    MemoryBackendClass *mbc = OBJECT_CLASS_CHECK(MemoryBackendClass, oc, TYPE_MEMORY_BACKEND);

    ram_class_init(oc, data);
    mbc->shares = true;
    mbc->open = memfd_open;
}

const TypeInfo memory_backend_memfd_type = {
    .name = "memory-backend-memfd",
    .parent = TYPE_MEMORY_BACKEND,
    .class_init = memfd_class_init,
    .interfaces = user_creatable_interfaces,
};

/* ---- memory-backend-file ---- */

typedef struct MemoryBackendFile {
    MemoryBackend parent;
    MemoryBackendFileProperties props;
} MemoryBackendFile;

static int file_open(MemoryBackend *backend, Error **errp)
{
    const char *path = ((MemoryBackendFile *)backend)->props.mem_path;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        int os_error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return error_set_errno_fd(errp, CGVM_ERROR_IO, os_error, "cannot open 'mem-path' '%s': %s", path,
                                  g_strerror(os_error));
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return error_setg_fd(errp, "'mem-path' '%s' is not a regular file", path);
    }
    return (uint64_t)st.st_size < backend->props.size ? set_size(backend, fd, path, errp) : fd;
}

static void file_class_init(ObjectClass *oc, const void *data)
{
    MemoryBackendClass *mbc = OBJECT_CLASS_CHECK(MemoryBackendClass, oc, TYPE_MEMORY_BACKEND);

    ram_class_init(oc, data);
    object_class_add_fields(oc, &memory_backend_file_fields, offsetof(MemoryBackendFile, props));
    mbc->open = file_open;
}

const TypeInfo memory_backend_file_type = {
    .name = "memory-backend-file",
    .parent = TYPE_MEMORY_BACKEND,
    .instance_size = sizeof(MemoryBackendFile),
    .class_init = file_class_init,
    .interfaces = user_creatable_interfaces,
};
