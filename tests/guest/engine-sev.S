/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an SEV guest may rely on from its first instruction on: it knows what it is, its memory without paging is
 * private, and with paging the C-bit tells private memory from the VMM's. Starts as firmware does, in real mode, and
 * goes to 64-bit mode. STATUS is what it expects in SEV_STATUS. With -DGHCB it then speaks to its hypervisor as SEV-ES
 * guests do, with -DSECOND it starts another vCPU, and with -DTERMINATE it asks for its end. Needs 4 MiB of RAM at
 * least, of which nobody has written anything, and leaves with the number of the check that failed.
 */
#include "guest.inc"

#define IMAGE        0xffff0000

#define MSR_EFER     0xc0000080
#define MSR_STATUS   0xc0010131
#define EFER_LME     0x100
#define CR0_PE       0x1
#define CR0_PG       0x80000000
#define CR4_PAE      0x20

#define PTE          0x003 /* present, writable */
#define PTE_2M       0x083

/* Page tables: the first GiB with the C-bit at 0 and without it at 1 GiB, and the last one with it. */
#define PML4         0x100000
#define PDPT         0x101000
#define PRIVATE      0x102000
#define SHARED       0x103000
#define TOP          0x104000
#define TABLES_END   0x105000
#define STACK        0x110000

#define SHARED_BASE  0x40000000
#define MARK         0x180000 /* written before there is paging */
#define PAGE         0x200000 /* what is private and what is shared here differs */
#define UNTOUCHED    0x300000

#define MSR_GHCB          0xc0010130
#define MSR_PAT           0x277
#define SEV_INFO_RESPONSE 1
#define SEV_INFO_REQUEST  2

/* Where the other vCPU starts, and what it then writes to. */
#define TRAMPOLINE      0x8000
#define TRAMPOLINE_MARK 0x800
#define X2APIC_ICR      0x830
#define ICR_INIT        0x4500
#define ICR_STARTUP     0x4600
#define ICR_OTHERS      0xc0000

/* The page by which requests are made, and its fields. */
#define PAGE_GPA     0x120000
#define SAVE_RAX     0x1f8
#define SAVE_RCX     0x308
#define SAVE_RDX     0x310
#define EXIT_CODE    0x390
#define INFO_1       0x398
#define INFO_2       0x3a0
#define SCRATCH      0x3a8
#define VALID        0x3f0
#define BUFFER       0x800

#define EXIT_CPUID      0x72
#define EXIT_IOIO       0x7b
#define EXIT_MSR        0x7c
#define EXIT_MMIO_READ  0x80000001
#define EXIT_JUMP_TABLE 0x80000005

    .code16
    .section .text
start:
    halt_others
    mov $1, %bl                 /* SEV_STATUS, in real mode */
    mov $MSR_STATUS, %ecx
    rdmsr
    cmp $STATUS, %eax
    jne failed16
    lgdtl %cs:gdt_pointer
    mov %cr0, %eax
    or $CR0_PE, %al
    mov %eax, %cr0
    ljmpl $0x08, $(IMAGE + protected)
failed16:
    mov %bl, %al
    out %al, $DEBUG_EXIT_PORT
    jmp stop
    define_stop

    .code32
protected:
    mov $0x18, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $STACK, %esp

    mov $2, %bl                 /* the C-bit */
    mov $0x8000001f, %eax
    cpuid
    test $2, %eax
    mov $2, %eax
    jz failed32
    mov %ebx, %ecx
    and $63, %ecx
    sub $32, %ecx
    jb failed32
    mov $1, %ebp
    shl %cl, %ebp               /* in the upper half of an address */

    movl $0x12345678, MARK
    mov $PML4, %edi
    mov $((TABLES_END - PML4) / 4), %ecx
    xor %eax, %eax
    rep stosl
    movl $(PDPT | PTE), PML4
    mov %ebp, PML4 + 4
    movl $(PRIVATE | PTE), PDPT
    mov %ebp, PDPT + 4
    movl $(SHARED | PTE), PDPT + 8
    mov %ebp, PDPT + 12
    movl $(TOP | PTE), PDPT + 24
    mov %ebp, PDPT + 28
    xor %ecx, %ecx
