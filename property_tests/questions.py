"""Random questions about the random rows: filters and sorts whose arguments are often values that are stored."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from property_tests.models import Item, World
from pyrsql.language.render import render, render_sort
from pyrsql.models.model import Field, Member, Relation
from pyrsql.models.schema import Schema
from pyrsql.options import QueryOptions, SortLimits, SortOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.testing import filters_for, sorts_for

FAR_SORTS = SortOptions(text_order="code_point", sort_limits=SortLimits(to_many=2))
ITEMS = schema(Item, QueryOptions(text_order="code_point"), FAR_SORTS)
LITERAL = schema(Item, QueryOptions(text_order="code_point", strict_equality=True))
COMPLEMENT = schema(Item, QueryOptions(text_order="code_point", negation="complement"))
SQL_PATTERNS = schema(Item, QueryOptions(text_order="code_point", like_escape_character="!"))

QUANTIFIED = schema(Item, QueryOptions(text_order="code_point", quantifiers=True))

FUNCTIONS = schema(Item, QueryOptions(text_order="code_point", procedure_whitelist=[".*"]))
CALLS = (
    *("@lower[text]", "@upper[text]", "@length[text]", "@length[maker.name]", "@coalesce[name|text|#none]"),
    *("@concat[text|#-|name]", "@concat[text|name]", "@replace[text|#a|#b]", "@replace[text|#a|name]"),
    *("@abs[whole]", "@abs[price]", "@abs[parts.amount]", "@lower[tags.name]", "@length[@concat[text|name]]"),
    *("@trim[text]", "@ltrim[text]", "@rtrim[text]", "@lower[@trim[tags.country.name]]", "@length[parts.marks.label]"),
)
COUNTS = ("@count[parts]", "-@count[tags]", "@count[maker]", "-'@count[parts|#amount>1]'", "@count[tags.country]")


def ids(items: Iterable[Item]) -> list[int]:
    return [item.id for item in items]


@cache
def filters(
    rows: World,
    questions: Schema = ITEMS,
    *,
    relations: int = 2,
    selectors: tuple[str, ...] | None = None,
    comparisons: int | None = None,
) -> st.SearchStrategy[str]:
    """Filters of one comparison, where a mistake shows, and of many, where parts meet; or of so many at most."""
    arguments = {path: st.sampled_from(texts) for path, texts in stored_texts(rows, questions, relations).items()}

    def of(size: int) -> st.SearchStrategy[str]:
        drawn = filters_for(questions, arguments=arguments, relations=relations, selectors=selectors, comparisons=size)
        return drawn.map(render)

    return of(1) | of(6) if comparisons is None else of(comparisons)


@cache
def sorts(questions: Schema = ITEMS) -> st.SearchStrategy[str]:
    return sorts_for(questions).map(render_sort)


def stored_texts(rows: World, questions: Schema, relations: int) -> Mapping[str, list[str]]:
    """Path -> how a client may write the values that are stored there."""
    found: dict[str, list[str]] = {}

    def below(members: Mapping[str, Member], before: str, reached: list[Any], left: int) -> None:
        for name, member in members.items():
            match member:
                case Field():
                    values = {getattr(row, name) for row in reached} - {None}
                    texts = sorted({text for value in values for text in written(value)})
                    if texts:
                        found[before + name] = texts
                case Relation(target=target) if left:
                    further = list({id(row): row for row in related(reached, name)}.values())
                    below(target().members, f"{before}{name}.", further, left - 1)
                case _:
                    pass

    below(questions.model.members, "", list(rows.items), relations)
    return found


def related(rows: Iterable[Any], name: str) -> Iterator[Any]:
    """The rows at the other end of a relation, repeated where two rows share one."""
    for row in rows:
        target = getattr(row, name)
        if isinstance(target, list):
            yield from target
        elif target is not None:
            yield target


def written(value: Any) -> Iterator[str]:
    """How a client may write a value; of a text also its beginning, its end, and the same in other letters."""
    match value:
        case bool():
            yield str(value).lower()
        case str():
            yield from (value, literal(value), f"^{literal(value)}", value.swapcase(), f"^{value.swapcase()}")
            yield from (f"{value[:1]}*", f"*{value[-1:]}", f"{value[:1]}*{value[-1:]}", value[1:2], value.strip())
            yield from (f"^{value[:1].upper()}*", f"^*{value[-1:].lower()}*", f"{value} ", value.replace("a", "_"))
        case decimal.Decimal():
            yield f"{value:f}"
        case float():
            yield repr(value)
        case dt.datetime():
            yield str(value)
            if value.tzinfo is not None and dt.datetime.min.replace(tzinfo=dt.UTC) + dt.timedelta(1) < value:
                yield str(value.astimezone(dt.timezone(-dt.timedelta(hours=5, minutes=30))))
        case dt.timedelta():
            yield duration(value)
        case enum.Enum():
            yield value.name
        case _:
            yield str(value)


def literal(text: str) -> str:
    """A text as `==` takes it literally."""
    escaped = text.replace("*", "\\*")
    return f"\\{escaped}" if escaped.startswith("^") else escaped


def duration(length: dt.timedelta) -> str:
    """A duration as ISO 8601 writes it."""
    sign, length = ("-", -length) if length < dt.timedelta(0) else ("", length)
    return f"{sign}P{length.days}DT{length.seconds}.{length.microseconds:06}S"
