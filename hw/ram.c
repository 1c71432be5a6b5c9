/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/ram.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include "hw/kvm-abi.h"

static void ram_block_free(void *data)
{
    RamBlock *block = data;

    g_assert(!block->host || block->alias);
    g_free(block->name);
    g_free(block);
}

void guest_ram_init(GuestRam *ram)
{
    *ram = (GuestRam){ .blocks = g_ptr_array_new_with_free_func(ram_block_free) };
    g_mutex_init(&ram->lock);
}

static bool region_set(const Kvm *kvm, const RamBlock *block, Error **errp)
{
    KvmRegion2 region = {
        .slot = block->slot,
        .flags = block->readonly ? KVM_REGION_READONLY : 0,
        .guest_phys_addr = block->gpa,
        .memory_size = block->size,
        .userspace_addr = (uintptr_t)block->host,
    };

    /* The old call is enough for a block without a private side, and every kernel has it. */
    if (block->guest_memfd < 0) {
        return KVM_CALL(kvm, kvm->vm_fd, SET_USER_MEMORY_REGION, &region, errp) >= 0;
    }
    region.flags |= KVM_REGION_GUEST_MEMFD;
    region.guest_memfd = block->guest_memfd;
    return KVM_CALL(kvm, kvm->vm_fd, SET_USER_MEMORY_REGION2, &region, errp) >= 0;
}

static void ram_block_release(RamBlock *block, const Kvm *kvm)
{
    if (block->guest_memfd >= 0) {
        kvm->door->ops->close(kvm->door->host, block->guest_memfd);
        block->guest_memfd = -1;
    }
    if (block->host && !block->alias) {
        munmap(block->host, block->size);
    }
    block->host = NULL;
    block->alias = false;
}

void guest_ram_release(GuestRam *ram, const Kvm *kvm)
{
    for (guint i = 0; ram->blocks && i < ram->blocks->len;) {
        RamBlock *block = g_ptr_array_index(ram->blocks, i);

        if (block->alias && !block->main) {
            g_ptr_array_remove_index(ram->blocks, i);
        } else {
            ram_block_release(block, kvm);
            i++;
        }
    }
}

void guest_ram_clear(GuestRam *ram, const Kvm *kvm)
{
    if (!ram->blocks) {
        return;
    }
    guest_ram_release(ram, kvm);
    g_clear_pointer(&ram->blocks, g_ptr_array_unref);
    g_mutex_clear(&ram->lock);
}

static uint64_t block_last(const RamBlock *block)
{
    return block->gpa + block->size - 1;
}

RamBlock *guest_ram_add(GuestRam *ram, const char *name, uint64_t gpa, uint64_t size, bool readonly,
                        Error **errp)
{
    RamBlock *block;

    if (!size || size % GUEST_PAGE_SIZE || gpa % GUEST_PAGE_SIZE || gpa + size - 1 < gpa) {
        return error_setg_null(errp,
                               "'%s' cannot have %" PRIu64 " bytes at 0x%" PRIx64
                               "; address and size must be multiples of 4096 and fit the address space",
                               name, size, gpa);
    }
    if (size > GUEST_BLOCK_MAX) {
        return error_setg_null(errp,
                               "'%s' would have %" PRIu64
                               " bytes, and a memory slot of KVM has at most %" PRIu64
                               " (2^31 - 1 pages); give the machine less memory with -m",
                               name, size, GUEST_BLOCK_MAX);
    }
    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *other = g_ptr_array_index(ram->blocks, i);
        if (gpa <= block_last(other) && other->gpa <= gpa + size - 1) {
            return error_setg_null(
                errp, "'%s' at 0x%" PRIx64 "-0x%" PRIx64 " overlaps '%s' at 0x%" PRIx64 "-0x%" PRIx64, name,
                gpa, gpa + size - 1, other->name, other->gpa, block_last(other));
        }
    }
    block = g_new0(RamBlock, 1);
    block->name = g_strdup(name);
    block->gpa = gpa;
    block->size = size;
    block->readonly = readonly;
    block->slot = ram->blocks->len;
    block->guest_memfd = -1;
    g_ptr_array_add(ram->blocks, block);
    return block;
}

RamBlock *guest_ram_add_main(GuestRam *ram, const char *name, uint64_t gpa, uint64_t size, Error **errp)
{
    RamBlock *block = guest_ram_add(ram, name, gpa, size, false, errp);

    if (block) {
        block->main = true;
    }
    return block;
}

