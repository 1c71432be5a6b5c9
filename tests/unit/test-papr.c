/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of hypercalls and RTAS calls as a guest makes them, in a machine on the simulated host.
 */
#include "target-ppc/kvm-ppc-abi.h"
#include "target-ppc/papr-hcall.h"
#include "target-ppc/papr-rtas.h"
#include "tests/unit/ppc-machine.h"

#define BLOCK UINT64_C(0x1000000) /* where the guest has its RTAS arguments */

typedef struct Fixture {
    PpcGuest guest;
    PseriesMachineState *pseries;
    GString *console;
} Fixture;

static void console_byte(void *opaque, uint8_t byte)
{
    g_string_append_c(opaque, (char)byte);
}

static void set_up(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->guest = ppc_guest_new(false);
    f->console = g_string_new(NULL);
    f->guest.machine->console = console_byte;
    f->guest.machine->console_opaque = f->console;
    ppc_guest_set_cpus(&f->guest, "2");
    ppc_guest_start(&f->guest);
    f->pseries = PSERIES_MACHINE(f->guest.machine);
}

static void tear_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    ppc_guest_clear(&f->guest);
    g_string_free(f->console, TRUE);
}

static Vcpu *vcpu_of(const Fixture *f, unsigned index)
{
    return g_ptr_array_index(f->guest.machine->vcpus, index);
}

/* A hypercall of vCPU 0 with up to four arguments. */
static int64_t hcall(Fixture *f, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t args[PAPR_HCALL_ARGS] = { a, b, c, d };

    return papr_hcall(f->pseries, vcpu_of(f, 0), number, args);
}

static uint8_t *memory_at(const Fixture *f, uint64_t gpa)
{
    return guest_ram_pointer(&f->guest.machine->ram, gpa, 1, NULL);
}

static void put32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t token_of(const char *name)
{
    const char *const *names = papr_rtas_names();

    for (unsigned i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0) {
            return RTAS_FIRST_TOKEN + i;
        }
    }
    g_assert_not_reached();
}

/* An RTAS call; its status. The results are in the block behind the arguments. */
static int32_t rtas(Fixture *f, const char *name, unsigned n_args, unsigned n_results, const uint32_t *args)
{
    uint8_t *block = memory_at(f, BLOCK);

    put32(block, token_of(name));
    put32(block + 4, n_args);
    put32(block + 8, n_results);
    for (unsigned i = 0; i < n_args; i++) {
        put32(block + 12 + 4 * i, args[i]);
    }
    g_assert_cmpint(hcall(f, H_RTAS, BLOCK, 0, 0, 0), ==, H_SUCCESS);
    return (int32_t)get32(block + 12 + 4 * n_args);
}

static uint32_t result(const Fixture *f, unsigned n_args, unsigned index)
{
    return get32(memory_at(f, BLOCK + 12 + 4 * (n_args + index)));
}

/* ---- interrupts ---- */

static int source(const Fixture *f, unsigned long request, uint32_t number, uint64_t *value)
{
    const KvmDeviceAttr attr = { .group = KVM_XICS_SOURCES, .attr = number, .addr = (uintptr_t)value };

    return kvm_try(f->guest.machine->kvm, f->pseries->xics_fd, request, &attr);
}

/* Whether interrupt @number waits for the guest to unmask it. */
static bool is_interrupted(const Fixture *f, uint32_t number)
{
    uint64_t value = 0;

    g_assert_cmpint(source(f, KVMIO_GET_DEVICE_ATTR, number, &value), ==, 0);
    return value & KVM_XICS_PENDING;
}

/* As the guest does by ibm,set-xive, which is KVM's. */
static void unmask(const Fixture *f, uint32_t number)
{
    uint64_t value = UINT64_C(5) << KVM_XICS_PRIORITY_SHIFT;

    g_assert_cmpint(source(f, KVMIO_SET_DEVICE_ATTR, number, &value), ==, 0);
}

/* ---- hypercalls ---- */

