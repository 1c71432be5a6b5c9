#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's kernel for clouds as a guest of cgvm, in the box, to its init and out again.

    test_linux.py CGVM

Prints TAP. Skips everything without $CGVM_BOX, the folder that scripts/fetch-box has printed.
"""

import re
import sys

from box import from_environment
from kvm import Failure, Skip, expect, run_tests
from vmlinux import extract

TIMEOUT = 300  # seconds for one box, which takes about fifteen
APPEND = "console=ttyS0 quiet panic=-1"
LINE = "a whole line of more than sixteen bytes"  # what the port's FIFO holds
READ = f'echo "guest: {LINE}, $(/bin/busybox nproc) vCPUs"\nread -r line\necho "guest: read <$line>"\n'


# Types when the guest is there to read: what comes before Linux opens its console is lost, as with a real port.
RUN = """
/bin/busybox mkfifo /keys
cgvm -kernel {kernel} -initrd /guest -append "{append}" -m 256M {options} </keys >/output &
exec 3>/keys
until /bin/busybox grep -q "^guest: " /output; do /bin/busybox sleep 0.1; done
echo "something typed" >&3
wait $!
status=$?
/bin/busybox cat /output
echo "box: status $status"
"""


def boot(box, options, script, kernel="/vmlinuz", files=()):
    """What the guest says in lines that start with "guest:", and the status of cgvm."""
    output = box.run(RUN.format(append=APPEND, options=options, kernel=kernel),
                     {"guest": box.guest(script), **dict(files)}, TIMEOUT)
    lines = [line.strip() for line in output.splitlines()]
    status = [line for line in lines if line.startswith("box: status ")]
    if not status:
        raise Failure(f"cgvm did not end; the last lines are {lines[-5:]}")
    return [line for line in lines if line.startswith("guest: ")], int(re.sub(r"\D", "", status[0]))


def ends_well(vcpus, options, how):
    """Linux counts its vCPUs, reads a line, and ends by the command @how of busybox."""

    def test(box):
        lines, status = boot(box, f"-smp {vcpus} -serial stdio {options}", f"{READ}/bin/busybox {how} -f\n")
        expect("what the guest says", lines, [f"guest: {LINE}, {vcpus} vCPUs", "guest: read <something typed>"])
        expect("the status", status, 0)

    return test


def unpacked(box):
    """The ELF file in the kernel's, without what unpacks it, entered as PVH guests are."""
    vmlinux = extract(box.kernel)
    if not vmlinux:
        raise Skip("it is not known how the kernel is packed")
    lines, status = boot(box, "-serial stdio", f"{READ}/bin/busybox poweroff -f\n", "/vmlinux", {"vmlinux": vmlinux})
    expect("what the guest says", lines, [f"guest: {LINE}, 1 vCPUs", "guest: read <something typed>"])
    expect("the status", status, 0)


TESTS = [
    ("Linux on one vCPU powers off", ends_well(1, "", "poweroff")),
    ("Linux on two vCPUs powers off", ends_well(2, "", "poweroff")),
    ("Linux reboots with -no-reboot", ends_well(1, "-no-reboot", "reboot")),
    ("Linux as an ELF file", unpacked),
]

BOX, MISSING = from_environment(sys.argv[1])
run_tests(TESTS, BOX, skip=MISSING)
