/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The s390x side of the simulated host: /dev/kvm and VMs; arch/s390/kvm/kvm-s390.c of Linux 6.12.
 */
#include "target-s390x/sim-s390.h"
#include <errno.h>
#include "target-s390x/sim-state.h"

#define MAX_VCPUS 248 /* of an extended SCA */
#define N_CPUS    64
#define RUN_SIZE  4096
#define MEGABYTE  UINT64_C(0x100000)

/* What a guest's address space can be: TASK_SIZE_MAX. */
#define NO_MEM_LIMIT         (UINT64_C(1) << 53)

#define MEM_OP_MAX_SIZE      65536
#define MEM_OP_EXTENSION     3 /* BASE and CMPXCHG */

#define CAP_MAX_VCPU_ID      128
#define CAP_S390_IRQCHIP     99
#define CAP_S390_CSS_SUPPORT 85
#define CAP_ONE_REG          70
#define CAP_ENABLE_CAP       54
#define CAP_S390_PSW         42
#define CAP_S390_GMAP        71
#define CAP_S390_COW         79
#define CAP_S390_VECTOR      107
#define CAP_S390_RI          103
#define CAP_S390_GS          140
#define CAP_S390_BPB         152
#define CAP_S390_DIAG318     186

#define FACILITY_RI          64
#define FACILITY_BPB         82
#define FACILITY_VECTOR      129
#define FACILITY_GS          133

static void s390_host_free(void *target_host)
{
    SimS390 *s390 = target_host;

    uv_free(s390->uv);
    s390_script_free(s390->script);
    g_free(s390);
}

static const S390Model *find_model(const char *name, Error **errp)
{
    const S390Model *model = s390_model_find(name);
    g_autofree char *names = model ? NULL : s390_model_names();

    return model ? model
                 : error_setg_null(errp, "no simulated host is called '%s'; there are %s", name, names);
}

/* The options that are another architecture's. */
static bool check_options(const SimHostOptions *options, Error **errp)
{
    const char *name = options->no_es        ? "no-es"
                       : options->no_snp     ? "no-snp"
                       : options->secure_tsc ? "secure-tsc"
                                             : NULL;

    return !name || error_setg(errp, "'%s' is for simulated AMD hosts, and this one is of IBM Z", name);
}

static bool set_up_host(SimS390 *s390, const SimHostOptions *options, Error **errp)
{
    s390->model = find_model(options->model, errp);
    if (!s390->model || !check_options(options, errp)) {
        return false;
    }
    if (options->script) {
        s390->script = s390_script_parse(options->script, errp);
        if (!s390->script) {
            return false;
        }
    }
    if (s390->model->has_uv) {
        s390->uv = uv_new(s390->model->name, &s390->model->uv, options->fault, errp);
        return s390->uv != NULL;
    }
    return !options->fault ||
           error_setg(errp, "fault '%s': the simulated %s has no ultravisor whose calls could fail",
                      options->fault, s390->model->name);
}

static void *s390_host_new(const SimHostOptions *options, Error **errp)
{
    SimS390 *s390 = g_new0(SimS390, 1);

    if (!set_up_host(s390, options, errp)) {
        s390_host_free(s390);
        return NULL;
    }
    return s390;
}

static const char *s390_host_model(const void *target_host)
{
    return ((const SimS390 *)target_host)->model->name;
}

static int has_facility(const S390Model *model, unsigned facility)
{
    uint64_t list[KVM_S390_FACILITY_WORDS];

    s390_model_facilities(model, list);
    return list[facility / 64] >> (63 - facility % 64) & 1;
}

static int has_dump(const SimS390 *s390)
{
    const UvInfo *info = &s390->model->uv;

    return s390->uv && uv_info_has_call(info, UV_CALL_DUMP_INIT) &&
           uv_info_has_call(info, UV_CALL_DUMP_CONF_STORAGE_STATE) &&
           uv_info_has_call(info, UV_CALL_DUMP_CPU) && uv_info_has_call(info, UV_CALL_DUMP_COMPLETE);
}