static void test_term(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    uint64_t args[PAPR_HCALL_ARGS] = { PAPR_TERM_UNIT };

    g_assert_cmpint(hcall(f, H_PUT_TERM_CHAR, PAPR_TERM_UNIT, 3, UINT64_C(0x68690a4141414141), 0), ==,
                    H_SUCCESS);
    g_assert_cmpint(
        hcall(f, H_PUT_TERM_CHAR, 0, 9, UINT64_C(0x3132333435363738), UINT64_C(0x3900000000000000)), ==,
        H_SUCCESS);
    g_assert_cmpstr(f->console->str, ==, "hi\n123456789");
    g_assert_cmpint(hcall(f, H_PUT_TERM_CHAR, 7, 3, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_PUT_TERM_CHAR, 0, 17, 0, 0), ==, H_PARAMETER);
    g_assert_cmpstr(f->console->str, ==, "hi\n123456789");

    g_assert_cmpint(papr_hcall(f->pseries, vcpu_of(f, 0), H_GET_TERM_CHAR, args), ==, H_SUCCESS);
    g_assert_cmpuint(args[0], ==, 0);
    g_assert_false(is_interrupted(f, 0x1001));
    g_assert_cmpuint(machine_send_console(f->guest.machine, "0123456789abcdefXY", 18), ==, 18);
    g_assert_true(is_interrupted(f, 0x1001));
    g_assert_false(is_interrupted(f, 0x1000));
    args[0] = PAPR_TERM_UNIT;
    g_assert_cmpint(papr_hcall(f->pseries, vcpu_of(f, 0), H_GET_TERM_CHAR, args), ==, H_SUCCESS);
    g_assert_cmpuint(args[0], ==, 16);
    g_assert_cmphex(args[1], ==, UINT64_C(0x3031323334353637));
    g_assert_cmphex(args[2], ==, UINT64_C(0x3839616263646566));
    args[0] = 0;
    g_assert_cmpint(papr_hcall(f->pseries, vcpu_of(f, 0), H_GET_TERM_CHAR, args), ==, H_SUCCESS);
    g_assert_cmpuint(args[0], ==, 2);
    g_assert_cmphex(args[1], ==, UINT64_C(0x5859000000000000));
    args[0] = 1;
    g_assert_cmpint(papr_hcall(f->pseries, vcpu_of(f, 0), H_GET_TERM_CHAR, args), ==, H_PARAMETER);
}

/* What does not fit waits outside. */
static void test_term_is_full(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const uint8_t bytes[PAPR_VTY_INPUT + 10] = { 0 };

    g_assert_cmpuint(machine_send_console(f->guest.machine, bytes, sizeof(bytes)), ==, PAPR_VTY_INPUT);
    g_assert_cmpuint(machine_send_console(f->guest.machine, bytes, 1), ==, 0);
}

static void test_register_proc_tbl(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const uint64_t radix = PROC_TABLE_OP_NEW | PROC_TABLE_RADIX | PROC_TABLE_GTSE;

    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, radix, 0x100000, 0, 12), ==, H_SUCCESS);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, radix, 0x100010, 0, 12), ==, H_P2);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, radix, UINT64_C(1) << 60, 0, 12), ==, H_P2);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, radix, f->guest.machine->memory_size, 0, 12), ==, H_P2);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, radix, 0x100000, 1, 12), ==, H_P3);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, radix, 0x100000, 0, 25), ==, H_P4);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, PROC_TABLE_OP_NEW, 0x100000, 0, 12), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, radix | 0x20, 0x100000, 0, 12), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, PROC_TABLE_RADIX, 0x100000, 0, 12), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_REGISTER_PROC_TBL, PROC_TABLE_OP_CLEAR, 0, 0, 0), ==, H_SUCCESS);
}

static uint64_t lpcr_of(const Fixture *f, unsigned index)
{
    uint64_t lpcr = 0;
    const KvmOneReg reg = { .id = KVM_REG_PPC_LPCR, .addr = (uintptr_t)&lpcr };
    const Vcpu *vcpu = vcpu_of(f, index);

    g_assert_cmpint(kvm_try(vcpu->kvm, vcpu->fd, KVMIO_GET_ONE_REG, &reg), ==, 0);
    return lpcr;
}

