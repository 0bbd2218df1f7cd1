"""Node + Schema -> plan: every name, right, operator and value proven, and every problem found reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, cast

from returns.result import Failure, Result, Success

from pyrsql import operators as ops
from pyrsql.language.comparisons import limit_exceeded, number
from pyrsql.language.nested import depth_of, outward, parse_nested
from pyrsql.language.nodes import And, Comparison, Node, SortKey, size_of
from pyrsql.language.parse import filter_reader, is_blank, parse, parse_sort
from pyrsql.models import kinds
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import QueryOptions, SortOptions
from pyrsql.problems import (
    LimitExceeded,
    Problem,
    Problems,
    Span,
    UnsupportedOperator,
    UnsupportedSort,
    WrongCall,
    problems_of,
)
from pyrsql.validation.convert import Refusal, converter, is_larger, with_converter
from pyrsql.validation.functions import DEEPEST, levels
from pyrsql.validation.plan import Filter, Order
from pyrsql.validation.predicates import (
    Between,
    Compare,
    Complement,
    Conjunction,
    CountOperand,
    Custom,
    Disjunction,
    FieldOperand,
    Match,
    Member,
    Null,
    Operand,
    OrderKey,
    Pattern,
    Predicate,
    RelationOperand,
    RelationPath,
    Sign,
    Some,
    SqlPattern,
    Test,
    ValueOperand,
    collection_paths,
    is_computed,
    relation_paths,
    starts_with,
    through_to_many,
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
from pyrsql.validation.refused import SMALLER_FIRST, wrong_value, wrong_values
from pyrsql.validation.selectors import Resolution, Unresolved, resolve
from pyrsql.validation.total_order import completing

_SUGGESTIONS = 10
"""Problems of one request that get a "did you mean": looking for one costs time."""

_POSITIVE = {
    ops.NOT_EQUAL.name: ops.EQUAL.name,
    ops.NOT_IN.name: ops.IN.name,
    ops.NOT_LIKE.name: ops.LIKE.name,
    ops.NOT_LIKE_IGNORE_CASE.name: ops.LIKE_IGNORE_CASE.name,
    ops.NOT_BETWEEN.name: ops.BETWEEN.name,
}
"""A negative operator -> the one it negates."""

_SIGNS: dict[str, Sign] = {
    ops.GREATER.name: ">",
    ops.GREATER_OR_EQUAL.name: ">=",
    ops.LESS.name: "<",
    ops.LESS_OR_EQUAL.name: "<=",
}

_ORDER = frozenset({*_SIGNS, ops.BETWEEN.name})

# A star that no backslash makes literal.
_WILDCARD = re.compile(r"(?<!\\)\*")


MOST_RELATIONS = 24
"""Relations that the paths of one filter, or of one sort, may follow: SQLite joins 64 tables at most, MariaDB 61."""

MOST_COLLECTIONS = 6
"""To-many relations that one path may follow: each multiplies the rows that the database has to look at."""


Resolver = Callable[[Schema, Purpose, str], Resolution | Unresolved]
"""Finds what a selector stands for: `resolve`, or one that recalls what it found before."""


class _Validation:
    """What a tree is validated by, and what has been found so far.

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
        ordered = _order_key(key, found, schema.sort_options)
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
    """What is wrong where paths follow more relations than a database joins."""
    followed = {path[:end] for path in paths for end in range(1, min(len(path), MOST_RELATIONS + 1) + 1)}
    if len(followed) > MOST_RELATIONS:
        yield LimitExceeded(source=source, limit="relations", maximum=MOST_RELATIONS)
    if any(sum(step.many for step in path) > MOST_COLLECTIONS for path in paths):
        yield LimitExceeded(source=source, limit="collections", maximum=MOST_COLLECTIONS)


