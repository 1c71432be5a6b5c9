/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of simulated guests of IBM Z: the exits that a script leads to, and where the bytes of each access
 * end up. What a VMM would do between two KVM_RUNs is done by hand here.
 */
#include <pthread.h>
#include <signal.h>
#include "tests/s390x/se-images.h"
#include "tests/s390x/secure-vm.h"

#define IPIB   UINT64_C(0x9000)
#define SCCB   UINT64_C(0x7000)
#define FAILED 0xdead

/* What the image z16 starts with. */
#define FIRST_CHECK "check:0x10000:private:5dbd16d2"
#define FIRST_BYTES "stage3a:0x9000+" FIRST_CHECK "+shutdown"

#define R(vm)       ((vm)->runs[0])
#define GPR(vm)     ((vm)->runs[0]->regs.gprs)

/* @data is a script. */
static void set_up_guest(Vm *vm, gconstpointer data)
{
    const SimHostOptions options = { .script = data };

    set_up(vm, &options);
}

/* The same, in secure mode, by the image z16. */
static void set_up_secure(Vm *vm, gconstpointer data)
{
    set_up_guest(vm, data);
    launch(vm, &image_z16);
    set_mp_state(vm, 0, KVM_MP_STATE_LOAD_S390);
    set_mp_state(vm, 0, KVM_MP_STATE_OPERATING_S390);
}

static int run(Vm *vm)
{
    R(vm)->exit_reason = KVMEXIT_UNKNOWN;
    return call(vm, vm->vcpus[0], KVMIO_RUN, 0);
}

static void expect_intercept(Vm *vm, unsigned code)
{
    g_assert_cmpint(run(vm), ==, 0);
    g_assert_cmpuint(R(vm)->exit_reason, ==, KVMEXIT_S390_SIEIC);
    g_assert_cmphex(R(vm)->sieic.icptcode, ==, code);
}

/* The guest has come to its end. */
static void expect_shutdown(Vm *vm)
{
    expect_intercept(vm, KVM_S390_ICPT_WAIT);
    g_assert_cmphex(R(vm)->psw_addr, ==, 0xfff);
    g_assert_cmphex(R(vm)->psw_mask, ==, UINT64_C(0x0002000180000000));
}

/* ---- what the guest asks for ---- */

/* Checks a DIAGNOSE 308; the register after that of its address is for the answer. */
static void expect_diag(Vm *vm, unsigned code, uint64_t subcode, uint64_t address)
{
    expect_intercept(vm, code);
    g_assert_cmphex(R(vm)->sieic.ipa >> 8, ==, 0x83);
    g_assert_cmphex(R(vm)->sieic.ipb >> 16, ==, 0x308);
    g_assert_cmphex(GPR(vm)[R(vm)->sieic.ipa & 15], ==, subcode);
    g_assert_cmphex(GPR(vm)[R(vm)->sieic.ipa >> 4 & 15], ==, address);
}

static void answer_diag(Vm *vm, uint64_t answer)
{
    GPR(vm)[(R(vm)->sieic.ipa >> 4 & 15) + 1] = answer;
}

/* Reads the block of a SERVICE CALL, or writes it. */
static void access_sccb(Vm *vm, unsigned code, bool is_write, uint8_t sccb[PAGE])
{
    const bool is_secure = code == KVM_S390_ICPT_PV_INSTR;
    KvmS390MemOp op = { .size = PAGE, .buf = (uintptr_t)sccb };

    op.op = is_secure ? KVM_S390_MEMOP_OP_SIDA_READ : KVM_S390_MEMOP_OP_LOGICAL_READ;
    op.op += is_write; /* the operation that writes comes next */
    op.gaddr = is_secure ? 0 : SCCB;
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_MEM_OP, &op), ==, 0);
}

/* Checks a SERVICE CALL and reads its block. */
static void expect_service(Vm *vm, unsigned code, uint32_t command, uint8_t sccb[PAGE])
{
    expect_intercept(vm, code);
    g_assert_cmphex(R(vm)->sieic.ipa, ==, 0xb220);
    g_assert_cmphex(GPR(vm)[R(vm)->sieic.ipb >> 20 & 15], ==, command);
    g_assert_cmphex(GPR(vm)[R(vm)->sieic.ipb >> 16 & 15], ==, SCCB);
    access_sccb(vm, code, false, sccb);
}

