#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every call that the launch of an SEV-SNP guest makes, and their order. Prints TAP.

    test_trace.py CGVM [--update]

traces/*.trace are golden files; --update writes them anew: read the difference before you commit it. The
order is checked a second time, independently of them, against that of QEMU 10.0: the kernel accepts others
too, but that one is known to work with every version of it.
"""

from __future__ import annotations

import argparse
import base64
import difflib
import json
import os
import re
import sys
import tempfile
from collections.abc import Container
from functools import partial
from pathlib import Path

import snp_digest
from firmware import Firmware, Section, amd_sev
from harness import (HERE, LICENCE, Argument, Cgvm, Skipped, Test, expect, expect_equal, guest, run_tests,
                     simulated)
from id_block import IdBlock, Key, authenticate, openssl_is_missing
from linux_image import LinuxImage
from test_digest import INSTALLED

TRACES = HERE / "traces"
PAGE_TYPES = {snp_digest.SECTION_SECRETS: "SECRETS", snp_digest.SECTION_CPUID: "CPUID"}

Steps = tuple[tuple[str, str], ...]


def encoded(blob: bytes) -> str:
    """@blob as a property takes it."""
    return base64.b64encode(blob).decode()


#: The steps of a launch: their names and the lines that they consist of. All lines of a step come after all
#: lines of the steps before it.
STEPS: Steps = (
    ("KVM is opened", r"open /dev/kvm = kvm"),
    ("KVM has VMs of type 4", r"ioctl kvm KVM_CHECK_EXTENSION VM_TYPES = \d+"),
    ("the VM is created", r"ioctl kvm KVM_CREATE_VM type=4 = vm0"),
    ("the secure processor is opened", r"open /dev/sev = sev"),
    ("PLATFORM_STATUS", r"ioctl sev SEV_ISSUE_CMD PLATFORM_STATUS = 0 .*"),
    ("INIT2", r"ioctl vm0 KVM_MEMORY_ENCRYPT_OP INIT2 .* = 0"),
    ("page conversion exits", r"ioctl vm0 KVM_ENABLE_CAP EXIT_HYPERCALL args=\{0x1000\} = 0"),
    ("SNP_LAUNCH_START", r"ioctl vm0 KVM_MEMORY_ENCRYPT_OP SNP_LAUNCH_START .* fd=sev = 0"),
    ("the interrupt controller is created", r"ioctl vm0 KVM_CREATE_IRQCHIP = 0"),
    ("private memory is created", r"ioctl vm0 KVM_CREATE_GUEST_MEMFD .* = gmem\d"),
    ("vCPUs are created", r"ioctl vm0 KVM_CREATE_VCPU id=\d+ = vcpu\d+"),
    ("memory is mapped", r"ioctl vm0 KVM_SET_USER_MEMORY_REGION2 slot=\d .*flags=GUEST_MEMFD .* = 0"),
    ("registers are set", r"ioctl vcpu\d+ KVM_SET_(SREGS|REGS|FPU|MSRS|XCRS) .*"),
    ("SNP_LAUNCH_UPDATE", r"ioctl vm0 KVM_MEMORY_ENCRYPT_OP SNP_LAUNCH_UPDATE .* fd=sev = 0"),
    ("SNP_LAUNCH_FINISH", r"ioctl vm0 KVM_MEMORY_ENCRYPT_OP SNP_LAUNCH_FINISH .* fd=sev = 0"),
    ("everything is closed", r"(close \S+|munmap \d+) = 0"),
)
ONCE = {"KVM is opened", "the VM is created", "the secure processor is opened", "PLATFORM_STATUS", "INIT2",
        "page conversion exits", "SNP_LAUNCH_START", "the interrupt controller is created",
        "SNP_LAUNCH_FINISH"}
UPDATE = re.compile(r"ioctl vm0 KVM_MEMORY_ENCRYPT_OP SNP_LAUNCH_UPDATE gfn=(0x[0-9a-f]+) len=(0x[0-9a-f]+) "
                    r"type=(\w+) fd=sev = 0")
MEMFD = re.compile(r"ioctl vm0 KVM_CREATE_GUEST_MEMFD (size=\S+) flags=0 = (gmem\d)")
MEMORY = re.compile(r"ioctl vm0 KVM_SET_USER_MEMORY_REGION2 slot=\d flags=GUEST_MEMFD (gpa=\S+ (size=\S+)) "
                    r"(gmem\d)\+0 = 0")


def private(range_: str) -> str:
    """The line that makes a range of guest memory private."""
    return f"ioctl vm0 KVM_SET_MEMORY_ATTRIBUTES {range_} PRIVATE = 0"


def check_steps(lines: list[str], steps: Steps = STEPS, once: Container[str] = frozenset(ONCE)) -> None:
    """The steps come in order, and each comes."""
    before, end = "the start", -1
    for name, pattern in steps:
        found = [number for number, line in enumerate(lines) if re.fullmatch(pattern, line)]
        expect(found, f"{name}: no line is {pattern}")
        expect(found[0] > end, f"{name}: line {found[0] + 1} comes before the end of: {before}\n"
                               f"{lines[found[0]]}")
        expect(len(found) == 1 or name not in once, f"{name}: happens {len(found)} times")
        before, end = name, found[-1]


def check_vcpus(lines: list[str], vcpus: int, asks_cpuid: bool = True) -> None:
    """Each vCPU gets its CPUID when it is created and all its registers before memory is launched."""
    for index in range(vcpus):
        created = lines.index(f"ioctl vm0 KVM_CREATE_VCPU id={index} = vcpu{index}")
        mine = [line.split()[2] for line in lines if line.startswith(f"ioctl vcpu{index} ")]
        # The CPUID page is made of the first one's.
        asked = ["KVM_GET_CPUID2"] if index == 0 and asks_cpuid else []
        expect_equal(mine, ["KVM_SET_CPUID2", "KVM_GET_SREGS", "KVM_SET_SREGS", "KVM_SET_REGS", "KVM_SET_FPU",
                            "KVM_SET_MSRS", "KVM_SET_XCRS", *asked], f"the calls of vCPU {index}")
        expect(lines[created + 2].startswith(f"ioctl vcpu{index} KVM_SET_CPUID2 "), lines[created + 2])
    expect(f"id={vcpus} " not in "\n".join(lines), "there are more vCPUs")


def check_memory(lines: list[str], size: int, sections: list[Section]) -> None:
    """Memory becomes private when it is mapped, and again before it is launched in the order of the image."""
    launched: list[tuple[int, int, str]] = []
    created = [found.groups() for found in map(MEMFD.fullmatch, lines) if found]
    expect_equal([found.groups()[1:] for found in map(MEMORY.fullmatch, lines) if found], created,
                 "what is mapped")
    for number, line in enumerate(lines):
        mapped, update = MEMORY.fullmatch(line), UPDATE.fullmatch(line)
        if mapped:
            expect_equal(lines[number + 1], private(mapped[1]), "what follows mapping it")
        if update:
            gpa = int(update[1], 16) * snp_digest.PAGE
            launched.append((gpa, int(update[2], 16), update[3]))
            expect_equal(lines[number - 1], private(f"gpa={gpa:#x} size={update[2]}"),
                         "what precedes launching it")
    expect_equal(launched, [(snp_digest.FOUR_GIB - size, size, "NORMAL"),
                            *((gpa, length, PAGE_TYPES.get(kind, "ZERO")) for gpa, length, kind in sections)],
                 "what is launched")


def check_closed(lines: list[str]) -> None:
    """Whatever was opened is closed, and nothing else happens after the launch."""
    opened = sorted(line.rsplit(" ", 1)[1] for line in lines
                    if line.startswith("open ") or re.search(r" KVM_CREATE_(VM|VCPU|GUEST_MEMFD) ", line))
    closed = sorted(line.split()[1] for line in lines if line.startswith("close "))
    expect_equal(closed, opened, "what is closed")
    last = [line for line in lines if " LAUNCH_FINISH " in line or " SNP_LAUNCH_FINISH " in line][0]
    after = lines[lines.index(last) + 1:]
    expect(all(re.fullmatch(STEPS[-1][1], line) for line in after), "\n".join(after))


class Traces:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path, update: bool) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.update = update
        self.synthetic = directory / "all-sections.fd"
        self.synthetic.write_bytes(Firmware().build())

    def trace(self, firmware: Path | None, vcpus: int, properties: str = "", kind: str = "sev-snp-guest",
              more: tuple[Argument, ...] = (), host: str = "") -> str:
        """The trace of a launch. @host: properties of the simulated one."""
        # Tests run at the same time, some of them with the same guest.
        handle, name = tempfile.mkstemp(dir=self.directory)
        os.close(handle)
        path = Path(name)
        accel, options = simulated(trace=path)
        self.cgvm.run(accel, f"{options}{host}", *guest(firmware, properties, kind=kind, vcpus=vcpus),
                      *more).expect(0)
        return path.read_text("utf-8")

    def compare(self, name: str, vcpus: int, properties: str = "", kind: str = "sev-snp-guest") -> None:
        """A launch is as it was when the golden file was written."""
        self.check_golden(name, self.trace(self.synthetic, vcpus, properties, kind))

    def compare_hashes(self, name: str, properties: str, kind: str) -> None:
        """The same for a launch with kernel hashes. What is hashed shows in no call."""
        firmware, kernel = self.directory / f"{name}.fd", self.directory / f"{name}.bzImage"
        firmware.write_bytes(amd_sev().build())
        kernel.write_bytes(LinuxImage().build())
        properties = ",".join(filter(None, (properties, "kernel-hashes=on")))
        self.check_golden(name, self.trace(firmware, 1, properties, kind, ("-kernel", kernel)))

    def compare_direct(self, name: str, vcpus: int, properties: str) -> None:
        """The same for a kernel without a firmware."""
        files = {"-kernel": LinuxImage(size=50000, xloadflags=1).build(), "-initrd": bytes(10000)}
        options: list[Argument] = []
        for option, contents in files.items():
            path = self.directory / f"{name}{option}"
            path.write_bytes(contents)
            options += [option, path]
        self.check_golden(name, self.trace(None, vcpus, properties, "sev-guest", (*options, "-append", "quiet")))

    def compare_parameters(self, name: str) -> None:
        """The same for a launch with all that can be given to it. Keys and signatures show in no call."""
        if openssl_is_missing():
            raise Skipped("there is no command openssl to sign an ID block with")
        properties = ("policy=smt+debug,debug-swap=on,secure-tsc=on,tsc-frequency=2000000000,vcek-disabled=on,"
                      f"host-data={encoded(bytes(range(32)))},"
                      f"guest-visible-workarounds={encoded(bytes(range(16)))}")
        planned = self.cgvm.run("-plan", "json", *guest(self.synthetic, properties)).expect(0).stdout
        block = IdBlock(json.loads(planned)["digest"], policy=0xB0000).pack()
        key = Key.generate(self.directory / f"{name}.pem")
        auth = authenticate(block, key, key)
        self.check_golden(name, self.trace(self.synthetic, 1, f"{properties},author-key-enabled=on,"
                                           f"id-block={encoded(block)},id-auth={encoded(auth)}",
                                           host=",secure-tsc=on"))

    def check_golden(self, name: str, trace: str) -> None:
        """Compares @trace with the golden file @name, or writes that."""
        golden = TRACES / f"{name}.trace"
        text = LICENCE + trace
        if self.update:
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(text, "utf-8")
        lines = golden.read_text("utf-8").splitlines()
        difference = difflib.unified_diff(lines, text.splitlines(), golden.name, "is now", lineterm="")
        expect(text.splitlines() == lines, "\n".join(difference))

    def check_order(self, firmware: Path, vcpus: int) -> None:
        """A launch is in QEMU's order."""
        if not firmware.exists():
            raise Skipped(f"no {firmware}")
        contents = firmware.read_bytes()
        sections = snp_digest.metadata_sections(contents, snp_digest.table_entries(contents))
        lines = self.trace(firmware, vcpus).splitlines()
        check_steps(lines)
        check_vcpus(lines, vcpus)
        check_memory(lines, len(contents), sections)
        check_closed(lines)


def main() -> int:
    """Runs the tests; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cgvm")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        traces = Traces(Cgvm(arguments.cgvm), Path(name), arguments.update)
        return run_tests([
            Test("golden trace, 1 vCPU", partial(traces.compare, "snp-1-vcpu", 1)),
            Test("golden trace, 2 vCPUs", partial(traces.compare, "snp-2-vcpus", 2)),
            Test("golden trace, kernel hashes",
                 partial(traces.compare_hashes, "snp-kernel-hashes", "", "sev-snp-guest")),
            Test("golden trace, all parameters", partial(traces.compare_parameters, "snp-parameters")),
            Test("order, 1 vCPU", partial(traces.check_order, traces.synthetic, 1)),
            Test("order, 2 vCPUs", partial(traces.check_order, traces.synthetic, 2)),
            Test("order, 64 vCPUs", partial(traces.check_order, traces.synthetic, 64)),
            Test("order, installed OVMF", partial(traces.check_order, INSTALLED, 2)),
        ])


if __name__ == "__main__":
    sys.exit(main())
