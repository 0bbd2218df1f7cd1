"""From tree to plan: the exact limits, what a comparison holds, and whether its text alone decides what it means."""

from __future__ import annotations

from typing import Any

import pytest
from returns.pipeline import is_successful
from sqlalchemy import JSON, ColumnElement, ForeignKey, Integer, LargeBinary, String, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql import (
    ComparisonOperator,
    CustomPredicateDefinition,
    ParseLimits,
    QueryOptions,
    SortLimits,
    SortOptions,
    ValueConverterRegistry,
    field_rights,
)
from pyrsql.models.kinds import Text, operators_of
from pyrsql.operators import DEFAULT_OPERATORS
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import LimitExceeded, UnknownField, UnsupportedOperator, UnsupportedSort, WrongValue
from pyrsql.validation.plan import Criteria
from pyrsql.validation.predicates import (
    Between,
    Compare,
    Complement,
    Conjunction,
    Disjunction,
    Match,
    Member,
    OrderKey,
    Pattern,
)
from tests.sample_models import User


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "validate_rules_things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    exact: Mapped[str] = mapped_column(info={"pyrsql": field_rights(operators=["equal", "is_null"])})
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[list[str]] = mapped_column(ARRAY(String))
    numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    searched: Mapped[str] = mapped_column(TSVECTOR)

    @hybrid_property
    def loud(self) -> str:
        return self.name.upper()

    @loud.inplace.expression
    @classmethod
    def _loud(cls) -> ColumnElement[str]:
        return type_coerce(cls.name + "!", String)


ALL = ComparisonOperator("all_match", ("=all=",), 1, None)
LIFTED = ParseLimits(query_length=None, selector_length=None, arguments=None, depth=None, nodes=None)


def validated(
    filter: str | None = None,
    sort: str | None = None,
    model: type = User,
    sort_options: SortOptions | None = None,
    **settings: Any,
) -> Criteria:
    return validate_request(
        schema(model, QueryOptions(**settings), sort_options or SortOptions()), filter=filter, sort=sort
    ).unwrap()


def predicate(filter: str, model: type = User, **settings: Any) -> Any:
    return validated(filter, model=model, **settings).filter.predicate


def problems(
    filter: str | None = None,
    sort: str | None = None,
    model: type = User,
    sort_options: SortOptions | None = None,
    **settings: Any,
) -> list[Any]:
    judged = validate_request(
        schema(model, QueryOptions(**settings), sort_options or SortOptions()), filter=filter, sort=sort
    )
    return [] if is_successful(judged) else list(judged.failure())


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("depth", "fine"), [(100, True), (101, False)])
def test_groups_may_stand_in_100_groups(depth: int, fine: bool) -> None:
    nested = "".join("(id==1" + ",;"[level % 2] for level in range(depth)) + "id==2" + ")" * depth
    expected = [] if fine else [LimitExceeded(source="filter", limit="depth", maximum=100)]
    assert problems(nested, parse_limits=LIFTED) == expected


@pytest.mark.parametrize(("depth", "fine"), [(64, True), (65, False)])
def test_a_call_counts_as_the_groups_that_its_sql_has(depth: int, fine: bool) -> None:
    nested = "(" * depth + "'@upper[name]'==X" + "".join(f"{',;'[level % 2]}id==1)" for level in range(depth))
    settings: dict[str, Any] = {"parse_limits": LIFTED, "procedure_whitelist": ["upper"]}
    expected = [] if fine else [LimitExceeded(source="filter", limit="depth", maximum=100)]
    assert problems(nested, **settings) == expected


def test_ten_names_of_a_request_get_a_suggestion() -> None:
    names = [f"nam{'xyzvwabcdfg'[place]}" for place in range(11)]
    of_filter = problems(";".join(f"{name}==1" for name in names))
    of_sort = problems(sort=";".join(names), sort_options=SortOptions(sort_limits=SortLimits(keys=None)))
    for found in (of_filter, of_sort):
        assert all(isinstance(problem, UnknownField) for problem in found)
        assert [problem.hint is not None for problem in found] == [True] * 10 + [False]


# --- what a comparison holds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operator",
    [operator for operator in DEFAULT_OPERATORS if operator.name in operators_of(Text())],
    ids=lambda operator: operator.name,
)
def test_a_comparison_is_of_the_field_that_was_named(operator: ComparisonOperator) -> None:
    arguments = {0: "", 2: "(a,b)"}.get(operator.minimum_arguments, "a")
    for path in ("name", "company.name"):
        assert predicate(f"{path}{operator.spelling}{arguments}").operand.path == path


