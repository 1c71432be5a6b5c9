#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""cgctl measure: digests of random guests compared with a second computation, what explains one, and whatever gets
none. Prints TAP.

    test_cgctl_measure.py CGCTL CGVM

The images are made here; $CGVM_OVMF_DEB12 and $CGVM_OVMF_DEB13 join them if they are set.
"""

from __future__ import annotations

import base64
import json
import os
import random
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from firmware import Firmware, amd_sev, entry
from harness import Argument, Cgvm, Test, expect, expect_equal, guest as cgvm_guest, run_tests
from kernel_hashes import hash_table
from linux_image import LinuxImage
from measure_digest import MODES, SVSM_INFO, Guest
from snp_digest import CPU_SIGNATURES, PAGE, cpu_signature

GUESTS = 300
SEED = 20
#: From an independent program, of Debian 12's OVMF.fd.
PUBLISHED = {
    (1, "EPYC"): "11570979c77a0adb515761a702527c8b9e11554e730552621d950988613a3a75c6ff1703f540bd22a9beede8fe7a97e3",
    (3, "EPYC-Genoa"): "701acdbbb66506d0ea9e56a70dcca699a0dba57506ba2b7e65cc9746bf072077222bf5c2a87a4e99a8fce86df915305f",
}
TEXTS = ("", "console=ttyS0", "root=/dev/vda1 ro quiet\n", "naïve=ünïcödé 漢字 🔒", "a,b,,c=d", " ", "x" * 4000)


@dataclass(frozen=True)
class Case:
    """A guest, and the options that say so."""

    mode: str
    guest: Guest
    options: tuple[Argument, ...]


class Maker:
    """Makes random guests, with their files in a folder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.random = random.Random(SEED)
        self.installed = [Path(path) for name in ("CGVM_OVMF_DEB12", "CGVM_OVMF_DEB13")
                          if (path := os.environ.get(name))]
        self.count = 0

    def file(self, suffix: str, contents: bytes) -> Path:
        """A new file."""
        self.count += 1
        path = self.directory / f"{self.count}.{suffix}"
        path.write_bytes(contents)
        return path

    def firmware(self, with_hashes: bool) -> bytes:
        """An image, with a few bytes of it changed."""
        if self.installed and not with_hashes and self.random.random() < 0.1:
            return self.random.choice(self.installed).read_bytes()
        size = self.random.choice((4, 5, 16, 64)) * PAGE
        image = bytearray((amd_sev(size=size) if with_hashes else Firmware(size=size)).build())
        for _ in range(self.random.randrange(4)):
            image[self.random.randrange(3 * PAGE)] = self.random.randrange(256)
        return bytes(image)

    def cpu(self) -> tuple[int, tuple[Argument, ...]]:
        """A signature and the options for it."""
        kind = self.random.randrange(3)
        if kind == 0:
            name = self.random.choice(sorted(CPU_SIGNATURES))
            return CPU_SIGNATURES[name], ("--vcpu-type", name)
        if kind == 1:
            signature = self.random.randrange(1 << 28)
            return signature, (f"--vcpu-sig={signature:#x}", "--vcpu-type", "EPYC")
        numbers = self.random.randrange(6, 40), self.random.randrange(256), self.random.randrange(16)
        return cpu_signature(*numbers), ("--vcpu-family", str(numbers[0]), "--vcpu-model", str(numbers[1]),
                                         "--vcpu-stepping", str(numbers[2]))

    def kernel(self) -> tuple[bytes, tuple[Argument, ...]]:
        """The table of kernel hashes and the options for it."""
        kernel = LinuxImage(size=16 * self.random.randrange(1, 300), seed=self.random.randrange(1000)).build()
        initrd = self.random.choice((None, b"", self.random.randbytes(self.random.randrange(1, 9000))))
        append = self.random.choice((None, *TEXTS))
        options: list[Argument] = ["--kernel", self.file("bzImage", kernel)]
        if initrd is not None:
            options += ["--initrd", self.file("initrd", initrd)]
        if append is not None:
            options += ["--append", append]
        return hash_table(kernel, initrd or b"", append or ""), tuple(options)

    def svsm(self) -> tuple[Guest, tuple[Argument, ...]]:
        """The SVSM of a guest, and the options for it."""
        size = self.random.choice((8, 32)) * PAGE
        image = Firmware(size=size, reset_address=None,
                         more_entries=(entry(SVSM_INFO, self.random.randrange(size)),)).build()
        vars_size = self.random.choice((0, 1, 33)) * PAGE
        vars_option: tuple[Argument, ...] = ("--vars-size", str(vars_size))
        if self.random.random() < 0.5:
            vars_option = ("--vars-file", self.file("vars", bytes(vars_size)))
        return Guest(b"", svsm=image, vars_size=vars_size), ("--svsm", self.file("svsm", image), *vars_option)

    def case(self) -> Case:
        """A random guest."""
        mode = self.random.choice(tuple(MODES))
        with_kernel = mode in ("sev", "seves", "snp") and self.random.random() < 0.5
        guest = Guest(self.firmware(with_kernel))
        options: list[Argument] = ["--mode", mode, "--ovmf", self.file("fd", guest.firmware)]
        if mode in ("seves", "snp", "snp:svsm"):
            signature, cpu = self.cpu()
            vmms = ("QEMU", "cgvm") if mode == "snp:svsm" else ("QEMU", "cgvm", "ec2", "gce")
            guest = replace(guest, vcpus=self.random.choice((1, 2, 3, 64, 200, 512)), signature=signature,
                            vmm=self.random.choice(vmms))
            options += ["--vcpus", str(guest.vcpus), *cpu, "--vmm-type", guest.vmm]
        if mode == "snp" and self.random.random() < 0.4:
            guest = replace(guest, features=self.random.choice((1, 0x21, 0x201, 0x221)))
            options += ["--guest-features", hex(guest.features)]
        if mode == "seves":
            guest = replace(guest, legacy=self.random.random() < 0.3)
            options += ["--legacy-vm-type=on"] if guest.legacy else []
        if mode == "snp:svsm":
            svsm, more = self.svsm()
            guest = replace(guest, svsm=svsm.svsm, vars_size=svsm.vars_size)
            options += more
        if with_kernel:
            hashes, more = self.kernel()
            guest = replace(guest, hashes=hashes)
            options += more
        return Case(mode, guest, tuple(options))


