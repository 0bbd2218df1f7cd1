"""Totals by the estimate of the database: near, marked, never about hidden rows, never an error."""

from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import Engine, ForeignKey, Index, Select, String, create_engine, event, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    with_loader_criteria,
)

from pyrsql import ConfigurationError
from pyrsql.integrations.fastapi import (
    CursorPage,
    FastAPISQLAlchemyIntegration,
    FastAPISQLAlchemyResource,
    Page,
    by_role,
)
from pyrsql.integrations.fastapi.totals import Totals
from pyrsql.orms.sqlalchemy.estimates import estimated_rows, shows_all_rows
from tests.asgi import get
from tests.databases import Database

ROWS = 5_000


class Own(DeclarativeBase):
    pass


class Shop(Own):
    __tablename__ = "total_shops"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    town: Mapped[str] = mapped_column(String(20))


class Sale(Own):
    __tablename__ = "total_sales"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    shop_id: Mapped[int] = mapped_column(ForeignKey(Shop.id))
    shop: Mapped[Shop] = relationship()
    __table_args__ = (Index("total_by_kind", "kind"), Index("total_by_tenant", "tenant"))


class SaleOut(BaseModel):
    id: int
    kind: str


@pytest.fixture(scope="module")
def sales(engine: Engine) -> Iterator[Engine]:
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(Shop), [{"id": number, "town": f"town {number}"} for number in range(20)])
        session.execute(
            insert(Sale),
            [
                {"id": number, "tenant": number % 2, "kind": f"kind {number % 5}", "shop_id": number % 20}
                for number in range(ROWS)
            ],
        )
        session.commit()
        for table in ("total_shops", "total_sales"):
            session.execute(text(f"ANALYZE {'TABLE ' if engine.dialect.name == 'mysql' else ''}{table}"))
        session.commit()
    yield engine
    Own.metadata.drop_all(engine)


