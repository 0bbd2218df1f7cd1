"""Node + Schema -> plan: every name, right, operator and value proven, and every problem found reported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

from returns.result import Failure, Result, Success

from pyrsql.language.comparisons import limit_exceeded, number
from pyrsql.language.nested import depth_of, outward, parse_nested
from pyrsql.language.nodes import And, Comparison, Node, SortKey, size_of
from pyrsql.language.parse import filter_reader, is_blank, parse, parse_sort
from pyrsql.models import kinds
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import QueryOptions
from pyrsql.problems import (
    LimitExceeded,
    Problem,
    Problems,
    Span,
    UnsupportedOperator,
    WrongCall,
    problems_of,
)
from pyrsql.validation.convert import Refusal, converter
from pyrsql.validation.functions import DEEPEST, levels
from pyrsql.validation.offered import offered
from pyrsql.validation.order_keys import order_key
from pyrsql.validation.plan import Filter, Order
from pyrsql.validation.predicates import (
    Conjunction,
    CountOperand,
    Disjunction,
    FieldOperand,
    Operand,
    OrderKey,
    Predicate,
    RelationOperand,
    RelationPath,
    is_computed,
    relation_paths,
)
from pyrsql.validation.quantifiers import (
    COUNT,
    QUANTIFIERS,
    as_written_below,
    below,
    is_count,
    quantified,
    read_count,
)
from pyrsql.validation.refused import wrong_value, wrong_values
from pyrsql.validation.rules import comparing, conversion, is_cacheable, predicate_of
from pyrsql.validation.selectors import Resolution, Unresolved, resolve
from pyrsql.validation.total_order import completing

_SUGGESTIONS = 10
"""Problems of one request that get a "did you mean": looking for one costs time."""

MOST_RELATIONS = 24
"""Relations that the paths of one filter, or of one sort, may follow: SQLite joins 64 tables at most, MariaDB 61."""

MOST_COLLECTIONS = 6
"""To-many relations that one path may follow: each multiplies the rows that the database has to look at."""


Resolver = Callable[[Schema, Purpose, str], Resolution | Unresolved]
"""Finds what a selector stands for: `resolve`, or one that recalls what it found before."""


class _Validation:
    """The state of a validation: the schema and its options, and the problems found so far.

    Args:
        schema: what the endpoint offers.
        resolver: finds what a selector stands for.
        around: the validation of the filter around a nested one.
        prefix: the path of the rows that a nested filter is about, as the client wrote it, with a dot behind it.
        root: the path of these rows.
        groups: how many groups and nested filters are open around a nested filter.
    """

    __slots__ = ("cacheable", "groups", "options", "paths", "prefix", "problems", "resolver", "root", "schema", "size")

    def __init__(
        self,
        schema: Schema,
        resolver: Resolver,
        around: _Validation | None = None,
        prefix: str = "",
        root: RelationPath = (),
        groups: int = 0,
    ) -> None:
        self.schema = schema
        self.resolver = resolver
        self.options = schema.query_options
        self.problems: list[Problem] = []
        self.cacheable = True
        self.prefix = prefix
        self.root = root
        self.groups = groups
        # The limits count the whole request: nested filters add to what the filters around them have used.
        self.paths: set[RelationPath] = set() if around is None else around.paths
        self.size: list[int] = [0] if around is None else around.size


def read_filter(
    schema: Schema, written: str | Node | None, *, resolver: Resolver = resolve
) -> Result[Filter, Problems]:
    """Parse a filter under the options of a schema, unless it is a tree already, and prove it.

    Problems: those of `parse` and of `validate_filter`.
    """
    if not isinstance(written, str):
        return validate_filter(schema, written, resolver=resolver)
    node = parse(written, schema.query_options)
    if isinstance(node, Failure):
        return Failure(node.failure())
    return validate_filter(schema, node.unwrap(), resolver=resolver)


def validate_filter(schema: Schema, node: Node | None, *, resolver: Resolver = resolve) -> Result[Filter, Problems]:
    """Prove a tree.

    Args:
        schema: what the endpoint offers.
        node: the tree; None for no filter.
        resolver: finds what a selector stands for.

    Problems: UnknownField, ForbiddenFunction, WrongCall, WrongValue, UnsupportedOperator, LimitExceeded; all of them.
    """
    if node is None:
        return Success(Filter(schema, None, cacheable=True))
    validation = _Validation(schema, resolver)
    if schema.query_options.quantifiers:
        validation.size[0] = size_of(node)
    predicate = _predicate(validation, node, 0)
    if validation.paths:
        validation.problems.extend(_too_far("filter", validation.paths))
    problems = problems_of(validation.problems) if validation.problems else None
    return Success(Filter(schema, predicate, validation.cacheable, node)) if problems is None else Failure(problems)


def read_sort(
    schema: Schema, written: str | tuple[SortKey, ...] | None, *, resolver: Resolver = resolve
) -> Result[Order | None, Problems]:
    """Parse a sort under the options of a schema, unless it is keys already, and prove it. A blank sort is none.

    Problems: those of `parse_sort` and of `validate_sort`.
    """
    if not written or (isinstance(written, str) and is_blank(written)):
        return Success(None)
    if not isinstance(written, str):
        return validate_sort(schema, written, resolver=resolver)
    keys = parse_sort(written, schema.sort_options)
    if isinstance(keys, Failure):
        return Failure(keys.failure())
    return validate_sort(schema, keys.unwrap(), resolver=resolver)


def validate_sort(schema: Schema, keys: Iterable[SortKey], *, resolver: Resolver = resolve) -> Result[Order, Problems]:
    """Prove the keys of a sort.

    Args:
        schema: what the endpoint offers.
        keys: the keys, most important first.
        resolver: finds what a selector stands for.

    Problems: UnknownField, ForbiddenFunction, WrongCall, UnsupportedSort; all of them.
    """
    problems: list[Problem] = []
    proven: list[OrderKey] = []
    validation = _Validation(schema, resolver)
    for key in keys:
        found = _sorted_operand(validation, key, suggest=len(problems) < _SUGGESTIONS)
        if not isinstance(found, Resolution):
            problems.extend(found)
            continue
        ordered = order_key(key, found, schema.sort_options)
        if isinstance(ordered, OrderKey):
            proven.append(ordered)
        else:
            problems.append(ordered)
    problems += _too_far("sort", validation.paths.union(*(relation_paths(key.operand) for key in proven)))
    failed = problems_of(problems)
    if failed is not None:
        return Failure(failed)
    order = tuple(proven)
    cacheable = validation.cacheable and not any(is_computed(key.operand) for key in order)
    return Success(Order(schema, order, completing(schema.model, order), cacheable))


def _too_far(source: Purpose, paths: Collection[RelationPath]) -> Iterator[LimitExceeded]:
    """The problem of paths that follow more relations than a database joins."""
    followed = {path[:end] for path in paths for end in range(1, min(len(path), MOST_RELATIONS + 1) + 1)}
    if len(followed) > MOST_RELATIONS:
        yield LimitExceeded(source=source, limit="relations", maximum=MOST_RELATIONS)
    if any(sum(step.many for step in path) > MOST_COLLECTIONS for path in paths):
        yield LimitExceeded(source=source, limit="collections", maximum=MOST_COLLECTIONS)


def _predicate(validation: _Validation, node: Node, depth: int) -> Predicate | None:
    """The predicate of a node; what is returned where a problem was found and noted does not matter."""
    if isinstance(node, Comparison):
        return _comparison(validation, node, depth)
    if depth > DEEPEST:
        _too_deep(validation)
        return None
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


def _too_deep(validation: _Validation) -> None:
    """Note, once, that the tree is deeper than any option can allow. Deeper parts are not validated."""
    problem = LimitExceeded(source="filter", limit="depth", maximum=DEEPEST)
    if problem not in validation.problems:
        validation.problems.append(problem)


def _comparison(validation: _Validation, written: Comparison, depth: int) -> Predicate | None:
    node = below(validation.prefix, written)
    found = _resolved(validation, node, depth)
    if found is None:
        return None
    name = node.operator.name
    if name in QUANTIFIERS and name in found.offered and validation.options.quantifiers:
        return _quantified(validation, node, found.operand, depth)
    options, operand = validation.options, found.operand
    if name not in found.offered:
        validation.problems.append(_unsupported(options, node, found))
        return None
    if depth + levels(operand) > DEEPEST:
        _too_deep(validation)
        return None
    asked = comparing(options, found, name, validation.root)
    if not isinstance(operand, FieldOperand) or operand.relations:
        validation.paths |= relation_paths(operand) - {()}
    validation.cacheable = validation.cacheable and is_cacheable(asked)
    convert = conversion(asked)
    values = () if convert is None else tuple([convert(text) for text in node.arguments])
    for value in values:
        if isinstance(value, Refusal):
            validation.problems += wrong_values(node, values, found.offered)
            return None
    made = predicate_of(asked, values, node.arguments)
    if isinstance(made, Refusal):
        validation.problems.append(wrong_value(node, 0, made, found.offered))
        return None
    return made


def _resolved(validation: _Validation, node: Comparison, depth: int) -> Resolution | None:
    """The resolution of a comparison's selector; None where a problem was found and noted."""
    if validation.options.quantifiers and is_count(node.selector):
        counted = _count(validation, node, depth)
        if not isinstance(counted, Resolution):
            validation.problems.extend(counted)
            return None
        return counted
    found = validation.resolver(validation.schema, "filter", node.selector)
    if not isinstance(found, Resolution):
        # Only a problem needs to know where the selector stands, and what the client may have meant.
        suggest = len(validation.problems) < _SUGGESTIONS
        found = resolve(validation.schema, "filter", node.selector, node.selector_span, suggest=suggest)
        if not isinstance(found, Resolution):
            validation.problems.append(found)
            return None
    return found


