#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cgctl says about itself, its manual page and the completion in bash agree. Prints TAP.

    test_cgctl_help.py CGCTL
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from harness import Cgvm, Skipped, Test, expect, expect_equal, run_tests

ROOT = Path(__file__).resolve().parents[2]
MAN = ROOT / "docs" / "man" / "cgctl.1"
COMPLETION = ROOT / "tools" / "cgctl.bash-completion"
COMMAND = re.compile(r"^  (\w+)(?: ([\w-]+))?  +\S", re.MULTILINE)
OPTION = re.compile(r"^  --([\w-]+)(?: (\S+))?  ", re.MULTILINE)

Options = dict[str, str]
#: Group and name; the name is "" if the group is the command.
Command = tuple[str, str]


def words(command: Command) -> list[str]:
    """@command as it is written."""
    return [word for word in command if word]


def man_options() -> dict[Command, Options]:
    """The options of each command in the manual page, with the names of their values."""
    found: dict[Command, Options] = {}
    for part in MAN.read_text("utf-8").split("\n.SS cgctl ")[1:]:
        group, name = (*re.sub(r"\\fR.*", "", part.splitlines()[0]).split(), "")[:2]
        tags = re.findall(r"^\.TP\n\.BI? (.*)$", part.split("\n.SH ")[0], re.MULTILINE)
        text = re.sub(r"\\fR|[\",]", "", " ".join(tags)).replace(r"\-", "-")
        pairs = re.findall(r"--([\w-]+)(?: +([A-Z][\w.:]*))?", text)
        found[group, name] = dict(pairs)
    return found


class HelpTests:
    """The tests, with what they need."""

    def __init__(self, cgctl: Cgvm, folder: Path) -> None:
        self.cgctl = cgctl
        self.folder = folder
        (folder / "cgctl").symlink_to(cgctl.path)
        self.commands: list[Command] = COMMAND.findall(cgctl.run("-help").stdout)

    def options(self, command: Command) -> Options:
        """What the help of @command says, but for --help."""
        text = self.cgctl.run(*words(command), "-help").expect(0, "").stdout
        found = dict(OPTION.findall(text))
        expect(found.pop("help", None) == "", text)
        return found

    def listed(self) -> None:
        """Every way to ask for help."""
        expect(len(self.commands) >= 9, self.commands)
        for option in ("-help", "--help", "-h"):
            text = self.cgctl.run(option).expect(0, "").stdout
            expect(text.startswith("usage: cgctl COMMAND [options]\n"), text)
            text = self.cgctl.run("idblock", option).expect(0, "").stdout
            expect_equal(COMMAND.findall(text), [c for c in self.commands if c[0] == "idblock"], "its commands")
        for option in ("-version", "--version"):
            text = self.cgctl.run(option).expect(0, "").stdout
            expect(re.fullmatch(r"cgctl \d+\.\d+\.\d+\n", text), text)

    def usage(self) -> None:
        """What is no command."""
        for arguments, message in (
                ((), "a command is missing"),
                (("nothing",), "there is no command 'nothing'"),
                (("--json",), "there is no command '--json'"),
                (("idblock",), "idblock what?"),
                (("idblock", "nothing"), "there is no command 'idblock nothing'"),
                (("idblok",), "there is no command 'idblok'; did you mean 'idblock'?"),
                (("idblock", "creat"), "there is no command 'idblock creat'; did you mean 'idblock create'?"),
                (("line\nbreak",), "there is no command 'line?break'")):
            self.cgctl.run(*arguments).expect(2, f"cgctl: {message}; cgctl -help lists the commands\n")
        for option, words in (("--SVN", "; did you mean '--svn'?"), ("-digset=00", "; did you mean '--digest'?"),
                              ("--nonsense", "")):
            self.cgctl.run("idblock", "verify", option, "x").expect(
                2, f"cgctl: there is no option '{option}'{words}; cgctl idblock verify -help shows how it is called\n")

    def full_stdout(self) -> None:
        """Output that cannot be written is no success."""
        with open("/dev/full", "wb") as full:
            self.cgctl.run("-help", stdout=full.fileno()).expect(
                1, "cgctl: cannot write to stdout: No space left on device\n")

    def manual(self) -> None:
        """The manual page has these commands and options, and no others."""
        expect_equal(man_options(), {command: self.options(command) for command in self.commands}, "the manual page")
        if not shutil.which("groff"):
            return
        done = subprocess.run(["groff", "-man", "-ww", "-z", MAN], capture_output=True, check=False)
        expect_equal((done.returncode, done.stderr), (0, b""), "what groff says")

    def complete(self, *line: str) -> set[str]:
        """What bash completes the last word of @line to."""
        script = ('. "$1"; shift; COMP_WORDS=(cgctl "$@"); COMP_CWORD=$#; _cgctl; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script, "bash", COMPLETION, *line], capture_output=True, check=True,
                              encoding="utf-8", env=environment, cwd=self.folder)
        expect_equal(done.stderr, "", "stderr")
        return set(done.stdout.split())

    def completed(self, command: Command) -> None:
        """What is completed in the command line of @command."""
        options = self.options(command)
        expect_equal(self.complete(*words(command), "--"), {f"--{option}" for option in [*options, "help"]}, "the options")
        for option, value in options.items():
            if value == "FILE":
                expect_equal(self.complete(*words(command), f"--{option}", "cgc"), {"cgctl"}, "files")
            elif value not in ("", "USE", "MODE", "VMM", "FORMAT", "SWITCH"):
                expect_equal(self.complete(*words(command), f"--{option}", ""), set(), "a value")

    def completed_words(self) -> None:
        """What is completed to commands."""
        expect_equal(self.complete(""), {*(group for group, _ in self.commands), "-help", "-version"}, "groups")
        expect_equal(self.complete("secret", "v"), {"verify"}, "commands")
        expect_equal(self.complete("firmware", "inspect", "--require", "snp"), {"snp", "snp-hashes"}, "uses")
        expect_equal(self.complete("measure", "--vmm-type", "c"), {"cgvm"}, "VMMs")

    def tests(self) -> list[Test]:
        """All of them."""
        tests = [Test("help", self.listed), Test("no command", self.usage), Test("no room for stdout", self.full_stdout),
                 Test("manual page", self.manual)]
        if not shutil.which("bash"):
            return [*tests, Test("completion", no_bash)]
        return [*tests, Test("completion of commands", self.completed_words),
                *(Test(f"completion of {' '.join(words(command))}", partial(self.completed, command))
                  for command in self.commands)]


def no_bash() -> None:
    """Instead of the tests of completion."""
    raise Skipped("no bash")


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        return run_tests(HelpTests(Cgvm(sys.argv[1]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
