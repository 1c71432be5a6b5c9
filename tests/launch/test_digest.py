#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The launch digest is the same wherever it comes from: from the plan, from the simulated firmware, from
cgvm's last word, and from snp_digest.py, which shares no code with any of them. Prints TAP.

    test_digest.py CGVM

$CGVM_OVMF_DEB12 and $CGVM_OVMF_DEB13 name OVMF.fd of Debian 12's and Debian 13's package ovmf; without them
that of the system is taken for the one it is.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import snp_digest
from firmware import SECTION_SVSM_CAA, Firmware
from harness import Cgvm, Skipped, Test, expect, expect_equal, guest, run_tests, simulated

INSTALLED = Path("/usr/share/ovmf/OVMF.fd")
VCPUS = (1, 2, 64)
#: Models of the simulated host that offer SEV-SNP.
HOSTS = ("EPYC-Milan", "EPYC-Genoa", "EPYC-Turin")

#: Computed with sev-snp-measure for this build of Debian 12's image: (vCPUs, CPU, digest).
PUBLISHED_IMAGE = "7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773"
PUBLISHED = (
    (1, "EPYC", "11570979c77a0adb515761a702527c8b9e11554e730552621d950988613a3a75"
                "c6ff1703f540bd22a9beede8fe7a97e3"),
    (3, "EPYC-Genoa", "701acdbbb66506d0ea9e56a70dcca699a0dba57506ba2b7e65cc9746bf072077"
                      "222bf5c2a87a4e99a8fce86df915305f"),
)


@dataclass(frozen=True)
class Image:
    """A firmware image."""

    name: str
    path: Path

    @functools.cached_property
    def contents(self) -> bytes:
        """Its bytes."""
        return self.path.read_bytes()


@functools.lru_cache(maxsize=None)
def computed(image: Image, vcpus: int, signature: int, debug_swap: bool) -> str:
    """The digest by the independent computation, once for all CPU types that are alike."""
    return snp_digest.launch_digest(image.contents, vcpus, signature, debug_swap=debug_swap)


def debian_release(path: Path) -> int:
    """The release whose OVMF.fd is at @path: 12's has 2 MiB, 13's has 4 MiB and a page for an SVSM."""
    contents = path.read_bytes()
    try:
        sections = snp_digest.metadata_sections(contents, snp_digest.table_entries(contents))
    except snp_digest.ImageError:
        return 0
    has_svsm = any(section[2] == SECTION_SVSM_CAA for section in sections)
    return {(2, False): 12, (4, True): 13}.get((len(contents) >> 20, has_svsm), 0)


def find_image(release: int) -> Image | None:
    """OVMF.fd of a Debian release, or None if it is not here."""
    given = os.environ.get(f"CGVM_OVMF_DEB{release}")
    if given:
        return Image(f"Debian {release}", Path(given))
    if INSTALLED.exists() and debian_release(INSTALLED) == release:
        return Image(f"Debian {release}", INSTALLED)
    return None


def listed_cpus(cgvm: Cgvm) -> dict[str, int]:
    """Every CPU type that -cpu help names, with its signature."""
    cpus: dict[str, int] = {}
    pattern = re.compile(r"^  (\S+) .*\(signature (0x[0-9a-f]+)(?:; also \S+-v1)?(?: to -v(\d+))?\)$")
    text = cgvm.run("-cpu", "help").expect(0, "").stdout
    for line in text.split("\n\n", maxsplit=1)[0].splitlines()[1:]:
        match = pattern.match(line)
        if match:
            name, signature, last = match[1], int(match[2], 16), int(match[3] or "also" in line)
            cpus.update({known: signature for known in [name, *(f"{name}-v{i}" for i in range(1, last + 1))]})
        else:
            expect(line.startswith("  host "), f"not understood: {line}")
    return cpus


