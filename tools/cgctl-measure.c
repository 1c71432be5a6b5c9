/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgctl measure: launch digests, with the options of the tool that the field has for it.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgvm/measure.h"
#include "cgvm/vm.h"
#include "tools/cgctl-session.h"
#include "tools/file.h"
#include "tools/options.h"

/* ---- what is asked for ---- */

/* The library's options. Their names are the same. */
static const char *const names[] = {
    "ovmf",        "vcpus",      "vcpu-type",      "vcpu-sig",
    "vcpu-family", "vcpu-model", "vcpu-stepping",  "kernel",
    "initrd",      "append",     "guest-features", "snp-ovmf-hash",
    "svsm",        "vars-size",  "vars-file",      "legacy-vm-type",
    NULL,
};

/* NAME=VALUE as the library has it: "snp:svsm" is its snp-svsm, "QEMU" its qemu. To be freed. */
static char *as_library_has_it(const char *name, const char *value)
{
    char *text;

    if (asprintf(&text, "%s=%s", name, value) < 0) {
        abort();
    }
    for (char *c = text + strlen(name) + 1; *c; c++) {
        *c = *c == ':' ? '-' : *c == ',' ? ';' : (char)tolower((unsigned char)*c);
    }
    return text;
}

/* Whether @mode is one of those that the help lists, in the spelling of the library, too. */
static bool is_mode(const char *mode)
{
    static const char *const modes[] = { "sev", "seves", "snp", "snp-ovmf-hash", "snp-svsm" };
    char *text = as_library_has_it("mode", mode);
    bool found = false;

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        found |= strcmp(text + strlen("mode="), modes[i]) == 0;
    }
    free(text);
    return found;
}

static CgvmMeasure *measure_files(const CgctlLine *line, CgvmError **error)
{
    const char *vmm = cgctl_value(line, "vmm-type");
    char *mode = as_library_has_it("mode", cgctl_value(line, "mode"));
    char *vmm_text = as_library_has_it("vmm-type", vmm ? vmm : "qemu"), *rest = cgctl_join(line, names),
         *options;
    CgvmMeasure *measure;

    if (asprintf(&options, "%s,%s%s%s", mode, vmm_text, *rest ? "," : "", rest) < 0) {
        abort();
    }
    measure = cgvm_measure_new(options, error);
    free(mode);
    free(vmm_text);
    free(rest);
    free(options);
    return measure;
}

/* ---- what is printed ---- */

static bool print_digest(const char *format, const char *hex, CgvmBytes digest)
{
    char *base64;

    if (!format || strcmp(format, "hex") == 0) {
        printf("%s\n", hex);
        return true;
    }
    if (strcmp(format, "base64") != 0) {
        return false;
    }
    base64 = cgvm_base64(digest);
    printf("%s\n", base64);
    cgvm_string_free(base64);
    return true;
}

static const char *output_format(const CgctlLine *line)
{
    return cgctl_value(line, "json") ? "json" : cgctl_value(line, "output-format");
}

static CgctlStatus print_measure(const CgctlLine *line, const CgvmMeasure *measure)
{
    const char *format = output_format(line);
    char *text;

    if (print_digest(format, cgvm_measure_digest_hex(measure), cgvm_measure_digest(measure))) {
        return CGCTL_DONE;
    }
    text = cgvm_measure_describe(measure, CGVM_FORMAT_JSON);
    fputs(text, stdout);
    cgvm_string_free(text);
    return CGCTL_DONE;
}

static CgctlStatus dump_pages(const CgctlLine *line, const CgvmMeasure *measure)
{
    for (unsigned i = 0;; i++) {
        CgvmBytes page = cgvm_measure_vcpu_page(measure, i);
        char path[40];
        FileOutput output = { .path = path, .bytes = page };

        if (!page.data) {
            return CGCTL_DONE;
        }
        snprintf(path, sizeof(path), "vmsa%u.bin", i);
        if (!files_write(&output, 1, cgctl_value(line, "force"))) {
            return CGCTL_REFUSED;
        }
    }
}

static CgctlStatus explain(const CgvmMeasure *measure, const char *digest)
{
    CgvmError *error = NULL;
    char *text = cgvm_measure_explain(measure, digest, &error);

    if (!text) {
        return cgctl_fail(error);
    }
    printf("%s\n", *text ? text : "the digest is that of these options");
    cgvm_string_free(text);
    return CGCTL_DONE;
}

/* The owner's check of what the firmware has measured, with the digest that was computed here. */
static CgctlStatus verify(const CgctlLine *line, const CgvmMeasure *measure)
{
    static const char *const platform[] = { "api", "build", NULL };
    CgctlStatus status;
    CgvmSession *session = cgctl_read_session(line, &status);
    CgvmError *error = NULL;
    char *rest, *expected;

    if (!session) {
        return status;
    }
    rest = cgctl_join(line, platform);
    if (asprintf(&expected, "digest=%s%s%s", cgvm_measure_digest_hex(measure), *rest ? "," : "", rest) < 0) {
        abort();
    }
    status = cgvm_session_verify(session, cgctl_measurement(line), expected, &error) ? CGCTL_DONE
                                                                                     : cgctl_fail(error);
    cgvm_session_free(session);
    free(rest);
    free(expected);
    return status;
}

