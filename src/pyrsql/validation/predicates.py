"""The meaning of a filter and a sort, after every name, right and value was checked.

An algebra small enough that a backend lowers it without validating anything: wildcards are split, values converted,
paths resolved. Three-valued, as SQL: a test of NULL is unknown.

A test compares one value of one row. Where a path crosses a to-many relation, `Some` says which related rows are
tested; no backend works that out from the path. Every path starts at the root of the statement, also inside a `Some`:
a path that starts with the path of the `Some` belongs to the related row that is tested, any other to the row outside.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, NamedTuple

from pyrsql.models.kinds import Kind
from pyrsql.models.model import Field, Relation
from pyrsql.operators import ComparisonOperator
from pyrsql.options import QueryOptions

Sign = Literal["==", "!=", ">", ">=", "<", "<="]

COMPARE: Mapping[Sign, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
"""The comparison of two values, or of two expressions, by each sign."""

RelationPath = tuple[Relation, ...]
"""The relations that lead from the root to a row or to rows; `()` is the root itself."""


@dataclass(frozen=True, slots=True)
class FieldOperand:
    """The value at the end of a path.

    `keys` leads on below a JSON column. `kind` is that of the field, or `Json` below one. `path` is as the client wrote
    it.
    """

    path: str
    relations: tuple[Relation, ...]
    field: Field
    kind: Kind
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationOperand:
    """The related row or rows at the end of a path that ends on a relation. Only custom operators take it."""

    path: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class ConstantOperand:
    """A constant in a call."""

    value: str | int | decimal.Decimal | bool | None
    kind: Kind
    text: str = field(default="", compare=False, repr=False)
    """The text of a number or boolean, as it was written."""


@dataclass(frozen=True, slots=True)
class CallOperand:
    """The result of a database function. At most one of the to-many relations leads to its arguments."""

    path: str
    function: str
    arguments: tuple[FieldOperand | ConstantOperand | CallOperand, ...]
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class CountOperand:
    """The number of related rows at the end of a path, or of those that pass a predicate. Never NULL.

    Args:
        path: as the client wrote it, `@count[roles|#level>2]`.
        relations: the path to the rows, from the root of the statement. A relation leads to a row once; a row that
            several related rows lead to counts for each of them.
        predicate: what the rows must pass; None counts all of them.
        kind: that of the number.
        options: the options that the predicate was validated under.
        custom: the backend's lowerings of custom operators, for the predicate.
    """

    path: str
    relations: RelationPath
    predicate: Predicate | None
    kind: Kind
    options: QueryOptions
    custom: Mapping[str, object]


ValueOperand = FieldOperand | CallOperand | CountOperand
Operand = FieldOperand | CallOperand | CountOperand | RelationOperand


def relation_paths(operand: Operand | ConstantOperand) -> frozenset[RelationPath]:
    """The whole paths of an operand's fields; the empty path for a field of the root."""
    match operand:
        case (
            FieldOperand(relations=relations) | RelationOperand(relations=relations) | CountOperand(relations=relations)
        ):
            return frozenset([relations])
        case CallOperand(arguments=arguments):
            return frozenset[RelationPath]().union(*map(relation_paths, arguments))
        case ConstantOperand():
            return frozenset()


def collection_paths(operand: Operand | ConstantOperand) -> frozenset[RelationPath]:
    """The paths of an operand up to and including their last to-many relation; none where all relations are to-one.

    The last relation of a `RelationOperand` does not count: the operand is the relation of one row, and so is a count
    one value of it.
    """
    return frozenset(prefix for path in _row_paths(operand) if (prefix := through_to_many(path)))


def through_to_many(path: RelationPath) -> RelationPath:
    """A path up to and including its last to-many relation."""
    return path[: max((place for place, step in enumerate(path, 1) if step.many), default=0)]


def through_collection(path: RelationPath) -> RelationPath:
    """A path up to and including its last relation that holds any number of rows, and not one or none."""
    return path[: max((place for place, step in enumerate(path, 1) if step.many and not step.shows_one), default=0)]


def _row_paths(operand: Operand | ConstantOperand) -> Iterator[RelationPath]:
    """The paths to the rows that an operand's values are read from, in the order of its arguments."""
    match operand:
        case FieldOperand(relations=relations):
            yield relations
        case RelationOperand(relations=relations):
            yield relations[:-1]
        case CallOperand(arguments=arguments):
            for argument in arguments:
                yield from _row_paths(argument)
        case ConstantOperand() | CountOperand():
            pass


def is_computed(operand: Operand | ConstantOperand) -> bool:
    """Whether code of the developer's makes the expression of an operand, and may make another one each time."""
    match operand:
        case FieldOperand(field=field):
            return field.computed
        case CallOperand(arguments=arguments):
            return any(map(is_computed, arguments))
        case CountOperand(predicate=predicate):
            # Its predicate may name a computed field.
            return predicate is not None
        case RelationOperand() | ConstantOperand():
            return False


@dataclass(frozen=True, slots=True)
class Pattern:
    """Plain text with any run of characters between each two pieces: `("a", "b")` is `a*b`."""

    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SqlPattern:
    """A pattern in SQL's own notation, `%` and `_`, with its escape character. Only developers can allow it."""

    text: str
    escape: str


# The tests are named tuples: a filter makes one for each comparison, and they cost a quarter of a frozen dataclass.


class Compare(NamedTuple):
    """`operand sign value`. The value is never None; with `ignore_case` it is text and the sign `==` or `!=`."""

    operand: ValueOperand
    sign: Sign
    value: object
    ignore_case: bool = False


