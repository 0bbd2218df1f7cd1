"""Resources by role: a router, and statement factories of which only that of the role runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import Select, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql import ConfigurationError
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, install_openapi
from pyrsql.integrations.fastapi import (
    FastAPISQLAlchemyIntegration,
    FastAPISQLAlchemyResource,
    RoleResources,
    by_role,
)
from tests.asgi import get


class Base(DeclarativeBase):
    """Notes of tenants."""


class Note(Base):
    __tablename__ = "role_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[int]
    title: Mapped[str]
    remark: Mapped[str]


class Other(Base):
    __tablename__ = "role_others"

    id: Mapped[int] = mapped_column(primary_key=True)


class NoteOut(BaseModel):
    id: int
    title: str


class NoteAdminOut(NoteOut):
    remark: str


class OtherOut(BaseModel):
    id: int


ran: list[str] = []


def current_role(request: Request) -> str:
    return request.headers.get("x-role", "member")


async def tenant_of(x_tenant: Annotated[int, Header()]) -> int:
    ran.append("tenant")
    return x_tenant


async def own(tenant: Annotated[int, Depends(tenant_of)]) -> Select[Any]:
    ran.append("own")
    return select(Note).where(Note.tenant == tenant)


async def connection_of_admin() -> AsyncIterator[str]:
    ran.append("opened")
    try:
        yield "connection"
    finally:
        ran.append("closed")


def of_admin(
    key: Annotated[str, Header(alias="x-admin-key")],
    connection: Annotated[str, Depends(connection_of_admin)],
    least: Annotated[int, Query(alias="least-note")] = 0,
) -> Select[Any]:
    ran.append("admin")
    if key != "secret":
        raise HTTPException(401, "wrong key")
    return select(Note).where(Note.id >= least)


def broken(request: Request) -> Select[Any]:
    raise RuntimeError("the factory of the auditor fails")


@pytest.fixture(params=["sync", "async"])
def get_session(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    ran.clear()
    file = tmp_path / "app.db"
    engine = create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Note(id=number, tenant=number % 2, title=f"t{number}", remark="r") for number in range(1, 7))
        session.commit()
    engine.dispose()

    def sync_session() -> Iterator[Session]:
        engine = create_engine(f"sqlite:///{file}")
        try:
            with Session(engine) as session:
                yield session
        finally:
            engine.dispose()

    async def async_session() -> AsyncIterator[AsyncSession]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
        try:
            async with AsyncSession(engine) as session:
                yield session
        finally:
            await engine.dispose()

    return sync_session if request.param == "sync" else async_session


def notes(config: FastAPICriteriaConfig | None = None) -> RoleResources:
    integration = FastAPISQLAlchemyIntegration(criteria_config=config)
    return by_role(
        current_role,
        {
            "member": integration.resource(Note, item=NoteOut, statement_factory=own),
            "admin": integration.resource(Note, item=NoteAdminOut, statement_factory=of_admin),
            "auditor": integration.resource(Note, item=NoteOut, statement_factory=broken),
            "guest": integration.resource(
                Note, item=NoteOut, statement_factory=lambda: select(Note).where(Note.id == 1)
            ),
        },
        documented="member",
    )


def service(get_session: Callable[..., Any], config: FastAPICriteriaConfig | None = None) -> FastAPI:
    app = FastAPI()
    install_openapi(app)
    app.include_router(notes(config).router(get_session), prefix="/notes")
    return app


MEMBER = {"x-tenant": "1"}
ADMIN = {"x-role": "admin", "x-admin-key": "secret"}
GUEST = {"x-role": "guest"}


def test_only_the_factory_of_the_role_runs_with_all_that_it_depends_on(get_session: Callable[..., Any]) -> None:
    app = service(get_session)
    for path in ("/notes", "/notes/count", "/notes/1"):
        for headers, expected in [(MEMBER, ["tenant", "own"]), (ADMIN, ["opened", "admin", "closed"]), (GUEST, [])]:
            ran.clear()
            response = get(app, path, headers=headers)
            assert response.status_code == 200, response.text
            assert ran == expected


def test_a_factory_that_fails_or_refuses_is_that_of_its_role_alone(get_session: Callable[..., Any]) -> None:
    app = service(get_session)
    with pytest.raises(RuntimeError, match="auditor"):
        get(app, "/notes", headers={"x-role": "auditor"})
    refused = get(app, "/notes", headers={**ADMIN, "x-admin-key": "x"})
    assert (refused.status_code, refused.json()) == (401, {"detail": "wrong key"})
    assert ran[-1] == "closed"
    missing = get(app, "/notes", headers={"x-role": "admin"})
    assert missing.status_code == 422
    assert missing.json()["detail"][0]["loc"] == ["header", "x-admin-key"]
    assert [get(app, "/notes", headers=headers).status_code for headers in (MEMBER, GUEST)] == [200, 200]
    assert get(app, "/notes", headers={"x-role": "nobody"}).status_code == 403
    assert get(app, "/notes/1", headers={"x-role": "nobody"}).status_code == 403


def test_a_role_that_can_be_no_key_is_forbidden(get_session: Callable[..., Any]) -> None:
    resource = FastAPISQLAlchemyIntegration().resource(Note, item=NoteOut)
    app = FastAPI()
    app.include_router(
        by_role(lambda: ["member"], {"member": resource}, documented="member").router(get_session), prefix="/notes"
    )
    assert [get(app, path).status_code for path in ("/notes", "/notes/count", "/notes/1")] == [403, 403, 403]


def test_a_router_shows_each_role_its_rows_and_fields(get_session: Callable[..., Any]) -> None:
    app = service(get_session)
    found = [get(app, "/notes", headers=headers).json()["items"] for headers in (MEMBER, ADMIN, GUEST)]
    assert [[item["id"] for item in items] for items in found] == [[1, 3, 5], [1, 2, 3, 4, 5, 6], [1]]
    assert [sorted(items[0]) for items in found] == [["id", "title"], ["id", "remark", "title"], ["id", "title"]]
    assert [get(app, "/notes/count", headers=one).json() for one in (MEMBER, GUEST)] == [{"count": 3}, {"count": 1}]
    assert get(app, "/notes/1", headers=MEMBER).json() == {"id": 1, "title": "t1"}
    assert get(app, "/notes/2", headers=ADMIN).json() == {"id": 2, "title": "t2", "remark": "r"}
    assert [get(app, "/notes/2", headers=headers).status_code for headers in (MEMBER, GUEST)] == [404, 404]


def test_answers_of_roles_are_written_by_pydantic(
    get_session: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastAPI's own encoder takes twenty times as long, on the event loop."""
    encoded: list[object] = []
    monkeypatch.setattr("fastapi.routing.jsonable_encoder", encoded.append)
    app = service(get_session)
    assert all(get(app, path, headers=ADMIN).json() for path in ("/notes", "/notes/1"))
    assert encoded == []
    paths = get(app, "/openapi.json").json()["paths"]
    answers = [paths[path]["get"]["responses"]["200"] for path in ("/notes", "/notes/{id}")]
    shown = [answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2] for answer in answers]
    assert shown == ["Page_NoteOut_", "NoteOut"]


