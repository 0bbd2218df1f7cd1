"""Write the reference pages that repeat what the code says: operators, options and problems.

`python docs/generate.py` writes them; a test fails when they are not what the code says now.
"""

from __future__ import annotations

import enum
import inspect
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_args

from pyrsql.adapters.fastapi import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.fields import operators_of
from pyrsql.adapters.fastapi.responses import TITLES, status_of
from pyrsql.models.kinds import Json
from pyrsql.models.schema import schema_for
from pyrsql.operators import DEFAULT_OPERATORS, ComparisonOperator
from pyrsql.options import (
    FieldOptions,
    FunctionSignature,
    JSONOptions,
    ParseLimits,
    QueryOptions,
    SortLimits,
    SortOptions,
)
from pyrsql.orms.memory import MemoryORM
from pyrsql.problems import Problem

REFERENCE = Path(__file__).parent / "reference"


class Colour(enum.Enum):
    """Any enum."""

    RED = "red"


@dataclass
class Columns:
    """A field of every kind that takes operators of its own; the name of the kind leads to the field."""

    text: str
    number: int
    boolean: bool
    enum: Colour
    uuid: uuid.UUID
    document: Annotated[dict[str, object], Json()]


KINDS = {
    "text": "text",
    "number, date, time, interval": "number",
    "boolean": "boolean",
    "enum": "enum",
    "UUID": "uuid",
    "below JSON": "document.key",
}
SCHEMA = schema_for(Columns, orm=MemoryORM())


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated page: its path and its text."""
    yield REFERENCE / "operators.md", operators_page()
    yield REFERENCE / "options.md", options_page()
    yield REFERENCE / "problems.md", problems_page()


def operators_page() -> str:
    """A table of the operators, and of the kinds of field that take each."""
    taken = [operators_of(SCHEMA, path) for path in KINDS.values()]
    rows = [
        (
            operator.name.replace("_", " "),
            " ".join(f"`{spelling}`" for spelling in operator.spellings),
            arity(operator),
            *("✓" if operator.spelling in spellings else "" for spellings in taken),
        )
        for operator in DEFAULT_OPERATORS
    ]
    header = ("operator", "spellings", "arguments", *KINDS)
    return page(
        "Operators",
        "The first spelling is the canonical one. A path that ends on a relation takes the null checks only: they test "
        "whether there is a related row. A whole JSON document takes equality, lists, null checks and the operators of "
        "text, and has no order. Arrays take the operators of their elements. Binary columns take null checks only.",
        table(header, rows),
        "With `quantifiers=True` a path that ends on a relation also takes `=any=`, `=none=` and `=all=`: see "
        "[Ask about related rows](../how-to/quantifiers.md).",
    )


def arity(operator: ComparisonOperator) -> str:
    """How many arguments an operator takes."""
    least, most = operator.minimum_arguments, operator.maximum_arguments
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def options_page() -> str:
    """Every option of every class of options, with its default and meaning."""
    classes = (
        FieldOptions,
        QueryOptions,
        SortOptions,
        ParseLimits,
        SortLimits,
        JSONOptions,
        FunctionSignature,
        FastAPICriteriaConfig,
    )
    sections = [
        f"## {cls.__name__}\n\n{summary(cls)}\n\n"
        + table(
            ("option", "default", "meaning"),
            [(f"`{option.name}`", default(option), meaning(cls, option.name)) for option in own_options(cls)],
        )
        for cls in classes
    ]
    return page("Options", "All options are frozen and given by keyword.", *sections)


def own_options(cls: type[Any]) -> list[Field[Any]]:
    """The options of a class, without those of `FieldOptions`, which has a table of its own."""
    shared = (
        set() if cls is FieldOptions or not issubclass(cls, FieldOptions) else set(FieldOptions.__dataclass_fields__)
    )
    return [option for option in fields(cls) if option.init and option.name not in shared]


REMEDIES = {
    "syntax-error": "Write one of `expected` at this place. A value with a sign of the language in it needs quotes.",
    "unknown-operator": "Write one of the [operators](operators.md). Endpoints may have fewer, or some of their own.",
    "wrong-arity": "Give from `minimum` to `maximum` values; several stand in parentheses.",
    "limit-exceeded": "Shorten or split the request. The developer may raise the [limit](options.md#parselimits).",
    "unknown-field": "Correct the name: OpenAPI lists the fields. The developer may [offer it](../how-to/rights.md).",
    "forbidden-function": "Leave out the call. The developer may [list the function](../how-to/custom.md#a-function).",
    "wrong-call": "Give the arguments that `expected` names.",
    "wrong-value": "Write a value of the kind that `expected` names: [values](language.md#values).",
    "unsupported-operator": "Write one of `offered`. After a relation, name a field of it.",
    "unsupported-sort": "Sort by another field, or leave out the modifier.",
    "page-error": "Send a page and a size within the bounds that the message names.",
    "missing-page-size": "Send a size, too. The developer may set `default_page_size`.",
    "repeated-parameter": "Send the parameter once. Join filters by `;`, and sort keys by `;`.",
    "unknown-parameter": "In a value, send `&` as `%26`; for AND write `;`. Take the names of parameters from OpenAPI. "
    "The developer may set [`unknown_parameters`](../how-to/errors.md#parameters-that-nobody-declares).",
    "cursor-error": "Begin again without a cursor, and keep filter and sort while you page.",
}
"""What a client does about each problem, by code."""


def problems_page() -> str:
    """Every problem: its code, its status over HTTP, and when it is found."""
    rows = [
        (
            f"`{problem.code}`",
            str(status_of(problem.__new__(problem))),
            f"`{problem.__name__}`",
            summary(problem),
            REMEDIES[problem.code],
        )
        for problem in get_args(Problem)
    ]
    return page(
        "Problems",
        "The failures of the pipeline's stages. `code` is stable: clients may rely on it. A request with several "
        "problems is answered with 400 if one of them is a 400. The `hint` of a problem, where there is one, says more "
        "than the last column.",
        table(("code", "status", "class", "when", "what to do"), rows),
        "## Over HTTP",
        "`detail.errors` holds every problem; `detail.type` is that of the problem that decides the status.",
        table(("type", "title"), [(f"`{uri}`", title) for uri, title in TITLES.items()]),
        "`database_error_handler` adds `urn:pyrsql:problem:query-backend-error` for a database that gives up on a "
        "statement: see [Answer mistakes](../how-to/errors.md#databases-that-stop-a-query).",
    )


def summary(cls: type) -> str:
    """What a docstring says before its sections, as one paragraph."""
    return " ".join(re.split(r"\n\s*(?:Args|Raises|Returns):", inspect.getdoc(cls) or "")[0].split())


def meaning(cls: type, name: str) -> str:
    """What the docstrings of a class and its bases say of an argument."""
    for base in cls.__mro__:
        found = re.search(
            rf"^    {name}: (.*(?:\n {{8}}.*)*)", inspect.cleandoc(base.__dict__.get("__doc__") or ""), re.MULTILINE
        )
        if found:
            return " ".join(found[1].split())
    raise LookupError(f"{cls.__name__}.{name} is not documented")


def default(option: Field[object]) -> str:
    """The default of an option, as a person would write it."""
    if option.default is MISSING and option.default_factory is MISSING:
        return "required"
    value = option.default_factory() if option.default_factory is not MISSING else option.default
    match value:
        case None | bool() | str():
            return f"`{value!r}`"
        case int():
            return f"`{value:,}`".replace(",", "_")
        case _ if isinstance(value, (tuple, frozenset, Mapping)):
            return "empty"
        case _:
            return "the defaults" if hasattr(value, "__dataclass_fields__") else f"`{value}`"


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def page(title: str, *parts: str) -> str:
    """A page that says it is generated."""
    return "\n\n".join((f"# {title}", "<!-- Written by docs/generate.py. -->", *parts)) + "\n"


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text)
