/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Memory backends: host memory that a user chooses for a machine's RAM.
 *
 *     -object memory-backend-memfd,id=ram0,size=1G -machine memory-backend=ram0
 */
#ifndef HW_MEMORY_BACKEND_H
#define HW_MEMORY_BACKEND_H

#include "hw/ram.h"
#include "qapi-types.h"
#include "qom/object.h"

#define TYPE_MEMORY_BACKEND "memory-backend"

typedef struct MemoryBackend {
    Object parent;
    MemoryBackendProperties props;
    bool complete;      /* its properties are fixed */
    uint8_t *host;      /* NULL before memory_backend_map() */
    RamReclaim reclaim; /* of `host` */
} MemoryBackend;

typedef struct MemoryBackendClass {
    ObjectClass parent_class;
    bool shares; /* the default of `share` */
    /** A descriptor of memory to map, which the caller closes, or -1 with an error; NULL: anonymous memory.
     */
    int (*open)(MemoryBackend *backend, Error **errp);
} MemoryBackendClass;

#define MEMORY_BACKEND(obj) OBJECT_CHECK(MemoryBackend, obj, TYPE_MEMORY_BACKEND)

/**
 * The memory of @p backend, `size` bytes, mapped on the first call and until the object goes away. NULL with
 * CGVM_ERROR_IO if it cannot be had.
 */
uint8_t *memory_backend_map(MemoryBackend *backend, Error **errp);

/** How pages of that memory are given back to the host, once it is mapped. */
RamReclaim memory_backend_reclaim(const MemoryBackend *backend);

#endif