class Match(NamedTuple):
    """The whole text of the operand follows the pattern."""

    operand: ValueOperand
    pattern: Pattern | SqlPattern
    negated: bool = False
    ignore_case: bool = False


class Member(NamedTuple):
    """The operand equals one of the values, of which there is at least one."""

    operand: ValueOperand
    values: tuple[object, ...]
    negated: bool = False


class Between(NamedTuple):
    """`low <= operand <= high`."""

    operand: ValueOperand
    low: object
    high: object
    negated: bool = False


class Null(NamedTuple):
    """The operand is NULL. Never unknown. Whether a related row exists is a `Some` without a predicate."""

    operand: ValueOperand
    negated: bool = False


class Custom(NamedTuple):
    """An operator of the developer's own, lowered by the developer's own function."""

    operand: Operand
    operator: ComparisonOperator
    values: tuple[object, ...]


Test = Compare | Match | Member | Between | Null | Custom
TESTS = (Compare, Match, Member, Between, Null, Custom)
"""The same for `isinstance`, which a union makes slow."""


@dataclass(frozen=True, slots=True)
class Some:
    """At least one related row at the end of `path` passes the predicate. Never unknown; false without related rows.

    Args:
        path: from the root of the statement to the related rows. It starts with the path of the `Some` around it.
        predicate: what it tests; None for "there is a related row".

    "No related row passes" is `Complement(Some(path, predicate))`, "every related row passes" is
    `Complement(Some(path, Complement(predicate)))`.
    """

    path: RelationPath
    predicate: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Complement:
    """True for exactly the rows for which the predicate is not true: unknown counts as not true."""

    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All parts hold; at least two."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """Some part holds; at least two."""

    parts: tuple[Predicate, ...]


Predicate = Test | Some | Complement | Conjunction | Disjunction
GROUPS = (Conjunction, Disjunction)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of an order.

    Args:
        operand: the value to order by.
        descending: the largest value comes first.
        ignore_case: texts are compared without case.
        nulls_first: NULL comes before every value, whatever the direction. None where the database decides, which only
            `null_order="database"` allows.
        collection: path to the related rows where a to-many relation leads to the operand: the smallest value of theirs
            counts when ascending, the largest when descending. Empty where the operand has one value per row.
    """

    operand: ValueOperand
    descending: bool = False
    ignore_case: bool = False
    nulls_first: bool | None = False
    collection: RelationPath = ()


def joined_paths(predicate: Predicate, root: RelationPath = ()) -> Iterator[RelationPath]:
    """The to-one paths that must be reached before a predicate can be evaluated, in the order in which it names them.

    The paths that start with the path of a `Some` are reached inside of it, all others around it.

    Args:
        predicate: what is evaluated.
        root: the path of the `Some` around it.
    """
    match predicate:
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            tested = predicate.operand
            if isinstance(tested, FieldOperand):
                if tested.relations:
                    yield tested.relations
            elif isinstance(tested, CountOperand):
                yield from _around_subquery(tested.relations, tested.predicate, root)
            else:
                yield from filter(None, _row_paths(tested))
        case Conjunction(parts) | Disjunction(parts):
            for inner in parts:
                yield from joined_paths(inner, root)
        case Complement(inner):
            yield from joined_paths(inner, root)
        case Some(path, inner):
            yield from _around_subquery(path, inner, root)


def key_paths(key: OrderKey) -> Iterable[RelationPath]:
    """The to-one paths that must be reached before rows can be ordered by a key."""
    operand, path = key.operand, key.collection
    if isinstance(operand, CountOperand):
        return _around_subquery(operand.relations, operand.predicate, ())
    if not path:
        return filter(None, _row_paths(operand))
    beside = (needed for needed in _row_paths(operand) if needed and not starts_with(needed, path))
    return chain(_before_collection(path, ()), beside)


def _around_subquery(path: RelationPath, inner: Predicate | None, root: RelationPath) -> Iterator[RelationPath]:
    """The paths that must be reached around a subquery over the rows at the end of `path`."""
    yield from _before_collection(path, root)
    if inner is not None:
        yield from (needed for needed in joined_paths(inner, path) if not starts_with(needed, path))


def follows_relations(key: OrderKey) -> bool:
    """Whether rows are ordered by values of other rows."""
    operand = key.operand
    if isinstance(operand, FieldOperand):
        return bool(operand.relations)
    return isinstance(operand, CountOperand) or any(_row_paths(operand))


def _before_collection(path: RelationPath, root: RelationPath) -> Iterator[RelationPath]:
    """The to-one steps that lead from `root` to a collection, where there are any. The last step never counts."""
    end = len(root)
    while end < len(path) - 1 and not path[end].many:
        end += 1
    if end > len(root):
        yield path[:end]


def starts_with(path: RelationPath, beginning: RelationPath) -> bool:
    """Whether a path leads through the end of another, or to it."""
    return path[: len(beginning)] == beginning


def to_many_steps(predicate: Predicate) -> int:
    """How many to-many relations the subqueries of a predicate follow."""
    match predicate:
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            counted = predicate.operand
            return to_many_steps(Some(counted.relations, counted.predicate)) if isinstance(counted, CountOperand) else 0
        case Conjunction(parts) | Disjunction(parts):
            return sum(map(to_many_steps, parts))
        case Complement(inner):
            return to_many_steps(inner)
        case Some(path, inner):
            return sum(step.many for step in path) + (0 if inner is None else to_many_steps(inner))
