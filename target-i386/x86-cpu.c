/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/x86-cpu.h"
#include <string.h>
#include "qapi/near-miss.h"
#include "target-i386/cpu-models.h"

/* What KVM changes in every named model: it does the APIC's part itself, and nobody asked for the others. */
#define KVM_CHANGES "x2apic hypervisor -acpi -monitor -svm"

/* Bits that mirror what the guest's system turns on: OSXSAVE and OSPKE. */
static const X86Features state_bits = {
    .words = { [X86_WORD_1_ECX] = 1u << 27, [X86_WORD_7_0_ECX] = 1u << 4 },
};

/* All features of a register that mean nothing without another feature. */
static const struct {
    X86FeatureWord word;
    X86Feature needs;
    const char *needs_name;
} dependencies[] = {
    { X86_WORD_D_1_EAX, { X86_WORD_1_ECX, 26 }, "xsave" },
    { X86_WORD_8000000A_EDX, { X86_WORD_80000001_ECX, 2 }, "svm" },
};

/** A property of QEMU's CPUs that cannot be chosen here. */
typedef struct FixedProperty {
    const char *name;     /* it may end in '*' */
    const char *accepted; /* the value that says what is so anyway, or NULL */
    const char *reason;
} FixedProperty;

#define MSR_FEATURE "it is in an MSR, and those are KVM's"

static const FixedProperty fixed_properties[] = {
    { "ht", NULL, "-smp decides about it" },
    { "osxsave", NULL, "the guest's system turns it on" },
    { "ospke", NULL, "the guest's system turns it on" },
    { "vendor", NULL, "the guest is told the vendor of the host's processor" },
    { "model-id", NULL, "the guest is told the host's brand string" },
    { "host-phys-bits", "on", "the guest is told the host's address width" },
    { "host-phys-bits-limit", NULL, "the guest is told the host's address width" },
    { "phys-bits", NULL, "the guest is told the host's address width" },
    { "guest-phys-bits", NULL, "the guest is told the host's address width" },
    { "level", NULL, "the guest is told of all CPUID functions that KVM supports" },
    { "min-level", NULL, "the guest is told of all CPUID functions that KVM supports" },
    { "xlevel", NULL, "the guest is told of all CPUID functions that KVM supports" },
    { "min-xlevel", NULL, "the guest is told of all CPUID functions that KVM supports" },
    { "host-cache-info", "on", "the guest is told of the host's caches" },
    { "l3-cache", "on", "the guest is told of the host's caches" },
    { "legacy-cache", "off", "the guest is told of the host's caches" },
    { "kvm", "on", "KVM's own CPUID functions are always there" },
    { "kvm-*", NULL, "the guest gets all paravirtual features of KVM" },
    { "kvmclock*", NULL, "the guest gets all paravirtual features of KVM" },
    { "hv-*", NULL, "the interfaces of Hyper-V are not supported" },
    { "rdctl-no", NULL, MSR_FEATURE },
    { "ibrs-all", NULL, MSR_FEATURE },
    { "rsba", NULL, MSR_FEATURE },
    { "skip-l1dfl-vmentry", NULL, MSR_FEATURE },
    { "ssb-no", NULL, MSR_FEATURE },
    { "mds-no", NULL, MSR_FEATURE },
    { "pschange-mc-no", NULL, MSR_FEATURE },
    { "taa-no", NULL, MSR_FEATURE },
    { "vmx-*", NULL, MSR_FEATURE },
    { "pmu", NULL, "KVM decides about performance counters" },
    { "tsc-frequency", NULL, "the time stamp counter is the host's; sev-snp-guest has a property for it" },
    { "x-*", NULL, "it is internal to QEMU" },
};

/** What else stands behind the model. */
typedef struct Setting {
    const char *name;
    size_t offset; /* in X86Cpu */
    unsigned most; /* of an X86CpuNumber; 0: it is a bool */
} Setting;

static const Setting settings[] = {
    { "check", offsetof(X86Cpu, check), 0 },           { "enforce", offsetof(X86Cpu, enforce), 0 },
    { "migratable", offsetof(X86Cpu, migratable), 0 }, { "family", offsetof(X86Cpu, family), 15 + 255 },
    { "model", offsetof(X86Cpu, model_number), 255 },  { "stepping", offsetof(X86Cpu, stepping), 15 },
};

