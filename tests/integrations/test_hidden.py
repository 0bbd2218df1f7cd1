"""A hidden name and one that does not exist get the same answer, on every route and in every document."""

from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from fastapi import Depends, FastAPI, Header
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field, SecretStr, field_serializer
from sqlalchemy import ForeignKey, Select, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql import QueryOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, in_body, install_openapi
from pyrsql.adapters.fastapi.typescript import typescript_client
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, Page, by_role, playground
from tests.integrations.sessions import filled, session_dependency


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "hidden_authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    names: Mapped[str] = mapped_column(String(20))
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "hidden_posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    titles: Mapped[str] = mapped_column(String(20))
    inner: Mapped[int]
    masked: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[str] = mapped_column(String(20))
    for_admins: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id))
    author: Mapped[Author] = relationship(back_populates="posts")
    editor: Mapped[Author] = relationship(viewonly=True)


class AuthorOut(BaseModel):
    name: str


class PostOut(BaseModel):
    id: int
    title: str
    outer: int = Field(validation_alias="inner")
    masked: str
    sealed: SecretStr
    author: AuthorOut

    @field_serializer("masked")
    def mask(self, value: str) -> str:
        return value[:1]


class AdminOut(PostOut):
    for_admins: int


HIDDEN = [
    # Hidden, and as long and as near to the fields that are offered.
    ("titles", "titlex"),
    ("inner", "innex"),
    ("masked", "maskxd"),
    ("sealed", "sealxd"),
    ("for_admins", "for_admxns"),
    ("author_id", "author_ix"),
    ("editor", "edixor"),
    ("editor.name", "edixor.name"),
    ("author.names", "author.namex"),
    ("author.posts", "author.poxts"),
    ("author.posts.title", "author.poxts.title"),
    ("author_id.x", "author_ix.x"),
    ("__table__", "__txble__"),
]
"""A name that clients may not use, and one that does not exist."""

Role = Literal["member", "admin"]
Unknown = Literal["suspicious", "refuse", "ignore"]


def current_role(x_role: Annotated[Role, Header()] = "member") -> Role:
    return x_role


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    author = Author(id=1, name="Ann", names="x")
    post = Post(id=1, title="t", titles="x", inner=7, masked="abc", sealed="x", for_admins=1, author=author)
    return filled(tmp_path_factory.mktemp("hidden"), Base.metadata, [author, post])


def service(file: Path, unknown: Unknown) -> FastAPI:
    """Each kind of route over the posts, for members and administrators."""
    config = FastAPICriteriaConfig(
        query_options=QueryOptions(quantifiers=True, procedure_whitelist={"upper"}), unknown_parameters=unknown
    )
    integration = FastAPISQLAlchemyIntegration(criteria_config=config)
    get_session = session_dependency("sync", file, [])
    roles = {"admin": integration.resource(Post, item=AdminOut), "member": integration.resource(Post, item=PostOut)}
    posts = by_role(current_role, roles, documented="member")
    pages = posts.page_dependency(PostOut, get_session)
    feeds = posts.cursor_page_dependency(PostOut, get_session)
    statements = posts.select_dependency()
    app = FastAPI()
    install_openapi(app)
    for path, dependency in (("/page", pages), ("/body/page", in_body(pages))):

        def list_posts(page: Annotated[Page[PostOut], Depends(dependency)]) -> Page[PostOut]:
            return page

        app.add_api_route(path, list_posts, methods=["POST" if "body" in path else "GET"])
    for path, feed in (("/feed", feeds), ("/body/feed", in_body(feeds))):

        def list_feed(page: Annotated[CursorPage[PostOut], Depends(feed)]) -> CursorPage[PostOut]:
            return page

        app.add_api_route(path, list_feed, methods=["POST" if "body" in path else "GET"])
    for path, selected in (("/select", statements), ("/body/select", in_body(statements))):

        def show_statement(statement: Annotated[Select[Any], Depends(selected)]) -> int:
            return len(statement.columns_clause_froms)

        app.add_api_route(path, show_statement, methods=["POST" if "body" in path else "GET"])
    for format in ("csv", "ndjson"):
        stream = posts.stream_dependency(PostOut, get_session, format=format)

        def export(rows: Annotated[StreamingResponse, Depends(stream)]) -> StreamingResponse:
            return rows

        app.add_api_route(f"/{format}", export, response_class=StreamingResponse)
    app.include_router(posts.router(get_session, item=PostOut), prefix="/posts")
    app.include_router(playground(posts), prefix="/playground")
    return app


@pytest.fixture(scope="module")
def members(file: Path) -> Iterator[TestClient]:
    with TestClient(service(file, "suspicious")) as client:
        yield client


@pytest.fixture(scope="module", params=["suspicious", "refuse", "ignore"])
def client(request: pytest.FixtureRequest, file: Path, members: TestClient) -> Iterator[TestClient]:
    if request.param == "suspicious":
        yield members
    else:
        with TestClient(service(file, request.param)) as client:
            yield client


