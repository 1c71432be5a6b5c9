#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests a monitor with a machine behind it: its states, what happens in each, and how it ends. Prints TAP.

Usage: test_machine.py CGVM.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from client import TIMEOUT, Client, listens, server

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'launch'))
from firmware import Firmware  # noqa: E402  # pylint: disable=wrong-import-position
from linux_image import LinuxImage  # noqa: E402  # pylint: disable=wrong-import-position

CGVM = sys.argv[1]
WORK = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
IMAGE = Path(WORK.name) / 'monitor.fd'
KERNEL = Path(WORK.name) / 'kernel'
NONCE = 'AAECAwQFBgcICQoLDA0ODw=='
#: How to come into each state; prelaunch and running start there.
STATES = ('prelaunch', 'running', 'paused', 'shutdown', 'internal-error')
#: Of no type that any argument has, too many, too large, and too deep.
WRONG: tuple[Any, ...] = (None, True, -1, 1 << 63, 1e300, '', 'x' * 70000, '\u2028', [], [[]], {}, {'a': {'b': []}},
                          json.loads('[' * 900 + ']' * 900))


class Problem(Exception):
    """Why a test failed."""


class Skipped(Exception):
    """Why a test cannot be run here."""


def expect(condition: object, message: object) -> None:
    """Ends the test with @message unless @condition holds."""
    if not condition:
        raise Problem(str(message)[:2000])


def refused(reply: dict[str, Any], *words: str) -> None:
    """Ends the test unless @reply is a GenericError in one line with all @words."""
    expect(reply.get('error', {}).get('class') == 'GenericError', reply)
    desc = reply['error']['desc']
    expect('\n' not in desc and all(word in desc for word in words), f'{words}: {desc}')


def options(*more: str, kind: str = 'sev-guest', script: str = 'halt', policy: int = 0, host: str = '') -> list[str]:
    """The options of a confidential guest that does @script."""
    return ['-accel', f'sim{host}' + (f',script={script}' if script else ''), '-cpu', 'EPYC-Milan', '-bios', str(IMAGE),
            '-object', f'{kind},id=sev0' + (f',policy={policy}' if kind == 'sev-guest' else ''),
            '-machine', 'confidential-guest-support=sev0', *more]


@contextlib.contextmanager
def monitor(*more: str, ends_with: int = 0, **what: Any) -> Iterator[Client]:
    """A client of a monitor of such a guest, after the negotiation. The program ends with status @ends_with."""
    with server(CGVM, *options(*more, **what), status=ends_with) as path:
        client = Client(path)
        client.negotiate()
        try:
            yield client
        finally:
            client.close()


def status(client: Client) -> str:
    """The state of the machine."""
    info = client.call('query-status')
    expect(info['running'] == (info['status'] == 'running'), info)
    return str(info['status'])


@contextlib.contextmanager
def in_state(state: str, **what: Any) -> Iterator[Client]:
    """A client of a machine in @state."""
    script = {'shutdown': 'out:0xf4:3', 'internal-error': 'shutdown'}.get(state, 'halt')
    more = ['-S'] if state not in ('running', 'paused') else []
    with monitor(*more, '-no-shutdown', script=script, **what) as client:
        if state == 'paused':
            client.call('stop')
        elif state in ('shutdown', 'internal-error'):
            client.call('cont')
            client.wait_for('STOP')
        expect(status(client) == state, f'{status(client)}, not {state}')
        client.take_events()
        yield client


# ---- states ----

