"""Follow the recipes of CONTRIBUTING.md: `python -m tools.recipes` follows all, `… operator` one.

Each recipe is a list of edits and new files in CONTRIBUTING.md itself, so that what a person reads is what runs. It is
followed in a copy of the checkout, and its tests run there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

# Environments, caches and what was built.
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")


class Edit(NamedTuple):
    """One edit of a recipe.

    Args:
        file: the file, relative to the checkout.
        before: the lines after which `text` stands; empty where the file is new.
        text: the lines to add.
    """

    file: str
    before: str
    text: str


class Recipe(NamedTuple):
    """One recipe: its name, its edits, and the command that must pass afterwards."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


class Stale(Exception):
    """A recipe does not fit the source any more."""


_HEADING = re.compile(r"^## Add an? (?P<name>[\w ]+)$", re.MULTILINE)
_BLOCK = re.compile(
    r"^(?P<said>[^\n]+):\n\n```(?P<language>python|diff|sh)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE = re.compile(r"`([\w./]+\.\w+)`")


def recipes(page: str) -> Iterator[Recipe]:
    """The recipes of a page.

    A `python` block behind "In `file`, new:" is a new file. A `diff` block behind "In `file`:" adds the lines with `+`
    behind the lines without. A `sh` block names the tests.
    """
    headings = list(_HEADING.finditer(page))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        section = page[heading.end() : following.start() if following else page.find("\n## ", heading.end())]
        edits: list[Edit] = []
        tests: tuple[str, ...] = ()
        for block in _BLOCK.finditer(section):
            if block["language"] == "sh":
                tests = tuple(block["code"].replace("\\\n", " ").split()[1:])
                continue
            file = _FILE.search(block["said"])
            if file is None:
                raise Stale(f"a block of {heading['name']!r} names no file: {block['said']}")
            edits.append(_edit(file[1], block["language"], block["code"]))
        yield Recipe(heading["name"], tuple(edits), tests)


def _edit(file: str, language: str, code: str) -> Edit:
    if language == "python":
        return Edit(file, "", code)
    lines = code.splitlines(keepends=True)
    before = [line[1:] for line in lines if not line.startswith("+")]
    first = next(number for number, line in enumerate(lines) if line.startswith("+"))
    if any(line.startswith("+") is not (number >= first) for number, line in enumerate(lines)):
        raise Stale(f"a diff of {file} adds in more than one place")
    return Edit(file, "".join(before), "".join(line[1:] for line in lines[first:]))


def apply(edit: Edit, checkout: Path) -> None:
    """Make an edit in a checkout."""
    path = checkout / edit.file
    if not edit.before:
        if path.exists():
            raise Stale(f"{edit.file} is there already")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(edit.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if text.count(edit.before) != 1:
        raise Stale(f"{edit.file} holds these lines {text.count(edit.before)} times:\n{edit.before}")
    path.write_text(text.replace(edit.before, edit.before + edit.text), encoding="utf-8")


def copy(folder: Path) -> Path:
    """A copy of the checkout without environments and caches."""
    return shutil.copytree(ROOT, folder / "pyrsql", ignore=_LEFT_OUT)


def follow(recipe: Recipe) -> None:
    """Follow a recipe in a copy of the checkout.

    Raises:
        Stale: an edit does not fit, or its tests fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        checkout = copy(Path(folder))
        for edit in recipe.edits:
            apply(edit, checkout)
        # Before an editable installation of the checkout itself.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(checkout / "src"), str(checkout)])}
        commands: Sequence[Sequence[str]] = (
            ("docs/generate.py",),
            ("-m", "mypy", "src/pyrsql"),
            ("-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *recipe.tests),
        )
        for command in commands:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=checkout,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise Stale(f"{recipe.name}: {' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def main(names: Sequence[str]) -> None:
    """Follow the recipes of these names, or all."""
    for recipe in recipes((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        if not names or recipe.name in names:
            follow(recipe)
            files = sorted({edit.file for edit in recipe.edits})
            print(f"{recipe.name}: {len(files)} files ({', '.join(files)}), {len(recipe.tests)} test files pass")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stale as error:
        sys.exit(str(error))
