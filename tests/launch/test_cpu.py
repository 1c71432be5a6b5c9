#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What -cpu makes of a launch: features, refusals, and the CPUID page of SEV-SNP guests. Prints TAP.

    test_cpu.py CGVM
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from firmware import Firmware
from harness import Cgvm, Test, expect, expect_equal, guest, run_tests, simulated

LAUNCHED = re.compile(r"cgvm: launched sev0: measurement ([0-9a-f]+) \(simulated\)\n")
UPDATE = re.compile(r"SNP_LAUNCH_UPDATE .*type=CPUID")
REFUSED = ("cgvm: sev-snp-guest 'sev0': SNP_LAUNCH_UPDATE failed while launching 0x80e000-0x80efff (right.fd+0x3f0a, "
           "SEV metadata: SNP CPUID page) as cpuid pages: the firmware answered INVALID_PARAM (0x16): a parameter "
           "has a value that the firmware does not take: ")
UNKNOWN = "it gave the CPUID page back as it was, so what it objects to is not known"
AGAIN = "; the page was as the firmware had corrected it before"
ADOPT = "; or let cpuid-fixup=firmware adopt what the firmware expects"
VIRT_SSBD = "CPUID 0x80000008 EBX is 0x1302d205 instead of 0x1102d205: bit 25 (virt-ssbd) must be off"
FAULT = "SNP_LAUNCH_UPDATE/CPUID{}=INVALID_PARAM"


@dataclass(frozen=True)
class Refusal:
    """A launch that is refused: by whom, and all of the message."""

    cpu: str
    message: str
    host: str = "EPYC-Milan"
    properties: str = ""
    fault: str = ""


#: By the firmware. The first message of each is what the processor lacks.
FIRMWARE_REFUSALS: tuple[Refusal, ...] = (
    Refusal("EPYC-Milan,+virt-ssbd", f"{VIRT_SSBD}; use -cpu EPYC-Milan,-virt-ssbd{ADOPT}"),
    Refusal("host,virt-ssbd=on", f"{VIRT_SSBD}; use -cpu host,-virt-ssbd{ADOPT}"),
    Refusal("EPYC-Milan,+tsc-deadline",
            "CPUID 0x1 ECX is 0xf7fa3203 instead of 0xf6fa3203: bit 24 (tsc-deadline) must be off; use -cpu "
            f"EPYC-Milan,-tsc-deadline{ADOPT}"),
    Refusal("EPYC-Milan,+spec-ctrl,+tsc-adjust,+ssbd,-aes",
            "CPUID 0x7 index 0 EBX is 0x219c07ab instead of 0x219c07a9: bit 1 (tsc-adjust) must be off; CPUID "
            "0x7 index 0 EDX is 0x84000010 instead of 0x00000010: bit 26 (spec-ctrl), bit 31 (ssbd) must be "
            f"off; use -cpu EPYC-Milan,-aes,-tsc-adjust,-spec-ctrl,-ssbd{ADOPT}"),
    # A refusal without a correction, with and without a page that would have needed one.
    Refusal("EPYC-Milan", UNKNOWN, fault=FAULT.format("")),
    Refusal("EPYC-Milan,+virt-ssbd", UNKNOWN, properties="cpuid-fixup=firmware", fault=FAULT.format("")),
    # The corrected page is refused, too.
    Refusal("EPYC-Milan,+virt-ssbd", UNKNOWN + AGAIN, properties="cpuid-fixup=firmware",
            fault=FAULT.format(":2")),
)

#: Before the firmware is asked.
REFUSALS: tuple[Refusal, ...] = (
    Refusal("EPYC-Milan,+avx512f",
            "-cpu EPYC-Milan,+avx512f: KVM on this host does not support 'avx512f'; leave +avx512f out, or use a "
            "host that has it"),
    Refusal("EPYC-Milan-v2,+movdiri,enforce",
            "-cpu EPYC-Milan-v2,+movdiri,enforce: KVM on this host does not support 'movdiri'; leave +movdiri "
            "out, or use a host that has it", host="EPYC-Genoa"),
    Refusal("EPYC-Genoa-v1,enforce",
            "-cpu EPYC-Genoa-v1,enforce: KVM on this host does not support all of this model; add "
            "-avx512f,-avx512dq,-avx512ifma,-avx512cd,-avx512bw,-avx512vl,-avx512vbmi,-avx512vbmi2,-gfni,"
            "-avx512vnni,-avx512bitalg,-avx512-vpopcntdq,-la57,-avx512-bf16,-auto-ibrs, or leave 'enforce' out "
            "to go without"),
    Refusal("EPYC-Milan-v1,-xsave,+xsaves",
            "-cpu EPYC-Milan-v1,-xsave,+xsaves: 'xsaves' does nothing without 'xsave'; turn that on, too"),
)

#: CPUs that must be launched, and the host.
LAUNCHES: tuple[tuple[str, str], ...] = (
    ("EPYC-Milan-v1,enforce", "EPYC-Milan"),
    ("EPYC-Milan-v2,enforce", "EPYC-Genoa"),
    ("EPYC-Genoa-v1,enforce", "EPYC-Genoa"),
    ("EPYC-Genoa", "EPYC-Milan"),
    ("EPYC-Turin", "EPYC-Turin"),
    ("EPYC-v3", "EPYC-Turin"),
    ("host,-avx512f,-pku", "EPYC-Genoa"),
    ("host,migratable=on,check=on", "EPYC-Genoa"),
    ("EPYC-Genoa,-xsave", "EPYC-Genoa"),
    ("EPYC-Milan,-topoext,-la57", "EPYC-Milan"),
)


