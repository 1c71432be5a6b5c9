#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The device tree of pseries machines, as dtc sees it. Prints TAP.

    test_device_tree.py DUMP-DEVICE-TREE [RUN] [--update]

RUN is what a program of a cross build is run by. The tree's source is that of the golden files in device-trees/. For any number of vCPUs and any memory, dtc has nothing to say
about it.
"""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from elf_image import kernel
from harness import HERE, LICENCE, Skipped, Test, expect, expect_equal, run_tests

GOLDEN = HERE / "device-trees"
#: vCPUs, memory, whether there is an initrd.
SHAPES = {
    "1-vcpu": ("1", "512M", False),
    "2-vcpus-initrd": ("2", "4G", True),
}
SIZES = tuple((cpus, memory) for cpus in ("1", "2", "64") for memory in ("256M", "512M", "16G", "1T"))


class Trees:
    """The tests, with what they need."""

    def __init__(self, dump: list[str | Path], directory: Path, update: bool) -> None:
        self.dump, self.directory, self.update = dump, directory, update
        self.kernel, self.initrd = directory / "vmlinux", directory / "initrd"
        self.kernel.write_bytes(kernel())
        self.initrd.write_bytes(bytes(1000))

    def tree(self, cpus: str, memory: str, initrd: bool = False) -> bytes:
        """The tree of a machine, flattened."""
        more = [self.initrd] if initrd else []
        done = subprocess.run([*self.dump, cpus, memory, self.kernel, *more], capture_output=True, check=False)
        expect(done.returncode == 0, done.stderr.decode())
        return done.stdout

    @staticmethod
    def compile(tree: bytes) -> tuple[str, list[str]]:
        """The source that dtc makes of @tree, and its complaints."""
        if not shutil.which("dtc"):
            raise Skipped("there is no command dtc; on Debian: apt install device-tree-compiler")
        done = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", "-"], input=tree, capture_output=True, check=False)
        expect(done.returncode == 0, done.stderr.decode())
        return done.stdout.decode(), [line for line in done.stderr.decode().splitlines() if line]

    def check_golden(self, name: str) -> None:
        """The tree is as it was when the golden file was written."""
        source, _ = self.compile(self.tree(*SHAPES[name]))
        text = LICENCE.replace("#", "//", 1) + source
        path = GOLDEN / f"{name}.dts"
        if self.update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        golden = path.read_text("utf-8").splitlines()
        difference = difflib.unified_diff(golden, text.splitlines(), path.name, "is now", lineterm="")
        expect(text.splitlines() == golden, "\n".join(difference))

    def check_size(self, cpus: str, memory: str) -> None:
        """dtc accepts the tree, and it has all CPUs and all memory."""
        source, complaints = self.compile(self.tree(cpus, memory))
        expect_equal(complaints, [], "what dtc says")
        expect_equal(len(re.findall(r"PowerPC,POWER9@[0-9a-f]+ \{", source)), int(cpus), "CPUs")
        size = int(memory[:-1]) << {"M": 20, "G": 30, "T": 40}[memory[-1]]
        node = re.search(r"memory@0 \{.*?\}", source, re.S)
        expect(node and f"reg = <0x00 0x00 {size >> 32:#04x} {size & 0xffffffff:#04x}>" in node[0], node and node[0])


def main() -> int:
    """Runs the tests; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dump", type=Path)
    parser.add_argument("run", nargs="?", default="")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        trees = Trees([*filter(None, [arguments.run]), arguments.dump.resolve()], Path(directory), arguments.update)
        tests = [Test(f"the tree of {name} is the golden one", partial(trees.check_golden, name)) for name in SHAPES]
        tests += [Test(f"dtc accepts {cpus} vCPUs and {memory}", partial(trees.check_size, cpus, memory))
                  for cpus, memory in SIZES]
        return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