RamBlock *guest_ram_add_alias(GuestRam *ram, const char *name, uint64_t gpa, uint64_t size, RamBlock *block,
                              Error **errp)
{
    RamBlock *alias = guest_ram_add(ram, name, gpa, size, block->readonly, errp);

    if (!alias) {
        return NULL;
    }
    g_assert(block->host && size <= block->size);
    alias->host = block->host + block->size - size;
    alias->alias = true;
    return alias;
}

static const RamBlock *block_find(const GuestRam *ram, uint64_t gpa, uint64_t size)
{
    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);
        if (gpa >= block->gpa && gpa <= block_last(block) && size <= block->size - (gpa - block->gpa)) {
            return block;
        }
    }
    return NULL;
}

bool guest_ram_covers(const GuestRam *ram, uint64_t gpa, uint64_t size)
{
    return block_find(ram, gpa, size) != NULL;
}

uint8_t *guest_ram_pointer(const GuestRam *ram, uint64_t gpa, uint64_t size, Error **errp)
{
    const RamBlock *block = block_find(ram, gpa, size);

    if (!block || !block->host) {
        return error_setg_null(errp, "the guest has no memory for %" PRIu64 " bytes at 0x%" PRIx64, size,
                               gpa);
    }
    return block->host + (gpa - block->gpa);
}

/* ---- devices ---- */

/* The bytes at @gpa as far as they are in one block: at most @size, and 0 if there are none, or in ROM to
 * write. */
static uint64_t part_size(const GuestRam *ram, uint64_t gpa, uint64_t size, bool writing, uint8_t **ret_host)
{
    const RamBlock *block = block_find(ram, gpa, 1);

    if (!block || !block->host || (writing && block->readonly)) {
        return 0;
    }
    *ret_host = block->host + (gpa - block->gpa);
    return MIN(size, block->size - (gpa - block->gpa));
}

static bool all_there(const GuestRam *ram, uint64_t gpa, uint64_t size, bool writing)
{
    uint8_t *host = NULL;
    uint64_t part;

    if (size && gpa + size - 1 < gpa) {
        return false;
    }
    for (; size; gpa += part, size -= part) {
        part = part_size(ram, gpa, size, writing, &host);
        if (!part) {
            return false;
        }
    }
    return true;
}

bool guest_ram_read(const GuestRam *ram, uint64_t gpa, void *data, uint64_t size)
{
    uint8_t *to = data, *host = NULL;
    uint64_t part;

    if (!all_there(ram, gpa, size, false)) {
        return false;
    }
    for (; size; gpa += part, to += part, size -= part) {
        part = part_size(ram, gpa, size, false, &host);
        memcpy(to, host, part);
    }
    return true;
}

bool guest_ram_write(const GuestRam *ram, uint64_t gpa, const void *data, uint64_t size)
{
    const uint8_t *from = data;
    uint8_t *host = NULL;
    uint64_t part;

    if (!all_there(ram, gpa, size, true)) {
        return false;
    }
    for (; size; gpa += part, from += part, size -= part) {
        part = part_size(ram, gpa, size, true, &host);
        memcpy(host, from, part);
    }
    return true;
}

bool guest_ram_zero(const GuestRam *ram, uint64_t gpa, uint64_t size)
{
    uint8_t *host = NULL;
    uint64_t part;

    if (!all_there(ram, gpa, size, true)) {
        return false;
    }
    for (; size; gpa += part, size -= part) {
        part = part_size(ram, gpa, size, true, &host);
        memset(host, 0, part);
    }
    return true;
}

/* ---- life ---- */

#define HUGE_PAGE ((uint64_t)2 << 20) /* the smallest one of x86 and of POWER */

/* Zeroed memory that starts @offset after a multiple of @alignment, or MAP_FAILED. */
static void *map_aligned(size_t size, size_t alignment, size_t offset)
{
    const int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint8_t *whole, *start;

    if (alignment <= GUEST_PAGE_SIZE || size > SIZE_MAX - alignment) {
        return mmap(NULL, size, protection, flags, -1, 0);
    }
    whole = mmap(NULL, size + alignment, protection, flags, -1, 0);
    if (whole == MAP_FAILED) {
        return MAP_FAILED;
    }
    start = whole + (alignment + offset - (uintptr_t)whole % alignment) % alignment;
    if (start > whole) {
        munmap(whole, (size_t)(start - whole));
    }
    munmap(start + size, (size_t)(whole + alignment - start));
    return start;
}

