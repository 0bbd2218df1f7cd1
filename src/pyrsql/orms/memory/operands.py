"""The value of an operand for a row."""

from __future__ import annotations

from typing import Any, assert_never

from pyrsql.models import kinds
from pyrsql.orms.memory.functions import Functions, call
from pyrsql.orms.memory.rows import Scope, attribute, reached, related
from pyrsql.orms.memory.values import comparable
from pyrsql.validation.functions import OF_ONE_KIND
from pyrsql.validation.predicates import (
    CallOperand,
    ConstantOperand,
    FieldOperand,
    RelationOperand,
)


def value_of(operand: FieldOperand | CallOperand | ConstantOperand, scope: Scope, known: Functions) -> Any:
    """The value of an operand; of a path below a JSON column, the whole document."""
    match operand:
        case FieldOperand(relations=relations, field=member):
            return attribute(reached(scope, relations), member.name)
        case ConstantOperand(value):
            return value
        case CallOperand(function=name, arguments=arguments, kind=kind):
            common = kind if isinstance(kind, kinds.Float) and name.lower() in OF_ONE_KIND else None
            given = [comparable(value_of(argument, scope, known), common or argument.kind) for argument in arguments]
            return call(known.get(name) or known[name.lower()], given)
        case _:
            assert_never(operand)


def custom_value(operand: FieldOperand | CallOperand | RelationOperand, scope: Scope, functions: Functions) -> object:
    """The expression of a custom operator's payload: a value, a related row, or a list of related rows."""
    if isinstance(operand, RelationOperand):
        *before, last = operand.relations
        found = related(reached(scope, tuple(before)), last)
        return found if last.many else next(iter(found), None)
    return value_of(operand, scope, functions)
