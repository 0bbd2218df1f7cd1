"""The same parameters in a JSON body."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI

from pyrsql.adapters.fastapi import (
    FastAPICriteriaConfig,
    RequestCriteria,
    SortParameterFormat,
    criteria_dependency,
    in_body,
    install_openapi,
)
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.asgi import request
from tests.sample_models import User

CONFIG = FastAPICriteriaConfig(
    filter_parameter="q",
    default_page_size=20,
    max_page_size=100,
    filter_openapi_examples={"one": {"value": "a==1"}},
)
REPEATED = FastAPICriteriaConfig(sort_parameter_format=SortParameterFormat.REPEATED)


def app_with(config: FastAPICriteriaConfig) -> FastAPI:
    app = FastAPI()

    @app.post("/")
    async def read(
        tag: str, criteria: Annotated[RequestCriteria, Depends(in_body(criteria_dependency(config)))]
    ) -> dict[str, Any]:
        page = criteria.page_request
        return {
            "filter": criteria.query.text,
            "sort": criteria.sort.text,
            "page": None if page is None else [page.offset, page.limit],
        }

    @app.post("/users")
    async def users(
        statement: Annotated[Any, Depends(in_body(FastAPISQLAlchemyIntegration(None, config).select_dependency(User)))],
    ) -> str:
        return str(statement)

    return app


def post(body: Any, config: FastAPICriteriaConfig = CONFIG, url: str = "/?tag=x") -> httpx.Response:
    return request(app_with(config), "POST", url, json=body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, (None, None, [0, 20])),
        ({"q": None, "sort": None, "page": None, "size": None, "more": 1}, (None, None, [0, 20])),
        ({"q": "a==1", "sort": "-b", "page": 2, "size": 5}, ("a==1", "-b", [10, 5])),
        ({"q": ["a==1"], "page": "2", "size": ["5"]}, ("a==1", None, [10, 5])),
        ({"q": [], "sort": [None], "page": []}, (None, None, [0, 20])),
    ],
)
def test_a_body_says_what_a_query_says(body: Any, found: tuple[Any, ...]) -> None:
    response = post(body)
    assert response.status_code == 200, response.text
    assert tuple(response.json().values()) == found


def test_a_list_is_a_repeated_parameter() -> None:
    assert post({"sort": ["a", "-b"]}, REPEATED).json()["sort"] == "a;-b"
    assert post({"sort": ["a", "-b"]}).json()["detail"]["errors"][0]["code"] == "repeated-parameter"


@pytest.mark.parametrize("value", [True, 1.5, {"a": 1}, -1, 10**30, [1, 2], [[1]], 10**400])
def test_what_is_no_number_is_refused(value: Any) -> None:
    response = post({"page": value})
    assert response.status_code == 400
    assert response.json()["detail"]["parameter"] == "page"


@pytest.mark.parametrize("value", [True, 1.5, 5, {"a": 1}, ["a==1", 2]])
def test_what_is_no_filter_is_refused(value: Any) -> None:
    response = post({"q": value, "page": -1})
    assert response.status_code == 400
    assert [error["parameter"] for error in response.json()["detail"]["errors"]] == ["q", "page"]


@pytest.mark.parametrize("body", [5, [], "a==1"])
def test_what_is_no_object_is_refused_by_fastapi(body: Any) -> None:
    assert post(body).status_code == 422


def test_a_long_filter() -> None:
    text = ",".join(f"id=={number}" for number in range(400))
    assert post({"q": text}, url="/users").json().count("users.id = ") == 400
    response = post({"q": "x" * 5_000}, url="/users")
    assert response.json()["detail"]["errors"][0]["code"] == "limit-exceeded"


def test_the_body_is_documented() -> None:
    app = app_with(CONFIG)
    install_openapi(app)
    operation = app.openapi()["paths"]["/"]["post"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["tag"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert list(schema["properties"]) == ["q", "sort", "page", "size"]
    assert schema["properties"]["q"]["examples"] == ["a==1"]
    assert schema["properties"]["size"]["default"] == 20
    users = app.openapi()["paths"]["/users"]["post"]
    described = users["requestBody"]["content"]["application/json"]["schema"]["properties"]["q"]["description"]
    assert "`company.name`" in described
    assert users["responses"]["400"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/CriteriaErrorResponse"
    }
