"""Options: nothing changes them, mistakes in them are refused, and they can be copied, pickled and shared."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any, cast

import pytest
from sqlalchemy.orm import aliased

from pyrsql import (
    ComparisonOperator,
    CustomPredicateDefinition,
    FunctionSignature,
    JoinHint,
    JSONOptions,
    JSONSortScalarType,
    OperatorRegistry,
    ParseLimits,
    QueryOptions,
    SortLimits,
    SortOptions,
    ValueConverterRegistry,
)
from pyrsql.models.rights import field_rights
from pyrsql.operators import EQUAL
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from tests.sample_models import User

MUTABLE: dict[str, Any] = {
    "field_mapping": {"n": "name"},
    "model_field_mapping": {User: {"n": "name"}},
    "join_hints": {"User.company": JoinHint.INNER},
    "field_whitelist": {"name"},
    "field_blacklist": ["age"],
    "model_field_whitelist": {User: {"name"}},
    "model_field_blacklist": {User: ["age"]},
    "procedure_whitelist": ["upper"],
    "procedure_blacklist": {"lower"},
    "function_signatures": {"f": FunctionSignature((str,), str)},
}
ALL_MATCH = ComparisonOperator(name="all_match", spellings=("=all=",))
QUERY: dict[str, Any] = {
    **MUTABLE,
    "custom_predicates": {"all_match": CustomPredicateDefinition(operator=ALL_MATCH, argument_type=str)},
    "field_value_converters": {"name": str.upper},
    "model_field_value_converters": {User: {"name": str.upper}},
}


def copies(values: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(values)


@pytest.mark.parametrize(("kind", "values"), [(QueryOptions, QUERY), (SortOptions, MUTABLE)])
def test_a_later_change_of_what_was_given_does_not_count(kind: Any, values: dict[str, Any]) -> None:
    given = copies(values)
    options = kind(**given)
    before = {name: copies({"": plain(getattr(options, name))})[""] for name in given}
    for value in given.values():
        for inner in list(value.values()) if isinstance(value, dict) else []:
            if isinstance(inner, dict | list | set):
                inner.clear()
        value.clear()
    assert {name: plain(getattr(options, name)) for name in given} == before


def plain(value: Any) -> Any:
    """A value that can be copied and compared: mappings as dicts."""
    if hasattr(value, "items"):
        return {key: plain(inner) for key, inner in value.items()}
    return set(value) if isinstance(value, frozenset) else value


@pytest.mark.parametrize("name", QUERY)
def test_what_options_hold_cannot_be_changed(name: str) -> None:
    value: Any = getattr(QueryOptions(**copies(QUERY)), name)
    with pytest.raises((TypeError, AttributeError)):
        value["new"] = "name"
    with pytest.raises(AttributeError):
        value.add("new")


def test_options_cannot_be_assigned_to() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        QueryOptions().strict_equality = True  # type: ignore[misc]  # frozen: that is tested


def test_options_are_equal_only_to_themselves_so_that_any_can_be_a_key() -> None:
    one, other = QueryOptions(**copies(QUERY)), QueryOptions(**copies(QUERY))
    assert one != other
    assert len({one, other, SortOptions(), JSONOptions(), ValueConverterRegistry()}) == 5
    assert ParseLimits(depth=3) == ParseLimits(depth=3)
    assert hash(SortLimits()) == hash(SortLimits())


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
@pytest.mark.parametrize(
    "options",
    [
        QueryOptions(**copies(QUERY), strict_equality=True, like_escape_character="!", negation="complement"),
        SortOptions(**copies(MUTABLE), sort_limits=SortLimits(keys=2)),
        JSONOptions(use_datetime=True, sort_field_types={"a.b": JSONSortScalarType.DATE}),
        ValueConverterRegistry({int: int}),
        OperatorRegistry(),
    ],
    ids=lambda options: type(options).__name__,
)
def test_options_can_be_copied_and_pickled(options: Any, duplicate: Any) -> None:
    found = duplicate(options)
    for each in dataclasses.fields(options):
        was, is_now = plain(getattr(options, each.name)), plain(getattr(found, each.name))
        if not isinstance(was, JSONOptions | ValueConverterRegistry | OperatorRegistry):
            assert is_now == was


def test_options_can_be_replaced_in_part() -> None:
    options = dataclasses.replace(QueryOptions(**copies(QUERY)), field_whitelist={"age"})
    assert options.field_whitelist == {"age"}
    assert options.operators.find("=all=") == ALL_MATCH


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"field_whitelist": "name"}, "field_whitelist"),
        ({"field_blacklist": "name"}, "field_blacklist"),
        ({"model_field_whitelist": {User: "name"}}, "model_field_whitelist"),
        ({"model_field_blacklist": {User: "name"}}, "model_field_blacklist"),
        # A list that no model has, or that is read once only, would hide nothing.
        ({"model_field_whitelist": {"User": {"name"}}}, "classes as keys, and 'User'"),
        ({"model_field_blacklist": {"User": {"name"}}}, "classes as keys, and 'User'"),
        ({"model_field_blacklist": {User.__table__: {"name"}}}, "classes as keys"),
        ({"model_field_blacklist": {aliased(User): {"name"}}}, "classes as keys"),
        ({"model_field_mapping": {"User": {"n": "name"}}}, "classes as keys"),
        ({"model_field_value_converters": {"User": {"name": str}}}, "classes as keys"),
        ({"field_blacklist": (name for name in ["name"])}, "field_blacklist takes a collection of names, not"),
        ({"field_blacklist": True}, "field_blacklist takes a collection of names, not True"),
        ({"field_mapping": {"n": User.name}}, "field_mapping has .* for 'n': it takes a text"),
        ({"join_hints": {"User.company": "INNER"}}, "it takes JoinHint.LEFT, JoinHint.INNER, JoinHint.RIGHT"),
        ({"join_hints": {User.company: JoinHint.INNER}}, "'User.company' is none: write it as text"),
        ({"quantifiers": "false"}, "quantifiers='false': it takes True or False"),
        ({"strict_equality": "no"}, "strict_equality='no': it takes True or False"),
        ({"json_options": {}}, "json_options={}: it takes a value of JSONOptions"),
        ({"parse_limits": 5}, "parse_limits=5: it takes a value of ParseLimits"),
        ({"value_converter_registry": {}}, "it takes a value of ValueConverterRegistry"),
        ({"field_mapping": ["name"]}, "field_mapping takes a mapping, not"),
        ({"model_field_mapping": [User]}, "model_field_mapping takes a mapping, not"),
        ({"model_field_whitelist": {User, ALL_MATCH}}, "model_field_whitelist takes a mapping, not"),
        ({"public_fields": {"name"}}, "public_fields takes a mapping, not"),
        ({"public_fields": {"name": User.name}}, "public_fields has .* for 'name': it takes a text"),
        ({"function_signatures": {"upper": str}}, "function_signatures has .* a value of FunctionSignature"),
        ({"custom_predicates": [ALL_MATCH]}, "custom_predicates takes a mapping, not"),
        ({"custom_predicates": {"all_match": ALL_MATCH}}, "it takes a value of CustomPredicateDefinition"),
        ({"field_value_converters": {"name": "upper"}}, "has 'upper' for 'name': it takes a plain function"),
        ({"model_field_value_converters": {User: {"name": 3}}}, "has 3 for 'name': it takes a plain function"),
        ({"model_field_mapping": {User: ["name"]}}, "model_field_mapping takes a mapping, not"),
        ({"model_field_mapping": {User: {"n": User.name}}}, "model_field_mapping has .* for 'n': it takes a text"),
        ({"cached_texts": "5"}, "cached_texts='5': it takes a whole number"),
        ({"procedure_whitelist": "upper"}, "procedure_whitelist"),
        ({"procedure_blacklist": "upper"}, "procedure_blacklist"),
        ({"procedure_whitelist": ["("]}, "regular expression"),
        ({"procedure_blacklist": ["*"]}, "regular expression"),
        ({"join_hints": {"User.company": JoinHint.RIGHT}}, "RIGHT"),
        ({"like_escape_character": ""}, "like_escape_character"),
        ({"like_escape_character": "ab"}, "like_escape_character"),
        ({"like_escape_character": "%"}, "wildcard"),
        ({"negation": "not"}, "negation"),
        ({"custom_predicates": {"other": CustomPredicateDefinition(operator=ALL_MATCH)}}, "all_match"),
        ({"operator_registry": OperatorRegistry((EQUAL, ALL_MATCH))}, "all_match"),
        (
            {"custom_predicates": {"x": CustomPredicateDefinition(operator=ComparisonOperator("x", ("==",)))}},
            "taken",
        ),
    ],
)
def test_options_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        QueryOptions(**settings)


def test_sort_types_that_cannot_be_meant_are_refused() -> None:
    types: Any = {"doc.a": "integer"}
    with pytest.raises(ValueError, match=r"has 'integer' for 'doc\.a': it takes JSONSortScalarType\.TEXT, "):
        JSONOptions(sort_field_types=types)


ANYTHING: Any = "int"


async def awaited(*_: object) -> Any:
    raise AssertionError("nothing is awaited")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: CustomPredicateDefinition(operator=ANYTHING),
            "operator='int': it takes a value of ComparisonOperator",
        ),
        (lambda: CustomPredicateDefinition(operator=ALL_MATCH, argument_type=ANYTHING), "write the class itself"),
        (lambda: ValueConverterRegistry({ANYTHING: int}), "'int' is a text: write the class itself"),
        (lambda: ValueConverterRegistry().with_converter(int, ANYTHING), "it takes a plain function"),
        (lambda: FunctionSignature((str, ANYTHING), str), "FunctionSignature takes classes"),
        (lambda: FunctionSignature((str,), ANYTHING), "FunctionSignature takes classes"),
        (lambda: FunctionSignature(cast("Any", str), str), "FunctionSignature takes classes"),
        (lambda: MemoryORM(identity=ANYTHING), "identity takes a mapping, not 'int'"),
        (lambda: MemoryORM(identity={ANYTHING: ["id"]}), "identity takes classes as keys, and 'int' is none"),
        (lambda: OperatorRegistry(ANYTHING), "a registry holds operators, and 'i' is none"),
        (lambda: ComparisonOperator("x", ANYTHING), r"spellings of 'x' is one text: write \('int',\)"),
        (lambda: SQLAlchemyORM(custom_predicates={"x": ANYTHING}), "has 'int' for 'x': it takes a plain function"),
        (lambda: SQLAlchemyORM(custom_predicates=cast("Any", {"x": awaited})), "for 'x': it takes a plain function"),
        (lambda: MemoryORM(functions={"upper": awaited}), "for 'upper': it takes a plain function"),
        (lambda: QueryOptions(field_value_converters={"name": awaited}), "for 'name': it takes a plain function"),
        (lambda: MemoryORM(custom_predicates=ANYTHING), "custom_predicates takes a mapping, not 'int'"),
        (lambda: field_rights(filter=ANYTHING), "filter='int': it takes True or False"),
        (lambda: field_rights(operators=[int]), "operators has <class 'int'>: it takes operators"),  # type: ignore[list-item]
    ],
)
def test_parts_of_options_of_another_type_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
