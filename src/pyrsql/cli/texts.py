"""The filter and the sort of a command, and the model that they are about."""

from __future__ import annotations

import os
import sys
from typing import Annotated, TypeVar

import typer
from returns.result import Failure, Result

from pyrsql.cli.refusals import WRONG_TEXT
from pyrsql.cli.show import show_problems
from pyrsql.language.nodes import Node, SortKey
from pyrsql.language.parse import parse as parse_filter
from pyrsql.language.parse import parse_sort
from pyrsql.options import QueryOptions
from pyrsql.problems import Problems

ValueT = TypeVar("ValueT")


def read(text: str) -> str:
    """The filter that an argument names: itself, or what stands on stdin in the place of `-`."""
    if text != "-":
        return text
    # Bytes that are no text are kept, as those of an argument are.
    return os.fsdecode(sys.stdin.buffer.read()).removesuffix("\n").removesuffix("\r")


FilterText = Annotated[
    str,
    typer.Argument(
        metavar="FILTER", help="A filter, such as 'name==demo*;age>18'; - reads it from stdin.", callback=read
    ),
]
SortOption = Annotated[str, typer.Option("--sort", metavar="SORT", help="A sort, such as '-created;name'.")]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="MODULE:NAME", help="A mapped class, or a resource of your service with its rights."
    ),
]
RoleOption = Annotated[
    str | None, typer.Option("--role", metavar="ROLE", help="The role, where --model names resources by role.")
]

LANGUAGE = QueryOptions(quantifiers=True)
"""The operators of a filter without a model: all that the language has."""


def parsed(text: str, options: QueryOptions = LANGUAGE) -> Node:
    """The tree of a filter.

    Raises:
        typer.Exit: code 1 for a filter that is wrong, after carets under what is wrong with it.
        typer.BadParameter: it is blank.
    """
    node = _unwrap(text, parse_filter(text, options))
    if node is None:
        raise typer.BadParameter("the filter is blank", param_hint="FILTER")
    return node


def sorted_by(text: str) -> tuple[SortKey, ...]:
    """The keys of a sort, none of a blank one. Raises as `parsed` does."""
    return _unwrap(text, parse_sort(text)) if text.strip(" ") else ()


def _unwrap(text: str, result: Result[ValueT, Problems]) -> ValueT:
    if isinstance(result, Failure):
        show_problems(text, result.failure())
        raise typer.Exit(WRONG_TEXT)
    return result.unwrap()
