"""The adapter: parameters of a request to criteria, and everything that can be wrong with them."""

import asyncio
import pickle
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import select

from pyrsql import ConfigurationError, PageRequest, ParseLimits, PyrsqlError, QueryOptions, Sort, parse
from pyrsql.adapters.fastapi import (
    CriteriaDependency,
    CriteriaError,
    CriteriaErrorResponse,
    FastAPICriteriaConfig,
    RequestCriteria,
    SortParameterFormat,
    criteria_dependency,
    install_problem_details,
)
from pyrsql.adapters.fastapi.parameters import ParameterValues
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from tests.asgi import get
from tests.sample_models import User

LARGEST_OFFSET = 2**63 - 1


def app_with(config: FastAPICriteriaConfig) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(criteria: Annotated[RequestCriteria, Depends(criteria_dependency(config))]) -> dict[str, Any]:
        page = criteria.page_request
        return {
            "filter": criteria.query.text,
            "sort": criteria.sort.text,
            "page": None if page is None else [page.offset, page.limit],
            "empty": criteria.is_empty,
        }

    @app.get("/sql")
    async def sql(criteria: Annotated[RequestCriteria, Depends(criteria_dependency(config))]) -> str:
        return str(criteria.apply(select(User), User, orm=SQLAlchemyORM()))

    return app


def ask(config: FastAPICriteriaConfig, query: str, path: str = "/") -> tuple[int, Any]:
    response = get(app_with(config), f"{path}?{query}")
    return response.status_code, response.json()


def errors(answer: tuple[int, Any], status: int = 400) -> list[tuple[str, str, str]]:
    """(parameter, code, detail) of each error; the body follows its model."""
    assert answer[0] == status, answer
    body = CriteriaErrorResponse.model_validate(answer[1])
    return [(error.parameter, error.code, error.detail) for error in body.detail.errors]


DEFAULT = FastAPICriteriaConfig()
SIZED = FastAPICriteriaConfig(default_page_size=20, max_page_size=100)


# --- what is read ---


def test_a_request_without_parameters_asks_for_nothing() -> None:
    assert ask(DEFAULT, "") == (200, {"filter": None, "sort": None, "page": None, "empty": True})


def test_blank_filter_and_sort_are_none() -> None:
    status, body = ask(DEFAULT, "filter=&sort=%20")
    assert (status, body["empty"]) == (200, True)


@pytest.mark.parametrize(
    ("config", "query", "page"),
    [
        (SIZED, "", [0, 20]),
        (SIZED, "page=2", [40, 20]),
        (SIZED, "size=7", [0, 7]),
        (SIZED, "page=3&size=100", [300, 100]),
        (SIZED, "page=00003&size=0010", [30, 10]),
        (DEFAULT, "size=7", [0, 7]),
        (DEFAULT, "page=1&size=7", [7, 7]),
        (DEFAULT, f"page=0&size={LARGEST_OFFSET}", [0, LARGEST_OFFSET]),
        (DEFAULT, f"page={LARGEST_OFFSET - 1}&size=1", [LARGEST_OFFSET - 1, 1]),
        (FastAPICriteriaConfig(one_based_paging=True), "page=1&size=7", [0, 7]),
        (FastAPICriteriaConfig(one_based_paging=True), "page=3&size=7", [14, 7]),
        (FastAPICriteriaConfig(one_based_paging=True), "size=7", [0, 7]),
    ],
)
def test_pages(config: FastAPICriteriaConfig, query: str, page: list[int]) -> None:
    status, body = ask(config, query)
    assert (status, body.get("page")) == (200, page)


def test_parameters_have_the_names_of_the_configuration() -> None:
    config = FastAPICriteriaConfig(
        filter_parameter="q", sort_parameter="order-by", page_parameter="p", size_parameter="n"
    )
    status, body = ask(config, "q=name==demo&order-by=name&p=1&n=2&filter=x&sort=(&page=-1")
    assert (status, body["filter"], body["sort"], body["page"]) == (200, "name==demo", "name", [2, 2])
    assert [error[0] for error in errors(ask(config, "q=(&order-by=;&p=x&n=0"))] == ["q", "order-by", "p", "n"]


def test_a_repeated_sort() -> None:
    config = FastAPICriteriaConfig(sort_parameter_format=SortParameterFormat.REPEATED)
    assert ask(config, "sort=name,desc&sort=&sort=-age")[1]["sort"] == "name,desc;-age"
    assert ask(config, "sort=")[1]["empty"] is True


