# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel for pseries machines that is one page of branches to themselves, as an ELF file."""

from __future__ import annotations

import struct

VIRTUAL = 0xC000000000000000
#: Bytes of its code, and where its zeroed data ends.
CODE, END = 0x1000, 0x20000
PPC64 = 21


def kernel(big: bool = False, machine: int = PPC64, end: int = END) -> bytes:
    """The file, for a processor in big or in little endian."""
    order = ">" if big else "<"
    code = struct.pack(f"{order}I", 0x48000000) * (CODE // 4)
    ident = struct.pack("4sBBB9x", b"\x7fELF", 2, 2 if big else 1, 1)
    header = ident + struct.pack(f"{order}HHIQQQIHHHHHH", 2, machine, 1, VIRTUAL, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack(f"{order}IIQQQQQQ", 1, 7, 0x1000, VIRTUAL, 0, CODE, end, 0x1000)
    return (header + segment).ljust(0x1000, b"\0") + code
