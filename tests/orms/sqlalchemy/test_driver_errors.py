"""The errors of drivers: a cursor that no row gave is refused by each of them, and is no error of the service."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.driver_errors import error_number, sqlstate
from tests.databases import Database
from tests.orms.sqlalchemy.test_keyset import refused_or_run


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "driver_tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    takes: Mapped[dt.timedelta]
    clock: Mapped[dt.time]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("sort", ["takes", "clock"])
def test_a_forged_cursor_is_refused(postgres_database: Database, driver: str, sort: str) -> None:
    engine = create_engine(postgres_database.sync_url.set(drivername=f"postgresql+{driver}"))
    with Session(engine) as session:
        Base.metadata.create_all(session.connection())
        session.add_all(Task(id=id, takes=dt.timedelta(hours=id), clock=dt.time(id)) for id in range(1, 5))
        session.flush()
        refused_or_run(session, schema(Task), select(Task), sort)
    engine.dispose()


def error(*arguments: object, **attributes: object) -> Any:
    made = Exception(*arguments)
    made.__dict__.update(attributes)
    return made


@pytest.mark.parametrize(
    ("raised", "state", "number"),
    [
        (error("text", sqlstate="22P02"), "22P02", None),
        (error("text", pgcode="22P02"), "22P02", None),
        (error({"S": "ERROR", "C": "22P02"}), "22P02", None),
        (error({"S": "ERROR"}), None, None),
        (error(1267, "text"), None, 1267),
        (error("text", errno=1267, sqlstate="HY000"), "HY000", 1267),
        (error("text"), None, None),
        (error(), None, None),
        (None, None, None),
    ],
)
def test_where_each_driver_keeps_the_code(raised: Any, state: str | None, number: int | None) -> None:
    assert sqlstate(raised) == state
    assert error_number(raised) == number
