"""Parameters that no part of a route declares, and text that is none."""

import json
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Security
from fastapi.security import APIKeyQuery
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from pyrsql import ComparisonOperator, ConfigurationError, CustomPredicateDefinition, QueryOptions
from pyrsql.adapters.fastapi import (
    FastAPICriteriaConfig,
    RequestCriteria,
    SortParameterFormat,
    criteria_dependency,
    in_body,
)
from tests.asgi import get, request

NEAR = ComparisonOperator("near", ("=near=",))
OPTIONS = QueryOptions(custom_predicates={"near": CustomPredicateDefinition(operator=NEAR)})


class Paging(BaseModel):
    limit: int = 0
    where: str = Field(default="", alias="place")


def app_of(**more: Any) -> FastAPI:
    app = FastAPI()
    config = FastAPICriteriaConfig(query_options=OPTIONS, **more)
    criteria = Depends(criteria_dependency(config))

    @app.get("/users")
    async def users(found: Annotated[RequestCriteria, criteria]) -> dict[str, Any]:
        return {"filter": found.query.text, "sort": found.sort.text}

    async def shared(order: str = "") -> str:
        return order

    router = APIRouter(prefix="/declared", dependencies=[Depends(shared)])

    @router.get("/users")
    async def declared(
        found: Annotated[RequestCriteria, criteria],
        paging: Annotated[Paging, Query()],
        key: Annotated[str | None, Security(APIKeyQuery(name="Filter", auto_error=False))],
    ) -> dict[str, Any]:
        return {"filter": found.query.text, "sort": found.sort.text}

    async def more_shared(b: str = "") -> str:
        return b

    app.include_router(router, dependencies=[Depends(more_shared)])

    @app.post("/users")
    async def search(found: Annotated[RequestCriteria, Depends(in_body(criteria_dependency(config)))]) -> None: ...

    return app


APP = app_of()
DIRECTION = "Write the direction in 'sort', as in sort=-name or sort=name,desc."
ESCAPE = "A filter ends at the first '&': write ';' for AND, and '%26' for the character '&' in a value."


def errors(response: Any) -> list[tuple[str, str, str | None]]:
    return [(error["code"], error["parameter"], error["hint"]) for error in response.json()["detail"]["errors"]]


def post(body: Any) -> Any:
    """A request whose JSON is escaped, as that of most clients is: half a character can then be sent."""
    headers = {"content-type": "application/json"}
    return request(APP, "POST", "/users", content=json.dumps(body), headers=headers)


