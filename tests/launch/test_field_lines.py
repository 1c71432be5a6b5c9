#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Command lines of the field: those that others have published, and what becomes of them without what cgvm
does not have. Each gives a plan, or is refused for the reason that is expected. Prints TAP.

    test_field_lines.py CGVM

field-lines.json has them: where a line was found, the line, and whether a plan is expected or the word that
the refusal has to name. Whatever they give to -bios, -kernel and -initrd is replaced by files of the tests.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import tempfile
from functools import partial
from pathlib import Path

from firmware import amd_sev
from harness import HERE, Argument, Cgvm, Test, expect, run_tests
from linux_image import LinuxImage

LINES = HERE / "field-lines.json"
#: So many at least were published by others.
PUBLISHED = 40


class Field:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory / "empty"
        self.directory.mkdir()
        self.files = {"bios": directory / "all-sections.fd", "kernel": directory / "bzImage",
                      "initrd": directory / "initrd.img"}
        self.files["bios"].write_bytes(amd_sev().build())
        self.files["kernel"].write_bytes(LinuxImage(xloadflags=1).build())
        self.files["initrd"].write_bytes(b"initrd")
        self.lines: list[dict[str, str]] = json.loads(LINES.read_text("utf-8"))

    def arguments(self, line: str) -> list[Argument]:
        """@line with files that exist."""
        words: list[Argument] = list(shlex.split(line))
        for at, word in enumerate(words[:-1]):
            name = str(word).lstrip("-")
            if str(word).startswith("-") and name in self.files:
                words[at + 1] = self.files[name]
        return words

    def enough(self) -> None:
        """There are enough lines of others, and no two tests are the same."""
        published = [line["name"] for line in self.lines if not line["source"].startswith("derived from ")]
        expect(len(published) >= PUBLISHED, f"only {len(published)} lines were published")
        for member in ("name", "line"):
            values = [line[member] for line in self.lines]
            twice = sorted({value for value in values if values.count(value) > 1})
            expect(not twice, f"{member} more than once: {twice}")
        expect(all(line["expect"] in ("plan", "refused") for line in self.lines), "an unknown expectation")

    def check(self, entry: dict[str, str]) -> None:
        """Runs the line of @entry."""
        run = self.cgvm.run("-plan", "json", *self.arguments(entry["line"]), cwd=self.directory)
        left = [path.name for path in self.directory.iterdir()]
        expect(not left, f"a plan has left {left}\n{run}")
        if entry["expect"] == "plan":
            run.expect(0, "")
            expect(json.loads(run.stdout)["digest"], run)
            return
        run.expect(1)
        # With the time in front, if -msg has asked for it.
        expect(re.fullmatch(r"(?:\S+Z )?cgvm: [^\n]*\n", run.stderr) and not run.stdout, run)
        word = re.escape(entry["because"])
        expect(re.search(rf"(?<![\w-]){word}(?![\w-])", run.stderr), f"{word} is not named\n{run}")

    def tests(self) -> list[Test]:
        """All of them."""
        return [Test("enough lines", self.enough)] + [
            Test(f"{line['name']}: {line['expect']}", partial(self.check, line)) for line in self.lines]


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        return run_tests(Field(Cgvm(sys.argv[1]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
