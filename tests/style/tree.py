# SPDX-License-Identifier: LGPL-2.1-or-later
"""The source tree, for the tests of its style: its files, their includes, and results as TAP."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

#: Headers that the build generates from the schema, and the folder that they count as.
GENERATED = {'qapi-types.h': 'qapi', 'qapi-builtins.h': 'qapi', 'qapi-commands.h': 'qapi'}

#: Golden files: what the generator of the schema writes is formatted by the generator.
GOLDEN = 'tests/schema/'

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
_NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def files(*suffixes: str) -> list[str]:
    """The files of the tree with one of these suffixes, relative to its root, sorted; no golden files."""
    found: list[str] = []
    for folder, folders, names in os.walk(ROOT):
        # Git ignores build folders of the root; others are known by what meson leaves in them.
        ignored = ('.', '__pycache__', 'build') if Path(folder) == ROOT else ('.', '__pycache__')
        if 'meson-private' in folders:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(ignored)]
        for name in names:
            path = (Path(folder) / name).relative_to(ROOT).as_posix()
            if name.endswith(suffixes) and not path.startswith(GOLDEN):
                found.append(path)
    return sorted(found)


def read(path: str) -> str:
    """The text of file @path of the tree."""
    return (ROOT / path).read_text('utf-8')


def includes(path: str) -> list[str]:
    """What the C file @path includes in quotes, as it is written there."""
    return _INCLUDE.findall(read(path))


def resolve(include: str) -> str | None:
    """The path in the tree of a header that is included as @include; None if there is none."""
    for path in (include, f'include/{include}'):
        if (ROOT / path).is_file():
            return path
    return include if include in GENERATED else None


def without_comments(text: str) -> str:
    """C text with comments and literals blanked out; lines keep their numbers."""
    return _NOT_CODE.sub(lambda match: re.sub(r'[^\n]', ' ', match.group()), text)


def line_of(text: str, offset: int) -> int:
    """The number of the line at @offset of @text."""
    return text.count('\n', 0, offset) + 1


@dataclass
class Result:
    """The outcome of one test; it passed if there is no problem."""

    name: str
    problems: list[str] = field(default_factory=list)
    skipped: str = ''


def report(results: Iterator[Result] | list[Result]) -> int:
    """Prints @results as TAP. Returns the exit status."""
    results = list(results)
    print(f'1..{len(results)}')
    for number, result in enumerate(results, 1):
        skipped = f' # SKIP {result.skipped}' if result.skipped else ''
        print(f'{"not ok" if result.problems else "ok"} {number} - {result.name}{skipped}')
        for problem in result.problems:
            for line in problem.splitlines():
                print(f'# {line}')
    return 1 if any(result.problems for result in results) else 0
