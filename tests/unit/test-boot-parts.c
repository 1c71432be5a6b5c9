/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of what lies where in a pseries guest: kernels of both byte orders, an initrd clear of them, and what
 * has no place.
 */
#include <inttypes.h>
#include "target-ppc/kvm-ppc-abi.h"
#include "tests/unit/ppc-machine.h"

#define MIB UINT64_C(0x100000)

static char *write_file(const void *data, size_t size)
{
    char *path = NULL;
    int fd = g_file_open_tmp("cgvm-file-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    return path;
}

static void set_kernel(PpcGuest *guest, char *path)
{
    g_unlink(guest->kernel);
    g_free(guest->kernel);
    guest->kernel = path;
    ppc_set(guest->machine, "kernel", path);
}

static void set_memory(PpcGuest *guest, const char *size)
{
    g_autofree char *json = g_strdup_printf("{ \"memory\": { \"size\": \"%s\" } }", size);
    g_autoptr(json_object) keyval = json_tokener_parse(json);

    g_assert_true(object_set_properties_from_keyval(OBJECT(guest->machine), keyval, false, NULL));
}

static void assert_refused(PpcGuest *guest, CgvmErrorCode code, const char *words)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(machine_load(guest->machine, &error));
    g_test_message("%s", cgvm_error_message(error));
    g_assert_nonnull(strstr(cgvm_error_message(error), words));
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

static void test_layout(gconstpointer data)
{
    bool is_big = GPOINTER_TO_UINT(data);
    g_auto(PpcGuest) guest = ppc_guest_new(false);
    const PseriesMachineState *pseries = PSERIES_MACHINE(guest.machine);
    g_autofree char *bytes = g_strnfill(100000, 'i'), *initrd = write_file(bytes, 100000);
    KvmPpcRegs regs;
    const Vcpu *vcpu;
    uint64_t end = 0;

    set_kernel(&guest, ppc_kernel_new(is_big));
    ppc_set(guest.machine, "initrd", initrd);
    ppc_guest_start(&guest);
    g_assert_cmphex(pseries->boot.kernel_end, ==, PPC_KERNEL_END);
    g_assert_cmphex(pseries->boot.rtas_gpa, ==, 0x20000);
    g_assert_cmphex(pseries->boot.initrd_gpa, ==, 0x30000);
    g_assert_cmphex(pseries->boot.tree_gpa, ==, 0x50000);
    for (guint i = 0; i < pseries->boot.parts->len; i++) {
        const BootPart *part = &g_array_index(pseries->boot.parts, BootPart, i);
        size_t size;
        const void *contents = g_bytes_get_data(part->contents, &size);

        g_assert_cmphex(part->gpa, >=, end);
        g_assert_cmpmem(guest_ram_pointer(&guest.machine->ram, part->gpa, size, NULL), size, contents, size);
        end = part->gpa + size;
    }
    g_assert_cmpuint(pseries->boot.parts->len, ==, 4);
    vcpu = g_ptr_array_index(guest.machine->vcpus, 0);
    g_assert_cmpint(kvm_try(vcpu->kvm, vcpu->fd, KVMIO_GET_REGS, &regs), ==, 0);
    g_assert_cmphex(regs.pc, ==, 0);
    g_assert_cmphex(regs.gpr[3], ==, 0x50000);
    g_assert_cmphex(regs.gpr[5], ==, 0);
    g_assert_cmphex(regs.msr, ==, MSR_SF | MSR_ME | (is_big ? 0 : MSR_LE));
    g_unlink(initrd);
}

/* A kernel for another processor, one that no memory is for, one without code where it starts. */
static void test_other_kernels(void)
{
    g_auto(PpcGuest) guest = ppc_guest_new(false);
    g_auto(ElfFile) x86 = elf_file_new(true, false, 62, 0), small = elf_file_new(false, true, 20, 0);
    g_auto(ElfFile) far = elf_file_new(true, true, 21, 0), lost = elf_file_new(true, true, 21, 0x5000);
    g_auto(ElfFile) odd = elf_file_new(true, true, 21, 0x1002);

    elf_file_add_segment(&x86, 0x1000, 0, 0, "code", 4, 0);
    elf_file_add_segment(&small, 0x1000, 0, 0, "code", 4, 0);
    elf_file_add_segment(&far, 0x1000, 0, 600 * MIB, "code", 4, 0);
    elf_file_add_segment(&lost, 0x1000, 0x1000, 0x1000, "code", 4, 0);
    elf_file_add_segment(&odd, 0x1000, 0x1000, 0x1000, "code", 4, 0);
    set_kernel(&guest, write_file(x86.bytes->data, x86.bytes->len));
    assert_refused(&guest, CGVM_ERROR_UNSUPPORTED,
                   "is a 64-bit little-endian ELF file for machine 62, and a pseries");
    set_kernel(&guest, write_file(small.bytes->data, small.bytes->len));
    assert_refused(&guest, CGVM_ERROR_UNSUPPORTED,
                   "is a 32-bit big-endian ELF file for machine 20, and a pseries");
    set_kernel(&guest, write_file(far.bytes->data, far.bytes->len));
    assert_refused(&guest, CGVM_ERROR_INVALID,
                   "lies from 0x25800000 to 0x25800003, and the guest's memory ends at "
                   "0x20000000; give it more with -m");
    set_kernel(&guest, write_file(lost.bytes->data, lost.bytes->len));
    assert_refused(&guest, CGVM_ERROR_INVALID, "starts at 0x5000, where it has no code");
    set_kernel(&guest, write_file(odd.bytes->data, odd.bytes->len));
    assert_refused(&guest, CGVM_ERROR_INVALID, "starts at 0x1002, where it has no code");
    set_kernel(&guest, write_file("text", 4));
    assert_refused(&guest, CGVM_ERROR_UNSUPPORTED, "is not an ELF file; give a vmlinux");
}

/* Above 4 GiB there is no place for RTAS, which is called with 32-bit addresses. */
static void test_no_place(void)
{
    g_auto(PpcGuest) guest = ppc_guest_new(false);
    g_auto(ElfFile) large = elf_file_new(true, true, 21, 0);
    g_autofree char *bytes = g_malloc0(20 * MIB), *initrd = write_file(bytes, 20 * MIB);

    elf_file_add_segment(&large, 0x1000, 0, 0, "code", 4, 4096 * MIB);
    set_memory(&guest, "8G");
    set_kernel(&guest, write_file(large.bytes->data, large.bytes->len));
    assert_refused(&guest, CGVM_ERROR_INVALID, "which leaves no place for RTAS below 4 GiB");
    set_kernel(&guest, ppc_kernel_new(false));
    set_memory(&guest, "16M");
    ppc_set(guest.machine, "initrd", initrd);
    assert_refused(
        &guest, CGVM_ERROR_INVALID,
        "kernel, RTAS, initrd and device tree need memory up to 0x1430000, and the guest's ends at "
        "0x1000000; give it more with -m");
    g_unlink(initrd);
}

static void test_options(void)
{
    g_auto(PpcGuest) guest = ppc_guest_new(false);
    g_autoptr(json_object) threads =
        json_tokener_parse("{ \"smp\": { \"cpus\": \"4\", \"threads\": \"2\" } }");

    set_memory(&guest, "520M");
    assert_refused(&guest, CGVM_ERROR_INVALID, "a multiple of 16 MiB");
    set_memory(&guest, "512M");
    ppc_set(guest.machine, "cpu-type", "EPYC");
    assert_refused(&guest, CGVM_ERROR_NOT_FOUND, "there are POWER9 and POWER10");
    ppc_set(guest.machine, "cpu-type", "POWER9");
    ppc_set(guest.machine, "firmware", "slof.bin");
    assert_refused(&guest, CGVM_ERROR_UNSUPPORTED, "leave -bios out");
    g_assert_true(object_set_properties_from_keyval(OBJECT(guest.machine), threads, false, NULL));
    assert_refused(&guest, CGVM_ERROR_UNSUPPORTED, "one thread on each core");
}

static void test_no_kernel(void)
{
    g_autoptr(Object) machine = object_new(TYPE_PSERIES_MACHINE);
    g_autoptr(Error) error = NULL;

    g_assert_false(machine_load(MACHINE(machine), &error));
    g_assert_nonnull(strstr(cgvm_error_message(error), "no kernel is given; name a vmlinux with -kernel"));
}

/* 1 TiB can be planned, wherever that is. */
static void test_large(void)
{
    g_auto(PpcGuest) guest = ppc_guest_new(true);
    g_autoptr(Error) error = NULL;
    const LaunchPlan *plan;

    set_memory(&guest, "1T");
    ppc_guest_set_cpus(&guest, "64");
    plan = confidential_guest_plan(CONFIDENTIAL_GUEST_SUPPORT(guest.machine->guard), guest.machine, &error);
    g_assert_nonnull(plan);
    g_assert_cmpuint(plan->n_vcpus, ==, 64);
    g_assert_cmpuint(plan->n_ranges, ==, 3);
    g_assert_null(plan->digest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ppc_types_register();
    g_test_add_data_func("/boot-parts/layout/little", GUINT_TO_POINTER(0), test_layout);
    g_test_add_data_func("/boot-parts/layout/big", GUINT_TO_POINTER(1), test_layout);
    g_test_add_func("/boot-parts/other-kernels", test_other_kernels);
    g_test_add_func("/boot-parts/no-place", test_no_place);
    g_test_add_func("/boot-parts/options", test_options);
    g_test_add_func("/boot-parts/no-kernel", test_no_kernel);
    g_test_add_func("/boot-parts/large", test_large);
    return g_test_run();
}