static int s390_check_extension(const void *target_host, const SimVm *vm, unsigned long extension)
{
    const SimS390 *s390 = target_host;

    (void)vm;
    switch (extension) {
    case CAP_S390_PSW:
    case CAP_S390_GMAP:
    case CAP_S390_COW:
    case CAP_S390_CSS_SUPPORT:
    case CAP_S390_IRQCHIP:
    case CAP_S390_DIAG318:
    case CAP_ONE_REG:
    case CAP_ENABLE_CAP:
    case KVMCAP_MP_STATE:
    case KVMCAP_SYNC_REGS:
    case KVMCAP_VM_ATTRIBUTES:
    case KVMCAP_S390_INJECT_IRQ:
    case KVMCAP_S390_USER_SIGP:
    case KVMCAP_S390_USER_STSI:
    case KVMCAP_S390_VCPU_RESETS:
        return 1;
    case KVMCAP_S390_MEM_OP:
        return MEM_OP_MAX_SIZE;
    case KVMCAP_S390_MEM_OP_EXTENSION:
        return MEM_OP_EXTENSION;
    case KVMCAP_NR_VCPUS:
        return N_CPUS;
    case KVMCAP_MAX_VCPUS:
    case CAP_MAX_VCPU_ID:
        return MAX_VCPUS;
    case CAP_S390_VECTOR:
        return has_facility(s390->model, FACILITY_VECTOR);
    case CAP_S390_RI:
        return has_facility(s390->model, FACILITY_RI);
    case CAP_S390_GS:
        return has_facility(s390->model, FACILITY_GS);
    case CAP_S390_BPB:
        return has_facility(s390->model, FACILITY_BPB);
    case KVMCAP_S390_PROTECTED:
    case KVMCAP_S390_PROTECTED_ASYNC_DISABLE: /* the module parameter async_destroy is on by default */
        return s390->uv != NULL;
    case KVMCAP_S390_PROTECTED_DUMP:
        return has_dump(s390);
    default:
        return 0; /* KVM_CAP_S390_HPAGE_1M: the module parameter hpage is off by default */
    }
}

static int s390_system_ioctl(void *target_host, unsigned long request, unsigned long arg)
{
    (void)target_host;
    (void)request;
    (void)arg;
    return -EINVAL;
}

static int s390_system_attr(const void *target_host, uint32_t group, uint64_t attr, uint64_t *ret_value)
{
    (void)target_host;
    (void)group;
    (void)attr;
    (void)ret_value;
    return -EINVAL; /* /dev/kvm of s390 has no attributes, nor the ioctls for them */
}

static int s390_vm_create(SimVm *vm)
{
    const SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm;

    /* Type 1, KVM_VM_S390_UCONTROL, is for privileged users of kernels that were built with it. */
    if (vm->type != 0) {
        return -EINVAL;
    }
    s390_vm = g_new0(SimS390Vm, 1);
    s390_vm->mem_limit = s390_vm->gmap_limit = NO_MEM_LIMIT;
    s390_vm->processor.cpuid = s390_model_cpuid(s390->model);
    s390_vm->processor.ibc = s390->model->ibc & 0x0fff;
    s390_model_facility_base(s390->model, s390_vm->processor.fac_list);
    s390_vm->secure_pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_mutex_init(&s390_vm->irq_lock);
    vm->arch = s390_vm;
    return 0;
}

static void s390_vm_free(SimVm *vm)
{
    SimS390Vm *s390_vm = vm->arch;

    sim_s390_pv_vm_destroy(vm);
    g_hash_table_unref(s390_vm->secure_pages);
    g_mutex_clear(&s390_vm->irq_lock);
    g_free(s390_vm);
}

static int s390_vm_ioctl(SimVm *vm, unsigned long request, unsigned long arg)
{
    switch (request) {
    case KVMIO_S390_PV_COMMAND:
        return sim_s390_pv_command(vm, arg);
    case KVMIO_S390_MEM_OP:
        return sim_s390_vm_mem_op(vm, arg);
    case KVMIO_S390_INTERRUPT:
        return sim_s390_vm_interrupt(vm, arg);
    case KVMIO_SET_DEVICE_ATTR:
    case KVMIO_GET_DEVICE_ATTR:
    case KVMIO_HAS_DEVICE_ATTR:
        return sim_s390_vm_attr(vm, request, arg);
    default:
        return -ENOTTY;
    }
}

