#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What becomes of a guest that runs: each step of a script on the simulated host, and the words for each end.
Prints TAP.

    test_exits.py CGVM
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from firmware import Firmware
from harness import Argument, Cgvm, Run, Test, expect, expect_equal, guest, run_tests

PAGE = 4096
NO_ENGINE = ("the guest is launched, but nothing on this host can run it: the guest's script is over; let it end "
             "with halt, shutdown or the like; run=off of -accel stops here without this message")
CRASHED = ("sev-guest 'sev0': vCPU 0 stopped with a triple fault (exit reason 8); the guest's firmware or kernel has crashed "
           "with nothing left to handle it: see the end of its console")
#: What is left to be asked of a host once the guest runs: no register is read or written any more.
WHILE_IT_RUNS = re.compile(r"ioctl vcpu\d+ KVM_RUN = .*|ioctl vm0 KVM_SET_MEMORY_ATTRIBUTES .* = 0|"
                           r"fallocate gmem\d+ mode=3 .* = 0|munmap \d+ = 0|close \S+ = 0")

SNP = "sev-snp-guest"
SEV = "sev-guest"
SHUT_DOWN = ("the guest shut itself down, which a triple fault does; its registers are encrypted and cannot "
             "tell where, so see the end of its console, and whether firmware or kernel was built for this kind of "
             "guest")
TERM = ("the guest asked to be terminated with code 2 of set 0 (GHCB MSR 0x20100), SNP_FEATURES, asked for by "
        "the firmware or Linux: the guest is not an SEV-SNP guest where it must be one, or a feature is active "
        "that it does not know; compare the features of the launch (sev-features in -plan text) with what the "
        "guest's kernel supports")


@dataclass(frozen=True)
class Case:
    """A script, and how the run must end."""

    name: str
    script: str
    status: int = 2
    error: str = NO_ENGINE
    console: str = ""
    kind: str = SNP
    properties: str = ""
    vcpus: int = 1


def failed(step: str, what: str, number: int = 1) -> str:
    """What a guest says that has not found what it expected."""
    return f"simulated guest: step {number} '{step}': {what}\n"


