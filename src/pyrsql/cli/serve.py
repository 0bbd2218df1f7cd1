"""`pyrsql serve`: a database, a CSV or a Parquet file as a web service, in one command."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from sqlalchemy import Engine

from pyrsql.cli.database import Reflected, read_only_engine, reflect_models, rows_of
from pyrsql.cli.exposure import Exposure, exposed, is_loopback, read_allowed
from pyrsql.cli.files import is_file
from pyrsql.cli.refusals import refusing
from pyrsql.cli.service import answer_this_machine_only, service
from pyrsql.cli.show import out
from pyrsql.cli.sources import keys_of, url_of
from pyrsql.errors import ConfigurationError


def serve(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A SQLAlchemy URL, or a CSV, TSV or Parquet file.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any.")] = 8000,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE:COLUMNS", help="The columns that clients may see: 'users:id,name', 'posts:*'."),
    ] = None,
    allow_file: Annotated[Path | None, typer.Option(help="The same as a TOML file: [allow] users = ['id'].")] = None,
    key: Annotated[
        list[str] | None, typer.Option(metavar="VIEW:COLUMNS", help="The columns that identify a row of a view.")
    ] = None,
    schema_name: Annotated[str | None, typer.Option("--schema", help="The schema of the tables.")] = None,
    timeout: Annotated[float, typer.Option(min=0.01, help="Seconds that a statement may take.")] = 5.0,
) -> None:
    """Serve a database read-only: lists that are filtered, sorted, paged and documented, and a playground."""
    with refusing(), ExitStack() as stack:
        url = url_of(target, stack)
        engine = read_only_engine(url, timeout)
        stack.callback(engine.dispose)
        reflected = reflect_models(engine, keys_of(key or []), schema_name)
        exposure = exposed(reflected.models, read_allowed(allow or [], allow_file), host)
        title = Path(target).name if is_file(target) else url.database or target
        _refuse_nothing(title, reflected, exposure)
        listener = stack.enter_context(_listening(host, port))
        app = service(engine, reflected.models, exposure, title)
        if is_loopback(host):
            answer_this_machine_only(app)
        _greet(app.title, reflected, exposure, engine)
        shown, bound = listener.getsockname()[:2]
        out.print(f"http://{f'[{shown}]' if ':' in shown else shown}:{bound}/")
        with suppress(KeyboardInterrupt):
            uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        # Python adds the address to the words of the system.
        why = str(error.strerror).partition(" (")[0]
        raise ConfigurationError(f"{host} port {port}: {why}. Name others with --host and --port.") from error


def _refuse_nothing(title: str, reflected: Reflected, exposure: Exposure) -> None:
    if not any(exposure.columns.values()):
        keyless = f"; name the key of one with --key: {', '.join(reflected.keyless)}" if reflected.keyless else ""
        raise ConfigurationError(f"{title} has no table with a key that could be served{keyless}")


def _greet(title: str, reflected: Reflected, exposure: Exposure, engine: Engine) -> None:
    tables = [table for table, columns in exposure.columns.items() if columns]
    rows = rows_of(engine, [reflected.models[table] for table in tables])
    counted = "" if rows is None else f", {_number(rows, 'row')}"
    out.print(f"{title}: {_number(len(tables), 'table')}{counted}")
    if exposure.hidden:
        out.print(f"Hidden because of their names: {', '.join(exposure.hidden)}")
    if reflected.keyless:
        out.print(f"Not served, because no key identifies their rows (--key): {', '.join(reflected.keyless)}")
    if reflected.unreadable:
        out.print(f"Not served, because they cannot be read: {', '.join(reflected.unreadable)}")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
