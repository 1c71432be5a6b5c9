#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small guests in the box, on the KVM of a real kernel, whether this machine has one or not.

    test_box.py CGVM MANY IMAGE.bin...

Prints TAP. Skips everything without $CGVM_BOX, the folder that scripts/fetch-box has printed.
"""

import pathlib
import sys

from box import from_environment
from cases import CASES, KILLED, SCRIPTS, Script, script, snp
from kvm import Failure, expect, run_tests
import simulated

SECONDS = 40  # for one guest, which takes less than one, and for all that run in one process
TIMEOUT = 600  # seconds for the box, which takes about one minute

class Counts(Script):
    """Its output tells what was counted, and its status whether that is right."""

    def check(self, status, stdout, stderr):
        expect("stderr", stderr, b"")
        expect(f"the status after {stdout!r}", status, 0)


# What only root may do, and many guests at once.
OWN = (
    script("a flood into a file system that gets full",
           "mkdir $tmp/small; mount -t tmpfs -o size=4k small $tmp/small\n"
           "$cgvm -kernel $guests/linux.bin -m 2 -append flood >$tmp/small/console; echo $?\n"
           "wc -c <$tmp/small/console; umount $tmp/small", b"1\n4096\n",
           stderr="cgvm: cannot write the guest's console to stdout: No space left on device"),
    snp("an SEV-SNP guest uses memory that it has not validated", "-kernel $guests/snp.bin -m 8 -append touch", b"",
        status=1, stderr="cgvm: vCPU 0: KVM_RUN failed: Bad address: the code at RIP 0x100[0-9a-f]{3} accesses private "
                         "memory that the guest has not validated; .*"),
    Counts("a hundred guests in one process, and as many eight at once", ("many $guests/hello.bin 100 8 1",),
           status=0),
    Counts("the same with two vCPUs", ("many $guests/hello.bin 8 8 2",), status=0),
    Counts("SEV guests on the simulated host, one after the other and eight at once",
           (f"many $guests/hello.bin 16 8 1 {simulated.MANY}",), status=0),
    Counts("processes leave no memory of the kernel's behind", (
        "free() { awk '/MemAvailable/ { print $2 }' /proc/meminfo; }\n"
        "one() { $cgvm -bios $guests/hello.bin -m 1 >$tmp/out; [ $? = 85 ] || exit 1; }\n"
        "all() { for i in $(seq $1); do one; done; }\n"
        "all 5; before=$(free); all 40; after=$(free)\n"
        "echo $before KiB, then $after; [ $after -gt $((before - 16384)) ]",), status=0),
)
ALL = (*CASES, *SCRIPTS, *simulated.CASES, *simulated.SCRIPTS, *OWN)


class Run:
    """All guests in one box, which is started when the first of them is asked for."""

    def __init__(self, box, many, images):
        self.box = box
        self.images = {pathlib.Path(image).stem: f"guests/{pathlib.Path(image).name}" for image in images}
        self.files = {self.images[pathlib.Path(image).stem]: pathlib.Path(image).read_bytes() for image in images}
        self.files["bin/many"] = pathlib.Path(many).read_bytes()
        self.results = None

    def result(self, case):
        """What has become of @case."""
        if self.results is None:
            self.results = {}
            commands = [each.command("cgvm", lambda name: f"/{self.images[name]}") for each in ALL]
            self.results = self.box.run_commands(commands, self.files, SECONDS, TIMEOUT)
        if ALL.index(case) not in self.results:
            raise Failure("the box has ended before")
        return self.results[ALL.index(case)]


def run(case):
    def test(boxes):
        done = boxes.result(case)
        if done.status == KILLED:
            raise Failure(f"no end after {SECONDS} s; stdout ends with {done.stdout[-100:]!r}")
        case.check(done.status, done.stdout, done.stderr)
        return f"{done.seconds:.2f} s in the box"

    return test


TESTS = [(case.name, run(case)) for case in ALL]
BOX, MISSING = from_environment(sys.argv[1])
run_tests(TESTS, Run(BOX, sys.argv[2], sys.argv[3:]), skip=MISSING)
