"""Text that means the same on every database: exact comparison, order by code point, and letter case.

Databases differ in what `=`, `<`, `LIKE` and `ORDER BY` make of text: MariaDB compares without case and trailing
blanks, PostgreSQL orders by the rules of a language, SQLite's LIKE ignores the case of ASCII letters. Each element here
is decided when SQLAlchemy compiles the statement, so one statement serves every dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, Literal, cast

from sqlalchemy import CHAR, NCHAR, Boolean, Column, ColumnElement, Enum, String, UnaryExpression
from sqlalchemy.dialects.mysql import SET
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.orms.sqlalchemy.column_types import forms_of
from pyrsql.orms.sqlalchemy.decorator_samples import as_stored
from pyrsql.orms.sqlalchemy.dialects.families import in_notation
from pyrsql.orms.sqlalchemy.elements import Condition, Construct, Enclosed
from pyrsql.orms.sqlalchemy.like_patterns import forms_beyond_ascii
from pyrsql.validation.predicates import Pattern, SqlPattern


class ExactText(Enclosed):
    """A text in the form for `=` and `IN`: case, accents and trailing blanks count."""


class OrderedText(Enclosed):
    """A text in the form for `<` and ORDER BY: by code point."""


class LeadingText(Enclosed):
    """A text to sort by: on MySQL and MariaDB its first 256 characters.

    They sort by no more of a text, and a cursor that compared the whole of it would skip rows.
    """


class CountedText(Enclosed):
    """A text in the form for functions that look at its characters one by one."""


class WideText(Enclosed):
    """A text that is compared with a value which not every character set holds.

    MySQL and MariaDB refuse to compare a column of `latin1` with a letter that `latin1` lacks.
    """


class UuidText(Enclosed):
    """A UUID that can be told from any other, and ordered, on MariaDB too.

    Its own type orders by parts, and takes a UUID without a proper version for NULL.
    """


class EnumText(Enclosed):
    """A value that `has_places`, to sort by."""


class PlainText(Enclosed):
    """A text without the rules of its column: its own collation, CITEXT, the blanks that CHAR adds."""

    def __init__(self, operand: ColumnElement[Any]) -> None:
        super().__init__(operand)
        # A value that is compared with it is bound without the rules, too.
        self.type: TypeEngine[Any] = String(getattr(operand.type, "length", None))


class _ExactValue(TypeDecorator[str]):
    """A value that is an `ExactText`."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok: bool | None = True

    def bind_expression(self, bindparam: BindParameter[str]) -> ColumnElement[str]:
        """The value, with the collation that the comparison must follow."""
        return ExactText(bindparam)


EXACT_VALUE = _ExactValue()
"""The type of a value that is compared with a column of plain text. For `=` and IN it stands for `ExactText` around the
column, which would keep an index of the column from being used."""


def has_places(type_: TypeEngine[Any]) -> bool:
    """Whether MySQL and MariaDB order values of a type by the places of their members, but compare them as text."""
    return isinstance(type_, SET) or (isinstance(type_, Enum) and type_.native_enum)


