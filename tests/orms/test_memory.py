import datetime as dt
import enum
import math
import time
import typing
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, TypedDict

import pytest
from pydantic import BaseModel
from returns.pipeline import is_successful

import pyrsql
from pyrsql import pipeline
from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.backend import ORM, Lowered
from pyrsql.models.model import Embedded, Field, Model, Relation
from pyrsql.models.rights import ALL_RIGHTS, field_rights
from pyrsql.models.schema import schema_for, sort_options_like
from pyrsql.operators import ComparisonOperator
from pyrsql.options import (
    CustomPredicateDefinition,
    FunctionSignature,
    JoinHint,
    JSONOptions,
    JSONSortScalarType,
    QueryOptions,
    SortOptions,
)
from pyrsql.orms.memory import CustomPredicatePayload, MemoryORM, OrderedRows, fold, matches
from pyrsql.page import PageRequest
from pyrsql.validation.predicates import (
    CallOperand,
    Compare,
    ConstantOperand,
    FieldOperand,
    Member,
    Null,
    Pattern,
    SqlPattern,
)
from pyrsql.validation.total_order import completing
from tests import sample_models as models

UTC = dt.UTC


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Country:
    code: str


@dataclass
class Company:
    name: str
    country: Country | None = None
    owner: "User | None" = None
    staff: list["User"] = field(default_factory=list["User"])


@dataclass
class Role:
    code: str | None
    level: int = 0
    grantor: Country | None = None


@dataclass
class User:
    id: int
    name: str | None = None
    age: int | None = None
    company: Company | None = None
    roles: list[Role] = field(default_factory=list[Role])
    tags: list[str] | None = None
    size: Size | None = None
    price: Decimal | None = None
    ratio: float | None = None
    created: dt.datetime | None = None
    seen: Annotated[dt.datetime | None, kinds.DateTime(aware=True)] = None
    born: dt.date | None = None
    opens: dt.time | None = None
    payload: Annotated[Any, kinds.Json()] = None


def found(text: str, rows: list[User], orm: ORM | None = None, **options: Any) -> list[User]:
    """The rows that a filter leaves."""
    return pyrsql.apply(rows, User, text, orm=orm or MemoryORM(), options=QueryOptions(**options))


def ids(text: str, rows: list[User], **options: Any) -> list[int]:
    return [row.id for row in found(text, rows, **options)]


def sorted_ids(text: str, rows: list[User], options: SortOptions | None = None) -> list[int]:
    sort = pyrsql.Sort.parse(text, options=options)
    return [row.id for row in sort.apply(rows, User, orm=MemoryORM())]


def users(name: str, *values: Any) -> list[User]:
    """Users with these values of one field, numbered from 1."""
    return [User(number, **{name: value}) for number, value in enumerate(values, 1)]


# --- comparisons and NULL ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age==1", [1]),
        ("age!=1", [2]),
        ("age>1", [2]),
        ("age>=1", [1, 2]),
        ("age<2", [1]),
        ("age<=2", [1, 2]),
        ("age=in=(1,3)", [1]),
        ("age=out=(1,3)", [2]),
        ("age=bt=(1,1)", [1]),
        ("age=nb=(1,1)", [2]),
        ("age=na=", [3]),
        ("age=nn=", [1, 2]),
        ("age==1,age=na=", [1, 3]),
        ("age!=1;age!=7", [2]),
        ("age=bt=(2,1)", []),
    ],
)
def test_a_comparison_with_null_is_unknown(text: str, expected: list[int]) -> None:
    assert ids(text, users("age", 1, 2, None)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("age!=1", [2, 3]), ("age=out=(1,3)", [2, 3]), ("age=nb=(1,1)", [2, 3]), ("age==1", [1])],
)
def test_a_complement_is_all_that_the_positive_leaves_out(text: str, expected: list[int]) -> None:
    assert ids(text, users("age", 1, 2, None), negation="complement") == expected


def test_values_of_other_forms_than_declared_are_compared_by_what_they_mean() -> None:
    rows = users("price", Decimal("0.10"), 0.1, Decimal("0.1000000001"))
    assert ids("price==0.1", rows) == [1, 2]
    assert ids("price>0.1", rows) == [3]
    assert ids("ratio==0.1", users("ratio", 0.1, Decimal("0.1"), 0.2)) == [1, 2]