def _order_key(key: SortKey, found: Resolution, options: SortOptions) -> OrderKey | UnsupportedSort:
    operand = found.operand
    if isinstance(operand, RelationOperand):
        return _unsortable(key, "a relation has no order", "Name a field of it, after a dot.")
    if isinstance(operand.kind, kinds.Binary | kinds.Array):
        return _unsortable(key, "this type has no order")
    if isinstance(operand.kind, kinds.Opaque) and operand.kind.equal_to is None:
        return _unsortable(key, "this type has no order")
    if isinstance(operand.kind, kinds.Json) and not (isinstance(operand, FieldOperand) and operand.keys):
        return _unsortable(key, "a whole document has no order", "Name a value in it, after a dot.")
    if key.ignore_case and not isinstance(operand.kind, kinds.Text | kinds.Json):
        return _unsortable(key, "only text can be sorted ignoring case")
    return OrderKey(operand, key.descending, key.ignore_case, _nulls_first(key, options), _collection(operand))


def _nulls_first(key: SortKey, options: SortOptions) -> bool | None:
    """Where NULL goes: where the client says, else as the largest value, else where the database puts it."""
    if key.nulls_first is None:
        return key.descending if options.null_order == "largest" else None
    return key.nulls_first


def _unsortable(key: SortKey, reason: str, hint: str | None = None) -> UnsupportedSort:
    return UnsupportedSort(source="sort", field=key.selector, reason=reason, span=key.span, hint=hint)


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
    """Note, once, that the tree is deeper than any option can allow. What lies deeper is not looked at."""
    problem = LimitExceeded(source="filter", limit="depth", maximum=DEEPEST)
    if problem not in validation.problems:
        validation.problems.append(problem)


def _comparison(validation: _Validation, written: Comparison, depth: int) -> Predicate | None:
    node = below(validation.prefix, written)
    found = _resolved(validation, node, depth)
    if found is None:
        return None
    name = node.operator.name
    if name in QUANTIFIERS and name in _offered(validation.options, found) and validation.options.quantifiers:
        return _quantified(validation, node, found.operand, depth)
    rule = _rule(validation.options, found, name, validation.root)
    if rule is None:
        validation.problems.append(_unsupported(validation.options, node, found))
        return None
    if depth + rule.levels > DEEPEST:
        _too_deep(validation)
        return None
    if rule.paths:
        validation.paths.update(rule.paths)
    if not rule.cacheable:
        validation.cacheable = False
    arguments, convert = node.arguments, rule.convert
    if convert is None:
        values: tuple[object, ...] = ()
    else:
        values = (convert(arguments[0]),) if len(arguments) == 1 else tuple(map(convert, arguments))
    for value in values:
        if isinstance(value, Refusal):
            validation.problems += wrong_values(node, values, _offered(validation.options, found))
            return None
    made = rule.make(values, arguments)
    if isinstance(made, Refusal):
        validation.problems.append(wrong_value(node, 0, made, _offered(validation.options, found)))
        return None
    return made


def _resolved(validation: _Validation, node: Comparison, depth: int) -> Resolution | None:
    """What the selector of a comparison stands for; None where a problem was found and noted."""
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
    """What `@count[…]` stands for in a filter, or what is wrong with it."""
    where = node.selector_span
    groups = validation.groups + depth_of(node)
    return _counted(validation, "filter", node.selector, where, groups, depth)


def _sorted_operand(validation: _Validation, key: SortKey, *, suggest: bool) -> Resolution | Problems:
    """What the selector of a key stands for."""
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
    return Resolution(operand, converter(kind))


def _at_selector(purpose: Purpose, span: Span | None, problems: Problems) -> Problems:
    """Problems of the filter of a count, which point at the whole selector that it stands in."""
    first, *rest = (
        replace(cast("Any", problem), source=purpose, span=span or Span(0, 0), replacement=None) for problem in problems
    )
    return (first, *rest)


def _wrong_count(purpose: Purpose, selector: str, span: Span | None, expected: str) -> WrongCall:
    return WrongCall(source=purpose, function=COUNT, expected=expected, field=selector, span=span)


