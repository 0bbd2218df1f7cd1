"""`python -m examples.shards` starts three PostgreSQL servers and one in front of them, and the flights on them."""

import argparse
import signal
import sys
from collections.abc import AsyncIterator

import uvicorn
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from examples.flights.app import app, get_session
from examples.flights.load import fill
from examples.flights.models import Base

from .cluster import SHARDS, cluster


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.shards", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()

    # Without this, a process that is terminated leaves the servers running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with cluster(Base.metadata) as url:
        engine = create_engine(url)
        fill(engine)
        with engine.connect() as connection:
            for shard in range(SHARDS):
                rows = connection.exec_driver_sql(f"SELECT count(*) FROM flights_{shard}").scalar()
                print(f"  Server {shard + 1} holds {rows} flights")
        engine.dispose()

        sessions = async_sessionmaker(create_async_engine(url), expire_on_commit=False)

        async def session_on_shards() -> AsyncIterator[AsyncSession]:
            async with sessions() as session:
                yield session

        app.dependency_overrides[get_session] = session_on_shards
        print(f"  Playground   http://127.0.0.1:{arguments.port}/\n\nStop it with Ctrl+C.", flush=True)
        # The lifespan of the app would fill a SQLite database, too.
        uvicorn.run(app, port=arguments.port, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
