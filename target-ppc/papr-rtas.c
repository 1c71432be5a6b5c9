/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/papr-rtas.h"
#include <string.h>
#include "target-ppc/kvm-ppc-abi.h"

/* Status of a call. */
#define RTAS_SUCCESS        0
#define RTAS_NO_EVENT       1
#define RTAS_HARDWARE       (-1)
#define RTAS_PARAMETER      (-3)
#define RTAS_NOT_SUPPORTED  (-3)
#define RTAS_NOT_AUTHORIZED (-9002)

/* query-cpu-stopped-state */
#define CPU_STOPPED 0
#define CPU_RUNNING 2

/* ibm,get-system-parameter */
#define PARAMETER_SPLPAR      20
#define PARAMETER_DIAGNOSTICS 42
#define DIAGNOSTICS_DISABLED  0

#define RTAS_MAX_WORDS        16 /* arguments and results of a call together */
#define OS_TERM_TEXT          128

/** A call that is under way. */
typedef struct RtasCall {
    PseriesMachineState *machine;
    Vcpu *vcpu;
    uint32_t args[RTAS_MAX_WORDS];
    uint32_t results[RTAS_MAX_WORDS]; /* after the status */
} RtasCall;

static MachineState *parent_of(const RtasCall *call)
{
    return &call->machine->parent;
}

/* ---- the clock ---- */

static int32_t get_time_of_day(RtasCall *call)
{
    gint64 now = g_get_real_time() + call->machine->clock_offset;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now / G_USEC_PER_SEC);

    if (!time) {
        return RTAS_HARDWARE;
    }
    call->results[0] = (uint32_t)g_date_time_get_year(time);
    call->results[1] = (uint32_t)g_date_time_get_month(time);
    call->results[2] = (uint32_t)g_date_time_get_day_of_month(time);
    call->results[3] = (uint32_t)g_date_time_get_hour(time);
    call->results[4] = (uint32_t)g_date_time_get_minute(time);
    call->results[5] = (uint32_t)g_date_time_get_second(time);
    call->results[6] = (uint32_t)(now % G_USEC_PER_SEC * 1000);
    return RTAS_SUCCESS;
}

static int32_t set_time_of_day(RtasCall *call)
{
    const uint32_t *args = call->args;
    g_autoptr(GDateTime) time = NULL;

    for (unsigned i = 0; i < 6; i++) {
        if (args[i] > 9999) {
            return RTAS_PARAMETER;
        }
    }
    time = g_date_time_new_utc((int)args[0], (int)args[1], (int)args[2], (int)args[3], (int)args[4], args[5]);
    if (!time) {
        return RTAS_PARAMETER;
    }
    call->machine->clock_offset = g_date_time_to_unix(time) * G_USEC_PER_SEC - g_get_real_time();
    return RTAS_SUCCESS;
}

/* ---- the partition ---- */

static int32_t power_off(RtasCall *call)
{
    machine_request_exit(parent_of(call), (MachineExit){ .kind = MACHINE_EXIT_POWERED_OFF });
    return RTAS_SUCCESS;
}

static int32_t system_reboot(RtasCall *call)
{
    machine_request_exit(parent_of(call), (MachineExit){ .kind = MACHINE_EXIT_RESET });
    return RTAS_SUCCESS;
}

static int32_t os_term(RtasCall *call)
{
    char text[OS_TERM_TEXT + 1] = "no message";
    const uint8_t *memory = guest_ram_pointer(&parent_of(call)->ram, call->args[0], OS_TERM_TEXT, NULL);

    for (size_t i = 0; memory && i < OS_TERM_TEXT; i++) {
        text[i] = memory[i] == '\0' || g_ascii_isprint((char)memory[i]) ? (char)memory[i] : ' ';
    }
    text[OS_TERM_TEXT] = '\0';
    machine_request_exit(
        parent_of(call),
        (MachineExit){ .kind = MACHINE_EXIT_ERROR,
                       .error = error_new(CGVM_ERROR_STATE, 0, "the guest has crashed: %s", text) });
    return RTAS_SUCCESS;
}

static int32_t display_character(RtasCall *call)
{
    uint8_t character = (uint8_t)call->args[0];

    papr_vty_put(&call->machine->vty, &character, 1);
    return RTAS_SUCCESS;
}

/* ---- processors ---- */

static Vcpu *find_vcpu(const RtasCall *call, uint32_t id)
{
    const GPtrArray *vcpus = parent_of(call)->vcpus;

    return id < vcpus->len ? g_ptr_array_index(vcpus, id) : NULL;
}

static int32_t query_cpu_stopped_state(RtasCall *call)
{
    const Vcpu *vcpu = find_vcpu(call, call->args[0]);

    if (!vcpu) {
        return RTAS_PARAMETER;
    }
    call->results[0] = machine_is_halted(parent_of(call), vcpu) ? CPU_STOPPED : CPU_RUNNING;
    return RTAS_SUCCESS;
}

