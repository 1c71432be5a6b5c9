/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The POWER side of the simulated host: /dev/kvm and VMs; arch/powerpc/kvm/powerpc.c, book3s_hv.c and
 * book3s_rtas.c of Linux 6.12.
 */
#include "target-ppc/sim-ppc.h"
#include <errno.h>
#include <string.h>
#include "target-ppc/sim-ppc-state.h"

#define MAX_VCPUS    2048
#define MAX_VCPU_IDS (MAX_VCPUS * 8)
#define N_CPUS       32
#define RUN_SIZE     65536 /* a page: kvm_run is smaller */

/* What KVM starts a vCPU's LPCR with, as far as a VMM can change it. */
#define INITIAL_LPCR       UINT64_C(0)

#define MAX_HCALL          0x450

#define CAP_SYNC_MMU       16
#define CAP_PPC_SMT        64
#define CAP_PPC_ALLOC_HTAB 80
#define CAP_MAX_VCPU_ID    128

static void host_free(void *target_host)
{
    SimPpc *ppc = target_host;

    ppc_uv_free(ppc->uv);
    sim_ppc_script_free(ppc->script);
    g_free(ppc);
}

static bool check_options(const SimHostOptions *options, const SimPpcModel *model, Error **errp)
{
    if (options->no_es || options->no_snp || options->secure_tsc) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "'es', 'snp' and 'secure-tsc' are features of AMD hosts; leave them out for a POWER host");
    }
    if (options->report) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "a POWER host has no measurement of a launch to report; leave 'report' out");
    }
    return !options->fault || model->has_ultravisor ||
           error_set(errp, CGVM_ERROR_UNSUPPORTED,
                     "'fault' is for calls of the ultravisor, which a host of model '%s' has not",
                     model->name);
}

static bool set_up_host(SimPpc *ppc, const SimHostOptions *options, Error **errp)
{
    ppc->model = sim_ppc_model_find(options->model);
    if (!ppc->model) {
        g_autofree char *names = sim_ppc_model_names();
        return error_setg(errp, "no simulated POWER host is called '%s'; there are %s", options->model,
                          names);
    }
    if (!check_options(options, ppc->model, errp)) {
        return false;
    }
    if (options->script) {
        ppc->script = sim_ppc_script_parse(options->script, errp);
        if (!ppc->script) {
            return false;
        }
    }
    ppc->uv = ppc->model->has_ultravisor ? ppc_uv_new(options->fault, errp) : NULL;
    return ppc->uv || !ppc->model->has_ultravisor;
}

static void *host_new(const SimHostOptions *options, Error **errp)
{
    SimPpc *ppc = g_new0(SimPpc, 1);

    if (!set_up_host(ppc, options, errp)) {
        host_free(ppc);
        return NULL;
    }
    return ppc;
}

static const char *host_model(const void *target_host)
{
    const SimPpc *ppc = target_host;

    return ppc->model->name;
}

/* kvm_vm_ioctl_check_extension() */
static int check_extension(const void *target_host, const SimVm *vm, unsigned long extension)
{
    const SimPpc *ppc = target_host;
    const SimPpcVm *ppc_vm = vm ? vm->arch : NULL;
    bool is_hv = ppc_vm ? ppc_vm->is_hv : ppc->model->has_hv;

    switch (extension) {
    case KVMCAP_PPC_PAPR:
    case KVMCAP_ONE_REG:
    case KVMCAP_PPC_RTAS:
    case KVMCAP_IRQ_XICS:
    case KVMCAP_PPC_ENABLE_HCALL:
    case CAP_SYNC_MMU:
        return 1;
    case KVMCAP_PPC_GET_PVINFO:
        return !is_hv;
    case CAP_PPC_ALLOC_HTAB:
        return is_hv;
    case CAP_PPC_SMT:
        return is_hv ? 1 : 0;
    case KVMCAP_PPC_MMU_RADIX:
        return is_hv && ppc->model->has_radix;
    case KVMCAP_PPC_MMU_HASH_V3:
        return is_hv;
    case KVMCAP_NR_VCPUS:
        return N_CPUS;
    case KVMCAP_MAX_VCPUS:
        return MAX_VCPUS;
    case CAP_MAX_VCPU_ID:
        return MAX_VCPU_IDS;
    case KVMCAP_PPC_SECURE_GUEST:
        return is_hv && sim_pef_is_available(ppc);
    default:
        return 0;
    }
}

/* kvm_arch_dev_ioctl() */
static int system_ioctl(void *target_host G_GNUC_UNUSED, unsigned long request G_GNUC_UNUSED,
                        unsigned long arg G_GNUC_UNUSED)
{
    return -EINVAL;
}

static int system_attr(const void *target_host G_GNUC_UNUSED, uint32_t group G_GNUC_UNUSED,
                       uint64_t attr G_GNUC_UNUSED, uint64_t *ret_value G_GNUC_UNUSED)
{
    return -ENXIO;
}

/* ---- VMs ---- */

/* kvm_arch_init_vm() */
static int vm_create(SimVm *vm)
{
    static const char *const calls[SIM_RTAS_TOKENS] = { "ibm,set-xive", "ibm,get-xive", "ibm,int-off",
                                                        "ibm,int-on" };
    SimPpc *ppc = vm->target_host;
    SimPpcVm *ppc_vm;

    if (vm->type > KVM_VM_TYPE_PPC_PR || (vm->type == KVM_VM_TYPE_PPC_HV && !ppc->model->has_hv) ||
        (vm->type == KVM_VM_TYPE_PPC_PR && ppc->model->has_hv)) {
        return -EINVAL;
    }
    ppc_vm = g_new0(SimPpcVm, 1);
    ppc_vm->is_hv = ppc->model->has_hv;
    ppc_vm->is_radix = ppc_vm->is_hv && ppc->model->has_radix;
    ppc_vm->lpcr = INITIAL_LPCR;
    ppc_vm->lpid = (uint32_t)g_atomic_int_add(&ppc->next_lpid, 1) + 1;
    for (unsigned i = 0; i < SIM_RTAS_TOKENS; i++) {
        ppc_vm->rtas[i].name = calls[i];
    }
    vm->arch = ppc_vm;
    return 0;
}

