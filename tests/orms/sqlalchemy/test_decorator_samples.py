"""Decorated types whose code alone says what becomes of a value: rows are right, or the operator is refused."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import hashlib
import itertools
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr
from sqlalchemy import JSON, Date, DateTime, Integer, LargeBinary, String, Text, func, select
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from property_tests.walks import walked
from pyrsql import ConfigurationError
from pyrsql.models import kinds
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.column_types import described
from pyrsql.problems import UnsupportedOperator, UnsupportedSort, WrongValue
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked


class Stored(TypeDecorator[Any]):
    """A type of a developer's, made of one function."""

    impl: Any = String(200)
    cache_ok = True

    def __init_subclass__(cls) -> None:
        # SQLAlchemy asks every class itself.
        cls.cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.stored(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.read(value)

    def stored(self, value: Any) -> Any:
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        return value


class Lower(Stored):
    """Folds case: letter by letter."""

    def stored(self, value: Any) -> Any:
        return value.lower()


class Email(Stored):
    """Takes whole values only. A part of one is none."""

    def stored(self, value: Any) -> Any:
        if "@" not in value:
            raise ValueError(value)
        return value


class Address(Stored):
    """Takes an empty text for NULL, as SQLAlchemy-Utils does with addresses."""

    def stored(self, value: Any) -> Any:
        return str(value) if value else None


class Sealed(Stored):
    """An encryption that is the same each time: the text of a part is no part of the text."""

    impl = Text

    def stored(self, value: Any) -> Any:
        return base64.b64encode(hashlib.sha256(value.encode()).digest() + value.encode()).decode()

    def read(self, value: Any) -> Any:
        return base64.b64decode(value)[32:].decode()


class Capital(Stored):
    """The first letter of a part is not that of the whole."""

    def stored(self, value: Any) -> Any:
        return value.capitalize()


class Prefixed(Stored):
    def stored(self, value: Any) -> Any:
        return f"p:{value}"

    def read(self, value: Any) -> Any:
        return value[2:]


class Salted(Stored):
    """An encryption with a random part: no two of its texts are equal."""

    numbers = itertools.count()

    def stored(self, value: Any) -> Any:
        return f"{next(self.numbers)}:{value}"

    def read(self, value: Any) -> Any:
        return value.partition(":")[2]


class Words(Stored):
    """A list, which it says nowhere. It takes a text for a list of letters."""

    def stored(self, value: Any) -> Any:
        return ",".join(value)

    def read(self, value: Any) -> Any:
        return value.split(",")


class Bytes(TypeDecorator[uuid.UUID]):
    impl = LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
    cache_ok = True

    @property
    def python_type(self) -> type[Any]:
        return uuid.UUID

    def process_bind_param(self, value: uuid.UUID | None, dialect: Any) -> bytes | None:
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Any) -> uuid.UUID | None:
        return None if value is None else uuid.UUID(bytes=bytes(value))


class Document(TypeDecorator[Any]):
    """A document on PostgreSQL, and its text elsewhere."""

    impl = String(50)
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        return postgresql.JSON() if dialect.name == "postgresql" else String(50)


class YesNo(Stored):
    """A truth value, which it says nowhere. It takes any text for true."""

    def stored(self, value: Any) -> Any:
        return "Y" if value else "N"

    def read(self, value: Any) -> Any:
        return value == "Y"


class Negated(Stored):
    """Numbers in the opposite order."""

    impl = Integer

    def stored(self, value: Any) -> Any:
        return -value

    def read(self, value: Any) -> Any:
        return -value


class Scrambled(Negated):
    def stored(self, value: Any) -> Any:
        return value ^ 0x5A5A

    def read(self, value: Any) -> Any:
        return value ^ 0x5A5A


class Cents(Stored):
    impl = Integer

    @property
    def python_type(self) -> type[Any]:
        return decimal.Decimal

    def stored(self, value: Any) -> Any:
        return int(value * 100)

    def read(self, value: Any) -> Any:
        return decimal.Decimal(value) / 100


class Seconds(Stored):
    impl = DateTime

    def stored(self, value: Any) -> Any:
        return value.replace(microsecond=0, tzinfo=None)


class Upper(TypeDecorator[Any]):
    """Capitals by SQL: what is read is not what is stored."""

    impl = String(20)
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> Any:
        return func.upper(bindparam)

    def column_expression(self, column: Any) -> Any:
        return func.lower(column)


class Read(String):
    """A text that is read in small letters, whichever are stored."""

    def column_expression(self, colexpr: Any) -> Any:
        return func.lower(colexpr)


class Starred(Stored):
    """Shows the last four digits of a number."""

    def stored(self, value: Any) -> Any:
        return value

    def read(self, value: Any) -> Any:
        return "*" * (len(value) - 4) + value[-4:]


