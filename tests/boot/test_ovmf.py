#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""UEFI firmware on the machine q35, in the box: to its shell, and to Linux, whose hashes the AmdSev build checks; and
the same in SEV guests of the simulated host, whose measurement is the plan's.

    test_ovmf.py CGVM

Prints TAP. Skips everything without $CGVM_BOX, the folder that scripts/fetch-box has printed, and the firmware that
is not named: $CGVM_OVMF_DEB12 and $CGVM_OVMF_DEB13 are OVMF.fd of Debian's releases (scripts/fetch-ovmf),
$CGVM_OVMF_AMDSEV is OVMF.amdsev.fd of its package ovmf-amdsev.
"""

import os
import re
import sys
from functools import partial
from pathlib import Path

from box import Box
import button
from cases import CBIT, SEV
from kvm import Failure, expect, run_tests

TIMEOUT = 600  # seconds for one box, which takes from fifteen to sixty where nothing else runs
UUID = "6a1f9a2e-0b5c-4c1d-9f7e-2d3c4b5a6978"
HASHES = 0x810C00  # where the AmdSev build looks for them
#: A byte of the digest of each part in the table: of the command line, the initrd and the kernel.
DIGESTS = (18 + 18, 68 + 18, 118 + 18 + 31)

#: Ends cgvm as soon as its guest has said enough.
UNTIL = """
cgvm {options} >/output 2>&1 &
cgvm=$!
until /bin/busybox grep -aq "{words}" /output || ! /bin/busybox kill -0 $cgvm 2>/dev/null; do
    /bin/busybox sleep 0.1
done
/bin/busybox kill $cgvm 2>/dev/null
wait $cgvm
/bin/busybox cat /output
echo
echo "box: done"
"""

LINUX = """
echo 1 >/proc/sys/vm/overcommit_memory
cgvm {options} -kernel /vmlinuz -initrd /guest -append "console=ttyS0 quiet panic=-1" >/output 2>&1
echo "box: status $?" >>/output
/bin/busybox cat /output
echo
echo "box: done"
"""

#: An SEV guest, and what its plan says.
PLAN = """
echo 1 >/proc/sys/vm/overcommit_memory
cgvm -plan json {options} {more} | /bin/busybox grep '"digest"'
"""

SEV_OPTIONS = (f"-object sev-guest,id=sev0,policy={SEV},cbitpos={CBIT},reduced-phys-bits=1" "{object_options} "
               "-cpu EPYC-Milan -M q35,confidential-guest-support=sev0 -bios /ovmf")
# The box has no clock by which Linux could measure its own; see the simulated host's limits.
SEV_APPEND = "console=ttyS0 panic=-1 tsc_early_khz=2600000 no_timer_check"

SEV_LINUX = """
cgvm -accel sim,cbitpos={cbit} {options} {more} 2>&1
echo "box: status $?"
echo "box: done"
"""

#: What the guest says of itself.
GUEST = """
/bin/busybox mkdir /sys
/bin/busybox mount -t sysfs sys /sys
read -r uuid </sys/class/dmi/id/product_uuid
read -r tag </sys/class/dmi/id/chassis_asset_tag
echo "guest: $(/bin/busybox nproc) vCPUs, $uuid, $tag"
/bin/busybox poweroff -f
"""

#: The kernel with the right table, which says how long that takes; then with a byte of each digest changed as soon as
#: the table is in memory, at which the firmware looks much later, and thrice the time. A firmware that refuses a kernel
#: may halt without a word, so what does not happen has to be waited for.
HASHED = """
start() {{
    /bin/busybox timeout $1 cgvm -M q35,memory-backend=ram -m 512M -bios /ovmf -kernel /vmlinuz -initrd /guest \\
        -append "console=ttyS0 quiet panic=-1" \\
        -object memory-backend-file,id=ram,size=512M,mem-path=/ram,share=on >/output 2>&1
}}
change() {{
    until /bin/busybox hexdump -s {place} -n 4 -e '1/4 "%08x"' /ram 2>/dev/null | /bin/busybox grep -q 9438d606; do :; done
    /bin/busybox dd if=/ram bs=1 skip=$1 count=1 2>/dev/null | /bin/busybox tr '\\000-\\377' '\\001-\\377\\000' |
        /bin/busybox dd of=/ram bs=1 seek=$1 conv=notrunc 2>/dev/null
    : >/changed
}}
seconds() {{
    read -r now rest </proc/uptime
    echo ${{now%.*}}
}}
: >/ram
before=$(seconds)
start {longest}
limit=$((3 * ($(seconds) - before + 1)))
echo "box: right $(/bin/busybox grep -ac 'guest: started' /output)"
for byte in {bytes}; do
    : >/ram
    /bin/busybox rm -f /changed
    change $byte &
    start $limit
    kill $! 2>/dev/null
    [ -e /changed ] && echo "box: changed, $(/bin/busybox grep -ac 'guest: started' /output)"
done
echo "box: done"
"""


def run(box, firmware, script, files=None):
    """The lines that the box prints, without what moves a terminal's cursor."""
    content = {"ovmf": Path(firmware).read_bytes(), **(files or {})}
    output = box.run(script, content, TIMEOUT)
    lines = [re.sub(r"\x1b\[[0-9;=?]*[A-Za-z]", "", line).strip() for line in output.splitlines()]
    if "box: done" not in lines:
        raise Failure(f"the box did not end; the last lines are {lines[-5:]}")
    return lines


def shell(firmware, box):
    """The firmware gets to its shell, on the serial console."""
    options = "-M q35 -m 512M -bios /ovmf"
    lines = run(box, firmware, UNTIL.format(options=options, words="Shell>"))
    if not any("UEFI Interactive Shell" in line for line in lines) or not any("Shell>" in line for line in lines):
        raise Failure(f"there is no shell; the last lines are {lines[-5:]}")


