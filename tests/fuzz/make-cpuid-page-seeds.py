#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-cpuid-page into seeds/cpuid-page: the page that was given, then the one expected."""

from __future__ import annotations

import struct
from pathlib import Path

SEEDS = Path(__file__).resolve().parent / "seeds" / "cpuid-page"

#: Function, index, XCR0, XSS, EAX, EBX, ECX, EDX, reserved.
Entry = tuple[int, int, int, int, int, int, int, int, int]

FEATURES: Entry = (1, 0, 0, 0, 0xa00f11, 0x10800, 0xf7fa3203, 0x178bfbff, 0)
STRUCTURED: Entry = (7, 0, 0, 0, 0, 0x219c97ab, 0x40069c, 0x84000010, 0)
XSAVE: Entry = (0xd, 1, 1, 0, 0xf, 0x240, 0, 0, 0)
SIZES: Entry = (0x80000008, 0, 0, 0, 0x3030, 0x1302d205, 0, 0, 0)


def page(entries: list[Entry], count: int | None = None, reserved: int = 0) -> bytes:
    """A page with @entries. @count is what it claims to have."""
    header = struct.pack("<IIQ", len(entries) if count is None else count, 0, reserved)
    return header + b"".join(struct.pack("<IIQQIIIIQ", *entry) for entry in entries)


def changed(entry: Entry, place: int, value: int) -> Entry:
    """@entry with another value at @place."""
    values = list(entry)
    values[place] = value
    return (values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7], values[8])


def main() -> None:
    """Writes them all."""
    entries = [FEATURES, STRUCTURED, XSAVE, SIZES]
    given = page(entries)
    seeds = {
        "same": given,
        "one-feature": page([*entries[:3], changed(SIZES, 5, 0x1102d205)]),
        "many-features": page([changed(FEATURES, 6, 0), changed(STRUCTURED, 5, 0xffffffff),
                               changed(XSAVE, 4, 7), changed(SIZES, 5, 0)]),
        "xsave-size": page([FEATURES, STRUCTURED, changed(XSAVE, 5, 0x340), SIZES]),
        "other-entry": page([FEATURES, XSAVE, STRUCTURED, SIZES]),
        "reserved": page([changed(FEATURES, 8, 1 << 63), *entries[1:]], reserved=1),
        "fewer": page(entries, count=3),
        "wild-count": page(entries, count=0xffffffff),
    }
    SEEDS.mkdir(parents=True, exist_ok=True)
    for name, expected in seeds.items():
        (SEEDS / name).write_bytes(given + expected)
    (SEEDS / "wild-counts").write_bytes(page(entries, count=0xffffffff) * 2)
    (SEEDS / "empty").write_bytes(b"")


if __name__ == "__main__":
    main()
