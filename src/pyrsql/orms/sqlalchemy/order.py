"""OrderKey -> ORDER BY term."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from pyrsql import kinds
from pyrsql.options import FieldOptions
from pyrsql.orms.sqlalchemy import paths
from pyrsql.orms.sqlalchemy.expressions import expression
from pyrsql.orms.sqlalchemy.paths import Scope
from pyrsql.orms.sqlalchemy.text import FoldedText, OrderedText
from pyrsql.predicates import OrderKey, collection_paths


class Ordered(FunctionElement[Any]):
    """One term of an ORDER BY, with a place for NULL that every database honours. Its subclasses say which."""

    inherit_cache = True
    descending: bool
    nulls_first: bool


class AscendingNullsLast(Ordered):
    """Smallest first, NULL last."""

    inherit_cache = True
    descending, nulls_first = False, False


class AscendingNullsFirst(Ordered):
    """Smallest first, after NULL."""

    inherit_cache = True
    descending, nulls_first = False, True


class DescendingNullsLast(Ordered):
    """Largest first, NULL last."""

    inherit_cache = True
    descending, nulls_first = True, False


class DescendingNullsFirst(Ordered):
    """Largest first, after NULL."""

    inherit_cache = True
    descending, nulls_first = True, True


_TERMS: dict[tuple[bool, bool], type[Ordered]] = {
    (term.descending, term.nulls_first): term
    for term in (AscendingNullsLast, AscendingNullsFirst, DescendingNullsLast, DescendingNullsFirst)
}


def order_term(key: OrderKey, scope: Scope, options: FieldOptions) -> ColumnElement[Any]:
    """The ORDER BY term of a key.

    Args:
        key: what was proven.
        scope: the entities that its to-one paths lead to.
        options: the join hints for what lies beyond a to-many relation.
    """
    prefixes = collection_paths(key.operand)
    if not prefixes:
        value = _comparable(key, expression(key.operand, scope))
    else:
        (prefix,) = prefixes
        value = _extreme(key, prefix, scope, options)
    return _TERMS[key.descending, key.nulls_first](value)


def _extreme(key: OrderKey, prefix: paths.Steps, scope: Scope, options: FieldOptions) -> ColumnElement[Any]:
    """The smallest related value, or the largest when descending, by a correlated subquery."""
    first_many = next(place for place, step in enumerate(prefix) if step.many) + 1
    rows, reached = paths.related_rows(
        scope, prefix[:first_many], paths.relation_paths(key.operand), options, through=True
    )
    value = _comparable(key, expression(key.operand, reached))
    if isinstance(key.operand.kind, kinds.Boolean):
        value = cast(value, Integer)
    extreme = func.max(value) if key.descending else func.min(value)
    return rows.with_only_columns(extreme).scalar_subquery()


def _comparable(key: OrderKey, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value as ORDER BY is to see it, so that all databases agree."""
    match key.operand.kind:
        case kinds.Text():
            return OrderedText(FoldedText(value) if key.ignore_case else value)
        case kinds.Enumeration(members=members):
            places: dict[object, int] = {}
            for _, member in members:
                places.setdefault(member, len(places))
            whens = [(value == literal(member, value.type), place) for member, place in places.items()]
            return case(*whens)
        case _:
            return value


@compiles(Ordered)
def _ordered(element: Ordered, compiler: SQLCompiler, **options: Any) -> str:
    (operand,) = element.clauses
    direction = " DESC" if element.descending else ""
    nulls = "FIRST" if element.nulls_first else "LAST"
    return f"{compiler.process(operand.self_group(), **options)}{direction} NULLS {nulls}"


@compiles(Ordered, "mysql", "mariadb")
def _ordered_mysql(element: Ordered, compiler: SQLCompiler, **options: Any) -> str:
    (operand,) = element.clauses
    value = compiler.process(operand.self_group(), **options)
    nulls = " DESC" if element.nulls_first else ""
    return f"{value} IS NULL{nulls}, {value}{' DESC' if element.descending else ''}"
