/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of -cpu of IBM Z, and of what KVM is told about vCPUs: on a host that writes down what it is given.
 */
#include "target-s390x/s390-cpu.h"
#include <errno.h>
#include <string.h>
#include "qapi-builtins.h"
#include "target-s390x/kvm-s390-abi.h"

#define VM_FD       7
#define UNPACK_WORD 2
#define UNPACK_BIT  (UINT64_C(1) << (63 - 33)) /* facility 161 */

/* ---- a host ---- */

typedef struct Host {
    KvmDoor door;
    Kvm kvm;
    bool is_protected; /* KVM_CAP_S390_PROTECTED */
    KvmS390Machine machine;
    KvmS390Processor processor; /* as it is by default, and then as it was set */
    unsigned n_calls, n_sets;
    unsigned failing; /* number of the call that fails, from 1 on */
    int error;
} Host;

static int attribute(Host *host, unsigned long request, const KvmDeviceAttr *attr)
{
    void *address = (void *)(uintptr_t)attr->addr;

    g_assert_cmpuint(attr->group, ==, KVM_S390_GROUP_CPU_MODEL);
    g_assert_cmpuint(attr->flags, ==, 0);
    if (++host->n_calls == host->failing) {
        return -host->error;
    }
    if (request == KVMIO_SET_DEVICE_ATTR) {
        g_assert_cmpuint(attr->attr, ==, KVM_S390_CPU_PROCESSOR);
        memcpy(&host->processor, address, sizeof(host->processor));
        host->n_sets++;
    } else if (attr->attr == KVM_S390_CPU_MACHINE) {
        memcpy(address, &host->machine, sizeof(host->machine));
    } else {
        g_assert_cmpuint(attr->attr, ==, KVM_S390_CPU_PROCESSOR);
        memcpy(address, &host->processor, sizeof(host->processor));
    }
    return 0;
}

static int host_ioctl(void *opaque, int fd, unsigned long request, unsigned long arg)
{
    Host *host = opaque;

    switch (request) {
    case KVMIO_CHECK_EXTENSION:
        return arg == KVMCAP_S390_PROTECTED ? host->is_protected : 0;
    case KVMIO_GET_DEVICE_ATTR:
    case KVMIO_SET_DEVICE_ATTR:
        g_assert_cmpint(fd, ==, VM_FD);
        return attribute(host, request, (const KvmDeviceAttr *)arg);
    default:
        g_assert_not_reached();
    }
}

static const KvmOps host_ops = { .ioctl = host_ioctl };

static void set_up(Host *host, gconstpointer data G_GNUC_UNUSED)
{
    *host = (Host){ .door = { .ops = &host_ops, .host = host, .name = "host" }, .is_protected = true };
    host->kvm = (Kvm){ .door = &host->door, .fd = 6, .vm_fd = VM_FD };
    host->machine.cpuid = UINT64_C(0x0011223344556677);
    host->processor = (KvmS390Processor){ .cpuid = UINT64_C(0x8899aabbccddeeff), .ibc = 0x1234 };
    for (unsigned i = 0; i < KVM_S390_FACILITY_WORDS; i++) {
        host->machine.fac_mask[i] = i * UINT64_C(0x0101010101010101);
        host->machine.fac_list[i] = UINT64_MAX;
    }
}

static void tear_down(Host *host G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
}

/* ---- -cpu ---- */

typedef struct Line {
    const char *text;
    OnOffAuto unpack;
} Line;

static void test_parse(void)
{
    static const Line rows[] = {
        { NULL, ON_OFF_AUTO_AUTO },
        { "host", ON_OFF_AUTO_AUTO },
        { "max", ON_OFF_AUTO_AUTO },
        { "host,unpack=on", ON_OFF_AUTO_ON },
        { "max,unpack=off", ON_OFF_AUTO_OFF },
        { "host,unpack=off,unpack=on", ON_OFF_AUTO_ON }, /* the last one, as everywhere */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        S390Cpu cpu = { .unpack = 99 };

        g_assert_true(s390_cpu_parse(rows[i].text, &cpu, NULL));
        g_assert_cmpint(cpu.unpack, ==, rows[i].unpack);
    }
}

static void test_unknown_models(void)
{
    static const char *const models[] = { "",      ",",    "z14", "Host",       "host ",    " host",
                                          "hosts", "qemu", "z16", ",unpack=on", "unpack=on" };

    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        g_autoptr(Error) error = NULL;
        g_autofree char *model = g_strdup(models[i]), *expected = NULL;
        S390Cpu cpu;

        g_strdelimit(model, ",", '\0');
        expected =
            g_strdup_printf("-cpu: there is no model '%s' for this machine; its vCPUs are those of the host: "
                            "leave it out, or use host",
                            model);
        g_assert_false(s390_cpu_parse(models[i], &cpu, &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_NOT_FOUND);
        g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    }
}