CASES: tuple[Case, ...] = (
    Case("memory is empty and can be written",
         "check:0x1000:private:00*4096+write:0x1fff:private:0102+check:0x1ffe:private:00010200"),
    Case("a page is converted on request",
         "write:0:private:5a*4096+map:0:0x1000:shared+check:0:shared:00*4096+write:0:shared:77+"
         "map:0:0x1000:private+check:0:private:00*4096+map:0:4096:shared+check:0:shared:00"),
    Case("a request for what a page is already changes nothing",
         "write:0:private:5a+map:0:0x2000:private+check:0:private:5a+map:0:4096:shared+write:0:shared:66+"
         "map:0:4096:shared+check:0:shared:66"),
    Case("a page is converted by an access",
         "write:0x3000:shared:aa+check:0x3000:shared:aa00+check:0x3000:private:00+check:0x3000:shared:00"),
    Case("a page is converted by a fault", "fault:0x3000:shared+write:0x3000:shared:11+check:0x3000:shared:11"),
    Case("launched memory is there", "check:0xffffffec:private:00*4+check:0x80d000:private:03"),
    Case("a range of the whole address space becomes shared", "request:0:0xffffffffffff0:0+check:0:shared:00"),
    Case("the console", "out:0x3f8:72+out:0x3f8:0x69+out:0x3f8:10", console="Hi\n"),
    Case("the debug exit", "out:0xf4:3+shutdown", status=7, error=""),
    Case("other vCPUs wait, and end with the first", "write:0:shared:00+out:0xf4:0", status=1, error="", vcpus=4),
    Case("other vCPUs wait until the script is over", "write:0:shared:00", vcpus=3),
    Case("bad requests fail, and nothing else happens",
         "write:0:private:5a+request:1:1:0:fail+request:0:0:0:fail+request:0:1:0x20:fail+request:0:1:3:fail+"
         "request:0:0xffffffffffffffff:0x10:fail+request:0xfffffffffffff000:2:0:fail+"
         "request:0xd0000000:1:0x10:fail+request:0x7fff000:2:0x10:fail+request:0xd0000000:1:0+"
         "check:0:private:5a"),
    Case("a request that should have failed", "request:0xd0000000:1:0:fail", 255, "",
         failed("request:0xd0000000:1:0:fail", "the request should have failed")),
    Case("a request that should not have failed", "map:0xd0000000:4096:private", 255, "",
         failed("map:0xd0000000:4096:private", "the request failed")),
    Case("a byte that is another", "write:0x1000:private:00ff+check:0xfff:private:000000", 255, "",
         failed("check:0xfff:private:000000", "the byte at 0x1001 is 0xff, not 0x00", 2)),
    Case("an access to nothing", "check:0xd0000000:shared:00", 255, "",
         failed("check:0xd0000000:shared:00", "there is no memory at 0xd0000000")),
    Case("a private access to nothing", "check:0xd0000000:private:00", 1,
         "sev-snp-guest 'sev0': vCPU 0: after a private access to 0xd0000000: the guest has no memory at "
         "0xd0000000-0xd0000fff that could be private"),
    Case("a fault with unknown flags", "fault:0:0x18", 1,
         "sev-snp-guest 'sev0': vCPU 0: a memory fault at 0x0 has the flags 0x18, of which only 0x8 is known; "
         "use a newer cgvm for this kernel"),
    Case("a thousand faults", "+".join(["fault:0x1000:private"] * 1000)),
    Case("a fault that does not end", "+".join(["fault:0x1000:private"] * 1001), 1,
         "sev-snp-guest 'sev0': vCPU 0: the guest's private access to 0x1000 still faults after 1000 "
         "conversions of the page to private; either vCPUs of the guest disagree about it without end, or the "
         "host has no memory for it"),
    Case("faults with progress between them",
         "+".join(["fault:0x1000:private"] * 800 + ["out:0x80:0"] + ["fault:0x1000:private"] * 800)),
    Case("faults by turns", "+".join(["fault:0x1000:private", "fault:0x1000:shared"] * 1000)),
    Case("termination", "sevterm:0:2", 1, "sev-snp-guest 'sev0': vCPU 0: " + TERM),
    Case("termination of SEV-ES", "sevterm:0:2", 1, "sev-guest 'sev0': vCPU 0: " + TERM, kind=SEV,
         properties="policy=5"),
    Case("termination without SEV-ES", "sevterm:0:2", 1, CRASHED, kind=SEV),
    Case("shutdown", "shutdown", 1, "sev-snp-guest 'sev0': vCPU 0: " + SHUT_DOWN),
    Case("shutdown of SEV-ES", "shutdown", 1, "sev-guest 'sev0': vCPU 0: " + SHUT_DOWN, kind=SEV,
         properties="policy=5"),
    Case("shutdown without SEV-ES", "shutdown", 1, CRASHED, kind=SEV),
    Case("a failed entry", "fail-entry", 1,
         "sev-snp-guest 'sev0': vCPU 0: the processor refused to enter the guest (hardware reason 0xffffffff); "
         "most likely its register page (VMSA) was not launched, because the vCPU was created after the launch "
         "or the launch was not finished"),
    Case("SEV has no page conversion", "map:0:4096:shared:fail+map:0:4096:private:fail", kind=SEV),
    Case("memory of SEV", "write:0x1001:private:0102+check:0x1001:private:0102+write:0x2000:shared:0304+"
         "check:0x2000:shared:0304", kind=SEV),
    Case("memory of SEV-ES", "write:0x1001:private:0102+check:0x1001:private:0102", kind=SEV,
         properties="policy=5"),
)

#: Values of script=, and the message.
REFUSED: tuple[tuple[str, str], ...] = (
    ("", "the script is empty; give steps that are joined with '+', or @FILE"),
    ("chek:0:private:00", "script, step 1 'chek:0:private:00': there is no such step; did you mean 'check'?"),
    ("shutdown+map:0", "script, step 2 'map:0': write it as map:GPA:SIZE:private|shared[:ok|fail]"),
    ("@/nonexistent", "cannot open the script '/nonexistent': No such file or directory"),
)


@dataclass(frozen=True)
class Knob:
    """A feature that is left off, and which guests that refuses, with what words."""

    accel: str
    kind: str
    properties: str
    words: tuple[str, ...]  # none: the guest is launched


KNOBS: tuple[Knob, ...] = (
    Knob("snp=off", SNP, "", ("KVM offers no SEV-SNP guests", "or another model= of -accel sim, without es=off and snp=off")),
    Knob("es=off", SNP, "", ("KVM offers no SEV-SNP guests", )),
    Knob("es=off", SEV, "policy=5,legacy-vm-type=off", ("KVM offers no SEV-ES guests", )),
    Knob("es=off", SEV, "policy=5", ("SEV-ES", )),
    Knob("es=off", SEV, "", ()),
    Knob("snp=off", SEV, "policy=5", ()),
    Knob("snp=off", SEV, "policy=5,legacy-vm-type=off", ()),
    Knob("snp=on,es=on", SNP, "", ()),
)


