"""Calls of functions, the well-known ones so that every database computes the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.text import FoldedText, RaisedText

Clause = ColumnElement[Any]


class Magnitude(FunctionElement[Any]):
    """A number without its sign, also where the type of the number has no room for it."""

    inherit_cache = True

    def __init__(self, number: Clause, type_: TypeEngine[Any]) -> None:
        super().__init__(number)
        self.type = type_


def called(name: str, arguments: Sequence[Clause], type_: TypeEngine[Any]) -> Clause:
    """The SQL expression of a call.

    Args:
        name: the function as the client wrote it.
        arguments: its arguments, as many as its signature takes.
        type_: the type of its result.
    """
    match name.lower(), arguments:
        case "lower", [text]:
            return FoldedText(text)
        case "upper", [text]:
            return RaisedText(text)
        case "length", [text]:
            # LENGTH counts bytes on MariaDB, characters elsewhere.
            return func.char_length(text, type_=type_)
        case "concat", [first, *others]:
            # An operator: SQLite's function is younger than many an SQLite, and not all functions take NULL alike.
            return reduce(lambda left, right: left.concat(right), others, first)
        case "coalesce", [only]:
            # SQLite's function takes two arguments or more.
            return only
        case "abs", [number]:
            return Magnitude(number, type_)
        case _:
            return getattr(func, name)(*arguments, type_=type_)


def _number(element: Magnitude, compiler: SQLCompiler, **options: object) -> str:
    (number,) = element.clauses
    return compiler.process(number.self_group(), **options)


@compiles(Magnitude)
def _magnitude(element: Magnitude, compiler: SQLCompiler, **options: object) -> str:
    # The sum with a decimal is one: the smallest integer of a size has a magnitude that this size does not hold.
    return f"abs({_number(element, compiler, **options)} + 0.0)"


@compiles(Magnitude, "sqlite")
def _magnitude_sqlite(element: Magnitude, compiler: SQLCompiler, **options: object) -> str:
    # There the sum would be a float. The smallest integer becomes one by its minus, and only that one.
    number = _number(element, compiler, **options)
    return f"CASE WHEN {number} < 0 THEN -{number} ELSE {number} END"
