# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cuts the text of a schema file into tokens, and defines the error that all of the generator reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Loc:
    """A place in a schema file. Lines and columns count from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f'{self.path}:{self.line}:{self.column}'


class SchemaError(Exception):
    """What is wrong with a schema, and where."""

    def __init__(self, loc: Loc, message: str) -> None:
        super().__init__(f'{loc}: {message}')


@dataclass(frozen=True)
class Token:
    """One lexical element. `kind` is a punctuation character, 'str', 'num', 'bool', 'doc' or 'end'."""

    kind: str
    loc: Loc
    text: str = ''
    doc_lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case 'str':
                return f"'{self.text}'"
            case 'num' | 'bool':
                return self.text
            case 'doc':
                return 'a documentation block'
            case 'end':
                return 'the end of the file'
        return f"'{self.kind}'"


WORD = re.compile(r'[A-Za-z0-9_.+-]+')
DOC_START = re.compile(r' *##(?!#)')
NUMBER = re.compile(r'-?(0|[1-9][0-9]*)')


class Lexer:
    """Cuts the text of one file into tokens."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = text.split('\n')

    def tokens(self) -> Iterator[Token]:
        """All tokens of the file; the last one is of kind 'end'."""
        number = 0
        while number < len(self.lines):
            if DOC_START.match(self.lines[number]):
                token, number = self._doc(number)
                yield token
            else:
                yield from self._line(number)
                number += 1
        yield Token('end', Loc(self.path, len(self.lines), len(self.lines[-1]) + 1))

    def _line(self, number: int) -> Iterator[Token]:
        """The tokens of line @number, which starts no documentation block."""
        line = self.lines[number]
        at = 0
        while at < len(line) and line[at] != '#':
            loc = Loc(self.path, number + 1, at + 1)
            if line[at] == ' ':
                at += 1
            elif line[at] in '{}[]:,':
                yield Token(line[at], loc)
                at += 1
            elif line[at] == "'":
                text, at = self._string(line, at, loc)
                yield Token('str', loc, text)
            elif word := WORD.match(line, at):
                yield self._word(word[0], loc)
                at = word.end()
            elif line[at] == '"':
                raise SchemaError(loc, "strings are written in single quotes: 'text'")
            elif line[at] == '\t':
                raise SchemaError(loc, 'tab character; indent with spaces')
            else:
                raise SchemaError(loc, f'unexpected character {line[at]!r}')

    def _string(self, line: str, at: int, loc: Loc) -> tuple[str, int]:
        r"""The string that starts at @at, and where it ends. The only escapes are \\ and \'."""
        text = ''
        at += 1
        while at < len(line) and line[at] != "'":
            here = Loc(self.path, loc.line, at + 1)
            if line[at] == '\\':
                at += 1
                if line[at:at + 1] not in ('\\', "'"):
                    raise SchemaError(here, r"unknown escape; a string knows \\ and \' only")
            elif not ' ' <= line[at] <= '~':
                raise SchemaError(here, f'character {line[at]!r} in a string; printable ASCII is allowed')
            text += line[at]
            at += 1
        if at == len(line):
            raise SchemaError(loc, "string without a closing ' on the same line")
        return text, at + 1

    def _word(self, word: str, loc: Loc) -> Token:
        """The token for something written without quotes."""
        if word in ('true', 'false'):
            return Token('bool', loc, word)
        if NUMBER.fullmatch(word):
            return Token('num', loc, word)
        if word[0].isdigit() or word[0] in '+-.':
            raise SchemaError(loc, f"bad number {word}; a number is whole and decimal; '0x10' is a string")
        raise SchemaError(loc, f"unexpected word {word}; strings are written in single quotes: '{word}'")

    def _doc(self, start: int) -> tuple[Token, int]:
        """The documentation block whose first line is @start, and the number of the line after it."""
        column = self.lines[start].index('##') + 1
        loc = Loc(self.path, start + 1, column)
        content: list[str] = []
        for number in range(start, len(self.lines)):
            line = self.lines[number].strip()
            here = Loc(self.path, number + 1, column)
            if number == start or line.startswith('##'):
                if line != '##':
                    raise SchemaError(here, "text after '##'; a documentation block starts and ends with a"
                                            ' line that is nothing else')
                if number != start:
                    return Token('doc', loc, doc_lines=tuple(content)), number + 1
            elif not line.isprintable():
                raise SchemaError(here, 'tab or other unprintable character in documentation')
            elif line == '#' or line.startswith('# '):
                content.append(line[2:])
            elif line.startswith('#'):
                raise SchemaError(here, "a line of a documentation block starts with '# '")
            else:
                break
        raise SchemaError(loc, "documentation block without a closing '##'")
