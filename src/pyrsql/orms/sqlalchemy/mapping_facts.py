"""Facts of a mapping that are made once: aliases, joins, columns in the form to compare, terms to sort by, the ranges
of an order.

They depend on mapped classes and options alone. No value of a client is in them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")

_KEPT = 1_024
"""How many facts of a kind are kept. A long path of a client may push another out, which is then made again."""


def made_once(make: Callable[ArgumentsT, ResultT], kept: int = _KEPT) -> Callable[ArgumentsT, ResultT]:
    """Keep the results of a function, which must depend on its arguments alone.

    Args:
        make: the function.
        kept: how many results are kept: fewer where each takes much memory.
    """
    return cast("Callable[ArgumentsT, ResultT]", lru_cache(maxsize=kept)(make))
