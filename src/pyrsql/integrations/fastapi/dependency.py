"""The dependency that turns a request into the result of an endpoint, such as a statement."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.dependency import read_query, run_off_loop_if_long
from pyrsql.adapters.fastapi.parameters import ParameterValues
from pyrsql.adapters.fastapi.signature import ParameterDocs, signature
from pyrsql.integrations.fastapi.endpoint import Endpoint
from pyrsql.validation.plan import Criteria

ResultT = TypeVar("ResultT")


class EndpointDependency(Generic[ResultT]):
    """Reads and validates filter, sort and page of a request, and gives the result of `make`.

    It is async although it rarely waits: FastAPI would run a plain function in a thread, which costs more than the
    work.

    Args:
        endpoint: how the request is validated.
        make: validated criteria and the statement of the request, where it has one of its own -> result.
        documents: the documentation of the parameters in OpenAPI.
        takes_base: the result is made of the statement that the endpoint narrows.
        counts: the result is a number of rows, which needs no order.

    Raises (when called):
        CriteriaError: everything that is wrong with the request, answered with status 400 or 422.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        make: Callable[[Criteria, Select[Any] | None], ResultT],
        documents: ParameterDocs,
        *,
        takes_base: bool = True,
        counts: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.config: FastAPICriteriaConfig = endpoint.config
        self._make = make
        self._takes_base = takes_base
        self._counts = counts
        parameters = signature(endpoint.config, documents).parameters.values()
        own = endpoint.base.parameters if takes_base else []
        self.__signature__: inspect.Signature = inspect.Signature([*parameters, *own])

    async def __call__(self, *, connection: HTTPConnection, base: Select[Any] | None = None, **_: object) -> ResultT:
        """Read the query of a request."""
        return await self.read(await read_query(self.endpoint.config, connection), base=base)

    async def read(self, given: ParameterValues, *, base: Select[Any] | None = None) -> ResultT:
        """Read the values of the parameters, wherever the request has them."""

        def check() -> None:
            if self._takes_base:
                self.endpoint.check(base, None if self._counts else "page")

        return await run_off_loop_if_long(lambda texts: self._make(self.endpoint.read(texts, check=check), base), given)
