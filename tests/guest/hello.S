/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that says hello on COM1 and leaves by the debug exit; with -DIDLE it stays, halted, instead.
 */
#include "guest.inc"

    .code16
    .section .text
start:
    halt_others
    print hello
#ifndef IDLE
    leave_vm ALL_IS_WELL
#endif
    define_stop

hello:
    .asciz "cgvm: hello from the guest\r\n"

    .section .reset, "ax"
    jmp start
