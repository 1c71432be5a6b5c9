#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plain guests on the KVM of this machine: what they print, how they leave, and what cgvm makes of it.

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

from kvm import Failure, expect, kvm_missing, run_tests

TIMEOUT = 10  # seconds for one guest; each needs some milliseconds

WELL = 0x2A << 1 | 1  # the status of a guest that found nothing wrong
LINUX = "linux"  # the image that is a kernel
HELLO = b"cgvm: hello from the guest\r\n"

# Around the borders of the layout: below 1 MiB, the firmware's alias at 0xf0000, 3 GiB, and above 4 GiB.
SIZES = ["64K", "640K", "960K", "964K", "1M", "1028K", "2", "128M", "3G", "3145732K", "4G"]


class Guests:
    """One cgvm and the images that it boots."""

    def __init__(self, cgvm, images):
        self.cgvm = cgvm
        self.images = {pathlib.Path(image).stem: image for image in images}

    def command(self, image, *options, accel="kvm"):
        return [self.cgvm, "-accel", accel, "-bios", self.images[image], *options]

    def command_of_kernel(self, append, *options):
        return [self.cgvm, "-kernel", self.images[LINUX], "-append", append, *options]

    def run(self, *args, **kwargs):
        return self.complete(self.command(*args, **kwargs))

    @staticmethod
    def complete(command):
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                                  check=False)
        except subprocess.TimeoutExpired as expired:
            raise Failure(f"no end after {TIMEOUT} s; stdout is {expired.stdout!r}") from None

    def expect(self, image, *options, stdout, accel="kvm", status=WELL):
        """Runs a guest about which cgvm has nothing to say."""
        done = self.run(image, *options, accel=accel)
        expect("stderr", done.stderr, b"")
        expect("the status", done.returncode, status)
        expect("stdout", done.stdout, stdout)


def images_are_64k(guests):
    for name, path in guests.images.items():
        if name == LINUX:
            continue
        expect(f"the size of {name}", os.path.getsize(path), 64 * 1024)


def hello(*options):
    return lambda guests: guests.expect("hello", *options, stdout=HELLO)


def run_off(guests):
    guests.expect("hello", accel="kvm,run=off", stdout=b"", status=0)


def string_io(guests):
    guests.expect("string-io", stdout=b"cgvm: a whole string at once\r\n")


def buses(guests):
    """The status tells which of the guest's checks failed."""
    guests.expect("buses", "-m", "64K", stdout=b"")


def second_vcpu(guests):
    guests.expect("second-vcpu", "-smp", "2", stdout=b"cgvm: hello from the second vCPU\r\n")


STARTED = b"cgvm: started\r\n"
KEPT = ("-m", "1M", "-object", "memory-backend-memfd,id=ram0,size=1M", "-machine", "memory-backend=ram0")


def reset(guests):
    """Memory of a backend is kept, so that this guest sees its two resets."""
    guests.expect("reset", *KEPT, "-smp", "2", stdout=3 * STARTED)


def no_reboot(*option):
    return lambda guests: guests.expect("reset", *option, stdout=STARTED, status=0)


def reset_forgets(guests):
    """Memory of the machine's own is new: the guest would be at its first start for ever."""
    command = guests.command("reset")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(TIMEOUT)
        try:
            expect("the start of stdout", process.stdout.read(5 * len(STARTED)), 5 * STARTED)
        finally:
            signal.alarm(0)
            process.kill()


def kernel(append, *options, status=WELL, times=1):
    """A kernel without a firmware, which checks what it was started with and prints its command line."""

    def test(guests):
        done = guests.complete(guests.command_of_kernel(append, *options))
        expect("stderr", done.stderr, b"")
        expect("stdout", done.stdout, f"{append}\r\n".encode() * times)
        expect("the status", done.returncode, status)

    return test


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


def triple_fault(guests):
    done = guests.run("triple-fault", "-smp", "2")
    lines = done.stderr.decode().splitlines()
    expect("the status", done.returncode, 1)
    expect("stdout", done.stdout, b"")
    expect("the number of lines on stderr", len(lines), 1)
    if not lines[0].startswith("cgvm: vCPU 0 ") or "triple fault" not in lines[0]:
        raise Failure(f"stderr is {lines[0]!r}")


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


TESTS = [
    ("the images have 64 KiB", images_are_64k),
    ("hello", hello()),
    ("hello with two vCPUs", hello("-smp", "2")),
    *((f"hello with -m {size}", hello("-m", size)) for size in SIZES),
    ("run=off launches and leaves in silence", run_off),
    ("a string in one exit", string_io),
    ("ports and memory, with and without something there", buses),
    ("a second vCPU leaves", second_vcpu),
    ("a kernel without a firmware", kernel("hello")),
    ("a kernel with two vCPUs", kernel("hello", "-smp", "2")),
    *((f"a kernel with -m {size}", kernel("hello", "-m", size)) for size in ("2", "128M", "3G", "3145732K", "4G")),
    ("a kernel with the longest command line", kernel("x" * 255)),
    ("a kernel with an initrd", kernel_initrd),
    ("a kernel turns the machine off", kernel("then off", "-smp", "2", status=0)),
    ("a kernel resets the machine", kernel_reset),
    ("a kernel with -no-reboot", kernel("then reset", "-no-reboot", status=0)),
    ("a triple fault", triple_fault),
    ("resets", reset),
    ("-no-reboot", no_reboot("-no-reboot")),
    ("-action reboot=shutdown", no_reboot("-action", "reboot=shutdown")),
    ("a reset forgets", reset_forgets),
    ("a halted guest", idle),
]


run_tests(TESTS, Guests(sys.argv[1], sys.argv[2:]), skip=kvm_missing())
