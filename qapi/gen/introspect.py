# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a schema says about itself: the SchemaInfo list that query-qmp-schema returns.

As QEMU has it, types have numbers for names, which mean nothing and change with the schema; only built-in types go
by their own. All integers are `int`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .model import Enum, Member, Model, ObjectType, Struct

#: The built-in types by the name that clients see, and what they are in JSON.
JSON_TYPES = {'str': 'string', 'int': 'int', 'bool': 'boolean', 'any': 'value'}
#: Our built-in types that have another name there; all that are not here are `int`.
SHOWN_AS = {'bool': 'bool', 'str': 'str', 'blob': 'str', 'any': 'any'}

Info = dict[str, Any]


class Introspection:
    """The list under construction. A type is added when it is first referred to."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.infos: list[Info] = []
        self.types: list[Info] = []
        self.names: dict[tuple[str, str], str] = {}

    def build(self) -> list[Info]:
        """All entries: commands, events, then types."""
        for command in self.model.commands:
            arguments = self._tagged(command.name, command.arguments, command.tag) if command.tag \
                else self._struct(command.arguments)
            returned = self._type(command.returns, command.returns_list) if command.returns else self._struct(None)
            self.infos.append({'name': command.name, 'meta-type': 'command', 'arg-type': arguments,
                               'ret-type': returned})
        for event in self.model.events:
            self.infos.append({'name': event.name, 'meta-type': 'event', 'arg-type': self._struct(event.data)})
        return self.infos + self.types

    def _add(self, kind: str, key: str, fill: Callable[[Info], None], name: str = '') -> str:
        """The name of the type @key of @kind, which is added if it is new."""
        if (kind, key) not in self.names:
            self.names[kind, key] = name or str(sum(known.isdigit() for known in self.names.values()))
            info = {'name': self.names[kind, key], 'meta-type': kind}
            self.types.append(info)
            fill(info)
        return self.names[kind, key]

    def _type(self, type_: str | Enum | Struct, is_list: bool) -> str:
        """The name of @type_ or of a list of it."""
        match type_:
            case Enum():
                name = self._enum(type_.name, [value.name for value in type_.values])
            case Struct():
                name = self._struct(type_)
            case builtin:
                shown = SHOWN_AS.get(builtin, 'int')
                name = self._add('builtin', shown, lambda info: info.update({'json-type': JSON_TYPES[shown]}), shown)
        if not is_list:
            return name
        return self._add('array', name, lambda info: info.update({'element-type': name}), f'[{name}]')

    def _enum(self, key: str, values: list[str]) -> str:
        """The name of an enum."""
        return self._add('enum', key, lambda info: info.update(
            {'members': [{'name': value} for value in values], 'values': values}))

    def _member(self, member: Member) -> Info:
        """A member of an object; one that need not be given has a default."""
        optional = {} if member.mandatory else {'default': None}
        return {'name': member.name, 'type': self._type(member.type, member.is_list), **optional}

    def _members(self, members: list[Member]) -> list[Info]:
        """Those of @members that JSON can have."""
        return [self._member(member) for member in members if member.type != 'bytes']

    def _struct(self, struct: Struct | None) -> str:
        """The name of @struct; None is that without members."""
        return self._add('object', struct.name if struct else '', lambda info: info.update(
            {'members': self._members(struct.members if struct else [])}))

    def _properties(self, object_type: ObjectType) -> str:
        """The name of what an object of this type is given, which is empty for one without properties."""
        members: list[Member] = []
        ancestor: ObjectType | None = object_type
        while ancestor:
            members = [*ancestor.members, *members]
            ancestor = ancestor.parent
        if not members:
            return self._struct(None)
        return self._add('object', object_type.name, lambda info: info.update({'members': self._members(members)}))

    def _tagged(self, command: str, struct: Struct | None, tag: str) -> str:
        """The name of the arguments of @command, among them the properties of the type that argument @tag names."""
        assert struct
        types = [object_type for object_type in self.model.objects if object_type.user_creatable]

        def fill(info: Info) -> None:
            members = [self._member(member) for member in struct.members if member.name != tag]
            enum = self._enum(f'{command} {tag}', [object_type.name for object_type in types])
            info.update({'members': [{'name': tag, 'type': enum}, *members], 'tag': tag,
                         'variants': [{'case': object_type.name, 'type': self._properties(object_type)}
                                      for object_type in types]})

        return self._add('object', struct.name, fill)


def introspect(model: Model) -> list[str]:
    """The entries about @model, each a line of JSON."""
    return [json.dumps(info) for info in Introspection(model).build()]
