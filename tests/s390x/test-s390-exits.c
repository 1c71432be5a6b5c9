/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the machine does about exits of vCPUs, one by one: instructions with every kind of wrong operand,
 * orders to other vCPUs, waits, and exits that nobody knows.
 */
#include "tests/s390x/pv-guest.h"

static char *image_path;

#define SCCB UINT64_C(0x8000)

typedef struct Fixture {
    PvGuest guest;
    MachineState *machine;
    Vcpu *vcpu, *other;
    KvmS390Run *run;
} Fixture;

/* A machine with two vCPUs, started and not running. */
static void set_up(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    guest_init(&f->guest, image_path, NULL, true);
    f->machine = MACHINE(f->guest.machine);
    f->machine->props.smp = (SmpConfiguration){ .has_cpus = true, .cpus = 2 };
    guest_start(&f->guest);
    f->vcpu = g_ptr_array_index(f->machine->vcpus, 0);
    f->other = g_ptr_array_index(f->machine->vcpus, 1);
    f->run = s390_run(f->vcpu);
}

static void tear_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_clear_pointer(&f->machine->exit.error, cgvm_error_free);
    guest_clear(&f->guest);
}

/* vCPU 0 leaves for an instruction. */
static void intercept(Fixture *f, uint8_t code, uint16_t ipa, uint32_t ipb)
{
    f->run->exit_reason = KVMEXIT_S390_SIEIC;
    f->run->sieic.icptcode = code;
    f->run->sieic.ipa = ipa;
    f->run->sieic.ipb = ipb;
    f->run->dirty_regs = 0;
    g_assert_true(s390_machine_exit(f->machine, f->vcpu));
}

static unsigned cc(const Fixture *f)
{
    return f->run->psw_mask >> 44 & 3;
}

static void assert_goes_on(const Fixture *f)
{
    g_assert_false(f->machine->stopping);
}

static void assert_ends(const Fixture *f, int kind, const char *text)
{
    g_assert_true(f->machine->stopping);
    g_assert_cmpint(f->machine->exit.kind, ==, kind);
    if (text) {
        g_assert_nonnull(strstr(cgvm_error_message(f->machine->exit.error), text));
    }
}

/* ---- service calls ---- */

static uint8_t *sccb(const Fixture *f)
{
    return guest_ram_pointer(&f->machine->ram, SCCB, 4096, NULL);
}

/* SERVC %r1,%r2: command in r1, block in r2. */
static void service(Fixture *f, uint32_t command, uint64_t gpa)
{
    f->run->regs.gprs[1] = command;
    f->run->regs.gprs[2] = gpa;
    f->run->psw_mask |= UINT64_C(3) << 44;
    intercept(f, KVM_S390_ICPT_INSTRUCTION, 0xb220, 0x00120000);
}

static void put_event(const Fixture *f, const char *text)
{
    uint8_t *block = sccb(f);
    size_t length = 6 + strlen(text);

    memset(block, 0, 64);
    block[1] = (uint8_t)(8 + length);
    block[9] = (uint8_t)length;
    block[10] = 26;
    memcpy(block + 14, text, strlen(text));
}

static void test_service(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    put_event(f, "hello");
    service(f, SCLP_WRITE_EVENT_DATA, SCCB);
    assert_goes_on(f);
    g_assert_cmpuint(cc(f), ==, 0);
    g_assert_cmpstr(f->guest.console->str, ==, "hello");
    g_assert_cmphex(sccb(f)[6] << 8 | sccb(f)[7], ==, SCLP_RC_DONE);
    memset(sccb(f), 0, 4096);
    sccb(f)[0] = 0x10;
    service(f, SCLP_READ_SCP_INFO, SCCB);
    g_assert_cmphex(sccb(f)[6] << 8 | sccb(f)[7], ==, SCLP_RC_READ);
    g_assert_cmpuint(sccb(f)[9], ==, 16); /* MiB */
    g_assert_cmpuint(sccb(f)[17], ==, 2); /* vCPUs */
}

