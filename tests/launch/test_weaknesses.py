#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The weaknesses that QEMU's confidential guests were found to have, and what cgvm does there. Prints TAP.

    test_weaknesses.py CGVM

Each has a number and a sentence about QEMU. Some have their test in another program, which is named.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from firmware import HASHES_AREA, SECTION_KERNEL_HASHES, Firmware, entry
from harness import HERE, Argument, Cgvm, Run, Test, expect, guest, run_tests, simulated
from linux_image import LinuxImage


@dataclass(frozen=True)
class Bench:
    """What the tests share."""

    cgvm: Cgvm
    directory: Path

    def file(self, name: str, contents: bytes) -> Path:
        """A file called @name that holds @contents. Other tests may be reading it."""
        path = self.directory / name
        with tempfile.NamedTemporaryFile(dir=self.directory, delete=False) as new:
            new.write(contents)
        os.replace(new.name, path)
        return path

    def firmware(self, name: str = "right.fd", **changes: object) -> Path:
        """An image, right but for @changes."""
        return self.file(name, Firmware(**changes).build())

    def refuse(self, *argv: Argument, words: tuple[str, ...], ways: tuple[tuple[Argument, ...], ...] = ()) -> None:
        """Checks that it is refused in one line with all @words, when planned and when launched."""
        for way in ways or (("-plan", "text"), tuple(simulated())):
            run = self.cgvm.run(*way, *argv).expect(1)
            expect(run.stderr.startswith("cgvm: ") and run.stderr.count("\n") == 1 and not run.stdout, run)
            for word in words:
                expect(word in run.stderr, f"the message should have: {word}\n{run}")

    def launch(self, *argv: Argument, **accel: object) -> Run:
        """Launches it on a simulated host."""
        return self.cgvm.run(*simulated(**accel), *argv).expect(0)


def elsewhere(program: str, test: str) -> Callable[[Bench], None]:
    """For a weakness whose test is @test of @program, which runs in the same suite: it is still there."""
    def look(_: Bench) -> None:
        expect(test in (HERE / program).read_text("utf-8"), f"{program} has no test {test} any more")
    return look


def hashes_without_kernel(bench: Bench) -> None:
    for kind in ("sev-guest", "sev-snp-guest"):
        bench.refuse(*guest(bench.firmware(), "kernel-hashes=on", kind=kind),
                     words=(kind, "'kernel-hashes' is on", "-kernel"))


def metadata_out_of_bounds(bench: Bench) -> None:
    far = bench.firmware("far.fd", metadata_from_end=1 << 30)
    many = bench.firmware("many.fd", count=1 << 20)
    for image in (far, many):
        bench.refuse(*guest(image), words=(image.name,))


def short_id_auth(bench: Bench) -> None:
    block = base64.b64encode(bytes(96)).decode()
    for size in (0, 3, 4095, 4097):
        auth = base64.b64encode(bytes(size)).decode()
        bench.refuse(*guest(bench.firmware(), f"id-block={block},id-auth={auth}"), words=("'id-auth'", "4096"))


def vm_type_of_an_old_kernel(bench: Bench) -> None:
    """The simulated Naples has no SEV-ES; `snp=off` takes SEV-SNP from Milan."""
    bench.refuse(*guest(bench.firmware(), "policy=5,legacy-vm-type=off", kind="sev-guest"),
                 words=("offers no SEV-ES guests", "KVM_CAP_VM_TYPES is 0x", "legacy-vm-type=on"),
                 ways=(tuple(simulated(model="EPYC-Naples")),))
    bench.refuse(*guest(bench.firmware()), words=("offers no SEV-SNP guests", "KVM_CAP_VM_TYPES is 0x"),
                 ways=(tuple(simulated(snp="off")),))


def igvm(bench: Bench) -> None:
    bench.refuse(*guest(bench.firmware()), "-machine", "igvm-cfg=igvm0", words=("igvm-cfg", "-bios"))


def tdx(bench: Bench) -> None:
    bench.refuse("-object", "tdx-guest,id=tdx0", words=("no object type 'tdx-guest'",))


def hashes_without_a_place(bench: Bench) -> None:
    """The area but no section; a section but no area; a section elsewhere than the area."""
    kernel = bench.file("vmlinuz", LinuxImage().build())
    area = (entry(HASHES_AREA, 0x810C00, 0x400),)
    without = tuple(section for section in Firmware().sections or () if section[2] != SECTION_KERNEL_HASHES)
    images = {
        "no-section.fd": bench.firmware("no-section.fd", more_entries=area, sections=without),
        "no-area.fd": bench.firmware("no-area.fd"),
        "elsewhere.fd": bench.firmware("elsewhere.fd", more_entries=(entry(HASHES_AREA, 0x900C00, 0x400),)),
    }
    for name, image in images.items():
        bench.refuse(*guest(image, "kernel-hashes=on"), "-kernel", kernel, words=(name, "hash"))


