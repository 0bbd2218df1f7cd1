"""A model with a column of every common kind and every kind of relation, and random rows that are hard to get right.

The rows are made from a seed, once for a whole run, and are the same in memory and in every database: each world has
the mapped instances themselves, never stored, and inserts the values of their columns.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Double,
    ForeignKey,
    Interval,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    insert,
    inspect,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

ValueT = TypeVar("ValueT")

# MariaDB drops fractions of a second unless the column says how many digits to keep.
_DATETIME = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_INSTANT = DateTime(timezone=True).with_variant(mysql.DATETIME(timezone=True, fsp=6), "mysql", "mariadb")
_TIME = Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb")


class Base(DeclarativeBase):
    """The tables of the property tests."""


class Colour(enum.Enum):
    # Not in the order of the alphabet: an order by colour is the order of the members.
    RED = "r"
    GREEN = "Green grass"
    BLUE = "GREEN"


item_tags = Table(
    "law_item_tags",
    Base.metadata,
    Column("item_id", ForeignKey("law_items.id"), primary_key=True),
    Column("tag_id", ForeignKey("law_tags.id"), primary_key=True),
)


class Country(Base):
    __tablename__ = "law_countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(100))
    area: Mapped[int | None] = mapped_column(BigInteger)


class Maker(Base):
    __tablename__ = "law_makers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(100))
    founded: Mapped[dt.date | None]
    country_id: Mapped[int | None] = mapped_column(ForeignKey("law_countries.id"))

    country: Mapped[Country | None] = relationship()
    items: Mapped[list[Item]] = relationship(back_populates="maker")


class Tag(Base):
    __tablename__ = "law_tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(100))
    weight: Mapped[int | None]
    country_id: Mapped[int | None] = mapped_column(ForeignKey("law_countries.id"))

    country: Mapped[Country | None] = relationship()
    items: Mapped[list[Item]] = relationship(secondary=item_tags, back_populates="tags")


class Mark(Base):
    __tablename__ = "law_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(String(100))
    points: Mapped[int | None]
    part_id: Mapped[int] = mapped_column(ForeignKey("law_parts.id"))

    part: Mapped[Part] = relationship(back_populates="marks")


class Part(Base):
    __tablename__ = "law_parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(100))
    amount: Mapped[decimal.Decimal | None] = mapped_column(Numeric(10, 2))
    item_id: Mapped[int] = mapped_column(ForeignKey("law_items.id"))
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("law_makers.id"))

    item: Mapped[Item] = relationship(back_populates="parts")
    maker: Mapped[Maker | None] = relationship()
    marks: Mapped[list[Mark]] = relationship(back_populates="part")


class Item(Base):
    __tablename__ = "law_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(String(100))
    small: Mapped[int | None] = mapped_column(SmallInteger)
    whole: Mapped[int | None]
    big: Mapped[int | None] = mapped_column(BigInteger)
    price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(12, 4))
    ratio: Mapped[float | None] = mapped_column(Double)
    flag: Mapped[bool | None]
    day: Mapped[dt.date | None]
    clock: Mapped[dt.time | None] = mapped_column(_TIME)
    moment: Mapped[dt.datetime | None] = mapped_column(_DATETIME)
    instant: Mapped[dt.datetime | None] = mapped_column(_INSTANT)
    colour: Mapped[Colour | None]
    key: Mapped[uuid.UUID | None]
    span: Mapped[dt.timedelta | None] = mapped_column(Interval)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("law_makers.id"))
    # No foreign key: some numbers lead to no item, which is no parent.
    parent_id: Mapped[int | None]

    maker: Mapped[Maker | None] = relationship(back_populates="items")
    parent: Mapped[Item | None] = relationship(
        primaryjoin="remote(Item.id) == foreign(Item.parent_id)", back_populates="children"
    )
    children: Mapped[list[Item]] = relationship(
        primaryjoin="Item.id == foreign(Item.parent_id)", remote_side="Item.parent_id", back_populates="parent"
    )
    tags: Mapped[list[Tag]] = relationship(secondary=item_tags, back_populates="items")
    parts: Mapped[list[Part]] = relationship(back_populates="item")


TEXTS = (
    *("", " ", "a", "A", "a ", " a", "ab", "Ab", "AB", "ab ", "abc", "b", "B", "demo", "Demo", "DEMO", "demolition"),
    *("%", "50%", "_", "a_b", "axb", "a%b", "*", "a*b", "star*", "\\", "a\\b", "\\*", "\\%", "[a]", "[", "]", "[^a]"),
    *("?", "a?b", "!", "!%", "^", "^a", "'", "it's", '"', "''", "\\'", "--", ";", "a;b", "a,b", "(a)", "null", "NULL"),
    *("true", "0", "1", "01", "10", "9", "1.0", "\t", "a\tb", "a\nb", "\r\n", "\u00a0", "a\u00a0", "\u200b", "\ufeff"),
    *("é", "É", "e\u0301", "E\u0301", "ß", "ẞ", "ss", "SS", "İ", "i", "I", "ı", "i\u0307", "ς", "σ", "Σ", "ΣΑΣ", "σας"),
    *(
        "ά",
        "Ά",
        "\u212a",
        "k",
        "K",
        "å",
        "Å",
        "\u212b",
        "ﬁ",
        "fi",
        "Ǆ",
        "ǅ",
        "ǆ",
        "Ж",
        "ж",
        "日本",
        "ｱ",
        "ア",
        "\uffff",
    ),
    *(
        "🙂",
        "🙃",
        "a🙂",
        "𐐀",
        "𐐨",
        "\U0010ffff",
        "Ꭰ",
        "ꭰ",
        "ﷺ",
        "Ⱥ",
        "ⱥ",
        "größe",
        "GRÖSSE",
        "Größe",
        "zoe",
        "Zoë",
        "z",
    ),
)
"""Texts that databases read in ways of their own."""

ALPHABET = "aAbB%_*\\[]^!?'\" .\t0eéÉ\u0301ßẞİiıσςΣ🙂𐐀𐐨"

_DAYS = (
    dt.date.min,
    dt.date(1, 12, 31),
    dt.date(999, 12, 31),
    dt.date(1582, 10, 10),
    dt.date(1900, 2, 28),
    dt.date(1969, 12, 31),
    dt.date(1970, 1, 1),
    dt.date(2000, 2, 29),
    dt.date(2024, 2, 29),
    dt.date(2038, 1, 19),
    dt.date(9999, 12, 31),
)
_TIMES = (
    dt.time.min,
    dt.time(0, 0, 0, 1),
    dt.time(12, 30),
    dt.time(12, 30, 0, 100_000),
    dt.time(12, 30, 1),
    dt.time(23, 59, 59),
    dt.time.max,
)
_DECIMALS = tuple(
    map(
        decimal.Decimal,
        ("0", "0.0001", "-0.0001", "1", "1.1", "1.10", "-1.5", "0.3", "99999999.9999", "-99999999.9999", "12.5"),
    )
)
_FLOATS = (0.0, -0.0, 1.0, 0.1, 0.3, 0.1 + 0.2, -1.5, 1e15, 1e-15, 1e300, -1e300, 5e-324, 1.7976931348623157e308, 1 / 3)
# Without an interval type a duration is stored as a time after 1970, in whole seconds on MariaDB.
_SPANS = tuple(map(dt.timedelta, (0, -1, 1, 7, 10_000, -10_000, 719_162, -719_162))) + tuple(
    dt.timedelta(seconds=seconds) for seconds in (1, -1, 59, 3_600, 86_399, 86_401)
)


@dataclass(frozen=True, eq=False, repr=False)
class World:
    """All rows of one seed: objects in memory, the same in a database after `insert`."""

    items: Sequence[Item]
    makers: Sequence[Maker]
    countries: Sequence[Country]
    tags: Sequence[Tag]
    parts: Sequence[Part]
    marks: Sequence[Mark]

    def insert(self, connection: Connection) -> None:
        """Store the rows, and how items and tags belong together."""
        for rows in (self.countries, self.makers, self.tags, self.items, self.parts, self.marks):
            connection.execute(insert(type(rows[0])), [_values(row) for row in rows])
        pairs = [{"item_id": item.id, "tag_id": tag.id} for item in self.items for tag in item.tags]
        connection.execute(insert(item_tags), pairs)


def _values(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}


@dataclass(frozen=True)
class _RandomValues:
    """Random values of each type, often those at the edges of it."""

    random: Random

    def text(self) -> str:
        if self.random.random() < 0.7:
            return self.random.choice(TEXTS)
        return "".join(self.random.choices(ALPHABET, k=self.random.randint(0, 5)))

    def integer(self, bits: int) -> Callable[[], int]:
        edges = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0, 1, -1, 2, 9, 10)
        return lambda: self.random.choice(edges) if self.random.random() < 0.7 else self._small()

    def _small(self) -> int:
        return self.random.randint(-(2**15), 2**15 - 1)

    def day(self) -> dt.date:
        if self.random.random() < 0.6:
            return self.random.choice(_DAYS)
        return dt.date(2024, 1, 1) + dt.timedelta(self.random.randint(-400, 400))

    def time(self) -> dt.time:
        if self.random.random() < 0.6:
            return self.random.choice(_TIMES)
        hour, minute, second = (self.random.randrange(end) for end in (24, 60, 60))
        return dt.time(hour, minute, second, self.random.randrange(10**6))

    def moment(self) -> dt.datetime:
        return dt.datetime.combine(self.day(), self.time())

    def number(self) -> float:
        if self.random.random() < 0.6:
            return self.random.choice(_FLOATS)
        return round(self.random.uniform(-100, 100), 2)

    def decimal(self) -> decimal.Decimal:
        if self.random.random() < 0.6:
            return self.random.choice(_DECIMALS)
        return decimal.Decimal(self.random.randint(-(10**7), 10**7)).scaleb(-4)


def world(seed: int, items: int = 150) -> World:
    """Random rows.

    Args:
        seed: the same seed gives the same rows.
        items: how many; there are fewer of everything that they are related to.
    """
    random = Random(seed)

    def numbers(count: int) -> Iterator[int]:
        # Not from 1 and not in order, so that no database returns rows by chance in the order of the key.
        return iter(random.sample(range(-500, 1_000), count))

    def maybe(value: Callable[[], ValueT], nothing: float = 0.15) -> ValueT | None:
        return None if random.random() < nothing else value()

    def pick(values: Sequence[ValueT]) -> Callable[[], ValueT]:
        return lambda: random.choice(values)

    value = _RandomValues(random)
    countries = [
        Country(id=number, name=maybe(value.text), area=maybe(value.integer(64)))
        for number in numbers(max(items // 25, 2))
    ]
    makers = [
        Maker(id=number, name=maybe(value.text), founded=maybe(value.day), country=maybe(pick(countries), 0.3))
        for number in numbers(max(items // 12, 2))
    ]
    tags = [
        Tag(id=number, name=maybe(value.text), weight=maybe(value.integer(32)), country=maybe(pick(countries), 0.3))
        for number in numbers(max(items // 20, 2))
    ]
    # MariaDB stores only UUIDs whose version and variant make sense.
    keys = [uuid.UUID(int=random.getrandbits(128), version=random.choice((1, 4))) for _ in range(20)]
    keys += [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)]
    everything = [
        Item(
            id=number,
            text=maybe(value.text),
            name=maybe(value.text),
            small=maybe(value.integer(16)),
            whole=maybe(value.integer(32)),
            big=maybe(value.integer(64)),
            price=maybe(value.decimal),
            ratio=maybe(value.number),
            flag=maybe(pick((True, False))),
            day=maybe(value.day),
            clock=maybe(value.time),
            moment=maybe(value.moment),
            instant=maybe(lambda: value.moment().replace(tzinfo=dt.UTC)),
            colour=maybe(pick(tuple(Colour))),
            key=maybe(pick(keys)),
            span=maybe(pick(_SPANS)),
            maker=maybe(pick(makers), 0.25),
            tags=random.sample(tags, random.choice((0, 0, 1, 1, 2, min(4, len(tags))))),
        )
        for number in numbers(items)
    ]
    for item in everything:
        item.parent = maybe(pick(everything), 0.3)
    parts = [
        Part(
            id=number,
            name=maybe(value.text),
            amount=maybe(pick(_DECIMALS[1:8])),
            item=random.choice(everything),
            maker=maybe(pick(makers)),
        )
        for number in numbers(items)
    ]
    for part in parts:
        part.amount = part.amount and part.amount.quantize(decimal.Decimal("0.01"))
    marks = [
        Mark(id=number, label=maybe(value.text), points=maybe(value.integer(32)), part=random.choice(parts))
        for number in numbers(items)
    ]
    _link(everything, makers, parts, marks, countries, tags)
    for item in everything[:5]:
        item.parent_id = item.parent_id or 2_000
    return World(everything, makers, countries, tags, parts, marks)


def _link(*families: Sequence[Base]) -> None:
    """Give each foreign key the number of the object beside it; a session would do so when it stores them."""
    for family in families:
        for row in family:
            for relation in inspect(type(row)).relationships:
                target = None if relation.uselist else getattr(row, relation.key)
                if not relation.uselist:
                    (column,) = relation.local_columns
                    setattr(row, str(column.key), None if target is None else target.id)


# The rows bring their keys, and not every database makes any.
for _table in Base.metadata.tables.values():
    for _column in _table.columns:
        _column.autoincrement = False
