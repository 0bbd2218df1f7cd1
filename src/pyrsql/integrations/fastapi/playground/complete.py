"""Completions at the cursor of a filter or a sort that is being written.

The grammar reads the text before the cursor, and the terminals that it expects there say what to offer.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from pyrsql import operators
from pyrsql.adapters.fastapi.fields import filter_fields, is_key, operators_of, sort_extension
from pyrsql.language import grammar
from pyrsql.language.combinators import Parser, compiled
from pyrsql.language.comparisons import UNLIMITED, unquoted
from pyrsql.language.nodes import And, Comparison, Or
from pyrsql.language.render import render_value
from pyrsql.models.schema import Purpose, Schema
from pyrsql.validation.predicates import RelationOperand
from pyrsql.validation.quantifiers import below
from pyrsql.validation.selectors import Resolution, resolve

_operator_begun = compiled("=[A-Za-z]*|!")
_quote_begun = compiled(rf"(?!{grammar.QUOTED})['\"]")
_compared = (grammar.field >> grammar.operator.optional()).compiled

_MOST = 50
"""The most completions of an answer: a person reads no more, and types on."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A completion: the text to insert, how it is shown, and a word beside it."""

    text: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Completions:
    """A text that could replace the characters from `start` to `end`."""

    start: int
    end: int
    items: tuple[Offer, ...] = ()

    def shifted(self, offset: int) -> Completions:
        """The same, in a text that begins `offset` characters earlier."""
        return Completions(self.start + offset, self.end + offset, self.items)


class _Cursor(NamedTuple):
    """A cursor at the end of a text.

    Args:
        expected: the terminals that may stand where the cursor's token starts; none where the text is wrong before it.
        item: the comparison or the key that the token belongs to, up to the token.
        token: the token that was begun.
        start: where it starts.
    """

    expected: frozenset[str]
    item: str
    token: str
    start: int


def complete_filter(schema: Schema, text: str, at: int, prefix: str = "") -> Completions:
    """Complete a filter at a cursor.

    Args:
        schema: the fields and rights of the endpoint.
        text: the filter so far.
        at: the cursor, in characters from the start.
        prefix: the relation whose rows the filter is about, with a dot behind it, in the argument of a quantifier.

    Returns:
        Fields, the operators of the field before the cursor, values of its type, or joints.
    """
    expected, item, begun, start = _cursor(_FILTER, text[:at])
    compared = _compared.match(item)
    field, spelling = (unquoted(compared["field"] or compared["odd"]), compared["operator"]) if compared else ("", None)
    if begun[:1] in ("'", '"'):
        nested = _nested(schema, begun, prefix, f"{field}." if spelling in _QUANTIFIERS else None)
        if nested is not None:
            return nested.shifted(start)
    if grammar.A_FIELD in expected:
        fields = _fields(schema, "filter", begun, prefix)
        # Behind the last letter of a field come its operators.
        behind = () if begun[:1] in ("'", '"') else _operators(schema, prefix, begun, "")
        comparisons = (Offer(f"{begun}{one.text}", f"{begun}{one.label}", one.detail) for one in behind)
        return Completions(start, at, (*fields, *comparisons))
    if grammar.AN_OPERATOR in expected:
        return Completions(start, at, _operators(schema, prefix, field, begun))
    if expected & {grammar.A_VALUE, grammar.ANOTHER_VALUE}:
        return Completions(start, at, _values(schema, f"{prefix}{field}", begun))
    return Completions(at, at, (Offer(";", ";", "and"), Offer(",", ",", "or")) if grammar.AN_AND in expected else ())


def _nested(schema: Schema, begun: str, prefix: str, path: str | None) -> Completions | None:
    """Complete the filter in a quoted text that was begun: in the argument of a quantifier over `path`, or in a count.
    None where it holds no filter.
    """
    characters = list(_CHARACTER.finditer(begun, 1))
    places = [*(character.start() for character in characters), len(begun)]
    inner, before = "".join(character[0][-1] for character in characters), 0
    if path is None:
        count = grammar.count_begun_pattern.match(inner)
        if count is None or not schema.query_options.quantifiers:
            return None
        path, before = f"{count['path']}.", count.end()
    found = complete_filter(schema, inner[before:], len(inner) - before, f"{prefix}{path}").shifted(before)
    escaped = re.compile(rf"[\\{begun[0]}]")
    items = tuple(replace(item, text=escaped.sub(r"\\\g<0>", item.text)) for item in found.items)
    return Completions(places[found.start], places[found.end], items)


def complete_sort(schema: Schema, text: str, at: int) -> Completions:
    """Complete a sort at a cursor: its fields, and modifiers behind a field."""
    expected, item, begun, start = _cursor(_SORT, text[:at])
    if grammar.A_FIELD in expected:
        name = begun.lstrip("-+")
        return Completions(at - len(name), at, _fields(schema, "sort", name, ""))
    # `ic` is short for `ignorecase`.
    words = grammar.MODIFIERS if grammar.A_MODIFIER in expected else ()
    items = (Offer(word, word) for word in words if word.startswith(begun) and word not in (begun, "ignorecase"))
    return Completions(start, at, tuple(offer for offer in items if f",{offer.text}" not in item))


_CHARACTER = compiled(r"\\?.")
"""A character of a quoted text, with its backslash."""
_QUANTIFIERS = frozenset(operator.spelling for operator in operators.QUANTIFIERS)


def _kept(found: re.Match[str], wrong: object) -> re.Match[str]:
    return found


