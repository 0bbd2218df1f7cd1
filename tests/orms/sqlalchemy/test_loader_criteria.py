"""`with_loader_criteria` of a base statement counts for rows, totals, pages and wrapped statements alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import ForeignKey, Select, String, case, event, exists, func, literal_column, select
from sqlalchemy import cast as cast_to
from sqlalchemy import text as sql_text
from sqlalchemy.orm import (
    Bundle,
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    aliased,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    with_loader_criteria,
)
from sqlalchemy.orm.interfaces import ORMOption

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.endpoint import counted, counted_up_to
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import joins, schema
from pyrsql.orms.sqlalchemy.related_keys import related_keys
from pyrsql.page import PageRequest
from pyrsql.pipeline import validate_request
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked


class Base(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Tenanted:
    tenant: Mapped[int] = mapped_column()


class League(Base):
    __tablename__ = "lc_league"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Team(Tenanted, Base):
    __tablename__ = "lc_team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    league_id: Mapped[int | None] = mapped_column(ForeignKey("lc_league.id"))
    league: Mapped[League | None] = relationship()
    people: Mapped[list["Person"]] = relationship(back_populates="team")


class Person(Tenanted, Base):
    __tablename__ = "lc_person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("lc_team.id"))
    team: Mapped[Team | None] = relationship(back_populates="people")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Clerk(Person):
    __mapper_args__ = {"polymorphic_identity": "clerk"}


def rows() -> list[Base]:
    mine = Team(id=1, tenant=1, name="mine", league=League(id=1, name="first"))
    theirs = Team(id=2, tenant=2, name="theirs", league=League(id=2, name="second"))
    return [
        mine,
        theirs,
        Person(id=1, tenant=1, name="a", team=mine),
        Clerk(id=2, tenant=1, name="b", team=theirs),
        Person(id=3, tenant=2, name="c", team=mine),
        Clerk(id=4, tenant=2, name="d", team=theirs),
        Person(id=5, tenant=1, name="e", team=None),
    ]


@pytest.fixture(scope="module")
def people(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:
        yield filled


def tenant_of(cls: Any) -> Any:
    return cls.tenant == 1


OTHER = aliased(Person)
TEAM = aliased(Team)
FORMS: dict[str, Callable[[], ORMOption]] = {
    "expression": lambda: with_loader_criteria(Person, Person.tenant == 1),
    "function": lambda: with_loader_criteria(Person, lambda cls: cls.tenant == 1),
    "aliases": lambda: with_loader_criteria(Person, Person.tenant == 1, include_aliases=True),
    "mixin": lambda: with_loader_criteria(Tenanted, tenant_of, include_aliases=True),
    "not for loaders": lambda: with_loader_criteria(Person, Person.tenant == 1, propagate_to_loaders=False),
}

BASES: dict[str, Callable[[], Select[Any]]] = {
    "entity": lambda: select(Person),
    "distinct": lambda: select(Person).distinct(),
    "grouped": lambda: select(Person).group_by(Person.id),
    "ordered": lambda: select(Person).order_by(Person.name),
    "inner join": lambda: select(Person).outerjoin(Person.team),
    "of another": lambda: select(Team).join(Team.people).with_only_columns(Person),
    "eager": lambda: select(Person).options(joinedload(Person.team).selectinload(Team.people)),
    "contained": lambda: select(Person).outerjoin(Person.team).options(contains_eager(Person.team)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", BASES)
def test_rows_totals_and_pages_are_those_of_the_tenant(people: Store, name: str, form: str) -> None:
    base = BASES[name]().options(FORMS[form]())
    wanted = [2, 1] if name == "of another" else [5, 2, 1]
    for options in (QueryOptions(), QueryOptions(distinct=True)):
        found = ids(people, Person, "id>0", "-id", base=base, options=options)
        assert sorted(found, reverse=True) == found
        assert found == wanted
        pages = [
            ids(people, Person, "id>0", "-id", base=base, options=options, page=PageRequest.of(n, 1)) for n in range(4)
        ]
        assert [one for page in pages for one in page] == found
        total = paged(Person, "id>0", "-id", PageRequest.of(0, 1), base=base, options=options).count_statement
        assert scalar(people, total) == len(found)
        validated = validate_request(schema(Person, options), filter="id>0").unwrap()
        for limit in (1, 2, 10):
            assert scalar(people, counted_up_to(base, validated, limit)) == min(limit, len(found))


@pytest.mark.parametrize(
    ("text", "number"), [("team.name==mine", 2), ("team.people.name==d", 2), ("team.league=nn=", 4)]
)
def test_the_total_of_a_base_that_begins_at_another_class(people: Store, text: str, number: int) -> None:
    base = BASES["of another"]()
    assert len(ids(people, Person, text, "team.league.name;id", base=base)) == number
    total = paged(Person, text, None, PageRequest.of(0, 1), base=base).count_statement
    assert scalar(people, total) == number


EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    "a column": lambda cls: cls.id,
    "a label": lambda cls: cls.id.label("number"),
    "a function": lambda cls: func.lower(cls.name),
    "a sum": lambda cls: cls.id + 1,
    "a test": lambda cls: cls.team_id.is_(None),
    "a cast": lambda cls: cast_to(cls.name, String(20)),
    "a case": lambda cls: case((cls.id > 2, "late"), else_="early"),
    "a bundle": lambda cls: Bundle("person", cls.id, cls.name),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_total_of_values_is_that_of_the_tenant(people: Store, name: str, form: str) -> None:
    """An expression does not say its class, but a select of it obeys the criteria, and the rule of a subclass."""
    for model, wanted in {Person: [1, 2, 5], Clerk: [2]}.items():
        if model is Clerk and form in {"expression", "function", "not for loaders"}:
            continue
        base = cast("Select[Any]", select(EXPRESSIONS[name](model)).options(FORMS[form]()))
        # The criteria of a mixin count for teams as well.
        behind = ("team=na=", [2, 5]) if form == "mixin" else ("team.name==theirs", [2])
        for text, passing in ((None, wanted), ("id>1", [2, 5]), behind):
            for joined in (base, base.outerjoin(model.team)):
                found = paged(model, text, base=joined)
                number = len({*wanted} & {*passing})
                assert len(people.run(partial(all_rows, found.statement))) == number
                assert scalar(people, found.count_statement) == number, text


def all_rows(statement: Any, session: Session) -> Any:
    return session.execute(statement).all()


def scalar(store: Store, statement: Any) -> Any:
    return store.run(lambda session: session.scalar(cast("Select[Any]", statement)))


@pytest.mark.parametrize("form", ["aliases", "mixin"])
def test_an_aliased_root(people: Store, form: str) -> None:
    for base in (select(OTHER), select(OTHER).distinct(), select(OTHER).group_by(OTHER.id)):
        assert ids(people, Person, "id>0", "-id", base=base.options(FORMS[form]())) == [5, 2, 1]


def test_a_criterion_of_an_alias_alone(people: Store) -> None:
    option = with_loader_criteria(OTHER, OTHER.tenant == 1)
    for base in (select(OTHER), select(OTHER).distinct()):
        assert ids(people, Person, "id>0", "-id", base=base.options(option)) == [5, 2, 1]


@pytest.mark.parametrize("base", [select(Clerk), select(Clerk).distinct(), select(Clerk).group_by(Clerk.id)])
def test_a_subclass(people: Store, base: Select[Any]) -> None:
    wanted = {
        with_loader_criteria(Clerk, Clerk.tenant == 1): [2],
        with_loader_criteria(Person, Person.tenant == 1, include_aliases=True): [2],
    }
    for option, found in wanted.items():
        assert ids(people, Clerk, "id>0", "-id", base=base.options(option)) == found


@pytest.mark.parametrize("shape", ["plain", "distinct", "up to"])
def test_execution_options_stay(shape: str) -> None:
    base = select(Person).execution_options(tenant=1, yield_per=100)
    base = base.distinct() if shape == "distinct" else base
    found = paged(Person, "id>0", "name", PageRequest.of(0, 2), base=base, options=QueryOptions(distinct=True))
    count = found.count_statement
    if shape == "up to":
        count = counted_up_to(base, validate_request(schema(Person), filter="id>0").unwrap(), 5)
    for statement in (found.statement, cast("Select[Any]", count)):
        assert statement.get_execution_options()["tenant"] == 1


def test_a_condition_of_another_statement_is_not_taken_for_ours(people: Store) -> None:
    """The options of a subquery in a condition hold for nothing: SQLAlchemy takes them from the outermost select."""
    inner = select(func.max(Person.id)).options(FORMS["expression"]()).scalar_subquery()
    assert ids(people, Person, "id>0", base=select(Person).where(Person.id <= inner)) == [1, 2, 3, 4, 5]


# --- criteria of a class count wherever a path leads to it ---


@contextmanager
def said(by: str, base: Select[Any], option: ORMOption) -> Iterator[Select[Any]]:
    """A base statement whose criteria are its own, or those of an event of the session."""
    if by == "the statement":
        yield base.options(option)
        return

    def add(state: ORMExecuteState) -> None:
        if state.is_orm_statement and state.is_select:
            state.statement = cast("Select[Any]", state.statement).options(option)

    event.listen(Session, "do_orm_execute", add)
    try:
        yield base
    finally:
        event.remove(Session, "do_orm_execute", add)


by_both = pytest.mark.parametrize("by", ["the statement", "the session"])

CRITERIA: dict[str, Callable[[], ORMOption]] = {
    "expression": lambda: with_loader_criteria(Team, Team.tenant == 1),
    "function": lambda: with_loader_criteria(Team, lambda cls: cls.tenant == 1),
    "aliases": lambda: with_loader_criteria(Team, Team.tenant == 1, include_aliases=True),
    "mixin": lambda: with_loader_criteria(Tenanted, lambda cls: cls.tenant == 1, include_aliases=True),
}


@by_both
@pytest.mark.parametrize("form", CRITERIA)
def test_a_path_leads_to_no_row_of_another_tenant(people: Store, form: str, by: str) -> None:
    """Persons 1 and 3 are in the team of the tenant, 2 and 4 in that of another."""
    with said(by, select(Person), CRITERIA[form]()) as base:
        path_leads_to_own_rows(people, base, form)


def path_leads_to_own_rows(people: Store, base: Select[Any], form: str) -> None:
    mine = [1, 2, 5] if form == "mixin" else [1, 2, 3, 4, 5]
    for text, wanted in {
        "team.name==theirs": [],
        "team.name==mine": [1, 3],
        "team.name=na=": [2, 4, 5],
        "team=na=": [2, 4, 5],
        "team=nn=": [1, 3],
        "team.people.name==d": [],
        "team.people.team.name==theirs": [],
        "team.name==*s,id==5": [5],
        "team.league.name==first": [1, 3],
        "team.league.name==second": [],
        "team.league=na=": [2, 4, 5],
        "team.people.team.league.name==second": [],
    }.items():
        found = [one for one in wanted if one in mine]
        total = paged(Person, text, None, PageRequest.of(0, 1), base=base).count_statement
        assert scalar(people, total) == len(found), text
        assert ids(people, Person, text, base=base) == found, text
        assert ids(people, Person, text, "-team.name,nullslast;id", base=base, page=PageRequest.of(0, 9)) == found
    # Another tenant's team has no place in an order: its persons come last, as those without a team.
    wanted = [one for one in (1, 3, 2, 4, 5) if one in mine]
    for sort in ("team.name;id", "team.league.name;id"):
        assert ids(people, Person, None, sort, base=base) == wanted
    if form != "mixin":
        assert ids(people, Person, None, "-team.people.team.league.name;id", base=base) == [2, 4, 5, 1, 3]


@by_both
@pytest.mark.parametrize("form", FORMS)
def test_a_collection_holds_no_row_of_another_tenant(people: Store, form: str, by: str) -> None:
    with said(by, select(Team), FORMS[form]()) as base:
        collection_holds_own_rows(people, base, form)


def collection_holds_own_rows(people: Store, base: Select[Any], form: str) -> None:
    wanted = [1] if form == "mixin" else [1, 2]
    for text, found in {
        "people.name==c": [],
        "people.name==d": [],
        "people.name==b": [2],
        "people.id>0": [1, 2],
        "people.team.people.name==d": [],
        "people.name==c,people.name==a": [1],
        "people.team.league.name==second": [2],
        "people.team.league.name==first": [1],
    }.items():
        own = [one for one in found if one in wanted]
        assert ids(people, Team, text, base=base) == own, text
        total = paged(Team, text, None, PageRequest.of(0, 1), base=base).count_statement
        assert scalar(people, total) == len(own), text
    # The last names that count are a and b, not c and d.
    assert ids(people, Team, None, "-people.name", base=base) == [one for one in (2, 1) if one in wanted]


@by_both
@pytest.mark.parametrize("form", FORMS)
def test_a_count_counts_no_row_of_another_tenant(people: Store, form: str, by: str) -> None:
    """Persons 1 and 2, in one team each, belong to the tenant; 3 and 4 do not."""
    with said(by, select(Team), FORMS[form]()) as base:
        count_counts_own_rows(people, base, form)


def count_counts_own_rows(people: Store, base: Select[Any], form: str) -> None:
    options = QueryOptions(quantifiers=True)
    wanted = [1] if form == "mixin" else [1, 2]
    for text, found in {
        "@count[people]==1": [1, 2],
        "@count[people]==2": [],
        "'@count[people|#name==a,name==c]'==1": [1],
        "'@count[people|#team.people.name==d]'>=1": [],
    }.items():
        ids_found = ids(people, Team, text, base=base, options=options)
        assert ids_found == [one for one in found if one in wanted], text


JOINED: dict[str, Callable[[], Select[Any]]] = {
    "outer": lambda: select(Person).outerjoin(Person.team),
    "contained": lambda: select(Person).outerjoin(Person.team).options(contains_eager(Person.team)),
    "an alias": lambda: select(Person).outerjoin(Person.team.of_type(TEAM)),
}


@by_both
@pytest.mark.parametrize("form", CRITERIA)
@pytest.mark.parametrize("name", JOINED)
def test_a_relation_that_the_base_joins_leads_to_no_row_of_another_tenant(
    people: Store, name: str, form: str, by: str
) -> None:
    """Subqueries read the relation anew, and the criteria count in them as well."""
    with said(by, JOINED[name](), CRITERIA[form]()) as base:
        subquery_reads_own_rows(people, base, form)


def subquery_reads_own_rows(people: Store, base: Select[Any], form: str) -> None:
    mine = [1, 2, 5] if form == "mixin" else [1, 2, 3, 4, 5]
    for text, wanted in {
        "team=na=": [2, 4, 5],
        "team=nn=": [1, 3],
        "team=any='name==theirs'": [],
        "team=none='name==theirs'": [1, 2, 3, 4, 5],
        "team=all='name==mine'": [1, 2, 3, 4, 5],
        "@count[team]==1": [1, 3],
        "'@count[team|#name==theirs]'==1": [],
    }.items():
        found = [one for one in wanted if one in mine]
        assert ids(people, Person, text, base=base, options=QueryOptions(quantifiers=True)) == found, text


BASE_JOINS: dict[str, Callable[[], Select[Any]]] = {
    "the relation": lambda: select(Person).outerjoin(Person.team),
    "an alias": lambda: select(Person).outerjoin(TEAM, Person.team),
    "of an alias": lambda: select(Person).outerjoin(Person.team.of_type(TEAM)),
    "an alias that is loaded": lambda: (
        select(Person).outerjoin(TEAM, Person.team).options(contains_eager(Person.team.of_type(TEAM)))
    ),
}


@by_both
@pytest.mark.parametrize("name", BASE_JOINS)
def test_a_path_leads_to_no_row_of_another_tenant_whatever_the_base_joins(people: Store, name: str, by: str) -> None:
    with said(by, BASE_JOINS[name](), with_loader_criteria(Team, Team.tenant == 1)) as base:
        for filter, found in {
            "team.name==theirs": [],
            "team.name==mine": [1, 3],
            "team.league.name==second": [],
        }.items():
            assert ids(people, Person, filter, base=base) == found
            total = paged(Person, filter, None, PageRequest.of(0, 1), base=base).count_statement
            assert scalar(people, total) == len(found)
        assert ids(people, Person, None, "-team.name,nullslast;id", base=base) == [1, 3, 2, 4, 5]


def test_criteria_that_are_there_already_are_not_added_again() -> None:
    base = select(Person).options(with_loader_criteria(Team, Team.tenant == 1))
    text = str(paged(Person, "team.name==a,team.people.name==b", "team.name;-team.people.id", base=base).statement)
    assert text.count("ON lc_team_1.id = lc_person.team_id AND lc_team_1.tenant = ") == 1


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("condition", ["lc_person.tenant = 1 OR lc_person.name = 'd'", "lc_person.id < 0 OR 1 = 1"])
def test_criteria_of_text_keep_their_parentheses(people: Store, condition: str, everywhere: bool) -> None:
    base = select(Person).options(with_loader_criteria(Person, sql_text(condition), include_aliases=everywhere))
    seen = ids(people, Person, base=select(Person).where(sql_text(f"({condition})")))
    for filter, passes in {"name=in=(a,c,d)": {1, 3, 4}, "team.name==theirs": {2, 4}, "id>0": {1, 2, 3, 4, 5}}.items():
        assert ids(people, Person, filter, base=base) == sorted(passes & {*seen})
        assert ids(people, Person, filter, base=base.join(Person.team)) == sorted(passes & {*seen} - {5})


@by_both
@pytest.mark.parametrize("as_function", [False, True])
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("filter", ["team.people.name==c", "team.name==mine"])
def test_criteria_of_text_are_refused_for_an_alias(
    people: Store, filter: str, everywhere: bool, as_function: bool, by: str
) -> None:
    entity = Person if "people" in filter else Team
    # SQLAlchemy takes no bare text from a function, nor from an event.
    condition: Any = literal_column(f"{entity.__tablename__}.tenant") == 1
    if by == "the statement" and not as_function:
        condition = sql_text(f"{entity.__tablename__}.tenant = 1")
    criteria = with_loader_criteria(
        entity, (lambda _: condition) if as_function else condition, include_aliases=everywhere
    )
    with said(by, select(Person), criteria) as base:
        with pytest.raises(
            ConfigurationError, match=f"a path leads to an alias of {entity.__name__}, to which the text"
        ):
            ids(people, Person, filter, base=base)
        assert ids(people, Person, "id>0", base=select(Person).where(Person.id == 1)) == [1]


@pytest.mark.parametrize("everywhere", [False, True])
def test_criteria_of_the_session_with_any_are_refused_for_an_alias(people: Store, everywhere: bool) -> None:
    of_class = with_loader_criteria(Person, Person.team.has(Team.name == "mine"), include_aliases=everywhere)
    with (
        said("the session", select(Team), of_class) as base,
        pytest.raises(ConfigurationError, match="give it as a fun"),
    ):
        ids(people, Team, "people.name==c", base=base)
    as_function = with_loader_criteria(Person, lambda cls: cls.team.has(Team.name == "mine"))
    with said("the session", select(Team), as_function) as base:
        assert ids(people, Team, "people.id>0", base=base) == [1]


def test_an_alias_of_a_path_is_not_taken_for_one_of_the_developer(people: Store) -> None:
    """Both statements join an alias of the class by the relation: SQLAlchemy keeps each of them compiled."""
    own = select(Person).outerjoin(Person.team.of_type(TEAM)).where(TEAM.name == "theirs")
    for _ in range(2):
        with said("the session", select(Person), CRITERIA["expression"]()) as base:
            assert ids(people, Person, "team.name==theirs", base=base) == []
            assert ids(people, Person, base=own) == [2, 4]


def test_a_path_whose_alias_is_forgotten_leads_to_no_row_of_another_tenant(people: Store) -> None:
    """Aliases are kept for many paths, not for all: a kept filter may have one that is made anew for the next."""
    with said("the session", select(Person), CRITERIA["expression"]()) as base:
        for _ in range(2):
            assert ids(people, Person, "team.name==theirs,team.people.name==d", base=base) == []
            for cached in (joins._alias_for, joins.rows_at, related_keys):  # pyright: ignore[reportPrivateUsage]  # the caches themselves
                cast("Any", cached).cache_clear()


def test_totals_follow_criteria_of_the_session(people: Store) -> None:
    validated = validate_request(schema(Person), filter="team.name==*s").unwrap()
    with said("the session", select(Person), CRITERIA["expression"]()) as base:
        for limit in (None, 1, 10):
            count = counted(base, validated) if limit is None else counted_up_to(base, validated, limit)
            assert scalar(people, count) == 0


@pytest.mark.parametrize("everywhere", [False, True])
def test_criteria_by_relations_count_behind_paths_or_are_refused(people: Store, everywhere: bool) -> None:
    with_clerks = with_loader_criteria(
        Person, lambda cls: cls.team.has(Team.name == "mine"), include_aliases=everywhere
    )
    base = select(Person).options(with_clerks)
    assert ids(people, Person, base=base) == [1, 3]
    assert ids(people, Person, "team.people.id=in=(1,3)", base=base) == [1, 3]
    of_class = with_loader_criteria(Person, Person.team.has(Team.name == "mine"), include_aliases=everywhere)
    with pytest.raises(ConfigurationError, match=r"uses any\(\) or has\(\)"):
        ids(people, Person, base=select(Person).options(of_class))
    teams = select(Team).options(with_loader_criteria(Person, lambda cls: cls.team.has(Team.tenant == 1)))
    assert ids(people, Team, "people.id=in=(1,2,3,4)", base=teams) == [1]
    assert ids(people, Team, "people=na=", base=teams) == [2]


class PostBase(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Right(PostBase):
    __tablename__ = "lc_right"
    tenant: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]


class Author(PostBase):
    __tablename__ = "lc_author"
    id: Mapped[int] = mapped_column(primary_key=True)
    best_id: Mapped[int | None]
    best: Mapped["Article | None"] = relationship(primaryjoin="foreign(Author.best_id) == Article.id")
    articles: Mapped[list["Article"]] = relationship(viewonly=True)


class Post(Tenanted, PostBase):
    __tablename__ = "lc_post"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("lc_author.id"))
    author: Mapped[Author | None] = relationship()
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "post"}


class Article(Post):
    __mapper_args__ = {"polymorphic_identity": "article"}


POSTS = PostBase.metadata.tables["lc_post"]
OF_OTHER_COLUMNS: dict[str, Callable[[], ORMOption]] = {
    "a base class": lambda: with_loader_criteria(Post, Post.tenant == 1, include_aliases=True),
    "a base class in a subclass": lambda: with_loader_criteria(Article, Post.tenant == 1),
    "the table": lambda: with_loader_criteria(Article, POSTS.c.tenant == 1),
    "the table everywhere": lambda: with_loader_criteria(Post, POSTS.c.tenant == 1, include_aliases=True),
    "beside a subquery": lambda: with_loader_criteria(
        Article, (Post.tenant == 1) & Post.id.in_(select(Post.id)) & POSTS.c.id.in_(select(POSTS.c.id))
    ),
    "in a subquery": lambda: with_loader_criteria(
        Post, exists().where(Right.tenant == Post.tenant, Right.level > 0), include_aliases=True
    ),
}


@pytest.fixture(scope="module")
def posts(any_database: Store) -> Iterator[Store]:
    mine = Article(id=1, tenant=1, name="mine", author=Author(id=1, best_id=2))
    theirs = Article(id=2, tenant=2, name="theirs", author=Author(id=2, best_id=1))
    more = [Post(id=3, tenant=1, name="c", author=mine.author), Post(id=4, tenant=1, name="d", author=theirs.author)]
    with stocked(any_database, PostBase.metadata, [mine, theirs, *more, Right(tenant=1, level=1)]) as filled:
        yield filled


@by_both
@pytest.mark.parametrize("form", OF_OTHER_COLUMNS)
def test_criteria_by_columns_of_a_base_class_or_table_count_behind_paths(posts: Store, form: str, by: str) -> None:
    """In a join, SQLAlchemy leaves such columns to the table of another row."""
    options = QueryOptions(quantifiers=True)
    with said(by, select(Post).where(Post.id > 2), OF_OTHER_COLUMNS[form]()) as base:
        for text, wanted in {
            "author.best.name==mine": [4],
            "author.best.name==theirs": [],
            "author.best.name=na=": [3],
            "author.best=na=": [3],
            "author.articles.name==mine": [3],
            "author.articles.name==theirs": [],
            "author.articles.author.best.name=na=": [3],
            "@count[author.articles]==0": [4],
        }.items():
            assert ids(posts, Post, text, base=base, options=options) == wanted, text
        for sort, wanted in {"author.best.name;id": [4, 3], "-author.articles.id,nullslast;-id": [3, 4]}.items():
            assert ids(posts, Post, None, sort, base=base) == wanted, sort
    with said(by, select(Author), OF_OTHER_COLUMNS[form]()) as base:
        assert ids(posts, Author, "articles.name==theirs,best.name==theirs", base=base) == []
        assert ids(posts, Author, None, "-articles.name,nullslast;-id", base=base) == [1, 2]
        assert ids(posts, Author, None, "@count[articles];id", base=base, options=options) == [2, 1]


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_function_of_another_class_than_its_argument_is_refused(posts: Store, everywhere: bool) -> None:
    functions: list[Callable[[Any], Any]] = [lambda _: Post.tenant == 1, lambda _: POSTS.c.tenant == 1]
    for function in functions:
        base = select(Author).options(with_loader_criteria(Article, function, include_aliases=everywhere))
        with pytest.raises(ConfigurationError, match="columns of Article that are not those of its argument"):
            ids(posts, Author, "best.name==theirs", base=base)


class Joined(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Staff(Joined):
    __tablename__ = "lc_staff"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("lc_staff.id"))
    boss: Mapped["Staff | None"] = relationship(remote_side=id, back_populates="team")
    team: Mapped[list["Staff"]] = relationship(back_populates="boss")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "staff"}


class Manager(Staff):
    __tablename__ = "lc_manager"
    id: Mapped[int] = mapped_column(ForeignKey("lc_staff.id"), primary_key=True, autoincrement=False)
    level: Mapped[int]
    pets: Mapped[list["Pet"]] = relationship(back_populates="owner")
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Pet(Joined):
    __tablename__ = "lc_pet"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("lc_manager.id"))
    owner: Mapped[Manager | None] = relationship(back_populates="pets")


ALIAS, FLAT = aliased(Manager), aliased(Manager, flat=True)
OWN_ROWS: dict[str, Any] = {
    "class": select(Manager.id).where(Manager.level == 1),
    "alias": select(ALIAS.id).where(ALIAS.level == 1),
    "flat alias": select(FLAT.id).where(FLAT.level == 1),
    "subquery": select(select(Manager.id).where(Manager.level == 1).subquery().c.id),
    "join": select(Manager.__table__.c.id)
    .join_from(Staff.__table__, Manager.__table__)
    .where(Manager.__table__.c.level == 1),
    "nested": select(Pet.owner_id).where(Pet.owner_id.in_(select(Manager.id).where(Manager.level == 1))),
}


@pytest.fixture(scope="module")
def staff(any_database: Store) -> Iterator[Store]:
    objects = [
        *(Manager(id=1, level=1), Manager(id=2, level=2), Staff(id=3, kind="staff", boss_id=1)),
        *(Manager(id=4, level=1, boss_id=2), Manager(id=5, level=1, boss_id=1)),
        *(Pet(id=number, owner_id=number) for number in (1, 2, 4, 5)),
    ]
    with stocked(any_database, Joined.metadata, objects) as filled:
        yield filled


@pytest.mark.parametrize("rows", OWN_ROWS)
@pytest.mark.parametrize(
    ("model", "filter", "expected"),
    [
        (Staff, None, [1, 4, 5]),
        (Staff, "boss.id>0", [5]),
        (Staff, "boss=na=", [1, 4]),
        (Staff, "team.id>0", [1]),
        (Staff, "boss.pets.id>0", [5]),
        (Manager, "boss.id>0", [5]),
        (Manager, "pets.id>0", [1, 4, 5]),
        (Pet, "owner.level>0", [1, 4, 5]),
        (Pet, "owner.boss.id>0", [5]),
    ],
)
def test_a_subquery_of_criteria_keeps_its_own_rows_behind_paths(
    staff: Store, rows: str, model: type, filter: str | None, expected: list[int]
) -> None:
    criteria = with_loader_criteria(Staff, Staff.id.in_(OWN_ROWS[rows]), include_aliases=True)
    assert ids(staff, model, filter, base=select(model).options(criteria)) == expected


def test_a_function_with_one_is_refused_behind_paths(staff: Store) -> None:
    criteria = with_loader_criteria(Staff, lambda cls: cls.id.in_(OWN_ROWS["alias"]), include_aliases=True)
    with pytest.raises(ConfigurationError, match="because it joins a table of Staff: give the condition itself"):
        ids(staff, Staff, "boss.id>0", base=select(Staff).options(criteria))
