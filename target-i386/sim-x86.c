/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The x86 side of the simulated host: /dev/kvm and VMs; arch/x86/kvm/x86.c of Linux 6.12.
 */
#include <errno.h>
#include "target-i386/sim-engine.h"
#include "target-i386/sim-x86.h"

#define MAX_VCPUS       1024
#define MAX_VCPU_IDS    4096
#define N_CPUS          64
#define RUN_SIZE        12288 /* kvm_run, the page of port I/O, the page of coalesced MMIO */

#define MAX_TSC_KHZ     0x7fffffffu

#define TSS_PAGES       3
#define IDENTITY_MAP    0xfffbc000

#define HYPERCALL_EXITS (UINT64_C(1) << KVM_HYPERCALL_MAP_GPA_RANGE)

/* Of /dev/kvm's attributes, the group 0: KVM_X86_XCOMP_GUEST_SUPP. */
#define ATTR_GROUP_SYSTEM  0
#define ATTR_XCR0          0

#define CAP_HLT            1
#define CAP_MAX_VCPU_ID    128
#define CAP_SYS_ATTRIBUTES 209

static void x86_host_free(void *target_host)
{
    SimX86 *x86 = target_host;

    psp_free(x86->psp);
    sim_script_free(x86->script);
    g_ptr_array_unref(x86->lost_pages);
    g_free(x86->asid_used);
    g_free(x86->asid_reclaim);
    g_mutex_clear(&x86->lock);
    g_free(x86);
}

static const SimModel *find_model(const char *name, Error **errp)
{
    const SimModel *model = sim_model_find(name);
    g_autofree char *names = model ? NULL : sim_model_names();

    return model ? model
                 : error_setg_null(errp, "no simulated host is called '%s'; there are %s", name, names);
}

/* SEV-ES is off where the BIOS has reserved no ASIDs for it, and SEV-SNP needs it. */
static SimModel model_with(const SimModel *model, const SimHostOptions *options)
{
    SimModel result = *model;

    if (options->no_es) {
        result.has_sev_es = false;
        result.min_sev_asid = 1;
    }
    result.has_snp = model->has_snp && !options->no_es && !options->no_snp;
    return result;
}

/* What @options say, or false. */
static bool set_up_host(SimX86 *x86, const SimHostOptions *options, Error **errp)
{
    const SimModel *model = find_model(options->model, errp);

    if (!model) {
        return false;
    }
    if (options->script) {
        x86->script = sim_script_parse(options->script, errp);
        if (!x86->script) {
            return false;
        }
    }
    x86->model = model_with(model, options);
    x86->model.cbit = options->cbit ? (uint8_t)options->cbit : model->cbit;
    x86->has_secure_tsc = options->secure_tsc && x86->model.has_snp;
    x86->psp = psp_new(&x86->model, options->fault, errp);
    return x86->psp != NULL;
}

static void *x86_host_new(const SimHostOptions *options, Error **errp)
{
    SimX86 *x86 = g_new0(SimX86, 1);

    if (!set_up_host(x86, options, errp)) {
        sim_script_free(x86->script);
        g_free(x86);
        return NULL;
    }
    x86->asid_used = g_new0(uint8_t, x86->model.asids + 1);
    x86->asid_reclaim = g_new0(uint8_t, x86->model.asids + 1);
    x86->lost_pages = g_ptr_array_new_with_free_func(g_aligned_free);
    g_mutex_init(&x86->lock);
    /* What fails here is tried again, or shows, when a VM needs it. */
    (void)sim_ccp_init(x86, NULL);
    return x86;
}

static const char *x86_host_model(const void *target_host)
{
    const SimX86 *x86 = target_host;

    return x86->model.name;
}

static int vm_types(const SimX86 *x86)
{
    return 1 << KVM_VM_TYPE_DEFAULT | sim_sev_vm_types(x86);
}

static int x86_check_extension(const void *target_host, const SimVm *vm, unsigned long extension)
{
    const SimX86Vm *x86_vm = vm ? vm->arch : NULL;

    switch (extension) {
    case KVMCAP_IRQCHIP:
    case CAP_HLT:
    case KVMCAP_SET_TSS_ADDR:
    case KVMCAP_EXT_CPUID:
    case KVMCAP_SET_IDENTITY_MAP_ADDR:
    case KVMCAP_XCRS:
    case KVMCAP_TSC_CONTROL:
    case KVMCAP_TSC_DEADLINE_TIMER:
    case KVMCAP_VM_TSC_CONTROL:
    case KVMCAP_MEMORY_FAULT_INFO:
    case CAP_SYS_ATTRIBUTES:
        return 1;
    case KVMCAP_NR_VCPUS:
        return N_CPUS;
    case KVMCAP_MAX_VCPUS:
        return MAX_VCPUS;
    case CAP_MAX_VCPU_ID:
        return MAX_VCPU_IDS;
    case KVMCAP_X86_SMM:
        return !x86_vm || !x86_vm->sev.es_active;
    case KVMCAP_EXIT_HYPERCALL:
        return (int)HYPERCALL_EXITS;
    case KVMCAP_VM_TYPES:
        return vm_types(target_host);
    default:
        return 0;
    }
}

