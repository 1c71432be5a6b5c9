/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The code of target-i386/snp-start.c as source, for a kernel that is entered at 0x1000200: its test compares the two.
 */
#define TABLE_GPA       0xe2100
#define KERNEL_ENTRY    0x1000200

#define GHCB_MSR        0xc0010130
#define GHCB_TERMINATE  0x100

#define PAGE            0x1000
#define LARGE_PAGE      0x200000
#define SIZE_MISMATCH   6

    .section .image, "ax"
    .code64
entry:                          /* RSI is the kernel's */
    mov $TABLE_GPA, %ebx
next_range:
    mov (%rbx), %r8             /* what is left of the range: from here */
    mov 8(%rbx), %r9            /* up to there */
    add $16, %ebx
    test %r9, %r9
    je enter
next_page:
    cmp %r9, %r8
    jae next_range
    mov $1, %edx
    test $LARGE_PAGE - 1, %r8d
    jne small
    lea LARGE_PAGE(%r8), %r10
    cmp %r9, %r10
    ja small
    mov %r8, %rax
    mov $1, %ecx
    .byte 0xf2, 0x0f, 0x01, 0xff /* PVALIDATE */
    jc fail
    test %eax, %eax
    mov %eax, %ecx
    mov %r10, %rax
    je advance
    cmp $SIZE_MISMATCH, %ecx
    jne fail
small:
    mov %r8, %rax
    xor %ecx, %ecx
    .byte 0xf2, 0x0f, 0x01, 0xff
    jc fail
    test %eax, %eax
    jne fail
    lea PAGE(%r8), %rax
advance:
    mov %rax, %r8
    jmp next_page
enter:
    mov $KERNEL_ENTRY, %eax
    jmp *%rax
fail:
    mov $GHCB_TERMINATE, %eax
    xor %edx, %edx
    mov $GHCB_MSR, %ecx
    wrmsr
    .byte 0xf3                  /* VMGEXIT */
    vmmcall
1:  hlt
    jmp 1b
