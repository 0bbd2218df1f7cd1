"""Threads and tasks that share schemas and caches get what each would get alone."""

import asyncio
import importlib
import pkgutil
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from returns.result import Result, Success
from sqlalchemy import Column, ForeignKey, Integer, Select, String, select
from sqlalchemy.dialects import registry
from sqlalchemy.orm import DeclarativeBase, relationship

import pyrsql
from pyrsql import CursorRequest, QueryOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from pyrsql.models.schema import Schema
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_criteria, validate_request
from pyrsql.problems import Problems
from tests.asgi import client_of

THREADS = 16
TASKS = 200
ROUNDS = 3

OPTIONS = QueryOptions(quantifiers=True)
DIALECTS = [registry.load(name)() for name in ("sqlite", "postgresql", "mysql")]

REQUESTS = tuple(
    (filter, sort)
    for filter in (
        *("title==a*", "pages>1;shelf.name==b", "shelf.books.title=in=(a,b)", "shelf=na=,title=like=c"),
        *("shelf.shop.name==x", "shelf.shop.shelves.books.pages=bt=(1,9)", "nothing==1", "pages==x", "title=="),
        *("shelf.books=all='pages>1'", "title==^ä*"),
    )
    for sort in (None, "title,desc", "-shelf.name;pages", "shelf.books.pages,nullsfirst", "nothing")
)


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    """Threads switch as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def caches_of_functions() -> dict[str, Any]:
    """Every `lru_cache` and `cache` of the library, by its full name."""
    found: dict[str, Any] = {}
    for module in pkgutil.walk_packages(pyrsql.__path__, "pyrsql."):
        # The command line runs in one thread, and needs packages without wheels for the free-threaded build.
        if module.name.startswith("pyrsql.cli"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if callable(getattr(value, "cache_clear", None)) and value.__module__.startswith("pyrsql"):
                found[f"{value.__module__}.{name}"] = value
    return found


def clear_caches() -> None:
    """What no request has warmed: parsers, converters, aliases and terms are made anew."""
    caches = caches_of_functions()
    assert len(caches) > 8
    for cache in caches.values():
        cache.cache_clear()


def cold_model() -> type[DeclarativeBase]:
    """A mapped class, and two that it leads to and that lead back, which no cache has seen."""

    class Base(DeclarativeBase):
        pass

    class Shop(Base):
        __tablename__ = "shops"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        shelves = relationship("Shelf", back_populates="shop")

    class Shelf(Base):
        __tablename__ = "shelves"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        shop_id: Column[int] = Column(ForeignKey("shops.id"))
        shop = relationship("Shop", back_populates="shelves")
        books = relationship("Book", back_populates="shelf")

    class Book(Base):
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        title = Column(String(20))
        pages = Column(Integer)
        shelf_id: Column[int] = Column(ForeignKey("shelves.id"))
        shelf = relationship("Shelf", back_populates="books")

    # What refers to each other by name alone may be collected before SQLAlchemy looks for it.
    Base.registry.configure()
    return Book


def answer(books: Schema, filter: str | None, sort: str | None) -> str:
    """What a request becomes: SQL with its values, or problems."""
    base: Select[Any] = select(books.model.type)
    judged = validate_request(books, filter=filter, sort=sort, page=Success(PageRequest.of(2, 5)))
    paged: Result[Any, Problems] = judged.bind(apply_criteria(base))
    validated = validate_request(books, filter=filter, sort=sort, page=Success(CursorRequest.first(5)))
    sought: Result[Any, Problems] = validated.bind(apply_criteria(base))
    pages = paged.map(lambda page: (sql(page.statement), sql(page.count_statement)))
    return f"{pages} {sought.map(lambda page: [sql(one) for one in page.sought.statements])}"


def sql(statement: Any, dialect: Any = None) -> str:
    compiled = statement.compile(dialect=dialect)
    return f"{compiled} {compiled.params}"


def at_once(calls: Iterable[Any]) -> list[Any]:
    """The results of calls that threads start at one moment, in their order."""
    barrier = threading.Barrier(THREADS)

    def run(call: Any) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, calls))


@pytest.mark.parametrize("round", range(ROUNDS))
def test_threads_through_cold_caches(round: int) -> None:
    """Each thread answers all requests, from another place on; the model is reflected while they do."""
    clear_caches()
    model = cold_model()

    def answers(thread: int) -> dict[tuple[str, str | None], str]:
        books = schema(model, OPTIONS)
        start = (thread + round) * 7 % len(REQUESTS)
        return {request: answer(books, *request) for request in (*REQUESTS[start:], *REQUESTS[:start])}

    results = at_once([lambda thread=thread: answers(thread) for thread in range(THREADS)])
    books = schema(cold_model(), OPTIONS)
    alone = {request: answer(books, *request) for request in REQUESTS}
    assert results == [alone] * THREADS


def test_threads_share_one_model() -> None:
    model = cold_model()
    models = at_once([lambda: schema(model).model for _ in range(THREADS)])
    assert len(set(map(id, models))) == 1


def test_threads_compile_statements_for_every_database() -> None:
    clear_caches()
    model = cold_model()

    def compiled(model: type[Any]) -> list[str]:
        asked = validate_request(schema(model, OPTIONS), filter="title==^ä*;shelf.books=all='pages>1'", sort="title,ic")
        page = asked.bind(apply_criteria(select(model))).unwrap()
        return [sql(statement, dialect) for dialect in DIALECTS for statement in (page.statement, page.count_statement)]

    assert at_once([lambda: compiled(model)] * THREADS) == [compiled(cold_model())] * THREADS


def test_threads_filter_and_sort_objects_in_memory() -> None:
    @dataclass
    class Book:
        id: int
        title: str
        pages: int | None

    clear_caches()
    orm = MemoryORM()
    books = [Book(number, "äÄb"[number % 3], number % 5 or None) for number in range(30)]

    def found() -> list[list[int]]:
        filters = ("title==^Ä", "title=like=b,pages>3", "pages=na=,pages=in=(1,2)", "title==ä*")
        kept = [pyrsql.apply(books, Book, text, orm=orm) for text in filters]
        sort = pyrsql.Sort.parse("-pages,nullsfirst;title")
        return [[book.id for book in sort.apply(rows, Book, orm=orm)] for rows in kept]

    results = at_once([found] * THREADS)
    assert results == [found()] * THREADS
    assert list(map(len, results[0])) == [20, 14, 18, 10]


@pytest.mark.parametrize("round", range(ROUNDS))
async def test_tasks_through_cold_caches(round: int) -> None:
    """Requests of one application, all of them under way at a time."""
    clear_caches()

    def application() -> FastAPI:
        app = FastAPI()
        model = cold_model()
        config = FastAPICriteriaConfig(query_options=OPTIONS)
        page = FastAPISQLAlchemyIntegration(criteria_config=config).paginated_select_dependency(model)

        @app.get("/books")
        async def list_books(found: Annotated[Any, Depends(page)]) -> list[str]:
            await asyncio.sleep(0)
            return [sql(found.statement), sql(found.count_statement)]

        return app

    requests = [REQUESTS[(task + round) % len(REQUESTS)] for task in range(TASKS)]
    parameters = [{"filter": filter} | ({"sort": sort} if sort else {}) for filter, sort in requests]
    async with client_of(application()) as client, client_of(application()) as other:
        together = await asyncio.gather(*(client.get("/books", params=query) for query in parameters))
        alone = [await other.get("/books", params=query) for query in parameters]
    assert [(r.status_code, r.json()) for r in together] == [(r.status_code, r.json()) for r in alone]
    assert {response.status_code for response in together} == {200, 400, 422}
