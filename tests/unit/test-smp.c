/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the arrangement of vCPUs: QEMU's rules for what is left out, and contradictions.
 */
#include "hw/smp.h"
#include <string.h>
#include "qapi-types.h"

/* A configuration, 0 for what is left out. */
typedef struct Given {
    uint32_t cpus, sockets, dies, cores, threads, maxcpus;
} Given;

static SmpConfiguration configuration(const Given *given)
{
    return (SmpConfiguration){
        .has_cpus = given->cpus,
        .cpus = given->cpus,
        .has_sockets = given->sockets,
        .sockets = given->sockets,
        .has_dies = given->dies,
        .dies = given->dies,
        .has_cores = given->cores,
        .cores = given->cores,
        .has_threads = given->threads,
        .threads = given->threads,
        .has_maxcpus = given->maxcpus,
        .maxcpus = given->maxcpus,
    };
}

static char *describe(const SmpTopology *topology)
{
    return g_strdup_printf("%u %u*%u*%u*%u %u", topology->cpus, topology->sockets, topology->dies,
                           topology->cores, topology->threads, topology->max_cpus);
}

static void assert_resolved(Given given, const char *expected)
{
    SmpConfiguration smp = configuration(&given);
    SmpTopology topology;
    g_autoptr(Error) error = NULL;
    g_autofree char *result = NULL;
    bool done = smp_resolve(&smp, &topology, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
    result = describe(&topology);
    g_assert_cmpstr(result, ==, expected);
}

static void assert_refused(Given given, const char *message)
{
    SmpConfiguration smp = configuration(&given);
    SmpTopology topology;
    g_autoptr(Error) error = NULL;

    g_assert_false(smp_resolve(&smp, &topology, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_false(smp_resolve(&smp, &topology, NULL));
}

static void test_nothing(void)
{
    assert_resolved((Given){ 0 }, "1 1*1*1*1 1");
}

static void test_number_alone(void)
{
    assert_resolved((Given){ .cpus = 1 }, "1 1*1*1*1 1");
    assert_resolved((Given){ .cpus = 6 }, "6 1*1*6*1 6");
    assert_resolved((Given){ .maxcpus = 6 }, "6 1*1*6*1 6");
    assert_resolved((Given){ .cpus = 2, .maxcpus = 6 }, "2 1*1*6*1 6");
}

/* Without a number there are as many vCPUs as places. */
static void test_places_alone(void)
{
    assert_resolved((Given){ .sockets = 2 }, "2 2*1*1*1 2");
    assert_resolved((Given){ .dies = 2 }, "2 1*2*1*1 2");
    assert_resolved((Given){ .cores = 4 }, "4 1*1*4*1 4");
    assert_resolved((Given){ .threads = 2 }, "2 1*1*1*2 2");
    assert_resolved((Given){ .sockets = 2, .cores = 4, .threads = 2 }, "16 2*1*4*2 16");
    assert_resolved((Given){ .sockets = 2, .dies = 3, .cores = 4, .threads = 2 }, "48 2*3*4*2 48");
}

/* Cores make up for what is missing, */
static void test_cores_are_left_out(void)
{
    assert_resolved((Given){ .cpus = 8, .sockets = 2 }, "8 2*1*4*1 8");
    assert_resolved((Given){ .cpus = 8, .threads = 2 }, "8 1*1*4*2 8");
    assert_resolved((Given){ .cpus = 8, .dies = 2 }, "8 1*2*4*1 8");
    assert_resolved((Given){ .cpus = 8, .sockets = 2, .threads = 2 }, "8 2*1*2*2 8");
    assert_resolved((Given){ .cpus = 16, .sockets = 2, .dies = 2, .threads = 2 }, "16 2*2*2*2 16");
    assert_resolved((Given){ .cpus = 4, .sockets = 2, .maxcpus = 8 }, "4 2*1*4*1 8");
    assert_resolved((Given){ .sockets = 2, .maxcpus = 8 }, "8 2*1*4*1 8");
}

/* or the sockets if there are cores, */
static void test_sockets_are_left_out(void)
{
    assert_resolved((Given){ .cpus = 8, .cores = 4 }, "8 2*1*4*1 8");
    assert_resolved((Given){ .cpus = 8, .cores = 2, .threads = 2 }, "8 2*1*2*2 8");
    assert_resolved((Given){ .cpus = 8, .dies = 2, .cores = 2 }, "8 2*2*2*1 8");
    assert_resolved((Given){ .cpus = 2, .cores = 4, .maxcpus = 8 }, "2 2*1*4*1 8");
}

/* or the threads if there are both. */
static void test_threads_are_left_out(void)
{
    assert_resolved((Given){ .cpus = 8, .sockets = 2, .cores = 2 }, "8 2*1*2*2 8");
    assert_resolved((Given){ .cpus = 4, .sockets = 2, .cores = 2 }, "4 2*1*2*1 4");
    assert_resolved((Given){ .cpus = 8, .sockets = 1, .dies = 2, .cores = 2 }, "8 1*2*2*2 8");
    assert_resolved((Given){ .cpus = 1, .sockets = 2, .cores = 2, .maxcpus = 8 }, "1 2*1*2*2 8");
}

static void test_dies_are_one(void)
{
    assert_resolved((Given){ .cpus = 8, .sockets = 2, .cores = 2, .threads = 2 }, "8 2*1*2*2 8");
    assert_refused((Given){ .cpus = 16, .sockets = 2, .cores = 2, .threads = 2 },
                   "'smp': sockets (2) * dies (1) * cores (2) * threads (2) = 8, but there are places for 16 "
                   "vCPUs; make these numbers equal");
}

static void test_everything(void)
{
    assert_resolved((Given){ .cpus = 3, .sockets = 2, .dies = 2, .cores = 2, .threads = 2, .maxcpus = 16 },
                    "3 2*2*2*2 16");
}

static void test_product_differs(void)
{
    assert_refused((Given){ .cpus = 8, .sockets = 3 },
                   "'smp': sockets (3) * dies (1) * cores (2) * threads (1) = 6, but there are places for 8 "
                   "vCPUs; make these numbers equal");
    assert_refused((Given){ .cpus = 2, .sockets = 2, .cores = 2, .threads = 2 },
                   "'smp': sockets (2) * dies (1) * cores (2) * threads (2) = 8, but there are places for 2 "
                   "vCPUs; make these numbers equal");
    assert_refused((Given){ .cpus = 8, .sockets = 2, .cores = 3 },
                   "'smp': sockets (2) * dies (1) * cores (3) * threads (1) = 6, but there are places for 8 "
                   "vCPUs; make these numbers equal");
    assert_refused((Given){ .cores = 4, .maxcpus = 6 },
                   "'smp': sockets (1) * dies (1) * cores (4) * threads (1) = 4, but there are places for 6 "
                   "vCPUs; make these numbers equal");
}

/* There are fewer places than sockets, so that nothing is left for cores. */
static void test_more_sockets_than_places(void)
{
    assert_refused((Given){ .cpus = 2, .sockets = 4 },
                   "'smp': sockets (4) * dies (1) * cores (1) * threads (1) = 4, but there are places for 2 "
                   "vCPUs; make these numbers equal");
    assert_refused((Given){ .cpus = 1, .cores = 4 },
                   "'smp': sockets (1) * dies (1) * cores (4) * threads (1) = 4, but there are places for 1 "
                   "vCPUs; make these numbers equal");
}

static void test_more_cpus_than_places(void)
{
    assert_refused((Given){ .cpus = 8, .maxcpus = 4 }, "'smp': cpus (8) is larger than maxcpus (4)");
    assert_refused((Given){ .cpus = 8, .sockets = 2, .cores = 2, .threads = 1, .maxcpus = 4 },
                   "'smp': cpus (8) is larger than maxcpus (4)");
}

/* Whoever gives the largest numbers gets the true product. */
static void test_overflow(void)
{
    assert_refused((Given){ .sockets = 4096, .dies = 4096, .cores = 4096, .threads = 4096 },
                   "'smp': sockets (4096) * dies (4096) * cores (4096) * threads (4096) = 281474976710656, "
                   "but there are places for 4294967295 vCPUs; make these numbers equal");
    assert_refused(
        (Given){ .cpus = 1, .sockets = 4096, .dies = 4096, .cores = 4096, .threads = 256, .maxcpus = 1 },
        "'smp': sockets (4096) * dies (4096) * cores (4096) * threads (256) = 17592186044416, but there are "
        "places for 1 vCPUs; make these numbers equal");
    assert_resolved((Given){ .sockets = 4096, .dies = 4096 }, "16777216 4096*4096*1*1 16777216");
}

/* The schema knows that none of them can be 0, or larger than 4096. */
static void test_limits(void)
{
    static const char *const names[] = { "cpus", "sockets", "dies", "cores", "threads", "maxcpus" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const Field *field = field_table_find(&SmpConfiguration_fields, names[i]);
        g_autofree char *expected = g_strdup_printf("'%s' must be from 1 to 4096, not 0", names[i]);
        g_autoptr(json_object) zero = json_object_new_int(0), largest = json_object_new_int(4096),
                               too_large = json_object_new_int(4097);
        SmpConfiguration smp = { 0 };
        g_autoptr(Error) error = NULL;

        g_assert_nonnull(field);
        g_assert_false(field_set(field, &smp, zero, &error));
        g_assert_cmpstr(cgvm_error_message(error), ==, expected);
        g_assert_false(field_set(field, &smp, too_large, NULL));
        g_assert_true(field_set(field, &smp, largest, NULL));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/smp/nothing", test_nothing);
    g_test_add_func("/smp/number-alone", test_number_alone);
    g_test_add_func("/smp/places-alone", test_places_alone);
    g_test_add_func("/smp/left-out/cores", test_cores_are_left_out);
    g_test_add_func("/smp/left-out/sockets", test_sockets_are_left_out);
    g_test_add_func("/smp/left-out/threads", test_threads_are_left_out);
    g_test_add_func("/smp/left-out/dies", test_dies_are_one);
    g_test_add_func("/smp/everything", test_everything);
    g_test_add_func("/smp/wrong/product", test_product_differs);
    g_test_add_func("/smp/wrong/sockets", test_more_sockets_than_places);
    g_test_add_func("/smp/wrong/cpus", test_more_cpus_than_places);
    g_test_add_func("/smp/wrong/overflow", test_overflow);
    g_test_add_func("/smp/wrong/limits", test_limits);
    return g_test_run();
}
