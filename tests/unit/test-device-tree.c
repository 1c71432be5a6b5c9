/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the device tree as libfdt reads it, for machines from small to large.
 * tests/launch/test_device_tree.py compares its source with a golden file, and asks dtc.
 */
#include "target-ppc/device-tree.h"
#include <libfdt.h>
#include <string.h>

#define GIB UINT64_C(0x40000000)

static const char *const calls[] = { "power-off", "system-reboot", NULL };

static DeviceTreeFacts facts_for(unsigned n_cpus, uint64_t memory_size)
{
    return (DeviceTreeFacts){
        .cpu = ppc_cpu_find("power9", NULL),
        .n_cpus = n_cpus,
        .memory_size = memory_size,
        .rtas_gpa = 0x20000,
        .rtas_size = 20,
        .nvram_size = 0x4000,
        .bootargs = "console=hvc0",
        .initrd_start = 0x30000,
        .initrd_end = 0x30123,
        .rtas_calls = calls,
        .rtas_first_token = 0x2000,
    };
}

static const void *get(const void *tree, const char *path, const char *name, int size)
{
    int node = fdt_path_offset(tree, path), length = -1;
    const void *value = node < 0 ? NULL : fdt_getprop(tree, node, name, &length);

    g_assert_nonnull(value);
    g_assert_cmpint(length, ==, size);
    return value;
}

static uint32_t get_cell(const void *tree, const char *path, const char *name)
{
    return fdt32_to_cpu(*(const fdt32_t *)get(tree, path, name, 4));
}

static bool has(const void *tree, const char *path, const char *name)
{
    int node = fdt_path_offset(tree, path);

    return node >= 0 && fdt_getprop(tree, node, name, NULL);
}

static GBytes *make(const DeviceTreeFacts *facts, const void **ret_tree)
{
    GBytes *bytes = device_tree_new(facts);
    size_t size;

    *ret_tree = g_bytes_get_data(bytes, &size);
    g_assert_cmpint(fdt_check_full(*ret_tree, size), ==, 0);
    g_assert_cmpuint(fdt_totalsize(*ret_tree), ==, size);
    return bytes;
}

static void test_sizes(void)
{
    static const unsigned cpus[] = { 1, 2, 64, 1024 };
    static const uint64_t memory[] = { GIB / 4, 4 * GIB, 1024 * GIB };

    for (size_t i = 0; i < G_N_ELEMENTS(cpus); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(memory); j++) {
            const DeviceTreeFacts facts = facts_for(cpus[i], memory[j]);
            const void *tree;
            G_GNUC_UNUSED g_autoptr(GBytes) bytes = make(&facts, &tree);
            g_autofree char *last = g_strdup_printf("/cpus/PowerPC,POWER9@%x", cpus[i] - 1);
            g_autofree char *behind = g_strdup_printf("/cpus/PowerPC,POWER9@%x", cpus[i]);
            const fdt32_t *reg = get(tree, "/memory@0", "reg", 16);

            g_assert_cmpuint(get_cell(tree, last, "reg"), ==, cpus[i] - 1);
            g_assert_cmpuint(get_cell(tree, last, "ibm,ppc-interrupt-server#s"), ==, cpus[i] - 1);
            g_assert_cmpint(fdt_path_offset(tree, behind), <, 0);
            g_assert_cmphex((uint64_t)fdt32_to_cpu(reg[2]) << 32 | fdt32_to_cpu(reg[3]), ==, memory[j]);
            g_assert_cmpuint(fdt32_to_cpu(((const fdt32_t *)get(tree, "/interrupt-controller",
                                                                "ibm,interrupt-server-ranges", 8))[1]),
                             ==, cpus[i]);
        }
    }
}

