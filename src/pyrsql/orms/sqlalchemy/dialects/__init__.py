"""How SQL is written on each database. `pyrsql.orms.sqlalchemy` registers all forms when it is imported."""

from pyrsql.orms.sqlalchemy.dialects.families import FAMILIES, Family

__all__ = ["FAMILIES", "Family"]
