"""The SQLAlchemy backend."""

from pyrsql.orms.sqlalchemy.orm import CustomPredicatePayload, SQLAlchemyORM, schema

__all__ = ["CustomPredicatePayload", "SQLAlchemyORM", "schema"]
