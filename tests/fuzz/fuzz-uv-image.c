/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes what a host hands to the ultravisor: the header of an image, and its pages.
 *
 * The first byte says what follows. 0: any header. 1: what a right header is longer by (a signed byte), an
 * offset (two bytes, little-endian) and bytes that are XORed onto it there; no other header than the right
 * one is accepted. 2: steps of three bytes that unpack pages under the right header: where to (a page), which
 * page of the image, and what is wrong with it; no other sequence than the right one is verified. 3: a header
 * that is opened with this host's key, changed also where it is hidden, and sealed again, so that its tag is
 * right; then such steps. Whether header and pages are accepted, and what the guest then finds, is foretold.
 * The byte behind the 3 says whether the hashes are made those of the pages, the next one how many changes
 * follow: an offset (two bytes) and what is XORed onto the byte there.
 */
#include <string.h>
#include "confidential/crypto.h"
#include "target-s390x/sim-model.h"
#include "target-s390x/uv-state.h"
#include "tests/s390x/se-images.h"

#define RAM_PAGES    64
#define MOST_CHANGES 64

/* Of the right header. */
#define CLEAR_SIZE  (sizeof(PvHeader) + sizeof(PvKeySlot))
#define SEALED_SIZE (CLEAR_SIZE + sizeof(PvSecrets))
#define HEADER_SIZE (SEALED_SIZE + PV_TAG_SIZE)

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

/* What @step asks for, with @bytes as the host's copy of the page. */
static UvUnpack make_step(uint64_t conf, const Page *pages, const uint8_t *step, uint8_t bytes[UV_PAGE_SIZE])
{
    const Page *page = &pages[step[1] % N_PAGES];

    memcpy(bytes, page->encrypted, UV_PAGE_SIZE);
    bytes[step[2] * 16] ^= step[2] >> 3;
    return (UvUnpack){ .conf = conf,
                       .gaddr = step[0] % (RAM_PAGES + 2) * UINT64_C(4096),
                       .tweak = { page->tweak ^ (step[2] & 1), page->offset ^ (step[2] & 2 ? 4096u : 0) },
                       .page = step[2] & 4 ? NULL : bytes };
}

