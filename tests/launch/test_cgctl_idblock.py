#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ID blocks made by cgctl: accepted by the simulated firmware at the end of a launch, verified by the command openssl,
and refused where they should be. Prints TAP.

    test_cgctl_idblock.py CGCTL CGVM

The keys are made by openssl for this run alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import snp_digest
from firmware import Firmware
from harness import Cgvm, Run, Skipped, Test, expect, expect_equal, guest, run_tests, simulated
from id_block import (AUTHOR_KEY, BLOCK_SIGNATURE, BLOCK_SIZE, ID_KEY, ID_KEY_SIGNATURE, KEY_SIZE, NUMBER_SIZE,
                      POINT_SIZE, Key, openssl_is_missing)

OTHER_DIGEST = "5a" * 48
#: What stands before the point of a public key on P-384 in DER.
DER_PREFIX = bytes.fromhex("3076301006072a8648ce3d020106052b81040022036200") + b"\4"


def openssl(*arguments: str | Path, data: bytes | None = None) -> bytes:
    """What the command prints."""
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True).stdout


def der_integer(number: int) -> bytes:
    """@number as DER has it."""
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\2" + bytes([len(data)]) + data


def der_signature(field: bytes) -> bytes:
    """A signature of ID_AUTH_INFO as openssl takes it."""
    numbers = [int.from_bytes(field[start:start + NUMBER_SIZE], "little") for start in (0, NUMBER_SIZE)]
    body = b"".join(map(der_integer, numbers))
    return b"\x30" + bytes([len(body)]) + body


def pem_key(field: bytes) -> bytes:
    """A key of ID_AUTH_INFO as openssl takes it."""
    point = b"".join(int.from_bytes(field[start:start + NUMBER_SIZE], "little").to_bytes(POINT_SIZE, "big")
                     for start in (4, 4 + NUMBER_SIZE))
    return openssl("pkey", "-pubin", "-inform", "DER", data=DER_PREFIX + point)


