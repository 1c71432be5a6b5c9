#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measured direct boot: with kernel hashes, the launch digest covers kernel, initrd and command line, and is the
same wherever it comes from: from the plan, from the simulated firmware, from cgvm's last word, and from
kernel_hashes.py with snp_digest.py and sev_digest.py, which share no code with any of them. Prints TAP.

    test_kernel_hashes.py CGVM
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

from firmware import ALL_SECTIONS, SECTION_KERNEL_HASHES, Firmware, Section, amd_sev
from harness import Argument, Cgvm, Test, expect, expect_equal, guest, run_tests, simulated
from kernel_hashes import SIZE, hash_table
from linux_image import LinuxImage
from sev_digest import sev_digest, sev_es_digest
from snp_digest import CPU_SIGNATURES, launch_digest
from test_sev_digest import KINDS, Kind

SNP = Kind("SEV-SNP", "", 4)
ALL_KINDS = (*KINDS, SNP)
CPU = "EPYC-Milan"
PAGE = 4096


@dataclass(frozen=True)
class Boot:
    """What is started."""

    kernel: bytes
    initrd: bytes | None = None
    append: str | None = None

    def table(self) -> bytes:
        """The independent table."""
        return hash_table(self.kernel, self.initrd or b"", self.append or "")


def random_boot(seed: int) -> Boot:
    """A kernel of any form, perhaps an initrd, perhaps a command line."""
    generator = random.Random(seed)
    image = LinuxImage(setup_sects=generator.choice((0, 1, 27, 255)), size=16 * generator.randrange(1, 5000),
                       version=generator.choice((0x200, 0x203, 0x204, 0x20F)), seed=seed,
                       trailer=generator.randbytes(generator.choice((0, 0, 3, 1000))))
    initrd = generator.choice((None, generator.randbytes(generator.randrange(100000))))
    letters = "abc=,'\" \\/ä€𝄞\u0301"
    text = "".join(generator.choice(letters) for _ in range(generator.randrange(200)))
    return Boot(image.build(), initrd, generator.choice((None, text)))


KERNEL = LinuxImage().build()
#: By name: those that are worth a name, and random ones.
BOOTS: dict[str, Boot] = {
    "kernel alone": Boot(KERNEL),
    "all three": Boot(KERNEL, b"initrd" * 1000, "console=ttyS0 root=/dev/vda,ro quiet"),
    "all empty": Boot(KERNEL, b"", ""),
    "Unicode": Boot(KERNEL, None, "hostname=Köln-\u6771\u4eac-\U0001F427"),
    "smallest kernel": Boot(LinuxImage(size=16).build(), b"\0", " "),
    "signed kernel": Boot(LinuxImage(trailer=b"a signature").build(), b"x" * 4095),
    **{f"random {seed}": random_boot(seed) for seed in range(8)},
}


def computed(firmware: bytes, kind: Kind, boot: Boot | None, vcpus: int) -> str:
    """The digest by the independent computation."""
    hashes = boot.table() if boot else None
    if kind is SNP:
        return launch_digest(firmware, vcpus, CPU_SIGNATURES[CPU], hashes=hashes)
    if not kind.es:
        return sev_digest(firmware, hashes or b"")
    return sev_es_digest(firmware, vcpus, CPU_SIGNATURES[CPU], init2=kind.init2, debug_swap=kind.debug_swap,
                         hashes=hashes or b"")


