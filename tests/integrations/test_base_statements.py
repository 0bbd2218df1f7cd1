"""A base statement that some request could not narrow, sort or page fails at each one, whatever a client sends."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import Select, StaticPool, create_engine, func, select, text, union
from sqlalchemy.orm import Session, contains_eager

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, Page
from tests.asgi import get
from tests.sample_models import Base, Company, Role, User, rows

REQUESTS = ("", "?sort=age", "?page=1&size=2", "?filter=age>20", "?filter=nothing==1", "?sort=nothing", "?page=x")


class UserOut(BaseModel):
    id: int
    name: str | None
    age: int | None


@pytest.fixture(scope="module")
def session() -> Callable[[], Iterator[Session]]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as filled:
        filled.add_all(rows())
        filled.commit()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    return get_session


def app_of(factory: Callable[..., Any], session: Any) -> FastAPI:
    users = FastAPISQLAlchemyIntegration().resource(User, item=UserOut, statement_factory=factory)
    app = FastAPI()

    @app.get("/page")
    def page(page: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, session))]) -> Page[UserOut]:
        return page

    @app.get("/cursor")
    def cursor(
        page: Annotated[CursorPage[UserOut], Depends(users.cursor_page_dependency(UserOut, session))],
    ) -> CursorPage[UserOut]:
        return page

    @app.get("/stream", response_class=StreamingResponse)
    def stream(rows: Annotated[Any, Depends(users.stream_dependency(UserOut, session))]) -> Any:
        return rows

    @app.get("/select")
    def rows_of(statement: Annotated[Select[Any], Depends(users.select_dependency())]) -> str:
        return str(statement)

    @app.get("/paginated")
    def paginated(statement: Annotated[Any, Depends(users.paginated_select_dependency())]) -> str:
        return str(statement.statement)

    @app.get("/count")
    def count(statement: Annotated[Select[Any], Depends(users.count_select_dependency())]) -> str:
        return str(statement)

    return app


UNPAGED: dict[str, tuple[Callable[[], Any], str]] = {
    "DISTINCT columns": (lambda: select(User.company_id).distinct(), "selects (DISTINCT )?columns"),
    "a count": (lambda: select(func.count(User.id)), "makes one row of all rows|selects columns"),
    "several rows for a root": (lambda: select(User, Role).join(User.roles), "several rows for one User"),
    "contains_eager": (
        lambda: select(User).join(User.roles).options(contains_eager(User.roles)),
        "load related rows with selectinload",
    ),
}

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "LIMIT": (lambda: select(User).limit(3), "LIMIT, OFFSET or FETCH"),
    "a window function": (lambda: select(User, func.row_number().over()), "window function"),
    "a group": (lambda: select(User.age, func.count()).group_by(User.age), "groups by something else|selects columns"),
    "a union": (lambda: union(select(User), select(User)), "returned a CompoundSelect: select from it"),
    "from_statement": (lambda: select(User).from_statement(select(User)), "returned a FromStatement: select from it"),
    "text": (lambda: text("SELECT 1"), "returned a TextClause: let it return a select"),
    "None": (lambda: None, r"of User (returned None|gave no statement): let it return a select"),
    "another entity": (lambda: select(Company), "the statement_factory .* of User: .* does not select from User"),
}


def fails(app: FastAPI, path: str, message: str) -> None:
    for request in REQUESTS:
        with pytest.raises(ConfigurationError, match=message):
            get(app, f"{path}{request}")


@pytest.mark.parametrize("per_request", [False, True])
@pytest.mark.parametrize("name", [*UNPAGED, *REFUSED])
def test_a_base_that_cannot_be_paged_fails_at_every_request(session: Any, name: str, per_request: bool) -> None:
    make, message = {**UNPAGED, **REFUSED}[name]

    def of_request(request: Request) -> Any:
        return make()

    app = app_of(of_request if per_request else make, session)
    for path in ("/page", "/cursor", "/select", "/paginated"):
        fails(app, path, message)
    if name in REFUSED:
        fails(app, "/count", message)
    else:
        assert get(app, "/count?filter=age>20").status_code == 200


ONLY_BY_NUMBER: dict[str, Callable[[], Any]] = {
    "an order": lambda: select(User).order_by(User.age),
    "a group": lambda: select(User).join(User.roles).group_by(User.id),
}


@pytest.mark.parametrize("name", ONLY_BY_NUMBER)
def test_a_base_that_no_cursor_continues_fails_at_every_request(session: Any, name: str) -> None:
    app = app_of(ONLY_BY_NUMBER[name], session)
    assert get(app, "/page?sort=age").status_code == 200
    for request in ("", "?sort=age", "?size=2", "?filter=nothing==1", "?cursor=x"):
        with pytest.raises(ConfigurationError, match="select from it, as in select"):
            get(app, f"/cursor{request}")


@pytest.mark.parametrize("per_request", [False, True])
@pytest.mark.parametrize(
    "make", [lambda: select(User.id), lambda: select(User.__table__), lambda: select(User.id, User)]
)
def test_a_base_of_columns_has_no_rows_for_an_item(session: Any, make: Any, per_request: bool) -> None:
    def of_request(request: Request) -> Any:
        return make()

    app = app_of(of_request if per_request else make, session)
    for path in ("/page", "/cursor"):
        fails(app, path, r"selects columns, but an answer reads rows: select\(User\)")
    assert get(app, "/select").status_code == 200


def test_a_factory_that_returns_a_coroutine_is_named(session: Any) -> None:
    async def statement() -> Any:
        return select(User)

    def factory() -> Any:
        return statement()

    with pytest.raises(ConfigurationError, match=r"factory of User returned a coroutine: declare it"):
        get(app_of(factory, session), "/page")
    assert get(app_of(statement, session), "/page").status_code == 200


def test_what_a_client_sends_is_still_its_own_fault(session: Any) -> None:
    app = app_of(lambda: select(User).where(User.age > 20), session)
    for path in ("/page", "/select", "/paginated", "/count"):
        assert [get(app, path + request).status_code for request in REQUESTS[:4]] == [200] * 4
        assert {get(app, path + request).status_code for request in REQUESTS[4:]} <= {400, 422, 200}
        assert get(app, f"{path}?filter=nothing==1").status_code == 422


def test_a_base_that_streams_is_paged_at_once(session: Any) -> None:
    app = app_of(lambda: select(User).execution_options(yield_per=2), session)
    assert len(get(app, "/page?size=3&sort=age").json()["items"]) == 3
    assert len(get(app, "/cursor?size=3&sort=age").json()["items"]) == 3


@pytest.mark.parametrize(
    "base",
    [
        select(User, Company).outerjoin(User.company),
        select(User, Company.name.label("name")).outerjoin(User.company),
        select(User, func.lower(User.name), User.id),
    ],
)
def test_what_a_base_selects_beside_its_rows_is_in_no_item(session: Any, base: Select[Any]) -> None:
    app, plain = app_of(lambda: base, session), app_of(lambda: select(User), session)
    for path in ("/page", "/cursor"):
        assert get(app, f"{path}?sort=-age&size=3").json() == get(plain, f"{path}?sort=-age&size=3").json()
    assert get(app, "/stream?sort=-age").text == get(plain, "/stream?sort=-age").text
