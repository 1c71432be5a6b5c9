/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QEMU's fw_cfg device: items, each a number and some bytes, that the firmware asks for (QEMU,
 * docs/specs/fw_cfg.rst). The traditional interface alone: a 16-bit write to the first port selects an item,
 * and each byte that is read from the second one is its next.
 *
 * Nothing that a guest does changes an item, or more than what it itself reads next.
 */
#ifndef HW_FW_CFG_H
#define HW_FW_CFG_H

#include "hw/io-bus.h"

#define FW_CFG_PORT  0x510
#define FW_CFG_PORTS 2

/* Numbers of items. Integers are little-endian, but for those of the directory. */
enum {
    FW_CFG_SIGNATURE = 0x00,    /* "QEMU" */
    FW_CFG_ID = 0x01,           /* u32: interfaces; bit 0 is the traditional one */
    FW_CFG_RAM_SIZE = 0x03,     /* u64: bytes of RAM */
    FW_CFG_NB_CPUS = 0x05,      /* u16: vCPUs that exist */
    FW_CFG_KERNEL_SIZE = 0x08,  /* u32: of the protected-mode kernel */
    FW_CFG_INITRD_SIZE = 0x0b,  /* u32 */
    FW_CFG_MAX_CPUS = 0x0f,     /* u16: places for vCPUs */
    FW_CFG_KERNEL_DATA = 0x11,  /* the protected-mode kernel */
    FW_CFG_INITRD_DATA = 0x12,  /* the initrd */
    FW_CFG_CMDLINE_SIZE = 0x14, /* u32, with the NUL */
    FW_CFG_CMDLINE_DATA = 0x15, /* the command line with its NUL */
    FW_CFG_SETUP_SIZE = 0x17,   /* u32: of boot sector and setup code */
    FW_CFG_SETUP_DATA = 0x18,   /* boot sector and setup code */
    FW_CFG_FILE_DIR = 0x19,     /* items with names: u32 count, big-endian, and so on */
};

typedef struct FwCfg {
    GArray *items;    /* of a type that fw-cfg.c knows */
    GBytes *selected; /* borrowed from the items; NULL: one that does not exist */
    gsize next;       /* offset of the byte that is read next */
    int low;          /* of a selector whose high byte is awaited; -1: none is */
} FwCfg;

/** Puts the device at FW_CFG_PORT of @p bus, with signature, id, and a directory without files. */
void fw_cfg_init(FwCfg *fw_cfg, IoBus *bus);

/** Selects the first item, the signature, as after power-on. Nothing happens to a device that is zeroed. */
void fw_cfg_reset(FwCfg *fw_cfg);

/** Frees the items; nothing happens to one that is zeroed. The bus must be gone. */
void fw_cfg_clear(FwCfg *fw_cfg);

/** Adds the item @p key, which must be new. A reference to @p bytes is taken. */
void fw_cfg_add_bytes(FwCfg *fw_cfg, uint16_t key, GBytes *bytes);

/** The same with a little-endian integer. */
void fw_cfg_add_u16(FwCfg *fw_cfg, uint16_t key, uint16_t value);
void fw_cfg_add_u32(FwCfg *fw_cfg, uint16_t key, uint32_t value);
void fw_cfg_add_u64(FwCfg *fw_cfg, uint16_t key, uint64_t value);

#endif
