"""What an endpoint makes of a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from returns.result import Failure, Result, Success
from sqlalchemy import Select

from pyrsql import pipeline
from pyrsql.adapters.fastapi.answers import criteria_error
from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.criteria import RequestCriteria
from pyrsql.adapters.fastapi.reading import Given, read_request
from pyrsql.errors import ConfigurationError
from pyrsql.messages import describe
from pyrsql.models.backend import ORM
from pyrsql.models.schema import Schema, schema_for
from pyrsql.problems import Problems, problems_of
from pyrsql.validation.plan import Criteria, Order


@dataclass(frozen=True, eq=False)
class Endpoint:
    """What an endpoint makes of a request.

    Args:
        model: the class whose rows it returns.
        orm: the backend.
        config: how requests are read and judged.
        base: makes the statement that requests narrow.
        default_sort: the sort of a request that names none.
        lasting: the base is the same for all requests.
    """

    model: type
    orm: ORM
    config: FastAPICriteriaConfig
    base: Callable[[], Select[Any]]
    default_sort: str | None = None
    lasting: bool = False

    @cached_property
    def schema(self) -> Schema:
        """What clients may ask for. Made when first needed: SQLAlchemy reads a model when all models are
        there.
        """
        config = self.config
        return schema_for(self.model, orm=self.orm, options=config.query_options, sort_options=config.sort_options)

    @cached_property
    def default_order(self) -> Order | None:
        """The default sort, proven.

        Raises:
            ConfigurationError: it does not parse, or names what cannot be sorted by.
        """
        proven = pipeline.order(self.schema)(self.default_sort)
        if isinstance(proven, Failure):
            reasons = "; ".join(describe(problem) for problem in proven.failure())
            raise ConfigurationError(f"default_sort={self.default_sort!r} of {self.model.__name__}: {reasons}")
        return proven.unwrap()

    def read(self, given: Given) -> Criteria:
        """What a request asks for, proven.

        Raises:
            CriteriaError: everything that is wrong with filter, sort and page.
        """
        texts = read_request(self.config, given)
        judged = pipeline.judge(self.schema, filter=texts.filter, sort=texts.sort, page=texts.page)
        if texts.problems or not isinstance(judged, Success):
            found = () if isinstance(judged, Success) else judged.failure()
            problems = problems_of([*texts.problems, *found])
            assert problems is not None
            raise criteria_error(problems, {"filter": texts.filter, "sort": texts.sort}, self.config)
        return self._with_default_order(judged.unwrap())

    def prove(self, criteria: RequestCriteria) -> Criteria:
        """Judge criteria that were read before.

        Raises:
            CriteriaError: filter or sort ask for what the endpoint does not offer.
        """
        judged: Result[Criteria, Problems] = criteria.prove(self.schema)
        if not isinstance(judged, Success):
            raise criteria_error(judged.failure(), criteria.texts, criteria.config)
        return self._with_default_order(judged.unwrap())

    def _with_default_order(self, criteria: Criteria) -> Criteria:
        if criteria.order is not None or self.default_order is None:
            return criteria
        return criteria._replace(order=self.default_order)
