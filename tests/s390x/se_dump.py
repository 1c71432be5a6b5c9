# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads core files of guests of IBM Z, and opens dumps of secure ones with their communication key.

It follows the ELF specification and what zgetdump of s390-tools reads (zdump/pv_defs.h, pv_utils.c), and shares nothing
with cgvm.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass

import aes256

PAGE = 4096
MIB = 1 << 20
PT_LOAD, PT_NOTE = 1, 4
SHT_NULL, SHT_PROGBITS, SHT_STRTAB = 0, 1, 3
NT_PRSTATUS = 1
NT_S390_PV_CPU_DATA = 0x30e
#: What a CPU has, in the file's order; the last one only if the guest is secure.
NOTES = (('CORE', 1, 336), ('CORE', 2, 136), ('LINUX', 0x305, 4), ('LINUX', 0x304, 128), ('LINUX', 0x301, 8),
         ('LINUX', 0x302, 8), ('LINUX', 0x303, 4), ('LINUX', 0x309, 128), ('LINUX', 0x30a, 256))
COMPLETION, CPU = 288, 1568
ZERO, SHARED = 1, 2


class Broken(Exception):
    """What is wrong with a dump."""


def need(condition: object, what: str) -> None:
    """Ends the reading unless @condition holds."""
    if not condition:
        raise Broken(what)


@dataclass(frozen=True)
class Note:
    """A note of a core file."""

    name: str
    kind: int
    data: bytes


@dataclass(frozen=True)
class Core:
    """A core file."""

    notes: list[Note]
    memory: dict[int, bytes]  #: what is at which address
    sections: dict[str, bytes]

    def cpus(self) -> list[list[Note]]:
        """The notes of each CPU."""
        found: list[list[Note]] = []
        for note in self.notes:
            if note.kind == NT_PRSTATUS:
                found.append([])
            found[-1].append(note)
        return found