def without_places(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value to sort by, in the order in which it is compared."""
    return EnumText(value) if any(map(has_places, forms_of(value.type))) else value


def has_rules(type_: TypeEngine[Any]) -> bool:
    """Whether a column of a type has, on some database, rules of its own for equality."""
    return any(isinstance(form, CITEXT) or getattr(form, "collation", None) is not None for form in forms_of(type_))


def plain_text(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text without the rules of its column: the form for patterns, functions and an order by code point.

    CHAR counts too: PostgreSQL pads it with blanks, which LIKE and an order would notice.
    """
    is_padded = any(isinstance(form, CHAR | NCHAR) for form in forms_of(text.type))
    return PlainText(text) if is_padded or has_rules(text.type) else text


class FoldedText(Construct, FunctionElement[str]):
    """A text in lower case: each letter as its one lower-case form."""

    type: TypeEngine[Any] = String()


class UpperText(Construct, FunctionElement[str]):
    """A text in upper case: each letter as its one upper-case form, where it has one."""

    type: TypeEngine[Any] = String()


class _Matched(Construct, BinaryExpression[bool]):
    """`operand LIKE pattern`, in parentheses of its own."""

    def __init__(self, operand: ColumnElement[str], pattern: BindParameter[Any]) -> None:
        super().__init__(operand.self_group(), pattern, operators.like_op, type_=Boolean())

    def self_group(self, against: object = None) -> _Matched:
        return self

    def _negate(self) -> ColumnElement[bool]:
        return UnaryExpression(self, operator=operators.inv, type_=self.type)


class TextMatch(_Matched):
    """A match where case counts."""


class PrefixMatch(TextMatch):
    """A match where case counts and whose pattern begins with plain text, which an index can find."""


class WidePrefixMatch(PrefixMatch):
    """The same with letters that not every character set holds."""


class TextMatchIgnoringCase(_Matched):
    """A match where case does not count."""


class PrefixMatchIgnoringCase(TextMatchIgnoringCase):
    """The same of a pattern that begins with plain text."""


class EqualIgnoringCase(TextMatchIgnoringCase):
    """The same of a pattern that is plain text."""


class EqualInFewForms(EqualIgnoringCase):
    """The same of a plain text that can be written in few ways, the case of ASCII letters aside."""


Shape = Literal["anywhere", "prefix", "wide prefix", "whole", "few forms"]
"""How a pattern begins and ends: it decides which index can serve the match."""

_MATCHES: Mapping[tuple[Shape, bool], type[TextMatch | TextMatchIgnoringCase]] = {
    ("anywhere", False): TextMatch,
    ("prefix", False): PrefixMatch,
    ("wide prefix", False): WidePrefixMatch,
    ("anywhere", True): TextMatchIgnoringCase,
    ("prefix", True): PrefixMatchIgnoringCase,
    ("whole", True): EqualIgnoringCase,
    ("few forms", True): EqualInFewForms,
}

_MOST_FORMS = 64
"""Ways to write a text that are looked up one by one."""


def shape_of(pattern: Pattern | SqlPattern, ignore_case: bool, is_wide: bool = False) -> Shape:
    """How a pattern begins and ends.

    Args:
        pattern: the pattern.
        ignore_case: letters of either case match.
        is_wide: it has letters that the matched column may lack.

    >>> shape_of(Pattern(("ab", "")), True), shape_of(Pattern(("", "b")), True), shape_of(Pattern(("ab",)), True)
    ('prefix', 'anywhere', 'few forms')
    """
    beginning = "" if isinstance(pattern, SqlPattern) else next(iter(pattern.pieces), "")
    if isinstance(pattern, SqlPattern) or not beginning:
        return "anywhere"
    if not ignore_case:
        return "wide prefix" if is_wide else "prefix"
    if len(pattern.pieces) > 1:
        return "prefix"
    return "few forms" if prod(map(len, forms_beyond_ascii(beginning))) <= _MOST_FORMS else "whole"


class ExactTest(Condition):
    """A test of a text column in two forms: one that an index serves, and one that is exact on MySQL and MariaDB.

    The exact form implies the other. Every other database compares exactly, and gets the first.
    """

    def __init__(self, column: Column[Any], indexed: ColumnElement[bool], exact: ColumnElement[bool]) -> None:
        super().__init__(indexed, exact)
        self.column = column

    def _negate(self) -> ColumnElement[bool]:
        return UnaryExpression(self, operator=operators.inv, type_=self.type)


class WideExactTest(ExactTest):
    """The same with letters that not every character set holds."""


class PatternText(TypeDecorator[Pattern | SqlPattern]):
    """A pattern as a bound value, written in the notation of the dialect at hand.

    Args:
        operand_type: the type of what is matched. A decorated one stores the plain text as any value.
        ignore_case: letters of either case match. Only SQLite needs it in the pattern.
        shape: how the pattern begins and ends.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok: bool | None = True

    def __init__(self, operand_type: TypeEngine[str], ignore_case: bool, shape: Shape) -> None:
        super().__init__()
        self.operand_type = operand_type
        self.ignore_case = ignore_case
        self.shape: Shape = shape

    def process_bind_param(self, value: Pattern | SqlPattern | None, dialect: Dialect) -> str | None:
        """The pattern in GLOB notation for SQLite, in LIKE notation elsewhere."""
        if value is None:
            return None
        pattern = self._as_stored(value, dialect)
        return cast("str", in_notation(self, pattern, dialect))

    def _as_stored(self, pattern: Pattern | SqlPattern, dialect: Dialect) -> Pattern | SqlPattern:
        """The pattern with its plain text as a decorated type stores it."""
        if isinstance(pattern, SqlPattern):
            return SqlPattern(self._part_as_stored(pattern.text, dialect), pattern.escape)
        return Pattern(tuple(self._part_as_stored(piece, dialect) for piece in pattern.pieces))

    def _part_as_stored(self, text: str, dialect: Dialect) -> str:
        """A part of a text as it is stored. One that the type refuses, or takes for NULL, stays as it is: a part of a
        value need not be one.
        """
        if not text:
            return text
        try:
            stored = as_stored(self.operand_type, text, dialect)
        except Exception:
            return text
        return text if stored is None else str(stored)


def text_match(
    operand: ColumnElement[str], pattern: Pattern | SqlPattern, ignore_case: bool, shape: Shape = "anywhere"
) -> TextMatch | TextMatchIgnoringCase:
    """`operand` follows `pattern`.

    Args:
        operand: a text column or expression.
        pattern: what its whole value must look like.
        ignore_case: letters of either case match.
        shape: how the pattern begins and ends, where an index may serve the operand.
    """
    bound = BindParameter[object](None, pattern, PatternText(operand.type, ignore_case, shape), unique=True)
    return _MATCHES[shape, ignore_case](operand, bound)
