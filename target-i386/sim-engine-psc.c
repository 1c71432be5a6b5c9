/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Page State Change: an SNP guest asks for pages to become private or shared, one by its MSR or a list in its
 * GHCB, and KVM asks its VMM with one exit for each run of pages (AMD publication 56421, sections 2.3.1 and
 * 4.1.6; snp_begin_psc() of arch/x86/kvm/svm/sev.c in Linux 6.12).
 */
#include <string.h>
#include "target-i386/sim-engine-request.h"

#define INFO_MASK      UINT64_C(0xfff)
#define RESPONSE       UINT64_C(0x015)
#define RESPONSE_ERROR (UINT64_C(1) << 32)

#define OPERATION      52 /* the bit where it begins, in the MSR and in an entry */
#define MAKE_PRIVATE   1
#define MAKE_SHARED    2

#define FRAME_MASK     UINT64_C(0xffffffffff)
#define ENTRY_DONE     INFO_MASK /* how many pages of it are done */
#define ENTRY_IS_LARGE 56
#define LARGE_PAGES    512

#define MOST_ENTRIES   253

/* What SW_EXITINFO2 says. */
#define INVALID_HEADER (UINT64_C(1) << 32 | 1)
#define INVALID_ENTRY  (UINT64_C(1) << 32 | 2)
#define FAILED         (UINT64_C(0x100) << 32)

/* Attributes of the hypercall. */
#define MAP_PAGE_2M   1
#define MAP_ENCRYPTED 0x10

typedef struct PscHeader {
    uint16_t current, end; /* entries; the end is one of them */
    uint32_t reserved;
} PscHeader;

/** The list, in the guest's GHCB. */
typedef struct PscList {
    PscHeader header;
    uint64_t entries[MOST_ENTRIES];
} PscList;

static unsigned operation(uint64_t entry)
{
    return entry >> OPERATION & 0xf;
}

static bool is_large(uint64_t entry)
{
    return entry >> ENTRY_IS_LARGE & 1;
}

static uint64_t n_pages(uint64_t entry)
{
    return is_large(entry) ? LARGE_PAGES : 1;
}

static uint64_t frame(uint64_t entry)
{
    return entry >> 12 & FRAME_MASK;
}

/* ---- the VMM ---- */

static bool has_exit(const SimVcpu *vcpu)
{
    const SimX86Vm *x86_vm = vcpu->vm->arch;

    return x86_vm->hypercall_exits >> KVM_HYPERCALL_MAP_GPA_RANGE & 1;
}

/* What is in `ret` before is what no VMM answers. */
static void ask(SimVcpu *vcpu, uint64_t first, uint64_t pages, bool private, bool large)
{
    KvmRun *run = vcpu->run;

    run->exit_reason = KVMEXIT_HYPERCALL;
    run->hypercall.nr = KVM_HYPERCALL_MAP_GPA_RANGE;
    memset(run->hypercall.args, 0, sizeof(run->hypercall.args));
    run->hypercall.args[0] = first * SIM_PAGE_SIZE;
    run->hypercall.args[1] = pages;
    run->hypercall.args[2] = (private ? MAP_ENCRYPTED : 0) | (large ? MAP_PAGE_2M : 0);
    run->hypercall.ret = UINT64_MAX;
    run->hypercall.flags = 0;
}

/* Whether it has done so. What the guest sees without the C-bit is then not what is mapped. */
static bool is_converted(SimVcpu *vcpu)
{
    SimX86Vm *x86_vm = vcpu->vm->arch;
    bool done = vcpu->run->hypercall.ret == 0;

    sim_vcpu_lock_vm(vcpu);
    x86_vm->engine.is_map_stale |= done;
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}

/* ---- one page ---- */

bool sim_engine_convert_page(SimVcpu *vcpu, uint64_t request)
{
    SimX86Vcpu *state = vcpu->arch;
    unsigned kind = operation(request);

    if (!has_exit(vcpu) || (kind != MAKE_PRIVATE && kind != MAKE_SHARED)) {
        state->ghcb.msr = RESPONSE_ERROR | RESPONSE;
        return true;
    }
    ask(vcpu, frame(request), 1, kind == MAKE_PRIVATE, false);
    state->ghcb.io = SIM_GHCB_IO_CONVERT_PAGE;
    return false;
}

void sim_engine_page_converted(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;

    state->ghcb.msr = (is_converted(vcpu) ? 0 : RESPONSE_ERROR) | RESPONSE;
}

