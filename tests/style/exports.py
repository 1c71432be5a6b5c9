#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that a library exports exactly the functions of the public headers. Prints TAP.

    exports.py LIBRARY
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import tree

PREFIX = 'cgvm_'


#: The version node of lib/cgvm.map, which goes with the soname.
NODE, SONAME = 'CGVM_0', 'libcgvm.so.0'


def exported(library: str) -> set[str]:
    """The symbols that @library defines for others, without the node."""
    done = subprocess.run(['nm', '-D', '--defined-only', '--format=posix', library], capture_output=True,
                          encoding='utf-8', check=True)
    return {line.split()[0].split('@')[0] for line in done.stdout.splitlines()} - {NODE}


def versions(library: str) -> list[str]:
    """What is wrong with the version of @library and of its symbols."""
    symbols = subprocess.run(['nm', '-D', '--defined-only', '--with-symbol-versions', '--format=posix', library],
                             capture_output=True, encoding='utf-8', check=True).stdout
    header = subprocess.run(['objdump', '-p', library], capture_output=True, encoding='utf-8', check=True).stdout
    problems = [] if re.search(rf'SONAME\s+{re.escape(SONAME)}$', header, re.MULTILINE) else [f'it is not {SONAME}']
    return problems + [f'{name} is not of {NODE}' for name in (line.split()[0] for line in symbols.splitlines())
                       if name != NODE and not name.endswith(f'@@{NODE}')]


def declared() -> set[str]:
    """The functions of the public headers."""
    found: set[str] = set()
    for path in tree.files('.h'):
        if path.startswith('include/cgvm/'):
            found.update(re.findall(rf'\b({PREFIX}\w+)\s*\(', tree.without_comments(tree.read(path))))
    return found


def main() -> int:
    """Runs the tests; returns the exit status."""
    if len(sys.argv) != 2:
        print(f'usage: {sys.argv[0]} LIBRARY', file=sys.stderr)
        return 2
    only = tree.Result(f'only {PREFIX}* is exported')
    complete = tree.Result('every public function is exported')
    documented = tree.Result('every export is in a public header')
    versioned = tree.Result('the library and all exports have the version of lib/cgvm.map')
    if not shutil.which('nm') or not shutil.which('objdump'):
        for result in (only, complete, documented, versioned):
            result.skipped = 'there is no nm or objdump'
        return tree.report([only, complete, documented, versioned])
    symbols, functions = exported(sys.argv[1]), declared()
    only.problems = sorted(symbol for symbol in symbols if not symbol.startswith(PREFIX))
    complete.problems = sorted(functions - symbols) if functions else ['no public function was found']
    documented.problems = sorted(symbol for symbol in symbols - functions if symbol.startswith(PREFIX))
    versioned.problems = versions(sys.argv[1])
    return tree.report([only, complete, documented, versioned])


if __name__ == '__main__':
    sys.exit(main())
