"""Text that means the same on every database: exact comparison, order by code point, and letter case.

Databases differ in what `=`, `<`, `LIKE` and `ORDER BY` make of text: MariaDB compares without case and trailing
blanks, PostgreSQL orders by the rules of a language, SQLite's LIKE ignores the case of ASCII letters. Each element here
is decided when SQLAlchemy compiles the statement, so one statement serves every dialect.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, UnaryExpression
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, Grouping
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.orms.sqlalchemy.column_types import as_stored
from pyrsql.validation.predicates import Pattern, SqlPattern
from pyrsql.validation.text import fold, upper

_ESCAPE = "!"
_GLOB_WILDCARDS = "*?["
_GLOB_WILDCARD = re.compile(rf"[{re.escape(_GLOB_WILDCARDS)}]")


class _Seen(Grouping[Any]):
    """A value as some comparison is to see it."""

    inherit_cache = True

    def __init__(self, operand: ColumnElement[Any]) -> None:
        # The operand may be an expression of any precedence.
        super().__init__(operand.self_group())


class ExactText(_Seen):
    """A text as `=` and `IN` are to see it: case, accents and trailing blanks count."""

    inherit_cache = True


class OrderedText(_Seen):
    """A text as `<` and ORDER BY are to see it: by code point."""

    inherit_cache = True


class UuidText(_Seen):
    """A UUID that can be told from any other, and ordered, on MariaDB too.

    Its own type orders by parts, and takes a UUID without a proper version for NULL.
    """

    inherit_cache = True


class _ExactValue(TypeDecorator[str]):
    """A value that is an `ExactText`."""

    impl = String
    cache_ok = True

    def bind_expression(self, bindparam: BindParameter[str]) -> ColumnElement[str]:
        """The value, with the collation that what it is compared with is to follow."""
        return ExactText(bindparam)


class _ExactValueOnMySQL(String):
    """A type of its own: SQLAlchemy keeps compiled statements by class, and does not look at variants."""


EXACT_VALUE = _ExactValueOnMySQL().with_variant(_ExactValue(), "mysql", "mariadb")
"""The type of a value that is compared with a column of plain text. For `=` and IN it stands for `ExactText` around the
column, which costs more than the comparison when SQLAlchemy compiles it."""


class FoldedText(FunctionElement[str]):
    """A text in lower case: each letter as its one lower-case form."""

    inherit_cache = True
    type = String()


class RaisedText(FunctionElement[str]):
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
        return glob(pattern, self.ignore_case) if dialect.name == "sqlite" else like(pattern)

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


def _codepoint_collation(compiler: SQLCompiler) -> str:
    """The collation of MariaDB and MySQL that compares code points and pads nothing."""
    return "utf8mb4_nopad_bin" if getattr(compiler.dialect, "is_mariadb", False) else "utf8mb4_0900_bin"


def _case_collation(compiler: SQLCompiler) -> str:
    """The collation of MariaDB and MySQL whose letters have all case forms of Unicode; `_bin` knows half of them."""
    dialect = compiler.dialect
    if not getattr(dialect, "is_mariadb", False):
        return "utf8mb4_0900_as_cs"
    version = getattr(dialect, "server_version_info", None) or _SINCE_UCA1400
    return "utf8mb4_uca1400_as_cs" if version >= _SINCE_UCA1400 else "utf8mb4_unicode_520_ci"


_SINCE_UCA1400 = (10, 10)


def _operand(element: FunctionElement[Any], compiler: SQLCompiler, **options: object) -> str:
    (operand,) = element.clauses
    # The operand may be an expression of any precedence.
    return compiler.process(operand.self_group(), **options)


@compiles(ExactText)
@compiles(OrderedText)
@compiles(UuidText)
def _seen(element: _Seen, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(element.element, **options)


@compiles(OrderedText, "postgresql")
def _ordered_text_postgresql(element: OrderedText, compiler: SQLCompiler, **options: object) -> str:
    return f'{_seen(element, compiler, **options)} COLLATE "C"'


@compiles(ExactText, "mysql", "mariadb")
@compiles(OrderedText, "mysql", "mariadb")
def _text_mysql(element: ExactText | OrderedText, compiler: SQLCompiler, **options: object) -> str:
    operand = _seen(element, compiler, **options)
    return f"CONVERT({operand} USING utf8mb4) COLLATE {_codepoint_collation(compiler)}"


@compiles(UuidText, "mysql", "mariadb")
def _uuid_text_mysql(element: UuidText, compiler: SQLCompiler, **options: object) -> str:
    return f"CAST({_seen(element, compiler, **options)} AS CHAR)"


@compiles(FoldedText)
def _folded_text(element: FoldedText, compiler: SQLCompiler, **options: object) -> str:
    return f"lower({_operand(element, compiler, **options)})"


@compiles(RaisedText)
def _raised_text(element: RaisedText, compiler: SQLCompiler, **options: object) -> str:
    return f"upper({_operand(element, compiler, **options)})"


@compiles(FoldedText, "mysql", "mariadb")
@compiles(RaisedText, "mysql", "mariadb")
def _cased_text_mysql(element: FoldedText | RaisedText, compiler: SQLCompiler, **options: object) -> str:
    function = "LOWER" if isinstance(element, FoldedText) else "UPPER"
    operand = _operand(element, compiler, **options)
    cased = f"{function}(CONVERT({operand} USING utf8mb4) COLLATE {_case_collation(compiler)})"
    return f"{cased} COLLATE {_codepoint_collation(compiler)}"


@compiles(FoldedText, "sqlite")
def _folded_text_sqlite(element: FoldedText, compiler: SQLCompiler, **options: object) -> str:
    return _cased_sqlite("lower", fold, _operand(element, compiler, **options))


@compiles(RaisedText, "sqlite")
def _raised_text_sqlite(element: RaisedText, compiler: SQLCompiler, **options: object) -> str:
    return _cased_sqlite("upper", upper, _operand(element, compiler, **options))


def _cased_sqlite(function: str, case: Callable[[str], str], operand: str) -> str:
    """SQLite knows the case of ASCII letters only; a text with others is put together letter by letter."""
    source, target = _letters(case)
    letter = "substr(pyrsql_value, pyrsql_place, 1)"
    changed = f"substr('{target}', instr('{source}', {letter}), 1)"
    return (
        "(SELECT CASE WHEN pyrsql_value GLOB '*[^' || char(1) || '-' || char(127) || ']*' THEN ("
        "WITH RECURSIVE pyrsql_letters(pyrsql_place, pyrsql_cased) AS (SELECT 1, '' UNION ALL "
        f"SELECT pyrsql_place + 1, pyrsql_cased || CASE instr('{source}', {letter}) "
        f"WHEN 0 THEN {function}({letter}) ELSE {changed} END FROM pyrsql_letters "
        "WHERE pyrsql_place <= length(pyrsql_value)) "
        "SELECT pyrsql_cased FROM pyrsql_letters ORDER BY pyrsql_place DESC LIMIT 1) "
        f"ELSE {function}(pyrsql_value) END FROM (SELECT {operand} AS pyrsql_value))"
    )


@cache
def _letters(case: Callable[[str], str]) -> tuple[str, str]:
    """The letters beyond ASCII that a change of case changes, and what they become."""
    everything = (chr(code) for code in range(0x80, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    changed = [letter for letter in everything if case(letter) != letter]
    return "".join(changed), "".join(map(case, changed))


def _sides(element: _Matched, compiler: SQLCompiler, **options: object) -> tuple[str, str]:
    return compiler.process(element.left, **options), compiler.process(element.right, **options)


@compiles(TextMatch)
def _text_match(element: TextMatch, compiler: SQLCompiler, **options: object) -> str:
    operand, pattern = _sides(element, compiler, **options)
    return f"({operand} LIKE {pattern} ESCAPE '{_ESCAPE}')"


@compiles(TextMatchIgnoringCase)
def _text_match_ignoring_case(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: object) -> str:
    operand, pattern = _sides(element, compiler, **options)
    return f"(lower({operand}) LIKE lower({pattern}) ESCAPE '{_ESCAPE}')"


@compiles(TextMatch, "sqlite")
@compiles(TextMatchIgnoringCase, "sqlite")
def _text_match_sqlite(element: TextMatch | TextMatchIgnoringCase, compiler: SQLCompiler, **options: object) -> str:
    operand, pattern = _sides(element, compiler, **options)
    return f"({operand} GLOB {pattern})"


@compiles(TextMatchIgnoringCase, "postgresql")
def _text_match_postgresql(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: object) -> str:
    operand, pattern = _sides(element, compiler, **options)
    return f"({operand} ILIKE {pattern} ESCAPE '{_ESCAPE}')"


@compiles(TextMatch, "mysql", "mariadb")
def _text_match_mysql(element: TextMatch, compiler: SQLCompiler, **options: object) -> str:
    operand, pattern = _sides(element, compiler, **options)
    return f"(CONVERT({operand} USING utf8mb4) COLLATE utf8mb4_bin LIKE {pattern} ESCAPE '{_ESCAPE}')"


@compiles(TextMatchIgnoringCase, "mysql", "mariadb")
def _text_match_ignoring_case_mysql(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: object) -> str:
    operand, pattern = _sides(element, compiler, **options)
    collation = _case_collation(compiler)
    folded, pattern = (
        f"LOWER(CONVERT({side} USING utf8mb4) COLLATE {collation}) COLLATE utf8mb4_bin" for side in (operand, pattern)
    )
    return f"({folded} LIKE {pattern} ESCAPE '{_ESCAPE}')"
