"""Operand -> SQL expression."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import BigInteger, Boolean, ColumnElement, Double, Numeric, String, func, literal, null
from sqlalchemy.types import TypeEngine

from pyrsql import kinds
from pyrsql.orms.sqlalchemy.paths import Scope
from pyrsql.predicates import CallOperand, ConstantOperand, FieldOperand

_NAMES = {"length": "char_length"}
"""Functions that databases know by another name: LENGTH counts bytes on MariaDB, characters elsewhere."""


def expression(operand: FieldOperand | CallOperand | ConstantOperand, scope: Scope) -> ColumnElement[Any]:
    """The SQL expression of a value.

    Args:
        operand: a field, a call or a constant.
        scope: the entities that the operand's paths lead to.
    """
    match operand:
        case FieldOperand(relations=relations, field=field):
            attribute = getattr(scope[relations], cast("str", field.source))
            clause = attribute.__clause_element__() if hasattr(attribute, "__clause_element__") else attribute
            return cast("ColumnElement[Any]", clause)
        case CallOperand(function=name, arguments=arguments, kind=kind):
            function = getattr(func, _NAMES.get(name.lower(), name))
            return cast(
                "ColumnElement[Any]",
                function(*(expression(argument, scope) for argument in arguments), type_=_type_of(kind)),
            )
        case ConstantOperand(value=None):
            return null()
        case ConstantOperand(value=value, kind=kind):
            return literal(value, _type_of(kind))


def _type_of(kind: kinds.Kind | None) -> TypeEngine[Any]:
    match kind:
        case kinds.Integer():
            return BigInteger()
        case kinds.Decimal():
            return Numeric()
        case kinds.Float():
            return Double()
        case kinds.Boolean():
            return Boolean()
        case _:
            return String()
