#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ID blocks: a launch that somebody has signed is accepted, any other is refused, and as early as possible.
Prints TAP.

    test_id_block.py CGVM

The keys are made by the command openssl for this run alone.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from functools import partial
from pathlib import Path

import snp_digest
from firmware import Firmware
from harness import Cgvm, Run, Skipped, Test, expect, guest, run_tests, simulated
from id_block import (AUTHOR_KEY, BLOCK_SIGNATURE, ID_KEY, ID_KEY_SIGNATURE, NUMBER_SIZE, IdBlock, Key,
                      authenticate, openssl_is_missing)

OTHER_DIGEST = "5a" * 48
FAMILY, SVN = 0x30, 0x54
BLOCK_UNSIGNED = "'id-auth' has a signature that its ID key has not made over 'id-block'; "
KEY_UNSIGNED = "'id-auth' has a signature that its author key has not made over the ID key; "

#: One bit that is changed: where, in which blob, and the message.
CHANGES = (
    ("r of the block's signature", "auth", BLOCK_SIGNATURE, BLOCK_UNSIGNED),
    ("s of the block's signature", "auth", BLOCK_SIGNATURE + NUMBER_SIZE, BLOCK_UNSIGNED),
    ("beyond the end of r", "auth", BLOCK_SIGNATURE + NUMBER_SIZE - 1,
     "'id-auth' has 0x02 at offset 0x087, beyond the 48 bytes of R in the ID block's signature, "),
    ("curve of the ID key", "auth", ID_KEY, "'id-auth' has curve 0 for the ID key, "),
    ("Qx of the ID key", "auth", ID_KEY + 4, "'id-auth' has an ID key that is no point of P-384; "),
    ("Qy of the ID key", "auth", ID_KEY + 4 + NUMBER_SIZE, "'id-auth' has an ID key that is no point "),
    ("author's signature", "auth", ID_KEY_SIGNATURE, KEY_UNSIGNED),
    ("author's key", "auth", AUTHOR_KEY + 4, "'id-auth' has an author key that is no point of P-384; "),
    ("padding of the ID key, which the author has signed", "auth", ID_KEY + 1000,
     "'id-auth' has 0x02 at offset 0x628, behind the ID key, where zero must be; "),
    ("reserved bytes", "auth", 0x3F, "'id-auth' has 0x02 at offset 0x03f, in a reserved field, "),
    ("family", "block", FAMILY, BLOCK_UNSIGNED),
    ("security version", "block", SVN, BLOCK_UNSIGNED),
    ("algorithm of the ID key", "auth", 0, "'id-auth' has algorithm 3 for the ID key, "),
    ("algorithm of the author's key", "auth", 4, "'id-auth' has algorithm 3 for the author key, "),
)


def changed(data: bytes, at: int) -> bytes:
    """@data with a bit of the byte @at turned."""
    return data[:at] + bytes([data[at] ^ 2]) + data[at + 1:]


