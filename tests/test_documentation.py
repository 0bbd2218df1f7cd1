"""Every Python block of README.md and docs/ runs, and every public name, option and problem stands in docs/.

A page is one script, its blocks share a namespace. A `pycon` block runs as a doctest in the same namespace. A block
with any other fence is not run.
"""

import doctest
import importlib
import re
import runpy
import sys
from collections.abc import Iterator
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, get_args

import pytest

from pyrsql.problems import Problem

ROOT = Path(__file__).parent.parent
PAGES = [path for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))) if path.is_file()]

# The closing fence has the indentation of the opening one: a block may stand in a list.
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>python|pycon)[^\n]*\n(?P<code>.*?)^(?P=indent)```\s*$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A block of a page: its language, its code, and the line of the page where the code starts."""

    language: str
    code: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks to run, in order, without their indentation."""
    for found in FENCE.finditer(text):
        code = re.sub(f"^{found['indent']}", "", found["code"], flags=re.MULTILINE)
        yield Block(found["language"], code, text.count("\n", 0, found.start("code")) + 1)


def run(block: Block, page: str, module: ModuleType) -> None:
    """Run a block in a module; a failure shows the line of the page."""
    if block.language == "python":
        code = compile("\n" * (block.line - 1) + block.code, page, "exec", dont_inherit=True)
        exec(code, module.__dict__)
        return
    test = doctest.DocTestParser().get_doctest(block.code, {}, page, page, block.line - 1)
    test.globs = module.__dict__
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    failed = runner.run(test, out=report.append, clear_globs=False).failed
    assert not failed, "".join(report)


def run_page(text: str, page: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Run all blocks of a page in a module of its own: frameworks look names of annotations up in modules."""
    module = ModuleType(re.sub(r"\W", "_", page))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks(text):
        run(block, page, module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_blocks_of_a_page_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT)), monkeypatch)


GENERATED: list[tuple[Path, str]] = list(runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]())


@pytest.mark.parametrize(("page", "text"), GENERATED, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_the_generated_pages_say_what_the_code_says(page: Path, text: str) -> None:
    assert page.read_text(encoding="utf-8") == text, "run `make docs`"


@pytest.mark.parametrize(
    "room",
    [
        "pyrsql",
        "pyrsql.pipeline",
        "pyrsql.adapters.fastapi",
        "pyrsql.integrations.fastapi",
        "pyrsql.orms.sqlalchemy",
    ],
)
def test_every_public_name_is_documented(room: str) -> None:
    documented = set(re.findall(r"\w+", "".join(page.read_text(encoding="utf-8") for page in PAGES)))
    assert set(public_names(importlib.import_module(room))) <= documented


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


def test_blocks_share_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_page(PAGE, "page.md", monkeypatch).z == 2


def test_a_wrong_block_fails_at_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError) as caught:
        run_page(PAGE.replace("z == 2", "z == 3"), "page.md", monkeypatch)
    assert caught.traceback[-1].lineno + 1 == 19


def test_a_wrong_doctest_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match=r"line 14, in page\.md"):
        run_page(PAGE.replace("  2\n", "  3\n"), "page.md", monkeypatch)
