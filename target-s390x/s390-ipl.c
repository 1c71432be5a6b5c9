/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnose 308: how a guest has itself reset, started anew, or switched into secure mode.
 *
 * | subcode | what it does here |
 * | --- | --- |
 * | 0, 1 | resets the machine but for memory, and goes on with the program status word at address 0 |
 * | 3, 4 | starts what -kernel names once more |
 * | 5 | sets a block to start from a device: there are none, so every block is refused |
 * | 6 | stores that block: there is none |
 * | 8, 9 | set and store the block of a Secure Execution image |
 * | 10 | switches into secure mode, as that block says |
 *
 * A secure guest has only 0, 1, 3, 5 and 6 (Linux, Documentation/virt/kvm/s390/s390-pv-boot.rst): all others
 * are specification exceptions, by the ultravisor and, should it ask, by us.
 *
 * A block is copied from guest memory once, all of it with one length, before anything in it is looked at.
 */
#include <inttypes.h>
#include <string.h>
#include "target-s390x/pv-header-abi.h"
#include "target-s390x/s390-machine.h"

#define SHORT_PSW_MASK UINT64_C(0xffffffff80000000)
#define SHORT_PSW_ADDR UINT64_C(0x000000007fffffff)
#define SHORT_PSW_BIT  UINT64_C(0x0008000000000000)

static void answer(Vcpu *vcpu, unsigned r1, uint64_t value)
{
    KvmS390Run *run = s390_run(vcpu);

    run->regs.gprs[r1 | 1] = value;
    run->dirty_regs |= KVM_S390_SYNC_GPRS;
}

/* ---- set and store ---- */

/* The code of the program interruption that register number and address of a block cause, or 0. */
static uint16_t check_parameters(const MachineState *machine, unsigned r1, uint64_t gpa)
{
    if (r1 % 2 || gpa % PV_PAGE_SIZE) {
        return S390_PGM_SPECIFICATION;
    }
    return guest_ram_covers(&machine->ram, gpa, PV_IPIB_LARGEST) ? 0 : S390_PGM_ADDRESSING;
}

/* The only look at guest memory: a page is copied, and the block is what its first bytes then say. */
static GBytes *copy_block(const MachineState *machine, uint64_t gpa, Error **errp)
{
    uint8_t page[PV_IPIB_LARGEST];
    uint32_t size;
    const uint8_t *memory = guest_ram_pointer(&machine->ram, gpa, sizeof(page), errp);

    if (!memory) {
        return NULL;
    }
    memcpy(page, memory, sizeof(page));
    return pv_ipib_size(page, &size, errp) ? g_bytes_new(page, size) : NULL;
}

static bool check_places(MachineState *machine, const PvBlock *block, Error **errp)
{
    if (!guest_ram_covers(&machine->ram, block->header_gpa, block->header_size)) {
        return error_setg(errp, "the guest has no memory for the header of %" PRIu64 " bytes at 0x%" PRIx64,
                          block->header_size, block->header_gpa);
    }
    for (size_t i = 0; i < block->n_components; i++) {
        const PvComponent *component = &block->components[i];
        if (!guest_ram_covers(&machine->ram, component->gpa, component->size)) {
            return error_setg(errp,
                              "the guest has no memory for component %zu (%s) of 0x%" PRIx64 " bytes at "
                              "0x%" PRIx64,
                              i, pv_component_kind(component), component->size, component->gpa);
        }
    }
    return true;
}

static bool read_request(MachineState *machine, uint64_t gpa, S390Request *request, Error **errp)
{
    request->bytes = copy_block(machine, gpa, errp);
    if (!request->bytes) {
        return false;
    }
    if (!pv_ipib_parse(g_bytes_get_data(request->bytes, NULL), g_bytes_get_size(request->bytes),
                       &request->block, errp) ||
        !check_places(machine, &request->block, errp)) {
        g_clear_pointer(&request->bytes, g_bytes_unref);
        return false;
    }
    return true;
}

static void set_request(MachineState *machine, Vcpu *vcpu, unsigned r1, uint64_t gpa)
{
    S390MachineState *s390 = S390_MACHINE(machine);
    g_autofree S390Request *request = g_new0(S390Request, 1);
    uint16_t code = check_parameters(machine, r1, gpa);
    g_autoptr(Error) error = NULL;

    if (code) {
        s390_machine_program_check(machine, vcpu, code);
        return;
    }
    if (!read_request(machine, gpa, request, &error)) {
        machine_note(machine, "vCPU %u: the guest asked for secure mode in a way that cannot be: %s",
                     vcpu->index, cgvm_error_message(error));
        answer(vcpu, r1, DIAG308_RC_INVALID);
        return;
    }
    g_mutex_lock(&s390->request_lock);
    g_clear_pointer(&s390->request.bytes, g_bytes_unref);
    s390->request = *request;
    g_mutex_unlock(&s390->request_lock);
    answer(vcpu, r1, DIAG308_RC_OK);
}

