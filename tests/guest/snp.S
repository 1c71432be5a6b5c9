/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel for SEV-SNP guests, as a bzImage, that checks what such a guest relies on: its status, the pages that the
 * firmware fills in, PVALIDATE, page state changes both ways, RMPADJUST, messages and the start of another vCPU, if
 * there is one. Leaves with ALL_IS_WELL, or with the number of the check that failed. With "touch" as its command line
 * it uses a page that it has not validated.
 */
#include "guest.inc"

#define SETUP_DATA      0x250
#define CMDLINE_ADDRESS 0x228
#define SETUP_CC_BLOB   7
#define BLOB_MAGIC      0x45444d41

#define MSR_GHCB        0xc0010130
#define MSR_SEV_STATUS  0xc0010131

#define PAGE_POINTERS   0x3000      /* a page-table entry for each GiB */
#define SHARED          0x140000000 /* 5 GiB: where memory is mapped without the C-bit */

/* Pages above the first MiB. */
#define DIRECTORY       0x201000
#define GHCB            0x202000
#define PLAIN           0x203000
#define LIST_PAGES      0x210000
#define VMSA            0x220000
#define AP_STACK        0x231000

#define GHCB_RAX        0x1f8
#define GHCB_EXIT_CODE  0x390
#define GHCB_INFO_1     0x398
#define GHCB_INFO_2     0x3a0
#define GHCB_SCRATCH    0x3a8
#define GHCB_VALID      0x3f0
#define GHCB_BUFFER     0x800
#define GHCB_VERSION    0xffa

#define PSC             0x80000010
#define MESSAGE         0x80000011
#define CREATE_VCPU     0x80000013

.macro pvalidate
    .byte 0xf2, 0x0f, 0x01, 0xff
.endm
.macro rmpadjust
    .byte 0xf3, 0x0f, 0x01, 0xfe
.endm
.macro vmgexit
    .byte 0xf3
    vmmcall
.endm

/* The check \number fails unless \condition. */
.macro check number, condition
    mov $\number, %bl
    j\condition 1f
    jmp failed
1:
.endm

/* PVALIDATE of \size, 0 or 1, at \address, to \state: EAX and the carry flag. */
.macro validate address, size, state
    mov $\address, %rax
    mov $\size, %ecx
    mov $\state, %edx
    pvalidate
.endm

/* A request in the MSR: the answer is in RAX. */
.macro ask
    mov %rax, %rdx
    shr $32, %rdx
    mov $MSR_GHCB, %ecx
    wrmsr
    vmgexit
    rdmsr
    shl $32, %rdx
    or %rdx, %rax
.endm

/* The page \address becomes private, 1, or shared, 2. */
.macro convert address, operation
    movabs $(\operation << 52 | \address | 0x014), %rax
    ask
.endm

/* The request \code with arguments, in the page. */
.macro request code, info1, info2
    mov $\code, %eax
    mov %rax, GHCB_EXIT_CODE(%r14)
    mov $\info1, %rax
    mov %rax, GHCB_INFO_1(%r14)
    mov $\info2, %rax
    mov %rax, GHCB_INFO_2(%r14)
    call request_page
.endm

#include "bzimage.inc"

    .section .kernel, "ax"
    .code64
    .org 0x200                  /* where a 64-bit boot loader enters */
entry:
    mov $stack_top, %rsp
    mov %rsi, %rbp
    mov $0x8000001f, %eax
    cpuid
    mov %ebx, %ecx
    and $0x3f, %ecx
    mov $1, %r15d
    shl %cl, %r15               /* the C-bit */

    mov $MSR_SEV_STATUS, %ecx
    rdmsr
    cmp $7, %eax
    check 1, e
    mov CMDLINE_ADDRESS(%rbp), %eax
    cmpl $0x63756f74, (%rax)    /* "touc" */
    je touch

    mov SETUP_DATA(%rbp), %rdi  /* the blob */
    cmpl $SETUP_CC_BLOB, 8(%rdi)
    check 2, e
    mov 16(%rdi), %edi
    cmpl $BLOB_MAGIC, (%rdi)
    check 3, e
    mov 8(%rdi), %rsi           /* secrets: version 3, and a key */
    cmpl $3, (%rsi)
    check 4, e
    cmpq $0, 0x20(%rsi)
    check 5, ne
    mov 24(%rdi), %rsi          /* CPUID: an entry or more */
    cmpl $0, (%rsi)
    check 6, ne

    mov %r15, %rax              /* memory without the C-bit, in another part of the address space */
    or $(DIRECTORY | 3), %rax
    mov %rax, PAGE_POINTERS + 5 * 8
    mov $DIRECTORY, %edi
    mov $0x83, %eax
