#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Launch digests of the guests of any VMM, computed a second time for the tests of cgctl measure.

Nothing here is derived from cgvm. What EC2, GCE and an SVSM do differently from QEMU is known from measurements of
their guests.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
from dataclasses import dataclass

from snp_digest import (CPUID, FOUR_GIB, HASHES_AREA, NORMAL, PAGE, SECRETS, SECTION_CPUID, SECTION_KERNEL_HASHES,
                        SECTION_SECRETS, SEV_ES_RESET_BLOCK, UNMEASURED, VMSA, VMSA_GPA, ZERO, LaunchDigest,
                        metadata_sections, table_entries, u32, vmsa_page)

SECTION_SEC_MEMORY = 1
SVSM_INFO = uuid.UUID("a789a612-0597-4c4b-a49f-cbb1fe9d1ddd").bytes_le
RESET_VECTOR = FOUR_GIB - 16


@dataclass(frozen=True)
class Guest:
    """What a digest is computed from."""

    firmware: bytes
    vcpus: int = 1
    signature: int = 0
    vmm: str = "QEMU"
    features: int = 1
    hashes: bytes | None = None  # the table of kernel hashes
    legacy: bool = False
    svsm: bytes | None = None
    vars_size: int = 0


def _patched(page: bytes, **changes: tuple[int, str, int]) -> bytes:
    """@page with numbers put at offsets."""
    patched = bytearray(page)
    for offset, layout, value in changes.values():
        struct.pack_into(layout, patched, offset, value)
    return bytes(patched)


def vcpu_page(guest: Guest, is_ap: bool, entry: int, features: int, fpu: bool) -> bytes:
    """The register page of a vCPU that starts at @entry in real mode."""
    page = vmsa_page(entry, guest.signature, features, fpu)
    if guest.vmm == "ec2":
        return _patched(page, ss=(0x22, "<H", 0x92), tr=(0x92, "<H", 0x83), rdx=(0x310, "<Q", 0x600),
                        cs=(0x12, "<H", 0x9B if is_ap else 0x9A), mxcsr=(0x408, "<I", 0), fcw=(0x410, "<H", 0))
    if guest.vmm == "gce":
        return _patched(page, pat=(0x268, "<Q", 0x70106), rdx=(0x310, "<Q", 0x600), mxcsr=(0x408, "<I", 0),
                        fcw=(0x410, "<H", 0))
    return page


def svsm_page(guest: Guest, entry: int) -> bytes:
    """The register page of a vCPU that starts at @entry in an SVSM, in protected mode."""
    page = bytearray(vmsa_page(0, guest.signature, 1))
    for offset in (0x00, 0x20, 0x30, 0x40):
        struct.pack_into("<HHIQ", page, offset, 0x10, 0xC93, 0xFFFFFFFF, 0)
    struct.pack_into("<HHIQ", page, 0x10, 8, 0xC9B, 0xFFFFFFFF, 0)
    return _patched(bytes(page), cr0=(0x158, "<Q", 0x11), rip=(0x178, "<Q", entry), fcw=(0x410, "<H", 0))


def _sections(digest: LaunchDigest, guest: Guest, image: bytes) -> None:
    entries = table_entries(image)
    sections = metadata_sections(image, entries)
    if guest.vmm == "ec2":
        sections.sort(key=lambda section: section[2] == SECTION_CPUID)
    for gpa, size, kind in sections:
        if kind == SECTION_SECRETS:
            digest.placed(SECRETS, gpa, size)
        elif kind == SECTION_CPUID:
            digest.placed(CPUID, gpa, size)
        elif kind == SECTION_KERNEL_HASHES and guest.hashes is not None:
            offset = int.from_bytes(entries[HASHES_AREA][:4], "little") % PAGE
            digest.measured(NORMAL, gpa, (bytes(offset) + guest.hashes).ljust(PAGE, b"\0"))
        elif kind == SECTION_SEC_MEMORY and guest.vmm == "gce":
            digest.placed(UNMEASURED, gpa, size)
        else:
            digest.placed(ZERO, gpa, size)


def _entries(guest: Guest) -> list[int]:
    if guest.vcpus == 1:
        return [RESET_VECTOR]
    return [RESET_VECTOR] + (guest.vcpus - 1) * [
        u32(table_entries(guest.firmware), SEV_ES_RESET_BLOCK, "SEV-ES reset block")]


def sev(guest: Guest) -> bytes:
    """Of an SEV guest."""
    return hashlib.sha256(guest.firmware + (guest.hashes or b"")).digest()


def seves(guest: Guest) -> bytes:
    """Of an SEV-ES guest."""
    state = hashlib.sha256(guest.firmware + (guest.hashes or b""))
    for index, entry in enumerate(_entries(guest)):
        state.update(vcpu_page(guest, index > 0, entry, 0, not guest.legacy))
    return state.digest()


def ovmf_hash(guest: Guest) -> bytes:
    """Of an SEV-SNP guest, after its firmware."""
    digest = LaunchDigest()
    digest.measured(NORMAL, FOUR_GIB - len(guest.firmware), guest.firmware)
    return digest.value


def snp(guest: Guest) -> bytes:
    """Of an SEV-SNP guest."""
    digest = LaunchDigest()
    digest.value = ovmf_hash(guest)
    _sections(digest, guest, guest.firmware)
    for index, entry in enumerate(_entries(guest)):
        digest.measured(VMSA, VMSA_GPA, vcpu_page(guest, index > 0, entry, guest.features, True))
    return digest.value


def snp_svsm(guest: Guest) -> bytes:
    """Of an SEV-SNP guest that starts in an SVSM."""
    assert guest.svsm is not None
    base = FOUR_GIB - len(guest.firmware) - guest.vars_size - len(guest.svsm)
    entry = base + u32(table_entries(guest.svsm), SVSM_INFO, "SVSM info")
    digest = LaunchDigest()
    digest.value = ovmf_hash(guest)
    digest.measured(NORMAL, base, guest.svsm)
    _sections(digest, guest, guest.svsm)
    for _ in range(guest.vcpus):
        digest.measured(VMSA, VMSA_GPA, svsm_page(guest, entry))
    return digest.value


MODES = {"sev": sev, "seves": seves, "snp": snp, "snp:ovmf-hash": ovmf_hash, "snp:svsm": snp_svsm}
