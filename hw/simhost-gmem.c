/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * guest_memfd in the simulated host; virt/kvm/guest_memfd.c of Linux 6.12.
 *
 * The contents are in memory of the simulated host that no descriptor reaches: what the caller holds is an
 * empty file of the right size. A page takes room from its first use on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include "hw/simhost-file.h"

struct SimGmem {
    SimVm *vm; /* borrowed from the file */
    uint8_t *memory;
    uint64_t size;
    uint64_t *prepared; /* a bit for each page */
    bool is_guarded;    /* only what was opened can be accessed */
};

#define WORD_BITS 64

static bool page_is_prepared(const SimGmem *gmem, uint64_t page)
{
    return gmem->prepared[page / WORD_BITS] >> (page % WORD_BITS) & 1;
}

static void page_set_prepared(SimGmem *gmem, uint64_t page)
{
    gmem->prepared[page / WORD_BITS] |= UINT64_C(1) << (page % WORD_BITS);
}

int sim_gmem_open(SimVm *vm, unsigned long arg)
{
    KvmCreateGuestMemfd create;
    SimFile file = { .kind = SIM_FILE_GMEM, .open_flags = O_RDWR };
    g_autofree uint64_t *prepared = NULL;
    void *memory;
    int fd, ret = sim_copy_from_user(&create, arg, sizeof(create));

    if (ret < 0) {
        return ret;
    }
    if (create.flags || create.size == 0 || create.size > G_MAXINT64 || create.size % SIM_PAGE_SIZE) {
        return -EINVAL;
    }
    prepared = g_try_new0(uint64_t, create.size / SIM_PAGE_SIZE / WORD_BITS + 1);
    if (!prepared) {
        return -ENOMEM;
    }
    memory =
        mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return -ENOMEM;
    }
    fd = sim_descriptor_new("[kvm-gmem] (simulated)", create.size, 0);
    if (fd < 0) {
        munmap(memory, create.size);
        return fd;
    }
    file.vm = sim_vm_ref(vm);
    file.gmem = g_new0(SimGmem, 1);
    file.gmem->vm = vm;
    file.gmem->memory = memory;
    file.gmem->size = create.size;
    file.gmem->prepared = g_steal_pointer(&prepared);
    return sim_file_install(vm->host, fd, &file);
}

/* The kernel may run out of mappings, and closed memory then stays open: a guest can do no harm with it. */
static bool set_open(const SimGmem *gmem, uint64_t first, uint64_t n_pages, bool open)
{
    return mprotect(gmem->memory + first * SIM_PAGE_SIZE, n_pages * SIM_PAGE_SIZE,
                    open ? PROT_READ | PROT_WRITE : PROT_NONE) == 0;
}

/* Gives the pages from @p first up to but excluding @p end back to the host. */
static void release_pages(SimGmem *gmem, uint64_t first, uint64_t end)
{
    uint64_t page = first;

    while (page < end) {
        uint64_t start = page;

        while (page < end && page_is_prepared(gmem, page)) {
            gmem->prepared[page / WORD_BITS] &= ~(UINT64_C(1) << (page % WORD_BITS));
            page++;
        }
        if (page > start) {
            gmem->vm->host->target->memory_invalidate(gmem->vm, gmem->memory + start * SIM_PAGE_SIZE,
                                                      (page - start) * SIM_PAGE_SIZE);
        } else if (page % WORD_BITS == 0 && gmem->prepared[page / WORD_BITS] == 0) {
            page += WORD_BITS;
        } else {
            page++;
        }
    }
    madvise(gmem->memory + first * SIM_PAGE_SIZE, (end - first) * SIM_PAGE_SIZE, MADV_DONTNEED);
    if (gmem->is_guarded) {
        set_open(gmem, first, end - first, false);
    }
}

int sim_gmem_fallocate(SimGmem *gmem, int mode, off_t offset, off_t length)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&gmem->vm->lock);
    uint64_t start = (uint64_t)offset, end = (uint64_t)offset + (uint64_t)length;

    if (!(mode & FALLOC_FL_KEEP_SIZE) || (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))) {
        return -EOPNOTSUPP;
    }
    if (start % SIM_PAGE_SIZE || end % SIM_PAGE_SIZE) {
        return -EINVAL;
    }
    if (!(mode & FALLOC_FL_PUNCH_HOLE)) {
        return end > gmem->size ? -EINVAL : 0;
    }
    if (start < gmem->size) {
        release_pages(gmem, start / SIM_PAGE_SIZE, MIN(end, gmem->size) / SIM_PAGE_SIZE);
    }
    return 0;
}

