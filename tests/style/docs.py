#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests that the documents agree with the tree. Prints TAP.

A code block that says which file it is from (```c tests/toy/toy-guest.c) is found in that file as it stands;
links lead somewhere; functions and files that are named in `backquotes` exist; README's table of folders is
complete; some words are not used; and docs/objects.md and docs/qmp.md are what the schema says.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice, zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r'^(```+)(\w*)[ ]*(.*)$')
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
HEADING = re.compile(r'^#+ +(.*)$')
FUNCTION = re.compile(r'`([a-z_][a-z0-9_]*)\(\)`')
PATH = re.compile(r'`([\w.*-]+(?:/[\w.*-]+)*/?)`')
TABLE_ROW = re.compile(r'^\| `([^`]+)/` \|')
FORBIDDEN = [
    ('a note to oneself', re.compile(r'\b(TODO|FIXME|XXX|TBD)\b|lorem ipsum', re.IGNORECASE)),
    ("a folder of somebody's machine", re.compile(r'(?<![\w.-])/(home|root|work|tmp)/')),
    ('advertising', re.compile(r'\b(blazing\w*|seamless\w*|world-class|cutting-edge|state-of-the-art|powerful'
                               r'|revolutionary|effortless\w*|robust\w*|leverag\w+|utili[sz]\w+)\b',
                               re.IGNORECASE)),
    ('talking down', re.compile(r'\b(simply|obviously|trivially|of course)\b', re.IGNORECASE)),
]


def is_of_the_tree(path: Path) -> bool:
    """Whether @path, relative to the root, is neither hidden nor in a build folder."""
    return not any(part.startswith(('.', 'build')) for part in path.parts)


@cache
def documents() -> list[Path]:
    """All documents."""
    return sorted(path for path in ROOT.rglob('*.md') if is_of_the_tree(path.relative_to(ROOT)))


@cache
def sources() -> str:
    """All code, as one text."""
    files = (path for suffix in ('c', 'h', 'py') for path in ROOT.rglob(f'*.{suffix}')
             if is_of_the_tree(path.relative_to(ROOT)))
    return '\n'.join(path.read_text('utf-8', errors='replace') for path in files)


def place(path: Path, number: int) -> str:
    """How messages call line @number of @path."""
    return f'{path.relative_to(ROOT)}:{number}'


def lines_outside_code(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of @path, with their numbers, that are not in code blocks."""
    fence = ''
    for number, line in enumerate(path.read_text('utf-8').splitlines(), 1):
        match = FENCE.match(line)
        if match and (not fence or line.strip() == fence):
            fence = '' if fence else match[1]
        elif not fence:
            yield number, line


def blocks(path: Path) -> Iterator[tuple[int, str, str]]:
    """The code blocks of @path that say where they are from: line, file, text."""
    opened: tuple[int, str, str] | None = None
    text = ''
    for number, line in enumerate(path.read_text('utf-8').splitlines(), 1):
        match = FENCE.match(line)
        if opened and line.strip() == opened[2]:
            if opened[1]:
                yield opened[0], opened[1], text
            opened = None
        elif opened:
            text += f'{line}\n'
        elif match:
            opened, text = (number, match[3], match[1]), ''


def check_blocks() -> Iterator[str]:
    """Code that was changed in one of two places."""
    for path in documents():
        for number, name, text in blocks(path):
            file = ROOT / name
            if not file.is_file():
                yield f"{place(path, number)}: there is no file '{name}'"
            elif text not in file.read_text('utf-8'):
                yield f"{place(path, number)}: this is not in '{name}'"


def anchors(path: Path) -> set[str]:
    """What links to a heading of @path can say behind #."""
    headings = (HEADING.match(line) for _, line in lines_outside_code(path))
    names = (re.sub(r'[^\w\- ]', '', heading[1].lower()) for heading in headings if heading)
    return {name.replace(' ', '-') for name in names}


def check_links() -> Iterator[str]:
    """Links to nothing."""
    for path in documents():
        for number, line in lines_outside_code(path):
            for target in LINK.findall(line):
                name, _, anchor = target.partition('#')
                file = path.parent / name if name else path
                if re.match(r'[a-z]+:', target):
                    continue
                if not file.exists():
                    yield f"{place(path, number)}: link to '{target}', which does not exist"
                elif anchor and anchor not in anchors(file):
                    yield f"{place(path, number)}: link to '{target}', but there is no such heading"


def check_names() -> Iterator[str]:
    """Functions and files that do not exist (any more)."""
    for path in documents():
        for number, line in lines_outside_code(path):
            for name in FUNCTION.findall(line):
                if not re.search(rf'\b{name}\b', sources()):
                    yield f"{place(path, number)}: there is no function '{name}'"
            for name in PATH.findall(line):
                folder = name.split('/')[0]
                if '/' in name and (ROOT / folder).is_dir() and not any(ROOT.glob(name.rstrip('/'))):
                    yield f"{place(path, number)}: there is no '{name}'"


def check_folders() -> Iterator[str]:
    """What README's table of folders says."""
    rows = (TABLE_ROW.match(line) for _, line in lines_outside_code(ROOT / 'README.md'))
    told = {row[1] for row in rows if row}
    folders = {path.name for path in ROOT.iterdir()
               if path.is_dir() and is_of_the_tree(path.relative_to(ROOT))}
    yield from (f"README.md has '{name}/', which does not exist" for name in sorted(told - folders))
    yield from (f"README.md does not say what '{name}/' holds" for name in sorted(folders - told))


def check_words() -> Iterator[str]:
    """Words that do not belong into documents."""
    for path in documents():
        for number, line in enumerate(path.read_text('utf-8').splitlines(), 1):
            for what, pattern in FORBIDDEN:
                match = pattern.search(line)
                if match:
                    yield f"{place(path, number)}: '{match[0]}': {what}"


def check_generated() -> Iterator[str]:
    """A document that is older than the schema."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run([sys.executable, ROOT / 'qapi' / 'document.py', '--output-dir', directory],
                              capture_output=True, encoding='utf-8', check=False)
        if done.returncode:
            yield f'qapi/document.py: {done.stderr.strip()}'
        for made in sorted(Path(directory).iterdir()):
            yield from differences(ROOT / 'docs' / made.name, made.read_text('utf-8').splitlines())


def differences(committed: Path, new: list[str]) -> Iterator[str]:
    """The first line of document @committed that is not as in @new."""
    old = committed.read_text('utf-8').splitlines() if committed.exists() else []
    differing = (number for number, lines in enumerate(zip_longest(old, new), 1) if lines[0] != lines[1])
    for number in islice(differing, 1):
        yield f'{place(committed, number)}: the schema says something else; run qapi/document.py and commit'


def main() -> int:
    """Runs all tests; returns the exit status."""
    tests: list[tuple[str, Callable[[], Iterator[str]]]] = [
        ('code in documents is that of the files', check_blocks),
        ('links lead somewhere', check_links),
        ('functions and files that are named exist', check_names),
        ("README's table of folders is complete", check_folders),
        ('words that do not belong into documents', check_words),
        ('docs/objects.md and docs/qmp.md are what the schema says', check_generated),
    ]
    failed = False
    print(f'1..{len(tests)}')
    for number, (name, test) in enumerate(tests, 1):
        problems = list(test())
        failed = failed or bool(problems)
        print(f'{"not ok" if problems else "ok"} {number} - {name}')
        for problem in problems:
            print(f'# {problem}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
