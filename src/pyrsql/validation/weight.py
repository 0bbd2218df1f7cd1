"""How much memory a part of a plan takes."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import chain
from typing import cast

from pyrsql.models.model import Field, Relation
from pyrsql.operators import ComparisonOperator


def weight_of(*parts: object) -> int:
    """The bytes of the parts and of their contents. Parts that the schema holds anyway weigh nothing."""
    waiting, counted, weight = list(parts), set[int](), 0
    while waiting:
        part = waiting.pop()
        if id(part) not in counted and not isinstance(part, Field | Relation | ComparisonOperator):
            counted.add(id(part))
            weight += sys.getsizeof(part)
            waiting.extend(_inside(part))
    return weight


def _inside(part: object) -> Iterable[object]:
    match part:
        case tuple() | list():
            return cast("Iterable[object]", part)
        case dict():
            return chain.from_iterable(cast("dict[object, object]", part).items())
        case _:
            return [getattr(part, name) for name in getattr(type(part), "__slots__", ()) if hasattr(part, name)]
