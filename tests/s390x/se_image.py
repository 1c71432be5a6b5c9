#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes images of IBM Secure Execution for tests, in code that shares nothing with cgvm.

As a program it writes an image for a simulated host as a header for tests in C. Everything follows from the arguments.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

import aes256
import p521

PAGE = 4096
FIELD = 80

#: Public host keys of the simulated machines, as they are published.
HOST_KEYS: dict[str, p521.Point] = {
    'z16': (
        int('00f566439acf343bdfee87c7fc0da90105e2e836b188cc0053ac7cbbcc97fbcbaf0a419cdd9d3532c946547a'
             'fbfb5259005997f8d1fd85cb2b69e3d961f538b24417', 16),
        int('01b32afa0603e853d3ea3068756b27aa09d1e18fbc5d7100071601bad19fa25cfce1dece37b289c13c2adab2'
             '75df2bbceb20371f60cdcb09589c88f5ccc99413be9b', 16)),
    'z15': (
        int('0035475453c140f83285e6fe0c1b8b3feaf0e74c6f52de3385bc22c9c811a6450d6703b2e7c2bcbb3c3519aa'
             '92a56e65e55c55f4f3d7f1e515253f339410bb713905', 16),
        int('00fe0331b6f32aefa4f75bccbbe543023e51dcd2230fa3618628bf8eb24164c934db984f9e83d88bfec68493'
             '09b39efbdb54086ccc738753fd8e7ff83ffee9da6b4d', 16)),
}

ALLOW_DUMP = 1 << 63 - 34
NO_ENCRYPTION = 1 << 63 - 35


def point_bytes(point: p521.Point) -> bytes:
    """A point as headers have it."""
    return point[0].to_bytes(FIELD, 'big') + point[1].to_bytes(FIELD, 'big')


def derive(seed: str, size: int) -> bytes:
    """Bytes that look random."""
    return hashlib.shake_256(seed.encode()).digest(size)


@dataclass
class Component:
    """A part of the image: whole pages of plaintext, the guest address of the first, and its tweak."""

    address: int
    tweak: int
    plain: bytes
    encrypted: bytes = b''