static CgctlStatus do_all(const CgctlLine *line, const CgvmMeasure *measure)
{
    CgctlStatus status = CGCTL_DONE;

    if (cgctl_value(line, "verbose")) {
        char *text = cgvm_measure_describe(measure, CGVM_FORMAT_TEXT);
        fputs(text, stderr);
        cgvm_string_free(text);
    }
    if (cgctl_value(line, "dump-vmsa")) {
        status = dump_pages(line, measure);
    }
    if (status == CGCTL_DONE && cgctl_value(line, "measurement")) {
        status = verify(line, measure);
    }
    if (status != CGCTL_DONE) {
        return status;
    }
    return cgctl_value(line, "explain") ? explain(measure, cgctl_value(line, "explain"))
                                        : print_measure(line, measure);
}

/* ---- a whole command line of cgvm ---- */

/* Those that say what the guest is; all others do not change its digest. */
static bool is_of_the_guest(const char *name)
{
    static const char *const guests[] = { "machine", "M",      "cpu",    "smp",    "m",
                                          "bios",    "object", "kernel", "initrd", "append" };

    for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
        if (strcmp(name, guests[i]) == 0) {
            return true;
        }
    }
    return false;
}

static CgctlStatus refuse_unknown(const CgctlLine *line, const char *argument, const char *name)
{
    char *near = option_near_miss(name);

    if (near) {
        cgctl_usage(line, "'%s' is no option of cgvm; did you mean '-%s'?", argument, near);
    } else {
        cgctl_usage(line, "'%s' is no option of cgvm", argument);
    }
    free(near);
    return CGCTL_USAGE;
}

/* Adds option *@i and, if it has one, its value. */
static CgctlStatus add_option(const CgctlLine *line, int *i, CgvmVm *vm)
{
    const char *argument = line->rest[*i], *name = argument + strspn(argument, "-"), *value = "";
    const Option *option = argument[0] == '-' ? option_find(name) : NULL;
    CgvmError *error = NULL;
    char shown[80];

    if (!option) {
        return refuse_unknown(line, argument, name);
    }
    if (option->has_value && ++*i == line->n_rest) {
        return cgctl_usage(line, "-%s needs a value", name);
    }
    value = option->has_value ? line->rest[*i] : "";
    option = option_decide(name, value);
    if (option->verdict == OPTION_REFUSED) {
        cgctl_say("%s: %s", option_show(shown, sizeof(shown), name, value), option->text);
        return CGCTL_REFUSED;
    }
    if (option->verdict == OPTION_WORKS && is_of_the_guest(name) &&
        !cgvm_vm_add_option(vm, name, value, &error)) {
        return cgctl_fail(error);
    }
    return CGCTL_DONE;
}

static CgctlStatus print_planned(const CgctlLine *line, CgvmVm *vm)
{
    const char *format = output_format(line), *hex;
    CgvmError *error = NULL;
    CgvmBytes digest;
    char *text;

    hex = cgvm_vm_planned_digest(vm, &digest, &error);
    if (!hex) {
        return cgctl_fail(error);
    }
    if (print_digest(format, hex, digest)) {
        return CGCTL_DONE;
    }
    text = cgvm_vm_plan(vm, CGVM_PLAN_JSON, &error);
    if (!text) {
        return cgctl_fail(error);
    }
    fputs(text, stdout);
    cgvm_string_free(text);
    return CGCTL_DONE;
}

static CgctlStatus measure_command_line(const CgctlLine *line)
{
    CgvmVm *vm = cgvm_vm_new();
    CgctlStatus status = CGCTL_DONE;

    for (int i = 0; i < line->n_rest && status == CGCTL_DONE; i++) {
        status = add_option(line, &i, vm);
    }
    if (status == CGCTL_DONE) {
        status = print_planned(line, vm);
    }
    cgvm_vm_free(vm);
    return status;
}

/* ---- the command ---- */

static bool is_format(const char *format)
{
    return !format || strcmp(format, "hex") == 0 || strcmp(format, "base64") == 0 ||
           strcmp(format, "json") == 0;
}

static CgctlStatus check_format(const CgctlLine *line)
{
    const char *format = cgctl_value(line, "output-format");

    if (!is_format(format)) {
        return cgctl_usage(line, "--output-format is hex, base64 or json, not '%s'", format);
    }
    if (format && cgctl_value(line, "json") && strcmp(format, "json") != 0) {
        return cgctl_usage(line, "--json and --output-format %s are two formats; give one", format);
    }
    return CGCTL_DONE;
}

