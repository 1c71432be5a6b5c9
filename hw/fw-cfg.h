/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QEMU's fw_cfg device: items, each a number and some bytes, that the firmware asks for (QEMU,
 * docs/specs/fw_cfg.rst). Some of them are files: the item FW_CFG_FILE_DIR lists their names.
 *
 * There are both interfaces. The traditional one: a 16-bit write to the first port selects an item, and each
 * byte that is read from the second one is its next. DMA: the guest puts a structure into its memory and its
 * address into a register, and the device copies the item to where the structure says.
 *
 * Nothing that a guest does changes an item, or more than its own memory and what it itself reads next.
 */
#ifndef HW_FW_CFG_H
#define HW_FW_CFG_H

#include "hw/io-bus.h"
#include "hw/ram.h"

#define FW_CFG_PORT      0x510
#define FW_CFG_PORTS     2
#define FW_CFG_DMA_PORT  0x514 /* the upper half of an address, and the lower one; big-endian */
#define FW_CFG_DMA_PORTS 8

/** What a file's name has at most, its NUL not counted. */
#define FW_CFG_NAME_LARGEST 55

/* The structure of a DMA access: u32 control, u32 length, u64 address, all big-endian. */
#define FW_CFG_DMA_SIZE   16
#define FW_CFG_DMA_ERROR  (1u << 0) /* the device's answer; else 0 */
#define FW_CFG_DMA_READ   (1u << 1) /* copy to the guest */
#define FW_CFG_DMA_SKIP   (1u << 2)
#define FW_CFG_DMA_SELECT (1u << 3) /* the item in the upper 16 bits first */
#define FW_CFG_DMA_WRITE  (1u << 4) /* is refused */

/* Numbers of items. Integers are little-endian, but for those of the directory. */
enum {
    FW_CFG_SIGNATURE = 0x00,    /* "QEMU" */
    FW_CFG_ID = 0x01,           /* u32: interfaces; bit 0 is the traditional one, bit 1 DMA */
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
    FW_CFG_FILE_DIR = 0x19,   /* files: u32 count, then of each u32 size, u16 number, u16 0, char name[56] */
    FW_CFG_FILE_FIRST = 0x20, /* the number of the first file */
};

typedef struct FwCfg {
    GArray *items;                         /* of a type that fw-cfg.c knows */
    GBytes *selected;                      /* borrowed from the items; NULL: one that does not exist */
    gsize next;                            /* offset of the byte that is read next */
    int low;                               /* of a selector whose high byte is awaited; -1: none is */
    const GuestRam *ram;                   /* for DMA */
    uint8_t dma_address[FW_CFG_DMA_PORTS]; /* as far as it is written */
} FwCfg;

/**
 * Puts the device at FW_CFG_PORT and FW_CFG_DMA_PORT of @p bus, with signature, id, and a directory without
 * files. DMA goes to @p ram, which must outlive the device.
 */
void fw_cfg_init(FwCfg *fw_cfg, IoBus *bus, const GuestRam *ram);

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

/** Adds the next file, whose @p name is new and has at most FW_CFG_NAME_LARGEST bytes. */
void fw_cfg_add_file(FwCfg *fw_cfg, const char *name, GBytes *bytes);

#endif
