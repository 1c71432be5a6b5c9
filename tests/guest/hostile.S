/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kernel does to its VMM that means no good: linux.S jumps here if the last word of its command line says
 * so. rsp is a stack, and the first 4 GiB are mapped to themselves in pages of 2 MiB.
 */
#include "guest.inc"

#define COM1_MCR          (COM1 + 4)
#define RESET_PORT        0xcf9
#define PORTS             0x10000

#define RAM_END           0x200000 /* the tests give these guests 2 MiB */
#define FOUR_GIB_MIB      4096
#define WINDOW            0xc0000000 /* an address whose entry in the page tables is changed */
#define WINDOW_ENTRY      0x7000     /* that entry, see linux-direct.h: of the fourth page directory */
#define LARGE_PAGE        0x83       /* present, writable, 2 MiB */
#define CPUID_ADDRESSES   0x80000008

    .section .kernel, "ax"
    .code64

/* Never leaves by itself, nor lets go of the processor. */
    .globl hostile_spin
hostile_spin:
    jmp hostile_spin

/* Prints as fast as it can, for ever. */
    .globl hostile_flood
hostile_flood:
    mov $COM1, %dx
1:  mov $flood_text, %esi
2:  lodsb
    test %al, %al
    jz 1b
    out %al, %dx
    jmp 2b

/* Goes where there is no code. */
    .globl hostile_execute
hostile_execute:
    mov $WINDOW, %eax
    jmp *%rax

/* Reads and writes ports with every width; of those above 0xfff one in ebp. The two that end it are left out. */
    .globl hostile_every_port, hostile_some_ports
hostile_every_port:
    mov $1, %ebp
    jmp 1f
hostile_some_ports:
    mov $16, %ebp
1:  xor %ebx, %ebx
2:  lea -(DEBUG_EXIT_PORT - 3)(%rbx), %eax
    cmp $4, %eax
    jb 3f
    lea -(RESET_PORT - 3)(%rbx), %eax
    cmp $4, %eax
    jb 3f
    mov %ebx, %edx
    in %dx, %al
    in %dx, %ax
    in %dx, %eax
    mov $0xffffffff, %eax
    out %al, %dx
    out %ax, %dx
    out %eax, %dx
3:  mov $1, %eax
    cmp $0x1000, %ebx
    cmovae %ebp, %eax
    add %eax, %ebx
    cmp $PORTS, %ebx
    jb 2b
    mov $COM1_LCR, %dx          /* the console's as well, so it has to be mended */
    xor %eax, %eax
    out %al, %dx
    mov $COM1_MCR, %dx
    out %al, %dx
    mov $survived, %esi
    call print_text
    jmp all_is_well

/* Reads and writes where there is no memory, with every width and over the border of what there is. */
    .globl hostile_holes
hostile_holes:
    mov $RAM_END, %ebx
    movq $0, -8(%rbx)
    movq $-1, -4(%rbx)          /* half of it is memory */
    mov $1, %cl                 /* the number of the check that fails */
    cmpl $-1, -4(%rbx)
    jne holes_failed
    mov $(RAM_END >> 20), %ebp  /* every 16 MiB, which leaves out the APICs at 0xfec00000 and 0xfee00000 */
1:  mov %ebp, %ebx
    shl $20, %rbx
    call probe
    lea 0xffd(%rbx), %rbx       /* over the border of two pages */
    call probe
    add $16, %ebp
    cmp $FOUR_GIB_MIB, %ebp
    jb 1b

    mov $CPUID_ADDRESSES, %eax  /* and every higher bit of an address alone, by a window */
    cpuid
    movzbl %al, %r12d
    mov $32, %ebp
3:  cmp %r12d, %ebp
    jae 4f
    mov $LARGE_PAGE, %eax
    bts %rbp, %rax
    mov %rax, WINDOW_ENTRY
    mov $WINDOW, %ebx
    invlpg (%rbx)
    call probe
    inc %ebp
    jmp 3b

4:  mov $WINDOW, %edi           /* many bytes by one instruction */
    mov $4096, %ecx
    xor %eax, %eax
    rep stosb
    mov $WINDOW, %esi
    lea 8192(%rsi), %rdi
    mov $512, %ecx
    rep movsq
    mov $3, %cl
    movl $0x5a, WINDOW_ENTRY + 8
    lock incl (%rbx)
    mov $survived, %esi
    call print_text
    jmp all_is_well

/* Reads and writes at rbx, where all bits are ones and stay so. Clobbers rax, rcx. */
probe:
    mov $2, %cl
    movb $0, (%rbx)
    cmpb $-1, (%rbx)
    jne holes_failed
    movw $0, (%rbx)
    cmpw $-1, (%rbx)
    jne holes_failed
    movl $0, (%rbx)
    cmpl $-1, (%rbx)
    jne holes_failed
    movq $0, (%rbx)
    cmpq $-1, (%rbx)
    jne holes_failed
    ret
holes_failed:
    mov %cl, %bl
    jmp failed

survived:
    .asciz "cgvm: survived\r\n"
flood_text:
    .fill 78, 1, '#'
    .asciz "\r\n"