@pytest.mark.parametrize("comparison", ["==a", "==^a", "==a*", "!=^a*"])
def test_an_equality_is_of_the_field_that_was_named(comparison: str) -> None:
    assert predicate(f"company.name{comparison}").operand.path == "company.name"


@pytest.mark.parametrize(
    ("spelling", "sign"),
    [("=gt=", ">"), (">", ">"), ("=ge=", ">="), (">=", ">="), ("=lt=", "<"), ("<", "<"), ("=le=", "<="), ("<=", "<=")],
)
def test_an_order_operator_has_its_sign(spelling: str, sign: str) -> None:
    found = predicate(f"age{spelling}18")
    assert isinstance(found, Compare)
    assert (found.sign, found.value, found.ignore_case) == (sign, 18, False)


def test_a_range_has_a_low_and_a_high_end() -> None:
    found = predicate("age=bt=(1,9)")
    assert isinstance(found, Between)
    assert (found.low, found.high, found.negated) == (1, 9, False)
    assert predicate("age=nb=(1,9)").negated


def test_a_list_holds_every_value() -> None:
    found = predicate("age=in=(1,2,3)")
    assert isinstance(found, Member)
    assert (found.values, found.negated) == ((1, 2, 3), False)
    assert predicate("age=out=(1,2,3)").negated


def test_equality_ignoring_case_compares_the_whole_text() -> None:
    found = predicate("name=ic=Demo")
    assert isinstance(found, Compare)
    assert (found.sign, found.value, found.ignore_case) == ("==", "Demo", True)


def test_a_null_check_says_which() -> None:
    assert [predicate(f"{field}=na=").negated for field in ("age", "company.name")] == [False] * 2
    assert [predicate(f"{field}=nn=").negated for field in ("age", "company.name")] == [True] * 2


def test_inequality_of_what_is_no_text_is_a_comparison() -> None:
    assert predicate("age!=1").sign == "!="
    assert predicate("document.a!=1", model=Thing).sign == "!="


def test_an_element_of_a_list_has_wildcards_where_it_is_text() -> None:
    found = predicate("words==a*", model=Thing)
    assert isinstance(found, Match)
    assert found.pattern == Pattern(("a", ""))
    assert predicate("numbers==1", model=Thing).value == 1
    assert predicate("words==a*", model=Thing, strict_equality=True).value == "a*"
    assert [type(found) for found in problems("numbers=like=1;words=like=a", model=Thing)] == [UnsupportedOperator]


def test_wildcards_are_for_text_alone() -> None:
    found = predicate("searched==^a*", model=Thing, field_value_converters={"searched": str})
    assert isinstance(found, Compare)
    assert (found.value, found.ignore_case) == ("^a*", False)


def test_quotes_make_text_literal_in_a_document_alone() -> None:
    assert predicate("name=='\"a*\"'", model=Thing).pattern == Pattern(('"a', '"'))
    assert predicate("document.a=='\"a*\"'", model=Thing).value == "a*"
    complement = predicate("document.a!='\"a*\"'", model=Thing, negation="complement")
    assert isinstance(complement, Complement)
    assert isinstance(complement.predicate, Compare)
    assert complement.predicate.value == "a*"


def test_a_converter_of_text_is_used_by_every_operator() -> None:
    options: dict[str, Any] = {"model": Thing, "field_value_converters": {"name": str.upper}}
    assert predicate("name==a*", **options).pattern == Pattern(("A", ""))
    assert predicate("name=like=a", **options).pattern == Pattern(("", "A", ""))
    assert predicate("name=ic=a", **options).value == "A"
    assert predicate("name>a", **options).value == "A"
    assert predicate("name=in=(a,b)", **options).values == ("A", "B")


def test_groups_keep_the_order_of_their_parts() -> None:
    found = predicate("id==1;(id==2;id==3);(id==4,(id==5,id==6),id==7)")
    assert isinstance(found, Conjunction)
    *firsts, last = found.parts
    assert [part.value for part in firsts if isinstance(part, Compare)] == [1, 2, 3]
    assert isinstance(last, Disjunction)
    assert [part.value for part in last.parts if isinstance(part, Compare)] == [4, 5, 6, 7]


