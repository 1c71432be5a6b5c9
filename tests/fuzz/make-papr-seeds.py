#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-papr and fuzz-sim-ppc-script: calls of guests, and scripts, each named after what it is.

    make-papr-seeds.py DIRECTORY-OF-PAPR DIRECTORY-OF-SCRIPTS
"""

import pathlib
import struct
import sys

RTAS, PUT, GET, MODE, TABLE, LOAD, STORE, UNKNOWN = 0, 1, 2, 3, 5, 6, 7, 8
FIRST_TOKEN = 0x2000


def call(number, *args, block=None):
    """A hypercall, with the block of an RTAS call."""
    text = bytes((number, len(args)))
    for arg in args:
        value = arg.to_bytes(max(1, (arg.bit_length() + 7) // 8), "big")
        text += bytes((len(value),)) + value
    return text if block is None else text + bytes((len(block),)) + block


def rtas(index, *args, results=1, address=0x1000000):
    """An RTAS call by the place of its name in the table."""
    return call(RTAS, address, block=struct.pack(f">III{len(args)}I", FIRST_TOKEN + index, len(args), results, *args))


PAPR = {
    "term": call(PUT, 0x71000000, 5, 0x68656C6C6F000000, 0) + call(GET, 0x71000000),
    "term-bad": call(PUT, 7, 17) + call(GET, 1),
    "mode": call(MODE, 1, 4) + call(MODE, 3, 3) + call(MODE, 9, 9, 9, 9),
    "table": call(TABLE, 0x1D, 0x10000, 0, 4) + call(TABLE, 0x10) + call(TABLE, 0xFF),
    "load-store": call(LOAD, 4, 1 << 40) + call(STORE, 8, 1 << 40, 1) + call(LOAD, 3),
    "unknown": call(UNKNOWN),
    "display": rtas(0, 65),
    "clock": rtas(1, results=8) + rtas(2, 2030, 2, 28, 23, 59, 30, 0),
    "power-off": rtas(3, 0xFFFFFFFF, 0xFFFFFFFF),
    "reboot": rtas(4),
    "cpus": rtas(5, 1, results=2) + rtas(6, 1, 0x100, 7) + rtas(7),
    "parameters": rtas(8, 20, 0x1001000, 64) + rtas(8, 42, 0x1001000, 1),
    "os-term": rtas(9, 0x1001000),
    "nvram": rtas(10, 0, 0x1001000, 64, results=2) + rtas(11, 100, 0x1001000, 8, results=2),
    "nvram-outside": rtas(10, 0xFFFFFFFF, 0x1001000, 64, results=2),
    "of-kvm": rtas(12, 1, 2, 3) + rtas(15, 1),
    "events": rtas(17, 9, 0, results=2) + rtas(16, 0x500, 0x1000, 0x40000000, 0, 0x1001000, 64) + rtas(17, 9, 0, results=2),
    "events-nowhere": rtas(16, 0x500, 0x1000, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0xFFFFFFFF) + rtas(16, 0, 0, 0xFFFFFFFF, 0, 0x1FFFFFFF, 2),
    "at-the-end": rtas(0, 65, address=0x1FFFFFF4) + rtas(0, 65, address=0x20000000),
    "too-many": call(RTAS, 0x1000000, block=struct.pack(">III", FIRST_TOKEN, 0xFFFFFFFF, 0xFFFFFFFF)),
    "no-results": call(RTAS, 0x1000000, block=struct.pack(">III", FIRST_TOKEN, 0, 0)),
}
SCRIPTS = {
    "all": b"term:a\\n+read:x+hcall:0x58:1:-1=-4+rtas:power-off:-1:2+esm:bad:fail+share:0+unshare:0+write:8:ab*9+check:8:00+irq:16+halt",
    "escape": b"term:\\x2b\\n\\",
    "of-kvm": b"hcall:0xe0",
    "beyond": b"check:0xffffffffffffffff:abab",
    "unknown": b"trem",
}


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY-OF-PAPR DIRECTORY-OF-SCRIPTS")
    for name, seeds in zip(sys.argv[1:], (PAPR, SCRIPTS)):
        directory = pathlib.Path(name)
        directory.mkdir(parents=True, exist_ok=True)
        for seed, contents in seeds.items():
            (directory / seed).write_bytes(contents)


if __name__ == "__main__":
    main()
