"""FastAPI dependencies that give SQLAlchemy statements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cache, partial
from threading import Lock
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from returns.result import Success
from sqlalchemy import Select, select

from pyrsql.adapters.fastapi.config import DEFAULT_CRITERIA_CONFIG, FastAPICriteriaConfig
from pyrsql.adapters.fastapi.dependency import CriteriaDependency, RequestCriteria
from pyrsql.adapters.fastapi.fields import filter_extension, listing, sort_extension
from pyrsql.adapters.fastapi.responses import error_responses
from pyrsql.adapters.fastapi.signature import (
    FILTER_DESCRIPTION,
    SORT_DESCRIPTION,
    ParameterDocs,
)
from pyrsql.errors import ConfigurationError
from pyrsql.given import fault_of_names, fault_of_types
from pyrsql.integrations.fastapi.dependency import EndpointDependency
from pyrsql.integrations.fastapi.endpoint import Endpoint, SQLAlchemyPaginatedSelect, closed, reason
from pyrsql.integrations.fastapi.examples import (
    Example,
    as_examples,
    examples_of_filter,
    examples_of_sort,
    ordered,
    taken,
)
from pyrsql.integrations.fastapi.page import PageDependency
from pyrsql.integrations.fastapi.resource import Applier, FastAPISQLAlchemyResource, refuse_page
from pyrsql.integrations.fastapi.sessions import SessionDependency
from pyrsql.integrations.fastapi.statement_source import StatementSource, statement_source
from pyrsql.integrations.fastapi.totals import Total
from pyrsql.language.nodes import SortKey
from pyrsql.models.backend import ORM, model_of
from pyrsql.models.schema import Schema, schema_for, sort_options_like
from pyrsql.options import ALL_FIELDS, AllFields, SortOptions
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.validation.selectors import Resolution, resolve
from pyrsql.validation.validate import validate_sort

ItemT = TypeVar("ItemT")

Fields = Collection[str] | AllFields
"""Paths of fields, or `ALL_FIELDS`."""


class FastAPISQLAlchemyIntegration:
    """FastAPI dependencies that give SQLAlchemy statements, for any number of models.

        integration = FastAPISQLAlchemyIntegration()

        @app.get("/users", responses=integration.responses)
        async def list_users(
            statement: Annotated[Select[Any], Depends(integration.select_dependency(User))],
            session: Annotated[AsyncSession, Depends(get_session)],
        ) -> list[UserOut]:
            return (await session.scalars(statement)).all()

    Args:
        orm: the backend; give one that knows your custom predicates.
        criteria_config: how requests are read and validated.

    Raises:
        ConfigurationError: a custom operator that the backend has no lowering for.
    """

    responses = error_responses
    """The answers 400 and 422, for `responses=` of routes and routers; `install_openapi(app)` documents them
    at once.
    """

    def __init__(self, orm: ORM | None = None, criteria_config: FastAPICriteriaConfig | None = None) -> None:
        self.orm: ORM = orm or SQLAlchemyORM()
        self.config: FastAPICriteriaConfig = criteria_config or DEFAULT_CRITERIA_CONFIG
        if isinstance(self.orm, type | MemoryORM) or not hasattr(self.orm, "custom_predicates"):
            raise ConfigurationError(f"orm={orm!r} is no backend of statements, such as SQLAlchemyORM()")
        if fault := fault_of_types(self, config=FastAPICriteriaConfig):
            raise ConfigurationError(f"criteria_{fault}")
        missing = self.config.query_options.custom_predicates.keys() - self.orm.custom_predicates.keys()
        if missing:
            backend = type(self.orm).__name__
            raise ConfigurationError(f"no lowering for the custom operator {min(missing)!r}: give it to {backend}")
        self._criteria = CriteriaDependency(self.config)
        self._resources: dict[type, FastAPISQLAlchemyResource] = {}
        self._lock = Lock()

    def criteria_dependency(self) -> CriteriaDependency:
        """Gives `RequestCriteria`: filter, sort and page of a request, not yet validated against a model."""
        return self._criteria

    def base_select(self, model: type) -> Select[Any]:
        """The statement that requests narrow: all rows of the model."""
        return select(model)

    def apply(self, statement: Select[Any], model: type, criteria: RequestCriteria) -> Select[Any]:
        """Filter, sort and page a statement of your own.

        Raises:
            CriteriaError: the criteria use something that the model does not offer; FastAPI answers it with
                status 422.
        """
        return self._resource(model).apply(statement, criteria)

    def select(self, model: type, criteria: RequestCriteria) -> Select[Any]:
        """The rows of the criteria. Raises CriteriaError, as `apply` does."""
        return self._resource(model).select(criteria)

    def count_select(self, model: type, criteria: RequestCriteria) -> Select[Any]:
        """The number of rows that the filter leaves, page aside. Raises CriteriaError, as `apply` does."""
        return self._resource(model).count_select(criteria)

    def paginated_select(self, model: type, criteria: RequestCriteria) -> SQLAlchemyPaginatedSelect:
        """Both, made together. Raises CriteriaError, as `apply` does."""
        return self._resource(model).paginated_select(criteria)

    def select_dependency(self, model: type) -> EndpointDependency[Select[Any]]:
        """Gives the select of the rows of a request."""
        return self._resource(model).select_dependency()

    def count_select_dependency(self, model: type) -> EndpointDependency[Select[Any]]:
        """Gives the select of the number of rows that the filter of a request leaves, page aside."""
        return self._resource(model).count_select_dependency()

    def paginated_select_dependency(self, model: type) -> EndpointDependency[SQLAlchemyPaginatedSelect]:
        """Gives both: the select of a page, and the select of the number of rows on all pages."""
        return self._resource(model).paginated_select_dependency()

    def applier_dependency(self, model: type) -> EndpointDependency[Applier]:
        """Gives a function from a select to a select, for base statements that depend on the request."""
        return self._resource(model).applier_dependency()

    def page_dependency(
        self,
        model: type,
        item: type[ItemT],
        session: SessionDependency,
        *,
        total: Total = True,
        total_limit: int | None = None,
    ) -> PageDependency[ItemT]:
        """Gives a `Page` of items, and sets the `Link` header.

        Args:
            model: the class whose rows are listed.
            item: the response model of a row, a Pydantic model that reads the attributes of the row.
            session: the dependency that gives the session, sync or async.
            total: count the rows of all pages; `"estimated"` takes the estimate of PostgreSQL or MariaDB.
            total_limit: stop counting there, so that a large table costs no more than that.

        Raises:
            ConfigurationError: a limit of a total that is not counted, or below 1.
        """
        return self._resource(model).page_dependency(item, session, total=total, total_limit=total_limit)

    def resource(
        self,
        model: type,
        *,
        item: Any = None,
        filterable_fields: Fields | None = None,
        sortable_fields: Fields | None = None,
        default_sort: str | None = None,
        statement_factory: Callable[..., Any] | None = None,
        load_only: bool = False,
        default_page_size: int | None = None,
        max_page_size: int | None = None,
        query_parameter_name: str | None = None,
        sort_parameter_name: str | None = None,
        page_parameter_name: str | None = None,
        size_parameter_name: str | None = None,
        filter_examples: Mapping[str, str | Example] | None = None,
        sort_examples: Mapping[str, str | Example] | None = None,
    ) -> FastAPISQLAlchemyResource:
        """Declare what a model offers. Options that are not given are those of the integration's configuration.

        All models must be imported: the arguments are checked here, so that a mistake shows when the
        application starts.

        Args:
            model: the class whose rows are listed.
            item: the response model of a row, a Pydantic model. Clients may filter and sort by the fields that it
                shows, by those of the models in it, and by nothing else.
            filterable_fields: the only paths that a filter may name, such as `{"id", "company.name"}`; `ALL_FIELDS`
                allows all. Each gets an example in OpenAPI, `filter_by_id`, `filter_by_company_name`. With this or
                `sortable_fields` the item gives no rights.
            sortable_fields: the only paths that a sort may name; without it those of `filterable_fields`.
                Each gets an example, `sort_by_id_asc`.
            default_sort: the sort of a request that names none: `"name,asc"`, `"-name"`. It may name a field that the
                item does not show; where `sortable_fields` are given, it names those.
            statement_factory: makes the statement that requests narrow,
                `select(User).where(User.tenant_id == 1)`; no request gets past its restrictions. A factory with
                parameters, or an async one, is a FastAPI dependency. Its parameters must be `Depends`, `Security` or
                the `Request`; one that a client may choose says so with `Path()`, `Query()` or `Header()`.
            load_only: load no columns but those that the item of a page reads. Code that reads others takes a statement
                for each row.
            default_page_size: size of the page where a request names none.
            max_page_size: the largest size that a request may name.
            query_parameter_name: name of the query parameter that holds the filter.
            sort_parameter_name: name of the one that holds the sort.
            page_parameter_name: name of the one that holds the page number.
            size_parameter_name: name of the one that holds the page size.
            filter_examples: more examples of the filter, name -> value or OpenAPI example.
            sort_examples: more examples of the sort.

        Raises:
            ConfigurationError: a field that is not there or may not be used, a default sort that is
                wrong, impossible sizes or names of parameters, an item that is no model, a factory with
                a parameter that a client would choose.
        """
        described = model_of(self.orm, model)
        refuse_page(item)
        if not isinstance(load_only, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
            raise ConfigurationError(f"load_only={load_only!r}: it takes True or False; the item says which columns")
        if default_sort is not None and not isinstance(cast("object", default_sort), str):
            raise ConfigurationError(f"default_sort={default_sort!r}: it takes a text, such as 'name,asc;-age'")
        changes: dict[str, Any] = {
            "default_page_size": default_page_size,
            "max_page_size": max_page_size,
            "filter_parameter": query_parameter_name,
            "sort_parameter": sort_parameter_name,
            "page_parameter": page_parameter_name,
            "size_parameter": size_parameter_name,
        }
        config = replace(self.config, **{name: value for name, value in changes.items() if value is not None})
        filterable, sortable = _listed(filterable_fields), _listed(sortable_fields)
        is_listed = filterable_fields is not None or sortable_fields is not None
        if is_listed:
            config = _with_fields(config, filterable_fields, sortable_fields, is_closed=item is not None)
        elif item is not None:
            config = closed(config, described, item)
        endpoint = Endpoint(
            model,
            self.orm,
            config,
            self._base(model) if statement_factory is None else statement_source(statement_factory, model),
            default_sort,
            warns=item is None and not is_listed,
            load_only=load_only,
        )
        _check(endpoint, filterable or (), sortable or ())
        describe = partial(
            _described,
            filterable=filterable,
            sortable=sortable,
            filter_examples=as_examples(filter_examples),
            sort_examples=as_examples(sort_examples),
        )
        return FastAPISQLAlchemyResource(endpoint, describe, is_closed=is_listed or item is not None, item=item)

    def _base(self, model: type) -> StatementSource:
        return StatementSource(cache(lambda: self.base_select(model)))

    def _resource(self, model: type) -> FastAPISQLAlchemyResource:
        """The endpoint of a model without options of its own, the same for all threads."""
        _refuse_no_row(model)
        with self._lock:
            known = self._resources.get(model)
            if known is None:
                endpoint = Endpoint(model, self.orm, self.config, self._base(model), warns=True)
                known = self._resources[model] = FastAPISQLAlchemyResource(endpoint, _documents)
            return known


def _refuse_no_row(model: object) -> None:
    """Raise ConfigurationError for what no mapping makes a class of rows. Any other class may be mapped later."""
    is_item = isinstance(model, type) and issubclass(model, BaseModel) and not hasattr(model, "__mapper__")
    if is_item or not isinstance(model, type):
        raise ConfigurationError(f"{model!r} is not a class that SQLAlchemy maps")


def _with_fields(
    config: FastAPICriteriaConfig, filterable: Fields | None, sortable: Fields | None, *, is_closed: bool
) -> FastAPICriteriaConfig:
    """A configuration with the lists of a resource.

    Args:
        config: the configuration of the integration.
        filterable: the fields of the filter.
        sortable: the fields of the sort; without them those of the filter.
        is_closed: a filter without a list offers nothing.
    """
    query_options, sort_options = config.query_options, config.sort_options
    if sortable is None:
        sortable = filterable
    if sort_options is not None or sortable != filterable:
        options: SortOptions = sort_options or sort_options_like(query_options)
        sort_options = options if _is_all(sortable) else replace(options, field_whitelist=frozenset(_names(sortable)))
    if filterable is None and is_closed:
        query_options = replace(query_options, public_fields={})
    elif filterable is not None and not _is_all(filterable):
        query_options = replace(query_options, field_whitelist=frozenset(_names(filterable)))
    return replace(config, query_options=query_options, sort_options=sort_options)


def _is_all(fields: Fields | None) -> bool:
    return fields is ALL_FIELDS


def _names(fields: Fields | None) -> Collection[str]:
    """The names that are listed; no text is a list of names."""
    assert fields is not None
    assert not isinstance(fields, AllFields)
    if fields == "*" or fields == ["*"]:
        raise ConfigurationError(f"{fields!r} is no list of fields: ALL_FIELDS opens all")
    if fault := fault_of_names(fields):
        raise ConfigurationError(f"a list of fields {fault}")
    return fields


def _listed(fields: Fields | None) -> Collection[str] | None:
    return None if fields is None or _is_all(fields) else _names(fields)


def _check(endpoint: Endpoint, filterable: Collection[str], sortable: Collection[str]) -> None:
    """Raise ConfigurationError for the first thing that no request could use."""
    model = endpoint.model.__name__
    schema = _unlisted(endpoint)
    for field in filterable:
        found = resolve(schema, "filter", field)
        if not isinstance(found, Resolution):
            raise ConfigurationError(f"filterable_fields of {model}: {reason(found)}")
    for field in sortable:
        validated = validate_sort(schema, [SortKey(field)])
        counted = schema.sort_options.quantifiers and validate_sort(schema, [SortKey(f"@count[{field}]")])
        if not isinstance(validated, Success) and not isinstance(counted, Success):
            raise ConfigurationError(f"sortable_fields of {model}: {reason(validated.failure()[0])}")
    _ = endpoint.default_order


def _unlisted(endpoint: Endpoint) -> Schema:
    """The fields that the lists of an endpoint may choose from."""
    query_options, sort_options = endpoint.config.query_options, endpoint.config.sort_options
    return schema_for(
        endpoint.model,
        orm=endpoint.orm,
        options=replace(query_options, field_whitelist=None),
        sort_options=None if sort_options is None else replace(sort_options, field_whitelist=None),
    )


def _documents(endpoint: Endpoint) -> ParameterDocs:
    return ParameterDocs(
        filter_extension=cache(lambda: filter_extension(endpoint.schema)),
        sort_extension=cache(lambda: sort_extension(endpoint.schema)),
    )


def _described(
    endpoint: Endpoint,
    *,
    filterable: Collection[str] | None,
    sortable: Collection[str] | None,
    filter_examples: Mapping[str, Example],
    sort_examples: Mapping[str, Example],
) -> ParameterDocs:
    """The documentation that needs the model: the fields, and examples of each that was listed or that an item shows.

    Args:
        endpoint: the endpoint.
        filterable: the fields of the filter that were listed.
        sortable: those of the sort; without them those of the filter.
        filter_examples: examples of the developer's own. Those that the endpoint refuses are left out: the item of a
            page may show less than the model has.
        sort_examples: the same for the sort.
    """
    schema = endpoint.schema
    # All fields of a database take seconds to list: that waits for the document.
    offers_all = filterable is None and schema.query_options.public_fields is None
    if filterable is None:
        filterable = [name for name in schema.query_options.public_fields or () if "." not in name]
    if sortable is None:
        sortable = [
            field for field in ordered(filterable) if isinstance(validate_sort(schema, [SortKey(field)]), Success)
        ]
    documents = _documents(endpoint)
    if not offers_all:
        of_filter, of_sort = filter_extension(schema), sort_extension(schema)
        documents = ParameterDocs(
            filter_extension=lambda: of_filter,
            sort_extension=lambda: of_sort,
            filter_description=f"{FILTER_DESCRIPTION}\n\n{listing({'role': 'filter', **of_filter})}",
            sort_description=f"{SORT_DESCRIPTION}\n\n{listing({'role': 'sort', **of_sort})}",
        )
    return replace(
        documents,
        filter_examples={**examples_of_filter(schema, filterable), **taken(schema, "filter", filter_examples)},
        sort_examples={
            **taken(schema, "sort", examples_of_sort(sortable, endpoint.default_sort)),
            **taken(schema, "sort", sort_examples),
        },
    )
