"""Mistakes of a developer who meets the library for the first time: each is told when the application is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from sqlalchemy import Connection, StaticPool, create_engine, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

import pyrsql
from pyrsql import PageRequest, QueryOptions, Sort, SortOptions
from pyrsql.adapters.fastapi import (
    FastAPICriteriaConfig,
    RequestCriteria,
    SortParameterFormat,
    criteria_dependency,
    in_body,
    install_openapi,
    install_problem_details,
)
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import (
    CursorPage,
    FastAPISQLAlchemyIntegration,
    FastAPISQLAlchemyResource,
    Page,
    by_role,
    index_report,
)
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from tests.sample_models import User


class UserOut(BaseModel):
    id: int
    name: str


class OtherOut(BaseModel):
    nme: str


def get_session() -> Iterator[Session]:
    raise AssertionError("no request is made")


@contextmanager
def managed() -> Iterator[Session]:
    yield from get_session()


@asynccontextmanager
async def managed_by_loop() -> AsyncIterator[Session]:
    for session in get_session():
        yield session


def resource(**options: Any) -> FastAPISQLAlchemyResource:
    return FastAPISQLAlchemyIntegration().resource(User, **{"item": UserOut, **options})


def integration(*positional: Any, **options: Any) -> FastAPISQLAlchemyIntegration:
    return FastAPISQLAlchemyIntegration(*positional, **options)


ANYTHING: Any = FastAPISQLAlchemyIntegration()
MISTAKES: list[tuple[Callable[[], object], str]] = [
    (lambda: integration(FastAPICriteriaConfig()), "is no backend of statements, such as SQLAlchemyORM"),
    (lambda: integration(orm=SQLAlchemyORM), "is no backend of statements, such as SQLAlchemyORM"),
    (lambda: integration(criteria_config=QueryOptions()), "criteria_config=.*: it takes a value of FastAPICriteria"),
    (lambda: ANYTHING.resource("User"), "'User' is not a class that SQLAlchemy maps"),
    (lambda: ANYTHING.resource(select(User)), "is not a class that SQLAlchemy maps"),
    (lambda: resource(default_sort=["name"]), "it takes a text, such as 'name,asc;-age'"),
    (lambda: resource(default_sort=User.name), "it takes a text, such as 'name,asc;-age'"),
    (lambda: resource(default_sort="nmae"), "There is no field 'nmae' to sort by. Did you mean 'name'"),
    (lambda: resource(filterable_fields={"nmae"}), "There is no field 'nmae' to filter by. Did you mean 'name'"),
    (lambda: resource(sortable_fields=["company__name"]), "Did you mean 'company.name'"),
    (lambda: resource(filterable_fields="*"), "'\\*' is no list of fields: ALL_FIELDS opens all"),
    (lambda: resource(filterable_fields=["*"]), "is no list of fields: ALL_FIELDS opens all"),
    (lambda: resource(filterable_fields=True), "a list of fields takes a collection of names, not True"),
    (lambda: resource(max_page_size="100"), "max_page_size='100'"),
    (lambda: resource(filter_examples=["name==demo"]), "examples have names"),
    (lambda: resource(item=Page[UserOut]), "the item Page\\[UserOut\\] is a page of items: give UserOut"),
    (lambda: resource().page_dependency(Page[UserOut], get_session), "is a page of items: give UserOut"),
    (lambda: resource().cursor_page_dependency(CursorPage[UserOut], get_session), "is a page of items: give UserOut"),
    (lambda: resource().stream_dependency(Page[UserOut], get_session), "is a page of items: give UserOut"),
    (lambda: resource().router(get_session, item=Page), "is a page of items: give the model of a row"),
    (lambda: integration().page_dependency(User, Page[UserOut], get_session), "is a page of items: give UserOut"),
    (lambda: resource().page_dependency(OtherOut, get_session), "OtherOut requires 'nme', .* did you mean 'name'"),
    (lambda: resource().stream_dependency(OtherOut, get_session), "OtherOut requires 'nme'"),
    (lambda: resource().page_dependency(UserOut, get_session, total_limit=ANYTHING), "a total is counted up to 1 row"),
    (lambda: resource().page_dependency(UserOut, get_session, total_limit=True), "total_limit=True"),
    (lambda: resource().stream_dependency(UserOut, get_session, chunk_size=ANYTHING), "of a stream are 1 or more"),
    (lambda: resource().stream_dependency(UserOut, get_session, max_rows=True), "of a stream are 1 or more"),
    (lambda: resource().router(UserOut), "UserOut'> makes no session: give a function that yields"),
    (lambda: resource(load_only=["id"]), r"load_only=\['id'\]: it takes True or False; the item says which columns"),
    (lambda: resource(query_parameter_name=1), "filter_parameter=1: it takes a text"),
    (lambda: resource(filter_examples={"one": 1}), "the example 'one' is 1: write a text"),
    (lambda: resource(sort_examples={"one": None}), "the example 'one' is None: write a text"),
    (lambda: resource().select(cast("Any", "name==demo")), "are a RequestCriteria, not 'name==demo'"),
    (lambda: resource().apply(select(User), ANYTHING), "are a RequestCriteria, not"),
    (lambda: integration().apply(select(User), User, ANYTHING), "are a RequestCriteria, not"),
    (lambda: RequestCriteria(ANYTHING, Sort.parse(None)), "query=.*: it takes a value of Query"),
    (lambda: criteria_dependency(ANYTHING), "it takes a value of FastAPICriteriaConfig"),
    (lambda: integration(MemoryORM()), "is no backend of statements, such as SQLAlchemyORM"),
    (lambda: integration().select_dependency(ANYTHING), "is not a class that SQLAlchemy maps"),
    (lambda: integration().select_dependency(UserOut), "is not a class that SQLAlchemy maps"),
    (lambda: by_role(ANYTHING, {"one": resource()}, documented="one"), "is no dependency: give the function"),
    (lambda: by_role(get_session, ANYTHING, documented="one"), "by_role takes a mapping, role -> resource"),
    (lambda: by_role(get_session, {"one": ANYTHING}, documented="one"), "of the role 'one' is no resource"),
    (lambda: index_report(ANYTHING), "is no resource: give what integration.resource"),
    (lambda: install_problem_details(APIRouter()), "completes the document of an application"),  # type: ignore[arg-type]
    (lambda: pyrsql.parse(ANYTHING), "is no text to parse: give a text, or None"),
    (lambda: pyrsql.parse("id==1", options=SortOptions()), "it takes a value of QueryOptions"),  # type: ignore[arg-type]
    (lambda: pyrsql.parse("id==1", options={}), "options={}: it takes a value of QueryOptions"),  # type: ignore[arg-type]
    (lambda: schema(User, cast("Any", SortOptions())), "it takes a value of QueryOptions"),
    (lambda: Sort.parse(ANYTHING), "is no text to parse"),
    (lambda: Sort.parse("id", options=QueryOptions()), "it takes a value of SortOptions"),  # type: ignore[arg-type]
    (lambda: pyrsql.apply(select(User), User, "id==1", orm=SQLAlchemyORM), "is no backend"),  # type: ignore[arg-type]
    (lambda: pyrsql.compile("id==1", orm=ANYTHING).apply(select(User), User), "is no backend"),
    (lambda: PageRequest.of(0, 5).apply(select(User), User, orm=ANYTHING), "is no backend"),
    (lambda: resource().router(managed), "gives a context manager: leave @contextmanager out"),
    (lambda: resource().router(managed_by_loop), "gives a context manager: leave @contextmanager out"),
    (lambda: install_openapi(APIRouter()), "completes the document of an application"),  # type: ignore[arg-type]
    (lambda: in_body(get_session), "in_body takes a dependency such as"),  # type: ignore[arg-type]
    (lambda: in_body(resource()), "in_body takes a dependency such as"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("mistake", [pytest.param(each, id=each[1]) for each in MISTAKES])
def test_a_mistake_is_told_at_once(mistake: tuple[Callable[[], object], str]) -> None:
    make, message = mistake
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"query_options": {}}, "query_options={}: it takes a value of QueryOptions"),
        ({"sort_options": QueryOptions()}, "it takes a value of SortOptions"),
        ({"sort_parameter_format": "repeated"}, "SortParameterFormat.SEMICOLON, SortParameterFormat.REPEATED"),
        ({"one_based_paging": "false"}, "it takes True or False"),
        ({"default_page_size": "20"}, "default_page_size='20'"),
        ({"cursor_length": "20"}, "cursor_length='20'"),
        ({"cursor_secrets": None}, "cursor secrets are a list of texts or bytes"),
        ({"cursor_secrets": [1]}, "cursor secrets are a list of texts or bytes"),
        ({"cursor_sealer": "key"}, "is an object with seal, open and hides"),
        ({"filter_parameter": None}, "filter_parameter=None: it takes a text"),
        ({"filter_openapi_examples": {"one": "id==1"}}, "write name -> example, such as {'by_name': {'value': "),
        ({"size_openapi_examples": [{"value": 1}]}, "size_openapi_examples=.*: write name -> example"),
    ],
)
def test_a_configuration_of_another_type_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        FastAPICriteriaConfig(**options)
    FastAPICriteriaConfig(sort_parameter_format=SortParameterFormat.REPEATED)


def test_a_connection_is_no_session() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    def connection() -> Iterator[Connection]:
        with engine.connect() as opened:
            yield opened

    app = FastAPI()
    app.include_router(resource().router(connection), prefix="/users")
    with pytest.raises(ConfigurationError, match="as the session of a request: give a function that yields a Session"):
        TestClient(app).get("/users")


@pytest.mark.parametrize(
    ("blacklist", "is_refused"),
    [({"Name"}, True), ({"na_me"}, True), ({"Name", "name"}, False), ({"password"}, False), ({"name"}, False)],
)
def test_a_forbidden_name_in_other_case_is_a_mistake(blacklist: set[str], is_refused: bool) -> None:
    config = FastAPICriteriaConfig(query_options=QueryOptions(field_blacklist=blacklist))
    make = FastAPISQLAlchemyIntegration(criteria_config=config).resource
    if is_refused:
        with pytest.raises(ConfigurationError, match="which hides nothing: did you mean 'name'"):
            make(User)
    else:
        make(User)


def test_a_class_that_makes_sessions_is_a_dependency() -> None:
    class Unit(Session):
        def __init__(self) -> None:
            super().__init__(create_engine("sqlite://"))

    resource().router(Unit)


def test_pages_of_an_item_that_shows_other_fields_are_fine() -> None:
    class NameOut(BaseModel):
        name: str

    resource().page_dependency(NameOut, get_session)
    integration().page_dependency(User, NameOut, get_session, total_limit=1)