def test_times_are_compared_in_utc() -> None:
    two = dt.timezone(dt.timedelta(hours=2))
    moments = (
        dt.datetime(2024, 1, 1, 10),
        dt.datetime(2024, 1, 1, 10, tzinfo=UTC),
        dt.datetime(2024, 1, 1, 12, tzinfo=two),
    )
    for name in ("created", "seen"):
        assert ids(f"{name}==2024-01-01T10:00", users(name, *moments)) == [1, 2, 3]
        assert ids(f"{name}==2024-01-01T12:00%2B02:00".replace("%2B", "+"), users(name, *moments)) == [1, 2, 3]
        assert ids(f"{name}>2024-01-01T10:00", users(name, *moments)) == []
    times = (dt.time(23), dt.time(1, tzinfo=two), dt.time(23, tzinfo=UTC), dt.time(1))
    assert ids("opens==23:00", users("opens", *times)) == [1, 2, 3]


def test_a_bare_date_is_midnight() -> None:
    rows = users("created", dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 1), dt.date(2024, 1, 1))
    assert ids("created==2024-01-01", rows) == [1, 3]
    assert ids("born==2024-01-01", users("born", dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 9))) == [1, 2]


def test_members_of_enums() -> None:
    rows = users("size", Size.SMALL, Size.LARGE, None)
    assert ids("size==SMALL", rows) == [1]
    assert ids("size!=s", rows) == [2]
    assert ids("size=in=(SMALL,l)", rows) == [1, 2]


# --- text ---

NAMES = ("demo", "Demo", "50%", "a_b", "star*", "back\\slash", "", None, "GRÖẞE", "a\nb")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name==demo", [1]),
        ("name==d*o", [1]),
        ("name==*em*", [1, 2]),
        ("name==*", [1, 2, 3, 4, 5, 6, 7, 9, 10]),
        ("name==a*b", [4, 10]),
        ("name==^DEMO", [1, 2]),
        ("name==^*EM*", [1, 2]),
        ("name=ic=DEMO", [1, 2]),
        ("name=ic=größe", [9]),
        ("name==^g*e", [9]),
        ("name!=^demo", [3, 4, 5, 6, 7, 9, 10]),
        ("name=like=%", [3]),
        ("name=like=_", [4]),
        ("name=like=\\*", [5]),
        ("name=like=\\", [6]),
        ("name=like=dem*", [1]),
        ("name=like=*emo", [1, 2]),
        ("name=ilike=DEM", [1, 2]),
        ("name=notlike=e", [3, 4, 5, 6, 7, 9, 10]),
        ("name=inotlike=E", [3, 4, 5, 6, 7, 10]),
        ("name==star\\*", [5]),
        ("name==''", [7]),
        ("name=in=(demo,'star*')", [1, 5]),
        ("name>star", [5]),
        ("name<E", [2, 3, 7]),
    ],
)
def test_text(text: str, expected: list[int]) -> None:
    assert ids(text, users("name", *NAMES)) == expected


def test_sql_patterns_where_a_developer_allows_them() -> None:
    rows = users("name", "50%", "500", "5", "a\nb", "Über")
    assert ids("name=like='5_!%'", rows, like_escape_character="!") == [1]
    assert ids("name=like=5%", rows, like_escape_character="!") == [1, 2, 3]
    assert ids("name=like=a_b", rows, like_escape_character="!") == [4]
    assert ids("name=ilike=ü%R", rows, like_escape_character="!") == [5]
    assert ids("name=ilike=5_A%", rows, like_escape_character="A") == [1]


@pytest.mark.parametrize(
    ("pieces", "text", "expected"),
    [
        (("a",), "a", True),
        (("a",), "ab", False),
        (("ab", "ba"), "aba", False),
        (("ab", "ba"), "abba", True),
        (("", "ab", "ab", ""), "xabxab", True),
        (("", "ab", "ab", ""), "xabx", False),
        (("", "a", "a"), "aa", True),
        (("", "a", "a"), "a", False),
        (("", ""), "", True),
    ],
)
def test_pieces_of_a_pattern_do_not_share_text(pieces: tuple[str, ...], text: str, expected: bool) -> None:
    assert matches(Pattern(pieces), text) is expected
    assert matches(SqlPattern("%".join(pieces), "!"), text) is expected


@pytest.mark.usefixtures("light_heap")
def test_patterns_take_linear_time() -> None:
    text = "a" * 20_000
    started = time.process_time()
    assert not matches(Pattern(("", *["a"] * 1_000, "b", "")), text)
    assert not matches(SqlPattern("%a_" * 300 + "b%", "!"), text)
    assert not matches(SqlPattern("%a_" * 300 + "%b", "!"), text)
    assert time.process_time() - started < 2


