"""Any database as mapped classes, by reflection, and engines that only read."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from math import inf
from typing import Any, cast

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    Table,
    and_,
    create_engine,
    event,
    func,
    inspect,
    or_,
    quoted_name,
    select,
)
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoReferencedColumnError, NoReferencedTableError, SAWarning
from sqlalchemy.orm import Mapper, Session, registry, relationship

from pyrsql.cli.lenient import lenient, lenient_of_mysql, read_far_dates
from pyrsql.cli.stored_times import keep_form
from pyrsql.errors import ConfigurationError

Keys = Mapping[str, tuple[str, ...]]
"""The columns that identify a row of a view, by its name."""


@dataclass(frozen=True, slots=True)
class Reflected:
    """The tables of a database as mapped classes.

    Args:
        models: a class for each table and view with a key, by its name.
        keyless: the tables without a key: their rows have no order that pages could rely on.
        unreadable: the tables and views that the database or SQLAlchemy cannot describe.
    """

    models: Mapping[str, type]
    keyless: tuple[str, ...]
    unreadable: tuple[str, ...]


def _text_of(stored: bytes) -> str:
    """A text of SQLite, which keeps any bytes as text."""
    return stored.decode(errors="replace")


def read_only_engine(url: URL, timeout: float | None = None) -> Engine:
    """An engine whose connections refuse to write.

    Args:
        url: the database, with its driver or without any. A SQLite file has to exist.
        timeout: seconds after which the database stops a statement; None for no limit.

    Raises:
        ConfigurationError: a dialect whose connections cannot be made to refuse, or another driver than the one whose
            values are read right.
    """
    family = url.get_backend_name()
    if family not in _SETTINGS:
        raise ConfigurationError(f"{family}: only SQLite, PostgreSQL, MySQL and MariaDB can be opened read-only")
    drivername = f"{family}+{_DRIVERS[family]}"
    if url.drivername not in (family, drivername):
        raise ConfigurationError(
            f"{url.drivername}: only one driver gives every value as it is, so write {drivername}://"
        )
    engine = create_engine(url.set(drivername=drivername))

    @event.listens_for(engine, "connect")
    def settle(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for setting in _SETTINGS[family](timeout):
            cursor.execute(setting)
        cursor.close()
        connection.commit()
        if family == "postgresql":
            read_far_dates(connection)
        if family == "sqlite":
            connection.text_factory = _text_of
        if family == "sqlite" and timeout is not None:
            # SQLite has no setting for that; the driver asks every so many steps whether to go on.
            connection.set_progress_handler(lambda: time.monotonic() > record.info.get("deadline", inf), 10_000)

    if timeout is not None:

        @event.listens_for(engine, "before_cursor_execute")
        def begin(connection: Connection, *_: object) -> None:
            connection.info["deadline"] = time.monotonic() + timeout

    return engine


def _sqlite(timeout: float | None) -> Iterator[str]:
    yield "PRAGMA query_only = ON"


def _postgresql(timeout: float | None) -> Iterator[str]:
    yield "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    # It would compile a query for longer than it runs.
    yield "SET jit = off"
    if timeout is not None:
        yield f"SET statement_timeout = {int(timeout * 1000)}"


def _mysql(timeout: float | None) -> Iterator[str]:
    yield "SET SESSION TRANSACTION READ ONLY"
    if timeout is not None:
        # MariaDB reads the first, MySQL the second; to the other server each is a comment.
        yield f"/*M! SET SESSION max_statement_time = {timeout} */"
        yield f"/*!50708 SET SESSION max_execution_time = {int(timeout * 1000)} */"


_SETTINGS = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql, "mariadb": _mysql}
_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
"""Other drivers change dates, times and sets that Python lacks, or fail at them."""


def reflect_models(engine: Engine, keys: Keys | None = None, schema_name: str | None = None) -> Reflected:
    """Map every table and view of a database, or of one of its schemas.

    A foreign key gives a to-one relation, named after its column without `_id`, and a to-many relation on the other
    side, named after the table.

    Args:
        engine: the database.
        keys: the columns that identify a row, for views and tables without a primary key.
        schema_name: the schema; None for the default one of the connection.

    Raises:
        ConfigurationError: a key for a table or a column that is not there, or a schema without tables.
    """
    tables, unreadable = _reflected(engine, schema_name)
    if schema_name is not None and not tables:
        raise ConfigurationError(f"there is no schema {schema_name!r} with tables")
    for name, columns in (keys or {}).items():
        _give_key(tables, name, columns)
    mapped = {name: table for name, table in tables.items() if _has_key(table)}
    keyless = tuple(sorted(tables.keys() - mapped.keys()))
    if engine.dialect.name == "sqlite":
        keep_form(engine, mapped.values())
    taken: set[str] = set()
    models = {name: type(_free([], taken, _class_name(name)), (), {}) for name in mapped}
    relations = _relations(mapped)
    mapper = registry()
    for name, table in mapped.items():
        properties = {
            relation.name: _relationship(relation, mapped, models) for relation in relations if relation.owner == name
        }
        mapper.map_imperatively(models[name], table, properties=properties)
    mapper.configure()
    return Reflected(dict(sorted(models.items())), keyless, unreadable)


def rows_of(engine: Engine, models: Iterable[type]) -> int | None:
    """The number of rows of tables together; None where counting takes more than a second or fails.

    Args:
        engine: the database. Its timeout stops a count that takes long.
        models: the mapped classes.
    """
    deadline, found = time.monotonic() + 1, 0
    with Session(engine) as session:
        for model in models:
            try:
                found += session.scalar(select(func.count()).select_from(model)) or 0
            except DBAPIError:
                return None
            if time.monotonic() > deadline:
                return None
    return found


def _reflected(engine: Engine, schema_name: str | None) -> tuple[dict[str, Table], tuple[str, ...]]:
    """The tables and views of a schema by their names, and the names of those that cannot be read."""
    metadata = MetaData()
    internal = _internal(engine)
    event.listen(Table, "column_reflect", _describe_column)
    try:
        with warnings.catch_warnings():
            # A column of a type that SQLAlchemy does not know is read as the driver gives it.
            warnings.simplefilter("ignore", SAWarning)
            unreadable = tuple(_reflect(metadata, engine, schema_name))
    finally:
        event.remove(Table, "column_reflect", _describe_column)
    found = {
        table.name: table
        for table in metadata.tables.values()
        if table.schema == schema_name and table.name not in internal
    }
    for table in metadata.tables.values():
        # Databases reserve more words than SQLAlchemy knows.
        table.name = quoted_name(table.name, True)
    for table in found.values():
        _drop_loose_keys(table)
    return found, unreadable


def _reflect(metadata: MetaData, engine: Engine, schema_name: str | None) -> Iterator[str]:
    """Describe all tables and views; gives the names of those that cannot be: a view of a table that is gone."""
    try:
        metadata.reflect(engine, views=True, schema=schema_name, resolve_fks=False)
    except (DBAPIError, ArgumentError) as error:
        inspector = inspect(engine)
        names = [*inspector.get_table_names(schema_name), *inspector.get_view_names(schema_name)]
        for name in names:
            try:
                metadata.reflect(engine, views=True, schema=schema_name, resolve_fks=False, only=[name])
            except (DBAPIError, ArgumentError):
                yield name
        if not metadata.tables:
            raise error


def _drop_loose_keys(table: Table) -> None:
    """Leave out the foreign keys that lead out of the schema or, as SQLite allows, nowhere."""
    for key in [*table.foreign_key_constraints]:
        if _leads_to(key) is None:
            table.constraints.remove(key)
            for element in key.elements:
                table.foreign_keys.discard(element)
                element.parent.foreign_keys.discard(element)


def _internal(engine: Engine) -> frozenset[str]:
    """The tables in which SQLite keeps the indexes of its virtual tables."""
    if engine.dialect.name != "sqlite":
        return frozenset()
    try:
        with engine.connect() as connection:
            listed = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
            return frozenset(listed.scalars())
    except DBAPIError:
        return frozenset()  # SQLite before 3.37 does not tell.


def _describe_column(inspector: Any, table: Table, column: Any) -> None:
    column["quote"] = True
    if inspector.dialect.name == "sqlite":
        column["type"] = lenient(column["type"])
    if inspector.dialect.name in ("mysql", "mariadb"):
        column["type"] = lenient_of_mysql(column["type"])
    name = key = attribute_name(column["name"])
    for number in count(2):
        if key not in table.c:
            break
        key = f"{name}_{number}"
    column["key"] = key


def attribute_name(column: str) -> str:
    """The name of a column as clients write it: without characters that mean something in a path or to a class."""
    plain = re.sub(r"[^\w $-]", "_", column)
    return f"column{plain}" if plain.startswith(("__", "_sa_")) else plain


def _give_key(tables: Mapping[str, Table], name: str, columns: tuple[str, ...]) -> None:
    table = tables.get(name)
    if table is None:
        raise ConfigurationError(f"there is no table or view {name!r}")
    named = {column.name: column for column in table.c}
    missing = [column for column in columns if column not in named]
    if missing:
        raise ConfigurationError(f"{name!r} has no column {missing[0]!r}")
    table.append_constraint(PrimaryKeyConstraint(*(named[column] for column in columns)))


def _has_key(table: Table) -> bool:
    """Whether a table has a key that SQLAlchemy can know its rows by: it keeps no arrays and documents as keys."""
    return bool(table.primary_key.columns) and all(column.type.hashable for column in table.primary_key.columns)


_KEY_ENDING = re.compile(r"(?i)_?(?:id|code|key|fk|uuid|number|no)$")
"""The end of a foreign key's name, which the name of its relation leaves out."""


