"""Which columns of a database `pyrsql serve` shows: on this machine all but secrets, elsewhere only what is named."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pyrsql.cli.database import columns_of
from pyrsql.errors import ConfigurationError
from pyrsql.validation.secrets import looks_secret

ALL = "*"
"""Stands for every column of a table."""

Allowed = Mapping[str, tuple[str, ...]]
"""The columns that clients may see, by table."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """The columns that a server shows.

    Args:
        columns: the names of the columns by table, the tables without any left out.
        hidden: the columns that are not shown because of their names, as `table.column`.
    """

    columns: Mapping[str, tuple[str, ...]]
    hidden: tuple[str, ...] = ()


def exposed(models: Mapping[str, type], allowed: Allowed, host: str) -> Exposure:
    """The columns that a server on a host shows.

    Args:
        models: the mapped classes by table.
        allowed: what was named; nothing for the default of the host.
        host: the address that the server listens on.

    Raises:
        ConfigurationError: nothing was named for a host that others reach, or a name that is not there.
    """
    columns = {table: columns_of(model) for table, model in models.items()}
    if allowed:
        return Exposure({table: _named(table, names, columns) for table, names in allowed.items()})
    if not is_loopback(host):
        raise ConfigurationError(
            f"others can reach {host}, so nothing is shown unless you name it: --allow 'table:column,column'"
        )
    hidden = tuple(f"{table}.{name}" for table, names in columns.items() for name in names if looks_secret(name))
    shown = {table: tuple(name for name in names if not looks_secret(name)) for table, names in columns.items()}
    return Exposure(shown, hidden)


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_allowed(written: Iterable[str], file: Path | None) -> dict[str, tuple[str, ...]]:
    """Read what is allowed, from `table:column,column` or `table:*`, and from the table `allow` of a TOML file.

    Raises:
        ConfigurationError: an entry of another form, or a file that cannot be read.
    """
    found = _from_file(file) if file else {}
    for entry in written:
        table, colon, names = entry.partition(":")
        if not (table and colon and names):
            raise ConfigurationError(f"write --allow 'table:column,column' or 'table:*', not {entry!r}")
        found[table] = (*found.get(table, ()), *(name.strip() for name in names.split(",")))
    return found


def _from_file(file: Path) -> dict[str, tuple[str, ...]]:
    try:
        given: Any = tomllib.loads(file.read_text(encoding="utf-8")).get("allow")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    if not isinstance(given, dict):
        raise ConfigurationError(f"{file}: expected a table [allow] such as: users = ['id', 'name']")
    found: dict[str, tuple[str, ...]] = {}
    for table, names in cast("dict[str, Any]", given).items():
        listed: list[Any] = [*names] if isinstance(names, list) else [names]
        if not all(isinstance(name, str) for name in listed):
            raise ConfigurationError(f"{file}: expected a list of columns for {table!r}")
        found[table] = tuple(listed)
    return found


def _named(table: str, names: tuple[str, ...], columns: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if table not in columns:
        raise ConfigurationError(f"there is no table {table!r} with a key")
    if ALL in names:
        return columns[table]
    missing = [name for name in names if name not in columns[table]]
    if missing:
        raise ConfigurationError(f"{table!r} has no column {missing[0]!r}")
    return tuple(dict.fromkeys(names))
