"""One filter, one sort: the same rows from memory, SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from property_tests import questions
from property_tests.models import Item, world
from property_tests.questions import ids
from property_tests.stores import ON_DATABASES, SEEDS, Stores, available, stored
from pyrsql.language.render import render, render_sort
from pyrsql.models.backend import BackendStatement, LoweredFilter
from pyrsql.models.schema import Schema
from pyrsql.orms.memory import MemoryORM
from pyrsql.pipeline import apply_filter, apply_sort, order, paginate, parse, validate
from pyrsql.testing import filters_for, sorts_for
from pyrsql.validation.predicates import RelationPath

MEMORY = MemoryORM()

# SQLite keeps decimals as floats, and SQLAlchemy says so.
pytestmark = pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning")


@pytest.fixture(scope="module", params=SEEDS, ids="rows{}".format)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    with stored(available(request), world(request.param)) as opened:
        yield opened


def check_filter(stores: Stores, schema: Schema, text: str) -> None:
    """All backends return the same rows, none of them twice, and count as many."""
    validated = parse(text, schema.query_options).bind(validate(schema)).unwrap()
    options, items = schema.query_options, stores.world.items

    def lower(scope: Mapping[RelationPath, object]) -> LoweredFilter | None:
        return None if validated.predicate is None else MEMORY.lower(validated.predicate, scope, options)

    expected = sorted(ids(MEMORY.filter(items, schema.model, options, lower).target))
    page = apply_filter(select(Item.id))(validated).bind(paginate(None)).unwrap()
    for store in stores.databases:
        assert sorted(store.rows(page.statement)) == expected, store.name
        assert store.number(page.count_statement) == len(expected), store.name


def check_sort(stores: Stores, schema: Schema, sort: str) -> None:
    """All backends return all rows in the same order."""
    validated = order(schema)(sort).unwrap()
    assert validated is not None
    items = stores.world.items
    lowered = BackendStatement(items, items)
    sorted_items = MEMORY.sort(lowered, schema.model, validated.keys, validated.completing, schema.sort_options).target
    statement = validate(schema)(None).bind(apply_filter(select(Item.id))).bind(apply_sort(validated)).unwrap().select
    for store in stores.databases:
        assert store.rows(statement) == ids(sorted_items), store.name


@ON_DATABASES
@given(st.data())
def test_filters(stores: Stores, data: st.DataObject) -> None:
    check_filter(stores, questions.ITEMS, data.draw(questions.filters(stores.world)))


@ON_DATABASES
@given(st.data())
def test_filters_through_three_relations(stores: Stores, data: st.DataObject) -> None:
    check_filter(stores, questions.ITEMS, data.draw(questions.filters(stores.world, relations=3)))


@ON_DATABASES
@given(st.data())
def test_quantifiers_and_counts(stores: Stores, data: st.DataObject) -> None:
    check_filter(stores, questions.QUANTIFIED, data.draw(questions.filters(stores.world, questions.QUANTIFIED)))


@ON_DATABASES
@given(st.sampled_from(questions.COUNTS).map("{};id".format))
def test_sorts_by_counts(stores: Stores, sort: str) -> None:
    check_sort(stores, questions.QUANTIFIED, sort)


@pytest.mark.parametrize("schema", [questions.LITERAL, questions.COMPLEMENT, questions.SQL_PATTERNS])
@ON_DATABASES
@given(st.data())
def test_filters_with_options(stores: Stores, schema: Schema, data: st.DataObject) -> None:
    check_filter(stores, schema, data.draw(questions.filters(stores.world, schema, relations=1)))


@ON_DATABASES
@given(filters_for(questions.FUNCTIONS, selectors=questions.CALLS, comparisons=2).map(render))
def test_functions(stores: Stores, text: str) -> None:
    check_filter(stores, questions.FUNCTIONS, text)


@ON_DATABASES
@given(questions.sorts())
def test_sorts(stores: Stores, sort: str) -> None:
    check_sort(stores, questions.ITEMS, sort)


@ON_DATABASES
@given(sorts_for(questions.FUNCTIONS, selectors=questions.CALLS, keys=1).map(render_sort))
def test_sorts_by_functions(stores: Stores, sort: str) -> None:
    check_sort(stores, questions.FUNCTIONS, sort)
