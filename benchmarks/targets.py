"""What must hold, as data. A ratio is the checkout's time divided by another contender's: below 1 is faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.workloads import Workload

Texts = Literal["distinct", "same"]

IMPORT_MILLISECONDS = 90
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
        workloads: the workloads that it holds for; all of them where none is named.
    """

    level: str
    against: str
    texts: Texts
    ratio: float
    nested: float | None = None
    workloads: tuple[str, ...] = ()


TARGETS = (
    Target("tree", "published", "distinct", 0.15, nested=0.20),
    Target("select", "handwritten", "distinct", 1.15, workloads=("1 comparison",)),
    Target("select", "handwritten", "distinct", 0.95, workloads=("4 comparisons", "varied")),
    Target("select", "handwritten", "distinct", 1.00, workloads=("typical", "sort with page")),
    Target("select", "handwritten", "distinct", 0.65, workloads=("40 comparisons",)),
    Target("select", "published", "distinct", 0.40),
    Target("select", "handwritten", "same", 0.40),
    Target("rows", "handwritten", "distinct", 1.05),
    Target("rows", "handwritten", "same", 0.85),
    Target("request-async", "handwritten", "distinct", 0.85),
    Target("request-async", "handwritten", "same", 0.60),
)


def target(level: str, against: str, texts: Texts, workload: Workload) -> float | None:
    """The largest ratio that may be, or None where none is set."""
    for known in TARGETS:
        holds = not known.workloads or workload.name in known.workloads
        if holds and (known.level, known.against, known.texts) == (level, against, texts):
            return known.nested if workload.nested and known.nested is not None else known.ratio
    return None
