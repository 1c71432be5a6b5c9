# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small firmware images for the tests, made like OVMF's: a table of GUIDed entries and SEV metadata.

From the end backwards: the reset vector, the table, the SEV metadata. The bytes before them are different in
each page, so that a page that is launched twice or at another address changes the digest.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass, field

from snp_digest import (HASHES_AREA, PAGE, SECTION_CPUID, SECTION_KERNEL_HASHES, SECTION_SECRETS,
                        SEV_ES_RESET_BLOCK, SEV_METADATA, TABLE_FOOTER)

SECRET_AREA = uuid.UUID("4c2eb361-7d9b-4cc3-8081-127c90d3d294").bytes_le

SECTION_SEC_MEMORY, SECTION_SVSM_CAA = 1, 4

AP_ENTRY = 0x80B004
#: Where the table ends.
AFTER_TABLE = 32
HEADER = 16

Section = tuple[int, int, int]

#: (gpa, size, type): every type of section there is, in the order of OVMF's AmdSev build.
ALL_SECTIONS: tuple[Section, ...] = (
    (0x800000, 0x9000, SECTION_SEC_MEMORY),
    (0x80A000, 0x3000, SECTION_SEC_MEMORY),
    (0x80D000, 0x1000, SECTION_SECRETS),
    (0x80E000, 0x1000, SECTION_CPUID),
    (0x80F000, 0x1000, SECTION_SVSM_CAA),
    (0x810000, 0x1000, SECTION_KERNEL_HASHES),
    (0x811000, 0xF000, SECTION_SEC_MEMORY),
)


#: The area of OVMF's AmdSev build: in the page of that section.
AMD_SEV_AREA = (0x810C00, 0x400)


def entry(guid: bytes, *values: int, length: int | None = None) -> bytes:
    """An entry of the table with @values in it. @length is what it claims to be long."""
    data = struct.pack(f"<{len(values)}I", *values)
    return data + struct.pack("<H", len(data) + 18 if length is None else length) + guid


@dataclass(frozen=True)
class Firmware:
    """An image to build. What is None is right; anything else is written as it is, be it wrong."""

    size: int = 4 * PAGE
    sections: tuple[Section, ...] | None = ALL_SECTIONS  # None: no SEV metadata
    reset_address: int | None = AP_ENTRY  # None: no SEV-ES reset block
    magic: bytes = b"ASEV"
    version: int = 1
    length: int | None = None
    count: int | None = None
    metadata_from_end: int | None = None
    table_length: int | None = None
    more_entries: tuple[bytes, ...] = field(default=(entry(HASHES_AREA, 0, 0), entry(SECRET_AREA, 0, 0)))

    def _metadata(self) -> bytes:
        if self.sections is None:
            return b""
        body = b"".join(struct.pack("<III", *section) for section in self.sections)
        length = HEADER + len(body) if self.length is None else self.length
        count = len(self.sections) if self.count is None else self.count
        return struct.pack("<4sIII", self.magic, length, self.version, count) + body

    def build(self) -> bytes:
        """The image."""
        metadata = self._metadata()
        table = b"".join(self.more_entries)
        if self.reset_address is not None:
            table = entry(SEV_ES_RESET_BLOCK, self.reset_address) + table
        if self.sections is not None:
            from_end = AFTER_TABLE + 18 + len(table) + 22 + len(metadata)
            if self.metadata_from_end is not None:
                from_end = self.metadata_from_end
            table = entry(SEV_METADATA, from_end) + table
        length = len(table) + 18 if self.table_length is None else self.table_length
        end = metadata + table + entry(TABLE_FOOTER, length=length) + bytes(AFTER_TABLE)
        body = b"".join(bytes([1 + page % 255]) * PAGE for page in range(self.size // PAGE + 1))
        return body[:self.size - len(end)] + end


def amd_sev(area: tuple[int, int] | None = AMD_SEV_AREA, **changes: object) -> Firmware:
    """An image with an area for kernel hashes, (gpa, size), and with what else is given; None: without one."""
    entries = (entry(SECRET_AREA, 0, 0),) if area is None else (entry(HASHES_AREA, *area), entry(SECRET_AREA, 0, 0))
    return Firmware(more_entries=entries, **changes)  # type: ignore[arg-type]
