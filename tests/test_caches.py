"""What is kept of texts that come again: within bounds, the same as without, and never where it could differ."""

import datetime as dt
import gc
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from returns.result import Success
from sqlalchemy import JSON, Engine, Integer, Select, StaticPool, create_engine, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql import (
    ComparisonOperator,
    CustomPredicateDefinition,
    PageRequest,
    ParseLimits,
    QueryOptions,
    SortOptions,
    caches,
)
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from pyrsql.models.schema import Schema, schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import apply_criteria, apply_filter, apply_sort, order, paginate, parse, validate, validate_request
from pyrsql.problems import UnknownField
from pyrsql.text_cache import TextCache
from tests.asgi import get

NOW = ContextVar("NOW", default=dt.date(2020, 1, 1))
ME = ContextVar("ME", default="ada")
TIMES = 4
"""A text is kept when it comes the second time, and found the third time."""


class Base(DeclarativeBase):
    pass


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    until: Mapped[dt.date]
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    @hybrid_property
    def expired(self) -> Any:
        return self.until < NOW.get()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for place, name in enumerate(("ada", "bob", "eve"), start=1):
            session.add(Member(id=place, name=name, until=dt.date(2020 + place, 1, 1)))
        session.commit()
    yield engine
    engine.dispose()


def names(engine: Engine, statement: Select[Any]) -> list[str]:
    with Session(engine) as session:
        return [member.name for member in session.scalars(statement)]


# --- the cache itself ---


def recalled(cache: TextCache[str], text: str, weight: int | None = 1) -> bool:
    """Whether a text was kept; now it is, where it came before and may be kept."""
    known = cache.get(text)
    if known is None and weight is not None and cache.recurs(text):
        cache.keep(text, text, weight)
    assert known in (None, text)
    return known is not None


def test_it_keeps_what_comes_a_second_time() -> None:
    cache = TextCache[str](3, 100)
    assert [recalled(cache, "a") for _ in range(TIMES)] == [False, False, True, True]
    assert [recalled(cache, "b", None) for _ in range(TIMES)] == [False] * TIMES


def test_it_holds_no_more_entries_than_it_may() -> None:
    cache = TextCache[str](3, 100)
    for number in (*range(100), *range(100)):
        recalled(cache, str(number))
    assert [recalled(cache, str(number)) for number in (97, 98, 99)] == [True] * 3
    assert not recalled(cache, "96")


def test_it_holds_no_more_bytes_than_it_may() -> None:
    cache = TextCache[str](100, 10)
    for text, weight in (("heavy", 6), ("light", 1), ("too heavy", 11), ("light", 1)) * 2:
        recalled(cache, text, weight)
    assert (recalled(cache, "heavy", 6), recalled(cache, "light")) == (True, True)
    for _ in range(2):
        recalled(cache, "other", 9)
    assert not recalled(cache, "heavy", 6), "the one that was recalled longest ago goes first"
    assert not recalled(cache, "too heavy", 11)


def test_one_that_may_hold_nothing_holds_nothing() -> None:
    cache = TextCache[str](0, 100)
    assert not any(recalled(cache, "a") for _ in range(TIMES))


def test_threads_may_share_it() -> None:
    cache = TextCache[str](50, 60)

    def work(start: int) -> int:
        return sum(recalled(cache, str(number % 97), 1 + number % 3) for number in range(start, start + 3_000))

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(work, range(16))) > 0
    assert sum(recalled(cache, str(number), None) for number in range(97)) <= 50


# --- memory ---


NESTED = "[" * 20 + "1" + "]" * 20

HEAVY: dict[str, Callable[[int], str]] = {
    "comparisons": lambda number: ";".join(f"id=={number}{place}" for place in range(100)),
    "patterns": lambda number: ",".join(f"name==a*{number}*{place}" for place in range(100)),
    "long lists": lambda number: f"id=in=({','.join(f'{number}{place}' for place in range(99))})",
    "long text": lambda number: f"name=='{'é' * 1_000}{number}'",
    "documents": lambda number: f"document.a=='{NESTED}';document.b=={number}",
    "paths in documents": lambda number: ";".join(f"document.k{number}.{place}=={place}" for place in range(20)),
    "times": lambda number: ";".join(f"until>2020-01-01;id!={number}{place}" for place in range(50)),
}


