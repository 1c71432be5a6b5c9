# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small Linux kernels for the tests: files with the boot header of a bzImage and nothing to run."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

SECTOR = 512
SETUP_SECTS, SYSSIZE, BOOT_FLAG, HDRS, VERSION = 0x1F1, 0x1F4, 0x1FE, 0x202, 0x206
JUMP_LENGTH, INITRD_LAST, XLOADFLAGS, PREFERRED = 0x201, 0x22C, 0x236, 0x258  # for 64-bit boot loaders


@dataclass(frozen=True)
class LinuxImage:
    """A kernel to build. What is None is right; anything else is written as it is, be it wrong."""

    setup_sects: int = 1
    size: int = 4096  # of the protected-mode kernel, in the file
    version: int = 0x020F
    syssize: int | None = None
    magic: bytes = b"HdrS"
    seed: int = 0
    trailer: bytes = b""  # such as a signature
    xloadflags: int | None = None  # with it, the kernel can be started by a 64-bit boot loader
    preferred: int = 0x1000000
    init_size: int = 0x100000

    def build(self) -> bytes:
        """The file."""
        setup_size = (1 + (self.setup_sects or 4)) * SECTOR
        generator = random.Random(self.seed)
        image = bytearray(generator.randbytes(setup_size + self.size))
        image[:2] = b"MZ"
        image[SETUP_SECTS] = self.setup_sects
        struct.pack_into("<I", image, SYSSIZE, self.size // 16 if self.syssize is None else self.syssize)
        struct.pack_into("<H", image, BOOT_FLAG, 0xAA55)
        struct.pack_into("<4sH", image, HDRS, self.magic, self.version)
        if self.xloadflags is not None:
            image[JUMP_LENGTH] = 0x6A
            struct.pack_into("<I", image, INITRD_LAST, 0x7FFFFFFF)
            struct.pack_into("<HI", image, XLOADFLAGS, self.xloadflags, 2047)
            struct.pack_into("<QI", image, PREFERRED, self.preferred, self.init_size)
        return bytes(image) + self.trailer