1:  mov %ecx, %eax
    shl $21, %eax
    or $PTE_2M, %eax
    mov %eax, PRIVATE(, %ecx, 8)
    mov %ebp, PRIVATE + 4(, %ecx, 8)
    mov %eax, SHARED(, %ecx, 8)
    or $0xc0000000, %eax
    mov %eax, TOP(, %ecx, 8)
    mov %ebp, TOP + 4(, %ecx, 8)
    inc %ecx
    cmp $512, %ecx
    jb 1b

    mov %cr4, %eax
    or $CR4_PAE, %eax
    mov %eax, %cr4
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov $PML4, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $CR0_PG, %eax
    mov %eax, %cr0
    ljmpl $0x10, $(IMAGE + long_mode)
failed32:
    out %al, $DEBUG_EXIT_PORT
2:  hlt
    jmp 2b

    .code64
long_mode:
    mov %rbp, %rax              /* now that registers are wide enough: the C-bit in CR3, too */
    shl $32, %rax
    or $PML4, %rax
    mov %rax, %cr3
    mov $STACK, %esp
    lea text(%rip), %rsi
    mov $(text_end - text), %ecx
    mov $COM1, %edx
    cld
    rep outsb

    mov $3, %bl                 /* what was written without paging is private */
    cmpl $0x12345678, MARK
    jne failed
    mov $4, %bl
    cmpl $0, SHARED_BASE + MARK
    jne failed
    mov $5, %bl                 /* what nobody has launched is garbage, and zeros for the VMM */
    mov $UNTOUCHED, %esi
    mov $8, %ecx
    xor %eax, %eax
1:  or (%rsi), %rax
    add $8, %esi
    dec %ecx
    jnz 1b
    test %rax, %rax
    jz failed
    mov $6, %bl
    cmpq $0, SHARED_BASE + UNTOUCHED
    jne failed
    mov $7, %bl                 /* neither sees what the other writes */
    movl $0x11111111, PAGE
    movl $0x22222222, SHARED_BASE + PAGE
    cmpl $0x11111111, PAGE
    jne failed
    mov $8, %bl
    cmpl $0x22222222, SHARED_BASE + PAGE
    jne failed
    mov $9, %bl                 /* a port answers */
    mov $COM1_SCR, %edx
    mov $0x5a, %al
    out %al, %dx
    xor %eax, %eax
    in %dx, %al
    cmp $0x5a, %al
    jne failed
#ifdef GHCB
    mov $(SHARED_BASE + PAGE_GPA), %r15d
    mov $0x20, %bl              /* the version of the protocol, and the C-bit */
    mov $SEV_INFO_REQUEST, %eax
    call request_by_msr
    mov %eax, %ecx
    and $0xfff, %eax
    cmp $SEV_INFO_RESPONSE, %eax
    jne failed
    shr $24, %ecx
    push %rbx
    mov $0x8000001f, %eax
    push %rcx
    cpuid
    pop %rcx
    and $63, %ebx
    mov %ebx, %eax
    pop %rbx
    cmp %eax, %ecx
    jne failed
    mov $0x21, %bl              /* CPUID 0, EBX: a half of the response is its number, the other the value */
    mov $0x40000004, %eax
    xor %edx, %edx
    call request_by_msr
    cmp $0x40000005, %eax
    jne failed
    mov %edx, %r8d
    push %rbx
    xor %eax, %eax
    cpuid
    mov %ebx, %eax
    pop %rbx
    cmp %eax, %r8d
    jne failed

    mov $PAGE_GPA, %eax         /* from here on by the page, whose address stays in the MSR */
    xor %edx, %edx
    mov $MSR_GHCB, %ecx
    wrmsr
    mov $0x22, %bl              /* a byte to the serial port: a request of one that no port access is made for */
    mov $'G', %eax
    mov %rax, SAVE_RAX(%r15)
    mov $EXIT_IOIO, %eax
    mov $(COM1 << 16 | 1 << 4), %esi
    xor %edi, %edi
    call request
    cmpq $0, INFO_1(%r15)
    jne failed
    mov $0x23, %bl              /* and one from it */
    mov $EXIT_IOIO, %eax
    mov $(COM1_SCR << 16 | 1 << 4 | 1), %esi
    call request
    cmpq $0x5a, SAVE_RAX(%r15)
    jne failed
    mov $0x24, %bl              /* a string, in the page itself */
    movabs $0x0a0d626368470a0d, %rax
    mov %rax, BUFFER(%r15)
    movq $(PAGE_GPA + 0x800), SCRATCH(%r15)
    mov $EXIT_IOIO, %eax
    mov $(COM1 << 16 | 1 << 4 | 1 << 3 | 1 << 2), %esi
    mov $8, %edi
    call request
    cmpq $0, INFO_1(%r15)
    jne failed
    mov $0x25, %bl              /* CPUID 1: its signature */
    movq $1, SAVE_RAX(%r15)
    movq $0, SAVE_RCX(%r15)
    mov $EXIT_CPUID, %eax
    call request
    push %rbx
    mov $1, %eax
    cpuid
    pop %rbx
    cmp %rax, SAVE_RAX(%r15)
    jne failed
    mov $0x26, %bl              /* an MSR */
    movq $MSR_PAT, SAVE_RCX(%r15)
    mov $EXIT_MSR, %eax
    xor %esi, %esi
    call request
    mov $MSR_PAT, %ecx
    rdmsr
    cmp %rax, SAVE_RAX(%r15)
    jne failed
    cmp %rdx, SAVE_RDX(%r15)
    jne failed
    mov $0x27, %bl              /* one that there is not: an exception to take */
    movq $0x12345678, SAVE_RCX(%r15)
    mov $EXIT_MSR, %eax
    call request
    cmpq $1, INFO_1(%r15)
    jne failed
    mov $0x28, %bl              /* the jump table of vCPUs is what was set */
    mov $EXIT_JUMP_TABLE, %eax
    xor %esi, %esi
    mov $0x9000, %edi
    call request
    mov $EXIT_JUMP_TABLE, %eax
    mov $1, %esi
    xor %edi, %edi
    call request
    cmpq $0x9000, INFO_2(%r15)
    jne failed
    mov $0x29, %bl              /* memory that nobody has reads as ones */
    movq $(PAGE_GPA + 0x800), SCRATCH(%r15)
    mov $EXIT_MMIO_READ, %eax
    mov $0xd0000000, %esi
    mov $4, %edi
    call request
    cmpl $0xffffffff, BUFFER(%r15)
    jne failed
    mov $0x2b, %bl              /* a request that there is not */
    mov $0x12345, %eax
    call request
    cmpq $2, INFO_1(%r15)
    jne failed
