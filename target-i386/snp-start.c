/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/snp-start.h"
#include <inttypes.h>
#include <string.h>
#include "qapi-builtins.h"
#include "target-i386/linux-launch.h"

#define LARGEST_END (UINT64_C(512) << 30)

/* ---- the code ---- */

/* With the source in tests/guest/snp-start.S, which a test assembles to compare them. */
static const uint8_t code[] = {
    0xbb, 0x00, 0x21, 0x0e, 0x00, /* mov $0xe2100, %ebx */
    /* Each range: from R8 up to R9, which is 0 behind the last one. */
    0x4c, 0x8b, 0x03,       /* 1: mov (%rbx), %r8 */
    0x4c, 0x8b, 0x4b, 0x08, /* mov 8(%rbx), %r9 */
    0x83, 0xc3, 0x10,       /* add $16, %ebx */
    0x4d, 0x85, 0xc9,       /* test %r9, %r9 */
    0x74, 0x56,             /* je 5f */
    /* Each page, large if it can be. */
    0x4d, 0x39, 0xc8,                         /* 2: cmp %r9, %r8 */
    0x73, 0xec,                               /* jae 1b */
    0xba, 0x01, 0x00, 0x00, 0x00,             /* mov $1, %edx */
    0x41, 0xf7, 0xc0, 0xff, 0xff, 0x1f, 0x00, /* test $0x1fffff, %r8d */
    0x75, 0x28,                               /* jne 3f */
    0x4d, 0x8d, 0x90, 0x00, 0x00, 0x20, 0x00, /* lea 0x200000(%r8), %r10 */
    0x4d, 0x39, 0xca,                         /* cmp %r9, %r10 */
    0x77, 0x1c,                               /* ja 3f */
    0x4c, 0x89, 0xc0,                         /* mov %r8, %rax */
    0xb9, 0x01, 0x00, 0x00, 0x00,             /* mov $1, %ecx */
    0xf2, 0x0f, 0x01, 0xff,                   /* pvalidate */
    0x72, 0x30,                               /* jc 6f */
    0x85, 0xc0,                               /* test %eax, %eax */
    0x89, 0xc1,                               /* mov %eax, %ecx */
    0x4c, 0x89, 0xd0,                         /* mov %r10, %rax */
    0x74, 0x1b,                               /* je 4f */
    0x83, 0xf9, 0x06,                         /* cmp $6, %ecx: the host has small pages there */
    0x75, 0x22,                               /* jne 6f */
    0x4c, 0x89, 0xc0,                         /* 3: mov %r8, %rax */
    0x31, 0xc9,                               /* xor %ecx, %ecx */
    0xf2, 0x0f, 0x01, 0xff,                   /* pvalidate */
    0x72, 0x17,                               /* jc 6f */
    0x85, 0xc0,                               /* test %eax, %eax */
    0x75, 0x13,                               /* jne 6f */
    0x49, 0x8d, 0x80, 0x00, 0x10, 0x00, 0x00, /* lea 0x1000(%r8), %rax */
    0x49, 0x89, 0xc0,                         /* 4: mov %rax, %r8 */
    0xeb, 0xaa,                               /* jmp 2b */
    /* Enter the kernel. */
    0xb8, 0x00, 0x00, 0x00, 0x00, /* 5: mov $KERNEL_ENTRY, %eax */
    0xff, 0xe0,                   /* jmp *%rax */
    /* Ask to be terminated. */
    0xb8, 0x00, 0x01, 0x00, 0x00, /* 6: mov $0x100, %eax */
    0x31, 0xd2,                   /* xor %edx, %edx */
    0xb9, 0x30, 0x01, 0x01, 0xc0, /* mov $0xc0010130, %ecx */
    0x0f, 0x30,                   /* wrmsr */
    0xf3, 0x0f, 0x01, 0xd9,       /* vmgexit */
    0xf4,                         /* 7: hlt */
    0xeb, 0xfd,                   /* jmp 7b */
};

#define ENTRY_OFFSET 0x6b /* of the kernel's address in the code */
#define TABLE_OFFSET 0x100

GBytes *snp_start_new(uint32_t kernel_entry, const SnpMemory *memory, unsigned n)
{
    uint8_t *page = g_malloc0(GUEST_PAGE_SIZE);
    const uint32_t entry = GUINT32_TO_LE(kernel_entry);

    G_STATIC_ASSERT(TABLE_OFFSET + (SNP_START_RANGES + 1) * sizeof(*memory) == GUEST_PAGE_SIZE);
    g_assert(n <= SNP_START_RANGES);
    memcpy(page, code, sizeof(code));
    memcpy(page + ENTRY_OFFSET, &entry, sizeof(entry));
    for (unsigned i = 0; i < n; i++) {
        const uint64_t range[] = { GUINT64_TO_LE(memory[i].start), GUINT64_TO_LE(memory[i].end) };

        memcpy(page + TABLE_OFFSET + i * sizeof(range), range, sizeof(range));
    }
    return g_bytes_new_take(page, GUEST_PAGE_SIZE);
}

/* ---- setup data ---- */

#define SETUP_CC_BLOB 7
#define BLOB_MAGIC    0x45444d41 /* "AMDE" */
#define BLOB_VERSION  1

