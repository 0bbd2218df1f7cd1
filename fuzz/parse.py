"""Coverage-guided fuzzing of the parsers: no text raises, and what is read is written and read again the same.

Run it by `make fuzz`, or `python fuzz/parse.py -max_total_time=60`; all options are libFuzzer's.
"""

# atheris is not among the tools of `make check`: there are wheels of it for some machines only.
# pyright: reportAttributeAccessIssue=false

import sys

import atheris

with atheris.instrument_imports(include=["pyrsql"]):
    from returns.result import Success

    from pyrsql.language.parse import parse_selector, parse_sort
    from pyrsql.language.render import render, render_sort
    from pyrsql.options import DEFAULT_SORT_OPTIONS
    from pyrsql.pipeline import parse


def check(data: bytes) -> None:
    """One input, read as a filter, a sort and a selector."""
    text = data.decode("utf-8", "surrogateescape")
    match parse(text):
        case Success(node) if node is not None:
            assert parse(render(node)) == Success(node), text
    match parse_sort(text, DEFAULT_SORT_OPTIONS):
        case Success(keys):
            assert parse_sort(render_sort(keys), DEFAULT_SORT_OPTIONS) == Success(keys), text
    parse_selector(text)


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
