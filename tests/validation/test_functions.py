"""Functions: what may be called and with what, and that no call that passes fails in any database."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from returns.pipeline import is_successful
from sqlalchemy import JSON, BigInteger, Double, Engine, Integer, Numeric, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from pyrsql import FunctionSignature, ParseLimits, QueryOptions, SortLimits, SortOptions, field_rights
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import apply_criteria, validate_request
from pyrsql.problems import ForbiddenFunction, LimitExceeded, Problem, UnknownField, WrongCall
from pyrsql.validation.functions import WELL_KNOWN
from tests.sample_models import Role, User

ALL = QueryOptions(
    procedure_whitelist=[".*"], text_order="code_point", parse_limits=ParseLimits(functions=None, text_searches=None)
)
SORTS = SortOptions(procedure_whitelist=[".*"], text_order="code_point", sort_limits=SortLimits(functions=None))


class Base(DeclarativeBase):
    pass


class Whispered(TypeDecorator[str]):
    """A text kept in lower case."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        return None if value is None else value.lower()


class Coded(TypeDecorator[int]):
    """A number that the developer's own code stores."""

    impl = Integer
    cache_ok = True


class Thing(Base):
    __tablename__ = "function_things"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(String(200))
    other: Mapped[str | None] = mapped_column(String(200))
    small: Mapped[int | None]
    big: Mapped[int | None] = mapped_column(BigInteger)
    price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(12, 3))
    weight: Mapped[float | None] = mapped_column(Double)
    day: Mapped[dt.date | None]
    moment: Mapped[dt.datetime | None]
    whispered: Mapped[str | None] = mapped_column(Whispered)
    secret: Mapped[str | None] = mapped_column(String(40), info={"pyrsql": field_rights(operators=["equal"])})
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    code: Mapped[int | None] = mapped_column(Coded)
    hidden: Mapped[str | None] = mapped_column(String(40), info={"pyrsql": field_rights(filter=False, sort=False)})


def things() -> list[Thing]:
    decimals = [None, "0", "-0.5", "0.5", "2.5", "-2.5", "1.499", "-999999999.999", "999999999.999"]
    floats = [None, 0.0, -0.25, 2.5, -2.5, 1e300, -1e300, 4503599627370497.0, -1.0]
    wholes = [None, 0, -1, 2**31 - 1, -(2**31), 7, -7, 1, 2]
    bigs = [None, 0, -1, 2**63 - 1, -(2**63) + 1, 2**53 + 1, -(2**53) - 1, 1, 2]
    texts = [None, "", "  blanks ", "größe", "ΑΘΗΝΑ", "😀 x", "Demo", "demo", "a%b_c\\d*"]
    others = ["x", None, "", "größe", "ß", "😀 x", "demo", "demo", "\t tab"]
    moments = [None, dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59), *([dt.datetime(2024, 2, 29, 12)] * 6)]
    return [
        Thing(
            id=place + 1,  # MariaDB takes 0 for "number it yourself"
            text=texts[place],
            other=others[place],
            small=wholes[place],
            big=bigs[place],
            price=None if decimals[place] is None else decimal.Decimal(str(decimals[place])),
            weight=floats[place],
            day=moment.date() if (moment := moments[place]) and moment.year > 999 else None,
            moment=moment if moment and moment.year > 999 else None,
            whispered="mixed" if place else None,
            secret="s3cret",
            hidden="hidden",
        )
        for place in range(9)
    ]


@pytest.fixture(scope="module")
def stocked(engine: Engine) -> Iterator[Engine]:
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session, session.begin():
            session.add_all(things())
        yield engine
    finally:
        Base.metadata.drop_all(engine)


@pytest.fixture
def session(stocked: Engine) -> Iterator[Session]:
    with Session(stocked) as opened:
        yield opened


def problem(selector: str, options: QueryOptions = ALL, model: type = Thing) -> Problem | None:
    """What is wrong with a filter by a selector, in a filter and in a sort alike."""
    judged = validate_request(schema(model, options), filter=f"'{selector}'=nn=")
    sorted_ = validate_request(schema(model, options), sort=f"'{selector}'")
    assert is_successful(judged) == is_successful(sorted_)
    return None if is_successful(judged) else judged.failure()[0]


