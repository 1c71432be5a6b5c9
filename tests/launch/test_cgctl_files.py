#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What becomes of files that cgctl writes: of those that exist, of links, of what is no regular file, and of one that is
named twice. Prints TAP.

    test_cgctl_files.py CGCTL CGVM

All is in a folder of the test's own; no device of the system is named.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import tempfile
from functools import partial
from pathlib import Path

from harness import Cgvm, Run, Skipped, Test, expect, expect_equal, run_tests

OLD = "old\n"
NEW = "-----BEGIN CERTIFICATE-----"
NULL_DEVICE = os.makedev(1, 3)


class FileTests:
    """The tests, each in a folder of its own."""

    def __init__(self, cgctl: Cgvm, directory: Path) -> None:
        self.cgctl = cgctl
        self.directory = directory

    def folder(self, name: str) -> Path:
        """A new folder."""
        path = self.directory / name
        path.mkdir()
        return path

    def write(self, document: Path, chain: Path, *more: str, cwd: Path | None = None) -> Run:
        """Runs a command that writes two files."""
        return self.cgctl.run("pvimage", "simulated", "--host-key", document, "--ca", chain, *more, cwd=cwd)

    def refused(self, folder: Path, path: Path, words: str, *more: str, cwd: Path | None = None) -> None:
        """Nothing is written if @path is one of the files, and @words say why."""
        before = sorted(folder.iterdir()), os.lstat(path) if os.path.lexists(path) else None
        for files in ((path, folder / "other"), (folder / "other", path)):
            run = self.write(*files, *more, cwd=cwd).expect(1)
            expect_equal(run.stderr, f"cgctl: {words}\n", "stderr")
        after = sorted(folder.iterdir()), os.lstat(path) if os.path.lexists(path) else None
        expect_equal([(files, node and (node.st_mode, node.st_ino)) for files, node in (before, after)],
                     [(before[0], before[1] and (before[1].st_mode, before[1].st_ino))] * 2, "what is in the folder")

    def special(self, kind: str) -> None:
        """What is no regular file stays what it is, also with --force, and behind a link."""
        folder = self.folder(f"special {kind}")
        node = folder / "node"
        listener = socket.socket(socket.AF_UNIX)
        with listener:
            try:
                {"FIFO": lambda: os.mkfifo(node),
                 "folder": node.mkdir,
                 "socket": lambda: listener.bind(os.fspath(node)),
                 "device": lambda: os.mknod(node, stat.S_IFCHR | 0o600, NULL_DEVICE)}[kind]()
            except PermissionError as error:
                raise Skipped(f"no device can be made here: {error}") from error
            link = folder / "link"
            link.symlink_to("node")
            for path in (node, link):
                for more in ((), ("--force",)):
                    self.refused(folder, path,
                                 f"'{path}' is not a regular file, and is not replaced; name another file", *more)

    def regular(self) -> None:
        """A file is replaced with --force alone, and its mode is that of a new one."""
        folder = self.folder("regular")
        path, chain = folder / "a", folder / "b"
        path.write_text(OLD)
        path.chmod(0o600)
        self.refused(folder, path, f"'{path}' exists already; name another file, or overwrite it with --force")
        self.write(path, chain, "--force").expect(0, "")
        expect(path.read_text().startswith(NEW) and chain.read_text().startswith(NEW), path)
        expect_equal(sorted(folder.iterdir()), [path, chain], "what is in the folder")

    def link(self) -> None:
        """Of a link, with --force, the file is replaced that it leads to, and the link stays."""
        folder = self.folder("link")
        target, link, far = folder / "far" / "target", folder / "link", folder / "far" / "link"
        target.parent.mkdir()
        target.write_text(OLD)
        far.symlink_to("target")
        link.symlink_to("far/link")
        self.refused(folder, link, f"'{link}' exists already; name another file, or overwrite it with --force")
        self.write(link, folder / "b", "--force").expect(0, "")
        expect_equal((os.readlink(link), os.readlink(far)), ("far/link", "target"), "the links")
        expect(target.read_text().startswith(NEW), target)
        expect_equal(sorted(target.parent.iterdir()), [far, target], "what is beside the target")

    def lost_link(self) -> None:
        """A link that leads nowhere is no name for a file."""
        folder = self.folder("lost link")
        link = folder / "link"
        link.symlink_to("nowhere")
        self.refused(folder, link, f"'{link}' is a symbolic link that cannot be followed (No such file or directory); "
                                   "name another file", "--force")

    def one_name(self, *more: str) -> None:
        """Two outputs are two files, whatever their names look like."""
        folder = self.folder(f"one name {more}")
        (folder / "inner").mkdir()
        (folder / "here").symlink_to(".")
        for first, second in (("a", "a"), ("a", "./a"), ("a", "inner/../a"), ("a", "here/a")):
            run = self.write(Path(first), Path(second) if "/" not in second else folder / second, *more,
                             cwd=folder).expect(1)
            expect("is named for two files that are written; give each a name of its own\n" in run.stderr, run)
        (folder / "target").write_text(OLD)
        (folder / "link").symlink_to("target")
        self.write(folder / "link", folder / "target", *more).expect(1)
        expect_equal((folder / "target").read_text(), OLD, "the target")
        expect(not (folder / "a").exists(), "a file was written")
        self.write(folder / "a", folder / "inner" / "a", *more).expect(0, "")

    def no_folder(self) -> None:
        """A folder that is not there is told."""
        folder = self.folder("no folder")
        for more in ((), ("--force",)):
            self.refused(folder, folder / "x" / "y",
                         f"cannot create '{folder / 'x' / 'y'}': No such file or directory", *more)

    def tests(self) -> list[Test]:
        """All of them."""
        return [
            *(Test(f"no regular file: {kind}", partial(self.special, kind))
              for kind in ("FIFO", "folder", "socket", "device")),
            Test("a file that exists", self.regular),
            Test("a link", self.link),
            Test("a link that leads nowhere", self.lost_link),
            Test("one name twice", self.one_name),
            Test("one name twice, with --force", partial(self.one_name, "--force")),
            Test("no folder", self.no_folder),
        ]


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        return run_tests(FileTests(Cgvm(sys.argv[1]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