# --- what a refusal says ---------------------------------------------------------------------------------------------


def test_a_pattern_that_ends_with_the_escape_character_is_told_so() -> None:
    (found,) = problems("name=like='a!'", like_escape_character="!")
    assert isinstance(found, WrongValue)
    assert found.expected == "a pattern that does not end with the escape character !"
    assert found.value == "a!"
    assert found.span == (10, 14)


def test_a_pattern_is_refused_in_a_complement_too() -> None:
    (found,) = problems("name=notlike='a!'", like_escape_character="!", negation="complement")
    assert isinstance(found, WrongValue)
    assert found.value == "a!"


def test_a_field_takes_no_operators_but_those_that_its_rights_name() -> None:
    assert problems("exact==a;exact=na=", model=Thing) == []
    found = problems("exact!=a;exact=like=a", model=Thing)
    assert [isinstance(problem, UnsupportedOperator) and problem.offered for problem in found] == [("==", "=na=")] * 2


WILD, CARET = "a text without '*' as a wildcard", "a text without '^' at the start"


@pytest.mark.parametrize(
    ("comparison", "right", "expected"),
    [
        ("==a*", "like", WILD),
        ("=='*'", "like", WILD),
        ("==^a*", "like_ignore_case", WILD),
        ("==^a", "equal_ignore_case", CARET),
        ("!=a*", "not_like", WILD),
        ("!=^a*", "not_like_ignore_case", WILD),
        ("!=^a", "equal_ignore_case", CARET),
    ],
)
def test_equality_means_no_operator_that_the_rights_leave_out(comparison: str, right: str, expected: str) -> None:
    """`pin==1*` would find a hidden value letter by letter."""

    class Base(DeclarativeBase):
        pass

    class Safe(Base):
        __tablename__ = "validate_rules_safes"
        id: Mapped[int] = mapped_column(primary_key=True)
        equal: Mapped[str] = mapped_column(info={"pyrsql": field_rights(operators=["equal", "not_equal"])})
        more: Mapped[str] = mapped_column(info={"pyrsql": field_rights(operators=["equal", "not_equal", right])})
        document: Mapped[dict[str, Any]] = mapped_column(
            JSON, info={"pyrsql": field_rights(operators=["equal", "not_equal"])}
        )
        free: Mapped[str]

    for path in ("equal", "document", "document.pin"):
        (found,) = problems(f"{path}{comparison}", model=Safe)
        assert isinstance(found, WrongValue)
        assert found.expected == expected
    for negation in ("sql", "complement"):
        assert len(problems(f"equal{comparison}", model=Safe, negation=negation)) == 1
        assert problems(f"more{comparison};free{comparison}", model=Safe, negation=negation) == []
    assert problems(r"equal==a\*;equal==\^a;equal==a;equal!=\*", model=Safe) == []
    assert problems("equal==a*;equal==^a", model=Safe, strict_equality=True) == []


def test_a_field_without_operators_that_compare_by_order_is_no_sort_key() -> None:
    class Base(DeclarativeBase):
        pass

    class Vault(Base):
        __tablename__ = "validate_rules_vaults"
        id: Mapped[int] = mapped_column(primary_key=True)
        pin: Mapped[str] = mapped_column(info={"pyrsql": field_rights(operators=["equal"])})
        listed: Mapped[str] = mapped_column(info={"pyrsql": field_rights(operators=["equal"], sort=True)})
        ranged: Mapped[str] = mapped_column(info={"pyrsql": field_rights(operators=["equal", "greater"])})
        owner_id: Mapped[int] = mapped_column(ForeignKey("validate_rules_vaults.id"))
        owner: Mapped[Vault] = relationship(remote_side=id, info={"pyrsql": field_rights(operators=["is_null"])})

    (hidden,) = problems(sort="pin;listed;ranged;owner.listed", model=Vault)
    (unknown,) = problems(sort="nothing", model=Vault)
    assert type(hidden) is type(unknown)
    assert len(problems(sort="owner.pin", model=Vault)) == 1


def test_a_null_check_is_no_way_to_its_opposite() -> None:
    assert problems("exact=na=true", model=Thing) == []
    (found,) = problems("exact=na=false", model=Thing)
    assert isinstance(found, WrongValue)
    assert found.expected == "no value, or true"


