#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU's own QMP client drives our server. Prints TAP.

Usage: test_qemu_client.py CGVM CGCTL. The environment variable CGVM_QEMU_SOURCE names an unpacked source tree of QEMU (Debian:
apt-get source qemu), of which python/qemu/qmp is taken; without it everything is skipped.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from client import TIMEOUT, server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'launch'))
from firmware import Firmware  # noqa: E402  # pylint: disable=wrong-import-position

TITLES = ("QEMU's client negotiates, asks, is refused and leaves",
          "QEMU's client walks an owner and a host through a paused launch")


async def connect(path: Path) -> Any:
    """A client of the server at @path."""
    # It is no part of this tree, so nothing is known of it before it is found.
    from qemu.qmp import QMPClient  # type: ignore[import-not-found]  # pylint: disable=import-error

    client: Any = QMPClient('cgvm')
    await client.connect(str(path))
    return client


async def talk(path: Path) -> None:
    """A conversation with the server at @path."""
    from qemu.qmp import ExecuteError  # pylint: disable=import-error

    client = await connect(path)
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


def cgctl(*arguments: str, cwd: Path) -> str:
    """What cgctl prints."""
    return subprocess.run([os.path.abspath(sys.argv[2]), *arguments], cwd=cwd, check=True, capture_output=True, encoding='utf-8').stdout


async def open_session(path: Path, folder: Path) -> None:
    """The owner's files in @folder, for the platform of the server at @path."""
    client = await connect(path)
    platform = await client.execute('query-sev-capabilities')
    await client.disconnect()
    for name in ('pdh', 'cert-chain'):
        (folder / name).write_text(platform[name], encoding='ascii')
    cgctl('secret', 'session', '--pdh', 'pdh', '--cert-chain', 'cert-chain', '--policy', '0x5', '--name', 'guest', cwd=folder)


async def launch(path: Path, folder: Path) -> None:
    """The launch of the guest at @path, verified and given a secret by the owner whose files are in @folder."""
    client = await connect(path)
    assert (await client.execute('query-status'))['status'] == 'prelaunch'
    sev = await client.execute('query-sev')
    digest = (await client.execute('query-launch-plan'))['digest']
    measurement = (await client.execute('query-sev-launch-measure'))['data']
    secret = folder / 'secret'
    secret.touch(mode=0o600)
    secret.write_text('open sesame', encoding='ascii')
    sealed = json.loads(cgctl('secret', 'build', '--state', 'guest.state', '--measurement', measurement, '--digest', digest,
                              '--api', f'{sev["api-major"]}.{sev["api-minor"]}', '--build', str(sev['build-id']),
                              '--disk-passphrase', 'secret', cwd=folder))
    await client.execute('sev-inject-launch-secret', {**sealed, 'gpa': 0x100000})
    with client.listener(('RESUME', 'STOP')) as listener:
        await client.execute('cont')
        assert (await listener.get())['event'] == 'RESUME'
        await client.execute('stop')
        assert (await listener.get())['event'] == 'STOP'
    nonce = base64.b64encode(bytes(range(16))).decode()
    report = await client.execute('query-sev-attestation-report', {'mnonce': nonce})
    assert base64.b64decode(report['data'])[16:48].hex() == digest, report
    await client.disconnect()


async def walk() -> None:
    """An owner and a host, from the session to the guest that runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / 'guest.fd').write_bytes(Firmware().build())
        with server(sys.argv[1]) as path:
            await open_session(path, folder)
        with server(sys.argv[1], '-accel', 'sim,script=halt', '-cpu', 'EPYC-Milan', '-bios', str(folder / 'guest.fd'), '-S',
                    '-object', f'sev-guest,id=sev0,policy=5,dh-cert-file={folder}/guest.dh-cert,'
                    f'session-file={folder}/guest.session',
                    '-machine', 'confidential-guest-support=sev0') as path:
            await launch(path, folder)


async def converse() -> None:
    """A conversation with a server of its own."""
    with server(sys.argv[1]) as path:
        await talk(path)


def main() -> int:
    """Runs the tests; returns the exit status."""
    source = Path(os.environ.get('CGVM_QEMU_SOURCE', '/nonexistent')) / 'python'
    tests: tuple[Callable[[], Awaitable[None]], ...] = (converse, walk)
    status = 0
    print(f'1..{len(tests)}')
    sys.path.insert(0, str(source))
    for number, (title, test) in enumerate(zip(TITLES, tests), 1):
        if not (source / 'qemu' / 'qmp').is_dir():
            print(f'ok {number} - {title} # SKIP no QEMU source (CGVM_QEMU_SOURCE)')
            continue
        try:
            asyncio.run(asyncio.wait_for(test(), TIMEOUT))
            print(f'ok {number} - {title}')
        except Exception as error:  # pylint: disable=broad-except
            status = 1
            print(f'not ok {number} - {title}\n# {type(error).__name__}: {error}')
    return status


if __name__ == '__main__':
    sys.exit(main())
