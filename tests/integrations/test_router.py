"""A ready router: list, count, one row by its key."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI, Header
from pydantic import BaseModel
from sqlalchemy import ForeignKey, Select, Uuid, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql import ConfigurationError, field_rights
from pyrsql.adapters.fastapi import install_openapi
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.asgi import get
from tests.integrations.sessions import SessionDependency, filled, session_dependency


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shops"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    items: Mapped[list["Stock"]] = relationship(back_populates="shop")


class Stock(Base):
    __tablename__ = "stock"
    shop_code: Mapped[str] = mapped_column(ForeignKey("shops.code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[int]
    shop: Mapped[Shop] = relationship(back_populates="items")


class Shelf(Base):
    __tablename__ = "shelves"
    room: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)


class Hidden(Base):
    __tablename__ = "hidden"
    key: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, info={"pyrsql": field_rights(filter=False, sort=False)}
    )
    name: Mapped[str]


class ShopOut(BaseModel):
    code: str
    name: str


class StockOut(BaseModel):
    number: int
    shop: ShopOut


class ShopWithItems(ShopOut):
    items: list[StockOut]


class ShelfOut(BaseModel):
    room: str
    name: str
    number: int


class HiddenOut(BaseModel):
    name: str


KEY = uuid.UUID("123e4567-e89b-12d3-a456-426614174000")
SHELVES = [
    ("a", "b/c"),
    ("a/b", "c"),
    ("/", "/"),
    ("a//", "b"),
    ("ä/%2F", "100%/é"),
    ("count", "x"),
    ("", ""),
    ("", "/"),
]
CODES = ["a", "A", "a/b", "ä ö", "*", "a*", "100%", "null", "", "a'b", "count2", "x;y,z"]
statements: list[str] = []


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shops = [Shop(code=code, name=f"shop {code}") for code in CODES]
    stock = [Stock(shop_code="a", number=number, tenant=number % 2) for number in range(1, 6)]
    shelves = [Shelf(room=room, name=name, number=1) for room, name in SHELVES]
    rows = [*shops, *stock, *shelves, Hidden(key=KEY, name="x")]
    return filled(tmp_path_factory.mktemp("router"), Base.metadata, rows)


@pytest.fixture(params=["sync", "async"])
def get_session(request: pytest.FixtureRequest, file: Path) -> SessionDependency:
    """A session dependency of each kind; `statements` holds what it ran."""
    return session_dependency(request.param, file, statements)


async def of_tenant(x_tenant: Annotated[int, Header()]) -> Select[Any]:
    return select(Stock).where(Stock.tenant == x_tenant)


integration = FastAPISQLAlchemyIntegration()


@pytest.fixture
def app(get_session: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    install_openapi(app)
    shops = integration.resource(Shop, item=ShopWithItems)
    stock = integration.resource(Stock, item=StockOut, statement_factory=of_tenant)
    app.include_router(shops.router(get_session), prefix="/shops")
    app.include_router(stock.router(get_session, total=False), prefix="/stock")
    app.include_router(integration.resource(Shelf, item=ShelfOut).router(get_session), prefix="/{site}/shelves")
    app.include_router(integration.resource(Hidden).router(get_session, item=HiddenOut), prefix="/hidden")
    return app


def test_the_list_and_the_count(app: FastAPI) -> None:
    body = get(app, "/shops?filter=items.number>3&sort=code").json()
    assert [(shop["code"], len(shop["items"])) for shop in body["items"]] == [("a", 5)]
    assert get(app, "/shops/count?filter=name==shop*").json() == {"count": len(CODES)}
    assert get(app, "/shops/count?filter=nothing==1").status_code == 422
    assert get(app, "/stock?size=2", headers={"x-tenant": "1"}).json()["total"] is None


@pytest.mark.parametrize("code", [code for code in CODES if code])
def test_a_row_by_a_text(app: FastAPI, code: str) -> None:
    response = get(app, f"/shops/{quote(code, safe='')}")
    assert (response.status_code, response.json()["name"]) == (200, f"shop {code}")
    # The row with its items, and their shops, which are loaded already.
    assert len(statements) == 2


@pytest.mark.parametrize("key", ["b", "a*x", "^a", "a%2Fc", "%00", "%F0%9F%98%80", "x" * 5_000, "-", "null2"])
def test_no_row_has_the_key(app: FastAPI, key: str) -> None:
    assert get(app, f"/shops/{key}").status_code == 404


def test_a_row_by_a_composite_key_within_the_base(app: FastAPI) -> None:
    found = {
        (tenant, number): get(app, f"/stock/a/{number}", headers={"x-tenant": str(tenant)}).status_code
        for tenant in (0, 1)
        for number in (1, 2, 9)
    }
    assert found == {(0, 1): 404, (0, 2): 200, (0, 9): 404, (1, 1): 200, (1, 2): 404, (1, 9): 404}
    assert get(app, "/stock/a/1", headers={"x-tenant": "1"}).json() == {
        "number": 1,
        "shop": {"code": "a", "name": "shop a"},
    }
    assert get(app, "/stock/a/1").status_code == 422
    for number in ("x", "1.5", "99999999999999999999", "-1", "1e3", "%C2%B2"):
        assert get(app, f"/stock/a/{number}", headers={"x-tenant": "1"}).status_code == 404


@pytest.mark.parametrize(("room", "name"), SHELVES)
@pytest.mark.parametrize("root", ["", "/root/ä"])
def test_a_slash_in_any_part_of_a_key(app: FastAPI, room: str, name: str, root: str) -> None:
    app.root_path = root
    answer = get(app, f"{quote(root)}/x/shelves/{quote(room, safe='')}/{quote(name, safe='')}/1")
    assert (answer.status_code, answer.json()) == (200, {"room": room, "name": name, "number": 1})


@pytest.mark.parametrize(
    "key", ["a/b/1", "a%2Fb%2Fc%2F1", "a/b%2Fc%2F1", "a/b/c/1", "a%252Fb/c/1", "/1/2", "%2F" * 9_000 + "x/1"]
)
def test_other_parts_are_another_key(app: FastAPI, key: str) -> None:
    assert get(app, f"/x/shelves/{key}").status_code == 404


@pytest.mark.parametrize("raw", [None, b"/changed/by/something"])
def test_a_server_that_does_not_tell_the_path(app: FastAPI, raw: bytes | None) -> None:
    async def without(scope: Any, receive: Any, send: Any) -> None:
        scope = {name: value for name, value in scope.items() if name != "raw_path"}
        await app({**scope, **({} if raw is None else {"raw_path": raw})}, receive, send)

    served: Any = without
    assert get(served, "/x/shelves/count/x/1").json() == {"room": "count", "name": "x", "number": 1}
    assert get(served, "/x/shelves/a%2Fb/c/1").status_code == 404
    assert get(served, "/shops/100%25").json()["code"] == "100%"


def test_a_hidden_key_finds_no_row(app: FastAPI) -> None:
    assert get(app, f"/hidden/{KEY}").status_code == get(app, "/hidden/nothing").status_code == 404
    assert get(app, f"/hidden?filter=key=={KEY}").status_code == 422
    assert get(app, "/hidden").json()["items"] == [{"name": "x"}]


def test_the_document_of_a_router(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {path for path in paths if path.startswith("/stock")} == {
        "/stock",
        "/stock/count",
        "/stock/{shop_code}/{number}",
    }
    operation = paths["/stock/{shop_code}/{number}"]["get"]
    assert [found["name"] for found in operation["parameters"]] == ["shop_code", "number", "x-tenant"]
    assert {"200", "404"} <= operation["responses"].keys()
    assert {"400", "422"} <= paths["/stock"]["get"]["responses"].keys()


def test_a_router_needs_an_item() -> None:
    with pytest.raises(ConfigurationError, match=r"the router of Shop needs an item: resource\(…, item=…\)"):
        integration.resource(Shop).router(lambda: None)
