#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests on the KVM of this machine, and on that of the simulated host: what they print, how they leave, and what cgvm makes of it.

    test_plain.py CGVM IMAGE.bin...

Prints TAP. Skips everything if this machine has no KVM. A guest that hangs fails after TIMEOUT seconds.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from cases import CASES, HELLO, SCRIPTS, SLOW, STARTED, WELL, kernel
from kvm import Failure, expect, kvm_missing, run_tests
import simulated

TIMEOUT = 40  # seconds for one guest; each needs some milliseconds, unless the machine is busy
RESETS = 200
VM_DESCRIPTORS = 4  # that come and go with each: of the VM, its vCPUs and what belongs to them
GROWTH_KIB = 64 << 10  # the address sanitizer keeps what was freed for a while, up to so much
LINUX = "linux"  # an image that is a kernel
KERNELS = (LINUX, "pvh", "snp")


class Guests:
    """One cgvm and the images that it boots."""

    def __init__(self, cgvm, images):
        self.cgvm = cgvm
        self.images = {pathlib.Path(image).stem: image for image in images}

    def command(self, image, *options):
        return [self.cgvm, "-accel", "kvm", "-bios", self.images[image], *options]

    def command_of_kernel(self, append, *options):
        return [self.cgvm, "-kernel", self.images[LINUX], "-append", append, *options]

    @staticmethod
    def complete(command, **env):
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                                  check=False, env={**os.environ, **env})
        except subprocess.TimeoutExpired as expired:
            raise Failure(f"no end after {TIMEOUT} s; stdout is {expired.stdout!r}") from None

    def check(self, case):
        with tempfile.TemporaryDirectory() as directory:
            done = self.complete(case.command(self.cgvm, self.images.__getitem__), tmp=directory)
        case.check(done.returncode, done.stdout, done.stderr)


def images_are_64k(guests):
    for name, path in guests.images.items():
        if name in KERNELS:
            continue
        expect(f"the size of {name}", os.path.getsize(path), 64 * 1024)


def resources(pid):
    """How many descriptors and KiB of memory a process has."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return len(os.listdir(f"/proc/{pid}/fd")), int(status.partition("VmRSS:")[2].split()[0])


def reset_forgets(guests):
    """Memory of the machine's own is new: the guest would be at its first start for ever. Nothing is left behind."""
    with subprocess.Popen(guests.command("reset"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(2 * TIMEOUT)
        try:
            expect("the start of stdout", process.stdout.read(20 * len(STARTED)), 20 * STARTED)
            before = resources(process.pid)
            expect("stdout", process.stdout.read(RESETS * len(STARTED)), RESETS * STARTED)
            after = resources(process.pid)
        finally:
            signal.alarm(0)
            process.kill()
    if after[0] > before[0] + VM_DESCRIPTORS or after[1] > before[1] + GROWTH_KIB:
        raise Failure(f"{RESETS} resets made descriptors and KiB of {before} {after}")


def kernel_initrd(guests):
    """The kernel prints the first 16 bytes of its initrd, which lies where its size makes it lie."""
    with tempfile.NamedTemporaryFile() as initrd:
        for size, memory in ((16, "2"), (4097, "2"), (1 << 20, "4"), (100, "4G")):
            initrd.truncate(0)
            initrd.seek(0)
            initrd.write(b"0123456789abcdef" + bytes(size - 16))
            initrd.flush()
            done = guests.complete(guests.command_of_kernel("with an initrd", "-initrd", initrd.name, "-m", memory))
            expect("stderr", done.stderr, b"")
            expect("stdout", done.stdout, b"with an initrd\r\n0123456789abcdef\r\n")
            expect("the status", done.returncode, WELL)


def kernel_reset(guests):
    """After a reset the kernel starts as it did before."""
    line = b"then reset\r\n"
    command = guests.command_of_kernel("then reset", "-smp", "2")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(TIMEOUT)
        try:
            expect("the start of stdout", process.stdout.read(3 * len(line)), 3 * line)
        finally:
            signal.alarm(0)
            process.kill()


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(guests):
    """A halted guest stays, costs no time, and goes when it is told to."""
    with subprocess.Popen(guests.command("idle", "-smp", "2"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        # Ends the reading below too, should the guest print nothing.
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(TIMEOUT)
        try:
            expect("stdout", process.stdout.read(len(HELLO)), HELLO)
            before = cpu_seconds(process.pid)
            time.sleep(0.4)
            expect("the status of a halted guest", process.poll(), None)
            spent = cpu_seconds(process.pid) - before
            if spent > 0.1:
                raise Failure(f"a halted guest used {spent} s of 0.4 s")
            process.terminate()
            stdout, stderr = process.communicate()
        finally:
            signal.alarm(0)
            process.kill()
        expect("the rest of stdout", stdout, b"")
        expect("stderr", stderr, b"")
        expect("the status", process.returncode, 0)


def run(case):
    return lambda guests: guests.check(case)


TESTS = [
    ("the images have 64 KiB", images_are_64k),
    *((case.name, run(case)) for case in (*CASES, *SCRIPTS, *SLOW, *simulated.CASES, *simulated.SCRIPTS)),
    ("every port", run(kernel("", "every port", "-m", "2", "-serial", "null", stdout=b""))),
    ("a kernel with an initrd", kernel_initrd),
    ("a kernel resets the machine", kernel_reset),
    ("a reset forgets", reset_forgets),
    ("a halted guest", idle),
]


run_tests(TESTS, Guests(sys.argv[1], sys.argv[2:]), skip=kvm_missing())
