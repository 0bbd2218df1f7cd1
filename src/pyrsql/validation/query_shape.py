"""The shape of a validated filter and sort: fields and operators by the names of the model, without values.

Every name comes from the model or from the developer's options, never from the client's text: keys below a JSON
document are written `*`, values and constants `?`. A log of shapes holds no personal data, and there are only as many
names as the models have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from pyrsql import operators as ops
from pyrsql.operators import ComparisonOperator
from pyrsql.validation.plan import Filter, Order
from pyrsql.validation.predicates import (
    Between,
    CallOperand,
    Compare,
    Complement,
    Conjunction,
    ConstantOperand,
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
    Test,
)
from pyrsql.validation.rules import NEGATIONS

_SIGNS: dict[Sign, ComparisonOperator] = {
    "==": ops.EQUAL,
    "!=": ops.NOT_EQUAL,
    ">": ops.GREATER,
    ">=": ops.GREATER_OR_EQUAL,
    "<": ops.LESS,
    "<=": ops.LESS_OR_EQUAL,
}

_ARGUMENTS = {
    ops.IN: "(?)",
    ops.NOT_IN: "(?)",
    ops.BETWEEN: "(?,?)",
    ops.NOT_BETWEEN: "(?,?)",
    ops.IS_NULL: "",
    ops.IS_NOT_NULL: "",
}
"""The arguments of operators that do not take one. A list has one `?`, however long it is."""


def filter_shape(filter: Filter) -> str | None:
    """The filter with `?` for every value; None where it leaves nothing out.

    `name==ann;(age=in=(1,2),age>40)` is `name==?;(age=in=(?),age=gt=?)`.
    """
    return None if filter.predicate is None else _shape(filter.predicate)


def compared(filter: Filter) -> tuple[tuple[str, str], ...]:
    """The field and the name of the operator of each comparison, in the order of the filter."""
    return () if filter.predicate is None else tuple(_comparisons(filter.predicate))


def sort_shape(order: Order | None) -> tuple[str, ...]:
    """The fields of a sort, the most important first; `-` stands before a field that descends."""
    keys = () if order is None else order.keys
    return tuple(f"{'-' if key.descending else ''}{_operand(key.operand)}" for key in keys)


def _shape(predicate: Predicate, *, within: bool = False) -> str:
    """A predicate as text; `within` another one a disjunction stands in parentheses."""
    match predicate:
        case Conjunction(parts):
            return ";".join(_shape(part, within=True) for part in parts)
        case Disjunction(parts):
            joined = ",".join(_shape(part, within=True) for part in parts)
            return f"({joined})" if within else joined
        case Complement(inner):
            negative = _negative(inner)
            return f"not({_shape(inner)})" if negative is None else _written(*negative)
        case Some(path, inner):
            if inner is None:
                return _written(_path(path), ops.IS_NOT_NULL)
            return _shape(inner) if isinstance(inner, Test) else f"{_path(path)}{ops.ANY.spelling}({_shape(inner)})"
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            return _written(*_comparison(predicate))


def _comparisons(predicate: Predicate) -> Iterator[tuple[str, str]]:
    match predicate:
        case Conjunction(parts) | Disjunction(parts):
            for part in parts:
                yield from _comparisons(part)
        case Complement(inner):
            negative = _negative(inner)
            if negative is None:
                yield from _comparisons(inner)
            else:
                yield negative[0], negative[1].name
        case Some(path, inner):
            if inner is None:
                yield _path(path), ops.IS_NOT_NULL.name
            else:
                yield from _comparisons(inner)
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            field, operator = _comparison(predicate)
            yield field, operator.name
            if isinstance(predicate.operand, CountOperand) and predicate.operand.predicate is not None:
                yield from _comparisons(predicate.operand.predicate)


def _negative(predicate: Predicate) -> tuple[str, ComparisonOperator] | None:
    """The field and the negative operator of a complement that one comparison was written as."""
    match predicate:
        case Some(path, None):
            return _path(path), ops.IS_NULL
        case Some(_, inner):
            return _negative(inner) if isinstance(inner, Test) else None
        case Conjunction() | Disjunction() | Complement():
            return None
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            field, operator = _comparison(predicate)
            negated = NEGATIONS.get(operator)
            return None if negated is None else (field, negated)


def _comparison(test: Test) -> tuple[str, ComparisonOperator]:
    field = _operand(test.operand)
    match test:
        case Compare(sign=sign, ignore_case=ignore_case):
            return field, ops.EQUAL_IGNORE_CASE if ignore_case and sign == "==" else _SIGNS[sign]
        case Match(negated=negated, ignore_case=ignore_case):
            operator = ops.LIKE_IGNORE_CASE if ignore_case else ops.LIKE
        case Member(negated=negated):
            operator = ops.IN
        case Between(negated=negated):
            operator = ops.BETWEEN
        case Null(negated=negated):
            operator = ops.IS_NULL
        case Custom(operator=custom):
            return field, custom
        case _:
            assert_never(test)
    return field, NEGATIONS[operator] if negated else operator


def _written(field: str, operator: ComparisonOperator) -> str:
    return f"{field}{operator.spelling}{_ARGUMENTS.get(operator, '?')}"


def _operand(operand: Operand | ConstantOperand) -> str:
    match operand:
        case FieldOperand(relations=relations, field=field, keys=keys):
            return ".".join([*_steps(relations), field.name, *("*" for _ in keys[:1])])
        case RelationOperand(relations=relations):
            return _path(relations)
        case CallOperand(function=function, arguments=arguments):
            return f"@{function}[{'|'.join(map(_operand, arguments))}]"
        case CountOperand(relations=relations, predicate=predicate):
            condition = "" if predicate is None else f"|{_shape(predicate)}"
            return f"@count[{_path(relations)}{condition}]"
        case ConstantOperand():
            return "?"


def _path(relations: RelationPath) -> str:
    return ".".join(_steps(relations))


def _steps(relations: RelationPath) -> Iterator[str]:
    return (relation.name for relation in relations)
