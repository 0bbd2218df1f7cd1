"""Every operator over every kind of column gives the rows that Python's own comparison gives."""

import datetime as dt
import decimal
import enum
import operator
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import BigInteger, Double, Interval, Numeric, SmallInteger, String, Text, Time
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyrsql.options import QueryOptions
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked

D = decimal.Decimal


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"
    BLUE = "b"


def with_fractions(timezone: bool) -> Any:
    return SqlDateTime(timezone=timezone).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


class Sample(Base):
    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str | None] = mapped_column(String(50))
    long_text: Mapped[str | None] = mapped_column(Text)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    integer: Mapped[int | None]
    big: Mapped[int | None] = mapped_column(BigInteger)
    exact: Mapped[D | None] = mapped_column(Numeric(12, 3))
    binary64: Mapped[float | None] = mapped_column(Double)
    day: Mapped[dt.date | None]
    clock: Mapped[dt.time | None] = mapped_column(Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb"))
    naive: Mapped[dt.datetime | None] = mapped_column(with_fractions(False))
    aware: Mapped[dt.datetime | None] = mapped_column(with_fractions(True))
    flag: Mapped[bool | None]
    colour: Mapped[Colour | None]
    key: Mapped[uuid.UUID | None]
    span: Mapped[dt.timedelta | None] = mapped_column(Interval)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]  # the parts are numbers


