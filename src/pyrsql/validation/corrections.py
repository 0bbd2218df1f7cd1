"""Corrections of a text are tried before a client sees them: the grammar knows no types, and a name that is near may be
that of a relation, so that what they suggest may not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from returns.result import Result, Success

from pyrsql.messages import describe
from pyrsql.problems import Problem, Problems, Span, UnknownField


def tried(text: str, problems: Problems, read: Callable[[str], Result[object, Problems]]) -> Problems:
    """The problems of a text; the hint of a correction that does not fit says why it does not.

    Args:
        text: the text.
        problems: what is wrong with it.
        read: parses and validates a text.
    """
    corrected, places = _corrected(text, problems)
    if not places:
        return problems
    found = read(corrected)
    if isinstance(found, Success):
        return problems
    first, *others = (_checked(problem, places.get(problem), found.failure()) for problem in problems)
    return (first, *others)


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
        if span is not None and other.replacement is None and span.start < place.end and place.start < span.end:
            # The name that is near may be the one that was meant, although it takes another operator.
            hint = problem.hint if isinstance(problem, UnknownField) else describe(other)
            return replace(problem, hint=hint, replacement=None)
    return problem
