/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The vCPUs of the s390x side of the simulated host: their registers, states and resets;
 * arch/s390/kvm/kvm-s390.c of Linux 6.12.
 */
#include <errno.h>
#include <string.h>
#include "target-s390x/sim-state.h"

/* ioctls that no VMM of this tree uses. */
#define IO_SET_INITIAL_PSW 0x4010ae96UL
#define IO_GET_ONE_REG     0x4010aeabUL
#define IO_SET_ONE_REG     0x4010aeacUL

#define CR0_INITIAL        UINT64_C(0xe0)
#define CR14_INITIAL       UINT64_C(0xc2000000)
#define PFAULT_INVALID     UINT64_MAX

#define PSW_CC             UINT64_C(0x0000300000000000)

/* Of KvmS390Run.valid_regs, besides those that a VMM of this tree uses. */
#define SYNC_PFAULT  (UINT64_C(1) << 5)
#define SYNC_DIAG318 (UINT64_C(1) << 12)
#define SYNC_ALL     ((UINT64_C(1) << 13) - 1)
#define SYNC_OURS                                                                                            \
    (KVM_S390_SYNC_PREFIX | KVM_S390_SYNC_GPRS | KVM_S390_SYNC_ACRS | KVM_S390_SYNC_CRS |                    \
     KVM_S390_SYNC_ARCH0 | SYNC_PFAULT | KVM_S390_SYNC_VRS | SYNC_DIAG318)

/** Of KVM_GET_ONE_REG and KVM_SET_ONE_REG. */
typedef struct OneReg {
    uint64_t id;
    uint64_t addr;
} OneReg;
ABI_ASSERT_SIZE(OneReg, 16);

#define REG_32 UINT64_C(0x5020000000000000) /* architecture and size */
#define REG_64 UINT64_C(0x5030000000000000)

/* ---- resets ---- */

static void normal_reset(SimVcpu *vcpu)
{
    SimS390Vm *s390_vm = vcpu->vm->arch;
    SimS390Vcpu *state = vcpu->arch;

    state->pft = PFAULT_INVALID;
    if (!g_atomic_int_get(&s390_vm->user_cpu_state)) {
        state->is_stopped = true;
    }
    g_atomic_int_set(&state->program_irq, 0);
    g_atomic_int_set(&state->restart_irq, false);
}

static void initial_reset(SimVcpu *vcpu)
{
    KvmS390Run *run = sim_s390_run(vcpu);
    SimS390Vcpu *state = vcpu->arch;

    normal_reset(vcpu);
    state->psw_mask = state->psw_addr = 0;
    state->prefix = 0;
    state->cpu_timer = state->ckc = 0;
    memset(state->crs, 0, sizeof(state->crs));
    state->crs[0] = CR0_INITIAL;
    state->crs[14] = CR14_INITIAL;
    memcpy(run->regs.crs, state->crs, sizeof(state->crs));
    run->psw_mask = run->psw_addr = 0;
    run->regs.todpr = run->regs.cputm = run->regs.ckc = run->regs.pp = 0;
    run->regs.gbea = 1;
    if (!state->pv_handle) {
        state->gbea = 1;
        state->pp = state->todpr = 0;
    }
}

static void clear_reset(SimVcpu *vcpu)
{
    KvmS390Run *run = sim_s390_run(vcpu);

    initial_reset(vcpu);
    memset(run->regs.gprs, 0, sizeof(run->regs.gprs));
    memset(run->regs.acrs, 0, sizeof(run->regs.acrs));
}

/* Then the ultravisor is asked for the same, of a protected vCPU. */
static int reset(SimVcpu *vcpu, void (*reset_fn)(SimVcpu *vcpu), UvCommand command)
{
    const SimS390Vcpu *state = vcpu->arch;
    uint16_t rc, rrc;

    reset_fn(vcpu);
    return state->pv_handle ? sim_s390_uv_nodata(vcpu->vm->target_host, command, state->pv_handle, &rc, &rrc)
                            : 0;
}

/* ---- life ---- */