# --- what may be called ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whitelist", "blacklist", "name", "may"),
    [
        ([], [], "upper", False),
        (["upper"], [], "upper", True),
        (["up"], [], "upper", False),
        (["upper"], [], "up", False),
        (["up.*"], [], "upper", True),
        (["upper|lower"], [], "lower", True),
        (["upper"], [], "UPPER", False),
        ([".*"], [], "UPPER", True),
        ([".*"], ["upper"], "upper", False),
        ([".*"], ["up.*"], "upper", False),
        ([".*"], ["low.*"], "upper", True),
        ([".*"], [], "pg_sleep", False),
        ([".*"], [], "load_extension", False),
        ([".*"], [], "no_such_function", False),
        ([".*", "soundex"], [], "soundex", True),
        ([".*"], [], "upper(1);--", False),
        ([".*"], [], "", False),
        ([".*"], [], "__init__", False),
        ([".*"], [], "größe", False),
    ],
)
def test_only_listed_functions_may_be_called(whitelist: list[str], blacklist: list[str], name: str, may: bool) -> None:
    options = QueryOptions(procedure_whitelist=whitelist, procedure_blacklist=blacklist)
    found = problem(f"@{name}[text]", options)
    if may:
        assert found is None
    else:
        assert isinstance(found, ForbiddenFunction | UnknownField)


def test_a_forbidden_function_reads_like_one_that_does_not_exist() -> None:
    forbidden, absent = problem("@pg_sleep[text]"), problem("@no_sleep[text]")
    assert isinstance(forbidden, ForbiddenFunction)
    assert repr(forbidden).replace("pg_sleep", "no_sleep") == repr(absent)


def test_sort_options_have_functions_of_their_own() -> None:
    described = schema(User, ALL, SortOptions())
    assert is_successful(validate_request(described, filter="@upper[name]==DEMO"))
    assert [type(found) for found in validate_request(described, sort="@upper[name]").failure()] == [ForbiddenFunction]


@pytest.mark.parametrize(
    "selector",
    [
        *("@upper[]", "@upper[text|text]", "@upper[small]", "@upper[#1|#2]", "@concat[]"),
        *("@length[moment]", "@replace[text|#a]", "@replace[text|#a|#b|#c]", "@abs[text]", "@abs[#null]", "@abs[day]"),
        *(
            "@round[weight]",
            "@round[price|#2]",
            "@floor[text]",
            "@coalesce[]",
            "@coalesce[text|small]",
            "@nullif[text]",
        ),
        *("@coalesce[day|moment]", "@nullif[text|#1]", "@year[text]", "@year[#2024]", "@day[small]", "@month[]"),
        *("@substring[text|#0]", "@substring[text|#-1]", "@substring[text|#1|#-1]", "@substring[text|small]"),
        *("@substring[text|#2147483648]", "@substring[text|#true]", "@substring[text|#1|#null]", "@substring[text]"),
        *("@abs[#9223372036854775808]", "@abs[#-9223372036854775809]", f"@abs[#{'9' * 200}]", "@abs[#1e999]"),
        *("@upper[#a\0b]", "@upper[#a\ud800]", "@upper[secret]", "@concat[text|secret]", "@lower[@upper[small]]"),
        *("@upper[document.a]", "@upper[document]", "@abs[code]"),
    ],
)
def test_a_wrong_call(selector: str) -> None:
    found = problem(selector)
    assert isinstance(found, WrongCall), found
    assert found.expected


def test_a_call_takes_values_not_relations_and_one_collection_at_most() -> None:
    assert isinstance(problem("@upper[company]", model=User), WrongCall)
    assert problem("@concat[roles.code|roles.code]", model=User) is None
    assert isinstance(problem("@concat[roles.code|reports.name]", model=User), WrongCall)


def test_what_a_client_may_not_use_is_no_argument_either() -> None:
    hidden, absent = problem("@upper[hidden]"), problem("@upper[absent]")
    assert isinstance(hidden, UnknownField)
    assert repr(hidden).replace("hidden", "absent") == repr(absent)
    listed = QueryOptions(procedure_whitelist=["upper"], field_blacklist={"text"}, field_mapping={"t": "text"})
    assert isinstance(problem("@upper[t]", listed), UnknownField)


def test_arguments_are_mapped() -> None:
    options = QueryOptions(procedure_whitelist=["upper"], field_mapping={"t": "text"})
    assert problem("@upper[t]", options) is None


def nested(inner: str, before: str, after: str, times: int) -> str:
    return before * times + inner + after * times


@pytest.mark.parametrize(
    "selector",
    [
        nested("text", "@replace[", "|#a|#aaaaaaaaa]", 9),
        nested("text", "@replace[", "|#a|#aa]", 14),
        nested("text", "@replace[", "|#|#aa]", 14),
        nested("text", "@replace[", "|#a|text]", 2),
        nested("@concat[text|text|text|text]", "@replace[", "|#a|#aaaaaaaaaa]", 2),
        nested("small", "@abs[", "]", 30),
        nested("price", "@floor[@coalesce[", "|price]]", 8),
        nested("price", "@ceil[@abs[", "]]", 10),
        nested("text", "@trim[", "]", 11),
        nested("text", "@upper[", "]", 3),
    ],
)
def test_calls_cannot_multiply_without_bound(selector: str) -> None:
    assert len(selector) <= 256
    assert isinstance(problem(selector), WrongCall)


