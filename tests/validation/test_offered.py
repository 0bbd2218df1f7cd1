"""`CustomPredicateDefinition(field_types=…, fields=…)` says which fields take an operator of the developer's own."""

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any

import pytest
from sqlalchemy import JSON, create_engine, func, select, true
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import pyrsql
from pyrsql import ComparisonOperator, CustomPredicateDefinition, QueryOptions, ValueConverterRegistry
from pyrsql.adapters.fastapi.fields import filter_fields, operators_of
from pyrsql.errors import ConfigurationError, ValidationError
from pyrsql.models import kinds
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import Problem, UnsupportedOperator
from tests.sample_models import Base, User, rows

LONGER = ComparisonOperator("longer", ("=longer=",))


class Size(enum.Enum):
    SMALL = "s"


class Shape(enum.Enum):
    ROUND = "r"


@dataclass
class Part:
    name: str


@dataclass
class Thing:
    name: str
    count: int
    price: Decimal
    ratio: float
    flag: bool
    day: dt.date
    moment: dt.datetime
    size: Size
    shape: Shape
    tags: list[str]
    part: Part
    parts: list[Part]
    document: Annotated[Any, kinds.Json()]


def taken(selectors: list[str], **restriction: Any) -> list[str]:
    """The selectors that take the operator."""
    definition = CustomPredicateDefinition(operator=LONGER, argument_type=int, **restriction)
    options = QueryOptions(
        custom_predicates={"longer": definition},
        procedure_whitelist=["upper", "length"],
        field_mapping={"label": "name"},
    )
    described = schema_for(Thing, orm=MemoryORM(custom_predicates={"longer": lambda _: True}), options=options)

    def takes(selector: str) -> bool:
        problems: tuple[Problem, ...] = validate_request(described, filter=f"'{selector}'=longer=1").swap().value_or(())
        for problem in problems:
            assert isinstance(problem, UnsupportedOperator)
            assert "=longer=" not in problem.offered
        return not problems

    return [selector for selector in selectors if takes(selector)]


EVERY = [
    *("name", "count", "price", "ratio", "flag", "day", "moment", "size", "shape", "tags", "part", "parts", "document"),
    *("document.a", "part.name", "parts.name", "@upper[name]", "@length[name]", "label"),
]


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ({}, [selector for selector in EVERY if selector != "document.a"]),
        ({"field_types": {str}}, ["name", "part.name", "parts.name", "@upper[name]", "label"]),
        ({"field_types": [int]}, ["count", "@length[name]"]),
        ({"field_types": {bool}}, ["flag"]),
        ({"field_types": {Decimal, float}}, ["price", "ratio"]),
        ({"field_types": {dt.date}}, ["day"]),
        ({"field_types": {dt.datetime}}, ["moment"]),
        ({"field_types": {Size}}, ["size"]),
        ({"field_types": {enum.Enum}}, ["size", "shape"]),
        ({"field_types": {list}}, ["tags"]),
        ({"field_types": {dict}}, ["document"]),
        ({"field_types": {Part}}, ["part", "parts"]),
        ({"field_types": ()}, []),
        ({"fields": {"name"}}, ["name", "label"]),
        ({"fields": ["parts", "part.name"]}, ["parts", "part.name"]),
        ({"fields": {"document"}}, ["document"]),
        ({"fields": {"document.a"}}, ["document.a"]),
        ({"fields": {"document.a"}, "field_types": {dict}}, ["document", "document.a"]),
        ({"fields": {"label"}}, ["label"]),
        ({"fields": ()}, []),
        ({"fields": {"count"}, "field_types": {bool, Part}}, ["count", "flag", "part", "parts"]),
    ],
)
def test_fields_that_take_the_operator(restriction: dict[str, Any], expected: list[str]) -> None:
    assert sorted(taken(EVERY, **restriction)) == sorted(expected)


@pytest.fixture
def people() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows())
        session.flush()
        yield session
    engine.dispose()


def test_rows_and_refusals_in_a_database(people: Session) -> None:
    definition = CustomPredicateDefinition(operator=LONGER, argument_type=int, field_types={str}, fields={"roles"})
    options = QueryOptions(custom_predicates={"longer": definition})
    orm = SQLAlchemyORM(
        custom_predicates={
            "longer": lambda payload: (
                payload.expression.any()
                if payload.field_path == "roles"
                else func.length(payload.expression) > payload.values[0]
            )
        }
    )
    found = pyrsql.apply(select(User.name), User, "name=longer=4;company.name=longer=3", orm=orm, options=options)
    names = [user.name for user in people.scalars(select(User).join(User.company)) if user.name and len(user.name) > 4]
    assert sorted(name or "" for name in people.scalars(found)) == sorted(names) != []
    pyrsql.apply(select(User.name), User, "roles=longer=0", orm=orm, options=options)
    for path in ("age", "created", "company", "company.users", "company.id"):
        with pytest.raises(ValidationError, match="=longer="):
            pyrsql.apply(select(User.name), User, f"{path}=longer=1", orm=orm, options=options)
    offered = {
        field["name"]: "=longer=" in field["operators"] for field in filter_fields(schema(User, options, orm=orm))
    }
    assert [name for name in ("name", "email", "roles", "company.name") if not offered[name]] == []
    assert [name for name in ("id", "age", "created", "company", "reports") if offered[name]] == []


class Noted(DeclarativeBase):
    pass


class Note(Noted):
    __tablename__ = "offered_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    doc: Mapped[Any] = mapped_column(JSON)


@dataclass
class Paper:
    doc: Annotated[Any, kinds.Json()]


def test_the_function_of_a_listed_path_gets_the_whole_document() -> None:
    """In memory as in a database, so that one path has one meaning."""
    options = QueryOptions(
        custom_predicates={"longer": CustomPredicateDefinition(operator=LONGER, argument_type=int, fields={"doc.a"})}
    )
    given: list[Any] = []

    def longer(payload: Any) -> Any:
        given.append((payload.expression, payload.field_path))
        return true() if payload.expression is Note.doc else True

    pyrsql.apply(
        select(Note), Note, "doc.a=longer=1", orm=SQLAlchemyORM(custom_predicates={"longer": longer}), options=options
    )
    assert given == [(Note.doc, "doc.a")]
    given.clear()
    papers = [Paper({"a": ["x", "y"], "b": 2})]
    pyrsql.apply(papers, Paper, "doc.a=longer=1", orm=MemoryORM(custom_predicates={"longer": longer}), options=options)
    assert given == [({"a": ["x", "y"], "b": 2}, "doc.a")]


def test_a_mistake_shows_before_any_request() -> None:
    with pytest.raises(ValueError, match="field_types takes a collection of types"):
        CustomPredicateDefinition(operator=LONGER, field_types=str)  # type: ignore[arg-type]  # a caller without types
    with pytest.raises(ValueError, match="field_types takes a collection of types"):
        CustomPredicateDefinition(operator=LONGER, field_types=["str"])  # type: ignore[list-item]  # a caller without types
    with pytest.raises(ValueError, match="fields takes a collection of names"):
        CustomPredicateDefinition(operator=LONGER, fields="name")
    for option in ("field_whitelist", "field_blacklist"):
        with pytest.raises(ValueError, match=rf"{option} takes a collection of names, and User\.name is none"):
            QueryOptions(**{option: [User.name]})  # type: ignore[arg-type]  # a caller without types
    options = QueryOptions(
        custom_predicates={"longer": CustomPredicateDefinition(operator=LONGER, fields={"company.nmae"})}
    )
    with pytest.raises(ConfigurationError, match=r"custom_predicates lists 'company\.nmae' for 'longer'"):
        schema(User, options, orm=SQLAlchemyORM(custom_predicates={"longer": lambda payload: payload.expression}))


PLAIN_TYPES = [bool, int, float, Decimal, str, dt.date, dt.datetime, dt.time, dt.timedelta, uuid.UUID, Size]


class Point:
    """A type of the developer's."""


@pytest.mark.parametrize("argument_type", [Point, bytes, dict, list, set, object, type(None)])
def test_an_argument_that_no_text_becomes_is_refused(argument_type: type) -> None:
    definition = CustomPredicateDefinition(operator=LONGER, argument_type=argument_type)
    orm = SQLAlchemyORM(custom_predicates={"longer": lambda payload: payload.expression == "demo"})
    options = QueryOptions(custom_predicates={"longer": definition})
    with pytest.raises(ConfigurationError, match=f"the argument_type {argument_type.__name__}, which no text becomes"):
        schema(User, options, orm=orm)
    converters = ValueConverterRegistry().with_converter(argument_type, lambda text: text)
    converted = replace(options, value_converter_registry=converters)
    assert "=longer=" in operators_of(schema(User, converted, orm=orm), "name")


@pytest.mark.parametrize("argument_type", [*PLAIN_TYPES, None])
def test_an_argument_of_a_plain_type_needs_no_converter(argument_type: type | None) -> None:
    definition = CustomPredicateDefinition(operator=LONGER, argument_type=argument_type)
    orm = SQLAlchemyORM(custom_predicates={"longer": lambda payload: payload.expression == "demo"})
    offered = operators_of(schema(User, QueryOptions(custom_predicates={"longer": definition}), orm=orm), "name")
    assert "=longer=" in offered