/** One of the parts behind the model. */
typedef struct Flag {
    const char *name;
    const char *value; /* NULL: none */
    bool has_sign;     /* written with + or -, which `value` says as "on" or "off" */
} Flag;

/* ---- parsing ---- */

static bool parse_switch(const Flag *flag, bool *ret_on, Error **errp)
{
    *ret_on = !flag->value || strcmp(flag->value, "on") == 0;
    return *ret_on || strcmp(flag->value, "off") == 0 ||
           error_setg(errp, "'%s' expects 'on' or 'off', not '%s'", flag->name, flag->value);
}

static bool parse_number(const Flag *flag, unsigned most, X86CpuNumber *number, Error **errp)
{
    const char *digits = flag->value ? flag->value : "";
    char *end = NULL;
    uint64_t value = g_ascii_isdigit(*digits) ? g_ascii_strtoull(digits, &end, 0) : 0;

    if (!end || *end || value > most) {
        return error_setg(errp, "'%s' expects a number from 0 to %u, not '%s'", flag->name, most, digits);
    }
    *number = (X86CpuNumber){ true, (unsigned)value };
    return true;
}

static bool parse_feature(X86Cpu *cpu, const Flag *flag, X86Feature feature, Error **errp)
{
    bool on;

    if (!parse_switch(flag, &on, errp)) {
        return false;
    }
    if (x86_features_have(on ? &cpu->off : &cpu->on, feature)) {
        return error_setg(errp, "'%s' is turned both on and off; write one of the two", flag->name);
    }
    x86_features_set(on ? &cpu->on : &cpu->off, feature, true);
    return true;
}

static bool parse_fixed(const Flag *flag, const FixedProperty *property, Error **errp)
{
    return (property->accepted && g_strcmp0(flag->value, property->accepted) == 0) ||
           error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' cannot be chosen, because %s; leave it out",
                     flag->name, property->reason);
}

static bool parse_setting(X86Cpu *cpu, const Flag *flag, const Setting *setting, Error **errp)
{
    void *member = (char *)cpu + setting->offset;

    return setting->most ? parse_number(flag, setting->most, member, errp) : parse_switch(flag, member, errp);
}

static const Setting *find_setting(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (strcmp(settings[i].name, name) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

static const FixedProperty *find_fixed(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fixed_properties); i++) {
        const char *pattern = fixed_properties[i].name;
        size_t length = strlen(pattern) - 1;

        if (pattern[length] == '*' ? strncmp(name, pattern, length) == 0 : strcmp(name, pattern) == 0) {
            return &fixed_properties[i];
        }
    }
    return NULL;
}

static bool parse_flag(X86Cpu *cpu, const Flag *flag, Error **errp)
{
    const Setting *setting = flag->has_sign ? NULL : find_setting(flag->name);
    const FixedProperty *fixed = find_fixed(flag->name);
    g_autofree char *suggestion = NULL;
    X86Feature feature;

    if (setting) {
        return parse_setting(cpu, flag, setting, errp);
    }
    if (fixed) {
        return parse_fixed(flag, fixed, errp);
    }
    if (x86_feature_find(flag->name, &feature)) {
        return parse_feature(cpu, flag, feature, errp);
    }
    suggestion = x86_feature_near_miss(flag->name);
    return error_set(errp, CGVM_ERROR_NOT_FOUND, "there is no CPU feature '%s'%s", flag->name,
                     *suggestion ? suggestion : "; leave it out");
}

/* Splits "+NAME", "-NAME", "NAME" or "NAME=VALUE" in place. */
static Flag split_flag(char *text)
{
    char *value;

    if (*text == '+' || *text == '-') {
        return (Flag){ text + 1, *text == '+' ? "on" : "off", true };
    }
    value = strchr(text, '=');
    if (value) {
        *value++ = '\0';
    }
    return (Flag){ text, value, false };
}