def compare(cgctl: Cgvm, case: Case) -> None:
    """The digest of @case is that of the second computation."""
    expect_equal(cgctl.run("measure", *case.options).expect(0, "").stdout, f"{MODES[case.mode](case.guest).hex()}\n",
                 "stdout")


@dataclass(frozen=True)
class Bench:
    """Two programs and some files."""

    cgctl: Cgvm
    cgvm: Cgvm
    directory: Path

    def digest(self, *options: Argument) -> str:
        """What is measured."""
        return self.cgctl.run("measure", *options).expect(0, "").stdout.rstrip("\n")

    def snp(self, *more: Argument, image: str = "hashes.fd") -> tuple[Argument, ...]:
        """Options of a guest with a kernel."""
        return ("--mode", "snp", "--vcpus", "2", "--vcpu-type", "EPYC-Milan", "--ovmf", self.directory / image, *more)

    def kernel(self, append: str = "quiet") -> tuple[Argument, ...]:
        """Options of that kernel."""
        return ("--kernel", self.directory / "bzImage", "--initrd", self.directory / "initrd", "--append", append)

    def formats(self) -> None:
        """hex, base64 and JSON are the same digest."""
        digest = self.digest(*self.snp())
        expect_equal(base64.b64decode(self.digest(*self.snp("--output-format", "base64"))).hex(), digest, "base64")
        described = json.loads(self.digest(*self.snp("--output-format", "json")))
        expect_equal((described["digest"], described["mode"], described["vmm-type"], len(described["plan"]["vcpus"])),
                     (digest, "snp", "qemu", 2), "JSON")
        expect_equal(json.loads(self.digest(*self.snp("--json"))), described, "JSON, in short")
        self.digest(*self.snp("--json", "--output-format", "json"))

    def pages(self) -> None:
        """The register pages are written, and not over others."""
        options = self.snp("--dump-vmsa")
        self.cgctl.run("measure", *options, cwd=self.directory).expect(0)
        pages = [(self.directory / f"vmsa{index}.bin").read_bytes() for index in range(2)]
        expect_equal([len(page) for page in pages], [PAGE, PAGE], "sizes")
        self.cgctl.run("measure", *options, cwd=self.directory).expect(1)
        self.cgctl.run("measure", *options, "--force", cwd=self.directory).expect(0)

    def ovmf_hash(self) -> None:
        """The digest can be completed from that of the image."""
        first = self.digest("--mode", "snp:ovmf-hash", "--ovmf", self.directory / "hashes.fd")
        expect_equal(self.digest(*self.snp("--snp-ovmf-hash", first)), self.digest(*self.snp()), "digest")

    def command_line(self) -> None:
        """A whole command line of cgvm gives the digest that cgvm plans."""
        for kind, properties in (("sev-guest", ""), ("sev-guest", "policy=nodbg+es"), ("sev-snp-guest", "")):
            line = cgvm_guest(self.directory / "hashes.fd", properties, kind=kind, vcpus=2)
            planned = json.loads(self.cgvm.run("-plan", "json", *line).expect(0).stdout)["digest"]
            expect_equal(self.digest("--", *line, "-m", "512", "-nographic"), planned, "digest")
            expect_equal(json.loads(self.digest("--json", "--", *line))["digest"], planned, "digest in JSON")
        run = self.cgctl.run("measure", "--", "-hda", "disk.img").expect(1)
        expect(run.stderr.startswith("cgctl: -hda disk.img: ") and not run.stdout, run)
        self.cgctl.run("measure", "--", "-bois", "x").expect(
            2, "cgctl: '-bois' is no option of cgvm; did you mean '-bios'?; cgctl measure -help shows how it is called\n")

    def verbose(self) -> None:
        """What is launched goes to stderr."""
        run = self.cgctl.run("measure", *self.snp("--verbose")).expect(0)
        expect("memory, in launch order" in run.stderr and len(run.stdout) == 97, run)

    def explains(self, other: tuple[Argument, ...], given: tuple[Argument, ...], words: str) -> None:
        """The digest of @other is explained as a change of @given."""
        expect_equal(self.digest(*given, "--explain", self.digest(*other)), words, "explanation")

    def unexplained(self) -> None:
        """A digest of something else."""
        run = self.cgctl.run("measure", *self.snp("--explain", "00" * 48)).expect(3)
        expect(not run.stdout and "variants has this digest" in run.stderr, run)

    def refused(self, options: tuple[Argument, ...], status: int, words: tuple[str, ...]) -> None:
        """No digest."""
        run = self.cgctl.run("measure", *options).expect(status)
        expect(not run.stdout and run.stderr.startswith("cgctl: ") and run.stderr.count("\n") == 1, run)
        for word in words:
            expect(word in run.stderr, f"the message should have: {word}\n{run}")


