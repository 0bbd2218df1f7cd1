"""The interpreters of the contenders: an environment for this checkout and one for what PyPI has, made when needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIRECTORY = ROOT / ".bench"
PUBLISHED = "pyrsql==0.0.6"

_TOOLS = ("aiosqlite", "fastapi-filter")


def make() -> None:
    """Make the environments, unless they are there. Both get the same versions of everything else."""
    checkout = DIRECTORY / "checkout"
    _make(checkout, "--editable", f"{ROOT}[sqlalchemy,fastapi]", "sqlalchemy[asyncio]>=2.1", *_TOOLS)
    frozen = _pip(checkout, "freeze", "--exclude-editable")
    constraints = DIRECTORY / "constraints.txt"
    constraints.write_text(frozen)
    _make(DIRECTORY / "published", PUBLISHED, "sqlalchemy[asyncio]", "fastapi", *_TOOLS, "-c", str(constraints))


def python(contender: str) -> str:
    """The interpreter of a contender: this one as long as no environment is made."""
    if contender != "published" and not DIRECTORY.exists():
        return sys.executable
    return str(_python(DIRECTORY / ("published" if contender == "published" else "checkout")))


def variables(contender: str, source: Path) -> dict[str, str]:
    """The environment variables of a contender: where it finds the suite, and the source it is to run."""
    path = [str(ROOT)] if contender == "published" else [str(source), str(ROOT)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": ""}


def versions(contender: str) -> dict[str, str]:
    """The packages of a contender's environment."""
    frozen = _pip(Path(python(contender)).parent.parent, "list", "--format=freeze")
    return dict(line.split("==", 1) for line in frozen.splitlines() if "==" in line)


def install(directory: Path, *requirements: str) -> str:
    """The interpreter of an environment with these packages, made when needed."""
    _make(directory, *requirements)
    return str(_python(directory))


def _make(directory: Path, *requirements: str) -> None:
    stamp = directory / "requirements.txt"
    wanted = "\n".join((sys.version, *requirements))
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"making {directory.relative_to(ROOT)} …", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(directory)], check=True)
    _pip(directory, "install", "--quiet", *requirements)
    stamp.write_text(wanted)


def _pip(directory: Path, *arguments: str) -> str:
    command = [str(_python(directory)), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _python(directory: Path) -> Path:
    return directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