@lru_cache
def app_of(engine: Engine, factory: Any = None, **options: Any) -> FastAPI:
    """Pages by number at `/sales` and by cursor at `/feed`."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    resource = resource_of(factory)
    app = FastAPI()
    add_routes(app, resource, get_session, **options)
    app.include_router(resource.router(get_session, **options), prefix="/routed")
    return app


def resource_of(factory: Any = None) -> FastAPISQLAlchemyResource:
    return FastAPISQLAlchemyIntegration().resource(
        Sale,
        item=SaleOut,
        statement_factory=factory or (lambda: select(Sale)),
        filterable_fields={"id", "kind", "shop.town"},
    )


def add_routes(app: FastAPI, resource: FastAPISQLAlchemyResource, get_session: Any, **options: Any) -> None:
    @app.get("/sales")
    async def list_sales(
        page: Annotated[Page[SaleOut], Depends(resource.page_dependency(SaleOut, get_session, **options))],
    ) -> Page[SaleOut]:
        return page

    @app.get("/feed")
    async def feed(
        page: Annotated[CursorPage[SaleOut], Depends(resource.cursor_page_dependency(SaleOut, get_session, **options))],
    ) -> CursorPage[SaleOut]:
        return page


def has_estimates(engine: Engine) -> bool:
    return engine.dialect.name != "sqlite"


PATHS = ("/sales", "/feed")


@pytest.mark.parametrize(
    ("filter", "right"),
    [
        (None, ROWS),
        ("kind=='kind 1'", ROWS // 5),
        ("kind=in=('kind 1','kind 2')", 2 * ROWS // 5),
        ("id=bt=(1000,1999)", 1_000),
        ("shop.town=='town 3'", ROWS // 20),
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_an_estimate_is_near_and_marked(sales: Engine, path: str, filter: str | None, right: int) -> None:
    body = get(
        app_of(sales, total="estimated"), path, params={"size": 5, **({"filter": filter} if filter else {})}
    ).json()
    if not has_estimates(sales):
        assert (body["total"], body["total_is_exact"]) == (right, True)
        return
    assert body["total_is_exact"] is False
    assert body.get("pages") is None
    # MariaDB has no statistics of a column without an index.
    assert right / 4 <= body["total"] <= (4 * right if filter is None or "town" not in filter else ROWS)


@pytest.mark.parametrize("path", [*PATHS, "/routed"])
def test_a_page_that_shows_all_rows_says_their_number(sales: Engine, path: str) -> None:
    body = get(app_of(sales, total="estimated"), path, params={"filter": "id<3", "size": 5}).json()
    assert (body["total"], body["total_is_exact"]) == (3, True)


def test_an_estimate_is_no_less_than_what_is_shown(sales: Engine) -> None:
    with Session(sales) as session:
        session.execute(insert(Sale), [{"id": ROWS + n, "tenant": 2, "kind": "new", "shop_id": 1} for n in range(50)])
        # Not committed, and not in the statistics.
        app = FastAPI()
        add_routes(app, resource_of(), lambda: session, total="estimated")
        body = get(app, "/sales", params={"filter": "kind==new", "size": 10, "page": 2}).json()
        assert body["total"] >= 31
        session.rollback()


@pytest.mark.parametrize("path", [*PATHS, "/routed"])
def test_a_limit_is_where_counting_ends_and_the_estimate_begins(sales: Engine, path: str) -> None:
    app = app_of(sales, total="estimated", total_limit=1_000)
    few = get(app, path, params={"filter": "kind=='kind 1'", "size": 5}).json()
    assert (few["total"], few["total_is_exact"]) == (1_000, True)
    many = get(app, path, params={"size": 5}).json()
    assert many["total_is_exact"] is False
    assert many["total"] == 1_000 if not has_estimates(sales) else 1_001 <= many["total"] <= 2 * ROWS


def tenant_of_request() -> int:
    return 1


def of_tenant(tenant: Annotated[int, Depends(tenant_of_request)]) -> Select[Any]:
    return select(Sale).where(Sale.tenant == tenant)


def by_criteria() -> Select[Any]:
    return select(Sale).options(with_loader_criteria(Sale, Sale.tenant == 1))


HIDING = {
    "a condition": of_tenant,
    "loader criteria": by_criteria,
    "a join": lambda: select(Sale).join(Sale.shop).where(Shop.id < 10),
    "a condition of a related table": lambda: select(Sale).options(with_loader_criteria(Shop, Shop.id < 10)),
    "a subquery": lambda: select(aliased(Sale, select(Sale).where(Sale.tenant == 1).subquery())),
}


@pytest.mark.parametrize("hiding", HIDING)
@pytest.mark.parametrize("path", PATHS)
def test_a_filter_on_a_part_of_a_table_is_counted(sales: Engine, path: str, hiding: str) -> None:
    """Statistics are of the whole table: an estimate of a filter would tell how many hidden rows pass it."""
    app = app_of(sales, HIDING[hiding], total="estimated")
    body = get(app, path, params={"filter": "kind=='kind 1'", "size": 5}).json()
    assert (body["total"] <= ROWS // 5, body["total_is_exact"]) == (True, True)
    limited = get(
        app_of(sales, HIDING[hiding], total="estimated", total_limit=7),
        path,
        params={"filter": "kind=='kind 1'", "size": 5},
    ).json()
    assert (limited["total"], limited["total_is_exact"]) == (7, False)


def test_conditions_of_the_base_count_in_an_estimate(sales: Engine) -> None:
    for hiding in ("a condition", "loader criteria"):
        body = get(app_of(sales, HIDING[hiding], total="estimated"), "/sales", params={"size": 5}).json()
        assert body["total_is_exact"] is not has_estimates(sales)
        assert ROWS / 8 <= body["total"] <= ROWS * 0.75


def test_conditions_that_a_session_adds_count(sales: Engine) -> None:
    with Session(sales) as session:

        @event.listens_for(session, "do_orm_execute")
        def only_own(state: ORMExecuteState) -> None:
            state.statement = state.statement.options(with_loader_criteria(Sale, Sale.tenant == 1))

        assert not shows_all_rows(session, select(Sale))
        if has_estimates(sales):
            assert (estimated_rows(session, select(Sale)) or 0) <= ROWS * 0.75
        assert len(session.scalars(select(Sale)).all()) == ROWS // 2
    with Session(sales) as session:
        assert shows_all_rows(session, select(Sale).options(joinedload(Sale.shop)).order_by(Sale.id))
        assert shows_all_rows(session, select(aliased(Sale)))


@pytest.mark.parametrize("by", ["the statement", "an event", "a statement that is read in parts"])
def test_an_estimate_is_of_the_schema_that_is_read(sales: Engine, by: str) -> None:
    """It told how many rows the tables of another tenant have, or failed where there are none."""
    if sales.dialect.name != "postgresql":
        pytest.skip("schemas of PostgreSQL")
    of_tenant = {"schema_translate_map": {None: "total_tenant"}}
    with Session(sales) as session:
        for written in (
            "CREATE SCHEMA total_tenant",
            "CREATE TABLE total_tenant.total_shops AS SELECT * FROM total_shops WHERE id < 3",
            "ANALYZE total_tenant.total_shops",
        ):
            session.execute(text(written))
        statement = select(Shop)
        if by == "an event":
            event.listen(session, "do_orm_execute", lambda state: state.update_execution_options(**of_tenant))
        else:
            statement = statement.execution_options(**of_tenant)
        if by == "a statement that is read in parts":
            statement = statement.execution_options(yield_per=2)
        assert len(session.scalars(statement).all()) == 3
        assert estimated_rows(session, statement) == 3
        assert estimated_rows(session, statement.where(Shop.id < 0)) in (0, 1)


def test_a_session_that_answers_itself_has_no_estimate(sales: Engine) -> None:
    with Session(sales) as session:

        @event.listens_for(session, "do_orm_execute")
        def answer(state: ORMExecuteState) -> Any:
            return session.execute(text("SELECT 1")) if state.is_orm_statement else None

        assert estimated_rows(session, select(Sale)) is None


def test_statements_that_a_listener_runs_are_run(sales: Engine) -> None:
    with Session(sales) as session:

        @event.listens_for(session, "do_orm_execute")
        def own_tenant(state: ORMExecuteState) -> Any:
            if state.is_orm_statement:
                tenant = session.execute(text("SELECT 1")).scalar_one()
                state.statement = state.statement.options(with_loader_criteria(Sale, Sale.tenant == tenant))
                return state.invoke_statement()
            return None

        assert not shows_all_rows(session, select(Sale))
        if has_estimates(sales):
            assert ROWS / 8 <= (estimated_rows(session, select(Sale)) or 0) <= ROWS * 0.75


def test_nothing_passes(sales: Engine) -> None:
    with Session(sales) as session:
        estimate = estimated_rows(session, select(Sale).where(Sale.id == 1, Sale.id == 2))
        assert estimate in ((0, 1) if has_estimates(sales) else (None,))


def test_rights_on_a_view_that_explain_lacks(mariadb_database: Database) -> None:
    """MariaDB explains a view to nobody who may not read its tables: the rows are counted."""
    engine = mariadb_database.engine()
    with engine.begin() as connection:
        name = mariadb_database.sync_url.database
        connection.execute(text("CREATE TABLE total_base (id INT PRIMARY KEY)"))
        connection.execute(text("INSERT INTO total_base SELECT seq FROM seq_1_to_100"))
        connection.execute(text("CREATE VIEW total_view AS SELECT * FROM total_base"))
        connection.execute(text(f"CREATE USER {name}@'%' IDENTIFIED BY 'own'"))
        connection.execute(text(f"GRANT SELECT ON {name}.total_view TO {name}@'%'"))

    class Views(DeclarativeBase):
        pass

    class Seen(Views):
        __tablename__ = "total_view"
        id: Mapped[int] = mapped_column(primary_key=True)

    class SeenOut(BaseModel):
        id: int

    limited = create_engine(mariadb_database.sync_url.set(username=name, password="own"))

    def get_session() -> Iterator[Session]:
        with Session(limited) as session:
            yield session

    try:
        app = FastAPI()
        resource = FastAPISQLAlchemyIntegration().resource(Seen, item=SeenOut)
        app.include_router(resource.router(get_session, total="estimated"), prefix="/seen")
        body = get(app, "/seen", params={"size": 5}).json()
        assert (body["total"], body["total_is_exact"]) == (100, True)
    finally:
        limited.dispose()
        with engine.begin() as connection:
            connection.execute(text(f"DROP USER {name}@'%'"))
            connection.execute(text("DROP VIEW total_view"))
            connection.execute(text("DROP TABLE total_base"))
        engine.dispose()


DRIVERS = {"postgresql": ("postgresql+asyncpg", "postgresql+psycopg"), "mysql": ("mysql+aiomysql",)}


def test_asynchronous_sessions(sales: Engine, database: Database) -> None:
    for driver in DRIVERS.get(sales.dialect.name, ()):

        async def get_session(driver: str = driver) -> AsyncIterator[AsyncSession]:
            engine: AsyncEngine = create_async_engine(database.async_url.set(drivername=driver))
            async with AsyncSession(engine) as session:
                yield session
            await engine.dispose()

        app = FastAPI()

        async def opened() -> AsyncIterator[AsyncSession]:
            async for session in get_session():
                yield session

        add_routes(app, resource_of(), opened, total="estimated")
        for path in ("/sales", "/feed"):
            body = get(app, path, params={"filter": "kind=='kind 1'", "size": 5}).json()
            assert body["total_is_exact"] is False
            assert ROWS / 20 <= body["total"] <= ROWS


def test_roles_and_the_playground_take_it(sales: Engine) -> None:
    roles = by_role(lambda: "all", {"all": resource_of()}, documented="all")
    assert roles.page_dependency(SaleOut, lambda: None, total="estimated") is not None
    assert roles.cursor_page_dependency(SaleOut, lambda: None, total="estimated") is not None


@pytest.mark.parametrize("total", ["exact", "", None, 2])
def test_another_total_is_refused(total: Any) -> None:
    with pytest.raises(ConfigurationError, match="estimated"):
        Totals(total)
