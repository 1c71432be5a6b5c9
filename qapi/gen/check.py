# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what the expressions of a schema mean, and turns them into the types of model.py.

Nothing is guessed or repaired: the first defect is an error that names the expression and the member and says
what is allowed.
"""

from __future__ import annotations

import re

from .cnames import check_c_names
from .commands import CommandChecker
from .definition import Definition
from .lexer import Loc, SchemaError
from .members import MemberChecker, Types
from .model import Enum, EnumValue, Member, Model, ObjectType, Struct
from .schema import Array, Expr, Map, Str, describe, quoted

#: The kinds of expressions, and the keys of each besides its name.
KEYS = {'enum': ('data',), 'struct': ('data',), 'object': ('parent', 'abstract', 'user-creatable', 'data'),
        'command': ('data', 'returns', 'tag'), 'event': ('data',)}
#: Of these, the kinds that can be without data.
DATALESS = ('command', 'event')
#: The kinds of names: what is allowed, and that in words.
CAMEL = (re.compile(r'[A-Z][A-Za-z0-9]*'), "CamelCase, like 'OnOffAuto'")
KEBAB = (re.compile(r'[a-z][a-z0-9]*(-[a-z0-9]+)*'), "lower case with hyphens, like 'sev-guest'")
#: QEMU's query-uuid has one that is not.
MEMBER = (re.compile(f'{KEBAB[0].pattern}|UUID'), KEBAB[1])
ENUM_VALUE = (re.compile(r'[a-z0-9]+(-[a-z0-9]+)*'), "lower case with hyphens, like 'not-measured'")
#: QEMU's commands have either.
COMMAND = (re.compile(r'[a-z][a-z0-9]*([-_][a-z0-9]+)*'),
           "lower case with hyphens or underscores, like 'qom-get' or 'system_reset'")
EVENT = (re.compile(r'[A-Z][A-Z0-9]*(_[A-Z0-9]+)*'), "upper case with underscores, like 'GUEST_PANICKED'")
NAME_RULES = {'enum': ('an enum', CAMEL), 'struct': ('a struct', CAMEL), 'object': ('an object type', KEBAB),
              'command': ('a command', COMMAND), 'event': ('an event', EVENT)}
#: What -object itself takes, besides the properties.
OBJECT_KEYS = ('id', 'qom-type')


def _define(expr: Expr) -> Definition:
    """Takes @expr apart and checks all that can be checked without looking at others."""
    loc = expr.value.loc
    entries = expr.value.entries
    if not entries:
        raise SchemaError(loc, f"empty expression; the first key is {quoted(['include', *KEYS])}")
    kind = entries[0][0].text
    if kind not in KEYS:
        raise SchemaError(entries[0][0].loc, f"unknown expression '{kind}'; the first key is"
                                             f" {quoted(['include', *KEYS])}")
    name = entries[0][1]
    if not isinstance(name, Str):
        raise SchemaError(name.loc, f'{kind}: its name is a string, not {describe(name)}')
    definition = Definition(kind, name, loc, {key.text: value for key, value in entries[1:]}, '', {})
    definition.check_name(name, *NAME_RULES[kind])
    for key, _ in entries[1:]:
        if key.text not in KEYS[kind]:
            raise definition.error(key.loc, f"unknown key '{key.text}'; allowed: {quoted(KEYS[kind])}")
    if 'data' not in definition.keys and kind not in DATALESS:
        raise definition.error(loc, "no 'data'")
    if expr.doc is None:
        raise definition.error(loc, "no documentation before it; write the four lines '##',"
                                    f" '# @{name.text}:', '# TEXT' and '##'")
    if expr.doc.name != name.text:
        raise definition.error(expr.doc.loc, f"the documentation before it is of '{expr.doc.name}'")
    if not expr.doc.text:
        raise definition.error(expr.doc.loc, 'the documentation does not say what it is')
    definition.doc = expr.doc.text
    definition.member_docs = expr.doc.members
    return definition


def _enum(definition: Definition) -> Enum:
    """Checks an enum."""
    data = definition.keys['data']
    if not isinstance(data, Array):
        raise definition.error(data.loc, f"'data' is a list of strings, not {describe(data)}")
    if not data.items:
        raise definition.error(data.loc, 'no values; it needs at least one')
    values: list[EnumValue] = []
    seen: dict[str, Loc] = {}
    for item in data.items:
        if not isinstance(item, Str):
            raise definition.error(item.loc, f'a value is a string, not {describe(item)}')
        definition.check_name(item, 'a value', ENUM_VALUE)
        if item.text in seen:
            raise definition.error(item.loc, f"value '{item.text}' appears twice; the first is at"
                                             f' {seen[item.text]}')
        seen[item.text] = item.loc
        values.append(EnumValue(item.text, definition.doc_of(item, 'value')))
    definition.check_superfluous(seen, 'value')
    return Enum(definition.name.text, definition.name.loc, definition.doc, tuple(values))


class Checker:
    """Builds the model of one schema."""

    def __init__(self) -> None:
        self.definitions: dict[str, Definition] = {}
        self.types = Types({}, {}, {})

    def check(self, exprs: list[Expr]) -> Model:
        """Checks @exprs, all of the schema."""
        # First all names, so that the order of the schema does not matter.
        for expr in exprs:
            self._declare(_define(expr))
        for name, struct in self.types.structs.items():
            struct.members = self._members(self.definitions[name])
        for name, object_type in self.types.objects.items():
            object_type.members = self._members(self.definitions[name])
            self._object(self.definitions[name], object_type)
        checker = CommandChecker(self.types, self._members)
        model = Model(list(self.types.enums.values()), self._order_structs(), self._order_objects(),
                      [checker.command(definition) for definition in self._of_kind('command')],
                      [checker.event(definition) for definition in self._of_kind('event')])
        for object_type in model.objects:
            self._check_inherited(object_type)
        check_c_names(model)
        return model

    def _of_kind(self, kind: str) -> list[Definition]:
        """The expressions of @kind, in order."""
        return [definition for definition in self.definitions.values() if definition.kind == kind]

    def _declare(self, definition: Definition) -> None:
        """Notes the name of an expression; the members of structs and object types are still to come."""
        name = definition.name
        first = self.definitions.setdefault(name.text, definition)
        if first is not definition:
            raise definition.error(name.loc, f'the name is already used at {first.name.loc}')
        match definition.kind:
            case 'enum':
                self.types.enums[name.text] = _enum(definition)
            case 'struct':
                self.types.structs[name.text] = Struct(name.text, name.loc, definition.doc)
            case 'object':
                self.types.objects[name.text] = ObjectType(name.text, name.loc, definition.doc)

    def _members(self, definition: Definition) -> list[Member]:
        """Checks the members of a struct or of an object type."""
        data = definition.keys['data']
        if not isinstance(data, Map):
            raise definition.error(data.loc, f"'data' is {{ 'member': TYPE, ... }}, not {describe(data)}")
        if not data.entries and definition.kind != 'object':
            advice = "leave 'data' out" if definition.kind in DATALESS else 'it needs at least one'
            raise definition.error(data.loc, f'no members; {advice}')
        members: list[Member] = []
        seen: dict[str, Loc] = {}
        for key, value in data.entries:
            name = Str(key.loc, key.text.removeprefix('*'))
            definition.check_name(name, 'a member', MEMBER)
            if name.text in seen:
                raise definition.error(name.loc, f"member '{name.text}' appears twice; the first is at"
                                                 f' {seen[name.text]}')
            if definition.kind == 'object' and name.text in OBJECT_KEYS:
                raise definition.error(name.loc, f"member '{name.text}': every object has it already")
            seen[name.text] = name.loc
            checker = MemberChecker(self.types, definition.title, name, key.text.startswith('*'))
            members.append(checker.check(value, definition.doc_of(name, 'member')))
        definition.check_superfluous(seen, 'member')
        return members

    def _object(self, definition: Definition, object_type: ObjectType) -> None:
        """Checks the other keys of an object type."""
        object_type.abstract = definition.flag('abstract')
        object_type.user_creatable = definition.flag('user-creatable')
        if object_type.abstract and object_type.user_creatable:
            raise definition.error(definition.keys['user-creatable'].loc,
                                   'an abstract type cannot be user-creatable; leave one of the two out')
        parent = definition.keys.get('parent')
        if parent is None:
            return
        if not isinstance(parent, Str):
            raise definition.error(parent.loc, f"'parent' is an object type's name, not {describe(parent)}")
        if parent.text not in self.types.objects:
            other = self.definitions.get(parent.text)
            problem = f'is of kind {other.kind}; a parent is an object type' if other else 'does not exist'
            raise definition.error(parent.loc, f"parent '{parent.text}' {problem}")
        object_type.parent = self.types.objects[parent.text]

    def _order_objects(self) -> list[ObjectType]:
        """The object types, each after its parent. Refuses cycles."""
        ordered: dict[str, ObjectType] = {}
        for object_type in self.types.objects.values():
            chain: dict[str, ObjectType] = {}
            ancestor: ObjectType | None = object_type
            while ancestor and ancestor.name not in ordered:
                if ancestor.name in chain:
                    names = list(chain)
                    cycle = [*names[names.index(ancestor.name):], ancestor.name]
                    definition = self.definitions[ancestor.name]
                    raise definition.error(definition.keys['parent'].loc,
                                           f"it is its own ancestor: {' -> '.join(cycle)}")
                chain[ancestor.name] = ancestor
                ancestor = ancestor.parent
            ordered.update(reversed(chain.items()))
        return list(ordered.values())

    def _order_structs(self) -> list[Struct]:
        """The structs, each after those that it contains. Refuses cycles: C stores a struct in place."""
        ordered: dict[str, Struct] = {}

        def visit(struct: Struct, path: list[str]) -> None:
            for member in struct.members:
                inner = member.type
                if not isinstance(inner, Struct) or inner.name in ordered:
                    continue
                if inner.name in path:
                    cycle = [*path[path.index(inner.name):], inner.name]
                    raise self.definitions[struct.name].error(
                        member.loc, f"member '{member.name}' makes it contain itself: {' -> '.join(cycle)}")
                visit(inner, [*path, inner.name])
            ordered[struct.name] = struct

        for struct in self.types.structs.values():
            if struct.name not in ordered:
                visit(struct, [struct.name])
        return list(ordered.values())

    def _check_inherited(self, object_type: ObjectType) -> None:
        """Refuses a member of @object_type that one of its ancestors has."""
        ancestor = object_type.parent
        while ancestor:
            inherited = {member.name for member in ancestor.members}
            for member in object_type.members:
                if member.name in inherited:
                    raise self.definitions[object_type.name].error(
                        member.loc, f"member '{member.name}' is inherited from '{ancestor.name}'; rename it")
            ancestor = ancestor.parent


def check_schema(exprs: list[Expr]) -> Model:
    """The model of the schema that consists of @exprs. Raises SchemaError."""
    return Checker().check(exprs)
