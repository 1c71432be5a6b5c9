/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of secure pages: what the host sees, what it can change unnoticed (nothing), and what guests share;
 * and of dumps, which only the owner of the image can read.
 */
#include "target-s390x/sim-model.h"
#include "confidential/crypto-mac.h"
#include "target-s390x/uv-state.h"
#include "tests/s390x/se-images.h"
#include "tests/unit/hex.h"

#define RAM  UINT64_C(0x400000)
#define PAGE UV_PAGE_SIZE

typedef struct Guest {
    Uv *uv;
    uint64_t conf, cpu;
    uint8_t memory[0x40000]; /* the host's copy of the guest's */
} Guest;

static void unpack_component(Guest *guest, const SeComponent *component)
{
    memcpy(guest->memory + component->address, component->encrypted, component->size);
    for (size_t offset = 0; offset < component->size; offset += PAGE) {
        UvUnpack unpack = { .conf = guest->conf,
                            .gaddr = component->address + offset,
                            .tweak = { component->tweak, offset },
                            .page = guest->memory + component->address + offset };

        g_assert_true(uv_call(guest->uv, UV_UNPACK_IMG, &unpack));
    }
}

static bool nodata(Guest *guest, UvCommand command, uint64_t handle)
{
    UvNoData block = { .handle = handle };

    return uv_call(guest->uv, command, &block);
}

static void launch(Guest *guest)
{
    UvSetParams set = { .conf = guest->conf, .header = image_z16.header, .length = image_z16.header_size };

    g_assert_true(uv_call(guest->uv, UV_SET_SEC_CONF_PARAMS, &set));
    for (int i = 0; i < N_COMPONENTS; i++) {
        unpack_component(guest, &image_z16.components[i]);
    }
    g_assert_true(nodata(guest, UV_VERIFY_IMG, guest->conf));
}

/* A guest that runs image z16. */
static void set_up(Guest *guest, gconstpointer data)
{
    const S390Model *model = s390_model_find(NULL);
    UvCreateConf conf = { .stor_length = RAM };
    UvCreateCpu cpu = { .number = 0 };

    (void)data;
    guest->uv = uv_new(model->name, &model->uv, NULL, NULL);
    g_assert_true(uv_call(guest->uv, UV_CREATE_SEC_CONF, &conf));
    guest->conf = cpu.conf = conf.handle;
    g_assert_true(uv_call(guest->uv, UV_CREATE_SEC_CPU, &cpu));
    guest->cpu = cpu.handle;
    launch(guest);
}

static void tear_down(Guest *guest, gconstpointer data)
{
    (void)data;
    uv_free(guest->uv);
}

static UvAccess read_byte(Guest *guest, uint64_t gaddr, uint8_t *byte)
{
    return uv_guest_read(guest->uv, guest->conf, gaddr, guest->memory + gaddr / PAGE * PAGE, byte, 1);
}

static UvAccess write_byte(Guest *guest, uint64_t gaddr, uint8_t byte)
{
    return uv_guest_write(guest->uv, guest->conf, gaddr, guest->memory + gaddr / PAGE * PAGE, &byte, 1);
}

static void expect_byte(Guest *guest, uint64_t gaddr, uint8_t expected)
{
    uint8_t byte = (uint8_t)~expected;

    g_assert_cmpint(read_byte(guest, gaddr, &byte), ==, UV_ACCESS_DONE);
    g_assert_cmphex(byte, ==, expected);
}

static void expect_tampered(Guest *guest, uint64_t gaddr)
{
    uint8_t byte;

    g_assert_cmpint(read_byte(guest, gaddr, &byte), ==, UV_ACCESS_TAMPERED);
    g_assert_cmpint(write_byte(guest, gaddr, 0), ==, UV_ACCESS_TAMPERED);
    g_assert_cmpint(uv_guest_share(guest->uv, guest->conf, gaddr / PAGE * PAGE,
                                   guest->memory + gaddr / PAGE * PAGE, true),
                    ==, UV_ACCESS_TAMPERED);
}

/* ---- what the host sees ---- */