static int x86_system_ioctl(void *target_host, unsigned long request, unsigned long arg)
{
    const SimX86 *x86 = target_host;

    return request == KVMIO_GET_SUPPORTED_CPUID ? sim_supported_cpuid(&x86->model, arg) : -EINVAL;
}

static int x86_system_attr(const void *target_host, uint32_t group, uint64_t attr, uint64_t *ret_value)
{
    const SimX86 *x86 = target_host;

    if (group == KVM_ATTR_GROUP_SEV && attr == KVM_ATTR_SEV_VMSA_FEATURES) {
        *ret_value = sim_sev_vmsa_features(x86);
        return 0;
    }
    if (group == ATTR_GROUP_SYSTEM && attr == ATTR_XCR0) {
        *ret_value = x86->model.xcr0;
        return 0;
    }
    return -ENXIO;
}

static int x86_vm_create(SimVm *vm)
{
    SimX86Vm *x86_vm;

    if (vm->type > KVM_VM_TYPE_SNP || !(vm_types(vm->target_host) >> vm->type & 1)) {
        return -EINVAL;
    }
    x86_vm = g_new0(SimX86Vm, 1);
    x86_vm->identity_map_address = IDENTITY_MAP;
    x86_vm->tsc_khz = SIM_TSC_KHZ;
    x86_vm->sev.need_init = vm->type != KVM_VM_TYPE_DEFAULT;
    vm->has_private_memory = vm->type == KVM_VM_TYPE_SNP;
    vm->has_protected_state = vm->type == KVM_VM_TYPE_SNP || vm->type == KVM_VM_TYPE_SEV_ES;
    vm->arch = x86_vm;
    return 0;
}

static void x86_vm_free(SimVm *vm)
{
    sim_sev_vm_destroy(vm);
    sim_engine_vm_free(vm->arch);
    g_free(vm->arch);
}

static int create_irqchip(SimVm *vm)
{
    SimX86Vm *x86_vm = vm->arch;

    if (x86_vm->has_irqchip) {
        return -EEXIST;
    }
    if (vm->vcpus->len > 0) {
        return -EINVAL;
    }
    x86_vm->has_irqchip = true;
    return 0;
}

static int create_pit(SimVm *vm, unsigned long arg)
{
    SimX86Vm *x86_vm = vm->arch;
    KvmPitConfig config;
    int ret = sim_copy_from_user(&config, arg, sizeof(config));

    if (ret < 0) {
        return ret;
    }
    if (x86_vm->has_pit) {
        return -EEXIST;
    }
    if (!x86_vm->has_irqchip) {
        return -ENOENT;
    }
    x86_vm->has_pit = true;
    x86_vm->pit = config;
    return 0;
}

/* A guest that has not begun to run finds the levels when it does; one that follows a script takes no
 * interrupts. */
static int set_irq_line(const SimVm *vm, unsigned long arg)
{
    SimX86Vm *x86_vm = vm->arch;
    KvmIrqLevel line;
    int ret = sim_copy_from_user(&line, arg, sizeof(line));

    if (ret < 0) {
        return ret;
    }
    if (!x86_vm->has_irqchip) {
        return -ENXIO;
    }
    if (vm->engine) {
        return sim_engine_ioctl(vm->engine, KVMIO_IRQ_LINE, &line);
    }
    if (line.irq < 32) {
        x86_vm->irq_levels = (x86_vm->irq_levels & ~(1u << line.irq)) | (line.level ? 1u << line.irq : 0);
    }
    return 0;
}

static int set_identity_map(SimVm *vm, unsigned long arg)
{
    SimX86Vm *x86_vm = vm->arch;
    uint64_t address;
    int ret = sim_copy_from_user(&address, arg, sizeof(address));

    if (ret < 0) {
        return ret;
    }
    if (vm->vcpus->len > 0) {
        return -EINVAL;
    }
    x86_vm->identity_map_address = address ? address : IDENTITY_MAP;
    return 0;
}

