#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests the schema generator against golden files, and compiles what it writes. Prints TAP.

good-NAME.json   must give good-NAME.types.h and .fields.c, .builtins.h if it has object types, and .commands.h
                 and .commands.c if it has commands or events, and their document, .qmp.txt
bad-NAME.json    must be refused with what is in bad-NAME.err, and no file be written

`run.py --update` writes the golden files anew: read the difference before you commit it. $CC is the compiler.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GENERATOR = ROOT / 'qapi' / 'generate.py'
DOCUMENT = ROOT / 'qapi' / 'document.py'
FILES = ('qapi-types.h', 'qapi-fields.c', 'qapi-builtins.h')
COMMAND_FILES = ('qapi-commands.h', 'qapi-commands.c')
#: The first line of an .err file, so that it has a licence like every file.
ERR_HEADER = '# SPDX-License-Identifier: LGPL-2.1-or-later\n'
WARNINGS = ('-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Wshadow')
#: Uses the list of types as lib/ does. Nothing is linked.
BUILTINS_USER = '''\
#include "qapi-builtins.h"
extern const TypeInfo *const types[];
const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES };
'''


@dataclass
class Result:
    """The outcome of one test; it passed if there is no problem."""

    name: str
    problem: str = ''
    skipped: str = ''


@dataclass
class Output:
    """What a run of the generator left behind."""

    status: int
    stderr: str
    files: dict[str, str]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs @command in this folder."""
    return subprocess.run(command, cwd=HERE, capture_output=True, encoding='utf-8', check=False,
                          env={**os.environ, **environment})


def generate(schema: str, directory: Path, seed: str = 'random') -> Output:
    """Runs the generator on @schema, which is relative to this folder. @directory must not exist."""
    done = run([sys.executable, str(GENERATOR), '--output-dir', str(directory), schema], PYTHONHASHSEED=seed)
    files = {path.name: path.read_text('utf-8') for path in directory.iterdir()} if directory.exists() else {}
    return Output(done.returncode, done.stderr, files)


def compare(path: Path, text: str, update: bool) -> str:
    """How @text differs from the golden file @path, which with @update is made the same first."""
    if update:
        path.write_text(text, 'utf-8')
    if not path.exists():
        return f'{path.name} does not exist; run.py --update creates it'
    lines = difflib.unified_diff(path.read_text('utf-8').splitlines(), text.splitlines(), path.name, 'is now',
                                 lineterm='')
    return '\n'.join(lines)


def compiler() -> tuple[list[str], str]:
    """The command that compiles, or why there is none."""
    command = shlex.split(os.environ.get('CC', 'cc'))
    if not command or not shutil.which(command[0]):
        return [], f"no compiler: {os.environ.get('CC', 'cc')}"
    if not shutil.which('pkg-config'):
        return [], 'no pkg-config'
    packages = run(['pkg-config', '--cflags', 'json-c', 'glib-2.0'])
    if packages.returncode:
        return [], 'no headers of json-c and glib'
    return [*command, *WARNINGS, *shlex.split(packages.stdout), f'-I{ROOT}', f'-I{ROOT / "include"}'], ''


def compile_all(name: str, directory: Path) -> list[Result]:
    """Compiles the generated C in @directory."""
    command, missing = compiler()
    user = directory / 'builtins-user.c'
    sources = [path for path in sorted(directory.iterdir()) if path.suffix == '.c']
    if 'QAPI_BUILTIN_TYPES' in (directory / 'qapi-builtins.h').read_text('utf-8'):
        user.write_text(BUILTINS_USER, 'utf-8')
        sources.append(user)
    results: list[Result] = []
    for source in sources:
        title = f'{name}: {"the list of types" if source == user else source.name} compiles'
        if missing:
            results.append(Result(title, skipped=missing))
            continue
        done = run([*command, f'-I{directory}', '-c', str(source), '-o', str(directory / 'object.o')])
        results.append(Result(title, (done.stderr or 'the compiler failed') if done.returncode else ''))
    return results


def test_good(name: str, temporary: Path, update: bool) -> list[Result]:
    """A schema without errors."""
    output = generate(f'{name}.json', temporary / name)
    if output.status or output.stderr or {*output.files} not in ({*FILES}, {*FILES, *COMMAND_FILES}):
        return [Result(f'{name}: is accepted', output.stderr or f'status {output.status}: {[*output.files]}')]
    results: list[Result] = []
    for file, text in output.files.items():
        if file != 'qapi-builtins.h' or 'QAPI_BUILTIN_TYPES' in text:
            suffix = file.removeprefix('qapi-')
            results.append(Result(f'{name}: {suffix}', compare(HERE / f'{name}.{suffix}', text, update)))
    results.sort(key=lambda result: result.name)
    if {*COMMAND_FILES} <= {*output.files}:
        results.append(test_document(name, temporary / f'{name}-document', update))
    return results + compile_all(name, temporary / name)


def test_document(name: str, directory: Path, update: bool) -> Result:
    """The document of the commands of a schema, from where it is no longer the same for all."""
    directory.mkdir()
    done = run([sys.executable, str(DOCUMENT), '--output-dir', str(directory), f'{name}.json'])
    if done.returncode:
        return Result(f'{name}: qmp.txt', done.stderr)
    text = (directory / 'qmp.md').read_text('utf-8').partition('## Commands\n')[2]
    return Result(f'{name}: qmp.txt', compare(HERE / f'{name}.qmp.txt', text, update))


def test_bad(name: str, temporary: Path, update: bool) -> list[Result]:
    """A schema with an error."""
    output = generate(f'{name}.json', temporary / name)
    if output.status != 1 or output.files or output.stderr.count('\n') != 1:
        return [Result(name, f'status {output.status}, files {[*output.files]} and on stderr:\n'
                             f'{output.stderr}\nexpected: status 1, no file and one line')]
    return [Result(name, compare(HERE / f'{name}.err', ERR_HEADER + output.stderr, update))]


def test_real(temporary: Path) -> list[Result]:
    """The schema of cgvm itself."""
    schema = str(ROOT / 'qapi' / 'schema.json')
    first = generate(schema, temporary / 'first', '1')
    second = generate(schema, temporary / 'second', '2')
    if first.status:
        return [Result('schema: is accepted', first.stderr)]
    return [Result('schema: is accepted', first.stderr),
            Result('schema: output is the same every time', '' if first == second else 'it differs'),
            *compile_all('schema', temporary / 'first')]


def test_stale() -> list[Result]:
    """No golden file is left over."""
    golden = [path.name for path in HERE.iterdir() if path.suffix in ('.err', '.h', '.c', '.txt')]
    stale = [name for name in golden if not (HERE / f'{name.split(".")[0]}.json').exists()]
    return [Result('every golden file has its schema', ' '.join(sorted(stale)))]


def report(results: list[Result]) -> int:
    """Prints @results; returns the exit status."""
    print(f'1..{len(results)}')
    for number, result in enumerate(results, 1):
        skipped = f' # SKIP {result.skipped}' if result.skipped else ''
        print(f'{"not ok" if result.problem else "ok"} {number} - {result.name}{skipped}')
        for line in result.problem.splitlines():
            print(f'# {line}')
    return 1 if any(result.problem for result in results) else 0


def main() -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(description='Tests the schema generator.')
    parser.add_argument('--update', action='store_true', help='write the golden files anew')
    update: bool = parser.parse_args().update
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        temporary = Path(name)
        tests: list[Callable[[], list[Result]]] = []
        for kind, test in (('good', test_good), ('bad', test_bad)):
            for path in sorted(HERE.glob(f'{kind}-*.json')):
                tests.append(partial(test, path.stem, temporary, update))
        tests += [partial(test_real, temporary), test_stale]
        running = [pool.submit(test) for test in tests]
        return report([result for future in running for result in future.result()])


if __name__ == '__main__':
    sys.exit(main())