static void test_contents(Guest *guest, gconstpointer data)
{
    uint8_t before[PAGE];

    (void)data;
    expect_byte(guest, 0x10000, image_z16.components[0].plain[0]);
    memcpy(before, guest->memory + 0x10000, PAGE);
    g_assert_cmpint(write_byte(guest, 0x10007, 0x5a), ==, UV_ACCESS_DONE);
    expect_byte(guest, 0x10007, 0x5a);
    expect_byte(guest, 0x10008, image_z16.components[0].plain[8]);
    g_assert_cmpint(memcmp(before, guest->memory + 0x10000, PAGE), !=, 0);
    /* Two pages with the same content look different, and so does one at two times. */
    g_assert_cmpint(write_byte(guest, 0x30000, 0), ==, UV_ACCESS_DONE);
    g_assert_cmpint(write_byte(guest, 0x31000, 0), ==, UV_ACCESS_DONE);
    g_assert_cmpint(memcmp(guest->memory + 0x30000, guest->memory + 0x31000, PAGE), !=, 0);
    memcpy(before, guest->memory + 0x30000, PAGE);
    g_assert_cmpint(write_byte(guest, 0x30000, 0), ==, UV_ACCESS_DONE);
    g_assert_cmpint(memcmp(before, guest->memory + 0x30000, PAGE), !=, 0);
}

/* A page that was never the guest's is zeroed, whatever the host has put there. */
static void test_first_use(Guest *guest, gconstpointer data)
{
    (void)data;
    memset(guest->memory + 0x30000, 0x77, PAGE);
    expect_byte(guest, 0x30fff, 0);
    g_assert_cmphex(guest->memory[0x30fff], !=, 0x77);
}