class IdBlockTests:
    """The tests, with what they need."""

    def __init__(self, cgctl: Cgvm, cgvm: Cgvm, directory: Path) -> None:
        self.cgctl = cgctl
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = directory / "all-sections.fd"
        self.firmware.write_bytes(Firmware().build())
        self.digest = snp_digest.launch_digest(self.firmware.read_bytes(), 1, snp_digest.CPU_SIGNATURES["EPYC-Milan"])
        self.id_key = Key.generate(directory / "id.pem").path
        self.author_key = directory / "author.pem"
        self.author_key.write_bytes(openssl("ecparam", "-name", "secp384r1", "-genkey"))
        for path in (self.id_key, self.author_key):
            path.chmod(0o600)

    def run(self, command: str, *arguments: str | Path) -> Run:
        """Runs cgctl idblock."""
        return self.cgctl.run("idblock", command, *arguments)

    def create(self, name: str, *arguments: str | Path, digest: str = "") -> tuple[str, Path]:
        """Makes an ID block: its properties, and a file with them."""
        run = self.run("create", "--digest", digest or self.digest, *arguments).expect(0)
        expect(run.stderr.startswith("cgctl: digest of the ID key: "), run)
        path = self.directory / f"{name}.options"
        path.write_text(run.stdout, "utf-8")
        return run.stdout.strip(), path

    def verified_by_openssl(self, name: str, options: str) -> None:
        """Whether openssl verifies the signatures in @options."""
        blobs = dict(pair.split("=", 1) for pair in options.split(","))
        block, auth = base64.b64decode(blobs["id-block"]), base64.b64decode(blobs["id-auth"])
        signed = [(block, BLOCK_SIGNATURE, ID_KEY)]
        if blobs.get("author-key-enabled") == "on":
            signed.append((auth[ID_KEY:ID_KEY + KEY_SIZE], ID_KEY_SIGNATURE, AUTHOR_KEY))
        expect_equal(len(block), BLOCK_SIZE, "the size of the ID block")
        for number, (data, signature, key) in enumerate(signed):
            files = [self.directory / f"{name}-{number}.{kind}" for kind in ("pem", "der")]
            files[0].write_bytes(pem_key(auth[key:key + KEY_SIZE]))
            files[1].write_bytes(der_signature(auth[signature:signature + 2 * NUMBER_SIZE]))
            said = openssl("dgst", "-sha384", "-verify", files[0], "-signature", files[1], data=data)
            expect_equal(said, b"Verified OK\n", "what openssl says")

    def accepted(self, name: str, *arguments: str) -> None:
        """The firmware accepts it when the launch ends, openssl verifies it, and so does cgctl."""
        keys = {"id": self.id_key, "author": self.author_key}
        options, path = self.create(name, *(keys.get(argument, argument) for argument in arguments))
        has_author = "--author-key" in arguments
        policy = arguments[arguments.index("--policy") + 1] if "--policy" in arguments else "0x30000"
        trace = self.directory / f"{name}.trace"
        run = self.cgvm.run(*simulated(trace=trace), *guest(self.firmware, f"policy={policy},{options}"))
        run.expect(0, f"cgvm: launched sev0: measurement {self.digest} (simulated)\n")
        expect(f"SNP_LAUNCH_FINISH id_block=1 auth_key={int(has_author)} " in trace.read_text("utf-8"), run)
        self.verified_by_openssl(name, options)
        self.run("verify", path, "--digest", self.digest, "--policy", policy).expect(0, "")

    def key_digests(self) -> None:
        """Those that are printed are those of the keys that openssl knows."""
        run = self.run("create", "--digest", self.digest, "--id-key", self.id_key, "--author-key", self.author_key)
        digests = [hashlib.sha384(Key(path).public()).hexdigest() for path in (self.id_key, self.author_key)]
        run.expect(0, f"cgctl: digest of the ID key: {digests[0]}\ncgctl: digest of the author key: {digests[1]}\n")
        path = self.directory / "key-digests"
        path.write_text(run.stdout, "utf-8")
        self.run("verify", path, "--id-key-digest", digests[0], "--author-key-digest", digests[1]).expect(0, "")
        self.run("verify", path, "--id-key-digest", digests[1]).expect(
            3, f"cgctl: the digest of the ID key is {digests[0]}, not {digests[1]} as expected\n")
        said = json.loads(self.run("inspect", "--json", path).expect(0, "").stdout)
        expect_equal((said["id-key-digest"], said["author-key-digest"]), tuple(digests), "the digests in JSON")

    def anonymous(self) -> None:
        """Each has a key of its own."""
        first, second = (self.create(f"anonymous-{number}", "--anonymous")[0] for number in range(2))
        keys = [base64.b64decode(options.split(",id-auth=")[1])[ID_KEY:ID_KEY + KEY_SIZE] for options in (first, second)]
        expect(keys[0] != keys[1], "both have the same key")

    def files(self) -> None:
        """Written to files it is the same, which verify; and nothing is overwritten."""
        block, auth = self.directory / "block", self.directory / "auth"
        arguments = ("create", "--digest", self.digest, "--anonymous", "--block", block, "--auth", auth)
        run = self.run(*arguments).expect(0)
        expect_equal(run.stdout, f"id-block={block.read_text()},id-auth={auth.read_text()}\n", "stdout")
        self.run("verify", "--block", block, "--auth", auth).expect(0, "")
        binary = self.directory / "block.bin"
        binary.write_bytes(base64.b64decode(block.read_text()))
        self.run("verify", "--block", binary, "--auth", auth, "--digest", self.digest).expect(0, "")
        before = block.read_bytes()
        again = self.run(*arguments).expect(
            1, f"cgctl: '{block}' exists already; name another file, or overwrite it with --force\n")
        expect_equal((again.stdout, block.read_bytes()), ("", before), "what is left")
        self.run(*arguments, "--force").expect(0)
        self.run("verify", "--block", block, "--auth", auth).expect(0, "")
        auth.unlink()
        block.write_text("x")
        expect_equal(self.run(*arguments).expect(1).stdout, "", "stdout")
        expect(not auth.exists(), "one of two files was written")

    def key_files(self) -> None:
        """Keys that are not taken."""
        copy = self.directory / "copy.pem"
        copy.write_bytes(self.id_key.read_bytes())
        copy.chmod(0o640)
        protected, rsa, empty = (self.directory / name for name in ("protected.pem", "rsa.pem", "empty.pem"))
        protected.write_bytes(openssl("pkey", "-in", self.id_key, "-aes128", "-passout", "pass:secret"))
        rsa.write_bytes(openssl("genrsa", "2048"))
        empty.write_bytes(b"")
        for path in (protected, rsa, empty):
            path.chmod(0o600)
        missing = self.directory / "missing.pem"
        for path, message in (
                (copy, f"'{copy}' holds a secret, but others than its owner have a right to it (mode 0640); chmod 600 it"),
                (missing, f"cannot open '{missing}': No such file or directory"),
                (empty, f"'{empty}' is empty; it should hold the private key for --id-key"),
                (rsa, "the file with the ID key holds a key for RSA; what is needed is one on the curve P-384"),
                (protected, "the file with the ID key holds a private key that a passphrase protects; decrypt it into a "
                            "pipe, as in <(openssl pkey -in FILE)")):
            run = self.run("create", "--digest", self.digest, "--id-key", path).expect(1, f"cgctl: {message}\n")
            expect_equal(run.stdout, "", "stdout")

    def piped_key(self) -> None:
        """A key through a pipe is asked for no rights."""
        script = '"$0" idblock create --digest "$1" --id-key <(cat "$2") 2>/dev/null'
        done = subprocess.run(["bash", "-c", script, self.cgctl.path, self.digest, self.id_key], check=False,
                              stdout=subprocess.PIPE, encoding="utf-8")
        expect_equal(done.returncode, 0, "the status")
        self.verified_by_openssl("piped", done.stdout.strip())

    def mismatches(self) -> None:
        """What verify says about an ID block that is not the expected one."""
        _, path = self.create("mismatches", "--anonymous", "--svn", "3", "--family-id", "a family")
        padded = b"a family".hex().ljust(32, "0")
        for option, value, message in (
                ("--digest", OTHER_DIGEST, f"the ID block's launch digest is {self.digest}, not {OTHER_DIGEST} as expected"),
                ("--policy", "debug", "the ID block's policy is 0x30000 (smt), not 0xa0000 (debug) as expected"),
                ("--svn", "4", "the ID block's guest SVN is 3, not 4 as expected"),
                ("--family-id", "x", f"the ID block's family id is {padded}, not {b'x'.hex().ljust(32, '0')} as expected"),
                ("--author-key-digest", OTHER_DIGEST, "no author has signed the ID key ('author-key-enabled' is off), but "
                                                      "one is expected")):
            self.run("verify", path, option, value).expect(3, f"cgctl: {message}\n")
        for option, value, words in (("--digest", "00", "'digest' expects 48 bytes"), ("--svn", "foo", "svn"),
                                     ("--policy", "zzz", "zzz"), ("--family-id", "x" * 17, "an id is"),
                                     ("--id-key-digest", "zz", "id-key-digest")):
            run = self.run("verify", path, option, value).expect(1)
            expect(words in run.stderr, run)
        damaged = self.directory / "damaged"
        damaged.write_text(path.read_text().replace("id-block=", "id-block=AAAA", 1)[:-1], "utf-8")
        self.run("verify", damaged).expect(1)
        options = dict(pair.split("=", 1) for pair in path.read_text().strip().split(","))
        block = bytearray(base64.b64decode(options["id-block"]))
        for offset, bit, words in ((0, 1, "a signature that its ID key has not made"), (90, 2, "bit 17 of every")):
            block[offset] ^= bit
            options["id-block"] = base64.b64encode(block).decode()
            damaged.write_text(",".join(f"{name}={value}" for name, value in options.items()), "utf-8")
            for more in ((), ("--digest", "00")):
                run = self.run("verify", damaged, *more).expect(3)
                expect(words in run.stderr, run)

    def usage(self) -> None:
        """What is wrong with a command line."""
        for command, arguments, message in (
                ("create", ("--anonymous",), "--digest DIGEST is missing"),
                ("create", ("--digest", "1"), "one of --id-key FILE and --anonymous is needed"),
                ("create", ("--digest", "1", "--anonymous", "--id-key", "x"),
                 "one of --id-key FILE and --anonymous is needed"),
                ("verify", (), "an ID block is named as FILE, or with both --block and --auth"),
                ("verify", ("--block", "x"), "an ID block is named as FILE, or with both --block and --auth")):
            self.run(command, *arguments).expect(
                2, f"cgctl: {message}; cgctl idblock {command} -help shows how it is called\n")

    def tests(self) -> list[Test]:
        """All of them."""
        return [
            Test("accepted: an ID key", partial(self.accepted, "id-key", "--id-key", "id")),
            Test("accepted: an ID key in SEC 1", partial(self.accepted, "sec1", "--id-key", "author")),
            Test("accepted: an author", partial(self.accepted, "author", "--id-key", "id", "--author-key", "author")),
            Test("accepted: an anonymous key", partial(self.accepted, "anonymous", "--anonymous")),
            Test("accepted: another policy and ids", partial(
                self.accepted, "policy", "--anonymous", "--policy", "smt+debug", "--svn", "4294967295", "--image-id",
                "a,b=c")),
            Test("digests of keys", self.key_digests),
            Test("anonymous keys differ", self.anonymous),
            Test("files", self.files),
            Test("keys that are not taken", self.key_files),
            Test("a key through a pipe", self.piped_key),
            Test("not as expected", self.mismatches),
            Test("command lines", self.usage),
        ]


def no_openssl() -> None:
    """Instead of the tests."""
    raise Skipped("no command openssl")


def main() -> int:
    """Runs the tests; returns the exit status."""
    if openssl_is_missing():
        return run_tests([Test("ID blocks", no_openssl)])
    with tempfile.TemporaryDirectory() as name:
        return run_tests(IdBlockTests(Cgvm(sys.argv[1]), Cgvm(sys.argv[2]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
