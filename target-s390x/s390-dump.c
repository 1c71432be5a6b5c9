/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dump of the whole guest, MachineClass.dump: what s390-core.h says, in the file's order, which is also the
 * one in which KVM and the ultravisor want to be asked about a secure guest (s390-pv-dump.h).
 */
#include <inttypes.h>
#include "target-s390x/s390-core.h"
#include "target-s390x/s390-machine.h"
#include "target-s390x/s390-pv-dump.h"

/* What is read of memory at a time. */
#define MEMORY_CHUNK UINT64_C(0x100000)
/* And asked of KVM, which holds a lock of the VM meanwhile: at most 4 MiB of buffer. */
#define STORAGE_CHUNK (64 * S390_PV_DUMP_MIB)

/** A dump that is being made. */
typedef struct Dump {
    MachineState *machine;
    S390Pv *pv; /* NULL: of a plain guest */
    CoreFile *file;
    GArray *segments; /* of S390CoreSegment */
    GByteArray *notes;
    uint64_t memory_size;
    S390CoreSection sections[2];
    Progress progress;
} Dump;

/* ---- what there is ---- */

static void find_segments(Dump *dump)
{
    const GPtrArray *blocks = dump->machine->ram.blocks;

    for (guint i = 0; i < blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(blocks, i);
        const S390CoreSegment segment = { block->gpa, block->size };

        if (!block->alias) {
            g_array_append_val(dump->segments, segment);
            dump->memory_size += block->size;
        }
    }
}

static S390CoreLayout layout_of(const Dump *dump)
{
    return (S390CoreLayout){
        .notes_size = dump->notes->len,
        .segments = (const S390CoreSegment *)(const void *)dump->segments->data,
        .n_segments = dump->segments->len,
        .sections = dump->sections,
        .n_sections = dump->pv ? G_N_ELEMENTS(dump->sections) : 0,
    };
}

/* ---- the parts of the file ---- */

static bool add_cpus(Dump *dump, Error **errp)
{
    const size_t size = dump->pv ? dump->pv->dump.cpu_size : 0;
    g_autofree uint8_t *buffer = g_malloc0(size);

    for (guint i = 0; i < dump->machine->vcpus->len; i++) {
        const Vcpu *vcpu = g_ptr_array_index(dump->machine->vcpus, i);

        s390_core_add_registers(dump->notes, s390_run(vcpu), vcpu->index);
        if (dump->pv) {
            if (!s390_pv_dump_cpu(dump->pv, vcpu, buffer, errp)) {
                return false;
            }
            s390_core_add_note(dump->notes, S390_NOTE_LINUX, S390_NOTE_PV_CPU_DATA, buffer, size);
        }
    }
    return true;
}

static bool write_head(Dump *dump, Error **errp)
{
    const S390CoreLayout layout = layout_of(dump);
    g_autoptr(GByteArray) head = s390_core_head(&layout);

    return core_file_write(dump->file, head->data, head->len, errp) &&
           core_file_write(dump->file, dump->notes->data, dump->notes->len, errp);
}

static bool write_memory(Dump *dump, const S390CoreSegment *segment, Error **errp)
{
    for (uint64_t done = 0; done < segment->size;) {
        const uint64_t size = MIN(segment->size - done, MEMORY_CHUNK);
        const uint8_t *memory = guest_ram_pointer(&dump->machine->ram, segment->gpa + done, size, errp);

        if (!memory || !core_file_write_sparse(dump->file, memory, size, errp)) {
            return false;
        }
        done += size;
        progress_add(&dump->progress, size);
    }
    return true;
}

static bool write_storage(Dump *dump, const S390CoreSegment *segment, Error **errp)
{
    const uint64_t step = dump->pv->dump.storage_size;
    g_autofree uint8_t *buffer = g_malloc0(STORAGE_CHUNK / S390_PV_DUMP_MIB * step);

    for (uint64_t done = 0; done < segment->size;) {
        const uint64_t size = MIN(segment->size - done, STORAGE_CHUNK);
        const uint64_t length = size / S390_PV_DUMP_MIB * step;

        if (!s390_pv_dump_storage(dump->pv, dump->machine->kvm, segment->gpa + done, size, buffer, errp) ||
            !core_file_write(dump->file, buffer, length, errp)) {
            return false;
        }
        done += size;
        progress_add(&dump->progress, length);
    }
    return true;
}

