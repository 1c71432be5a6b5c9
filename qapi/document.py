#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the schema as a document, docs/objects.md, or with --output somewhere else.

The document is committed. tests/style/docs.py makes it anew and compares.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# The source tree may be read-only, and is not the place for byte code.
sys.dont_write_bytecode = True

from gen.check import check_schema  # noqa: E402
from gen.emit_docs import document  # noqa: E402
from gen.lexer import SchemaError  # noqa: E402
from gen.schema import read_schema  # noqa: E402

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(description='Writes the schema as a document.')
    parser.add_argument('--output', metavar='FILE', type=Path, default=HERE.parent / 'docs' / 'objects.md',
                        help='what is written (default: docs/objects.md of this tree)')
    options = parser.parse_args()
    try:
        text = document(check_schema(read_schema(str(HERE / 'schema.json'))))
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        options.output.write_text(text, encoding='utf-8', newline='\n')
    except OSError as error:
        print(f"{parser.prog}: cannot write '{error.filename}': {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
