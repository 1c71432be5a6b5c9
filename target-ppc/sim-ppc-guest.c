/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A simulated POWER guest: carries out a script (sim-ppc-script.h) between one KVM_RUN and the next, with the
 * exits of Linux 6.12.
 *
 * It finds its way as a real one does: the device tree is where r3 points when it starts, and says by which
 * token RTAS is called. What it passes in memory it passes from the last 64 KiB of its first slot, which a
 * secure guest shares with the host first.
 */
#include <errno.h>
#include <libfdt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include "target-ppc/sim-ppc-state.h"

#define MAX_TREE          (1 << 20)
#define FAIL_ENTRY_REASON 0x8000000000000000u

/* An RTAS call's block: token, numbers of arguments and results, and as many words. */
#define RTAS_WORDS 19
#define RTAS_ARGS  3
#define CRASH_TEXT 128

/* What no VMM answers, so that one that forgets to is found out. */
#define NO_ANSWER UINT64_C(0x5a5a5a5a5a5a5a5a)

/** What has come of a step. */
typedef enum Outcome {
    STEP_DONE,  /* go on with the next */
    STEP_AGAIN, /* with the same one, when KVM_RUN is called next */
    STEP_EXIT,  /* KVM_RUN returns 0 */
} Outcome;

void sim_ppc_guest_clear(SimPpcGuest *guest)
{
    g_clear_pointer(&guest->tree, g_bytes_unref);
    g_clear_pointer(&guest->complaint, g_free);
}

static SimPpcGuest *guest_of(const SimVcpu *vcpu)
{
    SimPpcVcpu *state = vcpu->arch;

    return &state->guest;
}

/* ---- memory ---- */

/*
 * Copies @size bytes within a page from or to guest memory, as the guest sees it. False if there is none. The
 * VM's lock is held.
 */
static bool access_page(SimVm *vm, uint64_t gpa, void *bytes, size_t size, bool is_write)
{
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);
    uint8_t *secure = ppc->uv ? ppc_uv_secure_memory(ppc->uv, ppc_vm->lpid, gpa) : NULL;

    if (!slot || size > slot->size - (gpa - slot->gpa)) {
        return false;
    }
    if (secure) {
        memcpy(is_write ? secure : bytes, is_write ? bytes : secure, size);
        return true;
    }
    return (is_write ? sim_copy_to_user(slot->userspace_addr + (gpa - slot->gpa), bytes, size)
                     : sim_copy_from_user(bytes, slot->userspace_addr + (gpa - slot->gpa), size)) == 0;
}

static bool access_memory(SimVcpu *vcpu, uint64_t gpa, void *bytes, size_t size, bool is_write)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&vcpu->vm->lock);

    for (size_t done = 0; done < size;) {
        size_t part = MIN(size - done, UV_PAGE_SIZE - (gpa + done) % UV_PAGE_SIZE);

        if (!access_page(vcpu->vm, gpa + done, (uint8_t *)bytes + done, part, is_write)) {
            return false;
        }
        done += part;
    }
    return true;
}

/* Where the guest passes what it passes in memory. False if it has none. */
static bool find_block(SimVcpu *vcpu, uint64_t *ret_gpa)
{
    SimVm *vm = vcpu->vm;
    const SimPpcVm *ppc_vm = vm->arch;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&vm->lock);
    const SimSlot *slot = sim_vm_find_slot(vm, 0);

    if (!slot || slot->size < UV_PAGE_SIZE) {
        return false;
    }
    *ret_gpa = slot->size - UV_PAGE_SIZE;
    return !ppc_vm->init_done || sim_pef_share(vm, *ret_gpa) == H_SUCCESS;
}

/* ---- the device tree ---- */

/* The tree that r3 points to, or NULL. */
static GBytes *read_tree(SimVcpu *vcpu, uint64_t gpa)
{
    struct fdt_header header;
    g_autofree uint8_t *tree = NULL;
    size_t size;

    if (!access_memory(vcpu, gpa, &header, sizeof(header), false) || fdt_check_header(&header) != 0) {
        return NULL;
    }
    size = fdt_totalsize(&header);
    if (size < sizeof(header) || size > MAX_TREE) {
        return NULL;
    }
    tree = g_malloc(size);
    if (!access_memory(vcpu, gpa, tree, size, false) || fdt_check_full(tree, size) != 0) {
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&tree), size);
}