def test_case_is_ignored_character_by_character() -> None:
    assert fold("ΣΑΣ") == "σασ"
    assert fold("İK") == "ik"
    assert all(len(fold(character)) == 1 for character in map(chr, range(0x11000)))


# --- paths ---


def company_users() -> list[User]:
    acme = Company("acme", Country("DE"))
    nameless = Company("x", None)
    return [User(1, "a", company=acme), User(2, "demo"), User(3, "c", company=nameless)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("company.name==acme,name==demo", [1, 2]),
        ("company.name!=acme", [3]),
        ("company.name=na=", [2]),
        ("company=na=", [2]),
        ("company=nn=", [1, 3]),
        ("company.country.code=na=", [2, 3]),
        ("company.country=na=", [2, 3]),
        ("company.country.code==DE", [1]),
    ],
)
def test_a_missing_link_reads_as_null(text: str, expected: list[int]) -> None:
    assert ids(text, company_users()) == expected


def test_an_inner_join_drops_rows_without_the_link() -> None:
    hints = {"User.company": JoinHint.INNER}
    assert ids("company.name==acme,name==demo", company_users(), join_hints=hints) == [1]
    assert ids("company.name=na=", company_users(), join_hints=hints) == []
    assert sorted_ids("-company.name", company_users(), SortOptions(join_hints=hints)) == [3, 1]
    schema = schema_for(User, orm=MemoryORM(), options=QueryOptions(join_hints=hints))
    page = pipeline.parse(None).bind(pipeline.validate(schema)).bind(pipeline.apply_filter(company_users()))
    assert page.bind(pipeline.apply_sort("company.name")).bind(pipeline.paginate(None)).unwrap().count_statement == 2


def role_users() -> list[User]:
    return [
        User(1, roles=[Role("admin", 3), Role("guest", 1, Country("DE"))]),
        User(2, roles=[Role("guest", 2)]),
        User(3),
        User(4, roles=[Role(None, 9)]),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("roles.code==admin", [1]),
        ("roles.code!=admin", [1, 2]),
        ("roles.code=out=(admin,guest)", []),
        ("roles.code=na=", [4]),
        ("roles.code=nn=", [1, 2]),
        ("roles=na=", [3]),
        ("roles=nn=", [1, 2, 4]),
        ("roles.level>2;roles.code==guest", [1]),
        ("roles.level=bt=(2,3)", [1, 2]),
        ("roles.grantor.code=na=", [1, 2, 4]),
        ("roles.grantor=na=", [1, 2, 4]),
        ("roles.grantor.code==DE", [1]),
        ("roles.code==^GUEST", [1, 2]),
    ],
)
def test_a_path_to_many_asks_for_some_related_row(text: str, expected: list[int]) -> None:
    assert ids(text, role_users()) == expected


def test_a_complement_over_many_asks_for_none() -> None:
    assert ids("roles.code!=admin", role_users(), negation="complement") == [2, 3, 4]


def test_an_inner_join_beyond_many_drops_the_related_rows() -> None:
    hints = {"Role.grantor": JoinHint.INNER}
    assert ids("roles.grantor.code=na=", role_users(), join_hints=hints) == []
    assert ids("roles.level>2", role_users(), join_hints=hints) == [1, 4]


def test_paths_through_several_relations() -> None:
    boss = User(1, "boss", roles=[Role("admin")])
    boss.company = Company("acme", staff=[boss, User(2, "clerk", roles=[Role("guest"), Role("editor")])])
    rows = [boss, User(3), User(4, company=Company("empty"))]
    assert ids("company.staff.roles.code==editor", rows) == [1]
    assert ids("company.staff.name==*", rows) == [1]
    assert ids("company.staff=na=", rows) == [3, 4]
    assert ids("company.staff.roles=na=", rows) == []
    assert ids("company.staff.company=na=", rows) == [1]


# --- arrays ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tags==red", [1]),
        ("tags!=red", [1, 2]),
        ("tags=like=e", [1, 2]),
        ("tags=in=(red,green)", [1]),
        ("tags=na=", [4]),
        ("tags=nn=", [1, 2, 3]),
    ],
)
def test_a_comparison_with_an_array_asks_for_some_element(text: str, expected: list[int]) -> None:
    assert ids(text, users("tags", ["red", "blue"], ["blue"], [], None)) == expected


# --- JSON ---

