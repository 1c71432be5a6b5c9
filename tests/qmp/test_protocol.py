#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests the QMP server as a whole in the way of QEMU's qmp-test, qom-test and qmp-cmd-test. Prints TAP.

Usage: test_protocol.py CGVM.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from client import TIMEOUT, Client, server

#: What is no request, and the next one must be read in spite of.
MALFORMED = (b'{]\n', b'{\xff', b'{\x01', b"{'bad \xff", b"{'execute': 'nonexistent', 'id':'\n", b'%p\n', b'null\n',
             b'{}', b"{'execute': 1}", b"{'execute': 'query-version', 'arguments': []}", b"{'execute': 'a', 'extra': 1}",
             b'"x"', b'7 ', b']', b'[[[}', b"{'execute': 'qom-list'", b'\xfe\xff\n', b'{"a": 1, "a": 2}', b'{"a" 1}')
#: What needs no arguments, and fails on the machine "none".
FAILING = ('system_powerdown', 'query-confidential-guest', 'query-launch-plan', 'query-sev-launch-measure')
CGVM = sys.argv[1]


def expect(condition: object, message: object) -> None:
    """Ends the test with @message unless @condition holds."""
    if not condition:
        raise AssertionError(message)


def expect_error(reply: dict[str, Any], error_class: str) -> None:
    """Ends the test unless @reply is an error of @error_class in one line."""
    expect(reply.get('error', {}).get('class') == error_class, reply)
    desc = reply['error']['desc']
    expect(desc and '\n' not in desc and not desc.endswith('.'), reply)


def ready(client: Client) -> Client:
    """@client after its negotiation."""
    client.negotiate()
    return client


def test_greeting(client: Client) -> None:
    """The greeting has the form of QEMU's; before the negotiation there is nothing else."""
    greeting = client.receive()
    expect([*greeting] == ['QMP'] and [*greeting['QMP']] == ['version', 'capabilities'], greeting)
    version = greeting['QMP']['version']
    expect([*version['qemu']] == ['major', 'minor', 'micro'] and isinstance(version['package'], str), greeting)
    expect_error(client.ask('query-version'), 'CommandNotFound')
    expect(client.ask('qmp_capabilities') == {'return': {}}, 'qmp_capabilities')
    expect(client.call('query-version') == version, 'query-version differs from the greeting')
    expect_error(client.ask('qmp_capabilities'), 'CommandNotFound')


def test_malformed(client: Client) -> None:
    """After each malformed input, the next request is answered."""
    ready(client)
    for data in MALFORMED:
        client.send(data)
        client.send(b'\xff{"execute": "no-such", "id": "after"}')
        replies = [client.receive()]
        while replies[-1].get('id') != 'after':
            expect_error(replies[-1], 'GenericError')
            replies.append(client.receive())
        expect_error(replies[-1], 'CommandNotFound')
        expect(len(replies) in (2, 3), f'{data!r}: {replies}')


def test_id(client: Client) -> None:
    """The id comes back, whatever it is and however the request ends."""
    ready(client)
    for value in (None, 1, -1.5, 'x', True, [], {'id': {'id': []}}, '\u00e9\u2028\U0001f600'):
        for command in ('query-target', 'no-such', 'qom-list'):
            client.send(json.dumps({'execute': command, 'id': value}))
            reply = client.receive()
            expect('id' in reply and reply['id'] == value, reply)
    client.send('{"execute": "query-target"}')
    expect('id' not in client.receive(), 'an id that nobody gave')


def walk(client: Client, path: str) -> Iterator[str]:
    """The path of every object from @path down; every property is read on the way."""
    yield path
    for info in client.call('qom-list', path=path):
        reply = client.ask('qom-get', path=path, property=info['name'])
        expect('return' in reply or reply['error']['class'] == 'GenericError', reply)
        if info['type'].startswith('child<'):
            yield from walk(client, f'{path.rstrip("/")}/{info["name"]}')


def test_walk(client: Client) -> None:
    """All objects can be listed, and all properties be asked for."""
    ready(client)
    client.call('object-add', **{'qom-type': 'memory-backend-ram', 'id': 'ram', 'size': 4096})
    expect({*walk(client, '/')} == {'/', '/machine', '/accel', '/objects', '/objects/ram'}, 'the walk')


def conforms(schema: dict[str, Any], name: str, value: Any) -> bool:
    """Whether @value is of the type @name of @schema."""
    info = schema[name]
    match info['meta-type']:
        case 'builtin':
            kinds = {'string': str, 'int': int, 'boolean': bool, 'value': object}
            kind = kinds[info['json-type']]
            return isinstance(value, kind) and (kind is not int or not isinstance(value, bool))
        case 'enum':
            return value in info['values']
        case 'array':
            return isinstance(value, list) and all(conforms(schema, info['element-type'], item) for item in value)
    members = {member['name']: member for member in info['members']}
    mandatory = {name for name, member in members.items() if 'default' not in member}
    return isinstance(value, dict) and mandatory <= {*value} <= {*members} and \
        all(conforms(schema, members[key]['type'], inner) for key, inner in value.items())