static void answer_service(Vm *vm, unsigned code, unsigned response, uint8_t sccb[PAGE])
{
    sccb[6] = (uint8_t)(response >> 8);
    sccb[7] = (uint8_t)response;
    access_sccb(vm, code, true, sccb);
}

/* Checks a SERVICE CALL and returns what it writes; the answer is @response. */
static char *serve(Vm *vm, unsigned code, unsigned response)
{
    uint8_t sccb[PAGE];

    expect_service(vm, code, 0x00760005, sccb);
    answer_service(vm, code, response, sccb);
    g_assert_cmphex(sccb[10], ==, 0x1a);
    return g_strndup((const char *)sccb + 14, (size_t)(sccb[0] << 8 | sccb[1]) - 14);
}

static void interrupt(Vm *vm, uint32_t sccb)
{
    const KvmS390Interrupt argument = { .type = KVM_S390_IRQ_SERVICE, .parm = sccb };

    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_INTERRUPT, &argument), ==, 0);
}

/* The guest says that something is wrong, and then that it is lost. */
static void expect_complaint(Vm *vm, unsigned code, const char *expected)
{
    g_autofree char *line = serve(vm, code, 0x20);

    g_assert_nonnull(strstr(line, expected));
    g_assert_true(g_str_has_prefix(line, "simulated guest: step "));
    for (int i = 0; i < 2; i++) {
        expect_intercept(vm, KVM_S390_ICPT_WAIT);
        g_assert_cmphex(R(vm)->psw_addr, ==, FAILED);
    }
}

/* ---- the switch to secure mode, as a VMM does it ---- */

static void test_switch(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    load_components(vm, &image_z16);
    memcpy(vm->memory + 0x8000, image_z16.header, image_z16.header_size);
    memcpy(vm->memory + IPIB, image_z16.ipib, image_z16.ipib_size);
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_SET, IPIB);
    answer_diag(vm, DIAG308_RC_OK);
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_START, 0);
    set_mp_state(vm, 0, KVM_MP_STATE_STOPPED_S390);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_S390_CLEAR_RESET, 0), ==, 0);
    start(vm, &image_z16);
    unpack_all(vm, &image_z16);
    pv_done(vm, KVM_S390_PV_VERIFY, NULL);
    set_mp_state(vm, 0, KVM_MP_STATE_LOAD_S390);
    set_mp_state(vm, 0, KVM_MP_STATE_OPERATING_S390);
    /* The secure guest has found its first bytes. */
    expect_shutdown(vm);
}

/* The host could not do it, and says so. */
static void test_switch_fails(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_START, 0);
    answer_diag(vm, UINT64_C(0x1234000000000a02)); /* newer VMMs put more above it */
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_START, 0);
    answer_diag(vm, DIAG308_RC_INVALID_FOR_PV);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "step 2 'diag308:10': the answer is 0x0a02");
}

/* A VMM that says that all is well, when nothing has happened. */
static void test_no_switch(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_START, 0);
    answer_diag(vm, DIAG308_RC_OK);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "the answer is 0x0001");
}

static void test_program_interrupt(Vm *vm, gconstpointer data)
{
    const KvmS390Interrupt specification = { .type = KVM_S390_IRQ_PROGRAM, .parm = 6 };

    (void)data;
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_SET, 0x123);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &specification), ==, 0);
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_SET, 0x124);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &specification), ==, 0);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "there was a program interrupt with code 6");
}

/* The kernel takes any for a secure guest, and delivers two. */
static void test_secure_program_interrupt(Vm *vm, gconstpointer data)
{
    KvmS390Interrupt program = { .type = KVM_S390_IRQ_PROGRAM, .parm = 6 };

    (void)data;
    expect_diag(vm, KVM_S390_ICPT_PV_INSTR, DIAG308_SET, 0x1000);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &program), ==, 0);
    expect_diag(vm, KVM_S390_ICPT_PV_INSTR, DIAG308_SET, 0x2000);
    program.parm = 1;
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &program), ==, 0);
    g_assert_cmpint(run(vm), ==, -EINVAL);
    program.parm = 0x15;
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &program), ==, 0);
    expect_shutdown(vm);
}