_Make = Callable[[tuple[object, ...], tuple[str, ...]], Predicate | Refusal]


class _Rule(NamedTuple):
    """What an operator makes of the arguments for a selector, the same for every comparison of the two.

    Args:
        convert: the text of an argument -> its value or a Refusal; None where arguments do not count.
        make: the values, and the texts they were converted from -> the predicate.
        paths: the relations that lead to it; none for a field of the root.
        levels: groups in parentheses that the selector is worth.
        cacheable: no code of the developer's decides what a comparison means.
    """

    convert: Callable[[str], object] | None
    make: _Make
    paths: frozenset[RelationPath]
    levels: int
    cacheable: bool


@lru_cache(maxsize=4_096)
def _rule(options: QueryOptions, found: Resolution, name: str, root: RelationPath) -> _Rule | None:
    """The rule for an operator, by name, and a selector; None where the selector does not take the operator.

    `root` is the path to the rows that a nested filter is about.
    """
    operand = found.operand
    if name not in _offered(options, found):
        return None
    paths = _paths(operand)
    custom = options.custom_predicates.get(name)
    if custom is not None:
        convert = found.convert if custom.argument_type is None else _convert_to(options, custom.argument_type)
        operator = custom.operator

        def apply_custom(values: tuple[object, ...], _: tuple[str, ...]) -> Test:
            return Custom(operand, operator, values)

        return _Rule(convert, _over(_collection(operand, root), apply_custom), paths, levels(operand), cacheable=False)
    if name in kinds.NULL_CHECKS:
        make = _null_maker(operand, name, _offered(options, found), root)
        return _Rule(None, make, paths, levels(operand), cacheable=not is_computed(operand))
    assert not isinstance(operand, RelationOperand), "only null checks and custom operators are offered for a relation"
    return _value_rule(options, operand, found, name, root)


def _value_rule(
    options: QueryOptions, operand: ValueOperand, found: Resolution, name: str, root: RelationPath
) -> _Rule:
    """The rule for an operator that compares a value."""
    positive = _POSITIVE.get(name, name)
    complement = positive != name and options.negation == "complement"
    negated = positive != name and not complement
    json = isinstance(operand.kind, kinds.Json)
    over_text = isinstance(operand, FieldOperand) and operand.field.over_text
    convert = found.convert
    if (json or over_text) and positive in kinds.ON_TEXT:
        convert = _text
    elif json and positive in _ORDER:
        convert = _json_scalar(convert)
    elif over_text and positive == ops.EQUAL.name and not options.strict_equality:
        convert = _pattern_or(convert)
    escape = options.like_escape_character
    sign = _SIGNS.get(positive, "!=" if negated else "==")
    wild = not options.strict_equality and (over_text or isinstance(_element(operand.kind), kinds.Text | kinds.Json))

    def equal(values: tuple[object, ...], texts: tuple[str, ...]) -> Test | Refusal:
        value = values[0]
        # A JSON string is written with its own quotes, so that nothing in it is special.
        if isinstance(value, str) and _is_special(value) and not (json and texts[0].startswith('"')):
            test = _equal_text(operand, value, negated)
            return _beyond_rights(test, positive != name, found.operators) or test
        return Compare(operand, sign, value)

    def like(values: tuple[object, ...], texts: tuple[str, ...]) -> Test | Refusal:
        pattern = _like(str(values[0]), escape)
        if pattern is None:
            return Refusal(f"a pattern that does not end with the escape character {escape}")
        return Match(operand, pattern, negated, ignore_case=positive == ops.LIKE_IGNORE_CASE.name)

    def one_of(values: tuple[object, ...], _: tuple[str, ...]) -> Test:
        return Member(operand, values, negated)

    def equal_ignoring_case(values: tuple[object, ...], _: tuple[str, ...]) -> Test:
        return Compare(operand, "==", values[0], ignore_case=True)

    def between(values: tuple[object, ...], _: tuple[str, ...]) -> Test | Refusal:
        low, high = values
        if is_larger(low, high):
            return Refusal("a first bound that is not larger than the second", SMALLER_FIRST)
        return Between(operand, low, high, negated)

    def compare(values: tuple[object, ...], _: tuple[str, ...]) -> Predicate:
        compared = Compare(operand, sign, values[0])
        return _existence(operand, compared) if isinstance(operand, CountOperand) else compared

    makers: dict[str, _Make] = {
        ops.EQUAL.name: equal if wild else compare,
        ops.LIKE.name: like,
        ops.LIKE_IGNORE_CASE.name: like,
        ops.IN.name: one_of,
        ops.EQUAL_IGNORE_CASE.name: equal_ignoring_case,
        ops.BETWEEN.name: between,
    }
    make = _over(_collection(operand, root), makers.get(positive, compare))
    cacheable = not found.converted and not is_computed(operand)
    return _Rule(convert, _complemented(make) if complement else make, _paths(operand), levels(operand), cacheable)


