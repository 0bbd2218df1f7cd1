"""Numbers of several types in one call: every database, and memory, compares and sorts the same numbers."""

import decimal
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import BigInteger, Double, Float, Numeric, select
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from property_tests.walks import walked
from pyrsql.api import Sort, apply
from pyrsql.options import QueryOptions, SortOptions
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import schema
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked

D = decimal.Decimal


class Base(DeclarativeBase):
    pass


class Measure(Base):
    __tablename__ = "measures"

    id: Mapped[int] = mapped_column(primary_key=True)
    long: Mapped[int | None] = mapped_column(BigInteger)
    short: Mapped[int | None]
    exact: Mapped[D | None] = mapped_column(Numeric(20, 2))
    double: Mapped[float | None] = mapped_column(Double)
    single: Mapped[float | None] = mapped_column(Float(24))


LARGE = 2**53
"""From here on, neighbouring whole numbers are the same float."""


def measures() -> list[Any]:
    # From the last to the first: the key that completes a sort orders equal floats the other way round.
    return [
        Measure(id=5, long=LARGE, exact=D("1.5"), double=1.5, short=1, single=0.1),
        Measure(id=4, long=LARGE + 1, exact=D("2.5"), double=2.5, short=2, single=-0.1),
        Measure(id=3, long=LARGE + 2, exact=D(3), double=float(LARGE), short=3, single=0.5),
        Measure(id=2, exact=D("0.1")),
        Measure(id=1, long=-LARGE - 1, double=1e300, short=0),
    ]


FUNCTIONS = QueryOptions(procedure_whitelist=[".*"])
SORTED = SortOptions(procedure_whitelist=[".*"])

FILTERS = {
    # Whole numbers among decimals keep all of their digits.
    "@coalesce[long|#1.5]==9007199254740993": [4],
    "@coalesce[long|#1.5]!=9007199254740993": [1, 2, 3, 5],
    "@coalesce[long|#1.5]=in=(9007199254740993,1.5)": [2, 4],
    "@coalesce[long|#1.5]=out=(9007199254740993,1.5)": [1, 3, 5],
    "@coalesce[long|#1.5]>9007199254740992": [3, 4],
    "@coalesce[long|#1.5]=bt=(9007199254740993,9007199254740993)": [4],
    "@coalesce[long|exact]==9007199254740993": [4],
    "@coalesce[long|exact]==0.1": [2],
    "@nullif[long|#1.5]==9007199254740993": [4],
    "@nullif[long|#9007199254740993]=na=": [2, 4],
    "@nullif[long|#9007199254740993.0]=na=": [2, 4],
    "@nullif[@coalesce[long|exact]|#0.1]=na=": [2],
    "@abs[@coalesce[long|exact]]==9007199254740993": [1, 4],
    "@floor[@coalesce[long|exact]]==9007199254740993": [4],
    "@ceil[@coalesce[long|exact]]==9007199254740993": [4],
    "@round[@coalesce[long|exact]]==9007199254740993": [4],
    "@round[@coalesce[long|exact]]==0": [2],
    "@coalesce[short|#1.5]==1.5": [2],
    "@coalesce[short|#9007199254740993]==9007199254740993": [2],
    # A constant keeps its digits, too.
    "@coalesce[short|#9007199254740993.25]==9007199254740993": [],
    "@coalesce[short|#9007199254740993.0]==9007199254740993": [2],
    # Every number among floats is a float of 64 bits.
    "@coalesce[long|double]==9007199254740993": [4, 5],
    "@coalesce[double|long]==9007199254740993": [3],
    "@coalesce[double|exact]==0.1": [2],
    "@coalesce[long|double]>9007199254740992": [3],
    "@nullif[long|double]==9007199254740993": [4, 5],
    "@nullif[exact|double]=na=": [1, 4, 5],
    # A value is one of the 32-bit floats that it is compared with.
    "@abs[single]==0.1": [4, 5],
    "@coalesce[single|#0.1]==0.1": [1, 2, 5],
    "@nullif[single|#0.1]=na=": [1, 2, 5],
    "@nullif[single|#0.1]==-0.1": [4],
    "@nullif[single|#0.1]=in=(-0.1,0.5)": [3, 4],
}

SORTS = [
    *("@coalesce[long|#1.5]", "@coalesce[long|exact]", "@abs[@coalesce[long|exact]]", "@round[@coalesce[long|exact]]"),
    *("@coalesce[long|double]", "-@coalesce[double|long]", "@nullif[long|double]", "-@nullif[long|double]"),
    *("@coalesce[single|#0.1]", "-@abs[single]"),
]


@pytest.fixture(scope="module")
def stored(store: Store) -> Iterator[Store]:
    with stocked(store, Base.metadata, measures()):
        yield store


@pytest.mark.parametrize("filter", FILTERS)
def test_rows(stored: Store, filter: str) -> None:
    assert ids(stored, Measure, filter, options=FUNCTIONS) == FILTERS[filter]


