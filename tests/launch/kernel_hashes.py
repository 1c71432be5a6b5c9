#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of kernel hashes that QEMU or cgvm puts into a launch, made a second time.

Nothing here is derived from cgvm: the table is the one that OVMF's AmdSev build looks for (edk2, OvmfPkg/AmdSev).

    kernel_hashes.py KERNEL [--initrd FILE] [--append TEXT]
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
import uuid
from pathlib import Path

TABLE = uuid.UUID("9438d606-4f22-4cc9-b479-a793d411fd21")
COMMAND_LINE = uuid.UUID("97d02dd8-bd20-4c94-aa78-e7714d36ab2a")
INITRD = uuid.UUID("44baf731-3a2f-4bd7-9af1-41e29169781d")
KERNEL = uuid.UUID("4de79437-abd2-427f-b835-d5b172d2045b")

SIZE = 176


def _entry(guid: uuid.UUID, contents: bytes) -> bytes:
    return guid.bytes_le + struct.pack("<H", 16 + 2 + 32) + hashlib.sha256(contents).digest()


def hash_table(kernel: bytes, initrd: bytes = b"", append: str = "") -> bytes:
    """The table: the command line is hashed with a NUL behind it, the others as they are."""
    entries = _entry(COMMAND_LINE, append.encode() + b"\0") + _entry(INITRD, initrd) + _entry(KERNEL, kernel)
    table = TABLE.bytes_le + struct.pack("<H", 16 + 2 + len(entries)) + entries
    return table.ljust(SIZE, b"\0")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the table of kernel hashes in hexadecimal.")
    parser.add_argument("kernel", type=Path)
    parser.add_argument("--initrd", type=Path)
    parser.add_argument("--append", default="")
    arguments = parser.parse_args()
    try:
        initrd = arguments.initrd.read_bytes() if arguments.initrd else b""
        print(hash_table(arguments.kernel.read_bytes(), initrd, arguments.append).hex())
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
