"""Subqueries as the root of a base statement: each row once, proven by keys, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import ge, lt
from typing import Any

import pytest
from sqlalchemy import (
    ForeignKey,
    Integer,
    String,
    Table,
    and_,
    cast,
    column,
    except_,
    except_all,
    func,
    inspect,
    intersect,
    literal,
    or_,
    select,
    text,
    true,
    union,
    union_all,
    values,
)
from sqlalchemy import join as core_join
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    column_property,
    foreign,
    mapped_column,
    relationship,
)

from pyrsql import QueryOptions
from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.problems import UnknownField
from tests.orms.sqlalchemy.store import Store, ids, paged, problems, stocked
from tests.sample_models import Base, Company, Role, User, rows, user_roles


@pytest.fixture(scope="module")
def people(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:
        yield filled


USERS: Table = Base.metadata.tables["users"]
LOW, HIGH = select(User).where(User.id < 6), select(User).where(User.id > 3)
OVERLAPPING = union_all(LOW, HIGH)
TEXTUAL = text("SELECT * FROM users UNION ALL SELECT * FROM users").columns(*USERS.c)
FUNCTION = func.json_each("[1, 1, 2]").table_valued(column("value", Integer))
PAIRS = values(column("id", Integer), name="pairs").data([(1,), (1,), (2,)])


def tree(*, united: bool) -> Any:
    """The users below two of which one is below the other."""
    start = select(User).where(User.id.in_([1, 2])).cte("tree", recursive=True)
    below = select(User).join(start, User.manager_id == start.c.id)
    return start.union(below) if united else start.union_all(below)


def parts(*conditions: Any) -> Any:
    return aliased(User, union_all(*(select(User).where(condition) for condition in conditions)).subquery())


KEPT: dict[str, Callable[[], Any]] = {
    "a union": lambda: select(aliased(User, union(LOW, HIGH).subquery())),
    "a union of tables": lambda: select(aliased(User, union(select(USERS), select(USERS)).subquery())),
    "a union of unions": lambda: select(aliased(User, union(union_all(LOW, HIGH), HIGH).subquery())),
    "DISTINCT rows of a union": lambda: select(aliased(User, select(OVERLAPPING.subquery()).distinct().subquery())),
    "disjoint ranges": lambda: select(parts(User.id < 6, User.id >= 6)),
    "disjoint values": lambda: select(parts(User.id == 3, User.id == 4, User.id == 5)),
    "a condition and its negation": lambda: select(parts(User.name.like("d%"), ~User.name.like("d%"))),
    "with and without": lambda: select(parts(User.company_id.is_(None), User.company_id.is_not(None))),
    "a range and more": lambda: select(parts(and_(User.id < 6, or_(User.age > 1, User.age < 9)), User.id >= 6)),
    "the rest": lambda: select(aliased(User, except_(HIGH, LOW).subquery())),
    "the common rows": lambda: select(aliased(User, intersect(LOW, HIGH).subquery())),
    "a recursive union": lambda: select(aliased(User, tree(united=True))),
    "the rows of a subquery": lambda: select(aliased(User, select(select(User).subquery()).subquery())),
    "a subquery of an alias": lambda: select(aliased(User, select(aliased(User, LOW.subquery())).subquery())),
    "all columns of an alias": lambda: select(aliased(User, select(aliased(User)).subquery())),
    "DISTINCT rows of an alias": lambda: select(aliased(User, select(aliased(User)).distinct().subquery())),
    "a table": lambda: select(aliased(User, select(USERS).where(USERS.c.id > 2).subquery())),
    "with a to-one join": lambda: select(aliased(User, select(User, Company.name).join(User.company).subquery())),
    "an alias of a to-one join": lambda: select(
        aliased(User, core_join(User, Company, User.company_id == Company.id), flat=True)
    ),
    "grouped": lambda: select(
        aliased(User, select(User, func.count(Role.id)).join(User.roles).group_by(User.id).subquery())
    ),
    # Not the root: what narrows it may repeat.
    "IN a union": lambda: select(User).where(User.id.in_(select(OVERLAPPING.subquery().c.id))),
    "IN a recursive CTE": lambda: select(User).where(User.id.in_(select(tree(united=False).c.id))),
    "joined to a union": lambda: select(User).join(rows_ := OVERLAPPING.subquery(), rows_.c.id == User.id),
    "joined to a recursive CTE": lambda: select(User).join(rows_ := tree(united=False), rows_.c.id == User.id),
    "joined to a function": lambda: select(User).join(FUNCTION, cast(FUNCTION.c.value, Integer) == User.id),
    "joined to VALUES": lambda: select(User).join(PAIRS, PAIRS.c.id == User.id),
    "IN a text": lambda: select(User).where(User.id.in_(select(TEXTUAL.subquery().c.id))),
}

# SQLite takes no parentheses around the parts of a union, MariaDB and SQLite no names for columns of VALUES.
ONLY = {
    "a union of unions": {"postgres", "mariadb"},
    "joined to a function": {"sqlite"},
    "joined to VALUES": {"postgres"},
}


@pytest.mark.parametrize("name", KEPT)
def test_pages_have_each_row_once(people: Store, name: str) -> None:
    if people.name not in ONLY.get(name, {people.name}):
        pytest.skip(f"not on {people.name}")
    base = KEPT[name]()
    pages = [paged(User, None, "-id", PageRequest.of(number, 3), base=base) for number in range(5)]

    def ask(session: Session) -> None:
        whole = sorted({one.id for one in session.scalars(base)}, reverse=True)
        assert whole
        assert [one.id for page in pages for one in session.scalars(page.statement)] == whole
        assert session.scalar(pages[0].count_statement) == len(whole)

    people.run(ask)


def test_true_and_false_exclude_each_other() -> None:
    base = select(parts(User.id.is_(True), User.id.is_(False)))
    assert " IN " not in str(paged(User, page=PageRequest.of(0, 3), base=base).statement)


OF_ANOTHER = select(user_roles.c.user_id.label("id"), *(c for c in USERS.c if c.key != "id")).join(
    USERS, USERS.c.id == user_roles.c.user_id
)

REFUSED: dict[str, Callable[[], Any]] = {
    "parts that overlap": lambda: select(aliased(User, OVERLAPPING.subquery())),
    "in a CTE": lambda: select(aliased(User, OVERLAPPING.cte())),
    "made distinct outside": lambda: select(aliased(User, OVERLAPPING.subquery())).distinct(),
    "selected from": lambda: select(aliased(User, select(OVERLAPPING.subquery()).subquery())),
    "an alias of an alias": lambda: select(aliased(User, select(aliased(User, OVERLAPPING.subquery())).subquery())),
    "ranges that overlap": lambda: select(parts(User.id < 6, User.id > 4)),
    "texts that differ in case": lambda: select(parts(User.name == "demo", User.name == "DEMO")),
    "texts that differ in an accent": lambda: select(parts(User.name == "demo", User.name == "démo")),
    "values that may be equal": lambda: select(parts(User.id == 3, User.name == "demo")),
    "ranges of two aliases": lambda: select(
        aliased(
            User,
            union_all(
                *(select(one).where(test(one.id, 6)) for one, test in ((aliased(User), lt), (aliased(User), ge)))
            ).subquery(),
        )
    ),
    "a union without exclusions in another": lambda: select(aliased(User, union_all(union(LOW, LOW), HIGH).subquery())),
    "conditions of several values": lambda: select(parts(or_(User.id == 3, User.id == 4), User.id == 5)),
    "equal to a column": lambda: select(parts(User.id == User.age, User.id == 4)),
    "a union with more columns": lambda: select(
        aliased(User, union(LOW.add_columns(literal(1).label("part")), HIGH.add_columns(literal(2))).subquery())
    ),
    "a union of other columns": lambda: select(
        aliased(
            User,
            union(
                select(USERS),
                select(USERS.c.id, USERS.c.email.label("name"), *list(USERS.c)[2:]),
            ).subquery(),
        )
    ),
    "an exclusion of repeated rows": lambda: select(aliased(User, except_all(OVERLAPPING, LOW).subquery())),
    "a recursive CTE": lambda: select(aliased(User, tree(united=False))),
    "a text": lambda: select(aliased(User, TEXTUAL.subquery())),
    "VALUES": lambda: select(aliased(User, values(*(column(c.key, String) for c in USERS.c), name="v").data([]))),
    "a cross join": lambda: select(aliased(User, select(USERS).select_from(USERS.join(user_roles, true())).subquery())),
    "a join of tables": lambda: select(aliased(User, select(USERS.join(user_roles)).subquery())),
    "an alias of a join": lambda: select(aliased(User, core_join(User, user_roles), flat=True)),
    "DISTINCT rows of an alias of a join": lambda: select(
        aliased(User, core_join(User, user_roles), flat=True)
    ).distinct(),
    "DISTINCT pairs": lambda: select(aliased(User, select(User, Role.id).join(User.roles).distinct().subquery())),
    "groups of pairs": lambda: select(
        aliased(User, select(User, Role.id).join(User.roles).group_by(User.id, Role.id).subquery())
    ),
    "a key of another table": lambda: select(aliased(User, OF_ANOTHER.subquery())),
}


LACKING: dict[str, Callable[[], Any]] = {
    "a few columns": lambda: select(User.id, User.name).subquery(),
    "a CTE": lambda: select(User.id, User.name).cte(),
    "a union": lambda: union(select(User.id), select(User.id)).subquery(),
}


@pytest.mark.parametrize("name", LACKING)
def test_a_subquery_that_lacks_columns_is_refused(name: str) -> None:
    """SQLAlchemy took `age` of the table beside the subquery: each row passed where any user had this age."""
    for filter in (None, "id>0", "age==40", "company=na="):
        with pytest.raises(ConfigurationError, match=r"lacks '.*of User.*select User in it"):
            paged(User, filter, base=select(aliased(User, LACKING[name]())))


def test_a_relation_to_a_subquery_that_lacks_columns_is_refused() -> None:
    class Base(DeclarativeBase):
        pass

    class Pot(Base):
        __tablename__ = "pots"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Plant(Base):
        __tablename__ = "plants"
        id: Mapped[int] = mapped_column(primary_key=True)
        pot_id: Mapped[int] = mapped_column(ForeignKey(Pot.id))
        height: Mapped[int]

    whole, part = (aliased(Plant, rows_.subquery()) for rows_ in (select(Plant), select(Plant.id, Plant.pot_id)))
    for name, plants in (("whole", whole), ("part", part)):
        inspect(Pot).add_property(
            name, relationship(plants, primaryjoin=Pot.id == foreign(plants.pot_id), viewonly=True, uselist=True)
        )
    paged(Pot, "whole.height>1")
    assert isinstance(problems(Pot, "part.height>1")[0], UnknownField)
    with pytest.raises(ConfigurationError, match="the subquery that it leads to lacks 'height'"):
        schema(Pot, QueryOptions(field_whitelist={"part"}))


def test_a_subquery_has_its_columns_by_their_names(people: Store) -> None:
    """Not those of a join condition, which SQLAlchemy leaves to the table."""
    renamed = {"name", "age"}
    named = select(*(func.coalesce(each, each).label(each.key) if each.key in renamed else each for each in USERS.c))
    base = select(aliased(User, named.subquery(), adapt_on_names=True))
    for filter in ("company=nn=", "name==d*", "age>30,roles=na="):
        assert ids(people, User, filter, "-id", base=base) == ids(people, User, filter, "-id")
    renamed = {"name", "company_id"}
    named = select(*(func.coalesce(each, each).label(each.key) if each.key in renamed else each for each in USERS.c))
    with pytest.raises(ConfigurationError, match="lacks 'company_id' of User"):
        paged(User, base=select(aliased(User, named.subquery(), adapt_on_names=True)))


class Counted(DeclarativeBase):
    pass


class Shelf(Counted):
    __tablename__ = "rep_shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]
    text: Mapped[str] = mapped_column(String(9), deferred=True)
    books: Mapped[list[Book]] = relationship()


class Book(Counted):
    __tablename__ = "rep_books"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("rep_shelves.id"))


def shelves_above() -> Any:
    """The shelf at the bottom, and those above it."""
    start = select(Shelf).where(Shelf.level == 1).cte("above", recursive=True)
    return start.union(select(Shelf).join(start, Shelf.level == start.c.level + 1))


inspect(Shelf).add_property("above", column_property(Shelf.level + 1))
BOOKS_OF_SHELF = select(func.count(Book.id)).where(Book.shelf_id == Shelf.id).correlate_except(Book).scalar_subquery()
inspect(Shelf).add_property("book_count", column_property(BOOKS_OF_SHELF))


def test_values_computed_from_a_row_are_the_same_in_each_part_of_a_union(any_database: Store) -> None:
    low, high = select(Shelf).where(Shelf.level < 3), select(Shelf).where(Shelf.level > 1)
    shelves = [Shelf(id=n, level=n, text=str(n), books=[Book() for _ in range(n)]) for n in (1, 2, 3)]
    with stocked(any_database, Counted.metadata, shelves) as store:
        once: list[Any] = [
            union(low, high),
            select(Shelf).distinct(),
            select(Shelf).join(Shelf.books).distinct(),
            select(Shelf).join(Shelf.books.of_type(aliased(Book))).distinct(),
            select(union_all(low, high).subquery()).distinct(),
        ]
        for rows_ in (*(rows_.subquery() for rows_ in once), shelves_above()):
            base = select(aliased(Shelf, rows_))
            assert ids(store, Shelf, "level>0;text!=9", "-id", base=base, page=PageRequest.of(0, 2)) == [3, 2]
            assert ids(store, Shelf, "level>0;book_count<3", base=base) == [1, 2]
    several: list[Any] = [
        union(select(Shelf.id, (Shelf.level + 1).label("level")), select(Shelf.id, (Shelf.level + 2).label("level"))),
        select(Shelf, (Book.id + 1).label("next")).join(Shelf.books).distinct(),
        select(Shelf, (Book.id + BOOKS_OF_SHELF).label("next")).join(Shelf.books).distinct(),
        select(Shelf, select(Book.id + 1).scalar_subquery().label("next")).join(Shelf.books).distinct(),
    ]
    for rows_ in several:
        with pytest.raises(ConfigurationError, match="several rows for one Shelf"):
            paged(Shelf, base=select(aliased(Shelf, rows_.subquery())))


@pytest.mark.parametrize("name", REFUSED)
def test_rows_that_may_repeat_are_refused(name: str) -> None:
    base = REFUSED[name]()
    for filter, page in ((None, None), ("id>0", None), (None, PageRequest.of(0, 3))):
        with pytest.raises(
            ConfigurationError, match=r"several rows for one User, .*User\.id\.in_\(select\(rows\.c\.id"
        ):
            paged(User, filter, page=page, base=base)
