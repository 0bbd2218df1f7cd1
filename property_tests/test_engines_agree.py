"""Other engines give the rows of memory too: DuckDB by standard SQL, libSQL by that of SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import StaticPool, create_engine

from property_tests import questions
from property_tests.models import Base, world
from property_tests.stores import Store, Stores
from property_tests.test_backends_agree import check_filter, check_sort
from pyrsql.language.render import render
from pyrsql.testing import filters_for
from tests.databases import missing

ENGINES = {
    "duckdb": ("duckdb_engine", "duckdb:///:memory:"),
    "libsql": ("sqlalchemy_libsql", "sqlite+libsql://"),
}

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning:duckdb_engine"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module", params=ENGINES)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """One engine with the rows. libSQL's dialect needs SQLAlchemy 2.0."""
    package, url = ENGINES[request.param]
    if find_spec(package) is None:
        if package == "sqlalchemy_libsql":
            pytest.skip("sqlalchemy-libsql is installed with SQLAlchemy 2.0 only, which it needs")
        missing(f"{package} is not installed")
    rows = world(1)
    engine = create_engine(url, poolclass=StaticPool)
    with engine.connect() as connection:
        Base.metadata.create_all(connection)
        rows.insert(connection)
        connection.commit()
        yield Stores(rows, (Store(request.param, connection),))
    engine.dispose()


@given(st.data())
def test_filters(stores: Stores, data: st.DataObject) -> None:
    check_filter(stores, questions.ITEMS, data.draw(questions.filters(stores.world)))


@given(st.data())
def test_complements(stores: Stores, data: st.DataObject) -> None:
    check_filter(stores, questions.COMPLEMENT, data.draw(questions.filters(stores.world, questions.COMPLEMENT)))


@given(filters_for(questions.FUNCTIONS, selectors=questions.CALLS, comparisons=2).map(render))
def test_functions(stores: Stores, text: str) -> None:
    check_filter(stores, questions.FUNCTIONS, text)


@given(questions.sorts())
def test_sorts(stores: Stores, sort: str) -> None:
    check_sort(stores, questions.ITEMS, sort)
