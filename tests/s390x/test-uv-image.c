/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the ultravisor alone: images that were tampered with, are for another machine, or are of parts of
 * several, each refused with the code that says why.
 */
#include "confidential/crypto.h"
#include "target-s390x/sim-model.h"
#include "target-s390x/uv-state.h"
#include "tests/s390x/se-images.h"
#include "tests/unit/hex.h"

/* Of the keys as they are published. */
#define Z16_PHKH "505577a293aa5184c4b3ce50455119501ce022dec257638bbdbaa24131a88f42"
#define Z15_PHKH "a541a1a0c31deb13489cbf105fae8f81ef061df736e9a9a6088ac44ae5bb1e66"

#define RAM      UINT64_C(0x400000)

typedef struct Machine {
    Uv *uv;
    uint64_t conf;
    UvBlock block;           /* of the last call */
    uint8_t memory[0x30000]; /* the host's copy of the guest's */
    uint8_t header[KVM_S390_PV_LARGEST_HEADER];
    size_t header_size;
} Machine;

static uint64_t new_conf(Machine *machine)
{
    UvCreateConf create = { .stor_length = RAM };

    g_assert_true(uv_call(machine->uv, UV_CREATE_SEC_CONF, &create));
    return create.handle;
}

static void set_up(Machine *machine, gconstpointer data)
{
    const S390Model *model = s390_model_find(data);

    machine->uv = uv_new(model->name, &model->uv, NULL, NULL);
    machine->conf = new_conf(machine);
    machine->header_size = image_z16.header_size;
    memcpy(machine->header, image_z16.header, machine->header_size);
    for (int i = 0; i < N_COMPONENTS; i++) {
        const SeComponent *component = &image_z16.components[i];

        memcpy(machine->memory + component->address, component->encrypted, component->size);
    }
}

static void tear_down(Machine *machine, gconstpointer data)
{
    (void)data;
    uv_free(machine->uv);
}

/* ---- calls ---- */

static bool set_params(Machine *machine)
{
    UvSetParams set = { .conf = machine->conf, .header = machine->header, .length = machine->header_size };
    bool is_done = uv_call(machine->uv, UV_SET_SEC_CONF_PARAMS, &set);

    machine->block = set.block;
    return is_done;
}

static bool unpack_page(Machine *machine, uint64_t gaddr, uint64_t tweak, uint64_t offset)
{
    UvUnpack unpack = { .conf = machine->conf, .gaddr = gaddr, .tweak = { tweak, offset } };
    bool is_done;

    unpack.page = gaddr < sizeof(machine->memory) ? machine->memory + gaddr : NULL;
    is_done = uv_call(machine->uv, UV_UNPACK_IMG, &unpack);
    machine->block = unpack.block;
    return is_done;
}

static void unpack_component(Machine *machine, const SeComponent *component)
{
    for (size_t offset = 0; offset < component->size; offset += UV_PAGE_SIZE) {
        g_assert_true(unpack_page(machine, component->address + offset, component->tweak, offset));
    }
}

static bool verify(Machine *machine)
{
    UvNoData nodata = { .handle = machine->conf };
    bool is_done = uv_call(machine->uv, UV_VERIFY_IMG, &nodata);

    machine->block = nodata.block;
    return is_done;
}

static void expect_codes(Machine *machine, unsigned rc, unsigned rrc)
{
    g_assert_cmphex(machine->block.rc, ==, rc);
    g_assert_cmphex(machine->block.rrc, ==, rrc);
}

/* The image is not accepted, and is not so a second time. */
static void expect_mismatch(Machine *machine, unsigned rrc)
{
    g_assert_false(verify(machine));
    expect_codes(machine, UV_RC_VERIFY_MISMATCH, rrc);
    g_assert_false(verify(machine));
    expect_codes(machine, UV_RC_INV_STATE, 0);
}

/* ---- headers ---- */

/** Bits of the header that are turned over, and how the ultravisor says so. */
typedef struct FlipRow {
    const char *name;
    size_t first, size; /* bytes: each is tried */
    unsigned rc, rrc;
} FlipRow;

#define FIELD(member) offsetof(PvHeader, member), sizeof(((PvHeader *)0)->member)
#define SLOT          sizeof(PvHeader)
#define HIDDEN        (SLOT + sizeof(PvKeySlot))