@pytest.mark.parametrize(
    ("query", "name", "hint"),
    [
        # Pieces of a filter.
        ("filter=a>1&&b>2", "b>2", ESCAPE),
        ("filter=a>1&b==2", "b", ESCAPE),
        ("filter=a>1&b=gt=2", "b", ESCAPE),
        ("filter=a>1&b=in=(1,2)", "b", ESCAPE),
        ("filter=a>1&b=na=", "b", ESCAPE),
        ("filter=a>1&b=near=x", "b", ESCAPE),
        ("filter=a>1&b!=2", "b!", ESCAPE),
        ("filter=a>1&b<=2", "b<", ESCAPE),
        ("filter=a>1&b;c", "b;c", ESCAPE),
        ("filter=a>1&(b", "(b", ESCAPE),
        ("filter=a>1&b)", "b)", ESCAPE),
        ("filter=name=='R&D=='", "D", ESCAPE),
        ("b%3E2", "b>2", ESCAPE),
        # Our names in another case.
        ("Filter=a==1", "Filter", "Did you mean 'filter'?"),
        ("SORT=a", "SORT", "Did you mean 'sort'?"),
        ("pAge=1", "pAge", "Did you mean 'page'?"),
        ("Size=1", "Size", "Did you mean 'size'?"),
        ("_sort=a", "_sort", "Did you mean 'sort'?"),
        ("_page=1", "_page", "Did you mean 'page'?"),
        # Names from other services.
        ("limit=5", "limit", "Did you mean 'size'?"),
        ("offset=5", "offset", "Write the number of the page in 'page'; 'size' is the number of its rows."),
        ("take=5", "take", "Did you mean 'size'?"),
        ("ordering=a", "ordering", "Did you mean 'sort'?"),
        # A direction, whatever its name.
        ("sort=a&order=desc", "order", DIRECTION),
        ("sort=a&dir=DESC", "dir", DIRECTION),
        ("sort[a]=asc", "sort[a]", DIRECTION),
        ("order_by=a", "order_by", "Did you mean 'sort'?"),
        ("order=a", "order", "Did you mean 'sort'?"),
        ("sort_by=a", "sort_by", "Did you mean 'sort'?"),
        ("where=a", "where", "Did you mean 'filter'?"),
        ("filters=a", "filters", "Did you mean 'filter'?"),
        ("q=a", "q", "Did you mean 'filter'?"),
        ("orderBy=a", "orderBy", "Did you mean 'sort'?"),
        ("$orderby=a", "$orderby", "Did you mean 'sort'?"),
        ("$filter=a", "$filter", "Did you mean 'filter'?"),
        ("page_size=5", "page_size", "Did you mean 'size'?"),
        ("per-page=5", "per-page", "Did you mean 'size'?"),
        ("page[size]=5", "page[size]", "Did you mean 'size'?"),
        ("page[number]=5", "page[number]", "Did you mean 'page'?"),
        ("page[limit]=5", "page[limit]", "Did you mean 'size'?"),
        (
            "page[offset]=5",
            "page[offset]",
            "Write the number of the page in 'page'; 'size' is the number of its rows.",
        ),
        ("page[after]=abc", "page[after]", "This list does not take it."),
        ("sort[]=a", "sort[]", "Did you mean 'sort'?"),
        ("filter[]=a==1", "filter[]", "Did you mean 'filter'?"),
        ("filter[name]=x", "filter[name]", "Write the comparison as the value of 'filter', as in filter=name==demo."),
        ("cursor[]=abc", "cursor[]", "This list does not take it."),
        ("after=abc", "after", "This list does not take it."),
        ("cursor=abc", "cursor", "This list does not take it."),
    ],
)  # fmt: skip
def test_a_suspicious_parameter_is_refused(query: str, name: str, hint: str) -> None:
    response = get(APP, f"/users?{query}")
    assert response.status_code == 400
    assert errors(response)[0] == ("unknown-parameter", name, hint)
    assert response.json()["detail"]["errors"][0]["detail"] == f"There is no parameter '{name}'."
    assert get(app_of(unknown_parameters="ignore"), f"/users?{query}").status_code in (200, 400)
    assert "unknown-parameter" not in get(app_of(unknown_parameters="ignore"), f"/users?{query}").text


@pytest.mark.parametrize(
    "query",
    [
        *("other=1", "_=1", "utm_source=x", "filtr=a", "pages=1", "sorted=a", "[q]=a", "distance[gt]=1", "a.b=1"),
        *("=x", "x=", "t=YQ==", "ids[]=1", "b=2", "b=gt", "b=gt2"),
    ],
)  # fmt: skip
def test_any_other_parameter_passes(query: str) -> None:
    assert get(APP, f"/users?filter=a==1&{query}").json() == {"filter": "a==1", "sort": None}
    refused = get(app_of(unknown_parameters="refuse"), f"/users?filter=a==1&{query}")
    assert [code for code, _, _ in errors(refused)] == ["unknown-parameter"]


@pytest.mark.parametrize("mode", ["suspicious", "refuse"])
def test_parameters_that_a_part_of_the_route_declares_pass(mode: Any) -> None:
    app = app_of(unknown_parameters=mode)
    query = "filter=a==1&limit=5&place==2&order=x&Filter=key&b=gt=2"
    assert get(app, f"/declared/users?{query}").json() == {"filter": "a==1", "sort": None}
    assert [name for _, name, _ in errors(get(app, f"/declared/users?{query}&offset=1"))] == ["offset"]
    assert [name for _, name, _ in errors(get(app, f"/users?{query}"))][:2] == (["limit", "place"])


def test_all_problems_come_together_and_are_bounded() -> None:
    response = get(APP, "/users?filter=(&sort=,&limit=1&" + "&".join(f"b{number}==2" for number in range(500)))
    found = errors(response)
    assert [code for code, _, _ in found] == ["unknown-parameter"] * 20
    assert len(get(APP, f"/users?{'b' * 50_000}=gt=2").text) < 1_000


