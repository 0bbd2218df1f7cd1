"""Members of enumerations, by name and by value."""

from __future__ import annotations

from typing import NamedTuple

from pyrsql.language.nearest import nearest
from pyrsql.models import kinds
from pyrsql.validation.convert.refusal import Refusal

_OFFERED_MEMBERS = 10
_CANDIDATES = 200


class Choices(NamedTuple):
    """The names in a refusal: the members that are expected, and those that a "did you mean" may suggest."""

    expected: str
    names: tuple[str, ...]


def choices_of(kind: kinds.Enumeration) -> Choices:
    """The names of an enumeration's members, shortened for a message."""
    # A member with a name and a value is offered by its name.
    names = tuple({id(value): name for name, value in reversed(kind.members)}.values())[::-1]
    listed = ", ".join(names[:_OFFERED_MEMBERS])
    more = len(names) - _OFFERED_MEMBERS
    return Choices(f"one of {listed}" + (f" and {more} more" if more > 0 else ""), names[:_CANDIDATES])


def to_member(members: dict[str, object], choices: Choices, text: str) -> object:
    """The member of a name or value, or a Refusal."""
    if text in members:
        return members[text]
    near = nearest(text, choices.names)
    return Refusal(choices.expected, None if near is None else f"Did you mean {near!r}?", near)
