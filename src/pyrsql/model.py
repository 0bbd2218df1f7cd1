"""What a model offers: its fields, relations and the rights that stand on them.

A backend reflects a class into a `Model` once. Nothing here knows a database: what a backend needs to find a member
again is in `source`, which only that backend reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from pyrsql.kinds import Kind
from pyrsql.operators import ComparisonOperator

INFO_KEY = "pyrsql"
"""The key of a column's or relationship's `info` under which `field_rights(...)` is kept."""


@dataclass(frozen=True, slots=True)
class FieldRights:
    """What any client may do with a member, whatever the options of a request say.

    Args:
        filter: it may stand in a filter.
        sort: it may stand in a sort.
        operators: names of the only operators it takes; None allows all that its type takes.
    """

    filter: bool = True
    sort: bool = True
    operators: frozenset[str] | None = None


ALL_RIGHTS = FieldRights()


def field_rights(
    *,
    filter: bool = True,
    sort: bool = True,
    operators: Collection[ComparisonOperator | str] | None = None,
) -> FieldRights:
    """Rights to keep on the model: `mapped_column(info={"pyrsql": field_rights(sort=False)})`.

    Request-level options can only narrow them. A member with neither `filter` nor `sort` is hidden: a client that asks
    for it gets the answer of a field that does not exist.

    Args:
        filter: it may stand in a filter.
        sort: it may stand in a sort.
        operators: the only operators it takes, as `ComparisonOperator` or by name; None allows all that its type takes.
            A member with such a list is no argument of a function either: `@substring[…]==` asks what `=like=` asks.

    Raises:
        ValueError: an operator by its spelling; several operators could share it.
    """
    if isinstance(operators, str):
        raise ValueError(f"operators takes a collection, not the text {operators!r}")
    for operator in operators or ():
        if isinstance(operator, str) and not operator.isidentifier():
            raise ValueError(f"{operator!r} is no name of an operator: use one such as 'equal', or the operator itself")
    names = None if operators is None else frozenset(o if isinstance(o, str) else o.name for o in operators)
    return FieldRights(filter, sort, names)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A value of a row.

    Args:
        name: the attribute's name on the model.
        kind: what it holds.
        nullable: it may be NULL.
        unique: no two rows share its value, and it is never NULL: sorted by it, rows have a total order.
        rights: what any client may do with it.
        python_type: the Python type of its values, by which converters are looked up; None where there is none.
        accepts: a last check of a converted value by the backend, for types with code of their own.
        computed: code of the developer's makes its expression, and may make another one each time.
        source: what the backend needs to find it again.
    """

    name: str
    kind: Kind
    nullable: bool = True
    unique: bool = False
    rights: FieldRights = ALL_RIGHTS
    python_type: type | None = None
    accepts: Callable[[object], bool] | None = None
    computed: bool = False
    source: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A link to another model's rows: to one, or to `many`.

    Args:
        name: the attribute's name on the model.
        owner: the name of the model that has it, as join hints write it.
        many: it leads to any number of rows.
        target: gives the model it leads to; a function, because models refer to each other.
        rights: what any client may do with paths through it.
        source: what the backend needs to find it again.
    """

    name: str
    owner: str
    many: bool
    target: Callable[[], Model]
    rights: FieldRights = ALL_RIGHTS
    source: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """A group of fields inside the same row, such as a composite: a step of a path that joins nothing."""

    name: str
    members: Mapping[str, Member]
    rights: FieldRights = ALL_RIGHTS


@dataclass(frozen=True, slots=True, eq=False)
class Shortcut:
    """Another name for a longer path on the same model, such as an association proxy or a synonym."""

    name: str
    path: tuple[str, ...]
    rights: FieldRights = ALL_RIGHTS


Member = Field | Relation | Embedded | Shortcut


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """One class and what a path may lead to from it.

    Args:
        name: the class name.
        type: the class itself; the per-model lists of the options are looked up by it and its bases.
        members: name -> member, in the order in which they are offered in messages.
        identity: the fields that identify a row, which make an order total.
    """

    name: str
    type: type
    members: Mapping[str, Member]
    identity: tuple[Field, ...] = field(default=())
