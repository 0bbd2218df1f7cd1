"""The class that `--model` names: a mapped class, or a resource of a service with its rights."""

from __future__ import annotations

import enum
import importlib
import sys
from typing import Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import FastAPISQLAlchemyResource
from pyrsql.integrations.fastapi.roles import RoleResources
from pyrsql.models.schema import Schema
from pyrsql.orms.sqlalchemy import schema


def schema_of(target: str, role: str | None = None) -> Schema:
    """The schema of `app.models:User`, or of a resource `app.main:users`.

    Args:
        target: a module, found from the working directory, and a name in it.
        role: one of the roles of a target made by `by_role`.

    Raises:
        typer.BadParameter: it cannot be imported, or is neither a mapped class nor a resource; a role that it has not.
    """
    found = _imported(target)
    if isinstance(found, RoleResources):
        return _of_role(target, found, role).endpoint.schema
    without_role(role)
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


def without_role(role: str | None) -> None:
    """Refuse a role where nothing has roles.

    Raises:
        typer.BadParameter: a role.
    """
    if role is not None:
        raise typer.BadParameter("only resources by role, named with --model, have roles", param_hint="--role")


def _of_role(target: str, found: RoleResources, role: str | None) -> FastAPISQLAlchemyResource:
    named = {_spelled(one): resource for one, resource in found.resources.items()}
    if role is None or role not in named:
        raise typer.BadParameter(f"name one of the roles that {target} has: {', '.join(named)}", param_hint="--role")
    return named[role]


def _spelled(role: object) -> str:
    return str(role.value if isinstance(role, enum.Enum) else role)


def _imported(target: str) -> Any:
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
    return found


def _described(error: BaseException) -> str:
    known = isinstance(error, ImportError | AttributeError)
    return str(error) if known else f"{type(error).__name__}: {error}"
