# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernels, initrds and firmware images for measured direct boot that must be refused, word for word."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bad_options import Case, Way
from firmware import ALL_SECTIONS, HASHES_AREA, SECTION_KERNEL_HASHES, Firmware, amd_sev, entry
from harness import Argument, guest
from linux_image import LinuxImage

GIB = 1 << 30
KERNEL = LinuxImage().build()

BUILD = "give the bzImage that was built with it"
DECOMPRESS = "decompress it, and give the bzImage that was in it"
CUT = "its header tells of 1024 bytes of setup and at least 4096 of kernel; copy it again"

#: Files, and how the message goes on after "the kernel 'NAME' ".
KERNELS: tuple[tuple[str, bytes, str], ...] = (
    ("elf", b"\x7fELF" + bytes(4096), f"is an ELF file, such as vmlinux or a PVH kernel, not a bzImage; {BUILD}"),
    ("gzip", b"\x1f\x8b\x08" + bytes(4096), f"is compressed with gzip, not a bzImage; {DECOMPRESS}"),
    ("zstd", b"\x28\xb5\x2f\xfd" + bytes(4096), f"is compressed with zstd, not a bzImage; {DECOMPRESS}"),
    ("multiboot", bytes.fromhex("02b0ad1b00000000fe4f52e4") + bytes(4096),
     "is a multiboot kernel, not a bzImage; only Linux can be started, from a bzImage"),
    ("efi", LinuxImage(magic=b"PE\0\0").build(),
     "is an EFI program, such as a unified kernel image, not a bzImage; give the kernel, the initrd and the command "
     "line that are in it one by one"),
    ("text", b"text", "is a file without a boot header ('HdrS' at offset 0x202), not a bzImage; give a bzImage"),
    ("old", LinuxImage(version=0x105).build(),
     "has boot protocol 1.05, and only those from 2.00 have a header that says where the kernel is; give a newer "
     "kernel"),
    ("header", KERNEL[:0x208], f"is cut short: it has 520 bytes, but {CUT}"),
    ("setup", KERNEL[:1024], f"is cut short: it has 1024 bytes, but {CUT}"),
    ("short", KERNEL[:-1], f"is cut short: it has 5119 bytes, but {CUT}"),
)

WAY_OUT = "; for kernel hashes use OVMF.amdsev.fd of Debian's package ovmf-amdsev (from forky on)"

#: Images, the object that refuses them, and how the message goes on after "but the firmware 'NAME' ".
AREAS: tuple[tuple[str, Firmware, tuple[str, ...], str], ...] = (
    ("none", amd_sev(None), ("sev-guest", "sev-snp-guest"), "has no area for kernel hashes in its table"),
    ("stock", amd_sev((0, 0)), ("sev-guest", "sev-snp-guest"),
     "has an area of 0x0 bytes at 0x0 for kernel hashes, whose table takes 0xb0"),
    ("nowhere", amd_sev((0, 0x400)), ("sev-guest", "sev-snp-guest"),
     "has an area of 0x400 bytes at 0x0 for kernel hashes, whose table takes 0xb0"),
    ("small", amd_sev((0x810C00, 0xAF)), ("sev-guest", "sev-snp-guest"),
     "has an area of 0xaf bytes at 0x810c00 for kernel hashes, whose table takes 0xb0"),
    ("unaligned", amd_sev((0x810C08, 0x400)), ("sev-guest",),
     "has its area for kernel hashes at 0x810c08, which is no multiple of 16"),
    ("inside", amd_sev((0xFFFFD000, 0x400)), ("sev-guest", "sev-snp-guest"),
     "has its area for kernel hashes, 0x400 bytes at 0xffffd000, not below itself (0xffffc000)"),
    ("reaching", amd_sev((0xFFFFBF00, 0x400)), ("sev-guest", "sev-snp-guest"),
     "has its area for kernel hashes, 0x400 bytes at 0xffffbf00, not below itself (0xffffc000)"),
    ("wrapping", amd_sev((0xFFFFFFF0, 0xFFFFFFF0)), ("sev-guest", "sev-snp-guest"),
     "has its area for kernel hashes, 0xfffffff0 bytes at 0xfffffff0, not below itself (0xffffc000)"),
    ("no section", amd_sev(sections=tuple(one for one in ALL_SECTIONS if one[2] != SECTION_KERNEL_HASHES)),
     ("sev-snp-guest",), "has no page for kernel hashes in its SEV metadata (a section of type 16)"),
    ("two sections", amd_sev(sections=(*ALL_SECTIONS, (0x900000, 0x1000, SECTION_KERNEL_HASHES))),
     ("sev-snp-guest",), "has two pages for kernel hashes, at 0x810000 and 0x900000"),
    ("large section", amd_sev(sections=((0x80F000, 0x2000, SECTION_KERNEL_HASHES),)), ("sev-snp-guest",),
     "has a section of 0x2000 bytes at 0x80f000 for kernel hashes instead of a page"),
    ("other page", amd_sev((0x812000, 0x400)), ("sev-snp-guest",),
     "has its area for kernel hashes at 0x812000, and their table does not fit the page at 0x810000"),
    ("page before", amd_sev((0x80FFF0, 0x400)), ("sev-snp-guest",),
     "has its area for kernel hashes at 0x80fff0, and their table does not fit the page at 0x810000"),
    ("end of page", amd_sev((0x810F51, 0x400)), ("sev-snp-guest",),
     "has its area for kernel hashes at 0x810f51, and their table does not fit the page at 0x810000"),
)


