# SPDX-License-Identifier: LGPL-2.1-or-later
"""ID blocks and what authenticates them (AMD publication 56860), signed by the command openssl."""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

BLOCK_SIZE, AUTH_SIZE = 96, 4096
#: Offsets in ID_AUTH_INFO.
BLOCK_SIGNATURE, ID_KEY, ID_KEY_SIGNATURE, AUTHOR_KEY = 0x40, 0x240, 0x680, 0x880
KEY_SIZE, SIGNATURE_SIZE, NUMBER_SIZE = 1028, 512, 72
ECDSA_P384_SHA384 = 1
CURVE_P384 = 2
POINT_SIZE = 48


def openssl_is_missing() -> bool:
    """Whether nothing can be signed here."""
    return shutil.which("openssl") is None


def _openssl(*arguments: str | Path, data: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True).stdout


def _number(der: bytes) -> tuple[int, bytes]:
    """The INTEGER that @der starts with, and what is behind it."""
    tag, length = der[0], der[1]
    if tag != 2 or length > 0x7F:
        raise ValueError("not a short INTEGER")
    return int.from_bytes(der[2:2 + length], "big"), der[2 + length:]


@dataclass(frozen=True)
class Key:
    """An ECDSA key on the curve P-384."""

    path: Path

    @classmethod
    def generate(cls, path: Path) -> Key:
        """Makes a new one."""
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", path)
        return cls(path)

    def public(self) -> bytes:
        """The public key as ID_AUTH_INFO has it."""
        der = _openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        point = der[-2 * POINT_SIZE:]
        numbers = (int.from_bytes(half, "big").to_bytes(NUMBER_SIZE, "little")
                   for half in (point[:POINT_SIZE], point[POINT_SIZE:]))
        return (struct.pack("<I", CURVE_P384) + b"".join(numbers)).ljust(KEY_SIZE, b"\0")

    def sign(self, data: bytes) -> bytes:
        """The signature over @data as ID_AUTH_INFO has it."""
        der = _openssl("dgst", "-sha384", "-sign", self.path, data=data)
        if der[0] != 0x30 or der[1] != len(der) - 2:
            raise ValueError("not a short SEQUENCE")
        r, rest = _number(der[2:])
        s, _ = _number(rest)
        numbers = (number.to_bytes(NUMBER_SIZE, "little") for number in (r, s))
        return b"".join(numbers).ljust(SIGNATURE_SIZE, b"\0")


@dataclass(frozen=True)
class IdBlock:
    """An ID block. Family and image are somebody's names for a guest."""

    digest: str
    policy: int = 0x30000
    version: int = 1
    svn: int = 7
    family: bytes = field(default=b"family of guests")
    image: bytes = field(default=b"image of a guest")

    def pack(self) -> bytes:
        """The ID block as bytes."""
        block = struct.pack("<48s16s16sIIQ", bytes.fromhex(self.digest), self.family, self.image,
                            self.version, self.svn, self.policy)
        assert len(block) == BLOCK_SIZE
        return block


def authenticate(block: bytes, id_key: Key, author_key: Key | None = None) -> bytes:
    """ID_AUTH_INFO for @block."""
    auth = bytearray(AUTH_SIZE)
    public = id_key.public()
    struct.pack_into("<II", auth, 0, ECDSA_P384_SHA384, ECDSA_P384_SHA384 if author_key else 0)
    auth[BLOCK_SIGNATURE:BLOCK_SIGNATURE + SIGNATURE_SIZE] = id_key.sign(block)
    auth[ID_KEY:ID_KEY + KEY_SIZE] = public
    if author_key:
        auth[ID_KEY_SIGNATURE:ID_KEY_SIGNATURE + SIGNATURE_SIZE] = author_key.sign(public)
        auth[AUTHOR_KEY:AUTHOR_KEY + KEY_SIZE] = author_key.public()
    return bytes(auth)
