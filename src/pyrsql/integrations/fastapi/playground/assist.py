"""The playground's help while a filter or a sort is written: words, problems, the builder's expression."""

from __future__ import annotations

from typing import Any

from returns.result import Success

from pyrsql.integrations.fastapi.playground.complete import Completions, complete_filter, complete_sort
from pyrsql.language.builder_code import python_script
from pyrsql.language.english import filter_in_words, sort_in_words
from pyrsql.language.nodes import Node, SortKey
from pyrsql.language.parse import parse, parse_sort
from pyrsql.messages import describe, pointed
from pyrsql.models.schema import Schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import Problem
from pyrsql.validation.filter_advice import filter_advice

Answer = dict[str, Any]
"""The JSON that the page reads."""


def assist(schema: Schema, filter: str, sort: str, part: str, at: int) -> Answer:
    """Help with a filter and a sort.

    Args:
        schema: what the endpoint offers this client.
        filter: the filter so far.
        sort: the sort so far.
        part: the text that is being written, `"filter"` or `"sort"`; anything else for none.
        at: the cursor in it.
    """
    checked = validate_request(schema, filter=filter, sort=sort)
    problems = () if isinstance(checked, Success) else checked.failure()
    node, keys = _parsed(schema, filter), _parsed_sort(schema, sort)
    return {
        "filter": {
            "words": "" if node is None else f"Rows where {filter_in_words(node)}.",
            "problems": [_problem(filter, problem) for problem in problems if problem.source == "filter"],
            "advice": None if problems or node is None else _advice(schema, node),
        },
        "sort": {
            "words": f"Sorted {sort_in_words(keys)}." if keys else "",
            "problems": [_problem(sort, problem) for problem in problems if problem.source == "sort"],
        },
        "completions": _completions(schema, filter, sort, part, at),
        "builder": python_script(node, keys),
    }


def _parsed(schema: Schema, text: str) -> Node | None:
    parsed = parse(text, schema.query_options)
    return parsed.unwrap() if isinstance(parsed, Success) else None


def _parsed_sort(schema: Schema, text: str) -> tuple[SortKey, ...]:
    parsed = parse_sort(text, schema.sort_options) if text.strip(" ") else Success(())
    return parsed.unwrap() if isinstance(parsed, Success) else ()


def _advice(schema: Schema, node: Node) -> Answer | None:
    """The advice beside a valid filter, with the whole filter to write instead."""
    advice = filter_advice(schema, node)
    return None if advice is None else {"hint": advice.hint, "replacement": advice.replacement}


def _problem(text: str, problem: Problem) -> Answer:
    span = problem.span
    excerpt, carets = ("", "") if span is None else pointed(text, span)
    return {
        "message": describe(problem),
        "hint": problem.hint,
        "replacement": problem.replacement,
        "start": None if span is None else span.start,
        "end": None if span is None else span.end,
        "excerpt": excerpt,
        "carets": carets,
    }


def _completions(schema: Schema, filter: str, sort: str, part: str, at: int) -> Answer:
    if part == "filter":
        found = complete_filter(schema, filter, min(at, len(filter)))
    elif part == "sort":
        found = complete_sort(schema, sort, min(at, len(sort)))
    else:
        found = Completions(0, 0)
    items = [{"text": item.text, "label": item.label, "detail": item.detail} for item in found.items]
    return {"from": found.start, "to": found.end, "items": items}
