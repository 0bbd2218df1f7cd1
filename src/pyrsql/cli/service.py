"""A database as a web service: every table filterable, sortable, paged, documented, and read-only."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, WrapValidator, create_model
from sqlalchemy import Engine, inspect
from sqlalchemy.orm import Mapper, Session
from starlette.middleware.base import RequestResponseEndpoint

from pyrsql.adapters.fastapi import FastAPICriteriaConfig, install_openapi
from pyrsql.cli.database import relations_of, select_rows
from pyrsql.cli.exposure import Exposure, is_loopback
from pyrsql.cli.lenient import for_json
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, database_error_handler, playground
from pyrsql.models import kinds
from pyrsql.models.model import Field as ModelField
from pyrsql.models.rights import INFO_KEY, field_rights
from pyrsql.options import ALL_FIELDS, QueryOptions
from pyrsql.orms.sqlalchemy import SQLAlchemyORM


def service(engine: Engine, models: Mapping[str, type], exposure: Exposure, title: str) -> FastAPI:
    """The service. Each table is a list at `/table`, its number of rows at `/table/count`, a row at `/table/key`.

    Args:
        engine: a read-only engine.
        models: the mapped classes by table.
        exposure: the columns that are shown; a table without any is not served.
        title: the name of the service.
    """
    app = FastAPI(title=title, description="Served by pyrsql, read-only.")
    install_openapi(app)
    database_error_handler(app)

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    served = {table: model for table, model in models.items() if exposure.columns.get(table)}
    for table, model in models.items():
        _hide_others(model, exposure.columns.get(table, ()), served)
    options = QueryOptions(quantifiers=True)
    integration = FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(query_options=options))
    resources = [
        integration.resource(
            model,
            item=_item(model, exposure.columns[table]),
            filterable_fields=ALL_FIELDS,
            statement_factory=partial(select_rows, model),
        )
        for table, model in served.items()
    ]
    for (table, path), resource in zip(_paths(served).items(), resources, strict=True):
        app.include_router(
            resource.router(get_session),
            prefix=f"/{path}",
            tags=[table],
            generate_unique_id_function=partial(_operation, models[table].__name__),
        )
    app.include_router(playground(*resources, title=title))
    return app


def answer_this_machine_only(app: FastAPI) -> None:
    """Refuse requests under another name than one of this machine.

    A website can let its own name lead to 127.0.0.1. The browser of its visitor would then read the service for it.
    """

    @app.middleware("http")
    async def check(request: Request, answer: RequestResponseEndpoint) -> Response:
        if is_loopback(request.url.hostname or ""):
            return await answer(request)
        return PlainTextResponse("This service answers requests to 127.0.0.1 and localhost only.", 403)


def _operation(model: str, route: APIRoute) -> str:
    """The name of an operation in OpenAPI: paths that differ in signs only would share FastAPI's own."""
    return f"{route.name}_{model}"


_AS_IT_IS: Any = cast("Any", SerializeAsAny)()
"""Serialises a value by its own type, without a warning where that is not the one of the field."""

_TAKEN = ("docs", "redoc", "openapi.json", "resources", "playground.css", "playground.js")
"""The paths of the service itself."""


def _paths(tables: Iterable[str]) -> dict[str, str]:
    """The path of each table: its name, without characters that mean something in a path, and numbered if taken."""
    taken: set[str] = set(_TAKEN)
    found: dict[str, str] = {}
    for table in tables:
        name = path = re.sub(r"[/{}]|^\.{0,2}$", "_", table)
        number = 2
        while path in taken:
            path, number = f"{name}_{number}", number + 1
        taken.add(path)
        found[table] = path
    return found


def _hide_others(model: type, columns: tuple[str, ...], served: Mapping[str, type]) -> None:
    """Hide the columns of a table that are not shown, and the relations that lead to tables which are not served."""
    shown = set(served.values())
    found = {*columns, *(name for name, target in relations_of(model).items() if target in shown)}
    for name, attribute in cast("Mapper[Any]", inspect(model)).attrs.items():
        if name not in found:
            attribute.info[INFO_KEY] = field_rights(filter=False, sort=False)


def _item(model: type, columns: tuple[str, ...]) -> type[BaseModel]:
    """The response model of a table. Bytes have no form in JSON that a person reads, and are left out."""
    described = SQLAlchemyORM().model(model)
    fields: dict[str, Any] = {}
    for place, name in enumerate(columns):
        member = described.members[name]
        if isinstance(member, ModelField) and not isinstance(member.kind, kinds.Binary):
            # A column may have any name; an attribute of a response model may not begin with an underscore.
            kind: Any = _type(member.kind)
            type_: Any = Annotated[kind | None, WrapValidator(_as_stored), _AS_IT_IS]
            fields[f"column_{place}"] = (type_, Field(alias=name))
    config = ConfigDict(from_attributes=True, populate_by_name=True)
    return create_model(f"{model.__name__}Out", __config__=config, **fields)


def _as_stored(value: Any, read: Any) -> Any:
    """A value that is none of the type of its column, which SQLite allows, as it is stored; NaN as a text."""
    found = for_json(value) if isinstance(value, bytes | float | decimal.Decimal) else value
    return found if isinstance(found, str | int | float) else read(found)


def _type(kind: kinds.Kind) -> Any:
    match kind:
        case kinds.Boolean():
            return bool
        case kinds.Integer(maximum=maximum):
            # Clients may have to know: JavaScript rounds larger numbers.
            return int if maximum < 2**53 else Annotated[int, Field(json_schema_extra={"format": "int64"})]
        case kinds.Decimal():
            return decimal.Decimal
        case kinds.Float():
            return float
        case kinds.Date():
            return dt.date
        case kinds.Time():
            return dt.time
        case kinds.DateTime():
            return dt.datetime
        case kinds.Duration():
            return dt.timedelta
        case kinds.Uuid(as_text=False):
            return uuid.UUID
        case kinds.Text() | kinds.Uuid() | kinds.Enumeration():
            return str
        case kinds.Json() | kinds.Array() | kinds.Opaque() | kinds.Binary():
            return Any