/* Places where a block cannot be cause a program interruption, and no console output. */
static void test_service_addresses(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const uint64_t places[] = {
        0, 0x1ff8, SCCB + 1, SCCB + 4, UINT64_C(0x80008000), 0x7ffff000, UINT64_C(0xffffffffffff8000)
    };

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        service(f, SCLP_WRITE_EVENT_DATA, places[i]);
        assert_goes_on(f);
        g_assert_cmpuint(cc(f), ==, 3);
    }
    /* Those of the prefix, wherever it is. */
    f->run->regs.prefix = SCCB & ~UINT64_C(0x1fff);
    put_event(f, "no");
    service(f, SCLP_WRITE_EVENT_DATA, SCCB);
    g_assert_cmpstr(f->guest.console->str, ==, "");
}

static void test_service_lengths(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    put_event(f, "no");
    sccb(f)[1] = 7;
    service(f, SCLP_WRITE_EVENT_DATA, SCCB);
    g_assert_cmphex(sccb(f)[6], ==, 0);
    /* Across the end of a page. */
    put_event(f, "no");
    memmove(sccb(f) + 0xff0, sccb(f), 16);
    sccb(f)[0xff1] = 0x11;
    service(f, SCLP_WRITE_EVENT_DATA, SCCB + 0xff0);
    g_assert_cmphex(sccb(f)[0xff6] << 8 | sccb(f)[0xff7], ==, SCLP_RC_BOUNDARY);
    g_assert_cmpstr(f->guest.console->str, ==, "");
    assert_goes_on(f);
}

static void test_input(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const uint8_t masks[] = { 0, 0, 0, 4, 0, 0, 0, 0x40, 0x40, 0, 0, 0x40 };

    g_assert_cmpuint(machine_send_console(f->machine, "x", 1), ==, 0); /* it takes nothing yet */
    memset(sccb(f), 0, 64);
    sccb(f)[1] = 28;
    memcpy(sccb(f) + 8, masks, sizeof(masks));
    service(f, SCLP_WRITE_EVENT_MASK, SCCB);
    g_assert_cmphex(sccb(f)[6] << 8 | sccb(f)[7], ==, SCLP_RC_DONE);
    g_assert_cmpuint(machine_send_console(f->machine, "yes", 3), ==, 3);
    memset(sccb(f), 0, 64);
    sccb(f)[1] = 64;
    service(f, SCLP_READ_EVENT_DATA, SCCB);
    g_assert_cmpmem(sccb(f) + 14, 4, "\0yes", 4);
    service(f, SCLP_READ_EVENT_DATA, SCCB);
    g_assert_cmphex(sccb(f)[6] << 8 | sccb(f)[7], ==, SCLP_RC_NO_EVENT);
}

/* The guest is asked to end if it wants to be: it is told of by an interrupt, and reads what it means. */
static void test_power_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const uint8_t masks[] = { 0, 0, 0, 4, 0, 0, 0, 8 };
    g_autoptr(Error) error = NULL;

    g_assert_false(machine_power_down(f->machine, &error));
    g_assert_true(cgvm_error_code(error) == CGVM_ERROR_STATE);
    g_assert_nonnull(strstr(cgvm_error_message(error), "signal quiesce"));
    memset(sccb(f), 0, 64);
    sccb(f)[1] = 28;
    memcpy(sccb(f) + 8, masks, sizeof(masks));
    service(f, SCLP_WRITE_EVENT_MASK, SCCB);
    g_assert_cmphex(sccb(f)[6] << 8 | sccb(f)[7], ==, SCLP_RC_DONE);
    g_assert_true(machine_power_down(f->machine, NULL));
    memset(sccb(f), 0, 64);
    sccb(f)[1] = 64;
    service(f, SCLP_READ_EVENT_DATA, SCCB);
    g_assert_cmpmem(sccb(f) + 8, 3, "\0\x09\x1d", 3);
}

/* ---- diagnoses ---- */

/* DIAG %r2,%r4,CODE. */
static void diag(Fixture *f, uint16_t code)
{
    intercept(f, KVM_S390_ICPT_INSTRUCTION, 0x8324, (uint32_t)code << 16);
}