@dataclass
class Image:
    """What an image is made of. What is not given follows from @seed."""

    components: list[Component]
    host_keys: list[p521.Point]
    seed: str = 'image'
    flags: int = 0
    psw: tuple[int, int] = (0x0000000180000000, 0x11000)
    version: int = 0x100
    magic: bytes = b'IBMSecEx'
    header: bytes = b''
    ipib: bytes = b''
    customer_key: int = 0
    header_key: bytes = b''
    cck: bytes = b''
    xts_key: bytes = b''
    header_address: int = 0x8000
    extra: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.customer_key = 1 + int.from_bytes(derive(self.seed + ' customer', 80), 'big') % (p521.ORDER - 1)
        self.header_key = derive(self.seed + ' header key', 32)
        self.cck = derive(self.seed + ' cck', 32)
        self.xts_key = derive(self.seed + ' xts', 64)
        self.encrypt()
        self.header = self.make_header()
        self.ipib = self.make_ipib()

    def tweaks(self, component: Component) -> list[bytes]:
        """Those of the pages of @component."""
        return [struct.pack('>QQ', component.tweak, offset) for offset in range(0, len(component.plain), PAGE)]

    def encrypt(self) -> None:
        """Fills in the ciphertext of all components."""
        for component in self.components:
            if len(component.plain) % PAGE:
                raise ValueError('a component is whole pages')
            pages = [component.plain[i:i + PAGE] for i in range(0, len(component.plain), PAGE)]
            if not self.flags & NO_ENCRYPTION:
                pages = [aes256.xts_encrypt(self.xts_key, tweak, page)
                         for tweak, page in zip(self.tweaks(component), pages)]
            component.encrypted = b''.join(pages)

    def hashes(self) -> bytes:
        """The three hashes, one behind the other."""
        pages, addresses, tweaks = hashlib.sha512(), hashlib.sha512(), hashlib.sha512()
        for component in sorted(self.components, key=lambda one: one.address):
            pages.update(component.encrypted)
            for offset in range(0, len(component.encrypted), PAGE):
                addresses.update(struct.pack('>Q', component.address + offset))
            for tweak in self.tweaks(component):
                tweaks.update(tweak)
        return pages.digest() + addresses.digest() + tweaks.digest()

    def slot(self, host_key: p521.Point) -> bytes:
        """The slot of a host."""
        shared = p521.multiply(self.customer_key, host_key)[0].to_bytes(p521.SIZE, 'big')
        wrapping = hashlib.sha256(shared + bytes((0, 0, 0, 1))).digest()
        wrapped, tag = aes256.gcm_encrypt(wrapping, bytes(12), b'', self.header_key)
        return hashlib.sha256(point_bytes(host_key)).digest() + wrapped + tag

    def make_header(self) -> bytes:
        """The header."""
        slots = b''.join(self.slot(key) for key in self.host_keys)
        hidden = self.cck + self.xts_key + struct.pack('>QQQII', *self.psw, self.extra.get('secret_flags', 0),
                                                       self.extra.get('n_items', 0), 0)
        n_pages = sum(len(component.plain) // PAGE for component in self.components)
        iv = derive(self.seed + ' iv', 12)
        size = 416 + len(slots) + len(hidden) + 16
        clear = (self.magic + struct.pack('>II', self.version, self.extra.get('size', size)) + iv + bytes(4)
                 + struct.pack('>QQQQ', self.extra.get('n_slots', len(self.host_keys)), len(hidden),
                               self.extra.get('n_pages', n_pages), self.flags)
                 + point_bytes(p521.multiply(self.customer_key, p521.G)) + self.hashes() + slots)
        text, tag = aes256.gcm_encrypt(self.header_key, iv, clear, hidden)
        return clear + text + tag

    def make_ipib(self) -> bytes:
        """The IPL parameter block that names header and components."""
        parts = b''.join(struct.pack('>QQQ', component.tweak, component.address, len(component.plain))
                         for component in self.components)
        size = 136 + len(parts)
        head = struct.pack('>IB2xBIB3x8s', size, 0, 1, size - 8, 5, bytes(8))
        return (head + bytes(0x6f - len(head)) + b'\1' + bytes(4)
                + struct.pack('>IQQ', len(self.components), self.header_address, len(self.header)) + parts)


def sample(host_key: p521.Point, seed: str = 'image', flags: int = ALLOW_DUMP) -> Image:
    """An image of four pages for one host."""
    sizes = ((0x10000, 2), (0x14000, 1), (0x20000, 1))
    components = [Component(address, int.from_bytes(derive(f'{seed} tweak', 6), 'big') << 16 | i,
                            derive(f'{seed} component {i}', pages * PAGE))
                  for i, (address, pages) in enumerate(sizes)]
    return Image(components, [host_key], seed=seed, flags=flags)


def c_array(name: str, data: bytes) -> str:
    """An array of bytes in C."""
    lines = [', '.join(f'{byte:#04x}' for byte in data[i:i + 16]) for i in range(0, len(data), 16)]
    return f'static const uint8_t {name}[{len(data)}] = {{\n    ' + ',\n    '.join(lines) + '\n};\n'


def c_header(image: Image, name: str) -> str:
    """All of @image in C."""
    text = ''
    rows = []
    for i, component in enumerate(image.components):
        text += c_array(f'{name}_plain_{i}', component.plain)
        text += c_array(f'{name}_encrypted_{i}', component.encrypted)
        rows.append(f'{{ {component.address:#x}, {component.tweak:#x}u, {len(component.plain)}, {name}_plain_{i}, '
                    f'{name}_encrypted_{i} }}')
    for part, data in ('header', image.header), ('ipib', image.ipib), ('cck', image.cck):
        text += c_array(f'{name}_{part}', data)
    return (text + f'static const SeImage image_{name} = {{\n    {name}_header, sizeof({name}_header), {name}_ipib, '
            + f'sizeof({name}_ipib), {name}_cck, {image.psw[0]:#x}u, {image.psw[1]:#x}u,\n    {{ '
            + ',\n      '.join(rows) + ' }\n};\n')


def main() -> int:
    """Writes the header for tests in C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('output', type=Path)
    arguments = parser.parse_args()
    images = {
        'z16': sample(HOST_KEYS['z16']),
        'other': sample(HOST_KEYS['z16'], seed='other'),
        'z15': sample(HOST_KEYS['z15'], seed='z15', flags=0),
        'clear': sample(HOST_KEYS['z16'], seed='clear', flags=NO_ENCRYPTION),
    }
    text = ('/* SPDX-License-Identifier: LGPL-2.1-or-later */\n/* Made by tests/s390x/se_image.py. */\n#include "tests/s390x/se-image.h"\n'
            + ''.join(c_header(image, name) for name, image in images.items()))
    arguments.output.write_text(text, encoding='ascii')
    return 0


if __name__ == '__main__':
    sys.exit(main())