static void vm_free(SimVm *vm)
{
    sim_pef_destroy(vm);
    g_free(vm->arch);
}

/* kvmhv_configure_mmu() */
static int configure_mmu(SimVm *vm, unsigned long arg)
{
    const SimPpc *ppc = vm->target_host;
    SimPpcVm *ppc_vm = vm->arch;
    KvmMmuV3 configuration;
    bool is_radix;
    int ret = sim_copy_from_user(&configuration, arg, sizeof(configuration));

    if (ret < 0) {
        return ret;
    }
    if (!ppc_vm->is_hv || configuration.flags & ~(KVM_MMU_V3_RADIX | KVM_MMU_V3_GTSE)) {
        return -EINVAL;
    }
    is_radix = configuration.flags & KVM_MMU_V3_RADIX;
    if (((configuration.process_table & PROCESS_TABLE_RADIX) != 0) != is_radix ||
        (configuration.process_table & 0x1f) > 24 || (is_radix && !ppc->model->has_radix)) {
        return -EINVAL;
    }
    if (is_radix != ppc_vm->is_radix && g_atomic_int_get(&ppc_vm->vcpus_running)) {
        return -EBUSY;
    }
    ppc_vm->is_radix = is_radix;
    ppc_vm->process_table = configuration.process_table;
    return 0;
}

/* kvm_vm_ioctl_rtas_define_token() */
static int define_rtas_token(SimVm *vm, unsigned long arg)
{
    SimPpcVm *ppc_vm = vm->arch;
    KvmRtasToken define;
    int ret = sim_copy_from_user(&define, arg, sizeof(define));

    if (ret < 0) {
        return ret;
    }
    for (unsigned i = 0; i < SIM_RTAS_TOKENS && define.token; i++) {
        if (ppc_vm->rtas[i].token == define.token) {
            return -EEXIST;
        }
    }
    for (unsigned i = 0; i < SIM_RTAS_TOKENS; i++) {
        if (strncmp(ppc_vm->rtas[i].name, define.name, sizeof(define.name)) == 0) {
            ppc_vm->rtas[i].token = define.token;
            return 0;
        }
    }
    return define.token ? -ENOENT : 0;
}

/* kvm_arch_vm_ioctl() */
static int vm_ioctl(SimVm *vm, unsigned long request, unsigned long arg)
{
    switch (request) {
    case KVMIO_PPC_CONFIGURE_V3_MMU:
        return configure_mmu(vm, arg);
    case KVMIO_PPC_RTAS_DEFINE_TOKEN:
        return define_rtas_token(vm, arg);
    case KVMIO_PPC_SVM_OFF:
        return sim_pef_svm_off(vm);
    case KVMIO_IRQ_LINE:
        return sim_xics_set_line(vm, arg);
    default:
        return -ENOTTY;
    }
}

/* Those that are off at first, of kvmppc_hcall_impl_hv(). */
static bool is_optional_hcall(uint64_t number)
{
    return number == H_SET_MODE || number == H_LOGICAL_CI_LOAD || number == H_LOGICAL_CI_STORE ||
           number == H_RANDOM;
}

/* kvm_vm_ioctl_enable_cap() */
static int vm_enable_cap(SimVm *vm, const KvmEnableCap *cap)
{
    SimPpcVm *ppc_vm = vm->arch;

    if (cap->flags) {
        return -EINVAL;
    }
    switch (cap->cap) {
    case KVMCAP_PPC_ENABLE_HCALL:
        if (cap->args[0] > MAX_HCALL || cap->args[0] & 3 || cap->args[1] > 1 ||
            !is_optional_hcall(cap->args[0])) {
            return -EINVAL;
        }
        ppc_vm->set_mode_enabled = cap->args[0] == H_SET_MODE ? cap->args[1] : ppc_vm->set_mode_enabled;
        return 0;
    case KVMCAP_PPC_SECURE_GUEST:
        return sim_pef_enable(vm);
    default:
        return -EINVAL;
    }
}

static void memory_invalidate(SimVm *vm G_GNUC_UNUSED, uint8_t *address G_GNUC_UNUSED,
                              size_t length G_GNUC_UNUSED)
{
}

const SimTarget ppc_sim_target = {
    .name = "ppc64",
    .max_vcpu_ids = MAX_VCPU_IDS,
    .max_address_spaces = 1,
    .run_size = RUN_SIZE,
    .host_new = host_new,
    .host_free = host_free,
    .host_model = host_model,
    .check_extension = check_extension,
    .system_ioctl = system_ioctl,
    .system_attr = system_attr,
    .vm_create = vm_create,
    .vm_free = vm_free,
    .vm_ioctl = vm_ioctl,
    .vm_enable_cap = vm_enable_cap,
    .memory_invalidate = memory_invalidate,
    .device_create = sim_xics_create,
    .device_attr = sim_xics_attr,
    .vcpu_create = sim_ppc_vcpu_create,
    .vcpu_free = sim_ppc_vcpu_free,
    .vcpu_ioctl = sim_ppc_vcpu_ioctl,
    .vcpu_run = sim_ppc_vcpu_run,
};
