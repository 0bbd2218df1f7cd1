"""The statement that the requests of an endpoint narrow: the same for all, or made for each request."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ForwardRef, cast, get_args, get_origin

from fastapi import BackgroundTasks, Depends, Response, params
from fastapi.dependencies.utils import get_typed_signature
from fastapi.security import SecurityScopes
from sqlalchemy import CompoundSelect, Select
from sqlalchemy.orm import FromStatement
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from pyrsql.adapters.fastapi.signature import keyword_only
from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy.base_statements import root_entity
from pyrsql.orms.sqlalchemy.reflect import reflect

BASE = "base"
"""The parameter of a dependency that takes the statement made for a request."""

_GIVEN_BY_FASTAPI = (HTTPConnection, Response, BackgroundTasks, SecurityScopes)


@dataclass(frozen=True, slots=True)
class StatementSource:
    """The source of the statement that requests narrow.

    Args:
        factory: makes it.
        per_request: the factory is a FastAPI dependency, which runs once in each request.
        label: its name in messages; empty where it is not the developer's own.
        model: the model of its rows.
    """

    factory: Callable[..., Any]
    per_request: bool = False
    label: str = ""
    model: type | None = None

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """The parameter by which FastAPI gives the statement of a request to a dependency."""
        if not self.per_request:
            return []
        return [keyword_only(BASE, Annotated[Any, Depends(self.factory)])]

    def statement(self, given: Select[Any] | None = None) -> Select[Any]:
        """The statement to narrow.

        Args:
            given: the statement of the request, where there is one.

        Raises:
            ConfigurationError: the statement depends on the request, and none is given.
        """
        if given is not None:
            return self._select(given)
        if self.per_request:
            raise ConfigurationError(
                f"{self.label} gave no statement: let it return a select. It has parameters, so a function of the "
                "resource that you call yourself takes its statement as base=…"
            )
        return self._select(self.factory())

    def _select(self, made: object) -> Select[Any]:
        if not isinstance(made, Select):
            if inspect.iscoroutine(made):
                made.close()
            raise ConfigurationError(f"{self.label or 'the base statement'} returned {_shown(made)}")
        found = cast("Select[Any]", made)
        if self.model is not None:
            try:
                root_entity(found, reflect(self.model))
            except ConfigurationError as error:
                raise ConfigurationError(f"{self.label}: {error}") from None
        return found


def _shown(made: object) -> str:
    """The result of a factory that is no select, and what to do about it."""
    name = type(made).__name__
    match made:
        case None:
            return "None: let it return a select"
        case CompoundSelect() | FromStatement():
            return f"a {name}: select from it, as in select(aliased(User, union.subquery()))"
        case _ if inspect.iscoroutine(made):
            return "a coroutine: declare it with async def, or let it return the select itself"
        case _:
            return f"a {name}: let it return a select"


def statement_source(factory: Callable[..., Any], model: type) -> StatementSource:
    """Check a statement factory, and find out whether it is a FastAPI dependency.

    Args:
        factory: makes the statement. Without parameters it is called as it is; with parameters, or where it is async or
            a generator, it is a FastAPI dependency.
        model: the model of its rows, for messages.

    Raises:
        ConfigurationError: it cannot be called, an annotation cannot be resolved, or FastAPI would read a parameter
            from the client's request although the parameter does not say so.
    """
    label = f"the statement_factory {_name(factory)} of {model.__name__}"
    given: object = factory
    if inspect.isclass(given) or not callable(given):
        raise ConfigurationError(f"{label} is no function that returns a select")
    try:
        signature = get_typed_signature(factory)
    except Exception as error:
        raise ConfigurationError(f"{label}: an annotation cannot be resolved: {error}") from error
    for parameter in signature.parameters.values():
        fault = _fault(parameter)
        if fault is not None:
            raise ConfigurationError(f"{label}: {fault}")
    return StatementSource(factory, bool(signature.parameters) or _is_async_or_generator(factory), label, model)


def _fault(parameter: inspect.Parameter) -> str | None:
    """Why the value of a parameter may not be left to FastAPI."""
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        return f"FastAPI gives the parameter {parameter.name!r} by its name: leave out the '/' behind it"
    annotation = parameter.annotation
    metadata: tuple[Any, ...] = ()
    if get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata = tuple(more)
    said = (*metadata, parameter.default)
    if any(isinstance(one, params.Param | params.Body) for one in said):
        return None
    depends = next((one for one in said if isinstance(one, params.Depends)), None)
    if depends is not None:
        # `Depends()` on a class, and `Depends(Class)`, read the parameters of the class itself.
        if depends.dependency in (None, annotation) and inspect.isclass(annotation):
            inner = get_typed_signature(cast("Callable[..., Any]", annotation)).parameters.values()
            return next((fault for fault in map(_fault, inner) if fault is not None), None)
        return None
    if isinstance(annotation, str | ForwardRef):
        return f"the annotation of the parameter {parameter.name!r} cannot be resolved: {annotation!r}"
    if inspect.isclass(annotation) and issubclass(annotation, WebSocket):
        return f"a list has no WebSocket for the parameter {parameter.name!r}: take the Request"
    if inspect.isclass(annotation) and issubclass(annotation, _GIVEN_BY_FASTAPI):
        return None
    return (
        f"a client would choose the parameter {parameter.name!r}, and with it the rows it may see. Annotate it with "
        "Depends(…), Security(…) or Request; if a client may choose it, say so with Path(), Query() or Header()"
    )


def _is_async_or_generator(factory: Callable[..., Any]) -> bool:
    functions = (factory, type(factory).__call__)
    checks = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(check(function) for function in functions for check in checks)


def _name(factory: object) -> str:
    return str(getattr(factory, "__qualname__", repr(factory)))
