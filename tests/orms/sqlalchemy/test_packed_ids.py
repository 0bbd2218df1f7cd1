"""Identifiers that a decorated type packs into bytes on some databases, and keeps as text or as a UUID on others."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import BINARY, CHAR, Column, Dialect, ForeignKey, LargeBinary, select
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.types import TypeDecorator, TypeEngine

from property_tests.walks import walked
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.column_types import described
from pyrsql.problems import UnsupportedOperator, WrongValue
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked


class Hex(TypeDecorator[Any]):
    """A UUID as 32 letters: PostgreSQL's own type, 16 bytes on MariaDB, a text elsewhere."""

    impl = CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        forms: dict[str, TypeEngine[Any]] = {
            "postgresql": postgresql.UUID(),
            "mysql": mysql.BINARY(16),
            "mariadb": mysql.BINARY(16),
        }
        return dialect.type_descriptor(forms.get(dialect.name, CHAR(32)))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        read = uuid.UUID(str(value))
        return {"postgresql": read, "sqlite": read.hex}.get(dialect.name, read.bytes)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return (uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(str(value))).hex


class Packed(TypeDecorator[uuid.UUID]):
    """A UUID as 16 bytes on all databases but PostgreSQL."""

    impl = BINARY(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        forms: dict[str, TypeEngine[Any]] = {"postgresql": postgresql.UUID(), "sqlite": LargeBinary(16)}
        return dialect.type_descriptor(forms.get(dialect.name, BINARY(16)))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return value if dialect.name == "postgresql" else uuid.UUID(str(value)).bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        return uuid.UUID(bytes=value) if isinstance(value, bytes) else value


class TwoDatabases(TypeDecorator[uuid.UUID]):
    """Its code knows two databases."""

    impl = CHAR(36)
    cache_ok = True

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name not in {"postgresql", "sqlite"}:
            raise NotImplementedError(dialect.name)
        return value.hex


class Base(DeclarativeBase):
    pass


class Site(Base):
    """Its types say nothing of their values, and neither does an annotation."""

    __tablename__ = "packed_sites"
    id: Column[str] = Column(Hex(), primary_key=True)
    parent_id: Column[str] = Column(Hex(), ForeignKey("packed_sites.id"))
    number: Mapped[int]
    key: Mapped[uuid.UUID | None] = mapped_column(Packed)
    parent: Mapped[Site | None] = relationship(remote_side=[id])


IDS = [uuid.UUID(int=place * 2**125 + 7) for place in range(1, 6)]


@pytest.fixture(scope="module")
def sites(store: Store) -> Iterator[Store]:
    if store.name == "mariadb" and hasattr(store, "runner"):
        pytest.skip("aiomysql writes no bytes")
    rows = [
        Site(id=IDS[place].hex, parent_id=IDS[0].hex if place else None, number=place, key=IDS[place])
        for place in (0, 3, 1, 4, 2)
    ]
    with stocked(store, Base.metadata, rows):
        yield store


def numbers(store: Store, filter: str) -> list[int]:
    return sorted(IDS.index(uuid.UUID(found)) for found in ids(store, Site, filter))


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (f"id=={IDS[2].hex}", [2]),
        (f"id=={IDS[2]}", [2]),
        (f"id!={IDS[2]}", [0, 1, 3, 4]),
        (f"id=in=({IDS[1]},{IDS[4].hex},{uuid.UUID(int=1)})", [1, 4]),
        (f"id=out=({IDS[1]},{IDS[4]})", [0, 2, 3]),
        ("parent_id=na=", [0]),
        (f"parent.id=={IDS[0]}", [1, 2, 3, 4]),
        (f"parent_id=={IDS[0]};id!={IDS[3]}", [1, 2, 4]),
        (f"key=={IDS[2]}", [2]),
        (f"key=in=({IDS[1]},{IDS[4].hex})", [1, 4]),
        (f"parent.key=={IDS[0]}", [1, 2, 3, 4]),
    ],
)
def test_rows(sites: Store, filter: str, expected: list[int]) -> None:
    assert numbers(sites, filter) == expected


@pytest.mark.parametrize("sort", ["id", "-id", "key", "-key", "parent.id;number", "-parent_id;number"])
def test_pages_by_cursor(sites: Store, sort: str) -> None:
    site = schema(Site)
    ascending = [0, 1, 2, 3, 4]
    expected = {"-id": ascending[::-1], "-key": ascending[::-1], "parent.id;number": [1, 2, 3, 4, 0]}

    def walk(session: Session) -> list[list[int]]:
        def run(statement: Any) -> Any:
            return session.execute(statement).all()

        return [
            [row.number for row in walked(site, select(Site), run, sort=sort, size=2, backward=backward)]
            for backward in (False, True)
        ]

    assert sites.run(walk) == [expected.get(sort, ascending)] * 2


@pytest.mark.parametrize(
    ("filter", "refused"),
    [
        ("id==1", WrongValue),
        ("id==1*", WrongValue),
        ("id=like=1", UnsupportedOperator),
        (f"id>{IDS[0]}", UnsupportedOperator),
    ],
)
def test_refusals(filter: str, refused: type) -> None:
    assert isinstance(problems(Site, filter)[0], refused)


def test_code_that_refuses_every_value_on_a_database_does_not_know_it() -> None:
    found = described(TwoDatabases(), uuid.UUID)
    assert found.accepts is not None
    assert found.accepts(IDS[0])
    assert not found.accepts(object())


def test_a_value_that_one_database_refuses_is_refused() -> None:
    found = described(Hex(), uuid.UUID)
    assert found.accepts is not None
    assert found.accepts(IDS[0])
    assert not found.accepts("1")
