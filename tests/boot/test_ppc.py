#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ppc64le cgvm on a real KVM-HV, in an emulated POWER9 machine. Prints TAP.

    test_ppc.py CGVM

CGVM is a ppc64le program. $CGVM_PPC is the folder that scripts/fetch-ppc has filled.
"""

import os
import pathlib
import re
import sys

from cases import MONITOR
from ppc_box import PpcBox

HERE = pathlib.Path(__file__).resolve().parent
LINE = "hello from the hypervisor guest\n"
#: What guests of a few instructions do: name, options, what cgvm prints and its status.
SMALL = {
    "a guest in little endian prints and turns itself off": ("-kernel /little", LINE, 0),
    "a guest in big endian prints and turns itself off": ("-kernel /big", LINE, 0),
    "eight vCPUs, of which one is started": ("-kernel /little -smp 8", LINE, 0),
    "a pef-guest is told that there is no ultravisor":
        ("-object pef-guest,id=pef0 -machine confidential-guest-support=pef0 -kernel /little",
         "cgvm: pef-guest 'pef0': this host has no ultravisor that KVM-HV could hand a secure guest to "
         "(KVM_CAP_PPC_SECURE_GUEST is 0). ", 1),
    "a pef-guest runs on the simulated host":
        ("-accel 'sim,script=esm+term:secure\\n+rtas:power-off:0:0' -object pef-guest,id=pef0 "
         "-machine confidential-guest-support=pef0 -kernel /little", "secure\n", 0),
    "a processor that the host cannot be": ("-kernel /little -cpu POWER10",
                                            "-cpu POWER10: the host's processor (POWER9, version 0x004e1200) cannot be one", 1),
}
#: Presses the button, which Linux hears as a power warning; it then has its init's poweroff run, and does what that does not.
BUTTON = MONITOR + """
/bin/busybox --install -s /bin
mkdir /tmp
cgvm=cgvm tmp=/tmp
start -kernel /vmlinux -initrd /guest -m 512 -append 'console=hvc0 panic=-1'
await "GUEST WAITS"
press 1
wait $cgvm_pid
status=$?
cat $tmp/out
echo status $status
"""
WAITS = """echo GUEST WAITS
/bin/busybox sleep 1000
"""
PRESSED = (r"GUEST WAITS", r"Power off requested", r"reboot: Power down", r"status 0")
#: What Linux prints that it should: two processors, and its init.
LINUX = (r"Hardware name: cgvm,pseries POWER9 \(architected\)", r"lpar: Using radix MMU under hypervisor",
         r"printk: console \[hvc0\] enabled", r"smp: Brought up 1 node, 2 CPUs", r"GUEST HAS 2 CPUS", r"GUEST READ typed",
         r"reboot: Power down", r"status 0")
#: Types when the guest is there to read: what comes before Linux opens its console is lost.
RUN = """
/bin/busybox mkfifo /keys
cgvm -kernel /vmlinux -initrd /guest -m 512 -smp 2 -append 'console=hvc0 panic=-1' -serial stdio </keys >/output 2>&1 &
exec 3>/keys
until /bin/busybox grep -q "^GUEST HAS" /output; do /bin/busybox sleep 0.2; done
echo typed >&3
wait $!
status=$?
/bin/busybox cat /output
echo status $status
"""
GUEST = """export PATH=/bin
echo GUEST HAS $(busybox grep -c ^processor /proc/cpuinfo) CPUS
read word; echo GUEST READ $word
busybox poweroff -f
"""


def report(number, name, problem):
    """A line of TAP. Whether the test has failed."""
    print(f"{'not ok' if problem else 'ok'} {number} - {name}", flush=True)
    for line in problem.splitlines():
        print(f"# {line}", flush=True)
    return bool(problem)


def check_small(box):
    """Runs the small guests in one box. What is wrong with each."""
    files = {"little": box.build(HERE / "hello-ppc.S"), "big": box.build(HERE / "hello-ppc.S", order="big")}
    script = "".join(f"echo BEGIN {number}; cgvm {options} 2>&1; echo status $?; echo END {number}\n"
                     for number, (options, _, _) in enumerate(SMALL.values()))
    printed = box.run(script, files, 240).replace("\r", "")
    for number, (_, expected, status) in enumerate(SMALL.values()):
        found = re.search(rf"BEGIN {number}\n(.*)END {number}\n", printed, re.S)
        part = found[1] if found else printed[-3000:]
        good = found and expected in part and f"status {status}\n" in part
        yield "" if good else part


def check_linux(box):
    """Boots Debian's kernel with two vCPUs, types a line, and lets it turn itself off. What is wrong."""
    files = {"vmlinux": box.kernel.read_bytes(), "guest": box.guest(GUEST)}
    printed = box.run(RUN, files, 540, cpus=2)
    missing = [pattern for pattern in LINUX if not re.search(pattern, printed)]
    return f"missing: {missing}\n{printed[-6000:]}" if missing else ""


def check_button(box):
    """Boots Debian's kernel, which ends when it is asked to. What is wrong."""
    printed = box.run(BUTTON, {"vmlinux": box.kernel.read_bytes(), "guest": box.guest(WAITS)}, 540)
    missing = [pattern for pattern in PRESSED if not re.search(pattern, printed)]
    return f"missing: {missing}\n{printed[-6000:]}" if missing else ""


def main():
    """Runs the tests; returns the exit status."""
    if len(sys.argv) != 2:
        sys.exit("usage: test_ppc.py CGVM")
    root = os.environ.get("CGVM_PPC")
    if not root:
        print("1..0 # SKIP $CGVM_PPC does not name the folder of scripts/fetch-ppc")
        return 0
    box = PpcBox(root, sys.argv[1])
    print(f"1..{len(SMALL) + 2}", flush=True)
    failed = False
    for number, (name, problem) in enumerate(zip(SMALL, check_small(box)), 1):
        failed |= report(number, name, problem)
    failed |= report(len(SMALL) + 1, "Debian's kernel boots with two vCPUs and a console", check_linux(box))
    failed |= report(len(SMALL) + 2, "Debian's kernel ends when it is asked to", check_button(box))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
