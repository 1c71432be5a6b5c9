/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the simulated ultravisor: whose pages are whose, what a hypervisor sees of them, and calls that
 * fail.
 */
#include "target-ppc/ppc-uv.h"
#include <string.h>
#include "target-ppc/kvm-ppc-abi.h"

#define PAGE UV_PAGE_SIZE

static void test_pages(void)
{
    PpcUv *uv = ppc_uv_new(NULL, NULL);
    g_autofree uint8_t *bytes = g_malloc(PAGE), *out = g_malloc(PAGE), *other = g_malloc(PAGE);

    memset(bytes, 0x77, PAGE);
    g_assert_cmpint(ppc_uv_page_in(uv, 1, 0, bytes, PAGE), ==, H_PARAMETER);
    g_assert_cmpint(ppc_uv_register_mem_slot(uv, 1, 0, 4 * PAGE, 0), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_register_mem_slot(uv, 1, 0, 4 * PAGE, 0), ==, H_P4);
    g_assert_cmpint(ppc_uv_register_mem_slot(uv, 1, 1, 4 * PAGE, 1), ==, H_P2);
    g_assert_cmpint(ppc_uv_page_in(uv, 1, 16, bytes, PAGE), ==, H_P3);
    g_assert_cmpint(ppc_uv_page_in(uv, 1, 0, bytes, PAGE), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_page_in(uv, 1, PAGE, bytes, PAGE), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_page_in(uv, 1, 2 * PAGE, NULL, PAGE), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_page_kind(uv, 1, 0), ==, UV_PAGE_SECURE);
    g_assert_cmpint(ppc_uv_page_kind(uv, 1, 2 * PAGE + 5), ==, UV_PAGE_SECURE_ZERO);
    g_assert_cmpint(ppc_uv_page_kind(uv, 1, 3 * PAGE), ==, UV_PAGE_NORMAL);
    g_assert_cmpint(ppc_uv_page_kind(uv, 2, 0), ==, UV_PAGE_NORMAL);

    /* The guest sees its bytes; others see something else, at each address. */
    g_assert_cmpmem(ppc_uv_secure_memory(uv, 1, 0), PAGE, bytes, PAGE);
    g_assert_null(ppc_uv_secure_memory(uv, 2, 0));
    g_assert_cmpint(ppc_uv_page_out(uv, 1, 0, out, PAGE), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_page_out(uv, 1, PAGE, other, PAGE), ==, H_SUCCESS);
    g_assert_cmpint(memcmp(out, bytes, PAGE), !=, 0);
    g_assert_cmpint(memcmp(out, other, PAGE), !=, 0);
    g_assert_cmpint(ppc_uv_page_out(uv, 1, 3 * PAGE, out, PAGE), ==, H_P3);
    g_assert_cmpint(ppc_uv_page_out(uv, 2, 0, out, PAGE), ==, H_PARAMETER);

    /* A page of zeros is one like others as soon as it is used. */
    ppc_uv_secure_memory(uv, 1, 2 * PAGE)[3] = 9;
    g_assert_cmpint(ppc_uv_page_kind(uv, 1, 2 * PAGE), ==, UV_PAGE_SECURE);
    g_assert_cmpint(ppc_uv_page_inval(uv, 1, 0), ==, H_SUCCESS);
    g_assert_null(ppc_uv_secure_memory(uv, 1, 0));
    g_assert_cmpint(ppc_uv_unregister_mem_slot(uv, 1, 0), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_unregister_mem_slot(uv, 1, 0), ==, H_P2);
    g_assert_cmpint(ppc_uv_svm_terminate(uv, 1), ==, H_SUCCESS);
    g_assert_null(ppc_uv_secure_memory(uv, 1, PAGE));
    g_assert_cmpint(ppc_uv_unregister_mem_slot(uv, 1, 0), ==, H_PARAMETER);
    ppc_uv_free(uv);
}

static void test_guests_differ(void)
{
    PpcUv *uv = ppc_uv_new(NULL, NULL);
    g_autofree uint8_t *bytes = g_malloc0(PAGE), *one = g_malloc(PAGE), *two = g_malloc(PAGE);

    for (uint32_t lpid = 1; lpid <= 2; lpid++) {
        ppc_uv_register_mem_slot(uv, lpid, 0, PAGE, 0);
        g_assert_cmpint(ppc_uv_page_in(uv, lpid, 0, bytes, PAGE), ==, H_SUCCESS);
    }
    g_assert_cmpint(ppc_uv_page_out(uv, 1, 0, one, PAGE), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_page_out(uv, 2, 0, two, PAGE), ==, H_SUCCESS);
    g_assert_cmpint(memcmp(one, two, PAGE), !=, 0);
    ppc_uv_free(uv);
}

static void test_faults(void)
{
    PpcUv *uv = ppc_uv_new("UV_REGISTER_MEM_SLOT:2=U_P3+UV_SVM_TERMINATE=U_BUSY", NULL);

    g_assert_cmpint(ppc_uv_register_mem_slot(uv, 1, 0, PAGE, 0), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_register_mem_slot(uv, 1, PAGE, PAGE, 1), ==, H_P3);
    g_assert_cmpint(ppc_uv_register_mem_slot(uv, 1, PAGE, PAGE, 1), ==, H_SUCCESS);
    g_assert_cmpint(ppc_uv_svm_terminate(uv, 1), ==, H_BUSY);
    g_assert_cmpint(ppc_uv_svm_terminate(uv, 1), ==, H_BUSY);
    ppc_uv_free(uv);
}

static void test_bad_faults(void)
{
    static const char *const faults[] = {
        "",
        "UV_PAGE_IN",
        "UV_PAGE_IN=",
        "UV_PAGE_IN=7",
        "UV_PAGE_IN:0=U_BUSY",
        "UV_PAGE_IN:x=U_BUSY",
        "PAGE_IN=U_BUSY",
        "UV_PAGE_IN=U_BUSY+",
        "=U_BUSY",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_null(ppc_uv_new(faults[i], &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
        g_assert_nonnull(strstr(cgvm_error_message(error), "write it as CALL[:NTH]=CODE"));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ppc-uv/pages", test_pages);
    g_test_add_func("/ppc-uv/guests-differ", test_guests_differ);
    g_test_add_func("/ppc-uv/faults", test_faults);
    g_test_add_func("/ppc-uv/bad-faults", test_bad_faults);
    return g_test_run();
}
