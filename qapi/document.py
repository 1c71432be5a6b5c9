#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the schema as documents, objects.md and qmp.md, into docs/, or with --output-dir somewhere else.

The documents are committed. tests/style/docs.py makes them anew and compares.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# The source tree may be read-only, and is not the place for byte code.
sys.dont_write_bytecode = True

from gen.check import check_schema  # noqa: E402
from gen.emit_docs import document  # noqa: E402
from gen.emit_qmp_docs import qmp_document  # noqa: E402
from gen.lexer import SchemaError  # noqa: E402
from gen.schema import read_schema  # noqa: E402

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(description='Writes the schema as documents.')
    parser.add_argument('--output-dir', metavar='DIR', type=Path, default=HERE.parent / 'docs',
                        help='where they are written (default: docs/ of this tree)')
    parser.add_argument('schema', metavar='SCHEMA', nargs='?', default=str(HERE / 'schema.json'),
                        help='the schema file, which includes the others (default: that of this tree)')
    options = parser.parse_args()
    try:
        model = check_schema(read_schema(options.schema))
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        for name, text in (('objects.md', document(model)), ('qmp.md', qmp_document(model))):
            (options.output_dir / name).write_text(text, encoding='utf-8', newline='\n')
    except OSError as error:
        print(f"{parser.prog}: cannot write '{error.filename}': {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
