#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel that is launched without a firmware: the digest is the same wherever it comes from, from the plan, from
the simulated firmware, from cgvm's last word, and from linux_direct.py, which shares no code with any of them; and
the guest finds what was planned. Prints TAP.

    test_direct.py CGVM [KERNEL]

KERNEL is that of tests/guest/linux.S, which checks what it finds; it runs where this machine's KVM can run guests for
the simulated host. With $CGVM_BOX (scripts/fetch-box) Debian's kernel is one of those that are launched.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness import Argument, Cgvm, Skipped, Test, expect, expect_equal, run_tests, simulated
from linux_direct import MIB, PAGE, Guest
from linux_image import LinuxImage
from snp_digest import CPU_SIGNATURES
from test_sev_digest import KINDS, Kind

CPU = "EPYC-Milan"
VCPUS = (1, 2, 64)
SNP = Kind("SEV-SNP", "", 4, es=True, init2=True)
DIRECT_KINDS = (*KINDS, SNP, Kind("SEV-SNP, debug-swap", "debug-swap=on", 4, es=True, init2=True, debug_swap=True))
#: Models of the simulated host, and where they have the C-bit.
CBITS = {"EPYC-Naples": 47, "EPYC-Rome": 47, "EPYC-Milan": 51, "EPYC-Genoa": 51, "EPYC-Turin": 51}
ASSUMED = ("the host's C-bit is at 51, as on EPYC 7003 and later; it is in page tables that are measured, so give "
           "'cbitpos' for other hosts")


def random_guest(seed: int) -> Guest:
    """A kernel, perhaps an initrd and a command line, in some memory."""
    generator = random.Random(seed)
    size = generator.randrange(1, 200000)
    image = LinuxImage(setup_sects=generator.choice((0, 1, 27, 64)), size=size, syssize=size // 16, seed=seed,
                       version=generator.choice((0x20C, 0x20D, 0x20F)), xloadflags=generator.choice((1, 0x7F)),
                       preferred=generator.choice((0x100000, 0x1000000, 0x1234000)),
                       init_size=generator.randrange(0, 0x200000), trailer=generator.randbytes(size % 7))
    return Guest(image.build(), generator.randbytes(generator.choice((0, 1, 4095, 4096, generator.randrange(99999)))),
                 "".join(generator.choice("abc=,' /ä€𝄞") for _ in range(generator.randrange(200))),
                 generator.choice((64, 128, 1024, 3072, 3073, 6144)) * MIB)


KERNEL = LinuxImage(size=50000, xloadflags=1).build()
ALL_THREE = Guest(KERNEL, b"initrd" * 5000, "console=ttyS0 root=/dev/vda,ro quiet")
#: By name: those that are worth a name, and random ones.
GUESTS: dict[str, Guest] = {
    "kernel alone": Guest(KERNEL),
    "all three": ALL_THREE,
    "whole pages": Guest(LinuxImage(size=8 * PAGE, xloadflags=1).build(), bytes(3 * PAGE), "x" * (PAGE - 1 - 2049)),
    "smallest": Guest(LinuxImage(size=16, xloadflags=1, init_size=0).build(), b"\0", " "),
    "memory above 4 GiB": replace(ALL_THREE, memory=5120 * MIB),
    **{f"random {seed}": random_guest(seed) for seed in range(8)},
}


@dataclass(frozen=True)
class Files:
    """Where the kernel and the initrd of a guest are."""

    kernel: Path
    initrd: Path


def is_snp(kind: Kind) -> bool:
    """Whether that is SEV-SNP."""
    return kind.vm_type == SNP.vm_type


def contents_of(kind: Kind, guest: Guest) -> list[tuple[int, bytes]]:
    """What is launched with contents, in order."""
    if is_snp(kind):
        return [(gpa, contents) for gpa, contents in guest.snp_ranges() if contents is not None]
    return list(guest.ranges(kind.es))


