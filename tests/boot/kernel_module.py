# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes of kvm-amd, for the box alone: QEMU's TCG (seen in 7.2; 10.0 reads the same) ends with a failed assertion
when a nested guest writes CR8 while its hypervisor waits for interrupts to be enabled, as UEFI firmware does whenever
it returns from one. With every such write intercepted, as KVM has it when a vCPU starts, QEMU does not see any."""

import struct

SIGNATURE_END = b"~Module signature appended~\n"
CALL, RET = 0xE8, 0xC3


def without_signature(module):
    """@module as if it had never been signed: a kernel that does not insist on signatures takes it changed."""
    if not module.endswith(SIGNATURE_END):
        return module
    end = len(module) - len(SIGNATURE_END)
    size = struct.unpack_from(">I", module, end - 4)[0]
    return module[:end - 12 - size]


def sections(module):
    """Of each section of an ELF file: type, offset, size, and the number of the section that belongs to it."""
    start, = struct.unpack_from("<Q", module, 0x28)
    size, count = struct.unpack_from("<HH", module, 0x3A)
    headers = (struct.unpack_from("<IIQQQQII", module, start + number * size) for number in range(count))
    return [(kind, offset, length, link) for _, kind, _, _, offset, length, link, _ in headers]


def function_offset(module, wanted):
    """Where the function @wanted is in the file."""
    table = sections(module)
    symbols = next(section for section in table if section[0] == 2)
    names = table[symbols[3]][1]
    for entry in range(symbols[1], symbols[1] + symbols[2], 24):
        name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", module, entry)
        text = module[names + name:module.index(b"\0", names + name)]
        if text == wanted.encode():
            return table[section][1] + value
    raise LookupError(f"the module has no function {wanted}")


def keep_cr8_intercepted(module):
    """kvm-amd, as the bytes @module, whose function that lets CR8 through returns at once."""
    changed = bytearray(without_signature(module))
    start = function_offset(changed, "svm_update_cr8_intercept")
    if changed[start] != CALL:
        raise LookupError("svm_update_cr8_intercept does not begin with a call for the function tracer")
    changed[start + 5] = RET
    return bytes(changed)