/* What the ultravisor refuses is no exit. */
static void test_secure_subcodes(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_diag(vm, KVM_S390_ICPT_PV_INSTR, DIAG308_STORE, 0x1000);
    answer_diag(vm, DIAG308_RC_NO_CONF);
    expect_complaint(vm, KVM_S390_ICPT_PV_INSTR,
                     "step 7 'diag308:10:0:0xa02': there was a program interrupt with code 6");
}

static void test_no_program_interrupt(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_PV_SET, 0x123);
    answer_diag(vm, DIAG308_RC_OK);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION,
                     "there was no program interrupt, and the answer is 0x0001");
}

/* Two of the resets are the kernel's. */
static void test_resets(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmpint(run(vm), ==, 0);
    g_assert_cmpuint(R(vm)->exit_reason, ==, KVMEXIT_S390_RESET);
    g_assert_cmphex(R(vm)->reset_flags, ==, 4 | 8 | 16 | KVM_S390_RUN_RESET_CLEAR);
    g_assert_cmpint(run(vm), ==, 0);
    g_assert_cmphex(R(vm)->reset_flags, ==, 4 | 8 | 16);
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_RESET_LOAD_NORMAL, 0);
    expect_diag(vm, KVM_S390_ICPT_INSTRUCTION, DIAG308_RESET_MODIFIED_CLEAR, 0);
    expect_shutdown(vm);
    g_assert_cmpint(run(vm), ==, -ENOSYS); /* the script is over */
}

/* ---- the console ---- */

static void test_console(Vm *vm, gconstpointer data)
{
    g_autofree char *line = serve(vm, KVM_S390_ICPT_INSTRUCTION, 0x20);

    (void)data;
    g_assert_cmpstr(line, ==, "hello: world\n");
    interrupt(vm, SCCB);
    expect_shutdown(vm);
}

static void test_secure_console(Vm *vm, gconstpointer data)
{
    g_autofree char *line = NULL;

    (void)data;
    memset(GPR(vm), 0x5a, sizeof(R(vm)->regs.gprs));
    line = serve(vm, KVM_S390_ICPT_PV_INSTR, 0x20);
    g_assert_cmpstr(line, ==, "hello: world\n");
    /* The host sees the registers of the instruction, and no others. */
    g_assert_cmphex(GPR(vm)[0] | GPR(vm)[1] | GPR(vm)[15], ==, 0);
    interrupt(vm, 0x4000); /* the address is not the host's business */
    expect_shutdown(vm);
}

static void test_console_without_interrupt(Vm *vm, gconstpointer data)
{
    G_GNUC_UNUSED g_autofree char *line = serve(vm, KVM_S390_ICPT_INSTRUCTION, 0x20);

    (void)data;
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "there was no interrupt");
}

static void test_console_for_another_block(Vm *vm, gconstpointer data)
{
    G_GNUC_UNUSED g_autofree char *line = serve(vm, KVM_S390_ICPT_INSTRUCTION, 0x20);

    (void)data;
    interrupt(vm, SCCB + 0x1000);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "the interrupt is for the block at 0x8000");
}

static void test_console_refuses(Vm *vm, gconstpointer data)
{
    G_GNUC_UNUSED g_autofree char *line = serve(vm, KVM_S390_ICPT_INSTRUCTION, 0x01f0);

    (void)data;
    interrupt(vm, SCCB);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "the response code is 0x01f0");
}

static void test_condition_code(Vm *vm, gconstpointer data)
{
    G_GNUC_UNUSED g_autofree char *line = serve(vm, KVM_S390_ICPT_INSTRUCTION, 0x20);

    (void)data;
    R(vm)->psw_mask |= UINT64_C(3) << 44;
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "the condition code is 3");
}

/* ---- orders to other CPUs ---- */

static void expect_sigp(Vm *vm, unsigned code, unsigned order, uint64_t cpu)
{
    expect_intercept(vm, code);
    g_assert_cmphex(R(vm)->sieic.ipa >> 8, ==, 0xae);
    g_assert_cmphex(R(vm)->sieic.ipb, ==, order << 16);
    g_assert_cmpuint(GPR(vm)[R(vm)->sieic.ipa & 15], ==, cpu);
}