/* Unpacks one page as @step says. Whether it is done, and was the page that is due. */
static bool unpack_step(uint64_t conf, const Page *pages, const uint8_t *step, size_t number, bool *is_due)
{
    const Page *page = &pages[step[1] % N_PAGES];
    uint8_t bytes[UV_PAGE_SIZE];
    UvUnpack unpack = make_step(conf, pages, step, bytes);

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

/* ---- headers that are sealed again ---- */

/** A header with what it hides in the clear. */
typedef struct Opened {
    PvHeader header;
    PvKeySlot slot;
    PvSecrets secrets;
} Opened;
_Static_assert(sizeof(Opened) == SEALED_SIZE, "Opened has no padding");

/** What a sequence of steps does. */
typedef struct Outcome {
    bool is_done[RAM_PAGES];
    uint8_t plain[RAM_PAGES][UV_PAGE_SIZE]; /* what the guest finds */
    uint64_t n_done;
    uint8_t page_hash[PV_HASH_SIZE], address_hash[PV_HASH_SIZE], tweak_hash[PV_HASH_SIZE];
} Outcome;

static void unwrap_key(const Opened *image, uint8_t key[CRYPTO_AES256_KEY_SIZE])
{
    static const uint8_t iv[CRYPTO_GCM_IV_SIZE];
    const CryptoGcmHeader gcm = { iv, NULL, 0 };
    uint8_t secret[CRYPTO_P521_SIZE + 4] = { 0 }, wrapping[CRYPTO_SHA256_SIZE];
    CryptoP521Point peer;

    memcpy(&peer, &image->header.customer_key, sizeof(peer));
    g_assert_true(crypto_p521_agree(&machine()->host_key, &peer, secret));
    secret[sizeof(secret) - 1] = 1;
    crypto_sha256(secret, sizeof(secret), wrapping);
    g_assert_true(crypto_aes256_gcm_decrypt(wrapping, &gcm, image->slot.wrapped_key, PV_KEY_SIZE, key,
                                            image->slot.tag));
}

/* The right header, opened, and its key. */
static const Opened *open_right(const uint8_t **ret_key)
{
    static uint8_t key[CRYPTO_AES256_KEY_SIZE];
    static Opened right;
    const uint8_t *header = image_z16.header;

    if (!right.header.size) {
        const CryptoGcmHeader gcm = { header + offsetof(PvHeader, iv), header, CLEAR_SIZE };

        g_assert_cmpuint(image_z16.header_size, ==, HEADER_SIZE);
        memcpy(&right, header, CLEAR_SIZE);
        unwrap_key(&right, key);
        g_assert_true(crypto_aes256_gcm_decrypt(key, &gcm, header + CLEAR_SIZE, sizeof(PvSecrets),
                                                &right.secrets, header + SEALED_SIZE));
    }
    *ret_key = key;
    return &right;
}

static void seal(const Opened *image, const uint8_t *key, uint8_t header[HEADER_SIZE])
{
    const CryptoGcmHeader gcm = { image->header.iv, image, CLEAR_SIZE };

    memcpy(header, image, CLEAR_SIZE);
    crypto_aes256_gcm_encrypt(key, &gcm, &image->secrets, sizeof(PvSecrets), header + CLEAR_SIZE,
                              header + SEALED_SIZE);
}

/* Whether nothing was changed that its maker could not have chosen otherwise. */
static bool is_acceptable(const Opened *image, const Opened *right)
{
    const PvHeader *header = &image->header, *expected = &right->header;
    const uint64_t secret_flags = PV_SECRET_FLAG_ENFORCE_EXTENSION | PV_SECRET_FLAG_CCK_UPDATE;

    return memcmp(header, expected, offsetof(PvHeader, iv)) == 0 && /* magic, version, size */
           header->n_key_slots == expected->n_key_slots &&
           header->encrypted_size == expected->encrypted_size &&
           !(GUINT64_FROM_BE(header->plaintext_flags) & ~machine()->info->header_flags) &&
           memcmp(&header->customer_key, &expected->customer_key, sizeof(PvPublicKey)) == 0 &&
           memcmp(&image->slot, &right->slot, sizeof(PvKeySlot)) == 0 && !image->secrets.n_items &&
           !(GUINT64_FROM_BE(image->secrets.secret_flags) & ~secret_flags);
}

static bool decrypt(const Opened *image, const UvUnpack *unpack, uint8_t plain[UV_PAGE_SIZE])
{
    const uint64_t numbers[2] = { GUINT64_TO_BE(unpack->tweak[0]), GUINT64_TO_BE(unpack->tweak[1]) };

    memcpy(plain, unpack->page, UV_PAGE_SIZE);
    return (GUINT64_FROM_BE(image->header.plaintext_flags) & PV_FLAG_NO_ENCRYPTION) ||
           crypto_aes256_xts(image->secrets.xts_key, (const uint8_t *)numbers, false, plain, UV_PAGE_SIZE,
                             plain);
}

/* Whether the step is done; @outcome is then what it was and this. */
static bool foretell(const Opened *image, const UvUnpack *unpack, Outcome *outcome)
{
    const uint64_t number = unpack->gaddr / UV_PAGE_SIZE;

    if (number >= RAM_PAGES || !unpack->page || outcome->is_done[number] ||
        !decrypt(image, unpack, outcome->plain[number])) {
        return false;
    }
    outcome->is_done[number] = true;
    outcome->n_done++;
    return true;
}

static void foretell_all(const Opened *image, const Page *pages, const uint8_t *steps, size_t n_steps,
                         Outcome *outcome)
{
    g_autoptr(CryptoSha512) page_hash = crypto_sha512_new();
    g_autoptr(CryptoSha512) address_hash = crypto_sha512_new();
    g_autoptr(CryptoSha512) tweak_hash = crypto_sha512_new();

    for (size_t i = 0; i < n_steps; i++) {
        uint8_t bytes[UV_PAGE_SIZE];
        const UvUnpack unpack = make_step(0, pages, steps + 3 * i, bytes);
        const uint64_t numbers[3] = { GUINT64_TO_BE(unpack.gaddr), GUINT64_TO_BE(unpack.tweak[0]),
                                      GUINT64_TO_BE(unpack.tweak[1]) };

        if (foretell(image, &unpack, outcome)) {
            crypto_sha512_update(page_hash, bytes, sizeof(bytes));
            crypto_sha512_update(address_hash, numbers, 8);
            crypto_sha512_update(tweak_hash, numbers + 1, 16);
        }
    }
    crypto_sha512_finish(page_hash, outcome->page_hash);
    crypto_sha512_finish(address_hash, outcome->address_hash);
    crypto_sha512_finish(tweak_hash, outcome->tweak_hash);
}

static void mend_hashes(Opened *image, const Outcome *outcome)
{
    image->header.n_pages = GUINT64_TO_BE(outcome->n_done);
    memcpy(image->header.page_hash, outcome->page_hash, PV_HASH_SIZE);
    memcpy(image->header.address_hash, outcome->address_hash, PV_HASH_SIZE);
    memcpy(image->header.tweak_hash, outcome->tweak_hash, PV_HASH_SIZE);
}

static bool is_whole(const Opened *image, const Outcome *outcome)
{
    return GUINT64_FROM_BE(image->header.n_pages) == outcome->n_done &&
           memcmp(image->header.page_hash, outcome->page_hash, PV_HASH_SIZE) == 0 &&
           memcmp(image->header.address_hash, outcome->address_hash, PV_HASH_SIZE) == 0 &&
           memcmp(image->header.tweak_hash, outcome->tweak_hash, PV_HASH_SIZE) == 0;
}

/* A guest that is verified starts as its header says, and finds its pages, each in @ram as the host has it.
 */
static void check_guest(uint64_t conf, const Opened *image, const Outcome *outcome,
                        uint8_t ram[RAM_PAGES][UV_PAGE_SIZE])
{
    UvCreateCpu create = { .conf = conf };
    UvCpuSetState set = { .state = UV_CPU_LOAD };
    uint64_t mask = 0, address = 0;

    g_assert_true(uv_call(machine(), UV_CREATE_SEC_CPU, &create));
    set.handle = create.handle;
    g_assert_true(uv_call(machine(), UV_CPU_SET_STATE, &set));
    g_assert_true(uv_guest_psw(machine(), conf, &mask, &address));
    g_assert_true(mask == GUINT64_FROM_BE(image->secrets.psw_mask) &&
                  address == GUINT64_FROM_BE(image->secrets.psw_addr));
    for (uint64_t i = 0; i < RAM_PAGES; i++) {
        uint8_t found[UV_PAGE_SIZE];

        if (outcome->is_done[i]) {
            g_assert_true(uv_guest_read(machine(), conf, i * UV_PAGE_SIZE, ram[i], found, sizeof(found)) ==
                          UV_ACCESS_DONE);
            g_assert_true(memcmp(found, outcome->plain[i], sizeof(found)) == 0);
        }
    }
    g_assert_true(uv_call(machine(), UV_DESTROY_SEC_CPU, &(UvNoData){ .handle = create.handle }));
}

static void unpack_sealed(uint64_t conf, const Opened *image, const uint8_t *steps, size_t n_steps,
                          const Outcome *outcome)
{
    static uint8_t ram[RAM_PAGES][UV_PAGE_SIZE];
    UvNoData nodata = { .handle = conf };
    uint64_t n_done = 0;
    Page pages[N_PAGES];

    list_pages(pages);
    for (size_t i = 0; i < n_steps; i++) {
        uint8_t bytes[UV_PAGE_SIZE];
        UvUnpack unpack = make_step(conf, pages, steps + 3 * i, bytes);

        if (uv_call(machine(), UV_UNPACK_IMG, &unpack)) {
            g_assert_true(outcome->is_done[unpack.gaddr / UV_PAGE_SIZE]);
            memcpy(ram[unpack.gaddr / UV_PAGE_SIZE], bytes, sizeof(bytes));
            n_done++;
        }
    }
    g_assert_cmpuint(n_done, ==, outcome->n_done);
    g_assert_true(uv_call(machine(), UV_VERIFY_IMG, &nodata) == is_whole(image, outcome));
    if (is_whole(image, outcome)) {
        check_guest(conf, image, outcome, ram);
    }
}

static void fuzz_sealed(const uint8_t *data, size_t size)
{
    const uint8_t *key;
    const Opened *right = open_right(&key);
    const size_t n_changes = size > 1 ? MIN(data[1] % MOST_CHANGES, (size - 2) / 3) : 0;
    const uint8_t *steps = data + MIN(size, 2 + 3 * n_changes);
    const size_t n_steps = MIN((size_t)(data + size - steps) / 3, RAM_PAGES);
    static Outcome outcome;
    uint8_t header[HEADER_SIZE];
    Opened image = *right;
    uint64_t conf = new_conf();
    Page pages[N_PAGES];

    for (size_t i = 0; i < n_changes; i++) {
        const uint8_t *change = data + 2 + 3 * i;

        ((uint8_t *)&image)[(change[0] | (size_t)change[1] << 8) % SEALED_SIZE] ^= change[2];
    }
    list_pages(pages);
    outcome = (Outcome){ .n_done = 0 };
    foretell_all(&image, pages, steps, n_steps, &outcome);
    if (size > 0 && data[0] & 1) {
        mend_hashes(&image, &outcome);
    }
    seal(&image, key, header);
    g_assert_true(set_params(conf, header, sizeof(header)) == is_acceptable(&image, right));
    if (is_acceptable(&image, right)) {
        unpack_sealed(conf, &image, steps, n_steps, &outcome);
    }
    destroy(conf);
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
    case 3:
        fuzz_sealed(data + 1, size - 1);
        break;
    default:
        fuzz_pages(data + 1, size - 1);
        break;
    }
    return 0;
}
