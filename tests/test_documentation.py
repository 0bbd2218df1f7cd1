"""Every Python block of README.md and docs/ runs, and every public name, option and problem stands in docs/."""

import ast
import importlib
import re
import runpy
from doctest import DocTestParser
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from pyrsql.problems import Problem
from tests.pages import PAGES, ROOT, Block, blocks, run_page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_blocks_of_a_page_run(page: Path) -> None:
    run_page(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT)))


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_begins_with_what_it_is_for(page: Path) -> None:
    """A sentence, before set-up lines, code, tables and sections. The pages of other files are what these say."""
    text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"))
    (first, *_) = re.sub(r"\A# .*", "", text).strip().splitlines()
    assert re.match(r"[A-Za-z0-9`]", first) or first.startswith("--8<--"), first
    assert not first.startswith(("To run", "```")), first


# A piece of code, and the package that a page with it must install besides pyrsql with SQLAlchemy and FastAPI.
NEEDED = {
    "fastapi.testclient": "httpx2",
    "from httpx import": "httpx",
    "sqlite+aiosqlite": "aiosqlite",
    "from hypothesis": "hypothesis",
    "pyrsql.testing": "hypothesis",
    "schemathesis": "schemathesis",
    "sqlmodel import": "sqlmodel",
    "opentelemetry": "opentelemetry-sdk",
    "examples.flights": "aiosqlite tqdm",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_installs_the_packages_that_its_code_imports(page: Path) -> None:
    """`make docs-setup` runs the lines; this finds a forgotten one at once."""
    text = page.read_text(encoding="utf-8")
    code = "".join(block.code for block in blocks(text))
    lines = re.findall(r"^pip install .*", text, re.MULTILINE)
    installed = set(" ".join(lines).split())
    needed = {package for piece, packages in NEEDED.items() if piece in code for package in packages.split()}
    assert needed <= installed


GENERATED: list[tuple[Path, str]] = list(runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]())


@pytest.mark.parametrize(("page", "text"), GENERATED, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_the_generated_pages_say_what_the_code_says(page: Path, text: str) -> None:
    assert page.read_text(encoding="utf-8") == text, "run `make docs`"


ROOMS = (
    "pyrsql",
    "pyrsql.pipeline",
    "pyrsql.adapters.fastapi",
    "pyrsql.integrations.fastapi",
    "pyrsql.orms.sqlalchemy",
    "pyrsql.testing",
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_documented(room: str) -> None:
    documented = names_in_code("".join(page.read_text(encoding="utf-8") for page in PAGES))
    assert set(public_names(importlib.import_module(room))) <= documented


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_on_a_page_of_the_reference(room: str) -> None:
    # An alias, and the version, which is no object.
    assert set(public_names(importlib.import_module(room))) - {"judge", "__version__"} <= referenced()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_name_that_an_example_imports_is_on_a_page_of_the_reference(page: Path) -> None:
    trees = [ast.parse(source(block)) for block in blocks(page.read_text(encoding="utf-8"))]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").partition(".")[0] == "pyrsql"]
    assert {alias.name for node in ours for alias in node.names} <= referenced()


def source(block: Block) -> str:
    """The Python of a block, without the answers of a session."""
    if block.language == "python":
        return block.code
    return "".join(example.source for example in DocTestParser().get_examples(block.code))


def referenced() -> set[str]:
    """The names that the pages of the reference show."""
    parts = ("api", "options", "problems")
    return names_in_code("".join((ROOT / f"docs/reference/{part}.md").read_text(encoding="utf-8") for part in parts))


def names_in_code(text: str) -> set[str]:
    """The names in blocks, in backticks, and in what the API page shows; a word of a sentence documents nothing."""
    code = re.findall(r"```.*?```|`[^`\n]+`|^::: .*$|^ +- \w+$", text, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"\w+", " ".join(code)))


def test_a_word_of_a_sentence_documents_no_name() -> None:
    text = "Use apply.\n\n`parse`\n\n```python\nvalidate(x)\n```\n\n::: pyrsql.api\n    members:\n      - order\n"
    assert names_in_code(text) >= {"parse", "validate", "api", "order"}
    assert "apply" not in names_in_code(text)


def public_names(module: ModuleType) -> list[str]:
    """What a module offers: what it lists, or the functions that it defines."""
    listed: list[str] | None = getattr(module, "__all__", None)
    if listed is not None:
        return listed
    own = [name for name, value in vars(module).items() if isfunction(value) and value.__module__ == module.__name__]
    return [name for name in own if not name.startswith("_")]


def test_every_problem_code_is_documented() -> None:
    problems = get_args(Problem)
    codes = set(re.findall(r"`([a-z-]+)`", (ROOT / "docs/reference/problems.md").read_text(encoding="utf-8")))
    assert {problem.code for problem in problems} <= codes


PAGE = """\
```python
x = 1
```

- A list:

  ```python
  if x:
      y = x + 1
  ```

  ```pycon
  >>> z = y
  >>> z
  2
  ```

```python
assert z == 2
```

```sh
exit 1
```
"""


def test_blocks_share_a_namespace() -> None:
    assert run_page(PAGE, "page.md").z == 2


def test_a_wrong_block_fails_at_its_line() -> None:
    with pytest.raises(AssertionError) as caught:
        run_page(PAGE.replace("z == 2", "z == 3"), "page.md")
    assert caught.traceback[-1].lineno + 1 == 19


def test_a_wrong_doctest_fails() -> None:
    with pytest.raises(AssertionError, match=r"line 14, in page\.md"):
        run_page(PAGE.replace("  2\n", "  3\n"), "page.md")
