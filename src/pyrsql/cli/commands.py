"""The commands. Those that read a filter or a model and change nothing stand here."""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any

import typer
from returns.result import Success

from pyrsql.adapters.fastapi.fields import filter_fields, sort_extension
from pyrsql.cli.explain import explain, indexes
from pyrsql.cli.query import query
from pyrsql.cli.refusals import WRONG_TEXT
from pyrsql.cli.serve import serve
from pyrsql.cli.show import out, show_problems, show_table, show_tree
from pyrsql.cli.target import schema_of, without_role
from pyrsql.cli.texts import LANGUAGE, FilterText, ModelOption, RoleOption, SortOption, parsed, sorted_by
from pyrsql.language.parse import parse as parse_filter
from pyrsql.language.parse import parse_sort
from pyrsql.language.render import render, render_sort
from pyrsql.pipeline import validate_request
from pyrsql.version import __version__

app: typer.Typer = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Read, check and explain RSQL filters, and serve any database with them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(shown: bool) -> None:
    if shown:
        out.print(f"pyrsql {__version__}")
        raise typer.Exit


@app.callback()
def write_any_text(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """An argument may hold bytes that are no text, and a terminal may lack characters: both are written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@app.command(no_args_is_help=True)
def parse(filter: FilterText) -> None:
    """Print the tree of a filter."""
    show_tree(parsed(filter))


@app.command(no_args_is_help=True)
def check(filter: FilterText = "", sort: SortOption = "", model: ModelOption = None, role: RoleOption = None) -> None:
    """Say what is wrong with a filter and a sort; with --model also whether the model offers what they name."""
    texts = {"filter": filter, "sort": sort}
    problems: list[Any] = []
    if model is None:
        without_role(role)
        for result in (parse_filter(filter, LANGUAGE), parse_sort(sort) if sort.strip(" ") else Success(())):
            problems += () if isinstance(result, Success) else result.failure()
    else:
        checked = validate_request(schema_of(model, role), filter=filter, sort=sort)
        problems += () if isinstance(checked, Success) else checked.failure()
    for source, text in texts.items():
        of_source = [problem for problem in problems if problem.source == source]
        if of_source:
            show_problems(text, of_source)
    if problems:
        raise typer.Exit(WRONG_TEXT)


@app.command(name="format", no_args_is_help=True)
def format_(filter: FilterText, sort: SortOption = "") -> None:
    """Print a filter, and a sort, in canonical spelling."""
    if filter.strip(" "):
        out.print(render(parsed(filter)))
    if sort.strip(" "):
        out.print(render_sort(sorted_by(sort)))


app.command(no_args_is_help=True)(explain)


@app.command(no_args_is_help=True)
def fields(model: Annotated[str, typer.Option("--model", metavar="MODULE:NAME")], role: RoleOption = None) -> None:
    """Print the fields that clients may use, with types and operators. Keep it in CI: a new field shows in the diff."""
    schema = schema_of(model, role)
    sortable = {field["name"] for field in sort_extension(schema)["fields"]}
    filterable = {field["name"]: field for field in filter_fields(schema)}
    rows = [
        (
            name,
            _type(filterable.get(name, {})),
            "yes" if name in sortable else "",
            " ".join(filterable.get(name, {}).get("operators", ())),
        )
        for name in sorted(sortable | filterable.keys())
    ]
    show_table(("field", "type", "sort", "filter"), rows)


app.command(no_args_is_help=True)(indexes)
app.command(no_args_is_help=True)(query)
app.command(no_args_is_help=True)(serve)


def _type(field: dict[str, Any]) -> str:
    return f"{field.get('type', '')}{'[]' if field.get('many') else ''}"