DOCUMENTS = (
    {
        "id": 1,
        "name": "demo",
        "ok": True,
        "roles": [{"id": 1}, {"id": 2}],
        "tags": [1, 2],
        "at": "2024-01-01",
        "open": "09:00",
    },
    {
        "id": "1",
        "name": "Demo*",
        "ok": 1,
        "roles": {"id": 3},
        "tags": [],
        "at": "2024-01-01T10:00:00+02:00",
        "open": "10:00+01:00",
    },
    {
        "id": None,
        "name": None,
        "ok": "true",
        "roles": [],
        "tags": [[1, 2]],
        "at": "10:00:00",
        "open": "09:00:00.0+00:00",
    },
    {"id": 1.0, "x": 0.1},
    None,
    [1, 2],
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payload.id==1", [1, 4]),
        ("payload.id=='\"1\"'", [2]),
        ("payload.id!=1", [2, 3, 6]),
        ("payload.id=in=(1,'\"1\"')", [1, 2, 4]),
        ("payload.id=out=(1,2)", [2, 3, 6]),
        ("payload.id>0", [1, 4]),
        ("payload.id<2", [1, 4]),
        ("payload.id=bt=(1,1)", [1, 4]),
        ("payload.id=nb=(1,1)", [2, 3, 6]),
        ("payload.id=na=", [3, 5, 6]),
        ("payload.id=nn=", [1, 2, 4]),
        ("payload.ok==true", [1]),
        ("payload.ok==1", [2]),
        ("payload.x==0.1", [4]),
        ("payload.x==0.10", [4]),
        ("payload.name==demo", [1]),
        ("payload.name==^DEMO", [1]),
        ("payload.name==^DEMO*", [1, 2]),
        ("payload.name=='\"Demo*\"'", [2]),
        ("payload.name=like=emo", [1, 2]),
        ("payload.name=notlike=emo", [3, 4, 6]),
        ("payload.name>Demo", [1, 2]),
        ("payload.roles.id==2", [1]),
        ("payload.roles.id==3", [2]),
        ("payload.roles.id!=1", [2, 3, 4, 6]),
        ("payload.roles.id=na=", [3, 4, 5, 6]),
        ("payload.tags==2", [1]),
        ("payload.tags=='[1,2]'", [1, 3]),
        ("payload.tags=='[]'", [2]),
        ("payload.tags=nn=", [1, 2, 3]),
        ("payload.roles=='{\"id\":1}'", [1]),
        ("payload.at==2024-01-01", [1]),
        ("payload=='[1, 2.0]'", [6]),
        ("payload=='[2,1]'", []),
        ("payload!='[1,2]'", [1, 2, 3, 4]),
        ("payload==1", []),
        ('payload=in=(\'{"x":0.1,"id":1}\',1)', [4]),
        ("payload=na=", [5]),
        ("payload=nn=", [1, 2, 3, 4, 6]),
    ],
)
def test_json(text: str, expected: list[int]) -> None:
    assert ids(text, users("payload", *DOCUMENTS)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payload.at==2024-01-01", [1]),
        ("payload.at==2024-01-01T00:00Z", [1]),
        ("payload.at==2024-01-01T08:00", [2]),
        ("payload.at>2024-01-01", [2]),
        ("payload.at>=2024-01-01", [1, 2]),
        ("payload.at==10:00Z", [3]),
        ("payload.at<11:00", [3]),
        ("payload.at!=10:00", [1, 2, 4, 6]),
        ("payload.at=='\"2024-01-01\"'", [1]),
        ("payload.open==09:00Z", [1, 3]),
        ("payload.open==10:00+01:00", [1, 3]),
        ("payload.open==10:00", []),
    ],
)
def test_dates_and_times_in_json(text: str, expected: list[int]) -> None:
    options = JSONOptions(use_datetime=True)
    assert ids(text, users("payload", *DOCUMENTS), json_options=options) == expected


def test_a_converter_of_the_developer_below_json() -> None:
    key = uuid.UUID(int=1)
    rows = users("payload", {"key": str(key)}, {"key": "x"})
    assert ids(f"payload.key=={key.hex}", rows, field_value_converters={"payload.key": uuid.UUID}) == [1]


