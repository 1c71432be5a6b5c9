/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The page of target-i386/es-start.c as source, for a kernel that is entered at 0x1000200: its test compares the two.
 */
#define PAGE_GPA        0xe2000
#define GHCB_GPA        0xe3000
#define KERNEL_ENTRY    0x1000200

#define GHCB_MSR        0xc0010130
#define GHCB_TERMINATE  0x100

#define AP_JUMP_TABLE   0x80000005
#define SW_EXIT_CODE    0x390
#define SW_EXIT_INFO_1  0x398
#define SW_EXIT_INFO_2  0x3a0
#define VALID           0x3f0
#define VERSION         0xffa

    .section .image, "ax"
    .code16
page:
    .word stop - page + (PAGE_GPA & 0xffff), (PAGE_GPA >> 4) & 0xf000
    .org 0x10
ap_entry:                       /* CS is 0xe0000 */
    ljmpw *%cs:(PAGE_GPA & 0xffff)
    .org 0x20
stop:
    cli
1:  hlt
    jmp 1b

    .code64
    .org 0x40
bsp_entry:
    mov $GHCB_GPA, %ebx
    mov %ebx, %edi
    xor %eax, %eax
    mov $512, %ecx
    rep stosq
    mov $AP_JUMP_TABLE, %eax
    mov %rax, SW_EXIT_CODE(%rbx)
    movl $PAGE_GPA, SW_EXIT_INFO_2(%rbx)
    movl $7 << (SW_EXIT_CODE / 8 - 96), VALID + 96 / 8(%rbx)
    movw $1, VERSION(%rbx)
    mov %ebx, %eax
    xor %edx, %edx
    mov $GHCB_MSR, %ecx
    wrmsr
    .byte 0xf3                  /* VMGEXIT */
    vmmcall
    cmpl $0, SW_EXIT_INFO_1(%rbx)
    jne 1f
    mov $KERNEL_ENTRY, %eax
    jmp *%rax
1:  mov $GHCB_TERMINATE, %eax
    xor %edx, %edx
    wrmsr
    .byte 0xf3
    vmmcall
2:  hlt
    jmp 2b
