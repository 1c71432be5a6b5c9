#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that includes only go down, from a folder to itself and to those below it. Prints TAP.

There is no list of exceptions, and there should never be one.
"""

from __future__ import annotations

import sys

import tree

#: Low to high. Targets are as high as each other, but never see each other.
FOLDERS = ('include', 'qapi', 'qom', 'hw', 'confidential', 'target-', 'lib', 'tools')


def level(folder: str) -> int | None:
    """How high @folder is; None if it is not one of the house's."""
    if folder.startswith('target-'):
        return FOLDERS.index('target-')
    return FOLDERS.index(folder) if folder in FOLDERS else None


def problem(path: str, include: str) -> str:
    """What is wrong with @path including @include; empty if nothing is."""
    header = tree.resolve(include)
    if header is None:
        return f'"{include}" is not in the tree; write its path from the root, or <> for a system header'
    own = path.split('/')[0]
    other = tree.GENERATED.get(header, header.split('/')[0])
    if own in ('include', 'tools'):
        return '' if other in ('include', own) else f'"{include}" is neither a public header nor of {own}/'
    own_level, other_level = level(own), level(other)
    if other_level is None:
        return f'"{include}" is in {other}/, which is not part of the library'
    if own_level is None or other_level > own_level:
        return f'"{include}" is above {own}/'
    if other_level == own_level and other != own:
        return f'"{include}" belongs to another target'
    return ''


def main() -> int:
    """Runs the tests; returns the exit status."""
    paths = [path for path in tree.files('.c', '.h') if level(path.split('/')[0]) is not None]
    results = []
    for folder in sorted({path.split('/')[0] for path in paths}):
        result = tree.Result(f'{folder}: includes go down')
        for path in paths:
            if path.startswith(f'{folder}/'):
                found = [problem(path, include) for include in tree.includes(path)]
                result.problems += [f'{path}: {text}' for text in found if text]
        results.append(result)
    return tree.report(results)


if __name__ == '__main__':
    sys.exit(main())