class Exits:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.firmware = directory / "exits.fd"
        self.firmware.write_bytes(Firmware().build())

    def start(self, accel: str, kind: str, properties: str, vcpus: int = 1) -> Run:
        """Launches a guest and runs it."""
        options: list[Argument] = guest(self.firmware, properties, kind=kind, vcpus=vcpus)
        return self.cgvm.run("-accel", f"sim,{accel}", *options)

    def run(self, case: Case) -> None:
        """Runs the script of @case."""
        trace = self.directory / f"{CASES.index(case)}.trace"
        run = self.start(f"script={case.script},trace={trace}", case.kind, case.properties, case.vcpus)
        expect_equal(run.status, case.status, f"the status\n{run}")
        expect_equal(run.stdout, case.console, "the console")
        lines = run.stderr.splitlines()
        expect(lines and lines[0].startswith("cgvm: launched sev0: "), run)
        expect_equal(lines[1:], [f"cgvm: {case.error}"] if case.error else [], "what is said")
        self.check_trace(trace.read_text("ascii").splitlines())

    def check_trace(self, lines: list[str]) -> None:
        """Nothing but what a running guest needs comes after the launch."""
        finish = max(i for i, line in enumerate(lines) if "LAUNCH_FINISH" in line)
        for line in lines[finish + 1:]:
            expect(WHILE_IT_RUNS.fullmatch(line), f"this call comes after the launch: {line}")

    def reset(self) -> None:
        """A guest that is reset has nothing of its memory left, on either side, and the script goes on."""
        steps = ("write:0:private:5a", "map:0x1000:4096:shared", "write:0x1000:shared:11", "out:0xcf9:6",
                 "check:0:private:00", "check:0x1000:private:00", "check:0x1000:shared:00", "out:0xf4:5")
        run = self.start(f"script={'+'.join(steps)}", SNP, "").expect(11)
        expect_equal(run.stdout, "", "the console")
        expect_equal(run.stderr.count("reset sev0"), 1, f"the number of resets\n{run}")

    def run_file(self) -> None:
        """A script can be a file, whose lines have numbers."""
        path = self.directory / "steps"
        path.write_text("# a comment\n\nwrite:0:private:5a\ncheck:0:private:5b\n", "ascii")
        run = self.start(f"script=@{path}", SNP, "").expect(255)
        expect_equal(run.stdout, "simulated guest: steps:4 'check:0:private:5b': the byte at 0x0 is 0x5a, not "
                     "0x5b\n", "the console")

    def refuse(self, script: str, message: str) -> None:
        """A script that is wrong starts nothing."""
        self.start(f"script={script}", SNP, "").expect(1, f"cgvm: {message}\n")

    def turn(self, knob: Knob) -> None:
        """Launches a guest on a host with a feature off."""
        run = self.start(f"{knob.accel},run=off", knob.kind, knob.properties)
        run.expect(1 if knob.words else 0)
        for word in knob.words:
            expect(word in run.stderr, f"the message should have: {word}\n{run}")

    def ciphertext(self) -> None:
        """What SEV has launched is not what lies in memory without the key."""
        image = self.firmware.read_bytes()
        plain = f"check:0x{0x100000000 - len(image):x}:private:{image[:64].hex()}"
        self.start(f"script={plain}", SEV, "").expect(2)
        run = self.start(f"script={plain.replace('private', 'shared')}", SEV, "").expect(255)
        # The key is a new one for every launch: one byte in 256 is the same by chance, 16 of them are not.
        expect(re.search(r": the byte at 0xffffc00[0-9a-f] is 0x", run.stdout), run)


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as directory:
        exits = Exits(Cgvm(sys.argv[1]), Path(directory))
        tests = [Test(case.name, partial(exits.run, case)) for case in CASES]
        tests += [Test("a script in a file", exits.run_file), Test("a reset", exits.reset),
                  Test("ciphertext", exits.ciphertext)]
        tests += [Test(f"script={script} is refused", partial(exits.refuse, script, message))
                  for script, message in REFUSED]
        tests += [Test(f"{knob.accel}: {knob.kind} {knob.properties}", partial(exits.turn, knob)) for knob in KNOBS]
        return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