def test_schema(client: Client) -> None:
    """Every command that needs no arguments returns what the schema says."""
    ready(client)
    schema = {info['name']: info for info in client.call('query-qmp-schema')}
    commands = [info['name'] for info in schema.values() if info['meta-type'] == 'command']
    expect(commands == [info['name'] for info in client.call('query-commands')], 'query-commands')
    for command in commands:
        info = schema[command]
        needed = [member for member in schema[info['arg-type']]['members'] if 'default' not in member]
        if needed:
            expect_error(client.ask(command), 'GenericError')
        elif command in FAILING:
            expect_error(client.ask(command), 'GenericError')
        elif command not in ('qmp_capabilities', 'quit'):
            value = client.call(command)
            expect(conforms(schema, info['ret-type'], value), f'{command}: {value}')
    for command, arguments in (('qom-list', {'path': '/'}), ('qom-list-properties', {'typename': 'microvm-machine'})):
        value = client.call(command, **arguments)
        expect(conforms(schema, schema[command]['ret-type'], value), f'{command}: {value}')


def root(types: dict[str, Any], name: str) -> str:
    """The type that @name and its ancestors are derived from."""
    while 'parent' in types[name]:
        name = types[name]['parent']
    return name


def test_types(client: Client) -> None:
    """Each type has a parent that exists, and tells its properties; those that users make tell what they need."""
    ready(client)
    types = {info['name']: info for info in client.call('qom-list-types', abstract=True)}
    concrete = {info['name'] for info in client.call('qom-list-types')}
    expect(concrete == {name for name, info in types.items() if not info.get('abstract')}, 'the filter for abstract types')
    for name, info in types.items():
        expect(info.get('parent') in types or name in ('object', 'interface'), f'the parent of {name}')
        reply = client.ask('qom-list-properties', typename=name)
        expect('return' in reply or root(types, name) == 'interface', reply)
    for info in client.call('qom-list-types', implements='user-creatable'):
        reply = client.ask('object-add', **{'qom-type': info['name'], 'id': 'some'})
        if 'return' in reply:
            expect(client.call('object-del', id='some') == {}, info)
        else:
            expect_error(reply, 'GenericError')


def test_vanishing(client: Client) -> None:
    """A hundred clients vanish with half a command, while one keeps working."""
    ready(client)
    path = client.socket.getpeername()
    for number in range(100):
        other = Client(path)
        other.send(b'{"execute": "qmp_capabilities"}{"execute": "qom-li'[:number])
        expect(client.call('query-target') == {'arch': 'x86_64'}, 'query-target')
        other.close()
    expect(client.call('query-target') == {'arch': 'x86_64'}, 'query-target')


def test_many_at_once(client: Client) -> None:
    """Requests that come all at once are all answered, in order."""
    ready(client)
    client.send(''.join(f'{{"execute": "query-qmp-schema", "id": {number}}}' for number in range(200)))
    for number in range(200):
        expect(client.receive()['id'] == number, number)


def test_stdio(_client: Client) -> None:
    """A monitor on standard input and output: what is sent before quit is answered."""
    requests = ''.join(f'{{"execute": "{name}"}}\n' for name in ('qmp_capabilities', 'query-target', 'quit'))
    done = subprocess.run([CGVM, '-accel', 'sim', '-machine', 'none', '-qmp', 'stdio'], input=requests,
                          capture_output=True, encoding='utf-8', check=False, timeout=TIMEOUT)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    expect(done.returncode == 0 and not done.stderr, done)
    expect(lines[1:3] == [{'return': {}}, {'return': {'arch': 'x86_64'}}], lines)
    expect(lines[3]['event'] == 'SHUTDOWN' and lines[4:] == [{'return': {}}], lines)


def main() -> int:
    """Runs all tests; returns the exit status."""
    tests: list[Callable[[Client], None]] = [test_greeting, test_malformed, test_id, test_walk, test_schema, test_types,
                                             test_vanishing, test_many_at_once, test_stdio]
    failed = False
    print(f'1..{len(tests)}')
    for number, test in enumerate(tests, 1):
        problem = ''
        try:
            with server(CGVM) as path:
                client = Client(path)
                try:
                    test(client)
                finally:
                    client.close()
        except (AssertionError, OSError, EOFError, RuntimeError, KeyError, subprocess.SubprocessError) as error:
            problem = f'{type(error).__name__}: {error}'
        failed = failed or bool(problem)
        print(f'{"not ok" if problem else "ok"} {number} - {test.__doc__}')
        if problem:
            print('# ' + problem.replace('\n', '\n# '))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