static bool find_token(const SimPpcGuest *guest, const char *name, uint32_t *ret_token)
{
    const void *tree = guest->tree ? g_bytes_get_data(guest->tree, NULL) : NULL;
    int node = tree ? fdt_path_offset(tree, "/rtas") : -1, length = 0;
    const fdt32_t *token = node >= 0 ? fdt_getprop(tree, node, name, &length) : NULL;

    if (!token || length != sizeof(*token)) {
        return false;
    }
    *ret_token = fdt32_to_cpu(*token);
    return true;
}

/* ---- hypercalls ---- */

static Outcome exit_hcall(SimVcpu *vcpu, uint64_t number, const uint64_t *args, unsigned n_args)
{
    KvmRun *run = vcpu->run;

    run->exit_reason = KVMEXIT_PAPR_HCALL;
    run->papr_hcall.nr = number;
    run->papr_hcall.ret = NO_ANSWER;
    memset(run->papr_hcall.args, 0, sizeof(run->papr_hcall.args));
    memcpy(run->papr_hcall.args, args, n_args * sizeof(*args));
    guest_of(vcpu)->is_awaited = true;
    return STEP_EXIT;
}

/* Calls RTAS with the block filled. False if there is no way to. */
static bool call_rtas(SimVcpu *vcpu, uint32_t token, const uint64_t *args, unsigned n_args,
                      unsigned n_results)
{
    fdt32_t block[RTAS_WORDS] = { cpu_to_fdt32(token), cpu_to_fdt32(n_args), cpu_to_fdt32(n_results) };
    uint64_t gpa;

    for (unsigned i = 0; i < n_args; i++) {
        block[RTAS_ARGS + i] = cpu_to_fdt32((uint32_t)args[i]);
    }
    block[RTAS_ARGS + n_args] = cpu_to_fdt32(0x5a5a5a5au);
    if (!find_block(vcpu, &gpa) || !access_memory(vcpu, gpa, block, sizeof(block), true)) {
        return false;
    }
    exit_hcall(vcpu, H_RTAS, &gpa, 1);
    return true;
}

/* ---- a guest that does not find what it expects ---- */

