"""Errors that are not errors of pyrsql: they end a command with one line on stderr and no traceback."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import typer
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pyrsql.cli.show import err
from pyrsql.errors import ConfigurationError

WRONG_TEXT = 1
"""The exit code for a filter or sort that is wrong."""

WRONG_USAGE = 2
"""The exit code for all else that the user has to change: an option, a file, a database that does not answer."""


@contextmanager
def refusing() -> Generator[None]:
    """End the command where a database, a driver or a file is not as it has to be.

    Raises:
        typer.Exit: code 2, after a line on stderr.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except ImportError as error:
        raise refused(f"{error}: install the driver of the database, psycopg or pymysql") from error
    except DBAPIError as error:
        raise refused(f"The database says: {_first_line(error.orig)}") from error
    except (ConfigurationError, SQLAlchemyError, OSError, UnicodeError) as error:
        raise refused(_first_line(error)) from error


def refused(message: str) -> typer.Exit:
    """Print why a command ends, and the exit that ends it."""
    err.print(message)
    return typer.Exit(WRONG_USAGE)


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
