#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine q35 on the simulated host: what it may be asked for, that it measures what microvm does, and what its
firmware says. Prints TAP.

    test_q35.py CGVM
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from firmware import AMD_SEV_AREA, amd_sev
from harness import Argument, Cgvm, Test, expect, expect_equal, guest, run_tests
from kernel_hashes import hash_table
from linux_image import LinuxImage

#: What -machine may say of q35, and what it may not, with words of the message.
RIGHT = ("smm=off", "vmport=off", "hpet=off", "i8042=off", "sata=off", "smbus=off", "usb=off", "graphics=off", "acpi=on",
         "pit=on", "pic=on", "kernel_irqchip=on", "fd-bootchk=on", "default-bus-bypass-iommu=off")
WRONG = (("smm=on", "no system management mode"), ("hpet=on", "no HPET"), ("i8042=on", "no keyboard controller"),
         ("sata=on", "no disks"), ("acpi=off", "'acpi' can only be 'on'"), ("pit=off", "'pit' can only be 'on'"),
         ("kernel_irqchip=split", "can only be 'on'"), ("pflash0=code", "give the image with -bios"))


def spell(text: str) -> str:
    """A script whose guest writes @text to the debug port."""
    return "+".join(f"out:0x402:{byte:#x}" for byte in text.encode())