# --- functions and custom operators ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@upper[name]==DEMO", [1]),
        ("@lower[name]==größe", [2]),
        ("@length[name]>4", [2, 4]),
        ("@trim[name]==x", [4]),
        ("@ltrim[name]=='x   '", [4]),
        ("@rtrim[name]=='  x'", [4]),
        ("@concat[name|#-]==demo-", [1]),
        ("@replace[name|#em|#-]==d-o", [1]),
        ("@replace[name|#|#-]==demo", [1]),
        ("@coalesce[name|#none]==none", [3]),
        ("@abs[age]==1", [1, 2]),
        ("@upper[name]=na=", [3]),
        ("@upper[@lower[name]]==DEMO", [1]),
    ],
)
def test_functions(text: str, expected: list[int]) -> None:
    rows = [User(1, "demo", -1), User(2, "GRÖẞE", 1), User(3), User(4, "  x   ")]
    assert ids(text, rows, procedure_whitelist=[".*"]) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("substring", ["abcdef", 2], "bcdef"),
        ("substring", ["abcdef", 2, 3], "bcd"),
        ("substring", ["abc", 9, 2], ""),
        ("floor", [Decimal("-1.5")], -2),
        ("ceil", [1.2], 2),
        ("floor", [math.inf], math.inf),
        ("round", [Decimal("2.5")], 3),
        ("round", [Decimal("-2.5")], -3),
        ("abs", [Decimal("-1." + "1" * 40)], Decimal("1." + "1" * 40)),
        ("nullif", ["a", "a"], None),
        ("nullif", ["a", "b"], "a"),
        ("nullif", ["a", None], "a"),
        ("nullif", [None, None], None),
        ("nullif", [0.1, Decimal("0.1")], None),
        ("coalesce", [None, None], None),
        ("concat", ["a", None], None),
        ("year", [dt.date(2024, 5, 6)], 2024),
        ("month", [dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))], 12),
        ("day", [dt.datetime(2024, 5, 6)], 6),
    ],
)
def test_what_functions_give(name: str, arguments: list[Any], result: object) -> None:
    operands = tuple(
        FieldOperand(part, (), Field(part, kind), kind)
        for part, value in zip("abc", arguments, strict=False)
        for kind in [kinds.kind_of(type(value))]
    )
    operand = CallOperand("@f", name, operands, kinds.Text())
    row = dict(zip("abc", arguments, strict=False))
    model = Model("Row", dict, {})
    test = Null(operand) if result is None else Member(operand, (result,))
    assert MemoryORM().filter([row], model, test, QueryOptions()).target == [row]


def test_a_function_over_a_path_to_many() -> None:
    rows = role_users()
    assert ids("@upper[roles.code]==ADMIN", rows, procedure_whitelist=["upper"]) == [1]
    rows[1].name = "gue"
    text = "@concat[name|#st]=='guest';@concat[roles.code|name]=='guestgue'"
    assert ids(text, rows, procedure_whitelist=["concat"]) == [2]


SOUNDEX = QueryOptions(
    procedure_whitelist=["soundex", "upper"],
    function_signatures={"soundex": FunctionSignature((str,), str), "never": FunctionSignature((str,), str)},
)


def test_a_function_of_the_developers_own() -> None:
    asked: list[object] = []

    def soundex(text: str) -> str:
        asked.append(text)
        return text[:1].upper()

    orm = MemoryORM(functions={"soundex": soundex})
    rows = users("name", "demo", "dame", "guest", None)
    found = pyrsql.apply(rows, User, "@soundex[name]==D;@upper[name]=nn=", orm=orm, options=SOUNDEX)
    assert [row.id for row in found] == [1, 2]
    assert asked == ["demo", "dame", "guest"], "of None it is not asked"
    ordered = pyrsql.Sort.parse("@soundex[name],desc;-id", options=sort_options_like(SOUNDEX)).apply(
        rows, User, orm=orm
    )
    assert [row.id for row in ordered] == [4, 3, 2, 1]


@pytest.mark.parametrize("text", ["name==demo", "@soundex[name]==D500"])
def test_a_function_that_is_not_there_is_a_mistake_of_the_developer(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no function 'soundex': give it to MemoryORM"):
        pyrsql.apply(users("name", "demo"), User, text, orm=MemoryORM(), options=SOUNDEX)
    with pytest.raises(ConfigurationError, match="no function 'soundex': give it to MemoryORM"):
        pyrsql.Sort.parse("name", options=sort_options_like(SOUNDEX)).apply(
            users("name", "demo"), User, orm=MemoryORM()
        )


ALL_MATCH = CustomPredicateDefinition(operator=ComparisonOperator("all_match", ("=all=",), 1, None), argument_type=str)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("name=all=(x,y)", ["demo"]),
        ("company.name=all=x", [None]),
        ("roles=all=x", [["r1", "r2"]]),
        ("company=all=x", [None]),
        ("roles.code=all=x", ["r1", "r2"]),
        ("payload.a=all=x", [1]),
        ("payload.b=all=x", [[1, 2]]),
        ("payload.none=all=x", [None]),
    ],
)
def test_a_custom_operator_is_given_the_value(text: str, seen: list[Any]) -> None:
    given: list[CustomPredicatePayload] = []

    def all_match(payload: CustomPredicatePayload) -> None:
        given.append(payload)

    row = User(1, "demo", roles=[Role("r1"), Role("r2")], payload=[{"a": 1}, {"b": 1}, {"b": 2}])
    options = {"custom_predicates": {"all_match": ALL_MATCH}}
    assert found(text, [row], MemoryORM({"all_match": all_match}), **options) == []
    values = [payload.expression for payload in given]
    if text.startswith("roles="):
        values = [[role.code for role in value] for value in values]
    assert values == seen
    assert {payload.field_path for payload in given} == {text.partition("=all=")[0]}
    assert given[0].values == (("x", "y") if "(" in text else ("x",))