/* The block that was set, copied; its bytes are NULL if none was. */
static void get_request(S390MachineState *s390, S390Request *request)
{
    g_mutex_lock(&s390->request_lock);
    *request = s390->request;
    if (request->bytes) {
        g_bytes_ref(request->bytes);
    }
    g_mutex_unlock(&s390->request_lock);
}

static void store_request(MachineState *machine, Vcpu *vcpu, unsigned r1, uint64_t gpa)
{
    g_autofree S390Request *request = g_new0(S390Request, 1);
    uint16_t code = check_parameters(machine, r1, gpa);
    uint8_t *memory;

    if (code) {
        s390_machine_program_check(machine, vcpu, code);
        return;
    }
    get_request(S390_MACHINE(machine), request);
    if (!request->bytes) {
        answer(vcpu, r1, DIAG308_RC_NO_PV_CONF);
        return;
    }
    memory = guest_ram_pointer(&machine->ram, gpa, g_bytes_get_size(request->bytes), NULL);
    if (memory) {
        memcpy(memory, g_bytes_get_data(request->bytes, NULL), g_bytes_get_size(request->bytes));
        answer(vcpu, r1, DIAG308_RC_OK);
    } else {
        s390_machine_program_check(machine, vcpu, S390_PGM_ADDRESSING);
    }
    g_bytes_unref(request->bytes);
}

/* ---- resets ---- */

/* Resets a vCPU that is not in KVM_RUN. */
static bool reset_one(Vcpu *vcpu, bool clear, Error **errp)
{
    return (clear ? VCPU_CALL(vcpu, S390_CLEAR_RESET, NULL, errp)
                  : VCPU_CALL(vcpu, S390_NORMAL_RESET, NULL, errp)) >= 0;
}

static bool reset_others(MachineState *machine, const Vcpu *vcpu, bool clear, Error **errp)
{
    for (guint i = 0; i < machine->vcpus->len; i++) {
        Vcpu *other = g_ptr_array_index(machine->vcpus, i);
        if (other != vcpu && (!s390_machine_set_state(machine, other, KVM_MP_STATE_STOPPED_S390, errp) ||
                              !reset_one(other, clear, errp))) {
            return false;
        }
    }
    return true;
}

/* Starts @vcpu as after IPL: a secure guest as its image says, any other with the PSW at address 0. */
static bool load_normal(MachineState *machine, Vcpu *vcpu, Error **errp)
{
    KvmS390Run *run = s390_run(vcpu);
    const uint8_t *memory;
    uint64_t psw;

    if (s390_pv_is_secure(&S390_MACHINE(machine)->pv)) {
        return s390_machine_set_state(machine, vcpu, KVM_MP_STATE_LOAD_S390, errp);
    }
    memory = guest_ram_pointer(&machine->ram, 0, sizeof(psw), errp);
    if (!memory) {
        return false;
    }
    memcpy(&psw, memory, sizeof(psw));
    psw = GUINT64_FROM_BE(psw);
    run->psw_mask = (psw & SHORT_PSW_MASK) ^ SHORT_PSW_BIT;
    run->psw_addr = psw & SHORT_PSW_ADDR;
    return s390_machine_set_state(machine, vcpu, KVM_MP_STATE_OPERATING_S390, errp);
}

/* Subcodes 0 (modified clear) and 1 (load normal). */
static bool reset_in_place(MachineState *machine, Vcpu *vcpu, bool clear, Error **errp)
{
    S390MachineState *s390 = S390_MACHINE(machine);

    if (!s390_pv_prepare_reset(&s390->pv, machine->kvm, errp) || !reset_others(machine, vcpu, clear, errp) ||
        (clear ? VCPU_CALL(vcpu, S390_CLEAR_RESET, NULL, errp)
               : VCPU_CALL(vcpu, S390_INITIAL_RESET, NULL, errp)) < 0) {
        return false;
    }
    sclp_reset(&s390->sclp);
    return load_normal(machine, vcpu, errp);
}

static void reset(MachineState *machine, Vcpu *vcpu, bool clear)
{
    Error *error = NULL;

    if (machine_halt_others(machine, vcpu) && !reset_in_place(machine, vcpu, clear, &error)) {
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = error });
    }
}

/* ---- the switch ---- */

static const char *name_of(const MachineState *machine)
{
    return machine->guard ? object_get_canonical_path_component(machine->guard) : "the guest";
}

static GBytes *copy_header(MachineState *machine, const PvBlock *block)
{
    const uint8_t *memory = guest_ram_pointer(&machine->ram, block->header_gpa, block->header_size, NULL);

    return memory ? g_bytes_new(memory, block->header_size) : NULL;
}

/* What is wrong with a header that the ultravisor has refused, if that needs no key: its codes for that are
 * not public. */
static void explain_header(GBytes *header, Error **errp)
{
    g_autoptr(Error) reason = NULL;
    PvHeaderFacts facts;
    size_t size;
    const void *data = g_bytes_get_data(header, &size);

    if (errp && *errp && !pv_header_parse(data, size, &facts, &reason)) {
        error_append(*errp, "; %s", cgvm_error_message(reason));
    }
}

