"""pyrsql 0.0.6 from PyPI, in an environment of its own: its documented names only."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

import pyrsql
from benchmarks.contract import Job
from benchmarks.model import User
from benchmarks.workloads import SIZE, SORT, Case, Workload
from pyrsql.orms.sqlalchemy import SQLAlchemyORM

# Its limits have other names, and it does not export their class.
_LIMITS: Any = type(pyrsql.QueryOptions().parse_limits)
OPTIONS = pyrsql.QueryOptions(parse_limits=_LIMITS(max_query_length=1_000_000, max_expression_depth=64))


def tree(workload: Workload) -> Job:
    """Reads the text, and the sort where there is one."""
    if workload.paged:
        return Job(
            lambda case: case.text,
            lambda text: (pyrsql.parse(text, options=OPTIONS).expression, pyrsql.Sort.parse(SORT)),
        )
    return Job(lambda case: case.text, lambda text: pyrsql.parse(text, options=OPTIONS).expression)


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


def application(workload: Workload) -> FastAPI:
    """The four routes around the dependency of the integration."""
    from benchmarks.applications import statement_application
    from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration

    return statement_application(FastAPISQLAlchemyIntegration().select_dependency(User))


def query(workload: Workload, case: Case) -> str:
    """The query of a URL for a case."""
    from benchmarks.applications import rsql_query

    return rsql_query(workload, case)
