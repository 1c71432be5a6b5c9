/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes what a host hands to the ultravisor: the header of an image, and its pages.
 *
 * The first byte says what follows. 0: any header. 1: what a right header is longer by (a signed byte), an
 * offset (two bytes, little-endian) and bytes that are XORed onto it there; no other header than the right
 * one is accepted. 2: steps of three bytes that unpack pages under the right header: where to (a page), which
 * page of the image, and what is wrong with it; no other sequence than the right one is verified.
 */
#include <string.h>
#include "target-s390x/sim-model.h"
#include "target-s390x/uv.h"
#include "tests/s390x/se-images.h"

#define RAM_PAGES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A page of the right image. */
typedef struct Page {
    uint64_t gaddr, tweak, offset;
    const uint8_t *encrypted, *plain;
} Page;

static Uv *machine(void)
{
    static Uv *uv;

    if (!uv) {
        const S390Model *model = s390_model_find(NULL);

        uv = uv_new(model->name, &model->uv, NULL, NULL);
    }
    return uv;
}

static uint64_t new_conf(void)
{
    UvCreateConf create = { .stor_length = RAM_PAGES * UV_PAGE_SIZE };

    g_assert_true(uv_call(machine(), UV_CREATE_SEC_CONF, &create));
    return create.handle;
}

static void destroy(uint64_t conf)
{
    UvNoData nodata = { .handle = conf };

    g_assert_true(uv_call(machine(), UV_DESTROY_SEC_CONF, &nodata));
}

/* A copy of exactly that size, so that reading beyond it is noticed. */
static bool set_params(uint64_t conf, const uint8_t *header, size_t size)
{
    g_autofree uint8_t *copy = size > 0 ? g_memdup2(header, size) : g_malloc(1);
    UvSetParams set = { .conf = conf, .header = copy, .length = size };
    bool is_done = uv_call(machine(), UV_SET_SEC_CONF_PARAMS, &set);

    g_assert_true(is_done == (set.block.rc == UV_RC_EXECUTED));
    return is_done;
}

static void fuzz_header(const uint8_t *data, size_t size)
{
    uint64_t conf = new_conf();

    set_params(conf, data, MIN(size, 2 * PV_HEADER_LARGEST));
    destroy(conf);
}

static void fuzz_change(const uint8_t *data, size_t size)
{
    uint8_t header[2 * PV_HEADER_LARGEST] = { 0 };
    size_t length = image_z16.header_size + (size_t)(size > 0 ? (int8_t)data[0] : 0);
    size_t offset = size > 2 ? data[1] | (size_t)data[2] << 8 : 0;
    uint64_t conf = new_conf();
    bool is_right;

    memcpy(header, image_z16.header, image_z16.header_size);
    for (size_t i = 3; i < size && offset + i - 3 < sizeof(header); i++) {
        header[offset + i - 3] ^= data[i];
    }
    is_right = length == image_z16.header_size && memcmp(header, image_z16.header, length) == 0;
    g_assert_true(set_params(conf, header, length) == is_right);
    destroy(conf);
}

static void list_pages(Page pages[N_PAGES])
{
    size_t n = 0;

    for (int i = 0; i < N_COMPONENTS; i++) {
        const SeComponent *component = &image_z16.components[i];

        for (size_t offset = 0; offset < component->size; offset += UV_PAGE_SIZE) {
            pages[n++] = (Page){ component->address + offset, component->tweak, offset,
                                 component->encrypted + offset, component->plain + offset };
        }
    }
    g_assert_cmpuint(n, ==, N_PAGES);
}

/* Unpacks one page as @step says. Whether it is done, and was the page that is due. */
static bool unpack_step(uint64_t conf, const Page *pages, const uint8_t *step, size_t number, bool *is_due)
{
    const Page *page = &pages[step[1] % N_PAGES];
    uint8_t bytes[UV_PAGE_SIZE];
    UvUnpack unpack = { .conf = conf,
                        .gaddr = step[0] % (RAM_PAGES + 2) * UINT64_C(4096),
                        .tweak = { page->tweak ^ (step[2] & 1), page->offset ^ (step[2] & 2 ? 4096u : 0) },
                        .page = step[2] & 4 ? NULL : bytes };

    memcpy(bytes, page->encrypted, sizeof(bytes));
    bytes[step[2] * 16] ^= step[2] >> 3;
    *is_due = number < N_PAGES && page == &pages[number] && unpack.gaddr == page->gaddr && step[2] == 0;
    return uv_call(machine(), UV_UNPACK_IMG, &unpack);
}

static void fuzz_pages(const uint8_t *data, size_t size)
{
    Page pages[N_PAGES];
    UvNoData nodata = { .handle = new_conf() };
    size_t n_done = 0;
    bool is_right = true;

    list_pages(pages);
    g_assert_true(set_params(nodata.handle, image_z16.header, image_z16.header_size));
    for (size_t i = 0; i + 3 <= size && i < 3 * RAM_PAGES; i += 3) {
        bool is_due;

        if (unpack_step(nodata.handle, pages, data + i, n_done, &is_due)) {
            is_right = is_right && is_due;
            n_done++;
        }
    }
    is_right = is_right && n_done == N_PAGES;
    g_assert_true(uv_call(machine(), UV_VERIFY_IMG, &nodata) == is_right);
    destroy(nodata.handle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    switch (data[0]) {
    case 0:
        fuzz_header(data + 1, size - 1);
        break;
    case 1:
        fuzz_change(data + 1, size - 1);
        break;
    default:
        fuzz_pages(data + 1, size - 1);
        break;
    }
    return 0;
}
