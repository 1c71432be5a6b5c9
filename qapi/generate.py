#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns a schema into C: qapi-types.h, qapi-fields.c and qapi-builtins.h, and if it has commands or events,
qapi-commands.h and qapi-commands.c.

With --extension NAME, SCHEMA adds to another one, which it includes: only what SCHEMA itself defines is
written, to NAME-types.h and so on, which need the files of that other schema.

A schema with an error gives one line on stderr, `file:line:column: what is wrong`, exit status 1 and no file.
"""

from __future__ import annotations

import argparse
import os
import sys

# The source tree may be read-only, and is not the place for byte code.
sys.dont_write_bytecode = True

from gen.check import check_schema  # noqa: E402
from gen.emit_c import PREFIX, emit  # noqa: E402
from gen.emit_commands import emit_commands  # noqa: E402
from gen.lexer import SchemaError  # noqa: E402
from gen.schema import read_schema  # noqa: E402


def write_files(directory: str, files: dict[str, str]) -> None:
    """Writes each of @files, a name to a text, into @directory."""
    os.makedirs(directory, exist_ok=True)
    for name, text in files.items():
        with open(os.path.join(directory, name), 'w', encoding='utf-8', newline='\n') as file:
            file.write(text)


def main() -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(description='Generates C from a schema.')
    parser.add_argument('--output-dir', required=True, metavar='DIR', help='where the files are written')
    parser.add_argument('--extension', metavar='NAME',
                        help='write NAME-* instead of qapi-*, with only what SCHEMA itself defines')
    parser.add_argument('schema', metavar='SCHEMA', help='the schema file, which includes the others')
    options = parser.parse_args()
    try:
        model = check_schema(read_schema(options.schema))
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    if options.extension:
        model = model.of_file(options.schema)
    prefix = options.extension or PREFIX
    files = emit(model, prefix) | emit_commands(model, prefix)
    try:
        write_files(options.output_dir, files)
    except OSError as error:
        print(f"{parser.prog}: cannot write '{error.filename}': {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
