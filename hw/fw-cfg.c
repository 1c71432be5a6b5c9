/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/fw-cfg.h"

#define SELECTOR       0 /* offset of its port; the other one is for data */
#define ID_TRADITIONAL 1u
#define WRITE_CHANNEL  0x4000u /* of a selector: asks for writing, which no item allows */

typedef struct FwCfgItem {
    uint16_t key;
    GBytes *bytes;
} FwCfgItem;

static GBytes *find(const FwCfg *fw_cfg, uint16_t key)
{
    for (guint i = 0; i < fw_cfg->items->len; i++) {
        const FwCfgItem *item = &g_array_index(fw_cfg->items, FwCfgItem, i);

        if (item->key == key) {
            return item->bytes;
        }
    }
    return NULL;
}

static void item_clear(void *opaque)
{
    FwCfgItem *item = opaque;

    g_bytes_unref(item->bytes);
}

void fw_cfg_add_bytes(FwCfg *fw_cfg, uint16_t key, GBytes *bytes)
{
    FwCfgItem item = { .key = key, .bytes = g_bytes_ref(bytes) };

    g_assert(!find(fw_cfg, key));
    g_array_append_val(fw_cfg->items, item);
}

static void add_copy(FwCfg *fw_cfg, uint16_t key, const void *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);

    fw_cfg_add_bytes(fw_cfg, key, bytes);
}

void fw_cfg_add_u16(FwCfg *fw_cfg, uint16_t key, uint16_t value)
{
    value = GUINT16_TO_LE(value);
    add_copy(fw_cfg, key, &value, sizeof(value));
}

void fw_cfg_add_u32(FwCfg *fw_cfg, uint16_t key, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    add_copy(fw_cfg, key, &value, sizeof(value));
}

void fw_cfg_add_u64(FwCfg *fw_cfg, uint16_t key, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    add_copy(fw_cfg, key, &value, sizeof(value));
}

/* Both ports give the next byte, as QEMU's do; beyond the end, and of what does not exist, that is 0. */
static uint8_t fw_cfg_read(void *device, unsigned offset G_GNUC_UNUSED)
{
    FwCfg *fw_cfg = device;
    gsize size = 0;
    const uint8_t *data = fw_cfg->selected ? g_bytes_get_data(fw_cfg->selected, &size) : NULL;

    fw_cfg->low = -1;
    return fw_cfg->next < size ? data[fw_cfg->next++] : 0;
}

/*
 * A 16-bit write to the selector reaches us as its two bytes, the second one at the port of the data. Alone,
 * a byte there would be written to an item, which QEMU has not allowed for long.
 */
static void fw_cfg_write(void *device, unsigned offset, uint8_t value)
{
    FwCfg *fw_cfg = device;

    if (offset == SELECTOR) {
        fw_cfg->low = value;
        return;
    }
    if (fw_cfg->low >= 0) {
        uint16_t key = (uint16_t)((unsigned)fw_cfg->low | (unsigned)value << 8);

        fw_cfg->selected = find(fw_cfg, key & (uint16_t)~WRITE_CHANNEL);
        fw_cfg->next = 0;
        fw_cfg->low = -1;
    }
}

void fw_cfg_reset(FwCfg *fw_cfg)
{
    fw_cfg->selected = fw_cfg->items ? find(fw_cfg, FW_CFG_SIGNATURE) : NULL;
    fw_cfg->next = 0;
    fw_cfg->low = -1;
}

void fw_cfg_init(FwCfg *fw_cfg, IoBus *bus)
{
    static const IoPortOps ops = { .read = fw_cfg_read, .write = fw_cfg_write };

    *fw_cfg = (FwCfg){ .items = g_array_new(FALSE, FALSE, sizeof(FwCfgItem)) };
    g_array_set_clear_func(fw_cfg->items, item_clear);
    add_copy(fw_cfg, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_add_u32(fw_cfg, FW_CFG_ID, ID_TRADITIONAL);
    fw_cfg_add_u32(fw_cfg, FW_CFG_FILE_DIR, 0);
    fw_cfg_reset(fw_cfg);
    io_bus_add(bus, FW_CFG_PORT, FW_CFG_PORTS, &ops, fw_cfg);
}

void fw_cfg_clear(FwCfg *fw_cfg)
{
    g_clear_pointer(&fw_cfg->items, g_array_unref);
    fw_cfg->selected = NULL;
}
