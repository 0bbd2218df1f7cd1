"""What is timed: the same steps around what each contender brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from benchmarks.levels import Level
from benchmarks.model import database
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


def job(contender: Any, level: Level, workload: Workload) -> Job:
    """What a contender does at a level."""
    if level.name == "tree":
        made: Job = contender.tree(workload)
        return made
    if level.request:
        from benchmarks.applications import request_job

        return request_job(level.name, workload, contender)
    make: Job = contender.statement(workload)
    call = make.call
    if level.name == "select":
        return make
    if level.name == "sql":
        dialect = sqlite.dialect()
        return Job(make.item, lambda item: str(call(item).compile(dialect=dialect)))
    engine = database()

    def rows(item: Any) -> None:
        with Session(engine) as session:
            session.scalars(call(item)).all()

    return Job(make.item, rows)


def ids(contender: Any, level: Level, workload: Workload, cases: list[Case]) -> list[list[int]]:
    """The ids of the rows that each case gives, in the order of the rows where the case asks for one."""
    if level.request:
        from benchmarks.applications import request_ids

        found = request_ids(workload, contender, cases)
    else:
        make: Job = contender.statement(workload)
        engine = database()
        found = []
        for case in cases:
            with Session(engine) as session:
                found.append([user.id for user in session.scalars(make.call(make.item(case)))])
    return found if workload.paged else [sorted(row) for row in found]