def test_prelaunch() -> None:
    """-S: measured and not launched; cont launches it; events are QEMU's, in QEMU's order."""
    with monitor('-S') as client:
        expect(status(client) == 'prelaunch', status(client))
        expect(client.call('stop') == {} and status(client) == 'prelaunch', 'stop')
        expect(client.call('query-confidential-guest')['state'] == 'paused', 'the state of the guest')
        expect(client.call('query-sev')['state'] == 'launch-secret', 'the state by QEMU')
        measurement = client.call('query-sev-launch-measure')['data']
        client.take_events()
        client.call('cont')
        expect(client.take_events() == ['CONFIDENTIAL_GUEST_STATE', 'RESUME'], 'the events of cont')
        expect(status(client) == 'running', status(client))
        expect(client.call('query-sev-launch-measure')['data'] == measurement, 'the measurement has changed')
        expect(client.call('cont') == {} and not client.take_events(), 'cont while it runs')


def test_pause() -> None:
    """stop and cont, a hundred times, with vCPUs that do not stop by themselves."""
    with monitor('-smp', '4') as client:
        for _ in range(100):
            client.call('stop')
            expect(client.take_events() == ['STOP'] and status(client) == 'paused', 'stop')
            client.call('stop')
            expect(not client.take_events(), 'stop while it is paused')
            client.call('cont')
            expect(client.take_events() == ['RESUME'] and status(client) == 'running', 'cont')
        # A vCPU's thread has just begun when the machine already runs.
        end = time.monotonic() + TIMEOUT
        while not all('thread-id' in vcpu for vcpu in client.call('query-cpus-fast')):
            expect(time.monotonic() < end, 'vCPUs without threads')


def test_reset() -> None:
    """system_reset in every state: a running guest runs on, any other is in prelaunch."""
    for state in STATES:
        with in_state(state) as client:
            digest = client.call('query-confidential-guest')['digest']
            client.call('system_reset')
            names = client.take_events()
            expect(names[-1] == 'RESET', f'{state}: {names}')
            expect(status(client) == ('running' if state == 'running' else 'prelaunch'), f'{state}: {status(client)}')
            expect(client.call('query-confidential-guest')['digest'] == digest, f'{state}: the digest has changed')
            if state != 'running':
                expect(client.call('query-sev')['state'] == 'launch-secret', f'{state}: no secrets can be injected')
                client.call('cont')


def test_ends() -> None:
    """A guest that ends: SHUTDOWN and STOP; it cannot go on, and says what can be done."""
    with in_state('shutdown') as client:
        refused(client.ask('cont'), 'the guest has ended', "'system_reset'")
        expect(client.call('query-sev')['state'] == 'running', 'query-sev')
    with in_state('internal-error') as client:
        refused(client.ask('cont'), 'cannot run on', "'system_reset'")
    with monitor('-S', script='out:0xf4:3', ends_with=7) as client:
        client.call('cont')
        event = client.wait_for('SHUTDOWN')
        expect(event['data'] == {'guest': True, 'reason': 'guest-shutdown'}, event)
        with contextlib.suppress(EOFError, OSError):
            raise Problem(f'the monitor is still there: {client.receive()}')


def test_terminated() -> None:
    """A guest that asks to be terminated: an event with its reason decoded, and the process stays."""
    with monitor('-S', kind='sev-snp-guest', script='sevterm:0:2') as client:
        client.call('cont')
        event = client.wait_for('RUN_FAILED')
        expect("sev-snp-guest 'sev0': vCPU 0: the guest asked to be terminated" in event['data']['reason'], event)
        expect(client.wait_for('STOP') and status(client) == 'internal-error', 'the state')
        expect(client.call('query-sev')['sev-type'] == 'sev-snp', 'query-sev')
    with monitor('-S', kind='sev-snp-guest', script='fault:0x1000:16') as client:
        client.call('cont')
        expect('a memory fault at 0x1000' in client.wait_for('RUN_FAILED')['data']['reason'], 'a memory fault')


