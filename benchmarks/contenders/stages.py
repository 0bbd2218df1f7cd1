"""This checkout, stage by stage: each stage is pure, so nothing of an earlier text is used again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from benchmarks.contenders.checkout import OPTIONS
from benchmarks.contract import Job
from benchmarks.model import User
from benchmarks.workloads import SIZE, SORT, Workload
from pyrsql import PageRequest
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import apply_filter, apply_sort, paginate, parse, validate


def statement(workload: Workload) -> Job:
    """Makes the statement of each case."""
    users = schema(User, OPTIONS)
    sort, page = (SORT, PageRequest.of(0, SIZE)) if workload.paged else (None, None)

    def make(text: str) -> Any:
        narrowed = parse(text, users).bind(validate(users)).bind(apply_filter(select(User)))
        return narrowed.bind(apply_sort(sort)).bind(paginate(page)).unwrap().statement

    return Job(lambda case: case.text, make)
