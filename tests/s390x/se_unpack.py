# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes IBM Secure Execution images apart with a host's private key, in code that shares nothing with cgvm."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import aes256
import p521

PAGE = 4096
FIELD = 80
METADATA = 0xc000
HEADER_SIZE = 416
SLOT_SIZE = 80
TAG_SIZE = 16


class Broken(Exception):
    """What is wrong with an image."""


@dataclass(frozen=True)
class Unpacked:
    """What a host finds in an image."""

    pages: dict[int, bytes]  #: by guest address
    psw: tuple[int, int]


def host_key_hash(point: p521.Point) -> bytes:
    """How images name a host's key."""
    return hashlib.sha256(point[0].to_bytes(FIELD, 'big') + point[1].to_bytes(FIELD, 'big')).digest()


def _gcm_decrypt(key: bytes, iv: bytes, aad: bytes, text: bytes, tag: bytes) -> bytes:
    # In counter mode, encrypting what was encrypted gives back what it was.
    plain, _ = aes256.gcm_encrypt(key, iv, aad, text)
    if aes256.gcm_encrypt(key, iv, aad, plain) != (text, tag):
        raise Broken('a tag is wrong')
    return plain


def _header_key(header: bytes, slots: int, private: int) -> bytes:
    public = p521.multiply(private, p521.G)
    customer = (int.from_bytes(header[64:144], 'big'), int.from_bytes(header[144:224], 'big'))
    if not p521.is_on_curve(customer):
        raise Broken('the customer key is no point')
    shared = p521.multiply(private, customer)[0].to_bytes(p521.SIZE, 'big')
    wrapping = hashlib.sha256(shared + bytes((0, 0, 0, 1))).digest()
    for i in range(slots):
        slot = header[HEADER_SIZE + i * SLOT_SIZE:HEADER_SIZE + (i + 1) * SLOT_SIZE]
        if slot[:32] == host_key_hash(public):
            return _gcm_decrypt(wrapping, bytes(12), b'', slot[32:64], slot[64:])
    raise Broken('there is no slot for this host')


def unpack(image: bytes, private: int) -> Unpacked:
    """The plain pages of @image, which is made for the host with the key @private."""
    magic, header_at, version, block_at = struct.unpack_from('>8sQIQ', image, METADATA)
    if magic != b'SeImgLnx' or version != 1:
        raise Broken('it does not say where its parts are')
    size, = struct.unpack_from('>I', image, header_at + 12)
    header = image[header_at:header_at + size]
    slots, encrypted, n_pages = struct.unpack_from('>QQQ', header, 32)
    start = HEADER_SIZE + slots * SLOT_SIZE
    key = _header_key(header, slots, private)
    secrets = _gcm_decrypt(key, header[16:28], header[:start], header[start:start + encrypted],
                           header[start + encrypted:start + encrypted + TAG_SIZE])
    count, = struct.unpack_from('>I', image, block_at + 0x74)
    pages: dict[int, bytes] = {}
    hashes = [hashlib.sha512() for _ in range(3)]
    for i in range(count):
        tweak, address, length = struct.unpack_from('>QQQ', image, block_at + 0x88 + i * 24)
        for offset in range(0, length, PAGE):
            page = image[address + offset:address + offset + PAGE]
            page_tweak = struct.pack('>QQ', tweak, offset)
            for digest, data in zip(hashes, (page, struct.pack('>Q', address + offset), page_tweak)):
                digest.update(data)
            pages[address + offset] = aes256.xts(secrets[32:96], page_tweak, page, decrypt=True)
    if len(pages) != n_pages or b''.join(digest.digest() for digest in hashes) != header[224:416]:
        raise Broken('the pages are not those of the header')
    return Unpacked(pages, struct.unpack_from('>QQ', secrets, 96))
