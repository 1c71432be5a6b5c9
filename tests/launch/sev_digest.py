#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The launch digest of an SEV or SEV-ES guest that QEMU or cgvm starts from an OVMF image, computed a second
time.

The tests compare cgvm's digests with this one, so nothing here is derived from cgvm: the digest follows the
AMD SEV firmware API (publication 55766), the VMSA the AMD APM volume 2 (snp_digest.py).

    sev_digest.py OVMF.fd [VCPUS CPU-TYPE|SIGNATURE] [--init2] [--debug-swap]

With vCPUs it is that of an SEV-ES guest, without that of an SEV guest, whose registers are not measured.
"""

from __future__ import annotations

import argparse
import hashlib
import sys

from snp_digest import (CPU_SIGNATURES, FEATURE_DEBUG_SWAP, FOUR_GIB, SEV_ES_RESET_BLOCK, ImageError,
                        table_entries, u32, vmsa_page)


def sev_digest(firmware: bytes, hashes: bytes = b"") -> str:
    """The digest of an SEV guest in hexadecimal: where the image lies and how many vCPUs there are is not a
    part of it. @hashes is the table of kernel hashes, if they are measured.
    """
    return hashlib.sha256(firmware + hashes).hexdigest()


def sev_es_digest(firmware: bytes, vcpus: int, signature: int, *, init2: bool = False,
                  debug_swap: bool = False, hashes: bytes = b"") -> str:
    """The digest of an SEV-ES guest in hexadecimal.

    signature is CPUID function 1, EAX, of the CPU model. A guest that INIT2 was for has the state of x87 and
    SSE in its register pages; one that ES_INIT was for has not.
    """
    if vcpus < 1:
        raise ValueError("a guest has at least one vCPU")
    state = hashlib.sha256(firmware + hashes)
    for index in range(vcpus):
        entry_point = FOUR_GIB - 16
        if index:
            entry_point = u32(table_entries(firmware), SEV_ES_RESET_BLOCK, "SEV-ES reset block")
        state.update(vmsa_page(entry_point, signature, FEATURE_DEBUG_SWAP if debug_swap else 0, fpu=init2))
    return state.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Compute the launch digest of an SEV or SEV-ES guest.")
    parser.add_argument("firmware")
    parser.add_argument("vcpus", type=int, nargs="?")
    parser.add_argument("cpu", nargs="?", help="CPU model or signature, with SEV-ES")
    parser.add_argument("--init2", action="store_true", help="the VM is not of the legacy type")
    parser.add_argument("--debug-swap", action="store_true")
    arguments = parser.parse_args()
    if arguments.vcpus is not None and arguments.cpu is None:
        parser.error("SEV-ES measures the CPU's signature: name a model")
    try:
        with open(arguments.firmware, "rb") as file:
            firmware = file.read()
        if arguments.vcpus is None:
            print(sev_digest(firmware))
        else:
            signature = CPU_SIGNATURES.get(arguments.cpu) or int(arguments.cpu, 0)
            print(sev_es_digest(firmware, arguments.vcpus, signature, init2=arguments.init2,
                                debug_swap=arguments.debug_swap))
    except (OSError, ImageError, ValueError) as error:
        sys.exit(f"{arguments.firmware}: {error}")


if __name__ == "__main__":
    main()
