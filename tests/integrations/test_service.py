"""A service as people write it: tenants, two roles, async sessions, nested response models."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Security, WebSocket
from fastapi import Path as PathParameter
from pydantic import BaseModel
from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    contains_eager,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
)

from pyrsql import ConfigurationError
from pyrsql.adapters.fastapi import RequestCriteria, in_body, install_openapi
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, Page, by_role
from tests.asgi import client_of, get, request
from tests.integrations.sessions import SessionDependency, filled, session_dependency


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int]
    title: Mapped[str]
    created: Mapped[dt.datetime]
    notes: Mapped[str] = mapped_column(deferred=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="posts")
    tags: Mapped[list[Tag]] = relationship()


class AuthorOut(BaseModel):
    name: str


class TagOut(BaseModel):
    label: str


class PostOut(BaseModel):
    id: int
    title: str
    created: dt.datetime
    author: AuthorOut
    tags: list[TagOut]


class AuthorAdminOut(AuthorOut):
    email: str


class PostAdminOut(PostOut):
    author: AuthorAdminOut  # pyright: ignore[reportIncompatibleVariableOverride]  # an admin sees more of it
    notes: str


class Tenant(BaseModel):
    id: int


async def current_tenant(x_tenant: Annotated[int, Header()]) -> Tenant:
    return Tenant(id=x_tenant)


def current_role(x_role: Annotated[str, Header()] = "member") -> str:
    return x_role


async def own_posts(tenant: Annotated[Tenant, Depends(current_tenant)]) -> Select[Any]:
    return select(Post).where(Post.tenant_id == tenant.id)


POSTS = 60


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    authors = [Author(id=number, name=f"author {number}", email=f"{number}@x.org") for number in range(1, 7)]
    posts = [
        Post(
            id=number,
            tenant_id=number % 2 + 1,
            title=f"post {number}",
            created=dt.datetime(2026, 1, 1) + dt.timedelta(hours=number),
            notes=f"notes {number}",
            author_id=number % 6 + 1,
            tags=[Tag(label=f"tag {tag}") for tag in range(number % 3)],
        )
        for number in range(1, POSTS + 1)
    ]
    return filled(tmp_path_factory.mktemp("service"), Base.metadata, [*authors, *posts])


statements: list[str] = []


@pytest.fixture(params=["sync", "async"])
def get_session(request: pytest.FixtureRequest, file: Path) -> SessionDependency:
    """A session dependency of each kind; `statements` holds what it ran."""
    return session_dependency(request.param, file, statements)


integration = FastAPISQLAlchemyIntegration()


def service(get_session: SessionDependency) -> FastAPI:
    """The service: this many lines."""
    member_posts = integration.resource(Post, item=PostOut, default_sort="-created", statement_factory=own_posts)
    admin_posts = integration.resource(Post, item=PostAdminOut, default_sort="-created", statement_factory=own_posts)
    posts = by_role(current_role, {"admin": admin_posts, "member": member_posts}, documented="member")
    items = {"admin": PostAdminOut, "member": PostOut}
    app = FastAPI()
    install_openapi(app)

    @app.get("/posts")
    async def list_posts(
        page: Annotated[Any, Depends(posts.page_dependency(items, get_session))],
    ) -> Page[PostAdminOut] | Page[PostOut]:
        return page  # type: ignore[no-any-return]  # FastAPI gives the page

    @app.post("/posts/search")
    async def search_posts(
        page: Annotated[Any, Depends(in_body(posts.page_dependency(items, get_session)))],
    ) -> Page[PostAdminOut] | Page[PostOut]:
        return page  # type: ignore[no-any-return]  # FastAPI gives the page

    for name, dependency in {
        "select": posts.select_dependency(),
        "count": posts.count_select_dependency(),
        "both": posts.paginated_select_dependency(),
    }.items():

        @app.get(f"/{name}")
        async def compiled(statement: Annotated[Any, Depends(dependency)]) -> list[str]:
            both = [statement] if isinstance(statement, Select) else [statement.statement, statement.count_statement]
            return [str(one.compile(compile_kwargs={"literal_binds": True})) for one in both]

    return app


MEMBER = {"x-tenant": "1"}
ADMIN = {"x-tenant": "1", "x-role": "admin"}


def test_a_page_of_a_tenant(get_session: SessionDependency) -> None:
    response = get(service(get_session), "/posts?size=2&filter=tags.label=='tag 1'", headers=MEMBER)
    assert response.json() == {
        "items": [
            {
                "id": number,
                "title": f"post {number}",
                "created": (dt.datetime(2026, 1, 1) + dt.timedelta(hours=number)).isoformat(),
                "author": {"name": "author 3"},
                "tags": [{"label": "tag 0"}, {"label": "tag 1"}],
            }
            for number in (56, 50)
        ],
        "total": 10,
        "total_is_exact": True,
        "page": 0,
        "size": 2,
        "pages": 5,
    }


@pytest.mark.parametrize("size", [1, 5, 30])
@pytest.mark.parametrize("headers", [MEMBER, ADMIN])
def test_the_number_of_statements_does_not_depend_on_the_rows(
    get_session: SessionDependency, size: int, headers: dict[str, str]
) -> None:
    response = get(service(get_session), f"/posts?size={size}", headers=headers)
    assert len(response.json()["items"]) == size
    # The page with its authors, its tags, and the total unless the page is the last one.
    assert len(statements) == (2 if size == POSTS // 2 else 3)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "filter=id>0",
        "filter=id==1,id>0",
        "filter=author.name==*,title=na=",
        "sort=author.name;-id",
        "page=1&size=7",
    ],
)
def test_no_request_gets_past_the_tenant(get_session: SessionDependency, query: str) -> None:
    app = service(get_session)
    for headers in (MEMBER, ADMIN, {"x-tenant": "3"}):
        body = get(app, f"/posts?{query}", headers=headers).json()
        expected = 0 if headers["x-tenant"] == "3" else POSTS // 2
        assert body["total"] == expected
        assert all(item["id"] % 2 == 0 for item in body["items"])
        for path in ("/select", "/count", "/both"):
            for statement in get(app, f"{path}?{query}", headers=headers).json():
                assert f"tenant_id = {headers['x-tenant']}" in statement
    assert get(app, f"/posts?{query}").status_code == 422
    assert get(app, f"/posts?{query}", headers={"x-tenant": "x"}).status_code == 422


@pytest.mark.parametrize("field", ["notes", "author.email"])
def test_fields_of_one_role_do_not_exist_for_another(get_session: SessionDependency, field: str) -> None:
    app = service(get_session)
    paths = ("/posts", "/select", "/count", "/both")
    for _ in range(3):  # Again and again, in both orders: nothing that is kept for one role reaches another.
        for path in paths:
            assert get(app, f"{path}?filter={field}==x*", headers=ADMIN).status_code == 200
        for path in paths:
            for query in (f"filter={field}==x*", f"sort={field}"):
                refused = get(app, f"{path}?{query}", headers=MEMBER)
                # A name like it that no model has: the same answer, but for the name.
                nowhere = f"{field[:-1]}x"
                unknown = get(app, f"{path}?{query.replace(field, nowhere)}", headers=MEMBER)
                assert refused.status_code == unknown.status_code == 422
                assert refused.text == unknown.text.replace(nowhere, field)
    body = get(app, "/posts?size=1", headers=MEMBER).json()["items"][0]
    assert "notes" not in body
    assert "email" not in body["author"]
    assert get(app, "/posts?size=1", headers=ADMIN).json()["items"][0]["notes"] == "notes 60"


def test_a_body_is_read_by_role_and_tenant(get_session: SessionDependency) -> None:
    app = service(get_session)
    found = request(app, "POST", "/posts/search", json={"filter": "notes=='notes 4'"}, headers=ADMIN)
    assert [item["id"] for item in found.json()["items"]] == [4]
    assert request(app, "POST", "/posts/search", json={"filter": "notes==x"}, headers=MEMBER).status_code == 422
    other = request(app, "POST", "/posts/search", json={"filter": "id==4"}, headers={"x-tenant": "2"})
    assert other.json()["total"] == 0


def test_an_unknown_role_is_forbidden(get_session: SessionDependency) -> None:
    response = get(service(get_session), "/posts", headers={**MEMBER, "x-role": "guest"})
    assert (response.status_code, response.json()) == (403, {"detail": "This role may not use this list."})


def test_the_document_shows_the_documented_role(get_session: SessionDependency) -> None:
    operation = service(get_session).openapi()["paths"]["/posts"]["get"]
    names = [found["name"] for found in operation["parameters"]]
    assert sorted(names) == ["filter", "page", "size", "sort", "x-role", "x-tenant"]
    assert "notes" not in str(operation["parameters"])


def test_roles_with_bases_of_their_own(get_session: SessionDependency) -> None:
    def of_author(request: Request) -> Select[Any]:
        return select(Post).where(Post.author_id == int(request.headers["x-author"]))

    posts = by_role(
        current_role,
        {
            "admin": integration.resource(Post, item=PostOut),
            "member": integration.resource(Post, item=PostOut, statement_factory=own_posts),
            "author": integration.resource(Post, item=PostOut, statement_factory=of_author),
        },
        documented="admin",
    )
    app = FastAPI()

    @app.get("/posts")
    async def list_posts(page: Annotated[Any, Depends(posts.page_dependency(PostOut, get_session))]) -> Page[PostOut]:
        return page  # type: ignore[no-any-return]  # FastAPI gives the page

    totals = [
        get(app, "/posts?size=1", headers={"x-tenant": "1", "x-author": "2", "x-role": role}).json()["total"]
        for role in ("admin", "member", "author")
    ]
    assert totals == [60, 30, 10]


def test_roles_that_cannot_be_right() -> None:
    resource = integration.resource(Post, item=PostOut)
    with pytest.raises(ConfigurationError, match="the documented role 'x' has no resource"):
        by_role(current_role, {"admin": resource}, documented="x")
    with pytest.raises(ConfigurationError, match="the role 'admin' has no item"):
        by_role(current_role, {"admin": resource}, documented="admin").page_dependency({}, lambda: None)


# --- statement factories ---


class Scope:
    """A callable object, and one that is async."""

    def __call__(self, request: Request) -> Select[Any]:
        return select(Post).where(Post.tenant_id == int(request.headers["x-tenant"]))


def with_security(tenant: Annotated[Tenant, Security(current_tenant, scopes=["read"])]) -> Select[Any]:
    return select(Post).where(Post.tenant_id == tenant.id)


def with_default(tenant: Tenant = Depends(current_tenant)) -> Select[Any]:
    return select(Post).where(Post.tenant_id == tenant.id)


def that_yields(tenant: Annotated[Tenant, Depends(current_tenant)]) -> Iterator[Select[Any]]:
    yield select(Post).where(Post.tenant_id == tenant.id)


def by_header(x_tenant: Annotated[int, Header()]) -> Select[Any]:
    return select(Post).where(Post.tenant_id == x_tenant)


def by_query(tenant: int = Query()) -> Select[Any]:
    return select(Post).where(Post.tenant_id == tenant)


async def without_parameters() -> Select[Any]:
    return select(Post).where(Post.tenant_id == 1)


def by_path(tenant_id: Annotated[int, PathParameter()]) -> Select[Any]:
    return select(Post).where(Post.tenant_id == tenant_id)


@pytest.mark.parametrize(
    ("factory", "url"),
    [
        (own_posts, "/posts"),
        (Scope(), "/posts"),
        (with_security, "/posts"),
        (with_default, "/posts"),
        (that_yields, "/posts"),
        (by_header, "/posts"),
        (by_query, "/posts?tenant=1"),
        (without_parameters, "/posts"),
        (lambda: select(Post).where(Post.tenant_id == 1), "/posts"),
        (by_path, "/1/posts"),
    ],
)
def test_a_factory_with_parameters_is_a_dependency(get_session: SessionDependency, factory: Any, url: str) -> None:
    resource = integration.resource(Post, item=PostOut, statement_factory=factory)
    app = FastAPI()
    path = "/{tenant_id}/posts" if factory is by_path else "/posts"

    @app.get(path)
    async def list_posts(
        page: Annotated[Page[PostOut], Depends(resource.page_dependency(PostOut, get_session))],
        statement: Annotated[Any, Depends(resource.select_dependency())],
        count: Annotated[Any, Depends(resource.count_select_dependency())],
        both: Annotated[Any, Depends(resource.paginated_select_dependency())],
    ) -> int:
        for one in (statement, count, both.statement, both.count_statement):
            assert "tenant_id = " in str(one)
        return page.total or 0

    response = get(app, url, headers=MEMBER)
    assert response.json() == 30, response.text


class Tenants(BaseModel):
    tenant: int


class Caller:
    def __init__(self, request: Request) -> None:
        self.tenant = int(request.headers["x-tenant"])


def unannotated(tenant) -> Any: ...  # type: ignore[no-untyped-def]  # noqa: ANN001  # that is tested


def a_number(tenant: int) -> Any: ...


def a_default(tenant: int = 1) -> Any: ...


def a_model(tenant: Tenant) -> Any: ...


def an_optional(request: Request, tenant: int | None = None) -> Any: ...


def annotated(tenant: Annotated[int, "of the user"]) -> Any: ...


def a_text(tenant: "int") -> Any: ...


def unresolved(tenant: Any) -> Any: ...


unresolved.__annotations__["tenant"] = "Annotated[Nothing, Depends(current_tenant)]"


def misspelt(tenant: Any) -> Any: ...


misspelt.__annotations__["tenant"] = "1 +"


def several(*tenants: int) -> Any: ...


def anything(**tenant: int) -> Any: ...


def a_class(scope: Annotated[Tenants, Depends()]) -> Any: ...


def a_named_class(scope: Annotated[Tenants, Depends(Tenants)]) -> Any: ...


def a_web_socket(socket: WebSocket) -> Any: ...


def a_request_in_a_class(scope: Annotated[Caller, Depends()]) -> Select[Any]:
    return select(Post).where(Post.tenant_id == scope.tenant)


async def an_async_one(tenant: int) -> Any: ...


FACTORIES = (
    unannotated,
    a_number,
    a_default,
    a_model,
    an_optional,
    annotated,
    a_text,
    several,
    anything,
    a_class,
    a_named_class,
)


@pytest.mark.parametrize("factory", [*FACTORIES, an_async_one, lambda tenant=1: None])
def test_a_parameter_that_a_client_would_choose_is_refused(factory: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"of Post: a client would choose the parameter '(tenants?)'"):
        integration.resource(Post, statement_factory=factory)


def by_place(tenant: Annotated[int, Depends(current_tenant)], /) -> Any: ...


def test_a_parameter_without_a_name_is_refused() -> None:
    """FastAPI would fail at the first request."""
    with pytest.raises(ConfigurationError, match="the parameter 'tenant' by its name: leave out the '/'"):
        integration.resource(Post, statement_factory=by_place)


@pytest.mark.parametrize("factory", [unresolved, misspelt, select(Post), "own_posts", Tenants, a_web_socket])
def test_a_factory_that_cannot_be_called_is_refused(factory: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"of Post.* (cannot be resolved|is no function|has no WebSocket)"):
        integration.resource(Post, statement_factory=factory)


def test_a_class_that_reads_the_request_is_a_dependency() -> None:
    assert integration.resource(Post, statement_factory=a_request_in_a_class).endpoint.base.per_request


def test_functions_of_a_resource_take_the_base_of_a_request() -> None:
    resource = integration.resource(Post, item=PostOut, statement_factory=own_posts)
    base = select(Post).where(Post.tenant_id == 2)
    app = FastAPI()

    @app.get("/posts")
    async def posts(criteria: Annotated[RequestCriteria, Depends(resource.criteria_dependency())]) -> list[str]:
        for function in (resource.select, resource.count_select, resource.paginated_select):
            with pytest.raises(
                ConfigurationError, match=r"own_posts of Post gave no statement.* has parameters.* base="
            ):
                function(criteria)
        both = resource.paginated_select(criteria, base=base)
        return [
            str(resource.select(criteria, base=base)),
            str(resource.count_select(criteria, base=base)),
            str(both.statement),
            str(both.count_statement),
        ]

    assert all("tenant_id = " in statement for statement in get(app, "/posts?filter=title==x").json())
    with pytest.raises(ConfigurationError, match=r"own_posts of Post gave no statement.* has parameters.* base="):
        resource.base_select()
    assert resource.base_select(base) is base


def test_a_factory_that_refuses_answers_before_the_database(get_session: SessionDependency) -> None:
    def refusing(request: Request) -> Select[Any]:
        raise HTTPException(401)

    resource = integration.resource(Post, item=PostOut, statement_factory=refusing)
    app = FastAPI()

    @app.get("/posts")
    async def posts(page: Annotated[Any, Depends(resource.page_dependency(PostOut, get_session))]) -> None: ...

    assert get(app, "/posts?filter=(").status_code == 401
    assert statements == []


# --- loading ---


class Everything(BaseModel):
    id: int
    notes: str
    author: "AuthorWithPosts"
    tags: list[TagOut]


class AuthorWithPosts(BaseModel):
    name: str
    posts: list["PostOfAuthor"]


class PostOfAuthor(BaseModel):
    title: str
    notes: str
    tags: list[TagOut]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        # The page with authors and notes; tags; the posts of the authors; their tags; the total.
        (select(Post), 5),
        (select(Post).options(selectinload(Post.author)), 6),
        (select(Post).options(joinedload(Post.author).selectinload(Author.posts)), 5),
        (select(Post).options(joinedload(Post.tags)), 4),
        (select(Post).options(load_only(Post.id)), 5),
        (select(Post).options(selectinload(Post.author).load_only(Author.id)), 6),
        (select(Post).join(Post.author).options(contains_eager(Post.author)), 5),
        (select(Post).distinct(), 6),
    ],
)
def test_related_rows_are_loaded_unless_the_base_says_how(
    get_session: SessionDependency, base: Select[Any], expected: int
) -> None:
    resource = integration.resource(Post, item=Everything, statement_factory=lambda: base)
    app = FastAPI()

    @app.get("/posts")
    async def posts(
        page: Annotated[Page[Everything], Depends(resource.page_dependency(Everything, get_session))],
    ) -> Page[Everything]:
        return page

    for size in (2, 20):
        statements.clear()
        body = get(app, f"/posts?size={size}&sort=author.name;-id").json()
        assert [(item["id"], item["notes"]) for item in body["items"]][:2] == [(60, "notes 60"), (54, "notes 54")]
        assert {post["title"] for post in body["items"][0]["author"]["posts"]} == {
            f"post {6 * n}" for n in range(1, 11)
        }
        assert len(statements) == expected


def test_requests_side_by_side_see_their_own_rows(get_session: SessionDependency) -> None:
    app = service(get_session)

    async def send() -> list[Any]:
        async with client_of(app) as client:
            choices = [("1", "member"), ("2", "member"), ("1", "admin"), ("2", "admin")] * 6
            return await asyncio.gather(
                *(
                    client.get("/posts?size=50&filter=id>0", headers={"x-tenant": tenant, "x-role": role})
                    for tenant, role in choices
                )
            )

    for number, response in enumerate(asyncio.run(send())):
        items = response.json()["items"]
        assert len(items) == 30
        assert {item["id"] % 2 for item in items} == {number % 2}
        assert all(("notes" in item) is (number % 4 >= 2) for item in items)