int sim_s390_vcpu_create(SimVcpu *vcpu)
{
    SimS390 *s390 = vcpu->vm->target_host;
    const SimS390Vm *s390_vm = vcpu->vm->arch;
    SimS390Vcpu *state = g_new0(SimS390Vcpu, 1);
    uint16_t rc, rrc;
    int ret = 0;

    vcpu->arch = state;
    state->is_stopped = true;
    state->guest.next = (unsigned)g_atomic_int_get(&s390->script_next);
    initial_reset(vcpu);
    sim_s390_run(vcpu)->valid_regs = SYNC_OURS;
    if (s390_vm->pv_handle) {
        ret = sim_s390_pv_create_cpu(vcpu, &rc, &rrc);
    }
    return ret;
}

void sim_s390_vcpu_free(SimVcpu *vcpu)
{
    SimS390Vcpu *state = vcpu->arch;
    uint16_t rc, rrc;

    sim_s390_pv_destroy_cpu(vcpu, &rc, &rrc);
    g_free(state->guest.complaint);
    g_free(state);
}

/* ---- registers ---- */

static int get_regs(const SimVcpu *vcpu, unsigned long arg)
{
    return sim_copy_to_user(arg, sim_s390_run(vcpu)->regs.gprs, sizeof(KvmS390Regs));
}

static int set_regs(SimVcpu *vcpu, unsigned long arg)
{
    KvmS390Regs regs;

    if (sim_copy_from_user(&regs, arg, sizeof(regs)) < 0) {
        return -EFAULT;
    }
    memcpy(sim_s390_run(vcpu)->regs.gprs, regs.gprs, sizeof(regs.gprs));
    return 0;
}

static int get_sregs(const SimVcpu *vcpu, unsigned long arg)
{
    const SimS390Vcpu *state = vcpu->arch;
    KvmS390Sregs sregs;

    memcpy(sregs.acrs, sim_s390_run(vcpu)->regs.acrs, sizeof(sregs.acrs));
    memcpy(sregs.crs, state->crs, sizeof(sregs.crs));
    return sim_copy_to_user(arg, &sregs, sizeof(sregs));
}

static int set_sregs(SimVcpu *vcpu, unsigned long arg)
{
    SimS390Vcpu *state = vcpu->arch;
    KvmS390Sregs sregs;

    if (sim_copy_from_user(&sregs, arg, sizeof(sregs)) < 0) {
        return -EFAULT;
    }
    memcpy(sim_s390_run(vcpu)->regs.acrs, sregs.acrs, sizeof(sregs.acrs));
    memcpy(state->crs, sregs.crs, sizeof(sregs.crs));
    return 0;
}

/* Where the register @id is kept, and its size; NULL if there is none. */
static uint64_t *find_one_reg(SimS390Vcpu *state, uint64_t id, size_t *size)
{
    uint64_t *const regs[] = { &state->epoch, &state->cpu_timer, &state->ckc, &state->pft,
                               &state->pfc,   &state->pfs,       &state->pp,  &state->gbea };

    *size = sizeof(uint32_t);
    if (id == (REG_32 | 1)) {
        return &state->todpr;
    }
    *size = sizeof(uint64_t);
    if (id < (REG_64 | 2) || id - (REG_64 | 2) >= G_N_ELEMENTS(regs)) {
        return NULL;
    }
    return regs[id - (REG_64 | 2)];
}

static int one_reg(SimVcpu *vcpu, bool is_set, unsigned long arg)
{
    SimS390Vcpu *state = vcpu->arch;
    OneReg one;
    uint64_t *reg;
    uint32_t half;
    size_t size;
    int ret;

    if (state->pv_handle) {
        return -EINVAL;
    }
    if (sim_copy_from_user(&one, arg, sizeof(one)) < 0) {
        return -EFAULT;
    }
    reg = find_one_reg(state, one.id, &size);
    if (!reg) {
        return -EINVAL;
    }
    if (size == sizeof(*reg)) {
        return is_set ? sim_copy_from_user(reg, one.addr, size) : sim_copy_to_user(one.addr, reg, size);
    }
    half = (uint32_t)*reg;
    ret = is_set ? sim_copy_from_user(&half, one.addr, size) : sim_copy_to_user(one.addr, &half, size);
    *reg = half;
    return ret;
}

