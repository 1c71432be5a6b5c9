#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/boot-test, which boots guest images in continuous integration, in the box.

    test_ci.py BOOT-TEST CGVM IMAGE.bin...

Prints TAP. Skips everything without $CGVM_BOX, the folder that scripts/fetch-box has printed.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from box import from_environment
from kvm import Failure, Skip, expect, run_tests

TIMEOUT = 240  # seconds for one box, which takes about ten
SURVIVED = 85  # a payload's own status when it has found all as it should be
CONFIDENTIAL = ("-object", "sev-guest,id=sev0,policy=nodbg", "-machine", "confidential-guest-support=sev0")


class Script:
    """The script, with what it has kept of the last run."""

    def __init__(self, script, cgvm, images):
        self.command = [script, "--cgvm", cgvm, "--on", "box"]
        self.images = {pathlib.Path(image).stem: image for image in images}

    def run(self, artifacts, *arguments):
        """What has become of the script with @arguments."""
        done = subprocess.run([*self.command, "--artifacts", artifacts, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=TIMEOUT, check=False)
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


def endless(script):
    """A guest that never ends: the time limit, and its console so far."""
    with tempfile.TemporaryDirectory() as folder:
        status, stdout, stderr = script.run(pathlib.Path(folder), "--time-limit", "5", "--", "-kernel",
                                            script.images["linux"], "-append", "spin")
        expect("the status", status, 124)
        expect("the console", stdout, b"spin\r\n")
        expect(f"what is said in {stderr!r}", "has not ended within 5 s" in stderr, True)


def refused(arguments, status, words):
    """What is wrong from the start is said, with nothing booted."""

    def test(script):
        with tempfile.TemporaryDirectory() as folder:
            ended, stdout, stderr = script.run(pathlib.Path(folder), *arguments)
            expect(f"the status after {stderr}", ended, status)
            expect("stdout", stdout, b"")
            if words not in stderr:
                raise Failure(f"{stderr!r} should have {words!r}")

    return test


TESTS = [
    ("an SEV guest", confidential),
    ("a guest that spins", endless),
    ("nothing to boot", refused(("--time-limit", "3"), 2, "comes after --")),
    ("an option of the script's", refused(("--", "-accel", "kvm"), 2, "-accel is for this script to give")),
    ("a time limit of nothing", refused(("--time-limit", "0", "--", "-m", "1"), 2, "a number of seconds")),
    ("a kernel that is not there", refused(("--", "-kernel", "/nonexistent"), 125, "/nonexistent")),
    ("a plan that is refused", refused(("--", *CONFIDENTIAL, "-bios", "/nonexistent"), 125, "there is no plan")),
]

BOX, MISSING = from_environment(sys.argv[2])
run_tests(TESTS, Script(sys.argv[1], sys.argv[2], sys.argv[3:]), skip=MISSING)