static void set_cc(Vm *vm, uint64_t cc)
{
    R(vm)->psw_mask = (R(vm)->psw_mask & ~(UINT64_C(3) << 44)) | cc << 44;
}

static void test_sigp(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_sigp(vm, KVM_S390_ICPT_INSTRUCTION, 6, 1);
    set_cc(vm, 0);
    expect_sigp(vm, KVM_S390_ICPT_INSTRUCTION, 11, 7);
    set_cc(vm, 3);
    expect_sigp(vm, KVM_S390_ICPT_INSTRUCTION, 4, 1);
    set_cc(vm, 1);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "the condition code is 1");
}

static void test_secure_sigp(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_sigp(vm, KVM_S390_ICPT_PV_NOTIFY, 6, 1);
    set_cc(vm, 0);
    expect_shutdown(vm);
}

/* Neither notification nor instruction may go without an answer. */
static void test_ignored_sigp(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_sigp(vm, KVM_S390_ICPT_PV_NOTIFY, 6, 1);
    expect_complaint(vm, KVM_S390_ICPT_PV_INSTR, "the condition code is 2");
}

/* Some orders are the VMM's only if it wants them. */
static void test_user_sigp(Vm *vm, gconstpointer data)
{
    const KvmEnableCap cap = { .cap = KVMCAP_S390_USER_SIGP };

    (void)data;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_ENABLE_CAP, &cap), ==, 0);
    expect_sigp(vm, KVM_S390_ICPT_INSTRUCTION, 5, 1);
    set_cc(vm, 0);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "step 2 'sigp:1:1': KVM carries this order out");
}

/* ---- memory ---- */

static void test_memory(Vm *vm, gconstpointer data)
{
    const uint8_t expected[] = { 0x11, 0x22, 0x11, 0x22 };

    (void)data;
    vm->memory[0x5000] = 0x33;
    expect_shutdown(vm);
    g_assert_cmpmem(vm->memory + 0x3ffe, 4, expected, sizeof(expected));
}

static void expect_first_complaint(const char *script, bool secure, const char *expected)
{
    Vm vm = { .n_open = 0 };

    (secure ? set_up_secure : set_up_guest)(&vm, script);
    expect_complaint(&vm, secure ? KVM_S390_ICPT_PV_INSTR : KVM_S390_ICPT_INSTRUCTION, expected);
    tear_down(&vm, NULL);
}

static void test_complaints(void)
{
    expect_first_complaint("check:0x1000:shared:01", false, "the byte at 0x1000 is 0x00, not 0x01");
    expect_first_complaint("check:0x400000:shared:00", false, "there is no memory at 0x400000");
    expect_first_complaint("check:0x1000:private:00", false, "the page at 0x1000 is not private");
    expect_first_complaint("sigp:5:1", false, "KVM carries this order out");
    expect_first_complaint("share:0x1000", false, "the guest is not secure");
    expect_first_complaint("check:0x10000:private:00*4", true, "the byte at 0x1000");
    expect_first_complaint("check:0x10000:shared:00", true, "the page at 0x10000 is not shared");
    expect_first_complaint("share:0x30000+check:0x30000:private:00", true,
                           "the page at 0x30000 is not private");
    expect_first_complaint("write:0x3ff000:private:00*8192", true, "there is no memory at 0x400000");
    expect_first_complaint("share:0x3ff000:2", true, "there is no memory at 0x400000");
}

static void test_secure_memory(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_intercept(vm, 1);
    g_assert_cmphex(vm->memory[0x30000], !=, 0x5a);
    expect_intercept(vm, 2); /* shared */
    g_assert_cmphex(vm->memory[0x31000], ==, 0x66);
    vm->memory[0x31001] = 0x67;
    expect_shutdown(vm);
}

/* The kernel would send SIGSEGV; the guest stays where it is. */
static void test_tampering(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    vm->memory[0x10005] ^= 1;
    g_assert_cmpint(run(vm), ==, -EFAULT);
    g_assert_cmpint(run(vm), ==, -EFAULT);
    vm->memory[0x10005] ^= 1;
    expect_shutdown(vm);
}

/* ---- other ends ---- */

