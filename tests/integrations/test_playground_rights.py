"""The playground shows a client what the list shows it: by role, and the statements for developers."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import Engine, Index, Select, String, event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, Page, by_role, playground
from tests.asgi import client_of


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "playground_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[int]
    title: Mapped[str] = mapped_column(String(20))
    secret: Mapped[str] = mapped_column(String(20))
    __table_args__ = (Index("ix_playground_notes_tenant", "tenant"),)


class NoteOut(BaseModel):
    id: int
    title: str


class AdminOut(NoteOut):
    secret: str


def current_tenant(authorization: Annotated[str | None, Header()] = None) -> int:
    if authorization is None:
        raise HTTPException(401, "Say who you are.")
    return int(authorization.removeprefix("tenant "))


def current_role(authorization: Annotated[str | None, Header()] = None) -> str:
    if authorization is None:
        raise HTTPException(401, "Say who you are.")
    return authorization


async def own_notes(tenant: Annotated[int, Depends(current_tenant)]) -> Select[Any]:
    return select(Note).where(Note.tenant == tenant)


@pytest.fixture
def notes(engine: Engine) -> Iterator[Engine]:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Note(id=id, tenant=id % 2, title=f"n{id}", secret=f"s{id}") for id in range(1, 6))
        session.commit()
    yield engine
    Base.metadata.drop_all(engine)


def service(engine: Engine | None, *, debug: bool = False, cursor: bool = False, **route: Any) -> FastAPI:
    """A list of the notes of a tenant, and a playground."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = FastAPI()
    resource = FastAPISQLAlchemyIntegration().resource(Note, statement_factory=own_notes)
    if cursor:

        @app.get("/notes", **route)
        async def feed(
            page: Annotated[Any, Depends(resource.cursor_page_dependency(NoteOut, get_session))],
        ) -> CursorPage[NoteOut]:
            found: CursorPage[NoteOut] = page
            return found
    else:

        @app.get("/notes", **route)
        async def list_notes(
            page: Annotated[Any, Depends(resource.page_dependency(NoteOut, get_session))],
        ) -> Page[NoteOut]:
            found: Page[NoteOut] = page
            return found

    app.include_router(playground(resource, debug=debug), prefix="/playground")
    return app


ONE = {"Authorization": "tenant 1"}


# --- the statements ---


@pytest.mark.parametrize("cursor", [False, True], ids=["page", "cursor"])
def test_the_statements_of_a_list_are_those_of_the_client(notes: Engine, cursor: bool) -> None:
    client = TestClient(service(notes, debug=True, cursor=cursor))
    assert client.get("/playground/resources").json()["debug"] is True
    found = client.get("/playground/resources/note/debug/notes", params={"filter": "title==n3"}, headers=ONE)
    assert found.status_code == 200, found.text
    first, *_ = found.json()["statements"]
    assert "tenant" in first["sql"]
    values = [line.partition(" = ")[2] for line in first["parameters"]]
    assert {"1", "'n3'"} <= set(values)
    assert first["plan"] not in ([], ["The database gave no plan."])
    assert any(line.startswith("title (filter): Index(") for line in found.json()["indexes"])
    assert not any("secret" in line for line in found.json()["indexes"])


def test_the_plan_names_the_index(notes: Engine) -> None:
    client = TestClient(service(notes, debug=True))
    found = client.get("/playground/resources/note/debug/notes", params={"filter": "id==3"}, headers=ONE).json()
    plan = "\n".join(found["statements"][0]["plan"])
    assert any(name in plan for name in ("ix_playground_notes_tenant", "PRIMARY", "pkey"))


def test_only_what_the_list_runs_is_run(notes: Engine) -> None:
    ran: list[str] = []

    def note(_: Any, __: Any, sql: str, *___: Any) -> None:
        ran.append(" ".join(sql.split()))

    client = TestClient(service(notes, debug=True))
    event.listen(notes, "before_cursor_execute", note)
    try:
        client.get("/notes", params={"filter": "id>1", "size": 1}, headers=ONE)
        plain = list(ran)
        ran.clear()
        client.get("/playground/resources/note/debug/notes", params={"filter": "id>1", "size": 1}, headers=ONE)
    finally:
        event.remove(notes, "before_cursor_execute", note)
    assert [sql for sql in ran if not sql.startswith("EXPLAIN")] == plain
    assert len([sql for sql in ran if sql.startswith("EXPLAIN")]) == len(plain)
    assert not any("ANALYZE" in sql.upper() for sql in ran)


