"""What is timed: the same steps around what each contender brings."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from benchmarks.contract import Job
from benchmarks.levels import Level
from benchmarks.model import database
from benchmarks.workloads import Case, Workload


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