/* A processor starts in big endian, with translation off. */
static int32_t start_cpu(RtasCall *call)
{
    const KvmPpcRegs regs = {
        .pc = call->args[1],
        .msr = MSR_SF | MSR_ME,
        .gpr = { [3] = call->args[2] },
    };
    Vcpu *vcpu = find_vcpu(call, call->args[0]);

    if (!vcpu || regs.pc % 4 || !machine_is_halted(parent_of(call), vcpu)) {
        return RTAS_PARAMETER;
    }
    if (kvm_try(vcpu->kvm, vcpu->fd, KVMIO_SET_REGS, &regs) < 0) {
        return RTAS_HARDWARE;
    }
    machine_set_halted(parent_of(call), vcpu, false);
    return RTAS_SUCCESS;
}

static int32_t stop_self(RtasCall *call)
{
    machine_set_halted(parent_of(call), call->vcpu, true);
    return RTAS_SUCCESS;
}

/* ---- parameters ---- */

/* A parameter is its length in two bytes, and then itself, as far as there is room. */
static int32_t store_parameter(const RtasCall *call, const void *data, uint16_t length)
{
    uint32_t room = call->args[2];
    uint8_t *memory = guest_ram_pointer(&parent_of(call)->ram, call->args[1], MAX(room, 1), NULL);

    if (!memory) {
        return RTAS_PARAMETER;
    }
    if (room < 2) {
        return RTAS_NOT_AUTHORIZED;
    }
    memory[0] = (uint8_t)(length >> 8);
    memory[1] = (uint8_t)length;
    memcpy(memory + 2, data, MIN(length, room - 2));
    return RTAS_SUCCESS;
}

static int32_t get_system_parameter(RtasCall *call)
{
    const MachineState *parent = parent_of(call);
    const uint8_t diagnostics = DIAGNOSTICS_DISABLED;
    g_autofree char *splpar = NULL;

    switch (call->args[0]) {
    case PARAMETER_SPLPAR:
        splpar = g_strdup_printf("MaxEntCap=%u,DesMem=%" G_GUINT64_FORMAT ",DesProcs=%u,MaxPlatProcs=%u",
                                 parent->smp.max_cpus, parent->memory_size >> 20, parent->smp.cpus,
                                 parent->smp.max_cpus);
        return store_parameter(call, splpar, (uint16_t)(strlen(splpar) + 1));
    case PARAMETER_DIAGNOSTICS:
        return store_parameter(call, &diagnostics, sizeof(diagnostics));
    default:
        return RTAS_NOT_SUPPORTED;
    }
}

/* ---- non-volatile memory ---- */

void papr_nvram_format(PseriesMachineState *machine)
{
    uint8_t *header = machine->nvram;
    unsigned blocks = PSERIES_NVRAM_SIZE / 16, sum = 0;

    memset(machine->nvram, 0, PSERIES_NVRAM_SIZE);
    header[0] = 0x7f; /* free space */
    header[2] = (uint8_t)(blocks >> 8);
    header[3] = (uint8_t)blocks;
    memset(header + 4, 'w', 12);
    for (unsigned i = 0; i < 16; i++) {
        sum += header[i];
        sum = (sum & 0xff) + (sum >> 8);
    }
    header[1] = (uint8_t)sum;
}

/* The place in the memory and in the guest's, for as many bytes as both have. */
static bool nvram_place(RtasCall *call, uint8_t **ret_memory, uint8_t **ret_nvram)
{
    uint32_t offset = call->args[0], size = call->args[2];

    if (offset > PSERIES_NVRAM_SIZE || size > PSERIES_NVRAM_SIZE - offset || !size) {
        return false;
    }
    *ret_memory = guest_ram_pointer(&parent_of(call)->ram, call->args[1], size, NULL);
    *ret_nvram = call->machine->nvram + offset;
    call->results[0] = size;
    return *ret_memory != NULL;
}

static int32_t nvram_fetch(RtasCall *call)
{
    uint8_t *memory, *nvram;

    if (!nvram_place(call, &memory, &nvram)) {
        return RTAS_PARAMETER;
    }
    memcpy(memory, nvram, call->args[2]);
    return RTAS_SUCCESS;
}

static int32_t nvram_store(RtasCall *call)
{
    uint8_t *memory, *nvram;

    if (!nvram_place(call, &memory, &nvram)) {
        return RTAS_PARAMETER;
    }
    memcpy(nvram, memory, call->args[2]);
    return RTAS_SUCCESS;
}

/* ---- events ---- */

/* Arguments: the vector and the interrupt by which the guest knows, classes of events, whether time is
 * critical, and a buffer. An entry that is longer than that is cut. */
static int32_t check_exception(RtasCall *call)
{
    PseriesMachineState *machine = call->machine;
    const int64_t now = (g_get_real_time() + machine->clock_offset) / G_USEC_PER_SEC;
    const uint32_t size = MIN(call->args[5], PAPR_EPOW_LOG);
    uint8_t *memory = guest_ram_pointer(&parent_of(call)->ram, call->args[4], MAX(size, 1), NULL);
    uint8_t entry[PAPR_EPOW_LOG];

    if (!memory) {
        return RTAS_PARAMETER;
    }
    if (!papr_events_take(&machine->events, call->args[2], now, entry)) {
        return RTAS_NO_EVENT;
    }
    memcpy(memory, entry, size);
    return RTAS_SUCCESS;
}

