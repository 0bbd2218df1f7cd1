"""The value that an attribute of a row holds, where it leads to related rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pyrsql.integrations.fastapi.attributes import member_at
from pyrsql.integrations.fastapi.shapes import Held
from pyrsql.models.model import Computed, Embedded, Field, Member, Relation, Shortcut

_OF_ROWS: Mapping[str, Held | None] = {"list": "list", "other": "rows", "mapping": "mapping", "nothing": None}


class Attribute(NamedTuple):
    """An attribute that leads to related rows.

    Args:
        relation: the relation that it shows, or begins with.
        held: its value; None where it can only be queried.
    """

    relation: Relation
    held: Held | None


def held_at(members: Mapping[str, Member], path: tuple[str, ...]) -> Attribute | None:
    """The attribute at the end of a path; None where it leads to no related rows.

    Args:
        members: those of the object where the path begins.
        path: attributes, all but the last of one object each.
    """
    first, rest = path[0], path[1:]
    match members.get(first):
        case Shortcut(path=steps):
            return held_at(members, (*steps, *rest)) if rest or len(steps) == 1 else _of_proxy(members, steps)
        case Relation(target=target) as relation:
            return held_at(target().members, rest) if rest else Attribute(relation, _of_relation(relation))
        case Embedded(members=inner) if rest:
            return held_at(inner, rest)
        case Embedded() | Field() | Computed() | None:
            return None


def _of_relation(relation: Relation) -> Held | None:
    return "row" if _holds_one(relation) else _OF_ROWS[relation.holds]


def _holds_one(relation: Relation) -> bool:
    return relation.shows_one or not relation.many


def _of_proxy(members: Mapping[str, Member], steps: tuple[str, ...]) -> Attribute | None:
    """An association proxy: what it shows of several rows is a collection of its own, and no list."""
    relation = members.get(steps[0])
    if not isinstance(relation, Relation) or _holds_one(relation):
        return held_at(members, steps)
    match member_at(relation.target().members, steps[1:]):
        case Relation() as shown if not _holds_one(shown):
            # Collections of collections: an annotation says nothing certain about them.
            return None
        case Relation():
            return Attribute(relation, "mapping" if relation.holds == "mapping" else "rows")
        case Embedded() | Field() | Computed() | Shortcut() | None:
            return Attribute(relation, "pairs" if relation.holds == "mapping" else "values")