def test_failed_launch() -> None:
    """A launch that fails answers cont with the error; the process stays, and a reset tries again."""
    with monitor('-S', host=',fault=LAUNCH_FINISH=0x0c') as client:
        client.take_events()
        refused(client.ask('cont'), "sev-guest 'sev0'", 'LAUNCH_FINISH failed')
        expect('RESUME' not in client.take_events() and status(client) == 'internal-error', 'the state')
        expect(client.call('query-sev')['enabled'] is False, 'there is still a guest')
        refused(client.ask('query-sev-launch-measure'), 'no SEV guest on the host')
        refused(client.ask('cont'), "'system_reset'")
        client.call('system_reset')
        expect(status(client) == 'prelaunch', status(client))
        expect(client.call('query-sev')['state'] == 'launch-secret', 'the second launch')


def test_status() -> None:
    """Without -S a launch that fails ends the program; the guest's end is its status."""
    for more, expected in (({'host': ',fault=LAUNCH_START=0x0c'}, 1), ({'script': 'out:0xf4:3'}, 7)):
        path = Path(WORK.name) / 'status'
        done = subprocess.run([CGVM, *options(**more), '-qmp', f'unix:{path},server=on,wait=off'],  # type: ignore[arg-type]
                              capture_output=True, encoding='utf-8', check=False, timeout=TIMEOUT)
        expect(done.returncode == expected and not path.exists(), done)


def test_alone() -> None:
    """What takes a monitor is refused without one; a client on pipes that vanishes does not end the program."""
    for line, words in ((['-machine', 'none'], 'nothing to start'), (options('-S')[2:], '-S: there is no monitor')):
        done = subprocess.run([CGVM, '-accel', 'sim', *line], capture_output=True, encoding='utf-8', check=False, timeout=TIMEOUT)
        expect(done.returncode == 1 and words in done.stderr and done.stderr.count('\n') == 1, done)
    with subprocess.Popen([CGVM, *options('-S'), '-qmp', 'stdio'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b'{"execute": "qmp_capabilities"}' + b'{"execute": "query-qmp-schema"}' * 20)
        process.stdin.close()
        time.sleep(0.5)
        expect(process.poll() is None, f'it has ended with {process.returncode}')
        process.send_signal(signal.SIGTERM)
        expect(process.wait(TIMEOUT) == 0, process.returncode)


def test_quit() -> None:
    """quit and signals end the program in every state, with SHUTDOWN, and status 0."""
    for state in STATES:
        with in_state(state) as client:
            client.call('quit')
            expect(client.take_events() == ['SHUTDOWN'], f'{state}: quit')
    for state in STATES:
        with in_state(state) as client:
            os.kill(peer(client), signal.SIGINT)
            event = client.wait_for('SHUTDOWN')
            expect(event['data'] == {'guest': False, 'reason': 'host-signal'}, f'{state}: {event}')


def peer(client: Client) -> int:
    """The number of the process at the other end."""
    credentials = client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[:4], sys.byteorder)


def test_power_button() -> None:
    """system_powerdown: POWERDOWN if the guest has enabled its button, also while it is paused; else it says why not."""
    with monitor('-machine', 'microvm') as client:
        refused(client.ask('system_powerdown'), "'microvm' has no power button", '-machine q35')
    with server(CGVM) as path:
        client = Client(path)
        client.negotiate()
        refused(client.ask('system_powerdown'), "'none' has nothing like a power button")
        client.close()
    line = ['-kernel', str(KERNEL), '-no-shutdown']
    for machine in ('microvm', 'q35'):
        with server(CGVM, '-accel', 'sim,script=halt', '-machine', machine, *line) as path:
            client = Client(path)
            client.negotiate()
            refused(client.ask('system_powerdown'), 'has not enabled its power button', 'try again')
            expect(not client.take_events(), 'something has happened')
            client.close()
        with server(CGVM, '-accel', 'sim,script=out:0x603:1+halt', '-machine', machine, *line, '-S') as path:
            client = Client(path)
            client.negotiate()
            refused(client.ask('system_powerdown'), 'has not been started', "'cont'")
            client.call('cont')
            press(client)
            client.call('stop')
            press(client)
            client.call('system_reset')
            refused(client.ask('system_powerdown'), 'has not been started')
            client.close()