@pytest.mark.parametrize(
    ("headers", "parameters", "status"),
    [({}, {}, 401), (ONE, {"filter": "secret==s1"}, 422), (ONE, {"filter": "title=="}, 400)],
)
def test_a_client_that_gets_no_rows_gets_no_statement(
    headers: dict[str, str], parameters: dict[str, str], status: int
) -> None:
    client = TestClient(service(None, debug=True))
    assert client.get("/notes", params=parameters, headers=headers).status_code == status
    refused = client.get("/playground/resources/note/debug/notes", params=parameters, headers=headers)
    assert (refused.status_code, "SELECT" in refused.text) == (status, False)


def test_the_dependencies_of_the_route_count(notes: Engine) -> None:
    def refuse() -> None:
        raise HTTPException(403)

    client = TestClient(service(notes, debug=True, dependencies=[Depends(refuse)]))
    assert client.get("/playground/resources/note/debug/notes", headers=ONE).status_code == 403


def test_the_endpoint_itself_has_the_last_word(notes: Engine) -> None:
    def get_session() -> Iterator[Session]:
        with Session(notes) as session:
            yield session

    app = FastAPI()
    resource = FastAPISQLAlchemyIntegration().resource(Note, item=NoteOut)

    @app.get("/notes")
    async def refused(page: Annotated[Any, Depends(resource.page_dependency(NoteOut, get_session))]) -> None:
        raise HTTPException(418)

    app.include_router(playground(resource, debug=True), prefix="/playground")
    answer = TestClient(app).get("/playground/resources/note/debug/notes")
    assert (answer.status_code, "SELECT" in answer.text) == (418, False)


def test_a_list_that_reads_its_request_and_one_that_fails(notes: Engine) -> None:
    async def body(request: Request) -> None:
        assert await request.body() == b""
        assert not await request.is_disconnected()

    def fail() -> None:
        raise RuntimeError("broken")

    asked = "/playground/resources/note/debug/notes"
    client = TestClient(service(notes, debug=True, dependencies=[Depends(body)]))
    assert len(client.get(asked, headers=ONE).json()["statements"]) == 1
    broken = TestClient(service(notes, debug=True, dependencies=[Depends(fail)]))
    assert broken.get(asked, headers=ONE).status_code == 500


def test_nothing_of_the_statements_is_there_unless_asked_for(notes: Engine) -> None:
    client = TestClient(service(notes))
    assert "debug" not in client.get("/playground/resources").json()
    assert client.get("/playground/resources/note/debug/notes", headers=ONE).status_code == 404
    assert "statements" not in client.get("/playground/resources/note/assist", headers=ONE).json()
    assert 'id="debug"' not in client.get("/playground/").text
    assert client.get("/playground/resources/note/fields", headers=ONE).json().keys() == {"filter", "sort", "examples"}


def test_debug_is_yes_or_no() -> None:
    resource = FastAPISQLAlchemyIntegration().resource(Note, item=NoteOut)
    session: Any = object()
    with pytest.raises(ConfigurationError, match="True or False"):
        playground(resource, debug=session)


async def test_an_async_list_shows_its_statements(async_engine: AsyncEngine) -> None:
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(async_engine) as session:
            yield session

    app = FastAPI()
    resource = FastAPISQLAlchemyIntegration().resource(Note, item=NoteOut)
    app.include_router(resource.router(get_session), prefix="/notes")
    app.include_router(playground(resource, debug=True), prefix="/playground")
    try:
        async with client_of(app) as client:
            found = await client.get("/playground/resources/note/debug/notes", params={"filter": "title==n3"})
        assert found.status_code == 200, found.text
        assert found.json()["statements"][0]["plan"] not in ([], ["The database gave no plan."])
    finally:
        async with async_engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)


@pytest.mark.parametrize("root_path", ["", "/api"])
def test_the_statements_below_a_prefix_and_in_a_sub_application(notes: Engine, root_path: str) -> None:
    outer = FastAPI()
    outer.mount("/inner", service(notes, debug=True))
    client = TestClient(outer, root_path=root_path)
    found = client.get(f"{root_path}/inner/playground/resources/note/debug/notes", headers=ONE)
    assert found.status_code == 200, found.text
    assert found.json()["statements"]


# --- resources by role ---