static bool parse_model(const char *name, X86Cpu *cpu, Error **errp)
{
    const X86CpuModel *model = x86_cpu_model_find(name);
    g_autofree char *suggestion = NULL;

    cpu->is_host = strcmp(name, CPU_TYPE_HOST) == 0;
    if (cpu->is_host) {
        return true;
    }
    if (model) {
        cpu->signature = x86_cpu_signature(model->family, model->model, model->stepping);
        cpu->model = x86_cpu_model_features(name);
        x86_features_change(&cpu->model, KVM_CHANGES);
        return true;
    }
    suggestion = x86_cpu_model_near_miss(name);
    return error_set(errp, CGVM_ERROR_NOT_FOUND, "there is no CPU model '%s'%s", name,
                     *suggestion ? suggestion : "; '-cpu help' lists the models to choose from");
}

static bool parse_parts(GStrv parts, X86Cpu *cpu, Error **errp)
{
    if (!parse_model(parts[0] ? parts[0] : "", cpu, errp)) {
        return false;
    }
    for (size_t i = 1; parts[i]; i++) {
        Flag flag = split_flag(parts[i]);

        if (!*flag.name) {
            return error_setg(errp,
                              "-cpu %s: there is no name where a feature should be; write +FEATURE, "
                              "-FEATURE or FEATURE=on|off",
                              cpu->text);
        }
        if (!parse_flag(cpu, &flag, errp)) {
            return error_prepend(errp, "-cpu %s: ", cpu->text);
        }
    }
    cpu->signature = x86_cpu_signature_on(cpu, cpu->signature);
    return true;
}

bool x86_cpu_parse(const char *text, X86Cpu *cpu, Error **errp)
{
    g_auto(GStrv) parts = NULL;

    *cpu = (X86Cpu){ .text = g_strdup(text ? text : CPU_TYPE_HOST) };
    parts = g_strsplit(cpu->text, ",", -1);
    if (!parse_parts(parts, cpu, errp)) {
        x86_cpu_clear(cpu);
        return false;
    }
    return true;
}

void x86_cpu_clear(X86Cpu *cpu)
{
    g_free(cpu->text);
    *cpu = (X86Cpu){ .text = NULL };
}

/* ---- on a host ---- */

uint32_t x86_cpu_signature_on(const X86Cpu *cpu, uint32_t host)
{
    uint32_t own = cpu->signature ? cpu->signature : host;
    unsigned base = own >> 8 & 15;
    unsigned family = base == 15 ? base + (own >> 20 & 0xff) : base;
    unsigned model = (own >> 16 & 15) << 4 | (own >> 4 & 15), stepping = own & 15;

    if (!own && !(cpu->family.is_given && cpu->model_number.is_given && cpu->stepping.is_given)) {
        return 0;
    }
    return x86_cpu_signature(cpu->family.is_given ? cpu->family.value : family,
                             cpu->model_number.is_given ? cpu->model_number.value : model,
                             cpu->stepping.is_given ? cpu->stepping.value : stepping);
}

static X86Features wanted_features(const X86Cpu *cpu, const X86Features *supported)
{
    X86Features wanted = cpu->is_host ? x86_features_without(supported, &state_bits) : cpu->model;

    if (cpu->is_host && cpu->migratable) {
        x86_features_change(&wanted, "-invtsc");
    }
    wanted = x86_features_either(&wanted, &cpu->on);
    wanted = x86_features_without(&wanted, &cpu->off);
    x86_features_repeat(&wanted);
    return wanted;
}

/* Drops what lacks its ground, and refuses it if it was asked for. */
static bool drop_dependent(const X86Cpu *cpu, X86Features *wanted, Error **errp)
{
    for (size_t i = 0; i < G_N_ELEMENTS(dependencies); i++) {
        X86Features asked = { { 0 } };
        g_autofree char *names = NULL;

        if (x86_features_have(wanted, dependencies[i].needs)) {
            continue;
        }
        asked.words[dependencies[i].word] = cpu->on.words[dependencies[i].word];
        names = x86_features_text(&asked, "'", ", ", "'");
        if (*names) {
            return error_setg(errp, "-cpu %s: %s does nothing without '%s'; turn that on, too", cpu->text,
                              names, dependencies[i].needs_name);
        }
        wanted->words[dependencies[i].word] = 0;
    }
    return true;
}

