"""The keys that make an order total: the identity of a row, behind the client's keys."""

from __future__ import annotations

from pyrsql.models import kinds
from pyrsql.models.model import Field, Model
from pyrsql.validation.predicates import FieldOperand, OrderKey


def completing(model: Model, keys: tuple[OrderKey, ...] = ()) -> tuple[OrderKey, ...]:
    """The keys that complete an order to a total one: the fields of the identity that are not among its keys.

    They take the direction of the last key, so that one index serves both, read forward or backward.

    Args:
        model: whose rows are ordered.
        keys: the order so far.

    Returns:
        No key where no two rows can be equal under `keys`, or where the model has no identity.
    """
    named = {field for key in keys if (field := _field_of(key)) is not None}
    missing = [field for field in model.identity if field not in named]
    if not missing or any(field.unique for field in named):
        return ()
    descending = bool(keys) and keys[-1].descending
    return tuple(
        OrderKey(FieldOperand(field.name, (), field, field.kind), descending, nulls_first=descending)
        for field in missing
    )


def is_total(model: Model, keys: tuple[OrderKey, ...]) -> bool:
    """Whether keys, completed, tell any two rows apart."""
    return bool(model.identity) or any(field is not None and field.unique for field in map(_field_of, keys))


def _field_of(key: OrderKey) -> Field | None:
    """The field of the root that a key orders by; None where two of its values may be equal under the key."""
    operand = key.operand
    if not isinstance(operand, FieldOperand) or operand.relations or operand.keys or key.ignore_case:
        return None
    # A row may hold a value that is no member of an enumeration. All of these values have one place. One time of day
    # may stand in a column with several offsets.
    may_tie = isinstance(operand.kind, kinds.Enumeration) or operand.kind == kinds.Time(aware=True)
    return None if may_tie else operand.field
