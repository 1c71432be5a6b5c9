#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The launch digest of SEV and SEV-ES guests is the same wherever it comes from: from the plan, from the
simulated firmware, from cgvm's last word, and from sev_digest.py, which shares no code with any of them.
Prints TAP.

    test_sev_digest.py CGVM

The images are those of test_digest.py.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from firmware import Firmware
from harness import Cgvm, Test, expect, expect_equal, guest, run_tests, simulated
from sev_digest import sev_digest, sev_es_digest
from snp_digest import CPU_SIGNATURES
from test_digest import HOSTS, VCPUS, Image, find_image, skip


@dataclass(frozen=True)
class Kind:
    """A way to launch: options of sev-guest, the VM type they give, and what the register pages are like."""

    name: str
    properties: str
    vm_type: int
    es: bool = False
    init2: bool = False
    debug_swap: bool = False

    def digest(self, image: Image, vcpus: int, signature: int) -> str:
        """The digest by the independent computation."""
        if not self.es:
            return sev_digest(image.contents)
        return sev_es_digest(image.contents, vcpus, signature, init2=self.init2, debug_swap=self.debug_swap)


KINDS = (
    Kind("SEV", "", 0),
    Kind("SEV, legacy", "legacy-vm-type=on,policy=0", 0),
    Kind("SEV, INIT2", "legacy-vm-type=off", 2, init2=True),
    Kind("SEV-ES", "policy=5", 0, es=True),
    Kind("SEV-ES, legacy", "policy=0x7,legacy-vm-type=on", 0, es=True),
    Kind("SEV-ES, INIT2", "policy=5,legacy-vm-type=off", 3, es=True, init2=True),
    Kind("SEV-ES, debug-swap", "policy=5,debug-swap=on", 3, es=True, init2=True, debug_swap=True),
)
#: Models of the simulated host, and whether they have SEV-ES.
SEV_HOSTS = {**dict.fromkeys(HOSTS, True), "EPYC-Rome": True, "EPYC-Naples": False}
#: CPU models whose name is not that of the host.
CPU_OF_HOST = {"EPYC-Naples": "EPYC"}
#: Some of each generation; test_digest.py goes through all.
CPUS = ("EPYC", "EPYC-Milan-v2", "EPYC-Turin")


class Digests:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory

    def planned(self, image: Image, kind: Kind, cpu: str | None, vcpus: int) -> str:
        """The digest of the plan."""
        options = guest(image.path, kind.properties, kind="sev-guest", cpu=cpu, vcpus=vcpus)
        plan = json.loads(self.cgvm.run(*options, "-plan", "json").expect(0, "").stdout)
        expect_equal(plan["vm-type"], kind.vm_type, "the VM type")
        pages = len(image.contents) // 4096 + (vcpus if kind.es else 0)
        expect_equal(plan["measured-pages"], pages, "the number of pages")
        expect_equal([vcpu["index"] for vcpu in plan["vcpus"] if "sha256" in vcpu],
                     list(range(vcpus if kind.es else 0)), "the measured vCPUs")
        return str(plan["digest"])

    def launched(self, image: Image, kind: Kind, cpu: str | None, vcpus: int, **host: str) -> str:
        """The digest of a launch: what the firmware says must be what cgvm says."""
        handle, name = tempfile.mkstemp(dir=self.directory)
        os.close(handle)
        report = Path(name)
        run = self.cgvm.run(*simulated(report=report, **host),
                            *guest(image.path, kind.properties, kind="sev-guest", cpu=cpu, vcpus=vcpus))
        match = re.fullmatch(r"cgvm: launched sev0: measurement ([0-9a-f]{64}) \(simulated\)\n", run.stderr)
        expect(run.status == 0 and match and not run.stdout, run)
        assert match
        expect_equal(report.read_text("utf-8"), f"{'sev-es' if kind.es else 'sev'} {match[1]} simulated\n",
                     "what the firmware has computed")
        report.unlink()
        return match[1]

    def compare(self, image: Image, kind: Kind, cpu: str, vcpus: int) -> None:
        """All four are alike."""
        expected = kind.digest(image, vcpus, CPU_SIGNATURES[cpu])
        expect_equal(self.planned(image, kind, cpu, vcpus), expected, "the plan's digest")
        expect_equal(self.launched(image, kind, cpu, vcpus), expected, "the launch's digest")

    def compare_host(self, image: Image, kind: Kind, model: str) -> None:
        """-cpu host is the model that is simulated, and so is no -cpu."""
        expected = kind.digest(image, 2, CPU_SIGNATURES[CPU_OF_HOST.get(model, model)])
        for cpu in ("host", None):
            expect_equal(self.launched(image, kind, cpu, 2, model=model), expected, f"-cpu {cpu}")

    def without_cpu(self, image: Image) -> None:
        """A plan of SEV needs no CPU model, which is not measured; one of SEV-ES does."""
        expect_equal(self.planned(image, KINDS[0], None, 2), sev_digest(image.contents), "the plan's digest")
        run = self.cgvm.run(*guest(image.path, "policy=5", kind="sev-guest", cpu=None), "-plan", "json")
        run.expect(1)
        expect("name a model with -cpu" in run.stderr, run)

    def expected_digest(self, image: Image, kind: Kind) -> None:
        """expect-digest accepts what is right, in capitals too, and nothing else."""
        right = kind.digest(image, 1, CPU_SIGNATURES["EPYC-Milan"])
        separator = "," if kind.properties else ""
        for digest, accepted in ((right, True), (right.upper(), True), (right[:-1] + "x", False),
                                 ("0" * 64, False), ("0" * 96, False)):
            run = self.cgvm.run(*simulated(),
                                *guest(image.path, f"{kind.properties}{separator}expect-digest={digest}",
                                       kind="sev-guest"))
            expect(run.status == (0 if accepted else 1) and ("expect-digest" in run.stderr) != accepted, run)

    def tests_of(self, image: Image) -> list[Test]:
        """The tests of one image."""
        tests = [Test(f"{image.name}, no -cpu", partial(self.without_cpu, image))]
        for kind in KINDS:
            name = f"{image.name}, {kind.name}"
            tests.append(Test(f"{name}, expect-digest", partial(self.expected_digest, image, kind)))
            for vcpus in VCPUS:
                for cpu in CPUS if kind.es else CPUS[:1]:
                    tests.append(Test(f"{name}, {vcpus} x {cpu}",
                                      partial(self.compare, image, kind, cpu, vcpus)))
            for host, has_es in SEV_HOSTS.items():
                if has_es or not kind.es:
                    tests.append(Test(f"{name}, host {host}", partial(self.compare_host, image, kind, host)))
        return tests


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        digests = Digests(Cgvm(sys.argv[1]), directory)
        synthetic = Image("synthetic image", directory / "all-sections.fd")
        synthetic.path.write_bytes(Firmware().build())
        tests = digests.tests_of(synthetic)
        for release in (12, 13):
            image = find_image(release)
            if image:
                tests += digests.tests_of(image)
            else:
                reason = f"no OVMF.fd of Debian {release}; name it in CGVM_OVMF_DEB{release}"
                tests.append(Test(f"Debian {release}", partial(skip, reason)))
        return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
