#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cgvm does as a process: pidfile, background, messages, and where the console goes. Prints TAP.

    test_process.py CGVM [IMAGE.bin...]

With the guests hello.bin and idle.bin, and a KVM that runs them, also what happens while a guest runs.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from firmware import Firmware
from harness import Argument, Cgvm, Skipped, Test, expect, expect_equal, guest, run_tests, simulated

KVM_CREATE_VM = 0xAE01
TIMEOUT = 20.0
LAUNCHED = re.compile(r"cgvm: launched sev0: measurement [0-9a-f]{96} \(simulated\)\n")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z "
REFUSED = simulated(fault="SNP_LAUNCH_START=1")


def wait_until(what: str, condition: Callable[[], bool]) -> None:
    """Ends the test unless @condition holds soon."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        expect(time.monotonic() < end, f"{what} after {TIMEOUT} s")
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether there is no such process, or nobody has asked for its status yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def is_written(path: Path) -> bool:
    """Whether there is something in the file @path."""
    return path.exists() and path.stat().st_size > 0


class Processes:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path, images: list[str]) -> None:
        self.cgvm = cgvm
        self.directory = directory
        self.images = {Path(image).stem: Path(image).resolve() for image in images}
        self.firmware = directory / "all-sections.fd"
        self.firmware.write_bytes(Firmware().build())
        self.right = [*simulated(), *guest(self.firmware)]

    def folder(self, name: str) -> Path:
        """A folder of a test's own."""
        path = self.directory / name
        path.mkdir()
        return path

    def plain(self, image: str) -> list[Argument]:
        """The options of a guest that runs on KVM."""
        if image not in self.images:
            raise Skipped(f"there is no {image}.bin")
        try:
            kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise Skipped(f"cannot open /dev/kvm: {error.strerror}") from error
        try:
            os.close(fcntl.ioctl(kvm, KVM_CREATE_VM, 0))
        except OSError as error:
            raise Skipped(f"KVM_CREATE_VM failed: {error.strerror}") from error
        finally:
            os.close(kvm)
        return ["-enable-kvm", "-bios", self.images[image], "-m", "16"]

    @contextmanager
    def running(self, *argv: Argument, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
        """cgvm while it runs."""
        with subprocess.Popen([self.cgvm.path, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=cwd, env=self.cgvm.environment) as process:
            try:
                yield process
            finally:
                process.kill()

    # --------------------------------------------------------------------------------------------- pidfile

    def pidfile(self) -> None:
        """Written when the guest is launched, over what was there, and removed at the end."""
        folder = self.folder("pidfile")
        path, other_name = folder / "pid", folder / "other-name"
        path.write_text("the number of some process that is gone by now\n", "ascii")
        os.link(path, other_name)
        run = self.cgvm.run(*self.right, "-pidfile", "pid", cwd=folder).expect(0)
        expect(LAUNCHED.fullmatch(run.stderr), run)
        expect(not path.exists(), "the pidfile is still there")
        expect(re.fullmatch(r"[1-9]\d*\n", other_name.read_text("ascii")), other_name.read_text("ascii"))

    def pidfile_is_new(self) -> None:
        """It is made, and gone afterwards."""
        folder = self.folder("pidfile-new")
        self.cgvm.run(*self.right, "-pidfile", "pid", cwd=folder).expect(0)
        expect_equal(os.listdir(folder), [], "what is left")

    def pidfile_without_launch(self) -> None:
        """There is none for a plan, or if the launch fails."""
        folder = self.folder("pidfile-none")
        self.cgvm.run(*guest(self.firmware), "-plan", "text", "-pidfile", "pid", "-daemonize",
                      cwd=folder).expect(0, "")
        self.cgvm.run(*REFUSED, *guest(self.firmware), "-pidfile", "pid", cwd=folder).expect(1)
        expect_equal(os.listdir(folder), [], "what is left")

    def pidfile_is_held(self) -> None:
        """The file of a process that lives is left to it."""
        path = self.folder("pidfile-held") / "pid"
        with path.open("w", encoding="ascii") as held:
            held.write("1\n")
            held.flush()
            fcntl.lockf(held, fcntl.LOCK_EX)
            run = self.cgvm.run(*self.right, "-pidfile", path).expect(1)
            expect(f"cgvm: -pidfile: cannot lock '{path}': another process has it" in run.stderr, run)
            expect_equal(path.read_text("ascii"), "1\n", "the file")

    def pidfile_is_bad(self, name: str, words: str) -> None:
        """A file that cannot be one."""
        for more in ([], ["-daemonize"]):
            run = self.cgvm.run(*self.right, "-pidfile", name, *more).expect(1)
            expect(f"-pidfile: {words}" in run.stderr and run.stderr.count("\n") == 2, run)

    def pidfile_of_guest(self) -> None:
        """While the guest runs, the file is there and locked; a signal that ends cgvm removes it."""
        options = self.plain("idle")
        folder = self.folder("pidfile-guest")
        path = folder / "pid"
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.running(*options, "-pidfile", "pid", cwd=folder) as process:
                wait_until("no pidfile", partial(is_written, path))
                expect_equal(path.read_text("ascii"), f"{process.pid}\n", "the pidfile")
                run = self.cgvm.run(*self.right, "-pidfile", path).expect(1)
                expect("another process has it" in run.stderr, run)
                process.send_signal(number)
                expect_equal(process.wait(TIMEOUT), 0, "the status")
            expect(not path.exists(), f"signal {number} has left the pidfile")

    def pidfile_of_another(self) -> None:
        """A file that somebody has put in its place is left alone."""
        options = self.plain("idle")
        folder = self.folder("pidfile-another")
        path = folder / "pid"
        with self.running(*options, "-pidfile", "pid", cwd=folder) as process:
            wait_until("no pidfile", partial(is_written, path))
            (folder / "new").write_text("another\n", "ascii")
            (folder / "new").rename(path)
            process.terminate()
            process.wait(TIMEOUT)
        expect_equal(path.read_text("ascii"), "another\n", "the other file")

    # ------------------------------------------------------------------------------------------ background

    def daemonize(self) -> None:
        """The parent says what was launched and ends with 0; the number is the child's."""
        folder = self.folder("daemonize")
        path, other_name = folder / "pid", folder / "other-name"
        path.touch()
        os.link(path, other_name)
        with self.running(*self.right, "-daemonize", "-pidfile", "pid", "-nodefaults", "-nographic",
                          cwd=folder) as process:
            stdout, stderr = process.communicate(timeout=TIMEOUT)
            expect_equal(process.returncode, 0, "the status")
            expect(LAUNCHED.fullmatch(stderr.decode()), stderr)
            expect_equal(stdout, b"", "stdout")
            child = int(other_name.read_text("ascii"))
            expect(child != process.pid, "the pidfile has the number of the parent")
        wait_until("the child lives", partial(is_gone, child))
        expect(not path.exists(), "the pidfile is still there")

    def daemonize_fails(self, *more: Argument, words: str) -> None:
        """The parent ends with 1, and the reason is said once."""
        run = self.cgvm.run(*guest(self.firmware), "-daemonize", *more).expect(1)
        expect(words in run.stderr and run.stderr.count("\n") == 1 and not run.stdout, run)

    def daemonize_guest(self) -> None:
        """The guest runs on, in a session of its own, without the files of its parent."""
        options = self.plain("idle")
        folder = self.folder("daemonize-guest")
        path = folder / "pid"
        with self.running(*options, "-daemonize", "-pidfile", "pid", cwd=folder) as process:
            # This returns when nobody has stdout and stderr open any more.
            stdout, stderr = process.communicate(timeout=TIMEOUT)
            expect_equal((process.returncode, stdout, stderr), (0, b"", b""), "status and output")
        child = int(path.read_text("ascii"))
        try:
            expect(not is_gone(child), "the child has ended")
            expect_equal(os.getsid(child), child, "the session")
            expect_equal(os.readlink(f"/proc/{child}/cwd"), "/", "the folder")
            for number in range(3):
                expect_equal(os.readlink(f"/proc/{child}/fd/{number}"), "/dev/null", f"descriptor {number}")
        finally:
            os.kill(child, signal.SIGTERM)
        wait_until("the child lives", partial(is_gone, child))
        expect(not path.exists(), "the pidfile is still there")

    # ------------------------------------------------------------------------------ messages and console

    def message(self, options: list[Argument], first: str) -> None:
        """Each line on stderr begins as -msg wants it, from there on."""
        run = self.cgvm.run(*options, *self.right).expect(0)
        expect(re.fullmatch(first + LAUNCHED.pattern, run.stderr), run)
        run = self.cgvm.run(*options, "-accel", "sim,device=/nonexistent/kvm", *guest(self.firmware)).expect(2)
        expect(re.fullmatch(first + LAUNCHED.pattern + first + r"cgvm: the guest is launched, but [^\n]+\n",
                            run.stderr), run)
        for wrong in (["-nope"], ["-shim", "x"], ["-uuid", "1"], ["-cpu", ""]):
            run = self.cgvm.run(*options, *wrong).expect(1)
            expect(re.fullmatch(first + r"cgvm: [^\n]+\n", run.stderr), run)

    def console(self) -> None:
        """COM1 goes to stdout, unless it is to be dropped."""
        options = self.plain("hello")
        for serial, stdout in (([], "cgvm: hello from the guest\r\n"),
                               (["-serial", "stdio"], "cgvm: hello from the guest\r\n"),
                               (["-nographic"], "cgvm: hello from the guest\r\n"), (["-serial", "null"], "")):
            run = self.cgvm.run(*options, *serial).expect(85, "")
            expect_equal(run.stdout, stdout, f"stdout with {serial}")

    def enable_kvm(self) -> None:
        """-enable-kvm is -accel kvm, with which it may be given."""
        options = [*guest(self.firmware), "-enable-kvm"]
        run = self.cgvm.run(*options, "-accel", "kvm,device=/nonexistent/kvm").expect(1)
        expect("cannot open '/nonexistent/kvm'" in run.stderr, run)

    def ignored(self) -> None:
        """Names, UUIDs and the like change nothing that is measured."""
        measurements = set()
        for more in ([], ["-name", "a,,b"], ["-name", "guest=x,debug-threads=on"],
                     ["-uuid", "C7A5FDBD-edaf-9455-926a-d65c16db1809"], ["-nodefaults", "-no-reboot"]):
            measurements.add(self.cgvm.run(*self.right, *more).expect(0).stderr)
        expect_equal(len(measurements), 1, "the number of measurements")

    def tests(self) -> list[Test]:
        """All of them."""
        named: list[Argument] = ["-name", "guest=vm,,1,debug-threads=off"]
        return [
            Test("pidfile", self.pidfile),
            Test("pidfile that is new", self.pidfile_is_new),
            Test("pidfile without a launch", self.pidfile_without_launch),
            Test("pidfile that is held", self.pidfile_is_held),
            Test("pidfile in no folder", partial(self.pidfile_is_bad, "/nonexistent/pid",
                                                 "cannot open '/nonexistent/pid': No such file")),
            Test("pidfile that is a folder", partial(self.pidfile_is_bad, "/", "cannot open '/': ")),
            Test("pidfile that is a device", partial(self.pidfile_is_bad, "/dev/null",
                                                     "'/dev/null' is not a regular file")),
            Test("pidfile of a guest that runs", self.pidfile_of_guest),
            Test("pidfile replaced by another", self.pidfile_of_another),
            Test("daemonize", self.daemonize),
            Test("daemonize: no firmware", partial(self.daemonize_fails, "-bios", "/nonexistent",
                                                   words="cgvm: cannot open")),
            Test("daemonize: the launch fails", partial(self.daemonize_fails, *REFUSED,
                                                        words="SNP_LAUNCH_START")),
            Test("daemonize: a guest that runs", self.daemonize_guest),
            Test("-msg timestamp=on", partial(self.message, ["-msg", "timestamp=on"], TIME)),
            Test("-msg timestamp=on,guest-name=on", partial(
                self.message, [*named, "-msg", "timestamp=on,guest-name=on"], TIME + "vm,1 ")),
            Test("-msg guest-name=on", partial(self.message, ["-msg", "guest-name=on", *named], "vm,1 ")),
            Test("-msg guest-name=on without a name", partial(self.message, ["-msg", "guest-name=on"], "")),
            Test("-msg timestamp=off", partial(
                self.message, ["-msg", "timestamp=on", "-msg", "timestamp=off"], "")),
            Test("-serial", self.console),
            Test("-enable-kvm", self.enable_kvm),
            Test("-name, -uuid and others", self.ignored),
        ]


def main() -> int:
    """Runs the tests; returns the exit status."""
    # Who runs this under nohup ignores SIGHUP, and programs inherit that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with tempfile.TemporaryDirectory() as name:
        return run_tests(Processes(Cgvm(sys.argv[1]), Path(name), sys.argv[2:]).tests())


if __name__ == "__main__":
    sys.exit(main())