static int s390_vm_enable_cap(SimVm *vm, const KvmEnableCap *cap)
{
    const SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm = vm->arch;
    unsigned facility;

    if (cap->flags) {
        return -EINVAL;
    }
    switch (cap->cap) {
    case KVMCAP_S390_USER_SIGP:
        s390_vm->has_user_sigp = true;
        return 0;
    case CAP_S390_IRQCHIP: /* of no consequence here, as the next */
    case KVMCAP_S390_USER_STSI:
        return 0;
    case CAP_S390_VECTOR:
        facility = FACILITY_VECTOR;
        break;
    case CAP_S390_RI:
        facility = FACILITY_RI;
        break;
    case CAP_S390_GS:
        facility = FACILITY_GS;
        break;
    case KVMCAP_S390_HPAGE_1M: /* the module parameter is off */
        return vm->vcpus->len > 0 ? -EBUSY : -EINVAL;
    default:
        return -EINVAL;
    }
    if (vm->vcpus->len > 0) {
        return -EBUSY;
    }
    return has_facility(s390->model, facility) ? 0 : -EINVAL;
}

static int s390_slot_prepare(SimVm *vm, const SimSlot *slot)
{
    const SimS390Vm *s390_vm = vm->arch;

    if (s390_vm->pv_handle) {
        return -EINVAL;
    }
    if (slot && (slot->userspace_addr % MEGABYTE || slot->size % MEGABYTE ||
                 slot->gpa + slot->size > s390_vm->mem_limit)) {
        return -EINVAL;
    }
    return 0;
}

const SimTarget s390_sim_target = {
    .name = "s390x",
    .max_vcpu_ids = MAX_VCPUS,
    .max_address_spaces = 1,
    .run_size = RUN_SIZE,
    .host_new = s390_host_new,
    .host_free = s390_host_free,
    .host_model = s390_host_model,
    .check_extension = s390_check_extension,
    .system_ioctl = s390_system_ioctl,
    .system_attr = s390_system_attr,
    .vm_create = s390_vm_create,
    .vm_free = s390_vm_free,
    .vm_ioctl = s390_vm_ioctl,
    .vm_enable_cap = s390_vm_enable_cap,
    .slot_prepare = s390_slot_prepare,
    .vcpu_create = sim_s390_vcpu_create,
    .vcpu_free = sim_s390_vcpu_free,
    .vcpu_ioctl = sim_s390_vcpu_ioctl,
    .vcpu_async_ioctl = sim_s390_vcpu_async_ioctl,
    .vcpu_run = sim_s390_vcpu_run,
};

bool sim_s390_host_key(const char *model_name, PvPublicKey *key)
{
    const S390Model *model = s390_model_find(model_name);
    Uv *uv = model && model->has_uv ? uv_new(model->name, &model->uv, NULL, NULL) : NULL;

    if (!uv) {
        return false;
    }
    uv_host_key(uv, key);
    uv_free(uv);
    return true;
}

bool sim_s390_read_guest(const KvmDoor *door, int vm_fd, uint64_t gpa, void *data, size_t size)
{
    g_autoptr(SimVm) vm = sim_door_get_vm(door, &s390_sim_target, vm_fd);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = vm ? g_mutex_locker_new(&vm->lock) : NULL;

    return vm && sim_s390_guest_read(vm, gpa, data, size) == SIM_ACCESS_DONE;
}

bool sim_s390_digest(const KvmDoor *door, int vm_fd, uint8_t digest[PV_HASH_SIZE])
{
    g_autoptr(SimVm) vm = sim_door_get_vm(door, &s390_sim_target, vm_fd);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = vm ? g_mutex_locker_new(&vm->lock) : NULL;
    const SimS390 *s390 = vm ? vm->target_host : NULL;

    return vm && s390->uv && uv_guest_digest(s390->uv, ((const SimS390Vm *)vm->arch)->pv_handle, digest);
}
