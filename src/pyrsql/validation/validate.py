"""Node + Schema -> plan: every name, right, operator and value checked, and every problem found reported."""

# `bind` of returns emulates higher kinds, which pyright knows in part; the type of its result is known.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, cast

from returns.result import Failure, Result, Success

from pyrsql.language.advice import Advice
from pyrsql.language.comparisons import number
from pyrsql.language.counts import is_count, read_count
from pyrsql.language.grammar import COUNT
from pyrsql.language.nested import NestedText, nested_argument, outward, parse_nested
from pyrsql.language.nodes import And, Comparison, Node, SortKey, size_of
from pyrsql.language.parse import is_blank, parse, parse_sort
from pyrsql.models import kinds
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import QueryOptions
from pyrsql.problems import (
    LimitExceeded,
    Problems,
    Span,
    UnsupportedOperator,
    WrongCall,
    problems_of,
)
from pyrsql.validation.convert import Refusal, converter
from pyrsql.validation.corrections import with_tried_corrections
from pyrsql.validation.functions import DEEPEST, NESTED_FILTER, parser_cost
from pyrsql.validation.offered import offered
from pyrsql.validation.order_keys import NAME_A_FIELD, order_key
from pyrsql.validation.plan import Filter, Order
from pyrsql.validation.predicates import (
    Compare,
    Conjunction,
    CountOperand,
    Disjunction,
    Operand,
    OrderKey,
    Predicate,
    RelationOperand,
    RelationPath,
    is_computed,
)
from pyrsql.validation.quantifiers import (
    QUANTIFIERS,
    below,
    count_texts,
    quantified,
)
from pyrsql.validation.refused import null_advice, wrong_value, wrong_values
from pyrsql.validation.rules import Comparing, compare, comparing, predicate_of
from pyrsql.validation.selectors import Resolution, resolve
from pyrsql.validation.total_order import completing
from pyrsql.validation.validation import Validation

NO_ORDER: Result[Order | None, Problems] = Success(None)
"""The result of a sort that is missing or blank."""


def read_filter(
    schema: Schema, written: str | Node | None, *, max_problems: int | None = None
) -> Result[Filter, Problems]:
    """Parse a filter under the options of a schema, unless it is a tree already, and validate it.

    Problems: those of `parse` and of `validate_filter`.
    """
    if not isinstance(written, str):
        return validate_filter(schema, written, max_problems=max_problems)

    validate = partial(validate_filter, schema, max_problems=max_problems)
    return with_tried_corrections(written, lambda text: parse(text, schema.query_options).bind(validate))


def validate_filter(schema: Schema, node: Node | None, *, max_problems: int | None = None) -> Result[Filter, Problems]:
    """Validate a tree.

    Args:
        schema: the fields and rights of the endpoint.
        node: the tree; None for no filter.
        max_problems: stop after the comparison with so many problems; None looks for all.

    Problems: UnknownField, ForbiddenFunction, WrongCall, WrongValue, UnsupportedOperator, LimitExceeded; all of them.
    """
    if node is None:
        return Success(Filter(schema, None, cacheable=True))
    validation = Validation(schema, "filter", node, number(max_problems))
    predicate = _predicate(validation, node, 0)
    problems = problems_of(validation.problems) if validation.problems else None
    return Success(Filter(schema, predicate, validation.cacheable, node)) if problems is None else Failure(problems)


def read_sort(schema: Schema, written: str | tuple[SortKey, ...] | None) -> Result[Order | None, Problems]:
    """Parse a sort under the options of a schema, unless it is keys already, and validate it. A blank sort is none.

    Problems: those of `parse_sort` and of `validate_sort`.
    """
    if not written or (isinstance(written, str) and is_blank(written)):
        return NO_ORDER
    if not isinstance(written, str):
        return validate_sort(schema, written)

    validate = partial(validate_sort, schema)
    return with_tried_corrections(written, lambda text: parse_sort(text, schema.sort_options).bind(validate))


def validate_sort(schema: Schema, keys: Iterable[SortKey]) -> Result[Order, Problems]:
    """Validate the keys of a sort.

    Args:
        schema: the fields and rights of the endpoint.
        keys: the keys, most important first.

    Problems: UnknownField, ForbiddenFunction, WrongCall, UnsupportedSort; all of them.
    """
    ordered: list[OrderKey] = []
    validation = Validation(schema, "sort")
    problems = validation.problems
    for key in keys:
        found = _sorted_operand(validation, key)
        if not isinstance(found, Resolution):
            problems.extend(found)
            continue
        problems.extend(validation.usage.key(found.operand, key.span))
        made = order_key(key, found, schema.sort_options)
        if isinstance(made, OrderKey):
            ordered.append(made)
        else:
            problems.append(made)
    failed = problems_of(problems)
    if failed is not None:
        return Failure(failed)
    order = tuple(ordered)
    cacheable = validation.cacheable and not any(is_computed(key.operand) for key in order)
    return Success(Order(schema, order, completing(schema.model, order), cacheable))


