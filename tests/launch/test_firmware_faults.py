#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each command of the firmware that a launch needs fails with each status: the message names the step, what
it was at, and the status. Prints TAP.

    test_firmware_faults.py CGVM
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import snp_digest
from firmware import Firmware
from harness import Cgvm, Run, Test, expect, expect_equal, guest, run_tests, simulated

#: AMD publication 56860, status codes; names as in Linux's psp-sev.h.
STATUSES = {
    0x01: "INVALID_PLATFORM_STATE", 0x02: "INVALID_GUEST_STATE", 0x03: "INVALID_CONFIG", 0x04: "INVALID_LEN",
    0x05: "ALREADY_OWNED", 0x06: "INVALID_CERTIFICATE", 0x07: "POLICY_FAILURE", 0x08: "INACTIVE",
    0x09: "INVALID_ADDRESS", 0x0A: "BAD_SIGNATURE", 0x0B: "BAD_MEASUREMENT", 0x0C: "ASID_OWNED",
    0x0D: "INVALID_ASID", 0x0E: "WBINVD_REQUIRED", 0x0F: "DFFLUSH_REQUIRED", 0x10: "INVALID_GUEST",
    0x11: "INVALID_COMMAND", 0x12: "ACTIVE", 0x13: "HWERROR_PLATFORM", 0x14: "HWERROR_UNSAFE",
    0x15: "UNSUPPORTED", 0x16: "INVALID_PARAM", 0x17: "RESOURCE_LIMIT", 0x18: "SECURE_DATA_INVALID",
    0x19: "INVALID_PAGE_SIZE", 0x1A: "INVALID_PAGE_STATE", 0x1B: "INVALID_MDATA_ENTRY",
    0x1C: "INVALID_PAGE_OWNER", 0x1D: "AEAD_OFLOW", 0x1E: "unknown status", 0x1F: "EXIT_RING_BUFFER",
    0x20: "RMP_INIT_REQUIRED", 0x21: "BAD_SVN", 0x22: "BAD_VERSION", 0x23: "SHUTDOWN_REQUIRED",
    0x24: "UPDATE_FAILED", 0x25: "RESTORE_REQUIRED", 0x26: "RMP_INITIALIZATION_FAILED", 0x27: "INVALID_KEY",
}
UNKNOWN = 0x1E
START = "SNP_LAUNCH_START failed while starting the launch: "
FINISH = "SNP_LAUNCH_FINISH failed while finishing the launch: "
NO_CONTEXT = (START + "the kernel refused it (Inappropriate ioctl for device): "
              "KVM could not create a context for the guest")


def update(range_: str, origin: str, page_type: str) -> str:
    """What the message says when a range could not be launched."""
    return (f"SNP_LAUNCH_UPDATE failed while launching {range_} (all-sections.fd+{origin}) as {page_type} "
            "pages: ")


@dataclass(frozen=True)
class Step:
    """A command that fails, and the message up to the status, which the kernel may keep to itself; and the
    guest, by type and properties.
    """

    fault: str
    message: str
    has_status: bool = True
    kind: str = "sev-snp-guest"
    properties: str = ""


