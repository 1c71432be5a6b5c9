#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-sev-cert, fuzz-secret-table and fuzz-pem into folders of these names, each named after
what it is. The keys are made by the command openssl for this run alone.

    make-owner-seeds.py DIRECTORY
"""

from __future__ import annotations

import pathlib
import struct
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "launch"))

from id_block import KEY_SIZE, SIGNATURE_SIZE, Key  # noqa: E402

OCA, PEK, PDH, CEK, NOBODY = 0x1001, 0x1002, 0x1003, 0x1004, 0x1000
ECDSA_SHA384, ECDH_SHA256 = 0x102, 3
CERT_SIZE = 2084

TABLE = uuid.UUID("1e74f542-71dd-4d66-963e-ef4287ff173b").bytes_le
DISK = uuid.UUID("736869e5-84f0-4973-92ec-06879ce3da0b").bytes_le
OTHER = uuid.UUID("00010203-0405-0607-0809-0a0b0c0d0e0f").bytes_le


def cert(usage: int, key: Key, *issuers: tuple[int, Key], version: int = 1) -> bytes:
    """A certificate with up to two signatures."""
    algorithm = ECDH_SHA256 if usage == PDH else ECDSA_SHA384
    body = struct.pack("<IBBHII", version, 1, 55, 0, usage, algorithm) + key.public()
    assert len(body) == 0x10 + KEY_SIZE
    signatures = [struct.pack("<II", issuer, ECDSA_SHA384) + other.sign(body) for issuer, other in issuers]
    signatures += [struct.pack("<II", NOBODY, 0) + bytes(SIGNATURE_SIZE)] * (2 - len(issuers))
    return body + b"".join(signatures)


def certs(keys: dict[str, Key]) -> dict[str, bytes]:
    """PDH and chain."""
    pdh = cert(PDH, keys["pdh"], (PEK, keys["pek"]))
    pek = cert(PEK, keys["pek"], (OCA, keys["oca"]), (CEK, keys["cek"]))
    oca = cert(OCA, keys["oca"], (OCA, keys["oca"]))
    cek = cert(CEK, keys["cek"])
    right = pdh + pek + oca + cek
    assert len(right) == 4 * CERT_SIZE
    return {
        "empty": b"",
        "right": right,
        "pdh-alone": pdh,
        "pek-swapped": pdh + cert(PEK, keys["pek"], (CEK, keys["cek"]), (OCA, keys["oca"])) + oca + cek,
        "pdh-unsigned": cert(PDH, keys["pdh"]) + pek + oca + cek,
        "pdh-of-another": cert(PDH, keys["pdh"], (PEK, keys["oca"])) + pek + oca + cek,
        "pek-without-cek": pdh + cert(PEK, keys["pek"], (OCA, keys["oca"])) + oca + cek,
        "other-order": pdh + cek + oca + pek,
        "version-2": cert(PDH, keys["pdh"], (PEK, keys["pek"]), version=2) + pek + oca + cek,
        "point-elsewhere": right[:0x14] + bytes([right[0x14] ^ 1]) + right[0x15:],
    }


def entry(guid: bytes, data: bytes, length: int | None = None) -> bytes:
    """An entry of a table of secrets."""
    return guid + struct.pack("<I", 20 + len(data) if length is None else length) + data


def table(*entries: bytes, length: int | None = None, guid: bytes = TABLE) -> bytes:
    """A table, with padding."""
    body = b"".join(entries)
    bare = guid + struct.pack("<I", 20 + len(body) if length is None else length) + body
    return bare + bytes(-len(bare) % 16)


def tables() -> dict[str, bytes]:
    """Tables of secrets."""
    one = entry(DISK, b"open sesame\0")
    return {
        "empty": b"",
        "no-entries": table(),
        "one": table(one),
        "two": table(one, entry(OTHER, b"x" * 100)),
        "twice": table(one, one),
        "deleted": table(entry(bytes(16), b"")),
        "padding-counted": table(one, length=64),
        "most": table(*(entry(struct.pack("<I", n + 1) + OTHER[4:], b"x") for n in range(64))),
        "too-many": table(*(entry(struct.pack("<I", n + 1) + OTHER[4:], b"x") for n in range(65))),
        "largest": table(entry(OTHER, b"x" * (16384 - 40))),
        "other-guid": table(one, guid=OTHER),
        "length-19": table(one, length=19),
        "length-beyond": table(one, length=1000),
        "entry-19": table(entry(OTHER, b"", length=19)),
        "entry-beyond": table(entry(OTHER, b"", length=0xFFFFFFFF)),
        "something-behind": table(one) + b"x" * 16,
    }


def openssl(*arguments: str) -> bytes:
    """What the command prints."""
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


def pems(key: Key) -> dict[str, bytes]:
    """Private keys, and what is none."""
    pkcs8 = key.path.read_bytes()
    return {
        "empty": b"",
        "pkcs8": pkcs8,
        "sec1": openssl("ecparam", "-name", "secp384r1", "-genkey"),
        "p-256": openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"),
        "explicit-curve": openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-param_enc", "explicit"),
        "rsa": openssl("genrsa", "512"),
        "ed25519": openssl("genpkey", "-algorithm", "ed25519"),
        "protected": openssl("pkey", "-in", str(key.path), "-aes128", "-passout", "pass:x"),
        "protected-sec1": openssl("ec", "-in", str(key.path), "-aes128", "-passout", "pass:x"),
        "public": openssl("pkey", "-in", str(key.path), "-pubout"),
        "truncated": pkcs8[:120],
        "no-end": pkcs8.replace(b"-----END", b""),
    }


def main() -> None:
    """Writes the seeds below the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    with tempfile.TemporaryDirectory() as name:
        keys = {usage: Key.generate(pathlib.Path(name) / usage) for usage in ("pdh", "pek", "oca", "cek")}
        for target, seeds in (("sev-cert", certs(keys)), ("secret-table", tables()), ("pem", pems(keys["pdh"]))):
            folder = pathlib.Path(sys.argv[1]) / target
            folder.mkdir(parents=True, exist_ok=True)
            for seed, contents in seeds.items():
                (folder / seed).write_bytes(contents)


if __name__ == "__main__":
    main()