def test_a_custom_operator_decides() -> None:
    orm = MemoryORM({"all_match": lambda payload: payload.expression in payload.values})
    options = {"custom_predicates": {"all_match": ALL_MATCH}}
    assert [row.id for row in found("name=all=(a,c)", users("name", "a", "b", "c"), orm, **options)] == [1, 3]


def test_a_custom_operator_without_a_function_is_a_mistake_of_the_developer() -> None:
    with pytest.raises(ConfigurationError, match="all_match"):
        found("name==a", users("name", "a"), custom_predicates={"all_match": ALL_MATCH})


# --- sort ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name", [5, 2, 1, 3, 4]),
        ("-name", [4, 3, 1, 2, 5]),
        ("name,ic", [5, 1, 2, 3, 4]),
        ("name,desc,ic", [4, 3, 1, 2, 5]),
        ("name,nullsfirst", [4, 5, 2, 1, 3]),
        ("name,desc,nullslast", [3, 1, 2, 5, 4]),
    ],
)
def test_text_is_sorted_by_code_point_and_null_is_largest(text: str, expected: list[int]) -> None:
    assert sorted_ids(text, users("name", "demo", "Demo", "é", None, "")) == expected


def test_several_keys_and_rows_that_are_equal() -> None:
    rows = [User(1, "b", 1), User(2, "a", 2), User(3, "b", 2), User(4, "a", 2)]
    assert sorted_ids("age;-name", rows) == [1, 3, 2, 4]
    assert sorted_ids("-age", rows) == [2, 3, 4, 1]


def test_a_sort_over_one_keeps_every_row() -> None:
    assert sorted_ids("company.name", company_users()) == [1, 3, 2]
    assert sorted_ids("-company.name", company_users()) == [2, 3, 1]


def test_a_sort_over_many_takes_the_smallest_or_the_largest() -> None:
    rows = role_users()
    assert sorted_ids("roles.level", rows) == [1, 2, 4, 3]
    assert sorted_ids("-roles.level", rows) == [3, 4, 1, 2]
    assert sorted_ids("roles.code", rows) == [1, 2, 3, 4]


def test_members_are_sorted_as_declared() -> None:
    rows = users("size", Size.LARGE, Size.SMALL, None)
    assert sorted_ids("size", rows) == [2, 1, 3]


def test_a_sort_by_a_function() -> None:
    options = SortOptions(procedure_whitelist=["length"])
    assert sorted_ids("@length[name],desc", users("name", "a", "ccc", "bb"), options) == [2, 3, 1]


VALUES = ("b", 10, 2.5, True, None, ["a"], {"x": 1}, "B", False)


def test_json_is_sorted_by_type_first() -> None:
    rows = users("payload", *({"v": value} for value in VALUES), None)
    assert sorted_ids("payload.v", rows) == [8, 6, 1, 3, 2, 9, 4, 5, 7, 10]
    assert sorted_ids("-payload.v", rows) == [5, 7, 10, 4, 9, 2, 3, 1, 6, 8]


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        (JSONSortScalarType.TEXT, ["B", "b"]),
        (JSONSortScalarType.INTEGER, [2.5, 10]),
        (JSONSortScalarType.NUMERIC, [2.5, 10]),
        (JSONSortScalarType.BOOLEAN, [False, True]),
        (JSONSortScalarType.DATE, []),
    ],
)
def test_json_is_sorted_by_a_type(scalar: JSONSortScalarType, expected: list[object]) -> None:
    rows = users("payload", *({"v": value} for value in VALUES if not isinstance(value, list)))
    options = SortOptions(json_options=JSONOptions(sort_field_types={"payload.v": scalar}))
    ordered = pyrsql.Sort.parse("payload.v", options=options).apply(rows, User, orm=MemoryORM())
    assert [row.payload["v"] for row in ordered][: len(expected)] == expected


