"""All rows of a list as one answer, read in chunks by cursor: an export whose memory a chunk bounds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from anyio import CancelScope
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Select
from sqlalchemy.orm import Session
from starlette.types import Receive, Scope, Send

from pyrsql.adapters.fastapi.responses import criteria_error
from pyrsql.adapters.fastapi.signature import ParameterDocs
from pyrsql.cursor import CursorFormat, CursorRequest
from pyrsql.errors import ConfigurationError
from pyrsql.formulas import without_formulas
from pyrsql.integrations.fastapi.endpoint import Endpoint, counted_up_to
from pyrsql.integrations.fastapi.item_rows import entity_of
from pyrsql.integrations.fastapi.items import models_of
from pyrsql.integrations.fastapi.lists import ListDependency, ListRequest
from pyrsql.integrations.fastapi.sessions import SessionDependency
from pyrsql.limits import is_limit, is_number
from pyrsql.pipeline import CursorSelect, apply_filter, apply_sort
from pyrsql.problems import LimitExceeded
from pyrsql.validation.keyset import cursor_select, open_cursor, total_order
from pyrsql.validation.plan import Criteria

if TYPE_CHECKING:
    # It needs greenlet, which a service with sessions of the other kind may not have.
    from sqlalchemy.ext.asyncio import AsyncSession

StreamFormat = Literal["ndjson", "csv"]
"""How rows are written: a JSON object on each line, or comma-separated values."""

LARGEST_STREAM = 100_000
"""The most rows of a stream, where no other limit is given."""

STREAM_CHUNK = 1_000
"""Rows of a stream that are read at a time."""

_MEDIA_TYPES: dict[StreamFormat, str] = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

_CURSORS = CursorFormat(length=None)
"""Cursors that no client sees, of any length: each row of a stream can be continued from."""


class StreamDependency(ListDependency[StreamingResponse]):
    """Validates a request and gives a `StreamingResponse` of all of its rows; a resource's `stream_dependency` makes
    one.

    Args:
        endpoint: validates the request, and has the statement that it narrows.
        documents: the documentation of the parameters in OpenAPI.
        item: the response model of a row, a Pydantic model that reads the attributes of the row.
        session: the dependency that gives the session, sync or async.
        format: how rows are written.
        max_rows: the most rows; None lifts the limit.
        chunk_size: rows that are read at a time.

    Raises:
        ConfigurationError: a number below 1, another format, an item that is no Pydantic model, a model without a
            unique key.

    Raises (when called):
        CriteriaError: everything that is wrong with the request, and a filter that leaves too many rows.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        documents: ParameterDocs,
        item: type[BaseModel],
        session: SessionDependency,
        *,
        format: StreamFormat = "ndjson",
        max_rows: int | None = LARGEST_STREAM,
        chunk_size: int = STREAM_CHUNK,
    ) -> None:
        if format not in _MEDIA_TYPES:
            raise ConfigurationError(f"format={format!r}: a stream is 'ndjson' or 'csv'")
        if not is_limit(max_rows, 1) or not is_number(chunk_size, 1):
            raise ConfigurationError("max_rows and chunk_size of a stream are 1 or more")
        super().__init__(endpoint, documents, item, session, "none")
        models = models_of(item)
        if format == "csv" and any(model.__pydantic_decorators__.model_serializers for model in models):
            raise ConfigurationError("the columns of a csv stream are the fields of the item: use no model_serializer")
        total_order(endpoint.schema, None)
        self._format: StreamFormat = format
        self._max_rows = max_rows
        self._names = list(dict.fromkeys(name for model in models for name in _names(model)))
        self._adapter = TypeAdapter[BaseModel](item)
        self._chunk = CursorRequest.first(chunk_size)

    async def _answer(self, asked: ListRequest) -> StreamingResponse:
        # The first chunk is read before the answer begins: a failure there still has a status of its own.
        await asked.run(self._check_size)
        asked = asked._replace(off_loop=True)
        rows = self._rows(asked, await asked.run(partial(self._read_chunk, None)))
        media_type, headers = _MEDIA_TYPES[self._format], dict(asked.response.headers)
        return _ClosingResponse(asked.session, rows, media_type=media_type, headers=headers)

    def _check_size(self, criteria: Criteria, base: Select[Any], session: Session) -> None:
        most = self._max_rows
        if most is None:
            return
        found = cast("int", session.scalar(counted_up_to(base, criteria, most + 1)))
        if found > most:
            hint = "Narrow the filter."
            problem = LimitExceeded(source="filter", limit="max_rows", maximum=most, hint=hint)
            raise criteria_error((problem,), {}, self.config)

    async def _rows(self, asked: ListRequest, chunk: tuple[str, str | None]) -> AsyncIterator[str]:
        """The text of all chunks, until the last one or until the client disconnects."""
        if self._format == "csv":
            yield _csv([self._names])
        text, cursor = chunk
        yield text
        while cursor is not None and not await asked.request.is_disconnected():
            text, cursor = await asked.run(partial(self._read_chunk, cursor))
            yield text

    def _read_chunk(
        self, cursor: str | None, criteria: Criteria, base: Select[Any], session: Session
    ) -> tuple[str, str | None]:
        """The text of one chunk, and where the next one begins."""
        request = CursorRequest.at(cursor, self._chunk.size)
        cut = self._sought(criteria, base, request).collect(session.execute)
        items = [self._adapter.validate_python(entity_of(row), from_attributes=True) for row in cut.items]
        return self._written(items), cut.next

    def _sought(self, criteria: Criteria, base: Select[Any], request: CursorRequest) -> CursorSelect[Select[Any]]:
        order = total_order(self.endpoint.schema, criteria.order)
        filtered = apply_filter(self.rows.loaded(base))(criteria.filter).unwrap()
        statement = apply_sort(criteria.order)(filtered).unwrap()
        seek = open_cursor(request, criteria.filter, order, _CURSORS).unwrap()
        return cursor_select(statement, order, seek)

    def _written(self, items: Iterable[BaseModel]) -> str:
        if self._format == "csv":
            return _csv(map(self._cells, items))
        return "".join(f"{item.model_dump_json(by_alias=True)}\n" for item in items)

    def _cells(self, item: BaseModel) -> list[object]:
        # By name: an item may leave a value out (`exclude_if`).
        values = item.model_dump(mode="json", by_alias=True)
        return [_cell(values.get(name)) for name in self._names]


