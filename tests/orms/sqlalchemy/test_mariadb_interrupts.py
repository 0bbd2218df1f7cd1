"""Statements over JSON documents do not end a MariaDB server when they are interrupted.

MariaDB 10.11 ends with signal 11 when a subquery that sorts the rows of JSON_TABLE is interrupted, by KILL QUERY or by
`max_statement_time`. These tests start a server of their own, so that no other one is in danger.
"""

import getpass
import os
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Engine, ForeignKey, Select, create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import pyrsql
from pyrsql.options import JSONOptions, JSONSortScalarType, QueryOptions, SortOptions
from pyrsql.orms.sqlalchemy import SQLAlchemyORM

INTERRUPTS = int(os.environ.get("PYRSQL_MARIADB_INTERRUPTS", "20"))
"""How many statements are interrupted: 200 take minutes."""

ROWS = 60
INTERRUPTED = (1317, 1969)
"""Error codes: by KILL QUERY, and by `max_statement_time`."""


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "interrupted_customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "interrupted_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(JSON)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id))


TYPED = JSONOptions(
    use_datetime=True,
    sort_field_types={"data.a.n": JSONSortScalarType.NUMERIC, "data.a.t": JSONSortScalarType.DATETIME},
)
STATEMENTS: tuple[tuple[type[Base], str | None, str | None], ...] = (
    (Order, None, "data.a"),
    (Order, None, "-data.a.a.a"),
    (Order, None, "data.a.a,ic"),
    (Order, None, "data.a.n;data.a.t,desc"),
    (Customer, None, "orders.data.a"),
    (Customer, None, "-orders.data.a.n"),
    (Order, "data.a.a==txt*,data.a.n>5", None),
    (Order, "data.a.t>2024-01-05;data.a=nn=", "data.a.t"),
    (Order, "data.a=='[1,{\"n\":2}]',data.a.a=in=(1,txt2,true),data.a.a!=txt3", None),
    (Customer, "orders.data.a.n>5,orders.data.a.a==txt1*", "orders.data.a.a"),
)


def statement(model: type[Base], filter: str | None, sort: str | None) -> Select[Any]:
    orm = SQLAlchemyORM()
    filtered = pyrsql.apply(select(model), model, filter, orm=orm, options=QueryOptions(json_options=TYPED))
    return pyrsql.Sort.parse(sort, options=SortOptions(json_options=TYPED)).apply(filtered, model, orm=orm)


@contextmanager
def throwaway_server() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A MariaDB server of this test's own, on a free port: its process and its port."""
    server, install = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    if server is None or install is None:
        pytest.skip("mariadbd and mariadb-install-db are not installed")
    with tempfile.TemporaryDirectory(prefix="pyrsql-mariadb-") as folder, socket.socket() as free:
        data, sock = Path(folder, "data"), Path(folder, "socket")
        options = ["--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}"]
        made = subprocess.run(
            [install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"], capture_output=True
        )
        if made.returncode:
            pytest.skip(f"mariadb-install-db cannot make a database: {made.stderr.decode(errors='replace')[-200:]}")
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(
                [server, *options, f"--socket={sock}", f"--port={port}", "--bind-address=127.0.0.1"],
                stdout=log,
                stderr=log,
            )
            try:
                yield process, port
            finally:
                process.terminate()
                process.wait(30)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[subprocess.Popen[bytes], Engine]]:
    with throwaway_server() as (process, port):
        engine = create_engine(f"mysql+pymysql://root@127.0.0.1:{port}/mysql")
        for _ in range(150):
            try:
                with engine.begin() as connection:
                    connection.execute(text("CREATE DATABASE pyrsql"))
                break
            except DBAPIError:
                if process.poll() is not None:
                    pytest.skip("mariadbd does not start here")
                time.sleep(0.2)
        engine.dispose()
        engine = create_engine(f"mysql+pymysql://root@127.0.0.1:{port}/pyrsql")
        fill(engine)
        yield process, engine
        engine.dispose()


def fill(engine: Engine) -> None:
    chosen = random.Random(20)

    def value(depth: int = 0) -> object:
        if depth < 3 and chosen.random() < 0.5:
            day = chosen.randrange(1, 29)
            return {"a": value(depth + 1), "n": chosen.randrange(50), "t": f"2024-01-{day:02}"}
        if depth < 3 and chosen.random() < 0.5:
            return [value(depth + 1) for _ in range(chosen.randrange(4))]
        return chosen.choice([chosen.randrange(100), chosen.random(), f"txt{chosen.randrange(50)}", True, None])

    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Customer), [{"id": number} for number in range(1, ROWS + 1)])
        orders = [
            {"id": number, "data": {"a": value()}, "customer_id": chosen.randrange(1, ROWS + 1)}
            for number in range(1, 2 * ROWS + 1)
        ]
        connection.execute(insert(Order), orders)


def is_interrupted(engine: Engine, whole: Select[Any], after: float, *, by_kill: bool) -> bool:
    """Run a statement and interrupt it after some seconds: False where it was done before."""
    with engine.connect() as connection, engine.connect() as other:
        number = connection.connection.dbapi_connection.thread_id()  # type: ignore[union-attr]  # it is connected
        timer = threading.Timer(after, lambda: other.execute(text(f"KILL QUERY {number}")))
        limit = 0 if by_kill else max(after, 0.001)
        connection.execute(text(f"SET SESSION max_statement_time = {limit:.4f}"))
        try:
            if by_kill:
                timer.start()
            connection.execute(whole).all()
        except DBAPIError as error:
            if error.orig is not None and error.orig.args[0] in INTERRUPTED:
                return True
            raise
        finally:
            if by_kill:
                timer.join()
            connection.execute(text("SET SESSION max_statement_time = 0"))
    return False


def test_interrupted_statements_leave_the_server_alive(
    server: tuple[subprocess.Popen[bytes], Engine],
) -> None:
    process, engine = server
    chosen = random.Random(7)
    for number, written in enumerate(STATEMENTS):
        whole = statement(*written)
        start = time.perf_counter()
        with Session(engine) as session:
            session.execute(whole).all()
        lasts = time.perf_counter() - start
        interrupted = 0
        for attempt in range(20 * INTERRUPTS):
            interrupted += is_interrupted(engine, whole, chosen.random() * lasts, by_kill=attempt % 2 == number % 2)
            assert process.poll() is None, f"the server ended: {written}"
            if interrupted == INTERRUPTS // len(STATEMENTS):
                break
        assert interrupted == INTERRUPTS // len(STATEMENTS)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_sort_over_a_to_many_path_has_the_same_order_as_on_sqlite(
    server: tuple[subprocess.Popen[bytes], Engine],
) -> None:
    _, engine = server
    sqlite = create_engine("sqlite://")
    fill(sqlite)
    for sort in ("orders.data.a", "-orders.data.a.a", "orders.data.a.n", "-orders.data.a.n,nullslast"):
        whole = statement(Customer, None, sort).with_only_columns(Customer.id)
        with engine.connect() as one, sqlite.connect() as other:
            assert one.scalars(whole).all() == other.scalars(whole).all()
