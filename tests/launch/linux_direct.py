#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a Linux kernel that cgvm launches without a firmware starts with, made a second time, and the launch digest
of the SEV, SEV-ES or SEV-SNP guest that this gives.

The tests compare cgvm's digests with this one, so nothing here is derived from cgvm's code: memory is laid out as
docs/amd-memory-encryption.md says, after Linux's Documentation/arch/x86/boot.rst and zero-page.rst, the ACPI
specification 6.3, and the AMD APM volume 2 for page tables and VMSA.

    linux_direct.py KERNEL [--initrd FILE] [--append TEXT] [--memory MIB] [--vcpus N] [--cbitpos N]
                    [--es CPU-TYPE|SIGNATURE [--init2] [--debug-swap]] [--snp CPU-TYPE|SIGNATURE [--debug-swap]]
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snp_digest import (CPU_SIGNATURES, CPUID, FEATURE_DEBUG_SWAP, FEATURE_SNP_ACTIVE, FOUR_GIB, NORMAL, SECRETS, VMSA,
                        VMSA_GPA, LaunchDigest, vmsa_page)

PAGE = 4096
MIB = 1 << 20
LOW_MEMORY = 3 << 30  # the rest begins at 4 GiB
RESERVED = (0xA0000, 0x100000)

GDT, PAGE_TABLES, PARAMS, COMMAND_LINE, ACPI = 0x1000, 0x2000, 0x10000, 0x20000, 0xE0000
#: Of SEV-ES guests with several vCPUs: where they start, and the page that is not encrypted.
START, GHCB = 0xE2000, 0xE3000
START_AP, START_BSP = START + 0x10, START + 0x40
#: Of SEV-SNP guests: where the first vCPU starts, the pages that the firmware fills in, and the node of setup data.
VALIDATION, SECRETS_PAGE, CPUID_PAGE, SETUP_DATA = 0xE2000, 0xE3000, 0xE4000, 0x30000

#: The DSDT: \\_S5 is {5, 5, 0, 0}, \\_SB.COM1 a PNP0501 at 0x3f8 with IRQ 4, \\_SB.RTC0 a PNP0B00 at 0x70. As iasl
#: writes it.
DSDT = bytes.fromhex("085f53355f1208040a050a050000"
                     "104805" "5c5f53425f" "5b822b" "434f4d31"
                     "085f4849440c41d00501" "085f55494401"
                     "085f43525311100a0d4701f803f8030108221000" "7900"
                     "5b8222" "52544330" "085f4849440c41d00b00"
                     "085f435253110d0a0a4701700070000102" "7900")


def _padded(data: bytes) -> bytes:
    return data.ljust(-len(data) % PAGE + len(data), b"\0")


def descriptor_table() -> bytes:
    """Selector 0x10 is flat 64-bit code, 0x18 flat data."""
    def descriptor(kind: int, flags: int) -> int:
        return 0xFFFF | kind << 40 | 0xF << 48 | flags << 52

    return struct.pack("<4Q", 0, 0, descriptor(0x9B, 0xA), descriptor(0x93, 0xC))


def page_tables(cbit: int, has_ghcb: bool, maps_all: bool = False) -> bytes:
    """Four levels that map the first 4 GiB to themselves in pages of 2 MiB; with a GHCB the first 2 MiB in pages of
    4 KiB, of which it is the only one without the C-bit. All are 512 GiB, the rest of them in pages of 1 GiB.
    """
    mask = 1 << cbit
    root = struct.pack("<Q", PAGE_TABLES + PAGE | 3 | mask)
    pointers = struct.pack("<4Q", *(PAGE_TABLES + (2 + i) * PAGE | 3 | mask for i in range(4)))
    if maps_all:
        pointers += struct.pack("<508Q", *(i << 30 | 0x83 | mask for i in range(4, 512)))
    pages = struct.pack("<2048Q", *(i << 21 | 0x83 | mask for i in range(2048)))
    if not has_ghcb:
        return _padded(root) + _padded(pointers) + pages
    pages = struct.pack("<Q", PAGE_TABLES + 6 * PAGE | 3 | mask) + pages[8:]
    small = struct.pack("<512Q", *(gpa | 3 | (0 if gpa == GHCB else mask) for gpa in range(0, 512 * PAGE, PAGE)))
    return _padded(root) + _padded(pointers) + pages + small


