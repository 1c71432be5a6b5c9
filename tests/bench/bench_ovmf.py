#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What it takes cgvm's q35 and QEMU's to run OVMF: to its shell, and to Linux; on the same KVM in one run of the box.

    CGVM_BOX=$(scripts/fetch-box DIR) CGVM_OVMF_DEB12=$(scripts/fetch-ovmf bookworm DIR) \\
        bench_ovmf.py [--json] [--runs N] CGVM STOPWATCH

The VMMs take turns, and figures are medians, but exits, which are counted once each. As bench_boot.py, which has the
guest and the VMMs' common parts, it asserts nothing.

Exit status: 0 measured; 1 something failed to run; 77 there is no box or no firmware.
"""

import argparse
import os
import statistics
import subprocess
import sys

from bench_boot import GUEST_MIB, LIMIT, PEER, QEMUS, QUIET, WORDS, as_json, as_table, contents, line, results

from box import from_environment
from kvm import Failure

SHELL = "Shell>"
LINUX = ["-kernel", "/vmlinuz", "-initrd", "/guest", "-append", QUIET]
COMMON = ["-M", "q35", "-accel", "kvm", "-cpu", "EPYC", "-m", f"{GUEST_MIB}M", "-bios", "/firmware", "-serial", "stdio"]
VMMS = {
    "cgvm": ["/bin/cgvm", *COMMON],
    PEER: [f"/qemu/{QEMUS[PEER]}", "-L", "/qemu", "-nodefaults", "-no-user-config", "-display", "none", *COMMON],
}
DEBUGFS = """
/bin/busybox mkdir -p /sys
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t debugfs debug /sys/kernel/debug
"""


def script(runs):
    """The first turn is for exits and memory, and warms the caches; the others are for the clock."""
    lines = [DEBUGFS]
    for name, command in VMMS.items():
        lines += [line(f"{name}/shell", "memory", command, SHELL), line(f"{name}/linux", "memory", [*command, *LINUX])]
    for _ in range(runs):
        for name, command in VMMS.items():
            lines += [line(f"{name}/shell", "words", command, SHELL), line(f"{name}/linux", "whole", [*command, *LINUX])]
    return "".join(lines)


def measure(box, stopwatch, firmware, runs):
    """Rows of a name, a unit and a figure for each VMM."""
    files = contents(box, stopwatch, firmware, [QEMUS[PEER]])
    output = box.run(script(runs), files, 120 + len(VMMS) * 2 * (runs + 1) * LIMIT, memory=2048)
    seen = {**results(output, [f"{name}/shell" for name in VMMS], {"memory": 1, "words": runs}),
            **results(output, [f"{name}/linux" for name in VMMS], {"memory": 1, "whole": runs})}

    def median(what, mode, key, scale):
        return {name: statistics.median(run[key] for run in seen[f"{name}/{what}", mode]) / scale for name in VMMS}

    rows = [
        ("exec to the shell", "s", median("shell", "words", "words", 1e6)),
        ("exec to init", "s", median("linux", "whole", "words", 1e6)),
        ("exec to exit by power-off", "s", median("linux", "whole", "end", 1e6)),
        ("private memory beyond RAM at init", "MiB", median("linux", "memory", "private", 1024)),
    ]
    exits = [(f"exits to {end}", "k", median(what, "memory", "exits", 1000))
             for what, end in (("shell", "the shell"), ("linux", "init"))]
    return rows + [row for row in exits if min(row[2].values()) > 0]


def main():
    parser = argparse.ArgumentParser(description="measure how OVMF boots on cgvm and on QEMU, in the box")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each (3)")
    parser.add_argument("cgvm")
    parser.add_argument("stopwatch")
    args = parser.parse_args()

    box, missing = from_environment(args.cgvm)
    firmware = os.environ.get("CGVM_OVMF_DEB12")
    if missing or not firmware:
        print(f"bench: {missing or 'there is no firmware; set CGVM_OVMF_DEB12 to what scripts/fetch-ovmf prints'}",
              file=sys.stderr)
        return 77
    try:
        rows = measure(box, args.stopwatch, firmware, args.runs)
    except (Failure, OSError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(as_json(rows, args.runs) if args.json else as_table(rows, list(VMMS), args.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
