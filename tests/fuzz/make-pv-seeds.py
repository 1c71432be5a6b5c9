#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-pv-image, fuzz-pv-ipib and fuzz-sclp: small images, blocks, and calls of the service
processor, each named after what it is.

    make-pv-seeds.py [DIRECTORY]
"""

from __future__ import annotations

import hashlib
import struct
import sys
from pathlib import Path

PAGE = 4096
START = 0x1000
HEADER, BLOCK, PAGES = 0x1000, 0x2000, 0x3000
#: What fuzz-pv-image is to do with an image: mend places, sizes, hashes; and one that does not say where its parts are.
PLACES, SIZES, HASHES, NOWHERE = 1, 2, 4, 8

Component = tuple[int, int, int]
KERNEL: Component = (0x28 << 48 | 5, PAGES, PAGE)


def block(components: tuple[Component, ...] = (KERNEL,), kind: int = 5, count: int | None = None,
          header: tuple[int, int] = (HEADER, 640), length: int | None = None) -> bytes:
    """An IPL parameter block."""
    size = 0x88 + 24 * len(components) if length is None else length
    head = struct.pack(">IB2xBIB3x8s", size, 0, 1, size - 8, kind, b"NORMAL  ")
    head = head.ljust(0x6F, b"\0") + b"\1" + bytes(4)
    head += struct.pack(">IQQ", len(components) if count is None else count, *header)
    return head + b"".join(struct.pack(">QQQ", *component) for component in components)


def header(pages: bytes = bytes(PAGE), slots: int = 1, encrypted: int = 128, magic: bytes = b"IBMSecEx",
           version: int = 0x100, flags: int = 0xE0) -> bytes:
    """A header of an image whose only component is @pages; nothing is encrypted by anybody."""
    addresses = b"".join(struct.pack(">Q", PAGES + at) for at in range(0, len(pages), PAGE))
    tweaks = b"".join(struct.pack(">QQ", KERNEL[0], at) for at in range(0, len(pages), PAGE))
    size = 416 + 80 * slots + encrypted + 16
    head = struct.pack(">8sII12s4xQQQQ", magic, version, size, bytes(range(12)), slots, encrypted, len(pages) // PAGE,
                       flags) + bytes(160)
    head += b"".join(hashlib.sha512(data).digest() for data in (pages, addresses, tweaks))
    return head + bytes(range(80)) * slots + bytes(encrypted) + bytes(16)


def image(head: bytes | None = None, ipib: bytes | None = None, metadata: tuple[int, int, int] = (HEADER, 1, BLOCK),
          magic: bytes = b"SeImgLnx", mends: int = 0) -> bytes:
    """An input of fuzz-pv-image."""
    parts = bytes((mends,)) + struct.pack(">8sQIQ", magic, *metadata)
    parts += (header() if head is None else head).ljust(BLOCK - HEADER, b"\0")
    return parts + (block() if ipib is None else ipib).ljust(PAGES - BLOCK, b"\0")


IMAGES = {
    "image": image(),
    "other-pages": image(header(bytes([1]) * PAGE)),
    "two-slots": image(header(slots=2), block(header=(HEADER, 720))),
    "no-slots": image(header(slots=0)),
    "many-slots": image(header()[:32] + b"\xff" * 8 + header()[40:]),
    "short-secrets": image(header(encrypted=16)),
    "header-magic": image(header(magic=b"IBMSecEy")),
    "header-version": image(header(version=0x200)),
    "header-behind-end": image(metadata=(1 << 40, 1, BLOCK)),
    "header-unaligned": image(metadata=(HEADER + 4, 1, BLOCK)),
    "header-at-end": image(metadata=(0xC010, 1, BLOCK), ipib=block(header=(0xC010, 640))),
    "header-size-differs": image(ipib=block(header=(HEADER, 641))),
    "block-behind-end": image(metadata=(HEADER, 1, 0xC018)),
    "metadata-version": image(metadata=(HEADER, 2, BLOCK)),
    "metadata-magic": image(magic=b"SeImgLnz"),
    "component-behind-end": image(ipib=block(((5, 1 << 40, PAGE),))),
    "metadata-alone": image()[:29],
    "places": image(metadata=(0, 0, 0), ipib=block(header=(0, 640)), mends=PLACES),
    "sizes": image(header(magic=bytes(8), version=0), block(header=(HEADER, 1)), mends=SIZES),
    "hashes": image(header(bytes([1]) * PAGE), mends=HASHES),
    "all-mended": image(bytes(640), bytes(0x88) + struct.pack(">QQQ", *KERNEL), (0, 0, 0),
                        mends=PLACES | SIZES | HASHES),
    "header-in-component": image(ipib=block(((5, HEADER, PAGE),)), mends=HASHES),
    "flags": image(header(flags=(1 << 64) - 1), mends=HASHES),
    "nowhere": image(ipib=block(((5, 0x12000, PAGE),), header=(0x10000, 640)), mends=NOWHERE | HASHES) + bytes(PAGE),
    "nowhere-no-address": image(ipib=block(((5, 0x12000, PAGE),), header=(0, 640)), mends=NOWHERE) + bytes(PAGE),
    "nowhere-other-header": image(ipib=block(((5, 0x12000, PAGE),), header=(0x20000, 640)), mends=NOWHERE),
    "nowhere-mended": image(bytes(640), bytes(0x88) + struct.pack(">QQQ", 5, 0x12000, PAGE),
                            mends=NOWHERE | PLACES | SIZES | HASHES) + bytes(PAGE),
    "empty": b"",
}

BLOCKS = {
    "one": block(),
    "three": block((KERNEL, (0x32 << 48, 0x8000, 5000), (0x46 << 48, 0x100000, 1))),
    "same-tweaks": block((KERNEL, (KERNEL[0], 0x8000, PAGE))),
    "overlap": block((KERNEL, (KERNEL[0] + 1, PAGES, PAGE))),
    "unaligned": block(((5, 0x3001, PAGE),)),
    "no-size": block(((5, 0x3000, 0),)),
    "wraps": block(((5, (1 << 64) - PAGE, PAGE),)),
    "size-wraps": block(((5, 0x3000, (1 << 64) - 1),)),
    "no-components": block((), length=0xA0) + bytes(24),
    "count-too-large": block(count=2),
    "count-huge": block(count=0xFFFFFFFF),
    "header-too-large": block(header=(HEADER, 8193)),
    "no-header": block(header=(HEADER, 0)),
    "other-type": block(kind=2),
    "length-differs": block(length=0xA1),
    "too-short": block()[:0x90],
    "most": block(tuple((i + 1, i * PAGE, PAGE) for i in range(165))),
    "empty": b"",
}


def call(command: int, body: bytes, size: int | None = None) -> bytes:
    """A call of the service processor with a block that has @body behind its header."""
    length = 8 + len(body) if size is None else size
    return struct.pack(">IH", command, length) + (struct.pack(">H6x", length) + body).ljust(length, b"\0")


def event(kind: int, body: bytes, length: int | None = None) -> bytes:
    """An event."""
    return struct.pack(">HBBH", 6 + len(body) if length is None else length, kind, 0, 0) + body


WRITE, READ, MASK = 0x00760005, 0x00770005, 0x00780005
MASKS = struct.pack(">HH", 0, 4) + struct.pack(">IIII", 0x40, 0x40000040, 0, 0)
TEXT = struct.pack(">HH6x", 10 + 5, 4) + bytes.fromhex("c885939396")
MESSAGE = event(2, struct.pack(">HHII", 12 + len(TEXT), 1, 0xD4C4C240, 1) + TEXT)

CALLS = {
    "read-info": call(0x00020001, b"", 4096),
    "read-info-short": call(0x00020001, b"", 144),
    "read-cpu-info": call(0x00010001, b"", 64),
    "write-ascii": call(WRITE, event(26, b"hello\n")),
    "write-message": call(WRITE, MESSAGE),
    "write-both": call(WRITE, event(26, b"x") + MESSAGE),
    "write-nothing": call(WRITE, b""),
    "write-unknown": call(WRITE, event(5, b"x")),
    "write-length-0": call(WRITE, event(26, b"x", 0)),
    "write-length-too-large": call(WRITE, event(26, b"x", 100)),
    "message-object-0": call(WRITE, event(2, bytes(16))),
    "message-object-too-large": call(WRITE, event(2, bytes(12) + b"\xff\xff\0\4")),
    "mask-then-read": call(MASK, MASKS) + call(READ, b"", 64) + call(READ, b"", 15) + call(READ, b"", 14),
    "mask-then-quiesce": call(MASK, struct.pack(">HHIIIIx", 0, 4, 8, 0, 0, 0)) + call(READ, b"", 16) + call(READ, b"", 17) + call(READ, b"", 64),
    "mask-length-1": call(MASK, struct.pack(">HH", 0, 1) + b"\xff" * 4),
    "mask-length-0": call(MASK, struct.pack(">HH", 0, 0) + bytes(16)),
    "mask-length-too-large": call(MASK, struct.pack(">HH", 0, 0xFFFF) + bytes(16)),
    "unknown": call(0xFFFFFFFF, b"x"),
    "empty": b"",
}


def main() -> int:
    """Writes them; returns the exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "seeds"
    for target, seeds in (("pv-image", IMAGES), ("pv-ipib", BLOCKS), ("sclp", CALLS)):
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / target / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
