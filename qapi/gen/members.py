# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks one member of a struct or object type: its type, its default and its limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .lexer import Loc, SchemaError
from .model import BUILTINS, INTEGERS, Enum, Member, ObjectType, Struct
from .schema import Array, Bool, Map, Num, Str, Value, describe, quoted

#: The keys of a type that is written { 'type': ..., ... }.
OPTIONS = ('type', 'default', 'min', 'max', 'size')
SUFFIXES = {'': 0, 'K': 10, 'M': 20, 'G': 30, 'T': 40}
NUMBER = re.compile(r'(0x[0-9a-fA-F]+)|(-?(?:0|[1-9][0-9]*))([KMGT]?)')


@dataclass(frozen=True)
class Types:
    """The types of a schema by name. While members are checked, structs and object types may lack theirs."""

    enums: dict[str, Enum]
    structs: dict[str, Struct]
    objects: dict[str, ObjectType]


class MemberChecker:
    """Checks the member @name of the expression that messages call @title."""

    def __init__(self, types: Types, title: str, name: Str, optional: bool) -> None:
        self.types = types
        self.name = name
        self.optional = optional
        self.where = f"{title}: member '{name.text}'"

    def check(self, value: Value, doc: str) -> Member:
        """The member that the schema describes by @value."""
        options = {'type': value}
        if isinstance(value, Map):
            for key, _ in value.entries:
                if key.text not in OPTIONS:
                    raise self._error(key.loc, f"unknown key '{key.text}'; allowed: {quoted(OPTIONS)}")
            options = {key.text: option for key, option in value.entries}
            if 'type' not in options:
                raise self._error(value.loc, "no 'type'; it is written { 'type': TYPE, ... }")
        type_, is_list = self._type(options['type'])
        if is_list:
            if type_ in ('blob', 'bytes'):
                raise self._error(options['type'].loc, f'lists of {type_} are not supported')
            for key_name in OPTIONS[1:]:
                if key_name in options:
                    raise self._error(options[key_name].loc, f"a list has no '{key_name}'")
        min_, max_ = self._limits(type_, options)
        blob_size = self._blob_size(type_, options)
        default = self._default(type_, options['default'], min_, max_) if 'default' in options else None
        return Member(self.name.text, self.name.loc, doc, type_, is_list, self.optional, default, min_, max_,
                      blob_size)

    def _error(self, loc: Loc, message: str) -> SchemaError:
        return SchemaError(loc, f'{self.where}: {message}')

    def _type(self, value: Value) -> tuple[str | Enum | Struct, bool]:
        """The type that @value names, and whether it is a list of that."""
        is_list = isinstance(value, Array)
        if isinstance(value, Array):
            if len(value.items) != 1:
                raise self._error(value.loc, "a list is written [ 'TYPE' ], with exactly one type")
            value = value.items[0]
        if not isinstance(value, Str):
            raise self._error(value.loc, f"a type is 'TYPE', [ 'TYPE' ] or {{ 'type': TYPE, ... }},"
                                         f' not {describe(value)}')
        name = value.text
        if name in BUILTINS:
            return name, is_list
        if name in self.types.enums:
            return self.types.enums[name], is_list
        if name in self.types.structs:
            return self.types.structs[name], is_list
        if name in self.types.objects:
            raise self._error(value.loc, f"'{name}' is an object type; a member is of a built-in type, an"
                                         ' enum or a struct')
        raise self._error(value.loc, f"unknown type '{name}'; it is no enum or struct of the schema, and"
                                     f' built in are {quoted(BUILTINS)}')

    def _limits(self, type_: str | Enum | Struct, options: dict[str, Value]) -> tuple[int | None, int | None]:
        """The smallest and the largest value of an integer; both None for all else."""
        if not isinstance(type_, str) or type_ not in INTEGERS:
            for key in ('min', 'max'):
                if key in options:
                    raise self._error(options[key].loc, f"'{key}' is for {quoted(INTEGERS)} only")
            return None, None
        limits = {'min': 0, 'max': INTEGERS[type_]}
        for key in limits:
            if key in options:
                number = self._number(key, options[key], type_)
                if not 0 <= number <= INTEGERS[type_]:
                    raise self._error(options[key].loc, f"'{key}' is {describe(options[key])}, but a {type_}"
                                                        f' is from 0 to {INTEGERS[type_]}')
                limits[key] = number
        if limits['min'] > limits['max']:
            raise self._error(options['min' if 'min' in options else 'max'].loc,
                              f"'min' {limits['min']} is greater than 'max' {limits['max']}")
        return limits['min'], limits['max']

    def _number(self, key: str, value: Value, builtin: str) -> int:
        """The number that @value, which belongs to @key, stands for."""
        text = value.text if isinstance(value, (Num, Str)) else ''
        match = NUMBER.fullmatch(text)
        if not match or (match[3] and builtin != 'size'):
            example = "a number, '0x1000' or '4K'" if builtin == 'size' else "a number or '0x1000'"
            raise self._error(value.loc, f"'{key}' of type {builtin} is {example}, not {describe(value)}")
        return int(match[1], 16) if match[1] else int(match[2]) << SUFFIXES[match[3]]

    def _blob_size(self, type_: str | Enum | Struct, options: dict[str, Value]) -> int | None:
        """The exact size of a blob, if it has one."""
        if 'size' not in options:
            return None
        size = options['size']
        if type_ != 'blob':
            raise self._error(size.loc, "'size' is for 'blob' only")
        number = self._number('size', size, 'blob')
        if not 0 < number < 2**31:
            raise self._error(size.loc, f"'size' is {describe(size)}; a blob has at least 1 byte and less"
                                        ' than 2 GiB')
        return number

    def _default(self, type_: str | Enum | Struct, value: Value, min_: int | None, max_: int | None) -> str:
        """The default @value as a user would write it."""
        if self.optional:
            raise self._error(self.name.loc, "optional and with a 'default'; a member with a default may"
                                             " always be left out and is written without '*'")
        text = value.text if isinstance(value, Str) else describe(value)
        if isinstance(type_, Enum):
            names = [item.name for item in type_.values]
            if not isinstance(value, Str) or text not in names:
                raise self._error(value.loc, f"'default' of type {type_.name} is one of {quoted(names)},"
                                             f' not {describe(value)}')
            return text
        if isinstance(type_, Struct) or type_ in ('blob', 'any', 'bytes'):
            name = f'struct {type_.name}' if isinstance(type_, Struct) else type_
            raise self._error(value.loc, f"a member of type {name} has no 'default'; make it optional:"
                                         f" '*{self.name.text}'")
        if type_ == 'bool':
            if not isinstance(value, Bool):
                raise self._error(value.loc, "'default' of type bool is true or false, not"
                                             f' {describe(value)}')
            return 'on' if value.value else 'off'
        if min_ is None or max_ is None:
            if not isinstance(value, Str):
                raise self._error(value.loc, f"'default' of type str is a string, not {describe(value)}")
        elif not min_ <= self._number('default', value, type_) <= max_:
            raise self._error(value.loc, f"'default' {describe(value)} is out of range; allowed: {min_} to"
                                         f' {max_}')
        return text
