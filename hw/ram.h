/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Guest memory: which addresses have memory, where it lies in this process, and its private side
 * (guest_memfd).
 *
 * A block is laid out first (guest_ram_add()), which costs nothing and is all that planning needs; allocated
 * before the VM gets it; and mapped into the VM last. guest_ram_pointer() is the only way to the bytes:
 * nothing else turns a guest address into a pointer.
 */
#ifndef HW_RAM_H
#define HW_RAM_H

#include "hw/kvm.h"

#define GUEST_PAGE_SIZE 4096

/** KVM_MEM_MAX_NR_PAGES (include/linux/kvm_host.h): so much memory fits a slot of KVM. */
#define GUEST_BLOCK_MAX (((UINT64_C(1) << 31) - 1) * GUEST_PAGE_SIZE)

/** A run of guest memory. */
typedef struct RamBlock {
    char *name;
    uint64_t gpa;
    uint64_t size;
    bool readonly;
    uint8_t *host;   /* NULL before guest_ram_allocate() */
    bool main;       /* a part of the RAM proper */
    bool alias;      /* `host` belongs to somebody else */
    uint32_t slot;   /* KVM's number for it */
    int guest_memfd; /* -1 if it has no private side */
} RamBlock;

/** How the host gets back pages of memory that the guest does not use any more. */
typedef enum RamReclaim {
    RAM_RECLAIM_DROP,   /* they are this mapping's alone: drop them */
    RAM_RECLAIM_REMOVE, /* they belong to a file: punch a hole into it */
    RAM_RECLAIM_NEVER,  /* they cannot be given back one by one (huge pages) */
} RamReclaim;

typedef struct GuestRam {
    GPtrArray *blocks;       /* RamBlock *, in the order of guest_ram_add() */
    RamReclaim main_reclaim; /* of the RAM proper, if it is memory that somebody else provides */
    size_t alignment;        /* of blocks in this process, a power of two; 0: that of pages */
    GMutex lock;             /* held while pages are converted */
} GuestRam;

void guest_ram_init(GuestRam *ram);

/**
 * Gives back what guest_ram_allocate() and the functions after it have made: only the layout stays, without
 * aliases. @p kvm may be NULL if nothing was given to a VM; the VM's descriptor must still be open.
 */
void guest_ram_release(GuestRam *ram, const Kvm *kvm);

/** The same, and frees the layout too. */
void guest_ram_clear(GuestRam *ram, const Kvm *kvm);

/**
 * Adds @p size bytes at @p gpa, both multiples of 4096 and size not 0. The block belongs to @p ram. Fails
 * with CGVM_ERROR_INVALID if they are not, wrap around, overlap another block, or are more than
 * GUEST_BLOCK_MAX.
 */
RamBlock *guest_ram_add(GuestRam *ram, const char *name, uint64_t gpa, uint64_t size, bool readonly,
                        Error **errp);

/**
 * The same for a part of the guest's RAM proper, which may come from memory that somebody else provides: the
 * parts follow each other there in the order in which they are added.
 */
RamBlock *guest_ram_add_main(GuestRam *ram, const char *name, uint64_t gpa, uint64_t size, Error **errp);

/** Adds a block at @p gpa that shows the last @p size bytes of @p block, which is allocated. */
RamBlock *guest_ram_add_alias(GuestRam *ram, const char *name, uint64_t gpa, uint64_t size, RamBlock *block,
                              Error **errp);

/** Whether every byte of the @p size bytes at @p gpa is in one block. */
bool guest_ram_covers(const GuestRam *ram, uint64_t gpa, uint64_t size);

/**
 * Reserves zeroed memory of this process for every block; pages that are never touched cost nothing. If @p
 * main is not NULL, the RAM proper lies there, and must stay until guest_ram_clear().
 */
bool guest_ram_allocate(GuestRam *ram, uint8_t *main, Error **errp);

/** Empties the memory that guest_ram_allocate() has reserved; that of somebody else keeps what it holds. No
 * vCPU may run. */
void guest_ram_empty(GuestRam *ram);

/** Gives every block a private side of its own: a guest_memfd of its size. */
bool guest_ram_create_memfds(GuestRam *ram, const Kvm *kvm, Error **errp);

/** Gives every block to the VM; those with a private side become private. */
bool guest_ram_map(GuestRam *ram, const Kvm *kvm, Error **errp);

/** Makes @p size bytes at @p gpa, both multiples of 4096, private or shared. Their contents are lost. */
bool guest_ram_set_private(const GuestRam *ram, const Kvm *kvm, uint64_t gpa, uint64_t size, bool private,
                           Error **errp);

/**
 * Converts @p size bytes at @p gpa, both multiples of 4096, while the guest runs: makes them private or
 * shared, and gives the pages of the other side back to the host. What the new side holds is undefined if it
 * was not in use before; else nothing is lost.
 *
 * The range may span blocks. Of a range that becomes shared, the parts without a private side are shared
 * already, or are no memory, and nothing happens to them; a range that becomes private must have a private
 * side all over.
 *
 * Safe to call from several threads; conversions happen one at a time. Fails with CGVM_ERROR_INVALID, and
 * nothing is changed, if the range is empty, not aligned, wraps around, or has no private side. Fails with
 * CGVM_ERROR_KERNEL if the host refuses: then the blocks before the one that the message names are converted,
 * those after it are not; that one is either untouched, or converted with the pages of its other side still
 * there. There is no way back, and the guest must not go on.
 */
bool guest_ram_convert(GuestRam *ram, const Kvm *kvm, uint64_t gpa, uint64_t size, bool private,
                       Error **errp);

/**
 * Copies from, to, or writes zeros to the shared bytes at @p gpa, as devices do: the @p size bytes may lie in
 * several blocks. Whether all of them are memory, and for writing no ROM; else nothing is written. While the
 * guest runs, too, which may see any part of it first.
 */
bool guest_ram_read(const GuestRam *ram, uint64_t gpa, void *data, uint64_t size);
bool guest_ram_write(const GuestRam *ram, uint64_t gpa, const void *data, uint64_t size);
bool guest_ram_zero(const GuestRam *ram, uint64_t gpa, uint64_t size);

/**
 * The shared bytes at @p gpa: at least @p size of them, in one block. NULL with CGVM_ERROR_INVALID if there
 * is no such memory. Valid until guest_ram_clear().
 */
uint8_t *guest_ram_pointer(const GuestRam *ram, uint64_t gpa, uint64_t size, Error **errp);

#endif
