"""Random filters over random documents: every database finds the rows that the memory backend finds."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, Engine, delete, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import pyrsql
from property_tests.stores import ON_DATABASES
from pyrsql.models import kinds
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM


class Base(DeclarativeBase):
    pass


class Leaf(Base):
    __tablename__ = "leaf"

    id: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[object | None] = mapped_column(JSON(none_as_null=True))
    packed: Mapped[object | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )


@dataclass
class LeafInMemory:
    id: int
    payload: Annotated[object, kinds.Json()]
    packed: Annotated[object, kinds.Json()]


SQL, MEMORY = SQLAlchemyORM(), MemoryORM()

KEYS = ("a", "b", "é", '"', "0", "$.a", "")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4) | st.sampled_from(
    ("a", "ab", "1", "true", "null", "%", "_", "*", "\\", '"', "[1]", "2024-01-01")
)
NUMBERS = (
    st.integers(-3, 3)
    | st.sampled_from((2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0.1, 0.5, -0.0, 1e300, 5e-324, 1e16, 1e-7))
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4) | VALUES, min_size=1, max_size=6)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def argument(value: object) -> str:
    return quoted(json.dumps(value, ensure_ascii=False))


SET_VALUES = VALUES.filter(lambda value: value is not None)
LISTS = st.lists(SET_VALUES, min_size=1, max_size=3).map(lambda values: f"({','.join(map(argument, values))})")
ORDERED = (NUMBERS | TEXTS).map(argument)
COMPARISONS = st.one_of(
    st.builds("{}{}".format, st.sampled_from(("==", "!=")), SET_VALUES.map(argument)),
    st.builds("{}{}".format, st.sampled_from(("==", "!=", "=like=", "=notlike=")), TEXTS.map(quoted)),
    st.builds("{}{}".format, st.sampled_from(("=in=", "=out=")), LISTS),
    st.builds("{}{}".format, st.sampled_from((">", ">=", "<", "<=")), ORDERED),
    st.builds("{}({},{})".format, st.sampled_from(("=bt=", "=nb=")), ORDERED, ORDERED),
    st.sampled_from(("=na=", "=nn=")),
)
PATHS = st.lists(st.sampled_from(KEYS[:-1]), min_size=1, max_size=3).filter(lambda keys: "$.a" not in keys)


@pytest.fixture(scope="module")
def session(engine: Engine) -> Iterator[Session]:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    Base.metadata.drop_all(engine)


def rows_found(session: Session, filter_text: str, documents: list[object]) -> tuple[list[int], list[int]]:
    """What a database finds, and what the memory backend finds."""
    query = pyrsql.parse(filter_text)
    rows = [LeafInMemory(place, document, document) for place, document in enumerate(documents, 1)]
    in_memory = [row.id for row in query.apply(rows, LeafInMemory, orm=MEMORY)]
    statement = query.apply(select(Leaf.id).order_by(Leaf.id), Leaf, orm=SQL)
    return list(session.scalars(statement)), in_memory


@ON_DATABASES
@given(documents=DOCUMENTS, paths=st.lists(st.tuples(PATHS, COMPARISONS), min_size=1, max_size=8))
def test_databases_find_what_memory_finds(
    session: Session, documents: list[object], paths: list[tuple[list[str], str]]
) -> None:
    session.execute(delete(Leaf))
    session.execute(insert(Leaf), [{"id": n, "payload": d, "packed": d} for n, d in enumerate(documents, 1)])
    for keys, comparison in paths:
        for column in ("payload", "packed"):
            text = quoted(".".join([column, *keys])) + comparison
            try:
                found, wanted = rows_found(session, text, documents)
            except pyrsql.PyrsqlError:
                continue
            assert found == wanted, text
    session.rollback()