def _exactly(name: str, argv: list[Argument], message: str, ways: tuple[Way, ...] = (Way.PLAN, Way.LAUNCH)) -> Case:
    return Case(f"kernel: {name}", tuple(argv), (f"cgvm: {message}\n",), ways)


def _protected(properties: str = "", kind: str = "sev-guest") -> list[Argument]:
    return ["-cpu", "EPYC-Milan", "-object", f"{kind},id=sev0{properties}",
            "-machine", "confidential-guest-support=sev0"]


def _direct(directory: Path) -> Iterator[Case]:
    """Kernels that cannot be started without a firmware, and guests that are not started so."""
    for name, build, message in (
        ("direct-old", LinuxImage(version=0x020B, seed=1),
         "the kernel '{}' has no entry for 64-bit boot loaders, and nothing else can start it without a firmware; "
         "give a 64-bit kernel of Linux 3.8 or later, or a firmware (-bios) that starts it"),
        ("direct-32", LinuxImage(seed=1, xloadflags=0),
         "the kernel '{}' has no entry for 64-bit boot loaders, and nothing else can start it without a firmware; "
         "give a 64-bit kernel of Linux 3.8 or later, or a firmware (-bios) that starts it"),
        ("direct-low", LinuxImage(seed=1, xloadflags=1, preferred=0x8000),
         "the header of the kernel '{}' wants it to be loaded at 0x8000, which is no page between 1 MiB and 4 GiB; "
         "build it again with another CONFIG_PHYSICAL_START"),
        ("direct-large", LinuxImage(seed=1, xloadflags=1, init_size=0x8000000),
         "the kernel '{}' needs memory from 0x1000000 to 0x9000000, but the guest's ends at 0x8000000; "
         "give it more (-m)"),
    ):
        kernel = directory / name
        kernel.write_bytes(build.build())
        yield _exactly(name, ["-machine", "microvm", "-kernel", kernel], message.format(name), (Way.LAUNCH,))
        yield _exactly(f"{name}, sev-guest", [*_protected(), "-kernel", kernel], message.format(name))
    kernel = directory / "direct-right"
    kernel.write_bytes(LinuxImage(seed=1, xloadflags=1).build())
    yield _exactly("kernel hashes without firmware", [*_protected(",kernel-hashes=on"), "-kernel", kernel],
                   "sev-guest 'sev0': 'kernel-hashes' is on, but there is no firmware (-bios) that would read them; "
                   "without one kernel, initrd and command line are measured themselves: turn it off")
    yield _exactly("kernel hashes without firmware, sev-snp-guest",
                   [*_protected(",kernel-hashes=on", kind="sev-snp-guest"), "-kernel", kernel],
                   "sev-snp-guest 'sev0': 'kernel-hashes' is on, but there is no firmware (-bios) that would read them; "
                   "without one kernel, initrd and command line are measured themselves: turn it off")
    yield _exactly("C-bit at 31, sev-snp-guest", [*_protected(",cbitpos=31", kind="sev-snp-guest"), "-kernel", kernel],
                   "sev-snp-guest 'sev0': 'cbitpos' is 31, which is no bit of page-table entries that a kernel could be "
                   "started with; give one from 32 to 51, or leave it out")
    for cbitpos in (0, 31, 52, 63):
        yield _exactly(f"C-bit at {cbitpos}", [*_protected(f",cbitpos={cbitpos}"), "-kernel", kernel],
                       f"sev-guest 'sev0': 'cbitpos' is {cbitpos}, which is no bit of page-table entries that a "
                       "kernel could be started with; give one from 32 to 51, or leave it out")
    for cbitpos in (32, 47):
        yield _exactly(f"C-bit at {cbitpos} of another host", [*_protected(f",cbitpos={cbitpos}"), "-kernel", kernel],
                       f"sev-guest 'sev0': 'cbitpos' is {cbitpos}, but this host's C-bit is at 51; leave the property "
                       "out or set it to 51", (Way.SIMULATE,))
    yield _exactly("no place for a long command line", [*_protected(), "-kernel", kernel, "-append", "x" * 2048],
                   "-append has 2048 bytes, and the kernel 'direct-right' takes at most 2047; make it shorter")
    initrd = directory / "direct-initrd"
    with open(initrd, "wb") as file:
        file.truncate(120 << 20)
    yield _exactly("no place for a large initrd", [*_protected(), "-kernel", kernel, "-initrd", initrd],
                   "the initrd 'direct-initrd' has 125829120 bytes, and there is no room for it between the end of the "
                   "kernel at 0x1100000 and 0x8000000; give the guest more memory (-m) or a smaller initrd")


