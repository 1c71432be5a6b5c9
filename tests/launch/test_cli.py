#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line where all is well: help, the order of options, exit status, plans, and properties on their
way to the firmware. Prints TAP.

    test_cli.py CGVM
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import snp_digest
from firmware import AP_ENTRY, Firmware
from harness import Argument, Cgvm, Test, expect, expect_equal, guest, run_tests, simulated

#: What QEMU 10.0's sev-snp-guest and sev-common have, and two of 11.1, with the default if there is one.
QEMU_PROPERTIES: dict[str, str | None] = {
    "author-key-enabled": "off", "cbitpos": None, "debug-swap": "off", "guest-visible-workarounds": None,
    "host-data": None, "id-auth": None, "id-block": None, "kernel-hashes": "off", "policy": "0x30000",
    "reduced-phys-bits": "1", "secure-tsc": "off", "sev-device": "/dev/sev", "tsc-frequency": None,
    "vcek-disabled": "off",
}
#: What -object makes.
OBJECTS = ("memory-backend-file", "memory-backend-memfd", "memory-backend-ram", "pef-guest", "s390-pv-guest",
           "sev-guest", "sev-snp-guest")
#: LaunchPlan of qapi/confidential.json, and what is in it.
PLAN_MEMBERS: dict[str, type] = {
    "mechanism": str, "id": str, "machine": str, "vm-type": int, "parameters": dict, "meanings": dict,
    "ranges": list, "vcpus": list, "measured-pages": int, "firmware-time-ms": int, "digest": str, "assumes": list,
    "unmeasured": list,
}
RANGE_MEMBERS = {"gpa", "size", "page-type", "origin"}
VCPU_MEMBERS = {"index", "origin", "registers", "sha256"}

WORKAROUNDS = bytes(range(16))
HOST_DATA = bytes(range(0x40, 0x60))
#: A property, the line of the trace that shows it, and how.
PASSED = (
    ("policy=0x30000", "SNP_LAUNCH_START", "policy=0x30000"),
    ("policy=0xb0102", "SNP_LAUNCH_START", "policy=0xb0102"),
    ("policy=smt+debug+abi=1.2", "SNP_LAUNCH_START", "policy=0xb0102"),
    (f"guest-visible-workarounds={base64.b64encode(WORKAROUNDS).decode()}", "SNP_LAUNCH_START",
     f"gosvw={WORKAROUNDS.hex()}"),
    ("vcek-disabled=off", "SNP_LAUNCH_FINISH", "vcek_disabled=0"),
    ("vcek-disabled=on", "SNP_LAUNCH_FINISH", "vcek_disabled=1"),
    ("author-key-enabled=off", "SNP_LAUNCH_FINISH", "auth_key=0"),
    (f"host-data={base64.b64encode(HOST_DATA).decode()}", "SNP_LAUNCH_FINISH",
     f"host_data={HOST_DATA.hex()}"),
    ("debug-swap=off", "INIT2", "vmsa_features=0"),
    ("debug-swap=on", "INIT2", "vmsa_features=0x20"),
    ("sev-device=/dev/sev", "PLATFORM_STATUS", "ioctl sev SEV_ISSUE_CMD"),
    ("cbitpos=51,reduced-phys-bits=5", "SNP_LAUNCH_FINISH", "= 0"),
)