@pytest.mark.parametrize("kind", HEAVY)
def test_what_is_kept_takes_no_more_memory_than_it_is_counted_for(kind: str) -> None:
    limits = ParseLimits(json_tests=None, text_searches=None)
    members = schema_for(Member, orm=SQLAlchemyORM(), options=QueryOptions(parse_limits=limits))
    dialect = create_engine("sqlite://").dialect

    def ask(number: int) -> None:
        made: Any = None
        for _ in range(TIMES):
            made = validate_request(members, filter=HEAVY[kind](number)).bind(apply_criteria(select(Member)))
        # SQLAlchemy notes things in the elements that it compiles.
        made.unwrap().statement.compile(dialect=dialect)

    # What the library and SQLAlchemy keep once for each column and form is no part of it.
    ask(0)
    before = counted(members)
    held = held_by(lambda: [*map(ask, range(1, 5))])
    # A constant part: the names, and the memory of the caches themselves.
    assert held < 1.2 * (counted(members) - before) + 100_000


def counted(members: Schema) -> int:
    """The bytes that the caches of a schema count."""
    return sum(cache.weight for cache in caches.caches_of(members))


def test_the_caches_of_a_schema_hold_13_megabytes_at_most() -> None:
    assert sum(cache.capacity for cache in caches.caches_of(schema(Member))) == 13 * 2**20


def test_the_names_of_a_schema_take_two_megabytes_at_most() -> None:
    columns = {f"column_{number}": mapped_column(Integer) for number in range(1_100)}
    wide = type("Wide", (Base,), {"__tablename__": "wide", "id": mapped_column(Integer, primary_key=True), **columns})
    members = schema(wide)

    def ask(names: Iterable[str]) -> None:
        for name in names:
            assert isinstance(validate_request(members, filter=f"{name}==1", sort=name), Success)

    ask(["id"])
    assert held_by(lambda: ask(columns)) < 2 * 2**20


def test_a_schema_keeps_no_name_that_clients_make_up() -> None:
    members = schema(Member, QueryOptions(procedure_whitelist=["substring"]))

    def ask(numbers: Iterable[int]) -> None:
        for number in numbers:
            for made_up in (f"document.key{number}", f"document.a.b{number}", f"@substring[name|#1|#{number}]"):
                assert isinstance(parse(f"{made_up}==x", members).bind(validate(members)), Success)
                assert isinstance(order(members)(made_up), Success)

    ask([0])
    assert held_by(lambda: ask(range(1, 1_000))) < 100_000


