"""Griffe's extension for the API page: a doctest in the text of a docstring is a block of code."""

# griffe comes with mkdocstrings, which only `make docs` installs.
# pyright: reportMissingImports=false

from __future__ import annotations

import re
from typing import Any

import griffe

# A doctest starts with >>> and ends at a blank line.
DOCTEST = re.compile(r"^(?P<indent> *)>>> .*?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)


class Doctests(griffe.Extension):
    """Puts a fence around every doctest that stands outside of a section `Examples`."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object."""
        if obj.docstring is not None and "Examples:" not in obj.docstring.value:
            obj.docstring.value = DOCTEST.sub(fenced, obj.docstring.value)


def fenced(doctest: re.Match[str]) -> str:
    """A doctest between fences of its own indentation."""
    indent = doctest["indent"]
    return f"{indent}```pycon\n{doctest[0]}\n{indent}```"
