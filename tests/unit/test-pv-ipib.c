/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the reader of IPL parameter blocks, which guests write: each field at its limits and beyond, and
 * blocks whose parts do not fit each other.
 */
#include "target-s390x/pv-ipib.h"
#include <string.h>

#define MOST       PV_IPIB_MOST_COMPONENTS
#define TOP        (UINT64_C(1) << 62) /* no component starts above it, or is larger */
#define ONE_SIZE   (sizeof(PvIpib) + sizeof(PvIpibComponent))
#define HEADER_GPA UINT64_C(0x15000)

/** A block as it is in memory. */
typedef struct Raw {
    PvIpib head;
    PvIpibComponent components[MOST];
} Raw;
_Static_assert(sizeof(Raw) <= PV_IPIB_LARGEST, "a block of most components fits a page");

/* One of @count components, each of a page, with a page between them. */
static size_t make_raw(Raw *raw, size_t count)
{
    const size_t size = sizeof(PvIpib) + count * sizeof(PvIpibComponent);

    *raw = (Raw){
        .head = {
            .size = GUINT32_TO_BE(size),
            .version = PV_IPIB_VERSION,
            .block_size = GUINT32_TO_BE(size - 8),
            .type = PV_IPIB_TYPE,
            .pv_version = PV_IPIB_VERSION,
            .n_components = GUINT32_TO_BE(count),
            .header_addr = GUINT64_TO_BE(HEADER_GPA),
            .header_size = GUINT64_TO_BE(640),
        },
    };
    for (size_t i = 0; i < count; i++) {
        raw->components[i] = (PvIpibComponent){
            .tweak_pref = GUINT64_TO_BE((uint64_t)PV_KIND_KERNEL << 48 | i),
            .addr = GUINT64_TO_BE(0x10000 + i * 0x2000),
            .size = GUINT64_TO_BE(PV_PAGE_SIZE),
        };
    }
    return size;
}

static void set_component(Raw *raw, size_t index, uint64_t tweak, uint64_t gpa, uint64_t size)
{
    raw->components[index] =
        (PvIpibComponent){ GUINT64_TO_BE(tweak), GUINT64_TO_BE(gpa), GUINT64_TO_BE(size) };
}

/* A copy that ends where it is said to, so that a sanitizer sees what is read beyond. */
static bool parse(const void *raw, size_t size, PvBlock *block, Error **errp)
{
    g_autofree void *copy = g_memdup2(raw, size);

    return pv_ipib_parse(copy, size, block, errp);
}

