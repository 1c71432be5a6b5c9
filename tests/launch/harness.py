# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of whole launches share: running cgvm, and printing TAP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
LICENCE = "# SPDX-License-Identifier: LGPL-2.1-or-later\n"
#: What the sanitizers print when they find something.
FINDINGS = ("Sanitizer", "runtime error:")
THREADS = 2
#: How much longer everything takes where QEMU emulates the program.
PATIENCE = 10 if os.environ.get("CGVM_EMULATED") else 1

Argument = str | bytes | Path


class Failure(Exception):
    """Why a test failed."""


class Skipped(Exception):
    """Why a test cannot be run here."""


def expect(condition: object, message: object) -> None:
    """Ends the test with @message unless @condition holds."""
    if not condition:
        raise Failure(str(message))


def expect_equal(actual: object, expected: object, what: str) -> None:
    """Ends the test unless @actual is @expected."""
    expect(actual == expected, f"{what}\n  is     {actual!r}\n  not    {expected!r}")


def _shown(argument: Argument) -> str:
    text = os.fsdecode(argument)
    return ascii(text if len(text) < 300 else text[:300] + "...")


@dataclass(frozen=True)
class Run:
    """What a run of cgvm has left behind."""

    argv: tuple[Argument, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float

    def __str__(self) -> str:
        return (f"cgvm {' '.join(_shown(argument) for argument in self.argv)}\nstatus {self.status} after "
                f"{self.seconds:.2f} s\nstdout: {self.stdout[:2000]}\nstderr: {self.stderr}")

    def expect(self, status: int, stderr: str | None = None) -> Run:
        """Ends the test unless it ended with @status, and with @stderr if that is given."""
        expect(self.status == status, f"status {status} was expected\n{self}")
        expect(stderr is None or self.stderr == stderr, f"stderr should be {stderr!r}\n{self}")
        return self


class Cgvm:
    """The program under test."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.environment = {**os.environ, "LC_ALL": "C"}

    def run(self, *argv: Argument, timeout: float = 60, user: int | None = None, stdout: int | None = None,
            cwd: Path | None = None) -> Run:
        """Runs it. Ends the test if it hangs or a sanitizer has found something."""
        timeout *= PATIENCE
        start = time.monotonic()
        try:
            done = subprocess.run([self.path, *argv], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE if stdout is None else stdout,
                                  stderr=subprocess.PIPE, timeout=timeout, check=False, user=user, cwd=cwd,
                                  env=self.environment)
        except subprocess.TimeoutExpired as error:
            arguments = " ".join(_shown(argument) for argument in argv)
            raise Failure(f"cgvm {arguments}\nstill runs after {timeout} s") from error
        run = Run(argv, done.returncode, (done.stdout or b"").decode("utf-8", "replace"),
                  done.stderr.decode("utf-8", "replace"), time.monotonic() - start)
        expect(not any(finding in run.stderr for finding in FINDINGS), run)
        return run


def guest(firmware: Argument | None, properties: str = "", *, kind: str = "sev-snp-guest",
          cpu: str | None = "EPYC-Milan", vcpus: int = 1) -> list[Argument]:
    """The options of a guest called sev0 of the type @kind, but for the accelerator."""
    options: list[Argument] = ["-smp", str(vcpus)]
    if firmware is not None:
        options = ["-bios", firmware, *options]
    if cpu:
        options += ["-cpu", cpu]
    return [*options, "-object", f"{kind},id=sev0{',' if properties else ''}{properties}",
            "-machine", "confidential-guest-support=sev0"]


def simulated(**properties: object) -> list[Argument]:
    """The accelerator of a simulated host on which nothing runs after the launch."""
    return ["-accel", "sim,run=off" + "".join(f",{name}={value}" for name, value in properties.items())]


@dataclass(frozen=True)
class Test:
    """A test: it passes if the body returns."""

    name: str
    body: Callable[[], None]


def _outcome(test: Test) -> tuple[bool, str, str]:
    """Whether it passed, the directive of its line, and what to say about it."""
    try:
        test.body()
    except Skipped as reason:
        return True, f" # SKIP {reason}", ""
    except Failure as problem:
        return False, "", str(problem)
    except Exception as error:  # pylint: disable=broad-except
        return False, "", f"{type(error).__name__}: {error}"
    return True, "", ""


def run_tests(tests: Sequence[Test]) -> int:
    """Runs @tests and prints how they ended, in order. Returns the exit status."""
    failed = 0
    print(f"1..{len(tests)}")
    with ThreadPoolExecutor(THREADS) as pool:
        for number, (test, outcome) in enumerate(zip(tests, pool.map(_outcome, tests)), 1):
            passed, directive, problem = outcome
            failed += not passed
            # A hash would start a directive.
            print(f"{'ok' if passed else 'not ok'} {number} - {test.name.replace('#', '')}{directive}")
            for line in problem.splitlines():
                print(f"# {line}")
            sys.stdout.flush()
    return 1 if failed else 0