/* ---- a list ---- */

static bool is_entry_valid(uint64_t entry)
{
    return (entry & ENTRY_DONE) <= n_pages(entry) && (!is_large(entry) || frame(entry) % LARGE_PAGES == 0);
}

/* How many entries from the current one on are one run of pages. */
static unsigned run_length(const PscList *list)
{
    unsigned first = list->header.current, next = first + 1;
    const uint64_t entry = list->entries[first];
    uint64_t end = frame(entry) + n_pages(entry);

    while (next <= list->header.end) {
        const uint64_t other = list->entries[next];

        if (operation(other) != operation(entry) || is_large(other) != is_large(entry) ||
            (other & ENTRY_DONE) || frame(other) != end) {
            break;
        }
        end += n_pages(other);
        next++;
    }
    return next - first;
}

/* Marks the entries from the current one on as done. */
static void advance(PscList *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t *entry = &list->entries[list->header.current++];

        *entry = (*entry & ~ENTRY_DONE) | n_pages(*entry);
    }
}

/* Asks for the next run that there is something to do for. Whether there is none, with *ret_error. */
static bool ask_for_next(SimVcpu *vcpu, PscList *list, uint64_t *ret_error)
{
    SimX86Vcpu *state = vcpu->arch;

    while (list->header.current <= list->header.end) {
        const uint64_t entry = list->entries[list->header.current];
        uint64_t done = entry & ENTRY_DONE;
        unsigned kind = operation(entry), n;

        if (!is_entry_valid(entry)) {
            *ret_error = INVALID_ENTRY;
            return true;
        }
        n = run_length(list);
        if (done < n_pages(entry) && (kind == MAKE_PRIVATE || kind == MAKE_SHARED)) {
            state->ghcb.n_entries = n;
            ask(vcpu, frame(entry) + done, n * n_pages(entry) - done, kind == MAKE_PRIVATE, is_large(entry));
            return false;
        }
        advance(list, n);
    }
    return true;
}

static bool go_on(SimVcpu *vcpu, SimRequest *request, PscList *list)
{
    SimX86Vcpu *state = vcpu->arch;
    uint64_t error = 0;
    bool is_over = ask_for_next(vcpu, list, &error);

    state->ghcb.io = is_over ? SIM_GHCB_IO_NONE : SIM_GHCB_IO_CONVERT;
    if (!sim_request_write(vcpu, state->ghcb.scratch, list, sizeof(*list))) {
        error = INVALID_HEADER;
    }
    if (is_over) {
        sim_request_reply(request, SAVE_EXIT_INFO_2, error);
    }
    return is_over;
}

/* The guest may have written there meanwhile, to its own harm alone. */
static bool load_list(SimVcpu *vcpu, PscList *list)
{
    const SimX86Vcpu *state = vcpu->arch;

    return sim_request_read(vcpu, state->ghcb.scratch, list, sizeof(*list)) &&
           list->header.end < MOST_ENTRIES && list->header.current <= list->header.end;
}

bool sim_request_convert(SimVcpu *vcpu, SimRequest *request)
{
    SimX86Vcpu *state = vcpu->arch;
    PscList list;

    state->ghcb.scratch = request->fields[SAVE_SCRATCH];
    if (!sim_request_has(request, SAVE_SCRATCH)) {
        sim_request_fail(request, SIM_REQUEST_INVALID_SCRATCH);
        return true;
    }
    if (!has_exit(vcpu) || !load_list(vcpu, &list)) {
        sim_request_reply(request, SAVE_EXIT_INFO_2, has_exit(vcpu) ? INVALID_HEADER : FAILED);
        return true;
    }
    return go_on(vcpu, request, &list);
}

bool sim_request_convert_more(SimVcpu *vcpu, SimRequest *request)
{
    SimX86Vcpu *state = vcpu->arch;
    PscList list;

    if (!is_converted(vcpu)) {
        sim_request_reply(request, SAVE_EXIT_INFO_2, FAILED);
        return true;
    }
    if (!load_list(vcpu, &list)) {
        sim_request_reply(request, SAVE_EXIT_INFO_2, INVALID_HEADER);
        return true;
    }
    advance(&list, MIN(state->ghcb.n_entries, (unsigned)(list.header.end + 1 - list.header.current)));
    return go_on(vcpu, request, &list);
}
