#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Secure Execution images from `cgctl pvimage`, and what becomes of them in cgvm on a simulated host. Prints TAP.

    test_pvimage.py CGCTL CGVM [--update]

Golden traces are those of a launch, of a reset and of one that the ultravisor refuses; --update writes them anew. What
an image decrypts to is computed by se_unpack.py, which shares nothing with cgvm.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness import HERE, LICENCE, Argument, Cgvm, Skipped, Test, expect, expect_equal, run_tests

sys.path.insert(0, str(HERE.parent / "s390x"))
# pylint: disable=wrong-import-position
import p521  # noqa: E402
import se_unpack  # noqa: E402

TRACES = HERE / "traces"
APPEND = "console=ttysclp0 quiet"
GUARD: tuple[Argument, ...] = ("-object", "s390-pv-guest,id=pv0", "-machine", "confidential-guest-support=pv0")
PLAIN: tuple[Argument, ...] = ("-machine", "s390-ccw-virtio")
#: The private key of a host that there is nowhere.
PRIVATE = int.from_bytes(b"a host of the tests' own", "big")


def kernel(size: int = 0x12345) -> bytes:
    """What looks like a kernel for s390x."""
    data = bytearray((i * 7 + i // 256) & 255 for i in range(size))
    data[0x10008:0x1000E] = b"S390EP"
    data[0x10400:0x10880] = bytes(0x480)
    return bytes(data)


@dataclass(frozen=True)
class Bench:
    """What the tests share."""

    cgctl: Cgvm
    cgvm: Cgvm
    directory: Path
    update: bool

    def path(self, name: str) -> Path:
        """A file of the tests."""
        return self.directory / name

    def file(self, name: str, contents: bytes) -> Path:
        """A file called @name that holds @contents."""
        path = self.path(name)
        path.write_bytes(contents)
        return path

    def create(self, name: str, *more: Argument, keys: tuple[str, ...] = ("host.crt",)) -> Path:
        """An image for the hosts whose documents are @keys."""
        hosts = [argument for key in keys for argument in ("--host-key", self.path(key))]
        self.cgctl.run("pvimage", "create", "--kernel", self.path("kernel"), "--initrd", self.path("initrd"),
                       "--append", APPEND, *hosts, "--ca", self.path("ca.pem"), "--output", self.path(name),
                       *more).expect(0)
        return self.path(name)

    def script(self, name: str, *steps: str) -> str:
        """The property of a script with these @steps."""
        path = self.file(name, "".join(f"{step}\n" for step in steps).encode())
        return f"script=@{path}"


def prepare(bench: Bench) -> None:
    """Makes what all tests need."""
    bench.file("kernel", kernel())
    bench.file("initrd", bytes((i * 3 + 1) & 255 for i in range(5000)))
    bench.cgctl.run("pvimage", "simulated", "--host-key", bench.path("host.crt"), "--ca",
                    bench.path("ca.pem")).expect(0)
    bench.create("se.img")


# ---- images ----


def info(bench: Bench) -> None:
    """An image is described, in words and as JSON, and is whole."""
    text = bench.cgctl.run("pvimage", "info", bench.path("se.img")).expect(0, "").stdout
    data = json.loads(bench.cgctl.run("pvimage", "info", "--json", bench.path("se.img")).expect(0, "").stdout)
    key = json.loads(bench.cgctl.run("pvimage", "host-key", "--json", "--ca", bench.path("ca.pem"),
                                     bench.path("host.crt")).expect(0).stdout)
    expect_equal(data["key-slots"], [key["phkh"]], "the key slots")
    expect_equal([component["kind"] for component in data["components"]], ["kernel", "initrd"], "the components")
    expect_equal(data["pages"], 5, "the pages")
    expect(data["tag"] in text and data["page-hash"] in text and "0x000010000-0x000012fff  kernel" in text, text)


def two_images(bench: Bench) -> None:
    """No key is used twice."""
    one, two = bench.path("se.img").read_bytes(), bench.create("two.img").read_bytes()
    expect_equal(len(one), len(two), "the sizes")
    same = sum(one[at:at + 16] == two[at:at + 16] for at in range(0x10000, 0x15000, 16))
    expect_equal(same, 0, "blocks that are alike")


def run_openssl(bench: Bench, *argv: Argument) -> None:
    """Runs the command openssl in the folder of the tests."""
    try:
        subprocess.run(["openssl", *argv], cwd=bench.directory, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except FileNotFoundError as error:
        raise Skipped from error


def own_key(bench: Bench) -> None:
    """Writes the private key PRIVATE, as SEC 1 has it."""
    point = p521.multiply(PRIVATE, p521.G)
    public = b"\0\4" + b"".join(number.to_bytes(p521.SIZE, "big") for number in point)
    curve = bytes.fromhex("06052b81040023")
    parts = (b"\2\1\1" + b"\4\x42" + PRIVATE.to_bytes(p521.SIZE, "big") + b"\xa0" + bytes((len(curve),)) + curve
             + b"\xa1\x81" + bytes((len(public) + 3,)) + b"\3\x81" + bytes((len(public),)) + public)
    bench.file("own.der", b"\x30\x81" + bytes((len(parts),)) + parts)
    run_openssl(bench, "ec", "-inform", "DER", "-in", "own.der", "-out", "own.key")


def own_document(bench: Bench) -> None:
    """A document of that key, with a chain of its own: a root, and a signer that is no authority."""
    own_key(bench)
    for name, signer in (("root", None), ("signer", "root"), ("own", "signer")):
        key = [] if name == "own" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-nodes",
                                        "-keyout", f"{name}.key"]
        run_openssl(bench, "req", "-new", *(key or ["-key", "own.key"]), "-subj", f"/O=tests/CN={name}", "-out",
                    f"{name}.csr")
        extensions = bench.file(f"{name}.ext", b"basicConstraints=critical,CA:" + (b"TRUE" if name == "root"
                                                                                   else b"FALSE") + b"\n")
        by = ["-signkey", "root.key"] if signer is None else ["-CA", f"{signer}.crt", "-CAkey", f"{signer}.key",
                                                              "-CAcreateserial"]
        run_openssl(bench, "x509", "-req", "-in", f"{name}.csr", *by, "-days", "10", "-extfile", extensions, "-out",
                    f"{name}.crt")


def need_own_document(bench: Bench) -> None:
    """Ends the test if that could not be made."""
    if not bench.path("own.crt").exists():
        raise Skipped("there is no command openssl")


def unpacker_agrees(bench: Bench) -> None:
    """An image for two hosts: what our own host unpacks, the simulated one has in its memory, byte by byte."""
    need_own_document(bench)
    both = bench.create("both.img", "--ca", bench.path("root.crt"), "--ca", bench.path("signer.crt"),
                        keys=("own.crt", "host.crt"))
    unpacked = se_unpack.unpack(both.read_bytes(), PRIVATE)
    expect_equal(unpacked.psw, (0x180000000, 0x10000), "where the guest starts")
    plain = b"".join(unpacked.pages[address] for address in sorted(unpacked.pages))
    expected = bytearray(bench.path("kernel").read_bytes()[0x10000:])
    expected[0x408:0x418] = struct.pack(">QQ", 0x13000, 5000)
    expected[0x480:0x480 + len(APPEND) + 1] = APPEND.encode() + b"\0"
    expected += bytes(0x3000 - len(expected)) + bench.path("initrd").read_bytes()
    expect_equal(plain, bytes(expected) + bytes(-len(expected) % 4096), "what is unpacked")
    checks = [f"check:{address:#x}:private:{page.hex()}" for address, page in unpacked.pages.items()]
    script = bench.script("check", "stage3a", *checks, "sclp:all is there", "shutdown")
    run = bench.cgvm.run("-accel", f"sim,{script}", *GUARD, "-kernel", both).expect(0)
    expect_equal(run.stdout, "all is there\n", "the console")
    wrong = checks[-1][:-2] + ("00" if checks[-1][-2:] != "00" else "01")
    script = bench.script("wrong", "stage3a", wrong, "shutdown")
    bench.cgvm.run("-accel", f"sim,{script}", *GUARD, "-kernel", both).expect(1)


# ---- host key documents ----


def documents(bench: Bench) -> None:
    """A document is only believed with what verifies it."""
    need_own_document(bench)
    root, signer, document = (bench.path(f"{name}.crt") for name in ("root", "signer", "own"))
    for cas, status, words in (((root, signer), 0, ""), ((root,), 3, "not signed by the key of any certificate"),
                               ((signer,), 3, "does not lead to a trusted root"),
                               ((bench.path("ca.pem"),), 3, "not signed by the key of any certificate")):
        arguments = [argument for path in cas for argument in ("--ca", path)]
        run = bench.cgctl.run("pvimage", "host-key", *arguments, document).expect(status)
        expect(words in run.stderr, run)
    run = bench.cgctl.run("pvimage", "host-key", "--no-verify", document).expect(0)
    expect("(not verified)" in run.stdout and "are not verified" in run.stderr, run)
    bench.cgctl.run("pvimage", "host-key", document).expect(2)
    run = bench.cgctl.run("pvimage", "host-key", "--no-verify", bench.path("kernel")).expect(1)
    expect("holds no X.509 certificate" in run.stderr, run)


def revoked(bench: Bench) -> None:
    """A key that its issuer has revoked is refused, and so is one that its issuer has no list about."""
    need_own_document(bench)
    bench.file("index.txt", b"")
    bench.file("ca.conf", b"[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha512\ndefault_crl_days=10\n")
    names = ("-config", "ca.conf", "-cert", "signer.crt", "-keyfile", "signer.key")
    run_openssl(bench, "ca", "-gencrl", *names, "-out", "empty.crl")
    run_openssl(bench, "ca", *names, "-revoke", "own.crt")
    run_openssl(bench, "ca", "-gencrl", *names, "-out", "full.crl")
    trust = ("--ca", bench.path("root.crt"), "--ca", bench.path("signer.crt"))
    for document, crl, status, words in (("own.crt", "empty.crl", 0, ""), ("own.crt", "full.crl", 3, "was revoked by"),
                                         ("host.crt", "empty.crl", 3, "none of the lists of revoked certificates")):
        more = ("--ca", bench.path("ca.pem")) if document == "host.crt" else ()
        run = bench.cgctl.run("pvimage", "host-key", *trust, *more, "--crl", bench.path(crl),
                              bench.path(document)).expect(status)
        expect(words in run.stderr, run)
        expect("is not checked" not in run.stderr, run)


def refused_parts(bench: Bench) -> None:
    """What an image cannot be made of."""
    elf, text = bench.file("elf", b"\x7fELF" + bytes(70000)), bench.file("text", b"no kernel")
    hosts = ("--host-key", bench.path("host.crt"), "--ca", bench.path("ca.pem"), "--output", bench.path("no.img"))
    for more, words in ((("--kernel", elf), "ELF"), (("--kernel", text), "no Linux kernel for s390x"),
                        (("--kernel", bench.path("kernel"), "--append", "x" * 896), "the command line has 896 bytes"),
                        (("--kernel", bench.path("kernel"), "--communication-key", bench.path("short")),
                         "the communication key has 4 bytes")):
        short = bench.file("short", b"four")
        os.chmod(short, 0o600)
        run = bench.cgctl.run("pvimage", "create", *hosts, *more).expect(1)
        expect(words in run.stderr and not bench.path("no.img").exists(), run)
    bench.cgctl.run("pvimage", "create", "--kernel", bench.path("kernel"), *hosts[2:]).expect(2)
    run = bench.cgctl.run("pvimage", "create", "--kernel", bench.path("kernel"), *hosts[:4], "--output",
                          bench.path("se.img")).expect(1)
    expect("exists" in run.stderr, run)


# ---- damage ----

#: A place in an image of 5 pages, how it is changed, and what cgctl and cgvm say before anything is launched; then what
#: a guest without an object, which nobody checks, is answered.
Damage = tuple[str, Callable[[bytearray], None], str, str]

HEADER, BLOCK = 0x15000, 0x16000


def flip(offset: int) -> Callable[[bytearray], None]:
    """Turns a bit of the byte at @offset."""
    def change(image: bytearray) -> None:
        image[offset] ^= 1
    return change


def swap(image: bytearray) -> None:
    """The components come in another order."""
    at = BLOCK + 0x88
    image[at:at + 24], image[at + 24:at + 48] = image[at + 24:at + 48], image[at:at + 24]


def drop(image: bytearray) -> None:
    """The last component is missing."""
    image[BLOCK + 0x77] = 1


def swap_pages(image: bytearray) -> None:
    """Two pages of the kernel are interchanged."""
    image[0x10000:0x11000], image[0x11000:0x12000] = image[0x11000:0x12000], image[0x10000:0x11000]


SLOT = HEADER + 416
SECRETS = SLOT + 80
MISMATCH = "the pages are not those that the header was made for, by "
NOTHING = ""
DAMAGES: tuple[Damage, ...] = (
    ("metadata magic", flip(0xC000), NOTHING, ""),  # the header is then found by looking for it
    ("metadata version", flip(0xC013), "it is of version", ""),
    ("header magic", flip(HEADER), "does not start with IBMSecEx", "KVM_PV_SET_SEC_PARMS failed"),
    ("header version", flip(HEADER + 10), "the header has version", "rc 0x0104, rrc 0x0001"),
    ("header size", flip(HEADER + 15), "do not add up", "KVM_PV_SET_SEC_PARMS failed"),
    ("number of slots", flip(HEADER + 39), "no key slots", "rc 0x010a, rrc 0x0040"),
    ("encrypted size", flip(HEADER + 47), "do not add up", "KVM_PV_SET_SEC_PARMS failed"),
    ("number of pages", flip(HEADER + 55), MISMATCH + "their number", "rc 0x010a"),
    ("flags", flip(HEADER + 63), NOTHING, "KVM_PV_SET_SEC_PARMS failed"),
    ("customer key", flip(HEADER + 143), NOTHING, "rc 0x0108, rrc 0x000b"),
    ("page hash", flip(HEADER + 224), MISMATCH + "their contents", "rc 0x010a"),
    ("address hash", flip(HEADER + 288), MISMATCH + "their addresses", "rc 0x010a"),
    ("tweak hash", flip(HEADER + 352), MISMATCH + "their tweaks", "rc 0x010a"),
    ("host key hash", flip(SLOT), NOTHING, "rc 0x0108, rrc 0x0005"),
    ("wrapped key", flip(SLOT + 32), NOTHING, "KVM_PV_SET_SEC_PARMS failed"),
    ("slot's tag", flip(SLOT + 64), NOTHING, "KVM_PV_SET_SEC_PARMS failed"),
    ("secrets", flip(SECRETS), NOTHING, "rc 0x010a"),
    ("header's tag", flip(SECRETS + 128), NOTHING, "rc 0x010a"),
    ("page", flip(0x12345), MISMATCH + "their contents", "rc 0x0102, rrc 0x001b"),
    ("pages interchanged", swap_pages, MISMATCH + "their contents", "rc 0x0102, rrc 0x001b"),
    ("block type", flip(BLOCK + 12), "is of type", "of type 4, not 5"),
    ("tweak", flip(BLOCK + 0x8F), MISMATCH + "their tweaks", "rc 0x0102, rrc 0x001c"),
    ("address", flip(BLOCK + 0x96), "is at", "is not the start of a page"),
    ("size", flip(BLOCK + 0x9E), "overlaps component 0", "overlaps component 0"),
    ("order", swap, "the tweak of component 1", "is not larger than that of the one before"),
    ("count", drop, MISMATCH, "rc 0x0102"),
)


def damage(bench: Bench, row: Damage) -> None:
    """A damaged image is refused by name, by us if the damage shows, and else by the ultravisor."""
    name, change, before, after = row
    image = bytearray(bench.path("se.img").read_bytes())
    change(image)
    path = bench.file(f"damaged {name}.img", bytes(image))
    checked = bench.cgctl.run("pvimage", "info", path)
    planned = bench.cgvm.run("-plan", "text", *GUARD, "-kernel", path)
    for run, refusal in ((checked, (1, 3)), (planned, (1,))):
        expect(run.status in (refusal if before else (0,)) and before in run.stderr, run)
    if not after:
        return
    # Without metadata cgvm takes it for a file that starts as its first bytes say, and checks nothing.
    image[0xC000:0xC008] = bytes(8)
    if image[HEADER:HEADER + 8] == b"IBMSecEx":
        image[HEADER:HEADER + 8] = bytes(8)
    path = bench.file(f"unchecked {name}.img", bytes(image))
    restore = [] if name == "header magic" else [f"write:{HEADER:#x}:shared:{b'IBMSecEx'.hex()}"]
    script = bench.script(f"script {name}", *restore, f"diag308:8:{BLOCK:#x}", "diag308:10:0:0xa02", "shutdown")
    refused = bench.script(f"refused {name}", *restore, f"diag308:8:{BLOCK:#x}:0x402", "shutdown")
    in_block = not after.startswith(("rc ", "KVM_"))
    run = bench.cgvm.run("-accel", f"sim,{refused if in_block else script}", *PLAIN, "-kernel", path).expect(0)
    expect(after in run.stderr, f"{after} was expected\n{run}")


def foreign(bench: Bench) -> None:
    """An image for another host is refused there, by the ultravisor, and the message says so."""
    bench.cgctl.run("pvimage", "simulated", "--model", "z15", "--host-key", bench.path("z15.crt"), "--ca",
                    bench.path("z15.pem")).expect(0)
    path = bench.create("z15.img", keys=("z15.crt",))
    script = "diag308:8:0x16000+diag308:10:0:0xa02+shutdown"
    run = bench.cgvm.run("-accel", f"sim,script={script}", *GUARD, "-kernel", path).expect(0)
    expect("rc 0x0108, rrc 0x0005: the image was not made for this host" in run.stderr, run)
    bench.cgvm.run("-accel", "sim,model=z15,script=stage3a+shutdown", *GUARD, "-kernel", path).expect(0)


# ---- hosts and options ----


def refused_guests(bench: Bench) -> None:
    """What is refused before the host is touched, or because of the host."""
    image, plain = bench.path("se.img"), bench.path("kernel")
    foreign_kernel = bench.file("bzImage", b"MZ".ljust(0x202, b"\0") + b"HdrS".ljust(0x200, b"\0"))
    for more, words in (
            ((*GUARD, "-kernel", plain), "make one of it with 'cgctl pvimage create'"),
            ((*GUARD, "-kernel", foreign_kernel), "none can be made of it: it is a Linux kernel for x86"),
            ((*GUARD, "-kernel", image, "-append", "x"), "-append has no effect"),
            ((*GUARD, "-kernel", image, "-initrd", bench.path("initrd")), "-initrd has no effect"),
            ((*GUARD,), "no disk to boot from yet"),
            ((*GUARD, "-bios", plain, "-kernel", image), "-bios"),
            ((*GUARD, "-kernel", image, "-smp", "248"), "at most 247 vCPUs"),
            ((*GUARD, "-kernel", image, "-cpu", "host,unpack=off"), "unpack=off"),
            ((*GUARD, "-kernel", image, "-cpu", "z14"), "there is no model 'z14'"),
            ((*GUARD, "-kernel", image, "-m", "5M,maxmem=5M", "-smp", "1,maxcpus=300"), "at most 248"),
            ((*GUARD, "-kernel", image, "-m", "1000K"), "multiple of 1 MiB"),
            (("-machine", "microvm", *GUARD, "-kernel", image), "use -machine s390-ccw-virtio")):
        run = bench.cgvm.run("-accel", "sim,run=off", *more).expect(1)
        expect(words in run.stderr and run.stderr.count("\n") == 1, f"{words} was expected\n{run}")
    for more, words in (((*GUARD, "-kernel", image), "offers no protected virtualization"),
                        ((*PLAIN, "-kernel", plain, "-cpu", "host,unpack=on"), "unpack=on: this host")):
        run = bench.cgvm.run("-accel", "sim,run=off,model=z14", *more).expect(1)
        expect(words in run.stderr and "prot_virt=1" in run.stderr, run)


def help_text(bench: Bench) -> None:
    """The object has no options, and the machine is in the list."""
    run = bench.cgvm.run("-object", "s390-pv-guest,help").expect(0, "")
    expect_equal(run.stdout, "There are no options for s390-pv-guest.\n", "-object s390-pv-guest,help")
    expect("\ns390-ccw-virtio " in bench.cgvm.run("-machine", "help").expect(0, "").stdout, "-machine help")


def plain_kernel(bench: Bench) -> None:
    """A plain kernel starts with its initrd and command line where QEMU puts them."""
    line = (APPEND.encode() + b"\0").hex()
    initrd = bench.path("initrd").read_bytes()
    script = bench.script("plain", f"check:0x10480:shared:{line}",
                          f"check:0x10408:shared:{struct.pack('>QQ', 0x800000, len(initrd)).hex()}",
                          f"check:0x800000:shared:{initrd.hex()}", "sclp:here", "shutdown")
    run = bench.cgvm.run("-accel", f"sim,{script}", *PLAIN, "-kernel", bench.path("kernel"), "-append", APPEND,
                         "-initrd", bench.path("initrd")).expect(0, "")
    expect_equal(run.stdout, "here\n", "the console")


def plan(bench: Bench) -> None:
    """The plan has header, components, addresses and tweaks, as JSON, too."""
    image = bench.path("se.img")
    data = json.loads(bench.cgvm.run("-plan", "json", *GUARD, "-kernel", image).expect(0, "").stdout)
    about = json.loads(bench.cgctl.run("pvimage", "info", "--json", image).expect(0).stdout)
    expect_equal([(part["gpa"], part["size"], part["page-type"]) for part in data["ranges"]],
                 [(part["gpa"], part["size"], "encrypted") for part in about["components"]], "the ranges")
    for part, component in zip(data["ranges"], about["components"]):
        expect(f"{component['kind']}, tweak 0x{component['tweak']:016x}" in part["origin"], part)
    expect_equal(data["parameters"], {name: about[name] for name in about if name != "components"}, "the parameters")
    expect("digest" not in data and data["assumes"], data)


# ---- traces ----


def trace(bench: Bench, name: str, script: str, *more: Argument) -> None:
    """The calls are those of the golden file. Random parts of tweaks show in none."""
    path = bench.path(f"{name}.trace")
    bench.cgvm.run("-accel", f"sim,trace={path},script={script}", *GUARD, "-kernel", bench.path("se.img"),
                   *more).expect(0)
    text = LICENCE + path.read_text("utf-8")
    golden = TRACES / f"{name}.trace"
    if bench.update:
        golden.write_text(text, "utf-8")
    lines = golden.read_text("utf-8").splitlines()
    difference = difflib.unified_diff(lines, text.splitlines(), golden.name, "is now", lineterm="")
    expect(text.splitlines() == lines, "\n".join(difference))


def main() -> int:
    """Runs the tests; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cgctl")
    parser.add_argument("cgvm")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Cgvm(arguments.cgctl), Cgvm(arguments.cgvm), Path(name), arguments.update)
        prepare(bench)
        with contextlib.suppress(Skipped):
            own_document(bench)
        return run_tests([
            Test("unpacker", partial(unpacker_agrees, bench)),
            Test("info", partial(info, bench)),
            Test("new keys", partial(two_images, bench)),
            Test("plan", partial(plan, bench)),
            Test("refused parts", partial(refused_parts, bench)),
            *(Test(f"damage: {row[0]}", partial(damage, bench, row)) for row in DAMAGES),
            Test("foreign", partial(foreign, bench)),
            Test("refused guests", partial(refused_guests, bench)),
            Test("help", partial(help_text, bench)),
            Test("plain kernel", partial(plain_kernel, bench)),
            Test("documents", partial(documents, bench)),
            Test("revoked", partial(revoked, bench)),
            Test("trace of a launch", partial(trace, bench, "pv-launch", "stage3a+sclp:hello+shutdown")),
            Test("trace of resets", partial(trace, bench, "pv-reset",
                                            "stage3a+diag308:1+diag308:0+diag308:3+stage3a+shutdown")),
            Test("trace of a refusal", partial(trace, bench, "pv-refused",
                                               "diag308:8:0x16000+diag308:10:0:0xa02+shutdown,fault=UNPACK_IMG:2=0x10b/3")),
            Test("trace with 2 vCPUs", partial(trace, bench, "pv-2-vcpus", "stage3a+shutdown", "-smp", "2")),
        ])


if __name__ == "__main__":
    sys.exit(main())
