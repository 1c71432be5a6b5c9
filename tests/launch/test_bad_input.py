#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever is wrong with the input is refused at once: exit status 1, one line that says what and what to do,
nothing on stdout, and the host not touched. Prints TAP.

    test_bad_input.py CGVM
"""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from bad_firmware import firmware_cases
from bad_kernel import kernel_cases
from bad_options import Case, Way, option_cases
from bad_sev import sev_cases
from firmware import Firmware
from harness import Argument, Cgvm, Run, Skipped, Test, expect, run_tests

#: At once, with sanitizers and on a machine that does other things too.
AT_ONCE = 2.0
NOBODY = 65534

BEFORE: dict[Way, list[Argument]] = {
    Way.PLAN: ["-plan", "text"],
    Way.LAUNCH: ["-accel", "kvm,device=/nonexistent/kvm"],
    Way.SIMULATE: ["-accel", "sim,run=off"],
    Way.GIVEN: [],
}


def check(run: Run, words: tuple[str, ...]) -> None:
    """What all refusals have in common."""
    expect(run.status == 1, f"the exit status should be 1\n{run}")
    expect(not run.stdout, f"there should be nothing on stdout\n{run}")
    expect(run.stderr.startswith("cgvm: ") and run.stderr.endswith("\n") and run.stderr.count("\n") == 1,
           f"there should be one line on stderr\n{run}")
    expect(run.stderr[:-1].replace("\ufffd", "").isprintable(), f"not all of this can be printed\n{run}")
    for word in words:
        expect(word in run.stderr, f"the message should have: {word}\n{run}")


def refuse(cgvm: Cgvm, case: Case, way: Way) -> None:
    """Runs @case and checks that it is refused."""
    user = None
    if case.unprivileged and os.geteuid() == 0:
        user = NOBODY
        try:
            able = cgvm.run("-version", user=user).status == 0
        except OSError:
            able = False
        if not able:
            raise Skipped("this is root, and nobody else can run cgvm")
    run = cgvm.run(*BEFORE[way], *case.argv, timeout=20, user=user)
    check(run, case.words)
    if run.seconds > AT_ONCE:
        # It may not have been cgvm that was slow.
        run = cgvm.run(*BEFORE[way], *case.argv, timeout=20, user=user)
    expect(run.seconds <= AT_ONCE, f"it should take less than {AT_ONCE} s\n{run}")


def main() -> int:
    """Runs the tests; returns the exit status."""
    cgvm = Cgvm(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        right = directory / "right.fd"
        right.write_bytes(Firmware().build())
        return run_tests([Test(f"{case.name}: {way.value}", partial(refuse, cgvm, case, way))
                          for case in (*option_cases(right), *firmware_cases(directory),
                                       *kernel_cases(right, directory), *sev_cases(right, directory))
                          for way in case.ways])


if __name__ == "__main__":
    sys.exit(main())