def test_names_of_the_configuration_count() -> None:
    app = app_of(filter_parameter="q", size_parameter="limit", sort_parameter_format=SortParameterFormat.REPEATED)
    assert get(app, "/users?q=a==1&limit=5&sort=a&sort=b").json() == {"filter": "a==1", "sort": "a;b"}
    assert errors(get(app, "/users?where=a")) == [("unknown-parameter", "where", "Did you mean 'q'?")]
    assert get(app, "/users?filter=a").status_code == 200


def test_other_values_of_the_option_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="unknown_parameters='no': it is 'suspicious', 'refuse' or 'ignore'"):
        FastAPICriteriaConfig(unknown_parameters="no")  # type: ignore[arg-type]  # a caller without types


def test_a_body_has_no_unknown_parameters_either() -> None:
    assert post({"filter": "a==1", "other": 1}).status_code == 200
    assert errors(post({"Filter": "a==1", "limit": 5, "\ud800<": None})) == [
        ("unknown-parameter", "Filter", "Did you mean 'filter'?"),
        ("unknown-parameter", "limit", "Did you mean 'size'?"),
        ("unknown-parameter", "?<", ESCAPE),
    ]


# --- text that is none ---


@pytest.mark.parametrize("broken", ["%ff", "%c3", "a%80", "%ed%a0%80", "%f8%88%80%80%80", "%C3%28", "%e2%82"])
@pytest.mark.parametrize("name", ["filter", "sort", "page", "size"])
def test_bytes_that_are_no_text_are_refused_not_replaced(name: str, broken: str) -> None:
    response = get(APP, f"/users?{name}=a=={broken}")
    assert response.status_code == 400
    (error,) = response.json()["detail"]["errors"]
    assert (error["code"], error["parameter"], error["location"]) == ("syntax-error", name, None)
    assert error["detail"].startswith("Expected text in UTF-8, but found '%")
    # In a parameter that is none of ours they are no concern of ours.
    assert get(APP, f"/users?filter=a==1&other={broken}&{broken}=1").status_code == 200


def test_characters_that_are_text_arrive_as_they_are() -> None:
    assert get(APP, "/users?filter=a==%EF%BF%BD").json()["filter"] == "a==\ufffd"
    assert get(APP, "/users?filter=a=='%EF%BF%BD+%2B'&other=%ff").json()["filter"] == "a=='\ufffd +'"
    assert get(APP, "/users?filter=a==%F0%9F%98%80").json()["filter"] == "a==\U0001f600"


async def raw(app: FastAPI, query: bytes) -> int:
    """The status of a request whose query has bytes that a client library would have encoded."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/users", "query_string": query, "headers": []}
    run: Any = app
    await _call(run, scope, receive, send)
    status: int = sent[0]["status"]
    return status


async def _call(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


@pytest.mark.parametrize(
    ("query", "status"), [(b"filter=a==\xff", 400), ("filter=a==ä".encode(), 200), (b"\xff=1", 200)]
)
async def test_bytes_that_are_not_encoded(query: bytes, status: int) -> None:
    assert await raw(APP, query) == status


@pytest.mark.parametrize("body", [
    {"filter": "a==\ud800"}, {"filter": "\udfff"}, {"sort": "\ud83d"}, {"page": "\ud800"}, {"size": ["\ud800"]},
    {"filter": {"\ud800": 1}}, {"filter": ["a==1", {"b": ["\ud800"]}]},
])  # fmt: skip
def test_half_a_character_in_a_body_is_refused(body: Any) -> None:
    response = post(body)
    assert response.status_code == 400
    assert response.json()["detail"]["errors"]


@pytest.mark.parametrize("body", [["\ud800"], "\ud800", None, 1, [[[{"\ud800": "\ud800"}]]]])
def test_a_body_that_is_no_object_is_a_422_of_fastapi(body: Any) -> None:
    response = post(body)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"][0] == "body"


CONTENTS = (
    *(b"", b"{", b"\xff", b"[" * 5_000, b'{"filter": ' + b"[" * 900 + b"]" * 900 + b"}"),
    *(b'{"page": ' + b"9" * 5_000 + b"}", b'{"filter": NaN}', b'{"size": 1e999}'),
)


@pytest.mark.parametrize("content", CONTENTS)
def test_no_body_is_a_failure_of_the_service(content: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert request(APP, "POST", "/users", content=content, headers=headers).status_code in (400, 422)