def test_what_has_no_order_in_a_document_is_told_so() -> None:
    for text in ("true", "'[1]'", "'{}'"):
        (found,) = problems(f"document.a=gt={text}", model=Thing)
        assert isinstance(found, WrongValue)
        assert (found.expected, found.hint) == ("a number or a text", None)


def test_the_hint_of_a_value_is_passed_on() -> None:
    (found,) = problems("age=in=(1,1_000)")
    assert isinstance(found, WrongValue)
    assert (found.value, found.hint) == ("1_000", "Leave out the underscores.")


def test_a_relation_takes_a_hint_to_its_fields() -> None:
    of_relation, of_field = problems("company==1;age=like=1")
    assert isinstance(of_relation, UnsupportedOperator)
    assert (of_relation.field, of_relation.operator, of_relation.hint) == (
        "company",
        "==",
        "Name a field of it, after a dot.",
    )
    assert (of_field.field, of_field.operator, of_field.hint) == ("age", "=like=", None)


@pytest.mark.parametrize(
    ("sort", "model", "reason", "hint"),
    [
        ("company", User, "a relation has no order", "Name a field of it, after a dot."),
        ("data", Thing, "this type has no order", None),
        ("words", Thing, "this type has no order", None),
        ("searched", Thing, "this type has no order", None),
        ("document", Thing, "a whole document has no order", "Name a value in it, after a dot."),
        ("id,ic", Thing, "only text can be sorted ignoring case", None),
    ],
)
def test_what_cannot_be_sorted_is_told_why(sort: str, model: type, reason: str, hint: str | None) -> None:
    (found,) = problems(sort=sort, model=model)
    assert isinstance(found, UnsupportedSort)
    assert (found.source, found.field, found.reason, found.hint) == ("sort", sort.split(",")[0], reason, hint)
    assert found.span is not None


# --- sorts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "descending", "ignore_case", "nulls_first"),
    [
        ("name", False, False, False),
        ("-name", True, False, True),
        ("name,desc", True, False, True),
        ("name,asc,ic", False, True, False),
        ("name,nullsfirst", False, False, True),
        ("-name,nullslast", True, False, False),
        ("document.a,ic", False, True, False),
        ("document.a", False, False, False),
    ],
)
def test_a_key_of_a_sort(sort: str, descending: bool, ignore_case: bool, nulls_first: bool) -> None:
    order = validated(sort=sort, model=Thing).order
    assert order is not None
    (key,) = order.keys
    assert key == OrderKey(key.operand, descending, ignore_case, nulls_first)


# --- whether the text alone decides ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filter", "settings", "cacheable"),
    [
        (None, {}, True),
        ("name==x;id=gt=1,document.a=na=", {}, True),
        ("loud==X", {}, False),
        ("loud=na=", {}, False),
        ("name==x;loud=nn=;id==1", {}, False),
        ("@lower[name]==x", {"procedure_whitelist": ["lower"]}, True),
        ("@lower[loud]==x", {"procedure_whitelist": ["lower"]}, False),
        ("@lower[loud]=na=", {"procedure_whitelist": ["lower"]}, False),
        ("name==x", {"value_converter_registry": ValueConverterRegistry({str: str.strip})}, False),
        ("id==1;name==x", {"field_value_converters": {"id": int}}, False),
        ("name==x", {"field_value_converters": {"id": int}}, True),
        ("id=na=", {"field_value_converters": {"id": int}}, True),
        ("id=all=1", {"custom_predicates": {"all_match": CustomPredicateDefinition(operator=ALL)}}, False),
    ],
)
def test_a_filter_is_cacheable_when_no_code_of_the_developer_decides(
    filter: str | None, settings: dict[str, Any], cacheable: bool
) -> None:
    found = validated(filter, model=Thing, **settings)
    assert found.filter.cacheable is cacheable


def test_a_filter_over_a_relation_is_cacheable() -> None:
    assert validated("company=na=;roles.code==x").filter.cacheable


@pytest.mark.parametrize(("sort", "cacheable"), [("name;-id", True), ("loud", False), ("name;loud;id", False)])
def test_a_sort_is_cacheable_when_no_code_of_the_developer_decides(sort: str, cacheable: bool) -> None:
    found = validated("id==1", sort, Thing)
    assert found.order is not None
    assert found.order.cacheable is cacheable
