/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a Linux kernel may rely on when a 64-bit boot loader starts it (Documentation/arch/x86/boot.rst), as a
 * bzImage that checks it. Prints its command line and the first 16 bytes of its initrd if there is one, and
 * goes on as the last word of the command line says: "off", "reset", "echo" for the debug exit after it has
 * echoed its input up to a "q", "button" for button.S, one of hostile.S's, or any other for the debug exit at
 * once. A check that fails leaves with its number instead.
 */
#include "guest.inc"

#define ACPI_CONTROL_PORT 0x604
#define ACPI_OFF          0x3401
#define RESET_PORT        0xcf9
#define RESET_PORT_CPU    0x04

#define E820_ENTRIES      0x1e8
#define E820_TABLE        0x2d0
#define LOADER_TYPE       0x210
#define INITRD_ADDRESS    0x218
#define INITRD_SIZE       0x21c
#define CMDLINE_ADDRESS   0x228
#define ACPI_RSDP         0x070

/* Goes to \where if the last three characters of the command line, with its NUL in eax, are these. */
.macro ends_with first, second, third, where
    cmp $(\first | \second << 8 | \third << 16), %eax
    je \where
.endm

#include "bzimage.inc"

    .section .kernel, "ax"
    .code64
    .org 0x200                  /* where a 64-bit boot loader enters */
entry:
    mov $stack_top, %rsp
    mov %rsi, %rbp

    mov $1, %bl                 /* interrupts are off */
    pushfq
    pop %rax
    test $0x200, %eax
    jnz failed
    mov $2, %bl                 /* segments */
    mov %cs, %eax
    cmp $0x10, %ax
    jne failed
    mov %ds, %eax
    cmp $0x18, %ax
    jne failed
    mov %es, %eax
    cmp $0x18, %ax
    jne failed
    mov %ss, %eax
    cmp $0x18, %ax
    jne failed
    mov $3, %bl                 /* they can be loaded again, so the descriptor table has them */
    mov %eax, %ds
    mov %eax, %ss
    pushq $0x10
    lea reloaded(%rip), %rax
    push %rax
    lretq
reloaded:
    mov $4, %bl                 /* loaded where it is linked */
    lea entry(%rip), %rax
    cmp $0x100200, %rax
    jne failed
    mov $5, %bl                 /* this kernel's header, in the boot parameters */
    cmpl $0x53726448, 0x202(%rbp)
    jne failed
    mov $6, %bl
    cmpb $0xff, LOADER_TYPE(%rbp)
    jne failed
    mov $7, %bl                 /* the map of memory begins with 640 KiB that are usable */
    cmpb $3, E820_ENTRIES(%rbp)
    jb failed
    cmpq $0, E820_TABLE(%rbp)
    jne failed
    cmpq $0xa0000, E820_TABLE + 8(%rbp)
    jne failed
    cmpl $1, E820_TABLE + 16(%rbp)
    jne failed
    mov $8, %bl                 /* ACPI */
    mov ACPI_RSDP(%rbp), %rax
    movabs $0x2052545020445352, %rdx /* "RSD PTR " */
    cmp %rdx, (%rax)
    jne failed

    mov CMDLINE_ADDRESS(%rbp), %esi
    mov %rsi, %r12
    call print_text
    mov %rsi, %r13              /* behind the NUL */
    mov $newline, %esi
    call print_text
    mov INITRD_SIZE(%rbp), %ecx
    cmp $16, %ecx
    jb leave
    mov $9, %bl                 /* on a page */
    mov INITRD_ADDRESS(%rbp), %esi
    test $0xfff, %esi
    jnz failed
    mov $16, %ecx
    call print_bytes
    mov $newline, %esi
    call print_text

leave:
    sub $4, %r13                /* the last three characters */
    mov (%r13), %eax
    ends_with 'o', 'f', 'f', turn_off
    ends_with 's', 'e', 't', reset               /* "reset" */
    ends_with 'c', 'h', 'o', echo                /* "echo" */
    ends_with 't', 'o', 'n', wait_for_button     /* "button" */
    ends_with 'p', 'i', 'n', hostile_spin        /* "spin" */
    ends_with 'o', 'o', 'd', hostile_flood       /* "flood" */
    ends_with 'u', 't', 'e', hostile_execute     /* "execute" */
    ends_with 'o', 'r', 't', hostile_every_port  /* "every port" */
    ends_with 'r', 't', 's', hostile_some_ports  /* "some ports" */
    ends_with 'l', 'e', 's', hostile_holes       /* "holes" */
    .globl all_is_well
all_is_well:
    mov $ALL_IS_WELL, %bl
    .globl failed
failed:
    mov %bl, %al
    out %al, $DEBUG_EXIT_PORT
    jmp stop
echo:                           /* what it receives, up to a "q" */
    mov $COM1_LSR, %dx
    in %dx, %al
    test $LSR_DR, %al
    jz echo
    mov $COM1, %dx
    in %dx, %al
    cmp $'q', %al
    je all_is_well
    call print_byte
    jmp echo
    .globl turn_off
turn_off:
    mov $ACPI_OFF, %ax
    mov $ACPI_CONTROL_PORT, %dx
    out %ax, %dx
    jmp stop
reset:
    mov $RESET_PORT_CPU, %al
    mov $RESET_PORT, %dx
    out %al, %dx
stop:
    cli
    hlt
    jmp stop

/* The text at rsi, which is then behind its NUL. Clobbers eax, edx. */
    .globl print_text
print_text:
    lodsb
    test %al, %al
    jz 1f
    call print_byte
    jmp print_text
1:  ret

/* ecx bytes at rsi. */
print_bytes:
    lodsb
    call print_byte
    dec %ecx
    jnz print_bytes
    ret

print_byte:
    mov %al, %ah
    mov $COM1_LSR, %dx
1:  in %dx, %al
    test $LSR_THRE, %al
    jz 1b
    mov %ah, %al
    mov $COM1, %dx
    out %al, %dx
    ret

newline:
    .asciz "\r\n"
    .balign 16
    .skip 256
stack_top:
