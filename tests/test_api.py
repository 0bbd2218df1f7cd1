"""The object surface: what it raises, and that queries, sorts and pages compose over one select."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session, aliased

import pyrsql
from pyrsql import PageRequest, ParseError, ParseLimits, QueryOptions, Sort, SortOptions, ValidationError
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.problems import ForbiddenFunction, LimitExceeded, SyntaxProblem, UnknownField, WrongValue
from tests.sample_models import Base, Company, Role, User, rows

ORM = SQLAlchemyORM()
SAME_ORDER = SortOptions(text_order="code_point")

SAME_ORDER = SortOptions(text_order="code_point")
"""Each database has an order of text of its own."""


@pytest.fixture(scope="module")
def session(engine: Engine) -> Iterator[Session]:
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as opened:
            opened.add_all(rows())
            opened.commit()
            yield opened
    finally:
        Base.metadata.drop_all(engine)


def ids(session: Session, statement: Select[Any]) -> list[int]:
    return [user.id for user in session.scalars(statement)]


def test_the_three_ways_to_apply_a_filter_are_one(session: Session) -> None:
    text = "company.name==acme;age>0"
    ways = (
        pyrsql.parse(text).apply(select(User), User, orm=ORM),
        pyrsql.parse(text).compile(orm=ORM).apply(select(User), User),
        pyrsql.compile(text, orm=ORM).apply(select(User), User),
        pyrsql.apply(select(User), User, text, orm=ORM),
    )
    assert len({str(way) for way in ways}) == 1
    assert sorted(ids(session, ways[0])) == [1, 4, 6, 9]


def test_a_query_says_what_it_is() -> None:
    options = QueryOptions()
    query = pyrsql.parse("name==demo", options=options)
    assert (query.text, query.options) == ("name==demo", options)
    assert query.expression is not None
    sort = Sort.parse("-name;id")
    assert [(key.selector, key.descending) for key in sort.keys] == [("name", True), ("id", False)]


@pytest.mark.parametrize("text", [None, "", "   "])
def test_a_blank_text_asks_for_nothing(text: str | None) -> None:
    target = select(User).where(User.age > 20).order_by(User.name)
    assert pyrsql.parse(text).expression is None
    assert str(pyrsql.apply(target, User, text, orm=ORM)) == str(target)
    assert Sort.parse(text).apply(target, User, orm=ORM) is target


def test_a_tab_is_no_blank() -> None:
    with pytest.raises(ParseError):
        pyrsql.parse("\t")


# --- composition -----------------------------------------------------------------------------------------------------


def test_query_sort_and_page_compose_over_one_select(session: Session) -> None:
    statement = select(User)
    statement = pyrsql.parse("company.name==acme,company.name==Umbrella").apply(statement, User, orm=ORM)
    statement = Sort.parse("company.name,desc;-age", options=SAME_ORDER).apply(statement, User, orm=ORM)
    whole = ids(session, statement)
    assert whole == [9, 4, 1, 6, 11, 12, 2, 5, 8]
    pages = [ids(session, PageRequest.of(n, 4).apply(statement, User, orm=ORM)) for n in range(3)]
    assert [one for page in pages for one in page] == whole
    written = str(PageRequest.of(0, 4).apply(statement, User, orm=ORM))
    assert written.count("JOIN") == 1
    assert written.partition("ORDER BY")[2].count("users.id") == 1


def test_each_path_is_joined_once_in_whatever_order(session: Session) -> None:
    query = pyrsql.compile("company.name==acme;manager.company.country==DE", orm=ORM)
    sort = Sort.parse("manager.company.name;company.country;id", options=SAME_ORDER).compile(orm=ORM)
    one = sort.apply(query.apply(select(User), User), User)
    other = query.apply(sort.apply(select(User), User), User)
    assert str(one).count("JOIN") == str(other).count("JOIN") == 3
    assert ids(session, one) == ids(session, other) == [6, 11]


def test_queries_narrow_each_other(session: Session) -> None:
    statement = pyrsql.apply(select(User), User, "age>20,age=na=", orm=ORM)
    statement = pyrsql.apply(statement, User, "company.name==acme,id==3", orm=ORM)
    assert sorted(ids(session, statement)) == [1, 3, 4, 6, 9]
    assert str(statement).count("JOIN") == 1


def test_a_later_sort_comes_first_and_an_earlier_one_breaks_its_ties(session: Session) -> None:
    statement = Sort.parse("-id").apply(select(User), User, orm=ORM)
    statement = Sort.parse("company.name", options=SAME_ORDER).apply(statement, User, orm=ORM)
    assert ids(session, statement) == [12, 8, 5, 2, 11, 9, 6, 4, 1, 10, 7, 3]


def test_a_page_without_a_sort_is_in_a_total_order(session: Session) -> None:
    pages = [ids(session, PageRequest.of(n, 5).apply(select(User), User, orm=ORM)) for n in range(4)]
    assert pages == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12], []]


def test_the_base_statement_stays(session: Session) -> None:
    other = aliased(User)
    base = select(User).join(User.manager.of_type(other)).where(other.id == 1)
    statement = Sort.parse("manager.name;-id", options=SAME_ORDER).apply(
        pyrsql.apply(base, User, "id>0,id<0", orm=ORM), User, orm=ORM
    )
    assert ids(session, statement) == [12, 11, 6, 3, 2]
    # Criteria may not count for an alias of the base statement: the path joins an entity of its own.
    assert str(statement).count("JOIN") == 2


def test_the_same_surface_without_a_database() -> None:
    people = [one for one in rows() if isinstance(one, User)]
    orm = MemoryORM()
    found = Sort.parse("-age;id").apply(pyrsql.apply(people, User, "company.name==acme", orm=orm), User, orm=orm)
    assert [user.id for user in PageRequest.of(0, 3).apply(found, User, orm=orm)] == [9, 4, 1]


# --- what is raised --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "kind"),
    [
        ("name=", None, SyntaxProblem),
        ("name==x" * 9, QueryOptions(parse_limits=ParseLimits(query_length=9)), LimitExceeded),
    ],
)
def test_what_cannot_be_read(text: str, options: QueryOptions | None, kind: type) -> None:
    for read in (pyrsql.parse, lambda text, options: pyrsql.compile(text, orm=ORM, options=options)):
        with pytest.raises(ParseError) as raised:
            read(text, options=options)
        assert [type(problem) for problem in raised.value.problems] == [kind]
    with pytest.raises(ParseError):
        pyrsql.apply(select(User), User, text, orm=ORM, options=options)


def test_what_a_model_does_not_offer() -> None:
    query = pyrsql.parse("nmae==x;age==old;'@upper[name]'==x")
    with pytest.raises(ValidationError) as raised:
        query.apply(select(User), User, orm=ORM)
    assert [type(one) for one in raised.value.problems] == [UnknownField, WrongValue, ForbiddenFunction]
    assert "nmae" in str(raised.value)


def test_a_sort_that_cannot_be() -> None:
    with pytest.raises(ParseError):
        Sort.parse("name,sideways")
    with pytest.raises(ValidationError) as raised:
        Sort.parse("nmae;company").apply(select(User), User, orm=ORM)
    assert len(raised.value.problems) == 2
    with pytest.raises(ValidationError):
        Sort.parse("name", options=SortOptions(field_blacklist={"name"})).apply(select(User), User, orm=ORM)


# --- schemas are shared ----------------------------------------------------------------------------------------------


def test_a_schema_is_built_once_for_the_same_options() -> None:
    options = QueryOptions()
    assert schema_for(User, orm=ORM, options=options) is schema_for(User, orm=ORM, options=options)
    others = {
        id(schema_for(User, orm=ORM, options=QueryOptions())),
        id(schema_for(Company, orm=ORM, options=options)),
        id(schema_for(User, orm=SQLAlchemyORM(), options=options)),
        id(schema_for(User, orm=ORM, options=options, sort_options=SortOptions())),
    }
    assert len(others) == 4


def test_threads_share_schemas() -> None:
    options = QueryOptions(field_mapping={"firm": "company"})
    texts = [f"firm.name==x{place};nmae=={place};roles.code==y" for place in range(50)]
    started = threading.Barrier(8)

    def work(_: int) -> list[str]:
        started.wait()
        found: list[str] = []
        for text in texts:
            with pytest.raises(ValidationError) as raised:
                pyrsql.apply(select(User), User, text, orm=ORM, options=options)
            found.append(str(raised.value))
        return found

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    "settings",
    [
        {"field_blacklist": {"code"}},
        {"model_field_blacklist": {Role: {"code"}}},
        {"field_whitelist": {"id", "roles"}},
        {"public_fields": {"id": "id", "roles": "roles", "roles.id": "roles.id"}},
    ],
)
def test_a_filter_inside_of_a_sort_has_the_rights_of_the_sort(settings: dict[str, Any]) -> None:
    closed = SortOptions(quantifiers=True, **settings)
    for key in ("@count[roles]", "'@count[roles|#id>2]'"):
        Sort.parse(key, options=closed).apply(select(User), User, orm=ORM)
    for key in ("'@count[roles|#code==admin]'", "-'@count[roles|#id>2;code==a*]'", "'@count[roles|#@upper[code]==A]'"):
        with pytest.raises(ValidationError):
            Sort.parse(key, options=closed).apply(select(User), User, orm=ORM)
    renamed = SortOptions(quantifiers=True, field_mapping={"r": "roles"})
    Sort.parse("'@count[r|#code==admin]'", options=renamed).apply(select(User), User, orm=ORM)
