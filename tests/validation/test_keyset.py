"""Pages by cursor in an `AsyncSession`."""

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from property_tests.walks import sought
from pyrsql.cursor import CursorRequest
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import Cut


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items_of_acollect"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int | None]


@pytest.mark.parametrize(
    ("filter", "sort", "ids"),
    [
        (None, "place", [3, 5, 2, 6, 1, 4]),
        (None, "-place", [4, 1, 6, 2, 5, 3]),
        ("id=in=(2,3,5,6)", "place", [3, 5, 2, 6]),
    ],
)
async def test_acollect_walks_as_collect_does(
    async_engine: AsyncEngine, filter: str | None, sort: str, ids: list[int]
) -> None:
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        async with AsyncSession(async_engine) as session:
            places = {1: None, 2: 2, 3: 1, 4: None, 5: 1, 6: 3}
            session.add_all([Item(id=key, place=place) for key, place in places.items()])
            await session.flush()
            for size in (1, 2, 3, 6, 7):
                assert await walked(session, filter, sort, size, backward=False) == ids
                assert await walked(session, filter, sort, size, backward=True) == ids
            # Behind a page that was reached backward, rows may have gone meanwhile.
            first = await collected(session, filter, sort, CursorRequest.first(2))
            second = await collected(session, filter, sort, CursorRequest.at(first.next, 2))
            await session.execute(delete(Item).where(Item.id.in_(ids[2:])))
            assert (await collected(session, filter, sort, CursorRequest.at(second.prev, 2))).next is None
    finally:
        async with async_engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)


async def walked(session: AsyncSession, filter: str | None, sort: str, size: int, *, backward: bool) -> list[int]:
    """The keys of all pages, in the order of the list."""
    found: list[int] = []
    request = CursorRequest.last(size) if backward else CursorRequest.first(size)
    while True:
        cut = await collected(session, filter, sort, request)
        keys = [item.id for item in cut.items]
        found = keys + found if backward else found + keys
        cursor = cut.prev if backward else cut.next
        if cursor is None:
            return found
        request = CursorRequest.at(cursor, size)


async def collected(session: AsyncSession, filter: str | None, sort: str, request: CursorRequest) -> Cut:
    page = sought(schema(Item), select(Item), filter, sort, request)
    cut = await page.acollect(session.execute)
    assert cut == await session.run_sync(lambda same: page.collect(same.execute))
    return cut
