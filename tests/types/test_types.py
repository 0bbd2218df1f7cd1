"""What must type-check does, and what must not does not, under mypy and pyright."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LONGEST = 300
"""Seconds that a type checker may take, with no cache, on a busy machine."""


def run(arguments: list[str]) -> str:
    if find_spec(arguments[0]) is None:
        pytest.skip(f"{arguments[0]} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(file: Path) -> dict[int, str]:
    """What mypy finds wrong with a file, by line."""
    settings = ["--strict", "--no-error-summary", "--explicit-package-bases", f"--cache-dir={ROOT / '.mypy_cache'}"]
    found = run(["mypy", *settings, "--config-file=pyproject.toml", str(file)])
    lines = re.findall(rf"^{re.escape(str(file))}:(\d+): error: (.*)$", found, re.MULTILINE)
    assert bool(lines) == ("error" in found), found
    return {int(line): message for line, message in lines}


def pyright(file: Path) -> dict[int, str]:
    """What pyright finds wrong with a file, by line."""
    settings = file.parent / "pyrightconfig.json"
    found = run(["pyright", "--outputjson", "--pythonpath", sys.executable, "--project", str(settings)])
    problems = json.loads(found)["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1: one["message"] for one in problems if one["severity"] == "error"}


CHECKERS: list[Callable[[Path], dict[int, str]]] = [mypy, pyright]


@pytest.fixture
def check(tmp_path: Path) -> Callable[[Callable[[Path], dict[int, str]], str], dict[int, str]]:
    """Run a checker over a file of this folder, as if it stood beside the tests."""

    def checked(checker: Callable[[Path], dict[int, str]], name: str) -> dict[int, str]:
        file = tmp_path / "checked.py"
        file.write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
        # Not strict: that finds the types of `returns` itself wanting.
        settings = {"include": ["checked.py"], "extraPaths": [str(ROOT / "src"), str(ROOT)]}
        (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
        return checker(file)

    return checked


Check = Callable[[Callable[[Path], dict[int, str]], str], dict[int, str]]


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_what_is_right_type_checks(check: Check, checker: Callable[[Path], dict[int, str]]) -> None:
    assert check(checker, "right.py") == {}


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_what_is_wrong_does_not(check: Check, checker: Callable[[Path], dict[int, str]]) -> None:
    lines = (HERE / "wrong.txt").read_text(encoding="utf-8").splitlines()
    marked = {number: line for number, line in enumerate(lines, 1) if "# wrong" in line}
    found = check(checker, "wrong.txt")
    assert {number: lines[number - 1] for number in found} == marked
