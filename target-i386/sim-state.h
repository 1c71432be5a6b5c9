/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside the x86 side of the simulated host: what its kernel keeps for a host, a VM and a vCPU, and what its
 * files are to each other.
 */
#ifndef TARGET_I386_SIM_STATE_H
#define TARGET_I386_SIM_STATE_H

#include "hw/sim-target.h"
#include "hw/simhost-engine.h"
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/psp.h"
#include "target-i386/sim-cpuid.h"
#include "target-i386/sim-model.h"
#include "target-i386/sim-script.h"

/** The machine: SimVm.target_host. */
typedef struct SimX86 {
    SimModel model;
    bool has_secure_tsc; /* the kernel knows it */
    Psp *psp;
    SimScript *script;     /* what guests do, or NULL */
    gint script_next;      /* where the guest that ran last is in it: a new one goes on from there */
    GMutex lock;           /* of the next three */
    uint8_t *asid_used;    /* by number */
    uint8_t *asid_reclaim; /* freed, but not usable before a flush */
    GPtrArray *lost_pages; /* pages that the firmware has not given back: unused until the host ends */
} SimX86;

/** struct kvm_sev_info in arch/x86/kvm/svm/svm.h. What a running vCPU looks at is read and written
 * atomically. */
typedef struct SevVm {
    gint need_init; /* the VM's type wants KVM_SEV_INIT2 */
    bool active, es_active, snp_active;
    uint64_t vmsa_features;
    uint16_t ghcb_version;
    uint32_t asid;
    int fd;           /* the number of the /dev/sev descriptor that started the launch; 0 before */
    uint32_t handle;  /* the firmware's name of an SEV or SEV-ES guest; 0 before the launch */
    uint8_t *context; /* the guest context page of an SNP guest, or NULL */
    gint is_launched; /* LAUNCH_FINISH or SNP_LAUNCH_FINISH has succeeded */
    GArray *regions;  /* of KvmEncRegion, or NULL */
    GArray *launched; /* of KvmEncRegion, or NULL: what the firmware has made the guest's, as it came. Guest
                         addresses of an SNP guest */
} SevVm;

/** What runs the guest, besides SimVm.engine; sim-engine.h. */
typedef struct SimX86Engine {
    bool has_failed;     /* there is none, and it is known why */
    SimMirrors *mirrors; /* an encrypted guest's private memory, or NULL */
    gint is_shared_seen; /* without the C-bit the guest sees the VMM's memory */
    GArray *shared;      /* of SimRange, sorted: before that, it sees it there alone; NULL is none */
    bool is_map_stale;   /* the guest's memory is not mapped as its attributes say now */
    SimRange kernel;     /* that an SNP guest was launched with */
    SimRange code;       /* where an SNP guest's kernel was searched last; sim-engine-insn.c */
    SimRange closing;    /* memory that an SNP guest has given up, and that is not out of its reach yet */
    uint64_t jump_table; /* of vCPUs, that an SEV-ES guest has set */
} SimX86Engine;

/** SimVm.arch */
typedef struct SimX86Vm {
    bool has_irqchip;
    bool has_pit;
    uint32_t tss_address;
    uint64_t identity_map_address;
    uint32_t tsc_khz;
    uint64_t hypercall_exits;
    bool has_tss, has_tsc_khz; /* the VMM has set them */
    KvmPitConfig pit;
    uint32_t irq_levels; /* that the VMM has set, a bit for each line */
    SevVm sev;
    SimX86Engine engine;
} SimX86Vm;

/** A segment or table register, as the processor keeps it in a save area. */
typedef struct SimSegment {
    uint16_t selector;
    uint16_t attributes;
    uint32_t limit;
    uint64_t base;
} SimSegment;

/** How a simulated guest stands that has not found what it expected. */
typedef enum SimGuestEnd {
    SIM_GUEST_RUNS,
    SIM_GUEST_COMPLAINS, /* it has said so on its serial port */
    SIM_GUEST_LEAVES,    /* and has written to the debug exit */
} SimGuestEnd;

/** Where a simulated guest is in its script. */
typedef struct SimGuest {
    unsigned next;          /* step */
    bool is_answer_awaited; /* the step before it was a request */
    SimGuestEnd end;
} SimGuest;

/** I/O that a GHCB asks for. */
typedef enum SimGhcbIo {
    SIM_GHCB_IO_NONE,
    SIM_GHCB_IO_PORT,
    SIM_GHCB_IO_MEMORY,
    SIM_GHCB_IO_CONVERT,      /* pages, of a list */
    SIM_GHCB_IO_CONVERT_PAGE, /* one that was in the MSR */
} SimGhcbIo;

