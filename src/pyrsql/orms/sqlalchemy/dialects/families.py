"""Which dialects belong to which family of databases, and the tables of their forms.

A construct of pyrsql is an element with a form per family. SQLAlchemy asks for the form when it compiles the statement,
so that one statement serves every database. A form is looked up by the name of the dialect, then by its family, then
among the standard forms of `default.py`. A construct without any of them raises a `CompileError` that names the
construct: no database gets the SQL of another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import ClauseElement, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.default import StrCompileDialect
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

Family = Literal["sqlite", "postgresql", "mysql"]

FAMILIES: dict[str, Family] = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "yugabytedb": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
"""Name of a dialect -> its family. Add your own (`FAMILIES["mydb"] = "postgresql"`) where the database speaks the whole
SQL of the family: functions, JSON and collations included. Dialects that are not listed get standard SQL."""

POSTGRESQL, SQLITE, MYSQL, MARIADB = (
    make_url(f"{name}://").get_dialect()() for name in ("postgresql", "sqlite", "mysql", "mariadb")
)
"""Dialects without a database, to look at types with."""

Form = Callable[..., str]
"""Writes a construct: called with the element, the compiler and the compiler's options."""

Notation = Callable[[Any, Any], Any]
"""Writes a bound value: called with the type and the value."""

FormT = TypeVar("FormT", bound=Form)
NotationT = TypeVar("NotationT", bound=Notation)

_Table = dict[tuple[type, str | None], Callable[..., Any]]

_forms: _Table = {}
_notations: _Table = {}


def family_of(dialect: Dialect) -> Family | None:
    """The family that a dialect belongs to, None for one that is not listed."""
    return FAMILIES.get(dialect.name)


def form(*constructs: type[ClauseElement], on: str | None = None) -> Callable[[FormT], FormT]:
    """Register the function that writes constructs, and their subclasses.

    Args:
        constructs: classes of elements.
        on: a family, or a dialect that differs from its family. None for the standard form, which every dialect gets
            that has no form of its own: it must be right on any database that compares text by code point.
    """

    def registered(write: FormT) -> FormT:
        for construct in constructs:
            _forms[construct, on] = write
            compiles(construct)(_written)
        return write

    return registered


def notation(*types: type[TypeDecorator[Any]], on: str | None = None) -> Callable[[NotationT], NotationT]:
    """Register the function that writes the bound values of types; `on` as in `form`."""

    def registered(write: NotationT) -> NotationT:
        _notations.update({(type_, on): write for type_ in types})
        return write

    return registered


def in_notation(type_: TypeDecorator[Any], value: object, dialect: Dialect) -> Any:
    """A bound value as the dialect takes it."""
    return _found(_notations, type_, dialect)(type_, value)


class FamilyBound(TypeDecorator[Any]):
    """A type whose values are bound in a notation that `notation` registers for each family."""

    cache_ok: bool | None = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The value in the notation of the dialect."""
        return None if value is None else in_notation(self, value, dialect)


def _written(element: ClauseElement, compiler: SQLCompiler, **options: Any) -> str:
    write = _registered(_forms, element, compiler.dialect)
    if write is None and compiler.dialect.name == StrCompileDialect.name:
        # SQL that no database gets: a text for people, or what SQLAlchemy reads the FROM clauses of a page from.
        return f"{type(element).__name__}({', '.join(map(compiler.process, element.get_children()))})"
    return cast("str", (write or _found(_forms, element, compiler.dialect))(element, compiler, **options))


def _registered(table: _Table, subject: object, dialect: Dialect) -> Callable[..., Any] | None:
    for name in (dialect.name, family_of(dialect), None):
        for class_ in type(subject).__mro__:
            found = table.get((class_, name))
            if found is not None:
                return found
    return None


def _found(table: _Table, subject: object, dialect: Dialect) -> Callable[..., Any]:
    found = _registered(table, subject, dialect)
    if found is not None:
        return found
    described = (type(subject).__doc__ or "").partition("\n")[0].rstrip(".")
    raise CompileError(
        f"pyrsql cannot write {type(subject).__name__} ({described}) for the dialect {dialect.name!r}. If the database "
        "speaks the SQL of SQLite, PostgreSQL or MySQL, add the dialect to pyrsql.orms.sqlalchemy.dialects.FAMILIES; "
        "otherwise leave the field out of what clients may use."
    )
