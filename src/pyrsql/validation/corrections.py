"""Corrections of a text are tried before a client sees them: the grammar knows no types, and a name that is near may be
that of a relation, so that their suggestion may not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from returns.result import Failure, Result, Success

from pyrsql.messages import describe
from pyrsql.problems import Problem, Problems, Span, UnknownField

ReadT = TypeVar("ReadT")


def with_tried_corrections(text: str, read: Callable[[str], Result[ReadT, Problems]]) -> Result[ReadT, Problems]:
    """Read a text. Among its problems, the hint of a correction that does not fit says why it does not.

    Args:
        text: the text.
        read: parses and validates a text.
    """
    found = read(text)
    if isinstance(found, Success):
        return found
    problems = found.failure()
    corrected, places = _corrected(text, problems)
    tried = read(corrected) if places else found
    if tried is found or isinstance(tried, Success):
        return found
    first, *others = (_checked(problem, places.get(problem), tried.failure()) for problem in problems)
    return Failure((first, *others))


def _corrected(text: str, problems: Problems) -> tuple[str, dict[Problem, Span]]:
    """The text with all corrections, and the places of those."""
    pieces: list[str] = []
    places: dict[Problem, Span] = {}
    end = length = 0
    for problem in sorted(problems, key=lambda problem: problem.span or Span(0, 0)):
        correction, span = problem.replacement, problem.span
        if not correction or span is None or span.start < end:
            continue
        start = length + span.start - end
        pieces += (text[end : span.start], correction)
        end, length = span.end, start + len(correction)
        places[problem] = Span(start, length)
    return "".join((*pieces, text[end:])), places


def _checked(problem: Problem, place: Span | None, found: Problems) -> Problem:
    """A problem without its correction, where there is another problem at the place of that which has none."""
    if place is None:
        return problem
    for other in found:
        span = other.span
        # A text that ends too early has its problem at the very end.
        at_end = span is not None and span.start == span.end == place.end
        if (
            span is not None
            and other.replacement is None
            and span.start < place.end + at_end
            and place.start < span.end
        ):
            # The name that is near may be the one that was meant, although it takes another operator.
            hint = problem.hint if isinstance(problem, UnknownField) else describe(other)
            return replace(problem, hint=hint, replacement=None)
    return problem