1:  mov %rax, (%rdi)
    add $0x200000, %rax
    add $8, %edi
    cmp $DIRECTORY + 0x1000, %edi
    jne 1b
    mov %cr3, %rax
    mov %rax, %cr3

    validate PLAIN, 0, 1        /* it is validated, so nothing changes */
    check 10, c
    test %eax, %eax
    check 11, e
    validate 0x400000, 1, 1     /* a large page as well */
    check 12, c
    test %eax, %eax
    check 13, e
    validate PLAIN, 1, 1        /* not aligned */
    test %eax, %eax
    check 14, ne
    validate 0x200000, 1, 0     /* large, of pages that are all in use */
    check 15, nc
    validate 0x200000, 1, 1
    check 16, nc
    test %eax, %eax
    check 17, e
    validate PLAIN, 0, 0
    check 18, nc
    validate 0x200000, 1, 1     /* one of them is not as the others */
    cmp $6, %eax
    check 19, e

    convert PLAIN, 2
    cmp $0x015, %rax
    check 20, e
    movabs $(SHARED + PLAIN), %rdi
    movl $0x12345678, (%rdi)
    cmpl $0x12345678, (%rdi)
    check 21, e
    convert PLAIN, 1
    cmp $0x015, %rax
    check 22, e
    validate PLAIN, 0, 1
    check 23, nc
    cmpl $0, PLAIN              /* its contents are lost */
    check 24, e
    convert 0xfffff000000, 1    /* no memory */
    shr $32, %rax
    check 25, ne

    validate GHCB, 0, 0
    convert GHCB, 2
    movabs $(SHARED + GHCB), %r14
    mov $GHCB, %eax             /* a page that is not registered */
    xor %edx, %edx
    mov $MSR_GHCB, %ecx
    wrmsr
    request PSC, 0, 0
    cmpl $2, GHCB_INFO_1(%r14)
    check 30, e
    cmpl $1, GHCB_INFO_2(%r14)
    check 31, e
    mov $(GHCB | 0x012), %eax
    ask
    cmp $(GHCB | 0x013), %rax
    check 32, e

    movl $0, %eax               /* four pages to share, of which the third is one that is no neighbour */
    movl $0x30000, GHCB_BUFFER(%r14) /* entries 0 to 3 */
    movl $0, GHCB_BUFFER + 4(%r14)
    movabs $(2 << 52 | LIST_PAGES), %rax
    mov %rax, GHCB_BUFFER + 8(%r14)
    add $0x1000, %rax
    mov %rax, GHCB_BUFFER + 16(%r14)
    add $0x3000, %rax
    mov %rax, GHCB_BUFFER + 24(%r14)
    add $0x1000, %rax
    mov %rax, GHCB_BUFFER + 32(%r14)
    movq $(GHCB + GHCB_BUFFER), GHCB_SCRATCH(%r14)
    request PSC, 0, 0
    cmpq $0, GHCB_INFO_2(%r14)
    check 33, e
    cmpl $0x30004, GHCB_BUFFER(%r14)
    check 34, e
    movabs $(2 << 52 | (LIST_PAGES + 0x5000) | 1), %rax
    cmp %rax, GHCB_BUFFER + 32(%r14)
    check 35, e
    movabs $(SHARED + LIST_PAGES + 0x4000), %rdi
    movl $1, (%rdi)
    movl $0xff0000, GHCB_BUFFER(%r14) /* more than there is room for */
    request PSC, 0, 0
    cmpl $1, GHCB_INFO_2 + 4(%r14)
    check 36, e
    movl $0, GHCB_BUFFER(%r14)  /* a large page that is not aligned */
    movabs $(1 << 56 | 1 << 52 | LIST_PAGES), %rax
    mov %rax, GHCB_BUFFER + 8(%r14)
    request PSC, 0, 0
    cmpl $2, GHCB_INFO_2(%r14)
    check 37, e

    request MESSAGE, LIST_PAGES, LIST_PAGES + 0x1000 /* not a message */
    cmpq $0x16, GHCB_INFO_2(%r14)
    check 40, e
    request MESSAGE, PLAIN, LIST_PAGES /* not shared */
    cmpl $2, GHCB_INFO_1(%r14)
    check 41, e

    mov $PLAIN, %eax            /* RMPADJUST: not aligned, then right */
    inc %eax
    xor %ecx, %ecx
    mov $1, %edx
    rmpadjust
    test %eax, %eax
    check 50, ne
    mov $PLAIN, %eax
    rmpadjust
    test %eax, %eax
    check 51, e
    request CREATE_VCPU, 1 << 32 | 1, VMSA /* no VMSA yet */
    cmpl $2, GHCB_INFO_1(%r14)
    check 52, e
    request CREATE_VCPU, 77 << 32 | 1, VMSA /* no vCPU */
    cmpl $2, GHCB_INFO_1(%r14)
    check 53, e
    call start_second

    mov $well, %esi
    call print_text
    mov $ALL_IS_WELL, %bl
