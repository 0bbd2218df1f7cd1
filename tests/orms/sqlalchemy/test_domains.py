"""Domains of PostgreSQL over enums and arrays, of which an operator takes any, and arrays of domains."""

import enum
from collections.abc import Iterator

import pytest
from sqlalchemy import ARRAY, ForeignKey, Integer, String, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from property_tests.walks import walked
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from tests.orms.sqlalchemy.store import Store, ids

# SQLAlchemy 2.1 says so of its own type.
pytestmark = pytest.mark.filterwarnings("ignore:Type object .*DOMAIN:DeprecationWarning")


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Base(DeclarativeBase):
    pass


DDL = (
    "CREATE TYPE domain_base AS ENUM ('RED', 'BLUE')",
    "CREATE DOMAIN of_enum AS domain_base",
    "CREATE DOMAIN of_domain AS of_enum",
    "CREATE DOMAIN of_numbers AS INTEGER[]",
    "CREATE DOMAIN of_texts AS VARCHAR(5)[]",
    "CREATE DOMAIN positive AS INTEGER CHECK (VALUE > 0)",
    "CREATE DOMAIN code AS VARCHAR(5)",
    "CREATE TABLE of_domains (id INTEGER PRIMARY KEY, colour of_enum, shade of_domain, numbers of_numbers,"
    " texts of_texts, positives positive[], codes code[], colours of_enum[],"
    " parent_id INTEGER REFERENCES of_domains (id))",
    "INSERT INTO of_domains VALUES"
    " (1, 'RED', 'BLUE', '{1,2}', '{abc,B}', '{1,2}', '{abc,B}', '{RED,BLUE}', 1),"
    " (2, 'BLUE', 'RED', '{3}', '{b}', '{3}', '{b}', '{BLUE}', 1),"
    " (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
)
DROPPED = (
    "DROP TABLE of_domains",
    "DROP DOMAIN code, positive, of_texts, of_numbers, of_domain, of_enum",
    "DROP TYPE domain_base",
)

_ENUM = postgresql.DOMAIN("of_enum", postgresql.ENUM(Colour, name="domain_base"))


class OfDomain(Base):
    __tablename__ = "of_domains"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour = mapped_column(_ENUM)
    shade = mapped_column(postgresql.DOMAIN("of_domain", _ENUM))
    numbers = mapped_column(postgresql.DOMAIN("of_numbers", ARRAY(Integer)))
    texts = mapped_column(postgresql.DOMAIN("of_texts", postgresql.ARRAY(String(5))))
    positives = mapped_column(ARRAY(postgresql.DOMAIN("positive", Integer)))
    codes = mapped_column(ARRAY(postgresql.DOMAIN("code", String(5))))
    colours = mapped_column(ARRAY(_ENUM))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("of_domains.id"))
    parent: Mapped["OfDomain | None"] = relationship(remote_side=id)


@pytest.fixture(scope="module")
def filled(store: Store) -> Iterator[Store]:
    if store.name != "postgres":
        pytest.skip("no other database has domains")
    store.run(lambda session: _run(session, DDL))
    yield store
    store.run(lambda session: _run(session, DROPPED))


def _run(session: Session, statements: tuple[str, ...]) -> None:
    for statement in statements:
        session.connection().exec_driver_sql(statement)


FILTERS = {
    "colour==RED": [1],
    "colour!=RED": [2],
    "colour=in=(r,b)": [1, 2],
    "colour=out=(b)": [1],
    "shade==RED": [2],
    "parent.colour==RED": [1, 2],
    "colour=na=": [3],
    "numbers==1": [1],
    "numbers!=1": [1, 2],
    "numbers>2": [2],
    "numbers=in=(1,3)": [1, 2],
    "numbers=bt=(1,2)": [1],
    "numbers=na=": [3],
    "texts==abc": [1],
    "texts==abcdefgh": [],
    "texts==a*": [1],
    "texts=ic=b": [1, 2],
    "positives==1": [1],
    "positives==-1": [],
    "positives=in=(-1,3)": [2],
    "codes==abc": [1],
    "codes==abcdefgh": [],
    "codes=like=b": [1, 2],
    "codes=in=(b,zzzzzzzz)": [2],
    "colours==RED": [1],
    "colours=in=(r,b)": [1, 2],
    "colours!=BLUE": [1],
}


@pytest.mark.parametrize("filter", FILTERS)
def test_rows(filled: Store, filter: str) -> None:
    assert ids(filled, OfDomain, filter) == FILTERS[filter]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("colour", [1, 2, 3]), ("-colour", [3, 2, 1]), ("shade", [2, 1, 3]), ("parent.shade;-id", [2, 1, 3])],
)
def test_sorts(filled: Store, sort: str, expected: list[int]) -> None:
    def check(session: Session) -> None:
        for backward in (False, True):
            found = walked(schema(OfDomain), select(OfDomain.id), session.execute, sort=sort, size=1, backward=backward)
            assert found == expected

    assert ids(filled, OfDomain, sort=sort, options=QueryOptions()) == expected
    filled.run(check)
