# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ELF file that is packed in a bzImage (Linux, Documentation/arch/x86/boot.rst: payload_offset)."""

import bz2
import gzip
import lzma
import struct

SECTORS, PAYLOAD = 0x1F1, 0x248
LZ4_LEGACY = b"\x02\x21\x4c\x18"


def _lz4_block(block):
    """The contents of a block of LZ4 (lz4_Block_format.md)."""
    out, at = bytearray(), 0

    def length(start):
        nonlocal at
        size = start
        while start == 15:
            size += block[at]
            at += 1
            if block[at - 1] != 255:
                break
        return size

    while at < len(block):
        token = block[at]
        at += 1
        literals = length(token >> 4)
        out += block[at:at + literals]
        at += literals
        if at >= len(block):
            break
        offset = block[at] | block[at + 1] << 8
        at += 2
        size = length(token & 15) + 4
        start = len(out) - offset
        if offset >= size:
            out += out[start:start + size]
        else:
            out += (out[start:] * (size // offset + 1))[:size]
    return bytes(out)


def _lz4(data):
    out, at = [], len(LZ4_LEGACY)
    while at + 4 <= len(data):
        (size,) = struct.unpack_from("<I", data, at)
        at += 4
        if size == 0 or at + size > len(data):
            break  # the size of the whole follows, which the build adds
        out.append(_lz4_block(data[at:at + size]))
        at += size
    return b"".join(out)


DECODERS = {
    LZ4_LEGACY: _lz4,
    b"\xfd7zXZ": lambda data: lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(data),
    b"\x1f\x8b": lambda data: gzip.zlib.decompressobj(31).decompress(data),
    b"BZh": lambda data: bz2.BZ2Decompressor().decompress(data),
}


def extract(kernel):
    """The vmlinux in the bzImage @kernel, or None if it is packed in a way that is not known here."""
    start = ((kernel[SECTORS] or 4) + 1) * 512
    offset, size = struct.unpack_from("<II", kernel, PAYLOAD)
    payload = kernel[start + offset:start + offset + size]
    for magic, decode in DECODERS.items():
        if payload.startswith(magic):
            return decode(payload)
    return None