failed:
    mov %ebx, %eax
    out %al, $DEBUG_EXIT_PORT
1:  hlt
    jmp 1b

touch:
    validate PLAIN, 0, 0
    out %al, $0x80              /* an exit: up to one a page may stay within reach */
    movl $1, PLAIN
    jmp failed

/* The request that is in the page. */
request_page:
    movq $0, GHCB_VALID(%r14)
    movl $0, GHCB_VALID + 8(%r14)
    movl $0x3c0000, GHCB_VALID + 12(%r14) /* exit code, its two arguments, scratch */
    movw $2, GHCB_VERSION(%r14)
    mov $GHCB, %eax
    xor %edx, %edx
    mov $MSR_GHCB, %ecx
    wrmsr
    vmgexit
    ret

/* Lets the vCPU with the APIC 1 start as this one is, where it says that it is there. */
start_second:
    mov $1, %eax
    cpuid
    shr $16, %ebx               /* how many there are */
    cmp $2, %bl
    jb 2f
    mov $VMSA, %edi
    xor %eax, %eax
    mov $512, %ecx
    rep stosq
    mov $VMSA, %edi
    movl $0x0a9b0010, 0x10(%rdi) /* CS; the limits of data do not matter */
    movl $0xffffffff, 0x14(%rdi)
    movl $0x0c930018, 0x20(%rdi)
    movl $0xffffffff, 0x24(%rdi)
    movl $0x0c930018, 0x00(%rdi)
    movl $0x0c930018, 0x30(%rdi)
    movl $0x00820000, 0x70(%rdi) /* LDTR, TR */
    movl $0x008b0000, 0x90(%rdi)
    movl $0x1f, 0x64(%rdi)      /* GDTR */
    movl $0x1000, 0x68(%rdi)
    movl $0x1500, 0xd0(%rdi)    /* EFER: SVME, LMA, LME */
    movl $0x20, 0x148(%rdi)     /* CR4: PAE */
    mov %cr3, %rax
    mov %rax, 0x150(%rdi)
    movl $0x80000011, 0x158(%rdi) /* CR0 */
    movl $0x400, 0x160(%rdi)    /* DR7, DR6 */
    movl $0xffff0ff0, 0x168(%rdi)
    movl $2, 0x170(%rdi)        /* RFLAGS */
    movl $second, 0x178(%rdi)
    movl $AP_STACK, 0x1d8(%rdi)
    movl $1, 0x3b0(%rdi)        /* SEV_FEATURES */
    movl $1, 0x3e8(%rdi)        /* XCR0 */
    mov $VMSA, %eax
    xor %ecx, %ecx
    mov $0x10000, %edx
    rmpadjust
    test %eax, %eax
    check 54, e
    request CREATE_VCPU, 1 << 32 | 1, VMSA
    cmpq $0, GHCB_INFO_1(%r14)
    check 55, e
1:  pause
    cmpl $0, started
    je 1b
    request CREATE_VCPU, 1 << 32 | 1, VMSA /* it runs already */
    cmpl $2, GHCB_INFO_1(%r14)
    check 56, e
2:  ret

second:
    mov $hello, %esi
    call print_text
    movl $1, started
1:  hlt
    jmp 1b

/* The NUL-terminated text at RSI. */
print_text:
    mov $COM1, %dx
1:  lodsb
    test %al, %al
    jz 2f
    out %al, %dx
    jmp 1b
2:  ret

well:
    .asciz "cgvm: an SEV-SNP guest\r\n"
hello:
    .asciz "cgvm: its second vCPU\r\n"
    .balign 16
started:
    .long 0
    .skip 1024
stack_top:
