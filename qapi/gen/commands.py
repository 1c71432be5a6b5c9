# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the commands and events of a schema."""

from __future__ import annotations

from collections.abc import Callable

from .definition import Definition
from .members import Types
from .model import BUILTINS, Command, Enum, Event, Member, Struct, camel
from .schema import Array, Map, Str, Value, describe, quoted

#: What only C programs see is in no JSON, so no command takes or returns it.
RETURNED = tuple(name for name in BUILTINS if name != 'bytes')


class CommandChecker:
    """Builds commands and events; @members checks the members that they list themselves."""

    def __init__(self, types: Types, members: Callable[[Definition], list[Member]]) -> None:
        self.types = types
        self.members = members

    def command(self, definition: Definition) -> Command:
        """The command that @definition describes."""
        arguments = self._data(definition, 'Arguments')
        command = Command(definition.name.text, definition.name.loc, definition.doc, arguments)
        if 'returns' in definition.keys:
            command.returns, command.returns_list = self._returns(definition, definition.keys['returns'])
        if 'tag' in definition.keys:
            command.tag = self._tag(definition, definition.keys['tag'], arguments)
        return command

    def event(self, definition: Definition) -> Event:
        """The event that @definition describes."""
        return Event(definition.name.text, definition.name.loc, definition.doc, self._data(definition, 'Data'))

    def _data(self, definition: Definition, suffix: str) -> Struct | None:
        """What goes with a command or event: members of its own, a struct, or nothing."""
        data = definition.keys.get('data')
        if isinstance(data, Map):
            name = camel(definition.name.text.lower()) + suffix
            struct = Struct(name, definition.name.loc, f"What goes with {definition.title}.",
                            self.members(definition), definition.title)
        elif data is None or isinstance(data, Str):
            definition.check_superfluous({}, 'member')
            if data is None:
                return None
            if data.text not in self.types.structs:
                raise definition.error(data.loc, f"'data' is '{data.text}', which is no struct of the schema")
            struct = self.types.structs[data.text]
        else:
            raise definition.error(data.loc, f"'data' is 'STRUCT' or {{ 'member': TYPE, ... }}, not {describe(data)}")
        for member in struct.members:
            if member.type == 'bytes':
                raise definition.error(data.loc, f"its member '{member.name}' is of type bytes, which is in no JSON;"
                                                 " make it a 'blob'")
        return struct

    def _returns(self, definition: Definition, value: Value) -> tuple[str | Enum | Struct, bool]:
        """The type that a command returns, and whether it is a list of that."""
        is_list = isinstance(value, Array)
        if isinstance(value, Array) and len(value.items) == 1:
            value = value.items[0]
        if not isinstance(value, Str):
            raise definition.error(value.loc, f"'returns' is 'TYPE' or [ 'TYPE' ], not {describe(value)}")
        if value.text in RETURNED:
            return value.text, is_list
        type_ = self.types.enums.get(value.text) or self.types.structs.get(value.text)
        if type_ is None:
            raise definition.error(value.loc, f"'returns' is '{value.text}', which is no enum or struct of the schema;"
                                              f' built in are {quoted(RETURNED)}')
        return type_, is_list

    def _tag(self, definition: Definition, value: Value, arguments: Struct | None) -> str:
        """The name of the argument that names a type of objects."""
        names = [member.name for member in arguments.members if member.type == 'str' and member.mandatory
                 and not member.is_list] if arguments else []
        if not isinstance(value, Str) or value.text not in names:
            raise definition.error(value.loc, f"'tag' is {describe(value)}; it is the name of an argument of type"
                                              " 'str' that must be given")
        return value.text
