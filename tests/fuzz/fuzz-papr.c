/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes what a pseries guest asks of its hypervisor. The input is a list of hypercalls: a byte that chooses
 * one, a byte with how many arguments there are, and the arguments, each a byte with its length and that many
 * bytes. A call to RTAS takes its block from the input, too, at the address that its argument says.
 */
#include <string.h>
#include "target-ppc/kvm-ppc-abi.h"
#include "target-ppc/papr-hcall.h"
#include "target-ppc/papr-rtas.h"
#include "tests/unit/ppc-machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint64_t numbers[] = {
    H_RTAS,     H_PUT_TERM_CHAR,     H_GET_TERM_CHAR,   H_SET_MODE,
    H_RTAS,     H_REGISTER_PROC_TBL, H_LOGICAL_CI_LOAD, H_LOGICAL_CI_STORE,
    0xfffffffc,
};

typedef struct Input {
    const uint8_t *data;
    size_t left;
} Input;

static uint8_t take(Input *input)
{
    if (!input->left) {
        return 0;
    }
    input->left--;
    return *input->data++;
}

static uint64_t take_argument(Input *input)
{
    uint64_t value = 0;

    for (unsigned i = take(input) % 9; i; i--) {
        value = value << 8 | take(input);
    }
    return value;
}

/* The block of an RTAS call, if there is memory where the guest says it is. */
static void put_block(Input *input, const MachineState *machine, uint64_t address)
{
    size_t wanted = take(input), size = MIN(wanted, input->left);
    uint8_t *memory = guest_ram_pointer(&machine->ram, address, MAX(size, 1), NULL);

    if (memory && size) {
        memcpy(memory, input->data, size);
    }
    input->data += size;
    input->left -= size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static PpcGuest guest;
    Input input = { data, size };
    PseriesMachineState *pseries;

    if (!guest.machine) {
        ppc_types_register();
        guest = ppc_guest_new(false);
        ppc_guest_set_cpus(&guest, "2");
        ppc_guest_start(&guest);
        g_unlink(guest.kernel);
    }
    pseries = PSERIES_MACHINE(guest.machine);
    papr_events_shut_down(&pseries->events);
    while (input.left) {
        uint64_t number = numbers[take(&input) % G_N_ELEMENTS(numbers)], args[PAPR_HCALL_ARGS] = { 0 };

        for (unsigned i = 0, count = take(&input) % (PAPR_HCALL_ARGS + 1); i < count; i++) {
            args[i] = take_argument(&input);
        }
        if (number == H_RTAS) {
            put_block(&input, guest.machine, args[0]);
        }
        papr_hcall(pseries, g_ptr_array_index(guest.machine->vcpus, 0), number, args);
    }
    /* Neither the end of the machine nor a stopped vCPU stays for the next input. */
    g_clear_pointer(&guest.machine->exit.error, cgvm_error_free);
    guest.machine->stopping = false;
    for (guint i = 0; i < guest.machine->vcpus->len; i++) {
        machine_set_halted(guest.machine, g_ptr_array_index(guest.machine->vcpus, i), i > 0);
    }
    return 0;
}
