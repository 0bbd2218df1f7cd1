"""What must hold, as data. A ratio is the checkout's time divided by another contender's: below 1 is faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.workloads import Workload

Texts = Literal["distinct", "same"]

IMPORT_MILLISECONDS = 60
IMPORTED = ("sqlalchemy", "fastapi", "pydantic")
"""Packages that `import pyrsql` must leave alone."""

MEMORY_QUERIES = 100_000
MEMORY_MEGABYTES = 20
WORST_MILLISECONDS = 5
SCALING = 1.1
"""The most that one of 400 comparisons may cost, as a multiple of one of 20."""


@dataclass(frozen=True)
class Target:
    """The largest ratio that may be.

    Args:
        level: where it counts.
        against: the contender to divide by.
        texts: distinct texts on every call, or the same text.
        ratio: what the median of the paired ratios must not exceed.
        nested: the same for workloads of nested groups, where it differs.
    """

    level: str
    against: str
    texts: Texts
    ratio: float
    nested: float | None = None


TARGETS = (
    Target("tree", "finditer", "distinct", 1.5, nested=2.0),
    Target("tree", "published", "distinct", 0.15),
    Target("select", "handwritten", "distinct", 0.80),
    Target("select", "published", "distinct", 0.30),
    Target("select", "handwritten", "same", 0.15),
    Target("sql", "handwritten", "distinct", 0.95),
    Target("rows", "handwritten", "distinct", 0.95),
    Target("rows", "handwritten", "same", 0.65),
    Target("request-async", "handwritten", "distinct", 0.80),
    Target("request-async", "handwritten", "same", 0.50),
    Target("request-sync", "handwritten", "distinct", 0.80),
    Target("request-sync", "handwritten", "same", 0.50),
    Target("rows-async", "published", "distinct", 0.75),
    Target("rows-async", "handwritten", "distinct", 1.10),
    Target("rows-async", "published", "same", 0.65),
    Target("rows-sync", "published", "distinct", 0.75),
    Target("rows-sync", "handwritten", "distinct", 1.10),
    Target("rows-sync", "published", "same", 0.65),
)


def target(level: str, against: str, texts: Texts, workload: Workload) -> float | None:
    """The largest ratio that may be, or None where none is set."""
    for known in TARGETS:
        if (known.level, known.against, known.texts) == (level, against, texts):
            return known.nested if workload.nested and known.nested is not None else known.ratio
    return None