/* Memory for @block. KVM can give a guest huge pages only where its address and this process's are at the
 * same place in one; in small pages, each of thousands that a kernel touches while it starts would be an exit
 * of its own. */
static void *map_block(const RamBlock *block, size_t alignment)
{
    void *host;

    if (alignment || block->size < HUGE_PAGE) {
        return map_aligned(block->size, alignment, 0);
    }
    host = map_aligned(block->size, HUGE_PAGE, block->gpa % HUGE_PAGE);
    if (host != MAP_FAILED) {
        madvise(host, block->size, MADV_HUGEPAGE); /* it is no error where there are none */
    }
    return host;
}

static bool check_alignment(const RamBlock *block, size_t alignment, Error **errp)
{
    return !alignment || (uintptr_t)block->host % alignment == 0 ||
           error_set(
               errp, CGVM_ERROR_UNSUPPORTED,
               "the memory for '%s' is at %p in this process, which is no multiple of 0x%zx as this machine "
               "needs; take another kind of memory",
               block->name, (void *)block->host, alignment);
}

bool guest_ram_allocate(GuestRam *ram, uint8_t *main, Error **errp)
{
    for (guint i = 0; i < ram->blocks->len; i++) {
        RamBlock *block = g_ptr_array_index(ram->blocks, i);
        void *host;

        if (block->main && main) {
            block->host = main;
            block->alias = true;
            main += block->size;
        }
        if (block->host) {
            if (!check_alignment(block, ram->alignment, errp)) {
                return false;
            }
            continue;
        }
        host = map_block(block, ram->alignment);
        if (host == MAP_FAILED) {
            return error_set_errno(errp, CGVM_ERROR_IO, errno,
                                   "cannot allocate %" PRIu64
                                   " MiB for '%s': %s; give the guest less memory with -m",
                                   block->size >> 20, block->name, g_strerror(errno));
        }
        block->host = host;
    }
    return true;
}

void guest_ram_empty(GuestRam *ram)
{
    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);
        if (block->host && !block->alias) {
            madvise(block->host, block->size, MADV_DONTNEED);
        }
    }
}

bool guest_ram_create_memfds(GuestRam *ram, const Kvm *kvm, Error **errp)
{
    for (guint i = 0; i < ram->blocks->len; i++) {
        RamBlock *block = g_ptr_array_index(ram->blocks, i);
        KvmCreateGuestMemfd create = { .size = block->size };

        block->guest_memfd = KVM_CALL(kvm, kvm->vm_fd, CREATE_GUEST_MEMFD, &create, errp);
        if (block->guest_memfd < 0) {
            return error_prepend(errp, "cannot make private memory for '%s': ", block->name);
        }
        /* KVM does not, and a program that inherited it would keep the whole VM alive. */
        fcntl(block->guest_memfd, F_SETFD, FD_CLOEXEC);
    }
    return true;
}

bool guest_ram_set_private(const GuestRam *ram, const Kvm *kvm, uint64_t gpa, uint64_t size, bool private,
                           Error **errp)
{
    KvmMemoryAttributes attributes = {
        .address = gpa,
        .size = size,
        .attributes = private ? KVM_ATTRIBUTE_PRIVATE : 0,
    };

    if (!guest_ram_covers(ram, gpa, size)) {
        return error_setg(errp,
                          "the guest has no memory at 0x%" PRIx64 "-0x%" PRIx64 " that could be made %s", gpa,
                          gpa + size - 1, private ? "private" : "shared");
    }
    if (KVM_CALL(kvm, kvm->vm_fd, SET_MEMORY_ATTRIBUTES, &attributes, errp) < 0) {
        return error_prepend(errp, "cannot make 0x%" PRIx64 "-0x%" PRIx64 " %s: ", gpa, gpa + size - 1,
                             private ? "private" : "shared");
    }
    return true;
}

bool guest_ram_map(GuestRam *ram, const Kvm *kvm, Error **errp)
{
    for (guint i = 0; i < ram->blocks->len; i++) {
        RamBlock *block = g_ptr_array_index(ram->blocks, i);

        if (!region_set(kvm, block, errp)) {
            return error_prepend(errp, "cannot map '%s' at 0x%" PRIx64 ": ", block->name, block->gpa);
        }
        if (block->guest_memfd >= 0 &&
            !guest_ram_set_private(ram, kvm, block->gpa, block->size, true, errp)) {
            return false;
        }
    }
    return true;
}