@dataclass(frozen=True, slots=True)
class _Relation:
    owner: str
    name: str
    target: str
    key: ForeignKeyConstraint
    many: bool


def _relations(tables: Mapping[str, Table]) -> list[_Relation]:
    """Both sides of every foreign key between mapped tables, with names that nothing else has."""
    taken = {name: {*table.c.keys()} for name, table in tables.items()}
    found: list[_Relation] = []
    keys = [
        (name, key)
        for name, table in tables.items()
        for key in sorted(table.foreign_key_constraints, key=lambda key: list(key.column_keys))
        if _leads_to(key) in tables.values()
    ]
    for name, key in keys:
        target = key.referred_table.name
        column = key.column_keys[0]
        base = _KEY_ENDING.sub("", column) if len(key.column_keys) == 1 else target
        one = _free([base, target, f"{column}_row"], taken[name])
        several = sum(other == name and same.referred_table.name == target for other, same in keys) > 1
        ambiguous = several or target == name
        many = _free([] if ambiguous else [name], taken[target], f"{name}_by_{one}")
        found += [_Relation(name, one, target, key, many=False), _Relation(target, many, name, key, many=True)]
    return found


def _leads_to(key: ForeignKeyConstraint) -> Table | None:
    """The table of a foreign key; None where it is in another schema or, as SQLite allows, not there."""
    try:
        columns = [element.column for element in key.elements]
    except (NoReferencedTableError, NoReferencedColumnError):
        return None
    return columns[0].table