@pytest.mark.parametrize("filter", FILTERS)
def test_rows_in_memory(filter: str) -> None:
    found = apply(measures(), Measure, filter, orm=MemoryORM(), options=FUNCTIONS)
    assert sorted(row.id for row in found) == FILTERS[filter]


@pytest.mark.parametrize("sort", SORTS)
def test_order_and_pages(stored: Store, sort: str) -> None:
    expected = [row.id for row in Sort.parse(sort, options=SORTED).apply(measures(), Measure, orm=MemoryORM())]
    assert ids(stored, Measure, None, sort, options=FUNCTIONS, sort_options=SORTED) == expected
    described = schema(Measure, FUNCTIONS, SORTED)

    def check(session: Session) -> None:
        for backward in (False, True):
            found = walked(described, select(Measure), session.execute, sort=sort, size=1, backward=backward)
            assert [row.id for row in found] == expected

    stored.run(check)


class SmallestBase(DeclarativeBase):
    pass


class Smallest(SmallestBase):
    """The smallest integers of 64 bits, whose magnitude has one bit more."""

    __tablename__ = "smallest_numbers"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    long: Mapped[int | None] = mapped_column(BigInteger)


@pytest.mark.parametrize("call", ["@abs[long]", "@coalesce[@abs[long]|#1]", "@floor[@abs[long]]"])
def test_pages_by_the_magnitude_of_the_smallest_integer(store: Store, call: str) -> None:
    values = {1: -(2**63), 2: 2**63 - 1, 3: -(2**63), 4: 2**53 + 1, 5: 5}
    rows = [Smallest(id=id, long=value) for id, value in values.items()]
    described = schema(Smallest, FUNCTIONS, SORTED)
    with stocked(store, SmallestBase.metadata, rows):
        for sort, expected in ((call, [5, 4, 2, 1, 3]), ("-" + call, [3, 1, 2, 4, 5])):
            for backward in (False, True):
                ways: Any = {"sort": sort, "size": 2, "backward": backward}

                def walk(session: Session, ways: Any = ways) -> list[int]:
                    return [row.id for row in walked(described, select(Smallest), session.execute, **ways)]

                assert store.run(walk) == expected
        assert ids(store, Smallest, f"{call}==9007199254740993", options=FUNCTIONS) == [4]
        assert ids(store, Smallest, f"{call}=in=(5,9223372036854775807)", options=FUNCTIONS) == [2, 5]


@pytest.mark.parametrize("constant", ["1" * 66, "0." + "0" * 30 + "1", "-" + "9" * 66 + ".5"])
def test_a_constant_with_more_digits_than_databases_keep_is_refused(constant: str) -> None:
    problem, *_ = problems(Measure, f"@coalesce[exact|#{constant}]>1", options=FUNCTIONS)
    assert "from -9223372036854775808" in str(problem) or "at most 65 digits, 30 of them after the point" in str(
        problem
    )


class UnsignedBase(DeclarativeBase):
    pass


class Unsigned(UnsignedBase):
    __tablename__ = "unsigned_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    number = mapped_column(mysql.BIGINT(unsigned=True))


class MaybeUnsigned(UnsignedBase):
    __tablename__ = "maybe_unsigned_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    number = mapped_column(BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql", "mariadb"))


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("number==18446744073709551615", [3]),
        ("number!=18446744073709551615", [1, 2]),
        ("number=in=(1,18446744073709551615)", [1, 3]),
        ("number>9223372036854775807", [3]),
        ("number<18446744073709551615", [1, 2]),
        ("number=bt=(2,18446744073709551614)", [2]),
        ("@coalesce[number|#1]==18446744073709551615", [3]),
        ("@floor[number]==18446744073709551615", [3]),
    ],
)
def test_unsigned_numbers_of_64_bits(store: Store, filter: str, expected: list[int]) -> None:
    """SQLite, on which tests of a service may run, has no numbers of that size."""
    if store.name == "postgres":
        pytest.skip("it has no unsigned numbers")
    numbers = [1, 2**63 - 1, 2**64 - 1 if store.name == "mariadb" else None]
    rows = [Unsigned(id=place, number=number) for place, number in enumerate(numbers, 1)]
    with stocked(store, UnsignedBase.metadata, rows):
        held = [key for key in expected if numbers[key - 1] is not None]
        assert ids(store, Unsigned, filter, options=FUNCTIONS) == held


def test_a_number_that_only_one_database_holds_is_refused(store: Store) -> None:
    with stocked(store, UnsignedBase.metadata, [MaybeUnsigned(id=1, number=2**63 - 1)]):
        assert ids(store, MaybeUnsigned, "number==9223372036854775807") == [1]
    assert problems(MaybeUnsigned, "number==18446744073709551615")[0].code == "wrong-value"