int sim_gmem_bind(SimVm *vm, SimSlot *slot, int fd)
{
    SimGmem *gmem = sim_host_find_gmem(vm->host, fd, vm);

    if (!gmem) {
        return fcntl(fd, F_GETFD) < 0 ? -EBADF : -EINVAL;
    }
    if (slot->gmem_offset + slot->size > gmem->size) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < vm->slots->len; i++) {
        const SimSlot *other = &g_array_index(vm->slots, SimSlot, i);

        if (other->gmem == gmem && other->gmem_offset < slot->gmem_offset + slot->size &&
            slot->gmem_offset < other->gmem_offset + other->size) {
            return -EINVAL;
        }
    }
    slot->gmem = gmem;
    return 0;
}

void sim_gmem_close(SimGmem *gmem)
{
    if (!gmem) {
        return;
    }
    g_mutex_lock(&gmem->vm->lock);
    for (unsigned i = 0; i < gmem->vm->slots->len; i++) {
        SimSlot *slot = &g_array_index(gmem->vm->slots, SimSlot, i);

        if (slot->gmem == gmem) {
            slot->gmem = NULL;
        }
    }
    release_pages(gmem, 0, gmem->size / SIM_PAGE_SIZE);
    g_mutex_unlock(&gmem->vm->lock);
    munmap(gmem->memory, gmem->size);
    g_free(gmem->prepared);
    g_free(gmem);
}

/* The number of the page of its file that backs @gpa in @slot. */
static uint64_t page_of(const SimSlot *slot, uint64_t gpa)
{
    return (slot->gmem_offset + gpa - slot->gpa) / SIM_PAGE_SIZE;
}

int64_t sim_gmem_populate(SimVm *vm, uint64_t gpa, uint64_t source, uint64_t n_pages, SimPopulate *populate,
                          void *opaque)
{
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);
    uint64_t done = 0;
    int ret = 0;

    if (!slot || !(slot->flags & KVM_REGION_GUEST_MEMFD)) {
        return -EINVAL;
    }
    if (!slot->gmem) {
        return -EFAULT;
    }
    n_pages = MIN(n_pages, (slot->size - (gpa - slot->gpa)) / SIM_PAGE_SIZE);
    while (done < n_pages) {
        uint64_t address = gpa + done * SIM_PAGE_SIZE;
        uint64_t page = page_of(slot, address);

        if (page_is_prepared(slot->gmem, page)) {
            ret = -EEXIST;
        } else if (!sim_vm_is_private(vm, address)) {
            ret = -EINVAL;
        } else {
            ret = populate(vm, address, slot->gmem->memory + page * SIM_PAGE_SIZE,
                           source ? source + done * SIM_PAGE_SIZE : 0, opaque);
        }
        if (ret < 0) {
            /* What there is of its contents goes: a page that was not used is zeros. */
            madvise(slot->gmem->memory + page * SIM_PAGE_SIZE, SIM_PAGE_SIZE, MADV_DONTNEED);
            break;
        }
        page_set_prepared(slot->gmem, page);
        done++;
    }
    return ret < 0 && done == 0 ? ret : (int64_t)done;
}

int sim_gmem_get_page(SimVm *vm, uint64_t gpa, SimPopulate *prepare, void *opaque, uint8_t **ret_page)
{
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);
    uint64_t page;
    uint8_t *memory;

    if (!slot || !slot->gmem) {
        return -EFAULT;
    }
    page = page_of(slot, gpa);
    memory = slot->gmem->memory + page * SIM_PAGE_SIZE;
    if (!page_is_prepared(slot->gmem, page)) {
        int ret = prepare(vm, gpa & ~(SIM_PAGE_SIZE - 1), memory, 0, opaque);
        if (ret < 0) {
            return ret;
        }
        page_set_prepared(slot->gmem, page);
    }
    *ret_page = memory;
    return 0;
}

uint8_t *sim_gmem_memory(const SimSlot *slot)
{
    return slot->gmem ? slot->gmem->memory + slot->gmem_offset : NULL;
}

bool sim_gmem_is_used(const SimSlot *slot, uint64_t gpa)
{
    return slot->gmem && page_is_prepared(slot->gmem, page_of(slot, gpa));
}

void sim_gmem_guard(const SimSlot *slot)
{
    if (slot->gmem) {
        slot->gmem->is_guarded = true;
        set_open(slot->gmem, page_of(slot, slot->gpa), slot->size / SIM_PAGE_SIZE, false);
    }
}

bool sim_gmem_set_open(const SimSlot *slot, uint64_t gpa, uint64_t n_pages, bool open)
{
    return slot->gmem && set_open(slot->gmem, page_of(slot, gpa), n_pages, open);
}
