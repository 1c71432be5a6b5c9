#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the text of source files: their size and lines, their names, and what they must not say. Prints TAP."""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Callable
from pathlib import PurePosixPath

import tree

MOST_LINES = 600
MOST_COLUMNS = 110

#: Overflow, abort, or hide what happens; what to take instead.
BANNED = {
    'strcpy': 'g_strlcpy() or g_strdup()',
    'strcat': 'GString',
    'sprintf': 'g_strdup_printf() or snprintf()',
    'vsprintf': 'g_strdup_vprintf() or vsnprintf()',
    'gets': 'fgets()',
    'atoi': 'g_ascii_string_to_unsigned()',
    'strtok': 'g_strsplit()',
    'alloca': 'g_malloc()',
    'system': 'posix_spawn()',
    'popen': 'posix_spawn()',
}

UNFINISHED = re.compile(r'\b(?:TODO|FIXME|XXX)\b')

#: A door's flag where it decides something.
SIMULATED = re.compile(r'\b(?:if|while|switch)\s*\([^;{}]*(?:->|\.)simulated\b'
                       r'|(?:->|\.)simulated\s*(?:\?|&&|\|\|)'
                       r'|(?:&&|\|\||!)\s*[\w>.-]*(?:->|\.)simulated\b')

#: A question for a mechanism's kind.
KIND = re.compile(r'\b\w*is_(?:confidential|sev|sev_es|snp|sev_snp|tdx|pef|pv)(?:_\w+)?\s*\(')

#: Names that say nothing.
EMPTY_NAMES = {'utils', 'util', 'common', 'misc', 'helpers'}


def is_library(path: str) -> bool:
    """Whether @path is code of the library."""
    return not path.startswith(('tests/', 'tools/', 'scripts/', 'docs/'))


def check_size(path: str, text: str) -> list[str]:
    """Nobody reads a longer file to its end."""
    lines = text.count('\n')
    return [f'{path} has {lines} lines, more than {MOST_LINES}'] if lines > MOST_LINES else []


def check_blanks(path: str, text: str) -> list[str]:
    """Neither tabs nor blanks at the end of a line, and a newline at the end of the file."""
    found = []
    for number, line in enumerate(text.split('\n'), 1):
        if '\t' in line:
            found.append(f'{path}:{number}: a tab')
        if line != line.rstrip():
            found.append(f'{path}:{number}: blanks at the end')
    if text and (not text.endswith('\n') or text.endswith('\n\n')):
        found.append(f'{path}: must end in one newline')
    return found


def check_columns(path: str, text: str) -> list[str]:
    """No line of C is too long."""
    lines = enumerate(text.split('\n'), 1) if path.endswith(('.c', '.h')) else []
    return [f'{path}:{number}: {len(line)} columns' for number, line in lines if len(line) > MOST_COLUMNS]


def check_banned(path: str, text: str) -> list[str]:
    """No call that is banned, and no goto."""
    if not path.endswith(('.c', '.h')):
        return []
    code = tree.without_comments(text)
    found = []
    for match in re.finditer(rf'(?<![\w.>])({"|".join(BANNED)})\s*\(|\bgoto\b', code):
        name = match.group(1)
        advice = f'{name}(); use {BANNED[name]}' if name else 'goto'
        found.append(f'{path}:{tree.line_of(code, match.start())}: {advice}')
    return found


def check_finished(path: str, text: str) -> list[str]:
    """No comment says that something is not finished."""
    if path.endswith('.py'):
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    else:
        comments = list(enumerate(text.split('\n'), 1))
    return [f'{path}:{number}: {word}' for number, comment in comments for word in UNFINISHED.findall(comment)]


def check_simulated(path: str, text: str) -> list[str]:
    """That a door is simulated is printed, never branched on."""
    if not is_library(path) or path.startswith('lib/') or not path.endswith(('.c', '.h')):
        return []
    code = tree.without_comments(text)
    return [f'{path}:{tree.line_of(code, match.end())}: decides by a door\'s `simulated`'
            for match in SIMULATED.finditer(code)]


def check_kind(path: str, text: str) -> list[str]:
    """Nothing outside a target asks which mechanism there is; that is what hooks are for."""
    if not is_library(path) or path.startswith('target-') or not path.endswith(('.c', '.h')):
        return []
    code = tree.without_comments(text)
    return [f'{path}:{tree.line_of(code, match.start())}: {match.group()}); use a hook' for match in KIND.finditer(code)]


def check_name(path: str, _text: str) -> list[str]:
    """Files are named for the noun they hold."""
    stem = PurePosixPath(path).stem.lower()
    return [f'{path} says nothing about what is in it'] if stem in EMPTY_NAMES else []


CHECKS: dict[str, Callable[[str, str], list[str]]] = {
    f'no file has more than {MOST_LINES} lines': check_size,
    'no tabs, no blanks at the end of a line': check_blanks,
    f'no line of C has more than {MOST_COLUMNS} columns': check_columns,
    'no banned call': check_banned,
    'nothing is left unfinished': check_finished,
    'nothing is decided by whether a door is simulated': check_simulated,
    'no question for the kind of mechanism outside targets': check_kind,
    'no file has an empty name': check_name,
}


def main() -> int:
    """Runs the tests; returns the exit status."""
    texts = {path: tree.read(path) for path in tree.files('.c', '.h', '.py')}
    results = []
    for name, check in CHECKS.items():
        result = tree.Result(name)
        for path, text in texts.items():
            result.problems += check(path, text)
        results.append(result)
    return tree.report(results)


if __name__ == '__main__':
    sys.exit(main())
