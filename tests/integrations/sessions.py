"""Session dependencies of both kinds over a file of SQLite."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

SessionDependency = Callable[..., Any]


def filled(folder: Path, metadata: MetaData, rows: Iterable[object]) -> Path:
    """A new database with the tables and the rows."""
    file = folder / "app.db"
    engine = create_engine(f"sqlite:///{file}")
    metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows)
        session.commit()
    engine.dispose()
    return file


def session_dependency(kind: str, file: Path, statements: list[str]) -> SessionDependency:
    """A dependency that gives a session.

    Args:
        kind: "sync" or "async".
        file: the database.
        statements: takes the statements that the session runs; those of earlier tests are removed.
    """
    statements.clear()

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        statements.append(statement)

    def get_session() -> Iterator[Session]:
        engine = create_engine(f"sqlite:///{file}")
        event.listen(engine, "before_cursor_execute", note)
        try:
            with Session(engine) as session:
                yield session
        finally:
            engine.dispose()

    async def get_async_session() -> AsyncIterator[AsyncSession]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        try:
            async with AsyncSession(engine) as session:
                yield session
        finally:
            await engine.dispose()

    return get_session if kind == "sync" else get_async_session
