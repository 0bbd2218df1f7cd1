"""The dependency that turns a request into whatever an endpoint makes of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Generic, TypeVar

from pyrsql.adapters.fastapi.reading import Numbers, Values
from pyrsql.adapters.fastapi.signature import Documents, signature
from pyrsql.integrations.fastapi.endpoint import Endpoint
from pyrsql.plan import Criteria

ResultT = TypeVar("ResultT")


class EndpointDependency(Generic[ResultT]):
    """Reads and judges filter, sort and page of a request, and gives what `make` makes of them.

    Async, though it waits for nothing: FastAPI would run a plain function in a thread, which costs more than
    it does.

    Args:
        endpoint: how the request is judged.
        make: proven criteria -> result.
        documents: what OpenAPI says of the parameters.

    Raises (when called):
        CriteriaError: everything that is wrong with the request, answered with status 400 or 422.
    """

    def __init__(self, endpoint: Endpoint, make: Callable[[Criteria], ResultT], documents: Documents) -> None:
        self._endpoint = endpoint
        self._make = make
        self.__signature__: inspect.Signature = signature(endpoint.config, documents)

    async def __call__(
        self, *, filter: Values = None, sort: Values = None, page: Numbers = None, size: Numbers = None
    ) -> ResultT:
        """Read the values that a request gives the four parameters."""
        return self._make(self._endpoint.read(filter, sort, page, size))
