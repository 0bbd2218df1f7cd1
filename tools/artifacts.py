"""Check a release: `python -m tools.artifacts dist`.

The wheel and the sdist are opened: they hold what they must and nothing that they must not. The wheel is installed into
an environment of its own, first without extras, where every module of the core is imported, then with all extras, where
all modules are.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterable
from email import message_from_string
from fnmatch import fnmatch
from pathlib import Path

from tools.version import source_version

ROOT = Path(__file__).parent.parent

DATA = (
    "pyrsql/py.typed",
    "pyrsql/adapters/fastapi/client.ts",
    "pyrsql/integrations/fastapi/playground/page.html",
    "pyrsql/integrations/fastapi/playground/playground.css",
    "pyrsql/integrations/fastapi/playground/playground.js",
)
"""The files of the wheel that are no Python."""

SDIST = ("LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "Makefile", "conftest.py", "tests/databases.py")
"""Some of what the sdist must hold, so that its tests run."""

NEED_EXTRAS = ("pyrsql.orms.sqlalchemy*", "pyrsql.adapters*", "pyrsql.integrations*", "pyrsql.cli*", "pyrsql.testing")
"""Modules that only work with an extra; all others are the core."""

# The strategies of `pyrsql.testing` need Hypothesis, which no extra brings.
NEED_MORE = ("hypothesis",)


class Wrong(Exception):
    """An artifact is not what it should be."""


def one(folder: Path, pattern: str) -> Path:
    """The one file of a kind in a folder."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise Wrong(f"{folder} holds {len(found)} files {pattern}: build into an empty folder")
    return found[0]


def check_wheel(names: Iterable[str], version: str) -> None:
    """The wheel holds every file of the package, the licence, and nothing else."""
    held = set(names)
    source = ROOT / "src"
    package = {path.relative_to(source).as_posix() for path in source.rglob("*.py")} | set(DATA)
    information = f"pyrsql-{version}.dist-info/"
    wanted = package | {f"{information}licenses/LICENSE", f"{information}entry_points.txt"}
    if missing := wanted - held:
        raise Wrong(f"the wheel lacks {sorted(missing)}")
    if foreign := {name for name in held - package if not name.startswith(information)}:
        raise Wrong(f"the wheel should not hold {sorted(foreign)}")


def check_sdist(names: Iterable[str], version: str) -> None:
    """The sdist holds all of the source and the tests, and no environment or cache."""
    held = set(names)
    wanted = {f"pyrsql-{version}/{name}" for name in (*SDIST, *(f"src/{name}" for name in DATA))}
    if missing := wanted - held:
        raise Wrong(f"the sdist lacks {sorted(missing)}")
    if foreign := sorted(name for name in held if "__pycache__" in name or "/.venv" in name or name.endswith(".pyc")):
        raise Wrong(f"the sdist should not hold {foreign[:5]}")


def check_metadata(text: str, version: str) -> None:
    """The metadata say what the source says."""
    found = message_from_string(text)
    if found["Version"] != version:
        raise Wrong(f"the wheel is of version {found['Version']}, the source of {version}")
    urls = found.get_all("Project-URL") or []
    if not any("https://github.com/pyrsql/pyrsql" in url for url in urls):
        raise Wrong(f"the wheel names no repository: {urls}")
    if not found["Requires-Python"]:
        raise Wrong("the wheel does not say which Python it needs")


def modules(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The modules of a wheel: those of the core, and those that need an extra."""
    files = sorted(name for name in names if name.startswith("pyrsql/") and name.endswith(".py"))
    # A `__main__` runs when it is imported.
    files = [name for name in files if not name.endswith("/__main__.py")]
    found = [name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in files]
    extra = [name for name in found if any(fnmatch(name, pattern) for pattern in NEED_EXTRAS)]
    return [name for name in found if name not in extra], extra


def check_installed(wheel: Path, names: Iterable[str]) -> None:
    """The wheel installs, and its modules can be imported: the core without extras, all with them."""
    core, extra = modules(names)
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")

        def run(*arguments: str) -> None:
            # Isolated: neither the checkout nor the environment around it can be imported.
            done = subprocess.run([python, "-I", *arguments], cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Wrong(f"{' '.join(arguments)[:200]}\n{done.stdout}{done.stderr}")

        def import_all(chosen: Iterable[str]) -> None:
            run("-W", "error", "-c", f"import importlib\nfor name in {list(chosen)}: importlib.import_module(name)")

        run("-m", "pip", "install", "--quiet", str(wheel))
        import_all(core)
        run("-m", "pip", "install", "--quiet", f"{wheel}[sqlalchemy,fastapi,cli]", *NEED_MORE)
        import_all([*core, *extra])
        run("-c", "from pyrsql.cli import main; import sys; sys.argv = ['pyrsql', 'parse', 'name==ann']; main()")


def main(folder: Path) -> None:
    """Check the wheel and the sdist in a folder."""
    version = source_version()
    wheel, sdist = one(folder, "*.whl"), one(folder, "*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        check_metadata(archive.read(f"pyrsql-{version}.dist-info/METADATA").decode(), version)
    check_wheel(names, version)
    with tarfile.open(sdist) as archive:
        check_sdist(archive.getnames(), version)
    check_installed(wheel, names)
    print(f"pyrsql {version}: wheel with {len(names)} files and sdist are complete and can be installed")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve())
    except Wrong as error:
        sys.exit(str(error))
