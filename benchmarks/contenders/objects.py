"""This checkout, by its object surface."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

import pyrsql
from benchmarks.contenders.checkout import OPTIONS
from benchmarks.contract import Job
from benchmarks.model import User
from benchmarks.workloads import SIZE, SORT, Workload
from pyrsql.orms.sqlalchemy import SQLAlchemyORM


def statement(workload: Workload) -> Job:
    """Makes the statement of each case."""
    orm = SQLAlchemyORM()
    if not workload.paged:
        return Job(
            lambda case: case.text,
            lambda text: pyrsql.parse(text, options=OPTIONS).apply(select(User), User, orm=orm),
        )

    def page(text: str) -> Any:
        filtered = pyrsql.parse(text, options=OPTIONS).apply(select(User), User, orm=orm)
        ordered = pyrsql.Sort.parse(SORT).apply(filtered, User, orm=orm)
        return pyrsql.PageRequest.of(0, SIZE).apply(ordered, User, orm=orm)

    return Job(lambda case: case.text, page)
