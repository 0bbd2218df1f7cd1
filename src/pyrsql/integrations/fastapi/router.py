"""A ready router for a resource: the list, the count, and one row by its key."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, TypeAdapter
from pydantic import Field as Documented
from returns.result import Success
from sqlalchemy import Select
from sqlalchemy.orm import Session

from pyrsql.adapters.fastapi.dependency import is_long
from pyrsql.adapters.fastapi.responses import error_responses
from pyrsql.adapters.fastapi.signature import keyword_only
from pyrsql.integrations.fastapi.endpoint import Endpoint
from pyrsql.integrations.fastapi.item_rows import ItemRows
from pyrsql.integrations.fastapi.page import Page
from pyrsql.integrations.fastapi.sessions import SessionDependency, depends_on, in_session
from pyrsql.language.nodes import Comparison
from pyrsql.models import kinds
from pyrsql.models.model import Field
from pyrsql.models.schema import Schema, schema_for
from pyrsql.operators import EQUAL
from pyrsql.options import QueryOptions
from pyrsql.pipeline import apply_filter, validate
from pyrsql.validation.plan import Filter

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


ROW_BASE = "pyrsql_base"
"""The parameter of a `RowDependency` that takes the statement made for a request."""


class Count(BaseModel):
    """The number of rows that a filter selects."""

    count: int = Documented(description="The number of rows.")


def router_of(
    item: Any,
    session: SessionDependency,
    *,
    page: Callable[..., Any],
    count: Callable[..., Any],
    rows: RowDependency | None,
    row: Callable[..., Any] | None = None,
    by_role: bool = False,
) -> APIRouter:
    """The router of a resource; `FastAPISQLAlchemyResource.router` says what it has.

    Args:
        item: the response model of a row.
        session: the dependency that gives the session, sync or async.
        page: the dependency that gives a page of items.
        count: the dependency that gives the select of the number of rows.
        rows: gives the path of one row, and the row; None where the model has no key that clients may see.
        row: the dependency that gives one row, where it is not `rows`.
        by_role: answers have the item of the role of a request, and only OpenAPI shows `item`.
    """
    # FastAPI resolves annotations by the names of the module, so the defaults hold what differs.
    page_of, counted, opened = Depends(page), Depends(count), depends_on(session)
    router = APIRouter()

    @router.get("", **_answers(Page.__class_getitem__(item), by_role, error_responses))
    async def list_rows(page: Any = page_of) -> Any:
        """The rows that a filter selects, a page at a time."""
        return page

    @router.get("/count", responses=error_responses)
    async def count_rows(request: Request, statement: Any = counted, session: Any = opened) -> Count:
        """The number of rows that a filter selects."""
        off_loop = is_long(request.query_params.values())
        return Count(count=await in_session(session, partial(_number, statement), off_loop=off_loop))

    if rows is None:
        return router
    row_of = Depends(row or rows)

    @router.get(rows.path, **_answers(item, by_role, {404: {"description": "There is no row with this key."}}))
    async def read_row(row: Any = row_of) -> Any:
        """The row with a key."""
        return row

    return router


def _answers(model: Any, by_role: bool, others: dict[int | str, dict[str, Any]]) -> dict[str, Any]:
    """The answers of a route. FastAPI would cut those of each role to the model of the documented one."""
    if not by_role:
        return {"response_model": model, "responses": others}
    shown = {"model": model, "description": "Successful Response"}
    # None would let FastAPI write the answer in Python, which takes twenty times as long.
    return {"response_model": Any, "responses": {200: shown, **others}}


def row_dependency(endpoint: Endpoint, item: Any, session: SessionDependency) -> RowDependency | None:
    """Gives one row by its key; None where the model has no key, or hides it."""
    keys = _keys(endpoint)
    return RowDependency(endpoint, item, session, keys) if keys else None


def _number(statement: Select[Any], session: Session) -> int:
    number: int = session.scalars(statement).one()
    return number


def _keys(endpoint: Endpoint) -> tuple[Field, ...]:
    """The fields of the primary key; none where the model hides one of them."""
    identity = endpoint.orm.model(endpoint.model).identity
    return identity if all(field.rights.filter for field in identity) else ()


def _parameter_name(place: int, field: str) -> str:
    """The name of a part of a key in the path, and of a parameter of a function: a field may have any name."""
    is_plain = field.isascii() and field.isidentifier() and not keyword.iskeyword(field)
    return field if is_plain and field != "self" and not field.startswith("pyrsql_") else f"key_{place}"


def _as_written(request: Request, parts: list[str]) -> list[str]:
    """The parts of a key as a client wrote them, with `%2F` for a slash in a part; the last may have plain slashes.

    A server decodes the path before it is split, so that `/a%2Fb/c` and `/a/b%2Fc` look alike. `raw_path` is the path
    that came.

    Args:
        request: the request.
        parts: of the decoded path.

    Raises:
        HTTPException: 404, where the path has fewer parts than the key.
    """
    key = "/".join(parts)
    raw = request.scope.get("raw_path", b"").decode("latin-1").split("/")
    start, length = len(raw), -1
    while start and length < len(key):
        start -= 1
        length += 1 + len(unquote(raw[start]))
    # A server may not tell the path, and a middleware may have changed the other one.
    is_told = unquote("/".join(raw[start:])) == key
    written = [unquote(part) for part in raw[start:]] if is_told else key.split("/")
    last = len(parts) - 1
    if len(written) <= last:
        raise HTTPException(404)
    return [*written[:last], "/".join(written[last:])]


class RowDependency:
    """Reads the row with the key that stands in the path, as far as the base statement lets a request see it.

    Args:
        endpoint: gives the model and the base statement.
        item: the response model of the row.
        session: the dependency that gives the session, sync or async.
        keys: the fields of the primary key.

    Raises:
        ConfigurationError: the item is no Pydantic model.

    Raises (when called):
        HTTPException: 404, where the request may see no row with this key.
    """

    def __init__(self, endpoint: Endpoint, item: Any, session: SessionDependency, keys: tuple[Field, ...]) -> None:
        self._endpoint = endpoint
        self._rows = ItemRows(endpoint, item)
        self._adapter = TypeAdapter[Any](item)
        self._keys = {_parameter_name(place, field.name): field.name for place, field in enumerate(keys, 1)}
        # A slash may be part of a text. Parts behind a text take anything, too: a pattern that any number of slashes
        # matches needs no second try.
        first = next((place for place, key in enumerate(keys) if isinstance(key.kind, kinds.Text)), len(keys))
        self.path: str = "".join(
            f"/{{{name}{':path' if place >= first else ''}}}" for place, name in enumerate(self._keys)
        )
        self.__signature__: inspect.Signature = inspect.Signature(
            [
                *(
                    keyword_only(parameter, Annotated[str, Path(description=f"The {name} of the row.")])
                    for parameter, name in self._keys.items()
                ),
                keyword_only("pyrsql_request", Request),
                keyword_only("pyrsql_session", Annotated[Any, depends_on(session)]),
                *(one.replace(name=ROW_BASE) for one in endpoint.base.parameters),
            ]
        )

    @cached_property
    def _schema(self) -> Schema:
        """The key is the developer's choice: no right of clients has to name it."""
        given = self._endpoint.config.query_options
        options = QueryOptions(strict_equality=True, value_converter_registry=given.value_converter_registry)
        return schema_for(self._endpoint.model, orm=self._endpoint.orm, options=options)

    async def __call__(
        self,
        *,
        pyrsql_request: Request,
        pyrsql_session: Session | AsyncSession,
        pyrsql_base: Select[Any] | None = None,
        **given: str,
    ) -> Any:
        """Read the row."""
        keys = _as_written(pyrsql_request, [given[parameter] for parameter in self._keys])
        filters: list[Filter] = []
        for name, text in zip(self._keys.values(), keys, strict=True):
            found = validate(self._schema)(Comparison(name, EQUAL, (text,)))
            if not isinstance(found, Success):
                # A text that no key can be is the key of no row.
                raise HTTPException(404)
            filters.append(found.unwrap())
        off_loop = is_long(keys, self._rows.values)
        return await in_session(pyrsql_session, partial(self._read, filters, pyrsql_base), off_loop=off_loop)

    def _read(self, filters: list[Filter], given: Select[Any] | None, session: Session) -> Any:
        statement = self._rows.loaded(self._rows.statement(given))
        for filter in filters:
            statement = apply_filter(statement)(filter).unwrap().select
        row = session.scalars(statement).unique().first()
        if row is None:
            raise HTTPException(404)
        return self._adapter.validate_python(row, from_attributes=True)