def test_roles_have_every_dependency_of_a_resource() -> None:
    of_one = {name for name in dir(FastAPISQLAlchemyResource) if name.endswith("_dependency")}
    assert of_one == {name for name in dir(RoleResources) if name.endswith("_dependency")}


def test_statements_of_roles() -> None:
    roles, app = notes(), FastAPI()
    criteria_of_role, applier_of_role = Depends(roles.criteria_dependency()), Depends(roles.applier_dependency())

    @app.get("/criteria")
    async def criteria(found: Any = criteria_of_role) -> str:
        return str(found.query.text)

    @app.get("/applied")
    async def applied(apply: Any = applier_of_role) -> str:
        return str(apply(select(Note)).whereclause)

    for headers, status in ((MEMBER, 422), (ADMIN, 200)):
        assert get(app, "/criteria?filter=remark==r", headers=headers).json() == "remark==r"
        assert get(app, "/applied?filter=remark==r", headers=headers).status_code == status
    assert get(app, "/applied?filter=remark==r", headers=ADMIN).json().startswith("role_notes.remark = ")


@pytest.mark.parametrize(("headers", "numbers"), [(MEMBER, [1, 3, 5]), (ADMIN, [1, 2, 3, 4, 5, 6]), (GUEST, [1])])
def test_a_stream_shows_each_role_its_rows_and_fields(
    get_session: Callable[..., Any], headers: dict[str, str], numbers: list[int]
) -> None:
    items = {"member": NoteOut, "admin": NoteAdminOut, "auditor": NoteOut, "guest": NoteOut}
    stream = notes().stream_dependency(items, get_session, format="csv", chunk_size=2)
    app = FastAPI()

    @app.get("/export", response_class=StreamingResponse)
    async def export(rows: Any = Depends(stream)) -> Any:
        return rows

    names, *lines = get(app, "/export", headers=headers).text.split()
    assert names == ("id,title,remark" if headers is ADMIN else "id,title")
    assert [int(line.partition(",")[0]) for line in lines] == numbers
    assert get(app, "/export?filter=remark==r", headers=headers).status_code == (200 if headers is ADMIN else 422)


