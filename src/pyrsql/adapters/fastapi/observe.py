"""The call of `on_request` for each request that is read and validated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter

from pyrsql.adapters.fastapi.report import OnRequest, RequestReport
from pyrsql.adapters.fastapi.responses import CriteriaError
from pyrsql.validation.plan import Criteria
from pyrsql.validation.query_shape import compared, filter_shape, sort_shape

_logger = logging.getLogger("pyrsql")


def observed(hook: OnRequest | None, model: type, work: Callable[[], Criteria]) -> Criteria:
    """The result of `work`, after the hook got its report.

    Args:
        hook: gets the report; None where there is no hook.
        model: the class whose rows are listed.
        work: validates a request.

    Raises:
        CriteriaError: that of `work`.
    """
    if hook is None:
        return work()
    started = perf_counter()
    try:
        criteria = work()
    except CriteriaError as error:
        report_refusal(hook, model, error, started)
        raise
    seconds = perf_counter() - started
    _call(hook, lambda: _accepted(model, criteria, seconds))
    return criteria


def report_refusal(hook: OnRequest | None, model: type | None, error: CriteriaError, started: float) -> None:
    """Tell the hook of a request that is refused.

    Args:
        hook: gets the report; None where there is no hook.
        model: the class whose rows are listed, where it is known.
        error: the answer.
        started: when reading began, by `time.perf_counter`.
    """
    if hook is not None:
        codes = tuple(problem.code for problem in error.problems)
        name, seconds = None if model is None else model.__name__, perf_counter() - started
        _call(hook, lambda: RequestReport(model=name, problems=codes, seconds=seconds))


def _accepted(model: type, criteria: Criteria, seconds: float) -> RequestReport:
    page, seek = criteria.page, criteria.seek
    size = seek.size if seek is not None else None if page is None else page.limit
    return RequestReport(
        model=model.__name__,
        filter=filter_shape(criteria.filter),
        comparisons=compared(criteria.filter),
        sort=sort_shape(criteria.order),
        offset=None if page is None else page.offset,
        size=size,
        seconds=seconds,
    )


def _call(hook: OnRequest, report: Callable[[], RequestReport]) -> None:
    """Call the hook. A hook that fails is logged and breaks no request."""
    try:
        hook(report())
    except Exception:
        _logger.exception("on_request failed; the request goes on")
