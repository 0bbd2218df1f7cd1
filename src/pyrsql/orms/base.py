"""The name that documentation before 1.0 has; the protocol of backends is in `models.backend`."""

from pyrsql.models.backend import ORM

__all__ = ["ORM"]
