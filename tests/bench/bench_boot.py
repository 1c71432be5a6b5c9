#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What it takes cgvm and QEMU's microvm to boot Linux, on the same KVM in one run of the box.

    CGVM_BOX=$(scripts/fetch-box DIR) bench_boot.py [--json] [--runs N] CGVM STOPWATCH HELLO.bin

The guest is Debian's kernel for clouds with an initramfs whose init says so and powers off. The VMMs take turns, and
figures are medians. QEMU is the box's own, with the firmware that its microvm needs (qboot); Debian builds it for
microvm alone, too, which is measured as a peer of its own. cgvm boots the same kernel in a plain guest, and in SEV and
SEV-ES guests on the simulated host. HELLO.bin, a firmware of a few instructions, says how long the first byte of a
guest takes apart from its kernel. The whole machine is emulated (TCG): ratios say more than seconds. Nothing is
asserted.

Exit status: 0 measured; 1 something failed to run; 77 there is no box.
"""

import argparse
import json
import re
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "boot"))

from box import from_environment  # noqa: E402
from cases import CBIT, SEV, SEV_ES  # noqa: E402
from kvm import Failure  # noqa: E402

GUEST_MIB = 384
LIMIT = 90  # seconds for one guest
WORDS = "guest: init"
FIRST_LINE = "Linux version"
QUIET = "console=ttyS0 quiet panic=-1"
LOUD = "console=ttyS0 earlyprintk=ttyS0 panic=-1"
#: The box has no clock by which an encrypted Linux could measure its own; see the simulated host's limits.
NO_CLOCK = "tsc_early_khz=2600000 no_timer_check"
ROMS = ("qboot.rom", "linuxboot_dma.bin", "pvh.bin", "kvmvapic.bin")
QEMUS = {"qemu": "qemu-system-x86_64", "qemu-microvm": "qemu-system-x86_64-microvm"}
PEER = "qemu"
RESULT = re.compile(r"bench (\S+) stopwatch (\S+) (.*)")


def cgvm(append, *options):
    return ["/bin/cgvm", "-m", f"{GUEST_MIB}M", "-kernel", "/vmlinuz", "-initrd", "/guest", "-append", append,
            "-serial", "stdio", *options]


def plain(append):
    return cgvm(append, "-cpu", "EPYC")


def hello(command):
    """@command, of a plain guest, with the small firmware instead of the kernel."""
    words = iter(command)
    kept = []
    for word in words:
        if word in ("-kernel", "-initrd", "-append"):
            next(words)
        else:
            kept.append(word)
    return [*kept, "-bios", "/firmware"]


def encrypted(policy):
    def command(append):
        return cgvm(f"{append} {NO_CLOCK}", "-accel", f"sim,cbitpos={CBIT}", "-cpu", "EPYC",
                    "-object", f"sev-guest,id=sev0,policy={policy},cbitpos={CBIT},reduced-phys-bits=1",
                    "-machine", "confidential-guest-support=sev0")

    return command


def microvm(binary):
    def command(append):
        return [f"/qemu/{binary}", "-L", "/qemu", "-nodefaults", "-no-user-config", "-display", "none",
                "-M", "microvm,pit=on,pic=on,rtc=on,isa-serial=on,auto-kernel-cmdline=off", "-accel", "kvm",
                "-cpu", "EPYC", "-m", f"{GUEST_MIB}M", "-kernel", "/vmlinuz", "-initrd", "/guest",
                "-append", append, "-serial", "stdio"]

    return command


def libraries(program, root=None):
    """The files of the libraries of @program by their paths in the box; those below @root are found first, and apart
    from those of others."""
    folders = [str(root / folder / "x86_64-linux-gnu") for folder in ("usr/lib", "lib")] if root else []
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True,
                            env={"LD_LIBRARY_PATH": ":".join(folders), "PATH": "/usr/bin:/bin"}).stdout
    found = {}
    for path in map(Path, re.findall(r"(/\S+) \(0x", listed)):
        own = root and path.is_relative_to(root)
        found[f"qemu/lib/{path.name}" if own else str(path).lstrip("/")] = path.read_bytes()
    return found


def contents(box, stopwatch, firmware, qemus):
    """What the box needs besides what it has."""
    files = {"firmware": Path(firmware).read_bytes(),
             "guest": box.guest(f'echo "{WORDS}"\n/bin/busybox poweroff -f\n'),
             "bin/stopwatch": Path(stopwatch).read_bytes(), **libraries(stopwatch)}
    for binary in qemus:
        path = box.root / "usr/bin" / binary
        files.update({f"qemu/{binary}": path.read_bytes(), **libraries(path, box.root)})
    if qemus:
        files.update({f"qemu/{rom}": (box.root / "usr/share/qemu" / rom).read_bytes() for rom in ROMS})
        # The name by which microvm asks for it.
        files["qemu/bios-microvm.bin"] = files["qemu/qboot.rom"]
    return files


def line(name, mode, command, words=WORDS):
    """A line of the box's script: what the stopwatch says of @command, or why it failed."""
    words = shlex.join(["/bin/stopwatch", mode, words, str(LIMIT), str(GUEST_MIB), *command])
    library_path = "LD_LIBRARY_PATH=/qemu/lib " if command[0].startswith("/qemu/") else ""
    return f'said=$({library_path}{words} 2>/log) && echo "bench {name} $said" || /bin/busybox cat /log\n'


