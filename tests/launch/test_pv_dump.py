#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Dumps of secure guests by QMP, on a simulated host: what is in them, and what becomes of the guests. Prints TAP.

    test_pv_dump.py CGCTL CGVM [--update]

A dump is read and opened with the owner's key by se_dump.py, which shares nothing with cgvm. With CGVM_ZGETDUMP set to a
command that runs zgetdump of s390-tools, 2.22 or later, that opens one, too. --update writes the golden trace anew.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import shlex
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness import HERE, LICENCE, Argument, Cgvm, Failure, Skipped, Test, expect, expect_equal, run_tests

sys.path.insert(0, str(HERE.parent / "s390x"))
sys.path.insert(0, str(HERE.parent / "qmp"))
# pylint: disable=wrong-import-position
import client  # noqa: E402
import se_dump  # noqa: E402

APPEND = "console=ttysclp0 quiet"
OWNER = bytes(range(100, 132))
MEMORY = 16 << 20
#: What the guest writes: its own, and one that it shares.
OWN, SHARED = 0x200000, 0x345000
WRITES = (f"write:{OWN:#x}:private:48454c4c4f", f"share:{SHARED:#x}", f"write:{SHARED:#x}:shared:574f524c44")
NOTES_OF_SECURE = [*se_dump.NOTES, ("LINUX", se_dump.NT_S390_PV_CPU_DATA, 4096)]
TIMEOUT = 20


@dataclass(frozen=True)
class Bench:
    """What the tests share."""

    cgctl: Cgvm
    cgvm: Cgvm
    directory: Path
    update: bool

    def path(self, name: str) -> Path:
        """A file of the tests."""
        return self.directory / name

    def create(self, name: str, *more: Argument, model: str = "z16") -> None:
        """An image for the simulated @model."""
        host, ca = self.path(f"{model}.crt"), self.path(f"{model}.pem")
        if not host.exists():
            self.cgctl.run("pvimage", "simulated", "--model", model, "--host-key", host, "--ca", ca).expect(0)
        self.cgctl.run("pvimage", "create", "--kernel", self.path("kernel"), "--initrd", self.path("initrd"), "--append",
                       APPEND, "--host-key", host, "--ca", ca, "--output", self.path(name), *more).expect(0)


