/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes docs/troubleshooting.md from the tables that the messages are made of.
 *
 *     troubleshooting              prints the page
 *     troubleshooting --check FILE ends with 1, and the first line that differs, unless FILE is that page
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "target-i386/sev-abi.h"
#include "target-i386/sev-errors.h"
#include "target-i386/sev-term.h"
#include "target-s390x/s390-pv-errors.h"

/* The largest status, and a command that does not exist: what is said of it is what is said of all. */
#define LAST_STATUS SEV_STATUS_INVALID_KEY
#define ANY_COMMAND UINT32_MAX

static const char head[] =
    "# Troubleshooting\n"
    "\n"
    "What the messages of a launch mean, and what to do. This page is made of the tables that the messages "
    "come from\n"
    "(`tests/docs/troubleshooting.c`), so that what is printed is found here.\n"
    "\n"
    "## How a message is read\n"
    "\n"
    "    cgvm: sev-snp-guest 'sev0': SNP_LAUNCH_UPDATE failed while launching 0x80d000-0x80dfff "
    "(OVMF.fd+0x1ffad4,\n"
    "    SEV metadata: SNP secrets page) as secrets pages: the firmware answered INVALID_PAGE_STATE (0x1a): "
    "...\n"
    "\n"
    "It names the object, the command, the step with its guest addresses and where the bytes come from, and "
    "then who\n"
    "refused:\n"
    "\n"
    "| the message says | who refused | look at |\n"
    "| --- | --- | --- |\n"
    "| the firmware answered NAME (code) | the AMD security firmware, which KVM has asked | "
    "[firmware](#the-firmware-refused) |\n"
    "| the kernel refused it; the firmware was not reached | KVM, with an errno | "
    "[kernel](#the-kernel-refused) |\n"
    "| the guest asked to be terminated | the guest | [guest](#the-guest-ended-itself) |\n"
    "| the ultravisor answered rc, rrc | the firmware of IBM Z, which KVM has asked | "
    "[ultravisor](#the-ultravisor-refused) |\n"
    "| anything else | cgvm, before the host was touched | the message, which says what to change |\n"
    "\n"
    "`-plan text` shows what would be asked, and `-accel ...,trace=FILE` writes each call to the host with "
    "its result.\n"
    "A launch that works with `-accel sim` and not with KVM has met something that only this host does.\n";

static void put_cell(GString *page, const char *text)
{
    for (; *text; text++) {
        if (*text == '|') {
            g_string_append_c(page, '\\');
        }
        g_string_append_c(page, *text);
    }
}

static void put_status(GString *page, uint32_t status, const char *whose, const char *meaning)
{
    g_string_append_printf(page, "| 0x%02x | %s%s | ", status, sev_status_name(status), whose);
    put_cell(page, meaning);
    g_string_append(page, " |\n");
}

static void put_statuses(GString *page)
{
    const char *older;

    g_string_append(page, "\n## The firmware refused\n\n| code | name | meaning |\n| --- | --- | --- |\n");
    for (uint32_t status = 1; status <= LAST_STATUS; status++) {
        if (strcmp(sev_status_name(status), sev_status_name(ANY_COMMAND - 1)) == 0) {
            continue; /* a number that the specification has left out */
        }
        put_status(page, status, "", sev_status_meaning(status));
        older = sev_command_status_meaning(SEVCMD_LAUNCH_START, status);
        if (strcmp(older, sev_status_meaning(status)) != 0) {
            put_status(page, status, " of SEV and SEV-ES", older);
        }
    }
    g_string_append_printf(page, "| -1 | %s | ", sev_status_name(UINT32_MAX));
    put_cell(page, sev_status_meaning(UINT32_MAX));
    g_string_append(page, " |\n");
}

/* What @command means by an errno, but for what any command means by it. */
static const char *own_refusal(uint32_t command, int os_error)
{
    const char *cause = sev_kernel_refusal(command, os_error);

    return command != ANY_COMMAND && cause == sev_kernel_refusal(ANY_COMMAND, os_error) ? NULL : cause;
}

static const int errnos[] = { EPERM, EIO,    EBADF,  ENOMEM, EACCES,   EFAULT,
                              EBUSY, ENODEV, EINVAL, ENOTTY, ETIMEDOUT };

static void put_refusals(GString *page, const char *name, uint32_t command)
{
    for (size_t i = 0; i < G_N_ELEMENTS(errnos); i++) {
        const char *cause = own_refusal(command, errnos[i]);

        if (cause) {
            g_string_append_printf(page, "| %s | %s | ", name, g_strerror(errnos[i]));
            put_cell(page, cause);
            g_string_append(page, " |\n");
        }
    }
}

