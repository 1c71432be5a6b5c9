# SPDX-License-Identifier: LGPL-2.1-or-later
"""An expression of a schema, taken apart: what check.py and commands.py read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .lexer import Loc, SchemaError
from .schema import Bool, DocItem, Str, Value, describe, quoted


@dataclass
class Definition:
    """An expression, taken apart."""

    kind: str
    name: Str
    loc: Loc
    keys: dict[str, Value]
    doc: str
    member_docs: dict[str, DocItem]

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.kind} '{self.name.text}'"

    def error(self, loc: Loc, message: str) -> SchemaError:
        """The error that there is something wrong with this expression."""
        return SchemaError(loc, f'{self.title}: {message}')

    def check_name(self, name: Str, what: str, rule: tuple[re.Pattern[str], str]) -> None:
        """Refuses @name, that of a @what, if it breaks @rule."""
        if not rule[0].fullmatch(name.text):
            raise self.error(name.loc, f"bad name '{name.text}'; the name of {what} is {rule[1]}")

    def doc_of(self, name: Str, what: str) -> str:
        """The documentation of the member or value @name; @what says which of the two."""
        item = self.member_docs.get(name.text)
        if item is None:
            raise self.error(name.loc, f"{what} '{name.text}' is not documented; add '# @{name.text}: TEXT'")
        if not item.text:
            raise self.error(item.loc, f"the documentation of {what} '{name.text}' is empty")
        return item.text

    def check_superfluous(self, names: dict[str, Loc], what: str) -> None:
        """Refuses documentation of what is not among @names."""
        for name, item in self.member_docs.items():
            if name not in names:
                known = f'{what}s: {quoted(names)}' if names else f'it has no {what}s of its own'
                raise self.error(item.loc, f"documentation of '{name}', which is no {what} of it; {known}")

    def flag(self, key: str) -> bool:
        """The value of the optional key @key, which is true or false."""
        value = self.keys.get(key)
        if value is None:
            return False
        if not isinstance(value, Bool):
            raise self.error(value.loc, f"'{key}' is true or false, not {describe(value)}")
        return value.value
