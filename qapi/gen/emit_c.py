# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a schema as C: structures, field tables and the list of object types. No function body."""

from __future__ import annotations

import re
import textwrap

from .model import (INTEGERS, Enum, Member, Model, ObjectType, Struct, c_name, enum_count, enumerator,
                    struct_name, table_name, type_text)

WIDTH = 110
#: What the names of the files for a whole schema start with.
PREFIX = 'qapi'
HEADER = '''\
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
'''
#: What a declaration of each built-in type has before the name.
C_TYPES = {'bool': 'bool ', 'str': 'char *',
           'uint8': 'uint8_t ', 'uint16': 'uint16_t ', 'uint32': 'uint32_t ', 'uint64': 'uint64_t ',
           'size': 'uint64_t ', 'blob': 'Blob ', 'any': 'struct json_object *', 'bytes': 'GBytes *'}


def c_string(text: str) -> str:
    """@text as a C string literal."""
    text = text.replace('\\', '\\\\').replace('"', '\\"')
    # No two question marks next to each other: they could start a trigraph.
    return '"' + re.sub(r'(?<=\?)\?', r'\\?', text) + '"'


def _comment_text(text: str) -> str:
    """@text such that it neither starts nor ends a C comment."""
    return text.replace('*/', '* /').replace('/*', '/ *')


def c_comment(text: str) -> str:
    """@text as the comment before a declaration."""
    text = _comment_text(text)
    if len(text) + len('/**  */') <= WIDTH:
        return f'/** {text} */\n'
    lines = textwrap.wrap(text, WIDTH - 3, break_long_words=False, break_on_hyphens=False)
    return '/**\n' + ''.join(f' * {line}\n' for line in lines) + ' */\n'


def c_commented(code: str, text: str) -> str:
    """A line of code with @text as its comment, if that fits."""
    line = f'{code} /* {_comment_text(text)} */'
    return f'{line if len(line) <= WIDTH else code}\n'


def _enum_decl(enum: Enum) -> str:
    """The declarations of @enum."""
    text = c_comment(enum.doc) + f'typedef enum {enum.name} {{\n'
    for value in enum.values:
        text += c_commented(f'    {enumerator(enum, value.name)},', value.doc)
    return text + (f'}} {enum.name};\n\n'
                   f'#define {enum_count(enum)} {len(enum.values)}\n\n'
                   f'extern const EnumLookup {enum.name}_lookup;\n')


def _member_decl(member: Member) -> str:
    """The members of a C structure that hold @member."""
    type_ = C_TYPES[member.type] if isinstance(member.type, str) else f'{member.type.name} '
    name = c_name(member.name)
    if member.is_list:
        star = '*' if type_.endswith('*') else ' *'
        return (c_commented(f'    {type_.rstrip()}{star}{name};', member.doc) +
                f'    size_t n_{name};\n')
    flag = f'    bool has_{name};\n' if member.has_flag else ''
    return flag + c_commented(f'    {type_}{name};', member.doc)


def _struct_decl(owner: Struct | ObjectType) -> str:
    """The declarations for the members of @owner."""
    name = struct_name(owner)
    return (c_comment(owner.doc) + f'typedef struct {name} {{\n' +
            ''.join(_member_decl(member) for member in owner.members) +
            f'}} {name};\n\n'
            f'extern const FieldTable {table_name(owner)};\n')


def types_h(model: Model, prefix: str) -> str:
    """The text of PREFIX-types.h."""
    guard = f'{c_name(prefix).upper()}_TYPES_H'
    base = 'qapi/fields.h' if prefix == PREFIX else f'{PREFIX}-types.h'
    declarations = [*map(_enum_decl, model.enums), *map(_struct_decl, model.owners)]
    return (HEADER + f'#ifndef {guard}\n#define {guard}\n\n#include "{base}"\n\n' +
            ''.join(f'{declaration}\n' for declaration in declarations) + '#endif\n')


def _enum_data(enum: Enum) -> str:
    """The definition of the lookup of @enum."""
    names = ''.join(f'    [{enumerator(enum, value.name)}] = {c_string(value.name)},\n'
                    for value in enum.values)
    return (f'static const char *const {enum.name}_names[{enum_count(enum)}] = {{\n{names}}};\n\n'
            f'const EnumLookup {enum.name}_lookup = {{\n'
            f'    .name = {c_string(enum.name)},\n'
            f'    .names = {enum.name}_names,\n'
            f'    .count = {enum_count(enum)},\n'
            '};\n')