class Hidden(Starred):
    def read(self, value: Any) -> Any:
        return "***"


class HiddenName(Starred):
    """Shows the first letter of an e-mail address, and its domain."""

    def read(self, value: Any) -> Any:
        name, _, domain = value.partition("@")
        return f"{name[:1]}***@{domain}"


class SealedAndHidden(Sealed):
    def read(self, value: Any) -> Any:
        return super().read(value)[:3]


class HiddenTwice(Starred):
    """Decorates a type that hides."""

    impl = Starred

    def read(self, value: Any) -> Any:
        return value.upper()


class Thousands(Starred):
    """Shows a rounded number."""

    impl: Any = Integer

    def read(self, value: Any) -> Any:
        return value // 1000 * 1000


class Band(Thousands):
    """Shows a word for a number."""

    def read(self, value: Any) -> Any:
        return "high" if value > 1000 else "low"


class Year(Thousands):
    impl = Date

    def read(self, value: Any) -> Any:
        return value.replace(month=1, day=1)


class Day(Thousands):
    impl = DateTime

    def read(self, value: Any) -> Any:
        return value.replace(hour=0)


class Link(Starred):
    """Shows more than is stored."""

    def read(self, value: Any) -> Any:
        return f"https://example.org/{value}"


class Hashed(Starred):
    """Shows the hash of a text that is stored as it is."""

    def read(self, value: Any) -> Any:
        return hashlib.sha256(value.encode()).hexdigest()


class StoredHash(Stored):
    """Stores the hash of a text, and shows it."""

    def stored(self, value: Any) -> Any:
        return hashlib.sha256(value.encode()).hexdigest()


class OfSecret(Starred):
    """Holds an object of which nobody sees the text."""

    def stored(self, value: Any) -> Any:
        return value.get_secret_value()

    def read(self, value: Any) -> Any:
        return SecretStr(value)


class WithoutPassword(Starred):
    """Leaves a key of a document out."""

    impl = JSON

    def read(self, value: Any) -> Any:
        value.pop("password", None)
        return value


class StarredKey(WithoutPassword):
    def read(self, value: Any) -> Any:
        return {**value, "iban": "***"} if "iban" in value else value


class StarredKeys(WithoutPassword):
    def read(self, value: Any) -> Any:
        return dict.fromkeys(value, "***")


class Settings(BaseModel):
    size: int = 1
    email: str = ""


class SettingsWithToken(Settings):
    token: SecretStr = SecretStr("")


class OfSettings(WithoutPassword):
    """Reads a model, which takes no other keys than its own."""

    def stored(self, value: Any) -> Any:
        return value.model_dump()

    def read(self, value: Any) -> Any:
        return Settings.model_validate(value)


class OfSettingsWithToken(OfSettings):
    def read(self, value: Any) -> Any:
        return SettingsWithToken.model_validate(value)


class Minutes(Stored):
    """A time of day as a number."""

    impl = Integer

    @property
    def python_type(self) -> type[Any]:
        return dt.time

    def stored(self, value: Any) -> Any:
        return value.hour * 60 + value.minute

    def read(self, value: Any) -> Any:
        return dt.time(*divmod(value, 60))


class AsWritten(Stored):
    """A number as it was written: `1.10` and `1.1` are two texts."""

    @property
    def python_type(self) -> type[Any]:
        return decimal.Decimal

    def stored(self, value: Any) -> Any:
        return str(value)

    def read(self, value: Any) -> Any:
        return decimal.Decimal(value)


class IsoText(Stored):
    """A moment with the offset that it was given, if any: the text does not say which rows have one."""

    @property
    def python_type(self) -> type[Any]:
        return dt.datetime

    def stored(self, value: Any) -> Any:
        return value.isoformat()

    def read(self, value: Any) -> Any:
        return dt.datetime.fromisoformat(value)


class IsoTextInUtc(IsoText):
    """A moment with the offset of UTC in any case."""

    def stored(self, value: Any) -> Any:
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).astimezone(dt.UTC).isoformat()


class AsPrinted(AsWritten):
    """A number with two digits in any case."""

    def stored(self, value: Any) -> Any:
        return f"{value:.2f}"


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "sampled_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    lower = mapped_column(Lower)
    email = mapped_column(Email)
    address = mapped_column(Address)
    sealed = mapped_column(Sealed)
    capital = mapped_column(Capital)
    prefixed = mapped_column(Prefixed)
    salted = mapped_column(Salted)
    words = mapped_column(Words)
    bytes = mapped_column(Bytes)
    document = mapped_column(Document)
    yes = mapped_column(YesNo)
    negated = mapped_column(Negated)
    scrambled = mapped_column(Scrambled)
    cents = mapped_column(Cents)
    seconds = mapped_column(Seconds)
    upper = mapped_column(Upper)
    read = mapped_column(Read(20))
    minutes = mapped_column(Minutes)
    written = mapped_column(AsWritten)
    printed = mapped_column(AsPrinted)
    iso = mapped_column(IsoText)
    iso_utc = mapped_column(IsoTextInUtc)


