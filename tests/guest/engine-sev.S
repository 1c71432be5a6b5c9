/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an SEV guest may rely on from its first instruction on: it knows what it is, its memory without paging is
 * private, and with paging the C-bit tells private memory from the VMM's. Starts as firmware does, in real mode, and
 * goes to 64-bit mode. STATUS is what it expects in SEV_STATUS. Needs 4 MiB of RAM at least, of which nobody has
 * written anything, and leaves with the number of the check that failed.
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
    mov $ALL_IS_WELL, %bl
failed:
    mov %bl, %al
    out %al, $DEBUG_EXIT_PORT
2:  hlt
    jmp 2b

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
