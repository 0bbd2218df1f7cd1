"""The documentation as scripts: a page's Python blocks share one namespace, a `pycon` block is a doctest in it.

`python -m tests.pages PAGE...` runs pages with nothing but the standard library and what the pages import. A block with
any other fence is not run.
"""

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

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


def run_page(text: str, page: str) -> ModuleType:
    """Run all blocks of a page in a module of its own: frameworks look names of annotations up in modules."""
    module = ModuleType(re.sub(r"\W", "_", page))
    sys.modules[module.__name__] = module
    for block in blocks(text):
        run(block, page, module)
    return module


if __name__ == "__main__":
    for name in sys.argv[1:]:
        run_page((ROOT / name).read_text(encoding="utf-8"), name)