static int set_initial_psw(SimVcpu *vcpu, unsigned long arg)
{
    const SimS390Vcpu *state = vcpu->arch;
    uint64_t psw[2];

    if (sim_copy_from_user(psw, arg, sizeof(psw)) < 0) {
        return -EFAULT;
    }
    if (!state->is_stopped) {
        return -EBUSY;
    }
    sim_s390_run(vcpu)->psw_mask = psw[0];
    sim_s390_run(vcpu)->psw_addr = psw[1];
    return 0;
}

/* ---- states ---- */

static int get_mp_state(const SimVcpu *vcpu, unsigned long arg)
{
    const SimS390Vcpu *state = vcpu->arch;
    KvmMpState mp_state = { state->is_stopped ? KVM_MP_STATE_STOPPED_S390 : KVM_MP_STATE_OPERATING_S390 };

    return sim_copy_to_user(arg, &mp_state, sizeof(mp_state));
}

/* kvm_s390_vcpu_start() and kvm_s390_vcpu_stop(): nothing is done if it is so already. */
static int start_or_stop(SimVcpu *vcpu, bool stop)
{
    SimS390Vcpu *state = vcpu->arch;
    int ret = 0;

    if (state->is_stopped == stop) {
        return 0;
    }
    if (state->pv_handle) {
        ret = sim_s390_pv_set_cpu_state(vcpu, stop ? UV_CPU_STOPPED : UV_CPU_OPERATING);
    }
    if (ret == 0) {
        state->is_stopped = stop;
    }
    return ret;
}

static int set_mp_state(SimVcpu *vcpu, unsigned long arg)
{
    SimS390Vm *s390_vm = vcpu->vm->arch;
    const SimS390Vcpu *state = vcpu->arch;
    KvmMpState mp_state;

    if (sim_copy_from_user(&mp_state, arg, sizeof(mp_state)) < 0) {
        return -EFAULT;
    }
    g_atomic_int_set(&s390_vm->user_cpu_state, true);
    switch (mp_state.mp_state) {
    case KVM_MP_STATE_STOPPED_S390:
        return start_or_stop(vcpu, true);
    case KVM_MP_STATE_OPERATING_S390:
        return start_or_stop(vcpu, false);
    case KVM_MP_STATE_LOAD_S390:
        return state->pv_handle ? sim_s390_pv_set_cpu_state(vcpu, UV_CPU_LOAD) : -ENXIO;
    default:
        return -ENXIO;
    }
}

int sim_s390_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg)
{
    switch (request) {
    case KVMIO_GET_REGS_S390:
        return get_regs(vcpu, arg);
    case KVMIO_SET_REGS_S390:
        return set_regs(vcpu, arg);
    case KVMIO_GET_SREGS_S390:
        return get_sregs(vcpu, arg);
    case KVMIO_SET_SREGS_S390:
        return set_sregs(vcpu, arg);
    case IO_GET_ONE_REG:
        return one_reg(vcpu, false, arg);
    case IO_SET_ONE_REG:
        return one_reg(vcpu, true, arg);
    case IO_SET_INITIAL_PSW:
        return set_initial_psw(vcpu, arg);
    case KVMIO_GET_MP_STATE:
        return get_mp_state(vcpu, arg);
    case KVMIO_SET_MP_STATE:
        return set_mp_state(vcpu, arg);
    case KVMIO_S390_NORMAL_RESET:
        return reset(vcpu, normal_reset, UV_CPU_RESET);
    case KVMIO_S390_INITIAL_RESET:
        return reset(vcpu, initial_reset, UV_CPU_RESET_INITIAL);
    case KVMIO_S390_CLEAR_RESET:
        return reset(vcpu, clear_reset, UV_CPU_RESET_CLEAR);
    case KVMIO_S390_MEM_OP:
        return sim_s390_vcpu_mem_op(vcpu, arg);
    case KVMIO_S390_PV_CPU_COMMAND:
        return sim_s390_pv_cpu_command(vcpu, arg);
    default:
        return -ENOTTY;
    }
}

/* ---- KVM_RUN ---- */

