"""A range of numbers, dates or times begins with its smaller bound."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import pytest

from pyrsql import pipeline
from pyrsql.models import kinds
from pyrsql.models.schema import Schema, schema_for
from pyrsql.options import JSONOptions, QueryOptions
from pyrsql.orms.memory import MemoryORM
from pyrsql.problems import Problem, WrongValue


@dataclass
class Part:
    size: int


@dataclass
class Thing:
    age: int
    price: Decimal
    score: float
    born: dt.date
    created: dt.datetime
    seen: Annotated[dt.datetime, kinds.DateTime(aware=True)]
    opens: dt.time
    length: dt.timedelta
    sizes: list[int]
    parts: list[Part]
    payload: Annotated[Any, kinds.Json()]
    name: str


def problems(filter: str) -> tuple[Problem, ...]:
    options = QueryOptions(json_options=JSONOptions(use_datetime=True), procedure_whitelist={"year"})
    schema: Schema = schema_for(Thing, orm=MemoryORM(), options=options)
    return pipeline.parse(filter).bind(pipeline.validate(schema)).swap().value_or(())


@pytest.mark.parametrize("operator", ["=bt=", "=nb="])
@pytest.mark.parametrize(
    ("path", "bounds"),
    [
        ("age", "2,1"),
        ("price", "1.5,1.49"),
        ("score", "1e3,999.9"),
        ("born", "2024-01-02,2024-01-01"),
        ("created", "2024-01-01T00:00+01:00,2023-12-31T22:59:59"),
        ("seen", "2024-01-01T00:00,2024-01-01T00:30+01:00"),
        ("opens", "10:30,10:29:59"),
        ("length", "PT2S,PT1.9S"),
        ("sizes", "2,1"),
        ("parts.size", "0,-1"),
        ("payload.n", "2,1"),
        ("payload.n", "2,1.5"),
        ("payload.n", "2024-01-02,2024-01-01T23:00"),
        ("payload.n", "10:30,10:29"),
        ("@year[born]", "2024,2023"),
    ],
)
def test_a_range_whose_first_bound_is_larger_is_refused(operator: str, path: str, bounds: str) -> None:
    (found,) = problems(f"{path}{operator}({bounds})")
    assert isinstance(found, WrongValue)
    assert found.expected == "a first bound that is not larger than the second"
    assert found.hint == "Write the smaller bound first."


@pytest.mark.parametrize(
    "comparison",
    [
        "age=bt=(1,1)",
        "born=nb=(2024-01-01,2024-01-01)",
        "opens=bt=(10:30,10:30:00.0000000)",
        # Only the database knows the order of texts, and which of two types comes first means nothing.
        "name=bt=(b,a)",
        "payload.n=bt=(b,a)",
        "payload.n=bt=(b,1)",
        "payload.n=bt=(10:30,2024-01-01)",
    ],
)
def test_other_ranges_are_fine(comparison: str) -> None:
    assert problems(comparison) == ()
