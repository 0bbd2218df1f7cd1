"""The work of making and compiling the statement of a filter, as a number of short comparisons."""

from __future__ import annotations

from pyrsql.models import kinds
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
    Predicate,
    Some,
)

_SUBQUERY = 20
_DOCUMENT = 40


def statement_work(predicate: Predicate | None) -> int:
    """The work on the subqueries of a filter and on its comparisons of JSON, beyond that on its text."""
    match predicate:
        case None:
            return 0
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            operand = predicate.operand
            if isinstance(operand, CountOperand):
                return _SUBQUERY + statement_work(operand.predicate)
            return _DOCUMENT if isinstance(operand, FieldOperand) and isinstance(operand.field.kind, kinds.Json) else 0
        case Conjunction(parts) | Disjunction(parts):
            return sum(map(statement_work, parts))
        case Complement(inner):
            return statement_work(inner)
        case Some(predicate=inner):
            return _SUBQUERY + statement_work(inner)
