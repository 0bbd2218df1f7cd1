"""Pages by cursor: a walk is the unpaged list, whatever the sort, and whatever comes and goes meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, inspect, select

from property_tests import questions
from property_tests.models import Item, World, world
from property_tests.stores import DEEP, SEEDS, Store, Stores, available, stored
from property_tests.walks import Run, at_once, in_turn, pages, sought, walked, whole
from pyrsql.cursor import CursorRequest
from pyrsql.orms.memory import MemoryORM

FEW = settings(max_examples=300 if DEEP else 12)
SIZES = (1, 2, 3, 7, -1, 0, 1_000)
"""Rows on a page; from 0 down they count from the length of the list: all but one, and exactly all."""

# SQLite keeps decimals as floats, and SQLAlchemy says so.
pytestmark = pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning")


@pytest.fixture(scope="module", params=SEEDS, ids="rows{}".format)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    with stored(available(request), world(request.param, items=40)) as opened:
        yield opened


def run_of(store: Store) -> Run:
    return store.connection.execute


def listed(store: Store, filter: str | None, sort: str | None) -> list[int]:
    return [row.id for row in store.connection.execute(whole(questions.ITEMS, select(Item.id), filter, sort))]


def sorts() -> st.SearchStrategy[str | None]:
    return st.none() | questions.sorts()


def size_of(size: int, rows: int) -> int:
    return max(1, rows + size) if size <= 0 else size


@FEW
@given(st.data(), sorts(), st.sampled_from(SIZES), st.booleans(), st.booleans())
def test_a_walk_is_the_unpaged_list(
    stores: Stores, data: st.DataObject, sort: str | None, size: int, backward: bool, turns: bool
) -> None:
    filter = data.draw(st.none() | questions.filters(stores.world))
    for store in stores.databases:
        expected = listed(store, filter, sort)
        found = walked(
            questions.ITEMS,
            select(Item.id),
            run_of(store),
            filter=filter,
            sort=sort,
            size=size_of(size, len(expected)),
            backward=backward,
            read=in_turn if turns else at_once,
        )
        assert found == expected, store.name


@FEW
@given(sorts(), st.sampled_from(SIZES), st.booleans())
def test_a_walk_in_memory_is_the_walk_in_a_database(
    stores: Stores, sort: str | None, size: int, backward: bool
) -> None:
    in_memory = replace(questions.ITEMS, orm=MemoryORM())
    how: dict[str, Any] = {"sort": sort, "size": size_of(size, len(stores.world.items)), "backward": backward}
    expected = [
        [item.id for item in cut.items] for cut in pages(in_memory, stores.world.items, lambda rows: rows, **how)
    ]
    for store in stores.databases:
        found = [cut.items for cut in pages(questions.ITEMS, select(Item.id), run_of(store), **how)]
        assert found == expected, store.name


def own_sorts() -> st.SearchStrategy[str | None]:
    """Sorts whose keys do not change when other items come and go."""
    return sorts().filter(lambda sort: not re.search("parent|children|item", sort or ""))


@FEW
@given(own_sorts(), st.sampled_from((1, 2, 3, 7)), st.integers(0, 9_999))
def test_what_stays_is_seen_once_whatever_comes_and_goes(
    stores: Stores, sort: str | None, size: int, seed: int
) -> None:
    spare = [item for item in stores.world.items if not item.parts and not item.tags and not item.children]
    for store in stores.databases:
        random = Random(seed)
        with store.connection.begin_nested() as changes:
            staying = {item.id for item in stores.world.items}
            seen: list[int] = []
            number = 5_000
            for cut in pages(questions.ITEMS, select(Item.id), run_of(store), sort=sort, size=size):
                seen += cut.items
                # The row that the next page begins behind goes first of all, where it can.
                gone = [item for item in spare if item.id in (*cut.items[-1:], *random.sample(cut.items, 1))]
                gone += random.sample(spare, 1)
                store.connection.execute(delete(Item).where(Item.id.in_([item.id for item in gone])))
                staying -= {item.id for item in gone}
                number += 1
                # A walk of one row a page would never end where one is added for each.
                if number < 5_010:
                    values = {column.key: getattr(random.choice(spare), column.key) for column in inspect(Item).columns}
                    store.connection.execute(insert(Item).values({**values, "id": number}))
            old = [key for key in seen if key < 5_000]
            assert len(seen) == len(set(seen)), store.name
            assert staying <= set(old), store.name
            changes.rollback()


@FEW
@given(sorts(), st.sampled_from((1, 2, 3, 7)))
def test_next_and_then_prev_is_the_same_page(stores: Stores, sort: str | None, size: int) -> None:
    for store in stores.databases:
        run = run_of(store)

        def at(cursor: str | None, run: Run = run) -> Any:
            return sought(questions.ITEMS, select(Item.id), None, sort, CursorRequest.at(cursor, size)).collect(run)

        before, cursor = at(None), None
        for _ in range(6):
            if before.next is None:
                break
            cursor = before.next
            after = at(cursor)
            assert after.prev is not None
            back = at(after.prev)
            assert back.items == before.items, store.name
            assert at(back.next).items == after.items, store.name
            before = after
        assert at(None).prev is None
        assert cursor is None or before.prev is not None


def test_worlds_have_what_the_laws_need() -> None:
    rows: World = world(1, items=40)
    assert [item for item in rows.items if not item.parts and not item.tags and not item.children]
