#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a plain guest costs on cgvm, next to QEMU's microvm doing the same in the same run.

    bench.py [--json] [--runs N] CGVM HELLO.bin IDLE.bin

HELLO.bin prints a line and leaves by the debug exit, IDLE.bin prints it and halts. Nothing is asserted:
figures and ratios are printed for people to judge, next to what cgvm aims at. What needs QEMU or strace is
left out without them, and a note says so. Exit status: 0 measured; 1 something failed to run; 77 no KVM here.
"""

import argparse
import json
import os
import re
import selectors
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "boot"))

from kvm import kvm_missing  # noqa: E402

GUEST_MIB = 128
WELL = 0x2A << 1 | 1
TIMEOUT = 20  # seconds for one guest
MS = 1000


class Failed(Exception):
    """Something did not run."""


# ----------------------------------------------------------------------------------------------- the two VMMs

class Cgvm:
    name = "cgvm"

    def __init__(self, binary):
        self.binary = binary

    def command(self, image):
        return [self.binary, "-accel", "kvm", "-m", f"{GUEST_MIB}M", "-bios", image]


class Qemu:
    name = "qemu"

    def __init__(self, binary):
        self.binary = binary
        self.accel = "kvm"

    def command(self, image):
        return [self.binary, "-M", "microvm", "-accel", self.accel, "-m", f"{GUEST_MIB}M", "-bios", image,
                "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
                "-device", "isa-debug-exit,iobase=0xf4,iosize=1"]


class Process:
    """A running command, from just before its spawn, which is the cheapest there is and in the figures."""

    def __init__(self, command):
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, write_end, 1),
                   (os.POSIX_SPAWN_DUP2, null, 2)]
        self.command = command
        self.status = None
        self.started = time.perf_counter()
        self.pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
        os.close(write_end)
        os.close(null)
        self.stdout = read_end
        self.deadline = self.started + TIMEOUT

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        os.close(self.stdout)

    def read(self):
        """The next bytes of its stdout, b"" at the end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.stdout, selectors.EVENT_READ)
            if not selector.select(max(0, self.deadline - time.perf_counter())):
                raise Failed(f"{self.command[0]}: no end after {TIMEOUT} s")
        return os.read(self.stdout, 65536)

    def wait(self):
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def since_start(self):
        return time.perf_counter() - self.started


# ------------------------------------------------------------------------------------------------------- time

def time_once(command, status):
    """Seconds from exec to the first byte on stdout (None without one) and to the end of the process."""
    first = None
    with Process(command) as process:
        while process.read():
            first = first or process.since_start()
        process.wait()
        end = process.since_start()
    if process.status != status:
        raise Failed(f"{' '.join(command)}: status {process.status}, not {status}")
    return first, end


def time_all(vmms, image, runs):
    """{name: (median to first byte, median to exit)}; turns are taken, so that all see the same weather."""
    commands = {vmm.name: (vmm.command(image), WELL) for vmm in vmms}
    commands["true"] = ([shutil.which("true")], 0)
    times = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, (command, status) in commands.items():
            times[name].append(time_once(command, status))
    medians = {}
    for name, pairs in times.items():
        firsts, ends = zip(*pairs[1:])  # the first run warms the caches up
        medians[name] = (None if None in firsts else statistics.median(firsts), statistics.median(ends))
    return medians


def first_run_once(command, status):
    """Seconds from execve to the first KVM_RUN, as strace sees them; other system calls are not stopped."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        strace = [shutil.which("strace"), "-f", "--seccomp-bpf", "-ttt", "-e", "trace=execve,ioctl",
                  "-o", log.name]
        done = subprocess.run([*strace, "--", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
        if done.returncode != status:
            raise Failed(f"strace {' '.join(command)}: status {done.returncode}, not {status}: "
                         f"{done.stderr.decode()}")
        begin = None
        for line in log:
            stamp = float(line.split()[1])
            begin = begin or stamp
            if "KVM_RUN" in line:
                return stamp - begin
    raise Failed(f"{' '.join(command)}: no KVM_RUN in the trace")


def first_run_all(vmms, image, runs):
    times = {vmm.name: [] for vmm in vmms}
    for _ in range(runs):
        for vmm in vmms:
            times[vmm.name].append(first_run_once(vmm.command(image), WELL))
    return {name: statistics.median(values) for name, values in times.items()}


# ----------------------------------------------------------------------------------------------- memory, size

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)$")


def is_guest_ram(start, end, mode, inode):
    """Whether this is an anonymous mapping of nearly the RAM's size: the part below 1 MiB may be apart."""
    return inode == "0" and mode == "rw-p" and GUEST_MIB << 19 < end - start <= (GUEST_MIB + 1) << 20


