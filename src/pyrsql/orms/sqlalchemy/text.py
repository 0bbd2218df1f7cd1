"""Text that means the same on every database: exact comparison, order by code point, and letter case.

Databases differ in what `=`, `<`, `LIKE` and `ORDER BY` make of text: MariaDB compares without case and trailing
blanks, PostgreSQL orders by the rules of a language, SQLite's LIKE ignores the case of ASCII letters. Each element here
is decided when SQLAlchemy compiles the statement, so one statement serves every dialect.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Boolean, ColumnElement, String, UnaryExpression
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, Grouping
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.orms.sqlalchemy.column_types import as_stored
from pyrsql.orms.sqlalchemy.dialects.families import in_notation
from pyrsql.validation.predicates import Pattern, SqlPattern
from pyrsql.validation.text import fold

_ESCAPE = "!"
_GLOB_WILDCARDS = "*?["
_GLOB_WILDCARD = re.compile(rf"[{re.escape(_GLOB_WILDCARDS)}]")


class _Collated(Grouping[Any]):
    """A value as some comparison is to see it."""

    inherit_cache = True

    def __init__(self, operand: ColumnElement[Any]) -> None:
        # The operand may be an expression of any precedence.
        super().__init__(operand.self_group())


class ExactText(_Collated):
    """A text as `=` and `IN` are to see it: case, accents and trailing blanks count."""

    inherit_cache = True


class OrderedText(_Collated):
    """A text as `<` and ORDER BY are to see it: by code point."""

    inherit_cache = True


class UuidText(_Collated):
    """A UUID that can be told from any other, and ordered, on MariaDB too.

    Its own type orders by parts, and takes a UUID without a proper version for NULL.
    """

    inherit_cache = True


class _ExactValue(TypeDecorator[str]):
    """A value that is an `ExactText`."""

    impl = String
    cache_ok = True

    def bind_expression(self, bindparam: BindParameter[str]) -> ColumnElement[str]:
        """The value, with the collation that the comparison must follow."""
        return ExactText(bindparam)


EXACT_VALUE = _ExactValue()
"""The type of a value that is compared with a column of plain text. For `=` and IN it stands for `ExactText` around the
column, which would keep an index of the column from being used."""


class FoldedText(FunctionElement[str]):
    """A text in lower case: each letter as its one lower-case form."""

    inherit_cache = True
    type = String()


class UpperText(FunctionElement[str]):
    """A text in upper case: each letter as its one upper-case form, where it has one."""

    inherit_cache = True
    type = String()


class _Matched(BinaryExpression[bool]):
    """`operand LIKE pattern`, in parentheses of its own."""

    inherit_cache = True

    def __init__(self, operand: ColumnElement[str], pattern: BindParameter[Any]) -> None:
        super().__init__(operand.self_group(), pattern, operators.like_op, type_=Boolean())

    def self_group(self, against: object = None) -> _Matched:
        return self

    def _negate(self) -> ColumnElement[bool]:
        return UnaryExpression(self, operator=operators.inv, type_=self.type)


class TextMatch(_Matched):
    """A match where case counts."""

    inherit_cache = True


class TextMatchIgnoringCase(_Matched):
    """A match where case does not count."""

    inherit_cache = True


class PatternText(TypeDecorator[Pattern | SqlPattern]):
    """A pattern as a bound value, written in the notation of the dialect at hand.

    Args:
        operand_type: the type of what is matched. A decorated one stores the plain text as any value.
        ignore_case: letters of either case are to match. Only SQLite needs it in the pattern.
    """

    impl = String
    cache_ok = True

    def __init__(self, operand_type: TypeEngine[str], ignore_case: bool) -> None:
        super().__init__()
        self.operand_type = operand_type
        self.ignore_case = ignore_case

    def process_bind_param(self, value: Pattern | SqlPattern | None, dialect: Dialect) -> str | None:
        """The pattern in GLOB notation for SQLite, in LIKE notation elsewhere."""
        if value is None:
            return None
        pattern = self._as_stored(value, dialect)
        return cast("str", in_notation(self, pattern, dialect))

    def _as_stored(self, pattern: Pattern | SqlPattern, dialect: Dialect) -> Pattern | SqlPattern:
        """The pattern with its plain text as a decorated type stores it. What that refuses stays as it is: a part of a
        value need not be one.
        """
        try:
            if isinstance(pattern, SqlPattern):
                return SqlPattern(str(as_stored(self.operand_type, pattern.text, dialect)), pattern.escape)
            return Pattern(tuple(str(as_stored(self.operand_type, piece, dialect)) for piece in pattern.pieces))
        except Exception:
            return pattern


def text_match(
    operand: ColumnElement[str], pattern: Pattern | SqlPattern, ignore_case: bool
) -> TextMatch | TextMatchIgnoringCase:
    """`operand` follows `pattern`.

    Args:
        operand: a text column or expression.
        pattern: what its whole value must look like.
        ignore_case: letters of either case match.
    """
    bound = BindParameter[object](None, pattern, PatternText(operand.type, ignore_case), unique=True)
    return (TextMatchIgnoringCase if ignore_case else TextMatch)(operand, bound)


def like(pattern: Pattern | SqlPattern) -> str:
    """A pattern for LIKE with `!` as its escape character.

    >>> like(Pattern(("", "50%", "")))
    '%50!%%'
    """
    if isinstance(pattern, SqlPattern):
        tokens = _sql_tokens(pattern)
        return "".join(token if wild else _escaped(token) for token, wild in tokens)
    return "%".join(map(_escaped, pattern.pieces))


def glob(pattern: Pattern | SqlPattern, ignore_case: bool = False) -> str:
    """A pattern for SQLite's GLOB, whose case always counts: to ignore it, each letter becomes a class of its forms.

    >>> glob(Pattern(("", "a*b?", "")))
    '*a[*]b[?]*'
    >>> glob(Pattern(("Münch", "")), ignore_case=True)
    '[mM][üÜ][nN][cC][hH]*'
    """
    if isinstance(pattern, SqlPattern):
        wildcards = {"%": "*", "_": "?"}
        return "".join(
            wildcards[token] if wild else _globbed(token, ignore_case) for token, wild in _sql_tokens(pattern)
        )
    return "*".join(_globbed(piece, ignore_case) for piece in pattern.pieces)


def _escaped(piece: str) -> str:
    return piece.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")


def _globbed(piece: str, ignore_case: bool) -> str:
    if not ignore_case:
        return _GLOB_WILDCARD.sub(r"[\g<0>]", piece)
    return "".join([_glob_class(character) for character in piece])


@lru_cache(maxsize=1_024)
def _glob_class(character: str) -> str:
    forms = case_forms(character)
    return f"[{forms}]" if len(forms) > 1 or character in _GLOB_WILDCARDS else character


def case_forms(character: str) -> str:
    """The characters that are the same but for case, each itself and the forms of one character it has in other cases.

    >>> case_forms("a"), case_forms("ß"), case_forms("1")
    ('aA', 'ßẞ', '1')
    """
    lower = fold(character)
    forms = dict.fromkeys([lower, character, lower.upper(), lower.title(), *_MORE_FORMS.get(lower, "")])
    return "".join(form for form in forms if len(form) == 1 and fold(form) == lower)


# Capitals that are not the upper-case form of their lower-case letter.
_MORE_FORMS = {"i": "\u0130", "k": "\u212a", "å": "\u212b", "ω": "\u2126", "θ": "\u03f4", "ß": "\u1e9e"}


def _sql_tokens(pattern: SqlPattern) -> list[tuple[str, bool]]:
    """The characters of a pattern in SQL notation, each with whether it is a wildcard."""
    tokens: list[tuple[str, bool]] = []
    characters = iter(pattern.text)
    for character in characters:
        if character == pattern.escape:
            tokens.append((next(characters), False))
        else:
            tokens.append((character, character in "%_"))
    return tokens
