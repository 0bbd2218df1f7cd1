"""The names that a client may have meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import islice

from pyrsql.language.advice import Advice
from pyrsql.language.nearest import LONGEST_MISSPELLING, nearest
from pyrsql.language.render import render_selector
from pyrsql.language.value_hints import CURLY_QUOTES
from pyrsql.models.model import Computed, Embedded, Field, Relation, Shortcut
from pyrsql.models.paths import Place, Step, mappings
from pyrsql.models.schema import Purpose, Schema
from pyrsql.validation.access import is_allowed
from pyrsql.validation.public import PublishedNames, nearest_published

_CANDIDATES = 200
_SHOWN = 3
_SEPARATORS = re.compile(r"\.|/|::?|__|->>?|\[['\"]?|['\"]?\]")
"""Signs between the steps of a path, here and in other languages."""
_DIRECTION = re.compile(r"(.+?)[:./| _-]?(asc|desc)", re.IGNORECASE | re.DOTALL)
_SIGNS = re.compile(r"^-|-$|[^\w.:/$-]")
"""Signs that mean something, which a correction must not drop."""

Leads = Callable[[tuple[str, ...]], bool]
"""Whether a client may use a path, as it is written from the root on."""


def meant(names: Collection[str], place: Place, parts: tuple[str, ...], leads: Leads) -> Advice | None:
    """The name that a client may use at a place and that is nearest to the written one.

    Args:
        names: the names that the client may write there.
        place: how far the path was followed.
        parts: the whole path as it is written.
        leads: says whether a client may use a path.
    """
    before = len(place.written)
    name = parts[before]
    if len(name) > LONGEST_MISSPELLING:
        return None
    inside = [".".join((*place.written, one)) for one in names if one.startswith(f"{name}.")]
    if inside:
        return _did_you_mean(inside)
    near = _nearest_usable(name, names, place, leads)
    if near is None or near == name:
        return None
    path = (*place.written, near)
    hint = f"Did you mean '{'.'.join(path)}'?"
    whole = ".".join((*path, *parts[before + 1 :]))
    return Advice(hint, render_selector(whole) if _keeps_signs(".".join(parts), whole) else None)


def _nearest_usable(name: str, names: Collection[str], place: Place, leads: Leads) -> str | None:
    """The name that is most like a written one. Code of the developer's says whether a computed value can be used: it
    runs for the nearest names alone.
    """
    left = [*names]
    while (near := nearest(name, left)) is not None:
        if not isinstance(place.members.get(near), Computed) or leads((*place.written, near)):
            break
        left.remove(near)
    return near


def published(names: PublishedNames, parts: tuple[str, ...]) -> Advice | None:
    """The published name that is nearest to the written path.

    Args:
        names: the names that the client may use.
        parts: the path as it is written.
    """
    written = ".".join(parts)
    inside = [name for name in names if name.startswith(f"{written}.")]
    if inside:
        return _did_you_mean(inside)
    near = nearest_published(names, parts)
    if near is None or near == written:
        return None
    advice = _did_you_mean((near,))
    # A field has no parts: without them the filter would be another one.
    return advice if _keeps_signs(written, near) and not written.startswith(f"{near}.") else Advice(advice.hint)


def _keeps_signs(written: str, meant: str) -> bool:
    return all(sign in meant for sign in _SIGNS.findall(written))


def parts_of(schema: Schema, purpose: Purpose, place: Place, leads: Leads) -> Advice | None:
    """The members of the group that a path ends on."""
    group = ".".join(place.written)
    inside = [f"{group}.{name}" for name in offered(schema, purpose, place, leads)]
    if not inside:
        return None
    only = render_selector(inside[0]) if len(inside) == 1 else None
    return Advice(f"'{group}' is a group of values: write {_choice(inside)}.", only)


def rewritten(schema: Schema, purpose: Purpose, selector: str, leads: Leads) -> Advice | None:
    """The selector that a client means by one of another language, in other quotes, or with the resource first."""
    path = tuple(step for step in _SEPARATORS.split(selector.strip(CURLY_QUOTES)) if step)
    if path[1:] and _is_name_of(schema.model.type, path[0]) and leads(path[1:]):
        path = path[1:]
    if not path or path == tuple(selector.split(".")) or not leads(path):
        return _direction(selector, leads) if purpose == "sort" else None
    return _did_you_mean((".".join(path),))


def _is_name_of(model: type, name: str) -> bool:
    """Whether a name is that of a class, in any case, also in the plural."""
    return name.replace("_", "").lower() in (model.__name__.lower(), f"{model.__name__.lower()}s")


def _direction(selector: str, leads: Leads) -> Advice | None:
    """The key that a client means by `field:desc`, `field.desc` or `field_desc`."""
    found = _DIRECTION.fullmatch(selector)
    if found is None or not leads(tuple(found[1].split("."))):
        return None
    key = f"{render_selector(found[1])},{found[2].lower()}"
    return Advice(f"Write '{key}'.", key)


def has_direction(selector: str) -> bool:
    """Whether a selector seems to end with a direction, which a correction must not drop."""
    return _DIRECTION.fullmatch(selector) is not None


def _did_you_mean(names: Sequence[str]) -> Advice:
    """The advice to write one of several names, with the replacement of a single one. It shows the first few."""
    return Advice(f"Did you mean {_choice(names)}?", render_selector(names[0]) if len(names) == 1 else None)


def _choice(names: Sequence[str]) -> str:
    *first, last = [f"'{name}'" for name in names[:_SHOWN]]
    return f"{', '.join(first)} or {last}" if first else last


def offered(schema: Schema, purpose: Purpose, place: Place, leads: Leads) -> tuple[str, ...]:
    """The names that a client may write at a place, mapped ones included, up to a bounded number. Names that it may not
    write leave room for others.
    """
    steps = (
        Step(place, member, name, (*place.written, name), isinstance(member, Field | Computed))
        for name, member in place.members.items()
    )
    names = [step.name for step in islice((s for s in steps if _is_offered(schema, purpose, s, leads)), _CANDIDATES)]
    for mapping in mappings(schema.options(purpose), place):
        usable = (alias for alias in mapping if leads((*place.written, *alias.split("."))))
        names += islice(usable, _CANDIDATES)
    return tuple(names)


def has_parts(schema: Schema, purpose: Purpose, group: Place) -> bool:
    """Whether a client may use a member of the group that a place is in."""
    return any(
        has_parts(schema, purpose, step.place.into(member, step.written)) if isinstance(member, Embedded) else True
        for name, member in group.members.items()
        if is_allowed(
            schema, purpose, step := Step(group, member, name, (*group.written, name), isinstance(member, Field))
        )
    )


def _is_offered(schema: Schema, purpose: Purpose, step: Step, leads: Leads) -> bool:
    """Whether a client may use a member, or the field that it leads to."""
    match step.member:
        case Shortcut():
            return leads(step.written)
        case Embedded() as group:
            return is_allowed(schema, purpose, step) and has_parts(
                schema, purpose, step.place.into(group, step.written)
            )
        case Field() | Computed() | Relation():
            return is_allowed(schema, purpose, step)
