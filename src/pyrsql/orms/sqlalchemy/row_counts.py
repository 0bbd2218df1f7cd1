"""How many related rows there are: each once, also where the table between names it several times."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, distinct, func
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.elements import Construct
from pyrsql.orms.sqlalchemy.entities import attribute, keys_of
from pyrsql.orms.sqlalchemy.joins import Scope
from pyrsql.orms.sqlalchemy.repeated_rows import may_repeat
from pyrsql.validation.predicates import RelationPath


class DistinctKeys(Construct, FunctionElement[int]):
    """The number of different keys of several columns, none of which is NULL."""

    type: TypeEngine[Any] = Integer()


def number_of_rows(reached: Scope, before: RelationPath, path: RelationPath) -> ColumnElement[int]:
    """The number of rows at the end of a path, as an aggregate of a select that joins the path.

    A row that several related rows lead to counts for each of them. No key is compared where none can repeat: the
    database counts the entries of an index then.

    Args:
        reached: the entities along the path.
        before: the beginning of the path that stands outside of the select, or that it groups by.
        path: the path.
    """
    ends = [path[:end] for end in range(len(before) + 1, len(path) + 1) if path[end - 1].many]
    props = [cast("RelationshipProperty[Any]", attribute(reached[end[:-1]], end[-1]).property) for end in ends]
    if not any(map(may_repeat, props)):
        return func.count()
    keys = [key for end in ends for key in keys_of(reached[end])]
    return func.count(distinct(keys[0])) if len(keys) == 1 else DistinctKeys(*keys)
