#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of the fuzz targets uv-image and s390-script.

    make-uv-image-seeds.py [FOLDER]

FOLDER is that of all seeds.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 's390x'))

import se_image  # noqa: E402  the path comes first

RAW, CHANGE, PAGES, SEALED = b'\0', b'\1', b'\2', b'\3'
#: Of the header's flags, with PV_FLAG_NO_ENCRYPTION as 0x10.
NO_ENCRYPTION_BYTE = 60
#: Where to, which page of the image, nothing wrong with it.
RIGHT = [(0x10, 0, 0), (0x11, 1, 0), (0x14, 2, 0), (0x20, 3, 0)]


def change(offset: int, data: bytes, longer: int = 0) -> bytes:
    """A header that is not the right one."""
    return CHANGE + struct.pack('<bH', longer, offset) + data


def pages(*steps: tuple[int, int, int]) -> bytes:
    """A sequence of pages."""
    return PAGES + b''.join(bytes(step) for step in steps)


def sealed(changes: dict[int, int], *steps: tuple[int, int, int], mended: int = 1) -> bytes:
    """A header that is sealed again after @changes, and pages under it."""
    head = struct.pack('BB', mended, len(changes)) + b''.join(struct.pack('<HB', *one) for one in changes.items())
    return SEALED + head + b''.join(bytes(step) for step in steps)


def image_seeds() -> dict[str, bytes]:
    """Those of uv-image."""
    image = se_image.sample(se_image.HOST_KEYS['z16'])
    other = se_image.sample(se_image.HOST_KEYS['z15'], seed='z15', flags=0)
    return {
        'right-header': RAW + image.header,
        'other-machine': RAW + other.header,
        'nothing': RAW,
        'short': RAW + image.header[:431],
        'too-long': RAW + image.header + bytes(8192),
        'unchanged': change(0, b''),
        'longer': change(0, b'', 1),
        'shorter': change(0, b'', -1),
        'magic': change(0, b'\1'),
        'version': change(8, b'\1'),
        'size': change(12, b'\0\0\1'),
        'many-slots': change(32, b'\x10'),
        'no-slots': change(39, b'\1'),
        'encrypted-size': change(40, b'\xff' * 8),
        'flags': change(56, b'\x80'),
        'customer-key': change(64, b'\xff' * 160),
        'slot-of-another': change(416, b'\1'),
        'slot': change(448, b'\1'),
        'hidden': change(496, b'\1'),
        'tag': change(624, b'\1'),
        'right-pages': pages(*RIGHT),
        'order': pages(RIGHT[1], RIGHT[0], RIGHT[2], RIGHT[3]),
        'twice': pages(RIGHT[0], *RIGHT),
        'too-few': pages(*RIGHT[:3]),
        'too-many': pages(*RIGHT, (0x30, 0, 0)),
        'tweak': pages(RIGHT[0], (0x11, 1, 1), RIGHT[2], RIGHT[3]),
        'offset': pages(RIGHT[0], (0x11, 1, 2), RIGHT[2], RIGHT[3]),
        'content': pages(RIGHT[0], (0x11, 1, 8), RIGHT[2], RIGHT[3]),
        'not-there': pages((0x10, 0, 4), *RIGHT),
        'outside': pages((65, 0, 0), *RIGHT),
        'sealed': sealed({}, *RIGHT, mended=0),
        'sealed-fewer': sealed({}, *RIGHT[:2], mended=0),
        'sealed-mended': sealed({}, (0x30, 0, 0), (0x20, 1, 1), (0x30, 2, 0), (0x10, 3, 9), (0x10, 0, 4)),
        'sealed-nothing': sealed({}),
        'sealed-iv': sealed({16: 1, 28: 1}, *RIGHT),
        'sealed-clear': sealed({NO_ENCRYPTION_BYTE: 0x10}, *RIGHT),
        'sealed-flags': sealed({56: 0x80}, *RIGHT),
        'sealed-slot': sealed({448: 1}, *RIGHT),
        'sealed-customer-key': sealed({100: 1}, *RIGHT),
        'sealed-size': sealed({15: 16}, *RIGHT),
        'sealed-keys': sealed({496: 1, 528: 1}, *RIGHT),
        'sealed-weak-key': sealed({560 + i: image.xts_key[i] ^ image.xts_key[32 + i] for i in range(32)}, *RIGHT),
        'sealed-psw': sealed({599: 8, 607: 8}, *RIGHT),
        'sealed-secret-flags': sealed({608: 0x60}, *RIGHT),
        'sealed-unknown-flags': sealed({615: 1}, *RIGHT),
        'sealed-items': sealed({619: 1}, *RIGHT),
    }


#: Those of s390-script.
SCRIPTS = {
    'all': 'diag308:8:0x9000:0x402+stage3a:0x9000+write:4096:private:5aA5*3+check:0x1000:shared:00+share:0x2000:2+'
           'unshare:0x2000+sclp:a: b+intercept:0x68:0x8302:7+quiesce+halt+wait:0xbad+shutdown+stop+diag308:5:1:pgm6',
    'empty': '',
    'no-step': '++',
    'answer': 'diag308:8:0:pgm',
    'subcode': 'diag308:65536',
    'stage3a': 'stage3a:',
    'unaligned': 'share:1:1',
    'too-many-bytes': 'write:0:private:0011*65536',
    'beyond-the-end': 'check:0xffffffffffffffff:private:0011',
    'odd-digits': 'write:0:shared:000',
    'side': 'write:0:secret:00',
    'long-line': 'sclp:' + 'x' * 2049,
    'sigp': 'sigp:6:1+sigp:255:65535:3+sigp:1:1:4',
    'intercept': 'intercept:256:65536:4294967296',
}


def main() -> int:
    """Writes them; returns the exit status."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / 'seeds'
    scripts = {name: text.encode() for name, text in SCRIPTS.items()}
    for target, seeds in ('uv-image', image_seeds()), ('s390-script', scripts):
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / target / name).write_bytes(data)
    return 0


if __name__ == '__main__':
    sys.exit(main())