def _quantified(validation: _Validation, node: Comparison, operand: Operand, depth: int) -> Predicate | None:
    """A quantifier over the related rows at the end of a path, with the filter that it holds."""
    assert isinstance(operand, RelationOperand), "quantifiers are offered for relations only"
    path = operand.relations
    validation.paths.add(path)
    predicate: Predicate | None = None
    if node.arguments:
        groups = validation.groups + depth_of(node)
        options, size = validation.options, validation.size
        parsed = parse_nested(node, options, path=node.selector, depth=groups, nodes=size[0])
        if isinstance(parsed, Failure):
            validation.problems.extend(parsed.failure())
            return None
        inside = _Validation(validation.schema, validation.resolver, validation, f"{node.selector}.", path, groups + 1)
        predicate = _inside(inside, parsed.unwrap(), depth)
        validation.cacheable = validation.cacheable and inside.cacheable
        problems = problems_of(inside.problems)
        if problems is not None:
            validation.problems.extend(outward(node, problems))
            return None
    return quantified(node.operator.name, path, predicate)


def _inside(inside: _Validation, tree: Node, depth: int) -> Predicate | None:
    """The predicate of a nested filter."""
    inside.size[0] += size_of(tree)
    predicate = _predicate(inside, tree, depth + 1)
    inside.problems[:] = [as_written_below(inside.prefix, problem) for problem in inside.problems]
    return predicate


