"""Counts, and sorts by related values, behind a to-one relation: many rows share them, and they are read once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, String, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, relationship, with_loader_criteria

import pyrsql
from pyrsql import CursorRequest, PageRequest, ParseLimits, QueryOptions, Sort, SortLimits, SortOptions
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import apply_filter, apply_sort, seek, validate
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked
from tests.orms.sqlalchemy.test_keyset_plans import rows_read
from tests.sample_models import Base, Company, User, rows

OPTIONS = QueryOptions(
    quantifiers=True,
    text_order="code_point",
    procedure_whitelist={"upper", "abs", "concat"},
    parse_limits=ParseLimits(to_many=4),
)
SORTS = SortOptions(
    quantifiers=True,
    text_order="code_point",
    procedure_whitelist={"upper", "abs", "concat"},
    sort_limits=SortLimits(to_many=2),
)


def objects(model: type) -> list[Any]:
    return sorted((row for row in rows() if isinstance(row, model)), key=lambda row: row.id)


@pytest.fixture(scope="module")
def database(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as store:
        yield store


TESTS: list[tuple[str, Callable[[int], bool]]] = [
    (">3", lambda n: n > 3),
    (">-1", lambda n: True),
    (">=2", lambda n: n >= 2),
    ("<5", lambda n: n < 5),
    ("<=5", lambda n: n <= 5),
    ("==5", lambda n: n == 5),
    ("!=5", lambda n: n != 5),
    ("=in=(0,5)", lambda n: n in (0, 5)),
    ("=in=(4,5)", lambda n: n in (4, 5)),
    ("=out=(0,5)", lambda n: n not in (0, 5)),
    ("=out=(4,5)", lambda n: n not in (4, 5)),
    ("=bt=(0,4)", lambda n: 0 <= n <= 4),
    ("=bt=(4,5)", lambda n: 4 <= n <= 5),
    ("=nb=(0,4)", lambda n: not 0 <= n <= 4),
    ("=nb=(4,9)", lambda n: not 4 <= n <= 9),
    ("=na=", lambda n: False),
    ("=nn=", lambda n: True),
]

COUNTS: list[tuple[str, Callable[[User], int]]] = [
    ("@count[company.users]", lambda u: len(u.company.users) if u.company else 0),
    ("'@count[company.users|#age>20]'", lambda u: sum((o.age or 0) > 20 for o in colleagues(u))),
    ("'@count[company.users|#company.name==acme]'", lambda u: len(colleagues(u)) if is_of(u, "acme") else 0),
    (
        "'@count[company.users|#roles=any=\"level>1\"]'",
        lambda u: sum(any(r.level > 1 for r in o.roles) for o in colleagues(u)),
    ),
    ("@count[company.users.roles]", lambda u: sum(len(o.roles) for o in colleagues(u))),
    ("@count[manager.roles]", lambda u: len(u.manager.roles) if u.manager else 0),
    ("@count[manager.company.users]", lambda u: len(u.manager.company.users) if u.manager and u.manager.company else 0),
    ("@count[manager.reports]", lambda u: len(u.manager.reports) if u.manager else 0),
    ("@count[manager.company]", lambda u: int(bool(u.manager and u.manager.company))),
]


def is_of(user: User, name: str) -> bool:
    return user.company is not None and user.company.name == name


def colleagues(user: User) -> list[User]:
    return user.company.users if user.company else []


@pytest.mark.parametrize(("count", "number"), COUNTS, ids=[count for count, _ in COUNTS])
def test_counts_with_every_operator(database: Store, count: str, number: Callable[[User], int]) -> None:
    users = objects(User)
    for operator, passes in TESTS:
        text = count + operator
        assert ids(database, User, text, options=OPTIONS) == [user.id for user in users if passes(number(user))], text
    for operator, passes in TESTS[::5]:
        quoted = (count + operator).replace("\\", "\\\\").replace("'", "\\'")
        text = f"company.users=all='{quoted}'"
        every = [user.id for user in users if all(passes(number(other)) for other in colleagues(user))]
        assert ids(database, User, text, options=OPTIONS) == every, text


def test_many_counts_in_one_filter(database: Store) -> None:
    for count, number in COUNTS[:1] + COUNTS[5:6] + [("@count[roles]", lambda u: len(u.roles))]:
        text = ";".join(f"{count}>{place}" for place in range(-14, 1)) + f";{count}<9"
        expected = [user.id for user in objects(User) if 0 < number(user) < 9]
        assert ids(database, User, text, options=OPTIONS) == expected


@pytest.mark.parametrize(("count", "number"), COUNTS, ids=[count for count, _ in COUNTS])
@pytest.mark.parametrize("sign", ["", "-"])
def test_sorts_by_counts(database: Store, count: str, number: Callable[[User], int], sign: str) -> None:
    turned = -1 if sign else 1
    expected = [user.id for user in sorted(objects(User), key=lambda user: (turned * number(user), user.id))]
    settings: dict[str, Any] = {"options": OPTIONS, "sort_options": SORTS}
    assert ids(database, User, None, f"{sign}{count};id", **settings) == expected
    by_pages = [
        key
        for number_ in range(4)
        for key in ids(database, User, None, f"{sign}{count};id", page=PageRequest.of(number_, 3), **settings)
    ]
    assert by_pages == expected
    assert walked(database, f"{sign}{count};id", 5) == expected


@pytest.mark.parametrize(
    "sort",
    [
        "company.users.age",
        "-company.users.age",
        "company.users.name,ic;-id",
        "-company.users.created",
        "@upper[company.users.email]",
        "-company.users.company.name;id",
        "company.users.roles.code;-manager.roles.level",
        "@concat[name|company.users.email]",
        "@abs[company.users.age],nullsfirst;@count[company.users];company.name",
    ],
)
def test_sorts_by_related_values(database: Store, sort: str) -> None:
    """As memory sorts them, by pages of both kinds too."""
    everything = objects(User)
    described = schema_for(User, orm=MemoryORM(), options=OPTIONS, sort_options=SORTS)
    expected = [
        user.id
        for user in validate(described)(None).bind(apply_filter(everything)).bind(apply_sort(sort)).unwrap().select
    ]
    whole = ids(database, User, None, sort, options=OPTIONS, sort_options=SORTS, page=PageRequest.of(0, 100))
    assert whole == expected
    assert walked(database, sort, 4) == expected


def walked(database: Store, sort: str, size: int) -> list[int]:
    """The keys on the cursor pages of a sort."""
    statement = validate(schema(User, OPTIONS, SORTS))(None).bind(apply_filter(select(User))).bind(apply_sort(sort))

    def walk(session: Session) -> list[int]:
        found: list[int] = []
        cursor: str | None = None
        while True:
            cut = statement.bind(seek(CursorRequest.at(cursor, size))).unwrap().collect(session.execute)
            found += [user.id for user in cut.items]
            cursor = cut.next
            if cursor is None:
                return found

    return database.run(walk)


def test_criteria_of_classes_and_aliased_roots_count(database: Store) -> None:
    person = aliased(User)
    text, sort = "@count[company.users]>4", "-@count[company.users];id"
    plain = ids(database, User, text, sort, options=OPTIONS)
    assert plain
    assert ids(database, User, text, sort, base=select(person), options=OPTIONS) == plain
    young = with_loader_criteria(User, lambda cls: cls.age < 40, include_aliases=True)
    kept = [user for user in objects(User) if user.age is not None and user.age < 40]

    def seen(user: User) -> int:
        return sum(other in kept for other in colleagues(user))

    base = select(User).options(young)
    assert ids(database, User, "@count[company.users]==1", base=base, options=OPTIONS) == [
        user.id for user in kept if seen(user) == 1
    ]
    expected = [user.id for user in sorted(kept, key=lambda user: (-seen(user), user.id))]
    assert ids(database, User, None, sort, base=base, options=OPTIONS) == expected


def test_bases_that_join_and_group_by_themselves(database: Store) -> None:
    sort = "-@count[company.users];company.users.age;id"
    plain = ids(database, User, "company=nn=", sort, options=OPTIONS)
    joined = select(User).join(User.company)
    assert ids(database, User, "@count[company.users]>0", sort, base=joined, options=OPTIONS) == plain
    grouped = select(User).outerjoin(User.company).group_by(User.id, Company.id)
    assert ids(database, User, "@count[company.users]>0", sort, base=grouped, options=OPTIONS) == plain


def test_a_sorted_statement_is_filtered_and_paged(database: Store) -> None:
    """What a sort joins has one row for each row, and so has a join of a developer's own to groups."""
    orm, options = SQLAlchemyORM(), SortOptions(quantifiers=True)
    ordered = Sort.parse("-@count[company.users];id", options=options).apply(select(User), User, orm=orm)
    narrowed = pyrsql.parse("company.name==*m*").apply(ordered, User, orm=orm)
    page = PageRequest.of(0, 3).apply(narrowed, User, orm=orm)
    expected = ids(database, User, "company.name==*m*", "-@count[company.users];id", options=OPTIONS)
    assert database.run(lambda session: [user.id for user in session.scalars(page)]) == expected[:3]
    sizes = select(User.company_id, func.count().label("size")).group_by(User.company_id).subquery()
    base = select(User).join(sizes, sizes.c.company_id == User.company_id).order_by(sizes.c.size.desc())
    assert ids(database, User, "company.name==*m*", "id", base=base, options=OPTIONS) == sorted(expected)


