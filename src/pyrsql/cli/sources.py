"""The target of `serve` and `query`: a database by its URL, or a file that is loaded into one."""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from pyrsql.cli.files import is_file, load
from pyrsql.cli.show import err
from pyrsql.errors import ConfigurationError


def url_of(target: str, stack: ExitStack) -> URL:
    """The database of a target; a file is loaded into one that goes away with the stack.

    Raises:
        ConfigurationError: the target is neither a URL nor a file that is there and can be read.
    """
    if is_file(target) and "://" not in target:
        source = Path(target)
        if not source.exists():
            raise ConfigurationError(f"there is no file {target!r}")
        database = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "rows.db"
        _load(source, database)
        return URL.create("sqlite", database=str(database))
    if _is_sqlite(target):
        return URL.create("sqlite", database=target)
    try:
        url = make_url(target)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        hint = next((hint for form, hint in _HINTS if re.search(form, target)), "")
        if isinstance(error, ValueError):
            hint = ": its port is no number"
        raise ConfigurationError(
            f"{target!r} is no database URL and no file of SQLite, CSV or Parquet{hint}"
        ) from error
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise ConfigurationError(f"there is no file {url.database!r}")
    return url


_HINTS = (
    ("^postgres:", ": write postgresql:// in front"),
    (r"\.xlsx?$", ": save the sheet as CSV"),
    ("^https?:", ": download it first"),
    ("^[a-z0-9+]+:/?[^/]", ": write dialect://user@host/database"),
)
"""Forms of targets that people try, and what to do instead."""

_SQLITE = b"SQLite format 3\0"
"""The first bytes of a SQLite file."""


def _is_sqlite(target: str) -> bool:
    try:
        with Path(target).open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except (OSError, ValueError):
        return False


def keys_of(written: list[str]) -> dict[str, tuple[str, ...]]:
    """Read `view:column,column`.

    Raises:
        ConfigurationError: an entry of another form.
    """
    found: dict[str, tuple[str, ...]] = {}
    for entry in written:
        table, colon, columns = entry.partition(":")
        if not (table and colon and columns):
            raise ConfigurationError(f"write --key 'view:column,column', not {entry!r}")
        found[table] = tuple(column.strip() for column in columns.split(","))
    return found


def _load(source: Path, database: Path) -> None:
    columns = (
        TextColumn("Loading {task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(source.name, total=None)
        load(source, database, lambda done, total: progress.update(task, completed=done, total=total))
