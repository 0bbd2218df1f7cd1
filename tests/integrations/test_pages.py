"""Pages as answers: items, totals, links, with sessions of both kinds."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from pyrsql import ALL_FIELDS, ConfigurationError, ParseLimits, QueryOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, in_body
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, FastAPISQLAlchemyResource, Page
from tests.asgi import get, request
from tests.integrations.sessions import SessionDependency, filled, session_dependency
from tests.sample_models import Base, User, rows


class RoleOut(BaseModel):
    code: str


class UserOut(BaseModel):
    id: int
    name: str | None


class UserWithRoles(UserOut):
    roles: list[RoleOut]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("pages"), Base.metadata, rows())


statements: list[str] = []


@pytest.fixture(params=["sync", "async"])
def session(request: pytest.FixtureRequest, file: Path) -> SessionDependency:
    """A session dependency of each kind; `statements` holds what it ran."""
    return session_dependency(request.param, file, statements)


def app_of(
    resource: FastAPISQLAlchemyResource,
    session: SessionDependency,
    item: type[UserOut] = UserOut,
    **more: Any,
) -> FastAPI:
    app = FastAPI()

    @app.get("/users", response_model=Page[item])  # type: ignore[valid-type]  # a type that is known at run time only
    async def list_users(
        page: Annotated[Page[Any], Depends(resource.page_dependency(item, session, **more))],
    ) -> Page[Any]:
        return page

    return app


def users(config: FastAPICriteriaConfig | None = None, **more: Any) -> FastAPISQLAlchemyResource:
    resource = FastAPISQLAlchemyIntegration(criteria_config=config).resource
    settings: dict[str, Any] = {"filterable_fields": ALL_FIELDS} | more
    return resource(User, default_sort="id", **settings)


def ids(body: dict[str, Any]) -> list[int]:
    return [item["id"] for item in body["items"]]


def test_a_page(session: SessionDependency) -> None:
    body = get(app_of(users(), session), "/users?filter=id>2&page=1&size=4").json()
    assert body["items"][0] == {"id": 7, "name": "a_b"}
    assert ids(body) == [7, 8, 9, 10]
    del body["items"]
    assert body == {"total": 10, "total_is_exact": True, "page": 1, "size": 4, "pages": 3}
    assert len(statements) == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=id>10", ([11, 12], 2, 0, 50, 1)),
        ("filter=id>100", ([], 0, 0, 50, 0)),
        ("filter=id>100&size=5", ([], 0, 0, 5, 0)),
        ("filter=id>10&size=2", ([11, 12], 2, 0, 2, 1)),
        ("filter=id>10&size=1&page=1", ([12], 2, 1, 1, 2)),
        ("size=5&page=2", ([11, 12], 12, 2, 5, 3)),
    ],
)
def test_the_last_page_needs_no_count(
    session: SessionDependency, query: str, found: tuple[list[int], int, int, int, int]
) -> None:
    body = get(app_of(users(), session), f"/users?{query}").json()
    assert (ids(body), body["total"], body["page"], body["size"], body["pages"]) == found
    assert len(statements) == 1


def test_a_page_after_the_last(session: SessionDependency) -> None:
    response = get(app_of(users(), session), "/users?size=5&page=9")
    body = response.json()
    assert (ids(body), body["total"], body["pages"]) == ([], 12, 3)
    assert response.headers["link"] == (
        '</users?page=0&size=5>; rel="first", </users?page=2&size=5>; rel="prev", </users?page=2&size=5>; rel="last"'
    )


def test_pages_from_one(session: SessionDependency) -> None:
    resource = users(FastAPICriteriaConfig(one_based_paging=True, default_page_size=5))
    response = get(app_of(resource, session), "/users?page=2")
    body = response.json()
    assert (ids(body), body["page"], body["pages"]) == ([6, 7, 8, 9, 10], 2, 3)
    assert response.headers["link"].split(", ")[2] == '</users?page=3&size=5>; rel="next"'


def test_no_total(session: SessionDependency) -> None:
    app = app_of(users(), session, total=False)
    response = get(app, "/users?size=5")
    body = response.json()
    assert (body["total"], body["total_is_exact"], body["pages"]) == (None, False, None)
    assert len(statements) == 1
    assert response.headers["link"] == '</users?page=0&size=5>; rel="first", </users?page=1&size=5>; rel="next"'
    assert 'rel="next"' not in get(app, "/users?size=5&page=2").headers["link"]


@pytest.mark.parametrize(
    ("limit", "total", "exact", "pages"), [(3, 3, False, None), (11, 11, False, None), (12, 12, True, 6)]
)
def test_a_limited_total(session: SessionDependency, limit: int, total: int, exact: bool, pages: int | None) -> None:
    response = get(app_of(users(), session, total_limit=limit), "/users?size=2&filter=id>0&sort=-name")
    body = response.json()
    assert (body["total"], body["total_is_exact"], body["pages"]) == (total, exact, pages)
    assert ('rel="last"' in response.headers["link"]) is exact
    assert 'rel="next"' in response.headers["link"]


def test_links_keep_the_other_parameters(session: SessionDependency) -> None:
    query = "filter=name!=%27a%3E%26%2Bb%27&tag=x&size=5&tag=y&page=1&empty=&%0d%0aa=%0d%0ab"
    response = get(app_of(users(), session), f"/users?{query}")
    kept = "filter=name%21%3D%27a%3E%26%2Bb%27&tag=x&tag=y&empty=&%0D%0Aa=%0D%0Ab"
    links = response.headers["link"].split(", ")
    assert links[0] == f'</users?{kept}&page=0&size=5>; rel="first"'
    assert [link.split("; ")[1] for link in links] == ['rel="first"', 'rel="prev"', 'rel="next"', 'rel="last"']


def test_the_largest_page(session: SessionDependency) -> None:
    largest = 2**63 - 1
    response = get(app_of(users(max_page_size=largest), session), f"/users?size={largest}")
    assert (response.status_code, len(ids(response.json()))) == (200, 12)


@pytest.mark.parametrize(
    ("sizes", "default", "largest"),
    [
        ({}, 50, 500),
        ({"max_page_size": 20}, 20, 20),
        ({"max_page_size": 1000}, 50, 1000),
        ({"default_page_size": 7}, 7, 500),
        ({"default_page_size": 700}, 700, 700),
        ({"default_page_size": 7, "max_page_size": 9}, 7, 9),
    ],
)
def test_a_page_has_a_size(session: SessionDependency, sizes: dict[str, Any], default: int, largest: int) -> None:
    app = app_of(users(**sizes), session)
    assert get(app, "/users").json()["size"] == get(app, "/users?page=0").json()["size"] == default
    assert get(app, f"/users?size={largest}").status_code == 200
    assert get(app, f"/users?size={largest + 1}").status_code == 400
    (size,) = (
        found["schema"] | {"default": found["schema"].get("default")}
        for found in app.openapi()["paths"]["/users"]["get"]["parameters"]
        if found["name"] == "size"
    )
    assert (size["default"], size["maximum"]) == (default, largest)


def test_statements_keep_their_meaning_of_no_size() -> None:
    app = FastAPI()

    @app.get("/users")
    async def read(statement: Annotated[Any, Depends(users().select_dependency())]) -> str:
        return str(statement)

    assert "LIMIT" not in get(app, "/users").text
    assert get(app, "/users?size=100000").status_code == 200
    assert get(app, "/users?page=1").json()["detail"]["errors"][0]["code"] == "missing-page-size"


def links_of(response: Any) -> list[str]:
    return [link.split(">")[0].removeprefix("<").split("?")[0] for link in response.headers["link"].split(", ")]


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
@pytest.mark.parametrize(
    ("root", "mounted", "asked", "path"),
    [
        ("", "", "/users", "/users"),
        ("/api/v1", "", "/users", "/api/v1/users"),
        ("/api/v1", "", "/api/v1/users", "/api/v1/users"),
        ("/api/v1/", "", "/users", "/api/v1/users"),
        ("", "/sub", "/sub/users", "/sub/users"),
        ("/api", "/sub", "/api/sub/users", "/api/sub/users"),
        ("/us", "", "/users", "/us/users"),
        ("https://x.example/api/", "", "/users", "/api/users"),
        ("https://x.example", "", "/users", "/users"),
    ],
)
def test_links_are_absolute_paths_below_the_root_path(
    session: SessionDependency, root: str, mounted: str, asked: str, path: str
) -> None:
    inner = app_of(users(), session)
    app = FastAPI(root_path=root)
    if mounted:
        app.mount(mounted, inner)
    else:
        app.include_router(inner.router)
    assert links_of(get(app, f"{asked}?size=5&page=1")) == [path] * 4


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("", ""),
        ("/", ""),
        ("/behind", "/behind"),
        ("/behind/", "/behind"),
        ("behind", "/behind"),
        ("/käse 1", "/k%C3%A4se%201"),
        ("/k%C3%A4se%201", "/k%C3%A4se%201"),
        ("/100%", "/100%25"),
    ],
)
@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("mounted", [False, True])
def test_the_root_path_of_a_server_counts(
    session: SessionDependency, root: str, path: str, *, told: bool, mounted: bool
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        # A server may put the root path before the path. Starlette finds no mounted application where it does not.
        before = root if told or mounted else ""
        await outer({**scope, "root_path": root, "path": before + scope["path"]}, receive, send)

    inner = app_of(users(), session)
    outer = FastAPI()
    outer.mount("/of-{tenant}", inner)
    outer.include_router(inner.router)
    response = get(app, f"{'/of-%2541' if mounted else ''}/users?size=5")  # type: ignore[arg-type]  # an ASGI application
    assert links_of(response) == [f"{path}{'/of-%2541' if mounted else ''}/users"] * 3


@pytest.mark.parametrize(
    ("path", "linked"),
    [
        ("a/b", "a/b"),
        ("a%2Fb", "a/b"),
        ("a//b", "a//b"),
        ("a%3Fb%23c", "a%3Fb%23c"),
        ("..a", "..a"),
        # A client would read the first as another host, and the others as other paths.
        ("%2Fevil.example", None),
        ("a%2F%2E%2E", None),
        ("..%2F..", None),
        ("%2E", None),
    ],
)
def test_a_link_leads_to_the_path_of_the_request(session: SessionDependency, path: str, linked: str | None) -> None:
    app = FastAPI()

    @app.get("/{tenant:path}/users")
    async def list_users(
        tenant: str, page: Annotated[Page[UserOut], Depends(users().page_dependency(UserOut, session))]
    ) -> Page[UserOut]:
        return page

    response = get(app, f"/{path}/users?size=5")
    assert response.json()["total"] == 12
    assert ("link" in response.headers) == (linked is not None)
    if linked is not None:
        assert links_of(response) == [f"/{linked}/users"] * 3


@pytest.mark.parametrize(
    ("length", "links"), [(300, 4), (600, 3), (700, 2), (1_000, 1), (1_990, 1), (2_000, 0), (3_900, 0)]
)
def test_the_links_of_a_long_query_are_bounded(session: SessionDependency, length: int, links: int) -> None:
    config = FastAPICriteriaConfig(query_options=QueryOptions(parse_limits=ParseLimits(argument_length=None)))
    text = f"id>0,name=={'a' * (length - 10)}"
    response = get(app_of(users(config), session), f"/users?filter={text}&page=1&size=3")
    assert response.status_code == 200
    header = response.headers.get("link", "")
    assert len(header) <= 2_048
    assert len([link for link in header.split(", ") if link]) == links
    assert links == 0 or 'rel="next"' in header


def test_links_stand_beside_those_of_the_application(session: SessionDependency) -> None:
    def documented(response: Response) -> None:
        response.headers["link"] = '</docs>; rel="service-doc"'

    numbered = users().page_dependency(UserOut, session)
    second = FastAPICriteriaConfig(
        filter_parameter="f", sort_parameter="s", page_parameter="p", size_parameter="z", cursor_parameter="c"
    )
    by_cursor = users(second).cursor_page_dependency(UserOut, session)
    app = FastAPI()

    @app.get("/users", dependencies=[Depends(documented)])
    async def list_users(
        page: Annotated[Page[UserOut], Depends(numbered)], other: Annotated[CursorPage[UserOut], Depends(by_cursor)]
    ) -> list[int]:
        return [len(page.items), len(other.items)]

    response = get(app, "/users?size=7&z=8")
    assert response.json() == [7, 8]
    found = [link.split("; ") for link in response.headers["link"].split(", ")]
    assert [(path.partition("?")[0], relation) for path, relation in found] == [
        ("</docs>", 'rel="service-doc"'),
        *(("</users", f'rel="{relation}"') for relation in ("first", "next", "last", "first", "next", "last")),
    ]


def test_other_parameters_stay_byte_for_byte(session: SessionDependency) -> None:
    header = get(app_of(users(), session), "/users?x=%ff%c3%a4&size=50&%ff=1&y=a%2Bb+c").headers["link"]
    assert header.startswith("</users?x=%FF%C3%A4&%FF=1&y=a%2Bb+c&page=0&size=50>")


def test_a_path_cannot_break_the_header(session: SessionDependency) -> None:
    app = FastAPI()

    @app.get("/{any}/users")
    async def list_users(
        any: str, page: Annotated[Page[UserOut], Depends(users().page_dependency(UserOut, session))]
    ) -> Page[UserOut]:
        return page

    link = get(app, "/%0d%0ax%3E;%22:%20%C3%A4/users?size=12").headers["link"]
    assert link.split(", ")[0] == '</%0D%0Ax%3E%3B%22%3A%20%C3%A4/users?page=0&size=12>; rel="first"'


@pytest.mark.parametrize("load", [joinedload, selectinload])
def test_eager_loading_keeps_the_size(session: SessionDependency, load: Callable[..., Any]) -> None:
    resource = users(statement_factory=lambda: select(User).options(load(User.roles)))
    body = get(app_of(resource, session, UserWithRoles), "/users?size=3&filter=roles.level>0").json()
    assert [(item["id"], sorted(role["code"] for role in item["roles"])) for item in body["items"]] == [
        (1, ["admin", "editor"]),
        (2, ["guest"]),
        (4, ["editor", "guest"]),
    ]
    assert body["total"] == 7
    limited = get(app_of(resource, session, UserWithRoles, total_limit=5), "/users?size=3").json()
    assert (limited["total"], limited["total_is_exact"]) == (5, False)


def test_mistakes_are_answered_before_the_database_is_asked(session: SessionDependency) -> None:
    assert get(app_of(users(), session), "/users?filter=(").status_code == 400
    assert get(app_of(users(), session), "/users?filter=x==1").status_code == 422
    assert statements == []


def test_a_page_of_a_model_without_a_resource(session: SessionDependency) -> None:
    app = FastAPI()
    integration = FastAPISQLAlchemyIntegration()

    @app.get("/users")
    async def list_users(
        page: Annotated[Page[UserOut], Depends(integration.page_dependency(User, UserOut, session))],
    ) -> Page[UserOut]:
        return page

    assert ids(get(app, "/users?size=2&sort=-id").json()) == [12, 11]
    answer = app.openapi()["paths"]["/users"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Page_UserOut_"}


@pytest.mark.parametrize("options", [{"total_limit": 0}, {"total": False, "total_limit": 5}])
def test_impossible_totals_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        users().page_dependency(UserOut, lambda: None, **options)


def test_a_page_by_a_body_has_no_links(session: SessionDependency) -> None:
    app = FastAPI()

    @app.post("/users/search")
    async def search_users(
        page: Annotated[Page[UserOut], Depends(in_body(users().page_dependency(UserOut, session)))],
    ) -> Page[UserOut]:
        return page

    response = request(app, "POST", "/users/search", json={"filter": "id>2", "page": 1, "size": 4})
    assert ids(response.json()) == [7, 8, 9, 10]
    assert "link" not in response.headers
