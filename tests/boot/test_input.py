#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest's console at a pipe, a terminal, which is always put back, a file, a socket and a pseudo-terminal.

    test_input.py CGVM linux.bin

Prints TAP. Skips everything if this machine has no KVM.
"""

import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

from kvm import Failure, expect, kvm_missing, run_tests

TIMEOUT = 40  # seconds; a busy machine needs a second
WELL = 0x2A << 1 | 1


class Terminal:
    """A cgvm whose stdin is a terminal, and whose guest echoes."""

    def __init__(self, command, stdout=subprocess.PIPE):
        self.ours, theirs = pty.openpty()
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.process = subprocess.Popen(command, stdin=theirs, stdout=stdout, stderr=subprocess.PIPE,
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

    def end(self, status, stderr=""):
        """The process ends with @status and @stderr, a pattern, and the terminal is as it was."""
        _, said = self.process.communicate(timeout=TIMEOUT)
        if not re.fullmatch(stderr, said.decode()):
            raise Failure(f"stderr is {said!r}")
        expect("the status", self.process.returncode, status)
        expect("the terminal", termios.tcgetattr(self.theirs), self.before)


def start(cgvm, kernel, serial, append="echo"):
    return [cgvm, "-kernel", kernel, "-append", append, "-serial", serial, "-m", "2"]


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


def ends_itself(append, status, stderr="", *options):
    """However a guest ends, whose terminal was changed by then."""

    def test(cgvm, kernel):
        with Terminal([*start(cgvm, kernel, "stdio", append), *options]) as guest:
            guest.end(status, stderr)

    return test


def output_lost(cgvm, kernel):
    """Not stdout's fault that it is full, nor the terminal's."""
    with open("/dev/full", "wb") as full, Terminal(start(cgvm, kernel, "stdio", "flood"), stdout=full) as guest:
        guest.end(1, "cgvm: cannot write the guest's console to stdout: No space left on device\n")


def reader_gone(cgvm, kernel):
    with Terminal(start(cgvm, kernel, "mon:stdio", "flood")) as guest:
        guest.wait_for(b"####")
        guest.process.stdout.close()
        guest.process.stdout = None
        guest.end(1, "cgvm: cannot write the guest's console to stdout: Broken pipe\n")


def signal_of_slow_reader(cgvm, kernel):
    """Nobody reads any more, and it ends all the same."""
    with Terminal(start(cgvm, kernel, "stdio", "flood")) as guest:
        guest.wait_for(b"####")
        time.sleep(1)
        guest.process.terminate()
        expect("the status", guest.process.wait(TIMEOUT), 0)
        guest.end(0)


# ---- files, sockets, pseudo-terminals ----

def await_path(path):
    deadline = time.monotonic() + TIMEOUT
    while not path.exists():
        if time.monotonic() > deadline:
            raise Failure(f"there is no '{path}'")
        time.sleep(0.01)


class Client:
    """Somebody at the other end of the guest's console."""

    def __init__(self, read, write):
        self.read, self.write = read, write

    def expect(self, text):
        got = b""
        while len(got) < len(text):
            piece = self.read(len(text) - len(got))
            if not piece:
                break
            got += piece
        expect("what the guest prints", got, text)

    def talk(self):
        """What is typed comes back, perhaps behind what was printed before."""
        self.write(b"typed")
        got = b""
        while not got.endswith(b"typed"):
            piece = self.read(1)
            if not piece:
                raise Failure(f"the guest has printed {got!r} alone")
            got += piece


def connect(path):
    there = socket.socket(socket.AF_UNIX)
    there.settimeout(TIMEOUT)
    there.connect(str(path))
    return there


def run_at(directory, cgvm, kernel, serial, *options, append="echo"):
    return subprocess.Popen([*start(cgvm, kernel, serial, append), *options], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=directory)


def done(process, status, stderr=b""):
    out, said = process.communicate(timeout=TIMEOUT)
    expect("stderr", said, stderr)
    expect("stdout", out, b"")
    expect("the status", process.returncode, status)


def in_folder(test):
    def run(cgvm, kernel):
        with tempfile.TemporaryDirectory() as directory:
            test(pathlib.Path(directory), cgvm, kernel)

    return run


def file(directory, cgvm, kernel):
    """It is emptied, or with append=on it is not."""
    console = directory / "a,console"
    console.write_bytes(b"what was there before\n")
    done(run_at(directory, cgvm, kernel, "file:a,console", append="printed"), WELL)
    expect("the file", console.read_bytes(), b"printed\r\n")
    done(run_at(directory, cgvm, kernel, "chardev:c", "-chardev", "file,id=c,path=a,,console,append=on",
                append="too"), WELL)
    expect("the file", console.read_bytes(), b"printed\r\ntoo\r\n")
    done(run_at(directory, cgvm, kernel, "file:/none/console"), 1,
         b"cgvm: -serial file:/none/console: cannot write to '/none/console': No such file or directory\n")


def socket_waits(directory, cgvm, kernel):
    """The guest starts when somebody is there, and the next one can come after him."""
    path = directory / "console"
    process = run_at(directory, cgvm, kernel, "unix:console,server=on")
    await_path(path)
    time.sleep(0.2)
    with connect(path) as there:
        client = Client(there.recv, there.sendall)
        client.expect(b"echo\r\n")
        client.talk()
    with connect(path) as there:
        Client(there.recv, there.sendall).talk()
        there.sendall(b"q")
        done(process, WELL, b"cgvm: waiting for somebody to connect to the guest's console at 'console'\n")
        expect("the end of the connection", there.recv(1), b"")
    expect("the socket is there", path.exists(), False)


