"""Tables that attributes read beside their own: without a subquery they are no fields, and a list that names one says
what to do; in a subquery they are about the row of the path, in every statement.
"""

# SQLAlchemy gives a declared class a table at run time.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Select, and_, func, not_, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    column_property,
    foreign,
    mapped_column,
    relationship,
    with_loader_criteria,
)

import pyrsql
from pyrsql.errors import ConfigurationError
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.problems import UnknownField
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked


class Base(DeclarativeBase):
    pass


class Flow(Base):
    __tablename__ = "tb_flow"
    id: Mapped[int] = mapped_column(primary_key=True)
    deleted: Mapped[bool]


class User(Base):
    __tablename__ = "tb_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    entries: Mapped[list["Entry"]] = relationship(
        viewonly=True,
        primaryjoin=lambda: and_(Entry.user_id == User.id, Entry.flow_id == Flow.id, not_(Flow.deleted)),
    )
    live: Mapped[list["Entry"]] = relationship(
        viewonly=True,
        primaryjoin=lambda: and_(
            Entry.user_id == User.id, Entry.flow_id.in_(select(Flow.id).where(not_(Flow.deleted)))
        ),
    )


class Entry(Base):
    __tablename__ = "tb_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("tb_user.id"))
    flow_id: Mapped[int] = mapped_column(ForeignKey("tb_flow.id"))
    user: Mapped[User | None] = relationship()
    owner: Mapped[User | None] = relationship(
        viewonly=True,
        primaryjoin=lambda: and_(foreign(Entry.user_id) == User.id, Entry.flow_id == Flow.id, not_(Flow.deleted)),
    )
    live_owner: Mapped[User | None] = relationship(
        viewonly=True,
        primaryjoin=lambda: and_(
            foreign(Entry.user_id) == User.id,
            select(Flow.id).where(Flow.id == Entry.flow_id, not_(Flow.deleted)).exists(),
        ),
    )
    gone = column_property(Flow.deleted, deferred=True)
    gone_too = column_property(
        select(Flow.deleted).where(Flow.id == flow_id).correlate_except(Flow).scalar_subquery(), deferred=True
    )


LATER = aliased(Entry)
User.latest = relationship(
    Entry,
    viewonly=True,
    uselist=False,
    primaryjoin=lambda: and_(
        Entry.user_id == User.id,
        Entry.id == select(func.max(LATER.id)).where(LATER.user_id == User.id).scalar_subquery(),
    ),
)
User.earlier = relationship(
    Entry,
    viewonly=True,
    uselist=True,
    primaryjoin=lambda: and_(
        Entry.user_id == User.id, select(LATER.id).where(LATER.user_id == User.id, LATER.id > Entry.id).exists()
    ),
)
User.last = relationship(
    Entry,
    viewonly=True,
    uselist=False,
    primaryjoin=lambda: and_(
        Entry.user_id == User.id,
        Entry.id == select(func.max(Entry.id)).where(Entry.user_id == User.id).scalar_subquery(),
    ),
)
"""As `latest`, with the table itself for the alias: SQLAlchemy loads it, row by row."""
Entry.outdone = relationship(
    User,
    viewonly=True,
    primaryjoin=lambda: and_(
        foreign(Entry.user_id) == User.id,
        select(LATER.id).where(LATER.user_id == User.id, LATER.id > Entry.id).exists(),
    ),
)


@pytest.fixture(scope="module")
def flows(any_database: Store) -> Iterator[Store]:
    rows: list[Any] = [Flow(id=1, deleted=False), Flow(id=2, deleted=True), *(User(id=key) for key in (1, 2, 3))]
    entries = [(1, 1, 1), (2, 2, 2), (3, 1, 2), (4, None, 1)]
    rows += [Entry(id=key, user_id=user, flow_id=flow) for key, user, flow in entries]
    with stocked(any_database, Base.metadata, rows) as store:
        yield store


@pytest.mark.parametrize(
    ("entity", "path", "table_of"),
    [
        (User, "entries", "its join condition reads 'tb_flow', which no path joins"),
        (User, "entries.id", "its join condition reads 'tb_flow', which no path joins"),
        (Entry, "owner.id", "its join condition reads 'tb_flow', which no path joins"),
        (Entry, "user.entries.id", "its join condition reads 'tb_flow', which no path joins"),
        (Entry, "gone", "it reads 'tb_flow' beside its own table"),
    ],
)
def test_an_attribute_that_reads_another_table_is_no_field(entity: type, path: str, table_of: str) -> None:
    assert isinstance(problems(entity, f"{path}=na=")[0], UnknownField)
    with pytest.raises(ConfigurationError, match=table_of):
        schema(entity, QueryOptions(field_whitelist={path}))


