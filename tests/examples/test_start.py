"""The example service starts and ends as a person expects who types `make run`."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest


def started(database: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "examples.flights", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "FLIGHTS_DATABASE": str(database), "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def wait_for(port: int) -> None:
    """Wait until the service answers: its port is open before that, and a signal then ends Python, not the service."""
    urlopen(f"http://127.0.0.1:{port}/docs", timeout=60).close()


def test_the_links_are_printed_and_ctrl_c_ends_it_quietly(database: Path) -> None:
    process = started(database, "--port", "0")
    assert process.stdout is not None
    greeting = [process.stdout.readline() for _ in range(7)]
    found = re.fullmatch(r"  Playground   http://127\.0\.0\.1:(\d+)/\n", greeting[2])
    assert found
    wait_for(int(found[1]))
    process.send_signal(signal.SIGINT)
    assert (process.communicate(timeout=60)[1], process.returncode) == ("", 0)


@pytest.mark.parametrize("port", ["taken", "70000"])
def test_a_port_that_cannot_be_used(database: Path, port: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = str(taken.getsockname()[1]) if port == "taken" else port
        _, words = started(database, "--port", given).communicate(timeout=60)
    assert words.startswith(f"Port {given} cannot be used: ")
    assert words.endswith(". Name another, or 0 for one that is free: make run PORT=0\n")
    assert words.count("\n") == 1