def start_page(kernel_entry: int) -> bytes:
    """The AP jump table, which is announced by NAE event 0x80000005 of the GHCB specification, with the code before
    and behind it: tests/guest/es-start.S.
    """
    page = bytearray(PAGE)
    page[:4] = struct.pack("<HH", (START & 0xFFFF) + 0x20, 0xE000)
    page[0x10:0x15] = b"\x2e\xff\x2e" + struct.pack("<H", START & 0xFFFF)  # ljmpw *%cs:START
    page[0x20:0x24] = bytes.fromhex("fa f4 ebfd")  # cli; 1: hlt; jmp 1b
    code = b"".join((
        b"\xbb", struct.pack("<I", GHCB),  # mov $GHCB, %ebx
        bytes.fromhex("89df 31c0"), b"\xb9", struct.pack("<I", PAGE // 8), bytes.fromhex("f348ab"),  # rep stosq
        b"\xb8", struct.pack("<I", 0x80000005), bytes.fromhex("488983"), struct.pack("<I", 0x390),  # the event
        bytes.fromhex("c783"), struct.pack("<II", 0x3A0, START),  # its second argument
        bytes.fromhex("c783"), struct.pack("<II", 0x3FC, sum(1 << offset // 8 - 96 for offset in (0x390, 0x398, 0x3A0))),
        bytes.fromhex("66c783"), struct.pack("<IH", 0xFFA, 1),  # protocol version
        bytes.fromhex("89d8 31d2"), b"\xb9", struct.pack("<I", 0xC0010130), bytes.fromhex("0f30 f30f01d9"),
        bytes.fromhex("83bb"), struct.pack("<IB", 0x398, 0), bytes.fromhex("7507"),  # refused?
        b"\xb8", struct.pack("<I", kernel_entry), bytes.fromhex("ffe0"),
        b"\xb8", struct.pack("<I", 0x100), bytes.fromhex("31d2 0f30 f30f01d9 f4 ebfd")))  # terminate
    page[0x40:0x40 + len(code)] = code
    return bytes(page)


def validation_page(kernel_entry: int, unlaunched: list[tuple[int, int]]) -> bytes:
    """PVALIDATE of all memory that was not launched, in pages of 2 MiB where the host has them: tests/guest/snp-start.S;
    at 0x100 the table of it, which ends with zeros.
    """
    pvalidate = bytes.fromhex("f20f01ff")
    code = b"".join((
        b"\xbb", struct.pack("<I", VALIDATION + 0x100), bytes.fromhex("4c8b03 4c8b4b08 83c310 4d85c9 7456"),
        bytes.fromhex("4d39c8 73ec ba01000000 41f7c0ffff1f00 7528 4d8d9000002000 4d39ca 771c 4c89c0 b901000000"),
        pvalidate, bytes.fromhex("7230 85c0 89c1 4c89d0 741b 83f906 7522"),  # FAIL_SIZEMISMATCH is 6
        bytes.fromhex("4c89c0 31c9"), pvalidate, bytes.fromhex("7217 85c0 7513 498d8000100000 4989c0 ebaa"),
        b"\xb8", struct.pack("<I", kernel_entry), bytes.fromhex("ffe0"),
        b"\xb8", struct.pack("<I", 0x100), bytes.fromhex("31d2"), b"\xb9", struct.pack("<I", 0xC0010130),
        bytes.fromhex("0f30 f30f01d9 f4 ebfd")))  # terminate
    table = b"".join(struct.pack("<QQ", *one) for one in unlaunched)
    return (code.ljust(0x100, b"\0") + table).ljust(PAGE, b"\0")


def setup_data() -> bytes:
    """SETUP_CC_BLOB with the address of what follows: the structure that tells of the two pages."""
    return (struct.pack("<QIIII", 0, 7, 48, SETUP_DATA + 24, 0) +
            struct.pack("<4sHHQIIQII", b"AMDE", 1, 0, SECRETS_PAGE, PAGE, 0, CPUID_PAGE, PAGE, 0))


def memory_map(memory: int) -> list[tuple[int, int, int]]:
    """E820: start, size and type."""
    low = min(memory, LOW_MEMORY)
    entries = [(0, RESERVED[0], 1), (RESERVED[0], ACPI - RESERVED[0], 2), (ACPI, RESERVED[1] - ACPI, 3),
               (RESERVED[1], low - RESERVED[1], 1)]
    if memory > low:
        entries.append((FOUR_GIB, memory - low, 1))
    return entries


class Header:
    """What the setup header of a bzImage says."""

    def __init__(self, kernel: bytes) -> None:
        sectors = kernel[0x1F1] or 4
        self.setup_size = (1 + sectors) * 512
        self.end = min(0x202 + kernel[0x201], 0x290)
        self.bytes = kernel[0x1F1:self.end]
        (self.initrd_last,) = struct.unpack_from("<I", kernel, 0x22C)
        (self.address, self.init_size) = struct.unpack_from("<QI", kernel, 0x258)


def boot_params(header: Header, initrd: tuple[int, int], memory: int) -> bytes:
    """The "zero page". @initrd: where it is, and how long."""
    params = bytearray(PAGE)
    params[0x1F1:header.end] = header.bytes
    struct.pack_into("<H", params, 0x1FA, 0xFFFF)  # video mode: normal
    params[0x210] = 0xFF  # a boot loader without a number
    params[0x211] |= 1  # loaded high
    struct.pack_into("<3I", params, 0x214, header.address, *initrd)
    struct.pack_into("<I", params, 0x228, COMMAND_LINE)
    struct.pack_into("<Q", params, 0x070, ACPI)
    entries = memory_map(memory)
    params[0x1E8] = len(entries)
    for number, entry in enumerate(entries):
        struct.pack_into("<QQI", params, 0x2D0 + 20 * number, *entry)
    return bytes(params)


# ---- ACPI ----

def _sum_up(table: bytes, offset: int) -> bytes:
    checked = bytearray(table)
    checked[offset] = -sum(table) & 0xFF
    return bytes(checked)


def _table(signature: bytes, revision: int, body: bytes) -> bytes:
    header = struct.pack("<4sIBB6s8sI4sI", signature, 36 + len(body), revision, 0, b"CGVM  ", b"MICROVM ", 1, b"CGVM", 1)
    return _sum_up(header + body, 9)


def _port(address: int, size: int) -> bytes:
    return struct.pack("<BBBBQ", 1, 8 * size, 0, {1: 1, 2: 2, 4: 3}[size], address)


def _fadt(facs: int, dsdt: int) -> bytes:
    fadt = bytearray(276)
    struct.pack_into("<II", fadt, 36, facs, dsdt)
    struct.pack_into("<H", fadt, 46, 9)  # SCI
    struct.pack_into("<I", fadt, 56, 0x600)  # PM1a event, control, timer
    struct.pack_into("<I", fadt, 64, 0x604)
    struct.pack_into("<I", fadt, 76, 0x608)
    fadt[88], fadt[89], fadt[91] = 4, 2, 4
    struct.pack_into("<HH", fadt, 96, 0xFFF, 0xFFF)  # no C2, no C3
    fadt[108] = 0x32  # where the century is
    struct.pack_into("<H", fadt, 109, 1 | 1 << 2)  # legacy devices; no VGA
    struct.pack_into("<I", fadt, 112, 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 10)
    fadt[116:128] = _port(0xCF9, 1)
    fadt[128], fadt[131] = 6, 3  # reset value, minor version
    struct.pack_into("<Q", fadt, 140, dsdt)
    fadt[148:160] = _port(0x600, 4)
    fadt[172:184] = _port(0x604, 2)
    fadt[208:220] = _port(0x608, 4)
    return _table(b"FACP", 6, bytes(fadt[36:]))


def _madt(vcpus: int) -> bytes:
    body = struct.pack("<II", 0xFEE00000, 1)
    for number in range(vcpus):
        body += struct.pack("<BBBBI", 0, 8, number, number, 1)
    body += struct.pack("<BBBBII", 1, 12, 0, 0, 0xFEC00000, 0)
    body += struct.pack("<BBBBIH", 2, 10, 0, 9, 9, 0xD)
    return _table(b"APIC", 5, body)


def acpi_tables(vcpus: int) -> bytes:
    """RSDP, FACS, DSDT, FADT, MADT and XSDT, for vCPUs whose APIC ids are their numbers."""
    blob = bytearray(36)

    def add(table: bytes, alignment: int = 16) -> int:
        blob.extend(bytes(-len(blob) % alignment))
        address = ACPI + len(blob)
        blob.extend(table)
        return address

    facs = add(struct.pack("<4sI24xB31x", b"FACS", 64, 2), 64)
    dsdt = add(_table(b"DSDT", 2, DSDT))
    fadt = add(_fadt(facs, dsdt))
    madt = add(_madt(vcpus))
    xsdt = add(_table(b"XSDT", 1, struct.pack("<QQ", fadt, madt)))
    rsdp = struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, b"CGVM  ", 2, 0, 36, xsdt, 0)
    rsdp = _sum_up(rsdp[:20], 8) + rsdp[20:]
    blob[:36] = _sum_up(rsdp, 32)
    return bytes(blob)


# ---- the launch ----

@dataclass(frozen=True)
class Guest:
    """What is launched."""

    kernel: bytes
    initrd: bytes = b""
    append: str = ""
    memory: int = 128 * MIB
    vcpus: int = 1
    cbit: int = 51

    def ranges(self, es: bool = False) -> Iterator[tuple[int, bytes]]:
        """What is measured, in order: address and contents, whole pages."""
        has_jump_table = es and self.vcpus > 1
        header = Header(self.kernel)
        top = min(self.memory, LOW_MEMORY, header.initrd_last + 1)
        initrd = (top - len(self.initrd)) & -PAGE if self.initrd else 0
        yield 0, bytes(PAGE)
        yield GDT, _padded(descriptor_table())
        yield PAGE_TABLES, page_tables(self.cbit, has_jump_table)
        yield PARAMS, boot_params(header, (initrd, len(self.initrd)), self.memory)
        yield COMMAND_LINE, _padded(self.append.encode() + b"\0")
        yield ACPI, _padded(acpi_tables(self.vcpus))
        yield header.address, _padded(self.kernel[header.setup_size:])
        if self.initrd:
            yield initrd, _padded(self.initrd)
        if has_jump_table:
            yield START, start_page(header.address + 0x200)

    def snp_ranges(self) -> list[tuple[int, bytes | None]]:
        """What is launched of an SEV-SNP guest, in order; without contents what the firmware fills in."""
        ranges: list[tuple[int, bytes | None]] = []
        for gpa, contents in self.ranges():
            if gpa == PAGE_TABLES:
                contents = page_tables(self.cbit, False, True)
            elif gpa == PARAMS:
                contents = contents[:0x250] + struct.pack("<Q", SETUP_DATA) + contents[0x258:]
            ranges.append((gpa, contents))
        ranges.append((SETUP_DATA, _padded(setup_data())))
        taken = sorted([(gpa, gpa + len(contents)) for gpa, contents in ranges if contents] +
                       [(gpa, gpa + PAGE) for gpa in (VALIDATION, SECRETS_PAGE, CPUID_PAGE)])
        rest = []
        for start, end in ((0, min(self.memory, LOW_MEMORY)), (FOUR_GIB, FOUR_GIB + self.memory - LOW_MEMORY)):
            for first, behind in (*taken, (end, end)):
                if start < min(first, end):
                    rest.append((start, min(first, end)))
                start = max(start, behind)
        ranges.append((VALIDATION, validation_page(Header(self.kernel).address + 0x200, rest)))
        return [*ranges, (SECRETS_PAGE, None), (CPUID_PAGE, None)]

    def first_vmsa(self, signature: int, features: int, fpu: bool, snp: bool = False) -> bytes:
        """The register page of the first vCPU: in the kernel's 64-bit entry, or in what comes first."""
        entry = START_BSP if self.vcpus > 1 else Header(self.kernel).address + 0x200
        page = bytearray(vmsa_page(FOUR_GIB - 16, signature, features, fpu))

        def segment(offset: int, selector: int, attributes: int) -> None:
            struct.pack_into("<HHIQ", page, offset, selector, attributes, 0xFFFFFFFF, 0)

        for data_segment in (0x00, 0x20, 0x30, 0x40, 0x50):  # ES, SS, DS, FS, GS
            segment(data_segment, 0x18, 0xC93)
        segment(0x10, 0x10, 0xA9B)  # CS
        struct.pack_into("<HHIQ", page, 0x60, 0, 0, 0x1F, GDT)  # GDTR
        struct.pack_into("<HHIQ", page, 0x80, 0, 0, 0, 0)  # IDTR
        for offset, value in ((0x0D0, 0x1500),  # EFER: SVME, LMA, LME
                              (0x148, 0x60),  # CR4: MCE, PAE
                              (0x150, PAGE_TABLES | 1 << self.cbit),  # CR3
                              (0x158, 0x80000011),  # CR0: PG, ET, PE
                              (0x178, VALIDATION if snp else entry),  # RIP
                              (0x330, PARAMS)):  # RSI
            struct.pack_into("<Q", page, offset, value)
        return bytes(page)

    def sev_digest(self) -> str:
        """The launch digest of an SEV guest."""
        return hashlib.sha256(b"".join(contents for _, contents in self.ranges())).hexdigest()

    def sev_es_digest(self, signature: int, *, init2: bool = False, debug_swap: bool = False) -> str:
        """That of an SEV-ES guest."""
        features = FEATURE_DEBUG_SWAP if debug_swap else 0
        state = hashlib.sha256(b"".join(contents for _, contents in self.ranges(es=True)))
        state.update(self.first_vmsa(signature, features, init2))
        for _ in range(1, self.vcpus):
            state.update(vmsa_page(START_AP, signature, features, init2))
        return state.hexdigest()

    def snp_digest(self, signature: int, *, debug_swap: bool = False) -> str:
        """That of an SEV-SNP guest."""
        features = FEATURE_SNP_ACTIVE | (FEATURE_DEBUG_SWAP if debug_swap else 0)
        digest = LaunchDigest()
        for gpa, contents in self.snp_ranges():
            if contents is None:
                digest.placed(SECRETS if gpa == SECRETS_PAGE else CPUID, gpa, PAGE)
            else:
                digest.measured(NORMAL, gpa, contents)
        digest.measured(VMSA, VMSA_GPA, self.first_vmsa(signature, features, True, snp=True))
        for _ in range(1, self.vcpus):
            digest.measured(VMSA, VMSA_GPA, vmsa_page(FOUR_GIB - 16, signature, features))
        return digest.value.hex()


def main() -> None:
    parser = argparse.ArgumentParser(description="Compute the launch digest of a kernel that starts without firmware.")
    parser.add_argument("kernel", type=Path)
    parser.add_argument("--initrd", type=Path)
    parser.add_argument("--append", default="")
    parser.add_argument("--memory", type=int, default=128, help="in MiB")
    parser.add_argument("--vcpus", type=int, default=1)
    parser.add_argument("--cbitpos", type=int, default=51)
    parser.add_argument("--es", metavar="CPU", help="CPU model or signature of an SEV-ES guest")
    parser.add_argument("--snp", metavar="CPU", help="the same of an SEV-SNP guest")
    parser.add_argument("--init2", action="store_true", help="the VM is not of the legacy type")
    parser.add_argument("--debug-swap", action="store_true")
    arguments = parser.parse_args()
    try:
        initrd = arguments.initrd.read_bytes() if arguments.initrd else b""
        one = Guest(arguments.kernel.read_bytes(), initrd, arguments.append, arguments.memory * MIB, arguments.vcpus,
                    arguments.cbitpos)
        if arguments.snp:
            signature = CPU_SIGNATURES.get(arguments.snp) or int(arguments.snp, 0)
            print(one.snp_digest(signature, debug_swap=arguments.debug_swap))
        elif arguments.es:
            signature = CPU_SIGNATURES.get(arguments.es) or int(arguments.es, 0)
            print(one.sev_es_digest(signature, init2=arguments.init2, debug_swap=arguments.debug_swap))
        else:
            print(one.sev_digest())
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
