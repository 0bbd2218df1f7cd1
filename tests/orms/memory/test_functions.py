import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest

import pyrsql
from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.model import Field, Model
from pyrsql.models.schema import sort_options_like
from pyrsql.operators import ComparisonOperator
from pyrsql.options import (
    CustomPredicateDefinition,
    FunctionSignature,
    QueryOptions,
)
from pyrsql.orms.memory import CustomPredicatePayload, MemoryORM
from pyrsql.validation.predicates import (
    CallOperand,
    FieldOperand,
    Member,
    Null,
)
from tests.orms.memory.sample import (
    Role,
    User,
    found,
    ids,
    narrowed,
    role_users,
    users,
)


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
        ("ceil", [10**400], 10**400),
        ("floor", [Decimal(10) ** 400 + Decimal("0.5")], 10**400),
        ("ceil", [Decimal("-Infinity")], -math.inf),
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
    operand = CallOperand("@f", name, operands, kinds.kind_of(type(result)))
    row = dict(zip("abc", arguments, strict=False))
    model = Model("Row", dict, {})
    test = Null(operand) if result is None else Member(operand, (result,))
    assert narrowed([row], model, test) == [row]


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
OWN = CustomPredicateDefinition(operator=ComparisonOperator("own", ("=own=",), 1, 1), argument_type=str)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("name=all=(x,y)", ["demo"]),
        ("company.name=all=x", [None]),
        ("roles=all=x", [["r1", "r2"]]),
        ("company=all=x", [None]),
        ("roles.code=all=x", ["r1", "r2"]),
        ("payload=all=x", [[{"a": 1}, {"b": 1}, {"b": 2}]]),
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


@pytest.mark.parametrize("result", [True, 1, "x", [0], False, 0, "", [], None])
def test_the_result_of_a_custom_operator_is_true_or_false_as_in_python(result: Any) -> None:
    orm = MemoryORM({"own": lambda payload: result})
    options: dict[str, Any] = {"custom_predicates": {"own": OWN}, "quantifiers": True}
    row = User(1, "a", roles=[Role("r1")])
    passing, failing = ([row], []) if result else ([], [row])
    for text in ("name=own=x", "id>0;name=own=x", "name=own=x;id>0", "id<0,name=own=x", "(id>0;name=own=x),id<0"):
        assert found(text, [row], orm, **options) == passing, text
    assert found("roles=any='code=own=x'", [row], orm, **options) == passing
    assert found("roles=all='code=own=x'", [row], orm, **options) == passing
    assert found("roles=none='code=own=x'", [row], orm, **options) == failing
    assert found("'@count[roles|#code=own=x]'==1", [row], orm, **options) == passing


def test_a_custom_operator_without_a_function_is_a_mistake_of_the_developer() -> None:
    with pytest.raises(ConfigurationError, match="all_match"):
        found("name==a", users("name", "a"), custom_predicates={"all_match": ALL_MATCH})
