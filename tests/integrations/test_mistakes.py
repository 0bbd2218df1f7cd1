"""Mistakes of a developer who meets the library for the first time: each is told when the application is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from sqlalchemy import Connection, StaticPool, create_engine, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from pyrsql import QueryOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, SortParameterFormat, in_body, install_openapi
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, FastAPISQLAlchemyResource
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from tests.sample_models import User


class UserOut(BaseModel):
    id: int
    name: str


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
    return FastAPISQLAlchemyIntegration().resource(User, item=UserOut, **options)


def integration(*positional: Any, **options: Any) -> FastAPISQLAlchemyIntegration:
    return FastAPISQLAlchemyIntegration(*positional, **options)


ANYTHING: Any = FastAPISQLAlchemyIntegration()
MISTAKES: list[tuple[Callable[[], object], str]] = [
    (lambda: integration(FastAPICriteriaConfig()), "is no backend, such as SQLAlchemyORM"),
    (lambda: integration(orm=SQLAlchemyORM), "is no backend, such as SQLAlchemyORM"),
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