def _free(names: list[str], taken: set[str], otherwise: str = "related") -> str:
    """The first name that is not taken yet; it is then."""
    numbered = (f"{otherwise}_{place}" for place in count(2))
    chosen = next(name for name in chain(names, [otherwise], numbered) if name and name not in taken)
    taken.add(chosen)
    return chosen


def _relationship(relation: _Relation, tables: Mapping[str, Table], models: Mapping[str, type]) -> Any:
    elements = relation.key.elements
    remote = [element.parent if relation.many else element.column for element in elements]
    return relationship(
        models[relation.target],
        primaryjoin=and_(*(element.parent == element.column for element in elements)),
        foreign_keys=[element.parent for element in elements],
        remote_side=remote,
        uselist=relation.many,
        viewonly=True,
    )


def _class_name(table: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", table)
    return "".join(word[:1].upper() + word[1:] for word in words) or "Table"


def columns_of(model: type) -> tuple[str, ...]:
    """The names of the columns of a mapped class."""
    return tuple(prop.key for prop in _mapper(model).column_attrs)


def select_rows(model: type) -> Select[Any]:
    """The rows of a mapped class that have a key: SQLAlchemy makes no object of a row whose key is NULL."""
    keys = _mapper(model).primary_key
    may_lack = all(key.nullable for key in cast("tuple[Column[Any], ...]", keys))
    every: Select[Any] = select(model)
    return every.where(or_(*(key.is_not(None) for key in keys))) if may_lack else every


def relations_of(model: type) -> dict[str, type]:
    """The relations of a mapped class, and the classes that they lead to."""
    return {prop.key: prop.mapper.class_ for prop in _mapper(model).relationships}


def _mapper(model: type) -> Mapper[Any]:
    return cast("Mapper[Any]", inspect(model))
