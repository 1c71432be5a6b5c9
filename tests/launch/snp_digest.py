#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The launch digest of an SEV-SNP guest that QEMU or cgvm starts from an OVMF image, computed a second time.

The tests compare cgvm's digests with this one, so nothing here is derived from cgvm: the digest follows the
AMD SEV-SNP firmware ABI (publication 56860), the VMSA the AMD APM volume 2, the image edk2's reset vector.

    snp_digest.py OVMF.fd VCPUS CPU-TYPE|SIGNATURE [--sev-features N] [--debug-swap] [--secure-tsc]
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
import uuid

PAGE = 4096
FOUR_GIB = 1 << 32

TABLE_FOOTER = uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
SEV_ES_RESET_BLOCK = uuid.UUID("00f771de-1a7e-4fcb-890e-68c77e2fb44e").bytes_le
SEV_METADATA = uuid.UUID("dc886566-984a-4798-a75e-5585a7bf67cc").bytes_le
HASHES_AREA = uuid.UUID("7255371f-3a3b-4b04-927b-1da6efa8d454").bytes_le

NORMAL, VMSA, ZERO, UNMEASURED, SECRETS, CPUID = range(1, 7)
SECTION_SECRETS, SECTION_CPUID, SECTION_KERNEL_HASHES = 2, 3, 0x10
VMSA_GPA = 0xFFFFFFFFF000

FEATURE_SNP_ACTIVE = 1 << 0
FEATURE_DEBUG_SWAP = 1 << 5
FEATURE_SECURE_TSC = 1 << 9


class ImageError(ValueError):
    """The firmware image cannot be launched as an SEV-SNP guest."""


def cpu_signature(family: int, model: int, stepping: int) -> int:
    """CPUID function 1, EAX."""
    base = min(family, 15)
    extended = family - base
    return ((extended & 0xFF) << 20 | (model >> 4 & 0xF) << 16
            | base << 8 | (model & 0xF) << 4 | stepping & 0xF)


def _all_signatures() -> dict[str, int]:
    # name: (family, model, stepping), highest version
    models = {
        "EPYC": ((23, 1, 2), 5),
        "EPYC-IBPB": ((23, 1, 2), 0),
        "EPYC-Rome": ((23, 49, 0), 5),
        "EPYC-Milan": ((25, 1, 1), 3),
        "EPYC-Genoa": ((25, 17, 0), 2),
        "EPYC-Turin": ((26, 0, 0), 1),
    }
    signatures = {}
    for name, (numbers, versions) in models.items():
        signatures[name] = cpu_signature(*numbers)
        for version in range(1, versions + 1):
            signatures[f"{name}-v{version}"] = signatures[name]
    return signatures


CPU_SIGNATURES = _all_signatures()


def table_entries(firmware: bytes) -> dict[bytes, bytes]:
    """The data of the entries of the image's table, by GUID.

    The first images for SEV-ES had a lone reset block in the table's place.
    """
    entries: dict[bytes, bytes] = {}
    end = len(firmware) - 32
    if end < 18:
        return entries
    guid = firmware[end - 16:end]
    if guid not in (TABLE_FOOTER, SEV_ES_RESET_BLOCK):
        return entries
    (length,) = struct.unpack_from("<H", firmware, end - 18)
    if not 18 <= length <= end:
        raise ImageError(f"table of {length} bytes")
    table = firmware[end - length:end - 18]
    if guid == SEV_ES_RESET_BLOCK:
        return {guid: table}
    while table:
        if len(table) < 18:
            raise ImageError(f"{len(table)} bytes before the first table entry")
        length, guid = struct.unpack("<H16s", table[-18:])
        if not 18 <= length <= len(table):
            raise ImageError(f"table entry of {length} bytes")
        entries.setdefault(guid, table[-length:-18])
        table = table[:-length]
    return entries


def u32(entries: dict[bytes, bytes], guid: bytes, what: str) -> int:
    """The number that a table entry holds."""
    if guid not in entries:
        raise ImageError(f"no {what}")
    if len(entries[guid]) != 4:
        raise ImageError(f"{what} of {len(entries[guid])} bytes")
    return int.from_bytes(entries[guid], "little")


def metadata_sections(firmware: bytes, entries: dict[bytes, bytes]) -> list[tuple[int, int, int]]:
    """The (gpa, size, type) of each section of the SEV metadata."""
    from_end = u32(entries, SEV_METADATA, "SEV metadata")
    if not 16 <= from_end <= len(firmware):
        raise ImageError("SEV metadata outside the image")
    metadata = firmware[len(firmware) - from_end:]
    magic, length, version, count = struct.unpack_from("<4sIII", metadata)
    if magic != b"ASEV" or version != 1 or not 16 + 12 * count <= length <= from_end:
        raise ImageError("malformed SEV metadata")
    return [(gpa, size, kind) for gpa, size, kind in struct.iter_unpack("<III", metadata[16:16 + 12 * count])]


