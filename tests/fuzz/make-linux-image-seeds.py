#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-linux-image: the heads of kernels, and of what else may be called one, each named
after what it is.

    make-linux-image-seeds.py DIRECTORY
"""

import pathlib
import struct
import sys

MULTIBOOT = struct.pack("<III", 0x1BADB002, 0, -0x1BADB002 & 0xFFFFFFFF)


def image(sects=1, size=64, version=0x020F, syssize=None, magic=b"HdrS"):
    """The head of a bzImage, and @size zeros for the kernel."""
    setup = bytearray((1 + (sects or 4)) * 512)
    setup[0x1F1] = sects
    struct.pack_into("<I", setup, 0x1F4, size // 16 if syssize is None else syssize)
    struct.pack_into("<H", setup, 0x1FE, 0xAA55)
    struct.pack_into("<4sH", setup, 0x202, magic, version)
    return bytes(setup) + bytes(size)


SEEDS = {
    "bzimage": image(),
    "efi-stub": b"MZ" + image()[2:],
    "no-setup-sects": image(sects=0),
    "many-setup-sects": image(sects=8, size=16),
    "protocol-2.00": image(version=0x200),
    "protocol-2.03-large": image(version=0x203, syssize=0xFFFFFFFF),
    "protocol-1": image(version=0x1FF),
    "newest-protocol": image(version=0xFFFF),
    "syssize-too-large": image(syssize=0xFFFFFFFF),
    "without-kernel": image(size=0),
    "shorter-than-setup": image(sects=255)[:2048],
    "header-alone": image()[:0x208],
    "cut-in-the-version": image()[:0x207],
    "signed": image() + b"signature",
    "elf": b"\x7fELF" + bytes(60),
    "gzip": b"\x1f\x8b\x08" + bytes(29),
    "xz": b"\xfd7zXZ\0" + bytes(26),
    "zstd": b"\x28\xb5\x2f\xfd",
    "lz4": b"\x02\x21\x4c\x18" + bytes(28),
    "lzop": b"\x89LZO\0\r\n",
    "bzip2": b"BZh9",
    "efi-program": image(magic=b"PE\0\0"),
    "multiboot": MULTIBOOT,
    "multiboot-in-elf": b"\x7fELF" + bytes(1020) + MULTIBOOT,
    "multiboot-last": bytes(8180) + MULTIBOOT,
    "multiboot-too-late": bytes(8184) + MULTIBOOT,
    "text": b"no kernel",
    "empty": b"",
}


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, contents in SEEDS.items():
        (directory / name).write_bytes(contents)


if __name__ == "__main__":
    main()
