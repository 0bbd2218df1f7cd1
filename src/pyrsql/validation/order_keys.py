"""Sort key + operand -> order key: which values have an order, and where NULL goes."""

from __future__ import annotations

from pyrsql.language.nodes import SortKey
from pyrsql.models import kinds
from pyrsql.options import SortOptions
from pyrsql.problems import UnsupportedSort
from pyrsql.validation.predicates import FieldOperand, OrderKey, RelationOperand
from pyrsql.validation.rules import collection
from pyrsql.validation.selectors import Resolution

NAME_A_FIELD = "Name a field of it, after a dot."


def order_key(key: SortKey, found: Resolution, options: SortOptions) -> OrderKey | UnsupportedSort:
    """The order key of a sort key, or why its field cannot be sorted by."""
    operand = found.operand
    if isinstance(operand, RelationOperand):
        return _unsortable(key, "a relation has no order", NAME_A_FIELD)
    if isinstance(operand.kind, kinds.Binary | kinds.Array):
        return _unsortable(key, "this type has no order")
    if isinstance(operand.kind, kinds.Opaque) and operand.kind.equal_to is None:
        return _unsortable(key, "this type has no order")
    if isinstance(operand.kind, kinds.Json) and not (isinstance(operand, FieldOperand) and operand.keys):
        return _unsortable(key, "a whole document has no order", "Name a value in it, after a dot.")
    if key.ignore_case and not isinstance(operand.kind, kinds.Text | kinds.Json):
        return _unsortable(key, "only text can be sorted ignoring case")
    return OrderKey(operand, key.descending, key.ignore_case, _nulls_first(key, options), collection(operand))


def _nulls_first(key: SortKey, options: SortOptions) -> bool | None:
    """Where NULL goes: where the client says, else as the largest value, else where the database puts it."""
    if key.nulls_first is None:
        return key.descending if options.null_order == "largest" else None
    return key.nulls_first


def _unsortable(key: SortKey, reason: str, hint: str | None = None) -> UnsupportedSort:
    return UnsupportedSort(source="sort", field=key.selector, reason=reason, span=key.span, hint=hint)
