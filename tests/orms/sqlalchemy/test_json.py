"""JSON columns: the same rows on every database, and as a small model of the meaning in Python finds them."""

import datetime as dt
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import PurePosixPath
from typing import Any, cast

import pytest
from sqlalchemy import JSON, Engine, String, delete, insert, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import pyrsql
from pyrsql import JSONOptions, JSONSortScalarType, ParseLimits, QueryOptions, SortOptions
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.validation.predicates import (
    Between,
    Compare,
    Conjunction,
    FieldOperand,
    Match,
    Member,
    Null,
    Pattern,
    SqlPattern,
    Test,
)
from pyrsql.validation.validate import validate_filter


class Base(DeclarativeBase):
    pass


class Twice:
    """A document twice: as JSON everywhere, and as JSONB on PostgreSQL."""

    id: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[object | None] = mapped_column(JSON(none_as_null=True))
    packed: Mapped[object | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )


class Paper(Twice, Base):
    __tablename__ = "paper"


class Diary(Twice, Base):
    __tablename__ = "diary"


ORM = SQLAlchemyORM()

DOCUMENTS: tuple[object, ...] = (
    None,
    {},
    [],
    "text",
    1,
    True,
    False,
    [1, 2],
    [2, 1],
    {"a": 1},
    {"a": 1.0},
    {"a": "1"},
    {"a": True},
    {"a": "true"},
    {"a": False},
    {"a": 0},
    {"a": None},
    {"a": []},
    {"a": [None]},
    {"a": {}},
    {"a": [1, "1", True]},
    {"a": [[1]]},
    {"a": [[[1]]]},
    {"a": [2, [1, 2]]},
    {"a": [1, 2]},
    {"a": [1.0, 2]},
    {"a": [2, 1]},
    {"a": [1, 2, 3]},
    {"a": {"b": 1}},
    {"a": {"b": 1, "c": [1, {"d": None}]}},
    {"a": {"c": [1.0, {"d": None}], "b": 1}},
    {"a": {"c": [1.0, {"d": 0}], "b": 1}},
    {"a": {"c": [1.0, {"e": None}], "b": 1}},
    {"a": {"b": None}},
    {"a": [{"b": 1}, {"b": 2}]},
    {"a": [{"b": None}, {"b": 2}]},
    {"a": [{"b": [5, 6]}, {"c": 2}]},
    {"a": [[{"b": 1}]]},
    [{"a": 1}, {"a": {"b": "x"}}],
    [[{"a": 1}]],
    {"a": "demo"},
    {"a": "Demo"},
    {"a": "DEMO user"},
    {"a": ""},
    {"a": " "},
    {"a": "demo "},
    {"a": "50%_off"},
    {"a": "50x off"},
    {"a": "a*b"},
    {"a": "axb"},
    {"a": 'quote"d'},
    {"a": "back\\slash"},
    {"a": "it's"},
    {"a": "line\nbreak\ttab"},
    {"a": ".*"},
    {"a": "[1,2]"},
    {"a": '{"b":1}'},
    {"a": "münchen"},
    {"a": "MÜNCHEN"},
    {"a": "😀"},
    {"a": "\uffff"},
    {"a": "z"},
    {"a": "Z"},
    {"a": "é"},
    {"a": "$v"},
    {"a": "@"},
    {"a": "null"},
    {"a": 2**53},
    {"a": 2**53 + 1},
    {"a": 2**63 - 1},
    {"a": 2**63 - 2},
    {"a": -(2**63)},
    {"a": 1e300},
    {"a": -1e300},
    {"a": 5e-324},
    {"a": 1e-7},
    {"a": 0.1},
    {"a": 0.1 + 0.2},
    {"a": 1e16},
    {"a": 10**30},
    {"a": -0.0},
    {"a": 1.5},
    {"a": [2**53 + 1, {"x": 2**53}]},
    {"a": {"ключ": "значение", "é": [1, {"😀": "ü"}]}},
    {"a": {"é": [1.0, {"😀": "ü"}], "ключ": "значение"}},
    {
        'a"b': 1,
        "a\\b": 2,
        "$": 3,
        "*": 4,
        "[0]": 5,
        "0": 6,
        "a b": 7,
        "é": 8,
        "😀": 9,
        "'": 10,
        "?": 11,
        "%s": 12,
        ":x": 13,
    },
    {"0": "x", "a": {"0": "y"}},
    {"a": {"b": {"c": {"d": {"e": [[], {"f": "deep"}]}}}}},
    {"a": "2024-01-01"},
    {"b": 1},
)

