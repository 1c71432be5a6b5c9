/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside the s390x side of the simulated host: what its kernel keeps for a host, a VM and a vCPU, and what
 * its files are to each other.
 */
#ifndef TARGET_S390X_SIM_STATE_H
#define TARGET_S390X_SIM_STATE_H

#include "hw/sim-target.h"
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/sim-model.h"
#include "target-s390x/sim-script.h"
#include "target-s390x/uv.h"

/** The machine: SimVm.target_host. */
typedef struct SimS390 {
    const S390Model *model;
    Uv *uv;             /* NULL: there is none, or the kernel does not use it */
    S390Script *script; /* what guests do, or NULL */
    gint script_next;   /* where the guest that ran last is in it: a new one goes on from there */
} SimS390;

/** SimVm.arch: struct kvm_arch in arch/s390/include/asm/kvm_host.h. */
typedef struct SimS390Vm {
    uint64_t mem_limit;  /* of slots */
    uint64_t gmap_limit; /* of the address space, which decides how its tables look */
    KvmS390Processor processor;
    bool uses_cmma;
    bool has_user_sigp;  /* KVM_CAP_S390_USER_SIGP */
    gint user_cpu_state; /* the VMM starts and stops vCPUs */
    gint dumping;
    uint64_t pv_handle;       /* of the configuration; 0: not protected */
    bool has_aside;           /* a configuration is set aside: ... */
    uint64_t aside_handle;    /* ... 0: it was destroyed fast, and only its pages are left: ... */
    uint64_t aside_pages;     /* ... those that were of this one */
    GHashTable *secure_pages; /* address in this process -> handle of its configuration */
    GMutex irq_lock;          /* of the next, under which nothing else is locked */
    bool has_service_irq;
    bool masks_service_irq; /* until the guest's SERVICE CALL is over */
    uint32_t service_parm;
} SimS390Vm;

/** How a simulated guest stands that has not found what it expected. */
typedef enum SimGuestEnd {
    SIM_GUEST_RUNS,
    SIM_GUEST_COMPLAINS, /* it is about to say so on its console */
    SIM_GUEST_LEAVES,    /* and to load a disabled wait PSW */
} SimGuestEnd;

/** Where a simulated guest is in its script. */
typedef struct SimGuest {
    unsigned next;          /* step */
    bool is_answer_awaited; /* the step before it was one that the host answers */
    bool has_event;         /* a service interrupt has told of one that was not read yet */
    SimGuestEnd end;
    char *complaint;
} SimGuest;

/** SimVcpu.arch: what struct kvm_vcpu_arch and the state description have. */
typedef struct SimS390Vcpu {
    bool is_stopped;
    uint64_t psw_mask, psw_addr;
    uint32_t prefix;
    uint64_t crs[16];
    uint64_t todpr, cpu_timer, ckc, pp, gbea, pft, pfs, pfc, epoch;
    uint64_t pv_handle; /* 0: not protected */
    uint8_t *sida;      /* KVM_S390_SIDA_SIZE bytes while it is protected */
    gint program_irq;   /* code of a program interrupt that was injected; 0: none */
    gint restart_irq;
    SimGuest guest;
} SimS390Vcpu;

/* sim-vcpu.c: SimTarget.vcpu_* */

int sim_s390_vcpu_create(SimVcpu *vcpu);
void sim_s390_vcpu_free(SimVcpu *vcpu);
int sim_s390_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg);
int sim_s390_vcpu_run(SimVcpu *vcpu);

/** Whether the VMM gets to know of SIGNAL PROCESSOR with @p order; KVM carries the others out itself. */
bool sim_s390_is_order_for_vmm(const SimS390Vm *s390_vm, uint8_t order);

/** The page that a vCPU shares with its VMM. */
static inline KvmS390Run *sim_s390_run(const SimVcpu *vcpu)
{
    return (KvmS390Run *)(void *)vcpu->run;
}

/* sim-attr.c */

/** KVM_SET_DEVICE_ATTR, KVM_GET_DEVICE_ATTR and KVM_HAS_DEVICE_ATTR of a VM. */
int sim_s390_vm_attr(SimVm *vm, unsigned long request, unsigned long arg);

/* sim-irq.c */

/** KVM_S390_INTERRUPT of a VM. */
int sim_s390_vm_interrupt(SimVm *vm, unsigned long arg);
/** SimTarget.vcpu_async_ioctl: KVM_S390_IRQ and KVM_S390_INTERRUPT. */
int sim_s390_vcpu_async_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg);
/** Takes the interrupt of the service signal, if the guest can have it. Whether there was one. */
bool sim_s390_take_service_irq(SimVm *vm, uint32_t *parm);
/** The one program interrupt that this host itself gives a secure guest. */
#define SIM_PGM_SPECIFICATION 0x06
/** Whether the program interrupt of a vCPU, if it has one, can be delivered: KVM takes any, and cannot enter
 * a secure guest with all (__deliver_prog_pv()). */