static void test_set_mode(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(hcall(f, H_SET_MODE, 1, H_SET_MODE_LE, 0, 0), ==, H_SUCCESS);
    g_assert_cmphex(lpcr_of(f, 0), ==, LPCR_ILE);
    g_assert_cmphex(lpcr_of(f, 1), ==, LPCR_ILE);
    g_assert_cmpint(hcall(f, H_SET_MODE, 3, H_SET_MODE_ADDR_TRANS, 0, 0), ==, H_SUCCESS);
    g_assert_cmphex(lpcr_of(f, 1), ==, LPCR_ILE | LPCR_AIL);
    g_assert_cmpint(hcall(f, H_SET_MODE, 0, H_SET_MODE_LE, 0, 0), ==, H_SUCCESS);
    g_assert_cmphex(lpcr_of(f, 0), ==, LPCR_AIL);
    g_assert_cmpint(hcall(f, H_SET_MODE, 2, H_SET_MODE_LE, 0, 0), ==, H_UNSUPPORTED_FLAG);
    g_assert_cmpint(hcall(f, H_SET_MODE, 2, H_SET_MODE_ADDR_TRANS, 0, 0), ==, H_UNSUPPORTED_FLAG);
    g_assert_cmpint(hcall(f, H_SET_MODE, 0, 9, 0, 0), ==, H_P2);
    g_assert_cmpint(hcall(f, H_SET_MODE, 0, H_SET_MODE_LE, 1, 0), ==, H_P3);
    g_assert_cmpint(hcall(f, H_SET_MODE, 0, H_SET_MODE_LE, 0, 1), ==, H_P4);
    machine_set_halted(f->guest.machine, vcpu_of(f, 1), false);
    g_assert_cmpint(hcall(f, H_SET_MODE, 1, H_SET_MODE_LE, 0, 0), ==, H_MULTI_THREADS_ACTIVE);
    g_assert_cmphex(lpcr_of(f, 0), ==, LPCR_AIL);
}

static void test_logical_ci(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    uint64_t device = UINT64_C(1) << 40, args[PAPR_HCALL_ARGS] = { 4, device };

    g_assert_cmpint(papr_hcall(f->pseries, vcpu_of(f, 0), H_LOGICAL_CI_LOAD, args), ==, H_SUCCESS);
    g_assert_cmphex(args[0], ==, 0xffffffff);
    g_assert_cmpint(hcall(f, H_LOGICAL_CI_STORE, 8, device, 1, 0), ==, H_SUCCESS);
    g_assert_cmpint(hcall(f, H_LOGICAL_CI_LOAD, 3, device, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_LOGICAL_CI_LOAD, 0, device, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_LOGICAL_CI_LOAD, 4, device + 2, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_LOGICAL_CI_LOAD, 4, 0x1000, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, 0x9990, 0, 0, 0, 0), ==, H_FUNCTION);
}

/* ---- RTAS ---- */