SMALL, LARGE = uuid.UUID(int=5), uuid.UUID(int=2**127 + 2**63)


def accounts() -> list[Account]:
    texts = ["abc", "ABCD", "éa", "ea"]
    return [
        Account(
            id=number,
            lower=text,
            email=f"{text}@x.org",
            address=text,
            sealed=text,
            capital=text,
            prefixed=text,
            salted=text,
            words=[*text],
            bytes=SMALL if number % 2 else LARGE,
            yes=number > 2,
            negated=number,
            scrambled=number,
            cents=decimal.Decimal(number) / 4,
            seconds=dt.datetime(2000, 1, number),
            upper=text,
            read=text.upper(),
            minutes=dt.time(12 - number, 30),
            written=decimal.Decimal("1.10") * number,
            printed=decimal.Decimal("1.10") * number,
            iso=dt.datetime(2024, 1, number, 10, tzinfo=dt.UTC),
            iso_utc=dt.datetime(2024, 1, number, 10, tzinfo=dt.UTC),
        )
        for number, text in enumerate(texts, 1)
    ] + [Account(id=5)]


@pytest.fixture(scope="module")
def filled(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, accounts()) as store:
        yield store


FILTERS: dict[str, list[int]] = {
    "lower==ABC": [1],
    "lower==AB*": [1, 2],
    "lower=like=BC": [1, 2],
    "email==abc@x.org": [1],
    "email==abc*": [1],
    "email=like=a": [1, 3, 4],
    "email=ilike=cd@": [2],
    "email=notlike=org": [],
    "address==abc": [1],
    "address=like=a": [1, 3, 4],
    "address==a*": [1],
    "address==*a": [3, 4],
    "sealed==abc": [1],
    "sealed!=abc": [2, 3, 4],
    "sealed=in=(abc,ea)": [1, 4],
    "sealed=out=(abc,ea)": [2, 3],
    "capital==Ea": [4],
    "capital==éa": [3],
    "capital=in=(éa,abc)": [1, 3],
    "prefixed==ea": [4],
    "prefixed!=ea": [1, 2, 3],
    "salted=nn=": [1, 2, 3, 4],
    "words=='a,b,c'": [1],
    "words==abc": [],
    "words=like='b,c'": [1],
    f"bytes=={LARGE}": [2, 4],
    f"bytes!={LARGE}": [1, 3],
    f"bytes!={SMALL}": [2, 4],
    f"bytes=out=({SMALL})": [2, 4],
    "document=na=": [1, 2, 3, 4, 5],
    "yes==true": [3, 4],
    "yes==false": [1, 2],
    "yes!=true": [1, 2],
    "negated==2": [2],
    "negated!=2": [1, 3, 4],
    "scrambled=in=(1,4)": [1, 4],
    "cents==0.25": [1],
    "cents>0.5": [3, 4],
    "seconds>2000-01-02": [3, 4],
    "upper==abc": [1],
    "upper!=ABC": [2, 3, 4],
    "upper=in=(abc,ABCD)": [1, 2],
    "read=nn=": [1, 2, 3, 4],
    "minutes==10:30": [2],
    "minutes!=10:30": [1, 3, 4],
    "minutes<10:30": [3, 4],
    "minutes==12:30+02:00": [2],
    "minutes=bt=(09:00,10:30)": [2, 3],
    "written=nn=": [1, 2, 3, 4],
    "written=like=1.1": [1],
    "printed==1.1": [1],
    "iso=nn=": [1, 2, 3, 4],
    "iso=like=2024-01-02": [2],
    "iso_utc==2024-01-02T10:00:00": [2],
    "iso_utc==2024-01-02T12:00:00+02:00": [2],
    "iso_utc!=2024-01-02T10:00:00Z": [1, 3, 4],
    "printed==2.200": [2],
    "printed=out=(1.1,3.3)": [2, 4],
}


@pytest.mark.parametrize("filter", FILTERS)
def test_rows(filled: Store, filter: str) -> None:
    assert ids(filled, Account, filter) == FILTERS[filter]


@pytest.mark.parametrize(("sort", "expected"), [("bytes;id", [1, 3, 2, 4, 5]), ("-bytes;id", [5, 2, 4, 1, 3])])
def test_bytes_of_a_uuid_sort_as_its_text(filled: Store, sort: str, expected: list[int]) -> None:
    assert ids(filled, Account, sort=sort) == expected