static Outcome complain(SimVcpu *vcpu, const SimPpcStep *step, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A guest that cannot even call RTAS leaves the processor in a state that it does not enter. */
static Outcome complain(SimVcpu *vcpu, const SimPpcStep *step, const char *format, ...)
{
    SimPpcGuest *guest = guest_of(vcpu);
    g_autofree char *what = NULL;
    char text[CRASH_TEXT] = "";
    uint64_t gpa;
    uint32_t token;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    g_snprintf(text, sizeof(text), "%s '%.40s': %s", step->place, step->text, what);
    guest->has_crashed = true;
    if (find_block(vcpu, &gpa) && find_token(guest, "ibm,os-term", &token)) {
        uint64_t address = gpa + UV_PAGE_SIZE / 2;

        if (access_memory(vcpu, address, text, sizeof(text), true) &&
            call_rtas(vcpu, token, &address, 1, 1)) {
            return STEP_EXIT;
        }
    }
    vcpu->run->exit_reason = KVMEXIT_FAIL_ENTRY;
    vcpu->run->fail_entry.hardware_entry_failure_reason = FAIL_ENTRY_REASON;
    return STEP_EXIT;
}

/* ---- steps ---- */

static Outcome print(SimVcpu *vcpu, const SimPpcStep *step)
{
    const SimPpcGuest *guest = guest_of(vcpu);
    size_t size;
    const uint8_t *bytes = g_bytes_get_data(step->bytes, &size);
    uint64_t args[4] = { PAPR_TERM_UNIT, MIN(size - guest->done, PAPR_TERM_OUTPUT) };

    for (unsigned i = 0; i < args[1]; i++) {
        args[2 + i / 8] |= (uint64_t)bytes[guest->done + i] << (56 - 8 * (i % 8));
    }
    return exit_hcall(vcpu, H_PUT_TERM_CHAR, args, G_N_ELEMENTS(args));
}

static Outcome ask_for_input(SimVcpu *vcpu)
{
    const uint64_t unit = PAPR_TERM_UNIT;

    return exit_hcall(vcpu, H_GET_TERM_CHAR, &unit, 1);
}

/* Hypercalls that KVM answers without a VMM: those of an ultravisor are not for guests, and the breakpoints
 * of H_SET_MODE are its own once it is told to. */
static bool is_answered_by_kvm(const SimVcpu *vcpu, const SimPpcStep *step, int64_t *ret)
{
    const SimPpcVm *ppc_vm = vcpu->vm->arch;
    uint64_t resource = step->args[1];

    *ret = H_UNSUPPORTED;
    if (step->number >= H_SVM_PAGE_IN && step->number <= H_SVM_INIT_ABORT) {
        return true;
    }
    *ret = resource == 5 ? H_P2 : H_SUCCESS;
    return step->number == H_SET_MODE && ppc_vm->set_mode_enabled &&
           (resource == 1 || resource == 2 || resource == 5);
}

static Outcome check_code(SimVcpu *vcpu, const SimPpcStep *step, int64_t code)
{
    return code == step->expected
               ? STEP_DONE
               : complain(vcpu, step, "returned %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT, code,
                          step->expected);
}

static Outcome call(SimVcpu *vcpu, const SimPpcStep *step)
{
    int64_t code;

    return is_answered_by_kvm(vcpu, step, &code) ? check_code(vcpu, step, code)
                                                 : exit_hcall(vcpu, step->number, step->args, step->n_args);
}

/* How many results a call has is known to who writes a guest. */
static unsigned count_results(const char *name)
{
    static const struct {
        const char *name;
        unsigned results;
    } counts[] = {
        { "get-time-of-day", 8 }, { "query-cpu-stopped-state", 2 }, { "nvram-fetch", 2 },
        { "nvram-store", 2 },     { "get-sensor-state", 2 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (strcmp(counts[i].name, name) == 0) {
            return counts[i].results;
        }
    }
    return 1;
}

/* Those of the interrupt controller are KVM's. */
static bool call_kvm(SimVcpu *vcpu, const SimPpcStep *step, int32_t *ret_status)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&vcpu->vm->lock);

    return sim_xics_rtas(vcpu->vm, step->name, step->args, step->n_args, ret_status);
}

static Outcome call_rtas_by_name(SimVcpu *vcpu, const SimPpcStep *step)
{
    uint32_t token;
    int32_t status;

    if (call_kvm(vcpu, step, &status)) {
        return check_code(vcpu, step, status);
    }
    if (!find_token(guest_of(vcpu), step->name, &token)) {
        return complain(vcpu, step, "the device tree has no such call");
    }
    return call_rtas(vcpu, token, step->args, step->n_args, count_results(step->name))
               ? STEP_EXIT
               : complain(vcpu, step, "there is no memory for its arguments");
}

static Outcome become_secure(SimVcpu *vcpu, const SimPpcStep *step)
{
    int64_t code;

    g_mutex_lock(&vcpu->vm->lock);
    code = sim_pef_esm(vcpu->vm, !step->is_bad);
    g_mutex_unlock(&vcpu->vm->lock);
    if ((code != H_SUCCESS) == step->must_fail) {
        return STEP_DONE;
    }
    return complain(vcpu, step,
                    code ? "UV_ESM returned %" G_GINT64_FORMAT : "UV_ESM succeeded, with %" G_GINT64_FORMAT,
                    code);
}

static Outcome share(SimVcpu *vcpu, const SimPpcStep *step)
{
    int64_t code;

    g_mutex_lock(&vcpu->vm->lock);
    code = (step->kind == SIM_PPC_SHARE ? sim_pef_share : sim_pef_unshare)(vcpu->vm, step->number);
    g_mutex_unlock(&vcpu->vm->lock);
    return code == H_SUCCESS ? STEP_DONE
                             : complain(vcpu, step, "the ultravisor returned %" G_GINT64_FORMAT, code);
}

