#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a monitor costs on cgvm, next to QEMU's in the same run.

    bench_qmp.py [--runs N] [--commands N] CGVM

Both are started with the machine "none" and a monitor on standard input and output. Nothing is asserted: figures and ratios
are printed for people to judge. Without QEMU there is no peer, and a note says so. Exit status: 0 measured; 1 something failed
to run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO

COMMANDS = ("query-status", "query-version", "qom-list-types", "query-qmp-schema")
#: How many requests are on their way at a time; one at a time is the first row of each command.
DEPTH = 50


@dataclass
class Figures:
    """What was measured of one program."""

    greeting: list[float] = field(default_factory=list)
    rates: dict[str, list[float]] = field(default_factory=dict)


class Peer:
    """A program with a monitor, from its start to its end."""

    def __init__(self, command: list[str]) -> None:
        started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdin and self.process.stdout
        self.stdin: IO[bytes] = self.process.stdin
        self.stdout: IO[bytes] = self.process.stdout
        if "QMP" not in json.loads(self.stdout.readline()):
            raise OSError(f"{command[0]} does not greet")
        self.greeting = time.perf_counter() - started
        self.ask("qmp_capabilities", 1, 1)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.stdin.close()
        self.stdout.close()

    def ask(self, command: str, count: int, depth: int) -> None:
        """Sends @command @count times, @depth at a time, and reads the replies."""
        request = json.dumps({"execute": command}).encode() + b"\n"
        for _ in range(count // depth):
            self.stdin.write(request * depth)
            self.stdin.flush()
            for _ in range(depth):
                line = self.stdout.readline()
                if not line.startswith(b'{"return"'):
                    raise OSError(f"{command}: {line[:200]!r}")

    def rate(self, command: str, count: int, depth: int) -> float:
        """Commands in a second."""
        started = time.perf_counter()
        self.ask(command, count, depth)
        return count / (time.perf_counter() - started)


def measure(programs: dict[str, list[str]], runs: int, count: int) -> dict[str, Figures]:
    """The figures of all; turns are taken, so that all see the same weather."""
    figures = {name: Figures() for name in programs}
    for _ in range(runs):
        for name, command in programs.items():
            with Peer(command) as peer:
                figures[name].greeting.append(peer.greeting)
                for asked in COMMANDS:
                    heavy = 1 if asked.startswith("query-") and asked != "query-qmp-schema" else 20
                    for depth in (1, DEPTH):
                        label = f"{asked}, {'one' if depth == 1 else depth} at a time"
                        rate = peer.rate(asked, max(DEPTH, count // heavy // DEPTH * DEPTH), depth)
                        figures[name].rates.setdefault(label, []).append(rate)
    return figures


def row(label: str, unit: str, values: list[float]) -> str:
    """A line of the table: the figure of each program, and the first by the second."""
    ratio = f"{values[0] / values[1]:8.2f}" if len(values) == 2 else ""
    return f"{label:<42} {unit:<10} " + " ".join(f"{value:10.1f}" for value in values) + ratio


def main() -> int:
    """Measures and prints; returns the exit status."""
    parser = argparse.ArgumentParser(description="Compares monitors.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--commands", type=int, default=2000, help="of the small kind, in a run")
    parser.add_argument("cgvm")
    args = parser.parse_args()
    programs = {"cgvm": [args.cgvm, "-accel", "sim", "-machine", "none", "-qmp", "stdio"]}
    qemu = shutil.which("qemu-system-x86_64")
    if qemu:
        programs["qemu"] = [qemu, "-machine", "none", "-nodefaults", "-display", "none", "-qmp", "stdio"]
    try:
        figures = measure(programs, args.runs, args.commands)
    except OSError as error:
        print(f"bench_qmp: {error}", file=sys.stderr)
        return 1
    print(f"{'':<42} {'':<10} " + " ".join(f"{name:>10}" for name in programs) + ("   ratio" if qemu else ""))
    print(row("exec to greeting", "ms", [statistics.median(each.greeting) * 1000 for each in figures.values()]))
    for label in figures["cgvm"].rates:
        print(row(label, "commands/s", [statistics.median(each.rates[label]) for each in figures.values()]))
    if not qemu:
        print("no peer: there is no qemu-system-x86_64")
    return 0


if __name__ == "__main__":
    sys.exit(main())
