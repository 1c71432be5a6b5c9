#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-ovmf: small firmware images, each named after what it is.

    make-ovmf-seeds.py DIRECTORY
"""

import pathlib
import struct
import sys
import uuid

FOOTER = "96b582de-1fb2-45f7-baea-a366c55a082d"
RESET_BLOCK = "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
HASHES = "7255371f-3a3b-4b04-927b-1da6efa8d454"
METADATA = "dc886566-984a-4798-a75e-5585a7bf67cc"
SECRET = "4c2eb361-7d9b-4cc3-8081-127c90d3d294"
SVSM = "a789a612-0597-4c4b-a49f-cbb1fe9d1ddd"

SEC_MEMORY, SECRETS, CPUID, SVSM_CAA, KERNEL_HASHES = 1, 2, 3, 4, 0x10

RESET_VECTOR = b"\x90" * 16 + b"\x00\x00\x00\x00VTF\x00" + b"\x90" * 8

DEBIAN_12 = [
    (0x800000, 0x9000, SEC_MEMORY),
    (0x80A000, 0x3000, SEC_MEMORY),
    (0x80D000, 0x1000, SECRETS),
    (0x80E000, 0x1000, CPUID),
    (0x80F000, 0x11000, SEC_MEMORY),
]
AMD_SEV = [
    (0x800000, 0x9000, SEC_MEMORY),
    (0x80A000, 0x3000, SEC_MEMORY),
    (0x80D000, 0x1000, SECRETS),
    (0x80E000, 0x1000, CPUID),
    (0x80F000, 0x1000, SVSM_CAA),
    (0x810000, 0x1000, KERNEL_HASHES),
    (0x811000, 0xF000, SEC_MEMORY),
]


def entry(guid, *values, length=None):
    data = struct.pack(f"<{len(values)}I", *values)
    return data + struct.pack("<H", length or len(data) + 18) + uuid.UUID(guid).bytes_le


def metadata(sections, magic=b"ASEV", length=None, version=1, count=None):
    body = b"".join(struct.pack("<III", *section) for section in sections)
    header = struct.pack("<4sIII", magic, 16 + len(body) if length is None else length, version,
                         len(sections) if count is None else count)
    return header + body


def image(*entries, sections=None, table_length=None, from_end=None, **header):
    """An image of its metadata, if sections are given, its table, whose last entry is the first one here, and
    the reset vector."""
    blob = b"" if sections is None else metadata(sections, **header)
    table = b"".join(reversed(entries))
    if sections is not None:
        size = len(blob) + 22 + len(table) + 18 + len(RESET_VECTOR)
        table = entry(METADATA, size if from_end is None else from_end) + table
    return blob + table + entry(FOOTER, length=table_length or len(table) + 18) + RESET_VECTOR


SEEDS = {
    "no-table": b"\xff" * 64,
    "empty-table": image(),
    "old-reset-block": b"\xff" * 16 + entry(RESET_BLOCK, 0xFFFCF004) + RESET_VECTOR,
    "without-metadata": image(entry(RESET_BLOCK, 0x808004), entry(SECRET, 0x80F000, 0xC00),
                              entry(HASHES, 0, 0)),
    "debian-12": image(entry(RESET_BLOCK, 0x80B004), entry(SECRET, 0, 0), entry(HASHES, 0, 0),
                       sections=DEBIAN_12),
    "amd-sev": image(entry(RESET_BLOCK, 0x80B004), entry(SECRET, 0x80F000, 0xC00),
                     entry(HASHES, 0x810C00, 0x400), sections=AMD_SEV),
    "svsm": image(entry(SVSM, 0x1000), sections=[(0x1000, 0x1000, SECRETS), (0x2000, 0x1000, CPUID)]),
    "unknown-section": image(sections=[(0xFFFFF000, 0x1000, 0x77)]),
    "no-sections": image(sections=[]),
    "bad-table-length": image(entry(RESET_BLOCK, 0x80B004), table_length=0xFFFF),
    "bad-entry-length": image(entry(RESET_BLOCK, 0x80B004, length=0x7FFF)),
    "bad-entry-size": image(entry(HASHES, 0x810C00)),
    "bad-metadata-place": image(sections=DEBIAN_12, from_end=0xFFFFFFFF),
    "bad-magic": image(sections=DEBIAN_12, magic=b"VESA"),
    "bad-version": image(sections=DEBIAN_12, version=2),
    "bad-metadata-length": image(sections=DEBIAN_12, length=0x10000),
    "too-many-sections": image(sections=DEBIAN_12, count=9999),
    "empty-section": image(sections=[(0x800000, 0, SEC_MEMORY)]),
    "unaligned-section": image(sections=[(0x800800, 0x1000, SEC_MEMORY)]),
    "wrapping-section": image(sections=[(0xFFFFF000, 0x2000, SEC_MEMORY)]),
    "overlapping-sections": image(sections=[(0x801000, 0x1000, SECRETS), (0x800000, 0x2000, SEC_MEMORY)]),
}


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, contents in SEEDS.items():
        (directory / f"{name}.fd").write_bytes(contents)


if __name__ == "__main__":
    main()
