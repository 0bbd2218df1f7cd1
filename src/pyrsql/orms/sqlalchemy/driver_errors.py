"""The code of the database in an error of a driver. Each driver keeps it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast


def sqlstate(error: object) -> str | None:
    """The five letters that PostgreSQL gives an error; None where the driver tells none.

    Psycopg and asyncpg name them `sqlstate`, psycopg2 `pgcode`; pg8000 has them in a mapping.
    """
    first = _first_argument(error)
    own: object = cast("Mapping[object, object]", first).get("C") if isinstance(first, Mapping) else None
    given = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or own
    return given if isinstance(given, str) else None


def error_number(error: object) -> int | None:
    """The number that MySQL and MariaDB give an error; None where the driver tells none."""
    given = getattr(error, "errno", None) or _first_argument(error)
    return given if isinstance(given, int) else None


def _first_argument(error: object) -> object:
    return next(iter(getattr(error, "args", ())), None)