def test_times_in_json_are_sorted_as_moments() -> None:
    rows = users("payload", {"v": "2024-01-01T10:00Z"}, {"v": "2024-01-01T11:00+02:00"}, {"v": "x"})
    options = SortOptions(json_options=JSONOptions(sort_field_types={"payload.v": JSONSortScalarType.DATETIME_TZ}))
    assert sorted_ids("payload.v", rows, options) == [2, 1, 3]


# --- pages, counts and the pipeline ---


def test_a_pipeline() -> None:
    schema = schema_for(User, orm=MemoryORM())
    rows = [User(number, "demo", number % 3) for number in range(10)]
    result = (
        pipeline.parse("age>0")
        .bind(pipeline.validate(schema))
        .bind(pipeline.apply_filter(rows))
        .bind(pipeline.apply_sort("-age"))
        .bind(pipeline.paginate(PageRequest.of(1, 2)))
    )
    assert is_successful(result)
    page = result.unwrap()
    assert [row.id for row in page.statement] == [8, 1]
    assert page.count_statement == 6


def test_any_iterable_is_a_target_and_stays_as_it_is() -> None:
    rows = users("name", "b", "a")
    assert [row.id for row in pyrsql.apply(iter(rows), User, "name==*", orm=MemoryORM())] == [1, 2]
    assert sorted_ids("name", rows) == [2, 1]
    assert [row.id for row in rows] == [1, 2]


def test_no_filter_leaves_nothing_out() -> None:
    rows = users("name", "b", "a")
    lowered = MemoryORM().filter(rows, MemoryORM().model(User), None, QueryOptions())
    assert lowered.target == rows
    assert lowered.target is not rows


def test_distinct_rows() -> None:
    row = User(1)
    assert len(found("id==1", [row, row, User(1)], distinct=True)) == 2


def identified() -> Model:
    identity = Field("id", kinds.Integer(), unique=True)
    return Model("User", User, {"id": identity, "age": Field("age", kinds.Integer())}, (identity,))


def test_the_identity_makes_an_order_total() -> None:
    orm, model = MemoryORM(), identified()
    rows = [User(3, age=1), User(1, age=2), User(2, age=1)]
    key = pyrsql.Sort.parse("age")
    schema = schema_for(User, orm=orm)
    keys = pipeline.order(schema)(key.text).unwrap()
    assert keys is not None
    lowered = orm.sort(Lowered(rows, rows), model, keys.keys, completing(model, keys.keys), SortOptions())
    assert [row.id for row in lowered.target] == [2, 3, 1]
    assert isinstance(lowered.target, OrderedRows)
    assert [row.id for row in orm.page(lowered, model, (), 1, 5)] == [3, 1]
    assert [row.id for row in orm.page(Lowered(rows, rows), model, completing(model), 0, 2)] == [1, 2]


def test_a_second_sort_keeps_the_first_among_equals() -> None:
    orm = MemoryORM()
    rows = [User(1, "b", 1), User(2, "a", 1), User(3, "c", 0)]
    by_name = pyrsql.Sort.parse("name").apply(rows, User, orm=orm)
    assert [row.id for row in pyrsql.Sort.parse("age").apply(by_name, User, orm=orm)] == [3, 2, 1]
    kept = pyrsql.apply(by_name, User, "age==1", orm=orm)
    assert [row.id for row in PageRequest.of(0, 5).apply(kept, User, orm=orm)] == [2, 1]


def test_an_embedded_field_is_reached_by_its_dotted_name() -> None:
    orm = MemoryORM()
    street = Field("company.name", kinds.Text())
    model = Model("User", User, {"company": Embedded("company", {"name": street})})
    predicate = Compare(FieldOperand("company.name", (), street, street.kind), "==", "acme")
    assert [row.id for row in orm.filter(company_users(), model, predicate, QueryOptions()).target] == [1]


# --- models ---

Name = NewType("Name", str)


class Address(TypedDict, total=False):
    street: str
    lines: typing.Required[list[str]]


class Person(TypedDict):
    name: str
    address: Address
    friends: list["Person"]


class Point:
    x: int
    y: float


class Page(BaseModel):
    text: str


class Card(BaseModel):
    number: int
    owner: Annotated[str | None, field_rights(sort=False)] = None
    pages: tuple[Page, ...] = ()
    sizes: frozenset[Size] = frozenset()
    status: Literal["open", "closed"] = "open"
    name: Name = Name("")
    extra: dict[str, object] | None = None
    ints: Annotated[list[int], kinds.Array(kinds.Integer(0, 9))] = []
    either: int | str = 0
    pair: tuple[int, str] = (0, "")