static void test_intercepts(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    expect_intercept(vm, 0x2c);
    g_assert_cmphex(R(vm)->sieic.ipa, ==, 0xb256);
    g_assert_cmphex(R(vm)->sieic.ipb, ==, 0x12345678);
    expect_intercept(vm, KVM_S390_ICPT_STOP);
    expect_intercept(vm, KVM_S390_ICPT_WAIT);
    g_assert_cmphex(R(vm)->psw_addr, ==, 0xbad);
}

static void on_signal(int number)
{
    (void)number;
}

/* A KVM_RUN on a thread of its own. */
typedef struct Runner {
    Vm *vm;
    int vcpu;
} Runner;

static void *run_vcpu(void *opaque)
{
    const Runner *runner = opaque;

    return GINT_TO_POINTER(call(runner->vm, runner->vm->vcpus[runner->vcpu], KVMIO_RUN, 0));
}

/* vCPUs besides the first wait for ever, and so does one that halts, until somebody wants them back. */
static void test_halt(Vm *vm, gconstpointer data)
{
    struct sigaction action = { .sa_handler = on_signal };
    const KvmS390Interrupt restart = { .type = KVM_S390_IRQ_RESTART };

    (void)data;
    g_assert_cmpint(sigaction(SIGUSR1, &action, NULL), ==, 0);
    for (int i = 0; i < N_VCPUS; i++) {
        Runner runner = { vm, i };
        pthread_t thread;
        void *result;

        g_assert_cmpint(pthread_create(&thread, NULL, run_vcpu, &runner), ==, 0);
        g_usleep(20000);
        /* Interrupts can be injected meanwhile. */
        g_assert_cmpint(call_with(vm, vm->vcpus[i], KVMIO_S390_INTERRUPT, &restart), ==, 0);
        __atomic_store_n(&vm->runs[i]->immediate_exit, 1, __ATOMIC_RELEASE);
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, &result);
        g_assert_cmpint(GPOINTER_TO_INT(result), ==, -EINTR);
    }
    g_assert_cmpint(run(vm), ==, -EINTR);
}

/* ---- the signal to end ---- */

/* Answers the guest that it can take the event, or with @mask something else. */
static void let_take(Vm *vm, unsigned code, uint8_t mask)
{
    uint8_t sccb[PAGE];

    expect_service(vm, code, 0x00780005, sccb);
    g_assert_cmpmem(sccb + 10, 6, "\0\4\0\0\0\x08", 6);
    sccb[12 + 15] = mask;
    answer_service(vm, code, 0x20, sccb);
}

/* It reads, and gets an event of type @type. */
static void let_read(Vm *vm, unsigned code, uint8_t type)
{
    uint8_t sccb[PAGE];

    expect_service(vm, code, 0x00770005, sccb);
    sccb[0] = 0;
    sccb[1] = 17;
    sccb[9] = 9;
    sccb[10] = type;
    answer_service(vm, code, 0x20, sccb);
}

static void *interrupt_later(void *opaque)
{
    g_usleep(30000);
    interrupt(opaque, 1);
    return NULL;
}

static void quiesce(Vm *vm, unsigned code, uint32_t sccb)
{
    pthread_t thread;

    let_take(vm, code, 8);
    interrupt(vm, sccb);
    /* Until there is an event, only who wants the vCPU back gets it. */
    R(vm)->immediate_exit = 1;
    g_assert_cmpint(run(vm), ==, -EINTR);
    R(vm)->immediate_exit = 0;
    pthread_create(&thread, NULL, interrupt_later, vm);
    let_read(vm, code, 0x1d);
    pthread_join(thread, NULL);
    interrupt(vm, sccb);
    expect_shutdown(vm);
}

static void test_quiesce(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    quiesce(vm, KVM_S390_ICPT_INSTRUCTION, SCCB);
}

static void test_secure_quiesce(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    quiesce(vm, KVM_S390_ICPT_PV_INSTR, 0x4000);
}

/* The event comes before the interrupt of the service call, which tells of it, too. */
static void test_quiesce_early(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    let_take(vm, KVM_S390_ICPT_INSTRUCTION, 0x48);
    interrupt(vm, SCCB | 1);
    let_read(vm, KVM_S390_ICPT_INSTRUCTION, 0x1d);
    interrupt(vm, SCCB);
    expect_shutdown(vm);
}

static void test_quiesce_missing(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    let_take(vm, KVM_S390_ICPT_INSTRUCTION, 0x40);
    interrupt(vm, SCCB);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "the host has no such event");
}