class Digests:
    """The tests, with what they need."""

    def __init__(self, cgvm: Cgvm, directory: Path) -> None:
        self.cgvm = cgvm
        self.directory = directory

    def planned(self, image: Image, cpu: str, vcpus: int, properties: str) -> str:
        """The digest of the plan."""
        options = guest(image.path, properties, cpu=cpu, vcpus=vcpus)
        return str(json.loads(self.cgvm.run(*options, "-plan", "json").expect(0, "").stdout)["digest"])

    def launched(self, image: Image, cpu: str | None, vcpus: int, properties: str, **host: str) -> str:
        """The digest of a launch: what the firmware says must be what cgvm says."""
        handle, name = tempfile.mkstemp(dir=self.directory)
        os.close(handle)
        report = Path(name)
        run = self.cgvm.run(*simulated(report=report, **host),
                            *guest(image.path, properties, cpu=cpu, vcpus=vcpus)).expect(0)
        match = re.fullmatch(r"cgvm: launched sev0: measurement ([0-9a-f]{96}) \(simulated\)\n", run.stderr)
        expect(match and not run.stdout, run)
        assert match
        expect_equal(report.read_text("utf-8"), f"sev-snp {match[1]} simulated\n",
                     "what the firmware has computed")
        report.unlink()
        return match[1]

    def compare(self, image: Image, cpu: str, vcpus: int, debug_swap: bool) -> None:
        """All four are alike."""
        properties = "debug-swap=on" if debug_swap else ""
        expected = computed(image, vcpus, snp_digest.CPU_SIGNATURES[cpu], debug_swap)
        expect_equal(self.planned(image, cpu, vcpus, properties), expected, "the plan's digest")
        expect_equal(self.launched(image, cpu, vcpus, properties), expected, "the launch's digest")

    def compare_host(self, image: Image, model: str, vcpus: int) -> None:
        """-cpu host is the model that is simulated, and so is no -cpu."""
        expected = computed(image, vcpus, snp_digest.CPU_SIGNATURES[model], False)
        for cpu in ("host", None):
            expect_equal(self.launched(image, cpu, vcpus, "", model=model), expected, f"-cpu {cpu}")

    def compare_secure_tsc(self, image: Image) -> None:
        """Planned only: the simulated kernel is older than Secure TSC."""
        expected = snp_digest.launch_digest(image.contents, 2, snp_digest.CPU_SIGNATURES["EPYC-Turin"],
                                            secure_tsc=True)
        planned = self.planned(image, "EPYC-Turin", 2, "secure-tsc=on,tsc-frequency=2500000000")
        expect_equal(planned, expected, "the plan's digest")

    def compare_published(self, image: Image, vcpus: int, cpu: str, digest: str) -> None:
        """A digest that somebody else has computed."""
        if hashlib.sha256(image.contents).hexdigest() != PUBLISHED_IMAGE:
            raise Skipped(f"{image.path} is another build than the one whose digest is known")
        expect_equal(computed(image, vcpus, snp_digest.CPU_SIGNATURES[cpu], False), digest, "snp_digest.py")
        self.compare(image, cpu, vcpus, False)

    def check_cpus(self) -> None:
        """Both sides know the same CPU types with the same signatures."""
        expect_equal(listed_cpus(self.cgvm), snp_digest.CPU_SIGNATURES, "-cpu help")

    def tests_of(self, image: Image) -> list[Test]:
        """The tests of one image."""
        tests = []
        for vcpus in VCPUS:
            for cpu in snp_digest.CPU_SIGNATURES:
                name = f"{image.name}, {vcpus} x {cpu}"
                tests.append(Test(name, partial(self.compare, image, cpu, vcpus, False)))
                if vcpus == 2:
                    tests.append(Test(name + ", debug-swap", partial(self.compare, image, cpu, vcpus, True)))
            for host in HOSTS:
                tests.append(Test(f"{image.name}, {vcpus} x host, which is {host}",
                                  partial(self.compare_host, image, host, vcpus)))
        tests.append(Test(f"{image.name}, secure-tsc", partial(self.compare_secure_tsc, image)))
        return tests


def skip(reason: str) -> None:
    """The body of a test that cannot be run."""
    raise Skipped(reason)


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        digests = Digests(Cgvm(sys.argv[1]), directory)
        tests = [Test("-cpu help", digests.check_cpus)]
        synthetic = Image("synthetic image", directory / "all-sections.fd")
        synthetic.path.write_bytes(Firmware().build())
        tests += digests.tests_of(synthetic)
        for release in (12, 13):
            image = find_image(release)
            if image:
                tests += digests.tests_of(image)
            else:
                reason = f"no OVMF.fd of Debian {release}; name it in CGVM_OVMF_DEB{release}"
                tests.append(Test(f"Debian {release}", partial(skip, reason)))
            if image and release == 12:
                for vcpus, cpu, digest in PUBLISHED:
                    tests.append(Test(f"published digest, {vcpus} x {cpu}",
                                      partial(digests.compare_published, image, vcpus, cpu, digest)))
        return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main())