LISTS = ["/page", "/feed", "/select", "/csv", "/ndjson", "/posts", "/posts/count"]
BODIES = ["/body/page", "/body/feed", "/body/select"]
HELP = ["/playground/resources/post/assist"]

Query = dict[str, str]

PARAMETERS: list[Callable[[str], Query]] = [
    lambda name: {name: "1"},
    lambda name: {name: "=1"},
    lambda name: {f"{name}[gt]": "1"},
    lambda name: {f"{name}>": "1"},
]

QUERIES: list[Callable[[str], Query]] = [
    lambda name: {"filter": f"{name}==1"},
    lambda name: {"filter": f"{name}=na="},
    lambda name: {"filter": f"title==t,{name}=in=(a,b);id>0"},
    lambda name: {"filter": f"@upper[{name}]==X"},
    lambda name: {"filter": f"@count[{name}]>0"},
    lambda name: {"filter": f"{name}=any='name==x'"},
    lambda name: {"filter": f"author=any='{name}==x'"},
    lambda name: {"filter": f"author.{name}==x"},
    lambda name: {"filter": f"{name}.name==x"},
    lambda name: {"filter": f"{name}=1"},
    lambda name: {"filter": f"{name}:1"},
    lambda name: {"filter": name},
    lambda name: {"sort": name},
    lambda name: {"sort": f"-{name},ic;id"},
    lambda name: {"sort": f"@upper[{name}]"},
    lambda name: {"sort": f"-@count[{name}]"},
    lambda name: {"sort": f"{name}:desc"},
    *PARAMETERS,
]


class Answer(NamedTuple):
    status: int
    body: str
    headers: list[tuple[str, str]]


def asked(client: TestClient, path: str, query: Query, role: Role = "member") -> Answer:
    if path in BODIES:
        response = client.post(path, json=query, headers={"x-role": role})
    else:
        response = client.get(path, params=query, headers={"x-role": role})
    return Answer(response.status_code, response.text, sorted(response.headers.items()))


def without(name: str, answer: Answer) -> Answer:
    headers = [(key, value.replace(name, "…")) for key, value in answer.headers]
    # A row may show a field that no filter may use.
    body = answer.body.replace(name, "…") if "Ann" not in answer.body else answer.body
    return answer._replace(body=body, headers=headers)


@pytest.mark.parametrize("path", LISTS + BODIES + HELP)
def test_a_hidden_name_is_absent(client: TestClient, members: TestClient, path: str) -> None:
    """Each place in each route, with the names in turn; names of parameters in each mode."""
    places = QUERIES if client is members else PARAMETERS
    for query, (hidden, absent) in zip(places, cycle(HIDDEN), strict=False):
        one, other = (asked(client, path, query(name)) for name in (hidden, absent))
        assert without(hidden, one) == without(absent, other), query(hidden)


@pytest.mark.parametrize(("hidden", "absent"), HIDDEN)
def test_every_hidden_name_is_absent(members: TestClient, hidden: str, absent: str) -> None:
    """Each name in one route."""
    for query in QUERIES[::3]:
        one, other = (asked(members, "/page", query(name)) for name in (hidden, absent))
        assert without(hidden, one) == without(absent, other), query(hidden)


def test_what_an_administrator_asked_before_is_absent_for_a_member(client: TestClient) -> None:
    for path in LISTS + BODIES:
        for query in ({"filter": "for_admins==1"}, {"sort": "-for_admins"}):
            assert asked(client, path, query, "admin").status == 200
            assert asked(client, path, query).status == 422
    cursor = client.get("/feed", params={"sort": "for_admins", "size": 1}, headers={"x-role": "admin"}).json()["next"]
    assert cursor is None


def test_no_document_names_it(client: TestClient) -> None:
    app: Any = client.app
    texts = {
        "OpenAPI": client.get("/openapi.json").text,
        "TypeScript": typescript_client(app.openapi()),
        "resources": client.get("/playground/resources").text,
        "fields": client.get("/playground/resources/post/fields").text,
        "completions": client.get(HELP[0], params={"filter": "", "part": "filter", "at": 0}).text,
        "rows": client.get("/page").text + client.get("/csv").text + client.get("/ndjson").text,
    }
    for document, text in texts.items():
        for name in ("titles", "inner", "for_admins", "author_id", "editor", "author.names", "author.posts"):
            assert name not in text, (document, name)
    offered = client.get("/playground/resources/post/fields").json()
    assert offered["filter"] == offered["sort"] == ["id", "title", "outer", "author.name"]


def test_a_row_is_found_by_its_key_alone(client: TestClient) -> None:
    assert client.get("/posts/1").json()["outer"] == 7
    assert client.get("/posts/x").status_code == client.get("/posts/titles").status_code