METADATA = "0x3f0a, SEV metadata: "
STEPS = (
    Step("INIT", "INIT2 failed while preparing the VM for SEV-SNP: "),
    Step("PLATFORM_STATUS", "PLATFORM_STATUS of '/dev/sev' failed: "),
    Step("SNP_INIT", NO_CONTEXT, has_status=False),
    Step("GCTX_CREATE", NO_CONTEXT, has_status=False),
    Step("SNP_LAUNCH_START", START),
    Step("SNP_ACTIVATE", START),
    Step("SNP_LAUNCH_UPDATE", update("0xffffc000-0xffffffff", "0x0", "normal")),
    Step("SNP_LAUNCH_UPDATE/NORMAL", update("0xffffc000-0xffffffff", "0x0", "normal")),
    Step("SNP_LAUNCH_UPDATE/ZERO",
         update("0x800000-0x808fff", METADATA + "memory of the SEC phase", "zero")),
    Step("SNP_LAUNCH_UPDATE/SECRETS", update("0x80d000-0x80dfff", METADATA + "SNP secrets page", "secrets")),
    Step("SNP_LAUNCH_UPDATE/CPUID", update("0x80e000-0x80efff", METADATA + "SNP CPUID page", "cpuid")),
    Step("SNP_LAUNCH_UPDATE/VMSA", FINISH),
    Step("SNP_LAUNCH_FINISH", FINISH),
)
SEV_START = "LAUNCH_START failed while starting the launch: "
SEV_MEASURE = "LAUNCH_MEASURE failed while asking for the measurement: "
SEV_COMMANDS = (
    ("PLATFORM_STATUS", "PLATFORM_STATUS of '/dev/sev' failed: "),
    ("LAUNCH_START", SEV_START),
    ("ACTIVATE", SEV_START),
    ("LAUNCH_UPDATE_DATA",
     "LAUNCH_UPDATE_DATA failed while launching 0xffffc000-0xffffffff (all-sections.fd+0x0): "),
    ("LAUNCH_MEASURE:2", SEV_MEASURE),
    ("LAUNCH_FINISH", "LAUNCH_FINISH failed while finishing the launch: "),
)
SEV_STEPS = (
    Step("INIT", "INIT failed while preparing the VM for SEV: ", kind="sev-guest"),
    Step("INIT", "ES_INIT failed while preparing the VM for SEV-ES: ", kind="sev-guest",
         properties="policy=5"),
    Step("INIT", "INIT2 failed while preparing the VM for SEV-ES: ", kind="sev-guest",
         properties="policy=5,legacy-vm-type=off"),
    *(Step(fault, message, kind="sev-guest", properties=properties)
      for properties in ("", "policy=5,legacy-vm-type=off") for fault, message in SEV_COMMANDS),
    Step("LAUNCH_UPDATE_VMSA", "LAUNCH_UPDATE_VMSA failed while launching the registers of the vCPUs: ",
         kind="sev-guest", properties="policy=5"),
    Step("LAUNCH_UPDATE_VMSA:2", "LAUNCH_UPDATE_VMSA failed while launching the registers of the vCPUs: ",
         kind="sev-guest", properties="policy=5,legacy-vm-type=off"),
)
#: The first update of each range. Of a failure further on in it KVM says nothing; the rest is tried again.
RANGES = (
    (1, update("0xffffc000-0xffffffff", "0x0", "normal")),
    (5, update("0x800000-0x808fff", METADATA + "memory of the SEC phase", "zero")),
    (14, update("0x80a000-0x80cfff", METADATA + "memory of the SEC phase", "zero")),
    (17, update("0x80d000-0x80dfff", METADATA + "SNP secrets page", "secrets")),
    (18, update("0x80e000-0x80efff", METADATA + "SNP CPUID page", "cpuid")),
    (19, update("0x80f000-0x80ffff", METADATA + "SVSM calling area", "zero")),
    (20, update("0x810000-0x810fff", METADATA + "kernel hashes page", "zero")),
    (21, update("0x811000-0x81ffff", METADATA + "memory of the SEC phase", "zero")),
    (36, FINISH),
    (37, FINISH),
)