def press(client: Client) -> None:
    """Presses the button of a guest that has been started, and enables it sooner or later."""
    client.take_events()
    end = time.monotonic() + TIMEOUT
    while 'error' in (reply := client.ask('system_powerdown')):
        refused(reply, 'has not enabled')
        expect(time.monotonic() < end, 'the button is not enabled')
    expect(reply == {'return': {}} and client.take_events() == ['POWERDOWN'], reply)


# ---- commands ----

def requests(schema: dict[str, Any], command: str) -> Iterator[dict[str, Any]]:
    """Arguments for @command, all of them wrong somewhere."""
    members = schema[schema[command]['arg-type']]['members']
    good: dict[str, Any] = {'str': 'x', 'int': 0, 'bool': False, 'any': None}
    full = {member['name']: good.get(schema[member['type']].get('name', ''), 'x') for member in members}
    yield {'surplus': 1, **full}
    for wrong in WRONG:
        yield {'surplus': wrong}
        for member in members:
            yield {**full, member['name']: wrong}


def test_arguments() -> None:
    """Every command with wrong, missing, surplus, huge and deep arguments, in every state: it is answered."""
    for state in STATES:
        with in_state(state) as client:
            schema = {info['name']: info for info in client.call('query-qmp-schema')}
            for command in [name for name, info in schema.items() if info['meta-type'] == 'command']:
                for arguments in [] if command == 'quit' else requests(schema, command):
                    reply = client.ask(command, **arguments)
                    expect('return' in reply or reply['error']['class'] in ('GenericError', 'DeviceNotFound') or
                           command == 'qmp_capabilities', f'{state}: {command}: {reply}')
                    if 'surplus' in arguments and command not in ('object-add', 'qmp_capabilities'):
                        expect('error' in reply, f'{state}: {command} takes {arguments}')
            expect(client.ask('quit', surplus=1)['error']['class'] == 'GenericError', 'quit')
            expect(status(client) == state, f'{state} has become {status(client)}')


def test_secrets() -> None:
    """Secrets and measurements are for the state that has them; the others say which that is."""
    secret = {'packet-header': 'AAAA', 'secret': 'AAAA'}
    for state in STATES:
        with in_state(state) as client:
            reply = client.ask('sev-inject-launch-secret', **secret)
            words = () if state == 'prelaunch' else ('only be injected while the launch is paused',)
            refused(reply, "sev-guest 'sev0'", *words)
            expect(len(client.call('query-sev-launch-measure')['data']) == 64, state)
            report = client.call('query-sev-attestation-report', mnonce=NONCE)
            expect(report['data'].startswith(NONCE[:20]), report)
            refused(client.ask('query-sev-attestation-report', mnonce='AAAA'), 'has 3 bytes, not 16')
    with in_state('prelaunch', kind='sev-snp-guest') as client:
        refused(client.ask('query-sev-attestation-report', mnonce=NONCE), "sev-snp-guest 'sev0'", 'to the guest alone')
        refused(client.ask('query-sev-launch-measure'), "sev-snp-guest 'sev0'")
        refused(client.ask('sev-inject-launch-secret', **secret), "sev-snp-guest 'sev0'")


