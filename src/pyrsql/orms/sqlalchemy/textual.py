"""SQL that a developer wrote as text, by `text()` or `literal_column()`: SQLAlchemy copies it as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from sqlalchemy import BindParameter, ClauseElement, ColumnElement, FromClause, Select, Table, TextClause
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, Grouping
from sqlalchemy.sql.selectable import ScalarSelect, SelectBase

from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.cardinality import joined_rows


def elements_of(clauses: Iterable[ClauseElement], *, subqueries: bool = False) -> Iterator[ClauseElement]:
    """The elements of clauses; with `subqueries` also tables, and what subqueries hold."""
    stack = list(clauses)
    while stack:
        element = stack.pop()
        if not subqueries and (parts.is_table(element) or isinstance(element, SelectBase | ScalarSelect)):
            continue
        yield element
        # Most elements are of these types, which have no parts.
        if not isinstance(element, ColumnClause | BindParameter | Table):
            stack.extend(element.get_children())


def elements_of_select(base: Select[Any]) -> Iterator[ClauseElement]:
    """The elements of a select, of its criteria, and of the entities that it joins."""
    of_options = [option.where_criteria for option in parts.criteria(base) if not option.deferred_where_criteria]
    joined = joined_rows(base)
    return elements_of((base, *cast("Iterable[ClauseElement]", of_options), *joined), subqueries=True)


def is_ungrouped_text(clauses: Iterable[ClauseElement]) -> bool:
    """Whether a text of the developer's stands in conditions, which OR in it would tear apart."""
    return any(map(is_text, elements_of(clauses)))


def grouped(clause: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that may stand beside others: in parentheses where it holds text."""
    return Grouping(clause) if is_ungrouped_text([clause]) else clause


def may_name_columns(value: ColumnElement[Any]) -> bool:
    """Whether an expression holds text in which names of columns may stand, also in a subquery. Where the expression is
    about an alias, the text still names the table.
    """
    return any(is_text(part) and _LETTER.search(str(part)) for part in elements_of([value], subqueries=True))


_LETTER = re.compile(r"[^\W\d]")


def names_table(clauses: Iterable[ClauseElement], tables: Iterable[FromClause]) -> bool:
    """Whether text in clauses names a column of a table together with the table, which no alias changes."""
    names = "|".join(re.escape(table.name) for table in tables if isinstance(table, Table))
    written = re.compile(rf"""\b(?:{names})["`\]]?\s*\.""")
    texts = (str(part) for clause in clauses for part in visitors.iterate(clause) if is_text(part))
    return any(map(written.search, texts))


def is_text(element: object) -> bool:
    """Whether an element is text of a developer's."""
    return isinstance(element, TextClause) or (isinstance(element, ColumnClause) and element.is_literal)
