#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-pvh-boot, each named after what it is.

    make-pvh-boot-seeds.py DIRECTORY

DIRECTORY is the one that has a folder for each target.
"""

import pathlib
import struct
import sys

LOAD, NOTE = 1, 4
X86_64, PPC64 = 62, 21
KERNEL = 0x100000


def note(entry, *, size=4, owner=b"Xen\0", number=18):
    return struct.pack("<III", len(owner), size, number) + owner + entry.to_bytes(8, "little")[:max(size, 4)]


def kernel(memory=2, initrd_pages=0, *, notes=note(KERNEL + 16), machine=X86_64, start=KERNEL, memory_size=0x2000):
    """The input: an ELF file of one segment and its notes."""
    code = bytes(64)
    at = 64 + 2 * 56
    header = b"\x7fELF\2\1\1" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, start, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    header += struct.pack("<IIQQQQQQ", LOAD, 5, at, start, start, len(code), memory_size, 0)
    header += struct.pack("<IIQQQQQQ", NOTE, 4, at + len(code), 0, 0, len(notes), len(notes), 4)
    return bytes((memory, initrd_pages)) + header + code + notes


SEEDS = {
    "kernel": kernel(),
    "initrd": kernel(2, 3),
    "initrd-too-large": kernel(1, 255),
    "entry-64": kernel(notes=note(KERNEL, size=8)),
    "entry-above": kernel(notes=note((1 << 32) + KERNEL, size=8)),
    "entry-outside": kernel(notes=note(KERNEL + 64)),
    "entry-too-short": kernel(notes=note(KERNEL, size=2)),
    "no-entry": kernel(notes=note(KERNEL, number=17)),
    "other-owner": kernel(notes=note(KERNEL, owner=b"GNU\0")),
    "other-machine": kernel(machine=PPC64),
    "below-1-mib": kernel(start=0x9000, notes=note(0x9000)),
    "no-memory": kernel(start=0x3FFF000, notes=note(0x3FFF000)),
    "memory-largest": kernel(memory_size=(1 << 64) - KERNEL - 1),
}


def main():
    directory = pathlib.Path(sys.argv[1]) / "pvh-boot"
    directory.mkdir(exist_ok=True)
    for name, content in SEEDS.items():
        (directory / name).write_bytes(content)


main()