def _number(value: int, limit: int, limit_name: str) -> str:
    """@value as a C constant of type uint64_t, by name if it is the limit of its type."""
    if value == limit:
        return limit_name
    return str(value) if value < 2**31 else f'UINT64_C({value})'


def _kind(member: Member) -> str:
    """The FieldKind of an element of @member."""
    match member.type:
        case Enum():
            return 'FIELD_ENUM'
        case Struct():
            return 'FIELD_STRUCT'
        case builtin:
            return f'FIELD_{builtin.upper()}'


def _field(owner: Struct | ObjectType, member: Member) -> str:
    """The initialiser of the Field for @member."""
    name = c_name(member.name)
    owner_name = struct_name(owner)
    lines = [f'.name = {c_string(member.name)}',
             f'.type = {c_string(type_text(member))}',
             f'.description = {c_string(member.doc)}',
             f'.kind = {_kind(member)}']
    if member.is_list:
        lines.append('.list = true')
    if member.mandatory:
        lines.append('.mandatory = true')
    has = f'offsetof({owner_name}, has_{name})' if member.has_flag else 'FIELD_NO_OFFSET'
    count = f'offsetof({owner_name}, n_{name})' if member.is_list else 'FIELD_NO_OFFSET'
    lines += [f'.offset = offsetof({owner_name}, {name})', f'.has_offset = {has}', f'.count_offset = {count}']
    if isinstance(member.type, Enum):
        lines.append(f'.enumeration = &{member.type.name}_lookup')
    elif isinstance(member.type, Struct):
        lines.append(f'.members = &{table_name(member.type)}')
    elif member.min is not None and member.max is not None:
        limit_name = 'UINT64_MAX' if member.type == 'size' else f'{member.type.upper()}_MAX'
        limit = INTEGERS[member.type]
        lines.append(f'.min = {_number(member.min, limit, limit_name)}')
        lines.append(f'.max = {_number(member.max, limit, limit_name)}')
    if member.blob_size is not None:
        lines.append(f'.blob_size = {member.blob_size}')
    if member.default is not None:
        lines.append(f'.default_text = {c_string(member.default)}')
    return '    {\n' + ''.join(f'        {line},\n' for line in lines) + '    },\n'


def _table(owner: Struct | ObjectType) -> str:
    """The definition of the field table of @owner."""
    array = f'{struct_name(owner)}_members'
    return (f'static const Field {array}[] = {{\n' +
            ''.join(_field(owner, member) for member in owner.members) + '};\n\n'
            f'const FieldTable {table_name(owner)} = {{\n'
            f'    .name = {c_string(owner.name)},\n'
            f'    .struct_size = sizeof({struct_name(owner)}),\n'
            f'    .fields = {array},\n'
            f'    .n_fields = {len(owner.members)},\n'
            '};\n')


def fields_c(model: Model, prefix: str) -> str:
    """The text of PREFIX-fields.c."""
    definitions = [*map(_enum_data, model.enums), *map(_table, model.owners)]
    return (HEADER + f'#include "{prefix}-types.h"\n' +
            ''.join(f'\n{definition}' for definition in definitions))


def builtins_h(model: Model, prefix: str) -> str:
    """The text of PREFIX-builtins.h."""
    upper = c_name(prefix).upper()
    names = [f'{c_name(type_.name)}_type' for type_ in model.objects]
    guard = f'{upper}_BUILTINS_H'
    text = HEADER + f'#ifndef {guard}\n#define {guard}\n\n#include "qom/object.h"\n\n'
    for type_, name in zip(model.objects, names):
        text += c_commented(f'extern const TypeInfo {name};', type_.doc)
    if not names:
        return text + '#endif\n'
    pointers = ', \\\n'.join(f'    &{name}' for name in names)
    return text + ('\n/** Initialiser of an array of pointers to all of them; each follows its parent. */\n'
                   f'#define {upper}_BUILTIN_TYPES \\\n{pointers}\n\n#endif\n')


def emit(model: Model, prefix: str = PREFIX) -> dict[str, str]:
    """All files: name to text. Any other @prefix is that of an extension: a schema that uses the files of another
    one, which have the usual prefix."""
    return {f'{prefix}-types.h': types_h(model, prefix),
            f'{prefix}-fields.c': fields_c(model, prefix),
            f'{prefix}-builtins.h': builtins_h(model, prefix)}