class CommandLine:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = directory / "all-sections.fd"
        self.firmware.write_bytes(Firmware().build())
        self.digest = snp_digest.launch_digest(self.firmware.read_bytes(), 1,
                                               snp_digest.CPU_SIGNATURES["EPYC-Milan"])
        self.launched = f"cgvm: launched sev0: measurement {self.digest} (simulated)\n"

    def plan(self, properties: str = "", **options: Any) -> dict[str, Any]:
        """A plan as JSON."""
        run = self.cgvm.run(*guest(self.firmware, properties, **options), "-plan", "json").expect(0, "")
        plan = json.loads(run.stdout)
        expect(isinstance(plan, dict), run)
        assert isinstance(plan, dict)
        return plan

    # ------------------------------------------------------------------------------------------------ help

    def help_of_objects(self) -> None:
        """-object help"""
        for word in ("help", "?"):
            text = self.cgvm.run("-object", word).expect(0, "").stdout
            expect_equal(text, "List of user creatable objects:\n" + "".join(
                f"  {name}\n" for name in OBJECTS), f"-object {word}")

    def help_of_properties(self) -> None:
        """-object sev-snp-guest,help"""
        text = self.cgvm.run("-object", "sev-snp-guest,help").expect(0, "").stdout
        expect_equal(self.cgvm.run("-object", "sev-snp-guest,?").expect(0, "").stdout, text, "with ?")
        expect(text.startswith("sev-snp-guest options:\n"), text)
        lines: dict[str, str] = {}
        for line in text.splitlines()[1:]:
            match = re.fullmatch(r"  ([a-z0-9-]+)=<([a-z0-9 |]+)> +- (\S.*)", line)
            expect(match, f"not understood: {line}")
            assert match
            lines[match[1]] = match[3]
        expect_equal(list(lines), sorted(lines), "the order of the properties")
        expect_equal([name for name in QEMU_PROPERTIES if name not in lines], [], "properties not shown")
        for name, default in QEMU_PROPERTIES.items():
            shown = re.search(r"\(default: ([^;]*)(?:; .*)?\)$", lines[name])
            expect_equal(shown[1] if shown else None, default, f"the default of {name}")

    def help_of_others(self) -> None:
        """-machine help, -accel help, -help, -version"""
        machines = self.cgvm.run("-machine", "help").expect(0, "").stdout
        expect(re.search(r"^microvm +\S", machines, re.MULTILINE), machines)
        expect_equal(self.cgvm.run("-M", "?").expect(0, "").stdout, machines, "-M ?")
        accelerators = self.cgvm.run("-accel", "help").expect(0, "").stdout
        for name in ("kvm", "sim"):
            expect(re.search(rf"^{name} +\S", accelerators, re.MULTILINE), accelerators)
        usage = self.cgvm.run("-help").expect(0, "").stdout
        expect_equal(self.cgvm.run("--help").expect(0, "").stdout, usage, "--help")
        for option in ("machine", "object", "accel", "cpu", "smp", "m", "bios", "plan", "serial", "name",
                       "uuid", "msg", "pidfile", "daemonize", "version", "help"):
            expect(f"-{option} " in usage or f"-{option}\n" in usage or f"-{option}," in usage,
                   f"-{option} is not in\n{usage}")
        version = self.cgvm.run("-version").expect(0, "").stdout
        expect(re.fullmatch(r"cgvm \d+\.\d+\.\d+\n", version), version)

    # --------------------------------------------------------------------------------------------- options

    def orders(self) -> None:
        """Options in any order, repeated, and in all their spellings."""
        snp, link = ["-object", "sev-snp-guest,id=sev0"], "confidential-guest-support=sev0"
        bios: list[Argument] = ["-bios", self.firmware]
        rest: list[Argument] = [*simulated(), "-cpu", "EPYC-Milan"]
        orders: tuple[list[Argument], ...] = (
            [*snp, "-machine", link, *bios, *rest],
            ["-machine", link, *snp, *bios, *rest],
            [*rest, *bios, "--machine", link, "--object", "qom-type=sev-snp-guest,id=sev0"],
            [*snp, "-machine", f"microvm,{link}", *bios, *rest],
            [*snp, "-machine", f"type=microvm,{link}", *bios, *rest],
            [*snp, "-machine", "microvm", "-machine", link, *bios, *rest],
            [*snp, "-machine", link, "-machine", "microvm", *bios, *rest],
            [*snp, "-machine", "confidential-guest-support=nobody", "-machine", link, *bios, *rest],
            [*snp, "-machine", "confidential_guest_support=sev0", *bios, *rest],
            [*snp, "-machine", "confidential-guest-support=/objects/sev0", *bios, *rest],
            [*snp, "-machine", f"{link},firmware={self.firmware},cpu-type=EPYC-Milan", *simulated()],
            [*snp, "-machine", "memory-encryption=sev0", *bios, *rest],
            [*snp, "-machine", "memory_encryption=sev0", "-machine", link, *bios, *rest],
            [*rest, "-machine", f"{link},smp.cpus=1,memory.size=64M", *bios, *snp],
            [*snp, "-M", f"microvm,{link},vmport=off,usb=off,kernel_irqchip=on", *bios, *rest],
            [*snp, "-machine", f"{link},accel=sim", *bios, *rest],
            ["-object", '{"qom-type":"sev-snp-guest","id":"sev0","policy":196608,"vcek-disabled":false}',
             "-machine", link, *bios, *rest, "-smp", "1,sockets=1,cores=1,threads=1"],
            [*snp, "-machine", f"{link},memory-backend=ram", *bios, *rest, "-object",
             "memory-backend-memfd,id=ram,size=64M,share=on"],
            [*snp, "-machine", f"{link},memory-backend=ram", *bios, *rest, "-m", "64,maxmem=64M,slots=0",
             "-object", '{"qom-type":"memory-backend-ram","id":"ram","size":67108864,"prealloc":true}'],
            [*snp, "-machine", link, *bios, *rest, "-nodefaults", "-no-user-config", "-nographic",
             "--no-reboot", "-display", "none", "-vga", "none", "-serial", "mon:stdio", "-monitor", "none",
             "-boot", "strict=on", "-rtc", "base=utc,clock=host,driftfix=none", "-overcommit", "mem-lock=off,cpu-pm=off",
             "-audiodev", '{"id":"audio1","driver":"none"}', "-device",
             "isa-debug-exit,iobase=0xf4,iosize=4"],
            [*snp, "-machine", f"{link},", *bios, *rest, "-smp", "2", "-smp", "cpus=1", "-m", "size=64"],
            ["-object", "sev-snp-guest,id=sev0,policy=0x30000,", "-machine", link, *bios, *rest],
        )
        for options in orders:
            self.cgvm.run(*options).expect(0, self.launched)

    def several_objects(self) -> None:
        """An object of which the machine makes nothing is refused, whichever of two it is."""
        options = [*guest(self.firmware, "debug-swap=on"), *simulated(), "-object", "sev-snp-guest,id=other"]
        for more, refused, linked in (([], "other", "sev0"),
                                      (["-machine", "confidential-guest-support=other"], "sev0", "other")):
            self.cgvm.run(*options, *more).expect(
                1, f"cgvm: sev-snp-guest '{refused}' protects no guest, as the machine is linked to sev-snp-guest '{linked}'; "
                   f"leave one of the two out, or link {refused} with -machine confidential-guest-support={refused}\n")

    def exit_status(self) -> None:
        """0 where nothing should run, 2 where nothing can, 1 where the plan cannot be written."""
        options = guest(self.firmware)
        run = self.cgvm.run("-accel", "sim,run=off", *options).expect(0, self.launched)
        expect(not run.stdout, run)
        run = self.cgvm.run("-accel", "sim,device=/nonexistent/kvm", *options).expect(2)
        lines = run.stderr.splitlines(keepends=True)
        expect_equal(lines[0], self.launched, "the first line")
        expect(len(lines) == 2 and "nothing on this host can run it" in lines[1] and not run.stdout, run)
        if os.path.exists("/dev/full"):
            with open("/dev/full", "wb") as full:
                run = self.cgvm.run(*options, "-plan", "json", stdout=full.fileno()).expect(1)
            expect("cannot write to stdout" in run.stderr, run)

    def memory_sizes(self) -> None:
        """RAM of microvm ends at 3 GiB and goes on at 4 GiB."""
        for size, blocks in (("16", {0: 16 << 20}), ("3G", {0: 3 << 30}),
                             ("3073", {0: 3 << 30, 4 << 30: 1 << 20}),
                             ("4194308K", {0: 3 << 30, 4 << 30: 0x40001000})):
            path = self.directory / f"{size}.trace"
            self.cgvm.run(*simulated(trace=path), *guest(self.firmware), "-m", size, "-M", "microvm").expect(
                0, self.launched)
            found = re.findall(r"REGION2 slot=\d+ flags=GUEST_MEMFD gpa=(\S+) size=(\S+)",
                               path.read_text("utf-8"))
            mapped = {int(gpa, 0): int(length, 0) for gpa, length in found}
            expect_equal(mapped.pop(0xFFFFC000), 4 * snp_digest.PAGE, "the firmware")
            expect_equal(mapped, blocks, f"memory with -m {size}")

    def passed_on(self, properties: str, line: str, shown: str) -> None:
        """A property reaches the firmware."""
        path = self.directory / f"{hashlib.sha256(properties.encode()).hexdigest()}.trace"
        self.cgvm.run(*simulated(trace=path), *guest(self.firmware, properties)).expect(0)
        lines = [text for text in path.read_text("utf-8").splitlines() if f" {line} " in text]
        expect(len(lines) == 1 and f" {shown} " in f" {lines[0]} ", "\n".join(lines) or f"no {line}")

    def expected_digest(self) -> None:
        """A digest that is right lets the launch pass, in capitals too."""
        for digest in (self.digest, self.digest.upper()):
            options = guest(self.firmware, f"expect-digest={digest}")
            self.cgvm.run(*simulated(), *options).expect(0, self.launched)
            self.cgvm.run(*options, "-plan", "text").expect(0, "")

    # ----------------------------------------------------------------------------------------------- plans

    def json_plan(self) -> None:
        """-plan json is a LaunchPlan."""
        plan = self.plan("debug-swap=on", vcpus=2)
        expect_equal({name: type(value) for name, value in plan.items()}, PLAN_MEMBERS, "its members")
        expect_equal([plan["mechanism"], plan["id"], plan["machine"], plan["vm-type"]],
                     ["sev-snp-guest", "sev0", "q35", 4], "what is planned")
        pages = sum(range_["size"] for range_ in plan["ranges"]) // snp_digest.PAGE + 2
        expect_equal([plan["measured-pages"], plan["firmware-time-ms"]], [pages, pages], "measured pages")
        for range_ in plan["ranges"]:
            expect_equal(set(range_) - {"sha256"}, RANGE_MEMBERS, "the members of a range")
        expect_equal(plan["ranges"][0]["sha256"], hashlib.sha256(self.firmware.read_bytes()).hexdigest(),
                     "the contents of the firmware")
        for index, vcpu in enumerate(plan["vcpus"]):
            entry_point = AP_ENTRY if index else snp_digest.FOUR_GIB - 16
            page = snp_digest.vmsa_page(entry_point, snp_digest.CPU_SIGNATURES["EPYC-Milan"], 0x21)
            expect_equal(set(vcpu), VCPU_MEMBERS, "the members of a vCPU")
            expect_equal([vcpu["index"], vcpu["sha256"]], [index, hashlib.sha256(page).hexdigest()], "a vCPU")
            registers = vcpu["registers"]
            expect_equal(registers["cs"]["base"] + registers["rip"], entry_point, "where a vCPU starts")

    def parameters(self) -> None:
        """The plan tells what the firmware will be told."""
        data = base64.b64encode(HOST_DATA).decode()
        plan = self.plan(f"policy=0xb0000,host-data={data},cbitpos=47,reduced-phys-bits=5,vcek-disabled=on,"
                         "secure-tsc=on,tsc-frequency=2500000000,debug-swap=on")
        expect_equal(plan["parameters"], {
            "policy": 0xB0000, "sev-features": 0x221, "cbitpos": 47, "reduced-phys-bits": 5,
            "tsc-khz": 2500000, "author-key-enabled": False, "vcek-disabled": True, "host-data": data,
        }, "the parameters")
        expect_equal(plan["meanings"], {"policy": "smt, debug"}, "the meanings")

    def policies(self) -> None:
        """A policy is a number or names, in text and in JSON, and shown as both."""
        for kind, policy, line in (
                ("sev-snp-guest", "smt+debug", "0xb0000 (smt, debug)"),
                ("sev-snp-guest", "smt+abi=1.51", "0x30133 (smt, ABI 1.51)"),
                ("sev-snp-guest", 0x20000, "0x20000 (none)"),
                ("sev-guest", "nodbg+es", "0x5 (nodbg, es)"),
                # Names are the whole policy: they replace its default.
                ("sev-guest", "es", "0x4 (es, host may read its memory)"),
                ("sev-guest", "nosend+abi=0.17", "0x11000008 (nosend, ABI 0.17, host may read its memory)"),
                ("sev-guest", 0x3, "0x3 (nodbg, noks)")):
            options = guest(self.firmware, f"policy={policy}", kind=kind)
            given = json.dumps({"qom-type": kind, "id": "sev0", "policy": policy})
            in_json = [given if str(option).startswith(kind) else option for option in options]
            for argv in (options, in_json):
                text = self.cgvm.run(*argv, "-plan", "text").expect(0, "").stdout
                expect(f"  policy                     {line}\n" in text, text)
            expect(given in in_json, in_json)

    def assumes(self) -> None:
        """What only a host could tell is assumed, and said."""
        for properties, assumed in (("", ("C-bit is wherever the host has it",)),
                                    ("cbitpos=51", ("C-bit is at 'cbitpos'",)),
                                    ("debug-swap=on", ("C-bit", "VMSA features 0x20")),
                                    ("policy=smt+abi=1.51", ("C-bit", "host's firmware is at least 1.51")),
                                    ("secure-tsc=on,cbitpos=51", ("C-bit", "VMSA features 0x200"))):
            told = self.plan(properties)["assumes"]
            expect(len(told) == len(assumed) and all(word in line for word, line in zip(assumed, told)), told)

    def text_plan(self) -> None:
        """-plan text has every range, vCPU, assumption and the digest."""
        plan = self.plan("debug-swap=on", vcpus=2)
        text = self.cgvm.run(*guest(self.firmware, "debug-swap=on", vcpus=2), "-plan",
                             "text").expect(0, "").stdout
        lines = text.splitlines()
        at = 0
        for range_ in plan["ranges"]:
            start, end = range_["gpa"], range_["gpa"] + range_["size"] - 1
            wanted = f"  0x{start:09x}-0x{end:09x}  {range_['page-type']:10}  {range_['origin']}"
            expect(wanted in lines[at:], f"{wanted} is not in\n{text}")
            at = lines.index(wanted) + 1
        for vcpu in plan["vcpus"]:
            expect(any(line.split()[:1] == [str(vcpu["index"])] and vcpu["sha256"] in line
                       for line in lines[at:]), text)
        for assumed in plan["assumes"]:
            expect(f"assumed: {assumed}" in lines, text)
        expect_equal(lines[0], "sev-snp-guest 'sev0' on machine q35, VM type 4", "the first line")
        expect_equal(lines[-1], f"launch digest {plan['digest']}", "the last line")

    def tests(self) -> list[Test]:
        """All of them."""
        tests = [
            Test("-object help", self.help_of_objects),
            Test("-object sev-snp-guest,help", self.help_of_properties),
            Test("-machine help, -accel help, -help, -version", self.help_of_others),
            Test("options in any order", self.orders),
            Test("several objects", self.several_objects),
            Test("exit status", self.exit_status),
            Test("-m", self.memory_sizes),
            Test("expect-digest", self.expected_digest),
            Test("-plan json", self.json_plan),
            Test("-plan json: parameters", self.parameters),
            Test("-plan json: assumes", self.assumes),
            Test("policies", self.policies),
            Test("-plan text", self.text_plan),
        ]
        return tests + [Test(f"passed on: {properties}", partial(self.passed_on, properties, line, shown))
                        for properties, line, shown in PASSED]


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        return run_tests(CommandLine(Cgvm(sys.argv[1]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
