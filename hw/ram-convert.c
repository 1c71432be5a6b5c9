/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversion of guest memory between its private and its shared side.
 *
 * Both sides have pages of their own, at the same guest address: the shared ones where the block is mapped in
 * this process, the private ones in its guest_memfd. Only one of them is in use, so the other is given back,
 * or the guest would cost twice its memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include "hw/ram.h"

/** The part of a range that lies in a block. */
typedef struct RamPart {
    uint64_t gpa, size; /* size 0: none of it */
} RamPart;

/* @gpa + @size - 1 does not wrap around. */
static RamPart intersect(const RamBlock *block, uint64_t gpa, uint64_t size)
{
    uint64_t first = MAX(gpa, block->gpa), last = MIN(gpa + size - 1, block->gpa + block->size - 1);

    return (RamPart){ .gpa = first, .size = first <= last ? last - first + 1 : 0 };
}

/* How many bytes of the range can be private; blocks do not overlap. */
static uint64_t private_bytes(const GuestRam *ram, uint64_t gpa, uint64_t size)
{
    uint64_t bytes = 0;

    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);

        bytes += block->guest_memfd >= 0 ? intersect(block, gpa, size).size : 0;
    }
    return bytes;
}

/* Returns 0 or an errno. */
static int reclaim_shared(const GuestRam *ram, const RamBlock *block, uint64_t offset, uint64_t size)
{
    RamReclaim reclaim = block->main && block->alias ? ram->main_reclaim : RAM_RECLAIM_DROP;

    if (reclaim == RAM_RECLAIM_NEVER) {
        return 0;
    }
    if (madvise(block->host + offset, size, reclaim == RAM_RECLAIM_REMOVE ? MADV_REMOVE : MADV_DONTNEED) ==
        0) {
        return 0;
    }
    /* A file system without holes keeps the pages, which costs memory and nothing else. */
    return errno == EOPNOTSUPP && reclaim == RAM_RECLAIM_REMOVE ? 0 : errno;
}

/* Returns 0 or an errno. */
static int reclaim_private(const Kvm *kvm, const RamBlock *block, uint64_t offset, uint64_t size)
{
    const KvmDoor *door = kvm->door;
    int result = -EINTR;

    for (int i = 0; i < KVM_RETRIES && (result == -EINTR || result == -EAGAIN); i++) {
        result = door->ops->fallocate(door->host, block->guest_memfd,
                                      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
    }
    return -MIN(result, 0);
}

static bool convert_part(const GuestRam *ram, const Kvm *kvm, const RamBlock *block, const RamPart *part,
                         bool private, Error **errp)
{
    uint64_t offset = part->gpa - block->gpa;
    int os_error;

    if (!guest_ram_set_private(ram, kvm, part->gpa, part->size, private, errp)) {
        return error_prepend(errp, "'%s': ", block->name);
    }
    os_error = private ? reclaim_shared(ram, block, offset, part->size)
                       : reclaim_private(kvm, block, offset, part->size);
    if (os_error) {
        return error_set_errno(
            errp, CGVM_ERROR_KERNEL, os_error,
            "'%s': cannot give the %s pages at 0x%" PRIx64 "-0x%" PRIx64 " back to the host: %s", block->name,
            private ? "shared" : "private", part->gpa, part->gpa + part->size - 1, g_strerror(os_error));
    }
    return true;
}

bool guest_ram_convert(GuestRam *ram, const Kvm *kvm, uint64_t gpa, uint64_t size, bool private, Error **errp)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = NULL;

    if (!size || size % GUEST_PAGE_SIZE || gpa % GUEST_PAGE_SIZE || gpa + size - 1 < gpa) {
        return error_setg(errp,
                          "cannot convert %" PRIu64 " bytes at 0x%" PRIx64
                          "; address and size must be multiples of 4096 and fit the address space",
                          size, gpa);
    }
    if (private && private_bytes(ram, gpa, size) != size) {
        return error_setg(errp,
                          "the guest has no memory at 0x%" PRIx64 "-0x%" PRIx64 " that could be private", gpa,
                          gpa + size - 1);
    }
    locker = g_mutex_locker_new(&ram->lock);
    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);
        RamPart part = intersect(block, gpa, size);

        if (part.size && block->guest_memfd >= 0 && !convert_part(ram, kvm, block, &part, private, errp)) {
            return false;
        }
    }
    return true;
}
