#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of the fuzz target sim-engine: requests of a guest by its GHCB, and page tables.

    make-engine-seeds.py [FOLDER]
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

GHCB, PAGE, CBIT = 0x2000, 4096, 1 << 36
RAX, RCX, RDX, CODE, INFO1, INFO2, SCRATCH, VALID, BUFFER = 0x1F8, 0x308, 0x310, 0x390, 0x398, 0x3A0, 0x3A8, 0x3F0, 0x800
SHARED, PRIVATE = 1, 0
IN, STRING = 1, 4
SEV_INFO, CPUID, FEATURES, TERMINATE = 0x2, 0x4, 0x80, 0x100


def seed(fields: dict[int, int] | None = None, tables: dict[int, int] | None = None, msr: int = 0, cr3: int = 0,
         flags: int = PRIVATE) -> bytes:
    """An input with @fields of the GHCB and @tables, 8 bytes each by address."""
    memory = bytearray(8 * PAGE)
    for offset, value in {**{GHCB + offset: value for offset, value in (fields or {}).items()}, **(tables or {})}.items():
        struct.pack_into("<Q", memory, offset, value)
    return struct.pack("<BQQ", flags, msr, cr3) + memory.rstrip(b"\0")


def request(code: int, info1: int = 0, info2: int = 0, valid: bool = True, **rest: int) -> dict[int, int]:
    """The fields of a request."""
    named = {"rax": RAX, "rcx": RCX, "rdx": RDX, "scratch": SCRATCH}
    return {CODE: code, INFO1: info1, INFO2: info2, **{named[name]: value for name, value in rest.items()},
            **({VALID: 2**64 - 1, VALID + 8: 2**64 - 1} if valid else {})}


def port(flags: int, size: int) -> int:
    """What a request of port I/O says of it."""
    return 0x3F8 << 16 | size << 4 | flags


TABLES = {0x4000: 0x5003 | CBIT, 0x5000: 0x6003 | CBIT, 0x6000: 0x7003 | CBIT, 0x7008: 0x1003, 0x7010: 0x1003 | CBIT,
          0x7018: 0x3003, 0x6008: 0x83, 0x5008: 0x83 | CBIT}

SEEDS: dict[str, bytes] = {
    "nothing": seed(),
    "out": seed(request(0x7B, port(0, 1), rax=0x41), msr=SEV_INFO),
    "in": seed(request(0x7B, port(IN, 4)), msr=FEATURES),
    "string-out": seed(request(0x7B, port(STRING, 1), 8, scratch=GHCB + BUFFER), flags=SHARED),
    "string-in": seed(request(0x7B, port(STRING | IN, 4), 1024, scratch=GHCB), msr=CPUID | 0x8000001F << 32),
    "string-no-scratch": seed(request(0x7B, port(STRING | IN, 4), 1024, scratch=0)),
    "string-too-long": seed(request(0x7B, port(STRING | IN, 4), 1025, scratch=GHCB)),
    "string-nowhere": seed(request(0x7B, port(STRING | IN, 1), 1, scratch=2**63)),
    "bad-size": seed(request(0x7B, port(0, 3))),
    "cpuid": seed(request(0x72, rax=1, rcx=0), msr=TERMINATE | 0x21000),
    "msr": seed(request(0x7C, 1, rcx=0x277, rax=1, rdx=2), msr=0x12),
    "memory-read": seed(request(0x80000001, 0xD0000000, 8, scratch=GHCB + BUFFER)),
    "memory-write": seed(request(0x80000002, 0xD0000000, 1, scratch=0x7FFF)),
    "memory-too-long": seed(request(0x80000001, 0xD0000000, 9, scratch=GHCB + BUFFER)),
    "jump-table": seed(request(0x80000005, 1), msr=GHCB),
    "nothing-valid": seed(request(0x7B, port(0, 1), valid=False)),
    "usage": seed({**request(0x7B, port(0, 1)), 0xFF8: 1 << 32}),
    "unknown": seed(request(0x12345), msr=GHCB, flags=SHARED),
    "msr-nowhere": seed(msr=2**64 - PAGE),
    "tables": seed(tables=TABLES, cr3=0x4000),
    "tables-of-themselves": seed(tables={0x4000 + 8 * i: 0x4003 | CBIT for i in range(512)}, cr3=0x4000),
    "tables-nowhere": seed(tables={0x4000: 0x000FFFFFFFFFF003}, cr3=0x4000),
}


def main() -> None:
    """Writes a file for each seed."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "seeds/sim-engine"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in SEEDS.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
