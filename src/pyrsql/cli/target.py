"""The class that `--model` names: a mapped class, or a resource of a service with its rights."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import FastAPISQLAlchemyResource
from pyrsql.models.schema import Schema
from pyrsql.orms.sqlalchemy import schema


def schema_of(target: str) -> Schema:
    """The schema of `app.models:User`, or of a resource `app.main:users`.

    Args:
        target: a module, found from the working directory, and a name in it.

    Raises:
        typer.BadParameter: it cannot be imported, or is neither a mapped class nor a resource.
    """
    module, colon, name = target.partition(":")
    if not colon or not module or not name or module.startswith("."):
        raise typer.BadParameter(
            f"write a module and a class, such as app.models:User, not {target!r}", param_hint="--model"
        )
    sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module)
        for step in name.split("."):
            found = getattr(found, step)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # The module is the user's: whatever ends its import is an answer, not an error of this command.
        raise typer.BadParameter(f"{target}: {_described(error)}", param_hint="--model") from error
    if isinstance(found, FastAPISQLAlchemyResource):
        return found.endpoint.schema
    if not isinstance(found, type):
        raise typer.BadParameter(
            f"{target}: {type(found).__name__} is neither a mapped class nor a resource", param_hint="--model"
        )
    try:
        return schema(found)
    except (ConfigurationError, SQLAlchemyError) as error:
        raise typer.BadParameter(f"{target}: {error}", param_hint="--model") from error


def _described(error: BaseException) -> str:
    known = isinstance(error, ImportError | AttributeError)
    return str(error) if known else f"{type(error).__name__}: {error}"
