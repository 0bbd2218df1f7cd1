"""The services of `benchmarks.keyset`: the same list by cursor, by pyrsql and by two other packages.

Each is a FastAPI application whose `/events` takes a sort, a cursor and a size, over one table with its indexes.
"""

# FastAPI reads the annotations of routes, which stand in functions: no `from __future__ import annotations` here.

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, Index, Select, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """One table with the indexes of its sorts."""


class Event(Base):
    """A row with ties and NULL."""

    __tablename__ = "bench_events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int]
    place: Mapped[int]
    score: Mapped[int | None]
    __table_args__ = (
        Index("bench_by_day", "day", "id"),
        Index("bench_by_place", "day", "place", "id"),
        Index("bench_by_score", "score", "id"),
    )


ORDERS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "id": lambda: (Event.id,),
    "day": lambda: (Event.day, Event.id),
    "-day;-place": lambda: (Event.day.desc(), Event.place.desc(), Event.id.desc()),
    "day;-place": lambda: (Event.day, Event.place.desc(), Event.id.desc()),
    "score": lambda: (Event.score.asc().nulls_last(), Event.id),
    "-score": lambda: (Event.score.desc().nulls_first(), Event.id.desc()),
}
"""A sort -> the same for contenders that take the ORDER BY of their user."""


class EventOut(BaseModel):
    """An event, as answers hold it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    day: int
    place: int
    score: int | None


def _sessions(engine: Engine) -> Any:
    """The dependency that gives a session, as FastAPI's documentation writes it."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    return get_session


def _sorted(sort: str) -> Select[Any]:
    return select(Event).order_by(*ORDERS[sort]())


def _pyrsql(engine: Engine) -> FastAPI:
    from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration

    app = FastAPI()
    page = FastAPISQLAlchemyIntegration().resource(Event, item=EventOut)
    dependency = page.cursor_page_dependency(EventOut, _sessions(engine))

    @app.get("/events")
    async def events(page: Annotated[CursorPage[EventOut], Depends(dependency)]) -> CursorPage[EventOut]:
        return page

    return app


class Answer(BaseModel):
    """A page of the route that is written by hand."""

    items: list[EventOut]
    next: str | None


def _sqlakeyset(engine: Engine) -> FastAPI:
    from sqlakeyset import select_page  # type: ignore[import-not-found]  # installed in an environment of its own

    app = FastAPI()

    @app.get("/events")
    def events(
        session: Annotated[Session, Depends(_sessions(engine))], sort: str, size: int, cursor: str | None = None
    ) -> Answer:
        page = select_page(session, _sorted(sort), per_page=size, page=cursor)
        following = page.paging.bookmark_next if page.paging.has_next else None
        return Answer(items=[EventOut.model_validate(row[0]) for row in page], next=following)

    return app


def _fastapi_pagination(engine: Engine) -> FastAPI:
    from fastapi_pagination import add_pagination  # type: ignore[import-not-found]  # installed in an environment of its own
    from fastapi_pagination.cursor import CursorPage  # type: ignore[import-not-found]  # installed in an environment of its own
    from fastapi_pagination.ext.sqlalchemy import paginate  # type: ignore[import-not-found]  # installed in an environment of its own

    app = FastAPI()

    @app.get("/events", response_model=CursorPage[EventOut])
    def events(session: Annotated[Session, Depends(_sessions(engine))], sort: str) -> Any:
        return paginate(session, _sorted(sort))

    add_pagination(app)
    return app


SERVICES: dict[str, Callable[[Engine], FastAPI]] = {
    "pyrsql": _pyrsql,
    "sqlakeyset": _sqlakeyset,
    "fastapi-pagination": _fastapi_pagination,
}
"""The name of a contender -> its service over a database."""
