"""How many rows all pages have: counted, counted up to a limit, or estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import Select
from sqlalchemy.orm import Session

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.endpoint import counted, counted_up_to, unpaged
from pyrsql.limits import is_limit
from pyrsql.orms.sqlalchemy.estimates import estimated_rows, shows_all_rows
from pyrsql.validation.plan import Criteria

Total = bool | Literal["estimated"]
"""Whether the rows of all pages are counted, or estimated by the database."""


class Number(NamedTuple):
    """The total of a page.

    Args:
        total: rows on all pages; None where they are not counted.
        is_exact: neither a limit nor an estimate.
    """

    total: int | None
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """How the rows of all pages are counted.

    Args:
        total: count them, or take the estimate of the database.
        limit: stop counting there; the estimate is for lists with more rows.

    Raises:
        ConfigurationError: another total; a limit of a total that is not counted, or below 1.
    """

    total: Total
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.total not in (True, False, "estimated"):
            raise ConfigurationError(f'total={self.total!r}: a total is True, False or "estimated"')
        if not is_limit(self.limit, 1) or (self.limit is not None and not self.total):
            raise ConfigurationError(f"total_limit={self.limit!r}: a total is counted up to 1 row or more")

    def number(
        self, session: Session, base: Select[Any], criteria: Criteria, *, known: int | None, least: int
    ) -> Number:
        """The rows on all pages.

        Args:
            session: runs what counts.
            base: the statement that the criteria narrow.
            criteria: those of the request.
            known: the number, where the page itself tells it.
            least: the rows that are there for certain.
        """
        if not self.total:
            return Number(None, False)
        if self.total == "estimated":
            return Number(known, True) if known is not None else self._estimated(session, base, criteria, least)
        return self._counted(session, base, criteria, known)

    def _counted(self, session: Session, base: Select[Any], criteria: Criteria, known: int | None) -> Number:
        limit = self.limit
        if known is not None:
            found = known
        elif limit is None:
            return Number(cast("int", session.scalar(counted(base, criteria))), True)
        else:
            found = cast("int", session.scalar(counted_up_to(base, criteria, limit + 1)))
        return Number(found, True) if limit is None or found <= limit else Number(limit, False)

    def _estimated(self, session: Session, base: Select[Any], criteria: Criteria, least: int) -> Number:
        """An estimate of the rows that are not counted. It is never of a filter on a table of which clients see a part
        only: the statistics are of the whole table, and the filter would ask about hidden rows.
        """
        found = None if self.limit is None else self._counted(session, base, criteria, None)
        if found is not None and found.is_exact:
            return found
        may_ask = criteria.filter.node is None or shows_all_rows(session, base)
        estimate = estimated_rows(session, unpaged(base, criteria)) if may_ask else None
        if estimate is None:
            return found or self._counted(session, base, criteria, None)
        return Number(max(estimate, least, (self.limit or 0) + 1), False)
