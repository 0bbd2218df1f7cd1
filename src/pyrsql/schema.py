"""The names that documentation before 1.0 has; schemas are made in `models.schema`."""

from pyrsql.models.schema import Schema, schema_for

__all__ = ["Schema", "schema_for"]
