# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads schema files: the values they are made of, and the expressions of a file and of all that it includes.

Nothing in here knows what an expression means; that is check.py's. Every value carries the place it was read
from, so that whoever refuses it can say where it stands.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from .lexer import Lexer, Loc, SchemaError, Token


@dataclass(frozen=True)
class Str:
    """A quoted string."""

    loc: Loc
    text: str


@dataclass(frozen=True)
class Num:
    """A whole number, as it was written."""

    loc: Loc
    text: str


@dataclass(frozen=True)
class Bool:
    """true or false."""

    loc: Loc
    value: bool


@dataclass(frozen=True)
class Array:
    """[ value, ... ]"""

    loc: Loc
    items: list[Value]


@dataclass(frozen=True)
class Map:
    """{ key: value, ... } in the order of the file; the keys are unique."""

    loc: Loc
    entries: list[tuple[Str, Value]]


Value = Str | Num | Bool | Array | Map


def describe(value: Value) -> str:
    """What @value is, for messages."""
    match value:
        case Str():
            return f"'{value.text}'"
        case Num():
            return value.text
        case Bool():
            return 'true' if value.value else 'false'
        case Array():
            return 'a list'
        case Map():
            return 'a { } object'


def quoted(names: Iterable[str]) -> str:
    """The @names, for messages."""
    return ', '.join(f"'{name}'" for name in names)


@dataclass
class DocItem:
    """What a documentation block says about one name."""

    loc: Loc
    text: str = ''


@dataclass
class Doc:
    """A documentation block: `@NAME:` and a text, then `@member:` and a text for each member."""

    loc: Loc
    name: str
    text: str = ''
    members: dict[str, DocItem] = field(default_factory=dict)


@dataclass(frozen=True)
class Expr:
    """A top-level { } that is not an include, with the documentation block before it, if there is one."""

    value: Map
    doc: Doc | None


DOC_NAME = re.compile(r'@([A-Za-z0-9_-]+):(?: +(.*))?$')


def parse_doc(token: Token) -> Doc | None:
    """The contents of a documentation block, or None if it is free text that belongs to no expression."""
    doc: Doc | None = None
    item: Doc | DocItem | None = None
    for number, line in enumerate(token.doc_lines, token.loc.line + 1):
        # Two characters for "# " on top of the column of the "#".
        indent = len(line) - len(line.lstrip())
        loc = Loc(token.loc.path, number, token.loc.column + 2 + indent)
        text = line.strip()
        if not text:
            continue
        if text.startswith('@') and indent == 0:
            name = DOC_NAME.match(text)
            if not name:
                raise SchemaError(loc, f"'{text.split()[0]}' in documentation; a name is written '@name:'")
            if doc is None:
                doc = item = Doc(loc, name[1])
            elif name[1] in doc.members:
                raise SchemaError(loc, f"documentation of '{doc.name}': '@{name[1]}:' appears twice")
            else:
                item = doc.members[name[1]] = DocItem(loc)
            text = (name[2] or '').strip()
        elif doc is None:
            return None
        elif isinstance(item, DocItem) and indent == 0:
            raise SchemaError(loc, f"documentation of '{doc.name}': text after the members; what continues"
                                   ' the text of a member is indented')
        assert item is not None
        item.text = f'{item.text} {text}'.strip()
    return doc


