"""The part that all dependencies of lists share: they read a request, and answer with rows as clients see them."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, TypeVar

from fastapi import Request, Response
from sqlalchemy import Select
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.dependency import is_long, read_query, run_off_loop_if_long
from pyrsql.adapters.fastapi.parameters import OF_CURSORS, OF_PAGES, OF_STREAMS, ParameterValues
from pyrsql.adapters.fastapi.signature import Paging, ParameterDocs, keyword_only, signature
from pyrsql.integrations.fastapi.endpoint import Endpoint
from pyrsql.integrations.fastapi.item_rows import ItemRows
from pyrsql.integrations.fastapi.sessions import SessionDependency, depends_on, in_session
from pyrsql.integrations.fastapi.statement_source import StatementSource
from pyrsql.integrations.fastapi.watch import watched
from pyrsql.problems import Source
from pyrsql.validation.plan import Criteria
from pyrsql.validation.statement_work import statement_work

if TYPE_CHECKING:
    # It needs greenlet, which a service with sessions of the other kind may not have.
    from sqlalchemy.ext.asyncio import AsyncSession

AnswerT = TypeVar("AnswerT")
ResultT = TypeVar("ResultT")

_PARAMETERS: dict[Paging, tuple[Source, ...]] = {"page": OF_PAGES, "cursor": OF_CURSORS, "none": OF_STREAMS}


class ListRequest(NamedTuple):
    """A validated request for a list, with everything that answers it.

    Args:
        criteria: its filter, sort and page.
        base: the statement that it narrows.
        request: the request itself.
        response: takes the headers of the answer.
        session: runs the statements.
        off_loop: the request makes more work than the event loop may do at a time.
    """

    criteria: Criteria
    base: Select[Any]
    request: Request
    response: Response
    session: Session | AsyncSession
    off_loop: bool

    async def run(self, work: Callable[[Criteria, Select[Any], Session], ResultT]) -> ResultT:
        """Do work that runs statements of the request in its session."""
        watching = watched(self.request, partial(work, self.criteria, self.base))
        return await in_session(self.session, watching, off_loop=self.off_loop)


class ListDependency(ABC, Generic[AnswerT]):
    """Validates a request, runs its statements in a session, and answers with items.

    Args:
        endpoint: validates the request, and has the statement that it narrows.
        documents: the documentation of the parameters in OpenAPI.
        item: the response model of a row, a Pydantic model that reads the attributes of the row.
        session: the dependency that gives the session, sync or async.
        paging: which page a request may ask for.

    Raises:
        ConfigurationError: an item that is no Pydantic model.
    """

    def __init__(
        self, endpoint: Endpoint, documents: ParameterDocs, item: Any, session: SessionDependency, paging: Paging
    ) -> None:
        self.rows: ItemRows = ItemRows(endpoint, item)
        self.endpoint = endpoint
        self.config: FastAPICriteriaConfig = endpoint.config
        self._paging: Paging = paging
        self.__signature__: inspect.Signature = _with_session(
            signature(endpoint.config, documents, paging), session, endpoint.base
        )

    async def __call__(
        self,
        *,
        connection: HTTPConnection,
        request: Request,
        response: Response,
        session: Session | AsyncSession,
        base: Select[Any] | None = None,
        **_: object,
    ) -> AnswerT:
        """Read the query of a request, and answer it."""
        given = await read_query(self.config, connection, _PARAMETERS[self._paging])
        return await self.read(given, request=request, response=response, session=session, base=base)

    async def read(
        self,
        given: ParameterValues,
        *,
        request: Request,
        response: Response,
        session: Session | AsyncSession,
        base: Select[Any] | None = None,
    ) -> AnswerT:
        """Read the values of the parameters, wherever the request has them, and answer it."""
        check = partial(self._check, base)
        criteria = await run_off_loop_if_long(partial(self.endpoint.read, paging=self._paging, check=check), given)
        statement = self.rows.statement(base)
        off_loop = is_long(given.texts, self._values(criteria), statement_work(criteria.filter.predicate))
        return await self._answer(ListRequest(criteria, statement, request, response, session, off_loop))

    def _check(self, base: Select[Any] | None) -> None:
        self.rows.statement(base)
        self.endpoint.check(base, self._paging)

    def _values(self, criteria: Criteria) -> int | None:
        """The values that the answer to a request reads; None where it may be any number."""
        of_row = self.rows.values
        if criteria.seek is not None:
            rows: int | None = criteria.seek.size
        else:
            rows = None if criteria.page is None else criteria.page.limit
        return None if rows is None or of_row is None else rows * of_row

    @abstractmethod
    async def _answer(self, asked: ListRequest) -> AnswerT:
        """Run the statements of a request."""


def _with_session(
    of_criteria: inspect.Signature, session: SessionDependency, base: StatementSource
) -> inspect.Signature:
    """The signature of a dependency that also takes a session, the request and the response."""
    return of_criteria.replace(
        parameters=[
            *of_criteria.parameters.values(),
            keyword_only("request", Request),
            keyword_only("response", Response),
            keyword_only("session", Annotated[Any, depends_on(session)]),
            *base.parameters,
        ]
    )
