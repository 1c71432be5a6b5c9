#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of QEMU's options: docs/qemu-options.md is what tools/options.def says, it has every option of
QEMU 10.0, and cgvm does what it says. Prints TAP.

    test_options_doc.py CGVM SCRIPT
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from firmware import Firmware
from harness import Argument, Cgvm, Test, expect, expect_equal, guest, run_tests

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "qemu-options.md"
#: All of QEMU 10.0.
OPTIONS = """
help h version machine M cpu accel smp numa add-fd set global boot m mem-path mem-prealloc k audio
audiodev device name uuid fda fdb hda hdb hdc hdd cdrom blockdev drive mtdblock sd snapshot fsdev virtfs
iscsi usb usbdevice display nographic spice vga full-screen g vnc win2k-hack no-fd-bootchk acpitable
smbios netdev nic net chardev tpmdev bios pflash kernel shim append initrd dtb compat fw_cfg serial
parallel monitor qmp qmp-pretty mon debugcon pidfile preconfig S overcommit gdb s d D dfilter seed L
enable-kvm xen-domid xen-attach xen-domid-restrict no-reboot no-shutdown action loadvm daemonize
option-rom rtc icount watchdog-action echr incoming only-migratable nodefaults prom-env semihosting
semihosting-config old-param sandbox readconfig no-user-config trace plugin qtest qtest-log run-with msg
dump-vmstate enable-sync-profile perfmap jitdump object
"""

#: Values that the document has as patterns, as they may be written.
WRITTEN = {
    "none,id=*": "none,id=a", "driver=none,id=*": "driver=none,id=a", "id=*,driver=none": "id=a,driver=none",
    '{*"driver":"none"*}': '{"id":"a","driver":"none"}', "*if=pflash*": "file=x,if=pflash",
    "isa-debug-exit*": "isa-debug-exit,iobase=0x501", "*mem-lock=on*": "mem-lock=on",
}
#: A value that is wrong wherever not all are right, and where it would be right another one.
OTHER = "x"
RIGHT = {"uuid": "c7a5fdbd-edaf-9455-926a-d65c16db1809"}


@dataclass(frozen=True)
class Row:
    """A row of the document."""

    names: list[str]
    has_value: bool
    values: list[str]  # none: all others
    verdict: str
    text: str


def read() -> list[Row]:
    """The rows of the document."""
    rows = []
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line.startswith("| `-"):
            cell, verdict, text = line[2:-2].split(" | ", 2)
            options, _, values = cell.partition(" with ")
            rows.append(Row(re.findall(r"`-([\w-]+)", options), bool(values) or "…" in options,
                            re.findall(r"`([^`]+)`", values), verdict, text))
    return rows


def up_to_date(script: str) -> None:
    """The document is what the table says."""
    done = subprocess.run([sys.executable, "-B", script, "--check"], capture_output=True, encoding="utf-8",
                          check=False)
    expect(done.returncode == 0 and not done.stdout, done.stderr)


def complete() -> None:
    """No option of QEMU is missing."""
    named = {name for row in read() for name in row.names}
    expect_equal(sorted(set(OPTIONS.split()) - named), [], "the options that are missing")


def accepted(cgvm: Cgvm, firmware: Path, row: Row) -> None:
    """What has no effect changes no plan."""
    plain = cgvm.run("-plan", "json", *guest(firmware)).expect(0, "").stdout
    for name in row.names:
        for value in row.values or [RIGHT.get(name, OTHER)]:
            more: list[Argument] = [f"-{name}", WRITTEN.get(value, value)] if row.has_value else [f"--{name}"]
            run = cgvm.run("-plan", "json", *guest(firmware), *more).expect(0, "")
            expect_equal(run.stdout, plain, f"the plan with {more}")


def refused(cgvm: Cgvm, firmware: Path, row: Row) -> None:
    """What is refused is refused with these words."""
    for name in row.names:
        for value in row.values or [OTHER]:
            more: list[Argument] = [f"-{name}", WRITTEN.get(value, value)] if row.has_value else [f"-{name}"]
            run = cgvm.run("-plan", "json", *guest(firmware), *more).expect(1)
            expect_equal(run.stderr, f"cgvm: {' '.join(map(str, more))}: {row.text}\n", "the message")


def main() -> int:
    """Runs the tests; returns the exit status."""
    cgvm = Cgvm(sys.argv[1])
    tests = [Test("docs/qemu-options.md is up to date", partial(up_to_date, sys.argv[2])),
             Test("it has all options of QEMU", complete)]
    with tempfile.TemporaryDirectory() as name:
        firmware = Path(name) / "right.fd"
        firmware.write_bytes(Firmware().build())
        for verdict, body in (("accepted", accepted), ("refused", refused)):
            tests += [Test(f"{verdict}: {' '.join(row.names)} {' '.join(row.values)}",
                           partial(body, cgvm, firmware, row)) for row in read() if row.verdict == verdict]
        return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
