"""Walks through a list by cursor, on any backend, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pyrsql.cursor import CursorRequest
from pyrsql.models.schema import Schema
from pyrsql.pipeline import CursorSelect, Cut, apply_filter, apply_sort, parse, seek, validate

Run = Callable[[Any], Any]
"""Executes a statement; gives rows, or a `Result`."""


def sought(
    schema: Schema, base: Any, filter: str | None, sort: str | None, request: CursorRequest, **cursors: Any
) -> CursorSelect[Any]:
    """One page, not yet executed."""
    return (
        parse(filter, schema.query_options)
        .bind(validate(schema))
        .bind(apply_filter(base))
        .bind(apply_sort(sort))
        .bind(seek(request, **cursors))
        .unwrap()
    )


def in_turn(page: CursorSelect[Any], run: Run) -> Cut:
    """The page by its consecutive statements."""
    return page.collect(run)


def at_once(page: CursorSelect[Any], run: Run) -> Cut:
    """The page by its one statement."""
    rows = run(page.statement)
    return page.read(rows.unique() if hasattr(rows, "unique") else rows)


def pages(
    schema: Schema,
    base: Any,
    run: Run,
    *,
    filter: str | None = None,
    sort: str | None = None,
    size: int,
    backward: bool = False,
    read: Callable[[CursorSelect[Any], Run], Cut] = in_turn,
) -> Iterator[Cut]:
    """Every page of a list, from its start to its end, or from its end to its start."""
    request = CursorRequest.last(size) if backward else CursorRequest.first(size)
    while True:
        cut = read(sought(schema, base, filter, sort, request), run)
        yield cut
        cursor = cut.prev if backward else cut.next
        if cursor is None:
            return
        request = CursorRequest.at(cursor, size)


def walked(schema: Schema, base: Any, run: Run, *, backward: bool = False, **settings: Any) -> list[Any]:
    """The rows of all pages, in the order of the list."""
    found = list(pages(schema, base, run, backward=backward, **settings))
    if backward:
        found.reverse()
    return [row for cut in found for row in cut.items]


def whole(schema: Schema, base: Any, filter: str | None, sort: str | None) -> Any:
    """The unpaged statement, in the same order: by the identity where there is no sort."""
    filtered = parse(filter, schema.query_options).bind(validate(schema)).bind(apply_filter(base))
    return filtered.bind(apply_sort(sort or "id")).unwrap().select
