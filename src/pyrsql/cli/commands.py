"""The commands that read a filter or a model, and change nothing."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import typer
from returns.result import Failure, Result, Success
from sqlalchemy import Select, create_engine, select
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from pyrsql.adapters.fastapi.fields import filter_extension, sort_extension
from pyrsql.cli.query import query
from pyrsql.cli.serve import serve
from pyrsql.cli.show import err, out, show_problems, show_sql, show_table, show_tree
from pyrsql.cli.target import schema_of
from pyrsql.language.nodes import Node, SortKey
from pyrsql.language.parse import parse as parse_filter
from pyrsql.language.parse import parse_sort
from pyrsql.language.render import render, render_sort
from pyrsql.language.words import filter_in_words, sort_in_words
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy.explain import plan_of, sql_of
from pyrsql.pipeline import apply_criteria, validate_request
from pyrsql.problems import Problems
from pyrsql.validation.same_row import same_row_advice

ValueT = TypeVar("ValueT")

_LANGUAGE = QueryOptions(quantifiers=True)
"""The operators of a filter without a model: all that the language has."""

WRONG_TEXT = 1
"""The exit code for a filter or sort that is wrong."""

app: typer.Typer = typer.Typer(
    help="Read, check and explain RSQL filters, and serve any database with them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(query)
app.command()(serve)

FilterArgument = Annotated[str, typer.Argument(metavar="FILTER", help="A filter, such as 'name==demo*;age>18'.")]
SortOption = Annotated[str, typer.Option("--sort", metavar="SORT", help="A sort, such as '-created;name'.")]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="MODULE:NAME", help="A mapped class, or a resource of your service with its rights."
    ),
]


@app.command()
def parse(filter: FilterArgument) -> None:
    """Print the tree of a filter."""
    show_tree(_parsed(filter, _LANGUAGE))


@app.command(name="format")
def format_(filter: FilterArgument, sort: SortOption = "") -> None:
    """Print a filter, and a sort, in canonical spelling."""
    if filter.strip(" "):
        out.print(render(_parsed(filter, _LANGUAGE)))
    if sort.strip(" "):
        out.print(render_sort(_sorted(sort)))


@app.command()
def check(filter: FilterArgument = "", sort: SortOption = "", model: ModelOption = None) -> None:
    """Say what is wrong with a filter and a sort; with --model also whether the model offers what they name."""
    texts = {"filter": filter, "sort": sort}
    problems: list[Any] = []
    if model is None:
        for result in (parse_filter(filter, _LANGUAGE), parse_sort(sort) if sort.strip(" ") else Success(())):
            problems += () if isinstance(result, Success) else result.failure()
    else:
        checked = validate_request(schema_of(model), filter=filter, sort=sort)
        problems += () if isinstance(checked, Success) else checked.failure()
    for source, text in texts.items():
        of_source = [problem for problem in problems if problem.source == source]
        if of_source:
            show_problems(text, of_source)
    if problems:
        raise typer.Exit(WRONG_TEXT)


@app.command()
def explain(
    filter: FilterArgument = "",
    sort: SortOption = "",
    model: ModelOption = None,
    dialect: Annotated[
        str, typer.Option(help="The database whose SQL is shown: sqlite, postgresql, mysql, …")
    ] = "sqlite",
    url: Annotated[str, typer.Option(help="A database to ask for its plan; its dialect is shown.")] = "",
) -> None:
    """Say a filter in words; with --model also its SQL and parameters, with --url the plan of the database."""
    if model is None:
        _explain_in_words(filter, sort, _LANGUAGE)
        return
    schema = schema_of(model)
    checked = validate_request(schema, filter=filter, sort=sort)
    if not isinstance(checked, Success):
        for source, text in (("filter", filter), ("sort", sort)):
            show_problems(text, [problem for problem in checked.failure() if problem.source == source])
        raise typer.Exit(WRONG_TEXT)
    _explain_in_words(filter, sort, schema.query_options)
    node = checked.unwrap().filter.node
    advice = None if node is None else same_row_advice(schema, node)
    if advice is not None:
        out.print(advice.hint)
    base: Select[Any] = select(schema.model.type)
    statement = apply_criteria(base)(checked.unwrap()).unwrap().statement
    chosen = _dialect_of(make_url(url)) if url else _dialect(dialect)
    shown = sql_of(statement, chosen)
    out.print()
    show_sql(shown.text)
    for name, value in shown.parameters.items():
        out.print(f"  {name} = {value!r}")
    if url:
        _show_plan(url, statement)


@app.command()
def fields(model: Annotated[str, typer.Option("--model", metavar="MODULE:NAME")]) -> None:
    """Print the fields that clients may use, with types and operators. Keep it in CI: a new field shows in the diff."""
    schema = schema_of(model)
    sortable = {field["name"] for field in sort_extension(schema)["fields"]}
    filterable = {field["name"]: field for field in filter_extension(schema)["fields"]}
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


def _type(field: dict[str, Any]) -> str:
    return f"{field.get('type', '')}{'[]' if field.get('many') else ''}"


def _explain_in_words(filter: str, sort: str, options: QueryOptions) -> None:
    if filter.strip(" "):
        out.print(f"Rows where {filter_in_words(_parsed(filter, options))}.")
    if sort.strip(" "):
        out.print(f"Sorted {sort_in_words(_sorted(sort))}.")


def _parsed(text: str, options: QueryOptions) -> Node:
    node = _unwrap(text, parse_filter(text, options))
    if node is None:
        raise typer.BadParameter("the filter is blank")
    return node


def _sorted(text: str) -> tuple[SortKey, ...]:
    return _unwrap(text, parse_sort(text))


def _unwrap(text: str, result: Result[ValueT, Problems]) -> ValueT:
    if isinstance(result, Failure):
        show_problems(text, result.failure())
        raise typer.Exit(WRONG_TEXT)
    return result.unwrap()


def _dialect(name: str) -> Dialect:
    try:
        return _dialect_of(URL.create(name))
    except (ArgumentError, NoSuchModuleError) as error:
        raise typer.BadParameter(f"SQLAlchemy knows no dialect {name!r}") from error


def _dialect_of(url: URL) -> Dialect:
    return url.get_dialect()()


def _show_plan(url: str, statement: Any) -> None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            plan = plan_of(connection, statement)
    except SQLAlchemyError as error:
        err.print(f"The database gave no plan: {str(error).splitlines()[0]}")
        raise typer.Exit(2) from error
    finally:
        engine.dispose()
    out.print("\nPlan")
    for line in plan:
        out.print(f"  {line}")
