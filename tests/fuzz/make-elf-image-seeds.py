#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-elf-image: small programs of each class and byte order, and broken ones, each named after
what it is.

    make-elf-image-seeds.py DIRECTORY
"""

import pathlib
import struct
import sys

LOAD, NOTE = 1, 4


def note(order, owner=b"Xen\0", kind=18, data=b"\0\0\x10\0"):
    """A note, padded to 4 bytes."""
    return struct.pack(order + "III", len(owner), len(data), kind) + owner + data


def header(order, bits, kind=LOAD, offset=0x100, address=0x1000, size=16, memory=32, align=4):
    """A program header."""
    if bits == 64:
        return struct.pack(order + "IIQQQQQQ", kind, 5, offset, address, address, size, memory, align)
    return struct.pack(order + "IIIIIIII", kind, offset, address, address, size, memory, 5, align)


def elf(bits=64, big=False, headers=({},), kind=2, body=b"", entry=0x1000, machine=21):
    """A program with @headers, and @body at 0x100."""
    order = ">" if big else "<"
    word = "Q" if bits == 64 else "I"
    size, entry_size = (64, 56) if bits == 64 else (52, 32)
    ident = struct.pack("4sBBB9x", b"\x7fELF", bits // 32, 2 if big else 1, 1)
    head = ident + struct.pack(
        order + "HHI" + 3 * word + "IHHHHHH", kind, machine, 1, entry, size, 0, 0, size, entry_size, len(headers), 0, 0, 0
    )
    table = b"".join(header(order, bits, **fields) for fields in headers)
    return (head + table).ljust(0x100, b"\0") + body.ljust(0x40, b"\0")


SEEDS = {
    "64-little": elf(),
    "64-big": elf(big=True),
    "32-little": elf(bits=32),
    "32-big": elf(bits=32, big=True),
    "two-segments": elf(headers=({}, {"address": 0x2000})),
    "overlap": elf(headers=({}, {"address": 0x101F})),
    "shared": elf(kind=3),
    "relocatable": elf(kind=1),
    "wraps": elf(headers=({"address": 2**64 - 16},)),
    "outside": elf(headers=({"offset": 2**63},)),
    "note": elf(headers=({}, {"kind": NOTE, "size": 20}), body=note("<")),
    "note-big": elf(big=True, headers=({}, {"kind": NOTE, "size": 20}), body=note(">")),
    "note-second": elf(headers=({}, {"kind": NOTE, "size": 40}), body=note("<", kind=5) + note("<")),
    "note-too-long": elf(headers=({}, {"kind": NOTE, "size": 20}), body=struct.pack("<III", 4, 2**32 - 1, 18)),
    "cut-short": elf()[:0x90],
    "header-alone": elf()[:64],
    "text": b"no kernel",
    "empty": b"",
}


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in SEEDS.items():
        (directory / name).write_bytes(data)


if __name__ == "__main__":
    main()
