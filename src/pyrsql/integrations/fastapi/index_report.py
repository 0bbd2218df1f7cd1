"""Which fields of a resource no index serves."""

from __future__ import annotations

from pyrsql.adapters.fastapi.fields import filter_fields, sort_extension
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.resource import FastAPISQLAlchemyResource
from pyrsql.models.schema import Schema
from pyrsql.orms.sqlalchemy.indexes import MissingIndex, missing_indexes


def index_report(resource: FastAPISQLAlchemyResource, *, dialect: str = "postgresql") -> tuple[MissingIndex, ...]:
    """The fields that clients may use and no declared index serves, each with the `Index(...)` to add.

    An index that only the database knows (made by a migration, not declared in the model) is not found.

    Args:
        resource: what clients may use.
        dialect: the name of the SQLAlchemy dialect of the database, such as `sqlite` or `mysql`.

    Raises:
        ConfigurationError: it is no resource.
    """
    if not isinstance(resource, FastAPISQLAlchemyResource):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"{resource!r} is no resource: give what integration.resource(…) gives")
    return report_of(resource.endpoint.schema, dialect)


def report_of(schema: Schema, dialect: str) -> tuple[MissingIndex, ...]:
    """The same of the fields of a schema.

    Args:
        schema: what clients may use.
        dialect: the name of the SQLAlchemy dialect of the database.
    """
    filterable = [field["name"] for field in filter_fields(schema)]
    sortable = [field["name"] for field in sort_extension(schema)["fields"]]
    return missing_indexes(schema, filterable, sortable, dialect)
