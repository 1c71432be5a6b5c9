# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a schema as a document in Markdown: object types, structures and enums, with links between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .model import INTEGERS, Enum, Member, Model, ObjectType, Struct, type_text

#: A type, and the option that chooses among those derived from it: their names end in the type's, and the
#: option takes what is before that.
CHOSEN_BY = {'machine': '-machine', 'accel': '-accel'}

HEADER = '''\
<!-- Generated from the schema by qapi/document.py: change the schema, not this file. -->

# Objects and structures

Every type of object with its properties, and every structure and enum. This page is generated from
[qapi/schema.json](../qapi/schema.json), and what that includes, by `qapi/document.py`. What a value *means*
is checked in code, so there are more reasons to refuse one than the ranges on this page.

Properties are given as text: `-object TYPE,id=ID,PROPERTY=VALUE,...`. Links from one object to another are
added by code and are not on this page: for that of a machine to the object that protects its guest, see
[confidential-guest-support.md](confidential-guest-support.md).

| type | as text | in JSON |
| --- | --- | --- |
| `bool` | `on` or `off` | true or false |
| `str` | as it is; a comma is written twice | a string |
| `uint8` to `uint64` | decimal, or hexadecimal after `0x` | a number |
| `size` | the same, in bytes; a decimal number can have a suffix: K, M, G, T, P, E | a number |
| `blob` | base64 | a string, in base64 |
| `any` | – | any value |
| `bytes` | – | left out: for programs that use the library |
'''


def _anchor(name: str, page: str = '') -> str:
    """A link to the section of @name on @page, which is this one if empty."""
    return f'[{name}]({page}#{name.lower()})'


def escaped(text: str) -> str:
    """@text such that Markdown takes none of it for its own, not even in a table."""
    for character in '\\|<*[':
        text = text.replace(character, f'\\{character}')
    return text


def sentence(text: str) -> str:
    """The documentation of a type, as a paragraph."""
    return f'{escaped(text)}\n'


def _names(members: Iterable[Member]) -> str:
    """The names of @members."""
    return ', '.join(f'`{member.name}`' for member in members)


def _limits(member: Member) -> str:
    """The range of @member, where it is narrower than that of its type."""
    if member.min is None or member.max is None or not isinstance(member.type, str):
        return ''
    has_max = member.max < INTEGERS[member.type]
    if member.min and not has_max:
        return f', at least {member.min}'
    if not member.min and has_max:
        return f', at most {member.max}'
    return f', {member.min} to {member.max}' if has_max else ''


def type_link(type_: str | Enum | Struct, is_list: bool, page: str = '') -> str:
    """@type_, with a link to its section on @page."""
    text = type_ if isinstance(type_, str) else _anchor(type_.name, page)
    return f'list of {text}' if is_list else text


def _type(member: Member, page: str) -> str:
    """The type of @member, with all that a value has to be. @page has the sections of other types."""
    match member.type:
        case Enum():
            values = ', '.join(f'`{value.name}`' for value in member.type.values)
            text = f'{_anchor(member.type.name, page)}: {values}'
        case Struct():
            text = _anchor(member.type.name, page)
        case _:
            # The model has its own words for a list; here, the type comes last.
            text = type_text(member).removeprefix('list of ') + _limits(member)
    return f'list of {text}' if member.is_list else text


def _default(member: Member) -> str:
    """What holds if nobody gives @member a value."""
    if member.default is not None:
        return f'`{member.default}`'
    return 'absent' if member.optional else 'must be given'


def member_table(first: str, third: str, members: Iterable[Member], is_input: bool,
                 page: str = '') -> Iterator[str]:
    """The table of @members. Those of what is only printed have no default: they are there, or not."""
    yield f'| {first} | type | {third} | description |\n| --- | --- | --- | --- |\n'
    for member in members:
        cell = _default(member) if is_input else 'optional' if member.optional else 'always'
        yield f'| `{member.name}` | {_type(member, page)} | {cell} | {escaped(member.doc)} |\n'


def _ancestors(object_type: ObjectType) -> Iterator[ObjectType]:
    """The ancestors of @object_type, nearest first."""
    ancestor = object_type.parent
    while ancestor:
        yield ancestor
        ancestor = ancestor.parent