def _predicate(validation: Validation, node: Node, depth: int) -> Predicate | None:
    """The predicate of a node; any predicate or None where a problem was noted."""
    if depth > DEEPEST:
        _too_deep(validation)
        return None
    if isinstance(node, Comparison):
        return _comparison(validation, node, depth)
    join = Conjunction if isinstance(node, And) else Disjunction
    parts: list[Predicate] = []
    depth += 1
    for inner in node.nodes:
        part = _predicate(validation, inner, depth)
        if isinstance(part, join):
            # A group inside a group of its own kind changes nothing.
            parts.extend(part.parts)
        elif part is not None:
            parts.append(part)
    return join(tuple(parts))


def _too_deep(validation: Validation) -> None:
    """Note, once, that the tree is deeper than any option can allow. Deeper parts are not validated."""
    problem = LimitExceeded(source="filter", limit="depth", maximum=DEEPEST)
    if problem not in validation.problems:
        validation.problems.append(problem)


def _comparison(validation: Validation, written: Comparison, depth: int) -> Predicate | None:
    if len(validation.problems) >= validation.most:
        return None
    node = below(validation.prefix, written) if validation.prefix else written
    asked = compare(validation.schema, node.selector, node.operator.name, validation.root)
    if asked is None:
        return _other_comparison(validation, node, written.selector, depth)
    return _test(validation, asked, node, depth)


def _other_comparison(validation: Validation, node: Comparison, written: str, depth: int) -> Predicate | None:
    """A comparison of a count, a quantifier, or one that is wrong."""
    found = _resolved(validation, node, written, depth)
    if not isinstance(found, Resolution):
        validation.problems.extend(found)
        return None
    options, name = validation.options, node.operator.name
    if name not in found.offered:
        validation.problems.append(_unsupported(options, node, found))
        return None
    if options.quantifiers and name in QUANTIFIERS:
        return _quantified(validation, node, found.operand, depth)
    return _test(validation, comparing(options, found, name, validation.root), node, depth)


def _test(validation: Validation, asked: Comparing, node: Comparison, depth: int) -> Predicate | None:
    """The predicate of a comparison whose selector and operator are known."""
    operand, found = asked.operand, asked.found
    if not asked.is_plain:
        if depth + parser_cost(operand) > DEEPEST:
            _too_deep(validation)
            return None
        validation.problems.extend(validation.usage.test(operand, validation.root, node.selector_span))
    validation.cacheable = validation.cacheable and asked.cacheable
    values = () if asked.convert is None else tuple(map(asked.convert, node.arguments))
    for value in values:
        if isinstance(value, Refusal):
            validation.problems += wrong_values(node, values, found.offered)
            return None
    made = predicate_of(asked, values, node.arguments)
    if isinstance(made, Refusal):
        validation.problems.append(wrong_value(node, made, found.offered))
        return None
    if not isinstance(made, Compare) or made.ignore_case:
        validation.problems.extend(validation.usage.search(made, node.arguments, node.selector_span))
    return made


def _resolved(validation: Validation, node: Comparison, written: str, depth: int) -> Resolution | Problems:
    """The resolution of a comparison's selector, or its problems."""
    if validation.options.quantifiers and is_count(node.selector):
        text = None if node.written is None else node.written.string
        around = validation.groups_around(node)
        return _counted(validation, "filter", node.selector, (written, text, node.selector_span), around, depth)
    found = resolve(validation.schema, "filter", node.selector, suggest=False)
    if isinstance(found, Resolution):
        return found
    # Only a problem needs to know where the selector stands, and what the client may have meant.
    found = validation.unknown("filter", node.selector, node.selector_span, node)
    return found if isinstance(found, Resolution) else (found,)


def _quantified(validation: Validation, node: Comparison, operand: Operand, depth: int) -> Predicate | None:
    """A quantifier over the related rows at the end of a path, with the filter that it holds."""
    assert isinstance(operand, RelationOperand), "quantifiers are offered for relations only"
    path = operand.relations
    validation.problems.extend(validation.usage.subquery(path, validation.root, node.selector_span))
    if not node.arguments:
        return quantified(node.operator.name, path, None)
    around = validation.groups_around(node)
    found = _nested(validation, nested_argument(node), path, around, depth)
    if isinstance(found, Failure):
        validation.problems.extend(found.failure())
        return None
    inner = found.unwrap()
    # There is none where the text has too many problems already: the nested filter is not read.
    return None if inner is None else quantified(node.operator.name, path, inner)


