/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/smbios.h"
#include <string.h>

#define ANCHOR_FILE    "etc/smbios/smbios-anchor"
#define TABLES_FILE    "etc/smbios/smbios-tables"

#define SYSTEM         1 /* types of structures */
#define CHASSIS        3
#define END            127

#define SYSTEM_SIZE    0x1b /* of their formatted areas */
#define CHASSIS_SIZE   0x15
#define END_SIZE       4

#define WAKE_UP_SWITCH 6
#define CHASSIS_OTHER  1
#define STATE_SAFE     3
#define SECURITY_NONE  3

#define ANCHOR_SIZE    24

#define MANUFACTURER   "cgvm"
#define UUID_TEXT      "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

bool smbios_parse_uuid(const char *text, uint8_t uuid[SMBIOS_UUID_SIZE])
{
    /* Its first three fields are little-endian here. */
    static const uint8_t order[SMBIOS_UUID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    unsigned digits = 0;

    memset(uuid, 0, SMBIOS_UUID_SIZE);
    if (strlen(text) != strlen(UUID_TEXT)) {
        return false;
    }
    for (size_t i = 0; text[i]; i++) {
        if (UUID_TEXT[i] == '-' ? text[i] != '-' : !g_ascii_isxdigit(text[i])) {
            return false;
        }
        if (UUID_TEXT[i] != '-') {
            uuid[order[digits / 2]] |= (uint8_t)(g_ascii_xdigit_value(text[i]) << (digits % 2 ? 0 : 4));
            digits++;
        }
    }
    return true;
}

/* ---- structures ---- */

typedef struct Structure {
    uint8_t area[SYSTEM_SIZE]; /* formatted; of its first byte, length */
    GString *strings;
    uint8_t n_strings;
} Structure;

static Structure begin(uint8_t type, uint8_t size, uint16_t handle)
{
    return (Structure){
        .area = { type, size, (uint8_t)handle, (uint8_t)(handle >> 8) },
        .strings = g_string_new(NULL),
    };
}

/* The number by which the formatted area knows @text; 0: nothing. */
static uint8_t add_string(Structure *structure, const char *text)
{
    if (!text || !*text) {
        return 0;
    }
    g_string_append_len(structure->strings, text, (gssize)strlen(text) + 1);
    return ++structure->n_strings;
}

/* Strings end with an empty one; if there are none, there are two NULs all the same. */
static void end(GByteArray *tables, Structure *structure)
{
    static const uint8_t nul[2];

    g_byte_array_append(tables, structure->area, structure->area[1]);
    g_byte_array_append(tables, (const uint8_t *)structure->strings->str, (guint)structure->strings->len);
    g_byte_array_append(tables, nul, structure->n_strings ? 1 : 2);
    g_string_free(structure->strings, TRUE);
}

static void add_system(GByteArray *tables, const SmbiosFacts *facts)
{
    Structure system = begin(SYSTEM, SYSTEM_SIZE, 0x100);

    system.area[0x04] = add_string(&system, MANUFACTURER);
    system.area[0x05] = add_string(&system, facts->machine);
    if (facts->uuid && !smbios_parse_uuid(facts->uuid, system.area + 0x08)) {
        g_assert_not_reached();
    }
    system.area[0x18] = WAKE_UP_SWITCH;
    end(tables, &system);
}

static void add_chassis(GByteArray *tables, const SmbiosFacts *facts)
{
    Structure chassis = begin(CHASSIS, CHASSIS_SIZE, 0x300);

    chassis.area[0x04] = add_string(&chassis, MANUFACTURER);
    chassis.area[0x05] = CHASSIS_OTHER;
    chassis.area[0x08] = add_string(&chassis, facts->name);
    memset(chassis.area + 0x09, STATE_SAFE, 3); /* of the last start, the power, and the temperature */
    chassis.area[0x0c] = SECURITY_NONE;
    end(tables, &chassis);
}

static void add_end(GByteArray *tables)
{
    Structure last = begin(END, END_SIZE, 0x7f00);

    end(tables, &last);
}

/* The entry point; the firmware puts the tables' address into it. */
static GBytes *anchor_new(uint32_t size)
{
    uint8_t anchor[ANCHOR_SIZE] = {
        '_',
        'S',
        'M',
        '3',
        '_',
        0,
        ANCHOR_SIZE,
        3,
        0,
        0,
        1,
        0,
        (uint8_t)size,
        (uint8_t)(size >> 8),
        (uint8_t)(size >> 16),
        (uint8_t)(size >> 24),
    };
    uint8_t sum = 0;

    for (size_t i = 0; i < sizeof(anchor); i++) {
        sum += anchor[i];
    }
    anchor[5] = (uint8_t)-sum;
    return g_bytes_new(anchor, sizeof(anchor));
}

void smbios_offer(FwCfg *fw_cfg, const SmbiosFacts *facts)
{
    GByteArray *tables = g_byte_array_new();
    g_autoptr(GBytes) anchor = NULL, bytes = NULL;

    add_system(tables, facts);
    add_chassis(tables, facts);
    add_end(tables);
    bytes = g_byte_array_free_to_bytes(tables);
    anchor = anchor_new((uint32_t)g_bytes_get_size(bytes));
    fw_cfg_add_file(fw_cfg, ANCHOR_FILE, anchor);
    fw_cfg_add_file(fw_cfg, TABLES_FILE, bytes);
}
