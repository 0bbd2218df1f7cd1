"""The report of a request: its shape, its problems and its time, without values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReport:
    """One request as `FastAPICriteriaConfig(on_request=…)` gets it. It holds no value and no text of the client.

    A request that is refused has a shape of `None` and no fields: their names would be the client's own text.

    Args:
        model: name of the class whose rows are listed; None where the request is refused before a model is known.
        filter: the filter with `?` for each value, `"name==?;age=gt=?"`; None without a filter.
        comparisons: the field and the name of the operator of each comparison, `("age", "greater")`. Fields are named
            as the model names them; a key below a JSON document is `*`.
        sort: the fields of the sort, `-` before one that descends. A default sort counts.
        offset: how many rows come before the page; None without a page, and for a page by cursor.
        size: how many rows a page has; None without a page.
        problems: the code of each problem, in the order of the answer; empty where the request is accepted.
        seconds: how long it took to read and validate the request. The database does not count.
    """

    model: str | None
    filter: str | None = None
    comparisons: tuple[tuple[str, str], ...] = ()
    sort: tuple[str, ...] = ()
    offset: int | None = None
    size: int | None = None
    problems: tuple[str, ...] = ()
    seconds: float


OnRequest = Callable[[RequestReport], object]
"""Gets the report of each request. It is called where the request is validated, so it must not wait."""
