#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks every header: it compiles alone, has a guard named after its path, a licence and a docstring. Prints TAP.

Public headers must also compile as strict C99 and as C++17, with nothing but include/ to be found. $CC and $CXX are the
compilers.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tree

SPDX = '/* SPDX-License-Identifier: LGPL-2.1-or-later */\n'
WARNINGS = ('-Wall', '-Wextra', '-Werror')
PUBLIC = 'include/'


@dataclass
class Compiler:
    """A way to compile a header, or why there is none."""

    what: str
    command: list[str]
    missing: str = ''


def run(command: list[str], text: str = '') -> subprocess.CompletedProcess[str]:
    """Runs @command with @text on stdin."""
    return subprocess.run(command, cwd=tree.ROOT, input=text, capture_output=True, encoding='utf-8', check=False)


def find(variable: str, default: str) -> tuple[list[str], str]:
    """The command of a compiler, and why it cannot be used."""
    command = shlex.split(os.environ.get(variable, default))
    if command and shutil.which(command[0]):
        return command, ''
    return command, f'no compiler: {os.environ.get(variable, default)}'


def compilers(generated: Path) -> tuple[Compiler, list[Compiler]]:
    """The compiler for all headers and those for public ones. Headers of the schema are in @generated."""
    c, no_c = find('CC', 'cc')
    cxx, no_cxx = find('CXX', 'c++')
    packages = run(['pkg-config', '--cflags', 'glib-2.0', 'json-c', 'libcrypto'])
    if packages.returncode:
        no_packages = 'no headers of glib, json-c and libcrypto'
    else:
        no_packages = ''
    private = ['-std=gnu11', '-D_GNU_SOURCE', *shlex.split(packages.stdout), '-I.', '-Iinclude', f'-I{generated}']
    public = ['-pedantic', '-Iinclude']
    return (Compiler('C', [*c, '-xc', *private], no_c or no_packages),
            [Compiler('strict C99', [*c, '-xc', '-std=c99', *public], no_c),
             Compiler('C++17', [*cxx, '-xc++', '-std=c++17', *public], no_cxx)])


def test_compiles(path: str, compiler: Compiler) -> tree.Result:
    """That @path compiles alone, and a second time after itself."""
    result = tree.Result(f'{path}: compiles alone as {compiler.what}', skipped=compiler.missing)
    include = path.removeprefix(PUBLIC)
    if not result.skipped:
        done = run([*compiler.command, *WARNINGS, '-fsyntax-only', '-'], f'#include "{include}"\n' * 2)
        if done.returncode:
            result.problems.append(done.stderr or 'the compiler failed')
    return result


def guard(path: str) -> str:
    """The name of the include guard of header @path."""
    return re.sub(r'[^A-Z0-9]', '_', path.removeprefix(PUBLIC).upper())


def test_text(path: str) -> tree.Result:
    """Licence, docstring and include guard of header @path."""
    text = tree.read(path)
    result = tree.Result(f'{path}: licence, docstring and guard')
    if not text.startswith(SPDX):
        result.problems.append(f'its first line must be {SPDX.strip()}')
    if not text.startswith('/**\n * @file\n', len(SPDX)):
        result.problems.append('a docstring that starts with @file must follow the licence')
    directives = re.findall(r'^#.*$', text, re.MULTILINE)
    if directives[:2] != [f'#ifndef {guard(path)}', f'#define {guard(path)}'] or directives[-1] != '#endif':
        result.problems.append(f'its guard must be {guard(path)}')
    return result


def main() -> int:
    """Runs the tests; returns the exit status."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        done = run([sys.executable, 'qapi/generate.py', '--output-dir', name, 'qapi/schema.json'])
        if done.returncode:
            return tree.report([tree.Result('the schema is accepted', [done.stderr])])
        private, public = compilers(Path(name))
        tests = []
        for path in tree.files('.h'):
            tests.append(partial(test_text, path))
            tests.append(partial(test_compiles, path, private))
            if path.startswith(PUBLIC):
                tests += [partial(test_compiles, path, compiler) for compiler in public]
        running = [pool.submit(test) for test in tests]
        return tree.report([future.result() for future in running])


if __name__ == '__main__':
    sys.exit(main())
