# SPDX-License-Identifier: LGPL-2.1-or-later
"""Firmware images that must be refused, and what the message must say."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bad_options import ANYWHERE, Case, Way
from firmware import SECTION_SEC_MEMORY, SECTION_SVSM_CAA, Firmware, entry
from harness import guest
from snp_digest import PAGE, SECTION_CPUID, SECTION_SECRETS, SEV_ES_RESET_BLOCK, SEV_METADATA

MIB = 1 << 20
RIGHT = Firmware().build()
SEC = SECTION_SEC_MEMORY

#: Names of files, their contents and words of the message.
FILES: tuple[tuple[str, bytes, tuple[str, ...]], ...] = (
    ("empty", b"", ("the firmware", "has 0 bytes", "multiple of 4096")),
    ("one byte", b"\x90", ("has 1 bytes", "multiple of 4096")),
    ("odd size", RIGHT + b"\0", (f"has {len(RIGHT) + 1} bytes", "multiple of 4096")),
    ("too large", bytes(16 * MIB) + RIGHT, (f"has {16 * MIB + len(RIGHT)} bytes", "at most 16 MiB")),
    ("truncated", RIGHT[:-PAGE], ("has no SEV metadata", "OVMF.fd of Debian's package ovmf")),
    ("nothing but zeros", bytes(PAGE), ("has no SEV metadata",)),
    ("store for variables", b"\xff" * 16 * PAGE, ("sev-snp-guest 'sev0'", "last 16 bytes are all 0xff")),
    ("text", b"MZ" * PAGE, ("has no SEV metadata",)),
)

#: Images that are wrong inside, and words of the message.
IMAGES: tuple[tuple[str, Firmware, tuple[str, ...]], ...] = (
    ("no SEV metadata", Firmware(sections=None), ("sev-snp-guest 'sev0'", "has no SEV metadata")),
    ("metadata before the file", Firmware(metadata_from_end=5 * PAGE),
     ("20480 bytes before the end", "to the 16384 of the file")),
    ("metadata far before the file", Firmware(metadata_from_end=0xFFFFFFFF), ("4294967295 bytes before",)),
    ("metadata after the file", Firmware(metadata_from_end=0), ("0 bytes before the end", "from 16")),
    ("metadata at the last bytes", Firmware(metadata_from_end=15), ("15 bytes before the end", "from 16")),
    ("metadata elsewhere", Firmware(metadata_from_end=16), ("starts with", "instead of 'ASEV'")),
    ("magic", Firmware(magic=b"VESA"), ("56 45 53 41", "instead of 'ASEV'")),
    ("version 0", Firmware(version=0), ("has version 0", "only version 1")),
    ("version 2", Firmware(version=2), ("has version 2", "only version 1")),
    ("too many sections", Firmware(count=8), ("claims 8 sections", "only 7 fit")),
    ("very many sections", Firmware(count=0xFFFFFFFF), ("claims 4294967295 sections",)),
    ("metadata longer than the file", Firmware(length=0x10000), ("claims a length of 65536 bytes",)),
    ("metadata without a length", Firmware(length=0), ("claims a length of 0 bytes",)),
    ("table longer than the file", Firmware(table_length=0xFFFF),
     ("table", "claims a length of 65535 bytes")),
    ("table shorter than itself", Firmware(table_length=17), ("table", "claims a length of 17 bytes")),
    ("table cut in an entry", Firmware(table_length=30), ("table", "too short for an entry")),
    ("entry longer than the table", Firmware(more_entries=(entry(bytes(16), 1, length=0x1000),)),
     ("table entry", "claims a length of 4096 bytes")),
    ("metadata entry without data", Firmware(sections=None, more_entries=(entry(SEV_METADATA),)),
     ("SEV metadata offset", "holds 0 bytes instead of 4")),
    ("long reset block", Firmware(reset_address=None, more_entries=(entry(SEV_ES_RESET_BLOCK, 1, 2),)),
     ("SEV-ES reset block", "holds 8 bytes instead of 4")),
    ("overlapping sections",
     Firmware(sections=((0x800000, 0x3000, SEC), (0x802000, 0x1000, SECTION_SECRETS))),
     ("sections at offsets", "overlap at guest address 0x802000")),
    ("one section twice", Firmware(sections=((0x800000, 0x1000, SEC), (0x800000, 0x1000, SEC))),
     ("overlap at guest address 0x800000",)),
    ("section over the firmware", Firmware(sections=((0xFFFFC000, 0x1000, SEC),)),
     ("sev-snp-guest 'sev0'", "0xffffc000-0xffffcfff", "overlaps", "only once")),
    ("unaligned address", Firmware(sections=((0x800800, 0x1000, SEC),)), ("0x800800", "multiples of 4096")),
    ("unaligned size", Firmware(sections=((0x800000, 0x1001, SEC),)), ("0x1001 bytes", "multiples of 4096")),
    ("empty section", Firmware(sections=((0x800000, 0, SEC),)), ("section at offset", "is empty")),
    ("section beyond 4 GiB", Firmware(sections=((0xFFFFF000, 0x2000, SEC),)), ("beyond 4 GiB",)),
    ("section of no known type", Firmware(sections=((0x800000, 0x1000, 0x77),)),
     ("sev-snp-guest 'sev0'", "section of type 119 at 0x800000", "use another image")),
    ("section outside RAM", Firmware(sections=((0x8000000, 0x1000, SEC),)),
     ("sev-snp-guest 'sev0'", "no memory for 0x8000000-0x8000fff", "give it more with -m")),
    ("section half outside RAM", Firmware(sections=((0x7FFF000, 0x2000, SEC),)),
     ("no memory for 0x7fff000",)),
    ("section between RAM and firmware", Firmware(sections=((0xF0000000, 0x1000, SECTION_SVSM_CAA),)),
     ("sev-snp-guest 'sev0'", "ends at 0xc0000000", "no guest has memory for 0xf0000000")),
    ("two secrets pages", Firmware(sections=((0x800000, 0x2000, SECTION_SECRETS),)),
     ("sev-snp-guest 'sev0'", "SNP secrets page of 8192 bytes", "only be one page")),
    ("two CPUID pages", Firmware(sections=((0x800000, 0x2000, SECTION_CPUID),)),
     ("SNP CPUID page of 8192 bytes", "only be one page")),
)


def _special_files(directory: Path) -> list[Case]:
    fifo = directory / "fifo"
    secret = directory / "secret.fd"
    os.mkfifo(fifo)
    secret.write_bytes(RIGHT)
    secret.chmod(0)
    directory.chmod(directory.stat().st_mode | stat.S_IXOTH)
    return [
        Case("missing firmware", tuple(guest(directory / "nothing.fd")),
             ("cannot open the firmware", "nothing.fd': No such file")),
        Case("firmware in a file", tuple(guest(secret / "x")),
             ("cannot open the firmware", "Not a directory")),
        Case("directory as firmware", tuple(guest(directory)), ("is not a regular file", "name one that is")),
        Case("FIFO as firmware", tuple(guest(fifo)), ("is not a regular file",)),
        Case("device as firmware", tuple(guest("/dev/zero")), ("is not a regular file",)),
        Case("empty name of a firmware", tuple(guest("")), ("-bios: ", "empty")),
        Case("no firmware", tuple(guest("x")[2:]), ("no firmware is given", "-bios", "package ovmf")),
        Case("unreadable firmware", tuple(guest(secret)), ("cannot open the firmware", "Permission denied"),
             ANYWHERE, unprivileged=True),
    ]


def firmware_cases(directory: Path) -> list[Case]:
    """Every case about the firmware. Makes their files in @directory."""
    cases = _special_files(directory)
    contents = [(name, data, words) for name, data, words in FILES]
    contents += [(name, image.build(), words) for name, image, words in IMAGES]
    for number, (name, data, words) in enumerate(contents):
        path = directory / f"bad-{number}.fd"
        path.write_bytes(data)
        cases.append(Case(f"firmware: {name}", tuple(guest(path)), (path.name, *words)))
    lonely = directory / "no-reset-block.fd"
    lonely.write_bytes(Firmware(reset_address=None).build())
    cases.append(Case("firmware: no SEV-ES reset block", tuple(guest(lonely, vcpus=2)),
                      ("sev-snp-guest 'sev0'", "where further vCPUs start", "use -smp 1")))
    cases.append(Case("firmware of a plain guest: empty", ("-machine", "microvm", "-bios", directory / "bad-0.fd"),
                      ("the firmware", "has 0 bytes"), (Way.LAUNCH,)))
    return cases