static void test_quiesce_other(Vm *vm, gconstpointer data G_GNUC_UNUSED)
{
    let_take(vm, KVM_S390_ICPT_INSTRUCTION, 8);
    interrupt(vm, SCCB | 1);
    let_read(vm, KVM_S390_ICPT_INSTRUCTION, 0x1a);
    interrupt(vm, SCCB);
    expect_complaint(vm, KVM_S390_ICPT_INSTRUCTION, "it was told of another event");
}

#define ADD(name, script, set_up_fn, fn) g_test_add("/s390-guest/" name, Vm, script, set_up_fn, fn, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("switch", FIRST_BYTES, set_up_guest, test_switch);
    ADD("switch-fails", "diag308:10:0:0xa02+diag308:10", set_up_guest, test_switch_fails);
    ADD("no-switch", "diag308:10", set_up_guest, test_no_switch);
    ADD("program-interrupt", "diag308:8:0x123:pgm6+diag308:8:0x124", set_up_guest, test_program_interrupt);
    ADD("program-interrupt/secure", "diag308:5:0x1000:pgm6+diag308:5:0x2000:pgm21+shutdown", set_up_secure,
        test_secure_program_interrupt);
    ADD("subcodes/secure",
        "diag308:4:0:pgm6+diag308:7:0:pgm6+diag308:8:0:pgm6+diag308:9:0:pgm6+diag308:10:0:pgm6+"
        "diag308:6:0x1000:0x102+diag308:10:0:0xa02",
        set_up_secure, test_secure_subcodes);
    ADD("no-program-interrupt", "diag308:8:0x123:pgm6", set_up_guest, test_no_program_interrupt);
    ADD("resets", "diag308:3+diag308:4+diag308:1+diag308:0+shutdown", set_up_guest, test_resets);
    ADD("console", "sclp:hello: world+shutdown", set_up_guest, test_console);
    ADD("secure-console", "sclp:hello: world+shutdown", set_up_secure, test_secure_console);
    ADD("console-without-interrupt", "sclp:x", set_up_guest, test_console_without_interrupt);
    ADD("console-for-another-block", "sclp:x", set_up_guest, test_console_for_another_block);
    ADD("console-refuses", "sclp:x", set_up_guest, test_console_refuses);
    ADD("condition-code", "sclp:x", set_up_guest, test_condition_code);
    ADD("quiesce", "quiesce+shutdown", set_up_guest, test_quiesce);
    ADD("secure-quiesce", "quiesce+shutdown", set_up_secure, test_secure_quiesce);
    ADD("quiesce-early", "quiesce+shutdown", set_up_guest, test_quiesce_early);
    ADD("quiesce-missing", "quiesce+shutdown", set_up_guest, test_quiesce_missing);
    ADD("quiesce-other", "quiesce+shutdown", set_up_guest, test_quiesce_other);
    ADD("sigp", "sigp:6:1+sigp:11:7:3+sigp:4:1", set_up_guest, test_sigp);
    ADD("secure-sigp", "sigp:6:1+shutdown", set_up_secure, test_secure_sigp);
    ADD("ignored-sigp", "sigp:6:1+shutdown", set_up_secure, test_ignored_sigp);
    ADD("user-sigp", "sigp:5:1+sigp:1:1", set_up_guest, test_user_sigp);
    ADD("memory", "write:0x3ffe:shared:1122*2+check:0x5000:shared:33+shutdown", set_up_guest, test_memory);
    g_test_add_func("/s390-guest/complaints", test_complaints);
    ADD("secure-memory",
        "check:0x30000:private:00*8192+write:0x30000:private:5a+check:0x30000:private:5a00+intercept:1:0:0+"
        "share:0x31000+write:0x31000:shared:66+intercept:2:0:0+check:0x31000:shared:6667+unshare:0x31000+"
        "check:0x31000:private:0000+shutdown",
        set_up_secure, test_secure_memory);
    ADD("tampering", FIRST_CHECK "+shutdown", set_up_secure, test_tampering);
    ADD("intercepts", "intercept:0x2c:0xb256:0x12345678+stop+wait:0xbad", set_up_guest, test_intercepts);
    ADD("halt", "halt", set_up_guest, test_halt);
    return g_test_run();
}
