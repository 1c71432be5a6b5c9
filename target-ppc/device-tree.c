/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/device-tree.h"
#include <libfdt.h>
#include <string.h>
#include "target-ppc/kvm-ppc-abi.h"

/* More than any tree with this many CPUs needs: strings are shared, and a CPU has about 700 bytes. */
#define BASE_ROOM         0x8000u
#define ROOM_OF_CPU       0x800u

#define INTERRUPTS_HANDLE 1u
#define EDGE_TRIGGERED    0u

/* Size and line of a POWER9's first caches. */
#define CACHE_SIZE  0x8000u
#define CACHE_LINE  128u

#define CLOCK_HZ    1000000000u
#define SLB_SIZE    32u

#define PA_FEATURES 64
#define VECTOR_5    27

/* A log entry of event-scan or check-exception has at most this size. */
#define RTAS_ERROR_LOG 2048u

/** The tree while it is written. */
typedef struct Tree {
    void *fdt;
    size_t room;
} Tree;

/* The room is a multiple of what is needed, so nothing here can fail. */
static void must(int result)
{
    g_assert_cmpint(result, ==, 0);
}

static void begin(const Tree *tree, const char *name)
{
    must(fdt_begin_node(tree->fdt, name));
}

static void end(const Tree *tree)
{
    must(fdt_end_node(tree->fdt));
}

static void cell(const Tree *tree, const char *name, uint32_t value)
{
    must(fdt_property_u32(tree->fdt, name, value));
}

static void cells(const Tree *tree, const char *name, const uint32_t *values, size_t count)
{
    g_autofree fdt32_t *big_endian = g_new(fdt32_t, count);

    for (size_t i = 0; i < count; i++) {
        big_endian[i] = cpu_to_fdt32(values[i]);
    }
    must(fdt_property(tree->fdt, name, big_endian, (int)(count * sizeof(fdt32_t))));
}

static void bytes(const Tree *tree, const char *name, const void *data, size_t size)
{
    must(fdt_property(tree->fdt, name, data, (int)size));
}

static void text(const Tree *tree, const char *name, const char *value)
{
    must(fdt_property_string(tree->fdt, name, value));
}

static void empty(const Tree *tree, const char *name)
{
    must(fdt_property(tree->fdt, name, NULL, 0));
}

/* ---- memory and chosen ---- */

static void add_memory(const Tree *tree, const DeviceTreeFacts *facts)
{
    const uint32_t reg[] = { 0, 0, facts->memory_size >> 32, (uint32_t)facts->memory_size };

    begin(tree, "memory@0");
    text(tree, "device_type", "memory");
    cells(tree, "reg", reg, G_N_ELEMENTS(reg));
    end(tree);
}

/*
 * Option vector 5 of the negotiation, as it would have ended. Byte 24 says which translation there is (0x40:
 * radix trees alone), byte 26 that the guest invalidates its translations itself; byte 23, which would offer
 * XIVE, is 0.
 */
static void add_vector_5(const Tree *tree)
{
    uint8_t vector[VECTOR_5] = { [0] = VECTOR_5 - 1, [24] = 0x40, [26] = 0x40 };

    bytes(tree, "ibm,architecture-vec-5", vector, sizeof(vector));
}

static void add_chosen(const Tree *tree, const DeviceTreeFacts *facts)
{
    begin(tree, "chosen");
    if (facts->bootargs) {
        text(tree, "bootargs", facts->bootargs);
    }
    if (facts->initrd_end > facts->initrd_start) {
        must(fdt_property_u64(tree->fdt, "linux,initrd-start", facts->initrd_start));
        must(fdt_property_u64(tree->fdt, "linux,initrd-end", facts->initrd_end));
    }
    text(tree, "stdout-path", "/vdevice/vty@71000000");
    add_vector_5(tree);
    end(tree);
}

/* ---- CPUs ---- */

