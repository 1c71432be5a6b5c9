/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small guests, one for each way in which a guest leaves KVM_RUN. A macro on the command line says which.
 */
#include "guest.inc"

    .code16
    .section .text
start:
    halt_others

#if defined(TRIPLE_FAULT)
    /* No exception can be delivered through an empty table, and neither can the double fault about that. */
    lidtl %cs:empty_table
    xor %cl, %cl
    div %cl
empty_table:
    .word 0
    .long 0x90000000 /* where nothing is, for hosts that emulate real mode and forget the limit */

#elif defined(STRING_IO)
    /* One exit to the VMM may carry several bytes. */
    mov %cs, %ax
    cld
    mov $COM1, %dx
    mov $text, %si
    mov $(text_end - text), %cx
    rep outsb %cs:(%si), %dx
    leave_vm ALL_IS_WELL
text:
    .ascii "cgvm: a whole string at once\r\n"
text_end:

#elif defined(BUSES)
    /*
     * What the guest meets where there is no device, and in the serial port besides its data. Leaves with the
     * number of the check that failed.
     */
    mov $1, %bl
    mov $0x2e8, %dx /* no device */
    in %dx, %al
    cmp $0xff, %al
    jne failed
    mov $2, %bl /* all bytes of a wide access */
    in %dx, %eax
    cmp $0xffffffff, %eax
    jne failed
    mov $3, %bl /* COM1's scratch register */
    mov $COM1_SCR, %dx
    mov $0x5a, %al
    out %al, %dx
    xor %al, %al
    in %dx, %al
    cmp $0x5a, %al
    jne failed
    mov $4, %bl /* COM1's divisor, which is written instead of printed */
    mov $COM1_LCR, %dx
    mov $LCR_DLAB, %al
    out %al, %dx
    mov $COM1, %dx
    mov $0x0c, %al
    out %al, %dx
    in %dx, %al
    cmp $0x0c, %al
    jne failed
    mov $COM1_LCR, %dx
    xor %al, %al
    out %al, %dx
    mov $5, %bl /* RAM */
    xor %ax, %ax
    mov %ax, %ds
    movw $0x5aa5, 0x500
    notw 0x500
    cmpw $0xa55a, 0x500
    jne failed
    mov $6, %bl /* a write to the firmware is dropped */
    mov $0xf000, %ax
    mov %ax, %ds
    notw sacrifice
    cmpw $0x1234, sacrifice
    jne failed
    mov $7, %bl /* memory that nobody has (the test gives the guest 64 KiB) reads as ones */
    mov $0xa000, %ax
    mov %ax, %ds
    cmpw $0xffff, 0
    jne failed
    leave_vm ALL_IS_WELL
failed:
    mov %bl, %al
    out %al, $DEBUG_EXIT_PORT
    jmp stop
sacrifice:
    .word 0x1234

#elif defined(SECOND_VCPU)
    /* The first vCPU starts the second by its x2APIC and halts; the second prints, and leaves by itself. */
#define X2APIC_ICR     0x830
#define ICR_INIT       0x4500
#define ICR_STARTUP    0x4600
#define ICR_OTHERS     0xc0000 /* to all but self */
#define STARTUP_VECTOR 0xff    /* the page at 0xff000 */
    mov $MSR_APIC_BASE, %ecx
    rdmsr
    or $APIC_BASE_X2, %ax
    wrmsr
    xor %edx, %edx
    mov $X2APIC_ICR, %ecx
    mov $(ICR_OTHERS | ICR_INIT), %eax
    wrmsr
    mov $(ICR_OTHERS | ICR_STARTUP | STARTUP_VECTOR), %eax
    wrmsr
    jmp stop

second:
    print text
    leave_vm ALL_IS_WELL
    jmp stop
text:
    .asciz "cgvm: hello from the second vCPU\r\n"

#elif defined(RESET)
    /*
     * Counts its starts in RAM, where the machine keeps them (in a memory backend). Asks for a reset in each of
     * the two ways, and leaves at the third start.
     */
#define KEYBOARD_PORT  0x64
#define KEYBOARD_RESET 0xfe
#define RESET_PORT     0xcf9
#define RESET_PORT_CPU 0x04
    xor %ax, %ax
    mov %ax, %ds
    incb 0x8000
    print text
    cmpb $1, 0x8000
    je by_keyboard
    cmpb $2, 0x8000
    je by_port
    leave_vm ALL_IS_WELL
    jmp stop
by_keyboard:
    mov $KEYBOARD_RESET, %al
    out %al, $KEYBOARD_PORT
    jmp stop
by_port:
    mov $RESET_PORT_CPU, %al
    mov $RESET_PORT, %dx
    out %al, %dx
    jmp stop
text:
    .asciz "cgvm: started\r\n"

#else
#error "say which guest this is"
#endif
    define_stop

#ifdef SECOND_VCPU
    .section .low, "ax"
    ljmp $0xf000, $second
#endif
    .section .reset, "ax"
    jmp start
