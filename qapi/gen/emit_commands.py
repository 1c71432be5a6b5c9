# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the commands and events of a schema as C: constant tables, and prototypes of the handlers."""

from __future__ import annotations

from .emit_c import HEADER, c_comment, c_commented, c_string
from .introspect import introspect
from .model import Model, Struct, c_name, event_enumerator, handler_name, table_name


def _event_numbers(model: Model, prefix: str) -> str:
    """The declarations of the events."""
    if not model.events:
        return ''
    upper = c_name(prefix).upper()
    text = f'/** Where each event is in {c_name(prefix)}_events. */\nenum {{\n'
    for event in model.events:
        text += c_commented(f'    {event_enumerator(event, prefix)},', event.doc)
    return text + f'}};\n\n#define {upper}_EVENT__COUNT {len(model.events)}\n\n' \
                  f'extern const QmpEvent {c_name(prefix)}_events[{upper}_EVENT__COUNT];\n\n'


def commands_h(model: Model, prefix: str) -> str:
    """The text of PREFIX-commands.h."""
    guard = f'{c_name(prefix).upper()}_COMMANDS_H'
    handlers = ''.join(c_comment(command.doc) + f'QmpHandler {handler_name(command)};\n\n'
                       for command in model.commands)
    return (HEADER + f'#ifndef {guard}\n#define {guard}\n\n#include "qapi/qmp-command.h"\n'
            f'#include "{prefix}-types.h"\n\n' + handlers + _event_numbers(model, prefix) +
            '/** All commands and events, and what they say about themselves. */\n'
            f'extern const QmpSchema {c_name(prefix)}_schema;\n\n#endif\n')


def _data(struct: Struct | None, key: str) -> str:
    """The initialiser of the pointer to the field table of @struct, if there is one."""
    return f'        .{key} = &{table_name(struct)},\n' if struct else ''


def _commands(model: Model, prefix: str) -> str:
    """The table of commands."""
    if not model.commands:
        return ''
    text = f'\nstatic const QmpCommand {c_name(prefix)}_commands[] = {{\n'
    for command in model.commands:
        text += '    {\n' + f'        .name = {c_string(command.name)},\n'
        text += _data(command.arguments, 'arguments')
        text += '        .open = true,\n' if command.tag else ''
        text += f'        .handler = {handler_name(command)},\n' + '    },\n'
    return text + '};\n'


def _events(model: Model, prefix: str) -> str:
    """The table of events."""
    if not model.events:
        return ''
    text = f'\nconst QmpEvent {c_name(prefix)}_events[{c_name(prefix).upper()}_EVENT__COUNT] = {{\n'
    for event in model.events:
        text += f'    [{event_enumerator(event, prefix)}] = {{\n        .name = {c_string(event.name)},\n'
        text += _data(event.data, 'data') + '    },\n'
    return text + '};\n'


def _introspection(model: Model, prefix: str) -> str:
    """The JSON text of query-qmp-schema."""
    lines = introspect(model)
    ends = [','] * (len(lines) - 1) + [']']
    text = ''.join(f'    {c_string(line + end)}\n' for line, end in zip(lines, ends))
    return f'\nstatic const char {c_name(prefix)}_introspection[] =\n    "["\n{text.rstrip()};\n'


def commands_c(model: Model, prefix: str) -> str:
    """The text of PREFIX-commands.c."""
    name = c_name(prefix)
    commands = f'    .commands = {name}_commands,\n    .n_commands = {len(model.commands)},\n'
    events = f'    .events = {name}_events,\n    .n_events = {len(model.events)},\n'
    return (HEADER + f'#include "{prefix}-commands.h"\n' + _commands(model, prefix) + _events(model, prefix) +
            _introspection(model, prefix) + f'\nconst QmpSchema {name}_schema = {{\n' +
            (commands if model.commands else '') + (events if model.events else '') +
            f'    .introspection = {name}_introspection,\n}};\n')


def emit_commands(model: Model, prefix: str) -> dict[str, str]:
    """The files about commands and events, name to text; none if there are neither."""
    if not model.commands and not model.events:
        return {}
    return {f'{prefix}-commands.h': commands_h(model, prefix), f'{prefix}-commands.c': commands_c(model, prefix)}
