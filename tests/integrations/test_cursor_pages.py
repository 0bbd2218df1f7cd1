"""Pages by cursor as answers: walks, links, totals, refusals, and streams of all rows, with sessions of both kinds."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, model_serializer
from sqlalchemy import JSON, ForeignKey, Select, create_engine, event, select, update
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, synonym
from sqlalchemy.pool import StaticPool

from pyrsql import ALL_FIELDS, ConfigurationError, field_rights
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, in_body
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, FastAPISQLAlchemyResource
from pyrsql.options import QueryOptions
from tests.asgi import get, request
from tests.integrations.sessions import SessionDependency, filled, session_dependency
from tests.sample_models import Base, User, rows


class RoleOut(BaseModel):
    code: str


class UserOut(BaseModel):
    id: int
    name: str | None
    age: int | None


class UserWithRoles(UserOut):
    roles: list[RoleOut]


class Nameless(BaseModel):
    age: int | None


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("cursors"), Base.metadata, rows())


statements: list[str] = []
EVERYONE = list(range(1, 13))
BY_AGE = [12, 3, 9, 4, 2, 1, 6, 5, 8, 7, 10, 11]
"""By age descending: NULL first, and the key descends too."""


@pytest.fixture(params=["sync", "async"])
def session(request: pytest.FixtureRequest, file: Path) -> SessionDependency:
    """A session dependency of each kind; `statements` holds what it ran."""
    return session_dependency(request.param, file, statements)


def users(config: FastAPICriteriaConfig | None = None, **more: Any) -> FastAPISQLAlchemyResource:
    return FastAPISQLAlchemyIntegration(criteria_config=config).resource(User, **more)


def app_of(
    resource: FastAPISQLAlchemyResource, session: SessionDependency, item: type[BaseModel] = UserOut, **more: Any
) -> FastAPI:
    app = FastAPI()
    dependency = resource.cursor_page_dependency(item, session, **more)

    @app.get("/feed", response_model=CursorPage[item])  # type: ignore[valid-type]  # a type that is known at run time only
    async def feed(page: Annotated[CursorPage[Any], Depends(dependency)]) -> CursorPage[Any]:
        return page

    @app.post("/search", response_model=CursorPage[item])  # type: ignore[valid-type]  # a type that is known at run time only
    async def search(page: Annotated[CursorPage[Any], Depends(in_body(dependency))]) -> CursorPage[Any]:
        return page

    return app


def walk(app: FastAPI, query: str, way: str = "next", start: str = "") -> list[list[int]]:
    """The ids on every page."""
    found: list[list[int]] = []
    cursor = start
    while True:
        body = get(app, f"/feed?{query}&cursor={cursor}").raise_for_status().json()
        found.append([item["id"] for item in body["items"]])
        if body[way] is None:
            return found
        cursor = body[way]


def links(app: FastAPI, url: str) -> dict[str, str]:
    header = get(app, url).headers["link"]
    return {rel: link for link, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', header)}


@pytest.mark.parametrize("size", [1, 2, 5, 11, 12, 13])
def test_a_walk_gives_every_row_once_both_ways(session: SessionDependency, size: int) -> None:
    app = app_of(users(), session)
    forward = walk(app, f"sort=-age&size={size}")
    assert [key for page in forward for key in page] == BY_AGE
    assert {len(page) for page in forward[:-1]} <= {size}
    last = links(app, f"/feed?sort=-age&size={size}")["last"]
    cursor = re.findall(r"cursor=([^&]*)", last)[0]
    backward = walk(app, f"sort=-age&size={size}", "prev", cursor)
    assert [key for page in reversed(backward) for key in page] == BY_AGE


def test_a_page_says_where_it_is(session: SessionDependency) -> None:
    app = app_of(users(), session)
    first = get(app, "/feed?size=5").json()
    assert [item["id"] for item in first["items"]] == EVERYONE[:5]
    assert (first["prev"], first["size"], first["total"], first["total_is_exact"]) == (None, 5, None, False)
    second = get(app, f"/feed?size=3&cursor={first['next']}").json()
    assert [item["id"] for item in second["items"]] == [6, 7, 8]
    back = get(app, f"/feed?size=5&cursor={second['prev']}").json()
    assert (back["items"], back["prev"]) == (first["items"], None)
    assert get(app, "/feed?filter=id>100").json() | {"size": 0} == {
        "items": [],
        "next": None,
        "prev": None,
        "size": 0,
        "total": None,
        "total_is_exact": False,
    }
    assert len(get(app, "/feed").json()["items"]) == 12
    assert get(app, "/feed").json()["size"] == 50


def test_no_page_follows_where_no_row_is_left(session: SessionDependency) -> None:
    app = app_of(users(), session)
    last = get(app, "/feed?size=3&filter=id>10").json()
    assert (len(last["items"]), last["next"], last["prev"]) == (2, None, None)

    class Gone:
        """A tenant whose rows are deleted between two pages."""

        rows = select(User)

    gone = FastAPISQLAlchemyIntegration().resource(User, statement_factory=lambda: Gone.rows)
    app = app_of(gone, session)
    second = get(app, f"/feed?size=5&cursor={get(app, '/feed?size=5').json()['next']}").json()
    for left, next_ids in ((User.id > 99, None), (User.id > 5, EVERYONE[5:10])):
        Gone.rows = select(User).where(left)
        before = get(app, f"/feed?size=5&cursor={second['prev']}").json()
        assert (before["items"], before["prev"]) == ([], None)
        assert (before["next"] is None) is (next_ids is None)
        if next_ids:
            following = get(app, f"/feed?size=5&cursor={before['next']}").json()
            assert [item["id"] for item in following["items"]] == next_ids


def test_links_keep_the_request_and_lead_on(session: SessionDependency) -> None:
    app = app_of(users(), session)
    found = links(app, "/feed?filter=id%3E2&sort=name&other=a%26b&size=3")
    assert list(found) == ["first", "next", "last"]
    assert all("filter=id%3E2&sort=name&other=a%26b" in link for link in found.values())
    assert "cursor" not in found["first"]
    following = links(app, found["next"])
    assert list(following) == ["first", "prev", "next", "last"]
    assert get(app, following["prev"]).json()["items"] == get(app, found["first"]).json()["items"]
    last = get(app, found["last"]).json()
    assert (last["next"], len(last["items"])) == (None, 3)
    long = "a" * 3_000
    assert get(app, f"/feed?size=3&other={long}").headers.get("link") is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"total": True}, (12, True)),
        ({"total": True, "total_limit": 12}, (12, True)),
        ({"total": True, "total_limit": 11}, (11, False)),
        ({}, (None, False)),
    ],
)
def test_a_total_is_counted_when_asked_for(
    session: SessionDependency, options: dict[str, Any], expected: tuple[int | None, bool]
) -> None:
    body = get(app_of(users(), session, **options), "/feed?size=5").json()
    assert (body["total"], body["total_is_exact"]) == expected
    body = get(app_of(users(), session, **options), "/feed?filter=id<4").json()
    assert body["total"] == (None if expected[0] is None else 3)


def errors(app: FastAPI, url: str) -> list[tuple[str, str, str]]:
    response = get(app, url)
    assert response.status_code == 400
    return [(error["parameter"], error["code"], error["detail"]) for error in response.json()["detail"]["errors"]]


def test_a_cursor_that_does_not_fit_is_a_400(session: SessionDependency) -> None:
    app = app_of(users(), session)
    cursor = get(app, "/feed?size=5&sort=age").json()["next"]
    unreadable = "The cursor cannot be read: it is not one that this list has given."
    assert errors(app, "/feed?cursor=nonsense") == [("cursor", "cursor-error", unreadable)]
    assert errors(app, f"/feed?cursor={cursor}") == [("cursor", "cursor-error", "The cursor belongs to another sort.")]
    assert errors(app, f"/feed?sort=age&filter=id>1&cursor={cursor}") == [
        ("cursor", "cursor-error", "The cursor belongs to another filter.")
    ]
    assert errors(app, f"/feed?sort=age&cursor={'A' * 9_000}") == [
        ("cursor", "limit-exceeded", "The cursor is longer than 8192 characters.")
    ]
    assert errors(app, "/feed?cursor=a&cursor=b")[0][:2] == ("cursor", "repeated-parameter")
    assert get(app, f"/feed?sort=age,asc,nullslast;id&size=2&cursor={cursor}").status_code == 200
    assert get(app, "/feed?cursor=&size=1").status_code == 200


def test_everything_wrong_is_reported_at_once(session: SessionDependency) -> None:
    app = app_of(users(), session)
    found = errors(app, "/feed?filter=nme==1&sort=nme&cursor=nonsense&size=0&page=3")
    assert [(parameter, code) for parameter, code, _ in found] == [
        ("filter", "unknown-field"),
        ("sort", "unknown-field"),
        ("page", "page-error"),
        ("size", "page-error"),
    ]
    found = errors(app, "/feed?filter=nme==1&cursor=nonsense")
    assert [code for _, code, _ in found] == ["unknown-field", "cursor-error"]
    (page,) = errors(app, "/feed?page=3")
    assert page[2] == "Expected no page number, as this list is paged by cursor, but the page is '3'."
    assert get(app, "/feed?page=").status_code == 200


@pytest.mark.parametrize("name", ["offset", "skip", "Page", "page_number"])
def test_no_hint_leads_to_the_number_of_a_page(session: SessionDependency, name: str) -> None:
    error = get(app_of(users(), session), f"/feed?{name}=3").json()["detail"]["errors"][0]
    assert (error["code"], error["hint"]) == ("unknown-parameter", "This list does not take it.")


def test_every_changed_character_is_a_400_or_a_page(session: SessionDependency) -> None:
    app = app_of(users(filterable_fields=ALL_FIELDS), session)
    cursor = get(app, "/feed?size=5&sort=-created;age;name").json()["next"]
    for place in range(len(cursor)):
        for other in "A_z9":
            changed = cursor[:place] + other + cursor[place + 1 :]
            response = get(app, f"/feed?size=5&sort=-created;age;name&cursor={changed}")
            assert response.status_code in (200, 400), changed


def test_secrets_sign_and_rotate(session: SessionDependency) -> None:
    old = app_of(users(FastAPICriteriaConfig(cursor_secrets=["old"])), session)
    new = app_of(users(FastAPICriteriaConfig(cursor_secrets=["new", "old"])), session)
    cursor = get(old, "/feed?size=5").json()["next"]
    assert get(new, f"/feed?size=5&cursor={cursor}").json()["items"][0]["id"] == 6
    body, _, mac = cursor.partition(".")
    for changed in (body, f"{body}.", f"{body}.{mac[:-2]}AA", cursor.swapcase()):
        assert errors(new, f"/feed?size=5&cursor={changed}")[0][1] == "cursor-error"
    assert "old" not in repr(FastAPICriteriaConfig(cursor_secrets=["old"]))


class Hiding:
    """No encryption at all: enough to say that it hides."""

    hides = True

    def seal(self, payload: bytes) -> bytes:
        return payload[::-1]

    def open(self, sealed: bytes) -> bytes:
        return sealed[::-1]


def test_a_key_that_nobody_may_see_needs_a_sealer(session: SessionDependency) -> None:
    with pytest.raises(ConfigurationError, match="cursors of User would show 'id'"):
        users().cursor_page_dependency(Nameless, session)
    with pytest.raises(ConfigurationError, match="would show 'email'"):
        users(default_sort="email").cursor_page_dependency(UserOut, session)
    calls = FastAPICriteriaConfig(query_options=QueryOptions(procedure_whitelist={"concat"}))
    for sort in ("@concat[name|email]", "@concat[@concat[email|name]|#.]"):
        with pytest.raises(ConfigurationError, match="would show 'email'"):
            users(calls, default_sort=sort).cursor_page_dependency(UserOut, session)
    users(calls, default_sort="@concat[name|#.]").cursor_page_dependency(UserOut, session)
    users(filterable_fields=["id", "age"]).cursor_page_dependency(Nameless, session)
    users(filterable_fields=ALL_FIELDS).cursor_page_dependency(Nameless, session)
    app = app_of(users(FastAPICriteriaConfig(cursor_sealer=Hiding())), session, Nameless)
    cursor = get(app, "/feed?size=10").json()["next"]
    assert get(app, f"/feed?size=10&cursor={cursor}").json()["items"] == [{"age": -1}, {"age": None}]


def test_a_key_that_takes_some_operators_only_needs_a_sealer() -> None:
    class Own(DeclarativeBase):
        pass

    class Ticket(Own):
        __tablename__ = "cursor_tickets"
        token: Mapped[str] = mapped_column(primary_key=True, info={"pyrsql": field_rights(operators=["equal"])})
        age: Mapped[int]

    def session() -> Iterator[Session]:
        raise NotImplementedError

    for config, refused in ((None, True), (FastAPICriteriaConfig(cursor_sealer=Hiding()), False)):
        resource = FastAPISQLAlchemyIntegration(criteria_config=config).resource(Ticket, filterable_fields=ALL_FIELDS)
        expected = pytest.raises(ConfigurationError, match="would show 'token'") if refused else nullcontext()
        with expected:
            resource.cursor_page_dependency(Nameless, session)


class Owned(DeclarativeBase):
    pass


class Owner(Owned):
    __tablename__ = "cursor_owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Thing(Owned):
    __tablename__ = "cursor_things"
    id: Mapped[int] = mapped_column(primary_key=True)
    key = synonym("id")
    name: Mapped[str]
    nick = synonym("name")
    masked = synonym("name", descriptor=property(lambda self: "***"))
    doc: Mapped[dict[str, Any]] = mapped_column(JSON)
    owner_id: Mapped[int] = mapped_column(ForeignKey("cursor_owners.id"))
    owner: Mapped[Owner] = relationship()
    owner_name: AssociationProxy[str] = association_proxy("owner", "name")


class ColorOut(BaseModel):
    color: str


class ThingOut(BaseModel):
    key: int
    nick: str
    owner_name: str
    doc: ColorOut


class MaskedOut(BaseModel):
    key: int
    masked: str


@pytest.mark.parametrize(
    ("item", "default_sort", "hidden"),
    [
        *((ThingOut, sort, None) for sort in (None, "nick", "-name", "key", "owner_name", "owner.name", "doc.color")),
        *((ThingOut, sort, found) for sort, found in (("owner.id", "owner.id"), ("doc.size", "doc"))),
        *((MaskedOut, sort, "name") for sort in ("masked", "nick", "name")),
    ],
)
def test_an_item_shows_a_key_under_any_of_its_names(item: Any, default_sort: str | None, hidden: str | None) -> None:
    def session() -> Iterator[Session]:
        raise NotImplementedError

    things = FastAPISQLAlchemyIntegration().resource(Thing, item=item, default_sort=default_sort)
    with pytest.raises(ConfigurationError, match=f"would show '{hidden}'") if hidden else nullcontext():
        things.cursor_page_dependency(item, session)


@pytest.mark.parametrize(
    ("more", "sort", "field"),
    [({}, "", None), ({}, "&sort=age", None), ({"default_sort": "note"}, "", None), ({}, "&sort=motto", "motto")],
)
def test_a_row_without_a_cursor_names_no_key_that_the_client_may_not_know(
    more: dict[str, Any], sort: str, field: str | None
) -> None:
    class Own(DeclarativeBase):
        pass

    class Secretive(Own):
        __tablename__ = "cursor_secretive"
        token: Mapped[str] = mapped_column(primary_key=True, info={"pyrsql": field_rights(filter=False, sort=False)})
        note: Mapped[str]
        motto: Mapped[str]
        age: Mapped[int]

    class Shown(Nameless):
        motto: str

    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Own.metadata.create_all(engine)
    long, short = 9_000, 10
    with Session(engine) as writing:
        sizes = (short, long) if field else (long, short)
        texts = {"note": "n" * long, "motto": "m" * sizes[1]}
        writing.add_all(Secretive(token=str(row) * sizes[0], age=1, **texts) for row in range(3))
        writing.commit()

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    config = FastAPICriteriaConfig(cursor_sealer=Hiding())
    resource = FastAPISQLAlchemyIntegration(criteria_config=config).resource(Secretive, item=Shown, **more)
    answer = get(app_of(resource, session, Shown), f"/feed?size=1{sort}")
    (problem,) = answer.json()["detail"]["errors"]
    assert (answer.status_code, problem["field"]) == (422, field)
    assert "too long to continue from" in problem["detail"]
    assert not {"token", "note"} & {*re.findall(r"\w+", answer.text)}


COUNTING = FastAPICriteriaConfig(query_options=QueryOptions(quantifiers=True))


@pytest.mark.parametrize("count", ["@count[roles]", "@count[company]", "@count[company.users]", "-@count[reports]"])
def test_a_count_that_clients_may_not_ask_for_needs_a_sealer(session: SessionDependency, count: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"would show '{count.lstrip('-')}'")):
        users(COUNTING, default_sort=count).cursor_page_dependency(UserOut, session)
    users(COUNTING, default_sort=count, filterable_fields=ALL_FIELDS).cursor_page_dependency(UserOut, session)
    users(replace(COUNTING, cursor_sealer=Hiding()), default_sort=count).cursor_page_dependency(UserOut, session)


@pytest.mark.parametrize(
    ("count", "ids"),
    [
        ("@count[roles]", [3, 6, 7, 9, 11, 2, 5, 8, 10, 1, 4, 12]),
        ("-'@count[roles|#code==admin]'", [12, 8, 1, 11, 10, 9, 7, 6, 5, 4, 3, 2]),
    ],
)
def test_a_count_that_clients_may_ask_for_leads_on(session: SessionDependency, count: str, ids: list[int]) -> None:
    app = app_of(users(COUNTING, default_sort=count), session, UserWithRoles)
    assert [key for page in walk(app, "size=5") for key in page] == ids


def test_rights_and_scope_count_on_every_page(session: SessionDependency) -> None:
    def young() -> Select[Any]:
        return select(User).where(User.age < 30)

    everyone, some = app_of(users(), session), app_of(users(statement_factory=young), session)
    cursor = get(everyone, "/feed?size=2&sort=age").json()["next"]
    assert [key for page in walk(some, "size=2&sort=age", start=cursor) for key in page] == [7, 8, 5, 6]
    hidden = app_of(users(filterable_fields=["id"], sortable_fields=["id"]), session)
    assert get(hidden, f"/feed?size=2&sort=age&cursor={cursor}").status_code == 422


def test_collections_are_loaded_with_a_page(session: SessionDependency) -> None:
    def joined() -> Select[Any]:
        return select(User).options(joinedload(User.roles))

    for resource in (users(), users(statement_factory=joined)):
        app = app_of(resource, session, UserWithRoles)
        found = get(app, "/feed?size=4&sort=-age").json()
        assert [item["id"] for item in found["items"]] == BY_AGE[:4]
        assert [len(item["roles"]) for item in found["items"]] == [2, 0, 0, 2]
        following = get(app, f"/feed?size=4&sort=-age&cursor={found['next']}").json()
        assert [item["id"] for item in following["items"]] == BY_AGE[4:8]


def test_a_body_takes_a_cursor(session: SessionDependency) -> None:
    app = app_of(users(), session)
    first = request(app, "POST", "/search", json={"sort": "-age", "size": 5}).json()
    second = request(app, "POST", "/search", json={"sort": "-age", "size": 5, "cursor": first["next"]}).json()
    assert [item["id"] for item in (*first["items"], *second["items"])] == BY_AGE[:10]


def test_openapi_names_the_cursor_and_no_page(session: SessionDependency) -> None:
    paths = app_of(users(), session).openapi()["paths"]
    parameters = {parameter["name"]: parameter["schema"] for parameter in paths["/feed"]["get"]["parameters"]}
    assert list(parameters) == ["filter", "sort", "cursor", "size"]
    expected = {"type": "string", "maxLength": 8_192, "x-pyrsql": {"role": "cursor"}}
    assert expected.items() <= parameters["cursor"].items()


# --- streams ---


def stream_of(
    resource: FastAPISQLAlchemyResource, session: SessionDependency, item: type[BaseModel] = UserOut, **more: Any
) -> FastAPI:
    app = FastAPI()

    @app.get("/export", response_class=StreamingResponse)
    async def export(
        # Before 0.129, FastAPI refuses the annotation `StreamingResponse` of a dependency.
        rows: Annotated[Any, Depends(resource.stream_dependency(item, session, **more))],
    ) -> StreamingResponse:
        stream: StreamingResponse = rows
        return stream

    return app


@pytest.mark.parametrize("chunk", [1, 5, 12, 100])
def test_a_stream_gives_every_row_once(session: SessionDependency, chunk: int) -> None:
    response = get(stream_of(users(), session, chunk_size=chunk), "/export?sort=-age")
    assert response.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["id"] for line in response.text.splitlines()] == BY_AGE


class Cells(BaseModel):
    id: int
    name: str | None
    age: int | None
    roles: list[RoleOut]


def test_csv_has_names_and_no_formulas(session: SessionDependency, file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}")
    with Session(engine) as changing:
        changing.execute(update(User).where(User.id == 6).values(name="=cmd|' /C calc'!A0"))
        changing.commit()
    try:
        response = get(
            stream_of(users(), session, Cells, format="csv", chunk_size=5), "/export?filter=id=in=(2,5,6,11)"
        )
    finally:
        with Session(engine) as changing:
            changing.execute(update(User).where(User.id == 6).values(name="50%"))
            changing.commit()
        engine.dispose()
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(response.text))) == [
        ["id", "name", "age", "roles"],
        ["2", "Demo", "30", '[{"code": "guest"}]'],
        ["5", "", "25", '[{"code": "guest"}]'],
        ["6", "'=cmd|' /C calc'!A0", "25", "[]"],
        ["11", "", "-1", "[]"],
    ]


def test_a_stream_goes_on_behind_a_value_of_any_length(session: SessionDependency, file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}")

    def rename(name: str) -> None:
        with engine.begin() as connection:
            connection.execute(update(User).where(User.id == 6).values(name=name))

    rename("a" + "z" * 70_000)
    try:
        response = get(stream_of(users(), session, chunk_size=1), "/export?sort=name&filter=id=in=(3,4,6,7)")
    finally:
        rename("50%")
        engine.dispose()
    assert [json.loads(line)["id"] for line in response.text.splitlines()] == [3, 7, 6, 4]


class Leaving(BaseModel):
    id: int
    name: str | None = Field(exclude_if=lambda name: name is None)
    age: int | None


class Other(Leaving):
    role: str = "none"


class Serialized(UserOut):
    @model_serializer
    def other(self) -> dict[str, int]:
        return {"other": self.id}


@pytest.mark.parametrize("item", [Leaving, Leaving | Other])
def test_the_cells_of_a_row_stand_under_their_names(session: SessionDependency, item: Any) -> None:
    response = get(stream_of(users(), session, item, format="csv"), "/export?filter=id=in=(4,5)")
    names, *found = csv.reader(io.StringIO(response.text))
    assert names[:3] == ["id", "name", "age"]
    assert [row[:3] for row in found] == [["4", "demolition", "41"], ["5", "", "25"]]
    lines = get(stream_of(users(), session, item), "/export?filter=id=in=(4,5)").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [4, 5]


def test_columns_that_are_not_known_are_refused(session: SessionDependency) -> None:
    with pytest.raises(ConfigurationError, match="no model_serializer"):
        users().stream_dependency(Serialized, session, format="csv")
    assert get(stream_of(users(), session, Serialized), "/export").text.startswith('{"other":1}\n')


def test_a_stream_has_a_limit_and_refuses_what_is_wrong(session: SessionDependency) -> None:
    app = stream_of(users(), session, max_rows=5)
    assert len(get(app, "/export?filter=id<6").text.splitlines()) == 5
    assert errors(app, "/export?filter=id<7") == [("filter", "limit-exceeded", "The filter leaves more than 5 rows.")]
    assert errors(app, "/export?filter=id=")[0][:2] == ("filter", "syntax-error")
    assert get(app, "/export?filter=nme==1").status_code == 422
    assert get(app, "/export?filter=id>50").text == ""
    impossible: list[dict[str, Any]] = [{"max_rows": 0}, {"chunk_size": 0}, {"format": "xml"}]
    for wrong in impossible:
        with pytest.raises(ConfigurationError):
            users().stream_dependency(UserOut, session, **wrong)


FORMULAS = (
    "=1",
    "+1+1",
    "-1+1",
    "@A1",
    "\r1",
    "\n1",
    " =1",
    "\u00a0+a",
    "\ufeff=1",
    "\u200b@a",
    "＝1",
    "＋a",
    "－a",
    "＠a",
)
GUARDED = {
    "\t=1": "'\t'=1",
    "a;=1": "a;'=1",
    "a\n=1\r\n -b": "a\n'=1\r\n' -b",
    'a";"=1;-2;@b': 'a";"=1;-2;\'@b',
    "-1;=1": "-1;'=1",
}
"""Cells that some spreadsheets split."""
NO_FORMULAS = ("a;-1\n+2.5\tb", "-1.5", "+49301234", "-1E+5", " -2", "a=1", "1-1", "'=1", "", "  ")


@pytest.mark.parametrize("text", [*FORMULAS, *GUARDED, *NO_FORMULAS], ids=repr)
def test_a_cell_runs_no_formula(session: SessionDependency, file: Path, text: str) -> None:
    engine = create_engine(f"sqlite:///{file}")
    with Session(engine) as changing:
        changing.execute(update(User).where(User.id == 6).values(name=text))
        changing.commit()
    try:
        response = get(stream_of(users(), session, UserOut, format="csv"), "/export?filter=id==6")
    finally:
        with Session(engine) as changing:
            changing.execute(update(User).where(User.id == 6).values(name="50%"))
            changing.commit()
        engine.dispose()
    (row,) = csv.DictReader(io.StringIO(response.text, newline=""))
    assert row["name"] == GUARDED.get(text, f"'{text}" if text in FORMULAS else text)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("how", ["while sending", "while reading", "refused"])
async def test_a_stream_gives_its_connection_back(file: Path, how: str, asynchronous: bool) -> None:
    held: list[int] = []
    engine = create_engine(f"sqlite:///{file}")
    async_engine = create_async_engine(f"sqlite+aiosqlite:///{file}")

    def get_session() -> Session | AsyncSession:
        # The dependency closes nothing, as FastAPI 0.106 to 0.117 do before the answer begins.
        return AsyncSession(async_engine) if asynchronous else Session(engine)

    pool = (async_engine.sync_engine if asynchronous else engine).pool
    event.listen(pool, "checkout", lambda *_: held.append(1))
    event.listen(pool, "checkin", lambda *_: held.pop())
    gone, sent = asyncio.Event(), list[Any]()
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 4:
            if how == "refused":
                raise OSError("the connection is closed")
            gone.set()
            if how == "while sending":
                await asyncio.sleep(60)

    scope = {"type": "http", "method": "GET", "path": "/export", "query_string": b"", "headers": [], "root_path": ""}
    version = "2.4" if how == "refused" else "2.0"
    app = stream_of(users(), get_session, chunk_size=1, max_rows=None)
    with suppress(Exception):
        await app({**scope, "asgi": {"spec_version": version}}, receive, send)
    assert len(sent) >= 4
    assert not held
    await async_engine.dispose()
    engine.dispose()


async def test_a_stream_stops_when_the_client_goes_away(file: Path) -> None:
    ran: list[str] = []
    closed: list[bool] = []
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "before_cursor_execute", lambda *given: ran.append(given[2]))

    def get_session() -> Iterator[Session]:
        class Noting(Session):
            def close(self) -> None:
                closed.append(True)
                super().close()

        yield Noting(engine)

    app = stream_of(users(), get_session, chunk_size=1, max_rows=None)
    messages: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": "/export", "query_string": b"", "headers": [], "root_path": ""}
    await app(scope, receive, send)
    assert closed
    assert len(ran) < 12
    engine.dispose()
