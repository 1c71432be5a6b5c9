#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/boot-test, which boots guest images in continuous integration, in the box.

    test_ci.py BOOT-TEST CGVM IMAGE.bin...

Prints TAP. Skips everything without $CGVM_BOX, the folder that scripts/fetch-box has printed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from box import from_environment
from kvm import Failure, Skip, expect, run_tests

TIMEOUT = 240  # seconds for one box, which takes about ten
INITRD_SIZE = 32 << 20
SURVIVED = 85  # a payload's own status when it has found all as it should be
CONFIDENTIAL = ("-object", "sev-guest,id=sev0,policy=nodbg", "-machine", "confidential-guest-support=sev0")


class Script:
    """The script, with what it has kept of the last run."""

    def __init__(self, script, cgvm, images):
        self.command = [script, "--cgvm", cgvm, "--on", "box"]
        self.images = {pathlib.Path(image).stem: image for image in images}

    def run(self, artifacts, *arguments, **environment):
        """What has become of the script with @arguments and further variables of the @environment."""
        done = subprocess.run([*self.command, "--artifacts", artifacts, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=TIMEOUT, check=False, env={**os.environ, **environment})
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def confidential(script):
    """An SEV guest of one payload: its status, its console, and the plan's digest as its measurement."""
    with tempfile.TemporaryDirectory() as folder:
        artifacts = pathlib.Path(folder) / "a" / "b"
        status, stdout, stderr = script.run(artifacts, "--", *CONFIDENTIAL, "-m", "64M", "-bios",
                                            script.images["engine-sev"])
        if status == 2:
            raise Skip(stderr)
        expect(f"the status after {stderr}", status, SURVIVED)
        expect("the console", stdout, (artifacts / "console.log").read_bytes())
        if not stdout:
            raise Failure("the payload has said nothing")
        expect("the log", (artifacts / "cgvm.log").read_text("ascii") in stderr, True)
        result = json.loads((artifacts / "result.json").read_bytes())
        plan = json.loads((artifacts / "plan.json").read_bytes())
        expect("what the result says", (result["on"], result["status"]), ("box", SURVIVED))
        expect("the measurement", (result["measurement"], len(result["measurement"])), (plan["digest"], 64))
        expect("plan.txt", result["digest"] in (artifacts / "plan.txt").read_text("utf-8"), True)


def by_word(script):
    """A firmware by the word that a descriptor in the user's folder has for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        descriptor = {"description": "a payload", "interface-types": ["uefi"],
                      "mapping": {"device": "memory", "filename": os.path.abspath(script.images["engine-sev"])},
                      "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}], "features": ["amd-sev"],
                      "tags": []}
        (folder / "qemu" / "firmware").mkdir(parents=True)
        (folder / "qemu" / "firmware" / "engine.json").write_text(json.dumps(descriptor), "ascii")
        status, _, stderr = script.run(folder / "artifacts", "--", *CONFIDENTIAL, "-m", "64M", "-bios", "engine",
                                       XDG_CONFIG_HOME=name)
        if status == 2:
            raise Skip(stderr)
        expect(f"the status after {stderr!r}", status, SURVIVED)


def kernel(script):
    """A kernel for an object in JSON, which gets its C-bit, too: that is measured. No progress is in the log, which takes
    files of this size to show."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "vmlinuz").write_bytes(BOX.kernel)
        (folder / "initrd").write_bytes(bytes(INITRD_SIZE))
        status, _, stderr = script.run(folder, "--time-limit", "30", "--", "-object",
                                       '{"qom-type": "sev-guest", "id": "sev0"}', *CONFIDENTIAL[2:], "-m", "192M",
                                       "-kernel", folder / "vmlinuz", "-initrd", folder / "initrd")
        result = json.loads((folder / "result.json").read_bytes())
        expect(f"the measurement after {stderr!r}", result["measurement"], result["digest"])
        expect("the status", status, 124)
        log = (folder / "cgvm.log").read_bytes()
        expect(f"a terminal's control in {log!r}", b"\r" in log or b"\x1b" in log, False)


def silent(script):
    """Where a guest on this machine's KVM has said nothing until it is ended, the box is proposed."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for said, words in (("", "try --on box"), ("echo hello", "within 1 s\n")):
            cgvm = folder / "cgvm"
            cgvm.write_text(f"#!/bin/sh\n{said}\nexec sleep 60\n", "ascii")
            cgvm.chmod(0o755)
            status, _, stderr = script.run(folder, "--cgvm", cgvm, "--on", "kvm", "--time-limit", "1", "--", "-m", "64M")
            expect(f"the status after {stderr}", status, 124)
            expect(f"{words!r} in {stderr!r}", words in stderr, True)


def endless(script):
    """A guest that never ends: the time limit, and its console so far."""
    with tempfile.TemporaryDirectory() as folder:
        status, stdout, stderr = script.run(pathlib.Path(folder), "--time-limit", "20", "--", "-kernel",
                                            script.images["linux"], "-append", "spin")
        expect("the status", status, 124)
        expect("the console", stdout, b"spin\r\n")
        expect(f"what is said in {stderr!r}", "has not ended within 20 s" in stderr, True)


def refused(arguments, status, words):
    """What is wrong from the start is said, with nothing booted."""

    def test(script):
        with tempfile.TemporaryDirectory() as folder:
            ended, stdout, stderr = script.run(pathlib.Path(folder), *arguments)
            expect(f"the status after {stderr}", ended, status)
            expect("stdout", stdout, b"")
            expect(f"a traceback in {stderr}", "Traceback" in stderr, False)
            if words not in stderr:
                raise Failure(f"{stderr!r} should have {words!r}")

    return test


TESTS = [
    ("an SEV guest", confidential),
    ("a firmware by word", by_word),
    ("a kernel, an object in JSON", kernel),
    ("a guest that spins", endless),
    ("a guest that says nothing", silent),
    ("nothing to boot", refused(("--time-limit", "3"), 125, "comes after --")),
    ("no such option", refused(("--nothing", "--", "-m", "1"), 125, "--nothing")),
    ("an option of the script's", refused(("--", "-accel", "kvm"), 125, "-accel is for this script to give")),
    ("a time limit of nothing", refused(("--time-limit", "0", "--", "-m", "1"), 125, "a number of seconds")),
    ("a kernel that is not there", refused(("--", "-kernel", "/nonexistent"), 125, "/nonexistent")),
    ("a kernel without a name", refused(("--", *CONFIDENTIAL, "-kernel"), 125, "-kernel needs a value")),
    ("a plan that is refused", refused(("--", *CONFIDENTIAL, "-bios", "/nonexistent"), 125, "there is no plan")),
    ("a word for no firmware", refused(("--", *CONFIDENTIAL, "-bios", "nonexistent"), 125, "no firmware of that name")),
    ("no box", refused(("--box", "/nonexistent", "--", "-m", "64M"), 125, "'/nonexistent' is no box")),
    ("no cgvm", refused(("--cgvm", __file__, "--", "-m", "64M"), 125, "what libraries")),
]

BOX, MISSING = from_environment(sys.argv[2])
run_tests(TESTS, Script(sys.argv[1], sys.argv[2], sys.argv[3:]), skip=MISSING)