def private_bytes(pid):
    """What this process alone keeps in memory without the guest's RAM, and what of that was written to.

    The first counts pages of libraries that nobody else happens to use at the moment; the second does not.
    """
    sums, counted, found = {"Private_Clean": 0, "Private_Dirty": 0}, True, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as smaps:
        for line in smaps:
            mapping = MAPPING.match(line)
            key, _, rest = line.partition(":")
            if mapping:
                start, end, mode, inode, _ = mapping.groups()
                counted = not is_guest_ram(int(start, 16), int(end, 16), mode, inode)
                found = found or not counted
            elif counted and key in sums:
                sums[key] += int(rest.split()[0]) * 1024
    if not found:
        raise Failed(f"cannot tell the guest's RAM from the rest in /proc/{pid}/smaps")
    return sum(sums.values()), sums["Private_Dirty"]


def private_of(vmm, image):
    with Process(vmm.command(image)) as process:
        while b"\n" not in (part := process.read()):
            if not part:
                raise Failed(f"{vmm.name}: the idle guest ended")
        time.sleep(0.1)
        return private_bytes(process.pid)


def stripped_size(path):
    """None if that cannot be told: no strip, or no ELF file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "stripped")
        try:
            subprocess.run(["strip", "-o", copy, path], check=True, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            return None
        return os.path.getsize(copy)


# ----------------------------------------------------------------------------------------------------- report

def measure(args, notes):
    """Rows: name, unit, the aim (None, "ratio" or a number of that unit), and a figure for each VMM."""
    vmms = [Cgvm(args.cgvm)]
    qemu = shutil.which("qemu-system-x86_64")
    if qemu:
        vmms.append(peer := Qemu(qemu))
        try:
            time_once(peer.command(args.hello), WELL)
        except Failed as failed:
            peer.accel = "tcg"
            notes.append(f"QEMU cannot run the guest with -accel kvm here, so it runs with tcg: {failed}")
    else:
        notes.append("no peer: there is no qemu-system-x86_64")

    times = time_all(vmms, args.hello, args.runs)
    spawn = times.pop("true")[1] * MS
    notes.append(f"the first two rows include {spawn:.1f} ms that starting and ending /bin/true takes, too")
    rows = [
        ("exec to first console byte", "ms", "ratio", {name: pair[0] * MS for name, pair in times.items()}),
        ("exec to exit", "ms", "ratio", {name: pair[1] * MS for name, pair in times.items()}),
    ]

    kvm_vmms = [vmm for vmm in vmms if getattr(vmm, "accel", "kvm") == "kvm"]
    if shutil.which("strace"):
        traced = first_run_all(kvm_vmms, args.hello, max(3, args.runs // 4))
        rows.append(("execve to first KVM_RUN *", "ms", "ratio",
                     {name: seconds * MS for name, seconds in traced.items()}))
        notes.append("* under strace, which slows down every ioctl: the ratio says more than the figures")
    else:
        notes.append("time to the first KVM_RUN is left out: there is no strace")

    memory = {vmm.name: private_of(vmm, args.idle) for vmm in vmms}
    rows.append((f"private memory beyond {GUEST_MIB} MiB of RAM", "MiB", 5,
                 {name: pair[0] / 2**20 for name, pair in memory.items()}))
    rows.append(("- of which written to", "MiB", None,
                 {name: pair[1] / 2**20 for name, pair in memory.items()}))
    sizes = {vmm.name: stripped_size(vmm.binary) for vmm in vmms}
    if None not in sizes.values():
        rows.append(("stripped executable", "MiB", 1, {name: size / 2**20 for name, size in sizes.items()}))
    else:
        notes.append("sizes are left out: there is no strip, or it did not know a file")
    return rows


def as_json(rows, notes, runs):
    results = []
    for name, unit, aim, figures in rows:
        result = {"name": name.strip(" *-"), "unit": unit, **figures}
        if "qemu" in figures:
            result["ratio"] = figures["cgvm"] / figures["qemu"]
        if aim:
            result["aim"] = {"ratio": 0.1} if aim == "ratio" else {"cgvm": aim}
        results.append(result)
    return json.dumps({"runs": runs, "results": results, "notes": notes}, indent=4)


def as_table(rows, notes, runs):
    lines = [f"{'median of ' + str(runs) + ' runs':42} {'cgvm':>10} {'qemu':>10} {'cgvm/qemu':>10}  aim"]
    for name, unit, aim, figures in rows:
        cgvm, qemu = figures["cgvm"], figures.get("qemu")
        peer = f"{qemu:10.2f} {cgvm / qemu:10.3f}" if qemu else f"{'-':>10} {'-':>10}"
        goal = "a tenth of QEMU's" if aim == "ratio" else f"{aim} {unit}" if aim else ""
        lines.append(f"{name + ', ' + unit:42} {cgvm:10.2f} {peer}  {goal}".rstrip())
    return "\n".join(lines + [f"note: {note}" for note in notes])


def main():
    parser = argparse.ArgumentParser(description="measure a plain guest on cgvm and on QEMU")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="runs of each (20)")
    for name in ("cgvm", "hello", "idle"):
        parser.add_argument(name)
    args = parser.parse_args()

    reason = kvm_missing()
    if reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 77
    notes = []
    try:
        rows = measure(args, notes)
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print((as_json if args.json else as_table)(rows, notes, args.runs))
    return 0


sys.exit(main())
