#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that the two sides of the door to KVM know nothing of each other. Prints TAP.

Below it, the simulated host computes digests and register pages from the bytes that came through, in code of its own: it
must not see the plan or a mechanism, on whatever way. Above it, nothing must see the simulated host but where a target
hands its table over.
"""

from __future__ import annotations

import re
import sys

import tree

BELOW = re.compile(r'hw/simhost[^/]*|hw/sim-steps[^/]*|hw/sim-target\.h|target-[^/]*/(?:[^/]*-sim|sim-[^/]*|psp[^/]*|(?:ppc-)?uv[^/]*)\.[ch]')

#: Never seen from below.
PLAN = {
    'confidential/plan.h',
    'confidential/confidential-guest-support.h',
    'qapi-types.h',
    'target-i386/cpu-models.h',
    'target-i386/firmware-fit.h',
    'target-i386/firmware-info.h',
    'target-i386/kernel-hashes.h',
    'target-i386/linux-boot.h',
    'target-i386/ovmf.h',
    'target-i386/secret-table.h',
    'target-i386/sev-cert.h',
    'target-i386/sev-common.h',
    'target-i386/sev-owner.h',
    'target-i386/sev-policy.h',
    'target-i386/sev-sealed.h',
    'target-i386/snp-digest.h',
    'target-i386/snp-id-block.h',
    'target-i386/snp-id-info.h',
    'target-i386/snp-id-owner.h',
    'target-i386/vmsa.h',
    'target-i386/x86-machine.h',
    'target-ppc/boot-parts.h',
    'target-ppc/device-tree.h',
    'target-ppc/papr-hcall.h',
    'target-ppc/papr-rtas.h',
    'target-ppc/pseries.h',
    'target-s390x/pv-image-info.h',
    'target-s390x/pv-image-make.h',
    'target-s390x/pv-image.h',
    'target-s390x/pv-ipib.h',
    'target-s390x/s390-boot.h',
    'target-s390x/s390-kernel.h',
    'target-s390x/s390-machine.h',
    'target-s390x/s390-pv.h',
    'target-s390x/sclp.h',
}

#: Where the one side is handed the other: including file, header.
HANDED_OVER = {
    ('hw/accel.c', 'hw/simhost.h'),
    ('lib/pv-image.c', 'target-s390x/sim-host-key.h'),
    ('target-i386/x86-machine.c', 'target-i386/sim-x86.h'),
    ('target-ppc/pseries.c', 'target-ppc/sim-ppc.h'),
    ('target-s390x/s390-machine.c', 'target-s390x/sim-s390.h'),
}


def is_below(path: str) -> bool:
    """Whether @path is part of the simulated host."""
    return BELOW.fullmatch(path) is not None


def headers(path: str) -> list[str]:
    """The headers of the tree that @path includes itself."""
    found = [tree.resolve(include) for include in tree.includes(path)]
    return [header for header in found if header]


def chains(path: str) -> list[str]:
    """The ways on which @path sees a header of the plan."""
    found: list[str] = []
    seen = {path}
    ways = [[path]]
    while ways:
        way = ways.pop()
        if way[-1] in PLAN:
            found.append(' -> '.join(way))
            continue
        if way[-1] in tree.GENERATED:
            continue
        for header in headers(way[-1]):
            if header not in seen:
                seen.add(header)
                ways.append([*way, header])
    return found


def main() -> int:
    """Runs the tests; returns the exit status."""
    paths = [path for path in tree.files('.c', '.h') if not path.startswith('tests/')]
    below = [path for path in paths if is_below(path)]
    mentioned = PLAN | {path for pair in HANDED_OVER for path in pair}
    upward = tree.Result('the simulated host sees neither the plan nor a mechanism')
    downward = tree.Result('nothing above the door sees the simulated host')
    known = tree.Result('all files that this test names exist')
    for path in below:
        upward.problems += chains(path)
    for path in paths:
        for header in headers(path):
            if is_below(header) and not is_below(path) and (path, header) not in HANDED_OVER:
                downward.problems.append(f'{path} -> {header}')
    known.problems = [f'{path} does not exist' for path in sorted(mentioned) if not tree.resolve(path)]
    if not below:
        known.problems.append('there is no simulated host')
    return tree.report([upward, downward, known])


if __name__ == '__main__':
    sys.exit(main())
