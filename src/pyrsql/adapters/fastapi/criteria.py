"""What a request asks for, read but not yet judged against a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from returns.result import Failure, Result, Success

from pyrsql import pipeline
from pyrsql.adapters.fastapi.answers import criteria_error
from pyrsql.adapters.fastapi.config import DEFAULT_CRITERIA_CONFIG, FastAPICriteriaConfig
from pyrsql.api import Query, Sort
from pyrsql.models.backend import ORM
from pyrsql.models.schema import Schema, schema_for
from pyrsql.page import PageRequest
from pyrsql.problems import Problem, Problems, Source, problems_of
from pyrsql.validation.plan import Criteria
from pyrsql.validation.validate import validate_sort

TargetT = TypeVar("TargetT")


@dataclass(frozen=True, slots=True)
class RequestCriteria:
    """What a request asks for. `criteria_dependency` gives one; make one yourself where there is no FastAPI.

    Args:
        query: the filter.
        sort: the sort.
        page_request: the page; None for all rows.
        config: how the request was read; answers about it name the parameters as this does.
    """

    query: Query
    sort: Sort
    page_request: PageRequest | None = None
    config: FastAPICriteriaConfig = DEFAULT_CRITERIA_CONFIG

    @property
    def is_empty(self) -> bool:
        """Nothing is asked for: no filter, no sort, no page."""
        return self.query.expression is None and not self.sort.keys and self.page_request is None

    @property
    def texts(self) -> Mapping[Source, str | None]:
        """What the request gave for filter and sort."""
        return {"filter": self.query.text, "sort": self.sort.text}

    def apply(self, target: TargetT, model: type, *, orm: ORM) -> TargetT:
        """Filter, sort and page a target.

        Args:
            target: a select over `model`, with restrictions of its own if need be: they stay.
            model: the class whose fields filter and sort name.
            orm: the backend.

        Raises:
            CriteriaError: filter or sort ask for what the model does not offer. FastAPI answers it with
                status 422.
        """
        schema = schema_for(model, orm=orm, options=self.query.options, sort_options=self.sort.options)
        proven = self.prove(schema)
        if not isinstance(proven, Success):
            raise criteria_error(proven.failure(), self.texts, self.config)
        return pipeline.apply_criteria(target)(proven.unwrap()).unwrap().statement

    def prove(self, schema: Schema) -> Result[Criteria, Problems]:
        """Judge filter and sort against what an endpoint offers.

        Problems: those of the filter, then those of the sort.
        """
        proven_filter = pipeline.validate(schema)(self.query.expression)
        proven_order = validate_sort(schema, self.sort.keys)
        found: list[Problem] = []
        for judged in (proven_filter, proven_order):
            if not isinstance(judged, Success):
                found.extend(judged.failure())
        problems = problems_of(found)
        if problems is not None:
            return Failure(problems)
        order = proven_order.unwrap() if self.sort.keys else None
        return Success(Criteria(proven_filter.unwrap(), order, self.page_request))