static void assert_parsed(const Raw *raw, size_t size, PvBlock *block)
{
    g_autoptr(Error) error = NULL;
    bool done = parse(raw, size, block, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static void assert_refused(const void *raw, size_t size, const char *message)
{
    g_autoptr(Error) error = NULL;
    g_autofree PvBlock *block = g_new(PvBlock, 1);

    g_assert_false(parse(raw, size, block, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
}

/* ---- the size, of which a caller knows nothing else yet ---- */

static void test_size(void)
{
    static const struct {
        uint32_t size;
        bool is_right;
    } rows[] = { { 0, false },
                 { PV_IPIB_SMALLEST - 1, false },
                 { PV_IPIB_SMALLEST, true },
                 { PV_IPIB_LARGEST, true },
                 { PV_IPIB_LARGEST + 1, false },
                 { UINT32_MAX, false } };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const uint32_t number = GUINT32_TO_BE(rows[i].size);
        g_autoptr(Error) error = NULL;
        uint8_t bytes[5];
        uint32_t size = 99;

        memcpy(bytes + 1, &number, sizeof(number)); /* at no address in particular */
        g_assert_true(pv_ipib_size(bytes + 1, &size, &error) == rows[i].is_right);
        g_assert_cmpuint(size, ==, rows[i].is_right ? rows[i].size : 99);
        g_assert_true((error == NULL) == rows[i].is_right);
    }
}

/* Whatever a block says, no more is read than there is. */
static void test_too_short(void)
{
    Raw raw;

    make_raw(&raw, 1);
    assert_refused(&raw, 0, "the IPL parameter block has only 0 bytes");
    assert_refused(&raw, 3, "the IPL parameter block has only 3 bytes");
    assert_refused(&raw, sizeof(PvIpib) - 1, "the IPL parameter block has only 135 bytes");
    assert_refused(&raw, sizeof(PvIpib), "the IPL parameter block has 136 bytes, but says that it has 160");
    assert_refused(&raw, ONE_SIZE - 1, "the IPL parameter block has 159 bytes, but says that it has 160");
    assert_refused(&raw, ONE_SIZE + 1, "the IPL parameter block has 161 bytes, but says that it has 160");
    raw.head.size = GUINT32_TO_BE(PV_IPIB_LARGEST + 1);
    assert_refused(&raw, ONE_SIZE,
                   "the IPL parameter block says that it has 4097 bytes; it has to have 148 to 4096");
    raw.head.size = 0;
    assert_refused(&raw, ONE_SIZE,
                   "the IPL parameter block says that it has 0 bytes; it has to have 148 to 4096");
}

/* ---- what is right ---- */

static void test_block(void)
{
    g_autofree PvBlock *block = g_new(PvBlock, 1);
    size_t size;
    Raw raw;

    size = make_raw(&raw, 3);
    set_component(&raw, 1, UINT64_C(50) << 48, 0x40000, 1);
    set_component(&raw, 2, UINT64_MAX, 0x3f000, 4096); /* addresses need not increase, and may touch */
    assert_parsed(&raw, size, block);
    g_assert_cmphex(block->header_gpa, ==, HEADER_GPA);
    g_assert_cmpuint(block->header_size, ==, 640);
    g_assert_cmpuint(block->n_components, ==, 3);
    g_assert_cmphex(block->components[0].tweak, ==, UINT64_C(40) << 48);
    g_assert_cmphex(block->components[0].gpa, ==, 0x10000);
    g_assert_cmphex(block->components[1].size, ==, PV_PAGE_SIZE); /* rounded up */
    g_assert_cmphex(block->components[2].tweak, ==, UINT64_MAX);
    g_assert_cmpuint(pv_block_pages(block), ==, 3);
    g_assert_false(block->has_loadparm);
    g_assert_cmpstr(pv_component_kind(&block->components[0]), ==, "kernel");
    g_assert_cmpstr(pv_component_kind(&block->components[1]), ==, "initrd");
    g_assert_cmpstr(pv_component_kind(&block->components[2]), ==, "component");
}

/* As many as fit a page, and a page with only one. */
static void test_counts(void)
{
    g_autofree PvBlock *block = g_new(PvBlock, 1);
    g_autofree uint8_t *page = g_malloc0(PV_IPIB_LARGEST);
    size_t size;
    Raw raw;

    size = make_raw(&raw, MOST);
    g_assert_cmpuint(size, ==, PV_IPIB_LARGEST);
    assert_parsed(&raw, size, block);
    g_assert_cmpuint(block->n_components, ==, MOST);
    g_assert_cmpuint(pv_block_pages(block), ==, MOST);
    make_raw(&raw, 1);
    raw.head.size = GUINT32_TO_BE(PV_IPIB_LARGEST);
    memcpy(page, &raw, ONE_SIZE);
    assert_parsed((const Raw *)page, PV_IPIB_LARGEST, block);
    g_assert_cmpuint(block->n_components, ==, 1);
    for (size_t i = 1; i < MOST; i++) {
        g_assert_cmphex(block->components[i].size, ==, 0); /* nothing is left of the last one */
    }
}

static void test_wrong_counts(void)
{
    size_t size;
    Raw raw;

    size = make_raw(&raw, 2);
    raw.head.n_components = 0;
    assert_refused(
        &raw, size,
        "the IPL parameter block says that it has 0 components; in its 184 bytes there can be 1 to 2");
    raw.head.n_components = GUINT32_TO_BE(3);
    assert_refused(
        &raw, size,
        "the IPL parameter block says that it has 3 components; in its 184 bytes there can be 1 to 2");
    /* 24 times this is 8, in 32 bits. */
    raw.head.n_components = GUINT32_TO_BE(0x0aaaaaab);
    assert_refused(
        &raw, size,
        "the IPL parameter block says that it has 178956971 components; in its 184 bytes there can be 1 "
        "to 2");
    raw.head.n_components = GUINT32_TO_BE(UINT32_MAX);
    assert_refused(
        &raw, size,
        "the IPL parameter block says that it has 4294967295 components; in its 184 bytes there can be 1 "
        "to 2");
    /* The smallest size has no room for one. */
    make_raw(&raw, 1);
    raw.head.size = GUINT32_TO_BE(PV_IPIB_SMALLEST);
    assert_refused(
        &raw, PV_IPIB_SMALLEST,
        "the IPL parameter block says that it has 1 components; in its 148 bytes there can be 1 to 0");
}

/* ---- fields of the block ---- */

static void test_type(void)
{
    size_t size;
    Raw raw;

    size = make_raw(&raw, 1);
    raw.head.type = 0;
    assert_refused(&raw, size, "the IPL parameter block is of type 0, not 5 (protected virtualization)");
    raw.head.type = 255;
    assert_refused(&raw, size, "the IPL parameter block is of type 255, not 5 (protected virtualization)");
}

static void test_header_size(void)
{
    g_autofree PvBlock *block = g_new(PvBlock, 1);
    static const uint64_t right[] = { 1, PV_HEADER_LARGEST };
    static const uint64_t wrong[] = { 0, PV_HEADER_LARGEST + 1, UINT64_C(1) << 32, UINT64_MAX };
    size_t size;
    Raw raw;

    size = make_raw(&raw, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(right); i++) {
        raw.head.header_size = GUINT64_TO_BE(right[i]);
        assert_parsed(&raw, size, block);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *message = g_strdup_printf(
            "the IPL parameter block names a header of %" G_GUINT64_FORMAT " bytes; it has to have 1 to 8192",
            wrong[i]);

        raw.head.header_size = GUINT64_TO_BE(wrong[i]);
        assert_refused(&raw, size, message);
    }
}

static void assert_loadparm(const char *bytes, const char *expected)
{
    g_autofree PvBlock *block = g_new(PvBlock, 1);
    size_t size;
    Raw raw;

    size = make_raw(&raw, 1);
    memcpy(raw.head.loadparm, bytes, 8);
    raw.head.block_flags = PV_IPIB_HAS_LOADPARM;
    assert_parsed(&raw, size, block);
    g_assert_true(block->has_loadparm);
    g_assert_cmpstr(block->loadparm, ==, expected);
}

/* It is printed, so nothing of it is taken as it is but letters and digits. */
static void test_loadparm(void)
{
    assert_loadparm("NORMAL 7", "NORMAL 7");
    assert_loadparm("\xd5\xd6\xd9\xd4\xc1\xd3\x40\xf7", "NORMAL 7");
    assert_loadparm("\xc1\xc9\xd1\xd9\xe2\xe9\xf0\xf9", "AIJRSZ09");
    assert_loadparm("\xc0\xca\xd0\xda\xe1\xea\xef\xfa", "........");
    assert_loadparm("\0\x1b[2J\n\x7f\xff", "..." /* and what is printable of it */
                                           "2J...");
    assert_loadparm("a.b%s%n/", "a.b.s.n.");
}

/* ---- components ---- */

/** The second of two components; the first is a page at 0x10000, with the tweak 40 << 48. */
typedef struct Second {
    uint64_t tweak, gpa, size;
    const char *message; /* behind "the IPL parameter block: "; NULL: it is right */
} Second;

#define TWEAK (UINT64_C(41) << 48)

static const Second seconds[] = {
    /* Addresses. */
    { TWEAK, 0x12001, 4096, "component 1 is at 0x12001, which is not the start of a page" },
    { TWEAK, 0x12800, 4096, "component 1 is at 0x12800, which is not the start of a page" },
    { TWEAK, 0, 4096, NULL },
    { TWEAK, TOP, TOP, NULL },
    { TWEAK, TOP + 4096, 4096,
      "component 1 at 0x4000000000001000 has 0x1000 bytes, which is none, or more than there are addresses" },
    { TWEAK, UINT64_C(0xfffffffffffff000), 4096,
      "component 1 at 0xfffffffffffff000 has 0x1000 bytes, which is none, or more than there are addresses" },
    { TWEAK, UINT64_C(0xfffffffffffff000), 8192,
      "component 1 at 0xfffffffffffff000 has 0x2000 bytes, which is none, or more than there are addresses" },
    /* Sizes. */
    { TWEAK, 0x12000, 0,
      "component 1 at 0x12000 has 0x0 bytes, which is none, or more than there are addresses" },
    { TWEAK, 0x12000, 1, NULL },
    { TWEAK, 0x12000, TOP, NULL },
    { TWEAK, 0x12000, TOP + 1,
      "component 1 at 0x12000 has 0x4000000000000001 bytes, which is none, or more than there are "
      "addresses" },
    { TWEAK, 0x12000, UINT64_MAX,
      "component 1 at 0x12000 has 0xffffffffffffffff bytes, which is none, or more than there are "
      "addresses" },
    { TWEAK, 0x12000, UINT64_MAX - 4094,
      "component 1 at 0x12000 has 0xfffffffffffff001 bytes, which is none, or more than there are "
      "addresses" },
    /* Overlaps. */
    { TWEAK, 0x10000, 4096, "component 1 at 0x10000 overlaps component 0 at 0x10000" },
    { TWEAK, 0xf000, 4097,
      "component 1 at 0xf000 overlaps component 0 at 0x10000" }, /* only when rounded up */
    { TWEAK, 0xf000, 4096, NULL },
    { TWEAK, 0x11000, 4096, NULL },
    { TWEAK, 0, 0x20000, "component 1 at 0x0 overlaps component 0 at 0x10000" },
    { TWEAK, 0, TOP, "component 1 at 0x0 overlaps component 0 at 0x10000" },
    /* Tweaks. */
    { (UINT64_C(40) << 48) + 1, 0x12000, 4096, NULL },
    { UINT64_C(40) << 48, 0x12000, 4096,
      "the tweak of component 1, 0x0028000000000000, is not larger than that of the one before, "
      "0x0028000000000000; "
      "pages of both might be interchanged" },
    { 0, 0x12000, 4096,
      "the tweak of component 1, 0x0000000000000000, is not larger than that of the one before, "
      "0x0028000000000000; "
      "pages of both might be interchanged" },
};

static void test_components(void)
{
    g_autofree PvBlock *block = g_new(PvBlock, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(seconds); i++) {
        const Second *row = &seconds[i];
        Raw raw;
        size_t size = make_raw(&raw, 2);

        set_component(&raw, 1, row->tweak, row->gpa, row->size);
        if (row->message) {
            g_autofree char *message = g_strconcat("the IPL parameter block: ", row->message, NULL);
            assert_refused(&raw, size, message);
        } else {
            assert_parsed(&raw, size, block);
            g_assert_cmphex(block->components[1].gpa, ==, row->gpa);
            g_assert_cmphex(block->components[1].size % PV_PAGE_SIZE, ==, 0);
            g_assert_cmphex(block->components[1].size - row->size, <, PV_PAGE_SIZE);
        }
    }
}

/* A component is compared with all before it, not only with the last. */
static void test_far_overlap(void)
{
    size_t size;
    Raw raw;

    size = make_raw(&raw, MOST);
    set_component(&raw, MOST - 1, UINT64_MAX, 0x10000, 1);
    assert_refused(&raw, size,
                   "the IPL parameter block: component 164 at 0x10000 overlaps component 0 at 0x10000");
}

/* ---- what we write ---- */

static void test_make(void)
{
    g_autofree PvBlock *block = g_new0(PvBlock, 1), *again = g_new(PvBlock, 1);
    g_autoptr(GBytes) bytes = NULL;
    size_t size;
    Raw raw;

    assert_parsed(&raw, make_raw(&raw, MOST), block);
    bytes = pv_ipib_make(block);
    g_assert_cmpmem(g_bytes_get_data(bytes, &size), g_bytes_get_size(bytes), &raw, PV_IPIB_LARGEST);
    g_assert_true(pv_ipib_parse(g_bytes_get_data(bytes, NULL), size, again, NULL));
    g_assert_cmpmem(again, sizeof(*again), block, sizeof(*block));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pv-ipib/size", test_size);
    g_test_add_func("/pv-ipib/too-short", test_too_short);
    g_test_add_func("/pv-ipib/block", test_block);
    g_test_add_func("/pv-ipib/counts", test_counts);
    g_test_add_func("/pv-ipib/counts/wrong", test_wrong_counts);
    g_test_add_func("/pv-ipib/type", test_type);
    g_test_add_func("/pv-ipib/header-size", test_header_size);
    g_test_add_func("/pv-ipib/loadparm", test_loadparm);
    g_test_add_func("/pv-ipib/components", test_components);
    g_test_add_func("/pv-ipib/components/far-overlap", test_far_overlap);
    g_test_add_func("/pv-ipib/make", test_make);
    return g_test_run();
}