FILTERS: tuple[str, ...] = (
    "a==1",
    "a!=1",
    "a==1.0",
    "a=='\"1\"'",
    "a=='\"true\"'",
    "a==true",
    "a!=true",
    "a==false",
    "a==0",
    "a==-0.0",
    "a=na=",
    "a=nn=",
    "a.b=na=",
    "a.b=nn=",
    "a.b==1",
    "a.b!=1",
    "a.b==2",
    "a.b==5",
    "a.b==x",
    "a.c.d=na=",
    "a.c.d=nn=",
    "a.b.c.d.e.f==deep",
    "a.b.c.d.e.f==de*",
    "b==1",
    "zz==1",
    "zz!=1",
    "zz=na=",
    "zz=nn=",
    "zz=out=(1)",
    "zz=notlike=x",
    "zz=nb=(1,2)",
    "a=in=(1,2)",
    "a=in=(1,demo,true)",
    "a=out=(1,demo,true)",
    "a=in=('[1,2]',demo)",
    "a=out=('[1,2]',demo)",
    "a=='[1,2]'",
    "a!='[1,2]'",
    "a=='[]'",
    "a=='{}'",
    "a=='[null]'",
    "a=='[1]'",
    "a=='[[1]]'",
    "a=='[1, 2.0]'",
    "a=='{\"b\":1}'",
    "a=='{\"b\":1.0}'",
    'a==\'{"b":1,"c":[1,{"d":null}]}\'',
    'a==\'{"c":[1,{"d":null}],"b":1e0}\'',
    "a=='{\"b\":null}'",
    'a==\'{"ключ":"значение","é":[1,{"😀":"ü"}]}\'',
    "a=='{\"\\\\u0438\":1}'",
    "a=='[9007199254740993,{\"x\":9007199254740992}]'",
    "a=='[9007199254740992,{\"x\":9007199254740992}]'",
    "a=='[1,\"1\",true]'",
    "a=='[1,1,true]'",
    'a==\'{"0":"y"}\'',
    "a==demo",
    "a==^demo",
    "a!=^demo",
    "a=ic=DEMO",
    "a==demo*",
    "a==^demo*",
    "a=like=dem",
    "a=notlike=dem",
    "a=ilike=DEM",
    "a=inotlike=DEM",
    "a=like=%",
    "a=like=_",
    "a=like=50%_",
    "a==50%*",
    "a==50_*",
    "a=like=.*",
    "a==a\\*b",
    "a==a*b",
    "a=like=1",
    "a=like=true",
    "a==''",
    "a==' '",
    "a=='quote\"d'",
    "a==back\\slash",
    "a=like=k\\s",
    'a=="it\'s"',
    "a==.\\*",
    "a=='\"[1,2]\"'",
    "a=='\"null\"'",
    "a==$v",
    "a=in=($v,@)",
    "a==münchen",
    "a==^MÜNCHEN",
    "a=like=ü",
    "a=ilike=Ü",
    "a==😀",
    "a==é",
    "a>1",
    "a>=1",
    "a<1",
    "a<=1",
    "a>Z",
    "a<a",
    "a>=é",
    "a<=é",
    "a>é",
    "a>=\uffff",
    "a>'\"1\"'",
    "a=bt=(0,1)",
    "a=nb=(0,1)",
    "a=bt=(a,z)",
    "a=bt=(0,z)",
    "a=bt=(0,0)",
    "a==9007199254740993",
    "a==9007199254740992",
    "a>9007199254740992",
    "a>=9007199254740993",
    "a<9007199254740993",
    "a==9223372036854775807",
    "a==9223372036854775806",
    "a<9223372036854775807",
    "a==-9223372036854775808",
    "a==1e300",
    "a>=1e300",
    "a==5e-324",
    "a>0;a<1e-300",
    "a==0.1",
    "a==0.30000000000000004",
    "a==1e-7",
    "a==1e16",
    "a==10000000000000000",
    "a==1e30",
    "a<-1e299",
    "a.x==9007199254740992",
    "0==x",
    "a.0==y",
    "a.é==1",
    "a.ключ==значение",
    "a.é.😀==ü",
    "'a\"b'==1",
    "a\\b==2",
    "$==3",
    "*==4",
    "[0]==5",
    "0==6",
    "'a b'==7",
    "é==8",
    "😀==9",
    '"\'"==10',
    "?==11",
    "%s==12",
    ":x==13",
    "a.*==1",
    "'a ? (@ == 1)'==1",
    "a=='$.b'",
    '\'a" || "1" == "1\'==1',
    "a\0b==1",
    "a\ud800b=na=",
    ".".join(["a"] * 120) + "==1",
    ".".join(["é"] * 40) + "=na=",
    "a=='" + "[" * 60 + "]" * 60 + "'",
)

