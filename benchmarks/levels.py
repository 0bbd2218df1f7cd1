"""How far each measurement goes, and who takes part."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.workloads import REQUESTS, WORKLOADS, Workload

CHECKOUT = "checkout"
AGAIN = "again"
"""A second process of the checkout: what differs between the two is noise."""

CONTENDERS = {
    CHECKOUT: "checkout",
    AGAIN: "A/A",
    "objects": "object surface",
    "stages": "stage by stage",
    "published": "pyrsql 0.0.6",
    "handwritten": "hand-written",
    "finditer": "finditer",
    "finditer_bare": "finditer, bare loop",
    "fastapi_filter": "fastapi-filter",
    "baseline": "baseline",
}
"""The contenders and what tables call them."""


@dataclass(frozen=True)
class Level:
    """A stretch of the way from a text to an answer.

    Args:
        name: what `--only` takes.
        title: what tables call it.
        contenders: who takes part, the checkout first.
        workloads: what is asked.
        request: a whole HTTP request.
        rows: it ends with rows.
    """

    name: str
    title: str
    contenders: tuple[str, ...]
    workloads: tuple[Workload, ...]
    request: bool = False
    rows: bool = False


_STATEMENTS = (CHECKOUT, AGAIN, "objects", "stages", "published", "handwritten")
_REQUESTS = (CHECKOUT, AGAIN, "published", "handwritten", "fastapi_filter")
_SHORT, _PAGES = REQUESTS[:3], REQUESTS[2:]

LEVELS = (
    Level("tree", "Text → tree", (CHECKOUT, AGAIN, "published", "finditer", "finditer_bare"), WORKLOADS),
    Level("select", "Text → Select", _STATEMENTS, WORKLOADS),
    Level("sql", "Text → SQL string, compiled cold", (CHECKOUT, AGAIN, "published", "handwritten"), WORKLOADS),
    Level("rows", "Text → rows on SQLite", (CHECKOUT, AGAIN, "published", "handwritten"), WORKLOADS, rows=True),
    Level("request-async", "ASGI request, dependency only, async route", _REQUESTS, _SHORT, request=True),
    Level("request-sync", "ASGI request, dependency only, sync route", _REQUESTS, _SHORT, request=True),
    Level("rows-async", "ASGI request with rows, async route", _REQUESTS, _PAGES, request=True, rows=True),
    Level("rows-sync", "ASGI request with rows, sync route", _REQUESTS, _PAGES, request=True, rows=True),
)
BY_NAME = {level.name: level for level in LEVELS}
