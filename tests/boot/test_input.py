#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Input for the guest's console, from a pipe and from a terminal, which is always put back.

    test_input.py CGVM linux.bin

Prints TAP. Skips everything if this machine has no KVM.
"""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

from kvm import expect, kvm_missing, run_tests

TIMEOUT = 10  # seconds
WELL = 0x2A << 1 | 1


class Terminal:
    """A cgvm whose stdin is a terminal, and whose guest echoes."""

    def __init__(self, command):
        self.ours, theirs = pty.openpty()
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        os.close(self.ours)
        os.close(self.theirs)

    def wait_for(self, text):
        """Reads the guest's output until @text, within the time."""
        deadline, got = time.monotonic() + TIMEOUT, b""
        while not got.endswith(text):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            byte = os.read(self.process.stdout.fileno(), 1) if ready else b""
            if not byte:
                expect("the output", got, text)
            got += byte

    def end(self, status):
        """The process ends with @status, and the terminal is as it was."""
        _, stderr = self.process.communicate(timeout=TIMEOUT)
        expect("stderr", stderr, b"")
        expect("the status", self.process.returncode, status)
        expect("the terminal", termios.tcgetattr(self.theirs), self.before)


def start(cgvm, kernel, serial):
    return [cgvm, "-kernel", kernel, "-append", "echo", "-serial", serial]


def pipe(cgvm, kernel):
    """More than the FIFO holds arrives complete, and in order."""
    text = bytes(range(32, 112)) * 5
    done = subprocess.run(start(cgvm, kernel, "stdio"), input=text + b"q and more", capture_output=True,
                          timeout=TIMEOUT, check=False)
    expect("stderr", done.stderr, b"")
    expect("stdout", done.stdout, b"echo\r\n" + text)
    expect("the status", done.returncode, WELL)


def terminal(cgvm, kernel):
    with Terminal(start(cgvm, kernel, "stdio")) as guest:
        guest.wait_for(b"echo\r\n")
        flags = termios.tcgetattr(guest.theirs)[3]
        expect("echo and lines", flags & (termios.ECHO | termios.ICANON), 0)
        os.write(guest.ours, b"a\r")
        guest.wait_for(b"a\r")
        os.write(guest.ours, b"q")
        guest.end(WELL)


def ended_by(number, status):
    def test(cgvm, kernel):
        with Terminal(start(cgvm, kernel, "stdio")) as guest:
            guest.wait_for(b"echo\r\n")
            guest.process.send_signal(number)
            guest.end(status)

    return test


def escapes(cgvm, kernel):
    """Ctrl-C is the guest's, Ctrl-A Ctrl-A is Ctrl-A, any other is nothing, and Ctrl-A x is the end."""
    with Terminal(start(cgvm, kernel, "mon:stdio")) as guest:
        guest.wait_for(b"echo\r\n")
        os.write(guest.ours, b"\x03\x01\x01\x01qb")
        guest.wait_for(b"\x03\x01b")
        os.write(guest.ours, b"\x01x")
        guest.end(0)


TESTS = [
    ("a pipe", pipe),
    ("a terminal", terminal),
    ("SIGTERM", ended_by(signal.SIGTERM, 0)),
    ("SIGINT", ended_by(signal.SIGINT, 0)),
    ("SIGHUP", ended_by(signal.SIGHUP, 0)),
    ("SIGQUIT", ended_by(signal.SIGQUIT, -signal.SIGQUIT)),
    ("escapes", escapes),
]

run_tests(TESTS, *sys.argv[1:3], skip=kvm_missing())
