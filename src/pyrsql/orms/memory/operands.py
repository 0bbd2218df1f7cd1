"""The value of an operand for a row."""

from __future__ import annotations

from typing import Any, assert_never

from pyrsql.orms.memory.functions import call
from pyrsql.orms.memory.json import below
from pyrsql.orms.memory.rows import Scope, attribute
from pyrsql.orms.memory.values import comparable
from pyrsql.validation.predicates import (
    CallOperand,
    ConstantOperand,
    FieldOperand,
    ValueOperand,
)


def value_of(operand: ValueOperand | ConstantOperand, scope: Scope) -> Any:
    """The value of an operand; of a path below a JSON column, the whole document."""
    match operand:
        case FieldOperand(relations=relations, field=member):
            return attribute(scope.reach(relations), member.name)
        case ConstantOperand(value):
            return value
        case CallOperand(function=name, arguments=arguments):
            given = [comparable(value_of(argument, scope), argument.kind) for argument in arguments]
            return call(scope.functions.get(name) or scope.functions[name.lower()], given)
        case _:
            assert_never(operand)


def custom_value(operand: ValueOperand, scope: Scope) -> object:
    """What a custom operator is given: the value itself, below a JSON column the one found there, or all in a list."""
    value = value_of(operand, scope)
    if not isinstance(operand, FieldOperand) or not operand.keys:
        return value
    found = below(value, operand.keys)
    return found if len(found) > 1 else next(iter(found), None)
