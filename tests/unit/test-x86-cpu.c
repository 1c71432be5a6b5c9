/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of -cpu: what is read, what is refused with which words, and what a guest gets on a host.
 */
#include <glib.h>
#include "target-i386/cpu-models.h"
#include "target-i386/x86-cpu.h"

static void clear(X86Cpu *cpu)
{
    x86_cpu_clear(cpu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(X86Cpu, clear)

static X86Features features(const char *names)
{
    X86Features set = { { 0 } };

    x86_features_change(&set, names);
    return set;
}

static void assert_set(const X86Features *set, const char *expected)
{
    g_autofree char *text = x86_features_text(set, "", " ", "");

    g_assert_cmpstr(text, ==, expected);
}

static void parse(const char *text, X86Cpu *cpu)
{
    g_autoptr(Error) error = NULL;
    bool done = x86_cpu_parse(text, cpu, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static void assert_refused(const char *text, CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL;
    X86Cpu cpu;

    g_assert_false(x86_cpu_parse(text, &cpu, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_null(cpu.text);
    g_assert_false(x86_cpu_parse(text, &cpu, NULL));
}

/* ---- parsing ---- */

static void test_named(void)
{
    g_auto(X86Cpu) cpu = { .text = NULL };
    X86Features model = x86_cpu_model_features("EPYC-Milan-v1");

    parse("EPYC-Milan-v1", &cpu);
    g_assert_cmphex(cpu.signature, ==, 0xa00f11);
    g_assert_false(cpu.is_host || cpu.enforce);
    g_assert_true(x86_features_empty(&cpu.on) && x86_features_empty(&cpu.off));
    x86_features_change(&model, "x2apic hypervisor -svm -monitor");
    g_assert_cmpmem(&cpu.model, sizeof(model), &model, sizeof(model));
}

static void test_host(void)
{
    static const char *const texts[] = { NULL, "host", "host,migratable=off,host-phys-bits=on,kvm=on" };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(X86Cpu) cpu = { .text = NULL };

        parse(texts[i], &cpu);
        g_assert_true(cpu.is_host);
        g_assert_cmphex(cpu.signature, ==, 0);
        g_assert_true(x86_features_empty(&cpu.model));
    }
}

static void test_flags(void)
{
    g_auto(X86Cpu) cpu = { .text = NULL };

    parse("EPYC,+avx512f,-sha_ni,rdrand=off,sse3=on,pcid,check=off,enforce,avx512f=on", &cpu);
    assert_set(&cpu.on, "pni pcid avx512f");
    assert_set(&cpu.off, "rdrand sha-ni");
    g_assert_true(cpu.enforce);
}

static void test_switches(void)
{
    g_auto(X86Cpu) cpu = { .text = NULL };

    parse("EPYC,enforce=on,enforce=off,check,migratable=on", &cpu);
    g_assert_false(cpu.enforce);
    g_assert_true(cpu.check && cpu.migratable);
}

static void assert_signature(const char *text, uint32_t host, uint32_t planned, uint32_t launched)
{
    g_auto(X86Cpu) cpu = { .text = NULL };

    parse(text, &cpu);
    g_assert_cmphex(cpu.signature, ==, planned);
    g_assert_cmphex(x86_cpu_signature_on(&cpu, host), ==, launched);
}

/* What is not given is the model's or the host's. */
static void test_signatures(void)
{
    assert_signature("EPYC-Milan", 0xb00f21, 0xa00f11, 0xa00f11);
    assert_signature("EPYC-Milan,stepping=0", 0xb00f21, 0xa00f10, 0xa00f10);
    assert_signature("EPYC-Milan,family=6,model=0x8f,stepping=8", 0xb00f21, 0x0806f8, 0x0806f8);
    assert_signature("EPYC-Rome,model=0", 0xb00f21, 0x800f00, 0x800f00);
    assert_signature("host", 0xb00f21, 0, 0xb00f21);
    assert_signature("host,model=17", 0xb00f21, 0, 0xb10f11);
    assert_signature("host,family=25,model=1,stepping=1", 0xb00f21, 0xa00f11, 0xa00f11);
    assert_signature("host,family=270", 0x0806f8, 0, 0xff80ff8);
}

static void test_refusals(void)
{
    assert_refused("EPYC-Millan", CGVM_ERROR_NOT_FOUND,
                   "there is no CPU model 'EPYC-Millan'; did you mean 'EPYC-Milan'?");
    assert_refused("nope", CGVM_ERROR_NOT_FOUND,
                   "there is no CPU model 'nope'; '-cpu help' lists the models to choose from");
    assert_refused("", CGVM_ERROR_NOT_FOUND,
                   "there is no CPU model ''; '-cpu help' lists the models to choose from");
    assert_refused("EPYC,+virt-sbd", CGVM_ERROR_NOT_FOUND,
                   "-cpu EPYC,+virt-sbd: there is no CPU feature 'virt-sbd'; did you mean 'virt-ssbd'?");
    assert_refused("EPYC,+avx,-avx", CGVM_ERROR_INVALID,
                   "-cpu EPYC,+avx,-avx: 'avx' is turned both on and off; write one of the two");
    assert_refused("EPYC,sse3=off,+pni", CGVM_ERROR_INVALID,
                   "-cpu EPYC,sse3=off,+pni: 'pni' is turned both on and off; write one of the two");
    assert_refused("EPYC,avx=yes", CGVM_ERROR_INVALID,
                   "-cpu EPYC,avx=yes: 'avx' expects 'on' or 'off', not 'yes'");
    assert_refused("EPYC,,+avx", CGVM_ERROR_INVALID,
                   "-cpu EPYC,,+avx: there is no name where a feature should be; write +FEATURE, -FEATURE or "
                   "FEATURE=on|off");
    assert_refused("EPYC,model=256", CGVM_ERROR_INVALID,
                   "-cpu EPYC,model=256: 'model' expects a number from 0 to 255, not '256'");
    assert_refused("EPYC,family=99999999999999999999", CGVM_ERROR_INVALID,
                   "-cpu EPYC,family=99999999999999999999: 'family' expects a number from 0 to 270, not "
                   "'99999999999999999999'");
    assert_refused("EPYC,vendor=AuthenticAMD", CGVM_ERROR_UNSUPPORTED,
                   "-cpu EPYC,vendor=AuthenticAMD: 'vendor' cannot be chosen, because the guest is told the "
                   "vendor of the host's processor; leave it out");
    assert_refused(
        "host,rdctl-no=on", CGVM_ERROR_UNSUPPORTED,
        "-cpu host,rdctl-no=on: 'rdctl-no' cannot be chosen, because it is in an MSR, and those are "
        "KVM's; leave it out");
    assert_refused(
        "host,-kvmclock-stable-bit", CGVM_ERROR_UNSUPPORTED,
        "-cpu host,-kvmclock-stable-bit: 'kvmclock-stable-bit' cannot be chosen, because the guest "
        "gets all paravirtual features of KVM; leave it out");
}

/* ---- on a host ---- */

static void assert_offered(const char *text, const X86Features *supported, const char *expected)
{
    g_auto(X86Cpu) cpu = { .text = NULL };
    g_autoptr(Error) error = NULL;
    X86Features offered;

    parse(text, &cpu);
    g_assert_true(x86_cpu_offer(&cpu, supported, &offered, &error));
    assert_set(&offered, expected);
}

static void assert_not_offered(const char *text, const X86Features *supported, CgvmErrorCode code,
                               const char *message)
{
    g_auto(X86Cpu) cpu = { .text = NULL };
    g_autoptr(Error) error = NULL;
    X86Features offered;

    parse(text, &cpu);
    g_assert_false(x86_cpu_offer(&cpu, supported, &offered, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

static void test_offer_to_model(void)
{
    X86Features supported = features("avx avx2 pku avx512f rdtscp");

    /* Not more than the model has, and of that only what is there. */
    assert_offered("EPYC-Milan", &supported, "avx avx2 pku rdtscp");
    assert_offered("EPYC", &supported, "avx avx2 rdtscp");
    assert_offered("EPYC-Genoa", &supported, "avx avx2 avx512f pku rdtscp");
    assert_offered("EPYC-Milan,+avx512f,-pku", &supported, "avx avx2 avx512f rdtscp");
    /* Turned off, whether or not it is there. */
    assert_offered("EPYC,-avx,-avx512bw,-aes", &supported, "avx2 rdtscp");
}

static void test_offer_to_host(void)
{
    X86Features supported = features("tsc-deadline avx invtsc");
    g_auto(X86Cpu) cpu = { .text = NULL };
    X86Features offered;

    assert_offered("host", &supported, "tsc-deadline avx invtsc");
    assert_offered("host,migratable=on,-avx", &supported, "tsc-deadline");
    assert_offered("host,migratable=on,+invtsc", &supported, "tsc-deadline avx invtsc");
    /* Bits without a name go with the host, but for OSXSAVE and OSPKE. */
    supported.words[X86_WORD_1_ECX] |= 1u << 27 | 1u << 11;
    supported.words[X86_WORD_7_0_ECX] |= 1u << 4;
    parse("host", &cpu);
    g_assert_true(x86_cpu_offer(&cpu, &supported, &offered, NULL));
    g_assert_cmphex(offered.words[X86_WORD_1_ECX], ==, 1u << 28 | 1u << 24 | 1u << 11);
    g_assert_cmphex(offered.words[X86_WORD_7_0_ECX], ==, 0);
}

static void test_missing(void)
{
    X86Features supported = features("avx svm npt");

    assert_not_offered("EPYC,+avx512f,sha512=on", &supported, CGVM_ERROR_UNSUPPORTED,
                       "-cpu EPYC,+avx512f,sha512=on: KVM on this host does not support 'avx512f', 'sha512'; "
                       "leave +avx512f,+sha512 out, or use a host that has it");
    assert_not_offered(
        "host,+avx512f", &supported, CGVM_ERROR_UNSUPPORTED,
        "-cpu host,+avx512f: KVM on this host does not support 'avx512f'; leave +avx512f out, or "
        "use a host that has it");
}

static void test_enforce(void)
{
    X86Features supported = x86_cpu_model_features("EPYC-Milan");

    x86_features_change(&supported, "x2apic hypervisor -pku -fsrm");
    assert_not_offered("EPYC-Milan,enforce", &supported, CGVM_ERROR_UNSUPPORTED,
                       "-cpu EPYC-Milan,enforce: KVM on this host does not support all of this model; add "
                       "-pku,-fsrm, or leave 'enforce' out to go without");
    x86_features_change(&supported, "pku");
    assert_not_offered("EPYC-Milan,enforce=on", &supported, CGVM_ERROR_UNSUPPORTED,
                       "-cpu EPYC-Milan,enforce=on: KVM on this host does not support all of this model; add "
                       "-fsrm, or leave 'enforce' out to go without");
    {
        g_auto(X86Cpu) cpu = { .text = NULL };
        X86Features offered;

        parse("EPYC-Milan,enforce,-fsrm", &cpu);
        g_assert_true(x86_cpu_offer(&cpu, &supported, &offered, NULL));
    }
}

/* Features of nested guests go with svm, those of XSAVE with xsave. */
static void test_dependencies(void)
{
    X86Features supported = features("xsave xsaveopt svm npt");

    assert_offered("EPYC", &supported, "xsave xsaveopt");
    assert_offered("EPYC,+svm", &supported, "xsave xsaveopt svm npt");
    assert_offered("EPYC,-xsave", &supported, "");
    assert_offered("host,-svm", &supported, "xsave xsaveopt");
    assert_not_offered("EPYC,+npt", &supported, CGVM_ERROR_INVALID,
                       "-cpu EPYC,+npt: 'npt' does nothing without 'svm'; turn that on, too");
    assert_not_offered(
        "host,-xsave,+xsaveopt", &supported, CGVM_ERROR_INVALID,
        "-cpu host,-xsave,+xsaveopt: 'xsaveopt' does nothing without 'xsave'; turn that on, too");
}

/* ---- texts ---- */

static void assert_changed(const char *text, const char *on, const char *off, const char *expected)
{
    X86Features turn_on = { { 0 } }, turn_off = { { 0 } };
    g_autofree char *changed = NULL;

    if (*on) {
        x86_features_change(&turn_on, on);
    }
    if (*off) {
        x86_features_change(&turn_off, off);
    }
    changed = x86_cpu_text_changed(text, &turn_on, &turn_off);
    g_assert_cmpstr(changed, ==, expected);
}

static void test_changed_text(void)
{
    assert_changed(NULL, "", "avx", "host,-avx");
    assert_changed("EPYC-Milan", "", "virt-ssbd", "EPYC-Milan,-virt-ssbd");
    assert_changed("EPYC-Milan,+virt-ssbd,enforce", "", "virt-ssbd", "EPYC-Milan,enforce,-virt-ssbd");
    assert_changed("EPYC,-avx,virt_ssbd=on,+aes", "avx", "virt-ssbd ssbd", "EPYC,+aes,+avx,-ssbd,-virt-ssbd");
    assert_changed("EPYC,+avx", "", "", "EPYC,+avx");
}

static void test_help(void)
{
    g_autofree char *help = x86_cpu_help();

    g_assert_nonnull(strstr(help, "\n  EPYC-Milan     AMD EPYC 7003 (Milan) (signature 0xa00f11; also "
                                  "EPYC-Milan-v1 to -v3)\n"));
    g_assert_nonnull(strstr(help, "\n  host "));
    g_assert_null(strstr(help, " ht "));
    g_assert_nonnull(strstr(help, "  clzero xsaveerptr wbnoinvd ibpb ibrs amd-stibp stibp-always-on amd-ssbd "
                                  "virt-ssbd amd-no-ssb amd-psfd\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86-cpu/named", test_named);
    g_test_add_func("/x86-cpu/host", test_host);
    g_test_add_func("/x86-cpu/flags", test_flags);
    g_test_add_func("/x86-cpu/switches", test_switches);
    g_test_add_func("/x86-cpu/signatures", test_signatures);
    g_test_add_func("/x86-cpu/refusals", test_refusals);
    g_test_add_func("/x86-cpu/offer/model", test_offer_to_model);
    g_test_add_func("/x86-cpu/offer/host", test_offer_to_host);
    g_test_add_func("/x86-cpu/offer/missing", test_missing);
    g_test_add_func("/x86-cpu/offer/enforce", test_enforce);
    g_test_add_func("/x86-cpu/offer/dependencies", test_dependencies);
    g_test_add_func("/x86-cpu/changed-text", test_changed_text);
    g_test_add_func("/x86-cpu/help", test_help);
    return g_test_run();
}