class Cpus:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = directory / "right.fd"
        self.firmware.write_bytes(Firmware().build())

    def launch(self, cpu: str | None, properties: str = "", kind: str = "sev-snp-guest", **accel: object) -> str:
        """The measurement of a launch that works."""
        run = self.cgvm.run(*guest(self.firmware, properties, kind=kind, cpu=cpu), *simulated(**accel)).expect(0)
        match = LAUNCHED.fullmatch(run.stderr)
        expect(match, run)
        assert match
        return match[1]

    def refused(self, refusal: Refusal, before: str) -> None:
        """A launch that is refused with this message and no other."""
        accel = {"model": refusal.host, **({"fault": refusal.fault} if refusal.fault else {})}
        self.cgvm.run(*guest(self.firmware, refusal.properties, cpu=refusal.cpu), *simulated(**accel)).expect(
            1, f"{before}{refusal.message}\n")

    def launched(self, cpu: str, host: str) -> None:
        """A launch that works; what is measured depends on the model alone."""
        measurement = self.launch(cpu, model=host)
        model = re.sub(r"-v\d+$", "", cpu.split(",", maxsplit=1)[0])
        expect_equal(measurement, self.launch(model, model=host), "the measurement")

    def adopted(self) -> None:
        """cpuid-fixup=firmware launches the corrected page, once, at the same place."""
        trace = self.directory / "adopted.trace"
        measurement = self.launch("EPYC-Milan,+virt-ssbd,+tsc-deadline", "cpuid-fixup=firmware", trace=trace)
        expect_equal(measurement, self.launch("EPYC-Milan"), "the measurement, in which the page is not")
        lines = trace.read_text().splitlines()
        updates = [index for index, line in enumerate(lines) if UPDATE.search(line)]
        expect_equal(len(updates), 2, f"launches of the page in {lines}")
        expect_equal(updates[1], updates[0] + 1, "the second one comes at once")
        expect("EIO" in lines[updates[0]] and lines[updates[1]].endswith(" = 0"), lines[updates[0]:updates[1] + 1])

    def not_needed(self) -> None:
        """cpuid-fixup=firmware changes nothing about a page that is right."""
        traces = [self.directory / f"{name}.trace" for name in ("refuse", "firmware")]
        for trace in traces:
            self.launch("EPYC-Milan", f"cpuid-fixup={trace.stem}", trace=trace)
        expect_equal(traces[0].read_text(), traces[1].read_text(), "the trace")

    def other_refusals(self) -> None:
        """A refusal of the second attempt for another reason is reported as it is."""
        run = self.cgvm.run(*guest(self.firmware, "cpuid-fixup=firmware", cpu="EPYC-Milan,+virt-ssbd"),
                            *simulated(fault="SNP_LAUNCH_UPDATE/CPUID:2=INVALID_PAGE_STATE")).expect(1)
        expect("INVALID_PAGE_STATE" in run.stderr and "virt-ssbd" not in run.stderr, run)

    def numbers(self) -> None:
        """family=, model= and stepping= change what is measured: plan and launch agree."""
        measured = {}
        for cpu in ("EPYC-Milan", "EPYC-Milan,stepping=0", "EPYC-Milan,family=25,model=17,stepping=0",
                    "EPYC-Genoa", "host", "host,stepping=1"):
            measured[cpu] = self.launch(cpu)
            if not cpu.startswith("host"):
                plan = self.cgvm.run(*guest(self.firmware, cpu=cpu), "-plan", "text").expect(0).stdout
                expect(f"launch digest {measured[cpu]}" in plan, plan)
        expect_equal(measured["EPYC-Milan,family=25,model=17,stepping=0"], measured["EPYC-Genoa"], "a Genoa")
        expect_equal(measured["host,stepping=1"], measured["EPYC-Milan"], "the host, a Milan")
        expect(measured["EPYC-Milan,stepping=0"] != measured["EPYC-Milan"], "the stepping is not measured")

    def tests(self) -> list[Test]:
        """All of them."""
        tests = [Test(f"launched: {cpu} on {host}", partial(self.launched, cpu, host)) for cpu, host in LAUNCHES]
        tests += [Test(f"refused: {refusal.cpu} {refusal.properties} {refusal.fault}".rstrip(),
                       partial(self.refused, refusal, REFUSED)) for refusal in FIRMWARE_REFUSALS]
        tests += [Test(f"refused: {refusal.cpu} on {refusal.host}", partial(self.refused, refusal, "cgvm: "))
                  for refusal in REFUSALS]
        return [
            *tests,
            Test("cpuid-fixup=firmware", self.adopted),
            Test("cpuid-fixup=firmware, not needed", self.not_needed),
            Test("cpuid-fixup=firmware, another refusal", self.other_refusals),
            Test("family=, model=, stepping=", self.numbers),
        ]


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        return run_tests(Cpus(Cgvm(sys.argv[1]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
