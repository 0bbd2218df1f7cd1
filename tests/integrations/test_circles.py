"""Rows that lead back to themselves: a request for them ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import ForeignKey, StaticPool, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from starlette.testclient import TestClient

from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration


class Base(DeclarativeBase):
    pass


class Worker(Base):
    __tablename__ = "circle_workers"

    id: Mapped[int] = mapped_column(primary_key=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("circle_workers.id"))
    boss: Mapped[Worker | None] = relationship(remote_side=[id])


class WorkerOut(BaseModel):
    id: int
    boss: WorkerOut | None


@pytest.mark.parametrize("is_circle", [True, False])
def test_a_model_that_contains_itself(is_circle: bool) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    length = 2 if is_circle else 40
    with Session(engine) as session:
        session.add_all(Worker(id=place, boss_id=None if place == 1 else place - 1) for place in range(1, length + 1))
        session.flush()
        if is_circle:
            session.get_one(Worker, 1).boss_id = 2
        session.commit()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    workers = FastAPISQLAlchemyIntegration().resource(Worker, item=WorkerOut)
    app = FastAPI()
    app.include_router(workers.router(get_session), prefix="/workers")
    answer = TestClient(app, raise_server_exceptions=False).get(f"/workers/{length}")
    assert len(statements) < 50
    if is_circle:
        # Pydantic writes no row inside itself.
        assert answer.status_code == 500
        return
    found, depth = answer.json(), 0
    while found is not None:
        found, depth = found["boss"], depth + 1
    assert depth == length
