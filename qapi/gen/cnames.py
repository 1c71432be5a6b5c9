# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that what emit_c.py will write has no name twice, and none that C or qapi/fields.h has already."""

from __future__ import annotations

from .model import (Model, ObjectType, Struct, c_name, enum_count, enumerator, handler_name, struct_name,
                    table_name)
from .lexer import Loc, SchemaError

#: Words that no member of a C structure can be called: keywords, and macros of gnu11 and of usual headers.
RESERVED_MEMBERS = frozenset(
    'asm auto bool break case char const continue default do double else enum errno extern false float for'
    ' goto i386 if inline int linux long register restrict return short signed sizeof static stderr stdin'
    ' stdout struct switch true typedef typeof union unix unsigned void volatile while'.split())
#: Types that the generated files get from the headers that they include.
RESERVED_TYPES = frozenset(
    'Blob CgvmError CgvmErrorCode EnumLookup Error Field FieldKind FieldTable InterfaceClass InterfaceInfo'
    ' Object ObjectClass ObjectLinkCheck ObjectProperty ObjectPropertyCheck ObjectPropertyGet'
    ' ObjectPropertyRelease ObjectPropertySet QmpCall QmpCommand QmpErrorClass QmpEvent QmpHandler QmpSchema TypeImpl'
    ' TypeInfo UserCreatableClass'.split())


def _check_members(title: str, owner: Struct | ObjectType) -> None:
    """Checks the members of the C structure of @owner."""
    used: dict[str, str] = {}
    for member in owner.members:
        name = c_name(member.name)
        if name in RESERVED_MEMBERS:
            raise SchemaError(member.loc, f"{title}: member '{member.name}' is a reserved word in C;"
                                          ' rename it')
        names = [name]
        if member.has_flag:
            names.append(f'has_{name}')
        if member.is_list:
            names.append(f'n_{name}')
        for claimed in names:
            if claimed in used:
                raise SchemaError(member.loc, f"{title}: members '{used[claimed]}' and '{member.name}' both"
                                              f" need the C name '{claimed}'; rename one")
            used[claimed] = member.name


class _Names:
    """The names in the file scope of the generated files."""

    def __init__(self) -> None:
        self.used: dict[str, str] = {}

    def claim(self, loc: Loc, title: str, name: str) -> None:
        """Notes that @title, which stands at @loc, needs the C name @name."""
        if name in RESERVED_TYPES:
            raise SchemaError(loc, f"{title}: its C name '{name}' is that of a type of cgvm; rename it")
        if name in self.used:
            raise SchemaError(loc, f"{title}: it needs the C name '{name}', as does {self.used[name]};"
                                   ' rename one')
        self.used[name] = title


def check_c_names(model: Model) -> None:
    """Refuses a schema whose C would not compile because of its names."""
    names = _Names()
    for enum in model.enums:
        title = f"enum '{enum.name}'"
        for name in (enum.name, f'{enum.name}_lookup', f'{enum.name}_names', enum_count(enum)):
            names.claim(enum.loc, title, name)
        for value in enum.values:
            names.claim(enum.loc, title, enumerator(enum, value.name))
    for owner in model.owners:
        title = f"object '{owner.name}'"
        if isinstance(owner, Struct):
            title = owner.part_of or f"struct '{owner.name}'"
        for name in (struct_name(owner), table_name(owner), f'{struct_name(owner)}_members'):
            names.claim(owner.loc, title, name)
        _check_members(title, owner)
    for object_type in model.objects:
        names.claim(object_type.loc, f"object '{object_type.name}'", f'{c_name(object_type.name)}_type')
    for command in model.commands:
        names.claim(command.loc, f"command '{command.name}'", handler_name(command))
