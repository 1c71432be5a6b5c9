#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU's own tests of its object model, compiled against ours through glue.h.

Usage: check-qom.py SOURCE_ROOT BUILD_ROOT. The environment variable CGVM_QEMU_SOURCE names an unpacked source tree of
QEMU (Debian: apt-get source qemu); without it everything is skipped. Prints TAP.
"""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

PROGRAMS = ('check-qom-proplist', 'check-qom-interface')

# Headers that those programs include and that glue.h stands for.
HEADERS = ('qemu/osdep.h', 'qemu/module.h', 'qemu/option.h', 'qemu/keyval.h', 'qemu/config-file.h',
           'qapi/qobject-input-visitor.h', 'qapi/qmp/qdict.h', 'qapi/qmp/qobject.h', 'qobject/qdict.h',
           'qobject/qobject.h', 'qom/object_interfaces.h')


def pkg_config(what: str) -> list[str]:
    """The flags that pkg-config gives for the libraries of cgvm."""
    return shlex.split(subprocess.check_output(
        ['pkg-config', what, 'glib-2.0', 'json-c', 'libcrypto'], text=True))


def build(source: pathlib.Path, root: pathlib.Path, build_root: pathlib.Path, folder: pathlib.Path) -> str:
    """Compiles one program; returns what the compiler said, which is empty if all went well."""
    here = root / 'tests' / 'qemu'
    command = [*shlex.split(os.environ.get('CC', 'cc')), '-std=gnu11', '-D_GNU_SOURCE', '-g',
               '-Wno-incompatible-pointer-types', '-include', str(here / 'glue.h'), f'-I{folder}', f'-I{root}',
               f'-I{root / "include"}', f'-I{build_root / "qapi"}', *pkg_config('--cflags'),
               *shlex.split(os.environ.get('CGVM_SANITIZE', '')), str(source), '-o', str(folder / source.stem),
               str(build_root / 'lib' / 'libcgvm-core.a'), *pkg_config('--libs'), '-lpthread']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return '' if done.returncode == 0 else done.stderr


def main() -> int:
    root, build_root = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    where = os.environ.get('CGVM_QEMU_SOURCE')
    print(f'1..{len(PROGRAMS)}')
    failures = 0
    for number, name in enumerate(PROGRAMS, 1):
        source = pathlib.Path(where or '/nonexistent') / 'tests' / 'unit' / f'{name}.c'
        if not source.exists():
            print(f'ok {number} - {name} # SKIP no QEMU source (CGVM_QEMU_SOURCE)')
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            for header in HEADERS:
                (folder / header).parent.mkdir(parents=True, exist_ok=True)
                (folder / header).touch()
            problem = build(source, root, build_root, folder)
            if not problem:
                run = subprocess.run([str(folder / name)], capture_output=True, text=True, check=False, timeout=60)
                problem = '' if run.returncode == 0 else run.stdout + run.stderr
        failures += bool(problem)
        print(f'{"not " if problem else ""}ok {number} - {name}')
        for line in problem.splitlines():
            print(f'# {line}')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