/* What Linux looks for when it starts. */
static void test_boot(void)
{
    const DeviceTreeFacts facts = facts_for(1, GIB);
    const void *tree;
    G_GNUC_UNUSED g_autoptr(GBytes) bytes = make(&facts, &tree);
    const uint8_t *vector = get(tree, "/chosen", "ibm,architecture-vec-5", 27);
    const uint8_t *features = get(tree, "/cpus/PowerPC,POWER9@0", "ibm,pa-features", 66);
    uint64_t address, size;

    g_assert_cmpstr(get(tree, "/", "device_type", 5), ==, "chrp");
    g_assert_cmpstr(get(tree, "/chosen", "bootargs", 13), ==, "console=hvc0");
    g_assert_cmphex(fdt64_ld(get(tree, "/chosen", "linux,initrd-start", 8)), ==, 0x30000);
    g_assert_cmphex(fdt64_ld(get(tree, "/chosen", "linux,initrd-end", 8)), ==, 0x30123);
    g_assert_cmphex(vector[24] & 0xc0, ==, 0x40); /* radix trees alone */
    g_assert_cmphex(vector[26] & 0x40, ==, 0x40);
    g_assert_cmphex(vector[23], ==, 0); /* no XIVE */
    g_assert_cmphex(features[2 + 40] & 0x80, ==, 0x80);
    g_assert_cmphex(get_cell(tree, "/cpus/PowerPC,POWER9@0", "cpu-version"), ==, 0x0f000005);
    g_assert_cmpuint(get_cell(tree, "/cpus/PowerPC,POWER9@0", "timebase-frequency"), ==, 512000000);
    g_assert_cmphex(get_cell(tree, "/rtas", "linux,rtas-base"), ==, 0x20000);
    g_assert_cmpint(fdt_num_mem_rsv(tree), ==, 1);
    g_assert_cmpint(fdt_get_mem_rsv(tree, 0, &address, &size), ==, 0);
    g_assert_cmphex(address, ==, 0x20000);
    g_assert_cmpuint(size, ==, 20);
    g_assert_cmphex(get_cell(tree, "/rtas", "power-off"), ==, 0x2000);
    g_assert_cmphex(get_cell(tree, "/rtas", "system-reboot"), ==, 0x2001);
    g_assert_cmpstr(get(tree, "/vdevice/vty@71000000", "compatible", 8), ==, "hvterm1");
    g_assert_cmpuint(get_cell(tree, "/vdevice/nvram@71000001", "#bytes"), ==, 0x4000);
    g_assert_cmpuint(get_cell(tree, "/interrupt-controller", "phandle"), ==,
                     get_cell(tree, "/", "interrupt-parent"));
}

static void test_without(void)
{
    DeviceTreeFacts facts = facts_for(1, GIB);
    const void *tree;
    g_autoptr(GBytes) bytes = NULL;

    facts.bootargs = NULL;
    facts.initrd_end = facts.initrd_start;
    facts.cpu = ppc_cpu_find("POWER10", NULL);
    bytes = make(&facts, &tree);
    g_assert_false(has(tree, "/chosen", "bootargs"));
    g_assert_false(has(tree, "/chosen", "linux,initrd-start"));
    g_assert_cmphex(get_cell(tree, "/cpus/PowerPC,POWER10@0", "cpu-version"), ==, 0x0f000006);
}

/* Room is made for command lines of any length. */
static void test_long_bootargs(void)
{
    DeviceTreeFacts facts = facts_for(1, GIB);
    g_autofree char *text = g_strnfill(200000, 'x');
    const void *tree;
    g_autoptr(GBytes) bytes = NULL;

    facts.bootargs = text;
    bytes = make(&facts, &tree);
    g_assert_cmpstr(get(tree, "/chosen", "bootargs", 200001), ==, text);
}

static void test_cpu_models(void)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *help = ppc_cpu_help();

    g_assert_cmpstr(ppc_cpu_find(NULL, NULL)->name, ==, "POWER9");
    g_assert_null(ppc_cpu_find("POWER8", &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "there is no CPU model 'POWER8' of a pseries machine; there are POWER9 and POWER10");
    g_assert_cmpstr(ppc_cpu_name(0x004e1202), ==, "POWER9");
    g_assert_cmpstr(ppc_cpu_name(0x00800200), ==, "POWER10");
    g_assert_null(ppc_cpu_name(0x004b0201));
    g_assert_nonnull(strstr(help, "POWER10"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device-tree/sizes", test_sizes);
    g_test_add_func("/device-tree/boot", test_boot);
    g_test_add_func("/device-tree/without", test_without);
    g_test_add_func("/device-tree/long-bootargs", test_long_bootargs);
    g_test_add_func("/device-tree/cpu-models", test_cpu_models);
    return g_test_run();
}