static int32_t get_sensor_state(RtasCall *call)
{
    if (call->args[0] != PAPR_EPOW_SENSOR || call->args[1]) {
        return RTAS_PARAMETER;
    }
    call->results[0] = papr_events_sensor(&call->machine->events);
    return RTAS_SUCCESS;
}

/* ---- all of them ---- */

/** A call. Those without a function are KVM's, which never leaves them to us once it knows their tokens. */
typedef struct RtasKind {
    int32_t (*call)(RtasCall *call);
    uint8_t n_args, n_results; /* the status counts */
} RtasKind;

/* In the order of `names`. */
static const RtasKind kinds[] = {
    { display_character, 1, 1 },
    { get_time_of_day, 0, 8 },
    { set_time_of_day, 7, 1 },
    { power_off, 2, 1 },
    { system_reboot, 0, 1 },
    { query_cpu_stopped_state, 1, 2 },
    { start_cpu, 3, 1 },
    { stop_self, 0, 1 },
    { get_system_parameter, 3, 1 },
    { os_term, 1, 1 },
    { nvram_fetch, 3, 2 },
    { nvram_store, 3, 2 },
    { NULL, 3, 1 },
    { NULL, 1, 3 },
    { NULL, 1, 1 },
    { NULL, 1, 1 },
    { check_exception, 6, 1 },
    { get_sensor_state, 2, 2 },
};

static const char *const names[] = {
    "display-character",
    "get-time-of-day",
    "set-time-of-day",
    "power-off",
    "system-reboot",
    "query-cpu-stopped-state",
    "start-cpu",
    "stop-self",
    "ibm,get-system-parameter",
    "ibm,os-term",
    "nvram-fetch",
    "nvram-store",
    "ibm,set-xive",
    "ibm,get-xive",
    "ibm,int-off",
    "ibm,int-on",
    "check-exception",
    "get-sensor-state",
    NULL,
};

G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(kinds) + 1);

const char *const *papr_rtas_names(void)
{
    return names;
}

bool papr_rtas_define_tokens(const Kvm *kvm, Error **errp)
{
    for (unsigned i = 0; names[i]; i++) {
        KvmRtasToken define = { .token = RTAS_FIRST_TOKEN + i };

        if (kinds[i].call) {
            continue;
        }
        g_strlcpy(define.name, names[i], sizeof(define.name));
        if (KVM_CALL(kvm, kvm->vm_fd, PPC_RTAS_DEFINE_TOKEN, &define, errp) < 0) {
            return error_prepend(errp, "cannot give KVM the RTAS call '%s': ", names[i]);
        }
    }
    return true;
}

static uint32_t read_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_be32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static int32_t dispatch(RtasCall *call, uint32_t token, uint32_t n_args, uint32_t n_results)
{
    uint32_t index = token - RTAS_FIRST_TOKEN;
    const RtasKind *kind = index < G_N_ELEMENTS(kinds) ? &kinds[index] : NULL;
    int32_t status;

    if (!kind || !kind->call || n_args != kind->n_args || n_results != kind->n_results) {
        return RTAS_PARAMETER;
    }
    g_mutex_lock(&call->machine->lock);
    status = kind->call(call);
    g_mutex_unlock(&call->machine->lock);
    return status;
}

bool papr_rtas(PseriesMachineState *machine, Vcpu *vcpu, uint64_t address)
{
    const GuestRam *ram = &machine->parent.ram;
    RtasCall call = { .machine = machine, .vcpu = vcpu };
    uint8_t *block = guest_ram_pointer(ram, address, 12, NULL);
    uint32_t token, n_args, n_results;
    int32_t status;

    if (!block) {
        return false;
    }
    /* Another vCPU may write to it meanwhile: everything is read once. */
    token = read_be32(block);
    n_args = read_be32(block + 4);
    n_results = read_be32(block + 8);
    if (n_args > RTAS_MAX_WORDS || n_results < 1 || n_results > RTAS_MAX_WORDS - n_args) {
        return false;
    }
    block = guest_ram_pointer(ram, address, 12 + 4 * (uint64_t)(n_args + n_results), NULL);
    if (!block) {
        return false;
    }
    for (uint32_t i = 0; i < n_args; i++) {
        call.args[i] = read_be32(block + 12 + 4 * i);
    }
    status = dispatch(&call, token, n_args, n_results);
    write_be32(block + 12 + 4 * n_args, (uint32_t)status);
    for (uint32_t i = 1; i < n_results && status == RTAS_SUCCESS; i++) {
        write_be32(block + 12 + 4 * (n_args + i), call.results[i - 1]);
    }
    return true;
}
