#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that clang-format would change nothing. Prints TAP.

Versions of clang-format differ in what they do, so only the one that the tree is formatted with is asked. $CLANG_FORMAT
names it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import tree

VERSION = '14.'


def find() -> tuple[str, str]:
    """The command, and why it cannot be used."""
    command = os.environ.get('CLANG_FORMAT') or 'clang-format'
    if not shutil.which(command):
        return command, f'there is no {command}'
    done = subprocess.run([command, '--version'], capture_output=True, encoding='utf-8', check=False)
    version = re.search(r'version (\S+)', done.stdout)
    if not version or not version.group(1).startswith(VERSION):
        return command, f'{command} is version {version.group(1) if version else "?"}, not {VERSION}x'
    return command, ''


def main() -> int:
    """Runs the test; returns the exit status."""
    command, missing = find()
    result = tree.Result('clang-format would change nothing', skipped=missing)
    if not missing:
        done = subprocess.run([command, '--style=file', '--dry-run', '-Werror', *tree.files('.c', '.h')],
                              cwd=tree.ROOT, capture_output=True, encoding='utf-8', check=False)
        places = re.findall(r'^([^:\n]+:\d+):\d+: error:', done.stderr, re.MULTILINE)
        result.problems = places or ([done.stderr or 'it failed'] if done.returncode else [])
    return tree.report([result])


if __name__ == '__main__':
    sys.exit(main())