def _made_by(object_type: ObjectType) -> str:
    """Who makes objects of this type."""
    name = object_type.name
    if object_type.abstract:
        return 'Abstract: only types derived from it have objects.'
    if object_type.user_creatable:
        return f'Created by users: `-object {name},id=ID`.'
    for ancestor in _ancestors(object_type):
        if ancestor.name in CHOSEN_BY and name.endswith(f'-{ancestor.name}'):
            return f'Chosen by users: `{CHOSEN_BY[ancestor.name]} {name.removesuffix(f"-{ancestor.name}")}`.'
    return 'Not created by users.'


def _object(object_type: ObjectType) -> Iterator[str]:
    """The section of @object_type."""
    parent = f'Parent: {_anchor(object_type.parent.name)}. ' if object_type.parent else ''
    yield f'\n### {object_type.name}\n\n{sentence(object_type.doc)}\n{parent}{_made_by(object_type)}\n'
    yield '\n'
    if object_type.members:
        yield from member_table('property', 'default', object_type.members, is_input=True)
    else:
        yield 'No properties of its own.\n'
    inherited = [ancestor for ancestor in _ancestors(object_type) if ancestor.members]
    if inherited:
        yield '\nInherited:\n\n'
    for ancestor in inherited:
        yield f'- from {_anchor(ancestor.name)}: {_names(ancestor.members)}\n'


def _tree(model: Model, parent: ObjectType | None = None, depth: int = 0) -> Iterator[str]:
    """The types derived from @parent, as a nested list."""
    for object_type in model.objects:
        if object_type.parent is parent:
            note = ' (abstract)' if object_type.abstract else ''
            yield f'{"  " * depth}- {_anchor(object_type.name)}{note}\n'
            yield from _tree(model, object_type, depth + 1)


def _users(model: Model, used: Struct | Enum) -> list[str]:
    """Links to what has a member of type @used, and to commands and events with it."""
    owners = [*model.objects, *model.structs]
    monitor = [(command.name, command.arguments, command.returns) for command in model.commands]
    monitor += [(event.name, event.data, None) for event in model.events]
    return [_anchor(owner.name) for owner in owners
            if any(member.type is used for member in owner.members)] + \
           [f'[{name}](qmp.md#{name.lower()})' for name, data, returns in monitor
            if used in (data, returns) or data and data.part_of and any(member.type is used for member in data.members)]


def _used_by(model: Model, used: Struct | Enum) -> str:
    """The line that says where @used is used."""
    users = _users(model, used)
    return f'\nUsed by {", ".join(users)}.\n' if users else ''


def _inputs(model: Model) -> set[str]:
    """The names of the structs that properties consist of."""
    found: set[str] = set()
    pending: list[Struct | ObjectType] = [*model.objects]
    pending += [command.arguments for command in model.commands if command.arguments]
    found.update(owner.name for owner in pending)
    while pending:
        for member in pending.pop().members:
            if isinstance(member.type, Struct) and member.type.name not in found:
                found.add(member.type.name)
                pending.append(member.type)
    return found


def _structs(model: Model) -> Iterator[str]:
    """The sections of all structures."""
    inputs = _inputs(model)
    for struct in model.structs:
        is_input = struct.name in inputs
        yield f'\n### {struct.name}\n\n{sentence(struct.doc)}{_used_by(model, struct)}\n'
        yield from member_table('member', 'default' if is_input else 'present', struct.members, is_input)


def _enums(model: Model) -> Iterator[str]:
    """The sections of all enums."""
    for enum in model.enums:
        yield f'\n### {enum.name}\n\n{sentence(enum.doc)}{_used_by(model, enum)}\n'
        yield '| value | description |\n| --- | --- |\n'
        yield from (f'| `{value.name}` | {escaped(value.doc)} |\n' for value in enum.values)


def document(model: Model) -> str:
    """The document about @model."""
    parts = [HEADER, '\n## Object types\n\n', *_tree(model)]
    for object_type in model.objects:
        parts += _object(object_type)
    if model.structs:
        parts += ['\n## Structures\n\nWhat is printed as JSON, and what properties consist of.\n']
        parts += _structs(model)
    if model.enums:
        parts += ['\n## Enums\n', *_enums(model)]
    return ''.join(parts)
