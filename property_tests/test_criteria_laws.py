"""Criteria on classes: a statement reads what it would read if the database had no other rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Select, StaticPool, create_engine, delete, not_, select
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from property_tests import questions
from property_tests.models import Base, Country, Item, Maker, Mark, Part, Tag, world
from property_tests.stores import ON_DATABASES, Store, Stores, available, stored
from pyrsql.pipeline import apply_filter, apply_sort, parse, validate
from pyrsql.validation.plan import Statement

CLASSES = (Item, Maker, Country, Tag, Part, Mark)

pytestmark = pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning")


def _stays(cls: Any) -> Any:
    return cls.id % 3 != 0


FORMS: dict[str, Callable[[Any], ORMOption]] = {
    "expression": lambda cls: with_loader_criteria(cls, _stays(cls)),
    "function": lambda cls: with_loader_criteria(cls, _stays),
    "aliases": lambda cls: with_loader_criteria(cls, _stays(cls), include_aliases=True),
}


@pytest.fixture(scope="module")
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    with stored(available(request), world(1, items=60)) as opened:
        yield opened


@pytest.fixture(scope="module")
def remaining(stores: Stores) -> Iterator[Store]:
    """A database without the rows that the criteria leave out."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        Base.metadata.create_all(connection)
        stores.world.insert(connection)
        for cls in CLASSES:
            connection.execute(delete(cls).where(not_(_stays(cls))))
        yield Store("remaining", connection)
    engine.dispose()


def _asked(base: Select[Any], filter: str | None, sort: str) -> Statement[Select[Any]]:
    schema = questions.QUANTIFIED
    narrowed = parse(filter, schema.query_options).bind(validate(schema)).bind(apply_filter(base))
    return narrowed.bind(apply_sort(sort)).unwrap()


@ON_DATABASES
@given(st.data(), questions.sorts(questions.QUANTIFIED), st.sampled_from(sorted(FORMS)))
def test_other_rows_do_not_count(stores: Stores, remaining: Store, data: st.DataObject, sort: str, form: str) -> None:
    filter = data.draw(st.none() | questions.filters(stores.world, questions.QUANTIFIED))
    alone = _asked(select(Item.id), filter, f"{sort};id")
    expected = remaining.rows(alone.select)
    assert remaining.number(alone.count()) == len(expected)
    narrowed = _asked(select(Item).options(*map(FORMS[form], CLASSES)), filter, f"{sort};id")
    for store in stores.databases:
        assert store.rows(narrowed.select) == expected, store.name
        assert store.number(narrowed.count()) == len(expected), store.name
