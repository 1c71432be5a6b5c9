/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an ELF kernel may rely on when it is started as Xen's PVH guests are. Prints its command line and the first 16
 * bytes of its module if there is one, and leaves by the debug exit; a check that fails leaves with its number.
 */
#include "guest.inc"

#define MAGIC       0x336ec578
#define N_MODULES   12
#define MODULES     16
#define CMDLINE     24
#define RSDP        32
#define MEMORY_MAP  40
#define N_RANGES    48

    .section .note.pvh, "a", @note
    .long 4, 4, 18              /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long entry

    .text
    .code32
    .globl entry
entry:
    mov $stack_top, %esp
    mov %ebx, %ebp
    mov $1, %bl                 /* protected mode without paging */
    mov %cr0, %eax
    and $0x80000001, %eax
    cmp $1, %eax
    jne failed
    mov $2, %bl                 /* interrupts are off */
    pushf
    pop %eax
    test $0x200, %eax
    jnz failed
    mov $3, %bl                 /* segments can be loaded again */
    mov %ds, %eax
    mov %eax, %ds
    mov %ss, %eax
    mov %eax, %ss
    mov $4, %bl
    cmpl $MAGIC, (%ebp)
    jne failed
    mov $5, %bl                 /* a memory map that begins with 640 KiB that are usable */
    cmpl $1, 4(%ebp)
    jb failed
    cmpl $3, N_RANGES(%ebp)
    jb failed
    mov MEMORY_MAP(%ebp), %esi
    cmpl $0, (%esi)
    jne failed
    cmpl $0xa0000, 8(%esi)
    jne failed
    cmpl $1, 16(%esi)
    jne failed
    mov $6, %bl                 /* ACPI */
    mov RSDP(%ebp), %esi
    cmpl $0x20445352, (%esi)    /* "RSD " */
    jne failed
    mov $7, %bl                 /* memory behind what the file has is zero; a reset would find it used */
    cmpl $0, zero
    jne failed
    movl $-1, zero

    mov CMDLINE(%ebp), %esi
    call print_text
    mov $newline, %esi
    call print_text
    cmpl $0, N_MODULES(%ebp)
    je all_is_well
    mov MODULES(%ebp), %edi
    mov $8, %bl                 /* on a page */
    mov (%edi), %esi
    test $0xfff, %esi
    jnz failed
    mov $16, %ecx
1:  lodsb
    call print_byte
    dec %ecx
    jnz 1b
    mov $newline, %esi
    call print_text
all_is_well:
    mov $ALL_IS_WELL, %bl
failed:
    mov %bl, %al
    out %al, $DEBUG_EXIT_PORT
stop:
    cli
    hlt
    jmp stop

/* The text at esi. Clobbers eax, edx. */
print_text:
    lodsb
    test %al, %al
    jz 1f
    call print_byte
    jmp print_text
1:  ret

print_byte:
    mov $COM1, %edx
    out %al, %dx
    ret

newline:
    .asciz "\r\n"

    .bss
zero:
    .skip 0x10000
stack_top:
