"""The rows that a response model reads: the statement of a request, and the related rows that it loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from sqlalchemy import Select

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.endpoint import Endpoint
from pyrsql.integrations.fastapi.items import models_of, reads
from pyrsql.models.model import Model
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.base_statements import root_entity
from pyrsql.orms.sqlalchemy.loading import Reading, loading, reading, values_of
from pyrsql.orms.sqlalchemy.related_scope import sharing_rows


@dataclass(frozen=True, eq=False)
class ItemRows:
    """The rows of an endpoint, as a response model reads them. Models are read at the first request.

    Args:
        endpoint: has the statement that a request narrows.
        item: the response model of a row, a Pydantic model that reads the attributes of the row.

    Raises:
        ConfigurationError: an item that is no Pydantic model.
    """

    endpoint: Endpoint
    item: Any

    def __post_init__(self) -> None:
        models_of(self.item)

    def check(self) -> None:
        """Read the models now. Raises ConfigurationError for an item that no row can fill."""
        _ = self._paths

    def statement(self, given: Select[Any] | None) -> Select[Any]:
        """The statement that a request narrows.

        Args:
            given: the statement of the request, where it has one of its own.

        Raises:
            ConfigurationError: it selects no whole rows; each request has one of its own, and none is given.
        """
        statement = self.endpoint.statement(given, self._shared)
        if not parts.is_entity(parts.columns(statement)[0], root_entity(statement, self._model)):
            name = self._model.name
            raise ConfigurationError(f"the base statement selects columns, but an answer reads rows: select({name})")
        return statement

    @cached_property
    def loaded(self) -> Callable[[Select[Any]], Select[Any]]:
        """Adds the loader options for the item to a select."""
        return loading(self._model, self._reading, only=self.endpoint.load_only)

    @cached_property
    def values(self) -> int | None:
        """The values that the item reads of one row and of its related rows; None where these may be any number."""
        return values_of(self._model, self._reading)

    @cached_property
    def _reading(self) -> Reading:
        return reading(self._model, self._paths)

    @cached_property
    def _model(self) -> Model:
        return self.endpoint.orm.model(self.endpoint.model)

    @cached_property
    def _paths(self) -> list[tuple[str, ...]]:
        return [read.path for read in reads(self._model, self.item)]

    @cached_property
    def _shared(self) -> frozenset[type]:
        return sharing_rows(self._model, {step for path in self._paths for step in path})


def entity_of(row: object) -> object:
    """The entity of a row by cursor: where a statement selects more columns, a row has them behind it."""
    return cast("tuple[object, ...]", row)[0] if isinstance(row, tuple) else row