@pytest.mark.parametrize(
    "sort",
    [
        "sealed",
        "-capital",
        "prefixed",
        "words",
        "lower",
        "negated",
        "yes",
        "-upper",
        "cents",
        "minutes",
        "-minutes",
        "printed",
    ],
)
def test_walks(filled: Store, sort: str) -> None:
    def check(session: Session) -> None:
        for size, backward in ((1, False), (2, True)):
            found = walked(
                schema(Account), select(Account.id), session.execute, sort=sort, size=size, backward=backward
            )
            assert found == expected

    expected = ids(filled, Account, sort=sort, options=QueryOptions())
    filled.run(check)


@pytest.mark.parametrize(
    ("filter", "refused"),
    [
        ("email==abc", WrongValue),
        ("email=ic=abc", WrongValue),
        ("email=in=(abc)", WrongValue),
        ("sealed=like=a", UnsupportedOperator),
        ("sealed=ic=abc", UnsupportedOperator),
        ("sealed>abc", UnsupportedOperator),
        ("capital=like=b", UnsupportedOperator),
        ("prefixed=bt=(a,b)", UnsupportedOperator),
        ("salted==abc", UnsupportedOperator),
        ("salted!=abc", UnsupportedOperator),
        ("document==1", UnsupportedOperator),
        ("document!=1", UnsupportedOperator),
        ("yes==Y", WrongValue),
        ("yes>false", UnsupportedOperator),
        ("negated>1", UnsupportedOperator),
        ("scrambled=bt=(1,3)", UnsupportedOperator),
        ("cents==0.255", WrongValue),
        ("cents>0.255", WrongValue),
        ("seconds>2000-01-02T00:00:00.5", WrongValue),
        ("upper=like=b", UnsupportedOperator),
        ("upper>abc", UnsupportedOperator),
        ("read==abc", UnsupportedOperator),
        ("read=like=a", UnsupportedOperator),
        ("minutes==10:30:30", WrongValue),
        ("written==1.1", UnsupportedOperator),
        ("iso==2024-01-02T10:00:00", UnsupportedOperator),
        ("iso!=2024-01-02T10:00:00Z", UnsupportedOperator),
        ("written!=1.1", UnsupportedOperator),
        ("written=in=(1.1,2.2)", UnsupportedOperator),
    ],
)
def test_refusals(filter: str, refused: type) -> None:
    assert isinstance(problems(Account, filter)[0], refused)


@pytest.mark.parametrize("sort", ["salted", "document", "read", "written"])
def test_refused_sorts(sort: str) -> None:
    assert isinstance(problems(Account, sort=sort)[0], UnsupportedSort)


@pytest.mark.parametrize("name", ["salted", "document"])
def test_a_listed_field_that_equals_nothing_is_refused_when_the_schema_is_built(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{name}', which no value"):
        schema(Account, QueryOptions(field_whitelist={"id", name}))


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (Lower(), kinds.Text()),
        (Email(), kinds.Text()),
        (Words(), kinds.Text()),
        (Sealed(), kinds.Opaque("Sealed", str, kinds.Text())),
        (Salted(), kinds.Opaque("Salted")),
        (Document(), kinds.Opaque("Document", str)),
    ],
)
def test_kinds(type_: TypeEngine[Any], kind: kinds.Kind) -> None:
    assert described(type_).kind == kind


HIDES = [Starred, Hidden, HiddenName, SealedAndHidden, HiddenTwice, Thousands, Band, Year, Day]
HIDES += [Hashed, OfSecret, WithoutPassword, StarredKey, StarredKeys, OfSettingsWithToken]


@pytest.mark.parametrize("type_", HIDES)
def test_a_decorator_that_hides_a_part_of_a_value_takes_null_checks_only(type_: type[Stored]) -> None:
    """Else a client would find out the rest letter by letter, by an order, or in a cursor."""
    assert described(type_()).kind == kinds.Opaque(type_.__name__)

    class Model(DeclarativeBase):
        pass

    class Card(Model):
        __tablename__ = "cards"

        id: Mapped[int] = mapped_column(primary_key=True)
        number = mapped_column(type_)

    for filter in ("number==4*", "number==4012888888881881", "number=like=4", "number>4", "number=in=(4)"):
        assert isinstance(problems(Card, filter)[0], UnsupportedOperator)
    assert isinstance(problems(Card, sort="number")[0], UnsupportedSort)
    with pytest.raises(ConfigurationError, match="'number', which no value"):
        schema(Card, QueryOptions(field_whitelist={"id", "number"}))


@pytest.mark.parametrize(
    "type_",
    [Lower, Email, Prefixed, Sealed, Negated, Cents, Seconds, Link, Words, YesNo, Capital, OfSettings, StoredHash],
)
def test_a_decorator_that_reads_another_form_hides_nothing(type_: type[Stored]) -> None:
    assert described(type_()).kind != kinds.Opaque(type_.__name__)