def _paths(operand: Operand) -> frozenset[RelationPath]:
    return relation_paths(operand) - {()}


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


def _collection(operand: Operand, root: RelationPath = ()) -> RelationPath:
    """The path to the related rows that an operand has a value in; empty where it has one value per row.

    The rows at the end of `root` are those that a nested filter is about: each of them is one row.
    """
    (path,) = collection_paths(operand) or {()}
    return () if starts_with(root, path) else path


def _null_check(operand: Operand, negated: bool, root: RelationPath) -> Predicate:
    """The operand is NULL, or with `negated` is not; of a relation: no related row exists, or one does."""
    if not isinstance(operand, RelationOperand):
        path, test = _collection(operand, root), Null(operand, negated)
        return Some(path, test) if path else test
    if negated:
        return Some(operand.relations)
    # `companies.users=na=`: some company has no users.
    before, absent = through_to_many(operand.relations[:-1]), Complement(Some(operand.relations))
    return absent if not before or starts_with(root, before) else Some(before, absent)


def _null_maker(operand: Operand, name: str, offered: Collection[str], root: RelationPath) -> _Make:
    """A null check. The argument `false` turns it into the opposite one, which the field must take too."""
    negated = name == ops.IS_NOT_NULL.name
    opposite = ops.IS_NULL.name if negated else ops.IS_NOT_NULL.name
    as_named, as_opposite = _null_check(operand, negated, root), _null_check(operand, not negated, root)

    def is_null(_: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
        text = texts[0].lower() if texts else ""
        if text in ("", "true"):
            return as_named
        if opposite not in offered:
            return Refusal("no value, or true")
        return as_opposite if text == "false" else Refusal("no value, true or false")

    return is_null


def _over(collection: RelationPath, make: _Make) -> _Make:
    """A maker whose predicate some row of the collection must pass."""
    if not collection:
        return make

    def made(values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
        predicate = make(values, texts)
        return predicate if isinstance(predicate, Refusal) else Some(collection, predicate)

    return made


def _complemented(make: _Make) -> _Make:
    def made(values: tuple[object, ...], texts: tuple[str, ...]) -> Predicate | Refusal:
        predicate = make(values, texts)
        return predicate if isinstance(predicate, Refusal) else Complement(predicate)

    return made


def _is_special(value: str) -> bool:
    """Whether `==` takes anything in a text for more than itself."""
    return "*" in value or value.startswith(("^", "\\"))


def _equal_text(operand: ValueOperand, value: str, negated: bool) -> Compare | Match:
    """`==` and `!=` of text: a caret at the start ignores case, an asterisk is a wildcard."""
    ignore_case = value.startswith("^")
    text = value[1:] if value.startswith(("^", "\\^")) else value
    pieces = _pieces(text)
    if len(pieces) == 1:
        return Compare(operand, "!=" if negated else "==", pieces[0], ignore_case)
    return Match(operand, Pattern(pieces), negated, ignore_case)


def _beyond_rights(test: Compare | Match, negative: bool, operators: Collection[str] | None) -> Refusal | None:
    """A Refusal where `==` or `!=` of text means another operator, and the field does not take that one."""
    match test:
        case Match(ignore_case=True):
            meant = ops.NOT_LIKE_IGNORE_CASE if negative else ops.LIKE_IGNORE_CASE
        case Match():
            meant = ops.NOT_LIKE if negative else ops.LIKE
        case Compare(ignore_case=True):
            meant = ops.EQUAL_IGNORE_CASE
        case _:
            return None
    if operators is None or meant.name in operators:
        return None
    if isinstance(test, Match):
        return Refusal("a text without '*' as a wildcard", r"Write '\*' for an asterisk.")
    return Refusal("a text without '^' at the start", r"Write '\^' for a caret.")


def _like(text: str, escape: str | None) -> Pattern | SqlPattern | None:
    """What a like operator looks for; None for an SQL pattern whose last escape character escapes nothing."""
    if escape is None:
        pieces = _pieces(text)
        return Pattern(("", *pieces, "") if len(pieces) == 1 else pieces)
    alone = len(text) - len(text.rstrip(escape))
    return None if alone % 2 else SqlPattern(f"%{text}%", escape)


def _pieces(text: str) -> tuple[str, ...]:
    """The plain text between the wildcards."""
    return tuple(piece.replace("\\*", "*") for piece in _WILDCARD.split(text))


def _element(kind: kinds.Kind) -> kinds.Kind:
    return kind.item if isinstance(kind, kinds.Array) else kind


def _text(text: str) -> object:
    return converter(kinds.Text())(text)


def _pattern_or(convert: Callable[[str], object]) -> Callable[[str], object]:
    """A conversion that leaves patterns to the text that a value is stored as."""

    def converted(text: str) -> object:
        return _text(text) if text.startswith("^") or _WILDCARD.search(text) else convert(text)

    return converted


def _json_scalar(convert: Callable[[str], object]) -> Callable[[str], object]:
    """What has an order in JSON: numbers, texts and times."""

    def scalar(text: str) -> object:
        value = convert(text)
        if isinstance(value, bool | list | dict):
            return Refusal("a number or a text")
        return value

    return scalar


def _convert_to(options: QueryOptions, python_type: type) -> Callable[[str], object]:
    own = options.value_converter_registry.converters.get(python_type)
    return converter(kinds.kind_of(python_type)) if own is None else with_converter(own)


def _offered(options: QueryOptions, found: Resolution) -> frozenset[str]:
    """The names of the operators that a selector takes."""
    names = _operators_of(found) | options.custom_predicates.keys()
    if options.quantifiers and isinstance(found.operand, RelationOperand):
        names |= QUANTIFIERS
    return names if found.operators is None else names & found.operators


def _operators_of(found: Resolution) -> frozenset[str]:
    operand = found.operand
    if isinstance(operand, RelationOperand):
        return kinds.NULL_CHECKS
    names = kinds.operators_of(operand.kind)
    if isinstance(operand, FieldOperand):
        if operand.keys:
            return kinds.ORDERED | kinds.ON_TEXT
        if found.converted and isinstance(operand.kind, kinds.Binary | kinds.Opaque):
            names = kinds.ORDERED
        if operand.field.over_text:
            names |= kinds.ON_TEXT
    return names


def _unsupported(options: QueryOptions, node: Comparison, found: Resolution) -> UnsupportedOperator:
    offered = _offered(options, found)
    return UnsupportedOperator(
        source="filter",
        field=node.selector,
        operator=node.operator.spelling,
        offered=tuple(operator.spelling for operator in options.operators if operator.name in offered),
        span=node.span,
        hint="Name a field of it, after a dot." if isinstance(found.operand, RelationOperand) else None,
    )
