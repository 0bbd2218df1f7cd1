"""Filters and orders in one spelling each, for the digests in a cursor."""

from __future__ import annotations

from pyrsql.language.nodes import And, Comparison, Node, Or
from pyrsql.options import SortOptions
from pyrsql.validation.predicates import (
    CallOperand,
    ConstantOperand,
    CountOperand,
    FieldOperand,
    OrderKey,
    ValueOperand,
)


def filter_text(node: Node | None) -> str:
    """A filter in one spelling: its operators by name, its values as they were read."""
    match node:
        case None:
            return ""
        case Comparison():
            return f"{node.selector!r}{node.operator.name}{node.arguments!r}"
        case And(nodes):
            return f"and({','.join(map(filter_text, nodes))})"
        case Or(nodes):
            return f"or({','.join(map(filter_text, nodes))})"


def order_text(model: str, keys: tuple[OrderKey, ...], options: SortOptions) -> str:
    """An order in one spelling: the attributes and the direction of each key, not the names that the client wrote."""
    written = (
        f"{_operand_text(key.operand)} {key.descending} {key.nulls_first} {key.ignore_case}"
        f" {options.json_options.sort_field_types.get(key.operand.path)}"
        for key in keys
    )
    return "\n".join([model, options.text_order, *written])


def _operand_text(operand: ValueOperand | ConstantOperand) -> str:
    kind = type(operand.kind).__name__
    match operand:
        case FieldOperand():
            steps = (*(step.name for step in operand.relations), operand.field.name, *operand.keys)
            return f"{steps!r}:{kind}"
        case CallOperand():
            return f"{operand.function}({','.join(map(_operand_text, operand.arguments))}):{kind}"
        case CountOperand():
            # As the client wrote it: another spelling of the same count begins anew.
            return f"{[step.name for step in operand.relations]!r}{operand.path!r}"
        case ConstantOperand():
            return f"{operand.value!r}:{kind}"
