#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests of POWER's Protected Execution Facility, on a simulated POWER host. Prints TAP.

    test_pef.py CGVM [--update]

Every call of a launch, a reset and an end (golden files in traces/), what the plan says, and what guests do: those that
become secure, those that are refused, and those whose host lacks something.
"""

from __future__ import annotations

import argparse
import difflib
import json
import socket
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TextIO

from elf_image import CODE, END, kernel
from harness import HERE, LICENCE, Argument, Cgvm, Run, Test, expect, expect_equal, run_tests

sys.path.insert(0, str(HERE.parent / "qmp"))
# pylint: disable=wrong-import-position
from client import Client, server  # noqa: E402

TRACES = HERE / "traces"
LAUNCHED = "cgvm: launched pef0: measurement none (simulated)\n"
OFF = "rtas:power-off:-1:-1"
#: Golden traces: name, vCPUs, what the guest does. After a reset the script goes on.
GOLDEN = {
    "pef-1-vcpu": (1, OFF),
    "pef-secure": (1, f"term:hello\\n+esm+term:secure\\n+{OFF}"),
    "pef-reset": (2, f"esm+rtas:system-reboot+{OFF}"),
    "pef-linux": (1, "hcall:0x31c:1:4+hcall:0x31c:3:3+hcall:0x37c:0x1d:0x10000:0:4+" + OFF),
}
ULTRAVISOR = ("pef-guest 'pef0': this host has no ultravisor that KVM-HV could hand a secure guest to "
              "(KVM_CAP_PPC_SECURE_GUEST is 0). It takes a POWER9 machine whose firmware has the Protected Execution Facility "
              "turned on and started the ultravisor (/proc/device-tree/ibm,ultravisor), and a host kernel with "
              "CONFIG_PPC_UV, which distributions leave out")
#: Hosts that lack something: model, and what is said.
HOSTS = {
    "POWER9": ULTRAVISOR,
    "POWER10": ULTRAVISOR,
    "POWER9-PR": "the host's KVM is KVM-PR, which emulates the guest's privileged code and knows no radix trees; load kvm_hv "
                 "on a POWER9 or newer machine that is not a guest itself",
    "POWER9-hash": "this host gives guests no radix trees (KVM_CAP_PPC_MMU_RADIX); it takes a POWER9 or newer processor, and "
                   "a host kernel started without disable_radix",
    "EPYC-Milan": "no simulated POWER host is called 'EPYC-Milan'; there are POWER9-ultravisor, POWER9, POWER9-hash, "
                  "POWER9-PR, POWER10",
}
#: What a guest does, and what comes of it: script, more of -accel, status, stdout, the end of stderr.
STORIES = {
    "memory is its own once it is secure, and what it shares is the host's":
        ("write:0x100000:c0ffee*20000+write:0x110000:c0ffee*100+esm+check:0x100000:c0ffee*20000+share:0x100000+check:0x100000:00*65536+"
         "check:0x110000:c0ffee*100+write:0x100000:ab+unshare:0x100000+check:0x100000:ab00+" + OFF, "", 0, "", ""),
    "an image that is not the blob's stays an ordinary guest":
        (f"esm:bad:fail+term:plain\\n+{OFF}", "", 0, "plain\n", ""),
    "an ultravisor that takes no pages leaves the guest an ordinary one":
        (f"esm:fail+term:plain\\n+{OFF}", ",fault=UV_PAGE_IN:3=U_BUSY", 0, "plain\n", ""),
    "an ultravisor that does not end a guest stops its reset":
        ("esm+rtas:system-reboot+halt", ",fault=UV_SVM_TERMINATE=U_BUSY", 1, "",
         "cgvm: pef-guest 'pef0': cannot take the guest out of secure mode: KVM_PPC_SVM_OFF failed: Invalid argument; the "
         "ultravisor refused to end the secure guest, whose memory stays taken until the host is restarted: see the host's "
         "dmesg\n"),
    "a guest that never became secure is reset, too":
        (f"rtas:system-reboot+term:again\\n+{OFF}", "", 0, "again\n",
         "cgvm: reset pef0: measurement none (simulated)\n"),
    "a secure guest is an ordinary one after its reset, and can become secure again":
        (f"esm+rtas:system-reboot+check:0:48000000+esm+rtas:system-reboot+esm+{OFF}".replace("48000000", "00000048"), "", 0,
         "", "cgvm: reset pef0: measurement none (simulated)\n" * 2),
    "a processor is started once":
        (f"rtas:query-cpu-stopped-state:1+rtas:start-cpu:1:0x100:7+rtas:start-cpu:1:0x100:7=-3+{OFF}", "", 0, "", ""),
    "hypercalls of the ultravisor are not for guests":
        (f"hcall:0xef08=-67+hcall:0xef00:0:0:16=-67+{OFF}", "", 0, "", ""),
    "a guest that crashes says why":
        ("check:0x2000:01", "", 1, "",
         "cgvm: the guest has crashed: step 1 'check:0x2000:01': the byte at 0x2000 is 0x00, not 0x01\n"),
    "a processor that does not enter the guest ends it":
        ("fail-entry", "", 1, "",
         "cgvm: pef-guest 'pef0': vCPU 0 stopped with a failed entry into the guest (exit reason 9, hardware reason 0x8000000000000000)\n"),
    "a script that is over leaves nothing to run":
        ("term:x\\n", "", 2, "x\n",
         "cgvm: the guest is launched, but nothing on this host can run it: the guest's script is over; let it "
         "end with halt, shutdown or the like; run=off of -accel stops here without this message\n"),
}


class Pef:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path, update: bool) -> None:
        self.cgvm, self.directory, self.update = cgvm, directory, update
        self.kernel, self.initrd = directory / "vmlinux", directory / "initrd"
        self.kernel.write_bytes(kernel())
        self.initrd.write_bytes(bytes(range(200)))

    def guest(self) -> list[Argument]:
        """The options of a guest but for the accelerator."""
        return ["-object", "pef-guest,id=pef0", "-machine", "confidential-guest-support=pef0", "-kernel", self.kernel]

    def run(self, accel: str, *more: Argument) -> Run:
        """Launches a guest."""
        return self.cgvm.run("-accel", f"sim{accel}", *self.guest(), *more)

    def check_trace(self, name: str) -> None:
        """A launch, and what follows, is as it was when the golden file was written."""
        vcpus, script = GOLDEN[name]
        with tempfile.NamedTemporaryFile(dir=self.directory) as file:
            self.run(f",trace={file.name},script={script}", "-smp", str(vcpus)).expect(0)
            trace = Path(file.name).read_text("utf-8")
        path, text = TRACES / f"{name}.trace", LICENCE + trace
        if self.update:
            path.write_text(text, "utf-8")
        golden = path.read_text("utf-8").splitlines()
        difference = difflib.unified_diff(golden, text.splitlines(), path.name, "is now", lineterm="")
        expect(text.splitlines() == golden, "\n".join(difference))

    def check_closed(self, name: str) -> None:
        """Whatever is opened in a golden trace is closed."""
        lines = (TRACES / f"{name}.trace").read_text("utf-8").splitlines()
        opened = [line.rsplit(" ", 1)[1] for line in lines if line.startswith("open ") or
                  any(f" KVM_CREATE_{what} " in line for what in ("VM", "VCPU", "DEVICE"))]
        expect_equal(sorted(line.split()[1] for line in lines if line.startswith("close ")), sorted(opened), "what is closed")

    def check_plan(self) -> None:
        """The plan says what is asked of KVM, and that the host measures nothing."""
        done = self.cgvm.run("-plan", "json", *self.guest(), "-initrd", self.initrd, "-smp", "2").expect(0, "")
        plan = json.loads(done.stdout)
        expect_equal(plan["parameters"], {"capability": 181, "allowed": True}, "parameters")
        expect_equal(plan["vm-type"], 1, "the type of the VM")
        expect("digest" not in plan, plan)
        expect_equal([(item["gpa"], item["size"], item["page-type"]) for item in plan["ranges"][:3]],
                     [(0, CODE, "unmeasured"), (END, 20, "unmeasured"), (END + 0x10000, 200, "unmeasured")], "ranges")
        expect_equal([vcpu["registers"] for vcpu in plan["vcpus"]],
                     [{"pc": 0, "msr": 0x8000000000001001, "r3": END + 0x20000, "stopped": False},
                      {"pc": 0, "msr": 0x8000000000001000, "r3": 0, "stopped": True}], "registers")
        expect_equal(plan["assumes"], ["the host has KVM-HV under an ultravisor"], "assumptions")
        text = self.cgvm.run("-plan", "text", *self.guest()).expect(0, "").stdout
        expect("no launch digest: the host measures nothing\n" in text, text)
        expect(" pages measured" not in text, text)

    def check_host(self, model: str) -> None:
        """A host that lacks something says what."""
        self.run(f",model={model}").expect(1, f"cgvm: {'' if model != 'EPYC-Milan' else ''}{HOSTS[model]}\n")

    def check_story(self, name: str) -> None:
        """What a guest does has come to what it should."""
        script, accel, status, stdout, stderr = STORIES[name]
        done = self.run(f"{accel},script={script}", "-smp", "2").expect(status, LAUNCHED + stderr)
        expect_equal(done.stdout, stdout, "the console")

    def check_plain(self) -> None:
        """A guest without the object is an ordinary one: KVM does not let it become secure."""
        done = self.cgvm.run("-machine", "pseries", "-accel", f"sim,script=esm:fail+term:plain\\n+{OFF}", "-kernel", self.kernel)
        done.expect(0, "")
        expect_equal(done.stdout, "plain\n", "the console")

    def check_path(self) -> None:
        """The machine is the one that the object needs, too, if that is named by its path."""
        self.cgvm.run("-accel", "sim,run=off", "-object", "pef-guest,id=pef0", "-machine",
                      "confidential-guest-support=/objects/pef0", "-kernel", self.kernel).expect(0, LAUNCHED)

    def check_big_endian(self) -> None:
        """A kernel in big endian is started in that."""
        path = self.directory / "vmlinux-big"
        path.write_bytes(kernel(big=True))
        planned = self.cgvm.run("-plan", "json", *self.guest()[:-1], path).expect(0, "").stdout
        expect_equal(json.loads(planned)["vcpus"][0]["registers"]["msr"], 0x8000000000001000, "MSR")

    def check_input(self) -> None:
        """What is typed reaches the guest."""
        with subprocess.Popen([self.cgvm.path, "-accel", f"sim,script=read:hi there, guest\\n+term:got it\\n+{OFF}".replace(",", ",,")
                               .replace("sim,,", "sim,"), *self.guest(), "-serial", "stdio"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            stdout, stderr = process.communicate(b"hi there, guest\n", 60)
        expect_equal((process.returncode, stdout), (0, b"got it\n"), stderr.decode())

    def check_monitor(self) -> None:
        """A monitor tells what the guest is, and resets it when it is secure."""
        path, trace = self.directory / "qmp", self.directory / "monitor.trace"
        with subprocess.Popen([self.cgvm.path, "-accel", f"sim,trace={trace},script=esm+term:secure\\n+halt", *self.guest(),
                               "-S", "-qmp", f"unix:{path},server=on,wait=off"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                with self.connect(path) as client, client.makefile("rw") as stream:
                    replies = [self.ask(stream, name) for name in ("qmp_capabilities", "query-target",
                                                                   "query-cpu-definitions", "cont")]
                    expect_equal(process.stdout.readline(), "secure\n", "the console")
                    replies += [self.ask(stream, name) for name in ("system_reset", "query-confidential-guest", "quit")]
                stderr = process.communicate(timeout=60)[1]
            finally:
                process.kill()
        expect_equal((process.returncode, stderr), (0, LAUNCHED + "cgvm: reset pef0: measurement none (simulated)\n"), "the end")
        expect_equal(replies[1], {"arch": "ppc64"}, "the architecture")
        expect_equal([model["name"] for model in replies[2]], ["POWER9", "POWER10"], "models")
        expect_equal(replies[5], {"id": "pef0", "mechanism": "pef-guest", "state": "running", "simulated": True}, "the guest")
        expect(" KVM_PPC_SVM_OFF = 0\n" in trace.read_text("utf-8"), trace.read_text("utf-8"))

    @staticmethod
    def connect(path: Path) -> socket.socket:
        """A connection to the monitor at @path, which may not be there yet."""
        end = time.monotonic() + 60
        while True:
            client = socket.socket(socket.AF_UNIX)
            try:
                client.connect(str(path))
                return client
            except (FileNotFoundError, ConnectionRefusedError):
                client.close()
                expect(time.monotonic() < end, f"nobody listens at {path}")
                time.sleep(0.02)

    @staticmethod
    def ask(stream: TextIO, command: str) -> object:
        """What the monitor returns."""
        stream.write(json.dumps({"execute": command}) + "\n")
        stream.flush()
        while True:
            reply = json.loads(stream.readline())
            expect("error" not in reply, reply)
            if "return" in reply:
                return reply["return"]

    def check_power_down(self) -> None:
        """A guest, be it secure or not, is asked to end, and reads that in the log; before it wants to know, that is refused."""
        told = ("rtas:ibm,set-xive:0x1000:0:5+irq:0x1000+rtas:get-sensor-state:9:0+"
                "rtas:check-exception:0x500:0x1000:0x40000000:0:0x100000:2048+check:0x100068:030101+"
                "rtas:check-exception:0x500:0x1000:0x40000000:0:0x100000:2048=1+" + OFF).replace(",", ",,")
        for script, options in ((told, ("-machine", "pseries", "-kernel", self.kernel)),
                                ("esm+share:0x100000+" + told, self.guest())):
            line = [str(word) for word in ("-accel", f"sim,script={script}", *options, "-S")]
            with server(self.cgvm.path, *line) as path:
                client = Client(path)
                client.negotiate()
                client.call("cont")
                client.take_events()
                end = time.monotonic() + 60
                while "error" in (reply := client.ask("system_powerdown")):
                    expect("(EPOW)" in reply["error"]["desc"] and time.monotonic() < end, reply)
                expect("POWERDOWN" in client.take_events(), "the event")
                expect(client.wait_for("SHUTDOWN")["data"] == {"guest": True, "reason": "guest-shutdown"}, "the end")
                client.close()

    def check_refusals(self) -> None:
        """Options for other hosts and machines are refused."""
        for accel, words in ((",es=off", "features of AMD hosts"), (",report=x", "no measurement of a launch to report"),
                             (",fault=SNP_INIT=1", "write it as CALL[:NTH]=CODE"),
                             (",model=POWER9,fault=UV_PAGE_IN=U_BUSY", "which a host of model 'POWER9' has not"),
                             (",script=esm:maybe", "'maybe' is neither bad nor fail"),
                             (",script=hcall:0xe0", "KVM answers this hypercall itself")):
            done = self.run(accel).expect(1)
            expect(words in done.stderr, done)
        done = self.cgvm.run("-accel", "sim", *self.guest(), "-machine", "microvm").expect(1)
        expect("'pef0' (pef-guest) cannot protect this machine; use -machine pseries" in done.stderr, done)
        done = self.cgvm.run("-accel", "sim", *self.guest(), "-cpu", "POWER10").expect(1)
        expect("-cpu POWER10: the host's processor (POWER9, version 0x004e1202) cannot be one: " in done.stderr, done)
        done = self.run(",model=POWER10,run=off", "-cpu", "POWER9").expect(1)
        expect("no ultravisor" in done.stderr, done)


def main() -> int:
    """Runs the tests; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cgvm")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        pef = Pef(Cgvm(arguments.cgvm), Path(directory), arguments.update)
        tests = [Test(f"the trace of {name} is the golden one", partial(pef.check_trace, name)) for name in GOLDEN]
        tests += [Test(f"all is closed in {name}", partial(pef.check_closed, name)) for name in GOLDEN]
        tests += [Test(f"a host that is a {model}", partial(pef.check_host, model)) for model in HOSTS]
        tests += [Test(name, partial(pef.check_story, name)) for name in STORIES]
        tests += [Test("the plan", pef.check_plan), Test("a guest without the object", pef.check_plain),
                  Test("an object that is named by its path", pef.check_path),
                  Test("a kernel in big endian", pef.check_big_endian), Test("input", pef.check_input),
                  Test("a monitor", pef.check_monitor), Test("asked to end", pef.check_power_down),
                  Test("what is refused", pef.check_refusals)]
        return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