static int x86_vm_ioctl(SimVm *vm, unsigned long request, unsigned long arg)
{
    SimX86Vm *x86_vm = vm->arch;

    switch (request) {
    case KVMIO_CREATE_IRQCHIP:
        return create_irqchip(vm);
    case KVMIO_CREATE_PIT2:
        return create_pit(vm, arg);
    case KVMIO_IRQ_LINE:
        return set_irq_line(vm, arg);
    case KVMIO_SET_TSS_ADDR:
        if (arg > UINT32_MAX - TSS_PAGES * SIM_PAGE_SIZE + 1) {
            return -EINVAL;
        }
        x86_vm->tss_address = (uint32_t)arg;
        x86_vm->has_tss = true;
        return 0;
    case KVMIO_SET_IDENTITY_MAP_ADDR:
        return set_identity_map(vm, arg);
    case KVMIO_SET_TSC_KHZ:
        if ((uint32_t)arg >= MAX_TSC_KHZ) {
            return -EINVAL;
        }
        x86_vm->tsc_khz = (uint32_t)arg ? (uint32_t)arg : SIM_TSC_KHZ;
        x86_vm->has_tsc_khz = arg != 0;
        return 0;
    case KVMIO_MEMORY_ENCRYPT_OP:
        return sim_sev_ioctl(vm, arg);
    case KVMIO_MEMORY_ENCRYPT_REG_REGION:
        return sim_sev_register_region(vm, arg);
    case KVMIO_MEMORY_ENCRYPT_UNREG_REGION:
        return sim_sev_unregister_region(vm, arg);
    default:
        return -ENOTTY;
    }
}

static int x86_vm_enable_cap(SimVm *vm, const KvmEnableCap *cap)
{
    SimX86Vm *x86_vm = vm->arch;

    if (cap->flags || cap->cap != KVMCAP_EXIT_HYPERCALL || (cap->args[0] & ~HYPERCALL_EXITS)) {
        return -EINVAL;
    }
    x86_vm->hypercall_exits = cap->args[0];
    return 0;
}

/* sev_gmem_invalidate() */
static void x86_memory_invalidate(SimVm *vm, uint8_t *address, size_t length)
{
    SimX86 *x86 = vm->target_host;

    for (size_t offset = 0; offset < length; offset += SIM_PAGE_SIZE) {
        psp_rmp_share(x86->psp, (uintptr_t)(address + offset));
    }
}

static const SimDevice devices[] = {
    { "/dev/sev", sim_ccp_ioctl },
};

const SimTarget x86_sim_target = {
    .name = "i386",
    .devices = devices,
    .n_devices = G_N_ELEMENTS(devices),
    .max_vcpu_ids = MAX_VCPU_IDS,
    .max_address_spaces = 2, /* the second is that of SMM */
    .run_size = RUN_SIZE,
    .has_readonly_slots = true,
    .has_guest_memfd = true,
    .host_new = x86_host_new,
    .host_free = x86_host_free,
    .host_model = x86_host_model,
    .check_extension = x86_check_extension,
    .system_ioctl = x86_system_ioctl,
    .system_attr = x86_system_attr,
    .vm_create = x86_vm_create,
    .vm_free = x86_vm_free,
    .vm_ioctl = x86_vm_ioctl,
    .vm_enable_cap = x86_vm_enable_cap,
    .memory_invalidate = x86_memory_invalidate,
    .slots_changed = sim_engine_slots_changed,
    .vcpu_create = sim_x86_vcpu_create,
    .vcpu_free = sim_x86_vcpu_free,
    .vcpu_ioctl = sim_x86_vcpu_ioctl,
    .vcpu_run = sim_x86_vcpu_run,
};

bool sim_x86_launch_digest(const KvmDoor *door, int vm_fd, uint8_t digest[48])
{
    g_autoptr(SimVm) vm = sim_door_get_vm(door, &x86_sim_target, vm_fd);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = vm ? g_mutex_locker_new(&vm->lock) : NULL;
    const SimX86Vm *x86_vm = vm ? vm->arch : NULL;
    const SimX86 *x86 = vm ? vm->target_host : NULL;

    return x86_vm && x86_vm->sev.context &&
           psp_guest_digest(x86->psp, (uintptr_t)x86_vm->sev.context, digest);
}

bool sim_x86_sev_digest(const KvmDoor *door, int vm_fd, uint8_t digest[32])
{
    g_autoptr(SimVm) vm = sim_door_get_vm(door, &x86_sim_target, vm_fd);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = vm ? g_mutex_locker_new(&vm->lock) : NULL;
    const SimX86Vm *x86_vm = vm ? vm->arch : NULL;
    const SimX86 *x86 = vm ? vm->target_host : NULL;

    return x86_vm && psp_sev_digest(x86->psp, x86_vm->sev.handle, digest);
}