def roles_service(engine: Engine | None) -> FastAPI:
    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    integration = FastAPISQLAlchemyIntegration()
    members = integration.resource(Note, filter_examples={"titles": "title==n*"})
    admins = integration.resource(Note, filter_examples={"secrets": "secret==s*"})
    both = by_role(current_role, {"member": members, "admin": admins}, documented="member")
    app = FastAPI()
    pages = both.page_dependency({"member": NoteOut, "admin": AdminOut}, get_session)
    cursors = both.cursor_page_dependency({"member": NoteOut, "admin": AdminOut}, get_session)

    @app.get("/notes", response_model=None)
    async def list_notes(page: Annotated[Any, Depends(pages)]) -> Any:
        return page

    @app.get("/feed", response_model=None)
    async def feed(page: Annotated[Any, Depends(cursors)]) -> Any:
        return page

    app.include_router(playground(both, debug=True), prefix="/playground")
    return app


MEMBER, ADMIN = {"Authorization": "member"}, {"Authorization": "admin"}


def test_the_fields_are_those_of_the_role() -> None:
    client = TestClient(roles_service(None))
    described = client.get("/playground/resources").json()["resources"]
    assert [(one["list"], one["paging"]) for one in described] == [("/notes", "page"), ("/feed", "cursor")]
    for path in ("/notes", "/feed"):
        member, admin = (
            client.get("/playground/resources/note/fields", params={"list": path}, headers=role).json()
            for role in (MEMBER, ADMIN)
        )
        assert (member["filter"], admin["filter"]) == (["id", "title"], ["id", "title", "secret"])
        assert [example["title"] for example in admin["examples"]] == ["secrets"]
        assert "secret" not in str(member)


def test_a_field_of_another_role_does_not_exist() -> None:
    client = TestClient(roles_service(None))

    def help_with(filter: str, role: dict[str, str]) -> Any:
        given = {"filter": filter, "part": "filter", "at": str(len(filter))}
        return client.get("/playground/resources/note/assist", params=given, headers=role).json()

    assert [item["text"] for item in help_with("sec", ADMIN)["completions"]["items"]] == ["secret"]
    assert help_with("sec", MEMBER)["completions"]["items"] == []
    for role, offered in ((ADMIN, ["secret"]), (MEMBER, [])):
        given = {"sort": "id;-sec", "part": "sort", "at": "7"}
        found = client.get("/playground/resources/note/assist", params=given, headers=role).json()["completions"]
        assert (found["from"], [item["text"] for item in found["items"]]) == (4, offered)
    assert help_with("secret=", MEMBER)["completions"]["items"] == []
    hidden, absent = (help_with(f"{name}==1", MEMBER)["filter"]["problems"] for name in ("secret", "sicret"))
    assert str(hidden).replace("secret", "sicret") == str(absent)
    assert help_with("secret==1", ADMIN)["filter"]["problems"] == []


@pytest.mark.parametrize("part", ["fields", "assist", "debug/notes"])
def test_nobody_and_a_stranger_get_no_help(part: str) -> None:
    client = TestClient(roles_service(None))
    assert client.get(f"/playground/resources/note/{part}").status_code == 401
    assert client.get(f"/playground/resources/note/{part}", headers={"Authorization": "guest"}).status_code == 403


def test_the_statements_are_those_of_the_role(notes: Engine) -> None:
    client = TestClient(roles_service(notes))
    for path in ("/notes", "/feed"):
        for role, status in ((MEMBER, 422), (ADMIN, 200)):
            found = client.get(f"/playground/resources/note/debug{path}", params={"filter": "secret==s1"}, headers=role)
            assert found.status_code == status


def test_a_list_of_statements_of_your_own_is_shown() -> None:
    app, router = FastAPI(), APIRouter()
    resource = FastAPISQLAlchemyIntegration().resource(Note, filterable_fields=["title"])

    @router.get("/notes")
    async def list_notes(statement: Annotated[Any, Depends(resource.select_dependency())]) -> list[str]:
        return [str(statement)]

    @router.get("/notes/count")
    async def count_notes(statement: Annotated[Any, Depends(resource.count_select_dependency())]) -> str:
        return str(statement)

    app.include_router(router, prefix="/v1")
    app.include_router(playground(resource), prefix="/playground")
    described = TestClient(app).get("/playground/resources").json()["resources"]
    assert [one["list"] for one in described] == ["/v1/notes"]