@pytest.mark.parametrize(
    ("entity", "filter", "found"),
    [
        (User, "live=nn=", [1]),
        (User, "live=na=", [2, 3]),
        (User, "live.id==1", [1]),
        (User, "live.id>1", []),
        (User, "live.live_owner.id==1", [1]),
        (Entry, "live_owner=nn=", [1]),
        (Entry, "live_owner.id==1", [1]),
        (Entry, "live_owner.id=na=", [2, 3, 4]),
        (Entry, "user.live.id==1", [1, 3]),
        (Entry, "gone_too==true", [2, 3]),
        (Entry, "user.live.gone_too==false", [1, 3]),
    ],
)
def test_a_subquery_reads_it_instead(flows: Store, entity: type, filter: str, found: list[int]) -> None:
    assert ids(flows, entity, filter) == found


@pytest.mark.parametrize(
    ("entity", "filter", "found"),
    [
        (User, "latest=na=", [3]),
        (User, "latest=nn=", [1, 2]),
        (User, "latest.id==3", [1]),
        (User, "latest.id==1", []),
        (User, "latest.flow_id==2", [1, 2]),
        (User, "last=na=", [3]),
        (User, "last.id==3", [1]),
        (User, "last.id==1", []),
        (User, "last.flow_id==2", [1, 2]),
        (User, "last.user.latest.id==3", [1]),
        (Entry, "user.last.id==3", [1, 3]),
        (User, "earlier=nn=", [1]),
        (User, "earlier.id==1", [1]),
        (User, "earlier.id==3", []),
        (User, "earlier.user.latest.id==3", [1]),
        (User, "latest.user.earlier.id==1", [1]),
        (Entry, "user.latest.id==3", [1, 3]),
        (Entry, "user.earlier.id==1", [1, 3]),
        (Entry, "outdone=nn=", [1]),
        (Entry, "outdone=na=", [2, 3, 4]),
        (Entry, "outdone.id==1", [1]),
        (Entry, "outdone.latest.outdone=na=", [1, 2, 3, 4]),
        (Entry, "outdone.earlier.outdone.id==1", [1]),
    ],
)
def test_it_is_about_the_ends_of_the_relation(flows: Store, entity: type, filter: str, found: list[int]) -> None:
    assert ids(flows, entity, filter) == found


@pytest.mark.parametrize(
    ("base", "found"),
    [
        (select(Entry).join(Entry.user), [1]),
        (select(Entry).join(Flow, Flow.id == Entry.flow_id), [1]),
        (select(Entry).options(with_loader_criteria(User, User.id > 1)), []),
        (select(Entry).where(Entry.id.not_in(select(Entry.id).where(Entry.id == 1))), []),
    ],
)
def test_whatever_the_base_statement_reads(flows: Store, base: Select[Any], found: list[int]) -> None:
    assert ids(flows, Entry, "outdone.id>0", base=base) == found


def test_a_second_filter_takes_its_join(flows: Store) -> None:
    orm = SQLAlchemyORM()
    once = pyrsql.apply(select(Entry), Entry, "outdone.id>0", orm=orm)
    twice = pyrsql.apply(once, Entry, "outdone.id<9", orm=orm)
    assert flows.run(lambda session: [entry.id for entry in session.scalars(twice)]) == [1]


OF_ROW = Entry.id.is_not(None)
CRITERIA: dict[str, Any] = {
    "a table of the statement": select(Entry.id).where(Entry.user_id == User.id, OF_ROW).exists(),
    "beside another": select(Flow.id).where(Flow.id == Entry.flow_id, Entry.user_id == User.id).exists(),
    "an alias of it": select(LATER.id).where(LATER.user_id == User.id).exists(),
    "by itself": User.id.in_(select(Entry.user_id).where(OF_ROW)),
}


@pytest.mark.parametrize("criteria", CRITERIA.values(), ids=CRITERIA)
@pytest.mark.parametrize("include_aliases", [True, False])
def test_criteria_do_not_read_the_row_around_them(flows: Store, criteria: Any, include_aliases: bool) -> None:
    base = select(Entry).options(with_loader_criteria(User, criteria, include_aliases=include_aliases))
    assert ids(flows, Entry, "id>0", base=base) == [1, 2, 3, 4]
    assert ids(flows, Entry, "user.id>0", base=base) == [1, 2, 3]
    assert ids(flows, Entry, "user=nn=", base=base) == [1, 2, 3]


def test_sorts_by_it(flows: Store) -> None:
    assert ids(flows, User, "", "-live.id,nullslast;-id") == [1, 3, 2]
    assert ids(flows, Entry, "", "live_owner.id;gone_too;-id") == [1, 4, 3, 2]
    assert ids(flows, User, "", "-latest.id,nullslast") == [1, 2, 3]
    assert ids(flows, User, "", "-last.id,nullslast") == [1, 2, 3]


def test_the_oracle_of_these_relations(flows: Store) -> None:
    def load(session: Any) -> list[tuple[int | None, int | None]]:
        users = session.scalars(select(User).order_by(User.id)).all()
        return [(user.latest and user.latest.id, user.last and user.last.id) for user in users]

    assert flows.run(load) == [(3, 3), (2, 2), (None, None)]
    assert ids(flows, User, "", "earlier.id,nullsfirst;-id") == [3, 2, 1]