def kernels_that_are_not_hashed(bench: Bench) -> None:
    """QEMU hashes a bzImage alone, and starts anything else without a word."""
    image = bench.firmware("area.fd", more_entries=(entry(HASHES_AREA, 0x810C00, 0x400),))
    for name, contents in (("elf", b"\x7fELF" + bytes(4096)), ("multiboot", b"\x02\xb0\xad\x1b" + bytes(4096)),
                           ("text", b"not a kernel"), ("empty", b"")):
        kernel = bench.file(name, contents)
        bench.refuse(*guest(image, "kernel-hashes=on"), "-kernel", kernel, words=("kernel", name))


def undecodable_session(bench: Bench) -> None:
    rubbish, session = bench.file("rubbish", b"!!!!"), bench.file("session", base64.b64encode(bytes(128)))
    for properties, word in ((f"dh-cert-file={rubbish},session-file={session}", "not valid base64"),
                             (f"dh-cert-file={rubbish}", "give both"), (f"session-file={session}", "give both")):
        bench.refuse(*guest(bench.firmware(), properties, kind="sev-guest"), words=(word,))


def migration(bench: Bench) -> None:
    """Nothing can be migrated, from the first moment on."""
    bench.refuse("-only-migratable", *guest(bench.firmware()), words=("-only-migratable",))
    bench.refuse("-incoming", "tcp:0:4444", *guest(bench.firmware()), words=("-incoming",))


def hotplug(bench: Bench) -> None:
    """What is there at the launch is all there will be: places for vCPUs stay empty, memory slots are refused."""
    bench.refuse(*guest(bench.firmware()), "-m", "256M,slots=2,maxmem=1G", words=("no memory hot-plug",))
    two = bench.launch(*guest(bench.firmware(), "policy=5", kind="sev-guest", vcpus=2))
    places = bench.launch(*guest(bench.firmware(), "policy=5", kind="sev-guest"), "-smp", "2,maxcpus=8,sockets=1,"
                          "cores=8,threads=1")
    expect(two.stderr == places.stderr, f"the empty places should not be measured\n{two}\n{places}")
    bench.refuse(*guest(bench.firmware()), "-device", "EPYC-Milan-x86_64-cpu,id=more", words=("-device",))


def words_of_a_failure(bench: Bench) -> None:
    """One line, with the firmware's status by name and meaning."""
    for fault, code in (("SNP_LAUNCH_FINISH=INVALID_KEY", "INVALID_KEY (0x27): "),
                        ("SNP_LAUNCH_UPDATE=INVALID_PAGE_STATE", "INVALID_PAGE_STATE (0x1a): "),
                        ("SNP_LAUNCH_START=RMP_INIT_REQUIRED", "RMP_INIT_REQUIRED (0x20): ")):
        bench.refuse(*guest(bench.firmware()), words=("sev-snp-guest 'sev0'", "the firmware answered", code),
                     ways=(tuple(simulated(fault=fault)),))


def words_of_creation(bench: Bench) -> None:
    right = bench.firmware()
    bench.refuse(*guest(right, "host-data=AAAA"), words=("sev-snp-guest 'sev0'", "'host-data'", "is 3 bytes", "32"))
    bench.refuse(*guest(right), "-object", "sev-guest,id=sev0", words=("already is an object with the id 'sev0'",))
    bench.refuse(*guest(right, "guest-visible-workarounds=AAAA"),
                 words=("'guest-visible-workarounds'", "is 3 bytes", "exactly 16"))


def help_is_complete(bench: Bench) -> None:
    expected = {
        "sev-guest": ("cbitpos", "dh-cert-file", "handle", "kernel-hashes", "legacy-vm-type", "policy",
                      "reduced-phys-bits", "session-file", "sev-device"),
        "sev-snp-guest": ("author-key-enabled", "cbitpos", "guest-visible-workarounds", "host-data", "id-auth",
                          "id-block", "policy", "reduced-phys-bits", "vcek-disabled"),
    }
    for kind, properties in expected.items():
        text = bench.cgvm.run("-object", f"{kind},help").expect(0).stdout
        for name in properties:
            expect(re.search(rf"^  {name}=<[^>]+> +- \S", text, re.MULTILINE), f"no help for {name}:\n{text}")
        expect("(default: 0x" in text, f"no default of policy:\n{text}")


