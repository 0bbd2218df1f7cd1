"""What a filter and a sort mean, after every name, right and value was proven.

An algebra small enough that a backend lowers it without judging anything: wildcards are split, values converted, paths
resolved. Three-valued, as SQL: a test of NULL is unknown. `negated` is the logical NOT of the same test, except where a
path leads to many rows: there each related row is tested, and some row must pass.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pyrsql.models.kinds import Kind
from pyrsql.models.model import Field, Relation
from pyrsql.operators import ComparisonOperator

Sign = Literal["==", "!=", ">", ">=", "<", "<="]


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
    """The related row or rows at the end of a path that ends on a relation."""

    path: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class ConstantOperand:
    """A constant in a call."""

    value: str | int | decimal.Decimal | bool | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class CallOperand:
    """The result of a database function. At most one of the to-many relations leads to its arguments."""

    path: str
    function: str
    arguments: tuple[FieldOperand | ConstantOperand | CallOperand, ...]
    kind: Kind


ValueOperand = FieldOperand | CallOperand
Operand = FieldOperand | CallOperand | RelationOperand


def relation_paths(operand: Operand | ConstantOperand) -> frozenset[tuple[Relation, ...]]:
    """The whole paths of an operand's fields; the empty path for a field of the root."""
    match operand:
        case FieldOperand(relations=relations) | RelationOperand(relations=relations):
            return frozenset([relations])
        case CallOperand(arguments=arguments):
            return frozenset[tuple[Relation, ...]]().union(*map(relation_paths, arguments))
        case ConstantOperand():
            return frozenset()


def collection_paths(operand: Operand | ConstantOperand) -> frozenset[tuple[Relation, ...]]:
    """The paths of an operand up to and including their last to-many relation; none where all relations are to-one."""
    match operand:
        case FieldOperand(relations=relations) | RelationOperand(relations=relations):
            last = max((place for place, step in enumerate(relations) if step.many), default=None)
            return frozenset() if last is None else frozenset([relations[: last + 1]])
        case CallOperand(arguments=arguments):
            return frozenset[tuple[Relation, ...]]().union(*map(collection_paths, arguments))
        case ConstantOperand():
            return frozenset()


def is_computed(operand: Operand | ConstantOperand) -> bool:
    """Whether code of the developer's makes the expression of an operand, and may make another one each time."""
    match operand:
        case FieldOperand(field=field):
            return field.computed
        case CallOperand(arguments=arguments):
            return any(map(is_computed, arguments))
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
    """The operand is NULL; of a relation: there is no related row. Never unknown."""

    operand: Operand
    negated: bool = False


class Custom(NamedTuple):
    """An operator of the developer's own, lowered by the developer's own function."""

    operand: Operand
    operator: ComparisonOperator
    values: tuple[object, ...]


Test = Compare | Match | Member | Between | Null | Custom


@dataclass(frozen=True, slots=True)
class Complement:
    """True for exactly the rows for which the test is not true: unknown counts as not true."""

    test: Test


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All parts hold; at least two."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """Some part holds; at least two."""

    parts: tuple[Predicate, ...]


Predicate = Test | Complement | Conjunction | Disjunction


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of an order. Over a to-many path: the smallest related value when ascending, the largest descending."""

    operand: ValueOperand
    descending: bool = False
    ignore_case: bool = False
    nulls_first: bool = False