# --- the developer's own signatures ----------------------------------------------------------------------------------


def declaring(**signatures: FunctionSignature) -> QueryOptions:
    return QueryOptions(procedure_whitelist=[".*"], function_signatures=signatures)


@pytest.mark.parametrize(
    ("signature", "arguments", "fits"),
    [
        (FunctionSignature((), str), "", True),
        (FunctionSignature((), str), "text", False),
        (FunctionSignature((str, int), str), "text|small", True),
        (FunctionSignature((str, int), str), "text", False),
        (FunctionSignature((str, int), str, optional=1), "text", True),
        (FunctionSignature((str, int), str, variadic=True), "text|small|big|#3", True),
        (FunctionSignature((int,), int), "price", False),
        (FunctionSignature((int,), int), "#1", True),
        (FunctionSignature((int,), int), "#null", True),
        (FunctionSignature((decimal.Decimal,), int), "price", True),
        (FunctionSignature((decimal.Decimal,), int), "small", True),
        (FunctionSignature((decimal.Decimal,), int), "weight", False),
        (FunctionSignature((float,), int), "weight", True),
        (FunctionSignature((float,), int), "price", True),
        (FunctionSignature((dt.date,), int), "day", True),
        (FunctionSignature((dt.date,), int), "moment", False),
        (FunctionSignature((dt.datetime,), int), "moment", True),
        (FunctionSignature((bool,), int), "#true", True),
        (FunctionSignature((bool,), int), "small", False),
        (FunctionSignature((uuid.UUID,), int), "text", False),
    ],
)
def test_a_declared_function_takes_what_its_signature_says(
    signature: FunctionSignature, arguments: str, fits: bool
) -> None:
    found = problem(f"@mine[{arguments}]", declaring(mine=signature))
    assert (found is None) == fits
    assert fits or isinstance(found, WrongCall)


def test_the_result_of_a_declared_function_is_compared_by_its_type() -> None:
    described = schema(Thing, declaring(mine=FunctionSignature((str,), dt.date)))
    assert is_successful(validate_request(described, filter="@mine[text]>2024-01-01"))
    assert not is_successful(validate_request(described, filter="@mine[text]==x"))


def test_a_function_listed_by_name_alone_takes_one_text_and_gives_text() -> None:
    options = QueryOptions(procedure_whitelist=["soundex"])
    assert problem("@soundex[text]", options) is None
    for selector in ("@soundex[text|text]", "@soundex[]", "@soundex[small]"):
        assert isinstance(problem(selector, options), WrongCall)


@pytest.mark.parametrize(
    ("arguments", "settings"), [((), {"variadic": True}), ((str,), {"optional": 2}), ((str,), {"optional": -1})]
)
def test_a_signature_that_no_call_could_have(arguments: tuple[type, ...], settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="argument"):
        FunctionSignature(arguments, str, **settings)


# --- the same on every database --------------------------------------------------------------------------------------