def explanations(bench: Bench) -> list[Test]:
    """Changes, one and several."""
    given, full = bench.snp(), bench.snp(*bench.kernel())
    five = ("--mode", "seves", "--vcpus", "2", "--vcpu-type", "EPYC", "--ovmf", bench.directory / "hashes.fd")
    other = bench.directory / "other.fd"
    changes: tuple[tuple[tuple[Argument, ...], tuple[Argument, ...], str], ...] = (
        (given, given, "the digest is that of these options"),
        ((*given[:3], "7", *given[4:]), given, "vcpus is 7 instead of 2"),
        ((*given[:5], "EPYC-Rome", *given[6:]), given, "vcpu-type is EPYC-Rome"),
        ((*given[:3], "1", "--vcpu-type", "EPYC-Genoa", *given[6:]), given,
         "vcpus is 1 instead of 2; vcpu-type is EPYC-Genoa"),
        (bench.snp("--guest-features", "0x21"), given, "guest-features is 0x21"),
        (bench.snp("--vmm-type", "ec2"), given, "vmm-type is ec2"),
        (bench.snp("--vmm-type", "gce"), given, "vmm-type is gce"),
        ((*given[:-1], other), given, f"ovmf is {other}"),
        (bench.snp(*bench.kernel("quiet\n")), full, "append ends in a newline"),
        (full, bench.snp(*bench.kernel("quiet\n")), "append has no newline at its end"),
        (bench.snp(*bench.kernel()[:4]), full, "there is no append"),
        (bench.snp(*bench.kernel()[:2], *bench.kernel()[4:]), full, "there is no initrd"),
        (given, full, "kernel hashes are off"),
        ((*five, "--legacy-vm-type=on"), five, "legacy-vm-type is on"),
        (five, (*five, "--legacy-vm-type=on"), "legacy-vm-type is off"),
        ((*five[:3], "9", *five[4:], "--legacy-vm-type=on"), five, "vcpus is 9 instead of 2; legacy-vm-type is on"),
    )
    return [Test(f"explained: {words}", partial(bench.explains, *change, words)) for *change, words in changes]