class Direct:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path, kernel: Path | None) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.kernel = kernel

    def file(self, contents: bytes = b"", suffix: str = "") -> Path:
        """A file of its own with @contents."""
        handle, name = tempfile.mkstemp(suffix, dir=self.directory)
        with os.fdopen(handle, "wb") as file:
            file.write(contents)
        return Path(name)

    def files(self, guest: Guest) -> Files:
        """What is read."""
        return Files(self.file(guest.kernel, ".bzImage"), self.file(guest.initrd, ".cpio"))

    @staticmethod
    def options(kind: Kind, guest: Guest, files: Files, properties: str = "", cpu: str | None = CPU) -> list[Argument]:
        """The options of a guest."""
        properties = "".join(f",{one}" for one in (kind.properties, properties) if one)
        options: list[Argument] = ["-m", str(guest.memory // MIB), "-smp", str(guest.vcpus), "-kernel", files.kernel,
                                   "-object", f"{'sev-snp-guest' if is_snp(kind) else 'sev-guest'},id=sev0{properties}",
                                   "-machine", "confidential-guest-support=sev0"]
        options += ["-cpu", cpu] if cpu else []
        options += ["-initrd", files.initrd] if guest.initrd else []
        return options + (["-append", guest.append] if guest.append else [])

    def planned(self, options: list[Argument]) -> dict[str, object]:
        """The plan."""
        plan = json.loads(self.cgvm.run(*options, "-plan", "json").expect(0, "").stdout)
        assert isinstance(plan, dict)
        return plan

    def launched(self, kind: Kind, options: list[Argument], **host: str) -> str:
        """The digest of a launch: what the firmware says must be what cgvm says."""
        report = self.file()
        run = self.cgvm.run(*simulated(report=report, **host), *options).expect(0)
        match = re.fullmatch(r"cgvm: launched sev0: measurement ([0-9a-f]{64,96}) \(simulated\)\n", run.stderr)
        expect(match and not run.stdout, run)
        assert match
        expect_equal(report.read_text("utf-8"), f"{'sev-snp' if is_snp(kind) else 'sev-es' if kind.es else 'sev'} {match[1]} simulated\n",
                     "what the firmware has computed")
        return match[1]

    @staticmethod
    def computed(kind: Kind, guest: Guest, cpu: str = CPU) -> str:
        """The digest by the independent computation."""
        if is_snp(kind):
            return guest.snp_digest(CPU_SIGNATURES[cpu], debug_swap=kind.debug_swap)
        if not kind.es:
            return guest.sev_digest()
        return guest.sev_es_digest(CPU_SIGNATURES[cpu], init2=kind.init2, debug_swap=kind.debug_swap)

    def compare(self, kind: Kind, guest: Guest) -> None:
        """All are alike, and as many pages are measured as there are."""
        options = self.options(kind, guest, self.files(guest))
        expected = self.computed(kind, guest)
        plan = self.planned(options)
        expect_equal(plan["digest"], expected, "the plan's digest")
        expect_equal(plan["unmeasured"], [], "what is not measured")
        expect_equal(self.launched(kind, options), expected, "the launch's digest")
        pages = sum(len(contents) for _, contents in contents_of(kind, guest)) // PAGE
        pages += (guest.vcpus if kind.es else 0) + (2 if is_snp(kind) else 0)
        expect_equal(plan["measured-pages"], pages, "the number of pages")

    def real_kernel(self, kind: Kind, with_initrd: bool, vcpus: int) -> None:
        """The same with Debian's kernel for clouds."""
        box = os.environ.get("CGVM_BOX")
        kernels = sorted(Path(box).glob("boot/vmlinuz-*")) if box else []
        if not kernels:
            raise Skipped("no kernel of Debian; scripts/fetch-box fetches one, CGVM_BOX says where it is")
        initrd = random.Random(1).randbytes(3000001) if with_initrd else b""
        append = "console=ttyS0 panic=-1"
        self.compare(kind, Guest(kernels[0].read_bytes(), initrd, append, 512 * MIB, vcpus))

    def shown(self) -> None:
        """The plan says what lies where, and where it comes from."""
        files = self.files(ALL_THREE)
        plan = json.loads(self.cgvm.run(*self.options(KINDS[3], ALL_THREE, files), "-plan", "json")
                          .expect(0, "").stdout)
        expect_equal(plan["parameters"]["append"], ALL_THREE.append, "the command line")
        expect_equal(plan["parameters"]["cbitpos"], 51, "the C-bit")
        expect_equal(plan["assumes"], [ASSUMED], "what is assumed")
        memory = {gpa: contents for gpa, contents in ALL_THREE.ranges()}
        top = 128 * MIB - 8 * PAGE
        found = [(item["gpa"], item["size"], item["page-type"], item["origin"]) for item in plan["ranges"]]
        expect_equal(found, [
            (0, PAGE, "normal", "BIOS data area, zeros"),
            (0x1000, PAGE, "normal", "descriptor table"),
            (0x2000, 6 * PAGE, "normal", "page tables with the C-bit at 51"),
            (0x10000, PAGE, "normal", "boot parameters"),
            (0x20000, PAGE, "normal", "command line"),
            (0xE0000, PAGE, "normal", "ACPI tables"),
            (0x1000000, 12 * PAGE, "normal", f"{files.kernel.name}+0x400, kernel"),
            (0x100C000, PAGE, "normal", f"{files.kernel.name}+0xc400, kernel up to its end"),
            (top, 7 * PAGE, "normal", f"{files.initrd.name}+0x0, initrd"),
            (top + 7 * PAGE, PAGE, "normal", f"{files.initrd.name}+0x7000, initrd up to its end"),
        ], "the ranges")
        for item in plan["ranges"]:
            start = max(gpa for gpa in memory if gpa <= item["gpa"])
            contents = memory[start][item["gpa"] - start:][:item["size"]]
            expect_equal(item["sha256"], hashlib.sha256(contents).hexdigest(), item["origin"])
        expect_equal(plan["vcpus"][0]["origin"], f"BSP, 64-bit entry of {files.kernel.name}", "the first vCPU")
        text = self.cgvm.run(*self.options(KINDS[0], ALL_THREE, files), "-plan", "text").expect(0, "").stdout
        expect(f"\nassumed: {ASSUMED}\n" in text, text)

    def cbit(self, kind: Kind, model: str) -> None:
        """It is the host's; without one that of the property."""
        guest = replace(ALL_THREE, cbit=CBITS[model])
        files = self.files(guest)
        expected = self.computed(kind, guest)
        expect_equal(self.launched(kind, self.options(kind, guest, files), model=model), expected, "the host's")
        options = self.options(kind, guest, files, f"cbitpos={guest.cbit}")
        plan = self.planned(options)
        expect_equal((plan["digest"], plan["assumes"]), (expected, ["the host's C-bit is at 'cbitpos'"]), "the plan")
        expect_equal(self.launched(kind, options, model=model), expected, "both")

    def changes(self, kind: Kind) -> None:
        """A byte of any of them changes the digest, and so does whatever else the kernel is told."""
        one = ALL_THREE
        middle = len(one.kernel) // 2
        others = [
            replace(one, kernel=one.kernel[:middle] + bytes([one.kernel[middle] ^ 1]) + one.kernel[middle + 1:]),
            replace(one, kernel=one.kernel[:0x208] + bytes([one.kernel[0x208] ^ 1]) + one.kernel[0x209:]),
            replace(one, initrd=one.initrd[:-1] + b"D"), replace(one, initrd=one.initrd + b"\0"),
            replace(one, initrd=b""), replace(one, append=one.append + " "), replace(one, append=""),
            replace(one, memory=one.memory + MIB), replace(one, vcpus=2),
        ]
        digests = [self.launched(kind, self.options(kind, guest, self.files(guest))) for guest in (one, *others)]
        expect_equal(len(set(digests)), len(digests), "the number of different digests")

    def expected_digest(self, kind: Kind) -> None:
        """expect-digest accepts what is right, and nothing else."""
        files = self.files(ALL_THREE)
        right = self.computed(kind, ALL_THREE)
        self.launched(kind, self.options(kind, ALL_THREE, files, f"expect-digest={right}"))
        zeros = "0" * len(right)
        wrong = self.options(kind, ALL_THREE, files, f"expect-digest={zeros}")
        for how in (simulated(), ["-plan", "json"]):
            self.cgvm.run(*how, *wrong).expect(1, (
                f"cgvm: {'sev-snp-guest' if is_snp(kind) else 'sev-guest'} 'sev0': 'expect-digest' is {zeros}, but the launch digest would be {right}; "
                "compare kernel, -initrd, -append, -m, -smp, -cpu and features (-plan text shows them)\n"))

    def seen(self, kind: Kind, vcpus: int = 1) -> None:
        """The guest sees all that was planned, encrypted; beyond is nothing of the host's. After a reset as well."""
        guest, checks = replace(ALL_THREE, vcpus=vcpus), []
        for gpa, contents in contents_of(kind, guest):
            for offset in (0, len(contents) // 2 & -8, len(contents) - 8):
                checks.append(f"check:{gpa + offset:#x}:private:{contents[offset:offset + 8].hex()}")
        script = self.file("\n".join([*checks, "write:0x1000000:private:0000", "write:0x20000:private:7878",
                                      "out:0xcf9:6", *checks, "out:0xf4:5", ""]).encode())
        run = self.cgvm.run("-accel", f"sim,script=@{script}", *self.options(kind, guest, self.files(guest)))
        run.expect(11)
        expect_equal(run.stdout, "", f"the console\n{run}")
        expect_equal(run.stderr.count("reset sev0"), 1, f"the number of resets\n{run}")

    def runs(self, kind: Kind, vcpus: int) -> None:
        """A kernel finds all in its place, and turns the machine off. With several vCPUs of SEV-ES, the code before it
        has announced where they start.
        """
        if not self.kernel:
            raise Skipped("the kernel is for x86-64")
        guest = Guest(self.kernel.read_bytes(), b"sixteen letters." * 1000, "to be turned off", vcpus=vcpus)
        run = self.cgvm.run("-accel", "sim", "-serial", "stdio", *self.options(kind, guest, self.files(guest)))
        if run.status == 2:
            raise Skipped("this machine's KVM runs no guests of the simulated host")
        expect_equal(run.stdout, "to be turned off\r\nsixteen letters.\r\n", f"the console\n{run}")
        run.expect(0, f"cgvm: launched sev0: measurement {self.computed(kind, guest)} (simulated)\n")

    def without_cpu(self) -> None:
        """A plan of SEV needs no CPU model, which is not measured; one of SEV-ES does."""
        files = self.files(ALL_THREE)
        plan = self.planned(self.options(KINDS[0], ALL_THREE, files, cpu=None))
        expect_equal(plan["digest"], ALL_THREE.sev_digest(), "the plan's digest")
        run = self.cgvm.run(*self.options(KINDS[3], ALL_THREE, files, cpu=None), "-plan", "json").expect(1)
        expect("name a model with -cpu" in run.stderr, run)

    def tests(self) -> list[Test]:
        """All of them."""
        tests = [Test(f"{kind.name}, {name}", partial(self.compare, kind, guest))
                 for kind in DIRECT_KINDS for name, guest in GUESTS.items()]
        tests += [Test(f"{kind.name}, {vcpus} vCPUs", partial(self.compare, kind, replace(ALL_THREE, vcpus=vcpus)))
                  for kind in DIRECT_KINDS for vcpus in VCPUS]
        tests += [Test(f"{kind.name} runs, {vcpus} vCPUs", partial(self.runs, kind, vcpus))
                  for kind in KINDS for vcpus in (1, 2)]
        for kind in (KINDS[0], KINDS[3], KINDS[5], SNP):
            tests += [Test(f"{kind.name}: {body.__name__}", partial(body, kind))
                      for body in (self.changes, self.expected_digest, self.seen)]
            tests.append(Test(f"{kind.name}, 2 vCPUs: seen", partial(self.seen, kind, 2)))
            tests += [Test(f"{kind.name}, host {model}", partial(self.cbit, kind, model))
                      for model in CBITS if not (kind.es and model == "EPYC-Naples" or is_snp(kind) and CBITS[model] == 47)]
            tests += [Test(f"{kind.name}, Debian's kernel, {'with' if initrd else 'no'} initrd, {vcpus} vCPUs",
                           partial(self.real_kernel, kind, initrd, vcpus))
                      for initrd in (False, True) for vcpus in VCPUS]
        return [*tests, Test("what is shown", self.shown), Test("no -cpu", self.without_cpu)]


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        kernel = Path(sys.argv[2]) if len(sys.argv) > 2 else None
        return run_tests(Direct(Cgvm(sys.argv[1]), Path(name), kernel).tests())


if __name__ == "__main__":
    sys.exit(main())