def vmsa_page(entry_point: int, signature: int, sev_features: int, fpu: bool = True) -> bytes:
    """The register page of a vCPU in QEMU's reset state, as KVM encrypts it: without @fpu, as it does for a
    VM of the legacy type.
    """
    page = bytearray(PAGE)

    def segment(offset: int, selector: int, attributes: int, base: int = 0) -> None:
        struct.pack_into("<HHIQ", page, offset, selector, attributes, 0xFFFF, base)

    def quad(offset: int, value: int) -> None:
        struct.pack_into("<Q", page, offset, value)

    for data_segment in (0x00, 0x20, 0x30, 0x40, 0x50):  # ES, SS, DS, FS, GS
        segment(data_segment, 0, 0x93)
    segment(0x10, 0xF000, 0x9B, entry_point & 0xFFFF0000)  # CS
    segment(0x60, 0, 0)  # GDTR
    segment(0x70, 0, 0x82)  # LDTR
    segment(0x80, 0, 0)  # IDTR
    segment(0x90, 0, 0x8B)  # TR
    quad(0x0D0, 0x1000)  # EFER
    quad(0x148, 0x40)  # CR4
    quad(0x158, 0x10)  # CR0
    quad(0x160, 0x400)  # DR7
    quad(0x168, 0xFFFF0FF0)  # DR6
    quad(0x170, 2)  # RFLAGS
    quad(0x178, entry_point & 0xFFFF)  # RIP
    quad(0x268, 0x0007040600070406)  # G_PAT
    quad(0x310, signature)  # RDX
    quad(0x3B0, sev_features)
    quad(0x3E8, 1)  # XCR0
    if fpu:
        struct.pack_into("<I", page, 0x408, 0x1F80)  # MXCSR
        struct.pack_into("<H", page, 0x410, 0x37F)  # x87 FCW
    return bytes(page)


class LaunchDigest:
    """The chain of SHA-384 that the firmware computes while a guest is launched."""

    def __init__(self) -> None:
        self.value = bytes(48)

    def _page(self, page_type: int, gpa: int, contents: bytes) -> None:
        info = struct.pack("<48s48sHBBIQ", self.value, contents, 0x70, page_type, 0, 0, gpa)
        self.value = hashlib.sha384(info).digest()

    def measured(self, page_type: int, gpa: int, data: bytes) -> None:
        """Adds pages whose contents are measured."""
        for offset in range(0, len(data), PAGE):
            self._page(page_type, gpa + offset, hashlib.sha384(data[offset:offset + PAGE]).digest())

    def placed(self, page_type: int, gpa: int, size: int) -> None:
        """Adds pages of which only place and type are measured."""
        for offset in range(0, size, PAGE):
            self._page(page_type, gpa + offset, bytes(48))


def launch_digest(firmware: bytes, vcpus: int, signature: int, sev_features: int = FEATURE_SNP_ACTIVE,
                  secure_tsc: bool = False, debug_swap: bool = False, hashes: bytes | None = None) -> str:
    """The launch digest in hexadecimal.

    firmware is the image, which is mapped so that it ends at 4 GiB; signature is CPUID function 1, EAX, of
    the CPU model; sev_features are those of every VMSA, to which secure_tsc and debug_swap add their bits;
    hashes is the table of kernel hashes, if they are measured.
    """
    if not firmware or len(firmware) % PAGE or len(firmware) > FOUR_GIB:
        raise ImageError(f"image of {len(firmware)} bytes")
    if vcpus < 1:
        raise ValueError("a guest has at least one vCPU")
    if secure_tsc:
        sev_features |= FEATURE_SECURE_TSC
    if debug_swap:
        sev_features |= FEATURE_DEBUG_SWAP

    entries = table_entries(firmware)
    sections = metadata_sections(firmware, entries)
    ap_entry = u32(entries, SEV_ES_RESET_BLOCK, "SEV-ES reset block")

    digest = LaunchDigest()
    digest.measured(NORMAL, FOUR_GIB - len(firmware), firmware)
    for gpa, size, section_type in sections:
        if section_type == SECTION_SECRETS:
            digest.placed(SECRETS, gpa, PAGE)
        elif section_type == SECTION_CPUID:
            digest.placed(CPUID, gpa, PAGE)
        elif section_type == SECTION_KERNEL_HASHES and hashes is not None:
            offset = int.from_bytes(entries[HASHES_AREA][:4], "little") % PAGE
            digest.measured(NORMAL, gpa, (bytes(offset) + hashes).ljust(PAGE, b"\0"))
        else:
            digest.placed(ZERO, gpa, size)
    for index in range(vcpus):
        entry_point = ap_entry if index else FOUR_GIB - 16
        digest.measured(VMSA, VMSA_GPA, vmsa_page(entry_point, signature, sev_features))
    return digest.value.hex()


def main() -> None:
    parser = argparse.ArgumentParser(description="Compute the launch digest of an SEV-SNP guest.")
    parser.add_argument("firmware")
    parser.add_argument("vcpus", type=int)
    parser.add_argument("cpu", help="CPU model or signature")
    parser.add_argument("--sev-features", type=lambda text: int(text, 0), default=FEATURE_SNP_ACTIVE)
    parser.add_argument("--secure-tsc", action="store_true")
    parser.add_argument("--debug-swap", action="store_true")
    arguments = parser.parse_args()

    signature = CPU_SIGNATURES.get(arguments.cpu)
    if signature is None:
        try:
            signature = int(arguments.cpu, 0)
        except ValueError:
            parser.error(f"no CPU model is called '{arguments.cpu}'; there are {', '.join(CPU_SIGNATURES)}")
    try:
        with open(arguments.firmware, "rb") as file:
            firmware = file.read()
        print(launch_digest(firmware, arguments.vcpus, signature, arguments.sev_features,
                            arguments.secure_tsc, arguments.debug_swap))
    except (OSError, ValueError) as error:
        sys.exit(f"{arguments.firmware}: {error}")


if __name__ == "__main__":
    main()
