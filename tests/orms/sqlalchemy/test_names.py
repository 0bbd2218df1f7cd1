"""Names of a base statement that SQLAlchemy would give to a value, a LIMIT or an alias of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    ForeignKey,
    MetaData,
    String,
    bindparam,
    column,
    func,
    inspect,
    literal_column,
    select,
    table,
    text,
    union,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    column_property,
    foreign,
    mapped_column,
    relationship,
    with_loader_criteria,
)

import pyrsql
from pyrsql import CursorRequest, QueryOptions
from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, seek, validate
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked
from tests.sample_models import Base, Company, User, rows

OPTIONS = QueryOptions(quantifiers=True, text_order="code_point")


@pytest.fixture(scope="module")
def people(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:
        yield filled


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a parameter": (lambda: select(User).where(User.id > bindparam("param_1")), r"bindparam\('param_1'\)"),
    "another": (lambda: select(User).where(User.id > bindparam("param_12", 3)), r"bindparam\('param_12'\)"),
    "of a text": (lambda: select(User).where(text("age > :param_2")), r"bindparam\('param_2'\)"),
    "of a subquery": (
        lambda: select(User).where(User.id.in_(select(Company.id).where(Company.id > bindparam("param_1")))),
        r"bindparam\('param_1'\)",
    ),
    "of a union": (
        lambda: select(
            aliased(User, union(select(User).where(User.id > bindparam("param_1")), select(User)).subquery())
        ),
        r"bindparam\('param_1'\)",
    ),
    "of criteria": (
        lambda: select(User).options(with_loader_criteria(User, User.id > bindparam("param_1"))),
        r"bindparam\('param_1'\)",
    ),
    "an alias": (lambda: select(aliased(User, name="users_1")), "called 'users_1'"),
    "a joined alias": (
        lambda: select(User).join(User.company.of_type(aliased(Company, name="companies_1"))),
        "called 'companies_1'",
    ),
    "a subquery": (lambda: select(aliased(User, select(User).subquery("anon_2"))), "called 'anon_2'"),
    "a table": (
        lambda: select(User).where(User.id.in_(select(table("companies_1", column("id")).c.id))),
        "called 'companies_1'",
    ),
    "a CTE": (lambda: select(User).where(User.id.in_(select(select(User.id).cte("anon_1").c.id))), "called 'anon_1'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_of_ours_is_refused(name: str) -> None:
    """At every request, also one without a filter or a page that would meet it."""
    make, message = REFUSED[name]
    for filter in (None, "id>0", "company.name==acme"):
        with pytest.raises(ConfigurationError, match=f"{message}.*another name"):
            paged(User, filter, base=make())


ALLOWED: dict[str, Callable[[], Any]] = {
    "id_1": lambda: select(User).where(User.id > bindparam("id_1", 2)),
    "name_1": lambda: select(User).where(User.id > bindparam("name_1", 2)),
    "limit": lambda: select(User).where(User.id > bindparam("limit", 2)),
    "param": lambda: select(User).where(User.id > bindparam("param", 2)),
    "coalesce_1": lambda: select(User).where(text("users.id > :coalesce_1")).params(coalesce_1=2),
    "values of its own": lambda: select(User).where(User.id > 2, User.id.in_(range(3, 99))),
    "an alias": lambda: select(aliased(User, name="older")).where(text("older.id > 2")),
    "an alias with a number": lambda: select(aliased(User, name="user_2")).where(text("user_2.id > 2")),
    "an alias without a name": lambda: select(aliased(User, select(User).where(User.id > 2).subquery())),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_other_names_meet_none_of_ours(people: Store, name: str) -> None:
    """In filters, calls, counts, pages of both kinds and totals."""
    options = QueryOptions(quantifiers=True, text_order="code_point", procedure_whitelist={"lower", "coalesce"})
    base = ALLOWED[name]()
    text_ = "id>0;@coalesce[@lower[name]|#x]!=y;(@count[roles]>=0,company.name==a*);manager.id=out=(98,99)"
    sort = "-@count[reports];@lower[name];company.name"
    page = paged(User, text_, sort, PageRequest.of(1, 2), base=base, options=options)
    plain = paged(User, f"{text_};id>2", sort, options=options)
    by_cursor = validate(schema(User, options))(None).bind(apply_filter(base)).bind(apply_sort(sort))

    def ask(session: Session) -> None:
        whole = [one.id for one in session.scalars(plain.statement)]
        assert len(whole) > 4
        assert [one.id for one in session.scalars(page.statement)] == whole[2:4]
        assert session.scalar(page.count_statement) == len(whole)
        cut = by_cursor.bind(seek(CursorRequest.first(2))).unwrap().collect(session.execute)
        assert by_cursor.bind(seek(CursorRequest.at(cut.next, 2))).unwrap().collect(session.execute).items

    people.run(ask)


class Named(DeclarativeBase):
    pass


class Pot(Named):
    __tablename__ = "nm_pot"
    id: Mapped[int] = mapped_column(primary_key=True)


class Plant(Named):
    __tablename__ = "nm_plant"
    id: Mapped[int] = mapped_column(primary_key=True)
    pot_id: Mapped[int] = mapped_column(ForeignKey("nm_pot.id"))


GREEN = aliased(Plant, select(Plant).where(Plant.id > 1).subquery("greens"))
PAIRS = select(Plant.pot_id, Plant.id.label("plant_id")).subquery("pairs")
inspect(Pot).add_property("green", relationship(GREEN, primaryjoin=Pot.id == foreign(GREEN.pot_id), viewonly=True))
inspect(Pot).add_property(
    "near",
    relationship(
        Plant,
        secondary=PAIRS,
        primaryjoin=Pot.id == PAIRS.c.pot_id,
        secondaryjoin=Plant.id == PAIRS.c.plant_id,
        viewonly=True,
    ),
)


@pytest.mark.parametrize("name", ["greens_1", "pairs_1"])
def test_a_name_of_what_a_relation_leads_to_or_through_is_refused(name: str) -> None:
    """The alias inside hid the one of the base: `@count[green]` compared the plants with themselves."""
    for filter in ("@count[green]==1", "@count[near]>1", "near=none='id>1'"):
        with pytest.raises(ConfigurationError, match=f"called '{name}'.*another name"):
            paged(Pot, filter, base=select(aliased(Pot, select(Pot).subquery(name))), options=OPTIONS)


def test_such_relations_count_behind_another_name(any_database: Store) -> None:
    pots = [Pot(id=1), Pot(id=2), Pot(id=3)]
    plants = [Plant(id=number, pot_id=pot) for number, pot in ((1, 1), (2, 1), (3, 2))]
    with stocked(any_database, Named.metadata) as store:
        store.run(lambda session: session.add_all(pots))
        store.run(lambda session: session.add_all(plants))
        for filter, expected in {"@count[green]==1": [1, 2], "@count[near]>1": [1], "near=none='id>1'": [3]}.items():
            for name in ("greens", "pots_1", "pairs"):
                base = select(aliased(Pot, select(Pot).subquery(name)))
                assert ids(store, Pot, filter, base=base, options=OPTIONS) == expected


class Numbered(DeclarativeBase):
    pass


class Member(Numbered):
    __tablename__ = "nm_members"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(9))
    former_id: Mapped[int | None] = mapped_column(ForeignKey("nm_members_1.id"))
    former: Mapped[Former | None] = relationship(back_populates="members")


class Former(Numbered):
    __tablename__ = "nm_members_1"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(9))
    heir_id: Mapped[int | None]
    members: Mapped[list[Member]] = relationship(back_populates="former")
    heir: Mapped[Member | None] = relationship(primaryjoin=lambda: foreign(Former.heir_id) == Member.id, viewonly=True)


inspect(Member).add_property("letters", column_property(func.length(literal_column("nm_members.name"))))


def test_a_table_that_is_called_as_an_alias_would_be(any_database: Store) -> None:
    """The alias of `nm_members` was called `nm_members_1`, and its condition compared the members with themselves."""
    former = [Former(id=1, name="a", heir_id=12), Former(id=2, name="b")]
    members = [Member(id=2, name="z"), Member(id=11, name="xx", former_id=1), Member(id=12, name="y", former_id=1)]
    with stocked(any_database, Numbered.metadata) as store:
        store.run(lambda session: session.add_all(former))
        store.run(lambda session: session.add_all(members))
        for filter, sort, expected in (
            ("members.name==y", None, [1]),
            ("members=na=", None, [2]),
            ("members=any='name==y;former.name==a'", None, [1]),
            ("@count[members]==2", None, [1]),
            ("heir.name==y", None, [1]),
            ("heir.former.name==a", None, [1]),
            ("members.letters==2", None, [1]),
            (None, "-heir.name", [2, 1]),
            (None, "-@count[members]", [1, 2]),
            (None, "members.name", [1, 2]),
            (None, "heir.letters", [1, 2]),
        ):
            assert ids(store, Former, filter, sort, options=OPTIONS) == expected
        assert ids(store, Member, "former.members.name==y", "-id", options=OPTIONS) == [12, 11]


@pytest.mark.parametrize("separate", [False, True])
def test_tables_of_one_name_in_a_schema_and_in_none_are_not_joined(separate: bool) -> None:
    """Also where each has a MetaData of its own."""

    class Base(DeclarativeBase):
        pass

    class Archived(Base):
        if separate:
            metadata = MetaData()
        __tablename__ = "orders"
        __table_args__ = {"schema": "archive"}
        id: Mapped[int] = mapped_column(primary_key=True)

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        archived_id: Mapped[int] = mapped_column(ForeignKey(Archived.id))
        archived: Mapped[Archived] = relationship(Archived)
        lines: Mapped[list[Any]] = relationship("Line")

    class Line(Base):
        __tablename__ = "lines"
        id: Mapped[int] = mapped_column(primary_key=True)
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))

    orm = SQLAlchemyORM()
    for base in (select(Order).join(Order.archived), select(Order, Archived).join(Order.archived)):
        with pytest.raises(ConfigurationError, match=r"two tables called 'orders'.*join an alias"):
            pyrsql.apply(base, Order, "lines=na=", orm=orm)
    alias = aliased(Archived)
    for right in (select(Order).join(Order.archived.of_type(alias)), select(Order).where(Order.archived.has())):
        joined = str(pyrsql.apply(right, Order, "lines.id==1;archived.id==2", orm=orm))
        assert "FROM orders " in joined
        assert "orders.id" in joined


def test_a_class_of_two_tables_of_one_name_is_selected_by_an_alias() -> None:
    class Base(DeclarativeBase):
        pass

    class Line(Base):
        __tablename__ = "lines"
        id: Mapped[int] = mapped_column(primary_key=True)
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        lines: Mapped[list[Line]] = relationship(Line)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "order"}

    class Special(Order):
        __tablename__ = "orders"
        __table_args__ = {"schema": "archive"}
        id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "special"}

    orm = SQLAlchemyORM()
    for filter in ("id>0", "lines=na="):
        with pytest.raises(ConfigurationError, match=r"two tables called 'orders'.*aliased\(Account, flat=True\)"):
            pyrsql.apply(select(Special), Special, filter, orm=orm)
    found = str(pyrsql.apply(select(aliased(Special, flat=True)), Special, "lines=na=", orm=orm))
    assert "AS orders_2 JOIN archive.orders AS orders_1" in found
    assert "WHERE orders_2.id = lines_1.order_id" in found
    assert "FROM orders " in str(pyrsql.apply(select(Order), Order, "lines=na=", orm=orm))
