"""This checkout, by its pipeline: a whole request over a new `select(User)` each time, as README shows."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from returns.result import Success
from sqlalchemy import select

from benchmarks.contract import Job
from benchmarks.model import User
from benchmarks.workloads import SIZE, SORT, Case, Workload
from pyrsql import PageRequest, ParseLimits, QueryOptions
from pyrsql.language.parse import parse_sort
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import apply_criteria, parse, validate_request

OPTIONS = QueryOptions(parse_limits=ParseLimits(query_length=None))
"""The text of 400 comparisons is longer than what is accepted by default."""


def tree(workload: Workload) -> Job:
    """Reads the text, and the sort where there is one."""
    if workload.paged:
        return Job(lambda case: case.text, lambda text: (parse(text, OPTIONS), parse_sort(SORT)))
    return Job(lambda case: case.text, lambda text: parse(text, OPTIONS))


def statement(workload: Workload) -> Job:
    """Makes the statement of each case."""
    users = schema(User, OPTIONS)
    sort, page = (SORT, PageRequest.of(0, SIZE)) if workload.paged else (None, None)

    def make(text: str) -> Any:
        found = validate_request(users, filter=text, sort=sort, page=Success(page))
        return found.bind(apply_criteria(select(User))).unwrap().statement

    return Job(lambda case: case.text, make)


def application(workload: Workload) -> FastAPI:
    """The four routes around the dependency of the integration."""
    from benchmarks.applications import statement_application
    from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration

    return statement_application(FastAPISQLAlchemyIntegration().select_dependency(User))


def query(workload: Workload, case: Case) -> str:
    """The query of a URL for a case."""
    from benchmarks.applications import rsql_query

    return rsql_query(workload, case)
