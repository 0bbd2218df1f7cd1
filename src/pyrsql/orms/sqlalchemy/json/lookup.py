"""One value below a JSON document, looked up where a path leads to no more than one."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, not_
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.dialects.families import FamilyBound
from pyrsql.orms.sqlalchemy.elements import Construct
from pyrsql.orms.sqlalchemy.json.values import Document, Value


class PathText(FamilyBound):
    """The keys of a path as one bound value, by which SQLite and PostgreSQL look up the value there."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok: bool | None = True


class KindAt(Construct, FunctionElement[str]):
    """The kind of the value at a path through objects alone."""

    type: TypeEngine[Any] = String()


class ScalarAt(Construct, FunctionElement[str]):
    """The scalar at a path through objects alone."""

    type: TypeEngine[Any] = String()


class OneOrAny(Construct, FunctionElement[Any]):
    """An expression of the values that a path leads to, in two forms.

    Of most documents a path through objects leads to one scalar or to nothing: SQLite and PostgreSQL look it up, which
    takes a fraction of the time. Arrays, and keys that a document may spell in other ways, take the other form.

    Args:
        document: the document.
        path: the path to the value.
        parent: the path to the object that the value is in.
        one: the expression of the value at the path.
        any: the expression of all values that the path leads to.
    """

    def __init__(
        self,
        document: ColumnElement[Any],
        path: ColumnElement[Any],
        parent: ColumnElement[Any],
        one: ColumnElement[Any],
        any: ColumnElement[Any],
    ) -> None:
        super().__init__(document, path, parent, one, any)
        self.type: TypeEngine[Any] = any.type

    def self_group(self, against: object = None) -> Any:
        """The element itself: SQLAlchemy would add `= 1` to a condition."""
        return self

    def _negate(self) -> ColumnElement[bool]:
        document, path, parent, one, any = self.clauses
        return OneOrAny(document, path, parent, not_(one), not_(any))


class Lookup(NamedTuple):
    """How a value is looked up.

    Args:
        document: the document.
        path: the path to the value.
        parent: the path to the object that it is in.
    """

    document: Document
    path: BindParameter[Any]
    parent: BindParameter[Any]

    @property
    def value(self) -> Value:
        """The value that is found."""
        return Value(KindAt(self.document, self.path), ScalarAt(self.document, self.path))

    def or_any(self, one: ColumnElement[Any], any: ColumnElement[Any]) -> ColumnElement[Any]:
        """An expression of the value where it is the only one, and of all values where there may be others."""
        return OneOrAny(*self, one, any)


_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A key that is spelled in one way in documents, and that is no place in an array."""


def lookup(document: ColumnElement[Any], keys: tuple[str, ...]) -> Lookup | None:
    """How the value at a path is looked up; None for keys that a database does not look up as they are."""
    if not all(map(_PLAIN_KEY.fullmatch, keys)):
        return None
    path, parent = (BindParameter[Any](None, part, PathText(), unique=True) for part in (keys, keys[:-1]))
    return Lookup(Document(document), path, parent)
