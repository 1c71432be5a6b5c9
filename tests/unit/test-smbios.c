/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of SMBIOS structures, read as an operating system does.
 */
#include "target-i386/smbios.h"
#include <string.h>

typedef struct Tables {
    const uint8_t *anchor, *bytes;
    gsize anchor_size, size;
    FwCfg fw_cfg;
    IoBus bus;
} Tables;

/* The files are the first two. */
static const uint8_t *file(Tables *tables, uint8_t number, gsize *ret_size)
{
    const uint8_t selector[] = { number, 0 };

    io_bus_write(&tables->bus, FW_CFG_PORT, selector, 2);
    return g_bytes_get_data(tables->fw_cfg.selected, ret_size);
}

static void make(Tables *tables, const SmbiosFacts *facts)
{
    io_bus_init(&tables->bus);
    fw_cfg_init(&tables->fw_cfg, &tables->bus, NULL);
    smbios_offer(&tables->fw_cfg, facts);
    tables->anchor = file(tables, 0x20, &tables->anchor_size);
    tables->bytes = file(tables, 0x21, &tables->size);
}

static void drop(Tables *tables)
{
    io_bus_clear(&tables->bus);
    fw_cfg_clear(&tables->fw_cfg);
}

/* The structure of @type; @ret_strings are behind its formatted area. */
static const uint8_t *find(const Tables *tables, uint8_t type, const char **ret_strings)
{
    gsize at = 0;

    while (at < tables->size) {
        const uint8_t *structure = tables->bytes + at;

        at += structure[1];
        *ret_strings = (const char *)tables->bytes + at;
        while (tables->bytes[at] || tables->bytes[at + 1]) {
            at++;
        }
        at += 2;
        g_assert_cmpuint(at, <=, tables->size);
        if (structure[0] == type) {
            g_assert_true(type != 127 || at == tables->size);
            return structure;
        }
    }
    g_assert_not_reached();
}

static const char *string(const char *strings, unsigned number)
{
    for (; number > 1; number--) {
        strings += strlen(strings) + 1;
    }
    return number ? strings : NULL;
}

static void test_anchor(void)
{
    const SmbiosFacts facts = { .machine = "q35" };
    Tables tables;
    uint8_t sum = 0;

    make(&tables, &facts);
    g_assert_cmpuint(tables.anchor_size, ==, 24);
    g_assert_cmpmem(tables.anchor, 5, "_SM3_", 5);
    g_assert_cmpuint(tables.anchor[6], ==, 24);
    g_assert_cmpuint(tables.anchor[12] | tables.anchor[13] << 8, ==, tables.size);
    for (gsize i = 0; i < tables.anchor_size; i++) {
        sum += tables.anchor[i];
    }
    g_assert_cmpuint(sum, ==, 0);
    drop(&tables);
}

static void test_facts(void)
{
    const SmbiosFacts facts = {
        .machine = "q35",
        .name = "a guest",
        .uuid = "00112233-4455-6677-8899-aAbBcCdDeEfF",
    };
    const uint8_t uuid[] = "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
    Tables tables;
    const uint8_t *structure;
    const char *strings;

    make(&tables, &facts);
    structure = find(&tables, 1, &strings);
    g_assert_cmpuint(structure[1], ==, 27);
    g_assert_cmpmem(structure + 8, 16, uuid, 16);
    g_assert_cmpstr(string(strings, structure[4]), ==, "cgvm");
    g_assert_cmpstr(string(strings, structure[5]), ==, "q35");
    g_assert_cmpuint(structure[7], ==, 0);
    structure = find(&tables, 3, &strings);
    g_assert_cmpstr(string(strings, structure[8]), ==, "a guest");
    find(&tables, 127, &strings);
    drop(&tables);
}

static void test_nothing_known(void)
{
    const SmbiosFacts facts = { .machine = "q35", .name = "" };
    static const uint8_t zeros[16];
    Tables tables;
    const char *strings;

    make(&tables, &facts);
    g_assert_cmpmem(find(&tables, 1, &strings) + 8, 16, zeros, 16);
    g_assert_cmpuint(find(&tables, 3, &strings)[8], ==, 0);
    find(&tables, 127, &strings);
    drop(&tables);
}

static void test_uuid(void)
{
    static const char *const bad[] = {
        "",
        "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0",
        "00112233-4455-6677-8899-aabbccddeefg",
        "00112233x4455-6677-8899-aabbccddeeff",
        "0011223-34455-6677-8899-aabbccddeeff",
        "00112233445566778899aabbccddeeff----",
    };
    uint8_t uuid[16];

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(smbios_parse_uuid(bad[i], uuid));
    }
    g_assert_true(smbios_parse_uuid("ffffffff-ffff-ffff-ffff-ffffffffffff", uuid));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/smbios/anchor", test_anchor);
    g_test_add_func("/smbios/facts", test_facts);
    g_test_add_func("/smbios/nothing-known", test_nothing_known);
    g_test_add_func("/smbios/uuid", test_uuid);
    return g_test_run();
}
