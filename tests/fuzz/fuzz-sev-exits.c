/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: a hostile guest. Exits with any arguments, one after the other, which must neither end
 * anything but the guest nor reach memory that they do not name.
 *
 * The input is a sequence of records of 25 bytes: the kind of exit, and three numbers, little endian.
 */
#include <string.h>
#include "tests/unit/sev-run.h"

#define RECORD      25
#define MAX_RECORDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Record {
    uint8_t kind;
    uint64_t numbers[3];
} Record;

static Record read_record(const uint8_t *data)
{
    Record record = { .kind = data[0] };

    memcpy(record.numbers, data + 1, sizeof(record.numbers));
    for (int i = 0; i < 3; i++) {
        record.numbers[i] = GUINT64_FROM_LE(record.numbers[i]);
    }
    return record;
}

static void fill(SevRun *f)
{
    for (guint i = 0; i < f->machine->ram.blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(f->machine->ram.blocks, i);

        memset(block->host, 0x5a, block->size);
    }
}

/* Pages that are not among the @n_pages from @gpa hold what they held. */
static void check_others(SevRun *f, uint64_t gpa, uint64_t n_pages)
{
    for (guint i = 0; i < f->machine->ram.blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(f->machine->ram.blocks, i);

        for (uint64_t offset = 0; offset < block->size; offset += PAGE) {
            uint64_t page = block->gpa + offset;

            if (page < gpa / PAGE * PAGE || (page - gpa / PAGE * PAGE) / PAGE >= n_pages) {
                g_assert_cmphex(block->host[offset], ==, 0x5a);
                g_assert_cmphex(block->host[offset + PAGE - 1], ==, 0x5a);
            }
        }
    }
}

static void try_map(SevRun *f, const Record *record)
{
    uint64_t gpa = record->numbers[0], n_pages = record->numbers[1], attributes = record->numbers[2];
    uint64_t answer = map_gpa_range(f, gpa, n_pages, attributes);

    assert_goes_on(f);
    if (answer != 0) {
        g_assert_cmpuint(answer, ==, EINVAL);
        fake_assert_log(&f->host, "");
        n_pages = 0;
    } else {
        g_assert_cmpuint(gpa % PAGE, ==, 0);
        g_assert_cmpuint(n_pages, >, 0);
        g_assert_cmpuint(gpa / PAGE + n_pages, <=, UINT64_C(1) << 52);
    }
    check_others(f, gpa, attributes & 0x10 ? n_pages : 0);
}

static void try_fault(SevRun *f, const Record *record)
{
    uint64_t gpa = record->numbers[0], size = record->numbers[1], flags = record->numbers[2];

    memory_fault(f, gpa, size, flags, 1);
    if (f->machine->stopping) {
        fake_assert_log(&f->host, "");
        size = 0;
    }
    check_others(f, gpa, flags & KVM_MEMORY_FAULT_PRIVATE ? size / PAGE : 0);
}

/* Whatever the guest has written to the GHCB MSR is text that can be shown. */
static void try_end(SevRun *f, const Record *record)
{
    const char *message;

    f->shared.run.exit_reason = record->kind & 4 ? KVMEXIT_FAIL_ENTRY : KVMEXIT_SYSTEM_EVENT;
    f->shared.run.system_event.type = KVM_SYSTEM_EVENT_TYPE_SEV_TERM;
    f->shared.run.system_event.ndata = (uint32_t)record->numbers[0];
    f->shared.run.system_event.data[0] = record->numbers[1];
    g_assert_true(sev_exit(f->cgs, f->machine, &f->vcpu));
    g_assert_true(f->machine->stopping);
    message = cgvm_error_message(f->machine->exit.error);
    g_assert_true(g_utf8_validate(message, -1, NULL));
    g_assert_null(strchr(message, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SevRun f;

    builtins_init();
    sev_run_init(&f, "sev-snp-guest", true);
    for (size_t i = 0; i + RECORD <= MIN(size, RECORD * MAX_RECORDS) && !f.machine->stopping; i += RECORD) {
        Record record = read_record(data + i);

        fill(&f);
        if (record.kind % 3 == 0) {
            try_map(&f, &record);
        } else if (record.kind % 3 == 1) {
            try_fault(&f, &record);
        } else {
            try_end(&f, &record);
        }
        g_string_truncate(f.host.log, 0);
    }
    sev_run_clear(&f);
    return 0;
}
