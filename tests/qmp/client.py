# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QMP client as small as can be, and the program with the server that it talks to."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TIMEOUT = 20


class Client:
    """A connection to a server. What the server says is read line by line."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(str(path))
        self.file = self.socket.makefile('rb')

    def send(self, data: bytes | str) -> None:
        """Sends @data as it is."""
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def receive(self) -> dict[str, Any]:
        """The next line, which is an object."""
        line = self.file.readline()
        if not line.endswith(b'\r\n'):
            raise EOFError(f'the server is gone after {line!r}')
        value: dict[str, Any] = json.loads(line)
        return value

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """The reply to @command."""
        self.send(json.dumps({'execute': command, 'arguments': arguments}))
        return self.receive()

    def call(self, command: str, **arguments: Any) -> Any:
        """What @command returns."""
        return self.ask(command, **arguments)['return']

    def negotiate(self) -> dict[str, Any]:
        """Ends the negotiation; returns the greeting."""
        greeting = self.receive()
        self.call('qmp_capabilities')
        return greeting

    def close(self) -> None:
        """Vanishes."""
        self.file.close()
        self.socket.close()


@contextlib.contextmanager
def server(host: str) -> Iterator[Path]:
    """The path of the socket of a server that runs until the last client has gone, with status 0 and silently."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / 'qmp'
        with subprocess.Popen([host, '-chardev', f'socket,id=mon,path={path},server=on', '-mon', 'mon,mode=control'],
                              stderr=subprocess.PIPE, encoding='utf-8') as process:
            while not listens(path) and process.poll() is None:
                time.sleep(0.01)
            try:
                yield path
                _, stderr = process.communicate(timeout=TIMEOUT)
            finally:
                process.kill()
            if process.returncode or stderr:
                raise RuntimeError(f'the server ended with {process.returncode}: {stderr}')


def listens(path: Path) -> bool:
    """Whether somebody listens at @path, as /proc knows without connecting."""
    for line in Path('/proc/net/unix').read_text('utf-8').splitlines():
        words = line.split()
        # The flag says that the socket accepts connections.
        if words[-1] == str(path) and words[3] == '00010000':
            return True
    return False
