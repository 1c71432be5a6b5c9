#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-ports, fuzz-linux-direct and fuzz-q35, each named after what it is.

    make-boot-seeds.py DIRECTORY

DIRECTORY is the one that has a folder for each target.
"""

import pathlib
import struct
import sys

WRITE, INPUT, RESET, PRESS, WORD = 4, 8, 16, 32, 1
COM1 = 4  # the number of its first port, in a step
POWER = 16
CMOS = 36
DATA, IER, FCR, LCR, MCR = range(COM1, COM1 + 5)


def steps(*triples):
    return bytes(byte for triple in triples for byte in triple)


(PORT_READ, PORT_WRITE, MEMORY_READ, MEMORY_WRITE, RAM_WRITE, DMA, RESET_ALL, CONFIG, BUTTON) = range(9)


def q35(*actions):
    """The input of fuzz-q35: of each action what, 2 to the power of which width, where, and a value."""
    return b"".join(struct.pack("<BBHI", what, width, where, value) for what, width, where, value in actions)


def dma(control, length, address):
    """A structure at the start of memory, and the access that it is for."""
    words = struct.unpack("<4I", struct.pack(">IIQ", control, length, address))
    # Each write has its value twice; the next one corrects the second half.
    return [*((RAM_WRITE, 2, 4 * at, word) for at, word in enumerate(words)), (DMA, 0, 0, 0)]


def kernel(memory, initrd_pages, *, preferred=0x100000, init_size=0x10000, xloadflags=1, last=0x7FFFFFFF, jump=0x6A):
    """The input of fuzz-linux-direct."""
    setup = bytearray(1024)
    setup[0x1F1] = 1
    struct.pack_into("<I", setup, 0x1F4, 4)
    struct.pack_into("<BB4sH", setup, 0x200, 0xEB, jump, b"HdrS", 0x020F)
    struct.pack_into("<I", setup, 0x22C, last)
    struct.pack_into("<HI", setup, 0x236, xloadflags, 255)
    struct.pack_into("<QI", setup, 0x258, preferred, init_size)
    return bytes((memory, initrd_pages)) + bytes(setup) + bytes(64)


SEEDS = {
    "ports": {
        "print": steps((WRITE, MCR, 8), (WRITE, IER, 2), (WRITE, DATA, 65), (0, FCR, 0), (WRITE, DATA, 66)),
        "input": steps((WRITE, FCR, 1), (WRITE, MCR, 8), (WRITE, IER, 1), (INPUT | 2, 0, 65), (0, FCR, 0),
                       *[(0, DATA, 0)] * 5),
        "overflow": steps((WRITE, FCR, 1), *[(INPUT | 2, 0, 65)] * 8, (0, DATA, 0), (INPUT, 0, 66)),
        "loopback": steps((WRITE, MCR, 0x1F), (WRITE, DATA, 65), (0, DATA, 0), (0, COM1 + 6, 0)),
        "divisor": steps((WRITE, LCR, 0x80), (WRITE, DATA, 1), (0, IER, 0), (WRITE, LCR, 3)),
        "off": steps((WRITE | WORD, POWER + 4, 0x34)),
        "button": steps((PRESS, 0, 0), (WRITE, POWER + 3, 1), (PRESS, 0, 0), (WORD, POWER, 0), (WRITE, POWER + 1, 1),
                        (PRESS, 0, 0), (PRESS, 0, 0), (WRITE | WORD, POWER + 2, 0), (WRITE, POWER + 3, 0xFF), (RESET, 0, 0)),
        "timer": steps((2, POWER + 8, 0), (2, POWER + 10, 0), (0, POWER + 9, 0)),
        "clock": steps(*[step for i in range(14) for step in ((WRITE, CMOS, i), (0, CMOS + 1, 0))]),
        "clock-set": steps((WRITE, CMOS, 11), (WRITE, CMOS + 1, 0x80), (WRITE, CMOS, 9), (WRITE, CMOS + 1, 0xff),
                           (WRITE, CMOS, 11), (WRITE, CMOS + 1, 4), (WRITE, CMOS, 0x32), (WRITE, CMOS + 1, 0xff),
                           (0, CMOS + 1, 0), (WRITE, CMOS, 0xff), (0, CMOS + 1, 0)),
        "reset": steps((WRITE, MCR, 8), (WRITE, IER, 2), (RESET, 0, 0), (WRITE, DATA, 65)),
    },
    "q35": {
        "ids": q35((PORT_WRITE, 2, 0xCF8, 0x80000000), (PORT_READ, 2, 0xCFC, 0), (PORT_WRITE, 2, 0xCF8, 0x8000F800),
                   (PORT_READ, 2, 0xCFC, 0)),
        "ecam": q35((CONFIG, 2, 0x64, 0), (CONFIG, 2, 0x60, 0xB0000001), (MEMORY_READ, 0xB0 | 2, 0, 0),
                    (MEMORY_WRITE, 0xB0 | 3, 0x6, 0xFFFFFFFF), (CONFIG, 2, 0x60, 0xFFFFFFFF), (CONFIG, 0, 0x60, 6)),
        "pm-base": q35((CONFIG, 1, 0xF840, 0x601), (CONFIG, 0, 0xF844, 0x80), (PORT_READ, 2, 0x608, 0),
                       (PORT_WRITE, 1, 0x604, 0x2001), (CONFIG, 1, 0xF840, 0x501), (PORT_WRITE, 1, 0x510, 0x19),
                       (CONFIG, 1, 0xF840, 0xCC1), (PORT_READ, 2, 0xCFC, 0), (RESET_ALL, 0, 0, 0)),
        "button": q35((CONFIG, 1, 0xF840, 0x601), (CONFIG, 0, 0xF844, 0x80), (BUTTON, 0, 0, 0),
                      (PORT_WRITE, 1, 0x602, 0x100), (BUTTON, 0, 0, 0), (PORT_READ, 2, 0x600, 0),
                      (CONFIG, 1, 0xF840, 0xCC1), (PORT_WRITE, 1, 0xCC0, 0x100), (BUTTON, 0, 0, 0), (RESET_ALL, 0, 0, 0)),
        "traditional": q35((PORT_WRITE, 1, 0x510, 0x20), (PORT_READ, 0, 0x511, 0), (PORT_READ, 2, 0x510, 0)),
        "dma-read": q35(*dma(0x20 << 16 | 0xA, 6000, 0x10800)),
        "dma-into-rom": q35(*dma(0x20 << 16 | 0xA, 6000, 0x11800)),
        "dma-into-itself": q35(*dma(0x20 << 16 | 0xA, 16, 0x10000), (DMA, 0, 0, 0)),
        "dma-write": q35(*dma(0x20 << 16 | 0x18, 1, 0x10000)),
        "dma-skip": q35(*dma(0x20 << 16 | 0xC, 0xFFFFFFFF, 0), *dma(2, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)),
        "dma-from-rom": q35((DMA, 0, 0x2000, 0), (DMA, 0, 0x1FF8, 0), (DMA, 0, 0xFFFF, 0)),
        "debug": q35((PORT_READ, 0, 0x402, 0), *[(PORT_WRITE, 0, 0x402, byte) for byte in b"a\n\x1b[2J\r\n\xff"]),
    },
    "linux-direct": {
        "smallest": kernel(1, 0),
        "initrd": kernel(2, 3),
        "initrd-too-large": kernel(1, 255),
        "initrd-limit": kernel(16, 3, last=0x1FFFFF),
        "initrd-no-limit": kernel(16, 3, last=0xFFFFFFFF),
        "no-entry": kernel(2, 0, xloadflags=0),
        "short-header": kernel(2, 0, jump=0x20),
        "long-header": kernel(2, 0, jump=0xFF),
        "preferred-zero": kernel(2, 0, preferred=0),
        "preferred-above": kernel(2, 0, preferred=0xFFFFFFFFFFFFF000),
        "init-size-largest": kernel(255, 1, init_size=0xFFFFFFFF),
    },
}


def main():
    for target, seeds in SEEDS.items():
        directory = pathlib.Path(sys.argv[1]) / target
        directory.mkdir(exist_ok=True)
        for name, content in seeds.items():
            (directory / name).write_bytes(content)


main()
