"""`python -m examples.flights` fills the database if need be and starts the service."""

import argparse

import uvicorn

from .app import app
from .load import database_path, prepare_database


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.flights", description=app.title)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()

    prepare_database(database_path())
    address = f"http://{arguments.host}:{arguments.port}"
    print(f"{app.title}: {address}")
    print(f"Try {address}/flights?filter=destination.name==Chicago*;departure_delay=ge=120&sort=-departure_delay")
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