class Hashes:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = self.file(amd_sev().build(), ".fd")

    def file(self, contents: bytes, suffix: str = "") -> Path:
        """A file of its own with @contents."""
        handle, name = tempfile.mkstemp(suffix, dir=self.directory)
        with os.fdopen(handle, "wb") as file:
            file.write(contents)
        return Path(name)

    def options(self, kind: Kind, boot: Boot, hashes: bool = True, firmware: Path | None = None,
                vcpus: int = 1) -> list[Argument]:
        """The options of a guest."""
        properties = ",".join(filter(None, (kind.properties, "kernel-hashes=on" if hashes else "")))
        options = guest(firmware or self.firmware, properties, cpu=CPU, vcpus=vcpus,
                        kind="sev-snp-guest" if kind is SNP else "sev-guest")
        options += ["-kernel", self.file(boot.kernel, ".bzImage")]
        if boot.initrd is not None:
            options += ["-initrd", self.file(boot.initrd, ".cpio")]
        if boot.append is not None:
            options += ["-append", boot.append]
        return options

    def planned(self, options: list[Argument]) -> dict[str, object]:
        """The plan."""
        plan = json.loads(self.cgvm.run(*options, "-plan", "json").expect(0, "").stdout)
        assert isinstance(plan, dict)
        return plan

    def launched(self, kind: Kind, options: list[Argument]) -> str:
        """The digest of a launch: what the firmware says must be what cgvm says."""
        report = self.file(b"")
        run = self.cgvm.run(*simulated(report=report), *options).expect(0)
        match = re.fullmatch(r"cgvm: launched sev0: measurement ([0-9a-f]+) \(simulated\)\n", run.stderr)
        expect(match and not run.stdout, run)
        assert match
        name = "sev-snp" if kind is SNP else "sev-es" if kind.es else "sev"
        expect_equal(report.read_text("utf-8").split(), [name, match[1], "simulated"],
                     "what the firmware has computed")
        return match[1]

    def compare(self, kind: Kind, boot: Boot, vcpus: int = 1, firmware: Firmware | None = None) -> None:
        """All are alike, and the measured pages are as many as there are."""
        contents = (firmware or amd_sev()).build()
        options = self.options(kind, boot, firmware=self.file(contents, ".fd"), vcpus=vcpus)
        expected = computed(contents, kind, boot, vcpus)
        plan = self.planned(options)
        expect_equal(plan["digest"], expected, "the plan's digest")
        expect_equal(plan["unmeasured"], [], "what is not measured")
        expect_equal(self.launched(kind, options), expected, "the launch's digest")
        pages = len(contents) // PAGE + (vcpus if kind.es or kind is SNP else 0)
        if kind is SNP:
            pages += sum(size for _, size, _ in ALL_SECTIONS) // PAGE
        else:
            pages += 1
        expect_equal(plan["measured-pages"], pages, "the number of pages")

    def shown(self, kind: Kind) -> None:
        """The plan shows what is hashed, the table where it goes, and people can read it."""
        boot = BOOTS["all three"]
        options = self.options(kind, boot)
        plan = json.loads(self.cgvm.run(*options, "-plan", "json").expect(0, "").stdout)
        assert boot.initrd and boot.append
        expected = {
            "kernel-file": Path(str(options[options.index("-kernel") + 1])).name,
            "kernel": hashlib.sha256(boot.kernel).hexdigest(),
            "initrd-file": Path(str(options[options.index("-initrd") + 1])).name,
            "initrd": hashlib.sha256(boot.initrd).hexdigest(),
            "append": boot.append,
            "cmdline": hashlib.sha256(boot.append.encode() + b"\0").hexdigest(),
        }
        expect_equal(plan["parameters"]["kernel-hashes"], expected, "the parameters")
        found = [(number, item) for number, item in enumerate(plan["ranges"]) if "hashes" in item["origin"]]
        expect_equal(len(found), 1, "the number of ranges for hashes")
        number, item = found[0]
        table = boot.table() if kind is not SNP else (bytes(0xC00) + boot.table()).ljust(PAGE, b"\0")
        expect_equal((item["page-type"], item["sha256"]), ("normal", hashlib.sha256(table).hexdigest()), "its range")
        where = (6, 0x810000, PAGE) if kind is SNP else (1, 0x810C00, SIZE)
        expect_equal((number, item["gpa"], item["size"]), where, "its place")
        text = self.cgvm.run(*options, "-plan", "text").expect(0, "").stdout
        for name, value in expected.items():
            expect(re.search(rf"^    {name} +{re.escape(value)}$", text, re.M), f"no {name} in\n{text}")

    def changes(self, kind: Kind) -> None:
        """A byte of any of them changes the digest, and so does where the hashes are left out."""
        boot = BOOTS["all three"]
        assert boot.initrd and boot.append
        middle = len(boot.kernel) // 2
        others = [
            replace(boot, kernel=boot.kernel[:middle] + bytes([boot.kernel[middle] ^ 1]) + boot.kernel[middle + 1:]),
            replace(boot, kernel=boot.kernel[:100] + bytes([boot.kernel[100] ^ 0x80]) + boot.kernel[101:]),
            replace(boot, kernel=boot.kernel + b"\0"),
            replace(boot, initrd=boot.initrd[:-1] + b"D"),
            replace(boot, initrd=b""),
            replace(boot, append=boot.append + " "),
            replace(boot, append=""),
        ]
        digests = [self.launched(kind, self.options(kind, one)) for one in (boot, *others)]
        digests.append(self.launched(kind, self.options(kind, boot, hashes=False)))
        expect_equal(len(set(digests)), len(digests), "the number of different digests")

    def nothing_is_nothing(self, kind: Kind) -> None:
        """An initrd and a command line that are empty are none."""
        digests = {self.planned(self.options(kind, boot))["digest"]
                   for boot in (Boot(KERNEL), Boot(KERNEL, b""), Boot(KERNEL, None, ""), Boot(KERNEL, b"", ""))}
        expect_equal(len(digests), 1, "the number of digests")

    def unmeasured(self, kind: Kind) -> None:
        """Without hashes the kernel is allowed, changes no digest, and the plan says so."""
        options = self.options(kind, BOOTS["all three"], hashes=False)
        plan = self.planned(options)
        name = Path(str(options[options.index("-kernel") + 1])).name
        note = f"kernel '{name}', its initrd and its command line; 'kernel-hashes' is off"
        expect_equal(plan["unmeasured"], [note], "what is not measured")
        assert isinstance(plan["parameters"], dict)
        expect("kernel-hashes" not in plan["parameters"], plan["parameters"])
        expected = computed(self.firmware.read_bytes(), kind, None, 1)
        expect_equal(plan["digest"], expected, "the plan's digest")
        expect_equal(self.launched(kind, options), expected, "the launch's digest")
        text = self.cgvm.run(*options, "-plan", "text").expect(0, "").stdout
        expect(f"\nnot measured: {note}\n" in text, text)

    def sparse_initrd(self) -> None:
        """One of hundreds of MiB is hashed as any other."""
        size = 300 << 20
        state = hashlib.sha256()
        for _ in range(size >> 20):
            state.update(bytes(1 << 20))
        options = [*self.options(KINDS[0], Boot(KERNEL, b"")), "-m", "512"]
        with open(options[options.index("-initrd") + 1], "wb") as file:
            file.truncate(size)
        plan = self.planned(options)
        assert isinstance(plan["parameters"], dict)
        expect_equal(plan["parameters"]["kernel-hashes"]["initrd"], state.hexdigest(), "its digest")

    def tests(self) -> list[Test]:
        """All of them."""
        tests = [Test(f"{kind.name}, {name}", partial(self.compare, kind, boot))
                 for kind in ALL_KINDS for name, boot in BOOTS.items()]
        for kind in (KINDS[0], KINDS[3], SNP):
            tests += [Test(f"{kind.name}: {body.__name__}", partial(body, kind))
                      for body in (self.shown, self.changes, self.nothing_is_nothing, self.unmeasured)]
            tests.append(Test(f"{kind.name}, 5 vCPUs", partial(self.compare, kind, BOOTS["all three"], 5)))
            for offset in (0, 0x10, PAGE - SIZE):
                image = amd_sev((0x810000 + offset, SIZE))
                tests.append(Test(f"{kind.name}, table at +{offset:#x}",
                                  partial(self.compare, kind, BOOTS["all three"], 1, image)))
        image = amd_sev((0x810008, SIZE))
        tests.append(Test("SEV-SNP, table at +0x8", partial(self.compare, SNP, BOOTS["all three"], 1, image)))
        return [*tests, Test("an initrd of 300 MiB", self.sparse_initrd)]


#: The page of the table comes first, and the order of the metadata counts.
REORDERED: tuple[Section, ...] = tuple(sorted(ALL_SECTIONS, key=lambda one: one[2] != SECTION_KERNEL_HASHES))


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        hashes = Hashes(Cgvm(sys.argv[1]), Path(name))
        reordered = partial(hashes.compare, SNP, BOOTS["all three"], 1, amd_sev(sections=REORDERED))
        return run_tests([*hashes.tests(), Test("SEV-SNP, the table's page first", reordered)])


if __name__ == "__main__":
    sys.exit(main())