static const FlipRow flip_rows[] = {
    { "magic", FIELD(magic), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_MAGIC },
    { "version", FIELD(version), UV_RC_HEADER_VERSION, UV_RRC_HEADER_VERSION },
    { "size", FIELD(size), UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE },
    { "iv", FIELD(iv), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
    { "reserved", FIELD(reserved), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
    { "slots", FIELD(n_key_slots), UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE },
    { "n-pages", FIELD(n_pages), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
    { "customer-key-x", offsetof(PvHeader, customer_key.x), 80, UV_RC_HOST_KEY, UV_RRC_CUSTOMER_KEY },
    { "page-hash", FIELD(page_hash), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
    { "address-hash", FIELD(address_hash), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
    { "tweak-hash", FIELD(tweak_hash), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
    { "phkh", SLOT, PV_PHKH_SIZE, UV_RC_HOST_KEY, UV_RRC_HOST_KEY },
    { "wrapped-key", SLOT + PV_PHKH_SIZE, PV_KEY_SIZE, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_KEY_SLOT },
    { "slot-tag", SLOT + PV_PHKH_SIZE + PV_KEY_SIZE, PV_TAG_SIZE, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_KEY_SLOT },
    { "secrets", HIDDEN, sizeof(PvSecrets), UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
    { "tag", HIDDEN + sizeof(PvSecrets), PV_TAG_SIZE, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG },
};

static void test_flips(Machine *machine, gconstpointer data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(flip_rows); i++) {
        const FlipRow *row = &flip_rows[i];

        for (size_t at = row->first; at < row->first + row->size; at++) {
            uint8_t bit = (uint8_t)(1u << (at % 8));

            machine->header[at] ^= bit;
            g_assert_false(set_params(machine));
            if (machine->block.rc != row->rc || machine->block.rrc != row->rrc) {
                g_error("%s, byte %zu: rc 0x%x rrc 0x%x", row->name, at - row->first, machine->block.rc,
                        machine->block.rrc);
            }
            machine->header[at] ^= bit;
        }
    }
    /* None of that has left a trace. */
    g_assert_true(set_params(machine));
}

/* Every bit of the header: those of flags, sizes and coordinates can be refused for more than one reason. */
static void test_every_bit(Machine *machine, gconstpointer data)
{
    (void)data;
    for (size_t bit = 0; bit < 8 * machine->header_size; bit++) {
        machine->header[bit / 8] ^= (uint8_t)(1u << bit % 8);
        g_assert_false(set_params(machine));
        g_assert_cmphex(machine->block.rc, >=, UV_RC_HEADER_VERSION);
        machine->header[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    g_assert_true(set_params(machine));
}

static void put64(Machine *machine, size_t offset, uint64_t value)
{
    value = GUINT64_TO_BE(value);
    memcpy(machine->header + offset, &value, sizeof(value));
}

static void test_sizes(Machine *machine, gconstpointer data)
{
    const size_t whole = machine->header_size;

    (void)data;
    for (machine->header_size = 0; machine->header_size < whole; machine->header_size++) {
        g_assert_false(set_params(machine));
        expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
    }
    machine->header_size = whole + 1;
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
    machine->header_size = whole;
    put64(machine, offsetof(PvHeader, n_key_slots), 0);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_NO_KEY_SLOTS);
    /* So many that their size is what there is, modulo 2^64. */
    put64(machine, offsetof(PvHeader, n_key_slots), 1 + (UINT64_C(1) << 60));
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
    put64(machine, offsetof(PvHeader, n_key_slots), 1);
    put64(machine, offsetof(PvHeader, encrypted_size), UINT64_MAX - 100);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_ENCRYPTED_SIZE);
    put64(machine, offsetof(PvHeader, encrypted_size), sizeof(PvSecrets) - 1);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_ENCRYPTED_SIZE);
    put64(machine, offsetof(PvHeader, encrypted_size), sizeof(PvSecrets) + sizeof(PvKeySlot));
    put64(machine, offsetof(PvHeader, n_key_slots), 1);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
}

/* Their tags are right, but not what is under them. */
static void test_hidden(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_cmpuint(image_items.header_size, ==, machine->header_size);
    memcpy(machine->header, image_items.header, machine->header_size);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_ITEMS);
    memcpy(machine->header, image_flags.header, machine->header_size);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_SECRET_FLAGS, 0);
}

/* The host could not read it. */
static void test_no_header(Machine *machine, gconstpointer data)
{
    UvSetParams set = { .conf = machine->conf, .length = 640 };

    (void)data;
    g_assert_false(uv_call(machine->uv, UV_SET_SEC_CONF_PARAMS, &set));
    g_assert_cmphex(set.block.rc, ==, UV_RC_HEADER_NOT_THERE);
}

/* An image for z15 has no slot for a z16; one for z16 asks for what a z15 cannot do, and has no slot for it.
 */
static void test_foreign(Machine *machine, gconstpointer data)
{
    (void)data;
    machine->header_size = image_z15.header_size;
    memcpy(machine->header, image_z15.header, machine->header_size);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HOST_KEY, UV_RRC_HOST_KEY);
}

static void test_foreign_flags(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_PLAINTEXT_FLAGS, UV_RRC_PLAINTEXT_FLAGS);
    put64(machine, offsetof(PvHeader, plaintext_flags), 0);
    g_assert_false(set_params(machine));
    expect_codes(machine, UV_RC_HOST_KEY, UV_RRC_HOST_KEY);
}

static void test_host_key(void)
{
    const struct {
        const char *model, *phkh;
    } rows[] = {
        { NULL, Z16_PHKH },
        { "z16", Z16_PHKH },
        { "z15", Z15_PHKH },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const S390Model *model = s390_model_find(rows[i].model);
        Uv *uv = uv_new(model->name, &model->uv, NULL, NULL);
        PvPublicKey key;
        uint8_t phkh[PV_PHKH_SIZE];

        uv_host_key(uv, &key);
        crypto_sha256(&key, sizeof(key), phkh);
        assert_hex(phkh, sizeof(phkh), rows[i].phkh);
        uv_free(uv);
    }
}

/* ---- pages ---- */

static void test_unpack(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_true(set_params(machine));
    for (int i = 0; i < N_COMPONENTS; i++) {
        unpack_component(machine, &image_z16.components[i]);
    }
    g_assert_true(verify(machine));
    for (int i = 0; i < N_COMPONENTS; i++) {
        const SeComponent *component = &image_z16.components[i];

        for (size_t offset = 0; offset < component->size; offset += UV_PAGE_SIZE) {
            uint64_t gaddr = component->address + offset;
            uint8_t page[UV_PAGE_SIZE];

            g_assert_cmpint(
                uv_guest_read(machine->uv, machine->conf, gaddr, machine->memory + gaddr, page, sizeof(page)),
                ==, UV_ACCESS_DONE);
            g_assert_cmpmem(page, sizeof(page), component->plain + offset, UV_PAGE_SIZE);
        }
    }
}

/* XTS with two equal keys is weak, and refused, page by page. Such pages stay as they are, and are no part of
 * what is verified. */
static void test_weak_key(Machine *machine, gconstpointer data)
{
    (void)data;
    machine->header_size = image_weak.header_size;
    memcpy(machine->header, image_weak.header, machine->header_size);
    g_assert_true(set_params(machine));
    for (int i = 0; i < N_COMPONENTS; i++) {
        const SeComponent *component = &image_weak.components[i];

        memcpy(machine->memory + component->address, component->encrypted, component->size);
        for (size_t offset = 0; offset < component->size; offset += UV_PAGE_SIZE) {
            g_assert_false(unpack_page(machine, component->address + offset, component->tweak, offset));
            expect_codes(machine, UV_RC_OWN_KEY, 0);
        }
        g_assert_cmpmem(machine->memory + component->address, component->size, component->encrypted,
                        component->size);
    }
    expect_mismatch(machine, UV_RRC_N_PAGES);
}

static void test_page_flips(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_true(set_params(machine));
    machine->memory[image_z16.components[1].address + 100] ^= 4;
    for (int i = 0; i < N_COMPONENTS; i++) {
        unpack_component(machine, &image_z16.components[i]);
    }
    expect_mismatch(machine, UV_RRC_PAGE_HASH);
}

static void test_tweak(Machine *machine, gconstpointer data)
{
    SeComponent component = image_z16.components[1];

    (void)data;
    g_assert_true(set_params(machine));
    component.tweak ^= 1;
    unpack_component(machine, &image_z16.components[0]);
    unpack_component(machine, &component);
    unpack_component(machine, &image_z16.components[2]);
    expect_mismatch(machine, UV_RRC_TWEAK_HASH);
}

/* The right bytes at a wrong address. */
static void test_address(Machine *machine, gconstpointer data)
{
    SeComponent component = image_z16.components[2];

    (void)data;
    g_assert_true(set_params(machine));
    component.address += UV_PAGE_SIZE;
    memcpy(machine->memory + component.address, component.encrypted, component.size);
    unpack_component(machine, &image_z16.components[0]);
    unpack_component(machine, &image_z16.components[1]);
    unpack_component(machine, &component);
    expect_mismatch(machine, UV_RRC_ADDRESS_HASH);
}

static void test_order(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_true(set_params(machine));
    unpack_component(machine, &image_z16.components[1]);
    unpack_component(machine, &image_z16.components[0]);
    unpack_component(machine, &image_z16.components[2]);
    expect_mismatch(machine, UV_RRC_ADDRESS_HASH);
}

static void test_too_few(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_true(set_params(machine));
    unpack_component(machine, &image_z16.components[0]);
    unpack_component(machine, &image_z16.components[1]);
    expect_mismatch(machine, UV_RRC_N_PAGES);
}

static void test_too_many(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_true(set_params(machine));
    for (int i = 0; i < N_COMPONENTS; i++) {
        unpack_component(machine, &image_z16.components[i]);
    }
    g_assert_true(unpack_page(machine, 0x28000, 0, 0));
    expect_mismatch(machine, UV_RRC_N_PAGES);
}

/* A page of another image with the same layout, which the same owner may have made. */
static void test_replay(Machine *machine, gconstpointer data)
{
    const SeComponent *other = &image_other.components[2];

    (void)data;
    g_assert_true(set_params(machine));
    memcpy(machine->memory + other->address, other->encrypted, other->size);
    unpack_component(machine, &image_z16.components[0]);
    unpack_component(machine, &image_z16.components[1]);
    unpack_component(machine, &image_z16.components[2]);
    expect_mismatch(machine, UV_RRC_PAGE_HASH);
    /* Under its own header it is fine. */
    machine->conf = new_conf(machine);
    machine->header_size = image_other.header_size;
    memcpy(machine->header, image_other.header, machine->header_size);
    g_assert_true(set_params(machine));
    for (int i = 0; i < N_COMPONENTS; i++) {
        memcpy(machine->memory + image_other.components[i].address, image_other.components[i].encrypted,
               image_other.components[i].size);
        unpack_component(machine, &image_other.components[i]);
    }
    g_assert_true(verify(machine));
}

static void test_unpack_refusals(Machine *machine, gconstpointer data)
{
    (void)data;
    g_assert_false(unpack_page(machine, 0x10000, 0, 0));
    expect_codes(machine, UV_RC_INV_STATE, 0);
    g_assert_true(set_params(machine));
    g_assert_false(unpack_page(machine, 0x10008, 0, 0));
    expect_codes(machine, UV_RC_OWN_ADDRESS, 0);
    g_assert_false(unpack_page(machine, RAM, 0, 0));
    expect_codes(machine, UV_RC_OWN_ADDRESS, 0);
    g_assert_false(unpack_page(machine, RAM - UV_PAGE_SIZE, 0, 0)); /* the host has nothing there */
    expect_codes(machine, UV_RC_PAGE_NOT_THERE, 0);
    g_assert_true(unpack_page(machine, 0x10000, 0, 0));
    g_assert_false(unpack_page(machine, 0x10000, 0, 0));
    expect_codes(machine, UV_RC_OWN_UNPACKED, 0);
}

#define ADD(name, model, fn) g_test_add("/uv-image/" name, Machine, model, set_up, fn, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("flips", NULL, test_flips);
    ADD("every-bit", NULL, test_every_bit);
    ADD("sizes", NULL, test_sizes);
    ADD("hidden", NULL, test_hidden);
    ADD("no-header", NULL, test_no_header);
    ADD("foreign", NULL, test_foreign);
    ADD("foreign-flags", "z15", test_foreign_flags);
    g_test_add_func("/uv-image/host-key", test_host_key);
    ADD("unpack", NULL, test_unpack);
    ADD("weak-key", NULL, test_weak_key);
    ADD("page", NULL, test_page_flips);
    ADD("tweak", NULL, test_tweak);
    ADD("address", NULL, test_address);
    ADD("order", NULL, test_order);
    ADD("too-few", NULL, test_too_few);
    ADD("too-many", NULL, test_too_many);
    ADD("replay", NULL, test_replay);
    ADD("unpack-refusals", NULL, test_unpack_refusals);
    return g_test_run();
}