bool sim_s390_can_deliver(const SimS390Vcpu *state);
/** Sleeps as a guest that nobody wakes: until a signal comes. Returns -EINTR. Whoever wants the vCPU back
 * sets immediate_exit and then sends one. */
int sim_s390_sleep(const SimVcpu *vcpu);
/** Sleeps until there is an interrupt of the service signal, which is taken; or, if false is returned, until
 * a signal comes. */
bool sim_s390_await_service_irq(const SimVcpu *vcpu, uint32_t *parm);
/** Whether interrupts of the service signal wait. */
void sim_s390_mask_service_irq(SimVm *vm, bool mask);

/* sim-memop.c: KVM_S390_MEM_OP */

int sim_s390_vm_mem_op(SimVm *vm, unsigned long arg);
/** Takes the VM's lock. */
int sim_s390_vcpu_mem_op(SimVcpu *vcpu, unsigned long arg);

/* sim-memory.c: the guest's memory, with the VM's lock held */

/** What has come of an access. */
typedef enum SimAccess {
    SIM_ACCESS_DONE,
    SIM_ACCESS_NO_MEMORY, /* no slot, or nothing behind it in this process */
    SIM_ACCESS_TAMPERED,  /* the host has changed a secure page: the kernel kills the VMM */
    SIM_ACCESS_REFUSED,   /* by the ultravisor, for another reason */
} SimAccess;

/** Reads @p size bytes as the guest does. */
SimAccess sim_s390_guest_read(SimVm *vm, uint64_t gpa, void *data, size_t size);
/** Writes @p size bytes as the guest does. */
SimAccess sim_s390_guest_write(SimVm *vm, uint64_t gpa, const void *data, size_t size);
/** The guest shares a page, or does not any more. */
SimAccess sim_s390_guest_share(SimVm *vm, uint64_t gpa, bool shared);
/** Copies the host's copy of @p size bytes: 0 or -EFAULT. */
int sim_s390_host_read(SimVm *vm, uint64_t gpa, void *data, size_t size);
int sim_s390_host_write(SimVm *vm, uint64_t gpa, const void *data, size_t size);
/** Whether the page at @p gpa is of hugetlbfs, which cannot be secure. */
bool sim_s390_is_huge(SimVm *vm, uint64_t gpa);
/**
 * gmap_make_secure() with Unpack Image: 0; -EFAULT if the host has no such page, or not for writing;
 * -EINVAL, with the codes of @p unpack set.
 */
int sim_s390_unpack_page(SimVm *vm, UvUnpack *unpack);
/**
 * s390_uv_destroy_range(): zeroes the pages of configuration @p handle, those at guest addresses below @p
 * limit only.
 */
void sim_s390_destroy_pages(SimVm *vm, uint64_t handle, uint64_t limit);

/* pv-sim.c */

/** KVM_S390_PV_COMMAND. */
int sim_s390_pv_command(SimVm *vm, unsigned long arg);
/** KVM_S390_PV_CPU_COMMAND. */
int sim_s390_pv_cpu_command(SimVcpu *vcpu, unsigned long arg);
/** Makes a vCPU of a protected VM protected. 0, -EIO or -EINVAL; the codes are in @p rc and @p rrc. */
int sim_s390_pv_create_cpu(SimVcpu *vcpu, uint16_t *rc, uint16_t *rrc);
/** Destroys what the ultravisor has of a vCPU. 0 or -EIO. */
int sim_s390_pv_destroy_cpu(SimVcpu *vcpu, uint16_t *rc, uint16_t *rrc);
/** kvm_s390_pv_set_cpu_state(): 0 or -EINVAL. */
int sim_s390_pv_set_cpu_state(SimVcpu *vcpu, UvCpuState state);
/** uv_cmd_nodata(): 0 or -EINVAL. */
int sim_s390_uv_nodata(SimS390 *s390, UvCommand command, uint64_t handle, uint16_t *rc, uint16_t *rrc);
/** Destroys all that the ultravisor has of a VM whose vCPUs are gone. */
void sim_s390_pv_vm_destroy(SimVm *vm);

/* pv-dump-sim.c */

/** KVM_PV_DUMP of a VM. */
int sim_s390_pv_dump(SimVm *vm, KvmS390PvCommand *command);

/* sim-guest.c */

/** KVM_RUN of a vCPU that can run: carries on with the script of the host, if there is one. */
int sim_s390_guest_run(SimVcpu *vcpu);

#endif