static void test_unknown_properties(void)
{
    static const char *const properties[] = {
        "", "unpack", "unpack=", "unpack=auto", "unpack=ON", "unpack=on ", "unpack=onn", "aen=on", "+unpack",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
        g_autoptr(Error) error = NULL;
        g_autofree char *text = g_strdup_printf("host,unpack=off,%s", properties[i]);
        g_autofree char *expected =
            g_strdup_printf("-cpu: '%s' is none of unpack=on and unpack=off", properties[i]);
        S390Cpu cpu;

        g_assert_false(s390_cpu_parse(text, &cpu, &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
        g_assert_true(g_str_has_prefix(cgvm_error_message(error), expected));
    }
}

/* Whatever its length, a line is refused in a message. */
static void test_long_line(void)
{
    g_autofree char *name = g_strnfill(100000, 'x'), *property = g_strconcat("host,", name, NULL);
    g_autoptr(Error) error = NULL, other = NULL;
    S390Cpu cpu;

    g_assert_false(s390_cpu_parse(name, &cpu, &error));
    g_assert_false(s390_cpu_parse(property, &cpu, &other));
    g_assert_nonnull(strstr(cgvm_error_message(other), "is none of unpack=on"));
}

static void test_help(void)
{
    g_autofree char *help = s390_cpu_help();

    g_assert_nonnull(strstr(help, "\nhost, max "));
    g_assert_nonnull(strstr(help, "\nunpack=on|off "));
}

/* ---- the host ---- */

typedef struct Probe {
    OnOffAuto unpack;
    bool is_protected, is_done, has_unpack;
} Probe;

static void test_probe(Host *host, gconstpointer data G_GNUC_UNUSED)
{
    static const Probe rows[] = {
        { ON_OFF_AUTO_AUTO, true, true, true }, { ON_OFF_AUTO_AUTO, false, true, false },
        { ON_OFF_AUTO_ON, true, true, true },   { ON_OFF_AUTO_ON, false, false, false },
        { ON_OFF_AUTO_OFF, true, true, false }, { ON_OFF_AUTO_OFF, false, true, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const S390Cpu cpu = { .unpack = rows[i].unpack };
        g_autoptr(Error) error = NULL;
        bool has_unpack = !rows[i].has_unpack;

        host->is_protected = rows[i].is_protected;
        g_assert_true(s390_cpu_probe(&cpu, &host->kvm, &has_unpack, &error) == rows[i].is_done);
        if (rows[i].is_done) {
            g_assert_null(error);
            g_assert_true(has_unpack == rows[i].has_unpack);
        } else {
            g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
            g_assert_true(
                g_str_has_prefix(cgvm_error_message(error),
                                 "-cpu: unpack=on: this host's KVM offers no protected virtualization"));
        }
    }
}

/* vCPUs have all that KVM can give, but for the one facility that is the VMM's, and not what the host itself
 * has. */
static void check_define(Host *host, bool has_unpack)
{
    KvmS390Processor expected = host->processor;

    memcpy(expected.fac_list, host->machine.fac_mask, sizeof(expected.fac_list));
    expected.fac_list[UNPACK_WORD] =
        (expected.fac_list[UNPACK_WORD] & ~UNPACK_BIT) | (has_unpack ? UNPACK_BIT : 0);
    g_assert_true(s390_cpu_define(&host->kvm, has_unpack, NULL));
    g_assert_cmpmem(&host->processor, sizeof(host->processor), &expected, sizeof(expected));
}

static void test_define(Host *host, gconstpointer data G_GNUC_UNUSED)
{
    /* KVM itself neither offers nor takes it away; should it do so one day, what was asked for counts. */
    for (unsigned i = 0; i < 4; i++) {
        host->machine.fac_mask[UNPACK_WORD] = i & 1 ? UINT64_MAX : 0;
        check_define(host, i & 2);
    }
    g_assert_cmpuint(host->n_sets, ==, 4);
}

typedef struct Failure {
    const char *what, *ioctl;
} Failure;

static void test_define_fails(Host *host, gconstpointer data G_GNUC_UNUSED)
{
    static const Failure rows[] = {
        { "cannot ask what the host's processor is: ", "KVM_GET_DEVICE_ATTR" },
        { "cannot ask what the vCPUs would be: ", "KVM_GET_DEVICE_ATTR" },
        { "cannot define the vCPUs: ", "KVM_SET_DEVICE_ATTR" },
    };
    static const int errors[] = { EINVAL, EFAULT, EBUSY, ENXIO };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows) * G_N_ELEMENTS(errors); i++) {
        const Failure *row = &rows[i % G_N_ELEMENTS(rows)];
        g_autoptr(Error) error = NULL;

        host->n_calls = 0;
        host->failing = 1 + i % G_N_ELEMENTS(rows);
        host->error = errors[i / G_N_ELEMENTS(rows)];
        g_assert_false(s390_cpu_define(&host->kvm, true, &error));
        g_assert_cmpuint(host->n_calls, ==, host->failing);
        g_assert_true(g_str_has_prefix(cgvm_error_message(error), row->what));
        g_assert_nonnull(strstr(cgvm_error_message(error), row->ioctl));
        g_assert_cmpint(cgvm_error_errno(error), ==, host->error);
    }
    g_assert_cmpuint(host->n_sets, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s390-cpu/parse", test_parse);
    g_test_add_func("/s390-cpu/unknown-models", test_unknown_models);
    g_test_add_func("/s390-cpu/unknown-properties", test_unknown_properties);
    g_test_add_func("/s390-cpu/long-line", test_long_line);
    g_test_add_func("/s390-cpu/help", test_help);
    g_test_add("/s390-cpu/probe", Host, NULL, set_up, test_probe, tear_down);
    g_test_add("/s390-cpu/define", Host, NULL, set_up, test_define, tear_down);
    g_test_add("/s390-cpu/define-fails", Host, NULL, set_up, test_define_fails, tear_down);
    return g_test_run();
}
