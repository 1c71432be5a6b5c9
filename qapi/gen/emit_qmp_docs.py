# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the commands and events of a schema as a document in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from .emit_docs import member_table, sentence, type_link
from .model import Command, Model, Struct

#: The page that has the structures and enums.
TYPES_PAGE = 'objects.md'

HEADER = '''\
<!-- Generated from the schema by qapi/document.py: change the schema, not this file. -->

# The monitor: QMP

How a program manages a guest: it connects, and sends and gets JSON, as from QEMU. `-qmp`, or `-chardev` and `-mon`, say where;
[attestation.md](attestation.md) is an example from start to end. This page is generated from
[qapi/schema.json](../qapi/schema.json), and what that includes, by `qapi/document.py`. Structures and enums are in
[objects.md](objects.md#structures).

## The protocol

Whoever connects is greeted, and ends the negotiation with `qmp_capabilities`; no capability is offered. After that, each
request has one reply, and events come in between:

```text
<- {"QMP": {"version": {"qemu": {"major": 10, "minor": 0, "micro": 0}, "package": "cgvm 0.1.0"}, "capabilities": []}}
-> {"execute": "qmp_capabilities"}
<- {"return": {}}
-> {"execute": "qom-get", "arguments": {"path": "/objects/sev0", "property": "policy"}, "id": 7}
<- {"return": 196608, "id": 7}
-> {"execute": "qom-get", "arguments": {"path": "/nobody", "property": "policy"}, "id": 8}
<- {"error": {"class": "DeviceNotFound", "desc": "there is no object at '/nobody'; ..."}, "id": 8}
```

- `id` is any JSON and comes back as it was. `arguments` may be left out where none must be given.
- The class of an error is `GenericError`; `CommandNotFound` for an unknown command, and for every command but
  `qmp_capabilities` before the end of the negotiation; `DeviceNotFound` where a command says so; and `DeviceNotActive` and
  `KVMMissingCap`, which no command on this page has. `desc` is for people: the texts are not QEMU's.
- Requests are carried out in order. One that takes long holds up later ones of the same client, unless both have an `id`
  by which the replies can be told apart; other clients are never held up. An event comes before the reply to the command
  that causes it.
- Requests need no line ends, and may arrive in any pieces. Strings may be in single quotes. A request has at most 1 MiB and
  65536 values, nested at most 1024 deep (QEMU: 64 MiB, 2097152 tokens, 1024).
- After a text that is no JSON there is one error, and the next request is read as usual. The byte 0xff ends whatever was
  begun.
- A client for whom 64 KiB of replies wait is not served until it has read them, and one for whom 4 MiB of events wait is
  dropped. At most 256 clients are connected at a time.
'''


def _data(struct: Struct | None, first: str, is_input: bool) -> Iterator[str]:
    """What goes with a command or an event."""
    if struct is None:
        return
    if not struct.part_of:
        yield f'\n{first.capitalize()}s: the members of {type_link(struct, False, TYPES_PAGE)}.\n'
        return
    yield '\n'
    yield from member_table(first, 'default' if is_input else 'present', struct.members, is_input, TYPES_PAGE)


def _command(command: Command) -> Iterator[str]:
    """The section of @command."""
    yield f'\n### {command.name}\n\n{sentence(command.doc)}'
    yield from _data(command.arguments, 'argument', is_input=True)
    if command.tag:
        yield f'\nThe properties of the type that `{command.tag}` names are further arguments.\n'
    if command.returns:
        yield f'\nReturns: {type_link(command.returns, command.returns_list, TYPES_PAGE)}.\n'


def qmp_document(model: Model) -> str:
    """The document about the commands and events of @model."""
    parts = [HEADER, '\n## Commands\n']
    for command in model.commands:
        parts += _command(command)
    if model.events:
        parts.append('\n## Events\n')
    for event in model.events:
        parts += [f'\n### {event.name}\n\n{sentence(event.doc)}', *_data(event.data, 'member', is_input=False)]
    return ''.join(parts)