/* handle_sigp_order_in_user_space() and handle_sigp_dst() of arch/s390/kvm/sigp.c. */
bool sim_s390_is_order_for_vmm(const SimS390Vm *s390_vm, uint8_t order)
{
    switch (order) {
    case 0x01: /* sense */
    case 0x02: /* external call */
    case 0x03: /* emergency signal */
    case 0x13: /* conditional emergency signal */
    case 0x15: /* sense running status */
        return false;
    case 0x05: /* stop */
    case 0x09: /* stop and store status */
    case 0x0d: /* set prefix */
    case 0x0e: /* store status at address */
    case 0x12: /* set architecture */
        return s390_vm->has_user_sigp;
    default:
        return true;
    }
}

/* sync_regs(): of a protected vCPU only the condition code is taken. */
static void take_regs(SimVcpu *vcpu)
{
    KvmS390Run *run = sim_s390_run(vcpu);
    SimS390Vcpu *state = vcpu->arch;

    if (run->dirty_regs & KVM_S390_SYNC_PREFIX) {
        state->prefix = (uint32_t)run->regs.prefix & 0x7fffe000u;
    }
    if (run->dirty_regs & KVM_S390_SYNC_CRS) {
        memcpy(state->crs, run->regs.crs, sizeof(state->crs));
    }
    if (run->dirty_regs & KVM_S390_SYNC_ARCH0) {
        state->cpu_timer = run->regs.cputm;
        state->ckc = run->regs.ckc;
    }
    if (state->pv_handle) {
        state->psw_mask = (state->psw_mask & ~PSW_CC) | (run->psw_mask & PSW_CC);
    } else {
        state->psw_mask = run->psw_mask;
        state->psw_addr = run->psw_addr;
        if (run->dirty_regs & KVM_S390_SYNC_ARCH0) {
            state->todpr = run->regs.todpr;
            state->pp = run->regs.pp;
            state->gbea = run->regs.gbea;
        }
        if (run->dirty_regs & SYNC_PFAULT) {
            state->pft = run->regs.pft;
            state->pfs = run->regs.pfs;
            state->pfc = run->regs.pfc;
        }
    }
    run->dirty_regs = 0;
}

/* store_regs() */
static void give_regs(SimVcpu *vcpu)
{
    KvmS390Run *run = sim_s390_run(vcpu);
    const SimS390Vcpu *state = vcpu->arch;

    run->psw_mask = state->psw_mask;
    run->psw_addr = state->psw_addr;
    run->regs.prefix = state->prefix;
    memcpy(run->regs.crs, state->crs, sizeof(state->crs));
    run->regs.cputm = state->cpu_timer;
    run->regs.ckc = state->ckc;
    run->regs.pft = state->pft;
    run->regs.pfs = state->pfs;
    run->regs.pfc = state->pfc;
    if (!state->pv_handle) {
        run->regs.todpr = state->todpr;
        run->regs.pp = state->pp;
        run->regs.gbea = state->gbea;
    }
}

/* kvm_arch_vcpu_ioctl_run(). A protected vCPU that the ultravisor does not let run causes a validity
 * intercept, which KVM answers so. */
int sim_s390_vcpu_run(SimVcpu *vcpu)
{
    const SimS390 *s390 = vcpu->vm->target_host;
    SimS390Vm *s390_vm = vcpu->vm->arch;
    const KvmS390Run *run = sim_s390_run(vcpu);
    SimS390Vcpu *state = vcpu->arch;
    int ret;

    if (g_atomic_int_get(&s390_vm->dumping) || ((run->valid_regs | run->dirty_regs) & ~SYNC_ALL)) {
        return -EINVAL;
    }
    if (!g_atomic_int_get(&s390_vm->user_cpu_state)) {
        state->is_stopped = false;
    }
    if (state->is_stopped) {
        return -EINVAL;
    }
    take_regs(vcpu);
    if (state->pv_handle && !uv_cpu_is_operating(s390->uv, state->pv_handle)) {
        return -EINVAL;
    }
    ret = sim_s390_guest_run(vcpu);
    give_regs(vcpu);
    return ret;
}