@pytest.mark.parametrize("blank", ["", "+"])
def test_a_blank_page_or_size_is_none(blank: str) -> None:
    assert ask(DEFAULT, f"page={blank}&size={blank}")[1]["empty"] is True
    assert ask(DEFAULT, f"page={blank}&size=5")[1]["page"] == ask(DEFAULT, "size=5")[1]["page"]
    assert errors(ask(DEFAULT, f"page=1&size={blank}")) == errors(ask(DEFAULT, "page=1"))
    assert [code for _, code, _ in errors(ask(DEFAULT, f"page={blank}&page=1"))] == [
        "repeated-parameter",
        *["missing-page-size"],
    ]


# --- what is refused ---


@pytest.mark.parametrize("text", ["-1", "x", "1.0", "1e3", "%2B1", "1_0", "%D9%A1", "%C2%B2", "0x1", "9" * 5_000])
def test_what_is_no_number_is_no_page_and_no_size(text: str) -> None:
    found = errors(ask(DEFAULT, f"page={text}&size={text}"))
    assert [(parameter, code) for parameter, code, _ in found] == [("page", "page-error"), ("size", "page-error")]


@pytest.mark.parametrize(
    ("config", "query", "expected"),
    [
        (SIZED, "size=0", [("size", "page-error", "Expected a whole number from 1 to 100, but the size is '0'.")]),
        (SIZED, "size=101", [("size", "page-error", "Expected a whole number from 1 to 100, but the size is '101'.")]),
        (
            SIZED,
            f"page={LARGEST_OFFSET}",
            [
                (
                    "page",
                    "page-error",
                    f"Expected a whole number from 0 to {LARGEST_OFFSET // 100 - 1},"
                    f" but the page is '{LARGEST_OFFSET}'.",
                )
            ],
        ),
        (
            FastAPICriteriaConfig(one_based_paging=True),
            "page=0&size=1",
            [("page", "page-error", "Expected a positive whole number, but the page is '0'.")],
        ),
        (DEFAULT, "page=0", [("size", "missing-page-size", "A page number needs a page size: there is no default.")]),
        (SIZED, "page=1&page=2", [("page", "repeated-parameter", "The page is given 2 times.")]),
        (SIZED, "size=1&size=1&size=1", [("size", "repeated-parameter", "The size is given 3 times.")]),
        (SIZED, "filter=a==1&filter=b==2", [("filter", "repeated-parameter", "The filter is given 2 times.")]),
        (SIZED, "sort=a&sort=b", [("sort", "repeated-parameter", "The sort is given 2 times.")]),
    ],
)
def test_refusals(config: FastAPICriteriaConfig, query: str, expected: list[tuple[str, str, str]]) -> None:
    assert errors(ask(config, query)) == expected


def test_the_last_page_that_fits_is_the_one_that_is_named() -> None:
    last = LARGEST_OFFSET // 7 - 1
    assert ask(DEFAULT, f"page={last}&size=7")[0] == 200
    assert errors(ask(DEFAULT, f"page={last + 1}&size=7"))[0][2].startswith(
        f"Expected a whole number from 0 to {last},"
    )


def test_everything_wrong_is_said_at_once() -> None:
    status, body = ask(DEFAULT, "filter=name==demo;age=&sort=name,up&page=-1&size=x")
    assert status == 400
    detail = body["detail"]
    assert detail["type"] == "urn:pyrsql:problem:query-parse-error"
    assert (detail["parameter"], detail["detail"]) == ("filter", detail["errors"][0]["detail"])
    assert [error["parameter"] for error in detail["errors"]] == ["filter", "sort", "page", "size"]
    assert detail["errors"][0]["location"] == {"index": 14, "line": 1, "column": 15, "length": 1}
    assert detail["errors"][2]["location"] is None
    assert set(detail["errors"][0]) == {"code", "detail", "field", "hint", "replacement", "parameter", "location"}


def test_a_problem_with_the_page_has_types_of_its_own() -> None:
    assert ask(DEFAULT, "size=0")[1]["detail"]["type"] == "urn:pyrsql:problem:page-validation-error"
    assert ask(DEFAULT, "page=0")[1]["detail"]["type"] == "urn:pyrsql:problem:page-configuration-error"
    assert ask(DEFAULT, "sort=,")[1]["detail"]["type"] == "urn:pyrsql:problem:sort-parse-error"


def test_what_the_model_does_not_offer_is_a_422() -> None:
    status, body = ask(DEFAULT, "filter=nme==1;age==x&sort=agee", "/sql")
    assert status == 422
    assert body["detail"]["type"] == "urn:pyrsql:problem:query-semantic-error"
    found = [(error["parameter"], error["code"], error["field"]) for error in body["detail"]["errors"]]
    assert found == [
        ("filter", "unknown-field", "nme"),
        ("filter", "wrong-value", "age"),
        ("sort", "unknown-field", "agee"),
    ]
    assert ask(DEFAULT, "sort=agee", "/sql")[1]["detail"]["type"] == "urn:pyrsql:problem:sort-semantic-error"


