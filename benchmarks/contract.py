"""The work of a contender: its type, and the exception for work that it cannot do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.workloads import Case, Workload


class Cannot(Exception):
    """A contender has no way to do a workload, or does it wrongly."""


@dataclass(frozen=True)
class Job:
    """What is timed.

    Args:
        item: what the call takes for a case, made before the clock starts.
        call: what is timed.
        awaited: the call gives a coroutine.
    """

    item: Callable[[Case], Any]
    call: Callable[[Any], Any]
    awaited: bool = False


class Contender(Protocol):
    """What a module in `contenders` has, in part: each of them may be missing."""

    def tree(self, workload: Workload) -> Job:
        """Reads the text."""
        ...

    def statement(self, workload: Workload) -> Job:
        """Makes a `Select`."""
        ...

    def application(self, workload: Workload) -> Any:
        """A FastAPI application with the four routes."""
        ...

    def query(self, workload: Workload, case: Case) -> str:
        """The query of a URL for a case."""
        ...