static void test_block(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    uint64_t end = f->guest.machine->memory_size;
    uint8_t *block = memory_at(f, BLOCK);

    g_assert_cmpint(hcall(f, H_RTAS, end, 0, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_RTAS, end - 8, 0, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(hcall(f, H_RTAS, UINT64_MAX - 4, 0, 0, 0), ==, H_PARAMETER);
    put32(block, 1);
    put32(block + 4, 17);
    put32(block + 8, 1);
    g_assert_cmpint(hcall(f, H_RTAS, BLOCK, 0, 0, 0), ==, H_PARAMETER);
    put32(block + 4, UINT32_MAX);
    g_assert_cmpint(hcall(f, H_RTAS, BLOCK, 0, 0, 0), ==, H_PARAMETER);
    put32(block + 4, 0);
    put32(block + 8, 0);
    g_assert_cmpint(hcall(f, H_RTAS, BLOCK, 0, 0, 0), ==, H_PARAMETER);
    put32(block + 8, 1);
    g_assert_cmpint(hcall(f, H_RTAS, BLOCK, 0, 0, 0), ==, H_SUCCESS);
    g_assert_cmpint((int32_t)get32(block + 12), ==, -3); /* there is no call with that token */
    put32(memory_at(f, end - 12), RTAS_FIRST_TOKEN);
    put32(memory_at(f, end - 8), 0);
    put32(memory_at(f, end - 4), 1);
    g_assert_cmpint(hcall(f, H_RTAS, end - 12, 0, 0, 0), ==, H_PARAMETER);
    g_assert_cmpint(rtas(f, "power-off", 0, 1, NULL), ==, -3);
    g_assert_cmpint(rtas(f, "ibm,int-on", 1, 1, (uint32_t[]){ 0x10 }), ==, -3);
}

static void test_clock(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const uint32_t then[7] = { 2030, 2, 28, 23, 59, 30, 0 };

    g_assert_cmpint(rtas(f, "get-time-of-day", 0, 8, NULL), ==, 0);
    g_assert_cmpuint(result(f, 0, 1), >=, 2024);
    g_assert_cmpint(rtas(f, "set-time-of-day", 7, 1, then), ==, 0);
    g_assert_cmpint(rtas(f, "get-time-of-day", 0, 8, NULL), ==, 0);
    g_assert_cmpuint(result(f, 0, 1), ==, 2030);
    g_assert_cmpuint(result(f, 0, 2), ==, 2);
    g_assert_cmpuint(result(f, 0, 3), ==, 28);
    g_assert_cmpuint(result(f, 0, 4), ==, 23);
    g_assert_cmpuint(result(f, 0, 5), ==, 59);
    g_assert_cmpuint(result(f, 0, 6), >=, 30);
    g_assert_cmpint(rtas(f, "set-time-of-day", 7, 1, (uint32_t[7]){ 2030, 2, 30 }), ==, -3);
    g_assert_cmpint(rtas(f, "set-time-of-day", 7, 1, (uint32_t[7]){ 0xffffffff, 2, 3 }), ==, -3);
}

static void test_cpus(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const Vcpu *second = vcpu_of(f, 1);
    KvmPpcRegs regs;

    g_assert_cmpint(rtas(f, "query-cpu-stopped-state", 1, 2, (uint32_t[]){ 1 }), ==, 0);
    g_assert_cmpuint(result(f, 1, 1), ==, 0);
    g_assert_cmpint(rtas(f, "start-cpu", 3, 1, (uint32_t[]){ 1, 0x1002, 7 }), ==, -3);
    g_assert_cmpint(rtas(f, "start-cpu", 3, 1, (uint32_t[]){ 1, 0x1000, 7 }), ==, 0);
    g_assert_cmpint(kvm_try(second->kvm, second->fd, KVMIO_GET_REGS, &regs), ==, 0);
    g_assert_cmphex(regs.pc, ==, 0x1000);
    g_assert_cmphex(regs.gpr[3], ==, 7);
    g_assert_cmphex(regs.msr, ==, MSR_SF | MSR_ME);
    g_assert_cmpint(rtas(f, "query-cpu-stopped-state", 1, 2, (uint32_t[]){ 1 }), ==, 0);
    g_assert_cmpuint(result(f, 1, 1), ==, 2);
    g_assert_cmpint(rtas(f, "start-cpu", 3, 1, (uint32_t[]){ 1, 0x1000, 7 }), ==, -3);
    g_assert_cmpint(rtas(f, "start-cpu", 3, 1, (uint32_t[]){ 2, 0x1000, 7 }), ==, -3);
    g_assert_cmpint(rtas(f, "query-cpu-stopped-state", 1, 2, (uint32_t[]){ 2 }), ==, -3);
    g_assert_cmpint(rtas(f, "stop-self", 0, 1, NULL), ==, 0);
    g_assert_true(machine_is_halted(f->guest.machine, vcpu_of(f, 0)));
}

static void test_nvram(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    uint8_t *buffer = memory_at(f, BLOCK + 0x1000);
    unsigned sum = 0;

    g_assert_cmpint(rtas(f, "nvram-fetch", 3, 2, (uint32_t[]){ 0, BLOCK + 0x1000, 16 }), ==, 0);
    g_assert_cmpuint(result(f, 3, 1), ==, 16);
    g_assert_cmphex(buffer[0], ==, 0x7f);
    /* The checksum is over the header without itself, with carries added. */
    for (unsigned i = 0; i < 16; i++) {
        sum += i == 1 ? 0 : buffer[i];
        sum = (sum & 0xff) + (sum >> 8);
    }
    g_assert_cmphex(buffer[1], ==, sum);
    memcpy(buffer, "remember", 8);
    g_assert_cmpint(rtas(f, "nvram-store", 3, 2, (uint32_t[]){ 100, BLOCK + 0x1000, 8 }), ==, 0);
    memset(buffer, 0, 8);
    g_assert_cmpint(rtas(f, "nvram-fetch", 3, 2, (uint32_t[]){ 100, BLOCK + 0x1000, 8 }), ==, 0);
    g_assert_cmpmem(buffer, 8, "remember", 8);
    g_assert_cmpint(rtas(f, "nvram-fetch", 3, 2, (uint32_t[]){ PSERIES_NVRAM_SIZE - 4, BLOCK, 8 }), ==, -3);
    g_assert_cmpint(rtas(f, "nvram-fetch", 3, 2, (uint32_t[]){ 0xffffffff, BLOCK, 8 }), ==, -3);
    g_assert_cmpint(rtas(f, "nvram-store", 3, 2, (uint32_t[]){ 0, 0xfffffff0, 8 }), ==, -3);
}

static void test_parameters(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const char *text = (const char *)memory_at(f, BLOCK + 0x1002);

    g_assert_cmpint(rtas(f, "ibm,get-system-parameter", 3, 1, (uint32_t[]){ 20, BLOCK + 0x1000, 256 }), ==,
                    0);
    g_assert_cmpstr(text, ==, "MaxEntCap=2,DesMem=512,DesProcs=2,MaxPlatProcs=2");
    memset(memory_at(f, BLOCK + 0x1000), 0x55, 8);
    g_assert_cmpint(rtas(f, "ibm,get-system-parameter", 3, 1, (uint32_t[]){ 20, BLOCK + 0x1000, 4 }), ==, 0);
    g_assert_cmpmem(memory_at(f, BLOCK + 0x1000), 5, "\0\x31Ma\x55", 5);
    g_assert_cmpint(rtas(f, "ibm,get-system-parameter", 3, 1, (uint32_t[]){ 42, BLOCK + 0x1000, 4 }), ==, 0);
    g_assert_cmpmem(memory_at(f, BLOCK + 0x1000), 3, "\0\1\0", 3);
    g_assert_cmpint(rtas(f, "ibm,get-system-parameter", 3, 1, (uint32_t[]){ 42, BLOCK + 0x1000, 1 }), ==,
                    -9002);
    g_assert_cmpint(rtas(f, "ibm,get-system-parameter", 3, 1, (uint32_t[]){ 42, 0xffffff00, 4 }), ==, -3);
    g_assert_cmpint(rtas(f, "ibm,get-system-parameter", 3, 1, (uint32_t[]){ 99, BLOCK, 4 }), ==, -3);
}

static void test_display(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(rtas(f, "display-character", 1, 1, (uint32_t[]){ 'x' }), ==, 0);
    g_assert_cmpstr(f->console->str, ==, "x");
}

/* ---- events ---- */

static int32_t check_exception(Fixture *f, uint32_t mask, uint32_t address, uint32_t size)
{
    return rtas(f, "check-exception", 6, 1, (uint32_t[]){ 0x500, PSERIES_EPOW_IRQ, mask, 0, address, size });
}

static uint32_t sensor(Fixture *f)
{
    g_assert_cmpint(rtas(f, "get-sensor-state", 2, 2, (uint32_t[]){ 9, 0 }), ==, 0);
    return result(f, 2, 1);
}

/* The section of an entry that is called @name; it must lie in the entry. */
static const uint8_t *section(const uint8_t *entry, const char *name)
{
    for (uint32_t at = 8 + 16; at < 8 + get32(entry + 4);) {
        uint32_t length = (uint32_t)entry[at + 2] << 8 | entry[at + 3];

        g_assert_cmpuint(length, >=, 8);
        g_assert_cmpuint(at + length, <=, 8 + get32(entry + 4));
        if (memcmp(entry + at, name, 2) == 0) {
            return entry + at;
        }
        at += length;
    }
    g_assert_not_reached();
}

/* Read as Linux does (get_pseries_errorlog() and rtas_parse_epow_errlog()). */
static void check_entry(const uint8_t *entry, uint32_t number)
{
    g_assert_cmphex(get32(entry), ==, 0x06340040);
    g_assert_cmpuint(get32(entry + 4), ==, 108);
    g_assert_cmphex(entry[8] & 0x80, ==, 0x80);
    g_assert_cmphex(entry[8 + 2], ==, 0x8e);
    g_assert_cmpmem(entry + 8 + 12, 4, "IBM", 4);
    g_assert_cmphex(section(entry, "PH")[8] >> 4, ==, 2); /* in the year 2... */
    g_assert_cmpuint(get32(section(entry, "PH") + 40), ==, number);
    g_assert_cmpuint(section(entry, "UH")[3], ==, 24);
    g_assert_cmpmem(section(entry, "EP") + 8, 3, "\3\1\1", 3);
}

static void test_power_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const uint32_t buffer = (uint32_t)BLOCK + 0x1000, end = (uint32_t)f->guest.machine->memory_size;
    uint8_t *entry = memory_at(f, buffer);
    g_autoptr(Error) error = NULL;

    g_assert_false(machine_power_down(f->guest.machine, &error));
    g_assert_nonnull(
        strstr(cgvm_error_message(error), "does not take the interrupt of power warnings (EPOW)"));
    unmask(f, 0x1000);
    g_assert_cmpuint(sensor(f), ==, 0);
    g_assert_cmpint(check_exception(f, 0xffffffff, buffer, 2048), ==, 1);
    g_assert_false(is_interrupted(f, 0x1000));
    g_assert_true(machine_power_down(f->guest.machine, NULL));
    g_assert_true(machine_power_down(f->guest.machine, NULL));
    g_assert_true(is_interrupted(f, 0x1000));
    g_assert_cmpuint(sensor(f), ==, 3);
    /* Of another class, without memory, and with too little of it. */
    g_assert_cmpint(check_exception(f, 0xbfffffff, buffer, 2048), ==, 1);
    g_assert_cmpint(check_exception(f, 0x40000000, end, 0), ==, -3);
    g_assert_cmpint(check_exception(f, 0x40000000, end - 100, 2048), ==, -3);
    memset(entry, 0x5a, 200);
    g_assert_cmpint(check_exception(f, 0x40000000, buffer, 2048), ==, 0);
    check_entry(entry, 1);
    g_assert_cmphex(entry[116], ==, 0x5a);
    g_assert_cmpuint(sensor(f), ==, 0);
    g_assert_cmpint(check_exception(f, 0x40000000, buffer, 2048), ==, 1);
    g_assert_true(machine_power_down(f->guest.machine, NULL));
    memset(entry, 0x5a, 200);
    g_assert_cmpint(check_exception(f, 0x40000000, buffer, 8), ==, 0);
    g_assert_cmpmem(entry, 9, "\x06\x34\0\x40\0\0\0\x6c\x5a", 9);
}

static void test_sensors(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(rtas(f, "get-sensor-state", 2, 2, (uint32_t[]){ 9, 1 }), ==, -3);
    g_assert_cmpint(rtas(f, "get-sensor-state", 2, 2, (uint32_t[]){ 3, 0 }), ==, -3);
}

/* ---- ends ---- */

static void test_ends(Fixture *f, gconstpointer data)
{
    const char *name = data;
    unsigned n_args = strcmp(name, "power-off") == 0 ? 2 : strcmp(name, "ibm,os-term") == 0 ? 1 : 0;
    MachineState *machine = f->guest.machine;

    memcpy(memory_at(f, BLOCK + 0x1000), "panic:\n\xff oh", 12);
    g_assert_cmpint(rtas(f, name, n_args, 1, (uint32_t[]){ BLOCK + 0x1000, 0 }), ==, 0);
    g_assert_true(machine->stopping);
    if (n_args == 1) {
        g_assert_cmpint(machine->exit.kind, ==, MACHINE_EXIT_ERROR);
        g_assert_cmpstr(cgvm_error_message(machine->exit.error), ==, "the guest has crashed: panic:   oh");
        g_clear_pointer(&machine->exit.error, cgvm_error_free);
    } else {
        g_assert_cmpint(machine->exit.kind, ==, n_args ? MACHINE_EXIT_POWERED_OFF : MACHINE_EXIT_RESET);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *, gconstpointer);
        const char *data;
    } tests[] = {
        { "/papr/hcall/term", test_term, NULL },
        { "/papr/hcall/term-is-full", test_term_is_full, NULL },
        { "/papr/hcall/register-proc-tbl", test_register_proc_tbl, NULL },
        { "/papr/hcall/set-mode", test_set_mode, NULL },
        { "/papr/hcall/logical-ci", test_logical_ci, NULL },
        { "/papr/rtas/block", test_block, NULL },
        { "/papr/rtas/clock", test_clock, NULL },
        { "/papr/rtas/cpus", test_cpus, NULL },
        { "/papr/rtas/nvram", test_nvram, NULL },
        { "/papr/rtas/parameters", test_parameters, NULL },
        { "/papr/rtas/display", test_display, NULL },
        { "/papr/rtas/power-down", test_power_down, NULL },
        { "/papr/rtas/sensors", test_sensors, NULL },
        { "/papr/rtas/power-off", test_ends, "power-off" },
        { "/papr/rtas/system-reboot", test_ends, "system-reboot" },
        { "/papr/rtas/os-term", test_ends, "ibm,os-term" },
    };

    g_test_init(&argc, &argv, NULL);
    ppc_types_register();
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].name, Fixture, tests[i].data, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}
