/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel that takes the power button: linux.S jumps here if the command line says so. It enables the button, waits
 * for its interrupt by the 8259s, which takes no memory that a VMM would have to see, and says when it has come; the
 * second time it turns the machine off. rsp is a stack.
 */
#include "guest.inc"

#define PM1_STATUS   0x600
#define PM1_ENABLE   0x602
#define POWER_BUTTON 0x100
#define PRESSES      2          /* the second one takes a line that was low in between */

#define PIC_1        0x20
#define PIC_2        0xa0
#define PIC_INIT     0x11
#define PIC_EOI      0x20
#define PIC_2_LEVELS 0x4d1      /* which interrupts from 8 on are level-triggered */
#define VECTOR_1     0x20       /* of interrupt 0 */
#define VECTOR_2     0x28       /* of interrupt 8 */

    .section .kernel, "ax"
    .code64

    .globl wait_for_button
wait_for_button:
    mov $pressed, %eax
    mov %ax, sci_gate
    shr $16, %eax
    mov %ax, sci_gate + 6
    lidt idt_pointer
    mov $PIC_INIT, %al
    out %al, $PIC_1
    out %al, $PIC_2
    mov $VECTOR_1, %al
    out %al, $(PIC_1 + 1)
    mov $VECTOR_2, %al
    out %al, $(PIC_2 + 1)
    mov $4, %al                 /* the second one is at the first's input 2 */
    out %al, $(PIC_1 + 1)
    mov $2, %al
    out %al, $(PIC_2 + 1)
    mov $1, %al
    out %al, $(PIC_1 + 1)
    out %al, $(PIC_2 + 1)
    mov $0xfb, %al              /* all are masked, but that and interrupt 9 */
    out %al, $(PIC_1 + 1)
    mov $0xfd, %al
    out %al, $(PIC_2 + 1)
    mov $PIC_2_LEVELS, %dx
    mov $2, %al
    out %al, %dx
    mov $0xe0, %bl              /* nothing has happened before */
    mov $PM1_STATUS, %dx
    in %dx, %ax
    test %ax, %ax
    jnz failed
    mov $PM1_ENABLE, %dx
    mov $POWER_BUTTON, %ax
    out %ax, %dx
1:  sti
    hlt
    cli
    cmpb $PRESSES, presses
    jb 1b
    jmp turn_off

pressed:
    mov $0xe1, %bl              /* it was the button, and it is told once */
    mov $PM1_STATUS, %dx
    in %dx, %ax
    cmp $POWER_BUTTON, %ax
    jne failed
    out %ax, %dx
    mov $0xe2, %bl
    in %dx, %ax
    test %ax, %ax
    jnz failed
    mov $PIC_EOI, %al
    out %al, $PIC_2
    out %al, $PIC_1
    mov $pressed_text, %esi
    call print_text
    incb presses
    iretq

presses:
    .byte 0
pressed_text:
    .asciz "pressed\r\n"
    .balign 8
idt:
    .skip 16 * (VECTOR_2 + 1)
sci_gate:
    .word 0, 0x10, 0x8e00, 0    /* an interrupt gate of 64-bit code, whose address is filled in */
    .quad 0
idt_pointer:
    .word idt_pointer - idt - 1
    .quad idt