/* What is needed unless a whole command line of cgvm stands behind `--`. */
static CgctlStatus check_options(const CgctlLine *line)
{
    const char *mode = cgctl_value(line, "mode");

    if (!mode || !cgctl_value(line, "ovmf")) {
        return cgctl_usage(line, "%s missing, or -- and the options of cgvm",
                           mode                        ? "--ovmf FILE is"
                           : cgctl_value(line, "ovmf") ? "--mode MODE is"
                                                       : "--mode and --ovmf are");
    }
    if (!is_mode(mode)) {
        return cgctl_usage(line, "--mode is sev, seves, snp, snp:ovmf-hash or snp:svsm, not '%s'", mode);
    }
    if (!cgctl_value(line, "measurement") != !cgctl_value(line, "state")) {
        return cgctl_usage(line, "--measurement and --state belong together");
    }
    return CGCTL_DONE;
}

static CgctlStatus run(const CgctlLine *line)
{
    CgvmError *error = NULL;
    CgvmMeasure *measure;
    CgctlStatus status;

    if (cgctl_value(line, "version")) {
        printf("cgctl %s\n", cgvm_version());
        return CGCTL_DONE;
    }
    status = check_format(line);
    if (status != CGCTL_DONE) {
        return status;
    }
    if (line->rest) {
        return measure_command_line(line);
    }
    status = check_options(line);
    if (status != CGCTL_DONE) {
        return status;
    }
    measure = measure_files(line, &error);
    if (!measure) {
        return cgctl_fail(error);
    }
    status = do_all(line, measure);
    cgvm_measure_free(measure);
    return status;
}

static const CgctlOption options[] = {
    { .name = "mode", .argument = "MODE", .help = "sev, seves, snp, snp:ovmf-hash or snp:svsm" },
    { .name = "ovmf", .argument = "FILE", .help = "the firmware image" },
    { .name = "vcpus", .argument = "N", .help = "number of vCPUs" },
    { .name = "vcpu-type", .argument = "MODEL", .help = "CPU model, such as EPYC-Milan" },
    { .name = "vcpu-sig", .argument = "N", .help = "CPU signature, in place of a model" },
    { .name = "vcpu-family", .argument = "N", .help = "CPU family, with model and stepping the same" },
    { .name = "vcpu-model", .argument = "N", .help = "CPU model number" },
    { .name = "vcpu-stepping", .argument = "N", .help = "CPU stepping" },
    { .name = "vmm-type", .argument = "VMM", .help = "QEMU (default), ec2, gce or cgvm" },
    { .name = "kernel", .argument = "FILE", .help = "kernel whose hash is measured" },
    { .name = "initrd", .argument = "FILE", .help = "its initial RAM disk" },
    { .name = "append", .argument = "TEXT", .help = "its command line" },
    { .name = "guest-features", .argument = "N", .help = "SEV_FEATURES of SEV-SNP vCPUs (default 0x1)" },
    { .name = "snp-ovmf-hash", .argument = "HEX", .help = "what snp:ovmf-hash printed for the image" },
    { .name = "svsm", .argument = "FILE", .help = "the SVSM image" },
    { .name = "vars-size", .argument = "SIZE", .help = "size of the variable store above it" },
    { .name = "vars-file", .argument = "FILE", .help = "a file of that size" },
    { .name = "legacy-vm-type",
      .argument = "SWITCH",
      .help = "SEV-ES: the VM is made by ES_INIT (default off)" },
    { .name = "output-format", .argument = "FORMAT", .help = "hex (default), base64 or json" },
    { .name = "json", .help = "as JSON, the schema's MeasureResult" },
    { .name = "explain", .argument = "DIGEST", .help = "print which change of options gives DIGEST" },
    { .name = "measurement", .argument = "BASE64", .help = "verify this measurement of the firmware, too" },
    { .name = "state", .argument = "FILE", .help = "the session under whose key it is (secret session)" },
    { .name = "api", .argument = "M.N", .help = "API version of the platform that has measured" },
    { .name = "build", .argument = "N", .help = "build of its firmware" },
    { .name = "dump-vmsa", .help = "write each register page to vmsaN.bin" },
    { .name = "force", .help = "replace such files" },
    { .name = "verbose", .help = "print the launch to stderr" },
    { .name = "version", .help = "print the version" },
    { .name = NULL },
};

const CgctlCommand cgctl_measure = {
    .group = "measure",
    .summary = "the launch digest of a guest",
    .text = "The digest goes to stdout, alone. Behind -- stands a whole command line of cgvm instead:\n"
            "cgctl measure -- -bios OVMF.fd -cpu EPYC-Milan -object sev-snp-guest,id=sev0 ...\n",
    .takes_rest = true,
    .options = options,
    .run = run,
};