class Big(DeclarativeBase):
    pass


class Owner(Big):
    __tablename__ = "shared_owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    things: Mapped[list["Thing"]] = relationship(back_populates="owner")


class Thing(Big):
    __tablename__ = "shared_things"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    owner_id: Mapped[int] = mapped_column(ForeignKey("shared_owners.id"), index=True)
    owner: Mapped[Owner] = relationship(back_populates="things")


@pytest.fixture(scope="module")
def crowd(any_database: Store) -> Iterator[Store]:
    """30,000 rows of one owner: read for each row, they would be read 900 million times. The statement's timeout fails
    the test.
    """
    many = [{"id": place, "size": place % 100, "owner_id": 1} for place in range(1, 30_001)]
    with stocked(any_database, Big.metadata, [Owner(id=1, name="x")]) as store:

        def fill(session: Session) -> None:
            session.execute(insert(Thing), many)
            session.commit()

        store.run(fill)
        yield store


def test_the_work_is_linear(crowd: Store) -> None:
    def ask(session: Session) -> list[Any]:
        text = "@count[owner.things]>100;'@count[owner.things|#size>5]'>7"
        filtered = paged(Thing, text, options=OPTIONS).count_statement
        by_count = paged(Thing, None, "-@count[owner.things];-id", options=OPTIONS, page=PageRequest.of(0, 1))
        by_value = paged(Thing, None, "owner.things.size;id", options=OPTIONS, page=PageRequest.of(0, 1))
        return [
            session.scalar(filtered),
            session.scalars(by_count.statement).one().id,
            session.scalars(by_value.statement).one().id,
        ]

    assert crowd.run(ask) == [30_000, 30_000, 1]