/* What the processor has, by byte and bit from the left (LoPAR, ibm,pa-features). */
static void add_pa_features(const Tree *tree)
{
    static const struct {
        uint8_t byte, bit;
    } features[] = {
        { 0, 0 },  /* memory management */
        { 0, 1 },  /* floating point */
        { 0, 2 },  /* segment lookaside buffer */
        { 0, 3 },  /* run latch */
        { 0, 6 },  /* no-execute pages */
        { 1, 2 },  /* large pages that are not cached */
        { 5, 0 },  /* little endian */
        { 18, 0 }, /* vectors */
        { 20, 0 }, /* vectors and scalars (VSX) */
        { 40, 0 }, /* radix trees */
    };
    uint8_t property[2 + PA_FEATURES] = { PA_FEATURES, 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(features); i++) {
        property[2 + features[i].byte] |= (uint8_t)(0x80 >> features[i].bit);
    }
    bytes(tree, "ibm,pa-features", property, sizeof(property));
}

static void add_cpu(const Tree *tree, const DeviceTreeFacts *facts, uint32_t index)
{
    /* Page sizes of radix trees: 4 KiB, 64 KiB, 2 MiB, 1 GiB; the encoding in the upper three bits. */
    static const uint32_t page_sizes[] = { 0x0000000c, 0xa0000010, 0x20000015, 0x4000001e };
    const uint32_t gserver[] = { index, 0 };
    g_autofree char *name = g_strdup_printf("PowerPC,%s@%x", facts->cpu->name, index);

    begin(tree, name);
    text(tree, "device_type", "cpu");
    cell(tree, "reg", index);
    text(tree, "status", "okay");
    cell(tree, "cpu-version", facts->cpu->logical_pvr);
    cell(tree, "timebase-frequency", PPC_TIMEBASE_HZ);
    cell(tree, "clock-frequency", CLOCK_HZ);
    cell(tree, "d-cache-block-size", CACHE_LINE);
    cell(tree, "d-cache-line-size", CACHE_LINE);
    cell(tree, "d-cache-size", CACHE_SIZE);
    cell(tree, "i-cache-block-size", CACHE_LINE);
    cell(tree, "i-cache-line-size", CACHE_LINE);
    cell(tree, "i-cache-size", CACHE_SIZE);
    cell(tree, "ibm,slb-size", SLB_SIZE);
    cell(tree, "ibm,vmx", 2); /* 1: vectors, 2: and scalars in their registers */
    cell(tree, "ibm,dfp", 1);
    cell(tree, "ibm,purr", 1);
    cell(tree, "ibm,spurr", 1);
    empty(tree, "64-bit");
    add_pa_features(tree);
    cells(tree, "ibm,processor-radix-AP-encodings", page_sizes, G_N_ELEMENTS(page_sizes));
    cell(tree, "ibm,ppc-interrupt-server#s", index);
    cells(tree, "ibm,ppc-interrupt-gserver#s", gserver, G_N_ELEMENTS(gserver));
    end(tree);
}

static void add_cpus(const Tree *tree, const DeviceTreeFacts *facts)
{
    begin(tree, "cpus");
    cell(tree, "#address-cells", 1);
    cell(tree, "#size-cells", 0);
    for (unsigned i = 0; i < facts->n_cpus; i++) {
        add_cpu(tree, facts, i);
    }
    end(tree);
}

/* ---- firmware and hypervisor ---- */

static void add_rtas(const Tree *tree, const DeviceTreeFacts *facts)
{
    /* What hypercalls there are, by groups. */
    static const char functions[] = "hcall-term\0hcall-interrupt\0hcall-splpar\0hcall-set-mode";

    begin(tree, "rtas");
    bytes(tree, "ibm,hypertas-functions", functions, sizeof(functions));
    cell(tree, "rtas-size", (uint32_t)facts->rtas_size);
    cell(tree, "linux,rtas-base", (uint32_t)facts->rtas_gpa);
    cell(tree, "linux,rtas-entry", (uint32_t)facts->rtas_gpa);
    cell(tree, "rtas-error-log-max", RTAS_ERROR_LOG);
    for (unsigned i = 0; facts->rtas_calls[i]; i++) {
        cell(tree, facts->rtas_calls[i], facts->rtas_first_token + i);
    }
    end(tree);
}