def test_nothing_of_a_role_leaks(get_session: Callable[..., Any]) -> None:
    app = service(get_session)
    for _ in range(3):
        assert get(app, "/notes?filter=remark==r", headers=ADMIN).json()["total"] == 6
        for headers in (MEMBER, GUEST):
            refused = get(app, "/notes?filter=remark==r", headers=headers)
            nowhere = get(app, "/notes?filter=remarx==r", headers=headers)
            assert refused.text == nowhere.text.replace("remarx", "remark")
            assert refused.status_code == 422
    document = get(app, "/openapi.json").text
    assert [word for word in ("remark", "NoteAdmin", "x-admin-key", "least-note") if word in document] == []
    shown = get(app, "/openapi.json").json()["paths"]["/notes"]["get"]
    assert shown["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("Page_NoteOut_")


def test_overrides_count_for_factories_and_for_what_they_depend_on(get_session: Callable[..., Any]) -> None:
    app = service(get_session)
    app.dependency_overrides[tenant_of] = lambda: 0
    assert [item["id"] for item in get(app, "/notes").json()["items"]] == [2, 4, 6]
    app.dependency_overrides[of_admin] = lambda: select(Note).where(Note.id == 5)
    assert [item["id"] for item in get(app, "/notes", headers={"x-role": "admin"}).json()["items"]] == [5]


def test_a_parameter_of_a_factory_is_declared(get_session: Callable[..., Any]) -> None:
    app = service(get_session, FastAPICriteriaConfig(unknown_parameters="refuse"))
    assert [item["id"] for item in get(app, "/notes?least-note=5", headers=ADMIN).json()["items"]] == [5, 6]
    assert get(app, "/notes?most=5", headers=ADMIN).status_code == 400


def test_a_factory_that_all_roles_share_runs_once(get_session: Callable[..., Any]) -> None:
    integration = FastAPISQLAlchemyIntegration()
    shared = {
        role: integration.resource(Note, item=item, statement_factory=own)
        for role, item in (("member", NoteOut), ("admin", NoteAdminOut))
    }
    app = FastAPI()

    rows_of = Depends(by_role(current_role, shared, documented="member").select_dependency())

    @app.get("/both")
    async def both(tenant: Annotated[int, Depends(tenant_of)], rows: Any = rows_of) -> int:
        return tenant

    assert get(app, "/both", headers=MEMBER).json() == 1
    assert ran == ["tenant", "own"]
    names = [one["name"] for one in app.openapi()["paths"]["/both"]["get"]["parameters"]]
    assert "x-tenant" in names


def test_roles_that_no_router_can_serve() -> None:
    integration = FastAPISQLAlchemyIntegration()
    plain, listed = integration.resource(Note, item=NoteOut), integration.resource(Note, filterable_fields={"id"})
    with pytest.raises(ConfigurationError, match="the role 'b' has no item"):
        by_role(current_role, {"a": plain, "b": listed}, documented="a").router(lambda: None)
    other = integration.resource(Other, item=OtherOut)
    with pytest.raises(ConfigurationError, match="a router is about one model"):
        by_role(current_role, {"a": plain, "b": other}, documented="a").router(lambda: None)

    def of_body(tenant: Annotated[int, Body()]) -> Select[Any]:
        return select(Note)

    reading = integration.resource(Note, item=NoteOut, statement_factory=of_body)
    with pytest.raises(ConfigurationError, match="the role 'b' reads the body"):
        by_role(current_role, {"a": plain, "b": reading}, documented="a")