MOMENTS: tuple[object, ...] = (
    None,
    {"at": None},
    {"at": 20240101},
    {"at": "2024-01-01"},
    {"at": "2024-01-01 "},
    {"at": "2024-1-1"},
    {"at": "2024-02-29"},
    {"at": "2024-02-30"},
    {"at": "2023-02-29"},
    {"at": "1900-02-29"},
    {"at": "2000-02-29"},
    {"at": "0001-02-28"},
    {"at": "0000-01-01"},
    {"at": "9999-12-31"},
    {"at": "2024-13-01"},
    {"at": "2024-00-10"},
    {"at": "2024-01-01T00:00"},
    {"at": "2024-01-01T00:00:00"},
    {"at": "2024-01-01 00:00:00"},
    {"at": "2024-01-01t00:00:00"},
    {"at": "2024-01-01T00:00:00Z"},
    {"at": "2024-01-01T00:00:00z"},
    {"at": "2024-01-01T00:00:00+00:00"},
    {"at": "2024-01-01T02:00:00+02:00"},
    {"at": "2023-12-31T18:30:00-05:30"},
    {"at": "2023-12-31T23:30-00:30"},
    {"at": "2024-01-01T00:00:00.000001"},
    {"at": "2024-01-01T00:00:00.1Z"},
    {"at": "2024-01-01T00:00:00.123456+00:00"},
    {"at": "2024-01-01T00:00:00.1234567"},
    {"at": "2024-01-01T00:00:00."},
    {"at": "2024-01-01T00:00:60"},
    {"at": "2024-01-01T24:00:00"},
    {"at": "2024-01-01T00:60"},
    {"at": "2024-01-01T00"},
    {"at": "2024-01-01T00:00:00 Z"},
    {"at": "2024-01-01T00:00:00+0200"},
    {"at": "2024-01-01T00:00:00+02"},
    {"at": "2024-01-01T00:00.5"},
    {"at": "x2024-01-01"},
    {"at": "2024-01-01\n"},
    {"at": "1969-12-31T23:59:59.999999"},
    {"at": ["2020-01-01", "2025-01-01"]},
    {"at": "10:20"},
    {"at": "10:20:00"},
    {"at": "10:20:00.000000Z"},
    {"at": "10:20:00+00:00"},
    {"at": "12:20:00+02:00"},
    {"at": "10:20:30.5"},
    {"at": "24:00"},
    {"at": "23:59:59.999999"},
    {"at": "00:00"},
    "2024-01-01T00:00:00Z",
)

