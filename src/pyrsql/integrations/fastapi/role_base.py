"""The statement of the role of a request, where roles have statement factories of their own."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant, solve_dependencies
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import Response

from pyrsql.adapters.fastapi.signature import keyword_only
from pyrsql.errors import ConfigurationError

T = TypeVar("T")


def of_role(by_role: Mapping[Any, T], role: object) -> T | None:
    """The value of a role; None for a role without one, and for an object that can be no key of a mapping."""
    try:
        return by_role.get(role)
    except TypeError:
        return None


class RoleBase:
    """A FastAPI dependency that runs the statement factory of the role of a request, with all that it depends on, and
    those of no other role.

    FastAPI runs every dependency that a signature names, so this one names no factory. It asks FastAPI to solve the
    factory of the role when it is called. A dependency that both a factory and the route have runs twice.

    Args:
        role: the FastAPI dependency that gives the role.
        factories: role -> its factory; a role without one has a statement that no request changes.

    Raises:
        ConfigurationError: a factory that reads the body of the request.
    """

    def __init__(self, role: Callable[..., Any], factories: Mapping[Any, Callable[..., Any]]) -> None:
        self._by_role = {name: _dependant(factory) for name, factory in factories.items()}
        for name, dependant in self._by_role.items():
            if _reads_body(dependant):
                raise ConfigurationError(
                    f"by_role: the statement_factory of the role {name!r} reads the body, which only one that all "
                    "roles share can do"
                )
        self.__signature__: inspect.Signature = inspect.Signature(
            [
                keyword_only("role", Annotated[Any, Depends(role)]),
                keyword_only("request", Request),
                keyword_only("response", Response),
            ]
        )

    @property
    def dependants(self) -> tuple[Dependant, ...]:
        """The dependencies that it solves when it is called: their parameters are declared by the route."""
        return tuple(self._by_role.values())

    async def __call__(self, *, role: Any, request: Request, response: Response) -> AsyncIterator[Select[Any] | None]:
        """The statement of the role; None where no factory makes it."""
        dependant = of_role(self._by_role, role)
        if dependant is None:
            yield None
            return
        # FastAPI closes what the factory opens when it closes this dependency.
        async with AsyncExitStack() as stack:
            solved = await solve_dependencies(
                request=request,
                dependant=dependant,
                response=response,
                dependency_overrides_provider=request.app,
                async_exit_stack=stack,
                embed_body_fields=False,
            )
            if solved.errors:
                raise RequestValidationError(solved.errors)
            yield solved.values["base"]


def _dependant(factory: Callable[..., Any]) -> Dependant:
    """FastAPI's description of a function that depends on a factory: overrides count for the factory, too."""

    def taken(base: Any) -> None: ...

    annotation = Annotated[Any, Depends(factory)]
    taken.__signature__ = inspect.Signature([keyword_only("base", annotation)])  # type: ignore[attr-defined]  # `inspect` documents it
    return get_dependant(path="", call=taken)


def _reads_body(dependant: Dependant) -> bool:
    return bool(dependant.body_params) or any(map(_reads_body, dependant.dependencies))
