"""Conditions that are never unknown. A condition is no value on Oracle and SQL Server, but has its CASE."""

from __future__ import annotations

from sqlalchemy import ColumnElement, case, literal_column, types

_FALSE: ColumnElement[int] = literal_column("0", types.Integer())
_TRUE: ColumnElement[int] = literal_column("1", types.Integer())


def is_true(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a condition is true, neither false nor unknown."""
    return case((condition, _TRUE), else_=_FALSE) == _TRUE


def is_not_true(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a condition is false or unknown."""
    return case((condition, _FALSE), else_=_TRUE) == _TRUE
