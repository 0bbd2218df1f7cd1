"""Rows to filter, and short ways to filter them."""

import datetime as dt
import enum
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

import pyrsql
from pyrsql.models import kinds
from pyrsql.models.backend import ORM
from pyrsql.models.model import Model
from pyrsql.options import (
    QueryOptions,
    SortOptions,
)
from pyrsql.orms.memory import MemoryORM
from pyrsql.validation.predicates import Predicate

UTC = dt.UTC


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Country:
    code: str


@dataclass
class Company:
    name: str
    country: Country | None = None
    owner: "User | None" = None
    staff: list["User"] = field(default_factory=list["User"])


@dataclass
class Role:
    code: str | None
    level: int = 0
    grantor: Country | None = None


@dataclass
class User:
    id: int
    name: str | None = None
    age: int | None = None
    company: Company | None = None
    roles: list[Role] = field(default_factory=list[Role])
    tags: list[str] | None = None
    size: Size | None = None
    price: Decimal | None = None
    ratio: float | None = None
    created: dt.datetime | None = None
    seen: Annotated[dt.datetime | None, kinds.DateTime(aware=True)] = None
    born: dt.date | None = None
    opens: dt.time | None = None
    payload: Annotated[Any, kinds.Json()] = None


def found(text: str, rows: list[User], orm: ORM | None = None, **options: Any) -> list[User]:
    """The rows that a filter leaves."""
    return pyrsql.apply(rows, User, text, orm=orm or MemoryORM(), options=QueryOptions(**options))


def ids(text: str, rows: list[User], **options: Any) -> list[int]:
    return [row.id for row in found(text, rows, **options)]


def sorted_ids(text: str, rows: list[User], options: SortOptions | None = None) -> list[int]:
    sort = pyrsql.Sort.parse(text, options=options)
    return [row.id for row in sort.apply(rows, User, orm=MemoryORM())]


def users(name: str, *values: Any) -> list[User]:
    """Users with these values of one field, numbered from 1."""
    return [User(number, **{name: value}) for number, value in enumerate(values, 1)]


def company_users() -> list[User]:
    acme = Company("acme", Country("DE"))
    nameless = Company("x", None)
    return [User(1, "a", company=acme), User(2, "demo"), User(3, "c", company=nameless)]


def role_users() -> list[User]:
    return [
        User(1, roles=[Role("admin", 3), Role("guest", 1, Country("DE"))]),
        User(2, roles=[Role("guest", 2)]),
        User(3),
        User(4, roles=[Role(None, 9)]),
    ]


def narrowed(rows: list[Any], model: Model, predicate: Predicate, orm: MemoryORM | None = None) -> list[Any]:
    """The rows that a predicate is true for."""
    backend, options = orm or MemoryORM(), QueryOptions()
    return backend.filter(rows, model, options, lambda scope: backend.lower(predicate, scope, options)).target