class Q35:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = directory / "ovmf.fd"
        self.firmware.write_bytes(amd_sev().build())

    def plain(self, *argv: Argument, **accel: object) -> list[Argument]:
        """A plain guest on the simulated host."""
        properties = "".join(f",{name}={value}" for name, value in accel.items())
        return ["-accel", f"sim{properties}", "-bios", self.firmware, *argv]

    def properties(self) -> None:
        """What q35 is may be said, and nothing else."""
        self.cgvm.run(*self.plain("-M", ",".join(("q35", *RIGHT)), run="off")).expect(0, "")
        for value, words in WRONG:
            run = self.cgvm.run(*self.plain("-M", f"q35,{value}", run="off")).expect(1)
            expect(words in run.stderr, run)
        run = self.cgvm.run(*self.plain("-M", "microvm,acpi=on", run="off")).expect(1)
        expect("'acpi' can only be 'off', not 'on'" in run.stderr, run)

    def same_digest(self, kind: str, properties: str) -> None:
        """The machine is not measured: firmware and registers are."""
        digests = []
        for machine in ("microvm", "q35"):
            argv = [*guest(self.firmware, properties, kind=kind, vcpus=2), "-machine", machine]
            plan = json.loads(self.cgvm.run("-plan", "json", *argv).expect(0).stdout)
            report = self.directory / f"{machine}-{kind}-{properties}"
            self.cgvm.run("-accel", f"sim,run=off,report={report}", *argv).expect(0)
            expect(plan["digest"] in report.read_text("utf-8"), f"{machine}: the host measured something else")
            digests.append(plan["digest"])
        expect_equal(digests[0], digests[1], "the digests")

    def memory(self) -> None:
        """Low memory ends below ECAM, at a whole GiB if there is more."""
        for size, blocks in (("512", {0: 0x20000000}), ("2816", {0: 0xb0000000}),
                             ("2817", {0: 0x80000000, 0x100000000: 0x30100000}),
                             ("5G", {0: 0x80000000, 0x100000000: 0xc0000000})):
            trace = self.directory / "memory.trace"
            self.cgvm.run(*self.plain("-M", "q35", "-m", size, run="off", trace=trace)).expect(0)
            text = trace.read_text("utf-8")
            for gpa, length in blocks.items():
                expect(f"flags=0 gpa={gpa:#x} size={length:#x} ".replace("0x0 ", "0 ") in text, f"{size}: {text}")
            expect("flags=READONLY gpa=" in text and "KVM_CREATE_PIT2" in text, text)

    def debugcon(self) -> None:
        """-debugcon gets every byte."""
        said = self.directory / "said"
        script = spell("SEC\nPEI") + "+out:0xf4:1"
        self.cgvm.run(*self.plain("-M", "q35", "-debugcon", f"file:{said}", "-global", "isa-debugcon.iobase=0x402",
                                  script=script)).expect(3, "")
        expect_equal(said.read_text("utf-8"), "SEC\nPEI", "the file")
        run = self.cgvm.run(*self.plain("-M", "q35", "-debugcon", "stdio", script=script)).expect(3, "")
        expect_equal(run.stdout, "SEC\nPEI", "stdout")
        run = self.cgvm.run(*self.plain("-M", "q35", "-debugcon", "null", script=script)).expect(3, "")
        expect_equal(run.stdout, "", "stdout")

    def bad_debugcon(self) -> None:
        """What -debugcon refuses."""
        for argv, words in ((["pty"], "'pty' is not supported; use file:PATH, stdio or null"), (["file:"], "'file:'"),
                            (["file:/nonexistent/log"], "cannot open '/nonexistent/log': No such file or directory"),
                            (["stdio", "-debugcon", "null"], "one debug port")):
            run = self.cgvm.run(*self.plain("-M", "q35", "-debugcon", *argv)).expect(1)
            expect(words in run.stderr, run)
        run = self.cgvm.run(*self.plain("-M", "q35", "-debugcon", "stdio", "-qmp", "stdio")).expect(1)
        expect("standard output is taken by -debugcon stdio" in run.stderr, run)
        run = self.cgvm.run(*self.plain("-global", "isa-debugcon.iobase=0xe9")).expect(1)
        expect("no devices to configure" in run.stderr, run)

    def last_words(self, machine: str) -> None:
        """When a guest dies, the message has what its firmware said last."""
        run = self.cgvm.run(*self.plain("-M", machine, script=spell("one\ntwo\n\033[2JASSERT") + "+shutdown")).expect(1)
        expect(run.stderr.endswith("; the firmware's last words were: one / two /  [2JASSERT\n"), run)
        run = self.cgvm.run(*self.plain("-M", machine, script="shutdown")).expect(1)
        expect("last words" not in run.stderr, run)

    def memory_of(self, machine: str, properties: str, *argv: Argument) -> bytes:
        """What a plain guest has in memory before it runs, up to the end of the area for hashes."""
        path = self.directory / f"{machine}.ram"
        path.unlink(missing_ok=True)
        path.touch()
        self.cgvm.run(*self.plain("-M", f"{machine},memory-backend=ram{properties}", *argv, run="off"), "-object",
                      f"memory-backend-file,id=ram,size=64M,share=on,mem-path={path}").expect(0, "")
        with path.open("rb") as file:
            return file.read(AMD_SEV_AREA[0] + AMD_SEV_AREA[1])

    def kernel_hashes(self, machine: str, hole: int) -> None:
        """A plain guest has the table of kernel hashes where there is a place for it: in the file, @hole bytes before
        its address."""
        kernel, initrd = (self.directory / f"{machine}.{name}" for name in ("bzImage", "initrd"))
        kernel.write_bytes(LinuxImage().build())
        initrd.write_bytes(b"an initrd")
        boot: list[Argument] = ["-kernel", kernel, "-initrd", initrd, "-append", "quiet"]
        right = hash_table(kernel.read_bytes(), b"an initrd", "quiet")
        for properties in ("", ",kernel-hashes=auto", ",kernel-hashes=on"):
            memory = self.memory_of(machine, properties, *boot)
            expect_equal(memory.find(right), AMD_SEV_AREA[0] - hole, f"the place of the table with '{properties}'")
        for properties, argv in ((",kernel-hashes=off", boot), ("", [])):
            expect(right[:16] not in self.memory_of(machine, properties, *argv), f"there is a table with '{properties}'")

    def kernel_hashes_refused(self) -> None:
        """What is asked for and cannot be."""
        kernel, other = self.directory / "kernel", self.directory / "other.fd"
        kernel.write_bytes(LinuxImage().build())
        other.write_bytes(amd_sev(None).build())
        protected = ["-object", "sev-guest,id=sev0", "-machine", "confidential-guest-support=sev0"]
        for argv, words in (
                (self.plain(run="off"), "there is no kernel to hash"),
                (["-kernel", kernel, *self.plain(run="off"), "-bios", other], "'kernel-hashes' is on, but the firmware"),
                (["-kernel", kernel, *self.plain(run="off"), *protected], "set it on sev-guest 'sev0'")):
            run = self.cgvm.run("-M", "q35,kernel-hashes=on", *argv).expect(1)
            expect(words in run.stderr, run)
        self.cgvm.run("-M", "q35", "-kernel", kernel, *self.plain(run="off"), "-bios", other).expect(0, "")

    def named(self) -> None:
        """-bios takes a word that a descriptor knows, if its image is for such a guest."""
        folder = self.directory / "config" / "qemu" / "firmware"
        folder.mkdir(parents=True)
        (folder / "10-test-wibble.json").write_text(json.dumps({
            "mapping": {"device": "memory", "filename": str(self.firmware)}, "features": ["amd-sev", "amd-sev-es"],
            "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}]}), "utf-8")
        for properties in ("", "policy=5"):
            by_name = guest("wibble", properties, kind="sev-guest")
            by_path = guest(self.firmware, properties, kind="sev-guest")
            plans = [self.cgvm.run("-plan", "text", *argv).expect(0).stdout for argv in (by_name, by_path)]
            expect_equal(plans[0], plans[1], "the plan of a firmware by name")
        self.cgvm.run("-machine", "microvm", "-bios", "wibble", "-accel", "sim,run=off").expect(0, "")
        run = self.cgvm.run("-plan", "text", *guest("wibble")).expect(1)
        expect(f"(10-test-wibble.json: '{self.firmware}' has no feature amd-sev-snp)" in run.stderr, run)
        run = self.cgvm.run("-plan", "text", *guest("wobble")).expect(1)
        expect(run.stderr.startswith("cgvm: -bios: there is no file 'wobble', and no firmware of that name for this "
                                     "guest; "), run)
        run = self.cgvm.run("-plan", "text", *guest("./wibble")).expect(1)
        expect("'./wibble'" in run.stderr and "No such file" in run.stderr, run)

    def uuid(self) -> None:
        """A UUID that is none is refused, by the library as well as by the command line."""
        run = self.cgvm.run(*self.plain("-M", "q35,uuid=1234", run="off")).expect(1)
        expect("'1234' is not a UUID" in run.stderr, run)

    def tests(self) -> list[Test]:
        """All of them, with their names."""
        same = [Test(f"{kind} {properties} measures as on microvm", partial(self.same_digest, kind, properties))
                for kind, properties in (("sev-guest", ""), ("sev-guest", "policy=5"), ("sev-snp-guest", ""))]
        return [Test("properties", self.properties), *same, Test("memory", self.memory), Test("-debugcon", self.debugcon),
                Test("-debugcon refused", self.bad_debugcon),
                Test("last words on q35", partial(self.last_words, "q35")),
                Test("last words on microvm", partial(self.last_words, "microvm")),
                Test("kernel hashes on q35", partial(self.kernel_hashes, "q35", 0)),
                Test("kernel hashes on microvm", partial(self.kernel_hashes, "microvm", self.firmware.stat().st_size)),
                Test("kernel hashes refused", self.kernel_hashes_refused), Test("-bios takes a name", self.named),
                Test("wrong UUID", self.uuid)]


def main() -> int:
    """Returns the exit status."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["XDG_CONFIG_HOME"] = f"{directory}/config"
        return run_tests(Q35(Cgvm(sys.argv[1]), Path(directory)).tests())


if __name__ == "__main__":
    sys.exit(main())
