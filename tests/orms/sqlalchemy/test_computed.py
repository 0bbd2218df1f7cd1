"""Values that code of the developer's computes: what they cost, and what they are where a link is missing."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Computed, ForeignKey, Integer, String, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    column_property,
    contains_eager,
    deferred,
    joinedload,
    mapped_column,
    query_expression,
    relationship,
)

from pyrsql import CursorRequest, QueryOptions, field_rights
from pyrsql.adapters.fastapi.fields import filter_fields
from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, seek, validate
from pyrsql.problems import UnknownField
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked

RAN: list[str] = []
"""The hybrids whose code has run."""


class Base(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Man(Base):
    __tablename__ = "computed_men"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("computed_firms.id"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("computed_men.id"))
    firm: Mapped["Firm | None"] = relationship(back_populates="men")
    boss: Mapped["Man | None"] = relationship(remote_side=id)

    @hybrid_property
    def reports(self) -> Any:
        raise NotImplementedError

    @reports.inplace.expression
    @classmethod
    def _reports(cls) -> Any:
        other = aliased(Man)
        return select(func.count(other.id)).where(other.boss_id == cls.id).scalar_subquery()


class Firm(Base):
    __tablename__ = "computed_firms"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    closed: Mapped[dt.date | None]
    tags: Mapped[Any] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(info={"pyrsql": field_rights(filter=False, sort=False)})
    hidden: Mapped[str]
    twice: Mapped[int] = mapped_column(Computed("late * 2", persisted=True))
    late: Mapped[int] = deferred(Column("late", Integer))
    asked: Mapped[int | None] = query_expression()
    head_id: Mapped[int | None]
    men: Mapped[list[Man]] = relationship(back_populates="firm")

    @hybrid_property
    def active(self) -> Any:
        return self.closed.is_(None)  # type: ignore[union-attr]  # of the class it is a column

    @hybrid_property
    def label(self) -> str:
        RAN.append("label")
        return f"{self.name} #{self.id:05}"

    @hybrid_property
    def tag_count(self) -> int:
        RAN.append("tag_count")
        return sum(1 for _ in self.tags)

    @hybrid_property
    def failing(self) -> Any:
        RAN.append("failing")
        raise LookupError("not today")

    @hybrid_property
    def crew(self) -> Any:
        return self.men

    @hybrid_property
    def chief(self) -> Any:
        # A column of another table, which only a statement that joins it could read.
        return func.upper(Man.name)

    @hybrid_property
    def public(self) -> Any:
        return self.secret

    @hybrid_property
    def shown(self) -> Any:
        return self.hidden

    @hybrid_property
    def size(self) -> Any:
        raise NotImplementedError

    @size.inplace.expression
    @classmethod
    def _size(cls) -> Any:
        # As people write it: the tables that it is correlated with are left to SQLAlchemy.
        return select(func.count(Man.id)).where(Man.firm_id == cls.id).scalar_subquery()

    @hybrid_property
    def is_last(self) -> Any:
        return self.id == select(func.max(Firm.id)).scalar_subquery()

    @hybrid_property
    def size_label(self) -> Any:
        raise NotImplementedError

    @size_label.inplace.expression
    @classmethod
    def _size_label(cls) -> Any:
        return select(func.count(Man.id)).where(Man.firm_id == cls.id).correlate(cls).label("size")


Firm.heads = column_property(
    select(func.count(Man.id)).where(Man.firm_id == Firm.id).correlate_except(Man).scalar_subquery()
)
BOSS, OTHER = aliased(Man), aliased(Man)
Man.led = column_property(
    select(func.count(OTHER.id)).where(OTHER.boss_id == Man.id).correlate_except(OTHER).scalar_subquery()
)
Firm.always = column_property(func.coalesce(Firm.head_id, 7))


def firm(id: int, closed: dt.date | None) -> Firm:
    return Firm(id=id, name=f"f{id}", closed=closed, tags=[1], secret="s", hidden="h", late=id)


@pytest.fixture(scope="module")
def men(any_database: Store) -> Iterator[Store]:
    objects = [
        *(firm(1, None), firm(2, dt.date(2024, 1, 1))),
        Man(id=1, name="a", firm_id=1),
        Man(id=2, name="b", firm_id=1, boss_id=1),
        Man(id=3, name="c", firm_id=2, boss_id=1),
        Man(id=4, name="d", boss_id=2),
    ]
    with stocked(any_database, Base.metadata, objects):
        yield any_database


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("firm.active==true", [1, 2]),
        ("firm.active==false", [3]),
        ("firm.active!=true", [3]),
        ("firm.active=na=", [4]),
        ("firm.active=nn=", [1, 2, 3]),
        ("firm.heads==0", []),
        ("firm.heads==2", [1, 2]),
        ("firm.heads=na=", [4]),
        ("firm.heads<5,name==d", [1, 2, 3, 4]),
        ("firm.always==7", [1, 2, 3]),
        ("firm.always=na=", [4]),
        ("firm.size==2", [1, 2]),
        ("firm.size=in=(0,1)", [3]),
        ("firm.size=na=", [4]),
        ("firm.size_label==1", [3]),
        ("boss.firm.size==2", [2, 3, 4]),
        ("boss.reports==2", [2, 3]),
        ("boss.reports=na=", [1]),
        ("reports==0", [3, 4]),
        ("firm.men.reports==2", [1, 2]),
        ("firm.men.firm.size==1", [3]),
        ("firm.twice==4", [3]),
        ("firm.late==1", [1, 2]),
        ("@coalesce[firm.always|#0]==0", [4]),
    ],
)
def test_a_computed_value_is_null_where_the_link_is_missing(men: Store, filter: str, expected: list[int]) -> None:
    assert ids(men, Man, filter, options=QueryOptions(procedure_whitelist=["coalesce"])) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("firm.size;id", [3, 1, 2, 4]),
        ("firm.active,nullsfirst;id", [4, 3, 1, 2]),
        ("-firm.heads,nullslast;id", [1, 2, 3, 4]),
        ("boss.reports;id", [4, 2, 3, 1]),
        ("-reports;id", [1, 2, 3, 4]),
    ],
)
def test_an_order_by_a_computed_value(men: Store, sort: str, expected: list[int]) -> None:
    assert ids(men, Man, sort=sort) == expected


@pytest.mark.parametrize("sort", ["led", "-led", "led;-reports", "-firm.heads;led", "firm.size_label;-led"])
def test_pages_by_a_computed_value(men: Store, sort: str) -> None:
    """A column property has a label, by which a select could refer to the same property of another entity."""
    whole = ids(men, Man, None, sort)
    for base in (
        select(Man),
        select(Man).outerjoin(Man.boss.of_type(BOSS)).options(contains_eager(Man.boss.of_type(BOSS))),
        select(Man).options(joinedload(Man.firm).joinedload(Firm.men)),
    ):
        assert ids(men, Man, None, sort, base=base) == whole
        pages = [ids(men, Man, None, sort, base=base, page=PageRequest.of(place, 3)) for place in range(2)]
        assert [one for page in pages for one in page] == whole
        assert walked(men, base, sort) == whole


def walked(store: Store, base: Any, sort: str) -> list[int]:
    found: list[int] = []
    request = CursorRequest.first(2)
    while True:
        statement = validate(schema(Man))(None).bind(apply_filter(base)).bind(apply_sort(sort))
        page = statement.bind(seek(request)).unwrap()

        def ask(session: Session, page: Any = page) -> tuple[list[int], str | None]:
            cut = page.read(session.execute(page.statement).unique().all())
            return [man.id for man in cut.items], cut.next

        ids, following = store.run(ask)
        found += ids
        if following is None:
            return found
        request = CursorRequest.at(following, 2)


def test_the_subqueries_of_a_value_are_about_their_own_tables(men: Store) -> None:
    """The tables that the base statement joins are others, also where SQLAlchemy would take them for the same."""
    assert ids(men, Firm, "is_last==true") == [2]
    counted = select(Firm, func.count(Man.id)).outerjoin(Firm.men).group_by(Firm.id)
    for base in (counted, select(Firm).outerjoin(Man, Man.id == Firm.id), select(Firm).join(Firm.men)):
        whole = ids(men, Firm, base=base)
        for text in ("size==2", "size==0", "size_label==2", "heads==2", "is_last==true", "is_last==false"):
            wanted = [one for one in ids(men, Firm, text) if one in whole]
            assert ids(men, Firm, text, base=base) == wanted, text
        for sort in ("size;id", "-size;-id"):
            assert ids(men, Firm, None, sort, base=base) == [one for one in ids(men, Firm, None, sort) if one in whole]


def test_the_code_of_a_hybrid_runs_when_a_path_names_it() -> None:
    schema(Man, QueryOptions(field_whitelist={"id", "firm", "name", "size"}))
    problems(Man, "firm.nmae==1", "firm.id")
    assert RAN == []
    for name in ("label", "tag_count", "failing", "crew", "chief"):
        for filter in (f"{name}==1", f"{name}=na="):
            problem = problems(Firm, filter)[0]
            assert isinstance(problem, UnknownField)
    assert RAN == ["label", "tag_count", "failing"]


def test_an_unreadable_hybrid_is_neither_described_nor_suggested() -> None:
    names = {field["name"] for field in filter_fields(schema(Firm))}
    assert not any(name.startswith("_") for name in names)
    assert {"active", "size", "heads"} <= names
    assert names.isdisjoint({"label", "tag_count", "failing", "crew", "chief", "asked", "public"})
    for misspelt, name in (("lable", "label"), ("tag_cont", "tag_count"), ("failin", "failing")):
        assert f"'{name}'" not in str(problems(Firm, f"{misspelt}==1")[0].hint)
    assert problems(Firm, "activ==true")[0].hint == "Did you mean 'active'?"


def test_a_list_may_not_name_a_hybrid_of_another_table() -> None:
    for name in ("crew", "chief"):
        options = QueryOptions(field_whitelist={name})
        with pytest.raises(ConfigurationError, match=rf"gives no SQL expression of Firm: add one with @{name}\.expr"):
            schema(Firm, options)
        with pytest.raises(ConfigurationError, match=r"scalar_subquery\(\)"):
            schema(Man, QueryOptions(field_whitelist={f"firm.{name}"}))


def test_no_path_leads_on_from_a_hybrid() -> None:
    schema(Man, QueryOptions(field_mapping={"rich": "firm.active"}))
    for path in ("firm.active.x", "firm.size.x"):
        with pytest.raises(ConfigurationError, match=path):
            schema(Man, QueryOptions(field_mapping={"x": path}))


def test_another_name_of_a_column_has_the_rights_of_the_column() -> None:
    assert isinstance(problems(Firm, "public==s")[0], UnknownField)
    for listed in ("shown", "hidden"):
        options = QueryOptions(model_field_blacklist={Firm: {listed}})
        for path in ("shown", "hidden"):
            assert isinstance(problems(Firm, f"{path}==h", options=options)[0], UnknownField)


def test_a_query_expression_is_no_field() -> None:
    assert isinstance(problems(Firm, "asked==1")[0], UnknownField)
    assert isinstance(problems(Firm, sort="asked")[0], UnknownField)