/** A node of setup data, with what it is about behind it. Little-endian. */
typedef struct SetupData {
    uint64_t next;
    uint32_t type, length;
    uint32_t address; /* of the next */
    uint32_t padding;
    uint32_t magic;
    uint16_t version, reserved1;
    uint64_t secrets_address;
    uint32_t secrets_length, reserved2;
    uint64_t cpuid_address;
    uint32_t cpuid_length, reserved3;
} SetupData;
G_STATIC_ASSERT(sizeof(SetupData) == 64);

GBytes *snp_start_blob_new(void)
{
    const SetupData data = {
        .type = GUINT32_TO_LE(SETUP_CC_BLOB),
        .length = GUINT32_TO_LE(sizeof(data) - offsetof(SetupData, address)),
        .address = GUINT32_TO_LE(SNP_BLOB_GPA + offsetof(SetupData, magic)),
        .magic = GUINT32_TO_LE(BLOB_MAGIC),
        .version = GUINT16_TO_LE(BLOB_VERSION),
        .secrets_address = GUINT64_TO_LE(SNP_SECRETS_GPA),
        .secrets_length = GUINT32_TO_LE(GUEST_PAGE_SIZE),
        .cpuid_address = GUINT64_TO_LE(SNP_CPUID_GPA),
        .cpuid_length = GUINT32_TO_LE(GUEST_PAGE_SIZE),
    };

    return g_bytes_new(&data, sizeof(data));
}

/* ---- the plan ---- */

static int compare(const void *a, const void *b)
{
    const SnpMemory *left = a, *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

static void add_pages(GArray *ranges, uint64_t gpa, uint64_t size)
{
    const SnpMemory range = { gpa, (gpa + size + GUEST_PAGE_SIZE - 1) & -(uint64_t)GUEST_PAGE_SIZE };

    g_array_append_val(ranges, range);
}

/* What is launched, in order. Of the page of code only its place is known. */
static GArray *launched_new(const LinuxDirect *direct)
{
    GArray *launched = g_array_new(false, false, sizeof(SnpMemory));

    add_pages(launched, LINUX_BIOS_DATA_GPA, GUEST_PAGE_SIZE);
    add_pages(launched, SNP_START_GPA, GUEST_PAGE_SIZE);
    add_pages(launched, SNP_SECRETS_GPA, GUEST_PAGE_SIZE);
    add_pages(launched, SNP_CPUID_GPA, GUEST_PAGE_SIZE);
    for (unsigned i = 0; i < direct->n_parts; i++) {
        add_pages(launched, direct->parts[i].gpa, g_bytes_get_size(direct->parts[i].bytes));
    }
    g_array_sort(launched, compare);
    return launched;
}

/* Appends what of [start, end) is not in @launched. */
static void add_rest(GArray *memory, const GArray *launched, uint64_t start, uint64_t end)
{
    for (guint i = 0; i < launched->len && start < end; i++) {
        const SnpMemory *range = &g_array_index(launched, SnpMemory, i);

        if (range->start > start) {
            const SnpMemory rest = { start, MIN(range->start, end) };

            g_array_append_val(memory, rest);
        }
        start = MAX(start, range->end);
    }
    if (start < end) {
        const SnpMemory rest = { start, end };

        g_array_append_val(memory, rest);
    }
}

static GArray *memory_new(const LinuxDirect *direct, const GuestRam *ram, Error **errp)
{
    g_autoptr(GArray) memory = g_array_new(false, false, sizeof(SnpMemory));
    g_autoptr(GArray) launched = launched_new(direct);

    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);

        if (block->gpa + block->size > LARGEST_END) {
            return error_setg_null(errp,
                                   "the guest has memory up to 0x%" PRIx64
                                   ", and without a firmware a kernel can be started with 512 GiB of address "
                                   "space at most; give it less (-m), or a firmware (-bios)",
                                   block->gpa + block->size);
        }
        if (block->main) {
            add_rest(memory, launched, block->gpa, block->gpa + block->size);
        }
    }
    g_assert(memory->len <= SNP_START_RANGES);
    return g_steal_pointer(&memory);
}

bool snp_start_plan(LinuxDirect *direct, const GuestRam *ram, unsigned cbitpos, LaunchPlan *plan,
                    Error **errp)
{
    g_autoptr(GArray) memory = NULL;

    linux_direct_encrypt(direct, cbitpos, LINUX_START_VALIDATION);
    linux_direct_set_data(direct, SNP_BLOB_GPA, "setup data", snp_start_blob_new());
    memory = memory_new(direct, ram, errp);
    if (!memory) {
        return false;
    }
    linux_direct_set_part(
        direct, SNP_START_GPA, "validation of memory",
        snp_start_new((uint32_t)linux_direct_entry(direct), (const void *)memory->data, memory->len));
    linux_launch_plan(direct, plan);
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_SECRETS, SNP_SECRETS_GPA, GUEST_PAGE_SIZE, NULL,
                          "secrets page");
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_CPUID, SNP_CPUID_GPA, GUEST_PAGE_SIZE, NULL, "CPUID page");
    return true;
}
