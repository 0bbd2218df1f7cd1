"""A model with the options of one endpoint. Built once, shared freely."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Literal

from pyrsql.errors import ConfigurationError
from pyrsql.models.backend import ORM, model_of
from pyrsql.models.model import Model
from pyrsql.models.option_checks import check_options
from pyrsql.options import DEFAULT_QUERY_OPTIONS, FieldOptions, QueryOptions, SortOptions

Purpose = Literal["filter", "sort"]


@dataclass(frozen=True, eq=False)
class Schema:
    """The fields, rights and options of filters and sorts over one model. `schema_for` makes one.

    Args:
        model: what the class offers.
        query_options: how filters are validated.
        sort_options: how sorts are validated.
        orm: the backend that described the model and lowers what is validated against it.
    """

    model: Model
    query_options: QueryOptions
    sort_options: SortOptions
    orm: ORM

    def options(self, purpose: Purpose) -> FieldOptions:
        """The names, rights and functions that count for this purpose."""
        return self.query_options if purpose == "filter" else self.sort_options


def schema_for(
    entity: type,
    *,
    orm: ORM,
    options: QueryOptions = DEFAULT_QUERY_OPTIONS,
    sort_options: SortOptions | None = None,
) -> Schema:
    """Describe what clients may do with a class: the same schema for the same class, backend and options.

    Args:
        entity: the class.
        orm: the backend.
        options: how filters are validated.
        sort_options: how sorts are validated; without them sorts get the names, rights and functions of `options`, so
            that a list kept in one place counts for both.

    Raises:
        ConfigurationError: the backend does not know the class, or the options hold a name that is certainly a mistake
            (`pyrsql.models.option_checks`).
    """
    return _schema(entity, orm, options, sort_options)


@lru_cache(maxsize=256)
def _schema(entity: type, orm: ORM, options: QueryOptions, sort_options: SortOptions | None) -> Schema:
    model = model_of(orm, entity)
    if not isinstance(options, QueryOptions):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
        raise ConfigurationError(f"options={options!r}: it takes a value of QueryOptions")
    check_options(model, options, orm.model)
    if sort_options is not None:
        check_options(model, sort_options, orm.model)
    return Schema(model, options, sort_options or sort_options_like(options), orm)


def sort_options_like(options: QueryOptions) -> SortOptions:
    """Sort options with the names, rights and functions of query options."""
    return SortOptions(**_shared(options))


@lru_cache(maxsize=256)
def schema_of_sorts(entity: type, orm: ORM, options: SortOptions) -> Schema:
    """Describe what clients may sort a class by. A filter inside of a sort has its names, rights and functions.

    Args:
        entity: the class.
        orm: the backend.
        options: how sorts are validated.

    Raises:
        ConfigurationError: as `schema_for`.
    """
    model = model_of(orm, entity)
    check_options(model, options, orm.model)
    return Schema(model, QueryOptions(**_shared(options)), options, orm)


def _shared(options: FieldOptions) -> dict[str, Any]:
    return {shared.name: getattr(options, shared.name) for shared in fields(FieldOptions)}