/** How far a guest with encrypted state is in speaking to its hypervisor; sim-engine-ghcb.c. */
typedef struct SimGhcb {
    uint64_t msr;          /* as the guest reads it */
    uint64_t page;         /* the last page that was in it */
    bool is_over;          /* it has asked to be terminated */
    bool is_wrmsr_pending; /* the guest waits at the access to the MSR */
    SimGhcbIo io;          /* what the VMM carries out for a request */
    uint32_t io_size;      /* of what it reads for the guest, or 0 */
    uint64_t scratch;      /* where that goes in the guest's memory; 0: to a register */
    unsigned n_entries;    /* of a list of pages, that the VMM converts */
    uint64_t registered;   /* the page that an SNP guest has said it will use */
} SimGhcb;

/** How a vCPU of an SNP guest is started by another one; sim-engine-snp.c. Under the VM's lock. */
typedef struct SimStart {
    bool is_held;      /* it waits for that */
    bool is_asked_for; /* with registers at this address */
    uint64_t vmsa;
    int event; /* what wakes it, or -1 */
} SimStart;

#define SIM_N_MSRS 48

/** SimVcpu.arch: the registers as KVM keeps them, most of them in the save area. */
typedef struct SimX86Vcpu {
    KvmRegs regs;
    SimSegment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    uint8_t cpl;
    uint64_t cr0, cr2, cr3, cr4, cr8, efer; /* as the guest sees them */
    uint64_t apic_base;
    uint64_t dr6, dr7;
    KvmFpu fpu;
    uint32_t mxcsr;
    uint64_t xcr0;
    uint32_t pkru;
    uint64_t msrs[SIM_N_MSRS]; /* by row of the table in sim-msr.c */
    uint32_t tsc_khz;
    KvmCpuidEntry *cpuid;
    uint32_t n_cpuid;
    uint8_t *vmsa;           /* a page, if the guest has one */
    gint is_state_protected; /* it is encrypted */
    SimGuest guest;
    SimGhcb ghcb;
    SimStart start;
    bool is_pvalidate_pending; /* the VMM converts its page */
} SimX86Vcpu;

/** What remains of the registers in a VMSA. */
typedef enum SimAccess {
    SIM_ACCESS_FULL,
    SIM_ACCESS_STALE,  /* encrypted, but KVM hands out what it has, which is mostly zero */
    SIM_ACCESS_LOCKED, /* encrypted, and KVM says so: the type of the VM has protected state */
} SimAccess;

#define SIM_TSC_KHZ 2450000

/* sim-vcpu.c: SimTarget.vcpu_* */

int sim_x86_vcpu_create(SimVcpu *vcpu);
void sim_x86_vcpu_free(SimVcpu *vcpu);
int sim_x86_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg);
int sim_x86_vcpu_run(SimVcpu *vcpu);
/** KVM_GET_SREGS of these registers, wherever they are. */
void sim_vcpu_get_sregs(const SimX86Vcpu *state, KvmSregs *sregs);

/* sim-guest.c */

/** KVM_RUN of a vCPU that can run: carries on with the script of the host, which there is. */
int sim_guest_run(SimVcpu *vcpu);

/* sim-cpuid.c: KVM_SET_CPUID2 and KVM_GET_CPUID2 */

int sim_vcpu_set_cpuid(SimX86Vcpu *state, unsigned long arg);
int sim_vcpu_get_cpuid(const SimX86Vcpu *state, unsigned long arg);
/** The entry for @p function and @p index that KVM_SET_CPUID2 gave, or NULL. */
const KvmCpuidEntry *sim_vcpu_find_cpuid(const SimX86Vcpu *state, uint32_t function, uint32_t index);

/* sim-msr.c */

/** Sets all MSRs to what they are after reset. */
void sim_msrs_reset(SimX86Vcpu *state);
/** KVM_GET_MSRS or KVM_SET_MSRS: how many were handled, -EFAULT or -E2BIG. @p access is to what is the
 * guest's. */
int sim_msrs_get(SimX86Vcpu *state, SimAccess access, unsigned long arg);
int sim_msrs_set(SimX86Vcpu *state, SimAccess access, unsigned long arg);
/** Writes those that have a place in a VMSA into it. */
void sim_msrs_store(const SimX86Vcpu *state, uint8_t *vmsa);
/** Reads them from there. */
void sim_msrs_load(SimX86Vcpu *state, const uint8_t *vmsa);
/** Fills @p entries, which has room for SIM_N_MSRS, with those that are not as after a reset; returns how
 * many. */
uint32_t sim_msrs_changed(const SimX86Vcpu *state, KvmMsrEntry *entries);

/* sim-vmsa.c */

/** sev_es_sync_vmsa() of arch/x86/kvm/svm/sev.c: fills `state->vmsa` from the registers. 0, or -EINVAL. */
int sim_vmsa_sync(SimVcpu *vcpu);

/* ccp-sim.c: the driver of the secure processor */

/** Initializes the platform, as the driver does when it is loaded and again when a VM needs it. 0, or -EIO.
 */
