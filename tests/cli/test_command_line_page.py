"""The commands in docs/how-to/command-line.md print what the page shows."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pyrsql.cli.commands import app

PAGE = Path(__file__).parents[2] / "docs/how-to/command-line.md"
SHOWN = re.findall(
    r"^\$ pyrsql (?P<command>.*)\n(?P<output>(?:(?!\$ |```).*\n)*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_prints_what_the_page_shows(command: str, output: str) -> None:
    done = CliRunner().invoke(app, shlex.split(command))
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines == output.splitlines()
    assert done.exit_code == (1 if command.startswith("check") else 0)


def test_every_command_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(
        f"`{command.name or command.callback.__name__}`" in text
        for command in app.registered_commands
        if command.callback
    )