def test_criteria_apply_to_a_select() -> None:
    status, sql = ask(SIZED, "filter=age>3&sort=-name", "/sql")
    assert status == 200
    assert "WHERE" in sql
    assert "ORDER BY" in sql
    assert "LIMIT" in sql


# --- outside FastAPI ---


def test_criteria_without_fastapi() -> None:
    criteria = RequestCriteria(parse("age>3"), Sort.parse("-name"), PageRequest.of(0, 5))
    assert not criteria.is_empty
    assert "LIMIT" in str(criteria.apply(select(User), User, orm=SQLAlchemyORM()))
    with pytest.raises(PyrsqlError) as caught:
        RequestCriteria(parse("agee>3"), Sort.parse(None)).apply(select(User), User, orm=SQLAlchemyORM())
    assert [problem.code for problem in caught.value.problems] == ["unknown-field"]


def test_a_dependency_can_be_called() -> None:
    criteria = asyncio.run(CriteriaDependency(SIZED).read(ParameterValues({"filter": ["name==demo"], "page": ["2"]})))
    assert (criteria.query.text, criteria.page_request) == ("name==demo", PageRequest.of(2, 20))


def test_an_error_can_be_pickled() -> None:
    with pytest.raises(CriteriaError) as caught:
        asyncio.run(CriteriaDependency().read(ParameterValues({"filter": ["name="]})))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.problems, again.status_code, again.detail) == (
        caught.value.problems,
        400,
        caught.value.detail,
    )


@pytest.mark.parametrize(
    "options",
    [
        {"filter_parameter": ""},
        {"filter_parameter": "sort"},
        {"default_page_size": 0},
        {"max_page_size": 0},
        {"max_page_size": 2**63},
        {"default_page_size": 20, "max_page_size": 10},
    ],
)
def test_an_impossible_configuration_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        FastAPICriteriaConfig(**options)


# --- problem details ---


def test_problem_details() -> None:
    app = app_with(DEFAULT)
    install_problem_details(app)
    response = get(app, "/?filter=name=&size=0")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "parameter", "errors"}
    assert (body["status"], len(body["errors"])) == (400, 2)


# --- the OpenAPI document ---


def parameters_of(app: FastAPI) -> dict[str, Any]:
    return {found["name"]: found for found in app.openapi()["paths"]["/"]["get"]["parameters"]}


def test_the_document_tells_what_values_have_to_be() -> None:
    found = parameters_of(app_with(SIZED))
    assert list(found) == ["filter", "sort", "page", "size"]
    assert not any(parameter["required"] for parameter in found.values())
    assert found["filter"]["schema"]["type"] == "string"
    assert found["filter"]["schema"]["maxLength"] == 4_096
    assert found["sort"]["schema"]["type"] == "string"
    page = {"type": "integer", "format": "int64", "title": "Page", "x-pyrsql": {"role": "page"}}
    assert found["page"]["schema"] == {**page, "minimum": 0, "maximum": LARGEST_OFFSET // 100 - 1, "default": 0}
    size = {"type": "integer", "format": "int64", "title": "Size", "x-pyrsql": {"role": "size"}}
    assert found["size"]["schema"] == {**size, "minimum": 1, "maximum": 100, "default": 20}


def test_the_document_without_sizes() -> None:
    found = parameters_of(app_with(FastAPICriteriaConfig(one_based_paging=True)))
    assert found["page"]["schema"]["minimum"] == 1
    assert "default" not in found["page"]["schema"]
    assert "default" not in found["size"]["schema"]


def test_the_document_of_a_repeated_sort_and_unlimited_filter() -> None:
    options = QueryOptions(parse_limits=ParseLimits(query_length=None))
    config = FastAPICriteriaConfig(sort_parameter_format=SortParameterFormat.REPEATED, query_options=options)
    found = parameters_of(app_with(config))
    assert found["sort"]["schema"]["type"] == "array"
    assert found["sort"]["schema"]["items"] == {"type": "string"}
    assert "maxLength" not in found["filter"]["schema"]


def test_examples_are_shown() -> None:
    def example(value: Any) -> dict[str, dict[str, Any]]:
        return {"one": {"summary": "One", "value": value}}

    config = FastAPICriteriaConfig(
        filter_openapi_examples=example("a==1"),
        sort_openapi_examples=example("-a"),
        page_openapi_examples=example(2),
        size_openapi_examples=example(3),
    )
    found = parameters_of(app_with(config))
    assert [parameter["examples"]["one"]["value"] for parameter in found.values()] == ["a==1", "-a", 2, 3]