static void test_tampering(Guest *guest, gconstpointer data)
{
    (void)data;
    for (unsigned bit = 0; bit < 8 * PAGE; bit += 1021) {
        guest->memory[0x14000 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_tampered(guest, 0x14000);
        guest->memory[0x14000 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    expect_byte(guest, 0x14000, image_z16.components[1].plain[0]);
}

/* What the page was some time ago, and what another page is. */
static void test_replay(Guest *guest, gconstpointer data)
{
    uint8_t old[PAGE], new[PAGE];

    (void)data;
    memcpy(old, guest->memory + 0x14000, PAGE);
    g_assert_cmpint(write_byte(guest, 0x14000, 1), ==, UV_ACCESS_DONE);
    memcpy(new, guest->memory + 0x14000, PAGE);
    memcpy(guest->memory + 0x14000, old, PAGE);
    expect_tampered(guest, 0x14000);
    memcpy(guest->memory + 0x14000, guest->memory + 0x20000, PAGE);
    expect_tampered(guest, 0x14000);
    memcpy(guest->memory + 0x14000, new, PAGE);
    expect_byte(guest, 0x14000, 1);
}

/* A page of another guest, at the same address and with the same content. */
static void test_other_guest(Guest *guest, gconstpointer data)
{
    UvCreateConf conf = { .stor_length = RAM };
    const uint64_t first = guest->conf;
    uint8_t page[PAGE];

    (void)data;
    memcpy(page, guest->memory + 0x14000, PAGE);
    g_assert_true(uv_call(guest->uv, UV_CREATE_SEC_CONF, &conf));
    guest->conf = conf.handle;
    launch(guest);
    expect_byte(guest, 0x14000, image_z16.components[1].plain[0]);
    g_assert_cmpint(memcmp(page, guest->memory + 0x14000, PAGE), !=, 0);
    memcpy(guest->memory + 0x14000, page, PAGE);
    expect_tampered(guest, 0x14000);
    guest->conf = first;
    expect_byte(guest, 0x14000, image_z16.components[1].plain[0]);
}

static void test_bounds(Guest *guest, gconstpointer data)
{
    uint8_t page[PAGE] = { 0 }, bytes[2];

    (void)data;
    g_assert_cmpint(uv_guest_read(guest->uv, guest->conf, RAM, page, bytes, 1), ==, UV_ACCESS_INVALID);
    g_assert_cmpint(uv_guest_read(guest->uv, guest->conf, 0x10fff, page, bytes, 2), ==, UV_ACCESS_INVALID);
    g_assert_cmpint(uv_guest_write(guest->uv, guest->conf, 0x10fff, page, bytes, 2), ==, UV_ACCESS_INVALID);
    g_assert_cmpint(uv_guest_read(guest->uv, guest->conf + 100, 0, page, bytes, 1), ==, UV_ACCESS_INVALID);
    g_assert_cmpint(uv_guest_share(guest->uv, guest->conf, RAM, page, true), ==, UV_ACCESS_INVALID);
}

/* ---- sharing ---- */

static UvAccess share(Guest *guest, uint64_t gaddr, bool shared)
{
    return uv_guest_share(guest->uv, guest->conf, gaddr, guest->memory + gaddr, shared);
}

static void test_share(Guest *guest, gconstpointer data)
{
    (void)data;
    g_assert_false(uv_guest_is_shared(guest->uv, guest->conf, 0x14000));
    g_assert_cmpint(share(guest, 0x14000, true), ==, UV_ACCESS_DONE);
    g_assert_true(uv_guest_is_shared(guest->uv, guest->conf, 0x14000));
    g_assert_cmpmem(guest->memory + 0x14000, PAGE, image_z16.components[1].plain, PAGE);
    guest->memory[0x14010] = 0x99; /* the host may write it */
    expect_byte(guest, 0x14010, 0x99);
    g_assert_cmpint(write_byte(guest, 0x14011, 0x98), ==, UV_ACCESS_DONE);
    g_assert_cmphex(guest->memory[0x14011], ==, 0x98);
    /* Taken back, nothing of what the host has written is left. */
    g_assert_cmpint(share(guest, 0x14000, false), ==, UV_ACCESS_DONE);
    g_assert_false(uv_guest_is_shared(guest->uv, guest->conf, 0x14000));
    expect_byte(guest, 0x14010, 0);
    guest->memory[0x14010] ^= 1;
    expect_tampered(guest, 0x14010);
    /* A page that was not shared stays what it is. */
    g_assert_cmpint(share(guest, 0x20000, false), ==, UV_ACCESS_DONE);
    expect_byte(guest, 0x20000, image_z16.components[2].plain[0]);
}

static void test_unshare_all(Guest *guest, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(share(guest, 0x30000, true), ==, UV_ACCESS_DONE);
    g_assert_cmpint(share(guest, 0x31000, true), ==, UV_ACCESS_DONE);
    guest->memory[0x30000] = guest->memory[0x31000] = 0x66;
    g_assert_true(nodata(guest, UV_SET_UNSHARE_ALL, guest->conf));
    g_assert_false(uv_guest_is_shared(guest->uv, guest->conf, 0x30000));
    expect_byte(guest, 0x30000, 0);
    expect_byte(guest, 0x31000, 0);
    expect_byte(guest, 0x20000, image_z16.components[2].plain[0]);
}

/* ---- dumps ---- */

/* What the owner of the image does: the key of the dump from the seed in the completion, the keys of pages
 * from the rest, and with them a page. */
static void read_dump(const uint8_t *complete, const uint8_t *state, const uint8_t *page, uint8_t *plain)
{
    uint8_t key[32], hidden[176], tweak[CRYPTO_XTS_TWEAK_SIZE];
    const CryptoGcmHeader header = { complete + 80, complete, 96 };

    crypto_hkdf_sha512(image_z16.cck, 32, complete + 16, 64, "IBM Z Ultravisor Dump", key, sizeof(key));
    g_assert_true(
        crypto_aes256_gcm_decrypt(key, &header, complete + 96, sizeof(hidden), hidden, complete + 272));
    for (size_t i = 0; i < sizeof(tweak); i++) {
        tweak[i] = hidden[i] | state[i];
    }
    g_assert_true(crypto_aes256_xts(hidden + 16, tweak, false, page, PAGE, plain));
}

/* The same of a CPU: where it starts. */
static void read_cpu(const uint8_t *complete, const uint8_t *cpu, uint64_t psw[2])
{
    uint8_t key[32], hidden[1520];
    const CryptoGcmHeader header = { cpu + 8, cpu, 32 };

    crypto_hkdf_sha512(image_z16.cck, 32, complete + 16, 64, "IBM Z Ultravisor Dump", key, sizeof(key));
    g_assert_true(crypto_aes256_gcm_decrypt(key, &header, cpu + 32, sizeof(hidden), hidden, cpu + 1552));
    memcpy(psw, hidden + 128, 16);
}

static void assert_special(const uint8_t *state, uint8_t flags)
{
    const uint8_t expected[16] = { 0xff, 0xff, 0xff, 0xff, [15] = flags };

    g_assert_cmpmem(state, 16, expected, sizeof(expected));
}

static void test_dump(Guest *guest, gconstpointer data)
{
    g_autofree uint8_t *storage = g_malloc(0x1000), *complete = g_malloc(0x1000),
                       *registers = g_malloc(0x1000), *again = g_malloc(0x1000);
    UvDumpStorage dump = { .conf = guest->conf, .gaddr = 0, .buffer = storage };
    UvDumpCpu cpu = { .handle = guest->cpu, .buffer = registers };
    UvDumpComplete end = { .conf = guest->conf, .buffer = complete };
    uint8_t plain[PAGE];
    uint64_t psw[2];

    (void)data;
    g_assert_false(uv_call(guest->uv, UV_DUMP_CONF_STOR_STATE, &dump));
    g_assert_cmphex(dump.block.rc, ==, UV_RC_INV_STATE);
    g_assert_cmpint(share(guest, 0x30000, true), ==, UV_ACCESS_DONE);
    g_assert_true(nodata(guest, UV_DUMP_INIT, guest->conf));
    g_assert_false(nodata(guest, UV_DUMP_INIT, guest->conf));
    g_assert_true(uv_call(guest->uv, UV_DUMP_CONF_STOR_STATE, &dump));
    assert_special(storage, 1);                     /* page 0 was never the guest's; */
    g_assert_cmphex(storage[0x10 * 16], ==, 0);     /* that at 0x10000 is, and secure; */
    assert_special(storage + (size_t)0x30 * 16, 2); /* that at 0x30000 is shared */
    dump.gaddr = 0x1000;
    g_assert_false(uv_call(guest->uv, UV_DUMP_CONF_STOR_STATE, &dump));
    dump.gaddr = RAM;
    g_assert_false(uv_call(guest->uv, UV_DUMP_CONF_STOR_STATE, &dump));
    g_assert_true(uv_call(guest->uv, UV_DUMP_CPU, &cpu));
    g_assert_true(uv_call(guest->uv, UV_DUMP_COMPLETE, &end));
    g_assert_false(uv_call(guest->uv, UV_DUMP_COMPLETE, &end));
    read_dump(complete, storage + (size_t)0x14 * 16, guest->memory + 0x14000, plain);
    g_assert_cmpmem(plain, PAGE, image_z16.components[1].plain, PAGE);
    read_cpu(complete, registers, psw);
    g_assert_cmphex(GUINT64_FROM_BE(psw[0]), ==, image_z16.psw_mask);
    g_assert_cmphex(GUINT64_FROM_BE(psw[1]), ==, image_z16.psw_addr);
    /* Another one has another key. */
    g_assert_true(nodata(guest, UV_DUMP_INIT, guest->conf));
    end.buffer = again;
    g_assert_true(uv_call(guest->uv, UV_DUMP_COMPLETE, &end));
    g_assert_cmpint(memcmp(complete + 16, again + 16, 64), !=, 0);
    read_dump(again, storage + (size_t)0x14 * 16, guest->memory + 0x14000, plain);
    g_assert_cmpmem(plain, PAGE, image_z16.components[1].plain, PAGE);
}

/* ---- configurations and CPUs ---- */

static bool set_state(Guest *guest, uint64_t cpu, int state)
{
    UvCpuSetState set = { .handle = cpu, .state = (UvCpuState)state };

    return uv_call(guest->uv, UV_CPU_SET_STATE, &set);
}

static void test_cpu_states(Guest *guest, gconstpointer data)
{
    UvCreateCpu second = { .conf = guest->conf, .number = 1 };
    uint64_t mask = 0, address = 0;

    (void)data;
    g_assert_true(uv_call(guest->uv, UV_CREATE_SEC_CPU, &second));
    g_assert_false(set_state(guest, guest->cpu, UV_CPU_OPERATING)); /* nothing is loaded */
    g_assert_false(uv_guest_psw(guest->uv, guest->conf, &mask, &address));
    g_assert_false(set_state(guest, guest->cpu, 4));
    g_assert_true(set_state(guest, guest->cpu, UV_CPU_LOAD));
    g_assert_true(uv_guest_psw(guest->uv, guest->conf, &mask, &address));
    g_assert_cmphex(mask, ==, image_z16.psw_mask);
    g_assert_cmphex(address, ==, image_z16.psw_addr);
    g_assert_true(uv_cpu_is_operating(guest->uv, guest->cpu));
    g_assert_true(set_state(guest, guest->cpu, UV_CPU_OPERATING));
    g_assert_true(set_state(guest, second.handle, UV_CPU_OPERATING));
    g_assert_true(set_state(guest, second.handle, UV_CPU_STOPPED));
    g_assert_false(uv_cpu_is_operating(guest->uv, second.handle));
    /* CPUs are cleared only in a reset of all. */
    g_assert_false(nodata(guest, UV_CPU_RESET_CLEAR, guest->cpu));
    g_assert_true(nodata(guest, UV_CPU_RESET_INITIAL, second.handle));
    g_assert_true(nodata(guest, UV_PREPARE_RESET, guest->conf));
    g_assert_true(nodata(guest, UV_CPU_RESET_CLEAR, guest->cpu));
    g_assert_true(nodata(guest, UV_CPU_RESET, second.handle));
    g_assert_false(uv_cpu_is_operating(guest->uv, guest->cpu));
    g_assert_false(set_state(guest, guest->cpu, UV_CPU_OPERATING));
    g_assert_true(set_state(guest, guest->cpu, UV_CPU_LOAD));
    g_assert_false(nodata(guest, UV_CPU_RESET_CLEAR, guest->cpu));
}

static void test_handles(Guest *guest, gconstpointer data)
{
    const S390Model *model = s390_model_find(NULL);
    UvCreateConf conf = { .stor_origin = model->uv.largest_address + 1, .stor_length = PAGE };
    UvCreateCpu cpu = { .conf = guest->conf, .number = 248 };
    UvNoData block = { .handle = guest->conf };

    (void)data;
    g_assert_false(uv_call(guest->uv, UV_CREATE_SEC_CONF, &conf));
    g_assert_cmphex(conf.block.rc, ==, UV_RC_CONF_ORIGIN);
    conf.stor_origin = model->uv.largest_address + 1 - PAGE;
    conf.stor_length = 2 * PAGE;
    g_assert_false(uv_call(guest->uv, UV_CREATE_SEC_CONF, &conf));
    g_assert_cmphex(conf.block.rc, ==, UV_RC_CONF_LENGTH);
    g_assert_false(uv_call(guest->uv, UV_CREATE_SEC_CPU, &cpu));
    g_assert_cmphex(cpu.block.rc, ==, UV_RC_CPU_NUMBER);
    cpu.number = 0;
    g_assert_false(uv_call(guest->uv, UV_CREATE_SEC_CPU, &cpu));
    g_assert_cmphex(cpu.block.rc, ==, UV_RC_CPU_EXISTS);
    cpu.conf++;
    g_assert_false(uv_call(guest->uv, UV_CREATE_SEC_CPU, &cpu));
    g_assert_cmphex(cpu.block.rc, ==, UV_RC_GUEST_HANDLE);
    g_assert_false(uv_call(guest->uv, UV_DESTROY_SEC_CONF, &block)); /* it has a CPU */
    g_assert_cmphex(block.block.rc, ==, UV_RC_CONF_IN_USE);
    g_assert_false(uv_call(guest->uv, UV_DESTROY_SEC_CPU, &block));
    g_assert_cmphex(block.block.rc, ==, UV_RC_CPU_HANDLE);
    g_assert_true(nodata(guest, UV_DESTROY_SEC_CPU, guest->cpu));
    g_assert_true(uv_call(guest->uv, UV_DESTROY_SEC_CONF, &block));
    g_assert_false(uv_call(guest->uv, UV_DESTROY_SEC_CONF, &block));
    g_assert_cmphex(block.block.rc, ==, UV_RC_GUEST_HANDLE);
    g_assert_false(uv_call(guest->uv, (UvCommand)0x4242, &block));
    g_assert_cmphex(block.block.rc, ==, UV_RC_INV_CMD);
}

/* A z15 has neither dumps nor a fast way to destroy guests. */
static void test_calls(void)
{
    const S390Model *model = s390_model_find("z15");
    Uv *uv = uv_new(model->name, &model->uv, NULL, NULL);
    UvNoData block = { .handle = 1 };

    g_assert_false(uv_call(uv, UV_DUMP_INIT, &block));
    g_assert_cmphex(block.block.rc, ==, UV_RC_INV_CMD);
    g_assert_false(uv_call(uv, UV_DESTROY_SEC_CONF_FAST, &block));
    g_assert_cmphex(block.block.rc, ==, UV_RC_INV_CMD);
    uv_free(uv);
}

static void test_too_many(void)
{
    const S390Model *model = s390_model_find(NULL);
    Uv *uv = uv_new(model->name, &model->uv, NULL, NULL);
    UvCreateConf conf = { .stor_length = PAGE };

    for (unsigned i = 0; i < model->uv.most_guests; i++) {
        g_assert_true(uv_call(uv, UV_CREATE_SEC_CONF, &conf));
    }
    g_assert_false(uv_call(uv, UV_CREATE_SEC_CONF, &conf));
    g_assert_cmphex(conf.block.rc, ==, UV_RC_OWN_TOO_MANY);
    uv_free(uv);
}

#define ADD(name, fn) g_test_add("/uv-memory/" name, Guest, NULL, set_up, fn, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("contents", test_contents);
    ADD("first-use", test_first_use);
    ADD("tampering", test_tampering);
    ADD("replay", test_replay);
    ADD("other-guest", test_other_guest);
    ADD("bounds", test_bounds);
    ADD("share", test_share);
    ADD("unshare-all", test_unshare_all);
    ADD("dump", test_dump);
    ADD("cpu-states", test_cpu_states);
    ADD("handles", test_handles);
    g_test_add_func("/uv-memory/calls", test_calls);
    g_test_add_func("/uv-memory/too-many", test_too_many);
    return g_test_run();
}