/* Whether the guest is secure afterwards; if not, @response says what it is told. */
static bool enter(MachineState *machine, Vcpu *vcpu, const PvBlock *block, S390PvResponse *response,
                  Error **errp)
{
    S390MachineState *s390 = S390_MACHINE(machine);
    g_autoptr(GBytes) header = copy_header(machine, block);

    if (!header) {
        return error_setg(errp, "there is no memory for the header any more");
    }
    if (s390->check_request && machine->guard) {
        s390->check_request(machine->guard, machine, block, header);
    }
    if (reset_others(machine, vcpu, true, errp) && reset_one(vcpu, false, errp) &&
        s390_pv_enter(&s390->pv, machine->kvm, block, header, response, errp)) {
        return true;
    }
    if (response->command == KVM_S390_PV_SET_SEC_PARMS) {
        explain_header(header, errp);
    }
    return false;
}

static void start_secure(MachineState *machine, Vcpu *vcpu, unsigned r1, const PvBlock *block)
{
    S390PvResponse response = { .command = 0 };
    Error *error = NULL;

    if (!machine_halt_others(machine, vcpu)) {
        return;
    }
    if (enter(machine, vcpu, block, &response, &error)) {
        machine_note(machine, "%s has become a secure one: %zu components, %" PRIu64 " pages",
                     name_of(machine), block->n_components, pv_block_pages(block));
        sclp_reset(&S390_MACHINE(machine)->sclp);
        if (!load_normal(machine, vcpu, &error)) {
            machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_ERROR, .error = error });
        }
        return;
    }
    if (response.is_stuck) {
        s390_machine_fail(machine, vcpu, error);
        return;
    }
    machine_note(machine, "%s was refused secure mode: %s", name_of(machine), cgvm_error_message(error));
    cgvm_error_free(error);
    answer(vcpu, r1,
           (uint64_t)response.command << 48 | (uint64_t)response.rrc << 32 | (uint64_t)response.rc << 16 |
               DIAG308_RC_INVALID_FOR_PV);
}

/* Pages of a secure guest are made inaccessible one by one, which huge ones cannot be. */
static bool has_huge_pages(const MachineState *machine)
{
    return machine->memory_backend && machine->ram.main_reclaim == RAM_RECLAIM_NEVER;
}

static void switch_mode(MachineState *machine, Vcpu *vcpu, unsigned r1)
{
    g_autofree S390Request *request = g_new0(S390Request, 1);

    get_request(S390_MACHINE(machine), request);
    if (!request->bytes) {
        answer(vcpu, r1, DIAG308_RC_NO_PV_CONF);
    } else if (has_huge_pages(machine)) {
        machine_note(machine,
                     "%s was refused secure mode: its memory is backed by huge pages; use a memory backend "
                     "without them",
                     name_of(machine));
        answer(vcpu, r1, DIAG308_RC_INVALID_FOR_PV);
    } else {
        start_secure(machine, vcpu, r1, &request->block);
    }
    g_clear_pointer(&request->bytes, g_bytes_unref);
}

/* ---- all of it ---- */

/* Whether a guest may not use @subcode: a secure one is neither started without clearing its memory nor made
 * what it is already, and one that cannot become secure does not know what is for that. */
static bool is_denied(const S390MachineState *s390, uint64_t subcode)
{
    const bool is_secure = s390_pv_is_secure(&s390->pv);

    return (is_secure && subcode == DIAG308_LOAD_NORMAL_DUMP) ||
           (subcode >= DIAG308_PV_SET && (is_secure || !s390->has_unpack));
}

void s390_machine_diag308(MachineState *machine, Vcpu *vcpu, unsigned r1, unsigned r3)
{
    const uint64_t subcode = s390_run(vcpu)->regs.gprs[r3], gpa = s390_run(vcpu)->regs.gprs[r1];

    if (is_denied(S390_MACHINE(machine), subcode)) {
        s390_machine_program_check(machine, vcpu, S390_PGM_SPECIFICATION);
        return;
    }
    switch (subcode) {
    case DIAG308_RESET_MODIFIED_CLEAR:
    case DIAG308_RESET_LOAD_NORMAL:
        reset(machine, vcpu, subcode == DIAG308_RESET_MODIFIED_CLEAR);
        break;
    case DIAG308_LOAD_CLEAR:
    case DIAG308_LOAD_NORMAL_DUMP:
        machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_RESET });
        break;
    case DIAG308_SET:
        answer(vcpu, r1, DIAG308_RC_INVALID); /* whatever it names, there is no such device */
        break;
    case DIAG308_STORE:
        answer(vcpu, r1, DIAG308_RC_NO_CONF);
        break;
    case DIAG308_PV_SET:
        set_request(machine, vcpu, r1, gpa);
        break;
    case DIAG308_PV_STORE:
        store_request(machine, vcpu, r1, gpa);
        break;
    case DIAG308_PV_START:
        switch_mode(machine, vcpu, r1);
        break;
    default:
        s390_machine_program_check(machine, vcpu, S390_PGM_SPECIFICATION);
    }
}
