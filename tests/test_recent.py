"""What is kept of texts that come again: within bounds, the same as without, and never where it could differ."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import Engine, Select, StaticPool, create_engine, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql import ComparisonOperator, CustomPredicateDefinition, PageRequest, QueryOptions, SortOptions
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import apply_filter, apply_sort, order, paginate, parse, validate, validate_request
from pyrsql.problems import UnknownField
from pyrsql.recent import CHARACTERS, Recent
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


def test_it_holds_no_more_than_it_may() -> None:
    recent = Recent[str, int](3)
    for number in range(100):
        recent.keep(str(number), number)
    assert [text for text in map(str, range(100)) if not isinstance(recent.get(text), bool)] == ["97", "98", "99"]


def test_a_long_text_counts_several_times_and_one_that_is_too_long_is_not_kept() -> None:
    recent = Recent[str, str](3)
    short, long, longest = "a", "b" * CHARACTERS, "c" * (CHARACTERS * 3)
    for text in (short, long, longest):
        recent.keep(text, text)
    assert (recent.get(long), recent.get(short), recent.get(longest)) == (long, short, False)
    recent.keep("d", "d")
    assert (recent.get(short), recent.get("d")) == (short, "d"), "the one that was asked for last stays"
    assert isinstance(recent.get(long), bool)


def test_none_is_kept_where_none_may_be() -> None:
    recent = Recent[str, int](0)
    for _ in range(TIMES):
        assert isinstance(recent.get("a"), bool)
        recent.keep("a", 1)


def test_threads_may_share_it() -> None:
    recent = Recent[str, str](50)

    def work(start: int) -> bool:
        right = True
        for number in range(start, start + 3_000):
            text = str(number % 97)
            known = recent.get(text)
            right = right and (isinstance(known, bool) or known == text)
            recent.keep(text, text)
        return right

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(16)))
    assert sum(not isinstance(recent.get(str(number)), bool) for number in range(97)) <= 50


# --- what is kept ---


@pytest.mark.parametrize("text", ["name==bob", None])
def test_one_filter_narrows_each_statement_it_is_given(engine: Engine, text: str | None) -> None:
    members = schema(Member)
    bases = [select(Member), select(Member).where(Member.id > 2), select(Member).where(Member.id < 3)]
    for _ in range(TIMES):
        proven = parse(text).bind(validate(members))
        found = [names(engine, proven.bind(apply_filter(base)).unwrap().select) for base in bases]
        assert found == ([["bob"], [], ["bob"]] if text else [["ada", "bob", "eve"], ["eve"], ["ada", "bob"]])


def test_what_one_schema_has_proven_counts_for_no_other(engine: Engine) -> None:
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
        part = whole.nodes[0]  # type: ignore[union-attr]
        both, one = (validate(members)(node).unwrap().predicate for node in (whole, part))
        assert both is not None
        assert both.parts[0] == one  # type: ignore[union-attr]


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
        assert names(engine, parse("name==me").bind(validate(members)).bind(apply_filter(base)).unwrap().select) == [
            name
        ]


def test_a_custom_operator_is_asked_each_time(engine: Engine) -> None:
    mine = ComparisonOperator(name="mine", spellings=("=mine=",), minimum_arguments=0, maximum_arguments=0)
    options = QueryOptions(custom_predicates={"mine": CustomPredicateDefinition(operator=mine)})
    orm = SQLAlchemyORM(custom_predicates={"mine": lambda payload: payload.expression == ME.get()})
    members, base = schema(Member, options, orm=orm), select(Member)
    for name in ("ada", "ada", "ada", "bob", "eve"):
        ME.set(name)
        found = parse("name=mine=", options).bind(validate(members)).bind(apply_filter(base))
        assert names(engine, found.unwrap().select) == [name]


def test_a_hybrid_property_is_asked_each_time(engine: Engine) -> None:
    members, base = schema(Member), select(Member)
    for year, expected in ((2020, []), (2020, []), (2020, []), (2021, ["ada"]), (2022, ["ada", "bob"])):
        NOW.set(dt.date(year, 2, 1))
        found = parse("expired==true").bind(validate(members)).bind(apply_filter(base))
        assert names(engine, found.unwrap().select) == expected
        found = parse(None).bind(validate(members)).bind(apply_filter(base)).bind(apply_sort("-expired;id"))
        assert names(engine, found.unwrap().select)[: len(expected)] == expected


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
    assert given[-2] is given[-4]
    assert given[-1] is given[-3]
    assert given[-1] is not given[-2]