def socket_does_not_wait(directory, cgvm, kernel):
    """What is printed while nobody is there is lost."""
    path = directory / "console"
    process = run_at(directory, cgvm, kernel, "chardev:c", "-chardev", "socket,id=c,path=console,server=on,wait=off")
    await_path(path)
    time.sleep(0.5)
    with connect(path) as there:
        Client(there.recv, there.sendall).talk()
        there.sendall(b"q")
        done(process, WELL)


def socket_taken(directory, cgvm, kernel):
    """One that somebody listens at is left alone, and one that nobody does is replaced."""
    path = directory / "console"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        done(run_at(directory, cgvm, kernel, "unix:console,server=on,wait=off"), 1,
             b"cgvm: -serial unix:console,server=on,wait=off: 'console' exists and is used by another program; "
             b"give another path\n")
    done(run_at(directory, cgvm, kernel, "unix:console,server=on,wait=off", append="leaves"), WELL)
    path.write_bytes(b"")
    done(run_at(directory, cgvm, kernel, "unix:console,server=on,wait=off"), 1,
         b"cgvm: -serial unix:console,server=on,wait=off: 'console' exists and is no socket; give another path\n")
    expect("the file is there", path.exists(), True)


def socket_of_other(directory, cgvm, kernel):
    """cgvm is the one who connects."""
    done(run_at(directory, cgvm, kernel, "unix:console"), 1,
         b"cgvm: -serial unix:console: cannot connect to the socket 'console': No such file or directory; "
         b"with server=on it would be made\n")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.settimeout(TIMEOUT)
        listener.bind(str(directory / "console"))
        listener.listen()
        process = run_at(directory, cgvm, kernel, "unix:console")
        there, _ = listener.accept()
        with there:
            there.settimeout(TIMEOUT)
            client = Client(there.recv, there.sendall)
            client.expect(b"echo\r\n")
            client.talk()
        time.sleep(0.2)
        expect("the status of a guest whose client is gone", process.poll(), None)
        process.terminate()
        done(process, 0)


def socket_slow(directory, cgvm, kernel):
    """A client who does not read stops the guest, and neither SIGTERM nor his going."""
    path = directory / "console"
    process = run_at(directory, cgvm, kernel, "unix:console,server=on", append="flood")
    await_path(path)
    with connect(path) as there:
        Client(there.recv, there.sendall).expect(b"flood")
        time.sleep(1)
        process.terminate()
        done(process, 0, b"cgvm: waiting for somebody to connect to the guest's console at 'console'\n")


def pseudo_terminal(directory, cgvm, kernel):
    process = run_at(directory, cgvm, kernel, "pty")
    name = re.fullmatch(rb"cgvm: the guest's console is '(/dev/pts/\d+)'\n", process.stderr.readline())[1]
    for _ in range(2):
        there = os.open(name, os.O_RDWR | os.O_NOCTTY)
        time.sleep(0.3)
        Client(lambda size: os.read(there, size), lambda text: os.write(there, text)).talk()
        os.close(there)
    there = os.open(name, os.O_RDWR | os.O_NOCTTY)
    os.write(there, b"q")
    done(process, WELL)
    os.close(there)


def pseudo_terminal_unread(directory, cgvm, kernel):
    process = run_at(directory, cgvm, kernel, "pty", append="some ports")
    process.stderr.readline()
    done(process, WELL)


TESTS = [
    ("a pipe", pipe),
    ("a terminal", terminal),
    ("SIGTERM", ended_by(signal.SIGTERM, 0)),
    ("SIGINT", ended_by(signal.SIGINT, 0)),
    ("SIGHUP", ended_by(signal.SIGHUP, 0)),
    ("SIGQUIT", ended_by(signal.SIGQUIT, -signal.SIGQUIT)),
    ("escapes", escapes),
    ("the debug exit", ends_itself("leave", WELL)),
    ("power-off", ends_itself("then off", 0)),
    ("a reset with -no-reboot", ends_itself("then reset", 0, "", "-no-reboot")),
    ("an internal error", ends_itself("execute", 1, "cgvm: vCPU 0 .*internal error of KVM.*\n")),
    ("a file that cannot be written", ends_itself("hello", 1, "cgvm: -pidfile.*\n|cgvm: .*'/none/pid'.*\n", "-pidfile",
                                                  "/none/pid")),
    ("a full device", output_lost),
    ("a reader who goes away", reader_gone),
    ("SIGTERM while nobody reads", signal_of_slow_reader),
    ("a file", in_folder(file)),
    ("a socket that waits", in_folder(socket_waits)),
    ("a socket that does not wait", in_folder(socket_does_not_wait)),
    ("a socket that is taken", in_folder(socket_taken)),
    ("a socket of somebody else", in_folder(socket_of_other)),
    ("a socket that nobody reads", in_folder(socket_slow)),
    ("a pseudo-terminal", in_folder(pseudo_terminal)),
    ("a pseudo-terminal that nobody opens", in_folder(pseudo_terminal_unread)),
]

# Ignored by what a shell starts in the background, and so by what that starts.
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
run_tests(TESTS, *map(os.path.abspath, sys.argv[1:3]), skip=kvm_missing())
