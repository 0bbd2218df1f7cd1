"""The fields and relations of a model.

A backend reflects a class into a `Model` once. Nothing here knows a database: `source` is the backend's own
reference to a member, which only that backend reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pyrsql.models.kinds import Kind
from pyrsql.models.rights import ALL_RIGHTS, FieldRights


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A value of a row.

    Args:
        name: the attribute's name on the model.
        kind: the kind of its values.
        nullable: it may be NULL.
        unique: no two rows share its value, and it is never NULL: sorted by it, rows have a total order.
        rights: the rights of any client on it.
        python_type: the Python type of its values, by which converters are looked up, if it has one.
        accepts: a last check of a converted value by the backend, for types with code of their own.
        computed: code of the developer's makes its expression, and may make another one each time.
        source: the backend's own reference to it.
        owners: the subclasses that have it, where the model does not: their lists, mappings and converters count.
        via: the hidden steps to the row that has it, where that is the row of a subclass.
        attribute: the attribute of the model that it stands for, where it is a member of a group.
        over_text: it is stored as text by a type of its own: operators on text compare the stored text.
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
    owners: tuple[type, ...] = ()
    via: tuple[Relation, ...] = ()
    attribute: str | None = None
    over_text: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A value of a row that code of the developer's computes: the code runs only when a path names the value.

    Args:
        name: the attribute's name on the model.
        field: describes the value, the same each time; None where the code gives no expression.
        rights: the rights of any client on it.
        owners: the subclasses that have it, where the model does not.
    """

    name: str
    field: Callable[[], Field | None]
    rights: FieldRights = ALL_RIGHTS
    owners: tuple[type, ...] = ()


Holds = Literal["list", "other", "mapping", "nothing"]
"""A collection of related rows: a plain list, a mapping, any other, or none that can be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A link to another model's rows: to one, or to `many`.

    Args:
        name: the attribute's name on the model.
        owner: the name of the model that has it, as join hints write it.
        many: it leads to any number of rows.
        target: gives the model it leads to; a function, because models refer to each other.
        rights: the rights of any client on paths through it.
        source: the backend's own reference to it.
        owners: the subclasses that have it, where the model does not.
        via: the hidden steps to the row that has it, where that is the row of a subclass.
        shows_one: the attribute holds one row or none, also where nothing keeps the relation from leading to `many`.
        shared: several rows may lead to the same row.
        holds: the collection that the attribute holds of several rows.
    """

    name: str
    owner: str
    many: bool
    target: Callable[[], Model]
    rights: FieldRights = ALL_RIGHTS
    source: object = None
    owners: tuple[type, ...] = ()
    via: tuple[Relation, ...] = ()
    shows_one: bool = False
    shared: bool = False
    holds: Holds = "list"


def repeating_steps(path: tuple[Relation, ...], start: int = 0) -> list[int]:
    """The places of to-many relations that a path follows from rows which it reaches several times: together they
    lead to each row as often.

    Args:
        path: the path.
        start: where its own steps begin.
    """
    found: list[int] = []
    many = shared = False
    for place, step in enumerate(path[start:], start):
        if step.many and shared:
            found.append(place)
        many = many or step.many
        shared = shared or (many and step.shared)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """A group of fields inside the same row, such as a composite: a step of a path that joins nothing."""

    name: str
    members: Mapping[str, Member]
    rights: FieldRights = ALL_RIGHTS
    owners: tuple[type, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Shortcut:
    """Another name for a longer path on the same model, such as an association proxy or a synonym.

    Args:
        name: the attribute's name on the model.
        path: the path that it stands for.
        rights: the rights of any client on it.
        owners: the subclasses that have it, where the model does not.
        read_by_code: code of the developer's gives its value to an answer, and maybe another one than a filter
            compares.
    """

    name: str
    path: tuple[str, ...]
    rights: FieldRights = ALL_RIGHTS
    owners: tuple[type, ...] = ()
    read_by_code: bool = False


Member = Field | Computed | Relation | Embedded | Shortcut


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """One class, with the members that paths from it lead to.

    Args:
        name: the class name.
        type: the class itself; the per-model lists of the options are looked up by it and its bases.
        members: name -> member, in the order in which they are offered in messages.
        identity: the fields that identify a row, which make an order total.
        refused: names that no path may take, each with the reason.
    """

    name: str
    type: type
    members: Mapping[str, Member]
    identity: tuple[Field, ...] = field(default=())
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
