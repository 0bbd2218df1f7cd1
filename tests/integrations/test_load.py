"""Many requests at a time share configuration and caches, and get nothing but 200, 400 and 422."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from pyrsql import ALL_FIELDS
from pyrsql.adapters.fastapi import CriteriaErrorResponse, FastAPICriteriaConfig
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, Page
from tests.asgi import client_of, get
from tests.sample_models import Base, User, rows

SOUND = [
    {"filter": "name==*em*", "sort": "-age"},
    {"filter": "company.name==acme,roles.code==guest", "sort": "company.name;name,desc"},
    {"filter": "age=bt=(10,40);manager=na=", "size": "3", "page": "1"},
    {"sort": "manager.company.name,ic", "size": "5"},
    {},
]
BROKEN = [
    {"filter": "name="},
    {"filter": "nme==x", "sort": "roles"},
    {"filter": "age==x;email=like=(a,b)", "page": "-1"},
    {"size": "0", "sort": ",,"},
]


class UserOut(BaseModel):
    id: int


integration = FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(default_page_size=4))
users = integration.resource(User, filterable_fields=ALL_FIELDS)


async def test_requests_side_by_side(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/app.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all(rows())
        await session.commit()

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            yield session

    app = FastAPI()

    @app.get("/users")
    async def list_users(
        page: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, get_session))],
    ) -> Page[UserOut]:
        return page

    choice = random.Random(4)
    requests = [choice.choice(BROKEN if number % 10 == 0 else SOUND) for number in range(400)]
    answers: dict[int, set[str]] = {}

    async with client_of(app) as client:
        gate = asyncio.Semaphore(16)

        async def send(parameters: dict[str, str]) -> int:
            async with gate:
                response = await client.get("/users", params=parameters)
            kind = (SOUND + BROKEN).index(parameters)
            answers.setdefault(kind, set()).add(response.text)
            return response.status_code

        statuses = Counter(await asyncio.gather(*map(send, requests)))
    await engine.dispose()
    assert statuses.keys() == {200, 400, 422}
    assert statuses[200] == 360
    # Whatever ran beside it, a request has one answer.
    assert all(len(different) == 1 for different in answers.values())


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["name==a", "-name", "0", "5", "age>1", "company.name,ic", "roles=na=", "("]
)


@given(st.lists(st.tuples(st.sampled_from(["filter", "sort", "page", "size"]), anything), max_size=6))
def test_every_answer_follows_its_schema(parameters: list[tuple[str, str]]) -> None:
    response = get(APP, "/users", params=parameters)
    assert response.status_code in (200, 400, 422)
    if response.status_code != 200:
        CriteriaErrorResponse.model_validate(response.json())


APP = FastAPI()


@APP.get("/users")
async def build(bundle: Annotated[Any, Depends(integration.paginated_select_dependency(User))]) -> str:
    return str(bundle.statement.compile()) + str(bundle.count_statement.compile())
