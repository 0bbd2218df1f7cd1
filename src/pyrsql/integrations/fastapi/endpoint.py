"""How one endpoint reads a request, and the statements that it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar, cast

from returns.result import Failure, Result, Success
from sqlalchemy import Select

from pyrsql import pipeline
from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.dependency import RequestCriteria
from pyrsql.adapters.fastapi.observe import observed
from pyrsql.adapters.fastapi.parameters import (
    OF_STREAMS,
    ParameterValues,
    RawParameters,
    read_cursor_page,
    read_request,
)
from pyrsql.adapters.fastapi.responses import CriteriaError, criteria_error
from pyrsql.adapters.fastapi.signature import Paging
from pyrsql.criteria import statement_of
from pyrsql.cursor import CursorRequest
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.field_parameters import fields_outside
from pyrsql.integrations.fastapi.items import offered_fields
from pyrsql.integrations.fastapi.statement_source import StatementSource
from pyrsql.messages import describe
from pyrsql.models.backend import ORM
from pyrsql.models.model import Model
from pyrsql.models.paths import spelled_out, start
from pyrsql.models.schema import Schema, schema_for
from pyrsql.options import FieldOptions, QueryOptions
from pyrsql.orms.sqlalchemy.loader_options import refuse_rows_left_out
from pyrsql.orms.sqlalchemy.orm import refuse_unpaged
from pyrsql.orms.sqlalchemy.related_scope import scoping_related_rows, sharing_rows
from pyrsql.orms.sqlalchemy.statement import count_up_to
from pyrsql.page import PageRequest
from pyrsql.pipeline import CursorSelect
from pyrsql.problems import Problem, Problems, problems_of
from pyrsql.validation.plan import Criteria, Filter, Order, Statement, filtered
from pyrsql.validation.public import ANYTHING_BELOW
from pyrsql.validation.secrets import warn_of_secrets

OptionsT = TypeVar("OptionsT", bound=FieldOptions)


@dataclass(frozen=True, slots=True)
class SQLAlchemyPaginatedSelect:
    """One page of a result, and the count of all of it.

    Args:
        statement: selects the rows of the page, in a total order.
        count_statement: selects the number of rows on all pages.
        page_request: the page; None where the request asks for all rows.
    """

    statement: Select[Any]
    count_statement: Select[Any]
    page_request: PageRequest | None = None


def selected(base: Select[Any], criteria: Criteria) -> Select[Any]:
    """The rows of a request: filtered, sorted, one page."""
    return _pageable(base, criteria).page(criteria.page)


def _pageable(base: Select[Any], criteria: Criteria) -> Statement[Select[Any]]:
    """The filtered and sorted statement of a request, which could be sorted and paged otherwise.

    Raises:
        ConfigurationError: it could not, whether or not the request asks for it.
    """
    statement = statement_of(base, criteria)
    refuse_unpaged(statement.lowered, statement.schema.model)
    return statement


def sought(base: Select[Any], criteria: Criteria) -> CursorSelect[Select[Any]]:
    """The page by cursor of a request."""
    made = pipeline.apply_criteria(base)(criteria).unwrap()
    assert isinstance(made, CursorSelect)
    return made


def counted(base: Select[Any], criteria: Criteria) -> Select[Any]:
    """The number of rows that the filter leaves."""
    return cast("Select[Any]", statement_of(base, Criteria(criteria.filter)).count())


def counted_up_to(base: Select[Any], criteria: Criteria, limit: int) -> Select[Any]:
    """The number of rows that the filter leaves, or `limit` where there are more: the database stops there."""
    return count_up_to(unpaged(base, criteria), limit)


def unpaged(base: Select[Any], criteria: Criteria) -> Select[Any]:
    """The rows that the filter leaves, in no order."""
    return statement_of(base, Criteria(criteria.filter)).select


def paginated(base: Select[Any], criteria: Criteria) -> SQLAlchemyPaginatedSelect:
    """Both, from one filtered statement."""
    statement = _pageable(base, criteria)
    return SQLAlchemyPaginatedSelect(statement.page(criteria.page), statement.count(), criteria.page)


@dataclass(frozen=True, eq=False)
class Endpoint:
    """How an endpoint reads a request.

    Args:
        model: the class whose rows it returns.
        orm: the backend.
        config: how requests are read and validated.
        base: where the statement comes from that requests narrow.
        default_sort: the sort of a request that names none.
        item: the response model that says which fields are offered; None where the options say it.
        warns: fields that look like secrets are logged.
        load_only: columns that an item does not read are not loaded.
    """

    model: type
    orm: ORM
    config: FastAPICriteriaConfig
    base: StatementSource
    default_sort: str | None = None
    item: Any = None
    warns: bool = False
    load_only: bool = False

    @cached_property
    def schema(self) -> Schema:
        """The fields that clients may use. Made when first needed: SQLAlchemy reads a model when all models are
        there.
        """
        config = self.config
        if self.item is not None:
            config = closed(config, self.orm.model(self.model), self.item)
        made = schema_for(self.model, orm=self.orm, options=config.query_options, sort_options=config.sort_options)
        if self.warns:
            warn_of_secrets(made)
        return made

    @cached_property
    def _reached(self) -> frozenset[type]:
        """The classes that paths of clients lead to whose rows may be rows of the model."""
        schema = self.schema
        options = (schema.query_options, schema.sort_options)
        return frozenset[type]().union(*(sharing_rows(schema.model, _steps(each)) for each in options))

    @cached_property
    def _published(self) -> frozenset[tuple[str, ...]]:
        """The paths of attributes that clients may use, where an item says which."""
        schema = self.schema
        options = (schema.query_options, schema.sort_options)
        paths = {path.removesuffix(ANYTHING_BELOW) for each in options for path in (each.public_fields or {}).values()}
        written = (tuple(path.split(".")) for path in paths)
        return frozenset(found for path in written for found in spelled_out(QueryOptions(), start(schema.model), path))

    def statement(self, given: Select[Any] | None, read: frozenset[type] = frozenset()) -> Select[Any]:
        """The statement that a request narrows.

        A statement of the request's own also narrows the related rows of its model: no client sees past it.

        Args:
            given: the statement of the request, where it has one of its own.
            read: the classes of related rows that the answer shows which may be rows of the model.

        Raises:
            ConfigurationError: each request has one of its own, and none is given; a loader option leaves out related
                rows that filters would find.
        """
        base = self.base.statement(given)
        refuse_rows_left_out(base, self._published)
        if self.base.per_request and (reached := self._reached | read):
            return scoping_related_rows(base, self.schema.model, reached)
        return base

    @cached_property
    def default_order(self) -> Order | None:
        """The default sort, validated. It is the developer's: it may name fields that the item does not show.

        Raises:
            ConfigurationError: it does not parse, or names a field that cannot be sorted by.
        """
        schema = self.schema
        own = replace(schema, sort_options=replace(schema.sort_options, public_fields=None))
        found = pipeline.order(own)(self.default_sort)
        if isinstance(found, Failure):
            reasons = "; ".join(map(reason, found.failure()))
            raise ConfigurationError(f"default_sort={self.default_sort!r} of {self.model.__name__}: {reasons}")
        order = found.unwrap()
        return None if order is None else replace(order, schema=schema)

    def read(self, given: ParameterValues, paging: Paging = "page", *, check: Callable[[], None]) -> Criteria:
        """The filter, sort and page of a request, validated.

        Args:
            given: the values of its parameters.
            paging: which page it may ask for.
            check: refuses a base statement that no request can narrow, whatever a client sends.

        Raises:
            CriteriaError: everything that is wrong with filter, sort and page.
        """
        try:
            return observed(self.config.on_request, self.model, lambda: self._read(given, paging))
        except CriteriaError:
            # A request without faults meets it when its statement is made.
            check()
            raise

    def check(self, base: Select[Any] | None, paging: Paging | None) -> None:
        """Refuse a base statement that some request could not narrow, sort or page.

        Args:
            base: the statement of the request, where it has one of its own.
            paging: which page a request may ask for; None for a number of rows.

        Raises:
            ConfigurationError: it is one, and what to write instead.
        """
        schema = self.schema
        unfiltered = filtered(self.statement(base), Filter(schema, None))
        if paging is not None:
            refuse_unpaged(unfiltered.lowered, schema.model, by_cursor=paging != "page")

    def _read(self, given: ParameterValues, paging: Paging) -> Criteria:
        numbered = paging == "page"
        values = {source: given.values[source] for source in OF_STREAMS if source in given.values}
        texts = read_request(self.config, given if numbered else given._replace(values=values))
        validated: Result[Criteria, Problems] = pipeline.validate_request(
            self.schema,
            filter=texts.filter,
            sort=texts.sort,
            page=_page(self.config, given, texts, paging),
            default_order=self.default_order,
            cursors=self.config.cursors,
            max_problems=self.config.max_problems,
        )
        unread = (*texts.problems, *fields_outside(self.config, self.schema, given.undeclared))
        if unread or not isinstance(validated, Success):
            found = () if isinstance(validated, Success) else validated.failure()
            problems = problems_of([*unread, *found])
            assert problems is not None
            raise criteria_error(problems, {"filter": texts.filter, "sort": texts.sort}, self.config)
        criteria: Criteria = validated.unwrap()
        return criteria

    def validated(self, criteria: RequestCriteria) -> Criteria:
        """Validate criteria that were read before.

        Raises:
            CriteriaError: filter or sort use something that the endpoint does not offer.
            ConfigurationError: they are no criteria.
        """
        if not isinstance(criteria, RequestCriteria):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
            raise ConfigurationError(f"the criteria of a request are a RequestCriteria, not {criteria!r}")
        return observed(
            self.config.on_request, self.model, lambda: self._with_default_order(criteria.validated(self.schema))
        )

    def _with_default_order(self, criteria: Criteria) -> Criteria:
        if criteria.order is not None or self.default_order is None:
            return criteria
        return replace(criteria, order=self.default_order)


def reason(problem: Problem) -> str:
    """A problem with its hint, for a developer."""
    return describe(problem) if problem.hint is None else f"{describe(problem)} {problem.hint}"


def _page(
    config: FastAPICriteriaConfig, given: ParameterValues, texts: RawParameters, paging: Paging
) -> Result[PageRequest | CursorRequest | None, Problems]:
    match paging:
        case "page":
            return texts.page
        case "cursor":
            return read_cursor_page(config, given)
        case "none":
            return Success(None)


def _steps(options: FieldOptions) -> frozenset[str] | None:
    """The attributes that the paths of clients may go through; None where no list names them."""
    if options.public_fields is not None:
        paths: Iterable[str] = options.public_fields.values()
    elif options.field_whitelist is not None:
        of_models = (path for mapping in options.model_field_mapping.values() for path in mapping.values())
        paths = (*options.field_whitelist, *options.field_mapping.values(), *of_models)
    else:
        return None
    return frozenset(step for path in paths for step in path.split("."))


def closed(config: FastAPICriteriaConfig, model: Model, item: Any) -> FastAPICriteriaConfig:
    """A configuration that offers the fields which a response model shows, and no others."""
    query_options, sort_options = config.query_options, config.sort_options
    return replace(
        config,
        query_options=_published(query_options, model, item),
        sort_options=None if sort_options is None else _published(sort_options, model, item),
    )


def _published(options: OptionsT, model: Model, item: Any) -> OptionsT:
    """The options with the fields of an item, where they publish none themselves."""
    if options.public_fields is not None:
        return options
    return replace(options, public_fields=offered_fields(model, item, options.field_mapping))
