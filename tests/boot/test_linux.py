#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's kernel for clouds as a guest of cgvm, in the box, to its init and out again.

    test_linux.py CGVM

Prints TAP. Skips everything without $CGVM_BOX, the folder that scripts/fetch-box has printed.
"""

import re
import sys

from box import from_environment
from button import GUEST, MODULES, PRESSED, RUN as PRESS
from cases import CBIT, NO_ENGINE, SEV, SEV_ES
from kvm import Failure, Skip, expect, run_tests
from vmlinux import extract

TIMEOUT = 300  # seconds for one box, which takes about fifteen, or thirty with an encrypted guest
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


def result(output):
    """What the guest says in lines that start with "guest:", and the status of cgvm."""
    lines = [line.strip() for line in output.splitlines()]
    status = [line for line in lines if line.startswith("box: status ")]
    if not status:
        raise Failure(f"cgvm did not end; the last lines are {lines[-5:]}")
    return [line for line in lines if line.startswith("guest: ")], int(re.sub(r"\D", "", status[0]))


def boot(box, options, script, kernel="/vmlinuz", files=()):
    """The result of a guest that @script is the init of."""
    return result(box.run(RUN.format(append=APPEND, options=options, kernel=kernel),
                          {"guest": box.guest(script), **dict(files)}, TIMEOUT))


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


def button(options):
    """Linux reads the power button that the monitor presses as any other key, and its init ends it."""

    def test(box):
        output = box.run(PRESS.format(options=options, append=APPEND), {"guest": box.guest(GUEST, MODULES)}, TIMEOUT)
        lines, status = result(output)
        expect("what the guest says", lines, PRESSED)
        expect("the status", status, 0)

    return test


FEATURES = re.compile(r"Memory Encryption Features active: (.*)")
# The box has no clock by which Linux could measure its own; see the simulated host's limits.
ENCRYPTED_APPEND = "console=ttyS0 panic=-1 tsc_early_khz=2600000 no_timer_check"
ENCRYPTED_RUN = """
set -- -cpu EPYC-Milan -object sev-guest,id=sev0,policy={policy},cbitpos={cbit},reduced-phys-bits=1 \\
    -machine confidential-guest-support=sev0 -m 384M -smp {vcpus} -kernel /vmlinuz -initrd /guest -append "{append}"
cgvm -plan json "$@" | /bin/busybox grep '"digest"'
cgvm -accel sim,cbitpos={cbit} "$@" 2>&1
echo "box: status $?"
"""


def encrypted(policy, vcpus, features):
    """Linux says what protects it, its init runs, and the measurement is the plan's."""

    def test(box):
        script = ENCRYPTED_RUN.format(policy=policy, cbit=CBIT, vcpus=vcpus, append=ENCRYPTED_APPEND)
        guest = box.guest('echo "guest: $(/bin/busybox nproc) vCPUs"\n/bin/busybox poweroff -f\n')
        output = box.run(script, {"guest": guest}, TIMEOUT)
        if NO_ENGINE.decode() in output:
            raise Skip("the simulated host cannot run it")
        said = FEATURES.search(output)
        status = re.search(r"box: status (\d+)", output)
        if not said or not status:
            raise Failure(f"it does not say what is active, or did not end; the last lines are {output[-1500:]!r}")
        expect("what is active", said[1].split(), features)
        expect("the init", re.findall(r"guest: .* vCPUs", output), [f"guest: {vcpus} vCPUs"])
        expect("the status", int(status[1]), 0)
        planned = re.search(r'"digest": "([0-9a-f]+)"', output)
        measured = re.search(r"launched sev0: measurement ([0-9a-f]+) \(simulated\)", output)
        expect("the measurement", measured and measured[1], planned and planned[1])

    return test


TESTS = [
    ("Linux on one vCPU powers off", ends_well(1, "", "poweroff")),
    ("Linux on two vCPUs powers off", ends_well(2, "", "poweroff")),
    ("Linux reboots with -no-reboot", ends_well(1, "-no-reboot", "reboot")),
    ("Linux as an ELF file", unpacked),
    ("Linux takes the power button", button("-machine microvm -m 256M")),
    ("Linux takes the power button of q35, with two vCPUs", button("-machine q35 -m 256M -smp 2")),
    ("Linux in an SEV guest", encrypted(SEV, 1, ["AMD", "SEV"])),
    ("Linux in an SEV-ES guest", encrypted(SEV_ES, 1, ["AMD", "SEV", "SEV-ES"])),
    ("Linux in an SEV guest with two vCPUs", encrypted(SEV, 2, ["AMD", "SEV"])),
    ("Linux in an SEV-ES guest with two vCPUs", encrypted(SEV_ES, 2, ["AMD", "SEV", "SEV-ES"])),
]

BOX, MISSING = from_environment(sys.argv[1])
run_tests(TESTS, BOX, skip=MISSING)
