"""Computed decimals have more digits than the columns that they are made of: each value of an answer is found again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Numeric, Select, case, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, column_property, mapped_column

from property_tests.walks import walked
from pyrsql.models import kinds
from pyrsql.models.model import Field
from pyrsql.orms.sqlalchemy import schema
from pyrsql.problems import WrongValue
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked


class Base(DeclarativeBase):
    pass


class Sale(Base):
    __tablename__ = "computed_sales"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    rate: Mapped[Decimal | None] = mapped_column(Numeric(14, 5))
    third: Mapped[Any] = column_property(price / 3)
    square: Mapped[Any] = column_property(price * price)
    product: Mapped[Any] = column_property(price * price * price)
    either: Mapped[Any] = column_property(func.coalesce(func.nullif(price, 0), rate))
    chosen: Mapped[Any] = column_property(case((price > 5, price), else_=rate))
    same: Mapped[Any] = column_property(func.coalesce(price, price))


_earlier = aliased(Sale)
Sale.total = column_property(
    select(func.sum(_earlier.price)).where(_earlier.id <= Sale.id).correlate_except(_earlier).scalar_subquery()
)

PRICES = ["1.00", "2.01", "3.02", "-14.00", "9999.99", "9999.98", "0.07"]
COMPUTED = ["third", "square", "product", "either", "chosen", "total"]


@pytest.fixture(scope="module")
def sales(any_database: Store) -> Iterator[Store]:
    if any_database.name == "sqlite":
        pytest.skip("SQLite computes with floats, which SQLAlchemy rounds to the digits of the first part")
    rows = [
        Sale(id=place, price=Decimal(price), rate=Decimal(price) * 100003 / 100000)
        for place, price in enumerate(PRICES, 1)
    ]
    with stocked(any_database, Base.metadata, rows) as filled:
        yield filled


def values(sales: Store, name: str) -> dict[int, Decimal]:
    chosen: Select[Any] = select(Sale.id, getattr(Sale, name))
    return dict(sales.run(lambda session: [tuple(row) for row in session.execute(chosen)]))


@pytest.mark.parametrize("name", COMPUTED)
def test_each_value_that_is_shown_is_found(sales: Store, name: str) -> None:
    shown = values(sales, name)
    assert len(shown) == len(PRICES)
    for id, value in shown.items():
        others = [key for key in shown if key != id]
        for test in (f"=={value}", f"=in=({value},5.5)", f"=bt=({value},{value})", f">={value};{name}<={value}"):
            assert ids(sales, Sale, name + test) == [id]
        for test in (f"!={value}", f"=out=({value},5.5)", f"=nb=({value},{value})"):
            assert ids(sales, Sale, name + test) == others


@pytest.mark.parametrize("name", COMPUTED)
@pytest.mark.parametrize("backward", [False, True])
def test_pages_by_cursor_end(sales: Store, name: str, backward: bool) -> None:
    def walk(session: Session) -> list[int]:
        found = walked(schema(Sale), select(Sale), session.execute, sort=name, size=2, backward=backward)
        return [row.id for row in found]

    shown = values(sales, name)
    assert sales.run(walk) == sorted(shown, key=lambda id: shown[id])


def test_only_what_is_computed_has_more_digits_than_a_column() -> None:
    for name in ("price", "same"):
        assert isinstance(problems(Sale, f"{name}==12345")[0], WrongValue)
    members = schema(Sale).model.members
    for name in COMPUTED:
        field = members[name]
        assert isinstance(field, Field)
        assert field.kind == kinds.Decimal()
