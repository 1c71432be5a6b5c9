# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QMP client as small as can be, and a cgvm that it talks to."""

from __future__ import annotations

import contextlib
import json
import signal
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
        self.events: list[dict[str, Any]] = []

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
        """The reply to @command; events that come before it are kept in `events`."""
        self.send(json.dumps({'execute': command, 'arguments': arguments}))
        while 'event' in (reply := self.receive()):
            self.events.append(reply)
        return reply

    def wait_for(self, event: str) -> dict[str, Any]:
        """The next @event that has come or comes; what came before it is dropped."""
        while True:
            found = self.events.pop(0) if self.events else self.receive()
            if found.get('event') == event:
                return found

    def take_events(self) -> list[str]:
        """The names of the events that have come, which are dropped."""
        names = [event['event'] for event in self.events]
        self.events.clear()
        return names

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
def server(cgvm: str, *options: str, status: int = 0) -> Iterator[Path]:
    """The path of the socket of a cgvm with a monitor and @options, by default of the machine "none" on a simulated host.
    SIGTERM ends it, unless it has ended, with @status; it says nothing but what it has launched."""
    options = options or ('-accel', 'sim', '-machine', 'none')
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / 'qmp'
        monitor = ('-chardev', f'socket,id=mon,path={path},server=on,wait=off', '-mon', 'mon,mode=control')
        # What commands make of file names that are wrong stays in the directory.
        with subprocess.Popen([str(Path(cgvm).resolve()), *options, *monitor], cwd=directory, stderr=subprocess.PIPE,
                              encoding='utf-8') as process:
            while not listens(path) and process.poll() is None:
                time.sleep(0.01)
            try:
                yield path
                process.send_signal(signal.SIGTERM)
                _, stderr = process.communicate(timeout=TIMEOUT)
            finally:
                process.kill()
            said = [line for line in stderr.splitlines()
                    if not line.startswith(('cgvm: launched ', 'cgvm: reset ', 'cgvm: pv0 has become a secure one: '))]
            if process.returncode != status or said:
                raise RuntimeError(f'the server ended with {process.returncode}: {stderr}')
            if path.exists():
                raise RuntimeError('the socket is still there')


def listens(path: Path) -> bool:
    """Whether somebody listens at @path, as /proc knows without connecting."""
    for line in Path('/proc/net/unix').read_text('utf-8').splitlines():
        words = line.split()
        # The flag says that the socket accepts connections.
        if words[-1] == str(path) and words[3] == '00010000':
            return True
    return False
