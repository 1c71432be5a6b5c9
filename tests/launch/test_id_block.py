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
SIGNATURE_REFUSED = "SNP_LAUNCH_FINISH failed while finishing the launch: the firmware answered " \
                    "BAD_SIGNATURE (0x0a): "
PARAMETER_REFUSED = "SNP_LAUNCH_FINISH failed while finishing the launch: the firmware answered " \
                    "INVALID_PARAM (0x16): "

#: One bit that is changed: where, in which blob, and what the firmware says.
CHANGES = (
    ("r of the block's signature", "auth", BLOCK_SIGNATURE, SIGNATURE_REFUSED),
    ("s of the block's signature", "auth", BLOCK_SIGNATURE + NUMBER_SIZE, SIGNATURE_REFUSED),
    ("beyond the end of r", "auth", BLOCK_SIGNATURE + NUMBER_SIZE - 1, SIGNATURE_REFUSED),
    ("curve of the ID key", "auth", ID_KEY, SIGNATURE_REFUSED),
    ("Qx of the ID key", "auth", ID_KEY + 4, SIGNATURE_REFUSED),
    ("Qy of the ID key", "auth", ID_KEY + 4 + NUMBER_SIZE, SIGNATURE_REFUSED),
    ("author's signature", "auth", ID_KEY_SIGNATURE, SIGNATURE_REFUSED),
    ("author's key", "auth", AUTHOR_KEY + 4, SIGNATURE_REFUSED),
    ("reserved bytes of the ID key, which the author has signed", "auth", ID_KEY + 1000, SIGNATURE_REFUSED),
    ("family", "block", FAMILY, SIGNATURE_REFUSED),
    ("security version", "block", SVN, SIGNATURE_REFUSED),
    ("algorithm of the ID key", "auth", 0, PARAMETER_REFUSED),
    ("algorithm of the author's key", "auth", 4, PARAMETER_REFUSED),
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
        """Launches that guest; returns the trace too."""
        trace = self.directory / f"{name}.trace"
        run = self.cgvm.run(*simulated(trace=trace), *self.options(block, auth, more))
        return run, trace.read_text("utf-8")

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

    def change_refused(self, number: int) -> None:
        """One bit is wrong: only the firmware can tell, and it does."""
        _, which, at, message = CHANGES[number]
        block = IdBlock(self.digest).pack()
        auth = authenticate(block, self.id_key, self.author_key)
        if which == "block":
            block = changed(block, at)
        else:
            auth = changed(auth, at)
        run, trace = self.launch(f"change-{number}", block, auth, ",author-key-enabled=on")
        run.expect(1)
        expect(run.stderr.startswith(f"cgvm: sev-snp-guest 'sev0': {message}"), run)
        expect("close vm0 = 0" in trace and "close sev = 0" in trace, trace)

    def other_key_refused(self) -> None:
        """Somebody else has signed."""
        block = IdBlock(self.digest).pack()
        auth = bytearray(authenticate(block, self.id_key))
        auth[ID_KEY:ID_KEY + 1028] = self.author_key.public()
        run, _ = self.launch("other-key", block, bytes(auth))
        run.expect(1)
        expect(SIGNATURE_REFUSED in run.stderr, run)

    def early(self, name: str, id_block: IdBlock, words: tuple[str, ...]) -> None:
        """A block for another launch is refused before one begins."""
        block = id_block.pack()
        auth = authenticate(block, self.id_key)
        run, trace = self.launch(name.replace(" ", "-"), block, auth)
        run.expect(1)
        expect("SNP_LAUNCH_START" not in trace and "INIT2" not in trace, trace)
        planned = self.cgvm.run(*self.options(block, auth), "-plan", "json")
        planned.expect(1, run.stderr)
        for word in ("cgvm: sev-snp-guest 'sev0': 'id-block' ", *words):
            expect(word in run.stderr, f"the message should have: {word}\n{run}")

    def tests(self) -> list[Test]:
        """All of them."""
        early = (
            ("another digest", IdBlock(OTHER_DIGEST), (OTHER_DIGEST, self.digest)),
            ("another policy", IdBlock(self.digest, policy=0x30001),
             ("policy 0x30001", "'policy' is 0x30000")),
            ("another version", IdBlock(self.digest, version=2), ("version 2", "version 1")),
        )
        return [
            Test("the right block", partial(self.accepted, False)),
            Test("the right block of an author", partial(self.accepted, True)),
            Test("an author that is not enabled", self.author_ignored),
            Test("another policy that both have", self.policy),
            Test("the key of somebody else", self.other_key_refused),
            *(Test(f"refused before the launch: {case[0]}", partial(self.early, *case)) for case in early),
            *(Test(f"refused by the firmware: {change[0]}", partial(self.change_refused, number))
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
