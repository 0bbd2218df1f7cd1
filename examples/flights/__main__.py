"""`python -m examples.flights` fills the database where it is empty and starts the service."""

import argparse
import socket
import sys
from contextlib import suppress
from urllib.parse import urlencode

EXAMPLE = {"filter": "destination.name==Chicago*;departure_delay=ge=120", "sort": "-departure_delay"}


def main() -> None:
    # Imported here, so that Ctrl+C ends the longest part of the start quietly, too.
    import uvicorn

    from .app import app
    from .load import database_path, prepare_database

    parser = argparse.ArgumentParser(prog="python -m examples.flights", description=app.title)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()

    try:
        listener = socket.create_server((arguments.host, arguments.port))
    except (OSError, OverflowError) as error:
        # Python adds the address to the words of the system.
        why = str(error).partition(" (")[0]
        sys.exit(
            f"Port {arguments.port} cannot be used: {why}. Name another, or 0 for one that is free: make run PORT=0"
        )
    prepare_database(database_path())
    host, port = listener.getsockname()[:2]
    address = f"http://{host}:{port}"
    print(f"{app.title}\n")
    print(f"  Playground   {address}/")
    print(f"  OpenAPI      {address}/docs")
    print(f"  An example   {address}/flights?{urlencode(EXAMPLE)}\n")
    print("Stop it with Ctrl+C.", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
