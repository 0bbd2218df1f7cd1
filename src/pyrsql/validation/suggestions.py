"""The names that a client may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from heapq import nlargest
from itertools import islice

from pyrsql.models.model import Embedded, Field, Shortcut
from pyrsql.models.paths import Place, Step, mappings
from pyrsql.models.schema import Purpose, Schema
from pyrsql.validation.access import is_allowed
from pyrsql.validation.public import nearest_published

CACHED_OFFERS = 1_024
"""How many lists of names a schema remembers. A client cannot make it remember more."""

_CANDIDATES = 200
_LIKELIEST = 10
_LONGEST_MISSPELLING = 64

Leads = Callable[[tuple[str, ...]], bool]
"""Whether a client may use a path, as it is written from the root on."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that is most like another one, where one is like it at all. Case does not count.

    >>> nearest("NMAE", ["id", "name"])
    'name'
    """
    if len(name) > _LONGEST_MISSPELLING:
        return None
    by_lower = {offered.lower(): offered for offered in names}
    matcher = difflib.SequenceMatcher(b=name.lower())

    def likeness(offered: str) -> float:
        matcher.set_seq1(offered)
        return matcher.quick_ratio()

    # The exact likeness takes long to compute: only that of the likeliest is.
    near = difflib.get_close_matches(name.lower(), nlargest(_LIKELIEST, by_lower, likeness), n=1)
    return by_lower[near[0]] if near else None


def meant(schema: Schema, purpose: Purpose, place: Place, name: str, leads: Leads) -> str | None:
    """A hint with the name that a client may use at a place and that is nearest to the written one."""
    if len(name) > _LONGEST_MISSPELLING:
        return None
    near = nearest(name, offered(schema, purpose, place, leads))
    return near and f"Did you mean '{'.'.join((*place.written, near))}'?"


def published(schema: Schema, purpose: Purpose, parts: tuple[str, ...], leads: Leads) -> str | None:
    """A hint with the published name that is nearest to the written path."""
    key = (purpose, "published")
    names = schema.offers.get(key)
    if names is None:
        fields = schema.options(purpose).public_fields or ()
        names = schema.offers[key] = tuple(name for name in fields if leads(tuple(name.split("."))))
    near = nearest_published(names, parts, nearest)
    return near and f"Did you mean '{near}'?"


def parts_of(schema: Schema, purpose: Purpose, place: Place, leads: Leads) -> str | None:
    """A hint with a member of the group that a path ends on."""
    inside = offered(schema, purpose, place, leads)
    group = ".".join(place.written)
    return f"'{group}' is a group of values: write '{group}.{inside[0]}'." if inside else None


def offered(schema: Schema, purpose: Purpose, place: Place, leads: Leads) -> tuple[str, ...]:
    """The names that a client may write at a place, mapped ones included, as far as it bounds the work."""
    key = (purpose, place.written, place.real)
    known = schema.offers.get(key)
    if known is not None:
        return known
    names = [
        name
        for name, member in islice(place.members.items(), _CANDIDATES)
        if _is_offered(
            schema, purpose, Step(place, member, name, (*place.written, name), isinstance(member, Field)), leads
        )
    ]
    for mapping in mappings(schema.options(purpose), place):
        names += [alias for alias in islice(mapping, _CANDIDATES) if leads((*place.written, *alias.split(".")))]
    if len(schema.offers) < CACHED_OFFERS:
        schema.offers[key] = tuple(names)
    return tuple(names)


def _is_offered(schema: Schema, purpose: Purpose, step: Step, leads: Leads) -> bool:
    """Whether a client may use a member, or the field that it leads to."""
    match step.member:
        case Shortcut():
            return leads(step.written)
        case Embedded() as group:
            inside = step.place.into(group, step.written)
            return is_allowed(schema, purpose, step) and bool(offered(schema, purpose, inside, leads))
        case _:
            return is_allowed(schema, purpose, step)
