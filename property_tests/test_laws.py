"""Laws that hold for every filter, sort and page, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Success
from sqlalchemy import Select, select

from property_tests import questions
from property_tests.models import Item, world
from property_tests.questions import COMPLEMENT, ITEMS, ids
from property_tests.stores import ON_DATABASES, SEEDS, Store, Stores, available, stored
from pyrsql import operators as ops
from pyrsql.language.nodes import And, Comparison, Node, Or
from pyrsql.language.render import render
from pyrsql.models.schema import Schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, paginate, parse, validate
from pyrsql.validation.plan import PaginatedSelect

# SQLite keeps decimals as floats, and SQLAlchemy says so.
pytestmark = pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning")

NEGATED = {
    ops.EQUAL: ops.NOT_EQUAL,
    ops.GREATER: ops.LESS_OR_EQUAL,
    ops.GREATER_OR_EQUAL: ops.LESS,
    ops.IN: ops.NOT_IN,
    ops.IS_NULL: ops.IS_NOT_NULL,
    ops.LIKE: ops.NOT_LIKE,
    ops.LIKE_IGNORE_CASE: ops.NOT_LIKE_IGNORE_CASE,
    ops.BETWEEN: ops.NOT_BETWEEN,
}
NEGATIVE = (ops.NOT_EQUAL, ops.NOT_IN, ops.NOT_LIKE, ops.NOT_LIKE_IGNORE_CASE, ops.NOT_BETWEEN)
NEGATED |= {negative: positive for positive, negative in NEGATED.items()}

# Paths over to-one relations only: over a to-many one, some related row may pass and another fail.
ENTITIES = ("", "maker", "maker.country", "parent", "parent.maker")
TO_ONE = tuple(
    path for path in questions.stored_texts(world(SEEDS[0]), ITEMS, 2) if path.rpartition(".")[0] in ENTITIES
)

EVERYTHING = select(Item.id)


@pytest.fixture(scope="module", params=SEEDS, ids="rows{}".format)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    with stored(available(request), world(request.param)) as opened:
        yield opened


def asked(
    text: str | Node,
    *,
    base: Select[Any] = EVERYTHING,
    schema: Schema = ITEMS,
    sort: str | None = None,
    page: PageRequest | None = None,
) -> PaginatedSelect[Select[Any]]:
    """The statements of a filter, a sort and a page."""
    node = parse(text) if isinstance(text, str) else Success(text)
    validated = node.bind(validate(schema)).bind(apply_filter(base))
    return validated.bind(apply_sort(sort)).bind(paginate(page)).unwrap()


def found(store: Store, text: str | Node, *, base: Select[Any] = EVERYTHING, schema: Schema = ITEMS) -> set[int]:
    """The rows that pass a filter."""
    return set(store.rows(asked(text, base=base, schema=schema).statement))


def negated(node: Node) -> Node:
    """What is true where a filter is false, by De Morgan and by the negated operators."""
    match node:
        case And(nodes):
            return Or(tuple(map(negated, nodes)))
        case Or(nodes):
            return And(tuple(map(negated, nodes)))
        case Comparison(selector, ops.EQUAL_IGNORE_CASE, (text,)):
            return Comparison(selector, ops.NOT_EQUAL, ("^" + text.replace("*", "\\*"),))
        case Comparison(selector, operator, arguments):
            return Comparison(selector, NEGATED[operator], arguments)


def unknown(node: Node) -> list[Node]:
    """Filters for the rows where some part of a filter is neither true nor false."""
    match node:
        case And(nodes) | Or(nodes):
            return [inner for part in nodes for inner in unknown(part)]
        case Comparison(operator=ops.IS_NULL | ops.IS_NOT_NULL):
            return []
        case Comparison(selector):
            return [Comparison(selector, ops.IS_NULL, ())]


def tree(text: str) -> Node:
    node = parse(text).unwrap()
    assert node is not None
    return node


def to_one_filters(stores: Stores, comparisons: int, schema: Schema = ITEMS) -> st.SearchStrategy[Node]:
    return questions.filters(stores.world, schema, selectors=TO_ONE, comparisons=comparisons).map(tree)


@ON_DATABASES
@given(st.data())
def test_a_comparison_its_negation_and_null_part_the_rows(stores: Stores, data: st.DataObject) -> None:
    node = data.draw(to_one_filters(stores, 1))
    for store in stores.databases:
        parts = [found(store, part) for part in (node, negated(node), *unknown(node))]
        assert set.union(*parts) == set(ids(stores.world.items)), store.name
        assert sum(map(len, parts)) == len(stores.world.items), store.name


@ON_DATABASES
@given(st.data())
def test_de_morgan(stores: Stores, data: st.DataObject) -> None:
    node = data.draw(to_one_filters(stores, 5))
    for store in stores.databases:
        true, false = found(store, node), found(store, negated(node))
        undecided = set[int]().union(*(found(store, part) for part in unknown(node)))
        assert not true & false, store.name
        assert true | false | undecided == set(ids(stores.world.items)), store.name


@ON_DATABASES
@given(st.data())
def test_the_complement_is_everything_else(stores: Stores, data: st.DataObject) -> None:
    """Where a negative operator is to be the complement; over to-many relations, too."""
    filters = questions.filters(stores.world, COMPLEMENT, comparisons=1).map(tree)
    node = data.draw(filters.filter(lambda node: isinstance(node, Comparison) and node.operator in NEGATIVE))
    for store in stores.databases:
        true, false = (found(store, part, schema=COMPLEMENT) for part in (negated(node), node))
        assert true | false == set(ids(stores.world.items)), store.name
        assert not true & false, store.name


@ON_DATABASES
@given(st.data())
def test_the_order_of_parts_does_not_matter(stores: Stores, data: st.DataObject) -> None:
    one, other, third = (data.draw(questions.filters(stores.world, comparisons=1)) for _ in range(3))
    for store in stores.databases:
        first, second, last = (found(store, text) for text in (one, other, third))
        assert found(store, f"({one});({other})") == found(store, f"({other});({one})") == first & second, store.name
        assert found(store, f"({one}),({other})") == found(store, f"({other}),({one})") == first | second, store.name
        assert found(store, f"({one});(({other}),({third}))") == first & (second | last), store.name


@ON_DATABASES
@given(st.data())
def test_a_filter_only_narrows_its_scope(stores: Stores, data: st.DataObject) -> None:
    """A base statement with an OR at its top, and a filter with an OR at its top."""
    text = data.draw(questions.filters(stores.world))
    scope = EVERYTHING.where(Item.flag.is_(True) | Item.whole.is_(None))
    inside = {item.id for item in stores.world.items if item.flag is True or item.whole is None}
    for store in stores.databases:
        assert found(store, text, base=scope) == found(store, text) & inside, store.name


@ON_DATABASES
@given(st.data())
def test_applying_a_filter_twice_changes_nothing(stores: Stores, data: st.DataObject) -> None:
    text = data.draw(questions.filters(stores.world, comparisons=2))
    once = asked(text)
    twice = asked(text, base=once.statement)
    for store in stores.databases:
        rows = store.rows(once.statement)
        assert len(rows) == len(set(rows)) == store.number(once.count_statement), store.name
        assert sorted(store.rows(twice.statement)) == sorted(rows), store.name
        assert store.number(twice.count_statement) == len(rows), store.name
        assert found(store, f"({text});({text})") == found(store, f"({text}),({text})") == set(rows), store.name


def pages(store: Store, size: int, **more: Any) -> Iterator[list[int]]:
    """Every page in turn, up to the first that is empty."""
    for number in count():
        rows = list(store.rows(asked(page=PageRequest.of(number, size), **more).statement))
        if not rows:
            return
        yield rows


# Some rows in a row: a walk in pages of one takes a statement for each of them.
NEIGHBOURS = st.integers(-500, 800).map(lambda low: EVERYTHING.where(Item.id.between(low, low + 200)))


@ON_DATABASES
@given(st.data(), NEIGHBOURS, questions.sorts(), st.integers(1, 11))
def test_pages_in_turn_are_the_whole(
    stores: Stores, data: st.DataObject, base: Select[Any], sort: str, size: int
) -> None:
    text = data.draw(questions.filters(stores.world, comparisons=1))
    for store in stores.databases:
        whole = asked(text, base=base, sort=sort)
        rows = store.rows(whole.statement)
        walked = list(pages(store, size, text=text, base=base, sort=sort))
        assert [row for page in walked for row in page] == rows, store.name
        assert all(len(page) == size for page in walked[:-1]), store.name
        assert store.number(whole.count_statement) == len(rows), store.name


@ON_DATABASES
@given(st.data(), questions.sorts(), st.integers(1, 11))
def test_a_filter_made_from_a_row_returns_it_on_one_page(
    stores: Stores, data: st.DataObject, sort: str, size: int
) -> None:
    item = data.draw(st.sampled_from(stores.world.items))
    paths = data.draw(st.lists(st.sampled_from(TO_ONE), min_size=1, max_size=4, unique=True))
    text = ";".join(render(is_like(item, path)) for path in paths)
    base = EVERYTHING.where(Item.id.between(item.id - 100, item.id + 100))
    for store in stores.databases:
        places = [page.count(item.id) for page in pages(store, size, text=text, base=base, sort=sort)]
        assert places.count(1) == 1, store.name
        assert sum(places) == 1, store.name


def is_like(item: Item, path: str) -> Comparison:
    """A comparison that the item passes: the value that it has, or that it has none."""
    value: Any = item
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    if value is None:
        return Comparison(path, ops.IS_NULL, ())
    if isinstance(value, str):
        return Comparison(path, ops.EQUAL, (questions.literal(value),))
    return Comparison(path, ops.EQUAL, (next(questions.written(value)),))