class Faults:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = directory / "all-sections.fd"
        self.firmware.write_bytes(Firmware().build())

    def launch(self, fault: str, step: Step | None = None, **host: object) -> Run:
        """A launch with two vCPUs of an SEV-SNP guest, or of that of @step."""
        step = step or STEPS[0]
        return self.cgvm.run(*simulated(fault=fault, **host),
                             *guest(self.firmware, step.properties, kind=step.kind, vcpus=2))

    def check(self, run: Run, start: str, kind: str = "sev-snp-guest") -> None:
        """The launch has failed with one line that starts with @start and goes on."""
        run.expect(1)
        start = f"cgvm: {kind} 'sev0': {start}"
        expect(run.stderr.startswith(start) and len(run.stderr) > len(start) + 10, f"not {start}\n{run}")
        expect(run.stderr.count("\n") == 1 and run.stderr.endswith("\n") and not run.stdout, run)

    def every_status(self, step: Step) -> None:
        """A command fails with each status."""
        meanings = set()
        for status, name in STATUSES.items():
            run = self.launch(f"{step.fault}={status:#x}", step)
            answer = f"the firmware answered {name} (0x{status:02x}): " if step.has_status else ""
            self.check(run, step.message + answer, step.kind)
            meanings.add(run.stderr.split(answer)[-1] if answer else run.stderr)
        expect_equal(len(meanings), len(STATUSES) if step.has_status else 1, "different explanations")

    def by_name(self, name: str, status: int) -> None:
        """A status can be given by name."""
        # A name of the firmware's where Linux has its own.
        name = {"AEAD_OFLOW": "AEAD_OVERFLOW"}.get(name, name)
        self.check(self.launch(f"SNP_LAUNCH_START={name}"),
                   f"{START}the firmware answered {STATUSES[status]} (0x{status:02x}): ")

    def every_range(self, nth: int, message: str) -> None:
        """The Nth update fails, by which the range is told."""
        trace = self.directory / f"update-{nth}.trace"
        self.check(self.launch(f"SNP_LAUNCH_UPDATE:{nth}=0x13", trace=trace),
                   message + "the firmware answered HWERROR_PLATFORM (0x13): ")
        closed = [line.split()[1] for line in trace.read_text("utf-8").splitlines()
                  if line.startswith("close ")]
        expect_equal(closed, ["vcpu0", "vcpu1", "gmem0", "gmem1", "sev", "vm0", "kvm"], "what is closed")

    def measured_without_length(self) -> None:
        """The query for the length of the measurement: every status but the expected one is a failure, and
        that one is one without a length.
        """
        step = SEV_STEPS[0]
        for status, name in STATUSES.items():
            if name != "INVALID_LEN":
                self.check(self.launch(f"LAUNCH_MEASURE:1={status:#x}", step),
                           f"{SEV_MEASURE}the firmware answered {name} (0x{status:02x}): ", step.kind)
        self.check(self.launch("LAUNCH_MEASURE:1=INVALID_LEN", step),
                   "LAUNCH_MEASURE has a measurement of 0 bytes, not of 48; ", step.kind)

    def retried(self) -> None:
        """A range of which a part was launched goes on from there, and the digest is the same."""
        trace, report = self.directory / "retried.trace", self.directory / "retried.report"
        digest = snp_digest.launch_digest(self.firmware.read_bytes(), 2,
                                          snp_digest.CPU_SIGNATURES["EPYC-Milan"])
        self.launch("SNP_LAUNCH_UPDATE:3=0x13+SNP_LAUNCH_UPDATE:8=0x13", trace=trace, report=report).expect(
            0, f"cgvm: launched sev0: measurement {digest} (simulated)\n")
        expect_equal(report.read_text("utf-8"), f"sev-snp {digest} simulated\n", "the firmware's report")
        lines = [line.partition("SNP_LAUNCH_UPDATE ")[2] for line in trace.read_text("utf-8").splitlines()
                 if " SNP_LAUNCH_UPDATE " in line]
        expect_equal(lines[:4], [
            "gfn=0xffffc len=0x4000 type=NORMAL fd=sev = 0 remaining gfn=0xffffe len=0x2000",
            "gfn=0xffffe len=0x2000 type=NORMAL fd=sev = 0",
            "gfn=0x800 len=0x9000 type=ZERO fd=sev = 0 remaining gfn=0x802 len=0x7000",
            "gfn=0x802 len=0x7000 type=ZERO fd=sev = 0",
        ], "the updates")

    def passing(self) -> None:
        """A fault that is over when the launch begins, or never comes, does no harm."""
        for fault in ("INIT:1=3", "SNP_LAUNCH_START:2=3", "SNP_LAUNCH_UPDATE/UNMEASURED=3", "SNP_DF_FLUSH=3"):
            self.launch(fault).expect(0)

    def end_fails(self) -> None:
        """What fails when the guest ends does not change how the launch went."""
        for fault in ("SNP_DECOMMISSION=3", "SNP_PAGE_RECLAIM=3"):
            self.launch(fault).expect(0)
            self.check(self.launch(f"{fault}+SNP_LAUNCH_FINISH=0x13"),
                       f"{FINISH}the firmware answered HWERROR_PLATFORM (0x13): ")

    def tests(self) -> list[Test]:
        """All of them."""
        def test(name: str, body: Callable[..., None], *arguments: object) -> Test:
            return Test(name, partial(body, *arguments))

        return [
            *(test(f"{step.fault} fails with every status", self.every_status, step) for step in STEPS),
            *(test(f"{step.fault} of sev-guest {step.properties} fails with every status",
                   self.every_status, step) for step in SEV_STEPS),
            test("the length of the measurement cannot be had", self.measured_without_length),
            *(test(f"status {name}", self.by_name, name, status) for status, name in STATUSES.items()
              if status != UNKNOWN),
            *(test(f"update {nth} fails", self.every_range, nth, message) for nth, message in RANGES),
            test("half a range is retried", self.retried),
            test("faults that do not matter", self.passing),
            test("faults at the end", self.end_fails),
        ]


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        return run_tests(Faults(Cgvm(sys.argv[1]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