def _count(validation: _Validation, node: Comparison, depth: int) -> Resolution | Problems:
    """The resolution of `@count[…]` in a filter, or its problem."""
    where = node.selector_span
    groups = validation.groups + depth_of(node)
    return _counted(validation, "filter", node.selector, where, groups, depth)


def _sorted_operand(validation: _Validation, key: SortKey, *, suggest: bool) -> Resolution | Problems:
    """The resolution of a sort key's selector."""
    schema = validation.schema
    if schema.sort_options.quantifiers and is_count(key.selector):
        return _counted(validation, "sort", key.selector, key.span, 0, 0)
    found = validation.resolver(schema, "sort", key.selector)
    if not isinstance(found, Resolution):
        found = resolve(schema, "sort", key.selector, key.span, suggest=suggest)
    return found if isinstance(found, Resolution) else (found,)


def _counted(
    validation: _Validation, purpose: Purpose, selector: str, span: Span | None, groups: int, depth: int
) -> Resolution | Problems:
    schema = validation.schema
    count = read_count(selector)
    if count is None:
        return (_wrong_count(purpose, selector, span, "a relation, and a filter of its rows behind '|#'"),)
    found = resolve(schema, purpose, count.path, span)
    if not isinstance(found, Resolution):
        return (found,)
    if not isinstance(found.operand, RelationOperand):
        return (_wrong_count(purpose, selector, span, "a relation"),)
    if found.operators is not None:
        return (_wrong_count(purpose, selector, span, "relations without operators of their own"),)
    path = found.operand.relations
    validation.paths.add(path)
    predicate: Predicate | None = None
    if count.filter is not None:
        options = validation.options
        if groups >= number(options.parse_limits.depth):
            return (limit_exceeded("filter", "depth", number(options.parse_limits.depth), span=span),)
        parsed = filter_reader(options, depth=groups + 1, nodes=validation.size[0]).read(count.filter)
        if isinstance(parsed, Failure):
            return _at_selector(purpose, span, parsed.failure())
        inside = _Validation(schema, validation.resolver, validation, f"{count.path}.", path, groups + 1)
        predicate = _inside(inside, parsed.unwrap(), depth)
        validation.cacheable = validation.cacheable and inside.cacheable
        problems = problems_of(inside.problems)
        if problems is not None:
            return _at_selector(purpose, span, problems)
    kind = kinds.Integer(-(2**63), 2**63 - 1)
    operand = CountOperand(selector, path, predicate, kind, validation.options, schema.orm.custom_predicates)
    return Resolution(operand, converter(kind), offered(validation.options, operand, None))


def _at_selector(purpose: Purpose, span: Span | None, problems: Problems) -> Problems:
    """Problems of the filter of a count, which point at the whole selector that it stands in."""
    first, *rest = (
        replace(cast("Any", problem), source=purpose, span=span or Span(0, 0), replacement=None) for problem in problems
    )
    return (first, *rest)


def _wrong_count(purpose: Purpose, selector: str, span: Span | None, expected: str) -> WrongCall:
    return WrongCall(source=purpose, function=COUNT, expected=expected, field=selector, span=span)


def _unsupported(options: QueryOptions, node: Comparison, found: Resolution) -> UnsupportedOperator:
    names = found.offered
    return UnsupportedOperator(
        source="filter",
        field=node.selector,
        operator=node.operator.spelling,
        offered=tuple(operator.spelling for operator in options.operators if operator.name in names),
        span=node.span,
        hint="Name a field of it, after a dot." if isinstance(found.operand, RelationOperand) else None,
    )