static void put_kernel(GString *page)
{
    g_string_append(
        page, "\n## The kernel refused\n\nKVM checks a command before the firmware sees it. What is said of "
              "all commands holds where a command has no row of\nits own.\n\n"
              "| command | errno | the likely cause, and what to do |\n| --- | --- | --- |\n");
    for (uint32_t command = 0; command <= SEVCMD_SNP_LAUNCH_FINISH; command++) {
        const char *name = sev_command_name(command);

        if (name) {
            put_refusals(page, name, command);
        }
    }
    put_refusals(page, "all", ANY_COMMAND);
}

static void put_region(GString *page)
{
    g_string_append(page,
                    "\n### Memory that is registered\n\nSEV and SEV-ES keep the guest's memory where it is "
                    "(KVM_MEMORY_ENCRYPT_REG_REGION).\n\n"
                    "| errno | the likely cause, and what to do |\n| --- | --- |\n");
    for (size_t i = 0; i < G_N_ELEMENTS(errnos); i++) {
        const char *cause = sev_region_refusal(errnos[i]);

        if (cause) {
            g_string_append_printf(page, "| %s | ", g_strerror(errnos[i]));
            put_cell(page, cause);
            g_string_append(page, " |\n");
        }
    }
}

static void put_reasons(GString *page)
{
    size_t count;
    const SevTermReason *reasons = sev_term_reasons(&count);

    g_string_append(
        page,
        "\n## The guest ended itself\n\nAn SEV-ES or SEV-SNP guest that cannot go on asks to be terminated, "
        "with a code of a set. Different software means\ndifferent things by one code.\n\n"
        "| set | code | name | who says so | what went wrong | what to do |\n"
        "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < count; i++) {
        const SevTermReason *reason = &reasons[i];

        g_string_append_printf(page, "| %u | %u | %s | %s | ", reason->set, reason->code, reason->name,
                               reason->who);
        put_cell(page, reason->meaning);
        g_string_append(page, " | ");
        put_cell(page, reason->advice);
        g_string_append(page, " |\n");
    }
}

/* ---- IBM Z ---- */

static void put_ultravisor(GString *page)
{
    g_string_append(
        page,
        "\n## The ultravisor refused\n\nOf guests of IBM Z. `KVM_PV_...` names the command; rc and rrc "
        "are the ultravisor's. With a code that is not here, the\nmachine's firmware has a reason that no "
        "public source tells.\n\n| rc | rrc | meaning |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < s390_pv_n_meanings; i++) {
        const S390PvMeaning *meaning = &s390_pv_meanings[i];

        g_string_append_printf(page, "| 0x%04x | ", meaning->rc);
        if (meaning->rrc == S390_PV_ANY_RRC) {
            g_string_append(page, "any other | ");
        } else {
            g_string_append_printf(page, "0x%04x | ", meaning->rrc);
        }
        put_cell(page, meaning->text);
        g_string_append(page, " |\n");
    }
    g_string_append(page, "\nWhere the ultravisor was not asked, the kernel has refused:\n\n"
                          "| command | errno | the likely cause |\n| --- | --- | --- |\n");
}

/* What @command means by an errno, but for what all others mean by it. */
static const char *own_errno(uint32_t command, int os_error)
{
    const char *cause = s390_pv_errno_meaning(command, os_error);

    return command != KVM_S390_PV_UNPACK && cause == s390_pv_errno_meaning(KVM_S390_PV_UNPACK, os_error)
               ? NULL
               : cause;
}

static void put_pv_refusals(GString *page, uint32_t command)
{
    for (size_t i = 0; i < G_N_ELEMENTS(errnos); i++) {
        const char *cause = own_errno(command, errnos[i]);

        if (cause) {
            g_string_append_printf(page, "| %s | %s | ",
                                   command == KVM_S390_PV_UNPACK ? "all others"
                                                                 : s390_pv_command_name(command),
                                   g_strerror(errnos[i]));
            put_cell(page, cause);
            g_string_append(page, " |\n");
        }
    }
}

static void put_pv(GString *page)
{
    put_ultravisor(page);
    for (uint32_t command = KVM_S390_PV_ENABLE; command <= KVM_S390_PV_ASYNC_CLEANUP_PERFORM; command++) {
        if (command != KVM_S390_PV_UNPACK) {
            put_pv_refusals(page, command);
        }
    }
    put_pv_refusals(page, KVM_S390_PV_UNPACK);
}

static int check(const char *path, const char *page)
{
    g_autofree char *text = NULL;
    size_t line = 1;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        printf("cannot read %s\n", path);
        return 1;
    }
    if (strcmp(text, page) == 0) {
        return 0;
    }
    for (size_t i = 0; text[i] == page[i]; i++) {
        line += text[i] == '\n';
    }
    printf("%s:%zu: this is not what the tables say; write the page anew\n", path, line);
    return 1;
}

int main(int argc, char **argv)
{
    g_autoptr(GString) page = g_string_new(head);

    put_statuses(page);
    put_kernel(page);
    put_region(page);
    put_reasons(page);
    put_pv(page);
    if (argc == 3 && strcmp(argv[1], "--check") == 0) {
        return check(argv[2], page->str);
    }
    fputs(page->str, stdout);
    return 0;
}