def linux(firmware, vcpus, memory, box):
    """The firmware starts Linux, which knows who it is and powers off."""
    options = f"-M q35 -m {memory} -smp {vcpus} -bios /ovmf -uuid {UUID} -name 'a guest'"
    lines = run(box, firmware, LINUX.format(options=options),
                {"guest": box.guest(GUEST)})
    expect("what the guest says", [line for line in lines if line.startswith("guest: ")],
           [f"guest: {vcpus} vCPUs, {UUID}, a guest"])
    expect("the status", [line for line in lines if line.startswith("box: status")], ["box: status 0"])


def power_button(firmware, box):
    """Linux, which the firmware has started, reads the power button that the monitor presses."""
    script = button.RUN.format(options="-M q35 -m 512M -bios /ovmf", append="console=ttyS0 quiet panic=-1")
    lines = run(box, firmware, f"{script}\necho 'box: done'\n", {"guest": box.guest(button.GUEST, button.MODULES)})
    expect("what the guest says", [line for line in lines if line.startswith("guest: ")], button.PRESSED)
    expect("the status", [line for line in lines if line.startswith("box: status")], ["box: status 0"])


def hashes(firmware, box):
    """The firmware starts what has the digests of the table, and not what differs in any of them."""
    script = HASHED.format(place=HASHES, bytes=" ".join(str(HASHES + byte) for byte in DIGESTS), longest=TIMEOUT // 10)
    lines = run(box, firmware, script, {"guest": box.guest("echo guest: started\n/bin/busybox poweroff -f\n")})
    expect("what was started", [line for line in lines if line.startswith(("box: right", "box: changed"))],
           ["box: right 1", *["box: changed, 0"] * len(DIGESTS)])


def expect_planned(lines):
    """The launch's measurement is the digest of the plan."""
    planned = [found[1] for line in lines if (found := re.search(r'"digest": "([0-9a-f]+)"', line))]
    measured = [found[1] for line in lines
                if (found := re.search(r"launched sev0: measurement ([0-9a-f]+) \(simulated\)", line))]
    expect("the number of plans", len(planned), 1)
    expect("the measurement", measured, planned)


def sev_shell(firmware, box):
    """The firmware gets to its shell in an SEV guest."""
    options = f"{SEV_OPTIONS.format(object_options='')} -m 512M"
    script = UNTIL.format(options=f"-accel sim,cbitpos={CBIT} {options}", words="Interactive Shell")
    lines = run(box, firmware, PLAN.format(options=options, more="") + script)
    expect_planned(lines)
    if not any("UEFI Interactive Shell" in line for line in lines):
        raise Failure(f"there is no shell; the last lines are {lines[-5:]}")


def sev_linux(firmware, object_options, vcpus, memory, box):
    """The firmware starts Linux in an SEV guest, which says so, runs its init and powers off."""
    options = f"{SEV_OPTIONS.format(object_options=object_options)} -m {memory} -smp {vcpus}"
    more = f'-kernel /vmlinuz -initrd /guest -append "{SEV_APPEND}"'
    script = PLAN.format(options=options, more=more) + SEV_LINUX.format(cbit=CBIT, options=options, more=more)
    lines = run(box, firmware, script, {"guest": box.guest('echo "guest: $(/bin/busybox nproc) vCPUs"\n'
                                                           "/bin/busybox poweroff -f\n")})
    expect_planned(lines)
    expect("what is active", {line.partition("active: ")[2] for line in lines if "Encryption Features" in line},
           {"AMD SEV"})
    expect("what the guest says", [line for line in lines if line.startswith("guest: ")], [f"guest: {vcpus} vCPUs"])
    expect("the status", [line for line in lines if line.startswith("box: status")], ["box: status 0"])


def tests():
    """Those whose firmware is there, with their names."""
    found = []
    for release in (12, 13):
        firmware = os.environ.get(f"CGVM_OVMF_DEB{release}")
        if firmware:
            found.append((f"OVMF of Debian {release} to its shell", partial(shell, firmware)))
            found += [(f"OVMF of Debian {release} to Linux, {vcpus} vCPUs, {memory}",
                       partial(linux, firmware, vcpus, memory)) for vcpus, memory in ((1, "512M"), (2, "5G"))]
            found.append((f"OVMF of Debian {release}, and Linux takes the power button", partial(power_button, firmware)))
            found.append((f"OVMF of Debian {release} in an SEV guest to its shell", partial(sev_shell, firmware)))
            found += [(f"OVMF of Debian {release} in an SEV guest to Linux, {vcpus} vCPUs",
                       partial(sev_linux, firmware, "", vcpus, "512M")) for vcpus in (1, 2)]
    firmware = os.environ.get("CGVM_OVMF_AMDSEV")
    if firmware:
        found.append(("OVMF.amdsev.fd to Linux", partial(linux, firmware, 1, "512M")))
        found.append(("OVMF.amdsev.fd in an SEV guest to Linux", partial(sev_linux, firmware, ",kernel-hashes=on", 1, "512M")))
        found.append(("OVMF.amdsev.fd refuses other digests", partial(hashes, firmware)))
    return found


def main():
    """Runs what can be run here."""
    root, found = os.environ.get("CGVM_BOX"), tests()
    if not root:
        run_tests(found, None, skip="there is no box; set CGVM_BOX to what scripts/fetch-box prints")
    elif not found:
        run_tests(found, None, skip="there is no firmware; set CGVM_OVMF_DEB12 to what scripts/fetch-ovmf prints")
    else:
        run_tests(found, Box(root, sys.argv[1]), skip=None)


main()
