/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/fw-cfg.h"
#include <string.h>

#define SELECTOR       0 /* offset of its port; the other one is for data */
#define ID_TRADITIONAL 1u
#define ID_DMA         2u
#define WRITE_CHANNEL  0x4000u /* of a selector: asks for writing, which no item allows */

/* What the DMA register reads as. */
static const char dma_signature[] = "QEMU CFG";

/* An entry of the directory; integers are big-endian. */
typedef struct FwCfgFile {
    uint32_t size;
    uint16_t key;
    uint16_t reserved;
    char name[FW_CFG_NAME_LARGEST + 1];
} FwCfgFile;
_Static_assert(sizeof(FwCfgFile) == 64, "entries of the directory have 64 bytes");

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

/* ---- files ---- */

/* The directory, once more with @file at its end. */
static GBytes *directory_with(GBytes *directory, const FwCfgFile *file)
{
    gsize size;
    const uint8_t *old = g_bytes_get_data(directory, &size);
    uint8_t *bytes = g_malloc(size + sizeof(*file));
    uint32_t count;

    memcpy(bytes, old, size);
    memcpy(bytes + size, file, sizeof(*file));
    count = GUINT32_TO_BE((uint32_t)((size - sizeof(count)) / sizeof(*file) + 1));
    memcpy(bytes, &count, sizeof(count));
    return g_bytes_new_take(bytes, size + sizeof(*file));
}

void fw_cfg_add_file(FwCfg *fw_cfg, const char *name, GBytes *bytes)
{
    FwCfgItem *directory = NULL;
    FwCfgFile file = { .size = GUINT32_TO_BE((uint32_t)g_bytes_get_size(bytes)) };
    uint16_t key = FW_CFG_FILE_FIRST;
    GBytes *longer;

    g_assert(strlen(name) <= FW_CFG_NAME_LARGEST);
    for (guint i = 0; i < fw_cfg->items->len; i++) {
        FwCfgItem *item = &g_array_index(fw_cfg->items, FwCfgItem, i);

        directory = item->key == FW_CFG_FILE_DIR ? item : directory;
        key = MAX(key, item->key + 1);
    }
    file.key = GUINT16_TO_BE(key);
    g_strlcpy(file.name, name, sizeof(file.name));
    longer = directory_with(directory->bytes, &file);
    g_bytes_unref(directory->bytes);
    directory->bytes = longer;
    fw_cfg_add_bytes(fw_cfg, key, bytes);
}

/* ---- the traditional interface ---- */

static void select_item(FwCfg *fw_cfg, uint16_t key)
{
    fw_cfg->selected = find(fw_cfg, key & (uint16_t)~WRITE_CHANNEL);
    fw_cfg->next = 0;
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
        select_item(fw_cfg, (uint16_t)((unsigned)fw_cfg->low | (unsigned)value << 8));
        fw_cfg->low = -1;
    }
}

/* ---- DMA ---- */

/* Copies @length bytes of the selected item to @gpa, zeros beyond its end. Whether the guest has memory
 * there. */
static bool copy_out(FwCfg *fw_cfg, uint64_t gpa, uint32_t length)
{
    gsize size = 0, rest;
    const uint8_t *data = fw_cfg->selected ? g_bytes_get_data(fw_cfg->selected, &size) : NULL;

    rest = MIN(size - MIN(fw_cfg->next, size), length);
    return guest_ram_write(fw_cfg->ram, gpa, rest ? data + fw_cfg->next : NULL, rest) &&
           guest_ram_zero(fw_cfg->ram, gpa + rest, length - rest);
}

static bool dma_transfer(FwCfg *fw_cfg, uint32_t control, uint32_t length, uint64_t gpa)
{
    bool done = true;

    if (control & FW_CFG_DMA_SELECT) {
        select_item(fw_cfg, (uint16_t)(control >> 16));
    }
    if (control & FW_CFG_DMA_READ) {
        done = copy_out(fw_cfg, gpa, length);
    } else if (control & FW_CFG_DMA_WRITE) {
        done = false;
    }
    if (control & (FW_CFG_DMA_READ | FW_CFG_DMA_SKIP)) {
        fw_cfg->next += length; /* far beyond the end is beyond the end */
    }
    return done;
}

/* The structure is read once; what the guest makes of it meanwhile does not count. */
static void dma_run(FwCfg *fw_cfg, uint64_t gpa)
{
    struct {
        uint32_t control, length;
        uint64_t address;
    } request;
    uint32_t answer;

    _Static_assert(sizeof(request) == FW_CFG_DMA_SIZE, "as the guest has it");
    if (!guest_ram_read(fw_cfg->ram, gpa, &request, sizeof(request))) {
        return; /* nor is there a place for an answer */
    }
    answer = dma_transfer(fw_cfg, GUINT32_FROM_BE(request.control), GUINT32_FROM_BE(request.length),
                          GUINT64_FROM_BE(request.address))
                 ? 0
                 : GUINT32_TO_BE(FW_CFG_DMA_ERROR);
    /* Of a structure in ROM the guest learns nothing more. */
    (void)guest_ram_write(fw_cfg->ram, gpa, &answer, sizeof(answer));
}

static uint8_t dma_read(void *device G_GNUC_UNUSED, unsigned offset)
{
    return (uint8_t)dma_signature[offset];
}

/* The last byte starts it. The register is zero afterwards, so that the lower half alone is enough next time.
 */
static void dma_write(void *device, unsigned offset, uint8_t value)
{
    FwCfg *fw_cfg = device;
    uint64_t gpa;

    fw_cfg->dma_address[offset] = value;
    if (offset == FW_CFG_DMA_PORTS - 1) {
        memcpy(&gpa, fw_cfg->dma_address, sizeof(gpa));
        memset(fw_cfg->dma_address, 0, sizeof(fw_cfg->dma_address));
        dma_run(fw_cfg, GUINT64_FROM_BE(gpa));
    }
}

/* ---- life ---- */

void fw_cfg_reset(FwCfg *fw_cfg)
{
    fw_cfg->selected = fw_cfg->items ? find(fw_cfg, FW_CFG_SIGNATURE) : NULL;
    fw_cfg->next = 0;
    fw_cfg->low = -1;
    memset(fw_cfg->dma_address, 0, sizeof(fw_cfg->dma_address));
}

void fw_cfg_init(FwCfg *fw_cfg, IoBus *bus, const GuestRam *ram)
{
    static const IoPortOps ops = { .read = fw_cfg_read, .write = fw_cfg_write };
    static const IoPortOps dma_ops = { .read = dma_read, .write = dma_write };

    *fw_cfg = (FwCfg){ .items = g_array_new(FALSE, FALSE, sizeof(FwCfgItem)), .ram = ram };
    g_array_set_clear_func(fw_cfg->items, item_clear);
    add_copy(fw_cfg, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_add_u32(fw_cfg, FW_CFG_ID, ID_TRADITIONAL | ID_DMA);
    fw_cfg_add_u32(fw_cfg, FW_CFG_FILE_DIR, 0);
    fw_cfg_reset(fw_cfg);
    io_bus_add(bus, FW_CFG_PORT, FW_CFG_PORTS, &ops, fw_cfg);
    io_bus_add(bus, FW_CFG_DMA_PORT, FW_CFG_DMA_PORTS, &dma_ops, fw_cfg);
}

void fw_cfg_clear(FwCfg *fw_cfg)
{
    g_clear_pointer(&fw_cfg->items, g_array_unref);
    fw_cfg->selected = NULL;
}