class IdBlocks:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = directory / "all-sections.fd"
        self.firmware.write_bytes(Firmware().build())
        self.digest = snp_digest.launch_digest(self.firmware.read_bytes(), 2,
                                               snp_digest.CPU_SIGNATURES["EPYC-Milan"])
        self.id_key = Key.generate(directory / "id.pem")
        self.author_key = Key.generate(directory / "author.pem")

    def options(self, block: bytes, auth: bytes, more: str = "") -> list[str | bytes | Path]:
        """A guest with an ID block."""
        properties = f"id-block={base64.b64encode(block).decode()},id-auth={base64.b64encode(auth).decode()}"
        return guest(self.firmware, properties + more, vcpus=2)

    def launch(self, name: str, block: bytes, auth: bytes, more: str = "") -> tuple[Run, str]:
        """Launches that guest; returns the trace too, which is empty if the host was not opened."""
        trace = self.directory / f"{name}.trace"
        run = self.cgvm.run(*simulated(trace=trace), *self.options(block, auth, more))
        return run, trace.read_text("utf-8") if trace.exists() else ""

    def accepted(self, author: bool) -> None:
        """The right block is accepted, with an author or without, and planning accepts it too."""
        block = IdBlock(self.digest).pack()
        auth = authenticate(block, self.id_key, self.author_key if author else None)
        more = ",author-key-enabled=on" if author else ""
        run, trace = self.launch(f"accepted-{author}", block, auth, more)
        run.expect(0, f"cgvm: launched sev0: measurement {self.digest} (simulated)\n")
        expect(f"SNP_LAUNCH_FINISH id_block=1 auth_key={int(author)} vcek_disabled=0 " in trace, trace)
        self.cgvm.run(*self.options(block, auth, more), "-plan", "text").expect(0, "")

    def author_ignored(self) -> None:
        """An author that is not enabled is not looked at."""
        block = IdBlock(self.digest).pack()
        auth = changed(authenticate(block, self.id_key, self.author_key), ID_KEY_SIGNATURE)
        run, trace = self.launch("ignored", block, auth)
        run.expect(0)
        expect("SNP_LAUNCH_FINISH id_block=1 auth_key=0 " in trace, trace)

    def policy(self) -> None:
        """The policy is the block's."""
        block = IdBlock(self.digest, policy=0xB0000).pack()
        run, _ = self.launch("policy", block, authenticate(block, self.id_key), ",policy=0xb0000")
        run.expect(0)

    def refused(self, name: str, block: bytes, auth: bytes, more: str, words: tuple[str, ...],
                opened: bool = False) -> None:
        """Such a pair is refused before the launch begins, and unless it is @opened for the digest before the host
        is touched; in the same words by a plan."""
        run, trace = self.launch(name, block, auth, more)
        run.expect(1)
        expect("SNP_LAUNCH_START" not in trace and "INIT2" not in trace, trace)
        expect(bool(trace) == opened, trace)
        self.cgvm.run(*self.options(block, auth, more), "-plan", "json").expect(1, run.stderr)
        for word in ("cgvm: sev-snp-guest 'sev0': 'id-", *words):
            expect(word in run.stderr, f"the message should have: {word}\n{run}")

    def change_refused(self, number: int) -> None:
        """One bit is wrong."""
        _, which, at, message = CHANGES[number]
        block = IdBlock(self.digest).pack()
        auth = authenticate(block, self.id_key, self.author_key)
        if which == "block":
            block = changed(block, at)
        else:
            auth = changed(auth, at)
        self.refused(f"change-{number}", block, auth, ",author-key-enabled=on", (message,))

    def other_key_refused(self) -> None:
        """Somebody else has signed."""
        block = IdBlock(self.digest).pack()
        auth = bytearray(authenticate(block, self.id_key))
        auth[ID_KEY:ID_KEY + 1028] = self.author_key.public()
        self.refused("other-key", block, bytes(auth), "", (BLOCK_UNSIGNED,))

    def author_missing(self) -> None:
        """Nobody has signed the ID key."""
        block = IdBlock(self.digest).pack()
        self.refused("no-author", block, authenticate(block, self.id_key), ",author-key-enabled=on",
                     ("algorithm 0 for the author key", "turn 'author-key-enabled' off"))

    def other_launch(self, name: str, id_block: IdBlock, words: tuple[str, ...]) -> None:
        """A block for another launch."""
        block = id_block.pack()
        self.refused(name.replace(" ", "-"), block, authenticate(block, self.id_key), "", words,
                     id_block.digest == OTHER_DIGEST)

    def tests(self) -> list[Test]:
        """All of them."""
        others = (
            ("another digest", IdBlock(OTHER_DIGEST), (OTHER_DIGEST, self.digest)),
            ("another policy", IdBlock(self.digest, policy=0x30001),
             ("policy 0x30001 (smt, ABI 0.1)", "'policy' is 0x30000 (smt)")),
            ("another version", IdBlock(self.digest, version=2), ("version 2", "version 1")),
        )
        return [
            Test("the right block", partial(self.accepted, False)),
            Test("the right block of an author", partial(self.accepted, True)),
            Test("an author that is not enabled", self.author_ignored),
            Test("another policy that both have", self.policy),
            Test("refused: the key of somebody else", self.other_key_refused),
            Test("refused: an author who has not signed", self.author_missing),
            *(Test(f"refused: {case[0]}", partial(self.other_launch, *case)) for case in others),
            *(Test(f"refused: {change[0]}", partial(self.change_refused, number))
              for number, change in enumerate(CHANGES)),
        ]


def no_openssl() -> None:
    """Instead of the tests."""
    raise Skipped("no command openssl")


def main() -> int:
    """Runs the tests; returns the exit status."""
    if openssl_is_missing():
        return run_tests([Test("ID blocks", no_openssl)])
    with tempfile.TemporaryDirectory() as name:
        return run_tests(IdBlocks(Cgvm(sys.argv[1]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
