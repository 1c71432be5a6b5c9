# SPDX-License-Identifier: LGPL-2.1-or-later
"""Options of sev-guest that must be refused, and what the message must say."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

from bad_options import ANYWHERE, Case, Way, blob
from firmware import Firmware
from harness import guest

CERTIFICATE, SESSION = 2084, 128

#: Properties, and words of the message.
PROPERTIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("policy=0x40", ("sev-guest 'sev0'", "'policy' is 0x40", "bits 15:6", "must be zero")),
    ("policy=0x8001", ("'policy' is 0x8001", "bits 15:6")),
    ("policy=0x30000001000", ("'policy' must be from 0 to 4294967295",)),
    ("policy=-1", ("'policy' expects an integer",)),
    ("policy=smt", ("'policy' has no flag 'smt'", "its flags are nodbg, noks, es,")),
    ("policy=nodebug", ("'policy' has no flag 'nodebug'", "did you mean 'nodbg'?")),
    ("policy=es+abi=1", ("'policy' has abi=1;", "abi=MAJOR.MINOR")),
    ("handle=x", ("'handle' expects an integer",)),
    ("handle=0x100000000", ("'handle' must be from 0 to 4294967295",)),
    ("legacy-vm-type=maybe", ("sev-guest 'sev0'", "'legacy-vm-type'", '"maybe"')),
    ("legacy-vm-type=", ("'legacy-vm-type'",)),
    ("secure-tsc=on", ("no property 'secure-tsc'",)),
    ("host-data=" + blob(32), ("no property 'host-data'",)),
    ("debug-swap=on", ("sev-guest 'sev0'", "'debug-swap' is on", "without SEV-ES", "bit 2 of 'policy' (0x5)")),
    ("debug-swap=on,policy=5,legacy-vm-type=on", ("'debug-swap' is on", "legacy VM type",
                                                  "leave 'legacy-vm-type' out")),
    ("cbitpos=64", ("'cbitpos' must be from 0 to 63",)),
    ("reduced-phys-bits=0", ("'reduced-phys-bits' must be from 1 to 63",)),
    ("expect-digest=" + "0" * 62, ("'expect-digest' expects", "64 for SEV and SEV-ES")),
)

#: Properties that only a host, or a finished plan, shows to be wrong.
HOSTED: tuple[tuple[str, tuple[str, ...], tuple[Way, ...]], ...] = (
    ("cbitpos=47", ("sev-guest 'sev0'", "'cbitpos' is 47", "set it to 51"), (Way.SIMULATE,)),
    ("sev-device=/dev/none", ("cannot open sev-device '/dev/none'",), (Way.SIMULATE,)),
    ("policy=0xff0001", ("this host's firmware is 1.55, but 'policy' asks for at least 255.0",), (Way.SIMULATE,)),
    ("policy=nodbg+abi=1.56", ("this host's firmware is 1.55, but 'policy' asks for at least 1.56",),
     (Way.SIMULATE,)),
    ("expect-digest=" + "0" * 64, ("'expect-digest' is " + "0" * 64, "would be "), ANYWHERE),
    ("expect-digest=" + "0" * 96, ("'expect-digest' has 96 digits", "sev-guest has 64"), ANYWHERE),
)

#: What dh-cert-file holds, and words of the message; None: there is no such file.
FILES: tuple[tuple[str, bytes | None, tuple[str, ...]], ...] = (
    ("missing", None, ("cannot open", "No such file")),
    ("empty", b"", ("has 0 bytes", "holds base64")),
    ("not base64", b"!" * 2780, ("not valid base64",)),
    ("not padded", base64.b64encode(bytes(CERTIFICATE)).rstrip(b"="), ("not valid base64",)),
    ("binary", bytes(CERTIFICATE), ("is not text", "holds base64")),
    ("not UTF-8", b"\xff" * 2780, ("dh-cert",)),
    ("too short", base64.b64encode(bytes(CERTIFICATE - 1)), ("is 2083 bytes long", "exactly 2084")),
    ("too long", base64.b64encode(bytes(CERTIFICATE + 1)), ("is 2085 bytes long", "exactly 2084")),
    ("a session", base64.b64encode(bytes(SESSION)), ("is 128 bytes long", "exactly 2084")),
    ("huge", b"A" * 16385, ("has 16385 bytes", "at most 16 KiB")),
)


def sev_cases(right: Path, directory: Path) -> Iterator[Case]:
    """All of them, with a firmware that is all @right."""
    def case(name: str, properties: str, words: tuple[str, ...], ways: tuple[Way, ...]) -> Case:
        return Case(f"sev-guest, {name}", tuple(guest(right, properties, kind="sev-guest")), words, ways)

    for properties, words in PROPERTIES:
        yield case(properties, properties, words, (Way.PLAN, Way.LAUNCH))
    for properties, words, ways in HOSTED:
        yield case(properties, properties, words, ways)

    certificate, session = directory / "certificate.base64", directory / "session.base64"
    certificate.write_bytes(base64.encodebytes(bytes(CERTIFICATE)))
    session.write_bytes(base64.encodebytes(bytes(SESSION)))
    fifo = directory / "certificate.fifo"
    os.mkfifo(fifo)
    for alone, other in (("dh-cert-file", "session-file"), ("session-file", "dh-cert-file")):
        yield case(f"{alone} alone", f"{alone}={session}",
                   (f"'{alone}' is given without '{other}'", "give both"), (Way.PLAN, Way.LAUNCH))
    for name, contents, words in FILES:
        path = directory / f"certificate, {name}".replace(", ", "-").replace(" ", "-")
        if contents is not None:
            path.write_bytes(contents)
        yield case(f"certificate {name}", f"dh-cert-file={path},session-file={session}",
                   ("sev-guest 'sev0'", "'dh-cert-file'", path.name, *words), (Way.PLAN, Way.LAUNCH))
    for path, word in ((directory, "not a regular file"), (fifo, "not a regular file")):
        yield case(f"certificate {path.name}", f"dh-cert-file={path},session-file={session}",
                   ("'dh-cert-file'", word), (Way.PLAN, Way.LAUNCH))
    yield case("certificate as session", f"dh-cert-file={certificate},session-file={certificate}",
               ("'session-file'", certificate.name, "is 2084 bytes long", "exactly 128"),
               (Way.PLAN, Way.LAUNCH))
    yield Case("sev-guest, SEV-ES on a host without it",
               ("-accel", "sim,run=off,model=EPYC-Naples", *guest(right, "policy=5", kind="sev-guest")),
               ("sev-guest 'sev0'", "bit 2 of 'policy' asks for SEV-ES", "leave the bit out"), (Way.GIVEN,))
    yield Case("sev-guest, SEV-ES VM type on a host without it",
               ("-accel", "sim,run=off,model=EPYC-Naples",
                *guest(right, "policy=5,legacy-vm-type=off", kind="sev-guest")),
               ("offers no SEV-ES guests", "KVM_CAP_VM_TYPES", "legacy-vm-type=on"), (Way.GIVEN,))
    # The certificate is in the place of the guest owner's key, and all zeros.
    yield case("zeros as certificate", f"dh-cert-file={certificate},session-file={session}",
               ("LAUNCH_START", "the firmware answered"), (Way.SIMULATE,))

    without_reset = directory / "without-reset.fd"
    without_reset.write_bytes(Firmware(reset_address=None).build())
    yield Case("sev-guest, SEV-ES without a reset block",
               tuple(guest(without_reset, "policy=5", kind="sev-guest", vcpus=2)),
               ("sev-guest 'sev0'", "where further vCPUs start", "use -smp 1"))