static Outcome touch(SimVcpu *vcpu, const SimPpcStep *step)
{
    size_t size;
    const uint8_t *bytes = g_bytes_get_data(step->bytes, &size);
    g_autofree uint8_t *memory = g_memdup2(bytes, size);

    if (!access_memory(vcpu, step->number, memory, size, step->kind == SIM_PPC_WRITE)) {
        return complain(vcpu, step, "there is no memory");
    }
    for (size_t i = 0; i < size; i++) {
        if (memory[i] != bytes[i]) {
            return complain(vcpu, step, "the byte at 0x%" G_GINT64_MODIFIER "x is 0x%02x, not 0x%02x",
                            step->number + i, memory[i], bytes[i]);
        }
    }
    return STEP_DONE;
}

static Outcome fail_entry(SimVcpu *vcpu)
{
    vcpu->run->exit_reason = KVMEXIT_FAIL_ENTRY;
    vcpu->run->fail_entry.hardware_entry_failure_reason = FAIL_ENTRY_REASON;
    guest_of(vcpu)->has_crashed = true;
    return STEP_EXIT;
}

static Outcome carry_out(SimVcpu *vcpu, const SimPpcStep *step)
{
    switch (step->kind) {
    case SIM_PPC_TERM:
        return print(vcpu, step);
    case SIM_PPC_READ:
        return ask_for_input(vcpu);
    case SIM_PPC_HCALL:
        return call(vcpu, step);
    case SIM_PPC_RTAS:
        return call_rtas_by_name(vcpu, step);
    case SIM_PPC_ESM:
        return become_secure(vcpu, step);
    case SIM_PPC_SHARE:
    case SIM_PPC_UNSHARE:
        return share(vcpu, step);
    case SIM_PPC_WRITE:
    case SIM_PPC_CHECK:
        return touch(vcpu, step);
    case SIM_PPC_FAIL_ENTRY:
        return fail_entry(vcpu);
    case SIM_PPC_IRQ:  /* run_script() has waited for it */
    case SIM_PPC_HALT: /* it stays there */
    default:
        return STEP_DONE;
    }
}

/* ---- answers ---- */

static Outcome check_input(SimVcpu *vcpu, const SimPpcStep *step)
{
    SimPpcGuest *guest = guest_of(vcpu);
    const KvmRun *run = vcpu->run;
    uint64_t count = run->papr_hcall.args[0];
    size_t size;
    const uint8_t *bytes = g_bytes_get_data(step->bytes, &size);

    if (count > PAPR_TERM_OUTPUT) {
        return complain(vcpu, step, "%" G_GUINT64_FORMAT " characters were read at once", count);
    }
    for (unsigned i = 0; i < count; i++, guest->done++) {
        uint8_t byte = (uint8_t)(run->papr_hcall.args[1 + i / 8] >> (56 - 8 * (i % 8)));

        if (guest->done >= size || byte != bytes[guest->done]) {
            return complain(vcpu, step, "character %u is 0x%02x", guest->done, byte);
        }
    }
    return guest->done == size ? STEP_DONE : STEP_AGAIN;
}

static Outcome check_rtas(SimVcpu *vcpu, const SimPpcStep *step)
{
    uint64_t gpa;
    fdt32_t status;

    if (!find_block(vcpu, &gpa) || !access_memory(vcpu, gpa + (RTAS_ARGS + step->n_args) * sizeof(status),
                                                  &status, sizeof(status), false)) {
        return complain(vcpu, step, "the memory of its arguments is gone");
    }
    return check_code(vcpu, step, (int32_t)fdt32_to_cpu(status));
}

/* What the step makes of the hypercall that it waited for. */
static Outcome take_answer(SimVcpu *vcpu, const SimPpcStep *step)
{
    SimPpcGuest *guest = guest_of(vcpu);
    int64_t code = (int64_t)vcpu->run->papr_hcall.ret;

    if (step->kind == SIM_PPC_HCALL) {
        return check_code(vcpu, step, code);
    }
    if (code != H_SUCCESS) {
        return complain(vcpu, step, "the hypercall returned %" G_GINT64_FORMAT, code);
    }
    switch (step->kind) {
    case SIM_PPC_TERM:
        guest->done += MIN(g_bytes_get_size(step->bytes) - guest->done, PAPR_TERM_OUTPUT);
        return guest->done == g_bytes_get_size(step->bytes) ? STEP_DONE : STEP_AGAIN;
    case SIM_PPC_READ:
        return check_input(vcpu, step);
    case SIM_PPC_RTAS:
        return check_rtas(vcpu, step);
    default:
        return STEP_DONE;
    }
}

