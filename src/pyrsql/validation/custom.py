"""Which fields take an operator of the developer's own."""

from __future__ import annotations

import enum
from collections.abc import Collection

from pyrsql.models import kinds
from pyrsql.options import CustomPredicateDefinition, QueryOptions
from pyrsql.validation.predicates import FieldOperand, Operand, RelationOperand


def custom_operators(options: QueryOptions, operand: Operand) -> frozenset[str]:
    """The names of the custom operators that an operand takes."""
    return frozenset(name for name, definition in options.custom_predicates.items() if _takes(definition, operand))


def _takes(definition: CustomPredicateDefinition, operand: Operand) -> bool:
    if definition.fields is None and definition.field_types is None:
        return True
    return _is_listed(definition.fields or (), operand) or any(
        _is_of_type(operand, type_) for type_ in definition.field_types or ()
    )


def _is_listed(fields: Collection[str], operand: Operand) -> bool:
    """Whether an operand is one of some paths, by the names of the attributes or as the client wrote it."""
    match operand:
        case FieldOperand(relations=relations, field=field, keys=keys):
            column = ".".join([*(step.name for step in relations), field.name])
            # A document is listed with all that is in it.
            inside = {".".join([column, *keys[:end]]) for end in range(len(keys) + 1)}
            return operand.path in fields or not inside.isdisjoint(fields)
        case RelationOperand(relations=relations):
            return operand.path in fields or ".".join([step.name for step in relations]) in fields
        case _:
            return False


def _is_of_type(operand: Operand, type_: type) -> bool:
    """Whether the values of an operand are of a Python type, or its related rows of a model."""
    if isinstance(operand, RelationOperand):
        return issubclass(operand.relations[-1].target().type, type_)
    match operand.kind:
        case kinds.Json():
            return type_ is dict
        case kinds.Array():
            return type_ is list
        case kind:
            expected = kinds.kind_of(type_)
    if isinstance(expected, kinds.Enumeration | kinds.Opaque):
        if isinstance(kind, kinds.Enumeration) and type_ is enum.Enum:
            return True
        own = operand.field.python_type if isinstance(operand, FieldOperand) else None
        return own is not None and issubclass(own, type_)
    # By kind: a bool is no whole number, and a date and time is no date.
    return type(kind) is type(expected)
