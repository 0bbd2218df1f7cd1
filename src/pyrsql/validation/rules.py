"""The meaning of each operator: one row per operator. Which operators a kind takes stands beside the kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from pyrsql import operators as ops
from pyrsql.language.counts import is_count
from pyrsql.language.wildcards import is_special
from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.models.schema import Schema
from pyrsql.operators import ComparisonOperator
from pyrsql.options import QueryOptions
from pyrsql.validation.arguments import (
    Convert,
    as_field,
    as_ordered,
    as_part,
    as_pattern,
    as_text,
    as_type,
    is_json,
    is_over_text,
)
from pyrsql.validation.convert import Refusal, is_larger
from pyrsql.validation.patterns import beyond_rights, equal_text, like_pattern
from pyrsql.validation.predicates import (
    Between,
    Compare,
    Complement,
    CountOperand,
    Custom,
    Disjunction,
    FieldOperand,
    Match,
    Member,
    Null,
    Operand,
    Predicate,
    RelationOperand,
    RelationPath,
    Sign,
    Some,
    ValueOperand,
    collection_paths,
    is_computed,
    starts_with,
    through_collection,
)
from pyrsql.validation.quantifiers import QUANTIFIERS
from pyrsql.validation.refused import SMALLER_FIRST
from pyrsql.validation.selectors import MOST_KNOWN, Resolution, is_known, resolve


class Comparing(NamedTuple):
    """An operator on the operand of a selector: all that is known of a comparison before its values.

    Args:
        operand: the field, call or relation of the selector.
        found: the same, with its rights.
        options: the options of the query.
        root: the path to the rows that a nested filter is about; empty outside of one.
        rule: the row of the operator.
        sign: how it compares.
        negated: a negative operator negates the test itself, so that it is unknown of NULL.
        complemented: a negative operator takes the complement of the whole comparison.
        convert: converts an argument; None where the arguments do not count as values.
        collection: the path to the related rows of which some must pass; empty where the rule tests one row.
        cacheable: the text alone decides what the comparison means: no code of the developer's takes part.
        is_plain: it compares a field of the root that is no document, which no limit counts.
    """

    operand: Operand
    found: Resolution
    options: QueryOptions
    root: RelationPath
    rule: Rule
    sign: Sign
    negated: bool
    complemented: bool
    convert: Convert | None
    collection: RelationPath
    cacheable: bool
    is_plain: bool

    @property
    def value(self) -> ValueOperand:
        """The operand of an operator that compares values."""
        assert not isinstance(self.operand, RelationOperand), "relations take null checks and custom operators only"
        return self.operand


Make = Callable[[Comparing, tuple[object, ...], tuple[str, ...]], Predicate | Refusal]
"""The operand, the values, and the texts that they were converted from -> the predicate."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The meaning of an operator.

    Args:
        make: makes the predicate for one row.
        sign: how it compares.
        negates: the operator that it is the negation of.
        ignores_case: case does not count.
        convert: which conversion its arguments take; None where they are read as they are.
        over_rows: some row of a to-many path must pass; a null check says itself which rows it is about.
        is_custom: it is an operator of the developer's own.
    """

    make: Make
    sign: Sign = "=="
    negates: ComparisonOperator | None = None
    ignores_case: bool = False
    convert: Callable[[Resolution, QueryOptions], Convert] | None = as_field
    over_rows: bool = True
    is_custom: bool = False

    def complements(self, options: QueryOptions) -> bool:
        """Whether it takes the complement of all of the comparison: of related rows, none may pass."""
        return self.negates is not None and self.over_rows and options.negation == "complement"


def compare(schema: Schema, selector: str, name: str, root: RelationPath = ()) -> Comparing | None:
    """An operator, by name, on a selector of a filter; None where the client may not use it, or where it needs a filter
    of its own: a count or a quantifier.
    """
    known = _known_comparisons(schema)
    asked = None if root else known.get((selector, name))
    if asked is not None:
        return asked
    options = schema.query_options
    if options.quantifiers and (name in QUANTIFIERS or is_count(selector)):
        return None
    found = resolve(schema, "filter", selector, suggest=False)
    if not isinstance(found, Resolution) or name not in found.offered:
        return None
    asked = comparing(options, found, name, root)
    if not root and len(known) < MOST_KNOWN and is_known(schema, "filter", selector):
        known[selector, name] = asked
    return asked


@lru_cache(maxsize=256)
def _known_comparisons(schema: Schema) -> dict[tuple[str, str], Comparing]:
    """The known names of a schema with an operator, by name, each from its first use on."""
    return {}


def comparing(options: QueryOptions, found: Resolution, name: str, root: RelationPath) -> Comparing:
    """An operator, by name, applied to the operand of a selector. The selector must take the operator."""
    operand, rule = found.operand, RULES.get(name)
    if rule is None:
        custom = options.custom_predicates[name]
        rule = Rule(partial(_custom, custom.operator), convert=partial(as_type, custom.argument_type), is_custom=True)
    own = rule.is_custom or (rule.convert is not None and found.converted)
    complemented = rule.complements(options)
    negated = rule.negates is not None and not complemented
    return Comparing(
        operand,
        found,
        options,
        root,
        rule,
        sign="!=" if negated else rule.sign,
        negated=negated,
        complemented=complemented,
        convert=None if rule.convert is None else rule.convert(found, options),
        collection=collection(operand, root) if rule.over_rows else (),
        cacheable=not own and not is_computed(operand),
        is_plain=isinstance(operand, FieldOperand)
        and not (operand.relations or isinstance(operand.field.kind, kinds.Json)),
    )


def predicate_of(asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
    """The predicate of a comparison, or the problem of its values.

    Args:
        asked: the operator, with its operand.
        values: its arguments, converted.
        texts: the same as the client wrote them.
    """
    made = asked.rule.make(asked, values, texts)
    if isinstance(made, Refusal):
        return made
    if asked.collection:
        made = Some(asked.collection, made)
    return Complement(made) if asked.complemented else made


def collection(operand: Operand, root: RelationPath = ()) -> RelationPath:
    """The path to the related rows that an operand has a value in; empty where it has one value per row.

    The rows at the end of `root` are those that a nested filter is about: each of them is one row.
    """
    if isinstance(operand, FieldOperand) and not operand.relations:
        return ()
    (path,) = collection_paths(operand) or {()}
    return () if starts_with(root, path) else path


# --- predicates ---


def _compare(asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate:
    operand = asked.value
    compared = Compare(operand, asked.sign, values[0], asked.rule.ignores_case)
    return _existence(operand, compared) if isinstance(operand, CountOperand) else compared


def _equal(asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
    """`==` and `!=`: text has a caret that ignores case, and wildcards."""
    value = values[0]
    if not isinstance(value, str) or not is_special(value) or _is_literal(asked, texts[0]):
        return _compare(asked, values, texts)
    test = equal_text(asked.value, value, asked.negated)
    return beyond_rights(test, asked.rule.negates is not None, asked.found.operators) or test


def _is_literal(asked: Comparing, text: str) -> bool:
    """Whether nothing in a value is special. A JSON string is written with its own quotes."""
    operand = asked.value
    if asked.options.strict_equality or (is_json(operand) and text.startswith('"')):
        return True
    return not (is_over_text(operand) or isinstance(_element(operand.kind), kinds.Text | kinds.Json))


def _like(asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
    escape = asked.options.like_escape_character
    pattern = like_pattern(str(values[0]), escape)
    if pattern is None:
        return Refusal(f"a pattern that does not end with the escape character {escape}")
    return Match(asked.value, pattern, asked.negated, asked.rule.ignores_case)


def _member(asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate:
    return Member(asked.value, values, asked.negated)


def _between(asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
    low, high = values
    if is_larger(low, high):
        return Refusal("a first bound that is not larger than the second", SMALLER_FIRST)
    return Between(asked.value, low, high, asked.negated)


def _custom(
    operator: ComparisonOperator, asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]
) -> Predicate:
    return Custom(asked.operand, operator, values)


def _is_null(asked: Comparing, values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
    """The argument `false` turns a null check into the opposite one, which the field must take too."""
    opposite = asked.rule.negates or ops.IS_NOT_NULL
    text = texts[0].lower() if texts else ""
    if text in ("", "true"):
        return _null_check(asked, asked.negated)
    if opposite.name not in asked.found.offered:
        return Refusal("no value, or true")
    if text == "false":
        return _null_check(asked, not asked.negated)
    return Refusal("no value, true or false")


def _null_check(asked: Comparing, negated: bool) -> Predicate:
    """The operand is NULL, or with `negated` is not; of a relation: no related row exists, or one does.

    An association proxy over many rows is as a relation: it holds something, or nothing.
    """
    operand, root, elements = asked.operand, asked.root, asked.found.elements
    if not isinstance(operand, RelationOperand) and not (isinstance(operand, FieldOperand) and elements is not None):
        return _null_value(operand, negated, root)
    relations = operand.relations
    if negated:
        return Some(relations)
    # `companies.users=na=`: some company has no users.
    before = through_collection(relations[: len(relations) - 1 if elements is None else elements])
    return _of_some(before, root, Complement(Some(relations)))


def _null_value(operand: ValueOperand, negated: bool, root: RelationPath) -> Predicate:
    """A value is NULL, or with `negated` is not; of a to-many path: that of some row.

    A relation that shows one row reads as NULL where it shows none, as one that surely leads to one row at most.
    """
    path, test = collection(operand, root), Null(operand, negated)
    some = Some(path, test) if path else test
    if negated or not (path and path[-1].shows_one and isinstance(operand, FieldOperand)):
        return some
    return _of_some(through_collection(path), root, Disjunction((Complement(Some(path)), some)))


def _of_some(path: RelationPath, root: RelationPath, predicate: Predicate) -> Predicate:
    """Some row at the end of a path passes; the row itself where the path is empty, or leads to the root."""
    return predicate if not path or starts_with(root, path) else Some(path, predicate)


def _existence(operand: CountOperand, compared: Compare) -> Predicate:
    """A count compared with 0 or 1, as the existence of a row, which a database finds without counting."""
    exists = Some(operand.relations, operand.predicate)
    match compared.sign, compared.value:
        case (">", 0) | (">=", 1) | ("!=", 0):
            return exists
        case ("==", 0) | ("<", 1) | ("<=", 0):
            return Complement(exists)
        case _:
            return compared


def _element(kind: Kind) -> Kind:
    return kind.item if isinstance(kind, kinds.Array) else kind


RULES = {
    ops.EQUAL.name: Rule(_equal, convert=as_pattern),
    ops.NOT_EQUAL.name: Rule(_equal, negates=ops.EQUAL, convert=as_pattern),
    ops.GREATER.name: Rule(_compare, ">", convert=as_ordered),
    ops.GREATER_OR_EQUAL.name: Rule(_compare, ">=", convert=as_ordered),
    ops.LESS.name: Rule(_compare, "<", convert=as_ordered),
    ops.LESS_OR_EQUAL.name: Rule(_compare, "<=", convert=as_ordered),
    ops.IN.name: Rule(_member),
    ops.NOT_IN.name: Rule(_member, negates=ops.IN),
    ops.IS_NULL.name: Rule(_is_null, convert=None, over_rows=False),
    ops.IS_NOT_NULL.name: Rule(_is_null, negates=ops.IS_NULL, convert=None, over_rows=False),
    ops.LIKE.name: Rule(_like, convert=as_part),
    ops.NOT_LIKE.name: Rule(_like, negates=ops.LIKE, convert=as_part),
    ops.EQUAL_IGNORE_CASE.name: Rule(_compare, ignores_case=True, convert=as_text),
    ops.LIKE_IGNORE_CASE.name: Rule(_like, ignores_case=True, convert=as_part),
    ops.NOT_LIKE_IGNORE_CASE.name: Rule(_like, negates=ops.LIKE_IGNORE_CASE, ignores_case=True, convert=as_part),
    ops.BETWEEN.name: Rule(_between, convert=as_ordered),
    ops.NOT_BETWEEN.name: Rule(_between, negates=ops.BETWEEN, convert=as_ordered),
}
"""The meaning of each operator that the language has, by name."""

NEGATIONS: Mapping[ComparisonOperator, ComparisonOperator] = {
    negated: operator
    for operator in ops.DEFAULT_OPERATORS
    for negated in [RULES[operator.name].negates]
    if negated is not None
}
"""Each operator that has a negation, and which."""
