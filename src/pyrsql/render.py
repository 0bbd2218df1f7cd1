"""The name that documentation before 1.0 has; trees become text in `language.render`."""

from pyrsql.language.render import render

__all__ = ["render"]
