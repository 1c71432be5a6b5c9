#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the seeds of fuzz-id-block: ID blocks with what authenticates them, each named after what it is. The
keys are made by the command openssl for this run alone.

    make-id-block-seeds.py DIRECTORY
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "launch"))

from id_block import (AUTHOR_KEY, BLOCK_SIGNATURE, ID_KEY, ID_KEY_SIGNATURE, KEY_SIZE, NUMBER_SIZE,  # noqa: E402
                      SIGNATURE_SIZE, IdBlock, Key, authenticate)

DIGEST = "5a" * 48


def seed(author: bool, block: bytes, auth: bytes) -> bytes:
    """The input of the fuzz target."""
    return bytes([author]) + block + auth


def put(auth: bytes, at: int, value: bytes) -> bytes:
    """@auth with @value at @at."""
    return auth[:at] + value + auth[at + len(value):]


def seeds(id_key: Key, author_key: Key) -> dict[str, bytes]:
    """All of them."""
    block = IdBlock(DIGEST).pack()
    other = IdBlock(DIGEST, policy=0xB0000, svn=0).pack()
    signed = authenticate(block, id_key)
    both = authenticate(block, id_key, author_key)
    swapped = both[:ID_KEY] + author_key.public() + both[ID_KEY + KEY_SIZE:]
    return {
        "empty": b"",
        "zeros": seed(False, bytes(96), bytes(4096)),
        "id-key": seed(False, block, signed),
        "author": seed(True, block, both),
        "author-not-enabled": seed(False, block, both),
        "author-missing": seed(True, block, signed),
        "other-policy": seed(True, other, authenticate(other, id_key, author_key)),
        "version-2": seed(False, IdBlock(DIGEST, version=2).pack(), signed),
        "signature-of-another-block": seed(False, other, signed),
        "key-of-somebody-else": seed(False, block, swapped),
        "bad-id-algorithm": seed(False, block, put(signed, 0, b"\2")),
        "bad-author-algorithm": seed(True, block, put(both, 4, b"\0")),
        "bad-id-curve": seed(False, block, put(signed, ID_KEY, b"\1")),
        "bad-author-curve": seed(True, block, put(both, AUTHOR_KEY, b"\1")),
        "id-key-off-the-curve": seed(False, block, put(signed, ID_KEY + 4, bytes(NUMBER_SIZE))),
        "author-key-off-the-curve": seed(True, block, put(both, AUTHOR_KEY + 4, bytes(NUMBER_SIZE))),
        "block-signature-zero": seed(False, block, put(signed, BLOCK_SIGNATURE, bytes(SIGNATURE_SIZE))),
        "key-signature-zero": seed(True, block, put(both, ID_KEY_SIGNATURE, bytes(SIGNATURE_SIZE))),
        "reserved-not-zero": seed(False, block, put(signed, 8, b"\1")),
        "padding-of-number-not-zero": seed(False, block, put(signed, BLOCK_SIGNATURE + 48, b"\1")),
        "padding-of-signature-not-zero": seed(False, block, put(signed, ID_KEY - 1, b"\1")),
        "end-not-zero": seed(True, block, put(both, 4095, b"\1")),
    }


def main() -> None:
    """Writes the seeds into the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        keys = [Key.generate(pathlib.Path(name) / key) for key in ("id.pem", "author.pem")]
        for seed_name, contents in seeds(*keys).items():
            (directory / seed_name).write_bytes(contents)


if __name__ == "__main__":
    main()
