#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cgvm shows on a terminal while it reads and hashes a large initrd, and that nothing is left of it. Prints TAP.

    test_progress.py CGVM

Whether a step is slow enough to be shown depends on the machine; what is checked holds either way. When it is
shown, and what then, is the matter of tests/unit/test-progress-line.c.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from firmware import amd_sev
from harness import FINDINGS, Argument, Cgvm, Test, expect, expect_equal, guest, run_tests, simulated
from linux_image import LinuxImage

SIZE = 200 << 20
ERASE = "\r\x1b[K"
STEP = re.compile(r"cgvm: (?:reading|hashing) the (?:kernel 'bzImage'|initrd 'initrd\.img'): \d{1,2} %")
LAUNCHED = re.compile(r"cgvm: launched sev0: measurement [0-9a-f]+ \(simulated\)\r\n")


def on_terminal(cgvm: Cgvm, argv: list[Argument]) -> tuple[int, str]:
    """Runs it with a terminal as stderr. Returns the exit status and what came there."""
    terminal, theirs = os.openpty()
    with subprocess.Popen([cgvm.path, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                          env=cgvm.environment) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # EIO: nobody has the other end any more
                break
            if not part:
                break
            written += part
        os.close(terminal)
    text = written.decode()
    expect(not any(finding in text for finding in FINDINGS), text)
    return process.returncode, text


def check(cgvm: Cgvm, argv: list[Argument], status: int, last: re.Pattern[str]) -> None:
    """Each line of progress is removed before anything else is written; the last word is what remains."""
    result, text = on_terminal(cgvm, argv)
    expect_equal(result, status, f"the exit status\n{text}")
    *shown, rest = text.split(ERASE)
    expect(all(not line or STEP.fullmatch(line) for line in shown), shown)
    expect(last.fullmatch(rest), repr(rest))


def silent(cgvm: Cgvm, argv: list[Argument]) -> None:
    """Without a terminal there is no progress."""
    run = cgvm.run(*argv).expect(0)
    expect(LAUNCHED.fullmatch(run.stderr.replace("\n", "\r\n")), run)


def main() -> int:
    """Runs the tests; returns the exit status."""
    cgvm = Cgvm(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        firmware, kernel, initrd = (Path(name) / file for file in ("OVMF.fd", "bzImage", "initrd.img"))
        firmware.write_bytes(amd_sev().build())
        kernel.write_bytes(LinuxImage().build())
        with open(initrd, "wb") as file:
            file.truncate(SIZE)
        argv = [*guest(firmware, "kernel-hashes=on", kind="sev-guest"), "-m", "512", "-kernel", kernel, "-initrd",
                initrd]
        mismatch = [*guest(firmware, f"kernel-hashes=on,expect-digest={'0' * 64}", kind="sev-guest"), *argv[-6:]]
        return run_tests([
            Test("a launch", partial(check, cgvm, [*simulated(), *argv], 0, LAUNCHED)),
            Test("a plan", partial(check, cgvm, ["-plan", "text", *argv], 0, re.compile(""))),
            Test("a failure", partial(check, cgvm, ["-plan", "text", *mismatch], 1,
                                      re.compile(r"cgvm: [^\r\n]+'expect-digest' is 0[^\r\n]+\r\n"))),
            Test("no terminal", partial(silent, cgvm, [*simulated(), *argv])),
        ])


if __name__ == "__main__":
    sys.exit(main())