def _options(right: Path, directory: Path) -> Iterator[Case]:
    """Options that do not go together, and files that are none."""
    plain = guest(right)
    kernel = directory / "bzImage"
    kernel.write_bytes(KERNEL)
    fifo = directory / "kernel.fifo"
    os.mkfifo(fifo)
    nothing = directory / "nothing"
    nothing.write_bytes(b"")
    for option, value in (("initrd", kernel), ("append", "quiet"), ("append", "")):
        yield _exactly(f"{option} {value!r} alone".replace(str(directory), ""), [*plain, f"-{option}", value],
                       f"-{option} is given without -kernel, which it is for; give both, or leave it out")
    for kind in ("sev-guest", "sev-snp-guest"):
        yield _exactly(f"neither firmware nor kernel, {kind}", _protected(kind=kind),
                       "no firmware is given; name an image with -bios, for example /usr/share/ovmf/OVMF.fd of "
                       "Debian's package ovmf")
    yield from _direct(directory)
    for option in ("kernel", "initrd"):
        before: list[Argument] = [*plain, *(["-kernel", kernel] if option == "initrd" else [])]
        yield _exactly(f"empty name of {option}", [*before, f"-{option}", ""], f"-{option}: the value is empty")
        missing = directory / f"missing-{option}"
        yield _exactly(f"missing {option}", [*before, f"-{option}", missing],
                       f"cannot open the {option} '{missing}': No such file or directory")
        for path in (directory, fifo, "/dev/zero"):
            yield _exactly(f"{option} is {Path(path).name}", [*before, f"-{option}", path],
                           f"the {option} '{path}' is not a regular file; name one that is")
        huge = directory / f"huge-{option}"
        for size, memory in ((128 << 20, 128), (4 * GIB, 8192), (1 << 40, 128)):
            sparse = huge.with_suffix(f".{size}")
            with open(sparse, "wb") as file:
                file.truncate(size)
            yield _exactly(f"{option} of {size} bytes", [*before, f"-{option}", sparse, "-m", str(memory)],
                           f"the {option} '{sparse}' has {size} bytes; kernel and initrd together must be smaller "
                           f"than the guest's memory, which has {memory} MiB (-m), and each smaller than 4 GiB")
    both = directory / "initrd-and-kernel"
    with open(both, "wb") as file:
        file.truncate((128 << 20) - len(KERNEL))
    yield _exactly("initrd that fits but for the kernel", [*plain, "-kernel", kernel, "-initrd", both],
                   f"the initrd '{both}' has {(128 << 20) - len(KERNEL)} bytes; kernel and initrd together must be "
                   "smaller than the guest's memory, which has 128 MiB (-m), and each smaller than 4 GiB")
    yield _exactly("nothing", [*plain, "-kernel", nothing], f"the kernel '{nothing}' is empty; name another file")


def kernel_cases(right: Path, directory: Path) -> Iterator[Case]:
    """Every case about direct boot, with a firmware that is all @right. Makes files in @directory."""
    yield from _options(right, directory)
    for name, contents, message in KERNELS:
        path = directory / f"{name}.kernel"
        path.write_bytes(contents)
        yield _exactly(name, [*guest(right), "-kernel", path], f"the kernel '{path.name}' {message}")
    for kind in ("sev-guest", "sev-snp-guest"):
        yield _exactly(f"none to hash, {kind}", guest(right, "kernel-hashes=on", kind=kind),
                       f"{kind} 'sev0': 'kernel-hashes' is on, but there is no kernel to hash; name one with "
                       "-kernel, or turn it off")
    kernel = directory / "bzImage"
    for name, image, kinds, message in AREAS:
        path = directory / f"area-{name.replace(' ', '-')}.fd"
        path.write_bytes(image.build())
        for kind in kinds:
            yield _exactly(f"area, {name}, {kind}", [*guest(path, "kernel-hashes=on", kind=kind), "-kernel", kernel],
                           f"{kind} 'sev0': 'kernel-hashes' is on, but the firmware '{path.name}' {message}{WAY_OUT}")
    path = directory / "area-outside.fd"
    path.write_bytes(amd_sev((0x7FFFF00, 0x400)).build())
    for kind in ("sev-guest", "sev-snp-guest"):
        yield _exactly(f"area outside RAM, {kind}", [*guest(path, "kernel-hashes=on", kind=kind), "-kernel", kernel],
                       f"{kind} 'sev0': 'kernel-hashes' is on, but the guest has no memory for the area that the "
                       f"firmware '{path.name}' has for kernel hashes, 0x400 bytes at 0x7ffff00; give it more with -m")
    broken = directory / "area-broken.fd"
    broken.write_bytes(Firmware(more_entries=(entry(HASHES_AREA, 0x810C00),)).build())
    yield Case("kernel: entry of 4 bytes", (*guest(broken, "kernel-hashes=on"), "-kernel", kernel),
               ("kernel hashes area", "holds 4 bytes instead of 8"))