class Parser:
    """Reads a file and all that it includes, each file once."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.exprs: list[Expr] = []

    def read(self, path: str, included_at: Loc | None = None) -> None:
        """Appends the expressions of @path, and those of what it includes where it includes it."""
        real = os.path.realpath(path)
        if real in self.seen:
            return
        self.seen.add(real)
        try:
            with open(path, 'rb') as file:
                data = file.read()
        except OSError as error:
            loc = included_at or Loc(path, 1, 1)
            raise SchemaError(loc, f"cannot read '{path}': {error.strerror}") from error
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            before = data[:error.start].decode()
            loc = Loc(path, before.count('\n') + 1, len(before) - before.rfind('\n'))
            raise SchemaError(loc, 'not valid UTF-8') from error
        _File(self, path, Lexer(path, text).tokens()).parse()


class _File:
    """The recursive-descent parser of one file."""

    def __init__(self, parser: Parser, path: str, tokens: Iterator[Token]) -> None:
        self.parser = parser
        self.path = path
        self.tokens = tokens
        self.token = next(tokens)

    def parse(self) -> None:
        """Reads the whole file."""
        doc: Doc | None = None
        while self.token.kind != 'end':
            if self.token.kind == 'doc':
                self._no_expression_after(doc)
                doc = parse_doc(self.token)
                self._advance()
                continue
            if self.token.kind != '{':
                self._unexpected("an expression, which starts with '{'")
            expr = self._map()
            if expr.entries and expr.entries[0][0].text == 'include':
                self._no_expression_after(doc)
                self._include(expr)
            else:
                self.parser.exprs.append(Expr(expr, doc))
            doc = None
        self._no_expression_after(doc)

    def _include(self, expr: Map) -> None:
        """Reads the file that @expr names."""
        name = expr.entries[0][1]
        if len(expr.entries) > 1:
            key = expr.entries[1][0]
            raise SchemaError(key.loc, f"unknown key '{key.text}'; write {{ 'include': 'file.json' }}")
        if not isinstance(name, Str):
            raise SchemaError(name.loc, f'include of {describe(name)}; it takes the name of a file')
        self.parser.read(os.path.normpath(os.path.join(os.path.dirname(self.path), name.text)), name.loc)

    def _no_expression_after(self, doc: Doc | None) -> None:
        """Refuses @doc, which documents a name but stands before something that has none."""
        if doc:
            raise SchemaError(doc.loc, f"documentation of '{doc.name}' has no expression after it")

    def _advance(self) -> Token:
        """Goes on to the next token and returns the one before."""
        token = self.token
        self.token = next(self.tokens)
        return token

    def _unexpected(self, expected: str) -> NoReturn:
        raise SchemaError(self.token.loc, f'expected {expected}, not {self.token}')

    def _comma(self, end: str) -> None:
        """Goes on after a comma, which must not be the last thing before @end."""
        comma = self._advance()
        if self.token.kind == end:
            raise SchemaError(comma.loc, f"',' before '{end}'; none follows the last element")

    def _value(self) -> Value:
        """Any value."""
        match self.token.kind:
            case '{':
                return self._map()
            case '[':
                return self._array()
        if self.token.kind not in ('str', 'num', 'bool'):
            self._unexpected("a value (a string, a number, true, false, '[' or '{')")
        token = self._advance()
        match token.kind:
            case 'str':
                return Str(token.loc, token.text)
            case 'num':
                return Num(token.loc, token.text)
        return Bool(token.loc, token.text == 'true')

    def _array(self) -> Array:
        """[ value, ... ]"""
        array = Array(self._advance().loc, [])
        while self.token.kind != ']' or array.items:
            array.items.append(self._value())
            if self.token.kind == ']':
                break
            if self.token.kind != ',':
                self._unexpected("',' or ']' after an element")
            self._comma(']')
        self._advance()
        return array

    def _map(self) -> Map:
        """{ key: value, ... }"""
        result = Map(self._advance().loc, [])
        keys: dict[str, Loc] = {}
        while self.token.kind != '}' or result.entries:
            if self.token.kind != 'str':
                self._unexpected('a key in single quotes')
            key = self._advance()
            if key.text in keys:
                raise SchemaError(key.loc, f"duplicate key '{key.text}'; the first is at {keys[key.text]}")
            keys[key.text] = key.loc
            if self.token.kind != ':':
                self._unexpected(f"':' after key '{key.text}'")
            self._advance()
            result.entries.append((Str(key.loc, key.text), self._value()))
            if self.token.kind == '}':
                break
            if self.token.kind != ',':
                self._unexpected(f"',' or '}}' after the value of '{key.text}'")
            self._comma('}')
        self._advance()
        return result


def read_schema(path: str) -> list[Expr]:
    """All expressions of the schema at @path, in order. Raises SchemaError."""
    parser = Parser()
    parser.read(path)
    return parser.exprs