def _nested(
    validation: Validation, nested: NestedText, path: RelationPath, around: int, depth: int
) -> Result[Predicate | None, Problems]:
    """The predicate of a nested filter about the rows at the end of a path, or its problems in the outer text."""
    inner_depth = depth + NESTED_FILTER
    if inner_depth > DEEPEST:
        most = DEEPEST // NESTED_FILTER
        return Failure((LimitExceeded(source="filter", limit="nested_filters", maximum=most, span=nested.span),))
    parsed = parse_nested(nested, validation.options, depth=around, nodes=validation.usage.nodes)
    if isinstance(parsed, Failure):
        return Failure(parsed.failure())
    tree = parsed.unwrap()
    validation.usage.nodes += size_of(tree)
    inside = validation.inside(f"{nested.path}.", path, around + 1)
    predicate = _predicate(inside, tree, inner_depth)
    validation.cacheable = validation.cacheable and inside.cacheable
    return Failure(outward(nested, inside.problems)) if inside.problems else Success(predicate)


def _sorted_operand(validation: Validation, key: SortKey) -> Resolution | Problems:
    """The resolution of a sort key's selector, or its problems."""
    schema = validation.schema
    if schema.sort_options.quantifiers and is_count(key.selector):
        return _counted(validation, "sort", key.selector, (key.selector, key.text, key.span), 0, 0)
    found = resolve(schema, "sort", key.selector, suggest=False)
    if not isinstance(found, Resolution):
        found = validation.unknown("sort", key.selector, key.span)
    return found if isinstance(found, Resolution) else (found,)


def _counted(
    validation: Validation,
    purpose: Purpose,
    selector: str,
    written: tuple[str, str | None, Span | None],
    around: int,
    depth: int,
) -> Resolution | Problems:
    """The resolution of `@count[…]`, or its problems.

    Args:
        validation: the filter or sort that it stands in.
        purpose: that of the text.
        selector: the call, with the whole path.
        written: the call as it is written, the text, and its place there.
        around: how many groups and nested filters are open around it.
        depth: how deep the tree is around it.
    """
    schema, span = validation.schema, written[2]
    count = read_count(selector)
    if count is None:
        return (_wrong_count(purpose, selector, span, "a relation, and a filter of its rows behind '|#'"),)
    path_text, filter_text = count_texts(written[0], count.path, *written[1:])
    found = resolve(schema, purpose, count.path, suggest=False)
    if not isinstance(found, Resolution):
        place = None if path_text.around is None else Span(0, len(path_text.text))
        found = validation.unknown(purpose, count.path, place)
    if not isinstance(found, Resolution):
        return outward(path_text, (found,))
    if not isinstance(found.operand, RelationOperand):
        return (_wrong_count(purpose, selector, span, "a relation"),)
    if found.operators is not None:
        return (_wrong_count(purpose, selector, span, "relations without operators of their own"),)
    path = found.operand.relations
    validation.problems.extend(
        validation.usage.subquery(path, validation.root, span, counts=True, reads_all=count.filter is not None)
    )
    predicate: Predicate | None = None
    if count.filter is not None:
        passing = _nested(validation, filter_text, path, around, depth)
        if isinstance(passing, Failure):
            first, *rest = (replace(cast("Any", problem), source=purpose) for problem in passing.failure())
            return (first, *rest)
        predicate = passing.unwrap()
    kind = kinds.Integer(-(2**63), 2**63 - 1)
    operand = CountOperand(selector, path, predicate, kind, validation.options, schema.orm.custom_predicates)
    return Resolution(operand, converter(kind), offered(validation.options, operand, None))


def _wrong_count(purpose: Purpose, selector: str, span: Span | None, expected: str) -> WrongCall:
    return WrongCall(source=purpose, function=COUNT, expected=expected, field=selector, span=span)


def _unsupported(options: QueryOptions, node: Comparison, found: Resolution) -> UnsupportedOperator:
    names = found.offered
    advice = null_advice(node, names)
    if advice is None and isinstance(found.operand, RelationOperand):
        advice = Advice(NAME_A_FIELD)
    return UnsupportedOperator(
        source="filter",
        field=node.selector,
        operator=node.operator.spelling,
        offered=tuple(operator.spelling for operator in options.operators if operator.name in names),
        span=(advice and advice.span) or node.span,
        hint=advice and advice.hint,
        replacement=advice and advice.replacement,
    )
