"""`pyrsql explain` and `pyrsql indexes`: how a database runs a filter, and the fields without an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated, Any, cast

import typer
from returns.result import Success
from sqlalchemy import Connection, Index, Select, Table, inspect, select
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from pyrsql.cli.database import read_only_engine
from pyrsql.cli.refusals import WRONG_TEXT, refusing
from pyrsql.cli.show import err, out, show_problems, show_sql
from pyrsql.cli.sources import url_of
from pyrsql.cli.target import schema_of, without_role
from pyrsql.cli.texts import LANGUAGE, FilterText, ModelOption, RoleOption, SortOption, parsed, sorted_by
from pyrsql.integrations.fastapi.index_report import report_of
from pyrsql.language.english import filter_in_words, sort_in_words
from pyrsql.language.nodes import Comparison, Node
from pyrsql.models.schema import Schema
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy.explain import plan_of, sql_of
from pyrsql.orms.sqlalchemy.indexes import MissingIndex, missing_indexes
from pyrsql.pipeline import apply_criteria, validate_request
from pyrsql.validation.filter_advice import filter_advice

DialectOption = Annotated[str, typer.Option(help="The database by its dialect: sqlite, postgresql, mysql, …")]
URLOption = Annotated[str, typer.Option(metavar="URL", help="A database to ask; its dialect counts.")]

_TIMEOUT = 30.0


def explain(
    filter: FilterText = "",
    sort: SortOption = "",
    model: ModelOption = None,
    role: RoleOption = None,
    dialect: DialectOption = "sqlite",
    url: URLOption = "",
) -> None:
    """Say a filter in words; with --model also its SQL, parameters and indexes, with --url the plan of the database."""
    if model is None:
        without_role(role)
        if url:
            raise typer.BadParameter("a plan needs a model, too: --model app.models:User", param_hint="--url")
        _explain_in_words(filter, sort, LANGUAGE)
        return
    schema = schema_of(model, role)
    checked = validate_request(schema, filter=filter, sort=sort)
    if not isinstance(checked, Success):
        for source, text in (("filter", filter), ("sort", sort)):
            show_problems(text, [problem for problem in checked.failure() if problem.source == source])
        raise typer.Exit(WRONG_TEXT)
    base: Select[Any] = select(schema.model.type)
    statement = apply_criteria(base)(checked.unwrap()).unwrap().statement
    with refusing(), ExitStack() as stack:
        connection = _connected(url, stack) if url else None
        chosen = connection.dialect if connection is not None else _dialect(dialect)
        plan = None if connection is None else plan_of(connection, statement)
        if connection is not None:
            _take_indexes(schema, connection)
        shown = sql_of(statement, chosen)
    _explain_in_words(filter, sort, schema.query_options)
    node = checked.unwrap().filter.node
    advice = None if node is None else filter_advice(schema, node)
    if advice is not None:
        out.print(advice.hint)
    out.print()
    show_sql(shown.text)
    for name, value in shown.parameters.items():
        out.print(f"  {name} = {value!r}")
    missing = missing_indexes(schema, _selectors(node), [key.selector for key in sorted_by(sort)], chosen.name)
    _section("Indexes", [_line(one) for one in missing] or ["an index serves every field"])
    if plan is not None:
        _section("Plan", plan)


def indexes(
    model: Annotated[str, typer.Option("--model", metavar="MODULE:NAME")],
    role: RoleOption = None,
    dialect: DialectOption = "postgresql",
    url: URLOption = "",
) -> None:
    """Print the fields that clients may use and no index serves, each with the index to add.

    Indexes are those that the models declare; with --url also those of the database.
    """
    schema = schema_of(model, role)
    name = dialect if url else _dialect(dialect).name
    if url:
        with refusing(), ExitStack() as stack:
            connection = _connected(url, stack)
            name = connection.dialect.name
            _take_indexes(schema, connection)
    missing = report_of(schema, name)
    for one in missing:
        out.print(_line(one))
    if not missing:
        err.print("An index serves every field.")


def _line(missing: MissingIndex) -> str:
    return f"{missing.field} ({missing.use}): {missing.line}"


def _section(title: str, lines: list[str]) -> None:
    out.print(f"\n{title}")
    for line in lines:
        out.print(f"  {line}")


def _explain_in_words(filter: str, sort: str, options: QueryOptions) -> None:
    if filter.strip(" "):
        out.print(f"Rows where {filter_in_words(parsed(filter, options))}.")
    if sort.strip(" "):
        out.print(f"Sorted {sort_in_words(sorted_by(sort))}.")


def _selectors(node: Node | None) -> Iterator[str]:
    """The fields that a filter names, each once."""
    waiting: list[Node] = [] if node is None else [node]
    seen: dict[str, None] = {}
    for one in waiting:
        if isinstance(one, Comparison):
            seen[one.selector] = None
        else:
            waiting += one.nodes
    yield from seen


def _connected(url: str, stack: ExitStack) -> Connection:
    engine = read_only_engine(url_of(url, stack), _TIMEOUT)
    stack.callback(engine.dispose)
    return stack.enter_context(engine.connect())


def _take_indexes(schema: Schema, connection: Connection) -> None:
    """Add to the tables of a model, and of all that it leads to, the indexes that only the database knows."""
    inspector = inspect(connection)
    metadata = cast("Any", inspect(schema.model.type)).local_table.metadata
    for table in metadata.tables.values():
        if inspector.has_table(table.name, table.schema):
            _take_indexes_of(table, inspector.get_indexes(table.name, table.schema))


def _take_indexes_of(table: Table, found: list[Any]) -> None:
    known = {index.name for index in table.indexes}
    for index in found:
        names: list[Any] = index["column_names"]
        if index["name"] not in known and all(name in table.c for name in names):
            using = cast("dict[str, Any]", index.get("dialect_options", {})).get("postgresql_using")
            options: dict[str, Any] = {"postgresql_using": using} if using else {}
            columns: list[Any] = [table.c[name] for name in names]
            Index(index["name"], *columns, **options)


def _dialect(name: str) -> Dialect:
    try:
        return URL.create(name).get_dialect()()
    except (ArgumentError, NoSuchModuleError) as error:
        raise typer.BadParameter(f"SQLAlchemy knows no dialect {name!r}", param_hint="--dialect") from error
