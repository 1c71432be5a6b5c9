#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's kernel for clouds as a guest of cgvm, in the box, to its init and out again.

    test_linux.py CGVM

Prints TAP. Skips everything without $CGVM_BOX, the folder that scripts/fetch-box has printed.
"""

import lzma
import os
import pathlib
import re
import sys

from box import INIT, archive, from_environment
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
set -- -cpu EPYC-Milan -object {kind},id=sev0,cbitpos={cbit},reduced-phys-bits=1 \\
    -machine confidential-guest-support=sev0 -m 384M -smp {vcpus} -kernel {kernel} -initrd /guest -append "{append}"
cgvm -plan json "$@" | /bin/busybox grep '"digest"'
cgvm -accel sim,cbitpos={cbit} "$@" 2>&1
echo "box: status $?"
"""


def boot_encrypted(box, kind, vcpus, guest, kernel="/vmlinuz", files=()):
    """What the box prints of a guest of the object @kind, which ends well and is as planned; what it says protects it; and
    its measurement."""
    script = ENCRYPTED_RUN.format(kind=kind, cbit=CBIT, vcpus=vcpus, kernel=kernel, append=ENCRYPTED_APPEND)
    output = box.run(script, {"guest": guest, **dict(files)}, TIMEOUT)
    if NO_ENGINE.decode() in output:
        raise Skip("the simulated host cannot run it")
    status = re.search(r"box: status (\d+)", output)
    if not status:
        raise Failure(f"it did not end; the last lines are {output[-1500:]!r}")
    expect(f"the status after {output[-300:]!r}", int(status[1]), 0)
    planned = re.search(r'"digest": "([0-9a-f]+)"', output)
    measured = re.search(r"launched sev0: measurement ([0-9a-f]+) \(simulated\)", output)
    expect("the measurement", measured and measured[1], planned and planned[1])
    said = FEATURES.search(output)
    return output, said and said[1].split(), measured[1]


def encrypted(kind, vcpus, features):
    """Linux says what protects it, its init runs, and the measurement is the plan's."""

    def test(box):
        guest = box.guest('echo "guest: $(/bin/busybox nproc) vCPUs"\n/bin/busybox poweroff -f\n')
        output, said, _ = boot_encrypted(box, kind, vcpus, guest)
        expect("what is active", said, features)
        expect("the init", re.findall(r"guest: .* vCPUs", output), [f"guest: {vcpus} vCPUs"])

    return test


SEV_GUEST, ES_GUEST = f"sev-guest,policy={SEV}", f"sev-guest,policy={SEV_ES}"
REPORT_MODULES = ("configfs", "gf128mul", "ghash-generic", "crypto_null", "gcm", "tsm", "sev-guest")
REPORT_INIT = """
/bin/busybox --install -s /bin
for module in {modules}; do insmod /$module.ko; done
mkdir -p /sys && mount -t sysfs sys /sys && mount -t configfs configfs /sys/kernel/config
mkdir /sys/kernel/config/tsm/report/one && cd /sys/kernel/config/tsm/report/one
printf %064d 7 >inblob
echo "guest: provider $(cat provider)"
echo "guest: report $(od -An -v -tx1 -w2000 outblob | tr -d ' ')"
poweroff -f
"""


def report(box):
    """An SEV-SNP guest asks for its attestation report: it has the plan's digest, and what the guest put in."""
    root = os.environ.get("CGVM_GUEST_KERNEL")
    if not root:
        raise Skip("there is no kernel with the driver; set CGVM_GUEST_KERNEL to what scripts/fetch-guest-kernel prints")
    kernel = next(pathlib.Path(root).glob("boot/vmlinuz-*")).read_bytes()
    files = {"bin/busybox": box.busybox}
    for module in REPORT_MODULES:
        path = next(pathlib.Path(root).glob(f"usr/lib/modules/*/kernel/**/{module}.ko.xz"))
        files[f"{module}.ko"] = lzma.decompress(path.read_bytes())
    files["init"] = (INIT + REPORT_INIT.format(modules=" ".join(REPORT_MODULES))).encode()
    output, _, digest = boot_encrypted(box, "sev-snp-guest", 2, archive(files), "/vmlinuz-13", {"vmlinuz-13": kernel})
    expect("the provider", re.findall(r"guest: provider (\w+)", output), ["sev_guest"])
    found = re.search(r"guest: report ([0-9a-f]{2368})\b", output)
    if not found:
        raise Failure(f"there is no report in {output[-1500:]!r}")
    blob = bytes.fromhex(found[1])
    expect("its measurement", blob[0x90:0xC0].hex(), digest)
    expect("its data", blob[0x50:0x90], b"%064d" % 7)
    expect("the chip's number", blob[0x1A0:0x1A9], b"simulated")


TESTS = [
    ("Linux on one vCPU powers off", ends_well(1, "", "poweroff")),
    ("Linux on two vCPUs powers off", ends_well(2, "", "poweroff")),
    ("Linux reboots with -no-reboot", ends_well(1, "-no-reboot", "reboot")),
    ("Linux as an ELF file", unpacked),
    ("Linux takes the power button", button("-machine microvm -m 256M")),
    ("Linux takes the power button of q35, with two vCPUs", button("-machine q35 -m 256M -smp 2")),
    ("Linux in an SEV guest", encrypted(SEV_GUEST, 1, ["AMD", "SEV"])),
    ("Linux in an SEV-ES guest", encrypted(ES_GUEST, 1, ["AMD", "SEV", "SEV-ES"])),
    ("Linux in an SEV guest with two vCPUs", encrypted(SEV_GUEST, 2, ["AMD", "SEV"])),
    ("Linux in an SEV-ES guest with two vCPUs", encrypted(ES_GUEST, 2, ["AMD", "SEV", "SEV-ES"])),
    ("Linux in an SEV-SNP guest", encrypted("sev-snp-guest", 1, ["AMD", "SEV", "SEV-ES", "SEV-SNP"])),
    ("Linux in an SEV-SNP guest with two vCPUs", encrypted("sev-snp-guest", 2, ["AMD", "SEV", "SEV-ES", "SEV-SNP"])),
    ("Debian 13's Linux in an SEV-SNP guest gets its report", report),
]

BOX, MISSING = from_environment(sys.argv[1])
run_tests(TESTS, BOX, skip=MISSING)
