#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands in documents print what the documents say. Prints TAP.

    test_docs.py CGVM CGCTL

A code block marked `sh` with a line `$ cgvm ...` or `$ cgctl ...` is a test: its commands run in one shell,
in a folder of their own, and each must print, on stdout and stderr together, the lines below it. All blocks of a document in
WALKS are one test. `vmlinux` in that folder is a small kernel for POWER. The digests are those of
the firmware of Debian 12's package ovmf, $CGVM_OVMF_DEB12 says where that is if not in its usual place; and of
its kernel for clouds, which is the one in $CGVM_BOX (scripts/fetch-box).
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import elf_image
from harness import FINDINGS, PATIENCE, Failure, Skipped, Test, expect, run_tests

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/confidential-guest-support.md", "docs/amd-memory-encryption.md", "docs/cgctl.md",
             "docs/papr-pef.md")
#: Those of which all blocks together are one walk, in one shell.
WALKS = ("docs/attestation.md", "docs/s390-protected-virt.md")
#: What the documents call the firmware, and what they have been written with.
FIRMWARE = "/usr/share/ovmf/OVMF.fd"
FIRMWARE_VERSION = "2022.11-6+deb12u2"
FIRMWARE_SHA256 = "7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773"
KERNEL = "/boot/vmlinuz-6.1.0-50-cloud-amd64"
KERNEL_SHA256 = "3d616aa853fe11b1c0ea99a1cdb4fb6ddc9010ba7c4562de700ad94264989654"
TIMEOUT = 60 * PATIENCE
#: How commands start that make a block a test.
OURS = ("cgvm ", "cgctl ")

FENCE = re.compile(r"^```(\w*)")
#: What the shell prints after each command.
MARK = "-- end of a command of the document --\n"


@dataclass(frozen=True)
class Command:
    """A command of a block, and what it is said to print."""

    line: int
    text: str
    output: str


@dataclass(frozen=True)
class Block:
    """A code block with commands."""

    document: str
    line: int
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        """How its test is called: by the first command that is ours, without the digests."""
        text = next(command.text for command in self.commands if command.text.startswith(OURS))
        return f"{self.document}:{self.line}: {' '.join(text.replace(chr(92), ' ').split())[:90]}"


def parse_commands(lines: list[str], first: int) -> Iterator[Command]:
    """The commands among the @lines of a block, the first of which is line @first of the document."""
    starts = [index for index, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        output = start + 1
        while output < end and (lines[output - 1].endswith("\\") or lines[start].endswith("{")
                                and lines[output - 1].strip() != "}"):
            output += 1
        yield Command(first + start, "\n".join(lines[start:output]).removeprefix("$ "),
                      "".join(f"{line}\n" for line in lines[output:end]))


def blocks(document: str) -> Iterator[Block]:
    """The blocks of @document that run cgvm or cgctl."""
    language, lines, opened = "", [""], 0
    for number, line in enumerate((ROOT / document).read_text("utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence and not opened:
            language, lines, opened = fence[1], [], number
        elif fence:
            commands = tuple(parse_commands(lines, opened + 1))
            if language == "sh" and (document in WALKS or any(command.text.startswith(OURS) for command in commands)):
                yield Block(document, opened, commands)
            opened = 0
        else:
            lines.append(line)


def walk(document: str) -> Block:
    """All blocks of @document as one."""
    parts = [*blocks(document)]
    return Block(document, parts[0].line, tuple(command for part in parts for command in part.commands))


@cache
def find(path: str, sha256: str) -> Path | None:
    """The file at @path if it is the one of the documents, else None."""
    found = Path(path)
    if found.is_file() and hashlib.sha256(found.read_bytes()).hexdigest() == sha256:
        return found.resolve()
    return None


def find_files() -> dict[str, Path | None]:
    """The firmware and the kernel of the documents, by what those call them."""
    return {
        FIRMWARE: find(os.environ.get("CGVM_OVMF_DEB12") or FIRMWARE, FIRMWARE_SHA256),
        KERNEL: find(os.environ.get("CGVM_BOX", "") + KERNEL, KERNEL_SHA256),
    }


def run_commands(programs: list[Path], commands: tuple[Command, ...]) -> list[str]:
    """Runs @commands in a shell; what each has printed."""
    # The exit status is still that of the command for a following `echo $?`.
    after = f"\ntest_docs_status=$?; printf %s {shlex.quote(MARK)}; (exit $test_docs_status)\n"
    script = "exec 2>&1\n" + "".join(f"{command.text}{after}" for command in commands)
    with tempfile.TemporaryDirectory() as folder:
        bin_folder, work = Path(folder) / "bin", Path(folder) / "work"
        bin_folder.mkdir()
        work.mkdir()
        (work / "vmlinux").write_bytes(elf_image.kernel())
        for program in programs:
            (bin_folder / program.name).symlink_to(program)
        for name, path in find_files().items():
            link = bin_folder / Path(name).name
            if path and str(path) != name:
                link.symlink_to(path)
                script = script.replace(name, shlex.quote(str(link)))
        environment = {**os.environ, "LC_ALL": "C", "PATH": f"{bin_folder}:{os.environ['PATH']}"}
        try:
            done = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  timeout=TIMEOUT, check=False, cwd=work, env=environment)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"still runs after {TIMEOUT} s") from error
        printed = done.stdout.decode("utf-8", "replace")
        for name in find_files():
            printed = printed.replace(str(bin_folder / Path(name).name), name)
    expect(not any(finding in printed for finding in FINDINGS), printed)
    return printed.split(MARK)[:-1]


def check(programs: list[Path], block: Block) -> None:
    """The test of @block."""
    for name, path in find_files().items():
        if any(name in command.text for command in block.commands) and not path:
            raise Skipped(f"there is no OVMF.fd of Debian's ovmf {FIRMWARE_VERSION}" if name == FIRMWARE else
                          f"there is no {name} of Debian 12 in $CGVM_BOX")
    printed = run_commands(programs, block.commands)
    expect(len(printed) == len(block.commands), "the shell did not come to the end of the block")
    for command, output in zip(block.commands, printed):
        expect(output == command.output, f"{block.document}:{command.line}: {command.text}\nprints\n{output}")


def main() -> int:
    """Runs all tests; returns the exit status."""
    programs = [Path(argument).resolve() for argument in sys.argv[1:]]
    tests = [Test(block.name, partial(check, programs, block))
             for block in [*(block for document in DOCUMENTS for block in blocks(document)), *map(walk, WALKS)]]
    return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
