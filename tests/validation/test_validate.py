"""From tree to plan: every kind of problem, all of them at once, each at its place; and what operators mean by kind."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from returns.pipeline import is_successful
from sqlalchemy import JSON, Engine, LargeBinary, Numeric, select, true
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql import (
    ComparisonOperator,
    CustomPredicateDefinition,
    JoinHint,
    OperatorRegistry,
    ParseLimits,
    QueryOptions,
    SortLimits,
    SortOptions,
    ValueConverterRegistry,
)
from pyrsql.language.nodes import Comparison
from pyrsql.models import kinds
from pyrsql.operators import DEFAULT_OPERATORS, EQUAL, LIKE, NOT_EQUAL
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import apply_criteria, validate_request
from pyrsql.problems import (
    ForbiddenFunction,
    LimitExceeded,
    UnknownField,
    UnknownOperator,
    UnsupportedOperator,
    UnsupportedSort,
    WrongArity,
    WrongCall,
    WrongValue,
)
from pyrsql.validation.functions import DEEPEST, parser_cost
from pyrsql.validation.predicates import (
    Between,
    CallOperand,
    Compare,
    Complement,
    Conjunction,
    Custom,
    Disjunction,
    Match,
    Member,
    Pattern,
    SqlPattern,
)
from pyrsql.validation.validate import validate_filter
from tests.sample_models import Base, Company, User, rows


class Others(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Everything(Others):
    __tablename__ = "validate_everything"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    number: Mapped[int]
    decimal: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    real: Mapped[float]
    flag: Mapped[bool]
    day: Mapped[dt.date]
    clock: Mapped[dt.time]
    moment: Mapped[dt.datetime]
    length: Mapped[dt.timedelta]
    key: Mapped[uuid.UUID]
    colour: Mapped[Colour]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[str] = mapped_column(TSVECTOR)


def plan(filter: str, options: QueryOptions | None = None, model: type = User) -> Any:
    """The predicate of a filter of one comparison, without its operand."""
    return validate_request(schema(model, options or QueryOptions()), filter=filter).unwrap().filter.predicate


def problems(filter: str | None, sort: str | None = None, model: type = User, **settings: Any) -> list[Any]:
    judged = validate_request(schema(model, QueryOptions(**settings)), filter=filter, sort=sort)
    return [] if is_successful(judged) else list(judged.failure())


# --- problems --------------------------------------------------------------------------------------------------------


def test_every_problem_of_a_filter_is_reported_at_its_place() -> None:
    filter = "nmae==x;(age=gt=old,age=in=(1,two,3));company==acme;age=like=1;'@upper[name]'==x;id=bt=(x,y)"
    found = problems(filter)
    shown = [(type(problem), filter[problem.span.start : problem.span.end]) for problem in found]
    assert shown == [
        (UnknownField, "nmae"),
        (WrongValue, "old"),
        (WrongValue, "two"),
        (UnsupportedOperator, "company==acme"),
        (UnsupportedOperator, "age=like=1"),
        (ForbiddenFunction, "'@upper[name]'"),
        (WrongValue, "x"),
        (WrongValue, "y"),
    ]
    assert all(problem.source == "filter" for problem in found)
    assert [problem.field for problem in found if isinstance(problem, WrongValue)] == ["age", "age", "id", "id"]
    assert found[0].hint == "Did you mean 'name'?"


def test_every_problem_of_a_sort_is_reported_at_its_place() -> None:
    sort = "nmae;company;age,ic;-'@upper[name]';name"
    found = problems(None, sort)
    assert [(type(problem), sort[problem.span.start : problem.span.end]) for problem in found] == [
        (UnknownField, "nmae"),
        (UnsupportedSort, "company"),
        (UnsupportedSort, "age"),
        (ForbiddenFunction, "'@upper[name]'"),
    ]


def test_filter_and_sort_and_their_problems_stand_together() -> None:
    assert [(problem.source, type(problem)) for problem in problems("x==1", "y")] == [
        ("filter", UnknownField),
        ("sort", UnknownField),
    ]


def test_a_span_counts_the_quotes() -> None:
    filter = "  ( 'age' == \"o'ld\" ) "
    (found,) = problems(filter)
    assert isinstance(found, WrongValue)
    assert found.value == "o'ld"
    assert found.span is not None
    assert filter[slice(*found.span)] == '"o\'ld"'


def test_a_tree_made_by_hand_has_no_places() -> None:
    described = schema(User, QueryOptions())
    found = validate_filter(described, Comparison("age", EQUAL, ("x",))).failure()[0]
    assert isinstance(found, WrongValue)
    assert found.span is None


@pytest.mark.parametrize(
    ("settings", "filter", "kind"),
    [
        ({"parse_limits": ParseLimits(query_length=3)}, "id==1", LimitExceeded),
        ({"parse_limits": ParseLimits(selector_length=3)}, "name==1", LimitExceeded),
        ({"parse_limits": ParseLimits(argument_length=3)}, "name==demo", LimitExceeded),
        ({"parse_limits": ParseLimits(arguments=2)}, "id=in=(1,2,3)", LimitExceeded),
        ({"parse_limits": ParseLimits(depth=1)}, "((id==1))", LimitExceeded),
        ({"parse_limits": ParseLimits(nodes=2)}, "id==1,id==2", LimitExceeded),
        ({"operator_registry": OperatorRegistry((EQUAL,))}, "id!=1", UnknownOperator),
        ({}, "id=bt=1", WrongArity),
        ({}, "id=nosuch=1", UnknownOperator),
        ({"procedure_whitelist": ["upper"]}, "@upper[age]==1", WrongCall),
    ],
)
def test_limits_and_operators_of_the_options(settings: dict[str, Any], filter: str, kind: type) -> None:
    assert [type(problem) for problem in problems(filter, **settings)] == [kind]


@pytest.mark.parametrize("limits", [SortLimits(keys=1), SortLimits(sort_length=3), SortLimits(selector_length=3)])
def test_limits_of_a_sort(limits: SortLimits) -> None:
    described = schema(User, QueryOptions(), SortOptions(sort_limits=limits))
    assert [type(found) for found in validate_request(described, sort="name;id").failure()] == [LimitExceeded]


def test_no_option_lifts_the_depth_that_can_be_lowered() -> None:
    lifted = QueryOptions(parse_limits=ParseLimits(depth=None, nodes=None, query_length=None))

    def nested(depth: int) -> str:
        return "".join("(id==1" + ",;"[level % 2] for level in range(depth)) + "id==2" + ")" * depth

    described = schema(User, lifted)
    assert is_successful(validate_request(described, filter=nested(DEEPEST - 1)))
    deep = f"{nested(2_000)};{nested(2_000)}"
    found, *others = validate_request(described, filter=deep).failure()
    assert others == []
    assert isinstance(found, LimitExceeded)
    assert (found.limit, found.maximum) == ("depth", DEEPEST)


@pytest.mark.parametrize("comparison", ["==A", "=na=", "=odd="])
def test_a_call_is_worth_groups_whatever_is_asked_of_it(comparison: str) -> None:
    odd = ComparisonOperator(name="odd", spellings=("=odd=",), minimum_arguments=0, maximum_arguments=0)
    lifted = QueryOptions(
        parse_limits=ParseLimits(depth=None, nodes=None),
        procedure_whitelist=["upper"],
        custom_predicates={"odd": CustomPredicateDefinition(operator=odd)},
    )
    described = schema(User, lifted, orm=SQLAlchemyORM(custom_predicates={"odd": lambda payload: true()}))

    def nested(depth: int, selector: str) -> str:
        groups = "".join("(id==1" + ",;"[level % 2] for level in range(depth))
        return f"{groups}{selector}{comparison}{')' * depth}"

    worth = parser_cost(CallOperand("@upper[name]", "upper", (), kinds.Text()))
    assert worth
    for selector, deepest in (("name", DEEPEST - 1), ("@upper[name]", DEEPEST - worth)):
        assert is_successful(validate_request(described, filter=nested(deepest, selector)))
        found, *others = validate_request(described, filter=nested(deepest + 2, selector)).failure()
        assert isinstance(found, LimitExceeded)
        assert others == []


# --- operators by kind -----------------------------------------------------------------------------------------------

NULL = {"=na=", "=nn="}
EQUALITY = NULL | {"==", "!=", "=in=", "=out="}
ORDER = EQUALITY | {"=gt=", "=ge=", "=lt=", "=le=", "=bt=", "=nb="}
LETTERS = {
    "=like=",
    "=notlike=",
    "=ic=",
    "=ilike=",
    "=inotlike=",
}
TEXT = ORDER | LETTERS


@pytest.mark.parametrize(
    ("field", "operators"),
    [
        *[("text", TEXT), ("number", ORDER), ("decimal", ORDER), ("real", ORDER), ("flag", EQUALITY), ("day", ORDER)],
        *[("clock", ORDER), ("moment", ORDER), ("length", ORDER), ("key", EQUALITY), ("colour", EQUALITY)],
        *[("data", NULL), ("document", EQUALITY | LETTERS), ("document.key", TEXT), ("words", NULL)],
    ],
)
def test_a_field_takes_the_operators_of_its_kind(field: str, operators: set[str]) -> None:
    taken: set[str] = set()
    for operator in DEFAULT_OPERATORS:
        # No field takes this argument, so that there is a problem whatever the operator.
        given = "(\0,\0)" if operator.minimum_arguments == 2 else "\0"
        found = next(iter(problems(f"{field}{operator.spelling}{given}", model=Everything)), None)
        if isinstance(found, UnsupportedOperator):
            assert set(found.offered) == operators
            assert found.operator == operator.spelling
        else:
            taken.add(operator.spelling)
    assert taken == operators


def test_a_relation_takes_null_checks() -> None:
    assert problems("company=na=;roles=nn=;reports=na=true") == []
    for operator in DEFAULT_OPERATORS:
        if operator.name not in ("is_null", "is_not_null"):
            given = "(a,b)" if operator.minimum_arguments == 2 else "a"
            for path in ("company", "roles", "company.users"):
                (found,) = problems(f"{path}{operator.spelling}{given}")
                assert isinstance(found, UnsupportedOperator)
                assert found.offered == ("=na=", "=nn=")


@pytest.mark.parametrize("path", ["age", "company", "roles", "roles.code", "company.users"])
def test_the_argument_of_a_null_check_says_whether_it_is_meant(path: str) -> None:
    for operator, opposite in (("=na=", "=nn="), ("=isnull=", "=notnull="), ("=nn=", "=na=")):
        for argument in ("", "()", "''", "true", "TRUE", "(true)"):
            assert plan(f"{path}{operator}{argument}") == plan(f"{path}{operator}")
        for argument in ("false", "False", "('false')"):
            assert plan(f"{path}{operator}{argument}") == plan(f"{path}{opposite}")


@pytest.mark.parametrize("argument", ["x", "null", "1", "'not a number'", "' '", "tru", "(no)"])
def test_another_argument_of_a_null_check_is_refused(argument: str) -> None:
    for operator in ("=na=", "=nn="):
        (found,) = problems(f"company{operator}{argument}")
        assert isinstance(found, WrongValue)
        assert found.expected == "no value, true or false"


# --- equality and patterns -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("demo", "demo"),
        ("*", ("", "")),
        ("dem*", ("dem", "")),
        ("*em*", ("", "em", "")),
        ("a*b*c", ("a", "b", "c")),
        ("a**b", ("a", "", "b")),
        (r"star\*", "star*"),
        (r"\*", "*"),
        (r"a\*b*", ("a*b", "")),
        (r"a\\*", r"a\*"),
        (r"back\slash", r"back\slash"),
        ("50%", "50%"),
        ("a_b", "a_b"),
        (r"\^x", "^x"),
        (r"\^x*", ("^x", "")),
        ("a^b", "a^b"),
        ("''", ""),
    ],
)
@pytest.mark.parametrize("caret", [False, True])
def test_equality_of_text(written: str, meant: str | tuple[str, ...], caret: bool) -> None:
    if caret and written.startswith(r"\^"):
        pytest.skip("a caret after a caret is text")
    found = plan(f"name=={'^' if caret else ''}{written}" if written != "''" else f"name=={'^' if caret else written}")
    match found:
        case Compare(sign="==", value=value, ignore_case=ignore_case):
            assert (value, ignore_case) == (meant, caret)
        case Match(pattern=Pattern(pieces), negated=False, ignore_case=ignore_case):
            assert (pieces, ignore_case) == (meant, caret)
        case _:
            pytest.fail(repr(found))


def test_a_caret_alone_is_the_empty_text() -> None:
    assert (plan("name==^").value, plan("name==^").ignore_case) == ("", True)


@pytest.mark.parametrize("written", ["dem*", "^demo", r"\^demo", r"a\*b", "*"])
def test_strict_equality_and_lists_are_literal(written: str) -> None:
    strict = QueryOptions(strict_equality=True)
    assert plan(f"name=={written}", strict).value == written
    assert plan(f"name!={written}", strict).sign == "!="
    assert plan(f"name=in=({written})").values == (written,)
    assert plan(f"name=ic={written}").value == written
    assert isinstance(plan(f"name=like={written}", strict), Match)


@pytest.mark.parametrize(
    ("written", "pieces"),
    [
        ("dem", ("", "dem", "")),
        ("dem*", ("dem", "")),
        ("*o", ("", "o")),
        (r"\*", ("", "*", "")),
        ("^x", ("", "^x", "")),
    ],
)
@pytest.mark.parametrize("operator", ["=like=", "=ilike=", "=notlike=", "=inotlike="])
def test_like_contains_unless_it_has_a_wildcard(written: str, pieces: tuple[str, ...], operator: str) -> None:
    found = plan(f"name{operator}{written}")
    assert found.pattern == Pattern(pieces)
    assert found.ignore_case == ("i" in operator[1:2])
    assert found.negated == ("not" in operator)


@pytest.mark.parametrize(
    ("escape", "written", "fine"),
    [
        ("!", "a%", True),
        ("!", "'a!%'", True),
        ("!", "'a!!'", True),
        ("!", "'a!'", False),
        ("!", "'a!!!'", False),
        ("!", "'!'", False),
        ("!", "'!!'", True),
        ("\\", "a\\", False),
        ("\\", "a\\\\", True),
        ("_", "a_", False),
        ("_", "a__", True),
        ("*", "a*", False),
    ],
)
def test_patterns_of_sql_with_their_escape_character(escape: str, written: str, fine: bool) -> None:
    options = QueryOptions(like_escape_character=escape)
    text = written.strip("'")
    for operator in ("=like=", "=notlike=", "=ilike=", "=inotlike="):
        if fine:
            assert plan(f"name{operator}{written}", options).pattern == SqlPattern(f"%{text}%", escape)
        else:
            (found,) = problems(f"id==1;name{operator}{written}", like_escape_character=escape)
            assert isinstance(found, WrongValue)
            assert found.value == text
    assert isinstance(plan("name==a*", options).pattern, Pattern)


# --- negation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        *[
            ("name!=a", "name==a"),
            ("name!=a*", "name==a*"),
            ("name!=^a", "name==^a"),
            ("name=out=(a,b)", "name=in=(a,b)"),
        ],
        *[("name=notlike=a", "name=like=a"), ("name=inotlike=a", "name=ilike=a"), ("age=nb=(1,2)", "age=bt=(1,2)")],
    ],
)
def test_negation(negative: str, positive: str) -> None:
    complement = QueryOptions(negation="complement")
    assert plan(negative, complement) == Complement(plan(positive))
    assert plan(positive, complement) == plan(positive)
    sql = plan(negative)
    assert sql._replace(**({"sign": "=="} if isinstance(sql, Compare) else {"negated": False})) == plan(positive)


def test_groups_of_one_kind_are_one() -> None:
    assert len(plan("id==1;(age==2;(name==x;id==2))").parts) == 4
    flat = plan("id==1,(age==2;name==x)")
    assert isinstance(flat, Disjunction)
    assert isinstance(flat.parts[1], Conjunction)


# --- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filter", "fine"),
    [
        ("document.a==1", True),
        ("document.a=='\"1\"'", True),
        ("document.a=='[1,2]'", True),
        ("document=='{\"a\":1}'", True),
        ("document.a==null", False),
        ("document.a=gt=1", True),
        ("document.a=gt=text", True),
        ("document.a=gt=true", False),
        ("document.a=gt='[1]'", False),
        ("document.a=bt=(1,'{}')", False),
        ("document.a=like=1", True),
        ("document.a=like=null", True),
        ("document.a=ic=true", True),
        ("document.a=in=(1,x,'[1]',true)", True),
        ("document.a=in=(1,null)", False),
        ("document.a=na=", True),
    ],
)
def test_values_of_documents(filter: str, fine: bool) -> None:
    found = problems(filter, model=Everything)
    assert [type(problem) for problem in found] == ([] if fine else [WrongValue])


def test_texts_in_documents() -> None:
    assert isinstance(plan("document.a==x*", model=Everything), Match)
    assert plan("document.a=='\"x*\"'", model=Everything).value == "x*"
    assert plan("document.a==1", model=Everything).value == 1
    assert plan("document.a=like=1", model=Everything).pattern == Pattern(("", "1", ""))


# --- converters ------------------------------------------------------------------------------------------------------


def refusing(text: str) -> object:
    raise ValueError(text)


def test_the_nearest_converter_counts() -> None:
    settings: dict[str, Any] = {"value_converter_registry": ValueConverterRegistry({str: lambda text: f"type {text}"})}
    assert plan("name==x", QueryOptions(**settings)).value == "type x"
    assert plan("company.name==x", QueryOptions(**settings)).value == "type x"
    settings["model_field_value_converters"] = {Company: {"name": lambda text: f"model {text}"}}
    assert plan("name==x", QueryOptions(**settings)).value == "type x"
    assert plan("company.name==x", QueryOptions(**settings)).value == "model x"
    assert plan("company.users.company.name==x", QueryOptions(**settings)).predicate.value == "model x"
    settings["field_value_converters"] = {"company.name": lambda text: f"path {text}"}
    assert plan("company.name==x", QueryOptions(**settings)).value == "path x"
    assert plan("company.users.company.name==x", QueryOptions(**settings)).predicate.value == "model x"
    settings["field_mapping"] = {"firm": "company", "title": "company.name"}
    assert plan("firm.name==x", QueryOptions(**settings)).value == "path x"
    settings["field_value_converters"]["title"] = lambda text: f"written {text}"
    assert plan("title==x", QueryOptions(**settings)).value == "written x"


def test_a_converter_is_used_for_every_argument_and_refuses_with_a_problem() -> None:
    options = QueryOptions(field_value_converters={"age": lambda text: int(text, 16)})
    assert plan("age=in=(a,ff)", options).values == (10, 255)
    assert plan("age=bt=(a,ff)", options).high == 255
    for converter in (refusing, Decimal, lambda text: None):
        found = problems("age=in=(zz,zy)", field_value_converters={"age": converter})
        assert [type(problem) for problem in found] == [WrongValue, WrongValue]


def test_a_bug_in_a_converter_is_not_a_problem_of_the_client() -> None:
    with pytest.raises(ZeroDivisionError):
        problems("age==1", field_value_converters={"age": lambda text: 1 // 0})


def test_a_converter_makes_values_of_a_type_that_the_library_does_not_know() -> None:
    assert [type(found) for found in problems("data==ff", model=Everything)] == [UnsupportedOperator]
    options = QueryOptions(field_value_converters={"data": bytes.fromhex})
    assert plan("data==ff", options, Everything).value == b"\xff"
    assert [
        type(found) for found in problems("data==x", model=Everything, field_value_converters={"data": bytes.fromhex})
    ] == [WrongValue]


# --- custom operators ------------------------------------------------------------------------------------------------

ALL = ComparisonOperator("all_match", ("=all=", "=every="), 1, None)
TYPED = {"all_match": CustomPredicateDefinition(operator=ALL, argument_type=int)}
PLAIN = {"all_match": CustomPredicateDefinition(operator=ALL)}


@pytest.mark.parametrize("path", ["name", "age", "company", "company.name", "roles", "company.users"])
def test_a_custom_operator_takes_its_own_type_on_any_path(path: str) -> None:
    options = QueryOptions(custom_predicates=TYPED)
    found = plan(f"{path}=all=(1,2)", options)
    assert isinstance(found, Custom)
    assert (found.values, found.operator) == ((1, 2), ALL)
    assert plan(f"{path}=every=1", options).values == (1,)
    (refused,) = problems(f"{path}=all=(1,x)", custom_predicates=TYPED)
    assert isinstance(refused, WrongValue)
    assert refused.value == "x"


def test_a_custom_operator_without_a_type_takes_that_of_the_field() -> None:
    options = QueryOptions(custom_predicates=PLAIN)
    assert plan("age=all=1", options).values == (1,)
    assert plan("name=all=1*", options).values == ("1*",)
    assert plan("company=all=1", options).values == ("1",)
    assert [type(found) for found in problems("age=all=x", custom_predicates=PLAIN)] == [WrongValue]


def test_a_custom_operator_uses_the_converter_of_its_type() -> None:
    registry = ValueConverterRegistry({int: lambda text: int(text, 16)})
    assert plan("name=all=ff", QueryOptions(custom_predicates=TYPED, value_converter_registry=registry)).values == (
        255,
    )


def test_a_custom_operator_is_offered() -> None:
    (found,) = problems("company==x", custom_predicates=TYPED)
    assert found.offered == ("=na=", "=nn=", "=all=")


# --- on the databases ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people(engine: Engine) -> Iterator[Session]:
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            session.add_all(rows())
            session.commit()
            yield session
    finally:
        Base.metadata.drop_all(engine)


LOWERINGS = {
    "all_match": lambda payload: payload.expression.in_(payload.values),
    "has_code": lambda payload: payload.expression.any(code=payload.values[0]),
}
HAS_CODE = CustomPredicateDefinition(operator=ComparisonOperator("has_code", ("=hascode=",)), argument_type=str)

EFFECTS: list[tuple[dict[str, Any], str | None, str | None, list[int]]] = [
    ({}, "name==dem*", None, [1, 4]),
    ({"strict_equality": True}, "name==dem*", None, []),
    ({"strict_equality": True}, "name=='star*'", "id", [9]),
    ({"strict_equality": True}, "company.name!='ac*'", "-company.name;id", [1, 4, 6, 9, 11, 2, 5, 8, 12]),
    ({"like_escape_character": "!"}, "name=like=d%o", None, [1, 4]),
    ({"like_escape_character": "!"}, "name=like='50!%'", None, [6]),
    ({"like_escape_character": "!"}, "company.name=ilike=u%", "name;id", [2, 8, 12, 5]),
    ({"like_escape_character": "!"}, "roles.code=like=%m%", None, [1, 8, 12]),
    ({"negation": "complement"}, "company.name!=acme", None, [2, 3, 5, 7, 8, 10, 12]),
    ({"negation": "sql"}, "company.name!=acme", None, [2, 5, 8, 12]),
    ({"negation": "complement"}, "roles.code!=admin", None, [2, 3, 4, 5, 6, 7, 9, 10, 11]),
    ({"negation": "sql"}, "roles.code!=admin", None, [1, 2, 4, 5, 10, 12]),
    ({"join_hints": {"User.company": JoinHint.INNER}}, "company.name=na=,id>0", None, [1, 2, 4, 5, 6, 8, 9, 11, 12]),
    ({"join_hints": {"User.company": JoinHint.LEFT}}, "company.name=na=,id>0", None, list(range(1, 13))),
    ({"join_hints": {"User.company": JoinHint.INNER}}, None, "company.name;id", [2, 5, 8, 12, 1, 4, 6, 9, 11]),
    ({"distinct": True}, "roles.level>0", "-company.name;id", [10, 1, 4, 2, 5, 8, 12]),
    ({"distinct": True}, None, "roles.level;id", [2, 4, 5, 12, 1, 10, 8, 3, 6, 7, 9, 11]),
    ({"field_mapping": {"firm": "company"}}, "firm.name==acme", "firm.country;-id", [11, 9, 6, 4, 1]),
    ({"model_field_mapping": {Company: {"title": "name"}}}, "company.title==acme", "company.title", [1, 4, 6, 9, 11]),
    ({"custom_predicates": TYPED}, "age=all=(17,25)", "company.name;id", [5, 8, 6, 7]),
    ({"custom_predicates": TYPED}, "roles.level=all=(3)", "-id", [12, 8, 1]),
    ({"custom_predicates": TYPED}, "company.id=all=1,age=all=0", "id", [1, 4, 6, 9, 10, 11]),
    ({"custom_predicates": {"has_code": HAS_CODE}}, "roles=hascode=admin", "-id", [12, 8, 1]),
    ({"custom_predicates": {"has_code": HAS_CODE}}, "manager.roles=hascode=guest;id<8", "id", [4, 7]),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "filter", "sort", "wanted"), EFFECTS)
def test_options_with_relations_and_sort(
    people: Session, settings: dict[str, Any], filter: str | None, sort: str | None, wanted: list[int]
) -> None:
    options = QueryOptions(text_order="code_point", **settings)
    described = schema(User, options, orm=SQLAlchemyORM(custom_predicates=LOWERINGS))
    found = validate_request(described, filter=filter, sort=sort).bind(apply_criteria(select(User))).unwrap()
    ids = [user.id for user in people.scalars(found.statement)]
    if sort is None:
        ids.sort()
    assert ids == wanted
    assert people.scalar(found.count_statement) == len(ids)


def test_operators_are_those_of_the_registry() -> None:
    assert problems("name==x", operator_registry=OperatorRegistry((EQUAL, LIKE))) == []
    (found,) = problems("age=like=x", operator_registry=OperatorRegistry((EQUAL, LIKE, NOT_EQUAL)))
    assert found.offered == ("==", "!=")


def test_tests_hold_what_was_written_last() -> None:
    assert isinstance(plan("age=bt=(1,3)"), Between)
    assert isinstance(plan("age=in=(3)"), Member)