def script(vmms, runs):
    """The first turn is for the memory and warms the caches; the others are for the clock."""
    lines = [line(name, "memory", command(QUIET)) for name, command in vmms.items()]
    for _ in range(runs):
        for name, command in vmms.items():
            if not name.startswith("cgvm-"):
                lines.append(line(name, "first", hello(command(QUIET))))
            lines += [line(name, "words", command(LOUD), FIRST_LINE), line(name, "whole", command(QUIET))]
    return "".join(lines)


def results(output, vmms, wanted):
    """What the stopwatch said, by the name of the VMM and the mode; there have to be as many of a mode as @wanted."""
    seen = {}
    for name, mode, pairs in RESULT.findall(output):
        numbers = {key: int(value) for key, value in (pair.split("=") for pair in pairs.split())}
        seen.setdefault((name, mode), []).append(numbers)
    for name in vmms:
        for mode, number in wanted.items():
            if len(seen.get((name, mode), [])) != number:
                raise Failure(f"{name} did not boot each time; the box printed {output[-3000:]}")
    return seen


def measure(box, stopwatch, firmware, runs):
    """Rows of a name, a unit and a figure for each VMM, and the VMMs."""
    qemus = [binary for binary in QEMUS.values() if (box.root / "usr/bin" / binary).exists()]
    vmms = {"cgvm": plain, "cgvm-sev": encrypted(SEV), "cgvm-sev-es": encrypted(SEV_ES)}
    vmms.update({name: microvm(binary) for name, binary in QEMUS.items() if binary in qemus})
    boots = len(vmms) * (2 * runs + 1)
    output = box.run(script(vmms, runs), contents(box, stopwatch, firmware, qemus), 120 + boots * LIMIT, memory=2048)
    seen = results(output, vmms, {"memory": 1, "words": runs, "whole": runs})

    def median(mode, key, scale):
        return {name: statistics.median(run[key] for run in seen[name, mode]) / scale for name in vmms
                if (name, mode) in seen}

    return [
        ("exec to a firmware's first byte", "s", median("first", "first", 1e6)),
        ("exec to Linux's first line", "s", median("words", "words", 1e6)),
        ("exec to init", "s", median("whole", "words", 1e6)),
        ("exec to exit by power-off", "s", median("whole", "end", 1e6)),
        ("private memory beyond RAM", "MiB", median("memory", "private", 1024)),
        ("- of which not pages of files", "MiB", median("memory", "anonymous", 1024)),
    ], list(vmms)


def as_json(rows, runs):
    results = []
    for name, unit, figures in rows:
        ratios = {vmm: value / figures[PEER] for vmm, value in figures.items()} if PEER in figures else {}
        results.append({"name": name.strip(" -"), "unit": unit, **figures, "ratios": ratios})
    return json.dumps({"runs": runs, "guest_mib": GUEST_MIB, "results": results}, indent=4)


def cell(figure, peer):
    """A figure, and its ratio to the peer's."""
    if figure is None:
        return "-"
    return f"{figure:,.3f}" + (f" ({figure / peer:.2f})" if peer else "")


def as_table(rows, vmms, runs):
    """Figures, and behind each the ratio to QEMU's."""
    lines = [f"{f'median of {runs} runs, {GUEST_MIB} MiB':35}" + "".join(f"{vmm:>19}" for vmm in vmms)]
    for name, unit, figures in rows:
        cells = [cell(figures.get(vmm), figures.get(PEER)) for vmm in vmms]
        lines.append(f"{name + ', ' + unit:35}" + "".join(f"{text:>19}" for text in cells))
    lines.append(f"(in parentheses: the ratio to {PEER}'s; aim: below 1)")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="measure how Linux boots on cgvm and on QEMU, in the box")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each (3)")
    parser.add_argument("cgvm")
    parser.add_argument("stopwatch")
    parser.add_argument("hello")
    args = parser.parse_args()

    box, missing = from_environment(args.cgvm)
    if missing:
        print(f"bench: {missing}", file=sys.stderr)
        return 77
    try:
        rows, vmms = measure(box, args.stopwatch, args.hello, args.runs)
    except (Failure, OSError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(as_json(rows, args.runs) if args.json else as_table(rows, vmms, args.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
