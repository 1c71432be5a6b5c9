#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of the fuzz target sev-exits: exits of a guest, as records of a kind and three numbers.

    make-exit-seeds.py [FOLDER]
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

MAP, FAULT, TERMINATION, FAILED_ENTRY = 0, 1, 2, 5
PRIVATE, FAULT_PRIVATE = 0x10, 8
HIGH, BLOCK = 0x20000, 16
ALL = 2**64 - 1

SEEDS: dict[str, list[tuple[int, int, int, int]]] = {
    "map": [(MAP, 0, 2, PRIVATE), (MAP, 0, 1, 0), (MAP, HIGH, BLOCK, PRIVATE | 1)],
    "map-across-blocks": [(MAP, 0xF000, 0x12, 0), (MAP, 0xF000, 0x12, PRIVATE)],
    "map-everything": [(MAP, 0, 2**52 - 1, 0), (MAP, 0, 2**52 - 1, PRIVATE), (MAP, 0, 2**52, 0)],
    "map-bad": [(MAP, 1, 1, 0), (MAP, 0, 0, PRIVATE), (MAP, 0, 1, 0x20), (MAP, 0, 1, 3), (MAP, ALL, ALL, ALL)],
    "map-wraps": [(MAP, 2**64 - 4096, 1, PRIVATE), (MAP, 2**64 - 4096, 2, 0), (MAP, 0x2000, 2**52 - 1, 0)],
    "fault": [(FAULT, HIGH, 4096, FAULT_PRIVATE), (FAULT, HIGH, 4096, 0), (FAULT, 0, 8192, FAULT_PRIVATE)],
    "fault-nowhere": [(FAULT, 0xD0000000, 4096, FAULT_PRIVATE)],
    "fault-flags": [(FAULT, 0, 4096, 0x18)],
    "fault-size": [(FAULT, 0, 0, 0)],
    "termination": [(TERMINATION, 1, 0x21100, 0)],
    "termination-unknown": [(TERMINATION, 1, ALL, 0)],
    "termination-without-reason": [(TERMINATION, 0, 0, 0)],
    "failed-entry": [(FAILED_ENTRY, ALL, 0, 0)],
}


def main() -> int:
    """Writes them; returns the exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "seeds" / "sev-exits"
    folder.mkdir(parents=True, exist_ok=True)
    for name, records in SEEDS.items():
        (folder / name).write_bytes(b"".join(struct.pack("<BQQQ", *record) for record in records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