MOMENT_FILTERS = (
    "at==2024-01-01",
    "at!=2024-01-01",
    "at==2024-01-01T00:00",
    "'at'=='2024-01-01 00:00:00'",
    "at==2024-01-01T00:00:00Z",
    "at==2024-01-01T02:00:00%2B02:00".replace("%2B", "+"),
    "at==2024-01-01T00:00:00.000001Z",
    "at==2024-01-01T00:00:00.123456",
    "at=='\"2024-01-01\"'",
    "at==2024-01-01*",
    "at=like=2024-01",
    "at>2024-01-01",
    "at>=2024-01-01",
    "at<2024-01-01",
    "at<=2024-01-01T00:00:00Z",
    "at>0001-01-01",
    "at<=9999-12-31",
    "at>=2024-02-29;at<2024-03-02",
    "at<1970-01-01",
    "at=bt=(2023-12-31,2024-01-01T00:00:00.2)",
    "at=nb=(2023-12-31,2024-01-01T00:00:00.2)",
    "at=in=(2024-01-01,10:20,20240101,x)",
    "at=out=(2024-01-01,10:20,20240101,x)",
    "at==10:20",
    "at==10:20:00Z",
    "at==12:20+02:00",
    "at>10:20",
    "at>=00:00",
    "at<23:59:59.999999",
    "at=bt=(10:00,2024-01-01)",
    "at>a",
    "at==20240101",
)

WHOLE_FILTERS = (
    # Text operators: of a text, and of an array that holds one.
    "==^X",
    "==*",
    "==x*",
    "!=x*",
    "=like=x",
    "=notlike=x",
    "=ilike=X",
    "=inotlike=X",
    "=ic=X",
    "==1",
    "==text",
    "!=text",
    "==te*",
    "==^TEXT",
    "==true",
    "==false",
    "!=true",
    "=='[1,2]'",
    "=='[2,1]'",
    "!='[1,2]'",
    "=='[]'",
    "=='{}'",
    "=='{\"a\":1}'",
    "=in=('{\"a\":1}',1,text)",
    "=out=('{\"a\":1}',1,text)",
    "=na=",
    "=nn=",
)


OPTIONS = QueryOptions(parse_limits=ParseLimits(selector_length=None))


def written(column: str, filter_text: str) -> str:
    """The filter with its selector put below a column."""
    quote = filter_text[0] if filter_text[0] in "'\"" else ""
    return f"{quote}{column}.{filter_text.removeprefix(quote)}".replace(";", f";{column}.")


def matching(session: Session, model: type[Twice], filter_text: str, options: QueryOptions = OPTIONS) -> list[int]:
    """The ids of the rows that a filter finds."""
    statement = pyrsql.parse(filter_text, options=options).apply(select(model.id), model, orm=ORM)
    return sorted(session.scalars(statement))


@pytest.fixture(scope="module")
def session(engine: Engine) -> Iterator[Session]:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        store(session, Paper, DOCUMENTS)
        store(session, Diary, MOMENTS)
        yield session
    Base.metadata.drop_all(engine)


def store(session: Session, model: type[Twice], documents: Iterable[object]) -> None:
    """Keep documents, and no others, under the ids from 1 on."""
    session.execute(delete(model))
    session.execute(insert(model), [{"id": place, "payload": d, "packed": d} for place, d in enumerate(documents, 1)])
    session.commit()


# --- the meaning -----------------------------------------------------------------------------------------------------


def reached(document: object, keys: tuple[str, ...]) -> list[object]:
    """The values that a path leads to."""
    values = [document]
    for key in keys:
        objects = [item for value in values for item in (value if isinstance(value, list) else [value])]
        values = [item[key] for item in objects if isinstance(item, dict) and key in item]
    return values