def prepare(bench: Bench) -> None:
    """Makes what all tests need."""
    data = bytearray((i * 7 + i // 256) & 255 for i in range(0x12345))
    data[0x10008:0x1000E] = b"S390EP"
    data[0x10400:0x10880] = bytes(0x480)
    bench.path("kernel").write_bytes(data)
    bench.path("initrd").write_bytes(bytes((i * 3 + 1) & 255 for i in range(5000)))
    bench.path("owner").write_bytes(OWNER)
    bench.path("owner").chmod(0o600)
    bench.create("se.img", "--dump", "on", "--communication-key", bench.path("owner"))
    bench.create("closed.img")
    bench.create("z15.img", model="z15")


def expected_memory(bench: Bench) -> bytes:
    """What the guest has in its memory, computed from the parts of its image and from what it has written."""
    memory = bytearray(MEMORY)
    kernel, initrd = bench.path("kernel").read_bytes(), bench.path("initrd").read_bytes()
    memory[0x10000:len(kernel)] = kernel[0x10000:]
    memory[0x10408:0x10418] = struct.pack(">QQ", 0x13000, len(initrd))
    memory[0x10480:0x10480 + len(APPEND)] = APPEND.encode()
    memory[0x13000:0x13000 + len(initrd)] = initrd
    memory[OWN:OWN + 5], memory[SHARED:SHARED + 5] = b"HELLO", b"WORLD"
    return bytes(memory)


@contextlib.contextmanager
def guest(bench: Bench, directory: Path, *steps: str, image: str = "se.img", host: str = "",
          more: tuple[str, ...] = ()) -> Iterator[client.Client]:
    """A client of the monitor of a guest with two CPUs that becomes secure and does @steps; its console is
    @directory/console."""
    script = directory / "script"
    script.write_text("".join(f"{step}\n" for step in ("stage3a", *steps)), "utf-8")
    options = ("-accel", f"sim,script=@{script}{host}", "-kernel", str(bench.path(image)), "-object", "s390-pv-guest,id=pv0",
               "-machine", "confidential-guest-support=pv0", "-m", str(MEMORY >> 20), "-smp", "2", "-no-shutdown", "-serial",
               f"file:{directory / 'console'}", *more)
    with client.server(bench.cgvm.path, *options) as path:
        found = client.Client(path)
        found.negotiate()
        try:
            yield found
        finally:
            found.close()


def wait_for(what: str, condition: Any) -> None:
    """Waits until @condition returns something true."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        expect(time.monotonic() < end, f"{what} has not come")
        time.sleep(0.01)


def console(directory: Path) -> str:
    """What the guest has printed."""
    path = directory / "console"
    return path.read_text("utf-8") if path.exists() else ""


def status(connection: client.Client) -> str:
    """The state of the machine."""
    return str(connection.call("query-status")["status"])


def dump(connection: client.Client, path: Path, **more: Any) -> dict[str, Any]:
    """The reply to a dump into @path."""
    return connection.ask("dump-guest-memory", paging=False, protocol=f"file:{path}", **more)


def refused(reply: dict[str, Any], *words: str) -> None:
    """Ends the test unless @reply is an error with all @words."""
    desc = reply.get("error", {}).get("desc", "")
    expect(desc and all(word in desc for word in words), f"{words} were expected: {reply}")


def only(directory: Path, *names: str) -> None:
    """Ends the test if there is anything else in @directory than @names and what the guest needs."""
    found = {path.name for path in directory.iterdir()} - {"script", "console"}
    expect_equal(found, set(names), "the files")


def check(bench: Bench, path: Path) -> None:
    """The dump has every note and section, and its owner finds the guest's memory, byte for byte."""
    core = se_dump.read(path.read_bytes())
    expect_equal(list(core.sections), ["pv_mem_meta", "pv_compl", ".shstrtab"], "the sections")
    for number, notes in enumerate(core.cpus()):
        expect_equal([(note.name, note.kind, len(note.data)) for note in notes], NOTES_OF_SECURE, "the notes")
        expect_equal(struct.unpack_from(">I", notes[0].data, 32)[0], number + 1, "the number of a CPU")
    opened = se_dump.open_dump(core, OWNER)
    expect_equal(opened.psws, [(0x180000000, 0x10000)] * 2, "where the CPUs start")
    expected = expected_memory(bench)
    expect(opened.memory == {0: expected}, "the memory is another one")
    expect_equal(opened.encrypted, [*range(0x10000, 0x15000, 4096), OWN], "the pages that are encrypted")
    raw = core.memory[0]
    for gpa in opened.encrypted:
        expect(raw[gpa:gpa + 4096] != expected[gpa:gpa + 4096], f"the page at {gpa:#x} is not encrypted")


# ---- what is in a dump ----


def state(bench: Bench, wanted: str) -> None:
    """A dump in a state of the guest, which stays in it."""
    last = {"internal-error": "wait:0x1234", "shutdown": "shutdown"}.get(wanted, "halt")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with guest(bench, directory, *WRITES, "sclp:ready", last) as connection:
            wait_for("the guest", lambda: console(directory) == "ready\n")
            if wanted == "paused":
                connection.call("stop")
            wait_for(wanted, lambda: status(connection) == wanted)
            connection.take_events()
            for format_ in ({}, {"format": "elf"}):
                expect_equal(dump(connection, directory / "core", **format_), {"return": {}}, "the reply")
                expect_equal(connection.take_events(), ["STOP", "RESUME"] if wanted == "running" else [], "the events")
                expect_equal(status(connection), wanted, "the state")
                only(directory, "core")
                expect_equal((directory / "core").stat().st_mode & 0o777, 0o600, "who may read it")
            check(bench, directory / "core")


def runs_on(bench: Bench) -> None:
    """A guest that is dumped in the midst of its work does all of it."""
    lines = [f"line {i}" for i in range(2000)]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        steps = (*WRITES, *(f"sclp:{line}" for line in lines), "shutdown")
        with guest(bench, directory, *steps, more=("-S",)) as connection:
            connection.call("cont")
            wait_for("a line", lambda: console(directory))
            expect_equal(dump(connection, directory / "core"), {"return": {}}, "the reply")
            done = console(directory)
            connection.wait_for("SHUTDOWN")
            wait_for("the end", lambda: console(directory).endswith(f"{lines[-1]}\n"))
            expect_equal(console(directory), "".join(f"{line}\n" for line in lines), "the console")
            expect(done != console(directory), "the guest was done before it was dumped")
            check(bench, directory / "core")


def plain(bench: Bench) -> None:
    """A guest that is not secure yet is dumped as it is, without what only a secure one has."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with guest(bench, directory, "halt", more=("-S",)) as connection:
            expect_equal(dump(connection, directory / "core"), {"return": {}}, "the reply")
            core = se_dump.read((directory / "core").read_bytes())
    expect_equal(list(core.sections), [".shstrtab"], "the sections")
    for notes in core.cpus():
        expect_equal([(note.name, note.kind, len(note.data)) for note in notes], list(se_dump.NOTES), "the notes")
    expect_equal(struct.unpack_from(">QQ", core.cpus()[0][0].data, 112), (0x180000000, 0x2000), "where it starts")
    expect_equal(struct.unpack_from(">QQ", core.cpus()[1][0].data, 112), (0, 0), "where the other one starts")
    image = bench.path("se.img").read_bytes()
    expect(core.memory == {0: image + bytes(MEMORY - len(image))}, "the memory is another one")


def keys(bench: Bench) -> None:
    """Another key opens nothing, and what was changed shows."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with guest(bench, directory, *WRITES, "sclp:ready", "halt") as connection:
            wait_for("the guest", lambda: console(directory) == "ready\n")
            expect_equal(dump(connection, directory / "core"), {"return": {}}, "the reply")
            expect_equal(dump(connection, directory / "again"), {"return": {}}, "the reply")
        file, again = (directory / "core").read_bytes(), (directory / "again").read_bytes()
    one, two = se_dump.read(file), se_dump.read(again)
    expect(one.sections["pv_compl"] != two.sections["pv_compl"], "two dumps have the same seed")
    at = file.index(one.sections["pv_compl"])
    for owner, broken in ((bytes(32), file), (OWNER, file[:at + 16] + b"\0" + file[at + 17:]),
                          (OWNER, file[:at + 100] + bytes((file[at + 100] ^ 1,)) + file[at + 101:])):
        try:
            se_dump.open_dump(se_dump.read(broken), owner)
        except se_dump.Broken:
            continue
        raise Failure("it was opened")


def zgetdump(bench: Bench) -> None:
    """The program that owners use finds the same memory."""
    command = shlex.split(os.environ.get("CGVM_ZGETDUMP", ""))
    if not command:
        raise Skipped("CGVM_ZGETDUMP is no command that runs zgetdump")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with guest(bench, directory, *WRITES, "sclp:ready", "halt") as connection:
            wait_for("the guest", lambda: console(directory) == "ready\n")
            expect_equal(dump(connection, directory / "core"), {"return": {}}, "the reply")
        done = subprocess.run([*command, "--key", bench.path("owner"), "-f", "elf", directory / "core"], timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    expect_equal(done.returncode, 0, done.stderr.decode("utf-8", "replace"))
    offset, = struct.unpack_from(">Q", done.stdout, 32)
    loads = [struct.unpack_from(">IIQQQQ", done.stdout, offset + 56 * i) for i in range(2)]
    where, = (load for load in loads if load[0] == se_dump.PT_LOAD)
    expect(done.stdout[where[2]:where[2] + where[5]] == expected_memory(bench), "the memory is another one")


# ---- what fails ----


def refusals(bench: Bench) -> None:
    """What is refused is so by name, leaves the file that was there, and the guest as it was."""
    for image, host, words in (("closed.img", "", "the guest's image does not allow dumps"),
                               ("z15.img", ",model=z15", "this host cannot dump secure guests")):
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            with guest(bench, directory, "sclp:ready", "halt", image=image, host=host) as connection:
                wait_for("the guest", lambda where=directory: console(where) == "ready\n")
                (directory / "core").write_text("before", "utf-8")
                refused(dump(connection, directory / "core"), words)
                only(directory, "core")
                expect_equal((directory / "core").read_text("utf-8"), "before", "the file")
                expect_equal(status(connection), "running", "the state")


def arguments(bench: Bench) -> None:
    """Arguments that a dump does not take."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with guest(bench, directory, "halt", more=("-S",)) as connection:
            for more, words in (({"paging": True, "protocol": "file:x"}, "'paging' is true"),
                                ({"paging": False, "protocol": "fd:x"}, "'protocol' is 'fd:x'"),
                                ({"paging": False, "protocol": "file:"}, "'protocol' is 'file:'"),
                                ({"paging": False, "protocol": "file:/nowhere/core"}, "No such file or directory"),
                                ({"paging": False, "protocol": "file:/dev/null"}, "no regular file"),
                                ({"paging": False, "protocol": f"file:{directory}"}, "no regular file"),
                                ({"paging": False, "protocol": "file:x", "format": "kdump-zlib"}, "'format'"),
                                ({"paging": False}, "'protocol'")):
                refused(connection.ask("dump-guest-memory", **more), words)
            only(directory)


def failures(bench: Bench) -> None:
    """The ultravisor refuses once: the message has its codes, nothing is left, and the guest goes on."""
    for fault, words in (("DUMP_INIT", "KVM_PV_DUMP_INIT failed while beginning the dump"),
                         ("DUMP_CPU:2", "KVM_PV_DUMP_CPU failed while dumping vCPU 1"),
                         ("DUMP_CONF_STOR_STATE:16", "KVM_PV_DUMP_CONFIG_STOR_STATE failed while dumping the states"),
                         ("DUMP_COMPLETE", "KVM_PV_DUMP_COMPLETE failed while completing the dump")):
        nth = fault if ":" in fault else f"{fault}:1"
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            with guest(bench, directory, *WRITES, "sclp:ready", "halt", host=f",fault={nth}=0x105/0x9") as connection:
                wait_for("the guest", lambda where=directory: console(where) == "ready\n")
                refused(dump(connection, directory / "core"), words, "rc 0x0105, rrc 0x0009")
                only(directory)
                expect_equal(status(connection), "running", "the state")
                expect_equal(dump(connection, directory / "core"), {"return": {}}, "the second dump")
                expect_equal(status(connection), "running", "the state")
                check(bench, directory / "core")


def stuck(bench: Bench) -> None:
    """A dump that cannot be ended is the end of the guest, which is said; a reset starts it anew."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with guest(bench, directory, "sclp:ready", "halt", host=",fault=DUMP_COMPLETE=0x3") as connection:
            wait_for("the guest", lambda: console(directory) == "ready\n")
            refused(dump(connection, directory / "core"), "could not be ended", "'system_reset' starts it anew",
                    "KVM_PV_DUMP_COMPLETE failed while completing the dump")
            only(directory)
            event = connection.wait_for("RUN_FAILED")
            expect("a dump of the guest has failed and could not be ended" in event["data"]["reason"], event)
            wait_for("the end", lambda: status(connection) == "internal-error")
            refused(connection.ask("cont"), "'system_reset'")
            connection.call("system_reset")
            expect_equal(status(connection), "prelaunch", "the state")
            connection.call("cont")
            expect_equal(status(connection), "running", "the state")


# ---- traces ----


def trace(bench: Bench) -> None:
    """The calls of a dump are those of the golden file. The guest has ended, so nothing else comes in between."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        where = directory / "trace"
        with guest(bench, directory, "wait:0x1234", host=f",trace={where}") as connection:
            wait_for("the end", lambda: status(connection) == "internal-error")
            before = len(where.read_text("utf-8").splitlines())
            expect_equal(dump(connection, directory / "core"), {"return": {}}, "the reply")
            lines = where.read_text("utf-8").splitlines()[before:]
    golden = HERE / "traces" / "pv-dump.trace"
    text = LICENCE + "".join(f"{line}\n" for line in lines)
    if bench.update:
        golden.write_text(text, "utf-8")
    expected = golden.read_text("utf-8").splitlines()
    difference = difflib.unified_diff(expected, text.splitlines(), golden.name, "is now", lineterm="")
    expect(text.splitlines() == expected, "\n".join(difference))


def main() -> int:
    """Runs the tests; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cgctl")
    parser.add_argument("cgvm")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Cgvm(options.cgctl), Cgvm(options.cgvm), Path(name), options.update)
        prepare(bench)
        return run_tests([
            *(Test(f"a guest that is {wanted}", partial(state, bench, wanted))
              for wanted in ("running", "paused", "internal-error", "shutdown")),
            Test("a guest that runs on", partial(runs_on, bench)),
            Test("a plain guest", partial(plain, bench)),
            Test("keys", partial(keys, bench)),
            Test("zgetdump", partial(zgetdump, bench)),
            Test("refusals", partial(refusals, bench)),
            Test("arguments", partial(arguments, bench)),
            Test("failures", partial(failures, bench)),
            Test("a dump without an end", partial(stuck, bench)),
            Test("trace", partial(trace, bench)),
        ])


if __name__ == "__main__":
    sys.exit(main())
