#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cgctl says about every image of Debian's packages with OVMF, compared with a parser in this language and with
what cgvm plans; and how it refuses. Prints TAP.

    test_cgctl_firmware.py CGCTL CGVM

$CGVM_OVMF_DEB12 and $CGVM_OVMF_DEB13 are OVMF.fd of Debian 12 and 13, beside which are the other images of
the package; $CGVM_OVMF_AMDSEV is OVMF.amdsev.fd. What is not there is skipped.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
import tempfile
import uuid
from functools import partial
from pathlib import Path
from typing import Any

from firmware import HASHES_AREA, SECRET_AREA, Firmware, entry
from harness import Cgvm, Run, Skipped, Test, expect, expect_equal, guest, run_tests
from snp_digest import SEV_ES_RESET_BLOCK, SEV_METADATA, TABLE_FOOTER

USAGE_HINT = "; cgctl firmware inspect -help shows how it is called\n"
USES = {"sev": ("sev-guest", "policy=0x1"), "sev-es": ("sev-guest", "policy=0x5"), "snp": ("sev-snp-guest", "")}
#: What the images of the packages are known to be good for.
EXPECTED = {
    ("DEB12", "OVMF.fd"): {"sev", "sev-es", "snp"},
    ("DEB12", "OVMF_CODE.fd"): {"sev", "sev-es", "snp"},
    ("DEB12", "OVMF_CODE_4M.fd"): {"sev", "sev-es"},
    ("DEB13", "OVMF.fd"): {"sev", "sev-es", "snp"},
    ("DEB13", "OVMF_CODE_4M.fd"): {"sev", "sev-es", "snp"},
    ("AMDSEV", "OVMF.amdsev.fd"): {"sev", "sev-es", "snp", "snp-hashes"},
}


def parse(image: bytes) -> dict[str, Any]:
    """What cgctl must say about @image, but for the verdicts."""
    found: dict[str, Any] = {"size": len(image), "gpa": (1 << 32) - len(image),
                             "sha256": hashlib.sha256(image).hexdigest(), "entries": [], "sections": []}
    end = len(image) - 32
    if image[end - 16:end] != TABLE_FOOTER:
        return found
    start = end - struct.unpack_from("<H", image, end - 18)[0]
    end -= 18
    while end > start:
        length, guid = struct.unpack_from("<H", image, end - 18)[0], image[end - 16:end]
        data = image[end - length:end - 18]
        found["entries"].append({"guid": str(uuid.UUID(bytes_le=guid)), "offset": end - length, "size": len(data)})
        end -= length
        if guid == SEV_ES_RESET_BLOCK:
            found["reset-address"] = struct.unpack("<I", data)[0]
        elif guid in (HASHES_AREA, SECRET_AREA):
            gpa, size = struct.unpack("<II", data)
            found["hashes" if guid == HASHES_AREA else "secret"] = {"gpa": gpa, "size": size}
        elif guid == SEV_METADATA:
            offset = found["metadata-offset"] = len(image) - struct.unpack("<I", data)[0]
            count = struct.unpack_from("<I", image, offset + 12)[0]
            for number in range(count):
                gpa, size, kind = struct.unpack_from("<III", image, offset + 16 + 12 * number)
                found["sections"].append({"gpa": gpa, "size": size, "type": kind})
    if found["sections"]:
        found["least-memory"] = max(section["gpa"] + section["size"] for section in found["sections"])
    return found


def images() -> list[tuple[str, Path]]:
    """The images of all packages that are here, with which package each is of."""
    found: list[tuple[str, Path]] = []
    for package in ("DEB12", "DEB13", "AMDSEV"):
        path = os.environ.get(f"CGVM_OVMF_{package}", "")
        if not path or not Path(path).is_file():
            continue
        main = Path(path).resolve()
        found.append((package, main))
        if package != "AMDSEV":
            found += [(package, image) for image in sorted((main.parent.parent / "OVMF").glob("*.fd"))]
    return found