CALLS = [
    *(f"@{name}[{text}]" for name in ("upper", "lower", "trim", "ltrim", "rtrim") for text in ("text", "other")),
    *("@upper[@lower[text]]", "@lower[#GRÖSSE]", "@upper[whispered]", "@concat[whispered|#X]", "@upper[#null]"),
    *("@concat[text]", "@concat[text|other]", "@concat[text|#-|other|#\t]", "@concat[text|#null]", "@concat[#a|#b]"),
    *(
        "@replace[text|#e|#E]",
        "@replace[text|#D|#xyz]",
        "@replace[text|#|#x]",
        "@replace[text|#d|#]",
        "@replace[text|other|#!]",
    ),
    *(
        "@replace[text|#null|#x]",
        "@replace[text|#o|other]",
        "@replace[text|text|other]",
        "@replace[text|#|other]",
        "@replace[other|other|#null]",
        "@replace[@replace[text|#a|#bb]|#b|#cc]",
        "@replace[text|#\\|#/]",
    ),
    *("@substring[text|#1|#2]", "@substring[text|#3]", "@substring[text|#99]", "@substring[text|#1|#0]"),
    *("@substring[text|#2147483647|#2147483647]", "@substring[text|#2|#2147483647]"),
    *(
        "@coalesce[text]",
        "@coalesce[text|other]",
        "@coalesce[#null|text|#none]",
        "@coalesce[#null]",
        "@nullif[text|other]",
    ),
    *(
        "@nullif[text|#demo]",
        "@nullif[text|#]",
        "@nullif[#null|text]",
        "@nullif[text|#null]",
        "@nullif[@lower[text]|#demo]",
    ),
]
NUMBERS = [
    *("@length[text]", "@length[@concat[text|other]]", "@length[#null]", "@abs[@length[text]]"),
    *(f"@{name}[{number}]" for name in ("abs", "floor", "ceil", "round") for number in ("small", "big", "price")),
    *(f"@{name}[weight]" for name in ("abs", "floor", "ceil")),
    *("@abs[@floor[price]]", "@floor[@ceil[price]]", "@round[@abs[price]]", "@abs[@abs[small]]", "@ceil[@abs[weight]]"),
    *(
        "@coalesce[small|big]",
        "@coalesce[small|#0]",
        "@coalesce[price|#1.5]",
        "@coalesce[weight|#0]",
        "@nullif[small|#7]",
    ),
    *(
        "@coalesce[small|price|weight]",
        "@nullif[big|small]",
        "@nullif[price|#2.5]",
        "@abs[#-5]",
        "@floor[#1.5]",
        "@round[#-2.5]",
    ),
    *("@floor[#5]", "@abs[#-9223372036854775807]", "@abs[#-9223372036854775808]", "@round[#9223372036854775807]"),
    *(
        "@year[day]",
        "@month[day]",
        "@day[day]",
        "@year[moment]",
        "@month[moment]",
        "@day[moment]",
        "@year[@coalesce[day|day]]",
    ),
]


DATES = [
    *(
        f"@coalesce[{arguments}]"
        for arguments in ("day|#null", "#null|day", "#null|#null|day", "day", "@nullif[day|day]|day")
    ),
    *(f"@coalesce[{arguments}]" for arguments in ("moment|#null", "#null|moment", "@coalesce[#null|moment]|#null")),
    *(f"@nullif[{arguments}]" for arguments in ("day|#null", "#null|day", "moment|#null", "#null|moment")),
]
CONSTANTS = [
    *(
        "@concat[@upper[text]|#123]",
        "@concat[text|#1.50]",
        "@concat[#true|text]",
        "@concat[text|#-007]",
        "@length[#1e3]",
    ),
    *(
        "@replace[text|#2|#1]",
        "@substring[#12345|#2|#3]",
        "@upper[#true]",
        "@trim[#12]",
        "@concat[#1|#2]",
        "@concat[#5]",
    ),
    "@concat[@coalesce[text|#x]|#123]",
    *(
        "@coalesce[#-3]",
        "@coalesce[#1]",
        "@coalesce[#99999999999]",
        "@coalesce[#1.5]",
        "@concat[#x]",
        "@coalesce[#true]",
    ),
    *(
        "@coalesce[small|#null]",
        "@coalesce[#null|price]",
        "@nullif[#null|weight]",
        "@nullif[#1|#null]",
        "@coalesce[#null]",
    ),
]


def rows(session: Session, filter: str | None, sort: str | None = None) -> tuple[list[int], list[int]]:
    """The rows of a request in the database and in memory."""
    in_database = (
        validate_request(schema(Thing, ALL, SORTS), filter=filter, sort=sort)
        .bind(apply_criteria(select(Thing)))
        .unwrap()
    )
    orm = MemoryORM()
    described = schema_for(Thing, orm=orm, options=ALL, sort_options=SORTS)
    in_memory = validate_request(described, filter=filter, sort=sort).bind(apply_criteria(things())).unwrap()
    found = [thing.id for thing in session.scalars(in_database.statement)]
    if sort is None:
        found.sort()
    return found, [thing.id for thing in in_memory.statement]


@pytest.mark.parametrize("selector", CALLS)
def test_texts_are_the_same_everywhere(session: Session, selector: str) -> None:
    for condition in ("=na=", "==''", "=like=o", "==^*E*", "=gt=d", "=in=(demo,Demo,größe)", "!=demo"):
        in_database, in_memory = rows(session, f"'{selector}'{condition}")
        assert in_database == in_memory, condition
    in_database, in_memory = rows(session, None, f"'{selector}',desc;id")
    assert in_database == in_memory


@pytest.mark.parametrize("selector", NUMBERS)
def test_numbers_are_the_same_everywhere(session: Session, selector: str) -> None:
    for condition in ("=na=", "==0", "==3", "=gt=1", "=bt=(-3,7)", "=in=(2024,12,29)", "!=-3", "=lt=2147483648"):
        in_database, in_memory = rows(session, f"'{selector}'{condition}")
        assert in_database == in_memory, condition
    in_database, in_memory = rows(session, None, f"'{selector}',desc;id")
    assert in_database == in_memory


@pytest.mark.parametrize("selector", DATES)
def test_dates_are_the_same_everywhere(session: Session, selector: str) -> None:
    """A NULL beside a date is a date: PostgreSQL takes no other."""
    for condition in ("=na=", "==2024-02-29", "!=2024-02-29", "=gt=2024-02-28", "=in=(2024-02-29,2023-01-01)"):
        in_database, in_memory = rows(session, f"'{selector}'{condition}")
        assert in_database == in_memory, condition
    in_database, in_memory = rows(session, None, f"'{selector}',desc;id")
    assert in_database == in_memory


@pytest.mark.parametrize("selector", CONSTANTS)
def test_constants_are_the_same_everywhere(session: Session, selector: str) -> None:
    """A number or boolean is its text, as it was written, where a text is wanted. In a sort it is no column's place."""
    for written in (f"'{selector}'=nn=", f"'{selector}'=na="):
        in_database, in_memory = rows(session, written)
        assert in_database == in_memory
    for sort in (f"'{selector}';id", f"'{selector}',desc;-id"):
        in_database, in_memory = rows(session, None, sort)
        assert in_database == in_memory


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("@concat[@upper[text]|#123]==DEMO123", [7, 8]),
        ("@concat[text|#1.50]==demo1.50", [8]),
        ("@concat[#true|text]==truedemo", [8]),
        ("@concat[text|#007]==demo007", [8]),
        ("@substring[#12345|#2|#3]==234", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("@length[#1e3]==3", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_a_constant_is_the_text_that_was_written(session: Session, filter: str, found: list[int]) -> None:
    selector, _, value = filter.rpartition("==")
    assert rows(session, f"'{selector}'=={value}") == (found, found)


def test_every_well_known_function_is_tested_everywhere() -> None:
    assert {name for name in WELL_KNOWN if any(f"@{name}[" in call for call in CALLS + NUMBERS)} == set(WELL_KNOWN)


@pytest.mark.parametrize(
    "selector",
    [
        nested("text", "@upper[", "]", 2),
        nested("text", "@trim[", "]", 10),
        nested("text", "@lower[@upper[", "]]", 1),
        nested("price", "@round[", "]", 10),
        nested("price", "@abs[", "]", 4),
        nested("text", "@replace[", "|#a|#b]", 10),
        nested("text", "@coalesce[other|#a|other|", "]", 9),
        nested("text", "@concat[#a|", "]", 10),
        f"@concat[{'|'.join(['text'] * 48)}]",
        f"@coalesce[{'|'.join(['text'] * 48)}]",
    ],
)
def test_the_largest_calls_reach_the_rows(session: Session, selector: str) -> None:
    in_database, in_memory = rows(session, f"'{selector}'=nn=", f"'{selector}';id")
    assert in_database == in_memory


@pytest.mark.parametrize("depth", [0, 28, 46, 64, 90])
@pytest.mark.parametrize("right", [True, False])
def test_calls_in_the_deepest_groups_reach_the_rows_or_are_refused(session: Session, depth: int, right: bool) -> None:
    options = replace(ALL, parse_limits=ParseLimits(depth=None, query_length=None))
    calls = [nested("text", "@upper[", "]", 2), "@upper[text]", *(nested("text", "@trim[", "]", n) for n in (1, 4, 10))]
    for selector in [*calls, "@floor[@abs[price]]", "@coalesce[other|#a|other|@replace[text|#a|@trim[other]]]"]:
        call = f"'{selector}'=nn="
        grouped = "".join(f"id=={level}{',;'[level % 2]}(" for level in range(depth)) + call + ")" * depth
        if not right:
            grouped = "(" * depth + call + "".join(f"){',;'[level % 2]}id=={level}" for level in range(depth))
        judged = validate_request(schema(Thing, options), filter=grouped)
        if is_successful(judged):
            session.scalars(judged.bind(apply_criteria(select(Thing))).unwrap().statement).all()
        else:
            assert [type(found) for found in judged.failure()] == [LimitExceeded]
            assert depth > 27


def test_many_calls_reach_the_rows(session: Session) -> None:
    text = ",".join(["@upper[text]==ß"] * 250)
    assert len(text) <= 4_096
    assert rows(session, text)[0] == []


def test_a_call_on_a_collection(session: Session) -> None:
    described = schema(Role, ALL)
    assert is_successful(
        validate_request(described, filter="@upper[users.company.name]==ACME", sort="@length[users.name]")
    )