_FILTER = grammar.filters.parser(_kept, And, Or, UNLIMITED, UNLIMITED)
_SORT = grammar.sorts.parser(_kept, UNLIMITED)


def _cursor(read: Parser, text: str) -> _Cursor:
    """The cursor at the end of a text that a parser reads."""
    start = 1 + max(map(text.rfind, grammar.RESERVED))
    # No token begins with `~`: reading ends there at the latest, with the terminals that it expected.
    before = f"{text[:start]}~"
    blanks = grammar.blanks_pattern.match(text)
    failed = read(before, blanks.end() if blanks else 0)
    token = text[failed.furthest :]
    is_operator = grammar.AN_OPERATOR in failed.expected and _operator_begun.fullmatch(token)
    if failed.furthest < start and not (is_operator or _quote_begun.match(token)):
        return _Cursor(frozenset(), "", "", len(text))
    return _Cursor(failed.expected, before[failed.index :], token, failed.furthest)


def _fields(schema: Schema, purpose: Purpose, begun: str, prefix: str) -> tuple[Offer, ...]:
    begun = begun.strip("\"'")
    if begun.startswith("@"):
        return _matching(begun, _counts(schema, purpose, prefix))
    fields = offered_fields(schema, purpose, f"{prefix}{begun}")
    named = ((field["name"].removeprefix(prefix), field) for field in fields if field["name"].startswith(prefix))
    return _matching(begun, (Offer(render_value(name), name, _type(field)) for name, field in named))


def _counts(schema: Schema, purpose: Purpose, prefix: str) -> Iterator[Offer]:
    """The counts of related rows that a client may name."""
    for field in offered_fields(schema, "filter", prefix):
        name = field["name"].removeprefix(prefix)
        count = below(prefix, Comparison(f"@count[{name}]", operators.EQUAL, ())).selector
        is_taken = operators_of if purpose == "filter" else is_key
        if field["type"] == "relation" and field["name"].startswith(prefix) and is_taken(schema, count):
            yield Offer(f"@count[{name}]", f"@count[{name}]", "integer")


def offered_fields(schema: Schema, purpose: Purpose, begun: str = "") -> list[dict[str, Any]]:
    """The fields that a client may name, as in OpenAPI; behind a relation that was begun also those farther away."""
    listed = _listed(schema, purpose)
    relation, dot, _ = begun.rpartition(".")
    if not dot or any(field["name"].startswith(f"{relation}.") for field in listed):
        return listed
    found = resolve(schema, purpose, relation, suggest=False)
    if not isinstance(found, Resolution) or not isinstance(found.operand, RelationOperand):
        return listed
    members = found.operand.relations[-1].target().members
    return _extension(schema, purpose, [f"{relation}.{name}" for name in members])


@lru_cache(maxsize=64)
def _listed(schema: Schema, purpose: Purpose) -> list[dict[str, Any]]:
    """The fields of a schema: to list them takes longer than a person waits between two keys."""
    return _extension(schema, purpose, None)


def _extension(schema: Schema, purpose: Purpose, paths: list[str] | None) -> list[dict[str, Any]]:
    return filter_fields(schema, paths) if purpose == "filter" else sort_extension(schema, paths)["fields"]


def _operators(schema: Schema, prefix: str, field: str, begun: str) -> tuple[Offer, ...]:
    # Also those of a selector that no list of fields has: a count, a function, a path below JSON.
    spellings = operators_of(schema, below(prefix, Comparison(field, operators.EQUAL, ())).selector)
    offers = (Offer(spelling, spelling, _MEANINGS.get(spelling, "")) for spelling in spellings)
    return tuple(offer for offer in offers if offer.text.startswith(begun))


def _values(schema: Schema, field: str, begun: str) -> tuple[Offer, ...]:
    described = _described(schema, field)
    values = described.get("values", ())
    offers = [Offer(render_value(value), value) for value in values]
    make = _EXAMPLES.get(str(described.get("type")))
    if make is not None:
        offers += [Offer(value, value, detail) for value, detail in make()]
    return _matching(begun.strip("\"'"), offers)


def _described(schema: Schema, field: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    return next((known for known in offered_fields(schema, "filter", field) if known["name"] == field), nothing)


def _matching(begun: str, offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """The offers that hold what was begun, those that begin with it first."""
    wanted = begun.lower()
    held = [offer for offer in offers if wanted in offer.label.lower() and offer.label != begun]
    held.sort(key=lambda offer: not offer.label.lower().startswith(wanted))
    return tuple(held[:_MOST])


def _type(field: dict[str, Any]) -> str:
    many = " of related rows" if field.get("many") and field.get("type") != "relation" else ""
    return f"{field.get('type', '')}{many}"


def _booleans() -> Iterator[tuple[str, str]]:
    yield "true", ""
    yield "false", ""


def _dates() -> Iterator[tuple[str, str]]:
    today = dt.datetime.now(dt.UTC).date()
    yield today.isoformat(), "today"
    yield (today - dt.timedelta(days=1)).isoformat(), "yesterday"
    yield (today - dt.timedelta(days=7)).isoformat(), "a week ago"
    yield today.replace(day=1).isoformat(), "the first of this month"
    yield today.replace(month=1, day=1).isoformat(), "the first of this year"


def _times() -> Iterator[tuple[str, str]]:
    for date, detail in _dates():
        yield f"{date}T00:00:00", detail


_EXAMPLES: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "boolean": _booleans,
    "date": _dates,
    "date-time": _times,
}

_MEANINGS = {
    operator.spelling: operator.name.replace("_", " ")
    for operator in (*operators.DEFAULT_OPERATORS, *operators.QUANTIFIERS)
}