def held_by(work: Callable[[], object]) -> int:
    """The bytes that are held after some work, and were not before."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


# --- what is kept ---


@pytest.mark.parametrize("text", ["name==bob", None])
def test_one_filter_narrows_each_statement_it_is_given(engine: Engine, text: str | None) -> None:
    members = schema(Member)
    bases = [select(Member), select(Member).where(Member.id > 2), select(Member).where(Member.id < 3)]
    for _ in range(TIMES):
        validated = parse(text).bind(validate(members))
        found = [names(engine, validated.bind(apply_filter(base)).unwrap().select) for base in bases]
        assert found == ([["bob"], [], ["bob"]] if text else [["ada", "bob", "eve"], ["eve"], ["ada", "bob"]])


def test_what_one_schema_has_validated_counts_for_no_other(engine: Engine) -> None:
    open_, closed = schema(Member), schema(Member, QueryOptions(field_blacklist={"name"}))
    for _ in range(TIMES):
        assert parse("name==bob").bind(validate(open_)).unwrap().schema is open_
        assert isinstance(parse("name==bob").bind(validate(closed)).failure()[0], UnknownField)
        assert order(open_)("name").unwrap() is not None
        assert isinstance(order(closed)("name").failure()[0], UnknownField)


def test_a_part_of_a_tree_is_not_taken_for_the_whole() -> None:
    members = schema(Member)
    for _ in range(TIMES):
        whole = parse("name==bob;id>1").unwrap()
        part = whole.nodes[0]  # type: ignore[union-attr]  # the tree is a group
        both, one = (validate(members)(node).unwrap().predicate for node in (whole, part))
        assert both is not None
        assert both.parts[0] == one  # type: ignore[union-attr]  # the tree is a group


def test_where_a_problem_stands_is_told_each_time() -> None:
    members = schema(Member)
    for _ in range(TIMES):
        problems = validate_request(members, filter="id>1;nmae==bob", sort="id;nmae").failure()
        assert [(problem.source, problem.span) for problem in problems] == [("filter", (5, 9)), ("sort", (3, 7))]


def test_nothing_is_kept_where_the_options_say_so() -> None:
    members = schema(Member, QueryOptions(cached_texts=0), SortOptions(cached_texts=0))
    found = [parse("name==bob", members.query_options).bind(validate(members)).unwrap() for _ in range(TIMES)]
    assert len({id(each) for each in found}) == TIMES
    orders = [order(members)("name").unwrap() for _ in range(TIMES)]
    assert len({id(each) for each in orders}) == TIMES


def test_fewer_texts_than_none_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="cached_texts=-1"):
        QueryOptions(cached_texts=-1)


def test_rows_in_memory_are_looked_at_each_time() -> None:
    members = schema_for(Member, orm=MemoryORM())
    people = [Member(id=1, name="bob", until=dt.date(2021, 1, 1))]
    for number in range(1, TIMES):
        found = parse("name==bob").bind(validate(members)).bind(apply_filter(people)).bind(apply_sort("id"))
        page = found.bind(paginate(PageRequest.of(0, 10))).unwrap()
        assert (len(page.statement), page.count_statement) == (number, number)
        people.append(Member(id=number + 1, name="bob", until=dt.date(2021, 1, 1)))


# --- what is not ---


def test_a_converter_is_asked_each_time(engine: Engine) -> None:
    options = QueryOptions(field_value_converters={"name": lambda text: ME.get() if text == "me" else text})
    members = schema(Member, options)
    base = select(Member)
    for name in ("ada", "ada", "ada", "bob", "eve"):
        ME.set(name)
        assert names(
            engine, validate_request(members, filter="name==me").bind(apply_criteria(base)).unwrap().statement
        ) == [name]


def test_a_custom_operator_is_asked_each_time(engine: Engine) -> None:
    mine = ComparisonOperator(name="mine", spellings=("=mine=",), minimum_arguments=0, maximum_arguments=0)
    options = QueryOptions(custom_predicates={"mine": CustomPredicateDefinition(operator=mine)})
    orm = SQLAlchemyORM(custom_predicates={"mine": lambda payload: payload.expression == ME.get()})
    members, base = schema(Member, options, orm=orm), select(Member)
    for name in ("ada", "ada", "ada", "bob", "eve"):
        ME.set(name)
        found = validate_request(members, filter="name=mine=").bind(apply_criteria(base))
        assert names(engine, found.unwrap().statement) == [name]


def test_a_hybrid_property_is_asked_each_time(engine: Engine) -> None:
    members, base = schema(Member), select(Member)
    for year, expected in ((2020, []), (2020, []), (2020, []), (2021, ["ada"]), (2022, ["ada", "bob"])):
        NOW.set(dt.date(year, 2, 1))
        found = validate_request(members, filter="expired==true").bind(apply_criteria(base))
        assert names(engine, found.unwrap().statement) == expected
        found = validate_request(members, sort="-expired;id").bind(apply_criteria(base))
        assert names(engine, found.unwrap().statement)[: len(expected)] == expected


def test_a_base_statement_of_the_request_is_asked_for_each_time(engine: Engine) -> None:
    def mine() -> Select[Any]:
        return select(Member).where(Member.name == ME.get())

    resource = FastAPISQLAlchemyIntegration().resource(Member, statement_factory=mine)
    app = FastAPI()

    @app.get("/")
    async def members(statement: Annotated[Any, Depends(resource.select_dependency())]) -> list[str]:
        return names(engine, statement)

    for name in ("ada", "ada", "ada", "bob", "eve"):
        ME.set(name)
        assert get(app, "/?filter=id>0").json() == [name]


def test_requests_that_come_again_get_the_same_answer(engine: Engine) -> None:
    given: list[Select[Any]] = []
    app = FastAPI()

    @app.get("/")
    async def members(
        statement: Annotated[Any, Depends(FastAPISQLAlchemyIntegration().select_dependency(Member))],
    ) -> list[str]:
        given.append(statement)
        return names(engine, statement)

    for _ in range(TIMES):
        assert get(app, "/?filter=id>1&sort=-name").json() == ["eve", "bob"]
        assert get(app, "/?filter=id>1&sort=name").json() == ["bob", "eve"]
        assert get(app, "/?filter=id>1&sort=nmae").status_code == 422
        assert get(app, "/?filter=id>1&filter=id>2").status_code == 400


def test_a_filter_that_comes_again_is_recalled_with_its_clauses(engine: Engine) -> None:
    members = schema_for(Member, orm=SQLAlchemyORM())
    found = [validate_request(members, filter="id>1", sort="name").unwrap() for _ in range(TIMES)]
    assert found[-1].filter is found[-2].filter
    assert found[-1].order is found[-2].order
    bases = [select(Member), select(Member).where(Member.id < 3)]
    clauses = []
    for base in bases * TIMES:
        statement = apply_criteria(base)(found[-1]).unwrap().statement
        clauses.append(statement.whereclause if base is bases[0] else statement._where_criteria[-1])
    assert names(engine, apply_criteria(bases[1])(found[-1]).unwrap().statement) == ["bob"]
    assert clauses[-1] is clauses[-2], "the clauses do not depend on the base statement"
