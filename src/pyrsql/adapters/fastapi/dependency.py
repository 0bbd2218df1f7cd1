"""The dependency that reads filter, sort and page of a request."""

from __future__ import annotations

import inspect

from returns.result import Result, Success
from starlette.requests import HTTPConnection

from pyrsql import pipeline
from pyrsql.adapters.fastapi.answers import criteria_error
from pyrsql.adapters.fastapi.config import DEFAULT_CRITERIA_CONFIG, FastAPICriteriaConfig
from pyrsql.adapters.fastapi.criteria import RequestCriteria
from pyrsql.adapters.fastapi.event_loop import sparing_the_loop
from pyrsql.adapters.fastapi.reading import Given, given_in_query, read_request
from pyrsql.adapters.fastapi.signature import NO_DOCUMENTS, Documents, signature
from pyrsql.api import Query, Sort
from pyrsql.language.nodes import SortKey
from pyrsql.language.parse import is_blank, parse_sort
from pyrsql.models.schema import sort_options_like
from pyrsql.problems import Problem, Problems, problems_of


class CriteriaDependency:
    """Reads filter, sort and page of a request: `Depends(CriteriaDependency(config))`.

    Async, though it waits for nothing but long texts: FastAPI would run a plain function in a thread, which costs more
    than it does.

    Args:
        config: names, formats and bounds of the parameters.
        documents: what OpenAPI says of filter and sort.

    Raises (when called):
        CriteriaError: everything of the request that cannot be read, answered with status 400.
    """

    def __init__(
        self, config: FastAPICriteriaConfig = DEFAULT_CRITERIA_CONFIG, documents: Documents = NO_DOCUMENTS
    ) -> None:
        self.config = config
        self._sort_options = config.sort_options or sort_options_like(config.query_options)
        self.__signature__: inspect.Signature = signature(config, documents)

    async def __call__(self, *, connection: HTTPConnection, **_: object) -> RequestCriteria:
        """Read the query of a request."""
        return await self.read(given_in_query(self.config, connection.query_params))

    async def read(self, given: Given) -> RequestCriteria:
        """Read what a request gives the four parameters, wherever it does."""
        return await sparing_the_loop(self._criteria, given)

    def _criteria(self, given: Given) -> RequestCriteria:
        texts = read_request(self.config, given)
        node = pipeline.parse(texts.filter, self.config.query_options)
        keys = self._keys(texts.sort)
        problems = problems_of([*texts.problems, *_problems(node), *_problems(keys), *_problems(texts.page)])
        if problems is not None:
            raise criteria_error(problems, {"filter": texts.filter, "sort": texts.sort}, self.config)
        return RequestCriteria(
            Query(texts.filter, self.config.query_options, node.unwrap()),
            Sort(texts.sort, self._sort_options, keys.unwrap()),
            texts.page.unwrap(),
            self.config,
        )

    def _keys(self, text: str | None) -> Result[tuple[SortKey, ...], Problems]:
        if text is None or is_blank(text):
            return Success(())
        return parse_sort(text, self._sort_options)


def criteria_dependency(config: FastAPICriteriaConfig = DEFAULT_CRITERIA_CONFIG) -> CriteriaDependency:
    """The dependency that reads filter, sort and page: `Annotated[RequestCriteria,
    Depends(criteria_dependency())]`.

    Args:
        config: names, formats and bounds of the parameters.
    """
    return CriteriaDependency(config)


def _problems(result: Result[object, Problems]) -> tuple[Problem, ...]:
    return () if isinstance(result, Success) else result.failure()