static bool check_asked(const X86Cpu *cpu, const X86Features *supported, Error **errp)
{
    X86Features missing = x86_features_without(&cpu->on, supported);
    g_autofree char *names = x86_features_text(&missing, "'", ", ", "'");
    g_autofree char *flags = x86_features_text(&missing, "+", ",", "");

    return !*names ||
           error_set(errp, CGVM_ERROR_UNSUPPORTED,
                     "-cpu %s: KVM on this host does not support %s; leave %s out, or use a host that "
                     "has it",
                     cpu->text, names, flags);
}

static bool check_enforced(const X86Cpu *cpu, const X86Features *missing, Error **errp)
{
    g_autofree char *flags = x86_features_text(missing, "-", ",", "");

    return !cpu->enforce || !*flags ||
           error_set(
               errp, CGVM_ERROR_UNSUPPORTED,
               "-cpu %s: KVM on this host does not support all of this model; add %s, or leave 'enforce' "
               "out to go without",
               cpu->text, flags);
}

bool x86_cpu_offer(const X86Cpu *cpu, const X86Features *supported, X86Features *ret_features, Error **errp)
{
    X86Features wanted = wanted_features(cpu, supported), missing;

    if (!check_asked(cpu, supported, errp) || !drop_dependent(cpu, &wanted, errp)) {
        return false;
    }
    missing = x86_features_without(&wanted, supported);
    if (!check_enforced(cpu, &missing, errp)) {
        return false;
    }
    *ret_features = x86_features_both(&wanted, supported);
    return true;
}

/* ---- texts ---- */

/* Whether @part of what was given is about one of @features. */
static bool is_about(const char *part, const X86Features *features)
{
    g_autofree char *copy = g_strdup(part);
    Flag flag = split_flag(copy);
    X86Feature feature;

    return x86_feature_find(flag.name, &feature) && x86_features_have(features, feature);
}

char *x86_cpu_text_changed(const char *text, const X86Features *on, const X86Features *off)
{
    g_auto(GStrv) parts = g_strsplit(text ? text : CPU_TYPE_HOST, ",", -1);
    g_autofree char *plus = x86_features_text(on, ",+", "", "");
    g_autofree char *minus = x86_features_text(off, ",-", "", "");
    X86Features changed = x86_features_either(on, off);
    GString *result = g_string_new(parts[0]);

    for (size_t i = 1; parts[0] && parts[i]; i++) {
        if (!is_about(parts[i], &changed)) {
            g_string_append_printf(result, ",%s", parts[i]);
        }
    }
    g_string_append_printf(result, "%s%s", plus, minus);
    return g_string_free(result, FALSE);
}

static void add_models(GString *text)
{
    size_t count;
    const X86CpuModel *models = x86_cpu_models(&count);

    for (size_t i = 0; i < count; i++) {
        const X86CpuModel *model = &models[i];

        g_string_append_printf(text, "  %-14s %s (signature 0x%06x", model->name, model->description,
                               x86_cpu_signature(model->family, model->model, model->stepping));
        if (model->versions) {
            g_string_append_printf(text, "; also %s-v1", model->name);
        }
        if (model->versions > 1) {
            g_string_append_printf(text, " to -v%u", model->versions);
        }
        g_string_append(text, ")\n");
    }
}

/* One line for each register of CPUID. */
static void add_features(GString *text)
{
    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        g_string_append_c(text, ' ');
        for (unsigned bit = 0; bit < 32; bit++) {
            const char *name = x86_feature_name(word, bit);

            if (name && !find_fixed(name)) {
                g_string_append_printf(text, " %s", name);
            }
        }
        g_string_append_c(text, '\n');
    }
}

char *x86_cpu_help(void)
{
    GString *text = g_string_new("Available CPUs:\n");

    add_models(text);
    g_string_append(text, "  host           the CPU of the host that the guest runs on\n\n"
                          "Features, each behind a model as +FEATURE, -FEATURE or FEATURE=on|off:\n");
    add_features(text);
    return g_string_free(text, FALSE);
}