ISO = re.compile(r"(\d{4}-\d\d-\d\d)?((?:^|(?<=\d)[T ])\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def moment(value: object) -> object:
    """A date, a date and time, or a time of day in UTC; the text itself where it is none."""
    if isinstance(value, dt.datetime | dt.time):
        return value.replace(tzinfo=None)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    match = ISO.fullmatch(value) if isinstance(value, str) else None
    if match is None or not (match[1] or match[2]) or (match[3] and not match[2]):
        return value
    try:
        if match[1] is None:
            return dt.time.fromisoformat(match[2]) if match[3] in (None, "Z", "+00:00") else value
        at = dt.datetime.fromisoformat(match[0])
    except ValueError:
        return value
    return at if at.tzinfo is None else at.astimezone(dt.UTC).replace(tzinfo=None)


def exact(value: object) -> object:
    """A value that `==` compares as JSON does: numbers by the digits they are written with, kinds kept apart."""
    match value:
        case list():
            return ("array", tuple(map(exact, value)))
        case dict():
            return ("object", frozenset((key, exact(item)) for key, item in value.items()))
        case bool():
            return ("boolean", value)
        case int() | float() | Decimal():
            return ("number", Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
        case _:
            return (type(value).__name__, value)


def comparable(value: object, wanted: object) -> tuple[object, object]:
    return (moment(value), moment(wanted)) if isinstance(wanted, dt.date | dt.time) else (value, wanted)


def equal(value: object, wanted: object) -> bool:
    left, right = map(exact, comparable(value, wanted))
    return left == right


def orderable(value: object) -> tuple[str, Any]:
    return cast("tuple[str, Any]", exact(value))


def ordered(value: object, sign: str, wanted: object) -> bool:
    value, wanted = comparable(value, wanted)
    kind, left = orderable(value)
    same_kind, right = orderable(wanted)
    compare = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}[sign]
    return kind == same_kind and kind in ("number", "str", "datetime", "time") and bool(compare(left, right))


def equals_some(value: object, wanted: Iterable[object]) -> bool:
    return any(equal(value, one) for one in wanted)


def lies_within(value: object, low: object, high: object) -> bool:
    return ordered(value, ">=", low) and ordered(value, "<=", high)


def follows(value: object, pattern: Pattern | SqlPattern, ignore_case: bool) -> bool:
    assert isinstance(pattern, Pattern)
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return isinstance(value, str) and bool(re.fullmatch(".*".join(map(re.escape, pattern.pieces)), value, flags))


def is_found(test: Test, document: object) -> bool:
    """Whether a test finds a document."""
    operand = test.operand
    assert isinstance(operand, FieldOperand)
    values = reached(document, operand.keys)
    if isinstance(test, Null):
        return any(value is not None for value in values) == test.negated
    elements = [item for value in values if isinstance(value, list) for item in value]
    if not operand.keys:
        elements = [item for item in elements if not isinstance(item, list | dict)]
    passes: Callable[[object], bool]
    negated = isinstance(test, Match | Member | Between) and test.negated
    match test:
        case Compare(value=wanted, ignore_case=True):
            passes = partial(follows, pattern=Pattern((str(wanted),)), ignore_case=True)
            negated = test.sign == "!="
        case Compare(sign="==" | "!=", value=wanted):
            passes = partial(equal, wanted=wanted)
            negated = test.sign == "!="
        case Compare(sign=sign, value=wanted):
            passes = partial(ordered, sign=sign, wanted=wanted)
        case Match(pattern=pattern, ignore_case=ignore_case):
            passes = partial(follows, pattern=pattern, ignore_case=ignore_case)
        case Member(values=wanted):
            passes = partial(equals_some, wanted=wanted)
        case Between(low=low, high=high):
            passes = partial(lies_within, low=low, high=high)
        case _:
            raise AssertionError(test)
    return document is not None and any(map(passes, [*values, *elements])) != negated


def expected(filter_text: str, documents: Iterable[object], options: QueryOptions = OPTIONS) -> list[int]:
    """The ids of the rows that a filter is to find."""
    query = pyrsql.parse(filter_text, options=options)
    validated = validate_filter(schema(Paper, options), query.expression).unwrap()
    parts = validated.predicate.parts if isinstance(validated.predicate, Conjunction) else (validated.predicate,)
    return [
        place
        for place, document in enumerate(documents, 1)
        if all(is_found(cast("Test", part), document) for part in parts)
    ]


# --- the tests -------------------------------------------------------------------------------------------------------

COLUMNS = pytest.mark.parametrize("column", ["payload", "packed"])


@COLUMNS
@pytest.mark.parametrize("filter_text", FILTERS)
def test_a_path_below_a_document(session: Session, column: str, filter_text: str) -> None:
    whole = written(column, filter_text)
    assert matching(session, Paper, whole) == expected(whole, DOCUMENTS)


@COLUMNS
def test_a_converter_may_make_values_that_json_has_not(session: Session, column: str) -> None:
    made: tuple[object, ...] = (0.1, PurePosixPath("demo"))
    for value in made:
        for key, sign in (("x", "=="), ("name", "=="), ("id", "=gt=")):
            options = replace(OPTIONS, field_value_converters={f"{column}.{key}": {"any": value}.__getitem__})
            wanted = matching(session, Paper, f"{column}.{key}{sign}{value}")
            assert matching(session, Paper, f"{column}.{key}{sign}any", options) == wanted


@COLUMNS
@pytest.mark.parametrize("comparison", WHOLE_FILTERS)
def test_a_whole_document(session: Session, column: str, comparison: str) -> None:
    assert matching(session, Paper, column + comparison) == expected(column + comparison, DOCUMENTS)


HOSTILE = (
    r'{"a": "\u0000", "b": 1}',
    r'{"a": "\\u0000 \ud83d\ude00", "b": 1}',
    r'{"a": "\ud800", "b": 1}',
    r'{"a": "\ude00\ud83d", "b": 1}',
    r'{"\u0000": 1, "b": 1}',
    '{"a": 1e400, "b": 1}',
    '{"a": 1e-400, "b": 1}',
    f'{{"a": {"9" * 400}, "b": 1}}',
    f'{{"a": {"[" * 29}{"]" * 29}, "b": 1}}',
    f'{{"a": {"[" * 1500}{"]" * 1500}, "b": 1}}',
)
"""What clients can have stored by other ways, and what some databases refuse to read."""


@pytest.mark.parametrize("document", HOSTILE, ids=range(len(HOSTILE)))
def test_no_document_makes_a_database_fail(session: Session, document: str) -> None:
    stored = literal(document, String) if session.get_bind().dialect.name != "postgresql" else text("CAST(:d AS JSON)")
    try:
        session.execute(insert(Paper).values(id=1000, payload=stored), {"d": document})
    except DBAPIError:
        session.rollback()
        pytest.skip("this database does not store it")
    for comparison in (">1", "<1", "==1e300", "=like=x", "==^x", "=na=", "=='[]'", "!='[]'", ">a", "=in=(1,x,'{}')"):
        matching(session, Paper, "payload.a" + comparison)
        matching(session, Paper, "payload.a" + comparison, TIMES)
    assert 1000 in matching(session, Paper, "payload.b==1")
    for by_type in (None, *SCALARS):
        assert 1000 in sorted_ids(session, Paper, "payload", "a", by_type)
    session.rollback()


TIMES = QueryOptions(json_options=JSONOptions(use_datetime=True))


@COLUMNS
@pytest.mark.parametrize("filter_text", MOMENT_FILTERS)
def test_dates_and_times(session: Session, column: str, filter_text: str) -> None:
    whole = written(column, filter_text)
    assert matching(session, Diary, whole, TIMES) == expected(whole, MOMENTS, TIMES)


@COLUMNS
@pytest.mark.parametrize("comparison", ["==2024-01-01", "!=2024-01-01T00:00Z", "=in=(2024-01-01,x)", "==10:20"])
def test_a_whole_document_that_is_a_time(session: Session, column: str, comparison: str) -> None:
    assert matching(session, Diary, column + comparison, TIMES) == expected(column + comparison, MOMENTS, TIMES)


SCALARS = JSONSortScalarType
SORTS: tuple[tuple[str, JSONSortScalarType | None], ...] = (
    *(
        (sort, None)
        for sort in ("a", "-a", "a,ic", "-a,ic", "a,nullsfirst", "-a,nullslast", "a.b", "-a.b", "zz", "é", "a\0b")
    ),
    *((sign + "a", by_type) for sign in ("", "-") for by_type in SCALARS),
    ("a,ic", SCALARS.TEXT),
)


def rank(value: object, by_type: JSONSortScalarType | None, ignore_case: bool) -> tuple[int, Any] | None:
    """The place of a scalar among others; None where it counts as NULL."""
    kind, scalar = orderable(value)
    order = {"str": 0, "number": 1, "boolean": 2}
    match by_type:
        case None if kind in order:
            return order[kind], scalar.lower() if kind == "str" and ignore_case else scalar
        case SCALARS.INTEGER | SCALARS.FLOAT | SCALARS.NUMERIC if kind == "number":
            return 0, scalar
        case SCALARS.BOOLEAN if kind == "boolean":
            return 0, scalar
        case SCALARS.TEXT if kind == "str":
            return 0, scalar.lower() if ignore_case else scalar
        case SCALARS.TIME if isinstance(moment(value), dt.time):
            return 0, moment(value)
        case SCALARS.DATE | SCALARS.DATETIME | SCALARS.DATETIME_TZ if isinstance(moment(value), dt.datetime):
            return 0, moment(value)
        case _:
            return None


def in_order(sort: str, by_type: JSONSortScalarType | None, documents: Iterable[object]) -> list[int]:
    """The ids of all rows in the order of one key, and by id, in its direction, among equals."""
    selector, *modifiers = sort.removeprefix("-").split(",")
    descending = sort.startswith("-")
    placed: list[tuple[Any, int]] = []
    nulls: list[int] = []
    for place, document in enumerate(documents, 1):
        values = reached(document, tuple(selector.split(".")))
        elements = [item for value in values if isinstance(value, list) for item in value]
        ranks = [found for value in (*values, *elements) if (found := rank(value, by_type, "ic" in modifiers))]
        if ranks:
            placed.append((max(ranks) if descending else min(ranks), place))
        else:
            nulls.append(place)
    ordered = [place for _, place in sorted(placed, reverse=descending)]
    nulls.sort(reverse=descending)
    nulls_first = "nullsfirst" in modifiers or (descending and "nullslast" not in modifiers)
    return nulls + ordered if nulls_first else ordered + nulls


def sorted_ids(session: Session, model: type[Twice], column: str, sort: str, by_type: SCALARS | None) -> list[int]:
    selector = sort.removeprefix("-").partition(",")[0]
    types = {} if by_type is None else {f"{column}.{selector}": by_type}
    options = SortOptions(json_options=JSONOptions(sort_field_types=types))
    whole = ("-" if sort.startswith("-") else "") + f"{column}.{sort.removeprefix('-')}"
    return list(session.scalars(pyrsql.Sort.parse(whole, options=options).apply(select(model.id), model, orm=ORM)))


@COLUMNS
@pytest.mark.parametrize(("sort", "by_type"), SORTS)
def test_the_order_of_values_below_a_document(
    session: Session, column: str, sort: str, by_type: JSONSortScalarType | None
) -> None:
    assert sorted_ids(session, Paper, column, sort, by_type) == in_order(sort, by_type, DOCUMENTS)


@COLUMNS
@pytest.mark.parametrize(
    ("sort", "by_type"),
    [
        (sort, by_type)
        for sort in ("at", "-at")
        for by_type in (None, SCALARS.TEXT, SCALARS.DATE, SCALARS.DATETIME, SCALARS.DATETIME_TZ, SCALARS.TIME)
    ],
)
def test_the_order_of_times_in_documents(
    session: Session, column: str, sort: str, by_type: JSONSortScalarType | None
) -> None:
    assert sorted_ids(session, Diary, column, sort, by_type) == in_order(sort, by_type, MOMENTS)