def cbitpos_is_the_hosts(bench: Bench) -> None:
    for model, cbit in (("EPYC-Milan", 51), ("EPYC-Rome", 47)):
        options = guest(bench.firmware(), kind="sev-guest")
        bench.launch(*options, model=model)
        bench.refuse(*guest(bench.firmware(), "cbitpos=46", kind="sev-guest"), words=(f"set it to {cbit}",),
                     ways=(tuple(simulated(model=model)),))


def unsupported_is_said(bench: Bench) -> None:
    bench.refuse("-machine", "none", *guest(bench.firmware()), words=("none-machine", "cannot protect this machine"))
    bench.refuse("-accel", "tcg", *guest(bench.firmware()), words=("no accelerator 'tcg'", "kvm"), ways=((),))


def digest_is_known_before(bench: Bench) -> None:
    """A dry run tells the measurement, in every mode."""
    for kind, properties in (("sev-guest", ""), ("sev-guest", "policy=5"), ("sev-snp-guest", "")):
        options = guest(bench.firmware(), properties, kind=kind)
        planned = re.search(r"^launch digest ([0-9a-f]+)$", bench.cgvm.run("-plan", "text", *options).expect(0).stdout,
                            re.MULTILINE)
        expect(planned and f"measurement {planned[1]} (simulated)" in bench.launch(*options).stderr, planned)


#: Number, what QEMU does, and the test of what cgvm does.
WEAKNESSES: tuple[tuple[int, str, Callable[[Bench], None]], ...] = (
    (1, "the machine's link can be changed at any time, which leads to crashes", elsewhere("test-weaknesses.c", "01-link")),
    (2, "kernel hashes without a kernel abort, or are ignored", hashes_without_kernel),
    (3, "SEV metadata beyond the image is read", metadata_out_of_bounds),
    (4, "an id-auth that is too short is completed with heap memory", short_id_auth),
    (5, "a VM type that the kernel lacks is used as an index", vm_type_of_an_old_kernel),
    (6, "a guest_memfd that cannot be made leaves a lock locked", elsewhere("test-faults.c", "CREATE_GUEST_MEMFD")),
    (7, "s390: an IPL block is read twice", elsewhere("../s390x/test-pv-launch.c", "weakness-7")),
    (8, "s390: an answer is not initialised", elsewhere("../s390x/test-pv-launch.c", "weakness-8")),
    (9, "IGVM files: a double free, a policy that comes too late", igvm),
    (10, "queries for SEV abort with a TDX guest", tdx),
    (11, "kernel hashes are dropped if the firmware has no place for them", hashes_without_a_place),
    (11, "kernels that are no bzImage are started without hashes", kernels_that_are_not_hashed),
    (12, "a session that cannot be decoded counts as none", undecodable_session),
    (13, "launch inputs can be changed after the launch", elsewhere("test-weaknesses.c", "13-inputs")),
    (14, "a value that was rejected can be read", elsewhere("test-weaknesses.c", "14-blob")),
    (15, "the object in use can be deleted", elsewhere("test-weaknesses.c", "15-object")),
    (16, "the firmware's secret area is not checked", elsewhere("test-sev-session.c", "/secret/area")),
    (17, "a measurement that fails is only logged", elsewhere("test-weaknesses.c", "17-20-failure")),
    (18, "migration is not refused before the guest runs", migration),
    (19, "vCPUs can be added after the launch", hotplug),
    (20, "a launch that fails ends the process without an answer", elsewhere("test-weaknesses.c", "17-20-failure")),
    (21, "messages have function names, numbers and a second line that misleads", words_of_a_failure),
    (22, "creation errors name neither object nor property", words_of_creation),
    (23, "help leaves out properties and defaults", help_is_complete),
    (24, "the C-bit must be given by hand", cbitpos_is_the_hosts),
    (25, "a guest that is not supported ends the process in silence", unsupported_is_said),
    (26, "a reset ends the process; what the guest says at its end is not shown",
     elsewhere("test_exits.py", "sevterm")),
    (27, "everything stands still during the launch", elsewhere("test_progress.py", "progress")),
    (28, "there is no dry run, and no digest to expect", digest_is_known_before),
    (29, "debugging an encrypted guest is not supported", elsewhere("../qmp/test_machine.py", "test_memory")),
    (30, "globals: one machine in a process", elsewhere("test-weaknesses.c", "30-two")),
    (31, "objects leak what they hold", elsewhere("test-many.c", "/many/guests/")),
)


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Cgvm(sys.argv[1]), Path(name))
        return run_tests([Test(f"weakness {number}: {text}", partial(test, bench))
                          for number, text, test in WEAKNESSES])


if __name__ == "__main__":
    sys.exit(main())