def test_memory() -> None:
    """Memory is plaintext, where the policy allows that, or refused by name; never ciphertext."""
    file, size = Path(WORK.name) / 'memory', IMAGE.stat().st_size
    arguments = {'val': (1 << 32) - size, 'size': size, 'filename': str(file)}
    for policy in (0, 4):
        with monitor('-S', policy=policy) as client:
            client.call('pmemsave', **arguments)
            expect(file.read_bytes() == IMAGE.read_bytes(), f'policy {policy}: not what was launched')
            expect(file.stat().st_mode & 0o777 == 0o600, 'others can read it')
            file.unlink()
            refused(client.ask('pmemsave', val=1 << 40, size=1, filename=str(file)), 'guest memory')
            refused(client.ask('pmemsave', val=0, size=1, filename='/nonexistent/x'), 'cannot write')
            refused(client.ask('memsave', val=0, size=1, filename=str(file)), "'pmemsave'")
            refused(client.ask('dump-guest-memory', paging=False, protocol='file:x'), "'pmemsave'")
    for what, words in (({'policy': 1}, ('sev-guest', 'nodbg')), ({'kind': 'sev-snp-guest'}, ('sev-snp-guest',))):
        with monitor('-S', **what) as client:  # type: ignore[arg-type]
            refused(client.ask('pmemsave', **arguments), "'sev0'", *words)
            expect(not file.exists(), 'a file was made')
            refused(client.ask('migrate', uri='tcp:x:1'), "'sev0'", 'cannot leave the host')
            refused(client.ask('snapshot-save', **{'job-id': 'a', 'tag': 'b', 'vmstate': 'c', 'devices': []}), "'sev0'")


def test_frozen() -> None:
    """What the machine is made of stays, in every state; the object in use is not deleted."""
    for state in STATES:
        with in_state(state) as client:
            for value in ('', 'sev0', '/objects/sev0'):
                refused(client.ask('qom-set', path='/machine', property='confidential-guest-support', value=value), state
                        and 'cannot be changed any more')
            refused(client.ask('qom-set', path='/objects/sev0', property='policy', value=1), 'cannot be changed any more')
            refused(client.ask('object-del', id='sev0'), 'in use')
            plan = client.call('query-launch-plan')
            expect(plan['digest'] == client.call('query-confidential-guest')['digest'], plan)


def test_busy() -> None:
    """During a reset the monitor answers; what would disturb it is refused."""
    with monitor('-S') as client:
        requests_ = ('system_reset', 'query-status', 'query-confidential-guest', 'query-target', 'stop', 'object-del')
        arguments: dict[str, Any] = {'object-del': {'id': 'x'}}
        client.send(''.join(json.dumps({'execute': name, 'id': name, 'arguments': arguments.get(name, {})})
                            for name in requests_))
        order, replies = [], {}
        while len(replies) < len(requests_):
            reply = client.receive()
            if 'id' in reply:
                order.append(reply['id'])
                replies[reply['id']] = reply
        expect(order[-1] == 'system_reset', f'the order is {order}')
        expect('return' in replies['query-status'] and 'return' in replies['query-confidential-guest'], replies)
        for name in ('stop', 'object-del'):
            refused(replies[name], 'the machine is being reset', 'try again')
        # Many of them at the same time: all but the first are refused, and nothing is disturbed.
        client.send(''.join(json.dumps({'execute': 'system_reset', 'id': number}) for number in range(10)))
        good = 0
        for _ in range(10):
            while 'id' not in (reply := client.receive()):
                pass
            good += 'return' in reply
        expect(good >= 1 and status(client) == 'prelaunch', f'{good} resets')


def test_probe() -> None:
    """libvirt's probe for what an emulator can do: in the background, on a machine with nothing."""
    with tempfile.TemporaryDirectory() as name:
        path, pidfile = Path(name) / 'qmp.monitor', Path(name) / 'qmp.pid'
        line = ['-S', '-no-user-config', '-nodefaults', '-nographic', '-machine', 'none,accel=kvm:tcg',
                '-qmp', f'unix:{path},server=on,wait=off', '-pidfile', str(pidfile), '-daemonize']
        done = subprocess.run([CGVM, *line], capture_output=True, check=False, timeout=TIMEOUT)
        expect(done.returncode == 0 and not done.stdout and not done.stderr, done)
        expect(listens(path) and int(pidfile.read_text('ascii')) > 1, 'nobody is there')
        client = Client(path)
        client.negotiate()
        expect(status(client) == 'prelaunch', 'the state')
        expect(client.call('query-kvm')['present'], 'query-kvm')
        for command in ('query-version', 'query-target', 'query-qmp-schema', 'query-commands', 'qom-list-types',
                        'query-machines', 'query-cpu-definitions', 'query-command-line-options'):
            expect(client.call(command), command)
        reply = client.ask('query-sev-capabilities')
        expect('return' in reply or reply['error']['class'] == 'GenericError', reply)
        client.call('quit')
        end = time.monotonic() + TIMEOUT
        while (path.exists() or pidfile.exists()) and time.monotonic() < end:
            time.sleep(0.01)
        expect(not path.exists() and not pidfile.exists(), 'something is left')


