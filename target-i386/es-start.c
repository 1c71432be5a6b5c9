/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/es-start.h"
#include <string.h>
#include "hw/ram.h"

/* With the source in tests/guest/es-start.S, which a test assembles to compare them. */
static const uint8_t table[] = { 0x20, 0x20, 0x00, 0xe0 }; /* e000:2020 */

static const uint8_t ap_code[] = {
    0x2e, 0xff, 0x2e, 0x00, 0x20, /* ljmpw *%cs:0x2000 */
};

static const uint8_t stop_code[] = {
    0xfa,       /* cli */
    0xf4,       /* 1: hlt */
    0xeb, 0xfd, /* jmp 1b */
};

static const uint8_t bsp_code[] = {
    /* Zeros in all of the GHCB. */
    0xbb, 0x00, 0x30, 0x0e, 0x00, /* mov $0xe3000, %ebx */
    0x89, 0xdf,                   /* mov %ebx, %edi */
    0x31, 0xc0,                   /* xor %eax, %eax */
    0xb9, 0x00, 0x02, 0x00, 0x00, /* mov $512, %ecx */
    0xf3, 0x48, 0xab,             /* rep stosq */
    /* SW_EXITCODE: AP jump table; SW_EXITINFO1: 0, set; SW_EXITINFO2: its address. */
    0xb8, 0x05, 0x00, 0x00, 0x80,                               /* mov $0x80000005, %eax */
    0x48, 0x89, 0x83, 0x90, 0x03, 0x00, 0x00,                   /* mov %rax, 0x390(%rbx) */
    0xc7, 0x83, 0xa0, 0x03, 0x00, 0x00, 0x00, 0x20, 0x0e, 0x00, /* movl $0xe2000, 0x3a0(%rbx) */
    /* These three are valid; version 1. */
    0xc7, 0x83, 0xfc, 0x03, 0x00, 0x00, 0x00, 0x00, 0x1c, 0x00, /* movl $0x1c0000, 0x3fc(%rbx) */
    0x66, 0xc7, 0x83, 0xfa, 0x0f, 0x00, 0x00, 0x01, 0x00,       /* movw $1, 0xffa(%rbx) */
    /* Ask the hypervisor. */
    0x89, 0xd8,                   /* mov %ebx, %eax */
    0x31, 0xd2,                   /* xor %edx, %edx */
    0xb9, 0x30, 0x01, 0x01, 0xc0, /* mov $0xc0010130, %ecx */
    0x0f, 0x30,                   /* wrmsr */
    0xf3, 0x0f, 0x01, 0xd9,       /* vmgexit */
    /* SW_EXITINFO1 is still 0: enter the kernel. */
    0x83, 0xbb, 0x98, 0x03, 0x00, 0x00, 0x00, /* cmpl $0, 0x398(%rbx) */
    0x75, 0x07,                               /* jne 1f */
    0xb8, 0x00, 0x00, 0x00, 0x00,             /* mov $KERNEL_ENTRY, %eax */
    0xff, 0xe0,                               /* jmp *%rax */
    /* Ask to be terminated. */
    0xb8, 0x00, 0x01, 0x00, 0x00, /* 1: mov $0x100, %eax */
    0x31, 0xd2,                   /* xor %edx, %edx */
    0x0f, 0x30,                   /* wrmsr */
    0xf3, 0x0f, 0x01, 0xd9,       /* vmgexit */
    0xf4,                         /* 2: hlt */
    0xeb, 0xfd,                   /* jmp 2b */
};

#define STOP_OFFSET  0x20
#define ENTRY_OFFSET 0x53 /* of the kernel's address in bsp_code */

GBytes *es_start_new(uint32_t kernel_entry)
{
    uint8_t *page = g_malloc0(GUEST_PAGE_SIZE);
    const uint32_t entry = GUINT32_TO_LE(kernel_entry);

    memcpy(page, table, sizeof(table));
    memcpy(page + (ES_START_AP - ES_START_GPA), ap_code, sizeof(ap_code));
    memcpy(page + STOP_OFFSET, stop_code, sizeof(stop_code));
    memcpy(page + (ES_START_BSP - ES_START_GPA), bsp_code, sizeof(bsp_code));
    memcpy(page + (ES_START_BSP - ES_START_GPA) + ENTRY_OFFSET, &entry, sizeof(entry));
    return g_bytes_new_take(page, GUEST_PAGE_SIZE);
}