static void test_diag(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    diag(f, 0x500);
    g_assert_cmpint((int64_t)f->run->regs.gprs[2], ==, -EINVAL);
    g_assert_cmphex(f->run->dirty_regs & KVM_S390_SYNC_GPRS, !=, 0);
    f->run->regs.gprs[4] = DIAG308_STORE;
    f->run->regs.gprs[2] = 0x20000;
    diag(f, 0x308);
    g_assert_cmphex(f->run->regs.gprs[3], ==, DIAG308_RC_NO_CONF);
    f->run->regs.gprs[4] = DIAG308_SET;
    diag(f, 0x308);
    g_assert_cmphex(f->run->regs.gprs[3], ==, DIAG308_RC_INVALID);
    f->run->regs.gprs[3] = 99;
    f->run->regs.gprs[4] = 7;
    diag(f, 0x308); /* there is no such subcode: a program interruption */
    f->run->regs.gprs[4] = UINT64_C(0x100000008);
    diag(f, 0x308);
    diag(f, 0x44);
    g_assert_cmphex(f->run->regs.gprs[3], ==, 99);
    assert_goes_on(f);
}

/* A block has to be on a page of its own, in an even register, and in memory; else it is not looked at. */
static void test_diag_operands(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const uint64_t places[] = { 0x16001, 0x16800, UINT64_C(0x1000000), UINT64_C(0xfffffffffffff000) };

    f->run->regs.gprs[4] = DIAG308_PV_SET;
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        f->run->regs.gprs[2] = places[i];
        f->run->regs.gprs[3] = 99;
        diag(f, 0x308);
        g_assert_cmphex(f->run->regs.gprs[3], ==, 99);
    }
    f->run->regs.gprs[3] = 0x16000;
    intercept(f, KVM_S390_ICPT_INSTRUCTION, 0x8334, 0x03080000); /* DIAG %r3,%r4 */
    g_assert_cmphex(f->run->regs.gprs[3], ==, 0x16000);
    /* A page of zeroes is no block. */
    f->run->regs.gprs[2] = 0x800000;
    diag(f, 0x308);
    g_assert_cmphex(f->run->regs.gprs[3], ==, DIAG308_RC_INVALID);
    assert_note(&f->guest,
                "the guest asked for secure mode in a way that cannot be: the IPL parameter block says that "
                "it has 0 bytes");
    f->run->regs.gprs[4] = DIAG308_LOAD_CLEAR;
    diag(f, 0x308);
    assert_ends(f, MACHINE_EXIT_RESET, NULL);
}

/* ---- orders ---- */

/* SIGP %r6,%r7,ORDER: to the vCPU in r7. */
static unsigned sigp(Fixture *f, unsigned order, uint64_t address)
{
    f->run->regs.gprs[7] = address;
    f->run->regs.gprs[6] = UINT64_C(0x1111111122222222);
    intercept(f, KVM_S390_ICPT_INSTRUCTION, 0xae67, order << 16);
    return cc(f);
}

static void test_sigp(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_true(machine_is_halted(f->machine, f->other));
    g_assert_cmpuint(sigp(f, 0x06, 2), ==, 3); /* there is none */
    g_assert_cmpuint(sigp(f, 0x0b, 1), ==, 0);
    g_assert_cmpuint(sigp(f, 0x0c, 1), ==, 0);
    g_assert_true(machine_is_halted(f->machine, f->other));
    g_assert_cmpuint(sigp(f, 0x06, 1), ==, 0);
    g_assert_false(machine_is_halted(f->machine, f->other));
    /* One that runs is not reset, and an order that nobody knows is refused: with a status, and the rest
     * kept. */
    g_assert_cmpuint(sigp(f, 0x0b, 1), ==, 1);
    g_assert_cmphex(f->run->regs.gprs[6], ==, UINT64_C(0x1111111100000002));
    g_assert_cmpuint(sigp(f, 0xff, 1), ==, 1);
    g_assert_cmpuint(sigp(f, 0x04, 1), ==, 0);
    assert_goes_on(f);
}

/* The kernel passes on the orders of a secure guest as notifications. */
static void test_secure_sigp(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->run->regs.gprs[7] = 1;
    intercept(f, KVM_S390_ICPT_PV_NOTIFY, 0xae67, 0x06u << 16);
    g_assert_cmpuint(cc(f), ==, 0);
    g_assert_false(machine_is_halted(f->machine, f->other));
    assert_goes_on(f);
}

/* ---- the end ---- */

static void test_wait(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->run->psw_addr = 0xdead;
    machine_set_halted(f->machine, f->other, false);
    intercept(f, KVM_S390_ICPT_WAIT, 0, 0);
    assert_goes_on(f); /* the other one still runs */
    g_assert_true(machine_is_halted(f->machine, f->vcpu));
    machine_set_halted(f->machine, f->other, true);
    intercept(f, KVM_S390_ICPT_WAIT, 0, 0);
    assert_ends(f, MACHINE_EXIT_ERROR, "address 0xdead");
}

static void test_shutdown(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->run->psw_addr = 0xfff;
    intercept(f, KVM_S390_ICPT_WAIT, 0, 0);
    assert_ends(f, MACHINE_EXIT_POWERED_OFF, NULL);
}

static void test_stop(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    machine_set_halted(f->machine, f->other, false);
    intercept(f, KVM_S390_ICPT_STOP, 0, 0);
    assert_goes_on(f);
    g_assert_true(machine_is_halted(f->machine, f->vcpu));
    machine_set_halted(f->machine, f->other, true);
    intercept(f, KVM_S390_ICPT_STOP, 0, 0);
    assert_ends(f, MACHINE_EXIT_POWERED_OFF, NULL);
}

static void test_reset(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->run->exit_reason = KVMEXIT_S390_RESET;
    g_assert_true(s390_machine_exit(f->machine, f->vcpu));
    assert_ends(f, MACHINE_EXIT_RESET, NULL);
}

static void test_instructions(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    intercept(f, KVM_S390_ICPT_INSTRUCTION, 0xb2ff, 0);
    intercept(f, KVM_S390_ICPT_PV_NOTIFY, 0xb220, 0);
    assert_goes_on(f);
    intercept(f, 0x99, 0, 0);
    assert_ends(f, MACHINE_EXIT_ERROR,
                "vCPU 0: KVM has stopped it: an intercept that cgvm does not know, 0x99");
}

typedef struct Unknown {
    uint32_t reason;
    const char *text;
} Unknown;

static const Unknown unknown[] = {
    { KVMEXIT_UNKNOWN, "hardware reason 0x55" },
    { KVMEXIT_FAIL_ENTRY, "a failed entry into the guest, hardware reason 0x55" },
    { KVMEXIT_INTERNAL_ERROR, "an internal error, suberror 0x55" },
    { KVMEXIT_S390_TSCH, "reason 0x16" },
};

static void test_unknown(Fixture *f, gconstpointer data)
{
    const Unknown *row = data;

    f->run->exit_reason = row->reason;
    f->run->hw.hardware_exit_reason = 0x55;
    if (row->reason == KVMEXIT_INTERNAL_ERROR) {
        f->run->internal.suberror = 0x55;
    }
    g_assert_true(s390_machine_exit(f->machine, f->vcpu));
    assert_ends(f, MACHINE_EXIT_ERROR, row->text);
}

typedef void Test(Fixture *f, gconstpointer data);

static void add(const char *path, Test *test)
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_autoptr(GBytes) image = NULL;
    int status;

    pv_tests_init(&argc, &argv);
    image = make_image(NULL);
    image_path = write_image(image);
    add("/s390-exits/service", test_service);
    add("/s390-exits/service/addresses", test_service_addresses);
    add("/s390-exits/service/lengths", test_service_lengths);
    add("/s390-exits/input", test_input);
    add("/s390-exits/power-down", test_power_down);
    add("/s390-exits/diag", test_diag);
    add("/s390-exits/diag/operands", test_diag_operands);
    add("/s390-exits/sigp", test_sigp);
    add("/s390-exits/sigp/secure", test_secure_sigp);
    add("/s390-exits/wait", test_wait);
    add("/s390-exits/shutdown", test_shutdown);
    add("/s390-exits/stop", test_stop);
    add("/s390-exits/reset", test_reset);
    add("/s390-exits/instructions", test_instructions);
    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_autofree char *path = g_strdup_printf("/s390-exits/unknown/%zu", i);
        g_test_add(path, Fixture, &unknown[i], set_up, test_unknown, tear_down);
    }
    status = g_test_run();
    g_unlink(image_path);
    g_free(image_path);
    return status;
}