def refusals(bench: Bench) -> list[Test]:
    """What gets no digest, with the exit status."""
    image, stock = bench.directory / "hashes.fd", bench.directory / "stock.fd"
    base = ("--mode", "snp", "--ovmf", image)
    cases: tuple[tuple[tuple[Argument, ...], int, tuple[str, ...]], ...] = (
        ((), 2, ("--mode and --ovmf are missing",)),
        (("--mode", "snp"), 2, ("cgctl: --ovmf FILE is missing, or",)),
        (("--ovmf", image), 2, ("cgctl: --mode MODE is missing, or",)),
        (("--mode", "tdx", "--ovmf", image), 2, ("sev, seves, snp, snp:ovmf-hash or snp:svsm, not 'tdx'",)),
        (("--mode", "sev-es", "--ovmf", image), 2, ("snp:ovmf-hash or snp:svsm, not 'sev-es'",)),
        (("--mode", "snp,vcpus=1", "--ovmf", image), 2, ("not 'snp,vcpus=1'",)),
        (base, 1, ("'vcpus' is missing",)),
        ((*base, "--vcpus", "0", "--vcpu-type", "EPYC"), 1, ("'vcpus'", "from 1 to 4096")),
        ((*base, "--vcpus", "-1", "--vcpu-type", "EPYC"), 1, ("'vcpus'",)),
        ((*base, "--vcpus", "4097", "--vcpu-type", "EPYC"), 1, ("'vcpus'", "from 1 to 4096")),
        ((*base, "--vcpus", "1"), 1, ("the CPU is missing",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC-Naples"), 1, ("no CPU model 'EPYC-Naples'",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "epyc-milan"), 1, ("no CPU model 'epyc-milan'", "mean 'EPYC-Milan'?")),
        ((*base, "--vcpus", "1", "--vcpu-type", "host"), 1, ("no CPU model 'host'", "'vcpu-sig'")),
        ((*base, "--vcpus", "1", "--vcpu-family", "25"), 1, ("give all three",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--vmm-type", "xen"), 1, ("'vmm-type'", '"xen"')),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--guest-features", "0x20"), 1, ("SNPActive", "use 0x21")),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--output-format", "text"), 2, ("hex, base64 or json",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--output-format", "hex", "--json"), 2, ("--json", "hex")),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--append", "quiet"), 1, ("append", "kernel")),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--kernel", stock), 1, ("stock.fd",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--snp-ovmf-hash", "12"), 1, ("'snp-ovmf-hash'",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--svsm", image), 1, ("snp-svsm alone",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--legacy-vm-type", "on"), 1, ("mode seves alone",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--explain", "abc"), 1, ("digest",)),
        ((*base, "--vcpus", "1", "--vcpu-type", "EPYC", "--measurement", "AAAA"), 2, ("--state",)),
        ((*base, "--nonsense"), 2, ("there is no option '--nonsense'",)),
        (("--mode", "snp", "--vcpus", "1", "--vcpu-type", "EPYC", "--ovmf", stock, "--kernel",
          bench.directory / "bzImage"), 1, ("stock.fd", "kernel hashes")),
        (("--mode", "snp", "--vcpus", "1", "--vcpu-type", "EPYC", "--ovmf", bench.directory / "no-metadata.fd"), 1,
         ("no SEV metadata",)),
        (("--mode", "seves", "--vcpus", "2", "--vcpu-type", "EPYC", "--ovmf", bench.directory / "no-reset.fd"), 1,
         ("no-reset.fd", "further vCPUs")),
        (("--mode", "sev", "--ovmf", bench.directory / "odd.fd"), 1, ("odd.fd", "multiple of 4096")),
        (("--mode", "sev", "--ovmf", bench.directory / "none.fd"), 1, ("none.fd", "No such file")),
        (("--mode", "sev", "--ovmf", bench.directory), 1, ("not a regular file",)),
        (("--mode", "snp:svsm", "--vcpus", "1", "--vcpu-type", "EPYC", "--ovmf", image), 1, ("'svsm'",)),
        (("--mode", "snp:svsm", "--vcpus", "1", "--vcpu-type", "EPYC", "--ovmf", image, "--svsm", stock,
          "--vars-size", "0"), 1, ("stock.fd", "no SVSM image")),
        (("--mode", "snp:svsm", "--vcpus", "1", "--vcpu-type", "EPYC", "--ovmf", image, "--svsm", stock,
          "--vars-size", "1"), 1, ("variable store", "multiple of 4096")),
        (("--mode", "snp:svsm", "--vcpus", "1", "--vmm-type", "ec2", "--ovmf", image, "--svsm", stock,
          "--vars-size", "0"), 1, ("launches no SVSM",)),
    )
    return [Test(f"refused: {' '.join(str(option) for option in options)[:90]}", partial(bench.refused, options, *rest))
            for options, *rest in cases]


