#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every call that the launch of an SEV or SEV-ES guest makes, and their order. Prints TAP.

    test_sev_trace.py CGVM [--update]

As test_trace.py, which does the same for SEV-SNP: golden files in traces/, and QEMU's order.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from harness import Cgvm, Skipped, Test, expect_equal, run_tests
from test_digest import INSTALLED
from test_sev_digest import KINDS, Kind
from test_trace import Steps, Traces, check_closed, check_steps, check_vcpus

#: Those that differ in their calls, by the names of their golden files.
GOLDEN = {"sev": "SEV", "sev-init2": "SEV, INIT2", "sev-es": "SEV-ES", "sev-es-init2": "SEV-ES, INIT2"}
MEMORY = 128 << 20


def command(name: str) -> str:
    """The line of a command that succeeds."""
    return rf"ioctl vm0 KVM_MEMORY_ENCRYPT_OP {name} (.* )?fd=sev = 0( .*)?"


def init_command(kind: Kind) -> str:
    """The command that makes a VM one of @kind."""
    if kind.vm_type:
        return "INIT2"
    return "ES_INIT" if kind.es else "INIT"


def steps(kind: Kind) -> Steps:
    """The steps of a launch, as in test_trace.py: the order of QEMU 10.0."""
    return (
        ("KVM is opened", r"open /dev/kvm = kvm"),
        *((("KVM has VMs of this type", r"ioctl kvm KVM_CHECK_EXTENSION VM_TYPES = \d+"),)
          if kind.vm_type else ()),
        ("the VM is created", rf"ioctl kvm KVM_CREATE_VM type={kind.vm_type} = vm0"),
        ("the secure processor is opened", r"open /dev/sev = sev"),
        ("PLATFORM_STATUS", r"ioctl sev SEV_ISSUE_CMD PLATFORM_STATUS = 0 .*"),
        ("the VM becomes an SEV guest", command(init_command(kind))),
        ("LAUNCH_START", command("LAUNCH_START")),
        ("the interrupt controller is created", r"ioctl vm0 KVM_CREATE_IRQCHIP = 0"),
        ("memory is registered", r"ioctl vm0 KVM_MEMORY_ENCRYPT_REG_REGION size=0x[0-9a-f]+ = 0"),
        ("vCPUs are created", r"ioctl vm0 KVM_CREATE_VCPU id=\d+ = vcpu\d+"),
        ("memory is mapped", r"ioctl vm0 KVM_SET_USER_MEMORY_REGION slot=\d .* = 0"),
        ("registers are set", r"ioctl vcpu\d+ KVM_SET_(SREGS|REGS|FPU|MSRS|XCRS) .*"),
        ("LAUNCH_UPDATE_DATA", command("LAUNCH_UPDATE_DATA")),
        *((("LAUNCH_UPDATE_VMSA", command("LAUNCH_UPDATE_VMSA")),) if kind.es else ()),
        ("LAUNCH_MEASURE asks for the length", r"ioctl vm0 KVM_MEMORY_ENCRYPT_OP LAUNCH_MEASURE len=0 fd=sev "
                                               r"= -EIO error=0x4 len=48"),
        ("LAUNCH_MEASURE", r"ioctl vm0 KVM_MEMORY_ENCRYPT_OP LAUNCH_MEASURE len=48 fd=sev = 0 len=48"),
        ("LAUNCH_FINISH", command("LAUNCH_FINISH")),
        ("everything is closed", r"(close \S+|munmap \d+) = 0"),
    )


def once(kind: Kind) -> frozenset[str]:
    """The steps that are one call."""
    several = {"memory is registered", "vCPUs are created", "memory is mapped", "registers are set",
               "everything is closed"}
    return frozenset(name for name, _ in steps(kind)) - several


def check_commands(lines: list[str], kind: Kind, size: int) -> None:
    """These are all commands, with QEMU's arguments; RAM is registered before the firmware."""
    found = [re.sub(r" KVM_MEMORY_ENCRYPT_OP | fd=sev|^ioctl vm0", "", line) for line in lines
             if " KVM_MEMORY_ENCRYPT_" in line]
    policy = int(dict(item.split("=") for item in kind.properties.split(",") if item).get("policy", "1"), 0)
    features = "0x20" if kind.debug_swap else "0"
    init = f"INIT2 vmsa_features={features} flags=0 ghcb_version=0" if kind.vm_type else init_command(kind)
    expect_equal([re.sub(r"handle=\d+$", "handle=N", line).lstrip() for line in found], [
        f"{init} = 0",
        f"LAUNCH_START handle=0 policy={hex(policy) if policy else '0'} = 0 handle=N",
        f"KVM_MEMORY_ENCRYPT_REG_REGION size={MEMORY:#x} = 0",
        f"KVM_MEMORY_ENCRYPT_REG_REGION size={size:#x} = 0",
        f"LAUNCH_UPDATE_DATA len={size:#x} = 0",
        *(["LAUNCH_UPDATE_VMSA = 0"] if kind.es else []),
        "LAUNCH_MEASURE len=0 = -EIO error=0x4 len=48",
        "LAUNCH_MEASURE len=48 = 0 len=48",
        "LAUNCH_FINISH = 0",
    ], "the commands")


def check_order(traces: Traces, kind: Kind, firmware: Path, vcpus: int) -> None:
    """A launch is in QEMU's order."""
    if not firmware.exists():
        raise Skipped(f"no {firmware}")
    lines = traces.trace(firmware, vcpus, kind.properties, "sev-guest").splitlines()
    check_steps(lines, steps(kind), once(kind))
    check_vcpus(lines, vcpus, asks_cpuid=False)
    check_commands(lines, kind, firmware.stat().st_size)
    check_closed(lines)


def main() -> int:
    """Runs the tests; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cgvm")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        traces = Traces(Cgvm(arguments.cgvm), Path(name), arguments.update)
        by_name = {kind.name: kind for kind in KINDS}
        return run_tests([
            *(Test(f"golden trace, {kind}, {vcpus} vCPUs",
                   partial(traces.compare, golden + suffix, vcpus, by_name[kind].properties, "sev-guest"))
              for golden, kind in GOLDEN.items() for vcpus, suffix in ((2, ""), (1, "-1-vcpu"))),
            Test("golden trace, SEV, kernel hashes",
                 partial(traces.compare_hashes, "sev-kernel-hashes", "", "sev-guest")),
            Test("golden trace, SEV-ES, kernel hashes",
                 partial(traces.compare_hashes, "sev-es-kernel-hashes", "policy=5", "sev-guest")),
            *(Test(f"golden trace, {kind}, a kernel without a firmware, {vcpus} vCPUs",
                   partial(traces.compare_direct, f"{golden}-direct{suffix}", vcpus, by_name[kind].properties))
              for golden, kind in GOLDEN.items() if not by_name[kind].init2
              for vcpus, suffix in ((2, ""), (1, "-1-vcpu"))),
            *(Test(f"order, {kind.name}, {firmware.name}, {vcpus} vCPUs",
                   partial(check_order, traces, kind, firmware, vcpus))
              for kind in KINDS for firmware, vcpus in
              ((traces.synthetic, 1), (traces.synthetic, 2), (traces.synthetic, 64), (INSTALLED, 2))),
        ])


if __name__ == "__main__":
    sys.exit(main())