#endif
#ifdef SECOND
    mov $0x30, %bl              /* another vCPU starts without paging, in private memory */
    mov $TRAMPOLINE, %edi
    lea trampoline(%rip), %rsi
    mov $(trampoline_end - trampoline), %ecx
    rep movsb
    mov $MSR_APIC_BASE, %ecx
    rdmsr
    or $APIC_BASE_X2, %eax
    wrmsr
    mov $X2APIC_ICR, %ecx
    xor %edx, %edx
    mov $(ICR_OTHERS | ICR_INIT), %eax
    wrmsr
    mov $(ICR_OTHERS | ICR_STARTUP | TRAMPOLINE >> 12), %eax
    wrmsr
1:  pause
    cmpl $0x5a5a5a5a, TRAMPOLINE + TRAMPOLINE_MARK
    jne 1b
#endif
#ifdef TERMINATE
    mov $0x00120100, %eax       /* reason 0x12 of set 0 */
    call request_by_msr
#endif
    mov $ALL_IS_WELL, %bl
failed:
    mov %bl, %al
    out %al, $DEBUG_EXIT_PORT
2:  hlt
    jmp 2b

#ifdef SECOND
    .code16
trampoline:
    movl $0x5a5a5a5a, %cs:TRAMPOLINE_MARK
3:  hlt
    jmp 3b
trampoline_end:
    .code64
#endif

/* The request in edx:eax, whose answer then is there. */
request_by_msr:
    mov $MSR_GHCB, %ecx
    wrmsr
    .byte 0xf3                  /* VMGEXIT */
    vmmcall
    rdmsr
    ret

/* The request eax with the information rsi and rdi, by the page at r15; all fields that it may need are valid. */
request:
    mov %rax, EXIT_CODE(%r15)
    mov %rsi, INFO_1(%r15)
    mov %rdi, INFO_2(%r15)
    movq $-1, VALID(%r15)
    movq $-1, VALID + 8(%r15)
    .byte 0xf3                  /* VMGEXIT */
    vmmcall
    ret

text:
    .ascii "cgvm: an encrypted guest in 64-bit mode\r\n"
text_end:
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* 32-bit code */
    .quad 0x00af9b000000ffff    /* 64-bit code */
    .quad 0x00cf93000000ffff    /* data */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long IMAGE + gdt

    .section .reset, "ax"
    .code16
    jmp start