static bool write_end(Dump *dump, Error **errp)
{
    const size_t size = dump->pv->dump.end_size;
    g_autofree uint8_t *buffer = g_malloc0(size);

    return s390_pv_dump_complete(dump->pv, dump->machine->kvm, buffer, errp) &&
           core_file_write(dump->file, buffer, size, errp);
}

static bool for_segments(Dump *dump, bool (*write)(Dump *dump, const S390CoreSegment *segment, Error **errp),
                         Error **errp)
{
    for (guint i = 0; i < dump->segments->len; i++) {
        if (!write(dump, &g_array_index(dump->segments, S390CoreSegment, i), errp)) {
            return false;
        }
    }
    return true;
}

static bool write_names(Dump *dump, Error **errp)
{
    const S390CoreLayout layout = layout_of(dump);
    g_autoptr(GByteArray) names = s390_core_names(&layout);

    return core_file_write(dump->file, names->data, names->len, errp);
}

static bool write_all(Dump *dump, Error **errp)
{
    return add_cpus(dump, errp) && write_head(dump, errp) && for_segments(dump, write_memory, errp) &&
           (!dump->pv || (for_segments(dump, write_storage, errp) && write_end(dump, errp))) &&
           write_names(dump, errp);
}

/* ---- all of it ---- */

static bool dump_guest(MachineState *machine, S390Pv *pv, CoreFile *file, Error **errp)
{
    Dump dump = { .machine = machine, .pv = pv, .file = file };
    uint64_t states_size;
    bool done;

    dump.segments = g_array_new(FALSE, FALSE, sizeof(S390CoreSegment));
    dump.notes = g_byte_array_new();
    find_segments(&dump);
    states_size = pv ? dump.memory_size / S390_PV_DUMP_MIB * pv->dump.storage_size : 0;
    dump.sections[0] = (S390CoreSection){ "pv_mem_meta", states_size };
    dump.sections[1] = (S390CoreSection){ "pv_compl", pv ? pv->dump.end_size : 0 };
    dump.progress = progress_begin(&machine->progress, "dumping the guest", dump.memory_size + states_size);
    done = write_all(&dump, errp);
    g_array_unref(dump.segments);
    g_byte_array_unref(dump.notes);
    return done;
}

/* KVM lets the guest run no more, and tells it by EINVAL alone. */
static bool cannot_go_on(MachineState *machine, const Error *why, Error **errp)
{
    machine->vm_is_spent = true;
    machine_request_exit(
        machine,
        (MachineExit){ .kind = MACHINE_EXIT_ERROR,
                       .error = error_new(CGVM_ERROR_KERNEL, 0,
                                          "a dump of the guest has failed and could not be ended, and "
                                          "until then KVM does not let it run: %s",
                                          cgvm_error_message(why)) });
    return error_prepend(errp,
                         "the dump has failed and could not be ended (%s), so the guest cannot run on, but "
                         "'system_reset' starts it anew; the reason was: ",
                         cgvm_error_message(why));
}

bool s390_machine_dump(MachineState *machine, CoreFile *file, Error **errp)
{
    S390Pv *pv = &S390_MACHINE(machine)->pv;
    g_autoptr(Error) why = NULL;

    if (!s390_pv_is_secure(pv)) {
        return dump_guest(machine, NULL, file, errp);
    }
    if (!s390_pv_dump_begin(pv, machine->kvm, errp)) {
        return false;
    }
    return dump_guest(machine, pv, file, errp) ||
           (!s390_pv_dump_abandon(pv, machine->kvm, &why) && cannot_go_on(machine, why, errp));
}