/* ---- KVM_RUN ---- */

/*
 * kvmppc_vcpu_block(), for at most @milliseconds, or for ever if that is 0. Returns -EINTR, or 0 if they are
 * over. Whoever wants the vCPU back sets immediate_exit and then sends a signal; signals are held back from
 * before the look at that flag until the thread sleeps, so none is lost.
 */
static int wait_for_signal(const SimVcpu *vcpu, unsigned milliseconds)
{
    const struct timespec limit = { .tv_nsec = (long)milliseconds * 1000000 };
    sigset_t all, before;
    bool is_over = false;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
        is_over = ppoll(NULL, 0, milliseconds ? &limit : NULL, &before) == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_over ? 0 : -EINTR;
}

/* Nobody who sends an interrupt knows the thread, so that it has to look again and again. */
static int wait_for_irq(const SimVcpu *vcpu, uint64_t number)
{
    bool is_taken = false;
    int result = 0;

    while (result == 0 && !is_taken) {
        g_mutex_lock(&vcpu->vm->lock);
        is_taken = sim_xics_take(vcpu->vm, number);
        g_mutex_unlock(&vcpu->vm->lock);
        result = is_taken ? 0 : wait_for_signal(vcpu, 5);
    }
    return result;
}

static void next_step(SimVcpu *vcpu)
{
    SimPpc *ppc = vcpu->vm->target_host;
    SimPpcGuest *guest = guest_of(vcpu);

    guest->done = 0;
    guest->next++;
    g_atomic_int_set(&ppc->script_next, (gint)guest->next);
}

/* A guest that ends with its call to RTAS (power-off) is not asked again, and a new one goes on after that
 * step. */
static bool is_last_of_guest(const SimPpcStep *step)
{
    return step->kind == SIM_PPC_RTAS &&
           (strcmp(step->name, "system-reboot") == 0 || strcmp(step->name, "power-off") == 0);
}

static Outcome run_step(SimVcpu *vcpu, const SimPpcStep *step)
{
    SimPpcGuest *guest = guest_of(vcpu);
    Outcome outcome;

    if (guest->is_awaited) {
        guest->is_awaited = false;
        outcome = take_answer(vcpu, step);
        if (outcome == STEP_AGAIN && step->kind == SIM_PPC_READ) {
            wait_for_signal(vcpu, 1);
        }
    } else {
        outcome = carry_out(vcpu, step);
    }
    if (outcome == STEP_DONE || (outcome == STEP_EXIT && is_last_of_guest(step))) {
        next_step(vcpu);
    }
    return outcome;
}

static int run_script(SimVcpu *vcpu, const SimPpcScript *script)
{
    const SimPpcGuest *guest = guest_of(vcpu);

    while (guest->next < script->steps->len) {
        const SimPpcStep *step = g_ptr_array_index(script->steps, guest->next);

        if (__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
            return -EINTR;
        }
        if (step->kind == SIM_PPC_HALT) {
            return wait_for_signal(vcpu, 0);
        }
        if (step->kind == SIM_PPC_IRQ && wait_for_irq(vcpu, step->number) < 0) {
            return -EINTR;
        }
        if (run_step(vcpu, step) == STEP_EXIT) {
            return 0;
        }
    }
    sim_host_script_is_over(vcpu->vm->host);
    return -ENOSYS;
}

int sim_ppc_guest_run(SimVcpu *vcpu)
{
    const SimPpc *ppc = vcpu->vm->target_host;
    SimPpcVcpu *state = vcpu->arch;

    if (!ppc->script) {
        sim_host_lacks_script(vcpu->vm->host);
        return -ENOSYS;
    }
    if (vcpu->id != 0 || state->guest.has_crashed) {
        return wait_for_signal(vcpu, 0);
    }
    if (!state->guest.tree) {
        state->guest.tree = read_tree(vcpu, state->regs.gpr[3]);
    }
    return run_script(vcpu, ppc->script);
}
