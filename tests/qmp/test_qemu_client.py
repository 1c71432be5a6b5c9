#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU's own QMP client drives our server. Prints TAP.

Usage: test_qemu_client.py CGVM. The environment variable CGVM_QEMU_SOURCE names an unpacked source tree of QEMU (Debian:
apt-get source qemu), of which python/qemu/qmp is taken; without it everything is skipped.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from client import TIMEOUT, server

TITLE = "QEMU's client negotiates, asks, is refused and leaves"


async def talk(path: Path) -> None:
    """A conversation with the server at @path."""
    # It is no part of this tree, so nothing is known of it before it is found.
    from qemu.qmp import ExecuteError, QMPClient  # type: ignore[import-not-found]  # pylint: disable=import-error

    client: Any = QMPClient('cgvm')
    await client.connect(str(path))
    version = await client.execute('query-version')
    assert version['package'].startswith('cgvm '), version
    names = {command['name'] for command in await client.execute('query-commands')}
    assert {'qom-get', 'query-qmp-schema'} <= names, names
    await client.execute('object-add', {'qom-type': 'sev-snp-guest', 'id': 'sev0', 'policy': 0x30000})
    policy = await client.execute('qom-get', {'path': '/objects/sev0', 'property': 'policy'})
    assert policy == 0x30000, policy
    for arguments, expected in (({'path': '/nope'}, 'DeviceNotFound'), ({'path': 7}, 'GenericError')):
        try:
            await client.execute('qom-list', arguments)
        except ExecuteError as error:
            assert error.error_class == expected, error
        else:
            raise AssertionError(f'qom-list takes {arguments}')
    # Many at once, whose replies it assigns by their ids.
    targets = await asyncio.gather(*(client.execute('query-target') for _ in range(100)))
    assert targets == [{'arch': 'x86_64'}] * 100, targets
    await client.disconnect()


def main() -> int:
    """Runs the test; returns the exit status."""
    source = Path(os.environ.get('CGVM_QEMU_SOURCE', '/nonexistent')) / 'python'
    print('1..1')
    if not (source / 'qemu' / 'qmp').is_dir():
        print(f'ok 1 - {TITLE} # SKIP no QEMU source (CGVM_QEMU_SOURCE)')
        return 0
    sys.path.insert(0, str(source))
    try:
        with server(sys.argv[1]) as path:
            asyncio.run(asyncio.wait_for(talk(path), TIMEOUT))
    except Exception as error:  # pylint: disable=broad-except
        print(f'not ok 1 - {TITLE}\n# {type(error).__name__}: {error}')
        return 1
    print(f'ok 1 - {TITLE}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