@pytest.mark.parametrize(
    ("model", "filter", "found"),
    [
        (Thing, "owner=any='things.size>200',size>200", 0),
        (Thing, "owner=none='things.size>200',size>200", 30_000),
        (Thing, "owner=all='@count[things]>100',size>200", 30_000),
        (Thing, "owner.things.owner=any='things.size>200',size>200", 0),
        (Thing, "owner.things=none='owner.things.size>200',size>200", 30_000),
        (Owner, "things.owner.things.size>200,name==y", 0),
        (Owner, "things.owner=none='things.size>200',name==y", 1),
        (
            Owner,
            "things.owner.things.size=nn=;things.owner=all='things.size<200';things.size!=200;things=none='size>200,id=na='",
            1,
        ),
        (Owner, "things.owner=any='@count[things]>100';things.owner.things.size<100", 1),
    ],
)
def test_rows_behind_shared_rows_are_read_once(crowd: Store, model: type, filter: str, found: int) -> None:
    """The owner of each thing has the same 30,000."""
    counted = paged(model, filter, options=OPTIONS).count_statement
    rows, read = crowd.run(lambda session: (session.scalar(counted), rows_read(session, counted)))
    assert rows == found
    assert read < 20 * 30_000


def test_a_base_that_joins_groups_of_a_function_is_narrowed(database: Store) -> None:
    name = func.lower(User.name)
    groups = select(name.label("name")).group_by(name).subquery()
    base = select(User).join(groups, groups.c.name == func.lower(User.name))
    assert ids(database, User, None, "id", base=base, options=OPTIONS) == ids(database, User, "name=nn=", "id")
