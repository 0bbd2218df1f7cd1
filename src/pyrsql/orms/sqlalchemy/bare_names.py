"""Text of a developer's that names a column without its table: ambiguous beside a joined table that has one too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, FromClause, Select
from sqlalchemy.orm import ColumnProperty, Mapper, RelationshipProperty
from sqlalchemy.sql import visitors

from pyrsql.orms.sqlalchemy.cardinality import is_to_one
from pyrsql.orms.sqlalchemy.textual import elements_of, is_text

_LITERAL = re.compile("'(?:[^']|'')*'")
_NAME = re.compile(r"""(?<![\w.:])(?:"(\w+)"|`(\w+)`|([^\W\d]\w*))(?!\w|\s*[.(])""")


def ambiguous_name(
    values: Iterable[ClauseElement], own: Set[str], relations: Iterable[RelationshipProperty[Any]]
) -> str:
    """A name in the text of values that a table joined by a path has as well, or an empty text.

    Args:
        values: of the rows of a mapped class, or of a statement.
        own: the names of the columns that these rows have.
        relations: the to-one relations with which the paths begin.
    """
    names = {name for value in values for name in _bare_names(value) if name.lower() in own}
    if not names:
        return ""
    joined = {column for reached in _reached(relations) for column in column_names(reached.tables)}
    return min((name for name in names if name.lower() in joined), default="")


def to_one_relations(mapper: Mapper[Any]) -> list[RelationshipProperty[Any]]:
    """The relations of a class that a path joins."""
    return [prop for prop in mapper.relationships if is_to_one(prop)]


def loaded_values(mapper: Mapper[Any]) -> list[ColumnElement[Any]]:
    """The columns and column properties that a select of a class has."""
    props = [prop for prop in mapper.attrs if isinstance(prop, ColumnProperty) and not prop.deferred]
    return [cast("ColumnElement[Any]", prop.expression) for prop in props]


def column_names(tables: Iterable[FromClause]) -> set[str]:
    """The names of the columns of tables, in small letters."""
    return {column.name.lower() for table in tables for column in table.c}


def _reached(relations: Iterable[RelationshipProperty[Any]]) -> Iterator[Mapper[Any]]:
    """The classes that paths over to-one relations lead to."""
    found: set[Mapper[Any]] = set()
    stack = list(relations)
    while stack:
        mapper = stack.pop().mapper
        if mapper not in found:
            found.add(mapper)
            yield mapper
            stack += to_one_relations(mapper)


def _bare_names(value: ClauseElement) -> set[str]:
    """The names in the text of a value that stand without a table. A subquery finds those of its own tables there."""
    outside = _names(elements_of([value]))
    inside = _names(visitors.iterate(value)) - outside
    if not inside:
        return outside
    selects = [cast("Select[Any]", part) for part in visitors.iterate(value) if isinstance(part, Select)]
    known = {column.name.lower() for select in selects for rows in select.get_final_froms() for column in rows.c}
    return outside | {name for name in inside if name.lower() not in known}


def _names(elements: Iterable[Any]) -> set[str]:
    texts = (_LITERAL.sub("", str(element)) for element in elements if is_text(element))
    return {next(filter(None, found.groups())) for text in texts for found in _NAME.finditer(text)}
