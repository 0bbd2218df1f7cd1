"""The dependency that reads filter, sort and page of a request, and its result."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from returns.result import Result, Success
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from pyrsql import caches
from pyrsql.adapters.fastapi.config import DEFAULT_CRITERIA_CONFIG, FastAPICriteriaConfig
from pyrsql.adapters.fastapi.observe import observed, report_refusal
from pyrsql.adapters.fastapi.parameters import OF_PAGES, ParameterValues, query_values, read_request
from pyrsql.adapters.fastapi.responses import criteria_error
from pyrsql.adapters.fastapi.signature import NO_DOCS, ParameterDocs, signature
from pyrsql.api import Query, Sort
from pyrsql.criteria import criteria_of, problems_in, statement_of
from pyrsql.errors import ConfigurationError
from pyrsql.given import fault_of_types
from pyrsql.language.nodes import SortKey
from pyrsql.language.parse import is_blank, parse, parse_sort
from pyrsql.models.backend import ORM
from pyrsql.models.schema import Schema, schema_for, sort_options_like
from pyrsql.page import PageRequest
from pyrsql.problems import Problems, Source, problems_of
from pyrsql.validation.plan import Criteria

TargetT = TypeVar("TargetT")


@dataclass(frozen=True, slots=True)
class RequestCriteria:
    """The filter, sort and page of a request. `criteria_dependency` gives one; without FastAPI make one yourself.

    Args:
        query: the filter.
        sort: the sort.
        page_request: the page; None for all rows.
        config: how the request was read; answers about it name the parameters as this does.

    Raises:
        ConfigurationError: a text in place of the filter or the sort, which `parse` and `Sort.parse` read.
    """

    query: Query
    sort: Sort
    page_request: PageRequest | None = None
    config: FastAPICriteriaConfig = DEFAULT_CRITERIA_CONFIG

    def __post_init__(self) -> None:
        if fault := fault_of_types(self, query=Query, sort=Sort, config=FastAPICriteriaConfig):
            raise ConfigurationError(fault)

    @property
    def is_empty(self) -> bool:
        """Whether the request has no filter, no sort and no page."""
        return self.query.expression is None and not self.sort.keys and self.page_request is None

    @property
    def texts(self) -> Mapping[Source, str | None]:
        """The texts of the filter and the sort."""
        return {"filter": self.query.text, "sort": self.sort.text}

    def apply(self, target: TargetT, model: type, *, orm: ORM) -> TargetT:
        """Filter, sort and page a target.

        Args:
            target: a select over `model`, whose own conditions stay.
            model: the class whose fields filter and sort name.
            orm: the backend.

        Raises:
            CriteriaError: filter or sort use something that the model does not offer. FastAPI answers it with
                status 422.
        """
        schema = schema_for(model, orm=orm, options=self.query.options, sort_options=self.sort.options)
        criteria = observed(self.config.on_request, model, lambda: self.validated(schema))
        return statement_of(target, criteria).page(criteria.page)

    def validated(self, schema: Schema) -> Criteria:
        """Filter, sort and page, validated against what an endpoint offers.

        Raises:
            CriteriaError: the problems of the filter, then those of the sort.
        """
        found: Result[Criteria, Problems] = criteria_of(
            caches.validated_filter(schema, self.query.expression, self.config.max_problems),
            caches.validated_order(schema, self.sort.keys),
            Success(self.page_request),
        )
        if not isinstance(found, Success):
            raise criteria_error(found.failure(), self.texts, self.config)
        criteria: Criteria = found.unwrap()
        return criteria


ResultT = TypeVar("ResultT")

SHORT_WORK = 70
"""The work that is done on the event loop: one or two milliseconds, more for misspelled names. Most requests have a
tenth of it, and a thread would cost more than the work."""

_MARKS = ";,|@.(<>= '\""
"""Characters between the parts of a filter or a sort: each part is looked up, converted and lowered."""


def estimated_work(text: str) -> int:
    """The work that a filter or a sort makes, as a number of short comparisons; never much less than it is.

    >>> estimated_work("id==1;name==a*"), estimated_work("'" + "a" * 1_000 + "'"), estimated_work("a>1," * 500)
    (5, 17, 1031)
    """
    # A letter beyond ASCII has forms in other case.
    length = len(text) // 64 if text.isascii() else len(text) // 8
    return length + sum(map(text.count, _MARKS))


_VALUES = 28
"""Values of rows that are loaded, validated and written in the time of a short comparison."""


def is_long(texts: Iterable[str], values: int | None = 0, more: int = 0) -> bool:
    """Whether a request makes more work than the event loop may do at a time.

    Args:
        texts: its filter and its sort.
        values: the values of rows that it reads; None where that is not known.
        more: further work that is known, as a number of short comparisons.
    """
    return values is None or sum(map(estimated_work, texts)) + values // _VALUES + more > SHORT_WORK


_FEW_PARAMETERS = 100
"""Parameters of a query that are looked at on the event loop."""


async def read_query(
    config: FastAPICriteriaConfig, connection: HTTPConnection, takes: Collection[Source] = OF_PAGES
) -> ParameterValues:
    """`query_values`; in a worker thread where a query has many parameters."""
    if connection.scope["query_string"].count(b"&") < _FEW_PARAMETERS:
        return query_values(config, connection, takes)
    return await run_in_threadpool(query_values, config, connection, takes)


async def run_off_loop_if_long(work: Callable[[ParameterValues], ResultT], given: ParameterValues) -> ResultT:
    """Run `work` with the values of a request; in a worker thread where that is long, so that the loop serves others.

    Args:
        work: reads the values. It must not wait for anything.
        given: the texts.

    Raises:
        The exceptions of `work`.
    """
    return await run_in_threadpool(work, given) if is_long(given.texts) else work(given)


class CriteriaDependency:
    """Reads filter, sort and page of a request: `Depends(CriteriaDependency(config))`.

    It is async although it rarely waits: FastAPI would run a plain function in a thread, which costs more than the
    work.

    Args:
        config: names, formats and bounds of the parameters.
        documents: the documentation of filter and sort in OpenAPI.

    Raises:
        ConfigurationError: a configuration of another type.

    Raises (when called):
        CriteriaError: everything in the request that cannot be read, answered with status 400.
    """

    def __init__(
        self, config: FastAPICriteriaConfig = DEFAULT_CRITERIA_CONFIG, documents: ParameterDocs = NO_DOCS
    ) -> None:
        if not isinstance(config, FastAPICriteriaConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"config={config!r}: it takes a value of FastAPICriteriaConfig")
        self.config = config
        self._sort_options = config.sort_options or sort_options_like(config.query_options)
        self.__signature__: inspect.Signature = signature(config, documents)

    async def __call__(self, *, connection: HTTPConnection, **_: object) -> RequestCriteria:
        """Read the query of a request."""
        return await self.read(await read_query(self.config, connection))

    async def read(self, given: ParameterValues) -> RequestCriteria:
        """Read the values of the parameters, wherever the request has them."""
        return await run_off_loop_if_long(self._criteria, given)

    def _criteria(self, given: ParameterValues) -> RequestCriteria:
        started = perf_counter()
        texts = read_request(self.config, given)
        node = parse(texts.filter, self.config.query_options)
        keys = self._keys(texts.sort)
        problems = problems_of([*texts.problems, *problems_in(node), *problems_in(keys), *problems_in(texts.page)])
        if problems is not None:
            error = criteria_error(problems, {"filter": texts.filter, "sort": texts.sort}, self.config)
            report_refusal(self.config.on_request, None, error, started)
            raise error
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