static void add_hypervisor(const Tree *tree)
{
    begin(tree, "hypervisor");
    text(tree, "compatible", "linux,kvm");
    end(tree);
}

/* ---- devices ---- */

static void add_interrupts(const Tree *tree, const DeviceTreeFacts *facts)
{
    const uint32_t servers[] = { 0, facts->n_cpus };

    begin(tree, "interrupt-controller");
    text(tree, "device_type", "PowerPC-External-Interrupt-Presentation");
    text(tree, "compatible", "IBM,ppc-xicp");
    empty(tree, "interrupt-controller");
    cells(tree, "ibm,interrupt-server-ranges", servers, G_N_ELEMENTS(servers));
    cell(tree, "#address-cells", 0);
    cell(tree, "#interrupt-cells", 2);
    cell(tree, "phandle", INTERRUPTS_HANDLE);
    end(tree);
}

static void interrupt(const Tree *tree, uint32_t number)
{
    const uint32_t interrupts[] = { number, EDGE_TRIGGERED };

    cells(tree, "interrupts", interrupts, G_N_ELEMENTS(interrupts));
}

static void add_event_sources(const Tree *tree, const DeviceTreeFacts *facts)
{
    begin(tree, "event-sources");
    begin(tree, "epow-events");
    interrupt(tree, facts->epow_irq);
    end(tree);
    end(tree);
}

static void add_devices(const Tree *tree, const DeviceTreeFacts *facts)
{
    begin(tree, "vdevice");
    text(tree, "device_type", "vdevice");
    text(tree, "compatible", "IBM,vdevice");
    cell(tree, "#address-cells", 1);
    cell(tree, "#size-cells", 0);
    begin(tree, "vty@71000000");
    text(tree, "device_type", "serial");
    text(tree, "compatible", "hvterm1");
    cell(tree, "reg", PAPR_TERM_UNIT);
    interrupt(tree, facts->term_irq);
    end(tree);
    begin(tree, "nvram@71000001");
    text(tree, "device_type", "nvram");
    text(tree, "compatible", "cgvm,nvram");
    cell(tree, "reg", PAPR_TERM_UNIT + 1);
    cell(tree, "#bytes", facts->nvram_size);
    end(tree);
    end(tree);
}

/* ---- the whole ---- */

GBytes *device_tree_new(const DeviceTreeFacts *facts)
{
    size_t bootargs = facts->bootargs ? strlen(facts->bootargs) : 0;
    const Tree tree = { .room = BASE_ROOM + bootargs + (size_t)facts->n_cpus * ROOM_OF_CPU,
                        .fdt = g_malloc0(BASE_ROOM + bootargs + (size_t)facts->n_cpus * ROOM_OF_CPU) };

    must(fdt_create(tree.fdt, (int)tree.room));
    /* The guest must not take RTAS's memory for its own. */
    must(fdt_add_reservemap_entry(tree.fdt, facts->rtas_gpa, facts->rtas_size));
    must(fdt_finish_reservemap(tree.fdt));
    begin(&tree, "");
    cell(&tree, "#address-cells", 2);
    cell(&tree, "#size-cells", 2);
    text(&tree, "device_type", "chrp");
    text(&tree, "model", "cgvm,pseries");
    text(&tree, "compatible", "cgvm,pseries");
    cell(&tree, "interrupt-parent", INTERRUPTS_HANDLE);
    add_chosen(&tree, facts);
    add_cpus(&tree, facts);
    add_memory(&tree, facts);
    add_rtas(&tree, facts);
    add_hypervisor(&tree);
    add_interrupts(&tree, facts);
    add_event_sources(&tree, facts);
    add_devices(&tree, facts);
    end(&tree);
    must(fdt_finish(tree.fdt));
    return g_bytes_new_take(tree.fdt, fdt_totalsize(tree.fdt));
}