class _ClosingResponse(StreamingResponse):
    """A stream of the rows of a session, which it closes when it ends, however it ends.

    FastAPI may have closed the session before the answer began; reading has opened it again.
    """

    def __init__(self, session: Session | AsyncSession, rows: AsyncIterator[str], **how: Any) -> None:
        super().__init__(rows, **how)
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the rows."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # A client that disconnects cancels what runs for it.
            with CancelScope(shield=True):
                closing = self._session.close()
                if closing is not None:
                    await closing


def _names(model: type[BaseModel]) -> list[str]:
    """The names of a model's values, as JSON has them."""
    stored = ((name, field.serialization_alias) for name, field in model.model_fields.items() if not field.exclude)
    computed = ((name, field.alias) for name, field in model.model_computed_fields.items())
    return [alias or name for name, alias in (*stored, *computed)]


def _cell(value: object) -> object:
    """A value as a cell: text that begins like a formula behind an apostrophe, lists and objects as JSON.

    >>> _cell("=1+1"), _cell("-1.5"), _cell("-1+1"), _cell(" =1"), _cell("a;=1"), _cell([1]), _cell(None), _cell(True)
    ("'=1+1", '-1.5', "'-1+1", "' =1", "a;'=1", '[1]', '', 'true')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case str():
            return without_formulas(value)
        case _:
            return without_formulas(json.dumps(value, ensure_ascii=False))


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