int sim_ccp_init(SimX86 *x86, uint32_t *error);
/** sev_do_cmd(): 0, or -EIO. The status goes to *error (NULL is allowed) in either case. */
int sim_ccp_do(SimX86 *x86, PspCommand command, void *data, uint32_t *error);
/** sev_issue_cmd_external_user(): the same, but -EBADF and *error untouched unless @p fd is one of /dev/sev.
 */
int sim_ccp_issue(SimVm *vm, int fd, PspCommand command, void *data, uint32_t *error);
/** SimDevice.ioctl of /dev/sev. */
int sim_ccp_ioctl(void *target_host, int open_flags, unsigned long request, unsigned long arg);

/** SEV_FW_BLOB_MAX_SIZE: the most that the kernel copies for the firmware. */
#define SIM_BLOB_MAX 0x4000

/** A page of the kernel that is given to the firmware: zeroed. NULL if the RMP refuses. */
uint8_t *sim_ccp_firmware_page_new(SimX86 *x86);
/** Reclaims and frees it. If the firmware refuses, it is lost. NULL is allowed. */
void sim_ccp_firmware_page_free(SimX86 *x86, uint8_t *page);
/** SNP_PAGE_RECLAIM, then RMPUPDATE. Whether the page is the kernel's again. */
bool sim_ccp_reclaim(SimX86 *x86, uint8_t *page);

/* sev-sim.c */

/** KVM_MEMORY_ENCRYPT_OP. */
int sim_sev_ioctl(SimVm *vm, unsigned long arg);
/** The types of VM that KVM_CREATE_VM accepts for these guests, as bits. */
int sim_sev_vm_types(const SimX86 *x86);
/** SEV_FEATURES that KVM_SEV_INIT2 accepts. */
uint64_t sim_sev_vmsa_features(const SimX86 *x86);
/** sev_vm_destroy(): gives back what KVM_SEV_INIT2 and the launch have taken. */
void sim_sev_vm_destroy(SimVm *vm);
/** sev_guest(): KVM_SEV_INIT, _ES_INIT or _INIT2 has succeeded. */
SevVm *sim_sev_guest(SimVm *vm);
/** __sev_issue_cmd() with the descriptor that started the launch. */
int sim_sev_issue(SimVm *vm, PspCommand command, void *data, SevCommand *sev_command);
/** psp_copy_user_blob(): 0 with a copy for the caller to free, -EINVAL or -EFAULT. */
int sim_sev_copy_blob(uint64_t address, uint32_t size, uint8_t **blob);
/** sim_host_report() of @p size bytes of digest. */
void sim_sev_report(const SimVm *vm, const char *mechanism, const uint8_t *digest, size_t size);

/* sev-launch-sim.c: the commands of KVM_MEMORY_ENCRYPT_OP for the launch of an SEV or SEV-ES guest */

int sim_sev_launch_start(SimVm *vm, SevCommand *command);
int sim_sev_launch_update_data(SimVm *vm, SevCommand *command);
int sim_sev_launch_update_vmsa(SimVm *vm, SevCommand *command);
int sim_sev_launch_secret(SimVm *vm, SevCommand *command);
int sim_sev_launch_measure(SimVm *vm, SevCommand *command);
int sim_sev_launch_finish(SimVm *vm, SevCommand *command);
/** Remembers that memory at @p address is the guest's: what runs the guest decrypts it. */
void sim_sev_note_launched(SimVm *vm, uint64_t address, uint64_t size);
int sim_sev_guest_status(SimVm *vm, SevCommand *command);
int sim_sev_attestation_report(SimVm *vm, SevCommand *command);
/** sev_unbind_asid() */
void sim_sev_unbind(SimVm *vm, uint32_t handle);

/* sev-memory-sim.c: the memory of SEV and SEV-ES guests besides the launch */

int sim_sev_dbg(SimVm *vm, SevCommand *command);
/** KVM_MEMORY_ENCRYPT_REG_REGION */
int sim_sev_register_region(SimVm *vm, unsigned long arg);
/** KVM_MEMORY_ENCRYPT_UNREG_REGION */
int sim_sev_unregister_region(SimVm *vm, unsigned long arg);

/* snp-sim.c: the commands of KVM_MEMORY_ENCRYPT_OP for SEV-SNP */

int sim_snp_launch_start(SimVm *vm, SevCommand *command);
int sim_snp_launch_update(SimVm *vm, SevCommand *command);
int sim_snp_launch_finish(SimVm *vm, SevCommand *command);
/** sev_gmem_prepare(): makes a private page that was not used yet the guest's; see SimPopulate. */
int sim_snp_prepare_page(SimVm *vm, uint64_t gpa, uint8_t *page, uint64_t source, void *opaque);
/** snp_decommission_context() */
void sim_snp_decommission(SimVm *vm);

#endif