def test_socat() -> None:
    """socat is client enough."""
    if not shutil.which('socat'):
        raise Skipped('there is no socat')
    with server(CGVM, *options('-S')) as path:
        requests_ = ''.join(f'{{"execute": "{name}"}}\n' for name in ('qmp_capabilities', 'query-sev', 'cont', 'query-status'))
        done = subprocess.run(['socat', '-t', '5', 'STDIO', f'UNIX-CONNECT:{path}'], input=requests_, capture_output=True,
                              encoding='utf-8', check=True, timeout=TIMEOUT)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        expect([*lines[0]] == ['QMP'] and lines[1] == {'return': {}}, lines)
        expect(lines[2]['return']['state'] == 'launch-secret', lines)
        expect([line.get('event') for line in lines[3:5]] == ['CONFIDENTIAL_GUEST_STATE', 'RESUME'], lines)
        expect(lines[5:] == [{'return': {}}, {'return': {'status': 'running', 'running': True}}], lines)


def test_inherited() -> None:
    """A socket that listens, inherited as libvirt hands it down, with its other options."""
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as listener:
        path = Path(name) / 'monitor.sock'
        listener.bind(str(path))
        listener.listen(1)
        line = [*options('-S', '-no-shutdown', '-uuid', 'C7A5FDBD-edaf-9455-926a-d65c16db1809', '-name', 'guest=g,debug-threads=on'),
                '-chardev', f'socket,id=charmonitor,fd={listener.fileno()},server=on,wait=off',
                '-mon', 'chardev=charmonitor,id=monitor,mode=control']
        with subprocess.Popen([CGVM, *line], pass_fds=[listener.fileno()], stderr=subprocess.PIPE) as process:
            client = Client(path)
            client.negotiate()
            expect(client.call('query-name') == {'name': 'g'}, 'query-name')
            expect(client.call('query-uuid') == {'UUID': 'c7a5fdbd-edaf-9455-926a-d65c16db1809'}, 'query-uuid')
            client.call('quit')
            expect(process.wait(TIMEOUT) == 0, process.stderr and process.stderr.read())


TESTS: tuple[Callable[[], None], ...] = (
    test_prelaunch, test_pause, test_reset, test_ends, test_terminated, test_failed_launch, test_status, test_alone,
    test_quit, test_power_button,
    test_arguments, test_secrets, test_memory, test_frozen, test_busy, test_probe, test_socat, test_inherited)


def main() -> int:
    """Runs all tests; returns the exit status."""
    failed = False
    IMAGE.write_bytes(Firmware().build())
    KERNEL.write_bytes(LinuxImage(xloadflags=1).build())
    print(f'1..{len(TESTS)}')
    for number, test in enumerate(TESTS, 1):
        problem, comment = '', ''
        try:
            test()
        except Skipped as skipped:
            comment = f' # SKIP {skipped}'
        except (Problem, OSError, EOFError, RuntimeError, KeyError, subprocess.SubprocessError) as error:
            problem = f'{type(error).__name__}: {error}'
        failed = failed or bool(problem)
        print(f'{"not ok" if problem else "ok"} {number} - {test.__doc__}{comment}', flush=True)
        if problem:
            print('# ' + problem.replace('\n', '\n# '))
    WORK.cleanup()
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
