"""The set-up lines of README.md and of each page, in an environment with nothing else: `make docs-setup`.

A page is run after its own `pip install` lines, and after README's where these do not install pyrsql. Pages with the
same lines share an environment. The lines run as they stand, in a directory beside a clone that is called `pyrsql`.
"""

import os
import re
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from pathlib import Path

from tests.pages import PAGES, ROOT

SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines(page: Path) -> str:
    """The blocks of a page that install something."""
    return "".join(block for block in SHELL.findall(page.read_text(encoding="utf-8")) if "pip install" in block)


def groups() -> dict[str, list[str]]:
    """The set-up lines -> the pages that run after them."""
    found = defaultdict(list)
    for page in PAGES:
        if re.search(r"^```(?:python|pycon)", page.read_text(encoding="utf-8"), re.MULTILINE):
            own = lines(page)
            before = "" if re.search(r"\[(?:sqlalchemy|cli)", own) else lines(ROOT / "README.md")
            found[before + own].append(page.relative_to(ROOT).as_posix())
    return found


def failed(commands: str, pages: list[str]) -> list[str]:
    """Run set-up lines and the pages after them; the pages that fail."""
    with tempfile.TemporaryDirectory() as name:
        beside = Path(name)
        (beside / "pyrsql").symlink_to(ROOT, target_is_directory=True)
        venv.create(beside / "environment", with_pip=True)
        # Lines that go into a directory start beside the clone, all others start in it.
        start = beside if "cd " in commands else ROOT
        script = f". {beside}/environment/bin/activate\n{commands}\nexport PYTHONPATH={ROOT}\n"
        script += "\n".join(f"python -m tests.pages {page} || {{ echo FAILED: {page}; }}" for page in pages)
        environment = {**os.environ, "PIP_QUIET": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=start, env=environment, text=True, stdout=subprocess.PIPE, check=False
        )
    return pages if done.returncode else re.findall(r"^FAILED: (.*)$", done.stdout, re.MULTILINE)


def main() -> None:
    """Run every group of pages, and exit with 1 when one fails."""
    wrong: list[str] = []
    for commands, pages in groups().items():
        print(commands.strip(), *(f"    {page}" for page in pages), sep="\n", flush=True)
        wrong += failed(commands, pages)
    print("failed: " + ", ".join(wrong) if wrong else "all pages run after their own set-up lines")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