def uid(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


VALUES: dict[str, list[Any]] = {
    "text": ["demo", "Demo", "demo ", "démo", "größe", "", None, "a_b", "50%", "z🙂", "back\\slash", "[a]", "a*b?"],
    "long_text": ["demo", "DEMO", " demo", "x" * 300, "it's", '"', None, "!bang", "Z", "_", "ß", "ẞ", "İ"],
    "small": [-(2**15), -1, 0, 1, 2**15 - 1, None, 1],
    "integer": [-(2**31), -1, 0, 1, 2**31 - 1, None, 1],
    "big": [-(2**63), -1, 0, 2**53 + 1, 2**53, 2**63 - 1, None],
    "exact": [D("-1.5"), D("0"), D("0.1"), D("0.3"), D("123456789.123"), D("2.675"), None],
    "binary64": [-1.5, 0.0, 0.1, 0.1 + 0.2, 1e300, 5e-300, None],
    "day": [dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(2024, 2, 29), dt.date(9999, 12, 31), None],
    "clock": [dt.time(0), dt.time(9, 5), dt.time(9, 5, 0, 500000), dt.time(23, 59, 59, 999999), None],
    "naive": [
        dt.datetime(1000, 1, 1),
        dt.datetime(2024, 3, 31, 2, 30),
        dt.datetime(2024, 3, 31, 2, 30, 0, 1),
        dt.datetime(2024, 3, 31),
        dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
        None,
    ],
    "aware": [utc(1000, 1, 1), utc(2024, 3, 31, 1), utc(2024, 3, 31), utc(2024, 3, 31, 2, 30, 0, 1), None],
    "flag": [True, False, None, True],
    "colour": [Colour.RED, Colour.GREEN, Colour.BLUE, None, Colour.RED],
    "key": [uid(0), uid(1), uid(2**127), uid(2**128 - 1), uid(2**64), None],
    "span": [dt.timedelta(0), dt.timedelta(hours=26), dt.timedelta(days=-1), dt.timedelta(seconds=1), None],
}
"""The values of each column, by row; the rows that have no value of their own are NULL."""

WRITTEN: dict[str, list[tuple[str, Any]]] = {
    "text": [(f'"{text}"', text) for text in ("demo", "DEMO", "demo ", "GRÖSSE", "größe", "", "a_b", "50%", "[a]", "e")]
    + [('"z🙂"', "z🙂"), ('"back\\\\slash"', "back\\slash")],
    "long_text": [
        ("demo", "demo"),
        ("'\"'", '"'),
        ('"it\'s"', "it's"),
        ("'!bang'", "!bang"),
        ("ß", "ß"),
        ("_", "_"),
        ("i", "i"),
    ],
    "small": [("0", 0), ("+1", 1), ("-32768", -(2**15)), ("32767", 2**15 - 1)],
    "integer": [("0", 0), ("007", 7), ("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)],
    "big": [("0", 0), ("9007199254740993", 2**53 + 1), ("9223372036854775807", 2**63 - 1), (str(-(2**63)), -(2**63))],
    "exact": [
        ("0.1", D("0.1")),
        ("0.30", D("0.3")),
        ("2.675", D("2.675")),
        ("123456789.123", D("123456789.123")),
        ("2.6749999", D("2.6749999")),
        ("1e2", D(100)),
        ("-0", D(0)),
    ],
    "binary64": [("0.1", 0.1), ("0.3", 0.3), ("0.30000000000000004", 0.1 + 0.2), ("1e300", 1e300), ("5e-300", 5e-300)],
    "day": [("2024-02-29", dt.date(2024, 2, 29)), ("0001-01-01", dt.date.min), ("9999-12-31", dt.date.max)],
    "clock": [("09:05", dt.time(9, 5)), ("09:05:00.5", dt.time(9, 5, 0, 500000)), ("11:05:00%2B02:00", dt.time(9, 5))],
    "naive": [
        ("2024-03-31", dt.datetime(2024, 3, 31)),
        ("2024-03-31T02:30:00", dt.datetime(2024, 3, 31, 2, 30)),
        ("2024-03-31T02:30:00.000001", dt.datetime(2024, 3, 31, 2, 30, 0, 1)),
        ("2024-03-31T04:30:00+02:00", dt.datetime(2024, 3, 31, 2, 30)),
        ("9999-12-31T23:59:59.999999", dt.datetime.max),
    ],
    "aware": [
        ("2024-03-31", utc(2024, 3, 31)),
        ("2024-03-31T03:00:00+02:00", utc(2024, 3, 31, 1)),
        ("2024-03-31T02:30:00.000001Z", utc(2024, 3, 31, 2, 30, 0, 1)),
    ],
    "flag": [("true", True), ("FALSE", False)],
    "colour": [("RED", Colour.RED), ("g", Colour.GREEN)],
    "key": [(str(uid(0)), uid(0)), (uid(2**64).hex, uid(2**64)), (str(uid(2**127)), uid(2**127))],
    "span": [("PT26H", dt.timedelta(hours=26)), ("-P1D", -dt.timedelta(days=1)), ("PT0S", dt.timedelta(0))],
}
"""Arguments for each column, as a client writes them, with what they mean."""

ORDERED = WRITTEN.keys() - {"flag", "colour", "key"}
TEXTS = ("text", "long_text")
Test = Callable[[Any], bool]


def length() -> int:
    return max(map(len, VALUES.values()))


def value(column: str, row: int) -> Any:
    return VALUES[column][row] if row < len(VALUES[column]) else None


@pytest.fixture(scope="module")
def samples(store: Store) -> Iterator[Store]:
    rows = [Sample(id=row, **{column: value(column, row) for column in VALUES}) for row in range(length())]
    with stocked(store, Base.metadata, rows) as filled:
        yield filled


def expected(column: str, test: Test) -> list[int]:
    return [row for row in range(length()) if (held := value(column, row)) is not None and test(held)]


def by(relation: Callable[..., bool], *arguments: Any) -> Test:
    """A test of what a row holds against the arguments."""
    return lambda held: relation(held, *arguments)


def has_part(held: Any, part: str, wanted: int) -> bool:
    return bool(getattr(held, part) == wanted)


def within(held: Any, low: Any, high: Any) -> bool:
    return bool(low <= held <= high)


def outside(held: Any, low: Any, high: Any) -> bool:
    return not within(held, low, high)


def lacks(held: str, one: str) -> bool:
    return one not in held


def same(held: str, one: str) -> bool:
    return folded(held) == folded(one)


def has(held: str, one: str) -> bool:
    return folded(one) in folded(held)


def lacks_folded(held: str, one: str) -> bool:
    return not has(held, one)


def comparisons(column: str) -> Iterator[tuple[str, Test]]:
    """Filters over one column, each with its meaning in Python."""
    for text, one in WRITTEN[column]:
        text = text.replace("%2B", "+")
        yield f"{column}=={text}", by(operator.eq, one)
        yield f"{column}!={text}", by(operator.ne, one)
        yield f"{column}=in=({text})", by(operator.eq, one)
        yield f"{column}=out=({text})", by(operator.ne, one)
    every = [text.replace("%2B", "+") for text, _ in WRITTEN[column]]
    meant = [one for _, one in WRITTEN[column]]
    yield f"{column}=in=({','.join(every)})", lambda held: held in meant
    yield f"{column}=out=({','.join(every)})", lambda held: held not in meant
    if column not in ORDERED:
        return
    for text, one in WRITTEN[column]:
        text = text.replace("%2B", "+")
        yield f"{column}>{text}", by(operator.gt, one)
        yield f"{column}>={text}", by(operator.ge, one)
        yield f"{column}<{text}", by(operator.lt, one)
        yield f"{column}<={text}", by(operator.le, one)
        # A range of other values than texts whose first bound is larger is refused.
        low, high = (every[0], text) if column in TEXTS or meant[0] <= one else (text, every[0])
        least, most = (meant[0], one) if low == every[0] else (one, meant[0])
        yield f"{column}=bt=({low},{high})", by(within, least, most)
        yield f"{column}=nb=({low},{high})", by(outside, least, most)


def folded(text: str) -> str:
    """A text without case, by Unicode's simple mapping, character by character."""
    return "".join(character.lower()[0] for character in text)


def text_tests(column: str) -> Iterator[tuple[str, Test]]:
    for text, one in WRITTEN[column]:
        yield f"{column}=ic={text}", by(same, one)
        yield f"{column}=like={text}", by(operator.contains, one)
        yield f"{column}=notlike={text}", by(lacks, one)
        yield f"{column}=ilike={text}", by(has, one)
        yield f"{column}=inotlike={text}", by(lacks_folded, one)
    yield f"{column}==d*", lambda held: held.startswith("d")
    yield f"{column}!=d*", lambda held: not held.startswith("d")
    yield f"{column}=='*mo'", lambda held: held.endswith("mo")
    yield f"{column}=='d*o'", lambda held: held.startswith("d") and held.endswith("o")
    yield f"{column}=='^D*O'", lambda held: held.lower().startswith("d") and held.lower().endswith("o")
    yield f"{column}=='^demo'", lambda held: held.lower() == "demo"
    yield f"{column}!='^demo'", lambda held: held.lower() != "demo"
    yield f"{column}=='*'", lambda held: True
    yield f"{column}=='*_*'", lambda held: "_" in held
    yield f"{column}=='*%*'", lambda held: "%" in held
    yield rf"{column}=='*\\**'", lambda held: "*" in held
    yield f"{column}=='*?'", lambda held: held.endswith("?")
    yield f"{column}=='[a]*'", lambda held: held.startswith("[a]")


@pytest.mark.parametrize("column", WRITTEN)
def test_every_comparison(samples: Store, column: str) -> None:
    wrong = {
        text: (found, wanted)
        for text, test in (*comparisons(column), *(text_tests(column) if column in TEXTS else ()))
        if (found := ids(samples, Sample, text)) != (wanted := expected(column, test))
    }
    assert not wrong


@pytest.mark.parametrize("column", VALUES)
def test_null_checks(samples: Store, column: str) -> None:
    held = expected(column, lambda _: True)
    assert ids(samples, Sample, f"{column}=nn=") == held
    assert ids(samples, Sample, f"{column}=na=") == [row for row in range(length()) if row not in held]


@pytest.mark.parametrize("column", WRITTEN)
def test_complement(samples: Store, column: str) -> None:
    """With negation="complement" a negative operator gives the rows that the positive one does not."""
    options = QueryOptions(negation="complement")
    text = WRITTEN[column][0][0].replace("%2B", "+")
    pairs = [(f"{column}=={text}", f"{column}!={text}"), (f"{column}=in=({text})", f"{column}=out=({text})")]
    if column in ORDERED:
        pairs.append((f"{column}=bt=({text},{text})", f"{column}=nb=({text},{text})"))
    if column in TEXTS:
        pairs.append((f"{column}=like={text}", f"{column}=nk={text}"))
        pairs.append((f"{column}=ilike={text}", f"{column}=ni={text}"))
    for positive, negative in pairs:
        found = ids(samples, Sample, positive, options=options)
        assert ids(samples, Sample, negative, options=options) == [row for row in range(length()) if row not in found]


@pytest.mark.parametrize("column", VALUES)
@pytest.mark.parametrize("modifier", ["", ",nullsfirst", ",nullslast"])
@pytest.mark.parametrize("descending", [False, True])
def test_sort(samples: Store, column: str, modifier: str, descending: bool) -> None:
    place = list(Colour).index
    held = sorted(
        expected(column, lambda _: True),
        key=lambda row: place(value(column, row)) if column == "colour" else value(column, row),
        reverse=descending,
    )
    # The completing key takes the direction of the last key.
    held = [row for _, row in sorted(((_rank(column, row), row) for row in held), reverse=descending)]
    nulls = [row for row in range(length()) if value(column, row) is None]
    if descending:
        nulls.reverse()
    first = descending if not modifier else modifier == ",nullsfirst"
    wanted = nulls + held if first else held + nulls
    assert ids(samples, Sample, sort=f"{column},{'desc' if descending else 'asc'}{modifier}") == wanted


def _rank(column: str, row: int) -> int:
    ordered = list(Colour) if column == "colour" else sorted({held for held in VALUES[column] if held is not None})
    return ordered.index(value(column, row))


def test_sort_ignoring_case(samples: Store) -> None:
    texts = {row: value("text", row) for row in range(length())}
    wanted = sorted(texts, key=lambda row: (texts[row] is None, (texts[row] or "").lower(), row))
    assert ids(samples, Sample, sort="text,ic") == wanted


@pytest.mark.parametrize(
    "filter", ["integer=like=1", "flag>true", "colour>RED", "key>" + str(uid(1)), "flag=ic=true", "day=ilike=2024"]
)
def test_operators_that_a_kind_does_not_take(filter: str) -> None:
    problem, *others = problems(Sample, filter)
    assert not others
    assert problem.code == "unsupported-operator"


@pytest.mark.parametrize(
    "filter", ["integer==1.5", "small==32768", "exact==x", "day==2023-02-29", "flag==1", "colour==PINK", "key==1"]
)
def test_values_that_a_kind_does_not_hold(filter: str) -> None:
    problem, *others = problems(Sample, filter)
    assert not others
    assert problem.code == "wrong-value"


@pytest.mark.parametrize("part", ["year", "month", "day"])
@pytest.mark.parametrize("field", ["day", "naive", "aware"])
def test_the_parts_of_every_date(samples: Store, field: str, part: str) -> None:
    """Also of the last microsecond of the calendar, which SQLite's own functions round to a later one."""
    options = QueryOptions(procedure_whitelist={part})
    for wanted in (1, 2, 12, 29, 31, 1969, 2024, 9999):
        kept = expected(field, by(has_part, part, wanted))
        assert ids(samples, Sample, f"@{part}[{field}]=={wanted}", options=options) == kept