class FirmwareTests:
    """The tests, with what they need."""

    def __init__(self, cgctl: Cgvm, cgvm: Cgvm, directory: Path) -> None:
        self.cgctl = cgctl
        self.cgvm = cgvm
        self.image = directory / "image.fd"
        self.image.write_bytes(Firmware().build())
        self.directory = directory

    def inspect(self, path: Path, *more: str) -> Run:
        """Runs it."""
        return self.cgctl.run("firmware", "inspect", path, *more)

    def planned(self, path: Path, use: str) -> str:
        """What cgvm says instead of planning a guest with two vCPUs; empty if it does."""
        kind, properties = USES[use]
        run = self.cgvm.run("-plan", "json", "-m", "3G", *guest(path, properties, kind=kind, vcpus=2))
        return "" if run.status == 0 else run.stderr.partition(": ")[2].partition(": ")[2].strip()

    def real_image(self, package: str, path: Path) -> None:
        """An image of a package."""
        run = self.inspect(path, "--json").expect(0, "")
        said = json.loads(run.stdout)
        verdicts = {verdict["use"]: verdict for verdict in said.pop("verdicts")}
        expect_equal(said.pop("name"), path.name, "the name")
        for item in said["entries"] + said["sections"]:
            item.pop("name", None)
        wanted = parse(path.read_bytes())
        if not verdicts["snp"]["usable"]:
            wanted.pop("least-memory", None)
        expect_equal(said, wanted, "what is said about the image")
        for use in USES:
            expect_equal(verdicts[use].get("problem", ""), self.planned(path, use), f"the verdict for {use}")
        usable = {use for use, verdict in verdicts.items() if verdict["usable"]}
        expect_equal(usable, EXPECTED.get((package, path.name), usable), "the known uses")
        expect("VARS" not in path.name or not usable, "a store for variables starts nothing")
        text = self.inspect(path).expect(0, "").stdout
        expect(all(found["guid"] in text for found in said["entries"]), text)

    def required(self) -> None:
        """With --require the status is the verdict; an area of nothing is none."""
        self.inspect(self.image, "--require", "snp").expect(0, "")
        run = self.inspect(self.image, "--require=snp-hashes").expect(
            1, "cgctl: the firmware 'image.fd' has an area of 0x0 bytes at 0x0 for kernel hashes, whose table takes 0xb0; "
               "for kernel hashes use OVMF.amdsev.fd of Debian's package ovmf-amdsev (from forky on)\n")
        expect("usable for" in run.stdout, run)
        self.inspect(self.image, "--require", "tdx").expect(
            1, "cgctl: there is no kind of guest 'tdx'; there are sev, sev-es, snp and snp-hashes\n")

    def unknown_entry(self) -> None:
        """An entry that nobody knows is shown, as far as it is understood."""
        path = self.directory / "unknown.fd"
        guid = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")
        path.write_bytes(Firmware(more_entries=(entry(guid.bytes_le, 1, 2, 3),)).build())
        run = self.inspect(path).expect(0, "")
        expect(f"12 bytes  {guid}  not known to cgvm\n" in run.stdout, run)

    def refused(self) -> None:
        """What is no image."""
        odd, damaged = self.directory / "odd", self.directory / "damaged"
        odd.write_bytes(bytes(100))
        damaged.write_bytes(Firmware(table_length=17).build())
        missing = self.directory / "missing"
        for path, message in (
                (missing, f"cannot open '{missing}': No such file or directory"),
                (self.directory, f"cannot read '{self.directory}': Is a directory"),
                (odd, "the firmware 'odd' has 100 bytes; an image has a multiple of 4096 bytes, at most 16 MiB"),
                (damaged, "the firmware 'damaged': the table of GUIDed entries claims a length of 17 bytes at offset "
                          "0x3fce; it must be from 18 to the 16352 up to its end")):
            run = self.inspect(path).expect(1, f"cgctl: {message}\n")
            expect_equal(run.stdout, "", "stdout")

    def usage(self) -> None:
        """What is wrong with a command line."""
        for arguments, message in (
                ((), "FILE is missing"),
                (("a", "b"), "'b' is one argument too many"),
                (("--xml", "a"), "there is no option '--xml'"),
                (("--json=1", "a"), "--json takes no value"),
                (("a", "--require"), "--require needs a value, USE"),
                (("a", "--json", "-json"), "--json is given twice")):
            self.cgctl.run("firmware", "inspect", *arguments).expect(2, f"cgctl: {message}{USAGE_HINT}")

    def tests(self) -> list[Test]:
        """All of them."""
        return [
            *(Test(f"{package}: {path.name}", partial(self.real_image, package, path)) for package, path in images()),
            Test("a use is required", self.required),
            Test("an unknown entry", self.unknown_entry),
            Test("refused", self.refused),
            Test("command lines", self.usage),
            *([] if images() else [Test("images of Debian", no_images)]),
        ]


def no_images() -> None:
    """Instead of tests with them."""
    raise Skipped("no package with OVMF is here")


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name:
        return run_tests(FirmwareTests(Cgvm(sys.argv[1]), Cgvm(sys.argv[2]), Path(name)).tests())


if __name__ == "__main__":
    sys.exit(main())
