#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""cgctl measure beside the same computation in Python's hashlib, each as a process, and beside the limit that is set by
the hashes which nobody can compute in another order.

    bench_measure.py [--runs N] CGCTL

An image of 4 MiB that is mostly 0xff, as OVMF's are, without and with a kernel of 14 MB. Nothing is asserted: figures
and ratios are printed for people to judge, next to what cgvm aims at.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LAUNCH = Path(__file__).resolve().parent.parent / "launch"
sys.path.insert(0, str(LAUNCH))

from firmware import amd_sev  # noqa: E402
from linux_image import LinuxImage  # noqa: E402

IMAGE_SIZE, KERNEL_SIZE = 4 << 20, 14 << 20
#: How many pages of the image are not all 0xff: as many as in OVMF.fd of Debian 13.
PAGES = 400
PAGE = 4096
AIMS = {"without a kernel": 10, "with a kernel": 5}

PEER = """
import sys
sys.path.insert(0, sys.argv[1])
from kernel_hashes import hash_table
from snp_digest import CPU_SIGNATURES, launch_digest
firmware = open(sys.argv[2], "rb").read()
hashes = hash_table(open(sys.argv[3], "rb").read()) if len(sys.argv) > 3 else None
print(launch_digest(firmware, 1, CPU_SIGNATURES["EPYC-Milan"], hashes=hashes))
"""


def write_image(path: Path) -> None:
    """An image like OVMF's."""
    small = amd_sev(size=PAGES * PAGE).build()
    path.write_bytes(b"\xff" * (IMAGE_SIZE - len(small)) + small)


def median(command: list[str | Path], runs: int) -> tuple[float, str]:
    """Milliseconds from start to end, and what was printed."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), printed


def serial_limit(kernel: bytes | None) -> float:
    """Milliseconds for what has to come one after the other: the chain of pages, or the kernel's one hash."""
    start = time.perf_counter()
    value = bytes(48)
    for _ in range(IMAGE_SIZE // PAGE + 32):
        value = hashlib.sha384(value + bytes(64)).digest()
    if kernel:
        hashlib.sha256(kernel).digest()
    return (time.perf_counter() - start) * 1000


def main() -> int:
    """Measures; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("cgctl")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        image, kernel_path = Path(name) / "image.fd", Path(name) / "bzImage"
        write_image(image)
        kernel = LinuxImage(size=KERNEL_SIZE, seed=random.randrange(1 << 30)).build()
        kernel_path.write_bytes(kernel)
        base = [options.cgctl, "measure", "--mode", "snp", "--vcpus", "1", "--vcpu-type", "EPYC-Milan", "--ovmf", image]
        for title, aim in AIMS.items():
            more = [kernel_path] if title == "with a kernel" else []
            ours, digest = median([*base, *(["--kernel", kernel_path] if more else [])], options.runs)
            peer, other = median([sys.executable, "-c", PEER, LAUNCH, image, *more], options.runs)
            if digest != other:
                print(f"bench_measure: the digests differ: {digest}{other}", file=sys.stderr)
                return 1
            limit = serial_limit(kernel if more else None)
            print(f"{title:17} cgctl {ours:6.1f} ms, Python {peer:6.1f} ms: {peer / ours:4.1f} times as fast (aim {aim}); "
                  f"hashes that cannot be reordered {limit:5.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
