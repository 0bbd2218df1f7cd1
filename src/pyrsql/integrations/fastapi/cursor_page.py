"""A page by cursor: the answer, and the dependency that gives it."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, Field
from returns.result import Failure
from sqlalchemy import Select
from sqlalchemy.orm import Session

from pyrsql.adapters.fastapi.responses import criteria_error
from pyrsql.adapters.fastapi.signature import ParameterDocs
from pyrsql.errors import ConfigurationError, ValidationError
from pyrsql.integrations.fastapi.endpoint import Endpoint, sought
from pyrsql.integrations.fastapi.item_rows import entity_of
from pyrsql.integrations.fastapi.items import reads
from pyrsql.integrations.fastapi.links import cursor_link_header
from pyrsql.integrations.fastapi.lists import ListDependency, ListRequest
from pyrsql.integrations.fastapi.sessions import SessionDependency
from pyrsql.integrations.fastapi.totals import Total, Totals
from pyrsql.language.nodes import SortKey
from pyrsql.models.paths import spelled_out, start
from pyrsql.models.schema import Purpose
from pyrsql.options import QueryOptions
from pyrsql.validation.keyset import total_order
from pyrsql.validation.plan import Criteria
from pyrsql.validation.predicates import CallOperand, ConstantOperand, CountOperand, FieldOperand
from pyrsql.validation.selectors import Resolution, resolve
from pyrsql.validation.validate import validate_sort

ItemT = TypeVar("ItemT")


class CursorPage(BaseModel, Generic[ItemT]):
    """One page by cursor: `CursorPage[UserOut]`."""

    items: list[ItemT] = Field(description="The rows of this page.")
    next: str | None = Field(description="The cursor of the page behind this one; null where no row follows.")
    prev: str | None = Field(description="The cursor of the page before this one; null on the first page.")
    size: int = Field(description="Rows on a full page.")
    total: int | None = Field(
        description="Rows on all pages; where it is not exact, a lower bound or an estimate. Null where not counted."
    )
    total_is_exact: bool = Field(description="`total` is the number of rows, neither a lower bound nor an estimate.")


class CursorPageDependency(ListDependency[CursorPage[ItemT]], Generic[ItemT]):
    """Validates a request, runs its statements in a session, and gives a `CursorPage` of items.

    Args:
        endpoint: validates the request, and has the statement that it narrows.
        documents: the documentation of the parameters in OpenAPI.
        item: the response model of a row, a Pydantic model that reads the attributes of the row.
        session: the dependency that gives the session, sync or async.
        total: count the rows of all pages, or take an estimate of the database.
        total_limit: stop counting there.

    Raises:
        ConfigurationError: an impossible total; an item that is no Pydantic model; a
            model without a unique key; a cursor that would show a value which clients may not see.

    Raises (when called):
        CriteriaError: everything that is wrong with the request, answered with status 400 or 422.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        documents: ParameterDocs,
        item: type[ItemT],
        session: SessionDependency,
        *,
        total: Total = False,
        total_limit: int | None = None,
    ) -> None:
        super().__init__(endpoint, documents, item, session, "cursor")
        self.totals: Totals = Totals(total, total_limit)
        check_shown(endpoint, item)
        # The very type of the response model: FastAPI validates no instance of it again.
        self._page = cast("type[CursorPage[ItemT]]", CursorPage.__class_getitem__(item))

    async def _answer(self, asked: ListRequest) -> CursorPage[ItemT]:
        made, last = await asked.run(self._run)
        # A link is a GET of its own: it says nothing about parameters in a body.
        if asked.request.method in ("GET", "HEAD"):
            links = cursor_link_header(
                asked.request, self.config, size=made.size, next=made.next, prev=made.prev, last=last
            )
            if links:
                asked.response.headers.append("link", links)
        return made

    def _run(self, criteria: Criteria, base: Select[Any], session: Session) -> tuple[CursorPage[ItemT], str]:
        """The page, and the cursor of the last one."""
        page = sought(self.rows.loaded(base), criteria)
        try:
            cut = page.collect(session.execute)
        except ValidationError as error:
            raise criteria_error(error.problems, {}, self.config) from error
        shown = len(cut.items)
        known = shown if cut.next is None and cut.prev is None else None
        total, is_exact = self.totals.number(session, base, criteria, known=known, least=shown)
        content = {
            "items": [*map(entity_of, cut.items)],
            "next": cut.next,
            "prev": cut.prev,
            "size": page.seek.size,
            "total": total,
            "total_is_exact": is_exact,
        }
        # Made here, where a session can still load what an item reads.
        return self._page.model_validate(content, from_attributes=True), page.last_page


_PURPOSES: tuple[Purpose, ...] = ("filter", "sort")


def check_shown(endpoint: Endpoint, item: Any) -> None:
    """Refuse cursors that show a value which clients cannot find out by filters and sorts, and which no item shows. A
    field that takes `==` alone is one.

    The keys of a client's sort are its own. The primary key completes every order, and a default sort is the
    developer's.

    Raises:
        ConfigurationError: it names the field. Also for a model without a unique key.
    """
    sealer = endpoint.config.cursor_sealer
    order = total_order(endpoint.schema, endpoint.default_order)
    if sealer is not None and sealer.hides:
        return
    model = endpoint.schema.model
    # A synonym and a proxy stand for the path that an order names.
    paths = (read.path for read in reads(model, item) if read.shown)
    shown = {next(spelled_out(QueryOptions(), start(model), path), path) for path in paths}
    completing = total_order(endpoint.schema, None).completing if endpoint.default_order is not None else ()
    for key in (*order.keys, *order.completing, *completing):
        for hidden in _hidden(endpoint, shown, key.operand):
            raise ConfigurationError(
                f"cursors of {model.name} would show {hidden!r}, which clients cannot find out by filters and "
                "sorts, and which the item does not show: show it, or give a cursor_sealer that hides it"
            )


def _hidden(
    endpoint: Endpoint,
    shown: Set[tuple[str, ...]],
    operand: FieldOperand | CallOperand | CountOperand | ConstantOperand,
) -> Iterator[str]:
    """The values that an operand reads, and that clients may not see."""
    match operand:
        case FieldOperand():
            path = (*(step.name for step in operand.relations), *operand.field.name.split("."))
            if shown.isdisjoint((path, (*path, *operand.keys))) and not _is_offered(endpoint, ".".join(path)):
                yield ".".join(path)
        case CallOperand(arguments=arguments):
            for argument in arguments:
                yield from _hidden(endpoint, shown, argument)
        case CountOperand(path=path):
            if isinstance(validate_sort(endpoint.schema, (SortKey(path),)), Failure):
                yield path
        case ConstantOperand():
            pass


def _is_offered(endpoint: Endpoint, path: str) -> bool:
    """Whether clients may sort by a field or filter by it with every operator, by its own name or one that is mapped to
    it.
    """
    schema = endpoint.schema
    mappings = (schema.query_options.field_mapping, schema.sort_options.field_mapping)
    names = [path, *(name for mapping in mappings for name, meant in mapping.items() if meant == path)]
    found = [(purpose, resolve(schema, purpose, name, suggest=False)) for purpose in _PURPOSES for name in names]
    return any(isinstance(one, Resolution) and (purpose == "sort" or one.operators is None) for purpose, one in found)
