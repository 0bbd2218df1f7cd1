"""The operators that a field, a call or a relation takes, those of the developer included."""

from __future__ import annotations

import enum
from collections.abc import Collection

from pyrsql.models import kinds
from pyrsql.options import CustomPredicateDefinition, FieldOptions, QueryOptions
from pyrsql.validation.predicates import CallOperand, CountOperand, FieldOperand, Operand, RelationOperand
from pyrsql.validation.quantifiers import QUANTIFIERS


def offered(
    options: FieldOptions,
    operand: Operand,
    rights: frozenset[str] | None,
    *,
    converted: bool = False,
    hides_keys: bool = False,
) -> frozenset[str]:
    """The names of the operators that an operand takes.

    Args:
        options: the options of the query; those of a sort offer no operators.
        operand: a field, a call or a relation.
        rights: names of the only operators that rights on the model leave it; None where it has no rights.
        converted: a converter of the developer's own stands in for that of the kind.
        hides_keys: it is a document, and clients may not use some of its keys.
    """
    if not isinstance(options, QueryOptions):
        return frozenset()
    names = _by_kind(operand, converted)
    if options.custom_predicates:
        names |= {
            name for name, custom in options.custom_predicates.items() if _takes_custom(custom, operand, hides_keys)
        }
    if options.quantifiers and isinstance(operand, RelationOperand):
        names |= QUANTIFIERS
    return names if rights is None else names & rights


def _by_kind(operand: Operand, converted: bool) -> frozenset[str]:
    if isinstance(operand, RelationOperand):
        return kinds.NULL_CHECKS
    names = kinds.operators_of(operand.kind)
    if isinstance(operand, FieldOperand):
        if operand.keys:
            return kinds.ORDERED | kinds.ON_TEXT
        if converted and isinstance(operand.kind, kinds.Binary | kinds.Opaque):
            names = kinds.ORDERED
        if operand.field.over_text:
            names |= kinds.ON_TEXT
    return names


def _takes_custom(definition: CustomPredicateDefinition, operand: Operand, hides_keys: bool) -> bool:
    if _is_listed(definition.fields or (), operand):
        return True
    if hides_keys or (isinstance(operand, FieldOperand) and operand.keys):
        # Its function gets the whole document. A developer who lists a path to one knows which keys it means.
        return False
    if definition.fields is None and definition.field_types is None:
        return True
    return any(_is_of_type(operand, type_) for type_ in definition.field_types or ())


def _is_listed(fields: Collection[str], operand: Operand) -> bool:
    """Whether an operand is one of some paths, by the names of the attributes or as the client wrote it."""
    match operand:
        case FieldOperand(relations=relations, field=field, keys=keys):
            return operand.path in fields or ".".join([*(step.name for step in relations), field.name, *keys]) in fields
        case RelationOperand(relations=relations):
            return operand.path in fields or ".".join([step.name for step in relations]) in fields
        case CallOperand() | CountOperand():
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