def published(bench: Bench) -> list[Test]:
    """Digests that another program has computed."""
    image = os.environ.get("CGVM_OVMF_DEB12")

    def check(vcpus: int, cpu: str, digest: str) -> None:
        expect_equal(bench.digest("--mode", "snp", "--vcpus", str(vcpus), "--vcpu-type", cpu, "--ovmf", image or ""),
                     digest, "digest")

    return [Test(f"published: {vcpus} {cpu}", partial(check, vcpus, cpu, digest))
            for (vcpus, cpu), digest in PUBLISHED.items() if image]


def write_files(directory: Path) -> None:
    """The files of all tests but the random ones."""
    for name, contents in {
        "hashes.fd": amd_sev().build(), "other.fd": amd_sev(size=5 * PAGE).build(), "stock.fd": Firmware().build(),
        "no-metadata.fd": Firmware(sections=None).build(), "no-reset.fd": Firmware(reset_address=None).build(),
        "odd.fd": bytes(4097), "bzImage": LinuxImage().build(), "initrd": b"an initrd",
    }.items():
        (directory / name).write_bytes(contents)


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as more:
        bench = Bench(Cgvm(sys.argv[1]), Cgvm(sys.argv[2]), Path(name))
        write_files(bench.directory)
        maker = Maker(Path(more))
        cases = [maker.case() for _ in range(GUESTS)]
        return run_tests([
            *(Test(f"random guest {number}: {case.mode} {case.guest.vmm} {case.guest.vcpus}",
                   partial(compare, bench.cgctl, case)) for number, case in enumerate(cases)),
            Test("formats", bench.formats), Test("register pages", bench.pages), Test("ovmf-hash", bench.ovmf_hash),
            Test("a command line of cgvm", bench.command_line), Test("verbose", bench.verbose),
            *explanations(bench), Test("unexplained", bench.unexplained), *refusals(bench), *published(bench),
        ])


if __name__ == "__main__":
    sys.exit(main())
