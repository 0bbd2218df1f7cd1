"""One schema for each combination of model, backend and options, made when it is first needed."""

from __future__ import annotations

from threading import Lock

from pyrsql.options import QueryOptions, SortOptions
from pyrsql.orms.base import ORM
from pyrsql.schema import Schema, schema_for

_LARGEST_CACHE = 1_024

# By identity; each value keeps what its key names alive, so that no identity is given twice.
_schemas: dict[tuple[int, ...], tuple[Schema, tuple[object, ...]]] = {}
_lock = Lock()


def shared_schema(model: type, *, orm: ORM, options: QueryOptions, sort_options: SortOptions | None = None) -> Schema:
    """The schema of a model, the same for all threads, so that all share what it remembers of selectors.

    Raises:
        ConfigurationError: the backend does not know the class.
    """
    named = (model, orm, options, sort_options)
    key = tuple(map(id, named))
    with _lock:
        known = _schemas.get(key)
        if known is None:
            if len(_schemas) >= _LARGEST_CACHE:
                _schemas.clear()
            schema = schema_for(model, orm=orm, options=options, sort_options=sort_options)
            known = _schemas[key] = (schema, named)
    return known[0]
