/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest for pseries machines that prints a line on the hypervisor's console and powers itself off by RTAS. It runs
 * in the byte order that it is assembled for; what RTAS is handed is big endian. It reads no device tree: the address
 * of RTAS and the token of power-off are what the machine's documentation says.
 */
    .section .text
    .globl _start
_start:
    bcl 20, 31, 1f
1:  mflr 31
    /* H_PUT_TERM_CHAR of 16 bytes, twice. */
    addi 4, 31, line - 1b
    bl put
    addi 4, 31, line - 1b + 16
    bl put
    /* H_RTAS with the block below; it does not come back. */
    li 3, 0
    ori 3, 3, 0xf000
    addi 4, 31, power_off - 1b
    sc 1
2:  b 2b

/* Prints the 16 bytes at r4. */
put:
    li 0, 8
    ld 6, 0(4)
    ld 7, 8(4)
    li 3, 0x58
    li 4, 0
    li 5, 16
    sc 1
    blr

    .balign 8
#ifdef __LITTLE_ENDIAN__
line:
    /* Registers are read as numbers: each half the other way round. */
    .ascii "rf olleh", "h eht mo", "osivrepy", "\ntseug r"
#else
line:
    .ascii "hello from the hypervisor guest\n"
#endif
    .balign 8
power_off:
    .byte 0, 0, 0x20, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0