def member_kinds(entity: type) -> dict[str, object]:
    """The kinds of the fields of a class, and the relations as `one` or `many`."""
    members = MemoryORM().model(entity).members
    return {
        name: member.kind
        if isinstance(member, Field)
        else "many"
        if isinstance(member, Relation) and member.many
        else "one"
        for name, member in members.items()
    }


BIG = kinds.Integer(-(2**63), 2**63 - 1)


def test_a_dataclass_is_described() -> None:
    assert member_kinds(User) == {
        "id": BIG,
        "name": kinds.Text(),
        "age": BIG,
        "company": "one",
        "roles": "many",
        "tags": kinds.Array(kinds.Text()),
        "size": kinds.Enumeration.of(Size),
        "price": kinds.Decimal(),
        "ratio": kinds.Float(),
        "created": kinds.DateTime(),
        "seen": kinds.DateTime(aware=True),
        "born": kinds.Date(),
        "opens": kinds.Time(),
        "payload": kinds.Json(),
    }
    model = MemoryORM().model(User)
    assert isinstance(identity := model.members["id"], Field)
    assert isinstance(name := model.members["name"], Field)
    assert (identity.nullable, name.nullable, name.python_type) == (False, True, str)


def test_a_pydantic_model_is_described() -> None:
    described = member_kinds(Card)
    assert described | {"extra": None, "either": None, "pair": None} == {
        "number": BIG,
        "owner": kinds.Text(),
        "pages": "many",
        "sizes": kinds.Array(kinds.Enumeration.of(Size)),
        "status": kinds.Enumeration((("open", "open"), ("closed", "closed"))),
        "name": kinds.Text(),
        "extra": None,
        "ints": kinds.Array(kinds.Integer(0, 9)),
        "either": None,
        "pair": None,
    }
    assert all(isinstance(described[name], kinds.Opaque) for name in ("extra", "either", "pair"))
    model = MemoryORM().model(Card)
    assert model.members["owner"].rights == field_rights(sort=False)
    assert model.members["number"].rights == ALL_RIGHTS


def test_a_mapping_is_described_and_read() -> None:
    assert member_kinds(Person) == {"name": kinds.Text(), "address": "one", "friends": "many"}
    assert member_kinds(Address) == {"street": kinds.Text(), "lines": kinds.Array(kinds.Text())}
    ann: Person = {"name": "ann", "address": {"lines": ["a"]}, "friends": []}
    bob: Person = {"name": "bob", "address": {"lines": [], "street": "x"}, "friends": [ann]}
    orm = MemoryORM()
    assert pyrsql.apply([ann, bob], Person, "address.street=na=", orm=orm) == [ann]
    assert pyrsql.apply([ann, bob], Person, "friends.address.lines==a", orm=orm) == [bob]


def test_a_mapped_class_is_described_and_its_instances_are_read() -> None:
    described = member_kinds(models.User)
    assert described["id"] == BIG
    assert described["created"] == kinds.DateTime()
    assert (described["company"], described["roles"], described["manager"]) == ("one", "many", "one")
    rows = [row for row in models.rows() if isinstance(row, models.User)]
    text = "company.name==acme;roles.code==editor"
    assert [row.id for row in pyrsql.apply(rows, models.User, text, orm=MemoryORM())] == [1, 4]


def test_a_plain_class_is_described() -> None:
    assert member_kinds(Point) == {"x": BIG, "y": kinds.Float()}


def test_a_model_is_described_once() -> None:
    orm = MemoryORM()
    model = orm.model(User)
    assert orm.model(User) is model
    company = model.members["company"]
    assert isinstance(company, Relation)
    assert company.target() is orm.model(Company)


def test_a_class_without_hints_is_a_mistake_of_the_developer() -> None:
    with pytest.raises(ConfigurationError, match="no type hints"):
        MemoryORM().model(object)

    class Broken:
        x: "Missing"  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(ConfigurationError, match="cannot be read"):
        MemoryORM().model(Broken)


def test_a_client_is_offered_what_the_rights_allow() -> None:
    card = Card(number=1, owner="a")
    orm: Callable[[], ORM] = MemoryORM
    assert pyrsql.apply([card], Card, "owner==a", orm=orm()) == [card]
    with pytest.raises(pyrsql.ValidationError):
        pyrsql.Sort.parse("owner").apply([card], Card, orm=orm())


def test_a_call_with_constants_alone() -> None:
    operand = CallOperand("@abs[#-1]", "abs", (ConstantOperand(-1, kinds.Integer()),), kinds.Integer())
    rows = users("name", "a")
    assert MemoryORM().filter(rows, identified(), Compare(operand, "==", 1), QueryOptions()).target == rows