def _read_notes(data: bytes) -> list[Note]:
    notes, at = [], 0
    while at < len(data):
        name_size, size, kind = struct.unpack_from('>III', data, at)
        start = at + 12 + -(-name_size // 4) * 4
        need(start + size <= len(data), 'a note ends behind the last one')
        name = data[at + 12:at + 12 + name_size]
        need(name.endswith(b'\0'), 'the name of a note has no end')
        notes.append(Note(name[:-1].decode('ascii'), kind, data[start:start + size]))
        at = start + -(-size // 4) * 4
    need(at == len(data), 'the last note is cut off')
    return notes


def read(file: bytes) -> Core:
    """The core file @file, of which every byte must belong to something."""
    need(file[:16] == b'\x7fELF\2\2\1' + bytes(9), 'it is no big-endian ELF file of 64 bits')
    (kind, machine, version, entry, program_at, section_at, flags, header_size, program_size, n_programs, section_size,
     n_sections, names_at) = struct.unpack_from('>HHIQQQIHHHHHH', file, 16)
    need((kind, machine, version, entry, flags) == (4, 22, 1, 0, 0), 'it is no core file of s390')
    need((header_size, program_size, section_size) == (64, 56, 64), 'the headers have other sizes')
    used = [(0, 64), (program_at, program_at + 56 * n_programs), (section_at, section_at + 64 * n_sections)]
    notes: list[Note] = []
    memory: dict[int, bytes] = {}
    for i in range(n_programs):
        kind, _, offset, virtual, gpa, size, memory_size, _ = struct.unpack_from('>IIQQQQQQ', file, program_at + 56 * i)
        need(size == memory_size and virtual == gpa and offset + size <= len(file), 'a program header is wrong')
        need(kind in (PT_LOAD, PT_NOTE), 'there is something else than memory and notes')
        used.append((offset, offset + size))
        if kind == PT_NOTE:
            notes += _read_notes(file[offset:offset + size])
        else:
            memory[gpa] = file[offset:offset + size]
    headers = [struct.unpack_from('>IIQQQQIIQQ', file, section_at + 64 * i) for i in range(n_sections)]
    need(headers[0] == (0,) * 10, 'the first section is something')
    need(headers[names_at][1] == SHT_STRTAB, 'the names of sections are somewhere else')
    names = file[headers[names_at][4]:headers[names_at][4] + headers[names_at][5]]
    sections = {}
    for name_at, kind, _, _, offset, size, *_ in headers[1:]:
        need(offset + size <= len(file) and kind in (SHT_PROGBITS, SHT_STRTAB), 'a section is wrong')
        used.append((offset, offset + size))
        sections[names[name_at:names.index(b'\0', name_at)].decode('ascii')] = file[offset:offset + size]
    used.sort()
    need(all(one[1] == two[0] for one, two in zip(used, used[1:])) and used[-1][1] == len(file),
         'there are gaps, or parts that overlap')
    return Core(notes, memory, sections)


@dataclass(frozen=True)
class Guest:
    """What the owner finds in a dump."""

    memory: dict[int, bytes]
    psws: list[tuple[int, int]]
    encrypted: list[int]  #: addresses of the pages that were


def _open_part(key: bytes, part: bytes, header: int, iv: int) -> bytes:
    """GCM in counter mode gives back what was encrypted; then the tag must be the same."""
    text, tag = part[header:-16], part[-16:]
    plain, _ = aes256.gcm_encrypt(key, part[iv:iv + 12], part[:header], text)
    need(aes256.gcm_encrypt(key, part[iv:iv + 12], part[:header], plain) == (text, tag), 'a tag is wrong')
    return plain


def _dump_key(owner: bytes, seed: bytes) -> bytes:
    """HKDF with SHA-512, of which one round is enough."""
    extracted = hmac.new(seed, owner, hashlib.sha512).digest()
    return hmac.new(extracted, b'IBM Z Ultravisor Dump\1', hashlib.sha512).digest()[:32]


def _open_page(page: bytes, state: bytes, keys: bytes) -> bytes | None:
    """A page that is encrypted, or None."""
    if state[:4] == b'\xff' * 4:
        need(state[4:15] == bytes(11) and state[15] in (ZERO, SHARED), 'a page has an unknown state')
        return None
    tweak = bytes(a | b for a, b in zip(state, keys[:16]))
    return aes256.xts(keys[16:80], tweak, page, decrypt=True)


def open_dump(core: Core, owner: bytes) -> Guest:
    """The guest of the secure dump @core, whose communication key is @owner."""
    need(len(core.memory) == 1, 'zgetdump reads one piece of memory')
    (gpa, memory), = core.memory.items()
    states, completion = core.sections['pv_mem_meta'], core.sections['pv_compl']
    need(len(states) == len(memory) // PAGE * 16, 'not each page has a state')
    need(struct.unpack_from('>II', completion) == (1, COMPLETION), 'the completion has another version')
    need(not any(completion[COMPLETION:]), 'there is something behind the completion')
    dump_key = _dump_key(owner, completion[16:80])
    keys = _open_part(dump_key, completion[:COMPLETION], 96, 80)
    pages, encrypted = [], []
    for i in range(len(memory) // PAGE):
        page, state = memory[i * PAGE:(i + 1) * PAGE], states[i * 16:(i + 1) * 16]
        opened = _open_page(page, state, keys)
        if opened is not None:
            encrypted.append(gpa + i * PAGE)
        pages.append(opened if opened is not None else page if state[15] == SHARED else bytes(PAGE))
    psws = []
    for note in core.notes:
        if note.kind == NT_S390_PV_CPU_DATA:
            need(struct.unpack_from('>II', note.data) == (1, CPU), 'a CPU has another version')
            psws.append(struct.unpack_from('>QQ', _open_part(dump_key, note.data[:CPU], 32, 8), 128))
    return Guest({gpa: b''.join(pages)}, psws, encrypted)
